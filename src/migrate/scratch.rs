//! A copy of a schema in memory, without rows: what a step makes of it is seen, not guessed.
//!
//! Owns the copy. SQLite itself rewrites names in indexes, triggers, views and other tables' foreign keys when
//! something is renamed, so its answer is asked for. Must not know files, models or the user's database.

use std::rc::Rc;

use super::database;
use super::operation::Operation;
use super::spec::Schema;
use crate::diag::Error;
use crate::engine::{DbapiConnection, OpenOptions};

pub struct Scratch {
    connection: Rc<DbapiConnection>,
}

impl Scratch {
    pub fn of(schema: &Schema) -> Result<Scratch, Error> {
        let options = OpenOptions { isolation: None, ..OpenOptions::default() };
        let connection = DbapiConnection::open(&options)?;
        let scratch = Scratch { connection };
        scratch.run(&schema.statements())?;
        Ok(scratch)
    }

    fn run(&self, statements: &[String]) -> Result<(), Error> {
        for statement in statements {
            self.connection.run(statement)?;
        }
        Ok(())
    }

    /// Takes steps, and says what is there then.
    pub fn after(&self, operations: &[Operation]) -> Result<Schema, Error> {
        for operation in operations {
            self.run(&operation.sql())?;
        }
        database::schema(&self.connection)
    }

    /// Whether a value passes a condition on one column; None where the condition cannot be asked so.
    pub fn passes(&self, condition: &str, column: &str, value: &str) -> Option<bool> {
        let sql = format!("SELECT coalesce(({condition}), 1) FROM (SELECT {value} AS {column})");
        let rows = database::query(&self.connection, &sql).ok()?;
        rows.first().and_then(|row| row.first()).map(|cell| database::number(cell) != 0)
    }
}
