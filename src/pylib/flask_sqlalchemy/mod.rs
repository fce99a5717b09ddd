//! `flask_sqlalchemy`: the extension, written in the language over `sqlalchemy`.
//!
//! Owns where an app's database file lies, and what the command line chose instead (`--db`, a lesson, a sandbox).
//! Must not know how engines work.

use std::cell::RefCell;
use std::path::Path;

use crate::engine::Url;
use crate::python::value::{Host, NativeModule, R, Row, Value, param};

pub static FLASK_SQLALCHEMY: NativeModule = NativeModule {
    prelude: Some(include_str!("../prelude/flask_sqlalchemy.py")),
    ..NativeModule::new("flask_sqlalchemy", "The extension: db, db.Model, db.session.")
};

pub static QUERY: NativeModule = NativeModule {
    prelude: Some(include_str!("../prelude/flask_sqlalchemy_query.py")),
    ..NativeModule::new("flask_sqlalchemy.query", "Query with answers for views.")
};

pub static PAGINATION: NativeModule = NativeModule {
    prelude: Some(include_str!("../prelude/flask_sqlalchemy_pagination.py")),
    ..NativeModule::new("flask_sqlalchemy.pagination", "Pages of results.")
};

const PART: &str =
    "from flask_sqlalchemy import *\nfrom flask_sqlalchemy import SQLAlchemy, Model, Session\n";

pub static MODULES: &[&NativeModule] = &[
    &FLASK_SQLALCHEMY,
    &QUERY,
    &PAGINATION,
    &NativeModule {
        functions: FUNCTIONS,
        ..NativeModule::new("flask_sqlalchemy._database", "Where the database of an app is.")
    },
    &NativeModule { prelude: Some(PART), ..NativeModule::new("flask_sqlalchemy.model", "The model base.") },
    &NativeModule {
        prelude: Some(PART),
        ..NativeModule::new("flask_sqlalchemy.extension", "The extension.")
    },
    &NativeModule { prelude: Some(PART), ..NativeModule::new("flask_sqlalchemy.session", "The session.") },
];

static FUNCTIONS: &[Row] = &[
    Row::function(
        "take_options",
        &[param::pos("uri"), param::pos("given")],
        "The database URI of an app: the configured one, unless the command line chose another.",
        "",
        take_options,
    ),
    Row::function(
        "database_url",
        &[param::pos("url"), param::pos("instance_path"), param::pos("default")],
        "A relative SQLite path lies in the instance folder, which is made if need be.",
        "",
        database_url,
    ),
];

thread_local! {
    static CHOSEN: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The URI that stands in for the configured one of the next app.
pub fn choose_database(uri: Option<String>) {
    CHOSEN.with(|chosen| *chosen.borrow_mut() = uri);
}

fn take_options(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let chosen = CHOSEN.with(|chosen| chosen.borrow().clone());
    Ok(match chosen {
        Some(uri) => Value::str(uri),
        None => args[0].clone(),
    })
}

fn database_url(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let (Some(text), Some(instance)) = (args[0].as_str(), args[1].as_str()) else {
        return Ok(args[0].clone());
    };
    let mut url = Url::parse(text)?;
    if url.is_sqlite()
        && let Some(database) = url.database.clone()
        && !database.is_empty()
        && database != ":memory:"
        && !database.starts_with("file:")
        && !Path::new(&database).is_absolute()
    {
        let path = Path::new(instance).join(&database);
        // Where the folder cannot be made, opening the file says why.
        let _ = std::fs::create_dir_all(instance);
        url.database = Some(path.to_string_lossy().into_owned());
    }
    Ok(Value::str(url.render(false)))
}
