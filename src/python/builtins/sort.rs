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
        (Value::Tuple(a), Value::Tuple(b)) => stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
            for (a, b) in a.as_slice().iter().zip(b.as_slice()) {
                match primitive_cmp(a, b)? {
                    Ordering::Equal => {}
                    order => return Some(order),
                }
            }
            Some(a.len().cmp(&b.len()))
        }),
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
            match host.check_interrupt().and_then(|()| host.call_values(key, std::slice::from_ref(item))) {
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

/// Items that are compared without a look at Ctrl-C.
const AT_ONCE: usize = 1 << 18;

fn sort_pairs(host: &mut dyn Host, pairs: &mut Vec<Pair>) -> R<()> {
    let numbers = pairs.iter().all(|(by, item)| matches!(by, Value::Int(_)) && item.is_none());
    if numbers {
        return sort_numbers(host, pairs);
    }
    let uniform = pairs.iter().all(|(by, _)| matches!(by, Value::Int(_)))
        || pairs.iter().all(|(by, _)| matches!(by, Value::Str(_)))
        || pairs.iter().all(|(by, _)| matches!(by, Value::Float(number) if !number.is_nan()));
    if uniform {
        return sort_simple(host, pairs, &|(a, _), (b, _)| primitive_cmp(a, b).unwrap_or(Ordering::Equal));
    }
    let order = sort_order(host, pairs)?;
    let mut taken: Vec<Option<Pair>> = std::mem::take(pairs).into_iter().map(Some).collect();
    pairs.extend(order.iter().filter_map(|&at| taken[at as usize].take()));
    Ok(())
}

/// Small integers are equal only to themselves, so they may change places.
fn sort_numbers(host: &mut dyn Host, pairs: &mut [Pair]) -> R<()> {
    let mut numbers: Vec<i64> =
        pairs.iter().map(|(by, _)| if let Value::Int(number) = by { *number } else { 0 }).collect();
    sort_simple(host, &mut numbers, &i64::cmp)?;
    for ((by, _), number) in pairs.iter_mut().zip(numbers) {
        *by = Value::Int(number);
    }
    Ok(())
}

/// Sorts by an order that cannot fail, in parts between which Ctrl-C is looked at. The library's sort finds the two
/// sorted halves and only merges them.
fn sort_simple<T>(host: &mut dyn Host, items: &mut [T], order: &dyn Fn(&T, &T) -> Ordering) -> R<()> {
    host.check_interrupt()?;
    if items.len() > AT_ONCE {
        let (left, right) = items.split_at_mut(items.len() / 2);
        sort_simple(host, left, order)?;
        sort_simple(host, right, order)?;
    }
    items.sort_by(order);
    Ok(())
}

/// The order in which the items stand sorted.
fn sort_order(host: &mut dyn Host, pairs: &[Pair]) -> R<Vec<u32>> {
    const RUN: usize = 16;
    let len = pairs.len();
    let mut order: Vec<u32> = (0..len as u32).collect();
    for start in (0..len).step_by(RUN) {
        if start % AT_ONCE == 0 {
            host.check_interrupt()?;
        }
        insertion(host, pairs, &mut order[start..(start + RUN).min(len)])?;
    }
    let mut merged: Vec<u32> = Vec::with_capacity(len);
    let mut width = RUN;
    while width < len {
        let mut start = 0;
        while start + width < len {
            let end = (start + 2 * width).min(len);
            merge(host, pairs, &mut order[start..end], width, &mut merged)?;
            start = end;
        }
        width *= 2;
    }
    Ok(order)
}

fn insertion(host: &mut dyn Host, pairs: &[Pair], run: &mut [u32]) -> R<()> {
    for at in 1..run.len() {
        let mut place = at;
        while place > 0 && less(host, &pairs[run[place] as usize].0, &pairs[run[place - 1] as usize].0)? {
            run.swap(place, place - 1);
            place -= 1;
        }
    }
    Ok(())
}

/// Merges two sorted halves.
fn merge(
    host: &mut dyn Host,
    pairs: &[Pair],
    run: &mut [u32],
    middle: usize,
    merged: &mut Vec<u32>,
) -> R<()> {
    let by = |at: u32| &pairs[at as usize].0;
    if !less(host, by(run[middle]), by(run[middle - 1]))? {
        return Ok(());
    }
    merged.clear();
    let (mut left, mut right) = (0, middle);
    while left < middle && right < run.len() {
        if merged.len() % AT_ONCE == AT_ONCE - 1 {
            host.check_interrupt()?;
        }
        if less(host, by(run[right]), by(run[left]))? {
            merged.push(run[right]);
            right += 1;
        } else {
            merged.push(run[left]);
            left += 1;
        }
    }
    merged.extend_from_slice(&run[left..middle]);
    merged.extend_from_slice(&run[right..]);
    run.copy_from_slice(merged);
    Ok(())
}
