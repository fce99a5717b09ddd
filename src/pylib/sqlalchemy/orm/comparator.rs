//! Relationships in expressions: `==`, `any`, `has`, `contains`, `of_type`, `and_`.
//!
//! Owns the conditions that they become. Must not know joins in FROM or loading.
//! Mirrors `RelationshipProperty.Comparator` of `sqlalchemy/orm/relationships.py`.

use super::attributes::{INSTRUMENTED_ATTRIBUTE, description, expression_value, of};
use super::face;
use crate::diag::Error;
use crate::diag::builtin::{ATTRIBUTE_ERROR, NOT_IMPLEMENTED_ERROR};
use crate::orm::attribute::QueryableAttribute;
use crate::orm::configure;
use crate::orm::property::PropertyKind;
use crate::orm::relationship::{Direction, Setup};
use crate::python::value::{CallArgs, CompareOp, Host, R, Raised, Str, Value, intern};
use crate::sql::entity::{Element, element_of};
use crate::sql::exc::{ARGUMENT_ERROR, INVALID_REQUEST};
use crate::sql::expr::{Expr, ExprKind};
use crate::sql::operate;

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

/// Needs the query layer's joins.
fn not_equal(
    _host: &mut dyn Host,
    _attribute: &QueryableAttribute,
    _object: &Value,
    _other: &Value,
) -> R<Value> {
    Err(invalid("relationships cannot be compared yet"))
}

fn compare_to(_host: &mut dyn Host, _attribute: &QueryableAttribute, _object: &Value) -> R<Expr> {
    Err(invalid("relationships cannot be compared yet"))
}

fn compare_to_null(attribute: &QueryableAttribute) -> Expr {
    let (local, _) = &setup(attribute).local_remote_pairs[0];
    crate::sql::expr::column(local)
}

pub fn exists_of(host: &mut dyn Host, object: &Value) -> R<Value> {
    configure::check_configured(host)?;
    exists(host, object, &Value::None, &Value::None)
}

fn exists(_host: &mut dyn Host, _object: &Value, _criterion: &Value, _named: &Value) -> R<Value> {
    Err(invalid("relationships cannot be compared yet"))
}
