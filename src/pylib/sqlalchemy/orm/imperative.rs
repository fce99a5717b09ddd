//! Mapping without a declarative body: `registry.map_imperatively(Student, table, properties={...})`.
//!
//! Owns reading its arguments, and the constructor that plain classes get. Must not know class bodies.

use std::rc::Rc;

use indexmap::IndexMap;

use super::objects::{PendingColumnProperty, PendingRelationship, PendingSynonym};
use super::{base, face};
use crate::diag::builtin::TYPE_ERROR;
use crate::orm::mapper::{Mapper, MapperArgs};
use crate::orm::mapping::{self, ClassMapping, Incoming};
use crate::orm::property::{ColumnProperty, Property, PropertyKind, Synonym};
use crate::orm::registry::Registry;
use crate::python::value::{Class, Host, NativeFunction, R, Raised, Row, Str, Value, intern, param};
use crate::sql::exc::ARGUMENT_ERROR;

static CONSTRUCTOR: Row = Row::method(
    "__init__",
    &[param::args("args"), param::kwargs("kwargs")],
    "Sets attributes by keyword.",
    "",
    |host, args| {
        let positional = host.collect(&args[1])?;
        let mut names = Vec::new();
        let mut values = Vec::new();
        if let Value::Dict(keywords) = &args[2] {
            for (key, value) in keywords.to_vec() {
                if let Value::Str(key) = key {
                    names.push(key);
                    values.push(value);
                }
            }
        }
        let given =
            crate::python::value::CallArgs { positional: &positional, names: &names, keywords: &values };
        base::initialize(host, &args[0], given)?;
        Ok(Value::None)
    },
);

/// The constructor of classes that do not derive from a base.
pub fn constructor() -> Value {
    NativeFunction::plain(&CONSTRUCTOR)
}

/// `TypeError: __init__() takes 1 positional argument but 2 were given`.
pub fn too_many_positional(given: usize) -> Raised {
    Raised::new(&TYPE_ERROR, format!("__init__() takes 1 positional argument but {given} were given"))
}

/// Maps a plain class.
pub fn map(
    host: &mut dyn Host,
    registry: &Rc<Registry>,
    class: &Value,
    table: &Value,
    options: &Value,
) -> R<Value> {
    let Value::Class(class) = class else {
        return Err(Raised::new(&ARGUMENT_ERROR, "map_imperatively() expects a class"));
    };
    let options: Vec<(Value, Value)> = match options {
        Value::Dict(options) => options.to_vec(),
        _ => Vec::new(),
    };
    let option = |name: &str| {
        options.iter().find(|(key, _)| key.as_str() == Some(name)).map(|(_, value)| value.clone())
    };
    let mut properties: Vec<(Str, Incoming)> = Vec::new();
    if let Some(Value::Dict(given)) = option("properties") {
        for (key, value) in given.to_vec() {
            let Value::Str(key) = key else { continue };
            let key = intern(&key);
            properties.extend(incoming(host, &key, &value)?.map(|incoming| (key, incoming)));
        }
    }
    let inherits = match option("inherits") {
        Some(parent) => super::mapper_object::mapper_of(&parent),
        None => Class::mro(class).iter().skip(1).find_map(|base| Mapper::of(base)),
    };
    let local_table = if table.is_none() { None } else { face::selectable_of(host, table)? };
    let args = MapperArgs {
        polymorphic_on: option("polymorphic_on").unwrap_or(Value::None),
        polymorphic_identity: option("polymorphic_identity").unwrap_or(Value::None),
        version_id_col: option("version_id_col").unwrap_or(Value::None),
        primary_key: option("primary_key").unwrap_or(Value::None),
        exclude_properties: option("exclude_properties").unwrap_or(Value::None),
        include_properties: option("include_properties").unwrap_or(Value::None),
        passive_updates: true,
        confirm_deleted_rows: true,
        batch: true,
        ..MapperArgs::default()
    };
    if class.dict.get("__init__").is_none() {
        class.set_attribute(&intern("__init__"), constructor());
    }
    let place = host.current_place();
    let mapper = mapping::map_class(
        host,
        ClassMapping {
            class: class.clone(),
            registry: registry.clone(),
            inherits,
            local_table,
            properties,
            declared: Vec::new(),
            args,
            validators: IndexMap::new(),
            place,
        },
    )?;
    let object = super::mapper_object::value(&mapper);
    class.set_attribute(&intern("__mapper__"), object.clone());
    if !table.is_none() {
        class.set_attribute(&intern("__table__"), table.clone());
    }
    Ok(object)
}

fn incoming(host: &mut dyn Host, key: &Str, value: &Value) -> R<Option<Incoming>> {
    let kind = if let Some(pending) = value.payload::<PendingRelationship>() {
        pending.relationship.borrow_mut().take().map(PropertyKind::Relationship)
    } else if let Some(pending) = value.payload::<PendingColumnProperty>() {
        let property = ColumnProperty::new(pending.columns.clone());
        property.deferred.set(pending.deferred);
        Some(PropertyKind::Column(property))
    } else if let Some(pending) = value.payload::<PendingSynonym>() {
        Some(PropertyKind::Synonym(Synonym { name: pending.name.clone(), descriptor: Value::None }))
    } else {
        return Ok(face::column_of(host, value)?.map(Incoming::Column));
    };
    let place = host.current_place();
    Ok(kind.map(|kind| Incoming::Property(Property::new(key.clone(), kind, place))))
}
