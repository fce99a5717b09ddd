//! `%`-formatting.
//!
//! Owns its directives. Must not know format specs beyond borrowing their number layout.

use num_bigint::BigInt;
use num_traits::Signed;

use super::number::{float_text, padded, plain_width};
use super::spec::{Align, Spec, pad};
use crate::python::builtins::convert::{base, big, float_arg, int_arg};
use crate::python::builtins::errors;
use crate::python::value::{Host, R, Raised, Str, Value};

/// Hands out the values in order.
struct Values<'a> {
    given: &'a Value,
    next: usize,
    mapping_used: bool,
}

impl Values<'_> {
    fn take(&mut self) -> R<Value> {
        let item = match base(self.given) {
            Value::Tuple(tuple) => tuple.as_slice().get(self.next).cloned(),
            _ if self.next == 0 => Some(self.given.clone()),
            _ => None,
        };
        self.next += 1;
        item.ok_or_else(|| errors::type_error("not enough arguments for format string"))
    }

    fn all_taken(&self) -> bool {
        match base(self.given) {
            Value::Tuple(tuple) => self.next >= tuple.len(),
            _ => self.next > 0,
        }
    }
}

fn is_mapping(host: &mut dyn Host, value: &Value) -> R<bool> {
    Ok(match base(value) {
        Value::Dict(_) | Value::List(_) | Value::Bytes(_) => true,
        Value::Instance(_) => host.find_attr(value, &crate::python::value::intern("__getitem__"))?.is_some(),
        _ => false,
    })
}

/// `template % given`.
pub fn percent(host: &mut dyn Host, template: &str, given: &Value) -> R<Str> {
    if let Some(text) = plainly(template, given) {
        return Ok(text);
    }
    let chars: Vec<char> = template.chars().collect();
    let mut values = Values { given, next: 0, mapping_used: false };
    let mut text = String::with_capacity(template.len() + 16);
    let mut at = 0;
    while at < chars.len() {
        if chars[at] != '%' {
            text.push(chars[at]);
            at += 1;
            continue;
        }
        at += 1;
        directive(host, &chars, &mut at, &mut values, &mut text)?;
    }
    if !values.all_taken() && !values.mapping_used && !is_mapping(host, given)? {
        return Err(errors::type_error("not all arguments converted during string formatting"));
    }
    Ok(text.into())
}

/// Templates of nothing but `%s`, `%d` (perhaps with a width) and `%%`, with texts and small integers for them.
/// None: something else is there, or the numbers of both do not agree.
fn plainly(template: &str, given: &Value) -> Option<Str> {
    let one = std::slice::from_ref(given);
    let mut values = match given {
        Value::Tuple(tuple) => tuple.as_slice(),
        Value::Str(_) | Value::Int(_) => one,
        _ => return None,
    }
    .iter();
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(at) = memchr::memchr(b'%', rest.as_bytes()) {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let code = rest.find(|c: char| !c.is_ascii_digit())?;
        match (rest.as_bytes()[code], code) {
            (b'%', 0) => text.push('%'),
            (b's', 0) => match values.next()? {
                Value::Str(value) => text.push_str(value),
                Value::Int(value) => text.push_str(&padded(*value, false, 0)),
                _ => return None,
            },
            (b'd', _) => {
                let Value::Int(value) = values.next()? else { return None };
                let (zero, width) = plain_width(&rest[..code])?;
                text.push_str(&padded(*value, zero, width));
            }
            _ => return None,
        }
        rest = &rest[code + 1..];
    }
    text.push_str(rest);
    if values.next().is_some() { None } else { Some(text.into()) }
}

fn directive(
    host: &mut dyn Host,
    chars: &[char],
    at: &mut usize,
    values: &mut Values<'_>,
    text: &mut String,
) -> R<()> {
    let incomplete = || errors::value_error("incomplete format");
    let mut keyed = None;
    if chars.get(*at) == Some(&'(') {
        if !is_mapping(host, values.given)? {
            return Err(errors::type_error("format requires a mapping"));
        }
        let mut depth = 1;
        let mut key = String::new();
        loop {
            *at += 1;
            match chars.get(*at) {
                None => return Err(errors::value_error("incomplete format key")),
                Some('(') => depth += 1,
                Some(')') => depth -= 1,
                Some(_) => {}
            }
            if depth == 0 {
                break;
            }
            key.push(chars[*at]);
        }
        *at += 1;
        keyed = Some(host.get_item(values.given, &Value::from(key))?);
        values.mapping_used = true;
    }
    let mut spec = Spec {
        fill: ' ',
        align: None,
        sign: None,
        no_negative_zero: false,
        alternate: false,
        width: 0,
        grouping: None,
        precision: None,
        code: None,
    };
    let (mut left, mut zero) = (false, false);
    while let Some(&flag) = chars.get(*at) {
        match flag {
            '-' => left = true,
            '0' => zero = true,
            '+' => spec.sign = Some('+'),
            ' ' => spec.sign = spec.sign.or(Some(' ')),
            '#' => spec.alternate = true,
            _ => break,
        }
        *at += 1;
    }
    if let Some(width) = count(host, chars, at, values)? {
        left |= width < 0;
        spec.width = width.unsigned_abs() as usize;
    }
    if chars.get(*at) == Some(&'.') {
        *at += 1;
        let starred = chars.get(*at) == Some(&'*');
        let precision = count(host, chars, at, values)?.unwrap_or(0).max(0);
        if i32::try_from(precision).is_err() {
            return Err(if starred {
                errors::overflow("Python int too large to convert to C int")
            } else {
                errors::value_error("precision too big")
            });
        }
        spec.precision = Some(precision as usize);
    }
    if spec.width > crate::python::builtins::convert::MOST_BYTES {
        return Err(errors::memory());
    }
    while matches!(chars.get(*at), Some('h' | 'l' | 'L')) {
        *at += 1;
    }
    let Some(&code) = chars.get(*at) else { return Err(incomplete()) };
    *at += 1;
    spec.align = if left { Some(Align::Left) } else { Some(Align::Right) };
    if code == '%' {
        text.push('%');
        return Ok(());
    }
    if !matches!(
        code,
        'd' | 'i' | 'u' | 'o' | 'x' | 'X' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'c' | 'r' | 's' | 'a'
    ) {
        return Err(unsupported(code, *at - 1));
    }
    let value = match keyed {
        Some(value) => value,
        None => values.take()?,
    };
    let zero_fill = |spec: &mut Spec| {
        if zero && !left {
            (spec.fill, spec.align) = ('0', Some(Align::AfterSign));
        }
    };
    match code {
        's' | 'r' | 'a' => {
            let shown = match code {
                's' => host.str(&value)?.to_string(),
                'r' => host.repr(&value)?.to_string(),
                _ => crate::python::builtins::text::ascii(&host.repr(&value)?),
            };
            let shown: String = match spec.precision {
                Some(precision) => shown.chars().take(precision).collect(),
                None => shown,
            };
            text.push_str(&pad(&spec, &shown, Align::Right));
        }
        'c' => {
            let c = character(host, &value)?;
            text.push_str(&pad(&spec, &c.to_string(), Align::Right));
        }
        'd' | 'i' | 'u' | 'o' | 'x' | 'X' => {
            let number = integer(host, &value, code)?;
            zero_fill(&mut spec);
            text.push_str(&integer_text(&spec, &number, code)?);
        }
        _ => {
            let number = float_arg(host, &value)?;
            zero_fill(&mut spec);
            spec.code = Some(code);
            spec.precision = Some(spec.precision.unwrap_or(6));
            text.push_str(&float_text(number, &spec, "float")?);
        }
    }
    Ok(())
}

/// `ValueError: unsupported format character 'z' (0x7a) at index 1`
fn unsupported(code: char, index: usize) -> Raised {
    let shown = if (' '..'\u{7f}').contains(&code) { code } else { '?' };
    errors::value_error(format!(
        "unsupported format character '{shown}' (0x{:x}) at index {index}",
        code as u32
    ))
}

/// A width or precision: digits, or `*` for the next value.
fn count(host: &mut dyn Host, chars: &[char], at: &mut usize, values: &mut Values<'_>) -> R<Option<i64>> {
    if chars.get(*at) == Some(&'*') {
        *at += 1;
        let value = values.take()?;
        if !crate::python::builtins::convert::is_int(&value) {
            return Err(errors::type_error("* wants int"));
        }
        return int_arg(host, &value).map(Some);
    }
    let mut number: Option<i64> = None;
    while let Some(digit) = chars.get(*at).and_then(|c| c.to_digit(10)) {
        number = Some(number.unwrap_or(0).saturating_mul(10).saturating_add(i64::from(digit)));
        *at += 1;
    }
    Ok(number)
}

fn character(host: &mut dyn Host, value: &Value) -> R<char> {
    if let Value::Str(text) = base(value) {
        let mut chars = text.chars();
        if let (Some(c), None) = (chars.next(), chars.next()) {
            return Ok(c);
        }
        return Err(errors::type_error("%c requires int or char"));
    }
    if !crate::python::builtins::convert::is_int(value) {
        return Err(errors::type_error("%c requires int or char"));
    }
    let code = int_arg(host, value)?;
    u32::try_from(code)
        .ok()
        .and_then(char::from_u32)
        .ok_or_else(|| errors::overflow("%c arg not in range(0x110000)"))
}

fn integer(host: &mut dyn Host, value: &Value, code: char) -> R<BigInt> {
    if let Some(number) = big(value) {
        return Ok(number);
    }
    let decimal = matches!(code, 'd' | 'i' | 'u');
    if decimal {
        if let Value::Float(number) = base(value) {
            let whole = crate::python::builtins::int::from_float(*number)?;
            return Ok(big(&whole).unwrap_or_default());
        }
        for name in ["__int__", "__index__"] {
            if let Value::Instance(_) = value
                && let Some(method) = host.find_attr(value, &crate::python::value::intern(name))?
            {
                let answer = host.call_values(&method, &[])?;
                return Ok(big(&answer).unwrap_or_default());
            }
        }
        let name = errors::type_name(host, value);
        return Err(errors::type_error(format!("%{code} format: a real number is required, not {name}")));
    }
    match crate::python::builtins::convert::index(host, value) {
        Ok(number) => Ok(big(&number).unwrap_or_default()),
        Err(_) => {
            let name = errors::type_name(host, value);
            Err(errors::type_error(format!("%{code} format: an integer is required, not {name}")))
        }
    }
}

fn integer_text(spec: &Spec, number: &BigInt, code: char) -> R<String> {
    let magnitude = number.magnitude();
    let (digits, prefix) = match code {
        'o' => (magnitude.to_str_radix(8), "0o"),
        'x' => (magnitude.to_str_radix(16), "0x"),
        'X' => (magnitude.to_str_radix(16).to_uppercase(), "0X"),
        _ => (crate::python::builtins::int::decimal(&Value::big(number.abs()))?, ""),
    };
    let digits = match spec.precision {
        Some(precision) if precision > digits.len() => "0".repeat(precision - digits.len()) + &digits,
        _ => digits,
    };
    let sign = if number.is_negative() {
        "-"
    } else if spec.sign == Some('+') {
        "+"
    } else if spec.sign == Some(' ') {
        " "
    } else {
        ""
    };
    let prefix = if spec.alternate { prefix } else { "" };
    if spec.align == Some(Align::AfterSign) {
        let missing = spec.width.saturating_sub(sign.len() + prefix.len() + digits.len());
        return Ok(format!("{sign}{prefix}{}{digits}", "0".repeat(missing)));
    }
    Ok(pad(spec, &format!("{sign}{prefix}{digits}"), Align::Right))
}
