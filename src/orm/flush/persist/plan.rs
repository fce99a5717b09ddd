//! Statements of the flush, compiled once for each set of columns and run with many rows.
//!
//! Owns the compiled statement with the place that each of its parameters takes its value from, and the cache.
//! Must not know why a row is written.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::engine::defaults;
use crate::engine::{CacheNote, Connection, SqlText, wrap_bind_error};
use crate::orm::flush::mapping::TableMapping;
use crate::python::value::{Host, R, Str, Value};
use crate::sql::compile::{self, Compiled, Options, ResultColumn, SlotSource};
use crate::sql::expr::{self, Bind, Expr};
use crate::sql::operators::{Op, Operator};
use crate::sql::schema::{Column, Table};
use crate::sql::selectable::FromClause;
use crate::sql::statement::{Delete, Insert, SelectItem, SetExpr, SetTarget, SetValue, Statement, Update};
use crate::sql::types::ResultProcessor;

/// What a statement does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    Insert,
    Update,
    Delete,
}

/// What tells one statement from another of a table.
#[derive(PartialEq, Eq)]
pub struct PlanKey {
    pub verb: Verb,
    /// Places (in the table) of the columns that get values.
    pub columns: Vec<u16>,
    /// Places of the columns that say which row it is.
    pub keys: Vec<u16>,
    pub returning: Vec<u16>,
}

enum Source {
    /// The n-th given value.
    Given(usize),
    /// The n-th value of the row's key.
    Key(usize),
    /// A client-side default: the n-th column of `Plan::prefetch`.
    Default(usize),
    /// A value within an expression.
    Constant(Rc<Bind>),
}

pub struct Plan {
    key: PlanKey,
    compiled: Compiled,
    sql: Rc<SqlText>,
    sources: Vec<Source>,
    pub prefetch: Vec<Rc<Column>>,
    pub postfetch: Vec<Rc<Column>>,
    pub returning: Vec<(Rc<Column>, Option<ResultProcessor>)>,
    used: Cell<bool>,
    /// The text for several rows that was used last.
    rows: RefCell<Option<(usize, Rc<SqlText>)>>,
    /// Values pass as they were given, in the order of the text.
    is_plain: bool,
}

/// Values of one row, ready for the driver, and what defaults gave for it.
#[derive(Default)]
pub struct Filled {
    pub values: Vec<Value>,
    pub defaults: Vec<Value>,
}

/// `pet_id`: the name of a parameter that stands for the key's value beside one for the column's new value.
fn label(table: &Table, column: &Column) -> Str {
    Str::new(&format!("{}_{}", table.name, column.name()))
}

fn equals(table: &Table, column: &Rc<Column>) -> Expr {
    let mut bind = Bind::named(label(table, column), Value::None);
    bind.required = true;
    let left = expr::column(column);
    expr::binary(left, Operator::from(Op::Eq), bind.into_expr(column.ty()), crate::sql::types::boolean())
}

impl Plan {
    /// The statement for a set of columns; `exprs` are values that SQL computes, with which nothing is kept.
    pub fn get(
        host: &mut dyn Host,
        connection: &Connection,
        mapping: &TableMapping,
        key: PlanKey,
        exprs: &[(Rc<Column>, Expr)],
    ) -> R<Rc<Plan>> {
        if exprs.is_empty() {
            let known = mapping
                .statements
                .borrow()
                .iter()
                .find_map(|kept| kept.clone().downcast::<Plan>().ok().filter(|plan| plan.key == key));
            if let Some(known) = known {
                return Ok(known);
            }
        }
        let plan = Rc::new(Plan::make(host, connection, &mapping.table, key, exprs)?);
        if exprs.is_empty() {
            mapping.statements.borrow_mut().push(plan.clone());
        }
        Ok(plan)
    }

    pub fn make(
        host: &mut dyn Host,
        connection: &Connection,
        table: &Rc<Table>,
        key: PlanKey,
        exprs: &[(Rc<Column>, Expr)],
    ) -> R<Plan> {
        let all = table.column_list();
        let at = |places: &[u16]| -> Vec<Rc<Column>> {
            places.iter().map(|&place| all[usize::from(place)].clone()).collect()
        };
        let (columns, keys, returning) = (at(&key.columns), at(&key.keys), at(&key.returning));
        let from = FromClause::Table(table.clone());
        let values: Vec<SetValue> = exprs
            .iter()
            .map(|(column, expr)| SetValue {
                column: SetTarget::Column(column.clone()),
                value: SetExpr::Expr(expr.clone()),
            })
            .collect();
        let returned: Vec<SelectItem> =
            returning.iter().map(|column| SelectItem::Expr(expr::column(column))).collect();
        let where_: Vec<Expr> = keys.iter().map(|column| equals(table, column)).collect();
        let statement = match key.verb {
            Verb::Insert => {
                let insert = Insert { values, returning: returned, ..Insert::new(from) };
                Statement::Insert(Rc::new(insert))
            }
            Verb::Update => {
                let update =
                    Update { values, where_, returning: returned, inline: true, ..Update::new(from) };
                Statement::Update(Rc::new(update))
            }
            Verb::Delete => Statement::Delete(Rc::new(Delete { where_, ..Delete::new(from) })),
        };
        let column_keys: Vec<Str> = columns.iter().map(|column| column.key()).collect();
        let options = Options {
            column_keys: (key.verb != Verb::Delete).then_some(&column_keys[..]),
            ..Options::default()
        };
        let dialect = compile::dialect_named(connection.engine().dialect_name()).unwrap_or(&compile::SQLITE);
        let compiled = compile::compile(host, &statement, dialect, &options)?;
        Ok(Plan::of(key, compiled, table, &columns, &keys, returning))
    }

    fn of(
        key: PlanKey,
        compiled: Compiled,
        table: &Rc<Table>,
        columns: &[Rc<Column>],
        keys: &[Rc<Column>],
        returning: Vec<Rc<Column>>,
    ) -> Plan {
        let key_labels: Vec<Str> = keys.iter().map(|column| label(table, column)).collect();
        let mut prefetch: Vec<Rc<Column>> = Vec::new();
        let place_in =
            |list: &[Rc<Column>], column: &Rc<Column>| list.iter().position(|one| Rc::ptr_eq(one, column));
        let mut sources = Vec::with_capacity(compiled.slots.len());
        for slot in &compiled.slots {
            let source = match &slot.source {
                SlotSource::Column(column) | SlotSource::Prefetch(column)
                    if place_in(columns, column).is_some() =>
                {
                    Source::Given(place_in(columns, column).unwrap_or(0))
                }
                SlotSource::Column(column) | SlotSource::Prefetch(column) => {
                    let place = place_in(&prefetch, column).unwrap_or_else(|| {
                        prefetch.push(column.clone());
                        prefetch.len() - 1
                    });
                    Source::Default(place)
                }
                SlotSource::Bind(bind) => match key_labels.iter().position(|label| **label == *slot.name) {
                    Some(place) if !bind.unique => Source::Key(place),
                    _ => Source::Constant(bind.clone()),
                },
            };
            sources.push(source);
        }
        let is_plain = sources.len() == columns.len()
            && compiled.slots.iter().all(|slot| slot.processor.is_none())
            && sources
                .iter()
                .enumerate()
                .all(|(place, source)| matches!(source, Source::Given(at) if *at == place));
        let results: Vec<&ResultColumn> = compiled.columns.iter().collect();
        let returning = returning
            .into_iter()
            .enumerate()
            .map(|(place, column)| {
                let processor = results.get(place).and_then(|result| result.processor(compiled.dialect));
                (column, processor)
            })
            .collect();
        let sql = SqlText::new(compiled.text.as_str());
        let postfetch = compiled.postfetch.clone();
        Plan {
            key,
            compiled,
            sql,
            sources,
            prefetch,
            postfetch,
            returning,
            used: Cell::new(false),
            rows: RefCell::default(),
            is_plain,
        }
    }

    pub fn sql(&self) -> &Rc<SqlText> {
        &self.sql
    }

    /// The statement with that many rows in its VALUES.
    pub fn rows_text(&self, rows: usize) -> Rc<SqlText> {
        if rows == 1 {
            return self.sql.clone();
        }
        if let Some((known, sql)) = &*self.rows.borrow()
            && *known == rows
        {
            return sql.clone();
        }
        let text = self.sql.text();
        let start = text.find(" VALUES ").map_or(text.len(), |at| at + " VALUES ".len());
        let end = text[start..].rfind(" RETURNING ").map_or(text.len(), |at| start + at);
        let values = vec![&text[start..end]; rows].join(", ");
        let sql = SqlText::new(format!("{}{values}{}", &text[..start], &text[end..]));
        *self.rows.borrow_mut() = Some((rows, sql.clone()));
        sql
    }

    /// What the echo says of the statement's age.
    pub fn note(&self) -> CacheNote {
        if self.used.replace(true) { CacheNote::Cached } else { CacheNote::Generated }
    }

    /// Whether the driver gets the values as they were given, in their order, and no default adds to them.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Works the row's values out: those given, those of its key, defaults.
    pub fn fill(
        &self,
        host: &mut dyn Host,
        connection: &Rc<Connection>,
        given: &[Value],
        keys: &[Value],
    ) -> R<Filled> {
        if self.is_plain {
            return Ok(Filled { values: given.to_vec(), defaults: Vec::new() });
        }
        let mut made = Vec::new();
        if !self.prefetch.is_empty() {
            let is_update = self.key.verb == Verb::Update;
            let all = self.current_parameters(given);
            made = defaults::evaluate(host, connection, &self.prefetch, is_update, all)?;
        }
        let mut values = Vec::with_capacity(self.sources.len());
        for (slot, source) in self.compiled.slots.iter().zip(&self.sources) {
            let value = match source {
                Source::Given(place) => given[*place].clone(),
                Source::Key(place) => keys[*place].clone(),
                Source::Default(place) => made[*place].clone(),
                Source::Constant(bind) => match &bind.callable {
                    Some(callable) => host.call_values(callable, &[])?,
                    None => bind.value.clone(),
                },
            };
            match slot.convert(host, value) {
                Ok(value) => values.push(value),
                Err(raised) => return Err(self.unfit(host, raised, given, keys, &made)),
            }
        }
        Ok(Filled { values, defaults: made })
    }

    /// The exception for a value that its column's type refuses: the statement with the row's values by name.
    #[cold]
    fn unfit(
        &self,
        host: &mut dyn Host,
        raised: crate::python::value::Raised,
        given: &[Value],
        keys: &[Value],
        made: &[Value],
    ) -> crate::python::value::Raised {
        let mut row = Vec::new();
        for (slot, source) in self.compiled.slots.iter().zip(&self.sources) {
            let value = match source {
                Source::Given(place) => given[*place].clone(),
                Source::Key(place) => keys[*place].clone(),
                Source::Default(place) => made[*place].clone(),
                Source::Constant(bind) => bind.value.clone(),
            };
            row.push((slot.name.clone(), value));
        }
        wrap_bind_error(host, raised, self.sql.text(), &[row])
    }

    /// The given values by column key, for defaults that look at them.
    fn current_parameters(&self, given: &[Value]) -> Vec<(Str, Value)> {
        let mut all = Vec::with_capacity(given.len());
        for (slot, source) in self.compiled.slots.iter().zip(&self.sources) {
            if let (Source::Given(place), SlotSource::Column(column) | SlotSource::Prefetch(column)) =
                (source, &slot.source)
            {
                all.push((column.key(), given[*place].clone()));
            }
        }
        all
    }

    /// Runs the statement for rows whose results do not matter; gives how many rows it changed.
    pub fn execute_rows(
        &self,
        host: &mut dyn Host,
        connection: &Rc<Connection>,
        mut rows: Vec<Vec<Value>>,
    ) -> R<i64> {
        let note = self.note();
        if rows.len() == 1
            && let Some(row) = rows.pop()
        {
            let mut cursor = connection.execute(host, &self.sql, note, &row)?;
            let changed = cursor.rowcount();
            cursor.close();
            return Ok(changed);
        }
        connection.execute_many(host, &self.sql, note, &rows)
    }
}
