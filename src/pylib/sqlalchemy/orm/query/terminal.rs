//! What runs a query: `all`, `first`, `one`, iteration, slices, `count`, `get`, `update`, `delete`.
//!
//! Owns shaping loaded rows as queries do. Must not know how they are loaded.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::dynamic;
use super::object::{QueryData, data, refined};
use crate::engine::result::{RowKeys, make_row, make_row_of, row_class};
use crate::orm::load::plan::ItemPlan;
use crate::orm::query::cache::CachedOrm;
use crate::orm::query::entity::OrmEntity;
use crate::orm::query::execute::{self, Execution, Why};
use crate::orm::query::result::{self, ExecutionOptions};
use crate::orm::query::{assemble, errors};
use crate::orm::session::{GetArgs, Session};
use crate::pylib::sqlalchemy::orm::session::arguments;
use crate::python::value::{Gc, Host, Iter, R, Raised, Set, Str, Value, intern};
use crate::sql::compile::{self, Options, SQLITE};
use crate::sql::entity::{Element, element_of};
use crate::sql::exc::{LEGACY_API_WARNING, MULTIPLE_RESULTS_FOUND, NO_RESULT_FOUND, UNBOUND_EXECUTION};
use crate::sql::expr;
use crate::sql::statement::{
    Correlate, Delete, Select, SelectItem, SetExpr, SetTarget, SetValue, Statement, Update,
};
use crate::sql::{coerce, types};

fn session_of(query: &QueryData) -> R<&Rc<Session>> {
    query.session.as_ref().ok_or_else(|| {
        Raised::new(&UNBOUND_EXECUTION, "This Query is not associated with a Session and cannot be executed.")
    })
}

/// The rows of a query as it hands them out.
pub fn rows(host: &mut dyn Host, query: &QueryData) -> R<Vec<Value>> {
    let session = session_of(query)?.clone();
    let select = query.statement();
    let params = query.extras.params.clone();
    let given =
        move |name: &str| params.iter().find(|(known, _)| &**known == name).map(|(_, value)| value.clone());
    let why = query.extras.why.clone().unwrap_or_else(Why::query);
    let mut execution = Execution::new(&session, why);
    execution.given = &given;
    execution.load = query.extras.load.clone();
    let (cached, binds) = execute::prepare(host, &select)?;
    let plan = cached.plan();
    let single = is_single(query, &cached);
    let is_unique = plan.filtered || query.extras.statement.is_some() || plan.items.is_empty();
    if !single && !is_unique {
        // Rows of columns are what they will be as soon as they are read.
        let (keys, class) = (result::keys_of(&cached), row_class());
        let mut rows = Vec::new();
        execute::run(host, &cached, binds.as_deref(), execution, &mut |_, row| {
            rows.push(make_row_of(&class, &keys, row.drain(..).collect()));
            Ok(())
        })?;
        return Ok(rows);
    }
    let mut cells = Vec::new();
    execute::run(host, &cached, binds.as_deref(), execution, &mut |_, row| {
        cells.append(row);
        Ok(())
    })?;
    shaped(host, query, &cached, cells)
}

/// Whether what comes back is one object or value a row, bare.
fn is_single(query: &QueryData, cached: &Rc<CachedOrm>) -> bool {
    cached.plan().items.len() <= 1
        && result::is_single_entity(cached)
        && !query.extras.load.only_return_tuples
}

fn shaped(
    host: &mut dyn Host,
    query: &QueryData,
    cached: &Rc<CachedOrm>,
    mut cells: Vec<Value>,
) -> R<Vec<Value>> {
    let plan = cached.plan();
    if is_single(query, cached) {
        if !plan.distinct {
            let mut seen = FxHashSet::default();
            cells.retain(|value| seen.insert(value.id()));
        }
        return Ok(cells);
    }
    let keys: Rc<RowKeys> = result::keys_of(cached);
    let width = keys.len().max(1);
    let mut rows = Vec::with_capacity(cells.len() / width);
    let has_objects = plan.filtered || query.extras.statement.is_some() && result::is_single_entity(cached);
    let seen = has_objects.then(|| Gc::new(Set::new(false)));
    let mut cells = cells.into_iter();
    loop {
        let row: Vec<Value> = cells.by_ref().take(width).collect();
        if row.is_empty() {
            return Ok(rows);
        }
        if let Some(seen) = &seen
            && !is_new(host, seen, cached, &row)?
        {
            continue;
        }
        rows.push(make_row(&keys, row));
    }
}

/// Whether a row has not come before: objects by what they are, values by what they equal.
fn is_new(host: &mut dyn Host, seen: &Set, cached: &CachedOrm, row: &[Value]) -> R<bool> {
    let mut key = Vec::with_capacity(row.len());
    for (item, value) in cached.plan().items.iter().zip(row) {
        let by_identity = matches!(item, ItemPlan::Instance(_)) || host.hash(value).is_err();
        key.push(if by_identity { Value::Int(value.id() as i64) } else { value.clone() });
    }
    host.set_add(seen, Value::tuple(key))
}

/// The rows of any query object, a dynamic collection included.
pub fn rows_of(host: &mut dyn Host, query: &Value) -> R<Vec<Value>> {
    match &data(query).owner {
        Some(owner) => match dynamic::bound(host, query, owner)? {
            Some(bound) => rows(host, &bound),
            None => Ok(dynamic::pending(owner)),
        },
        None => rows(host, data(query)),
    }
}

pub fn all(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(Value::list(rows_of(host, &args[0])?))
}

pub fn iter(host: &mut dyn Host, query: &Value) -> R<Value> {
    let rows = Value::list(rows_of(host, query)?);
    match rows {
        Value::List(list) => Ok(Value::Iter(Gc::new(Iter::List {
            list: std::cell::RefCell::new(Some(list)),
            index: std::cell::Cell::new(0),
        }))),
        other => host.iter(&other),
    }
}

pub fn first(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let query = &args[0];
    if data(query).owner.is_none() && data(query).extras.statement.is_some() {
        return Ok(rows_of(host, query)?.into_iter().next().unwrap_or(Value::None));
    }
    let limited = refined(host, query, |host, query| {
        query.select.limit = coerce::limit(host, &Value::Int(1))?;
        Ok(())
    })?;
    Ok(rows_of(host, &limited)?.into_iter().next().unwrap_or(Value::None))
}

/// `NoResultFound: No row was found when one was required`
fn none_found() -> Raised {
    Raised::new(&NO_RESULT_FOUND, "No row was found when one was required")
}

fn many_found(text: &str) -> Raised {
    Raised::new(&MULTIPLE_RESULTS_FOUND, text)
}

const EXACTLY_ONE: &str = "Multiple rows were found when exactly one was required";

pub fn one(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut rows = rows_of(host, &args[0])?;
    match rows.len() {
        0 => Err(none_found()),
        1 => Ok(rows.remove(0)),
        _ => Err(many_found(EXACTLY_ONE)),
    }
}

pub fn one_or_none(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut rows = rows_of(host, &args[0])?;
    match rows.len() {
        0 => Ok(Value::None),
        1 => Ok(rows.remove(0)),
        _ => Err(many_found("Multiple rows were found when one or none was required")),
    }
}

pub fn scalar(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut rows = rows_of(host, &args[0])?;
    match rows.len() {
        0 => Ok(Value::None),
        1 => {
            let row = rows.remove(0);
            let is_row =
                row.as_instance().is_some_and(|row| row.class().native.is_a(&crate::engine::result::ROW));
            if is_row { host.get_item(&row, &Value::Int(0)) } else { Ok(row) }
        }
        _ => Err(many_found(EXACTLY_ONE)),
    }
}

/// `query[3]`, `query[1:3]`.
pub fn get_item(host: &mut dyn Host, query: &Value, key: &Value) -> R<Value> {
    if let Some(owner) = &data(query).owner
        && dynamic::bound(host, query, owner)?.is_none()
    {
        let pending = Value::list(dynamic::pending(owner));
        return host.get_item(&pending, key);
    }
    match key {
        Value::Slice(slice) => {
            let bound = |value: &Value| match value {
                Value::Int(number) => Some(*number),
                _ => None,
            };
            let (start, stop) = (bound(&slice.start), bound(&slice.stop));
            if let (Some(start), Some(stop)) = (start, stop)
                && stop - start <= 0
            {
                return Ok(Value::list(Vec::new()));
            }
            if start.is_some_and(|number| number < 0) || stop.is_some_and(|number| number < 0) {
                return Err(errors::negative_index());
            }
            let part = refined(host, query, |host, query| sliced(host, &mut query.select, start, stop))?;
            let rows = Value::list(rows_of(host, &part)?);
            if slice.step.is_none() {
                return Ok(rows);
            }
            let step = Value::Slice(Gc::new(crate::python::value::Slice {
                start: Value::None,
                stop: Value::None,
                step: slice.step.clone(),
            }));
            host.get_item(&rows, &step)
        }
        Value::Int(-1) => Err(errors::negative_index()),
        Value::Int(index) => {
            if *index < 0 {
                return Err(errors::negative_index());
            }
            let index = *index;
            let part = refined(host, query, |host, query| {
                sliced(host, &mut query.select, Some(index), Some(index + 1))
            })?;
            rows_of(host, &part)?.into_iter().next().ok_or_else(errors::index_out_of_range)
        }
        other => {
            let index = host.call_method(other, "__index__", &[])?;
            get_item(host, query, &index)
        }
    }
}

/// LIMIT and OFFSET for a part of what they leave already.
pub fn sliced(host: &mut dyn Host, select: &mut Select, start: Option<i64>, stop: Option<i64>) -> R<()> {
    let present = match select.offset.as_ref().map(|offset| &offset.kind) {
        Some(expr::ExprKind::Bind(bind)) => match bind.value {
            Value::Int(number) => number,
            _ => 0,
        },
        _ => 0,
    };
    if let Some(start) = start {
        let offset = present + start;
        select.offset = if offset == 0 { None } else { coerce::limit(host, &Value::Int(offset))? };
    }
    match (start, stop) {
        (Some(start), Some(stop)) => select.limit = coerce::limit(host, &Value::Int(stop - start))?,
        (None, Some(stop)) => select.limit = coerce::limit(host, &Value::Int(stop))?,
        _ => {}
    }
    Ok(())
}

/// `str(query)`: the SQL.
pub fn text(host: &mut dyn Host, query: &Value) -> R<Str> {
    let bound = match &data(query).owner {
        Some(owner) => dynamic::bound(host, query, owner)?,
        None => None,
    };
    let data = bound.as_ref().unwrap_or_else(|| data(query));
    let select = data.statement();
    let statement = match &data.extras.statement {
        Some(statement) => statement.clone(),
        None => Statement::Select(Rc::new(assemble::compile(host, &select, true)?.statement)),
    };
    let dialect: &'static dyn compile::Dialect =
        if data.session.is_some() { &SQLITE } else { &compile::DEFAULT };
    Ok(compile::compile(host, &statement, dialect, &Options::default())?.text)
}

/// The statement as the whole of a subquery's FROM.
pub fn from_self(query: &QueryData, items: Option<Vec<SelectItem>>) -> QueryData {
    let mut inner = query.select.clone();
    let mut inner_extras = query.extras.clone();
    inner_extras.compile.enable_eagerloads = false;
    inner.correlate = Correlate::None;
    inner.orm = Some(Rc::new(inner_extras));
    let subquery = Statement::Select(Rc::new(inner)).subquery(None);
    over_subquery(query, subquery, items)
}

/// A query like this one whose entities are read from a subquery.
pub fn over_subquery(
    query: &QueryData,
    subquery: crate::sql::selectable::FromClause,
    items: Option<Vec<SelectItem>>,
) -> QueryData {
    let mut select = Select::new(items.unwrap_or_else(|| query.select.columns.clone()));
    select.label_style = query.select.label_style;
    select.options = query.select.options.clone();
    select.execution_options = query.select.execution_options.clone();
    select.from = vec![subquery];
    let mut extras = query.extras.clone();
    extras.compile.base_alias = true;
    extras.compile.single_criteria = false;
    extras.from_entities = Vec::new();
    extras.earlier = Vec::new();
    QueryData { select, extras, session: query.session.clone(), owner: None }
}

pub fn count(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let query = &args[0];
    let bound;
    let base = match &data(query).owner {
        Some(owner) => match dynamic::bound(host, query, owner)? {
            Some(found) => {
                bound = found;
                &bound
            }
            None => return Ok(Value::Int(dynamic::pending(owner).len() as i64)),
        },
        None => data(query),
    };
    let star = expr::literal_column(Str::new("*"), types::null_type());
    let count = count_of(star);
    let mut counted = from_self(base, Some(vec![SelectItem::Expr(count)]));
    counted.extras.compile.enable_eagerloads = false;
    counted.extras.why = base.extras.why.clone();
    let mut rows = rows(host, &counted)?;
    match rows.len() {
        1 => {
            let row = rows.remove(0);
            host.get_item(&row, &Value::Int(0))
        }
        _ => Ok(Value::Int(0)),
    }
}

/// `count(x)`.
fn count_of(argument: expr::Expr) -> expr::Expr {
    let function = expr::Function {
        name: Str::new("count"),
        packages: Vec::new(),
        arguments: vec![argument],
        known: crate::sql::functions::known("count"),
    };
    expr::ExprNode::new(expr::ExprKind::Function(function), types::integer())
}

// One object.

fn no_criterion(query: &QueryData, method: &str) -> R<()> {
    let select = &query.select;
    let has = !select.where_.is_empty()
        || query.extras.statement.is_some()
        || !select.from.is_empty()
        || !select.joins.is_empty()
        || select.limit.is_some()
        || select.offset.is_some()
        || !select.group_by.is_empty();
    if has && query.extras.compile.enable_assertions {
        Err(errors::existing_criterion(method))
    } else {
        Ok(())
    }
}

pub fn get(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    const LEGACY: &str = "The Query.get() method is considered legacy as of the 1.x series of SQLAlchemy and becomes \
                          a legacy construct in 2.0. The method is now available as Session.get() (deprecated since: \
                          2.0)";
    host.warn(&LEGACY_API_WARNING, LEGACY)?;
    let bound;
    let query = match &data(&args[0]).owner {
        Some(owner) => {
            bound = dynamic::plain_query(host, &args[0], owner)?;
            &bound
        }
        None => data(&args[0]),
    };
    no_criterion(query, "get")?;
    let mapper = match query.select.columns.as_slice() {
        [SelectItem::Entity(entity)] => OrmEntity::of(entity).map(|entity| entity.mapper().clone()),
        _ => None,
    };
    let Some(mapper) = mapper else { return Err(errors::single_class_only("get")) };
    let session = session_of(query)?.clone();
    let identifier = arguments::identifier(host, &args[1])?;
    let get_args = GetArgs {
        options: query.select.options.clone(),
        populate_existing: query.extras.load.populate_existing,
        ..GetArgs::default()
    };
    Ok(session.get(host, &mapper, identifier, &get_args)?.map_or(Value::None, Value::Instance))
}

// Changing rows.

fn bulk_allowed(query: &QueryData) -> R<()> {
    let select = &query.select;
    let joined = "join(), outerjoin(), select_from(), or from_self()";
    let checks = [
        (select.limit.is_some(), "limit()"),
        (select.offset.is_some(), "offset()"),
        (!select.order_by.is_empty(), "order_by()"),
        (!select.group_by.is_empty(), "group_by()"),
        (select.distinct, "distinct()"),
        (!select.from.is_empty(), joined),
        (!select.joins.is_empty(), joined),
    ];
    match checks.iter().find(|(called, _)| *called) {
        Some((_, method)) => Err(errors::bulk_not_allowed(method)),
        None => Ok(()),
    }
}

fn bulk_target(query: &QueryData) -> R<Rc<dyn crate::sql::entity::Entity>> {
    match query.select.columns.first() {
        Some(SelectItem::Entity(entity)) => Ok(entity.clone()),
        Some(SelectItem::Expr(expr)) if expr.annotation.is_some() => {
            Ok(expr.annotation.as_ref().expect("just seen").entity.clone())
        }
        _ => Err(errors::single_class_only("update")),
    }
}

fn bulk_query<'a>(
    host: &mut dyn Host,
    value: &'a Value,
    kept: &'a mut Option<QueryData>,
) -> R<&'a QueryData> {
    match &data(value).owner {
        Some(owner) => {
            *kept = Some(dynamic::plain_query(host, value, owner)?);
            Ok(kept.as_ref().expect("just made"))
        }
        None => Ok(data(value)),
    }
}

fn changed_rows(host: &mut dyn Host, answer: &Value) -> R<Value> {
    host.get_attr(answer, &intern("rowcount"))
}

fn sync_options(value: &Value) -> ExecutionOptions {
    ExecutionOptions { synchronize_session: Some(value.clone()), ..ExecutionOptions::default() }
}

pub fn update(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut kept = None;
    let query = bulk_query(host, &args[0], &mut kept)?;
    bulk_allowed(query)?;
    let entity = bulk_target(query)?;
    let table = OrmEntity::of(&entity)
        .map_or_else(|| entity.selectable(), |entity| entity.mapper().local_table.clone());
    let mut update = Update::new(table);
    update.entity = Some(entity);
    update.where_ = query.select.where_.clone();
    let Value::Dict(values) = &args[1] else {
        let shown = host.repr(&args[1])?;
        return Err(Raised::new(
            &crate::sql::exc::ARGUMENT_ERROR,
            format!("Update values expected, got {shown}"),
        ));
    };
    for (key, value) in values.to_vec() {
        let column = match &key {
            Value::Str(name) => SetTarget::Name(name.clone()),
            other => match element_of(host, other)? {
                Some(Element::Expr(expr)) => SetTarget::Expr(expr),
                _ => return Err(errors::expected_attribute()),
            },
        };
        let value = match coerce::as_expression(host, &value)? {
            Some(expr) => SetExpr::Expr(expr),
            None => SetExpr::Value(value),
        };
        update.values.push(SetValue { column, value });
    }
    let session = session_of(query)?.clone();
    let statement = Statement::Update(Rc::new(update));
    let answer = result::execute(host, &session, &statement, &[], &sync_options(&args[2]))?;
    changed_rows(host, &answer)
}

pub fn delete(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut kept = None;
    let query = bulk_query(host, &args[0], &mut kept)?;
    bulk_allowed(query)?;
    let entity = bulk_target(query)?;
    let table = OrmEntity::of(&entity)
        .map_or_else(|| entity.selectable(), |entity| entity.mapper().local_table.clone());
    let mut delete = Delete::new(table);
    delete.entity = Some(entity);
    delete.where_ = query.select.where_.clone();
    let session = session_of(query)?.clone();
    let statement = Statement::Delete(Rc::new(delete));
    let answer = result::execute(host, &session, &statement, &[], &sync_options(&args[1]))?;
    changed_rows(host, &answer)
}
