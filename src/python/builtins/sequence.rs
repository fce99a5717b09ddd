//! What lists and tuples share: repr, comparison, searching, joining and repeating.
//!
//! Owns these over plain vectors of values, which are copies: no borrow is held while the language is asked.
//! Must not know the kinds.

use super::convert::{clamped, index, is_int, repeat_count};
use super::{errors, int::holds};
use crate::python::value::MOST_ITEMS;
use crate::python::value::{CompareOp, Host, R, Str, Value, intern};

/// The reprs of items between brackets.
pub fn repr_items(host: &mut dyn Host, items: &[Value], open: &str, close: &str) -> R<Str> {
    let mut text = String::from(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        text.push_str(&host.repr(item)?);
    }
    text.push_str(close);
    Ok(text.into())
}

/// Whether two items are the same or equal, which is what containers mean by equality.
#[inline]
pub fn same(host: &mut dyn Host, left: &Value, right: &Value) -> R<bool> {
    if left.is(right) { Ok(true) } else { host.eq(left, right) }
}

/// Rich comparison item by item.
pub fn compare(host: &mut dyn Host, op: CompareOp, left: &[Value], right: &[Value]) -> R<Value> {
    if left.len() != right.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::Bool(op == CompareOp::Ne));
    }
    for (a, b) in left.iter().zip(right) {
        if !same(host, a, b)? {
            return match op {
                CompareOp::Eq => Ok(Value::Bool(false)),
                CompareOp::Ne => Ok(Value::Bool(true)),
                op => host.compare(op, a, b),
            };
        }
    }
    Ok(Value::Bool(holds(op, left.len().cmp(&right.len()))))
}

/// The index of an item between optional bounds.
pub fn position(
    host: &mut dyn Host,
    items: &[Value],
    wanted: &Value,
    start: &Value,
    stop: &Value,
) -> R<Option<usize>> {
    let len = items.len() as i64;
    let mut bound = |value: &Value, default: i64| -> R<i64> {
        if value.is_unset() {
            return Ok(default);
        }
        let at = clamped(host, value)?;
        Ok(if at < 0 { at.saturating_add(len).max(0) } else { at.min(len) })
    };
    let start = bound(start, 0)? as usize;
    let stop = bound(stop, len)? as usize;
    for (at, item) in items.iter().enumerate().take(stop).skip(start) {
        if same(host, item, wanted)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

pub fn count(host: &mut dyn Host, items: &[Value], wanted: &Value) -> R<Value> {
    let mut found = 0i64;
    for item in items {
        found += i64::from(same(host, item, wanted)?);
    }
    Ok(Value::Int(found))
}

/// The items repeated, or None where the other side ought to be asked instead.
pub fn repeated(host: &mut dyn Host, items: &[Value], times: &Value) -> R<Option<Vec<Value>>> {
    if !is_int(times)
        && matches!(times, Value::Instance(_))
        && host.find_attr(times, &intern("__rmul__"))?.is_some()
    {
        return Ok(None);
    }
    if !is_int(times) && index(host, times).is_err() {
        let name = errors::type_name(host, times);
        return Err(errors::type_error(format!("can't multiply sequence by non-int of type '{name}'")));
    }
    let count = repeat_count(host, times, items.len(), MOST_ITEMS)?;
    let mut repeated = Vec::with_capacity(items.len() * count);
    for _ in 0..count {
        repeated.extend_from_slice(items);
    }
    Ok(Some(repeated))
}

/// Whether the right side of `+` brings its own `__radd__`.
pub fn reflects_add(host: &mut dyn Host, other: &Value) -> R<bool> {
    Ok(matches!(other, Value::Instance(_)) && host.find_attr(other, &intern("__radd__"))?.is_some())
}
