//! Operators and their methods: what every column, expression and mapped attribute understands.
//!
//! Owns `ColumnOperators`. A type of the mapping layer takes part by deriving from it and registering how its
//! objects become expressions. Must not know what kind of expression it works on.

use super::arguments::text;
use super::objects::{expr_of, expr_value};
use super::typeface::type_of;
use crate::python::value::{
    BinaryOp, CompareOp, Host, NativeType, ParamDefault, R, Row, Slots, Str, UnaryOp, Value, param,
};
use crate::sql::expr::{self, Expr, ExprKind, ExprNode};
use crate::sql::operate::{self, Modifiers};
use crate::sql::operators::{CustomOp, Op, Operator};
use crate::sql::types::{self, Affinity, TypeKind};
use crate::sql::{coerce, errors};

macro_rules! method {
    ($name:literal, $params:expr, $doc:literal, $call:expr) => {
        Row::method($name, $params, $doc, "", $call)
    };
}

const OTHER: &[crate::python::value::Param] = &[param::req("other")];
const NONE: &[crate::python::value::Param] = &[];
const LIKE: &[crate::python::value::Param] = &[param::req("other"), param::opt("escape", ParamDefault::None)];
const PART: &[crate::python::value::Param] = &[
    param::req("other"),
    param::kw("escape", ParamDefault::None),
    param::kw("autoescape", ParamDefault::Bool(false)),
];

pub static COLUMN_OPERATORS: NativeType = NativeType {
    doc: "Operators of columns and expressions.",
    methods: &[
        method!(
            "between",
            &[param::req("cleft"), param::req("cright"), param::opt("symmetric", ParamDefault::Bool(false))],
            "BETWEEN two values.",
            between
        ),
        method!("in_", OTHER, "IN a list or a select.", |host, args| membership(host, Op::In, args)),
        method!("not_in", OTHER, "NOT IN a list or a select.", |host, args| membership(
            host,
            Op::NotIn,
            args
        )),
        method!("notin_", OTHER, "NOT IN a list or a select.", |host, args| membership(
            host,
            Op::NotIn,
            args
        )),
        method!("like", LIKE, "LIKE a pattern.", |host, args| like(host, Op::Like, args)),
        method!("not_like", LIKE, "NOT LIKE a pattern.", |host, args| like(host, Op::NotLike, args)),
        method!("notlike", LIKE, "NOT LIKE a pattern.", |host, args| like(host, Op::NotLike, args)),
        method!("ilike", LIKE, "LIKE a pattern, whatever the case.", |host, args| like(
            host,
            Op::ILike,
            args
        )),
        method!("not_ilike", LIKE, "NOT LIKE a pattern, whatever the case.", |host, args| like(
            host,
            Op::NotILike,
            args
        )),
        method!("notilike", LIKE, "NOT LIKE a pattern, whatever the case.", |host, args| like(
            host,
            Op::NotILike,
            args
        )),
        method!("is_", OTHER, "IS a value.", |host, args| comparison(host, Op::Is, args)),
        method!("is_not", OTHER, "IS NOT a value.", |host, args| comparison(host, Op::IsNot, args)),
        method!("isnot", OTHER, "IS NOT a value.", |host, args| comparison(host, Op::IsNot, args)),
        method!("is_distinct_from", OTHER, "IS DISTINCT FROM a value.", |host, args| comparison(
            host,
            Op::IsDistinctFrom,
            args
        )),
        method!("is_not_distinct_from", OTHER, "IS NOT DISTINCT FROM a value.", |host, args| comparison(
            host,
            Op::IsNotDistinctFrom,
            args
        )),
        method!("isnot_distinct_from", OTHER, "IS NOT DISTINCT FROM a value.", |host, args| comparison(
            host,
            Op::IsNotDistinctFrom,
            args
        )),
        method!("startswith", PART, "Begins with a text.", |host, args| part(host, Op::StartsWith, args)),
        method!("istartswith", PART, "Begins with a text, whatever the case.", |host, args| part(
            host,
            Op::IStartsWith,
            args
        )),
        method!("endswith", PART, "Ends with a text.", |host, args| part(host, Op::EndsWith, args)),
        method!("iendswith", PART, "Ends with a text, whatever the case.", |host, args| part(
            host,
            Op::IEndsWith,
            args
        )),
        method!("contains", PART, "Contains a text.", |host, args| part(host, Op::Contains, args)),
        method!("icontains", PART, "Contains a text, whatever the case.", |host, args| part(
            host,
            Op::IContains,
            args
        )),
        method!(
            "match",
            &[param::req("other"), param::kwargs("kwargs")],
            "MATCH, as the database has it.",
            |host, args| comparison(host, Op::Match, args)
        ),
        method!(
            "regexp_match",
            &[param::req("pattern"), param::opt("flags", ParamDefault::None)],
            "Matches a regular expression.",
            regexp_match
        ),
        method!(
            "regexp_replace",
            &[param::req("pattern"), param::req("replacement"), param::opt("flags", ParamDefault::None)],
            "Replaces by a regular expression.",
            regexp_replace
        ),
        method!("collate", &[param::req("collation")], "Under another collation.", collate),
        method!("concat", OTHER, "Glued to another text.", |host, args| apply(
            host,
            Op::Concat,
            &args[0],
            &args[1],
            false
        )),
        method!("desc", NONE, "In descending order.", |host, args| ordered(host, Op::Desc, args)),
        method!("asc", NONE, "In ascending order.", |host, args| ordered(host, Op::Asc, args)),
        method!("nulls_first", NONE, "NULLs before the rest.", |host, args| ordered(
            host,
            Op::NullsFirst,
            args
        )),
        method!("nullsfirst", NONE, "NULLs before the rest.", |host, args| ordered(
            host,
            Op::NullsFirst,
            args
        )),
        method!("nulls_last", NONE, "NULLs behind the rest.", |host, args| ordered(
            host,
            Op::NullsLast,
            args
        )),
        method!("nullslast", NONE, "NULLs behind the rest.", |host, args| ordered(host, Op::NullsLast, args)),
        method!("distinct", NONE, "DISTINCT before the expression.", distinct),
        method!("any_", NONE, "ANY of a collection.", |host, args| collection(host, Op::Any, args)),
        method!("all_", NONE, "ALL of a collection.", |host, args| collection(host, Op::All, args)),
        method!(
            "op",
            &[
                param::req("opstring"),
                param::opt("precedence", ParamDefault::Int(0)),
                param::opt("is_comparison", ParamDefault::Bool(false)),
                param::opt("return_type", ParamDefault::None),
                param::opt("python_impl", ParamDefault::None)
            ],
            "An operator of your own, to be called with the other side.",
            custom
        ),
        method!(
            "bool_op",
            &[
                param::req("opstring"),
                param::opt("precedence", ParamDefault::Int(0)),
                param::opt("python_impl", ParamDefault::None)
            ],
            "A comparison of your own, to be called with the other side.",
            custom_comparison
        ),
        method!("bitwise_and", OTHER, "Bitwise and.", |host, args| apply(
            host,
            Op::BitwiseAnd,
            &args[0],
            &args[1],
            false
        )),
        method!("bitwise_or", OTHER, "Bitwise or.", |host, args| apply(
            host,
            Op::BitwiseOr,
            &args[0],
            &args[1],
            false
        )),
        method!("bitwise_xor", OTHER, "Bitwise exclusive or.", |host, args| apply(
            host,
            Op::BitwiseXor,
            &args[0],
            &args[1],
            false
        )),
        method!("bitwise_not", NONE, "All bits turned over.", bitwise_not),
        method!("bitwise_lshift", OTHER, "Bits shifted left.", |host, args| apply(
            host,
            Op::BitwiseLshift,
            &args[0],
            &args[1],
            false
        )),
        method!("bitwise_rshift", OTHER, "Bits shifted right.", |host, args| apply(
            host,
            Op::BitwiseRshift,
            &args[0],
            &args[1],
            false
        )),
        method!("label", &[param::req("name")], "Under a name of its own.", label),
        method!("cast", &[param::req("type_")], "CAST to a type.", cast),
        method!("as_string", NONE, "The JSON item as a text.", |host, args| json_as(
            host,
            args,
            "as_string",
            types::unicode()
        )),
        method!("as_integer", NONE, "The JSON item as a whole number.", |host, args| json_as(
            host,
            args,
            "as_integer",
            types::integer()
        )),
        method!("as_float", NONE, "The JSON item as a float.", |host, args| json_as(
            host,
            args,
            "as_float",
            types::float()
        )),
        method!("as_boolean", NONE, "The JSON item as a truth value.", |host, args| json_as(
            host,
            args,
            "as_boolean",
            types::boolean()
        )),
        method!("as_json", NONE, "The JSON item as JSON.", |host, args| json_as(
            host,
            args,
            "as_json",
            types::json()
        )),
    ],
    slots: Slots {
        binary: Some(binary),
        compare: Some(compare),
        unary: Some(unary),
        get_item: Some(get_item),
        hash: Some(hash),
        ..Slots::NONE
    },
    ..NativeType::plain("ColumnOperators", "sqlalchemy.sql.operators")
};

/// The expression that the receiver is.
pub fn receiver(host: &mut dyn Host, value: &Value) -> R<Expr> {
    match expr_of(host, value)? {
        Some(expression) => Ok(expression),
        None => {
            let shown = host.repr(value)?;
            Err(errors::role_expected("SQL expression element or literal value", &shown))
        }
    }
}

fn hash(_host: &mut dyn Host, value: &Value) -> R<i64> {
    Ok((value.id() >> 4) as i64)
}

fn binary(host: &mut dyn Host, op: BinaryOp, object: &Value, other: &Value, reflected: bool) -> R<Value> {
    let op = match op {
        BinaryOp::Add => Op::Add,
        BinaryOp::Sub => Op::Sub,
        BinaryOp::Mul => Op::Mul,
        BinaryOp::Div => Op::TrueDiv,
        BinaryOp::FloorDiv => Op::FloorDiv,
        BinaryOp::Mod => Op::Mod,
        BinaryOp::Pow => return power(host, object, other, reflected),
        BinaryOp::And | BinaryOp::Or => {
            let left = coerce::where_(host, if reflected { other } else { object })?;
            let right = coerce::where_(host, if reflected { object } else { other })?;
            let clauses = vec![left, right];
            let joined = if op == BinaryOp::And { operate::and_(clauses) } else { operate::or_(clauses) };
            return Ok(expr_value(&joined.expect("two conditions were given")));
        }
        BinaryOp::LeftShift => return Err(errors::unsupported_operator("lshift")),
        BinaryOp::RightShift => return Err(errors::unsupported_operator("rshift")),
        BinaryOp::MatMul => return Err(errors::unsupported_operator("matmul")),
        BinaryOp::Xor => return Ok(Value::NotImplemented),
    };
    apply(host, op, object, other, reflected)
}

fn power(host: &mut dyn Host, object: &Value, other: &Value, reflected: bool) -> R<Value> {
    let (base, exponent) = if reflected { (other, object) } else { (object, other) };
    let name = Str::new("pow");
    let base = coerce::expression(host, base, Some(&name), None)?;
    let exponent = coerce::expression(host, exponent, Some(&name), None)?;
    Ok(expr_value(&super::functions::function(name, Vec::new(), vec![base, exponent], None)))
}

/// Arithmetic and gluing; `reflected` says that `object` stands on the right.
fn apply(host: &mut dyn Host, op: Op, object: &Value, other: &Value, reflected: bool) -> R<Value> {
    let mine = receiver(host, object)?;
    if operate::is_collection(&mine) {
        return Err(errors::only_comparisons());
    }
    let other = coerce::operand(host, other, &mine, op)?;
    let result = if reflected {
        operate::arithmetic(op.into(), &other, &mine)
    } else {
        operate::arithmetic(op.into(), &mine, &other)
    };
    Ok(expr_value(&result))
}

pub fn compare(host: &mut dyn Host, op: CompareOp, object: &Value, other: &Value) -> R<Value> {
    let op = match op {
        CompareOp::Eq => Op::Eq,
        CompareOp::Ne => Op::Ne,
        CompareOp::Lt => Op::Lt,
        CompareOp::Le => Op::Le,
        CompareOp::Gt => Op::Gt,
        CompareOp::Ge => Op::Ge,
    };
    compare_values(host, op, object, other)
}

/// `object op other`, other being anything that may stand there.
pub fn compare_values(host: &mut dyn Host, op: Op, object: &Value, other: &Value) -> R<Value> {
    let left = receiver(host, object)?;
    Ok(expr_value(&compare_expr(host, op, &left, other)?))
}

/// `left op value`.
pub fn compare_expr(host: &mut dyn Host, op: Op, left: &Expr, other: &Value) -> R<Expr> {
    if let ExprKind::Tuple(items) = &left.kind
        && let Value::Tuple(_) | Value::List(_) = other
    {
        let values = host.collect(other)?;
        let bound = |(item, value): (&Expr, Value)| {
            let ty = types::affinity::compared_type(&item.ty(), op, &value);
            expr::literal(value, ty)
        };
        let parts = items.iter().zip(values).map(bound).collect();
        let right = ExprNode::new(ExprKind::Tuple(parts), left.ty());
        return operate::compare(op.into(), left, &right);
    }
    let right = coerce::comparand(host, other, left, op)?;
    if operate::is_collection(left) {
        return operate::compare_mirrored(op, left, &right);
    }
    operate::compare(op.into(), left, &right)
}

fn comparison(host: &mut dyn Host, op: Op, args: &[Value]) -> R<Value> {
    compare_values(host, op, &args[0], &args[1])
}

fn unary(host: &mut dyn Host, op: UnaryOp, object: &Value) -> R<Value> {
    let operand = receiver(host, object)?;
    Ok(expr_value(&match op {
        UnaryOp::Invert => operate::negate(&operand),
        UnaryOp::Negative => operate::unary(Op::Neg, &operand, operand.ty()),
        UnaryOp::Positive => {
            let class = host.class_of(object).name.borrow().clone();
            return Err(errors::type_error(format!("bad operand type for unary +: '{class}'")));
        }
    }))
}

/// `json["key"]`.
fn get_item(host: &mut dyn Host, object: &Value, key: &Value) -> R<Value> {
    let left = receiver(host, object)?;
    let ty = left.ty();
    let json = Affinity::of(&ty) == Affinity::Json;
    if !json {
        return Err(errors::unsupported_operator("getitem"));
    }
    let path = matches!(key, Value::Tuple(_) | Value::List(_));
    let right = match expr_of(host, key)? {
        Some(expression) => expression,
        None => expr::Bind::anonymous(operate::bind_base(&left), key.clone()).into_expr(types::json_path()),
    };
    let op = if path { Op::JsonPathGetItem } else { Op::JsonGetItem };
    let item = operate::binary_node(&left, op.into(), &right, ty, None, Modifiers::default());
    Ok(expr_value(&item))
}

fn json_as(host: &mut dyn Host, args: &[Value], method: &'static str, ty: types::Type) -> R<Value> {
    let item = receiver(host, &args[0])?;
    let fits = matches!(&item.kind, ExprKind::Binary(binary) if matches!(binary.operator.op, Op::JsonGetItem | Op::JsonPathGetItem));
    if Affinity::of(&item.ty()) != Affinity::Json {
        return Err(super::elements::no_attribute(host, &args[0], &Str::new(method))?);
    }
    if !fits {
        return Err(crate::sql::errors::invalid_request(format!(
            "The JSON cast operator JSON.{method}() only works with a JSON index expression e.g. col['q'].{method}()"
        )));
    }
    Ok(expr_value(&ExprNode::with_type(&item, ty)))
}

fn between(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let left = receiver(host, &args[0])?;
    let low = coerce::operand(host, &args[1], &left, Op::And)?;
    let high = coerce::operand(host, &args[2], &left, Op::And)?;
    let symmetric = host.truth(&args[3])?;
    Ok(expr_value(&operate::between(Op::Between, &left, low, high, symmetric)))
}

fn membership(host: &mut dyn Host, op: Op, args: &[Value]) -> R<Value> {
    let left = receiver(host, &args[0])?;
    let right = coerce::in_operand(host, &args[1], &left, op)?;
    Ok(expr_value(&operate::compare(op.into(), &left, &right)?))
}

fn escape_of(host: &mut dyn Host, value: &Value) -> R<Option<Str>> {
    match value {
        Value::None | Value::Unset => Ok(None),
        other => text(host, other, "escape").map(Some),
    }
}

fn like(host: &mut dyn Host, op: Op, args: &[Value]) -> R<Value> {
    let left = receiver(host, &args[0])?;
    let right = coerce::operand(host, &args[1], &left, op)?;
    let modifiers = Modifiers { escape: escape_of(host, &args[2])?, ..Modifiers::default() };
    Ok(expr_value(&operate::compare_with(op.into(), &left, &right, modifiers)?))
}

/// `contains` and its kin, which escape the text if asked to.
fn part(host: &mut dyn Host, op: Op, args: &[Value]) -> R<Value> {
    let left = receiver(host, &args[0])?;
    let mut escape = escape_of(host, &args[2])?;
    let autoescape = host.truth(&args[3])?;
    let mut other = args[1].clone();
    if autoescape {
        let Value::Str(given) = &other else {
            return Err(errors::type_error("String value expected when autoescape=True"));
        };
        let mark = escape.clone().unwrap_or_else(|| Str::new("/"));
        let mut escaped = given.to_string();
        if !matches!(&*mark, "%" | "_") {
            escaped = escaped.replace(&*mark, &format!("{mark}{mark}"));
        }
        escaped = escaped.replace('%', &format!("{mark}%")).replace('_', &format!("{mark}_"));
        other = Value::str(escaped);
        escape = Some(mark);
    }
    let right = coerce::operand(host, &other, &left, op)?;
    let modifiers = Modifiers { escape, flags: None, autoescape };
    Ok(expr_value(&operate::compare_with(op.into(), &left, &right, modifiers)?))
}

fn regexp_match(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let left = receiver(host, &args[0])?;
    let right = coerce::operand(host, &args[1], &left, Op::Comma)?;
    let modifiers = Modifiers { flags: escape_of(host, &args[2])?, ..Modifiers::default() };
    let negate = Some(Operator::from(Op::NotRegexpMatch));
    Ok(expr_value(&operate::binary_node(
        &left,
        Op::RegexpMatch.into(),
        &right,
        types::null_type(),
        negate,
        modifiers,
    )))
}

fn regexp_replace(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let left = receiver(host, &args[0])?;
    let pattern = coerce::operand(host, &args[1], &left, Op::Comma)?;
    let replacement = coerce::operand(host, &args[2], &left, Op::Comma)?;
    let list = expr::ClauseList {
        operator: Op::Comma.into(),
        clauses: vec![pattern, replacement],
        group: false,
        boolean: true,
    };
    let right = ExprNode::new(ExprKind::List(list), types::null_type());
    let result = operate::binary_node(
        &left,
        Op::RegexpReplace.into(),
        &right,
        types::null_type(),
        None,
        Modifiers::default(),
    );
    Ok(expr_value(&result))
}

/// `x COLLATE "name"`.
pub fn collated(left: &Expr, name: Str) -> Expr {
    // A collation's name is quoted whatever it looks like, unless it is plain lower case.
    let right = ExprNode::new(ExprKind::Collation { name }, types::string());
    operate::binary_node(left, Op::Collate.into(), &right, left.ty(), None, Modifiers::default())
}

fn collate(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let left = receiver(host, &args[0])?;
    let name = text(host, &args[1], "collation")?;
    Ok(expr_value(&collated(&left, name)))
}

pub fn ordered(host: &mut dyn Host, op: Op, args: &[Value]) -> R<Value> {
    let element = coerce::by_of(host, &args[0], "ORDER BY expression")?;
    Ok(expr_value(&operate::modified(op, &element)))
}

fn distinct(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let operand = receiver(host, &args[0])?;
    Ok(expr_value(&operate::unary(Op::Distinct, &operand, operand.ty())))
}

pub fn collection(host: &mut dyn Host, op: Op, args: &[Value]) -> R<Value> {
    let operand = match coerce::as_expression(host, &args[0])? {
        Some(operand) => operate::self_group(&operand, None),
        None => receiver(host, &args[0])?,
    };
    Ok(expr_value(&operate::unary(op, &operand, types::boolean())))
}

fn bitwise_not(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let operand = receiver(host, &args[0])?;
    Ok(expr_value(&operate::unary(Op::BitwiseNot, &operand, operand.ty())))
}

fn label(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let element = receiver(host, &args[0])?;
    Ok(expr_value(&labelled(host, element, &args[1])?))
}

/// An expression under a name, or under one that is made up.
pub fn labelled(host: &mut dyn Host, mut element: Expr, name: &Value) -> R<Expr> {
    while let ExprKind::Label(label) = &element.kind {
        element = label.element.clone();
    }
    Ok(match name {
        Value::None | Value::Unset => {
            let base = element.name().unwrap_or_else(|| Str::new("anon"));
            expr::anonymous_label(base, element)
        }
        other => {
            let name = text(host, other, "label name")?;
            expr::label(name, element)
        }
    })
}

fn cast(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let operand = receiver(host, &args[0])?;
    let ty = type_of(host, &args[1])?;
    Ok(expr_value(&ExprNode::new(ExprKind::Cast { operand, try_cast: false }, ty)))
}

/// `column.op("...")`: waits for its other side.
pub struct PendingOperator {
    left: Expr,
    operator: Operator,
}

impl crate::python::value::Native for PendingOperator {}

pub static CUSTOM_OP: NativeType = NativeType {
    slots: Slots { call: Some(call_custom), ..Slots::NONE },
    ..NativeType::plain("custom_op", "sqlalchemy.sql.operators")
};

fn custom_operator(
    host: &mut dyn Host,
    text: &Value,
    precedence: &Value,
    comparison: bool,
    ty: &Value,
) -> R<Operator> {
    let text = super::arguments::text(host, text, "opstring")?;
    let precedence = if let Value::Int(number) = precedence { *number as i32 } else { 0 };
    let return_type = match ty {
        Value::None | Value::Unset => None,
        other => Some(type_of(host, other)?),
    };
    let custom = CustomOp {
        text,
        precedence,
        is_comparison: comparison,
        return_type,
        natural_self_precedent: false,
        eager_grouping: false,
    };
    Ok(expr::custom_operator(custom))
}

fn custom(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let left = receiver(host, &args[0])?;
    let comparison = host.truth(&args[3])?;
    let operator = custom_operator(host, &args[1], &args[2], comparison, &args[4])?;
    Ok(Value::native(&CUSTOM_OP, PendingOperator { left, operator }))
}

fn custom_comparison(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let left = receiver(host, &args[0])?;
    let operator = custom_operator(host, &args[1], &args[2], true, &Value::None)?;
    Ok(Value::native(&CUSTOM_OP, PendingOperator { left, operator }))
}

fn call_custom(host: &mut dyn Host, object: &Value, args: crate::python::value::CallArgs<'_>) -> R<Value> {
    let Some(pending) = object.payload::<PendingOperator>() else { return Ok(Value::NotImplemented) };
    let bound = crate::python::value::bind("op", OTHER, args)?;
    let right = coerce::operand(host, &bound[0], &pending.left, Op::Custom)?;
    Ok(expr_value(&operate::arithmetic(pending.operator.clone(), &pending.left, &right)))
}

/// A tuple's types, for IN over rows.
pub fn tuple_of(items: Vec<Expr>) -> Expr {
    let types = items.iter().map(|item| item.ty()).collect();
    let ty = types::TypeNode::new("TupleType", TypeKind::Tuple(types));
    ExprNode::new(ExprKind::Tuple(items), ty)
}
