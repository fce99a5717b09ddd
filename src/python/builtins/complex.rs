//! `complex`: enough of it for literals, arithmetic and display.
//!
//! Owns the kind. Must not know `cmath`.

use super::convert::{base, float_arg};
use super::{errors, parse};
use crate::python::value::param::opt;
use crate::python::value::{
    BinaryOp, CallArgs, Class, CompareOp, ComplexData, Gc, Getter, Host, Instance, NativeType, Param,
    ParamDefault, R, Row, Slots, UnaryOp, Value, bind, hash_float,
};

pub static COMPLEX: NativeType = NativeType {
    doc: "Create a complex number from a real part and an optional imaginary part.",
    methods: METHODS,
    getters: &[
        Getter {
            name: "real",
            doc: "the real part of a complex number",
            get: |_, this| Ok(Value::Float(parts(this).0)),
            set: None,
        },
        Getter {
            name: "imag",
            doc: "the imaginary part of a complex number",
            get: |_, this| Ok(Value::Float(parts(this).1)),
            set: None,
        },
    ],
    slots: Slots {
        new: Some(new),
        repr: Some(|_, this| Ok(text(parts(this)).into())),
        hash: Some(|_, this| {
            let (real, imaginary) = parts(this);
            Ok(hash_float(real).wrapping_add(hash_float(imaginary).wrapping_mul(1_000_003)))
        }),
        truth: Some(|_, this| Ok(parts(this) != (0.0, 0.0))),
        compare: Some(compare),
        binary: Some(binary),
        unary: Some(unary),
        ..Slots::NONE
    },
    ..NativeType::plain("complex", "builtins")
};

/// A complex number as a value.
pub fn value(real: f64, imaginary: f64) -> Value {
    Value::native(&COMPLEX, ComplexData(real, imaginary))
}

fn parts(value: &Value) -> (f64, f64) {
    value.payload::<ComplexData>().map_or((0.0, 0.0), |number| (number.0, number.1))
}

fn operand(value: &Value) -> R<Option<(f64, f64)>> {
    if let Some(number) = value.payload::<ComplexData>() {
        return Ok(Some((number.0, number.1)));
    }
    Ok(match base(value) {
        Value::Float(number) => Some((*number, 0.0)),
        Value::Int(number) => Some((*number as f64, 0.0)),
        Value::Bool(value) => Some((f64::from(u8::from(*value)), 0.0)),
        Value::BigInt(number) => Some((super::convert::big_to_float(&number.0)?, 0.0)),
        _ => None,
    })
}

fn short(number: f64) -> String {
    let text = parse::float_repr(number);
    text.strip_suffix(".0").map_or(text.clone(), str::to_string)
}

fn text((real, imaginary): (f64, f64)) -> String {
    if real == 0.0 && real.is_sign_positive() {
        return format!("{}j", short(imaginary));
    }
    let plus = if imaginary.is_sign_negative() { "" } else { "+" };
    format!("({}{plus}{}j)", short(real), short(imaginary))
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    const PARAMS: &[Param] = &[opt("real", ParamDefault::Int(0)), opt("imag", ParamDefault::Omitted("0"))];
    let mut bound = bind("complex", PARAMS, args)?;
    if let Value::Instance(_) = &bound[0]
        && bound[0].payload::<ComplexData>().is_none()
        && let Some(method) = host.find_attr(&bound[0], &crate::python::value::intern("__complex__"))?
    {
        bound[0] = host.call_values(&method, &[])?;
    }
    let (mut real, mut imaginary) = match (base(&bound[0]), operand(&bound[0])?) {
        (_, Some(parts)) => parts,
        (Value::Str(text), _) => {
            from_text(text).ok_or_else(|| errors::value_error("complex() arg is a malformed string"))?
        }
        (Value::Instance(_), _) => (float_arg(host, &bound[0])?, 0.0),
        _ => {
            let given = errors::type_name(host, &bound[0]);
            let text = format!("complex() first argument must be a string or a number, not '{given}'");
            return Err(errors::type_error(text));
        }
    };
    if !bound[1].is_unset() {
        let other = match operand(&bound[1])? {
            Some(parts) => parts,
            None if matches!(bound[1], Value::Instance(_)) => (float_arg(host, &bound[1])?, 0.0),
            None => {
                let given = errors::type_name(host, &bound[1]);
                let text = format!("complex() second argument must be a number, not '{given}'");
                return Err(errors::type_error(text));
            }
        };
        real -= other.1;
        imaginary += other.0;
    }
    Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(ComplexData(real, imaginary)))))
}

fn from_text(text: &str) -> Option<(f64, f64)> {
    let text = text.trim();
    let text = text.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(text).trim();
    let Some(body) = text.strip_suffix(['j', 'J']) else { return Some((parse::float_text(text)?, 0.0)) };
    let bytes = body.as_bytes();
    let split = (1..bytes.len())
        .rev()
        .find(|&at| matches!(bytes[at], b'+' | b'-') && !matches!(bytes[at - 1], b'e' | b'E'));
    let (real, imaginary) = match split {
        Some(at) => (parse::float_text(&body[..at])?, &body[at..]),
        None => (0.0, body),
    };
    let imaginary = match imaginary {
        "" | "+" => 1.0,
        "-" => -1.0,
        digits => parse::float_text(digits)?,
    };
    Some((real, imaginary))
}

fn compare(host: &mut dyn Host, op: CompareOp, this: &Value, other: &Value) -> R<Value> {
    let _ = host;
    let Some(other) = operand(other)? else { return Ok(Value::NotImplemented) };
    Ok(match op {
        CompareOp::Eq => Value::Bool(parts(this) == other),
        CompareOp::Ne => Value::Bool(parts(this) != other),
        _ => Value::NotImplemented,
    })
}

fn binary(_host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    let Some(other) = operand(other)? else { return Ok(Value::NotImplemented) };
    let (a, b) = if reflected { (other, parts(this)) } else { (parts(this), other) };
    let (real, imaginary) = match op {
        BinaryOp::Add => (a.0 + b.0, a.1 + b.1),
        BinaryOp::Sub => (a.0 - b.0, a.1 - b.1),
        BinaryOp::Mul => (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0),
        BinaryOp::Div => {
            let size = b.0 * b.0 + b.1 * b.1;
            if size == 0.0 {
                return Err(errors::zero_division("complex division by zero"));
            }
            ((a.0 * b.0 + a.1 * b.1) / size, (a.1 * b.0 - a.0 * b.1) / size)
        }
        BinaryOp::Pow => return Ok(power(a, b)),
        _ => return Ok(Value::NotImplemented),
    };
    Ok(value(real, imaginary))
}

/// `a ** b`.
pub fn power(a: (f64, f64), b: (f64, f64)) -> Value {
    if b == (0.0, 0.0) {
        return value(1.0, 0.0);
    }
    if a == (0.0, 0.0) {
        return value(0.0, 0.0);
    }
    if b.1 == 0.0 && b.0 == b.0.trunc() && b.0.abs() <= 100.0 {
        let mut result = (1.0, 0.0);
        for _ in 0..b.0.abs() as u32 {
            result = (result.0 * a.0 - result.1 * a.1, result.0 * a.1 + result.1 * a.0);
        }
        if b.0 < 0.0 {
            let size = result.0 * result.0 + result.1 * result.1;
            result = (result.0 / size, -result.1 / size);
        }
        return value(result.0, result.1);
    }
    let size = a.0.hypot(a.1);
    let angle = a.1.atan2(a.0);
    let mut length = size.powf(b.0);
    let mut turn = angle * b.0;
    if b.1 != 0.0 {
        length /= (angle * b.1).exp();
        turn += b.1 * size.ln();
    }
    value(length * turn.cos(), length * turn.sin())
}

fn unary(_host: &mut dyn Host, op: UnaryOp, this: &Value) -> R<Value> {
    let (real, imaginary) = parts(this);
    match op {
        UnaryOp::Negative => Ok(value(-real, -imaginary)),
        UnaryOp::Positive => Ok(value(real, imaginary)),
        UnaryOp::Invert => Err(errors::type_error("bad operand type for unary ~: 'complex'")),
    }
}

const METHODS: &[Row] = &[
    Row::method(
        "conjugate",
        &[],
        "Return the complex conjugate of its argument.",
        "(3+4j).conjugate()",
        |_, args| {
            let (real, imaginary) = parts(&args[0]);
            Ok(value(real, -imaginary))
        },
    ),
    Row::method("__abs__", &[], "abs(self)", "abs(3+4j)", |_, args| {
        let (real, imaginary) = parts(&args[0]);
        Ok(Value::Float(real.hypot(imaginary)))
    }),
];
