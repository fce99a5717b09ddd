//! Asking a database for its schema.
//!
//! Owns SQLAlchemy's questions in SQLAlchemy's words, since the echo shows them. Must not know models.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::create_table::{self, ActionsSql, ConstraintSqlKind, TableSql};
use super::parts::{
    Generated, ReflectedCheck, ReflectedColumn, ReflectedForeignKey, ReflectedIndex, ReflectedPrimaryKey,
    ReflectedTable, ReflectedUnique,
};
use crate::diag::Error;
use crate::engine::connection::Connection;
use crate::engine::driver::SqlText;
use crate::engine::echo::CacheNote;
use crate::python::value::{Host, R, Value};
use crate::sql::exc;

/// A name in double quotes, whatever it is.
pub fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Answers that an inspector keeps: SQLAlchemy's asks each question once.
#[derive(Default)]
pub struct InspectorCache {
    columns: RefCell<FxHashMap<String, Vec<ReflectedColumn>>>,
    table_sql: RefCell<FxHashMap<String, String>>,
    primary_keys: RefCell<FxHashMap<String, ReflectedPrimaryKey>>,
    foreign_keys: RefCell<FxHashMap<String, Vec<ReflectedForeignKey>>>,
    indexes: RefCell<FxHashMap<(String, bool), Vec<ReflectedIndex>>>,
    uniques: RefCell<FxHashMap<String, Vec<ReflectedUnique>>>,
    names: RefCell<FxHashMap<String, Vec<String>>>,
    present: RefCell<FxHashMap<String, bool>>,
}

impl InspectorCache {
    /// Forgets everything (`inspector.clear_cache()`).
    pub fn clear(&self) {
        self.columns.borrow_mut().clear();
        self.table_sql.borrow_mut().clear();
        self.primary_keys.borrow_mut().clear();
        self.foreign_keys.borrow_mut().clear();
        self.indexes.borrow_mut().clear();
        self.uniques.borrow_mut().clear();
        self.names.borrow_mut().clear();
        self.present.borrow_mut().clear();
    }
}

/// The answer kept under a key, or a new one.
fn kept<K: Eq + std::hash::Hash, T: Clone>(
    cache: &RefCell<FxHashMap<K, T>>,
    key: K,
    ask: impl FnOnce() -> R<T>,
) -> R<T> {
    if let Some(known) = cache.borrow().get(&key) {
        return Ok(known.clone());
    }
    let answer = ask()?;
    cache.borrow_mut().insert(key, answer.clone());
    Ok(answer)
}

/// Asks over one connection.
pub struct Inspector<'a> {
    connection: &'a Rc<Connection>,
    cache: Rc<InspectorCache>,
}

type Cells = Vec<Vec<Value>>;

fn text(value: &Value) -> String {
    match value {
        Value::Str(text) => text.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        _ => String::new(),
    }
}

fn int(value: &Value) -> i64 {
    match value {
        Value::Int(number) => *number,
        _ => 0,
    }
}

/// `NoSuchTableError: student`
fn no_such_table(name: &str) -> Error {
    Error::new(&exc::NO_SUCH_TABLE, name)
}

impl<'a> Inspector<'a> {
    pub fn new(connection: &'a Rc<Connection>) -> Inspector<'a> {
        Inspector::with_cache(connection, Rc::default())
    }

    pub fn with_cache(connection: &'a Rc<Connection>, cache: Rc<InspectorCache>) -> Inspector<'a> {
        Inspector { connection, cache }
    }

    fn ask(&self, host: &mut dyn Host, sql: &str, values: &[Value]) -> R<Cells> {
        let mut cursor = self.connection.execute(host, &SqlText::new(sql), CacheNote::Raw, values)?;
        let width = cursor.width();
        let cells = cursor.fetch_all().map_err(|error| self.connection.fetch_failed(host, error))?;
        Ok(cells.chunks(width.max(1)).map(<[Value]>::to_vec).collect())
    }

    fn pragma(&self, host: &mut dyn Host, pragma: &str, name: &str) -> R<Cells> {
        for schema in ["main", "temp"] {
            let rows =
                self.ask(host, &format!("PRAGMA {schema}.{pragma}({})", quote_identifier(name)), &[])?;
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        Ok(Vec::new())
    }

    fn names(&self, host: &mut dyn Host, master: &str, kind: &str) -> R<Vec<String>> {
        kept(&self.cache.names, format!("{master} {kind}"), || self.ask_names(host, master, kind))
    }

    fn ask_names(&self, host: &mut dyn Host, master: &str, kind: &str) -> R<Vec<String>> {
        let sql = format!(
            "SELECT name FROM {master} WHERE type='{kind}' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"
        );
        Ok(self.ask(host, &sql, &[])?.iter().map(|row| text(&row[0])).collect())
    }

    pub fn table_names(&self, host: &mut dyn Host) -> R<Vec<String>> {
        self.names(host, "sqlite_master", "table")
    }

    pub fn temp_table_names(&self, host: &mut dyn Host) -> R<Vec<String>> {
        self.names(host, "sqlite_temp_master", "table")
    }

    pub fn view_names(&self, host: &mut dyn Host) -> R<Vec<String>> {
        self.names(host, "sqlite_master", "view")
    }

    pub fn schema_names(&self, host: &mut dyn Host) -> R<Vec<String>> {
        let rows = self.ask(host, "PRAGMA database_list", &[])?;
        Ok(rows.iter().map(|row| text(&row[1])).filter(|name| name != "temp").collect())
    }

    pub fn has_table(&self, host: &mut dyn Host, name: &str) -> R<bool> {
        kept(&self.cache.present, name.to_string(), || self.ask_has_table(host, name))
    }

    fn ask_has_table(&self, host: &mut dyn Host, name: &str) -> R<bool> {
        Ok(!self.pragma(host, "table_info", name)?.is_empty())
    }

    pub fn view_definition(&self, host: &mut dyn Host, name: &str) -> R<String> {
        let sql = "SELECT sql FROM  (SELECT * FROM sqlite_master UNION ALL   SELECT * FROM sqlite_temp_master) WHERE \
                   name = ? AND type='view'";
        let rows = self.ask(host, sql, &[Value::str(name)])?;
        rows.first().map(|row| text(&row[0])).ok_or_else(|| no_such_table(name).into())
    }

    /// CREATE TABLE (or VIEW) as it was written.
    pub fn table_sql(&self, host: &mut dyn Host, name: &str) -> R<String> {
        kept(&self.cache.table_sql, name.to_string(), || self.ask_table_sql(host, name))
    }

    fn ask_table_sql(&self, host: &mut dyn Host, name: &str) -> R<String> {
        let sql = "SELECT sql FROM  (SELECT * FROM sqlite_master UNION ALL   SELECT * FROM sqlite_temp_master) WHERE \
                   name = ? AND type in ('table', 'view')";
        let rows = self.ask(host, sql, &[Value::str(name)])?;
        rows.first().map(|row| text(&row[0])).ok_or_else(|| no_such_table(name).into())
    }

    fn table_parts(&self, host: &mut dyn Host, name: &str) -> R<TableSql> {
        Ok(create_table::parse(&self.table_sql(host, name)?))
    }

    pub fn columns(&self, host: &mut dyn Host, name: &str) -> R<Vec<ReflectedColumn>> {
        kept(&self.cache.columns, name.to_string(), || self.ask_columns(host, name))
    }

    fn ask_columns(&self, host: &mut dyn Host, name: &str) -> R<Vec<ReflectedColumn>> {
        let rows = self.pragma(host, "table_xinfo", name)?;
        let generated = rows.iter().any(|row| int(&row[6]) > 1);
        let parts = if generated { Some(self.table_parts(host, name)?) } else { None };
        let columns: Vec<ReflectedColumn> =
            rows.iter().filter(|row| int(&row[6]) != 1).map(|row| column(row, parts.as_ref())).collect();
        if columns.is_empty() && !self.has_table(host, name)? {
            return Err(no_such_table(name).into());
        }
        Ok(columns)
    }

    pub fn primary_key(&self, host: &mut dyn Host, name: &str) -> R<ReflectedPrimaryKey> {
        kept(&self.cache.primary_keys, name.to_string(), || self.ask_primary_key(host, name))
    }

    fn ask_primary_key(&self, host: &mut dyn Host, name: &str) -> R<ReflectedPrimaryKey> {
        let parts = self.table_parts(host, name)?;
        let columns = self.columns(host, name)?;
        Ok(primary_key(&parts, &columns))
    }

    pub fn foreign_keys(&self, host: &mut dyn Host, name: &str) -> R<Vec<ReflectedForeignKey>> {
        kept(&self.cache.foreign_keys, name.to_string(), || self.ask_foreign_keys(host, name))
    }

    fn ask_foreign_keys(&self, host: &mut dyn Host, name: &str) -> R<Vec<ReflectedForeignKey>> {
        let rows = self.pragma(host, "foreign_key_list", name)?;
        let mut found: Vec<(i64, ReflectedForeignKey)> = Vec::new();
        for row in &rows {
            let id = int(&row[0]);
            let target = text(&row[2]);
            let known = found.iter().position(|(known, _)| *known == id);
            let place = match known {
                Some(place) => place,
                None => {
                    let referred_columns = if row[4].is_none() {
                        match self.primary_key(host, &target) {
                            Ok(key) => key.columns,
                            Err(raised) if raised.is_a(&exc::NO_SUCH_TABLE) => Vec::new(),
                            Err(raised) => return Err(raised),
                        }
                    } else {
                        Vec::new()
                    };
                    let action = |value: &Value| Some(text(value)).filter(|action| action != "NO ACTION");
                    found.push((
                        id,
                        ReflectedForeignKey {
                            name: None,
                            columns: Vec::new(),
                            table: target,
                            referred_columns,
                            onupdate: action(&row[5]),
                            ondelete: action(&row[6]),
                            deferrable: None,
                            initially: None,
                            table_level: false,
                        },
                    ));
                    found.len() - 1
                }
            };
            let key = &mut found[place].1;
            key.columns.push(text(&row[3]));
            if !row[4].is_none() {
                key.referred_columns.push(text(&row[4]));
            }
        }
        let parts = self.table_parts(host, name)?;
        Ok(named_foreign_keys(&parts, found.into_iter().map(|(_, key)| key).collect()))
    }

    /// Indexes, by name; those that constraints made only if asked for.
    pub fn indexes(&self, host: &mut dyn Host, name: &str, automatic: bool) -> R<Vec<ReflectedIndex>> {
        kept(&self.cache.indexes, (name.to_string(), automatic), || self.ask_indexes(host, name, automatic))
    }

    fn ask_indexes(&self, host: &mut dyn Host, name: &str, automatic: bool) -> R<Vec<ReflectedIndex>> {
        let rows = self.pragma(host, "index_list", name)?;
        let mut indexes = Vec::new();
        for row in rows {
            let index = text(&row[1]);
            if !automatic && index.starts_with("sqlite_autoindex") {
                continue;
            }
            let mut sql = None;
            let mut condition = None;
            if int(&row[4]) != 0 {
                let rows = self.ask(
                    host,
                    "SELECT sql FROM sqlite_master WHERE name = ? AND type = 'index'",
                    &[Value::Str(crate::python::value::Str::new(&index))],
                )?;
                sql = rows.first().map(|row| text(&row[0]));
                condition = sql.as_deref().and_then(condition_of);
            }
            indexes.push(ReflectedIndex {
                name: index,
                unique: int(&row[2]) != 0,
                columns: Vec::new(),
                condition,
                sql,
            });
        }
        for index in &mut indexes {
            let rows = self.pragma(host, "index_info", &index.name)?;
            index.columns = rows.iter().map(|row| (!row[2].is_none()).then(|| text(&row[2]))).collect();
        }
        if indexes.is_empty() && !self.has_table(host, name)? {
            return Err(no_such_table(name).into());
        }
        indexes.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(indexes)
    }

    pub fn unique_constraints(&self, host: &mut dyn Host, name: &str) -> R<Vec<ReflectedUnique>> {
        kept(&self.cache.uniques, name.to_string(), || self.ask_unique_constraints(host, name))
    }

    fn ask_unique_constraints(&self, host: &mut dyn Host, name: &str) -> R<Vec<ReflectedUnique>> {
        let automatic: Vec<Vec<Option<String>>> = self
            .indexes(host, name, true)?
            .into_iter()
            .filter(|index| index.name.starts_with("sqlite_autoindex"))
            .map(|index| index.columns)
            .collect();
        let parts = self.table_parts(host, name)?;
        Ok(uniques(&parts, automatic))
    }

    pub fn check_constraints(&self, host: &mut dyn Host, name: &str) -> R<Vec<ReflectedCheck>> {
        Ok(checks(&self.table_parts(host, name)?))
    }

    /// Everything about one table at once.
    pub fn table(&self, host: &mut dyn Host, name: &str) -> R<ReflectedTable> {
        let sql = self.table_sql(host, name)?;
        let parts = create_table::parse(&sql);
        let columns = self.columns(host, name)?;
        let head = sql.trim_start().to_uppercase();
        let is_virtual = head.starts_with("CREATE VIRTUAL");
        let is_view = head.starts_with("CREATE VIEW") || head.starts_with("CREATE TEMP");
        let mut indexes = self.indexes(host, name, false)?;
        for index in &mut indexes {
            let rows = self.ask(
                host,
                "SELECT sql FROM sqlite_master WHERE name = ? AND type = 'index'",
                &[Value::str(&index.name)],
            )?;
            index.sql = rows.first().map(|row| text(&row[0])).filter(|sql| !sql.is_empty());
        }
        let mut columns = columns;
        for column in &mut columns {
            let written = parts.columns.iter().find(|one| one.name == column.name);
            column.collation = written.and_then(|one| one.collation.clone());
        }
        Ok(ReflectedTable {
            name: name.to_string(),
            primary_key: primary_key(&parts, &columns),
            foreign_keys: self.foreign_keys(host, name)?,
            uniques: self.unique_constraints(host, name)?,
            checks: checks(&parts),
            without_rowid: parts.without_rowid,
            strict: parts.strict,
            columns,
            indexes,
            is_virtual,
            is_view,
            sql,
        })
    }
}

fn column(row: &[Value], parts: Option<&TableSql>) -> ReflectedColumn {
    let name = text(&row[1]);
    let hidden = int(&row[6]);
    let written = parts.and_then(|parts| parts.columns.iter().find(|one| one.name == name));
    let generated = (hidden > 1).then(|| Generated {
        expression: written.and_then(|one| one.generated.clone()).map(|(text, _)| text).unwrap_or_default(),
        stored: hidden == 3,
    });
    let mut type_text = text(&row[2]);
    if generated.is_some() {
        for word in ["GENERATED", "ALWAYS"] {
            if let Some(at) = type_text.to_uppercase().find(word) {
                type_text.replace_range(at..at + word.len(), "");
            }
        }
        type_text = type_text.trim().to_string();
    }
    ReflectedColumn {
        name,
        type_text,
        nullable: int(&row[3]) == 0,
        default: (!row[4].is_none()).then(|| text(&row[4])),
        primary_key: int(&row[5]) as usize,
        generated,
        collation: None,
    }
}

fn primary_key(parts: &TableSql, columns: &[ReflectedColumn]) -> ReflectedPrimaryKey {
    let mut key: Vec<&ReflectedColumn> = columns.iter().filter(|column| column.primary_key > 0).collect();
    key.sort_by_key(|column| column.primary_key);
    let written = parts.constraints.iter().find_map(|one| match &one.kind {
        ConstraintSqlKind::PrimaryKey { autoincrement, .. } => Some((one.name.clone(), *autoincrement)),
        _ => None,
    });
    let (name, autoincrement) = written.unwrap_or_default();
    ReflectedPrimaryKey {
        name: name.filter(|_| !key.is_empty()),
        columns: key.into_iter().map(|column| column.name.clone()).collect(),
        autoincrement,
    }
}

/// Gives the keys that the pragma lists their names and options from the text, in the order of the text; keys that
/// were written at columns follow.
fn named_foreign_keys(parts: &TableSql, mut listed: Vec<ReflectedForeignKey>) -> Vec<ReflectedForeignKey> {
    let mut keys = Vec::new();
    for one in &parts.constraints {
        let ConstraintSqlKind::ForeignKey { columns, table, referred, actions } = &one.kind else { continue };
        let same = |names: &[String], others: &[String]| {
            names.len() == others.len() && names.iter().zip(others).all(|(a, b)| a.eq_ignore_ascii_case(b))
        };
        let place = listed.iter().position(|key| {
            key.table.eq_ignore_ascii_case(table)
                && same(&key.columns, columns)
                && (referred.is_empty() || same(&key.referred_columns, referred))
        });
        let Some(place) = place else { continue };
        let ActionsSql { deferrable, initially, .. } = actions.clone();
        listed[place].deferrable = deferrable;
        listed[place].initially = initially;
        if one.column.is_none() {
            let mut key = listed.remove(place);
            key.name = one.name.clone();
            key.table_level = true;
            keys.push(key);
        }
    }
    keys.extend(listed);
    keys
}

fn uniques(parts: &TableSql, mut automatic: Vec<Vec<Option<String>>>) -> Vec<ReflectedUnique> {
    let mut found = Vec::new();
    // SQLAlchemy looks for constraints of the table first, then for those of columns.
    for of_table in [true, false] {
        for one in &parts.constraints {
            let ConstraintSqlKind::Unique { columns } = &one.kind else { continue };
            if one.column.is_none() != of_table {
                continue;
            }
            let place = automatic.iter().position(|index| {
                index.len() == columns.len()
                    && index
                        .iter()
                        .zip(columns)
                        .all(|(a, b)| a.as_deref().is_some_and(|a| a.eq_ignore_ascii_case(b)))
            });
            if let Some(place) = place {
                automatic.remove(place);
                let name = one.name.clone();
                found.push(ReflectedUnique { name, columns: columns.clone() });
            }
        }
    }
    found
}

fn checks(parts: &TableSql) -> Vec<ReflectedCheck> {
    let mut checks: Vec<ReflectedCheck> = parts
        .constraints
        .iter()
        .filter_map(|one| match &one.kind {
            ConstraintSqlKind::Check { condition } => {
                Some(ReflectedCheck { name: one.name.clone(), condition: condition.clone() })
            }
            _ => None,
        })
        .collect();
    // Those without a name come last.
    checks.sort_by(|left, right| {
        let key = |check: &ReflectedCheck| check.name.clone().unwrap_or_else(|| "~".into());
        key(left).cmp(&key(right))
    });
    checks
}

/// The WHERE of a partial index.
fn condition_of(sql: &str) -> Option<String> {
    let tokens = create_table::tokens(sql);
    let mut depth = 0i32;
    for token in &tokens {
        match token.kind {
            create_table::TokenKind::Open => depth += 1,
            create_table::TokenKind::Close => depth -= 1,
            create_table::TokenKind::Word
                if depth == 0 && sql[token.start..token.end].eq_ignore_ascii_case("WHERE") =>
            {
                return Some(sql[token.end..].trim().to_string());
            }
            _ => {}
        }
    }
    None
}
