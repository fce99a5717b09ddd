//! What import finds; the folder path is the import path.
//!
//! Owns the list of native modules. Each submodule keeps the rows of its own modules in a `MODULES` slice and adds
//! it here. Must not know projects or terminals.

pub mod flask;
pub mod flask_sqlalchemy;
pub mod inert;
pub mod sqlalchemy;
pub mod sqlite3;
pub mod stdlib;

use crate::python::value::NativeModule;

/// Every group of modules, in the order in which they are searched.
static GROUPS: &[&[&NativeModule]] = &[
    stdlib::MODULES,
    stdlib::system::MODULES,
    stdlib::written::MODULES,
    flask::MODULES,
    flask_sqlalchemy::MODULES,
    sqlalchemy::MODULES,
    sqlalchemy::core::MODULES,
    sqlalchemy::orm::MODULES,
    sqlalchemy::orm::session::MODULES,
    sqlalchemy::orm::query::MODULES,
    sqlite3::MODULES,
];

/// The module of a dotted name.
pub fn find(name: &str) -> Option<&'static NativeModule> {
    GROUPS.iter().flat_map(|group| group.iter()).find(|module| module.name == name).copied()
}

/// Every module there is, in the order of the groups.
pub fn all() -> impl Iterator<Item = &'static NativeModule> {
    GROUPS.iter().flat_map(|group| group.iter()).copied()
}

/// Tells lower layers what they may hand to the language; once a thread, before anything runs.
pub fn register() {
    stdlib::register();
    sqlalchemy::register();
}
