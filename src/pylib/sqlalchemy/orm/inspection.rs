//! `inspect()` of mapped classes, and the histories of instances.
//!
//! Owns the inspector of classes. Instances are inspected by the session's face. Must not change anything.

use std::rc::Rc;

use super::mapper_object;
use crate::orm::attribute::{Attribute, Passive};
use crate::orm::configure;
use crate::orm::history;
use crate::orm::mapper::Mapper;
use crate::python::value::{Host, R, Value, intern};

/// The mapper of a mapped class (or a mapper itself); None for anything else.
pub fn inspect_class(host: &mut dyn Host, subject: &Value) -> R<Option<Value>> {
    match subject {
        Value::Class(class) => match Mapper::of(class) {
            Some(mapper) => {
                configure::check_configured(host)?;
                Ok(Some(mapper_object::value(&mapper)))
            }
            None => Ok(None),
        },
        Value::Instance(_) if subject.payload::<mapper_object::MapperObject>().is_some() => {
            Ok(Some(subject.clone()))
        }
        Value::Instance(_) if subject.payload::<crate::orm::attribute::QueryableAttribute>().is_some() => {
            Ok(Some(subject.clone()))
        }
        _ => Ok(None),
    }
}

/// `inspect(instance)`.
pub fn instance_view(host: &mut dyn Host, instance: &Value) -> R<Value> {
    let sqlalchemy = host.import("sqlalchemy")?;
    let inspect = host.get_attr(&Value::Module(sqlalchemy), &intern("inspect"))?;
    host.call_values(&inspect, std::slice::from_ref(instance))
}

/// `(added, unchanged, deleted)` of an attribute.
pub fn history(host: &mut dyn Host, instance: &Value, attribute: &Rc<Attribute>) -> R<Value> {
    let Value::Instance(object) = instance else { return Ok(Value::None) };
    let found = history::get_history(host, object, attribute, Passive::OFF)?;
    Ok(Value::tuple(vec![Value::list(found.added), Value::list(found.unchanged), Value::list(found.deleted)]))
}
