//! What a change of an attribute sets off: validators, cascades, the other side of a relationship, listeners.
//!
//! Owns the order in which the listeners of an attribute are asked, and the rule of one parent. Must not know how the
//! value is kept: the caller writes it.

use super::{Attribute, Initiator, Listener, NO_VALUE, Op, is_no_state, modified, set_has_parent};
use crate::orm::state::InstanceState;
use crate::orm::{backref_events, cascade, errors};
use crate::python::value::{Gc, Host, Instance, R, Value};

/// Tells the listeners of a new value, which they may replace.
pub fn fire_set(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    mut value: Value,
    previous: &Value,
    initiator: Initiator,
) -> R<Value> {
    if attribute.is_quiet() {
        return Ok(value);
    }
    for listener in attribute.all_listeners() {
        match &*listener {
            Listener::SingleParent if initiator.property == attribute.property.token() => {
                check_single_parent(host, attribute, &value, Some(previous))?;
            }
            Listener::SingleParent => {}
            Listener::Validator { function, include_removes, include_backrefs } => {
                if *include_backrefs || initiator.property == attribute.property.token() {
                    let mut arguments = vec![
                        Value::Instance(instance.clone()),
                        Value::Str(attribute.key.clone()),
                        value.clone(),
                    ];
                    if *include_removes {
                        arguments.push(Value::Bool(false));
                    }
                    value = host.call_values(function, &arguments)?;
                }
            }
            Listener::Cascade => cascade::on_set(host, instance, attribute, &value, previous, initiator)?,
            Listener::Backref { key, .. } => {
                backref_events::on_set(host, instance, attribute, key, &value, previous, initiator)?;
            }
            Listener::User { event, listener, .. } if &**event == "set" => {
                let answer = host.call_values(
                    &listener.function,
                    &[
                        Value::Instance(instance.clone()),
                        value.clone(),
                        symbol(previous),
                        errors::initiator_value(attribute, initiator),
                    ],
                )?;
                if listener.retval {
                    value = answer;
                }
            }
            Listener::User { .. } => {}
        }
    }
    Ok(value)
}

/// Tells the listeners of a value that enters a collection.
pub fn fire_append(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    mut value: Value,
    initiator: Initiator,
) -> R<Value> {
    for listener in attribute.all_listeners() {
        match &*listener {
            Listener::SingleParent if initiator.property == attribute.property.token() => {
                check_single_parent(host, attribute, &value, None)?;
            }
            Listener::SingleParent => {}
            Listener::Validator { function, include_removes, include_backrefs } => {
                if *include_backrefs || initiator.property == attribute.property.token() {
                    let mut arguments = vec![
                        Value::Instance(instance.clone()),
                        Value::Str(attribute.key.clone()),
                        value.clone(),
                    ];
                    if *include_removes {
                        arguments.push(Value::Bool(false));
                    }
                    value = host.call_values(function, &arguments)?;
                }
            }
            Listener::Cascade => cascade::on_append(host, instance, attribute, &value, initiator)?,
            Listener::Backref { key, .. } => {
                backref_events::on_append(host, instance, attribute, key, &value, initiator)?;
            }
            Listener::User { event, listener, .. } if &**event == "append" => {
                let token = errors::initiator_value(attribute, initiator);
                let target = Value::Instance(instance.clone());
                let answer = host.call_values(&listener.function, &[target, value.clone(), token])?;
                if listener.retval {
                    value = answer;
                }
            }
            Listener::User { .. } => {}
        }
    }
    modified(host, instance, attribute, NO_VALUE, true)?;
    if attribute.track_parent.get() && !value.is_none() {
        set_has_parent(host, &value, instance, attribute, true)?;
    }
    Ok(value)
}

/// Tells the listeners of a value that leaves (a collection, or by `del`).
pub fn fire_remove(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    value: &Value,
    initiator: Initiator,
) -> R<()> {
    for listener in attribute.all_listeners() {
        match &*listener {
            Listener::Validator { function, include_removes: true, include_backrefs }
                if *include_backrefs || initiator.property == attribute.property.token() =>
            {
                let target = Value::Instance(instance.clone());
                let key = Value::Str(attribute.key.clone());
                host.call_values(function, &[target, key, value.clone(), Value::Bool(true)])?;
            }
            Listener::Cascade => cascade::on_remove(host, instance, attribute, value, initiator)?,
            Listener::Backref { key, uselist } => {
                backref_events::on_remove(host, instance, attribute, key, *uselist, value, initiator)?;
            }
            Listener::User { event, listener, .. } if &**event == "remove" => {
                let token = errors::initiator_value(attribute, initiator);
                let target = Value::Instance(instance.clone());
                host.call_values(&listener.function, &[target, symbol(value), token])?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A removal from a collection: parents, listeners, the note of the change.
pub fn fire_collection_remove(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    value: &Value,
    initiator: Initiator,
) -> R<()> {
    if attribute.track_parent.get() && !value.is_none() {
        set_has_parent(host, value, instance, attribute, false)?;
    }
    fire_remove(host, instance, attribute, value, initiator)?;
    modified(host, instance, attribute, NO_VALUE, true)
}

/// Tells listeners of `bulk_replace`.
pub fn fire_bulk_replace(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    values: &mut Vec<Value>,
) -> R<()> {
    if attribute.is_quiet() {
        return Ok(());
    }
    let initiator = attribute.token(Op::BulkReplace);
    for listener in attribute.all_listeners() {
        match &*listener {
            // The items that stay are validated too; the appends that follow skip validators for bulk replacement.
            Listener::Validator { .. } => {}
            Listener::User { event, listener, .. } if &**event == "bulk_replace" => {
                let given = Value::list(values.clone());
                let token = errors::initiator_value(attribute, initiator);
                host.call_values(
                    &listener.function,
                    &[Value::Instance(instance.clone()), given.clone(), token],
                )?;
                *values = host.collect(&given)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// What listeners see for "no value".
fn symbol(value: &Value) -> Value {
    if is_no_state(value) { Value::None } else { value.clone() }
}

/// `single_parent=True`: an object must not have two parents along the relationship.
fn check_single_parent(
    host: &mut dyn Host,
    attribute: &Attribute,
    value: &Value,
    previous: Option<&Value>,
) -> R<()> {
    if value.is_none() || previous.is_some_and(|previous| previous.is(value)) {
        return Ok(());
    }
    let Some(state) = InstanceState::of_value(value) else { return Ok(()) };
    if state.has_parent(attribute.property.token(), false) {
        return Err(errors::single_parent(host, attribute, value));
    }
    Ok(())
}
