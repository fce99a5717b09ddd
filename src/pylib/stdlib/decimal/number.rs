//! Decimal numbers: sign, digits, exponent.
//!
//! Owns exact arithmetic and rounding to a precision. Must not know values or the language.

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{One, ToPrimitive, Zero};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Finite,
    Infinity,
    NotANumber,
    Signaling,
}

/// A decimal number; equal numbers may differ in their exponents.
#[derive(Clone, Debug)]
pub struct Decimal {
    pub negative: bool,
    pub digits: BigUint,
    pub exponent: i64,
    pub kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    Up,
    Down,
    Ceiling,
    Floor,
    HalfUp,
    HalfDown,
    HalfEven,
    ZeroFiveUp,
}

impl Rounding {
    pub const ALL: [(&'static str, Rounding); 8] = [
        ("ROUND_UP", Rounding::Up),
        ("ROUND_DOWN", Rounding::Down),
        ("ROUND_CEILING", Rounding::Ceiling),
        ("ROUND_FLOOR", Rounding::Floor),
        ("ROUND_HALF_UP", Rounding::HalfUp),
        ("ROUND_HALF_DOWN", Rounding::HalfDown),
        ("ROUND_HALF_EVEN", Rounding::HalfEven),
        ("ROUND_05UP", Rounding::ZeroFiveUp),
    ];

    pub fn by_name(name: &str) -> Option<Rounding> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, mode)| *mode)
    }

    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// What an operation cannot answer: the name of decimal's condition and of the exception class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trap {
    Invalid,
    ByZero,
    Undefined,
    Overflow,
}

pub fn ten_to(power: u64) -> BigUint {
    BigUint::from(10u32).pow(power as u32)
}

impl Decimal {
    pub fn new(negative: bool, digits: BigUint, exponent: i64) -> Self {
        Decimal { negative, digits, exponent, kind: Kind::Finite }
    }

    pub fn special(kind: Kind, negative: bool) -> Self {
        Decimal { negative, digits: BigUint::zero(), exponent: 0, kind }
    }

    pub fn from_int(number: &BigInt) -> Self {
        Decimal::new(number.sign() == Sign::Minus, number.magnitude().clone(), 0)
    }

    /// The exact value of a float.
    pub fn from_float(number: f64) -> Self {
        if number.is_nan() {
            return Decimal::special(Kind::NotANumber, false);
        }
        if number.is_infinite() {
            return Decimal::special(Kind::Infinity, number < 0.0);
        }
        let (top, bottom) = crate::python::builtins::float::integer_ratio(number);
        let twos = bottom.trailing_zeros().unwrap_or(0);
        let digits = top.magnitude() * BigUint::from(5u32).pow(twos as u32);
        Decimal::new(number.is_sign_negative(), digits, -(twos as i64))
    }

    /// Reads what `Decimal("...")` accepts.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.trim().chars().filter(|&c| c != '_').collect();
        let (negative, body) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(&text)),
        };
        match body.to_ascii_lowercase().as_str() {
            "inf" | "infinity" => return Some(Decimal::special(Kind::Infinity, negative)),
            "nan" => return Some(Decimal::special(Kind::NotANumber, negative)),
            "snan" => return Some(Decimal::special(Kind::Signaling, negative)),
            _ => {}
        }
        let (mantissa, exponent) = match body.find(['e', 'E']) {
            Some(at) => (&body[..at], body[at + 1..].parse::<i64>().ok()?),
            None => (body, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = String::with_capacity(whole.len() + fraction.len());
        for c in whole.chars().chain(fraction.chars()) {
            digits.push(char::from_digit(crate::python::builtins::parse::digit_value(c)?, 10)?);
        }
        if digits.is_empty() {
            return None;
        }
        let fraction_len = fraction.chars().count() as i64;
        Some(Decimal::new(negative, digits.parse().ok()?, exponent - fraction_len))
    }

    pub fn is_zero(&self) -> bool {
        self.kind == Kind::Finite && self.digits.is_zero()
    }

    pub fn is_nan(&self) -> bool {
        matches!(self.kind, Kind::NotANumber | Kind::Signaling)
    }

    pub fn digit_count(&self) -> i64 {
        if self.digits.is_zero() { 1 } else { count_digits(&self.digits) }
    }

    /// The exponent of the first digit.
    pub fn adjusted(&self) -> i64 {
        self.exponent + self.digit_count() - 1
    }

    pub fn signed(&self) -> BigInt {
        BigInt::from_biguint(if self.negative { Sign::Minus } else { Sign::Plus }, self.digits.clone())
    }

    pub fn negated(&self) -> Self {
        Decimal { negative: !self.negative, ..self.clone() }
    }

    /// Rounds to `precision` digits.
    pub fn round_to(self, precision: i64, mode: Rounding) -> Self {
        if self.kind != Kind::Finite {
            return self;
        }
        let extra = self.digit_count() - precision;
        if extra <= 0 {
            return self;
        }
        let rounded = self.rescale(self.exponent + extra, mode);
        if rounded.digit_count() > precision {
            // 9.99 became 10.0: one digit too many again.
            return rounded.rescale(rounded.exponent + 1, mode);
        }
        rounded
    }

    /// The same number with another exponent, rounded where digits are lost.
    pub fn rescale(&self, exponent: i64, mode: Rounding) -> Self {
        if self.kind != Kind::Finite {
            return self.clone();
        }
        if self.digits.is_zero() {
            return Decimal::new(self.negative, BigUint::zero(), exponent);
        }
        if exponent <= self.exponent {
            let digits = &self.digits * ten_to((self.exponent - exponent) as u64);
            return Decimal::new(self.negative, digits, exponent);
        }
        let lost = exponent - self.exponent;
        if lost > self.digit_count() + 1 {
            let up = matches!(
                (mode, self.negative),
                (Rounding::Up, _)
                    | (Rounding::Ceiling, false)
                    | (Rounding::Floor, true)
                    | (Rounding::ZeroFiveUp, _)
            );
            return Decimal::new(self.negative, BigUint::from(u32::from(up)), exponent);
        }
        let step = ten_to(lost as u64);
        let (mut kept, rest) = self.digits.div_rem(&step);
        if !rest.is_zero() && self.rounds_up(&kept, &(rest * 2u32), &step, mode) {
            kept += 1u32;
        }
        Decimal::new(self.negative, kept, exponent)
    }

    fn rounds_up(&self, kept: &BigUint, twice: &BigUint, step: &BigUint, mode: Rounding) -> bool {
        match mode {
            Rounding::Up => true,
            Rounding::Down => false,
            Rounding::Ceiling => !self.negative,
            Rounding::Floor => self.negative,
            Rounding::HalfUp => twice >= step,
            Rounding::HalfDown => twice > step,
            Rounding::HalfEven => twice > step || (twice == step && kept.is_odd()),
            Rounding::ZeroFiveUp => (kept % 5u32).is_zero(),
        }
    }

    pub fn add(&self, other: &Self, mode: Rounding) -> Result<Self, Trap> {
        if let Some(nan) = self.nan_of(other) {
            return Ok(nan);
        }
        match (self.kind, other.kind) {
            (Kind::Infinity, Kind::Infinity) if self.negative != other.negative => return Err(Trap::Invalid),
            (Kind::Infinity, _) => return Ok(self.clone()),
            (_, Kind::Infinity) => return Ok(other.clone()),
            _ => {}
        }
        let exponent = self.exponent.min(other.exponent);
        let left = self.rescale(exponent, Rounding::Down).signed();
        let right = other.rescale(exponent, Rounding::Down).signed();
        let sum = left + right;
        let negative = match sum.sign() {
            Sign::Minus => true,
            Sign::Plus => false,
            Sign::NoSign if self.negative && other.negative => true,
            Sign::NoSign => self.negative != other.negative && mode == Rounding::Floor,
        };
        Ok(Decimal::new(negative, sum.magnitude().clone(), exponent))
    }

    pub fn multiply(&self, other: &Self) -> Result<Self, Trap> {
        if let Some(nan) = self.nan_of(other) {
            return Ok(nan);
        }
        let negative = self.negative != other.negative;
        if self.kind == Kind::Infinity || other.kind == Kind::Infinity {
            if self.is_zero() || other.is_zero() {
                return Err(Trap::Invalid);
            }
            return Ok(Decimal::special(Kind::Infinity, negative));
        }
        Ok(Decimal::new(negative, &self.digits * &other.digits, self.exponent + other.exponent))
    }

    pub fn divide(&self, other: &Self, precision: i64) -> Result<Self, Trap> {
        if let Some(nan) = self.nan_of(other) {
            return Ok(nan);
        }
        let negative = self.negative != other.negative;
        match (self.kind, other.kind) {
            (Kind::Infinity, Kind::Infinity) => return Err(Trap::Invalid),
            (Kind::Infinity, _) => return Ok(Decimal::special(Kind::Infinity, negative)),
            (_, Kind::Infinity) => return Ok(Decimal::new(negative, BigUint::zero(), -precision)),
            _ => {}
        }
        if other.is_zero() {
            return Err(if self.is_zero() { Trap::Undefined } else { Trap::ByZero });
        }
        let ideal = self.exponent - other.exponent;
        if self.is_zero() {
            return Ok(Decimal::new(negative, BigUint::zero(), ideal));
        }
        let shift = other.digit_count() - self.digit_count() + precision + 1;
        let mut exponent = ideal - shift;
        let (mut quotient, rest) = if shift >= 0 {
            (&self.digits * ten_to(shift as u64)).div_rem(&other.digits)
        } else {
            self.digits.div_rem(&(&other.digits * ten_to((-shift) as u64)))
        };
        if rest.is_zero() {
            let ten = BigUint::from(10u32);
            while exponent < ideal {
                let (shorter, last) = quotient.div_rem(&ten);
                if !last.is_zero() {
                    break;
                }
                quotient = shorter;
                exponent += 1;
            }
        } else if (&quotient % 5u32).is_zero() {
            // A sticky digit, so that rounding sees that something followed.
            quotient += 1u32;
        }
        Ok(Decimal::new(negative, quotient, exponent))
    }

    /// The whole quotient towards zero, and the rest with the sign of the dividend.
    pub fn divide_whole(&self, other: &Self) -> Result<(Self, Self), Trap> {
        if let Some(nan) = self.nan_of(other) {
            return Ok((nan.clone(), nan));
        }
        if self.kind == Kind::Infinity {
            return Err(Trap::Invalid);
        }
        let negative = self.negative != other.negative;
        if other.kind == Kind::Infinity {
            return Ok((Decimal::new(negative, BigUint::zero(), 0), self.clone()));
        }
        if other.is_zero() {
            return Err(if self.is_zero() { Trap::Undefined } else { Trap::ByZero });
        }
        let exponent = self.exponent.min(other.exponent);
        let left = self.rescale(exponent, Rounding::Down).digits;
        let right = other.rescale(exponent, Rounding::Down).digits;
        let (quotient, rest) = left.div_rem(&right);
        Ok((Decimal::new(negative, quotient, 0), Decimal::new(self.negative, rest, exponent)))
    }

    /// A whole power by squaring, each step rounded to some digits more than asked for.
    pub fn power(&self, exponent: &BigInt, precision: i64) -> Result<Self, Trap> {
        let Some(mut left) = exponent.magnitude().to_u64() else { return Err(Trap::Overflow) };
        let work = precision + 12;
        let mut result = Decimal::new(false, BigUint::one(), 0);
        let mut square = self.clone();
        while left > 0 {
            if left & 1 == 1 {
                result = result.multiply(&square)?.round_to(work, Rounding::HalfEven);
            }
            left >>= 1;
            if left > 0 {
                square = square.multiply(&square)?.round_to(work, Rounding::HalfEven);
            }
            if result.exponent.abs() > 4_000_000 || square.exponent.abs() > 4_000_000 {
                return Err(Trap::Overflow);
            }
        }
        if exponent.sign() == Sign::Minus {
            return Decimal::new(false, BigUint::one(), 0).divide(&result, precision);
        }
        Ok(result)
    }

    /// The square root to `precision` digits.
    pub fn square_root(&self, precision: i64) -> Result<Self, Trap> {
        if self.is_nan() {
            return Ok(self.clone());
        }
        if self.is_zero() {
            return Ok(Decimal::new(self.negative, BigUint::zero(), self.exponent.div_euclid(2)));
        }
        if self.negative {
            return Err(Trap::Invalid);
        }
        if self.kind == Kind::Infinity {
            return Ok(self.clone());
        }
        let ideal = self.exponent.div_euclid(2);
        let odd = self.exponent.rem_euclid(2);
        let digits = &self.digits * ten_to(odd as u64);
        let half = (count_digits(&digits) + 1) / 2;
        let shift = (precision + 1 - half).max(0);
        let scaled = &digits * ten_to(2 * shift as u64);
        let mut root = scaled.sqrt();
        let mut exponent = ideal - shift;
        if &root * &root == scaled {
            let ten = BigUint::from(10u32);
            while exponent < ideal {
                let (shorter, last) = root.div_rem(&ten);
                if !last.is_zero() {
                    break;
                }
                root = shorter;
                exponent += 1;
            }
        } else if (&root % 5u32).is_zero() {
            root += 1u32;
        }
        Ok(Decimal::new(false, root, exponent))
    }

    fn nan_of(&self, other: &Self) -> Option<Self> {
        [self, other].into_iter().find(|number| number.is_nan()).cloned()
    }

    /// Numeric order; None where a NaN is involved.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        if self.is_nan() || other.is_nan() {
            return None;
        }
        let rank = |number: &Self| match (number.kind, number.negative) {
            (Kind::Infinity, true) => -1,
            (Kind::Infinity, false) => 1,
            _ => 0,
        };
        if rank(self) != 0 || rank(other) != 0 {
            return Some(rank(self).cmp(&rank(other)));
        }
        if self.is_zero() || other.is_zero() || self.negative != other.negative {
            let sign = |number: &Self| {
                if number.is_zero() {
                    0
                } else if number.negative {
                    -1
                } else {
                    1
                }
            };
            return Some(sign(self).cmp(&sign(other)));
        }
        let size = self.adjusted().cmp(&other.adjusted()).then_with(|| {
            let exponent = self.exponent.min(other.exponent);
            self.rescale(exponent, Rounding::Down).digits.cmp(&other.rescale(exponent, Rounding::Down).digits)
        });
        Some(if self.negative { size.reverse() } else { size })
    }

    /// Without trailing zeros.
    pub fn normalized(&self) -> Self {
        if self.kind != Kind::Finite {
            return self.clone();
        }
        if self.digits.is_zero() {
            return Decimal::new(self.negative, BigUint::zero(), 0);
        }
        let mut number = self.clone();
        let ten = BigUint::from(10u32);
        loop {
            let (shorter, last) = number.digits.div_rem(&ten);
            if !last.is_zero() {
                return number;
            }
            number.digits = shorter;
            number.exponent += 1;
        }
    }

    /// Towards zero, as an integer.
    pub fn truncated(&self) -> BigInt {
        self.rescale(0, Rounding::Down).signed()
    }

    /// The nearest float.
    pub fn to_float(&self) -> f64 {
        self.text().parse().unwrap_or(f64::NAN)
    }

    /// `str(Decimal)`.
    pub fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        match self.kind {
            Kind::Infinity => return format!("{sign}Infinity"),
            Kind::NotANumber => return format!("{sign}NaN"),
            Kind::Signaling => return format!("{sign}sNaN"),
            Kind::Finite => {}
        }
        let digits = self.digits.to_string();
        let left = self.exponent + digits.len() as i64;
        if self.exponent <= 0 && left > -6 {
            return format!("{sign}{}", fixed(&digits, left));
        }
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        let exponent = if left == 1 { String::new() } else { format!("E{:+}", left - 1) };
        format!("{sign}{first}{dot}{rest}{exponent}")
    }

    /// Without an exponent.
    pub fn plain_text(&self) -> String {
        let digits = self.digits.to_string();
        if self.exponent >= 0 {
            let zeros = if self.digits.is_zero() { 0 } else { self.exponent as usize };
            return digits + &"0".repeat(zeros);
        }
        let left = self.exponent + digits.len() as i64;
        fixed(&digits, left)
    }
}

/// Digits with the point behind the first `left` of them.
fn fixed(digits: &str, left: i64) -> String {
    if left <= 0 {
        return format!("0.{}{digits}", "0".repeat(-left as usize));
    }
    let left = left as usize;
    if left >= digits.len() {
        return format!("{digits}{}", "0".repeat(left - digits.len()));
    }
    format!("{}.{}", &digits[..left], &digits[left..])
}

fn count_digits(number: &BigUint) -> i64 {
    if number.bits() < 60 {
        let mut small = number.to_u64().unwrap_or(0);
        let mut count = 1;
        while small >= 10 {
            small /= 10;
            count += 1;
        }
        return count;
    }
    number.to_string().len() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).expect("a test writes numbers")
    }

    #[test]
    fn division_keeps_the_ideal_exponent_where_it_can() {
        let show = |a: &str, b: &str| {
            number(a).divide(&number(b), 28).map(|n| n.round_to(28, Rounding::HalfEven).text())
        };
        assert_eq!(show("1", "3"), Ok("0.3333333333333333333333333333".into()));
        assert_eq!(show("2.40", "2"), Ok("1.20".into()));
        assert_eq!(show("1", "0"), Err(Trap::ByZero));
    }

    #[test]
    fn text_has_an_exponent_only_where_cpython_writes_one() {
        assert_eq!(number("1E+5").text(), "1E+5");
        assert_eq!(number("0.000001").text(), "0.000001");
        assert_eq!(number("0.0000001").text(), "1E-7");
        assert_eq!(number("2.675").rescale(-2, Rounding::HalfUp).text(), "2.68");
    }
}
