//! The less usual operations on decimals: logarithms, neighbours, the total order, digits as bits.
//!
//! Owns their arithmetic. Must not know values or contexts.

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{One, ToPrimitive, Zero};

use super::number::{Decimal, Kind, Rounding, Trap, ten_to};

/// The exponents that numbers of the usual contexts keep to.
pub const LEAST_EXPONENT: i64 = -999_999;
pub const MOST_EXPONENT: i64 = 999_999;

/// -1, 0 or 1.
pub fn sign_of(order: Ordering) -> Decimal {
    Decimal::new(order.is_lt(), BigUint::from(u32::from(order.is_ne())), 0)
}

fn magnitude(number: &Decimal) -> Decimal {
    Decimal { negative: false, ..number.clone() }
}

/// The order in which even NaNs and representations of the same number have their places.
pub fn total_order(left: &Decimal, right: &Decimal) -> Ordering {
    if left.negative != right.negative {
        return if left.negative { Ordering::Less } else { Ordering::Greater };
    }
    let rank = |number: &Decimal| match number.kind {
        Kind::Finite => 0,
        Kind::Infinity => 1,
        Kind::Signaling => 2,
        Kind::NotANumber => 3,
    };
    let size = rank(left).cmp(&rank(right)).then_with(|| {
        let numeric = magnitude(left).order(&magnitude(right)).unwrap_or(Ordering::Equal);
        numeric.then(if left.kind == Kind::Finite {
            left.exponent.cmp(&right.exponent)
        } else {
            Ordering::Equal
        })
    });
    if left.negative { size.reverse() } else { size }
}

pub fn total_order_of_magnitudes(left: &Decimal, right: &Decimal) -> Ordering {
    total_order(&magnitude(left), &magnitude(right))
}

/// The larger or smaller by magnitude, by value among equals.
pub fn by_magnitude(left: &Decimal, right: &Decimal, largest: bool) -> Decimal {
    if left.is_nan() || right.is_nan() {
        return if left.is_nan() { right.clone() } else { left.clone() };
    }
    let order = magnitude(left).order(&magnitude(right)).unwrap_or(Ordering::Equal);
    let order = order.then_with(|| total_order(left, right));
    if order.is_lt() == largest { right.clone() } else { left.clone() }
}

pub fn class_name(number: &Decimal) -> &'static str {
    match (number.kind, number.negative) {
        (Kind::NotANumber, _) => "NaN",
        (Kind::Signaling, _) => "sNaN",
        (Kind::Infinity, false) => "+Infinity",
        (Kind::Infinity, true) => "-Infinity",
        (Kind::Finite, false) if number.is_zero() => "+Zero",
        (Kind::Finite, true) if number.is_zero() => "-Zero",
        (Kind::Finite, negative) => match (number.adjusted() < LEAST_EXPONENT, negative) {
            (true, false) => "+Subnormal",
            (true, true) => "-Subnormal",
            (false, false) => "+Normal",
            (false, true) => "-Normal",
        },
    }
}

/// The next number of a precision, upwards or downwards.
pub fn neighbour(number: &Decimal, up: bool, precision: i64) -> Decimal {
    if number.is_nan() {
        return number.clone();
    }
    let least = LEAST_EXPONENT - precision + 1;
    if number.kind == Kind::Infinity {
        if number.negative == up {
            let nines = ten_to(precision as u64) - 1u32;
            return Decimal::new(number.negative, nines, MOST_EXPONENT - precision + 1);
        }
        return number.clone();
    }
    let mode = if up { Rounding::Ceiling } else { Rounding::Floor };
    let rounded = number.clone().round_to(precision, mode);
    if rounded.order(number) != Some(Ordering::Equal) {
        return rounded;
    }
    if number.is_zero() {
        return Decimal::new(!up, BigUint::one(), least);
    }
    let full = rounded.rescale(rounded.adjusted() - precision + 1, Rounding::Down);
    if full.negative != up {
        return Decimal { digits: full.digits + 1u32, ..full }.round_to(precision, Rounding::Down);
    }
    if full.digits == ten_to((precision - 1) as u64) {
        return Decimal { digits: ten_to(precision as u64) - 1u32, exponent: full.exponent - 1, ..full };
    }
    Decimal { digits: full.digits - 1u32, ..full }
}

/// The rest of dividing to the nearest whole number.
pub fn remainder_near(left: &Decimal, right: &Decimal) -> Result<Decimal, Trap> {
    if left.is_nan() || right.is_nan() {
        return Ok(if left.is_nan() { left.clone() } else { right.clone() });
    }
    if left.kind == Kind::Infinity {
        return Err(Trap::Invalid);
    }
    if right.is_zero() {
        return Err(if left.is_zero() { Trap::Undefined } else { Trap::Invalid });
    }
    if right.kind == Kind::Infinity {
        return Ok(left.clone());
    }
    let exponent = left.exponent.min(right.exponent);
    let top = left.rescale(exponent, Rounding::Down).digits;
    let bottom = right.rescale(exponent, Rounding::Down).digits;
    let (whole, rest) = top.div_rem(&bottom);
    let twice = &rest * 2u32;
    if twice > bottom || (twice == bottom && whole.is_odd()) {
        return Ok(Decimal::new(!left.negative, bottom - rest, exponent));
    }
    Ok(Decimal::new(left.negative, rest, exponent))
}

/// The digits of an operand that is to be taken bit by bit.
fn bits(number: &Decimal, precision: i64) -> Result<String, Trap> {
    let text = number.digits.to_string();
    let fits = number.kind == Kind::Finite
        && !number.negative
        && number.exponent == 0
        && text.len() as i64 <= precision
        && text.bytes().all(|digit| matches!(digit, b'0' | b'1'));
    if fits { Ok(text) } else { Err(Trap::Invalid) }
}

fn from_bits(digits: &str) -> Decimal {
    Decimal::new(false, digits.parse().unwrap_or_default(), 0)
}

pub fn bitwise(
    left: &Decimal,
    right: &Decimal,
    precision: i64,
    op: fn(bool, bool) -> bool,
) -> Result<Decimal, Trap> {
    let (left, right) = (bits(left, precision)?, bits(right, precision)?);
    let width = left.len().max(right.len());
    let (left, right) = (format!("{left:0>width$}"), format!("{right:0>width$}"));
    let pairs = left.bytes().zip(right.bytes());
    let digits: String = pairs.map(|(a, b)| if op(a == b'1', b == b'1') { '1' } else { '0' }).collect();
    Ok(from_bits(&digits))
}

pub fn inverted(number: &Decimal, precision: i64) -> Result<Decimal, Trap> {
    let width = precision as usize;
    let digits = format!("{:0>width$}", bits(number, precision)?);
    let flipped: String = digits.bytes().map(|digit| if digit == b'1' { '0' } else { '1' }).collect();
    Ok(from_bits(&flipped))
}

/// A whole operand of `shift`, `rotate` and `scaleb`.
fn whole(number: &Decimal, limit: i64) -> Result<i64, Trap> {
    let count = (number.kind == Kind::Finite && number.exponent == 0).then(|| number.signed().to_i64());
    count.flatten().filter(|count| (-limit..=limit).contains(count)).ok_or(Trap::Invalid)
}

/// Moves the digits within the precision; those that leave it are lost, or come back on the other side.
pub fn moved(number: &Decimal, by: &Decimal, precision: i64, rotate: bool) -> Result<Decimal, Trap> {
    if number.is_nan() {
        return Ok(number.clone());
    }
    let by = whole(by, precision)?;
    if number.kind == Kind::Infinity {
        return Ok(number.clone());
    }
    let width = precision as usize;
    let digits = format!("{:0>width$}", number.digits.to_string());
    let digits = &digits[digits.len() - width..];
    let at = by.unsigned_abs() as usize;
    let made = match (rotate, by < 0) {
        (true, true) => format!("{}{}", &digits[width - at..], &digits[..width - at]),
        (true, false) => format!("{}{}", &digits[at..], &digits[..at]),
        (false, true) => digits[..width - at].to_string(),
        (false, false) => format!("{}{}", &digits[at..], "0".repeat(at)),
    };
    let digits = if made.is_empty() { BigUint::zero() } else { made.parse().unwrap_or_default() };
    Ok(Decimal::new(number.negative, digits, number.exponent))
}

pub fn scaled(number: &Decimal, by: &Decimal, precision: i64) -> Result<Decimal, Trap> {
    if number.is_nan() {
        return Ok(number.clone());
    }
    let by = whole(by, 2 * (MOST_EXPONENT + precision))?;
    if number.kind == Kind::Infinity {
        return Ok(number.clone());
    }
    Ok(Decimal { exponent: number.exponent + by, ..number.clone() })
}

/// With exponents that are multiples of three.
pub fn engineering_text(number: &Decimal) -> String {
    let plain = number.text();
    if number.kind != Kind::Finite || !plain.contains('E') {
        return plain;
    }
    let sign = if number.negative { "-" } else { "" };
    let mut digits = number.digits.to_string();
    let adjusted = number.exponent + digits.len() as i64;
    let point =
        if number.is_zero() { (adjusted + 1).rem_euclid(3) - 1 } else { (adjusted - 1).rem_euclid(3) + 1 };
    let exponent = adjusted - point;
    if point <= 0 {
        digits = format!("0.{}{digits}", "0".repeat(-point as usize));
    } else {
        let point = point as usize;
        while digits.len() < point {
            digits.push('0');
        }
        if point < digits.len() {
            digits.insert(point, '.');
        }
    }
    if exponent == 0 { format!("{sign}{digits}") } else { format!("{sign}{digits}E{exponent:+}") }
}

/// A number as a fixed-point integer with that many digits behind the point.
fn to_fixed(number: &Decimal, places: i64) -> BigInt {
    let digits = BigInt::from(number.digits.clone());
    let shift = number.exponent + places;
    let scaled = if shift >= 0 {
        digits * BigInt::from(ten_to(shift as u64))
    } else {
        digits / BigInt::from(ten_to(shift.unsigned_abs()))
    };
    if number.negative { -scaled } else { scaled }
}

fn from_fixed(number: &BigInt, places: i64, precision: i64) -> Decimal {
    Decimal::new(number.sign() == Sign::Minus, number.magnitude().clone(), -places)
        .round_to(precision, Rounding::HalfEven)
}

/// The natural logarithm of a positive fixed-point number between one and ten.
fn fixed_ln(number: &BigInt, unit: &BigInt) -> BigInt {
    let ratio = (number - unit) * unit / (number + unit);
    let square = &ratio * &ratio / unit;
    let mut power = ratio;
    let mut sum = BigInt::zero();
    let mut at = 1u32;
    while !power.is_zero() {
        sum += &power / at;
        power = power * &square / unit;
        at += 2;
    }
    sum * 2
}

/// The logarithm's fixed point, for a positive number.
fn ln_fixed(number: &Decimal, places: i64) -> BigInt {
    let unit = BigInt::from(ten_to(places as u64));
    let adjusted = number.adjusted();
    let first = Decimal { exponent: number.exponent - adjusted, ..number.clone() };
    let ten = fixed_ln(&(&unit * 10), &unit);
    fixed_ln(&to_fixed(&first, places), &unit) + ten * adjusted
}

pub fn ln(number: &Decimal, precision: i64) -> Result<Decimal, Trap> {
    if let Some(special) = logarithm_of_special(number)? {
        return Ok(special);
    }
    if number.order(&Decimal::new(false, BigUint::one(), 0)) == Some(Ordering::Equal) {
        return Ok(Decimal::new(false, BigUint::zero(), 0));
    }
    let places = precision * 2 + 15;
    Ok(from_fixed(&ln_fixed(number, places), places, precision))
}

pub fn log10(number: &Decimal, precision: i64) -> Result<Decimal, Trap> {
    if let Some(special) = logarithm_of_special(number)? {
        return Ok(special);
    }
    if number.normalized().digits.is_one() {
        return Ok(
            Decimal::from_int(&BigInt::from(number.adjusted())).round_to(precision, Rounding::HalfEven)
        );
    }
    let places = precision * 2 + 15;
    let unit = BigInt::from(ten_to(places as u64));
    let quotient = ln_fixed(number, places) * &unit / fixed_ln(&(&unit * 10), &unit);
    Ok(from_fixed(&quotient, places, precision))
}

fn logarithm_of_special(number: &Decimal) -> Result<Option<Decimal>, Trap> {
    Ok(match number.kind {
        Kind::NotANumber => Some(number.clone()),
        Kind::Signaling => return Err(Trap::Invalid),
        _ if number.is_zero() => Some(Decimal::special(Kind::Infinity, true)),
        _ if number.negative => return Err(Trap::Invalid),
        Kind::Infinity => Some(number.clone()),
        Kind::Finite => None,
    })
}

pub fn exp(number: &Decimal, precision: i64) -> Result<Decimal, Trap> {
    match number.kind {
        Kind::NotANumber => return Ok(number.clone()),
        Kind::Signaling => return Err(Trap::Invalid),
        Kind::Infinity if number.negative => return Ok(Decimal::new(false, BigUint::zero(), 0)),
        Kind::Infinity => return Ok(number.clone()),
        Kind::Finite if number.is_zero() => return Ok(Decimal::new(false, BigUint::one(), 0)),
        Kind::Finite => {}
    }
    if number.adjusted() > 6 {
        return Err(Trap::Overflow);
    }
    let places = precision + 25;
    let unit = BigInt::from(ten_to(places as u64));
    let ten = fixed_ln(&(&unit * 10), &unit);
    let (tens, rest) = to_fixed(number, places).div_mod_floor(&ten);
    let mut term = unit.clone();
    let mut sum = unit.clone();
    let mut at = 1u32;
    while !term.is_zero() {
        term = term * &rest / &unit / at;
        sum += &term;
        at += 1;
    }
    let made = from_fixed(&sum, places, precision);
    let tens = tens.to_i64().unwrap_or(0);
    Ok(Decimal { exponent: made.exponent + tens, ..made })
}
