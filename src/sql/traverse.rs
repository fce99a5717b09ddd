//! Walking expressions and statements, and replacing parts of them.
//!
//! Owns the walk, the replacement and the structural key of a statement. Must not know spelling.

use std::rc::Rc;

use super::expr::{Expr, ExprKind};
use super::schema::Column;

/// Collects the schema columns that an expression names.
pub fn columns_of(expression: &Expr, columns: &mut Vec<Rc<Column>>) {
    if let ExprKind::Column(column) = &expression.kind {
        columns.push(column.clone());
    }
}
