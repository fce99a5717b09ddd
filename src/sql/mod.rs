//! SQL described and spelled: types, schema, expressions, statements, compiler, dialects.
//!
//! Owns everything between a model's description and a statement's text with its parameters. Must not know
//! connections, mapping, or the language beyond its values and its host door.

pub mod coerce;
pub mod compile;
pub mod entity;
pub mod errors;
pub mod exc;
pub mod expr;
pub mod functions;
pub mod join;
pub mod key;
pub mod operate;
pub mod operators;
pub mod schema;
pub mod select;
pub mod selectable;
pub mod show;
pub mod statement;
pub mod text;
pub mod traverse;
pub mod types;
