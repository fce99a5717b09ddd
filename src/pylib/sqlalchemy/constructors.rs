//! The functions of `sqlalchemy` that make expressions and statements.
//!
//! Owns the rows: `select`, `and_`, `case`, `literal` and their kin. Must not know spelling.

use std::rc::Rc;

use super::arguments::text;
use super::functions::{over, several, within_group};
use super::nested::{compound, new_exists};
use super::objects::{expr_of, expr_value, from_value};
use super::operators::{collated, collection, labelled, ordered, receiver, tuple_of};
use super::refine::new_select;
use super::selectable::{join, new_table};
use super::typeface::type_of;
use super::{dml, text as text_face};
use crate::python::value::{Host, Param, ParamDefault, R, Row, Str, Value, param};
use crate::sql::coerce;
use crate::sql::errors;
use crate::sql::expr::{self, Bind, Expr, ExprKind, ExprNode};
use crate::sql::operate;
use crate::sql::operators::Op;
use crate::sql::selectable::{AliasName, FromClause, Values};
use crate::sql::statement::SetOperator;
use crate::sql::types;

const CLAUSES: &[Param] = &[param::args("clauses")];
const NONE: &[Param] = &[];
const TYPED: &[Param] = &[param::req("expression"), param::req("type_")];
const TABLE: &[Param] = &[param::req("table")];

macro_rules! function {
    ($name:literal, $params:expr, $doc:literal, $call:expr) => {
        Row::function($name, $params, $doc, "", $call)
    };
}

pub static FUNCTIONS: &[Row] = &[
    function!("select", &[param::args("entities")], "A SELECT of columns or entities.", new_select),
    function!("insert", TABLE, "An INSERT into a table.", dml::new_insert),
    function!("update", TABLE, "An UPDATE of a table.", dml::new_update),
    function!("delete", TABLE, "A DELETE from a table.", dml::new_delete),
    function!("text", &[param::req("text")], "SQL as it stands.", text_face::new_text),
    function!("and_", CLAUSES, "All of these.", |host, args| conjunction(host, args, true)),
    function!("or_", CLAUSES, "Any of these.", |host, args| conjunction(host, args, false)),
    function!("not_", &[param::req("clause")], "Not this.", |host, args| {
        let clause = coerce::where_(host, &args[0])?;
        Ok(expr_value(&operate::negate(&clause)))
    }),
    function!(
        "case",
        &[
            param::args("whens"),
            param::kw("value", ParamDefault::None),
            param::kw("else_", ParamDefault::None)
        ],
        "The value of the first condition that holds.",
        case
    ),
    function!("cast", TYPED, "CAST to a type.", |host, args| cast(host, args, false)),
    function!("try_cast", TYPED, "TRY_CAST to a type.", |host, args| cast(host, args, true)),
    function!("type_coerce", TYPED, "Treated as of a type.", type_coerce),
    function!(
        "literal",
        &[
            param::req("value"),
            param::opt("type_", ParamDefault::None),
            param::opt("literal_execute", ParamDefault::Bool(false))
        ],
        "A value as a parameter.",
        literal
    ),
    function!(
        "literal_column",
        &[param::req("text"), param::opt("type_", ParamDefault::None)],
        "SQL as a column.",
        |host, args| column(host, args, true)
    ),
    function!(
        "column",
        &[
            param::req("text"),
            param::opt("type_", ParamDefault::None),
            param::opt("is_literal", ParamDefault::Bool(false))
        ],
        "A column by its name.",
        |host, args| {
            let is_literal = host.truth(&args[2])?;
            column(host, args, is_literal)
        }
    ),
    function!(
        "table",
        &[param::req("name"), param::args("columns"), param::kwargs("kw")],
        "A table by its name.",
        new_table
    ),
    function!("bindparam", BINDPARAM, "A parameter by its name.", bindparam),
    function!("null", NONE, "NULL.", |_, _| Ok(shown(&expr::null()))),
    function!("true", NONE, "true.", |_, _| Ok(shown(&expr::true_()))),
    function!("false", NONE, "false.", |_, _| Ok(shown(&expr::false_()))),
    function!("desc", &[param::req("column")], "In descending order.", |host, args| ordered(
        host,
        Op::Desc,
        args
    )),
    function!("asc", &[param::req("column")], "In ascending order.", |host, args| ordered(
        host,
        Op::Asc,
        args
    )),
    function!("nulls_first", &[param::req("column")], "NULLs before the rest.", |host, args| ordered(
        host,
        Op::NullsFirst,
        args
    )),
    function!("nullsfirst", &[param::req("column")], "NULLs before the rest.", |host, args| ordered(
        host,
        Op::NullsFirst,
        args
    )),
    function!("nulls_last", &[param::req("column")], "NULLs behind the rest.", |host, args| ordered(
        host,
        Op::NullsLast,
        args
    )),
    function!("nullslast", &[param::req("column")], "NULLs behind the rest.", |host, args| ordered(
        host,
        Op::NullsLast,
        args
    )),
    function!("distinct", &[param::req("expr")], "DISTINCT before an expression.", |host, args| {
        let operand = coerce::expression(host, &args[0], None, None)?;
        Ok(expr_value(&operate::unary(Op::Distinct, &operand, operand.ty())))
    }),
    function!("bitwise_not", &[param::req("expr")], "All bits turned over.", |host, args| {
        let operand = receiver(host, &args[0])?;
        Ok(expr_value(&operate::unary(Op::BitwiseNot, &operand, operand.ty())))
    }),
    function!("exists", &[param::args("argument")], "Whether a select gives a row.", new_exists),
    function!("extract", &[param::req("field"), param::req("expr")], "A part of a date or time.", extract),
    function!("tuple_", CLAUSES, "Several columns as one value.", |host, args| {
        let mut items = Vec::new();
        for clause in host.collect(&args[0])? {
            items.push(coerce::expression(host, &clause, None, None)?);
        }
        Ok(expr_value(&tuple_of(items)))
    }),
    function!(
        "between",
        &[
            param::req("expr"),
            param::req("lower_bound"),
            param::req("upper_bound"),
            param::opt("symmetric", ParamDefault::Bool(false))
        ],
        "BETWEEN two values.",
        |host, args| {
            let left = coerce::expression(host, &args[0], None, None)?;
            let low = coerce::operand(host, &args[1], &left, Op::And)?;
            let high = coerce::operand(host, &args[2], &left, Op::And)?;
            let symmetric = host.truth(&args[3])?;
            Ok(expr_value(&operate::between(Op::Between, &left, low, high, symmetric)))
        }
    ),
    function!(
        "collate",
        &[param::req("expression"), param::req("collation")],
        "Under another collation.",
        |host, args| {
            let left = coerce::expression(host, &args[0], None, None)?;
            let name = text(host, &args[1], "collation")?;
            Ok(expr_value(&collated(&left, name)))
        }
    ),
    function!("any_", &[param::req("expr")], "ANY of a collection.", |host, args| collection(
        host,
        Op::Any,
        args
    )),
    function!("all_", &[param::req("expr")], "ALL of a collection.", |host, args| collection(
        host,
        Op::All,
        args
    )),
    function!(
        "label",
        &[param::req("name"), param::req("element"), param::opt("type_", ParamDefault::None)],
        "An expression under a name.",
        |host, args| {
            let element = receiver(host, &args[1])?;
            Ok(expr_value(&labelled(host, element, &args[0])?))
        }
    ),
    function!("union", CLAUSES, "The rows of all, each once.", |host, args| union(
        host,
        SetOperator::Union,
        args
    )),
    function!("union_all", CLAUSES, "The rows of all.", |host, args| union(
        host,
        SetOperator::UnionAll,
        args
    )),
    function!("intersect", CLAUSES, "The rows in all.", |host, args| union(
        host,
        SetOperator::Intersect,
        args
    )),
    function!("intersect_all", CLAUSES, "The rows in all.", |host, args| union(
        host,
        SetOperator::IntersectAll,
        args
    )),
    function!("except_", CLAUSES, "The rows in the first alone.", |host, args| union(
        host,
        SetOperator::Except,
        args
    )),
    function!("except_all", CLAUSES, "The rows in the first alone.", |host, args| union(
        host,
        SetOperator::ExceptAll,
        args
    )),
    function!(
        "over",
        &[
            param::req("element"),
            param::kw("partition_by", ParamDefault::None),
            param::kw("order_by", ParamDefault::None),
            param::kw("range_", ParamDefault::None),
            param::kw("rows", ParamDefault::None),
            param::kw("groups", ParamDefault::None),
            param::kw("exclude", ParamDefault::None)
        ],
        "A function over a window.",
        |host, args| {
            let element = receiver(host, &args[0])?;
            over(host, element, &args[1..])
        }
    ),
    function!(
        "within_group",
        &[param::req("element"), param::args("order_by")],
        "A function over an ordered group.",
        within_group
    ),
    function!(
        "funcfilter",
        &[param::req("func"), param::args("criterion")],
        "A function over the rows that fit.",
        |host, args| {
            let criterion = several(host, &args[1])?;
            host.call_method(&args[0], "filter", &criterion)
        }
    ),
    function!(
        "alias",
        &[
            param::req("selectable"),
            param::opt("name", ParamDefault::None),
            param::opt("flat", ParamDefault::Bool(false))
        ],
        "Something under another name.",
        |host, args| host.call_method(&args[0], "alias", &args[1..2])
    ),
    function!(
        "subquery",
        &[param::req("alias"), param::args("args")],
        "A select to select from.",
        |host, args| {
            let select = new_select(host, &args[1..2])?;
            host.call_method(&select, "subquery", &args[0..1])
        }
    ),
    function!(
        "cte",
        &[
            param::req("selectable"),
            param::opt("name", ParamDefault::None),
            param::opt("recursive", ParamDefault::Bool(false))
        ],
        "A select as a common table expression.",
        |host, args| host.call_method(&args[0], "cte", &args[1..3])
    ),
    function!(
        "lateral",
        &[param::req("selectable"), param::opt("name", ParamDefault::None)],
        "A select that sees what stands beside it.",
        |host, args| host.call_method(&args[0], "lateral", &args[1..2])
    ),
    function!(
        "tablesample",
        &[
            param::req("selectable"),
            param::req("sampling"),
            param::opt("name", ParamDefault::None),
            param::opt("seed", ParamDefault::None)
        ],
        "A sample of rows.",
        |host, args| host.call_method(&args[0], "tablesample", &args[1..])
    ),
    function!(
        "join",
        &[
            param::req("left"),
            param::req("right"),
            param::opt("onclause", ParamDefault::None),
            param::opt("isouter", ParamDefault::Bool(false)),
            param::opt("full", ParamDefault::Bool(false))
        ],
        "Two things joined.",
        |host, args| {
            let (outer, full) = (host.truth(&args[3])?, host.truth(&args[4])?);
            join(host, &args[0], &args[1], &args[2], outer, full)
        }
    ),
    function!(
        "outerjoin",
        &[
            param::req("left"),
            param::req("right"),
            param::opt("onclause", ParamDefault::None),
            param::opt("full", ParamDefault::Bool(false))
        ],
        "Two things joined, rows without a partner kept.",
        |host, args| {
            let full = host.truth(&args[3])?;
            join(host, &args[0], &args[1], &args[2], true, full)
        }
    ),
    function!(
        "values",
        &[
            param::args("columns"),
            param::kw("name", ParamDefault::None),
            param::kw("literal_binds", ParamDefault::Bool(false))
        ],
        "Rows of values to select from.",
        values
    ),
    function!(
        "quoted_name",
        &[param::req("value"), param::opt("quote", ParamDefault::None)],
        "A name.",
        |_, args| Ok(args[0].clone())
    ),
];

const BINDPARAM: &[Param] = &[
    param::req("key"),
    param::opt("value", ParamDefault::Omitted("_NoArg.NO_ARG")),
    param::opt("type_", ParamDefault::None),
    param::opt("unique", ParamDefault::Bool(false)),
    param::opt("required", ParamDefault::Omitted("_NoArg.NO_ARG")),
    param::opt("quote", ParamDefault::None),
    param::opt("callable_", ParamDefault::None),
    param::opt("expanding", ParamDefault::Bool(false)),
    param::opt("isoutparam", ParamDefault::Bool(false)),
    param::opt("literal_execute", ParamDefault::Bool(false)),
];

/// An expression that is one object as long as somebody holds it.
fn shown(expression: &Expr) -> Value {
    thread_local! {
        static SINGLES: std::cell::RefCell<Vec<(usize, Value)>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    let address = Rc::as_ptr(expression) as usize;
    let known = SINGLES.with(|singles| {
        singles.borrow().iter().find(|(known, _)| *known == address).map(|(_, value)| value.clone())
    });
    known.unwrap_or_else(|| {
        let value = expr_value(expression);
        SINGLES.with(|singles| singles.borrow_mut().push((address, value.clone())));
        value
    })
}

fn conjunction(host: &mut dyn Host, args: &[Value], all: bool) -> R<Value> {
    let mut given = host.collect(&args[0])?;
    if let [one @ (Value::Generator(_) | Value::Iter(_))] = given.as_slice() {
        given = host.collect(one)?;
    }
    let mut clauses = Vec::with_capacity(given.len());
    for clause in &given {
        clauses.push(coerce::where_(host, clause)?);
    }
    let joined = if all { operate::and_(clauses) } else { operate::or_(clauses) };
    Ok(match joined {
        Some(joined) => expr_value(&joined),
        None => {
            let operator = if all { Op::And } else { Op::Or };
            let list = expr::ClauseList {
                operator: operator.into(),
                clauses: Vec::new(),
                group: true,
                boolean: true,
            };
            expr_value(&ExprNode::new(ExprKind::List(list), types::boolean()))
        }
    })
}

fn case(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut given = host.collect(&args[0])?;
    if let [Value::Dict(dict)] = given.as_slice() {
        given = dict.to_vec().into_iter().map(|(key, value)| Value::tuple(vec![key, value])).collect();
    } else if let [Value::List(_)] = given.as_slice() {
        return Err(errors::argument_error(
            "The \"whens\" argument to case(), when referring to a sequence of items, is now passed as a series of \
             positional elements, rather than as a list. ",
        ));
    }
    let value = if args[1].is_none() { None } else { Some(coerce::expression(host, &args[1], None, None)?) };
    let mut whens = Vec::with_capacity(given.len());
    for when in &given {
        let parts = host.collect(when)?;
        let [condition, result] = parts.as_slice() else {
            return Err(errors::value_error("not enough values to unpack (expected 2, got 1)"));
        };
        let condition = coerce::expression(host, condition, None, None)?;
        whens.push((operate::self_group(&condition, None), coerce::expression(host, result, None, None)?));
    }
    let else_ = if args[2].is_none() { None } else { Some(coerce::expression(host, &args[2], None, None)?) };
    let known = whens.iter().rev().map(|(_, result)| result.ty()).find(|ty| !ty.is_null());
    let ty = known.or_else(|| else_.as_ref().map(|result| result.ty())).unwrap_or_else(types::null_type);
    Ok(expr_value(&ExprNode::new(ExprKind::Case { value, whens, else_ }, ty)))
}

fn cast(host: &mut dyn Host, args: &[Value], try_cast: bool) -> R<Value> {
    let ty = type_of(host, &args[1])?;
    let operand = coerce::expression(host, &args[0], None, Some(&ty))?;
    Ok(expr_value(&ExprNode::new(ExprKind::Cast { operand, try_cast }, ty)))
}

fn type_coerce(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let ty = type_of(host, &args[1])?;
    let operand = coerce::expression(host, &args[0], None, Some(&ty))?;
    Ok(expr_value(&ExprNode::new(ExprKind::TypeCoerce(operand), ty)))
}

fn literal(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    if expr_of(host, &args[0])?.is_some() {
        let shown = host.repr(&args[0])?;
        return Err(errors::role_expected("Literal Python value", &shown));
    }
    let ty = if args[1].is_none() { types::literal_type(&args[0]) } else { type_of(host, &args[1])? };
    let mut bind = Bind::anonymous(Str::new("param"), args[0].clone());
    bind.literal_execute = host.truth(&args[2])?;
    Ok(expr_value(&bind.into_expr(ty)))
}

fn column(host: &mut dyn Host, args: &[Value], is_literal: bool) -> R<Value> {
    let name = text(host, &args[0], "text")?;
    let ty = if args[1].is_none() { types::null_type() } else { type_of(host, &args[1])? };
    Ok(expr_value(&if is_literal { expr::literal_column(name, ty) } else { expr::named_column(name, ty) }))
}

fn bindparam(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let key = match &args[0] {
        Value::None => Str::new("param"),
        Value::Str(key) => key.clone(),
        other => match expr_of(host, other)? {
            Some(expression) => expression.key().unwrap_or_else(|| Str::new("param")),
            None => text(host, other, "key")?,
        },
    };
    let given = !matches!(args[1], Value::Unset);
    let value = if given { args[1].clone() } else { Value::None };
    let mut bind = Bind::named(key, value);
    bind.unique = host.truth(&args[3])? || args[0].is_none();
    bind.callable = if args[6].is_none() { None } else { Some(args[6].clone()) };
    bind.required = match &args[4] {
        Value::Unset => !given && bind.callable.is_none(),
        other => host.truth(other)?,
    };
    bind.expanding = host.truth(&args[7])?;
    bind.is_outparam = host.truth(&args[8])?;
    bind.literal_execute = host.truth(&args[9])?;
    let ty = if !args[2].is_none() {
        type_of(host, &args[2])?
    } else if bind.expanding {
        let items = if bind.value.is_none() { Vec::new() } else { host.collect(&bind.value.clone())? };
        items.first().map_or_else(types::null_type, types::literal_type)
    } else {
        types::literal_type(&bind.value)
    };
    Ok(expr_value(&bind.into_expr(ty)))
}

fn extract(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let field = text(host, &args[0], "field")?;
    let operand = coerce::expression(host, &args[1], None, None)?;
    Ok(expr_value(&ExprNode::new(ExprKind::Extract { field, operand }, types::integer())))
}

fn union(host: &mut dyn Host, operator: SetOperator, args: &[Value]) -> R<Value> {
    let members = host.collect(&args[0])?;
    compound(host, operator, &members)
}

fn values(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut columns = Vec::new();
    for column in host.collect(&args[0])? {
        columns.push(receiver(host, &column)?);
    }
    let name = match &args[1] {
        Value::Str(name) => Some(AliasName::Named(name.clone())),
        _ => None,
    };
    let literal_binds = host.truth(&args[2])?;
    Ok(from_value(&FromClause::Values(Rc::new(Values { columns, name, rows: Vec::new(), literal_binds }))))
}
