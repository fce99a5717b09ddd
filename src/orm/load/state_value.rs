//! A parameter whose value is asked of an object when the statement runs.
//!
//! Owns the function that asks, bound to the object. Must not know statements.

use std::rc::Rc;

use super::lazy::column_value;
use crate::orm::attribute::{self, Attribute, Passive};
use crate::orm::state::InstanceState;
use crate::python::value::{Gc, Host, NativeFunction, R, Row, Value};
use crate::sql::schema::Column;

static CURRENT_VALUE: Row =
    Row::method("current_value", &[], "The value that a column of the object has now.", "", current_value);

/// A function that gives the value of a column of an object: the present one, or the last one known if the object
/// has lost it.
pub fn callable(instance: &Value, column: &Rc<Column>) -> Option<Value> {
    let mapper = InstanceState::of_value(instance)?.mapper().clone();
    let attribute = mapper.attribute_of_column(column)?;
    let receiver = Value::tuple(vec![instance.clone(), Value::Str(attribute.key.clone())]);
    Some(Value::Native(Gc::new(NativeFunction {
        row: &CURRENT_VALUE,
        receiver,
        owner: Value::Unset,
        data: Value::Unset,
    })))
}

fn current_value(host: &mut dyn Host, arguments: &[Value]) -> R<Value> {
    let Some(Value::Tuple(parts)) = arguments.first() else { return Ok(Value::None) };
    let [Value::Instance(instance), Value::Str(key)] = parts.as_slice() else { return Ok(Value::None) };
    let Some(state) = InstanceState::of(instance) else { return Ok(Value::None) };
    let Some(attribute) = state.mapper().attribute_named(key) else { return Ok(Value::None) };
    value_of(host, instance, &attribute)
}

fn value_of(
    host: &mut dyn Host,
    instance: &Gc<crate::python::value::Instance>,
    attribute: &Attribute,
) -> R<Value> {
    let column = attribute.property.as_column().and_then(|column| column.column());
    let value = match column {
        Some(column) => {
            let passive = if attribute::state_of(instance).has_identity() {
                Passive::OFF
            } else {
                Passive::NO_FETCH.without(Passive::INIT_OK)
            };
            column_value(host, instance, &column, passive.without(Passive::INIT_OK))?
        }
        None => Value::None,
    };
    Ok(if attribute::is_no_state(&value) { Value::None } else { value })
}
