//! Results of statements over entities, and the door through which sessions run any statement.
//!
//! Owns choosing who runs a statement, and the result object over loaded rows. Must not know Python names.
//! Mirrors `Session._execute_internal` and `loading.instances`.

use std::rc::Rc;

use super::bulk;
use super::cache::CachedOrm;
use super::context::{LoadOptions, OrmExtras};
use super::errors;
use super::execute::{self, Execution, Why};
use crate::engine::result::{
    CHUNKED_ITERATOR_RESULT, KeyResolver, KeyStyle, ResultBuilder, RowKeys, RowSource,
};
use crate::engine::{self, Given};
use crate::orm::attribute::QueryableAttribute;
use crate::orm::load::plan::ItemPlan;
use crate::orm::session::{Bind, Session};
use crate::python::value::{Host, R, Str, Value, Visitor};
use crate::sql::entity::{Element, element_of};
use crate::sql::statement::{Select, Statement};

/// Options of one execution.
#[derive(Clone, Default)]
pub struct ExecutionOptions {
    pub load: LoadOptions,
    pub synchronize_session: Option<Value>,
    pub bind: Option<Bind>,
}

/// Reads execution options: those of the statement, then those of the call.
pub fn read_options(host: &mut dyn Host, statement: &Statement, given: &Value) -> R<ExecutionOptions> {
    let mut options = ExecutionOptions::default();
    let mut pairs: Vec<(Str, Value)> = statement.execution_options().to_vec();
    if let Value::Dict(dict) = given {
        for (key, value) in dict.to_vec() {
            pairs.push((host.str(&key)?, value));
        }
    }
    for (key, value) in pairs {
        match &*key {
            "populate_existing" => options.load.populate_existing = host.truth(&value)?,
            "autoflush" => options.load.autoflush = Some(host.truth(&value)?),
            "yield_per" => {
                if let Value::Int(count) = value {
                    options.load.yield_per = usize::try_from(count).ok();
                }
            }
            "synchronize_session" => options.synchronize_session = Some(value),
            _ => {}
        }
    }
    Ok(options)
}

/// Runs any statement within a session and gives its result.
pub fn execute(
    host: &mut dyn Host,
    session: &Rc<Session>,
    statement: &Statement,
    sets: &[Given],
    options: &ExecutionOptions,
) -> R<Value> {
    match statement {
        Statement::Select(select) if execute::is_orm(statement) => {
            let first = sets.first().cloned().unwrap_or_default();
            let given = move |name: &str| {
                first.iter().find(|(known, _)| &**known == name).map(|(_, value)| value.clone())
            };
            let mut execution = Execution::new(session, Why::query());
            execution.given = &given;
            execution.load = merged(select, &options.load);
            let (cached, cells) = execute::fetch(host, select, execution)?;
            Ok(result_of(&cached, cells))
        }
        Statement::Insert(insert) if insert.entity.is_some() => {
            bulk::insert(host, session, insert, sets, options)
        }
        Statement::Update(update) if update.entity.is_some() => {
            bulk::update(host, session, update, sets, options)
        }
        Statement::Delete(delete) if delete.entity.is_some() => {
            bulk::delete(host, session, delete, sets, options)
        }
        Statement::Compound(compound) if compound.selects.iter().any(execute::is_orm) => {
            session.autoflush(host)?;
            core(host, session, statement, sets, options)
        }
        _ => core(host, session, statement, sets, options),
    }
}

/// Runs a statement that is no business of the mapping layer.
pub fn core(
    host: &mut dyn Host,
    session: &Rc<Session>,
    statement: &Statement,
    sets: &[Given],
    options: &ExecutionOptions,
) -> R<Value> {
    let connection = match &options.bind {
        Some(bind) => session.connection_for_bind(host, bind)?,
        None => {
            let bind = session.get_bind(host, None, table_of(statement).as_ref())?;
            session.connection_for_bind(host, &bind)?
        }
    };
    engine::execute_statement(host, &connection, statement, sets)
}

fn table_of(statement: &Statement) -> Option<Rc<crate::sql::schema::Table>> {
    match statement {
        Statement::Insert(insert) => insert.table.base_table(),
        Statement::Update(update) => update.table.base_table(),
        Statement::Delete(delete) => delete.table.base_table(),
        _ => None,
    }
}

/// The load options of a statement with those of one execution.
pub fn merged(select: &Select, given: &LoadOptions) -> LoadOptions {
    let own = OrmExtras::of(select).load;
    LoadOptions {
        populate_existing: own.populate_existing || given.populate_existing,
        autoflush: given.autoflush.or(own.autoflush),
        yield_per: given.yield_per.or(own.yield_per),
        invoke_all_eagers: given.invoke_all_eagers.or(own.invoke_all_eagers),
        only_return_tuples: own.only_return_tuples || given.only_return_tuples,
        legacy_uniquing: own.legacy_uniquing || given.legacy_uniquing,
    }
}

/// A result object over rows that are loaded.
pub fn result_of(cached: &Rc<CachedOrm>, cells: Vec<Value>) -> Value {
    let keys = keys_of(cached);
    let source = LoadedRows {
        width: cached.plan().items.len().max(1),
        cells: cells.into_iter(),
        requires_unique: cached.plan().requires_unique,
    };
    ResultBuilder::new(&CHUNKED_ITERATOR_RESULT, keys, Box::new(source))
        .unique_by(cached.plan().unique_by.clone())
        .build()
}

/// The names of a statement's rows.
pub fn keys_of(cached: &Rc<CachedOrm>) -> Rc<RowKeys> {
    let resolver = Rc::new(EntityKeys(cached.clone()));
    RowKeys::with_resolver(cached.plan().names.clone(), KeyStyle::Simple, Some(resolver))
}

/// Finds a row's column by the attribute or class that it was selected as.
struct EntityKeys(Rc<CachedOrm>);

impl KeyResolver for EntityKeys {
    fn index(&self, host: &mut dyn Host, key: &Value) -> R<Option<usize>> {
        use super::context::QueryEntity;
        let cached = &self.0;
        let wanted_attribute = key.payload::<QueryableAttribute>();
        let element = element_of(host, key)?;
        let place = cached.state.entities.iter().position(|item| match (item, &element) {
            (QueryEntity::Mapper { entity, .. }, Some(Element::Entity(wanted))) => {
                super::entity::OrmEntity::of(wanted).is_some_and(|wanted| wanted.same(entity))
            }
            (QueryEntity::Column { expr, key, .. }, Some(Element::Expr(wanted))) => {
                crate::sql::expr::ExprNode::same(expr, wanted)
                    || wanted_attribute.is_some_and(|wanted| key.as_ref() == Some(&wanted.attribute.key))
            }
            _ => false,
        });
        Ok(place)
    }
}

struct LoadedRows {
    width: usize,
    cells: std::vec::IntoIter<Value>,
    requires_unique: bool,
}

impl RowSource for LoadedRows {
    fn next_row(&mut self, _host: &mut dyn Host) -> R<Option<Vec<Value>>> {
        if self.cells.len() == 0 {
            return Ok(None);
        }
        Ok(Some(self.cells.by_ref().take(self.width).collect()))
    }

    fn check_unique(&self, unique: bool) -> R<()> {
        if self.requires_unique && !unique { Err(errors::unique_required()) } else { Ok(()) }
    }

    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.cells.as_slice().iter().for_each(|value| value.trace(visitor));
    }
}

/// Whether a statement's rows are one object each.
pub fn is_single_entity(cached: &CachedOrm) -> bool {
    matches!(cached.plan().items.as_slice(), [ItemPlan::Instance(_)])
}
