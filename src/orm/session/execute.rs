//! Running statements through a session, and flushing before.
//!
//! Owns the autoflush and its remark on errors. Statements over mapped classes are handed to `orm::query`.

use super::{Session, errors};
use crate::engine::ReasonGuard;
use crate::orm::flush;
use crate::python::value::{ExceptionData, Host, R, Raised, RaisedKind, Value};
use crate::sql::exc::STATEMENT_ERROR;

/// The arguments of `execute`, `scalars` and `scalar` besides the statement.
#[derive(Default)]
pub struct ExecuteArgs {
    /// None, a dictionary, or a list of dictionaries.
    pub params: Value,
    pub execution_options: Value,
    pub bind_arguments: Value,
}

impl Session {
    /// Flushes before a query, unless that is switched off or a flush is running.
    pub fn autoflush(&self, host: &mut dyn Host) -> R<()> {
        if !self.autoflush.get() || self.is_flushing() {
            return Ok(());
        }
        let Err(mut raised) = self.flush_because(host, "autoflush") else { return Ok(()) };
        let before = flush::exception_text(host, &mut raised);
        let mut raised = with_autoflush_detail(raised);
        let after = flush::exception_text(host, &mut raised);
        if let Some(transaction) = self.current_transaction() {
            transaction.retell(&before, after);
        }
        Err(raised)
    }

    /// `flush()`.
    pub fn flush(&self, host: &mut dyn Host) -> R<()> {
        self.flush_objects(host, None)
    }

    /// A flush that something else asked for; `what` names it for whoever listens to the engine.
    pub fn flush_because(&self, host: &mut dyn Host, what: &'static str) -> R<()> {
        if self.is_clean() {
            return Ok(());
        }
        let _reason = ReasonGuard::new(what, None, None);
        self.flush(host)
    }

    /// `flush(objects)`.
    pub fn flush_objects(&self, host: &mut dyn Host, objects: Option<&[Value]>) -> R<()> {
        if self.is_flushing() {
            return Err(errors::already_flushing());
        }
        if self.is_clean() {
            return Ok(());
        }
        self.set_flushing(true);
        let done = flush::flush(host, self, objects);
        self.set_flushing(false);
        done
    }

    /// Runs `f` without autoflush (`with session.no_autoflush:`).
    pub fn without_autoflush<T>(&self, f: impl FnOnce() -> T) -> T {
        let before = self.autoflush.replace(false);
        let result = f();
        self.autoflush.set(before);
        result
    }
}

/// Tells, before the message of a failing statement, that an autoflush ran it.
fn with_autoflush_detail(mut raised: Raised) -> Raised {
    if !raised.is_a(&STATEMENT_ERROR) {
        return raised;
    }
    match &mut *raised.0 {
        RaisedKind::Error { error, .. } => {
            error.message = format!("{}\n{}", errors::AUTOFLUSH_DETAIL, error.message);
        }
        RaisedKind::Exception { value, .. } => {
            if let Some(data) = value.payload::<ExceptionData>()
                && let Some(diagnosis) = &mut *data.diagnosis.borrow_mut()
            {
                diagnosis.message = format!("{}\n{}", errors::AUTOFLUSH_DETAIL, diagnosis.message);
            }
        }
    }
    raised
}
