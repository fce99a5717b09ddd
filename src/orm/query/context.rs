//! The ORM compile state: what a statement over entities becomes on its way to tables and columns.
//!
//! Owns the state, its columns with their places, and its options. The steps stand in `entities`, `setup`, `joins`,
//! `eager` and `assemble`. Must not know connections or rows. Mirrors `sqlalchemy/orm/context.py`.
//!
//! ```text
//!   select(Student).options(joinedload(Student.excuses))
//!     entities:  Student          primary columns:    student.id, student.name
//!     joined:    Student.excuses  secondary columns:  excuse_1.id, excuse_1.name, ...
//!     FROM:      student LEFT OUTER JOIN excuse AS excuse_1 ON ...
//! ```

use super::execute::Why;
use std::rc::Rc;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use super::adapt::Adapter;
use super::eager::{EagerJoin, EagerTree};
use super::entity::OrmEntity;
use super::options::{LoadElement, LoaderCriteria};
use super::path::Path;
use super::strategy::Strategies;
use crate::orm::mapper::Mapper;
use crate::orm::property::Property;
use crate::python::value::{Str, Value};
use crate::sql::expr::{Expr, ExprNode};
use crate::sql::selectable::FromClause;
use crate::sql::statement::{Select, Statement};

/// Where a column stands in the result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Among the columns that were asked for.
    Primary(u32),
    /// Among the columns that eager joins add behind them.
    Secondary(u32),
}

/// Which list a column goes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    Primary,
    Secondary,
}

/// The columns of the statement, each once.
#[derive(Default)]
pub struct ColumnSet {
    pub primary: Vec<Expr>,
    pub secondary: Vec<Expr>,
    places: FxHashMap<(usize, usize), Place>,
}

impl ColumnSet {
    /// Adds a column unless it is there; gives its place.
    pub fn add(&mut self, column: &Expr, which: Which) -> Place {
        if let Some(known) = self.place(column) {
            return known;
        }
        self.push(column, which)
    }

    /// Adds a column even if it is there already.
    pub fn push(&mut self, column: &Expr, which: Which) -> Place {
        let list = match which {
            Which::Primary => &mut self.primary,
            Which::Secondary => &mut self.secondary,
        };
        let index = list.len() as u32;
        list.push(column.clone());
        let place = match which {
            Which::Primary => Place::Primary(index),
            Which::Secondary => Place::Secondary(index),
        };
        self.places.entry(ExprNode::identity(column)).or_insert(place);
        place
    }

    pub fn place(&self, column: &Expr) -> Option<Place> {
        self.places.get(&ExprNode::identity(column)).copied()
    }
}

/// How a statement over entities is compiled.
#[derive(Clone)]
pub struct CompileOptions {
    /// From a `Query`: labels say `student_id`, rows take their names as given.
    pub legacy: bool,
    /// The statement itself, rather than one within another.
    pub toplevel: bool,
    pub enable_eagerloads: bool,
    /// Conditions of single-table subclasses are added.
    pub single_criteria: bool,
    /// The entities are selected from the one subquery in FROM (unions).
    pub base_alias: bool,
    /// The lazy or eager load that the statement is part of.
    pub current_path: Path,
    /// The statement reads one object again.
    pub refresh: bool,
    /// `session.refresh()`.
    pub user_refresh: bool,
    /// Only these properties, by their tokens.
    pub only_load: Option<Rc<[usize]>>,
    /// The order of a relationship whose target was joined to last.
    pub eager_order_by: Vec<Expr>,
    /// A lazy load of this relationship: its other side need not be loaded eagerly.
    pub lazy_reverse: Option<Rc<Property>>,
    pub enable_assertions: bool,
}

impl Default for CompileOptions {
    fn default() -> Self {
        CompileOptions {
            legacy: false,
            toplevel: true,
            enable_eagerloads: true,
            single_criteria: true,
            base_alias: false,
            current_path: Path::root(),
            refresh: false,
            user_refresh: false,
            only_load: None,
            eager_order_by: Vec::new(),
            lazy_reverse: None,
            enable_assertions: true,
        }
    }
}

/// How rows of a statement are loaded.
#[derive(Clone, Default)]
pub struct LoadOptions {
    pub populate_existing: bool,
    pub autoflush: Option<bool>,
    pub yield_per: Option<usize>,
    /// Options of eager loaders run again for objects that were loaded before.
    pub invoke_all_eagers: Option<bool>,
    pub only_return_tuples: bool,
    /// The unhashable is made unique by its address.
    pub legacy_uniquing: bool,
}

/// What the mapping layer keeps with a select.
#[derive(Clone, Default)]
pub struct OrmExtras {
    pub compile: CompileOptions,
    pub load: LoadOptions,
    /// `select_from(Entity)`, beside the table in the statement.
    pub from_entities: Vec<OrmEntity>,
    /// `from_statement(...)`.
    pub statement: Option<Statement>,
    /// Entities and joins of before `with_entities`: they are joined still.
    pub earlier: Vec<Rc<Select>>,
    /// `query.params(...)`.
    pub params: Vec<(Str, Value)>,
    /// Why it will run, where that is more than that somebody asked.
    pub why: Option<Why>,
}

impl OrmExtras {
    /// The extras of a select, or those of a plain one.
    pub fn of(select: &Select) -> OrmExtras {
        let extras = select.orm.as_ref().and_then(|extras| extras.downcast_ref::<OrmExtras>());
        extras.cloned().unwrap_or_default()
    }

    pub fn peek(select: &Select) -> Option<&OrmExtras> {
        select.orm.as_ref().and_then(|extras| extras.downcast_ref::<OrmExtras>())
    }
}

/// A FROM clause and the entity that it stands for.
#[derive(Clone)]
pub struct FromNode {
    pub clause: FromClause,
    pub entity: Option<OrmEntity>,
}

/// What a property of a loaded entity gets from the row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Setup {
    Column(Place),
    /// Deferred for the whole class.
    Deferred,
    /// Deferred by an option.
    DeferredHere,
    /// Deferred by an option, and not to be loaded at all.
    RaisedHere,
}

/// How one entity's columns stand in the statement, and what is joined to it eagerly.
pub struct InstanceSpec {
    pub mapper: Rc<Mapper>,
    pub path: Path,
    /// Adapts the mapper's columns to those that are selected.
    pub adapter: Option<Rc<Adapter>>,
    /// By the property's token.
    pub setups: FxHashMap<usize, Setup>,
    /// Joined eager loads by the property's token.
    pub joined: FxHashMap<usize, Rc<InstanceSpec>>,
    pub only_load: Option<Rc<[usize]>>,
    /// What tells the classes apart, where it is not the mapper's own column.
    pub discriminator: Option<Expr>,
}

/// One item of the columns clause.
pub enum QueryEntity {
    Mapper {
        entity: OrmEntity,
        label: Option<Str>,
        spec: Option<Rc<InstanceSpec>>,
    },
    Column {
        expr: Expr,
        entity: Option<OrmEntity>,
        label: Option<Str>,
        place: Option<Place>,
        key: Option<Str>,
    },
    Bundle {
        value: Value,
        label: Str,
        single: bool,
        items: Vec<QueryEntity>,
    },
}

/// A compile state under way.
pub struct CompileState {
    pub select: Rc<Select>,
    pub extras: OrmExtras,
    pub entities: Vec<QueryEntity>,
    pub columns: ColumnSet,
    pub strategies: Strategies,
    pub from: Vec<FromNode>,
    pub fallback: Vec<FromClause>,
    pub eager_trees: IndexMap<EagerKey, EagerTree>,
    pub eager_joins: Vec<EagerJoin>,
    pub eager_order_by: Vec<Expr>,
    /// Entities whose conditions (single-table, loader criteria) are added.
    pub criteria_entities: Vec<OrmEntity>,
    pub join_entities: Vec<OrmEntity>,
    pub joined_edges: Vec<(usize, usize, usize)>,
    pub base_alias: Option<Rc<Adapter>>,
    /// `contains_eager` adapters by path.
    pub user_adapters: FxHashMap<Path, Option<Rc<Adapter>>>,
    pub where_: Vec<Expr>,
    /// A collection is joined eagerly.
    pub multi_row: bool,
    /// A join was added eagerly.
    pub adding_joins: bool,
    pub loader_criteria: Vec<LoaderCriteria>,
    /// Adapts expressions over the target of the join that was made last.
    pub last_target: Option<Rc<Adapter>>,
}

/// What an eager join hangs on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EagerKey {
    From(usize),
    Entity(usize),
}

/// The finished statement, and what its rows mean.
pub struct CompiledState {
    /// Over tables and columns only.
    pub statement: Select,
    pub entities: Vec<QueryEntity>,
    pub columns: ColumnSet,
    pub strategies: Strategies,
    pub options: CompileOptions,
    /// How many columns stand before the secondary ones.
    pub primary_width: usize,
    /// The original columns' stand-ins, where the statement was wrapped.
    pub select: Rc<Select>,
}

impl CompiledState {
    /// The index of a place in a row.
    pub fn index(&self, place: Place) -> usize {
        match place {
            Place::Primary(index) => index as usize,
            Place::Secondary(index) => self.primary_width + index as usize,
        }
    }

    /// The index of a column in a row, if it is there.
    pub fn column_index(&self, column: &Expr) -> Option<usize> {
        self.columns.place(column).map(|place| self.index(place))
    }
}

impl CompileState {
    /// Replaces what a union or its like stands for.
    pub fn adapt(&self, expression: &Expr) -> Expr {
        match &self.base_alias {
            Some(adapter) => adapter.adapt(expression),
            None => expression.clone(),
        }
    }

    pub fn adapt_all(&self, expressions: &[Expr]) -> Vec<Expr> {
        expressions.iter().map(|expression| self.adapt(expression)).collect()
    }

    /// The adapter for the columns of an entity of the columns clause.
    pub fn entity_adapter(&self, entity: &OrmEntity) -> Option<Rc<Adapter>> {
        match (entity.adapter(), &self.base_alias) {
            (Some(own), Some(base)) => Some(Rc::new(own.wrap(base))),
            (Some(own), None) => Some(own.clone()),
            (None, Some(base)) => Some(base.clone()),
            (None, None) => None,
        }
    }

    /// The entities of the columns clause that are whole objects.
    pub fn lead_entities(&self) -> Vec<OrmEntity> {
        let lead = self.entities.iter().filter_map(|entity| match entity {
            QueryEntity::Mapper { entity, .. } => Some(entity.clone()),
            _ => None,
        });
        lead.collect()
    }

    /// Whether the statement must be wrapped before eager joins are added.
    pub fn should_nest(&self) -> bool {
        let select = &self.select;
        self.adding_joins
            && (((select.limit.is_some() || select.offset.is_some()) && self.multi_row)
                || select.distinct
                || !select.distinct_on.is_empty()
                || !select.group_by.is_empty())
    }

    pub fn option_at(&self, path: &Path) -> Option<Rc<LoadElement>> {
        self.strategies.exact(path)
    }
}
