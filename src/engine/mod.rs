//! Engines and connections: transactions, statement cache, results, reflection, echo.
//!
//! Owns everything between a compiled statement with its parameters and the rows that come back. The only importer
//! of rusqlite. A connection behaves as CPython 3.11's sqlite3 module in its legacy transaction mode.
//! Must not know: mapping, sessions, the machine (values and `Host` only), how anything looks on a screen.
//!
//! ```text
//! Engine ── Pool ── DbapiConnection (driver/: SQLite itself, prepared statements, legacy transactions)
//!    └── Connection (transactions, echo, events, errors as SQLAlchemy wraps them) ── Cursor ── rows
//! ```

mod compiled;
mod connection;
pub mod ddl;
pub mod defaults;
mod driver;
mod echo;
#[expect(clippy::module_inception, reason = "the layer and its central type share SQLAlchemy's name")]
mod engine;
pub mod errors;
mod events;
mod execute;
pub mod policy;
mod pool;
pub mod reflection;
pub mod result;
#[cfg(test)]
pub mod tests;
mod transaction;
mod url;

pub use compiled::{
    CachedStatement, Given, compile_cached, execute_statement, forget_compiled, wrap_bind_error,
};
pub use connection::{Connection, Isolation};
pub use driver::{Cursor, DbapiConnection, Kind, OpenOptions, Prepared, SqlText, close_all};
pub use echo::{Batch, CacheNote, Params, long_statement, repr_params};
pub use engine::{Engine, EngineOptions};
pub use events::{
    EchoRecord, EngineEvent, EventKind, Listener, ListenerId, Reason, ReasonGuard, Sink, StatementEvent,
    forget_everywhere, listen_everywhere, set_sink,
};
pub use pool::{Pool, PoolKind};
pub use transaction::Transaction;
pub use url::Url;
