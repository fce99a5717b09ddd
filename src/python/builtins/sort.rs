//! Sorting by the language's `<`.
//!
//! Owns a stable merge sort whose comparisons may fail, and the short cuts for plain numbers and text.
//! Must not know lists: the caller takes the items out, so that comparing may do what it likes.

use std::cmp::Ordering;

use crate::python::value::{Host, R, Value};

/// An order that needs no call into the language.
fn primitive_cmp(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Str(a), Value::Str(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Tuple(a), Value::Tuple(b)) => {
            for (a, b) in a.as_slice().iter().zip(b.as_slice()) {
                match primitive_cmp(a, b)? {
                    Ordering::Equal => {}
                    order => return Some(order),
                }
            }
            Some(a.len().cmp(&b.len()))
        }
        _ => None,
    }
}

fn less(host: &mut dyn Host, left: &Value, right: &Value) -> R<bool> {
    match primitive_cmp(left, right) {
        Some(order) => Ok(order.is_lt()),
        None => host.lt(left, right),
    }
}

/// Sorts items, by a key if there is one, descending if `reverse`; equal items keep their order either way.
pub fn sort(
    host: &mut dyn Host,
    items: Vec<Value>,
    key: &Value,
    reverse: bool,
) -> Result<Vec<Value>, (Vec<Value>, crate::python::value::Raised)> {
    let mut pairs: Vec<(Value, Option<Value>)> = Vec::with_capacity(items.len());
    if key.is_none() || key.is_unset() {
        pairs.extend(items.into_iter().map(|item| (item, None)));
    } else {
        for item in &items {
            match host.call_values(key, std::slice::from_ref(item)) {
                Ok(by) => pairs.push((by, Some(item.clone()))),
                Err(raised) => return Err((items, raised)),
            }
        }
    }
    if reverse {
        pairs.reverse();
    }
    let sorted = sort_pairs(host, &mut pairs);
    if reverse {
        pairs.reverse();
    }
    let items = pairs.into_iter().map(|(by, item)| item.unwrap_or(by)).collect();
    match sorted {
        Ok(()) => Ok(items),
        Err(raised) => Err((items, raised)),
    }
}

type Pair = (Value, Option<Value>);

fn sort_pairs(host: &mut dyn Host, pairs: &mut [Pair]) -> R<()> {
    let uniform = pairs.iter().all(|(by, _)| matches!(by, Value::Int(_)))
        || pairs.iter().all(|(by, _)| matches!(by, Value::Str(_)));
    if uniform {
        pairs.sort_by(|(a, _), (b, _)| primitive_cmp(a, b).unwrap_or(Ordering::Equal));
        return Ok(());
    }
    const RUN: usize = 16;
    let len = pairs.len();
    for start in (0..len).step_by(RUN) {
        insertion(host, &mut pairs[start..(start + RUN).min(len)])?;
    }
    let mut width = RUN;
    while width < len {
        host.check_interrupt()?;
        let mut start = 0;
        while start + width < len {
            let end = (start + 2 * width).min(len);
            merge(host, &mut pairs[start..end], width)?;
            start = end;
        }
        width *= 2;
    }
    Ok(())
}

fn insertion(host: &mut dyn Host, run: &mut [Pair]) -> R<()> {
    for at in 1..run.len() {
        let mut place = at;
        while place > 0 && less(host, &run[place].0, &run[place - 1].0)? {
            run.swap(place, place - 1);
            place -= 1;
        }
    }
    Ok(())
}

/// Merges two sorted halves. If a comparison fails the items are all still there, in some order.
fn merge(host: &mut dyn Host, run: &mut [Pair], middle: usize) -> R<()> {
    if !less(host, &run[middle].0, &run[middle - 1].0)? {
        return Ok(());
    }
    let left: Vec<Pair> = run[..middle].to_vec();
    let right: Vec<Pair> = run[middle..].to_vec();
    let (mut i, mut j) = (0, 0);
    let mut merged = Vec::with_capacity(run.len());
    while i < left.len() && j < right.len() {
        if less(host, &right[j].0, &left[i].0)? {
            merged.push(right[j].clone());
            j += 1;
        } else {
            merged.push(left[i].clone());
            i += 1;
        }
    }
    merged.extend_from_slice(&left[i..]);
    merged.extend_from_slice(&right[j..]);
    run.clone_from_slice(&merged);
    Ok(())
}
