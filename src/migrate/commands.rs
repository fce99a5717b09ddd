//! What each command does.
//!
//! Owns the order of steps: read files and history, check their state, compare, write, rehearse, run, tell.
//! Must not know terminals: lines go out as data, questions through a function that the caller lends.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::command::{Command, USAGE, Verb};
use super::compare::{Answers, Difference, compare};
use super::database::{self, Applied};
use super::errors;
use super::files::{self, Draft, File};
use super::models;
use super::operation::Operation;
use super::runner;
use super::spec::{Table, same_name};
use crate::diag::Error;
use crate::engine::{Connection, DbapiConnection, Engine};
use crate::python::value::{Host, R, Raised};
use crate::sql::schema::MetaData;

/// Asks yes or no; None where nobody can answer.
pub type Ask<'a> = &'a mut dyn FnMut(&str) -> Option<bool>;

/// What the commands work on.
pub struct Context<'a> {
    pub host: &'a mut dyn Host,
    pub engine: Rc<Engine>,
    /// The models' tables; None where only a database was opened.
    pub metadata: Option<Rc<MetaData>>,
    /// The folder of the migrations, unless `-d` says another.
    pub directory: PathBuf,
    /// `2026-11-20 09:12 UTC`
    pub date: String,
    pub ask: Option<Ask<'a>>,
}

/// What a command has to say.
#[derive(Debug, Default)]
pub struct Output {
    /// For standard output.
    pub lines: Vec<String>,
    /// Remarks of Retort's own.
    pub notes: Vec<String>,
    /// `check` found differences.
    pub failed: bool,
    /// A file to be opened in the editor.
    pub edit: Option<PathBuf>,
}

impl Output {
    fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }
    fn note(&mut self, line: impl Into<String>) {
        self.notes.push(line.into());
    }
}

/// Files and history together.
struct State {
    files: Vec<File>,
    applied: Vec<Applied>,
}

impl State {
    fn current(&self) -> i32 {
        self.applied.last().map_or(0, |applied| applied.version)
    }

    fn head(&self) -> i32 {
        self.files.last().map_or(0, |file| file.version)
    }

    fn pending(&self) -> Vec<&File> {
        let current = self.current();
        self.files.iter().filter(|file| file.version > current).collect()
    }

    fn file(&self, version: i32) -> Option<&File> {
        self.files.iter().find(|file| file.version == version)
    }

    fn before(&self, version: i32) -> i32 {
        self.files.iter().rev().map(|file| file.version).find(|&other| other < version).unwrap_or(0)
    }

    /// Edited, missing and late files.
    fn check(&self) -> Result<(), Error> {
        for applied in &self.applied {
            let Some(file) = self.file(applied.version) else {
                return Err(errors::missing(applied.version, &applied.name, &applied.applied_on));
            };
            if file.checksum()?.to_string() != applied.checksum {
                return Err(errors::edited(&file.file_name(), &applied.applied_on));
            }
        }
        let current = self.current();
        let late = self.files.iter().find(|file| {
            file.version < current && !self.applied.iter().any(|applied| applied.version == file.version)
        });
        match late {
            Some(file) => Err(errors::late(&file.file_name(), current)),
            None => Ok(()),
        }
    }
}

/// Runs a command.
pub fn run(command: &Command, context: &mut Context<'_>) -> R<Output> {
    let folder = command.directory.clone().unwrap_or_else(|| context.directory.clone());
    let mut output = Output::default();
    match command.verb {
        Verb::Help => output.line(USAGE),
        Verb::Init => init(&folder, &mut output)?,
        _ => {
            let connection = context.engine.connect(context.host)?;
            let done = Run { command, context, folder, connection: connection.clone() }.run(&mut output);
            connection.close(context.host)?;
            done?;
        }
    }
    Ok(output)
}

fn init(folder: &Path, output: &mut Output) -> Result<(), Error> {
    let shown = folder.display().to_string();
    if folder.is_dir() && std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        if files::is_alembic(folder) {
            return Err(errors::alembic_folder(&shown));
        }
        return Err(errors::usage(format!("Directory {shown} already exists and is not empty")));
    }
    std::fs::create_dir_all(folder).map_err(|cause| errors::io(&shown, &cause))?;
    output.line(format!("Creating directory {shown} ...  done"));
    Ok(())
}

struct Run<'a, 'b> {
    command: &'a Command,
    context: &'a mut Context<'b>,
    folder: PathBuf,
    connection: Rc<Connection>,
}

/// `1`, or `<base>` for none.
fn shown(version: i32) -> String {
    if version == 0 { String::new() } else { version.to_string() }
}

impl Run<'_, '_> {
    fn run(mut self, output: &mut Output) -> R<()> {
        let dbapi = self.connection.dbapi()?;
        if files::is_alembic(&self.folder) {
            return Err(errors::alembic_folder(&self.folder.display().to_string()).into());
        }
        let state = State { files: files::scan(&self.folder)?, applied: database::history(&dbapi)? };
        match self.command.verb {
            Verb::Migrate => self.migrate(&dbapi, &state, output),
            Verb::Check => self.check(&dbapi, &state, output),
            Verb::Revision => Ok(self.revision(&state, output)?),
            Verb::Upgrade => self.upgrade(&dbapi, &state, output),
            Verb::Downgrade => Ok(self.downgrade(&dbapi, &state, output)?),
            Verb::Stamp => Ok(self.stamp(&dbapi, &state, output)?),
            Verb::Current => {
                if state.current() > 0 {
                    let mark = if state.current() == state.head() { " (head)" } else { "" };
                    output.line(format!("{}{mark}", state.current()));
                }
                Ok(())
            }
            Verb::Heads => {
                if state.head() > 0 {
                    output.line(format!("{} (head)", state.head()));
                }
                Ok(())
            }
            Verb::History => {
                self.history(&state, output);
                Ok(())
            }
            Verb::Show => {
                output.line(self.chosen(&state)?.sql.trim_end().to_string());
                Ok(())
            }
            Verb::Edit => {
                output.edit = Some(self.chosen(&state)?.path.clone());
                Ok(())
            }
            Verb::Init | Verb::Help => Ok(()),
        }
    }

    /// The file that `show` and `edit` mean: the newest unless said otherwise.
    fn chosen<'s>(&self, state: &'s State) -> Result<&'s File, Error> {
        let version = match self.command.target.as_deref() {
            None | Some("head" | "heads") => state.head(),
            Some(text) => text.parse().map_err(|_| errors::no_such_version(text))?,
        };
        let text = version.to_string();
        state
            .file(version)
            .ok_or_else(|| errors::no_such_version(self.command.target.as_deref().unwrap_or(&text)))
    }

    fn history(&self, state: &State, output: &mut Output) {
        for file in state.files.iter().rev() {
            let before = match state.before(file.version) {
                0 => "<base>".to_string(),
                version => version.to_string(),
            };
            let head = if file.version == state.head() { " (head)" } else { "" };
            let current = if self.command.indicate_current && file.version == state.current() {
                " (current)"
            } else {
                ""
            };
            output.line(format!("{before} -> {}{head}{current}, {}", file.version, file.message));
            if self.command.verbose {
                let applied = state.applied.iter().find(|applied| applied.version == file.version);
                let when =
                    applied.map_or("not applied".to_string(), |one| format!("applied {}", one.applied_on));
                output.line(format!("    {}   {when}", file.path.display()));
            }
        }
    }

    fn metadata(&self) -> Result<Rc<MetaData>, Error> {
        let none =
            || errors::usage("there are no models to compare with: open the app, not only its database");
        self.context.metadata.clone().ok_or_else(none)
    }

    /// What differs, with the answers that the user gives when asked.
    fn difference(&mut self, dbapi: &Rc<DbapiConnection>) -> R<(Difference, Answers)> {
        let metadata = self.metadata()?;
        let models = models::tables(self.context.host, &metadata)?;
        let schema = database::schema(dbapi)?;
        let mut answers = self.command.answers.clone();
        loop {
            let found = compare(&models, &schema.tables, &answers);
            let Some(question) = found.questions.first() else { return Ok((found, answers)) };
            let rename = question.rename.clone();
            let table = rename.table.clone().unwrap_or_default();
            let text = format!("Was {table}.{} renamed to {table}.{}? [y/N] ", rename.from, rename.to);
            let answer = match &mut self.context.ask {
                Some(ask) => ask(&text),
                None => None,
            };
            match answer {
                Some(true) => answers.renames.push(rename),
                Some(false) => answers.no_rename = true,
                None if self.command.verb == Verb::Check => answers.no_rename = true,
                None => return Err(errors::rename_question(&table, &rename.from, &rename.to).into()),
            }
        }
    }

    fn migrate(&mut self, dbapi: &Rc<DbapiConnection>, state: &State, output: &mut Output) -> R<()> {
        state.check()?;
        if !state.pending().is_empty() {
            return Err(errors::behind(state.pending().len()).into());
        }
        let (found, answers) = self.difference(dbapi)?;
        tell_unknown(&found, output);
        if found.operations.is_empty() {
            output.line("No changes in schema detected.");
            if state.files.is_empty() && !database::schema(dbapi)?.tables.is_empty() {
                output.note(
                    "The tables are there already, without a migration (db.create_all() made them?): start with an \
                     empty database, or write the first one by hand (`db revision`) and `db stamp` it.",
                );
            }
            return Ok(());
        }
        if let Some((table, column)) = found.unfilled.first()
            && database::row_counts(dbapi)?.iter().any(|(name, rows)| same_name(name, table) && *rows > 0)
        {
            return Err(errors::unfilled(table, column).into());
        }
        for line in found.operations.iter().flat_map(Operation::lines) {
            output.line(line);
        }
        let remarks = answers
            .fills
            .iter()
            .map(|(table, column, value)| format!("existing rows get {value} in {table}.{column}"))
            .collect();
        let draft = self.draft(state, &found.operations, remarks);
        if self.command.sql {
            output.line(draft.up().trim_end().to_string());
            return Ok(());
        }
        let path = files::write(&self.folder, &draft)?;
        output.line(format!("Generating {} ...  done", path.display()));
        Ok(())
    }

    fn draft<'d>(&'d self, state: &State, operations: &'d [Operation], remarks: Vec<String>) -> Draft<'d> {
        let message = self.command.message.as_deref();
        Draft {
            version: self.command.version.unwrap_or(state.head() + 1),
            slug: message.map_or_else(|| files::slug_of(operations), files::slug),
            message,
            date: self.context.date.clone(),
            operations,
            remarks,
        }
    }

    fn revision(&self, state: &State, output: &mut Output) -> Result<(), Error> {
        let draft = self.draft(state, &[], Vec::new());
        let path = files::write(&self.folder, &draft)?;
        output.line(format!("Generating {} ...  done", path.display()));
        Ok(())
    }

    fn check(&mut self, dbapi: &Rc<DbapiConnection>, state: &State, output: &mut Output) -> R<()> {
        state.check()?;
        if !state.pending().is_empty() {
            return Err(errors::behind(state.pending().len()).into());
        }
        let (found, _) = self.difference(dbapi)?;
        tell_unknown(&found, output);
        if found.operations.is_empty() {
            output.line("No new upgrade operations detected.");
            return Ok(());
        }
        output.failed = true;
        output.line("New upgrade operations detected:");
        for line in found.operations.iter().flat_map(Operation::lines) {
            output.line(format!("  {}", line.trim_start_matches("Detected ")));
        }
        Ok(())
    }

    /// The number that a target means, from where the database is.
    fn target(&self, state: &State, text: &str) -> Result<i32, Error> {
        if matches!(text, "head" | "heads") {
            return Ok(state.head());
        }
        if text == "base" {
            return Ok(0);
        }
        let number: i64 = text.parse().map_err(|_| errors::no_such_version(text))?;
        if !text.starts_with(['+', '-']) {
            let version = i32::try_from(number).map_err(|_| errors::no_such_version(text))?;
            return if state.file(version).is_some() {
                Ok(version)
            } else {
                Err(errors::no_such_version(text))
            };
        }
        let mut line: Vec<i32> = vec![0];
        line.extend(state.files.iter().map(|file| file.version));
        let here = line.iter().position(|&version| version == state.current()).unwrap_or(0) as i64;
        let place = usize::try_from(here + number).ok();
        place.and_then(|place| line.get(place)).copied().ok_or_else(|| errors::relative(number))
    }

    fn upgrade(&mut self, dbapi: &Rc<DbapiConnection>, state: &State, output: &mut Output) -> R<()> {
        if let Some(version) = database::alembic_version(dbapi)?
            && state.applied.is_empty()
        {
            if !self.command.adopt {
                return Err(errors::alembic_database(&version).into());
            }
            return Ok(self.adopt(dbapi, state, output)?);
        }
        if self.command.adopt && state.applied.is_empty() && state.files.is_empty() {
            return Ok(self.adopt(dbapi, state, output)?);
        }
        state.check()?;
        let target = self.target(state, self.command.target.as_deref().unwrap_or("head"))?;
        let pending: Vec<&File> = state.pending().into_iter().filter(|file| file.version <= target).collect();
        if self.command.sql {
            for file in pending {
                output.line(file.sql.trim_end().to_string());
            }
            return Ok(());
        }
        if pending.is_empty() {
            return Ok(());
        }
        if dbapi.is_readonly() {
            return Err(errors::readonly().into());
        }
        self.refuse_created(dbapi, state, &pending)?;
        for line in runner::rehearse(dbapi, &state.files, &pending)? {
            output.note(line);
        }
        for file in pending {
            let before = shown(state.before(file.version));
            output.line(format!("Running upgrade {before} -> {}, {}", file.version, file.message));
            runner::apply(dbapi, &state.files, file, false)?;
        }
        Ok(())
    }

    /// The first migration would create tables that `create_all` made before.
    fn refuse_created(
        &self,
        dbapi: &Rc<DbapiConnection>,
        state: &State,
        pending: &[&File],
    ) -> Result<(), Error> {
        let Some(first) = pending.first().filter(|_| state.applied.is_empty()) else { return Ok(()) };
        let schema = database::schema(dbapi)?;
        let there: Vec<String> = created_tables(&first.sql)
            .into_iter()
            .filter(|name| schema.tables.iter().any(|table| same_name(&table.name, name)))
            .collect();
        if there.is_empty() { Ok(()) } else { Err(errors::tables_exist(&there, first.version)) }
    }

    /// Takes a database over as it is: its schema becomes the first migration, and that counts as applied.
    fn adopt(&self, dbapi: &Rc<DbapiConnection>, state: &State, output: &mut Output) -> Result<(), Error> {
        let schema = database::schema(dbapi)?;
        let operations: Vec<Operation> =
            ordered(schema.tables).into_iter().map(Operation::CreateTable).collect();
        let draft = Draft {
            version: state.head() + 1,
            slug: "baseline".into(),
            message: Some("the schema as it was taken over"),
            date: self.context.date.clone(),
            operations: &operations,
            remarks: Vec::new(),
        };
        let path = files::write(&self.folder, &draft)?;
        output.line(format!("Generating {} ...  done", path.display()));
        let files = files::scan(&self.folder)?;
        for file in files.iter().filter(|file| file.version <= draft.version) {
            runner::record(dbapi, &files, file)?;
            output.line(format!(
                "Running stamp_revision {} -> {}",
                shown(state.before(file.version)),
                file.version
            ));
        }
        Ok(())
    }

    fn downgrade(
        &mut self,
        dbapi: &Rc<DbapiConnection>,
        state: &State,
        output: &mut Output,
    ) -> Result<(), Error> {
        state.check()?;
        let target = self.target(state, self.command.target.as_deref().unwrap_or("-1"))?;
        let undone: Vec<&File> = state
            .files
            .iter()
            .rev()
            .filter(|file| file.version > target && file.version <= state.current())
            .collect();
        for file in &undone {
            if !file.down_path().exists() {
                return Err(errors::no_down_file(&file.file_name()));
            }
        }
        if dbapi.is_readonly() {
            return Err(errors::readonly());
        }
        for file in undone {
            if self.command.sql {
                let path = file.down_path();
                let sql = std::fs::read_to_string(&path)
                    .map_err(|cause| errors::io(&path.display().to_string(), &cause))?;
                output.line(sql.trim_end().to_string());
                continue;
            }
            let after = shown(state.before(file.version));
            output.line(format!("Running downgrade {} -> {after}, {}", file.version, file.message));
            runner::revert(dbapi, file)?;
        }
        Ok(())
    }

    /// Says where the database is; what was recorded otherwise is recorded anew.
    fn stamp(&self, dbapi: &Rc<DbapiConnection>, state: &State, output: &mut Output) -> Result<(), Error> {
        let target = self.target(state, self.command.target.as_deref().unwrap_or("head"))?;
        for applied in &state.applied {
            runner::forget(dbapi, applied.version)?;
        }
        for file in state.files.iter().filter(|file| file.version <= target) {
            runner::record(dbapi, &state.files, file)?;
        }
        output.line(format!("Running stamp_revision {} -> {}", shown(state.current()), shown(target)));
        Ok(())
    }
}

fn tell_unknown(found: &Difference, output: &mut Output) {
    if !found.unknown.is_empty() {
        output.note(format!(
            "In the database and in no model: {} (`--drop-unknown` would drop them).",
            found.unknown.join(", ")
        ));
    }
}

/// Names of the tables that a script creates.
fn created_tables(sql: &str) -> Vec<String> {
    use crate::engine::reflection::create_table::{tokens, unquote};
    let all = tokens(sql);
    let word = |index: usize| all.get(index).map_or("", |token| &sql[token.start..token.end]);
    let mut names = Vec::new();
    for index in 0..all.len() {
        if word(index).eq_ignore_ascii_case("CREATE") && word(index + 1).eq_ignore_ascii_case("TABLE") {
            let guarded = word(index + 2).eq_ignore_ascii_case("IF");
            if !guarded {
                names.push(unquote(word(index + 2)));
            }
        }
    }
    names
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

/// For callers that want one kind of error.
pub fn error_of(raised: Raised) -> Error {
    match *raised.0 {
        crate::python::value::RaisedKind::Error { error, .. } => error,
        crate::python::value::RaisedKind::Exception { .. } => {
            errors::usage("an exception was raised in the models")
        }
    }
}
