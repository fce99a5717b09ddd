//! Bulk INSERT and UPDATE of objects or dictionaries, past the unit of work.
//!
//! Owns turning them into rows. Mirrors `_bulk_insert` and `_bulk_update`. Must not know transactions.

use std::rc::Rc;

use super::errors;
use super::mapping::{self, TableMapping};
use super::persist::insert::{self, InsertRecord};
use super::persist::sorted_tables;
use super::persist::update::{self, UpdateRecord};
use crate::orm::faces;
use crate::orm::identity::Mapped;
use crate::orm::mapper::Mapper;
use crate::orm::session::{BulkSave, Session, SessionTransaction};
use crate::python::value::{Host, R, Value};

/// An object, or a dictionary of its attributes.
pub enum BulkRow {
    Object(Mapped),
    Mapping(Value),
}

impl BulkRow {
    /// The value of an attribute; Unset where there is none.
    fn value(&self, key: &str, slot: usize) -> Value {
        match self {
            BulkRow::Object(mapped) => mapped.instance().slot(slot),
            BulkRow::Mapping(Value::Dict(dict)) => dict.get(key).unwrap_or(Value::Unset),
            BulkRow::Mapping(_) => Value::Unset,
        }
    }
}

pub fn insert(
    host: &mut dyn Host,
    _session: &Session,
    transaction: &Rc<SessionTransaction>,
    mapper: &Rc<Mapper>,
    rows: Vec<BulkRow>,
    how: BulkSave,
) -> R<()> {
    let connection = transaction.connection(host, mapper)?;
    for (table, _) in sorted_tables(&mapper.base_mapper()) {
        let Some(known) = mapping::of(mapper).table(&table).cloned() else { continue };
        let mut records = Vec::with_capacity(rows.len());
        for row in &rows {
            records.push(insert_record(host, mapper, &known, row, how)?);
        }
        insert::emit(host, &connection, records, how.return_defaults)?;
    }
    Ok(())
}

fn insert_record(
    host: &mut dyn Host,
    mapper: &Rc<Mapper>,
    mapping: &Rc<TableMapping>,
    row: &BulkRow,
    how: BulkSave,
) -> R<InsertRecord> {
    let mapped = match row {
        BulkRow::Object(mapped) if how.return_defaults => Some(mapped.clone()),
        _ => None,
    };
    let mut record = InsertRecord {
        mapped,
        mapping: mapping.clone(),
        places: Vec::new(),
        values: Vec::new(),
        exprs: Vec::new(),
        has_all_keys: true,
        has_all_defaults: true,
    };
    let polymorphic = mapper.polymorphic_on().and_then(|on| on.key);
    for (place, column) in mapping.columns.iter().enumerate() {
        let mut value = row.value(&column.attribute.key, column.slot);
        if mapping.version == Some(place) && !mapping::has_server_version(mapper) {
            value = mapping::next_version(host, mapper, &Value::None)?;
        }
        if value.is_unset() && polymorphic.as_ref().is_some_and(|key| *key == column.attribute.key) {
            let identity = mapper.polymorphic_identity.borrow().clone();
            if !identity.is_none() {
                value = identity;
            }
        }
        if value.is_unset() || (value.is_none() && !column.evaluates_none && !how.render_nulls) {
            if how.return_defaults {
                record.miss(column);
            }
            continue;
        }
        match faces::sql_expression(host, &value)? {
            Some(expr) => record.exprs.push((place as u16, expr)),
            None => record.give(place, value),
        }
    }
    Ok(record)
}

pub fn update(
    host: &mut dyn Host,
    _session: &Session,
    transaction: &Rc<SessionTransaction>,
    mapper: &Rc<Mapper>,
    rows: Vec<BulkRow>,
    how: BulkSave,
) -> R<()> {
    let connection = transaction.connection(host, mapper)?;
    for (table, _) in sorted_tables(&mapper.base_mapper()) {
        let Some(known) = mapping::of(mapper).table(&table).cloned() else { continue };
        let mut records = Vec::with_capacity(rows.len());
        for row in &rows {
            records.extend(update_record(&known, row, how)?);
        }
        update::emit_records(host, &connection, records, false)?;
    }
    Ok(())
}

fn update_record(mapping: &Rc<TableMapping>, row: &BulkRow, how: BulkSave) -> R<Option<UpdateRecord>> {
    let mut record = UpdateRecord {
        mapped: None,
        mapping: mapping.clone(),
        places: Vec::new(),
        values: Vec::new(),
        exprs: Vec::new(),
        keys: Vec::new(),
        checks_version: false,
    };
    for (place, column) in mapping.columns.iter().enumerate() {
        if mapping.primary_key.contains(&place) {
            continue;
        }
        if let (BulkRow::Object(mapped), true) = (row, how.changed_only)
            && !mapped.state().is_changed(column.slot)
        {
            continue;
        }
        let value = row.value(&column.attribute.key, column.slot);
        if !value.is_unset() {
            record.places.push(place as u16);
            record.values.push(value);
        }
    }
    let mut missing = Vec::new();
    for column in mapping.pk_columns() {
        let value = row.value(&column.attribute.key, column.slot);
        if value.is_none() || value.is_unset() {
            missing.push(errors::column_text(&column.column));
        }
        record.keys.push(value);
    }
    if !missing.is_empty() {
        return Err(errors::bulk_without_key(&missing));
    }
    Ok((!record.places.is_empty()).then_some(record))
}
