//! Running statements over entities.
//!
//! Owns compiling with the cache, the connection that runs a statement, and handing its rows to the loader.
//! Must not know Python names. Mirrors `Session._execute_internal` and `loading.instances`.

use std::cell::RefCell;
use std::rc::Rc;

use super::assemble;
use super::cache::{self, CachedOrm};
use super::context::{LoadOptions, OrmExtras, QueryEntity};
use super::joins::entity_of;
use super::options::{LoaderOption, OptionObject};
use crate::engine::{CacheNote, Cursor, ReasonGuard, wrap_bind_error};
use crate::orm::load::plan::{ItemPlan, Plan, Planner};
use crate::orm::load::post::{Inputs, PostQueue};
use crate::orm::load::rows::Context;
use crate::orm::load::subquery::SubqueryRoot;
use crate::orm::mapper::Mapper;
use crate::orm::session::Session;
use crate::python::value::{Gc, Host, Instance, R, Str, Value};
use crate::sql::compile::{self, Options, SQLITE};
use crate::sql::expr::{Bind, Expr, ExprKind};
use crate::sql::key::Key;
use crate::sql::selectable::FromClause;
use crate::sql::statement::{Select, Statement};

/// Why a statement runs, for the shell's display.
#[derive(Clone)]
pub struct Why {
    pub what: &'static str,
    pub class: Option<Str>,
    pub key: Option<Str>,
}

impl Why {
    pub fn query() -> Why {
        Why { what: "query", class: None, key: None }
    }

    pub fn of(what: &'static str, class: &Str, key: &Str) -> Why {
        Why { what, class: Some(class.clone()), key: Some(key.clone()) }
    }

    fn guard(&self) -> ReasonGuard {
        ReasonGuard::new(self.what, self.class.clone(), self.key.clone())
    }
}

/// One execution.
pub struct Execution<'a> {
    pub session: &'a Rc<Session>,
    /// Parameters by name.
    pub given: &'a dyn Fn(&str) -> Option<Value>,
    pub load: LoadOptions,
    pub why: Why,
    pub refresh: Option<Gc<Instance>>,
    /// The queue of the statement that this one belongs to.
    pub queue: Option<Rc<RefCell<PostQueue>>>,
    pub autoflush: bool,
    /// The statement whose subquery load this one is.
    pub subquery_root: Option<Rc<SubqueryRoot>>,
}

impl<'a> Execution<'a> {
    pub fn new(session: &'a Rc<Session>, why: Why) -> Execution<'a> {
        Execution {
            session,
            given: &|_| None,
            load: LoadOptions::default(),
            why,
            refresh: None,
            queue: None,
            autoflush: true,
            subquery_root: None,
        }
    }
}

/// A compiled statement, and the parameters of one use of it, if they are not its own.
pub type Prepared = (Rc<CachedOrm>, Option<Vec<Rc<Bind>>>);

/// Compiles a select, or finds it among those compiled before; then the parameters of this very statement.
pub fn prepare(host: &mut dyn Host, select: &Rc<Select>) -> R<Prepared> {
    let extras = OrmExtras::of(select);
    if extras.statement.is_some() {
        return Ok((Rc::new(from_statement(host, select, &extras)?), None));
    }
    let mut key = Key::of(&Statement::Select(select.clone()));
    let keyed = cache::extras_key(select, &extras, &mut key.tokens) && !key.uncacheable;
    if keyed && let Some(found) = cache::find(&key.tokens) {
        return Ok((found, Some(key.binds)));
    }
    let cached = Rc::new(compile_select(host, select, Some(&key.binds))?);
    if keyed {
        cache::keep(key.tokens.into_boxed_slice(), &cached);
    }
    Ok((cached, Some(key.binds)))
}

/// Compiles a select without looking at the cache.
pub fn compile_select(host: &mut dyn Host, select: &Rc<Select>, binds: Option<&[Rc<Bind>]>) -> R<CachedOrm> {
    let state = assemble::compile(host, select, true)?;
    let statement = Statement::Select(Rc::new(state.statement.clone()));
    let mut compiled = compile::compile(host, &statement, &SQLITE, &Options::default())?;
    if let Some(binds) = binds {
        index_slots(&mut compiled, binds);
    }
    let distinct = is_distinct(&state.statement, &state.entities);
    let plan = Planner::new(&state, &compiled).plan(distinct)?;
    let (options, propagated) = split_options(select);
    Ok(CachedOrm::new(state, compiled, plan, select.clone(), options, propagated))
}

/// Tells each slot which of the statement's parameters fills it.
fn index_slots(compiled: &mut compile::Compiled, binds: &[Rc<Bind>]) {
    for slot in &mut compiled.slots {
        let compile::SlotSource::Bind(bind) = &slot.source else { continue };
        slot.index = binds.iter().position(|known| Rc::ptr_eq(known, bind));
    }
}

/// All options, and those that loaded objects keep.
fn split_options(select: &Select) -> (Rc<[Value]>, Rc<[Value]>) {
    let propagates = |value: &&Value| match OptionObject::of(value).as_deref() {
        Some(LoaderOption::Load(load)) => load.propagate,
        Some(LoaderOption::Criteria(criteria)) => criteria.propagate,
        Some(LoaderOption::Wildcard { .. }) => true,
        None => false,
    };
    let kept: Vec<Value> = select.options.iter().filter(propagates).cloned().collect();
    (select.options.clone().into(), kept.into())
}

/// Whether no object can come twice: one entity, straight from its own table.
fn is_distinct(select: &Select, entities: &[QueryEntity]) -> bool {
    let [QueryEntity::Mapper { entity, .. }] = entities else { return false };
    let Ok(froms) = crate::sql::select::froms(select) else { return false };
    let [from] = froms.as_slice() else { return false };
    let mapped = assemble::selectable_of(entity);
    FromClause::same(from, &mapped)
}

/// `select(Student).from_statement(...)`: the rows of another statement.
fn from_statement(host: &mut dyn Host, select: &Rc<Select>, extras: &OrmExtras) -> R<CachedOrm> {
    let statement = extras.statement.clone().expect("the caller has seen the statement");
    let mut bare = (**select).clone();
    let mut own = extras.clone();
    own.statement = None;
    bare.orm = Some(Rc::new(own));
    bare.joins.clear();
    let state = assemble::compile(host, &Rc::new(bare), true)?;
    let compiled = compile::compile(host, &statement, &SQLITE, &Options::default())?;
    let names: Vec<(Str, Option<Expr>)> =
        compiled.columns.iter().map(|column| (column.name.clone(), column.element.clone())).collect();
    let by_name = move |wanted: &Expr| -> Option<usize> {
        let by_element = names.iter().position(|(_, element)| {
            element.as_ref().is_some_and(|element| super::adapt::derives_from(element, wanted))
        });
        by_element.or_else(|| {
            let name = wanted.name()?;
            let qualified =
                wanted.table().and_then(|table| table.name()).map(|table| format!("{table}_{name}"));
            let matches = |text: &str| {
                text.eq_ignore_ascii_case(&name)
                    || qualified.as_ref().is_some_and(|q| text.eq_ignore_ascii_case(q))
            };
            names.iter().position(|(known, _)| matches(known))
        })
    };
    let mut planner = Planner::new(&state, &compiled);
    if !compiled.columns.is_empty() {
        planner.by_name = Some(&by_name);
        let plan = planner.plan(false)?;
        let (options, propagated) = split_options(select);
        return Ok(CachedOrm::new(state, compiled, plan, select.clone(), options, propagated));
    }
    // A text that says nothing about its columns: its first row tells.
    let plan = Plan {
        items: Vec::new(),
        names: Vec::new(),
        unique_by: Vec::new(),
        single_entity: false,
        filtered: false,
        requires_unique: false,
        requires_buffering: false,
        distinct: false,
        has_post: false,
    };
    let (options, propagated) = split_options(select);
    Ok(CachedOrm::new(state, compiled, plan, select.clone(), options, propagated))
}

/// The plan of a text's rows, once the names of its columns are known.
fn plan_of_text(cached: &CachedOrm, cursor: &Cursor) -> R<Plan> {
    let names = cursor.column_names();
    let by_name = |wanted: &Expr| -> Option<usize> {
        let name = wanted.name()?;
        let qualified = wanted.table().and_then(|table| table.name()).map(|table| format!("{table}_{name}"));
        let exact = names.iter().position(|known| known.eq_ignore_ascii_case(&name));
        let by_table = qualified.and_then(|q| names.iter().position(|known| known.eq_ignore_ascii_case(&q)));
        by_table.or(exact)
    };
    let mut planner = Planner::new(&cached.state, &cached.compiled);
    planner.by_name = Some(&by_name);
    planner.plan(false)
}

/// What is told of each row.
pub type Sink<'a> = &'a mut dyn FnMut(&mut dyn Host, &mut Vec<Value>) -> R<()>;

/// Runs a compiled statement and gives the values of each row to `sink`; then runs the loaders behind the rows.
pub fn run(
    host: &mut dyn Host,
    cached: &Rc<CachedOrm>,
    binds: Option<&[Rc<Bind>]>,
    execution: Execution<'_>,
    sink: Sink<'_>,
) -> R<()> {
    let session = execution.session;
    if execution.autoflush && execution.load.autoflush != Some(false) {
        session.autoflush(host)?;
    }
    let guard = execution.why.guard();
    let filled = cached.compiled.raw_values(host, binds, execution.given).and_then(|raw| {
        let filled = cached.compiled.fill(host, raw.clone())?;
        Ok((raw, filled))
    });
    let (raw, filled) = match filled {
        Ok(filled) => filled,
        Err(raised) => return Err(wrap_bind_error(host, raised, &cached.compiled.text, &[Vec::new()])),
    };
    let text = cached.text_for(&filled.text);
    let mapper = lead_mapper(&cached.state.entities);
    let connection = session.connection_for(host, mapper.as_ref())?;
    let note = if cached.was_run.replace(true) { CacheNote::Cached } else { CacheNote::Generated };
    let mut cursor = connection.execute(host, &text, note, &filled.values)?;
    drop(guard);
    if cached.plan().items.is_empty() && !cached.state.entities.is_empty() {
        cached.set_text_plan(plan_of_text(cached, &cursor)?);
    }
    let plan = cached.plan();
    let inputs = Rc::new(Inputs {
        session: session.clone(),
        options: cached.options.clone(),
        propagates: !cached.propagated.is_empty(),
        propagated: cached.propagated.clone(),
        populate_existing: execution.load.populate_existing,
        cached: cached.clone(),
        raw: raw.clone(),
        is_refresh: execution.refresh.is_some(),
        subquery_root: execution.subquery_root,
    });
    let is_top = execution.queue.is_none();
    let queue = execution.queue.unwrap_or_default();
    let mut context = Context::new(session, &connection, inputs, queue.clone(), plan);
    context.refresh = execution.refresh;
    context.invoke_all_eagers = execution.load.invoke_all_eagers.unwrap_or(true);
    context.register_loaders(plan);
    let mut values: Vec<Value> = Vec::with_capacity(plan.items.len());
    let mut pending: Vec<Value> = Vec::new();
    let buffered = plan.has_post || plan.requires_unique;
    loop {
        match cursor.next_row() {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(connection.fetch_failed(host, error)),
        }
        for item in &plan.items {
            let value = context.item(host, &cursor, item)?;
            values.push(value);
        }
        if buffered {
            // The loaders behind the rows need the objects; the rows hold them until then.
            pending.append(&mut values);
        } else {
            sink(host, &mut values)?;
            values.clear();
        }
    }
    drop(cursor);
    context.finish_rows(host)?;
    if is_top {
        PostQueue::drain(host, &queue)?;
    }
    let width = plan.items.len().max(1);
    let mut rest = pending.into_iter();
    if buffered {
        loop {
            values.extend(rest.by_ref().take(width));
            if values.is_empty() {
                break;
            }
            sink(host, &mut values)?;
            values.clear();
        }
    }
    Ok(())
}

fn lead_mapper(entities: &[QueryEntity]) -> Option<Rc<Mapper>> {
    entities.iter().find_map(entity_of).map(|entity| entity.mapper().clone())
}

/// All rows of a select: their values one after the other, `plan.items.len()` a row.
pub fn fetch(
    host: &mut dyn Host,
    select: &Rc<Select>,
    execution: Execution<'_>,
) -> R<(Rc<CachedOrm>, Vec<Value>)> {
    let (cached, binds) = prepare(host, select)?;
    let mut all = Vec::new();
    run(host, &cached, binds.as_deref(), execution, &mut |_, row| {
        all.append(row);
        Ok(())
    })?;
    Ok((cached, all))
}

/// Whether a statement is the mapping layer's to run: it names a mapped class or an attribute of one.
pub fn is_orm(statement: &Statement) -> bool {
    use crate::sql::statement::SelectItem;
    match statement {
        Statement::Select(select) if select.rewritten => false,
        Statement::Select(select) => {
            select.orm.is_some()
                || select.columns.iter().any(|item| match item {
                    SelectItem::Entity(_) | SelectItem::Orm(_) => true,
                    SelectItem::Expr(expr) => names_entity(expr),
                    SelectItem::From(_) => false,
                })
                || select.joins.iter().any(|join| {
                    matches!(
                        join.target,
                        crate::sql::entity::Element::Entity(_) | crate::sql::entity::Element::Orm(_)
                    )
                })
        }
        _ => false,
    }
}

fn names_entity(expr: &Expr) -> bool {
    let mut found = false;
    crate::sql::traverse::walk(expr, &mut |part| {
        found |= part.annotation.is_some() && !matches!(part.kind, ExprKind::Bind(_));
    });
    found
}

/// Rewrites a statement that stands within another, or is printed by itself.
pub fn rewrite(host: &mut dyn Host, statement: &Statement, toplevel: bool) -> R<Statement> {
    match statement {
        Statement::Select(select) if is_orm(statement) => {
            if let Some(inner) = OrmExtras::peek(select).and_then(|extras| extras.statement.clone()) {
                return Ok(inner);
            }
            let own = OrmExtras::peek(select).is_none_or(|extras| extras.compile.toplevel);
            let state = assemble::compile(host, select, toplevel && own)?;
            Ok(Statement::Select(Rc::new(state.statement)))
        }
        Statement::Insert(insert) => {
            let mut plain = (**insert).clone();
            plain.returning = super::bulk::plain_items(&plain.returning);
            Ok(Statement::Insert(Rc::new(plain)))
        }
        Statement::Update(update) => {
            let mut plain = (**update).clone();
            plain.returning = super::bulk::plain_items(&plain.returning);
            Ok(Statement::Update(Rc::new(plain)))
        }
        Statement::Delete(delete) => {
            let mut plain = (**delete).clone();
            plain.returning = super::bulk::plain_items(&plain.returning);
            Ok(Statement::Delete(Rc::new(plain)))
        }
        other => Ok(other.clone()),
    }
}

/// Whether an item of the columns clause is a whole object.
pub fn is_entity_item(item: &ItemPlan) -> bool {
    matches!(item, ItemPlan::Instance(_))
}
