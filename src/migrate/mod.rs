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

mod compare;
mod operation;
mod spec;

pub use compare::{Answers, Difference, Question, Rename, compare};
pub use operation::{Change, Copied, Operation};
pub use spec::Table;
