//! Transactions of a connection: the root one and savepoints.
//!
//! Owns the states that SQLAlchemy's RootTransaction and NestedTransaction go through, also as context managers.
//! Must not know statements besides what the connection does for it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::connection::Connection;
use super::errors;
use crate::python::value::{Host, R};

/// What the connection remembers of a transaction.
pub struct TransactionState {
    /// None for the root transaction.
    pub(super) savepoint: Option<String>,
    pub(super) active: Cell<bool>,
    /// The savepoint around this one.
    pub(super) previous: Option<Rc<TransactionState>>,
    /// The context manager that was entered before this one.
    pub(super) outer: RefCell<Option<Rc<TransactionState>>>,
}

impl TransactionState {
    pub(super) fn new(savepoint: Option<String>, previous: Option<Rc<TransactionState>>) -> Rc<Self> {
        Rc::new(TransactionState { savepoint, active: Cell::new(true), previous, outer: RefCell::new(None) })
    }
}

/// A transaction as its user holds it.
#[derive(Clone)]
pub struct Transaction {
    pub connection: Rc<Connection>,
    pub(super) state: Rc<TransactionState>,
}

impl Transaction {
    pub fn is_active(&self) -> bool {
        self.state.active.get()
    }

    pub fn is_nested(&self) -> bool {
        self.state.savepoint.is_some()
    }

    /// The savepoint's name.
    pub fn savepoint(&self) -> Option<&str> {
        self.state.savepoint.as_deref()
    }

    pub fn same(&self, other: &Transaction) -> bool {
        Rc::ptr_eq(&self.state, &other.state)
    }

    /// Whether the connection has let it go.
    pub fn is_closed(&self) -> bool {
        let held = if self.is_nested() { &self.connection.nested } else { &self.connection.transaction };
        !held.borrow().as_ref().is_some_and(|held| Rc::ptr_eq(held, &self.state))
    }

    pub fn commit(&self, host: &mut dyn Host) -> R<()> {
        let connection = &self.connection;
        let Some(savepoint) = &self.state.savepoint else {
            if !self.state.active.get() {
                let error = if self.is_closed() {
                    errors::inactive_transaction(false)
                } else {
                    connection.invalid_transaction()
                };
                return Err(error.into());
            }
            let done = connection.commit_impl(host);
            connection.cancel_savepoints();
            self.state.active.set(false);
            done?;
            connection.transaction.replace(None);
            return Ok(());
        };
        if !self.state.active.get() {
            let error = if self.is_closed() {
                errors::inactive_transaction(true)
            } else {
                connection.invalid_transaction()
            };
            return Err(error.into());
        }
        let done = connection.release_savepoint(host, savepoint);
        self.state.active.set(false);
        done?;
        self.leave_savepoint();
        Ok(())
    }

    pub fn rollback(&self, host: &mut dyn Host) -> R<()> {
        self.close(host)
    }

    /// Rolls back what is not committed; for a transaction that has ended nothing happens.
    pub fn close(&self, host: &mut dyn Host) -> R<()> {
        let connection = &self.connection;
        let done = match &self.state.savepoint {
            None => {
                let done = if self.state.active.get() { connection.rollback_impl(host) } else { Ok(()) };
                if !self.is_closed() {
                    connection.cancel_savepoints();
                    connection.transaction.replace(None);
                }
                done
            }
            Some(savepoint) => {
                let root = connection.transaction.borrow().as_ref().is_some_and(|root| root.active.get());
                let done = if self.state.active.get() && root {
                    connection.rollback_to_savepoint(host, savepoint)
                } else {
                    Ok(())
                };
                self.leave_savepoint();
                done
            }
        };
        self.state.active.set(false);
        done
    }

    fn leave_savepoint(&self) {
        if !self.is_closed() {
            self.connection.nested.replace(self.state.previous.clone());
        }
    }

    /// `with transaction:` begins.
    pub fn enter(&self) {
        let outer = self.connection.context.replace(Some(self.state.clone()));
        self.state.outer.replace(outer);
    }

    /// `with transaction:` ends: commits, or rolls back if something was raised.
    pub fn exit(&self, host: &mut dyn Host, raised: bool) -> R<()> {
        let done = if !raised && self.is_active() {
            match self.commit(host) {
                Ok(()) => Ok(()),
                Err(error) => {
                    // The first error is the one to tell.
                    let _ = self.close(host);
                    Err(error)
                }
            }
        } else if self.is_active() || !self.is_closed() {
            self.close(host)
        } else {
            Ok(())
        };
        let mine =
            self.connection.context.borrow().as_ref().is_some_and(|held| Rc::ptr_eq(held, &self.state));
        if mine {
            let outer = self.state.outer.take();
            self.connection.context.replace(outer);
        }
        done
    }
}
