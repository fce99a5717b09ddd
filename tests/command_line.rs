//! The command line against bad input: one clear message, the right exit status, nothing written.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const APP: &str = "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\n\
    app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:///x.db'\ndb = SQLAlchemy(app)\n\n\n\
    class Thing(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    name = db.Column(db.String(20))\n";

fn retort(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_retort"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A process that ends before it has read everything closes the pipe: that is its right.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().expect("the binary ends")
}

fn folder_with_app() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("app.py"), APP).expect("written");
    folder
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_script_shows_its_values_and_ends_well() {
    let folder = folder_with_app();
    let script = "db.create_all()\ndb.session.add(Thing(name='a'))\ndb.session.commit()\nfor t in Thing.query:\n    t.name\nlen(Thing.query.all())\n";
    let output = retort(folder.path(), &[], script.as_bytes());
    assert_eq!(text(&output.stderr), "");
    assert_eq!(text(&output.stdout), "'a'\n1\n");
    assert_eq!(output.status.code(), Some(0));
    assert!(folder.path().join("instance/x.db").is_file());
}

#[test]
fn a_pasted_session_is_accepted() {
    let folder = folder_with_app();
    let output = retort(
        folder.path(),
        &[],
        b">>> x = 2\n>>> for i in range(2):\n...     i * x\n...\n0\n2\n>>> x + 1\n3\n",
    );
    assert_eq!(text(&output.stdout), "0\n2\n3\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn an_error_stops_the_script_and_names_its_line() {
    let folder = folder_with_app();
    let output = retort(folder.path(), &[], b"1\nprint(nothing)\n2\n");
    assert_eq!(text(&output.stdout), "1\n");
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.starts_with("Traceback (most recent call last):\n  File \"<stdin>\", line 2, in <module>\n"),
        "{error}"
    );
    assert!(error.contains("NameError: name 'nothing' is not defined\n"), "{error}");
    let output = retort(folder.path(), &["--keep-going"], b"1\nprint(nothing)\n2\n");
    assert_eq!(text(&output.stdout), "1\n2\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_syntax_error_changes_nothing() {
    let folder = folder_with_app();
    let output = retort(folder.path(), &[], b"db.create_all()\nprint('begun')\nx = = 1\n");
    assert_eq!(text(&output.stdout), "");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).ends_with("SyntaxError: invalid syntax\n"), "{}", text(&output.stderr));
}

#[test]
fn exit_statuses() {
    let folder = folder_with_app();
    let status =
        |arguments: &[&str], input: &str| retort(folder.path(), arguments, input.as_bytes()).status.code();
    assert_eq!(status(&["-c", "exit()"], ""), Some(0));
    assert_eq!(status(&["-c", "raise SystemExit(7)"], ""), Some(7));
    assert_eq!(status(&["-c", "1 / 0"], ""), Some(1));
    assert_eq!(status(&["-c", "raise KeyboardInterrupt"], ""), Some(130));
    assert_eq!(status(&["nowhere.py"], ""), Some(2));
    assert_eq!(status(&["--nonsense"], ""), Some(2));
    assert_eq!(status(&["nowhere", "schema"], ""), Some(2));
}

#[test]
fn what_cannot_be_opened_is_said_in_one_message() {
    let folder = folder_with_app();
    std::fs::write(folder.path().join("notes.db"), "not a database at all").expect("written");
    for (word, part) in [
        ("gone.py", "gone.py: no such file"),
        ("gone", "Could not import 'gone'."),
        ("notes.db", "is neither a Python file nor a SQLite database"),
        ("app:missing", "Failed to find attribute 'missing' in 'app'."),
    ] {
        let output = retort(folder.path(), &[word], b"");
        assert_eq!(output.status.code(), Some(2), "{word}");
        assert!(text(&output.stderr).contains(part), "{word}: {}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "", "{word}");
    }
}

#[test]
fn bad_bytes_long_lines_and_deep_nesting_are_errors_not_crashes() {
    let folder = folder_with_app();
    let run = |input: &[u8]| {
        let output = retort(folder.path(), &[], input);
        assert!(matches!(output.status.code(), Some(0..=2)), "{:?} {}", output.status, text(&output.stderr));
        let error = text(&output.stderr);
        assert!(!error.contains("panicked") && !error.contains("internal error"), "{error}");
        (output.status.code(), error)
    };
    assert_eq!(run(b"x = '\xff\xfe'\n").0, Some(2));
    assert_eq!(run(format!("x = '{}'\n", "a".repeat(1 << 20)).as_bytes()).0, Some(0));
    assert_eq!(run(format!("x = {}\n", "1 + ".repeat(1 << 18) + "1").as_bytes()).0, Some(1));
    let (status, error) = run(format!("{}1{}\n", "(".repeat(10_000), ")".repeat(10_000)).as_bytes());
    assert_eq!(status, Some(1));
    assert!(error.contains("SyntaxError: too many nested parentheses"), "{error}");
    let (status, error) = run(b"def f():\n    return f()\n\nf()\n");
    assert_eq!(status, Some(1));
    assert!(error.contains("RecursionError: maximum recursion depth exceeded"), "{error}");
    assert_eq!(run(b"x = []\nfor i in range(200000): x = [x]\ndel x\n").0, Some(0));
}

#[test]
fn run_prints_only_what_print_prints() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(
        folder.path().join("tool.py"),
        "import sys\n1 + 1\nif __name__ == '__main__':\n    print(sys.argv[1:])\n",
    )
    .expect("written");
    let output = retort(folder.path(), &["run", "tool.py", "a", "-b"], b"");
    assert_eq!(text(&output.stdout), "['a', '-b']\n");
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn a_closed_pipe_is_silent() {
    let folder = folder_with_app();
    let mut child = Command::new(env!("CARGO_BIN_EXE_retort"))
        .args(["-c", "for i in range(100000): i"])
        .current_dir(folder.path())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the binary ends");
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn exit_and_input_in_programs_and_scripts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(
        folder.path().join("p.py"),
        "print(input('who? '))\nprint(exit)\nquit()\nprint('never')\n",
    )
    .expect("written");
    let output = retort(folder.path(), &["run", "p.py"], b"Ann\n");
    assert_eq!(text(&output.stdout), "who? Ann\nUse exit() or Ctrl-D (i.e. EOF) to exit\n");
    assert_eq!((text(&output.stderr).as_str(), output.status.code()), ("", Some(0)));
    std::fs::write(folder.path().join("p.py"), "import sys\nsys.exit('no more')\n").expect("written");
    let output = retort(folder.path(), &["run", "p.py"], b"");
    assert_eq!((text(&output.stderr).as_str(), output.status.code()), ("no more\n", Some(1)));
    let output = retort(folder.path(), &["lesson", "excuses", "-c", "quit"], b"");
    assert_eq!(text(&output.stdout), "Use quit() or Ctrl-D (i.e. EOF) to exit\n");
}

#[test]
fn a_broken_app_is_told_with_its_place() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("written");
    write("syntax.py", b"class Student(:\n    pass\n");
    write("missing.py", b"x = 1\nimport nowhere_to_be_found\n");
    write("latin.py", b"# one\nname = '\xe9'\n");
    write(
        "nokey.py",
        format!("{APP}\n\nclass Keyless(db.Model):\n    name = db.Column(db.String)\n").as_bytes(),
    );
    write("endless.py", b"def f():\n    return f()\n\nf()\n");
    for (file, parts) in [
        ("syntax.py", ["syntax.py\", line 1", "SyntaxError: "]),
        (
            "missing.py",
            ["missing.py\", line 2", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"],
        ),
        ("latin.py", ["latin.py on line 2", "SyntaxError: Non-UTF-8 code starting with '\\xe9'"]),
        ("nokey.py", ["nokey.py\", line 14", "could not assemble any primary key columns"]),
        ("endless.py", ["endless.py\", line 2", "RecursionError: maximum recursion depth exceeded"]),
    ] {
        let output = retort(folder.path(), &[file, "-c", "print('never')"], b"");
        let error = text(&output.stderr);
        assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("", Some(2)), "{file}: {error}");
        for part in parts {
            assert!(error.contains(part), "{file}: {error}");
        }
    }
}

#[test]
fn migrations_at_the_command_line() {
    let folder = folder_with_app();
    let db = |arguments: &[&str]| {
        let words: Vec<&str> = std::iter::once("db").chain(arguments.iter().copied()).collect();
        let output = retort(folder.path(), &words, b"");
        (text(&output.stdout) + &text(&output.stderr), output.status.code())
    };
    let (said, status) = db(&["upgrade"]);
    assert!(said.starts_with("Error: Path doesn't exist: migrations."), "{said}");
    assert_eq!(status, Some(1));
    assert_eq!(db(&["init"]), ("Creating directory migrations ...  done\n".to_string(), Some(0)));
    assert_eq!(db(&["check"]).1, Some(1));
    assert_eq!(db(&["migrate", "-m", "first"]).1, Some(0));
    assert!(folder.path().join("migrations/V0001__first.sql").is_file());
    assert_eq!(db(&["upgrade", "--sandbox"]).1, Some(0));
    assert_eq!(db(&["current"]), (String::new(), Some(0)));
    assert_eq!(db(&["upgrade"]).1, Some(0));
    assert_eq!(db(&["current"]), ("1 (head)\n".to_string(), Some(0)));
    assert_eq!(db(&["check"]).1, Some(0));
    assert_eq!(db(&["current", "--db", "instance/x.db", "-q"]), ("1 (head)\n".to_string(), Some(0)));
    assert!(db(&["--help"]).0.starts_with("Usage: retort [TARGET] db COMMAND"));
    let (said, status) = db(&["upgarde"]);
    assert!(
        said.contains("No such command 'upgarde'.") && said.contains("did you mean 'upgrade'?"),
        "{said}"
    );
    assert_eq!(status, Some(2));
}

#[test]
fn a_transcript_is_printed_checked_and_written() {
    let folder = folder_with_app();
    let away = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder outside");
    let app = APP.replace("sqlite:///x.db", &format!("sqlite:///{}/x.db", away.path().display()));
    std::fs::write(folder.path().join("app.py"), app).expect("written");
    let session = ">>> db.create_all()\n>>> Thing.query.count()\n7\n>>> 1 / 0\n";
    let answered = ">>> db.create_all()\n>>> Thing.query.count()\n0\n>>> 1 / 0\n\
        Traceback (most recent call last):\n    ...\nZeroDivisionError: division by zero\n";
    std::fs::write(folder.path().join("s.pycon"), session).expect("written");
    let run = |arguments: &[&str]| retort(folder.path(), arguments, b"");
    let output = run(&["transcript", "s.pycon"]);
    assert_eq!(
        (text(&output.stdout).as_str(), output.status.code()),
        (answered, Some(0)),
        "{}",
        text(&output.stderr)
    );
    let output = run(&["transcript", "--check", "s.pycon"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("expected\n    7\n  got\n    0\n"), "{}", text(&output.stdout));
    assert_eq!(run(&["transcript", "--write", "s.pycon"]).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(folder.path().join("s.pycon")).expect("a file"), answered);
    assert_eq!(run(&["transcript", "--check", "s.pycon"]).status.code(), Some(0));
    assert_eq!(
        std::fs::read_dir(away.path()).expect("a folder").count(),
        0,
        "the user's database was touched"
    );
    assert!(!folder.path().join("instance").exists());
    assert_eq!(run(&["transcript", "gone.pycon"]).status.code(), Some(2));
}
