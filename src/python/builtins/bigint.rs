//! Long arithmetic that looks at Ctrl-C on the way.
//!
//! Owns products, quotients, powers, roots and common divisors of integers so large that one step of the library
//! would take longer than a person waits. Must not know operators or types.

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

use crate::python::value::{Host, R};

/// Products of numbers below this many bits take a few milliseconds at most.
const DIRECT: u64 = 1 << 19;
/// Elementary steps (one digit of 64 bits by another) that a division may take in one go.
const STEPS: u64 = 1 << 26;

/// `a * b`.
pub fn multiply(host: &mut dyn Host, a: &BigInt, b: &BigInt) -> R<BigInt> {
    if a.bits().min(b.bits()) < DIRECT {
        if a.bits().max(b.bits()) >= DIRECT {
            host.check_interrupt()?;
        }
        return Ok(a * b);
    }
    let sign = if a.is_negative() == b.is_negative() { Sign::Plus } else { Sign::Minus };
    Ok(BigInt::from_biguint(sign, product(host, a.magnitude(), b.magnitude())?))
}

/// Karatsuba's way down to sizes that the library does at once.
fn product(host: &mut dyn Host, a: &BigUint, b: &BigUint) -> R<BigUint> {
    host.check_interrupt()?;
    let (long, short) = if a.bits() >= b.bits() { (a, b) } else { (b, a) };
    if short.bits() < DIRECT {
        return Ok(long * short);
    }
    let half = long.bits().div_ceil(2);
    let (high, low) = split(long, half);
    if short.bits() <= half {
        let top = product(host, &high, short)?;
        let bottom = product(host, &low, short)?;
        return Ok((top << half) + bottom);
    }
    let (short_high, short_low) = split(short, half);
    let top = product(host, &high, &short_high)?;
    let bottom = product(host, &low, &short_low)?;
    let both = product(host, &(high + low), &(short_high + short_low))?;
    let middle = both - &top - &bottom;
    Ok((top << (2 * half)) + (middle << half) + bottom)
}

fn split(number: &BigUint, at: u64) -> (BigUint, BigUint) {
    let high = number >> at;
    let low = number - (&high << at);
    (high, low)
}

/// Quotient and rest, rounded towards minus infinity; the divisor is not zero.
pub fn divide_floor(host: &mut dyn Host, a: &BigInt, b: &BigInt) -> R<(BigInt, BigInt)> {
    let steps = digits(a).saturating_sub(digits(b)).saturating_mul(digits(b));
    if steps < STEPS {
        return Ok(a.div_mod_floor(b));
    }
    let (quotient, rest) = long_division(host, a.magnitude(), b.magnitude())?;
    let (mut quotient, mut rest) = (BigInt::from(quotient), BigInt::from(rest));
    if a.is_negative() {
        rest = -rest;
    }
    if a.is_negative() != b.is_negative() {
        quotient = -quotient;
        if !rest.is_zero() {
            quotient -= 1;
            rest += b;
        }
    }
    Ok((quotient, rest))
}

/// Digits of 64 bits.
fn digits(number: &BigInt) -> u64 {
    number.bits().div_ceil(64)
}

/// Long division, many digits at a time.
fn long_division(host: &mut dyn Host, a: &BigUint, b: &BigUint) -> R<(BigUint, BigUint)> {
    let width = (STEPS / b.bits().div_ceil(64)).max(1) * 64;
    let mut blocks = Vec::new();
    let mut rest_of = a.clone();
    while !rest_of.is_zero() {
        let (high, low) = split(&rest_of, width.min(rest_of.bits()));
        blocks.push(low);
        rest_of = high;
        host.check_interrupt()?;
    }
    let mut quotients = Vec::with_capacity(blocks.len());
    let mut rest = BigUint::zero();
    for block in blocks.iter().rev() {
        host.check_interrupt()?;
        let (quotient, left) = ((rest << width) + block).div_rem(b);
        quotients.push(quotient);
        rest = left;
    }
    quotients.reverse();
    Ok((joined(&quotients, width), rest))
}

/// The number whose digits of `width` bits are these, lowest first.
fn joined(blocks: &[BigUint], width: u64) -> BigUint {
    match blocks {
        [] => BigUint::zero(),
        [block] => block.clone(),
        blocks => {
            let half = blocks.len() / 2;
            let low = joined(&blocks[..half], width);
            (joined(&blocks[half..], width) << (width * half as u64)) + low
        }
    }
}

/// `a ** count`.
pub fn power(host: &mut dyn Host, a: &BigInt, count: u64) -> R<BigInt> {
    let mut left = count;
    let mut result = BigInt::one();
    let mut square = a.clone();
    loop {
        if left & 1 == 1 {
            result = multiply(host, &result, &square)?;
        }
        left >>= 1;
        if left == 0 {
            return Ok(result);
        }
        square = multiply(host, &square, &square)?;
    }
}

/// `a ** exponent % modulus`; neither exponent nor modulus is negative, and the modulus is not zero.
pub fn power_mod(host: &mut dyn Host, a: &BigInt, exponent: &BigInt, modulus: &BigInt) -> R<BigInt> {
    let a = divide_floor(host, a, modulus)?.1;
    let digits = digits(modulus);
    let steps = digits.saturating_mul(digits).saturating_mul(exponent.bits());
    if steps < STEPS {
        return Ok(a.modpow(exponent, modulus));
    }
    let mut result = divide_floor(host, &BigInt::one(), modulus)?.1;
    for bit in (0..exponent.bits()).rev() {
        host.check_interrupt()?;
        let square = multiply(host, &result, &result)?;
        result = divide_floor(host, &square, modulus)?.1;
        if exponent.bit(bit) {
            let product = multiply(host, &result, &a)?;
            result = divide_floor(host, &product, modulus)?.1;
        }
    }
    Ok(result)
}

/// The whole part of the square root of what is not negative.
pub fn root(host: &mut dyn Host, number: &BigInt) -> R<BigInt> {
    if number.bits() < 1 << 16 {
        return Ok(number.sqrt());
    }
    // Newton's way from above; the start is too large by less than a factor of two.
    let mut guess = BigInt::one() << number.bits().div_ceil(2);
    loop {
        host.check_interrupt()?;
        let next: BigInt = (&guess + divide_floor(host, number, &guess)?.0) >> 1u32;
        if next >= guess {
            return Ok(guess);
        }
        guess = next;
    }
}

/// The greatest common divisor.
pub fn common_divisor(host: &mut dyn Host, a: &BigInt, b: &BigInt) -> R<BigInt> {
    let (mut a, mut b) = (a.abs(), b.abs());
    while a.bits().min(b.bits()) > 1 << 15 {
        host.check_interrupt()?;
        let rest = divide_floor(host, &a, &b)?.1;
        a = std::mem::replace(&mut b, rest);
    }
    if a.bits() > b.bits() {
        std::mem::swap(&mut a, &mut b);
    }
    if !a.is_zero() {
        b = divide_floor(host, &b, &a)?.1;
    }
    Ok(a.gcd(&b))
}

/// The product of all whole numbers of a range, halves first so that the factors are of like size.
pub fn product_of_range(host: &mut dyn Host, first: i64, last: i64) -> R<BigInt> {
    if last - first < 32 {
        let mut product = BigInt::one();
        for factor in first..=last {
            product *= factor;
        }
        return Ok(product);
    }
    host.check_interrupt()?;
    let middle = first + (last - first) / 2;
    let low = product_of_range(host, first, middle)?;
    let high = product_of_range(host, middle + 1, last)?;
    multiply(host, &low, &high)
}
