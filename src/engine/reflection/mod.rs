//! Reading a database's schema back.
//!
//! Owns the questions (pragmas and sqlite_master, echoed like any statement) and their typed answers.
//! `create_table` reads what the pragmas leave out from the text of CREATE TABLE. Must not know models or migrations.

pub mod create_table;
mod inspect;
mod parts;

pub use inspect::{Inspector, InspectorCache, quote_identifier};
pub use parts::{
    ReflectedCheck, ReflectedColumn, ReflectedForeignKey, ReflectedIndex, ReflectedPrimaryKey,
    ReflectedTable, ReflectedUnique,
};
