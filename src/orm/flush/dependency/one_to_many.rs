//! One-to-many: the children's foreign keys follow the parent.
//!
//! Owns which children join a flush and what becomes of their keys. Mirrors `_OneToManyDP`.

use super::{Around, Processor, StateAround};
use crate::orm::attribute::Passive;
use crate::orm::flush::sync;
use crate::orm::flush::unit_of_work::UnitOfWork;
use crate::orm::identity::Mapped;
use crate::python::value::{Host, R};

pub(super) fn order(processor: &Processor, uow: &mut UnitOfWork<'_>, around: &Around) {
    let Around { parent_saves, child_saves, parent_deletes, child_deletes, after_save, before_delete } =
        *around;
    if processor.relationship().post_update {
        let post = uow.post_update_all(&processor.mapper, false);
        let pre = uow.post_update_all(&processor.mapper, true);
        uow.actions.order_all(&[
            (child_saves, after_save),
            (parent_saves, after_save),
            (after_save, post),
            (child_saves, before_delete),
            (before_delete, post),
            (post, parent_deletes),
            (before_delete, pre),
            (pre, parent_deletes),
            (pre, child_deletes),
        ]);
    } else {
        uow.actions.order_all(&[
            (parent_saves, after_save),
            (after_save, child_saves),
            (after_save, child_deletes),
            (child_saves, parent_deletes),
            (child_deletes, parent_deletes),
            (before_delete, child_saves),
            (before_delete, child_deletes),
        ]);
    }
}

pub(super) fn order_states(processor: &Processor, uow: &mut UnitOfWork<'_>, around: &StateAround) {
    let StateAround { save_parent, delete_parent, child, after_save, before_delete, .. } = *around;
    if processor.relationship().post_update {
        let post = uow.post_update_all(&processor.mapper, false);
        let pre = uow.post_update_all(&processor.mapper, true);
        if around.is_delete {
            uow.actions.order(before_delete, Some(pre));
            uow.actions.order(Some(pre), delete_parent);
        } else {
            if !around.child_is_delete {
                uow.actions.order(save_parent, after_save);
            }
            uow.actions.order(child, after_save);
            uow.actions.order(after_save, Some(post));
        }
    } else if around.is_delete {
        uow.actions.order(before_delete, child);
        uow.actions.order(child, delete_parent);
    } else {
        uow.actions.order(save_parent, after_save);
        uow.actions.order(after_save, child);
        uow.actions.order(save_parent, child);
    }
}

/// Children of a parent that goes: they lose their key, or go as orphans.
pub(super) fn presort_deletes(
    processor: &Processor,
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    states: &[Mapped],
) -> R<()> {
    let cascade = processor.relationship().cascade.get();
    let nulls_keys = !cascade.delete && !processor.never_nulls();
    for mapped in states {
        let history = processor.history(host, uow, mapped, processor.passive_delete())?;
        for child in history.deleted.iter().flatten() {
            if !processor.has_parent(child) {
                uow.register_object(host, child, cascade.delete_orphan, false, false, None)?;
            }
        }
        if nulls_keys {
            for child in history.unchanged.iter().flatten() {
                uow.register_object(host, child, false, false, false, Some(("delete", processor)))?;
            }
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
    let deletes_orphans = relationship.cascade.get().delete_orphan;
    let nulls_keys = !deletes_orphans && !processor.never_nulls();
    let id = uow.id_of(processor);
    for mapped in states {
        let key_changed = processor.key_changed(host, mapped)?;
        let passive =
            if !key_changed || relationship.passive_updates { Passive::NO_INITIALIZE } else { Passive::OFF };
        let passive = passive.with(Passive::INCLUDE_PENDING_MUTATIONS);
        let history = processor.history(host, uow, mapped, passive)?;
        if history.is_empty() {
            continue;
        }
        for child in history.added.iter().flatten() {
            uow.register_object(host, child, false, false, true, Some(("add", processor)))?;
            uow.children_added.entry(id).or_default().insert(child.address());
        }
        for child in history.deleted.iter().flatten() {
            if !deletes_orphans {
                if nulls_keys {
                    uow.register_object(host, child, false, false, false, Some(("delete", processor)))?;
                }
            } else if !processor.has_parent(child) {
                processor.delete_orphan(host, uow, child)?;
            }
        }
        if key_changed {
            let list_only = relationship.passive_updates;
            for child in history.unchanged.iter().flatten() {
                uow.register_object(host, child, false, list_only, false, Some(("pk change", processor)))?;
            }
        }
    }
    Ok(())
}

pub(super) fn process_deletes(
    processor: &Processor,
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    states: &[Mapped],
) -> R<()> {
    let relationship = processor.relationship();
    let post_update = relationship.post_update;
    if !post_update && processor.never_nulls() {
        return Ok(());
    }
    let id = uow.id_of(processor);
    for mapped in states {
        let history = processor.history(host, uow, mapped, processor.passive_delete())?;
        let parent = [Some(mapped.clone())];
        for child in history.deleted.iter().flatten() {
            if !processor.has_parent(child) {
                synchronize(processor, host, uow, mapped, Some(child), true, false)?;
                if post_update {
                    processor.post_update(uow, child, &parent, false);
                }
            }
        }
        if !post_update && relationship.cascade.get().delete {
            continue;
        }
        for child in history.unchanged.iter().flatten() {
            let was_added = uow.children_added.get(&id).is_some_and(|added| added.contains(&child.address()));
            if was_added {
                continue;
            }
            synchronize(processor, host, uow, mapped, Some(child), true, false)?;
            if post_update {
                processor.post_update(uow, child, &parent, false);
            }
        }
    }
    Ok(())
}

pub(super) fn process_saves(
    processor: &Processor,
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    states: &[Mapped],
) -> R<()> {
    let relationship = processor.relationship();
    let nulls_keys = !relationship.cascade.get().delete_orphan && !processor.never_nulls();
    for mapped in states {
        let history = processor.history(host, uow, mapped, Passive::NO_INITIALIZE)?;
        if history.is_empty() {
            continue;
        }
        for child in &history.added {
            synchronize(processor, host, uow, mapped, child.as_ref(), false, false)?;
            if let (Some(child), true) = (child, relationship.post_update) {
                processor.post_update(uow, child, &[Some(mapped.clone())], false);
            }
        }
        for child in history.deleted.iter().flatten() {
            if nulls_keys && !processor.has_parent(child) {
                synchronize(processor, host, uow, mapped, Some(child), true, false)?;
            }
        }
        if processor.key_changed(host, mapped)? {
            for child in &history.unchanged {
                synchronize(processor, host, uow, mapped, child.as_ref(), false, true)?;
            }
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
    key_changed: bool,
) -> R<()> {
    processor.verify_can_load(child)?;
    let relationship = processor.relationship();
    let Some(child) = child else { return Ok(()) };
    if !relationship.post_update && uow.is_deleted(child) {
        return Ok(());
    }
    let pairs = &relationship.setup().synchronize_pairs;
    if clears {
        sync::clear(host, child, pairs)
    } else {
        sync::populate(host, uow, mapped, child, pairs, relationship.passive_updates && key_changed)
    }
}
