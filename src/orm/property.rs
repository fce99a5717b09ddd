//! Properties: what an attribute of a mapped class stands for.
//!
//! Owns the kinds (column, relationship, composite, synonym) and what each was given. One property serves a mapper
//! and all that inherit it; what differs by class stands in `Attribute`. Must not know values of instances.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use crate::diag::Place;
use crate::python::value::{Str, Value};
use crate::sql::expr::{Expr, ExprKind};
use crate::sql::schema::Column;

use super::attribute::Listener;
use super::mapper::Mapper;
use super::relationship::Relationship;

/// One property of a mapper.
pub struct Property {
    pub key: Str,
    pub kind: PropertyKind,
    parent: RefCell<Weak<Mapper>>,
    pub doc: RefCell<Value>,
    pub info: RefCell<Value>,
    /// Where it was written.
    pub place: Option<Place>,
    /// Listeners that hold for every class that has the property.
    pub listeners: RefCell<Vec<Rc<Listener>>>,
}

pub enum PropertyKind {
    Column(ColumnProperty),
    Relationship(Box<Relationship>),
    Composite(Composite),
    Synonym(Synonym),
    /// A column of a parent that a concrete subclass does not have.
    Disabled,
}

impl Property {
    pub fn new(key: Str, kind: PropertyKind, place: Option<Place>) -> Rc<Property> {
        Rc::new(Property {
            key,
            kind,
            parent: RefCell::new(Weak::new()),
            doc: RefCell::new(Value::None),
            info: RefCell::new(Value::Unset),
            place,
            listeners: RefCell::default(),
        })
    }

    /// The mapper on which the property was defined.
    pub fn parent(&self) -> Rc<Mapper> {
        self.parent.borrow().upgrade().expect("a mapped property has its mapper")
    }

    pub fn try_parent(&self) -> Option<Rc<Mapper>> {
        self.parent.borrow().upgrade()
    }

    pub fn set_parent(&self, mapper: &Rc<Mapper>) {
        *self.parent.borrow_mut() = Rc::downgrade(mapper);
    }

    pub fn as_column(&self) -> Option<&ColumnProperty> {
        match &self.kind {
            PropertyKind::Column(property) => Some(property),
            _ => None,
        }
    }

    pub fn as_relationship(&self) -> Option<&Relationship> {
        match &self.kind {
            PropertyKind::Relationship(relationship) => Some(relationship),
            _ => None,
        }
    }

    /// What tells the property from others; the key of `InstanceState::has_parent`.
    pub fn token(self: &Rc<Self>) -> usize {
        Rc::as_ptr(self) as usize
    }

    /// What messages call it: `Student.excuses`.
    pub fn description(&self) -> String {
        match self.try_parent() {
            Some(parent) => format!("{}.{}", parent.class_name, self.key),
            None => self.key.to_string(),
        }
    }
}

/// The schema column that an expression is, if it is one.
pub fn table_column(expr: &Expr) -> Option<Rc<Column>> {
    match &expr.kind {
        ExprKind::Column(column) => Some(column.clone()),
        _ => None,
    }
}

/// A column, or an SQL expression, as an attribute.
pub struct ColumnProperty {
    /// Usually one column; with joined inheritance the same-named columns of several tables, the own table's first.
    pub columns: RefCell<Vec<Expr>>,
    pub deferred: Cell<bool>,
    pub group: Option<Str>,
    pub raiseload: bool,
    pub active_history: Cell<bool>,
    pub expire_on_flush: bool,
}

impl ColumnProperty {
    pub fn new(columns: Vec<Expr>) -> Self {
        ColumnProperty {
            columns: RefCell::new(columns),
            deferred: Cell::new(false),
            group: None,
            raiseload: false,
            active_history: Cell::new(false),
            expire_on_flush: true,
        }
    }

    /// What a statement selects for the attribute.
    pub fn expression(&self) -> Expr {
        self.columns.borrow().first().cloned().expect("a column property has a column")
    }

    /// The column of a table that the attribute is stored in; None for an expression.
    pub fn column(&self) -> Option<Rc<Column>> {
        self.columns.borrow().first().and_then(table_column)
    }

    pub fn table_columns(&self) -> Vec<Rc<Column>> {
        self.columns.borrow().iter().filter_map(table_column).collect()
    }
}

/// Several columns as one value.
pub struct Composite {
    /// The class, or a function of the column values.
    pub class: RefCell<Value>,
    /// Names of the column attributes, resolved when the mapper is configured.
    pub keys: RefCell<Vec<Str>>,
    /// As given: columns, mapped columns or names.
    pub arguments: RefCell<Vec<Value>>,
}

/// Another name of an attribute.
pub struct Synonym {
    pub name: Str,
    /// A descriptor that handles the instance side, if one was given.
    pub descriptor: Value,
}
