//! SQLAlchemy's connection: what stands between a session or a user and the driver.
//!
//! Owns begin, commit, rollback and savepoints with their echo, closing, and the checks before a statement runs
//! (running it stands in `execute`). Must not know what statements mean.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::driver::{DbapiConnection, SqlText};
use super::echo::CacheNote;
use super::engine::Engine;
use super::errors;
use super::events::{self, EchoRecord, EngineEvent, EventKind};
use super::transaction::{Transaction, TransactionState};
use crate::diag::Error;
use crate::python::value::{Host, R};

/// How a connection begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Isolation {
    /// With the first change.
    Legacy,
    /// Never by itself.
    Autocommit,
}

/// A connection taken from an engine's pool; it goes back when it is closed or dropped.
pub struct Connection {
    engine: Rc<Engine>,
    dbapi: RefCell<Option<Rc<DbapiConnection>>>,
    echo: Cell<bool>,
    autocommit: Cell<bool>,
    pub(super) transaction: RefCell<Option<Rc<TransactionState>>>,
    pub(super) nested: RefCell<Option<Rc<TransactionState>>>,
    /// The transaction that a `with` statement is in.
    pub(super) context: RefCell<Option<Rc<TransactionState>>>,
    savepoints: Cell<u32>,
}

impl Connection {
    pub(super) fn open(host: &mut dyn Host, engine: &Rc<Engine>) -> R<Rc<Connection>> {
        let dbapi = engine.pool.check_out(host, engine)?;
        let connection = Rc::new(Connection {
            engine: engine.clone(),
            dbapi: RefCell::new(Some(dbapi)),
            echo: Cell::new(engine.echo()),
            autocommit: Cell::new(engine.autocommit),
            transaction: RefCell::new(None),
            nested: RefCell::new(None),
            context: RefCell::new(None),
            savepoints: Cell::new(0),
        });
        engine.dispatch(host, EventKind::EngineConnect, &EngineEvent::Connection(&connection))?;
        Ok(connection)
    }

    pub fn engine(&self) -> &Rc<Engine> {
        &self.engine
    }

    pub fn is_closed(&self) -> bool {
        self.dbapi.borrow().is_none()
    }

    /// The driver's connection, if this one is open.
    pub fn dbapi(&self) -> Result<Rc<DbapiConnection>, Error> {
        self.dbapi.borrow().clone().ok_or_else(errors::connection_closed)
    }

    /// Whether statements are told: the engine echoed when the connection was opened, and still does.
    pub fn echo_on(&self) -> bool {
        self.echo.get() && self.engine.echo()
    }

    /// Switches the echo of a connection that is in use; SQLAlchemy's own switch reaches later ones only.
    pub fn set_echo(&self, on: bool) {
        self.echo.set(on);
    }

    pub fn set_isolation(&self, isolation: Isolation) -> R<()> {
        let autocommit = isolation == Isolation::Autocommit;
        self.autocommit.set(autocommit);
        let level = (!autocommit).then(String::new);
        self.dbapi()?.set_isolation(level).map_err(|error| errors::wrap(error, None, None).into())
    }

    pub(super) fn log(&self, host: &mut dyn Host, message: &str) {
        let record = EchoRecord { level: "INFO", logger: self.engine.logger(), message };
        events::sink().echo(host, &record);
    }

    fn note(&self, host: &mut dyn Host, message: &str) {
        if self.echo_on() {
            self.log(host, message);
        }
    }

    pub fn in_transaction(&self) -> bool {
        self.transaction.borrow().as_ref().is_some_and(|state| state.active.get())
    }

    pub fn in_nested_transaction(&self) -> bool {
        self.nested.borrow().as_ref().is_some_and(|state| state.active.get())
    }

    pub fn get_transaction(self: &Rc<Self>) -> Option<Transaction> {
        let state = self.transaction.borrow().clone()?;
        Some(Transaction { connection: self.clone(), state })
    }

    pub fn get_nested_transaction(self: &Rc<Self>) -> Option<Transaction> {
        let state = self.nested.borrow().clone()?;
        Some(Transaction { connection: self.clone(), state })
    }

    /// Begins the root transaction.
    pub fn begin(self: &Rc<Self>, host: &mut dyn Host) -> R<Transaction> {
        if self.transaction.borrow().is_some() {
            return Err(errors::already_begun().into());
        }
        self.check_context()?;
        self.dbapi()?;
        self.note(
            host,
            if self.autocommit.get() {
                "BEGIN (implicit; DBAPI should not BEGIN due to autocommit mode)"
            } else {
                "BEGIN (implicit)"
            },
        );
        self.tell(host, EventKind::Begin)?;
        let state = TransactionState::new(None, None);
        self.transaction.replace(Some(state.clone()));
        Ok(Transaction { connection: self.clone(), state })
    }

    /// Begins a savepoint, and the root transaction before it if there is none.
    pub fn begin_nested(self: &Rc<Self>, host: &mut dyn Host) -> R<Transaction> {
        if self.transaction.borrow().is_none() {
            self.begin(host)?;
        }
        self.check_context()?;
        self.savepoints.set(self.savepoints.get() + 1);
        let name = format!("sa_savepoint_{}", self.savepoints.get());
        self.tell_savepoint(host, EventKind::Savepoint, &name)?;
        self.plain(host, &format!("SAVEPOINT {name}"))?;
        let state = TransactionState::new(Some(name), self.nested.borrow().clone());
        self.nested.replace(Some(state.clone()));
        Ok(Transaction { connection: self.clone(), state })
    }

    /// Commits the transaction under way, if any.
    pub fn commit(self: &Rc<Self>, host: &mut dyn Host) -> R<()> {
        match self.get_transaction() {
            Some(transaction) => transaction.commit(host),
            None => Ok(()),
        }
    }

    /// Rolls the transaction under way back, if any.
    pub fn rollback(self: &Rc<Self>, host: &mut dyn Host) -> R<()> {
        match self.get_transaction() {
            Some(transaction) => transaction.rollback(host),
            None => Ok(()),
        }
    }

    /// Gives the driver's connection back; a transaction that is not committed is rolled back.
    pub fn close(self: &Rc<Self>, host: &mut dyn Host) -> R<()> {
        let done = match self.get_transaction() {
            Some(transaction) => transaction.close(host),
            None => Ok(()),
        };
        let dbapi = self.dbapi.take();
        if let Some(dbapi) = dbapi {
            self.engine.dispatch(host, EventKind::Checkin, &EngineEvent::Pool(&dbapi))?;
            self.engine.pool.check_in(dbapi);
        }
        done
    }

    pub(super) fn invalid_transaction(&self) -> Error {
        errors::invalid_transaction(self.nested.borrow().is_some())
    }

    fn check_context(&self) -> R<()> {
        let closed = self.context.borrow().as_ref().is_some_and(|state| !state.active.get());
        if closed { Err(errors::closed_in_context_manager().into()) } else { Ok(()) }
    }

    /// Everything that SQLAlchemy checks before a statement goes out; begins if nothing has begun.
    #[inline]
    pub(super) fn make_ready(self: &Rc<Self>, host: &mut dyn Host) -> R<Rc<DbapiConnection>> {
        let dbapi = self.dbapi()?;
        let inactive = |held: &RefCell<Option<Rc<TransactionState>>>| {
            held.borrow().as_ref().is_some_and(|state| !state.active.get())
        };
        if inactive(&self.transaction) || inactive(&self.nested) {
            return Err(self.invalid_transaction().into());
        }
        self.check_context()?;
        if self.transaction.borrow().is_none() {
            self.begin(host)?;
        }
        Ok(dbapi)
    }

    fn tell(self: &Rc<Self>, host: &mut dyn Host, kind: EventKind) -> R<()> {
        self.engine.dispatch(host, kind, &EngineEvent::Connection(self))
    }

    fn tell_savepoint(self: &Rc<Self>, host: &mut dyn Host, kind: EventKind, name: &str) -> R<()> {
        self.engine.dispatch(host, kind, &EngineEvent::Savepoint { connection: self, name })
    }

    pub(super) fn commit_impl(self: &Rc<Self>, host: &mut dyn Host) -> R<()> {
        self.tell(host, EventKind::Commit)?;
        self.note(
            host,
            if self.autocommit.get() {
                "COMMIT using DBAPI connection.commit(), has no effect due to autocommit mode"
            } else {
                "COMMIT"
            },
        );
        self.dbapi()?.commit().map_err(|error| errors::wrap(error, None, None).into())
    }

    pub(super) fn rollback_impl(self: &Rc<Self>, host: &mut dyn Host) -> R<()> {
        self.tell(host, EventKind::Rollback)?;
        let Ok(dbapi) = self.dbapi() else { return Ok(()) };
        self.note(
            host,
            if self.autocommit.get() {
                "ROLLBACK using DBAPI connection.rollback(), has no effect due to autocommit mode"
            } else {
                "ROLLBACK"
            },
        );
        dbapi.rollback().map_err(|error| errors::wrap(error, None, None).into())
    }

    pub(super) fn cancel_savepoints(&self) {
        let mut next = self.nested.replace(None);
        while let Some(state) = next {
            state.active.set(false);
            next = state.previous.clone();
        }
    }

    pub(super) fn rollback_to_savepoint(self: &Rc<Self>, host: &mut dyn Host, name: &str) -> R<()> {
        self.tell_savepoint(host, EventKind::RollbackSavepoint, name)?;
        self.plain(host, &format!("ROLLBACK TO SAVEPOINT {name}"))
    }

    pub(super) fn release_savepoint(self: &Rc<Self>, host: &mut dyn Host, name: &str) -> R<()> {
        self.tell_savepoint(host, EventKind::ReleaseSavepoint, name)?;
        self.plain(host, &format!("RELEASE SAVEPOINT {name}"))
    }

    fn plain(self: &Rc<Self>, host: &mut dyn Host, text: &str) -> R<()> {
        self.execute(host, &SqlText::new(text), CacheNote::NoKey, &[]).map(drop)
    }
}

impl Drop for Connection {
    /// What nobody closed goes back to the pool without a word, as CPython's finalizers do it.
    fn drop(&mut self) {
        if let Some(dbapi) = self.dbapi.take() {
            self.engine.pool.check_in(dbapi);
        }
    }
}
