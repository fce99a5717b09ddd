//! `sqlalchemy`: which Rust stands behind which of its modules.
//!
//! Owns the rows of the package's modules; each submodule brings the types and functions of one area. The top module
//! gathers them by a prelude of imports. Must not know behaviour.

pub mod arguments;
pub mod collection;
pub mod compiled;
pub mod connection;
pub mod constraints;
pub mod constructors;
pub mod core;
pub mod ddl;
pub mod defaults;
pub mod dml;
pub mod elements;
pub mod engine;
pub mod event;
pub mod exceptions;
pub mod functions;
pub mod indexes;
pub mod inspection;
pub mod inspector;
pub mod metadata;
pub mod nested;
pub mod objects;
pub mod operators;
pub mod orm;
pub mod refine;
pub mod schema;
pub mod select;
pub mod selectable;
pub mod table;
pub mod text;
pub mod typeface;
pub mod url;

use crate::engine::result;
use crate::python::value::{NativeModule, Value};
use crate::sql::exc;

pub static EXC: NativeModule =
    NativeModule { exceptions: exc::ALL, ..NativeModule::new("sqlalchemy.exc", "Exceptions of SQLAlchemy.") };

pub static ORM_EXC: NativeModule = NativeModule {
    exceptions: exc::ALL_ORM,
    prelude: Some("from sqlalchemy.exc import NoResultFound, MultipleResultsFound\n"),
    ..NativeModule::new("sqlalchemy.orm.exc", "Exceptions of the ORM.")
};

pub static ENGINE: NativeModule = NativeModule {
    functions: engine::FUNCTIONS,
    types: &[
        &engine::ENGINE,
        &engine::DIALECT,
        &connection::CONNECTION,
        &connection::TRANSACTION,
        &connection::ROOT_TRANSACTION,
        &connection::NESTED_TRANSACTION,
        &url::URL,
        &inspector::INSPECTOR,
        &result::ROW,
        &result::ROW_MAPPING,
        &result::RESULT,
        &result::CURSOR_RESULT,
        &result::SCALAR_RESULT,
        &result::MAPPING_RESULT,
        &result::ITERATOR_RESULT,
        &result::CHUNKED_ITERATOR_RESULT,
    ],
    ..NativeModule::new("sqlalchemy.engine", "Engines, connections and results.")
};

pub static POOL: NativeModule = NativeModule {
    types: &[
        &engine::POOL,
        &engine::QUEUE_POOL,
        &engine::STATIC_POOL,
        &engine::NULL_POOL,
        &engine::SINGLETON_THREAD_POOL,
    ],
    ..NativeModule::new("sqlalchemy.pool", "Pools of connections.")
};

pub static EVENT: NativeModule = NativeModule {
    functions: event::FUNCTIONS,
    ..NativeModule::new("sqlalchemy.event", "Listening to what happens.")
};

pub static INSPECTION: NativeModule = NativeModule {
    functions: inspection::FUNCTIONS,
    ..NativeModule::new("sqlalchemy.inspection", "Looking into engines and mapped things.")
};

const fn again(name: &'static str, prelude: &'static str) -> NativeModule {
    NativeModule { prelude: Some(prelude), ..NativeModule::new(name, "A part of sqlalchemy.engine.") }
}

const FROM_ENGINE: &str = "from sqlalchemy.engine import *\n";

/// The package itself: names of all its parts.
pub static SQLALCHEMY: NativeModule = NativeModule {
    prelude: Some(include_str!("../prelude/sqlalchemy.py")),
    ..NativeModule::new("sqlalchemy", "SQL described, run and mapped.")
};

pub static MODULES: &[&NativeModule] = &[
    &SQLALCHEMY,
    &EXC,
    &ORM_EXC,
    &ENGINE,
    &POOL,
    &EVENT,
    &INSPECTION,
    &const { again("sqlalchemy.engine.base", FROM_ENGINE) },
    &const { again("sqlalchemy.engine.cursor", FROM_ENGINE) },
    &const { again("sqlalchemy.engine.create", FROM_ENGINE) },
    &const { again("sqlalchemy.engine.interfaces", FROM_ENGINE) },
    &const { again("sqlalchemy.engine.reflection", FROM_ENGINE) },
    &const { again("sqlalchemy.engine.result", FROM_ENGINE) },
    &const { again("sqlalchemy.engine.row", FROM_ENGINE) },
    &const { again("sqlalchemy.engine.url", FROM_ENGINE) },
];

/// Lends lower layers the faces of what they hand to the language.
pub fn register() {
    crate::engine::defaults::register_connection_face(|_, connection| {
        Ok(connection::connection_value(connection))
    });
    crate::sql::types::process::set_dialect_object(engine::dialect_value);
    objects::register();
    orm::query::register();
    exceptions::register();
    orm::attributes::register();
    orm::collections::register();
}

/// The type object that a declared type reads back as.
pub fn reflected_type(text: &str) -> Value {
    Value::str(text)
}
