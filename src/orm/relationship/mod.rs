//! Relationships: what they were given, and what configuration worked out.
//!
//! Owns the description. `options` reads the arguments, `join` finds the condition, `backref` the other side.
//! Must not know loading or flushing.

pub mod backref;
pub mod join;
pub mod options;
pub mod target;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

use crate::python::value::{Str, Value};
use crate::sql::expr::Expr;
use crate::sql::schema::{Column, Table};

use super::mapper::Mapper;
use super::property::Property;
pub use join::{ColumnUse, JoinClause};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    OneToMany,
    ManyToOne,
    ManyToMany,
}

impl Direction {
    pub fn name(self) -> &'static str {
        ["ONETOMANY", "MANYTOONE", "MANYTOMANY"][self as usize]
    }
}

/// `lazy=`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lazy {
    Select,
    Joined,
    Subquery,
    SelectIn,
    Immediate,
    NoLoad,
    Raise,
    RaiseOnSql,
    Dynamic,
    WriteOnly,
}

impl Lazy {
    /// The word that `relationship(lazy=...)` takes.
    pub fn name(self) -> &'static str {
        [
            "select",
            "joined",
            "subquery",
            "selectin",
            "immediate",
            "noload",
            "raise",
            "raise_on_sql",
            "dynamic",
            "write_only",
        ][self as usize]
    }
}

/// What is handed on along a relationship.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cascades {
    pub save_update: bool,
    pub merge: bool,
    pub expunge: bool,
    pub refresh_expire: bool,
    pub delete: bool,
    pub delete_orphan: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PassiveDeletes {
    No,
    Yes,
    All,
}

/// How many objects the attribute holds, and in what.
#[derive(Clone)]
pub enum CollectionClass {
    List,
    Set,
    Dict,
    /// Anything else that makes a collection when called.
    Factory(Value),
}

/// The name of a backref, and the keywords of `backref()`.
pub type Backref = (Str, Vec<(Str, Value)>);

/// A relationship as it was written, and what became of it.
pub struct Relationship {
    /// The target as given: a class, a name, a function; Unset when the annotation says it.
    pub argument: RefCell<Value>,
    pub secondary_argument: RefCell<Value>,
    pub primaryjoin_argument: Value,
    pub secondaryjoin_argument: Value,
    /// Conditions that the other side handed over with its backref.
    pub primaryjoin_clause: RefCell<Option<JoinClause>>,
    pub secondaryjoin_clause: RefCell<Option<JoinClause>>,
    pub foreign_keys_argument: Value,
    pub remote_side_argument: Value,
    pub order_by_argument: RefCell<Value>,
    pub uselist: Cell<Option<bool>>,
    pub lazy: Cell<Lazy>,
    pub cascade: Cell<Cascades>,
    pub cascade_given: bool,
    pub back_populates: RefCell<Option<Str>>,
    /// The name, and the keywords of `backref()`.
    pub backref: RefCell<Option<Backref>>,
    pub viewonly: bool,
    pub sync_backref: Option<bool>,
    pub passive_deletes: PassiveDeletes,
    pub passive_updates: bool,
    pub post_update: bool,
    pub single_parent: bool,
    pub active_history: bool,
    pub load_on_pending: bool,
    pub enable_typechecks: bool,
    pub innerjoin: Value,
    pub join_depth: Option<u32>,
    pub omit_join: Option<bool>,
    pub distinct_target_key: Option<bool>,
    pub overlaps: Vec<Str>,
    pub collection_class: RefCell<CollectionClass>,
    pub collection_class_given: Cell<bool>,
    /// `query_class=` of a dynamic relationship; None for the session's.
    pub query_class: Value,
    /// Made by a `backref` of the other side.
    pub is_backref: bool,
    /// Properties that are the other side of this one.
    pub reverse: RefCell<Vec<Weak<Property>>>,
    setup: OnceCell<Setup>,
}

/// What configuration works out.
pub struct Setup {
    /// The target.
    pub mapper: Rc<Mapper>,
    pub direction: Direction,
    pub uselist: bool,
    pub secondary: Option<Rc<Table>>,
    /// Parent to target, or parent to secondary.
    pub primaryjoin: JoinClause,
    /// Secondary to target.
    pub secondaryjoin: Option<JoinClause>,
    /// `(source, destination)`: values are copied from the first to the second. For one-to-many and many-to-many
    /// the source is the parent's column, for many-to-one the target's.
    pub synchronize_pairs: Vec<(Rc<Column>, Rc<Column>)>,
    /// `(target's column, secondary's column)`.
    pub secondary_synchronize_pairs: Vec<(Rc<Column>, Rc<Column>)>,
    /// `(local, remote)`.
    pub local_remote_pairs: Vec<(Rc<Column>, Rc<Column>)>,
    pub local_columns: Vec<Rc<Column>>,
    pub remote_columns: Vec<Rc<Column>>,
    pub foreign_key_columns: Vec<Rc<Column>>,
    pub order_by: Vec<Expr>,
    /// Many-to-one to the target's primary key: the object can be looked up in the identity map.
    pub use_get: bool,
    /// The target is the parent's own hierarchy.
    pub self_referential: bool,
}

impl Relationship {
    /// What configuration worked out. Mappers are configured before anything asks.
    pub fn setup(&self) -> &Setup {
        self.setup.get().expect("mappers are configured before a relationship is used")
    }

    pub fn try_setup(&self) -> Option<&Setup> {
        self.setup.get()
    }

    pub(in crate::orm) fn set_setup(&self, setup: Setup) {
        let _ = self.setup.set(setup);
    }

    /// The target mapper.
    pub fn mapper(&self) -> &Rc<Mapper> {
        &self.setup().mapper
    }

    pub fn direction(&self) -> Direction {
        self.setup().direction
    }

    pub fn uses_list(&self) -> bool {
        self.setup().uselist
    }

    pub fn reverse_properties(&self) -> Vec<Rc<Property>> {
        self.reverse.borrow().iter().filter_map(Weak::upgrade).collect()
    }

    pub fn is_dynamic(&self) -> bool {
        matches!(self.lazy.get(), Lazy::Dynamic | Lazy::WriteOnly)
    }
}
