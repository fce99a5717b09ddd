//! `datetime.timedelta`.
//!
//! Owns its construction, arithmetic and text. Must not know dates.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::ToPrimitive;

use super::calendar::{delta_micros, micros_delta};
use crate::python::builtins::convert::{base, big};
use crate::python::builtins::{arith, errors, float::integer_ratio, int::holds};
use crate::python::value::param::{opt, pos};
use crate::python::value::{
    BinaryOp, CallArgs, Class, DeltaData, Gc, Getter, Host, Instance, NativeType, Param, ParamDefault, R,
    Row, Slots, Str, UnaryOp, Value, bind, mix_tuple,
};

const ZERO: ParamDefault = ParamDefault::Int(0);
const PARAMS: &[Param] = &[
    opt("days", ZERO),
    opt("seconds", ZERO),
    opt("microseconds", ZERO),
    opt("milliseconds", ZERO),
    opt("minutes", ZERO),
    opt("hours", ZERO),
    opt("weeks", ZERO),
];

pub static TIMEDELTA: NativeType = NativeType {
    doc: "Difference between two datetime values.",
    methods: &[
        Row::method(
            "total_seconds",
            &[],
            "Total seconds in the duration.",
            "timedelta(hours=2).total_seconds()",
            |_, args| Ok(Value::Float(total_seconds(delta(&args[0])))),
        ),
        Row::method("__abs__", &[], "abs(self)", "", |_, args| {
            from_micros(delta_micros(delta(&args[0])).abs())
        }),
        Row::method("__divmod__", &[pos("value")], "Return divmod(self, value).", "", |host, args| {
            let whole = host.binary(BinaryOp::FloorDiv, &args[0], &args[1])?;
            let rest = host.binary(BinaryOp::Mod, &args[0], &args[1])?;
            Ok(Value::tuple(vec![whole, rest]))
        }),
    ],
    getters: &[
        Getter {
            name: "days",
            doc: "Number of days.",
            get: |_, this| Ok(Value::Int(delta(this).days)),
            set: None,
        },
        Getter {
            name: "seconds",
            doc: "Number of seconds (>= 0 and less than 1 day).",
            get: |_, this| Ok(Value::Int(delta(this).seconds.into())),
            set: None,
        },
        Getter {
            name: "microseconds",
            doc: "Number of microseconds (>= 0 and less than 1 second).",
            get: |_, this| Ok(Value::Int(delta(this).microseconds.into())),
            set: None,
        },
    ],
    constants: &[
        ("min", || DeltaData { days: -999_999_999, seconds: 0, microseconds: 0 }.into_value()),
        ("max", || DeltaData { days: 999_999_999, seconds: 86_399, microseconds: 999_999 }.into_value()),
        ("resolution", || DeltaData { days: 0, seconds: 0, microseconds: 1 }.into_value()),
    ],
    slots: Slots {
        new: Some(new),
        repr: Some(|_, this| Ok(repr(delta(this)).into())),
        str: Some(|_, this| Ok(Str::from(text(delta(this))))),
        hash: Some(|_, this| {
            let delta = delta(this);
            let parts = [delta.days, delta.seconds.into(), delta.microseconds.into()];
            Ok(mix_tuple(parts.map(crate::python::value::hash_int).into_iter()))
        }),
        truth: Some(|_, this| Ok(delta_micros(delta(this)) != 0)),
        compare: Some(|_, op, this, other| {
            Ok(match other.payload::<DeltaData>() {
                Some(other) => Value::Bool(holds(op, delta_micros(delta(this)).cmp(&delta_micros(*other)))),
                None => Value::NotImplemented,
            })
        }),
        binary: Some(binary),
        unary: Some(|_, op, this| match op {
            UnaryOp::Negative => from_micros(-delta_micros(delta(this))),
            UnaryOp::Positive => from_micros(delta_micros(delta(this))),
            UnaryOp::Invert => Err(errors::type_error("bad operand type for unary ~: 'datetime.timedelta'")),
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("timedelta", "datetime")
};

pub fn delta(value: &Value) -> DeltaData {
    value.payload::<DeltaData>().copied().unwrap_or_default()
}

pub fn from_micros(micros: i128) -> R<Value> {
    micros_delta(micros).map(DeltaData::into_value)
}

pub fn total_seconds(delta: DeltaData) -> f64 {
    let micros = BigInt::from(delta_micros(delta));
    match micros.to_f64() {
        Some(float) if float.abs() < 9.0e15 => float / 1e6,
        _ => micros.to_f64().unwrap_or(0.0) / 1e6,
    }
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    const FACTORS: [i128; 7] =
        [86_400_000_000, 1_000_000, 1, 1000, 60_000_000, 3_600_000_000, 604_800_000_000];
    let bound = bind("timedelta", PARAMS, args)?;
    let mut total: i128 = 0;
    let mut left = 0.0;
    for ((value, factor), param) in bound.iter().zip(FACTORS).zip(PARAMS) {
        match base(value) {
            Value::Float(number) => {
                if !number.is_finite() {
                    return Err(if number.is_nan() {
                        errors::value_error("cannot convert float NaN to integer")
                    } else {
                        errors::overflow("cannot convert float infinity to integer")
                    });
                }
                let whole = number.trunc();
                if whole.abs() > 1e18 {
                    return Err(errors::overflow("Python int too large to convert to C int"));
                }
                total += whole as i128 * factor;
                // The fraction of a day in exact steps first, so that only microseconds are rounded.
                let part = (number - whole) * factor as f64;
                total += part.trunc() as i128;
                left += part - part.trunc();
            }
            other => match big(other).and_then(|number| number.to_i128()) {
                Some(number) if number.abs() < 1 << 80 => total += number * factor,
                Some(_) => return Err(errors::overflow("Python int too large to convert to C int")),
                None => {
                    let name = errors::type_name(host, value);
                    return Err(errors::type_error(format!(
                        "unsupported type for timedelta {} component: {name}",
                        param.name
                    )));
                }
            },
        }
    }
    total += arith::round_half_even(left) as i128;
    let delta = micros_delta(total)?;
    Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(delta))))
}

fn repr(delta: DeltaData) -> String {
    let mut parts = Vec::new();
    if delta.days != 0 {
        parts.push(format!("days={}", delta.days));
    }
    if delta.seconds != 0 {
        parts.push(format!("seconds={}", delta.seconds));
    }
    if delta.microseconds != 0 {
        parts.push(format!("microseconds={}", delta.microseconds));
    }
    if parts.is_empty() {
        parts.push("0".into());
    }
    format!("datetime.timedelta({})", parts.join(", "))
}

/// `str(timedelta)`.
pub fn text(delta: DeltaData) -> String {
    let (hours, minutes, seconds) = (delta.seconds / 3600, delta.seconds / 60 % 60, delta.seconds % 60);
    let mut text = match delta.days {
        0 => String::new(),
        days => format!("{days} day{}, ", if days.abs() == 1 { "" } else { "s" }),
    };
    text.push_str(&format!("{hours}:{minutes:02}:{seconds:02}"));
    if delta.microseconds != 0 {
        text.push_str(&format!(".{:06}", delta.microseconds));
    }
    text
}

/// `a / b`, halves to the even one.
fn divide_nearest(a: &BigInt, b: &BigInt) -> BigInt {
    let (quotient, rest) = a.div_mod_floor(b);
    let twice: BigInt = rest * 2;
    let up = if b.sign() == num_bigint::Sign::Minus { twice.cmp(b).reverse() } else { twice.cmp(b) };
    match up {
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal if quotient.is_odd() => quotient + 1,
        _ => quotient,
    }
}

fn from_big(micros: &BigInt) -> R<Value> {
    match micros.to_i128() {
        Some(micros) => from_micros(micros),
        None => Err(errors::overflow("Python int too large to convert to C int")),
    }
}

fn binary(_host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    let micros = delta_micros(delta(this));
    if let Some(other) = other.payload::<DeltaData>() {
        let other = delta_micros(*other);
        let (a, b) = if reflected { (other, micros) } else { (micros, other) };
        if matches!(op, BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Mod) && b == 0 {
            return Err(errors::zero_division(match op {
                BinaryOp::Div => "division by zero",
                _ => "integer division or modulo by zero",
            }));
        }
        return match op {
            BinaryOp::Add => from_micros(a + b),
            BinaryOp::Sub => from_micros(a - b),
            BinaryOp::FloorDiv => Ok(Value::big(BigInt::from(a).div_floor(&BigInt::from(b)))),
            BinaryOp::Mod => from_big(&BigInt::from(a).mod_floor(&BigInt::from(b))),
            BinaryOp::Div => {
                let (a, b) = (BigInt::from(a), BigInt::from(b));
                Ok(Value::Float(ratio(&a, &b)))
            }
            _ => Ok(Value::NotImplemented),
        };
    }
    let (top, bottom) = match base(other) {
        Value::Float(number) if number.is_finite() => integer_ratio(*number),
        Value::Float(number) if number.is_nan() => {
            return Err(errors::value_error("cannot convert NaN to integer ratio"));
        }
        Value::Float(_) => return Err(errors::overflow("cannot convert Infinity to integer ratio")),
        other => match big(other) {
            Some(number) => (number, BigInt::from(1)),
            None => return Ok(Value::NotImplemented),
        },
    };
    let is_float = matches!(base(other), Value::Float(_));
    let micros = BigInt::from(micros);
    match op {
        BinaryOp::Mul => from_big(&divide_nearest(&(micros * top), &bottom)),
        BinaryOp::Div | BinaryOp::FloorDiv if reflected => Ok(Value::NotImplemented),
        BinaryOp::Div if top == BigInt::ZERO => Err(errors::zero_division("division by zero")),
        BinaryOp::Div => from_big(&divide_nearest(&(micros * bottom), &top)),
        BinaryOp::FloorDiv if is_float => Ok(Value::NotImplemented),
        BinaryOp::FloorDiv if top == BigInt::ZERO => {
            Err(errors::zero_division("integer division or modulo by zero"))
        }
        BinaryOp::FloorDiv => from_big(&micros.div_floor(&top)),
        _ => Ok(Value::NotImplemented),
    }
}

fn ratio(a: &BigInt, b: &BigInt) -> f64 {
    a.to_f64().unwrap_or(f64::NAN) / b.to_f64().unwrap_or(f64::NAN)
}
