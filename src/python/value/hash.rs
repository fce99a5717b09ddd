//! Hashes and equality of values that need no call into the language.
//!
//! Owns CPython's number hash (modulo 2^61 - 1) and its tuple mix. Must not know `__hash__` and `__eq__`.

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::{Value, hash_bytes};

const MODULUS: u64 = (1 << 61) - 1;

/// `hash(int)`.
pub fn hash_int(number: i64) -> i64 {
    let reduced = (number.unsigned_abs() % MODULUS) as i64;
    let signed = if number < 0 { -reduced } else { reduced };
    if signed == -1 { -2 } else { signed }
}

fn hash_big(number: &BigInt) -> i64 {
    let modulus = BigInt::from(MODULUS);
    let reduced = (number.magnitude().clone() % modulus.magnitude()).to_i64().unwrap_or(0);
    let signed = if number.sign() == num_bigint::Sign::Minus { -reduced } else { reduced };
    if signed == -1 { -2 } else { signed }
}

/// `hash(float)`: equal to that of an equal integer or fraction.
pub fn hash_float(number: f64) -> i64 {
    if number.is_infinite() {
        return if number > 0.0 { 314159 } else { -314159 };
    }
    if number.is_nan() {
        return 0;
    }
    if number == number.trunc() && number.abs() < 9.0e18 {
        return hash_int(number as i64);
    }
    let (mut mantissa, mut exponent) = frexp(number.abs());
    let mut hash: u64 = 0;
    while mantissa != 0.0 {
        hash = ((hash << 28) & MODULUS) | (hash >> (61 - 28));
        mantissa *= 268_435_456.0;
        exponent -= 28;
        let digit = mantissa as u64;
        mantissa -= digit as f64;
        hash += digit;
        if hash >= MODULUS {
            hash -= MODULUS;
        }
    }
    let shift = exponent.rem_euclid(61) as u32;
    hash = if shift == 0 { hash } else { ((hash << shift) & MODULUS) | (hash >> (61 - shift)) };
    let signed = if number < 0.0 { -(hash as i64) } else { hash as i64 };
    if signed == -1 { -2 } else { signed }
}

fn frexp(number: f64) -> (f64, i32) {
    if number == 0.0 {
        return (0.0, 0);
    }
    let bits = number.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32;
    if exponent == 0 {
        let (mantissa, exponent) = frexp(number * 2f64.powi(54));
        return (mantissa, exponent - 54);
    }
    (f64::from_bits((bits & !(0x7ff << 52)) | (1022 << 52)), exponent - 1022)
}

/// CPython's tuple hash (xxHash with its primes), over the hashes of the items.
pub fn mix_tuple(hashes: impl ExactSizeIterator<Item = i64>) -> i64 {
    const P1: u64 = 11_400_714_785_074_694_791;
    const P2: u64 = 14_029_467_366_897_019_727;
    const P5: u64 = 2_870_177_450_012_600_261;
    let len = hashes.len() as u64;
    let mut mixed = P5;
    for lane in hashes {
        mixed = mixed.wrapping_add((lane as u64).wrapping_mul(P2));
        mixed = mixed.rotate_left(31).wrapping_mul(P1);
    }
    mixed = mixed.wrapping_add(len ^ (P5 ^ 3_527_539));
    if mixed == u64::MAX { 1_546_275_796 } else { mixed as i64 }
}

/// The hash of a value that never calls the language: numbers, text, bytes, None, functions, plain tuples of such.
///
/// None where `__hash__` must be asked, or where the value cannot be hashed.
pub fn primitive_hash(value: &Value) -> Option<i64> {
    Some(match value {
        Value::Str(text) => text.hash(),
        Value::Int(number) => hash_int(*number),
        Value::Bool(value) => i64::from(*value),
        Value::Float(number) => hash_float(*number),
        Value::BigInt(number) => hash_big(&number.0),
        Value::Bytes(bytes) => hash_bytes(bytes.as_slice()),
        Value::Tuple(items) => {
            let mut hashes = Vec::with_capacity(items.len());
            for item in items.as_slice() {
                hashes.push(match item {
                    Value::Tuple(_) => stacker::maybe_grow(64 * 1024, 1024 * 1024, || primitive_hash(item))?,
                    item => primitive_hash(item)?,
                });
            }
            mix_tuple(hashes.into_iter())
        }
        Value::None | Value::Ellipsis | Value::NotImplemented => hash_address(value.id()),
        Value::Function(_) | Value::Module(_) | Value::Generator(_) | Value::Iter(_) | Value::Cell(_) => {
            hash_address(value.id())
        }
        _ => return None,
    })
}

/// `hash(object)`: the address, rotated as CPython does.
pub fn hash_address(address: usize) -> i64 {
    (address as u64).rotate_right(4) as i64
}

/// Equality of two values that never calls the language; None where `__eq__` must be asked.
pub fn primitive_eq(left: &Value, right: &Value) -> Option<bool> {
    use Value::{
        BigInt, Bool, Bytes, Class, Dict, Float, Instance, Int, List, Method, Native, Range, Set, Slice, Str,
        Tuple,
    };
    if left.is(right) && !matches!(left, Float(_)) {
        return Some(true);
    }
    Some(match (left, right) {
        (Str(a), Str(b)) => a == b,
        (Int(a), Int(b)) => a == b,
        (Float(a), Float(b)) => a == b,
        (Bool(a), Bool(b)) => a == b,
        (Int(a), Bool(b)) | (Bool(b), Int(a)) => *a == i64::from(*b),
        (Int(a), Float(b)) | (Float(b), Int(a)) => int_eq_float(*a, *b),
        (Bool(a), Float(b)) | (Float(b), Bool(a)) => f64::from(u8::from(*a)) == *b,
        (BigInt(a), BigInt(b)) => a.0 == b.0,
        (BigInt(a), Float(b)) | (Float(b), BigInt(a)) => {
            b.is_finite()
                && *b == b.trunc()
                && num_traits::FromPrimitive::from_f64(*b).is_some_and(|b: num_bigint::BigInt| b == a.0)
        }
        (Bytes(a), Bytes(b)) => a.as_slice() == b.as_slice(),
        (Tuple(a), Tuple(b)) => {
            if a.len() != b.len() {
                return Some(false);
            }
            for (a, b) in a.as_slice().iter().zip(b.as_slice()) {
                if a.is(b) {
                    continue;
                }
                let equal = match (a, b) {
                    (Tuple(_), Tuple(_)) => {
                        stacker::maybe_grow(64 * 1024, 1024 * 1024, || primitive_eq(a, b))?
                    }
                    _ => primitive_eq(a, b)?,
                };
                if !equal {
                    return Some(false);
                }
            }
            true
        }
        (
            Instance(_) | Class(_) | List(_) | Dict(_) | Set(_) | Range(_) | Slice(_) | Method(_) | Native(_),
            _,
        )
        | (
            _,
            Instance(_) | Class(_) | List(_) | Dict(_) | Set(_) | Range(_) | Slice(_) | Method(_) | Native(_),
        ) => {
            return None;
        }
        _ => false,
    })
}

fn int_eq_float(int: i64, float: f64) -> bool {
    float == float.trunc() && float.abs() < 9.3e18 && float as i128 == i128::from(int)
}
