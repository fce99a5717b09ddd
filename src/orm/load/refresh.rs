//! Loading by primary key: `get`, refreshing what is expired, deferred columns.
//!
//! Owns the statements for one row, made once for each mapper. Must not know sessions' rules of expiry.
//! Mirrors `_load_on_pk_identity` and `_load_scalar_attributes` of `sqlalchemy/orm/loading.py`.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use rustc_hash::FxHasher;

use super::Loaded;
use super::plan::StateLoader;
use super::rows::StateOptions;
use crate::orm::attribute::{self, Attribute, Passive};
use crate::orm::history;
use crate::orm::mapper::{InheritanceKind, Mapper};
use crate::orm::query::cache::{self, CachedOrm};
use crate::orm::query::context::{CompileOptions, LoadOptions, OrmExtras};
use crate::orm::query::entity::OrmEntity;
use crate::orm::query::errors;
use crate::orm::query::execute::{self, Execution, Why};
use crate::orm::query::path::Path;
use crate::orm::query::relate;
use crate::orm::session::{self, IdentLoad, Session};
use crate::orm::state::Flag;
use crate::python::value::{Gc, Host, Instance, R, Str, Value, intern};
use crate::sql::expr::{self, Bind, Expr, ExprKind};
use crate::sql::operate;
use crate::sql::selectable::FromClause;
use crate::sql::statement::{ForUpdate, LabelStyle, Select, SelectItem};
use crate::sql::traverse;

/// What distinguishes one load by key from another.
#[derive(Default)]
struct KeyLoad {
    only: Option<Rc<[usize]>>,
    refresh: bool,
    user_refresh: bool,
    options: Option<Rc<[Value]>>,
    path: Option<Path>,
    for_update: Option<ForUpdate>,
    /// A lazy load, whose columns are never labelled.
    lazy: bool,
}

impl KeyLoad {
    /// A number for the variants that are kept; None for those that are not.
    fn variant(&self) -> Option<u64> {
        let has_options = self.options.as_ref().is_some_and(|options| !options.is_empty());
        if has_options || self.for_update.is_some() || self.path.as_ref().is_some_and(|path| !path.is_empty())
        {
            return None;
        }
        let mut hasher = FxHasher::default();
        self.only.hash(&mut hasher);
        (self.refresh, self.user_refresh, self.lazy).hash(&mut hasher);
        Some(hasher.finish())
    }
}

/// `SELECT ... WHERE key = ?`, and its parameters in the order of the key.
fn key_select(mapper: &Rc<Mapper>, load: &KeyLoad, values: &[Value]) -> (Rc<Select>, Vec<Rc<Bind>>) {
    let entity = OrmEntity::Mapper(mapper.clone());
    let mut select = Select::new(vec![SelectItem::Entity(entity.into_dyn())]);
    let mut binds = Vec::new();
    let mut clauses = Vec::new();
    for (index, column) in mapper.primary_key.iter().enumerate() {
        let column_expr = expr::column(column);
        let value = values.get(index).cloned().unwrap_or(Value::None);
        if value.is_none() && values.len() > 1 {
            let null = expr::null();
            if let Ok(is_null) = operate::compare(crate::sql::operators::Op::Eq.into(), &column_expr, &null) {
                clauses.push(is_null);
            }
            continue;
        }
        let bind = Rc::new(Bind::anonymous(Str::new("pk"), value));
        binds.push(bind.clone());
        let bind = expr::ExprNode::new(ExprKind::Bind(bind), column.ty());
        clauses.push(operate::equals(&column_expr, &bind));
    }
    select.where_ = relate::all_of(clauses).into_iter().collect();
    let compile = CompileOptions {
        refresh: load.refresh,
        user_refresh: load.user_refresh,
        only_load: load.only.clone(),
        current_path: load.path.clone().unwrap_or_else(Path::root),
        ..CompileOptions::default()
    };
    let extras = OrmExtras { compile, ..OrmExtras::default() };
    if let Some(options) = &load.options {
        select.options = options.to_vec();
    }
    if load.lazy {
        select.label_style = LabelStyle::None;
    }
    select.for_update = load.for_update.clone();
    select.orm = Some(Rc::new(extras));
    (Rc::new(select), binds)
}

fn prepared(
    host: &mut dyn Host,
    mapper: &Rc<Mapper>,
    load: &KeyLoad,
    values: &[Value],
) -> R<(Rc<CachedOrm>, Vec<Rc<Bind>>)> {
    let partial = values.len() > 1 && values.iter().any(Value::is_none);
    let variant = load.variant().filter(|_| !partial);
    let Some(variant) = variant else {
        let (select, _) = key_select(mapper, load, values);
        let (cached, binds) = execute::prepare(host, &select)?;
        return Ok((cached, binds.unwrap_or_default()));
    };
    let kept = cache::of_mapper(mapper);
    let known = kept.by_key.borrow().get(&variant).cloned();
    let cached = match known {
        Some(cached) => cached,
        None => {
            let (select, binds) = key_select(mapper, load, values);
            let cached = Rc::new(execute::compile_select(host, &select, Some(&binds))?);
            // Compiling may have configured mappers, which empties the caches.
            cache::of_mapper(mapper).by_key.borrow_mut().insert(variant, cached.clone());
            cached
        }
    };
    let binds = values.iter().map(|value| Rc::new(Bind::anonymous(Str::new("pk"), value.clone()))).collect();
    Ok((cached, binds))
}

fn run_one(
    host: &mut dyn Host,
    cached: &Rc<CachedOrm>,
    binds: &[Rc<Bind>],
    execution: Execution<'_>,
) -> R<Option<Gc<Instance>>> {
    let mut found: Option<Gc<Instance>> = None;
    execute::run(host, cached, Some(binds), execution, &mut |_, row| {
        if let Some(Value::Instance(instance)) = row.first()
            && found.is_none()
        {
            found = Some(instance.clone());
        }
        Ok(())
    })?;
    Ok(found)
}

/// The object of a key, for a lazy load that found none in the session.
#[expect(clippy::too_many_arguments, reason = "the parts of one load")]
pub fn load_key(
    host: &mut dyn Host,
    session: &Rc<Session>,
    mapper: &Rc<Mapper>,
    values: &[Value],
    options: Option<Rc<[Value]>>,
    path: Path,
    why: Why,
    autoflush: bool,
) -> R<Option<Gc<Instance>>> {
    let load = KeyLoad { path: options.as_ref().map(|_| path), options, lazy: true, ..KeyLoad::default() };
    let (cached, binds) = prepared(host, mapper, &load, values)?;
    let mut execution = Execution::new(session, why);
    execution.autoflush = autoflush;
    execution.load.invoke_all_eagers = Some(false);
    run_one(host, &cached, &binds, execution)
}

/// The load that a session asks for: `get`, `refresh`.
pub fn load_on_ident(host: &mut dyn Host, request: IdentLoad<'_>) -> R<Option<Gc<Instance>>> {
    let session = request.session.rc();
    let only = match request.only {
        Some(names) => Some(wanted_of(host, &request, names)?),
        None => None,
    };
    let mut load = KeyLoad {
        only,
        refresh: request.refresh.is_some(),
        user_refresh: request.is_user_refresh,
        options: (!request.options.is_empty()).then(|| request.options.into()),
        path: None,
        for_update: request.with_for_update.map(for_update),
        lazy: false,
    };
    if let Some(instance) = request.refresh
        && let Some(kept) = options_of(instance)
    {
        load.path = Some(kept.path.parent());
        load.options = Some(kept.options.clone());
    }
    let (cached, binds) = prepared(host, request.mapper, &load, request.values)?;
    let what = if request.refresh.is_some() { "refresh" } else { "get" };
    let why = Why { what, class: Some(request.mapper.class_name.clone()), key: None };
    let mut execution = Execution::new(&session, why);
    execution.autoflush = false;
    execution.load = LoadOptions { populate_existing: request.populate_existing, ..LoadOptions::default() };
    execution.refresh = request.refresh.cloned();
    run_one(host, &cached, &binds, execution)
}

/// The attributes that a load is for. A relationship is loaded along with the key of its row.
fn wanted_of(host: &mut dyn Host, request: &IdentLoad<'_>, names: &[Str]) -> R<Rc<[usize]>> {
    let named: Vec<Rc<Attribute>> =
        names.iter().filter_map(|name| request.mapper.attribute_named(&intern(name))).collect();
    let mut wanted: Vec<usize> = named.iter().map(|attribute| attribute.property.token()).collect();
    let Some(instance) = request.refresh.filter(|_| request.is_user_refresh) else {
        return Ok(wanted.into());
    };
    let keys = request.mapper.primary_key_attributes();
    let mut changed = Vec::new();
    for key in keys.iter().filter(|key| !wanted.contains(&key.property.token())) {
        if history::get_history(host, instance, key, Passive::NO_INITIALIZE)?.has_changes() {
            changed.push(format!("'{}'", key.key));
        }
    }
    if !changed.is_empty() {
        let changed = format!("{{{}}}", changed.join(", "));
        return Err(errors::key_changes_before_refresh(&changed, &request.mapper.description()));
    }
    if named.iter().any(|attribute| attribute.uses_objects()) {
        wanted.extend(keys.iter().map(|key| key.property.token()));
    }
    Ok(wanted.into())
}

fn for_update(value: &Value) -> ForUpdate {
    let _ = value;
    ForUpdate::default()
}

fn options_of(instance: &Gc<Instance>) -> Option<Rc<StateOptions>> {
    let state = attribute::state_of(instance);
    let kept = state.peek_extra(|extra| {
        extra.load_options.clone().and_then(|options| options.downcast::<StateOptions>().ok())
    });
    kept.flatten()
}

// What is expired or deferred.

/// Loads the expired column attributes of an instance.
pub fn load_expired(host: &mut dyn Host, instance: &Gc<Instance>, passive: Passive) -> R<Loaded> {
    if !passive.has(Passive::SQL_OK) {
        return Ok(Loaded::NoResult);
    }
    let state = attribute::state_of(instance);
    let mapper = state.mapper().clone();
    let mut wanted = Vec::new();
    for slot in state.expired_slots() {
        if state.is_changed(slot) || !instance.slot(slot).is_unset() {
            continue;
        }
        let Some(attribute) = mapper.attribute_at(slot) else { continue };
        let deferred = attribute.property.as_column().is_some_and(|column| column.deferred.get());
        if !deferred {
            wanted.push(attribute);
        }
    }
    // A row that was expired whole is loaded as a query would load it: eager relationships come along.
    if state.has(Flag::EXPIRED_ALL) {
        for attribute in mapper.attributes() {
            let Some(slot) = attribute.slot() else { continue };
            let loads = attribute.property.as_relationship().is_some();
            if loads && !state.is_changed(slot) && instance.slot(slot).is_unset() {
                wanted.push(attribute);
            }
        }
    }
    load_columns(
        host,
        instance,
        &wanted,
        passive,
        Why { what: "refresh", class: Some(mapper.class_name.clone()), key: None },
    )?;
    let state = attribute::state_of(instance);
    state.with_extra(|extra| extra.expired.clear());
    state.clear_flag(Flag::EXPIRED | Flag::EXPIRED_ALL | Flag::ROW_EXPIRED);
    Ok(Loaded::WasSet)
}

/// Loads a column that was left out: deferred, or of a subclass's table.
pub fn load_deferred(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
) -> R<Loaded> {
    let state = attribute::state_of(instance);
    let Some(column) = attribute.property.as_column() else { return Ok(Loaded::Empty) };
    if !state.has_identity() {
        return Ok(Loaded::Empty);
    }
    let slot = attribute.slot().unwrap_or(0);
    let loader = state
        .peek_extra(|extra| {
            let found = extra.loaders.iter().find(|(known, _)| usize::from(*known) == slot);
            found.and_then(|(_, loader)| loader.clone().downcast::<StateLoader>().ok())
        })
        .flatten();
    if loader.is_none() && !column.deferred.get() {
        return Ok(Loaded::Empty);
    }
    if !passive.has(Passive::SQL_OK) {
        return Ok(Loaded::NoResult);
    }
    let mapper = state.mapper().clone();
    if session::session_of(state).is_none() {
        return Err(errors::detached_deferred_load(&super::state_text(instance), &attribute.key));
    }
    let raises = match &loader {
        Some(loader) => loader.raiseload,
        None => column.raiseload,
    };
    if raises && !passive.has(Passive::NO_RAISE) {
        return Err(errors::raise_column(&attribute.property.description()));
    }
    let mut wanted = Vec::new();
    match (&column.group, &loader) {
        (Some(group), None) => {
            for other in mapper.column_attributes() {
                let same = other
                    .property
                    .as_column()
                    .is_some_and(|other| other.deferred.get() && other.group.as_ref() == Some(group));
                let other_slot = other.slot().unwrap_or(0);
                if same && instance.slot(other_slot).is_unset() && !state.is_changed(other_slot) {
                    wanted.push(other);
                }
            }
        }
        _ => wanted.extend(mapper.attribute_at(slot)),
    }
    let why = Why::of("deferred load", &mapper.class_name, &attribute.key);
    load_columns(host, instance, &wanted, passive, why)?;
    Ok(Loaded::WasSet)
}

/// Reads some columns of an object's row.
fn load_columns(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    wanted: &[Rc<Attribute>],
    passive: Passive,
    why: Why,
) -> R<()> {
    let state = attribute::state_of(instance);
    let Some(session) = session::session_of(state) else {
        return Err(errors::detached_refresh(&super::state_text(instance)));
    };
    let mapper = state.mapper().clone();
    let autoflush = !passive.has(Passive::NO_AUTOFLUSH);
    let only: Rc<[usize]> = wanted.iter().map(|attribute| attribute.property.token()).collect();
    let mut execution = Execution::new(&session, why);
    execution.autoflush = autoflush;
    execution.refresh = Some(instance.clone());
    if mapper.inheritance == InheritanceKind::Joined
        && let Some(statement) = narrow_statement(host, instance, &mapper, wanted)?
    {
        let entity = OrmEntity::Mapper(mapper.clone());
        let mut select = Select::new(vec![SelectItem::Entity(entity.into_dyn())]);
        let compile = CompileOptions { refresh: true, only_load: Some(only), ..CompileOptions::default() };
        let statement = Some(statement.into_statement());
        select.orm = Some(Rc::new(OrmExtras { compile, statement, ..OrmExtras::default() }));
        let (cached, _) = execute::prepare(host, &Rc::new(select))?;
        let mut rows = 0;
        execute::run(host, &cached, None, execution, &mut |_, _| {
            rows += 1;
            Ok(())
        })?;
        return if rows == 0 { Err(errors::object_deleted(&super::state_text(instance))) } else { Ok(()) };
    }
    let Some(key) = state.key() else {
        let keys = mapper.primary_key_attributes();
        if keys.iter().any(|key| key.slot().is_some_and(|slot| state.is_expired(slot))) {
            return Err(errors::no_key_to_refresh(&super::state_text(instance)));
        }
        return Ok(());
    };
    let values = key.values();
    let kept = options_of(instance);
    let load = KeyLoad {
        only: (!only.is_empty()).then_some(only),
        refresh: true,
        path: kept.as_ref().map(|kept| kept.path.parent()),
        options: kept.map(|kept| kept.options.clone()),
        ..KeyLoad::default()
    };
    let (cached, binds) = prepared(host, &mapper, &load, &values)?;
    match run_one(host, &cached, &binds, execution)? {
        Some(_) => Ok(()),
        None => Err(errors::object_deleted(&super::state_text(instance))),
    }
}

/// Columns of subclasses' tables are read from those tables alone, where the key is at hand.
fn narrow_statement(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    mapper: &Rc<Mapper>,
    wanted: &[Rc<Attribute>],
) -> R<Option<Select>> {
    let mut columns: Vec<Expr> = Vec::new();
    let mut tables: Vec<FromClause> = Vec::new();
    for attribute in wanted {
        let Some(column) = attribute.property.as_column() else { continue };
        for one in column.columns.borrow().iter() {
            columns.push(one.clone());
            tables.extend(one.table());
        }
    }
    let within =
        |tables: &[FromClause], from: &FromClause| tables.iter().any(|one| FromClause::same(one, from));
    if columns.is_empty() || within(&tables, &mapper.base_mapper().local_table) {
        return Ok(None);
    }
    let mut conditions = Vec::new();
    let mut started = false;
    let mut chain = mapper.iterate_to_root();
    chain.reverse();
    for one in &chain {
        if within(&tables, &one.local_table) {
            started = true;
        } else if one.local_table.base_table().is_none() {
            return Ok(None);
        }
        if started && one.inheritance == InheritanceKind::Joined {
            let Some(condition) = &one.inherit_condition else { return Ok(None) };
            conditions.push(condition.clone());
            if !within(&tables, &one.local_table) {
                tables.push(one.local_table.clone());
            }
        }
    }
    let Some(first) = conditions.first().cloned() else { return Ok(None) };
    let mut missing = Vec::new();
    traverse::walk(&first, &mut |part| {
        if let ExprKind::Column(column) = &part.kind
            && let Some(table) = part.table()
            && !within(&tables, &table)
        {
            missing.push(column.clone());
        }
    });
    let mut values = Vec::new();
    for column in missing {
        let Some(attribute) = mapper.attribute_of_column(&column) else { return Ok(None) };
        let value = attribute::committed_value(host, instance, &attribute, Passive::NO_INITIALIZE)?;
        if value.is_none() || attribute::is_no_state(&value) {
            return Ok(None);
        }
        values.push((column, value));
    }
    conditions[0] = traverse::replace(&first, &mut |part| {
        let ExprKind::Column(column) = &part.kind else { return None };
        let (_, value) = values.iter().find(|(known, _)| Rc::ptr_eq(known, column))?;
        Some(expr::literal(value.clone(), column.ty()))
    });
    let mut select = Select::of(columns);
    select.rewritten = true;
    select.where_ = relate::all_of(conditions).into_iter().collect();
    select.label_style = LabelStyle::TablenamePlusCol;
    Ok(Some(select))
}
