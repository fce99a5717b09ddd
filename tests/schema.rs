//! `retort schema` in all its forms, over a lesson's app and over a database.
//!
//! Owns the snapshots of the command's output; each form's own test stands beside its drawing.

use crate::harness::{Home, project};

fn with_library() -> Home {
    let home = Home::new();
    std::fs::copy(project("fixtures/library/app.py"), home.app().join("app.py")).expect("copied");
    home
}

fn schema(home: &Home, arguments: &[&str]) -> String {
    let done = home.run(arguments, "");
    assert_eq!((done.stderr.as_str(), done.status), ("", Some(0)));
    done.stdout.replace(&home.app().canonicalize().expect("a folder").display().to_string(), "FOLDER")
}

#[test]
fn of_an_app() {
    let home = with_library();
    for form in ["outline", "sql", "json", "models", "mermaid", "dot", "svg"] {
        let flag = format!("--{form}");
        let arguments = if form == "outline" { vec!["schema"] } else { vec!["app.py", "schema", &flag] };
        insta::assert_snapshot!(form, schema(&home, &arguments));
    }
}

#[test]
fn written_models_describe_the_same_tables() {
    let home = with_library();
    let models = schema(&home, &["schema", "--models"]).replace("FOLDER", &home.app().display().to_string());
    let tables = |target: &str| {
        let text = schema(&home, &[target, "schema", "--json"]);
        let json: serde_json::Value = serde_json::from_str(&text).expect("good JSON");
        json["tables"].clone()
    };
    let before = tables("app.py");
    std::fs::write(home.app().join("again.py"), models).expect("written");
    let after = tables("again.py");
    let names = |tables: &serde_json::Value| -> Vec<String> {
        let mut names: Vec<String> = tables
            .as_array()
            .expect("a list")
            .iter()
            .map(|table| format!("{}{}", table["name"], table["columns"]))
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&before), names(&after));
}

#[test]
fn of_a_database() {
    let home = with_library();
    let create = "CREATE TABLE cats (id INTEGER PRIMARY KEY, name TEXT /* of the cat */)";
    let code = format!("db.session.execute(db.text('{create}')); db.session.commit()");
    let done = home.run(&["app.py", "--db", "cats.db", "-c", &code], "");
    assert_eq!(done.status, Some(0), "{}", done.stderr);
    assert_eq!(schema(&home, &["cats.db", "schema", "--sql"]), format!("{create};\n"));
    assert!(schema(&home, &["cats.db", "schema", "--models"]).contains("class Cat(db.Model):\n"));
    assert!(schema(&home, &["cats.db", "schema"]).starts_with("cats (Cat)\n  id    INTEGER  primary key\n"));
}

#[test]
fn two_forms_are_bad_usage() {
    let done = with_library().run(&["schema", "--sql", "--json"], "");
    assert_eq!((done.stdout.as_str(), done.status), ("", Some(2)));
}
