//! `event.listen`, `event.listens_for`, `event.remove`.
//!
//! Owns the functions, and which engine events exist. Each further area adds a handler for its own targets.
//! Must not know mapped classes.

use std::cell::RefCell;
use std::rc::Rc;

use super::connection::connection_value;
use super::engine::{ENGINE, POOL, engine_of};
use crate::diag::Error;
use crate::engine::{
    Connection, EngineEvent, EventKind, Listener, ListenerId, Params, forget_everywhere, listen_everywhere,
};
use crate::pylib::sqlite3;
use crate::python::value::{
    CallArgs, Class, Dict, Gc, Host, NativeFunction, NativeType, R, Raised, Row, Str, Value, native_class,
    param,
};
use crate::sql::exc;

/// One registration, as it was asked for.
pub struct Registration<'a> {
    pub target: &'a Value,
    pub name: &'a Str,
    pub function: &'a Value,
    /// `propagate`, `once`, `retval`, `named`, `insert`, `raw`, ...
    pub options: &'a [(Str, Value)],
}

impl Registration<'_> {
    pub fn option(&self, host: &mut dyn Host, name: &str) -> R<bool> {
        match self.options.iter().find(|(known, _)| &**known == name) {
            Some((_, value)) => host.truth(value),
            None => Ok(false),
        }
    }
}

/// Registers a listener if the target is its area's; false otherwise.
pub type Handler = fn(&mut dyn Host, &Registration<'_>) -> R<bool>;
/// Takes a listener back if it was its area's.
pub type Remover = fn(&mut dyn Host, &Registration<'_>) -> R<bool>;

/// The areas, in the order in which they are asked.
static HANDLERS: &[(Handler, Remover)] = &[
    (super::orm::events::listen, super::orm::events::remove),
    (listen_engine, remove_engine),
    (super::orm::session::events::handle, super::orm::session::events::remove),
];

pub static FUNCTIONS: &[Row] = &[
    Row::function(
        "listen",
        &[
            param::req("target"),
            param::req("identifier"),
            param::req("fn"),
            param::args("args"),
            param::kwargs("kw"),
        ],
        "Has a function called when something happens.",
        "",
        listen,
    ),
    Row::function(
        "listens_for",
        &[param::req("target"), param::req("identifier"), param::args("args"), param::kwargs("kw")],
        "Decorates a function that is to be called when something happens.",
        "",
        listens_for,
    ),
    Row::function(
        "remove",
        &[param::req("target"), param::req("identifier"), param::req("fn")],
        "Takes a listener back.",
        "",
        remove,
    ),
    Row::function(
        "contains",
        &[param::req("target"), param::req("identifier"), param::req("fn")],
        "Whether a function listens.",
        "",
        contains,
    ),
];

fn options(value: &Value) -> Vec<(Str, Value)> {
    let Value::Dict(dict) = value else { return Vec::new() };
    let pairs = dict.to_vec().into_iter();
    pairs
        .filter_map(|(key, value)| if let Value::Str(key) = key { Some((key, value)) } else { None })
        .collect()
}

/// `InvalidRequestError: No such event 'x' for target '<class ...>'`
fn no_such_event(name: &str, target: &str) -> Raised {
    Error::new(&exc::INVALID_REQUEST, format!("No such event '{name}' for target '{target}'")).into()
}

fn register(
    host: &mut dyn Host,
    target: &Value,
    name: &Value,
    function: &Value,
    options: &[(Str, Value)],
) -> R<()> {
    let name = host.str(name)?;
    let registration = Registration { target, name: &name, function, options };
    for (handler, _) in HANDLERS {
        if handler(host, &registration)? {
            return Ok(());
        }
    }
    let shown = host.str(target)?;
    Err(no_such_event(&name, &shown))
}

fn listen(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    register(host, &args[0], &args[1], &args[2], &options(&args[4]))?;
    Ok(Value::None)
}

/// What `listens_for(...)` gives: called with the function, it registers and returns it.
static DECORATOR: Row =
    Row::method("decorate", &[param::pos("fn")], "Registers the function.", "", |host, args| {
        let data = host.collect(&args[0])?;
        register(host, &data[0], &data[1], &args[1], &options(&data[2]))?;
        Ok(args[1].clone())
    });

fn listens_for(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let receiver = Value::tuple(vec![args[0].clone(), args[1].clone(), args[3].clone()]);
    let decorator = NativeFunction { row: &DECORATOR, receiver, owner: Value::Unset, data: Value::Unset };
    Ok(Value::Native(Gc::new(decorator)))
}

fn remove(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let name = host.str(&args[1])?;
    let registration = Registration { target: &args[0], name: &name, function: &args[2], options: &[] };
    for (_, remover) in HANDLERS {
        if remover(host, &registration)? {
            break;
        }
    }
    Ok(Value::None)
}

fn contains(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let name = host.str(&args[1])?;
    let found = KNOWN.with(|known| {
        known
            .borrow()
            .iter()
            .any(|one| one.target.is(&args[0]) && one.name == name && one.function.is(&args[2]))
    });
    Ok(Value::Bool(found))
}

struct Known {
    target: Value,
    name: Str,
    function: Value,
    id: ListenerId,
}

thread_local! {
    static KNOWN: RefCell<Vec<Known>> = const { RefCell::new(Vec::new()) };
}

fn derives(class: &Gc<Class>, kind: &'static NativeType) -> bool {
    Class::is_subclass(class, &native_class(kind))
}

fn listen_engine(host: &mut dyn Host, registration: &Registration<'_>) -> R<bool> {
    let everywhere = match registration.target {
        Value::Class(class) => derives(class, &ENGINE) || derives(class, &POOL),
        _ => false,
    };
    let own = engine_of(registration.target)
        .cloned()
        .or_else(|| super::connection::connection_of(registration.target).map(|one| one.engine().clone()));
    if !everywhere && own.is_none() {
        return Ok(false);
    }
    let Some(kind) = EventKind::by_name(registration.name) else {
        if ACCEPTED.contains(&&**registration.name) {
            return Ok(true);
        }
        let shown = host.str(registration.target)?;
        return Err(no_such_event(registration.name, &shown));
    };
    let named = registration.option(host, "named")?;
    let function = registration.function.clone();
    let mut listener = Listener::new(
        kind,
        Rc::new(move |host, event| {
            let (names, values) = arguments(kind, event);
            if named {
                let names: Vec<Str> = names.iter().map(|name| Str::new(name)).collect();
                let args = CallArgs { positional: &[], names: &names, keywords: &values };
                return host.call(&function, args).map(drop);
            }
            host.call_values(&function, &values).map(drop)
        }),
    );
    listener.once = registration.option(host, "once")?;
    let known = Known {
        target: registration.target.clone(),
        name: registration.name.clone(),
        function: registration.function.clone(),
        id: listener.id,
    };
    KNOWN.with(|all| all.borrow_mut().push(known));
    match own {
        Some(engine) => engine.listen(listener),
        None => listen_everywhere(listener),
    }
    Ok(true)
}

/// Events that exist and never happen here.
const ACCEPTED: &[&str] = &[
    "before_execute",
    "after_execute",
    "engine_disposed",
    "set_connection_execution_options",
    "set_engine_execution_options",
    "reset",
    "invalidate",
    "soft_invalidate",
    "detach",
    "close_detached",
    "do_connect",
    "begin_twophase",
    "commit_twophase",
    "prepare_twophase",
    "rollback_twophase",
];

fn remove_engine(_host: &mut dyn Host, registration: &Registration<'_>) -> R<bool> {
    let found = KNOWN.with(|known| {
        let mut known = known.borrow_mut();
        let same = |one: &Known| {
            one.target.is(registration.target)
                && one.name == *registration.name
                && one.function.is(registration.function)
        };
        known.iter().position(same).map(|place| known.remove(place))
    });
    let Some(found) = found else { return Ok(false) };
    if !forget_everywhere(found.id)
        && let Some(engine) = engine_of(&found.target)
    {
        engine.forget(found.id);
    }
    Ok(true)
}

fn parameters(params: Params<'_>) -> (Value, bool) {
    match params {
        Params::One(values) => (Value::tuple(values.to_vec()), false),
        Params::Many(sets) => (Value::list(sets.iter().map(|set| Value::tuple(set.clone())).collect()), true),
        Params::Given(_) => (Value::tuple(Vec::new()), false),
    }
}

/// The arguments that SQLAlchemy passes, by name and in order.
fn arguments(kind: EventKind, event: &EngineEvent<'_>) -> (&'static [&'static str], Vec<Value>) {
    match event {
        EngineEvent::Pool(dbapi) => {
            let connection = sqlite3::borrowed_connection(dbapi, None);
            let record = Value::Dict(Gc::new(Dict::new()));
            match kind {
                EventKind::Checkout => (
                    &["dbapi_connection", "connection_record", "connection_proxy"],
                    vec![connection.clone(), record, connection],
                ),
                _ => (&["dbapi_connection", "connection_record"], vec![connection, record]),
            }
        }
        EngineEvent::Connection(connection) => (&["conn"], vec![connection_value(connection)]),
        EngineEvent::Savepoint { connection, name } => {
            let values = vec![connection_value(connection), Value::str(name)];
            match kind {
                EventKind::Savepoint => (&["conn", "name"], values),
                _ => {
                    let context = Value::None;
                    (&["conn", "name", "context"], [values, vec![context]].concat())
                }
            }
        }
        EngineEvent::Execute { connection, statement, params } => {
            let (params, many) = parameters(*params);
            let values = vec![
                connection_value(connection),
                cursor(connection),
                Value::str(statement),
                params,
                Value::None,
                Value::Bool(many),
            ];
            (&["conn", "cursor", "statement", "parameters", "context", "executemany"], values)
        }
    }
}

fn cursor(connection: &Rc<Connection>) -> Value {
    match connection.dbapi() {
        Ok(dbapi) => sqlite3::cursor_value(&dbapi),
        Err(_) => Value::None,
    }
}
