//! `Session` as an object: making it, what it is given, and finding the session behind an object.
//!
//! Owns the payload and the type. Its methods stand in `methods.rs`. Must not know scopes.

use std::rc::Rc;

use super::{arguments, methods, scoped};
use crate::diag::builtin::TYPE_ERROR;
use crate::engine::Connection;
use crate::orm::mapper::Mapper;
use crate::orm::session::{Bind, BindKey, Session, SessionOptions};
use crate::pylib::sqlalchemy::connection::{connection_of, connection_value};
use crate::pylib::sqlalchemy::engine::{engine_of, engine_value};
use crate::python::value::{
    CallArgs, Class, Gc, Getter, Host, Instance, Iter, List, Native, NativeType, R, Raised, Slots, Str,
    Value, Visitor, intern,
};
use crate::sql::schema::Table;

/// The payload of a session object.
pub struct SessionData(pub Rc<Session>);

impl Native for SessionData {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.0.trace(visitor);
    }
}

impl Drop for SessionData {
    fn drop(&mut self) {
        self.0.set_object(None);
    }
}

pub static SESSION: NativeType = NativeType {
    doc: "The objects of one conversation with a database, and its transaction.",
    bases: &[&methods::PROXIED],
    methods: methods::OWN,
    getters: &[
        Getter {
            name: "expire_on_commit",
            doc: "Whether a commit expires all objects.",
            get: |host, value| Ok(Value::Bool(session_of(host, value)?.expire_on_commit.get())),
            set: Some(|host, value, on| {
                let on = host.truth(&on)?;
                session_of(host, value)?.expire_on_commit.set(on);
                Ok(())
            }),
        },
        Getter {
            name: "hash_key",
            doc: "The number of the session.",
            get: |host, value| Ok(Value::Int(i64::from(session_of(host, value)?.id))),
            set: None,
        },
        Getter {
            name: "_flushing",
            doc: "Whether a flush is running.",
            get: |host, value| Ok(Value::Bool(session_of(host, value)?.is_flushing())),
            set: None,
        },
        Getter {
            name: "twophase",
            doc: "Whether commits have two phases.",
            get: |host, value| Ok(Value::Bool(session_of(host, value)?.twophase)),
            set: None,
        },
    ],
    slots: Slots {
        new: Some(new),
        init: Some(init),
        contains: Some(methods::contains),
        iter: Some(methods::iter),
        enter: Some(|_, value| Ok(value.clone())),
        exit: Some(|host, value, _| {
            session_of(host, value)?.close(host, false)?;
            Ok(false)
        }),
        hash: Some(|_, value| Ok(value.id() as i64 >> 4)),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("Session", "sqlalchemy.orm.session")
};

/// The session that an object is, or that a scoped session stands for just now.
#[inline]
pub fn session_of(host: &mut dyn Host, value: &Value) -> R<Rc<Session>> {
    if let Some(data) = value.payload::<SessionData>() {
        return Ok(data.0.clone());
    }
    let current = scoped::current(host, value)?;
    match current.payload::<SessionData>() {
        Some(data) => Ok(data.0.clone()),
        None => {
            let kind = host.class_of(&current).name.borrow().clone();
            Err(Raised::new(&TYPE_ERROR, format!("expected a Session, got {kind}")))
        }
    }
}

/// The session behind a value, if it is a session itself.
pub fn plain_session(value: &Value) -> Option<&Rc<Session>> {
    value.payload::<SessionData>().map(|data| &data.0)
}

/// The object of a session; a new one where the old one is gone.
pub fn session_value(session: &Rc<Session>) -> Value {
    match session.object() {
        Some(object) => Value::Instance(object),
        None => {
            let object = Instance::native(&SESSION, SessionData(session.clone()));
            session.set_object(Some(&object));
            Value::Instance(object)
        }
    }
}

fn new(_host: &mut dyn Host, class: &Gc<Class>, _args: CallArgs<'_>) -> R<Value> {
    crate::orm::faces::register_connection(connection_face);
    let session = Session::new(SessionOptions::default());
    let object = Instance::with_payload(class.clone(), Box::new(SessionData(session.clone())));
    session.set_object(Some(&object));
    Ok(Value::Instance(object))
}

fn init(host: &mut dyn Host, value: &Value, args: CallArgs<'_>) -> R<()> {
    let session = session_of(host, value)?;
    if args.positional.len() > 1 {
        return Err(too_many(args.positional.len()));
    }
    let mut bind = args.positional.first().cloned().unwrap_or(Value::None);
    for (name, given) in args.pairs() {
        match &**name {
            "bind" => bind = given.clone(),
            "autoflush" => session.autoflush.set(host.truth(given)?),
            "expire_on_commit" => session.expire_on_commit.set(host.truth(given)?),
            "autobegin" => session.autobegin.set(host.truth(given)?),
            "close_resets_only" => session.set_close_resets_only(host.truth(given)?),
            "info" => {
                if !given.is_none() {
                    *session.info.borrow_mut() = given.clone();
                }
            }
            "query_cls" => *session.query_class.borrow_mut() = given.clone(),
            "execution_options" => *session.execution_options.borrow_mut() = given.clone(),
            "binds" => add_binds(host, &session, given)?,
            "future" | "twophase" | "enable_baked_queries" | "join_transaction_mode" | "autocommit" => {}
            other => return Err(unexpected(other)),
        }
    }
    if !bind.is_none() {
        let native = arguments::bind_of(host, &bind)?;
        session.set_bind(Some(native), bind);
    }
    follow_overridden_bind(&session, value);
    Ok(())
}

/// `TypeError: Session.__init__() got an unexpected keyword argument 'x'`
fn unexpected(name: &str) -> Raised {
    Raised::new(&TYPE_ERROR, format!("Session.__init__() got an unexpected keyword argument '{name}'"))
}

/// `TypeError: Session.__init__() takes from 1 to 2 positional arguments but 3 were given`
fn too_many(given: usize) -> Raised {
    Raised::new(
        &TYPE_ERROR,
        format!("Session.__init__() takes from 1 to 2 positional arguments but {} were given", given + 1),
    )
}

fn add_binds(host: &mut dyn Host, session: &Session, binds: &Value) -> R<()> {
    let Value::Dict(binds) = binds else { return Ok(()) };
    for (key, bind) in binds.to_vec() {
        let bind = arguments::bind_of(host, &bind)?;
        let key = match &key {
            Value::Class(class) => BindKey::Class(class.clone()),
            other => match arguments::table_of(host, other)? {
                Some(table) => BindKey::Table(table),
                None => continue,
            },
        };
        session.add_bind(key, bind);
    }
    Ok(())
}

/// A class that overrides `get_bind` in the language is asked before the session's own binds.
fn follow_overridden_bind(session: &Rc<Session>, value: &Value) {
    let Some(object) = value.as_instance() else { return };
    let Some(Value::Function(function)) = object.class().lookup(&intern("get_bind")) else { return };
    // An override that says so always answers the same for the same mapper.
    let is_stable = function
        .dict
        .borrow()
        .as_ref()
        .is_some_and(|dict| matches!(dict.get("_sa_stable_bind"), Some(Value::Bool(true))));
    let weak = Rc::downgrade(session);
    let known: std::cell::RefCell<Vec<(usize, Bind)>> = std::cell::RefCell::default();
    session.set_binder(Some(Rc::new(
        move |host: &mut dyn Host, mapper: Option<&Rc<Mapper>>, table: Option<&Rc<Table>>| {
            let Some(object) = weak.upgrade().and_then(|session| session.object()) else { return Ok(None) };
            let token = mapper.map_or(0, |mapper| Rc::as_ptr(mapper) as usize);
            let keeps = is_stable && table.is_none();
            if keeps && let Some((_, bind)) = known.borrow().iter().find(|(mapper, _)| *mapper == token) {
                return Ok(Some(bind.clone()));
            }
            let method = host.get_attr(&Value::Instance(object), &intern("get_bind"))?;
            let mut names: Vec<Str> = Vec::new();
            let mut values: Vec<Value> = Vec::new();
            if let Some(mapper) = mapper {
                names.push(intern("mapper"));
                values.push(crate::orm::faces::mapper(host, mapper)?);
            }
            if let Some(table) = table {
                names.push(intern("clause"));
                values.push(table.object.get().cloned().unwrap_or(Value::None));
            }
            let answer =
                host.call(&method, CallArgs { positional: &[], names: &names, keywords: &values })?;
            let bind = arguments::bind_of(host, &answer)?;
            if keeps {
                known.borrow_mut().push((token, bind.clone()));
            }
            Ok(Some(bind))
        },
    )));
}

/// The object of a bind.
pub fn bind_value(bind: &Bind) -> Value {
    match bind {
        Bind::Engine(engine) => engine_value(engine),
        Bind::Connection(connection) => connection_value(connection),
    }
}

/// The engine or connection that an object is.
pub fn native_bind(value: &Value) -> Option<Bind> {
    if let Some(engine) = engine_of(value) {
        return Some(Bind::Engine(engine.clone()));
    }
    connection_of(value).map(|connection| Bind::Connection(connection.clone()))
}

/// A list iterator over instances.
pub fn iterate(instances: Vec<Gc<Instance>>) -> Value {
    let list = Gc::new(List::new(instances.into_iter().map(Value::Instance).collect()));
    Value::Iter(Gc::new(Iter::List {
        list: std::cell::RefCell::new(Some(list)),
        index: std::cell::Cell::new(0),
    }))
}

/// A connection as listeners see it.
fn connection_face(_host: &mut dyn Host, connection: &Rc<Connection>) -> R<Value> {
    Ok(connection_value(connection))
}
