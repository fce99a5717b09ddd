//! The built-in lessons: their guided sessions and their scripts, against what the real thing answered.
//!
//! Owns nothing but the way to the fixtures. A script's expected output stands beside it in `script.out`, written by
//! the real thing over the lesson's sample data.

use retort::project::target::LESSONS;

use crate::harness::cases::{Case, check, first_difference};
use crate::harness::{Home, project};

#[test]
fn guided_sessions_are_answered_alike() {
    let guided = |lesson: &&str| {
        let file = project("fixtures").join(lesson).join("guided.pycon");
        crate::sessions::case(format!("fixtures/{lesson}/guided"), file)
    };
    check("fixtures/", LESSONS.iter().map(guided).chain(LESSONS.iter().map(script)).collect());
}

/// `retort lesson NAME < script.py` prints what the script printed when it was recorded.
fn script(lesson: &&'static str) -> Case {
    let lesson = *lesson;
    let run = move || {
        let folder = project("fixtures").join(lesson);
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string());
        let (script, wanted) = (read("script.py")?, read("script.out")?);
        let done = Home::new().run(&["lesson", lesson], &script);
        match (done.stdout == wanted, done.status) {
            (true, Some(0)) => Ok(()),
            (true, status) => Err(format!("exit {status:?}: {}", done.stderr)),
            (false, _) => Err(format!("{}{}", done.stderr, first_difference(&wanted, &done.stdout))),
        }
    };
    Case { name: format!("fixtures/{lesson}/script"), run: Box::new(run) }
}

#[test]
fn every_lesson_has_its_files() {
    for lesson in LESSONS {
        for file in [
            format!("fixtures/{lesson}/app.py"),
            format!("fixtures/{lesson}/guided.pycon"),
            format!("fixtures/{lesson}/script.py"),
            format!("fixtures/{lesson}/script.out"),
            format!("migrations/{lesson}/V0001__create_tables.sql"),
            format!("migrations/{lesson}/V0002__sample_data.sql"),
        ] {
            assert!(project(&file).is_file(), "{file} is missing");
        }
    }
}

#[test]
fn a_lesson_is_an_app_that_can_be_imported() {
    for (lesson, model, rows) in [
        ("excuses", "Student", 10),
        ("raccoons", "Raccoon", 9),
        ("tasks", "User", 6),
        ("hello_books", "Book", 26),
        ("library", "Member", 8),
    ] {
        let code = format!(
            "from app import db, {model}\nfrom app import *\nimport app as module\n{model}.query.count(), module.app\n"
        );
        let done = Home::new().run(&["lesson", lesson], &code);
        assert_eq!(
            (done.stdout.as_str(), done.stderr.as_str()),
            (format!("({rows}, <Flask 'app'>)\n").as_str(), ""),
            "{lesson}"
        );
    }
}

#[test]
fn nothing_at_all_opens_the_first_lesson_and_leaves_nothing() {
    let home = Home::new();
    let done = home.run(&[], "db.session.add(Student(first_name='A', last_name='B'))\ndb.session.commit()\nStudent.query.count()\n");
    assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("11\n", ""));
    assert_eq!(home.run(&["lesson"], "Student.query.count()").stdout, "10\n");
    assert_eq!(std::fs::read_dir(home.app()).expect("a folder").count(), 0);
    assert_eq!(std::fs::read_dir(home.app().join("../tmp")).expect("a folder").count(), 0);
    let done = home.run(&["lesson", "racoons"], "");
    assert_eq!((done.status, done.stdout.as_str()), (Some(2), ""));
    assert!(done.stderr.contains("did you mean 'raccoons'?"), "{}", done.stderr);
}
