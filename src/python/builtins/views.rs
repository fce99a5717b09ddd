//! The views of a dictionary and the iterators over it.
//!
//! Owns `dict_keys`, `dict_values`, `dict_items` with their set algebra. Must not know `dict`'s own methods.

use super::convert::base;
use super::{errors, sequence, set};
use crate::python::value::param::pos;
use crate::python::value::{
    BinaryOp, CompareOp, Dict, Entry, Gc, Getter, Host, Native, NativeIter, NativeType, R, Row, Slots, Str,
    Value, Visitor,
};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Keys,
    Values,
    Items,
}

struct View {
    dict: Gc<Dict>,
    owner: Value,
    part: Part,
}

impl Native for View {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.gc(&self.dict);
        self.owner.trace(visitor);
    }
}

const SLOTS: Slots = Slots {
    repr: Some(repr),
    len: Some(|_, this| Ok(view_of(this).dict.len())),
    iter: Some(|_, this| Ok(iterate(&view_of(this).dict, view_of(this).part))),
    contains: Some(contains),
    ..Slots::NONE
};

const SET_LIKE: Slots = Slots {
    compare: Some(compare),
    binary: Some(binary),
    hash: Some(|host, this| Err(errors::unhashable(host, this))),
    ..SLOTS
};

const MAPPING: Getter = Getter {
    name: "mapping",
    doc: "dictionary that this view refers to",
    get: |_, this| Ok(view_of(this).owner.clone()),
    set: None,
};

const REVERSED: Row =
    Row::method("__reversed__", &[], "Return a reverse iterator over the view.", "", |_, args| {
        let view = view_of(&args[0]);
        Ok(iterate_back(&view.dict, view.part))
    });
const DISJOINT: Row = Row::method(
    "isdisjoint",
    &[pos("other")],
    "Return True if the view and the given iterable have a null intersection.",
    "{'a': 1}.keys().isdisjoint(['b'])",
    |host, args| {
        for item in host.collect(&args[1])? {
            if contains(host, &args[0], &item)? {
                return Ok(Value::Bool(false));
            }
        }
        Ok(Value::Bool(true))
    },
);

pub static KEYS: NativeType = NativeType {
    slots: SET_LIKE,
    is_base: false,
    getters: &[MAPPING],
    methods: &[REVERSED, DISJOINT],
    ..NativeType::plain("dict_keys", "builtins")
};
pub static VALUES: NativeType = NativeType {
    slots: SLOTS,
    is_base: false,
    getters: &[MAPPING],
    methods: &[REVERSED],
    ..NativeType::plain("dict_values", "builtins")
};
pub static ITEMS: NativeType = NativeType {
    slots: SET_LIKE,
    is_base: false,
    getters: &[MAPPING],
    methods: &[REVERSED, DISJOINT],
    ..NativeType::plain("dict_items", "builtins")
};

/// A view of a dictionary (or of an instance of a subclass).
pub fn view(owner: &Value, part: Part) -> Value {
    let kind = match part {
        Part::Keys => &KEYS,
        Part::Values => &VALUES,
        Part::Items => &ITEMS,
    };
    Value::native(kind, View { dict: super::dict::dict(owner).clone(), owner: owner.clone(), part })
}

fn view_of(value: &Value) -> &View {
    value.payload::<View>().expect("methods of views are bound to views only")
}

fn pick(part: Part, entry: Entry) -> Value {
    match part {
        Part::Keys => entry.key,
        Part::Values => entry.value,
        Part::Items => Value::tuple(vec![entry.key, entry.value]),
    }
}

fn items(view: &View) -> Vec<Value> {
    let pairs = view.dict.to_vec();
    pairs
        .into_iter()
        .map(|(key, value)| match view.part {
            Part::Keys => key,
            Part::Values => value,
            Part::Items => Value::tuple(vec![key, value]),
        })
        .collect()
}

fn repr(host: &mut dyn Host, this: &Value) -> R<Str> {
    super::convert::guard_repr(this, "...", || {
        let view = view_of(this);
        let name = errors::type_name(host, this);
        sequence::repr_items(host, &items(view), &format!("{name}(["), "])")
    })
}

fn contains(host: &mut dyn Host, this: &Value, item: &Value) -> R<bool> {
    let view = view_of(this);
    match view.part {
        Part::Keys => Ok(host.dict_find(&view.dict, item)?.is_some()),
        Part::Values => {
            for value in view.dict.values() {
                if sequence::same(host, &value, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Part::Items => {
            let Value::Tuple(pair) = base(item) else { return Ok(false) };
            let [key, value] = pair.as_slice() else { return Ok(false) };
            match host.dict_get(&view.dict, key)? {
                Some(found) => sequence::same(host, &found, value),
                None => Ok(false),
            }
        }
    }
}

fn is_set_like(value: &Value) -> bool {
    matches!(base(value), Value::Set(_))
        || value.payload::<View>().is_some_and(|view| view.part != Part::Values)
}

fn compare(host: &mut dyn Host, op: CompareOp, this: &Value, other: &Value) -> R<Value> {
    if !is_set_like(other) {
        return Ok(Value::NotImplemented);
    }
    let (left, right) = (host.len(this)?, host.len(other)?);
    let mut holds = |small: &Value, large: &Value| -> R<bool> {
        for item in host.collect(small)? {
            if !host.contains(large, &item)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    Ok(Value::Bool(match op {
        CompareOp::Eq => left == right && holds(this, other)?,
        CompareOp::Ne => !(left == right && holds(this, other)?),
        CompareOp::Lt => left < right && holds(this, other)?,
        CompareOp::Le => left <= right && holds(this, other)?,
        CompareOp::Gt => left > right && holds(other, this)?,
        CompareOp::Ge => left >= right && holds(other, this)?,
    }))
}

fn binary(host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    if !matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Sub | BinaryOp::Xor) {
        return Ok(Value::NotImplemented);
    }
    let (left, right) = if reflected { (other, this) } else { (this, other) };
    let left = set::from_iterable(host, left, false)?;
    set::algebra(host, op, &left, right).map(|made| Value::Set(Gc::new(made)))
}

struct Walk {
    dict: Gc<Dict>,
    part: Part,
    at: usize,
    len: usize,
    back: bool,
}

impl NativeIter for Walk {
    fn next(&mut self, _host: &mut dyn Host) -> R<Option<Value>> {
        if self.dict.len() != self.len {
            self.len = usize::MAX;
            return Err(errors::runtime_error("dictionary changed size during iteration"));
        }
        let found = if self.back { self.dict.previous_entry(self.at) } else { self.dict.next_entry(self.at) };
        let Some((at, entry)) = found else { return Ok(None) };
        self.at = if self.back { at } else { at + 1 };
        Ok(Some(pick(self.part, entry)))
    }
    fn remaining(&self) -> Option<usize> {
        (!self.back).then(|| self.len.saturating_sub(self.at))
    }
    fn type_name(&self) -> &'static str {
        match (self.part, self.back) {
            (Part::Keys, false) => "dict_keyiterator",
            (Part::Values, false) => "dict_valueiterator",
            (Part::Items, false) => "dict_itemiterator",
            (Part::Keys, true) => "dict_reversekeyiterator",
            (Part::Values, true) => "dict_reversevalueiterator",
            (Part::Items, true) => "dict_reverseitemiterator",
        }
    }
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.gc(&self.dict);
    }
}

/// An iterator over a part of a dictionary.
pub fn iterate(dict: &Gc<Dict>, part: Part) -> Value {
    Value::iter(Walk { dict: dict.clone(), part, at: 0, len: dict.len(), back: false })
}

/// The same, from the end.
pub fn iterate_back(dict: &Gc<Dict>, part: Part) -> Value {
    Value::iter(Walk { dict: dict.clone(), part, at: usize::MAX, len: dict.len(), back: true })
}
