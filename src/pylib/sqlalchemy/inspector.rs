//! `Inspector`: what `inspect(engine)` gives.
//!
//! Owns its methods and the dictionaries that they answer with. Must not know how a database is asked.

use std::rc::Rc;

use super::engine::{dialect_value, engine_value};
use crate::engine::reflection::{
    Inspector, InspectorCache, ReflectedColumn, ReflectedForeignKey, ReflectedIndex,
};
use crate::engine::{Connection, Engine};
use crate::python::value::{
    Dict, Gc, Getter, Host, Native, NativeType, Param, ParamDefault, R, Row, Str, Value, param,
};

/// What is looked into.
pub enum Target {
    Engine(Rc<Engine>),
    Connection(Rc<Connection>),
}

struct InspectorData {
    target: Target,
    cache: Rc<InspectorCache>,
}

impl Native for InspectorData {}

pub fn inspector_value(target: Target) -> Value {
    Value::native(&INSPECTOR, InspectorData { target, cache: Rc::default() })
}

/// Runs over a connection: the one given, or one of the engine for the length of the question.
fn asking<T>(
    host: &mut dyn Host,
    value: &Value,
    ask: impl FnOnce(&mut dyn Host, &Inspector<'_>) -> R<T>,
) -> R<T> {
    let data = value.payload::<InspectorData>().expect("methods of an inspector are called with inspectors");
    match &data.target {
        Target::Connection(connection) => ask(host, &Inspector::with_cache(connection, data.cache.clone())),
        Target::Engine(engine) => {
            let connection = engine.connect(host)?;
            let answer = ask(host, &Inspector::with_cache(&connection, data.cache.clone()));
            connection.close(host)?;
            answer
        }
    }
}

const TABLE: &[Param] =
    &[param::req("table_name"), param::opt("schema", ParamDefault::None), param::kwargs("kw")];
const SCHEMA: &[Param] = &[param::opt("schema", ParamDefault::None), param::kwargs("kw")];
const VIEW: &[Param] =
    &[param::req("view_name"), param::opt("schema", ParamDefault::None), param::kwargs("kw")];

pub static INSPECTOR: NativeType = NativeType {
    doc: "Answers questions about a database's schema.",
    methods: &[
        Row::method("get_table_names", SCHEMA, "Names of the tables.", "", |host, args| {
            Ok(names(asking(host, &args[0], |host, ask| ask.table_names(host))?))
        }),
        Row::method("get_view_names", SCHEMA, "Names of the views.", "", |host, args| {
            Ok(names(asking(host, &args[0], |host, ask| ask.view_names(host))?))
        }),
        Row::method("get_temp_table_names", SCHEMA, "Names of temporary tables.", "", |host, args| {
            Ok(names(asking(host, &args[0], |host, ask| ask.temp_table_names(host))?))
        }),
        Row::method("get_schema_names", &[param::kwargs("kw")], "Names of the schemas.", "", |host, args| {
            Ok(names(asking(host, &args[0], |host, ask| ask.schema_names(host))?))
        }),
        Row::method("has_table", TABLE, "Whether there is such a table.", "", |host, args| {
            let name = host.str(&args[1])?;
            Ok(Value::Bool(asking(host, &args[0], |host, ask| ask.has_table(host, &name))?))
        }),
        Row::method("get_columns", TABLE, "The columns of a table.", "", get_columns),
        Row::method("get_pk_constraint", TABLE, "The primary key of a table.", "", get_pk_constraint),
        Row::method("get_foreign_keys", TABLE, "The foreign keys of a table.", "", get_foreign_keys),
        Row::method("get_indexes", TABLE, "The indexes of a table.", "", get_indexes),
        Row::method("get_unique_constraints", TABLE, "The UNIQUE constraints of a table.", "", get_uniques),
        Row::method("get_check_constraints", TABLE, "The CHECK constraints of a table.", "", get_checks),
        Row::method("get_table_comment", TABLE, "None: SQLite keeps no comments.", "", |_, _| {
            Ok(dict(&[("text", Value::None)]))
        }),
        Row::method("get_table_options", TABLE, "Options of a table.", "", |_, _| Ok(dict(&[]))),
        Row::method("get_view_definition", VIEW, "CREATE VIEW as it was written.", "", |host, args| {
            let name = host.str(&args[1])?;
            Ok(Value::str(asking(host, &args[0], |host, ask| ask.view_definition(host, &name))?))
        }),
        Row::method("clear_cache", &[], "Forgets what was asked before.", "", |_, args| {
            if let Some(data) = args[0].payload::<InspectorData>() {
                data.cache.clear();
            }
            Ok(Value::None)
        }),
    ],
    getters: &[
        Getter { name: "dialect", doc: "The dialect.", get: |_, _| Ok(dialect_value()), set: None },
        Getter { name: "engine", doc: "The engine.", get: get_engine, set: None },
        Getter { name: "bind", doc: "The engine.", get: get_engine, set: None },
        Getter { name: "default_schema_name", doc: "main", get: |_, _| Ok(Value::str("main")), set: None },
    ],
    is_base: false,
    ..NativeType::plain("Inspector", "sqlalchemy.engine.reflection")
};

fn get_engine(_host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(match value.payload::<InspectorData>().map(|data| &data.target) {
        Some(Target::Engine(engine)) => engine_value(engine),
        Some(Target::Connection(connection)) => engine_value(connection.engine()),
        None => Value::None,
    })
}

fn names(names: Vec<String>) -> Value {
    Value::list(names.into_iter().map(Value::from).collect())
}

fn texts(texts: &[String]) -> Value {
    Value::list(texts.iter().map(Value::str).collect())
}

fn optional(text: &Option<String>) -> Value {
    Value::from(text.as_deref())
}

fn dict(pairs: &[(&str, Value)]) -> Value {
    let dict = Dict::new();
    for (key, value) in pairs {
        dict.set(key, value.clone());
    }
    Value::Dict(Gc::new(dict))
}

fn table_name(host: &mut dyn Host, args: &[Value]) -> R<Str> {
    match &args[1] {
        Value::Str(name) => Ok(name.clone()),
        other => host.str(other),
    }
}

fn get_columns(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let name = table_name(host, args)?;
    let columns = asking(host, &args[0], |host, ask| ask.columns(host, &name))?;
    Ok(Value::list(columns.iter().map(column).collect()))
}

fn column(column: &ReflectedColumn) -> Value {
    let ty = crate::pylib::sqlalchemy::reflected_type(&column.type_text);
    let mut pairs = vec![
        ("name", Value::str(&column.name)),
        ("type", ty),
        ("nullable", Value::Bool(column.nullable)),
        ("default", optional(&column.default)),
        ("primary_key", Value::from(column.primary_key)),
    ];
    if let Some(generated) = &column.generated {
        let computed = dict(&[
            ("sqltext", Value::str(&generated.expression)),
            ("persisted", Value::Bool(generated.stored)),
        ]);
        pairs.push(("computed", computed));
    }
    dict(&pairs)
}

fn get_pk_constraint(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let name = table_name(host, args)?;
    let key = asking(host, &args[0], |host, ask| ask.primary_key(host, &name))?;
    Ok(dict(&[("constrained_columns", texts(&key.columns)), ("name", optional(&key.name))]))
}

fn get_foreign_keys(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let name = table_name(host, args)?;
    let keys = asking(host, &args[0], |host, ask| ask.foreign_keys(host, &name))?;
    Ok(Value::list(keys.iter().map(foreign_key).collect()))
}

fn foreign_key(key: &ReflectedForeignKey) -> Value {
    let mut options = Vec::new();
    // SQLAlchemy reads actions from constraints of the table only.
    if key.table_level {
        if key.ondelete.is_some() {
            options.push(("ondelete", optional(&key.ondelete)));
        }
        if key.onupdate.is_some() {
            options.push(("onupdate", optional(&key.onupdate)));
        }
        if let Some(deferrable) = key.deferrable {
            options.push(("deferrable", Value::Bool(deferrable)));
        }
        if key.initially.is_some() {
            options.push(("initially", optional(&key.initially)));
        }
    }
    dict(&[
        ("name", optional(&key.name)),
        ("constrained_columns", texts(&key.columns)),
        ("referred_schema", Value::None),
        ("referred_table", Value::str(&key.table)),
        ("referred_columns", texts(&key.referred_columns)),
        ("options", dict(&options)),
    ])
}

fn get_indexes(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let name = table_name(host, args)?;
    let indexes = asking(host, &args[0], |host, ask| ask.indexes(host, &name, false))?;
    // Indexes over expressions are left out, as SQLAlchemy does.
    let plain = indexes.iter().filter(|index| index.columns.iter().all(Option::is_some));
    Ok(Value::list(plain.map(index).collect()))
}

fn index(index: &ReflectedIndex) -> Value {
    let mut options = Vec::new();
    if let Some(condition) = &index.condition {
        options.push(("sqlite_where", Value::str(condition)));
    }
    dict(&[
        ("name", Value::str(&index.name)),
        ("column_names", Value::list(index.columns.iter().map(optional).collect())),
        ("unique", Value::Int(i64::from(index.unique))),
        ("dialect_options", dict(&options)),
    ])
}

fn get_uniques(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let name = table_name(host, args)?;
    let found = asking(host, &args[0], |host, ask| ask.unique_constraints(host, &name))?;
    let unique = |one: &crate::engine::reflection::ReflectedUnique| {
        dict(&[("name", optional(&one.name)), ("column_names", texts(&one.columns))])
    };
    Ok(Value::list(found.iter().map(unique).collect()))
}

fn get_checks(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let name = table_name(host, args)?;
    let found = asking(host, &args[0], |host, ask| ask.check_constraints(host, &name))?;
    let check = |one: &crate::engine::reflection::ReflectedCheck| {
        dict(&[("sqltext", Value::str(&one.condition)), ("name", optional(&one.name))])
    };
    Ok(Value::list(found.iter().map(check).collect()))
}
