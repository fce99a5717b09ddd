//! Every kind of change of a column, constraint, index or table: forward and back, without rows and with, on a table
//! that refers to one and that another refers to.
//!
//! Held to: the schema afterwards is what `create_all` makes of the models, every row is kept, `db check` is clean, the
//! way back restores the schema of before, and the way forward can be gone again.

use super::{Models, Place};

struct Case {
    name: &'static str,
    /// Columns and table arguments of Pet.
    before: &'static str,
    after: &'static str,
    /// What `migrate` is told.
    words: &'static [&'static str],
    /// How a pet is put in: `?` stands for its number.
    pet: &'static str,
}

const PLAIN: &str = "INSERT INTO pet (id, name) VALUES (?, 'n?')";
const AGED: &str = "INSERT INTO pet (id, name, age) VALUES (?, 'n?', ?)";
const MOODY: &str = "INSERT INTO pet (id, name, mood) VALUES (?, 'n?', 'm?')";
const OWNED: &str = "INSERT INTO pet (id, name, owner_id) VALUES (?, 'n?', ?)";
const NAMED_TWICE: &str = "INSERT INTO pet (id, name, first) VALUES (?, 'n?', 'f?')";

const fn case(
    name: &'static str,
    before: &'static str,
    after: &'static str,
    words: &'static [&'static str],
    pet: &'static str,
) -> Case {
    Case { name, before, after, words, pet }
}

/// `|` separates lines of the class body.
const CASES: &[Case] = &[
    case("column added at the end", "", "age = C(db.Integer)", &[], PLAIN),
    case(
        "column added in the middle",
        "mood = C(db.Text)",
        "age = C(db.Integer)|mood = C(db.Text)",
        &[],
        PLAIN,
    ),
    case(
        "column added with a server default",
        "",
        "age = C(db.Integer, nullable=False, server_default='3')",
        &[],
        PLAIN,
    ),
    case(
        "column added with a default of SQL",
        "",
        "at = C(db.DateTime, nullable=False, server_default=db.func.now())",
        &[],
        PLAIN,
    ),
    case(
        "column added NOT NULL with the model's default",
        "",
        "age = C(db.Integer, nullable=False, default=7)",
        &[],
        PLAIN,
    ),
    case(
        "column added NOT NULL, filled",
        "",
        "mood = C(db.String(9), nullable=False)",
        &["--fill", "pet.mood=calm"],
        PLAIN,
    ),
    case("column added unique", "", "tag = C(db.String(9), unique=True)", &[], PLAIN),
    case("column added with an index", "", "age = C(db.Integer, index=True)", &[], PLAIN),
    case(
        "column added with a reference",
        "",
        "owner_id = C(db.Integer, db.ForeignKey('owner.id'))",
        &[],
        PLAIN,
    ),
    case(
        "column added with a reference to itself",
        "",
        "mother_id = C(db.Integer, db.ForeignKey('pet.id', ondelete='SET NULL'))",
        &[],
        PLAIN,
    ),
    case(
        "column added with a check",
        "",
        "age = C(db.Integer)|__table_args__ = (db.CheckConstraint('age > 0'),)",
        &[],
        PLAIN,
    ),
    case(
        "column added, computed",
        "age = C(db.Integer)",
        "age = C(db.Integer)|twice = C(db.Integer, db.Computed('age * 2'))",
        &[],
        AGED,
    ),
    case(
        "column added, computed and stored",
        "age = C(db.Integer)",
        "age = C(db.Integer)|twice = C(db.Integer, db.Computed('age * 2', persisted=True))",
        &[],
        AGED,
    ),
    case("column dropped", "age = C(db.Integer)", "", &[], AGED),
    case(
        "column dropped from the middle",
        "age = C(db.Integer)|mood = C(db.Text)",
        "mood = C(db.Text)",
        &[],
        AGED,
    ),
    case("column dropped that was NOT NULL", "age = C(db.Integer, nullable=False)", "", &[], AGED),
    case("column dropped with its index", "age = C(db.Integer, index=True)", "", &[], AGED),
    case("column dropped that was unique", "mood = C(db.Text, nullable=False, unique=True)", "", &[], MOODY),
    case(
        "column dropped with its reference",
        "owner_id = C(db.Integer, db.ForeignKey('owner.id'), nullable=False)",
        "",
        &[],
        OWNED,
    ),
    case(
        "column dropped with its check",
        "age = C(db.Integer, nullable=False)|__table_args__ = (db.CheckConstraint('age > 0'),)",
        "",
        &[],
        AGED,
    ),
    case(
        "column renamed",
        "age = C(db.Integer)",
        "years = C(db.Integer)",
        &["--rename", "pet.age:years"],
        AGED,
    ),
    case(
        "column renamed with its index",
        "age = C(db.Integer, index=True)",
        "years = C(db.Integer, index=True)",
        &["--rename", "pet.age:years"],
        AGED,
    ),
    case(
        "column renamed that is unique",
        "mood = C(db.Text, unique=True)",
        "humour = C(db.Text, unique=True)",
        &["--rename", "pet.mood:humour"],
        MOODY,
    ),
    case(
        "column renamed that refers",
        "owner_id = C(db.Integer, db.ForeignKey('owner.id'))",
        "keeper_id = C(db.Integer, db.ForeignKey('owner.id'))",
        &["--rename", "pet.owner_id:keeper_id"],
        OWNED,
    ),
    case(
        "column renamed and changed",
        "age = C(db.Integer)",
        "years = C(db.Integer, nullable=False)",
        &["--rename", "pet.age:years"],
        AGED,
    ),
    case(
        "column renamed and another dropped and added",
        "age = C(db.Integer)|mood = C(db.Text)",
        "years = C(db.Integer)|weight = C(db.Float)",
        &["--rename", "pet.age:years"],
        AGED,
    ),
    case("type widened", "mood = C(db.String(5))", "mood = C(db.String(50))", &[], MOODY),
    case("type narrowed", "mood = C(db.String(50))", "mood = C(db.String(5))", &[], MOODY),
    case("type changed from number to text", "age = C(db.Integer)", "age = C(db.String(9))", &[], AGED),
    case("type changed from text to number", "mood = C(db.Text)", "mood = C(db.Integer)", &[], MOODY),
    case("type changed to numeric", "age = C(db.Integer)", "age = C(db.Numeric(10, 2))", &[], AGED),
    case(
        "enumeration with one more label",
        "mood = C(db.Enum('m1', 'm2', 'm3', create_constraint=True, name='moods'))",
        "mood = C(db.Enum('m1', 'm2', 'm3', 'm4', create_constraint=True, name='moods'))",
        &[],
        MOODY,
    ),
    case("NOT NULL added", "age = C(db.Integer)", "age = C(db.Integer, nullable=False)", &[], AGED),
    case(
        "NOT NULL added over NULLs",
        "age = C(db.Integer)",
        "age = C(db.Integer, nullable=False)",
        &["--fill", "pet.age=9"],
        PLAIN,
    ),
    case("NOT NULL dropped", "age = C(db.Integer, nullable=False)", "age = C(db.Integer)", &[], AGED),
    case("server default added", "age = C(db.Integer)", "age = C(db.Integer, server_default='4')", &[], AGED),
    case(
        "server default changed",
        "age = C(db.Integer, server_default='4')",
        "age = C(db.Integer, server_default='5')",
        &[],
        AGED,
    ),
    case(
        "server default dropped",
        "age = C(db.Integer, server_default='4')",
        "age = C(db.Integer)",
        &[],
        AGED,
    ),
    case(
        "collation added",
        "mood = C(db.String(9))",
        "mood = C(db.String(9, collation='NOCASE'))",
        &[],
        MOODY,
    ),
    case(
        "computed column changed",
        "age = C(db.Integer)|twice = C(db.Integer, db.Computed('age * 2'))",
        "age = C(db.Integer)|twice = C(db.Integer, db.Computed('age + age'))",
        &[],
        AGED,
    ),
    case(
        "primary key widened",
        "mood = C(db.Text, nullable=False)|__table_args__ = (db.UniqueConstraint('id'),)",
        "mood = C(db.Text, primary_key=True)|__table_args__ = (db.UniqueConstraint('id'),)",
        &[],
        MOODY,
    ),
    case("unnamed unique added", "mood = C(db.Text)", "mood = C(db.Text, unique=True)", &[], MOODY),
    case("unnamed unique dropped", "mood = C(db.Text, unique=True)", "mood = C(db.Text)", &[], MOODY),
    case(
        "named unique over two added",
        "mood = C(db.Text)",
        "mood = C(db.Text)|__table_args__ = (db.UniqueConstraint('name', 'mood', name='uq'),)",
        &[],
        MOODY,
    ),
    case(
        "named unique over two dropped",
        "mood = C(db.Text)|__table_args__ = (db.UniqueConstraint('name', 'mood', name='uq'),)",
        "mood = C(db.Text)",
        &[],
        MOODY,
    ),
    case(
        "unnamed check added",
        "age = C(db.Integer)",
        "age = C(db.Integer)|__table_args__ = (db.CheckConstraint('age > 0'),)",
        &[],
        AGED,
    ),
    case(
        "unnamed check dropped",
        "age = C(db.Integer)|__table_args__ = (db.CheckConstraint('age > 0'),)",
        "age = C(db.Integer)",
        &[],
        AGED,
    ),
    case(
        "named check changed",
        "age = C(db.Integer)|__table_args__ = (db.CheckConstraint('age > 0', name='ck'),)",
        "age = C(db.Integer)|__table_args__ = (db.CheckConstraint('age >= 0', name='ck'),)",
        &[],
        AGED,
    ),
    case(
        "reference added",
        "owner_id = C(db.Integer)",
        "owner_id = C(db.Integer, db.ForeignKey('owner.id'))",
        &[],
        OWNED,
    ),
    case(
        "reference dropped",
        "owner_id = C(db.Integer, db.ForeignKey('owner.id'))",
        "owner_id = C(db.Integer)",
        &[],
        OWNED,
    ),
    case(
        "reference with another action",
        "owner_id = C(db.Integer, db.ForeignKey('owner.id'))",
        "owner_id = C(db.Integer, db.ForeignKey('owner.id', ondelete='CASCADE'))",
        &[],
        OWNED,
    ),
    case("index added", "age = C(db.Integer)", "age = C(db.Integer, index=True)", &[], AGED),
    case("index dropped", "age = C(db.Integer, index=True)", "age = C(db.Integer)", &[], AGED),
    case(
        "index made unique",
        "age = C(db.Integer, index=True)",
        "age = C(db.Integer, index=True, unique=True)",
        &[],
        AGED,
    ),
    case(
        "index over two columns changed",
        "age = C(db.Integer)|__table_args__ = (db.Index('ix', 'name', 'age'),)",
        "age = C(db.Integer)|__table_args__ = (db.Index('ix', 'age', 'name'),)",
        &[],
        AGED,
    ),
    case(
        "partial index added",
        "age = C(db.Integer)",
        "age = C(db.Integer)|__table_args__ = (db.Index('ix', 'age', sqlite_where=db.text('age > 1')),)",
        &[],
        AGED,
    ),
    case(
        "index beside a rebuild",
        "age = C(db.Integer, index=True)|mood = C(db.Text)",
        "age = C(db.Integer, index=True)|mood = C(db.Text, unique=True, index=True)",
        &[],
        AGED,
    ),
    case("AUTOINCREMENT added", "", "__table_args__ = {'sqlite_autoincrement': True}", &[], PLAIN),
    case("AUTOINCREMENT dropped", "__table_args__ = {'sqlite_autoincrement': True}", "", &[], PLAIN),
    case(
        "AUTOINCREMENT kept in a rebuild",
        "age = C(db.Integer)|__table_args__ = {'sqlite_autoincrement': True}",
        "age = C(db.Integer, unique=True)|__table_args__ = {'sqlite_autoincrement': True}",
        &[],
        AGED,
    ),
    case(
        "awkward names",
        "first = C('order', db.Text)",
        "first = C('order', db.Text, unique=True)|second = C('two words', db.Integer, index=True)",
        &[],
        PLAIN,
    ),
    case(
        "everything at once",
        "age = C(db.Integer)|first = C(db.Text)",
        "years = C(db.Integer, nullable=False)|first = C(db.Text, unique=True, index=True)|owner_id = C(db.Integer, db.ForeignKey('owner.id'))|__table_args__ = (db.CheckConstraint('years >= 0'),)",
        &["--rename", "pet.age:years", "--fill", "pet.years=1"],
        NAMED_TWICE,
    ),
];

fn models(pet: &str) -> String {
    let body: String =
        pet.split('|').filter(|line| !line.is_empty()).map(|line| format!("    {line}\n")).collect();
    format!(
        "C = db.Column\n\nclass Owner(db.Model):\n    id = C(db.Integer, primary_key=True)\n    name = C(db.Text)\n\n\
         class Pet(db.Model):\n    id = C(db.Integer, primary_key=True)\n    name = C(db.String(40), nullable=False)\n{body}\n\
         class Toy(db.Model):\n    id = C(db.Integer, primary_key=True)\n\
         \x20   pet_id = C(db.Integer, db.ForeignKey('pet.id', ondelete='CASCADE'), nullable=False)\n\n"
    )
}

const READERS: &str = "CREATE VIEW names AS SELECT pet.name, toy.id FROM pet JOIN toy ON toy.pet_id = pet.id;\n\
    CREATE VIEW short_names AS SELECT name FROM names;\n\
    CREATE TRIGGER own AFTER UPDATE OF name ON pet BEGIN UPDATE owner SET name = new.name WHERE id = -1; END;\n\
    CREATE TRIGGER other AFTER INSERT ON toy BEGIN UPDATE pet SET name = name WHERE id = new.pet_id; END;\n";

fn seed(case: &Case) -> String {
    let mut sql = String::new();
    for number in 1..=3 {
        sql.push_str(&format!("INSERT INTO owner (id, name) VALUES ({number}, 'o{number}');\n"));
        sql.push_str(&format!("{};\n", case.pet.replace('?', &number.to_string())));
        sql.push_str(&format!("INSERT INTO toy (pet_id) VALUES ({number}), ({number});\n"));
    }
    sql
}

/// What is wrong, if anything is.
fn run(
    case: &Case,
    (before, after): (&mut Models, &mut Models),
    (filled, read): (bool, bool),
) -> Result<(), String> {
    let place = Place::with(before);
    let same = |what: &str, got: Vec<String>, wanted: Vec<String>| {
        let missing: Vec<&String> = wanted.iter().filter(|line| !got.contains(line)).collect();
        let more: Vec<&String> = got.iter().filter(|line| !wanted.contains(line)).collect();
        let is_same = got == wanted;
        if is_same {
            Ok(())
        } else {
            Err(format!("{what}: missing {missing:#?}, too many {more:#?}\n{}", place.newest()))
        }
    };
    same("the first schema", place.database().schema(), before.created())?;
    let readers = if read { READERS } else { "" };
    place.database().tell(readers);
    if filled {
        place.database().tell(&seed(case));
    }
    let kept = || -> Vec<String> {
        let database = place.database();
        let mut rows = database.rows("SELECT id, name FROM pet ORDER BY id");
        rows.extend(database.rows("SELECT id, pet_id FROM toy ORDER BY id"));
        rows.extend(database.rows("SELECT id, name FROM owner ORDER BY id"));
        rows
    };
    let first = place.database().schema();
    let rows = kept();
    let with_readers = |mut lines: Vec<String>| {
        if read {
            let listed =
                first.iter().filter(|line| line.starts_with("view ") || line.starts_with("trigger "));
            lines.extend(listed.cloned());
        }
        lines
    };
    let words: Vec<&str> = ["migrate"].iter().chain(case.words).copied().collect();
    place.try_db(after, &words)?;
    for round in ["the way forward", "the way forward again"] {
        place.try_db(after, &["upgrade"]).map_err(|error| format!("{round}: {error}\n{}", place.newest()))?;
        same(round, place.database().schema(), with_readers(after.created()))?;
        same("rows after the way forward", kept(), rows.clone())?;
        let check = place.try_db(after, &["check"])?;
        if check.failed || !check.notes.is_empty() {
            return Err(format!("check: {check:?}"));
        }
        place.try_db(after, &["downgrade"]).map_err(|error| format!("back: {error}\n{}", place.newest()))?;
        same("the way back", place.database().schema(), first.clone())?;
        same("rows after the way back", kept(), rows.clone())?;
        if !place.database().is_sound() {
            return Err("the database is not sound".into());
        }
    }
    Ok(())
}

#[test]
fn every_change_forward_and_back() {
    let failures = std::sync::Mutex::new(Vec::new());
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let work = || {
                while let Some(case) = CASES.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let (mut before, mut after) =
                        (Models::of(&models(case.before)), Models::of(&models(case.after)));
                    for (filled, read) in [(false, false), (true, true)] {
                        if let Err(why) = run(case, (&mut before, &mut after), (filled, read)) {
                            let found = format!("--- {} (filled: {filled}, read: {read})\n{why}", case.name);
                            failures.lock().expect("no worker panics with it").push(found);
                        }
                    }
                }
            };
            std::thread::Builder::new().stack_size(16 << 20).spawn_scoped(scope, work).expect("a thread");
        }
    });
    let failures = failures.into_inner().expect("the workers are done");
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), CASES.len() * 2, failures.join("\n"));
}
