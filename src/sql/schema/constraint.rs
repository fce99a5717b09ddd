//! Constraints, foreign keys and indexes.
//!
//! Owns what each says and finding the column that a foreign key means. Must not know spelling.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use super::{Column, MetaData, Table};
use crate::python::value::{Dict, Gc, R, Str, Value};
use crate::sql::errors;
use crate::sql::expr::{self, Expr, ExprKind};

/// A constraint of a table. Columns given by name are found when the table is known.
pub struct Constraint {
    pub kind: ConstraintKind,
    pub name: RefCell<Option<Str>>,
    /// Given by the metadata's convention rather than by the user.
    pub name_from_convention: Cell<bool>,
    pub deferrable: Option<bool>,
    pub initially: Option<Str>,
    pub comment: Option<Str>,
    pub info: RefCell<Option<Gc<Dict>>>,
    /// `sqlite_on_conflict="IGNORE"` and its kin.
    pub dialect_options: Vec<(Str, Value)>,
    /// Made by a flag of a column (`unique=True`) or a type (`Boolean(create_constraint=True)`).
    pub from_column: Cell<bool>,
    /// Constraints are listed in the order in which they were made.
    pub order: usize,
    pub pending: RefCell<Vec<Pending>>,
    columns: RefCell<Vec<Rc<Column>>>,
    table: RefCell<Option<Rc<Table>>>,
    pub object: OnceCell<Value>,
}

/// A column as it was given: by name or itself.
#[derive(Clone)]
pub enum Pending {
    Name(Str),
    Column(Rc<Column>),
}

pub enum ConstraintKind {
    PrimaryKey,
    Unique,
    Check { condition: Expr },
    ForeignKey(ForeignKeyData),
}

/// What `ForeignKeyConstraint` says beyond its columns.
pub struct ForeignKeyData {
    pub elements: RefCell<Vec<Rc<ForeignKey>>>,
    pub onupdate: Option<Str>,
    pub ondelete: Option<Str>,
    pub use_alter: Cell<bool>,
    pub match_: Option<Str>,
}

/// What a foreign key points at, as it was written.
#[derive(Clone)]
pub enum KeyTarget {
    /// `"table.column"` or `"schema.table.column"`.
    Text(Str),
    Column(Rc<Column>),
}

/// One column's reference to another.
pub struct ForeignKey {
    pub target: KeyTarget,
    pub onupdate: Option<Str>,
    pub ondelete: Option<Str>,
    pub name: Option<Str>,
    pub use_alter: bool,
    pub deferrable: Option<bool>,
    pub initially: Option<Str>,
    pub match_: Option<Str>,
    pub link_to_name: bool,
    /// Part of a ForeignKeyConstraint that the user wrote.
    pub of_constraint: Cell<bool>,
    parent: RefCell<Option<Rc<Column>>>,
    found: RefCell<Option<Rc<Column>>>,
    pub constraint: RefCell<Option<Rc<Constraint>>>,
    pub object: OnceCell<Value>,
}

/// `Index("name", "a", "b")`.
pub struct Index {
    pub name: RefCell<Option<Str>>,
    pub unique: bool,
    /// `Index` of one column by `index=True`.
    pub from_column: bool,
    pub pending: RefCell<Vec<PendingIndexItem>>,
    pub expressions: RefCell<Vec<Expr>>,
    pub dialect_options: Vec<(Str, Value)>,
    table: RefCell<Option<Rc<Table>>>,
    pub object: OnceCell<Value>,
}

#[derive(Clone)]
pub enum PendingIndexItem {
    Name(Str),
    Expr(Expr),
}

/// Counts what is made, so that it can be listed in that order.
fn next_order() -> usize {
    thread_local! { static MADE: Cell<usize> = const { Cell::new(0) }; }
    MADE.with(|made| {
        made.set(made.get() + 1);
        made.get()
    })
}

impl Constraint {
    pub fn new(kind: ConstraintKind, name: Option<Str>, columns: Vec<Pending>) -> Rc<Constraint> {
        Rc::new(Constraint::build(kind, name, columns))
    }

    /// A constraint to be finished by the caller before it is shared.
    pub fn build(kind: ConstraintKind, name: Option<Str>, columns: Vec<Pending>) -> Constraint {
        Constraint {
            kind,
            name: RefCell::new(name),
            name_from_convention: Cell::new(false),
            deferrable: None,
            initially: None,
            comment: None,
            info: RefCell::new(None),
            dialect_options: Vec::new(),
            from_column: Cell::new(false),
            order: next_order(),
            pending: RefCell::new(columns),
            columns: RefCell::new(Vec::new()),
            table: RefCell::new(None),
            object: OnceCell::new(),
        }
    }

    pub fn primary_key(name: Option<Str>) -> Rc<Constraint> {
        Constraint::new(ConstraintKind::PrimaryKey, name, Vec::new())
    }

    pub fn unique(name: Option<Str>, columns: Vec<Pending>) -> Rc<Constraint> {
        Constraint::new(ConstraintKind::Unique, name, columns)
    }

    pub fn check(condition: Expr, name: Option<Str>) -> Rc<Constraint> {
        Constraint::new(ConstraintKind::Check { condition }, name, Vec::new())
    }

    /// `ForeignKeyConstraint(columns, targets)`.
    pub fn foreign_key(data: ForeignKeyData, name: Option<Str>, columns: Vec<Pending>) -> Rc<Constraint> {
        Constraint::new(ConstraintKind::ForeignKey(data), name, columns)
    }

    pub fn columns(&self) -> Vec<Rc<Column>> {
        self.columns.borrow().clone()
    }

    pub fn push_column(&self, column: &Rc<Column>) {
        let mut columns = self.columns.borrow_mut();
        if !columns.iter().any(|one| Rc::ptr_eq(one, column)) {
            columns.push(column.clone());
        }
    }

    pub fn set_columns(&self, columns: Vec<Rc<Column>>) {
        *self.columns.borrow_mut() = columns;
    }

    pub fn table(&self) -> Option<Rc<Table>> {
        self.table.borrow().clone()
    }

    pub(super) fn set_table(&self, table: &Rc<Table>) {
        *self.table.borrow_mut() = Some(table.clone());
    }

    pub fn foreign_key_data(&self) -> Option<&ForeignKeyData> {
        match &self.kind {
            ConstraintKind::ForeignKey(data) => Some(data),
            _ => None,
        }
    }

    /// The same constraint over columns of the same names, without a table.
    pub fn copy(&self) -> Rc<Constraint> {
        let by_name = |column: &Rc<Column>| Pending::Name(column.key());
        let mut pending: Vec<Pending> = self.columns.borrow().iter().map(by_name).collect();
        if pending.is_empty() {
            pending = self.pending.borrow().clone();
        }
        let kind = match &self.kind {
            ConstraintKind::PrimaryKey => ConstraintKind::PrimaryKey,
            ConstraintKind::Unique => ConstraintKind::Unique,
            ConstraintKind::Check { condition } => ConstraintKind::Check { condition: condition.clone() },
            ConstraintKind::ForeignKey(data) => ConstraintKind::ForeignKey(ForeignKeyData {
                elements: RefCell::new(data.elements.borrow().iter().map(|key| key.copy()).collect()),
                onupdate: data.onupdate.clone(),
                ondelete: data.ondelete.clone(),
                use_alter: data.use_alter.clone(),
                match_: data.match_.clone(),
            }),
        };
        let name = self.name.borrow().clone().filter(|_| !self.name_from_convention.get());
        let mut copy = Constraint::build(kind, name, pending);
        copy.deferrable = self.deferrable;
        copy.initially = self.initially.clone();
        copy.comment = self.comment.clone();
        copy.dialect_options = self.dialect_options.clone();
        copy.from_column.set(self.from_column.get());
        Rc::new(copy)
    }
}

impl ForeignKey {
    pub fn new(target: KeyTarget) -> ForeignKey {
        ForeignKey {
            target,
            onupdate: None,
            ondelete: None,
            name: None,
            use_alter: false,
            deferrable: None,
            initially: None,
            match_: None,
            link_to_name: false,
            of_constraint: Cell::new(false),
            parent: RefCell::new(None),
            found: RefCell::new(None),
            constraint: RefCell::new(None),
            object: OnceCell::new(),
        }
    }

    pub fn copy(&self) -> Rc<ForeignKey> {
        let mut copy = ForeignKey::new(self.target.clone());
        copy.onupdate = self.onupdate.clone();
        copy.ondelete = self.ondelete.clone();
        copy.name = self.name.clone();
        copy.use_alter = self.use_alter;
        copy.deferrable = self.deferrable;
        copy.initially = self.initially.clone();
        copy.match_ = self.match_.clone();
        copy.link_to_name = self.link_to_name;
        Rc::new(copy)
    }

    /// The column that refers.
    pub fn parent(&self) -> Option<Rc<Column>> {
        self.parent.borrow().clone()
    }

    pub fn set_parent(&self, column: &Rc<Column>) {
        *self.parent.borrow_mut() = Some(column.clone());
    }

    /// `table.column` as messages and DDL write it.
    pub fn target_text(&self) -> Str {
        match &self.target {
            KeyTarget::Text(text) => text.clone(),
            KeyTarget::Column(column) => match column.table() {
                Some(table) => Str::new(&format!("{}.{}", table.key, column.key())),
                None => column.key(),
            },
        }
    }

    /// The table's key and the column's key of a target that was written as text.
    pub fn target_parts(&self) -> (Str, Option<Str>) {
        match &self.target {
            KeyTarget::Text(text) => match text.rsplit_once('.') {
                Some((table, column)) => (Str::new(table), Some(Str::new(column))),
                None => (text.clone(), None),
            },
            KeyTarget::Column(column) => {
                (column.table().map_or_else(|| Str::new(""), |table| table.key.clone()), Some(column.key()))
            }
        }
    }

    fn metadata(&self) -> Option<Rc<MetaData>> {
        Some(self.parent()?.table()?.metadata.clone())
    }

    /// The table referred to, if it is described already.
    pub fn target_table(&self) -> Option<Rc<Table>> {
        match &self.target {
            KeyTarget::Column(column) => column.table(),
            KeyTarget::Text(_) => {
                let metadata = self.metadata()?;
                let (mut table, _) = self.target_parts();
                if let Some(schema) = &*metadata.schema.borrow()
                    && !table.contains('.')
                {
                    table = Str::new(&format!("{schema}.{table}"));
                }
                metadata.table(&table)
            }
        }
    }

    /// The column referred to, if it is described already.
    pub fn find_column(&self) -> Option<Rc<Column>> {
        if let Some(found) = &*self.found.borrow() {
            return Some(found.clone());
        }
        let found = match &self.target {
            KeyTarget::Column(column) => column.clone(),
            KeyTarget::Text(_) => {
                let table = self.target_table()?;
                let column = match self.target_parts().1 {
                    Some(column) => column,
                    // `ForeignKey("parent")` means the column of the same name there.
                    None => self.parent()?.key(),
                };
                if self.link_to_name {
                    table.column_list().into_iter().find(|one| one.name() == column)?
                } else {
                    table.column(&column)?
                }
            }
        };
        *self.found.borrow_mut() = Some(found.clone());
        Some(found)
    }

    /// The column referred to, or the error that says what is missing.
    pub fn column(&self) -> R<Rc<Column>> {
        if let Some(found) = self.find_column() {
            return Ok(found);
        }
        let Some(parent) = self.parent() else { return Err(errors::foreign_key_without_parent()) };
        let parent_name = match parent.table() {
            Some(table) => format!("{}.{}", table.name, parent.name()),
            None => parent.name().to_string(),
        };
        let (table, column) = self.target_parts();
        match self.target_table() {
            None => Err(errors::no_referenced_table(
                &parent_name,
                &table,
                &column.unwrap_or_else(|| parent.key()),
            )),
            Some(found) => {
                let column = column.unwrap_or_else(|| parent.key());
                Err(errors::no_referenced_column(&self.target_text(), &parent_name, &found.name, &column))
            }
        }
    }
}

impl Index {
    pub fn new(name: Option<Str>, unique: bool, items: Vec<PendingIndexItem>) -> Index {
        Index {
            name: RefCell::new(name),
            unique,
            from_column: false,
            pending: RefCell::new(items),
            expressions: RefCell::new(Vec::new()),
            dialect_options: Vec::new(),
            table: RefCell::new(None),
            object: OnceCell::new(),
        }
    }

    pub fn table(&self) -> Option<Rc<Table>> {
        self.table.borrow().clone()
    }

    pub(super) fn set_table(&self, table: &Rc<Table>) {
        *self.table.borrow_mut() = Some(table.clone());
    }

    /// The plain columns among what is indexed.
    pub fn columns(&self) -> Vec<Rc<Column>> {
        let expressions = self.expressions.borrow();
        let mut columns = Vec::new();
        for expression in expressions.iter() {
            if let ExprKind::Column(column) = &expression.kind {
                columns.push(column.clone());
            } else {
                crate::sql::traverse::columns_of(expression, &mut columns);
            }
        }
        columns
    }

    /// Finds the columns given by name; says which is missing.
    pub(super) fn resolve(&self, table: &Rc<Table>) -> R<()> {
        let pending = self.pending.borrow().clone();
        let mut expressions = Vec::new();
        for item in pending {
            expressions.push(match item {
                PendingIndexItem::Expr(expression) => expression,
                PendingIndexItem::Name(name) => match table.column(&name) {
                    Some(column) => expr::column(&column),
                    None => {
                        let what = self.name.borrow().clone().unwrap_or_else(|| Str::new("None"));
                        return Err(errors::no_column_for_index(&what, &table.name, &name));
                    }
                },
            });
        }
        *self.expressions.borrow_mut() = expressions;
        Ok(())
    }
}
