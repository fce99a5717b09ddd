//! What the methods of `bytes` and `bytearray` do: searching, splitting, padding, letters.
//!
//! Owns the rule that only ASCII letters have case and only ASCII blanks are blanks. Must not know rows.

use super::bytes::{bytes_arg, data, find_in, like, slice_of};
use super::convert::{int_arg, int_or, is_int, slice_bound};
use super::{errors, text};
use crate::python::value::{Host, R, Str, Value};

pub(super) fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

pub(super) fn capitalize(bytes: &[u8]) -> Vec<u8> {
    let mut made = bytes.to_ascii_lowercase();
    if let Some(first) = made.first_mut() {
        first.make_ascii_uppercase();
    }
    made
}

pub(super) fn title(bytes: &[u8]) -> Vec<u8> {
    let mut inside = false;
    let each = bytes.iter().map(|byte| {
        let made = if inside { byte.to_ascii_lowercase() } else { byte.to_ascii_uppercase() };
        inside = byte.is_ascii_alphabetic();
        made
    });
    each.collect()
}

pub(super) fn swap_case(bytes: &[u8]) -> Vec<u8> {
    let swap = |byte: &u8| match byte.is_ascii_uppercase() {
        true => byte.to_ascii_lowercase(),
        false => byte.to_ascii_uppercase(),
    };
    bytes.iter().map(swap).collect()
}

/// What is looked for: bytes, or the number of one byte.
pub(super) fn wanted(host: &mut dyn Host, value: &Value) -> R<Vec<u8>> {
    if let Some(bytes) = slice_of(value) {
        return Ok(bytes);
    }
    if is_int(value) {
        return match int_arg(host, value).ok().and_then(|number| u8::try_from(number).ok()) {
            Some(byte) => Ok(vec![byte]),
            None => Err(errors::value_error("byte must be in range(0, 256)")),
        };
    }
    let name = errors::type_name(host, value);
    Err(errors::type_error(format!("argument should be integer or bytes-like object, not '{name}'")))
}

/// The bounds of a search; None where nothing, not even nothing itself, can be found.
pub(super) fn window(
    host: &mut dyn Host,
    len: usize,
    start: &Value,
    end: &Value,
) -> R<Option<(usize, usize)>> {
    let len = len as i64;
    let mut bound = |value: &Value, default: i64| -> R<i64> {
        if value.is_unset() {
            return Ok(default);
        }
        let at = slice_bound(host, value)?.unwrap_or(default);
        Ok(if at < 0 { at.saturating_add(len).max(0) } else { at })
    };
    let start = bound(start, 0)?;
    let end = bound(end, len)?.min(len);
    Ok((start <= end).then_some((start as usize, end as usize)))
}

pub(super) fn place(host: &mut dyn Host, args: &[Value], last: bool) -> R<Option<usize>> {
    let bytes = data(&args[0]);
    let range = window(host, bytes.len(), &args[2], &args[3])?;
    let wanted = wanted(host, &args[1])?;
    let Some((start, end)) = range else { return Ok(None) };
    let part = &bytes[start..end];
    let found = if last { find_last(part, &wanted) } else { find_in(part, &wanted) };
    Ok(found.map(|at| start + at))
}

pub(super) fn find_last(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    if wanted.is_empty() {
        return Some(bytes.len());
    }
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}

pub(super) fn or_minus_one(found: Option<usize>) -> Value {
    found.map_or(Value::Int(-1), Value::from)
}

/// `ValueError: subsection not found`
pub(super) fn not_found() -> crate::python::value::Raised {
    errors::value_error("subsection not found")
}

pub(super) fn count(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let bytes = data(&args[0]);
    let range = window(host, bytes.len(), &args[2], &args[3])?;
    let wanted = wanted(host, &args[1])?;
    let Some((start, end)) = range else { return Ok(Value::Int(0)) };
    let mut part = &bytes[start..end];
    if wanted.is_empty() {
        return Ok(Value::from(part.len() + 1));
    }
    let mut count = 0usize;
    while let Some(at) = find_in(part, &wanted) {
        count += 1;
        part = &part[at + wanted.len()..];
    }
    Ok(Value::from(count))
}

pub(super) fn affix(
    host: &mut dyn Host,
    args: &[Value],
    name: &str,
    test: fn(&[u8], &[u8]) -> bool,
) -> R<Value> {
    let bytes = data(&args[0]);
    let range = window(host, bytes.len(), &args[2], &args[3])?;
    let part = range.map(|(start, end)| &bytes[start..end]);
    if let Value::Tuple(choices) = super::convert::base(&args[1]) {
        for choice in choices.as_slice() {
            let wanted = bytes_arg(host, choice)?;
            if part.is_some_and(|part| test(part, &wanted)) {
                return Ok(Value::Bool(true));
            }
        }
        return Ok(Value::Bool(false));
    }
    let Some(wanted) = slice_of(&args[1]) else {
        let given = errors::type_name(host, &args[1]);
        let text = format!("{name} first arg must be bytes or a tuple of bytes, not {given}");
        return Err(errors::type_error(text));
    };
    Ok(Value::Bool(part.is_some_and(|part| test(part, &wanted))))
}

pub(super) fn strip(host: &mut dyn Host, args: &[Value], left: bool, right: bool) -> R<Value> {
    let set = if args[1].is_none() { b" \t\n\r\x0b\x0c".to_vec() } else { bytes_arg(host, &args[1])? };
    let bytes = data(&args[0]);
    let mut kept = &bytes[..];
    while let [first, rest @ ..] = kept
        && left
        && set.contains(first)
    {
        kept = rest;
    }
    while let [rest @ .., last] = kept
        && right
        && set.contains(last)
    {
        kept = rest;
    }
    Ok(like(&args[0], kept.to_vec()))
}

pub(super) fn split(host: &mut dyn Host, args: &[Value], from_end: bool) -> R<Value> {
    let most = int_or(host, &args[2], -1)?;
    let most = if most < 0 { usize::MAX } else { most as usize };
    let mut bytes = data(&args[0]);
    let mut parts: Vec<Vec<u8>> = Vec::new();
    if from_end {
        bytes.reverse();
    }
    if args[1].is_none() {
        let skip = |rest: &[u8]| rest.iter().position(|byte| !is_blank(byte)).unwrap_or(rest.len());
        let mut rest = &bytes[skip(&bytes)..];
        while !rest.is_empty() {
            if parts.len() == most {
                let end = rest.iter().rposition(|byte| !is_blank(byte)).map_or(0, |at| at + 1);
                parts.push(rest[..end].to_vec());
                break;
            }
            let end = rest.iter().position(is_blank).unwrap_or(rest.len());
            parts.push(rest[..end].to_vec());
            rest = &rest[end..];
            rest = &rest[skip(rest)..];
        }
    } else {
        let mut separator = bytes_arg(host, &args[1])?;
        if separator.is_empty() {
            return Err(errors::value_error("empty separator"));
        }
        if from_end {
            separator.reverse();
        }
        let mut rest = &bytes[..];
        while parts.len() < most
            && let Some(at) = find_in(rest, &separator)
        {
            parts.push(rest[..at].to_vec());
            rest = &rest[at + separator.len()..];
        }
        parts.push(rest.to_vec());
    }
    if from_end {
        parts.reverse();
        parts.iter_mut().for_each(|part| part.reverse());
    }
    Ok(Value::list(parts.into_iter().map(|part| like(&args[0], part)).collect()))
}

pub(super) fn lines(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let keep = int_arg(host, &args[1])? != 0;
    let bytes = data(&args[0]);
    let mut rest = &bytes[..];
    let mut made = Vec::new();
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let mark = match &rest[end..] {
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => 1,
        };
        made.push(like(&args[0], rest[..if keep { end + mark } else { end }].to_vec()));
        rest = &rest[end + mark..];
    }
    Ok(Value::list(made))
}

pub(super) fn partition(host: &mut dyn Host, args: &[Value], last: bool) -> R<Value> {
    let separator = bytes_arg(host, &args[1])?;
    if separator.is_empty() {
        return Err(errors::value_error("empty separator"));
    }
    let bytes = data(&args[0]);
    let found = if last { find_last(&bytes, &separator) } else { find_in(&bytes, &separator) };
    let parts = match found {
        Some(at) => [bytes[..at].to_vec(), separator.clone(), bytes[at + separator.len()..].to_vec()],
        None if last => [Vec::new(), Vec::new(), bytes],
        None => [bytes, Vec::new(), Vec::new()],
    };
    Ok(Value::tuple(parts.into_iter().map(|part| like(&args[0], part)).collect()))
}

pub(super) fn replace(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let (old, new) = (bytes_arg(host, &args[1])?, bytes_arg(host, &args[2])?);
    let most = int_or(host, &args[3], -1)?;
    let mut left = if most < 0 { usize::MAX } else { most as usize };
    let bytes = data(&args[0]);
    let mut rest = &bytes[..];
    let mut made = Vec::new();
    while left > 0
        && let Some(at) = find_in(rest, &old)
    {
        left -= 1;
        made.extend_from_slice(&rest[..at]);
        made.extend_from_slice(&new);
        rest = &rest[at + old.len()..];
        if made.len() > super::convert::MOST_BYTES {
            return Err(errors::memory());
        }
        if old.is_empty() {
            let Some((first, others)) = rest.split_first() else { break };
            made.push(*first);
            rest = others;
            if rest.is_empty() && left > 0 {
                made.extend_from_slice(&new);
                left = 0;
            }
        }
    }
    made.extend_from_slice(rest);
    Ok(like(&args[0], made))
}

/// `center`, `ljust`, `rjust`: `before` says how much of the padding stands on the left.
pub(super) fn pad(
    host: &mut dyn Host,
    args: &[Value],
    name: &str,
    before: fn(usize, usize) -> usize,
) -> R<Value> {
    let width = int_arg(host, &args[1])?.max(0) as usize;
    let fill = match slice_of(&args[2]).as_deref() {
        None if args[2].is_unset() => b' ',
        Some([fill]) => *fill,
        _ => {
            let given = errors::type_name(host, &args[2]);
            let text = format!("{name}() argument 2 must be a byte string of length 1, not {given}");
            return Err(errors::type_error(text));
        }
    };
    let bytes = data(&args[0]);
    let more = width.saturating_sub(bytes.len());
    if more > super::convert::MOST_BYTES {
        return Err(errors::memory());
    }
    let left = before(more, width);
    let made = [vec![fill; left], bytes, vec![fill; more - left]].concat();
    Ok(like(&args[0], made))
}

pub(super) fn zfill(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let width = int_arg(host, &args[1])?.max(0) as usize;
    let mut bytes = data(&args[0]);
    let more = width.saturating_sub(bytes.len());
    if more > super::convert::MOST_BYTES {
        return Err(errors::memory());
    }
    let at = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    bytes.splice(at..at, std::iter::repeat_n(b'0', more));
    Ok(like(&args[0], bytes))
}

pub(super) fn expand_tabs(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let size = int_arg(host, &args[1])?.max(0) as usize;
    let mut made = Vec::new();
    let mut column = 0;
    for byte in data(&args[0]) {
        match byte {
            b'\t' => {
                let more = if size == 0 { 0 } else { size - column % size };
                made.extend(std::iter::repeat_n(b' ', more));
                column += more;
            }
            byte => {
                made.push(byte);
                column = if matches!(byte, b'\n' | b'\r') { 0 } else { column + 1 };
            }
        }
    }
    Ok(like(&args[0], made))
}

pub(super) fn translate(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let table = if args[1].is_none() { None } else { Some(bytes_arg(host, &args[1])?) };
    if table.as_ref().is_some_and(|table| table.len() != 256) {
        return Err(errors::value_error("translation table must be 256 characters long"));
    }
    let gone = if args[2].is_unset() { Vec::new() } else { bytes_arg(host, &args[2])? };
    let kept = data(&args[0]).into_iter().filter(|byte| !gone.contains(byte));
    let made = kept.map(|byte| table.as_ref().map_or(byte, |table| table[usize::from(byte)])).collect();
    Ok(like(&args[0], made))
}

pub(super) fn join(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    if !super::iterable::is_iterable(host, &args[1])? {
        return Err(errors::type_error("can only join an iterable"));
    }
    let separator = data(&args[0]);
    let mut joined = Vec::new();
    for (at, item) in host.collect(&args[1])?.iter().enumerate() {
        let Some(part) = slice_of(item) else {
            let name = errors::type_name(host, item);
            let text = format!("sequence item {at}: expected a bytes-like object, {name} found");
            return Err(errors::type_error(text));
        };
        if at > 0 {
            joined.extend_from_slice(&separator);
        }
        joined.extend(part);
    }
    Ok(like(&args[0], joined))
}

pub(super) fn hex(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let bytes = data(&args[0]);
    let separator = match &args[1] {
        Value::Unset => Str::new(""),
        value => {
            if host.len(value)? != 1 {
                return Err(errors::value_error("sep must be length 1."));
            }
            match slice_of(value) {
                Some(bytes) => text::decode(&bytes, "latin-1", "strict")?.into(),
                None if value.as_str().is_some() => host.str(value)?,
                None => return Err(errors::type_error("sep must be str or bytes.")),
            }
        }
    };
    if !separator.is_ascii() {
        return Err(errors::value_error("sep must be ASCII."));
    }
    let every = int_or(host, &args[2], 1)?;
    let mut shown = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        let edge = if every >= 0 { (bytes.len() - at) as i64 } else { at as i64 };
        if at > 0 && every != 0 && edge % every.abs() == 0 {
            shown.push_str(&separator);
        }
        shown.push_str(&format!("{byte:02x}"));
    }
    Ok(Value::from(shown))
}
