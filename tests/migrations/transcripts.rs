//! Each lesson as a new user would go through it: from `db init` over two changes of the models to `db downgrade base`.
//!
//! Owns the form of a transcript: commands with their answers, edits of the app between them. `UPDATE=1` writes the
//! answers anew; read them before you keep them.

use std::fmt::Write;
use std::path::Path;

use retort::project::target::LESSONS;

use super::Database;
use crate::harness::cases::first_difference;
use crate::harness::{Home, project};

/// Goes through a transcript and answers with what it should read.
fn replay(lesson: &str, text: &str) -> String {
    let home = Home::new();
    let app = home.app().join("app.py");
    let fixture = project("fixtures").join(lesson).join("app.py");
    std::fs::copy(fixture, &app).expect("the lesson's app is copied");
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(command) = line.strip_prefix("$ retort ") {
            let words = words(command);
            let done = home.run(&words.iter().map(String::as_str).collect::<Vec<_>>(), "");
            writeln!(out, "{line}").expect("text grows");
            out.push_str(&dateless(&done.stdout));
            for said in dateless(&done.stderr).lines() {
                writeln!(out, "! {said}").expect("text grows");
            }
            if done.status != Some(0) {
                writeln!(out, "! exit {}", done.status.unwrap_or(-1)).expect("text grows");
            }
        } else if line == "@ sample data" {
            writeln!(out, "{line}").expect("text grows");
            sample(lesson, &home.app().join("instance").join(format!("{lesson}.db")));
        } else if line == "@ edit" {
            writeln!(out, "{line}").expect("text grows");
            let (mut old, mut new) = (String::new(), String::new());
            while let Some(part) = lines.next_if(|next| next.starts_with(['-', '+'])) {
                writeln!(out, "{part}").expect("text grows");
                let side = if part.starts_with('-') { &mut old } else { &mut new };
                writeln!(side, "{}", &part[1..]).expect("text grows");
            }
            let before = std::fs::read_to_string(&app).expect("the app can be read");
            assert!(before.contains(&old), "{lesson}: {old} is not in the app");
            std::fs::write(&app, before.replacen(&old, &new, 1)).expect("the app can be written");
        }
    }
    out
}

/// Words as a shell splits them, as far as transcripts need it.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, part) in command.split('"').enumerate() {
        if place % 2 == 1 {
            words.push(part.to_string());
        } else {
            words.extend(part.split_whitespace().map(str::to_string));
        }
    }
    words
}

/// The day on which a transcript is replayed is not part of it.
fn dateless(text: &str) -> String {
    let mut out = String::new();
    let chars: Vec<char> = text.chars().collect();
    let shape = |at: usize, shape: &str| {
        shape.chars().enumerate().all(|(offset, wanted)| {
            chars
                .get(at + offset)
                .is_some_and(|c| if wanted == '0' { c.is_ascii_digit() } else { *c == wanted })
        })
    };
    let mut at = 0;
    while at < chars.len() {
        if shape(at, "2000-00-00 00:00 UTC") {
            out.push_str("DATE");
            at += 20;
        } else if shape(at, "2000-00-00") && !(at > 0 && chars[at - 1] == '\'') {
            out.push_str("DAY");
            at += 10;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

fn sample(lesson: &str, database: &Path) {
    let file = project("migrations").join(lesson).join("V0002__sample_data.sql");
    Database::at(database).tell(&std::fs::read_to_string(file).expect("the lesson has data"));
}

#[test]
fn every_lesson_from_init_to_base() {
    for lesson in LESSONS {
        let path = project("tests/migrations/lessons").join(format!("{lesson}.txt"));
        let wanted = std::fs::read_to_string(&path).expect("the lesson has a transcript");
        let got = replay(lesson, &wanted);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, got).expect("the transcript can be written");
        } else {
            assert!(got == wanted, "{lesson}:\n{}", first_difference(&wanted, &got));
        }
    }
}
