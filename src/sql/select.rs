//! What a select selects, from where, and under which labels.
//!
//! Owns the labelling of columns, the FROM list and the columns that a statement exports. Must not know spelling.

use super::selectable::AliasColumn;
use super::statement::Statement;

/// The columns that a subquery of the statement has.
pub fn exported_columns(_statement: &Statement) -> Vec<AliasColumn> {
    Vec::new()
}
