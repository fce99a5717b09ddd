//! Relationships in expressions: `==`, `any`, `has`, `contains`, `of_type`, `and_`.
//!
//! Owns the conditions that they become. Must not know joins in FROM or loading.
//! Mirrors `RelationshipProperty.Comparator` of `sqlalchemy/orm/relationships.py`.

use std::rc::Rc;

use super::attributes::{INSTRUMENTED_ATTRIBUTE, description, expression_value, of};
use super::face;
use crate::diag::Error;
use crate::diag::builtin::{ATTRIBUTE_ERROR, NOT_IMPLEMENTED_ERROR};
use crate::orm::attribute::{self, Passive, QueryableAttribute};
use crate::orm::configure;
use crate::orm::property::{Property, PropertyKind};
use crate::orm::query::adapt::Adapter;
use crate::orm::query::alias;
use crate::orm::query::entity::OrmEntity;
use crate::orm::query::polymorphic;
use crate::orm::query::relate::{self, JoinSides};
use crate::orm::relationship::{Direction, Setup};
use crate::orm::state::InstanceState;
use crate::python::value::{
    CallArgs, CompareOp, Gc, Host, NativeFunction, R, Raised, Row, Str, Value, intern,
};
use crate::sql::entity::{Element, element_of};
use crate::sql::exc::{ARGUMENT_ERROR, INVALID_REQUEST};
use crate::sql::expr::{self, Expr, ExprKind};
use crate::sql::operate;
use crate::sql::operators::Op;
use crate::sql::selectable::FromClause;
use crate::sql::traverse;

/// A method that a column has too: a relationship's is ours, a column's its expression's.
fn forward(host: &mut dyn Host, args: &[Value], name: &str, positional: usize) -> R<Option<Value>> {
    let attribute = &of(&args[0]).attribute;
    if matches!(attribute.property.kind, PropertyKind::Relationship(_)) {
        configure::check_configured(host)?;
        return Ok(None);
    }
    let value = expression_value(host, &args[0])?;
    let method = host.get_attr(&value, &intern(name))?;
    let given: Vec<Value> = args[1..=positional].iter().filter(|value| !value.is_unset()).cloned().collect();
    let (names, keywords) = match args.get(positional + 1) {
        Some(Value::Dict(options)) => {
            let pairs = options.to_vec();
            let names: Vec<Str> = pairs.iter().filter_map(|(key, _)| key.as_str().map(Str::new)).collect();
            (names, pairs.into_iter().map(|(_, value)| value).collect())
        }
        _ => (Vec::new(), Vec::new()),
    };
    host.call(&method, CallArgs { positional: &given, names: &names, keywords: &keywords }).map(Some)
}

fn invalid(text: &str) -> Raised {
    Raised::new(&INVALID_REQUEST, text)
}

/// `AttributeError: Neither 'InstrumentedAttribute' object nor 'Comparator' object associated with A.b has an
/// attribute 'x'`.
pub fn no_attribute(object: &Value, name: &str) -> Raised {
    let text = format!(
        "Neither 'InstrumentedAttribute' object nor 'Comparator' object associated with {} has an attribute '{name}'",
        description(object)
    );
    Error::new(&ATTRIBUTE_ERROR, text).into()
}

fn setup(attribute: &QueryableAttribute) -> &Setup {
    attribute.attribute.property.as_relationship().expect("only relationships come here").setup()
}

// Rows.

pub fn any(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    if !matches!(of(&args[0]).attribute.property.kind, PropertyKind::Relationship(_)) {
        return forward_bare(host, args, "any");
    }
    configure::check_configured(host)?;
    if !setup(of(&args[0])).uselist {
        return Err(invalid("'any()' not implemented for scalar attributes. Use has()."));
    }
    exists(host, &args[0], &args[1], &args[2])
}

pub fn has(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    if !matches!(of(&args[0]).attribute.property.kind, PropertyKind::Relationship(_)) {
        return forward_bare(host, args, "has");
    }
    configure::check_configured(host)?;
    if setup(of(&args[0])).uselist {
        return Err(invalid("'has()' not implemented for collections. Use any()."));
    }
    exists(host, &args[0], &args[1], &args[2])
}

fn forward_bare(host: &mut dyn Host, args: &[Value], name: &str) -> R<Value> {
    let value = expression_value(host, &args[0])?;
    match host.find_attr(&value, &intern(name))? {
        Some(method) => host.call_values(&method, &args[1..2]),
        None => Err(no_attribute(&args[0], name)),
    }
}

pub fn contains(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    if let Some(value) = forward(host, args, "contains", 1)? {
        return Ok(value);
    }
    let attribute = of(&args[0]);
    if !setup(attribute).uselist {
        return Err(invalid("'contains' not implemented for scalar attributes.  Use =="));
    }
    let condition = compare_to(host, attribute, &args[1])?;
    Ok(face::expr_value(&condition))
}

pub fn in_(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    if let Some(value) = forward(host, args, "in_", 1)? {
        return Ok(value);
    }
    Err(Raised::new(
        &NOT_IMPLEMENTED_ERROR,
        "in_() not yet supported for relationships.  For a simple many-to-one, use in_() against the set of foreign \
         key values.",
    ))
}

pub fn is_(host: &mut dyn Host, args: &[Value], positive: bool) -> R<Value> {
    let name = if positive { "is_" } else { "is_not" };
    if let Some(value) = forward(host, args, name, 1)? {
        return Ok(value);
    }
    let op = if positive { CompareOp::Eq } else { CompareOp::Ne };
    compare(host, op, &args[0], &args[1])
}

pub fn of_type(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let attribute = of(&args[0]);
    let entity = match element_of(host, &args[1])? {
        Some(Element::Entity(entity)) => entity,
        _ => {
            let shown = host.repr(&args[1])?;
            return Err(Raised::new(&ARGUMENT_ERROR, format!("Expected mapped class or alias; got {shown}")));
        }
    };
    Ok(Value::native(
        &INSTRUMENTED_ATTRIBUTE,
        QueryableAttribute {
            attribute: attribute.attribute.clone(),
            entity: attribute.entity.clone(),
            of_type: Some(entity),
            criteria: attribute.criteria.clone(),
        },
    ))
}

pub fn and_(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let attribute = of(&args[0]);
    let mut criteria = attribute.criteria.clone();
    for given in host.collect(&args[1])? {
        criteria.push(face::expression(host, &given)?);
    }
    Ok(Value::native(
        &INSTRUMENTED_ATTRIBUTE,
        QueryableAttribute {
            attribute: attribute.attribute.clone(),
            entity: attribute.entity.clone(),
            of_type: attribute.of_type.clone(),
            criteria,
        },
    ))
}

/// `==` and `!=`; nothing else compares a relationship.
pub fn compare(host: &mut dyn Host, op: CompareOp, object: &Value, other: &Value) -> R<Value> {
    configure::check_configured(host)?;
    let attribute = of(object);
    let setup = setup(attribute);
    let is_null = other.is_none()
        || matches!(element_of(host, other)?, Some(Element::Expr(expression)) if matches!(expression.kind, ExprKind::Null));
    match op {
        CompareOp::Eq | CompareOp::Ne => {}
        _ => return Ok(Value::NotImplemented),
    }
    if is_null {
        if setup.direction == Direction::ManyToOne {
            let condition = compare_to_null(attribute);
            let condition = if op == CompareOp::Ne { operate::negate(&condition) } else { condition };
            return Ok(face::expr_value(&condition));
        }
        let exists = exists(host, object, &Value::None, &Value::None)?;
        if op == CompareOp::Ne {
            return Ok(exists);
        }
        return host.unary(crate::python::value::UnaryOp::Invert, &exists);
    }
    if setup.uselist {
        return Err(invalid(
            "Can't compare a collection to an object or collection; use contains() to test for membership.",
        ));
    }
    if op == CompareOp::Eq {
        let condition = compare_to(host, attribute, other)?;
        return Ok(face::expr_value(&condition));
    }
    not_equal(host, attribute, object, other)
}

/// `!=`: for many-to-one the column differs or is NULL.
fn not_equal(host: &mut dyn Host, attribute: &QueryableAttribute, object: &Value, other: &Value) -> R<Value> {
    let setup = setup(attribute);
    if setup.direction == Direction::ManyToOne {
        let state = mapped_state(attribute, other)?;
        let adapt = adapter(attribute);
        let mut clauses = Vec::new();
        for (local, remote) in &setup.local_remote_pairs {
            let value = value_of_column(host, other, state, remote)?;
            let column = adapt(&expr::column(local));
            let base = crate::sql::types::affinity::sanitized(&local.key());
            let bind = expr::Bind::anonymous(base, value).into_expr(local.ty());
            let differs = operate::compare(Op::Ne.into(), &column, &bind)?;
            let null = operate::compare(Op::Is.into(), &column, &expr::null())?;
            clauses.extend(operate::or_(vec![differs, null]));
        }
        let condition = relate::all_of(clauses).expect("a relationship has columns");
        return Ok(face::expr_value(&condition));
    }
    // The target's key is compared within EXISTS, and the whole negated.
    let mut criterion = Value::None;
    let mapper = setup.mapper.clone();
    let state = mapped_state(attribute, other)?;
    let mut parts = Vec::new();
    for column in &mapper.primary_key {
        let value = value_of_column(host, other, state, column)?;
        parts.push(operate::compare(
            Op::Eq.into(),
            &expr::column(column),
            &expr::literal(value, column.ty()),
        )?);
    }
    if let Some(all) = relate::all_of(parts) {
        criterion = face::expr_value(&all);
    }
    let exists = exists(host, object, &criterion, &Value::None)?;
    host.unary(crate::python::value::UnaryOp::Invert, &exists)
}

fn mapped_state<'a>(attribute: &QueryableAttribute, object: &'a Value) -> R<&'a InstanceState> {
    match InstanceState::of_value(object) {
        Some(state) => Ok(state),
        None => Err(Raised::new(
            &ARGUMENT_ERROR,
            format!(
                "Mapped instance expected for relationship comparison to object.   Classes, queries and other SQL \
                 elements are not accepted in this context; for comparison with a subquery, use \
                 {}.has(**criteria).",
                attribute.attribute.property.description()
            ),
        )),
    }
}

fn value_of_column(
    host: &mut dyn Host,
    object: &Value,
    state: &InstanceState,
    column: &Rc<crate::sql::schema::Column>,
) -> R<Value> {
    let Some(attribute) = state.mapper().attribute_of_column(column) else { return Ok(Value::None) };
    let instance = object.as_instance().expect("a mapped object is an instance");
    let value = attribute::fetch(host, instance, &attribute, Passive::OFF)?;
    Ok(if attribute::is_no_state(&value) { Value::None } else { value })
}

/// Whether the object has never had a value for the column, nor can load one.
fn never_set(
    host: &mut dyn Host,
    object: &Value,
    state: &InstanceState,
    column: &Rc<crate::sql::schema::Column>,
) -> R<bool> {
    let Some(attribute) = state.mapper().attribute_of_column(column) else { return Ok(false) };
    let instance = object.as_instance().expect("a mapped object is an instance");
    Ok(!state.is_persistent()
        && attribute::is_no_state(&attribute::fetch(
            host,
            instance,
            &attribute,
            Passive::NO_FETCH.without(Passive::INIT_OK),
        )?))
}

static UNRESOLVED: Row =
    Row::function("_go", &[], "Complains of a value that is not there.", "", |_, args| {
        Err(invalid(args.first().and_then(Value::as_str).unwrap_or_default()))
    });

/// The parameter that stands for an object's column; one that is not there is a complaint when it is asked for.
fn bind_of_column(
    host: &mut dyn Host,
    object: &Value,
    state: &InstanceState,
    column: &Rc<crate::sql::schema::Column>,
    base: Str,
) -> R<expr::Bind> {
    let mut bind = expr::Bind::anonymous(base, value_of_column(host, object, state, column)?);
    if never_set(host, object, state, column)? {
        let table = column.table().map_or_else(String::new, |table| format!("{}.", table.name));
        let shown = host.repr(object)?;
        let text = format!(
            "Can't resolve value for column {table}{} on object {shown}; no value has been set for this column",
            column.name()
        );
        let function = NativeFunction {
            row: &UNRESOLVED,
            receiver: Value::Unset,
            owner: Value::Unset,
            data: Value::str(text),
        };
        bind.callable = Some(Value::Native(Gc::new(function)));
    }
    Ok(bind)
}

/// Moves columns of the parent to the alias that the attribute was taken from.
fn adapter(attribute: &QueryableAttribute) -> impl Fn(&Expr) -> Expr {
    let entity = attribute.entity.as_ref().and_then(OrmEntity::of);
    let mapper = attribute.attribute.mapper();
    move |expression: &Expr| match entity.as_ref().and_then(OrmEntity::adapter) {
        Some(adapter) => adapter.adapt(expression),
        None => annotate(&mapper, expression),
    }
}

/// Columns of the parent remember their entity, so that a statement knows what it selects from.
fn annotate(mapper: &Rc<crate::orm::mapper::Mapper>, expression: &Expr) -> Expr {
    traverse::replace(expression, &mut |node| {
        let ExprKind::Column(column) = &node.kind else { return None };
        let attribute = mapper.attribute_of_column(column)?;
        let annotation =
            crate::sql::entity::Annotation { entity: mapper.clone(), key: attribute.key.clone() };
        Some(expr::ExprNode::annotated(&expr::column(column), annotation))
    })
}

/// The condition that the attribute is (or contains) an object: its key has become a parameter.
fn compare_to(host: &mut dyn Host, attribute: &QueryableAttribute, object: &Value) -> R<Expr> {
    let state = mapped_state(attribute, object)?;
    let property = &attribute.attribute.property;
    let setup = setup(attribute);
    let target = &setup.mapper;
    if !state.mapper().isa(target) && !target.isa(state.mapper()) {
        return Err(crate::orm::errors::not_the_target(property, state.mapper()).into());
    }
    let secondary = setup.secondary.clone().map(|table| {
        let from = FromClause::Table(table);
        let aliased = alias::anonymous(&from, true);
        Adapter::over(aliased, Default::default(), false)
    });
    let clause = relate::lazy_clause(property, true, secondary.as_ref());
    let mut values = Vec::new();
    for (column, bind) in &clause.binds {
        let made = bind_of_column(host, object, state, column, intern("param"))?;
        values.push((bind.clone(), made.into_expr(column.ty())));
    }
    let filled = traverse::replace(&clause.criterion, &mut |node| {
        values.iter().find(|(bind, _)| expr::ExprNode::same(bind, node)).map(|(_, value)| value.clone())
    });
    Ok(adapter(attribute)(&filled))
}

/// The condition that a many-to-one refers to nothing: its columns are NULL.
fn compare_to_null(attribute: &QueryableAttribute) -> Expr {
    let setup = setup(attribute);
    let adapt = adapter(attribute);
    let clauses = setup.local_remote_pairs.iter().filter_map(|(local, _)| {
        operate::compare(Op::Is.into(), &adapt(&expr::column(local)), &expr::null()).ok()
    });
    relate::all_of(clauses.collect()).expect("a relationship has columns")
}

/// `EXISTS (SELECT 1 FROM target WHERE ...)`.
pub fn exists_of(host: &mut dyn Host, object: &Value) -> R<Value> {
    configure::check_configured(host)?;
    exists(host, object, &Value::None, &Value::None)
}

fn exists(host: &mut dyn Host, object: &Value, criterion: &Value, named: &Value) -> R<Value> {
    let attribute = of(object);
    let property: &Rc<Property> = &attribute.attribute.property;
    let setup = setup(attribute);
    let source_entity = attribute.entity.as_ref().and_then(OrmEntity::of);
    let source = source_entity.as_ref().filter(|entity| entity.is_alias()).map(OrmEntity::selectable);
    let of_type = attribute.of_type.as_ref().and_then(OrmEntity::of);
    let dest = match &of_type {
        Some(entity) if entity.is_alias() => Some(entity.selectable()),
        Some(entity) => Some(entity.selectable()),
        None if setup.self_referential && source.is_none() => {
            Some(alias::anonymous(&setup.mapper.selectable, true))
        }
        None => None,
    };
    let sides = JoinSides {
        source: source.as_ref(),
        dest: dest.as_ref(),
        target: of_type.as_ref(),
        alias_secondary: source.is_some() || dest.is_some(),
        criteria: &attribute.criteria,
    };
    let joins = relate::join_targets(property, sides);
    let mut clauses = vec![annotate_local(attribute, &joins.primaryjoin, setup)];
    clauses.extend(joins.secondaryjoin.clone());
    let mut criteria = Vec::new();
    if !criterion.is_none() && !criterion.is_unset() {
        criteria.push(face::expression(host, criterion)?);
    }
    if let Value::Dict(named) = named {
        let class = match &attribute.of_type {
            Some(entity) => entity.value(),
            None => Value::Class(setup.mapper.class.clone()),
        };
        for (key, value) in named.to_vec() {
            let Value::Str(key) = key else { continue };
            let column = host.get_attr(&class, &key)?;
            let equal = host.compare(CompareOp::Eq, &column, &value)?;
            criteria.push(face::expression(host, &equal)?);
        }
    }
    let is_alias = of_type.as_ref().is_some_and(OrmEntity::is_alias);
    // The given criteria are one condition, in which constants fold; beside the join they stay.
    if let Some(one) = operate::and_(criteria) {
        clauses.push(match (&joins.target, is_alias) {
            (Some(adapter), false) => adapter.adapt(&one),
            _ => one,
        });
    }
    let condition = operate::and_whole(clauses).expect("a relationship has a condition");
    let dest = dest.unwrap_or_else(|| polymorphic::default_selectable(&setup.mapper));
    let mut froms = vec![face::from_value(&dest)];
    froms.extend(joins.secondary.as_ref().map(face::from_value));
    let sqlalchemy = host.import("sqlalchemy")?;
    let exists = host.get_attr(&Value::Module(sqlalchemy), &intern("exists"))?;
    let made = host.call_values(&exists, &[Value::Int(1)])?;
    let made = host.call_method(&made, "where", &[face::expr_value(&condition)])?;
    let made = host.call_method(&made, "select_from", &froms)?;
    host.call_method(&made, "correlate_except", &froms)
}

/// The parent's columns of a join condition remember the parent.
fn annotate_local(attribute: &QueryableAttribute, join: &Expr, setup: &Setup) -> Expr {
    let entity = attribute.entity.as_ref().and_then(OrmEntity::of);
    if entity.as_ref().is_some_and(OrmEntity::is_alias) {
        return join.clone();
    }
    let mapper = attribute.attribute.mapper();
    let remote = &setup.remote_columns;
    traverse::replace(join, &mut |node| {
        let ExprKind::Column(column) = &node.kind else { return None };
        if !setup.self_referential && remote.iter().any(|known| Rc::ptr_eq(known, column)) {
            return None;
        }
        let known = mapper.attribute_of_column(column)?;
        let annotation = crate::sql::entity::Annotation { entity: mapper.clone(), key: known.key.clone() };
        Some(expr::ExprNode::annotated(&expr::column(column), annotation))
    })
}
