//! Objects of the language for what queries make: statements, subqueries, expressions.
//!
//! Owns the calls into the face of `sql`. Must not know queries.

use crate::python::value::Value;
use crate::sql::expr::Expr;
use crate::sql::selectable::FromClause;
use crate::sql::statement::Statement;

pub fn statement(_statement: Statement) -> Value {
    Value::None
}

pub fn from(_from: &FromClause) -> Value {
    Value::None
}

pub fn expression(_expression: &Expr) -> Value {
    Value::None
}

/// The columns by key, for `filter_by` over something that is no entity.
pub fn columns(_from: &FromClause) -> Value {
    Value::None
}

pub fn type_of(_expression: &Expr) -> Value {
    Value::None
}
