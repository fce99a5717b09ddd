//! Migrations: the models' tables against the database's, as plain SQL files that refinery runs.
//!
//! Owns comparing, operations, files, history and the commands. The only importer of refinery. Sees tables as CREATE
//! TABLE describes them, not classes. Must not know the command line's grammar beyond its own words, nor terminals.
//!
//! ```text
//! models ──┐
//!          ├─ spec ── compare ── plan (tried on a scratch) ── operation ── files ── runner (refinery over the engine's
//! database ┘                                                                        own connection)
//! ```

mod applying;
mod audience;
mod autogenerate;
mod command;
mod commands;
mod compare;
mod database;
mod errors;
mod files;
pub mod lessons;
mod losses;
mod models;
mod operation;
mod plan;
mod runner;
mod scratch;
mod script;
mod spec;
#[cfg(test)]
mod tests;

pub use audience::{Audience, Output};
pub use autogenerate::at_start;
pub use command::{Command, USAGE, VERBS, Verb};
pub use commands::{Context, Outcome, directory_beside, run};
pub use compare::Rename;
pub use errors::COMMAND_ERROR;
pub use plan::Answers;
