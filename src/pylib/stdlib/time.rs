//! `time`, and tuples with named fields made in Rust.
//!
//! Owns the clock functions and `struct_time`. Must not know `datetime`'s types.

use std::time::{Duration, Instant};

use super::datetime::calendar::{
    MICROS, day_of_year, epoch, from_instant, instant, local_at, local_offset, now_utc, weekday,
};
use super::datetime::format::{ZoneText, strftime, strptime};
use crate::python::builtins::convert::{base, float_arg, int_arg, text_arg};
use crate::python::builtins::{TUPLE, errors};
use crate::python::value::param::{pos, pos_opt};
use crate::python::value::{
    BaseValue, Clock, DateData, Host, Instance, NativeModule, NativeType, ParamDefault, R, Row, Slots, Str,
    Value, native_class,
};

type GetAttr = fn(&mut dyn Host, &Value, &Str) -> R<Option<Value>>;

/// Field names of the tuples that this file and `datetime` make.
fn fields(kind: &str) -> &'static [&'static str] {
    match kind {
        "struct_time" => {
            &["tm_year", "tm_mon", "tm_mday", "tm_hour", "tm_min", "tm_sec", "tm_wday", "tm_yday", "tm_isdst"]
        }
        "IsoCalendarDate" => &["year", "week", "weekday"],
        "DecimalTuple" => &["sign", "digits", "exponent"],
        _ => &[],
    }
}

/// Fields by their names, as a `get_attr` slot.
pub const FIELDS_BY_NAME: GetAttr = |host, this, name| {
    let class = host.class_of(this);
    let at = fields(class.native.name).iter().position(|field| *field == &**name);
    let Value::Tuple(items) = base(this) else { return Ok(None) };
    Ok(at.and_then(|at| items.as_slice().get(at).cloned()))
};

/// `time.struct_time(tm_year=..., ...)`.
pub fn named_repr(host: &mut dyn Host, this: &Value) -> R<Str> {
    let kind = host.class_of(this).native;
    let Value::Tuple(items) = base(this) else { return Ok(Str::new("")) };
    let mut parts = Vec::new();
    for (name, item) in fields(kind.name).iter().zip(items.as_slice()) {
        parts.push(format!("{name}={}", host.repr(item)?));
    }
    let module = if kind.module == "decimal" { String::new() } else { format!("{}.", kind.module) };
    Ok(format!("{module}{}({})", kind.name, parts.join(", ")).into())
}

/// A tuple with named fields.
pub fn named_tuple(kind: &'static NativeType, items: Vec<Value>) -> Value {
    let payload = Box::new(BaseValue(Value::tuple(items)));
    Value::Instance(Instance::with_payload(native_class(kind), payload))
}

pub static STRUCT_TIME: NativeType = NativeType {
    bases: &[&TUPLE],
    slots: Slots { repr: Some(named_repr), get_attr: Some(FIELDS_BY_NAME), ..Slots::NONE },
    ..NativeType::plain("struct_time", "time")
};

/// A moment as `time.struct_time`.
pub fn struct_time(date: DateData, clock: Clock, dst: i64) -> Value {
    let numbers = [
        i64::from(date.year),
        date.month.into(),
        date.day.into(),
        clock.hour.into(),
        clock.minute.into(),
        clock.second.into(),
        weekday(date),
        day_of_year(date),
        dst,
    ];
    named_tuple(&STRUCT_TIME, numbers.into_iter().map(Value::Int).collect())
}

fn now_micros() -> i128 {
    let (date, clock) = now_utc();
    instant(date, clock) - epoch()
}

fn seconds_arg(host: &mut dyn Host, value: &Value) -> R<i128> {
    if value.is_none() || value.is_unset() {
        return Ok(now_micros());
    }
    Ok((float_arg(host, value)? * 1e6) as i128)
}

fn moment_arg(host: &mut dyn Host, value: &Value) -> R<(DateData, Clock)> {
    if value.is_none() || value.is_unset() {
        return local_at(now_micros());
    }
    let items = host.collect(value)?;
    if items.len() < 6 {
        return Err(errors::type_error("Tuple or struct_time argument required"));
    }
    let mut numbers = [0i64; 6];
    for (number, item) in numbers.iter_mut().zip(&items) {
        *number = int_arg(host, item)?;
    }
    let date = super::datetime::calendar::check_date(numbers[0], numbers[1], numbers[2])?;
    let clock = super::datetime::calendar::check_clock(numbers[3], numbers[4], numbers[5].min(59), 0)?;
    Ok((date, clock))
}

fn started() -> Instant {
    thread_local!(static START: Instant = Instant::now());
    START.with(|start| *start)
}

const SECONDS: &[crate::python::value::Param] = &[pos_opt("seconds", ParamDefault::None)];

pub static MODULE: NativeModule = NativeModule {
    types: &[&STRUCT_TIME],
    constants: &[
        ("timezone", |_| {
            Ok(Value::Int(-local_offset(DateData { year: 2024, month: 1, day: 1 }, Clock::default())))
        }),
        ("daylight", |_| Ok(Value::Int(0))),
        ("tzname", |_| Ok(Value::tuple(vec![Value::str("UTC"), Value::str("UTC")]))),
    ],
    functions: &[
        Row::function("time", &[], "Return the current time in seconds since the Epoch.", "", |_, _| {
            Ok(Value::Float(now_micros() as f64 / 1e6))
        }),
        Row::function(
            "time_ns",
            &[],
            "Return the current time in nanoseconds since the Epoch.",
            "",
            |_, _| Ok(Value::Int((now_micros() * 1000) as i64)),
        ),
        Row::function("monotonic", &[], "Monotonic clock, cannot go backward.", "", |_, _| {
            Ok(Value::Float(started().elapsed().as_secs_f64()))
        }),
        Row::function("perf_counter", &[], "Performance counter for benchmarking.", "", |_, _| {
            Ok(Value::Float(started().elapsed().as_secs_f64()))
        }),
        Row::function(
            "perf_counter_ns",
            &[],
            "Performance counter for benchmarking as nanoseconds.",
            "",
            |_, _| Ok(Value::Int(started().elapsed().as_nanos() as i64)),
        ),
        Row::function("process_time", &[], "Process time for profiling.", "", |_, _| {
            Ok(Value::Float(started().elapsed().as_secs_f64()))
        }),
        Row::function(
            "sleep",
            &[pos("seconds")],
            "Delay execution for a given number of seconds.",
            "",
            |host, args| {
                let seconds = float_arg(host, &args[0])?;
                if seconds < 0.0 {
                    return Err(errors::value_error("sleep length must be non-negative"));
                }
                let end = Instant::now() + Duration::from_secs_f64(seconds.min(1e9));
                while let Some(left) =
                    end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
                {
                    host.check_interrupt()?;
                    std::thread::sleep(left.min(Duration::from_millis(50)));
                }
                Ok(Value::None)
            },
        ),
        Row::function(
            "localtime",
            SECONDS,
            "Convert seconds since the Epoch to a time tuple expressing local time.",
            "",
            |host, args| {
                let since = seconds_arg(host, &args[0])?;
                let (date, clock) = local_at(since)?;
                Ok(struct_time(date, clock, 0))
            },
        ),
        Row::function(
            "gmtime",
            SECONDS,
            "Convert seconds since the Epoch to a time tuple expressing UTC.",
            "time.gmtime(0).tm_year",
            |host, args| {
                let since = seconds_arg(host, &args[0])?;
                let (date, clock) = from_instant(epoch() + since)?;
                Ok(struct_time(date, clock, 0))
            },
        ),
        Row::function(
            "mktime",
            &[pos("tuple")],
            "Convert a time tuple in local time to seconds since the Epoch.",
            "",
            |host, args| {
                let (date, clock) = moment_arg(host, &args[0])?;
                let since = instant(date, clock) - epoch();
                Ok(Value::Float((since / MICROS) as f64 - local_offset(date, clock) as f64))
            },
        ),
        Row::function(
            "strftime",
            &[pos("format"), pos_opt("tuple", ParamDefault::None)],
            "Convert a time tuple to a string according to a format specification.",
            "time.strftime('%Y', time.gmtime(0))",
            |host, args| {
                let format = text_arg(host, &args[0], "strftime() argument 1")?;
                let (date, clock) = moment_arg(host, &args[1])?;
                let zone = ZoneText { offset: "+0000".into(), name: "UTC".into() };
                Ok(Value::from(strftime(date, clock, &zone, format)))
            },
        ),
        Row::function(
            "strptime",
            &[pos("string"), pos_opt("format", ParamDefault::Str("%a %b %d %H:%M:%S %Y"))],
            "Parse a string to a time tuple according to a format specification.",
            "time.strptime('2024', '%Y').tm_year",
            |host, args| {
                let text = text_arg(host, &args[0], "strptime() argument 1")?;
                let format = text_arg(host, &args[1], "strptime() argument 2")?;
                let (date, clock, _) = strptime(text, format)?;
                Ok(struct_time(date, clock, -1))
            },
        ),
        Row::function(
            "ctime",
            SECONDS,
            "Convert a time in seconds since the Epoch to a string in local time.",
            "",
            |host, args| {
                let since = seconds_arg(host, &args[0])?;
                let (date, clock) = local_at(since)?;
                Ok(Value::from(strftime(
                    date,
                    clock,
                    &ZoneText { offset: String::new(), name: String::new() },
                    "%a %b %e %H:%M:%S %Y",
                )))
            },
        ),
        Row::function(
            "asctime",
            &[pos_opt("tuple", ParamDefault::None)],
            "Convert a time tuple to a string.",
            "",
            |host, args| {
                let (date, clock) = moment_arg(host, &args[0])?;
                Ok(Value::from(strftime(
                    date,
                    clock,
                    &ZoneText { offset: String::new(), name: String::new() },
                    "%a %b %e %H:%M:%S %Y",
                )))
            },
        ),
    ],
    ..NativeModule::new("time", "Time access and conversions.")
};
