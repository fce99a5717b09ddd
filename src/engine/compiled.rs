//! Running statements that the compiler spells.
//!
//! Owns the cache of compiled statements of an engine, filling parameters and defaults, and the result's columns.
//! Must not know mapping.

use std::rc::Rc;

use super::connection::Connection;
use super::engine::Engine;
use crate::diag::builtin::NOT_IMPLEMENTED_ERROR;
use crate::python::value::{Host, R, Raised, Str, Value};
use crate::sql::statement::Statement;

/// Forgets every compiled statement of an engine.
pub fn forget_compiled(_engine: &Rc<Engine>) {}

/// Runs a statement with sets of named parameters and gives its `CursorResult`.
pub fn execute_statement(
    _host: &mut dyn Host,
    _connection: &Rc<Connection>,
    _statement: &Statement,
    _sets: &[Vec<(Str, Value)>],
) -> R<Value> {
    Err(Raised::new(&NOT_IMPLEMENTED_ERROR, "statements cannot be compiled yet"))
}
