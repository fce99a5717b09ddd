//! The session: the objects of one conversation with the database, and its transaction.
//!
//! Owns what a session knows (pending, deleted and changed instances, its identity map, its transaction) and the
//! list of living sessions. Moving instances between states stands in `attach.rs`, transactions in `transaction.rs`,
//! the unit of work in `orm::flush`. Must not know Python names of methods (`pylib`) or how SQL is spelled.
//! Mirrors `sqlalchemy/orm/session.py`.
//!
//! ```text
//! transient ──add──> pending ──flush──> persistent ──delete, flush──> deleted ──commit──> detached
//!     ^────rollback──────'─────rollback────'  ^───────rollback───────────'
//! ```

mod attach;
mod binding;
mod bulk;
pub mod errors;
mod events;
mod execute;
pub mod loading;
mod lookup;
mod merge;
mod transaction;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

pub use attach::{make_transient, make_transient_to_detached};
pub use binding::{Bind, BindKey, Binder};
pub use bulk::BulkSave;
pub use events::{SessionEvent, Target, fire, is_listened_to, listen, remove_listener};
pub use execute::ExecuteArgs;
pub use loading::IdentLoad;
pub use lookup::{GetArgs, Identifier, Looked, expire_attribute};
pub use transaction::{Origin, SessionTransaction, TransactionState};

use super::attribute::Passive;
use super::history;
use super::identity::{IdentityMap, Mapped};
use super::state::{Flag, InstanceState};
use crate::python::value::{Gc, Host, Instance, R, Value, Visitor, WeakPtr};

/// Instances by address, in the order in which they came.
pub(super) type Instances = IndexMap<usize, Gc<Instance>, FxBuildHasher>;

/// What `Session(...)` is given.
pub struct SessionOptions {
    pub autoflush: bool,
    pub autobegin: bool,
    pub expire_on_commit: bool,
    pub twophase: bool,
    /// `close()` leaves the session usable.
    pub close_resets_only: bool,
}

impl Default for SessionOptions {
    fn default() -> Self {
        SessionOptions {
            autoflush: true,
            autobegin: true,
            expire_on_commit: true,
            twophase: false,
            close_resets_only: true,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum CloseState {
    /// `close()` ends the session for good.
    Open,
    Closed,
    /// `close()` resets it.
    Resets,
}

pub struct Session {
    /// Counted from 1; messages show it.
    pub id: u32,
    pub identity_map: IdentityMap,
    pub autoflush: Cell<bool>,
    pub autobegin: Cell<bool>,
    pub expire_on_commit: Cell<bool>,
    pub twophase: bool,
    new: RefCell<Instances>,
    deleted: RefCell<Instances>,
    /// Persistent instances with changes: held strongly, so that changes do not go with their object. An entry whose
    /// state is not flagged any more does not count.
    modified: RefCell<Vec<Gc<Instance>>>,
    transaction: RefCell<Option<Rc<SessionTransaction>>>,
    nested_transaction: RefCell<Option<Rc<SessionTransaction>>>,
    flushing: Cell<bool>,
    warn_on_events: Cell<bool>,
    close_state: Cell<CloseState>,
    binding: RefCell<binding::Binding>,
    /// `session.info`, made on first use.
    pub info: RefCell<Value>,
    pub execution_options: RefCell<Value>,
    /// The class of `session.query(...)`, if it is not the usual one.
    pub query_class: RefCell<Value>,
    /// The object that the language holds.
    object: Cell<Option<WeakPtr<Instance>>>,
    me: Weak<Session>,
}

thread_local! {
    static SESSIONS: RefCell<FxHashMap<u32, Weak<Session>>> = RefCell::new(FxHashMap::default());
    static LAST_ID: Cell<u32> = const { Cell::new(0) };
}

/// Runs `f` with a living session.
pub fn with_session<T>(id: u32, f: impl FnOnce(&Session) -> T) -> Option<T> {
    if id == 0 {
        return None;
    }
    let session = SESSIONS.try_with(|sessions| sessions.borrow().get(&id).and_then(Weak::upgrade)).ok()??;
    Some(f(&session))
}

/// The session of a number, while it lives.
pub fn session_of_id(id: u32) -> Option<Rc<Session>> {
    if id == 0 {
        return None;
    }
    SESSIONS.try_with(|sessions| sessions.borrow().get(&id).and_then(Weak::upgrade)).ok().flatten()
}

/// `object_session(instance)`.
pub fn session_of(state: &InstanceState) -> Option<Rc<Session>> {
    session_of_id(state.session_id())
}

/// All sessions that live, oldest first.
pub fn all_sessions() -> Vec<Rc<Session>> {
    let mut all: Vec<_> =
        SESSIONS.with(|sessions| sessions.borrow().values().filter_map(Weak::upgrade).collect());
    all.sort_by_key(|session: &Rc<Session>| session.id);
    all
}

/// An instance got its first change since the last flush: its session begins, and holds a persistent one from now on.
pub fn note_modified(host: &mut dyn Host, instance: &Gc<Instance>, state: &InstanceState) -> R<()> {
    let Some(session) = session_of(state) else { return Ok(()) };
    if state.has(Flag::IN_IDENTITY_MAP) {
        session.modified.borrow_mut().push(instance.clone());
    }
    if !session.in_transaction() {
        session.autobegin(host)?;
    }
    Ok(())
}

/// A persistent instance lost its changes (it was expired, refreshed or committed on its own).
pub fn note_clean(instance: &Gc<Instance>, state: &InstanceState) {
    with_session(state.session_id(), |session| session.drop_modified(instance));
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = SESSIONS.try_with(|sessions| sessions.borrow_mut().remove(&self.id));
        let held: Vec<_> = self.identity_map.all();
        let pending = self.new.borrow_mut().drain(..).map(|(_, instance)| instance).collect::<Vec<_>>();
        for state in held.iter().chain(&pending).filter_map(InstanceState::of) {
            state.set_session_id(0);
            state.clear_flag(Flag::OF_SESSION);
        }
    }
}

impl Session {
    pub fn new(options: SessionOptions) -> Rc<Session> {
        let id = LAST_ID.with(|last| {
            last.set(last.get() + 1);
            last.get()
        });
        let close_state = if options.close_resets_only { CloseState::Resets } else { CloseState::Open };
        let session = Rc::new_cyclic(|me| Session {
            id,
            identity_map: IdentityMap::default(),
            autoflush: Cell::new(options.autoflush),
            autobegin: Cell::new(options.autobegin),
            expire_on_commit: Cell::new(options.expire_on_commit),
            twophase: options.twophase,
            new: RefCell::default(),
            deleted: RefCell::default(),
            modified: RefCell::default(),
            transaction: RefCell::default(),
            nested_transaction: RefCell::default(),
            flushing: Cell::new(false),
            warn_on_events: Cell::new(false),
            close_state: Cell::new(close_state),
            binding: RefCell::default(),
            info: RefCell::new(Value::Unset),
            execution_options: RefCell::new(Value::None),
            query_class: RefCell::new(Value::None),
            object: Cell::new(None),
            me: me.clone(),
        });
        SESSIONS.with(|sessions| sessions.borrow_mut().insert(id, Rc::downgrade(&session)));
        session
    }

    pub fn rc(&self) -> Rc<Session> {
        self.me.upgrade().expect("a session is always held by an Rc")
    }

    /// The object that the language holds; None when it is gone or was never made.
    pub fn object(&self) -> Option<Gc<Instance>> {
        self.object.get().and_then(|pointer| pointer.upgrade())
    }

    /// Sets (or, as the object goes, removes) the object that the language holds.
    pub fn set_object(&self, object: Option<&Gc<Instance>>) {
        self.object.set(object.map(Gc::downgrade));
    }

    /// The session as a value of the language; None where nobody holds it there any more.
    pub fn value(&self) -> Value {
        self.object().map_or(Value::None, Value::Instance)
    }

    /// `Session(close_resets_only=...)`.
    pub fn set_close_resets_only(&self, resets: bool) {
        self.close_state.set(if resets { CloseState::Resets } else { CloseState::Open });
    }

    // What it holds.

    pub fn is_new(&self, state: &InstanceState) -> bool {
        state.has(Flag::PENDING) && state.session_id() == self.id
    }

    pub fn is_marked_deleted(&self, state: &InstanceState) -> bool {
        state.has(Flag::MARKED_DELETED) && state.session_id() == self.id
    }

    /// `instance in session`: pending or persistent here.
    pub fn contains(&self, state: &InstanceState) -> bool {
        state.session_id() == self.id && state.has(Flag::PENDING | Flag::IN_IDENTITY_MAP)
    }

    /// `session.new`, in the order of adding.
    pub fn new_instances(&self) -> Vec<Gc<Instance>> {
        self.new.borrow().values().cloned().collect()
    }

    /// `session.deleted`.
    pub fn deleted_instances(&self) -> Vec<Gc<Instance>> {
        self.deleted.borrow().values().cloned().collect()
    }

    /// Persistent instances with changes, those marked deleted included.
    pub fn modified_instances(&self) -> Vec<Gc<Instance>> {
        let is_modified = |instance: &&Gc<Instance>| {
            InstanceState::of(instance)
                .is_some_and(|state| state.has(Flag::MODIFIED) && state.has(Flag::IN_IDENTITY_MAP))
        };
        self.modified.borrow().iter().filter(is_modified).cloned().collect()
    }

    /// `session.dirty`.
    pub fn dirty_instances(&self) -> Vec<Gc<Instance>> {
        let mut dirty = self.modified_instances();
        dirty.retain(|instance| {
            InstanceState::of(instance).is_none_or(|state| !state.has(Flag::MARKED_DELETED))
        });
        dirty
    }

    /// What iterating over the session gives: pending ones, then persistent ones.
    pub fn instances(&self) -> Vec<Gc<Instance>> {
        let mut all = self.new_instances();
        all.extend(self.identity_map.instances());
        all
    }

    fn has_modified(&self) -> bool {
        self.modified.borrow().iter().any(|instance| {
            InstanceState::of(instance)
                .is_some_and(|state| state.has(Flag::MODIFIED) && state.has(Flag::IN_IDENTITY_MAP))
        })
    }

    /// Nothing to flush.
    pub fn is_clean(&self) -> bool {
        self.new.borrow().is_empty() && self.deleted.borrow().is_empty() && !self.has_modified()
    }

    /// `is_modified(instance)`: whether any attribute has a net change.
    pub fn is_modified(&self, host: &mut dyn Host, value: &Value, include_collections: bool) -> R<bool> {
        let Some(mapped) = Mapped::of_value(value) else {
            return Err(errors::unmapped_instance(host, value));
        };
        if !mapped.state().is_modified() {
            return Ok(false);
        }
        for attribute in mapped.mapper().attributes() {
            let is_many = attribute.is_collection() || attribute.is_dynamic();
            if attribute.slot().is_none() || (is_many && !include_collections) {
                continue;
            }
            let passive = Passive::NO_INITIALIZE;
            if history::get_history(host, mapped.instance(), &attribute, passive)?.has_changes() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn drop_modified(&self, instance: &Gc<Instance>) {
        let dropped = {
            let mut modified = self.modified.borrow_mut();
            let at = modified.iter().rposition(|known| Gc::ptr_eq(known, instance));
            at.map(|at| modified.swap_remove(at))
        };
        drop(dropped);
    }

    /// Lets go of instances that are clean by now.
    pub(super) fn retain_modified(&self) {
        let (kept, dropped): (Vec<_>, Vec<_>) =
            self.modified.take().into_iter().partition(|instance| {
                InstanceState::of(instance).is_some_and(|state| state.has(Flag::MODIFIED))
            });
        *self.modified.borrow_mut() = kept;
        drop(dropped);
    }

    pub(super) fn clear_modified(&self) {
        let dropped = self.modified.take();
        drop(dropped);
    }

    pub fn is_flushing(&self) -> bool {
        self.flushing.get()
    }

    pub(super) fn set_flushing(&self, flushing: bool) {
        self.flushing.set(flushing);
    }

    /// While a flush writes, operations that change the session are warned of.
    pub(super) fn set_warn_on_events(&self, warn: bool) {
        self.warn_on_events.set(warn);
    }

    /// The warning of an operation that comes while a flush writes.
    pub fn warn_if_flushing(&self, host: &mut dyn Host, operation: &str) -> R<()> {
        if self.warn_on_events.get() {
            errors::warn_flush_operation(host, operation)?;
        }
        Ok(())
    }

    // Expiry.

    /// `expire_all()`.
    pub fn expire_all(&self) {
        self.clear_modified();
        for instance in self.identity_map.all() {
            if let Some(state) = InstanceState::of(&instance) {
                state.expire_all(&instance);
            }
        }
    }

    /// Expires one instance whole.
    pub(super) fn expire_instance(&self, instance: &Gc<Instance>) {
        if let Some(state) = InstanceState::of(instance) {
            if state.has(Flag::MODIFIED) {
                self.drop_modified(instance);
            }
            state.expire_all(instance);
        }
    }

    /// What the session owns, for the collector; called by the one object that stands for the session.
    pub fn trace(&self, visitor: &mut Visitor<'_>) {
        match (self.new.try_borrow(), self.deleted.try_borrow(), self.modified.try_borrow()) {
            (Ok(new), Ok(deleted), Ok(modified)) => {
                new.values().for_each(|instance| visitor.gc(instance));
                deleted.values().for_each(|instance| visitor.gc(instance));
                modified.iter().for_each(|instance| visitor.gc(instance));
            }
            _ => visitor.busy(),
        }
        for value in [&self.info, &self.execution_options, &self.query_class] {
            match value.try_borrow() {
                Ok(value) => value.trace(visitor),
                Err(_) => visitor.busy(),
            }
        }
    }

    pub(super) fn forget_in_snapshots(&self, address: usize) {
        let mut here = self.transaction.borrow().clone();
        while let Some(transaction) = here {
            transaction.snapshot().forget(address);
            here = transaction.parent();
        }
    }
}
