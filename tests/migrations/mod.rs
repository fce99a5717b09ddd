//! Migrations from the models' text to the database and back.
//!
//! Owns a place with a database and a folder of migrations, models written as text, and reading a schema as SQLite's
//! pragmas tell it. The commands run inside the test's own process; only what is about processes starts the binary.

mod alembic;
mod input;
mod killed;
mod matrix;
mod prompt;
mod random;
mod transcripts;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use retort::engine::policy::{self, Policy};
use retort::engine::reflection::create_table::{ConstraintSqlKind, parse};
use retort::engine::{DbapiConnection, Engine, EngineOptions, OpenOptions, SqlText, Url, ddl};
use retort::migrate::{Audience, Command, Context, Outcome, Output};
use retort::project::Project;
use retort::python::value::{Raised, Value};
use retort::python::vm;

struct Silence;

impl vm::Output for Silence {
    fn out(&mut self, _text: &str) {}
    fn err(&mut self, _text: &str) {}
}

/// Models as an app has them.
pub fn app(models: &str) -> String {
    format!(
        "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\n\
         app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite://'\ndb = SQLAlchemy(app)\n\n{models}\n"
    )
}

/// Loaded models.
pub struct Models(Project);

impl Models {
    pub fn of(text: &str) -> Models {
        match Project::load_text(&app(text), Box::new(Silence)) {
            Ok(project) => Models(project),
            Err(mut failed) => panic!("{}\n{text}", vm::last_line(&mut failed.vm, &mut failed.raised)),
        }
    }

    /// What `db.create_all()` makes of them, in a database of its own.
    pub fn created(&mut self) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("created.db");
        let engine = engine(&path);
        let metadata = self.0.metadata().ok().flatten().expect("models have metadata");
        let connection = engine.connect(&mut self.0.vm).expect("a connection");
        let done = ddl::create_all(&mut self.0.vm, &connection, &metadata, None, false);
        done.expect("the tables are made");
        connection.commit(&mut self.0.vm).expect("committed");
        connection.close(&mut self.0.vm).expect("closed");
        Database::at(&path).schema()
    }
}

/// Every connection enforces foreign keys, which is when a rebuild can do most harm.
fn engine(path: &Path) -> Rc<Engine> {
    policy::set(Policy { foreign_keys: true, ..Policy::default() });
    let url = Url::sqlite(Some(&path.display().to_string()));
    Engine::new(url, EngineOptions { timeout: Some(0.3), ..EngineOptions::default() }).expect("a good URL")
}

/// A database, a folder beside it.
pub struct Place {
    folder: tempfile::TempDir,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub lines: Vec<String>,
    pub notes: Vec<String>,
    pub failed: bool,
}

impl Place {
    pub fn new() -> Place {
        Place { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A place whose first migration has made the tables of some models.
    pub fn with(models: &mut Models) -> Place {
        let place = Place::new();
        place.db(models, &["init"]);
        place.db(models, &["migrate", "-m", "first"]);
        place.db(models, &["upgrade"]);
        place
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn migrations(&self) -> PathBuf {
        self.path().join("migrations")
    }

    pub fn database(&self) -> Database {
        Database::at(&self.path().join("app.db"))
    }

    /// Runs a command; an error as its message with its hints.
    pub fn try_db(&self, models: &mut Models, words: &[&str]) -> Result<Said, String> {
        let mut output = Output::default();
        let outcome = self.run(models, words, &mut output)?;
        let root = format!("{}/", self.path().display());
        let plain = |lines: Vec<String>| -> Vec<String> {
            lines.into_iter().map(|line| line.replace(&root, "")).collect()
        };
        Ok(Said { lines: plain(output.lines), notes: plain(output.notes), failed: outcome.failed })
    }

    /// The same with somebody who can be asked.
    pub fn run(
        &self,
        models: &mut Models,
        words: &[&str],
        audience: &mut dyn Audience,
    ) -> Result<Outcome, String> {
        let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
        let told = |message: &str, hints: &[String]| {
            let root = format!("{}/", self.path().display());
            let lines: Vec<&str> = std::iter::once(message).chain(hints.iter().map(String::as_str)).collect();
            lines.join("\n").replace(&root, "")
        };
        let command = Command::parse(&words).map_err(|error| told(&error.message, &error.hints))?;
        let metadata = models.0.metadata().ok().flatten();
        let engine = engine(&self.path().join("app.db"));
        let mut context = Context {
            host: &mut models.0.vm,
            engine: engine.clone(),
            metadata,
            directory: self.migrations(),
            date: "2026-11-20 09:12 UTC".into(),
            audience,
        };
        let done = retort::migrate::run(&command, &mut context);
        engine.dispose();
        done.map_err(|raised: Raised| match raised.error() {
            Some(error) => told(&error.message, &error.hints),
            None => "an exception".to_string(),
        })
    }

    pub fn db(&self, models: &mut Models, words: &[&str]) -> Said {
        self.try_db(models, words).unwrap_or_else(|error| panic!("{words:?}: {error}\n{}", self.newest()))
    }

    pub fn refused(&self, models: &mut Models, words: &[&str]) -> String {
        match self.try_db(models, words) {
            Ok(said) => panic!("{words:?} went through: {said:?}"),
            Err(error) => error,
        }
    }

    /// The text of the newest migration.
    pub fn newest(&self) -> String {
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.migrations())
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        files.sort();
        let newest: Vec<String> =
            files.iter().rev().take(2).filter_map(|path| std::fs::read_to_string(path).ok()).collect();
        newest.join("\n")
    }
}

/// A database as SQLite itself tells it.
pub struct Database(Rc<DbapiConnection>);

impl Database {
    pub fn at(path: &Path) -> Database {
        let options = OpenOptions { path: Some(path.to_path_buf()), ..OpenOptions::default() };
        Database(DbapiConnection::open(&options).expect("the database opens"))
    }

    pub fn rows(&self, sql: &str) -> Vec<String> {
        let mut cursor = self
            .0
            .execute(&SqlText::new(sql), &[])
            .unwrap_or_else(|error| panic!("{sql}: {}", error.message));
        let width = cursor.width().max(1);
        let cells = cursor.fetch_all().unwrap_or_else(|error| panic!("{sql}: {}", error.message));
        let shown = |value: &Value| match value {
            Value::None => "NULL".to_string(),
            Value::Str(text) => text.to_string(),
            Value::Int(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        cells.chunks(width).map(|row| row.iter().map(shown).collect::<Vec<_>>().join("|")).collect()
    }

    pub fn tell(&self, sql: &str) {
        self.0.run_script(sql).unwrap_or_else(|error| panic!("{sql}: {}", error.message));
        self.0.commit().expect("committed");
    }

    /// Everything that the pragmas say, and the conditions of CHECK, which they do not.
    pub fn schema(&self) -> Vec<String> {
        let mut out = Vec::new();
        let tables = self.rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
             AND name NOT IN ('refinery_schema_history', 'alembic_version') ORDER BY name",
        );
        for table in tables {
            let about = |pragma: &str| self.rows(&format!("SELECT * FROM pragma_{pragma}('{table}')"));
            let list = self.rows(&format!("SELECT wr, strict FROM pragma_table_list('{table}')"));
            out.push(format!("{table}: {}", list.join("")));
            out.extend(about("table_xinfo").into_iter().map(|row| format!("{table} column {row}")));
            let mut keys = self.rows(&format!(
                "SELECT \"table\", seq, \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list('{table}')"
            ));
            keys.sort();
            out.extend(keys.into_iter().map(|row| format!("{table} key {row}")));
            let indexes = self.rows(&format!(
                "SELECT name, iif(origin = 'c', name, origin), \"unique\", partial FROM pragma_index_list('{table}')"
            ));
            let mut listed: Vec<String> = indexes
                .iter()
                .map(|row| {
                    let (name, rest) = row.split_once('|').expect("four cells");
                    let columns = self.rows(&format!(
                        "SELECT coalesce(name, '(expression)'), \"desc\", coll FROM pragma_index_xinfo('{name}') WHERE key"
                    ));
                    format!("{table} index {rest} on {}", columns.join(", "))
                })
                .collect();
            listed.sort();
            out.extend(listed);
            let sql = self.rows(&format!("SELECT sql FROM sqlite_master WHERE name = '{table}'")).join("");
            let mut checks: Vec<String> = parse(&sql)
                .constraints
                .iter()
                .filter_map(|one| match &one.kind {
                    ConstraintSqlKind::Check { condition } => Some(format!("{table} check {condition}")),
                    _ => None,
                })
                .collect();
            checks.sort();
            out.extend(checks);
            if sql.to_uppercase().contains("AUTOINCREMENT") {
                out.push(format!("{table} autoincrement"));
            }
        }
        out.extend(self.rows(
            "SELECT type || ' ' || name || ' ' || sql FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY 1",
        ));
        out
    }

    /// Whether SQLite finds nothing wrong.
    pub fn is_sound(&self) -> bool {
        self.rows("PRAGMA integrity_check") == ["ok"] && self.rows("PRAGMA foreign_key_check").is_empty()
    }
}
