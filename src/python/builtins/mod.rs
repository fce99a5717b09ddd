//! The builtin kinds, functions and types.
//!
//! Owns what `int`, `str`, `list` ... do, as native types with slots and rows, and the builtin functions. Reaches the
//! language through `Host` only. Must not know bytecode, frames, or anything that only the machine can answer
//! (`super`, `locals`, `eval`, a generator's `send`): the machine adds those.

pub mod alias;
pub mod arith;
pub mod bigint;
mod bytes;
mod bytes_methods;
mod bytes_text;
pub mod complex;
pub mod convert;
pub mod descriptors;
pub mod dict;
pub mod errors;
pub mod float;
pub mod format;
mod functions;
pub mod inspect;
pub mod int;
pub mod iterable;
pub mod kinds;
pub mod list;
pub mod parse;
mod range;
pub mod sequence;
pub mod set;
pub mod sort;
pub mod text;
mod tuple;
pub mod views;

pub use bytes::{BYTEARRAY, BYTES, byte_arg, quote as quote_bytes, slice_of as bytes_of};
pub use errors::key_error as key_error_of;
pub use functions::{is_callable, is_instance, is_subclass, iterate_by_index};
pub use range::{RANGE, SLICE};
pub use tuple::TUPLE;

use crate::diag::builtin::ALL;
use crate::python::value::{
    Dict, NativeFunction, NativeType, OBJECT, Row, Value, exception_class, native_class,
};

/// The native type of any value.
#[inline]
pub fn kind(value: &Value) -> &'static NativeType {
    match value {
        Value::Unset | Value::None => &kinds::NONE,
        Value::NotImplemented => &kinds::NOT_IMPLEMENTED,
        Value::Ellipsis => &kinds::ELLIPSIS,
        Value::Bool(_) => &int::BOOL,
        Value::Int(_) | Value::BigInt(_) => &int::INT,
        Value::Float(_) => &float::FLOAT,
        Value::Str(_) => &text::STR,
        Value::Bytes(_) => &BYTES,
        Value::Tuple(_) => &TUPLE,
        Value::List(_) => &list::LIST,
        Value::Dict(_) => &dict::DICT,
        Value::Set(set) if set.frozen => &set::FROZENSET,
        Value::Set(_) => &set::SET,
        Value::Range(_) => &RANGE,
        Value::Slice(_) => &SLICE,
        Value::Iter(iter) => iterable::kind(iter),
        Value::Function(_) => &kinds::FUNCTION,
        Value::Native(native) if native.receiver.is_unset() && matches!(native.owner, Value::Class(_)) => {
            &kinds::METHOD_DESCRIPTOR
        }
        Value::Native(_) => &kinds::BUILTIN_FUNCTION,
        Value::Method(_) => &kinds::METHOD,
        Value::Generator(_) => &kinds::GENERATOR,
        Value::Class(_) => &kinds::TYPE,
        Value::Module(_) => &kinds::MODULE,
        Value::Cell(_) => &kinds::CELL,
        Value::Instance(instance) => instance.class().native,
    }
}

pub use functions::redirect_print;

/// The builtin functions.
pub fn functions() -> &'static [Row] {
    functions::FUNCTIONS
}

static TYPES: &[&NativeType] = &[
    &OBJECT,
    &kinds::TYPE,
    &int::INT,
    &int::BOOL,
    &float::FLOAT,
    &complex::COMPLEX,
    &text::STR,
    &BYTES,
    &BYTEARRAY,
    &TUPLE,
    &list::LIST,
    &dict::DICT,
    &set::SET,
    &set::FROZENSET,
    &RANGE,
    &SLICE,
    &iterable::ENUMERATE,
    &iterable::ZIP,
    &iterable::MAP,
    &iterable::FILTER,
    &iterable::REVERSED,
    &descriptors::PROPERTY,
    &descriptors::CLASSMETHOD,
    &descriptors::STATICMETHOD,
];

/// The builtin types that have a name in the language.
pub fn types() -> &'static [&'static NativeType] {
    TYPES
}

/// Puts everything into the namespace of the `builtins` module.
pub fn install(namespace: &Dict) {
    crate::python::value::Known::Complex.register(&complex::COMPLEX);
    for row in functions() {
        namespace.set(row.name, NativeFunction::plain(row));
    }
    for kind in types() {
        namespace.set(kind.name, Value::Class(native_class(kind)));
    }
    for row in ALL {
        namespace.set(row.name, Value::Class(exception_class(row)));
    }
    for (name, row) in
        [("IOError", &crate::diag::builtin::OS_ERROR), ("EnvironmentError", &crate::diag::builtin::OS_ERROR)]
    {
        namespace.set(name, Value::Class(exception_class(row)));
    }
    namespace.set("NotImplemented", Value::NotImplemented);
    namespace.set("Ellipsis", Value::Ellipsis);
    namespace.set("__debug__", Value::Bool(true));
}
