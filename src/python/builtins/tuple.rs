//! `tuple`, and the slices and ranges beside it.
//!
//! Owns the slots and methods of `tuple`. Must not know what it shares with lists (`sequence`).

use super::convert::{base, item_index, of_class, span};
use super::{errors, sequence};
use crate::python::value::param::{pos, pos_opt};
use crate::python::value::{
    BinaryOp, CallArgs, Class, CompareOp, Gc, Host, Iter, NativeType, ParamDefault, R, Row, Slots, Str,
    Tuple, Value, bind, mix_tuple, primitive_hash,
};

pub static TUPLE: NativeType = NativeType {
    doc: "Built-in immutable sequence.",
    methods: METHODS,
    slots: Slots {
        new: Some(new),
        repr: Some(repr),
        hash: Some(hash),
        truth: Some(|_, this| Ok(!tuple(this).is_empty())),
        compare: Some(compare),
        binary: Some(binary),
        len: Some(|_, this| Ok(tuple(this).len())),
        get_item: Some(get_item),
        contains: Some(contains),
        iter: Some(|_, this| {
            Ok(Value::Iter(Gc::new(Iter::Tuple {
                tuple: tuple(this).clone(),
                index: std::cell::Cell::new(0),
            })))
        }),
        class_get_item: Some(super::alias::class_get_item),
        ..Slots::NONE
    },
    ..NativeType::plain("tuple", "builtins")
};

/// The tuple of a receiver, which is a tuple or an instance of a subclass.
pub fn tuple(value: &Value) -> &Gc<Tuple> {
    match base(value) {
        Value::Tuple(tuple) => tuple,
        _ => unreachable!("methods of tuple are bound to tuples only"),
    }
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound = bind("tuple", const { &[pos_opt("iterable", ParamDefault::Omitted("()"))] }, args)?;
    let made = match &bound[0] {
        Value::Unset => Value::tuple(Vec::new()),
        Value::Tuple(tuple) => Value::Tuple(tuple.clone()),
        iterable => Value::tuple(host.collect(iterable)?),
    };
    Ok(of_class(class, &TUPLE, made))
}

fn repr(host: &mut dyn Host, this: &Value) -> R<Str> {
    super::convert::guard_repr(this, "(...)", || {
        let tuple = tuple(this).clone();
        let close = if tuple.len() == 1 { ",)" } else { ")" };
        sequence::repr_items(host, tuple.as_slice(), "(", close)
    })
}

fn hash(host: &mut dyn Host, this: &Value) -> R<i64> {
    let tuple = tuple(this).clone();
    let mut hashes = Vec::with_capacity(tuple.len());
    for item in tuple.as_slice() {
        hashes.push(match primitive_hash(item) {
            Some(hash) => hash,
            None => host.hash(item)?,
        });
    }
    Ok(mix_tuple(hashes.into_iter()))
}

fn compare(host: &mut dyn Host, op: CompareOp, this: &Value, other: &Value) -> R<Value> {
    let Value::Tuple(other) = base(other) else { return Ok(Value::NotImplemented) };
    let (left, right) = (tuple(this).clone(), other.clone());
    sequence::compare(host, op, left.as_slice(), right.as_slice())
}

fn binary(host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    match op {
        BinaryOp::Add if !reflected => {
            let Value::Tuple(other) = base(other) else {
                if sequence::reflects_add(host, other)? {
                    return Ok(Value::NotImplemented);
                }
                let name = errors::type_name(host, other);
                return Err(errors::type_error(format!(
                    "can only concatenate tuple (not \"{name}\") to tuple"
                )));
            };
            Ok(Value::tuple([tuple(this).as_slice(), other.as_slice()].concat()))
        }
        BinaryOp::Mul => {
            let tuple = tuple(this).clone();
            Ok(sequence::repeated(host, tuple.as_slice(), other)?.map_or(Value::NotImplemented, Value::tuple))
        }
        _ => Ok(Value::NotImplemented),
    }
}

fn get_item(host: &mut dyn Host, this: &Value, key: &Value) -> R<Value> {
    let tuple = tuple(this);
    if let Value::Slice(slice) = key {
        let span = span(host, slice, tuple.len())?;
        return Ok(Value::tuple(span.places().map(|at| tuple.as_slice()[at].clone()).collect()));
    }
    let at = item_index(host, key, tuple.len(), "tuple")?;
    at.map(|at| tuple.as_slice()[at].clone()).ok_or_else(|| errors::index_error("tuple index out of range"))
}

fn contains(host: &mut dyn Host, this: &Value, item: &Value) -> R<bool> {
    let tuple = tuple(this).clone();
    for other in tuple.as_slice() {
        if sequence::same(host, other, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

const METHODS: &[Row] = &[
    Row::method(
        "count",
        &[pos("value")],
        "Return number of occurrences of value.",
        "(1, 1).count(1)",
        |host, args| {
            let tuple = tuple(&args[0]).clone();
            sequence::count(host, tuple.as_slice(), &args[1])
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
        "(4, 5).index(5)",
        |host, args| {
            let tuple = tuple(&args[0]).clone();
            match sequence::position(host, tuple.as_slice(), &args[1], &args[2], &args[3])? {
                Some(at) => Ok(Value::from(at)),
                None => Err(errors::value_error("tuple.index(x): x not in tuple")),
            }
        },
    ),
    Row::method("__getnewargs__", &[], "Arguments that make an equal tuple.", "", |_, args| {
        Ok(Value::tuple(vec![Value::Tuple(tuple(&args[0]).clone())]))
    }),
];
