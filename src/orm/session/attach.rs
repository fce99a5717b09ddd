//! How instances come into a session and leave it.
//!
//! Owns the moves between transient, pending, persistent, deleted and detached, with their refusals.
//! Must not know transactions' insides or flushing.

use super::errors;
use super::{CloseState, Instances, Session, SessionEvent, events};
use crate::orm::cascade::{self, CascadeKind};
use crate::orm::identity::Mapped;
use crate::orm::state::{Flag, InstanceState};
use crate::python::value::{Gc, Host, Instance, R, Value};

impl Session {
    /// `add(instance)`: with everything that hangs on it by the save-update cascade.
    pub fn add(&self, host: &mut dyn Host, value: &Value) -> R<()> {
        self.warn_if_flushing(host, "Session.add()")?;
        let Some(mapped) = Mapped::of_value(value) else {
            return Err(errors::unmapped_instance(host, value));
        };
        self.save_or_update(host, &mapped)
    }

    pub fn save_or_update(&self, host: &mut dyn Host, mapped: &Mapped) -> R<()> {
        mapped.state().clear_flag(Flag::ORPHANED_OUTSIDE);
        self.save_or_update_one(host, mapped)?;
        let halt = |state: &InstanceState| self.contains(state);
        for along in cascade::iterate(host, CascadeKind::SaveUpdate, mapped, Some(&halt))? {
            self.save_or_update_one(host, &along)?;
        }
        Ok(())
    }

    fn save_or_update_one(&self, host: &mut dyn Host, mapped: &Mapped) -> R<()> {
        if mapped.state().has_identity() { self.update(host, mapped, false) } else { self.save(host, mapped) }
    }

    fn save(&self, host: &mut dyn Host, mapped: &Mapped) -> R<()> {
        let state = mapped.state();
        let to_attach = self.before_attach(host, mapped)?;
        if !self.is_new(state) {
            let mut new = self.new.borrow_mut();
            new.insert(mapped.address(), mapped.instance().clone());
            state.set_insert_order(new.len() as u32);
            state.set_flag(Flag::PENDING);
        }
        if to_attach {
            self.after_attach(host, mapped)?;
        }
        Ok(())
    }

    /// Takes in an instance that has an identity. `revert_deletion` undoes a deletion that was rolled back.
    pub(super) fn update(&self, host: &mut dyn Host, mapped: &Mapped, revert_deletion: bool) -> R<()> {
        let state = mapped.state();
        if !state.has_identity() {
            return Err(errors::not_persisted(state, mapped));
        }
        if state.has(Flag::DELETED) {
            if !revert_deletion {
                return Err(errors::has_been_deleted(mapped));
            }
            if state.session_id() == 0 {
                return Ok(());
            }
            state.clear_flag(Flag::DELETED);
        }
        let to_attach = self.before_attach(host, mapped)?;
        self.unmark_deleted(mapped);
        if revert_deletion {
            self.identity_map.replace(host, mapped.instance())?;
        } else {
            self.put_into_map(host, mapped)?;
        }
        if to_attach {
            self.after_attach(host, mapped)?;
        } else if revert_deletion {
            self.fire_instance(host, SessionEvent::DeletedToPersistent, mapped)?;
        }
        Ok(())
    }

    /// The identity map takes an instance unless another one of the same key is there.
    fn put_into_map(&self, host: &mut dyn Host, mapped: &Mapped) -> R<()> {
        let state = mapped.state();
        if state.has(Flag::IN_IDENTITY_MAP) {
            return Ok(());
        }
        let Some(key) = state.key() else { return Ok(()) };
        if let Some(other) = self.identity_map.get_key(host, &key)?
            && !Gc::ptr_eq(&other, mapped.instance())
        {
            return Err(errors::another_instance_present(host, mapped, &key)?);
        }
        self.identity_map.replace(host, mapped.instance())?;
        if state.has(Flag::MODIFIED) {
            self.modified.borrow_mut().push(mapped.instance().clone());
        }
        Ok(())
    }

    fn before_attach(&self, host: &mut dyn Host, mapped: &Mapped) -> R<bool> {
        self.autobegin(host)?;
        let state = mapped.state();
        if state.session_id() == self.id {
            return Ok(false);
        }
        if super::session_of(state).is_some() {
            return Err(errors::already_attached(mapped, state.session_id(), self.id));
        }
        self.fire_instance(host, SessionEvent::BeforeAttach, mapped)?;
        Ok(true)
    }

    fn after_attach(&self, host: &mut dyn Host, mapped: &Mapped) -> R<()> {
        let state = mapped.state();
        state.set_session_id(self.id);
        self.fire_instance(host, SessionEvent::AfterAttach, mapped)?;
        let event = if state.has_identity() {
            SessionEvent::DetachedToPersistent
        } else {
            SessionEvent::TransientToPending
        };
        self.fire_instance(host, event, mapped)
    }

    /// `delete(instance)`.
    pub fn delete(&self, host: &mut dyn Host, value: &Value) -> R<()> {
        self.warn_if_flushing(host, "Session.delete()")?;
        let Some(mapped) = Mapped::of_value(value) else {
            return Err(errors::unmapped_instance(host, value));
        };
        let state = mapped.state();
        if !state.has_identity() {
            return Err(errors::not_persisted(state, &mapped));
        }
        let to_attach = self.before_attach(host, &mapped)?;
        if self.is_marked_deleted(state) {
            return Ok(());
        }
        self.put_into_map(host, &mapped)?;
        if to_attach {
            self.after_attach(host, &mapped)?;
        }
        // The children are loaded before the parent counts as deleted.
        let along = cascade::iterate(host, CascadeKind::Delete, &mapped, None)?;
        self.mark_deleted(&mapped);
        for child in along {
            if !child.state().has_identity() {
                continue;
            }
            let to_attach = self.before_attach(host, &child)?;
            if self.is_marked_deleted(child.state()) {
                continue;
            }
            self.put_into_map(host, &child)?;
            if to_attach {
                self.after_attach(host, &child)?;
            }
            self.mark_deleted(&child);
        }
        Ok(())
    }

    fn mark_deleted(&self, mapped: &Mapped) {
        mapped.state().set_flag(Flag::MARKED_DELETED);
        self.deleted.borrow_mut().insert(mapped.address(), mapped.instance().clone());
    }

    pub(super) fn unmark_deleted(&self, mapped: &Mapped) {
        if mapped.state().has(Flag::MARKED_DELETED) {
            mapped.state().clear_flag(Flag::MARKED_DELETED);
            let dropped = self.deleted.borrow_mut().shift_remove(&mapped.address());
            drop(dropped);
        }
    }

    // Leaving.

    /// `expunge(instance)`.
    pub fn expunge(&self, host: &mut dyn Host, value: &Value) -> R<()> {
        let Some(mapped) = Mapped::of_value(value) else {
            return Err(errors::unmapped_instance(host, value));
        };
        if mapped.state().session_id() != self.id {
            return Err(errors::not_present(&mapped));
        }
        let mut all = vec![mapped.clone()];
        all.extend(cascade::iterate(host, CascadeKind::Expunge, &mapped, None)?);
        self.expunge_states(host, &all, false)
    }

    pub(in crate::orm) fn expunge_states(
        &self,
        host: &mut dyn Host,
        all: &[Mapped],
        to_transient: bool,
    ) -> R<()> {
        let mut any_new = false;
        for mapped in all {
            let state = mapped.state();
            if self.is_new(state) {
                state.clear_flag(Flag::PENDING);
                any_new = true;
            } else if state.session_id() == self.id && state.has(Flag::IN_IDENTITY_MAP) {
                self.identity_map.discard(mapped.instance());
                self.unmark_deleted(mapped);
                if state.has(Flag::MODIFIED) {
                    self.drop_modified(mapped.instance());
                }
            } else if let Some(transaction) = self.current_transaction() {
                transaction.snapshot().forget_deleted(mapped.address());
            }
        }
        if any_new {
            self.take_flushed_from_new();
        }
        self.detach(host, all, to_transient)
    }

    pub(in crate::orm) fn take_from_new(&self, mapped: &Mapped) {
        mapped.state().clear_flag(Flag::PENDING);
        let dropped = self.new.borrow_mut().shift_remove(&mapped.address());
        drop(dropped);
    }

    /// After a flush nothing of what it wrote is pending any more.
    pub(in crate::orm) fn take_flushed_from_new(&self) {
        let dropped: Vec<Gc<Instance>> = {
            let mut new = self.new.borrow_mut();
            let kept: Instances = new
                .iter()
                .filter(|(_, instance)| {
                    InstanceState::of(instance).is_some_and(|state| state.has(Flag::PENDING))
                })
                .map(|(address, instance)| (*address, instance.clone()))
                .collect();
            std::mem::replace(&mut *new, kept).into_values().collect()
        };
        drop(dropped);
    }

    /// The instances belong to no session any more.
    pub(super) fn detach(&self, host: &mut dyn Host, all: &[Mapped], to_transient: bool) -> R<()> {
        for mapped in all {
            let state = mapped.state();
            let (deleted, pending) = (state.has(Flag::DELETED), !state.has_identity());
            if state.has(Flag::IN_SNAPSHOT) {
                self.leave_snapshots(mapped);
            }
            state.set_session_id(0);
            state.clear_flag(Flag::OF_SESSION);
            if to_transient && !pending {
                state.set_ident(Value::Unset);
            }
            let event = match (deleted, pending, to_transient) {
                (false, false, true) => SessionEvent::PersistentToTransient,
                (false, false, false) => SessionEvent::PersistentToDetached,
                (true, ..) => SessionEvent::DeletedToDetached,
                (false, true, _) => SessionEvent::PendingToTransient,
            };
            self.fire_instance(host, event, mapped)?;
        }
        Ok(())
    }

    fn leave_snapshots(&self, mapped: &Mapped) {
        let mut here = self.current_transaction();
        while let Some(transaction) = here {
            transaction.snapshot().leave(mapped);
            here = transaction.parent();
        }
    }

    /// `expunge_all()`.
    pub fn expunge_all(&self, host: &mut dyn Host) -> R<()> {
        let all: Vec<Mapped> = self
            .identity_map
            .instances()
            .iter()
            .chain(&self.new_instances())
            .filter_map(Mapped::new)
            .collect();
        self.identity_map.clear();
        let dropped = (self.new.take(), self.deleted.take());
        self.clear_modified();
        drop(dropped);
        self.detach(host, &all, false)
    }

    /// `close()`, `reset()` and `invalidate()`.
    pub fn close(&self, host: &mut dyn Host, is_reset: bool) -> R<()> {
        if !is_reset && self.close_state.get() == CloseState::Open {
            self.close_state.set(CloseState::Closed);
        }
        self.expunge_all(host)?;
        let mut here = self.current_transaction();
        while let Some(transaction) = here {
            transaction.close(host)?;
            here = transaction.parent();
        }
        Ok(())
    }

    pub(super) fn is_closed_for_good(&self) -> bool {
        self.close_state.get() == CloseState::Closed
    }

    pub(in crate::orm) fn fire_instance(
        &self,
        host: &mut dyn Host,
        event: SessionEvent,
        mapped: &Mapped,
    ) -> R<()> {
        if events::is_listened_to(event) {
            events::fire(host, self, event, &[self.value(), mapped.value()])?;
        }
        Ok(())
    }
}

/// `make_transient(instance)`: out of its session, and without an identity.
pub fn make_transient(host: &mut dyn Host, value: &Value) -> R<()> {
    let Some(mapped) = Mapped::of_value(value) else { return Err(errors::unmapped_instance(host, value)) };
    let state = mapped.state();
    if let Some(session) = super::session_of(state) {
        session.expunge_states(host, std::slice::from_ref(&mapped), false)?;
    }
    state.forget_expired();
    state.set_ident(Value::Unset);
    state.clear_flag(Flag::DELETED);
    Ok(())
}

/// `make_transient_to_detached(instance)`.
pub fn make_transient_to_detached(host: &mut dyn Host, value: &Value) -> R<()> {
    let Some(mapped) = Mapped::of_value(value) else { return Err(errors::unmapped_instance(host, value)) };
    let state = mapped.state();
    if state.session_id() != 0 || state.has_identity() {
        return Err(errors::must_be_transient());
    }
    let key = crate::orm::flush::identity_key_from_state(&mapped);
    state.set_ident(key.ident);
    state.clear_flag(Flag::DELETED);
    state.commit_all();
    expire_unloaded(mapped.instance(), state);
    Ok(())
}

fn expire_unloaded(instance: &Gc<Instance>, state: &InstanceState) {
    for slot in state.mapper().column_slots() {
        if instance.slot(usize::from(slot)).is_unset() {
            state.expire(usize::from(slot));
        }
    }
}
