//! Running migrations through refinery over the engine's own connection.
//!
//! Owns the door that refinery executes through: the file's SQL, the check of foreign keys and the line in the history
//! are one transaction, and foreign keys are off around it, since a rebuilt table would take its children along.
//! Must not know commands.

use std::fmt;
use std::rc::Rc;

use refinery_core::traits::sync::{Migrate, Query, Transaction};
use refinery_core::{Migration, Target};

use super::database::{self, HISTORY, number, text};
use super::errors;
use super::files::File;
use crate::diag::Error;
use crate::engine::{DbapiConnection, OpenOptions};

/// What went wrong inside refinery's call, in a form that may pass through it.
#[derive(Debug)]
struct Failure {
    message: String,
    statement: String,
    orphans: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { message: error.into_details().message, statement: String::new(), orphans: Vec::new() }
    }
}

/// A connection as refinery sees it.
struct Door<'a> {
    connection: &'a Rc<DbapiConnection>,
    /// The files, with which applied migrations are told to refinery: their checksums were compared before.
    files: &'a [File],
}

impl Door<'_> {
    fn run(&self, script: &str) -> Result<(), Failure> {
        self.connection.run_each(script).map(drop).map_err(|(statement, error)| Failure {
            message: error.into_details().message,
            statement,
            orphans: Vec::new(),
        })
    }

    /// Runs everything in one transaction, or nothing.
    fn together<'b>(&self, scripts: impl Iterator<Item = &'b str>) -> Result<usize, Failure> {
        let before = database::orphans(self.connection)?;
        self.connection.run("BEGIN IMMEDIATE").map_err(|error| Failure::from(*error))?;
        let mut count = 0;
        for script in scripts {
            self.run(script)?;
            count += 1;
        }
        let after = database::orphans(self.connection)?;
        if after.len() > before.len() {
            let orphans = after.into_iter().filter(|line| !before.contains(line)).take(5).collect();
            return Err(Failure { message: String::new(), statement: String::new(), orphans });
        }
        self.connection.commit().map_err(|error| Failure::from(*error))?;
        Ok(count)
    }
}

impl Transaction for Door<'_> {
    type Error = Failure;

    fn execute<'b, T: Iterator<Item = &'b str>>(&mut self, queries: T) -> Result<usize, Failure> {
        let done = self.together(queries);
        if done.is_err() {
            // The first failure is the one to tell.
            let _ = self.connection.rollback();
        }
        done
    }
}

impl Query<Vec<Migration>> for Door<'_> {
    fn query(&mut self, query: &str) -> Result<Vec<Migration>, Failure> {
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

/// Keeps foreign keys off while it lives.
struct KeysOff<'a>(&'a Rc<DbapiConnection>, bool);

impl<'a> KeysOff<'a> {
    fn new(connection: &'a Rc<DbapiConnection>) -> Result<KeysOff<'a>, Error> {
        let on = database::query(connection, "PRAGMA foreign_keys")?
            .first()
            .is_some_and(|row| number(&row[0]) != 0);
        connection.commit().map_err(|error| *error)?;
        connection.run("PRAGMA foreign_keys=OFF").map_err(|error| *error)?;
        Ok(KeysOff(connection, on))
    }
}

impl Drop for KeysOff<'_> {
    fn drop(&mut self) {
        if self.1 {
            // Nothing better can be done about a pragma that fails than to go on.
            let _ = self.0.run("PRAGMA foreign_keys=ON");
        }
    }
}

/// Finds the failure inside refinery's error and says it with the file's name.
fn told(error: &refinery_core::Error, file: &File, rehearsed: bool) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(at) = cause {
        if let Some(failure) = at.downcast_ref::<Failure>() {
            return if failure.orphans.is_empty() {
                errors::statement_failed(&file.file_name(), &failure.statement, &failure.message, rehearsed)
            } else {
                errors::orphans(&file.file_name(), &failure.orphans)
            };
        }
        cause = at.source();
    }
    errors::usage(format!("{}: {error}", file.file_name()))
}

/// Applies one migration: all that comes before it has been applied.
pub fn apply(
    connection: &Rc<DbapiConnection>,
    files: &[File],
    file: &File,
    rehearsed: bool,
) -> Result<(), Error> {
    step(connection, files, file, Target::Version(file.version), rehearsed)
}

/// Records a migration as applied without running it.
pub fn record(connection: &Rc<DbapiConnection>, files: &[File], file: &File) -> Result<(), Error> {
    step(connection, files, file, Target::FakeVersion(file.version), false)
}

fn step(
    connection: &Rc<DbapiConnection>,
    files: &[File],
    file: &File,
    target: Target,
    rehearsed: bool,
) -> Result<(), Error> {
    let _keys = KeysOff::new(connection)?;
    let mut known = Vec::new();
    for one in files.iter().filter(|one| one.version <= file.version) {
        known.push(one.migration()?);
    }
    let mut door = Door { connection, files };
    door.migrate(&known, true, true, true, target, HISTORY)
        .map(drop)
        .map_err(|error| told(&error, file, rehearsed))
}

/// Undoes one migration: its down file and the line in the history are one transaction.
pub fn revert(connection: &Rc<DbapiConnection>, file: &File) -> Result<(), Error> {
    let down = file.down_path();
    let sql = std::fs::read_to_string(&down).map_err(|_| errors::no_down_file(&file.file_name()))?;
    let _keys = KeysOff::new(connection)?;
    let mut door = Door { connection, files: &[] };
    let forget = forget_text(file.version);
    let name = down.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    door.execute([sql.as_str(), forget.as_str()].into_iter()).map(drop).map_err(|failure| {
        if failure.orphans.is_empty() {
            errors::statement_failed(&name, &failure.statement, &failure.message, false)
        } else {
            errors::orphans(&name, &failure.orphans)
        }
    })
}

/// Takes lines out of the history.
pub fn forget(connection: &Rc<DbapiConnection>, version: i32) -> Result<(), Error> {
    connection.run(&forget_text(version)).map_err(|error| *error)?;
    connection.commit().map_err(|error| *error)
}

fn forget_text(version: i32) -> String {
    format!("DELETE FROM {HISTORY} WHERE version = {version}")
}

/// Databases larger than this are not copied for a rehearsal.
const MOST_BYTES: i64 = 500 << 20;

/// Runs pending migrations on a copy first; tells which tables lost rows.
pub fn rehearse(
    connection: &Rc<DbapiConnection>,
    files: &[File],
    pending: &[&File],
) -> Result<Vec<String>, Error> {
    if database::size(connection)? > MOST_BYTES {
        return Ok(vec!["The database is too large for a rehearsal on a copy.".into()]);
    }
    let copy = DbapiConnection::open(&OpenOptions::default()).map_err(|error| *error)?;
    connection.backup_into(&copy).map_err(|error| *error)?;
    let before = database::row_counts(&copy)?;
    for file in pending {
        apply(&copy, files, file, true)?;
    }
    let after = database::row_counts(&copy)?;
    let mut lines = Vec::new();
    for (table, count) in before {
        let left = after.iter().find(|(name, _)| *name == table).map(|(_, left)| *left);
        match left {
            Some(left) if left < count => lines.push(format!("{table}: {count} rows become {left}")),
            None if count > 0 => lines.push(format!("{table}: {count} rows go with the table or its name")),
            _ => {}
        }
    }
    Ok(lines)
}
