//! Numbers from text and the shortest text of a float.
//!
//! Owns what `int("...")` and `float("...")` accept and `repr(float)`. Must not know types or slots.

use num_bigint::{BigInt, Sign};
use num_traits::Zero;

use super::errors;
use crate::python::value::{R, Value};

/// CPython's limit on decimal digits of one integer.
pub const MOST_DIGITS: usize = 4300;

/// The value of a decimal digit in any script.
pub fn digit_value(c: char) -> Option<u32> {
    if c.is_ascii_digit() {
        return Some(c as u32 - '0' as u32);
    }
    if c.is_ascii() || !c.is_numeric() {
        return None;
    }
    // Decimal digits stand in runs of ten; the starts of the runs that Unicode 14 has.
    const ZEROS: &[u32] = &[
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50,
        0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40,
        0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066,
        0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950,
        0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6,
        0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
    ];
    let code = c as u32;
    let at = ZEROS.partition_point(|&zero| zero <= code);
    let zero = ZEROS[at.checked_sub(1)?];
    (code - zero < 10).then(|| code - zero)
}

/// `int(text, radix)`; `quoted` spells the text for the message.
pub fn int_text(text: &str, radix: i64, quoted: &dyn Fn() -> String) -> R<Value> {
    if radix != 0 && !(2..=36).contains(&radix) {
        return Err(errors::value_error("int() base must be >= 2 and <= 36, or 0"));
    }
    match parse_int(text, radix as u32) {
        Some(Ok(value)) => Ok(value),
        Some(Err(digits)) => Err(errors::value_error(format!(
            "Exceeds the limit ({MOST_DIGITS} digits) for integer string conversion: value has {digits} digits; use sys.set_int_max_str_digits() to increase the limit"
        ))),
        None => {
            Err(errors::value_error(format!("invalid literal for int() with base {radix}: {}", quoted())))
        }
    }
}

fn parse_int(text: &str, radix: u32) -> Option<Result<Value, usize>> {
    let text = text.trim_matches(super::text::is_space);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    let (radix, digits, prefixed) = match (lower.as_deref(), radix) {
        (Some("0x"), 0 | 16) => (16, &digits[2..], true),
        (Some("0o"), 0 | 8) => (8, &digits[2..], true),
        (Some("0b"), 0 | 2) => (2, &digits[2..], true),
        (_, 0) => {
            let zeros = digits.chars().all(|c| c == '0' || c == '_');
            if digits.starts_with('0') && !zeros {
                return None;
            }
            (10, digits, false)
        }
        (_, radix) => (radix, digits, false),
    };
    let digits = if prefixed { digits.strip_prefix('_').unwrap_or(digits) } else { digits };
    let mut values: Vec<u8> = Vec::with_capacity(digits.len());
    let mut after_digit = false;
    for c in digits.chars() {
        if c == '_' {
            if !after_digit {
                return None;
            }
            after_digit = false;
            continue;
        }
        let value = digit_value(c).or_else(|| c.to_digit(36)).filter(|&value| value < radix)?;
        values.push(value as u8);
        after_digit = true;
    }
    if !after_digit {
        return None;
    }
    if values.len() <= 18 && radix <= 10 {
        let number = values.iter().fold(0i64, |number, &digit| number * i64::from(radix) + i64::from(digit));
        return Some(Ok(Value::Int(if negative { -number } else { number })));
    }
    if !radix.is_power_of_two() && values.len() > MOST_DIGITS {
        return Some(Err(values.len()));
    }
    let sign = if negative { Sign::Minus } else { Sign::Plus };
    let number = BigInt::from_radix_be(sign, &values, radix).unwrap_or_else(BigInt::zero);
    Some(Ok(Value::big(number)))
}

/// `float(text)`.
pub fn float_text(text: &str) -> Option<f64> {
    let text = text.trim_matches(super::text::is_space);
    let mut plain = String::with_capacity(text.len());
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '_' {
            if !before.is_ascii_digit() || chars.peek().is_none_or(|&next| digit_value(next).is_none()) {
                return None;
            }
            continue;
        }
        before = match digit_value(c) {
            Some(digit) => char::from(b'0' + digit as u8),
            None => c,
        };
        plain.push(before);
    }
    let unsigned = plain.trim_start_matches(['+', '-']);
    if plain.len() - unsigned.len() > 1 {
        return None;
    }
    let named = unsigned.to_ascii_lowercase();
    if matches!(named.as_str(), "inf" | "infinity" | "nan") {
        let value = if named == "nan" { f64::NAN } else { f64::INFINITY };
        return Some(if plain.starts_with('-') { -value } else { value });
    }
    let number_like = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.chars().any(|c| c.is_ascii_digit())
        && unsigned.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    if number_like { plain.parse().ok() } else { None }
}

/// The shortest digits that read back as the same float, and the place of the decimal point behind them:
/// 0.00123 is ("123", -2), 123.0 is ("123", 3).
pub fn shortest_digits(number: f64) -> (String, i32) {
    let text = format!("{:e}", number.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    (digits, exponent.parse::<i32>().unwrap_or(0) + 1)
}

/// `repr(float)`.
pub fn float_repr(number: f64) -> String {
    if number.is_nan() {
        return "nan".into();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_infinite() {
        return format!("{sign}inf");
    }
    let (digits, point) = shortest_digits(number);
    if !(-3..=16).contains(&point) {
        let exponent = point - 1;
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{first}{dot}{rest}e{exponent_sign}{:02}", exponent.abs());
    }
    if point <= 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(-point as usize));
    }
    let point = point as usize;
    if digits.len() <= point {
        return format!("{sign}{digits}{}.0", "0".repeat(point - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..point], &digits[point..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_spelled_as_cpython_spells_them() {
        for (number, text) in [
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5e300, "1.5e+300"),
            (-0.0, "-0.0"),
            (123456789.12345679, "123456789.12345679"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(float_repr(number), text);
        }
    }

    #[test]
    fn float_literals_are_those_of_python() {
        assert_eq!(float_text(" 1_0.5e-1 "), Some(1.05));
        assert_eq!(float_text("1__0"), None);
        assert_eq!(float_text("one"), None);
        assert_eq!(float_text("--1"), None);
        assert_eq!(float_text("1e"), None);
        assert!(float_text("-inf").is_some_and(|number| number == f64::NEG_INFINITY));
    }
}
