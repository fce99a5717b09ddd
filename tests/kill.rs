//! A process killed in the midst of its commits leaves a whole database.
//!
//! Owns the loop of commits, the kills at random moments and what must hold after each. Takes a minute, so it runs on
//! demand: `cargo test --test main -- --ignored killed`.

#![expect(clippy::print_stderr, reason = "says what was tried, to whoever asked for a long run")]

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use crate::harness::Home;

const APP: &str = r#"from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///kill.db"
db = SQLAlchemy(app)


class Batch(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    total = db.Column(db.Integer, nullable=False)
    parts = db.relationship("Part", back_populates="batch", cascade="all, delete-orphan")


class Part(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    weight = db.Column(db.Integer, nullable=False)
    text = db.Column(db.String)
    batch_id = db.Column(db.ForeignKey("batch.id"), nullable=False)
    batch = db.relationship("Batch", back_populates="parts")


class Counter(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    batches = db.Column(db.Integer, nullable=False)
"#;

/// Each transaction writes a batch with its parts (enough of them to spill pages), sometimes takes an old batch
/// away, and counts.
const LOOP: &str = r#"
db.create_all()
if db.session.get(Counter, 1) is None:
    db.session.add(Counter(id=1, batches=0))
    db.session.commit()
number = 0
while True:
    number += 1
    counter = db.session.get(Counter, 1)
    parts = [Part(weight=number % 7 + at, text="x" * 900) for at in range(20)]
    db.session.add(Batch(total=sum(part.weight for part in parts), parts=parts))
    counter.batches += 1
    if number % 3 == 0:
        db.session.delete(Batch.query.order_by(Batch.id).first())
        counter.batches -= 1
    db.session.commit()
"#;

const CHECK: &str = r#"
print(db.session.execute(db.text("PRAGMA integrity_check")).scalars().all())
weights = {batch.id: sum(part.weight for part in batch.parts) for batch in Batch.query}
counts = {len(batch.parts) for batch in Batch.query}
counter = db.session.get(Counter, 1)
print(counts <= {20}, all(weights[batch.id] == batch.total for batch in Batch.query))
print(Batch.query.count() == (counter.batches if counter else 0), Part.query.count() == 20 * Batch.query.count())
print("batches", Batch.query.count(), db.session.query(db.func.max(Batch.id)).scalar() or 0)
"#;

#[test]
#[ignore = "takes a minute: 200 kills"]
fn a_database_is_whole_after_each_of_200_kills() {
    let home = Home::new();
    std::fs::write(home.app().join("app.py"), APP).expect("the app can be written");
    std::fs::write(home.app().join("loop.py"), LOOP).expect("the loop can be written");
    let database = home.app().join("instance/kill.db");
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let (mut moved, mut journals, mut last) = (0, 0, 0);
    for round in 0..200 {
        let before = changed(&database);
        let script = std::fs::File::open(home.app().join("loop.py")).expect("the loop is there");
        let mut command = home.command(&["app.py"]);
        command.stdin(Stdio::from(script)).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the binary starts");
        // The commits have begun when the file changes.
        let limit = Instant::now() + Duration::from_secs(30);
        while changed(&database) == before && Instant::now() < limit {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(chance.below(60_000)));
        child.kill().expect("it runs for ever");
        child.wait().expect("a stopped child can be waited for");
        journals += usize::from(home.app().join("instance/kill.db-journal").exists());
        if round % 4 != 3 {
            // The next writer recovers from what this one left.
            continue;
        }
        let done = home.run(&["app.py", "-c", CHECK], "");
        assert_eq!(done.status, Some(0), "round {round}: {}", done.stderr);
        let said = format!("round {round}: {}", done.stdout);
        let mut lines = done.stdout.lines();
        assert_eq!(lines.next(), Some("['ok']"), "{said}");
        assert_eq!(lines.next(), Some("True True"), "{said}");
        assert_eq!(lines.next(), Some("True True"), "{said}");
        let highest =
            lines.next().and_then(|line| line.rsplit(' ').next()?.parse::<usize>().ok()).unwrap_or(0);
        moved += usize::from(highest > last);
        last = highest;
    }
    eprintln!(
        "200 kills, {journals} left a journal behind; {moved} of 50 looks saw progress; last batch {last}"
    );
    assert!(moved > 10, "the loop hardly ran");
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|data| data.modified()).ok()
}

/// A small generator of random numbers, the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
