//! Arguments into what to do; exit codes.
//!
//! Owns the command line's grammar, which stream gets what, and the exit status. Must not know how the language or
//! the ORM work: it asks `project`, `shell`, `migrate` and `ui`.

pub mod args;
