//! The database as migrations see it: its tables, and what was applied when.
//!
//! Owns reading sqlite_master and refinery's history table. Must not know files or models.

use std::rc::Rc;

use super::spec::{Schema, Table, Trigger, View, same_name};
use crate::diag::Error;
use crate::engine::{DbapiConnection, SqlText};
use crate::python::value::Value;

/// Refinery's own table.
pub const HISTORY: &str = "refinery_schema_history";

/// A line of the history.
#[derive(Clone, Debug)]
pub struct Applied {
    pub version: i32,
    pub name: String,
    pub applied_on: String,
    pub checksum: String,
}

pub fn query(connection: &Rc<DbapiConnection>, sql: &str) -> Result<Vec<Vec<Value>>, Error> {
    let mut cursor = connection.execute(&SqlText::new(sql), &[])?;
    let width = cursor.width().max(1);
    let cells = cursor.fetch_all()?;
    Ok(cells.chunks(width).map(<[Value]>::to_vec).collect())
}

pub fn text(value: &Value) -> String {
    match value {
        Value::Str(text) => text.to_string(),
        Value::Int(number) => number.to_string(),
        _ => String::new(),
    }
}

pub fn number(value: &Value) -> i64 {
    match value {
        Value::Int(number) => *number,
        Value::Str(text) => text.parse().unwrap_or(0),
        _ => 0,
    }
}

/// Tables that no model describes: SQLite's, refinery's, Alembic's, and what virtual tables keep for themselves.
fn is_hidden(name: &str, virtuals: &[String]) -> bool {
    name.starts_with("sqlite_")
        || name == HISTORY
        || name == "alembic_version"
        || name.starts_with("_alembic_tmp_")
        || virtuals.iter().any(|table| same_name(table, name) || name.starts_with(&format!("{table}_")))
}

pub fn schema(connection: &Rc<DbapiConnection>) -> Result<Schema, Error> {
    let rows = query(
        connection,
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid",
    )?;
    let virtuals: Vec<String> = rows
        .iter()
        .filter(|row| text(&row[3]).trim_start().to_uppercase().starts_with("CREATE VIRTUAL"))
        .map(|row| text(&row[1]))
        .collect();
    let mut found = Schema::default();
    let of = |kind: &str, table: &str| -> Vec<(String, String)> {
        rows.iter()
            .filter(|row| text(&row[0]) == kind && same_name(&text(&row[2]), table))
            .map(|row| (text(&row[1]), text(&row[3])))
            .collect()
    };
    let triggers = |table: &str| -> Vec<Trigger> {
        of("trigger", table).into_iter().map(|(name, create)| Trigger { name, create }).collect()
    };
    for row in &rows {
        let (kind, name, sql) = (text(&row[0]), text(&row[1]), text(&row[3]));
        match kind.as_str() {
            "table" if !is_hidden(&name, &virtuals) => {
                let mut table = Table::read(&name, &sql, &of("index", &name));
                table.triggers = triggers(&name);
                found.tables.push(table);
            }
            "view" => {
                let triggers = triggers(&name);
                found.views.push(View { name, create: sql, triggers });
            }
            _ => {}
        }
    }
    Table::resolve_references(&mut found.tables);
    Ok(found)
}

pub fn has_table(connection: &Rc<DbapiConnection>, name: &str) -> Result<bool, Error> {
    let sql = format!("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{name}'");
    Ok(!query(connection, &sql)?.is_empty())
}

/// What was applied, by number.
pub fn history(connection: &Rc<DbapiConnection>) -> Result<Vec<Applied>, Error> {
    if !has_table(connection, HISTORY)? {
        return Ok(Vec::new());
    }
    let rows = query(
        connection,
        &format!("SELECT version, name, applied_on, checksum FROM {HISTORY} ORDER BY version"),
    )?;
    Ok(rows
        .iter()
        .map(|row| Applied {
            version: number(&row[0]) as i32,
            name: text(&row[1]),
            applied_on: text(&row[2]).split(['.', 'T']).next().unwrap_or("").to_string(),
            checksum: text(&row[3]),
        })
        .collect())
}

/// The revision of Alembic's that the database is at, if it is Alembic's.
pub fn alembic_version(connection: &Rc<DbapiConnection>) -> Result<Option<String>, Error> {
    if !has_table(connection, "alembic_version")? {
        return Ok(None);
    }
    let rows = query(connection, "SELECT version_num FROM alembic_version")?;
    Ok(rows.first().map(|row| text(&row[0])))
}

/// How many rows each table has.
pub fn row_counts(connection: &Rc<DbapiConnection>) -> Result<Vec<(String, i64)>, Error> {
    let mut counts = Vec::new();
    for table in schema(connection)?.tables {
        let sql = format!("SELECT count(*) FROM {}", super::operation::name(&table.name));
        let rows = query(connection, &sql)?;
        counts.push((table.name, rows.first().map_or(0, |row| number(&row[0]))));
    }
    Ok(counts)
}

/// Rows whose foreign key points nowhere, in words; and keys that SQLite cannot follow at all.
pub fn orphans(connection: &Rc<DbapiConnection>) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    let tables = query(
        connection,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%REFERENCES%' ORDER BY rowid",
    )?;
    for table in tables.iter().map(|row| text(&row[0])) {
        let own = super::operation::name(&table);
        let found = match query(connection, &format!("PRAGMA foreign_key_check({own})")) {
            Ok(found) => found,
            Err(error) if error.message.starts_with("foreign key mismatch") => {
                lines.push(format!("{}: the columns referred to are not unique", error.message));
                continue;
            }
            Err(error) => return Err(error),
        };
        lines.extend(found.iter().map(|row| {
            let row_number = match &row[1] {
                Value::None => "a row".to_string(),
                number => format!("row {}", text(number)),
            };
            format!("{table} {row_number} refers to a row of {} that is not there", text(&row[2]))
        }));
    }
    Ok(lines)
}

/// Views and triggers that cannot be used, each with SQLite's reason.
pub fn broken(connection: &Rc<DbapiConnection>) -> Result<Vec<String>, Error> {
    let found = schema(connection)?;
    let name = super::operation::name;
    let fails = |sql: &str| {
        // EXPLAIN compiles the statement and runs nothing of it; it is not among the statements kept prepared.
        connection.run(&format!("EXPLAIN {sql}")).err().map(|error| error.message.clone())
    };
    let mut lines = Vec::new();
    for view in &found.views {
        if let Some(reason) = fails(&format!("SELECT * FROM {}", name(&view.name))) {
            lines.push(format!("view {}: {reason}", view.name));
        }
    }
    for table in found.tables.iter().filter(|table| !table.triggers.is_empty()) {
        let sets: Vec<String> = table
            .columns
            .iter()
            .filter(|column| column.generated.is_none())
            .map(|column| format!("{0} = {0}", name(&column.name)))
            .collect();
        let own = name(&table.name);
        let statements = [
            ("inserting", format!("INSERT INTO {own} DEFAULT VALUES")),
            ("deleting", format!("DELETE FROM {own}")),
            ("updating", format!("UPDATE {own} SET {}", sets.join(", "))),
        ];
        for (what, sql) in statements {
            if let Some(reason) = fails(&sql) {
                lines.push(format!("a trigger of {}, when {what}: {reason}", table.name));
            }
        }
    }
    Ok(lines)
}

/// Changes whenever another connection has written.
pub fn data_version(connection: &Rc<DbapiConnection>) -> Result<i64, Error> {
    Ok(query(connection, "PRAGMA data_version")?.first().map_or(0, |row| number(&row[0])))
}

/// The size of the database in bytes.
pub fn size(connection: &Rc<DbapiConnection>) -> Result<i64, Error> {
    let one = |sql: &str| -> Result<i64, Error> {
        Ok(query(connection, sql)?.first().map_or(0, |row| number(&row[0])))
    };
    Ok(one("PRAGMA page_count")? * one("PRAGMA page_size")?)
}
