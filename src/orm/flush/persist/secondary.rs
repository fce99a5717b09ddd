//! Rows of secondary tables, which no class stands for.
//!
//! Owns their statements. Mirrors `_ManyToManyDP._run_crud`. Must not know which rows and why.

use std::rc::Rc;

use super::plan::{Plan, PlanKey, Verb};
use crate::engine::Connection;
use crate::orm::flush::errors;
use crate::python::value::{Host, R, Value};
use crate::sql::schema::{Column, Table};

/// Columns with their values.
pub type Row = Vec<(Rc<Column>, Value)>;
/// Columns with their values before and after.
pub type UpdateRow = Vec<(Rc<Column>, Value, Value)>;

/// Places in the table of a row's columns, in the order of the table, and where the row has each.
fn order<T>(table: &Table, row: &[T], column: impl Fn(&T) -> &Rc<Column>) -> (Vec<u16>, Vec<usize>) {
    let mut places: Vec<(u16, usize)> = Vec::with_capacity(row.len());
    for (place, known) in table.column_list().iter().enumerate() {
        // The last value of a column wins, as in a dictionary.
        if let Some(at) = row.iter().rposition(|item| Rc::ptr_eq(column(item), known)) {
            places.push((place as u16, at));
        }
    }
    places.into_iter().unzip()
}

pub fn delete(host: &mut dyn Host, connection: &Rc<Connection>, table: &Rc<Table>, rows: Vec<Row>) -> R<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    let (keys, at) = order(table, first, |(column, _)| column);
    let key = PlanKey { verb: Verb::Delete, columns: Vec::new(), keys, returning: Vec::new() };
    let plan = Plan::make(host, connection, table, key, &[])?;
    let mut filled = Vec::with_capacity(rows.len());
    for row in &rows {
        let values: Vec<Value> = at.iter().map(|&at| row[at].1.clone()).collect();
        filled.push(plan.fill(host, connection, &[], &values)?.values);
    }
    let matched = plan.execute_rows(host, connection, filled)?;
    if matched >= 0 && matched != rows.len() as i64 {
        return Err(errors::stale_secondary("DELETE", &table.name, rows.len(), matched));
    }
    Ok(())
}

pub fn update(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    table: &Rc<Table>,
    rows: Vec<UpdateRow>,
) -> R<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    let (places, at) = order(table, first, |(column, _, _)| column);
    let key = PlanKey { verb: Verb::Update, columns: places.clone(), keys: places, returning: Vec::new() };
    let plan = Plan::make(host, connection, table, key, &[])?;
    let mut filled = Vec::with_capacity(rows.len());
    for row in &rows {
        let before: Vec<Value> = at.iter().map(|&at| row[at].1.clone()).collect();
        let after: Vec<Value> = at.iter().map(|&at| row[at].2.clone()).collect();
        filled.push(plan.fill(host, connection, &after, &before)?.values);
    }
    let matched = plan.execute_rows(host, connection, filled)?;
    if matched >= 0 && matched != rows.len() as i64 {
        return Err(errors::stale_secondary("UPDATE", &table.name, rows.len(), matched));
    }
    Ok(())
}

pub fn insert(host: &mut dyn Host, connection: &Rc<Connection>, table: &Rc<Table>, rows: Vec<Row>) -> R<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    let (columns, at) = order(table, first, |(column, _)| column);
    let key = PlanKey { verb: Verb::Insert, columns, keys: Vec::new(), returning: Vec::new() };
    let plan = Plan::make(host, connection, table, key, &[])?;
    let mut filled = Vec::with_capacity(rows.len());
    for row in &rows {
        let values: Vec<Value> = at.iter().map(|&at| row[at].1.clone()).collect();
        filled.push(plan.fill(host, connection, &values, &[])?.values);
    }
    plan.execute_rows(host, connection, filled).map(drop)
}
