//! `sqlite3`: the driver's connections and cursors as objects, its exceptions, `connect` to databases in memory.
//!
//! Owns what listeners do with a `dbapi_connection`. Must not know SQLAlchemy's connections beyond keeping one alive.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::sqlalchemy::arguments::{self, Positional};
use crate::diag::Error;
use crate::engine::{Connection, Cursor, DbapiConnection, OpenOptions, Prepared, SqlText, errors};
use crate::python::value::{
    Getter, Host, Native, NativeModule, NativeType, ParamDefault, R, Raised, Row, Slots, Str, Value, param,
};

/// The payload of connection objects.
struct ConnectionData {
    dbapi: Rc<DbapiConnection>,
    /// Keeps the pool from taking the driver's connection back.
    _owner: Option<Rc<Connection>>,
}

impl Native for ConnectionData {}

/// The object of a driver connection that an engine made.
pub fn borrowed_connection(dbapi: &Rc<DbapiConnection>, owner: Option<Rc<Connection>>) -> Value {
    Value::native(&CONNECTION, ConnectionData { dbapi: dbapi.clone(), _owner: owner })
}

/// The payload of cursor objects.
struct CursorData {
    dbapi: Rc<DbapiConnection>,
    running: RefCell<Option<Cursor>>,
    rowcount: Cell<i64>,
    lastrowid: Cell<Option<i64>>,
    arraysize: Cell<usize>,
}

impl Native for CursorData {}

pub fn cursor_value(dbapi: &Rc<DbapiConnection>) -> Value {
    let data = CursorData {
        dbapi: dbapi.clone(),
        running: RefCell::new(None),
        rowcount: Cell::new(-1),
        lastrowid: Cell::new(None),
        arraysize: Cell::new(1),
    };
    Value::native(&CURSOR, data)
}

fn connection(value: &Value) -> &Rc<DbapiConnection> {
    &value.payload::<ConnectionData>().expect("methods of a connection are called with connections").dbapi
}

fn cursor(value: &Value) -> &CursorData {
    value.payload::<CursorData>().expect("methods of a cursor are called with cursors")
}

/// Named parameters in the order of the statement's.
pub fn by_name(prepared: &Prepared, named: &[(Str, Value)]) -> Result<Vec<Value>, Error> {
    let mut values = Vec::with_capacity(prepared.parameters());
    for index in 0..prepared.parameters() {
        let name = prepared.parameter_name(index).unwrap_or_else(|| (index + 1).to_string());
        match named.iter().find(|(key, _)| **key == *name) {
            Some((_, value)) => values.push(value.clone()),
            None => return Err(errors::binding_missing(&name)),
        }
    }
    Ok(values)
}

const EXECUTE: &[crate::python::value::Param] =
    &[param::pos("sql"), param::pos_opt("parameters", ParamDefault::Omitted("()"))];

pub static CONNECTION: NativeType = NativeType {
    doc: "A connection to an SQLite database.",
    methods: &[
        Row::method("cursor", &[], "A cursor.", "", |_, args| Ok(cursor_value(connection(&args[0])))),
        Row::method("execute", EXECUTE, "Runs a statement on a new cursor.", "", |host, args| {
            let made = cursor_value(connection(&args[0]));
            execute(host, &[made, args[1].clone(), args[2].clone()])
        }),
        Row::method("executemany", EXECUTE, "Runs a statement many times.", "", |host, args| {
            let made = cursor_value(connection(&args[0]));
            executemany(host, &[made, args[1].clone(), args[2].clone()])
        }),
        Row::method(
            "executescript",
            &[param::pos("sql_script")],
            "Runs several statements.",
            "",
            |host, args| {
                let made = cursor_value(connection(&args[0]));
                executescript(host, &[made, args[1].clone()])
            },
        ),
        Row::method("commit", &[], "Commits.", "", |_, args| {
            connection(&args[0]).commit().map_err(Raised::from)?;
            Ok(Value::None)
        }),
        Row::method("rollback", &[], "Rolls back.", "", |_, args| {
            connection(&args[0]).rollback().map_err(Raised::from)?;
            Ok(Value::None)
        }),
        Row::method("close", &[], "Closes.", "", |_, args| {
            connection(&args[0]).close();
            Ok(Value::None)
        }),
        Row::method("interrupt", &[], "Stops what is running.", "", |_, args| {
            connection(&args[0]).interrupt();
            Ok(Value::None)
        }),
        Row::method(
            "create_function",
            &[
                param::req("name"),
                param::req("narg"),
                param::req("func"),
                param::kw("deterministic", ParamDefault::Bool(false)),
            ],
            "Accepted; functions written in Python are not called from SQL.",
            "",
            |_, _| Ok(Value::None),
        ),
        Row::method(
            "create_collation",
            &[param::pos("name"), param::pos("callable")],
            "Accepted; collations written in Python are not called from SQL.",
            "",
            |_, _| Ok(Value::None),
        ),
        Row::method("enable_load_extension", &[param::pos("enabled")], "Refused.", "", |_, _| {
            Err(errors::from_code(23, "not authorized").into())
        }),
    ],
    getters: &[
        Getter {
            name: "isolation_level",
            doc: "What follows BEGIN; None begins nothing.",
            get: |_, value| Ok(Value::from(connection(value).isolation())),
            set: Some(|host, value, level| {
                let level = if level.is_none() { None } else { Some(host.str(&level)?.to_string()) };
                connection(value).set_isolation(level).map_err(Raised::from)
            }),
        },
        Getter {
            name: "in_transaction",
            doc: "Whether a transaction is under way.",
            get: |_, value| Ok(Value::Bool(connection(value).in_transaction())),
            set: None,
        },
        Getter {
            name: "total_changes",
            doc: "How many rows were changed in all.",
            get: |_, value| Ok(Value::Int(connection(value).total_changes())),
            set: None,
        },
        Getter {
            name: "dbapi_connection",
            doc: "The driver's connection itself.",
            get: |_, value| Ok(value.clone()),
            set: None,
        },
        Getter {
            name: "driver_connection",
            doc: "The driver's connection itself.",
            get: |_, value| Ok(value.clone()),
            set: None,
        },
    ],
    slots: Slots {
        enter: Some(|_, value| Ok(value.clone())),
        exit: Some(|_, value, error| {
            let done = match error {
                Some(_) => connection(value).rollback(),
                None => connection(value).commit(),
            };
            done.map_err(Raised::from)?;
            Ok(false)
        }),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("Connection", "sqlite3")
};

pub static CURSOR: NativeType = NativeType {
    doc: "Runs statements and fetches their rows.",
    methods: &[
        Row::method("execute", EXECUTE, "Runs a statement.", "", execute),
        Row::method(
            "executemany",
            EXECUTE,
            "Runs a statement with many sets of parameters.",
            "",
            executemany,
        ),
        Row::method(
            "executescript",
            &[param::pos("sql_script")],
            "Runs several statements.",
            "",
            executescript,
        ),
        Row::method("fetchone", &[], "The next row, or None.", "", |_, args| {
            Ok(next_row(cursor(&args[0]))?.unwrap_or_default())
        }),
        Row::method("fetchall", &[], "All rows that are left.", "", |_, args| {
            Ok(Value::list(fetch(cursor(&args[0]), usize::MAX)?))
        }),
        Row::method(
            "fetchmany",
            &[param::opt("size", ParamDefault::None)],
            "At most that many rows.",
            "",
            |_, args| {
                let data = cursor(&args[0]);
                let size = match &args[1] {
                    Value::Int(size) => usize::try_from(*size).unwrap_or(usize::MAX),
                    _ => data.arraysize.get(),
                };
                Ok(Value::list(fetch(data, size)?))
            },
        ),
        Row::method("close", &[], "Closes the cursor.", "", |_, args| {
            cursor(&args[0]).running.take();
            Ok(Value::None)
        }),
    ],
    getters: &[
        Getter {
            name: "rowcount",
            doc: "How many rows were changed.",
            get: |_, value| Ok(Value::Int(cursor(value).rowcount.get())),
            set: None,
        },
        Getter {
            name: "lastrowid",
            doc: "The id of the row inserted last.",
            get: |_, value| Ok(Value::from(cursor(value).lastrowid.get())),
            set: None,
        },
        Getter { name: "description", doc: "The columns of the result.", get: description, set: None },
        Getter {
            name: "connection",
            doc: "The connection.",
            get: |_, value| Ok(borrowed_connection(&cursor(value).dbapi, None)),
            set: None,
        },
    ],
    slots: Slots {
        iter: Some(|_, value| Ok(value.clone())),
        next: Some(|_, value| next_row(cursor(value))),
        ..Slots::NONE
    },
    ..NativeType::plain("Cursor", "sqlite3")
};

fn text(host: &mut dyn Host, value: &Value) -> R<Str> {
    arguments::text(host, value, "execute() argument 1")
}

fn execute(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let data = cursor(&args[0]);
    let sql = SqlText::new(&*text(host, &args[1])?);
    data.running.take();
    let values = match &args[2] {
        Value::List(items) => items.to_vec(),
        Value::Unset => Vec::new(),
        Value::Tuple(_) | Value::Dict(_) => match arguments::positional(host, &args[2])? {
            Positional::One(values) => values,
            Positional::Named(named) => {
                let prepared = data.dbapi.prepare(&sql).map_err(Raised::from)?;
                by_name(&prepared, &named)?
            }
            Positional::Many(_) => return Err(errors::unsupported_parameters().into()),
        },
        _ => return Err(errors::unsupported_parameters().into()),
    };
    let running = data.dbapi.execute(&sql, &values).map_err(Raised::from)?;
    data.lastrowid.set(running.lastrowid());
    data.rowcount.set(running.rowcount());
    *data.running.borrow_mut() = Some(running);
    Ok(args[0].clone())
}

fn executemany(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let data = cursor(&args[0]);
    let sql = SqlText::new(&*text(host, &args[1])?);
    let mut sets = Vec::new();
    let prepared = data.dbapi.prepare(&sql).map_err(Raised::from)?;
    for set in host.collect(&args[2])? {
        sets.push(match arguments::positional(host, &set)? {
            Positional::One(values) => values,
            Positional::Named(named) => by_name(&prepared, &named)?,
            Positional::Many(_) => return Err(errors::unsupported_parameters().into()),
        });
    }
    drop(prepared);
    let changed = data.dbapi.execute_many(&sql, sets.iter().map(Vec::as_slice)).map_err(Raised::from)?;
    data.rowcount.set(changed);
    Ok(args[0].clone())
}

fn executescript(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let data = cursor(&args[0]);
    let script = text(host, &args[1])?;
    data.dbapi.commit().map_err(Raised::from)?;
    data.dbapi.run_script(&script).map_err(Raised::from)?;
    Ok(args[0].clone())
}

fn next_row(data: &CursorData) -> R<Option<Value>> {
    let mut running = data.running.borrow_mut();
    let Some(cursor) = &mut *running else { return Ok(None) };
    if !cursor.next_row().map_err(Raised::from)? {
        data.rowcount.set(cursor.rowcount());
        return Ok(None);
    }
    let mut values = Vec::with_capacity(cursor.width());
    for index in 0..cursor.width() {
        values.push(cursor.value(index).map_err(Raised::from)?);
    }
    Ok(Some(Value::tuple(values)))
}

fn fetch(data: &CursorData, most: usize) -> R<Vec<Value>> {
    let mut rows = Vec::new();
    while rows.len() < most {
        match next_row(data)? {
            Some(row) => rows.push(row),
            None => break,
        }
    }
    Ok(rows)
}

fn description(_host: &mut dyn Host, value: &Value) -> R<Value> {
    let running = cursor(value).running.borrow();
    let Some(running) = &*running else { return Ok(Value::None) };
    if !running.returns_rows() {
        return Ok(Value::None);
    }
    let entry = |name: &String| {
        let mut parts = vec![Value::str(name)];
        parts.resize(7, Value::None);
        Value::tuple(parts)
    };
    Ok(Value::tuple(running.column_names().iter().map(entry).collect()))
}

/// Only memory: files are reached through an engine, which knows which of them an app may open.
fn connect(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let name = host.str(&args[0])?;
    if &*name != ":memory:" {
        return Err(errors::from_code(14, "unable to open database file").into());
    }
    let dbapi = DbapiConnection::open(&OpenOptions::default()).map_err(Raised::from)?;
    Ok(borrowed_connection(&dbapi, None))
}

pub static SQLITE3: NativeModule = NativeModule {
    functions: &[Row::function(
        "connect",
        &[param::req("database"), param::kwargs("kwargs")],
        "A connection to a database in memory.",
        "",
        connect,
    )],
    types: &[&CONNECTION, &CURSOR],
    exceptions: errors::ALL,
    constants: &[
        ("sqlite_version", |_| Ok(Value::str(DbapiConnection::sqlite_version()))),
        ("version", |_| Ok(Value::str("2.6.0"))),
        ("apilevel", |_| Ok(Value::str("2.0"))),
        ("paramstyle", |_| Ok(Value::str("qmark"))),
        ("PARSE_DECLTYPES", |_| Ok(Value::Int(1))),
        ("PARSE_COLNAMES", |_| Ok(Value::Int(2))),
    ],
    ..NativeModule::new("sqlite3", "SQLite, as the engine's driver.")
};

pub static DBAPI2: NativeModule = NativeModule {
    prelude: Some("from sqlite3 import *\n"),
    ..NativeModule::new("sqlite3.dbapi2", "The same as sqlite3.")
};

pub static MODULES: &[&NativeModule] = &[&SQLITE3, &DBAPI2];
