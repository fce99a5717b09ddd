//! `format(Decimal, spec)`.
//!
//! Owns the layout of decimals by a format spec. Must not know other numbers.

use super::context::current;
use super::number::{Decimal, Kind};
use crate::python::builtins::errors;
use crate::python::builtins::format::{Align, group, pad, parse};
use crate::python::value::{Host, R, Str};

pub fn format(_host: &mut dyn Host, number: &Decimal, spec: &str) -> R<Str> {
    if spec.is_empty() {
        return Ok(number.text().into());
    }
    let mut spec =
        parse(spec, "decimal.Decimal").map_err(|_| errors::value_error("invalid format string"))?;
    let code = spec.code;
    if !matches!(code, None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%')) {
        return Err(errors::value_error("invalid format string"));
    }
    let body = if number.kind == Kind::Finite {
        finite(number, code, spec.precision)
    } else {
        number.text().trim_start_matches('-').to_string()
    };
    let sign = match (number.negative, spec.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        _ => "",
    };
    let split = body.find(|c: char| !c.is_ascii_digit()).unwrap_or(body.len());
    let (whole, rest) = body.split_at(if number.kind == Kind::Finite { split } else { body.len() });
    let zero_fill = spec.fill == '0' && spec.align == Some(Align::AfterSign);
    let whole = match spec.grouping {
        Some(separator) if number.kind == Kind::Finite => {
            let width = if zero_fill { spec.width.saturating_sub(sign.len() + rest.len()) } else { 0 };
            group(whole, separator, 3, width)
        }
        _ => whole.to_string(),
    };
    if spec.align == Some(Align::AfterSign) {
        let missing = spec.width.saturating_sub(sign.len() + whole.len() + rest.len());
        let fill: String = std::iter::repeat_n(spec.fill, missing).collect();
        return Ok(format!("{sign}{fill}{whole}{rest}").into());
    }
    spec.align = spec.align.or(Some(Align::Right));
    Ok(pad(&spec, &format!("{sign}{whole}{rest}"), Align::Right).into())
}

/// The digits of a finite number without its sign.
fn finite(number: &Decimal, code: Option<char>, precision: Option<usize>) -> String {
    let mode = current().1;
    let mut number = Decimal { negative: number.negative, ..number.clone() };
    let precision = precision.map(|precision| precision as i64);
    let unsigned = |number: &Decimal| number.text().trim_start_matches('-').to_string();
    match code {
        Some('f' | 'F' | '%') => {
            if code == Some('%') {
                number.exponent += 2;
            }
            if let Some(precision) = precision {
                number = number.rescale(-precision, mode);
            } else if number.exponent > 0 {
                number = number.rescale(0, mode);
            }
            number.plain_text() + if code == Some('%') { "%" } else { "" }
        }
        Some('e' | 'E') => {
            if let Some(precision) = precision {
                number = if number.is_zero() {
                    number.rescale(1 - precision - 1, mode)
                } else {
                    let rounded = number.round_to(precision + 1, mode);
                    let exponent = rounded.adjusted() - precision;
                    rounded.rescale(exponent, mode)
                };
            }
            let digits = number.digits.to_string();
            let exponent = number.exponent + digits.len() as i64 - 1;
            let (first, rest) = digits.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            let letter = if code == Some('E') { 'E' } else { 'e' };
            format!("{first}{dot}{rest}{letter}{exponent:+}")
        }
        _ => {
            if let Some(precision) = precision {
                number = number.round_to(precision.max(1), mode);
            }
            let text = unsigned(&number);
            if matches!(code, Some('g' | 'n')) { text.replace('E', "e") } else { text }
        }
    }
}
