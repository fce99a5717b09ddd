//! `float`.
//!
//! Owns its slots, methods and constructor. Must not know literals (`parse`) or format specs (`format`).

use num_bigint::BigInt;
use num_traits::One;

use super::convert::{base, big, float_arg, int_arg, of_class};
use super::int::{from_float, holds};
use super::{arith, errors, format, parse};
use crate::python::value::param::{pos, pos_opt};
use crate::python::value::{
    BinaryOp, CallArgs, Class, CompareOp, Gc, Getter, Host, NativeType, ParamDefault, R, Row, Slots, Str,
    UnaryOp, Value, bind, hash_float, intern,
};

pub static FLOAT: NativeType = NativeType {
    doc: "Convert a string or number to a floating point number, if possible.",
    methods: METHODS,
    getters: GETTERS,
    slots: Slots {
        new: Some(new),
        repr: Some(repr),
        format: Some(format_slot),
        hash: Some(|_, this| Ok(hash_float(number(this)))),
        truth: Some(|_, this| Ok(number(this) != 0.0)),
        compare: Some(compare),
        binary: Some(binary),
        unary: Some(unary),
        ..Slots::NONE
    },
    ..NativeType::plain("float", "builtins")
};

fn number(value: &Value) -> f64 {
    match base(value) {
        Value::Float(number) => *number,
        _ => 0.0,
    }
}

/// The other side of an operator as a float; None where it is no real number.
fn operand(value: &Value) -> R<Option<f64>> {
    Ok(Some(match base(value) {
        Value::Float(number) => *number,
        Value::Int(number) => *number as f64,
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::BigInt(number) => super::convert::big_to_float(&number.0)?,
        _ => return Ok(None),
    }))
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound = bind("float", const { &[pos_opt("x", ParamDefault::Int(0))] }, args)?;
    let value = &bound[0];
    let number = match base(value) {
        Value::Str(text) => match parse::float_text(text) {
            Some(number) => number,
            None => {
                let text = super::text::quote(text);
                return Err(errors::value_error(format!("could not convert string to float: {text}")));
            }
        },
        Value::Bytes(bytes) => match std::str::from_utf8(bytes.as_slice()).ok().and_then(parse::float_text) {
            Some(number) => number,
            None => {
                let text = super::bytes::quote(bytes.as_slice());
                return Err(errors::value_error(format!("could not convert string to float: {text}")));
            }
        },
        Value::Float(_) | Value::Int(_) | Value::Bool(_) | Value::BigInt(_) => float_arg(host, value)?,
        _ => {
            let convertible = !matches!(value, Value::Class(_))
                && (host.find_attr(value, &intern("__float__"))?.is_some()
                    || host.find_attr(value, &intern("__index__"))?.is_some());
            if !convertible {
                let name = errors::type_name(host, value);
                return Err(errors::type_error(format!(
                    "float() argument must be a string or a real number, not '{name}'"
                )));
            }
            float_arg(host, value)?
        }
    };
    Ok(of_class(class, &FLOAT, Value::Float(number)))
}

fn repr(_host: &mut dyn Host, this: &Value) -> R<Str> {
    Ok(parse::float_repr(number(this)).into())
}

fn format_slot(host: &mut dyn Host, this: &Value, spec: &str) -> R<Str> {
    if spec.is_empty() {
        return host.str(this);
    }
    format::float_format(number(this), spec, "float")
}

fn compare(_host: &mut dyn Host, op: CompareOp, this: &Value, other: &Value) -> R<Value> {
    let this = number(this);
    let order = match base(other) {
        Value::Float(other) => this.partial_cmp(other),
        Value::Int(other) if other.unsigned_abs() < 1 << 53 => this.partial_cmp(&(*other as f64)),
        Value::Bool(other) => this.partial_cmp(&f64::from(u8::from(*other))),
        other => match big(other) {
            Some(other) => arith::int_cmp_float(&other, this).map(std::cmp::Ordering::reverse),
            None => return Ok(Value::NotImplemented),
        },
    };
    Ok(Value::Bool(match order {
        Some(order) => holds(op, order),
        None => op == CompareOp::Ne,
    }))
}

fn binary(_host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    let Some(other) = operand(other)? else { return Ok(Value::NotImplemented) };
    let this = number(this);
    if reflected { arith::float_op(op, other, this) } else { arith::float_op(op, this, other) }
}

fn unary(host: &mut dyn Host, op: UnaryOp, this: &Value) -> R<Value> {
    match op {
        UnaryOp::Negative => Ok(Value::Float(-number(this))),
        UnaryOp::Positive => Ok(Value::Float(number(this))),
        UnaryOp::Invert => {
            let name = errors::type_name(host, this);
            Err(errors::type_error(format!("bad operand type for unary ~: '{name}'")))
        }
    }
}

const GETTERS: &[Getter] = &[
    Getter {
        name: "real",
        doc: "the real part of a complex number",
        get: |_, this| Ok(base(this).clone()),
        set: None,
    },
    Getter {
        name: "imag",
        doc: "the imaginary part of a complex number",
        get: |_, _| Ok(Value::Float(0.0)),
        set: None,
    },
];

const METHODS: &[Row] = &[
    Row::method(
        "is_integer",
        &[],
        "Return True if the float is an integer.",
        "(2.0).is_integer()",
        |_, args| {
            let number = number(&args[0]);
            Ok(Value::Bool(number.is_finite() && number == number.trunc()))
        },
    ),
    Row::method("as_integer_ratio", &[], "Return integer ratio.", "(0.75).as_integer_ratio()", ratio),
    Row::method(
        "conjugate",
        &[],
        "Return self, the complex conjugate of any float.",
        "(1.5).conjugate()",
        |_, args| Ok(base(&args[0]).clone()),
    ),
    Row::method(
        "hex",
        &[],
        "Return a hexadecimal representation of a floating-point number.",
        "(0.5).hex()",
        |_, args| Ok(Value::from(hex(number(&args[0])))),
    ),
    Row::class_method(
        "fromhex",
        &[pos("string")],
        "Create a floating-point number from a hexadecimal string.",
        "float.fromhex('0x1p-1')",
        fromhex,
    ),
    Row::method(
        "__trunc__",
        &[],
        "Return the Integral closest to x between 0 and x.",
        "(2.7).__trunc__()",
        |_, args| from_float(number(&args[0])),
    ),
    Row::method("__int__", &[], "int(self)", "(2.7).__int__()", |_, args| from_float(number(&args[0]))),
    Row::method("__float__", &[], "float(self)", "(2.7).__float__()", |_, args| {
        Ok(Value::Float(number(&args[0])))
    }),
    Row::method("__floor__", &[], "Return the floor as an Integral.", "(2.7).__floor__()", |_, args| {
        from_float(number(&args[0]).floor())
    }),
    Row::method("__ceil__", &[], "Return the ceiling as an Integral.", "(2.7).__ceil__()", |_, args| {
        from_float(number(&args[0]).ceil())
    }),
    Row::method("__abs__", &[], "abs(self)", "(-2.7).__abs__()", |_, args| {
        Ok(Value::Float(number(&args[0]).abs()))
    }),
    Row::method(
        "__round__",
        &[pos_opt("ndigits", ParamDefault::Omitted("None"))],
        "Return the Integral closest to x, rounding half toward even.",
        "(2.5).__round__()",
        |host, args| round(host, number(&args[0]), &args[1]),
    ),
    Row::method(
        "__divmod__",
        &[pos("value")],
        "Return divmod(self, value).",
        "(7.5).__divmod__(2)",
        |host, args| divmod(host, &args[0], &args[1]),
    ),
];

/// `round(float, digits)`.
pub fn round(host: &mut dyn Host, number: f64, digits: &Value) -> R<Value> {
    if digits.is_unset() || digits.is_none() {
        return from_float(if number.is_finite() { arith::round_half_even(number) } else { number });
    }
    let digits = int_arg(host, digits)?;
    arith::round_digits(number, digits).map(Value::Float)
}

/// `divmod` where one side is a float; `NotImplemented` where the other is no number.
pub fn divmod(_host: &mut dyn Host, left: &Value, right: &Value) -> R<Value> {
    let (Some(a), Some(b)) = (operand(left)?, operand(right)?) else { return Ok(Value::NotImplemented) };
    if b == 0.0 {
        return Err(errors::zero_division("float divmod()"));
    }
    let (quotient, rest) = arith::float_divmod(a, b);
    Ok(Value::tuple(vec![Value::Float(quotient), Value::Float(rest)]))
}

fn ratio(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let number = number(&args[0]);
    if number.is_nan() {
        return Err(errors::value_error("cannot convert NaN to integer ratio"));
    }
    if number.is_infinite() {
        return Err(errors::overflow("cannot convert Infinity to integer ratio"));
    }
    let (top, bottom) = integer_ratio(number);
    Ok(Value::tuple(vec![Value::big(top), Value::big(bottom)]))
}

/// A finite float as a fraction in lowest terms.
pub fn integer_ratio(number: f64) -> (BigInt, BigInt) {
    let bits = number.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) =
        if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
    if mantissa == 0 {
        return (BigInt::from(0), BigInt::one());
    }
    let twos = i64::from(mantissa.trailing_zeros());
    let mut top = BigInt::from(mantissa >> twos);
    let exponent = exponent + twos;
    if number < 0.0 {
        top = -top;
    }
    if exponent >= 0 {
        (top << exponent as u64, BigInt::one())
    } else {
        (top, BigInt::one() << (-exponent) as u64)
    }
}

fn hex(number: f64) -> String {
    if !number.is_finite() {
        return parse::float_repr(number);
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let bits = number.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64;
    let fraction = bits & ((1 << 52) - 1);
    let (lead, exponent) = if exponent == 0 { (0, -1022) } else { (1, exponent - 1023) };
    format!("{sign}0x{lead}.{fraction:013x}p{exponent:+}")
}

fn fromhex(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let text = super::convert::text_arg(host, &args[1], "fromhex() argument")?;
    let bad = || errors::value_error("invalid hexadecimal floating-point string");
    let lower = text.trim().to_ascii_lowercase();
    let (negative, rest) = match lower.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, lower.strip_prefix('+').unwrap_or(&lower)),
    };
    if let Some(number) = parse::float_text(rest).filter(|number| !number.is_finite()) {
        return Ok(Value::Float(if negative { -number } else { number }));
    }
    let rest = rest.strip_prefix("0x").unwrap_or(rest);
    let (digits, exponent) = rest.split_once('p').unwrap_or((rest, "0"));
    let exponent: i32 = exponent.parse().map_err(|_| bad())?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(bad());
    }
    let mut number = 0f64;
    for c in whole.chars() {
        number = number * 16.0 + f64::from(c.to_digit(16).ok_or_else(bad)?);
    }
    let mut scale = 1.0 / 16.0;
    for c in fraction.chars() {
        number += f64::from(c.to_digit(16).ok_or_else(bad)?) * scale;
        scale /= 16.0;
    }
    let number = number * 2f64.powi(exponent);
    Ok(Value::Float(if negative { -number } else { number }))
}
