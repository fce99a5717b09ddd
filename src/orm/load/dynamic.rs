//! Dynamic and write-only collections: never loaded, only added to and removed from.
//!
//! Owns their pending changes. What reading one gives (a query, a write-only collection) the language's side makes.
//! Must not know SQL. Mirrors `sqlalchemy/orm/writeonly.py` and `dynamic.py`.

use super::faces;
use crate::orm::attribute::{self, Attribute, AttributeKind, Initiator, Passive};
use crate::orm::history::History;
use crate::orm::query::errors;
use crate::python::value::{Gc, Host, Instance, R, Value};

fn slot_of(attribute: &Attribute) -> usize {
    attribute.slot().expect("dynamic collections have slots")
}

/// What was added since the last flush.
pub fn pending_added(instance: &Gc<Instance>, attribute: &Attribute) -> Vec<Value> {
    attribute::state_of(instance).pending(slot_of(attribute)).map(|pending| pending.added).unwrap_or_default()
}

/// The query (or write-only collection) that a dynamic relationship is.
pub fn dynamic_value(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
) -> R<Value> {
    if !passive.has(Passive::SQL_OK) {
        return Ok(Value::list(pending_added(instance, attribute)));
    }
    match faces() {
        Some(faces) => (faces.dynamic)(host, instance, attribute),
        None => Ok(Value::None),
    }
}

/// Assignment of a whole collection.
pub fn dynamic_set(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    value: Value,
) -> R<()> {
    let members = host.collect(&value)?;
    let state = attribute::state_of(instance);
    let old = if state.has_identity() {
        if attribute.kind == AttributeKind::WriteOnly {
            return Err(errors::no_replacement(&attribute.property.description()));
        }
        let current = dynamic_value(host, instance, attribute, Passive::OFF)?;
        let mut old = host.collect(&current)?;
        old.extend(pending_added(instance, attribute));
        old
    } else {
        pending_added(instance, attribute)
    };
    for member in &members {
        if !old.iter().any(|known| known.is(member)) {
            dynamic_append(host, instance, attribute, member.clone(), None)?;
        }
    }
    for member in old {
        if !members.iter().any(|kept| kept.is(&member)) {
            dynamic_remove(host, instance, attribute, &member, None)?;
        }
    }
    Ok(())
}

pub fn dynamic_append(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    value: Value,
    initiator: Option<Initiator>,
) -> R<()> {
    let initiator = initiator.unwrap_or_else(|| attribute.append_token());
    let value = attribute::fire_append(host, instance, attribute, value, initiator)?;
    let state = attribute::state_of(instance);
    state.with_pending(slot_of(attribute), |pending| {
        if !pending.added.iter().any(|known| known.is(&value)) {
            pending.added.push(value.clone());
        }
    });
    Ok(())
}

pub fn dynamic_remove(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    value: &Value,
    initiator: Option<Initiator>,
) -> R<()> {
    let state = attribute::state_of(instance);
    state.with_pending(slot_of(attribute), |pending| {
        match pending.added.iter().position(|known| known.is(value)) {
            Some(place) => {
                pending.added.remove(place);
            }
            None => pending.deleted.push(value.clone()),
        }
    });
    let initiator = initiator.unwrap_or_else(|| attribute.remove_token());
    attribute::fire_remove(host, instance, attribute, value, initiator)?;
    attribute::modified(host, instance, attribute, attribute::NO_VALUE, true)
}

/// The changes of a dynamic collection.
pub fn dynamic_history(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
) -> R<History> {
    let state = attribute::state_of(instance);
    let pending = state.pending(slot_of(attribute)).unwrap_or_default();
    let mut history = History { added: pending.added, unchanged: Vec::new(), deleted: pending.deleted };
    if state.has_identity()
        && passive.has(Passive::INIT_OK)
        && passive.has(Passive::SQL_OK)
        && attribute.kind == AttributeKind::Dynamic
    {
        let current = dynamic_value(host, instance, attribute, Passive::OFF)?;
        let present = host.collect(&current)?;
        history.deleted.retain(|gone| present.iter().any(|known| known.is(gone)));
        history.added.retain(|new| !present.iter().any(|known| known.is(new)));
        history.unchanged =
            present.into_iter().filter(|one| !history.deleted.iter().any(|gone| gone.is(one))).collect();
    }
    Ok(history)
}
