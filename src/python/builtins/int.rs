//! `int` and `bool`.
//!
//! Owns their slots, methods and constructors. Must not know the operators' arithmetic (`arith`) or literals (`parse`).

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{Signed, Zero};

use super::convert::{base, big, int_arg, int_or, is_int, of_class, small};
use super::{arith, errors, format, parse};
use crate::python::value::param::{kw, opt, pos, pos_opt};
use crate::python::value::{
    BinaryOp, CallArgs, Class, CompareOp, Gc, Getter, Host, NativeType, Param, ParamDefault, R, Row, Slots,
    Str, UnaryOp, Value, bind, intern, primitive_hash,
};

pub static INT: NativeType = NativeType {
    doc: "int([x]) -> integer\nint(x, base=10) -> integer",
    methods: METHODS,
    getters: GETTERS,
    slots: Slots {
        new: Some(new),
        repr: Some(repr),
        format: Some(format_slot),
        hash: Some(hash),
        truth: Some(truth),
        compare: Some(compare),
        binary: Some(binary),
        unary: Some(unary),
        ..Slots::NONE
    },
    ..NativeType::plain("int", "builtins")
};

pub static BOOL: NativeType = NativeType {
    doc: "Returns True when the argument is true, False otherwise.",
    bases: &[&INT],
    is_base: false,
    slots: Slots { new: Some(new_bool), repr: Some(repr_bool), binary: Some(binary_bool), ..Slots::NONE },
    ..NativeType::plain("bool", "builtins")
};

const INT_PARAMS: &[Param] =
    &[pos_opt("x", ParamDefault::Omitted("0")), opt("base", ParamDefault::Omitted("10"))];

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound = bind("int", INT_PARAMS, args)?;
    let number = from_value(host, &bound[0], &bound[1])?;
    Ok(of_class(class, &INT, number))
}

fn from_value(host: &mut dyn Host, value: &Value, radix: &Value) -> R<Value> {
    if !radix.is_unset() {
        if value.is_unset() {
            return Err(errors::type_error("int() missing string argument"));
        }
        let radix = int_arg(host, radix)?;
        let text = match base(value) {
            Value::Str(text) => text.to_string(),
            Value::Bytes(bytes) => String::from_utf8_lossy(bytes.as_slice()).into_owned(),
            _ => return Err(errors::type_error("int() can't convert non-string with explicit base")),
        };
        return parse::int_text(&text, radix, &|| super::text::quote(&text));
    }
    match base(value) {
        Value::Unset => return Ok(Value::Int(0)),
        Value::Int(number) => return Ok(Value::Int(*number)),
        Value::Bool(value) => return Ok(Value::Int(i64::from(*value))),
        Value::BigInt(number) => return Ok(Value::BigInt(number.clone())),
        Value::Float(number) => return from_float(*number),
        Value::Str(text) => return parse::int_text(text, 10, &|| super::text::quote(text)),
        Value::Bytes(bytes) => {
            let text = String::from_utf8_lossy(bytes.as_slice()).into_owned();
            return parse::int_text(&text, 10, &|| super::bytes::quote(bytes.as_slice()));
        }
        _ => {}
    }
    for name in ["__int__", "__index__", "__trunc__"] {
        // A class has its instances' methods as attributes, but is itself no number.
        if !matches!(value, Value::Class(_))
            && let Some(method) = host.find_attr(value, &intern(name))?
        {
            let answer = host.call_values(&method, &[])?;
            return match base(&answer) {
                Value::Int(_) | Value::BigInt(_) => Ok(base(&answer).clone()),
                Value::Bool(value) => Ok(Value::Int(i64::from(*value))),
                _ => {
                    let got = errors::type_name(host, &answer);
                    Err(errors::type_error(format!("{name} returned non-int (type {got})")))
                }
            };
        }
    }
    let name = errors::type_name(host, value);
    Err(errors::type_error(format!(
        "int() argument must be a string, a bytes-like object or a real number, not '{name}'"
    )))
}

/// The whole part of a float.
pub fn from_float(number: f64) -> R<Value> {
    if number.is_nan() {
        return Err(errors::value_error("cannot convert float NaN to integer"));
    }
    if number.is_infinite() {
        return Err(errors::overflow("cannot convert float infinity to integer"));
    }
    if number.abs() < 9.2e18 {
        return Ok(Value::Int(number as i64));
    }
    Ok(Value::big(arith::float_to_big(number.trunc())))
}

fn new_bool(host: &mut dyn Host, _class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound = bind("bool", const { &[pos_opt("x", ParamDefault::Bool(false))] }, args)?;
    host.truth(&bound[0]).map(Value::Bool)
}

fn repr_bool(_host: &mut dyn Host, this: &Value) -> R<Str> {
    Ok(Str::new(if matches!(this, Value::Bool(true)) { "True" } else { "False" }))
}

fn binary_bool(host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    if let (Value::Bool(a), Value::Bool(b)) = (this, other) {
        match op {
            BinaryOp::And => return Ok(Value::Bool(a & b)),
            BinaryOp::Or => return Ok(Value::Bool(a | b)),
            BinaryOp::Xor => return Ok(Value::Bool(a ^ b)),
            _ => {}
        }
    }
    binary(host, op, this, other, reflected)
}

/// The decimal digits of an integer; refuses more than CPython's limit.
pub fn decimal(value: &Value) -> R<String> {
    match base(value) {
        Value::Int(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(u8::from(*value).to_string()),
        Value::BigInt(number) => {
            if number.0.bits() > 14_284 {
                return Err(too_many_digits());
            }
            let text = number.0.to_string();
            if text.trim_start_matches('-').len() > parse::MOST_DIGITS {
                Err(too_many_digits())
            } else {
                Ok(text)
            }
        }
        _ => Ok(String::new()),
    }
}

fn too_many_digits() -> crate::python::value::Raised {
    errors::value_error(
        "Exceeds the limit (4300 digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit",
    )
}

fn repr(_host: &mut dyn Host, this: &Value) -> R<Str> {
    decimal(this).map(Str::from)
}

fn format_slot(host: &mut dyn Host, this: &Value, spec: &str) -> R<Str> {
    if spec.is_empty() {
        return host.str(this);
    }
    format::int_format(host, base(this), spec)
}

fn hash(_host: &mut dyn Host, this: &Value) -> R<i64> {
    Ok(primitive_hash(base(this)).unwrap_or(0))
}

fn truth(_host: &mut dyn Host, this: &Value) -> R<bool> {
    Ok(!matches!(base(this), Value::Int(0) | Value::Bool(false)))
}

fn compare(_host: &mut dyn Host, op: CompareOp, this: &Value, other: &Value) -> R<Value> {
    let order = match (small(this), small(other)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => match (big(this), big(other)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => return Ok(Value::NotImplemented),
        },
    };
    Ok(Value::Bool(holds(op, order)))
}

/// Whether a comparison holds for an order of its sides.
pub fn holds(op: CompareOp, order: std::cmp::Ordering) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
    }
}

fn binary(host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    if op == BinaryOp::MatMul || !is_int(other) {
        return Ok(Value::NotImplemented);
    }
    let (left, right) = if reflected { (other, this) } else { (this, other) };
    match (small(left), small(right)) {
        (Some(a), Some(b)) => arith::small_op(host, op, a, b),
        _ => match (big(left), big(right)) {
            (Some(a), Some(b)) => arith::big_op(host, op, &a, &b),
            _ => Ok(Value::NotImplemented),
        },
    }
}

fn unary(_host: &mut dyn Host, op: UnaryOp, this: &Value) -> R<Value> {
    let number = big(this).unwrap_or_else(BigInt::zero);
    Ok(match (op, small(this)) {
        (UnaryOp::Negative, Some(small)) if small != i64::MIN => Value::Int(-small),
        (UnaryOp::Invert, Some(small)) => Value::Int(!small),
        (UnaryOp::Positive, Some(small)) => Value::Int(small),
        (UnaryOp::Negative, _) => Value::big(-number),
        (UnaryOp::Invert, _) => Value::big(-number - 1),
        (UnaryOp::Positive, _) => Value::big(number),
    })
}

fn itself(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(match base(&args[0]) {
        Value::Bool(value) => Value::Int(i64::from(*value)),
        other => other.clone(),
    })
}

const GETTERS: &[Getter] = &[
    Getter {
        name: "real",
        doc: "the real part of a complex number",
        get: |host, this| itself(host, std::slice::from_ref(this)),
        set: None,
    },
    Getter {
        name: "imag",
        doc: "the imaginary part of a complex number",
        get: |_, _| Ok(Value::Int(0)),
        set: None,
    },
    Getter {
        name: "numerator",
        doc: "the numerator of a rational number in lowest terms",
        get: |host, this| itself(host, std::slice::from_ref(this)),
        set: None,
    },
    Getter {
        name: "denominator",
        doc: "the denominator of a rational number in lowest terms",
        get: |_, _| Ok(Value::Int(1)),
        set: None,
    },
];

const METHODS: &[Row] = &[
    Row::method(
        "bit_length",
        &[],
        "Number of bits necessary to represent self in binary.",
        "(255).bit_length()",
        |_, args| Ok(Value::Int(big(&args[0]).unwrap_or_default().bits() as i64)),
    ),
    Row::method(
        "bit_count",
        &[],
        "Number of ones in the binary representation of the absolute value of self.",
        "(255).bit_count()",
        |_, args| {
            let number = big(&args[0]).unwrap_or_default();
            Ok(Value::Int(number.iter_u64_digits().map(|digit| i64::from(digit.count_ones())).sum()))
        },
    ),
    Row::method(
        "conjugate",
        &[],
        "Returns self, the complex conjugate of any int.",
        "(1).conjugate()",
        itself,
    ),
    Row::method("__int__", &[], "int(self)", "(1).__int__()", itself),
    Row::method("__index__", &[], "Return self converted to an integer.", "(1).__index__()", itself),
    Row::method("__trunc__", &[], "Truncating an Integral returns itself.", "(1).__trunc__()", itself),
    Row::method("__floor__", &[], "Flooring an Integral returns itself.", "(1).__floor__()", itself),
    Row::method("__ceil__", &[], "Ceiling of an Integral returns itself.", "(1).__ceil__()", itself),
    Row::method("__abs__", &[], "abs(self)", "(-1).__abs__()", |_, args| Ok(absolute(&args[0]))),
    Row::method("__float__", &[], "float(self)", "(1).__float__()", |host, args| {
        super::convert::float_arg(host, base(&args[0])).map(Value::Float)
    }),
    Row::method(
        "__round__",
        &[pos_opt("ndigits", ParamDefault::Omitted("None"))],
        "Rounding an Integral.",
        "(1234).__round__(-2)",
        |host, args| round(host, &args[0], &args[1]),
    ),
    Row::method(
        "__divmod__",
        &[pos("value")],
        "Return divmod(self, value).",
        "(7).__divmod__(2)",
        |host, args| divmod(host, &args[0], &args[1]),
    ),
    Row::method("as_integer_ratio", &[], "Return integer ratio.", "(10).as_integer_ratio()", |host, args| {
        Ok(Value::tuple(vec![itself(host, args)?, Value::Int(1)]))
    }),
    Row::method("is_integer", &[], "Returns True.", "", |_, _| Ok(Value::Bool(true))),
    Row::method(
        "to_bytes",
        &[
            opt("length", ParamDefault::Int(1)),
            opt("byteorder", ParamDefault::Str("big")),
            kw("signed", ParamDefault::Bool(false)),
        ],
        "Return an array of bytes representing an integer.",
        "(7).to_bytes(2, 'big')",
        to_bytes,
    ),
    Row::class_method(
        "from_bytes",
        &[
            opt("bytes", ParamDefault::Required),
            opt("byteorder", ParamDefault::Str("big")),
            kw("signed", ParamDefault::Bool(false)),
        ],
        "Return the integer represented by the given array of bytes.",
        "int.from_bytes(b'\\x01\\x00', 'big')",
        from_bytes,
    ),
    Row::method("__getnewargs__", &[], "Arguments that make an equal integer.", "", |host, args| {
        Ok(Value::tuple(vec![itself(host, args)?]))
    }),
];

/// `abs(int)`.
pub fn absolute(value: &Value) -> Value {
    match small(value) {
        Some(number) if number != i64::MIN => Value::Int(number.abs()),
        _ => Value::big(big(value).unwrap_or_default().abs()),
    }
}

/// `divmod(int, int)`; `NotImplemented` where the other is none.
pub fn divmod(host: &mut dyn Host, left: &Value, right: &Value) -> R<Value> {
    let (Some(a), Some(b)) = (big(left), big(right)) else { return Ok(Value::NotImplemented) };
    if b.is_zero() {
        return Err(errors::zero_division("integer division or modulo by zero"));
    }
    let quotient = arith::big_op(host, BinaryOp::FloorDiv, &a, &b)?;
    Ok(Value::tuple(vec![quotient, arith::big_op(host, BinaryOp::Mod, &a, &b)?]))
}

/// `round(int, digits)`.
pub fn round(host: &mut dyn Host, value: &Value, digits: &Value) -> R<Value> {
    let number = big(value).unwrap_or_default();
    if digits.is_unset() || digits.is_none() {
        return Ok(Value::big(number));
    }
    let digits = int_or(host, digits, 0)?;
    if digits >= 0 {
        return Ok(Value::big(number));
    }
    if (-digits) as u64 > number.bits() {
        return Ok(Value::Int(0));
    }
    let step = BigInt::from(10u32).pow((-digits) as u32);
    let (quotient, rest) = number.div_mod_floor(&step);
    let up = match (&rest * 2u32).cmp(&step) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => quotient.is_odd(),
        std::cmp::Ordering::Less => false,
    };
    Ok(Value::big((if up { quotient + 1u32 } else { quotient }) * step))
}

fn is_little(host: &mut dyn Host, order: &Value) -> R<bool> {
    match order.as_str() {
        Some("little") => Ok(true),
        Some("big") => Ok(false),
        Some(_) => Err(errors::value_error("byteorder must be either 'little' or 'big'")),
        None => Err(errors::bad_argument(host, "to_bytes() argument 'byteorder'", "str", order)),
    }
}

fn to_bytes(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let number = big(&args[0]).unwrap_or_default();
    let length = int_arg(host, &args[1])?;
    if length < 0 {
        return Err(errors::value_error("length argument must be non-negative"));
    }
    if length as usize > super::convert::MOST_BYTES {
        return Err(errors::memory());
    }
    let (length, little, signed) = (length as usize, is_little(host, &args[2])?, host.truth(&args[3])?);
    if number.is_negative() && !signed {
        return Err(errors::overflow("can't convert negative int to unsigned"));
    }
    let mut bytes = if signed {
        number.to_signed_bytes_le()
    } else if number.is_zero() {
        Vec::new()
    } else {
        number.to_bytes_le().1
    };
    let fill = if number.is_negative() { 0xff } else { 0 };
    while bytes.len() > length
        && bytes.last() == Some(&fill)
        && (!signed || length == 0 || (bytes[length - 1] & 0x80 != 0) == number.is_negative())
    {
        bytes.pop();
    }
    if bytes.len() > length {
        return Err(errors::overflow("int too big to convert"));
    }
    bytes.resize(length, fill);
    if !little {
        bytes.reverse();
    }
    Ok(Value::bytes(bytes))
}

fn from_bytes(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut bytes = match super::bytes::slice_of(&args[1]) {
        Some(bytes) => bytes,
        None => {
            let mut bytes = Vec::new();
            for item in host.collect(&args[1])? {
                bytes.push(super::bytes::byte_arg(host, &item)?);
            }
            bytes
        }
    };
    if !is_little(host, &args[2])? {
        bytes.reverse();
    }
    let signed = host.truth(&args[3])?;
    let number =
        if signed { BigInt::from_signed_bytes_le(&bytes) } else { BigInt::from_bytes_le(Sign::Plus, &bytes) };
    let Value::Class(class) = &args[0] else { return Ok(Value::big(number)) };
    Ok(of_class(class, &INT, Value::big(number)))
}
