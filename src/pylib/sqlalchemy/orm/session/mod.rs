//! `sqlalchemy.orm.session`, `.scoping`, `.state`, `.attributes`: sessions and instance states as objects.
//!
//! Owns the rows of these modules and what starts them. Each object stands in a file of its own.
//! Must not know mapping or queries.

pub mod arguments;
pub mod attributes;
pub mod events;
pub mod history;
pub mod identity_set;
pub mod maker;
pub mod methods;
pub mod object;
pub mod scoped;
pub mod state;
pub mod transaction;

use crate::python::value::NativeModule;

pub use object::{SESSION, session_of, session_value};

pub static SESSION_MODULE: NativeModule = NativeModule {
    functions: maker::FUNCTIONS,
    types: &[&object::SESSION, &transaction::SESSION_TRANSACTION],
    prelude: Some(include_str!("../../../prelude/sqlalchemy_orm_session.py")),
    ..NativeModule::new("sqlalchemy.orm.session", "Sessions.")
};

pub static SCOPING: NativeModule = NativeModule {
    functions: scoped::FUNCTIONS,
    types: &[&scoped::SCOPED_SESSION],
    ..NativeModule::new("sqlalchemy.orm.scoping", "One session a scope.")
};

pub static STATE: NativeModule = NativeModule {
    types: &[&state::INSTANCE_STATE, &state::ATTRIBUTE_STATE],
    ..NativeModule::new("sqlalchemy.orm.state", "What is known of an instance.")
};

pub static ATTRIBUTES: NativeModule = NativeModule {
    functions: attributes::FUNCTIONS,
    types: &[&history::HISTORY],
    constants: attributes::CONSTANTS,
    ..NativeModule::new("sqlalchemy.orm.attributes", "Values of mapped attributes.")
};

pub static MODULES: &[&NativeModule] = &[&SESSION_MODULE, &SCOPING, &STATE, &ATTRIBUTES];
