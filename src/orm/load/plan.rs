//! The plan of a statement's rows: which cell goes to which slot of which object, worked out once per statement.
//!
//! Owns plans and building them from a compiled statement. Must not know sessions; running them stands in `rows`.
//! Mirrors `_instance_processor` of `sqlalchemy/orm/loading.py`.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::engine::result::UniqueBy;
use crate::orm::attribute::Attribute;
use crate::orm::mapper::Mapper;
use crate::orm::property::{Property, PropertyKind};
use crate::orm::query::adapt::Adapter;
use crate::orm::query::context::{CompiledState, InstanceSpec, QueryEntity, Setup};
use crate::orm::query::errors;
use crate::orm::query::options::LoadElement;
use crate::orm::query::path::Path;
use crate::orm::query::relate;
use crate::orm::relationship::Lazy;
use crate::python::value::{R, Str, Value};
use crate::sql::compile::{Compiled, ResultColumn};
use crate::sql::expr::{self, Expr};
use crate::sql::types::ResultProcessor;

/// Where the values of rows go.
pub struct Plan {
    pub items: Vec<ItemPlan>,
    pub names: Vec<Str>,
    pub unique_by: Vec<UniqueBy>,
    /// Rows are one object each.
    pub single_entity: bool,
    /// Objects take part, so that a `Query` makes its rows unique.
    pub filtered: bool,
    /// A collection was joined: the same object comes several times.
    pub requires_unique: bool,
    /// Subqueries load along with the rows.
    pub requires_buffering: bool,
    /// No object can come twice.
    pub distinct: bool,
    /// Something is loaded behind the rows.
    pub has_post: bool,
}

pub enum ItemPlan {
    Instance(Rc<InstancePlan>),
    Cell(Cell),
    Bundle { value: Value, names: Vec<Str>, single: bool, items: Vec<ItemPlan> },
}

/// One cell of a row, and what makes a value of it.
pub struct Cell {
    pub index: usize,
    pub processor: Option<ResultProcessor>,
}

/// A column of an object.
pub struct ColumnPlan {
    pub slot: usize,
    pub cell: Cell,
}

/// A loader that an object keeps for one attribute, against what its class says.
pub struct StateLoader {
    pub lazy: Option<Lazy>,
    pub raiseload: bool,
    pub option: Option<Rc<LoadElement>>,
}

/// What is loaded behind the rows, or along with them.
pub struct PostPlan {
    pub attribute: Rc<Attribute>,
    pub kind: Lazy,
    pub option: Option<Rc<LoadElement>>,
    /// Loading would go in circles: only what is at hand is taken.
    pub only_known: bool,
}

/// A joined relationship.
pub struct JoinedPlan {
    pub attribute: Rc<Attribute>,
    pub slot: usize,
    pub uselist: bool,
    pub plan: Rc<InstancePlan>,
    /// Tells its collections from those of other joins of the statement.
    pub number: usize,
}

/// How one object is made from a row.
pub struct InstancePlan {
    pub mapper: Rc<Mapper>,
    pub base: Rc<Mapper>,
    /// The primary key. Empty for a refresh.
    pub key: Vec<Cell>,
    /// The key is one plain integer column.
    pub int_key: Option<usize>,
    pub columns: Vec<ColumnPlan>,
    /// Room for the values that the plan fills in.
    pub n_slots: usize,
    /// Every column attribute of the mapper is in the row.
    pub complete: bool,
    /// Column attributes that are not in the row: expired, so that they load on use.
    pub expire: Vec<usize>,
    /// Deferred for the class: forgotten where objects are populated anew.
    pub deferred: Vec<usize>,
    pub loaders: Vec<(usize, Rc<StateLoader>)>,
    /// Lazy relationships: forgotten where objects are populated anew.
    pub lazy: Vec<usize>,
    pub noload: Vec<Rc<Attribute>>,
    pub joined: Vec<JoinedPlan>,
    pub post: Vec<Rc<PostPlan>>,
    pub subqueries: Vec<Rc<PostPlan>>,
    pub path: Path,
    pub load_path: Path,
    pub polymorphic: Option<Polymorphic>,
    pub version: Option<Cell>,
    /// Slots to be committed after a partial load: all of the above.
    pub only_load: bool,
    pub selectin_subclasses: Vec<Rc<Mapper>>,
}

/// The switch from a row's discriminator to the plan of a class.
pub struct Polymorphic {
    pub cell: Cell,
    pub column: String,
    pub plans: Vec<(Rc<Mapper>, Rc<InstancePlan>)>,
    pub own: OnceCell<()>,
}

/// Finds the place of an expression among the columns of a result.
pub type FindColumn<'a> = dyn Fn(&Expr) -> Option<usize> + 'a;

/// Makes plans for one compiled statement.
pub struct Planner<'a> {
    pub state: &'a CompiledState,
    pub columns: &'a [ResultColumn],
    pub compiled: &'a Compiled,
    /// Where each selected column stands, for statements that were written as text.
    pub by_name: Option<&'a FindColumn<'a>>,
    next_join: usize,
    joined_collection: bool,
    buffering: bool,
    has_post: bool,
}

impl<'a> Planner<'a> {
    pub fn new(state: &'a CompiledState, compiled: &'a Compiled) -> Self {
        Planner {
            state,
            columns: &compiled.columns,
            compiled,
            by_name: None,
            next_join: 0,
            joined_collection: false,
            buffering: false,
            has_post: false,
        }
    }

    pub fn plan(mut self, distinct: bool) -> R<Plan> {
        let mut items = Vec::new();
        let mut names = Vec::new();
        let mut unique_by = Vec::new();
        let mut filtered = false;
        for entity in &self.state.entities {
            let (item, name) = self.item(entity)?;
            unique_by.push(match &item {
                ItemPlan::Instance(_) => {
                    filtered = true;
                    UniqueBy::Identity
                }
                _ => UniqueBy::Value,
            });
            items.push(item);
            names.push(name.unwrap_or_else(|| Str::new("")));
        }
        let single_entity = match items.as_slice() {
            [ItemPlan::Instance(_)] => true,
            [ItemPlan::Bundle { single, .. }] => *single,
            _ => false,
        };
        Ok(Plan {
            items,
            names,
            unique_by,
            single_entity,
            filtered,
            requires_unique: self.joined_collection,
            requires_buffering: self.buffering,
            distinct: distinct && !self.joined_collection,
            has_post: self.has_post,
        })
    }

    fn item(&mut self, entity: &QueryEntity) -> R<(ItemPlan, Option<Str>)> {
        Ok(match entity {
            QueryEntity::Mapper { label, spec, .. } => {
                let spec = spec.as_ref().expect("a compiled statement's entities are set up");
                (ItemPlan::Instance(self.instance(&spec.mapper, spec)?), label.clone())
            }
            QueryEntity::Column { expr, label, place, .. } => {
                let index = match (place, self.by_name) {
                    (_, Some(by_name)) => by_name(expr).unwrap_or(0),
                    (Some(place), None) => self.state.index(*place),
                    (None, None) => 0,
                };
                (ItemPlan::Cell(self.cell(index)), label.clone())
            }
            QueryEntity::Bundle { value, label, single, items } => {
                let mut plans = Vec::new();
                let mut names = Vec::new();
                for item in items {
                    let (plan, name) = self.item(item)?;
                    plans.push(plan);
                    names.push(name.unwrap_or_else(|| Str::new("")));
                }
                let plan = ItemPlan::Bundle { value: value.clone(), names, single: *single, items: plans };
                (plan, Some(label.clone()))
            }
        })
    }

    fn cell(&self, index: usize) -> Cell {
        let column = self.columns.get(index);
        Cell { index, processor: column.and_then(|column| column.processor(self.compiled.dialect)) }
    }

    /// A cell for a column of a mapper, typed by the column itself where the statement does not know it.
    fn typed_cell(&self, index: usize, column: &Expr) -> Cell {
        match self.by_name {
            Some(_) => {
                Cell { index, processor: ResultProcessor::of(&column.ty(), self.compiled.dialect.name()) }
            }
            None => self.cell(index),
        }
    }

    fn index_of(&self, column: &Expr, adapter: Option<&Rc<Adapter>>) -> Option<usize> {
        if let Some(by_name) = self.by_name {
            return by_name(column);
        }
        let adapted = adapter.and_then(|adapter| adapter.replacement(column));
        adapted
            .and_then(|adapted| self.state.column_index(&adapted))
            .or_else(|| if adapter.is_none() { self.state.column_index(column) } else { None })
    }

    /// The plan of an entity, with the plans of the classes that its rows may turn out to be.
    fn instance(&mut self, mapper: &Rc<Mapper>, spec: &Rc<InstanceSpec>) -> R<Rc<InstancePlan>> {
        let mut plan = self.one(mapper, spec)?;
        let refresh = self.state.options.refresh && spec.path.len() <= 1;
        if !refresh
            && let Some(on) = mapper.polymorphic_on()
            && !mapper.polymorphic_map.borrow().is_empty()
        {
            let index = match &spec.discriminator {
                Some(column) => self.state.column_index(column),
                None => None,
            };
            let index = index.or_else(|| self.index_of(&on.expr, spec.adapter.as_ref()));
            if let Some(index) = index {
                let mut plans = Vec::new();
                let mut own_subclasses = Vec::new();
                for sub in mapper.self_and_descendants().into_iter().skip(1) {
                    let mut sub_plan = self.one(&sub, spec)?;
                    self.selectin_subclasses(mapper, &sub, spec, &mut sub_plan);
                    own_subclasses.push(sub.clone());
                    plans.push((sub, Rc::new(sub_plan)));
                }
                let column = on.expr.base_column().map_or_else(String::new, |column| match column.table() {
                    Some(table) => format!("{}.{}", table.name, column.name()),
                    None => column.name().to_string(),
                });
                let cell = self.typed_cell(index, &on.expr);
                plan.polymorphic = Some(Polymorphic { cell, column, plans, own: OnceCell::new() });
            }
        }
        Ok(Rc::new(plan))
    }

    /// Which tables of a subclass are read behind the rows.
    fn selectin_subclasses(
        &mut self,
        base: &Rc<Mapper>,
        sub: &Rc<Mapper>,
        spec: &InstanceSpec,
        plan: &mut InstancePlan,
    ) {
        let chosen = self.state.strategies.selectin_polymorphic(&spec.path);
        let mut here = Some(sub.clone());
        while let Some(mapper) = here {
            if Rc::ptr_eq(&mapper, base) {
                break;
            }
            let wanted = match &chosen {
                Some(chosen) => chosen.iter().any(|one| Rc::ptr_eq(one, &mapper)),
                None => mapper.args.polymorphic_load.as_deref() == Some("selectin"),
            };
            if wanted {
                plan.selectin_subclasses.push(mapper.clone());
                self.has_post = true;
            }
            here = mapper.inherits.clone();
        }
    }

    fn one(&mut self, mapper: &Rc<Mapper>, spec: &Rc<InstanceSpec>) -> R<InstancePlan> {
        let adapter = spec.adapter.as_ref();
        let load_path = self.state.options.current_path.join(&spec.path);
        let mut plan = InstancePlan {
            mapper: mapper.clone(),
            base: mapper.base_mapper(),
            key: Vec::new(),
            int_key: None,
            columns: Vec::new(),
            n_slots: mapper.n_slots(),
            complete: false,
            expire: Vec::new(),
            deferred: Vec::new(),
            loaders: Vec::new(),
            lazy: Vec::new(),
            noload: Vec::new(),
            joined: Vec::new(),
            post: Vec::new(),
            subqueries: Vec::new(),
            path: spec.path.clone(),
            load_path,
            polymorphic: None,
            version: None,
            only_load: spec.only_load.is_some(),
            selectin_subclasses: Vec::new(),
        };
        for column in &mapper.primary_key {
            let column = expr::column(column);
            if let Some(index) = self.index_of(&column, adapter) {
                plan.key.push(self.typed_cell(index, &column));
            }
        }
        if plan.key.len() != mapper.primary_key.len() {
            plan.key.clear();
        }
        if let [cell] = plan.key.as_slice()
            && cell.processor.is_none()
        {
            plan.int_key = Some(cell.index);
        }
        for attribute in mapper.attributes() {
            let property = attribute.property.clone();
            if let Some(only) = &spec.only_load
                && !only.contains(&property.token())
            {
                continue;
            }
            match &property.kind {
                PropertyKind::Column(_) => self.column(&mut plan, &attribute, &property, spec)?,
                PropertyKind::Relationship(_) => self.relationship(&mut plan, &attribute, &property, spec)?,
                _ => {}
            }
        }
        plan.complete = plan.columns.len() == mapper.column_slots().len();
        // Columns are numbered before relationships: where none of these is filled, their places need no memory.
        if plan.joined.is_empty() && plan.post.is_empty() && plan.subqueries.is_empty() {
            plan.n_slots = plan.columns.iter().map(|column| column.slot + 1).max().unwrap_or(0);
        }
        Ok(plan)
    }

    fn column(
        &mut self,
        plan: &mut InstancePlan,
        attribute: &Rc<Attribute>,
        property: &Rc<Property>,
        spec: &InstanceSpec,
    ) -> R<()> {
        let Some(slot) = attribute.slot() else { return Ok(()) };
        match spec.setups.get(&property.token()) {
            Some(Setup::Column(place)) => {
                let expression = property.as_column().map(|column| column.expression());
                let index = match (self.by_name, &expression) {
                    (Some(by_name), Some(expression)) => by_name(expression),
                    _ => Some(self.state.index(*place)),
                };
                match (index, expression) {
                    (Some(index), Some(expression)) => {
                        plan.columns.push(ColumnPlan { slot, cell: self.typed_cell(index, &expression) });
                    }
                    _ => plan.expire.push(slot),
                }
            }
            Some(Setup::Deferred) => plan.deferred.push(slot),
            Some(here @ (Setup::DeferredHere | Setup::RaisedHere)) => {
                let raiseload = *here == Setup::RaisedHere;
                plan.loaders.push((slot, Rc::new(StateLoader { lazy: None, raiseload, option: None })));
            }
            None => {
                let Some(column) = property.as_column() else { return Ok(()) };
                let found = column.columns.borrow().iter().find_map(|column| {
                    self.index_of(column, spec.adapter.as_ref()).map(|index| (index, column.clone()))
                });
                match found {
                    Some((index, column)) => {
                        plan.columns.push(ColumnPlan { slot, cell: self.typed_cell(index, &column) });
                    }
                    None if column.deferred.get() => plan.deferred.push(slot),
                    None => plan.expire.push(slot),
                }
            }
        }
        Ok(())
    }

    fn relationship(
        &mut self,
        plan: &mut InstancePlan,
        attribute: &Rc<Attribute>,
        property: &Rc<Property>,
        spec: &InstanceSpec,
    ) -> R<()> {
        let Some(slot) = attribute.slot() else { return Ok(()) };
        let relationship = relate::relationship(property);
        let own = relationship.lazy.get();
        if attribute.is_dynamic() {
            let (lazy, option) = self.state.strategies.relationship(&spec.path, property)?;
            let eager = matches!(lazy, Lazy::Joined | Lazy::Subquery | Lazy::SelectIn | Lazy::Immediate);
            if option.is_some_and(|option| !option.is_token()) && eager {
                return Err(errors::no_population(&property.description()));
            }
            return Ok(());
        }
        let (lazy, option) = self.state.strategies.relationship(&spec.path, property)?;
        let eager = self.state.options.enable_eagerloads;
        let refresh = self.state.options.refresh;
        let user_refresh = self.state.options.user_refresh;
        match lazy {
            Lazy::Joined if eager => {
                if let Some(inner) = spec.joined.get(&property.token()) {
                    let target = self.instance(&inner.mapper.clone(), inner)?;
                    if !target.key.is_empty() {
                        let uselist = relationship.uses_list();
                        self.joined_collection |= uselist;
                        self.next_join += 1;
                        let number = self.next_join;
                        let attribute = attribute.clone();
                        plan.joined.push(JoinedPlan { attribute, slot, uselist, plan: target, number });
                        return Ok(());
                    }
                }
                plan.lazy.push(slot);
            }
            Lazy::SelectIn | Lazy::Subquery | Lazy::Immediate if eager => {
                let kind = if refresh { Lazy::Immediate } else { lazy };
                let explicit = self.state.strategies.exact(&spec.path.through(property)).is_some();
                let whole = plan.load_path.through(property);
                let circular = !explicit
                    && match relationship.join_depth {
                        Some(depth) => whole.len() / 2 > depth as usize,
                        None => whole.contains_mapper(relationship.mapper()),
                    };
                if circular && kind != Lazy::Immediate {
                    plan.lazy.push(slot);
                    return Ok(());
                }
                let post =
                    Rc::new(PostPlan { attribute: attribute.clone(), kind, option, only_known: circular });
                if kind == Lazy::Subquery {
                    self.buffering = true;
                    plan.subqueries.push(post);
                } else {
                    self.has_post = true;
                    plan.post.push(post);
                }
            }
            Lazy::NoLoad => plan.noload.push(attribute.clone()),
            _ => {
                if user_refresh && plan.only_load {
                    self.has_post = true;
                    let attribute = attribute.clone();
                    let kind = Lazy::Immediate;
                    plan.post.push(Rc::new(PostPlan { attribute, kind, option, only_known: false }));
                    return Ok(());
                }
                let class_level = match own {
                    Lazy::Select | Lazy::Joined | Lazy::Subquery | Lazy::SelectIn | Lazy::Immediate => {
                        !matches!(lazy, Lazy::Raise | Lazy::RaiseOnSql)
                    }
                    other => other == lazy,
                };
                let with_criteria = option.as_ref().is_some_and(|option| !option.criteria.is_empty());
                if class_level && !with_criteria {
                    plan.lazy.push(slot);
                } else {
                    let loader = StateLoader { lazy: Some(lazy), raiseload: false, option };
                    plan.loaders.push((slot, Rc::new(loader)));
                }
            }
        }
        Ok(())
    }
}
