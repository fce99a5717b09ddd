//! Everything that SQLite spells its own way.
//!
//! Owns that. Must not know connections.

use super::dml::{insertable, is_target, target_name};
use super::{Compiler, Dialect, Flags, ParamStyle};
use crate::python::value::{R, Str, Value};
use crate::sql::errors;
use crate::sql::expr::{self, Expr, ExprKind, Function};
use crate::sql::schema::{Column, Constraint, ConstraintKind, Table};
use crate::sql::statement::{ConflictTarget, Insert};
use crate::sql::types::{self, Affinity, Type, TypeKind};

pub struct SqliteDialect;

pub static SQLITE: SqliteDialect = SqliteDialect;

/// `EXTRACT` by way of STRFTIME.
static FIELDS: &[(&str, &str)] = &[
    ("month", "%m"),
    ("day", "%d"),
    ("year", "%Y"),
    ("second", "%S"),
    ("hour", "%H"),
    ("doy", "%j"),
    ("minute", "%M"),
    ("epoch", "%s"),
    ("dow", "%w"),
    ("week", "%W"),
];

impl Dialect for SqliteDialect {
    fn name(&self) -> &'static str {
        "sqlite"
    }
    fn param_style(&self) -> ParamStyle {
        ParamStyle::Qmark
    }
    fn reserved(&self) -> &'static [&'static str] {
        super::quote::SQLITE_RESERVED
    }
    fn native_boolean(&self) -> bool {
        false
    }
    fn returning_without_table(&self) -> bool {
        true
    }
    fn true_text(&self) -> &'static str {
        "1"
    }
    fn false_text(&self) -> &'static str {
        "0"
    }

    fn truediv(&self, compiler: &mut Compiler<'_>, left: &Expr, right: &Expr, flags: Flags<'_>) -> R<bool> {
        compiler.element(left, flags)?;
        compiler.push(" / (");
        compiler.element(right, flags)?;
        compiler.push(" + 0.0)");
        Ok(true)
    }

    fn is_distinct_text(&self) -> (&'static str, &'static str) {
        (" IS NOT ", " IS ")
    }

    fn regexp_text(&self) -> Option<(&'static str, &'static str)> {
        Some((" REGEXP ", " NOT REGEXP "))
    }

    fn function(&self, compiler: &mut Compiler<'_>, function: &Function, flags: Flags<'_>) -> R<bool> {
        match &*function.name.to_lowercase() {
            "now" => compiler.push("CURRENT_TIMESTAMP"),
            "localtimestamp" => compiler.push("DATETIME(CURRENT_TIMESTAMP, 'localtime')"),
            "char_length" => {
                compiler.push("length");
                compiler.arguments(function, flags)?;
            }
            "aggregate_strings" => {
                compiler.push("group_concat(");
                if let [text, separator] = function.arguments.as_slice() {
                    compiler.element(text, flags)?;
                    compiler.push(", ");
                    compiler.element(separator, Flags { literal: true, ..flags })?;
                }
                compiler.push(")");
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn extract(&self, compiler: &mut Compiler<'_>, field: &Str, of: &Expr, flags: Flags<'_>) -> R<bool> {
        let Some((_, format)) = FIELDS.iter().find(|(name, _)| *name == &**field) else {
            return Err(errors::compile_error(format!("{field} is not a valid extract argument.")));
        };
        compiler.push("CAST(STRFTIME('");
        compiler.push(format);
        compiler.push("', ");
        compiler.element(of, flags)?;
        compiler.push(") AS INTEGER)");
        Ok(true)
    }

    fn json_item(&self, compiler: &mut Compiler<'_>, item: &Expr, flags: Flags<'_>) -> R<bool> {
        let ExprKind::Binary(binary) = &item.kind else { return Ok(false) };
        let json = Affinity::of(&item.ty()) == Affinity::Json;
        if !json {
            let ty = super::typename::type_text(compiler.host, &item.ty(), compiler.dialect)?;
            compiler.push("CAST(");
            extract_json(compiler, "JSON_EXTRACT(", &binary.left, &binary.right, flags)?;
            compiler.push(") AS ");
            compiler.push(&ty);
            compiler.push(")");
            return Ok(true);
        }
        extract_json(compiler, "JSON_QUOTE(JSON_EXTRACT(", &binary.left, &binary.right, flags)?;
        compiler.push("))");
        Ok(true)
    }

    fn bitwise_xor(
        &self,
        compiler: &mut Compiler<'_>,
        left: &Expr,
        right: &Expr,
        flags: Flags<'_>,
    ) -> R<bool> {
        compiler.push("(");
        compiler.between(left, " | ", right, flags)?;
        compiler.push(" - ");
        compiler.between(left, " & ", right, flags)?;
        compiler.push(")");
        Ok(true)
    }

    fn limit(
        &self,
        compiler: &mut Compiler<'_>,
        limit: Option<&Expr>,
        offset: Option<&Expr>,
        flags: Flags<'_>,
    ) -> R<()> {
        compiler.push("\n LIMIT ");
        match limit {
            Some(limit) => compiler.element(limit, flags)?,
            None => compiler.element(&expr::literal(Value::Int(-1), types::integer()), flags)?,
        }
        compiler.push(" OFFSET ");
        match offset {
            Some(offset) => compiler.element(offset, flags),
            None => compiler.element(&expr::literal(Value::Int(0), types::integer()), flags),
        }
    }

    fn for_update(&self) -> &'static str {
        ""
    }

    fn empty_set(&self, _negated: bool, width: usize) -> String {
        let ones = vec!["1"; width].join(", ");
        format!("SELECT {ones} FROM (SELECT {ones}) WHERE 1!=1")
    }

    fn tuple_in_values(&self) -> bool {
        true
    }

    fn on_conflict(&self, compiler: &mut Compiler<'_>, insert: &Insert) -> R<()> {
        let Some(conflict) = &insert.on_conflict else { return Ok(()) };
        let bare = Flags { include_table: false, ..compiler.base_flags() };
        compiler.push("ON CONFLICT ");
        if !conflict.target.is_empty() {
            compiler.push("(");
            for (number, target) in conflict.target.iter().enumerate() {
                if number > 0 {
                    compiler.push(", ");
                }
                match target {
                    ConflictTarget::Name(name) => compiler.identifier(name, None),
                    ConflictTarget::Expr(expression) => compiler.element(expression, bare)?,
                }
            }
            compiler.push(")");
            if let Some(condition) = &conflict.target_where {
                compiler.push(" WHERE ");
                compiler.element(condition, Flags { literal: true, ..bare })?;
            }
            compiler.push(" ");
        }
        let Some(update) = &conflict.update else {
            compiler.push("DO NOTHING");
            return Ok(());
        };
        if conflict.target.is_empty() {
            compiler.push(" ");
        }
        compiler.push("DO UPDATE SET ");
        let flags = compiler.base_flags();
        let columns = insertable(&insert.table);
        let mut gap = "";
        for column in &columns {
            let Some(value) = update.set.iter().find(|value| is_target(&value.column, column)) else {
                continue;
            };
            compiler.push(gap);
            gap = ", ";
            compiler.identifier(&column.name(), None);
            compiler.push(" = ");
            compiler.conflict_value(Some(column), &value.value, flags)?;
        }
        for value in &update.set {
            if columns.iter().any(|column| is_target(&value.column, column)) {
                continue;
            }
            compiler.push(gap);
            gap = ", ";
            compiler.identifier(&target_name(&value.column), None);
            compiler.push(" = ");
            compiler.conflict_value(None, &value.value, flags)?;
        }
        if let Some(condition) = &update.where_ {
            compiler.push(" WHERE ");
            compiler.element(condition, flags)?;
        }
        Ok(())
    }

    fn type_text(&self, ty: &Type) -> Option<R<String>> {
        let text = match &ty.kind {
            TypeKind::DateTime { .. } if ty.class_name != "TIMESTAMP" => "DATETIME",
            TypeKind::Json { .. } => "JSON",
            _ => return None,
        };
        Some(Ok(text.to_string()))
    }

    fn column_spec(&self, compiler: &mut Compiler<'_>, column: &Column) -> R<bool> {
        compiler.identifier(&column.name(), column.quote.get());
        compiler.push(" ");
        let ty = super::typename::type_text(compiler.host, &column.ty(), compiler.dialect)?;
        compiler.push(&ty);
        if let Some(default) = compiler.default_text(column)? {
            compiler.push(" DEFAULT ");
            let starts = default.trim_start().starts_with(['\'', '"', '(']);
            let odd = default.chars().any(|letter| !(letter.is_alphanumeric() || letter == '_'));
            if !starts && odd {
                compiler.push("(");
                compiler.push(&default);
                compiler.push(")");
            } else {
                compiler.push(&default);
            }
        }
        if !column.nullable.get() {
            compiler.push(" NOT NULL");
        }
        if column.primary_key.get()
            && let Some(table) = column.table()
            && inline_key(&table, column)
        {
            compiler.push(" PRIMARY KEY AUTOINCREMENT");
        }
        compiler.computed_text(column)?;
        Ok(true)
    }

    fn skips_constraint(&self, constraint: &Constraint) -> bool {
        let Some(table) = constraint.table() else { return false };
        match &constraint.kind {
            ConstraintKind::PrimaryKey => {
                let columns = constraint.columns();
                columns.len() == 1 && inline_key(&table, &columns[0])
            }
            ConstraintKind::ForeignKey(data) => {
                let elements = data.elements.borrow();
                let remote = elements.first().and_then(|key| key.target_table());
                remote.is_some_and(|remote| remote.schema != table.schema)
            }
            _ => false,
        }
    }

    fn after_constraint(&self, compiler: &mut Compiler<'_>, constraint: &Constraint) {
        let option = constraint.dialect_options.iter().find(|(name, _)| &**name == "sqlite_on_conflict");
        if let Some((_, Value::Str(action))) = option {
            compiler.push(" ON CONFLICT ");
            compiler.push(action);
        }
    }

    fn after_table(&self, compiler: &mut Compiler<'_>, table: &Table) {
        let mut options = Vec::new();
        if matches!(table.dialect_option("sqlite_with_rowid"), Some(Value::Bool(false))) {
            options.push("WITHOUT ROWID");
        }
        if matches!(table.dialect_option("sqlite_strict"), Some(Value::Bool(true))) {
            options.push("STRICT");
        }
        if !options.is_empty() {
            compiler.push("\n ");
            compiler.push(&options.join(",\n "));
        }
    }

    fn local_names(&self) -> bool {
        true
    }
}

/// `sqlite_autoincrement=True`: the key stands with its column.
fn inline_key(table: &Table, column: &Column) -> bool {
    matches!(table.dialect_option("sqlite_autoincrement"), Some(Value::Bool(true)))
        && table.primary_key_columns().len() == 1
        && Affinity::of(&column.ty()) == Affinity::Integer
        && column.foreign_keys.borrow().is_empty()
}

fn extract_json(
    compiler: &mut Compiler<'_>,
    before: &str,
    left: &Expr,
    right: &Expr,
    flags: Flags<'_>,
) -> R<()> {
    compiler.push(before);
    compiler.between(left, ", ", right, flags)
}
