//! Types in the text: `VARCHAR(80)`.
//!
//! Owns the generic names. Must not know columns.

use super::Dialect;
use crate::python::value::{Host, R, Str, Value};
use crate::sql::errors;
use crate::sql::types::{IntegerSize, TextForm, Type, TypeKind};

/// The text of a type, types written in the language asked for theirs.
pub fn type_text(host: &mut dyn Host, ty: &Type, dialect: &dyn Dialect) -> R<String> {
    let ty = ty.for_dialect(dialect.name());
    match &ty.kind {
        TypeKind::Decorator { implementation, .. } => {
            let implementation = implementation.borrow().clone();
            type_text(host, &implementation, dialect)
        }
        TypeKind::UserDefined { object } => {
            let text = host.call_method(object, "get_col_spec", &[])?;
            Ok(host.str(&text)?.to_string())
        }
        _ => type_text_of(ty, dialect),
    }
}

/// The text of a type that needs no language.
pub fn type_text_of(ty: &Type, dialect: &dyn Dialect) -> R<String> {
    if let Some(text) = dialect.type_text(ty) {
        return text;
    }
    Ok(match &ty.kind {
        TypeKind::Null if dialect.is_default() => "NULL".to_string(),
        TypeKind::Null => return Err(errors::no_type_given(ty)),
        TypeKind::Integer(size) => match size {
            IntegerSize::Small => "SMALLINT",
            IntegerSize::Plain => "INTEGER",
            IntegerSize::Big => "BIGINT",
        }
        .to_string(),
        TypeKind::Text { form, length, collation, .. } => {
            let name = match form {
                TextForm::Varchar => "VARCHAR",
                TextForm::Char => "CHAR",
                TextForm::NChar => "NCHAR",
                TextForm::NVarchar => "NVARCHAR",
                TextForm::Text => "TEXT",
                TextForm::Clob => "CLOB",
            };
            text_type(name, *length, collation.as_ref())
        }
        TypeKind::Enum(data) => text_type("VARCHAR", Some(data.length), None),
        TypeKind::Boolean { .. } | TypeKind::MatchType => "BOOLEAN".to_string(),
        TypeKind::Float { precision, .. } => match ty.class_name {
            "Double" | "DOUBLE" => "DOUBLE".to_string(),
            "DOUBLE_PRECISION" => "DOUBLE PRECISION".to_string(),
            "REAL" => "REAL".to_string(),
            _ => match precision {
                Some(precision) if !dialect.is_default() || ty.class_name == "FLOAT" => {
                    format!("FLOAT({precision})")
                }
                _ => "FLOAT".to_string(),
            },
        },
        TypeKind::Numeric { precision, scale, .. } => {
            let name = if ty.class_name == "DECIMAL" { "DECIMAL" } else { "NUMERIC" };
            match (precision, scale) {
                (None, _) => name.to_string(),
                (Some(precision), None) => format!("{name}({precision})"),
                (Some(precision), Some(scale)) => format!("{name}({precision}, {scale})"),
            }
        }
        TypeKind::Date => "DATE".to_string(),
        TypeKind::DateTime { .. } if ty.class_name == "TIMESTAMP" => "TIMESTAMP".to_string(),
        TypeKind::DateTime { .. } => "DATETIME".to_string(),
        TypeKind::Time { .. } => "TIME".to_string(),
        TypeKind::Interval => "DATETIME".to_string(),
        TypeKind::Json { .. } | TypeKind::JsonPath => "JSON".to_string(),
        TypeKind::Binary { length } => match (ty.class_name, length) {
            ("BINARY", Some(length)) => format!("BINARY({length})"),
            ("BINARY", None) => "BINARY".to_string(),
            ("VARBINARY", Some(length)) => format!("VARBINARY({length})"),
            ("VARBINARY", None) => "VARBINARY".to_string(),
            _ => "BLOB".to_string(),
        },
        TypeKind::Pickle => "BLOB".to_string(),
        TypeKind::Uuid { .. } if ty.class_name == "UUID" => "UUID".to_string(),
        TypeKind::Uuid { .. } => "CHAR(32)".to_string(),
        TypeKind::Foreign { visit, .. } => {
            if !dialect.is_default() {
                return Err(errors::cannot_render_type(dialect.name(), visit));
            }
            visit.to_string()
        }
        TypeKind::Tuple(_) => "TUPLE".to_string(),
        TypeKind::Decorator { implementation, .. } => type_text_of(&implementation.borrow(), dialect)?,
        TypeKind::UserDefined { object } => match object {
            Value::Instance(instance) => instance.class().name.borrow().to_string(),
            _ => "USER DEFINED".to_string(),
        },
    })
}

fn text_type(name: &str, length: Option<i64>, collation: Option<&Str>) -> String {
    let mut text = name.to_string();
    if let Some(length) = length {
        text.push_str(&format!("({length})"));
    }
    if let Some(collation) = collation {
        text.push_str(&format!(" COLLATE \"{collation}\""));
    }
    text
}
