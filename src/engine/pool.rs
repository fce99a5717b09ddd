//! Pools of driver connections.
//!
//! Owns the three ways of SQLAlchemy for SQLite: a queue for files, one shared connection for memory, none at all.
//! Must not know statements.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use super::driver::DbapiConnection;
use super::engine::Engine;
use super::errors;
use super::events::{EngineEvent, EventKind};
use crate::python::value::{Host, R};

/// How connections are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PoolKind {
    /// For files.
    Queue,
    /// One connection that everybody shares (memory, as Flask-SQLAlchemy sets it up).
    Static,
    /// One connection a thread (memory, as SQLAlchemy sets it up).
    SingletonThread,
    /// A new connection each time.
    Null,
}

impl PoolKind {
    pub fn class_name(self) -> &'static str {
        match self {
            PoolKind::Queue => "QueuePool",
            PoolKind::Static => "StaticPool",
            PoolKind::SingletonThread => "SingletonThreadPool",
            PoolKind::Null => "NullPool",
        }
    }
}

/// Driver connections, in use and waiting.
pub struct Pool {
    pub kind: PoolKind,
    pub size: usize,
    pub overflow: usize,
    pub timeout: f64,
    idle: RefCell<VecDeque<Rc<DbapiConnection>>>,
    shared: RefCell<Option<Rc<DbapiConnection>>>,
    out: Cell<usize>,
    connected_before: Cell<bool>,
}

impl Pool {
    pub fn new(kind: PoolKind) -> Pool {
        Pool {
            kind,
            size: 5,
            overflow: 10,
            timeout: 30.0,
            idle: RefCell::new(VecDeque::new()),
            shared: RefCell::new(None),
            out: Cell::new(0),
            connected_before: Cell::new(false),
        }
    }

    pub fn checked_out(&self) -> usize {
        self.out.get()
    }

    pub fn checked_in(&self) -> usize {
        self.idle.borrow().len()
    }

    fn make(&self, host: &mut dyn Host, engine: &Rc<Engine>) -> R<Rc<DbapiConnection>> {
        let connection =
            DbapiConnection::open(&engine.open_options()).map_err(|error| errors::wrap(error, None, None))?;
        if !self.connected_before.replace(true) {
            engine.dispatch(host, EventKind::FirstConnect, &EngineEvent::Pool(&connection))?;
        }
        engine.dispatch(host, EventKind::Connect, &EngineEvent::Pool(&connection))?;
        Ok(connection)
    }

    /// A connection to use.
    pub(super) fn check_out(&self, host: &mut dyn Host, engine: &Rc<Engine>) -> R<Rc<DbapiConnection>> {
        let connection = match self.kind {
            PoolKind::Static | PoolKind::SingletonThread => {
                let kept = self.shared.borrow().clone().filter(|kept| !kept.is_closed());
                match kept {
                    Some(kept) => kept,
                    None => {
                        let made = self.make(host, engine)?;
                        *self.shared.borrow_mut() = Some(made.clone());
                        made
                    }
                }
            }
            PoolKind::Null => self.make(host, engine)?,
            PoolKind::Queue => {
                let waiting = self.idle.borrow_mut().pop_front();
                match waiting {
                    Some(waiting) => waiting,
                    None if self.out.get() >= self.size + self.overflow => {
                        return Err(errors::pool_exhausted(self.size, self.overflow, self.timeout).into());
                    }
                    None => self.make(host, engine)?,
                }
            }
        };
        self.out.set(self.out.get() + 1);
        engine.dispatch(host, EventKind::Checkout, &EngineEvent::Pool(&connection))?;
        Ok(connection)
    }

    /// Takes a connection back: whatever it has not committed is rolled back.
    pub(super) fn check_in(&self, connection: Rc<DbapiConnection>) {
        self.out.set(self.out.get().saturating_sub(1));
        if connection.is_closed() {
            return;
        }
        let last_user = self.kind != PoolKind::SingletonThread || self.out.get() == 0;
        if last_user && connection.rollback().is_err() {
            connection.close();
            return;
        }
        match self.kind {
            PoolKind::Queue if self.idle.borrow().len() < self.size => {
                self.idle.borrow_mut().push_back(connection);
            }
            PoolKind::Queue | PoolKind::Null => connection.close(),
            PoolKind::Static | PoolKind::SingletonThread => {}
        }
    }

    /// Closes what waits (`engine.dispose()`); a memory database is gone thereby.
    pub fn dispose(&self) {
        self.idle.take().into_iter().for_each(|connection| connection.close());
        if let Some(shared) = self.shared.take() {
            shared.close();
        }
    }

    /// `pool.status()`
    pub fn status(&self) -> String {
        match self.kind {
            PoolKind::Queue => {
                let waiting = self.checked_in();
                let total = waiting + self.out.get();
                format!(
                    "Pool size: {}  Connections in pool: {waiting} Current Overflow: {} Current Checked out \
                     connections: {}",
                    self.size,
                    total as i64 - self.size as i64,
                    self.out.get()
                )
            }
            PoolKind::Static => "StaticPool".into(),
            PoolKind::SingletonThread => {
                let size = i32::from(self.shared.borrow().is_some());
                format!("SingletonThreadPool id:{} size: {size}", std::ptr::from_ref(self) as usize)
            }
            PoolKind::Null => "NullPool".into(),
        }
    }
}
