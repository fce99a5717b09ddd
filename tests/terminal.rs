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

/// The prompt after what was just entered: pasting is switched off while an input runs.
fn next_prompt(session: &mut PtySession) {
    session.exp_string("\x1b[?2004l").expect("the input is taken");
    session.exp_string(">>> ").expect("the next prompt");
}

fn type_keys(session: &mut PtySession, keys: &str) {
    session.send(keys).expect("typed");
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

#[test]
fn up_finds_the_earlier_input_that_begins_alike() {
    let home = Home::new();
    let mut session = open_plain(&home);
    for line in ["first = 40", "other = 1", "first + 2"] {
        type_line(&mut session, line);
        next_prompt(&mut session);
    }
    type_keys(&mut session, "fir\x1b[A\x1b[A\r");
    next_prompt(&mut session);
    type_keys(&mut session, "first\r");
    session.exp_regex("\n40\r?\n").expect("the assignment ran again");
    session.exp_string(">>> ").expect("the next prompt");
    leave(session);
}

#[test]
fn a_block_indents_itself() {
    let home = Home::new();
    let mut session = open_plain(&home);
    type_keys(&mut session, "for n in [5, 6]:\rif n > 5:\rprint('deep', n)\r\r");
    session.exp_regex("\ndeep 6\r?\n").expect("the nested line");
    session.exp_string(">>> ").expect("the next prompt");
    leave(session);
}

#[test]
fn the_editor_gets_the_buffer_and_runs_what_comes_back() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let script = home.app().join("editor.sh");
    std::fs::write(&script, "#!/bin/sh\necho 'print(6 * 111)' >> \"$1\"\n").expect("written");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).expect("runnable");
    std::fs::write(home.app().join("app.py"), "greeting = 'hello'\n").expect("written");
    let mut command = home.command(&["app.py"]);
    command.env("TERM", "xterm").env("VISUAL", &script);
    let mut session = rexpect::session::spawn_command(command, Some(PATIENCE)).expect("the shell starts");
    session.exp_string(">>> ").expect("a prompt");
    type_keys(&mut session, "print(greeting)\x18\x05");
    session.exp_regex("\nhello\r?\n").expect("what was typed");
    session.exp_string("666\r\n").expect("what the editor added");
    session.exp_string(">>> ").expect("the next prompt");
    leave(session);
}

#[test]
fn leaving_with_work_that_is_not_committed_asks_first() {
    let home = Home::new();
    let mut session = open_lesson(&home);
    type_line(&mut session, "amara = Student.query.first()");
    session.exp_string(">>> ").expect("the next prompt");
    type_line(&mut session, "amara.grade = 12");
    session.exp_string("*>>> ").expect("a mark");
    session.send_control('d').expect("Ctrl-D");
    session.exp_string("1 uncommitted change.  [c]ommit  [d]iscard  [Enter] stay: ").expect("a question");
    type_line(&mut session, "");
    session.exp_string("*>>> ").expect("the session goes on");
    session.send_control('d').expect("Ctrl-D");
    session.exp_string("stay: ").expect("a question");
    type_line(&mut session, "c");
    session.exp_eof().expect("the shell leaves");
}

#[test]
fn a_second_tab_offers_the_values_of_a_column() {
    let home = Home::new();
    let mut session = open_lesson(&home);
    type_keys(&mut session, "Student.query.filter_by(first_name='Ama\t\t').first()");
    type_line(&mut session, "");
    session.exp_string("<Student 1: Amara Nwosu>").expect("the row");
    session.exp_string(">>> ").expect("the next prompt");
    leave(session);
}

#[test]
fn a_change_of_every_row_is_asked_about() {
    let home = Home::new();
    let mut session = open_lesson(&home);
    type_line(&mut session, "Excuse.query.delete()");
    session.exp_string("every row of excuses goes.  Go on? [y/N] ").expect("a question");
    type_line(&mut session, "n");
    session.exp_string("KeyboardInterrupt").expect("it is not done");
    session.exp_string(">>> ").expect("the next prompt");
    type_line(&mut session, "Excuse.query.count() > 0");
    session.exp_string("\nTrue").expect("the rows are there");
    session.exp_string(">>> ").expect("the next prompt");
    leave(session);
}

#[test]
fn what_takes_long_shows_that_it_goes_on() {
    let home = Home::new();
    let mut session = open_plain(&home);
    type_line(&mut session, "exec('while True: pass')");
    session.exp_string("1 s  (Ctrl-C stops it)").expect("a sign of life");
    session.send_control('c').expect("Ctrl-C");
    session.exp_string("KeyboardInterrupt").expect("it is stopped");
    session.exp_string(">>> ").expect("the next prompt");
    leave(session);
}

#[test]
fn a_changed_app_is_read_anew() {
    let home = Home::new();
    let mut session = open_plain(&home);
    type_line(&mut session, "mine = [1, 2]");
    session.exp_string(">>> ").expect("the next prompt");
    std::fs::write(home.app().join("app.py"), "greeting = 'good day'\n").expect("written");
    type_line(&mut session, "1");
    session.exp_string("app.py changed: %reload reads the app anew").expect("it is told");
    type_line(&mut session, "%reload");
    session.exp_string("read anew").expect("it is read");
    type_line(&mut session, "greeting, mine");
    session.exp_string("('good day', [1, 2])").expect("the new app, and the session's own names");
    session.exp_string(">>> ").expect("the next prompt");
    leave(session);
}

#[test]
fn the_configuration_is_read_and_its_faults_are_named() {
    let home = Home::new();
    std::fs::write(home.app().join("app.py"), "greeting = 'hello'\n").expect("written");
    let config = home.app().join("config/retort");
    std::fs::create_dir_all(&config).expect("made");
    std::fs::write(config.join("config.toml"), "editing = 'vi'\nfotter = false\n").expect("written");
    let mut command = home.command(&["app.py"]);
    command
        .env("TERM", "xterm")
        .env("XDG_CONFIG_HOME", home.app().join("config").canonicalize().expect("there"));
    let mut session = rexpect::session::spawn_command(command, Some(PATIENCE)).expect("the shell starts");
    session.exp_string("there is no setting fotter").expect("the fault");
    session.exp_string("did you mean footer?").expect("the hint");
    session.exp_eof().expect("nothing is opened");
}

#[test]
fn a_plain_terminal_takes_a_block_line_by_line() {
    let home = Home::new();
    std::fs::write(home.app().join("app.py"), "greeting = 'hello'\n").expect("written");
    let mut command = home.command(&["app.py"]);
    command.env("TERM", "dumb");
    let mut session = rexpect::session::spawn_command(command, Some(PATIENCE)).expect("the shell starts");
    session.exp_string(">>> ").expect("a prompt");
    type_line(&mut session, "for n in [4, 5]:");
    session.exp_string("... ").expect("more is asked for");
    type_line(&mut session, "    n * 11");
    session.exp_string("... ").expect("more is asked for");
    type_line(&mut session, "");
    session.exp_regex("44\r?\n55\r?\n").expect("both rounds");
    session.exp_string(">>> ").expect("the next prompt");
    leave(session);
}

#[test]
fn a_pasted_lesson_goes_on_after_the_errors_that_it_shows() {
    let home = Home::new();
    let mut session = open_plain(&home);
    session
        .send("\x1b[200~>>> 1 / 0\nTraceback (most recent call last):\n    ...\nZeroDivisionError: division by zero\n>>> 40 + 2\n42\n\x1b[201~")
        .expect("pasted");
    type_line(&mut session, "");
    session.exp_string("ZeroDivisionError: division by zero").expect("the error");
    session.exp_regex("\n42\r?\n").expect("what follows it");
    session.exp_string(">>> ").expect("the next prompt");
    leave(session);
}

#[test]
fn input_reads_a_line_of_the_terminal() {
    let home = Home::new();
    let mut session = open_plain(&home);
    type_line(&mut session, "name = input('name? ')");
    session.exp_string("\nname? ").expect("the question");
    type_line(&mut session, "Bob");
    session.exp_string(">>> ").expect("the next prompt");
    type_line(&mut session, "name");
    session.exp_string("\n'Bob'").expect("without its end");
    session.exp_string(">>> ").expect("the next prompt");
    leave(session);
}
