//! The methods of sessions, which a scoped session has too.
//!
//! Owns the rows: reading arguments, asking the session, showing answers. Must not know how a session does it.

use super::arguments::{get_args, identifier, inspected_mapper, mapper_of, names};
use super::identity_set;
use super::object::{self, bind_value, session_of, session_value};
use super::transaction::transaction_value;
use super::{arguments, maker};
use crate::orm::flush::identity_key_from_state;
use crate::orm::identity::Mapped;
use crate::orm::mapper::Mapper;
use crate::orm::query::result;
use crate::orm::session::{BulkSave, Identifier, errors};
use crate::pylib::sqlalchemy::connection::connection_value;
use crate::python::value::{
    CallArgs, Dict, Gc, Getter, Host, Native, NativeType, ParamDefault, R, Row, Slots, Str, Value, Visitor,
    intern, param,
};

use ParamDefault::{Bool, None as NoneDefault};

/// What `Session` and `scoped_session` have in common.
pub static PROXIED: NativeType = NativeType {
    doc: "",
    methods: PROXIED_METHODS,
    getters: PROXIED_GETTERS,
    ..NativeType::plain("_SessionClassMethods", "sqlalchemy.orm.session")
};

const EXECUTE_PARAMS: &[crate::python::value::Param] = &[
    param::req("statement"),
    param::opt("params", NoneDefault),
    param::kw("execution_options", NoneDefault),
    param::kw("bind_arguments", NoneDefault),
    param::kw("_parent_execute_state", NoneDefault),
    param::kw("_add_event", NoneDefault),
];

const GET_PARAMS: &[crate::python::value::Param] = &[
    param::req("entity"),
    param::req("ident"),
    param::kw("options", NoneDefault),
    param::kw("populate_existing", NoneDefault),
    param::kw("with_for_update", NoneDefault),
    param::kw("identity_token", NoneDefault),
    param::kw("execution_options", NoneDefault),
    param::kw("bind_arguments", NoneDefault),
];

static PROXIED_METHODS: &[Row] = &[
    Row::method(
        "add",
        &[param::req("instance"), param::opt("_warn", Bool(true))],
        "Takes an object in.",
        "",
        add,
    ),
    Row::method("add_all", &[param::req("instances")], "Takes objects in.", "", add_all),
    Row::method("begin", &[param::opt("nested", Bool(false))], "Begins a transaction.", "", begin),
    Row::method("begin_nested", &[], "Begins a savepoint.", "", begin_nested),
    Row::method("close", &[], "Lets all objects and the connection go.", "", close),
    Row::method("reset", &[], "Lets all objects and the connection go; stays usable.", "", reset),
    Row::method("commit", &[], "Flushes and commits.", "", commit),
    Row::method("rollback", &[], "Undoes what was not committed.", "", rollback),
    Row::method("flush", &[param::opt("objects", NoneDefault)], "Writes what changed.", "", flush),
    Row::method(
        "connection",
        &[param::opt("bind_arguments", NoneDefault), param::opt("execution_options", NoneDefault)],
        "The connection of the transaction.",
        "",
        connection,
    ),
    Row::method("delete", &[param::req("instance")], "Marks an object to be deleted.", "", delete),
    Row::method("delete_all", &[param::req("instances")], "Marks objects to be deleted.", "", delete_all),
    Row::method("execute", EXECUTE_PARAMS, "Runs a statement and gives its result.", "", execute),
    Row::method("scalar", EXECUTE_PARAMS, "Runs a statement and gives one value.", "", scalar),
    Row::method("scalars", EXECUTE_PARAMS, "Runs a statement and gives its first column.", "", scalars),
    Row::method(
        "expire",
        &[param::req("instance"), param::opt("attribute_names", NoneDefault)],
        "Forgets an object's values; the next touch loads them.",
        "",
        expire,
    ),
    Row::method("expire_all", &[], "Forgets the values of all objects.", "", expire_all),
    Row::method("expunge", &[param::req("instance")], "Lets an object go.", "", expunge),
    Row::method("expunge_all", &[], "Lets all objects go.", "", expunge_all),
    Row::method("get", GET_PARAMS, "The object of a primary key, or None.", "", get),
    Row::method("get_one", GET_PARAMS, "The object of a primary key.", "", get_one),
    Row::method(
        "get_bind",
        &[
            param::opt("mapper", NoneDefault),
            param::kw("clause", NoneDefault),
            param::kw("bind", NoneDefault),
            param::kwargs("kw"),
        ],
        "The engine for a mapper or statement.",
        "",
        get_bind,
    ),
    Row::method(
        "is_modified",
        &[param::req("instance"), param::opt("include_collections", Bool(true))],
        "Whether an object has changes.",
        "",
        is_modified,
    ),
    Row::method(
        "bulk_save_objects",
        &[
            param::req("objects"),
            param::opt("return_defaults", Bool(false)),
            param::opt("update_changed_only", Bool(true)),
            param::opt("preserve_order", Bool(true)),
        ],
        "Writes objects past the unit of work.",
        "",
        bulk_save_objects,
    ),
    Row::method(
        "bulk_insert_mappings",
        &[
            param::req("mapper"),
            param::req("mappings"),
            param::opt("return_defaults", Bool(false)),
            param::opt("render_nulls", Bool(false)),
        ],
        "Inserts dictionaries.",
        "",
        bulk_insert_mappings,
    ),
    Row::method(
        "bulk_update_mappings",
        &[param::req("mapper"), param::req("mappings")],
        "Updates rows from dictionaries with their keys.",
        "",
        bulk_update_mappings,
    ),
    Row::method(
        "merge",
        &[param::req("instance"), param::kw("load", Bool(true)), param::kw("options", NoneDefault)],
        "Copies an object onto the one in the session.",
        "",
        merge,
    ),
    Row::method(
        "merge_all",
        &[param::req("instances"), param::kw("load", Bool(true)), param::kw("options", NoneDefault)],
        "Copies objects onto those in the session.",
        "",
        merge_all,
    ),
    Row::method("query", &[param::args("entities"), param::kwargs("kwargs")], "A query.", "", query),
    Row::method(
        "refresh",
        &[
            param::req("instance"),
            param::opt("attribute_names", NoneDefault),
            param::opt("with_for_update", NoneDefault),
        ],
        "Loads an object's values anew.",
        "",
        refresh,
    ),
    Row::class_method(
        "object_session",
        &[param::req("instance")],
        "The session of an object, or None.",
        "",
        |host, args| maker::object_session(host, &args[1..]),
    ),
    Row::class_method(
        "identity_key",
        &[
            param::opt("class_", NoneDefault),
            param::opt("ident", NoneDefault),
            param::kw("instance", NoneDefault),
            param::kw("row", NoneDefault),
            param::kw("identity_token", NoneDefault),
        ],
        "The identity key of an object, or of a class and a primary key.",
        "",
        identity_key,
    ),
];

/// What scoped sessions do not have.
pub static OWN: &[Row] = &[
    Row::method("in_transaction", &[], "Whether a transaction is under way.", "", |host, args| {
        Ok(Value::Bool(session_of(host, &args[0])?.in_transaction()))
    }),
    Row::method("in_nested_transaction", &[], "Whether a savepoint is under way.", "", |host, args| {
        Ok(Value::Bool(session_of(host, &args[0])?.in_nested_transaction()))
    }),
    Row::method("get_transaction", &[], "The transaction under way, or None.", "", |host, args| {
        let session = session_of(host, &args[0])?;
        Ok(session
            .root_transaction()
            .map_or(Value::None, |transaction| transaction_value(&session, &transaction)))
    }),
    Row::method("get_nested_transaction", &[], "The savepoint under way, or None.", "", |host, args| {
        let session = session_of(host, &args[0])?;
        let nested = session.nested_transaction();
        Ok(nested.map_or(Value::None, |transaction| transaction_value(&session, &transaction)))
    }),
    Row::method("invalidate", &[], "Lets go of everything.", "", close),
    Row::method("_autoflush", &[], "Flushes before a query.", "", |host, args| {
        session_of(host, &args[0])?.autoflush(host)?;
        Ok(Value::None)
    }),
    Row::method(
        "bind_mapper",
        &[param::req("mapper"), param::req("bind")],
        "Has an engine serve a class.",
        "",
        |host, args| {
            let bind = arguments::bind_of(host, &args[2])?;
            let mapper = mapper_of(host, &args[1])?;
            let key = crate::orm::session::BindKey::Class(mapper.class.clone());
            session_of(host, &args[0])?.add_bind(key, bind);
            Ok(Value::None)
        },
    ),
    Row::method(
        "bind_table",
        &[param::req("table"), param::req("bind")],
        "Has an engine serve a table.",
        "",
        |host, args| {
            let bind = arguments::bind_of(host, &args[2])?;
            if let Some(table) = arguments::table_of(host, &args[1])? {
                let key = crate::orm::session::BindKey::Table(table);
                session_of(host, &args[0])?.add_bind(key, bind);
            }
            Ok(Value::None)
        },
    ),
];

const fn getter(name: &'static str, doc: &'static str, get: fn(&mut dyn Host, &Value) -> R<Value>) -> Getter {
    Getter { name, doc, get, set: None }
}

static PROXIED_GETTERS: &[Getter] = &[
    getter("new", "Objects to be inserted.", |host, value| {
        let session = session_of(host, value)?;
        Ok(identity_set::value(session.new_instances()))
    }),
    getter("dirty", "Objects with changes.", |host, value| {
        let session = session_of(host, value)?;
        Ok(identity_set::value(session.dirty_instances()))
    }),
    getter("deleted", "Objects to be deleted.", |host, value| {
        let session = session_of(host, value)?;
        Ok(identity_set::value(session.deleted_instances()))
    }),
    getter("identity_map", "Objects by key.", identity_map),
    getter("is_active", "Whether the session can go on.", |host, value| {
        Ok(Value::Bool(session_of(host, value)?.is_active()))
    }),
    Getter {
        name: "autoflush",
        doc: "Whether queries flush first.",
        get: |host, value| Ok(Value::Bool(session_of(host, value)?.autoflush.get())),
        set: Some(|host, value, on| {
            let on = host.truth(&on)?;
            session_of(host, value)?.autoflush.set(on);
            Ok(())
        }),
    },
    getter("no_autoflush", "A block in which queries do not flush.", |host, value| {
        let session = session_of(host, value)?;
        Ok(Value::native(&NO_AUTOFLUSH, NoAutoflush { session, before: std::cell::Cell::new(true) }))
    }),
    Getter {
        name: "bind",
        doc: "The engine.",
        get: |host, value| Ok(session_of(host, value)?.bind_value()),
        set: Some(|host, value, bind| {
            let session = session_of(host, value)?;
            let native = if bind.is_none() { None } else { Some(arguments::bind_of(host, &bind)?) };
            session.set_bind(native, bind);
            Ok(())
        }),
    },
    getter("info", "A dictionary for whatever you like.", |host, value| {
        let session = session_of(host, value)?;
        let mut info = session.info.borrow_mut();
        if info.is_unset() {
            *info = Value::Dict(Gc::new(Dict::new()));
        }
        Ok(info.clone())
    }),
    getter("execution_options", "Options of every execution.", |host, value| {
        Ok(session_of(host, value)?.execution_options.borrow().clone())
    }),
];

struct NoAutoflush {
    session: std::rc::Rc<crate::orm::session::Session>,
    before: std::cell::Cell<bool>,
}

impl Native for NoAutoflush {
    fn trace(&self, _visitor: &mut Visitor<'_>) {}
}

static NO_AUTOFLUSH: NativeType = NativeType {
    slots: Slots {
        enter: Some(|_, value| {
            let Some(block) = value.payload::<NoAutoflush>() else { return Ok(Value::None) };
            block.before.set(block.session.autoflush.replace(false));
            Ok(session_value(&block.session))
        }),
        exit: Some(|_, value, _| {
            if let Some(block) = value.payload::<NoAutoflush>() {
                block.session.autoflush.set(block.before.get());
            }
            Ok(false)
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("_GeneratorContextManager", "contextlib")
};

/// `instance in session`.
pub fn contains(host: &mut dyn Host, session: &Value, item: &Value) -> R<bool> {
    let session = session_of(host, session)?;
    match Mapped::of_value(item) {
        Some(mapped) => Ok(session.contains(mapped.state())),
        None => Err(errors::unmapped_instance(host, item)),
    }
}

/// Pending objects, then persistent ones.
pub fn iter(host: &mut dyn Host, session: &Value) -> R<Value> {
    let session = session_of(host, session)?;
    Ok(object::iterate(session.instances()))
}

fn add(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    session_of(host, &args[0])?.add(host, &args[1])?;
    Ok(Value::None)
}

fn add_all(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    for instance in host.collect(&args[1])? {
        session.add(host, &instance)?;
    }
    Ok(Value::None)
}

fn begin(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    let transaction =
        if host.truth(&args[1])? { session.begin_nested(host)? } else { session.begin(host)? };
    Ok(transaction_value(&session, &transaction))
}

fn begin_nested(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    let transaction = session.begin_nested(host)?;
    Ok(transaction_value(&session, &transaction))
}

fn close(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    session_of(host, &args[0])?.close(host, false)?;
    Ok(Value::None)
}

fn reset(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    session_of(host, &args[0])?.close(host, true)?;
    Ok(Value::None)
}

fn commit(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    session_of(host, &args[0])?.commit(host)?;
    Ok(Value::None)
}

fn rollback(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    session_of(host, &args[0])?.rollback(host)?;
    Ok(Value::None)
}

fn flush(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    if args[1].is_none() {
        session.flush(host)?;
    } else {
        let objects = host.collect(&args[1])?;
        session.flush_objects(host, Some(&objects))?;
    }
    Ok(Value::None)
}

fn connection(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    let bind = match &args[1] {
        Value::Dict(given) => match (given.get("bind"), given.get("mapper")) {
            (Some(bind), _) => arguments::bind_of(host, &bind)?,
            (None, Some(mapper)) => {
                let mapper = mapper_of(host, &mapper)?;
                session.get_bind(host, Some(&mapper), None)?
            }
            (None, None) => session.get_bind(host, None, None)?,
        },
        _ => session.get_bind(host, None, None)?,
    };
    Ok(connection_value(&session.connection_for_bind(host, &bind)?))
}

fn delete(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    session_of(host, &args[0])?.delete(host, &args[1])?;
    Ok(Value::None)
}

fn delete_all(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    for instance in host.collect(&args[1])? {
        session.delete(host, &instance)?;
    }
    Ok(Value::None)
}

/// Any statement; the query layer knows which are over mapped classes.
fn execute(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    if matches!(args[1], Value::Str(_)) {
        let shown = host.repr(&args[1])?;
        return Err(crate::sql::errors::textual_expression(&shown));
    }
    let statement = crate::pylib::sqlalchemy::connection::statement_of(host, &args[1])?;
    let sets = crate::pylib::sqlalchemy::arguments::parameter_sets(host, &args[2])?;
    let mut options = result::read_options(host, &statement, &args[3])?;
    if let Value::Dict(given) = &args[4]
        && let Some(bind) = given.get("bind")
    {
        options.bind = Some(arguments::bind_of(host, &bind)?);
    }
    result::execute(host, &session, &statement, &sets, &options)
}

fn scalar(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let result = execute(host, args)?;
    host.call_method(&result, "scalar", &[])
}

fn scalars(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let result = execute(host, args)?;
    host.call_method(&result, "scalars", &[])
}

fn expire(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    let names = names(host, &args[2])?;
    session.expire(host, &args[1], names.as_deref())?;
    Ok(Value::None)
}

fn expire_all(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    session_of(host, &args[0])?.expire_all();
    Ok(Value::None)
}

fn expunge(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    session_of(host, &args[0])?.expunge(host, &args[1])?;
    Ok(Value::None)
}

fn expunge_all(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    session_of(host, &args[0])?.expunge_all(host)?;
    Ok(Value::None)
}

fn get(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    // The usual call: a class and one integer, nothing else.
    if let (Value::Class(class), Value::Int(_)) = (&args[1], &args[2])
        && args[3..].iter().all(Value::is_none)
        && let Some(mapper) = Mapper::of(class)
    {
        return Ok(session.get_simple(host, &mapper, &args[2])?.map_or(Value::None, Value::Instance));
    }
    let mapper = inspected_mapper(host, &args[1])?;
    let identifier = identifier(host, &args[2])?;
    let extra = get_args(host, &args[3], &args[4], &args[5], &args[7])?;
    Ok(session.get(host, &mapper, identifier, &extra)?.map_or(Value::None, Value::Instance))
}

fn get_one(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    let mapper = inspected_mapper(host, &args[1])?;
    let identifier = identifier(host, &args[2])?;
    let extra = get_args(host, &args[3], &args[4], &args[5], &args[7])?;
    session.get_one(host, &mapper, identifier, &extra).map(Value::Instance)
}

fn get_bind(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    if !args[3].is_none() {
        return Ok(args[3].clone());
    }
    let mapper = if args[1].is_none() { None } else { Some(mapper_of(host, &args[1])?) };
    let table = if args[2].is_none() { None } else { arguments::table_of(host, &args[2])? };
    // `super().get_bind(...)` of an override means the session's own binds.
    session.get_own_bind(mapper.as_ref(), table.as_ref()).map(|bind| bind_value(&bind))
}

fn is_modified(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    let collections = host.truth(&args[2])?;
    session.is_modified(host, &args[1], collections).map(Value::Bool)
}

fn bulk_save_objects(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    let objects = host.collect(&args[1])?;
    let how = BulkSave {
        return_defaults: host.truth(&args[2])?,
        changed_only: host.truth(&args[3])?,
        render_nulls: false,
    };
    let preserve_order = host.truth(&args[4])?;
    session.bulk_save_objects(host, &objects, how, preserve_order)?;
    Ok(Value::None)
}

fn bulk_insert_mappings(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    let mapper = mapper_of(host, &args[1])?;
    let mappings = host.collect(&args[2])?;
    let how = BulkSave {
        return_defaults: host.truth(&args[3])?,
        render_nulls: host.truth(&args[4])?,
        ..BulkSave::default()
    };
    session.bulk_mappings(host, &mapper, &mappings, false, how)?;
    Ok(Value::None)
}

fn bulk_update_mappings(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    let mapper = mapper_of(host, &args[1])?;
    let mappings = host.collect(&args[2])?;
    session.bulk_mappings(host, &mapper, &mappings, true, BulkSave::default())?;
    Ok(Value::None)
}

fn merge(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    let load = host.truth(&args[2])?;
    let options = if args[3].is_none() { Vec::new() } else { host.collect(&args[3])? };
    session.merge(host, &args[1], load, &options)
}

fn merge_all(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    let load = host.truth(&args[2])?;
    let options = if args[3].is_none() { Vec::new() } else { host.collect(&args[3])? };
    let mut merged = Vec::new();
    for instance in host.collect(&args[1])? {
        merged.push(session.merge(host, &instance, load, &options)?);
    }
    Ok(Value::list(merged))
}

/// A query of the session's own class, over the session itself.
fn query(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    let mut class = session.query_class.borrow().clone();
    if class.is_none() {
        let orm = host.import("sqlalchemy.orm")?;
        class = host.get_attr(&Value::Module(orm), &intern("Query"))?;
    }
    let mut names: Vec<Str> = vec![intern("session")];
    let mut values = vec![session_value(&session)];
    if let Value::Dict(more) = &args[2] {
        for (name, value) in more.to_vec() {
            names.push(host.str(&name)?);
            values.push(value);
        }
    }
    let positional = [args[1].clone()];
    host.call(&class, CallArgs { positional: &positional, names: &names, keywords: &values })
}

fn refresh(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let session = session_of(host, &args[0])?;
    let names = names(host, &args[2])?;
    let lock = (!args[3].is_none()).then(|| args[3].clone());
    session.refresh(host, &args[1], names.as_deref(), lock.as_ref())?;
    Ok(Value::None)
}

fn identity_map(host: &mut dyn Host, value: &Value) -> R<Value> {
    let session = session_of(host, value)?;
    let map = Dict::new();
    for instance in session.identity_map.instances() {
        if let Some(mapped) = Mapped::new(&instance)
            && let Some(key) = mapped.state().key()
        {
            let key = Value::tuple(vec![Value::Class(key.mapper.class.clone()), key.identity(), Value::None]);
            host.dict_set(&map, key, Value::Instance(instance))?;
        }
    }
    Ok(Value::Dict(Gc::new(map)))
}

/// `(class, (1,), None)`, of an instance or of a class with a primary key.
fn identity_key(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let (mapper, values) = if args[3].is_none() {
        let mapper = mapper_of(host, &args[1])?;
        let values = match identifier(host, &args[2])? {
            Identifier::Values(values) => values,
            Identifier::Named(named) => named.into_iter().map(|(_, value)| value).collect(),
        };
        (mapper.base_mapper(), values)
    } else {
        let Some(mapped) = Mapped::of_value(&args[3]) else {
            return Err(errors::unmapped_instance(host, &args[3]));
        };
        let key = identity_key_from_state(&mapped);
        (key.mapper.clone(), key.values())
    };
    Ok(Value::tuple(vec![Value::Class(mapper.class.clone()), Value::tuple(values), Value::None]))
}
