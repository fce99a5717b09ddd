//! What every connection gets before anybody sees it: functions, the authorizer, the ear for Ctrl-C.
//!
//! Owns `regexp` and `floor` as SQLAlchemy's pysqlite dialect registers them, and the list of what an app may not do.
//! Must not know statements.

use std::cell::RefCell;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::{Value as SqlValue, ValueRef};
use rusqlite::{Connection, Error, Result};

use crate::util::interrupt;

/// SQLite's instructions between two looks at the interrupt flag.
const STEPS: i32 = 20_000;

pub fn register(raw: &mut Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    raw.create_scalar_function("regexp", 2, flags, regexp)?;
    raw.create_scalar_function("floor", 1, flags, floor)?;
    raw.authorizer(Some(authorize))?;
    raw.progress_handler(STEPS, Some(interrupt::pending))
}

/// The message that sqlite3 gives when a function written in Python raises.
fn raised() -> Error {
    Error::UserFunctionError("user-defined function raised exception".into())
}

thread_local! {
    static PATTERN: RefCell<Option<(String, fancy_regex::Regex)>> = const { RefCell::new(None) };
}

/// `text REGEXP pattern` is `re.search(pattern, text) is not None`.
fn regexp(context: &Context<'_>) -> Result<Option<bool>> {
    let text = match context.get_raw(1) {
        ValueRef::Null => return Ok(None),
        ValueRef::Text(text) => std::str::from_utf8(text).map_err(|_| raised())?,
        _ => return Err(raised()),
    };
    let ValueRef::Text(pattern) = context.get_raw(0) else { return Err(raised()) };
    let pattern = std::str::from_utf8(pattern).map_err(|_| raised())?;
    PATTERN.with(|kept| {
        let mut kept = kept.borrow_mut();
        if kept.as_ref().is_none_or(|(known, _)| known != pattern) {
            let compiled = fancy_regex::Regex::new(pattern).map_err(|_| raised())?;
            *kept = Some((pattern.to_string(), compiled));
        }
        let (_, regex) = kept.as_ref().ok_or_else(raised)?;
        regex.is_match(text).map(Some).map_err(|_| raised())
    })
}

/// `math.floor`.
fn floor(context: &Context<'_>) -> Result<SqlValue> {
    match context.get_raw(0) {
        ValueRef::Integer(number) => Ok(SqlValue::Integer(number)),
        ValueRef::Real(number) if number.is_finite() && number.abs() < 9.2e18 => {
            Ok(SqlValue::Integer(number.floor() as i64))
        }
        _ => Err(raised()),
    }
}

/// An app and its scripts reach no file but the database that was opened: no ATTACH (which VACUUM INTO is, too), no
/// extensions, no pragma that names a folder. An empty name attaches a temporary database, as VACUUM does.
fn authorize(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Attach { filename } if !matches!(filename, "" | ":memory:") => Authorization::Deny,
        AuthAction::Function { function_name } if function_name.eq_ignore_ascii_case("load_extension") => {
            Authorization::Deny
        }
        AuthAction::Pragma { pragma_name, pragma_value: Some(_) }
            if ["temp_store_directory", "data_store_directory"]
                .iter()
                .any(|name| pragma_name.eq_ignore_ascii_case(name)) =>
        {
            Authorization::Deny
        }
        _ => Authorization::Allow,
    }
}
