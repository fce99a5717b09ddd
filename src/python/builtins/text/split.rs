//! Taking text apart and stripping it.
//!
//! Owns split, rsplit, splitlines, partition, strip. Must not know other methods.

use super::chars::is_space;
use super::text;
use crate::python::builtins::convert::{base, int_arg};
use crate::python::builtins::errors;
use crate::python::value::{Host, R, Value};

fn limit(host: &mut dyn Host, value: &Value) -> R<usize> {
    let limit = int_arg(host, value)?;
    Ok(if limit < 0 { usize::MAX } else { limit as usize })
}

/// The separator argument: none means any whitespace.
fn separator<'a>(host: &mut dyn Host, value: &'a Value) -> R<Option<&'a str>> {
    match base(value) {
        Value::None | Value::Unset => Ok(None),
        Value::Str(text) if text.is_empty() => Err(errors::value_error("empty separator")),
        Value::Str(text) => Ok(Some(text)),
        _ => {
            let name = errors::type_name(host, value);
            Err(errors::type_error(format!("must be str or None, not {name}")))
        }
    }
}

pub fn split(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let this = text(&args[0]);
    let most = limit(host, &args[2])?;
    let Some(separator) = separator(host, &args[1])? else {
        let mut items = Vec::new();
        let mut rest = this.trim_start_matches(is_space);
        while !rest.is_empty() {
            if items.len() == most {
                items.push(Value::Str(this.part_of(rest)));
                break;
            }
            let end = rest.find(is_space).unwrap_or(rest.len());
            items.push(Value::Str(this.part_of(&rest[..end])));
            rest = rest[end..].trim_start_matches(is_space);
        }
        return Ok(Value::list(items));
    };
    let mut items = Vec::new();
    let mut rest = this.as_str();
    if let [byte] = *separator.as_bytes() {
        while items.len() < most
            && let Some(at) = memchr::memchr(byte, rest.as_bytes())
        {
            items.push(Value::Str(this.part_of(&rest[..at])));
            rest = &rest[at + 1..];
        }
    } else {
        let finder = memchr::memmem::Finder::new(separator.as_bytes());
        while items.len() < most
            && let Some(at) = finder.find(rest.as_bytes())
        {
            items.push(Value::Str(this.part_of(&rest[..at])));
            rest = &rest[at + separator.len()..];
        }
    }
    items.push(Value::Str(this.part_of(rest)));
    Ok(Value::list(items))
}

pub fn rsplit(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let this = text(&args[0]);
    let most = limit(host, &args[2])?;
    let mut items = Vec::new();
    match separator(host, &args[1])? {
        None => {
            let mut rest = this.trim_end_matches(is_space);
            while !rest.is_empty() {
                if items.len() == most {
                    items.push(Value::str(rest));
                    break;
                }
                let start = rest
                    .char_indices()
                    .rev()
                    .find(|(_, c)| is_space(*c))
                    .map_or(0, |(at, c)| at + c.len_utf8());
                items.push(Value::str(&rest[start..]));
                rest = rest[..start].trim_end_matches(is_space);
            }
        }
        Some(separator) => items.extend(this.rsplitn(most.saturating_add(1), separator).map(Value::str)),
    }
    items.reverse();
    Ok(Value::list(items))
}

/// The lines of a text; with `keep` their ends stay on.
pub fn split_lines(text: &str, keep: bool) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !matches!(
            c,
            '\n' | '\r'
                | '\u{b}'
                | '\u{c}'
                | '\u{1c}'
                | '\u{1d}'
                | '\u{1e}'
                | '\u{85}'
                | '\u{2028}'
                | '\u{2029}'
        ) {
            continue;
        }
        let mut end = at + c.len_utf8();
        if c == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n') {
            chars.next();
            end += 1;
        }
        lines.push(&text[start..if keep { end } else { at }]);
        start = end;
    }
    if start < text.len() {
        lines.push(&text[start..]);
    }
    lines
}

pub fn splitlines(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let keep = crate::python::builtins::convert::int_arg(host, &args[1])? != 0;
    Ok(Value::list(split_lines(text(&args[0]), keep).into_iter().map(Value::str).collect()))
}

pub fn partition(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let this = text(&args[0]);
    let separator = part_separator(host, &args[1])?;
    let (left, middle, right) = match this.split_once(separator.as_str()) {
        Some((left, right)) => (left, separator.as_str(), right),
        None => (this.as_str(), "", ""),
    };
    Ok(Value::tuple(vec![Value::str(left), Value::str(middle), Value::str(right)]))
}

pub fn rpartition(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let this = text(&args[0]);
    let separator = part_separator(host, &args[1])?;
    let (left, middle, right) = match this.rsplit_once(separator.as_str()) {
        Some((left, right)) => (left, separator.as_str(), right),
        None => ("", "", this.as_str()),
    };
    Ok(Value::tuple(vec![Value::str(left), Value::str(middle), Value::str(right)]))
}

fn part_separator<'a>(host: &mut dyn Host, value: &'a Value) -> R<&'a crate::python::value::Str> {
    match base(value) {
        Value::Str(text) if text.is_empty() => Err(errors::value_error("empty separator")),
        Value::Str(text) => Ok(text),
        _ => {
            let name = errors::type_name(host, value);
            Err(errors::type_error(format!("must be str, not {name}")))
        }
    }
}

fn strip_with(host: &mut dyn Host, args: &[Value], name: &str, left: bool, right: bool) -> R<Value> {
    let this = text(&args[0]);
    if let (true, Value::Str(chars)) = (this.is_ascii(), base(&args[1])) {
        let chars = chars.as_bytes();
        let bytes = this.as_bytes();
        let (mut start, mut end) = (0, bytes.len());
        while left && start < end && chars.contains(&bytes[start]) {
            start += 1;
        }
        while right && end > start && chars.contains(&bytes[end - 1]) {
            end -= 1;
        }
        let whole = end - start == bytes.len();
        return Ok(Value::Str(if whole { this.clone() } else { this.part(start..end) }));
    }
    let chosen: Option<Vec<char>> = match base(&args[1]) {
        Value::None | Value::Unset => None,
        Value::Str(chars) => Some(chars.chars().collect()),
        _ => return Err(errors::type_error(format!("{name} arg must be None or str"))),
    };
    let drops = |c: char| match &chosen {
        Some(chars) => chars.contains(&c),
        None => is_space(c),
    };
    let mut part = this.as_str();
    if left {
        part = part.trim_start_matches(drops);
    }
    if right {
        part = part.trim_end_matches(drops);
    }
    let _ = host;
    Ok(if part.len() == this.len() { Value::Str(this.clone()) } else { Value::Str(this.part_of(part)) })
}

pub fn strip(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    strip_with(host, args, "strip", true, true)
}

pub fn lstrip(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    strip_with(host, args, "lstrip", true, false)
}

pub fn rstrip(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    strip_with(host, args, "rstrip", false, true)
}

pub fn join(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let separator = text(&args[0]).clone();
    let items = match base(&args[1]) {
        Value::Str(text) => text.chars().map(|c| Value::from(c.to_string())).collect(),
        _ => match host.collect(&args[1]) {
            Err(raised)
                if raised.is_a(&crate::diag::builtin::TYPE_ERROR) && !is_iterable(host, &args[1])? =>
            {
                return Err(errors::type_error("can only join an iterable"));
            }
            other => other?,
        },
    };
    let mut bytes = separator.len().saturating_mul(items.len().saturating_sub(1));
    for (at, item) in items.iter().enumerate() {
        let Value::Str(part) = base(item) else {
            let name = errors::type_name(host, item);
            return Err(errors::type_error(format!(
                "sequence item {at}: expected str instance, {name} found"
            )));
        };
        bytes = bytes.saturating_add(part.len());
    }
    if bytes > super::MOST_BYTES {
        return Err(errors::memory());
    }
    let mut joined = String::with_capacity(bytes);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            joined.push_str(&separator);
        }
        joined.push_str(text(item));
    }
    Ok(Value::from(joined))
}

fn is_iterable(host: &mut dyn Host, value: &Value) -> R<bool> {
    let name = crate::python::value::intern("__iter__");
    Ok(host.find_attr(value, &name)?.is_some())
}

/// `expandtabs`.
pub fn expand_tabs(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let size = int_arg(host, &args[1])?;
    if i32::try_from(size).is_err() {
        return Err(errors::overflow("Python int too large to convert to C int"));
    }
    let size = size.max(0) as usize;
    let mut column = 0;
    let mut expanded = String::new();
    for c in text(&args[0]).chars() {
        match c {
            '\t' if size > 0 => {
                let missing = size - column % size;
                if expanded.len().saturating_add(missing) > super::MOST_BYTES {
                    return Err(errors::memory());
                }
                expanded.extend(std::iter::repeat_n(' ', missing));
                column += missing;
            }
            '\t' => {}
            c => {
                column = if c == '\n' || c == '\r' { 0 } else { column + 1 };
                expanded.push(c);
            }
        }
    }
    Ok(Value::from(expanded))
}
