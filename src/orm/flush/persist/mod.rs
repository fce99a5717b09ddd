//! Writing instances: which of them are inserted, updated, deleted, and what they are afterwards.
//!
//! Owns the passes over the instances of one base mapper, table by table, with the mapper's events.
//! How each kind of statement is made stands beside. Must not know relationships.
//! Mirrors `sqlalchemy/orm/persistence.py`.

pub(super) mod delete;
pub(super) mod insert;
pub(super) mod plan;
mod post_update;
pub mod secondary;
pub(super) mod update;

use std::rc::Rc;

pub use post_update::post_update;

use super::mapping::{self, TableMapping};
use super::unit_of_work::UnitOfWork;
use super::{errors, identity_key_from_state};
use crate::engine::Connection;
use crate::orm::attribute::{self, Passive};
use crate::orm::events::{self, MapperEvent};
use crate::orm::faces;
use crate::orm::identity::Mapped;
use crate::orm::mapper::Mapper;
use crate::orm::state::Flag;
use crate::python::value::{Host, R, Value};
use crate::sql::schema::Table;
use insert::InsertRecord;
use update::UpdateRecord;

/// One instance on its way into the database.
pub struct Saving {
    pub mapped: Mapped,
    /// An UPDATE rather than an INSERT.
    pub is_update: bool,
    /// The version that the row must have, of mappers that count versions.
    pub version: Option<Value>,
}

/// The tables of a hierarchy, each table before those that build on it.
pub fn sorted_tables(base: &Rc<Mapper>) -> Vec<(Rc<Table>, Rc<Mapper>)> {
    let mut tables: Vec<(Rc<Table>, Rc<Mapper>)> = Vec::new();
    for mapper in base.self_and_descendants() {
        for table in &mapper.tables {
            if !tables.iter().any(|(known, _)| Rc::ptr_eq(known, table)) {
                tables.push((table.clone(), mapper.clone()));
            }
        }
    }
    tables
}

fn connection(host: &mut dyn Host, uow: &UnitOfWork<'_>, base: &Rc<Mapper>) -> R<Rc<Connection>> {
    match &uow.transaction {
        Some(transaction) => transaction.connection(host, base),
        None => uow.session.connection_for(host, Some(base)),
    }
}

/// INSERTs and UPDATEs for instances of one hierarchy.
pub fn save_obj(
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    base: &Rc<Mapper>,
    states: Vec<Mapped>,
) -> R<()> {
    if states.is_empty() {
        return Ok(());
    }
    let connection = connection(host, uow, base)?;
    let states = sort_states(host, states)?;
    if !base.args.batch {
        for mapped in states {
            save_group(host, uow, base, &connection, vec![mapped])?;
        }
        return Ok(());
    }
    save_group(host, uow, base, &connection, states)
}

fn save_group(
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    base: &Rc<Mapper>,
    connection: &Rc<Connection>,
    states: Vec<Mapped>,
) -> R<()> {
    let mut saving = Vec::with_capacity(states.len());
    for mapped in states {
        saving.push(organize(host, uow, connection, mapped)?);
    }
    for (table, _) in sorted_tables(base) {
        let (mut inserts, mut updates) = (Vec::new(), Vec::new());
        let mut known: Option<(Rc<Mapper>, Option<Rc<TableMapping>>)> = None;
        for one in &saving {
            let mapper = one.mapped.mapper();
            let is_known = known.as_ref().is_some_and(|(of, _)| Rc::ptr_eq(of, mapper));
            if !is_known {
                known = Some((mapper.clone(), mapping::of(mapper).table(&table).cloned()));
            }
            let Some((_, Some(table_mapping))) = &known else { continue };
            if one.is_update {
                updates.extend(UpdateRecord::collect(host, uow, one, table_mapping)?);
            } else {
                inserts.push(InsertRecord::collect(host, one, table_mapping)?);
            }
        }
        update::emit(host, uow, connection, updates, true)?;
        insert::emit(host, connection, inserts, true)?;
    }
    for one in &saving {
        finish(host, connection, one)?;
    }
    Ok(())
}

/// Decides what is to be done for one instance, and tells the listeners that it will be.
fn organize(
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    connection: &Rc<Connection>,
    mapped: Mapped,
) -> R<Saving> {
    let mapper = mapped.mapper().clone();
    let has_identity = mapped.state().has_identity();
    if !has_identity {
        super::load_key(host, &mapped)?;
    }
    let event = if has_identity { MapperEvent::BeforeUpdate } else { MapperEvent::BeforeInsert };
    fire(host, &mapper, event, connection, &mapped)?;
    let mut switched_from = None;
    if !has_identity {
        switched_from = row_switch(host, uow, &mapped)?;
    }
    let is_update = has_identity || switched_from.is_some();
    let version_id = mapper.version_id.borrow().clone();
    let version = match version_id.and_then(|version| mapper.attribute_named(&version.key)) {
        Some(version) if is_update => {
            let source = switched_from.as_ref().unwrap_or(&mapped);
            Some(attribute::committed_value(host, source.instance(), &version, Passive::OFF)?)
        }
        _ => None,
    };
    Ok(Saving { mapped, is_update, version })
}

/// A new instance whose key is that of one that this flush deletes takes over its row.
fn row_switch(host: &mut dyn Host, uow: &mut UnitOfWork<'_>, mapped: &Mapped) -> R<Option<Mapped>> {
    let key = identity_key_from_state(mapped);
    let is_whole = key.values().iter().all(|value| !value.is_none() && !value.is_unset());
    if !is_whole {
        return Ok(None);
    }
    let Some(existing) = uow.session.identity_map.get_key(host, &key)?.and_then(|found| Mapped::new(&found))
    else {
        return Ok(None);
    };
    if existing.state().has(Flag::ROW_EXPIRED)
        && !uow.is_deleted(&existing)
        && !uow.session.load_expired(host, &existing, Passive::OFF)?
    {
        return Ok(None);
    }
    if !uow.is_deleted(&existing) {
        errors::warn_key_conflict(host, mapped, &key, &existing)?;
        return Ok(None);
    }
    uow.remove_state_actions(&existing);
    Ok(Some(existing))
}

fn finish(host: &mut dyn Host, connection: &Rc<Connection>, one: &Saving) -> R<()> {
    let mapper = one.mapped.mapper().clone();
    expire_expressions(&one.mapped);
    let event = if one.is_update { MapperEvent::AfterUpdate } else { MapperEvent::AfterInsert };
    fire(host, &mapper, event, connection, &one.mapped)
}

/// Attributes that hold SQL expressions may have changed with the row.
fn expire_expressions(mapped: &Mapped) {
    for attribute in mapping::of(mapped.mapper()).expressions.iter() {
        if let Some(slot) = attribute.slot()
            && !mapped.instance().slot(slot).is_unset()
            && !mapped.state().is_changed(slot)
        {
            drop(mapped.instance().set_slot(slot, Value::Unset));
            mapped.state().expire(slot);
        }
    }
}

pub(super) fn fire(
    host: &mut dyn Host,
    mapper: &Rc<Mapper>,
    event: MapperEvent,
    connection: &Rc<Connection>,
    mapped: &Mapped,
) -> R<()> {
    if !events::has_listeners(mapper, event) {
        return Ok(());
    }
    let args = [faces::mapper(host, mapper)?, faces::connection(host, connection)?, mapped.value()];
    events::fire(host, mapper, event, &args)
}

/// DELETEs for instances of one hierarchy, heirs' tables first.
pub fn delete_obj(
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    base: &Rc<Mapper>,
    states: Vec<Mapped>,
) -> R<()> {
    if states.is_empty() {
        return Ok(());
    }
    let connection = connection(host, uow, base)?;
    let states = sort_states(host, states)?;
    let mut versions = Vec::with_capacity(states.len());
    for mapped in &states {
        let mapper = mapped.mapper().clone();
        fire(host, &mapper, MapperEvent::BeforeDelete, &connection, mapped)?;
        let version_id = mapper.version_id.borrow().clone();
        versions.push(match version_id.and_then(|version| mapper.attribute_named(&version.key)) {
            Some(version) => {
                Some(attribute::committed_value(host, mapped.instance(), &version, Passive::OFF)?)
            }
            None => None,
        });
    }
    for (table, mapper) in sorted_tables(base).into_iter().rev() {
        if mapper.inherits.is_some() && mapper.args.passive_deletes {
            continue;
        }
        let mut rows = Vec::new();
        let mut table_mapping = None;
        for (mapped, version) in states.iter().zip(&versions) {
            let Some(known) = mapping::of(mapped.mapper()).table(&table).cloned() else { continue };
            rows.push(delete::collect(host, mapped, &known, version.as_ref())?);
            table_mapping.get_or_insert(known);
        }
        if let Some(table_mapping) = table_mapping {
            delete::emit(host, &connection, &table_mapping, rows, base.args.confirm_deleted_rows)?;
        }
    }
    for mapped in &states {
        let mapper = mapped.mapper().clone();
        fire(host, &mapper, MapperEvent::AfterDelete, &connection, mapped)?;
    }
    Ok(())
}

/// Pending instances in the order in which they came, then persistent ones in the order of their keys.
pub(super) fn sort_states(host: &mut dyn Host, states: Vec<Mapped>) -> R<Vec<Mapped>> {
    let (mut pending, persistent): (Vec<Mapped>, Vec<Mapped>) =
        states.into_iter().partition(|mapped| !mapped.state().has_identity());
    pending.sort_by_key(|mapped| mapped.state().insert_order());
    pending.extend(sort_by_key(host, persistent)?);
    Ok(pending)
}

fn sort_by_key(host: &mut dyn Host, states: Vec<Mapped>) -> R<Vec<Mapped>> {
    let mut keyed: Vec<(Value, Mapped)> =
        states.into_iter().map(|mapped| (mapped.state().ident(), mapped)).collect();
    if keyed.iter().all(|(key, _)| matches!(key, Value::Int(_))) {
        keyed.sort_by_key(|(key, _)| if let Value::Int(number) = key { *number } else { 0 });
        return Ok(keyed.into_iter().map(|(_, mapped)| mapped).collect());
    }
    let mut failed = None;
    keyed.sort_by(|(left, _), (right, _)| {
        use std::cmp::Ordering;
        if failed.is_some() {
            return Ordering::Equal;
        }
        if let (Some(left), Some(right)) = (left.as_str(), right.as_str()) {
            return left.cmp(right);
        }
        let ordering = host.lt(left, right).and_then(|less| {
            if less {
                return Ok(Ordering::Less);
            }
            host.lt(right, left).map(|more| if more { Ordering::Greater } else { Ordering::Equal })
        });
        ordering.unwrap_or_else(|raised| {
            failed = Some(raised);
            Ordering::Equal
        })
    });
    if let Some(mut raised) = failed {
        let text = super::exception_text(host, &mut raised);
        return Err(errors::unsortable_keys(&text));
    }
    Ok(keyed.into_iter().map(|(_, mapped)| mapped).collect())
}
