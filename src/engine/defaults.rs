//! Client-side defaults of columns: values, functions, functions that look at the row.
//!
//! Owns evaluating them and the context that a function may ask for. Must not know statements.

use std::cell::Cell;
use std::rc::Rc;

use super::connection::Connection;
use crate::python::value::param::kw;
use crate::python::value::{
    Dict, Gc, Getter, Host, Native, NativeType, ParamDefault, R, Row, Str, Value, Visitor,
};
use crate::sql::schema::{Column, ColumnDefault};

/// The values of these columns' defaults, in order; each sees those before it.
pub fn evaluate(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    columns: &[Rc<Column>],
    is_update: bool,
    mut parameters: Vec<(Str, Value)>,
) -> R<Vec<Value>> {
    let mut values = Vec::with_capacity(columns.len());
    for column in columns {
        let default =
            if is_update { column.onupdate.borrow().clone() } else { column.default.borrow().clone() };
        let value = match default.as_ref().map(|default| &default.kind) {
            Some(ColumnDefault::Scalar(value)) => value.clone(),
            Some(ColumnDefault::Callable { function, takes_context: false }) => {
                host.call_values(function, &[])?
            }
            Some(ColumnDefault::Callable { function, takes_context: true }) => {
                let context = context(host, connection, column, is_update, &parameters)?;
                host.call_values(function, &[context])?
            }
            Some(ColumnDefault::Clause(_) | ColumnDefault::Sequence(_)) | None => Value::None,
        };
        parameters.push((column.key(), value.clone()));
        values.push(value);
    }
    Ok(values)
}

type ConnectionFace = fn(&mut dyn Host, &Rc<Connection>) -> R<Value>;

thread_local! {
    static CONNECTION_FACE: Cell<Option<ConnectionFace>> = const { Cell::new(None) };
}

/// Says how the language shows a connection; `pylib` does, when it starts.
pub fn register_connection_face(face: ConnectionFace) {
    CONNECTION_FACE.with(|place| place.set(Some(face)));
}

/// The connection as the language shows it.
pub fn connection_face(host: &mut dyn Host, connection: &Rc<Connection>) -> R<Value> {
    match CONNECTION_FACE.with(Cell::get) {
        Some(face) => face(host, connection),
        None => Ok(Value::None),
    }
}

/// What a default with one argument is called with.
struct Context {
    parameters: Gc<Dict>,
    connection: Value,
    column: Str,
    is_update: bool,
}

impl Native for Context {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.gc(&self.parameters);
        self.connection.trace(visitor);
    }
}

static CONTEXT: NativeType = NativeType {
    doc: "What a column's default function may look at.",
    methods: &[Row::method(
        "get_current_parameters",
        &[kw("isolate_multiinsert_groups", ParamDefault::Bool(true))],
        "The values of the row being written, by column.",
        "",
        current_parameters,
    )],
    getters: &[
        Getter { name: "current_parameters", doc: "The values of the row.", get: parameters, set: None },
        Getter { name: "connection", doc: "The connection.", get: context_connection, set: None },
        Getter { name: "current_column", doc: "The column's name.", get: current_column, set: None },
        Getter { name: "isinsert", doc: "Whether it is an INSERT.", get: is_insert, set: None },
        Getter { name: "isupdate", doc: "Whether it is an UPDATE.", get: is_update, set: None },
    ],
    ..NativeType::plain("SQLiteExecutionContext_pysqlite", "sqlalchemy.dialects.sqlite.pysqlite")
};

fn context(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    column: &Column,
    is_update: bool,
    parameters: &[(Str, Value)],
) -> R<Value> {
    let dict = Dict::new();
    for (key, value) in parameters {
        dict.set_str(key, value.clone());
    }
    let connection = connection_face(host, connection)?;
    let context = Context { parameters: Gc::new(dict), connection, column: column.key(), is_update };
    Ok(Value::native(&CONTEXT, context))
}

fn of(value: &Value) -> &Context {
    value.payload::<Context>().expect("the receiver of a context's method is a context")
}

fn current_parameters(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(Value::Dict(of(&args[0]).parameters.clone()))
}

fn parameters(_host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(Value::Dict(of(value).parameters.clone()))
}

fn context_connection(_host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(of(value).connection.clone())
}

fn current_column(_host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(Value::Str(of(value).column.clone()))
}

fn is_insert(_host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(Value::Bool(!of(value).is_update))
}

fn is_update(_host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(Value::Bool(of(value).is_update))
}
