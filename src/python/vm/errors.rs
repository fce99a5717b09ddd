//! CPython's sentences for what the machine raises.
//!
//! Owns one constructor a message. Must not know where they are raised.

use crate::diag::builtin::*;
use crate::diag::{Error, Extra};
use crate::python::value::Raised;

fn type_(text: String) -> Raised {
    Raised::new(&TYPE_ERROR, text)
}

/// `RecursionError: maximum recursion depth exceeded`, with what was being done.
pub fn recursion(doing: &str) -> Raised {
    Raised::new(&RECURSION_ERROR, format!("maximum recursion depth exceeded{doing}"))
}
pub fn keyboard_interrupt() -> Raised {
    Raised::new(&KEYBOARD_INTERRUPT, "")
}
/// `TypeError: 'int' object is not callable`
pub fn not_callable(kind: &str) -> Raised {
    type_(format!("'{kind}' object is not callable"))
}
/// `TypeError: 'int' object is not iterable`
pub fn not_iterable(kind: &str) -> Raised {
    type_(format!("'{kind}' object is not iterable"))
}
/// `TypeError: 'int' object is not an iterator`
pub fn not_iterator(kind: &str) -> Raised {
    type_(format!("'{kind}' object is not an iterator"))
}
/// `TypeError: 'int' object is not subscriptable`
pub fn not_subscriptable(kind: &str) -> Raised {
    type_(format!("'{kind}' object is not subscriptable"))
}
/// `TypeError: type 'X' is not subscriptable`
pub fn class_not_subscriptable(name: &str) -> Raised {
    type_(format!("type '{name}' is not subscriptable"))
}
/// `TypeError: 'tuple' object does not support item assignment`
pub fn no_item_assignment(kind: &str) -> Raised {
    type_(format!("'{kind}' object does not support item assignment"))
}
/// `TypeError: 'tuple' object doesn't support item deletion`
pub fn no_item_deletion(kind: &str) -> Raised {
    type_(format!("'{kind}' object doesn't support item deletion"))
}
/// `TypeError: object of type 'int' has no len()`
pub fn no_len(kind: &str) -> Raised {
    type_(format!("object of type '{kind}' has no len()"))
}
/// `TypeError: unhashable type: 'list'`
pub fn unhashable(kind: &str) -> Raised {
    type_(format!("unhashable type: '{kind}'"))
}
/// `TypeError: argument of type 'int' is not iterable`
pub fn no_contains(kind: &str) -> Raised {
    type_(format!("argument of type '{kind}' is not iterable"))
}
/// `TypeError: unsupported operand type(s) for +: 'int' and 'str'`
pub fn unsupported(symbol: &str, left: &str, right: &str) -> Raised {
    type_(format!("unsupported operand type(s) for {symbol}: '{left}' and '{right}'"))
}
/// `TypeError: '<' not supported between instances of 'int' and 'str'`
pub fn not_comparable(symbol: &str, left: &str, right: &str) -> Raised {
    type_(format!("'{symbol}' not supported between instances of '{left}' and '{right}'"))
}
/// `TypeError: bad operand type for unary -: 'str'`
pub fn bad_operand(symbol: &str, kind: &str) -> Raised {
    type_(format!("bad operand type for unary {symbol}: '{kind}'"))
}
/// `TypeError: cannot unpack non-iterable int object`
pub fn cannot_unpack(kind: &str) -> Raised {
    type_(format!("cannot unpack non-iterable {kind} object"))
}
/// `ValueError: too many values to unpack (expected 2)`
pub fn too_many_values(expected: usize) -> Raised {
    Raised::new(&VALUE_ERROR, format!("too many values to unpack (expected {expected})"))
}
/// `ValueError: not enough values to unpack (expected 2, got 1)`
pub fn not_enough_values(expected: usize, got: usize) -> Raised {
    Raised::new(&VALUE_ERROR, format!("not enough values to unpack (expected {expected}, got {got})"))
}
/// `ValueError: not enough values to unpack (expected at least 2, got 1)`
pub fn not_enough_for_star(expected: usize, got: usize) -> Raised {
    Raised::new(
        &VALUE_ERROR,
        format!("not enough values to unpack (expected at least {expected}, got {got})"),
    )
}
/// `NameError: name 'x' is not defined`
pub fn name_not_defined(name: &str) -> Raised {
    Error::new(&NAME_ERROR, format!("name '{name}' is not defined"))
        .attribute("name", Extra::Text(name.to_string()))
        .into()
}
/// `UnboundLocalError: cannot access local variable 'x' where it is not associated with a value`
pub fn unbound_local(name: &str) -> Raised {
    Error::new(
        &UNBOUND_LOCAL_ERROR,
        format!("cannot access local variable '{name}' where it is not associated with a value"),
    )
    .attribute("name", Extra::Text(name.to_string()))
    .into()
}
/// `NameError: cannot access free variable 'x' where it is not associated with a value in enclosing scope`
pub fn unbound_free(name: &str) -> Raised {
    Error::new(
        &NAME_ERROR,
        format!(
            "cannot access free variable '{name}' where it is not associated with a value in enclosing scope"
        ),
    )
    .attribute("name", Extra::Text(name.to_string()))
    .into()
}
/// `AttributeError: 'X' object has no attribute 'y'`
pub fn no_attribute(kind: &str, name: &str) -> Raised {
    Error::new(&ATTRIBUTE_ERROR, format!("'{kind}' object has no attribute '{name}'"))
        .attribute("name", Extra::Text(name.to_string()))
        .into()
}
/// `AttributeError: type object 'X' has no attribute 'y'`
pub fn class_no_attribute(class: &str, name: &str) -> Raised {
    Error::new(&ATTRIBUTE_ERROR, format!("type object '{class}' has no attribute '{name}'"))
        .attribute("name", Extra::Text(name.to_string()))
        .into()
}
/// `AttributeError: module 'x' has no attribute 'y'`
pub fn module_no_attribute(module: &str, name: &str) -> Raised {
    Error::new(&ATTRIBUTE_ERROR, format!("module '{module}' has no attribute '{name}'"))
        .attribute("name", Extra::Text(name.to_string()))
        .into()
}
/// `AttributeError: 'X' object attribute 'y' is read-only`
pub fn read_only_attribute(kind: &str, name: &str) -> Raised {
    Raised::new(&ATTRIBUTE_ERROR, format!("'{kind}' object attribute '{name}' is read-only"))
}
/// `TypeError: cannot set 'x' attribute of immutable type 'int'`
pub fn immutable_type(class: &str, name: &str) -> Raised {
    type_(format!("cannot set '{name}' attribute of immutable type '{class}'"))
}
/// `RuntimeError: No active exception to reraise`
pub fn nothing_to_reraise() -> Raised {
    Raised::new(&RUNTIME_ERROR, "No active exception to reraise")
}
/// `TypeError: exceptions must derive from BaseException`
pub fn not_an_exception() -> Raised {
    type_("exceptions must derive from BaseException".into())
}
/// `TypeError: exception causes must derive from BaseException`
pub fn bad_cause() -> Raised {
    type_("exception causes must derive from BaseException".into())
}
/// `TypeError: catching classes that do not inherit from BaseException is not allowed`
pub fn bad_except_class() -> Raised {
    type_("catching classes that do not inherit from BaseException is not allowed".into())
}
/// `TypeError: 'int' object does not support the context manager protocol`
pub fn no_context_manager(kind: &str) -> Raised {
    type_(format!("'{kind}' object does not support the context manager protocol"))
}
/// As above, with the missing method named.
pub fn no_exit(kind: &str) -> Raised {
    type_(format!("'{kind}' object does not support the context manager protocol (missed __exit__ method)"))
}
/// `TypeError: X() takes no arguments`
pub fn takes_no_arguments(name: &str) -> Raised {
    type_(format!("{name}() takes no arguments"))
}
/// `TypeError: __init__() should return None, not 'int'`
pub fn init_returned(kind: &str) -> Raised {
    type_(format!("__init__() should return None, not '{kind}'"))
}
/// `TypeError: __str__ returned non-string (type int)`
pub fn returned_non_string(method: &str, kind: &str) -> Raised {
    type_(format!("{method} returned non-string (type {kind})"))
}
/// `TypeError: __bool__ should return bool, returned int`
pub fn bad_bool(kind: &str) -> Raised {
    type_(format!("__bool__ should return bool, returned {kind}"))
}
/// `TypeError: __hash__ method should return an integer`
pub fn bad_hash() -> Raised {
    type_("__hash__ method should return an integer".into())
}
/// `TypeError: 'str' object cannot be interpreted as an integer`
pub fn no_index(kind: &str) -> Raised {
    type_(format!("'{kind}' object cannot be interpreted as an integer"))
}
/// `TypeError: iter() returned non-iterator of type 'int'`
pub fn iter_returned(kind: &str) -> Raised {
    type_(format!("iter() returned non-iterator of type '{kind}'"))
}
/// `TypeError: f() got multiple values for keyword argument 'x'`
pub fn repeated_keyword(function: &str, name: &str) -> Raised {
    type_(format!("{function} got multiple values for keyword argument '{name}'"))
}
/// `TypeError: keywords must be strings`
pub fn keywords_must_be_strings() -> Raised {
    type_("keywords must be strings".into())
}
/// `TypeError: f() argument after ** must be a mapping, not int`
pub fn not_a_mapping(function: &str, kind: &str) -> Raised {
    type_(format!("{function} argument after ** must be a mapping, not {kind}"))
}
/// `TypeError: f() argument after * must be an iterable, not int`
pub fn star_not_iterable(function: &str, kind: &str) -> Raised {
    type_(format!("{function} argument after * must be an iterable, not {kind}"))
}
/// `TypeError: Value after * must be an iterable, not int`
pub fn value_after_star(kind: &str) -> Raised {
    type_(format!("Value after * must be an iterable, not {kind}"))
}
/// `TypeError: 'int' object is not a mapping`
pub fn not_mapping(kind: &str) -> Raised {
    type_(format!("'{kind}' object is not a mapping"))
}
/// `TypeError: f() got some positional-only arguments passed as keyword arguments: 'a, b'`
pub fn positional_only_as_keywords(function: &str, names: &str) -> Raised {
    type_(format!("{function}() got some positional-only arguments passed as keyword arguments: '{names}'"))
}

/// `ModuleNotFoundError: No module named 'x'`
pub fn no_module(name: &str) -> Raised {
    Error::new(&MODULE_NOT_FOUND_ERROR, format!("No module named '{name}'"))
        .attribute("name", Extra::Text(name.to_string()))
        .into()
}
/// `ModuleNotFoundError: No module named 'x.y'; 'x' is not a package`
pub fn not_a_package(name: &str, parent: &str) -> Raised {
    Error::new(&MODULE_NOT_FOUND_ERROR, format!("No module named '{name}'; '{parent}' is not a package"))
        .attribute("name", Extra::Text(name.to_string()))
        .into()
}
/// `ImportError: cannot import name 'x' from 'y' (/path/y.py)`
pub fn cannot_import_name(name: &str, module: &str, place: &str) -> Raised {
    Error::new(&IMPORT_ERROR, format!("cannot import name '{name}' from '{module}' ({place})"))
        .attribute("name", Extra::Text(module.to_string()))
        .into()
}
/// The same, of a module that is still being run.
pub fn circular_import_name(name: &str, module: &str, place: &str) -> Raised {
    Error::new(
        &IMPORT_ERROR,
        format!(
            "cannot import name '{name}' from partially initialized module '{module}' (most likely due to a circular import) ({place})"
        ),
    )
    .attribute("name", Extra::Text(module.to_string()))
    .into()
}
/// `AttributeError: partially initialized module 'x' has no attribute 'y' (most likely due to a circular import)`
pub fn circular_attribute(module: &str, name: &str) -> Raised {
    Raised::new(
        &ATTRIBUTE_ERROR,
        format!(
            "partially initialized module '{module}' has no attribute '{name}' (most likely due to a circular import)"
        ),
    )
}
/// `ImportError: attempted relative import with no known parent package`
pub fn no_parent_package() -> Raised {
    Raised::new(&IMPORT_ERROR, "attempted relative import with no known parent package")
}
/// `ImportError: attempted relative import beyond top-level package`
pub fn beyond_top_level() -> Raised {
    Raised::new(&IMPORT_ERROR, "attempted relative import beyond top-level package")
}
/// `TypeError: Cannot create a consistent method resolution order (MRO) for bases X, Y`
pub fn no_consistent_mro(bases: &str) -> Raised {
    type_(format!("Cannot create a consistent method resolution\norder (MRO) for bases {bases}"))
}
/// `TypeError: duplicate base class X`
pub fn duplicate_base(name: &str) -> Raised {
    type_(format!("duplicate base class {name}"))
}
/// `TypeError: type 'bool' is not an acceptable base type`
pub fn not_a_base(name: &str) -> Raised {
    type_(format!("type '{name}' is not an acceptable base type"))
}
/// `TypeError: multiple bases have instance lay-out conflict`
pub fn layout_conflict() -> Raised {
    type_("multiple bases have instance lay-out conflict".into())
}
/// `TypeError: metaclass conflict: ...`
pub fn metaclass_conflict() -> Raised {
    type_(
        "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases".into(),
    )
}
/// `TypeError: Can't instantiate abstract class X with abstract method y`
pub fn abstract_class(class: &str, methods: &[String]) -> Raised {
    let plural = if methods.len() == 1 { "" } else { "s" };
    type_(format!(
        "Can't instantiate abstract class {class} with abstract method{plural} {}",
        methods.join(", ")
    ))
}
/// `ValueError: generator already executing`
pub fn generator_running() -> Raised {
    Raised::new(&VALUE_ERROR, "generator already executing")
}
/// `TypeError: can't send non-None value to a just-started generator`
pub fn send_to_fresh() -> Raised {
    type_("can't send non-None value to a just-started generator".into())
}
/// `RuntimeError: generator raised StopIteration`
pub fn generator_stop() -> Raised {
    Raised::new(&RUNTIME_ERROR, "generator raised StopIteration")
}
/// `RuntimeError: generator ignored GeneratorExit`
pub fn ignored_exit() -> Raised {
    Raised::new(&RUNTIME_ERROR, "generator ignored GeneratorExit")
}
/// `RuntimeError: super(): no arguments`
pub fn super_without_arguments() -> Raised {
    Raised::new(&RUNTIME_ERROR, "super(): no arguments")
}
/// `RuntimeError: super(): __class__ cell not found`
pub fn super_without_class() -> Raised {
    Raised::new(&RUNTIME_ERROR, "super(): __class__ cell not found")
}
/// `TypeError: super(type, obj): obj must be an instance or subtype of type`
pub fn super_wrong_object() -> Raised {
    type_("super(type, obj): obj must be an instance or subtype of type".into())
}
pub fn type_error(text: impl Into<String>) -> Raised {
    type_(text.into())
}
pub fn value_error(text: impl Into<String>) -> Raised {
    Raised::new(&VALUE_ERROR, text)
}
