//! Commands that look at the database: tables, their columns, SQL itself, foreign keys.
//!
//! Owns the statements they run. A statement that a person typed runs in the session's transaction; the shell's own
//! run on a connection of their own, uncounted. Must not know how tables are drawn.

use crate::python::value::{Host, R, Value, intern};
use crate::ui::card::{self, ColumnLine, TableCard};
use crate::ui::footer;
use crate::ui::highlight;
use crate::ui::table::{self, Cell, Mode, Table};
use crate::ui::text::{Label, Text, escape_block};

use super::super::complete::shape::is_database;
use super::super::preview::read_result;
use super::super::session::{CONSOLE, Expanded, Output, Shell};
use super::display::{on_or_off, switch};

/// A connection that the shell reads with.
pub struct Reader {
    pub connection: Value,
    is_own: bool,
}

impl Shell {
    /// The `db` of the session.
    pub fn database(&self) -> Option<Value> {
        let named = self.project.names.get("db").filter(is_database);
        named.or_else(|| self.project.names.values().into_iter().find(is_database))
    }

    /// The rows of a statement of the shell's own. Nothing of the session's transaction changes by it.
    pub fn own_rows(&mut self, sql: &str) -> R<Table> {
        let watch = self.watch.clone();
        let _quiet = watch.quietly();
        let Some(reader) = self.reader()? else { return Ok(Table::default()) };
        let vm = &mut self.project.vm;
        let done = vm.call_method(&reader.connection, "exec_driver_sql", &[Value::str(sql)]);
        let rows = done.and_then(|result| read_result(vm, &result, usize::MAX));
        self.finish(reader)?;
        rows.map(|(table, _)| table)
    }

    /// A connection to read with: the session's while it is in a transaction (a database in memory has one
    /// connection only, and giving it back would roll the session's work back), else one of the shell's own.
    pub fn reader(&mut self) -> R<Option<Reader>> {
        let in_transaction =
            self.orm_session().is_some_and(|session| session.in_transaction() && session.is_active());
        let Some(db) = self.database() else { return Ok(None) };
        let vm = &mut self.project.vm;
        if in_transaction {
            let session = vm.get_attr(&db, &intern("session"))?;
            let connection = vm.call_method(&session, "connection", &[])?;
            return Ok(Some(Reader { connection, is_own: false }));
        }
        let engine = vm.get_attr(&db, &intern("engine"))?;
        let connection = vm.call_method(&engine, "connect", &[])?;
        Ok(Some(Reader { connection, is_own: true }))
    }

    pub fn finish(&mut self, reader: Reader) -> R<()> {
        if reader.is_own {
            self.project.vm.call_method(&reader.connection, "close", &[])?;
        }
        Ok(())
    }

    /// The different texts of a column, where its table is small.
    pub fn column_values(&mut self, table: &str, column: &str) -> Vec<String> {
        const SMALL: i64 = 1000;
        let count = self.own_rows(&format!(
            "SELECT count(*) FROM (SELECT 1 FROM {} LIMIT {})",
            quoted(table),
            SMALL + 1
        ));
        let count = count.ok().and_then(|rows| rows.rows.first().map(|row| number(row.first())));
        if count.is_none_or(|count| count > SMALL) {
            return Vec::new();
        }
        let (table, column) = (quoted(table), quoted(column));
        let list = format!(
            "SELECT DISTINCT {column} FROM {table} WHERE typeof({column}) = 'text' ORDER BY 1 LIMIT 100"
        );
        self.own_rows(&list)
            .map_or_else(|_| Vec::new(), |rows| rows.rows.iter().map(|row| text(row.first())).collect())
    }

    fn failed_command(&mut self, raised: crate::python::value::Raised, text: &str) -> Output {
        let source = crate::diag::Source::new(CONSOLE, text);
        self.failed(raised, &source)
    }

    fn show_rows(&self, rows: &Table, name: &str) -> Text {
        let mode = match self.settings.expanded {
            Expanded::Off => self.settings.mode,
            Expanded::On => Mode::Line,
            Expanded::Auto => match table::natural_width(rows) > self.settings.width {
                true => Mode::Line,
                false => self.settings.mode,
            },
        };
        table::render(rows, mode, self.settings.width, name)
    }

    /// The rows of SQL, to the screen or into the file that was asked for.
    fn deliver_rows(&mut self, rows: Table) -> Text {
        let out = match &self.settings.rows_to {
            None if rows.rows.is_empty() => Text::of(Label::Dim, "(no rows)\n"),
            None => self.show_rows(&rows, "rows"),
            Some(target) => {
                let text = table::render(&rows, self.settings.mode, usize::MAX, "rows").to_plain();
                let name = target.file.display().to_string();
                let written = std::fs::OpenOptions::new().append(true).create(true).open(&target.file);
                match written.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes())) {
                    Ok(()) => Text::of(Label::Dim, format!("{} rows written to {name}\n", rows.rows.len())),
                    Err(why) => Text::of(Label::Warning, format!("{name}: {why}\n")),
                }
            }
        };
        if self.settings.rows_to.as_ref().is_some_and(|target| target.once) {
            self.settings.rows_to = None;
        }
        self.last_rows = Some(rows);
        out
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
}

fn text(cell: Option<&Cell>) -> String {
    match cell {
        Some(Cell::Text(text)) => text.clone(),
        Some(Cell::Int(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn number(cell: Option<&Cell>) -> i64 {
    match cell {
        Some(Cell::Int(number)) => *number,
        _ => 0,
    }
}

/// Tables that are SQLite's or a migration tool's own.
const HIDDEN: &str = "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_alembic\\_tmp\\_%' ESCAPE '\\' \
                      AND name NOT IN ('alembic_version', 'refinery_schema_history')";

pub fn tables(shell: &mut Shell, _argument: &str) -> Output {
    let list = format!(
        "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND {HIDDEN} ORDER BY name"
    );
    let listed = match shell.own_rows(&list) {
        Ok(rows) => rows,
        Err(raised) => return shell.failed_command(raised, "\\dt"),
    };
    if listed.rows.is_empty() {
        return Output::remark("the database has no tables; db.create_all() makes those of the models");
    }
    let mut rows = Table::new(["table", "kind", "rows"]);
    for row in &listed.rows {
        let (name, kind) = (text(row.first()), text(row.get(1)));
        let count = shell.own_rows(&format!("SELECT count(*) FROM {}", quoted(&name)));
        let count = count.ok().and_then(|rows| rows.rows.first().and_then(|row| row.first().cloned()));
        rows.row(vec![Cell::Text(name), Cell::Text(kind), count.unwrap_or(Cell::Null)]);
    }
    Output::text(table::render(&rows, Mode::Column, shell.settings.width, ""))
}

pub fn describe(shell: &mut Shell, argument: &str) -> Output {
    match table_card(shell, argument) {
        Ok(Some(found)) => Output::text(card::table(&found)),
        Ok(None) => no_table(shell, argument),
        Err(raised) => shell.failed_command(raised, argument),
    }
}

fn no_table(shell: &mut Shell, name: &str) -> Output {
    let list = format!("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND {HIDDEN}");
    let names: Vec<String> = match shell.own_rows(&list) {
        Ok(rows) => rows.rows.iter().map(|row| text(row.first())).collect(),
        Err(_) => Vec::new(),
    };
    let near = crate::util::near::nearest(name, names.iter().map(String::as_str));
    let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Output::remark(format!("the database has no table {name}{hint}"))
}

fn table_card(shell: &mut Shell, name: &str) -> R<Option<TableCard>> {
    let columns = shell.own_rows(&format!(
        "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info({})",
        literal(name)
    ))?;
    if columns.rows.is_empty() {
        return Ok(None);
    }
    let keys = shell.own_rows(&format!(
        "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list({})",
        literal(name)
    ))?;
    let indexes = shell.own_rows(&format!(
        "SELECT name, \"unique\", origin FROM pragma_index_list({}) ORDER BY name",
        literal(name)
    ))?;
    let mut found = TableCard { table: name.to_string(), ..TableCard::default() };
    let mut unique_columns = Vec::new();
    for row in &indexes.rows {
        let index = text(row.first());
        let parts = shell.own_rows(&format!("SELECT name FROM pragma_index_info({})", literal(&index)))?;
        let parts: Vec<String> = parts.rows.iter().map(|row| text(row.first())).collect();
        let is_unique = number(row.get(1)) == 1;
        if is_unique && parts.len() == 1 {
            unique_columns.extend(parts.clone());
        }
        if text(row.get(2)) == "c" {
            found.indexes.push((index, is_unique, parts));
        }
    }
    for row in &columns.rows {
        let column = text(row.first());
        let key = keys.rows.iter().find(|key| text(key.first()) == column);
        let target = key.map(|key| match key.get(2) {
            Some(Cell::Text(to)) => format!("{}.{to}", text(key.get(1))),
            _ => text(key.get(1)),
        });
        found.columns.push(ColumnLine {
            unique: unique_columns.contains(&column),
            name: column,
            kind: text(row.get(1)),
            primary_key: number(row.get(4)) > 0,
            nullable: number(row.get(2)) == 0,
            references: target,
            default: Some(text(row.get(3))).filter(|text| !text.is_empty()),
        });
    }
    let referring = format!(
        "SELECT m.name, f.\"from\", f.\"to\" FROM sqlite_master AS m, pragma_foreign_key_list(m.name) AS f \
         WHERE m.type = 'table' AND f.\"table\" = {} COLLATE NOCASE ORDER BY m.name, f.seq",
        literal(name)
    );
    for row in shell.own_rows(&referring)?.rows {
        let to = text(row.get(2));
        let to = if to.is_empty() { name.to_string() } else { format!("{name}.{to}") };
        found.referenced_by.push(format!("{}.{} -> {to}", text(row.first()), text(row.get(1))));
    }
    let count = shell.own_rows(&format!("SELECT count(*) FROM {}", quoted(name)))?;
    found.rows = count.rows.first().and_then(|row| u64::try_from(number(row.first())).ok());
    Ok(Some(found))
}

pub fn schema(shell: &mut Shell, argument: &str) -> Output {
    let filter = match argument {
        "" => HIDDEN.to_string(),
        name => format!("tbl_name = {} COLLATE NOCASE", literal(name)),
    };
    let list = format!(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND {filter} ORDER BY tbl_name, type DESC, name"
    );
    match shell.own_rows(&list) {
        Ok(rows) if rows.rows.is_empty() && !argument.is_empty() => no_table(shell, argument),
        Ok(rows) => {
            let mut out = Text::new();
            for row in &rows.rows {
                out.append(highlight::sql(&escape_block(&text(row.first())))).plain(";\n");
            }
            Output::text(out)
        }
        Err(raised) => shell.failed_command(raised, ".schema"),
    }
}

pub fn indexes(shell: &mut Shell, argument: &str) -> Output {
    let filter =
        if argument.is_empty() { "1".to_string() } else { format!("tbl_name = {}", literal(argument)) };
    let list = format!(
        "SELECT name, tbl_name AS \"table\", sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND {filter} ORDER BY name"
    );
    match shell.own_rows(&list) {
        Ok(rows) if rows.rows.is_empty() => Output::remark("no indexes"),
        Ok(rows) => Output::text(table::render(&rows, Mode::Column, shell.settings.width, "")),
        Err(raised) => shell.failed_command(raised, ".indexes"),
    }
}

/// Runs a statement as it was typed, in the session's transaction.
pub fn sql(shell: &mut Shell, argument: &str) -> Output {
    let statement = argument.trim().trim_end_matches(';').trim_end();
    if statement.is_empty() {
        return Output::remark("%sql SELECT ..., or SELECT ...; by itself");
    }
    let Some(db) = shell.database() else { return Output::remark("no db in this session") };
    shell.watch.begin();
    match run(shell, &db, statement) {
        Ok(mut out) => {
            if shell.settings.footer {
                out.append(footer::footer(&shell.watch.cost()));
            }
            Output::text(out)
        }
        Err(raised) => shell.failed_command(raised, argument),
    }
}

fn run(shell: &mut Shell, db: &Value, statement: &str) -> R<Text> {
    let vm = &mut shell.project.vm;
    let session = vm.get_attr(db, &intern("session"))?;
    let connection = vm.call_method(&session, "connection", &[])?;
    let result = vm.call_method(&connection, "exec_driver_sql", &[Value::str(statement)])?;
    let returns_rows = vm.get_attr(&result, &intern("returns_rows"))?;
    if vm.truth(&returns_rows)? {
        let (rows, _) = read_result(vm, &result, usize::MAX)?;
        return Ok(shell.deliver_rows(rows));
    }
    let count = vm.get_attr(&result, &intern("rowcount"))?;
    let count = match count {
        Value::Int(count) if count >= 0 => format!("{count} {}", if count == 1 { "row" } else { "rows" }),
        _ => "done".to_string(),
    };
    Ok(Text::of(Label::Dim, format!("{count}; not committed yet: db.session.commit() keeps it\n")))
}

pub fn foreign_keys(shell: &mut Shell, argument: &str) -> Output {
    let Some(db) = shell.database() else { return Output::remark("no db in this session") };
    let now = |shell: &mut Shell| session_pragma(shell, &db, "PRAGMA foreign_keys").map(|value| value == 1);
    let is_on = match now(shell) {
        Ok(is_on) => is_on,
        Err(raised) => return shell.failed_command(raised, "%fk"),
    };
    if argument.is_empty() {
        return Output::remark(format!(
            "foreign keys are {}",
            if is_on { "enforced" } else { "not enforced: off, as in Flask-SQLAlchemy" }
        ));
    }
    let Some(on) = switch(argument, is_on) else { return on_or_off(argument) };
    let set = format!("PRAGMA foreign_keys={}", if on { "ON" } else { "OFF" });
    let done = session_pragma(shell, &db, &set).and_then(|_| now(shell));
    match done {
        Ok(is_on) if is_on == on => Output::remark(format!("foreign keys {}", if on { "on" } else { "off" })),
        Ok(_) => {
            Output::remark("foreign keys cannot be switched inside a transaction: commit or roll back first")
        }
        Err(raised) => shell.failed_command(raised, "%fk"),
    }
}

/// Runs a PRAGMA on the session's connection and gives the number it answers.
fn session_pragma(shell: &mut Shell, db: &Value, pragma: &str) -> R<i64> {
    let watch = shell.watch.clone();
    let _quiet = watch.quietly();
    let vm = &mut shell.project.vm;
    let session = vm.get_attr(db, &intern("session"))?;
    let connection = vm.call_method(&session, "connection", &[])?;
    let result = vm.call_method(&connection, "exec_driver_sql", &[Value::str(pragma)])?;
    let returns_rows = vm.get_attr(&result, &intern("returns_rows"))?;
    if !vm.truth(&returns_rows)? {
        return Ok(0);
    }
    let (rows, _) = read_result(vm, &result, 1)?;
    Ok(rows.rows.first().map_or(0, |row| number(row.first())))
}

/// `.dump`: the whole database, or one table, as SQL.
pub fn dump(shell: &mut Shell, argument: &str) -> Output {
    let filter = if argument.is_empty() {
        HIDDEN.to_string()
    } else {
        format!("tbl_name = {} COLLATE NOCASE", literal(argument))
    };
    let list = format!(
        "SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL AND {filter} ORDER BY rowid"
    );
    let listed = match shell.own_rows(&list) {
        Ok(rows) => rows,
        Err(raised) => return shell.failed_command(raised, ".dump"),
    };
    if listed.rows.is_empty() && !argument.is_empty() {
        return no_table(shell, argument);
    }
    let mut out = Text::new();
    let mut rest = Text::new();
    for row in &listed.rows {
        let (name, kind) = (text(row.first()), text(row.get(1)));
        let create = format!("{};\n", text(row.get(2)));
        if kind != "table" {
            // Indexes, views and triggers come after the rows.
            rest.append(highlight::sql(&escape_block(&create)));
            continue;
        }
        out.append(highlight::sql(&escape_block(&create)));
        match shell.own_rows(&format!("SELECT * FROM {}", quoted(&name))) {
            Ok(rows) => drop(out.append(table::render(&rows, Mode::Insert, usize::MAX, &name))),
            Err(raised) => return shell.failed_command(raised, ".dump"),
        }
    }
    out.append(rest);
    Output::text(out)
}

/// `\conninfo`
pub fn connection(shell: &mut Shell, _argument: &str) -> Output {
    let banner = super::super::start::banner(shell, super::super::start::Opening::default());
    match banner.database {
        Some(uri) => {
            let keys = if banner.foreign_keys { "on" } else { "off" };
            Output::remark(format!("{} (foreign keys {keys})", crate::ui::text::escape_line(&uri)))
        }
        None => Output::remark("no db in this session"),
    }
}
