//! The database of a loaded project, and a database without a project.
//!
//! Owns finding the engine and the metadata that an app works with, and reading a whole schema with its values'
//! kinds, from which `reflect` writes models. Must not know terminals or how models are mapped.

use std::path::Path;
use std::rc::Rc;

use super::{Project, reflect};
use crate::diag::Error;
use crate::engine::reflection::{Inspector, ReflectedColumn, ReflectedTable, quote_identifier};
use crate::engine::{CacheNote, Connection, Engine, EngineOptions, PoolKind, SqlText, Url, ddl};
use crate::orm::registry::Registry;
use crate::pylib::sqlalchemy::engine::engine_of;
use crate::pylib::sqlalchemy::objects::metadata_of;
use crate::python::value::{Host, R, Value, intern};
use crate::python::vm::{Output, last_line};
use crate::sql::schema::MetaData;
use crate::sql::types::{self, TypeKind};

/// How many rows of a table are looked at before a column's declared type is believed.
const SAMPLE: usize = 20_000;

impl Project {
    /// `db`: the extension object, under whatever name the app has it.
    pub fn extension(&self) -> Option<Value> {
        let is_extension = |value: &Value| match value {
            Value::Instance(instance) => crate::python::value::Class::mro(&instance.class())
                .iter()
                .any(|class| &**class.name.borrow() == "SQLAlchemy"),
            _ => false,
        };
        let named = self.names.get("db").filter(is_extension);
        named.or_else(|| self.names.values().into_iter().find(is_extension))
    }

    /// The engine that the app works with: `db.engine`, else the first engine in scope.
    pub fn engine(&mut self) -> R<Option<Rc<Engine>>> {
        if let Some(db) = self.extension() {
            let engine = self.vm.get_attr(&db, &intern("engine"))?;
            return Ok(engine_of(&engine).cloned());
        }
        Ok(self.names.values().iter().find_map(|value| engine_of(value).cloned()))
    }

    /// The tables that the app describes: `db.metadata`, else that of its models, else the first in scope.
    pub fn metadata(&mut self) -> R<Option<Rc<MetaData>>> {
        if let Some(db) = self.extension() {
            let metadata = self.vm.get_attr(&db, &intern("metadata"))?;
            return Ok(metadata_of(&metadata));
        }
        let described = |metadata: &Rc<MetaData>| !metadata.table_list().is_empty();
        let of_models =
            Registry::all().into_iter().map(|registry| registry.metadata.borrow().clone()).find(described);
        Ok(of_models.or_else(|| self.names.values().iter().filter_map(metadata_of).find(described)))
    }
}

/// What a database was found to hold.
pub struct Found {
    /// A models file for it.
    pub models: String,
    pub tables: Vec<ReflectedTable>,
    /// The CREATE statements of what people made, as they were written.
    pub statements: Vec<String>,
}

/// Swallows what a machine says that only asks a database.
struct Silence;
impl Output for Silence {
    fn out(&mut self, _text: &str) {}
    fn err(&mut self, _text: &str) {}
}

/// Reads the schema of the database that a URL names and writes models for it.
pub fn read(url: Url) -> Result<Found, Error> {
    let uri = url.render(false);
    let mut project = Project::empty(Path::new("."), Box::new(Silence));
    let engine = Engine::new(url, EngineOptions::default())?;
    engine.set_echo(false);
    let read = read_schema(&mut project.vm, &engine, &uri);
    read.map_err(|mut raised| match raised.error() {
        Some(error) => error.clone(),
        None => super::errors::app_failed(&last_line(&mut project.vm, &mut raised)),
    })
}

fn read_schema(host: &mut dyn Host, engine: &Rc<Engine>, uri: &str) -> R<Found> {
    let connection = engine.connect(host)?;
    let done = read_over(host, &connection, uri);
    connection.close(host)?;
    engine.dispose();
    done
}

/// Reads the schema over a connection and writes models for it.
pub fn read_over(host: &mut dyn Host, connection: &Rc<Connection>, uri: &str) -> R<Found> {
    let inspector = Inspector::new(connection);
    let mut names = inspector.table_names(host)?;
    names.extend(inspector.view_names(host)?);
    let mut tables = Vec::new();
    for name in names {
        // A view over a table that is gone, or a virtual table whose module is not built in, cannot be asked.
        if let Ok(table) = inspector.table(host, &name) {
            tables.push(table);
        }
    }
    let mut misfits: Vec<(String, String)> = Vec::new();
    for table in &tables {
        for column in &table.columns {
            if let Some(condition) = misfit(column) {
                let (name, table_name) = (quote_identifier(&column.name), quote_identifier(&table.name));
                let sql = format!(
                    "SELECT 1 FROM (SELECT {name} AS v FROM {table_name} LIMIT {SAMPLE}) WHERE v IS NOT NULL AND \
                     ({condition}) LIMIT 1"
                );
                if rows(host, connection, &sql).map_or(true, |rows| !rows.is_empty()) {
                    misfits.push((table.name.clone(), column.name.clone()));
                }
            }
        }
    }
    let fits = |table: &str, column: &ReflectedColumn| {
        !misfits.iter().any(|(known, name)| known == table && *name == column.name)
    };
    let models = reflect::models_source(&tables, uri, &fits);
    let sql = "SELECT sql, tbl_name, type FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid";
    let rows = rows(host, connection, sql)?;
    let made = reflect::made_by_people(&tables);
    let statements = rows.chunks(3).filter_map(|row| {
        let (sql, table, kind) = (row[0].as_str()?, row[1].as_str()?, row[2].as_str()?);
        let shown = kind == "view" || made.iter().any(|name| name.eq_ignore_ascii_case(table));
        shown.then(|| sql.trim().to_string())
    });
    Ok(Found { models, statements: statements.collect(), tables })
}

/// Models for the tables of metadata, by way of a database in memory that has them.
pub fn models_of(host: &mut dyn Host, metadata: &MetaData, uri: &str) -> R<String> {
    let options = EngineOptions { pool: Some(PoolKind::Static), ..EngineOptions::default() };
    let engine = Engine::new(Url::sqlite(None), options)?;
    engine.set_echo(false);
    create_missing(host, &engine, metadata);
    let connection = engine.connect(host)?;
    let found = read_over(host, &connection, uri);
    connection.close(host)?;
    found.map(|found| found.models)
}

fn rows(host: &mut dyn Host, connection: &Rc<Connection>, sql: &str) -> R<Vec<Value>> {
    let mut cursor = connection.execute(host, &SqlText::new(sql), CacheNote::Raw, &[])?;
    cursor.fetch_all().map_err(|error| connection.fetch_failed(host, error))
}

/// When a value `v` cannot be read as the column's declared type; None where any value can.
fn misfit(column: &ReflectedColumn) -> Option<&'static str> {
    const DATE: &str = "typeof(v) <> 'text' OR length(v) <> 10 OR date(v) IS NULL OR date(v) <> v";
    const DATE_TIME: &str = "typeof(v) <> 'text' OR datetime(v) IS NULL OR \
        NOT (length(v) = 10 OR v GLOB '????-??-??[ T]??:??:??' OR v GLOB '????-??-??[ T]??:??:??.*')";
    const TIME: &str = "typeof(v) <> 'text' OR time(v) IS NULL OR v NOT GLOB '??:??:??*'";
    let upper = column.type_text.to_uppercase();
    let name = upper.split('(').next().unwrap_or("").trim();
    match name {
        "BOOLEAN" | "BOOL" => Some("typeof(v) <> 'integer' OR v NOT IN (0, 1)"),
        "DATE" => Some(DATE),
        "DATETIME" | "TIMESTAMP" => Some(DATE_TIME),
        "TIME" => Some(TIME),
        "JSON" => Some("typeof(v) <> 'text' OR NOT json_valid(v)"),
        _ if name.contains("INT")
            || name.contains("CHAR")
            || name.contains("TEXT")
            || name.contains("CLOB") =>
        {
            None
        }
        _ if name.contains("BLOB") || name.contains("BINARY") => Some("typeof(v) <> 'blob'"),
        _ if ["REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL"].iter().any(|part| name.contains(part)) => {
            Some("typeof(v) NOT IN ('real', 'integer')")
        }
        _ => None,
    }
}

impl Found {
    /// What was found, in a line or two for the banner.
    pub fn summary(&self) -> Vec<String> {
        let models = self.models.matches("(db.Model):").count();
        let joins = reflect::join_tables(&self.tables);
        let views: Vec<&str> =
            self.tables.iter().filter(|table| table.is_view).map(|table| table.name.as_str()).collect();
        let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let mut lines = vec![format!(
            "{} became {}; `retort schema --models` writes them down.",
            count(reflect::made_by_people(&self.tables).len().saturating_sub(views.len()), "table"),
            count(models, "model")
        )];
        if !joins.is_empty() {
            lines.push(format!("Behind many-to-many relationships: {}.", joins.join(", ")));
        }
        if !views.is_empty() {
            lines.push(format!("Views, read-only: {}.", views.join(", ")));
        }
        lines
    }
}

/// Creates the tables that are not there, each by itself; those that could not be made, and why.
pub fn create_missing(
    host: &mut dyn Host,
    engine: &Rc<Engine>,
    metadata: &MetaData,
) -> Vec<(String, String)> {
    let mut failed = Vec::new();
    let Ok(connection) = engine.connect(host) else { return failed };
    for table in metadata.sorted_tables() {
        let made = ddl::create_all(host, &connection, metadata, Some(vec![table.clone()]), true);
        if let Err(raised) = made.and_then(|()| connection.commit(host)) {
            let why = raised.error().map_or("unknown", |error| error.message.lines().next().unwrap_or(""));
            failed.push((table.name.to_string(), why.to_string()));
        }
    }
    let _ = connection.close(host);
    failed
}

/// Gives columns of a type that only another database has one that SQLite can keep: JSON for structured values, text
/// for the rest.
pub fn adapt(metadata: &MetaData) {
    for table in metadata.table_list() {
        for column in table.column_list() {
            if let TypeKind::Foreign { visit, .. } = &column.ty().kind {
                let structured = ["JSONB", "JSON", "ARRAY", "HSTORE"].contains(visit);
                column.set_type(if structured { types::json() } else { types::text() });
            }
        }
    }
}
