//! What a database is described with: metadata, tables, columns, constraints, indexes, defaults.
//!
//! Owns these descriptions, attaching them to one another and resolving names. Must not know the objects of the
//! language that show them, how they are spelled, or any connection.

mod attach;
mod column;
mod constraint;
mod metadata;
mod naming;

pub use attach::{add_column, add_constraint, add_index};
pub use column::{Autoincrement, Column, ColumnDefault, Computed, Default, Identity, ServerDefault};
pub use constraint::{
    Constraint, ConstraintKind, ForeignKey, ForeignKeyData, Index, KeyTarget, Pending, PendingIndexItem,
};
pub use metadata::{MetaData, Sequence, sort_tables};
pub use naming::conventional_name;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use indexmap::IndexMap;

use super::expr::{self, Expr};
use crate::python::value::{Dict, Gc, Str, Value};

/// A table. Columns and constraints are added while it is described; their order is that of the description.
pub struct Table {
    pub name: Str,
    pub schema: Option<Str>,
    pub key: Str,
    pub quote: Option<bool>,
    pub metadata: Rc<MetaData>,
    /// By key.
    pub columns: RefCell<IndexMap<Str, Rc<Column>>>,
    /// In the order in which they were added, the primary key first.
    pub constraints: RefCell<Vec<Rc<Constraint>>>,
    pub indexes: RefCell<Vec<Rc<Index>>>,
    pub comment: RefCell<Option<Str>>,
    pub prefixes: RefCell<Vec<Str>>,
    /// `sqlite_autoincrement=True` and its kin, by their whole names.
    pub dialect_options: RefCell<Vec<(Str, Value)>>,
    pub info: RefCell<Option<Gc<Dict>>>,
    /// `implicit_returning=`.
    pub implicit_returning: Cell<bool>,
    /// The object that the language holds.
    pub object: OnceCell<Value>,
}

impl Table {
    /// An empty table with an empty primary key, entered in its metadata.
    pub fn new(name: Str, metadata: &Rc<MetaData>, schema: Option<Str>) -> Rc<Table> {
        let table = Table::detached(name, metadata, schema);
        metadata.tables.borrow_mut().insert(table.key.clone(), table.clone());
        table
    }

    /// A table that its metadata does not list (yet).
    pub fn detached(name: Str, metadata: &Rc<MetaData>, schema: Option<Str>) -> Rc<Table> {
        let schema = schema.or_else(|| metadata.schema.borrow().clone());
        let key = match &schema {
            Some(schema) => Str::new(&format!("{schema}.{name}")),
            None => name.clone(),
        };
        let table = Rc::new(Table {
            name,
            schema,
            key,
            quote: None,
            metadata: metadata.clone(),
            columns: RefCell::new(IndexMap::new()),
            constraints: RefCell::new(Vec::new()),
            indexes: RefCell::new(Vec::new()),
            comment: RefCell::new(None),
            prefixes: RefCell::new(Vec::new()),
            dialect_options: RefCell::new(Vec::new()),
            info: RefCell::new(None),
            implicit_returning: Cell::new(true),
            object: OnceCell::new(),
        });
        let primary_key = Constraint::primary_key(None);
        primary_key.set_table(&table);
        table.constraints.borrow_mut().push(primary_key);
        table
    }

    /// The column of that key.
    pub fn column(&self, key: &str) -> Option<Rc<Column>> {
        self.columns.borrow().get(&Str::new(key)).cloned()
    }

    /// The column of that key as an expression.
    pub fn c(&self, key: &str) -> Option<Expr> {
        self.column(key).map(|column| expr::column(&column))
    }

    pub fn column_list(&self) -> Vec<Rc<Column>> {
        self.columns.borrow().values().cloned().collect()
    }

    pub fn primary_key(&self) -> Rc<Constraint> {
        let constraints = self.constraints.borrow();
        let found = constraints.iter().find(|one| matches!(one.kind, ConstraintKind::PrimaryKey));
        found.cloned().expect("a table is made with a primary key")
    }

    pub fn primary_key_columns(&self) -> Vec<Rc<Column>> {
        self.primary_key().columns()
    }

    /// The foreign keys of all columns, in column order.
    pub fn foreign_keys(&self) -> Vec<Rc<ForeignKey>> {
        self.column_list().iter().flat_map(|column| column.foreign_keys.borrow().clone()).collect()
    }

    /// The one integer column that the database numbers by itself, if there is one.
    pub fn autoincrement_column(&self) -> Option<Rc<Column>> {
        attach::autoincrement_column(self)
    }

    pub fn dialect_option(&self, name: &str) -> Option<Value> {
        let options = self.dialect_options.borrow();
        options.iter().find(|(key, _)| &**key == name).map(|(_, value)| value.clone())
    }
}
