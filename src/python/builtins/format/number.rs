//! Numbers laid out by a format spec.
//!
//! Owns signs, prefixes, grouping, precision and the codes of integers and floats. Must not know `Decimal`, which
//! brings its own digits to `group` and `pad`.

use num_bigint::BigInt;
use num_traits::Signed;

use super::spec::{Align, Spec, pad, parse, unknown_code};
use crate::python::builtins::convert::{base, big, small};
use crate::python::builtins::{errors, parse as literal};
use crate::python::value::{Host, R, Str, Value};

/// Digits in groups of `size`, zero-padded until the text is at least `width` long.
pub fn group(digits: &str, separator: char, size: usize, width: usize) -> String {
    let grouped = |count: usize| count + count.saturating_sub(1) / size;
    let mut count = digits.len();
    while grouped(count) < width {
        count += 1;
    }
    let padded = "0".repeat(count - digits.len()) + digits;
    let mut text = String::with_capacity(grouped(count));
    for (at, c) in padded.chars().enumerate() {
        if at > 0 && (count - at).is_multiple_of(size) {
            text.push(separator);
        }
        text.push(c);
    }
    text
}

/// Sign, prefix, grouping and padding around the digits of a number.
fn lay_out(spec: &Spec, negative: bool, prefix: &str, whole: &str, rest: &str, size: usize) -> String {
    let sign = match (negative, spec.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        _ => "",
    };
    let zero_fill = spec.fill == '0' && spec.align == Some(Align::AfterSign);
    let is_number =
        whole.starts_with(|c: char| c.is_ascii_alphanumeric()) && whole != "inf" && whole != "nan";
    let whole = match spec.grouping {
        Some(separator) if is_number => {
            let taken = sign.len() + prefix.len() + rest.len();
            let width = if zero_fill { spec.width.saturating_sub(taken) } else { 0 };
            group(whole, separator, size, width)
        }
        _ => whole.to_string(),
    };
    if spec.align == Some(Align::AfterSign) {
        let taken = sign.len() + prefix.len() + whole.len() + rest.len();
        let fill: String = std::iter::repeat_n(spec.fill, spec.width.saturating_sub(taken)).collect();
        return format!("{sign}{prefix}{fill}{whole}{rest}");
    }
    pad(spec, &format!("{sign}{prefix}{whole}{rest}"), Align::Right)
}

/// The commonest specs of integers: digits, perhaps with a zero before them, perhaps with a `d` behind.
pub fn plain_width(spec: &str) -> Option<(bool, usize)> {
    let digits = spec.strip_suffix('d').unwrap_or(spec).as_bytes();
    let (zero, digits) = match digits {
        [b'0', rest @ ..] => (true, rest),
        digits => (false, digits),
    };
    let width = match digits {
        [] if !zero => 0,
        [tens @ b'1'..=b'9', ones @ b'0'..=b'9'] => usize::from(tens - b'0') * 10 + usize::from(ones - b'0'),
        [ones @ b'1'..=b'9'] => usize::from(ones - b'0'),
        _ => return None,
    };
    Some((zero, width))
}

/// A number of at least `width` (at most 99) characters.
pub fn padded(number: i64, zero: bool, width: usize) -> Str {
    let mut buffer = [if zero { b'0' } else { b' ' }; 100];
    let mut at = buffer.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let room = buffer.len() - width;
    if number < 0 {
        at = if zero { (at - 1).min(room) } else { at - 1 };
        buffer[at] = b'-';
    }
    Str::new(std::str::from_utf8(&buffer[at.min(room)..]).expect("digits are ASCII"))
}

/// `format(int, spec)`; `value` is a plain integer or boolean.
pub fn int_format(_host: &mut dyn Host, value: &Value, spec: &str) -> R<Str> {
    if let (Value::Int(number), Some((zero, width))) = (value, plain_width(spec)) {
        return Ok(padded(*number, zero, width));
    }
    let type_name = if matches!(value, Value::Bool(_)) { "bool" } else { "int" };
    let spec = parse(spec, type_name)?;
    let code = spec.code.unwrap_or('d');
    match code {
        'd' | 'n' | 'b' | 'o' | 'x' | 'X' | 'c' => {}
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' => {
            let number = match base(value) {
                Value::BigInt(number) => crate::python::builtins::convert::big_to_float(&number.0)?,
                other => small(other).unwrap_or(0) as f64,
            };
            return float_text(number, &spec, "int").map(Str::from);
        }
        code => return Err(unknown_code(code, type_name)),
    }
    if spec.precision.is_some() {
        return Err(errors::value_error("Precision not allowed in integer format specifier"));
    }
    if spec.no_negative_zero {
        return Err(errors::value_error(
            "Negative zero coercion (z) not allowed in integer format specifier",
        ));
    }
    if code == 'c' {
        if spec.sign.is_some() {
            return Err(errors::value_error("Sign not allowed with integer format specifier 'c'"));
        }
        if spec.alternate {
            return Err(errors::value_error(
                "Alternate form (#) not allowed with integer format specifier 'c'",
            ));
        }
        let c =
            small(value).and_then(|number| u32::try_from(number).ok()).filter(|&number| number < 0x11_0000);
        let Some(c) = c else { return Err(errors::overflow("%c arg not in range(0x110000)")) };
        let c = char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER);
        return Ok(pad(&spec, &c.to_string(), Align::Left).into());
    }
    let number = big(value).unwrap_or_default();
    let (digits, prefix, size) = match code {
        'b' => (number.magnitude().to_str_radix(2), "0b", 4),
        'o' => (number.magnitude().to_str_radix(8), "0o", 4),
        'x' => (number.magnitude().to_str_radix(16), "0x", 4),
        'X' => (number.magnitude().to_str_radix(16).to_uppercase(), "0X", 4),
        _ => (decimal_digits(&number)?, "", 3),
    };
    let prefix = if spec.alternate { prefix } else { "" };
    Ok(lay_out(&spec, number.is_negative(), prefix, &digits, "", size).into())
}

fn decimal_digits(number: &BigInt) -> R<String> {
    crate::python::builtins::int::decimal(&Value::big(number.abs()))
}

/// `format(float, spec)`.
pub fn float_format(number: f64, spec: &str, type_name: &str) -> R<Str> {
    let spec = parse(spec, type_name)?;
    float_text(number, &spec, type_name).map(Str::from)
}

/// A float by a spec already taken apart.
pub fn float_text(number: f64, spec: &Spec, type_name: &str) -> R<String> {
    let code = spec.code;
    if spec.precision.is_some_and(|precision| precision >= i32::MAX as usize) {
        return Err(errors::value_error("precision too big"));
    }
    let mut number = number;
    let upper = matches!(code, Some('E' | 'F' | 'G'));
    if code == Some('%') && number.is_finite() {
        number *= 100.0;
    }
    let unsigned = number.abs();
    let body = match code {
        _ if !number.is_finite() => if number.is_nan() { "nan" } else { "inf" }.to_string(),
        Some('f' | 'F' | '%') => fixed(unsigned, spec.precision.unwrap_or(6), spec.alternate),
        Some('e' | 'E') => exponent(unsigned, spec.precision.unwrap_or(6), spec.alternate),
        Some('g' | 'G' | 'n') => general(unsigned, spec.precision.unwrap_or(6), spec.alternate, false),
        None => match spec.precision {
            Some(precision) => general(unsigned, precision, spec.alternate, true),
            None => literal::float_repr(unsigned),
        },
        Some(code) => return Err(unknown_code(code, type_name)),
    };
    let body = if upper { body.to_uppercase() } else { body };
    let zero = body.chars().take_while(|&c| c != 'e' && c != 'E').all(|c| matches!(c, '0' | '.'));
    let negative = number.is_sign_negative() && !number.is_nan() && !(spec.no_negative_zero && zero);
    let split = body.find(|c: char| !c.is_ascii_digit()).filter(|_| number.is_finite()).unwrap_or(body.len());
    let (whole, rest) = body.split_at(split);
    let rest = if code == Some('%') { format!("{rest}%") } else { rest.to_string() };
    Ok(lay_out(spec, negative, "", whole, &rest, 3))
}

/// A float has no more digits than this; all behind them are zeros.
const MOST_PLACES: usize = 1100;

fn fixed(number: f64, precision: usize, alternate: bool) -> String {
    let shown = precision.min(MOST_PLACES);
    let mut text = format!("{number:.shown$}");
    text.extend(std::iter::repeat_n('0', precision - shown));
    if alternate && precision == 0 { text + "." } else { text }
}

fn spell_exponent(exponent: i32) -> String {
    format!("e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

fn exponent(number: f64, precision: usize, alternate: bool) -> String {
    let shown = precision.min(MOST_PLACES);
    let text = format!("{number:.shown$e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = format!("{mantissa}{}", "0".repeat(precision - shown));
    let dot = if alternate && precision == 0 { "." } else { "" };
    format!("{mantissa}{dot}{}", spell_exponent(power.parse().unwrap_or(0)))
}

/// `g`: fixed or with an exponent, whichever is shorter, without trailing zeros. With `as_repr` (no code given) at
/// least one digit stands behind the point and the exponent comes one place earlier.
fn general(number: f64, precision: usize, alternate: bool, as_repr: bool) -> String {
    let precision = precision.clamp(1, MOST_PLACES);
    let text = format!("{number:.*e}", precision - 1);
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let limit = if as_repr { precision as i32 - 1 } else { precision as i32 };
    let trim = |text: &str| -> String {
        if alternate || !text.contains('.') {
            return text.to_string();
        }
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    };
    if (-4..limit).contains(&power) {
        let decimals = (precision as i32 - 1 - power).max(0) as usize;
        let mut text = trim(&format!("{number:.decimals$}"));
        if as_repr && !text.contains('.') {
            text.push_str(".0");
        } else if alternate && !text.contains('.') {
            text.push('.');
        }
        return text;
    }
    let mut mantissa = trim(mantissa);
    if alternate && !mantissa.contains('.') {
        mantissa.push('.');
    }
    mantissa + &spell_exponent(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(number: f64, spec: &str) -> String {
        float_format(number, spec, "float").map_or_else(|_| "error".into(), |text| text.to_string())
    }

    #[test]
    fn floats_follow_their_specs() {
        for (number, spec, text) in [
            (-1234.5678, "012,.2f", "-0,001,234.57"),
            (0.0001, "g", "0.0001"),
            (1e6, "g", "1e+06"),
            (1234567.0, "#.3g", "1.23e+06"),
            (3.14259, ".3", "3.14"),
            (1e20, ".3", "1e+20"),
            (f64::INFINITY, "010", "0000000inf"),
            (-0.01, "z.1f", "0.0"),
            (0.5, ".0%", "50%"),
            (3.0, ".1", "3e+00"),
            (2.0, ".2", "2.0"),
            (0.0, ".1", "0e+00"),
        ] {
            assert_eq!(show(number, spec), text, "{spec}");
        }
    }
}
