//! `scoped_session`: one session for each scope (an application context), behind the methods of a session.
//!
//! Owns the registry of scopes. Must not know what a scope is: a function says it.

use std::cell::RefCell;

use super::methods;
use crate::diag::builtin::TYPE_ERROR;
use crate::python::value::{
    CallArgs, Class, Gc, Getter, Host, Instance, Native, NativeFunction, NativeType, R, Raised, Row, Slots,
    Value, Visitor, intern, param,
};
use crate::sql::exc::INVALID_REQUEST;

pub struct ScopedData {
    factory: RefCell<Value>,
    /// A function that names the scope; None for a single one.
    scope: RefCell<Value>,
    sessions: RefCell<Vec<(Value, Value)>>,
}

impl Native for ScopedData {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        match (self.factory.try_borrow(), self.scope.try_borrow(), self.sessions.try_borrow()) {
            (Ok(factory), Ok(scope), Ok(sessions)) => {
                factory.trace(visitor);
                scope.trace(visitor);
                for (key, session) in sessions.iter() {
                    key.trace(visitor);
                    session.trace(visitor);
                }
            }
            _ => visitor.busy(),
        }
    }
    fn clear(&self) {
        drop((self.factory.take(), self.scope.take(), self.sessions.take()));
    }
}

impl ScopedData {
    fn key(&self, host: &mut dyn Host) -> R<Value> {
        let scope = self.scope.borrow().clone();
        match &scope {
            Value::None => Ok(Value::None),
            Value::Native(function) if std::ptr::eq(function.row, &INNERMOST) => {
                innermost(host, std::slice::from_ref(&function.receiver))
            }
            function => host.call_values(function, &[]),
        }
    }

    fn find(&self, host: &mut dyn Host, key: &Value) -> R<Option<Value>> {
        {
            let sessions = self.sessions.borrow();
            if let Some((_, session)) = sessions.iter().find(|(known, _)| known.is(key)) {
                return Ok(Some(session.clone()));
            }
        }
        let candidates: Vec<(Value, Value)> = self.sessions.borrow().clone();
        for (known, session) in candidates {
            if host.eq(&known, key)? {
                return Ok(Some(session));
            }
        }
        Ok(None)
    }

    fn remove(&self, key: &Value) {
        let mut sessions = self.sessions.borrow_mut();
        let at = sessions.iter().position(|(known, _)| known.is(key));
        let dropped = at.map(|at| sessions.remove(at));
        drop(sessions);
        drop(dropped);
    }
}

fn data(value: &Value) -> R<&ScopedData> {
    value.payload::<ScopedData>().ok_or_else(|| {
        Raised::new(&TYPE_ERROR, "descriptor of 'scoped_session' requires a session or scoped_session object")
    })
}

/// The session of the current scope, made on first use.
pub fn current(host: &mut dyn Host, value: &Value) -> R<Value> {
    let scoped = data(value)?;
    let key = scoped.key(host)?;
    if let Some(session) = scoped.find(host, &key)? {
        return Ok(session);
    }
    let factory = scoped.factory.borrow().clone();
    let session = host.call(&factory, CallArgs::NONE)?;
    scoped.sessions.borrow_mut().push((key, session.clone()));
    Ok(session)
}

pub static SCOPED_SESSION: NativeType = NativeType {
    doc: "A session for each scope, behind the methods of one.",
    bases: &[&methods::PROXIED],
    methods: &[
        Row::method("remove", &[], "Closes the session of the scope and forgets it.", "", remove),
        Row::method(
            "configure",
            &[param::kwargs("kwargs")],
            "Sets options of sessions to come.",
            "",
            configure,
        ),
        Row::method(
            "query_property",
            &[param::opt("query_cls", crate::python::value::ParamDefault::None)],
            "A class attribute that is a query over the class.",
            "",
            |host, args| {
                let orm = host.import("sqlalchemy.orm.session")?;
                let maker = host.get_attr(&Value::Module(orm), &intern("_query_property"))?;
                host.call_values(&maker, &[args[0].clone(), args[1].clone()])
            },
        ),
    ],
    getters: &[
        Getter {
            name: "session_factory",
            doc: "What makes the sessions.",
            get: |_, value| Ok(data(value)?.factory.borrow().clone()),
            set: None,
        },
        Getter {
            name: "registry",
            doc: "Calling it gives the session of the scope.",
            get: |_, value| Ok(Value::native(&REGISTRY, RegistryData(value.clone()))),
            set: None,
        },
    ],
    slots: Slots {
        new: Some(new),
        call: Some(call),
        contains: Some(methods::contains),
        iter: Some(methods::iter),
        hash: Some(|_, value| Ok(value.id() as i64 >> 4)),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("scoped_session", "sqlalchemy.orm.scoping")
};

fn new(_host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let given = |place: usize, name: &str| -> Option<Value> {
        args.positional.get(place).or_else(|| args.keyword(name)).cloned()
    };
    let Some(factory) = given(0, "session_factory") else {
        return Err(Raised::new(
            &TYPE_ERROR,
            "scoped_session.__init__() missing 1 required positional argument: 'session_factory'",
        ));
    };
    let scoped = ScopedData {
        factory: RefCell::new(factory),
        scope: RefCell::new(given(1, "scopefunc").unwrap_or(Value::None)),
        sessions: RefCell::default(),
    };
    Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(scoped))))
}

/// `db.session()`: the session itself; with arguments, a new one for a scope that has none.
fn call(host: &mut dyn Host, value: &Value, args: CallArgs<'_>) -> R<Value> {
    if args.names.is_empty() {
        return current(host, value);
    }
    let scoped = data(value)?;
    let key = scoped.key(host)?;
    if scoped.find(host, &key)?.is_some() {
        return Err(Raised::new(
            &INVALID_REQUEST,
            "Scoped session is already present; no new arguments may be specified.",
        ));
    }
    let factory = scoped.factory.borrow().clone();
    let session = host.call(&factory, args)?;
    scoped.sessions.borrow_mut().push((key, session.clone()));
    Ok(session)
}

fn remove(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let scoped = data(&args[0])?;
    let key = scoped.key(host)?;
    if let Some(session) = scoped.find(host, &key)? {
        host.call_method(&session, "close", &[])?;
    }
    scoped.remove(&key);
    Ok(Value::None)
}

fn configure(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let factory = data(&args[0])?.factory.borrow().clone();
    let method = host.get_attr(&factory, &intern("configure"))?;
    let Value::Dict(options) = &args[1] else { return Ok(Value::None) };
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for (name, value) in options.to_vec() {
        names.push(host.str(&name)?);
        values.push(value);
    }
    host.call(&method, CallArgs { positional: &[], names: &names, keywords: &values })
}

/// What `_innermost(stack, otherwise)` gives: called, the identity of the last item of a list, which tells a scope
/// without a call into the language; for an empty list, what `otherwise()` gives (or raises).
static INNERMOST: Row = Row::method("scope", &[], "What tells the current scope.", "", innermost);

fn innermost(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let Value::Tuple(parts) = &args[0] else { return Ok(Value::None) };
    let [Value::List(stack), otherwise] = parts.as_slice() else { return Ok(Value::None) };
    let last = stack.borrow().last().map(Value::id);
    match last {
        Some(id) => Ok(Value::Int(id as i64)),
        None => host.call_values(otherwise, &[]),
    }
}

pub static FUNCTIONS: &[Row] = &[Row::function(
    "_innermost",
    &[param::req("stack"), param::req("otherwise")],
    "A scope function: the identity of a list's last item.",
    "",
    |_, args| {
        let receiver = Value::tuple(vec![args[0].clone(), args[1].clone()]);
        let function = NativeFunction { row: &INNERMOST, receiver, owner: Value::Unset, data: Value::Unset };
        Ok(Value::Native(Gc::new(function)))
    },
)];

/// The registry of a scoped session, as an object.
struct RegistryData(Value);

impl Native for RegistryData {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.0.trace(visitor);
    }
}

fn registry(value: &Value) -> &Value {
    &value.payload::<RegistryData>().expect("methods of a registry are called with registries").0
}

static REGISTRY: NativeType = NativeType {
    methods: &[
        Row::method("has", &[], "Whether the scope has a session.", "", |host, args| {
            let scoped = data(registry(&args[0]))?;
            let key = scoped.key(host)?;
            Ok(Value::Bool(scoped.find(host, &key)?.is_some()))
        }),
        Row::method("set", &[param::req("obj")], "Sets the session of the scope.", "", |host, args| {
            let scoped = data(registry(&args[0]))?;
            let key = scoped.key(host)?;
            scoped.remove(&key);
            scoped.sessions.borrow_mut().push((key, args[1].clone()));
            Ok(Value::None)
        }),
        Row::method("clear", &[], "Forgets the session of the scope.", "", |host, args| {
            let scoped = data(registry(&args[0]))?;
            let key = scoped.key(host)?;
            scoped.remove(&key);
            Ok(Value::None)
        }),
    ],
    slots: Slots { call: Some(|host, value, _| current(host, registry(value))), ..Slots::NONE },
    ..NativeType::plain("ScopedRegistry", "sqlalchemy.util._collections")
};
