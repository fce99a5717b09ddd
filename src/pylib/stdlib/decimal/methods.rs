//! The methods of `Decimal`, as rows.
//!
//! Owns the table. Must not know arithmetic.

use num_bigint::BigUint;
use num_traits::One;

use super::context::{current, rounding_arg};
use super::number::{Decimal, Kind, Rounding, Trap};
use super::{DECIMAL_TUPLE, more, number, operand, trapped, value};
use crate::python::builtins::convert::int_arg;
use crate::python::builtins::errors;
use crate::python::value::param::{opt, pos, pos_opt};
use crate::python::value::{Host, Param, ParamDefault, R, Row, Value};

const CONTEXT: &[Param] = &[opt("context", ParamDefault::None)];
const ROUNDING: &[Param] = &[opt("rounding", ParamDefault::None), opt("context", ParamDefault::None)];
const OTHER: &[Param] = &[opt("other", ParamDefault::Required), opt("context", ParamDefault::None)];

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
    Row::method("canonical", &[], "Return the canonical encoding of the argument.", "", |host, args| {
        let _ = &host;
        let this = number(&args[0]);
        let _ = this;
        Ok(args[0].clone())
    }),
    Row::method("is_canonical", &[], "Return True if the argument is canonical.", "", |host, args| {
        let _ = &host;
        let this = number(&args[0]);
        let _ = this;
        Ok(Value::Bool(true))
    }),
    Row::method("is_qnan", &[], "Return True if the argument is a quiet NaN.", "", |host, args| {
        let _ = &host;
        let this = number(&args[0]);
        Ok(Value::Bool(this.kind == Kind::NotANumber))
    }),
    Row::method("is_snan", &[], "Return True if the argument is a signaling NaN.", "", |host, args| {
        let _ = &host;
        let this = number(&args[0]);
        Ok(Value::Bool(this.kind == Kind::Signaling))
    }),
    Row::method("radix", &[], "Return Decimal(10).", "", |host, args| {
        let _ = &host;
        let this = number(&args[0]);
        let _ = this;
        Ok(value(Decimal::new(false, BigUint::from(10u32), 0)))
    }),
    Row::method(
        "is_normal",
        CONTEXT,
        "Return True if the argument is a normal finite non-zero number.",
        "",
        |host, args| {
            context_arg(&args[1])?;
            let _ = &host;
            let this = number(&args[0]);
            Ok(Value::Bool(more::class_name(this).ends_with("Normal")))
        },
    ),
    Row::method("is_subnormal", CONTEXT, "Return True if the argument is subnormal.", "", |host, args| {
        context_arg(&args[1])?;
        let _ = &host;
        let this = number(&args[0]);
        Ok(Value::Bool(more::class_name(this).ends_with("Subnormal")))
    }),
    Row::method(
        "number_class",
        CONTEXT,
        "Return a string describing the class of the operand.",
        "",
        |host, args| {
            context_arg(&args[1])?;
            let _ = &host;
            let this = number(&args[0]);
            Ok(Value::str(more::class_name(this)))
        },
    ),
    Row::method("to_eng_string", CONTEXT, "Convert to an engineering-type string.", "", |host, args| {
        context_arg(&args[1])?;
        let _ = &host;
        let this = number(&args[0]);
        Ok(Value::from(more::engineering_text(this)))
    }),
    Row::method(
        "exp",
        CONTEXT,
        "Return the value of the natural exponential function e**x.",
        "Decimal(1).exp()",
        |host, args| {
            context_arg(&args[1])?;
            let _ = &host;
            let this = number(&args[0]);
            more::exp(this, current().0).map(value).map_err(trapped)
        },
    ),
    Row::method(
        "ln",
        CONTEXT,
        "Return the natural (base e) logarithm of the operand.",
        "Decimal(2).ln()",
        |host, args| {
            context_arg(&args[1])?;
            let _ = &host;
            let this = number(&args[0]);
            more::ln(this, current().0).map(value).map_err(trapped)
        },
    ),
    Row::method(
        "log10",
        CONTEXT,
        "Return the base ten logarithm of the operand.",
        "Decimal(2).log10()",
        |host, args| {
            context_arg(&args[1])?;
            let _ = &host;
            let this = number(&args[0]);
            more::log10(this, current().0).map(value).map_err(trapped)
        },
    ),
    Row::method(
        "logb",
        CONTEXT,
        "Return the adjusted exponent of the operand as a Decimal.",
        "",
        |host, args| {
            context_arg(&args[1])?;
            let _ = &host;
            let this = number(&args[0]);
            match this.kind {
                Kind::Finite if this.is_zero() => Err(trapped(Trap::ByZero)),
                Kind::Finite => Ok(value(Decimal::from_int(&num_bigint::BigInt::from(this.adjusted())))),
                Kind::Infinity => Ok(value(Decimal::special(Kind::Infinity, false))),
                _ => Ok(args[0].clone()),
            }
        },
    ),
    Row::method(
        "next_minus",
        CONTEXT,
        "Return the largest number smaller than the operand.",
        "",
        |host, args| {
            context_arg(&args[1])?;
            let _ = &host;
            let this = number(&args[0]);
            Ok(value(more::neighbour(this, false, current().0)))
        },
    ),
    Row::method(
        "next_plus",
        CONTEXT,
        "Return the smallest number larger than the operand.",
        "",
        |host, args| {
            context_arg(&args[1])?;
            let _ = &host;
            let this = number(&args[0]);
            Ok(value(more::neighbour(this, true, current().0)))
        },
    ),
    Row::method(
        "logical_invert",
        CONTEXT,
        "Return the digit-wise inversion of the operand.",
        "",
        |host, args| {
            context_arg(&args[1])?;
            let _ = &host;
            let this = number(&args[0]);
            more::inverted(this, current().0).map(value).map_err(trapped)
        },
    ),
    Row::method("logical_and", OTHER, "Return the digit-wise 'and' of the operands.", "", |host, args| {
        let other = other_arg(host, &args[1])?;
        context_arg(&args[2])?;
        let this = number(&args[0]);
        more::bitwise(this, &other, current().0, |a, b| a & b).map(value).map_err(trapped)
    }),
    Row::method("logical_or", OTHER, "Return the digit-wise 'or' of the operands.", "", |host, args| {
        let other = other_arg(host, &args[1])?;
        context_arg(&args[2])?;
        let this = number(&args[0]);
        more::bitwise(this, &other, current().0, |a, b| a | b).map(value).map_err(trapped)
    }),
    Row::method("logical_xor", OTHER, "Return the digit-wise 'xor' of the operands.", "", |host, args| {
        let other = other_arg(host, &args[1])?;
        context_arg(&args[2])?;
        let this = number(&args[0]);
        more::bitwise(this, &other, current().0, |a, b| a ^ b).map(value).map_err(trapped)
    }),
    Row::method(
        "compare_signal",
        OTHER,
        "Identical to compare, except that all NaNs signal.",
        "",
        |host, args| {
            let other = other_arg(host, &args[1])?;
            context_arg(&args[2])?;
            let this = number(&args[0]);
            match this.order(&other) {
                None => Err(trapped(Trap::Invalid)),
                Some(order) => Ok(value(more::sign_of(order))),
            }
        },
    ),
    Row::method(
        "compare_total",
        OTHER,
        "Compare two operands using their abstract representation.",
        "",
        |host, args| {
            let other = other_arg(host, &args[1])?;
            context_arg(&args[2])?;
            let this = number(&args[0]);
            Ok(value(more::sign_of(more::total_order(this, &other))))
        },
    ),
    Row::method("compare_total_mag", OTHER, "The same, ignoring the signs.", "", |host, args| {
        let other = other_arg(host, &args[1])?;
        context_arg(&args[2])?;
        let this = number(&args[0]);
        Ok(value(more::sign_of(more::total_order_of_magnitudes(this, &other))))
    }),
    Row::method("max_mag", OTHER, "The larger by absolute value.", "", |host, args| {
        let other = other_arg(host, &args[1])?;
        context_arg(&args[2])?;
        let this = number(&args[0]);
        let (precision, mode) = current();
        Ok(value(more::by_magnitude(this, &other, true).round_to(precision, mode)))
    }),
    Row::method("min_mag", OTHER, "The smaller by absolute value.", "", |host, args| {
        let other = other_arg(host, &args[1])?;
        context_arg(&args[2])?;
        let this = number(&args[0]);
        let (precision, mode) = current();
        Ok(value(more::by_magnitude(this, &other, false).round_to(precision, mode)))
    }),
    Row::method(
        "next_toward",
        OTHER,
        "Return the number closest to the first operand in the direction of the second.",
        "",
        |host, args| {
            let other = other_arg(host, &args[1])?;
            context_arg(&args[2])?;
            let this = number(&args[0]);
            match this.order(&other) {
                None => Ok(value(if this.is_nan() { this.clone() } else { other })),
                Some(order) if order.is_eq() => {
                    Ok(value(Decimal { negative: other.negative, ..this.clone() }))
                }
                Some(order) => Ok(value(more::neighbour(this, order.is_lt(), current().0))),
            }
        },
    ),
    Row::method(
        "remainder_near",
        OTHER,
        "Return the remainder of dividing to the nearest integer.",
        "",
        |host, args| {
            let other = other_arg(host, &args[1])?;
            context_arg(&args[2])?;
            let this = number(&args[0]);
            let (precision, mode) = current();
            more::remainder_near(this, &other)
                .map(|rest| value(rest.round_to(precision, mode)))
                .map_err(trapped)
        },
    ),
    Row::method(
        "rotate",
        OTHER,
        "Return the digits of the first operand rotated by the second.",
        "",
        |host, args| {
            let other = other_arg(host, &args[1])?;
            context_arg(&args[2])?;
            let this = number(&args[0]);
            more::moved(this, &other, current().0, true).map(value).map_err(trapped)
        },
    ),
    Row::method(
        "shift",
        OTHER,
        "Return the digits of the first operand shifted by the second.",
        "",
        |host, args| {
            let other = other_arg(host, &args[1])?;
            context_arg(&args[2])?;
            let this = number(&args[0]);
            more::moved(this, &other, current().0, false).map(value).map_err(trapped)
        },
    ),
    Row::method(
        "scaleb",
        OTHER,
        "Return the first operand with its exponent adjusted by the second.",
        "",
        |host, args| {
            let other = other_arg(host, &args[1])?;
            context_arg(&args[2])?;
            let this = number(&args[0]);
            more::scaled(this, &other, current().0).map(value).map_err(trapped)
        },
    ),
    Row::method("same_quantum", OTHER, "Test whether both have the same exponent.", "", |host, args| {
        let other = other_arg(host, &args[1])?;
        context_arg(&args[2])?;
        let this = number(&args[0]);
        let nan = |number: &Decimal| number.is_nan();
        let infinite = |number: &Decimal| number.kind == Kind::Infinity;
        let special = nan(this) || nan(&other) || infinite(this) || infinite(&other);
        Ok(Value::Bool(if special {
            (nan(this) && nan(&other)) || (infinite(this) && infinite(&other))
        } else {
            this.exponent == other.exponent
        }))
    }),
    Row::method(
        "fma",
        &[
            opt("other", ParamDefault::Required),
            opt("third", ParamDefault::Required),
            opt("context", ParamDefault::None),
        ],
        "Fused multiply-add: self*other+third with no rounding in between.",
        "Decimal(2).fma(3, 5)",
        |host, args| {
            let (other, third) = (other_arg(host, &args[1])?, other_arg(host, &args[2])?);
            context_arg(&args[3])?;
            let (precision, mode) = current();
            let product = number(&args[0]).multiply(&other).map_err(trapped)?;
            product.add(&third, mode).map(|sum| value(sum.round_to(precision, mode))).map_err(trapped)
        },
    ),
    Row::method(
        "to_integral_exact",
        ROUNDING,
        "Round to the nearest integer.",
        "Decimal('2.5').to_integral_exact()",
        |host, args| {
            let mode = rounding_arg(host, &args[1])?;
            let number = number(&args[0]);
            Ok(value(if number.exponent >= 0 { number.clone() } else { number.rescale(0, mode) }))
        },
    ),
    plain("__reduce__", "Helper for copying.", "", |host, args| {
        let class = host.class_of(&args[0]);
        Ok(Value::tuple(vec![Value::Class(class), Value::tuple(vec![Value::from(number(&args[0]).text())])]))
    }),
];

/// `TypeError: optional argument must be a context`
fn context_arg(given: &Value) -> R<()> {
    if given.is_none() || super::context::is_context(given) {
        return Ok(());
    }
    Err(errors::type_error("optional argument must be a context"))
}

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
