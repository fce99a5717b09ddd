//! Loaders that run behind the rows: selectin, immediate, and the tables of subclasses.
//!
//! Owns the queue of objects that wait for them, and running it breadth first. Must not know rows.
//! Mirrors `_PostLoad` of `loading.py` and `_SelectInLoader` of `strategies.py`.
//!
//! ```text
//!   rows of Form ──> queue: Form.pupils ──> one SELECT ... IN (...) ──> rows of Pupil ──> queue: Pupil.marks ──> ...
//! ```

use std::cell::RefCell;
use std::rc::Rc;

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::keyed::KeyedRows;
use super::plan::{InstancePlan, PostPlan};
use crate::orm::attribute::{self, Passive};
use crate::orm::mapper::Mapper;
use crate::orm::query::cache::CachedOrm;
use crate::orm::query::context::{CompileOptions, LoadOptions, OrmExtras};
use crate::orm::query::entity::{AliasedEntity, OrmEntity};
use crate::orm::query::execute::{self, Execution, Why};
use crate::orm::query::path::Path;
use crate::orm::query::relate;
use crate::orm::relationship::{Direction, Lazy};
use crate::orm::session::Session;
use crate::orm::state::InstanceState;
use crate::python::value::{Gc, Host, Instance, R, Value};
use crate::sql::entity::Element;
use crate::sql::expr::{self, Bind, Expr, ExprKind, ExprNode};
use crate::sql::operators::Op;
use crate::sql::selectable::FromClause;
use crate::sql::statement::{LabelStyle, Select, SelectItem, SetupJoin};
use crate::sql::{operate, types};

/// What a run of a statement lends to the loaders that follow it.
pub struct Inputs {
    pub session: Rc<Session>,
    pub options: Rc<[Value]>,
    pub propagates: bool,
    pub propagated: Rc<[Value]>,
    pub populate_existing: bool,
    pub cached: Rc<CachedOrm>,
    /// The values that the statement ran with, slot by slot, before conversion.
    pub raw: Vec<Value>,
    pub is_refresh: bool,
    /// The statement that began a chain of subquery loads, and the path so far.
    pub subquery_root: Option<Rc<super::subquery::SubqueryRoot>>,
}

enum Loader {
    Relationship(Rc<PostPlan>),
    Subclass(Rc<Mapper>),
}

/// An instance that waits for something, and whether what is loaded goes over what it has.
type Target = (Gc<Instance>, bool);

struct Waiting {
    token: usize,
    /// Only objects of this mapper.
    limit: Rc<Mapper>,
    loader: Loader,
    inputs: Rc<Inputs>,
}

#[derive(Default)]
struct Entry {
    states: IndexMap<usize, Target, FxBuildHasher>,
    loaders: Vec<Waiting>,
}

/// The objects that wait, by the path on which they were loaded.
#[derive(Default)]
pub struct PostQueue {
    entries: IndexMap<Path, Entry, FxBuildHasher>,
    /// The entry of each plan.
    places: FxHashMap<usize, usize>,
}

impl PostQueue {
    /// Makes room for the loaders of a plan.
    pub fn register(&mut self, plan: &Rc<InstancePlan>, inputs: &Rc<Inputs>) -> Option<usize> {
        if plan.post.is_empty() && plan.selectin_subclasses.is_empty() {
            return None;
        }
        let key = Rc::as_ptr(plan) as usize;
        if let Some(place) = self.places.get(&key) {
            return Some(*place);
        }
        let entry = self.entries.entry(plan.load_path.clone());
        let place = entry.index();
        let entry = entry.or_default();
        for sub in &plan.selectin_subclasses {
            let token = Rc::as_ptr(sub) as usize;
            if !entry.loaders.iter().any(|known| known.token == token) {
                let loader = Loader::Subclass(sub.clone());
                entry.loaders.push(Waiting { token, limit: sub.clone(), loader, inputs: inputs.clone() });
            }
        }
        for post in &plan.post {
            let token = post.attribute.property.token();
            if !entry.loaders.iter().any(|known| known.token == token) {
                let limit = post.attribute.property.parent();
                let loader = Loader::Relationship(post.clone());
                entry.loaders.push(Waiting { token, limit, loader, inputs: inputs.clone() });
            }
        }
        self.places.insert(key, place);
        Some(place)
    }

    /// An object waits for the loaders of its plan.
    pub fn add(
        &mut self,
        plan: &Rc<InstancePlan>,
        inputs: &Rc<Inputs>,
        instance: &Gc<Instance>,
        overwrite: bool,
    ) {
        if let Some(place) = self.register(plan, inputs)
            && let Some((_, entry)) = self.entries.get_index_mut(place)
        {
            entry.states.insert(Gc::address(instance), (instance.clone(), overwrite));
        }
    }

    /// Runs the loaders, and those of what they load, until nothing waits.
    pub fn drain(host: &mut dyn Host, queue: &Rc<RefCell<PostQueue>>) -> R<()> {
        loop {
            let taken = std::mem::take(&mut *queue.borrow_mut());
            if taken.entries.is_empty() {
                return Ok(());
            }
            for (path, entry) in taken.entries {
                if entry.states.is_empty() {
                    continue;
                }
                for waiting in &entry.loaders {
                    let states: Vec<Target> = entry
                        .states
                        .values()
                        .filter(|(instance, _)| {
                            InstanceState::of(instance)
                                .is_some_and(|state| state.mapper().isa(&waiting.limit))
                        })
                        .cloned()
                        .collect();
                    if states.is_empty() {
                        continue;
                    }
                    match &waiting.loader {
                        Loader::Relationship(post) => match post.kind {
                            Lazy::Immediate => immediate(host, waiting, post, &path, &states)?,
                            _ => selectin(host, waiting, post, &path, &states, queue)?,
                        },
                        Loader::Subclass(mapper) => {
                            subclass(host, waiting, mapper, &path, &states, queue)?;
                        }
                    }
                }
            }
        }
    }
}

fn immediate(
    host: &mut dyn Host,
    waiting: &Waiting,
    post: &PostPlan,
    path: &Path,
    states: &[Target],
) -> R<()> {
    let passive = if post.only_known {
        Passive::NO_FETCH_RELATED.with(Passive::NO_RAISE)
    } else {
        Passive::OFF.with(Passive::NO_RAISE)
    };
    for (instance, overwrite) in states {
        let slot = post.attribute.slot().unwrap_or(0);
        if !*overwrite && !instance.slot(slot).is_unset() {
            continue;
        }
        let state = attribute::state_of(instance);
        let attribute = state.mapper().attribute_named(&post.attribute.key).unwrap_or(post.attribute.clone());
        let options = waiting.inputs.options.clone();
        super::lazy::load_now(host, instance, &attribute, passive, Some((options, path.clone())))?;
    }
    Ok(())
}

/// `SELECT ... WHERE key IN (...)`, and where the keys of its rows stand.
struct SelectinQuery {
    select: Rc<Select>,
    n_key: usize,
    /// The key is the target's own: the parent's columns that refer to it.
    via_child: Option<Vec<Rc<crate::sql::schema::Column>>>,
}

const CHUNK: usize = 500;

fn selectin(
    host: &mut dyn Host,
    waiting: &Waiting,
    post: &PostPlan,
    path: &Path,
    states: &[Target],
    queue: &Rc<RefCell<PostQueue>>,
) -> R<()> {
    let query = selectin_query(waiting, post, path)?;
    let chunk =
        post.option.as_ref().and_then(|option| option.local.chunksize).map_or(CHUNK, |n| n.max(1) as usize);
    match &query.via_child {
        Some(columns) => via_child(host, waiting, post, states, queue, &query, columns, chunk),
        None => via_parent(host, waiting, post, states, queue, &query, chunk),
    }
}

fn run_chunk(
    host: &mut dyn Host,
    waiting: &Waiting,
    post: &PostPlan,
    query: &SelectinQuery,
    queue: &Rc<RefCell<PostQueue>>,
    keys: Vec<Value>,
) -> R<KeyedRows> {
    let mut rows = KeyedRows::default();
    let keys = Value::list(keys);
    let given = move |name: &str| (name == "primary_keys").then(|| keys.clone());
    let owner = post.attribute.property.parent();
    let mut execution =
        Execution::new(&waiting.inputs.session, Why::of("selectin", &owner.class_name, &post.attribute.key));
    execution.given = &given;
    execution.load =
        LoadOptions { populate_existing: waiting.inputs.populate_existing, ..LoadOptions::default() };
    execution.queue = Some(queue.clone());
    let (cached, binds) = execute::prepare(host, &query.select)?;
    let n_key = query.n_key;
    execute::run(host, &cached, binds.as_deref(), execution, &mut |host, row| {
        let member = row.pop().unwrap_or(Value::None);
        let key =
            if n_key == 1 { row.pop().unwrap_or(Value::None) } else { Value::tuple(std::mem::take(row)) };
        rows.push(host, key, member)
    })?;
    Ok(rows)
}

fn via_parent(
    host: &mut dyn Host,
    waiting: &Waiting,
    post: &PostPlan,
    states: &[Target],
    queue: &Rc<RefCell<PostQueue>>,
    query: &SelectinQuery,
    chunk: usize,
) -> R<()> {
    for states in states.chunks(chunk) {
        let keys = states.iter().map(|(instance, _)| attribute::state_of(instance).ident()).collect();
        let mut rows = run_chunk(host, waiting, post, query, queue, keys)?;
        for (instance, overwrite) in states {
            let members = rows.take(host, &attribute::state_of(instance).ident())?;
            put(host, post, instance, *overwrite, members)?;
        }
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the parts of one load")]
fn via_child(
    host: &mut dyn Host,
    waiting: &Waiting,
    post: &PostPlan,
    states: &[Target],
    queue: &Rc<RefCell<PostQueue>>,
    query: &SelectinQuery,
    columns: &[Rc<crate::sql::schema::Column>],
    chunk: usize,
) -> R<()> {
    let mut wanted: Vec<(Value, Vec<Target>)> = Vec::new();
    let mut places = KeyedRows::default();
    for (instance, overwrite) in states {
        let mut key = Vec::with_capacity(columns.len());
        for column in columns {
            let mapper = attribute::state_of(instance).mapper().clone();
            let value = match mapper.attribute_of_column(column) {
                Some(attribute) => attribute::fetch(host, instance, &attribute, Passive::NO_FETCH)?,
                None => Value::None,
            };
            key.push(value);
        }
        if key.iter().any(|value| value.is_none() || attribute::is_no_state(value)) {
            put(host, post, instance, *overwrite, Vec::new())?;
            continue;
        }
        let key = if key.len() == 1 { key.remove(0) } else { Value::tuple(key) };
        match places.first(host, &key)? {
            Some(Value::Int(place)) => wanted[place as usize].1.push((instance.clone(), *overwrite)),
            _ => {
                places.push(host, key.clone(), Value::Int(wanted.len() as i64))?;
                wanted.push((key, vec![(instance.clone(), *overwrite)]));
            }
        }
    }
    for part in wanted.chunks(chunk) {
        let keys = part.iter().map(|(key, _)| key.clone()).collect();
        let rows = run_chunk(host, waiting, post, query, queue, keys)?;
        for (key, instances) in part {
            let member = rows.first(host, key)?;
            for (instance, overwrite) in instances {
                put(host, post, instance, *overwrite, member.iter().cloned().collect())?;
            }
        }
    }
    Ok(())
}

/// Puts what was loaded into the attribute.
pub fn put(
    host: &mut dyn Host,
    post: &PostPlan,
    instance: &Gc<Instance>,
    overwrite: bool,
    members: Vec<Value>,
) -> R<()> {
    let mapper = attribute::state_of(instance).mapper().clone();
    let own = if Rc::ptr_eq(&mapper, &post.attribute.mapper()) {
        post.attribute.clone()
    } else {
        mapper.attribute_named(&post.attribute.key).unwrap_or_else(|| post.attribute.clone())
    };
    let slot = own.slot().unwrap_or(0);
    if !overwrite && !instance.slot(slot).is_unset() {
        return Ok(());
    }
    let value = if own.is_collection() {
        Value::list(members)
    } else {
        members.into_iter().next().unwrap_or(Value::None)
    };
    attribute::set_committed_value(host, instance, &own, value)?;
    Ok(())
}

fn selectin_query(waiting: &Waiting, post: &PostPlan, path: &Path) -> R<SelectinQuery> {
    let property = &post.attribute.property;
    let relationship = relate::relationship(property);
    let setup = relationship.setup();
    let parent = property.parent();
    let strategies = &waiting.inputs.cached.state.strategies;
    let of_type = strategies.of_type(&path.through(property)).cloned();
    let entity = of_type.unwrap_or_else(|| OrmEntity::Mapper(setup.mapper.clone()));
    let compile = CompileOptions { current_path: path.through(property), ..CompileOptions::default() };
    let mut extras = OrmExtras { compile, ..OrmExtras::default() };
    let criteria: Vec<Expr> = post.option.as_ref().map(|option| option.criteria.clone()).unwrap_or_default();
    let child_key = match setup.direction {
        Direction::ManyToOne => relate::get_columns(property),
        _ => None,
    };
    let annotated = |column: &Rc<crate::sql::schema::Column>| relate::annotated(&entity, column);
    let omit = relationship.omit_join != Some(false);
    let (keys, select) = if let (Some(_), true) = (&child_key, omit) {
        let keys: Vec<Expr> = setup.mapper.primary_key.iter().map(annotated).collect();
        (keys, Vec::new())
    } else {
        let referring = if omit && (setup.secondaryjoin.is_none() || !setup.self_referential) {
            relate::referring_columns(property, &parent)
        } else {
            None
        };
        match (referring, &setup.secondaryjoin) {
            (Some(columns), None) if setup.direction != Direction::ManyToOne => {
                (columns.iter().map(annotated).collect(), Vec::new())
            }
            (Some(columns), Some(secondaryjoin)) => {
                let keys: Vec<Expr> = columns.iter().map(expr::column).collect();
                let table = setup.secondary.clone().map(FromClause::Table);
                let on = match entity.adapter() {
                    Some(adapter) => adapter.adapt(&secondaryjoin.expr),
                    None => secondaryjoin.expr.clone(),
                };
                let join = SetupJoin {
                    target: Element::Entity(entity.into_dyn()),
                    onclause: Some(Element::Expr(on)),
                    left: table.clone().map(Element::From),
                    isouter: false,
                    full: false,
                };
                (keys, vec![(table, join)])
            }
            _ => return Ok(joined_query(waiting, post, &entity, extras, criteria)),
        }
    };
    let mut items: Vec<SelectItem> = keys.iter().cloned().map(SelectItem::Expr).collect();
    items.push(SelectItem::Entity(entity.into_dyn()));
    let mut query = Select::new(items);
    query.label_style = LabelStyle::None;
    match select.into_iter().next() {
        Some((Some(table), join)) => {
            query.from = vec![table];
            query.joins = vec![join];
        }
        _ => {
            query.from = vec![crate::orm::query::assemble::selectable_of(&entity)];
            extras.from_entities = vec![entity.clone()];
        }
    }
    query.where_ = vec![in_keys(&keys)];
    query.where_.extend(criteria);
    query.order_by = match entity.adapter() {
        Some(adapter) => adapter.adapt_all(&setup.order_by),
        None => setup.order_by.clone(),
    };
    query.options = waiting.inputs.options.to_vec();
    query.orm = Some(Rc::new(extras));
    let n_key = keys.len();
    let via_child = if omit { child_key } else { None };
    Ok(SelectinQuery { select: Rc::new(query), n_key, via_child })
}

/// Where the keys are not the target's own columns: an alias of the parent joined to the target.
fn joined_query(
    waiting: &Waiting,
    post: &PostPlan,
    entity: &OrmEntity,
    mut extras: OrmExtras,
    criteria: Vec<Expr>,
) -> SelectinQuery {
    let property = &post.attribute.property;
    let setup = relate::relationship(property).setup();
    let parent = property.parent();
    let alias = AliasedEntity::anonymous(&parent, false);
    let from = OrmEntity::Alias(alias);
    let keys: Vec<Expr> = parent.primary_key.iter().map(|column| relate::annotated(&from, column)).collect();
    let mut items: Vec<SelectItem> = keys.iter().cloned().map(SelectItem::Expr).collect();
    items.push(SelectItem::Entity(entity.into_dyn()));
    let mut query = Select::new(items);
    query.label_style = LabelStyle::None;
    query.from = vec![from.selectable()];
    let attribute = crate::orm::query::element::relationship_value(&post.attribute, &from, Some(entity));
    query.joins = vec![SetupJoin {
        target: Element::Orm(attribute),
        onclause: None,
        left: None,
        isouter: false,
        full: false,
    }];
    query.where_ = vec![in_keys(&keys)];
    query.where_.extend(criteria);
    query.options = waiting.inputs.options.to_vec();
    extras.from_entities = vec![from];
    extras.compile.eager_order_by = setup.order_by.clone();
    query.orm = Some(Rc::new(extras));
    SelectinQuery { select: Rc::new(query), n_key: keys.len(), via_child: None }
}

/// `key IN (primary_keys)`, the list given when the statement runs.
pub fn in_keys(keys: &[Expr]) -> Expr {
    let mut bind = Bind::named(crate::python::value::intern("primary_keys"), Value::None);
    bind.expanding = true;
    bind.expand_op = Some(Op::In);
    bind.required = true;
    match keys {
        [key] => {
            let bind = bind.into_expr(key.ty());
            operate::binary_node(
                key,
                Op::In.into(),
                &bind,
                types::boolean(),
                None,
                operate::Modifiers::default(),
            )
        }
        several => {
            let ty = types::TypeNode::new(
                "TupleType",
                types::TypeKind::Tuple(several.iter().map(|key| key.ty()).collect()),
            );
            let left = ExprNode::new(ExprKind::Tuple(several.to_vec()), ty.clone());
            let bind = bind.into_expr(ty);
            operate::binary_node(
                &left,
                Op::In.into(),
                &bind,
                types::boolean(),
                None,
                operate::Modifiers::default(),
            )
        }
    }
}

/// `selectin_polymorphic`: the columns that a subclass adds, for the objects that are of it.
fn subclass(
    host: &mut dyn Host,
    waiting: &Waiting,
    mapper: &Rc<Mapper>,
    path: &Path,
    states: &[Target],
    queue: &Rc<RefCell<PostQueue>>,
) -> R<()> {
    let entity = OrmEntity::Mapper(mapper.clone());
    let base = mapper.base_mapper();
    let keys: Vec<Expr> = base.primary_key.iter().map(expr::column).collect();
    let mut only: Vec<usize> = Vec::new();
    let inherited = mapper.inherits.clone();
    for attribute in mapper.attributes() {
        let property = &attribute.property;
        let known = inherited.as_ref().and_then(|parent| parent.attribute_named(&attribute.key));
        let is_key = property
            .as_column()
            .is_some_and(|column| column.table_columns().iter().any(|column| column.primary_key.get()));
        let is_discriminator = mapper.polymorphic_on().and_then(|on| on.key).as_ref() == Some(&attribute.key);
        if known.is_none_or(|known| !Rc::ptr_eq(&known.property, property)) || is_key || is_discriminator {
            only.push(property.token());
        }
    }
    for states in states.chunks(CHUNK) {
        let mut query = Select::new(vec![SelectItem::Entity(entity.into_dyn())]);
        query.where_ = vec![in_keys(&keys)];
        query.label_style = crate::sql::statement::LabelStyle::TablenamePlusCol;
        query.options = waiting.inputs.options.to_vec();
        let mut extras = OrmExtras::default();
        extras.compile.only_load = Some(only.clone().into());
        extras.compile.current_path = path.parent();
        query.orm = Some(Rc::new(extras));
        let list =
            Value::list(states.iter().map(|(instance, _)| attribute::state_of(instance).ident()).collect());
        let given = move |name: &str| (name == "primary_keys").then(|| list.clone());
        let mut execution = Execution::new(
            &waiting.inputs.session,
            Why { what: "selectin", class: Some(mapper.class_name.clone()), key: None },
        );
        execution.given = &given;
        execution.queue = Some(queue.clone());
        execution.load.populate_existing = waiting.inputs.populate_existing;
        let (cached, binds) = execute::prepare(host, &Rc::new(query))?;
        execute::run(host, &cached, binds.as_deref(), execution, &mut |_, _| Ok(()))?;
    }
    Ok(())
}
