//! The two sides of a relationship keep each other up to date.
//!
//! Owns the three reactions and the checks that end their circles. Must not know sessions or SQL.
//!
//! ```text
//!   excuse.student = student      fires "set" on Excuse.student
//!       -> student.excuses.append(excuse)   begun by Excuse.student: its own "append" event sees who began it
//!            -> (would set excuse.student again: stops here)
//! ```

use std::rc::Rc;

use crate::python::value::{Gc, Host, Instance, R, Str, Value};

use super::attribute::{self, Attribute, Initiator, Op, Passive, is_no_state};
use super::errors;
use super::state::InstanceState;

/// The attribute of that name on the object's own class.
fn other_side(host: &mut dyn Host, child: &Value, key: &Str) -> R<(Gc<Instance>, Rc<Attribute>)> {
    let (Some(state), Some(instance)) = (InstanceState::of_value(child), child.as_instance()) else {
        return Err(attribute::not_mapped(host, child));
    };
    match state.mapper().attribute_named(key) {
        Some(attribute) => Ok((instance.clone(), attribute)),
        None => Err(errors::no_such_key(key)),
    }
}

fn is_many(attribute: &Attribute) -> bool {
    attribute.is_collection() || attribute.is_dynamic()
}

pub fn on_set(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    key: &Str,
    child: &Value,
    previous: &Value,
    initiator: Initiator,
) -> R<()> {
    if previous.is(child) {
        return Ok(());
    }
    let me = Value::Instance(instance.clone());
    if !previous.is_none() && !is_no_state(previous) {
        let (old, other) = other_side(host, previous, key)?;
        let circle = if is_many(&other) { other.remove_token() } else { other.token(Op::Replace) };
        if initiator != circle {
            attribute::pop(host, &old, &other, &me, Some(attribute.append_token()), Passive::NO_FETCH)?;
        }
    }
    if child.is_none() {
        return Ok(());
    }
    append_other(host, instance, attribute, key, child, initiator, &me)
}

pub fn on_append(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    key: &Str,
    child: &Value,
    initiator: Initiator,
) -> R<()> {
    if child.is_none() {
        return Ok(());
    }
    let me = Value::Instance(instance.clone());
    append_other(host, instance, attribute, key, child, initiator, &me)
}

/// Puts this object into the other side.
fn append_other(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    key: &Str,
    child: &Value,
    initiator: Initiator,
    me: &Value,
) -> R<()> {
    let (object, other) = other_side(host, child, key)?;
    let began_elsewhere =
        initiator.property != attribute.property.token() && initiator.property != other.property.token();
    if began_elsewhere {
        return Err(errors::bidirectional_conflict(host, instance, attribute, &other, initiator));
    }
    let is_circle = initiator == other.append_token()
        || (other.is_collection() && initiator == other.token(Op::BulkReplace));
    if is_circle {
        return Ok(());
    }
    attribute::append(host, &object, &other, me.clone(), Some(initiator), Passive::NO_FETCH)
}

pub fn on_remove(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    key: &Str,
    uselist: bool,
    child: &Value,
    initiator: Initiator,
) -> R<()> {
    if child.is_none() || is_no_state(child) {
        return Ok(());
    }
    let (object, other) = other_side(host, child, key)?;
    let many = is_many(&other);
    let is_circle = initiator == other.remove_token()
        || (!many && initiator == other.token(Op::Replace))
        || (other.is_collection() && initiator == other.token(Op::BulkReplace));
    if is_circle {
        return Ok(());
    }
    // An object that stands twice in a list is still there after one was taken out.
    if !many && uselist && !attribute.is_dynamic() {
        let slot = attribute.slot().expect("a relationship attribute has a slot");
        let current = instance.slot(slot);
        let items = super::collection::items(host, &current)?;
        if items.iter().filter(|item| item.is(child)).count() > 1 {
            return Ok(());
        }
    }
    let me = Value::Instance(instance.clone());
    attribute::pop(host, &object, &other, &me, Some(initiator), Passive::NO_FETCH)
}
