//! Copying key values between the two sides of a relationship.
//!
//! Owns the four copies: into the child, out of it, into a row of a secondary table, and asking what changed.
//! Must not know when they are made. Mirrors `sqlalchemy/orm/sync.py`.

use std::rc::Rc;

use super::{UnitOfWork, errors};
use crate::orm::attribute::{self, Passive};
use crate::orm::history;
use crate::orm::identity::Mapped;
use crate::python::value::{Host, R, Value};
use crate::sql::schema::Column;

/// `(source, destination)`.
pub type Pairs = [(Rc<Column>, Rc<Column>)];

/// The value that an instance has for a column, loaded if need be.
fn read(host: &mut dyn Host, source: &Mapped, column: &Rc<Column>, target: &Column) -> R<Value> {
    let Some(attribute) = source.mapper().attribute_of_column(column) else {
        return Err(errors::unmapped_source(source.mapper(), column, target));
    };
    attribute::fetch(host, source.instance(), &attribute, Passive::OFF)
}

fn write(host: &mut dyn Host, dest: &Mapped, column: &Rc<Column>, value: Value) -> R<()> {
    let Some(attribute) = dest.mapper().attribute_of_column(column) else {
        return Err(errors::unmapped_destination(dest.mapper(), column));
    };
    attribute::set(host, dest.instance(), &attribute, value)
}

/// Copies the key of `source` into the foreign key of `dest`.
pub fn populate(
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    source: &Mapped,
    dest: &Mapped,
    pairs: &Pairs,
    flag_cascaded: bool,
) -> R<()> {
    for (left, right) in pairs {
        let value = read(host, source, left, right)?;
        write(host, dest, right, value)?;
        if flag_cascaded && left.primary_key.get() && right.primary_key.get() && references(right, left) {
            uow.note_cascaded_key(dest, right);
        }
    }
    Ok(())
}

fn references(column: &Column, target: &Rc<Column>) -> bool {
    let keys = column.foreign_keys.borrow();
    keys.iter().any(|key| key.find_column().is_some_and(|found| Rc::ptr_eq(&found, target)))
}

/// Empties the foreign key of `dest`.
pub fn clear(host: &mut dyn Host, dest: &Mapped, pairs: &Pairs) -> R<()> {
    for (left, right) in pairs {
        if right.primary_key.get()
            && let Some(attribute) = dest.mapper().attribute_of_column(right)
        {
            let value = attribute::fetch(host, dest.instance(), &attribute, Passive::RETURN_NO_VALUE)?;
            if !value.is_none() && !attribute::is_no_state(&value) {
                return Err(errors::blank_out_key(left, right, dest));
            }
        }
        write(host, dest, right, Value::None)?;
    }
    Ok(())
}

/// Puts key values of `source` into a row of the secondary table.
pub fn populate_row(
    host: &mut dyn Host,
    source: &Mapped,
    row: &mut Vec<(Rc<Column>, Value)>,
    pairs: &Pairs,
) -> R<()> {
    for (left, right) in pairs {
        let value = read(host, source, left, right)?;
        row.push((right.clone(), value));
    }
    Ok(())
}

/// As `populate_row`, with the values before the change beside those after it.
pub fn update_row(
    host: &mut dyn Host,
    source: &Mapped,
    row: &mut Vec<(Rc<Column>, Value, Value)>,
    pairs: &Pairs,
) -> R<()> {
    for (left, right) in pairs {
        let Some(attribute) = source.mapper().attribute_of_column(left) else {
            return Err(errors::unmapped_source(source.mapper(), left, right));
        };
        let before = attribute::committed_value(host, source.instance(), &attribute, Passive::OFF)?;
        let now = attribute::fetch(host, source.instance(), &attribute, Passive::OFF)?;
        row.push((right.clone(), before, now));
    }
    Ok(())
}

/// Whether a key that others refer to has changed from one value to another.
pub fn source_modified(host: &mut dyn Host, source: &Mapped, pairs: &Pairs) -> R<bool> {
    for (left, right) in pairs {
        let Some(attribute) = source.mapper().attribute_of_column(left) else {
            return Err(errors::unmapped_source(source.mapper(), left, right));
        };
        let Some(slot) = attribute.slot() else { continue };
        if !source.state().is_changed(slot) {
            continue;
        }
        let history = history::get_history(host, source.instance(), &attribute, Passive::NO_INITIALIZE)?;
        if !history.deleted.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
