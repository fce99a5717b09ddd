//! Random pairs of schemas: the migration that is written leads from one to the other and back.
//!
//! Owns making such models. Columns keep one order in both, so that the outcome can be compared to the letter.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{Models, Place};

#[derive(Clone, Debug)]
struct Column {
    ty: usize,
    required: bool,
    unique: bool,
    index: bool,
    default: bool,
    check: bool,
}

#[derive(Clone, Debug)]
struct Reference {
    target: usize,
    action: usize,
}

#[derive(Clone, Debug)]
struct Table {
    columns: Vec<Option<Column>>,
    references: Vec<Option<Reference>>,
    pair: bool,
    autoincrement: bool,
}

const TABLES: [&str; 4] = ["alpha", "beta", "gamma", "delta"];
const COLUMNS: [&str; 5] = ["one", "two", "order", "four five", "six"];
const TYPES: [&str; 6] =
    ["db.Integer", "db.String(20)", "db.String(40)", "db.Text", "db.Numeric(10, 2)", "db.Float"];
const ACTIONS: [&str; 3] = ["", ", ondelete='CASCADE'", ", ondelete='SET NULL', onupdate='CASCADE'"];

fn column() -> impl Strategy<Value = Column> {
    (
        0..TYPES.len(),
        any::<bool>(),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
        any::<(bool, bool)>(),
    )
        .prop_map(|(ty, required, unique, index, (default, check))| Column {
            ty,
            required,
            unique,
            index,
            default,
            check,
        })
}

fn table() -> impl Strategy<Value = Table> {
    let reference =
        (0..TABLES.len(), 0..ACTIONS.len()).prop_map(|(target, action)| Reference { target, action });
    (
        prop::collection::vec(prop::option::of(column()), COLUMNS.len()),
        prop::collection::vec(prop::option::weighted(0.4, reference), 2),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(columns, references, pair, autoincrement)| Table {
            columns,
            references,
            pair,
            autoincrement,
        })
}

type Schema = Vec<Option<Table>>;

fn schema() -> impl Strategy<Value = Schema> {
    prop::collection::vec(prop::option::weighted(0.8, table()), TABLES.len())
}

fn models(schema: &Schema) -> String {
    let mut text = String::new();
    for (name, table) in TABLES.iter().zip(schema) {
        let Some(table) = table else { continue };
        text.push_str(&format!("class {}(db.Model):\n    __tablename__ = '{name}'\n", name.to_uppercase()));
        text.push_str("    id = db.Column(db.Integer, primary_key=True)\n");
        let mut arguments = String::new();
        let present: Vec<(&str, &Column)> = COLUMNS
            .iter()
            .zip(&table.columns)
            .filter_map(|(name, column)| Some((*name, column.as_ref()?)))
            .collect();
        for (place, (column, how)) in present.iter().enumerate() {
            let mut line = format!(
                "    c{place} = db.Column('{column}', {}, nullable={}",
                TYPES[how.ty],
                python(!how.required)
            );
            if how.unique {
                line.push_str(", unique=True");
            } else if how.index {
                line.push_str(", index=True");
            }
            if how.default {
                line.push_str(", server_default='3'");
            }
            text.push_str(&format!("{line})\n"));
            if how.check {
                arguments.push_str(&format!("db.CheckConstraint('\"{column}\" <> 99'), "));
            }
        }
        if table.pair && present.len() >= 2 {
            arguments.push_str(&format!("db.UniqueConstraint('{}', '{}'), ", present[0].0, present[1].0));
        }
        for (place, reference) in table.references.iter().enumerate() {
            if let Some(reference) = reference
                && schema[reference.target].is_some()
            {
                let (target, action) = (TABLES[reference.target], ACTIONS[reference.action]);
                text.push_str(&format!(
                    "    r{place} = db.Column(db.Integer, db.ForeignKey('{target}.id'{action}))\n"
                ));
            }
        }
        let options = format!("{{'sqlite_autoincrement': {}}}", python(table.autoincrement));
        text.push_str(&format!("    __table_args__ = ({arguments}{options},)\n\n"));
    }
    text
}

fn python(truth: bool) -> &'static str {
    if truth { "True" } else { "False" }
}

/// One row in each table, every column with a value.
fn seed(schema: &Schema) -> String {
    let mut sql = String::new();
    for (name, table) in TABLES.iter().zip(schema) {
        let Some(table) = table else { continue };
        let present = COLUMNS.iter().zip(&table.columns).filter(|(_, column)| column.is_some());
        let names: Vec<String> = present.map(|(name, _)| format!(", \"{name}\"")).collect();
        let values = ", 7".repeat(names.len());
        sql.push_str(&format!("INSERT INTO {name} (id{}) VALUES (1{values});\n", names.concat()));
    }
    sql
}

fn lead(from: &Schema, to: &Schema) -> Result<(), String> {
    let (mut before, mut after) = (Models::of(&models(from)), Models::of(&models(to)));
    let place = Place::new();
    place.db(&mut before, &["init"]);
    place.try_db(&mut before, &["migrate", "-m", "first"])?;
    place.try_db(&mut before, &["upgrade"])?;
    let same = |what: &str, wanted: Vec<String>| {
        let got = place.database().schema();
        if got == wanted {
            Ok(())
        } else {
            Err(format!("{what}: {got:#?}\nwanted {wanted:#?}\n{}", place.newest()))
        }
    };
    same("the first schema", before.created())?;
    place.database().tell(&seed(from));
    let mut words: Vec<String> = vec!["migrate".into(), "--no-rename".into(), "--drop-unknown".into()];
    for table in TABLES {
        for column in COLUMNS {
            words.extend(["--fill".into(), format!("{table}.{column}=5")]);
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let said = place.try_db(&mut after, &words)?;
    if said.lines == ["No changes in schema detected."] {
        return same("nothing to do", after.created());
    }
    place.try_db(&mut after, &["upgrade"]).map_err(|error| format!("{error}\n{}", place.newest()))?;
    same("the way forward", after.created())?;
    if place.db(&mut after, &["check"]).failed || !place.database().is_sound() {
        return Err("the check is not clean".into());
    }
    let rows = |schema: &Schema, both: &Schema| -> Vec<String> {
        let kept = TABLES
            .iter()
            .zip(schema.iter().zip(both))
            .filter(|(_, (one, other))| one.is_some() && other.is_some());
        kept.flat_map(|(name, _)| place.database().rows(&format!("SELECT count(*) FROM {name}"))).collect()
    };
    if rows(from, to).iter().any(|count| count != "1") {
        return Err(format!("rows were lost\n{}", place.newest()));
    }
    place.try_db(&mut after, &["downgrade"]).map_err(|error| format!("{error}\n{}", place.newest()))?;
    same("the way back", before.created())?;
    if rows(from, to).iter().any(|count| count != "1") {
        return Err(format!("rows were lost on the way back\n{}", place.newest()));
    }
    Ok(())
}

#[test]
fn fifty_pairs_of_schemas() {
    // `PROPTEST_CASES=500` tries more.
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(50);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        prop::test_runner::TestRng::deterministic_rng(prop::test_runner::RngAlgorithm::ChaCha),
    );
    let done = runner.run(&(schema(), schema()), |(from, to)| {
        lead(&from, &to).map_err(|why| {
            TestCaseError::fail(format!("{why}\nfrom:\n{}\nto:\n{}", models(&from), models(&to)))
        })
    });
    if let Err(error) = done {
        panic!("{error}");
    }
}
