//! What migrations complain about.
//!
//! Owns the class and every message. Must not know when they are due.

use super::compare::{Rename, Unfilled};
use crate::diag::builtin::EXCEPTION;
use crate::diag::{Error, ExcClass};

/// Reported as `Error: ...`, as Flask-Migrate does.
pub static COMMAND_ERROR: ExcClass = ExcClass::new("CommandError", "flask_migrate", &EXCEPTION);

fn error(text: impl Into<String>) -> Error {
    Error::new(&COMMAND_ERROR, text)
}

/// An error that was taken apart on its way.
pub fn told(message: &str, hints: &[String]) -> Error {
    hints.iter().fold(error(message), |error, hint| error.hint(hint.clone()))
}

/// `Path doesn't exist: migrations.  Please use the 'init' command to create a new scripts folder.`
pub fn no_folder(path: &str) -> Error {
    error(format!(
        "Path doesn't exist: {path}.  Please use the 'init' command to create a new scripts folder."
    ))
}

/// `Target database is not up to date.`
pub fn behind(pending: usize) -> Error {
    let plural = if pending == 1 { "migration waits" } else { "migrations wait" };
    error("Target database is not up to date.").hint(format!("{pending} {plural}: run `db upgrade` first."))
}

pub fn io(path: &str, cause: &std::io::Error) -> Error {
    error(format!("{path}: {cause}"))
}

pub fn duplicate(version: i32, first: &str, second: &str) -> Error {
    error(format!("two migrations have the number {version}: {first} and {second}"))
        .hint("Rename the newer one (and its .down.sql) to the next free number.")
}

pub fn edited(file: &str, applied_on: &str) -> Error {
    error(format!("{file} was changed after it was applied on {applied_on}"))
        .hint("Put the text back as it was and write the change into a new migration (`db migrate`).")
        .hint("If the database already is as the file says now: `db stamp` accepts it.")
}

pub fn missing(version: i32, name: &str, applied_on: &str) -> Error {
    error(format!("migration {version} ({name}) was applied on {applied_on}, and its file is gone"))
        .hint("Bring the file back, or `db stamp` to accept the database as it is.")
}

pub fn late(file: &str, current: i32) -> Error {
    error(format!("{file} has not been applied, and the database is at {current} already"))
        .hint("Migrations run in the order of their numbers: give the file the next free number.")
}

pub fn tables_exist(tables: &[String], version: i32) -> Error {
    error(format!(
        "the database has {} already, and no migration was applied: db.create_all() made them, it seems",
        tables.join(", ")
    ))
    .hint(format!("`db stamp {version}` accepts them as they are; or start with an empty database."))
}

pub fn not_ahead(target: &str, current: i32) -> Error {
    error(format!("the database is at {current}, past {target} already")).hint("`db downgrade` goes back.")
}

pub fn not_behind(target: &str, current: i32) -> Error {
    error(format!(
        "the database is at {}, not past {target}",
        if current == 0 { "base".into() } else { current.to_string() }
    ))
    .hint("`db upgrade` goes forward.")
}

pub fn adopted_already(current: i32) -> Error {
    error(format!("this database has migrations of Retort's already (at {current})"))
}

pub fn nothing_to_adopt() -> Error {
    error("the database has no tables: there is nothing to take over")
}

pub fn adopt_with_files(folder: &str) -> Error {
    error(format!("{folder} holds migrations already"))
        .hint("`db stamp N` says which of them this database has; `db upgrade` applies the rest.")
}

pub fn alembic_behind(version: &str, heads: &[String]) -> Error {
    error(format!("Alembic has the database at {version}, and its newest revision is {}", heads.join(", ")))
        .hint("Run `flask db upgrade` first, or go on without those revisions by moving its folder away.")
}

pub fn no_models() -> Error {
    error("there are no models to compare with: open the app, not only its database")
}

pub fn alembic_folder(path: &str) -> Error {
    error(format!("{path} holds migrations of Alembic"))
        .hint("Retort's migrations need a folder of their own: leave `-d` away, or name another.")
}

pub fn alembic_database(version: &str) -> Error {
    error(format!("this database is managed by Alembic (at {version})"))
        .hint("`db upgrade --adopt` takes it over: the schema as it is becomes migration 1.")
}

pub fn rename_question(rename: &Rename) -> Error {
    let Rename { table, from, to } = rename;
    match table {
        Some(table) => error(format!("{table}.{from} is gone and {table}.{to} is new, with the same type"))
            .hint(format!(
                "The same column under a new name: add `--rename {table}.{from}:{to}`; its values stay."
            ))
            .hint("Two different columns: add `--no-rename`; the old one's values are lost."),
        None => error(format!(
            "no model describes the table {from} any more, and {to}, with like columns, is new"
        ))
        .hint(format!("The same table under a new name: add `--rename-table {from}:{to}`; its rows stay."))
        .hint("Two different tables: add `--no-rename`."),
    }
}

pub fn bad_rename(rename: &Rename, why: &str) -> Error {
    match &rename.table {
        Some(table) => error(format!("--rename {table}.{}:{}: {why}", rename.from, rename.to)),
        None => error(format!("--rename-table {}:{}: {why}", rename.from, rename.to)),
    }
}

pub fn unfilled(one: &Unfilled, rows: i64) -> Error {
    let Unfilled { table, column, is_new } = one;
    let without = match (rows, is_new) {
        (1, true) => format!("1 row of {table} has no value yet"),
        (1, false) => format!("1 row of {table} holds NULL"),
        (rows, true) => format!("{rows} rows of {table} have no value yet"),
        (rows, false) => format!("{rows} rows of {table} hold NULL"),
    };
    error(format!("{table}.{column} must not be NULL: {without}"))
        .hint(format!("Say what they get: `--fill {table}.{column}=VALUE`, or give the column a default."))
}

/// A migration that would not arrive where it should is not written.
pub fn unfaithful(lines: &[String]) -> Error {
    error(format!("the migration that was thought out does not arrive: {}", lines.join("; ")))
        .hint("This is a fault in Retort. `db revision` makes an empty file to be written by hand.")
}

pub fn no_such_version(text: &str) -> Error {
    error(format!("Can't locate revision identified by '{text}'"))
}

/// `Relative revision -1 didn't produce 1 migrations`
pub fn relative(steps: i64) -> Error {
    error(format!("Relative revision {steps:+} didn't produce {} migrations", steps.unsigned_abs()))
}

pub fn no_down_file(file: &str) -> Error {
    error(format!("{file} cannot be undone: it has no .down.sql beside it"))
}

pub fn statement_failed(file: &str, statement: &str, cause: &str, rehearsed: bool) -> Error {
    let first: String =
        statement.lines().find(|line| !line.trim_start().starts_with("--")).unwrap_or("").into();
    let note = if rehearsed { " (on a copy; the database is as it was)" } else { " (rolled back)" };
    error(format!("{file}: {cause}{note}\n  at: {first}"))
}

pub fn orphans(file: &str, lines: &[String]) -> Error {
    error(format!("{file} would leave foreign keys without their rows:\n  {}", first_of(lines)))
}

/// The first few of many lines.
fn first_of(lines: &[String]) -> String {
    let shown = lines.iter().take(5).cloned().collect::<Vec<_>>().join("\n  ");
    match lines.len() {
        0..=5 => shown,
        more => format!("{shown}\n  and {} more", more - 5),
    }
}

pub fn rows_lost(file: &str, lines: &[String]) -> Error {
    error(format!("{file} would lose rows that no statement of it deletes:\n  {}", first_of(lines)))
        .hint("If that is meant: `--accept-loss`.")
}

pub fn broken(file: &str, lines: &[String]) -> Error {
    error(format!("{file} would leave behind what no longer works:\n  {}", first_of(lines)))
        .hint("Add statements to the file that drop it, or that make it anew for the changed table.")
}

/// SQLite's `database is locked` with what it means here.
pub fn perhaps_locked(cause: Error) -> Error {
    if cause.message.contains("database is locked") {
        return error("the database is locked: another program is writing to it; nothing was changed")
            .hint("End what holds it (an open transaction in another shell?) and try again.");
    }
    cause
}

pub fn gap(file: &str, before: &str, number: i32) -> Error {
    error(format!("{file} cannot follow {before}: there is no migration {number}"))
        .hint(format!("Bring migration {number} back, or give the files numbers without a gap."))
}

pub fn version_taken(version: i32, next: i32) -> Error {
    error(format!("the next migration has the number {next}, not {version}"))
}

pub fn not_alone(folder: &str) -> Error {
    error(format!("Directory {folder} already exists and is not empty"))
}

pub fn usage(text: impl Into<String>) -> Error {
    error(text)
}

pub fn no_branches(command: &str) -> Error {
    error(format!(
        "`{command}` is not needed: migrations here are one line, ordered by number, without branches"
    ))
}

pub fn readonly() -> Error {
    error("the database was opened read-only")
}
