//! Defaults of columns as objects, and reading what `default=` and `server_default=` were given.
//!
//! Owns `ScalarElementColumnDefault` and its kin. Must not know who calls them.

use std::rc::Rc;

use super::arguments::text;
use super::objects::{DefaultObject, expr_value, instance_of};
use crate::python::value::{
    CallArgs, Class, Gc, Getter, Host, Native, NativeType, ParamDefault, R, Row, Slots, Str, Value, bind,
    param,
};
use crate::sql::coerce;
use crate::sql::errors;
use crate::sql::expr::ExprKind;
use crate::sql::schema::{ColumnDefault, Computed, Default, Identity, Sequence, ServerDefault};

const MODULE: &str = "sqlalchemy.sql.schema";

pub static COLUMN_DEFAULT: NativeType = NativeType {
    getters: &[
        Getter { name: "arg", doc: "The value, the function or the expression.", get: argument, set: None },
        Getter {
            name: "for_update",
            doc: "Whether it is for updates.",
            get: |_, value| Ok(Value::Bool(own(value).is_some_and(|default| default.for_update))),
            set: None,
        },
        Getter {
            name: "is_scalar",
            doc: "Whether it is a value.",
            get: |_, value| {
                Ok(Value::Bool(
                    own(value).is_some_and(|default| matches!(default.kind, ColumnDefault::Scalar(_))),
                ))
            },
            set: None,
        },
        Getter {
            name: "is_callable",
            doc: "Whether it is a function.",
            get: |_, value| {
                Ok(Value::Bool(
                    own(value).is_some_and(|default| matches!(default.kind, ColumnDefault::Callable { .. })),
                ))
            },
            set: None,
        },
        Getter {
            name: "is_clause_element",
            doc: "Whether it is SQL.",
            get: |_, value| {
                Ok(Value::Bool(
                    own(value).is_some_and(|default| matches!(default.kind, ColumnDefault::Clause(_))),
                ))
            },
            set: None,
        },
        Getter {
            name: "is_sequence",
            doc: "Whether it is a sequence.",
            get: |_, value| {
                Ok(Value::Bool(
                    own(value).is_some_and(|default| matches!(default.kind, ColumnDefault::Sequence(_))),
                ))
            },
            set: None,
        },
    ],
    slots: Slots { repr: Some(repr), new: Some(new_default), ..Slots::NONE },
    has_dict: true,
    ..NativeType::plain("ColumnDefault", MODULE)
};

macro_rules! kinds {
    ($($name:ident $text:literal;)*) => {
        $(pub static $name: NativeType = NativeType {
            bases: &[&COLUMN_DEFAULT], has_dict: true, ..NativeType::plain($text, MODULE)
        };)*
    };
}

kinds! {
    SCALAR "ScalarElementColumnDefault";
    CALLABLE "CallableColumnDefault";
    ELEMENT "ColumnElementColumnDefault";
}

/// The class that shows a default.
pub fn class_of(default: &Default) -> &'static NativeType {
    match default.kind {
        ColumnDefault::Scalar(_) => &SCALAR,
        ColumnDefault::Callable { .. } => &CALLABLE,
        ColumnDefault::Clause(_) => &ELEMENT,
        ColumnDefault::Sequence(_) => &SEQUENCE,
    }
}

fn own(value: &Value) -> Option<Rc<Default>> {
    value.payload::<DefaultObject>().map(|object| object.0.clone())
}

fn argument(_host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(match own(value).as_deref() {
        Some(Default { kind: ColumnDefault::Scalar(value), .. }) => value.clone(),
        Some(Default { kind: ColumnDefault::Callable { function, .. }, .. }) => function.clone(),
        Some(Default { kind: ColumnDefault::Clause(clause), .. }) => expr_value(clause),
        _ => Value::None,
    })
}

fn repr(host: &mut dyn Host, value: &Value) -> R<Str> {
    let class = host.class_of(value).name.borrow().clone();
    let arg = argument(host, value)?;
    let shown = host.repr(&arg)?;
    Ok(Str::new(&format!("{class}({shown})")))
}

fn new_default(host: &mut dyn Host, _class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    const PARAMS: &[crate::python::value::Param] =
        &[param::req("arg"), param::opt("for_update", ParamDefault::Bool(false))];
    let bound = bind("ColumnDefault", PARAMS, args)?;
    let for_update = host.truth(&bound[1])?;
    Ok(super::objects::default_value(&read_default(host, &bound[0], for_update)?))
}

/// What `default=` or `onupdate=` was given.
pub fn read_default(host: &mut dyn Host, value: &Value, for_update: bool) -> R<Rc<Default>> {
    if let Some(default) = own(value) {
        return Ok(default);
    }
    if let Some(sequence) = value.payload::<SequenceObject>() {
        return Ok(Default::new(ColumnDefault::Sequence(sequence.0.clone()), for_update));
    }
    if let Some(clause) = coerce::as_expression(host, value)? {
        return Ok(Default::new(ColumnDefault::Clause(clause), for_update));
    }
    let callable = match value {
        Value::Function(_) | Value::Native(_) | Value::Method(_) | Value::Class(_) => true,
        Value::Instance(_) => host.find_attr(value, &crate::python::value::intern("__call__"))?.is_some(),
        _ => false,
    };
    if !callable {
        return Ok(Default::new(ColumnDefault::Scalar(value.clone()), for_update));
    }
    let takes_context = takes_one(host, value)?;
    Ok(Default::new(ColumnDefault::Callable { function: value.clone(), takes_context }, for_update))
}

/// Whether a function is to be given the context: it has one required positional parameter.
fn takes_one(host: &mut dyn Host, value: &Value) -> R<bool> {
    let (function, bound) = match value {
        Value::Function(_) => (value.clone(), 0),
        Value::Method(_) => (host.get_attr(value, &crate::python::value::intern("__func__"))?, 1),
        _ => return Ok(false),
    };
    let code = host.find_attr(&function, &crate::python::value::intern("__code__"))?;
    let Some(code) = code else { return Ok(false) };
    let count = host.get_attr(&code, &crate::python::value::intern("co_argcount"))?;
    let defaults = match &function {
        Value::Function(function) => function.defaults.borrow().len() as i64,
        _ => 0,
    };
    let count = if let Value::Int(count) = count { count } else { 0 };
    let required = count - defaults - bound;
    if required > 1 {
        return Err(errors::argument_error(
            "ColumnDefault Python function takes zero or one positional arguments",
        ));
    }
    Ok(required == 1)
}

/// What `server_default=` was given.
pub fn read_server_default(host: &mut dyn Host, value: &Value) -> R<ServerDefault> {
    if let Value::Str(text) = value {
        return Ok(ServerDefault::Text(text.clone()));
    }
    if let Some(server) = value.payload::<ServerObject>() {
        return Ok(server.0.clone());
    }
    match coerce::as_expression(host, value)? {
        Some(clause) => Ok(ServerDefault::Clause(clause)),
        None => {
            let shown = host.class_of(value).name.borrow().clone();
            Err(errors::argument_error(format!(
                "Argument 'arg' is expected to be one of type '<class 'str'>' or '<class 'sqlalchemy.sql.elements.ClauseElement'>' \
                 or '<class 'sqlalchemy.sql.elements.TextClause'>', got '<class '{shown}'>'"
            )))
        }
    }
}

/// `DefaultClause` and `FetchedValue`.
pub struct ServerObject(pub ServerDefault);

impl Native for ServerObject {}

pub static FETCHED_VALUE: NativeType = NativeType {
    slots: Slots {
        new: Some(|_, class, _| Ok(instance_of(class, ServerObject(ServerDefault::Fetched)))),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("FetchedValue", MODULE)
};

pub static DEFAULT_CLAUSE: NativeType = NativeType {
    bases: &[&FETCHED_VALUE],
    getters: &[
        Getter { name: "arg", doc: "The text or the expression.", get: server_argument, set: None },
        Getter { name: "for_update", doc: "False.", get: |_, _| Ok(Value::Bool(false)), set: None },
    ],
    slots: Slots { new: Some(new_clause), repr: Some(server_repr), ..Slots::NONE },
    has_dict: true,
    ..NativeType::plain("DefaultClause", MODULE)
};

fn new_clause(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    const PARAMS: &[crate::python::value::Param] =
        &[param::req("arg"), param::opt("for_update", ParamDefault::Bool(false))];
    let bound = bind("DefaultClause", PARAMS, args)?;
    let server = read_server_default(host, &bound[0])?;
    Ok(instance_of(class, ServerObject(server)))
}

fn server_argument(_host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(match value.payload::<ServerObject>().map(|object| &object.0) {
        Some(ServerDefault::Text(text)) => Value::Str(text.clone()),
        Some(ServerDefault::Clause(clause)) => expr_value(clause),
        _ => Value::None,
    })
}

fn server_repr(host: &mut dyn Host, value: &Value) -> R<Str> {
    let arg = server_argument(host, value)?;
    let shown = host.repr(&arg)?;
    Ok(Str::new(&format!("DefaultClause({shown}, for_update=False)")))
}

/// The object that shows a server default.
pub fn server_value(default: &ServerDefault) -> Value {
    let kind = match default {
        ServerDefault::Text(_) | ServerDefault::Clause(_) => &DEFAULT_CLAUSE,
        _ => &FETCHED_VALUE,
    };
    Value::native(kind, ServerObject(default.clone()))
}

pub struct SequenceObject(pub Rc<Sequence>);
pub struct ComputedObject(pub Rc<Computed>);
pub struct IdentityObject(pub Rc<Identity>);

impl Native for SequenceObject {}
impl Native for ComputedObject {}
impl Native for IdentityObject {}

pub static SEQUENCE: NativeType = NativeType {
    methods: &[Row::method("next_value", &[], "The next number.", "", |_, args| {
        let name = args[0].payload::<SequenceObject>().map(|object| object.0.name.clone());
        let kind = ExprKind::NextValue(name.unwrap_or_else(|| Str::new("")));
        Ok(expr_value(&crate::sql::expr::ExprNode::new(kind, crate::sql::types::integer())))
    })],
    getters: &[Getter {
        name: "name",
        doc: "The name.",
        get: |_, value| {
            Ok(value
                .payload::<SequenceObject>()
                .map_or(Value::None, |object| Value::Str(object.0.name.clone())))
        },
        set: None,
    }],
    slots: Slots { new: Some(new_sequence), repr: Some(sequence_repr), ..Slots::NONE },
    has_dict: true,
    ..NativeType::plain("Sequence", MODULE)
};

fn new_sequence(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    const PARAMS: &[crate::python::value::Param] = &[
        param::req("name"),
        param::opt("start", ParamDefault::None),
        param::opt("increment", ParamDefault::None),
        param::kwargs("kw"),
    ];
    let bound = bind("Sequence", PARAMS, args)?;
    let number = |value: &Value| if let Value::Int(number) = value { Some(*number) } else { None };
    let sequence = Sequence {
        name: text(host, &bound[0], "name")?,
        start: number(&bound[1]),
        increment: number(&bound[2]),
        schema: None,
    };
    Ok(instance_of(class, SequenceObject(Rc::new(sequence))))
}

fn sequence_repr(_host: &mut dyn Host, value: &Value) -> R<Str> {
    let name = value.payload::<SequenceObject>().map_or_else(|| Str::new(""), |object| object.0.name.clone());
    Ok(Str::new(&format!("Sequence('{name}')")))
}

pub static COMPUTED: NativeType = NativeType {
    getters: &[
        Getter {
            name: "sqltext",
            doc: "The expression.",
            get: |_, value| {
                Ok(value.payload::<ComputedObject>().map_or(Value::None, |object| expr_value(&object.0.text)))
            },
            set: None,
        },
        Getter {
            name: "persisted",
            doc: "Whether it is stored.",
            get: |_, value| {
                Ok(value.payload::<ComputedObject>().and_then(|object| object.0.persisted).into())
            },
            set: None,
        },
    ],
    slots: Slots { new: Some(new_computed), ..Slots::NONE },
    has_dict: true,
    ..NativeType::plain("Computed", MODULE)
};

fn new_computed(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    const PARAMS: &[crate::python::value::Param] =
        &[param::req("sqltext"), param::opt("persisted", ParamDefault::None)];
    let bound = bind("Computed", PARAMS, args)?;
    let text = super::text::ddl_expression(host, &bound[0])?;
    let persisted = if let Value::Bool(persisted) = bound[1] { Some(persisted) } else { None };
    let computed = Computed { text, persisted, object: std::cell::OnceCell::new() };
    Ok(instance_of(class, ComputedObject(Rc::new(computed))))
}

pub static IDENTITY: NativeType = NativeType {
    slots: Slots { new: Some(new_identity), ..Slots::NONE },
    has_dict: true,
    ..NativeType::plain("Identity", MODULE)
};

fn new_identity(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    const PARAMS: &[crate::python::value::Param] = &[
        param::opt("always", ParamDefault::Bool(false)),
        param::opt("on_null", ParamDefault::None),
        param::opt("start", ParamDefault::None),
        param::opt("increment", ParamDefault::None),
        param::kwargs("kw"),
    ];
    let bound = bind("Identity", PARAMS, args)?;
    let number = |value: &Value| if let Value::Int(number) = value { Some(*number) } else { None };
    let identity =
        Identity { always: host.truth(&bound[0])?, start: number(&bound[2]), increment: number(&bound[3]) };
    Ok(instance_of(class, IdentityObject(Rc::new(identity))))
}
