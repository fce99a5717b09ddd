//! UPDATE: which columns changed, which row it is, which rows go together.
//!
//! Owns collecting changes and running the statements. Mirrors `_collect_update_commands` and
//! `_emit_update_statements`. Must not know which instances are updated.

use std::rc::Rc;

use super::Saving;
use super::insert::learn;
use super::plan::{Plan, PlanKey, Verb};
use crate::engine::Connection;
use crate::orm::attribute::{self, Passive};
use crate::orm::faces;
use crate::orm::flush::errors;
use crate::orm::flush::mapping::{self, TableMapping};
use crate::orm::flush::unit_of_work::UnitOfWork;
use crate::orm::history;
use crate::orm::identity::Mapped;
use crate::python::value::{Host, R, Value};
use crate::sql::expr::Expr;
use crate::sql::schema::Column;

/// A row to be updated.
pub struct UpdateRecord {
    pub mapped: Option<Mapped>,
    pub mapping: Rc<TableMapping>,
    /// Places (in the mapping) of the changed columns, ascending, and their values.
    pub places: Vec<u16>,
    pub values: Vec<Value>,
    pub exprs: Vec<(u16, Expr)>,
    /// The row's key (and version, if it counts), in the order of `key_places`.
    pub keys: Vec<Value>,
    pub checks_version: bool,
}

impl UpdateRecord {
    /// None where nothing of this table changed.
    pub fn collect(
        host: &mut dyn Host,
        uow: &mut UnitOfWork<'_>,
        one: &Saving,
        mapping: &Rc<TableMapping>,
    ) -> R<Option<UpdateRecord>> {
        let mapped = &one.mapped;
        let mut record = UpdateRecord {
            mapped: Some(mapped.clone()),
            mapping: mapping.clone(),
            places: Vec::new(),
            values: Vec::new(),
            exprs: Vec::new(),
            keys: Vec::with_capacity(mapping.primary_key.len()),
            checks_version: false,
        };
        for (place, column) in mapping.columns.iter().enumerate() {
            // An instance that takes over another's row has changed in all that it has.
            let Some(before) = mapped.state().committed(column.slot) else { continue };
            let value = mapped.instance().slot(column.slot);
            if value.is_unset() {
                continue;
            }
            if let Some(expr) = faces::sql_expression(host, &value)? {
                record.exprs.push((place as u16, expr));
            } else if attribute::is_no_state(&before) || !equal(host, &value, &before)? {
                record.places.push(place as u16);
                record.values.push(value);
            }
        }
        if let (Some(version), Some(place)) = (&one.version, mapping.version) {
            if record.is_unchanged() && !changed_elsewhere(host, mapped)? {
                return Ok(None);
            }
            record.checks_version = true;
            let given = record.places.contains(&(place as u16));
            if !given && !mapping::has_server_version(mapped.mapper()) {
                let next = mapping::next_version(host, mapped.mapper(), version)?;
                let at = record.places.partition_point(|&other| usize::from(other) < place);
                record.places.insert(at, place as u16);
                record.values.insert(at, next);
            }
        } else if record.is_unchanged() {
            return Ok(None);
        }
        record.find_row(host, uow, mapped)?;
        if record.is_unchanged() {
            populate_equated(mapped, mapping);
            return Ok(None);
        }
        if let (Some(version), true) = (&one.version, record.checks_version) {
            record.keys.push(version.clone());
        }
        Ok(Some(record))
    }

    fn is_unchanged(&self) -> bool {
        self.places.is_empty() && self.exprs.is_empty()
    }

    /// The key by which the row is found: the one before a change, unless the database has changed it already.
    fn find_row(&mut self, host: &mut dyn Host, uow: &mut UnitOfWork<'_>, mapped: &Mapped) -> R<()> {
        let mapping = self.mapping.clone();
        for &place in &mapping.primary_key {
            let column = &mapping.columns[place];
            let value = if mapped.state().is_changed(column.slot) {
                let history = history::get_history(host, mapped.instance(), &column.attribute, Passive::OFF)?;
                match (history.added.first(), history.deleted.first(), history.unchanged.first()) {
                    (Some(added), before, _)
                        if before.is_none() || uow.is_cascaded_key(mapped, &column.column) =>
                    {
                        if let Some(at) = self.places.iter().position(|&other| usize::from(other) == place) {
                            self.places.remove(at);
                            self.values.remove(at);
                        }
                        added.clone()
                    }
                    (Some(_), Some(before), _) => before.clone(),
                    (_, _, Some(unchanged)) => unchanged.clone(),
                    _ => Value::None,
                }
            } else {
                attribute::fetch(host, mapped.instance(), &column.attribute, Passive::OFF)?
            };
            if value.is_none() || value.is_unset() {
                return Err(errors::update_null_key(&mapping.table.key, &column.column));
            }
            self.keys.push(value);
        }
        Ok(())
    }

    fn goes_with(&self, other: &UpdateRecord) -> bool {
        self.exprs.is_empty() == other.exprs.is_empty()
            && self.checks_version == other.checks_version
            && self.places.len() == other.places.len()
            && self.table_places().zip(other.table_places()).all(|(left, right)| left == right)
    }

    fn table_places(&self) -> impl Iterator<Item = u16> {
        self.places.iter().map(|&place| self.mapping.columns[usize::from(place)].index as u16)
    }

    fn key_places(&self) -> Vec<u16> {
        let mapping = &self.mapping;
        let mut places: Vec<u16> = mapping.pk_columns().map(|column| column.index as u16).collect();
        if let (true, Some(version)) = (self.checks_version, mapping.version) {
            places.push(mapping.columns[version].index as u16);
        }
        places
    }

    fn plan_key(&self) -> PlanKey {
        PlanKey {
            verb: Verb::Update,
            columns: self.table_places().collect(),
            keys: self.key_places(),
            returning: Vec::new(),
        }
    }
}

fn equal(host: &mut dyn Host, left: &Value, right: &Value) -> R<bool> {
    if left.is(right) { Ok(true) } else { host.eq(left, right) }
}

/// Whether any column attribute of the instance changed, of whatever table.
fn changed_elsewhere(host: &mut dyn Host, mapped: &Mapped) -> R<bool> {
    for attribute in mapped.mapper().column_attributes() {
        let is_changed = attribute.slot().is_some_and(|slot| mapped.state().is_changed(slot));
        if is_changed
            && !history::get_history(host, mapped.instance(), &attribute, Passive::NO_INITIALIZE)?
                .added
                .is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn populate_equated(mapped: &Mapped, mapping: &TableMapping) {
    for &(source, target) in &mapping.equated {
        drop(mapped.instance().set_slot(target, mapped.instance().slot(source)));
    }
}

/// Updates rows in their order.
pub fn emit(
    host: &mut dyn Host,
    _uow: &mut UnitOfWork<'_>,
    connection: &Rc<Connection>,
    records: Vec<UpdateRecord>,
    bookkeeping: bool,
) -> R<()> {
    emit_records(host, connection, records, bookkeeping)
}

pub fn emit_records(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    records: Vec<UpdateRecord>,
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
    records: &[UpdateRecord],
    bookkeeping: bool,
) -> R<()> {
    let first = &records[0];
    let together = first.exprs.is_empty() && !first.checks_version;
    let mut matched = 0;
    if together {
        let plan = Plan::get(host, connection, &first.mapping, first.plan_key(), &[])?;
        let (mut rows, mut defaults) = (Vec::with_capacity(records.len()), Vec::with_capacity(records.len()));
        for record in records {
            let filled = plan.fill(host, connection, &record.values, &record.keys)?;
            rows.push(filled.values);
            defaults.push(filled.defaults);
        }
        matched = plan.execute_rows(host, connection, rows)?;
        for (record, defaults) in records.iter().zip(&defaults) {
            after(record, &plan, defaults, bookkeeping);
        }
    } else {
        for record in records {
            let columns = &record.mapping.columns;
            let exprs: Vec<(Rc<Column>, Expr)> = record
                .exprs
                .iter()
                .map(|(place, expr)| (columns[usize::from(*place)].column.clone(), expr.clone()))
                .collect();
            let plan = Plan::get(host, connection, &record.mapping, record.plan_key(), &exprs)?;
            let filled = plan.fill(host, connection, &record.values, &record.keys)?;
            matched += plan.execute_rows(host, connection, vec![filled.values])?;
            after(record, &plan, &filled.defaults, bookkeeping);
        }
    }
    if matched != records.len() as i64 {
        return Err(errors::stale_update(&first.mapping.table.name, records.len(), matched));
    }
    Ok(())
}

fn after(record: &UpdateRecord, plan: &Plan, defaults: &[Value], bookkeeping: bool) {
    let (Some(mapped), true) = (&record.mapped, bookkeeping) else { return };
    learn(mapped, &record.mapping, plan, defaults);
    for (place, _) in &record.exprs {
        let slot = record.mapping.columns[usize::from(*place)].slot;
        crate::orm::session::expire_attribute(mapped, slot, true);
    }
    if let (true, Some(place)) = (record.checks_version, record.mapping.version)
        && let Some(at) = record.places.iter().position(|&given| usize::from(given) == place)
    {
        let slot = record.mapping.columns[place].slot;
        drop(mapped.instance().set_slot(slot, record.values[at].clone()));
        drop(mapped.state().forget(slot));
    }
    populate_equated(mapped, &record.mapping);
}
