//! Arithmetic of integers of any size and of floats, with CPython's rounding and signs.
//!
//! Owns the operators on plain numbers. Must not know types, slots or parsing.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::bigint;
use super::convert::big_to_float;
use super::errors;
use crate::python::value::{BinaryOp, Host, R, Value};

/// Bits of the largest integer that an operation may make.
const MOST_BITS: u64 = 1 << 31;

/// An operator on two 64-bit integers; falls back to big integers where the result does not fit.
pub fn small_op(host: &mut dyn Host, op: BinaryOp, a: i64, b: i64) -> R<Value> {
    let fits = match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Sub => a.checked_sub(b),
        BinaryOp::Mul => a.checked_mul(b),
        BinaryOp::FloorDiv | BinaryOp::Mod if b == 0 => return Err(by_zero(op)),
        BinaryOp::FloorDiv => a
            .checked_div_euclid(b)
            .map(|_| a.wrapping_div(b))
            .map(|quotient| if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient }),
        BinaryOp::Mod => {
            a.checked_rem(b).map(|rest| if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
        }
        BinaryOp::And => Some(a & b),
        BinaryOp::Or => Some(a | b),
        BinaryOp::Xor => Some(a ^ b),
        BinaryOp::Div => {
            if b == 0 {
                return Err(errors::zero_division("division by zero"));
            }
            const EXACT: u64 = 1 << 53;
            if a.unsigned_abs() <= EXACT && b.unsigned_abs() <= EXACT {
                return Ok(Value::Float(a as f64 / b as f64));
            }
            None
        }
        BinaryOp::LeftShift
            if (0..63).contains(&b) && (a == 0 || a.unsigned_abs().leading_zeros() as i64 > b + 1) =>
        {
            Some(a << b)
        }
        BinaryOp::RightShift if b >= 0 => Some(if b > 63 { if a < 0 { -1 } else { 0 } } else { a >> b }),
        BinaryOp::Pow if b >= 0 => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        _ => None,
    };
    match fits {
        Some(number) => Ok(Value::Int(number)),
        None => big_op(host, op, &BigInt::from(a), &BigInt::from(b)),
    }
}

fn by_zero(op: BinaryOp) -> crate::python::value::Raised {
    errors::zero_division(match op {
        BinaryOp::Div => "division by zero",
        BinaryOp::Mod => "integer modulo by zero",
        _ => "integer division or modulo by zero",
    })
}

/// An operator on two integers of any size.
pub fn big_op(host: &mut dyn Host, op: BinaryOp, a: &BigInt, b: &BigInt) -> R<Value> {
    Ok(Value::big(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => {
            check_bits(a.bits().saturating_add(b.bits()))?;
            bigint::multiply(host, a, b)?
        }
        BinaryOp::FloorDiv | BinaryOp::Mod if b.is_zero() => return Err(by_zero(op)),
        BinaryOp::FloorDiv => bigint::divide_floor(host, a, b)?.0,
        BinaryOp::Mod => bigint::divide_floor(host, a, b)?.1,
        BinaryOp::And => a & b,
        BinaryOp::Or => a | b,
        BinaryOp::Xor => a ^ b,
        BinaryOp::Div => return divide(a, b).map(Value::Float),
        BinaryOp::Pow => return power(host, a, b),
        BinaryOp::LeftShift | BinaryOp::RightShift => {
            if b.is_negative() {
                return Err(errors::value_error("negative shift count"));
            }
            if op == BinaryOp::LeftShift {
                if a.is_zero() {
                    return Ok(Value::Int(0));
                }
                let Some(count) = b.to_u64() else {
                    return Err(errors::overflow("too many digits in integer"));
                };
                check_bits(a.bits().saturating_add(count))?;
                a << count
            } else {
                match b.to_u64() {
                    Some(count) => a >> count,
                    None if a.is_negative() => -BigInt::one(),
                    None => BigInt::zero(),
                }
            }
        }
        BinaryOp::MatMul => return Ok(Value::NotImplemented),
    }))
}

fn check_bits(bits: u64) -> R<()> {
    if bits > MOST_BITS { Err(errors::memory()) } else { Ok(()) }
}

/// True division, rounded once.
fn divide(a: &BigInt, b: &BigInt) -> R<f64> {
    if b.is_zero() {
        return Err(errors::zero_division("division by zero"));
    }
    if a.is_zero() {
        return Ok(0.0);
    }
    // A quotient of at least 64 bits with a sticky last bit rounds like the true one.
    let shift = 66 - (a.bits() as i64 - b.bits() as i64);
    let (top, bottom) = (a.magnitude(), b.magnitude());
    let (quotient, rest) = if shift >= 0 {
        (top << shift as u64).div_rem(bottom)
    } else {
        top.div_rem(&(bottom << (-shift) as u64))
    };
    let mut quotient = quotient;
    if !rest.is_zero() {
        quotient |= num_bigint::BigUint::one();
    }
    let bits = quotient.bits() as i64 - shift;
    if bits > 1025 {
        return Err(errors::overflow("integer division result too large for a float"));
    }
    let float = if bits < -1021 {
        // Close to zero the steps grow coarse: cut to what is left of the mantissa before scaling.
        let keep = (bits + 1074).max(0);
        let cut = (quotient.bits() as i64 - keep).max(0) as u64;
        let (mut kept, lost) = (&quotient >> cut, &quotient & ((num_bigint::BigUint::one() << cut) - 1u32));
        let half = num_bigint::BigUint::one() << cut.saturating_sub(1);
        if cut > 0 && (lost > half || (lost == half && kept.is_odd())) {
            kept += 1u32;
        }
        kept.to_f64().unwrap_or(0.0) * 2f64.powi(-1074)
    } else {
        let float = quotient.to_f64().unwrap_or(f64::INFINITY);
        let half = (-shift / 2) as i32;
        float * 2f64.powi(half) * 2f64.powi(-shift as i32 - half)
    };
    if float.is_infinite() {
        return Err(errors::overflow("integer division result too large for a float"));
    }
    Ok(if a.is_negative() != b.is_negative() { -float } else { float })
}

fn power(host: &mut dyn Host, a: &BigInt, b: &BigInt) -> R<Value> {
    if b.is_negative() {
        if a.is_zero() {
            return Err(errors::zero_division("0.0 cannot be raised to a negative power"));
        }
        return float_pow(big_to_float(a)?, big_to_float(b)?);
    }
    if a.is_zero() || a.is_one() {
        return Ok(Value::big(if b.is_zero() { BigInt::one() } else { a.clone() }));
    }
    if *a == -BigInt::one() {
        return Ok(Value::Int(if b.is_odd() { -1 } else { 1 }));
    }
    let Some(count) = b.to_u64() else { return Err(errors::memory()) };
    check_bits((a.bits() - 1).saturating_mul(count))?;
    bigint::power(host, a, count).map(Value::big)
}

/// `pow(a, b, m)` on integers.
pub fn power_mod(host: &mut dyn Host, a: &BigInt, b: &BigInt, modulus: &BigInt) -> R<Value> {
    if modulus.is_zero() {
        return Err(errors::value_error("pow() 3rd argument cannot be 0"));
    }
    let (base, exponent) = if b.is_negative() {
        let Some(inverse) = a.modinv(&modulus.abs()) else {
            return Err(errors::value_error("base is not invertible for the given modulus"));
        };
        (inverse, -b)
    } else {
        (a.clone(), b.clone())
    };
    let answer = bigint::power_mod(host, &base, &exponent, &modulus.abs())?;
    Ok(Value::big(answer.mod_floor(modulus)))
}

/// `a ** b` on floats. A negative base with a fractional exponent is complex: the caller asks first.
pub fn float_pow(a: f64, b: f64) -> R<Value> {
    if a == 0.0 && b < 0.0 {
        return Err(errors::zero_division("0.0 cannot be raised to a negative power"));
    }
    let answer = a.powf(b);
    if answer.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(overflow_result());
    }
    Ok(Value::Float(answer))
}

/// `OverflowError: (34, 'Numerical result out of range')`
fn overflow_result() -> crate::python::value::Raised {
    let class = crate::python::value::exception_class(&crate::diag::builtin::OVERFLOW_ERROR);
    let data = crate::python::value::ExceptionData::default();
    *data.args.borrow_mut() = vec![Value::Int(34), Value::str("Numerical result out of range")];
    let instance = crate::python::value::Instance::with_payload(class, Box::new(data));
    crate::python::value::Raised::exception(Value::Instance(instance))
}

/// Floor division and modulo of floats, as CPython's `divmod` computes them.
pub fn float_divmod(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest != 0.0 {
        if (b < 0.0) != (rest < 0.0) {
            rest += b;
            quotient -= 1.0;
        }
    } else {
        rest = 0f64.copysign(b);
    }
    let floor = if quotient != 0.0 {
        let floor = quotient.floor();
        if quotient - floor > 0.5 { floor + 1.0 } else { floor }
    } else {
        0f64.copysign(a / b)
    };
    (floor, rest)
}

/// An operator on two floats.
pub fn float_op(op: BinaryOp, a: f64, b: f64) -> R<Value> {
    Ok(Value::Float(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div if b == 0.0 => return Err(errors::zero_division("float division by zero")),
        BinaryOp::Div => a / b,
        BinaryOp::FloorDiv if b == 0.0 => return Err(errors::zero_division("float floor division by zero")),
        BinaryOp::Mod if b == 0.0 => return Err(errors::zero_division("float modulo")),
        BinaryOp::FloorDiv => float_divmod(a, b).0,
        BinaryOp::Mod => float_divmod(a, b).1,
        BinaryOp::Pow if a < 0.0 && a.is_finite() && b.is_finite() && b != b.trunc() => {
            return Ok(super::complex::power((a, 0.0), (b, 0.0)));
        }
        BinaryOp::Pow => return float_pow(a, b),
        _ => return Ok(Value::NotImplemented),
    }))
}

/// `round(float)` to an integer, halves to the even one.
pub fn round_half_even(number: f64) -> f64 {
    let rounded = number.round();
    if (number - number.trunc()).abs() == 0.5 { 2.0 * (number / 2.0).round() } else { rounded }
}

/// `round(float, digits)`.
pub fn round_digits(number: f64, digits: i64) -> R<f64> {
    if !number.is_finite() || digits > 323 {
        return Ok(number);
    }
    if digits < -308 {
        return Ok(0f64.copysign(number));
    }
    if digits >= 0 {
        let text = format!("{number:.*}", digits as usize);
        return Ok(text.parse().unwrap_or(number));
    }
    let whole = float_to_big(number.trunc());
    let step = BigInt::from(10u32).pow((-digits) as u32);
    let (mut quotient, rest) = whole.magnitude().div_rem(step.magnitude());
    let twice = rest * 2u32;
    let up = match twice.cmp(step.magnitude()) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => number.fract() != 0.0 || quotient.is_odd(),
        std::cmp::Ordering::Less => false,
    };
    if up {
        quotient += 1u32;
    }
    let rounded = (quotient * step.magnitude()).to_f64().unwrap_or(f64::INFINITY);
    if rounded.is_infinite() {
        return Err(errors::overflow("rounded value too large to represent"));
    }
    Ok(rounded.copysign(number))
}

/// The integer that a whole, finite float is.
pub fn float_to_big(number: f64) -> BigInt {
    num_traits::FromPrimitive::from_f64(number).unwrap_or_else(BigInt::zero)
}

/// How an integer stands to a float, exactly; None for NaN.
pub fn int_cmp_float(int: &BigInt, float: f64) -> Option<std::cmp::Ordering> {
    use std::cmp::Ordering;
    if float.is_nan() {
        return None;
    }
    if float.is_infinite() {
        return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let whole = float_to_big(float.floor());
    Some(match int.cmp(&whole) {
        Ordering::Equal if float.fract() != 0.0 => Ordering::Less,
        order => order,
    })
}
