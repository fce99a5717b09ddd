//! Statements within others: subqueries, scalars, EXISTS, unions; and what a statement selects.
//!
//! Owns those functions. Must not know spelling.

use std::rc::Rc;

use super::arguments::text;
use super::objects::{collection_value, expr_value, from_value, statement_value, type_value};
use crate::python::value::{Dict, Gc, Host, R, Str, Value};
use crate::sql::coerce;
use crate::sql::errors;
use crate::sql::expr::{Expr, ExprKind, ExprNode, Unary};
use crate::sql::operators::Op;
use crate::sql::selectable::{Alias, AliasElement, AliasKind, AliasName, Cte};
use crate::sql::statement::{CompoundSelect, LabelStyle, Select, SelectItem, SetOperator, Statement};
use crate::sql::{select as naming, types};

use super::refine::{conditions, correlated, joined_correlation, own};

pub(super) fn subquery(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    derived(host, args, AliasKind::Subquery)
}

pub(super) fn derived(host: &mut dyn Host, args: &[Value], kind: AliasKind) -> R<Value> {
    let statement = own(host, &args[0])?;
    let name = match &args[1] {
        Value::None | Value::Unset => AliasName::Anonymous(Str::new("anon")),
        other => AliasName::Named(text(host, other, "name")?),
    };
    Ok(from_value(&Alias::clause(kind, AliasElement::Statement(statement), name)))
}

pub fn cte(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let cte = Cte {
        recursive: host.truth(&args[2])?,
        nesting: host.truth(&args[3])?,
        restates: None,
        prefixes: Vec::new(),
        suffixes: Vec::new(),
        alias_of: None,
    };
    derived(host, args, AliasKind::Cte(cte))
}

pub(super) fn scalar_subquery(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let statement = own(host, &args[0])?;
    Ok(expr_value(&coerce::scalar(&statement)))
}

/// `EXISTS (SELECT ...)`.
pub fn exists_of(statement: &Statement) -> Expr {
    let element = ExprNode::new(ExprKind::SelectGrouping(statement.clone()), types::null_type());
    let unary = Unary { element, operator: Some(Op::Exists.into()), modifier: None, wraps_column: false };
    ExprNode::new(ExprKind::Unary(unary), types::boolean())
}

/// `exists(...)`.
pub fn new_exists(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let given = host.collect(&args[0])?;
    if given.is_empty() {
        let star = crate::sql::expr::literal_column(Str::new("*"), types::null_type());
        return Ok(expr_value(&exists_of(&Select::of(vec![star]).into_statement())));
    }
    if let Some(statement) = coerce::statement(host, &given[0])? {
        return Ok(expr_value(&exists_of(&statement)));
    }
    let mut items = Vec::new();
    for entity in &given {
        items.push(coerce::select_item(host, entity)?);
    }
    Ok(expr_value(&exists_of(&Select::new(items).into_statement())))
}

/// The select within EXISTS or a scalar subquery, changed.
pub(super) fn inner(host: &mut dyn Host, value: &Value, change: impl Fn(&mut Select)) -> R<Value> {
    let expression = super::operators::receiver(host, value)?;
    let changed = |statement: &Statement| -> Statement {
        match statement {
            Statement::Select(select) => {
                let mut copy = (**select).clone();
                change(&mut copy);
                copy.into_statement()
            }
            other => other.clone(),
        }
    };
    Ok(match &expression.kind {
        ExprKind::ScalarSelect(statement) => expr_value(&coerce::scalar(&changed(statement))),
        ExprKind::Unary(unary) => match &unary.element.kind {
            ExprKind::SelectGrouping(statement) | ExprKind::ScalarSelect(statement) => {
                expr_value(&exists_of(&changed(statement)))
            }
            _ => value.clone(),
        },
        _ => value.clone(),
    })
}

pub(super) fn inner_where(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let conditions = conditions(host, &args[1])?;
    inner(host, &args[0], |select| select.where_.extend(conditions.iter().cloned()))
}

pub(super) fn inner_select_from(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut froms = Vec::new();
    for from in host.collect(&args[1])? {
        let element = coerce::from_element(host, &from)?;
        froms.push(naming::element_from(&element)?);
    }
    inner(host, &args[0], |select| select.from.extend(froms.iter().cloned()))
}

pub(super) fn inner_correlate(host: &mut dyn Host, args: &[Value], except: bool) -> R<Value> {
    let given = correlated(host, &args[1], except)?;
    inner(host, &args[0], |select| select.correlate = joined_correlation(&select.correlate, &given))
}

/// A member of a union stands in parentheses if it has an order or a limit of its own.
pub fn grouped_for_union(statement: Statement) -> Statement {
    let groups = match &statement {
        Statement::Select(select) => {
            select.limit.is_some()
                || select.offset.is_some()
                || select.fetch.is_some()
                || !select.order_by.is_empty()
        }
        Statement::Compound(_) => true,
        _ => false,
    };
    if groups { Statement::Grouping(Rc::new(statement)) } else { statement }
}

pub(super) fn combine(host: &mut dyn Host, operator: SetOperator, args: &[Value]) -> R<Value> {
    let mut all = vec![args[0].clone()];
    all.extend(host.collect(&args[1])?);
    compound(host, operator, &all)
}

/// `union(...)` and its kin.
pub fn compound(host: &mut dyn Host, operator: SetOperator, members: &[Value]) -> R<Value> {
    let mut selects = Vec::with_capacity(members.len());
    for member in members {
        let statement = match coerce::statement(host, member)? {
            Some(statement) => statement,
            None => {
                let shown = host.repr(member)?;
                return Err(errors::role_expected(
                    "SELECT construct for inclusion in a UNION or other set construct",
                    &shown,
                ));
            }
        };
        selects.push(grouped_for_union(statement));
    }
    Ok(statement_value(Statement::Compound(Rc::new(CompoundSelect::new(operator, selects)))))
}

pub(super) fn selected_columns(host: &mut dyn Host, value: &Value) -> R<Value> {
    let statement = own(host, value)?;
    let columns = naming::statement_columns(&statement);
    let style = match &statement {
        Statement::Select(select) => select.label_style,
        _ => LabelStyle::DisambiguateOnly,
    };
    let listed = naming::labelled(&columns, style, false);
    Ok(collection_value(listed.into_iter().map(|item| (item.key, item.column)).collect()))
}

pub(super) fn descriptions(host: &mut dyn Host, value: &Value) -> R<Value> {
    let statement = own(host, value)?;
    let mut described = Vec::new();
    let mut describe = |name: Value, ty: Value, expression: Value, entity: Value| {
        let dict = Dict::new();
        dict.set("name", name);
        dict.set("type", ty);
        dict.set("aliased", Value::Bool(false));
        dict.set("expr", expression);
        dict.set("entity", entity);
        described.push(Value::Dict(Gc::new(dict)));
    };
    let items = match &statement {
        Statement::Select(select) => select.columns.clone(),
        other => naming::statement_columns(other).into_iter().map(SelectItem::Expr).collect(),
    };
    for item in &items {
        match item {
            SelectItem::Entity(entity) => {
                describe(Value::Str(entity.name()), entity.value(), entity.value(), entity.value());
            }
            SelectItem::Expr(expression) => {
                let entity = expression.annotation.as_ref().map_or(Value::None, |note| note.entity.value());
                let name: Value = naming::proxy_key(expression).into();
                describe(name, type_value(&expression.ty()), expr_value(expression), entity);
            }
            SelectItem::From(from) => {
                for column in from.columns() {
                    let name: Value = column.key().into();
                    describe(name, type_value(&column.ty()), expr_value(&column), Value::None);
                }
            }
            SelectItem::Orm(element) => {
                let entity = element.parent().map_or(Value::None, |entity| entity.value());
                describe(Value::None, Value::None, element.value(), entity);
            }
        }
    }
    Ok(Value::list(described))
}
