//! What SQLAlchemy's exception classes have by themselves: codes, and statements and parameters where there are none.
//!
//! Owns the class attributes. Must not know who raises them.

use crate::diag::ExcClass;
use crate::python::value::{Value, exception_class, intern};
use crate::sql::exc;

fn set(row: &'static ExcClass, name: &str, value: Value) {
    exception_class(row).set_attribute(&intern(name), value);
}

/// Puts the attributes where instances find them; once a thread.
pub fn register() {
    set(&exc::SQLALCHEMY_ERROR, "code", Value::None);
    let codes: [(&'static ExcClass, &str); 10] = [
        (&exc::UNSUPPORTED_COMPILATION, "l7de"),
        (&exc::DBAPI_ERROR, "dbapi"),
        (&exc::INTERFACE_ERROR, "rvf5"),
        (&exc::DATABASE_ERROR, "4xp6"),
        (&exc::DATA_ERROR, "9h9h"),
        (&exc::OPERATIONAL_ERROR, "e3q8"),
        (&exc::INTEGRITY_ERROR, "gkpj"),
        (&exc::INTERNAL_ERROR, "2j85"),
        (&exc::PROGRAMMING_ERROR, "f405"),
        (&exc::NOT_SUPPORTED_ERROR, "tw8g"),
    ];
    for (row, code) in codes {
        set(row, "code", Value::str(code));
    }
    for name in ["statement", "params", "orig", "ismulti"] {
        set(&exc::STATEMENT_ERROR, name, Value::None);
    }
    set(&exc::STATEMENT_ERROR, "connection_invalidated", Value::Bool(false));
    set(&exc::STATEMENT_ERROR, "hide_parameters", Value::Bool(false));
    set(&exc::STATEMENT_ERROR, "detail", Value::list(Vec::new()));
}
