//! Looking for text in text: find, count, prefixes, replacing.
//!
//! Owns positions in characters, which is what the language counts in. Must not know other methods.

use super::text;
use crate::python::builtins::convert::{base, slice_bound, text_arg};
use crate::python::builtins::errors;
use crate::python::value::{Host, R, Str, Value};

/// Whether one text stands in the other.
pub fn finds(text: &str, wanted: &str) -> bool {
    place_of(text, wanted).is_some()
}

/// The byte at which one text first stands in the other.
pub fn place_of(text: &str, wanted: &str) -> Option<usize> {
    match wanted.as_bytes() {
        [byte] => memchr::memchr(*byte, text.as_bytes()),
        wanted => memchr::memmem::find(text.as_bytes(), wanted),
    }
}

/// The part of a text between optional bounds: its first character's number, and the byte range.
fn window(
    host: &mut dyn Host,
    text: &Str,
    start: &Value,
    end: &Value,
) -> R<Option<(usize, std::ops::Range<usize>)>> {
    let len = text.chars_len() as i64;
    let mut bound = |value: &Value, default: i64| -> R<i64> {
        if value.is_unset() || value.is_none() {
            return Ok(default);
        }
        let at = slice_bound(host, value)?.unwrap_or(default);
        Ok(if at < 0 { at.saturating_add(len).max(0) } else { at })
    };
    let start = bound(start, 0)?;
    let end = bound(end, len)?.min(len);
    if start > end {
        return Ok(None);
    }
    let (start, end) = (start as usize, end as usize);
    Ok(Some((start, text.byte_offset(start)..text.byte_offset(end))))
}

fn position(host: &mut dyn Host, args: &[Value], name: &str, last: bool) -> R<Option<usize>> {
    let this = text(&args[0]);
    let wanted = match base(&args[1]) {
        Value::Str(wanted) => wanted,
        _ => {
            let given = errors::type_name(host, &args[1]);
            let _ = name;
            return Err(errors::type_error(format!("must be str, not {given}")));
        }
    };
    let Some((first, range)) = window(host, this, &args[2], &args[3])? else { return Ok(None) };
    let part = &this[range];
    let found = if last { part.rfind(wanted.as_str()) } else { place_of(part, wanted) };
    Ok(found.map(|at| first + if this.is_ascii() { at } else { part[..at].chars().count() }))
}

fn or_minus_one(found: Option<usize>) -> Value {
    found.map_or(Value::Int(-1), Value::from)
}

pub fn find(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    position(host, args, "find", false).map(or_minus_one)
}

pub fn rfind(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    position(host, args, "rfind", true).map(or_minus_one)
}

pub fn index(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let found = position(host, args, "index", false)?;
    found.map(Value::from).ok_or_else(|| errors::value_error("substring not found"))
}

pub fn rindex(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let found = position(host, args, "rindex", true)?;
    found.map(Value::from).ok_or_else(|| errors::value_error("substring not found"))
}

pub fn count(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let this = text(&args[0]);
    let wanted = match base(&args[1]) {
        Value::Str(wanted) => wanted,
        _ => {
            let given = errors::type_name(host, &args[1]);
            return Err(errors::type_error(format!("must be str, not {given}")));
        }
    };
    let Some((_, range)) = window(host, this, &args[2], &args[3])? else { return Ok(Value::Int(0)) };
    let part = &this[range];
    if wanted.is_empty() {
        return Ok(Value::from(part.chars().count() + 1));
    }
    Ok(Value::from(part.matches(wanted.as_str()).count()))
}

fn affix(host: &mut dyn Host, args: &[Value], name: &str, test: fn(&str, &str) -> bool) -> R<Value> {
    let this = text(&args[0]);
    let part = if args[2].is_unset() && args[3].is_unset() {
        Some(this.as_str())
    } else {
        window(host, this, &args[2], &args[3])?.map(|(_, range)| &this[range])
    };
    match base(&args[1]) {
        Value::Str(wanted) => Ok(Value::Bool(part.is_some_and(|part| test(part, wanted)))),
        Value::Tuple(choices) => {
            for choice in choices.as_slice() {
                let Value::Str(wanted) = base(choice) else {
                    let given = errors::type_name(host, choice);
                    return Err(errors::type_error(format!(
                        "tuple for {name} must only contain str, not {given}"
                    )));
                };
                if part.is_some_and(|part| test(part, wanted)) {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }
        _ => {
            let given = errors::type_name(host, &args[1]);
            Err(errors::type_error(format!("{name} first arg must be str or a tuple of str, not {given}")))
        }
    }
}

pub fn starts_with(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    affix(host, args, "startswith", |part, wanted| part.starts_with(wanted))
}

pub fn ends_with(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    affix(host, args, "endswith", |part, wanted| part.ends_with(wanted))
}

pub fn remove_prefix(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let prefix = text_arg(host, &args[1], "removeprefix() argument")?;
    let this = text(&args[0]);
    Ok(this.strip_prefix(prefix.as_str()).map_or_else(|| Value::Str(this.clone()), Value::str))
}

pub fn remove_suffix(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let suffix = text_arg(host, &args[1], "removesuffix() argument")?;
    let this = text(&args[0]);
    Ok(this.strip_suffix(suffix.as_str()).map_or_else(|| Value::Str(this.clone()), Value::str))
}

pub fn replace(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let old = text_arg(host, &args[1], "replace() argument 1")?;
    let new = text_arg(host, &args[2], "replace() argument 2")?;
    let limit = super::super::convert::int_or(host, &args[3], -1)?;
    let this = text(&args[0]);
    let limit = if limit < 0 { usize::MAX } else { limit as usize };
    let matches =
        if old.is_empty() { this.chars_len() + 1 } else { this.matches(old.as_str()).count() }.min(limit);
    if matches.saturating_mul(new.len()) > super::MOST_BYTES {
        return Err(errors::memory());
    }
    Ok(Value::from(this.replacen(old.as_str(), new, limit)))
}
