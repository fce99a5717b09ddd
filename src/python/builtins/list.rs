//! `list`.
//!
//! Owns its slots and methods. Must not know sorting (`sort`) or what it shares with tuples (`sequence`).

use super::convert::{Span, base, int_arg, item_index, of_class, span};
use super::{errors, sequence, sort};
use crate::python::value::param::{kw, pos, pos_opt};
use crate::python::value::{
    BinaryOp, CallArgs, Class, CompareOp, Gc, Host, Iter, List, NativeIter, NativeType, ParamDefault, R, Row,
    Slots, Str, Value, Visitor, bind,
};

pub static LIST: NativeType = NativeType {
    constants: &[("__hash__", || Value::None)],
    doc: "Built-in mutable sequence.",
    methods: METHODS,
    slots: Slots {
        new: Some(new),
        init: Some(init),
        repr: Some(repr),
        hash: Some(|host, this| Err(errors::unhashable(host, this))),
        truth: Some(|_, this| Ok(!list(this).is_empty())),
        compare: Some(compare),
        binary: Some(binary),
        len: Some(|_, this| Ok(list(this).len())),
        get_item: Some(get_item),
        set_item: Some(set_item),
        del_item: Some(del_item),
        contains: Some(contains),
        iter: Some(iter),
        class_get_item: Some(super::alias::class_get_item),
        ..Slots::NONE
    },
    ..NativeType::plain("list", "builtins")
};

/// The list of a receiver, which is a list or an instance of a subclass.
pub fn list(value: &Value) -> &Gc<List> {
    match base(value) {
        Value::List(list) => list,
        _ => unreachable!("methods of list are bound to lists only"),
    }
}

fn new(_host: &mut dyn Host, class: &Gc<Class>, _args: CallArgs<'_>) -> R<Value> {
    Ok(of_class(class, &LIST, Value::list(Vec::new())))
}

fn init(host: &mut dyn Host, this: &Value, args: CallArgs<'_>) -> R<()> {
    let bound = bind("list", const { &[pos_opt("iterable", ParamDefault::Omitted("()"))] }, args)?;
    let items = if bound[0].is_unset() { Vec::new() } else { host.collect(&bound[0])? };
    let before = std::mem::replace(&mut *list(this).borrow_mut(), items);
    drop(before);
    Ok(())
}

fn repr(host: &mut dyn Host, this: &Value) -> R<Str> {
    super::convert::guard_repr(this, "[...]", || {
        let items = list(this).to_vec();
        sequence::repr_items(host, &items, "[", "]")
    })
}

fn compare(host: &mut dyn Host, op: CompareOp, this: &Value, other: &Value) -> R<Value> {
    let Value::List(other) = base(other) else { return Ok(Value::NotImplemented) };
    let (left, right) = (list(this).to_vec(), other.to_vec());
    sequence::compare(host, op, &left, &right)
}

fn binary(host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    match op {
        BinaryOp::Add if !reflected => {
            let Value::List(other) = base(other) else {
                if sequence::reflects_add(host, other)? {
                    return Ok(Value::NotImplemented);
                }
                let name = errors::type_name(host, other);
                return Err(errors::type_error(format!(
                    "can only concatenate list (not \"{name}\") to list"
                )));
            };
            let mut items = list(this).to_vec();
            items.extend(other.borrow().iter().cloned());
            Ok(Value::list(items))
        }
        BinaryOp::Mul => {
            let items = list(this).to_vec();
            Ok(sequence::repeated(host, &items, other)?.map_or(Value::NotImplemented, Value::list))
        }
        _ => Ok(Value::NotImplemented),
    }
}

fn get_item(host: &mut dyn Host, this: &Value, key: &Value) -> R<Value> {
    let list = list(this);
    if let Value::Slice(slice) = key {
        let span = span(host, slice, list.len())?;
        let items = list.borrow();
        return Ok(Value::list(span.places().filter_map(|at| items.get(at).cloned()).collect()));
    }
    let at = item_index(host, key, list.len(), "list")?;
    at.and_then(|at| list.get(at)).ok_or_else(|| errors::index_error("list index out of range"))
}

fn set_item(host: &mut dyn Host, this: &Value, key: &Value, value: Value) -> R<()> {
    let list = list(this);
    if let Value::Slice(slice) = key {
        let iterable = super::iterable::is_iterable(host, &value)?;
        if !iterable {
            return Err(errors::type_error("can only assign an iterable"));
        }
        let items = host.collect(&value)?;
        let span = span(host, slice, list.len())?;
        return set_slice(list, span, items);
    }
    let Some(at) = item_index(host, key, list.len(), "list")? else {
        return Err(errors::index_error("list assignment index out of range"));
    };
    let before = std::mem::replace(&mut list.borrow_mut()[at], value);
    drop(before);
    Ok(())
}

fn set_slice(list: &List, span: Span, items: Vec<Value>) -> R<()> {
    if span.step == 1 {
        let start = span.start as usize;
        let before: Vec<Value> = list.borrow_mut().splice(start..start + span.count, items).collect();
        drop(before);
        return Ok(());
    }
    if items.len() != span.count {
        return Err(errors::value_error(format!(
            "attempt to assign sequence of size {} to extended slice of size {}",
            items.len(),
            span.count
        )));
    }
    for (at, item) in span.places().zip(items) {
        let before = std::mem::replace(&mut list.borrow_mut()[at], item);
        drop(before);
    }
    Ok(())
}

fn del_item(host: &mut dyn Host, this: &Value, key: &Value) -> R<()> {
    let list = list(this);
    if let Value::Slice(slice) = key {
        let span = span(host, slice, list.len())?;
        let mut places: Vec<usize> = span.places().collect();
        places.sort_unstable();
        let mut gone = Vec::with_capacity(places.len());
        {
            let mut items = list.borrow_mut();
            let mut next = places.into_iter().peekable();
            let mut kept = Vec::with_capacity(items.len());
            for (at, item) in items.drain(..).enumerate() {
                if next.peek() == Some(&at) {
                    next.next();
                    gone.push(item);
                } else {
                    kept.push(item);
                }
            }
            *items = kept;
        }
        drop(gone);
        return Ok(());
    }
    let Some(at) = item_index(host, key, list.len(), "list")? else {
        return Err(errors::index_error("list assignment index out of range"));
    };
    let gone = list.borrow_mut().remove(at);
    drop(gone);
    Ok(())
}

fn contains(host: &mut dyn Host, this: &Value, item: &Value) -> R<bool> {
    let list = list(this);
    let mut at = 0;
    while let Some(other) = list.get(at) {
        if sequence::same(host, &other, item)? {
            return Ok(true);
        }
        at += 1;
    }
    Ok(false)
}

fn iter(_host: &mut dyn Host, this: &Value) -> R<Value> {
    let list = std::cell::RefCell::new(Some(list(this).clone()));
    Ok(Value::Iter(Gc::new(Iter::List { list, index: std::cell::Cell::new(0) })))
}

struct Backwards {
    list: Gc<List>,
    /// Items that are left.
    left: usize,
}

impl NativeIter for Backwards {
    fn next(&mut self, _host: &mut dyn Host) -> R<Option<Value>> {
        let Some(at) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = at;
        Ok(self.list.get(at))
    }
    fn remaining(&self) -> Option<usize> {
        Some(self.left.min(self.list.len()))
    }
    fn type_name(&self) -> &'static str {
        "list_reverseiterator"
    }
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.gc(&self.list);
    }
}

const METHODS: &[Row] = &[
    Row::method("append", &[pos("object")], "Append object to the end of the list.", "", |_, args| {
        list(&args[0]).push(args[1].clone());
        Ok(Value::None)
    }),
    Row::method(
        "extend",
        &[pos("iterable")],
        "Extend list by appending elements from the iterable.",
        "",
        |host, args| {
            let items = host.collect(&args[1])?;
            list(&args[0]).borrow_mut().extend(items);
            Ok(Value::None)
        },
    ),
    Row::method("insert", &[pos("index"), pos("object")], "Insert object before index.", "", |host, args| {
        let at = super::convert::clamped(host, &args[1])?;
        let mut items = list(&args[0]).borrow_mut();
        let len = items.len() as i64;
        let at = if at < 0 { at.saturating_add(len).max(0) } else { at.min(len) };
        items.insert(at as usize, args[2].clone());
        Ok(Value::None)
    }),
    Row::method(
        "pop",
        &[pos_opt("index", ParamDefault::Int(-1))],
        "Remove and return item at index (default last).",
        "[1, 2].pop()",
        |host, args| {
            let list = list(&args[0]);
            if list.is_empty() {
                return Err(errors::index_error("pop from empty list"));
            }
            let at = int_arg(host, &args[1])?;
            let len = list.len() as i64;
            let at = if at < 0 { at + len } else { at };
            if !(0..len).contains(&at) {
                return Err(errors::index_error("pop index out of range"));
            }
            let item = list.borrow_mut().remove(at as usize);
            Ok(item)
        },
    ),
    Row::method("remove", &[pos("value")], "Remove first occurrence of value.", "", |host, args| {
        let list = list(&args[0]);
        let mut at = 0;
        while let Some(item) = list.get(at) {
            if sequence::same(host, &item, &args[1])? {
                if at < list.len() {
                    let gone = list.borrow_mut().remove(at);
                    drop(gone);
                }
                return Ok(Value::None);
            }
            at += 1;
        }
        Err(errors::value_error("list.remove(x): x not in list"))
    }),
    Row::method("clear", &[], "Remove all items from list.", "", |_, args| {
        let gone = std::mem::take(&mut *list(&args[0]).borrow_mut());
        drop(gone);
        Ok(Value::None)
    }),
    Row::method("copy", &[], "Return a shallow copy of the list.", "[1].copy()", |_, args| {
        Ok(Value::list(list(&args[0]).to_vec()))
    }),
    Row::method(
        "count",
        &[pos("value")],
        "Return number of occurrences of value.",
        "[1, 1].count(1)",
        |host, args| {
            let items = list(&args[0]).to_vec();
            sequence::count(host, &items, &args[1])
        },
    ),
    Row::method(
        "index",
        &[
            pos("value"),
            pos_opt("start", ParamDefault::Omitted("0")),
            pos_opt("stop", ParamDefault::Omitted("9223372036854775807")),
        ],
        "Return first index of value.",
        "[4, 5].index(5)",
        |host, args| {
            let items = list(&args[0]).to_vec();
            match sequence::position(host, &items, &args[1], &args[2], &args[3])? {
                Some(at) => Ok(Value::from(at)),
                None => {
                    let shown = host.repr(&args[1])?;
                    Err(errors::value_error(format!("{shown} is not in list")))
                }
            }
        },
    ),
    Row::method("reverse", &[], "Reverse *IN PLACE*.", "", |_, args| {
        list(&args[0]).borrow_mut().reverse();
        Ok(Value::None)
    }),
    Row::method(
        "sort",
        &[kw("key", ParamDefault::None), kw("reverse", ParamDefault::Bool(false))],
        "Sort the list in ascending order and return None.",
        "",
        |host, args| {
            let list = list(&args[0]);
            let reverse = host.truth(&args[2])?;
            let items = std::mem::take(&mut *list.borrow_mut());
            let (items, failed) = match sort::sort(host, items, &args[1], reverse) {
                Ok(items) => (items, None),
                Err((items, raised)) => (items, Some(raised)),
            };
            let meanwhile = std::mem::replace(&mut *list.borrow_mut(), items);
            match failed {
                Some(raised) => Err(raised),
                None if !meanwhile.is_empty() => Err(errors::value_error("list modified during sort")),
                None => Ok(Value::None),
            }
        },
    ),
    Row::method("__reversed__", &[], "Return a reverse iterator over the list.", "", |_, args| {
        let list = list(&args[0]).clone();
        let left = list.len();
        Ok(Value::iter(Backwards { list, left }))
    }),
    Row::method("__iadd__", &[pos("value")], "Implement self+=value.", "", |host, args| {
        let items = host.collect(&args[1])?;
        list(&args[0]).borrow_mut().extend(items);
        Ok(args[0].clone())
    }),
    Row::method("__imul__", &[pos("value")], "Implement self*=value.", "", |host, args| {
        let items = list(&args[0]).to_vec();
        let Some(items) = sequence::repeated(host, &items, &args[1])? else {
            return Ok(Value::NotImplemented);
        };
        let before = std::mem::replace(&mut *list(&args[0]).borrow_mut(), items);
        drop(before);
        Ok(args[0].clone())
    }),
];
