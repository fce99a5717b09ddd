//! Composite attributes: several columns read, set and compared as one value.
//!
//! Owns both sides. Must not know how composites are declared (`scan`).

use std::rc::Rc;

use super::attributes;
use crate::orm::attribute::Attribute;
use crate::orm::mapper::Mapper;
use crate::orm::property::{Composite, PropertyKind};
use crate::python::value::{CompareOp, Gc, Host, Instance, R, Str, Value, intern};

fn composite(attribute: &Attribute) -> &Composite {
    match &attribute.property.kind {
        PropertyKind::Composite(composite) => composite,
        _ => unreachable!("only composite attributes come here"),
    }
}

/// The names of the column attributes, found on first use.
pub fn keys(host: &mut dyn Host, attribute: &Attribute) -> R<Vec<Str>> {
    let composite = composite(attribute);
    let known = composite.keys.borrow().clone();
    if !known.is_empty() {
        return Ok(known);
    }
    let mapper: Rc<Mapper> = attribute.property.parent();
    let mut keys = Vec::new();
    let arguments = composite.arguments.borrow().clone();
    for argument in arguments {
        let key = match &argument {
            Value::Str(name) => Some(intern(name)),
            other => super::face::column_of(host, other)?
                .and_then(|column| mapper.attribute_of_column(&column))
                .map(|attribute| attribute.key.clone()),
        };
        keys.extend(key);
    }
    *composite.keys.borrow_mut() = keys.clone();
    Ok(keys)
}

/// The value made of the columns' values; None where all of them are and the object was never stored.
pub fn read(host: &mut dyn Host, object: &Gc<Instance>, attribute: &Rc<Attribute>) -> R<Value> {
    let names = keys(host, attribute)?;
    let instance = Value::Instance(object.clone());
    let mut values = Vec::new();
    for name in &names {
        values.push(host.get_attr(&instance, name)?);
    }
    let stored = crate::orm::state::InstanceState::of(object).is_some_and(|state| state.has_identity());
    if values.iter().all(Value::is_none) && !stored {
        return Ok(Value::None);
    }
    let class = composite(attribute).class.borrow().clone();
    host.call_values(&class, &values)
}

/// The column values of a composite value: what `__composite_values__()` says, or the fields of a dataclass.
fn values_of(host: &mut dyn Host, attribute: &Attribute, value: &Value) -> R<Vec<Value>> {
    if let Some(method) = host.find_attr(value, &intern("__composite_values__"))? {
        let values = host.call_values(&method, &[])?;
        return host.collect(&values);
    }
    let class = composite(attribute).class.borrow().clone();
    let mut values = Vec::new();
    for (name, _) in super::face::dataclass_fields(host, &class)? {
        values.push(host.get_attr(value, &name)?);
    }
    Ok(values)
}

pub fn write(host: &mut dyn Host, object: &Gc<Instance>, attribute: &Rc<Attribute>, value: &Value) -> R<()> {
    let names = keys(host, attribute)?;
    let instance = Value::Instance(object.clone());
    let values = match value {
        Value::None => vec![Value::None; names.len()],
        value => values_of(host, attribute, value)?,
    };
    for (name, value) in names.iter().zip(values) {
        host.set_attr(&instance, name, value)?;
    }
    Ok(())
}

/// `Crate.spot == Spot("A", 1)`: all columns at once.
pub fn compare(host: &mut dyn Host, op: CompareOp, object: &Value, other: &Value) -> R<Value> {
    let attribute = attributes::of(object).attribute.clone();
    let names = keys(host, &attribute)?;
    let values = match other {
        Value::None => vec![Value::None; names.len()],
        other => values_of(host, &attribute, other)?,
    };
    let owner = match &attributes::of(object).entity {
        Some(entity) => entity.value(),
        None => Value::Class(attribute.mapper().class.clone()),
    };
    let mut parts = Vec::new();
    let each = if op == CompareOp::Ne { CompareOp::Eq } else { op };
    for (name, value) in names.iter().zip(values) {
        let column = host.get_attr(&owner, name)?;
        parts.push(host.compare(each, &column, &value)?);
    }
    let sqlalchemy = host.import("sqlalchemy")?;
    let and = host.get_attr(&Value::Module(sqlalchemy.clone()), &intern("and_"))?;
    let all = host.call_values(&and, &parts)?;
    if op == CompareOp::Ne {
        let not = host.get_attr(&Value::Module(sqlalchemy), &intern("not_"))?;
        return host.call_values(&not, &[all]);
    }
    Ok(all)
}

/// The columns, one after the other, as ORDER BY takes them.
pub fn columns(host: &mut dyn Host, object: &Value) -> R<crate::sql::expr::Expr> {
    let attribute = attributes::of(object).attribute.clone();
    let owner = match &attributes::of(object).entity {
        Some(entity) => entity.value(),
        None => Value::Class(attribute.mapper().class.clone()),
    };
    let mut columns = Vec::new();
    for name in keys(host, &attribute)? {
        let column = host.get_attr(&owner, &name)?;
        columns.push(super::face::expression(host, &column)?);
    }
    Ok(crate::sql::operate::comma_list(columns))
}
