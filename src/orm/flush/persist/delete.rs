//! DELETE by key.
//!
//! Owns the key of each row and checking that the rows were there. Mirrors `_collect_delete_commands` and
//! `_emit_delete_statements`. Must not know why rows go.

use std::rc::Rc;

use super::plan::{Plan, PlanKey, Verb};
use crate::engine::Connection;
use crate::orm::attribute::{self, Passive};
use crate::orm::flush::errors;
use crate::orm::flush::mapping::TableMapping;
use crate::orm::identity::Mapped;
use crate::python::value::{Host, R, Value};

/// The key of a row, and its version where it counts.
pub fn collect(
    host: &mut dyn Host,
    mapped: &Mapped,
    mapping: &TableMapping,
    version: Option<&Value>,
) -> R<Vec<Value>> {
    let mut keys = Vec::with_capacity(mapping.primary_key.len() + 1);
    for column in mapping.pk_columns() {
        let value = attribute::committed_value(host, mapped.instance(), &column.attribute, Passive::OFF)?;
        if value.is_none() || value.is_unset() {
            return Err(errors::delete_null_key(&mapping.table.key, &column.column));
        }
        keys.push(value);
    }
    if mapping.version.is_some() {
        keys.extend(version.cloned());
    }
    Ok(keys)
}

pub fn emit(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    mapping: &TableMapping,
    rows: Vec<Vec<Value>>,
    confirm: bool,
) -> R<()> {
    let mut keys: Vec<u16> = mapping.pk_columns().map(|column| column.index as u16).collect();
    let checks_version = mapping.version.is_some();
    keys.extend(mapping.version.map(|place| mapping.columns[place].index as u16));
    let key = PlanKey { verb: Verb::Delete, columns: Vec::new(), keys, returning: Vec::new() };
    let plan = Plan::get(host, connection, mapping, key, &[])?;
    let expected = rows.len();
    let mut filled = Vec::with_capacity(expected);
    for row in &rows {
        filled.push(plan.fill(host, connection, &[], row)?.values);
    }
    let matched = plan.execute_rows(host, connection, filled)?;
    if !confirm || matched < 0 || matched == expected as i64 {
        return Ok(());
    }
    if checks_version {
        return Err(errors::stale_delete(&mapping.table.name, expected, matched));
    }
    errors::warn_stale_delete(host, &mapping.table.name, expected, matched)
}
