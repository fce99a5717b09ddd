//! What each command does.
//!
//! Owns the order of steps: read files and history, check their state, then what the command is for; the small
//! commands are here, comparing in `autogenerate`, running in `applying`. Must not know terminals: lines and questions
//! go through an `Audience`.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::audience::Audience;
use super::command::{Command, USAGE, Verb};
use super::database::{self, Applied};
use super::errors;
use super::files::{self, File};
use super::{applying, autogenerate};
use crate::diag::Error;
use crate::engine::{Connection, DbapiConnection, Engine};
use crate::python::value::{Host, R};
use crate::sql::schema::MetaData;

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
    pub audience: &'a mut dyn Audience,
}

/// How a command ended.
#[derive(Debug, Default)]
pub struct Outcome {
    /// `check` found differences.
    pub failed: bool,
    /// A file to be opened in the editor.
    pub edit: Option<PathBuf>,
}

/// Files and history together.
pub struct State {
    pub files: Vec<File>,
    pub applied: Vec<Applied>,
}

impl State {
    pub fn current(&self) -> i32 {
        self.applied.last().map_or(0, |applied| applied.version)
    }

    pub fn head(&self) -> i32 {
        self.files.last().map_or(0, |file| file.version)
    }

    pub fn pending(&self) -> Vec<&File> {
        let current = self.current();
        self.files.iter().filter(|file| file.version > current).collect()
    }

    pub fn file(&self, version: i32) -> Option<&File> {
        self.files.iter().find(|file| file.version == version)
    }

    pub fn before(&self, version: i32) -> i32 {
        self.files.iter().rev().map(|file| file.version).find(|&other| other < version).unwrap_or(0)
    }

    /// Edited, missing and late files, and numbers that were left out.
    pub fn check(&self) -> Result<(), Error> {
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
        if let Some(file) = late {
            return Err(errors::late(&file.file_name(), current));
        }
        let mut before =
            (current, self.file(current).map(File::file_name).unwrap_or_else(|| "nothing".into()));
        for file in self.pending() {
            if file.version != before.0 + 1 {
                return Err(errors::gap(&file.file_name(), &before.1, before.0 + 1));
            }
            before = (file.version, file.file_name());
        }
        Ok(())
    }

    /// The number that a target means, from where the database is.
    pub fn target(&self, text: &str) -> Result<i32, Error> {
        if matches!(text, "head" | "heads") {
            return Ok(self.head());
        }
        if text == "base" {
            return Ok(0);
        }
        let number: i64 = text.parse().map_err(|_| errors::no_such_version(text))?;
        if !text.starts_with(['+', '-']) {
            let version = i32::try_from(number).map_err(|_| errors::no_such_version(text))?;
            let is_known = version == 0 || self.file(version).is_some();
            return if is_known { Ok(version) } else { Err(errors::no_such_version(text)) };
        }
        let mut line: Vec<i32> = vec![0];
        line.extend(self.files.iter().map(|file| file.version));
        let here = line.iter().position(|&version| version == self.current()).unwrap_or(0) as i64;
        let place = usize::try_from(here + number).ok();
        place.and_then(|place| line.get(place)).copied().ok_or_else(|| errors::relative(number))
    }
}

/// Runs a command.
pub fn run(command: &Command, context: &mut Context<'_>) -> R<Outcome> {
    let folder = match &command.directory {
        Some(folder) => folder.clone(),
        None => own_folder(&context.directory),
    };
    match command.verb {
        Verb::Help => {
            context.audience.line(USAGE);
            Ok(Outcome::default())
        }
        Verb::Init => {
            init(&folder, context.audience)?;
            Ok(Outcome::default())
        }
        _ => {
            let connection = context.engine.connect(context.host)?;
            let done = Run { command, context, folder, connection: connection.clone() }.run();
            connection.close(context.host)?;
            done
        }
    }
}

/// Where migrations lie beside an app, named as short as can be.
pub fn directory_beside(root: &Path) -> PathBuf {
    const DIRECTORY: &str = "migrations";
    let whole = |path: &Path| path.canonicalize().ok();
    let is_here = std::env::current_dir().ok().and_then(|here| whole(&here)) == whole(root);
    if is_here { PathBuf::from(DIRECTORY) } else { root.join(DIRECTORY) }
}

/// Beside a folder of Alembic's stands one of its own.
pub fn own_folder(directory: &Path) -> PathBuf {
    if !files::is_alembic(directory) {
        return directory.to_path_buf();
    }
    let mut name = directory.file_name().unwrap_or_default().to_os_string();
    name.push("_sql");
    directory.with_file_name(name)
}

fn init(folder: &Path, audience: &mut dyn Audience) -> Result<(), Error> {
    let shown = folder.display().to_string();
    if folder.is_dir() && std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        if files::is_alembic(folder) {
            return Err(errors::alembic_folder(&shown));
        }
        return Err(errors::not_alone(&shown));
    }
    std::fs::create_dir_all(folder).map_err(|cause| errors::io(&shown, &cause))?;
    audience.line(&format!("Creating directory {shown} ...  done"));
    Ok(())
}

/// One command under way.
pub struct Run<'a, 'b> {
    pub command: &'a Command,
    pub context: &'a mut Context<'b>,
    pub folder: PathBuf,
    connection: Rc<Connection>,
}

/// `1`, or nothing for the base.
pub fn shown(version: i32) -> String {
    if version == 0 { String::new() } else { version.to_string() }
}

impl Run<'_, '_> {
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.context.audience.line(text.as_ref());
    }

    pub fn note(&mut self, text: impl AsRef<str>) {
        self.context.audience.note(text.as_ref());
    }

    fn run(mut self) -> R<Outcome> {
        let dbapi = self.connection.dbapi()?;
        if files::is_alembic(&self.folder) {
            return Err(errors::alembic_folder(&self.folder.display().to_string()).into());
        }
        if self.command.verb == Verb::Upgrade && self.command.adopt {
            applying::adopt(&mut self, &dbapi)?;
            return Ok(Outcome::default());
        }
        let state = self.state(&dbapi).map_err(errors::perhaps_locked)?;
        let mut outcome = Outcome::default();
        match self.command.verb {
            Verb::Migrate => autogenerate::migrate(&mut self, &dbapi, &state)?,
            Verb::Check => outcome.failed = autogenerate::check(&mut self, &dbapi, &state)?,
            Verb::Revision => autogenerate::revision(&mut self, &state)?,
            Verb::Upgrade => applying::upgrade(&mut self, &dbapi, &state)?,
            Verb::Downgrade => applying::downgrade(&mut self, &dbapi, &state)?,
            Verb::Stamp => applying::stamp(&mut self, &dbapi, &state)?,
            Verb::Current if state.current() > 0 => {
                let mark = if state.current() == state.head() { " (head)" } else { "" };
                self.line(format!("{}{mark}", state.current()));
            }
            Verb::Heads if state.head() > 0 => self.line(format!("{} (head)", state.head())),
            Verb::History => self.history(&state),
            Verb::Show => {
                let text = self.chosen(&state)?.sql.trim_end().to_string();
                self.line(text);
            }
            Verb::Edit => outcome.edit = Some(self.chosen(&state)?.path.clone()),
            Verb::Init | Verb::Help | Verb::Current | Verb::Heads => {}
        }
        Ok(outcome)
    }

    pub fn state(&self, dbapi: &Rc<DbapiConnection>) -> Result<State, Error> {
        Ok(State { files: files::scan(&self.folder)?, applied: database::history(dbapi)? })
    }

    /// The file that `show` and `edit` mean: the newest unless said otherwise.
    fn chosen<'s>(&self, state: &'s State) -> Result<&'s File, Error> {
        let text = self.command.target.as_deref().unwrap_or("head");
        let version = state.target(text)?;
        state.file(version).ok_or_else(|| errors::no_such_version(text))
    }

    fn history(&mut self, state: &State) {
        for file in state.files.iter().rev() {
            let before = match state.before(file.version) {
                0 => "<base>".to_string(),
                version => version.to_string(),
            };
            let head = if file.version == state.head() { " (head)" } else { "" };
            let marks = self.command.indicate_current || self.command.verbose;
            let current = if marks && file.version == state.current() { " (current)" } else { "" };
            self.line(format!("{before} -> {}{head}{current}, {}", file.version, file.message));
            if self.command.verbose {
                let applied = state.applied.iter().find(|applied| applied.version == file.version);
                let (mark, when) = match applied {
                    Some(one) => ("[x]", format!("applied {}", one.applied_on)),
                    None => ("[ ]", "not applied".to_string()),
                };
                self.line(format!("    {mark} {when}   {}", file.path.display()));
            }
        }
        if self.command.verbose && !state.pending().is_empty() {
            let count = state.pending().len();
            self.note(format!("{count} to be applied: `db upgrade`."));
        }
    }
}
