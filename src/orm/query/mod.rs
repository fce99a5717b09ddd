//! Statements over mapped classes: entities, joins, loader options, and what they become for the database.
//!
//! Owns the way from a select over entities to one over tables, and running it. `Query` and 2.0-style selects share
//! all of it. Must not know Python names (`pylib`) or how rows become objects (`orm::load`).
//!
//! ```text
//!   Select with entities ── assemble ──> Select over columns ── sql::compile ──> text
//!                              └── what each row means ──> orm::load::plan
//! ```

pub mod adapt;
pub mod alias;
pub mod assemble;
pub mod bulk;
pub mod bundle;
pub mod cache;
pub mod context;
pub mod eager;
pub mod element;
pub mod entity;
pub mod errors;
pub mod evaluate;
pub mod execute;
pub mod joins;
pub mod options;
pub mod path;
pub mod polymorphic;
pub mod relate;
pub mod result;
pub mod setup;
pub mod strategy;
