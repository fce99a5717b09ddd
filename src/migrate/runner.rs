//! Running migrations through refinery over the engine's own connection.
//!
//! Owns the door that refinery executes through: the file's SQL, the check of foreign keys and the line in the history
//! are one transaction, and foreign keys are off around it, since a rebuilt table would take its children along.
//! Must not know commands.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use refinery_core::traits::sync::{Migrate, Query, Transaction};
use refinery_core::{Migration, Target};

use super::audience::Audience;
use super::database::{self, HISTORY, number, text};
use super::errors;
use super::files::File;
use super::script::Script;
use crate::diag::Error;
use crate::engine::{DbapiConnection, OpenOptions};

/// What went wrong inside refinery's call, in a form that may pass through it.
#[derive(Debug)]
enum Failure {
    /// A statement of the file.
    Statement { message: String, statement: String },
    /// Something that has its own words; an `Error` itself may not pass through.
    Told { message: String, hints: Vec<String> },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Statement { message, .. } => f.write_str(message),
            Failure::Told { message, .. } => f.write_str(message),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let error = errors::perhaps_locked(error);
        Failure::Told { message: error.message.clone(), hints: error.hints.clone() }
    }
}

impl Failure {
    /// With the name of the file that it happened in.
    fn said(&self, file: &str, rehearsed: bool) -> Error {
        match self {
            Failure::Statement { message, statement } => {
                errors::statement_failed(file, statement, message, rehearsed)
            }
            Failure::Told { message, hints } => errors::told(message, hints),
        }
    }
}

/// A connection as refinery sees it.
struct Door<'a> {
    connection: &'a Rc<DbapiConnection>,
    /// The files, with which applied migrations are told to refinery: their checksums were compared before.
    files: &'a [File],
    /// The file that runs, for what is said about it.
    name: String,
    manner: Manner,
    /// Making the history's table waits for the transaction that writes the first line into it.
    history: Option<String>,
}

impl<'a> Door<'a> {
    fn new(connection: &'a Rc<DbapiConnection>, files: &'a [File], name: String, manner: Manner) -> Door<'a> {
        Door { connection, files, name, manner, history: None }
    }

    fn run(&self, script: &str) -> Result<(), Failure> {
        self.connection
            .run_each(script)
            .map(drop)
            .map_err(|(statement, error)| Failure::Statement { message: error.message.clone(), statement })
    }

    /// Whether the same scripts were run on a copy of exactly this database: nobody wrote to it since.
    fn is_proven(&self) -> Result<bool, Failure> {
        Ok(match self.manner.proven_at {
            Some(version) => database::data_version(self.connection)? == version,
            None => false,
        })
    }

    /// Runs everything in one transaction, or nothing. Rows that vanish, references that lead nowhere, views and
    /// triggers that no longer work: each is found before the end is made final. What was broken before may stay so.
    fn together(&self, scripts: &[&str], known: &[String]) -> Result<Found, Failure> {
        self.connection.run("BEGIN IMMEDIATE")?;
        if self.is_proven()? {
            self.run_all(scripts)?;
            self.connection.commit()?;
            return Ok(Found::Nothing);
        }
        let broken = database::broken(self.connection)?;
        let script = Script::read(scripts[0]);
        let counts =
            if self.manner.accept_loss { Vec::new() } else { database::row_counts(self.connection)? };
        self.run_all(scripts)?;
        if !counts.is_empty() {
            let lost = script.lost(&counts, &database::row_counts(self.connection)?);
            if !lost.is_empty() {
                return Err(errors::rows_lost(&self.name, &lost).into());
            }
        }
        let unusable: Vec<String> =
            database::broken(self.connection)?.into_iter().filter(|line| !broken.contains(line)).collect();
        if !unusable.is_empty() {
            return Err(errors::broken(&self.name, &unusable).into());
        }
        let orphans: Vec<String> =
            database::orphans(self.connection)?.into_iter().filter(|line| !known.contains(line)).collect();
        if !orphans.is_empty() {
            return Ok(Found::Orphans(orphans));
        }
        self.connection.commit()?;
        Ok(Found::Nothing)
    }

    fn run_all(&self, scripts: &[&str]) -> Result<(), Failure> {
        let history = self.history.as_deref();
        history.into_iter().chain(scripts.iter().copied()).try_for_each(|script| self.run(script))
    }

    fn attempt(&self, scripts: &[&str], known: &[String]) -> Result<Found, Failure> {
        let done = self.together(scripts, known);
        if !matches!(done, Ok(Found::Nothing)) {
            // The first failure is the one to tell.
            let _ = self.connection.rollback();
        }
        done
    }
}

/// What was found at the end of a run.
enum Found {
    Nothing,
    /// Rows whose foreign key leads nowhere, which may have been so before: nothing was kept.
    Orphans(Vec<String>),
}

impl Transaction for Door<'_> {
    type Error = Failure;

    fn execute<'b, T: Iterator<Item = &'b str>>(&mut self, queries: T) -> Result<usize, Failure> {
        let scripts: Vec<&str> = queries.collect();
        match scripts[..] {
            [] => return Ok(0),
            [only] if Script::read(only).creates(HISTORY) => {
                self.history = Some(only.to_string());
                return Ok(0);
            }
            _ => {}
        }
        if let Found::Orphans(found) = self.attempt(&scripts, &[])? {
            // Looking for those of before on every run would cost as much again, so it is done only now.
            let before = database::orphans(self.connection)?;
            let new: Vec<String> = found.into_iter().filter(|line| !before.contains(line)).collect();
            if !new.is_empty() {
                return Err(errors::orphans(&self.name, &new).into());
            }
            self.attempt(&scripts, &before)?;
        }
        self.history = None;
        Ok(scripts.len())
    }
}

impl Query<Vec<Migration>> for Door<'_> {
    fn query(&mut self, query: &str) -> Result<Vec<Migration>, Failure> {
        if self.history.is_some() && !database::has_table(self.connection, HISTORY)? {
            return Ok(Vec::new());
        }
        let rows = database::query(self.connection, query)?;
        let mut applied = Vec::new();
        for row in rows {
            let version = number(&row[0]) as i32;
            let Some(file) = self.files.iter().find(|file| file.version == version) else {
                return Err(errors::missing(version, &text(&row[1]), &text(&row[2])).into());
            };
            let mut migration = file.migration()?;
            migration.set_applied();
            applied.push(migration);
        }
        Ok(applied)
    }
}

impl Migrate for Door<'_> {}

/// Pages kept in memory while a migration runs, in KiB (as the pragma has it, negative).
const CACHE: i64 = -65_536;

/// Keeps foreign keys off and a larger cache while it lives.
struct KeysOff<'a> {
    connection: &'a Rc<DbapiConnection>,
    had_keys: bool,
    cache: i64,
}

impl<'a> KeysOff<'a> {
    fn new(connection: &'a Rc<DbapiConnection>) -> Result<KeysOff<'a>, Error> {
        let ask = |sql: &str| -> Result<i64, Error> {
            Ok(database::query(connection, sql)?.first().map_or(0, |row| number(&row[0])))
        };
        let (had_keys, cache) = (ask("PRAGMA foreign_keys")? != 0, ask("PRAGMA cache_size")?);
        connection.commit()?;
        connection.run("PRAGMA foreign_keys=OFF")?;
        connection.run(&format!("PRAGMA cache_size={CACHE}"))?;
        Ok(KeysOff { connection, had_keys, cache })
    }
}

impl Drop for KeysOff<'_> {
    fn drop(&mut self) {
        // Nothing better can be done about a pragma that fails than to go on.
        let _ = self.connection.run(&format!("PRAGMA cache_size={}", self.cache));
        if self.had_keys {
            let _ = self.connection.run("PRAGMA foreign_keys=ON");
        }
    }
}

/// Finds the failure inside refinery's error and says it with the file's name.
fn told(error: &refinery_core::Error, file: &File, rehearsed: bool) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(at) = cause {
        if let Some(failure) = at.downcast_ref::<Failure>() {
            return failure.said(&file.file_name(), rehearsed);
        }
        cause = at.source();
    }
    errors::usage(format!("{}: {error}", file.file_name()))
}

/// How a step is run.
#[derive(Clone, Copy, Default)]
pub struct Manner {
    /// On a copy.
    pub rehearsed: bool,
    /// Rows may vanish.
    pub accept_loss: bool,
    /// The state of the database of which a copy was tried: what was held to there need not be looked for again.
    pub proven_at: Option<i64>,
}

/// Applies one migration: all that comes before it has been applied.
pub fn apply(
    connection: &Rc<DbapiConnection>,
    files: &[File],
    file: &File,
    manner: Manner,
) -> Result<(), Error> {
    step(connection, files, file, Target::Version(file.version), manner)
}

/// Records a migration as applied without running it.
pub fn record(connection: &Rc<DbapiConnection>, files: &[File], file: &File) -> Result<(), Error> {
    let manner = Manner { accept_loss: true, ..Manner::default() };
    step(connection, files, file, Target::FakeVersion(file.version), manner)
}

fn step(
    connection: &Rc<DbapiConnection>,
    files: &[File],
    file: &File,
    target: Target,
    manner: Manner,
) -> Result<(), Error> {
    let _keys = KeysOff::new(connection)?;
    let mut known = Vec::new();
    for one in files.iter().filter(|one| one.version <= file.version) {
        known.push(one.migration()?);
    }
    let mut door = Door::new(connection, files, file.file_name(), manner);
    door.migrate(&known, true, true, true, target, HISTORY)
        .map(drop)
        .map_err(|error| told(&error, file, manner.rehearsed))
}

/// Undoes one migration: its down file and the line in the history are one transaction.
pub fn revert(connection: &Rc<DbapiConnection>, file: &File, manner: Manner) -> Result<(), Error> {
    let sql = down_text(file)?;
    let _keys = KeysOff::new(connection)?;
    let name =
        file.down_path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut door = Door::new(connection, &[], name.clone(), manner);
    let forget = forget_text(file.version);
    door.execute([sql.as_str(), forget.as_str()].into_iter())
        .map(drop)
        .map_err(|failure| failure.said(&name, manner.rehearsed))
}

/// What undoes a migration.
pub fn down_text(file: &File) -> Result<String, Error> {
    std::fs::read_to_string(file.down_path()).map_err(|_| errors::no_down_file(&file.file_name()))
}

/// Takes lines out of the history.
pub fn forget(connection: &Rc<DbapiConnection>, version: i32) -> Result<(), Error> {
    connection.run(&forget_text(version)).map_err(errors::perhaps_locked)?;
    connection.commit()
}

fn forget_text(version: i32) -> String {
    format!("DELETE FROM {HISTORY} WHERE version = {version}")
}

/// One migration up or down.
pub enum Step<'a> {
    Up(&'a File),
    Down(&'a File),
}

impl Step<'_> {
    pub fn run(
        &self,
        connection: &Rc<DbapiConnection>,
        files: &[File],
        manner: Manner,
        audience: &mut dyn Audience,
    ) -> Result<(), Error> {
        let (file, sql, what) = match self {
            Step::Up(file) => (file, file.sql.clone(), "upgrade"),
            Step::Down(file) => (file, down_text(file)?, "downgrade"),
        };
        let what = if manner.rehearsed { "rehearsal" } else { what };
        let _bar = progress(connection, &sql, &format!("{what} {}", file.version), audience)?;
        match self {
            Step::Up(file) => apply(connection, files, file, manner),
            Step::Down(file) => revert(connection, file, manner),
        }
    }
}

/// Fewer rows than these are copied before a bar could be read.
const MANY_ROWS: i64 = 20_000;

/// What counts rows, while it lives.
struct Bar<'a>(
    &'a Rc<DbapiConnection>,
    #[expect(dead_code, reason = "it ends the bar when it goes")] Box<dyn std::any::Any>,
);

impl Drop for Bar<'_> {
    fn drop(&mut self) {
        self.0.count_rows(None);
    }
}

/// Shows how many of the rows that a script copies are done, where somebody looks and it takes long.
fn progress<'a>(
    connection: &'a Rc<DbapiConnection>,
    sql: &str,
    what: &str,
    audience: &mut dyn Audience,
) -> Result<Option<Bar<'a>>, Error> {
    if !audience.is_watching() {
        return Ok(None);
    }
    let rebuilt = Script::read(sql).rebuilt();
    if rebuilt.is_empty() {
        return Ok(None);
    }
    let rows: i64 = database::row_counts(connection)?
        .iter()
        .map(|(table, rows)| {
            rows * rebuilt.iter().filter(|name| name.eq_ignore_ascii_case(table)).count() as i64
        })
        .sum();
    if rows < MANY_ROWS {
        return Ok(None);
    }
    let done = Arc::new(AtomicU64::new(0));
    connection.count_rows(Some(done.clone()));
    Ok(audience.progress(what, rows as u64, done).map(|shown| Bar(connection, shown)))
}

/// Databases larger than this are not copied for a rehearsal.
const MOST_BYTES: i64 = 500 << 20;

/// Runs steps on a copy first, and tells which rows go because a statement says so. Answers with the state that was
/// copied.
pub fn rehearse(
    connection: &Rc<DbapiConnection>,
    files: &[File],
    steps: &[Step<'_>],
    accept_loss: bool,
    audience: &mut dyn Audience,
) -> Result<Option<i64>, Error> {
    if database::size(connection)? > MOST_BYTES {
        audience
            .note("The database is too large for a rehearsal on a copy; each migration is one transaction.");
        return Ok(None);
    }
    let state = database::data_version(connection)?;
    let copy = DbapiConnection::open(&OpenOptions::default())?;
    copy.run("PRAGMA temp_store=MEMORY")?;
    connection.backup_into(&copy).map_err(errors::perhaps_locked)?;
    let manner = Manner { rehearsed: true, accept_loss, proven_at: None };
    for step in steps {
        let before = database::row_counts(&copy)?;
        step.run(&copy, files, manner, audience)?;
        let after = database::row_counts(&copy)?;
        let script = match step {
            Step::Up(file) => Script::read(&file.sql),
            Step::Down(file) => Script::read(&down_text(file)?),
        };
        for line in script.taken(&before, &after) {
            audience.note(&line);
        }
    }
    Ok(Some(state))
}
