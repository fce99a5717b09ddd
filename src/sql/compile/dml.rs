//! INSERT, UPDATE and DELETE in the text.
//!
//! Owns which columns a statement sets, from values, parameters and defaults, and RETURNING. Must not know how
//! defaults are worked out.

use std::rc::Rc;

use super::params::SlotSource;
use super::{Compiler, Flags, Level};
use crate::python::value::{R, Str};
use crate::sql::errors;
use crate::sql::expr::{Bind, Expr, ExprKind, ExprNode};
use crate::sql::operate;
use crate::sql::schema::{Column, ColumnDefault};
use crate::sql::select;
use crate::sql::selectable::FromClause;
use crate::sql::statement::{
    Delete, Insert, LabelStyle, Select, SelectItem, SetExpr, SetTarget, SetValue, Statement, Update,
};
use crate::sql::traverse;

/// A column that a statement sets, and what to.
enum Setting {
    /// The value comes with the execution.
    Required,
    Value(SetExpr),
    /// A client-side default.
    Prefetch,
    /// A default that is SQL.
    Clause(Expr),
}

impl Compiler<'_> {
    pub(super) fn insert(&mut self, insert: &Insert) -> R<()> {
        let top = self.stack.is_empty();
        let start = self.out.len();
        self.stack.push(level(vec![insert.table.clone()]));
        let outcome = self.insert_body(insert, top);
        self.stack.pop();
        outcome?;
        if top {
            self.table = Some(insert.table.clone());
            self.prepend_ctes(start);
        }
        Ok(())
    }

    fn insert_body(&mut self, insert: &Insert, top: bool) -> R<()> {
        let flags = self.base_flags();
        for cte in &insert.ctes {
            // Spelled by its first use; here only put before the statement.
            let from = FromClause::Alias(cte.clone());
            let before = self.out.len();
            self.select_source(&from)?;
            self.out.truncate(before);
        }
        self.push("INSERT ");
        for prefix in &insert.prefixes {
            self.element(prefix, flags)?;
            self.push(" ");
        }
        self.push("INTO ");
        self.select_source(&insert.table)?;
        if let Some((targets, statement)) = &insert.from_select {
            return self.insert_from_select(insert, targets, statement, top);
        }
        let columns = insertable(&insert.table);
        let first = insert.multi_values.first().unwrap_or(&insert.values);
        let settings = self.insert_settings(&columns, first, !insert.multi_values.is_empty())?;
        if settings.is_empty() {
            self.push(" DEFAULT VALUES");
        } else {
            self.push(" (");
            for (number, (column, _)) in settings.iter().enumerate() {
                if number > 0 {
                    self.push(", ");
                }
                let column = columns[*column].clone();
                self.identifier(&column.name(), column.quote.get());
            }
            self.push(") VALUES ");
            self.insert_rows(insert, &columns, settings)?;
        }
        self.insert_tail(insert, top)
    }

    fn insert_tail(&mut self, insert: &Insert, top: bool) -> R<()> {
        if insert.on_conflict.is_some() {
            self.push(" ");
            let dialect = self.dialect;
            dialect.on_conflict(self, insert)?;
        }
        self.returning_clause(&insert.returning, top)
    }

    fn insert_rows(
        &mut self,
        insert: &Insert,
        columns: &[Rc<Column>],
        settings: Vec<(usize, Setting)>,
    ) -> R<()> {
        let multi = !insert.multi_values.is_empty();
        self.multi_values = multi;
        self.push("(");
        let mut set = Vec::with_capacity(settings.len());
        for (number, (place, setting)) in settings.into_iter().enumerate() {
            if number > 0 {
                self.push(", ");
            }
            let column = &columns[place];
            let explicit = matches!(setting, Setting::Value(_));
            let name = match (multi, explicit) {
                (true, true) => Str::new(&format!("{}_m0", column.key())),
                _ => column.key(),
            };
            self.setting(column, name, &setting)?;
            set.push((place, setting));
        }
        self.push(")");
        for (row_number, row) in insert.multi_values.iter().enumerate().skip(1) {
            self.push(", (");
            for (number, (place, first)) in set.iter().enumerate() {
                if number > 0 {
                    self.push(", ");
                }
                let column = &columns[*place];
                let name = Str::new(&format!("{}_m{row_number}", column.key()));
                let given = find_value(row, column);
                match given {
                    Some(value) => self.setting(column, name, &Setting::Value(value.clone()))?,
                    None if matches!(first, Setting::Value(_)) => {
                        return Err(errors::multi_values_missing(&column_label(column), row_number));
                    }
                    None => self.setting(column, name, first)?,
                }
            }
            self.push(")");
        }
        Ok(())
    }

    fn setting(&mut self, column: &Rc<Column>, name: Str, setting: &Setting) -> R<()> {
        let flags = self.base_flags();
        match setting {
            Setting::Required => {
                self.column_bind(name, column, SlotSource::Column(column.clone()));
                Ok(())
            }
            Setting::Prefetch => {
                if !self.prefetch.iter().any(|one| Rc::ptr_eq(one, column)) {
                    self.prefetch.push(column.clone());
                }
                if flags.literal {
                    // A default has no value until the statement runs.
                    self.push("NULL");
                    return Ok(());
                }
                self.column_bind(name, column, SlotSource::Prefetch(column.clone()));
                Ok(())
            }
            Setting::Clause(clause) => {
                self.postfetch.push(column.clone());
                self.element(&operate::self_group(clause, None), flags)
            }
            Setting::Value(SetExpr::Value(value)) => {
                let bind = Bind::named(name, value.clone()).into_expr(column.ty());
                self.element(&bind, flags)
            }
            Setting::Value(SetExpr::Expr(clause)) => match &clause.kind {
                // A plain parameter takes the column's type.
                ExprKind::Bind(_) if clause.ty().is_null() => {
                    self.element(&ExprNode::with_type(clause, column.ty()), flags)
                }
                ExprKind::Bind(_) => self.element(clause, flags),
                _ => {
                    self.postfetch.push(column.clone());
                    self.element(&operate::self_group(clause, None), flags)
                }
            },
        }
    }

    /// The columns that an INSERT names, in the table's order.
    fn insert_settings(
        &mut self,
        columns: &[Rc<Column>],
        values: &[SetValue],
        multi: bool,
    ) -> R<Vec<(usize, Setting)>> {
        let keys = self.options.column_keys;
        let everything = keys.is_none() && values.is_empty() && !multi;
        check_names(columns, values)?;
        let mut settings = Vec::with_capacity(columns.len());
        for (place, column) in columns.iter().enumerate() {
            let setting = if let Some(value) = find_value(values, column) {
                Setting::Value(value.clone())
            } else if everything || keys.is_some_and(|keys| keys.contains(&column.key())) {
                Setting::Required
            } else {
                match &*column.default.borrow() {
                    Some(default) => match &default.kind {
                        ColumnDefault::Clause(clause) => Setting::Clause(clause.clone()),
                        ColumnDefault::Sequence(_) => continue,
                        _ => Setting::Prefetch,
                    },
                    None => {
                        if column.has_server_default() {
                            self.postfetch.push(column.clone());
                        }
                        continue;
                    }
                }
            };
            settings.push((place, setting));
        }
        Ok(settings)
    }

    fn insert_from_select(
        &mut self,
        insert: &Insert,
        targets: &[SetTarget],
        statement: &Statement,
        top: bool,
    ) -> R<()> {
        self.from_select = true;
        let columns = insertable(&insert.table);
        let mut names: Vec<(Str, Option<bool>)> = Vec::new();
        let mut named = Vec::new();
        for target in targets {
            let found = columns.iter().find(|column| is_target(target, column));
            match found {
                Some(column) => {
                    names.push((column.name(), column.quote.get()));
                    named.push(column.key());
                }
                None => return Err(errors::unconsumed(&[target_name(target)])),
            }
        }
        let mut statement = statement.clone();
        if insert.include_defaults
            && let Statement::Select(select) = &statement
        {
            let mut extended: Select = (**select).clone();
            let before = extended.columns.len();
            for column in columns.iter().filter(|column| !named.contains(&column.key())) {
                let default = column.default.borrow();
                let Some(default) = default.as_ref() else { continue };
                let value = match &default.kind {
                    ColumnDefault::Clause(clause) => clause.clone(),
                    ColumnDefault::Scalar(value) => {
                        Bind::named(column.key(), value.clone()).into_expr(column.ty())
                    }
                    _ => continue,
                };
                names.push((column.name(), column.quote.get()));
                extended.columns.push(SelectItem::Expr(value));
            }
            if extended.columns.len() > before {
                statement = extended.into_statement();
            }
        }
        self.push(" (");
        for (number, (name, quote)) in names.into_iter().enumerate() {
            if number > 0 {
                self.push(", ");
            }
            self.identifier(&name, quote);
        }
        self.push(") ");
        self.insert_select(&statement)?;
        self.insert_tail(insert, top)
    }

    pub(super) fn update(&mut self, update: &Update) -> R<()> {
        let top = self.stack.is_empty();
        let start = self.out.len();
        let extra = extra_froms(&update.table, &update.where_, &update.values);
        let mut own = update.table.from_objects();
        own.extend(extra.iter().cloned());
        self.stack.push(level(own));
        let outcome = self.update_body(update, &extra, top);
        self.stack.pop();
        outcome?;
        if top {
            self.table = Some(update.table.clone());
            self.prepend_ctes(start);
        }
        Ok(())
    }

    fn update_body(&mut self, update: &Update, extra: &[FromClause], top: bool) -> R<()> {
        let flags = self.base_flags();
        self.push("UPDATE ");
        for prefix in &update.prefixes {
            self.element(prefix, flags)?;
            self.push(" ");
        }
        self.select_source(&update.table)?;
        self.push(" SET ");
        let columns = insertable(&update.table);
        check_tables(&columns, update)?;
        check_names(&columns, &update.values)?;
        let keys = self.options.column_keys;
        let everything = keys.is_none() && update.values.is_empty();
        let mut order: Vec<usize> = (0..columns.len()).collect();
        if update.ordered {
            let rank = |place: &usize| {
                let column = &columns[*place];
                update.values.iter().position(|value| is_target(&value.column, column)).unwrap_or(usize::MAX)
            };
            order.sort_by_key(rank);
        }
        let mut gap = "";
        for place in order {
            let column = &columns[place];
            let setting = if let Some(value) = find_value(&update.values, column) {
                Setting::Value(value.clone())
            } else if everything || keys.is_some_and(|keys| keys.contains(&column.key())) {
                Setting::Required
            } else {
                match &*column.onupdate.borrow() {
                    Some(default) => match &default.kind {
                        ColumnDefault::Clause(clause) => Setting::Clause(clause.clone()),
                        ColumnDefault::Sequence(_) => continue,
                        _ => Setting::Prefetch,
                    },
                    None => {
                        if column.server_onupdate.borrow().is_some() {
                            self.postfetch.push(column.clone());
                        }
                        continue;
                    }
                }
            };
            self.push(gap);
            gap = ", ";
            self.identifier(&column.name(), column.quote.get());
            self.push("=");
            self.setting(column, column.key(), &setting)?;
        }
        if !extra.is_empty() {
            self.push(" FROM ");
            for (number, from) in extra.iter().enumerate() {
                if number > 0 {
                    self.push(", ");
                }
                self.select_source(from)?;
            }
        }
        self.conditions(" WHERE ", &update.where_, flags)?;
        self.returning_clause(&update.returning, top)
    }

    pub(super) fn delete(&mut self, delete: &Delete) -> R<()> {
        let top = self.stack.is_empty();
        let start = self.out.len();
        let flags = self.base_flags();
        let extra = extra_froms(&delete.table, &delete.where_, &[]);
        let mut own = vec![delete.table.clone()];
        own.extend(extra.iter().cloned());
        self.stack.push(level(own));
        let outcome = (|| {
            self.push("DELETE ");
            for prefix in &delete.prefixes {
                self.element(prefix, flags)?;
                self.push(" ");
            }
            self.push("FROM ");
            self.select_source(&delete.table)?;
            if !extra.is_empty() {
                if !self.dialect.is_default() {
                    return Err(errors::delete_from_many());
                }
                self.push(" , ");
                for (number, from) in extra.iter().enumerate() {
                    if number > 0 {
                        self.push(", ");
                    }
                    self.select_source(from)?;
                }
            }
            self.conditions(" WHERE ", &delete.where_, flags)?;
            self.returning_clause(&delete.returning, top)
        })();
        self.stack.pop();
        outcome?;
        if top {
            self.table = Some(delete.table.clone());
            self.prepend_ctes(start);
        }
        Ok(())
    }

    fn returning_clause(&mut self, items: &[SelectItem], top: bool) -> R<()> {
        if items.is_empty() {
            return Ok(());
        }
        self.returning = true;
        self.push(" RETURNING ");
        let columns = select::selected_columns(items);
        let include_table = !self.dialect.returning_without_table();
        let style = if include_table { LabelStyle::None } else { LabelStyle::DisambiguateOnly };
        let labels = select::labelled(&columns, style, true);
        for (number, item) in labels.iter().enumerate() {
            if number > 0 {
                self.push(", ");
            }
            self.select_column(item, top, false, include_table)?;
        }
        Ok(())
    }

    /// A value of `ON CONFLICT DO UPDATE SET`.
    pub(super) fn conflict_value(
        &mut self,
        column: Option<&Rc<Column>>,
        value: &SetExpr,
        flags: Flags<'_>,
    ) -> R<()> {
        match (value, column) {
            (SetExpr::Value(value), Some(column)) => {
                let bind = Bind::anonymous(Str::new("param"), value.clone()).into_expr(column.ty());
                self.element(&bind, flags)
            }
            (SetExpr::Value(value), None) => {
                let ty = crate::sql::types::literal_type(value);
                let bind = Bind::anonymous(Str::new("param"), value.clone()).into_expr(ty);
                self.element(&bind, flags)
            }
            (SetExpr::Expr(clause), _) => self.element(&operate::self_group(clause, None), flags),
        }
    }
}

fn level(own: Vec<FromClause>) -> Level {
    Level { all: own.clone(), froms: own.clone(), own, columns: Vec::new(), result_for_compound: false }
}

/// The schema columns that a statement can set.
pub(super) fn insertable(table: &FromClause) -> Vec<Rc<Column>> {
    match table {
        FromClause::Light(light) => light
            .columns
            .iter()
            .map(|column| Column::new(column.name().unwrap_or_else(|| Str::new("")), column.ty()))
            .collect(),
        FromClause::Join(join) => insertable(&join.left),
        _ => table.columns().iter().filter_map(|column| column.base_column()).collect(),
    }
}

pub(super) fn is_target(target: &SetTarget, column: &Rc<Column>) -> bool {
    match target {
        SetTarget::Column(wanted) => Rc::ptr_eq(wanted, column),
        SetTarget::Name(name) => *name == column.key(),
        SetTarget::Expr(expression) => match expression.base_column() {
            Some(base) => Rc::ptr_eq(&base, column),
            None => expression.name().is_some_and(|name| name == column.key()),
        },
    }
}

pub(super) fn target_name(target: &SetTarget) -> Str {
    match target {
        SetTarget::Column(column) => column.key(),
        SetTarget::Name(name) => name.clone(),
        SetTarget::Expr(expression) => expression.name().unwrap_or_else(|| Str::new("")),
    }
}

fn find_value<'v>(values: &'v [SetValue], column: &Rc<Column>) -> Option<&'v SetExpr> {
    values.iter().rev().find(|value| is_target(&value.column, column)).map(|value| &value.value)
}

/// SQLite updates the columns of one table.
fn check_tables(columns: &[Rc<Column>], update: &Update) -> R<()> {
    let mut others: Vec<Str> = Vec::new();
    for value in &update.values {
        let SetTarget::Column(column) = &value.column else { continue };
        let known = columns.iter().any(|one| is_target(&value.column, one));
        if let Some(table) = column.table().filter(|_| !known)
            && !others.contains(&table.name)
        {
            others.push(table.name.clone());
        }
    }
    if others.is_empty() { Ok(()) } else { Err(errors::tables_in_set(&others)) }
}

fn check_names(columns: &[Rc<Column>], values: &[SetValue]) -> R<()> {
    let unknown: Vec<Str> = values
        .iter()
        .filter(|value| !columns.iter().any(|column| is_target(&value.column, column)))
        .map(|value| target_name(&value.column))
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(errors::unconsumed(&unknown)) }
}

fn column_label(column: &Rc<Column>) -> String {
    match column.table() {
        Some(table) => format!("{}.{}", table.name, column.name()),
        None => column.name().to_string(),
    }
}

/// What the conditions and values of an UPDATE or DELETE name besides its table.
fn extra_froms(table: &FromClause, conditions: &[Expr], values: &[SetValue]) -> Vec<FromClause> {
    let main = table.from_objects();
    let mut found = Vec::new();
    for value in values {
        if let SetExpr::Expr(clause) = &value.value {
            traverse::from_objects(clause, &mut found);
        }
    }
    for condition in conditions {
        traverse::from_objects(condition, &mut found);
    }
    let mut extra: Vec<FromClause> = Vec::new();
    for from in found {
        let known = main.iter().chain(&extra).any(|one| FromClause::same(one, &from));
        if !known {
            extra.push(from);
        }
    }
    extra
}
