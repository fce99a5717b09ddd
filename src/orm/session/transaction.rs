//! The transaction of a session: a state machine over connections, and what a rollback must put back.
//!
//! Owns `SessionTransaction` with its states and refusals, and the snapshots of what came, went and changed keys.
//! Must not know how a flush writes. Mirrors `SessionTransaction` in `sqlalchemy/orm/session.py`.
//!
//! ```text
//!              prepare            commit
//!   ACTIVE ──────────> PREPARED ─────────> COMMITTED ──close──> CLOSED
//!     │ rollback (of it, or of a flush within)
//!     '──────────────> DEACTIVE ──rollback──> CLOSED
//! ```
//!
//! A flush runs in a subtransaction, which shares its parent's snapshot; a savepoint has a snapshot of its own.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::{Bind, Session, SessionEvent, errors, events};
use crate::engine;
use crate::orm::identity::Mapped;
use crate::orm::identity_key::IdentityKey;
use crate::orm::mapper::Mapper;
use crate::orm::state::{Flag, InstanceState, OwnerHandle};
use crate::python::value::{Gc, Host, Instance, R, Raised, Value, WeakPtr};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransactionState {
    Active,
    Prepared,
    Committed,
    Deactive,
    Closed,
    ProvisioningConnection,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    Autobegin,
    Begin,
    BeginNested,
    Subtransaction,
}

/// Instances by address, which the snapshot does not keep alive: one that goes is taken out.
type Weaks = IndexMap<usize, WeakPtr<Instance>, FxBuildHasher>;

/// What happened since the transaction (or savepoint) began.
#[derive(Default)]
pub struct Snapshot {
    new: RefCell<Weaks>,
    deleted: RefCell<Weaks>,
    /// Kept for savepoints only: a whole rollback expires everything anyway.
    dirty: RefCell<Weaks>,
    key_switches: RefCell<IndexMap<usize, KeySwitch, FxBuildHasher>>,
    /// Instances that were new and left the session since.
    left: RefCell<Vec<Rc<OwnerHandle>>>,
}

struct KeySwitch {
    instance: WeakPtr<Instance>,
    before: IdentityKey,
}

fn upgrade(weaks: &RefCell<Weaks>) -> Vec<Mapped> {
    let weaks = weaks.borrow();
    weaks.values().filter_map(WeakPtr::upgrade).filter_map(|instance| Mapped::new(&instance)).collect()
}

impl Snapshot {
    fn note(set: &RefCell<Weaks>, mapped: &Mapped) {
        mapped.state().set_flag(Flag::IN_SNAPSHOT);
        set.borrow_mut().insert(mapped.address(), Gc::downgrade(mapped.instance()));
    }

    pub fn note_new(&self, mapped: &Mapped) {
        Self::note(&self.new, mapped);
    }

    pub fn note_deleted(&self, mapped: &Mapped) {
        Self::note(&self.deleted, mapped);
    }

    pub fn note_dirty(&self, mapped: &Mapped) {
        Self::note(&self.dirty, mapped);
    }

    /// The key that an instance had when the transaction began is remembered.
    pub fn note_key_switch(&self, mapped: &Mapped, before: IdentityKey) {
        mapped.state().set_flag(Flag::IN_SNAPSHOT);
        let switch = KeySwitch { instance: Gc::downgrade(mapped.instance()), before };
        self.key_switches.borrow_mut().entry(mapped.address()).or_insert(switch);
    }

    pub fn forget_deleted(&self, address: usize) {
        self.deleted.borrow_mut().swap_remove(&address);
    }

    /// The instance goes.
    pub fn forget(&self, address: usize) {
        for set in [&self.new, &self.deleted, &self.dirty] {
            set.borrow_mut().swap_remove(&address);
        }
        let switch = self.key_switches.borrow_mut().swap_remove(&address);
        drop(switch);
    }

    /// The instance leaves the session; a rollback still takes the identity of one that was new.
    pub fn leave(&self, mapped: &Mapped) {
        let was_new = self.new.borrow().contains_key(&mapped.address());
        self.forget(mapped.address());
        if was_new {
            self.left.borrow_mut().push(mapped.state().handle());
        }
    }

    /// Nobody will be put back any more; instances that go later do not find the snapshot to leave it.
    fn clear(&self) {
        let kept = (self.new.take(), self.deleted.take(), self.dirty.take(), self.left.take());
        let switches = self.key_switches.take();
        drop((kept, switches));
    }

    fn merge_into(&self, parent: &Snapshot) {
        parent.new.borrow_mut().extend(self.new.take());
        parent.deleted.borrow_mut().extend(self.deleted.take());
        parent.dirty.borrow_mut().extend(self.dirty.take());
        parent.left.borrow_mut().extend(self.left.take());
        let switches = self.key_switches.take();
        let mut known = parent.key_switches.borrow_mut();
        for (address, switch) in switches {
            known.entry(address).or_insert(switch);
        }
    }
}

/// A connection that takes part, with its transaction.
#[derive(Clone)]
struct Link {
    bind: Bind,
    connection: Rc<engine::Connection>,
    transaction: engine::Transaction,
    should_commit: bool,
    /// The session opened the connection, so it closes it.
    autoclose: bool,
}

pub struct SessionTransaction {
    session: Weak<Session>,
    parent: Option<Rc<SessionTransaction>>,
    pub origin: Origin,
    state: Cell<TransactionState>,
    links: RefCell<Vec<Link>>,
    snapshot: Rc<Snapshot>,
    previous_nested: Option<Rc<SessionTransaction>>,
    /// What made a flush within fail: its text.
    rollback_exception: RefCell<Option<String>>,
    /// The object that the language holds.
    object: Cell<Option<WeakPtr<Instance>>>,
}

impl SessionTransaction {
    pub(super) fn new(
        host: &mut dyn Host,
        session: &Session,
        origin: Origin,
        parent: Option<Rc<SessionTransaction>>,
    ) -> R<Rc<SessionTransaction>> {
        if session.is_closed_for_good() {
            return Err(errors::closed_for_good());
        }
        let nested = origin == Origin::BeginNested;
        let shared = parent.as_ref().filter(|_| !nested).map(|parent| parent.snapshot.clone());
        if nested && !session.is_flushing() {
            session.flush(host)?;
        }
        let transaction = Rc::new(SessionTransaction {
            session: Rc::downgrade(&session.rc()),
            parent,
            origin,
            state: Cell::new(TransactionState::Active),
            links: RefCell::default(),
            snapshot: shared.unwrap_or_default(),
            previous_nested: if nested { session.nested_transaction.borrow().clone() } else { None },
            rollback_exception: RefCell::default(),
            object: Cell::new(None),
        });
        session.transaction.replace(Some(transaction.clone()));
        if events::is_listened_to(SessionEvent::AfterTransactionCreate) {
            events::fire(
                host,
                session,
                SessionEvent::AfterTransactionCreate,
                &[session.value(), Value::None],
            )?;
        }
        Ok(transaction)
    }

    pub fn session(&self) -> Option<Rc<Session>> {
        self.session.upgrade()
    }

    fn living_session(&self) -> R<Rc<Session>> {
        self.session.upgrade().ok_or_else(errors::transaction_closed)
    }

    pub fn parent(&self) -> Option<Rc<SessionTransaction>> {
        self.parent.clone()
    }

    pub fn is_nested(&self) -> bool {
        self.origin == Origin::BeginNested
    }

    pub fn is_active(&self) -> bool {
        self.state.get() == TransactionState::Active
    }

    pub fn state(&self) -> TransactionState {
        self.state.get()
    }

    pub(in crate::orm) fn snapshot(&self) -> &Rc<Snapshot> {
        &self.snapshot
    }

    /// Whether the transaction is a savepoint or within one.
    pub(in crate::orm) fn in_savepoint(&self) -> bool {
        self.is_nested() || self.parent.as_ref().is_some_and(|parent| parent.in_savepoint())
    }

    /// Whether the transaction has a database transaction or savepoint of its own.
    fn is_boundary(&self) -> bool {
        self.is_nested() || self.parent.is_none()
    }

    pub fn object(&self) -> Option<Gc<Instance>> {
        self.object.get().and_then(|pointer| pointer.upgrade())
    }

    pub fn set_object(&self, object: Option<&Gc<Instance>>) {
        self.object.set(object.map(Gc::downgrade));
    }

    /// Refuses an operation in any other state than these.
    fn require(&self, operation: &str, allowed: &[TransactionState]) -> R<()> {
        let state = self.state.get();
        if allowed.contains(&state) {
            return Ok(());
        }
        Err(match state {
            TransactionState::Deactive => match &*self.rollback_exception.borrow() {
                Some(original) => errors::pending_rollback(original),
                None => errors::inactive_transaction(),
            },
            TransactionState::Closed => errors::transaction_closed(),
            TransactionState::ProvisioningConnection => errors::provisioning(),
            other => errors::wrong_state(operation, other),
        })
    }

    // Connections.

    /// The connection for a bind, taken from its pool and begun on first use.
    pub fn connection_for_bind(
        self: &Rc<Self>,
        host: &mut dyn Host,
        bind: &Bind,
    ) -> R<Rc<engine::Connection>> {
        self.require("_connection_for_bind", &[TransactionState::Active])?;
        if let Some(link) = self.links.borrow().iter().find(|link| link.bind.same(bind)) {
            return Ok(link.connection.clone());
        }
        self.state.set(TransactionState::ProvisioningConnection);
        let done = self.provide(host, bind);
        self.state.set(TransactionState::Active);
        done
    }

    fn provide(self: &Rc<Self>, host: &mut dyn Host, bind: &Bind) -> R<Rc<engine::Connection>> {
        let (connection, opened) = match &self.parent {
            Some(parent) => {
                let connection = parent.connection_for_bind(host, bind)?;
                if !self.is_nested() {
                    return Ok(connection);
                }
                (connection, false)
            }
            None => match bind {
                Bind::Connection(connection) => (connection.clone(), false),
                Bind::Engine(engine) => (engine.connect(host)?, true),
            },
        };
        let mut should_commit = true;
        let begun = if self.is_nested() {
            connection.begin_nested(host)
        } else if connection.in_transaction() {
            // A connection that is in a transaction of its own: the session neither commits nor ends that one.
            match connection.get_transaction() {
                Some(_) if connection.in_nested_transaction() => connection.begin_nested(host),
                Some(transaction) => {
                    should_commit = opened;
                    Ok(transaction)
                }
                None => connection.begin(host),
            }
        } else {
            connection.begin(host)
        };
        let transaction = match begun {
            Ok(transaction) => transaction,
            Err(raised) => {
                if opened {
                    connection.close(host)?;
                }
                return Err(raised);
            }
        };
        let autoclose = matches!(bind, Bind::Engine(_));
        let bind = bind.clone();
        let link = Link { bind, connection: connection.clone(), transaction, should_commit, autoclose };
        self.links.borrow_mut().push(link);
        if events::is_listened_to(SessionEvent::AfterBegin)
            && let Some(session) = self.session()
        {
            events::fire(
                host,
                &session,
                SessionEvent::AfterBegin,
                &[session.value(), Value::None, Value::None],
            )?;
        }
        Ok(connection)
    }

    /// The connection for a mapper's rows.
    pub fn connection(
        self: &Rc<Self>,
        host: &mut dyn Host,
        mapper: &Rc<Mapper>,
    ) -> R<Rc<engine::Connection>> {
        let session = self.living_session()?;
        let bind = session.get_bind(host, Some(mapper), None)?;
        self.connection_for_bind(host, &bind)
    }

    // Committing.

    pub fn prepare(self: &Rc<Self>, host: &mut dyn Host) -> R<()> {
        self.require("_prepare_impl", &[TransactionState::Active])?;
        let session = self.living_session()?;
        if self.is_boundary() {
            events::fire(host, &session, SessionEvent::BeforeCommit, &[session.value()])?;
        }
        self.commit_inner(host, &session)?;
        if !session.is_flushing() {
            let mut rounds = 0;
            while !session.is_clean() {
                rounds += 1;
                if rounds > 100 {
                    return Err(errors::too_many_flushes());
                }
                session.flush(host)?;
            }
        }
        self.state.set(TransactionState::Prepared);
        Ok(())
    }

    /// Commits the transactions that were begun within this one.
    fn commit_inner(self: &Rc<Self>, host: &mut dyn Host, session: &Session) -> R<()> {
        for inner in self.inner(session)? {
            inner.commit(host, false)?;
        }
        Ok(())
    }

    /// The transactions within this one, innermost first.
    fn inner(self: &Rc<Self>, session: &Session) -> R<Vec<Rc<SessionTransaction>>> {
        let mut inner = Vec::new();
        let mut here = session.current_transaction();
        while let Some(transaction) = here {
            if Rc::ptr_eq(&transaction, self) {
                return Ok(inner);
            }
            here = transaction.parent();
            inner.push(transaction);
        }
        Err(errors::not_on_active_list())
    }

    pub fn commit(self: &Rc<Self>, host: &mut dyn Host, to_root: bool) -> R<()> {
        self.require("commit", &[TransactionState::Active, TransactionState::Prepared])?;
        if self.state.get() != TransactionState::Prepared {
            self.prepare(host)?;
        }
        let session = self.living_session()?;
        if self.is_boundary() {
            for link in self.distinct_links() {
                if link.should_commit {
                    link.transaction.commit(host)?;
                }
            }
            self.state.set(TransactionState::Committed);
            events::fire(host, &session, SessionEvent::AfterCommit, &[session.value()])?;
            self.remove_snapshot(host, &session)?;
        }
        self.close(host)?;
        if to_root && let Some(parent) = &self.parent {
            parent.commit(host, true)?;
        }
        Ok(())
    }

    fn distinct_links(&self) -> Vec<Link> {
        self.links.borrow().clone()
    }

    fn remove_snapshot(&self, host: &mut dyn Host, session: &Session) -> R<()> {
        if self.is_nested() {
            if let Some(parent) = &self.parent {
                self.snapshot.merge_into(&parent.snapshot);
            }
            return Ok(());
        }
        if session.expire_on_commit.get() {
            session.expire_all();
        }
        // What was deleted leaves the session for good, whether or not the rest is expired.
        if session.expire_on_commit.get() {
            let deleted = upgrade(&self.snapshot.deleted);
            session.detach(host, &deleted, false)?;
            self.snapshot.deleted.borrow_mut().clear();
        }
        for mapped in upgrade(&self.snapshot.new).iter().chain(&upgrade(&self.snapshot.deleted)) {
            mapped.state().clear_flag(Flag::IN_SNAPSHOT);
        }
        Ok(())
    }

    // Rolling back.

    /// The failure that later operations tell of got a remark.
    pub fn retell(&self, before: &str, after: String) {
        let mut kept = self.rollback_exception.borrow_mut();
        if kept.as_deref() == Some(before) {
            *kept = Some(after);
        }
    }

    /// `captured` is what a flush failed with: later operations tell of it.
    pub fn rollback(self: &Rc<Self>, host: &mut dyn Host, captured: Option<String>, to_root: bool) -> R<()> {
        self.require(
            "rollback",
            &[TransactionState::Active, TransactionState::Deactive, TransactionState::Prepared],
        )?;
        let session = self.living_session()?;
        for inner in self.inner(&session)? {
            inner.close(host)?;
        }
        let mut boundary = self.clone();
        let mut failed: Option<Raised> = None;
        if matches!(self.state.get(), TransactionState::Active | TransactionState::Prepared) {
            let mut here = Some(self.clone());
            while let Some(transaction) = here {
                if !transaction.is_boundary() {
                    transaction.state.set(TransactionState::Deactive);
                    here = transaction.parent();
                    continue;
                }
                let done = transaction.roll_links_back(host, &session);
                transaction.state.set(TransactionState::Deactive);
                failed = done.err();
                transaction.restore_snapshot(host, &session)?;
                boundary = transaction;
                break;
            }
        }
        if failed.is_none() && !session.is_clean() {
            errors::warn_state_changed_inactive(host)?;
            boundary.restore_snapshot(host, &session)?;
        }
        self.close(host)?;
        if let (Some(parent), Some(captured)) = (&self.parent, captured) {
            *parent.rollback_exception.borrow_mut() = Some(captured);
        }
        if let Some(raised) = failed {
            return Err(raised);
        }
        if events::is_listened_to(SessionEvent::AfterSoftRollback) {
            events::fire(host, &session, SessionEvent::AfterSoftRollback, &[session.value(), Value::None])?;
        }
        if to_root && let Some(parent) = &self.parent {
            parent.rollback(host, None, true)?;
        }
        Ok(())
    }

    fn roll_links_back(&self, host: &mut dyn Host, session: &Session) -> R<()> {
        for link in self.distinct_links() {
            link.transaction.rollback(host)?;
        }
        self.state.set(TransactionState::Deactive);
        events::fire(host, session, SessionEvent::AfterRollback, &[session.value()])
    }

    /// Instances become again what they were when the transaction began; what they hold is expired.
    fn restore_snapshot(&self, host: &mut dyn Host, session: &Session) -> R<()> {
        let mut to_expunge = upgrade(&RefCell::new(self.snapshot.new.take()));
        let known: rustc_hash::FxHashSet<usize> = to_expunge.iter().map(Mapped::address).collect();
        let pending = session.new_instances();
        let pending = pending.iter().filter_map(Mapped::new);
        to_expunge.extend(pending.filter(|mapped| !known.contains(&mapped.address())));
        session.expunge_states(host, &to_expunge, true)?;
        for handle in self.snapshot.left.take() {
            if let Some(instance) = handle.upgrade()
                && let Some(state) = InstanceState::of(&instance)
            {
                state.set_ident(Value::Unset);
            }
        }
        let switches = self.snapshot.key_switches.take();
        for (_, switch) in switches {
            let Some(mapped) = switch.instance.upgrade().and_then(|instance| Mapped::new(&instance)) else {
                continue;
            };
            session.identity_map.discard(mapped.instance());
            mapped.state().set_ident(switch.before.ident);
            if mapped.state().session_id() == session.id {
                session.identity_map.replace(host, mapped.instance())?;
            }
        }
        let mut deleted = upgrade(&self.snapshot.deleted);
        deleted.extend(session.deleted_instances().iter().filter_map(Mapped::new));
        for mapped in deleted {
            if mapped.state().has_identity() {
                session.update(host, &mapped, true)?;
            }
        }
        if self.is_nested() {
            let dirty = self.snapshot.dirty.borrow();
            for instance in session.identity_map.all() {
                let is_dirty = InstanceState::of(&instance).is_some_and(|state| state.has(Flag::MODIFIED))
                    || dirty.contains_key(&Gc::address(&instance));
                if is_dirty {
                    session.expire_instance(&instance);
                }
            }
        } else {
            session.expire_all();
        }
        Ok(())
    }

    // Closing.

    pub fn close(&self, host: &mut dyn Host) -> R<()> {
        if self.state.get() == TransactionState::Closed {
            return Ok(());
        }
        let session = self.session();
        if let Some(session) = &session {
            if self.is_nested() {
                session.nested_transaction.replace(self.previous_nested.clone());
            }
            let before = session.transaction.replace(self.parent.clone());
            drop(before);
        }
        if self.is_boundary() {
            self.snapshot.clear();
        }
        let links = self.links.take();
        let mut failed = None;
        for link in links {
            if link.should_commit && link.transaction.is_active() {
                failed = link.transaction.close(host).err().or(failed);
            }
            if link.autoclose && self.parent.is_none() {
                failed = link.connection.close(host).err().or(failed);
            }
        }
        self.state.set(TransactionState::Closed);
        if let Some(session) = &session
            && events::is_listened_to(SessionEvent::AfterTransactionEnd)
        {
            events::fire(host, session, SessionEvent::AfterTransactionEnd, &[session.value(), Value::None])?;
        }
        failed.map_or(Ok(()), Err)
    }
}

impl Session {
    pub fn current_transaction(&self) -> Option<Rc<SessionTransaction>> {
        self.transaction.borrow().clone()
    }

    pub fn nested_transaction(&self) -> Option<Rc<SessionTransaction>> {
        self.nested_transaction.borrow().clone()
    }

    /// The outermost transaction.
    pub fn root_transaction(&self) -> Option<Rc<SessionTransaction>> {
        let mut here = self.current_transaction()?;
        while let Some(parent) = here.parent() {
            here = parent;
        }
        Some(here)
    }

    pub fn in_transaction(&self) -> bool {
        self.transaction.borrow().is_some()
    }

    pub fn in_nested_transaction(&self) -> bool {
        self.nested_transaction.borrow().is_some()
    }

    /// Whether the database holds changes of this session that are not committed.
    pub fn has_open_writes(&self) -> bool {
        let transaction = self.transaction.borrow();
        let links = transaction.as_ref().map(|transaction| transaction.links.borrow());
        links.is_some_and(|links| {
            links.iter().any(|link| link.connection.dbapi().is_ok_and(|dbapi| dbapi.in_transaction()))
        })
    }

    pub fn is_active(&self) -> bool {
        self.transaction.borrow().as_ref().is_none_or(|transaction| transaction.is_active())
    }

    /// The running transaction, begun if there is none.
    pub fn autobegin(&self, host: &mut dyn Host) -> R<Rc<SessionTransaction>> {
        if let Some(transaction) = self.current_transaction() {
            return Ok(transaction);
        }
        if !self.autobegin.get() {
            return Err(errors::autobegin_disabled());
        }
        SessionTransaction::new(host, self, Origin::Autobegin, None)
    }

    /// `begin()`.
    pub fn begin(&self, host: &mut dyn Host) -> R<Rc<SessionTransaction>> {
        if self.in_transaction() {
            return Err(errors::already_begun());
        }
        SessionTransaction::new(host, self, Origin::Begin, None)
    }

    /// `begin_nested()`: a savepoint.
    pub fn begin_nested(&self, host: &mut dyn Host) -> R<Rc<SessionTransaction>> {
        let parent = match self.current_transaction() {
            Some(transaction) => transaction,
            None => SessionTransaction::new(host, self, Origin::Begin, None)?,
        };
        parent.require("_begin", &[TransactionState::Active])?;
        // SQLAlchemy flushes in the state in which the session is before the savepoint.
        let transaction = SessionTransaction::new(host, self, Origin::BeginNested, Some(parent))?;
        self.nested_transaction.replace(Some(transaction.clone()));
        Ok(transaction)
    }

    /// The transaction in which a flush runs.
    pub(in crate::orm) fn begin_subtransaction(&self, host: &mut dyn Host) -> R<Rc<SessionTransaction>> {
        let parent = self.autobegin(host)?;
        parent.require("_begin", &[TransactionState::Active])?;
        SessionTransaction::new(host, self, Origin::Subtransaction, Some(parent))
    }

    pub fn commit(&self, host: &mut dyn Host) -> R<()> {
        let transaction = self.autobegin(host)?;
        transaction.commit(host, true)
    }

    pub fn rollback(&self, host: &mut dyn Host) -> R<()> {
        match self.current_transaction() {
            Some(transaction) => transaction.rollback(host, None, true),
            None => Ok(()),
        }
    }
}
