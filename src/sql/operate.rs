//! Operators applied to expressions: which node comes out, of which type, with which parentheses.
//!
//! Owns comparisons, arithmetic, conjunctions, negation and grouping. Must not know spelling.

use super::expr::{self, ClauseList, Expr, ExprKind, ExprNode};
use super::operators::Op;
use super::types;

/// `column IN (a, b)` over expressions, as constraints of types use it.
pub fn in_expressions(left: &Expr, items: Vec<Expr>) -> Expr {
    let list = ClauseList { operator: Op::Comma.into(), clauses: items, group: true, boolean: false };
    let list = ExprNode::new(ExprKind::List(list), types::null_type());
    expr::binary(left.clone(), Op::In.into(), expr::grouping(list), types::boolean())
}
