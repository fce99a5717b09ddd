//! The real binary on a real (pseudo-)terminal: typing, Tab, Ctrl-C, Ctrl-D, blocks, pasting.
//!
//! Owns a handful of cases; nearly everything else about the shell is tested without a terminal.

#![cfg(unix)]

use rexpect::session::PtySession;

use crate::harness::Home;

const PATIENCE: u64 = 10_000;

/// A shell over the built-in lesson, at its first prompt.
fn open_lesson(home: &Home) -> PtySession {
    open(home, &["lesson", "excuses"])
}

/// A shell over a file without models.
fn open_plain(home: &Home) -> PtySession {
    std::fs::write(home.app().join("app.py"), "greeting = 'hello'\n").expect("written");
    open(home, &["app.py"])
}

fn open(home: &Home, arguments: &[&str]) -> PtySession {
    let mut command = home.command(arguments);
    command.env("TERM", "xterm");
    let mut session = rexpect::session::spawn_command(command, Some(PATIENCE)).expect("the shell starts");
    session.exp_string("App: ").expect("a banner");
    session.exp_string(">>> ").expect("a prompt");
    session
}

fn type_line(session: &mut PtySession, line: &str) {
    session.send(line).expect("typed");
    session.send("\r").expect("entered");
    session.flush().expect("sent");
}

fn leave(mut session: PtySession) {
    session.send_control('d').expect("Ctrl-D");
    session.exp_eof().expect("the shell leaves");
}

#[test]
fn values_are_shown_and_ctrl_d_leaves() {
    let home = Home::new();
    let mut session = open_lesson(&home);
    type_line(&mut session, "Student.query.count() + 30");
    session.exp_string("\n40").expect("the value");
    session.exp_string(">>> ").expect("the next prompt");
    leave(session);
}

#[test]
fn an_empty_line_ends_a_block() {
    let home = Home::new();
    let mut session = open_plain(&home);
    type_line(&mut session, "for n in [1, 2]:");
    type_line(&mut session, "    print('item', n * 21)");
    type_line(&mut session, "");
    session.exp_string("item 21").expect("the first round");
    session.exp_string("item 42").expect("the second round");
    session.exp_string(">>> ").expect("the next prompt");
    leave(session);
}

#[test]
fn tab_completes_a_column() {
    let home = Home::new();
    let mut session = open_lesson(&home);
    session.send("Student.query.filter_by(fir\t'Amara').first()").expect("typed");
    type_line(&mut session, "");
    session.exp_string("<Student 1: Amara Nwosu>").expect("the row");
    session.exp_string(">>> ").expect("the next prompt");
    leave(session);
}

#[test]
fn ctrl_c_drops_the_line_and_stops_what_runs() {
    let home = Home::new();
    let mut session = open_plain(&home);
    session.send("print('never'").expect("typed");
    session.send_control('c').expect("Ctrl-C");
    session.exp_string("KeyboardInterrupt").expect("the line is dropped");
    session.exp_string(">>> ").expect("the next prompt");
    type_line(&mut session, "print('go'); exec('while True: pass')");
    session.exp_string("\ngo").expect("it runs");
    std::thread::sleep(std::time::Duration::from_millis(200));
    session.send_control('c').expect("Ctrl-C");
    session.exp_string("KeyboardInterrupt").expect("it is stopped");
    session.exp_string(">>> ").expect("the next prompt");
    type_line(&mut session, "6 * 7");
    session.exp_string("\n42").expect("the session goes on");
    session.exp_string(">>> ").expect("the next prompt");
    leave(session);
}

#[test]
fn a_pasted_session_runs() {
    let home = Home::new();
    let mut session = open_plain(&home);
    session
        .send("\x1b[200~>>> n = 5\n>>> for i in [n]:\n...     i * 20\n...\n100\n>>> n + 1\n6\n\x1b[201~")
        .expect("pasted");
    type_line(&mut session, "");
    session.exp_regex("\n100\r?\n").expect("the block");
    session.exp_regex("\n6\r?\n").expect("the last value");
    session.exp_string(">>> ").expect("the next prompt");
    leave(session);
}

#[test]
fn exit_leaves_with_a_status_and_history_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let mut session = open_plain(&home);
    type_line(&mut session, "exit");
    session.exp_eof().expect("the shell leaves");
    let history = home.app().join("../home/.local/state/retort/history");
    let mode = std::fs::metadata(&history).expect("a history is kept").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(std::fs::read_to_string(history).expect("it can be read").contains("exit"));
}
