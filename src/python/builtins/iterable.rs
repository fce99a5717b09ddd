//! Iterators that are not a container's own: enumerate, zip, map, filter, reversed, iter(f, sentinel), sequences.
//!
//! Owns these as types that are called, and the kinds of all native iterators by name. Must not know containers.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::convert::index;
use super::errors;
use crate::python::value::param::{args as var_args, kw, opt, pos, req};
use crate::python::value::{
    BinaryOp, CallArgs, Class, Gc, Host, Iter, NativeIter, NativeType, Param, ParamDefault, R, Row, Slots,
    Value, Visitor, bind, intern, only_argument,
};

/// Whether `iter(value)` would work, without trying it.
pub fn is_iterable(host: &mut dyn Host, value: &Value) -> R<bool> {
    Ok(match super::convert::base(value) {
        Value::Str(_)
        | Value::Bytes(_)
        | Value::Tuple(_)
        | Value::List(_)
        | Value::Dict(_)
        | Value::Set(_)
        | Value::Range(_)
        | Value::Iter(_)
        | Value::Generator(_) => true,
        Value::Instance(_) | Value::Class(_) => {
            let class = host.class_of(value);
            class.lookup(&intern("__iter__")).is_some_and(|method| !method.is_none())
                || class.lookup(&intern("__getitem__")).is_some()
                || class.native.slot(|slots| slots.iter).is_some()
        }
        _ => false,
    })
}

const ITERATOR: Slots = Slots {
    iter: Some(|_, this| Ok(this.clone())),
    next: Some(|host, this| match this {
        Value::Iter(iter) => iter.next(host),
        _ => Ok(None),
    }),
    ..Slots::NONE
};

const HINT: Row = Row::method(
    "__length_hint__",
    &[],
    "Private method returning an estimate of len(list(it)).",
    "",
    |_, args| {
        let Value::Iter(iter) = &args[0] else { return Ok(Value::NotImplemented) };
        Ok(iter.remaining().map_or(Value::NotImplemented, Value::from))
    },
);

const fn iterator(name: &'static str, module: &'static str) -> NativeType {
    NativeType { slots: ITERATOR, methods: &[HINT], is_base: false, ..NativeType::plain(name, module) }
}

const fn called(
    name: &'static str,
    doc: &'static str,
    new: fn(&mut dyn Host, &Gc<Class>, CallArgs<'_>) -> R<Value>,
) -> NativeType {
    NativeType { doc, slots: Slots { new: Some(new), ..ITERATOR }, ..iterator(name, "builtins") }
}

pub static ENUMERATE: NativeType = called("enumerate", "Return an enumerate object.", new_enumerate);
pub static ZIP: NativeType =
    called("zip", "Yield tuples of items taken from several iterables side by side.", new_zip);
pub static MAP: NativeType = called("map", "Apply a function to the items of iterables.", new_map);
pub static FILTER: NativeType =
    called("filter", "Yield those items of an iterable for which a function is true.", new_filter);
pub static REVERSED: NativeType =
    called("reversed", "Return a reverse iterator over the values of the given sequence.", new_reversed);

static LIST_ITERATOR: NativeType = iterator("list_iterator", "builtins");
static TUPLE_ITERATOR: NativeType = iterator("tuple_iterator", "builtins");
static RANGE_ITERATOR: NativeType = iterator("range_iterator", "builtins");

thread_local! {
    static NAMED: RefCell<FxHashMap<&'static str, &'static NativeType>> = RefCell::new(FxHashMap::default());
}

/// Gives native iterators of one type name a type of their own, with its constructor (`itertools.count`).
pub fn register_iterator(kind: &'static NativeType) {
    NAMED.with(|named| named.borrow_mut().insert(kind.name, kind));
}

/// The type of an iterator object.
pub fn kind(iter: &Iter) -> &'static NativeType {
    match iter {
        Iter::Range { .. } => &RANGE_ITERATOR,
        Iter::List { .. } => &LIST_ITERATOR,
        Iter::Tuple { .. } => &TUPLE_ITERATOR,
        Iter::Native(native) => {
            let name =
                native.try_borrow().ok().and_then(|native| native.as_ref().map(|native| native.type_name()));
            by_name(name.unwrap_or("iterator"))
        }
    }
}

fn by_name(name: &'static str) -> &'static NativeType {
    match name {
        "enumerate" => return &ENUMERATE,
        "zip" => return &ZIP,
        "map" => return &MAP,
        "filter" => return &FILTER,
        "reversed" => return &REVERSED,
        _ => {}
    }
    // One type a name for the life of the thread; the names are those of the source, so they are few.
    NAMED.with(|named| {
        *named.borrow_mut().entry(name).or_insert_with(|| Box::leak(Box::new(iterator(name, "builtins"))))
    })
}

struct Enumerate {
    items: Value,
    next: Value,
}

impl NativeIter for Enumerate {
    fn next(&mut self, host: &mut dyn Host) -> R<Option<Value>> {
        let Some(item) = host.next(&self.items)? else { return Ok(None) };
        let number = self.next.clone();
        self.next = match &number {
            Value::Int(small) if *small < i64::MAX => Value::Int(small + 1),
            other => host.binary(BinaryOp::Add, other, &Value::Int(1))?,
        };
        Ok(Some(Value::tuple(vec![number, item])))
    }
    fn type_name(&self) -> &'static str {
        "enumerate"
    }
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.items.trace(visitor);
    }
}

fn new_enumerate(host: &mut dyn Host, _class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    const PARAMS: &[Param] = &[req("iterable"), opt("start", ParamDefault::Int(0))];
    if args.positional.is_empty() && args.keyword("iterable").is_none() && args.names.len() < 2 {
        let Some(given) = args.names.first() else {
            return Err(errors::type_error("enumerate() missing required argument 'iterable'"));
        };
        let text = format!("'{given}' is an invalid keyword argument for enumerate()");
        return Err(errors::type_error(text));
    }
    let bound = bind("enumerate", PARAMS, args)?;
    let next = index(host, &bound[1])?;
    Ok(Value::iter(Enumerate { items: host.iter(&bound[0])?, next }))
}

struct Zip {
    items: Vec<Value>,
    strict: bool,
}

impl NativeIter for Zip {
    fn next(&mut self, host: &mut dyn Host) -> R<Option<Value>> {
        let mut row = Vec::with_capacity(self.items.len());
        for (at, items) in self.items.iter().enumerate() {
            match host.next(items)? {
                Some(item) => row.push(item),
                None if !self.strict => return Ok(None),
                None => return self.uneven(host, at),
            }
        }
        Ok((!row.is_empty()).then(|| Value::tuple(row)))
    }
    fn type_name(&self) -> &'static str {
        "zip"
    }
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.items.iter().for_each(|items| items.trace(visitor));
    }
}

impl Zip {
    /// `ValueError: zip() argument 2 is shorter than argument 1` and its kin.
    fn uneven(&self, host: &mut dyn Host, at: usize) -> R<Option<Value>> {
        let before =
            |count: usize| if count == 1 { "argument 1".to_string() } else { format!("arguments 1-{count}") };
        if at > 0 {
            return Err(errors::value_error(format!(
                "zip() argument {} is shorter than {}",
                at + 1,
                before(at)
            )));
        }
        for (other, items) in self.items.iter().enumerate().skip(1) {
            if host.next(items)?.is_some() {
                let text = format!("zip() argument {} is longer than {}", other + 1, before(other));
                return Err(errors::value_error(text));
            }
        }
        Ok(None)
    }
}

fn new_zip(host: &mut dyn Host, _class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound =
        bind("zip", const { &[var_args("iterables"), kw("strict", ParamDefault::Bool(false))] }, args)?;
    let Value::Tuple(given) = &bound[0] else { return Ok(Value::None) };
    let mut items = Vec::with_capacity(given.len());
    for (at, iterable) in given.as_slice().iter().enumerate() {
        if !is_iterable(host, iterable)? {
            let name = errors::type_name(host, iterable);
            return Err(errors::type_error(format!("'{name}' object is not iterable")));
        }
        let _ = at;
        items.push(host.iter(iterable)?);
    }
    Ok(Value::iter(Zip { items, strict: host.truth(&bound[1])? }))
}

struct Map {
    function: Value,
    items: Vec<Value>,
}

impl NativeIter for Map {
    fn next(&mut self, host: &mut dyn Host) -> R<Option<Value>> {
        if let [items] = &self.items[..] {
            let Some(item) = host.next(items)? else { return Ok(None) };
            return host.call_values(&self.function, std::slice::from_ref(&item)).map(Some);
        }
        let mut row = Vec::with_capacity(self.items.len());
        for items in &self.items {
            match host.next(items)? {
                Some(item) => row.push(item),
                None => return Ok(None),
            }
        }
        host.call_values(&self.function, &row).map(Some)
    }
    fn type_name(&self) -> &'static str {
        "map"
    }
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.function.trace(visitor);
        self.items.iter().for_each(|items| items.trace(visitor));
    }
}

fn new_map(host: &mut dyn Host, _class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    if args.positional.len() < 2 {
        return Err(errors::type_error("map() must have at least two arguments."));
    }
    let mut items = Vec::new();
    for iterable in &args.positional[1..] {
        items.push(host.iter(iterable)?);
    }
    Ok(Value::iter(Map { function: args.positional[0].clone(), items }))
}

struct Filter {
    function: Value,
    items: Value,
}

impl NativeIter for Filter {
    fn next(&mut self, host: &mut dyn Host) -> R<Option<Value>> {
        while let Some(item) = host.next(&self.items)? {
            let keep = if self.function.is_none() {
                host.truth(&item)?
            } else {
                let answer = host.call_values(&self.function, std::slice::from_ref(&item))?;
                host.truth(&answer)?
            };
            if keep {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
    fn type_name(&self) -> &'static str {
        "filter"
    }
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.function.trace(visitor);
        self.items.trace(visitor);
    }
}

fn new_filter(host: &mut dyn Host, _class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound = bind("filter", const { &[pos("function"), pos("iterable")] }, args)?;
    let items = host.iter(&bound[1])?;
    Ok(Value::iter(Filter { function: bound[0].clone(), items }))
}

struct Backwards {
    sequence: Value,
    left: usize,
}

impl NativeIter for Backwards {
    fn next(&mut self, host: &mut dyn Host) -> R<Option<Value>> {
        let Some(at) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = at;
        host.get_item(&self.sequence, &Value::from(at)).map(Some)
    }
    fn remaining(&self) -> Option<usize> {
        Some(self.left)
    }
    fn type_name(&self) -> &'static str {
        "reversed"
    }
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.sequence.trace(visitor);
    }
}

fn new_reversed(host: &mut dyn Host, _class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound = [only_argument("reversed", args)?.clone()];
    let class = host.class_of(&bound[0]);
    if class.lookup(&intern("__reversed__")).is_some_and(|method| !method.is_none()) {
        return host.call_method(&bound[0], "__reversed__", &[]);
    }
    let is_sequence = match super::convert::base(&bound[0]) {
        Value::Str(_) | Value::Bytes(_) | Value::Tuple(_) | Value::List(_) | Value::Range(_) => true,
        Value::Dict(_) | Value::Set(_) => false,
        _ => class.lookup(&intern("__getitem__")).is_some() && class.lookup(&intern("__len__")).is_some(),
    };
    if !is_sequence {
        let name = errors::type_name(host, &bound[0]);
        return Err(errors::type_error(format!("'{name}' object is not reversible")));
    }
    let left = host.len(&bound[0])?;
    Ok(Value::iter(Backwards { sequence: bound[0].clone(), left }))
}

/// Calls a function until it returns the sentinel: `iter(callable, sentinel)`.
pub struct Until {
    pub callable: Value,
    pub sentinel: Value,
}

impl NativeIter for Until {
    fn next(&mut self, host: &mut dyn Host) -> R<Option<Value>> {
        let item = host.call_values(&self.callable, &[])?;
        Ok(if host.eq(&item, &self.sentinel)? { None } else { Some(item) })
    }
    fn type_name(&self) -> &'static str {
        "callable_iterator"
    }
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.callable.trace(visitor);
        self.sentinel.trace(visitor);
    }
}

/// Steps a sequence by its `__getitem__` until IndexError: iteration of a class without `__iter__`.
pub struct ByIndex {
    pub sequence: Value,
    pub at: i64,
}

impl NativeIter for ByIndex {
    fn next(&mut self, host: &mut dyn Host) -> R<Option<Value>> {
        let at = self.at;
        self.at += 1;
        match host.get_item(&self.sequence, &Value::Int(at)) {
            Ok(item) => Ok(Some(item)),
            Err(raised)
                if raised.is_a(&crate::diag::builtin::INDEX_ERROR)
                    || raised.is_a(&crate::diag::builtin::STOP_ITERATION) =>
            {
                Ok(None)
            }
            Err(raised) => Err(raised),
        }
    }
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.sequence.trace(visitor);
    }
}

/// Steps over items that are already there.
pub struct Items {
    pub items: std::vec::IntoIter<Value>,
    pub name: &'static str,
}

impl NativeIter for Items {
    fn next(&mut self, _host: &mut dyn Host) -> R<Option<Value>> {
        Ok(self.items.next())
    }
    fn remaining(&self) -> Option<usize> {
        Some(self.items.len())
    }
    fn type_name(&self) -> &'static str {
        self.name
    }
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.items.as_slice().iter().for_each(|item| item.trace(visitor));
    }
}
