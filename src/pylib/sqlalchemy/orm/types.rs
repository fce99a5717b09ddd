//! Python types to column types, for `Mapped[int]`.
//!
//! Owns the default table and the registry's `type_annotation_map`. Must not know class bodies.

use std::rc::Rc;

use super::{errors, face};
use crate::orm::registry::Registry;
use crate::python::value::{CallArgs, Class, Gc, Host, R, Value, intern};
use crate::sql::schema::Column;
use crate::sql::types::Type;

/// The name of a Python class and of the column type that it stands for.
const DEFAULTS: &[(&str, &str, &str)] = &[
    ("builtins", "int", "Integer"),
    ("builtins", "float", "Float"),
    ("builtins", "bool", "Boolean"),
    ("builtins", "str", "String"),
    ("builtins", "bytes", "LargeBinary"),
    ("decimal", "Decimal", "Numeric"),
    ("datetime", "datetime", "DateTime"),
    ("datetime", "date", "Date"),
    ("datetime", "time", "Time"),
    ("datetime", "timedelta", "Interval"),
    ("uuid", "UUID", "Uuid"),
];

/// What the registry's own map says of a type.
pub fn in_map(host: &mut dyn Host, registry: &Rc<Registry>, python_type: &Value) -> R<Option<Value>> {
    let map = registry.type_annotation_map.borrow().clone();
    let Value::Dict(map) = map else { return Ok(None) };
    host.dict_get(&map, python_type)
}

/// The column type of an annotated Python type.
pub fn resolve(host: &mut dyn Host, registry: &Rc<Registry>, python_type: &Value, key: &str) -> R<Type> {
    if let Some(found) = in_map(host, registry, python_type)? {
        return face::type_of(host, &found);
    }
    match python_type {
        Value::Class(class) => {
            for candidate in Class::mro(class) {
                if !Gc::ptr_eq(&candidate, class)
                    && let Some(found) = in_map(host, registry, &Value::Class(candidate.clone()))?
                {
                    return face::type_of(host, &found);
                }
            }
            if is_enum(class) {
                let enum_type = face::type_class(host, "Enum")?;
                let made = host.call_values(&enum_type, std::slice::from_ref(python_type))?;
                return face::type_of(host, &made);
            }
            for candidate in Class::mro(class) {
                let module = candidate.dict.get("__module__");
                let module = module.as_ref().and_then(Value::as_str).unwrap_or("builtins").to_string();
                let name = candidate.name.borrow().clone();
                let known = DEFAULTS.iter().find(|(home, known, _)| *known == &*name && *home == module);
                if let Some((_, _, type_name)) = known {
                    let found = face::type_class(host, type_name)?;
                    return face::type_of(host, &found);
                }
            }
        }
        Value::Instance(_) | Value::Function(_) => {
            // `NewType("Name", str)` stands for its supertype, `Literal["a", "b"]` for an enumeration.
            if let Some(base) = host.find_attr(python_type, &intern("__supertype__"))? {
                return resolve(host, registry, &base, key);
            }
            let shown = host.repr(python_type)?;
            if shown.starts_with("typing.Literal")
                && let Some(args) = host.find_attr(python_type, &intern("__args__"))?
            {
                let values = host.collect(&args)?;
                let enum_type = face::type_class(host, "Enum")?;
                let names = [intern("native_enum")];
                let made = host.call(
                    &enum_type,
                    CallArgs { positional: &values, names: &names, keywords: &[Value::Bool(false)] },
                )?;
                return face::type_of(host, &made);
            }
            if let Some(origin) = host.find_attr(python_type, &intern("__origin__"))?
                && let Some(found) = in_map(host, registry, &origin)?
            {
                return face::type_of(host, &found);
            }
        }
        _ => {}
    }
    let shown = host.str(python_type)?;
    Err(errors::no_core_type(&shown, key))
}

fn is_enum(class: &Gc<Class>) -> bool {
    Class::mro(class).iter().any(|base| {
        &**base.name.borrow() == "Enum"
            && base.dict.get("__module__").as_ref().and_then(Value::as_str) == Some("enum")
    })
}

/// Gives a column what the `mapped_column()` of an `Annotated` type says and it does not say itself.
pub fn merge(template: &Rc<Column>, column: &Rc<Column>, has_default: bool) {
    if column.ty().is_null() {
        column.set_type(template.ty());
    }
    if template.primary_key.get() {
        column.primary_key.set(true);
    }
    if template.nullable_given.get() && !column.nullable_given.get() {
        column.nullable.set(template.nullable.get());
        column.nullable_given.set(true);
    }
    if !has_default && column.default.borrow().is_none() {
        *column.default.borrow_mut() = template.default.borrow().clone();
    }
    if column.onupdate.borrow().is_none() {
        *column.onupdate.borrow_mut() = template.onupdate.borrow().clone();
    }
    if !has_default && column.server_default.borrow().is_none() {
        *column.server_default.borrow_mut() = template.server_default.borrow().clone();
    }
    if column.unique.get().is_none() {
        column.unique.set(template.unique.get());
    }
    if column.index.get().is_none() {
        column.index.set(template.index.get());
    }
    let copy = template.copy();
    let keys: Vec<_> = copy.foreign_keys.borrow().clone();
    for key in keys {
        key.set_parent(column);
        column.foreign_keys.borrow_mut().push(key);
    }
}
