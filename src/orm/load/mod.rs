//! Loading (a stand-in until the loaders are in place).
//!
//! Owns the calls that attributes make when a value is not there.

use crate::python::value::{Gc, Host, Instance, R, Value};

use super::attribute::{Attribute, Initiator, Passive};

/// What a loader answers.
pub enum Loaded {
    /// Put this there, as loaded.
    Value(Value),
    /// The loader has put it there itself.
    WasSet,
    /// Nothing to load: the attribute takes its default.
    Empty,
    /// Loading was not allowed.
    NoResult,
    NoValue,
}

/// Loads the expired column attributes of an instance.
pub fn load_expired(_host: &mut dyn Host, _instance: &Gc<Instance>, _passive: Passive) -> R<Loaded> {
    Ok(Loaded::Empty)
}

/// Loads an attribute that is not there: a relationship, a deferred column.
pub fn load_attribute(_: &mut dyn Host, _: &Gc<Instance>, _: &Attribute, _: Passive) -> R<Loaded> {
    Ok(Loaded::Empty)
}

/// The query (or write-only collection) that a dynamic relationship is.
pub fn dynamic_value(_: &mut dyn Host, _: &Gc<Instance>, _: &Attribute, _: Passive) -> R<Value> {
    Ok(Value::None)
}

/// Assignment of a whole collection to a dynamic relationship.
pub fn dynamic_set(_: &mut dyn Host, _: &Gc<Instance>, _: &Attribute, _: Value) -> R<()> {
    Ok(())
}

pub fn dynamic_append(
    _: &mut dyn Host,
    _: &Gc<Instance>,
    _: &Attribute,
    _: Value,
    _: Option<Initiator>,
) -> R<()> {
    Ok(())
}

pub fn dynamic_remove(
    _: &mut dyn Host,
    _: &Gc<Instance>,
    _: &Attribute,
    _: &Value,
    _: Option<Initiator>,
) -> R<()> {
    Ok(())
}

/// The changes of a dynamic collection.
pub fn dynamic_history(
    _: &mut dyn Host,
    _: &Gc<Instance>,
    _: &Attribute,
    _: Passive,
) -> R<super::history::History> {
    Ok(super::history::History::default())
}
