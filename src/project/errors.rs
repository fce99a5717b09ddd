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

/// `FILE: cannot be read: ...`
pub fn unreadable(path: &Path, why: &std::io::Error) -> Error {
    Error::new(&builtin::OS_ERROR, format!("{}: {}", path.display(), why))
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
