//! Migrations: the models' tables against the database's, as plain SQL files that refinery runs.
//!
//! Owns comparing, operations, files, history and the commands. The only importer of refinery. Sees tables as CREATE
//! TABLE describes them, not classes. Must not know the command line's grammar beyond its own words, nor terminals.
//!
//! ```text
//! models ─┐
//!         ├─ spec ── compare ── operation ── files ── run (refinery over the engine's own connection)
//! database ┘
//! ```

mod command;
mod commands;
mod compare;
mod database;
mod errors;
mod files;
pub mod lessons;
mod models;
mod operation;
mod runner;
mod spec;
#[cfg(test)]
mod tests;

pub use command::{Command, USAGE, Verb};
pub use commands::{Ask, Context, Output, error_of, run};
pub use compare::{Answers, Difference, Question, Rename, compare};
pub use errors::COMMAND_ERROR;
pub use operation::{Change, Copied, Operation};
pub use spec::Table;
