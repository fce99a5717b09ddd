//! Conditions and values of UPDATE and DELETE worked out for objects in memory.
//!
//! Owns the evaluator and what it refuses. Must not know statements. Mirrors `sqlalchemy/orm/evaluator.py`.

use std::rc::Rc;

use crate::orm::attribute::{self, Attribute, Passive};
use crate::orm::mapper::Mapper;
use crate::python::value::{BinaryOp, CompareOp, Gc, Host, Instance, R, Value};
use crate::sql::expr::{Bind, Expr, ExprKind};
use crate::sql::operators::Op;
use crate::sql::types::Type;
use crate::sql::types::affinity::Affinity;

use super::entity::OrmEntity;

/// What an expression is for an object.
pub enum Evaluated {
    Value(Value),
    /// The object has not loaded what is needed.
    Expired,
}

/// Why an expression cannot be evaluated here.
pub type Refusal = String;

fn column_attribute(expr: &Expr, mapper: &Rc<Mapper>) -> Result<Rc<Attribute>, Refusal> {
    let shown = expr.name().map_or_else(
        || "?".to_string(),
        |name| match expr.table().and_then(|t| t.name()) {
            Some(table) => format!("{table}.{name}"),
            None => name.to_string(),
        },
    );
    let Some(annotation) = &expr.annotation else { return Err(format!("Cannot evaluate column: {shown}")) };
    let entity =
        OrmEntity::of(&annotation.entity).ok_or_else(|| format!("Cannot evaluate column: {shown}"))?;
    if entity.is_alias() || !mapper.isa(entity.mapper()) {
        let class = entity.mapper().class_name.clone();
        return Err(format!("Can't evaluate criteria against alternate class {class}"));
    }
    let column = match &expr.kind {
        ExprKind::Column(column) => column.clone(),
        _ => return Err(format!("Cannot evaluate column: {shown}")),
    };
    mapper.attribute_of_column(&column).ok_or_else(|| format!("Cannot evaluate expression: {shown}"))
}

fn is_number(ty: &Type) -> bool {
    matches!(Affinity::of(ty), Affinity::Integer | Affinity::Numeric | Affinity::Float)
}

fn is_text(ty: &Type) -> bool {
    matches!(Affinity::of(ty), Affinity::String)
}

/// Whether an expression can be evaluated for objects of a mapper.
pub fn check(expr: &Expr, mapper: &Rc<Mapper>) -> Result<(), Refusal> {
    match &expr.kind {
        ExprKind::Grouping(inner) => check(inner, mapper),
        ExprKind::Null | ExprKind::True | ExprKind::False | ExprKind::Bind(_) => Ok(()),
        ExprKind::Column(_) => column_attribute(expr, mapper).map(|_| ()),
        ExprKind::Tuple(items) => items.iter().try_for_each(|item| check(item, mapper)),
        ExprKind::List(list) => match list.operator.op {
            Op::And | Op::Or | Op::Comma => list.clauses.iter().try_for_each(|clause| check(clause, mapper)),
            other => Err(format!("Cannot evaluate clauselist with operator {other:?}")),
        },
        ExprKind::Unary(unary) => match &unary.operator {
            Some(operator) if operator.op == Op::Inv => check(&unary.element, mapper),
            _ => Err("Cannot evaluate UnaryExpression".to_string()),
        },
        ExprKind::Binary(binary) => {
            check(&binary.left, mapper)?;
            check(&binary.right, mapper)?;
            let both = |test: fn(&Type) -> bool| test(&binary.left.ty()) && test(&binary.right.ty());
            match binary.operator.op {
                Op::Eq
                | Op::Ne
                | Op::Lt
                | Op::Le
                | Op::Gt
                | Op::Ge
                | Op::Is
                | Op::IsNot
                | Op::In
                | Op::NotIn => Ok(()),
                Op::Add | Op::Sub | Op::Mul | Op::Mod | Op::TrueDiv if both(is_number) => Ok(()),
                Op::Concat if both(is_text) => Ok(()),
                Op::StartsWith | Op::EndsWith if binary.escape.is_none() => Ok(()),
                other => Err(format!("Cannot evaluate BinaryExpression with operator {other:?}")),
            }
        }
        _ => Err("Cannot evaluate this expression".to_string()),
    }
}

/// The value of an expression for an object; `check` has passed.
pub fn evaluate(
    host: &mut dyn Host,
    expr: &Expr,
    instance: &Gc<Instance>,
    mapper: &Rc<Mapper>,
) -> R<Evaluated> {
    Ok(Evaluated::Value(match &expr.kind {
        ExprKind::Grouping(inner) => return evaluate(host, inner, instance, mapper),
        ExprKind::Null => Value::None,
        ExprKind::True => Value::Bool(true),
        ExprKind::False => Value::Bool(false),
        ExprKind::Bind(bind) => bind_value(host, bind)?,
        ExprKind::Column(_) => {
            let Ok(found) = column_attribute(expr, mapper) else { return Ok(Evaluated::Expired) };
            let own = attribute::state_of(instance).mapper().attribute_named(&found.key).unwrap_or(found);
            let value = attribute::fetch(host, instance, &own, Passive::NO_FETCH)?;
            if attribute::is_no_state(&value) {
                return Ok(Evaluated::Expired);
            }
            value
        }
        ExprKind::Tuple(items) => {
            let mut values = Vec::with_capacity(items.len());
            for item in items {
                match evaluate(host, item, instance, mapper)? {
                    Evaluated::Value(value) => values.push(value),
                    Evaluated::Expired => return Ok(Evaluated::Expired),
                }
            }
            Value::tuple(values)
        }
        ExprKind::List(list) => return clauses(host, list.operator.op, &list.clauses, instance, mapper),
        ExprKind::Unary(unary) => match evaluate(host, &unary.element, instance, mapper)? {
            Evaluated::Expired => return Ok(Evaluated::Expired),
            Evaluated::Value(Value::None) => Value::None,
            Evaluated::Value(value) => Value::Bool(!host.truth(&value)?),
        },
        ExprKind::Binary(binary) => {
            let left = evaluate(host, &binary.left, instance, mapper)?;
            let right = evaluate(host, &binary.right, instance, mapper)?;
            match (left, right) {
                (Evaluated::Value(left), Evaluated::Value(right)) => {
                    apply(host, binary.operator.op, &left, &right)?
                }
                _ => return Ok(Evaluated::Expired),
            }
        }
        _ => return Ok(Evaluated::Expired),
    }))
}

fn bind_value(host: &mut dyn Host, bind: &Bind) -> R<Value> {
    match &bind.callable {
        Some(callable) => host.call_values(callable, &[]),
        None => Ok(bind.value.clone()),
    }
}

fn clauses(
    host: &mut dyn Host,
    op: Op,
    all: &[Expr],
    instance: &Gc<Instance>,
    mapper: &Rc<Mapper>,
) -> R<Evaluated> {
    let mut has_null = false;
    for clause in all {
        let value = match evaluate(host, clause, instance, mapper)? {
            Evaluated::Expired => return Ok(Evaluated::Expired),
            Evaluated::Value(value) => value,
        };
        let truth = host.truth(&value)?;
        if op == Op::Or {
            if truth {
                return Ok(Evaluated::Value(Value::Bool(true)));
            }
            has_null |= value.is_none();
        } else if !truth {
            let answer = if value.is_none() { Value::None } else { Value::Bool(false) };
            return Ok(Evaluated::Value(answer));
        }
    }
    Ok(Evaluated::Value(match (op, has_null) {
        (Op::Or, true) => Value::None,
        (Op::Or, false) => Value::Bool(false),
        _ => Value::Bool(true),
    }))
}

fn apply(host: &mut dyn Host, op: Op, left: &Value, right: &Value) -> R<Value> {
    match op {
        Op::Is => return Ok(Value::Bool(host.eq(left, right)?)),
        Op::IsNot => return Ok(Value::Bool(!host.eq(left, right)?)),
        _ => {}
    }
    if left.is_none() || right.is_none() {
        return Ok(Value::None);
    }
    let compare = match op {
        Op::Eq => Some(CompareOp::Eq),
        Op::Ne => Some(CompareOp::Ne),
        Op::Lt => Some(CompareOp::Lt),
        Op::Le => Some(CompareOp::Le),
        Op::Gt => Some(CompareOp::Gt),
        Op::Ge => Some(CompareOp::Ge),
        _ => None,
    };
    if let Some(compare) = compare {
        return host.compare(compare, left, right);
    }
    match op {
        Op::In => Ok(Value::Bool(host.contains(right, left)?)),
        Op::NotIn => Ok(Value::Bool(!host.contains(right, left)?)),
        Op::StartsWith => host.call_method(left, "startswith", std::slice::from_ref(right)),
        Op::EndsWith => host.call_method(left, "endswith", std::slice::from_ref(right)),
        Op::Sub => host.binary(BinaryOp::Sub, left, right),
        Op::Mul => host.binary(BinaryOp::Mul, left, right),
        Op::Mod => host.binary(BinaryOp::Mod, left, right),
        Op::TrueDiv => host.binary(BinaryOp::Div, left, right),
        _ => host.binary(BinaryOp::Add, left, right),
    }
}
