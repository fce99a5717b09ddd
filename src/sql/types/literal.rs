//! Values written into the text of a statement.
//!
//! Owns the renderers. Must not know statements.

use super::process::{date_of, enum_label, moment_of};
use super::{Type, TypeKind, process, temporal};
use crate::python::value::{Host, R, Str, TimeData, Value, intern};
use crate::sql::compile::{Dialect, type_text};
use crate::sql::errors;

/// A value as SQL.
pub fn render(host: &mut dyn Host, value: &Value, ty: &Type, dialect: &dyn Dialect) -> R<String> {
    let ty = ty.for_dialect(dialect.name());
    if value.is_none() && !matches!(ty.kind, TypeKind::Json { .. }) {
        return Ok("NULL".to_string());
    }
    match attempt(host, value, ty, dialect) {
        Ok(Some(text)) => Ok(text),
        Ok(None) => {
            let shown = host.repr(value)?;
            let datatype = type_text(host, ty, dialect)?;
            Err(errors::no_literal_renderer(&format!("\"{shown}\""), &datatype))
        }
        Err(cause) => {
            let shown = host.repr(value)?;
            let datatype = type_text(host, ty, dialect)?;
            drop(cause);
            Err(errors::literal_failed(&shown, &datatype))
        }
    }
}

pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn attempt(host: &mut dyn Host, value: &Value, ty: &Type, dialect: &dyn Dialect) -> R<Option<String>> {
    let sqlite = !dialect.is_default();
    Ok(Some(match &ty.kind {
        TypeKind::Text { .. } => match value {
            Value::Str(text) => quoted(text),
            _ => return Err(errors::type_error("a text is needed")),
        },
        TypeKind::Integer(_) => match value {
            Value::Int(number) => number.to_string(),
            Value::Bool(truth) => i64::from(*truth).to_string(),
            Value::Float(number) if number.is_finite() && number.abs() < 9e15 => {
                (number.trunc() as i64).to_string()
            }
            other => host.str(other)?.to_string(),
        },
        TypeKind::Float { .. } | TypeKind::Numeric { .. } => host.str(value)?.to_string(),
        TypeKind::Boolean { .. } => {
            let truth = host.truth(value)?;
            (if truth { dialect.true_text() } else { dialect.false_text() }).to_string()
        }
        TypeKind::Date => match date_of(value) {
            Some(date) => quoted(&temporal::date_text(date)),
            None => return Err(errors::type_error("a date is needed")),
        },
        TypeKind::DateTime { .. } => match moment_of(value) {
            Some((date, clock)) if sqlite => quoted(&temporal::moment_text(date, clock)),
            Some((date, clock)) => quoted(&temporal::iso_moment(date, clock)),
            None => return Err(errors::type_error("a datetime is needed")),
        },
        TypeKind::Time { .. } => match value.payload::<TimeData>() {
            Some(time) if sqlite => quoted(&temporal::clock_text(time.clock)),
            Some(time) => quoted(&temporal::iso_clock(time.clock)),
            None => return Err(errors::type_error("a time is needed")),
        },
        TypeKind::Enum(data) => match enum_label(host, data, value)? {
            Value::Str(label) => quoted(&label),
            _ => return Ok(None),
        },
        TypeKind::Uuid { .. } => {
            let hex = match value {
                Value::Str(text) => Str::new(&text.replace('-', "")),
                other => {
                    let hex = host.get_attr(other, &intern("hex"))?;
                    host.str(&hex)?
                }
            };
            quoted(&hex)
        }
        TypeKind::Binary { .. } => match value {
            Value::Bytes(bytes) => quoted(&String::from_utf8_lossy(bytes.as_slice())),
            _ => return Ok(None),
        },
        TypeKind::Json { .. } if sqlite => {
            let Some(processor) = process::BindProcessor::of(ty, dialect.name()) else { return Ok(None) };
            match processor.apply(host, value)? {
                Value::Str(text) => quoted(&text),
                _ => "NULL".to_string(),
            }
        }
        TypeKind::JsonPath => {
            let Some(processor) = process::BindProcessor::of(ty, dialect.name()) else { return Ok(None) };
            match processor.apply(host, value)? {
                Value::Str(text) => quoted(&text),
                _ => "NULL".to_string(),
            }
        }
        TypeKind::Decorator { object, implementation, .. } => {
            let method = process::overridden(host, object, "process_literal_param")?;
            let method = match method {
                Some(method) => Some(method),
                None => process::overridden(host, object, "process_bind_param")?,
            };
            let value = match method {
                Some(method) => host.call_values(&method, &[value.clone(), process::dialect_object()])?,
                None => value.clone(),
            };
            let inner = implementation.borrow().clone();
            if value.is_none() {
                return Ok(Some("NULL".to_string()));
            }
            return attempt(host, &value, &inner, dialect);
        }
        TypeKind::Null => match value {
            Value::Int(number) => number.to_string(),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    }))
}
