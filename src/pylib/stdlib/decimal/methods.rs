//! The methods of `Decimal`, as rows.
//!
//! Owns the table. Must not know arithmetic.

use num_bigint::BigUint;
use num_traits::One;

use super::context::{current, rounding_arg};
use super::number::{Decimal, Kind, Rounding, Trap};
use super::{DECIMAL_TUPLE, number, operand, trapped, value};
use crate::python::builtins::convert::int_arg;
use crate::python::builtins::errors;
use crate::python::value::param::{opt, pos, pos_opt};
use crate::python::value::{Host, Param, ParamDefault, R, Row, Value};

const CONTEXT: &[Param] = &[opt("context", ParamDefault::None)];
const ROUNDING: &[Param] = &[opt("rounding", ParamDefault::None), opt("context", ParamDefault::None)];
const OTHER: &[Param] = &[pos("other"), opt("context", ParamDefault::None)];

type Example = &'static str;

const fn plain(
    name: &'static str,
    doc: &'static str,
    example: Example,
    call: crate::python::value::NativeFn,
) -> Row {
    Row::method(name, &[], doc, example, call)
}

pub const METHODS: &[Row] = &[
    Row::method(
        "quantize",
        &[
            opt("exp", ParamDefault::Required),
            opt("rounding", ParamDefault::None),
            opt("context", ParamDefault::None),
        ],
        "Return a value equal to the first operand after rounding and having the exponent of the second operand.",
        "Decimal('2.675').quantize(Decimal('0.01'))",
        quantize,
    ),
    Row::method(
        "to_integral_value",
        ROUNDING,
        "Round to the nearest integer without signaling either Inexact or Rounded.",
        "Decimal('2.5').to_integral_value()",
        |host, args| {
            let mode = rounding_arg(host, &args[1])?;
            let number = number(&args[0]);
            Ok(value(if number.exponent >= 0 { number.clone() } else { number.rescale(0, mode) }))
        },
    ),
    Row::method("to_integral", ROUNDING, "Identical to the to_integral_value() method.", "", |host, args| {
        let mode = rounding_arg(host, &args[1])?;
        let number = number(&args[0]);
        Ok(value(if number.exponent >= 0 { number.clone() } else { number.rescale(0, mode) }))
    }),
    Row::method(
        "normalize",
        CONTEXT,
        "Normalize the number by stripping trailing 0s.",
        "Decimal('2.50').normalize()",
        |_, args| {
            let (precision, mode) = current();
            Ok(value(number(&args[0]).clone().round_to(precision, mode).normalized()))
        },
    ),
    Row::method(
        "sqrt",
        CONTEXT,
        "Return the square root of the argument to full precision.",
        "Decimal(2).sqrt()",
        |_, args| {
            let (precision, mode) = current();
            let root = number(&args[0]).square_root(precision).map_err(trapped)?;
            Ok(value(root.round_to(precision, mode)))
        },
    ),
    Row::method(
        "compare",
        OTHER,
        "Compare self to other. Return a decimal value.",
        "Decimal(1).compare(Decimal(2))",
        |host, args| {
            let other = other_arg(host, &args[1])?;
            Ok(value(match number(&args[0]).order(&other) {
                None => Decimal::special(Kind::NotANumber, false),
                Some(order) => Decimal::new(order.is_lt(), BigUint::from(u32::from(order.is_ne())), 0),
            }))
        },
    ),
    Row::method("max", OTHER, "Maximum of self and other.", "Decimal(1).max(Decimal(2))", |host, args| {
        let other = other_arg(host, &args[1])?;
        Ok(value(if number(&args[0]).order(&other).is_some_and(|order| order.is_lt()) {
            other
        } else {
            number(&args[0]).clone()
        }))
    }),
    Row::method("min", OTHER, "Minimum of self and other.", "Decimal(1).min(Decimal(2))", |host, args| {
        let other = other_arg(host, &args[1])?;
        Ok(value(if number(&args[0]).order(&other).is_some_and(|order| order.is_gt()) {
            other
        } else {
            number(&args[0]).clone()
        }))
    }),
    Row::method("copy_abs", &[], "Return the absolute value of the argument.", "", |_, args| {
        Ok(value(Decimal { negative: false, ..number(&args[0]).clone() }))
    }),
    Row::method("copy_negate", &[], "Return the negation of the argument.", "", |_, args| {
        Ok(value(number(&args[0]).negated()))
    }),
    Row::method(
        "copy_sign",
        OTHER,
        "Return a copy of the first operand with the sign of the second.",
        "",
        |host, args| {
            let other = other_arg(host, &args[1])?;
            Ok(value(Decimal { negative: other.negative, ..number(&args[0]).clone() }))
        },
    ),
    plain(
        "adjusted",
        "Return the adjusted exponent of the number.",
        "Decimal('123.4').adjusted()",
        |_, args| Ok(Value::Int(number(&args[0]).adjusted())),
    ),
    plain(
        "as_tuple",
        "Return a tuple representation of the number.",
        "Decimal('1.5').as_tuple()",
        |_, args| {
            let number = number(&args[0]);
            let digits = number
                .digits
                .to_string()
                .chars()
                .map(|c| Value::Int(i64::from(c.to_digit(10).unwrap_or(0))))
                .collect();
            let exponent = match number.kind {
                Kind::Finite => Value::Int(number.exponent),
                Kind::Infinity => Value::str("F"),
                Kind::NotANumber => Value::str("n"),
                Kind::Signaling => Value::str("N"),
            };
            let items = vec![Value::Int(i64::from(number.negative)), Value::tuple(digits), exponent];
            Ok(super::super::time::named_tuple(&DECIMAL_TUPLE, items))
        },
    ),
    plain(
        "as_integer_ratio",
        "Return a pair of integers, whose ratio is exactly equal to the original.",
        "Decimal('0.25').as_integer_ratio()",
        |_, args| {
            use num_integer::Integer;
            let number = number(&args[0]);
            let (mut top, mut bottom) = (number.signed(), num_bigint::BigInt::one());
            if number.exponent >= 0 {
                top *= num_bigint::BigInt::from(super::number::ten_to(number.exponent as u64));
            } else {
                bottom = num_bigint::BigInt::from(super::number::ten_to((-number.exponent) as u64));
            }
            let shared = top.gcd(&bottom);
            Ok(Value::tuple(vec![Value::big(top / &shared), Value::big(bottom / shared)]))
        },
    ),
    plain("is_zero", "Return True if the argument is zero.", "Decimal(0).is_zero()", |_, args| {
        Ok(Value::Bool(number(&args[0]).is_zero()))
    }),
    plain("is_nan", "Return True if the argument is a NaN.", "", |_, args| {
        Ok(Value::Bool(number(&args[0]).is_nan()))
    }),
    plain("is_infinite", "Return True if the argument is infinite.", "", |_, args| {
        Ok(Value::Bool(number(&args[0]).kind == Kind::Infinity))
    }),
    plain("is_finite", "Return True if the argument is a finite number.", "", |_, args| {
        Ok(Value::Bool(number(&args[0]).kind == Kind::Finite))
    }),
    plain("is_signed", "Return True if the argument has a negative sign.", "", |_, args| {
        Ok(Value::Bool(number(&args[0]).negative))
    }),
    plain("conjugate", "Return self.", "", |_, args| Ok(args[0].clone())),
    plain("__abs__", "abs(self)", "", |_, args| {
        let (precision, mode) = current();
        Ok(value(Decimal { negative: false, ..number(&args[0]).clone() }.round_to(precision, mode)))
    }),
    plain("__int__", "int(self)", "", |_, args| whole(&args[0], Rounding::Down)),
    plain("__trunc__", "Truncate towards zero.", "", |_, args| whole(&args[0], Rounding::Down)),
    plain("__floor__", "The floor as an integer.", "", |_, args| whole(&args[0], Rounding::Floor)),
    plain("__ceil__", "The ceiling as an integer.", "", |_, args| whole(&args[0], Rounding::Ceiling)),
    plain("__float__", "float(self)", "", |_, args| Ok(Value::Float(number(&args[0]).to_float()))),
    Row::method(
        "__round__",
        &[pos_opt("ndigits", ParamDefault::Omitted("None"))],
        "Round to a number of digits.",
        "",
        |host, args| {
            if args[1].is_unset() || args[1].is_none() {
                return whole(&args[0], Rounding::HalfEven);
            }
            let digits = int_arg(host, &args[1])?;
            Ok(value(number(&args[0]).rescale(-digits, Rounding::HalfEven)))
        },
    ),
    Row::method("__divmod__", &[pos("value")], "Return divmod(self, value).", "", |host, args| {
        let other = other_arg(host, &args[1])?;
        let (whole, rest) = number(&args[0]).divide_whole(&other).map_err(trapped)?;
        Ok(Value::tuple(vec![value(whole), value(rest)]))
    }),
    Row::class_method(
        "from_float",
        &[pos("f")],
        "Class method that converts a float to a decimal number, exactly.",
        "Decimal.from_float(0.5)",
        |host, args| host.call_values(&args[0], &args[1..2]),
    ),
    plain("__reduce__", "Helper for copying.", "", |host, args| {
        let class = host.class_of(&args[0]);
        Ok(Value::tuple(vec![Value::Class(class), Value::tuple(vec![Value::from(number(&args[0]).text())])]))
    }),
];

fn other_arg(host: &mut dyn Host, given: &Value) -> R<Decimal> {
    match operand(given) {
        Some(other) => Ok(other),
        None => {
            let name = errors::type_name(host, given);
            Err(errors::type_error(format!("conversion from {name} to Decimal is not supported")))
        }
    }
}

fn whole(this: &Value, mode: Rounding) -> R<Value> {
    let number = number(this);
    match number.kind {
        Kind::Finite => Ok(Value::big(number.rescale(0, mode).signed())),
        Kind::Infinity => Err(errors::overflow("cannot convert Infinity to integer")),
        _ => Err(errors::value_error("cannot convert NaN to integer")),
    }
}

fn quantize(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let pattern = other_arg(host, &args[1])?;
    let mode = rounding_arg(host, &args[2])?;
    let this = number(&args[0]);
    if this.is_nan() || pattern.is_nan() {
        return Ok(value(Decimal::special(Kind::NotANumber, false)));
    }
    match (this.kind, pattern.kind) {
        (Kind::Infinity, Kind::Infinity) => return Ok(value(this.clone())),
        (Kind::Finite, Kind::Finite) => {}
        _ => return Err(trapped(Trap::Invalid)),
    }
    let made = this.rescale(pattern.exponent, mode);
    if made.digit_count() > current().0 {
        return Err(trapped(Trap::Invalid));
    }
    Ok(value(made))
}
