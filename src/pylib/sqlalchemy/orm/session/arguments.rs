//! Arguments of a session's methods: binds, mapped classes, names, keys.
//!
//! Owns reading them. Must not know what they are used for.

use std::rc::Rc;

use super::object::native_bind;
use crate::orm::mapper::Mapper;
use crate::orm::session::{Bind, GetArgs, Identifier, errors};
use crate::python::value::{Host, R, Raised, Str, Value, intern};
use crate::sql::entity::{Element, element_of};
use crate::sql::exc::ARGUMENT_ERROR;
use crate::sql::schema::Table;
use crate::sql::selectable::FromClause;

/// The engine or connection that an argument is.
pub fn bind_of(host: &mut dyn Host, value: &Value) -> R<Bind> {
    if let Some(bind) = native_bind(value) {
        return Ok(bind);
    }
    let shown = host.repr(value)?;
    Err(Raised::new(&ARGUMENT_ERROR, format!("Not an acceptable bind target: {shown}")))
}

/// The table that an argument is.
pub fn table_of(host: &mut dyn Host, value: &Value) -> R<Option<Rc<Table>>> {
    Ok(match element_of(host, value)? {
        Some(Element::From(FromClause::Table(table))) => Some(table),
        _ => None,
    })
}

/// The mapper that an argument is, or whose class it is.
pub fn mapper_of(host: &mut dyn Host, value: &Value) -> R<Rc<Mapper>> {
    if let Value::Class(class) = value
        && let Some(mapper) = Mapper::of(class)
    {
        return Ok(mapper);
    }
    if let Some(Element::Entity(entity)) = element_of(host, value)?
        && let Some(mapper) = entity.as_any().downcast_ref::<Mapper>()
    {
        return Ok(mapper.rc());
    }
    let shown = host.repr(value)?;
    Err(errors::expected_mapped_class(&shown))
}

/// The same where `inspect()` is asked first, which knows nothing of plain objects.
pub fn inspected_mapper(host: &mut dyn Host, value: &Value) -> R<Rc<Mapper>> {
    let plain = match value {
        Value::Instance(_) => false,
        Value::Class(class) => Mapper::of(class).is_none(),
        _ => true,
    };
    if plain {
        let class = Value::Class(host.class_of(value));
        let shown = host.repr(&class)?;
        return Err(errors::no_inspection(&shown));
    }
    mapper_of(host, value)
}

/// `attribute_names=`: None, or names.
pub fn names(host: &mut dyn Host, value: &Value) -> R<Option<Vec<Str>>> {
    if value.is_none() || value.is_unset() {
        return Ok(None);
    }
    let mut names = Vec::new();
    for item in host.collect(value)? {
        names.push(match item {
            Value::Str(name) => intern(&name),
            // An attribute of the class stands for its name.
            other => {
                let key = host.get_attr(&other, &intern("key"))?;
                intern(&host.str(&key)?)
            }
        });
    }
    Ok(Some(names))
}

/// A primary key: one value, several in order, or several by name.
pub fn identifier(host: &mut dyn Host, value: &Value) -> R<Identifier> {
    Ok(match value {
        Value::Dict(dict) => {
            let mut named = Vec::new();
            for (key, value) in dict.to_vec() {
                named.push((host.str(&key)?, value));
            }
            Identifier::Named(named)
        }
        Value::Tuple(values) => Identifier::Values(values.as_slice().to_vec()),
        Value::List(values) => Identifier::Values(values.to_vec()),
        single => match row_values(host, single)? {
            Some(values) => Identifier::Values(values),
            None => Identifier::Values(vec![single.clone()]),
        },
    })
}

/// Rows and composite values are keys of several values too.
fn row_values(host: &mut dyn Host, value: &Value) -> R<Option<Vec<Value>>> {
    if !matches!(value, Value::Instance(_)) {
        return Ok(None);
    }
    match host.find_attr(value, &intern("__composite_values__"))? {
        Some(method) => {
            let values = host.call_values(&method, &[])?;
            host.collect(&values).map(Some)
        }
        None if value.as_instance().is_some_and(|one| one.class().native.name == "Row") => {
            host.collect(value).map(Some)
        }
        None => Ok(None),
    }
}

/// The keywords of `get`: options, populate_existing, with_for_update, execution_options.
pub fn get_args(
    host: &mut dyn Host,
    options: &Value,
    populate: &Value,
    lock: &Value,
    execution: &Value,
) -> R<GetArgs> {
    let options = if options.is_none() { Vec::new() } else { host.collect(options)? };
    let mut populate_existing = !populate.is_none() && host.truth(populate)?;
    if let Value::Dict(dict) = execution
        && let Some(value) = dict.get("populate_existing")
        && host.truth(&value)?
    {
        populate_existing = true;
    }
    let has_lock = !lock.is_none() && !matches!(lock, Value::Bool(false));
    Ok(GetArgs {
        options,
        populate_existing,
        with_for_update: has_lock.then(|| lock.clone()),
        execution_options: (!execution.is_none()).then(|| execution.clone()),
    })
}
