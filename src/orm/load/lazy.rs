//! Lazy loads: what happens when a relationship that is not loaded is read.
//!
//! Owns the statement of each relationship, made once, and lookups that need none. Must not know rows.
//! Mirrors `_LazyLoader` of `sqlalchemy/orm/strategies.py`.

use std::rc::Rc;

use super::Loaded;
use super::plan::StateLoader;
use super::rows::StateOptions;
use crate::orm::attribute::{self, Attribute, Passive};
use crate::orm::mapper::Mapper;
use crate::orm::query::cache::{self, CachedOrm};
use crate::orm::query::context::{CompileOptions, LoadOptions, OrmExtras};
use crate::orm::query::entity::OrmEntity;
use crate::orm::query::errors;
use crate::orm::query::execute::{self, Execution, Why};
use crate::orm::query::path::Path;
use crate::orm::query::relate::{self, LazyClause};
use crate::orm::relationship::Lazy;
use crate::orm::session::{self, Looked, Session};
use crate::orm::state::InstanceState;
use crate::python::value::{Gc, Host, Instance, R, Value};
use crate::sql::expr::{Bind, Expr, ExprKind, ExprNode};
use crate::sql::schema::Column;
use crate::sql::selectable::FromClause;
use crate::sql::statement::{LabelStyle, Select, SelectItem};

/// What a relationship's lazy loads share.
pub struct LazyRelationship {
    /// A lookup by the target's primary key: the parent's columns.
    pub get: Option<Vec<Rc<Column>>>,
    clause: LazyClause,
    /// The statement of objects that were loaded without options.
    plain: std::cell::OnceCell<Rc<CachedOrm>>,
}

/// The shared part of a relationship, made on first use.
pub fn of_attribute(attribute: &Attribute) -> Rc<LazyRelationship> {
    let cache = cache::of_mapper(&attribute.mapper());
    let key = (attribute.property.token(), 0);
    if let Some(known) = cache.lazy.borrow().get(&key)
        && let Ok(known) = known.clone().downcast::<LazyRelationship>()
    {
        return known;
    }
    let made = Rc::new(LazyRelationship {
        get: relate::get_columns(&attribute.property),
        clause: relate::lazy_clause(&attribute.property, false, None),
        plain: std::cell::OnceCell::new(),
    });
    cache.lazy.borrow_mut().insert(key, made.clone());
    made
}

/// How the attribute of this very object is loaded.
fn strategy_of(state: &InstanceState, attribute: &Attribute) -> (Lazy, Option<Rc<StateLoader>>) {
    let own = relate::relationship(&attribute.property).lazy.get();
    let slot = attribute.slot().unwrap_or(usize::MAX);
    let loader = state.peek_extra(|extra| {
        let found = extra.loaders.iter().find(|(known, _)| usize::from(*known) == slot);
        found.and_then(|(_, loader)| loader.clone().downcast::<StateLoader>().ok())
    });
    match loader.flatten() {
        Some(loader) => (loader.lazy.unwrap_or(own), Some(loader)),
        None => (own, None),
    }
}

/// Reads a relationship that is not loaded.
pub fn load_relationship(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
) -> R<Loaded> {
    let state = attribute::state_of(instance);
    let (lazy, loader) = strategy_of(state, attribute);
    if lazy == Lazy::NoLoad {
        return Ok(Loaded::Empty);
    }
    load(host, instance, attribute, passive, lazy, loader.as_deref(), None)
}

/// Loads at once what an eager loader wants.
pub fn load_now(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
    options: Option<(Rc<[Value]>, Path)>,
) -> R<()> {
    match load(host, instance, attribute, passive, Lazy::Select, None, options)? {
        Loaded::Value(value) => {
            attribute::set_committed_value(host, instance, attribute, value)?;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn load(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
    lazy: Lazy,
    loader: Option<&StateLoader>,
    given: Option<(Rc<[Value]>, Path)>,
) -> R<Loaded> {
    let state = attribute::state_of(instance);
    let relationship = relate::relationship(&attribute.property);
    let pending = !state.has_identity();
    if pending && (!relationship.load_on_pending || state.session_id() == 0) {
        return Ok(Loaded::Empty);
    }
    let shared = of_attribute(attribute);
    let criteria: &[Expr] =
        loader.and_then(|loader| loader.option.as_deref()).map_or(&[], |option| &option.criteria);
    let get = if criteria.is_empty() { shared.get.as_ref() } else { None };
    if (!passive.has(Passive::SQL_OK) && get.is_none())
        || (!passive.has(Passive::NON_PERSISTENT_OK) && pending)
    {
        return Ok(Loaded::NoResult);
    }
    let may_raise = !passive.has(Passive::NO_RAISE);
    if lazy == Lazy::Raise && may_raise && (get.is_none() || passive.has(Passive::RELATED_OBJECT_OK)) {
        return Err(errors::raise_load(&attribute.property.description(), "raise"));
    }
    let Some(session) = session::session_of(state) else {
        if passive.has(Passive::NO_RAISE) {
            return Ok(Loaded::NoResult);
        }
        let shown = super::state_text(instance);
        return Err(errors::detached_lazy_load(&shown, &attribute.key));
    };
    let slot = attribute.slot().unwrap_or(0);
    if let Some(columns) = get {
        let mut values = Vec::with_capacity(columns.len());
        for column in columns {
            let value = column_value(host, instance, column, passive)?;
            if matches!(value, Value::NotImplemented) {
                return Ok(Loaded::NoResult);
            }
            if value.is_unset() {
                return Ok(Loaded::NoValue);
            }
            values.push(value);
        }
        // A key of which only a part is NULL may be one.
        if values.iter().all(Value::is_none) {
            return Ok(Loaded::Value(Value::None));
        }
        if !instance.slot(slot).is_unset() && !passive.has(Passive::DEFERRED_HISTORY_LOAD) {
            return Ok(Loaded::WasSet);
        }
        let target = relationship.mapper();
        match session.lookup(host, target, &values, passive)? {
            Looked::Found(found) => {
                let fits = InstanceState::of(&found).is_some_and(|state| state.mapper().isa(target));
                return Ok(Loaded::Value(if fits { Value::Instance(found) } else { Value::None }));
            }
            Looked::Gone => return Ok(Loaded::Value(Value::None)),
            Looked::NotAllowed => return Ok(Loaded::NoResult),
            Looked::Missing => {}
        }
        if !passive.has(Passive::SQL_OK) || !passive.has(Passive::RELATED_OBJECT_OK) {
            return Ok(Loaded::NoResult);
        }
        if lazy == Lazy::RaiseOnSql && may_raise {
            return Err(errors::raise_load(&attribute.property.description(), "raise_on_sql"));
        }
        let (options, path) = state_options(state, attribute, given);
        let why = Why::of("lazy load", &attribute.mapper().class_name, &attribute.key);
        let autoflush = !pending && !passive.has(Passive::NO_AUTOFLUSH);
        let found = super::refresh::load_key(host, &session, target, &values, options, path, why, autoflush)?;
        return Ok(Loaded::Value(found.map_or(Value::None, Value::Instance)));
    }
    // The values that the statement compares with.
    let mut values: Vec<Value> = Vec::with_capacity(shared.clause.binds.len());
    for (column, _) in &shared.clause.binds {
        values.push(column_value(host, instance, column, passive.without(Passive::INIT_OK))?);
    }
    if !instance.slot(slot).is_unset() && !passive.has(Passive::DEFERRED_HISTORY_LOAD) {
        return Ok(Loaded::WasSet);
    }
    if values.iter().any(attribute::is_no_state) || (pending && values.iter().any(Value::is_none)) {
        let nothing = if relationship.uses_list() { Value::list(Vec::new()) } else { Value::None };
        return Ok(Loaded::Value(nothing));
    }
    if lazy == Lazy::RaiseOnSql && may_raise {
        return Err(errors::raise_load(&attribute.property.description(), "raise_on_sql"));
    }
    let options = state_options(state, attribute, given);
    let autoflush = !pending && !passive.has(Passive::NO_AUTOFLUSH);
    emit(host, &session, attribute, &shared, &values, options, criteria, autoflush)
}

type StatementOptions = (Option<Rc<[Value]>>, Path);

/// The options that the object was loaded with, and the path on which they go on.
fn state_options(
    state: &InstanceState,
    attribute: &Attribute,
    given: Option<(Rc<[Value]>, Path)>,
) -> StatementOptions {
    if let Some((options, path)) = given {
        return (Some(options), path.through(&attribute.property));
    }
    let kept = state.peek_extra(|extra| {
        extra.load_options.clone().and_then(|options| options.downcast::<StateOptions>().ok())
    });
    match kept.flatten() {
        Some(kept) => (Some(kept.options.clone()), kept.path.through(&attribute.property)),
        None => (None, OrmEntity::Mapper(state.mapper().clone()).path().through(&attribute.property)),
    }
}

/// The value of a parent's column, as the object holds it.
pub fn column_value(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    column: &Rc<Column>,
    passive: Passive,
) -> R<Value> {
    let mapper = attribute::state_of(instance).mapper().clone();
    let Some(attribute) = attribute_of(&mapper, column) else { return Ok(Value::None) };
    if passive.has(Passive::LOAD_AGAINST_COMMITTED) {
        return attribute::committed_value(host, instance, &attribute, passive);
    }
    attribute::fetch(host, instance, &attribute, passive)
}

fn attribute_of(mapper: &Rc<Mapper>, column: &Rc<Column>) -> Option<Rc<Attribute>> {
    mapper.attribute_of_column(column).or_else(|| {
        mapper.iterate_to_root().iter().skip(1).find_map(|parent| {
            let found = parent.attribute_of_column(column)?;
            mapper.attribute_named(&found.key)
        })
    })
}

/// The select of a lazy load.
fn lazy_select(
    attribute: &Attribute,
    clause: &LazyClause,
    options: &StatementOptions,
    criteria: &[Expr],
) -> Rc<Select> {
    let property = &attribute.property;
    let setup = relate::relationship(property).setup();
    let entity = OrmEntity::Mapper(setup.mapper.clone());
    let mut select = Select::new(vec![SelectItem::Entity(entity.into_dyn())]);
    select.label_style = LabelStyle::None;
    let compile = CompileOptions {
        current_path: options.1.clone(),
        lazy_reverse: Some(property.clone()),
        ..CompileOptions::default()
    };
    let mut extras = OrmExtras { compile, ..OrmExtras::default() };
    extras.load.invoke_all_eagers = Some(false);
    if let Some(table) = &setup.secondary {
        select.from =
            vec![crate::orm::query::assemble::selectable_of(&entity), FromClause::Table(table.clone())];
        extras.from_entities = vec![entity];
    }
    select.where_ = vec![clause.criterion.clone()];
    select.where_.extend(criteria.iter().cloned());
    select.order_by = setup.order_by.clone();
    if let Some(options) = &options.0 {
        select.options = options.to_vec();
    }
    select.orm = Some(Rc::new(extras));
    Rc::new(select)
}

#[expect(clippy::too_many_arguments, reason = "the parts of one load")]
fn emit(
    host: &mut dyn Host,
    session: &Rc<Session>,
    attribute: &Attribute,
    shared: &Rc<LazyRelationship>,
    values: &[Value],
    options: StatementOptions,
    criteria: &[Expr],
    autoflush: bool,
) -> R<Loaded> {
    let plain = options.0.is_none() && criteria.is_empty();
    let (cached, binds) = match shared.plain.get().filter(|_| plain) {
        Some(cached) => (cached.clone(), bound(&shared.clause, values)),
        None => {
            let select = lazy_select(attribute, &shared.clause, &options, criteria);
            let known: Vec<Rc<Bind>> =
                shared.clause.binds.iter().filter_map(|(_, bind)| bind_of(bind)).collect();
            if plain {
                let cached = Rc::new(execute::compile_select(host, &select, Some(&known))?);
                let _ = shared.plain.set(cached.clone());
                (cached, bound(&shared.clause, values))
            } else {
                let (cached, binds) = execute::prepare(host, &select)?;
                let valued = bound(&shared.clause, values);
                let with_value = |bind: Rc<Bind>| {
                    let place = known.iter().position(|known| Rc::ptr_eq(known, &bind));
                    place.map_or(bind, |place| valued[place].clone())
                };
                (cached, binds.unwrap_or_default().into_iter().map(with_value).collect())
            }
        }
    };
    let mut execution =
        Execution::new(session, Why::of("lazy load", &attribute.mapper().class_name, &attribute.key));
    execution.autoflush = autoflush;
    execution.load = LoadOptions { invoke_all_eagers: Some(false), ..LoadOptions::default() };
    let mut found: Vec<Value> = Vec::new();
    execute::run(host, &cached, Some(&binds), execution, &mut |_, row| {
        found.append(row);
        Ok(())
    })?;
    if cached.plan().requires_unique || cached.state.statement.from.len() > 1 {
        let mut seen = rustc_hash::FxHashSet::default();
        found.retain(|value| seen.insert(value.id()));
    }
    if attribute.is_collection() {
        return Ok(Loaded::Value(Value::list(found)));
    }
    if found.len() > 1 {
        let text = format!(
            "Multiple rows returned with uselist=False for lazily-loaded attribute '{}' ",
            attribute.property.description()
        );
        host.warn(&crate::sql::exc::SA_WARNING, &text)?;
    }
    Ok(Loaded::Value(found.into_iter().next().unwrap_or(Value::None)))
}

fn bind_of(expr: &Expr) -> Option<Rc<Bind>> {
    match &expr.kind {
        ExprKind::Bind(bind) => Some(bind.clone()),
        _ => None,
    }
}

/// The clause's parameters with the values of one object.
fn bound(clause: &LazyClause, values: &[Value]) -> Vec<Rc<Bind>> {
    let with_value = |((_, bind), value): (&(Rc<Column>, Expr), &Value)| {
        let known = bind_of(bind)?;
        let mut copy = crate::sql::operate::copy_bind(&known);
        copy.value = value.clone();
        Some(Rc::new(copy))
    };
    clause.binds.iter().zip(values).filter_map(with_value).collect()
}

/// The criterion of a lazy load with an object's values in it, for dynamic relationships and `with_parent`; the
/// values are asked of the object when the statement runs.
pub fn criterion_for(instance: &Gc<Instance>, attribute: &Attribute, alias_secondary: bool) -> Expr {
    let shared = of_attribute(attribute);
    let _ = alias_secondary;
    let value = Value::Instance(instance.clone());
    crate::sql::traverse::replace(&shared.clause.criterion, &mut |node| {
        let ExprKind::Bind(bind) = &node.kind else { return None };
        let (column, _) = shared
            .clause
            .binds
            .iter()
            .find(|(_, known)| matches!(&known.kind, ExprKind::Bind(known) if Rc::ptr_eq(known, bind)))?;
        let mut copy = crate::sql::operate::copy_bind(bind);
        copy.callable = super::state_value::callable(&value, column);
        Some(ExprNode::new(ExprKind::Bind(Rc::new(copy)), node.ty()))
    })
}
