//! Comparing models with the database: `migrate`, `check`, `revision`.
//!
//! Owns asking what only the user can know, and the new files. Must not know how a migration is run.

use std::path::Path;
use std::rc::Rc;

use super::command::literal;
use super::commands::{Run, State, own_folder};
use super::compare::{Difference, Rename, Unfilled};
use super::database;
use super::errors;
use super::files::{self, Draft};
use super::losses;
use super::models;
use super::operation::{Operation, name};
use super::plan::{Answers, Plan};
use super::spec::{Schema, Table, same_name};
use crate::diag::Error;
use crate::engine::{DbapiConnection, Engine};
use crate::python::value::{Host, R};
use crate::sql::schema::MetaData;

/// What was found, and what it was found between.
struct Found {
    models: Vec<Table>,
    live: Schema,
    plan: Plan,
    answers: Answers,
    /// Answers and what they do to the rows, for the file.
    remarks: Vec<String>,
}

fn compare(run: &mut Run<'_, '_>, dbapi: &Rc<DbapiConnection>, asks: bool) -> R<Found> {
    let Some(metadata) = run.context.metadata.clone() else { return Err(errors::no_models().into()) };
    let models = models::tables(run.context.host, &metadata)?;
    let live = database::schema(dbapi)?;
    let mut answers = run.command.answers.clone();
    answers.no_rename |= !asks && answers.renames.is_empty();
    let mut plan = Plan::of(&models, &live, &answers)?;
    while let Some(rename) = plan.found.questions.first().cloned() {
        ask(run, &mut answers, rename)?;
        plan = Plan::of(&models, &live, &answers)?;
    }
    Ok(Found { models, live, plan, answers, remarks: Vec::new() })
}

fn ask(run: &mut Run<'_, '_>, answers: &mut Answers, rename: Rename) -> Result<(), Error> {
    let Rename { table, from, to } = &rename;
    let question = match table {
        Some(table) => format!("Was {table}.{from} renamed to {table}.{to}?"),
        None => format!("Was the table {from} renamed to {to}?"),
    };
    match run.context.audience.yes(&question) {
        Some(true) => answers.renames.push(rename),
        Some(false) => answers.different.push(rename),
        None => return Err(errors::rename_question(&rename)),
    }
    Ok(())
}

/// How many rows of a table would be without a value. The database knows it under its old name.
fn rows_without(
    dbapi: &Rc<DbapiConnection>,
    answers: &Answers,
    table: &str,
    column: Option<&str>,
) -> Result<i64, Error> {
    let renamed = answers.renames.iter().find(|one| one.table.is_none() && same_name(&one.to, table));
    let own = renamed.map_or(table, |one| &one.from);
    let condition = column.map_or(String::new(), |column| {
        let renamed = answers.renames.iter().find(|one| {
            one.table.as_deref().is_some_and(|of| same_name(of, table)) && same_name(&one.to, column)
        });
        format!(" WHERE {} IS NULL", name(renamed.map_or(column, |one| &one.from)))
    });
    let rows = database::query(dbapi, &format!("SELECT count(*) FROM {}{condition}", name(own)))?;
    Ok(rows.first().map_or(0, |row| database::number(&row[0])))
}

/// Asks for values that rows are without, until every row has one.
fn fill(run: &mut Run<'_, '_>, dbapi: &Rc<DbapiConnection>, found: &mut Found) -> R<()> {
    let mut settled = Vec::new();
    loop {
        let next = found.plan.found.unfilled.iter().find(|one| !settled.contains(*one)).cloned();
        let Some(next) = next else { return Ok(()) };
        let column = (!next.is_new).then_some(next.column.as_str());
        let rows = rows_without(dbapi, &found.answers, &next.table, column)?;
        if rows == 0 {
            settled.push(next);
            continue;
        }
        let question = format!(
            "{}.{} must not be NULL. What do the {rows} rows get that have no value?",
            next.table, next.column
        );
        match run.context.audience.value(&question).filter(|text| !text.trim().is_empty()) {
            Some(text) => {
                let value = literal(text.trim());
                found.answers.fills.push((next.table, next.column, value));
                found.plan = Plan::of(&found.models, &found.live, &found.answers)?;
            }
            None => return Err(errors::unfilled(&next, rows).into()),
        }
    }
}

/// `migrate`: writes down what differs.
pub fn migrate(run: &mut Run<'_, '_>, dbapi: &Rc<DbapiConnection>, state: &State) -> R<()> {
    state.check()?;
    refuse_alembic(dbapi, state)?;
    if !state.pending().is_empty() {
        return Err(errors::behind(state.pending().len()).into());
    }
    let version = next_version(run, state)?;
    let mut found = compare(run, dbapi, true)?;
    tell_unknown(run, &found.plan.found);
    if found.plan.is_empty() {
        run.line("No changes in schema detected.");
        if found.models.is_empty() {
            run.note("The app has no models: are they imported where the app is made?");
        } else if state.files.is_empty() {
            run.note(
                "The tables are there already, without a migration (db.create_all() made them?): `db upgrade --adopt` \
                 makes the schema as it is migration 1.",
            );
        }
        return Ok(());
    }
    fill(run, dbapi, &mut found)?;
    let up = found.plan.up();
    let down = found.plan.down(&found.models, &found.live)?;
    for line in up.iter().flat_map(Operation::lines) {
        run.line(line);
    }
    for (Unfilled { table, column, is_new }, value) in &found.plan.found.filled {
        let is_it = |of: &str, name: &str| same_name(of, table) && same_name(name, column);
        let said = found.answers.fills.iter().any(|(of, name, _)| is_it(of, name));
        let whose = if said { "your answer" } else { "its default" };
        found.remarks.push(match is_new {
            true => format!("existing rows get {value} in {table}.{column} ({whose})"),
            false => format!("NULL in {table}.{column} becomes {value} ({whose})"),
        });
    }
    let losses = losses::lines(dbapi, &up);
    for line in &losses {
        run.note(line);
    }
    found.remarks.extend(losses);
    let message = run.command.message.clone();
    let draft = Draft {
        version,
        slug: message.as_deref().map_or_else(|| files::slug_of(&up), files::slug),
        message: message.as_deref(),
        date: run.context.date.clone(),
        up: &up,
        down: Some(&down),
        remarks: found.remarks,
    };
    if run.command.sql {
        run.line(draft.up().trim_end());
        return Ok(());
    }
    let path = files::write(&run.folder, &draft)?;
    run.line(format!("Generating {} ...  done", path.display()));
    Ok(())
}

fn next_version(run: &Run<'_, '_>, state: &State) -> Result<i32, Error> {
    let next = state.head() + 1;
    match run.command.version {
        Some(version) if version != next => Err(errors::version_taken(version, next)),
        _ => Ok(next),
    }
}

/// A database that Alembic looks after and that nobody took over yet.
pub fn refuse_alembic(dbapi: &Rc<DbapiConnection>, state: &State) -> Result<(), Error> {
    match database::alembic_version(dbapi)? {
        Some(version) if state.applied.is_empty() => Err(errors::alembic_database(&version)),
        _ => Ok(()),
    }
}

/// `revision`: an empty pair of files.
pub fn revision(run: &mut Run<'_, '_>, state: &State) -> R<()> {
    let message = run.command.message.clone();
    let draft = Draft {
        version: next_version(run, state)?,
        slug: message.as_deref().map_or("by_hand".into(), files::slug),
        message: message.as_deref(),
        date: run.context.date.clone(),
        up: &[],
        down: Some(&[]),
        remarks: Vec::new(),
    };
    let path = files::write(&run.folder, &draft)?;
    run.line(format!("Generating {} ...  done", path.display()));
    Ok(())
}

/// `check`: whether anything differs.
pub fn check(run: &mut Run<'_, '_>, dbapi: &Rc<DbapiConnection>, state: &State) -> R<bool> {
    state.check()?;
    refuse_alembic(dbapi, state)?;
    if !state.pending().is_empty() {
        return Err(errors::behind(state.pending().len()).into());
    }
    let found = compare(run, dbapi, false)?;
    tell_unknown(run, &found.plan.found);
    if found.plan.is_empty() {
        run.line("No new upgrade operations detected.");
        return Ok(false);
    }
    run.line("New upgrade operations detected:");
    for line in found.plan.up().iter().flat_map(Operation::lines) {
        run.line(format!("  {}", line.trim_start_matches("Detected ")));
    }
    Ok(true)
}

fn tell_unknown(run: &mut Run<'_, '_>, found: &Difference) {
    if !found.unknown.is_empty() {
        run.note(format!(
            "In the database and in no model: {} (`--drop-unknown` would drop them).",
            found.unknown.join(", ")
        ));
    }
}

/// One line for the beginning of a session: migrations that wait, or models and database that differ, and what to type.
/// None where all is well, and where nothing can be said.
pub fn at_start(
    host: &mut dyn Host,
    engine: &Rc<Engine>,
    metadata: &Rc<MetaData>,
    directory: &Path,
) -> Option<String> {
    // Looking must not make a file, and a database in memory is the session's own.
    if !engine.path()?.is_file() || metadata.table_list().is_empty() {
        return None;
    }
    let connection = engine.connect(host).ok()?;
    let said = connection.dbapi().ok().and_then(|dbapi| difference(host, &dbapi, metadata, directory));
    connection.close(host).ok()?;
    said
}

fn difference(
    host: &mut dyn Host,
    dbapi: &Rc<DbapiConnection>,
    metadata: &Rc<MetaData>,
    directory: &Path,
) -> Option<String> {
    let applied = database::history(dbapi).ok()?;
    let files = files::scan(&own_folder(directory)).unwrap_or_default();
    let state = State { files, applied };
    if state.check().is_err() {
        return Some("The migrations and the database do not fit: `db check` says why.".into());
    }
    match state.pending().len() {
        0 => {}
        1 => return Some("1 migration is not applied yet: `db upgrade`.".into()),
        count => return Some(format!("{count} migrations are not applied yet: `db upgrade`.")),
    }
    let models = models::tables(host, metadata).ok()?;
    let live = database::schema(dbapi).ok()?;
    if live.tables.is_empty() {
        return None;
    }
    let answers = Answers { no_rename: true, ..Answers::default() };
    let count =
        Plan::of(&models, &live, &answers).ok()?.found.operations.iter().flat_map(Operation::lines).count();
    let next = match state.files.is_empty() && !own_folder(directory).is_dir() {
        true => "`db init`, then `db migrate`, writes a migration",
        false => "`db check` lists, `db migrate` writes a migration",
    };
    match count {
        0 => None,
        1 => Some(format!("Models and database differ in 1 place: {next}.")),
        count => Some(format!("Models and database differ in {count} places: {next}.")),
    }
}
