//! Values on their way to and from the database.
//!
//! Owns the processors, chosen once for a parameter or a column of a statement, and the storage formats.
//! Must not know statements.

use super::Type;
use crate::python::value::{Host, R, Value};

/// Turns a value of the language into one that the driver takes.
pub struct BindProcessor {
    _ty: Type,
}

/// Turns a value of the driver into one of the language.
pub struct ResultProcessor {
    _ty: Type,
}

impl BindProcessor {
    /// None where values pass as they are.
    pub fn of(_ty: &Type, _dialect: &str) -> Option<BindProcessor> {
        None
    }
    pub fn apply(&self, _host: &mut dyn Host, value: &Value) -> R<Value> {
        Ok(value.clone())
    }
}

impl ResultProcessor {
    /// None where values pass as they are.
    pub fn of(_ty: &Type, _dialect: &str) -> Option<ResultProcessor> {
        None
    }
    pub fn apply(&self, _host: &mut dyn Host, value: Value) -> R<Value> {
        Ok(value)
    }
}
