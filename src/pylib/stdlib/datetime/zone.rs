//! `datetime.tzinfo` and `datetime.timezone`.
//!
//! Owns fixed offsets and asking any tzinfo for its own. Must not know dates' arithmetic.

use super::calendar::{delta_micros, micros_delta};
use crate::python::builtins::errors;
use crate::python::value::param::{opt, pos, req};
use crate::python::value::{
    CallArgs, Class, CompareOp, DeltaData, Gc, Host, Instance, Native, NativeType, Param, ParamDefault, R,
    Row, Slots, Str, Value, bind, hash_int,
};

pub static TZINFO: NativeType = NativeType {
    doc: "Abstract base class for time zone info objects.",
    has_dict: true,
    methods: &[
        Row::method(
            "utcoffset",
            &[pos("dt")],
            "datetime -> timedelta showing offset from UTC.",
            "",
            |_, _| not_implemented("utcoffset"),
        ),
        Row::method(
            "dst",
            &[pos("dt")],
            "datetime -> DST offset as timedelta positive east of UTC.",
            "",
            |_, _| not_implemented("dst"),
        ),
        Row::method("tzname", &[pos("dt")], "datetime -> string name of time zone.", "", |_, _| {
            not_implemented("tzname")
        }),
    ],
    slots: Slots {
        new: Some(|_, class, _| Ok(Value::Instance(Instance::new(class.clone())))),
        ..Slots::NONE
    },
    ..NativeType::plain("tzinfo", "datetime")
};

/// `NotImplementedError: a tzinfo subclass must implement utcoffset()`
fn not_implemented(name: &str) -> R<Value> {
    Err(crate::python::value::Raised::new(
        &crate::diag::builtin::NOT_IMPLEMENTED_ERROR,
        format!("a tzinfo subclass must implement {name}()"),
    ))
}

struct Zone {
    offset: DeltaData,
    name: Option<Str>,
}
impl Native for Zone {}

pub static TIMEZONE: NativeType = NativeType {
    doc: "Fixed offset from UTC implementation of tzinfo.",
    bases: &[&TZINFO],
    is_base: false,
    methods: &[
        Row::method("utcoffset", &[pos("dt")], "Return fixed offset.", "", |host, args| {
            moment_arg(host, &args[1], "utcoffset")?;
            Ok(zone(&args[0]).offset.into_value())
        }),
        Row::method("dst", &[pos("dt")], "Return None.", "", |host, args| {
            moment_arg(host, &args[1], "dst")?;
            Ok(Value::None)
        }),
        Row::method(
            "tzname",
            &[pos("dt")],
            "If name is specified when timezone is created, returns the name.",
            "",
            |host, args| {
                moment_arg(host, &args[1], "tzname")?;
                Ok(Value::Str(name(zone(&args[0]))))
            },
        ),
        Row::method(
            "fromutc",
            &[pos("dt")],
            "datetime in UTC -> datetime in local time.",
            "",
            |host, args| {
                if args[1].payload::<crate::python::value::DateTimeData>().is_none() {
                    return Err(errors::type_error("fromutc: argument must be a datetime"));
                }
                let offset = zone(&args[0]).offset.into_value();
                host.binary(crate::python::value::BinaryOp::Add, &args[1], &offset)
            },
        ),
    ],
    constants: &[
        ("utc", || utc()),
        ("min", || fixed(DeltaData { days: -1, seconds: 60, microseconds: 0 }, None)),
        ("max", || fixed(DeltaData { days: 0, seconds: 86_340, microseconds: 0 }, None)),
    ],
    slots: Slots {
        new: Some(new),
        repr: Some(|host, this| {
            let zone = zone(this);
            if delta_micros(zone.offset) == 0 && zone.name.is_none() {
                return Ok(Str::new("datetime.timezone.utc"));
            }
            let offset = host.repr(&zone.offset.into_value())?;
            Ok(match &zone.name {
                Some(name) => {
                    format!("datetime.timezone({offset}, {})", crate::python::builtins::text::quote(name))
                }
                None => format!("datetime.timezone({offset})"),
            }
            .into())
        }),
        str: Some(|_, this| Ok(name(zone(this)))),
        hash: Some(|_, this| Ok(hash_int(delta_micros(zone(this).offset) as i64))),
        compare: Some(|_, op, this, other| {
            let Some(other) = other.payload::<Zone>() else { return Ok(Value::NotImplemented) };
            let same = zone(this).offset == other.offset;
            Ok(match op {
                CompareOp::Eq => Value::Bool(same),
                CompareOp::Ne => Value::Bool(!same),
                _ => Value::NotImplemented,
            })
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("timezone", "datetime")
};

fn zone(value: &Value) -> &Zone {
    value.payload::<Zone>().expect("slots of a timezone are called on timezones only")
}

thread_local! {
    static UTC: std::cell::OnceCell<Value> = const { std::cell::OnceCell::new() };
}

/// `timezone.utc`, always the same object.
pub fn utc() -> Value {
    UTC.with(|utc| utc.get_or_init(|| fixed(DeltaData::default(), None)).clone())
}

pub fn fixed(offset: DeltaData, name: Option<Str>) -> Value {
    Value::native(&TIMEZONE, Zone { offset, name })
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    const PARAMS: &[Param] = &[req("offset"), opt("name", ParamDefault::Omitted(""))];
    let bound = bind("timezone", PARAMS, args)?;
    let Some(offset) = bound[0].payload::<DeltaData>().copied() else {
        let name = errors::type_name(host, &bound[0]);
        return Err(errors::type_error(format!(
            "timezone() argument 1 must be datetime.timedelta, not {name}"
        )));
    };
    let day = 86_400_000_000;
    if delta_micros(offset).abs() >= day {
        let shown = host.repr(&bound[0])?;
        return Err(errors::value_error(format!(
            "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not {shown}."
        )));
    }
    let name = bound[1].as_str().map(Str::new);
    if delta_micros(offset) == 0 && name.is_none() {
        return Ok(utc());
    }
    Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(Zone { offset, name }))))
}

fn name(zone: &Zone) -> Str {
    match &zone.name {
        Some(name) => name.clone(),
        None if delta_micros(zone.offset) == 0 => Str::new("UTC"),
        None => format!("UTC{}", offset_text(zone.offset, ":")).into(),
    }
}

/// `+01:00`.
pub fn offset_text(offset: DeltaData, separator: &str) -> String {
    let micros = delta_micros(offset);
    let sign = if micros < 0 { '-' } else { '+' };
    let seconds = micros.abs() / 1_000_000;
    let mut text = format!("{sign}{:02}{separator}{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 != 0 || micros.abs() % 1_000_000 != 0 {
        text.push_str(&format!("{separator}{:02}", seconds % 60));
    }
    if micros.abs() % 1_000_000 != 0 {
        text.push_str(&format!(".{:06}", micros.abs() % 1_000_000));
    }
    text
}

/// What `tzinfo.utcoffset(moment)` says; None for a naive moment.
pub fn offset_of(host: &mut dyn Host, tzinfo: &Value, moment: &Value) -> R<Option<DeltaData>> {
    if tzinfo.is_none() {
        return Ok(None);
    }
    if let Some(zone) = tzinfo.payload::<Zone>() {
        return Ok(Some(zone.offset));
    }
    let answer = host.call_method(tzinfo, "utcoffset", std::slice::from_ref(moment))?;
    if answer.is_none() {
        return Ok(None);
    }
    match answer.payload::<DeltaData>() {
        Some(offset) => Ok(Some(*offset)),
        None => {
            let name = errors::type_name(host, &answer);
            Err(errors::type_error(format!(
                "tzinfo.utcoffset() must return None or a timedelta, not '{name}'"
            )))
        }
    }
}

/// `None`, or an error unless the value is a tzinfo.
pub fn check(host: &mut dyn Host, value: &Value) -> R<Value> {
    if value.is_unset() || value.is_none() {
        return Ok(Value::None);
    }
    let class = host.class_of(value);
    if class.native.is_a(&TZINFO) {
        return Ok(value.clone());
    }
    let name = errors::type_name(host, value);
    Err(errors::type_error(format!(
        "tzinfo argument must be None or of a tzinfo subclass, not type '{name}'"
    )))
}

/// A fixed zone of so many microseconds east of Greenwich.
pub fn from_micros(micros: i128) -> R<Value> {
    if micros == 0 { Ok(utc()) } else { Ok(fixed(micros_delta(micros)?, None)) }
}

/// `TypeError: dst(dt) argument must be a datetime instance or None, not int`
fn moment_arg(host: &mut dyn Host, value: &Value, name: &str) -> R<()> {
    if value.is_none() || value.payload::<crate::python::value::DateTimeData>().is_some() {
        return Ok(());
    }
    let given = errors::type_name(host, value);
    let text = format!("{name}(dt) argument must be a datetime instance or None, not {given}");
    Err(errors::type_error(text))
}
