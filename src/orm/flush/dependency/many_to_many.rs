//! Many-to-many: rows of the secondary table.
//!
//! Owns which rows come and go, also when both sides of the relationship say so, and writing them.
//! Mirrors `_ManyToManyDP`.

use std::rc::Rc;

use super::{Around, Processor, StateAround, is_in_session};
use crate::orm::attribute::Passive;
use crate::orm::flush::persist::secondary::{self, Row, UpdateRow};
use crate::orm::flush::unit_of_work::UnitOfWork;
use crate::orm::flush::{errors, sync};
use crate::orm::identity::Mapped;
use crate::orm::state::Flag;
use crate::python::value::{Host, R};

pub(super) fn order(uow: &mut UnitOfWork<'_>, around: &Around) {
    let Around { parent_saves, child_saves, parent_deletes, child_deletes, after_save, before_delete } =
        *around;
    uow.actions.order_all(&[
        (parent_saves, after_save),
        (child_saves, after_save),
        (after_save, child_deletes),
        // A row that is switched from a deleted to a saved instance makes this one matter.
        (before_delete, parent_saves),
        (before_delete, parent_deletes),
        (before_delete, child_deletes),
        (before_delete, child_saves),
    ]);
}

pub(super) fn order_states(uow: &mut UnitOfWork<'_>, around: &StateAround) {
    let StateAround { save_parent, delete_parent, child, after_save, before_delete, .. } = *around;
    if around.is_delete {
        uow.actions.order(before_delete, child);
        uow.actions.order(before_delete, delete_parent);
        return;
    }
    uow.actions.order(save_parent, after_save);
    if around.child_is_delete {
        uow.actions.order(after_save, child);
    } else {
        uow.actions.order(child, after_save);
    }
}

pub(super) fn presort_deletes(
    processor: &Processor,
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    states: &[Mapped],
) -> R<()> {
    let passive = processor.passive_delete();
    if passive == Passive::OFF {
        for mapped in states {
            processor.history(host, uow, mapped, passive)?;
        }
    }
    Ok(())
}

pub(super) fn presort_saves(
    processor: &Processor,
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    states: &[Mapped],
) -> R<()> {
    let relationship = processor.relationship();
    if !relationship.passive_updates {
        for mapped in states {
            if processor.key_changed(host, mapped)? {
                processor.history(host, uow, mapped, Passive::OFF)?;
            }
        }
    }
    if !relationship.cascade.get().delete_orphan {
        return Ok(());
    }
    for mapped in states {
        let history = processor.history(host, uow, mapped, Passive::NO_INITIALIZE)?;
        for child in history.deleted.iter().flatten() {
            if !processor.has_parent(child) {
                processor.delete_orphan(host, uow, child)?;
            }
        }
    }
    Ok(())
}

/// What tells the pair of relationships that share a secondary table; None without a reverse side.
fn pair_key(processor: &Processor) -> Option<Vec<usize>> {
    let mut tokens: Vec<usize> =
        processor.relationship().reverse_properties().iter().map(|property| property.token()).collect();
    if tokens.is_empty() {
        return None;
    }
    tokens.push(processor.property.token());
    tokens.sort_unstable();
    Some(tokens)
}

fn is_processed(uow: &UnitOfWork<'_>, key: Option<&Vec<usize>>, mapped: &Mapped, child: &Mapped) -> bool {
    key.and_then(|key| uow.processed_pairs.get(key))
        .is_some_and(|pairs| pairs.contains(&(mapped.address(), child.address())))
}

fn note_processed(uow: &mut UnitOfWork<'_>, key: Option<Vec<usize>>, done: Vec<(usize, usize)>) {
    if let Some(key) = key {
        uow.processed_pairs.entry(key).or_default().extend(done);
    }
}

pub(super) fn process_deletes(
    processor: &Processor,
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    states: &[Mapped],
) -> R<()> {
    let key = pair_key(processor);
    let (mut deletes, mut done) = (Vec::new(), Vec::new());
    for mapped in states {
        let history = processor.history(host, uow, mapped, processor.passive_delete())?;
        for child in history.non_added().flatten() {
            done.push((child.address(), mapped.address()));
            if is_processed(uow, key.as_ref(), mapped, child) {
                continue;
            }
            deletes.extend(row_of(processor, host, uow, mapped, Some(child), "delete")?);
        }
    }
    note_processed(uow, key, done);
    write(processor, host, uow, Vec::new(), Vec::new(), deletes)
}

pub(super) fn process_saves(
    processor: &Processor,
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    states: &[Mapped],
) -> R<()> {
    let relationship = processor.relationship();
    let key = pair_key(processor);
    let (mut inserts, mut updates, mut deletes, mut done) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for mapped in states {
        let cascades_key = !relationship.passive_updates && processor.key_changed(host, mapped)?;
        let passive = if cascades_key { Passive::OFF } else { Passive::NO_INITIALIZE };
        let passive = passive.with(Passive::INCLUDE_PENDING_MUTATIONS);
        let history = processor.history(host, uow, mapped, passive)?;
        if history.is_empty() {
            continue;
        }
        for (children, rows, operation) in
            [(&history.added, &mut inserts, "add"), (&history.deleted, &mut deletes, "delete")]
        {
            for child in children {
                if let Some(child) = child {
                    done.push((child.address(), mapped.address()));
                    if is_processed(uow, key.as_ref(), mapped, child) {
                        continue;
                    }
                }
                rows.extend(row_of(processor, host, uow, mapped, child.as_ref(), operation)?);
            }
        }
        if cascades_key {
            let setup = relationship.setup();
            for child in history.unchanged.iter().flatten() {
                let mut row = UpdateRow::new();
                sync::update_row(host, mapped, &mut row, &setup.synchronize_pairs)?;
                sync::update_row(host, child, &mut row, &setup.secondary_synchronize_pairs)?;
                updates.push(row);
            }
        }
    }
    note_processed(uow, key, done);
    write(processor, host, uow, inserts, updates, deletes)
}

/// The secondary row of a parent and a child; None where there can be none.
fn row_of(
    processor: &Processor,
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    mapped: &Mapped,
    child: Option<&Mapped>,
    operation: &str,
) -> R<Option<Row>> {
    processor.verify_can_load(child)?;
    let Some(child) = child else { return Ok(None) };
    if !is_in_session(uow, child) {
        if !child.state().has(Flag::DELETED) {
            errors::warn_not_in_session(host, child, operation, &processor.description(), "won't")?;
        }
        return Ok(None);
    }
    let setup = processor.relationship().setup();
    let mut row = Row::new();
    sync::populate_row(host, mapped, &mut row, &setup.synchronize_pairs)?;
    sync::populate_row(host, child, &mut row, &setup.secondary_synchronize_pairs)?;
    Ok(Some(row))
}

fn write(
    processor: &Processor,
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    inserts: Vec<Row>,
    updates: Vec<UpdateRow>,
    deletes: Vec<Row>,
) -> R<()> {
    let Some(secondary) = processor.relationship().setup().secondary.clone() else { return Ok(()) };
    if inserts.is_empty() && updates.is_empty() && deletes.is_empty() {
        return Ok(());
    }
    let Some(transaction) = uow.transaction.clone() else { return Ok(()) };
    let connection = transaction.connection(host, &processor.mapper)?;
    let secondary = Rc::clone(&secondary);
    secondary::delete(host, &connection, &secondary, deletes)?;
    secondary::update(host, &connection, &secondary, updates)?;
    secondary::insert(host, &connection, &secondary, inserts)
}
