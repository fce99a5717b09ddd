//! Listeners of sessions.
//!
//! Owns the names of the events, who listens (to one session, or to all of a class) and firing.
//! Must not know when they are fired.

use std::cell::{Cell, RefCell};

use super::Session;
use crate::python::value::{CallArgs, Class, Gc, Host, R, Value};

/// The events of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum SessionEvent {
    BeforeFlush,
    AfterFlush,
    AfterFlushPostexec,
    BeforeCommit,
    AfterCommit,
    AfterRollback,
    AfterSoftRollback,
    AfterBegin,
    AfterTransactionCreate,
    AfterTransactionEnd,
    BeforeAttach,
    AfterAttach,
    TransientToPending,
    PendingToTransient,
    PendingToPersistent,
    PersistentToTransient,
    PersistentToDeleted,
    PersistentToDetached,
    DeletedToPersistent,
    DeletedToDetached,
    DetachedToPersistent,
    LoadedAsPersistent,
    DoOrmExecute,
    AfterBulkUpdate,
    AfterBulkDelete,
}

const NAMES: &[(&str, SessionEvent)] = &[
    ("before_flush", SessionEvent::BeforeFlush),
    ("after_flush", SessionEvent::AfterFlush),
    ("after_flush_postexec", SessionEvent::AfterFlushPostexec),
    ("before_commit", SessionEvent::BeforeCommit),
    ("after_commit", SessionEvent::AfterCommit),
    ("after_rollback", SessionEvent::AfterRollback),
    ("after_soft_rollback", SessionEvent::AfterSoftRollback),
    ("after_begin", SessionEvent::AfterBegin),
    ("after_transaction_create", SessionEvent::AfterTransactionCreate),
    ("after_transaction_end", SessionEvent::AfterTransactionEnd),
    ("before_attach", SessionEvent::BeforeAttach),
    ("after_attach", SessionEvent::AfterAttach),
    ("transient_to_pending", SessionEvent::TransientToPending),
    ("pending_to_transient", SessionEvent::PendingToTransient),
    ("pending_to_persistent", SessionEvent::PendingToPersistent),
    ("persistent_to_transient", SessionEvent::PersistentToTransient),
    ("persistent_to_deleted", SessionEvent::PersistentToDeleted),
    ("persistent_to_detached", SessionEvent::PersistentToDetached),
    ("deleted_to_persistent", SessionEvent::DeletedToPersistent),
    ("deleted_to_detached", SessionEvent::DeletedToDetached),
    ("detached_to_persistent", SessionEvent::DetachedToPersistent),
    ("loaded_as_persistent", SessionEvent::LoadedAsPersistent),
    ("do_orm_execute", SessionEvent::DoOrmExecute),
    ("after_bulk_update", SessionEvent::AfterBulkUpdate),
    ("after_bulk_delete", SessionEvent::AfterBulkDelete),
];

impl SessionEvent {
    pub fn named(name: &str) -> Option<SessionEvent> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, event)| *event)
    }
}

/// What a listener listens to.
#[derive(Clone)]
pub enum Target {
    /// Every session of the class or a subclass.
    Class(Gc<Class>),
    /// The session of that number.
    Session(u32),
}

struct Listener {
    target: Target,
    event: SessionEvent,
    function: Value,
    once: bool,
}

thread_local! {
    static LISTENERS: RefCell<Vec<Listener>> = const { RefCell::new(Vec::new()) };
    /// One bit an event that anybody ever listened to.
    static LISTENED: Cell<u32> = const { Cell::new(0) };
}

/// `event.listen(target, name, function)`.
pub fn listen(target: Target, event: SessionEvent, function: Value, once: bool) {
    LISTENERS.with(|all| all.borrow_mut().push(Listener { target, event, function, once }));
    LISTENED.with(|bits| bits.set(bits.get() | 1 << event as u8));
}

/// `event.remove(target, name, function)`.
pub fn remove_listener(event: SessionEvent, function: &Value) {
    let removed: Vec<Listener> = LISTENERS.with(|all| {
        let mut all = all.borrow_mut();
        let (gone, kept) =
            all.drain(..).partition(|known| known.event == event && known.function.is(function));
        *all = kept;
        gone
    });
    drop(removed);
}

/// Whether it is worth preparing arguments.
#[inline]
pub fn is_listened_to(event: SessionEvent) -> bool {
    LISTENED.with(Cell::get) & (1 << event as u8) != 0
}

/// Calls the listeners of a session's event in the order in which they were added.
pub fn fire(host: &mut dyn Host, session: &Session, event: SessionEvent, args: &[Value]) -> R<()> {
    if !is_listened_to(event) {
        return Ok(());
    }
    let class = session.object().map(|object| object.class());
    let functions: Vec<(Value, bool)> = LISTENERS.with(|all| {
        let all = all.borrow();
        let mine = all.iter().filter(|listener| {
            listener.event == event
                && match &listener.target {
                    Target::Class(wanted) => {
                        class.as_ref().is_none_or(|class| Class::is_subclass(class, wanted))
                    }
                    Target::Session(id) => *id == session.id,
                }
        });
        mine.map(|listener| (listener.function.clone(), listener.once)).collect()
    });
    for (function, once) in functions {
        if once {
            remove_listener(event, &function);
        }
        host.call(&function, CallArgs::positional(args))?;
    }
    Ok(())
}
