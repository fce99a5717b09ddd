//! INSERT: which columns of a row are given, which rows go together, what comes back.
//!
//! Owns collecting values and running the statements. Must not know which instances are inserted.
//! Mirrors `_collect_insert_commands`, `_emit_insert_statements` and `_postfetch`.
//!
//! Rows that follow one another with the same columns go together. With all keys given that is one `executemany`.
//! With keys to come from the database, several rows use RETURNING (one statement a row, as SQLite cannot tell rows
//! apart otherwise), and a single row the id of the last insertion.

use std::rc::Rc;

use super::Saving;
use super::plan::{Filled, Plan, PlanKey, Verb};
use crate::engine::{Batch, Connection};
use crate::orm::faces;
use crate::orm::flush::errors;
use crate::orm::flush::mapping::{self, MappedColumn, TableMapping};
use crate::orm::identity::Mapped;
use crate::python::value::{Host, R, Value};
use crate::sql::expr::Expr;
use crate::sql::schema::Column;

/// A row to be inserted.
pub struct InsertRecord {
    /// None for rows of bulk operations that nobody looks at afterwards.
    pub mapped: Option<Mapped>,
    pub mapping: Rc<TableMapping>,
    /// Places (in the mapping) of the given columns, ascending, and their values.
    pub places: Vec<u16>,
    pub values: Vec<Value>,
    /// Values that SQL computes.
    pub exprs: Vec<(u16, Expr)>,
    pub has_all_keys: bool,
    pub has_all_defaults: bool,
}

impl InsertRecord {
    pub fn collect(host: &mut dyn Host, one: &Saving, mapping: &Rc<TableMapping>) -> R<InsertRecord> {
        let mapped = &one.mapped;
        let mut record = InsertRecord {
            mapped: Some(mapped.clone()),
            mapping: mapping.clone(),
            places: Vec::with_capacity(mapping.columns.len()),
            values: Vec::with_capacity(mapping.columns.len()),
            exprs: Vec::new(),
            has_all_keys: true,
            has_all_defaults: true,
        };
        for (place, column) in mapping.columns.iter().enumerate() {
            let mut value = mapped.instance().slot(column.slot);
            if mapping.version == Some(place) && !mapping::has_server_version(mapped.mapper()) {
                value = mapping::next_version(host, mapped.mapper(), &Value::None)?;
            }
            match value {
                Value::Unset | Value::None if column.evaluates_none && !value.is_unset() => {
                    record.give(place, value);
                }
                Value::Unset | Value::None => {
                    if !column.omitted_without_value {
                        record.give(place, Value::None);
                    } else {
                        record.miss(column);
                    }
                }
                value => match faces::sql_expression(host, &value)? {
                    Some(expr) => {
                        record.miss(column);
                        record.exprs.push((place as u16, expr));
                    }
                    None => record.give(place, value),
                },
            }
        }
        Ok(record)
    }

    #[inline]
    pub fn give(&mut self, place: usize, value: Value) {
        self.places.push(place as u16);
        self.values.push(value);
    }

    /// The column gets no value from here.
    pub fn miss(&mut self, column: &MappedColumn) {
        if column.primary_key {
            self.has_all_keys = false;
        }
        if column.has_server_default {
            self.has_all_defaults = false;
        }
    }

    fn same_columns(&self, other: &InsertRecord) -> bool {
        if Rc::ptr_eq(&self.mapping, &other.mapping) {
            return self.places == other.places;
        }
        self.places.len() == other.places.len()
            && self.table_places().zip(other.table_places()).all(|(left, right)| left == right)
    }

    fn table_places(&self) -> impl Iterator<Item = u16> {
        self.places.iter().map(|&place| self.mapping.columns[usize::from(place)].index as u16)
    }

    fn goes_with(&self, other: &InsertRecord) -> bool {
        self.exprs.is_empty() == other.exprs.is_empty()
            && self.has_all_keys == other.has_all_keys
            && self.has_all_defaults == other.has_all_defaults
            && self.same_columns(other)
    }
}

/// Inserts rows in their order; with `bookkeeping` the instances learn what the database filled in.
pub fn emit(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    records: Vec<InsertRecord>,
    bookkeeping: bool,
) -> R<()> {
    let mut start = 0;
    while start < records.len() {
        let first = &records[start];
        let end = records[start..].iter().position(|record| !first.goes_with(record));
        let end = end.map_or(records.len(), |at| start + at);
        emit_group(host, connection, &records[start..end], bookkeeping)?;
        start = end;
    }
    Ok(())
}

fn emit_group(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    records: &[InsertRecord],
    bookkeeping: bool,
) -> R<()> {
    let first = &records[0];
    let mapping = &first.mapping;
    let can_return = mapping.table.implicit_returning.get();
    let wants_defaults = bookkeeping && !first.has_all_defaults && can_return;
    let many = first.exprs.is_empty() && first.has_all_keys && !wants_defaults;
    if many {
        return emit_many(host, connection, records, bookkeeping);
    }
    let together = can_return && first.exprs.is_empty() && records.len() > 1;
    let numbered = mapping.table.autoincrement_column().is_some();
    let keys = mapping.pk_columns().map(|column| column.index as u16);
    let mut returning: Vec<u16> = Vec::new();
    if wants_defaults {
        let defaults = mapping.server_defaults.iter().map(|&place| mapping.columns[place].index as u16);
        returning.extend(defaults.filter(|place| !first.table_places().any(|given| given == *place)));
    }
    if numbered && (together || wants_defaults || (can_return && mapping.version.is_some())) {
        returning.extend(keys);
        returning.sort_unstable();
    } else if together && !returning.is_empty() {
        // The keys say which row is which.
        returning.extend(keys);
    }
    match (together, numbered) {
        (true, true) => emit_returning(host, connection, records, returning),
        (true, false) => emit_pages(host, connection, records, returning),
        (false, _) => emit_singly(host, connection, records, &returning),
    }
}

fn plan_key(record: &InsertRecord, returning: Vec<u16>) -> PlanKey {
    PlanKey { verb: Verb::Insert, columns: record.table_places().collect(), keys: Vec::new(), returning }
}

fn exprs(record: &InsertRecord) -> Vec<(Rc<Column>, Expr)> {
    let columns = &record.mapping.columns;
    record
        .exprs
        .iter()
        .map(|(place, expr)| (columns[usize::from(*place)].column.clone(), expr.clone()))
        .collect()
}

/// Everything is given: one statement for all rows.
fn emit_many(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    records: &[InsertRecord],
    bookkeeping: bool,
) -> R<()> {
    let plan = Plan::get(host, connection, &records[0].mapping, plan_key(&records[0], Vec::new()), &[])?;
    let mut rows = Vec::with_capacity(records.len());
    let mut defaults = Vec::with_capacity(records.len());
    for record in records {
        let filled = plan.fill(host, connection, &record.values, &[])?;
        rows.push(filled.values);
        defaults.push(filled.defaults);
    }
    plan.execute_rows(host, connection, rows)?;
    if bookkeeping {
        for (record, defaults) in records.iter().zip(&defaults) {
            after(record, &plan, defaults);
        }
    }
    Ok(())
}

/// Several rows whose keys (and server defaults) the database gives back.
fn emit_returning(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    records: &[InsertRecord],
    returning: Vec<u16>,
) -> R<()> {
    let plan = Plan::get(host, connection, &records[0].mapping, plan_key(&records[0], returning), &[])?;
    // Values that pass as they were given need no copy; all others are made before the first row goes out.
    let mut filled: Vec<Filled> = Vec::new();
    if !plan.is_plain() {
        filled.reserve_exact(records.len());
        for record in records {
            filled.push(plan.fill(host, connection, &record.values, &[])?);
        }
    }
    let note = plan.note();
    let mut filled = filled.into_iter();
    for (number, record) in records.iter().enumerate() {
        let Filled { values, defaults } = filled.next().unwrap_or_default();
        let values = if plan.is_plain() { &record.values } else { &values };
        let batch = Batch { number: number + 1, total: records.len(), sorted: true, downgraded: true };
        let mut cursor = connection.execute_batch(host, plan.sql(), note, Some(batch), values)?;
        let row = next_row(host, connection, &plan, &mut cursor)?;
        cursor.close();
        take_returned(record, &plan, row)?;
        after(record, &plan, &defaults);
    }
    Ok(())
}

/// As many rows a statement as SQLAlchemy puts there.
const PAGE_ROWS: usize = 1000;
/// As many parameters as SQLite takes.
const PAGE_PARAMETERS: usize = 32_766;

/// Several rows whose keys are made on this side: many rows a statement.
fn emit_pages(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    records: &[InsertRecord],
    returning: Vec<u16>,
) -> R<()> {
    let sorted = !returning.is_empty();
    let plan = Plan::get(host, connection, &records[0].mapping, plan_key(&records[0], returning), &[])?;
    let mut filled: Vec<Filled> = Vec::with_capacity(records.len());
    for record in records {
        filled.push(plan.fill(host, connection, &record.values, &[])?);
    }
    let width = filled[0].values.len().max(1);
    let page = PAGE_ROWS.min(PAGE_PARAMETERS / width).max(1);
    let total = records.len().div_ceil(page);
    for (number, (records, filled)) in records.chunks(page).zip(filled.chunks(page)).enumerate() {
        let values: Vec<Value> = filled.iter().flat_map(|one| one.values.iter().cloned()).collect();
        let batch = Batch { number: number + 1, total, sorted, downgraded: false };
        let sql = plan.rows_text(records.len());
        let mut cursor = connection.execute_batch(host, &sql, plan.note(), Some(batch), &values)?;
        for (record, filled) in records.iter().zip(filled) {
            if sorted {
                let row = next_row(host, connection, &plan, &mut cursor)?;
                take_returned(record, &plan, row)?;
            }
            after(record, &plan, &filled.defaults);
        }
        cursor.close();
    }
    Ok(())
}

/// The values that RETURNING gives; none when there is no row.
fn next_row(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    plan: &Plan,
    cursor: &mut crate::engine::Cursor,
) -> R<Vec<Value>> {
    match cursor.next_row() {
        Ok(true) => read(host, plan, cursor),
        Ok(false) => Ok(Vec::new()),
        Err(error) => Err(connection.fetch_failed(host, error)),
    }
}

/// One row at a time: its key is the id of the last insertion, or comes with the server defaults.
fn emit_singly(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    records: &[InsertRecord],
    returning: &[u16],
) -> R<()> {
    for record in records {
        let key = plan_key(record, returning.to_vec());
        let plan = Plan::get(host, connection, &record.mapping, key, &exprs(record))?;
        let filled = plan.fill(host, connection, &record.values, &[])?;
        let mut cursor = connection.execute(host, plan.sql(), plan.note(), &filled.values)?;
        if returning.is_empty() {
            let id = cursor.lastrowid();
            cursor.close();
            take_id(record, id);
        } else {
            let row = next_row(host, connection, &plan, &mut cursor)?;
            cursor.close();
            take_returned(record, &plan, row)?;
        }
        after(record, &plan, &filled.defaults);
    }
    Ok(())
}

fn read(host: &mut dyn Host, plan: &Plan, cursor: &crate::engine::Cursor) -> R<Vec<Value>> {
    let mut row = Vec::with_capacity(plan.returning.len());
    for (place, (_, processor)) in plan.returning.iter().enumerate() {
        let value = cursor.value(place)?;
        row.push(match processor {
            Some(processor) => processor.apply(host, value)?,
            None => value,
        });
    }
    Ok(row)
}

/// Puts the id of the new row into the key column that the database numbers.
fn take_id(record: &InsertRecord, id: Option<i64>) {
    let (Some(mapped), Some(id)) = (&record.mapped, id) else { return };
    let numbered = record.mapping.table.autoincrement_column();
    for column in record.mapping.pk_columns() {
        let is_numbered = numbered.as_ref().is_some_and(|numbered| Rc::ptr_eq(numbered, &column.column));
        let by_sql = record.exprs.iter().any(|(place, _)| {
            Rc::ptr_eq(&record.mapping.columns[usize::from(*place)].column, &column.column)
        });
        let value = mapped.instance().slot(column.slot);
        if is_numbered && (by_sql || value.is_none() || value.is_unset()) {
            drop(mapped.instance().set_slot(column.slot, Value::Int(id)));
        }
    }
}

fn take_returned(record: &InsertRecord, plan: &Plan, row: Vec<Value>) -> R<()> {
    let Some(mapped) = &record.mapped else { return Ok(()) };
    if row.is_empty() {
        return Err(errors::no_new_key(mapped.mapper()));
    }
    for ((column, _), value) in plan.returning.iter().zip(row) {
        let Some(place) = record.mapping.place_of(column) else { continue };
        let slot = record.mapping.columns[place].slot;
        let known = mapped.instance().slot(slot);
        if !column.primary_key.get() || known.is_none() || known.is_unset() {
            drop(mapped.instance().set_slot(slot, value));
        }
    }
    Ok(())
}

/// The instance learns its defaults; what SQL computed is loaded when it is asked for.
pub fn after(record: &InsertRecord, plan: &Plan, defaults: &[Value]) {
    let Some(mapped) = &record.mapped else { return };
    learn(mapped, &record.mapping, plan, defaults);
    if let Some(place) = record.mapping.version
        && let Some(at) = record.places.iter().position(|&given| usize::from(given) == place)
    {
        drop(mapped.instance().set_slot(record.mapping.columns[place].slot, record.values[at].clone()));
    }
    for &(source, target) in &record.mapping.equated {
        drop(mapped.instance().set_slot(target, mapped.instance().slot(source)));
    }
}

/// Puts defaults into the instance and expires what the database computed.
pub fn learn(mapped: &Mapped, mapping: &TableMapping, plan: &Plan, defaults: &[Value]) {
    for (column, value) in plan.prefetch.iter().zip(defaults) {
        if let Some(place) = mapping.place_of(column) {
            let slot = mapping.columns[place].slot;
            drop(mapped.instance().set_slot(slot, value.clone()));
            drop(mapped.state().forget(slot));
        }
    }
    for column in &plan.postfetch {
        let returned = plan.returning.iter().any(|(known, _)| Rc::ptr_eq(known, column));
        if let (Some(place), false) = (mapping.place_of(column), returned) {
            let slot = mapping.columns[place].slot;
            crate::orm::session::expire_attribute(mapped, slot, true);
        }
    }
}
