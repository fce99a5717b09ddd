//! Key switches: when a primary key changes, objects that refer to it follow, although no collection lists them.
//!
//! Owns the search through the session. Mirrors `_DetectKeySwitch`.

use super::Processor;
use crate::orm::attribute::{self, Passive, is_no_state};
use crate::orm::collection;
use crate::orm::flush::sync;
use crate::orm::flush::unit_of_work::UnitOfWork;
use crate::orm::identity::Mapped;
use crate::python::value::{Host, R};

/// With a collection on the other side, that one does the work.
pub(super) fn wants_preprocessing(processor: &Processor) -> bool {
    let relationship = processor.relationship();
    let reverse = relationship.reverse_properties();
    if reverse.is_empty() {
        return true;
    }
    if relationship.passive_updates {
        return false;
    }
    !reverse.iter().any(|property| property.as_relationship().is_some_and(|one| !one.passive_updates))
}

fn switchers(processor: &Processor, host: &mut dyn Host, states: &[Mapped]) -> R<Vec<Mapped>> {
    let mut switched = Vec::new();
    for mapped in states {
        if mapped.state().has_identity() && processor.key_changed(host, mapped)? {
            switched.push(mapped.clone());
        }
    }
    Ok(switched)
}

pub(super) fn has_changes(
    processor: &Processor,
    host: &mut dyn Host,
    states: &[Mapped],
    delete: bool,
) -> R<bool> {
    if delete || !processor.relationship().passive_updates {
        return Ok(false);
    }
    Ok(!switchers(processor, host, states)?.is_empty())
}

/// Where the database does not hand changed keys on, the referrers take part in the flush with UPDATEs of their own.
pub(super) fn presort_saves(
    processor: &Processor,
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    states: &[Mapped],
) -> R<()> {
    if processor.relationship().passive_updates { Ok(()) } else { switch(processor, host, uow, states) }
}

/// Where it does, they are only told.
pub(super) fn process_saves(
    processor: &Processor,
    host: &mut dyn Host,
    uow: &mut UnitOfWork<'_>,
    states: &[Mapped],
) -> R<()> {
    switch(processor, host, uow, states)
}

fn switch(processor: &Processor, host: &mut dyn Host, uow: &mut UnitOfWork<'_>, states: &[Mapped]) -> R<()> {
    let switched = switchers(processor, host, states)?;
    if switched.is_empty() {
        return Ok(());
    }
    let relationship = processor.relationship();
    let passive = if relationship.passive_updates { Passive::NO_INITIALIZE } else { Passive::OFF };
    for mapped in uow.session.identity_map.instances().iter().filter_map(Mapped::new) {
        if !processor.acts_on(mapped.mapper()) {
            continue;
        }
        let Some(attribute) = processor.attribute(&mapped) else { continue };
        let related = attribute::fetch(host, mapped.instance(), &attribute, passive)?;
        if related.is_none() || is_no_state(&related) {
            continue;
        }
        let related = if attribute.is_collection() {
            collection::items(host, &related)?.into_iter().next()
        } else {
            Some(related)
        };
        let Some(related) = related.as_ref().and_then(Mapped::of_value) else { continue };
        if switched.iter().any(|one| one.same(&related)) {
            uow.register_object(host, &mapped, false, relationship.passive_updates, false, None)?;
            let pairs = &relationship.setup().synchronize_pairs;
            sync::populate(host, uow, &related, &mapped, pairs, relationship.passive_updates)?;
        }
    }
    Ok(())
}
