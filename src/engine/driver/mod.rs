//! The driver: what CPython's sqlite3 module is to SQLAlchemy.
//!
//! Owns SQLite itself: opening, binding, stepping, the prepared statements of a connection, legacy transactions.
//! Must not know SQLAlchemy's connection, echo or events.

mod bind;
mod connection;
mod functions;
mod statement;
mod text;

pub use connection::{DbapiConnection, OpenOptions, close_all};
pub use statement::{Cursor, Prepared};
pub use text::{Kind, SqlText};
