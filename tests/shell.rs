//! The shell without a terminal: what is fed, and everything that comes back.
//!
//! Owns snapshots of what Retort adds to the real thing: previews, footers, hints, commands, completion.

use retort::project::Project;
use retort::project::target::AppRef;
use retort::shell::{Screen, Shell};

use crate::harness::{copy_app, project};

/// A shell over a lesson's app, with an empty database in a folder of its own.
struct Session {
    shell: Shell,
    screen: Screen,
    _folder: tempfile::TempDir,
}

impl Session {
    fn over(lesson: &str) -> Session {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        copy_app(&project("fixtures").join(lesson), folder.path());
        let screen = Screen::buffer();
        let app = AppRef { root: folder.path().to_path_buf(), module: "app".to_string(), attribute: None };
        let project = Project::load(&app, Box::new(screen.clone()))
            .unwrap_or_else(|_| panic!("{lesson} does not load"));
        Session { shell: Shell::new(project, screen.clone()), screen, _folder: folder }
    }

    /// The lesson with three students and a few excuses.
    fn school() -> Session {
        let mut session = Session::over("excuses");
        for line in [
            "db.create_all()",
            "from datetime import date",
            "for n in 'Ada', 'Ben', 'Cleo': db.session.add(Student(first_name=n, last_name='Quist'))\n",
            "for n in range(7): db.session.add(Excuse(text=f'excuse {n}', given_on=date(2026, 9, n + 1), student_id=n % 3 + 1))\n",
            "db.session.commit()",
        ] {
            session.feed(line);
        }
        assert_eq!(session.screen.take(), "");
        session
    }

    fn feed(&mut self, input: &str) -> String {
        let output = self.shell.feed(input);
        self.screen.show(&output.text);
        steady(&self.screen.take())
    }

    /// What a terminal would show of these inputs.
    fn play(&mut self, inputs: &[&str]) -> String {
        let mut shown = String::new();
        for input in inputs {
            for (number, line) in input.lines().enumerate() {
                shown.push_str(if number == 0 { ">>> " } else { "... " });
                shown.push_str(line);
                shown.push('\n');
            }
            shown.push_str(&self.feed(input));
        }
        shown
    }

    /// The suggestions at `|`.
    fn completions(&mut self, line: &str) -> String {
        let (before, _) = line.split_once('|').expect("a cursor");
        let (length, items) = self.shell.complete(before, true);
        let items: Vec<String> = items
            .iter()
            .map(|item| format!("{} {}", item.text, item.detail).trim_end().to_string())
            .collect();
        format!("{line}   replaces {length}\n  {}\n", items.join(", "))
    }
}

/// Durations blanked.
fn steady(text: &str) -> String {
    let steady = |line: &str| match line.split_once(" · ") {
        Some((before, after)) => {
            let rest = after.find(" ms").map_or("", |at| &after[at + 3..]);
            format!("{before} · T{rest}")
        }
        None => line.to_string(),
    };
    text.lines().map(|line| steady(line) + "\n").collect()
}

#[test]
fn values_previews_and_footers() {
    let shown = Session::school().play(&[
        "1 + 1",
        "Student.query.filter_by(first_name='Ada')",
        "Student.query.all()",
        "_",
        "Student.query.first().excuses",
        "%preview off",
        "Student.query",
        "%timing off",
        "Student.query.count()",
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn loading_one_by_one_is_noticed() {
    let shown = Session::school().play(&["for e in Excuse.query:\n    e.student.first_name\n\n"]);
    insta::assert_snapshot!(shown);
}

#[test]
fn errors_name_the_next_step() {
    let shown = Session::school().play(&[
        "Studnt",
        "Student.query.first().excuse",
        "Student(frist_name='x')",
        "db.session.add(Student(last_name='x')); db.session.commit()",
        "Student.query.all()",
        "db.session.rollback()",
        "1 +",
        "def f(x):\n    return x.upper()\n\n",
        "f(3)",
        "%tb",
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn commands_look_at_models_and_tables() {
    let shown = Session::school().play(&[
        "Student?",
        "Excuse?",
        "\\dt",
        "\\d excuses",
        ".schema students",
        "%models",
        "%erd",
        "\\d student",
        "%nonsense",
        "%echos",
        "!ls",
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn sql_runs_at_the_prompt() {
    let shown = Session::school().play(&[
        "SELECT id, first_name FROM students;",
        "%mode json",
        "SELECT id, first_name FROM students WHERE id < 3;",
        "%sql UPDATE students SET grade = 12 WHERE id = 1",
        "Student.query.get(1).grade",
        "SELECT nothing FROM students;",
        "%explain Excuse.query.filter_by(student_id=1)",
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn the_session_reads_like_a_diff() {
    let shown = Session::school().play(&[
        "%session",
        "ada = Student.query.first()",
        "ada.grade = 12",
        "db.session.add(Student(first_name='Dan', last_name='Roe'))",
        "%session",
        "%who",
        "%history 2",
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn a_pasted_session_is_taken_apart() {
    let shown =
        Session::school().play(&[">>> x = 2\n>>> x * 4\n8\n>>> for n in range(x):\n...     n\n...\n0\n1\n"]);
    insta::assert_snapshot!(shown);
}

#[test]
fn completion_knows_the_models() {
    let mut session = Session::school();
    session.feed("ada = Student.query.first()");
    let shown: String = [
        "Student.query.filter_by(|",
        "Student.query.filter_by(fir|",
        "Student(grade=9, la|",
        "Student.query.first().|",
        "Student.query.filter_by(grade=9).or|",
        "ada.ex|",
        "ada.excuses.fi|",
        "ada.excuses[0].student.|",
        "Student.first_name.li|",
        "db.session.co|",
        "db.ForeignKey('|",
        "Stu|",
        "from sqlalchemy.orm import joined|",
        "%ec|",
        "\\d ex|",
    ]
    .iter()
    .map(|line| session.completions(line))
    .collect();
    insta::assert_snapshot!(shown);
    // Nothing of that ran a statement.
    assert_eq!(session.shell.watch.cost().statements(), 1);
}

#[test]
fn leaving() {
    let mut session = Session::over("excuses");
    assert_eq!(session.shell.feed("exit").leave, Some(0));
    assert_eq!(session.shell.feed("exit()").leave, Some(0));
    assert_eq!(session.shell.feed("exit(3)").leave, Some(3));
    assert_eq!(session.shell.feed("\\q").leave, Some(0));
    assert_eq!(session.shell.feed("quit = 1").leave, None);
    assert_eq!(session.shell.feed("quit").leave, None);
}

#[test]
fn every_command_runs_its_example() {
    use retort::shell::commands::COMMANDS;
    for command in COMMANDS {
        // Leaving, and what needs files or an editor, has tests of its own.
        if ["exit", "%run", "%save", "%edit"].contains(&command.name) {
            continue;
        }
        let shown = Session::school().feed(command.example);
        assert!(!shown.is_empty(), "{} says nothing", command.example);
        for trouble in ["Traceback", "Error", "no command", "internal"] {
            assert!(!shown.contains(trouble), "{}: {shown}", command.example);
        }
    }
}
