//! The messages that this layer owns.
//!
//! Owns one function for each message. Must not know who raises them.

use super::exc::{
    ARGUMENT_ERROR, COMPILE_ERROR, CONSTRAINT_COLUMN_NOT_FOUND, INVALID_REQUEST, NO_REFERENCED_COLUMN,
    NO_REFERENCED_TABLE,
};
use crate::diag::builtin::{NOT_IMPLEMENTED_ERROR, TYPE_ERROR, VALUE_ERROR};
use crate::diag::{Error, Extra};
use crate::python::value::{Raised, Str};

/// The attribute that holds an error's page in the documentation (`e3q8` of `sqlalche.me/e/21/e3q8`).
pub fn with_code(error: Error, code: &'static str) -> Error {
    error.attribute("code", Extra::Text(code.to_string()))
}

fn argument(text: impl Into<String>) -> Raised {
    Raised::new(&ARGUMENT_ERROR, text)
}

fn compile(text: impl Into<String>) -> Raised {
    Raised::new(&COMPILE_ERROR, text)
}

/// `TypeError: Boolean value of this clause is not defined`
pub fn no_boolean_value() -> Raised {
    Raised::new(&TYPE_ERROR, "Boolean value of this clause is not defined")
}

/// `ArgumentError: Column object 'x' already assigned to Table 't'`
pub fn column_assigned(key: &str, table: &str) -> Raised {
    argument(format!("Column object '{key}' already assigned to Table '{table}'"))
}

/// `ArgumentError: Column must be constructed with a non-blank name or assign a non-blank .name before adding to a Table.`
pub fn column_without_name() -> Raised {
    argument(
        "Column must be constructed with a non-blank name or assign a non-blank .name before adding to a Table.",
    )
}

/// `InvalidRequestError: This ForeignKey object does not yet have a parent Column associated with it.`
pub fn foreign_key_without_parent() -> Raised {
    Raised::new(
        &INVALID_REQUEST,
        "This ForeignKey object does not yet have a parent Column associated with it.",
    )
}

/// `NoReferencedTableError: Foreign key associated with column 'a.b' could not find table 't' with which to ...`
pub fn no_referenced_table(parent: &str, table: &str, column: &str) -> Raised {
    let text = format!(
        "Foreign key associated with column '{parent}' could not find table '{table}' with which to generate a \
         foreign key to target column '{column}'"
    );
    let error = Error::new(&NO_REFERENCED_TABLE, text);
    error.attribute("table_name", Extra::Text(table.to_string())).into()
}

/// `NoReferencedColumnError: Could not initialize target column for ForeignKey 't.c' on table 'a': table 't' has no ...`
pub fn no_referenced_column(target: &str, parent: &str, table: &str, column: &str) -> Raised {
    let parent_table = parent.split('.').next().unwrap_or(parent);
    let text = format!(
        "Could not initialize target column for ForeignKey '{target}' on table '{parent_table}': table '{table}' has \
         no column named '{column}'"
    );
    let error = Error::new(&NO_REFERENCED_COLUMN, text);
    error
        .attribute("table_name", Extra::Text(table.to_string()))
        .attribute("column_name", Extra::Text(column.to_string()))
        .into()
}

/// `ConstraintColumnNotFoundError: Can't create UniqueConstraint on table 't': no column named 'x' is present.`
pub fn no_column_for_constraint(class: &str, table: &str, column: &str) -> Raised {
    Raised::new(
        &CONSTRAINT_COLUMN_NOT_FOUND,
        format!("Can't create {class} on table '{table}': no column named '{column}' is present."),
    )
}

/// `ConstraintColumnNotFoundError: Can't create Index on table 't': no column named 'x' is present.`
pub fn no_column_for_index(_index: &str, table: &str, column: &str) -> Raised {
    no_column_for_constraint("Index", table, column)
}

/// `ArgumentError: Only '=', '!=', 'is_()', ... operators can be used with None/True/False`
pub fn constant_comparison() -> Raised {
    argument(
        "Only '=', '!=', 'is_()', 'is_not()', 'is_distinct_from()', 'is_not_distinct_from()' operators can be used \
         with None/True/False",
    )
}

/// `ArgumentError: IN expression list, SELECT construct, or bound parameter object expected, got 3.`
pub fn role_expected(role: &str, got: &str) -> Raised {
    argument(format!("{role} expected, got {got}."))
}

/// `ArgumentError: Textual SQL expression 'x' should be explicitly declared as text('x')`
pub fn textual_expression(text_repr: &str) -> Raised {
    argument(format!("Textual SQL expression {text_repr} should be explicitly declared as text({text_repr})"))
}

/// `ArgumentError: Textual column expression 'x' should be explicitly declared with text('x'), or use ...`
pub fn textual_column(text_repr: &str, extra: &str, declared: &str) -> Raised {
    argument(format!(
        "Textual column expression {text_repr}{extra} should be explicitly declared with text({text_repr}), or use \
         {declared}({text_repr}) for more specificity"
    ))
}

/// `NotImplementedError: Operator 'x' is not supported on this expression`
pub fn unsupported_operator(name: &str) -> Raised {
    Raised::new(&NOT_IMPLEMENTED_ERROR, format!("Operator '{name}' is not supported on this expression"))
}

/// `CompileError: No literal value renderer is available for literal value "..." with datatype JSON`
pub fn no_literal_renderer(value_repr: &str, datatype: &str) -> Raised {
    compile(format!(
        "No literal value renderer is available for literal value {value_repr} with datatype {datatype}"
    ))
}

/// `CompileError: Unconsumed column names: x`
pub fn unconsumed(names: &[Str]) -> Raised {
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    compile(format!("Unconsumed column names: {}", names.join(", ")))
}

/// `CompileError` with a text that the compiler gives.
pub fn compile_error(text: impl Into<String>) -> Raised {
    compile(text)
}

pub fn argument_error(text: impl Into<String>) -> Raised {
    argument(text)
}

pub fn invalid_request(text: impl Into<String>) -> Raised {
    Raised::new(&INVALID_REQUEST, text)
}

pub fn type_error(text: impl Into<String>) -> Raised {
    Raised::new(&TYPE_ERROR, text)
}

pub fn value_error(text: impl Into<String>) -> Raised {
    Raised::new(&VALUE_ERROR, text)
}
