//! `MetaData` as an object, and creating and dropping what it describes.
//!
//! Owns reading its arguments and its attributes. The order of creation stands in `engine::ddl`.

use std::rc::Rc;

use super::connection::connection_of;
use super::engine::engine_of;
use super::indexes::index_of;
use super::objects::{MetaDataObject, instance_of, metadata_of, table_value};
use crate::engine::{Connection, ddl};
use crate::python::value::{
    CallArgs, Class, Dict, Gc, Getter, Host, NativeType, ParamDefault, R, Row, Slots, Str, Value, bind, param,
};
use crate::sql::errors;
use crate::sql::schema::{MetaData, Table};
use crate::sql::statement::{Ddl, Statement};

const CREATE: &[crate::python::value::Param] = &[
    param::req("bind"),
    param::opt("tables", ParamDefault::None),
    param::opt("checkfirst", ParamDefault::Bool(true)),
];

pub static META_DATA: NativeType = NativeType {
    doc: "The tables of a database.",
    methods: &[
        Row::method("create_all", CREATE, "Creates the tables that are not there.", "", |host, args| {
            all(host, args, true)
        }),
        Row::method("drop_all", CREATE, "Drops the tables that are there.", "", |host, args| {
            all(host, args, false)
        }),
        Row::method("remove", &[param::req("table")], "Forgets a table.", "", |host, args| {
            let table = super::table::required(host, &args[1])?;
            own(&args[0]).remove(&table);
            Ok(Value::None)
        }),
        Row::method("clear", &[], "Forgets all tables.", "", |_, args| {
            own(&args[0]).tables.borrow_mut().clear();
            Ok(Value::None)
        }),
        Row::method(
            "reflect",
            &[param::req("bind"), param::kwargs("kw")],
            "Describes the tables that are there.",
            "",
            reflect,
        ),
    ],
    getters: &[
        Getter {
            name: "tables",
            doc: "The tables by name.",
            get: |_, value| {
                let dict = Dict::new();
                for table in own(value).table_list() {
                    dict.set_str(&table.key, table_value(&table));
                }
                Ok(Value::Dict(Gc::new(dict)))
            },
            set: None,
        },
        Getter {
            name: "sorted_tables",
            doc: "The tables, those referred to first.",
            get: |_, value| Ok(Value::list(own(value).sorted_tables().iter().map(table_value).collect())),
            set: None,
        },
        Getter {
            name: "schema",
            doc: "The schema.",
            get: |_, value| Ok(own(value).schema.borrow().clone().into()),
            set: None,
        },
        Getter {
            name: "naming_convention",
            doc: "How constraints are named.",
            get: |_, value| {
                let dict = Dict::new();
                for (key, template) in own(value).naming_convention.borrow().iter() {
                    dict.set_str(key, template.clone());
                }
                Ok(Value::Dict(Gc::new(dict)))
            },
            set: Some(|host, value, convention| read_convention(host, &own(value), &convention)),
        },
        Getter {
            name: "info",
            doc: "Anything that you keep with it.",
            get: |_, value| {
                let metadata = own(value);
                let dict = metadata.info.borrow_mut().get_or_insert_with(|| Gc::new(Dict::new())).clone();
                Ok(Value::Dict(dict))
            },
            set: None,
        },
    ],
    slots: Slots {
        new: Some(new),
        repr: Some(|_, _| Ok(Str::new("MetaData()"))),
        contains: Some(|host, value, key| {
            let key = match key {
                Value::Str(key) => key.clone(),
                other => super::table::required(host, other)?.key.clone(),
            };
            Ok(own(value).table(&key).is_some())
        }),
        truth: Some(|_, _| Ok(true)),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("MetaData", "sqlalchemy.sql.schema")
};

fn own(value: &Value) -> Rc<MetaData> {
    metadata_of(value).unwrap_or_default()
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    const PARAMS: &[crate::python::value::Param] = &[
        param::opt("schema", ParamDefault::None),
        param::opt("quote_schema", ParamDefault::None),
        param::opt("naming_convention", ParamDefault::None),
        param::opt("info", ParamDefault::None),
    ];
    let bound = bind("MetaData", PARAMS, args)?;
    let metadata = MetaData::new();
    if let Value::Str(schema) = &bound[0] {
        *metadata.schema.borrow_mut() = Some(schema.clone());
    }
    read_convention(host, &metadata, &bound[2])?;
    if let Value::Dict(info) = &bound[3] {
        *metadata.info.borrow_mut() = Some(Gc::new(info.copy()));
    }
    let value = instance_of(class, MetaDataObject(metadata.clone()));
    let _ = metadata.object.set(value.clone());
    Ok(value)
}

fn read_convention(host: &mut dyn Host, metadata: &Rc<MetaData>, convention: &Value) -> R<()> {
    if let Value::Dict(convention) = convention {
        let mut entries = Vec::new();
        for (key, template) in convention.to_vec() {
            entries.push((host.str(&key)?, template));
        }
        *metadata.naming_convention.borrow_mut() = entries;
    }
    Ok(())
}

/// Runs over a bind: an engine lends a connection in a transaction, a connection is used as it is.
fn with_connection<T>(
    host: &mut dyn Host,
    bind: &Value,
    run: impl FnOnce(&mut dyn Host, &Rc<Connection>) -> R<T>,
) -> R<T> {
    if let Some(connection) = connection_of(bind) {
        let connection = connection.clone();
        return run(host, &connection);
    }
    let Some(engine) = engine_of(bind) else {
        let shown = host.repr(bind)?;
        return Err(errors::argument_error(format!(
            "Engine or Connection expected for argument 'bind', got {shown}."
        )));
    };
    let connection = engine.clone().connect(host)?;
    let transaction = connection.begin(host)?;
    let outcome = run(host, &connection);
    let ended = match &outcome {
        Ok(_) => transaction.commit(host),
        Err(_) => transaction.rollback(host),
    };
    let closed = connection.close(host);
    let value = outcome?;
    ended?;
    closed?;
    Ok(value)
}

fn tables(host: &mut dyn Host, given: &Value) -> R<Option<Vec<Rc<Table>>>> {
    if given.is_none() {
        return Ok(None);
    }
    let mut tables = Vec::new();
    for table in host.collect(given)? {
        tables.push(super::table::required(host, &table)?);
    }
    Ok(Some(tables))
}

fn run_all(
    host: &mut dyn Host,
    bind: &Value,
    metadata: &Rc<MetaData>,
    tables: Option<Vec<Rc<Table>>>,
    checkfirst: bool,
    create: bool,
) -> R<Value> {
    with_connection(host, bind, |host, connection| {
        if create {
            ddl::create_all(host, connection, metadata, tables, checkfirst)
        } else {
            ddl::drop_all(host, connection, metadata, tables, checkfirst)
        }
    })?;
    Ok(Value::None)
}

fn all(host: &mut dyn Host, args: &[Value], create: bool) -> R<Value> {
    let tables = tables(host, &args[2])?;
    let checkfirst = host.truth(&args[3])?;
    run_all(host, &args[1], &own(&args[0]), tables, checkfirst, create)
}

pub fn create_table(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let table: Rc<Table> = super::table::required(host, &args[0])?;
    let checkfirst = host.truth(&args[2])?;
    run_all(host, &args[1], &table.metadata.clone(), Some(vec![table]), checkfirst, true)
}

pub fn drop_table(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let table: Rc<Table> = super::table::required(host, &args[0])?;
    let checkfirst = host.truth(&args[2])?;
    run_all(host, &args[1], &table.metadata.clone(), Some(vec![table]), checkfirst, false)
}

fn execute_ddl(host: &mut dyn Host, bind: &Value, statement: Ddl) -> R<Value> {
    let statement = Statement::Ddl(Rc::new(statement));
    with_connection(host, bind, |host, connection| {
        crate::engine::execute_statement(host, connection, &statement, &[]).map(drop)
    })?;
    Ok(Value::None)
}

pub fn create_index(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    match index_of(&args[0]) {
        Some(index) => execute_ddl(host, &args[1], Ddl::CreateIndex { index, if_not_exists: false }),
        None => Ok(Value::None),
    }
}

pub fn drop_index(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    match index_of(&args[0]) {
        Some(index) => execute_ddl(host, &args[1], Ddl::DropIndex { index, if_exists: false }),
        None => Ok(Value::None),
    }
}

/// Describes the tables that are there, column by column.
fn reflect(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let metadata = args[0].clone();
    let reflection = host.import("sqlalchemy.engine._reflection")?;
    let function = host.get_attr(&Value::Module(reflection), &crate::python::value::intern("reflect"))?;
    host.call_values(&function, &[metadata, args[1].clone()])
}

/// `Table(..., autoload_with=engine)`.
pub fn reflect_table(host: &mut dyn Host, table: &Rc<Table>, bind: &Value) -> R<Value> {
    if bind.is_none() {
        return Ok(Value::None);
    }
    let reflection = host.import("sqlalchemy.engine._reflection")?;
    let function =
        host.get_attr(&Value::Module(reflection), &crate::python::value::intern("reflect_table"))?;
    host.call_values(&function, &[table_value(table), bind.clone()])
}
