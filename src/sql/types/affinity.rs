//! Affinities: the families of types, what operators give, what type a literal has.
//!
//! Owns those tables. Must not know expressions.

use super::{Type, TypeKind};
use crate::python::value::Value;
use crate::sql::operators::Op;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Affinity {
    Null,
    Integer,
    Numeric,
    String,
    Boolean,
    Date,
    DateTime,
    Time,
    Interval,
    Json,
    Binary,
    Uuid,
    Enum,
    Tuple,
    Other,
}

impl Affinity {
    pub fn of(ty: &Type) -> Affinity {
        match &ty.kind {
            TypeKind::Null => Affinity::Null,
            TypeKind::Integer(_) => Affinity::Integer,
            TypeKind::Float { .. } | TypeKind::Numeric { .. } => Affinity::Numeric,
            TypeKind::Text { .. } => Affinity::String,
            TypeKind::Boolean { .. } | TypeKind::MatchType => Affinity::Boolean,
            TypeKind::Date => Affinity::Date,
            TypeKind::DateTime { .. } => Affinity::DateTime,
            TypeKind::Time { .. } => Affinity::Time,
            TypeKind::Interval => Affinity::Interval,
            TypeKind::Enum(_) => Affinity::Enum,
            TypeKind::Json { .. } => Affinity::Json,
            TypeKind::Binary { .. } | TypeKind::Pickle => Affinity::Binary,
            TypeKind::Uuid { .. } => Affinity::Uuid,
            TypeKind::Tuple(_) => Affinity::Tuple,
            TypeKind::Decorator { implementation, .. } => Affinity::of(&implementation.borrow()),
            TypeKind::UserDefined { .. } | TypeKind::Foreign { .. } => Affinity::Other,
        }
    }
}

/// The operator that two types make of an operator, and the type of the result.
pub fn adapt_operator(_left: &Type, operator: Op, _right: &Type) -> (Op, Type) {
    (operator, super::null_type())
}

/// The type of a plain value.
pub fn literal_type(_value: &Value) -> Type {
    super::null_type()
}
