//! Cases that may be pending: those that do not pass yet stand in one list, and the list is held to be true.
//!
//! Owns the list's meaning: a case that fails and is not listed fails the test, and so does a listed case that
//! passes. `UPDATE=1` takes passing cases off the list and never puts one on; `CASE=text` runs only the cases whose
//! name holds that text. Must not know how a case is run.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One case: its name in the list and what running it says, `Err` holding what went wrong.
pub struct Case {
    pub name: String,
    pub run: Box<dyn Fn() -> Result<(), String> + Send + Sync>,
}

/// The list of cases that do not pass yet.
const PENDING: &str = "tests/sessions/PENDING";

/// Runs every case and compares what fails with what is listed as pending under `prefix`.
pub fn check(prefix: &str, cases: Vec<Case>) {
    let only = std::env::var("CASE").ok();
    let wanted = |name: &str| only.as_ref().is_none_or(|text| name.contains(text.as_str()));
    let cases: Vec<Case> = cases.into_iter().filter(|case| wanted(&case.name)).collect();
    let failed = run_all(&cases);
    let listed = pending(prefix);
    let mut complaints = Vec::new();
    for (name, why) in &failed {
        if !listed.contains(name) {
            complaints.push(format!("--- {name}\n{why}"));
        }
    }
    let passed_yet_listed: Vec<&String> = listed
        .iter()
        .filter(|name| wanted(name) && !failed.iter().any(|(failed, _)| failed == *name))
        .collect();
    if !passed_yet_listed.is_empty() {
        if std::env::var_os("UPDATE").is_some() {
            take_off(&passed_yet_listed);
        } else {
            complaints.push(format!(
                "these pass, or are no more, and have to leave {PENDING} (UPDATE=1 does it):\n{}",
                passed_yet_listed.iter().map(|name| format!("  {name}\n")).collect::<String>()
            ));
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// The failures, in the order of the cases; the cases run side by side.
fn run_all(cases: &[Case]) -> Vec<(String, String)> {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(1, |count| count.get());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = (case.run)() {
                        failed.lock().expect("no worker panics with it").push((case.name.clone(), why));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().expect("the workers are done");
    failed.sort();
    failed
}

fn pending(prefix: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(super::project(PENDING)).unwrap_or_default();
    text.lines().filter(|line| line.starts_with(prefix)).map(str::to_string).collect()
}

/// Two tests share the list, so one rewrites it at a time.
fn take_off(names: &[&String]) {
    static LIST: Mutex<()> = Mutex::new(());
    let _one_at_a_time = LIST.lock().expect("no test panics with it");
    let path = super::project(PENDING);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let kept: String = text
        .lines()
        .filter(|line| !names.iter().any(|name| name.as_str() == *line))
        .map(|line| format!("{line}\n"))
        .collect();
    std::fs::write(&path, kept).expect("the list can be written");
}

/// The first place where two texts differ, with the lines around it.
pub fn first_difference(wanted: &str, got: &str) -> String {
    let (wanted, got): (Vec<&str>, Vec<&str>) = (wanted.lines().collect(), got.lines().collect());
    let same = wanted.iter().zip(&got).take_while(|(left, right)| left == right).count();
    // From the statement that the difference belongs to.
    let typed = wanted.iter().take(same + 1).rposition(|line| line.starts_with(">>> ")).unwrap_or(0);
    let show = |lines: &[&str]| {
        let lines = lines.iter().skip(typed).take(same - typed.min(same) + 6);
        lines.map(|line| format!("  {line}\n")).collect::<String>()
    };
    format!("line {}, wanted:\n{}got:\n{}", same + 1, show(&wanted), show(&got))
}
