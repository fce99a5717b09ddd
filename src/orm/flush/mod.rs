//! The unit of work: what changed goes to the database in the right order.
//!
//! Owns the top of a flush: who takes part, running the unit of work, and what instances are afterwards.
//! Must not know relationships (`dependency`), statements (`persist`) or how actions are ordered (`unit_of_work`).
//! Mirrors `Session._flush` and `sqlalchemy/orm/unitofwork.py`.
//!
//! ```text
//! new, dirty, deleted ──register──> presort (children join in) ──> actions and edges ──sort──> statements ──> commit
//! ```

pub mod action;
pub mod bulk;
pub mod dependency;
pub mod errors;
pub mod mapping;
pub mod persist;
pub mod sync;
#[cfg(test)]
mod tests;
pub mod unit_of_work;

use super::attribute::{self, Passive};
use super::cascade;
use super::identity::Mapped;
use super::identity_key::IdentityKey;
use super::session::errors as session_errors;
use super::session::{Session, SessionEvent};
use super::state::{Flag, InstanceState};
use crate::python::value::{Host, R, Raised, RaisedKind, Value};
pub use unit_of_work::UnitOfWork;

/// Writes everything that changed in a session; `objects` restricts it to some.
pub fn flush(host: &mut dyn Host, session: &Session, objects: Option<&[Value]>) -> R<()> {
    let before_flush = SessionEvent::BeforeFlush;
    session.fire_flush(host, before_flush, objects)?;
    let wanted = wanted(host, objects)?;
    let mut uow = UnitOfWork::new(session);
    register_all(host, session, &mut uow, wanted.as_deref())?;
    if !uow.has_work() {
        return Ok(());
    }
    let transaction = session.begin_subtransaction(host)?;
    uow.transaction = Some(transaction.clone());
    let done = run(host, session, &mut uow, objects.is_none());
    match done {
        Ok(()) => transaction.commit(host, false),
        Err(mut raised) => {
            let text = exception_text(host, &mut raised);
            drop(uow);
            transaction.rollback(host, Some(text), false)?;
            Err(raised)
        }
    }
}

fn wanted(host: &mut dyn Host, objects: Option<&[Value]>) -> R<Option<Vec<usize>>> {
    let Some(objects) = objects.filter(|objects| !objects.is_empty()) else { return Ok(None) };
    let mut wanted = Vec::new();
    for object in objects {
        match Mapped::of_value(object) {
            Some(mapped) => wanted.push(mapped.address()),
            None => return Err(session_errors::unmapped_instance(host, object)),
        }
    }
    Ok(Some(wanted))
}

/// New and changed instances first, then those marked deleted.
fn register_all(
    host: &mut dyn Host,
    session: &Session,
    uow: &mut UnitOfWork<'_>,
    wanted: Option<&[usize]>,
) -> R<()> {
    let is_wanted = |mapped: &Mapped| wanted.is_none_or(|wanted| wanted.contains(&mapped.address()));
    let mut saved = session.new_instances();
    saved.extend(session.dirty_instances());
    for mapped in saved.iter().filter_map(Mapped::new).filter(|mapped| is_wanted(mapped)) {
        let state = mapped.state();
        if session.is_marked_deleted(state) {
            continue;
        }
        let is_orphan = cascade::is_orphan(state.mapper(), state);
        if is_orphan && !state.has_identity() && state.has(Flag::ORPHANED_OUTSIDE) {
            session.expunge_states(host, std::slice::from_ref(&mapped), false)?;
        } else {
            uow.register(host, &mapped, is_orphan && state.has_identity())?;
        }
    }
    for mapped in
        session.deleted_instances().iter().filter_map(Mapped::new).filter(|mapped| is_wanted(mapped))
    {
        if !uow.is_registered(&mapped) {
            uow.register(host, &mapped, true)?;
        }
    }
    Ok(())
}

fn run(host: &mut dyn Host, session: &Session, uow: &mut UnitOfWork<'_>, whole: bool) -> R<()> {
    session.set_warn_on_events(true);
    let done = uow.execute(host);
    session.set_warn_on_events(false);
    done?;
    session.fire_flush(host, SessionEvent::AfterFlush, None)?;
    finalize(host, session, uow)?;
    if whole {
        reset_late_changes(host, session)?;
    }
    session.fire_flush(host, SessionEvent::AfterFlushPostexec, None)
}

/// What was written is clean; what was deleted is gone.
fn finalize(host: &mut dyn Host, session: &Session, uow: &UnitOfWork<'_>) -> R<()> {
    let (deleted, saved): (Vec<_>, Vec<_>) = uow.registered().partition(|one| one.is_delete);
    let deleted: Vec<Mapped> = deleted.into_iter().map(|one| one.mapped.clone()).collect();
    session.remove_newly_deleted(host, &deleted)?;
    session.register_persistent(host, saved.into_iter().map(|one| &one.mapped))
}

/// Changes that event handlers made to instances outside the flush are dropped, with a warning.
fn reset_late_changes(host: &mut dyn Host, session: &Session) -> R<()> {
    let late = session.modified_instances();
    session.clear_modified();
    if late.is_empty() {
        return Ok(());
    }
    for state in late.iter().filter_map(InstanceState::of) {
        state.commit_all();
    }
    errors::warn_late_changes(host, late.len())
}

impl Session {
    fn fire_flush(&self, host: &mut dyn Host, event: SessionEvent, objects: Option<&[Value]>) -> R<()> {
        if !super::session::is_listened_to(event) {
            return Ok(());
        }
        let objects = objects.map_or(Value::None, |objects| Value::list(objects.to_vec()));
        let args = [self.value(), Value::None, objects];
        let args = if event == SessionEvent::BeforeFlush { &args[..] } else { &args[..2] };
        super::session::fire(host, self, event, args)
    }

    /// Instances that a flush wrote are persistent, with the key that their values say, and clean.
    fn register_persistent<'a>(&self, host: &mut dyn Host, all: impl Iterator<Item = &'a Mapped>) -> R<()> {
        let transaction = self.current_transaction();
        let mut any_new = false;
        for mapped in all {
            let state = mapped.state();
            load_key(host, mapped)?;
            let key = identity_key_from_state(mapped);
            check_key(mapped, &key)?;
            let known = state.key();
            let switched = match &known {
                None => {
                    state.set_ident(key.ident.clone());
                    false
                }
                Some(known) => !known.eq(host, &key)?,
            };
            if let (true, Some(before)) = (switched, known.clone()) {
                self.identity_map.discard(mapped.instance());
                if let Some(transaction) = &transaction {
                    transaction.snapshot().note_key_switch(mapped, before);
                }
                state.set_ident(key.ident.clone());
            }
            if !state.has(Flag::IN_IDENTITY_MAP) {
                let old = self.identity_map.replace(host, mapped.instance())?;
                if let Some(old) = old.and_then(|old| Mapped::new(&old))
                    && identity_key_from_state(&old).eq(host, &key)?
                {
                    session_errors::warn_identity_replaced(host, &key)?;
                }
            }
            state.clear_flag(Flag::ORPHANED_OUTSIDE);
            let is_new = state.has(Flag::PENDING);
            if let Some(transaction) = &transaction {
                if is_new {
                    transaction.snapshot().note_new(mapped);
                } else if transaction.in_savepoint() {
                    transaction.snapshot().note_dirty(mapped);
                }
            }
            state.commit_all();
            if is_new {
                any_new = true;
                state.clear_flag(Flag::PENDING);
                self.fire_instance(host, SessionEvent::PendingToPersistent, mapped)?;
            }
        }
        if any_new {
            self.take_flushed_from_new();
        }
        self.retain_modified();
        Ok(())
    }
}

/// An instance whose row is expired is read anew to say its key.
fn load_key(host: &mut dyn Host, mapped: &Mapped) -> R<()> {
    if !mapped.state().has(Flag::EXPIRED) {
        return Ok(());
    }
    for attribute in mapped.mapper().primary_key_attributes().iter() {
        attribute::fetch(host, mapped.instance(), attribute, Passive::RETURN_NO_VALUE)?;
    }
    Ok(())
}

fn check_key(mapped: &Mapped, key: &IdentityKey) -> R<()> {
    let is_missing = |value: &Value| value.is_none() || value.is_unset();
    let missing = match &key.ident {
        Value::Tuple(values) => values.as_slice().iter().all(is_missing),
        single => is_missing(single),
    };
    if missing { Err(errors::null_identity(mapped)) } else { Ok(()) }
}

/// The identity key that the primary key attributes of an instance spell just now.
pub fn identity_key_from_state(mapped: &Mapped) -> IdentityKey {
    let mapper = mapped.mapper();
    let attributes = mapper.primary_key_attributes();
    let base = mapper.base_mapper();
    let known = mapped.state().ident();
    let value_at = |place: usize| -> Value {
        let value = attributes[place].slot().map_or(Value::Unset, |slot| mapped.instance().slot(slot));
        match (&known, value) {
            // An expired attribute stands for what the key says.
            (Value::Unset, value) => value,
            (Value::Tuple(values), Value::Unset) if attributes.len() > 1 => {
                values.as_slice().get(place).cloned().unwrap_or(Value::Unset)
            }
            (single, Value::Unset) => single.clone(),
            (_, value) => value,
        }
    };
    let ident = if attributes.len() == 1 {
        value_at(0)
    } else {
        Value::tuple((0..attributes.len()).map(value_at).collect())
    };
    IdentityKey { mapper: base, ident }
}

/// What `str(exception)` says, for a later error that tells of this one.
pub fn exception_text(host: &mut dyn Host, raised: &mut Raised) -> String {
    if let RaisedKind::Error { error, .. } = &*raised.0 {
        return error.message.clone();
    }
    let value = host.exception_value(raised);
    host.str(&value).map(|text| text.to_string()).unwrap_or_default()
}
