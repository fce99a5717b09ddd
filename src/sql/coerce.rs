//! Objects of the language as parts of SQL.
//!
//! Owns which objects a place takes, what plain values become there, and the complaints. Must not know spelling.

use super::entity::{Element, element_of};
use super::expr::{self, Bind, Expr, ExprKind, ExprNode};
use super::operate;
use super::operators::{Op, Operator};
use super::selectable::FromClause;
use super::statement::{LabelStyle, SelectItem, Statement};
use super::types::{self, Type};
use super::{errors, select};
use crate::python::value::{Host, R, Raised, Str, Value};

fn param() -> Str {
    thread_local! { static PARAM: Str = crate::python::value::intern("param"); }
    PARAM.with(Str::clone)
}

/// `(SELECT ...)` as a value; its columns need no labels.
pub fn scalar(statement: &Statement) -> Expr {
    let statement = unlabelled(statement);
    let ty = select::scalar_type(&statement);
    ExprNode::new(ExprKind::ScalarSelect(statement), ty)
}

/// A statement whose columns go by their own names.
fn unlabelled(statement: &Statement) -> Statement {
    match statement {
        Statement::Select(select) if select.label_style != LabelStyle::None => {
            let mut copy = (**select).clone();
            copy.label_style = LabelStyle::None;
            copy.into_statement()
        }
        other => other.clone(),
    }
}

fn wrong_role(host: &mut dyn Host, role: &str, value: &Value) -> R<Raised> {
    let shown = host.repr(value)?;
    Ok(errors::role_expected(role, &shown))
}

/// The expression that an object is, if it is SQL at all.
pub fn as_expression(host: &mut dyn Host, value: &Value) -> R<Option<Expr>> {
    Ok(match element_of(host, value)? {
        Some(Element::Expr(expression)) => Some(expression),
        Some(Element::Statement(statement)) if statement.is_select() => Some(scalar(&statement)),
        _ => None,
    })
}

/// A function's argument, a CASE's result, a CAST's operand: an expression, or a value as a parameter.
pub fn expression(host: &mut dyn Host, value: &Value, name: Option<&Str>, ty: Option<&Type>) -> R<Expr> {
    if let Some(found) = as_expression(host, value)? {
        return Ok(found);
    }
    if value.is_none() {
        return Ok(expr::null());
    }
    if element_of(host, value)?.is_some() {
        return Err(wrong_role(host, "SQL expression element or literal value", value)?);
    }
    let ty = ty.cloned().unwrap_or_else(|| types::literal_type(value));
    let base = name.map_or_else(param, types::affinity::sanitized);
    Ok(Bind::anonymous(base, value.clone()).into_expr(ty))
}

/// The other side of an operator.
pub fn operand(host: &mut dyn Host, value: &Value, left: &Expr, op: Op) -> R<Expr> {
    if let Some(found) = as_expression(host, value)? {
        // A parameter without a type takes that of what it stands beside.
        if let ExprKind::Bind(bind) = &found.kind
            && found.ty().is_null()
        {
            let ty = if bind.value.is_none() {
                left.ty()
            } else {
                types::affinity::compared_type(&left.ty(), op, &bind.value)
            };
            return Ok(ExprNode::with_type(&found, ty));
        }
        return Ok(found);
    }
    if value.is_none() {
        return Ok(expr::null());
    }
    if element_of(host, value)?.is_some() {
        return Err(wrong_role(host, "SQL expression element or literal value", value)?);
    }
    Ok(operate::bind_beside(left, op, value.clone()))
}

/// The right side of a comparison: None, True and False stand for themselves.
pub fn comparand(host: &mut dyn Host, value: &Value, left: &Expr, op: Op) -> R<Expr> {
    match value {
        Value::None => Ok(expr::null()),
        Value::Bool(true) if constant_place(left, op) => Ok(expr::true_()),
        Value::Bool(false) if constant_place(left, op) => Ok(expr::false_()),
        _ => operand(host, value, left, op),
    }
}

fn constant_place(_left: &Expr, op: Op) -> bool {
    use Op::*;
    !matches!(
        op,
        Like | NotLike
            | ILike
            | NotILike
            | Contains
            | NotContains
            | StartsWith
            | NotStartsWith
            | EndsWith
            | NotEndsWith
    )
}

/// The right side of IN.
pub fn in_operand(host: &mut dyn Host, value: &Value, left: &Expr, op: Op) -> R<Expr> {
    const ROLE: &str = "IN expression list, SELECT construct, or bound parameter object";
    match element_of(host, value)? {
        Some(Element::Statement(statement)) if statement.is_select() => {
            let statement = unlabelled(&statement);
            let ty = select::scalar_type(&statement);
            return Ok(ExprNode::new(ExprKind::SelectGrouping(statement), ty));
        }
        Some(Element::From(FromClause::Alias(alias))) => {
            if let super::selectable::AliasElement::Statement(statement) = &alias.element {
                return Ok(scalar(statement));
            }
            return Err(wrong_role(host, ROLE, value)?);
        }
        Some(Element::From(from @ FromClause::Values(_))) => {
            let statement = Statement::Values(from);
            return Ok(ExprNode::new(ExprKind::SelectGrouping(statement), types::null_type()));
        }
        Some(Element::Expr(expression)) => {
            return match &expression.kind {
                ExprKind::Bind(bind) => {
                    let mut list = operate::copy_bind(bind);
                    list.expanding = true;
                    list.expand_op = Some(op);
                    let ty = if expression.ty().is_null() { left.ty() } else { expression.ty() };
                    Ok(list.into_expr(ty))
                }
                ExprKind::ScalarSelect(_) | ExprKind::SelectGrouping(_) | ExprKind::Tuple(_) => {
                    Ok(expression)
                }
                ExprKind::List(_) => Ok(operate::self_group(&expression, Some(&op.into()))),
                ExprKind::Text(_) => Ok(expr::grouping(expression)),
                ExprKind::Function(_) | ExprKind::Named(_) | ExprKind::Grouping(_) => Ok(expression),
                _ => Err(wrong_role(host, ROLE, value)?),
            };
        }
        Some(_) => return Err(wrong_role(host, ROLE, value)?),
        None => {}
    }
    let listed = match value {
        Value::List(_)
        | Value::Tuple(_)
        | Value::Set(_)
        | Value::Dict(_)
        | Value::Range(_)
        | Value::Iter(_)
        | Value::Generator(_) => true,
        Value::Instance(_) => host.find_attr(value, &crate::python::value::intern("__iter__"))?.is_some(),
        _ => false,
    };
    if !listed {
        return Err(wrong_role(host, ROLE, value)?);
    }
    let items = host.collect(value)?;
    let mut expressions = Vec::with_capacity(items.len());
    let mut any = false;
    for item in &items {
        let found = match item {
            Value::Instance(_) | Value::Class(_) => as_expression(host, item)?,
            _ => None,
        };
        any |= found.is_some();
        expressions.push(found);
    }
    if !any {
        return Ok(operate::bind_list_beside(left, op, items));
    }
    let clauses = expressions
        .into_iter()
        .zip(items)
        .map(|(found, item)| found.unwrap_or_else(|| operate::bind_beside(left, op, item)))
        .collect();
    Ok(operate::self_group(&operate::comma_list(clauses), Some(&Operator::from(op))))
}

/// A condition of WHERE, HAVING, and_() and or_().
pub fn where_(host: &mut dyn Host, value: &Value) -> R<Expr> {
    match value {
        Value::None => return Ok(expr::null()),
        Value::Bool(true) => return Ok(expr::true_()),
        Value::Bool(false) => return Ok(expr::false_()),
        Value::Str(_) => return Err(textual(host, value)?),
        _ => {}
    }
    match as_expression(host, value)? {
        Some(expression) => Ok(expression),
        None => Err(wrong_role(host, "SQL expression for WHERE/HAVING role", value)?),
    }
}

fn textual(host: &mut dyn Host, value: &Value) -> R<Raised> {
    let shown = host.repr(value)?;
    Ok(errors::textual_expression(&shown))
}

/// An item of ORDER BY: a text must be a label.
pub fn order_by(host: &mut dyn Host, value: &Value) -> R<Expr> {
    let found = by_of(host, value, "ORDER BY expression")?;
    let labelled = {
        let mut inner = &found;
        loop {
            match &inner.kind {
                ExprKind::Label(_) => break true,
                ExprKind::Unary(unary) if unary.modifier.is_some() => inner = &unary.element,
                _ => break false,
            }
        }
    };
    Ok(if labelled {
        let ty = found.ty();
        ExprNode::new(ExprKind::LabelReference(found), ty)
    } else {
        found
    })
}

/// An item of GROUP BY.
pub fn group_by(host: &mut dyn Host, value: &Value) -> R<Expr> {
    match element_of(host, value)? {
        Some(Element::From(from)) => Ok(operate::comma_list(from.columns())),
        Some(Element::Entity(entity)) => Ok(operate::comma_list(entity.columns())),
        _ => by_of(host, value, "GROUP BY expression"),
    }
}

/// What DESC, ASC and their kin stand behind.
pub fn by_of(host: &mut dyn Host, value: &Value, role: &str) -> R<Expr> {
    match value {
        Value::Str(text) => {
            return Ok(ExprNode::new(ExprKind::TextualLabelReference(text.clone()), types::null_type()));
        }
        Value::None => return Ok(expr::null()),
        Value::Bool(true) => return Ok(expr::true_()),
        Value::Bool(false) => return Ok(expr::false_()),
        _ => {}
    }
    match as_expression(host, value)? {
        Some(expression) => Ok(expression),
        None => Err(wrong_role(host, role, value)?),
    }
}

/// An item of a columns clause.
pub fn select_item(host: &mut dyn Host, value: &Value) -> R<SelectItem> {
    const ROLE: &str = "Column expression, FROM clause, or other columns clause element";
    match value {
        Value::None => return Ok(SelectItem::Expr(expr::null())),
        Value::Bool(true) => return Ok(SelectItem::Expr(expr::true_())),
        Value::Bool(false) => return Ok(SelectItem::Expr(expr::false_())),
        Value::Int(_) | Value::Float(_) | Value::BigInt(_) => {
            let text = host.str(value)?;
            return Ok(SelectItem::Expr(expr::literal_column(text, types::null_type())));
        }
        Value::Str(text) if &**text == "*" => {
            return Ok(SelectItem::Expr(expr::literal_column(text.clone(), types::null_type())));
        }
        Value::Str(text) => {
            let word = |letter: char| letter.is_alphanumeric() || letter == '_';
            let plain = text.chars().next().is_some_and(word) && !text.chars().any(char::is_whitespace);
            let shown = host.repr(value)?;
            return Err(errors::textual_column(&shown, if plain { "column" } else { "literal_column" }));
        }
        Value::List(items) => {
            let mut shown = Vec::new();
            for item in items.to_vec() {
                shown.push(host.repr(&item)?.to_string());
            }
            let got = host.repr(value)?;
            return Err(errors::argument_error(format!(
                "{ROLE} expected, got {got}. Did you mean to say select({})?",
                shown.join(", ")
            )));
        }
        _ => {}
    }
    Ok(match element_of(host, value)? {
        Some(Element::Expr(expression)) => SelectItem::Expr(expression),
        Some(Element::From(from)) => SelectItem::From(from),
        Some(Element::Entity(entity)) => SelectItem::Entity(entity),
        Some(Element::Orm(element)) => SelectItem::Orm(element),
        Some(Element::Statement(statement)) => {
            return Err(not_from(host, ROLE, value, &statement)?);
        }
        None => return Err(wrong_role(host, ROLE, value)?),
    })
}

/// The complaint about a statement where something to select from is wanted.
fn not_from(host: &mut dyn Host, role: &str, value: &Value, statement: &Statement) -> R<Raised> {
    let shown = host.repr(value)?;
    let class = statement.class_path();
    if host.class_of(value).native.module == "sqlalchemy.orm.query" {
        let id = value.id();
        let got = format!("<{class} object at {id:#x}> object resolved from {shown} object");
        return Ok(errors::select_is_not_from(role, &got, class));
    }
    Ok(errors::select_is_not_from(role, &shown, class))
}

/// What select_from() and join() take.
pub fn from_element(host: &mut dyn Host, value: &Value) -> R<Element> {
    const ROLE: &str = "FROM expression, such as a Table or alias() object";
    match element_of(host, value)? {
        Some(element @ (Element::From(_) | Element::Entity(_) | Element::Orm(_))) => Ok(element),
        Some(Element::Expr(expression)) => match &expression.kind {
            ExprKind::Function(_) => Ok(Element::From(FromClause::Function(expression))),
            ExprKind::Text(text) => Ok(Element::From(FromClause::Text(text.clone()))),
            _ => Err(wrong_role(host, ROLE, value)?),
        },
        Some(Element::Statement(Statement::Text(text))) => Ok(Element::From(FromClause::Text(text))),
        Some(Element::Statement(statement)) => Err(not_from(host, ROLE, value, &statement)?),
        None => Err(wrong_role(host, ROLE, value)?),
    }
}

/// A statement to be executed or combined.
pub fn statement(host: &mut dyn Host, value: &Value) -> R<Option<Statement>> {
    Ok(match element_of(host, value)? {
        Some(Element::Statement(statement)) => Some(statement),
        Some(Element::Expr(expression)) => match &expression.kind {
            ExprKind::Text(text) => Some(Statement::Text(text.clone())),
            ExprKind::Function(_) => Some(Statement::Function(expression)),
            ExprKind::ScalarSelect(statement) => Some(statement.clone()),
            _ => None,
        },
        _ => None,
    })
}

/// LIMIT and OFFSET: a whole number as a parameter, or an expression.
pub fn limit(host: &mut dyn Host, value: &Value) -> R<Option<Expr>> {
    if value.is_none() {
        return Ok(None);
    }
    if let Some(found) = as_expression(host, value)? {
        return Ok(Some(found));
    }
    let number = match value {
        Value::Int(_) => value.clone(),
        Value::Bool(truth) => Value::Int(i64::from(*truth)),
        other => {
            let builtins = host.import("builtins")?;
            let int = host.get_attr(&Value::Module(builtins), &crate::python::value::intern("int"))?;
            host.call_values(&int, std::slice::from_ref(other))?
        }
    };
    let mut bind = Bind::anonymous(param(), number);
    bind.is_limit = true;
    Ok(Some(bind.into_expr(types::integer())))
}
