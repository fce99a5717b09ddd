//! `create_engine`, `Engine`, pools and the dialect as objects.
//!
//! Owns their attributes and what `create_engine` accepts. Must not know statements.

use std::cell::RefCell;
use std::rc::Rc;

use super::connection::{self, connection_value};
use super::url::{url_of, url_value};
use crate::diag::builtin::TYPE_ERROR;
use crate::engine::{Connection, Engine, EngineOptions, PoolKind, Transaction};
use crate::python::value::{
    CompareOp, Getter, Host, Native, NativeType, ParamDefault, R, Raised, Row, Slots, Str, Value,
    native_class, param,
};

/// The payload of engine objects.
pub struct EngineData(pub Rc<Engine>);

impl Native for EngineData {}

pub fn engine_value(engine: &Rc<Engine>) -> Value {
    Value::native(&ENGINE, EngineData(engine.clone()))
}

/// The engine behind an object, if it is one.
pub fn engine_of(value: &Value) -> Option<&Rc<Engine>> {
    value.payload::<EngineData>().map(|data| &data.0)
}

fn data(value: &Value) -> &Rc<Engine> {
    engine_of(value).expect("methods of an engine are called with engines")
}

const fn getter(name: &'static str, doc: &'static str, get: fn(&mut dyn Host, &Value) -> R<Value>) -> Getter {
    Getter { name, doc, get, set: None }
}

pub static ENGINE: NativeType = NativeType {
    doc: "A database that connections are made to.",
    methods: &[
        Row::method("connect", &[], "A connection from the pool.", "", connect),
        Row::method("begin", &[], "A connection in a transaction, for `with`.", "", begin),
        Row::method(
            "dispose",
            &[param::opt("close", ParamDefault::Bool(true))],
            "Closes the pool.",
            "",
            dispose,
        ),
        Row::method("raw_connection", &[], "A connection of the driver.", "", raw_connection),
        Row::method(
            "execution_options",
            &[param::kwargs("opt")],
            "The engine with options.",
            "",
            |_, args| Ok(args[0].clone()),
        ),
        Row::method("get_execution_options", &[], "The options.", "", |_, _| {
            Ok(Value::Dict(crate::python::value::Gc::new(crate::python::value::Dict::new())))
        }),
        Row::method("clear_compiled_cache", &[], "Forgets compiled statements.", "", |_, args| {
            crate::engine::forget_compiled(data(&args[0]));
            Ok(Value::None)
        }),
    ],
    getters: &[
        getter("url", "Where the database is.", |_, engine| Ok(url_value(data(engine).url.clone()))),
        Getter {
            name: "echo",
            doc: "Whether statements are shown.",
            get: |_, engine| Ok(Value::Bool(data(engine).echo())),
            set: Some(|host, engine, value| {
                let on = host.truth(&value)?;
                data(engine).set_echo(on);
                Ok(())
            }),
        },
        getter("name", "The kind of database.", |_, engine| Ok(Value::str(data(engine).dialect_name()))),
        getter("driver", "The driver's name.", |_, engine| Ok(Value::str(data(engine).driver()))),
        getter("dialect", "What the database spells its own way.", |_, _| Ok(dialect_value())),
        getter("engine", "The engine itself.", |_, engine| Ok(engine.clone())),
        getter("pool", "The pool of connections.", |_, engine| {
            Ok(Value::native(pool_type(data(engine).pool.kind), EngineData(data(engine).clone())))
        }),
        getter("hide_parameters", "Whether parameters are left out of messages.", |_, engine| {
            Ok(Value::Bool(data(engine).hide_parameters))
        }),
    ],
    slots: Slots {
        repr: Some(|_, engine| Ok(Str::new(&format!("Engine({})", data(engine).url.render(true))))),
        compare: Some(|_, op, left, right| {
            let same = engine_of(right).is_some_and(|right| Rc::ptr_eq(data(left), right));
            Ok(match op {
                CompareOp::Eq => Value::Bool(same),
                CompareOp::Ne => Value::Bool(!same),
                _ => Value::NotImplemented,
            })
        }),
        hash: Some(|_, engine| Ok(Rc::as_ptr(data(engine)) as usize as i64 >> 4)),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("Engine", "sqlalchemy.engine.base")
};

fn connect(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(connection_value(&data(&args[0]).connect(host)?))
}

fn dispose(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    data(&args[0]).dispose();
    Ok(Value::None)
}

fn raw_connection(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let connection = data(&args[0]).connect(host)?;
    Ok(crate::pylib::sqlite3::borrowed_connection(&connection.dbapi()?, Some(connection.clone())))
}

/// What `engine.begin()` gives: a context manager.
struct Begun {
    engine: Rc<Engine>,
    open: RefCell<Option<(Rc<Connection>, Transaction)>>,
}

impl Native for Begun {}

static BEGUN: NativeType = NativeType {
    slots: Slots {
        enter: Some(|host, value| {
            let Some(begun) = value.payload::<Begun>() else { return Ok(Value::None) };
            let connection = begun.engine.connect(host)?;
            let transaction = connection.begin(host)?;
            transaction.enter();
            *begun.open.borrow_mut() = Some((connection.clone(), transaction));
            Ok(connection_value(&connection))
        }),
        exit: Some(|host, value, raised| {
            let open = value.payload::<Begun>().and_then(|begun| begun.open.borrow_mut().take());
            if let Some((connection, transaction)) = open {
                let done = transaction.exit(host, raised.is_some());
                connection.close(host)?;
                done?;
            }
            Ok(false)
        }),
        ..Slots::NONE
    },
    is_base: false,
    ..NativeType::plain("_GeneratorContextManager", "contextlib")
};

fn begin(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let engine = data(&args[0]).clone();
    Ok(Value::native(&BEGUN, Begun { engine, open: RefCell::new(None) }))
}

/// The payload of the dialect object; there is one dialect.
struct DialectData;

impl Native for DialectData {}

pub fn dialect_value() -> Value {
    Value::native(&DIALECT, DialectData)
}

pub static DIALECT: NativeType = NativeType {
    doc: "SQLite as the driver pysqlite speaks it.",
    getters: &[
        getter("name", "The kind of database.", |_, _| Ok(Value::str("sqlite"))),
        getter("driver", "The driver's name.", |_, _| Ok(Value::str("pysqlite"))),
        getter("paramstyle", "How parameters stand in text.", |_, _| Ok(Value::str("qmark"))),
        getter("server_version_info", "SQLite's version.", |_, _| {
            let parts = crate::engine::DbapiConnection::sqlite_version().split('.');
            Ok(Value::tuple(parts.filter_map(|part| part.parse::<i64>().ok()).map(Value::Int).collect()))
        }),
        getter("default_schema_name", "The schema of tables without one.", |_, _| Ok(Value::str("main"))),
    ],
    is_base: false,
    ..NativeType::plain("SQLiteDialect_pysqlite", "sqlalchemy.dialects.sqlite.pysqlite")
};

fn pool_type(kind: PoolKind) -> &'static NativeType {
    match kind {
        PoolKind::Queue => &QUEUE_POOL,
        PoolKind::Static => &STATIC_POOL,
        PoolKind::SingletonThread => &SINGLETON_THREAD_POOL,
        PoolKind::Null => &NULL_POOL,
    }
}

pub static POOL: NativeType = NativeType {
    doc: "Connections of the driver, kept for use.",
    methods: &[
        Row::method("status", &[], "What the pool holds, in words.", "", |_, args| {
            Ok(Value::str(data(&args[0]).pool.status()))
        }),
        Row::method("size", &[], "How many connections are kept.", "", |_, args| {
            Ok(Value::from(data(&args[0]).pool.size))
        }),
        Row::method("checkedout", &[], "How many connections are in use.", "", |_, args| {
            Ok(Value::from(data(&args[0]).pool.checked_out()))
        }),
        Row::method("checkedin", &[], "How many connections wait.", "", |_, args| {
            Ok(Value::from(data(&args[0]).pool.checked_in()))
        }),
        Row::method("dispose", &[], "Closes what waits.", "", dispose),
    ],
    ..NativeType::plain("Pool", "sqlalchemy.pool.base")
};

const A_POOL: &[&NativeType] = &[&POOL];

const fn pool(name: &'static str) -> NativeType {
    NativeType { bases: A_POOL, ..NativeType::plain(name, "sqlalchemy.pool.impl") }
}

pub static QUEUE_POOL: NativeType = pool("QueuePool");
pub static STATIC_POOL: NativeType = pool("StaticPool");
pub static NULL_POOL: NativeType = pool("NullPool");
pub static SINGLETON_THREAD_POOL: NativeType = pool("SingletonThreadPool");

fn pool_kind(class: &Value) -> Option<PoolKind> {
    let Value::Class(class) = class else { return None };
    [PoolKind::Queue, PoolKind::Static, PoolKind::SingletonThread, PoolKind::Null]
        .into_iter()
        .find(|kind| crate::python::value::Gc::ptr_eq(&native_class(pool_type(*kind)), class))
}

/// Options that are accepted and change nothing here.
const ACCEPTED: &[&str] = &[
    "future",
    "pool_pre_ping",
    "pool_recycle",
    "pool_timeout",
    "pool_reset_on_return",
    "pool_use_lifo",
    "pool_logging_name",
    "echo_pool",
    "execution_options",
    "json_serializer",
    "json_deserializer",
    "query_cache_size",
    "module",
    "paramstyle",
    "plugins",
    "enable_from_linting",
    "insertmanyvalues_page_size",
    "use_insertmanyvalues",
    "label_length",
    "max_identifier_length",
    "native_datetime",
    "creator",
    "strategy",
];

fn int(value: &Value) -> Option<usize> {
    match value {
        Value::Int(number) => usize::try_from(*number).ok(),
        _ => None,
    }
}

/// Reads the keywords of `create_engine` (and of Flask-SQLAlchemy's engine options).
pub fn options(host: &mut dyn Host, keywords: &[(Value, Value)]) -> R<EngineOptions> {
    let mut options = EngineOptions::default();
    let mut unknown = Vec::new();
    for (key, value) in keywords {
        let key = host.str(key)?;
        match &*key {
            "echo" => {
                options.echo_rows = value.as_str() == Some("debug");
                options.echo = host.truth(value)?;
            }
            "poolclass" => options.pool = pool_kind(value),
            "pool_size" => options.pool_size = int(value),
            "max_overflow" => options.max_overflow = int(value),
            "hide_parameters" => options.hide_parameters = host.truth(value)?,
            "logging_name" => options.logging_name = Some(host.str(value)?.to_string()),
            "isolation_level" => options.autocommit = value.as_str() == Some("AUTOCOMMIT"),
            "connect_args" => {
                if let Value::Dict(dict) = value {
                    options.timeout = match dict.get("timeout") {
                        Some(Value::Int(seconds)) => Some(seconds as f64),
                        Some(Value::Float(seconds)) => Some(seconds),
                        _ => None,
                    };
                }
            }
            known if ACCEPTED.contains(&known) => {}
            _ => unknown.push(format!("'{key}'")),
        }
    }
    if unknown.is_empty() { Ok(options) } else { Err(invalid_arguments(&unknown.join(","))) }
}

/// `TypeError: Invalid argument(s) 'x' sent to create_engine(), using configuration ...`
fn invalid_arguments(names: &str) -> Raised {
    Raised::new(
        &TYPE_ERROR,
        format!(
            "Invalid argument(s) {names} sent to create_engine(), using configuration \
             SQLiteDialect_pysqlite/QueuePool/Engine.  Please check that the keyword arguments are appropriate for \
             this combination of components."
        ),
    )
}

fn create_engine(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let url = url_of(host, &args[0])?;
    let keywords = match &args[1] {
        Value::Dict(dict) => dict.to_vec(),
        _ => Vec::new(),
    };
    let options = options(host, &keywords)?;
    Ok(engine_value(&Engine::new(url, options)?))
}

pub static FUNCTIONS: &[Row] = &[
    Row::function(
        "create_engine",
        &[param::req("url"), param::kwargs("kwargs")],
        "An engine for a database URL.",
        "",
        create_engine,
    ),
    Row::function(
        "make_url",
        &[param::req("name_or_url")],
        "A URL object of a text.",
        "",
        super::url::make_url,
    ),
];

/// The connection that an engine or a connection object means, for functions that take either (`bind`).
pub fn connection_for(host: &mut dyn Host, bind: &Value) -> R<Option<Rc<Connection>>> {
    if let Some(engine) = engine_of(bind) {
        return Ok(Some(engine.connect(host)?));
    }
    Ok(connection::connection_of(bind).cloned())
}
