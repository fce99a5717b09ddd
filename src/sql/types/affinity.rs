//! Affinities: the families of types, what operators give, what type a literal has.
//!
//! Owns those tables. Must not know expressions.

use super::{EnumType, Type, TypeKind, TypeNode};
use crate::python::value::{DateData, DateTimeData, DeltaData, Known, Str, TimeData, Value};
use crate::sql::operators::Op;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Affinity {
    Null,
    Integer,
    Numeric,
    Float,
    String,
    Boolean,
    Date,
    DateTime,
    Time,
    Interval,
    Json,
    Binary,
    Uuid,
    Tuple,
    Other,
}

impl Affinity {
    pub fn of(ty: &Type) -> Affinity {
        match &ty.kind {
            TypeKind::Null => Affinity::Null,
            TypeKind::Integer(_) => Affinity::Integer,
            TypeKind::Float { .. } => Affinity::Float,
            TypeKind::Numeric { .. } => Affinity::Numeric,
            TypeKind::Text { .. } | TypeKind::Enum(_) => Affinity::String,
            TypeKind::Boolean { .. } | TypeKind::MatchType => Affinity::Boolean,
            TypeKind::Date => Affinity::Date,
            TypeKind::DateTime { .. } => Affinity::DateTime,
            TypeKind::Time { .. } => Affinity::Time,
            TypeKind::Interval => Affinity::Interval,
            TypeKind::Json { .. } | TypeKind::JsonPath => Affinity::Json,
            TypeKind::Binary { .. } | TypeKind::Pickle => Affinity::Binary,
            TypeKind::Uuid { .. } => Affinity::Uuid,
            TypeKind::Tuple(_) => Affinity::Tuple,
            TypeKind::Decorator { implementation, .. } => Affinity::of(&implementation.borrow()),
            TypeKind::UserDefined { .. } | TypeKind::Foreign { .. } => Affinity::Other,
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Affinity::Integer | Affinity::Numeric | Affinity::Float)
    }
}

/// The operator that two types make of an operator, and the type of the result.
pub fn adapt_operator(left: &Type, operator: Op, right: &Type) -> (Op, Type) {
    let (mine, other) = (Affinity::of(left), Affinity::of(right));
    let result = match mine {
        Affinity::Null => {
            let commutative = matches!(operator, Op::Eq | Op::Ne | Op::Add | Op::Mul);
            if other == Affinity::Null || !commutative {
                return (operator, left.clone());
            }
            return adapt_operator(right, operator, left);
        }
        Affinity::String | Affinity::Binary => {
            let gluing = matches!(other, Affinity::String | Affinity::Binary | Affinity::Null);
            if operator != Op::Add || !gluing {
                return (operator, left.clone());
            }
            let result = match &left.kind {
                TypeKind::Enum(data) => super::string_of(data.length),
                _ => left.clone(),
            };
            return (Op::Concat, result);
        }
        Affinity::Integer => integer_result(operator, other),
        Affinity::Numeric | Affinity::Float => match (operator, other) {
            (Op::Mul, Affinity::Interval) => Some(Affinity::Interval),
            _ => None,
        },
        Affinity::Date => match (operator, other) {
            (Op::Add, Affinity::Interval | Affinity::Time) => Some(Affinity::DateTime),
            (Op::Sub, Affinity::Date) => Some(Affinity::Integer),
            (Op::Sub, Affinity::Interval) => Some(Affinity::DateTime),
            (Op::Sub, Affinity::DateTime) => Some(Affinity::Interval),
            _ => None,
        },
        Affinity::DateTime => {
            (operator == Op::Sub && other == Affinity::DateTime).then_some(Affinity::Interval)
        }
        Affinity::Time => match (operator, other) {
            (Op::Add, Affinity::Date) => Some(Affinity::DateTime),
            (Op::Sub, Affinity::Time) => Some(Affinity::Interval),
            _ => None,
        },
        Affinity::Interval => match (operator, other) {
            (Op::Add, Affinity::Date | Affinity::DateTime) => Some(Affinity::DateTime),
            (Op::Add, Affinity::Time) => Some(Affinity::Time),
            _ => None,
        },
        _ => None,
    };
    let ty = match result {
        None => left.clone(),
        Some(family) if family == other => right.clone(),
        Some(family) if family == mine => left.clone(),
        Some(family) => plain(family),
    };
    (operator, ty)
}

fn integer_result(operator: Op, other: Affinity) -> Option<Affinity> {
    match (operator, other) {
        (Op::Add, Affinity::Date) => Some(Affinity::Date),
        (Op::Mul, Affinity::Interval) => Some(Affinity::Interval),
        (Op::TrueDiv, Affinity::Integer) => Some(Affinity::Numeric),
        (Op::Add | Op::Sub | Op::Mul | Op::TrueDiv, other) if other.is_number() => Some(other),
        (Op::FloorDiv, Affinity::Numeric) => Some(Affinity::Numeric),
        _ => None,
    }
}

/// The plain type of a family.
fn plain(affinity: Affinity) -> Type {
    match affinity {
        Affinity::Integer => super::integer(),
        Affinity::Numeric => super::numeric(),
        Affinity::Float => super::float(),
        Affinity::String => super::string(),
        Affinity::Boolean => super::boolean(),
        Affinity::Date => super::date(),
        Affinity::DateTime => super::date_time(),
        Affinity::Time => super::time(),
        Affinity::Interval => super::interval(),
        _ => super::null_type(),
    }
}

/// The type of a plain value.
pub fn literal_type(value: &Value) -> Type {
    match value {
        Value::Bool(_) => super::boolean(),
        Value::Int(number) if *number >= -(1 << 31) && *number < (1 << 31) => super::integer(),
        Value::Int(_) | Value::BigInt(_) => super::big_integer(),
        Value::Float(_) => super::double(),
        Value::Str(text) if text.is_ascii() => super::string(),
        Value::Str(_) => super::unicode(),
        Value::Bytes(_) => super::binary(),
        Value::Instance(instance) => {
            if let Some(data) = instance.payload::<DateTimeData>() {
                return if data.tzinfo.is_none() { super::date_time() } else { super::date_time_zoned() };
            }
            if instance.payload::<DateData>().is_some() {
                return super::date();
            }
            if let Some(data) = instance.payload::<TimeData>() {
                return if data.tzinfo.is_none() { super::time() } else { super::time_zoned() };
            }
            if instance.payload::<DeltaData>().is_some() {
                return super::interval();
            }
            let native = instance.class().native;
            if std::ptr::eq(native, Known::Decimal.native_type()) && !is_object(native) {
                return super::numeric();
            }
            if std::ptr::eq(native, Known::Uuid.native_type()) && !is_object(native) {
                return super::uuid();
            }
            super::null_type()
        }
        _ => super::null_type(),
    }
}

fn is_object(native: &'static crate::python::value::NativeType) -> bool {
    std::ptr::eq(native, &crate::python::value::OBJECT)
}

/// The type of a value that stands beside an expression of type `ty`: the expression's, unless the value has one
/// of another family.
pub fn compared_type(ty: &Type, operator: Op, value: &Value) -> Type {
    match &ty.kind {
        TypeKind::Decorator { .. } => return ty.clone(),
        TypeKind::Binary { .. } | TypeKind::Uuid { .. } if matches!(value, Value::Str(_)) => {
            return ty.clone();
        }
        TypeKind::Json { .. } if !matches!(operator, Op::GetItem) => {
            // JSON compares whatever it is given as JSON only where the value has no type of its own.
        }
        TypeKind::Tuple(types) => {
            if let Value::Tuple(items) = value {
                let types = types.iter().zip(items.as_slice());
                let types = types.map(|(ty, item)| compared_type(ty, operator, item)).collect();
                return TypeNode::new("TupleType", TypeKind::Tuple(types));
            }
            return ty.clone();
        }
        TypeKind::Interval => {
            // As the moment after the epoch that it is kept as.
            let own = literal_type(value);
            return match Affinity::of(&own) {
                Affinity::Null | Affinity::DateTime => super::date_time(),
                _ => own,
            };
        }
        TypeKind::Enum(EnumType { class: Some(_), .. }) if matches!(value, Value::Str(_)) => {
            return ty.clone();
        }
        _ => {}
    }
    let own = literal_type(value);
    let family = Affinity::of(&own);
    if family == Affinity::Null || family == Affinity::of(ty) { ty.clone() } else { own }
}

/// What a parameter's made-up name begins with: the name without what cannot stand in one.
pub fn sanitized(name: &Str) -> Str {
    if name.bytes().all(|byte| !matches!(byte, b'%' | b'(' | b')' | b' ' | b'$')) {
        return name.clone();
    }
    let mut clean = String::new();
    let mut gap = false;
    for letter in name.chars() {
        if matches!(letter, '%' | '(' | ')' | ' ' | '$') {
            gap = true;
        } else {
            if gap {
                clean.push('_');
            }
            gap = false;
            clean.push(letter);
        }
    }
    Str::new(clean.trim_matches('_'))
}
