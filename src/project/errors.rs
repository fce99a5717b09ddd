//! Errors about finding and opening what a user named.
//!
//! Owns their sentences. Must not know how they are shown.

use std::path::Path;

use crate::diag::{Error, ExcClass, builtin};

/// Flask's command-line error: no app, or no such app.
pub static NO_APP: ExcClass = ExcClass::new("NoAppException", "flask.cli", &builtin::EXCEPTION);

/// `Error: Could not locate a Flask application in FOLDER.`
pub fn no_app_in(folder: &Path) -> Error {
    Error::new(&NO_APP, format!("Could not locate a Flask application in {}.", folder.display())).hint(
        "name it: retort FILE.py, retort module:name, or put wsgi.py, app.py or models.py into the folder",
    )
}

/// `FILE: no such file`
pub fn no_such_file(path: &Path) -> Error {
    Error::new(&builtin::FILE_NOT_FOUND_ERROR, format!("{}: no such file", path.display()))
        .hint("a new database is made by the app that uses it; `retort lesson` opens a built-in one")
}

/// `Could not import 'NAME'.`
pub fn no_module(name: &str, folder: &Path) -> Error {
    Error::new(&NO_APP, format!("Could not import '{name}'."))
        .hint(format!("neither {name}.py nor a folder {name} with __init__.py lies in {}", folder.display()))
}

/// `FILE is not a SQLite database`
pub fn not_a_database(path: &Path) -> Error {
    Error::new(&NO_APP, format!("{} is neither a Python file nor a SQLite database", path.display()))
        .hint("a SQLite file begins with the words `SQLite format 3`")
}

/// `Failed to find Flask application or factory in module 'x'.`
pub fn no_app_object(module: &str) -> Error {
    Error::new(
        &NO_APP,
        format!(
            "Failed to find Flask application or factory in module '{module}'. Use 'FLASK_APP={module}:name' to \
             specify one."
        ),
    )
}

/// `Failed to find attribute 'x' in 'module'.`
pub fn no_attribute(attribute: &str, module: &str) -> Error {
    Error::new(&NO_APP, format!("Failed to find attribute '{attribute}' in '{module}'."))
}

/// `Unknown lesson 'x'`
pub fn no_lesson(name: &str) -> Error {
    let near = crate::util::near::nearest(name, super::target::LESSONS);
    let error = Error::new(&NO_APP, format!("there is no lesson '{name}'"));
    let all = super::target::LESSONS.join(", ");
    match near {
        Some(near) => error.hint(format!("did you mean '{near}'? The lessons are {all}")),
        None => error.hint(format!("the lessons are {all}")),
    }
}

/// `FILE: not UTF-8`
pub fn not_utf8(name: &str, line: usize) -> Error {
    Error::new(
        &builtin::SYNTAX_ERROR,
        format!("(unicode error) 'utf-8' codec can't decode the text of {name} at line {line}"),
    )
    .hint("save the file as UTF-8")
}

/// `SyntaxError: Non-UTF-8 code starting with '\xe9' in file app.py on line 2, but no encoding declared; ...`
pub fn module_not_utf8(file: &str, byte: u8, line: usize) -> Error {
    Error::new(
        &builtin::SYNTAX_ERROR,
        format!(
            "Non-UTF-8 code starting with '\\x{byte:02x}' in file {file} on line {line}, but no encoding declared; see \
             https://peps.python.org/pep-0263/ for details"
        ),
    )
    .hint("save the file as UTF-8")
}

/// `FILE: permission denied`
pub fn unreadable(path: &Path, why: &std::io::Error) -> Error {
    use std::io::ErrorKind;
    let shown = path.display();
    let (text, hint) = match why.kind() {
        ErrorKind::NotFound => (format!("{shown}: no such file"), "look at the spelling and at the folder"),
        ErrorKind::PermissionDenied => {
            (format!("{shown}: permission denied"), "look at the rights of the file and of its folder")
        }
        ErrorKind::IsADirectory => (format!("{shown} is a folder, not a file"), "name a file in it"),
        ErrorKind::ReadOnlyFilesystem => {
            (format!("{shown}: the file system is read-only"), "work in another folder")
        }
        ErrorKind::StorageFull => {
            (format!("{shown}: no space is left on the device"), "make room and try again")
        }
        _ => return Error::new(&builtin::OS_ERROR, format!("{shown}: {why}")),
    };
    Error::new(&builtin::OS_ERROR, text).hint(hint)
}

/// `FILE: no app.py beside or above it`
pub fn no_app_beside(file: &Path) -> Error {
    Error::new(&NO_APP, format!("{}: no app.py beside or above it", file.display()))
        .hint("name the app: retort transcript --app FOLDER FILE")
}

/// What an app's own file raised while it was imported.
pub fn app_failed(line: &str) -> Error {
    Error::new(&NO_APP, format!("the app could not be loaded: {line}"))
}

/// `FOLDER is a folder, not a database`
pub fn is_folder(path: &Path) -> Error {
    Error::new(&NO_APP, format!("{} is a folder, not a database", path.display()))
        .hint("name the file in it: retort FOLDER/FILE.db")
}

/// `FILE: the folder does not exist`
pub fn no_folder_for(path: &Path) -> Error {
    let folder = path.parent().unwrap_or(path);
    Error::new(&NO_APP, format!("{}: there is no folder {}", path.display(), folder.display()))
        .hint("make the folder first, or name a file in one that is there")
}

/// `URI is no database URI`
pub fn bad_uri(uri: &str) -> Error {
    Error::new(&NO_APP, format!("{uri} is not a database URI")).hint(
        "SQLite's look like sqlite:///relative/file.db, sqlite:////absolute/file.db and sqlite:// (memory)",
    )
}

/// `URI: postgresql is not supported yet`
pub fn other_database(shown: &str, backend: &str) -> Error {
    Error::new(&NO_APP, format!("{shown}: Retort speaks SQLite only, not {backend} yet"))
        .hint("name a SQLite file, or the app: an app for another database opens on an empty SQLite copy of its schema")
}

/// `FILE cannot be opened: database is locked`
pub fn cannot_open(name: &str, cause: &Error) -> Error {
    let line = cause.message.lines().next().unwrap_or_default();
    let why = match line.split_once(") ") {
        Some((class, why)) if class.starts_with("(sqlite3.") => why,
        _ => line,
    };
    let error = Error::new(&NO_APP, format!("{name} cannot be opened: {why}"));
    let hint = if why.contains("locked") {
        "another program holds it: end that program's transaction, or copy the file and open the copy"
    } else if why.contains("malformed") || why.contains("not a database") || why.contains("encrypted") {
        "the file is damaged, encrypted or not SQLite's; `sqlite3 FILE .recover` may save what is left"
    } else if why.contains("unable to open") {
        "look at the permissions of the file and of its folder"
    } else {
        return cause.hints.iter().fold(error, |error, hint| error.hint(hint.clone()));
    };
    error.hint(hint)
}

/// `FILE has 700 MB: --sandbox would copy it`
pub fn large_copy(path: &Path, megabytes: u64) -> Error {
    Error::new(&NO_APP, format!("{} has {megabytes} MB, and --sandbox works on a copy", path.display()))
        .hint("-y copies it all the same; --readonly needs no copy")
}

/// `two databases: A and --db B`
pub fn two_databases(first: &str, second: &str) -> Error {
    Error::new(&NO_APP, format!("two databases are named: {first} and --db {second}"))
        .hint("leave one of them out")
}

/// `two apps: A and --app B`
pub fn two_apps(first: &str, second: &str) -> Error {
    Error::new(&NO_APP, format!("two apps are named: {first} and --app {second}"))
        .hint("leave one of them out")
}

/// `the app has no database`
pub fn no_database() -> Error {
    Error::new(
        &NO_APP,
        "the app has no database: neither a SQLAlchemy extension nor an engine is in its scope",
    )
    .hint("a Flask-SQLAlchemy app has `db = SQLAlchemy(app)`; or name a database file instead of the app")
}

/// `-c runs code over an app, a database or a lesson`
pub fn code_without_app() -> Error {
    Error::new(&NO_APP, "-c runs code over an app, a database or a lesson, not with a command")
        .hint("retort TARGET -c CODE")
}

/// `a lesson has its own app`
pub fn lesson_with_target(word: &str) -> Error {
    Error::new(&NO_APP, format!("a lesson has an app of its own: {word} is not needed"))
        .hint("retort lesson NAME, or retort TARGET alone")
}
