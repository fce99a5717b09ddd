//! `datetime.datetime`.
//!
//! Owns its construction, arithmetic and text. Must not know how zones find their offsets.

use super::calendar::{
    MICROS, check_clock, check_date, delta_micros, epoch, from_instant, instant, local_at, local_offset,
    micros_delta, now_local, now_utc,
};
use super::clock::{clock_bytes, clock_fields, zone_fields, zone_text};
use super::date::{DATE, bad_iso, ctime, date, iso_arg, required};
use super::format::{strftime, strptime};
use super::{iso, zone};
use crate::python::builtins::convert::{big, float_arg, int_arg, int_or, text_arg};
use crate::python::builtins::{arith, errors, int::holds};
use crate::python::value::param::{kw, opt, pos, req};
use crate::python::value::{
    BinaryOp, CallArgs, Class, Clock, CompareOp, DateData, DateTimeData, DeltaData, Gc, Getter, Host,
    Instance, NativeType, Param, ParamDefault, R, Row, Slots, Str, TimeData, Value, bind, hash_bytes,
    hash_int, mix_tuple, native_class,
};
use num_traits::ToPrimitive;

const UNSET: ParamDefault = ParamDefault::Omitted("");
const PARAMS: &[Param] = &[
    opt("year", UNSET),
    opt("month", UNSET),
    opt("day", UNSET),
    opt("hour", UNSET),
    opt("minute", UNSET),
    opt("second", UNSET),
    opt("microsecond", UNSET),
    opt("tzinfo", UNSET),
    kw("fold", UNSET),
];

pub static DATETIME: NativeType = NativeType {
    doc: "datetime(year, month, day[, hour[, minute[, second[, microsecond[,tzinfo]]]]])",
    bases: &[&DATE],
    methods: METHODS,
    getters: &[
        Getter {
            name: "hour",
            doc: "",
            get: |_, this| Ok(Value::Int(moment(this).clock.hour.into())),
            set: None,
        },
        Getter {
            name: "minute",
            doc: "",
            get: |_, this| Ok(Value::Int(moment(this).clock.minute.into())),
            set: None,
        },
        Getter {
            name: "second",
            doc: "",
            get: |_, this| Ok(Value::Int(moment(this).clock.second.into())),
            set: None,
        },
        Getter {
            name: "microsecond",
            doc: "",
            get: |_, this| Ok(Value::Int(moment(this).clock.microsecond.into())),
            set: None,
        },
        Getter { name: "tzinfo", doc: "", get: |_, this| Ok(moment(this).tzinfo.clone()), set: None },
        Getter { name: "fold", doc: "", get: |_, this| Ok(Value::Int(moment(this).fold.into())), set: None },
    ],
    constants: &[
        ("min", || Clock::default().on(DateData { year: 1, month: 1, day: 1 })),
        ("max", || {
            Clock { hour: 23, minute: 59, second: 59, microsecond: 999_999 }.on(DateData {
                year: 9999,
                month: 12,
                day: 31,
            })
        }),
        ("resolution", || DeltaData { days: 0, seconds: 0, microseconds: 1 }.into_value()),
    ],
    slots: Slots {
        new: Some(new),
        repr: Some(|host, this| {
            let name = host.class_of(this).qualname.borrow().clone();
            let data = moment(this);
            let DateData { year, month, day } = data.date;
            let clock = clock_fields(data.clock);
            let tail = zone_fields(host, &data.tzinfo, data.fold)?;
            let module = if super::date::is_plain(&name) { "datetime." } else { "" };
            Ok(format!("{module}{name}({year}, {month}, {day}, {clock}{tail})").into())
        }),
        str: Some(|host, this| Ok(Str::from(text(host, this, " ", "auto")?))),
        hash: Some(hash),
        compare: Some(compare),
        binary: Some(binary),
        ..Slots::NONE
    },
    ..NativeType::plain("datetime", "datetime")
};

fn moment(value: &Value) -> &DateTimeData {
    value.payload::<DateTimeData>().expect("slots of a datetime are called on datetimes only")
}

fn make(class: &Gc<Class>, date: DateData, clock: Clock, tzinfo: Value) -> Value {
    let data = DateTimeData { date, clock, tzinfo, fold: 0 };
    Value::Instance(Instance::with_payload(class.clone(), Box::new(data)))
}

fn class_arg(value: &Value) -> Gc<Class> {
    match value {
        Value::Class(class) => class.clone(),
        _ => native_class(&DATETIME),
    }
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound = bind("function", PARAMS, args)?;
    required(host, &bound[..3], PARAMS)?;
    let start = (DateData { year: 1, month: 1, day: 1 }, Clock::default());
    let data = from_fields(host, &bound, start, &Value::None, 0)?;
    Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(data))))
}

fn from_fields(
    host: &mut dyn Host,
    fields: &[Value],
    (now, clock): (DateData, Clock),
    tzinfo: &Value,
    fold: u8,
) -> R<DateTimeData> {
    let (year, month) =
        (int_or(host, &fields[0], now.year.into())?, int_or(host, &fields[1], now.month.into())?);
    let date = check_date(year, month, int_or(host, &fields[2], now.day.into())?)?;
    let (hour, minute) =
        (int_or(host, &fields[3], clock.hour.into())?, int_or(host, &fields[4], clock.minute.into())?);
    let second = int_or(host, &fields[5], clock.second.into())?;
    let clock = check_clock(hour, minute, second, int_or(host, &fields[6], clock.microsecond.into())?)?;
    let tzinfo = if fields[7].is_unset() { tzinfo.clone() } else { zone::check(host, &fields[7])? };
    let fold = int_or(host, &fields[8], fold.into())?;
    if !(0..=1).contains(&fold) {
        return Err(errors::value_error("fold must be either 0 or 1"));
    }
    Ok(DateTimeData { date, clock, tzinfo, fold: fold as u8 })
}

fn offset(host: &mut dyn Host, this: &Value) -> R<Option<DeltaData>> {
    let tzinfo = moment(this).tzinfo.clone();
    zone::offset_of(host, &tzinfo, this)
}

fn micros(data: &DateTimeData) -> i128 {
    instant(data.date, data.clock)
}

fn hash(host: &mut dyn Host, this: &Value) -> R<i64> {
    let offset = offset(host, this)?;
    let data = moment(this);
    let Some(offset) = offset else {
        let DateData { year, month, day } = data.date;
        let mut bytes = vec![(year >> 8) as u8, year as u8, month, day];
        bytes.extend(clock_bytes(data.clock));
        return Ok(hash_bytes(&bytes));
    };
    let day = 86_400 * MICROS;
    let shifted = micros(data) - delta_micros(offset);
    let parts = [
        hash_int(shifted.div_euclid(day) as i64),
        hash_int((shifted.rem_euclid(day) / MICROS) as i64),
        hash_int((shifted.rem_euclid(day) % MICROS) as i64),
    ];
    Ok(mix_tuple(parts.into_iter()))
}

fn compare(host: &mut dyn Host, op: CompareOp, this: &Value, other: &Value) -> R<Value> {
    if other.payload::<DateTimeData>().is_none() {
        if other.payload::<DateData>().is_none() {
            return Ok(Value::NotImplemented);
        }
        return match op {
            CompareOp::Eq => Ok(Value::Bool(false)),
            CompareOp::Ne => Ok(Value::Bool(true)),
            _ => Err(errors::type_error("can't compare datetime.datetime to datetime.date")),
        };
    }
    let (left, right) = (offset(host, this)?, offset(host, other)?);
    if left.is_some() != right.is_some() {
        return match op {
            CompareOp::Eq => Ok(Value::Bool(false)),
            CompareOp::Ne => Ok(Value::Bool(true)),
            _ => Err(errors::type_error("can't compare offset-naive and offset-aware datetimes")),
        };
    }
    let left = micros(moment(this)) - left.map_or(0, delta_micros);
    let right = micros(moment(other)) - right.map_or(0, delta_micros);
    Ok(Value::Bool(holds(op, left.cmp(&right))))
}

fn binary(host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    let data = moment(this);
    if let Some(delta) = other.payload::<DeltaData>() {
        let shift = match op {
            BinaryOp::Add => delta_micros(*delta),
            BinaryOp::Sub if !reflected => -delta_micros(*delta),
            _ => return Ok(Value::NotImplemented),
        };
        let (date, clock) = from_instant(micros(data) + shift)?;
        let class = host.class_of(this);
        return Ok(make(&class, date, clock, data.tzinfo.clone()));
    }
    if op != BinaryOp::Sub || other.payload::<DateTimeData>().is_none() {
        return Ok(Value::NotImplemented);
    }
    let (left, right) = if reflected { (other, this) } else { (this, other) };
    let same_zone = moment(left).tzinfo.is(&moment(right).tzinfo);
    let difference = micros(moment(left)) - micros(moment(right));
    if same_zone {
        return Ok(micros_delta(difference)?.into_value());
    }
    let (left, right) = (offset(host, left)?, offset(host, right)?);
    match (left, right) {
        (Some(left), Some(right)) => {
            Ok(micros_delta(difference - delta_micros(left) + delta_micros(right))?.into_value())
        }
        (None, None) => Ok(micros_delta(difference)?.into_value()),
        _ => Err(errors::type_error("can't subtract offset-naive and offset-aware datetimes")),
    }
}

fn text(host: &mut dyn Host, this: &Value, separator: &str, timespec: &str) -> R<String> {
    let data = moment(this);
    let Some(clock) = iso::clock_text(data.clock, timespec) else {
        return Err(errors::value_error("Unknown timespec value"));
    };
    let zone = offset(host, this)?.map_or(String::new(), |offset| zone::offset_text(offset, ":"));
    Ok(format!("{}{separator}{clock}{zone}", iso::date_text(data.date)))
}

/// A POSIX timestamp in microseconds, halves to the even one.
fn timestamp_micros(host: &mut dyn Host, value: &Value) -> R<i128> {
    if let Some(whole) = big(value) {
        return whole
            .to_i128()
            .map(|seconds| seconds * MICROS)
            .ok_or_else(|| errors::overflow("timestamp out of range for platform time_t"));
    }
    let seconds = float_arg(host, value)?;
    if seconds.is_nan() {
        return Err(errors::value_error("cannot convert float NaN to integer"));
    }
    if seconds.abs() > 1e15 {
        return Err(errors::value_error(format!(
            "year {} is out of range",
            (seconds / 31_556_952.0) as i64 + 1970
        )));
    }
    let whole = seconds.floor();
    Ok(whole as i128 * MICROS + arith::round_half_even((seconds - whole) * 1e6) as i128)
}

/// A moment since 1970, in a zone or by the local clock.
fn at(host: &mut dyn Host, class: &Gc<Class>, since: i128, tzinfo: &Value) -> R<Value> {
    if tzinfo.is_none() {
        let (date, clock) = local_at(since)?;
        return Ok(make(class, date, clock, Value::None));
    }
    let (date, clock) = from_instant(epoch() + since)?;
    let utc = make(class, date, clock, tzinfo.clone());
    from_utc(host, tzinfo, &utc)
}

/// `tzinfo.fromutc(moment)`.
fn from_utc(host: &mut dyn Host, tzinfo: &Value, utc: &Value) -> R<Value> {
    if host.find_attr(tzinfo, &crate::python::value::intern("fromutc"))?.is_some() {
        return host.call_method(tzinfo, "fromutc", std::slice::from_ref(utc));
    }
    let Some(offset) = zone::offset_of(host, tzinfo, utc)? else {
        return Err(errors::value_error("fromutc: non-None utcoffset() result required"));
    };
    host.binary(BinaryOp::Add, utc, &offset.into_value())
}

/// Microseconds since 1970 of a moment; a naive one is taken to be local.
fn since_epoch(host: &mut dyn Host, this: &Value) -> R<i128> {
    let offset = offset(host, this)?;
    let data = moment(this);
    let offset = match offset {
        Some(offset) => delta_micros(offset),
        None => i128::from(local_offset(data.date, data.clock)) * MICROS,
    };
    Ok(micros(data) - offset - epoch())
}

const METHODS: &[Row] = &[
    Row::class_method(
        "now",
        &[opt("tz", ParamDefault::None)],
        "Returns new datetime object representing current time local to tz.",
        "",
        |host, args| {
            let class = class_arg(&args[0]);
            let tzinfo = zone::check(host, &args[1])?;
            if tzinfo.is_none() {
                let (date, clock) = now_local();
                return Ok(make(&class, date, clock, Value::None));
            }
            let (date, clock) = now_utc();
            let utc = make(&class, date, clock, tzinfo.clone());
            from_utc(host, &tzinfo, &utc)
        },
    ),
    Row::class_method(
        "utcnow",
        &[],
        "Return a new datetime representing UTC day and time.",
        "",
        |_, args| {
            let (date, clock) = now_utc();
            Ok(make(&class_arg(&args[0]), date, clock, Value::None))
        },
    ),
    Row::class_method("today", &[], "Current date or datetime.", "", |_, args| {
        let (date, clock) = now_local();
        Ok(make(&class_arg(&args[0]), date, clock, Value::None))
    }),
    Row::class_method(
        "fromtimestamp",
        &[req("timestamp"), opt("tz", ParamDefault::None)],
        "timestamp[, tz] -> tz's local time from POSIX timestamp.",
        "datetime.fromtimestamp(0, timezone.utc)",
        |host, args| {
            let since = timestamp_micros(host, &args[1])?;
            let tzinfo = zone::check(host, &args[2])?;
            at(host, &class_arg(&args[0]), since, &tzinfo)
        },
    ),
    Row::class_method(
        "utcfromtimestamp",
        &[pos("timestamp")],
        "Construct a naive UTC datetime from a POSIX timestamp.",
        "datetime.utcfromtimestamp(0)",
        |host, args| {
            let since = timestamp_micros(host, &args[1])?;
            let (date, clock) = from_instant(epoch() + since)?;
            Ok(make(&class_arg(&args[0]), date, clock, Value::None))
        },
    ),
    Row::class_method(
        "combine",
        &[req("date"), req("time"), opt("tzinfo", UNSET)],
        "date, time -> datetime with same date and time fields",
        "datetime.combine(date(2024, 2, 29), time(10, 30))",
        |host, args| {
            let Some(clock) = args[2].payload::<TimeData>() else {
                let name = errors::type_name(host, &args[2]);
                return Err(errors::type_error(format!(
                    "combine() argument 2 must be datetime.time, not {name}"
                )));
            };
            if args[1].payload::<DateData>().is_none() && args[1].payload::<DateTimeData>().is_none() {
                let name = errors::type_name(host, &args[1]);
                return Err(errors::type_error(format!(
                    "combine() argument 1 must be datetime.date, not {name}"
                )));
            }
            let tzinfo = if args[3].is_unset() { clock.tzinfo.clone() } else { zone::check(host, &args[3])? };
            Ok(make(&class_arg(&args[0]), date(&args[1]), clock.clock, tzinfo))
        },
    ),
    Row::class_method(
        "fromisoformat",
        &[pos("date_string")],
        "string -> datetime from a string in most ISO 8601 formats",
        "datetime.fromisoformat('2024-02-29T10:30')",
        |host, args| {
            let text = iso_arg(host, &args[1])?;
            let (date, clock, offset) = iso::date_time(text).ok_or_else(|| bad_iso(text))?;
            let tzinfo = offset.map_or(Ok(Value::None), zone::from_micros)?;
            Ok(make(&class_arg(&args[0]), date?, clock?, tzinfo))
        },
    ),
    Row::class_method(
        "strptime",
        &[pos("date_string"), pos("format")],
        "string, format -> new datetime parsed from a string (like time.strptime()).",
        "datetime.strptime('29/02/24', '%d/%m/%y')",
        |host, args| {
            let text = text_arg(host, &args[1], "strptime() argument 1")?;
            let format = text_arg(host, &args[2], "strptime() argument 2")?;
            let (date, clock, parsed) = strptime(text, format)?;
            let tzinfo = match (parsed.offset, parsed.zone_name) {
                (Some(offset), Some(name)) => zone::fixed(micros_delta(offset)?, Some(Str::from(name))),
                (Some(offset), None) => zone::from_micros(offset)?,
                _ => Value::None,
            };
            Ok(make(&class_arg(&args[0]), date, clock, tzinfo))
        },
    ),
    Row::method(
        "date",
        &[],
        "Return date object with same year, month and day.",
        "datetime(2024, 2, 29, 10).date()",
        |_, args| Ok(moment(&args[0]).date.into_value()),
    ),
    Row::method(
        "time",
        &[],
        "Return time object with same time but with tzinfo=None.",
        "datetime(2024, 2, 29, 10).time()",
        |_, args| Ok(moment(&args[0]).clock.into_value()),
    ),
    Row::method("timetz", &[], "Return time object with same time and tzinfo.", "", |_, args| {
        let data = moment(&args[0]);
        let time = TimeData { clock: data.clock, tzinfo: data.tzinfo.clone(), fold: data.fold };
        Ok(Value::native(&super::clock::TIME, time))
    }),
    Row::method(
        "replace",
        PARAMS,
        "Return datetime with new specified fields.",
        "datetime(2024, 2, 29, 10).replace(hour=0)",
        |host, args| {
            let data = moment(&args[0]);
            let made = from_fields(host, &args[1..], (data.date, data.clock), &data.tzinfo, data.fold)?;
            let class = host.class_of(&args[0]);
            Ok(Value::Instance(Instance::with_payload(class, Box::new(made))))
        },
    ),
    Row::method(
        "isoformat",
        &[opt("sep", ParamDefault::Str("T")), opt("timespec", ParamDefault::Str("auto"))],
        "Return string in ISO 8601 format, YYYY-MM-DDT[HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].",
        "datetime(2024, 2, 29, 10).isoformat()",
        |host, args| {
            let separator = text_arg(host, &args[1], "isoformat() argument 1")?;
            let timespec = text_arg(host, &args[2], "isoformat() argument 2")?;
            text(host, &args[0], separator, timespec).map(Value::from)
        },
    ),
    Row::method(
        "ctime",
        &[],
        "Return ctime() style string.",
        "datetime(2024, 2, 29, 10).ctime()",
        |_, args| {
            let data = moment(&args[0]);
            Ok(Value::from(ctime(data.date, data.clock)))
        },
    ),
    Row::method(
        "strftime",
        &[req("format")],
        "format -> strftime() style string.",
        "datetime(2024, 2, 29, 10).strftime('%d.%m.%Y %H:%M')",
        |host, args| {
            let format = text_arg(host, &args[1], "strftime() argument 1")?;
            let data = moment(&args[0]);
            let zone = zone_text(host, &data.tzinfo.clone(), &args[0])?;
            Ok(Value::from(strftime(data.date, data.clock, &zone, format)))
        },
    ),
    Row::method(
        "timestamp",
        &[],
        "Return POSIX timestamp as float.",
        "datetime(1970, 1, 2, tzinfo=timezone.utc).timestamp()",
        |host, args| {
            let since = since_epoch(host, &args[0])?;
            Ok(Value::Float(since as f64 / 1e6))
        },
    ),
    Row::method("timetuple", &[], "Return time tuple, compatible with time.localtime().", "", |_, args| {
        let data = moment(&args[0]);
        Ok(super::super::time::struct_time(data.date, data.clock, -1))
    }),
    Row::method(
        "utctimetuple",
        &[],
        "Return UTC time tuple, compatible with time.localtime().",
        "",
        |host, args| {
            let shift = offset(host, &args[0])?.map_or(0, delta_micros);
            let (date, clock) = from_instant(micros(moment(&args[0])) - shift)?;
            Ok(super::super::time::struct_time(date, clock, 0))
        },
    ),
    Row::method(
        "astimezone",
        &[opt("tz", ParamDefault::None)],
        "tz -> convert to local time in new timezone tz",
        "datetime(2024, 2, 29, tzinfo=timezone.utc).astimezone(timezone.utc)",
        |host, args| {
            let since = since_epoch(host, &args[0])?;
            let class = host.class_of(&args[0]);
            if args[1].is_none() {
                let (date, clock) = local_at(since)?;
                let offset = i128::from(local_offset(date, clock)) * MICROS;
                let name = if offset == 0 { Some(Str::new("UTC")) } else { None };
                return Ok(make(&class, date, clock, zone::fixed(micros_delta(offset)?, name)));
            }
            let tzinfo = zone::check(host, &args[1])?;
            at(host, &class, since, &tzinfo)
        },
    ),
    Row::method("utcoffset", &[], "Return self.tzinfo.utcoffset(self).", "", |host, args| {
        Ok(offset(host, &args[0])?.map_or(Value::None, DeltaData::into_value))
    }),
    Row::method("tzname", &[], "Return self.tzinfo.tzname(self).", "", |host, args| {
        zone_call(host, &args[0], "tzname")
    }),
    Row::method("dst", &[], "Return self.tzinfo.dst(self).", "", |host, args| {
        zone_call(host, &args[0], "dst")
    }),
    Row::class_method(
        "fromordinal",
        &[pos("ordinal")],
        "int -> datetime at midnight of a proleptic Gregorian ordinal.",
        "datetime.fromordinal(738000)",
        |host, args| {
            let number = int_arg(host, &args[1])?;
            let date = super::calendar::from_ordinal(number)
                .map_err(|_| errors::value_error("ordinal must be >= 1"))?;
            Ok(make(&class_arg(&args[0]), date, Clock::default(), Value::None))
        },
    ),
    Row::method("__reduce__", &[], "Helper for copying.", "", |host, args| {
        let class = host.class_of(&args[0]);
        let data = moment(&args[0]);
        let Clock { hour, minute, second, microsecond } = data.clock;
        let numbers = [
            data.date.year as i64,
            data.date.month.into(),
            data.date.day.into(),
            hour.into(),
            minute.into(),
            second.into(),
            microsecond.into(),
        ];
        let mut fields: Vec<Value> = numbers.into_iter().map(Value::Int).collect();
        fields.push(data.tzinfo.clone());
        Ok(Value::tuple(vec![Value::Class(class), Value::tuple(fields)]))
    }),
];

fn zone_call(host: &mut dyn Host, this: &Value, name: &str) -> R<Value> {
    let tzinfo = moment(this).tzinfo.clone();
    if tzinfo.is_none() {
        Ok(Value::None)
    } else {
        host.call_method(&tzinfo, name, std::slice::from_ref(this))
    }
}
