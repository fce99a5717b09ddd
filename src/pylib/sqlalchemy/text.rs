//! `text()` as an object.
//!
//! Owns its methods. The scan for parameters stands in `sql::text`.

use std::rc::Rc;

use super::arguments::text as text_argument;
use super::elements::CLAUSE_ELEMENT;
use super::objects::{expr_of, expr_value, statement_value};
use super::operators::receiver;
use super::typeface::type_of;
use crate::python::value::{Dict, Getter, Host, NativeType, R, Row, Slots, Str, Value, param};
use crate::sql::expr::{Expr, ExprKind, ExprNode, TextClause};
use crate::sql::operators::Op;
use crate::sql::statement::{Statement, TextualSelect};
use crate::sql::{coerce, errors, operate, text, types};

pub static TEXT_CLAUSE: NativeType =
    NativeType {
        bases: &[&CLAUSE_ELEMENT],
        doc: "SQL as it stands, with :name parameters.",
        methods: &[
            Row::method(
                "bindparams",
                &[param::args("binds"), param::kwargs("names_to_values")],
                "Values for its parameters.",
                "",
                bindparams,
            ),
            Row::method(
                "columns",
                &[param::args("cols"), param::kwargs("types")],
                "As a select of columns of known types.",
                "",
                columns,
            ),
            Row::method("execution_options", &[param::kwargs("kw")], "Itself.", "", |_, args| {
                Ok(args[0].clone())
            }),
            Row::method("options", &[param::args("options")], "Itself.", "", |_, args| Ok(args[0].clone())),
        ],
        getters: &[
            Getter {
                name: "text",
                doc: "The text.",
                get: |host, value| Ok(Value::Str(own(host, value)?.text.clone())),
                set: None,
            },
            Getter {
                name: "type",
                doc: "No type.",
                get: |_, _| Ok(super::objects::type_value(&types::null_type())),
                set: None,
            },
        ],
        slots: Slots {
            binary: Some(|host, op, object, other, reflected| {
                use crate::python::value::BinaryOp;
                if !matches!(op, BinaryOp::And | BinaryOp::Or) {
                    return Ok(Value::NotImplemented);
                }
                let (left, right) = if reflected { (other, object) } else { (object, other) };
                let clauses = vec![coerce::where_(host, left)?, coerce::where_(host, right)?];
                let joined = if op == BinaryOp::And { operate::and_(clauses) } else { operate::or_(clauses) };
                Ok(expr_value(&joined.expect("two conditions were given")))
            }),
            unary: Some(|host, op, object| {
                let operand = receiver(host, object)?;
                match op {
                    crate::python::value::UnaryOp::Invert => Ok(expr_value(&operate::unary(
                        Op::Inv,
                        &crate::sql::expr::grouping(operand),
                        types::null_type(),
                    ))),
                    _ => Err(errors::unsupported_operator("neg")),
                }
            }),
            ..Slots::NONE
        },
        has_dict: true,
        ..NativeType::plain("TextClause", "sqlalchemy.sql.elements")
    };

fn own(host: &mut dyn Host, value: &Value) -> R<Rc<TextClause>> {
    match &receiver(host, value)?.kind {
        ExprKind::Text(text) => Ok(text.clone()),
        _ => Ok(text::clause(Str::new(""))),
    }
}

/// A text clause as an expression.
pub fn clause(text: Str) -> Expr {
    ExprNode::new(ExprKind::Text(text::clause(text)), types::null_type())
}

/// `text("...")`.
pub fn new_text(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let text = match &args[0] {
        Value::Str(text) => text.clone(),
        other => {
            let class = host.class_of(other).name.borrow().clone();
            return Err(errors::type_error(format!("expected string or bytes-like object, got '{class}'")));
        }
    };
    Ok(expr_value(&clause(text)))
}

/// A condition of DDL: a text stands for itself.
pub fn ddl_expression(host: &mut dyn Host, value: &Value) -> R<Expr> {
    match value {
        Value::Str(text) => Ok(clause(text.clone())),
        other => coerce::where_(host, other),
    }
}

fn bindparams(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let text = own(host, &args[0])?;
    let mut binds = text.binds.clone();
    let unknown = |name: &str| {
        errors::argument_error(format!(
            "This text() construct doesn't define a bound parameter named '{name}'"
        ))
    };
    for given in host.collect(&args[1])? {
        let Some(expression) = expr_of(host, &given)? else { continue };
        let ExprKind::Bind(bind) = &expression.kind else { continue };
        let key = bind.key.clone();
        match binds.iter_mut().find(|(name, _)| *name == key) {
            Some((_, slot)) => *slot = expression.clone(),
            None => return Err(unknown(&key)),
        }
    }
    if let Value::Dict(values) = &args[2] {
        for (key, value) in values.to_vec() {
            let key = text_argument(host, &key, "name")?;
            match binds.iter_mut().find(|(name, _)| *name == key) {
                Some((_, slot)) => {
                    let mut bind = match &slot.kind {
                        ExprKind::Bind(bind) => operate::copy_bind(bind),
                        _ => crate::sql::expr::Bind::named(key.clone(), Value::None),
                    };
                    bind.value = value.clone();
                    bind.required = false;
                    let ty = if slot.ty().is_null() { types::literal_type(&value) } else { slot.ty() };
                    *slot = bind.into_expr(ty);
                }
                None => return Err(unknown(&key)),
            }
        }
    }
    let clause = Rc::new(TextClause { text: text.text.clone(), binds });
    Ok(expr_value(&ExprNode::new(ExprKind::Text(clause), types::null_type())))
}

fn columns(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let text = own(host, &args[0])?;
    let mut columns = Vec::new();
    let given = host.collect(&args[1])?;
    let positional = !given.is_empty();
    for item in &given {
        match expr_of(host, item)? {
            Some(expression) => columns.push(expression),
            None => {
                let shown = host.repr(item)?;
                return Err(errors::role_expected("Column expression", &shown));
            }
        }
    }
    if let Value::Dict(named) = &args[2] {
        let named: &Dict = named;
        for (key, ty) in named.to_vec() {
            let key = text_argument(host, &key, "name")?;
            let ty = type_of(host, &ty)?;
            columns.push(crate::sql::expr::named_column(key, ty));
        }
    }
    let textual = TextualSelect { text, columns, positional };
    Ok(statement_value(Statement::TextualSelect(Rc::new(textual))))
}
