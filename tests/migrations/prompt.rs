//! Migrations at the prompt: told at the start, asked about, run.
//!
//! Owns one walk on a pseudo-terminal.

#![cfg(unix)]

use rexpect::session::PtySession;

use super::app;
use crate::harness::Home;

const BEFORE: &str = "class Pet(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    age = db.Column(db.Integer)\n";
const AFTER: &str = "class Pet(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    \
    years = db.Column(db.Integer)\n    mood = db.Column(db.Text, nullable=False)\n";

fn type_line(session: &mut PtySession, line: &str) {
    session.send(line).expect("typed");
    session.send("\r").expect("entered");
    session.flush().expect("sent");
}

/// An answer to a question, which is read as a plain line.
fn answer(session: &mut PtySession, line: &str) {
    session.send_line(line).expect("answered");
}

#[test]
fn a_change_of_the_models_from_the_prompt() {
    let home = Home::new();
    let file = home.app().join("app.py");
    let put = |models: &str| {
        let text = app(models).replace("'sqlite://'", "'sqlite:///app.db'");
        std::fs::write(&file, text).expect("written");
    };
    put(BEFORE);
    for words in [&["db", "init"][..], &["db", "migrate"], &["db", "upgrade"]] {
        assert_eq!(home.run(words, "").status, Some(0));
    }
    home.run(&["-c", "db.session.add_all([Pet(age=4), Pet(age=5)]); db.session.commit()"], "");
    put(AFTER);
    let mut command = home.command(&[]);
    command.env("TERM", "xterm");
    let mut session = rexpect::session::spawn_command(command, Some(10_000)).expect("the shell starts");
    session.exp_string("Models and database differ in 3 places: `db check` lists").expect("told");
    session.exp_string(">>> ").expect("a prompt");
    type_line(&mut session, "db migrate -m \"years and mood\"");
    session.exp_string("Was pet.age renamed to pet.years? [y/N]").expect("asked");
    answer(&mut session, "y");
    session
        .exp_string("pet.mood must not be NULL. What do the 2 rows get that have no value?")
        .expect("asked");
    answer(&mut session, "calm");
    session.exp_string("Generating migrations/V0002__years_and_mood.sql ...  done").expect("written");
    session.exp_string(">>> ").expect("a prompt");
    type_line(&mut session, "db upgrade");
    session.exp_string("Running upgrade 1 -> 2, years and mood").expect("run");
    session.exp_string(">>> ").expect("a prompt");
    type_line(&mut session, "[(p.years, p.mood) for p in Pet.query]");
    session.exp_string("[(4, 'calm'), (5, 'calm')]").expect("the rows");
    session.exp_string(">>> ").expect("a prompt");
    type_line(&mut session, "db downgrade 7");
    session.exp_string("Can't locate revision identified by '7'").expect("refused");
    session.exp_string(">>> ").expect("a prompt");
    session.send_control('d').expect("Ctrl-D");
    session.exp_eof().expect("the shell leaves");
}
