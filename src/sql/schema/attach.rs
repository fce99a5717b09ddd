//! Attaching columns, constraints and indexes to a table.
//!
//! Owns what follows from it: the primary key's columns, constraints that columns imply, names found late.
//! Must not know spelling.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::constraint::{ForeignKeyData, Pending, PendingIndexItem};
use super::naming::name_by_convention;
use super::{Autoincrement, Column, ColumnDefault, Constraint, ConstraintKind, ForeignKey, Index, Table};
use crate::python::value::{R, Str};
use crate::sql::errors;
use crate::sql::expr;
use crate::sql::types::{Affinity, TypeKind};

/// Puts a column behind the others. One of the same key is replaced where it stands.
pub fn add_column(table: &Rc<Table>, column: &Rc<Column>) -> R<()> {
    if let Some(other) = column.table()
        && !Rc::ptr_eq(&other, table)
    {
        return Err(errors::column_assigned(&column.key(), &other.name));
    }
    if !column.has_name() {
        return Err(errors::column_without_name());
    }
    column.set_table(Some(table.clone()));
    let before = table.columns.borrow_mut().insert(column.key(), column.clone());
    let primary_key = table.primary_key();
    if let Some(before) = before {
        before.set_table(None);
        primary_key
            .set_columns(primary_key.columns().into_iter().filter(|one| !Rc::ptr_eq(one, &before)).collect());
    }
    if column.primary_key.get() {
        primary_key.push_column(column);
        name_by_convention(table, &primary_key);
    }
    add_flag_constraints(table, column)?;
    let keys = column.foreign_keys.borrow().clone();
    for key in &keys {
        key.set_parent(column);
        if key.constraint.borrow().is_none() {
            let constraint = constraint_of_key(key, column);
            let _ = add_constraint(table, &constraint);
        }
    }
    let own = column.constraints.borrow().clone();
    for constraint in &own {
        add_constraint(table, constraint)?;
    }
    add_type_constraint(table, column)
}

/// `index=True` and `unique=True`.
fn add_flag_constraints(table: &Rc<Table>, column: &Rc<Column>) -> R<()> {
    let unique = column.unique.get() == Some(true);
    if column.index.get() == Some(true) {
        let mut index = Index::new(None, unique, vec![PendingIndexItem::Expr(expr::column(column))]);
        index.from_column = true;
        add_index(table, &Rc::new(index))
    } else if unique {
        let constraint = Constraint::unique(None, vec![Pending::Column(column.clone())]);
        constraint.from_column.set(true);
        add_constraint(table, &constraint)
    } else {
        Ok(())
    }
}

/// `Boolean(create_constraint=True)` and `Enum(..., create_constraint=True)` check what the column holds.
fn add_type_constraint(table: &Rc<Table>, column: &Rc<Column>) -> R<()> {
    let ty = column.ty();
    let (name, values) = match &ty.kind {
        TypeKind::Boolean { create_constraint: true, name } => (
            name.clone(),
            vec![
                expr::literal_column(Str::new("0"), ty.clone()),
                expr::literal_column(Str::new("1"), ty.clone()),
            ],
        ),
        TypeKind::Enum(data) if data.create_constraint => {
            let literal = |label: &Str| {
                expr::literal_column(Str::new(&format!("'{}'", label.replace('\'', "''"))), ty.clone())
            };
            (data.name.clone(), data.labels.iter().map(literal).collect())
        }
        _ => return Ok(()),
    };
    let condition = crate::sql::operate::in_expressions(&expr::column(column), values);
    let constraint = Constraint::check(condition, name);
    constraint.from_column.set(true);
    add_constraint(table, &constraint)
}

fn constraint_of_key(key: &Rc<ForeignKey>, column: &Rc<Column>) -> Rc<Constraint> {
    let data = ForeignKeyData {
        elements: RefCell::new(vec![key.clone()]),
        onupdate: key.onupdate.clone(),
        ondelete: key.ondelete.clone(),
        use_alter: Cell::new(key.use_alter),
        match_: key.match_.clone(),
    };
    let mut constraint = Constraint::build(
        ConstraintKind::ForeignKey(data),
        key.name.clone(),
        vec![Pending::Column(column.clone())],
    );
    constraint.deferrable = key.deferrable;
    constraint.initially = key.initially.clone();
    constraint.from_column.set(true);
    let constraint = Rc::new(constraint);
    *key.constraint.borrow_mut() = Some(constraint.clone());
    constraint
}

/// Attaches a constraint and finds its columns. A primary key takes the place of the one that is there.
pub fn add_constraint(table: &Rc<Table>, constraint: &Rc<Constraint>) -> R<()> {
    let pending = constraint.pending.borrow().clone();
    let mut columns = Vec::new();
    for item in pending {
        match item {
            Pending::Column(column) => columns.push(column),
            Pending::Name(name) => match table.column(&name) {
                Some(column) => columns.push(column),
                None => {
                    return Err(errors::no_column_for_constraint(class_name(constraint), &table.name, &name));
                }
            },
        }
    }
    constraint.set_table(table);
    if !columns.is_empty() {
        constraint.set_columns(columns);
    }
    if let ConstraintKind::PrimaryKey = constraint.kind {
        replace_primary_key(table, constraint);
    }
    if let ConstraintKind::ForeignKey(data) = &constraint.kind {
        for (key, column) in data.elements.borrow().iter().zip(constraint.columns()) {
            key.set_parent(&column);
            *key.constraint.borrow_mut() = Some(constraint.clone());
            let mut keys = column.foreign_keys.borrow_mut();
            if !keys.iter().any(|one| Rc::ptr_eq(one, key)) {
                key.of_constraint.set(true);
                keys.push(key.clone());
            }
        }
    }
    table.constraints.borrow_mut().push(constraint.clone());
    name_by_convention(table, constraint);
    Ok(())
}

fn replace_primary_key(table: &Rc<Table>, constraint: &Rc<Constraint>) {
    let flagged: Vec<Rc<Column>> =
        table.columns.borrow().values().filter(|column| column.primary_key.get()).cloned().collect();
    let named = constraint.columns();
    for column in &named {
        column.primary_key.set(true);
        if !column.nullable_given.get() {
            column.nullable.set(false);
        }
    }
    if named.is_empty() {
        constraint.set_columns(flagged);
    }
    table.constraints.borrow_mut().retain(|one| !matches!(one.kind, ConstraintKind::PrimaryKey));
}

/// The constraint's class, as messages name it.
pub fn class_name(constraint: &Constraint) -> &'static str {
    match constraint.kind {
        ConstraintKind::PrimaryKey => "PrimaryKeyConstraint",
        ConstraintKind::Unique => "UniqueConstraint",
        ConstraintKind::Check { .. } => "CheckConstraint",
        ConstraintKind::ForeignKey(_) => "ForeignKeyConstraint",
    }
}

pub fn add_index(table: &Rc<Table>, index: &Rc<Index>) -> R<()> {
    index.resolve(table)?;
    index.set_table(table);
    table.indexes.borrow_mut().push(index.clone());
    super::naming::name_index(table, index);
    Ok(())
}

pub(super) fn autoincrement_column(table: &Table) -> Option<Rc<Column>> {
    let columns = table.primary_key_columns();
    let [column] = columns.as_slice() else {
        return columns.into_iter().find(|column| column.autoincrement.get() == Autoincrement::On);
    };
    let numbered = match column.autoincrement.get() {
        Autoincrement::On => true,
        Autoincrement::Off => false,
        how => {
            let ty = column.ty();
            let whole = matches!(Affinity::of(&ty), Affinity::Integer | Affinity::Numeric);
            let default = column.default.borrow();
            let free =
                default.as_ref().is_none_or(|default| matches!(default.kind, ColumnDefault::Sequence(_)));
            let points = !column.foreign_keys.borrow().is_empty();
            whole
                && free
                && column.server_default.borrow().is_none()
                && (!points || how == Autoincrement::IgnoreForeignKey)
        }
    };
    numbered.then(|| column.clone())
}
