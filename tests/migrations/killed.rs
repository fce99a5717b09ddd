//! SIGKILL in the middle: the database is what it was or what it shall be, and the next try completes.
//!
//! Owns that test; `KILLS=n` sets how often.

#![expect(clippy::print_stdout, reason = "says what was tried, to whoever asked for a long run")]

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{Database, app};
use crate::harness::Home;

const PARENTS: usize = 20_000;

const BEFORE: &str = "class Parent(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    \
    name = db.Column(db.String(40), index=True)\n\n\
    class Child(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    \
    parent_id = db.Column(db.Integer, db.ForeignKey('parent.id', ondelete='CASCADE'), nullable=False)\n";

fn text(models: &str) -> String {
    app(models).replace("'sqlite://'", "'sqlite:///app.db'")
}

/// Both tables are rebuilt.
fn after() -> String {
    BEFORE
        .replace("db.String(40), index=True", "db.String(60), nullable=False, unique=True")
        .replace("ondelete='CASCADE'", "ondelete='RESTRICT'")
}

fn kill(rounds: usize) {
    let home = Home::new();
    let file = home.app().join("app.py");
    let run = |words: &[&str]| {
        let done = home.run(words, "");
        assert_eq!(done.status, Some(0), "{words:?}: {}", done.stderr);
        done.stdout
    };
    std::fs::write(&file, text(BEFORE)).expect("written");
    for words in [&["db", "init"][..], &["db", "migrate"], &["db", "upgrade"]] {
        run(words);
    }
    let path = home.app().join("instance/app.db");
    Database::at(&path).tell(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {PARENTS}) \
         INSERT INTO parent (id, name) SELECT i, 'name ' || i FROM n; \
         INSERT INTO child (parent_id) SELECT id FROM parent UNION ALL SELECT id FROM parent;"
    ));
    std::fs::write(&file, text(&after())).expect("written");
    run(&["db", "migrate"]);
    let schema = |path: &std::path::Path| Database::at(path).schema();
    let first = schema(&path);
    let begun = Instant::now();
    run(&["db", "upgrade"]);
    let takes = begun.elapsed();
    let second = schema(&path);
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let journal = path.with_extension("db-journal");
    let (mut unfinished, mut inside) = (0, 0);
    for round in 0..rounds {
        let (word, target) = if round % 2 == 0 { ("downgrade", &first) } else { ("upgrade", &second) };
        let origin = if round % 2 == 0 { &second } else { &first };
        let mut command = home.command(&["db", word]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the binary starts");
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        std::thread::sleep(Duration::from_micros(seed % (takes.as_micros() as u64).max(1)));
        child.kill().expect("killed");
        child.wait().expect("gone");
        inside += usize::from(std::fs::metadata(&journal).is_ok_and(|about| about.len() > 0));
        let database = Database::at(&path);
        assert!(database.is_sound(), "round {round}");
        let now = schema(&path);
        assert!(&now == target || &now == origin, "round {round}: half of a migration");
        let count = database.rows("SELECT count(*) FROM refinery_schema_history");
        assert_eq!(count, [if now == second { "2" } else { "1" }], "round {round}");
        drop(database);
        if &now != target {
            unfinished += 1;
            run(&["db", word]);
        }
        assert!(&schema(&path) == target, "round {round}");
        let database = Database::at(&path);
        assert!(database.is_sound(), "round {round}");
        assert_eq!(
            database.rows("SELECT (SELECT count(*) FROM parent), (SELECT count(*) FROM child)"),
            [format!("{PARENTS}|{}", PARENTS * 2)],
        );
    }
    println!(
        "{rounds} kills within {takes:?}, {unfinished} of them before the end, {inside} while pages were written"
    );
}

#[test]
fn killed_a_few_times() {
    kill(4);
}

/// Takes a minute or two.
#[test]
#[ignore = "long: run it with --ignored"]
fn killed_a_hundred_times() {
    kill(std::env::var("KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(100));
}
