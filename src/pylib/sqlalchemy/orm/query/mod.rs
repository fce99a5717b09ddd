//! `sqlalchemy.orm.query`, `.dynamic`, `.writeonly`, `.strategy_options`, `.util`: queries, loader options, aliases.
//!
//! Owns the rows of these modules and making their types known to statements. Must not know how statements over
//! entities are compiled (`orm::query`) or loaded (`orm::load`).

pub mod alias;
pub mod bundle;
pub mod dynamic;
pub mod loader;
pub mod methods;
mod nested;
pub mod object;
pub mod terminal;
pub mod values;

use crate::orm::load;
use crate::orm::query::execute;
use crate::python::value::NativeModule;
use crate::sql::entity;

pub use object::QUERY;

/// Makes queries, aliases and bundles elements of statements, and statements over entities compilable.
pub fn register() {
    entity::register_rewriter(execute::rewrite);
    entity::register_element(&QUERY, object::element);
    entity::register_element(&alias::ALIASED_CLASS, alias::element);
    entity::register_element(&bundle::BUNDLE, bundle::element);
    load::register_faces(load::Faces { bundle_row: bundle::row, dynamic: dynamic::value });
}

pub static QUERY_MODULE: NativeModule =
    NativeModule { types: &[&object::QUERY], ..NativeModule::new("sqlalchemy.orm.query", "Queries.") };

pub static DYNAMIC: NativeModule = NativeModule {
    types: &[&dynamic::APPENDER_QUERY],
    ..NativeModule::new("sqlalchemy.orm.dynamic", "Collections that are queries.")
};

pub static WRITE_ONLY: NativeModule = NativeModule {
    types: &[&dynamic::WRITE_ONLY_COLLECTION],
    ..NativeModule::new("sqlalchemy.orm.writeonly", "Collections that are never read whole.")
};

pub static OPTIONS: NativeModule = NativeModule {
    functions: loader::FUNCTIONS,
    types: &[&loader::LOAD],
    ..NativeModule::new("sqlalchemy.orm.strategy_options", "Loader options.")
};

pub static UTIL: NativeModule = NativeModule {
    functions: alias::FUNCTIONS,
    types: &[&alias::ALIASED_CLASS, &bundle::BUNDLE],
    ..NativeModule::new("sqlalchemy.orm.util", "Aliases and bundles.")
};

pub static MODULES: &[&NativeModule] = &[&QUERY_MODULE, &DYNAMIC, &WRITE_ONLY, &OPTIONS, &UTIL];
