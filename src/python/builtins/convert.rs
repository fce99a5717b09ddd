//! From values to what native code works with: integers, indexes, texts, lists of items.
//!
//! Owns unwrapping instances of subclasses of builtin kinds, `__index__`, slices resolved against a length, the
//! guard of recursive reprs. Must not know any method.

use std::cell::RefCell;

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use super::errors;
use crate::python::value::{
    BaseValue, Class, Gc, Host, Instance, NativeType, R, Slice, Str, Value, intern, native_class,
};

/// The builtin value behind an instance of a subclass of a builtin kind; any other value itself.
#[inline]
pub fn base(value: &Value) -> &Value {
    match value {
        Value::Instance(instance) => instance.payload::<BaseValue>().map_or(value, |inner| &inner.0),
        _ => value,
    }
}

/// A value as an instance of `class`: itself if that is its own kind, wrapped if it is a subclass.
pub fn of_class(class: &Gc<Class>, kind: &'static NativeType, value: Value) -> Value {
    if Gc::ptr_eq(class, &native_class(kind)) {
        return value;
    }
    Value::Instance(Instance::with_payload(class.clone(), Box::new(BaseValue(value))))
}

/// An integer, boolean included, of any size.
pub fn big(value: &Value) -> Option<BigInt> {
    match base(value) {
        Value::Int(number) => Some(BigInt::from(*number)),
        Value::Bool(value) => Some(BigInt::from(u8::from(*value))),
        Value::BigInt(number) => Some(number.0.clone()),
        _ => None,
    }
}

/// A 64-bit integer, boolean included.
pub fn small(value: &Value) -> Option<i64> {
    match base(value) {
        Value::Int(number) => Some(*number),
        Value::Bool(value) => Some(i64::from(*value)),
        _ => None,
    }
}

pub fn is_int(value: &Value) -> bool {
    matches!(base(value), Value::Int(_) | Value::Bool(_) | Value::BigInt(_))
}

/// `operator.index`: an `Int` or a `BigInt`.
pub fn index(host: &mut dyn Host, value: &Value) -> R<Value> {
    match base(value) {
        Value::Int(number) => return Ok(Value::Int(*number)),
        Value::Bool(value) => return Ok(Value::Int(i64::from(*value))),
        Value::BigInt(number) => return Ok(Value::BigInt(number.clone())),
        _ => {}
    }
    if let Value::Instance(_) = value
        && let Some(method) = host.find_attr(value, &intern("__index__"))?
    {
        let answer = host.call_values(&method, &[])?;
        return match base(&answer) {
            Value::Int(_) | Value::BigInt(_) => Ok(base(&answer).clone()),
            Value::Bool(value) => Ok(Value::Int(i64::from(*value))),
            _ => {
                let name = errors::type_name(host, &answer);
                Err(errors::type_error(format!("__index__ returned non-int (type {name})")))
            }
        };
    }
    Err(errors::not_an_integer(host, value))
}

/// An integer argument that must fit 64 bits.
pub fn int_arg(host: &mut dyn Host, value: &Value) -> R<i64> {
    match index(host, value)? {
        Value::Int(number) => Ok(number),
        _ => Err(errors::overflow("Python int too large to convert to C ssize_t")),
    }
}

/// An integer argument, or a default where it was left out.
pub fn int_or(host: &mut dyn Host, value: &Value, default: i64) -> R<i64> {
    if value.is_unset() { Ok(default) } else { int_arg(host, value) }
}

/// An integer that is cut off at the ends of 64 bits, as bounds of slices are.
pub fn clamped(host: &mut dyn Host, value: &Value) -> R<i64> {
    match index(host, value)? {
        Value::Int(number) => Ok(number),
        Value::BigInt(number) => Ok(if number.0.is_negative() { i64::MIN } else { i64::MAX }),
        _ => Ok(0),
    }
}

/// A key as an index into `len` items; None when it is out of range.
pub fn item_index(host: &mut dyn Host, key: &Value, len: usize, kind: &str) -> R<Option<usize>> {
    let at = match base(key) {
        Value::Int(number) => *number,
        _ => match index(host, key) {
            Ok(Value::Int(number)) => number,
            Ok(_) => {
                let text = "cannot fit 'int' into an index-sized integer";
                return Err(errors::index_error(text));
            }
            Err(_) if !has_index(host, key)? => return Err(errors::bad_index(host, kind, key)),
            Err(raised) => return Err(raised),
        },
    };
    let at = if at < 0 { at + len as i64 } else { at };
    Ok((at >= 0 && (at as usize) < len).then_some(at as usize))
}

fn has_index(host: &mut dyn Host, key: &Value) -> R<bool> {
    Ok(matches!(key, Value::Instance(_)) && host.find_attr(key, &intern("__index__"))?.is_some())
}

/// A slice resolved against a length: where it starts, its step, how many items.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub start: i64,
    pub stop: i64,
    pub step: i64,
    pub count: usize,
}

impl Span {
    /// The places that the slice names, in its order.
    pub fn places(self) -> impl Iterator<Item = usize> {
        (0..self.count as i64).map(move |at| (self.start + at * self.step) as usize)
    }
}

/// A bound of a slice; None stands for the sequence's own end.
pub fn slice_bound(host: &mut dyn Host, value: &Value) -> R<Option<i64>> {
    if value.is_none() {
        return Ok(None);
    }
    match clamped(host, value) {
        Ok(number) => Ok(Some(number)),
        Err(_) if !has_index(host, value)? => {
            Err(errors::type_error("slice indices must be integers or None or have an __index__ method"))
        }
        Err(raised) => Err(raised),
    }
}

/// `slice.indices(len)` and the number of items.
pub fn span(host: &mut dyn Host, slice: &Slice, len: usize) -> R<Span> {
    let step = slice_bound(host, &slice.step)?.unwrap_or(1);
    if step == 0 {
        return Err(errors::value_error("slice step cannot be zero"));
    }
    let step = step.max(-i64::MAX);
    let len = len as i64;
    let (low, high) = if step < 0 { (-1, len - 1) } else { (0, len) };
    let resolve = |bound: Option<i64>, default: i64| match bound {
        None => default,
        Some(at) if at < 0 => at.saturating_add(len).max(low),
        Some(at) => at.min(high),
    };
    let start = slice_bound(host, &slice.start)?;
    let stop = slice_bound(host, &slice.stop)?;
    let start = resolve(start, if step < 0 { high } else { low });
    let stop = resolve(stop, if step < 0 { low } else { high });
    let count = if step < 0 {
        if stop < start { (start - stop - 1) / -step + 1 } else { 0 }
    } else if start < stop {
        (stop - start - 1) / step + 1
    } else {
        0
    };
    Ok(Span { start, stop, step, count: count as usize })
}

/// How often a sequence is repeated, as a count that the result still fits memory with.
pub fn repeat_count(host: &mut dyn Host, value: &Value, len: usize, limit: usize) -> R<usize> {
    let count = match index(host, value)? {
        Value::Int(number) => number.max(0) as usize,
        Value::BigInt(number) if number.0.is_negative() => 0,
        _ => return Err(errors::overflow("cannot fit 'int' into an index-sized integer")),
    };
    match len.checked_mul(count) {
        Some(total) if total <= limit => Ok(count),
        _ => Err(errors::memory()),
    }
}

/// Most bytes or characters that one value may have; beyond it is a MemoryError at once.
pub const MOST_BYTES: usize = 1 << 31;

/// A text argument; `name` is what the message calls it (`replace() argument 1`).
pub fn text_arg<'a>(host: &mut dyn Host, value: &'a Value, name: &str) -> R<&'a Str> {
    match base(value) {
        Value::Str(text) => Ok(text),
        _ => Err(errors::bad_argument(host, name, "str", value)),
    }
}

/// A float from any real number.
pub fn float_arg(host: &mut dyn Host, value: &Value) -> R<f64> {
    match base(value) {
        Value::Float(number) => return Ok(*number),
        Value::Int(number) => return Ok(*number as f64),
        Value::Bool(value) => return Ok(f64::from(u8::from(*value))),
        Value::BigInt(number) => return big_to_float(&number.0),
        _ => {}
    }
    if let Value::Instance(_) = value {
        if let Some(method) = host.find_attr(value, &intern("__float__"))? {
            let answer = host.call_values(&method, &[])?;
            if let Value::Float(number) = base(&answer) {
                return Ok(*number);
            }
            let (of, got) = (errors::type_name(host, value), errors::type_name(host, &answer));
            return Err(errors::type_error(format!("{of}.__float__ returned non-float (type {got})")));
        }
        if host.find_attr(value, &intern("__index__"))?.is_some() {
            let number = index(host, value)?;
            return float_arg(host, &number);
        }
    }
    let name = errors::type_name(host, value);
    Err(errors::type_error(format!("must be real number, not {name}")))
}

/// The nearest float; OverflowError where there is none.
pub fn big_to_float(number: &BigInt) -> R<f64> {
    match number.to_f64() {
        Some(float) if float.is_finite() => Ok(float),
        _ => Err(errors::overflow("int too large to convert to float")),
    }
}

thread_local! {
    static REPRS: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Runs `f` unless the object's repr is already being made further out: then `again` stands for it.
pub fn guard_repr(object: &Value, again: &str, f: impl FnOnce() -> R<Str>) -> R<Str> {
    let id = object.id();
    if REPRS.with(|open| open.borrow().contains(&id)) {
        return Ok(Str::new(again));
    }
    REPRS.with(|open| open.borrow_mut().push(id));
    let text = f();
    REPRS.with(|open| open.borrow_mut().pop());
    text
}
