//! What results complain about.
//!
//! Owns the messages. Must not know when they are due.

use crate::diag::Error;
use crate::diag::builtin::{ATTRIBUTE_ERROR, KEY_ERROR, TYPE_ERROR};
use crate::sql::exc;

/// `ResourceClosedError: This result object is closed.`
pub fn closed() -> Error {
    Error::new(&exc::RESOURCE_CLOSED, "This result object is closed.")
}

/// `ResourceClosedError: This result object does not return rows. It has been closed automatically.`
pub fn no_rows() -> Error {
    Error::new(
        &exc::RESOURCE_CLOSED,
        "This result object does not return rows. It has been closed automatically.",
    )
}

/// `NoResultFound: No row was found when one was required`
pub fn none_found() -> Error {
    Error::new(&exc::NO_RESULT_FOUND, "No row was found when one was required")
}

/// `MultipleResultsFound: Multiple rows were found when exactly one was required`
pub fn many_found(one_required: bool) -> Error {
    let text = if one_required {
        "Multiple rows were found when exactly one was required"
    } else {
        "Multiple rows were found when one or none was required"
    };
    Error::new(&exc::MULTIPLE_RESULTS_FOUND, text)
}

/// `NoSuchColumnError: Could not locate column in row for column 'colour'`
pub fn no_such_column(name: &str) -> Error {
    Error::new(&exc::NO_SUCH_COLUMN, format!("Could not locate column in row for column '{name}'"))
}

/// `AttributeError: Could not locate column in row for column 'colour'`
pub fn no_such_attribute(name: &str, of_cursor: bool) -> Error {
    let text = if of_cursor {
        format!("Could not locate column in row for column '{name}'")
    } else {
        name.to_string()
    };
    Error::new(&ATTRIBUTE_ERROR, text)
}

/// `KeyError: 'colour'`, for rows that no cursor made.
pub fn no_such_key(shown: &str) -> Error {
    Error::new(&KEY_ERROR, shown)
}

/// `InvalidRequestError: Ambiguous column name 'id' in result set column descriptions`
pub fn ambiguous(name: &str) -> Error {
    Error::new(
        &exc::INVALID_REQUEST,
        format!("Ambiguous column name '{name}' in result set column descriptions"),
    )
}

/// `AttributeError: can't set attribute`
pub fn cannot_set() -> Error {
    Error::new(&ATTRIBUTE_ERROR, "can't set attribute")
}

/// `AttributeError: can't delete attribute`
pub fn cannot_delete() -> Error {
    Error::new(&ATTRIBUTE_ERROR, "can't delete attribute")
}

/// `IndexError: tuple index out of range`
pub fn index_range() -> Error {
    Error::new(&crate::diag::builtin::INDEX_ERROR, "tuple index out of range")
}

/// `TypeError: tuple indices must be integers or slices, not str`
pub fn index_type(kind: &str) -> Error {
    Error::new(&TYPE_ERROR, format!("tuple indices must be integers or slices, not {kind}"))
}

/// `InvalidRequestError: Statement is not a compiled expression construct.`
pub fn not_compiled() -> Error {
    Error::new(&exc::INVALID_REQUEST, "Statement is not a compiled expression construct.")
}

/// `InvalidRequestError: Statement is not an insert() expression construct.`
pub fn not_that_kind(kind: &str) -> Error {
    Error::new(&exc::INVALID_REQUEST, format!("Statement is not an {kind}() expression construct."))
}

/// `InvalidRequestError: Can't call inserted_primary_key when returning() is used.`
pub fn returning_used() -> Error {
    Error::new(&exc::INVALID_REQUEST, "Can't call inserted_primary_key when returning() is used.")
}

/// `InvalidRequestError: This statement was an executemany call; ...`
pub fn was_executemany(defaults: bool) -> Error {
    let text = if defaults {
        "This statement was an executemany call; if return defaults is supported, please use \
         .returned_defaults_rows."
    } else {
        "This statement was an executemany call; if primary key returning is supported, please use \
         .inserted_primary_key_rows."
    };
    Error::new(&exc::INVALID_REQUEST, text)
}

/// `ValueError: tuple.index(x): x not in tuple`
pub fn not_in_row() -> Error {
    Error::new(&crate::diag::builtin::VALUE_ERROR, "")
}
