//! `Connection` and its transactions as objects.
//!
//! Owns their methods. Must not know how statements are compiled.

use std::rc::Rc;

use super::arguments::{self, Positional};
use super::engine::{dialect_value, engine_value};
use crate::diag::Error;
use crate::engine::result::{BufferedRows, CURSOR_RESULT, CursorInfo, ResultBuilder, RowKeys};
use crate::engine::{self, CacheNote, Connection, Isolation, SqlText, Transaction};
use crate::python::value::{
    CompareOp, Getter, Host, Native, NativeType, ParamDefault, R, Raised, Row, Slots, Str, Value, param,
};
use crate::sql::exc;
use crate::sql::statement::Statement;

/// The payload of connection objects.
pub struct ConnectionData(pub Rc<Connection>);

impl Native for ConnectionData {}

pub fn connection_value(connection: &Rc<Connection>) -> Value {
    Value::native(&CONNECTION, ConnectionData(connection.clone()))
}

/// The connection behind an object, if it is one.
pub fn connection_of(value: &Value) -> Option<&Rc<Connection>> {
    value.payload::<ConnectionData>().map(|data| &data.0)
}

fn data(value: &Value) -> &Rc<Connection> {
    connection_of(value).expect("methods of a connection are called with connections")
}

/// The payload of transaction objects.
pub struct TransactionData(pub Transaction);

impl Native for TransactionData {}

pub fn transaction_value(transaction: Transaction) -> Value {
    let kind = if transaction.is_nested() { &NESTED_TRANSACTION } else { &ROOT_TRANSACTION };
    Value::native(kind, TransactionData(transaction))
}

fn transaction(value: &Value) -> &Transaction {
    &value.payload::<TransactionData>().expect("methods of a transaction are called with transactions").0
}

const fn getter(name: &'static str, doc: &'static str, get: fn(&mut dyn Host, &Value) -> R<Value>) -> Getter {
    Getter { name, doc, get, set: None }
}

pub static CONNECTION: NativeType = NativeType {
    doc: "A connection to a database.",
    methods: &[
        Row::method(
            "execute",
            &[
                param::req("statement"),
                param::opt("parameters", ParamDefault::None),
                param::kw("execution_options", ParamDefault::None),
            ],
            "Runs a statement and gives its result.",
            "",
            execute,
        ),
        Row::method(
            "scalar",
            &[
                param::req("statement"),
                param::opt("parameters", ParamDefault::None),
                param::kw("execution_options", ParamDefault::None),
            ],
            "Runs a statement and gives the first column of its first row.",
            "",
            |host, args| {
                let result = execute(host, args)?;
                host.call_method(&result, "scalar", &[])
            },
        ),
        Row::method(
            "scalars",
            &[
                param::req("statement"),
                param::opt("parameters", ParamDefault::None),
                param::kw("execution_options", ParamDefault::None),
            ],
            "Runs a statement and gives its first column.",
            "",
            |host, args| {
                let result = execute(host, args)?;
                host.call_method(&result, "scalars", &[])
            },
        ),
        Row::method(
            "exec_driver_sql",
            &[
                param::req("statement"),
                param::opt("parameters", ParamDefault::None),
                param::opt("execution_options", ParamDefault::None),
            ],
            "Hands text to the driver as it is.",
            "",
            exec_driver_sql,
        ),
        Row::method("begin", &[], "Begins a transaction.", "", |host, args| {
            Ok(transaction_value(data(&args[0]).begin(host)?))
        }),
        Row::method("begin_nested", &[], "Begins a savepoint.", "", |host, args| {
            Ok(transaction_value(data(&args[0]).begin_nested(host)?))
        }),
        Row::method("commit", &[], "Commits the transaction under way.", "", |host, args| {
            data(&args[0]).commit(host)?;
            Ok(Value::None)
        }),
        Row::method("rollback", &[], "Rolls the transaction under way back.", "", |host, args| {
            data(&args[0]).rollback(host)?;
            Ok(Value::None)
        }),
        Row::method("close", &[], "Gives the connection back.", "", |host, args| {
            data(&args[0]).close(host)?;
            Ok(Value::None)
        }),
        Row::method("in_transaction", &[], "Whether a transaction is under way.", "", |_, args| {
            Ok(Value::Bool(data(&args[0]).in_transaction()))
        }),
        Row::method("in_nested_transaction", &[], "Whether a savepoint is under way.", "", |_, args| {
            Ok(Value::Bool(data(&args[0]).in_nested_transaction()))
        }),
        Row::method("get_transaction", &[], "The transaction under way, or None.", "", |_, args| {
            Ok(data(&args[0]).get_transaction().map_or(Value::None, transaction_value))
        }),
        Row::method("get_nested_transaction", &[], "The savepoint under way, or None.", "", |_, args| {
            Ok(data(&args[0]).get_nested_transaction().map_or(Value::None, transaction_value))
        }),
        Row::method(
            "execution_options",
            &[param::kwargs("opt")],
            "Sets options of the connection.",
            "",
            execution_options,
        ),
        Row::method(
            "run_callable",
            &[param::req("callable_"), param::args("args")],
            "Calls with the connection first.",
            "",
            |host, args| {
                let mut values = vec![args[0].clone()];
                values.extend(host.collect(&args[2])?);
                host.call_values(&args[1], &values)
            },
        ),
    ],
    getters: &[
        getter("closed", "Whether it was given back.", |_, value| Ok(Value::Bool(data(value).is_closed()))),
        getter("engine", "The engine.", |_, value| Ok(engine_value(data(value).engine()))),
        getter("dialect", "What the database spells its own way.", |_, _| Ok(dialect_value())),
        getter("connection", "The driver's connection.", |_, value| {
            Ok(crate::pylib::sqlite3::borrowed_connection(&data(value).dbapi()?, None))
        }),
        getter("invalidated", "Whether the driver lost it.", |_, _| Ok(Value::Bool(false))),
    ],
    slots: Slots {
        enter: Some(|_, value| Ok(value.clone())),
        exit: Some(|host, value, _| {
            data(value).close(host)?;
            Ok(false)
        }),
        compare: Some(|_, op, left, right| {
            let same = connection_of(right).is_some_and(|right| Rc::ptr_eq(data(left), right));
            Ok(match op {
                CompareOp::Eq => Value::Bool(same),
                CompareOp::Ne => Value::Bool(!same),
                _ => Value::NotImplemented,
            })
        }),
        hash: Some(|_, value| Ok(Rc::as_ptr(data(value)) as usize as i64 >> 4)),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("Connection", "sqlalchemy.engine.base")
};

pub static TRANSACTION: NativeType = NativeType {
    doc: "A transaction of a connection.",
    methods: &[
        Row::method("commit", &[], "Commits.", "", |host, args| {
            transaction(&args[0]).commit(host)?;
            Ok(Value::None)
        }),
        Row::method("rollback", &[], "Rolls back.", "", |host, args| {
            transaction(&args[0]).rollback(host)?;
            Ok(Value::None)
        }),
        Row::method("close", &[], "Rolls back what is not committed.", "", |host, args| {
            transaction(&args[0]).close(host)?;
            Ok(Value::None)
        }),
    ],
    getters: &[
        getter("is_active", "Whether it goes on.", |_, value| {
            Ok(Value::Bool(transaction(value).is_active()))
        }),
        getter("is_valid", "Whether it goes on.", |_, value| Ok(Value::Bool(transaction(value).is_active()))),
        getter("connection", "The connection.", |_, value| {
            Ok(connection_value(&transaction(value).connection))
        }),
    ],
    slots: Slots {
        enter: Some(|_, value| {
            transaction(value).enter();
            Ok(value.clone())
        }),
        exit: Some(|host, value, raised| {
            transaction(value).exit(host, raised.is_some())?;
            Ok(false)
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("Transaction", "sqlalchemy.engine.base")
};

pub static ROOT_TRANSACTION: NativeType =
    NativeType { bases: &[&TRANSACTION], ..NativeType::plain("RootTransaction", "sqlalchemy.engine.base") };

pub static NESTED_TRANSACTION: NativeType =
    NativeType { bases: &[&TRANSACTION], ..NativeType::plain("NestedTransaction", "sqlalchemy.engine.base") };

/// `ObjectNotExecutableError: Not an executable object: 'SELECT 1'`
fn not_executable(shown: &str) -> Raised {
    Error::new(&exc::OBJECT_NOT_EXECUTABLE, format!("Not an executable object: {shown}")).into()
}

/// The statement that an object is.
pub fn statement_of(host: &mut dyn Host, value: &Value) -> R<Statement> {
    let found = match value {
        Value::Instance(_) => crate::sql::coerce::statement(host, value)?,
        _ => None,
    };
    match found {
        Some(statement) => Ok(statement),
        None => Err(not_executable(&host.repr(value)?)),
    }
}

fn execute(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let connection = data(&args[0]).clone();
    let statement = statement_of(host, &args[1])?;
    let sets = arguments::parameter_sets(host, &args[2])?;
    engine::execute_statement(host, &connection, &statement, &sets)
}

fn exec_driver_sql(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let connection = data(&args[0]).clone();
    let text = arguments::text(host, &args[1], "execute() argument 1")?;
    let sql = SqlText::new(&*text);
    let values = match arguments::positional(host, &args[2])? {
        Positional::One(values) => values,
        Positional::Named(named) => {
            let prepared =
                connection.dbapi()?.prepare(&sql).map_err(|error| connection.fetch_failed(host, error))?;
            crate::pylib::sqlite3::by_name(&prepared, &named)
                .map_err(|error| connection.fetch_failed(host, error))?
        }
        Positional::Many(sets) => {
            let changed = connection.execute_many(host, &sql, CacheNote::Raw, &sets)?;
            let info = CursorInfo { rowcount: Some(changed), executemany: true, ..CursorInfo::default() };
            return Ok(ResultBuilder::without_rows(&CURSOR_RESULT).info(info).build());
        }
    };
    let mut cursor = connection.execute(host, &sql, CacheNote::Raw, &values)?;
    let names: Vec<Str> = cursor.column_names().iter().map(|name| Str::new(name)).collect();
    let width = cursor.width();
    let cells = cursor.fetch_all().map_err(|error| connection.fetch_failed(host, error))?;
    let info = CursorInfo {
        rowcount: Some(cursor.rowcount()),
        lastrowid: cursor.lastrowid(),
        ..CursorInfo::default()
    };
    if width == 0 {
        return Ok(ResultBuilder::without_rows(&CURSOR_RESULT).info(info).build());
    }
    let keys = RowKeys::of_text(names);
    let rows = BufferedRows::new(width, cells);
    Ok(ResultBuilder::new(&CURSOR_RESULT, keys, Box::new(rows)).info(info).build())
}

fn execution_options(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    if let Value::Dict(options) = &args[1]
        && let Some(level) = options.get("isolation_level")
    {
        let level = host.str(&level)?;
        let isolation = if &*level == "AUTOCOMMIT" { Isolation::Autocommit } else { Isolation::Legacy };
        data(&args[0]).set_isolation(isolation)?;
    }
    Ok(args[0].clone())
}
