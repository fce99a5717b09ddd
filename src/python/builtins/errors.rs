//! CPython's sentences about builtin kinds, one constructor a sentence.
//!
//! Owns the wording of TypeError, ValueError and their kin that several builtin kinds raise; a sentence which a single
//! file raises may stand there. Must not know how errors are shown.

use crate::diag::builtin as exc;
use crate::python::value::{BinaryOp, CompareOp, Host, R, Raised, Value};

pub fn type_error(text: impl Into<String>) -> Raised {
    Raised::new(&exc::TYPE_ERROR, text)
}

pub fn value_error(text: impl Into<String>) -> Raised {
    Raised::new(&exc::VALUE_ERROR, text)
}

pub fn overflow(text: impl Into<String>) -> Raised {
    Raised::new(&exc::OVERFLOW_ERROR, text)
}

pub fn index_error(text: impl Into<String>) -> Raised {
    Raised::new(&exc::INDEX_ERROR, text)
}

pub fn attribute_error(text: impl Into<String>) -> Raised {
    Raised::new(&exc::ATTRIBUTE_ERROR, text)
}

pub fn runtime_error(text: impl Into<String>) -> Raised {
    Raised::new(&exc::RUNTIME_ERROR, text)
}

/// `ZeroDivisionError: division by zero` and its kin.
pub fn zero_division(text: &str) -> Raised {
    Raised::new(&exc::ZERO_DIVISION_ERROR, text)
}

/// `MemoryError`
pub fn memory() -> Raised {
    Raised::new(&exc::MEMORY_ERROR, "")
}

/// `StopIteration`
pub fn stop_iteration() -> Raised {
    Raised::new(&exc::STOP_ITERATION, "")
}

/// `KeyError: 'name'`: the exception's argument is the key itself.
pub fn key_error(host: &mut dyn Host, key: &Value) -> Raised {
    let class = Value::Class(crate::python::value::exception_class(&exc::KEY_ERROR));
    match host.call_values(&class, std::slice::from_ref(key)) {
        Ok(value) => Raised::exception(value),
        Err(raised) => raised,
    }
}

/// `KeyError: 'pop from an empty set'` and its kin.
pub fn key_error_text(text: &str) -> Raised {
    Raised::new(&exc::KEY_ERROR, text)
}

/// The name of a value's class.
pub fn type_name(host: &mut dyn Host, value: &Value) -> String {
    host.class_of(value).display_name().to_string()
}

/// `TypeError: 'float' object cannot be interpreted as an integer`
pub fn not_an_integer(host: &mut dyn Host, value: &Value) -> Raised {
    type_error(format!("'{}' object cannot be interpreted as an integer", type_name(host, value)))
}

/// `TypeError: unhashable type: 'list'`
pub fn unhashable(host: &mut dyn Host, value: &Value) -> Raised {
    type_error(format!("unhashable type: '{}'", type_name(host, value)))
}

/// `TypeError: 'int' object is not iterable`
pub fn not_iterable(host: &mut dyn Host, value: &Value) -> Raised {
    type_error(format!("'{}' object is not iterable", type_name(host, value)))
}

/// `TypeError: unsupported operand type(s) for +: 'int' and 'str'`
pub fn unsupported_operands(host: &mut dyn Host, op: BinaryOp, left: &Value, right: &Value) -> Raised {
    let symbol = if op == BinaryOp::Pow { "** or pow()" } else { op.symbol() };
    let (left, right) = (type_name(host, left), type_name(host, right));
    type_error(format!("unsupported operand type(s) for {symbol}: '{left}' and '{right}'"))
}

/// `TypeError: '<' not supported between instances of 'int' and 'str'`
pub fn not_ordered(host: &mut dyn Host, op: CompareOp, left: &Value, right: &Value) -> Raised {
    let (left, right) = (type_name(host, left), type_name(host, right));
    type_error(format!("'{}' not supported between instances of '{left}' and '{right}'", op.symbol()))
}

/// `TypeError: list indices must be integers or slices, not str`
pub fn bad_index(host: &mut dyn Host, kind: &str, key: &Value) -> Raised {
    type_error(format!("{kind} indices must be integers or slices, not {}", type_name(host, key)))
}

/// `TypeError: f() argument 1 must be str, not int`
pub fn bad_argument(host: &mut dyn Host, name: &str, wanted: &str, given: &Value) -> Raised {
    let given = if given.is_none() { "None".to_string() } else { type_name(host, given) };
    type_error(format!("{name} must be {wanted}, not {given}"))
}

/// Raises what a value that is not an iterable, integer ... calls for; a shorthand for `Err`.
pub fn fail<T>(raised: Raised) -> R<T> {
    Err(raised)
}
