//! `operator`: the operators of the language as functions.
//!
//! Owns the plain operators; what is built from them is written in the language. Must not know what they do.

use crate::python::value::{BinaryOp, CompareOp, Host, NativeModule, R, Row, UnaryOp, Value, param};

const TWO: &[crate::python::value::Param] = &[param::pos("a"), param::pos("b")];
const ONE: &[crate::python::value::Param] = &[param::pos("a")];

macro_rules! comparison {
    ($name:literal, $op:ident) => {
        Row::function($name, TWO, "A comparison.", "", |host, args| {
            host.compare(CompareOp::$op, &args[0], &args[1])
        })
    };
}

macro_rules! binary {
    ($name:literal, $op:ident) => {
        Row::function($name, TWO, "Two values by an operator.", "", |host, args| {
            host.binary(BinaryOp::$op, &args[0], &args[1])
        })
    };
}

macro_rules! unary {
    ($name:literal, $op:ident) => {
        Row::function($name, ONE, "A value by an operator.", "", |host, args| {
            host.unary(UnaryOp::$op, &args[0])
        })
    };
}

fn get_item(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    host.get_item(&args[0], &args[1])
}

static FUNCTIONS: &[Row] = &[
    comparison!("lt", Lt),
    comparison!("le", Le),
    comparison!("eq", Eq),
    comparison!("ne", Ne),
    comparison!("ge", Ge),
    comparison!("gt", Gt),
    binary!("add", Add),
    binary!("and_", And),
    binary!("floordiv", FloorDiv),
    binary!("lshift", LeftShift),
    binary!("mod", Mod),
    binary!("mul", Mul),
    binary!("matmul", MatMul),
    binary!("or_", Or),
    binary!("pow", Pow),
    binary!("rshift", RightShift),
    binary!("sub", Sub),
    binary!("truediv", Div),
    binary!("xor", Xor),
    unary!("inv", Invert),
    unary!("neg", Negative),
    unary!("pos", Positive),
    Row::function("getitem", TWO, "An item.", "", get_item),
    Row::function("contains", TWO, "Whether an item is in a container.", "", |host, args| {
        host.contains(&args[0], &args[1]).map(Value::Bool)
    }),
    Row::function("not_", ONE, "The opposite of the truth.", "", |host, args| {
        host.truth(&args[0]).map(|truth| Value::Bool(!truth))
    }),
    Row::function("truth", ONE, "The truth.", "", |host, args| host.truth(&args[0]).map(Value::Bool)),
    Row::function("is_", TWO, "Whether both are the same object.", "", |_, args| {
        Ok(Value::Bool(args[0].is(&args[1])))
    }),
    Row::function("is_not", TWO, "Whether they are different objects.", "", |_, args| {
        Ok(Value::Bool(!args[0].is(&args[1])))
    }),
];

pub static MODULE: NativeModule = NativeModule {
    functions: FUNCTIONS,
    prelude: Some(include_str!("../prelude/operator.py")),
    ..NativeModule::new("operator", "Operators as functions.")
};
