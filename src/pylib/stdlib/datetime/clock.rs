//! `datetime.time`.
//!
//! Owns its methods and text. Must not know dates.

use super::calendar::{check_clock, clock_micros, delta_micros};
use super::date::{bad_iso, iso_arg};
use super::format::{ZoneText, strftime};
use super::{iso, zone};
use crate::python::builtins::convert::{int_or, text_arg};
use crate::python::builtins::{errors, int::holds};
use crate::python::value::param::{kw, opt, pos, req};
use crate::python::value::{
    CallArgs, Class, Clock, CompareOp, DateData, DeltaData, Gc, Getter, Host, Instance, NativeType, Param,
    ParamDefault, R, Row, Slots, Str, TimeData, Value, bind, hash_bytes,
};

const UNSET: ParamDefault = ParamDefault::Omitted("");
const PARAMS: &[Param] = &[
    opt("hour", UNSET),
    opt("minute", UNSET),
    opt("second", UNSET),
    opt("microsecond", UNSET),
    opt("tzinfo", UNSET),
    kw("fold", UNSET),
];

pub static TIME: NativeType = NativeType {
    doc: "time([hour[, minute[, second[, microsecond[, tzinfo]]]]]) --> a time object",
    methods: METHODS,
    getters: &[
        Getter {
            name: "hour",
            doc: "",
            get: |_, this| Ok(Value::Int(time(this).clock.hour.into())),
            set: None,
        },
        Getter {
            name: "minute",
            doc: "",
            get: |_, this| Ok(Value::Int(time(this).clock.minute.into())),
            set: None,
        },
        Getter {
            name: "second",
            doc: "",
            get: |_, this| Ok(Value::Int(time(this).clock.second.into())),
            set: None,
        },
        Getter {
            name: "microsecond",
            doc: "",
            get: |_, this| Ok(Value::Int(time(this).clock.microsecond.into())),
            set: None,
        },
        Getter { name: "tzinfo", doc: "", get: |_, this| Ok(time(this).tzinfo.clone()), set: None },
        Getter { name: "fold", doc: "", get: |_, this| Ok(Value::Int(time(this).fold.into())), set: None },
    ],
    constants: &[
        ("min", || Clock::default().into_value()),
        ("max", || Clock { hour: 23, minute: 59, second: 59, microsecond: 999_999 }.into_value()),
        ("resolution", || DeltaData { days: 0, seconds: 0, microseconds: 1 }.into_value()),
    ],
    slots: Slots {
        new: Some(new),
        repr: Some(|host, this| {
            let name = host.class_of(this).qualname.borrow().clone();
            let data = time(this);
            let clock = clock_fields(data.clock);
            let tail = zone_fields(host, &data.tzinfo, data.fold)?;
            let module = if super::date::is_plain(&name) { "datetime." } else { "" };
            Ok(format!("{module}{name}({clock}{tail})").into())
        }),
        str: Some(|host, this| Ok(Str::from(text(host, this, "auto")?))),
        format: Some(|host, this, spec| {
            if spec.is_empty() {
                return host.str(this);
            }
            let shown = host.call_method(this, "strftime", &[Value::str(spec)])?;
            host.str(&shown)
        }),
        hash: Some(|_, this| Ok(hash_bytes(&clock_bytes(time(this).clock)))),
        truth: Some(|_, _| Ok(true)),
        compare: Some(compare),
        ..Slots::NONE
    },
    ..NativeType::plain("time", "datetime")
};

fn time(value: &Value) -> &TimeData {
    value.payload::<TimeData>().expect("slots of a time are called on times only")
}

/// The fields as a repr shows them: seconds and microseconds only where they count.
pub fn clock_fields(clock: Clock) -> String {
    let Clock { hour, minute, second, microsecond } = clock;
    match (second, microsecond) {
        (0, 0) => format!("{hour}, {minute}"),
        (second, 0) => format!("{hour}, {minute}, {second}"),
        (second, micros) => format!("{hour}, {minute}, {second}, {micros}"),
    }
}

pub fn zone_fields(host: &mut dyn Host, tzinfo: &Value, fold: u8) -> R<String> {
    let mut tail = String::new();
    if fold != 0 {
        tail.push_str(", fold=1");
    }
    if !tzinfo.is_none() {
        tail.push_str(&format!(", tzinfo={}", host.repr(tzinfo)?));
    }
    Ok(tail)
}

/// The bytes that CPython keeps and hashes.
pub fn clock_bytes(clock: Clock) -> [u8; 6] {
    let micros = clock.microsecond.to_be_bytes();
    [clock.hour, clock.minute, clock.second, micros[1], micros[2], micros[3]]
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound = bind("function", PARAMS, args)?;
    let data = from_fields(host, &bound, Clock::default(), &Value::None, 0)?;
    Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(data))))
}

fn from_fields(host: &mut dyn Host, fields: &[Value], now: Clock, tzinfo: &Value, fold: u8) -> R<TimeData> {
    let (hour, minute) =
        (int_or(host, &fields[0], now.hour.into())?, int_or(host, &fields[1], now.minute.into())?);
    let second = int_or(host, &fields[2], now.second.into())?;
    let micros = int_or(host, &fields[3], now.microsecond.into())?;
    let clock = check_clock(hour, minute, second, micros)?;
    let tzinfo = if fields[4].is_unset() { tzinfo.clone() } else { zone::check(host, &fields[4])? };
    let fold = int_or(host, &fields[5], fold.into())?;
    if !(0..=1).contains(&fold) {
        return Err(errors::value_error("fold must be either 0 or 1"));
    }
    Ok(TimeData { clock, tzinfo, fold: fold as u8 })
}

fn offset(host: &mut dyn Host, this: &Value) -> R<Option<DeltaData>> {
    let tzinfo = time(this).tzinfo.clone();
    zone::offset_of(host, &tzinfo, &Value::None)
}

fn compare(host: &mut dyn Host, op: CompareOp, this: &Value, other: &Value) -> R<Value> {
    let Some(right) = other.payload::<TimeData>() else { return Ok(Value::NotImplemented) };
    let (left_offset, right_offset) = (offset(host, this)?, offset(host, other)?);
    if left_offset.is_some() != right_offset.is_some() {
        return match op {
            CompareOp::Eq => Ok(Value::Bool(false)),
            CompareOp::Ne => Ok(Value::Bool(true)),
            _ => Err(errors::type_error("can't compare offset-naive and offset-aware times")),
        };
    }
    let shifted =
        |clock: Clock, offset: Option<DeltaData>| clock_micros(clock) - offset.map_or(0, delta_micros);
    let order = shifted(time(this).clock, left_offset).cmp(&shifted(right.clock, right_offset));
    Ok(Value::Bool(holds(op, order)))
}

fn text(host: &mut dyn Host, this: &Value, timespec: &str) -> R<String> {
    let Some(mut shown) = iso::clock_text(time(this).clock, timespec) else {
        return Err(errors::value_error("Unknown timespec value"));
    };
    if let Some(offset) = offset(host, this)? {
        shown.push_str(&zone::offset_text(offset, ":"));
    }
    Ok(shown)
}

/// What `%z` and `%Z` show for a moment.
pub fn zone_text(host: &mut dyn Host, tzinfo: &Value, moment: &Value) -> R<ZoneText> {
    if tzinfo.is_none() {
        return Ok(super::date::NO_ZONE);
    }
    let offset =
        zone::offset_of(host, tzinfo, moment)?.map_or(String::new(), |offset| zone::offset_text(offset, ""));
    let name = host.call_method(tzinfo, "tzname", std::slice::from_ref(moment))?;
    let name = if name.is_none() { String::new() } else { host.str(&name)?.to_string() };
    Ok(ZoneText { offset, name })
}

const METHODS: &[Row] = &[
    Row::class_method(
        "fromisoformat",
        &[pos("time_string")],
        "Construct a time from a string in ISO 8601 format.",
        "time.fromisoformat('10:30')",
        |host, args| {
            let text = iso_arg(host, &args[1])?;
            let trimmed = text.strip_prefix('T').unwrap_or(text);
            let (clock, offset) = iso::time(trimmed).ok_or_else(|| bad_iso(text))?;
            let tzinfo = offset.map_or(Ok(Value::None), zone::from_micros)?;
            let data = TimeData { clock: clock?, tzinfo, fold: 0 };
            let Value::Class(class) = &args[0] else { return Ok(Value::None) };
            Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(data))))
        },
    ),
    Row::method(
        "isoformat",
        &[opt("timespec", ParamDefault::Str("auto"))],
        "Return string in ISO 8601 format.",
        "time(10, 30).isoformat()",
        |host, args| {
            let timespec = text_arg(host, &args[1], "isoformat() argument 1")?;
            text(host, &args[0], timespec).map(Value::from)
        },
    ),
    Row::method(
        "replace",
        PARAMS,
        "Return time with new specified fields.",
        "time(10, 30).replace(minute=0)",
        |host, args| {
            let data = time(&args[0]);
            let made = from_fields(host, &args[1..], data.clock, &data.tzinfo, data.fold)?;
            let class = host.class_of(&args[0]);
            Ok(Value::Instance(Instance::with_payload(class, Box::new(made))))
        },
    ),
    Row::method(
        "strftime",
        &[req("format")],
        "format -> strftime() style string.",
        "time(10, 30).strftime('%H.%M')",
        |host, args| {
            let format = text_arg(host, &args[1], "strftime() argument 1")?;
            let data = time(&args[0]);
            let zone = zone_text(host, &data.tzinfo.clone(), &Value::None)?;
            let date = DateData { year: 1900, month: 1, day: 1 };
            Ok(Value::from(strftime(date, data.clock, &zone, format)))
        },
    ),
    Row::method("utcoffset", &[], "Return self.tzinfo.utcoffset(self).", "", |host, args| {
        Ok(offset(host, &args[0])?.map_or(Value::None, DeltaData::into_value))
    }),
    Row::method("tzname", &[], "Return self.tzinfo.tzname(self).", "", |host, args| {
        let tzinfo = time(&args[0]).tzinfo.clone();
        if tzinfo.is_none() { Ok(Value::None) } else { host.call_method(&tzinfo, "tzname", &[Value::None]) }
    }),
    Row::method("dst", &[], "Return self.tzinfo.dst(self).", "", |host, args| {
        let tzinfo = time(&args[0]).tzinfo.clone();
        if tzinfo.is_none() { Ok(Value::None) } else { host.call_method(&tzinfo, "dst", &[Value::None]) }
    }),
];
