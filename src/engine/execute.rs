//! Running one statement on a connection.
//!
//! Owns the order in which SQLAlchemy does it: checks, listeners, echo, driver, errors wrapped.
//! Must not know compiling or result objects.

use std::rc::Rc;
use std::time::Instant;

use super::connection::Connection;
use super::driver::{Cursor, SqlText};
use super::echo::{self, Batch, CacheNote, Params};
use super::errors;
use super::events::{self, EngineEvent, EventKind, StatementEvent};
use crate::diag::{Error, builtin};
use crate::python::value::{Host, R, Raised, Value};
use crate::util::interrupt;

impl Connection {
    /// Runs a statement with one set of values and gives its cursor, which stands before the first row.
    pub fn execute(
        self: &Rc<Self>,
        host: &mut dyn Host,
        sql: &Rc<SqlText>,
        note: CacheNote,
        values: &[Value],
    ) -> R<Cursor> {
        self.execute_batch(host, sql, note, None, values)
    }

    /// As `execute`; `batch` says which part of an INSERT that was taken apart it is.
    pub fn execute_batch(
        self: &Rc<Self>,
        host: &mut dyn Host,
        sql: &Rc<SqlText>,
        note: CacheNote,
        batch: Option<Batch>,
        values: &[Value],
    ) -> R<Cursor> {
        let dbapi = self.make_ready(host)?;
        let params = Params::One(values);
        let listened = self.engine().has_listeners();
        if listened {
            self.tell_execute(host, EventKind::BeforeCursorExecute, sql.text(), params)?;
        }
        if self.echo_on() {
            self.echo_statement(host, sql, note, batch, params)?;
        }
        let sink = events::sink();
        let wanted = sink.wants_statements();
        if wanted && !sink.permits(sql.text()) {
            return Err(Raised::new(&builtin::KEYBOARD_INTERRUPT, ""));
        }
        let started = wanted.then(Instant::now);
        let mut cursor = match dbapi.execute(sql, values) {
            Ok(cursor) => cursor,
            Err(error) => return Err(self.failed(host, error, sql, batch.is_some(), params)),
        };
        if listened {
            self.tell_execute(host, EventKind::AfterCursorExecute, sql.text(), params)?;
        }
        if let Some(started) = started {
            let sql = sql.clone();
            let reason = events::current_reason();
            let place = host.current_place();
            let values = values.to_vec();
            cursor.on_end(Box::new(move |rows| {
                let elapsed = started.elapsed();
                let text = sql.text();
                let values = &values[..];
                sink.statement(&StatementEvent { text, executions: 1, rows, elapsed, reason, values, place });
            }));
        }
        Ok(cursor)
    }

    /// Runs a statement that changes rows with each set of values; gives how many rows changed.
    pub fn execute_many(
        self: &Rc<Self>,
        host: &mut dyn Host,
        sql: &Rc<SqlText>,
        note: CacheNote,
        sets: &[Vec<Value>],
    ) -> R<i64> {
        let dbapi = self.make_ready(host)?;
        let params = Params::Many(sets);
        let listened = self.engine().has_listeners();
        if listened {
            self.tell_execute(host, EventKind::BeforeCursorExecute, sql.text(), params)?;
        }
        if self.echo_on() {
            self.echo_statement(host, sql, note, None, params)?;
        }
        let started = Instant::now();
        let changed = match dbapi.execute_many(sql, sets.iter().map(Vec::as_slice)) {
            Ok(changed) => changed,
            Err(error) => return Err(self.failed(host, error, sql, false, params)),
        };
        if listened {
            self.tell_execute(host, EventKind::AfterCursorExecute, sql.text(), params)?;
        }
        let sink = events::sink();
        if sink.wants_statements() {
            sink.statement(&StatementEvent {
                text: sql.text(),
                executions: sets.len(),
                rows: changed.max(0) as u64,
                elapsed: started.elapsed(),
                reason: events::current_reason(),
                values: sets.first().map_or(&[][..], Vec::as_slice),
                place: host.current_place(),
            });
        }
        Ok(changed)
    }

    fn tell_execute(
        self: &Rc<Self>,
        host: &mut dyn Host,
        kind: EventKind,
        statement: &str,
        params: Params<'_>,
    ) -> R<()> {
        self.engine().dispatch(host, kind, &EngineEvent::Execute { connection: self, statement, params })
    }

    #[cold]
    fn echo_statement(
        &self,
        host: &mut dyn Host,
        sql: &SqlText,
        note: CacheNote,
        batch: Option<Batch>,
        params: Params<'_>,
    ) -> R<()> {
        match batch {
            Some(_) => self.log(host, &echo::long_statement(sql.text())),
            None => self.log(host, sql.text()),
        }
        let note = note.text(sql, batch);
        let shown = if self.engine().hide_parameters {
            "[SQL parameters hidden due to hide_parameters=True]".to_string()
        } else {
            echo::repr_params(host, params)?
        };
        self.log(host, &format!("[{note}] {shown}"));
        Ok(())
    }

    /// The exception for a statement that the driver refused or failed at.
    #[cold]
    fn failed(
        &self,
        host: &mut dyn Host,
        error: Error,
        sql: &SqlText,
        batch: bool,
        params: Params<'_>,
    ) -> Raised {
        if interrupt::pending()
            && let Err(raised) = host.check_interrupt()
        {
            return raised;
        }
        let shown = if params.is_empty() {
            None
        } else if self.engine().hide_parameters {
            return errors::wrap_hidden(error, sql.text()).into();
        } else {
            match echo::repr_params(host, params) {
                Ok(shown) => Some(shown),
                Err(raised) => return raised,
            }
        };
        let text = if batch { echo::long_statement(sql.text()) } else { sql.text().to_string() };
        errors::with_params(errors::wrap(error, Some(&text), shown.as_deref()), params.value()).into()
    }

    /// Wraps what went wrong while rows were fetched: the statement is not named then.
    pub fn fetch_failed(&self, host: &mut dyn Host, error: Error) -> Raised {
        if interrupt::pending()
            && let Err(raised) = host.check_interrupt()
        {
            return raised;
        }
        errors::wrap(error, None, None).into()
    }
}
