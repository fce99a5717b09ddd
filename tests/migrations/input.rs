//! Bad input, each time one clear error and nothing changed; questions to a person.

use std::path::Path;

use retort::migrate::Audience;

use super::{Models, Place, app};
use crate::harness::Home;

const ONE: &str = "class Pet(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    age = db.Column(db.Integer)\n";
const TWO: &str = "class Pet(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    \
    years = db.Column(db.Integer)\n    mood = db.Column(db.Text, nullable=False)\n";

fn write(place: &Place, name: &str, text: &str) {
    std::fs::write(place.migrations().join(name), text).expect("written");
}

fn hand_made() -> (Place, Models) {
    let place = Place::new();
    let mut models = Models::of("");
    place.db(&mut models, &["init"]);
    write(&place, "V0001__a.sql", "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER);");
    write(&place, "V0001__a.down.sql", "DROP TABLE a;");
    (place, models)
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let (place, mut models) = (Place::new(), Models::of(ONE));
    for verb in ["migrate", "upgrade", "downgrade", "current", "history", "check", "stamp", "show"] {
        let said = place.refused(&mut models, &[verb]);
        assert_eq!(
            said,
            "Path doesn't exist: migrations.  Please use the 'init' command to create a new scripts folder."
        );
    }
    place.db(&mut models, &["init"]);
    write(&place, "notes.txt", "mine");
    assert_eq!(place.refused(&mut models, &["init"]), "Directory migrations already exists and is not empty");
}

#[test]
fn files_and_history_that_do_not_fit_are_told_before_anything_runs() {
    let (place, mut models) = hand_made();
    place.db(&mut models, &["upgrade"]);
    let starts = |place: &Place, models: &mut Models, wanted: &str| {
        for verb in ["upgrade", "downgrade", "migrate", "check"] {
            let said = place.refused(models, &[verb]);
            assert!(said.starts_with(wanted), "{verb}: {said}");
        }
        assert_eq!(place.database().rows("SELECT count(*) FROM refinery_schema_history"), ["1"]);
    };
    write(&place, "V0001__a.sql", "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER); -- seen");
    starts(&place, &mut models, "V0001__a.sql was changed after it was applied on 20");
    // Line ends are not a change.
    write(&place, "V0001__a.sql", "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER);");
    place.db(&mut models, &["upgrade"]);
    let file = place.migrations().join("V0001__a.sql");
    let away = place.path().join("away.sql");
    std::fs::rename(&file, &away).expect("moved");
    starts(&place, &mut models, "migration 1 (a) was applied on 20");
    std::fs::rename(&away, &file).expect("moved");
    write(&place, "V0003__c.sql", "CREATE TABLE c (id);");
    starts(&place, &mut models, "V0003__c.sql cannot follow V0001__a.sql: there is no migration 2\n");
    write(&place, "V0002__b.sql", "CREATE TABLE b (id);");
    write(&place, "V0002__other.sql", "CREATE TABLE d (id);");
    starts(&place, &mut models, "two migrations have the number 2: V0002__b.sql and V0002__other.sql\n");
    std::fs::remove_file(place.migrations().join("V0002__other.sql")).expect("removed");
    std::fs::rename(place.migrations().join("V0002__b.sql"), &away).expect("moved");
    std::fs::rename(place.migrations().join("V0003__c.sql"), place.migrations().join("V0002__c.sql"))
        .expect("moved");
    place.db(&mut models, &["upgrade"]);
    std::fs::rename(&away, place.migrations().join("V0000__late.sql")).expect("moved");
    let said = place.refused(&mut models, &["upgrade"]);
    assert!(
        said.starts_with("V0000__late.sql has not been applied, and the database is at 2 already\n"),
        "{said}"
    );
}

#[test]
fn revisions_that_are_not_there() {
    let (place, mut models) = hand_made();
    for target in ["7", "abc", "1.5", "99999999999"] {
        for verb in ["upgrade", "downgrade", "stamp", "show", "edit"] {
            let said = place.refused(&mut models, &[verb, target]);
            assert_eq!(said, format!("Can't locate revision identified by '{target}'"));
        }
    }
    assert_eq!(
        place.refused(&mut models, &["upgrade", "+3"]),
        "Relative revision +3 didn't produce 3 migrations"
    );
    let said = place.refused(&mut models, &["downgrade", "1"]);
    assert!(said.starts_with("the database is at base, not past 1"), "{said}");
    place.db(&mut models, &["upgrade"]);
    let said = place.refused(&mut models, &["upgrade", "base"]);
    assert!(said.starts_with("the database is at 1, past base already"), "{said}");
    assert_eq!(place.refused(&mut models, &["upgrad"]), "No such command 'upgrad'.\ndid you mean 'upgrade'?");
    assert!(place.refused(&mut models, &["merge"]).contains("without branches"));
    assert_eq!(
        place.refused(&mut models, &["migrate", "--version", "9"]),
        "the next migration has the number 2, not 9"
    );
    std::fs::remove_file(place.migrations().join("V0001__a.down.sql")).expect("removed");
    let said = place.refused(&mut models, &["downgrade"]);
    assert_eq!(said, "V0001__a.sql cannot be undone: it has no .down.sql beside it");
}

#[test]
fn a_locked_database_is_told_as_such() {
    let (place, mut models) = hand_made();
    place.db(&mut models, &["upgrade"]);
    write(&place, "V0002__b.sql", "CREATE TABLE b (id);");
    let other = place.database();
    other.tell("INSERT INTO a (b) VALUES (1)");
    for lock in ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"] {
        other.rows(lock);
        let said = place.refused(&mut models, &["upgrade"]);
        assert!(
            said.starts_with(
                "the database is locked: another program is writing to it; nothing was changed\n"
            ),
            "{lock}: {said}"
        );
        other.rows("ROLLBACK");
    }
    place.db(&mut models, &["upgrade"]);
}

#[test]
fn rows_references_and_views_are_held_to() {
    let (place, mut models) = hand_made();
    place.db(&mut models, &["upgrade"]);
    place.database().tell(
        "INSERT INTO a VALUES (1, 2), (2, 3); CREATE TABLE child (a_id INTEGER REFERENCES a (id)); \
         INSERT INTO child VALUES (1), (9); CREATE VIEW bs AS SELECT b FROM a; \
         CREATE TABLE log (n); CREATE TRIGGER gone AFTER INSERT ON log BEGIN DELETE FROM a WHERE id = new.n; END",
    );
    let before = place.database().schema();
    for (sql, wanted) in [
        (
            "INSERT INTO log VALUES (2);",
            "V0002__b.sql would lose rows that no statement of it deletes:\n  a: 2 rows become 1\n",
        ),
        (
            "DELETE FROM a WHERE id = 1;",
            "V0002__b.sql would leave foreign keys without their rows:\n  child row 1 refers to a row of a that is not there",
        ),
        (
            "ALTER TABLE a RENAME COLUMN b TO c; DROP VIEW bs; CREATE VIEW bs AS SELECT b FROM a;",
            "V0002__b.sql would leave behind what no longer works:\n  view bs: no such column: b\n",
        ),
        (
            "CREATE TABLE x (id);\nCREATE TABL y (id);",
            "V0002__b.sql: near \"TABL\": syntax error (on a copy; the database is as it was)\n  at: CREATE TABL y (id);",
        ),
        ("CREATE TABLE x (id); COMMIT;", "V0002__b.sql: "),
    ] {
        write(&place, "V0002__b.sql", sql);
        let said = place.refused(&mut models, &["upgrade"]);
        assert!(said.starts_with(wanted), "{said}");
        assert_eq!(place.database().schema(), before, "{sql}");
        assert_eq!(place.database().rows("SELECT * FROM a"), ["1|2", "2|3"]);
    }
    // A reference that led nowhere before is nobody's fault now.
    write(&place, "V0002__b.sql", "INSERT INTO log VALUES (2);");
    place.db(&mut models, &["upgrade", "--accept-loss"]);
    assert_eq!(place.database().rows("SELECT * FROM a"), ["1|2"]);
}

/// Answers from a list.
struct Person {
    answers: Vec<&'static str>,
    asked: Vec<String>,
}

impl Audience for Person {
    fn line(&mut self, _text: &str) {}
    fn note(&mut self, _text: &str) {}
    fn yes(&mut self, question: &str) -> Option<bool> {
        self.asked.push(question.to_string());
        Some(self.answers.remove(0) == "y")
    }
    fn value(&mut self, question: &str) -> Option<String> {
        self.asked.push(question.to_string());
        Some(self.answers.remove(0).to_string())
    }
}

#[test]
fn somebody_at_a_terminal_is_asked() {
    let (mut one, mut two) = (Models::of(ONE), Models::of(TWO));
    for (answer, years) in [("y", ["5|calm", "6|calm"]), ("n", ["NULL|calm", "NULL|calm"])] {
        let place = Place::with(&mut one);
        place.database().tell("INSERT INTO pet (age) VALUES (5), (6)");
        let mut person = Person { answers: vec![answer, "calm"], asked: Vec::new() };
        place.run(&mut two, &["migrate"], &mut person).expect("a migration");
        assert_eq!(
            person.asked,
            [
                "Was pet.age renamed to pet.years?",
                "pet.mood must not be NULL. What do the 2 rows get that have no value?"
            ]
        );
        place.db(&mut two, &["upgrade"]);
        assert_eq!(place.database().rows("SELECT years, mood FROM pet"), years);
    }
}

#[test]
fn models_that_do_not_load_end_the_command() {
    let home = Home::new();
    let put = |text: &str| std::fs::write(home.app().join("app.py"), text).expect("written");
    put(&app(ONE));
    assert_eq!(home.run(&["db", "init"], "").status, Some(0));
    put(&app(&ONE.replace("db.Integer)", "db.Integr)")));
    let done = home.run(&["db", "migrate"], "");
    assert_eq!(done.status, Some(2), "{}", done.stderr);
    assert!(done.stderr.contains("AttributeError"), "{}", done.stderr);
    put("class Pet(:\n");
    let done = home.run(&["db", "migrate"], "");
    assert_eq!(done.status, Some(2), "{}", done.stderr);
    assert!(done.stderr.contains("SyntaxError: invalid syntax"), "{}", done.stderr);
    assert!(is_empty(&home.app().join("migrations")));
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).expect("the folder is there").next().is_none()
}
