//! The commands on a folder and a database of their own.
//!
//! Owns a small set of models made by hand. Must not be compiled into the program.

use std::path::Path;
use std::rc::Rc;

use super::{Command, Context, Outcome, Output, lessons, run};
use crate::diag::Error;
use crate::engine::tests::Bare;
use crate::engine::{DbapiConnection, Engine, EngineOptions, OpenOptions, Url};
use crate::python::value::{RaisedKind, Str};
use crate::sql::schema::{Column, MetaData, Table};
use crate::sql::types;

struct Place {
    folder: tempfile::TempDir,
    engine: Rc<Engine>,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("app.db");
        let url = Url::sqlite(Some(&file.display().to_string()));
        let engine = Engine::new(url, EngineOptions::default()).expect("a good URL");
        Place { folder, engine }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn try_db(&self, metadata: &Rc<MetaData>, words: &[&str]) -> Result<(Outcome, Output), Error> {
        let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
        let command = Command::parse(&words)?;
        let mut host = Bare;
        let mut output = Output::default();
        let mut context = Context {
            host: &mut host,
            engine: self.engine.clone(),
            metadata: Some(metadata.clone()),
            directory: self.path().join("migrations"),
            date: "2026-11-20 09:12 UTC".into(),
            audience: &mut output,
        };
        let outcome = run(&command, &mut context).map_err(|raised| match *raised.0 {
            RaisedKind::Error { error, .. } => error,
            RaisedKind::Exception { .. } => panic!("an exception object"),
        })?;
        Ok((outcome, output))
    }

    fn db(&self, metadata: &Rc<MetaData>, words: &[&str]) -> Vec<String> {
        let root = self.path().display().to_string();
        let (_, output) =
            self.try_db(metadata, words).unwrap_or_else(|error| panic!("{words:?}: {}", error.message));
        output.lines.iter().map(|line| line.replace(&root, "$CASE")).collect()
    }

    fn ask(&self, sql: &str) -> String {
        let options = self.engine.open_options();
        let connection = DbapiConnection::open(&options).expect("a connection");
        let mut cursor = connection.execute(&crate::engine::SqlText::new(sql), &[]).expect(sql);
        format!("{:?}", cursor.fetch_all().expect("rows"))
    }

    fn tell(&self, sql: &str) {
        let connection = DbapiConnection::open(&self.engine.open_options()).expect("a connection");
        connection.run_script(sql).expect(sql);
    }
}

/// One table `raccoon` with an id and further columns.
fn models(columns: &[(&str, types::Type, bool)]) -> Rc<MetaData> {
    let metadata = MetaData::new();
    let table = Table::new(Str::new("raccoon"), &metadata, None);
    let id = Column::new(Str::new("id"), types::integer());
    id.primary_key.set(true);
    id.nullable.set(false);
    crate::sql::schema::add_column(&table, &id).expect("a column");
    for (name, ty, nullable) in columns {
        let column = Column::new(Str::new(name), ty.clone());
        column.nullable.set(*nullable);
        crate::sql::schema::add_column(&table, &column).expect("a column");
    }
    metadata
}

#[test]
fn a_first_migration_is_written_applied_undone_and_told() {
    let place = Place::new();
    let first = models(&[("name", types::string_of(40), false)]);
    let missing = place.try_db(&first, &["upgrade"]).expect_err("no folder yet");
    assert!(missing.message.starts_with("Path doesn't exist: "), "{}", missing.message);
    assert_eq!(place.db(&first, &["init"]), ["Creating directory $CASE/migrations ...  done"]);
    assert_eq!(
        place.db(&first, &["migrate", "-m", "Initial migration: raccoons!"]),
        [
            "Detected added table 'raccoon'",
            "Generating $CASE/migrations/V0001__initial_migration_raccoons.sql ...  done"
        ]
    );
    let behind = place.try_db(&first, &["migrate"]).expect_err("behind");
    assert_eq!(behind.message, "Target database is not up to date.");
    assert_eq!(place.db(&first, &["upgrade"]), ["Running upgrade  -> 1, Initial migration: raccoons!"]);
    assert!(place.db(&first, &["upgrade"]).is_empty());
    assert_eq!(place.db(&first, &["current"]), ["1 (head)"]);
    assert_eq!(place.db(&first, &["check"]), ["No new upgrade operations detected."]);
    assert_eq!(place.db(&first, &["migrate"]), ["No changes in schema detected."]);
    place.tell("INSERT INTO raccoon (name) VALUES ('Rocky'), ('Rita')");

    let second = models(&[("name", types::string_of(60), false), ("mood", types::string(), true)]);
    let (told, _) = place.try_db(&second, &["check"]).expect("an answer");
    assert!(told.failed);
    assert_eq!(
        place.db(&second, &["migrate"])[..2],
        [
            "Detected added column 'raccoon.mood'",
            "Detected type change from VARCHAR(40) to VARCHAR(60) on 'raccoon.name'"
        ]
    );
    assert_eq!(place.db(&second, &["upgrade"]), ["Running upgrade 1 -> 2, add raccoon mood"]);
    assert_eq!(
        place.ask("SELECT id, name, mood FROM raccoon"),
        "[1, 'Rocky', None, 2, 'Rita', None]".replace('\'', "\"")
    );
    assert_eq!(
        place.db(&second, &["history"]),
        ["1 -> 2 (head), add raccoon mood", "<base> -> 1, Initial migration: raccoons!"]
    );
    assert_eq!(place.db(&second, &["downgrade"]), ["Running downgrade 2 -> 1, add raccoon mood"]);
    assert_eq!(place.db(&first, &["current"]), ["1"]);
    assert_eq!(place.ask("SELECT count(*) FROM raccoon"), "[2]");
    place.db(&second, &["downgrade", "base"]);
    let past = place.try_db(&second, &["downgrade"]).expect_err("past the base");
    assert_eq!(past.message, "Relative revision -1 didn't produce 1 migrations");
}

#[test]
fn a_failing_migration_leaves_nothing_behind_and_edited_files_are_found() {
    let place = Place::new();
    let empty = MetaData::new();
    place.db(&empty, &["init"]);
    place.db(&empty, &["revision", "-m", "by hand"]);
    let file = place.path().join("migrations/V0001__by_hand.sql");
    std::fs::write(&file, "CREATE TABLE a (id INTEGER);\nCREATE TABL b (id);\n").expect("written");
    let failed = place.try_db(&empty, &["upgrade"]).expect_err("a syntax error");
    assert!(failed.message.contains("near \"TABL\": syntax error (on a copy"), "{}", failed.message);
    assert_eq!(place.ask("SELECT count(*) FROM sqlite_master"), "[0]");
    std::fs::write(&file, "CREATE TABLE a (id INTEGER);\n").expect("written");
    place.db(&empty, &["upgrade"]);
    std::fs::write(&file, "CREATE TABLE a (id INTEGER); -- changed\n").expect("written");
    let edited = place.try_db(&empty, &["upgrade"]).expect_err("edited");
    assert!(
        edited.message.starts_with("V0001__by_hand.sql was changed after it was applied"),
        "{}",
        edited.message
    );
    place.db(&empty, &["stamp", "head"]);
    assert!(place.db(&empty, &["upgrade"]).is_empty());
    std::fs::write(place.path().join("migrations/V0001__again.sql"), "").expect("written");
    let twice = place.try_db(&empty, &["upgrade"]).expect_err("two of one number");
    assert!(twice.message.starts_with("two migrations have the number 1"));
}

#[test]
fn a_rebuild_keeps_the_children_and_their_parents() {
    let place = Place::new();
    place.tell(
        "CREATE TABLE raccoon (id INTEGER NOT NULL, name VARCHAR(40), PRIMARY KEY (id));\
         CREATE TABLE toy (id INTEGER PRIMARY KEY, raccoon_id INTEGER REFERENCES raccoon (id) ON DELETE CASCADE);\
         INSERT INTO raccoon VALUES (1, 'Rocky'), (2, NULL); INSERT INTO toy VALUES (1, 1), (2, 1);",
    );
    let metadata = models(&[("name", types::string_of(40), false)]);
    place.db(&metadata, &["init"]);
    let unfilled = place.try_db(&metadata, &["migrate"]).expect_err("a NULL is in the way");
    assert_eq!(unfilled.message, "raccoon.name must not be NULL: 1 row of raccoon holds NULL");
    place.db(&metadata, &["migrate", "--fill", "raccoon.name=nobody"]);
    place.db(&metadata, &["upgrade"]);
    assert_eq!(place.ask("SELECT name FROM raccoon"), "[\"Rocky\", \"nobody\"]");
    assert_eq!(place.ask("SELECT count(*) FROM toy"), "[2]");
}

#[test]
fn the_lessons_fill_a_database_in_memory() {
    for name in lessons::NAMES {
        let connection = DbapiConnection::open(&OpenOptions::default()).expect("memory");
        lessons::fill(name, &connection).unwrap_or_else(|error| panic!("{name}: {}", error.message));
    }
}
