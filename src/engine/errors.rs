//! Exceptions of sqlite3 and how SQLAlchemy wraps them.
//!
//! Owns the classes of the `sqlite3` module as rows, the translation from SQLite's codes to them, every message of
//! this layer, and the wrapping with `[SQL: ...]` and `[parameters: ...]`. Must not know what failed.

use rusqlite::ffi;

use crate::diag::builtin::{EXCEPTION, MEMORY_ERROR, OVERFLOW_ERROR};
use crate::diag::{Error, ExcClass, Extra};
use crate::sql::exc;

const SQLITE3: &str = "sqlite3";
pub static WARNING: ExcClass = ExcClass::new("Warning", SQLITE3, &EXCEPTION);
pub static ERROR: ExcClass = ExcClass::new("Error", SQLITE3, &EXCEPTION);
pub static INTERFACE_ERROR: ExcClass = ExcClass::new("InterfaceError", SQLITE3, &ERROR);
pub static DATABASE_ERROR: ExcClass = ExcClass::new("DatabaseError", SQLITE3, &ERROR);
pub static DATA_ERROR: ExcClass = ExcClass::new("DataError", SQLITE3, &DATABASE_ERROR);
pub static OPERATIONAL_ERROR: ExcClass = ExcClass::new("OperationalError", SQLITE3, &DATABASE_ERROR);
pub static INTEGRITY_ERROR: ExcClass = ExcClass::new("IntegrityError", SQLITE3, &DATABASE_ERROR);
pub static INTERNAL_ERROR: ExcClass = ExcClass::new("InternalError", SQLITE3, &DATABASE_ERROR);
pub static PROGRAMMING_ERROR: ExcClass = ExcClass::new("ProgrammingError", SQLITE3, &DATABASE_ERROR);
pub static NOT_SUPPORTED_ERROR: ExcClass = ExcClass::new("NotSupportedError", SQLITE3, &DATABASE_ERROR);

/// The classes of the `sqlite3` module, parents before children.
pub static ALL: &[&ExcClass] = &[
    &WARNING,
    &ERROR,
    &INTERFACE_ERROR,
    &DATABASE_ERROR,
    &DATA_ERROR,
    &OPERATIONAL_ERROR,
    &INTEGRITY_ERROR,
    &INTERNAL_ERROR,
    &PROGRAMMING_ERROR,
    &NOT_SUPPORTED_ERROR,
];

/// The exception that CPython raises for a result code of SQLite.
pub fn from_code(code: i32, message: &str) -> Error {
    let class = match code & 0xff {
        ffi::SQLITE_INTERNAL | ffi::SQLITE_NOTFOUND => &INTERNAL_ERROR,
        ffi::SQLITE_NOMEM => &MEMORY_ERROR,
        ffi::SQLITE_ERROR
        | ffi::SQLITE_PERM
        | ffi::SQLITE_ABORT
        | ffi::SQLITE_BUSY
        | ffi::SQLITE_LOCKED
        | ffi::SQLITE_READONLY
        | ffi::SQLITE_INTERRUPT
        | ffi::SQLITE_IOERR
        | ffi::SQLITE_FULL
        | ffi::SQLITE_CANTOPEN
        | ffi::SQLITE_PROTOCOL
        | ffi::SQLITE_EMPTY
        | ffi::SQLITE_SCHEMA => &OPERATIONAL_ERROR,
        ffi::SQLITE_TOOBIG => &DATA_ERROR,
        ffi::SQLITE_CONSTRAINT | ffi::SQLITE_MISMATCH => &INTEGRITY_ERROR,
        ffi::SQLITE_MISUSE | ffi::SQLITE_RANGE => &INTERFACE_ERROR,
        _ => &DATABASE_ERROR,
    };
    let mut error = Error::new(class, message);
    if code & 0xff == ffi::SQLITE_AUTH {
        error = error.hint("an app works on its own database: ATTACH and VACUUM INTO reach no other file");
    }
    match code_name(code) {
        Some(name) => error
            .attribute("sqlite_errorcode", Extra::Int(i64::from(code)))
            .attribute("sqlite_errorname", Extra::Text(name.to_string())),
        None => error,
    }
}

/// The name of a result code, for those that people look at.
fn code_name(code: i32) -> Option<&'static str> {
    Some(match code {
        ffi::SQLITE_ERROR => "SQLITE_ERROR",
        ffi::SQLITE_PERM => "SQLITE_PERM",
        ffi::SQLITE_BUSY => "SQLITE_BUSY",
        ffi::SQLITE_LOCKED => "SQLITE_LOCKED",
        ffi::SQLITE_READONLY => "SQLITE_READONLY",
        ffi::SQLITE_INTERRUPT => "SQLITE_INTERRUPT",
        ffi::SQLITE_IOERR => "SQLITE_IOERR",
        ffi::SQLITE_CORRUPT => "SQLITE_CORRUPT",
        ffi::SQLITE_FULL => "SQLITE_FULL",
        ffi::SQLITE_CANTOPEN => "SQLITE_CANTOPEN",
        ffi::SQLITE_SCHEMA => "SQLITE_SCHEMA",
        ffi::SQLITE_TOOBIG => "SQLITE_TOOBIG",
        ffi::SQLITE_CONSTRAINT => "SQLITE_CONSTRAINT",
        ffi::SQLITE_CONSTRAINT_CHECK => "SQLITE_CONSTRAINT_CHECK",
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => "SQLITE_CONSTRAINT_FOREIGNKEY",
        ffi::SQLITE_CONSTRAINT_NOTNULL => "SQLITE_CONSTRAINT_NOTNULL",
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY => "SQLITE_CONSTRAINT_PRIMARYKEY",
        ffi::SQLITE_CONSTRAINT_ROWID => "SQLITE_CONSTRAINT_ROWID",
        ffi::SQLITE_CONSTRAINT_TRIGGER => "SQLITE_CONSTRAINT_TRIGGER",
        ffi::SQLITE_CONSTRAINT_UNIQUE => "SQLITE_CONSTRAINT_UNIQUE",
        ffi::SQLITE_MISMATCH => "SQLITE_MISMATCH",
        ffi::SQLITE_MISUSE => "SQLITE_MISUSE",
        ffi::SQLITE_AUTH => "SQLITE_AUTH",
        ffi::SQLITE_RANGE => "SQLITE_RANGE",
        ffi::SQLITE_NOTADB => "SQLITE_NOTADB",
        _ => return None,
    })
}

/// An error of rusqlite's own calls (opening, backup, scripts).
pub fn from_rusqlite(error: &rusqlite::Error) -> Error {
    match error {
        rusqlite::Error::SqliteFailure(code, Some(message)) => {
            // Opening appends the path, which sqlite3 does not say.
            let message = match code.code {
                rusqlite::ErrorCode::CannotOpen => "unable to open database file",
                _ => message,
            };
            from_code(code.extended_code, message)
        }
        rusqlite::Error::SqliteFailure(code, None) => {
            from_code(code.extended_code, &rusqlite::Error::SqliteFailure(*code, None).to_string())
        }
        rusqlite::Error::SqlInputError { error, msg, .. } => from_code(error.extended_code, msg),
        other => Error::new(&OPERATIONAL_ERROR, other.to_string()),
    }
}

/// `Error binding parameter 1: type 'list' is not supported`
pub fn unsupported_parameter(place: usize, kind: &str) -> Error {
    Error::new(&PROGRAMMING_ERROR, format!("Error binding parameter {place}: type '{kind}' is not supported"))
}

/// `OverflowError: Python int too large to convert to SQLite INTEGER`
pub fn integer_too_large() -> Error {
    Error::new(&OVERFLOW_ERROR, "Python int too large to convert to SQLite INTEGER")
}

/// `Incorrect number of bindings supplied. The current statement uses 1, and there are 2 supplied.`
pub fn binding_count(wanted: usize, given: usize) -> Error {
    Error::new(
        &PROGRAMMING_ERROR,
        format!(
            "Incorrect number of bindings supplied. The current statement uses {wanted}, and there are {given} \
             supplied."
        ),
    )
}

/// `You did not supply a value for binding parameter :a.`
pub fn binding_missing(name: &str) -> Error {
    Error::new(&PROGRAMMING_ERROR, format!("You did not supply a value for binding parameter :{name}."))
}

/// `parameters are of unsupported type`
pub fn unsupported_parameters() -> Error {
    Error::new(&PROGRAMMING_ERROR, "parameters are of unsupported type")
}

/// `You can only execute one statement at a time.`
pub fn one_statement_at_a_time() -> Error {
    Error::new(&PROGRAMMING_ERROR, "You can only execute one statement at a time.")
}

/// `executemany() can only execute DML statements.`
pub fn executemany_needs_dml() -> Error {
    Error::new(&PROGRAMMING_ERROR, "executemany() can only execute DML statements.")
}

/// A script of statements that already runs in a transaction may not begin or end one.
pub fn own_transaction() -> Error {
    Error::new(&OPERATIONAL_ERROR, "the script runs in a transaction already: leave BEGIN and COMMIT out")
}

/// `the query contains a null character`
pub fn null_character() -> Error {
    Error::new(&PROGRAMMING_ERROR, "the query contains a null character")
}

/// `Cannot operate on a closed database.`
pub fn closed_database() -> Error {
    Error::new(&PROGRAMMING_ERROR, "Cannot operate on a closed database.")
}

/// `Could not decode to UTF-8 column 'name' with text '...'`
pub fn not_utf8(column: &str, bytes: &[u8]) -> Error {
    let text = String::from_utf8_lossy(bytes);
    Error::new(&OPERATIONAL_ERROR, format!("Could not decode to UTF-8 column '{column}' with text '{text}'"))
}

/// The class of SQLAlchemy that wraps one of sqlite3, and the code of its page.
fn wrapper(class: &'static ExcClass) -> (&'static ExcClass, &'static str) {
    let pairs: [(&'static ExcClass, &'static ExcClass, &'static str); 9] = [
        (&INTERFACE_ERROR, &exc::INTERFACE_ERROR, "rvf5"),
        (&DATA_ERROR, &exc::DATA_ERROR, "9h9h"),
        (&OPERATIONAL_ERROR, &exc::OPERATIONAL_ERROR, "e3q8"),
        (&INTEGRITY_ERROR, &exc::INTEGRITY_ERROR, "gkpj"),
        (&INTERNAL_ERROR, &exc::INTERNAL_ERROR, "2j85"),
        (&PROGRAMMING_ERROR, &exc::PROGRAMMING_ERROR, "f405"),
        (&NOT_SUPPORTED_ERROR, &exc::NOT_SUPPORTED_ERROR, "tw8g"),
        (&DATABASE_ERROR, &exc::DATABASE_ERROR, "4xp6"),
        (&ERROR, &exc::DBAPI_ERROR, "dbapi"),
    ];
    let found = pairs.into_iter().find(|(orig, _, _)| class.is_a(orig));
    found.map_or((&exc::DBAPI_ERROR, "dbapi"), |(_, wrapper, code)| (wrapper, code))
}

/// Wraps an exception of sqlite3 as SQLAlchemy does; any other passes as it is.
///
/// `IntegrityError: (sqlite3.IntegrityError) UNIQUE constraint failed: ...\n[SQL: ...]\n[parameters: (...)]\n(Background ...)`
pub fn wrap(orig: Error, statement: Option<&str>, parameters: Option<&str>) -> Error {
    if !orig.class.is_a(&ERROR) {
        return orig;
    }
    let (class, code) = wrapper(orig.class);
    statement_error(class, orig, statement, parameters, Some(code))
}

/// Gives the exception its `params`.
pub fn with_params(error: Error, params: crate::python::value::Value) -> Error {
    if !error.class.is_a(&exc::STATEMENT_ERROR) {
        return error;
    }
    error.attribute("params", Extra::Object(crate::diag::Opaque(std::rc::Rc::new(params))))
}

/// As `wrap`, for an engine with `hide_parameters=True`.
pub fn wrap_hidden(orig: Error, statement: &str) -> Error {
    let text = format!("{statement}]\n[SQL parameters hidden due to hide_parameters=True");
    wrap(orig, Some(&text), None)
}

/// `StatementError: (builtins.TypeError) ...\n[SQL: ...]\n[parameters: ...]`: something raised while a statement was
/// made ready.
pub fn wrap_in_statement_error(
    orig: Error,
    code: Option<&str>,
    statement: &str,
    parameters: Option<&str>,
) -> Error {
    statement_error(&exc::STATEMENT_ERROR, orig, Some(statement), parameters, code)
}

/// A StatementError around an exception object, whose words are given.
pub fn statement_error_text(message: &str, statement: &str, parameters: Option<&str>) -> Error {
    let mut text = format!("{message}\n[SQL: {statement}]");
    if let Some(parameters) = parameters {
        text.push_str(&format!("\n[parameters: {parameters}]"));
    }
    Error::new(&exc::STATEMENT_ERROR, text)
        .attribute("args", Extra::Text(message.to_string()))
        .attribute("statement", Extra::Text(statement.to_string()))
}

fn statement_error(
    class: &'static ExcClass,
    orig: Error,
    statement: Option<&str>,
    parameters: Option<&str>,
    code: Option<&str>,
) -> Error {
    let short = format!("({}.{}) {}", orig.class.module, orig.class.name, orig.message);
    let mut text = short.clone();
    let statement = statement.filter(|statement| !statement.is_empty());
    if let Some(statement) = statement {
        text.push_str(&format!("\n[SQL: {statement}]"));
        if let Some(parameters) = parameters {
            text.push_str(&format!("\n[parameters: {parameters}]"));
        }
    }
    if let Some(code) = code {
        text.push('\n');
        text.push_str(&exc::background(code));
    }
    let mut error = Error::new(class, text)
        .attribute("args", Extra::Text(short))
        .attribute("statement", statement.map_or(Extra::None, |text| Extra::Text(text.to_string())))
        .attribute("code", code.map_or(Extra::None, |code| Extra::Text(code.to_string())))
        .attribute("orig", Extra::Cause);
    error.hints = orig.hints.clone();
    error.caused_by(orig)
}

/// `ResourceClosedError: This Connection is closed`
pub fn connection_closed() -> Error {
    Error::new(&exc::RESOURCE_CLOSED, "This Connection is closed")
}

/// `PendingRollbackError: Can't reconnect until invalid transaction is rolled back. ...`
pub fn invalid_transaction(savepoint: bool) -> Error {
    let what = if savepoint { "savepoint " } else { "" };
    let text = format!(
        "Can't reconnect until invalid {what}transaction is rolled back.  Please rollback() fully before proceeding"
    );
    exc::coded(&exc::PENDING_ROLLBACK, &text, "8s2b")
}

/// `InvalidRequestError: This connection has already initialized a SQLAlchemy Transaction() object ...`
pub fn already_begun() -> Error {
    Error::new(
        &exc::INVALID_REQUEST,
        "This connection has already initialized a SQLAlchemy Transaction() object via begin() or autobegin; can't \
         call begin() here unless rollback() or commit() is called first.",
    )
}

/// `InvalidRequestError: This transaction is inactive`
pub fn inactive_transaction(nested: bool) -> Error {
    let text = if nested { "This nested transaction is inactive" } else { "This transaction is inactive" };
    Error::new(&exc::INVALID_REQUEST, text)
}

/// `InvalidRequestError: Can't operate on closed transaction inside context manager. ...`
pub fn closed_in_context_manager() -> Error {
    Error::new(
        &exc::INVALID_REQUEST,
        "Can't operate on closed transaction inside context manager.  Please complete the context manager before \
         emitting further commands.",
    )
}

/// `TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00`
pub fn pool_exhausted(size: usize, overflow: usize, timeout: f64) -> Error {
    let text = format!(
        "QueuePool limit of size {size} overflow {overflow} reached, connection timed out, timeout {timeout:.2}"
    );
    exc::coded(&exc::TIMEOUT_ERROR, &text, "3o7r")
}
