//! The notice about N+1, over sessions that were labelled by hand.
//!
//! Owns reading `labels.txt` and comparing what the shell says. Must not know how the shell tells.

use retort::project::Project;
use retort::project::target::AppRef;
use retort::shell::{Screen, Shell};

use crate::harness::project;

struct Labelled {
    /// The relation that the notice must name; None where there must be no notice.
    relation: Option<String>,
    inputs: Vec<String>,
}

fn labelled() -> Vec<Labelled> {
    let text = include_str!("n_plus_one/labels.txt");
    let blocks = text.split("\n\n").filter(|block| block.starts_with("yes ") || block.starts_with("no"));
    let read = |block: &str| {
        let (label, inputs) = block.split_once('\n').expect("a label is followed by inputs");
        Labelled {
            relation: label.strip_prefix("yes ").map(str::to_string),
            inputs: inputs.lines().map(str::to_string).collect(),
        }
    };
    blocks.map(read).collect()
}

/// What the shell names after the inputs.
fn named(inputs: &[String]) -> (Vec<String>, String) {
    let screen = Screen::buffer();
    let app = AppRef { root: project("tests/n_plus_one"), module: "app".to_string(), attribute: None };
    let loaded =
        Project::load(&app, Box::new(screen.clone())).unwrap_or_else(|_| panic!("the app does not load"));
    let mut shell = Shell::new(loaded, screen.clone());
    for input in inputs {
        let output = shell.feed(input);
        screen.show(&output.text);
    }
    let relations = shell.repeated.iter().filter(|repeated| repeated.is_relation);
    let subjects = relations.map(|repeated| repeated.subject.split(' ').next().unwrap_or("").to_string());
    (subjects.collect(), screen.take())
}

#[test]
fn the_notice_agrees_with_every_label() {
    let all = labelled();
    assert!(all.len() >= 60, "the set has {} sessions", all.len());
    let mut wrong = String::new();
    for session in &all {
        let (found, shown) = named(&session.inputs);
        let right = match &session.relation {
            Some(relation) => found.contains(relation),
            None => found.is_empty(),
        };
        if !right {
            wrong.push_str(&format!(
                "{}\n  wanted {:?}, got {found:?}\n{shown}\n",
                session.inputs.join("\n"),
                session.relation
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
