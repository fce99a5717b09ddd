//! Join conditions: which columns of which side they compare.
//!
//! Owns the condition as it is used later (`JoinClause`) and working it out. Must not know statements.

use std::rc::Rc;

use crate::sql::expr::Expr;
use crate::sql::schema::Column;

/// One occurrence of a column in a join condition.
#[derive(Clone)]
pub struct ColumnUse {
    pub column: Rc<Column>,
    /// Belongs to the far side.
    pub remote: bool,
    /// Is the one that refers.
    pub foreign: bool,
    /// Belongs to the parent.
    pub local: bool,
}

/// A condition with its columns in the order in which a walk over it meets them.
#[derive(Clone)]
pub struct JoinClause {
    pub expr: Expr,
    pub uses: Rc<[ColumnUse]>,
}
