//! The UPDATEs that `post_update=True` puts off until both rows are there.
//!
//! Owns which columns each takes. Mirrors `_collect_post_update_commands`. Must not know relationships.

use std::rc::Rc;

use super::update::{UpdateRecord, emit_records};
use crate::orm::attribute::{self, Passive};
use crate::orm::flush::mapping::{self, TableMapping};
use crate::orm::flush::unit_of_work::UnitOfWork;
use crate::orm::history;
use crate::orm::identity::Mapped;
use crate::orm::mapper::Mapper;
use crate::python::value::{Host, R};
use crate::sql::schema::Column;

/// Runs them for the instances of a base mapper that are saved (or deleted).
pub fn post_update(host: &mut dyn Host, uow: &mut UnitOfWork<'_>, base: &Rc<Mapper>, delete: bool) -> R<()> {
    let Some(waiting) = uow.post_updates.get(&(Rc::as_ptr(base) as usize)) else { return Ok(()) };
    let columns = waiting.columns.clone();
    let states: Vec<Mapped> =
        waiting.instances.values().filter(|mapped| uow.is_deleted(mapped) == delete).cloned().collect();
    if states.is_empty() {
        return Ok(());
    }
    let connection = super::connection(host, uow, base)?;
    let states = super::sort_states(host, states)?;
    for (table, _) in super::sorted_tables(base) {
        let mut records = Vec::new();
        for mapped in &states {
            let Some(known) = mapping::of(mapped.mapper()).table(&table).cloned() else { continue };
            records.extend(collect(host, mapped, &known, &columns)?);
        }
        emit_records(host, &connection, records, !delete)?;
    }
    Ok(())
}

fn collect(
    host: &mut dyn Host,
    mapped: &Mapped,
    mapping: &Rc<TableMapping>,
    columns: &[Rc<Column>],
) -> R<Option<UpdateRecord>> {
    let mut record = UpdateRecord {
        mapped: Some(mapped.clone()),
        mapping: mapping.clone(),
        places: Vec::new(),
        values: Vec::new(),
        exprs: Vec::new(),
        keys: Vec::new(),
        checks_version: false,
    };
    for (place, column) in mapping.columns.iter().enumerate() {
        if mapping.primary_key.contains(&place) || !columns.iter().any(|one| Rc::ptr_eq(one, &column.column))
        {
            continue;
        }
        let history =
            history::get_history(host, mapped.instance(), &column.attribute, Passive::NO_INITIALIZE)?;
        if let Some(value) = history.added.into_iter().next() {
            record.places.push(place as u16);
            record.values.push(value);
        }
    }
    if record.places.is_empty() {
        return Ok(None);
    }
    for column in mapping.pk_columns() {
        record.keys.push(attribute::fetch(host, mapped.instance(), &column.attribute, Passive::OFF)?);
    }
    Ok(Some(record))
}
