//! Objects of the language for what queries make: statements, subqueries, expressions.
//!
//! Owns the calls into the face of `sql`. Must not know queries.

use crate::pylib::sqlalchemy::objects;
use crate::python::value::Value;
use crate::sql::expr::Expr;
use crate::sql::selectable::FromClause;
use crate::sql::statement::Statement;

pub fn statement(statement: Statement) -> Value {
    objects::statement_value(statement)
}

pub fn from(from: &FromClause) -> Value {
    objects::from_value(from)
}

pub fn expression(expression: &Expr) -> Value {
    objects::expr_value(expression)
}

/// The columns by key, for `filter_by` over something that is no entity.
pub fn columns(from: &FromClause) -> Value {
    objects::collection_value(from.keyed_columns())
}

pub fn type_of(expression: &Expr) -> Value {
    objects::type_value(&expression.ty())
}
