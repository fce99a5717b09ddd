//! A `Query` as a part of another statement: unions, subqueries, common table expressions, EXISTS, scalars.
//!
//! Owns those methods' functions; their rows stand in `methods.rs`. Must not know how a query runs.

use super::methods::{entity_in, items};
use super::object::{QueryData, data, refined};
use super::{terminal, values};
use crate::orm::query::entity::OrmEntity;
use crate::orm::query::{assemble, errors};
use crate::python::value::{Host, R, Str, Value};
use crate::sql::entity::{Element, element_of};
use crate::sql::expr::{self, Expr, ExprKind, ExprNode};
use crate::sql::selectable::{Alias, AliasElement, AliasKind, AliasName, Cte};
use crate::sql::statement::{
    CompoundSelect, Correlate, LabelStyle, Select, SelectItem, SetOperator, Statement,
};
use crate::sql::{coerce, operate, types};
use std::rc::Rc;

pub(super) fn set_op(host: &mut dyn Host, args: &[Value], operator: SetOperator) -> R<Value> {
    let mut selects = vec![Statement::Select(union_part(data(&args[0])))];
    for other in items(&args[1]) {
        match element_of(host, &other)? {
            Some(Element::Statement(statement)) => selects.push(statement),
            _ => {
                let shown = host.repr(&other)?;
                return Err(errors::join_role(&shown));
            }
        }
    }
    let compound = Statement::Compound(Rc::new(CompoundSelect::new(operator, selects)));
    let subquery = compound.subquery(None);
    refined(host, &args[0], |_, query| {
        *query = terminal::over_subquery(query, subquery, None);
        Ok(())
    })
}

fn union_part(query: &QueryData) -> Rc<Select> {
    query.inner_statement(Some(LabelStyle::TablenamePlusCol))
}

pub(super) fn subquery(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let labels = host.truth(&args[2])?;
    let query = data(&args[0]);
    if query.extras.statement.is_some() {
        return Err(errors::uses_from_statement());
    }
    let style = labels.then_some(LabelStyle::TablenamePlusCol);
    let name = args[1].as_str().map(Str::new);
    Ok(values::from(&Statement::Select(query.inner_statement(style)).subquery(name)))
}

pub(super) fn cte(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let recursive = host.truth(&args[2])?;
    let nesting = host.truth(&args[3])?;
    let statement = Statement::Select(data(&args[0]).inner_statement(None));
    let name = match &args[1] {
        Value::Str(name) => AliasName::Named(name.clone()),
        _ => AliasName::Anonymous(Str::new("anon")),
    };
    let cte = Cte {
        recursive,
        nesting,
        restates: None,
        prefixes: Vec::new(),
        suffixes: Vec::new(),
        alias_of: None,
    };
    Ok(values::from(&Alias::clause(AliasKind::Cte(cte), AliasElement::Statement(statement), name)))
}

pub(super) fn exists(_: &mut dyn Host, args: &[Value]) -> R<Value> {
    let query = data(&args[0]);
    let mut inner = query.select.clone();
    let mut extras = query.extras.clone();
    extras.compile.enable_eagerloads = false;
    if inner.from.is_empty() {
        let entity = match inner.columns.first() {
            Some(SelectItem::Entity(entity)) => OrmEntity::of(entity),
            Some(SelectItem::Expr(expr)) => entity_in(expr),
            _ => None,
        };
        if let Some(entity) = entity {
            if inner.joins.is_empty() {
                inner.from = vec![assemble::selectable_of(&entity)];
                extras.from_entities = vec![entity];
            } else {
                extras.earlier.push(Rc::new(query.select.clone()));
                inner.joins.clear();
            }
        }
    }
    let one = expr::literal_column(Str::new("1"), types::integer());
    inner.columns = vec![SelectItem::Expr(one)];
    inner.label_style = LabelStyle::TablenamePlusCol;
    inner.orm = Some(Rc::new(extras));
    let grouping =
        ExprNode::new(ExprKind::SelectGrouping(Statement::Select(Rc::new(inner))), types::boolean());
    let exists = operate::unary(crate::sql::operators::Op::Exists, &grouping, types::boolean());
    Ok(values::expression(&exists))
}

fn scalar_select(query: &QueryData) -> Expr {
    coerce::scalar(&Statement::Select(query.inner_statement(None)))
}

pub(super) fn scalar_subquery(_: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(values::expression(&scalar_select(data(&args[0]))))
}

pub(super) fn label(_: &mut dyn Host, args: &[Value]) -> R<Value> {
    let name = args[1].as_str().map_or_else(|| Str::new("anon"), Str::new);
    Ok(values::expression(&expr::label(name, scalar_select(data(&args[0])))))
}

pub(super) fn correlate(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    refined(host, &args[0], |host, query| {
        let given = items(&args[1]);
        if let [Value::None | Value::Bool(false)] = given.as_slice() {
            query.select.correlate = Correlate::None;
            return Ok(());
        }
        let mut froms = match &query.select.correlate {
            Correlate::Only(froms) => froms.clone(),
            _ => Vec::new(),
        };
        for one in given {
            match coerce::from_element(host, &one)? {
                Element::Entity(entity) => froms.push(entity.selectable()),
                Element::From(from) => froms.push(from),
                _ => {}
            }
        }
        query.select.correlate = Correlate::Only(froms);
        Ok(())
    })
}
