//! Many-to-one: the instance's own foreign key follows the object that it refers to.
//!
//! Owns when the key is copied or emptied, and orphans on the far side. Mirrors `_ManyToOneDP`.

use super::{Around, Processor, StateAround, is_in_session};
use crate::orm::attribute::Passive;
use crate::orm::flush::unit_of_work::UnitOfWork;
use crate::orm::flush::{errors, sync};
use crate::orm::identity::Mapped;
use crate::python::value::{Host, R};

pub(super) fn order(processor: &Processor, uow: &mut UnitOfWork<'_>, around: &Around) {
    let Around { parent_saves, child_saves, parent_deletes, child_deletes, after_save, before_delete } =
        *around;
    if processor.relationship().post_update {
        let post = uow.post_update_all(&processor.parent, false);
        let pre = uow.post_update_all(&processor.parent, true);
        uow.actions.order_all(&[
            (child_saves, after_save),
            (parent_saves, after_save),
            (after_save, post),
            (after_save, pre),
            (before_delete, pre),
            (pre, child_deletes),
            (pre, parent_deletes),
        ]);
    } else {
        uow.actions.order_all(&[
            (child_saves, after_save),
            (after_save, parent_saves),
            (parent_saves, child_deletes),
            (parent_deletes, child_deletes),
        ]);
    }
}

pub(super) fn order_states(processor: &Processor, uow: &mut UnitOfWork<'_>, around: &StateAround) {
    let StateAround { save_parent, delete_parent, child, after_save, before_delete, .. } = *around;
    if processor.relationship().post_update {
        if around.is_delete {
            let pre = uow.post_update_all(&processor.parent, true);
            uow.actions.order(before_delete, Some(pre));
            uow.actions.order(Some(pre), delete_parent);
            uow.actions.order(Some(pre), child);
            return;
        }
        let post = uow.post_update_all(&processor.parent, false);
        if around.child_is_delete {
            uow.actions.order(after_save, Some(post));
            uow.actions.order(Some(post), child);
        } else {
            uow.actions.order(save_parent, after_save);
            uow.actions.order(child, after_save);
            uow.actions.order(after_save, Some(post));
        }
    } else if around.is_delete {
        if around.child_is_delete {
            uow.actions.order(delete_parent, child);
        }
    } else {
        if !around.child_is_delete {
            uow.actions.order(child, after_save);
        }
        uow.actions.order(after_save, save_parent);
    }
}

pub(super) fn presort_deletes(
    processor: &Processor,
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    states: &[Mapped],
) -> R<()> {
    let cascade = processor.relationship().cascade.get();
    if !cascade.delete && !cascade.delete_orphan {
        return Ok(());
    }
    for mapped in states {
        let history = processor.history(host, uow, mapped, processor.passive_delete())?;
        let doomed: Vec<Mapped> = if cascade.delete_orphan {
            history.sum().flatten().cloned().collect()
        } else {
            history.non_deleted().flatten().cloned().collect()
        };
        for child in doomed {
            processor.delete_orphan(host, uow, &child)?;
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
    if !processor.relationship().cascade.get().delete_orphan {
        return Ok(());
    }
    for mapped in states {
        let history = processor.history(host, uow, mapped, processor.passive_delete())?;
        for child in history.deleted.iter().flatten() {
            if !processor.has_parent(child) {
                processor.delete_orphan(host, uow, child)?;
            }
        }
    }
    Ok(())
}

/// With `post_update`, a row that goes must not refer any more before the row it refers to goes.
pub(super) fn process_deletes(
    processor: &Processor,
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    states: &[Mapped],
) -> R<()> {
    let relationship = processor.relationship();
    if !relationship.post_update || relationship.cascade.get().delete_orphan || processor.never_nulls() {
        return Ok(());
    }
    for mapped in states {
        synchronize(processor, host, uow, mapped, None, true, None)?;
        let history = processor.history(host, uow, mapped, processor.passive_delete())?;
        processor.post_update(uow, mapped, history.sum(), true);
    }
    Ok(())
}

pub(super) fn process_saves(
    processor: &Processor,
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    states: &[Mapped],
) -> R<()> {
    for mapped in states {
        let history = processor.history(host, uow, mapped, Passive::NO_INITIALIZE)?;
        if history.is_empty() {
            continue;
        }
        if !history.added.is_empty() {
            for child in &history.added {
                synchronize(processor, host, uow, mapped, child.as_ref(), false, Some("add"))?;
            }
        } else if !history.deleted.is_empty() {
            synchronize(processor, host, uow, mapped, None, true, Some("delete"))?;
        }
        if processor.relationship().post_update {
            processor.post_update(uow, mapped, history.sum(), false);
        }
    }
    Ok(())
}

fn synchronize(
    processor: &Processor,
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    mapped: &Mapped,
    child: Option<&Mapped>,
    clears: bool,
    operation: Option<&str>,
) -> R<()> {
    let relationship = processor.relationship();
    if !relationship.post_update && uow.is_deleted(mapped) {
        return Ok(());
    }
    if let (Some(operation), Some(child)) = (operation, child)
        && !is_in_session(uow, child)
    {
        return errors::warn_not_in_session(host, child, operation, &processor.description(), "won't");
    }
    let pairs = &relationship.setup().synchronize_pairs;
    match child.filter(|_| !clears) {
        None => sync::clear(host, mapped, pairs),
        Some(child) => {
            processor.verify_can_load(Some(child))?;
            sync::populate(host, uow, child, mapped, pairs, false)
        }
    }
}
