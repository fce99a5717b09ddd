//! How a type shows itself: `String(length=80)`.
//!
//! Owns the texts. Must not know columns.

use super::{Type, TypeKind};
use crate::python::value::{Host, R};

/// `repr(type)`: the class with those arguments that differ from their defaults.
pub fn type_repr(host: &mut dyn Host, ty: &Type) -> R<String> {
    if let Some(object) = ty.object.get()
        && matches!(ty.kind, TypeKind::Decorator { .. } | TypeKind::UserDefined { .. })
    {
        let class = host.class_of(object).name.borrow().clone();
        let inner = match &ty.kind {
            TypeKind::Decorator { implementation, .. } => {
                let implementation = implementation.borrow().clone();
                plain_arguments(&implementation)
            }
            _ => Vec::new(),
        };
        return Ok(format!("{class}({})", inner.join(", ")));
    }
    Ok(plain_repr(ty))
}

/// As `type_repr`, for types that the language has no part in.
pub fn plain_repr(ty: &Type) -> String {
    format!("{}({})", ty.class_name, plain_arguments(ty).join(", "))
}

fn plain_arguments(ty: &Type) -> Vec<String> {
    let mut arguments: Vec<String> = Vec::new();
    let mut number = |name: &str, value: &Option<i64>| {
        if let Some(value) = value {
            arguments.push(format!("{name}={value}"));
        }
    };
    match &ty.kind {
        TypeKind::Text { length, collation, .. } => {
            number("length", length);
            if let Some(collation) = collation {
                arguments.push(format!("collation='{collation}'"));
            }
        }
        TypeKind::Float { precision, asdecimal, decimal_return_scale } => {
            number("precision", precision);
            if *asdecimal {
                arguments.push("asdecimal=True".to_string());
            }
            if let Some(scale) = decimal_return_scale {
                arguments.push(format!("decimal_return_scale={scale}"));
            }
        }
        TypeKind::Numeric { precision, scale, asdecimal, decimal_return_scale } => {
            number("precision", precision);
            number("scale", scale);
            if let Some(scale) = decimal_return_scale {
                arguments.push(format!("decimal_return_scale={scale}"));
            }
            if !*asdecimal {
                arguments.push("asdecimal=False".to_string());
            }
        }
        TypeKind::DateTime { timezone: true } | TypeKind::Time { timezone: true } => {
            arguments.push("timezone=True".to_string());
        }
        TypeKind::Boolean { create_constraint, name } => {
            if *create_constraint {
                arguments.push("create_constraint=True".to_string());
            }
            if let Some(name) = name {
                arguments.push(format!("name='{name}'"));
            }
        }
        TypeKind::Binary { length } => number("length", length),
        TypeKind::Enum(data) => {
            arguments.extend(data.labels.iter().map(|label| format!("'{label}'")));
            if let Some(name) = &data.name {
                arguments.push(format!("name='{name}'"));
            }
            if !data.native_enum {
                arguments.push("native_enum=False".to_string());
            }
            if data.create_constraint {
                arguments.push("create_constraint=True".to_string());
            }
        }
        TypeKind::Json { none_as_null: true } => arguments.push("none_as_null=True".to_string()),
        TypeKind::Uuid { as_uuid, native } => {
            if !*as_uuid {
                arguments.push("as_uuid=False".to_string());
            }
            if !*native {
                arguments.push("native_uuid=False".to_string());
            }
        }
        TypeKind::Foreign { item: Some(item), .. } => arguments.push(plain_repr(item)),
        _ => {}
    }
    arguments
}
