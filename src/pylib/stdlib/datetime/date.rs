//! `datetime.date`.
//!
//! Owns its methods, arithmetic and text; `datetime` derives from it. Must not know clocks.

use super::calendar::{
    DAY, check_date, delta_micros, from_iso_calendar, from_ordinal, iso_calendar, local_at, ordinal, weekday,
};
use super::format::{DAYS, MONTHS, ZoneText, strftime};
use super::iso;
use crate::python::builtins::convert::{base, float_arg, int_arg, int_or};
use crate::python::builtins::{errors, int::holds, text};
use crate::python::value::param::{opt, pos, req};
use crate::python::value::{
    BinaryOp, CallArgs, Class, Clock, CompareOp, DateData, DateTimeData, DeltaData, Gc, Getter, Host,
    Instance, NativeType, Param, ParamDefault, R, Row, Slots, Str, Value, bind, hash_bytes,
};

const UNSET: ParamDefault = ParamDefault::Omitted("");
const PARAMS: &[Param] = &[opt("year", UNSET), opt("month", UNSET), opt("day", UNSET)];

pub static DATE: NativeType = NativeType {
    doc: "date(year, month, day) --> date object",
    methods: METHODS,
    getters: &[
        Getter { name: "year", doc: "", get: |_, this| Ok(Value::Int(date(this).year.into())), set: None },
        Getter { name: "month", doc: "", get: |_, this| Ok(Value::Int(date(this).month.into())), set: None },
        Getter { name: "day", doc: "", get: |_, this| Ok(Value::Int(date(this).day.into())), set: None },
    ],
    constants: &[
        ("min", || DateData { year: 1, month: 1, day: 1 }.into_value()),
        ("max", || DateData { year: 9999, month: 12, day: 31 }.into_value()),
        ("resolution", || DeltaData { days: 1, seconds: 0, microseconds: 0 }.into_value()),
    ],
    slots: Slots {
        new: Some(new),
        repr: Some(|host, this| {
            let name = host.class_of(this).qualname.borrow().clone();
            let DateData { year, month, day } = date(this);
            let module = if host.class_of(this).native.module == "datetime" && is_plain(&name) {
                "datetime."
            } else {
                ""
            };
            Ok(format!("{module}{name}({year}, {month}, {day})").into())
        }),
        str: Some(|host, this| {
            let shown = host.call_method(this, "isoformat", &[])?;
            host.str(&shown)
        }),
        format: Some(|host, this, spec| {
            if spec.is_empty() {
                return host.str(this);
            }
            let shown = host.call_method(this, "strftime", &[Value::str(spec)])?;
            host.str(&shown)
        }),
        hash: Some(|_, this| {
            let DateData { year, month, day } = date(this);
            Ok(hash_bytes(&[(year >> 8) as u8, year as u8, month, day]))
        }),
        compare: Some(compare),
        binary: Some(binary),
        ..Slots::NONE
    },
    ..NativeType::plain("date", "datetime")
};

pub fn is_plain(name: &str) -> bool {
    matches!(name, "date" | "datetime" | "time")
}

/// The day of a date or a datetime.
pub fn date(value: &Value) -> DateData {
    if let Some(date) = value.payload::<DateData>() {
        return *date;
    }
    value.payload::<DateTimeData>().map_or(DateData { year: 1, month: 1, day: 1 }, |moment| moment.date)
}

/// Reads integers in order, as CPython does: a wrong one is told before a later one that is missing.
///
/// `TypeError: function missing required argument 'day' (pos 3)`
pub fn required(host: &mut dyn Host, values: &[Value], params: &[Param]) -> R<()> {
    for (at, value) in values.iter().enumerate() {
        if value.is_unset() {
            return Err(errors::type_error(format!(
                "function missing required argument '{}' (pos {})",
                params[at].name,
                at + 1
            )));
        }
        int_arg(host, value)?;
    }
    Ok(())
}

fn make(class: &Gc<Class>, date: DateData) -> Value {
    Value::Instance(Instance::with_payload(class.clone(), Box::new(date)))
}

fn class_arg(value: &Value) -> Gc<Class> {
    match value {
        Value::Class(class) => class.clone(),
        _ => crate::python::value::native_class(&DATE),
    }
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound = bind("function", PARAMS, args)?;
    required(host, &bound, PARAMS)?;
    let (year, month, day) =
        (int_arg(host, &bound[0])?, int_arg(host, &bound[1])?, int_arg(host, &bound[2])?);
    Ok(make(class, check_date(year, month, day)?))
}

fn compare(host: &mut dyn Host, op: CompareOp, this: &Value, other: &Value) -> R<Value> {
    if other.payload::<DateTimeData>().is_some() {
        return match op {
            CompareOp::Eq => Ok(Value::Bool(false)),
            CompareOp::Ne => Ok(Value::Bool(true)),
            _ => {
                let (left, right) = (errors::type_name(host, this), errors::type_name(host, other));
                Err(errors::type_error(format!("can't compare datetime.{right} to datetime.{left}")))
            }
        };
    }
    match other.payload::<DateData>() {
        Some(other) => Ok(Value::Bool(holds(op, date(this).cmp(other)))),
        None => Ok(Value::NotImplemented),
    }
}

fn binary(_host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    let here = ordinal(date(this));
    if let Some(delta) = other.payload::<DeltaData>() {
        let days = delta_micros(*delta).div_euclid(i128::from(DAY) * 1_000_000) as i64;
        return match op {
            BinaryOp::Add => Ok(from_ordinal(here + days)?.into_value()),
            BinaryOp::Sub if !reflected => {
                let days = delta.days;
                Ok(from_ordinal(here - days)?.into_value())
            }
            _ => Ok(Value::NotImplemented),
        };
    }
    match (op, other.payload::<DateData>()) {
        (BinaryOp::Sub, Some(other)) => {
            let days = if reflected { ordinal(*other) - here } else { here - ordinal(*other) };
            Ok(DeltaData { days, seconds: 0, microseconds: 0 }.into_value())
        }
        _ => Ok(Value::NotImplemented),
    }
}

/// The text argument of `fromisoformat`.
pub fn iso_arg<'a>(host: &mut dyn Host, value: &'a Value) -> R<&'a Str> {
    let _ = host;
    match base(value) {
        Value::Str(text) => Ok(text),
        _ => Err(errors::type_error("fromisoformat: argument must be str")),
    }
}

/// `ValueError: Invalid isoformat string: '...'`
pub fn bad_iso(given: &str) -> crate::python::value::Raised {
    errors::value_error(format!("Invalid isoformat string: {}", text::quote(given)))
}

pub const NO_ZONE: ZoneText = ZoneText { offset: String::new(), name: String::new() };

/// `ctime()`.
pub fn ctime(date: DateData, clock: Clock) -> String {
    let Clock { hour, minute, second, .. } = clock;
    format!(
        "{} {} {:>2} {hour:02}:{minute:02}:{second:02} {}",
        &DAYS[weekday(date) as usize][..3],
        &MONTHS[date.month as usize - 1][..3],
        date.day,
        date.year
    )
}

const METHODS: &[Row] = &[
    Row::class_method("today", &[], "Current date.", "", |_, args| {
        Ok(make(&class_arg(&args[0]), super::calendar::now_local().0))
    }),
    Row::class_method(
        "fromtimestamp",
        &[pos("timestamp")],
        "Create a date from a POSIX timestamp.",
        "date.fromtimestamp(0)",
        |host, args| {
            let seconds = float_arg(host, &args[1])?;
            let (date, _) = local_at((seconds * 1e6) as i128)?;
            Ok(make(&class_arg(&args[0]), date))
        },
    ),
    Row::class_method(
        "fromordinal",
        &[pos("ordinal")],
        "int -> date corresponding to a proleptic Gregorian ordinal.",
        "date.fromordinal(738000)",
        |host, args| {
            let number = int_arg(host, &args[1])?;
            if number < 1 {
                return Err(errors::value_error("ordinal must be >= 1"));
            }
            let date = from_ordinal(number).map_err(|_| errors::value_error("year is out of range"))?;
            Ok(make(&class_arg(&args[0]), date))
        },
    ),
    Row::class_method(
        "fromisoformat",
        &[pos("date_string")],
        "Construct a date from a string in ISO 8601 format.",
        "date.fromisoformat('2024-02-29')",
        |host, args| {
            let text = iso_arg(host, &args[1])?;
            let date = iso::date(text).ok_or_else(|| bad_iso(text))??;
            Ok(make(&class_arg(&args[0]), date))
        },
    ),
    Row::class_method(
        "fromisocalendar",
        &[req("year"), req("week"), req("day")],
        "int, int, int -> construct a date from the ISO year, week number and weekday.",
        "date.fromisocalendar(2024, 1, 1)",
        |host, args| {
            let (year, week, day) =
                (int_arg(host, &args[1])?, int_arg(host, &args[2])?, int_arg(host, &args[3])?);
            Ok(make(&class_arg(&args[0]), from_iso_calendar(year, week, day)?))
        },
    ),
    Row::method(
        "replace",
        PARAMS,
        "Return date with new specified fields.",
        "date(2024, 2, 29).replace(day=1)",
        |host, args| {
            let now = date(&args[0]);
            let (year, month, day) = (
                int_or(host, &args[1], now.year.into())?,
                int_or(host, &args[2], now.month.into())?,
                int_or(host, &args[3], now.day.into())?,
            );
            if args[0].payload::<crate::python::value::DateTimeData>().is_some() {
                let given = [Value::Int(year), Value::Int(month), Value::Int(day)];
                return host.call_method(&args[0], "replace", &given);
            }
            let class = host.class_of(&args[0]);
            Ok(make(&class, check_date(year, month, day)?))
        },
    ),
    Row::method(
        "toordinal",
        &[],
        "Return proleptic Gregorian ordinal.",
        "date(2024, 2, 29).toordinal()",
        |_, args| Ok(Value::Int(ordinal(date(&args[0])))),
    ),
    Row::method(
        "weekday",
        &[],
        "Return the day of the week represented by the date. Monday == 0 ... Sunday == 6",
        "date(2024, 2, 29).weekday()",
        |_, args| Ok(Value::Int(weekday(date(&args[0])))),
    ),
    Row::method(
        "isoweekday",
        &[],
        "Return the day of the week represented by the date. Monday == 1 ... Sunday == 7",
        "date(2024, 2, 29).isoweekday()",
        |_, args| Ok(Value::Int(weekday(date(&args[0])) + 1)),
    ),
    Row::method(
        "isocalendar",
        &[],
        "Return a named tuple containing ISO year, week number, and weekday.",
        "date(2024, 2, 29).isocalendar()",
        |_, args| {
            let (year, week, day) = iso_calendar(date(&args[0]));
            Ok(super::super::time::named_tuple(
                &super::ISO_CALENDAR_DATE,
                vec![Value::Int(year), Value::Int(week), Value::Int(day)],
            ))
        },
    ),
    Row::method(
        "isoformat",
        &[],
        "Return string in ISO 8601 format, YYYY-MM-DD.",
        "date(2024, 2, 29).isoformat()",
        |_, args| Ok(Value::from(iso::date_text(date(&args[0])))),
    ),
    Row::method("ctime", &[], "Return ctime() style string.", "date(2024, 2, 29).ctime()", |_, args| {
        Ok(Value::from(ctime(date(&args[0]), Clock::default())))
    }),
    Row::method(
        "strftime",
        &[req("format")],
        "format -> strftime() style string.",
        "date(2024, 2, 29).strftime('%d/%m/%y')",
        |host, args| {
            let format = crate::python::builtins::convert::text_arg(host, &args[1], "strftime() argument 1")?;
            Ok(Value::from(strftime(date(&args[0]), Clock::default(), &NO_ZONE, format)))
        },
    ),
    Row::method("timetuple", &[], "Return time tuple, compatible with time.localtime().", "", |_, args| {
        Ok(super::super::time::struct_time(date(&args[0]), Clock::default(), -1))
    }),
    Row::method("__reduce__", &[], "Helper for copying.", "", |host, args| {
        let class = host.class_of(&args[0]);
        let DateData { year, month, day } = date(&args[0]);
        let fields = vec![Value::Int(year.into()), Value::Int(month.into()), Value::Int(day.into())];
        Ok(Value::tuple(vec![Value::Class(class), Value::tuple(fields)]))
    }),
];
