//! INSERT, UPDATE and DELETE of mapped classes, and objects in memory that follow them.
//!
//! Owns `synchronize_session`, attribute names among the values, and rows that come back as objects.
//! Must not know how the statements are spelled. Mirrors `sqlalchemy/orm/bulk_persistence.py`.

use std::rc::Rc;

use super::cache::CachedOrm;
use super::context::OrmExtras;
use super::entity::OrmEntity;
use super::errors;
use super::evaluate::{self, Evaluated};
use super::execute::{self, Execution, Why};
use super::relate;
use super::result::{self, ExecutionOptions};
use crate::engine::result::{ITERATOR_RESULT, KeyStyle, ResultBuilder, RowKeys};
use crate::engine::{Given, ReasonGuard};

use crate::orm::identity::Mapped;
use crate::orm::mapper::Mapper;
use crate::orm::property::PropertyKind;
use crate::orm::session::{Session, expire_attribute};
use crate::orm::state::Flag;
use crate::python::value::{Dict, Gc, Host, Instance, R, Value, intern};
use crate::sql::entity::Entity;
use crate::sql::expr::{self, Expr, ExprKind, ExprNode};
use crate::sql::statement::{
    Delete, Insert, Select, SelectItem, SetExpr, SetTarget, SetValue, Statement, Update,
};

/// How objects in memory learn of the change.
enum Sync {
    /// By evaluating the criteria; the objects are found after the statement has run.
    Evaluate,
    /// By the primary keys that come back.
    Fetch,
    None,
}

fn mapper_of(entity: &Option<Rc<dyn Entity>>) -> Option<Rc<Mapper>> {
    entity.as_ref().and_then(OrmEntity::of).map(|entity| entity.mapper().clone())
}

fn synchronization(
    host: &mut dyn Host,
    options: &ExecutionOptions,
    where_: &[Expr],
    mapper: &Rc<Mapper>,
) -> R<Sync> {
    let refusal = where_.iter().find_map(|criterion| evaluate::check(criterion, mapper).err());
    match &options.synchronize_session {
        None => Ok(if refusal.is_none() { Sync::Evaluate } else { Sync::Fetch }),
        Some(Value::None | Value::Bool(false)) => Ok(Sync::None),
        Some(Value::Str(word)) => match (&**word, refusal) {
            ("auto", None) | ("evaluate", None) => Ok(Sync::Evaluate),
            ("auto", Some(_)) | ("fetch", _) => Ok(Sync::Fetch),
            ("evaluate", Some(reason)) => Err(errors::not_evaluable(&reason)),
            _ => Err(errors::synchronization_strategies()),
        },
        Some(other) if host.truth(other)? => Err(errors::synchronization_strategies()),
        Some(_) => Ok(Sync::None),
    }
}

/// The conditions of a statement with those of a single-table subclass.
fn criteria(where_: &[Expr], mapper: &Rc<Mapper>) -> Vec<Expr> {
    let mut all = where_.to_vec();
    all.extend(relate::single_criterion(&OrmEntity::Mapper(mapper.clone())));
    all
}

/// Attribute names become columns.
fn resolved(values: &[SetValue], mapper: &Mapper) -> Vec<SetValue> {
    let target = |target: &SetTarget| match target {
        SetTarget::Name(name) => {
            let mut attribute = mapper.attribute_named(&intern(name));
            if let Some(PropertyKind::Synonym(synonym)) = attribute.as_ref().map(|one| &one.property.kind) {
                attribute = mapper.attribute_named(&intern(&synonym.name));
            }
            let column = attribute.and_then(|attribute| attribute.property.as_column()?.column());
            column.map_or_else(|| SetTarget::Name(name.clone()), SetTarget::Column)
        }
        SetTarget::Expr(expr) => match &expr.kind {
            ExprKind::Column(column) => SetTarget::Column(column.clone()),
            _ => SetTarget::Expr(expr.clone()),
        },
        column => column.clone(),
    };
    values.iter().map(|one| SetValue { column: target(&one.column), value: one.value.clone() }).collect()
}

fn plain_column(column: &Expr) -> Expr {
    match &column.kind {
        ExprKind::Column(column) => expr::column(column),
        kind => ExprNode::new(kind.share(), column.ty()),
    }
}

/// RETURNING items as columns.
pub fn plain_items(items: &[SelectItem]) -> Vec<SelectItem> {
    let mut plain = Vec::new();
    for item in items {
        match item {
            SelectItem::Entity(entity) => {
                plain.extend(entity.columns().iter().map(plain_column).map(SelectItem::Expr));
            }
            SelectItem::Expr(expr) if expr.annotation.is_some() => {
                plain.push(SelectItem::Expr(plain_column(expr)))
            }
            other => plain.push(other.clone()),
        }
    }
    plain
}

fn has_entity(items: &[SelectItem]) -> bool {
    items.iter().any(|item| matches!(item, SelectItem::Entity(_)))
}

fn key_items(mapper: &Mapper) -> Vec<SelectItem> {
    mapper.primary_key.iter().map(|column| SelectItem::Expr(expr::column(column))).collect()
}

/// A result without rows, as statements with several sets of values give it.
fn null_result() -> Value {
    let keys = RowKeys::new(Vec::new(), KeyStyle::Simple);
    let rows = crate::engine::result::BufferedRows::new(0, Vec::new());
    ResultBuilder::new(&ITERATOR_RESULT, keys, Box::new(rows)).build()
}

// INSERT.

pub fn insert(
    host: &mut dyn Host,
    session: &Rc<Session>,
    insert: &Rc<Insert>,
    sets: &[Given],
    options: &ExecutionOptions,
) -> R<Value> {
    let Some(mapper) = mapper_of(&insert.entity) else {
        return result::core(host, session, &Statement::Insert(insert.clone()), sets, options);
    };
    if options.load.autoflush != Some(false) {
        session.autoflush(host)?;
    }
    let mut plain = (**insert).clone();
    plain.values = resolved(&plain.values, &mapper);
    plain.multi_values = plain.multi_values.iter().map(|values| resolved(values, &mapper)).collect();
    let plain_values = plain
        .values
        .iter()
        .all(|one| matches!((&one.column, &one.value), (SetTarget::Column(_), SetExpr::Value(_))));
    if !sets.is_empty() && insert.returning.is_empty() && insert.on_conflict.is_none() && plain_values {
        let rows: Vec<Value> = sets.iter().map(|set| with_values(set, &plain.values, &mapper)).collect();
        session.execute_mappings(host, &mapper, &rows, false)?;
        return Ok(null_result());
    }
    let wanted = insert.returning.clone();
    plain.returning = plain_items(&plain.returning);
    plain.entity = None;
    let sets = renamed_sets(sets, &mapper);
    if has_entity(&wanted) && !sets.is_empty() {
        return inserted_objects(host, session, &plain, wanted, &sets, options);
    }
    // A single row is a set of parameters, too, though an empty one.
    let sets = if sets.is_empty() { vec![Given::default()] } else { sets };
    let statement = Statement::Insert(Rc::new(plain));
    if has_entity(&wanted) {
        return returned_objects(host, session, statement, wanted, &sets, options);
    }
    run(host, session, &mapper, &statement, &sets, options)
}

/// One row of a bulk INSERT, with the values that all rows share.
fn with_values(set: &Given, values: &[SetValue], mapper: &Mapper) -> Value {
    let mut set = set.clone();
    for one in values {
        let (SetTarget::Column(column), SetExpr::Value(value)) = (&one.column, &one.value) else { continue };
        if let Some(attribute) = mapper.attribute_of_column(column) {
            set.push((attribute.key.clone(), value.clone()));
        }
    }
    as_dictionary(&set)
}

fn as_dictionary(set: &Given) -> Value {
    let dict = Dict::new();
    for (key, value) in set {
        dict.set_str(&intern(key), value.clone());
    }
    Value::Dict(Gc::new(dict))
}

/// Attribute names as column keys.
fn renamed_sets(sets: &[Given], mapper: &Mapper) -> Vec<Given> {
    let rename = |key: &crate::python::value::Str| {
        let attribute = mapper.attribute_named(&intern(key));
        let column = attribute.and_then(|attribute| attribute.property.as_column()?.column());
        column.map_or_else(|| key.clone(), |column| column.key())
    };
    sets.iter().map(|set| set.iter().map(|(key, value)| (rename(key), value.clone())).collect()).collect()
}

fn run(
    host: &mut dyn Host,
    session: &Rc<Session>,
    mapper: &Rc<Mapper>,
    statement: &Statement,
    sets: &[Given],
    options: &ExecutionOptions,
) -> R<Value> {
    let _reason = ReasonGuard::new("query", Some(mapper.class_name.clone()), None);
    let connection = match &options.bind {
        Some(bind) => session.connection_for_bind(host, bind)?,
        None => session.connection_for(host, Some(mapper))?,
    };
    crate::engine::execute_statement(host, &connection, statement, sets)
}

/// How many rows one INSERT takes, as far as its parameters fit.
const ROWS_A_STATEMENT: usize = 1000;
const MOST_PARAMETERS: usize = 32_766;

/// Several sets of parameters whose rows come back as objects: as many rows to a statement as it takes.
fn inserted_objects(
    host: &mut dyn Host,
    session: &Rc<Session>,
    plain: &Insert,
    wanted: Vec<SelectItem>,
    sets: &[Given],
    options: &ExecutionOptions,
) -> R<Value> {
    let width = sets[0].len() + plain.values.len();
    let batch = ROWS_A_STATEMENT.min(MOST_PARAMETERS / width.max(1)).max(1);
    let mut all: Option<(Rc<CachedOrm>, Vec<Value>)> = None;
    for sets in sets.chunks(batch) {
        let mut insert = plain.clone();
        let mut rows = sets.iter().map(|set| {
            let mut row = plain.values.clone();
            row.extend(set.iter().map(|(key, value)| SetValue {
                column: SetTarget::Name(key.clone()),
                value: SetExpr::Value(value.clone()),
            }));
            row
        });
        if sets.len() == 1 {
            insert.values = rows.next().unwrap_or_default();
        } else {
            insert.values = Vec::new();
            insert.multi_values = rows.collect();
        }
        let statement = Statement::Insert(Rc::new(insert));
        let (cached, cells) = returned_cells(host, session, statement, wanted.clone(), &[], options)?;
        match &mut all {
            Some((_, known)) => known.extend(cells),
            None => all = Some((cached, cells)),
        }
    }
    let (cached, cells) = all.expect("there is a set of parameters");
    Ok(result::result_of(&cached, cells))
}

/// Rows of RETURNING as objects.
fn returned_objects(
    host: &mut dyn Host,
    session: &Rc<Session>,
    statement: Statement,
    wanted: Vec<SelectItem>,
    sets: &[Given],
    options: &ExecutionOptions,
) -> R<Value> {
    let (cached, cells) = returned_cells(host, session, statement, wanted, sets, options)?;
    Ok(result::result_of(&cached, cells))
}

fn returned_cells(
    host: &mut dyn Host,
    session: &Rc<Session>,
    statement: Statement,
    wanted: Vec<SelectItem>,
    sets: &[Given],
    options: &ExecutionOptions,
) -> R<(Rc<CachedOrm>, Vec<Value>)> {
    let mut select = Select::new(wanted);
    select.orm = Some(Rc::new(OrmExtras { statement: Some(statement), ..OrmExtras::default() }));
    let first = sets.first().cloned().unwrap_or_default();
    let given =
        move |name: &str| first.iter().find(|(known, _)| &**known == name).map(|(_, value)| value.clone());
    let mut execution = Execution::new(session, Why::query());
    execution.given = &given;
    execution.autoflush = false;
    execution.load = options.load.clone();
    // What the database has just returned is newer than what objects hold.
    execute::fetch(host, &Rc::new(select), execution)
}

// UPDATE.

pub fn update(
    host: &mut dyn Host,
    session: &Rc<Session>,
    update: &Rc<Update>,
    sets: &[Given],
    options: &ExecutionOptions,
) -> R<Value> {
    let Some(mapper) = mapper_of(&update.entity) else {
        return result::core(host, session, &Statement::Update(update.clone()), sets, options);
    };
    let mut plain = (**update).clone();
    plain.values = resolved(&plain.values, &mapper);
    if !sets.is_empty() && plain.values.is_empty() && plain.where_.is_empty() {
        if options.load.autoflush != Some(false) {
            session.autoflush(host)?;
        }
        let rows: Vec<Value> = sets.iter().map(as_dictionary).collect();
        session.execute_mappings(host, &mapper, &rows, true)?;
        expire_updated(host, session, &mapper, sets)?;
        return Ok(null_result());
    }
    if options.load.autoflush != Some(false) {
        session.autoflush(host)?;
    }
    let sync = synchronization(host, options, &plain.where_, &mapper)?;
    plain.where_ = criteria(&plain.where_, &mapper);
    let wanted = update.returning.clone();
    plain.returning = plain_items(&wanted);
    plain.entity = None;
    let fetches = matches!(sync, Sync::Fetch) && wanted.is_empty();
    if fetches {
        plain.returning = key_items(&mapper);
    }
    let values = plain.values.clone();
    let where_ = update.where_.clone();
    let statement = Statement::Update(Rc::new(plain));
    let before = match sync {
        Sync::Evaluate => matched(host, session, &mapper, &where_)?,
        _ => Vec::new(),
    };
    let answer = if has_entity(&wanted) {
        returned_objects(host, session, statement, wanted, sets, options)?
    } else {
        run(host, session, &mapper, &statement, sets, options)?
    };
    match sync {
        Sync::Evaluate => {
            for (mapped, _) in before {
                follow_update(host, &mapped, &mapper, &values)?;
            }
            Ok(answer)
        }
        Sync::Fetch if fetches => {
            let (found, answer) = returned_keys(host, session, &mapper, answer)?;
            for mapped in found {
                follow_update(host, &mapped, &mapper, &values)?;
            }
            Ok(answer)
        }
        _ => Ok(answer),
    }
}

/// Objects whose rows a bulk update changed by key forget those attributes.
fn expire_updated(host: &mut dyn Host, session: &Rc<Session>, mapper: &Rc<Mapper>, sets: &[Given]) -> R<()> {
    for set in sets {
        let mut key = Vec::new();
        for attribute in mapper.primary_key_attributes() {
            let found = set.iter().find(|(name, _)| *name == attribute.key);
            key.extend(found.map(|(_, value)| value.clone()));
        }
        let ident = if key.len() == 1 { key.remove(0) } else { Value::tuple(key) };
        let Some(instance) = session.identity_map.get(host, &mapper.base_mapper(), &ident)? else { continue };
        let Some(mapped) = Mapped::new(&instance) else { continue };
        for (name, value) in set {
            if let Some(attribute) = mapped.mapper().attribute_named(&intern(name))
                && let Some(slot) = attribute.slot()
                && !instance.slot(slot).is_unset()
            {
                drop(instance.set_slot(slot, value.clone()));
                mapped.state().commit_slots(&[slot]);
            }
        }
    }
    Ok(())
}

/// The objects in memory that the criteria mean; the bool says that one has not loaded what is needed to tell.
fn matched(
    host: &mut dyn Host,
    session: &Rc<Session>,
    mapper: &Rc<Mapper>,
    where_: &[Expr],
) -> R<Vec<(Mapped, bool)>> {
    let mut found = Vec::new();
    for instance in session.identity_map.instances() {
        let Some(mapped) = Mapped::new(&instance) else { continue };
        if !mapped.mapper().isa(mapper) || mapped.state().has(Flag::EXPIRED_ALL) {
            continue;
        }
        match matches(host, &instance, mapper, where_)? {
            Evaluated::Expired => found.push((mapped, true)),
            Evaluated::Value(value) => {
                if host.truth(&value)? {
                    found.push((mapped, false));
                }
            }
        }
    }
    Ok(found)
}

fn matches(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    mapper: &Rc<Mapper>,
    where_: &[Expr],
) -> R<Evaluated> {
    for criterion in where_ {
        match evaluate::evaluate(host, criterion, instance, mapper)? {
            Evaluated::Expired => return Ok(Evaluated::Expired),
            Evaluated::Value(value) => {
                if !host.truth(&value)? {
                    return Ok(Evaluated::Value(Value::Bool(false)));
                }
            }
        }
    }
    Ok(Evaluated::Value(Value::Bool(true)))
}

/// Gives an object the values that its row was set to; what cannot be worked out is expired.
fn follow_update(host: &mut dyn Host, mapped: &Mapped, mapper: &Rc<Mapper>, values: &[SetValue]) -> R<()> {
    let instance = mapped.instance().clone();
    let own = mapped.mapper().clone();
    let mut known: Vec<(usize, Value)> = Vec::new();
    let mut stale: Vec<usize> = Vec::new();
    for one in values {
        let SetTarget::Column(column) = &one.column else { continue };
        let Some(slot) = own.attribute_of_column(column).and_then(|attribute| attribute.slot()) else {
            continue;
        };
        if instance.slot(slot).is_unset() {
            continue;
        }
        if mapped.state().is_changed(slot) {
            stale.push(slot);
            continue;
        }
        let value = match &one.value {
            SetExpr::Value(value) => Some(value.clone()),
            SetExpr::Expr(expression) => match evaluate::check(expression, mapper) {
                Err(_) => None,
                Ok(()) => match evaluate::evaluate(host, expression, &instance, mapper)? {
                    Evaluated::Value(value) => Some(value),
                    Evaluated::Expired => continue,
                },
            },
        };
        match value {
            Some(value) => known.push((slot, value)),
            None => stale.push(slot),
        }
    }
    for (slot, value) in known {
        drop(instance.set_slot(slot, value));
        mapped.state().commit_slots(&[slot]);
    }
    for slot in stale {
        expire_attribute(mapped, slot, true);
    }
    Ok(())
}

/// The objects of the keys that a statement returned, and a result that says how many rows it changed.
fn returned_keys(
    host: &mut dyn Host,
    session: &Rc<Session>,
    mapper: &Rc<Mapper>,
    answer: Value,
) -> R<(Vec<Mapped>, Value)> {
    let rows = host.call_method(&answer, "fetchall", &[])?;
    let mut found = Vec::new();
    for row in host.collect(&rows)? {
        let mut key = host.collect(&row)?;
        let ident = if key.len() == 1 { key.remove(0) } else { Value::tuple(key) };
        let instance = session.identity_map.get(host, &mapper.base_mapper(), &ident)?;
        found.extend(instance.as_ref().and_then(Mapped::new));
    }
    Ok((found, answer))
}

// DELETE.

pub fn delete(
    host: &mut dyn Host,
    session: &Rc<Session>,
    delete: &Rc<Delete>,
    sets: &[Given],
    options: &ExecutionOptions,
) -> R<Value> {
    let Some(mapper) = mapper_of(&delete.entity) else {
        return result::core(host, session, &Statement::Delete(delete.clone()), sets, options);
    };
    if options.load.autoflush != Some(false) {
        session.autoflush(host)?;
    }
    let mut plain = (**delete).clone();
    let sync = synchronization(host, options, &plain.where_, &mapper)?;
    plain.where_ = criteria(&plain.where_, &mapper);
    let wanted = delete.returning.clone();
    plain.returning = plain_items(&wanted);
    plain.entity = None;
    let fetches = matches!(sync, Sync::Fetch) && wanted.is_empty();
    if fetches {
        plain.returning = key_items(&mapper);
    }
    let statement = Statement::Delete(Rc::new(plain));
    let answer = if has_entity(&wanted) {
        returned_objects(host, session, statement, wanted, sets, options)?
    } else {
        run(host, session, &mapper, &statement, sets, options)?
    };
    match sync {
        Sync::Evaluate => {
            let mut gone = Vec::new();
            for (mapped, is_partial) in matched(host, session, &mapper, &delete.where_)? {
                if is_partial {
                    mapped.state().expire_all(mapped.instance());
                } else {
                    gone.push(mapped);
                }
            }
            session.remove_newly_deleted(host, &gone)?;
            Ok(answer)
        }
        Sync::Fetch if fetches => {
            let (found, answer) = returned_keys(host, session, &mapper, answer)?;
            session.remove_newly_deleted(host, &found)?;
            Ok(answer)
        }
        _ => Ok(answer),
    }
}
