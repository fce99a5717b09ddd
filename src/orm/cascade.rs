//! Cascades of attribute events into the session (a stand-in until the session is in place).
//!
//! Owns the three reactions. Must not know SQL.

use crate::python::value::{Gc, Host, Instance, R, Value};

use super::attribute::{Attribute, Initiator};

/// An object entered a collection.
pub fn on_append(_: &mut dyn Host, _: &Gc<Instance>, _: &Attribute, _item: &Value, _: Initiator) -> R<()> {
    Ok(())
}

/// An object left a collection or was deleted from an attribute.
pub fn on_remove(_: &mut dyn Host, _: &Gc<Instance>, _: &Attribute, _item: &Value, _: Initiator) -> R<()> {
    Ok(())
}

/// An object replaced another.
pub fn on_set(
    _: &mut dyn Host,
    _: &Gc<Instance>,
    _: &Attribute,
    _new: &Value,
    _old: &Value,
    _: Initiator,
) -> R<()> {
    Ok(())
}
