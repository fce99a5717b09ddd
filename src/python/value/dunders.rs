//! The dunder methods of native types: each slot that a type fills shows itself as a method of the class.
//!
//! Owns the rows (`__len__`, `__add__`, `__new__` ...) which reach a receiver's native slot, so that
//! `super().__setitem__(k, v)` and `[].__len__()` work, and which of them a type has.
//! Must not know any particular type's behaviour; `object`'s own methods are the machine's.

use super::rows::param::{args, kwargs, pos, pos_opt};
use super::{
    BinaryOp, CallArgs, CompareOp, Gc, Host, NativeType, Param, ParamDefault, R, Raised, Row, Slots, UnaryOp,
    Value, intern,
};
use crate::diag::builtin::{ATTRIBUTE_ERROR, STOP_ITERATION, TYPE_ERROR};

const ANY: &[Param] = &[args("args"), kwargs("kwargs")];
const VALUE: &[Param] = &[pos("value")];

const OPS: [BinaryOp; 13] = [
    BinaryOp::Add,
    BinaryOp::Sub,
    BinaryOp::Mul,
    BinaryOp::Div,
    BinaryOp::FloorDiv,
    BinaryOp::Mod,
    BinaryOp::Pow,
    BinaryOp::MatMul,
    BinaryOp::LeftShift,
    BinaryOp::RightShift,
    BinaryOp::And,
    BinaryOp::Or,
    BinaryOp::Xor,
];

const COMPARES: [CompareOp; 6] =
    [CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge];

/// The rows that a type's own slots imply. Those which its method table names itself are left out.
pub fn dunder_rows(kind: &'static NativeType) -> Vec<&'static Row> {
    let slots = &kind.slots;
    let mut rows: Vec<&'static Row> = Vec::new();
    let mut add = |there: bool, row: &'static Row| {
        let named = kind.methods.iter().any(|own| own.name == row.name)
            || kind.constants.iter().any(|(name, _)| *name == row.name);
        if there && !named {
            rows.push(row);
        }
    };
    add(slots.new.is_some(), &NEW);
    add(slots.init.is_some(), &INIT);
    add(slots.repr.is_some(), &REPR);
    add(slots.str.is_some(), &STR);
    add(slots.format.is_some(), &FORMAT);
    add(slots.hash.is_some(), &HASH);
    add(slots.truth.is_some(), &BOOL);
    add(slots.len.is_some(), &LEN);
    add(slots.get_item.is_some(), &GETITEM);
    add(slots.set_item.is_some(), &SETITEM);
    add(slots.del_item.is_some(), &DELITEM);
    add(slots.contains.is_some(), &CONTAINS);
    add(slots.iter.is_some(), &ITER);
    add(slots.next.is_some(), &NEXT);
    add(slots.call.is_some(), &CALL);
    add(slots.enter.is_some(), &ENTER);
    add(slots.exit.is_some(), &EXIT);
    add(slots.descr_get.is_some(), &GET);
    add(slots.descr_set.is_some(), &SET);
    add(slots.descr_delete.is_some(), &DELETE);
    for row in COMPARE_ROWS {
        add(slots.compare.is_some(), row);
    }
    for row in UNARY_ROWS {
        add(slots.unary.is_some(), row);
    }
    for (row, reflected) in BINARY_ROWS.iter().zip(REFLECTED_ROWS) {
        let there = slots.binary.is_some() && has_operator(kind.name, row.name);
        add(there, row);
        add(there && (row.name != "__add__" || !is_sequence(kind.name)), reflected);
    }
    rows
}

fn is_sequence(name: &str) -> bool {
    matches!(name, "list" | "tuple" | "str" | "bytes" | "bytearray")
}

/// One slot serves all operators of a type; this says which of them the builtin kinds really have.
fn has_operator(kind: &str, name: &str) -> bool {
    match kind {
        "list" | "tuple" => matches!(name, "__add__" | "__mul__"),
        "str" | "bytes" | "bytearray" => matches!(name, "__add__" | "__mul__" | "__mod__"),
        "dict" => name == "__or__",
        "set" | "frozenset" => matches!(name, "__and__" | "__or__" | "__sub__" | "__xor__"),
        "float" | "complex" => {
            !matches!(name, "__matmul__" | "__lshift__" | "__rshift__" | "__and__" | "__or__" | "__xor__")
        }
        "int" | "bool" => name != "__matmul__",
        _ => true,
    }
}

/// The native slot of a receiver, whatever class written in the language it has.
fn slot<T>(host: &mut dyn Host, receiver: &Value, name: &str, pick: fn(&'static Slots) -> Option<T>) -> R<T> {
    let class = host.class_of(receiver);
    match class.native.slot(pick) {
        Some(found) => Ok(found),
        None => Err(no_slot(&class.name.borrow(), name)),
    }
}

/// `AttributeError: 'int' object has no attribute '__len__'`
fn no_slot(class: &str, name: &str) -> Raised {
    Raised::new(&ATTRIBUTE_ERROR, format!("'{class}' object has no attribute '{name}'"))
}

fn with_call_args<T>(positional: &[Value], rest: &Value, f: impl FnOnce(CallArgs<'_>) -> R<T>) -> R<T> {
    let pairs = match rest {
        Value::Dict(dict) => dict.to_vec(),
        _ => Vec::new(),
    };
    let mut names = Vec::with_capacity(pairs.len());
    let mut keywords = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        if let Value::Str(name) = name {
            names.push(intern(&name));
            keywords.push(value);
        }
    }
    f(CallArgs { positional, names: &names, keywords: &keywords })
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::Tuple(tuple) => tuple.as_slice(),
        _ => &[],
    }
}

static NEW: Row = Row::static_method("__new__", ANY, "Create and return a new object.", "", |host, args| {
    let given = items(&args[0]);
    let Some(Value::Class(class)) = given.first() else {
        return Err(Raised::new(&TYPE_ERROR, "object.__new__(X): X is not a type object"));
    };
    let Some(new) = class.native.slot(|slots| slots.new) else {
        return Ok(Value::Instance(super::Instance::new(class.clone())));
    };
    with_call_args(&given[1..], &args[1], |call| new(host, class, call))
});
static INIT: Row = Row::method("__init__", ANY, "Initialize self.", "", |host, args| {
    let init = slot(host, &args[0], "__init__", |slots| slots.init)?;
    with_call_args(items(&args[1]), &args[2], |call| init(host, &args[0], call))?;
    Ok(Value::None)
});
static CALL: Row = Row::method("__call__", ANY, "Call self as a function.", "", |host, args| {
    let call = slot(host, &args[0], "__call__", |slots| slots.call)?;
    with_call_args(items(&args[1]), &args[2], |given| call(host, &args[0], given))
});
static REPR: Row = Row::method("__repr__", &[], "Return repr(self).", "[].__repr__()", |host, args| {
    slot(host, &args[0], "__repr__", |slots| slots.repr)?(host, &args[0]).map(Value::Str)
});
static STR: Row = Row::method("__str__", &[], "Return str(self).", "", |host, args| {
    slot(host, &args[0], "__str__", |slots| slots.str)?(host, &args[0]).map(Value::Str)
});
static FORMAT: Row =
    Row::method("__format__", &[pos("format_spec")], "Default object formatter.", "", |host, args| {
        let Some(spec) = args[1].as_str() else {
            return Err(Raised::new(&TYPE_ERROR, "__format__() argument must be str"));
        };
        slot(host, &args[0], "__format__", |slots| slots.format)?(host, &args[0], spec).map(Value::Str)
    });
static HASH: Row = Row::method("__hash__", &[], "Return hash(self).", "(1).__hash__()", |host, args| {
    slot(host, &args[0], "__hash__", |slots| slots.hash)?(host, &args[0]).map(Value::Int)
});
static BOOL: Row = Row::method("__bool__", &[], "True if self else False", "", |host, args| {
    slot(host, &args[0], "__bool__", |slots| slots.truth)?(host, &args[0]).map(Value::Bool)
});
static LEN: Row = Row::method("__len__", &[], "Return len(self).", "[].__len__()", |host, args| {
    slot(host, &args[0], "__len__", |slots| slots.len)?(host, &args[0]).map(Value::from)
});
static GETITEM: Row =
    Row::method("__getitem__", &[pos("key")], "Return self[key].", "[4].__getitem__(0)", |host, args| {
        slot(host, &args[0], "__getitem__", |slots| slots.get_item)?(host, &args[0], &args[1])
    });
static SETITEM: Row =
    Row::method("__setitem__", &[pos("key"), pos("value")], "Set self[key] to value.", "", |host, args| {
        slot(host, &args[0], "__setitem__", |slots| slots.set_item)?(
            host,
            &args[0],
            &args[1],
            args[2].clone(),
        )?;
        Ok(Value::None)
    });
static DELITEM: Row = Row::method("__delitem__", &[pos("key")], "Delete self[key].", "", |host, args| {
    slot(host, &args[0], "__delitem__", |slots| slots.del_item)?(host, &args[0], &args[1])?;
    Ok(Value::None)
});
static CONTAINS: Row =
    Row::method("__contains__", &[pos("key")], "Return key in self.", "[4].__contains__(4)", |host, args| {
        slot(host, &args[0], "__contains__", |slots| slots.contains)?(host, &args[0], &args[1])
            .map(Value::Bool)
    });
static ITER: Row = Row::method("__iter__", &[], "Implement iter(self).", "", |host, args| {
    slot(host, &args[0], "__iter__", |slots| slots.iter)?(host, &args[0])
});
static NEXT: Row = Row::method("__next__", &[], "Implement next(self).", "", |host, args| {
    match slot(host, &args[0], "__next__", |slots| slots.next)?(host, &args[0])? {
        Some(item) => Ok(item),
        None => Err(Raised::new(&STOP_ITERATION, "")),
    }
});
static ENTER: Row = Row::method("__enter__", &[], "Enter the runtime context.", "", |host, args| {
    slot(host, &args[0], "__enter__", |slots| slots.enter)?(host, &args[0])
});
static EXIT: Row = Row::method(
    "__exit__",
    &[
        pos_opt("type", ParamDefault::None),
        pos_opt("value", ParamDefault::None),
        pos_opt("traceback", ParamDefault::None),
    ],
    "Leave the runtime context.",
    "",
    |host, args| {
        let exception = (!args[2].is_none()).then_some(&args[2]);
        slot(host, &args[0], "__exit__", |slots| slots.exit)?(host, &args[0], exception).map(Value::Bool)
    },
);
static GET: Row = Row::method(
    "__get__",
    &[pos("instance"), pos_opt("owner", ParamDefault::None)],
    "Return an attribute of instance, which is of type owner.",
    "",
    |host, args| {
        let owner = match &args[2] {
            Value::Class(class) => class.clone(),
            _ => host.class_of(&args[1]),
        };
        slot(host, &args[0], "__get__", |slots| slots.descr_get)?(host, &args[0], &args[1], &owner)
    },
);
static SET: Row = Row::method(
    "__set__",
    &[pos("instance"), pos("value")],
    "Set an attribute of instance to value.",
    "",
    |host, args| {
        slot(host, &args[0], "__set__", |slots| slots.descr_set)?(host, &args[0], &args[1], args[2].clone())?;
        Ok(Value::None)
    },
);
static DELETE: Row =
    Row::method("__delete__", &[pos("instance")], "Delete an attribute of instance.", "", |host, args| {
        slot(host, &args[0], "__delete__", |slots| slots.descr_delete)?(host, &args[0], &args[1])?;
        Ok(Value::None)
    });

fn compare<const OP: usize>(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let op = COMPARES[OP];
    slot(host, &args[0], op.method(), |slots| slots.compare)?(host, op, &args[0], &args[1])
}

const fn compare_row(name: &'static str, doc: &'static str, call: super::NativeFn) -> Row {
    Row::method(name, VALUE, doc, "", call)
}

static COMPARE_ROWS: &[Row] = &[
    compare_row("__eq__", "Return self==value.", compare::<0>),
    compare_row("__ne__", "Return self!=value.", compare::<1>),
    compare_row("__lt__", "Return self<value.", compare::<2>),
    compare_row("__le__", "Return self<=value.", compare::<3>),
    compare_row("__gt__", "Return self>value.", compare::<4>),
    compare_row("__ge__", "Return self>=value.", compare::<5>),
];

fn unary<const OP: usize>(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let op = [UnaryOp::Negative, UnaryOp::Positive, UnaryOp::Invert][OP];
    slot(host, &args[0], "__neg__", |slots| slots.unary)?(host, op, &args[0])
}

static UNARY_ROWS: &[Row] = &[
    Row::method("__neg__", &[], "-self", "(1).__neg__()", unary::<0>),
    Row::method("__pos__", &[], "+self", "(1).__pos__()", unary::<1>),
    Row::method("__invert__", &[], "~self", "(1).__invert__()", unary::<2>),
];

fn binary<const OP: usize, const REFLECTED: bool>(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    slot(host, &args[0], OPS[OP].symbol(), |slots| slots.binary)?(
        host, OPS[OP], &args[0], &args[1], REFLECTED,
    )
}

static BINARY_ROWS: [Row; 13] = [
    Row::method("__add__", VALUE, "Return self+value.", "(1).__add__(2)", binary::<0, false>),
    Row::method("__sub__", VALUE, "Return self-value.", "(1).__sub__(2)", binary::<1, false>),
    Row::method("__mul__", VALUE, "Return self*value.", "(1).__mul__(2)", binary::<2, false>),
    Row::method("__truediv__", VALUE, "Return self/value.", "(1).__truediv__(2)", binary::<3, false>),
    Row::method("__floordiv__", VALUE, "Return self//value.", "(1).__floordiv__(2)", binary::<4, false>),
    Row::method("__mod__", VALUE, "Return self%value.", "(1).__mod__(2)", binary::<5, false>),
    Row::method("__pow__", VALUE, "Return self**value.", "(1).__pow__(2)", binary::<6, false>),
    Row::method("__matmul__", VALUE, "Return self@value.", "", binary::<7, false>),
    Row::method("__lshift__", VALUE, "Return self<<value.", "(1).__lshift__(2)", binary::<8, false>),
    Row::method("__rshift__", VALUE, "Return self>>value.", "(1).__rshift__(2)", binary::<9, false>),
    Row::method("__and__", VALUE, "Return self&value.", "(1).__and__(2)", binary::<10, false>),
    Row::method("__or__", VALUE, "Return self|value.", "(1).__or__(2)", binary::<11, false>),
    Row::method("__xor__", VALUE, "Return self^value.", "(1).__xor__(2)", binary::<12, false>),
];

static REFLECTED_ROWS: &[Row] = &[
    Row::method("__radd__", VALUE, "Return value+self.", "", binary::<0, true>),
    Row::method("__rsub__", VALUE, "Return value-self.", "", binary::<1, true>),
    Row::method("__rmul__", VALUE, "Return value*self.", "", binary::<2, true>),
    Row::method("__rtruediv__", VALUE, "Return value/self.", "", binary::<3, true>),
    Row::method("__rfloordiv__", VALUE, "Return value//self.", "", binary::<4, true>),
    Row::method("__rmod__", VALUE, "Return value%self.", "", binary::<5, true>),
    Row::method("__rpow__", VALUE, "Return value**self.", "", binary::<6, true>),
    Row::method("__rmatmul__", VALUE, "Return value@self.", "", binary::<7, true>),
    Row::method("__rlshift__", VALUE, "Return value<<self.", "", binary::<8, true>),
    Row::method("__rrshift__", VALUE, "Return value>>self.", "", binary::<9, true>),
    Row::method("__rand__", VALUE, "Return value&self.", "", binary::<10, true>),
    Row::method("__ror__", VALUE, "Return value|self.", "", binary::<11, true>),
    Row::method("__rxor__", VALUE, "Return value^self.", "", binary::<12, true>),
];

/// A slot method as an object of a class dictionary.
pub fn slot_method(row: &'static Row, owner: &Value) -> Value {
    Value::Native(Gc::new(super::NativeFunction {
        row,
        receiver: Value::Unset,
        owner: owner.clone(),
        data: Value::Unset,
    }))
}

/// Whether a class attribute is one of these rows, and not something that a class overrides it with.
pub fn is_slot_method(value: &Value) -> bool {
    match value {
        Value::Native(native) => native.row.name.starts_with("__") && native.receiver.is_unset(),
        _ => false,
    }
}
