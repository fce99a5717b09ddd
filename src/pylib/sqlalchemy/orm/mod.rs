//! `sqlalchemy.orm`: which Rust stands behind which of its modules.
//!
//! Owns the list of areas. Must not know behaviour.

pub mod session;
