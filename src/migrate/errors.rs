//! What migrations complain about.
//!
//! Owns the class and every message. Must not know when they are due.

use crate::diag::builtin::EXCEPTION;
use crate::diag::{Error, ExcClass};

/// Reported as `Error: ...`, as Flask-Migrate does.
pub static COMMAND_ERROR: ExcClass = ExcClass::new("CommandError", "flask_migrate", &EXCEPTION);

fn error(text: impl Into<String>) -> Error {
    Error::new(&COMMAND_ERROR, text)
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

pub fn alembic_folder(path: &str) -> Error {
    error(format!("{path} holds migrations of Alembic"))
        .hint("Give Retort's migrations a folder of their own: `db -d migrations_sql init`.")
}

pub fn alembic_database(version: &str) -> Error {
    error(format!("this database is managed by Alembic (at {version})"))
        .hint("`db upgrade --adopt` takes it over: the schema as it is becomes migration 1.")
}

pub fn rename_question(table: &str, from: &str, to: &str) -> Error {
    error(format!("{table}.{from} is gone and {table}.{to} is new, with the same type"))
        .hint(format!(
            "The same column under a new name: add `--rename {table}.{from}={to}`; its values stay."
        ))
        .hint("Two different columns: add `--no-rename`; the old one's values are lost.")
}

pub fn unfilled(table: &str, column: &str) -> Error {
    error(format!("{table}.{column} must not be NULL, and the rows that are there have no value for it"))
        .hint(format!("Say what they get: `--fill {table}.{column}=VALUE`, or give the column a default."))
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
    error(format!("{file} would leave foreign keys without their rows:\n  {}", lines.join("\n  ")))
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
