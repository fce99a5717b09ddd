//! Where Alembic and Flask-Migrate fail on SQLite, and what happens here.
//!
//! Owns one test for each such place, and taking over a database that Alembic looks after.

use super::{Models, Place, Said};

const RACCOON: &str = "class Raccoon(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n";
const TOY: &str = "class Toy(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    \
    raccoon_id = db.Column(db.Integer, db.ForeignKey('raccoon.id'))\n";

fn raccoon(columns: &[&str]) -> Models {
    Models::of(&text(columns))
}

fn text(columns: &[&str]) -> String {
    let lines: String = columns.iter().map(|column| format!("    {column}\n")).collect();
    format!("{RACCOON}{lines}\n")
}

fn with_toy(columns: &[&str], toy: &str) -> Models {
    Models::of(&format!("{}\n{toy}\n", text(columns)))
}

/// A place with three raccoons, and what a second set of models makes of it.
fn changed(before: &mut Models, after: &mut Models, seed: &str, words: &[&str]) -> (Place, Said) {
    let place = Place::with(before);
    place.database().tell(seed);
    let words: Vec<&str> = ["migrate"].iter().chain(words).copied().collect();
    let said = place.db(after, &words);
    place.db(after, &["upgrade"]);
    assert_eq!(place.database().schema(), after.created());
    assert!(!place.db(after, &["check"]).failed);
    assert!(place.database().is_sound());
    (place, said)
}

const AGES: &str = "INSERT INTO raccoon (age) VALUES (1), (2), (3)";

#[test]
fn renaming_a_column_keeps_its_values() {
    let (mut before, mut after) =
        (raccoon(&["age = db.Column(db.Integer)"]), raccoon(&["years = db.Column(db.Integer)"]));
    let place = Place::with(&mut before);
    place.database().tell(AGES);
    let asked = place.refused(&mut after, &["migrate"]);
    assert!(asked.contains("add `--rename raccoon.age:years`; its values stay"), "{asked}");
    place.db(&mut after, &["migrate", "--rename", "raccoon.age:years"]);
    place.db(&mut after, &["upgrade"]);
    assert_eq!(place.database().rows("SELECT years FROM raccoon"), ["1", "2", "3"]);
}

#[test]
fn a_new_column_that_must_not_be_null_asks_and_leaves_no_wreckage() {
    let (mut before, mut after) = (
        raccoon(&["age = db.Column(db.Integer)"]),
        raccoon(&["age = db.Column(db.Integer)", "mood = db.Column(db.Text, nullable=False)"]),
    );
    let place = Place::with(&mut before);
    place.database().tell(AGES);
    let asked = place.refused(&mut after, &["migrate"]);
    assert!(
        asked.starts_with("raccoon.mood must not be NULL: 3 rows of raccoon have no value yet"),
        "{asked}"
    );
    assert!(!place.newest().contains("mood"), "a refused migration writes nothing");
    place.db(&mut after, &["migrate", "--fill", "raccoon.mood=calm"]);
    // A failure half-way: nothing of it stays, and the next try goes through.
    let file = place.migrations().join("V0002__add_raccoon_mood.sql");
    let good = std::fs::read_to_string(&file).expect("written");
    std::fs::write(&file, format!("{good}\nINSERT INTO nowhere VALUES (1);\n")).expect("written");
    let schema = place.database().schema();
    let failed = place.refused(&mut after, &["upgrade"]);
    assert!(failed.contains("no such table: nowhere"), "{failed}");
    assert_eq!(place.database().schema(), schema);
    std::fs::write(&file, good).expect("written");
    place.db(&mut after, &["upgrade"]);
    assert_eq!(place.database().rows("SELECT DISTINCT mood FROM raccoon"), ["calm"]);
}

#[test]
fn rebuilding_a_parent_keeps_its_children_with_foreign_keys_enforced() {
    let toy = TOY.replace("'raccoon.id'", "'raccoon.id', ondelete='CASCADE'");
    let (mut before, mut after) = (
        with_toy(&["name = db.Column(db.String(40))"], &toy),
        with_toy(&["name = db.Column(db.String(60), unique=True)"], &toy),
    );
    let seed = "INSERT INTO raccoon (name) VALUES ('Rocky'), ('Rita'); INSERT INTO toy (raccoon_id) VALUES (1), (1), (2)";
    let (place, _) = changed(&mut before, &mut after, seed, &[]);
    assert_eq!(place.database().rows("SELECT count(*) FROM toy"), ["3"]);
}

#[test]
fn an_unnamed_unique_that_went_is_seen() {
    let (mut before, mut after) =
        (raccoon(&["name = db.Column(db.Text, unique=True)"]), raccoon(&["name = db.Column(db.Text)"]));
    let (place, said) = changed(&mut before, &mut after, "", &[]);
    assert_eq!(said.lines[0], "Detected removed unique constraint None on 'raccoon'");
    place.database().tell("INSERT INTO raccoon (name) VALUES ('a'), ('a')");
}

#[test]
fn a_check_is_seen_named_or_not() {
    let mut plain = raccoon(&["age = db.Column(db.Integer)"]);
    let mut checked =
        raccoon(&["age = db.Column(db.Integer)", "__table_args__ = (db.CheckConstraint('age > 0'),)"]);
    let mut named = raccoon(&[
        "age = db.Column(db.Integer)",
        "__table_args__ = (db.CheckConstraint('age > 1', name='ck'),)",
    ]);
    let (place, said) = changed(&mut plain, &mut checked, "", &[]);
    assert_eq!(said.lines[0], "Detected added check constraint (age > 0) on 'raccoon'");
    place.db(&mut named, &["migrate"]);
    place.db(&mut named, &["upgrade"]);
    assert_eq!(place.database().schema(), named.created());
}

#[test]
fn a_server_default_is_seen() {
    let (mut before, mut after) = (
        raccoon(&["age = db.Column(db.Integer)"]),
        raccoon(&["age = db.Column(db.Integer, server_default='7')"]),
    );
    let (place, said) = changed(&mut before, &mut after, AGES, &[]);
    assert_eq!(said.lines[0], "Detected server default on column 'raccoon.age'");
    place.database().tell("INSERT INTO raccoon DEFAULT VALUES");
    assert_eq!(place.database().rows("SELECT age FROM raccoon"), ["1", "2", "3", "7"]);
}

#[test]
fn a_primary_key_that_changes_is_seen() {
    let (mut before, mut after) = (
        raccoon(&["town = db.Column(db.Text, nullable=False)"]),
        raccoon(&["town = db.Column(db.Text, primary_key=True)"]),
    );
    let (_, said) = changed(&mut before, &mut after, "INSERT INTO raccoon (town) VALUES ('x')", &[]);
    assert_eq!(said.lines[0], "Detected primary key change from ('id',) to ('id', 'town') on 'raccoon'");
}

#[test]
fn an_action_on_an_unnamed_foreign_key_can_be_added() {
    let (mut before, mut after) = (
        with_toy(&[], TOY),
        with_toy(&[], &TOY.replace("'raccoon.id'", "'raccoon.id', ondelete='SET NULL'")),
    );
    let seed = "INSERT INTO raccoon DEFAULT VALUES; INSERT INTO toy (raccoon_id) VALUES (1)";
    let (place, _) = changed(&mut before, &mut after, seed, &[]);
    place.database().tell("PRAGMA foreign_keys=ON; DELETE FROM raccoon");
    assert_eq!(place.database().rows("SELECT raccoon_id FROM toy"), ["NULL"]);
}

#[test]
fn an_unnamed_unique_column_can_be_renamed() {
    let (mut before, mut after) = (
        raccoon(&["name = db.Column(db.Text, unique=True)"]),
        raccoon(&["title = db.Column(db.Text, unique=True)"]),
    );
    let seed = "INSERT INTO raccoon (name) VALUES ('a'), ('b')";
    let (place, said) = changed(&mut before, &mut after, seed, &["--rename", "raccoon.name:title"]);
    assert_eq!(said.lines[0], "Renamed column 'raccoon.name' to 'raccoon.title'");
    assert_eq!(place.database().rows("SELECT title FROM raccoon"), ["a", "b"]);
}

#[test]
fn a_table_that_no_model_knows_stays_unless_asked_to_go() {
    let mut models = raccoon(&[]);
    let place = Place::with(&mut models);
    place.database().tell(
        "CREATE TABLE extra (a); INSERT INTO extra VALUES (1); CREATE VIRTUAL TABLE words USING fts5(text)",
    );
    let said = place.db(&mut models, &["migrate"]);
    assert_eq!(said.lines, ["No changes in schema detected."]);
    assert_eq!(said.notes, ["In the database and in no model: extra (`--drop-unknown` would drop them)."]);
    let said = place.db(&mut models, &["migrate", "--drop-unknown"]);
    assert_eq!(said.lines[0], "Detected removed table 'extra'");
    assert!(said.notes.contains(&"extra: 1 row goes with the table".to_string()), "{said:?}");
    place.db(&mut models, &["upgrade"]);
    assert_eq!(place.database().schema().iter().filter(|line| line.starts_with("extra")).count(), 0);
}

#[test]
fn a_renamed_table_keeps_its_rows_and_those_that_refer_to_it() {
    let mut before = with_toy(&["name = db.Column(db.Text, index=True)"], TOY);
    let after = format!("{}\n{TOY}\n", text(&["name = db.Column(db.Text, index=True)"]));
    let after = after.replace("class Raccoon", "class Bandit").replace("raccoon.id", "bandit.id");
    let mut after = Models::of(&after);
    let seed = "INSERT INTO raccoon (name) VALUES ('Rocky'); INSERT INTO toy (raccoon_id) VALUES (1)";
    let (place, said) = changed(&mut before, &mut after, seed, &["--rename-table", "raccoon:bandit"]);
    assert_eq!(said.lines[0], "Renamed table 'raccoon' to 'bandit'");
    assert_eq!(place.database().rows("SELECT name FROM bandit"), ["Rocky"]);
    place.db(&mut after, &["downgrade"]);
    assert_eq!(place.database().schema(), before.created());
}

#[test]
fn no_message_makes_a_name_and_files_sort_in_their_order() {
    let mut models = raccoon(&[]);
    let place = Place::new();
    place.db(&mut models, &["init"]);
    let said = place.db(&mut models, &["migrate"]);
    assert_eq!(said.lines[1], "Generating migrations/V0001__create_raccoon.sql ...  done");
    place.db(&mut models, &["upgrade"]);
    assert_eq!(place.db(&mut models, &["history"]).lines, ["<base> -> 1 (head), create raccoon"]);
}

/// What Flask-Migrate leaves: its folder, its table.
fn alembic(place: &Place, at: &str) {
    let versions = place.migrations().join("versions");
    std::fs::create_dir_all(&versions).expect("made");
    std::fs::write(place.migrations().join("env.py"), "").expect("written");
    for (name, revision, down) in [("a", "aaaaaaaaaaaa", "None"), ("b", "bbbbbbbbbbbb", "'aaaaaaaaaaaa'")] {
        let text = format!("revision = '{revision}'\ndown_revision = {down}\nbranch_labels = None\n");
        std::fs::write(versions.join(format!("{revision}_{name}.py")), text).expect("written");
    }
    place.database().tell(&format!(
        "CREATE TABLE raccoon (id INTEGER NOT NULL, age INTEGER, PRIMARY KEY (id)); \
         CREATE INDEX ix_raccoon_age ON raccoon (age); CREATE VIEW old AS SELECT * FROM raccoon WHERE age > 9; \
         INSERT INTO raccoon (age) VALUES (1), (2), (3); \
         CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL); \
         INSERT INTO alembic_version VALUES ('{at}')"
    ));
}

#[test]
fn a_database_of_alembics_is_taken_over_as_it_is() {
    let mut models = raccoon(&["age = db.Column(db.Integer, index=True)"]);
    let place = Place::new();
    alembic(&place, "bbbbbbbbbbbb");
    place.db(&mut models, &["init"]);
    for verb in ["upgrade", "migrate", "check"] {
        let refused = place.refused(&mut models, &[verb]);
        assert!(refused.starts_with("this database is managed by Alembic (at bbbbbbbbbbbb)\n"), "{refused}");
    }
    let said = place.db(&mut models, &["upgrade", "--adopt"]);
    assert_eq!(
        said.lines,
        ["Generating migrations_sql/V0001__baseline.sql ...  done", "Running stamp_revision  -> 1"]
    );
    assert_eq!(place.db(&mut models, &["check"]).lines, ["No new upgrade operations detected."]);
    let mut after = raccoon(&["age = db.Column(db.Integer, index=True)", "name = db.Column(db.Text)"]);
    place.db(&mut after, &["migrate"]);
    place.db(&mut after, &["upgrade"]);
    assert_eq!(place.database().rows("SELECT age, name FROM raccoon"), ["1|NULL", "2|NULL", "3|NULL"]);
    place.db(&mut after, &["downgrade"]);
    let refused = place.refused(&mut after, &["downgrade", "base"]);
    assert!(refused.starts_with("V0001__baseline.sql cannot be undone"), "{refused}");
    // Nothing was written into Alembic's folder, and the baseline makes the same schema elsewhere.
    assert!(!place.migrations().join("V0001__baseline.sql").exists());
    let fresh = Place::new();
    std::fs::create_dir(fresh.migrations()).expect("made");
    let baseline = place.path().join("migrations_sql/V0001__baseline.sql");
    std::fs::copy(baseline, fresh.migrations().join("V0001__baseline.sql")).expect("copied");
    fresh.db(&mut models, &["upgrade"]);
    assert_eq!(fresh.database().schema(), place.database().schema());
}

#[test]
fn a_database_that_alembic_has_not_finished_is_not_taken_over() {
    let mut models = raccoon(&["age = db.Column(db.Integer, index=True)"]);
    let place = Place::new();
    alembic(&place, "aaaaaaaaaaaa");
    let refused = place.refused(&mut models, &["upgrade", "--adopt"]);
    assert!(
        refused
            .starts_with("Alembic has the database at aaaaaaaaaaaa, and its newest revision is bbbbbbbbbbbb"),
        "{refused}"
    );
    assert!(!place.path().join("migrations_sql").exists());
}

#[test]
fn a_database_of_create_all_is_taken_over() {
    let mut models = raccoon(&["age = db.Column(db.Integer)"]);
    let place = Place::new();
    place.database().tell("CREATE TABLE raccoon (id INTEGER NOT NULL, age INTEGER, PRIMARY KEY (id))");
    place.db(&mut models, &["init"]);
    let said = place.db(&mut models, &["migrate"]);
    assert_eq!(said.lines, ["No changes in schema detected."]);
    assert!(said.notes[0].contains("`db upgrade --adopt`"), "{said:?}");
    place.db(&mut models, &["upgrade", "--adopt"]);
    assert_eq!(place.db(&mut models, &["current"]).lines, ["1 (head)"]);
    let again = place.refused(&mut models, &["upgrade", "--adopt"]);
    assert_eq!(again, "this database has migrations of Retort's already (at 1)");
}
