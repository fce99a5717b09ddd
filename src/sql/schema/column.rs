//! Columns and what fills them.
//!
//! Owns a column's description and its defaults. Must not know statements or who calls a default.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use super::{Constraint, ForeignKey, Index, Sequence, Table};
use crate::python::value::{Dict, Gc, Str, Value};
use crate::sql::expr::Expr;
use crate::sql::types::{self, Type};

/// Whether the database numbers the column.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Autoincrement {
    /// If it is the only integer primary key column and refers to nothing.
    #[default]
    Auto,
    On,
    Off,
    IgnoreForeignKey,
}

pub struct Column {
    /// Empty until declared: a mapped class names its columns after its attributes.
    name: RefCell<Str>,
    key: RefCell<Str>,
    ty: RefCell<Type>,
    type_inferred: Cell<bool>,
    table: RefCell<Option<Rc<Table>>>,
    pub quote: Cell<Option<bool>>,
    pub primary_key: Cell<bool>,
    pub nullable: Cell<bool>,
    /// `nullable=` was said.
    pub nullable_given: Cell<bool>,
    pub autoincrement: Cell<Autoincrement>,
    pub unique: Cell<Option<bool>>,
    pub index: Cell<Option<bool>>,
    pub system: Cell<bool>,
    pub default: RefCell<Option<Rc<Default>>>,
    pub onupdate: RefCell<Option<Rc<Default>>>,
    pub server_default: RefCell<Option<ServerDefault>>,
    pub server_onupdate: RefCell<Option<ServerDefault>>,
    pub computed: RefCell<Option<Rc<Computed>>>,
    pub identity: RefCell<Option<Rc<Identity>>>,
    pub foreign_keys: RefCell<Vec<Rc<ForeignKey>>>,
    /// Constraints given to the column itself; they go to its table when the column does.
    pub constraints: RefCell<Vec<Rc<Constraint>>>,
    pub comment: RefCell<Option<Str>>,
    pub doc: RefCell<Option<Str>>,
    pub info: RefCell<Option<Gc<Dict>>>,
    /// `mapped_column(insert_default=)` and such, which the mapping layer keeps here.
    pub object: OnceCell<Value>,
}

/// `default=` or `onupdate=`.
pub struct Default {
    pub kind: ColumnDefault,
    pub for_update: bool,
    pub object: OnceCell<Value>,
}

pub enum ColumnDefault {
    Scalar(Value),
    /// Called with a context if it takes one argument.
    Callable {
        function: Value,
        takes_context: bool,
    },
    Clause(Expr),
    Sequence(Rc<Sequence>),
}

#[derive(Clone)]
pub enum ServerDefault {
    /// Text, written as a literal.
    Text(Str),
    /// `text("...")` or a function, written as it is.
    Clause(Expr),
    /// `FetchedValue()`: the database fills it in by means of its own.
    Fetched,
    Computed,
    Identity,
}

/// `Computed("a + b")`.
pub struct Computed {
    pub text: Expr,
    pub persisted: Option<bool>,
    pub object: OnceCell<Value>,
}

/// `Identity()`: kept and shown, without effect at SQLite.
pub struct Identity {
    pub always: bool,
    pub start: Option<i64>,
    pub increment: Option<i64>,
}

impl Column {
    pub fn new(name: Str, ty: Type) -> Rc<Column> {
        Rc::new(Column {
            key: RefCell::new(name.clone()),
            name: RefCell::new(name),
            ty: RefCell::new(ty),
            type_inferred: Cell::new(false),
            table: RefCell::new(None),
            quote: Cell::new(None),
            primary_key: Cell::new(false),
            nullable: Cell::new(true),
            nullable_given: Cell::new(false),
            autoincrement: Cell::new(Autoincrement::Auto),
            unique: Cell::new(None),
            index: Cell::new(None),
            system: Cell::new(false),
            default: RefCell::new(None),
            onupdate: RefCell::new(None),
            server_default: RefCell::new(None),
            server_onupdate: RefCell::new(None),
            computed: RefCell::new(None),
            identity: RefCell::new(None),
            foreign_keys: RefCell::new(Vec::new()),
            constraints: RefCell::new(Vec::new()),
            comment: RefCell::new(None),
            doc: RefCell::new(None),
            info: RefCell::new(None),
            object: OnceCell::new(),
        })
    }

    /// A column whose name comes later.
    pub fn unnamed(ty: Type) -> Rc<Column> {
        Column::new(Str::new(""), ty)
    }

    pub fn name(&self) -> Str {
        self.name.borrow().clone()
    }

    pub fn has_name(&self) -> bool {
        !self.name.borrow().is_empty()
    }

    pub fn set_name(&self, name: Str) {
        *self.name.borrow_mut() = name;
    }

    pub fn key(&self) -> Str {
        self.key.borrow().clone()
    }

    pub fn set_key(&self, key: Str) {
        *self.key.borrow_mut() = key;
    }

    /// The type; a column that only refers to another has that one's type as soon as it is known.
    pub fn ty(&self) -> Type {
        let own = self.ty.borrow().clone();
        if !own.is_null() {
            return own;
        }
        let target = self.foreign_keys.borrow().iter().find_map(|key| key.find_column());
        match target {
            Some(target) if !std::ptr::eq(&*target, self) => {
                let found = target.ty();
                if !found.is_null() {
                    self.type_inferred.set(true);
                    *self.ty.borrow_mut() = found.clone();
                }
                found
            }
            _ => own,
        }
    }

    pub fn set_type(&self, ty: Type) {
        *self.ty.borrow_mut() = ty;
    }

    pub fn table(&self) -> Option<Rc<Table>> {
        self.table.borrow().clone()
    }

    pub fn set_table(&self, table: Option<Rc<Table>>) {
        *self.table.borrow_mut() = table;
    }

    /// A column with the same description and no table, as `Column.copy()` and mixins make it. The foreign keys and
    /// constraints are copied too; `object` is not.
    pub fn copy(&self) -> Rc<Column> {
        let copy = Column::new(self.name(), self.ty());
        copy.set_key(self.key());
        copy.quote.set(self.quote.get());
        copy.primary_key.set(self.primary_key.get());
        copy.nullable.set(self.nullable.get());
        copy.nullable_given.set(self.nullable_given.get());
        copy.autoincrement.set(self.autoincrement.get());
        copy.unique.set(self.unique.get());
        copy.index.set(self.index.get());
        copy.system.set(self.system.get());
        *copy.default.borrow_mut() = self.default.borrow().clone();
        *copy.onupdate.borrow_mut() = self.onupdate.borrow().clone();
        *copy.server_default.borrow_mut() = self.server_default.borrow().clone();
        *copy.server_onupdate.borrow_mut() = self.server_onupdate.borrow().clone();
        *copy.computed.borrow_mut() = self.computed.borrow().clone();
        *copy.identity.borrow_mut() = self.identity.borrow().clone();
        *copy.comment.borrow_mut() = self.comment.borrow().clone();
        *copy.doc.borrow_mut() = self.doc.borrow().clone();
        *copy.info.borrow_mut() = self.info.borrow().clone();
        // A type inferred from a foreign key is inferred anew for the copy.
        let keys = self.foreign_keys.borrow();
        for key in keys.iter().filter(|key| !key.of_constraint.get()) {
            let key = key.copy();
            key.set_parent(&copy);
            copy.foreign_keys.borrow_mut().push(key);
        }
        if self.type_inferred.get() {
            copy.set_type(types::null_type());
        }
        *copy.constraints.borrow_mut() = self.constraints.borrow().iter().map(|one| one.copy()).collect();
        copy
    }

    /// No type was given, so that the foreign key's target decides it.
    pub fn type_from_key(&self) -> bool {
        self.type_inferred.get() || (self.ty.borrow().is_null() && !self.foreign_keys.borrow().is_empty())
    }

    /// Whether the database fills the column when an INSERT leaves it out.
    pub fn has_server_default(&self) -> bool {
        self.server_default.borrow().is_some() || self.computed.borrow().is_some()
    }

    /// Where the column stands in indexes of its table.
    pub fn indexes(&self) -> Vec<Rc<Index>> {
        let Some(table) = self.table() else { return Vec::new() };
        let indexes = table.indexes.borrow();
        let holds = |index: &&Rc<Index>| index.columns().iter().any(|one| std::ptr::eq(&**one, self));
        indexes.iter().filter(holds).cloned().collect()
    }
}

impl Default {
    pub fn new(kind: ColumnDefault, for_update: bool) -> Rc<Default> {
        Rc::new(Default { kind, for_update, object: OnceCell::new() })
    }
}
