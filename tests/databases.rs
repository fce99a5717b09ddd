//! Any database as models, the options that choose and guard one, and bad files in its place.
//!
//! Owns the databases that it makes. Each case is the real binary over a private folder.

use std::path::Path;

use retort::engine::{DbapiConnection, OpenOptions};

use crate::harness::{Done, Home};

const APP: &str = "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\n\
    app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:///x.db'\ndb = SQLAlchemy(app)\n\n\n\
    class Thing(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    name = db.Column(db.String(20))\n";

/// Makes a database from a script of statements.
fn make(path: &Path, script: &str) {
    let options = OpenOptions { path: Some(path.to_path_buf()), ..OpenOptions::default() };
    let connection = DbapiConnection::open(&options).expect("a new file");
    connection.run_script(script).expect("good statements");
    connection.close();
}

fn with_database(script: &str) -> Home {
    let home = Home::new();
    make(&home.app().join("d.db"), script);
    home
}

fn with_app() -> Home {
    let home = Home::new();
    std::fs::write(home.app().join("app.py"), APP).expect("written");
    home
}

/// What a line of code prints over `d.db`.
fn answer(home: &Home, code: &str) -> String {
    let done = home.run(&["d.db", "-c", code], "");
    assert_eq!((done.stderr.as_str(), done.status), ("", Some(0)), "{code}");
    done.stdout
}

fn complains(done: &Done, status: i32, parts: &[&str]) {
    assert_eq!(done.status, Some(status), "{}", done.stderr);
    assert_eq!(done.stdout, "");
    for part in parts {
        assert!(done.stderr.contains(part), "{part:?} is not in:\n{}", done.stderr);
    }
    assert!(!done.stderr.contains("panicked") && !done.stderr.contains("internal error"), "{}", done.stderr);
}

#[test]
fn tables_become_models_that_can_be_walked() {
    let home = with_database(
        "CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT);
         CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, author_id INT REFERENCES authors, editor_id INT REFERENCES authors(id));
         CREATE TABLE tags (id INTEGER PRIMARY KEY, label TEXT);
         CREATE TABLE post_tags (post_id INT REFERENCES posts(id), tag_id INT REFERENCES tags(id), PRIMARY KEY (post_id, tag_id));
         CREATE TABLE passport (id INTEGER PRIMARY KEY, author_id INT UNIQUE REFERENCES authors(id));
         CREATE TABLE categories (id INTEGER PRIMARY KEY, parent_id INT REFERENCES categories(id));
         INSERT INTO authors VALUES (1, 'Ann'), (2, 'Bob');
         INSERT INTO posts VALUES (1, 'One', 1, 2), (2, 'Two', 1, 1);
         INSERT INTO tags VALUES (1, 'red'), (2, 'blue');
         INSERT INTO post_tags VALUES (1, 1), (1, 2);
         INSERT INTO passport VALUES (7, 2);
         INSERT INTO categories VALUES (1, NULL), (2, 1);",
    );
    assert_eq!(answer(&home, "Author.query.first().author_posts"), "[<Post 1>, <Post 2>]\n");
    assert_eq!(answer(&home, "Post.query.first().editor.name"), "'Bob'\n");
    assert_eq!(answer(&home, "[t.label for t in Post.query.first().tags]"), "['red', 'blue']\n");
    assert_eq!(answer(&home, "Tag.query.first().posts"), "[<Post 1>]\n");
    assert_eq!(answer(&home, "db.session.get(Author, 2).passport"), "<Passport 7>\n");
    assert_eq!(answer(&home, "Category.query.first().children[0].parent"), "<Category 1>\n");
}

#[test]
fn odd_names_and_shapes_are_readable() {
    let home = with_database(
        "CREATE TABLE \"order items\" (\"item id\" INTEGER PRIMARY KEY, class TEXT, metadata TEXT, \"2nd\" INT, db INT, \"a\"\"b\" INT);
         INSERT INTO \"order items\" VALUES (1, 'c', 'm', 2, 3, 4);
         CREATE TABLE \"class\" (id INTEGER PRIMARY KEY, \"order items\" INT REFERENCES \"order items\"(\"item id\"));
         CREATE TABLE \"1st\" (id INTEGER PRIMARY KEY);
         CREATE TABLE nokey (a INT, rowid TEXT);
         INSERT INTO nokey VALUES (5, 'x');
         CREATE TABLE enrol (student INT, course INT, PRIMARY KEY (student, course)) WITHOUT ROWID;
         INSERT INTO enrol VALUES (1, 2);
         CREATE TABLE mark (id INTEGER PRIMARY KEY, student INT, course INT, FOREIGN KEY (student, course) REFERENCES enrol);
         INSERT INTO mark VALUES (1, 1, 2);
         CREATE TABLE gen (id INTEGER PRIMARY KEY, a INT, twice INT AS (a * 2));
         INSERT INTO gen (a) VALUES (21);
         CREATE VIEW big AS SELECT a FROM nokey;
         CREATE VIEW broken AS SELECT * FROM gone;
         CREATE TABLE lost (id INTEGER PRIMARY KEY, other INT REFERENCES nowhere(id));
         CREATE TABLE egg (id INTEGER PRIMARY KEY, hen_id INT REFERENCES hen(id));
         CREATE TABLE hen (id INTEGER PRIMARY KEY, egg_id INT REFERENCES egg(id));
         CREATE TABLE bad (id INTEGER PRIMARY KEY, d DATE, n NUMERIC, b BLOB);
         INSERT INTO bad VALUES (1, 'yesterday', 'many', 'text');",
    );
    assert_eq!(
        answer(
            &home,
            "i = OrderItem.query.first(); (i.item_id, i.class_, i.metadata_, i._2nd, i.db_, i.a_b)"
        ),
        "(1, 'c', 'm', 2, 3, 4)\n"
    );
    assert_eq!(
        answer(&home, "Class.query.all(), T1st.query.all(), Egg.query.all(), Lost.query.all()"),
        "([], [], [], [])\n"
    );
    assert_eq!(answer(&home, "[(n.a, n.rowid) for n in Nokey.query]"), "[(5, 'x')]\n");
    assert_eq!(
        answer(&home, "Enrol.query.first().marks, Mark.query.first().enrol"),
        "([<Mark 1>], <Enrol 1, 2>)\n"
    );
    assert_eq!(answer(&home, "Gen.query.first().twice"), "42\n");
    assert_eq!(answer(&home, "[b.a for b in Big.query]"), "[5]\n");
    assert_eq!(answer(&home, "b = Bad.query.first(); (b.d, b.n, b.b)"), "('yesterday', 'many', 'text')\n");
}

#[test]
fn an_empty_file_and_two_hundred_tables() {
    let home = Home::new();
    std::fs::write(home.app().join("d.db"), "").expect("written");
    assert_eq!(answer(&home, "list(db.metadata.tables)"), "[]\n");
    assert_eq!(std::fs::metadata(home.app().join("d.db")).expect("it stays").len(), 0);
    let script: String = (0..200)
        .map(|n| {
            format!("CREATE TABLE t{n} (id INTEGER PRIMARY KEY, next_id INT REFERENCES t{});", (n + 1) % 200)
        })
        .collect();
    make(&home.app().join("large.db"), &script);
    let done = home.run(&["large.db", "-c", "len(db.metadata.tables), T17.query.all()"], "");
    assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("(200, [])\n", ""));
}

#[test]
fn a_uri_names_a_file_here_or_in_instance() {
    let home = with_database("CREATE TABLE cats (id INTEGER PRIMARY KEY); INSERT INTO cats VALUES (3);");
    std::fs::create_dir(home.app().join("instance")).expect("made");
    std::fs::rename(home.app().join("d.db"), home.app().join("instance/e.db")).expect("moved");
    let run = |target: &str| home.run(&[target, "-c", "Cat.query.all()"], "").stdout;
    assert_eq!(run("sqlite:///e.db"), "[<Cat 3>]\n");
    assert_eq!(run(&format!("sqlite:///{}", home.app().join("instance/e.db").display())), "[<Cat 3>]\n");
    assert_eq!(home.run(&["sqlite://", "-c", "db.engine"], "").stdout, "Engine(sqlite://)\n");
    assert_eq!(home.run(&["--db", "instance/e.db", "-c", "Cat.query.count()"], "").stdout, "1\n");
}

#[test]
fn the_options_that_choose_and_guard_a_database() {
    let home = with_app();
    let run = |arguments: &[&str]| home.run(arguments, "");
    let add = "db.session.add(Thing(name='a')); db.session.commit()";
    assert_eq!(run(&["-c", &format!("db.create_all(); {add}")]).status, Some(0));
    let done = run(&["--readonly", "-c", add]);
    assert_eq!(done.status, Some(1));
    assert!(done.stderr.contains("attempt to write a readonly database"), "{}", done.stderr);
    let done = run(&["--sandbox", "-c", &format!("{add}; Thing.query.count()")]);
    assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("2\n", ""));
    assert_eq!(run(&["-c", "Thing.query.count()"]).stdout, "1\n");
    let pragma = "db.session.execute(db.text('PRAGMA foreign_keys')).scalar()";
    assert_eq!(run(&["-c", pragma]).stdout, "0\n");
    assert_eq!(run(&["--foreign-keys", "-c", pragma]).stdout, "1\n");
    let done = run(&["--echo", "-c", "Thing.query.count()"]);
    assert_eq!(done.stdout, "1\n");
    assert!(done.stderr.contains("INFO sqlalchemy.engine.Engine SELECT count(*)"), "{}", done.stderr);
    let done = run(&["--db", "other.db", "-c", "db.create_all(); Thing.query.count()"]);
    assert_eq!((done.stdout.as_str(), done.status), ("0\n", Some(0)));
    assert!(home.app().join("other.db").is_file());
    assert_eq!(run(&["other.db", "--app", "app.py", "-c", "Thing.query.all()"]).stdout, "[]\n");
    complains(&run(&["other.db", "--db", "x.db"]), 2, &["two databases are named"]);
    complains(&run(&["app.py", "--app", "app.py"]), 2, &["two apps are named"]);
}

#[test]
fn a_readonly_look_leaves_nothing_beside_the_file() {
    let home = with_database("PRAGMA journal_mode=WAL; CREATE TABLE cats (id INTEGER PRIMARY KEY);");
    let before = std::fs::read(home.app().join("d.db")).expect("a file");
    assert_eq!(home.run(&["--readonly", "d.db", "-c", "Cat.query.all()"], "").stdout, "[]\n");
    let mut names: Vec<_> = std::fs::read_dir(home.app())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .collect();
    names.sort();
    assert_eq!(names, ["d.db"]);
    assert_eq!(std::fs::read(home.app().join("d.db")).expect("a file"), before);
}

#[test]
fn an_app_reaches_no_other_file() {
    let home = with_app();
    let outside = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder outside");
    let target = outside.path().join("y.db");
    let code = |sql: &str| format!("db.session.execute(db.text(\"{sql}\"))");
    for sql in [format!("ATTACH '{}' AS y", target.display()), format!("VACUUM INTO '{}'", target.display())]
    {
        let done = home.run(&["-c", &code(&sql)], "");
        complains(&done, 1, &["Hint: an app works on its own database"]);
    }
    assert_eq!(
        home.run(
            &[
                "-c",
                &format!("{}; 1", code("VACUUM").replace("db.session.execute", "_ = db.session.execute"))
            ],
            ""
        )
        .stdout,
        "1\n"
    );
    std::fs::write(
        home.app().join("away.py"),
        APP.replace("sqlite:///x.db", &format!("sqlite:///{}", target.display())),
    )
    .expect("written");
    let done = home.run(&["away.py", "-c", "db.create_all()"], "");
    complains(
        &done,
        2,
        &["PermissionError: the app asks for the database", "which lies outside its folder", "--db "],
    );
    assert!(!target.exists());
    let done = home.run(&["away.py", "--db", &target.display().to_string(), "-c", "db.create_all()"], "");
    assert_eq!((done.stderr.as_str(), done.status), ("", Some(0)));
    assert!(target.is_file());
}

#[test]
fn an_app_for_a_server_works_in_memory() {
    let home = Home::new();
    let app = APP.replace("sqlite:///x.db", "postgresql://me:secret@host/shop").replace(
        "    name = ",
        "    tags = db.Column(ARRAY(db.String))\n    data = db.Column(JSONB)\n    name = ",
    );
    std::fs::write(
        home.app().join("app.py"),
        format!("from sqlalchemy.dialects.postgresql import ARRAY, JSONB\n{app}"),
    )
    .expect("written");
    let code = "db.session.add(Thing(name='a', tags=['x'], data={'k': 1})); db.session.commit(); t = Thing.query.one(); t.tags, t.data";
    let done = home.run(&["-c", code], "");
    assert_eq!(done.stdout, "(['x'], {'k': 1})\n", "{}", done.stderr);
    let told = "postgresql://me:***@host/shop is not supported yet";
    assert!(done.stderr.starts_with(told) && done.stderr.lines().count() == 1, "{}", done.stderr);
    assert_eq!(home.run(&["-q", "-c", "1"], "").stderr, "");
    let done = home.run(&["--db", "local.db", "-c", "db.create_all(); Thing.query.all()"], "");
    assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("[]\n", ""));
    complains(
        &home.run(&["--strict", "-c", "1"], ""),
        2,
        &["ModuleNotFoundError: No module named 'psycopg'"],
    );
}

#[test]
fn what_is_no_database_is_said_in_one_message() {
    let home = with_app();
    let file = |name: &str, bytes: &[u8]| std::fs::write(home.app().join(name), bytes).expect("written");
    std::fs::create_dir(home.app().join("folder")).expect("made");
    file("notes.db", b"these are notes, not tables");
    file("short.db", b"SQLite");
    let mut damaged = b"SQLite format 3\0".to_vec();
    damaged.extend((0..5000u32).map(|n| (n * 7 % 251) as u8));
    file("damaged.db", &damaged);
    make(
        &home.app().join("whole.db"),
        "CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE u (id INTEGER PRIMARY KEY);",
    );
    let whole = std::fs::read(home.app().join("whole.db")).expect("a file");
    file("cut.db", &whole[..whole.len() / 2]);
    let cases: [(&[&str], &[&str]); 13] = [
        (&["notes.db"], &["notes.db is neither a Python file nor a SQLite database"]),
        (&["short.db"], &["short.db is neither a Python file nor a SQLite database"]),
        (&["damaged.db"], &["damaged.db cannot be opened: file is not a database", "damaged, encrypted"]),
        (&["cut.db"], &["cut.db cannot be opened: ", "damaged"]),
        (&["gone.db"], &["gone.db: no such file"]),
        (&["folder"], &["Could not locate a Flask application in"]),
        (&["--db", "folder"], &["folder is a folder, not a database"]),
        (&["app.py", "--db", "no/such/x.db"], &["there is no folder", "make the folder first"]),
        (&["app.py", "--db", "notes.db"], &["notes.db is neither"]),
        (
            &["postgresql://me:secret@host/d"],
            &["postgresql://me:***@host/d: Retort speaks SQLite only, not postgresql yet"],
        ),
        (&["sqlite:///gone.db"], &["gone.db: no such file"]),
        (&["sqlite:/gone.db"], &["sqlite:/gone.db is not a database URI"]),
        (&["app.py", "--db", "mysql://me:secret@host/d"], &["mysql://me:***@host/d"]),
    ];
    for (arguments, parts) in cases {
        let done = home.run(arguments, "1\n");
        complains(&done, 2, parts);
        assert!(done.stderr.lines().count() <= 2, "{}", done.stderr);
        assert!(!done.stderr.contains("secret"), "{}", done.stderr);
    }
    assert!(!home.app().join("instance").exists() && !home.app().join("gone.db").exists());
}

#[test]
fn a_locked_file_is_waited_for_and_then_named() {
    let home = with_database("CREATE TABLE t (id INTEGER PRIMARY KEY);");
    let options = OpenOptions { path: Some(home.app().join("d.db")), ..OpenOptions::default() };
    let holder = DbapiConnection::open(&options).expect("it is there");
    holder.run_script("BEGIN EXCLUSIVE").expect("nobody else has it");
    complains(
        &home.run(&["d.db", "-c", "1"], ""),
        2,
        &["d.db cannot be opened: database is locked", "another program holds it"],
    );
}

/// Root may write anywhere, so that there is nothing to see.
#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let home = with_app();
    let set = |mode| {
        std::fs::set_permissions(home.app(), std::fs::Permissions::from_mode(mode)).expect("its owner may")
    };
    set(0o555);
    if std::fs::write(home.app().join("probe"), "").is_err() {
        complains(&home.run(&["-c", "db.create_all()"], ""), 1, &["unable to open database file"]);
    }
    set(0o755);
}
