//! What mapping, attributes and collections complain about, one constructor a message.
//!
//! Owns the texts. Must not know when they are raised.

use crate::diag::builtin::{ATTRIBUTE_ERROR, KEY_ERROR, RUNTIME_ERROR, TYPE_ERROR, VALUE_ERROR};
use crate::diag::{Error, ExcClass};
use crate::python::value::{Gc, Host, Instance, Raised, Str, Value};
use crate::sql::exc::{ARGUMENT_ERROR, INVALID_REQUEST};

use super::attribute::{Attribute, Initiator, Op};
use super::mapper::Mapper;
use super::state::InstanceState;

fn raised(class: &'static ExcClass, text: impl Into<String>) -> Raised {
    Raised::new(class, text)
}

/// `<Student at 0x7f...>`, as messages show an instance.
pub fn instance_text(value: &Value) -> String {
    match (value, InstanceState::of_value(value)) {
        (Value::None, _) => "None".to_string(),
        (_, Some(state)) => format!("<{} at {:#x}>", state.mapper().class_name, value.id()),
        _ => format!("<object at {:#x}>", value.id()),
    }
}

fn object_text(instance: &Gc<Instance>) -> String {
    instance_text(&Value::Instance(instance.clone()))
}

/// `AttributeError: 'str' object has no attribute '_sa_instance_state'`.
pub fn no_instance_state(class: &str) -> Raised {
    raised(&ATTRIBUTE_ERROR, format!("'{class}' object has no attribute '_sa_instance_state'"))
}

/// `KeyError: 'students'`: the other side has no attribute of that name.
pub fn no_such_key(key: &Str) -> Raised {
    raised(&KEY_ERROR, format!("'{key}'"))
}

/// `AttributeError: Student.name object does not have a value`.
pub fn no_value(attribute: &Attribute) -> Raised {
    raised(&ATTRIBUTE_ERROR, format!("{} object does not have a value", attribute.description()))
}

/// `AttributeError: can't set attribute`.
pub fn cannot_set(_attribute: &Attribute) -> Raised {
    raised(&ATTRIBUTE_ERROR, "can't set attribute")
}

/// `AttributeError: can't delete attribute`.
pub fn cannot_delete(_attribute: &Attribute) -> Raised {
    raised(&ATTRIBUTE_ERROR, "can't delete attribute")
}

/// `ValueError: Object <A at 0x..> not associated with <B at 0x..> on attribute 'x'`.
pub fn object_not_associated(
    _host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    object: &Value,
) -> Raised {
    raised(
        &VALUE_ERROR,
        format!(
            "Object {} not associated with {} on attribute '{}'",
            instance_text(object),
            object_text(instance),
            attribute.key
        ),
    )
}

/// `TypeError: Incompatible collection type: str is not list-like`.
pub fn incompatible_collection(given: &str, wanted: &str) -> Raised {
    raised(&TYPE_ERROR, format!("Incompatible collection type: {given} is not {wanted}-like"))
}

/// `RuntimeError`: the collection classes were not registered; only a test without the face meets it.
pub fn no_collections() -> Raised {
    raised(&RUNTIME_ERROR, "the instrumented collection classes are not registered")
}

/// `ValueError: Bidirectional attribute conflict detected: ...`.
pub fn bidirectional_conflict(
    _host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    other: &Attribute,
    initiator: Initiator,
) -> Raised {
    let began = attribute
        .mapper()
        .registry
        .mappers()
        .iter()
        .flat_map(|mapper| mapper.attributes())
        .find_map(|known| (known.property.token() == initiator.property).then(|| known.description()));
    raised(
        &VALUE_ERROR,
        format!(
            "Bidirectional attribute conflict detected: Passing object {} to attribute \"{}\" triggers a modify \
             event on attribute \"{}\" via the backref \"{}\".",
            object_text(instance),
            began.unwrap_or_default(),
            other.description(),
            attribute.description()
        ),
    )
}

/// `InvalidRequestError: Instance <X at 0x..> is already associated with an instance of ...`.
pub fn single_parent(_host: &mut dyn Host, attribute: &Attribute, value: &Value) -> Raised {
    raised(
        &INVALID_REQUEST,
        format!(
            "Instance {} is already associated with an instance of {} via its {} attribute, and is only allowed a \
             single parent.",
            instance_text(value),
            class_text(&attribute.mapper()),
            attribute.description(),
        ),
    )
}

/// `<class 'app.Student'>`.
pub fn class_text(mapper: &Mapper) -> String {
    format!("<class '{}'>", mapper.sort_key)
}

/// `InvalidRequestError: One or more mappers failed to initialize - can't proceed with initialization of other
/// mappers. Triggering mapper: 'Mapper[A(a)]'. Original exception was: ...`.
pub fn initialization_failed_before(mapper: &Mapper, original: &Error) -> Error {
    Error::new(
        &INVALID_REQUEST,
        format!(
            "One or more mappers failed to initialize - can't proceed with initialization of other mappers. \
             Triggering mapper: '{}'. Original exception was: {}",
            mapper.description(),
            original.message
        ),
    )
}

/// What listeners receive as initiator: text that names the attribute and the operation.
pub fn initiator_value(attribute: &Attribute, initiator: Initiator) -> Value {
    let op = match initiator.op {
        Op::Append => "APPEND",
        Op::Remove => "REMOVE",
        Op::Replace => "REPLACE",
        Op::BulkReplace => "BULK_REPLACE",
    };
    Value::str(format!("{} {op}", attribute.description()))
}

/// `TypeError: 'nam' is an invalid keyword argument for Student`.
pub fn invalid_keyword(key: &str, class: &str) -> Raised {
    raised(&TYPE_ERROR, format!("{key:?} is an invalid keyword argument for {class}").replace('"', "'"))
}

/// `ArgumentError` with any text of the relationship configuration, which is made where the facts are.
pub fn argument(text: impl Into<String>) -> Error {
    Error::new(&ARGUMENT_ERROR, text)
}
