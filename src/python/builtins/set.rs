//! `set` and `frozenset`.
//!
//! Owns their slots, methods and algebra, in CPython's order of insertion. Must not know the table (`value::Set`).

use super::convert::{base, guard_repr, of_class};
use super::{errors, sequence};
use crate::python::value::param::{args as var_args, pos, pos_opt};
use crate::python::value::{
    BinaryOp, CallArgs, Class, CompareOp, Gc, Host, NativeIter, NativeType, Param, ParamDefault, R, Row, Set,
    Slots, Str, Value, Visitor, bind,
};

const SLOTS: Slots = Slots {
    repr: Some(repr),
    truth: Some(|_, this| Ok(!set(this).is_empty())),
    compare: Some(compare),
    binary: Some(binary),
    len: Some(|_, this| Ok(set(this).len())),
    contains: Some(contains),
    iter: Some(|_, this| Ok(Value::iter(Walk { set: set(this).clone(), at: 0, len: set(this).len() }))),
    class_get_item: Some(super::alias::class_get_item),
    ..Slots::NONE
};

pub static SET: NativeType = NativeType {
    constants: &[("__hash__", || Value::None)],
    doc: "Build an unordered collection of unique elements.",
    methods: MUTABLE,
    slots: Slots {
        new: Some(|_, class, _| Ok(of_class(class, &SET, Value::Set(Gc::new(Set::new(false)))))),
        init: Some(init),
        hash: Some(|host, this| Err(errors::unhashable(host, this))),
        ..SLOTS
    },
    ..NativeType::plain("set", "builtins")
};

pub static FROZENSET: NativeType = NativeType {
    doc: "Build an immutable unordered collection of unique elements.",
    methods: SHARED,
    slots: Slots { new: Some(new_frozen), hash: Some(hash_frozen), ..SLOTS },
    ..NativeType::plain("frozenset", "builtins")
};

/// The set of a receiver, which is a set, a frozen set or an instance of a subclass.
pub fn set(value: &Value) -> &Gc<Set> {
    match base(value) {
        Value::Set(set) => set,
        _ => unreachable!("methods of set are bound to sets only"),
    }
}

fn init(host: &mut dyn Host, this: &Value, args: CallArgs<'_>) -> R<()> {
    let bound = bind("set", const { &[pos_opt("iterable", ParamDefault::Omitted("()"))] }, args)?;
    let set = set(this).clone();
    set.clear();
    if bound[0].is_unset() { Ok(()) } else { merge(host, &set, &bound[0]) }
}

fn new_frozen(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound = bind("frozenset", const { &[pos_opt("iterable", ParamDefault::Omitted("()"))] }, args)?;
    let made = match &bound[0] {
        Value::Unset => Set::new(true),
        Value::Set(set) if set.frozen => return Ok(of_class(class, &FROZENSET, Value::Set(set.clone()))),
        iterable => from_iterable(host, iterable, true)?,
    };
    Ok(of_class(class, &FROZENSET, Value::Set(Gc::new(made))))
}

/// A set of the items of an iterable; a set is copied as CPython copies it.
pub fn from_iterable(host: &mut dyn Host, iterable: &Value, frozen: bool) -> R<Set> {
    if let Value::Set(set) = base(iterable) {
        return Ok(set.copy(frozen));
    }
    let set = Set::new(frozen);
    merge(host, &set, iterable)?;
    Ok(set)
}

/// Adds the items of an iterable, with the growth that CPython has for sets and dictionaries.
pub fn merge(host: &mut dyn Host, set: &Set, iterable: &Value) -> R<()> {
    match base(iterable) {
        Value::Set(other) if set.is_untouched() => {
            set.fill_from(other);
            return Ok(());
        }
        Value::Set(other) => set.make_room(other.len()),
        Value::Dict(other) => set.make_room(other.len()),
        _ => {}
    }
    for item in host.collect(iterable)? {
        host.set_add(set, item)?;
    }
    Ok(())
}

fn hash_frozen(_host: &mut dyn Host, this: &Value) -> R<i64> {
    let mut hash: u64 = 0;
    let set = set(this);
    for (item, _) in set.entries() {
        let item = item as u64;
        hash ^= (item ^ 89_869_747 ^ (item << 16)).wrapping_mul(3_644_798_167);
    }
    hash ^= (set.len() as u64 + 1).wrapping_mul(1_927_868_237);
    hash ^= (hash >> 11) ^ (hash >> 25);
    hash = hash.wrapping_mul(69069).wrapping_add(907_133_923);
    Ok(if hash == u64::MAX { 590_923_713 } else { hash as i64 })
}

fn repr(host: &mut dyn Host, this: &Value) -> R<Str> {
    let name = errors::type_name(host, this);
    let set = set(this).clone();
    if set.is_empty() {
        return Ok(format!("{name}()").into());
    }
    let again = format!("{name}(...)");
    guard_repr(this, &again, || {
        let plain = matches!(this, Value::Set(set) if !set.frozen);
        let (open, close) = if plain { ("{".to_string(), "}") } else { (format!("{name}({{"), "})") };
        sequence::repr_items(host, &set.to_vec(), &open, close)
    })
}

fn contains(host: &mut dyn Host, this: &Value, item: &Value) -> R<bool> {
    let set = set(this).clone();
    // A set in a set is looked for by its frozen twin.
    if let Value::Set(wanted) = base(item)
        && !wanted.frozen
    {
        let frozen = Value::Set(Gc::new(wanted.copy(true)));
        return Ok(host.set_find(&set, &frozen)?.0.is_some());
    }
    Ok(host.set_find(&set, item)?.0.is_some())
}

fn is_subset(host: &mut dyn Host, small: &Gc<Set>, large: &Gc<Set>) -> R<bool> {
    if small.len() > large.len() {
        return Ok(false);
    }
    for item in small.to_vec() {
        if host.set_find(large, &item)?.0.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn compare(host: &mut dyn Host, op: CompareOp, this: &Value, other: &Value) -> R<Value> {
    let Value::Set(other) = base(other) else { return Ok(Value::NotImplemented) };
    let (this, other) = (set(this).clone(), other.clone());
    Ok(Value::Bool(match op {
        CompareOp::Eq => this.len() == other.len() && is_subset(host, &this, &other)?,
        CompareOp::Ne => !(this.len() == other.len() && is_subset(host, &this, &other)?),
        CompareOp::Lt => this.len() < other.len() && is_subset(host, &this, &other)?,
        CompareOp::Le => is_subset(host, &this, &other)?,
        CompareOp::Gt => this.len() > other.len() && is_subset(host, &other, &this)?,
        CompareOp::Ge => is_subset(host, &other, &this)?,
    }))
}

fn binary(host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    if !matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Sub | BinaryOp::Xor) {
        return Ok(Value::NotImplemented);
    }
    if !matches!(base(other), Value::Set(_)) {
        return Ok(Value::NotImplemented);
    }
    let (left, right) = if reflected { (other, this) } else { (this, other) };
    algebra(host, op, &set(left).clone(), right).map(|made| Value::Set(Gc::new(made)))
}

/// `left op right`, in the order in which CPython fills the result; `right` is any iterable.
pub fn algebra(host: &mut dyn Host, op: BinaryOp, left: &Set, right: &Value) -> R<Set> {
    let frozen = left.frozen;
    match op {
        BinaryOp::Or => {
            let made = left.copy(frozen);
            merge(host, &made, right)?;
            Ok(made)
        }
        BinaryOp::And => {
            let made = Set::new(frozen);
            // Of two sets the smaller one is walked.
            if let Value::Set(other) = base(right)
                && other.len() > left.len()
            {
                for item in left.to_vec() {
                    if host.set_find(other, &item)?.0.is_some() {
                        host.set_add(&made, item)?;
                    }
                }
                return Ok(made);
            }
            for item in host.collect(right)? {
                if host.set_find(left, &item)?.0.is_some() {
                    host.set_add(&made, item)?;
                }
            }
            Ok(made)
        }
        BinaryOp::Sub => {
            let others = match base(right) {
                Value::Set(other) => other.clone(),
                Value::Dict(_) => Gc::new(from_iterable(host, right, true)?),
                _ => {
                    let made = left.copy(frozen);
                    remove_all(host, &made, right)?;
                    return Ok(made);
                }
            };
            if left.len() >> 2 > others.len() {
                let made = left.copy(frozen);
                remove_all(host, &made, &Value::Set(others))?;
                return Ok(made);
            }
            let made = Set::new(frozen);
            for item in left.to_vec() {
                if host.set_find(&others, &item)?.0.is_none() {
                    host.set_add(&made, item)?;
                }
            }
            Ok(made)
        }
        _ => {
            let made = from_iterable(host, right, frozen)?;
            for item in left.to_vec() {
                match host.set_find(&made, &item)?.0 {
                    Some(place) => drop(made.remove_at(place)),
                    None => drop(host.set_add(&made, item)?),
                }
            }
            Ok(made)
        }
    }
}

fn remove_all(host: &mut dyn Host, target: &Set, items: &Value) -> R<()> {
    for item in host.collect(items)? {
        if let Some(place) = host.set_find(target, &item)?.0 {
            drop(target.remove_at(place));
        }
    }
    Ok(())
}

struct Walk {
    set: Gc<Set>,
    at: usize,
    len: usize,
}

impl NativeIter for Walk {
    fn next(&mut self, _host: &mut dyn Host) -> R<Option<Value>> {
        if self.set.len() != self.len {
            self.len = usize::MAX;
            return Err(errors::runtime_error("Set changed size during iteration"));
        }
        let Some((at, _, key)) = self.set.next_key(self.at) else { return Ok(None) };
        self.at = at + 1;
        Ok(Some(key))
    }
    fn type_name(&self) -> &'static str {
        "set_iterator"
    }
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.gc(&self.set);
    }
}

const OTHERS: &[Param] = &[var_args("others")];
const OTHER: &[Param] = &[pos("other")];

fn others(args: &[Value]) -> Vec<Value> {
    match &args[1] {
        Value::Tuple(items) => items.as_slice().to_vec(),
        _ => Vec::new(),
    }
}

fn combined(host: &mut dyn Host, args: &[Value], op: BinaryOp) -> R<Set> {
    let this = set(&args[0]).clone();
    let mut made: Option<Set> = None;
    for other in others(args) {
        made = Some(algebra(host, op, made.as_ref().unwrap_or(&this), &other)?);
    }
    Ok(made.unwrap_or_else(|| this.copy(this.frozen)))
}

fn combine(host: &mut dyn Host, args: &[Value], op: BinaryOp) -> R<Value> {
    combined(host, args, op).map(|made| Value::Set(Gc::new(made)))
}

fn replace(target: &Value, made: &Set) {
    set(target).take_table(made);
}

const COPY: Row = Row::method("copy", &[], "Return a shallow copy of a set.", "{1}.copy()", |_, args| {
    let set = set(&args[0]);
    Ok(Value::Set(Gc::new(set.copy(set.frozen))))
});
const UNION: Row =
    Row::method("union", OTHERS, "Return the union of sets as a new set.", "{1}.union([2])", |host, args| {
        combine(host, args, BinaryOp::Or)
    });
const INTERSECTION: Row = Row::method(
    "intersection",
    OTHERS,
    "Return the intersection of two sets as a new set.",
    "{1, 2}.intersection([2])",
    |host, args| combine(host, args, BinaryOp::And),
);
const DIFFERENCE: Row = Row::method(
    "difference",
    OTHERS,
    "Return the difference of two or more sets as a new set.",
    "{1, 2}.difference([2])",
    |host, args| combine(host, args, BinaryOp::Sub),
);
const SYMMETRIC: Row = Row::method(
    "symmetric_difference",
    OTHER,
    "Return the symmetric difference of two sets as a new set.",
    "{1, 2}.symmetric_difference([2, 3])",
    |host, args| {
        algebra(host, BinaryOp::Xor, &set(&args[0]).clone(), &args[1]).map(|made| Value::Set(Gc::new(made)))
    },
);
const DISJOINT: Row = Row::method(
    "isdisjoint",
    OTHER,
    "Return True if two sets have a null intersection.",
    "{1}.isdisjoint([2])",
    |host, args| {
        let set = set(&args[0]).clone();
        for item in host.collect(&args[1])? {
            if host.set_find(&set, &item)?.0.is_some() {
                return Ok(Value::Bool(false));
            }
        }
        Ok(Value::Bool(true))
    },
);
const SUBSET: Row = Row::method(
    "issubset",
    OTHER,
    "Report whether another set contains this set.",
    "{1}.issubset([1, 2])",
    |host, args| {
        let other = Gc::new(from_iterable(host, &args[1], true)?);
        is_subset(host, &set(&args[0]).clone(), &other).map(Value::Bool)
    },
);
const SUPERSET: Row = Row::method(
    "issuperset",
    OTHER,
    "Report whether this set contains another set.",
    "{1, 2}.issuperset([1])",
    |host, args| {
        let other = Gc::new(from_iterable(host, &args[1], true)?);
        is_subset(host, &other, &set(&args[0]).clone()).map(Value::Bool)
    },
);

const SHARED: &[Row] = &[COPY, UNION, INTERSECTION, DIFFERENCE, SYMMETRIC, DISJOINT, SUBSET, SUPERSET];

fn in_place(host: &mut dyn Host, args: &[Value], op: BinaryOp) -> R<Value> {
    if !matches!(base(&args[1]), Value::Set(_)) {
        return Ok(Value::NotImplemented);
    }
    change(host, &args[0], op, &args[1])?;
    Ok(args[0].clone())
}

fn change(host: &mut dyn Host, this: &Value, op: BinaryOp, other: &Value) -> R<()> {
    let target = set(this).clone();
    match op {
        BinaryOp::Or => merge(host, &target, other)?,
        BinaryOp::Sub => remove_all(host, &target, other)?,
        BinaryOp::Xor => {
            let other = from_iterable(host, other, true)?;
            for item in other.to_vec() {
                match host.set_find(&target, &item)?.0 {
                    Some(place) => drop(target.remove_at(place)),
                    None => drop(host.set_add(&target, item)?),
                }
            }
        }
        op => {
            let made = algebra(host, op, &target, other)?;
            replace(this, &made);
        }
    }
    Ok(())
}

fn update(host: &mut dyn Host, args: &[Value], op: BinaryOp) -> R<Value> {
    for other in others(args) {
        change(host, &args[0], op, &other)?;
    }
    Ok(Value::None)
}

fn discard(host: &mut dyn Host, this: &Value, item: &Value) -> R<bool> {
    let target = set(this).clone();
    let found = match base(item) {
        Value::Set(wanted) if !wanted.frozen => {
            let frozen = Value::Set(Gc::new(wanted.copy(true)));
            host.set_find(&target, &frozen)?.0
        }
        _ => host.set_find(&target, item)?.0,
    };
    if let Some(place) = found {
        drop(target.remove_at(place));
    }
    Ok(found.is_some())
}

const MUTABLE: &[Row] = &[
    COPY,
    UNION,
    INTERSECTION,
    DIFFERENCE,
    SYMMETRIC,
    DISJOINT,
    SUBSET,
    SUPERSET,
    Row::method("add", &[pos("element")], "Add an element to a set.", "", |host, args| {
        host.set_add(&set(&args[0]).clone(), args[1].clone())?;
        Ok(Value::None)
    }),
    Row::method(
        "remove",
        &[pos("element")],
        "Remove an element from a set; it must be a member.",
        "",
        |host, args| {
            if discard(host, &args[0], &args[1])? {
                Ok(Value::None)
            } else {
                Err(errors::key_error(host, &args[1]))
            }
        },
    ),
    Row::method(
        "discard",
        &[pos("element")],
        "Remove an element from a set if it is a member.",
        "",
        |host, args| {
            discard(host, &args[0], &args[1])?;
            Ok(Value::None)
        },
    ),
    Row::method("pop", &[], "Remove and return an arbitrary set element.", "{1}.pop()", |_, args| {
        let set = set(&args[0]);
        match set.next_key(0) {
            Some((place, _, _)) => Ok(set.remove_at(place)),
            None => Err(errors::key_error_text("'pop from an empty set'")),
        }
    }),
    Row::method("clear", &[], "Remove all elements from this set.", "", |_, args| {
        set(&args[0]).clear();
        Ok(Value::None)
    }),
    Row::method("update", OTHERS, "Update a set with the union of itself and others.", "", |host, args| {
        update(host, args, BinaryOp::Or)
    }),
    Row::method(
        "intersection_update",
        OTHERS,
        "Update a set with the intersection of itself and another.",
        "",
        |host, args| update(host, args, BinaryOp::And),
    ),
    Row::method(
        "difference_update",
        OTHERS,
        "Remove all elements of another set from this set.",
        "",
        |host, args| update(host, args, BinaryOp::Sub),
    ),
    Row::method(
        "symmetric_difference_update",
        OTHER,
        "Update a set with the symmetric difference of itself and another.",
        "",
        |host, args| {
            change(host, &args[0], BinaryOp::Xor, &args[1])?;
            Ok(Value::None)
        },
    ),
    Row::method("__ior__", OTHER, "Return self|=value.", "", |host, args| in_place(host, args, BinaryOp::Or)),
    Row::method("__iand__", OTHER, "Return self&=value.", "", |host, args| {
        in_place(host, args, BinaryOp::And)
    }),
    Row::method("__isub__", OTHER, "Return self-=value.", "", |host, args| {
        in_place(host, args, BinaryOp::Sub)
    }),
    Row::method("__ixor__", OTHER, "Return self^=value.", "", |host, args| {
        in_place(host, args, BinaryOp::Xor)
    }),
];
