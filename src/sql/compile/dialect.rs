//! What one database spells otherwise than another.
//!
//! Owns the trait and the default dialect, which `str(statement)` uses. Must not know any one database.

use super::{Compiler, Flags};
use crate::python::value::{R, Str};
use crate::sql::expr::{Expr, Function};
use crate::sql::schema::{Column, Constraint, Table};
use crate::sql::statement::Insert;
use crate::sql::types::Type;

/// How parameters stand in the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamStyle {
    /// `?`
    Qmark,
    /// `:name`
    Named,
}

/// One way of spelling. A method that answers `Ok(false)` leaves the spelling to the compiler.
pub trait Dialect {
    fn name(&self) -> &'static str;
    fn param_style(&self) -> ParamStyle;
    /// The words that need quotes as names.
    fn reserved(&self) -> &'static [&'static str] {
        super::quote::RESERVED
    }
    /// Whether there is a boolean type with `true` and `false`.
    fn native_boolean(&self) -> bool {
        true
    }
    /// Whether a statement is a real one of this dialect, rather than a text to look at.
    fn is_default(&self) -> bool {
        false
    }
    /// The columns of RETURNING stand without their table.
    fn returning_without_table(&self) -> bool {
        false
    }
    fn true_text(&self) -> &'static str {
        "true"
    }
    fn false_text(&self) -> &'static str {
        "false"
    }
    fn truediv(
        &self,
        _compiler: &mut Compiler<'_>,
        _left: &Expr,
        _right: &Expr,
        _flags: Flags<'_>,
    ) -> R<bool> {
        Ok(false)
    }
    fn is_distinct_text(&self) -> (&'static str, &'static str) {
        (" IS DISTINCT FROM ", " IS NOT DISTINCT FROM ")
    }
    fn regexp_text(&self) -> Option<(&'static str, &'static str)> {
        None
    }
    fn function(&self, _compiler: &mut Compiler<'_>, _function: &Function, _flags: Flags<'_>) -> R<bool> {
        Ok(false)
    }
    fn extract(&self, _compiler: &mut Compiler<'_>, _field: &Str, _of: &Expr, _flags: Flags<'_>) -> R<bool> {
        Ok(false)
    }
    fn json_item(&self, _compiler: &mut Compiler<'_>, _item: &Expr, _flags: Flags<'_>) -> R<bool> {
        Ok(false)
    }
    fn bitwise_xor(
        &self,
        _compiler: &mut Compiler<'_>,
        _left: &Expr,
        _right: &Expr,
        _flags: Flags<'_>,
    ) -> R<bool> {
        Ok(false)
    }
    /// LIMIT and OFFSET.
    fn limit(
        &self,
        compiler: &mut Compiler<'_>,
        limit: Option<&Expr>,
        offset: Option<&Expr>,
        flags: Flags<'_>,
    ) -> R<()> {
        if let Some(limit) = limit {
            compiler.push("\n LIMIT ");
            compiler.element(limit, flags)?;
        }
        if let Some(offset) = offset {
            if limit.is_none() {
                compiler.push("\n LIMIT -1");
            }
            compiler.push(" OFFSET ");
            compiler.element(offset, flags)?;
        }
        Ok(())
    }
    /// FOR UPDATE.
    fn for_update(&self) -> &'static str {
        " FOR UPDATE"
    }
    /// What an empty `IN` list becomes.
    fn empty_set(&self, negated: bool, width: usize) -> String {
        let nulls =
            if width > 1 { format!("({})", vec!["NULL"; width].join(", ")) } else { "NULL".to_string() };
        if negated { format!("{nulls}) OR (1 = 1") } else { format!("{nulls}) AND (1 != 1") }
    }
    fn tuple_in_values(&self) -> bool {
        false
    }
    fn on_conflict(&self, compiler: &mut Compiler<'_>, insert: &Insert) -> R<()>;
    fn type_text(&self, ty: &Type) -> Option<R<String>> {
        let _ = ty;
        None
    }
    /// The whole of a column in CREATE TABLE; `Ok(false)` for the usual way.
    fn column_spec(&self, _compiler: &mut Compiler<'_>, _column: &Column) -> R<bool> {
        Ok(false)
    }
    /// Whether the constraint is left out of CREATE TABLE.
    fn skips_constraint(&self, _constraint: &Constraint) -> bool {
        false
    }
    fn after_constraint(&self, _compiler: &mut Compiler<'_>, _constraint: &Constraint) {}
    fn after_table(&self, _compiler: &mut Compiler<'_>, _table: &Table) {}
    /// Table names in foreign keys and indexes stand without their schema.
    fn local_names(&self) -> bool {
        false
    }
    fn supports_comments(&self) -> bool {
        false
    }
}

/// The dialect of `str(statement)`.
pub struct DefaultDialect;

pub static DEFAULT: DefaultDialect = DefaultDialect;

impl Dialect for DefaultDialect {
    fn name(&self) -> &'static str {
        "default"
    }
    fn param_style(&self) -> ParamStyle {
        ParamStyle::Named
    }
    fn is_default(&self) -> bool {
        true
    }
    fn on_conflict(&self, compiler: &mut Compiler<'_>, insert: &Insert) -> R<()> {
        super::SQLITE.on_conflict(compiler, insert)
    }
}
