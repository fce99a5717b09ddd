//! Cascades: what an operation on one instance does to those that hang on it.
//!
//! Owns walking along relationships, and the reactions of a session to changed attributes (save-update, orphans).
//! Must not know what the walked instances are used for. Mirrors `Mapper.cascade_iterator`,
//! `RelationshipProperty.cascade_iterator` and `track_cascade_events`.

use rustc_hash::FxHashSet;

use super::attribute::{self, Attribute, Initiator, Passive, is_no_state};
use super::collection;
use super::flush::mapping;
use super::history;
use super::identity::Mapped;
use super::mapper::Mapper;
use super::relationship::{Cascades, PassiveDeletes};
use super::session;
use super::state::{Flag, InstanceState};
use crate::diag::builtin::ASSERTION_ERROR;
use crate::python::value::{Gc, Host, Instance, R, Raised, Value};

/// Along which relationships a walk goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CascadeKind {
    SaveUpdate,
    Merge,
    Expunge,
    RefreshExpire,
    Delete,
}

impl CascadeKind {
    pub fn is_in(self, cascades: Cascades) -> bool {
        match self {
            CascadeKind::SaveUpdate => cascades.save_update,
            CascadeKind::Merge => cascades.merge,
            CascadeKind::Expunge => cascades.expunge,
            CascadeKind::RefreshExpire => cascades.refresh_expire,
            CascadeKind::Delete => cascades.delete,
        }
    }
}

/// Tells a walk where not to go on.
pub type Halt<'a> = &'a dyn Fn(&InstanceState) -> bool;

/// Every instance that hangs on `start` by relationships with the cascade, each before what hangs on it.
/// Only the delete cascade loads what is not there.
pub fn iterate(
    host: &mut dyn Host,
    kind: CascadeKind,
    start: &Mapped,
    halt: Option<Halt<'_>>,
) -> R<Vec<Mapped>> {
    let mut found = Vec::new();
    if !mapping::of(start.mapper()).cascades(kind) {
        return Ok(found);
    }
    let mut visited: FxHashSet<usize> = FxHashSet::default();
    // What is still to be done, last first: the rest of an instance's relationships, the rest of an attribute's items.
    enum Step {
        Relationships(Mapped, usize),
        Items(std::vec::IntoIter<Mapped>),
    }
    let mut open = vec![Step::Relationships(start.clone(), 0)];
    while let Some(step) = open.pop() {
        match step {
            Step::Relationships(mapped, index) => {
                let mapping = mapping::of(mapped.mapper());
                let Some(attribute) = mapping.relationships.get(index) else { continue };
                open.push(Step::Relationships(mapped.clone(), index + 1));
                let items = along(host, kind, &mapped, attribute, &mut visited, halt)?;
                if !items.is_empty() {
                    open.push(Step::Items(items.into_iter()));
                }
            }
            Step::Items(mut items) => {
                let Some(next) = items.next() else { continue };
                open.push(Step::Items(items));
                open.push(Step::Relationships(next.clone(), 0));
                found.push(next);
            }
        }
    }
    Ok(found)
}

/// The instances along one relationship.
fn along(
    host: &mut dyn Host,
    kind: CascadeKind,
    mapped: &Mapped,
    attribute: &Attribute,
    visited: &mut FxHashSet<usize>,
    halt: Option<Halt<'_>>,
) -> R<Vec<Mapped>> {
    let Some(relationship) = attribute.property.as_relationship() else { return Ok(Vec::new()) };
    let cascades = relationship.cascade.get();
    if !kind.is_in(cascades) {
        return Ok(Vec::new());
    }
    let loads = kind == CascadeKind::Delete && relationship.passive_deletes == PassiveDeletes::No;
    let passive = if loads { Passive::OFF.with(Passive::NO_RAISE) } else { Passive::NO_INITIALIZE };
    let values = if kind == CascadeKind::SaveUpdate {
        history::get_all_pending(host, mapped.instance(), attribute, Passive::NO_INITIALIZE)?
    } else {
        items_of(host, mapped.instance(), attribute, passive)?
    };
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let skip_pending = kind == CascadeKind::RefreshExpire && !cascades.delete_orphan;
    let mut items = Vec::with_capacity(values.len());
    for value in values {
        if value.is_none() || visited.contains(&value.id()) {
            continue;
        }
        let Some(item) = Mapped::of_value(&value) else { continue };
        if halt.is_some_and(|halt| halt(item.state())) || (skip_pending && !item.state().has_identity()) {
            continue;
        }
        if !item.mapper().isa(relationship.mapper()) {
            return Err(wrong_type(attribute, &item));
        }
        visited.insert(value.id());
        items.push(item);
    }
    Ok(items)
}

/// `AssertionError: Attribute 'pets' on class '<class 'app.Owner'>' doesn't handle objects of type '<class ...>'`
fn wrong_type(attribute: &Attribute, item: &Mapped) -> Raised {
    Raised::new(
        &ASSERTION_ERROR,
        format!(
            "Attribute '{}' on class '<class '{}'>' doesn't handle objects of type '<class '{}'>'",
            attribute.key,
            attribute.property.parent().sort_key,
            item.mapper().sort_key
        ),
    )
}

/// The objects that an attribute holds, as a list, doing no more than `passive` allows.
pub fn items_of(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
) -> R<Vec<Value>> {
    if attribute.is_dynamic() {
        return history::get_all_pending(host, instance, attribute, passive);
    }
    let value = attribute::fetch(host, instance, attribute, passive)?;
    if value.is_none() || is_no_state(&value) {
        return Ok(Vec::new());
    }
    if attribute.is_collection() { collection::items(host, &value) } else { Ok(vec![value]) }
}

/// Whether an instance has lost (or never had) the parent that a delete-orphan cascade wants it to have.
pub fn is_orphan(mapper: &Mapper, state: &InstanceState) -> bool {
    let mapping = mapping::of(mapper);
    let orphans = mapping.orphan_of();
    if orphans.is_empty() {
        return false;
    }
    let optimistic = state.has_identity();
    let has_parent = |token: &usize| state.has_parent(*token, optimistic);
    if mapper.args.legacy_is_orphan {
        !orphans.iter().any(has_parent)
    } else {
        !orphans.iter().all(has_parent)
    }
}

// Reactions to attribute events.

/// An object entered a collection.
pub fn on_append(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    item: &Value,
    initiator: Initiator,
) -> R<()> {
    let state = attribute::state_of(instance);
    let Some(session) = session::session_of(state) else { return Ok(()) };
    if item.is_none() {
        return Ok(());
    }
    session.warn_if_flushing(host, "collection append")?;
    save_along(host, &session, attribute, item, initiator)
}

/// Only a change that began on this side takes the other object into the session.
fn save_along(
    host: &mut dyn Host,
    session: &session::Session,
    attribute: &Attribute,
    item: &Value,
    initiator: Initiator,
) -> R<()> {
    let saves = attribute.property.as_relationship().is_some_and(|one| one.cascade.get().save_update);
    if !saves || initiator.property != attribute.property.token() {
        return Ok(());
    }
    match Mapped::of_value(item) {
        Some(mapped) if !session.contains(mapped.state()) => session.save_or_update(host, &mapped),
        _ => Ok(()),
    }
}

fn deletes_orphans(attribute: &Attribute) -> bool {
    attribute.property.as_relationship().is_some_and(|one| one.cascade.get().delete_orphan)
}

/// An object left a collection or was deleted from an attribute.
pub fn on_remove(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    item: &Value,
    _initiator: Initiator,
) -> R<()> {
    if item.is_none() {
        return Ok(());
    }
    let session = session::session_of(attribute::state_of(instance));
    if let Some(session) = &session {
        let what = if attribute.is_collection() { "collection remove" } else { "related attribute delete" };
        session.warn_if_flushing(host, what)?;
    }
    if is_no_state(item) || !deletes_orphans(attribute) {
        return Ok(());
    }
    let Some(mapped) = Mapped::of_value(item) else { return Ok(()) };
    let state = mapped.state();
    if is_orphan(orphan_mapper(attribute), state) {
        match session {
            Some(session) if session.is_new(state) => session.expunge(host, item)?,
            _ => state.set_flag(Flag::ORPHANED_OUTSIDE),
        }
    }
    Ok(())
}

/// An object replaced another.
pub fn on_set(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    new: &Value,
    old: &Value,
    initiator: Initiator,
) -> R<()> {
    if old.is(new) {
        return Ok(());
    }
    let Some(session) = session::session_of(attribute::state_of(instance)) else { return Ok(()) };
    session.warn_if_flushing(host, "related attribute set")?;
    if !new.is_none() {
        attribute::check_mapped(host, attribute, new)?;
        save_along(host, &session, attribute, new, initiator)?;
    }
    if !old.is_none()
        && !is_no_state(old)
        && deletes_orphans(attribute)
        && let Some(mapped) = Mapped::of_value(old)
        && session.is_new(mapped.state())
        && is_orphan(orphan_mapper(attribute), mapped.state())
    {
        session.expunge(host, old)?;
    }
    Ok(())
}

/// The mapper whose instances the relationship holds.
fn orphan_mapper(attribute: &Attribute) -> &Mapper {
    attribute.property.as_relationship().expect("cascades run on relationships").mapper()
}
