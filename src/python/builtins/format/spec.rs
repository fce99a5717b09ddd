//! The format spec `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.
//!
//! Owns its parts, padding and the rules for text. Must not know numbers.

use crate::python::builtins::errors;
use crate::python::value::{R, Raised, Str};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    Left,
    Right,
    Center,
    /// `=`: padding goes between the sign and the digits.
    AfterSign,
}

/// A format spec taken apart.
#[derive(Clone, Debug)]
pub struct Spec {
    pub fill: char,
    pub align: Option<Align>,
    pub sign: Option<char>,
    pub no_negative_zero: bool,
    pub alternate: bool,
    pub width: usize,
    /// `,` or `_`.
    pub grouping: Option<char>,
    pub precision: Option<usize>,
    pub code: Option<char>,
}

/// Takes a spec apart; `type_name` is for the message about a spec that is none.
pub fn parse(text: &str, type_name: &str) -> R<Spec> {
    let invalid =
        || errors::value_error(format!("Invalid format specifier '{text}' for object of type '{type_name}'"));
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    let align_of = |c: char| match c {
        '<' => Some(Align::Left),
        '>' => Some(Align::Right),
        '^' => Some(Align::Center),
        '=' => Some(Align::AfterSign),
        _ => None,
    };
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
    let mut filled = false;
    if let Some(align) = chars.get(1).and_then(|&c| align_of(c)) {
        (spec.fill, spec.align) = (chars[0], Some(align));
        (at, filled) = (2, true);
    } else if let Some(align) = chars.first().and_then(|&c| align_of(c)) {
        spec.align = Some(align);
        at = 1;
    }
    if let Some(&sign @ ('+' | '-' | ' ')) = chars.get(at) {
        spec.sign = Some(sign);
        at += 1;
    }
    if chars.get(at) == Some(&'z') {
        spec.no_negative_zero = true;
        at += 1;
    }
    if chars.get(at) == Some(&'#') {
        spec.alternate = true;
        at += 1;
    }
    if !filled && chars.get(at) == Some(&'0') {
        spec.fill = '0';
        spec.align = spec.align.or(Some(Align::AfterSign));
        at += 1;
    }
    spec.width = digits(&chars, &mut at)?.unwrap_or(0);
    for separator in [',', '_'] {
        if chars.get(at) == Some(&separator) {
            if spec.grouping.is_some() {
                return Err(errors::value_error("Cannot specify both ',' and '_'."));
            }
            spec.grouping = Some(separator);
            at += 1;
        }
    }
    if let (Some(grouping), Some(&next @ (',' | '_'))) = (spec.grouping, chars.get(at)) {
        return Err(errors::value_error(if next == grouping {
            format!("Cannot specify '{next}' with '{next}'.")
        } else {
            "Cannot specify both ',' and '_'.".to_string()
        }));
    }
    if chars.get(at) == Some(&'.') {
        at += 1;
        match digits(&chars, &mut at)? {
            Some(precision) => spec.precision = Some(precision),
            None => return Err(errors::value_error("Format specifier missing precision")),
        }
    }
    match chars.len() - at {
        0 => {}
        1 => spec.code = Some(chars[at]),
        _ => return Err(invalid()),
    }
    if let (Some(grouping), Some(code)) = (spec.grouping, spec.code) {
        let allowed = matches!(code, 'd' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F')
            || (grouping == '_' && matches!(code, 'b' | 'o' | 'x' | 'X'));
        if !allowed {
            return Err(errors::value_error(format!("Cannot specify '{grouping}' with '{code}'.")));
        }
    }
    Ok(spec)
}

fn digits(chars: &[char], at: &mut usize) -> R<Option<usize>> {
    let start = *at;
    let mut number = 0usize;
    while let Some(digit) = chars.get(*at).and_then(|c| c.to_digit(10)) {
        number = number.saturating_mul(10).saturating_add(digit as usize);
        *at += 1;
    }
    if number > i64::MAX as usize / 2 {
        return Err(errors::value_error("Too many decimal digits in format string"));
    }
    if number > crate::python::builtins::convert::MOST_BYTES {
        return Err(errors::memory());
    }
    Ok((*at > start).then_some(number))
}

/// `ValueError: Unknown format code 'd' for object of type 'str'`
pub fn unknown_code(code: char, type_name: &str) -> Raised {
    if code > ' ' && code < '\u{80}' {
        return errors::value_error(format!("Unknown format code '{code}' for object of type '{type_name}'"));
    }
    errors::value_error(format!(
        "Unknown format code '\\x{:x}' for object of type '{type_name}'",
        code as u32
    ))
}

/// Pads text of `len` characters to the spec's width.
pub fn pad(spec: &Spec, text: &str, default: Align) -> String {
    let len = text.chars().count();
    let Some(missing) = spec.width.checked_sub(len).filter(|&missing| missing > 0) else {
        return text.to_string();
    };
    let left = match spec.align.unwrap_or(default) {
        Align::Left => 0,
        Align::Right | Align::AfterSign => missing,
        Align::Center => missing / 2,
    };
    let mut padded = String::with_capacity(text.len() + missing * spec.fill.len_utf8());
    padded.extend(std::iter::repeat_n(spec.fill, left));
    padded.push_str(text);
    padded.extend(std::iter::repeat_n(spec.fill, missing - left));
    padded
}

/// `format(str, spec)`.
pub fn str_format(text: &str, spec: &str, type_name: &str) -> R<Str> {
    let parsed = parse(spec, type_name)?;
    if let Some(code) = parsed.code
        && code != 's'
    {
        return Err(unknown_code(code, type_name));
    }
    if parsed.sign.is_some() {
        return Err(errors::value_error(if parsed.sign == Some(' ') {
            "Space not allowed in string format specifier"
        } else {
            "Sign not allowed in string format specifier"
        }));
    }
    if parsed.no_negative_zero {
        return Err(errors::value_error("Negative zero coercion (z) not allowed in string format specifier"));
    }
    if parsed.alternate {
        return Err(errors::value_error("Alternate form (#) not allowed in string format specifier"));
    }
    if let Some(grouping) = parsed.grouping {
        return Err(errors::value_error(format!("Cannot specify '{grouping}' with 's'.")));
    }
    if parsed.align == Some(Align::AfterSign) && !spec.starts_with('0') {
        return Err(errors::value_error("'=' alignment not allowed in string format specifier"));
    }
    let mut parsed = parsed;
    if parsed.align == Some(Align::AfterSign) {
        parsed.align = Some(Align::Left);
    }
    let cut: String = match parsed.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text.to_string(),
    };
    Ok(pad(&parsed, &cut, Align::Left).into())
}
