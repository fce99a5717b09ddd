//! Running migrations: `upgrade`, `downgrade`, `stamp`, and taking a database over.
//!
//! Owns what is refused before anything runs, the rehearsal, and what is told. Must not know how files come to be.

use std::rc::Rc;

use super::autogenerate::refuse_alembic;
use super::commands::{Run, State, shown};
use super::database;
use super::errors;
use super::files::{self, Draft, File};
use super::operation::Operation;
use super::runner::{self, Manner, Step};
use super::script::Script;
use super::spec::{Schema, Table, same_name};
use crate::diag::Error;
use crate::engine::DbapiConnection;

pub fn upgrade(run: &mut Run<'_, '_>, dbapi: &Rc<DbapiConnection>, state: &State) -> Result<(), Error> {
    refuse_alembic(dbapi, state)?;
    state.check()?;
    let text = run.command.target.clone().unwrap_or_else(|| "head".into());
    let target = state.target(&text)?;
    if target < state.current() {
        return Err(errors::not_ahead(&text, state.current()));
    }
    let pending: Vec<&File> = state.pending().into_iter().filter(|file| file.version <= target).collect();
    if run.command.sql {
        for file in pending {
            run.line(file.sql.trim_end());
        }
        return Ok(());
    }
    if pending.is_empty() {
        return Ok(());
    }
    refuse_created(dbapi, state, &pending)?;
    let steps: Vec<Step<'_>> = pending.into_iter().map(Step::Up).collect();
    walk(run, dbapi, state, &steps)
}

/// Takes steps, on a copy first.
fn walk(
    run: &mut Run<'_, '_>,
    dbapi: &Rc<DbapiConnection>,
    state: &State,
    steps: &[Step<'_>],
) -> Result<(), Error> {
    if dbapi.is_readonly() {
        return Err(errors::readonly());
    }
    let accept_loss = run.command.accept_loss;
    let proven_at = runner::rehearse(dbapi, &state.files, steps, accept_loss, run.context.audience)?;
    for step in steps {
        let (word, file) = match step {
            Step::Up(file) => ("upgrade", *file),
            Step::Down(file) => ("downgrade", *file),
        };
        let (below, own) = (shown(state.before(file.version)), file.version.to_string());
        let (from, to) = if word == "upgrade" { (below, own) } else { (own, below) };
        run.line(format!("Running {word} {from} -> {to}, {}", file.message));
        let manner = Manner { rehearsed: false, accept_loss, proven_at };
        step.run(dbapi, &state.files, manner, run.context.audience)?;
    }
    Ok(())
}

/// The first migration would create tables that `create_all` made before.
fn refuse_created(dbapi: &Rc<DbapiConnection>, state: &State, pending: &[&File]) -> Result<(), Error> {
    let Some(first) = pending.first().filter(|_| state.applied.is_empty()) else { return Ok(()) };
    let schema = database::schema(dbapi)?;
    let there: Vec<String> =
        Script::read(&first.sql).created().into_iter().filter(|name| schema.table(name).is_some()).collect();
    if there.is_empty() { Ok(()) } else { Err(errors::tables_exist(&there, first.version)) }
}

pub fn downgrade(run: &mut Run<'_, '_>, dbapi: &Rc<DbapiConnection>, state: &State) -> Result<(), Error> {
    state.check()?;
    let text = run.command.target.clone().unwrap_or_else(|| "-1".into());
    let target = state.target(&text)?;
    if target > state.current() || text.starts_with('+') {
        return Err(errors::not_behind(&text, state.current()));
    }
    let undone: Vec<&File> = state
        .files
        .iter()
        .rev()
        .filter(|file| file.version > target && file.version <= state.current())
        .collect();
    // Before the first one runs, every one has to have its way back.
    let texts: Vec<String> = undone.iter().map(|file| runner::down_text(file)).collect::<Result<_, _>>()?;
    if run.command.sql {
        for text in texts {
            run.line(text.trim_end());
        }
        return Ok(());
    }
    if undone.is_empty() {
        return Ok(());
    }
    let steps: Vec<Step<'_>> = undone.into_iter().map(Step::Down).collect();
    walk(run, dbapi, state, &steps)
}

/// Says where the database is; what was recorded otherwise is recorded anew.
pub fn stamp(run: &mut Run<'_, '_>, dbapi: &Rc<DbapiConnection>, state: &State) -> Result<(), Error> {
    let target = state.target(run.command.target.as_deref().unwrap_or("head"))?;
    if dbapi.is_readonly() {
        return Err(errors::readonly());
    }
    record(dbapi, state, target)?;
    run.line(format!("Running stamp_revision {} -> {}", shown(state.current()), shown(target)));
    Ok(())
}

fn record(dbapi: &Rc<DbapiConnection>, state: &State, target: i32) -> Result<(), Error> {
    for applied in &state.applied {
        runner::forget(dbapi, applied.version)?;
    }
    for file in state.files.iter().filter(|file| file.version <= target) {
        runner::record(dbapi, &state.files, file)?;
    }
    Ok(())
}

/// Takes a database over as it is: its schema becomes the first migration, and that counts as applied.
pub fn adopt(run: &mut Run<'_, '_>, dbapi: &Rc<DbapiConnection>) -> Result<(), Error> {
    let version = database::alembic_version(dbapi)?;
    let applied = database::history(dbapi)?;
    if let Some(last) = applied.last() {
        return Err(errors::adopted_already(last.version));
    }
    if dbapi.is_readonly() {
        return Err(errors::readonly());
    }
    if let Some(version) = &version {
        let heads = files::alembic_heads(&run.context.directory);
        if !heads.is_empty() && !heads.contains(version) {
            return Err(errors::alembic_behind(version, &heads));
        }
    }
    let schema = database::schema(dbapi)?;
    if schema.tables.is_empty() {
        return Err(errors::nothing_to_adopt());
    }
    if run.folder.is_dir() && !files::scan(&run.folder)?.is_empty() {
        return Err(errors::adopt_with_files(&run.folder.display().to_string()));
    }
    if !run.folder.is_dir() {
        let shown = run.folder.display().to_string();
        std::fs::create_dir_all(&run.folder).map_err(|cause| errors::io(&shown, &cause))?;
        run.line(format!("Creating directory {shown} ...  done"));
    }
    let operations = baseline(schema);
    let from = version.map(|version| format!("taken over from Alembic, which had it at {version}"));
    let draft = Draft {
        version: 1,
        slug: "baseline".into(),
        message: Some("baseline"),
        date: run.context.date.clone(),
        up: &operations,
        down: None,
        remarks: from.into_iter().collect(),
    };
    let path = files::write(&run.folder, &draft)?;
    run.line(format!("Generating {} ...  done", path.display()));
    let state = run.state(dbapi)?;
    record(dbapi, &state, draft.version)?;
    run.line("Running stamp_revision  -> 1");
    Ok(())
}

/// The steps that make a schema from nothing.
fn baseline(schema: Schema) -> Vec<Operation> {
    let mut operations: Vec<Operation> =
        ordered(schema.tables).into_iter().map(Operation::CreateTable).collect();
    operations.extend(schema.views.into_iter().map(|view| {
        let mut statements = vec![view.create];
        statements.extend(view.triggers.into_iter().map(|trigger| trigger.create));
        Operation::CreateView { name: view.name, statements }
    }));
    operations
}

/// Tables referred to before those that refer to them.
fn ordered(tables: Vec<Table>) -> Vec<Table> {
    let mut edges = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        for key in &table.foreign_keys {
            if let Some(target) = tables.iter().position(|other| same_name(&other.name, &key.table)) {
                edges.push((target, index));
            }
        }
    }
    match crate::util::topological::sort(tables.len(), &edges) {
        Ok(order) => order.into_iter().map(|index| tables[index].clone()).collect(),
        Err(_) => tables,
    }
}
