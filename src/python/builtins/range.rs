//! `range` and `slice`.
//!
//! Owns both kinds. Must not know the sequences that slices cut.

use super::convert::{base, index, int_arg, item_index, small, span};
use super::{errors, sequence};
use crate::python::value::param::pos;
use crate::python::value::{
    CallArgs, Class, CompareOp, Gc, Getter, Host, Iter, NativeType, R, Range, Row, Slice, Slots, Str, Value,
    mix_tuple, primitive_hash,
};

pub static RANGE: NativeType = NativeType {
    doc: "range(stop) -> range object\nrange(start, stop[, step]) -> range object",
    is_base: false,
    methods: RANGE_METHODS,
    getters: &[
        Getter { name: "start", doc: "", get: |_, this| Ok(Value::Int(range(this).start)), set: None },
        Getter { name: "stop", doc: "", get: |_, this| Ok(Value::Int(range(this).stop)), set: None },
        Getter { name: "step", doc: "", get: |_, this| Ok(Value::Int(range(this).step)), set: None },
    ],
    slots: Slots {
        new: Some(new_range),
        repr: Some(|_, this| {
            let range = range(this);
            Ok(if range.step == 1 {
                format!("range({}, {})", range.start, range.stop)
            } else {
                format!("range({}, {}, {})", range.start, range.stop, range.step)
            }
            .into())
        }),
        hash: Some(|_, this| {
            let (len, first, step) = identity(range(this));
            let parts = [
                Value::from(len),
                first.map_or(Value::None, Value::Int),
                step.map_or(Value::None, Value::Int),
            ];
            Ok(mix_tuple(
                parts.iter().map(|part| primitive_hash(part).unwrap_or(0)).collect::<Vec<_>>().into_iter(),
            ))
        }),
        truth: Some(|_, this| Ok(!range(this).is_empty())),
        compare: Some(|_, op, this, other| {
            let Value::Range(other) = other else { return Ok(Value::NotImplemented) };
            let same = identity(range(this)) == identity(other);
            Ok(match op {
                CompareOp::Eq => Value::Bool(same),
                CompareOp::Ne => Value::Bool(!same),
                _ => Value::NotImplemented,
            })
        }),
        len: Some(|_, this| Ok(range(this).len())),
        get_item: Some(get_range_item),
        contains: Some(|host, this, item| Ok(find(host, this, item)?.is_some())),
        iter: Some(|_, this| {
            let range = range(this);
            Ok(Value::Iter(Gc::new(iterate(range.start, range.stop, range.step))))
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("range", "builtins")
};

fn iterate(start: i64, stop: i64, step: i64) -> Iter {
    Iter::Range { next: std::cell::Cell::new(start), stop, step }
}

fn range(value: &Value) -> &Range {
    match value {
        Value::Range(range) => range,
        _ => unreachable!("methods of range are bound to ranges only"),
    }
}

/// What makes two ranges equal: their items.
fn identity(range: &Range) -> (usize, Option<i64>, Option<i64>) {
    match range.len() {
        0 => (0, None, None),
        1 => (1, Some(range.start), None),
        len => (len, Some(range.start), Some(range.step)),
    }
}

fn new_range(host: &mut dyn Host, _class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    if !args.names.is_empty() {
        return Err(errors::type_error("range() takes no keyword arguments"));
    }
    let mut numbers = Vec::with_capacity(3);
    for arg in args.positional {
        numbers.push(int_arg(host, arg)?);
    }
    let (start, stop, step) = match numbers[..] {
        [stop] => (0, stop, 1),
        [start, stop] => (start, stop, 1),
        [start, stop, step] => (start, stop, step),
        [] => return Err(errors::type_error("range expected at least 1 argument, got 0")),
        _ => {
            return Err(errors::type_error(format!(
                "range expected at most 3 arguments, got {}",
                numbers.len()
            )));
        }
    };
    if step == 0 {
        return Err(errors::value_error("range() arg 3 must not be zero"));
    }
    Ok(Value::Range(Gc::new(Range { start, stop, step })))
}

fn get_range_item(host: &mut dyn Host, this: &Value, key: &Value) -> R<Value> {
    let range = range(this);
    if let Value::Slice(slice) = key {
        let span = span(host, slice, range.len())?;
        let at = |index: i64| range.start.saturating_add(index.saturating_mul(range.step));
        let made =
            Range { start: at(span.start), stop: at(span.stop), step: range.step.saturating_mul(span.step) };
        return Ok(Value::Range(Gc::new(made)));
    }
    match item_index(host, key, range.len(), "range")? {
        Some(at) => Ok(Value::Int(range.at(at))),
        None => Err(errors::index_error("range object index out of range")),
    }
}

fn find(host: &mut dyn Host, this: &Value, item: &Value) -> R<Option<usize>> {
    let range = range(this);
    if let Some(number) = small(item) {
        let offset = i128::from(number) - i128::from(range.start);
        let at = offset / i128::from(range.step);
        let inside = offset % i128::from(range.step) == 0 && at >= 0 && (at as usize) < range.len();
        return Ok(inside.then_some(at as usize));
    }
    if matches!(base(item), Value::Str(_) | Value::None | Value::BigInt(_)) {
        return Ok(None);
    }
    for at in 0..range.len() {
        if sequence::same(host, &Value::Int(range.at(at)), item)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

const RANGE_METHODS: &[Row] = &[
    Row::method(
        "count",
        &[pos("value")],
        "Return number of occurrences of value.",
        "range(5).count(3)",
        |host, args| Ok(Value::Int(i64::from(find(host, &args[0], &args[1])?.is_some()))),
    ),
    Row::method("index", &[pos("value")], "Return index of value.", "range(5).index(3)", |host, args| {
        match find(host, &args[0], &args[1])? {
            Some(at) => Ok(Value::from(at)),
            None => {
                let shown = host.repr(&args[1])?;
                Err(errors::value_error(format!("{shown} is not in range")))
            }
        }
    }),
    Row::method("__reversed__", &[], "Return a reverse iterator.", "", |_, args| {
        let range = range(&args[0]);
        let len = range.len() as i64;
        let last = range.start.saturating_add((len - 1).saturating_mul(range.step));
        Ok(Value::Iter(Gc::new(iterate(last, range.start.saturating_sub(range.step), -range.step))))
    }),
];

pub static SLICE: NativeType = NativeType {
    doc: "slice(stop)\nslice(start, stop[, step])",
    is_base: false,
    methods: &[Row::method(
        "indices",
        &[pos("len")],
        "Start, stop and step for a sequence of that length.",
        "slice(1, None).indices(5)",
        |host, args| {
            let len = match index(host, &args[1])? {
                Value::Int(len) if len >= 0 => len as usize,
                _ => return Err(errors::value_error("length should not be negative")),
            };
            let span = span(host, slice(&args[0]), len)?;
            Ok(Value::tuple(vec![Value::Int(span.start), Value::Int(span.stop), Value::Int(span.step)]))
        },
    )],
    getters: &[
        Getter { name: "start", doc: "", get: |_, this| Ok(slice(this).start.clone()), set: None },
        Getter { name: "stop", doc: "", get: |_, this| Ok(slice(this).stop.clone()), set: None },
        Getter { name: "step", doc: "", get: |_, this| Ok(slice(this).step.clone()), set: None },
    ],
    slots: Slots {
        new: Some(new_slice),
        repr: Some(repr_slice),
        hash: Some(|host, this| Err(errors::unhashable(host, this))),
        compare: Some(|host, op, this, other| {
            let Value::Slice(other) = other else { return Ok(Value::NotImplemented) };
            let parts = |slice: &Slice| [slice.start.clone(), slice.stop.clone(), slice.step.clone()];
            sequence::compare(host, op, &parts(slice(this)), &parts(other))
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("slice", "builtins")
};

fn slice(value: &Value) -> &Slice {
    match value {
        Value::Slice(slice) => slice,
        _ => unreachable!("methods of slice are bound to slices only"),
    }
}

fn new_slice(_host: &mut dyn Host, _class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let (start, stop, step) = match args.positional {
        [stop] => (Value::None, stop.clone(), Value::None),
        [start, stop] => (start.clone(), stop.clone(), Value::None),
        [start, stop, step] => (start.clone(), stop.clone(), step.clone()),
        [] => return Err(errors::type_error("slice expected at least 1 argument, got 0")),
        many => {
            return Err(errors::type_error(format!(
                "slice expected at most 3 arguments, got {}",
                many.len()
            )));
        }
    };
    Ok(Value::Slice(Gc::new(Slice { start, stop, step })))
}

fn repr_slice(host: &mut dyn Host, this: &Value) -> R<Str> {
    let slice = slice(this);
    let (start, stop) = (host.repr(&slice.start)?, host.repr(&slice.stop)?);
    Ok(format!("slice({start}, {stop}, {})", host.repr(&slice.step)?).into())
}
