//! `bytes` and `bytearray`.
//!
//! Owns both kinds: slots, making, repr. Must not know encodings (`text::codec`) or the methods' rows.

use std::cell::RefCell;

use super::convert::{MOST_BYTES, base, int_arg, item_index, of_class, repeat_count, span};
use super::int::holds;
use super::{errors, text};
use crate::python::value::param::opt;
use crate::python::value::{
    BinaryOp, CallArgs, Class, CompareOp, Gc, Host, Instance, Native, NativeType, Param, ParamDefault, R,
    Slots, Str, Value, bind, hash_bytes, intern,
};

const SLOTS: Slots = Slots {
    repr: Some(repr),
    truth: Some(|_, this| Ok(!data(this).is_empty())),
    compare: Some(|_, op: CompareOp, this, other| {
        Ok(slice_of(other)
            .map_or(Value::NotImplemented, |other| Value::Bool(holds(op, data(this).cmp(&other)))))
    }),
    binary: Some(binary),
    len: Some(|_, this| Ok(data(this).len())),
    get_item: Some(get_item),
    contains: Some(contains),
    iter: Some(|_, this| {
        let items: Vec<Value> = data(this).iter().map(|&byte| Value::Int(i64::from(byte))).collect();
        Ok(Value::iter(super::iterable::Items { items: items.into_iter(), name: "bytes_iterator" }))
    }),
    ..Slots::NONE
};

pub static BYTES: NativeType = NativeType {
    doc: "bytes(iterable_of_ints) -> bytes",
    methods: super::bytes_methods::METHODS,
    slots: Slots { new: Some(new), hash: Some(|_, this| Ok(hash_bytes(&data(this)))), ..SLOTS },
    ..NativeType::plain("bytes", "builtins")
};

pub static BYTEARRAY: NativeType = NativeType {
    constants: &[("__hash__", || Value::None)],
    doc: "bytearray(iterable_of_ints) -> bytearray",
    methods: super::bytes_methods::MUTABLE,
    slots: Slots {
        new: Some(new_array),
        hash: Some(|host, this| Err(errors::unhashable(host, this))),
        set_item: Some(set_item),
        ..SLOTS
    },
    ..NativeType::plain("bytearray", "builtins")
};

struct ByteArray(RefCell<Vec<u8>>);
impl Native for ByteArray {}

/// The bytes of a bytes-like value.
pub fn slice_of(value: &Value) -> Option<Vec<u8>> {
    match base(value) {
        Value::Bytes(bytes) => Some(bytes.as_slice().to_vec()),
        other => other.payload::<ByteArray>().map(|array| array.0.borrow().clone()),
    }
}

pub fn data(value: &Value) -> Vec<u8> {
    slice_of(value).unwrap_or_default()
}

/// An item of bytes.
pub fn byte_arg(host: &mut dyn Host, value: &Value) -> R<u8> {
    let number = int_arg(host, value)?;
    u8::try_from(number).map_err(|_| errors::value_error("bytes must be in range(0, 256)"))
}

/// A value like the receiver, with other bytes.
pub fn like(this: &Value, bytes: Vec<u8>) -> Value {
    match base(this) {
        Value::Bytes(_) => Value::bytes(bytes),
        _ => Value::native(&BYTEARRAY, ByteArray(RefCell::new(bytes))),
    }
}

const NEW: &[Param] = &[
    opt("source", ParamDefault::Omitted("b''")),
    opt("encoding", ParamDefault::Omitted("'utf-8'")),
    opt("errors", ParamDefault::Omitted("'strict'")),
];

pub fn from_source(host: &mut dyn Host, name: &str, args: CallArgs<'_>) -> R<Vec<u8>> {
    let bound = bind(name, NEW, args)?;
    if bound[0].is_unset() {
        return Ok(Vec::new());
    }
    for (value, which) in bound[1..].iter().zip(["encoding", "errors"]) {
        if !value.is_unset() {
            super::convert::text_arg(host, value, &format!("{name}() argument '{which}'"))?;
        }
    }
    if !bound[1].is_unset() && bound[0].as_str().is_none() {
        return Err(errors::type_error("encoding without a string argument"));
    }
    if let Value::Str(source) = base(&bound[0]) {
        if bound[1].is_unset() {
            return Err(errors::type_error("string argument without an encoding"));
        }
        let encoding = host.str(&bound[1])?;
        let handler = if bound[2].is_unset() { Str::new("strict") } else { host.str(&bound[2])? };
        return text::encode(source, &encoding, &handler);
    }
    if let Some(bytes) = slice_of(&bound[0]) {
        return Ok(bytes);
    }
    if let Value::Instance(_) = &bound[0]
        && let Some(method) = host.find_attr(&bound[0], &intern("__bytes__"))?
    {
        let made = host.call_values(&method, &[])?;
        return slice_of(&made).ok_or_else(|| errors::type_error("__bytes__ returned non-bytes"));
    }
    if super::convert::is_int(&bound[0]) {
        let count = int_arg(host, &bound[0])?;
        if count < 0 {
            return Err(errors::value_error("negative count"));
        }
        if count as usize > MOST_BYTES {
            return Err(errors::memory());
        }
        return Ok(vec![0; count as usize]);
    }
    if !super::iterable::is_iterable(host, &bound[0])? {
        let given = errors::type_name(host, &bound[0]);
        return Err(errors::type_error(format!("cannot convert '{given}' object to {name}")));
    }
    let mut bytes = Vec::new();
    for item in host.collect(&bound[0])? {
        bytes.push(byte_arg(host, &item)?);
    }
    Ok(bytes)
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bytes = from_source(host, "bytes", args)?;
    Ok(of_class(class, &BYTES, Value::bytes(bytes)))
}

fn new_array(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bytes = from_source(host, "bytearray", args)?;
    Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(ByteArray(RefCell::new(bytes))))))
}

/// `repr(bytes)`.
pub fn quote(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut quoted = format!("b{quote}");
    for &byte in bytes {
        match byte {
            b'\\' => quoted.push_str("\\\\"),
            b'\n' => quoted.push_str("\\n"),
            b'\r' => quoted.push_str("\\r"),
            b'\t' => quoted.push_str("\\t"),
            byte if byte as char == quote => {
                quoted.push('\\');
                quoted.push(quote);
            }
            b' '..=b'~' => quoted.push(byte as char),
            byte => quoted.push_str(&format!("\\x{byte:02x}")),
        }
    }
    quoted.push(quote);
    quoted
}

fn repr(_host: &mut dyn Host, this: &Value) -> R<Str> {
    let quoted = quote(&data(this));
    Ok(match base(this) {
        Value::Bytes(_) => quoted.into(),
        _ => format!("bytearray({quoted})").into(),
    })
}

fn binary(host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    match op {
        BinaryOp::Add if !reflected => match slice_of(other) {
            Some(other) => Ok(like(this, [data(this), other].concat())),
            None => {
                let (given, name) = (errors::type_name(host, other), errors::type_name(host, this));
                Err(errors::type_error(format!("can't concat {given} to {name}")))
            }
        },
        BinaryOp::Mul => {
            let bytes = data(this);
            if super::convert::index(host, other).is_err() {
                let given = errors::type_name(host, other);
                let text = format!("can't multiply sequence by non-int of type '{given}'");
                return Err(errors::type_error(text));
            }
            let count = repeat_count(host, other, bytes.len(), MOST_BYTES)?;
            Ok(like(this, bytes.repeat(count)))
        }
        BinaryOp::Mod if !reflected => {
            let template = text::decode(&data(this), "latin-1", "strict")?;
            let made = super::format::percent(host, &template, other)?;
            Ok(like(this, text::encode(&made, "latin-1", "strict")?))
        }
        _ => Ok(Value::NotImplemented),
    }
}

fn get_item(host: &mut dyn Host, this: &Value, key: &Value) -> R<Value> {
    let bytes = data(this);
    if let Value::Slice(slice) = key {
        let span = span(host, slice, bytes.len())?;
        return Ok(like(this, span.places().map(|at| bytes[at]).collect()));
    }
    let kind = if matches!(base(this), Value::Bytes(_)) { "byte" } else { "bytearray" };
    match item_index(host, key, bytes.len(), kind)? {
        Some(at) => Ok(Value::Int(i64::from(bytes[at]))),
        None => Err(errors::index_error(if kind == "byte" {
            "index out of range"
        } else {
            "bytearray index out of range"
        })),
    }
}

fn set_item(host: &mut dyn Host, this: &Value, key: &Value, value: Value) -> R<()> {
    let Some(array) = this.payload::<ByteArray>() else { return Ok(()) };
    let len = array.0.borrow().len();
    if let Value::Slice(slice) = key {
        let span = span(host, slice, len)?;
        let items = slice_of(&value).ok_or_else(|| {
            errors::type_error("can assign only bytes, buffers, or iterables of ints in range(0, 256)")
        })?;
        let start = span.start as usize;
        array.0.borrow_mut().splice(start..start + span.count, items);
        return Ok(());
    }
    let byte = byte_arg(host, &value)?;
    match item_index(host, key, len, "bytearray")? {
        Some(at) => array.0.borrow_mut()[at] = byte,
        None => return Err(errors::index_error("bytearray index out of range")),
    }
    Ok(())
}

pub fn find_in(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    if wanted.is_empty() {
        return Some(0);
    }
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn contains(host: &mut dyn Host, this: &Value, item: &Value) -> R<bool> {
    let bytes = data(this);
    if let Some(wanted) = slice_of(item) {
        return Ok(find_in(&bytes, &wanted).is_some());
    }
    if !super::convert::is_int(item) {
        let name = errors::type_name(host, item);
        return Err(errors::type_error(format!("a bytes-like object is required, not '{name}'")));
    }
    match int_arg(host, item).ok().and_then(|byte| u8::try_from(byte).ok()) {
        Some(byte) => Ok(bytes.contains(&byte)),
        None => Err(errors::value_error("byte must be in range(0, 256)")),
    }
}

pub fn bytes_arg(host: &mut dyn Host, value: &Value) -> R<Vec<u8>> {
    match slice_of(value) {
        Some(bytes) => Ok(bytes),
        None => {
            let name = errors::type_name(host, value);
            Err(errors::type_error(format!("a bytes-like object is required, not '{name}'")))
        }
    }
}

/// Changes a bytearray.
pub fn change(this: &Value, f: impl FnOnce(&mut Vec<u8>)) -> R<Value> {
    if let Some(array) = this.payload::<ByteArray>() {
        f(&mut array.0.borrow_mut());
    }
    Ok(Value::None)
}
