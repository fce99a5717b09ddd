//! `decimal`.
//!
//! Owns the `Decimal` type, its operators under the current context, and `Context`. Must not know the arithmetic
//! (`number`) or columns.

mod context;
mod layout;
mod methods;
mod more;
pub mod number;

use num_bigint::BigInt;
use num_bigint::BigUint;
use num_traits::{ToPrimitive, Zero};

pub use self::context::CONTEXT;
use self::context::current;
use self::number::{Decimal, Kind, Rounding, Trap};
use crate::diag::ExcClass;
use crate::diag::builtin::{ARITHMETIC_ERROR, ZERO_DIVISION_ERROR};
use crate::python::builtins::convert::{base, big, int_arg};
use crate::python::builtins::{TUPLE, errors, int::holds};
use crate::python::value::param::opt;
use crate::python::value::{
    BinaryOp, CallArgs, Class, CompareOp, Gc, Getter, Host, Instance, Native, NativeModule, NativeType,
    Param, ParamDefault, R, Raised, Slots, UnaryOp, Value, bind,
};

impl Native for Decimal {}

pub static DECIMAL_EXCEPTION: ExcClass = ExcClass::new("DecimalException", "decimal", &ARITHMETIC_ERROR);
pub static INVALID_OPERATION: ExcClass = ExcClass::new("InvalidOperation", "decimal", &DECIMAL_EXCEPTION);
pub static DIVISION_BY_ZERO: ExcClass = ExcClass::new("DivisionByZero", "decimal", &ZERO_DIVISION_ERROR);
pub static OVERFLOW: ExcClass = ExcClass::new("Overflow", "decimal", &DECIMAL_EXCEPTION);
pub static INEXACT: ExcClass = ExcClass::new("Inexact", "decimal", &DECIMAL_EXCEPTION);
pub static ROUNDED: ExcClass = ExcClass::new("Rounded", "decimal", &DECIMAL_EXCEPTION);
pub static FLOAT_OPERATION: ExcClass = ExcClass::new("FloatOperation", "decimal", &DECIMAL_EXCEPTION);

pub static DECIMAL: NativeType = NativeType {
    doc: "Construct a new Decimal object.",
    methods: methods::METHODS,
    getters: &[
        Getter { name: "real", doc: "", get: |_, this| Ok(this.clone()), set: None },
        Getter {
            name: "imag",
            doc: "",
            get: |_, _| Ok(value(Decimal::new(false, BigUint::zero(), 0))),
            set: None,
        },
    ],
    slots: Slots {
        new: Some(new),
        repr: Some(|_, this| Ok(format!("Decimal('{}')", number(this).text()).into())),
        str: Some(|_, this| Ok(number(this).text().into())),
        format: Some(|host, this, spec| layout::format(host, number(this), spec)),
        hash: Some(|_, this| hash(number(this))),
        truth: Some(|_, this| Ok(!number(this).is_zero())),
        compare: Some(compare),
        binary: Some(binary),
        unary: Some(|_, op, this| {
            let (precision, mode) = current();
            let number = number(this);
            match op {
                UnaryOp::Negative if number.is_zero() => Ok(value(
                    Decimal { negative: mode == Rounding::Floor, ..number.clone() }.round_to(precision, mode),
                )),
                UnaryOp::Negative => Ok(value(number.negated().round_to(precision, mode))),
                UnaryOp::Positive => Ok(value(number.clone().round_to(precision, mode))),
                UnaryOp::Invert => Err(errors::type_error("bad operand type for unary ~: 'decimal.Decimal'")),
            }
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("Decimal", "decimal")
};

/// What `as_tuple()` returns.
pub static DECIMAL_TUPLE: NativeType = NativeType {
    bases: &[&TUPLE],
    slots: Slots {
        repr: Some(super::time::named_repr),
        get_attr: Some(super::time::FIELDS_BY_NAME),
        ..Slots::NONE
    },
    ..NativeType::plain("DecimalTuple", "decimal")
};

/// The number of a Decimal object.
pub fn number(value: &Value) -> &Decimal {
    value.payload::<Decimal>().expect("slots of Decimal are called on decimals only")
}

/// A Decimal object.
pub fn value(number: Decimal) -> Value {
    Value::native(&DECIMAL, number)
}

/// `decimal.InvalidOperation: [<class 'decimal.InvalidOperation'>]` and its kin.
pub fn trapped(trap: Trap) -> Raised {
    let (class, condition) = match trap {
        Trap::Invalid => (&INVALID_OPERATION, "InvalidOperation"),
        Trap::Undefined => (&INVALID_OPERATION, "DivisionUndefined"),
        Trap::ByZero => (&DIVISION_BY_ZERO, "DivisionByZero"),
        Trap::Overflow => (&OVERFLOW, "Overflow"),
    };
    Raised::new(class, format!("[<class 'decimal.{condition}'>]"))
}

/// `decimal.InvalidOperation: [<class 'decimal.ConversionSyntax'>]`
fn bad_text() -> Raised {
    Raised::new(&INVALID_OPERATION, "[<class 'decimal.ConversionSyntax'>]")
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    const PARAMS: &[Param] = &[opt("value", ParamDefault::Str("0")), opt("context", ParamDefault::None)];
    let bound = bind("Decimal", PARAMS, args)?;
    let number = match base(&bound[0]) {
        Value::Str(text) => Decimal::parse(text).ok_or_else(bad_text)?,
        Value::Float(float) => Decimal::from_float(*float),
        Value::Tuple(_) | Value::List(_) => from_tuple(host, &bound[0])?,
        other => match (other.payload::<Decimal>(), big(other)) {
            (Some(number), _) => number.clone(),
            (None, Some(whole)) => Decimal::from_int(&whole),
            _ => {
                let name = errors::type_name(host, &bound[0]);
                return Err(errors::type_error(format!(
                    "conversion from {name} to Decimal is not supported"
                )));
            }
        },
    };
    Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(number))))
}

fn from_tuple(host: &mut dyn Host, value: &Value) -> R<Decimal> {
    let parts = host.collect(value)?;
    let [sign, digits, exponent] = &parts[..] else {
        return Err(errors::value_error("argument must be a sequence of length 3"));
    };
    let mut number = BigUint::zero();
    for digit in host.collect(digits)? {
        number = number * 10u32 + int_arg(host, &digit)?.unsigned_abs();
    }
    Ok(Decimal::new(int_arg(host, sign)? != 0, number, int_arg(host, exponent)?))
}

/// The other side of an operator: a Decimal or an integer.
pub fn operand(value: &Value) -> Option<Decimal> {
    match value.payload::<Decimal>() {
        Some(number) => Some(number.clone()),
        None => big(value).map(|whole| Decimal::from_int(&whole)),
    }
}

fn hash(number: &Decimal) -> R<i64> {
    match number.kind {
        Kind::Infinity => return Ok(if number.negative { -314_159 } else { 314_159 }),
        Kind::NotANumber => return Ok(0),
        Kind::Signaling => return Err(errors::type_error("Cannot hash a signaling NaN value.")),
        Kind::Finite => {}
    }
    let modulus = BigInt::from((1u64 << 61) - 1);
    let ten = BigInt::from(10);
    let scale = if number.exponent >= 0 {
        ten.modpow(&BigInt::from(number.exponent), &modulus)
    } else {
        // The inverse of ten, so that equal fractions hash alike.
        let inverse = ten.modpow(&(&modulus - 2), &modulus);
        inverse.modpow(&BigInt::from(-number.exponent), &modulus)
    };
    let hash = (BigInt::from(number.digits.clone()) * scale % modulus).to_i64().unwrap_or(0);
    let hash = if number.negative { -hash } else { hash };
    Ok(if hash == -1 { -2 } else { hash })
}

fn compare(_host: &mut dyn Host, op: CompareOp, this: &Value, other: &Value) -> R<Value> {
    let other = match base(other) {
        Value::Float(float) => Decimal::from_float(*float),
        _ => match operand(other) {
            Some(other) => other,
            None => return Ok(Value::NotImplemented),
        },
    };
    match number(this).order(&other) {
        Some(order) => Ok(Value::Bool(holds(op, order))),
        None if matches!(op, CompareOp::Eq | CompareOp::Ne) => Ok(Value::Bool(op == CompareOp::Ne)),
        None => Err(trapped(Trap::Invalid)),
    }
}

fn binary(_host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    let Some(other) = operand(other) else { return Ok(Value::NotImplemented) };
    let this = number(this).clone();
    let (left, right) = if reflected { (other, this) } else { (this, other) };
    match operate(op, &left, &right) {
        Some(result) => result.map(value).map_err(trapped),
        None => Ok(Value::NotImplemented),
    }
}

/// An operator under the current context.
fn operate(op: BinaryOp, left: &Decimal, right: &Decimal) -> Option<Result<Decimal, Trap>> {
    let (precision, mode) = current();
    let result = match op {
        BinaryOp::Add => left.add(right, mode),
        BinaryOp::Sub => left.add(&right.negated(), mode),
        BinaryOp::Mul => left.multiply(right),
        BinaryOp::Div => left.divide(right, precision),
        BinaryOp::FloorDiv => left.divide_whole(right).and_then(|(whole, _)| {
            if whole.digit_count() > precision { Err(Trap::Invalid) } else { Ok(whole) }
        }),
        BinaryOp::Mod if right.is_zero() => Err(if left.is_zero() { Trap::Undefined } else { Trap::Invalid }),
        BinaryOp::Mod => left.divide_whole(right).map(|(_, rest)| rest),
        BinaryOp::Pow => power(left, right, precision),
        _ => return None,
    };
    Some(result.map(|number| number.round_to(precision, mode)))
}

fn power(left: &Decimal, right: &Decimal, precision: i64) -> Result<Decimal, Trap> {
    if left.is_nan() || right.is_nan() {
        return Ok(Decimal::special(Kind::NotANumber, false));
    }
    let whole = right.rescale(0, Rounding::Down);
    if right.kind == Kind::Finite && whole.order(right) == Some(std::cmp::Ordering::Equal) {
        if left.is_zero() && whole.is_zero() {
            return Err(Trap::Invalid);
        }
        if left.is_zero() && right.negative {
            return Ok(Decimal::special(Kind::Infinity, false));
        }
        return left.power(&whole.signed(), precision);
    }
    if left.negative {
        return Err(Trap::Invalid);
    }
    let half = Decimal::new(false, BigUint::from(5u32), -1);
    if right.order(&half) == Some(std::cmp::Ordering::Equal) {
        return left.square_root(precision);
    }
    // Beyond roots and whole powers a float's digits have to do.
    let answer = left.to_float().powf(right.to_float());
    Decimal::parse(&crate::python::builtins::parse::float_repr(answer)).ok_or(Trap::Invalid)
}

pub static MODULE: NativeModule = NativeModule {
    types: &[&DECIMAL, &CONTEXT, &DECIMAL_TUPLE],
    exceptions: &[
        &DECIMAL_EXCEPTION,
        &INVALID_OPERATION,
        &DIVISION_BY_ZERO,
        &OVERFLOW,
        &INEXACT,
        &ROUNDED,
        &FLOAT_OPERATION,
    ],
    functions: context::FUNCTIONS,
    constants: &[
        ("ROUND_UP", |_| Ok(Value::str("ROUND_UP"))),
        ("ROUND_DOWN", |_| Ok(Value::str("ROUND_DOWN"))),
        ("ROUND_CEILING", |_| Ok(Value::str("ROUND_CEILING"))),
        ("ROUND_FLOOR", |_| Ok(Value::str("ROUND_FLOOR"))),
        ("ROUND_HALF_UP", |_| Ok(Value::str("ROUND_HALF_UP"))),
        ("ROUND_HALF_DOWN", |_| Ok(Value::str("ROUND_HALF_DOWN"))),
        ("ROUND_HALF_EVEN", |_| Ok(Value::str("ROUND_HALF_EVEN"))),
        ("ROUND_05UP", |_| Ok(Value::str("ROUND_05UP"))),
        ("MAX_PREC", |_| Ok(Value::Int(999_999_999_999_999_999))),
    ],
    ..NativeModule::new("decimal", "Decimal fixed-point and floating-point arithmetic.")
};
