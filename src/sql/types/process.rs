//! Values on their way to and from the database.
//!
//! Owns the processors, chosen once for a parameter or a column of a statement, and the storage formats.
//! Must not know statements.

use std::cell::Cell;

use super::{EnumType, Type, TypeKind, temporal};
use crate::python::value::{
    Class, DateData, DateTimeData, DeltaData, Gc, Host, Known, R, Str, TimeData, Value, intern,
};
use crate::sql::errors;

/// Turns a value of the language into one that the driver takes.
pub struct BindProcessor {
    ty: Type,
    way: BindWay,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BindWay {
    Float,
    Boolean,
    Date,
    DateTime,
    Time,
    Interval,
    Enum,
    Json,
    JsonPath,
    Binary,
    Uuid,
    Decorator,
    Pickle,
}

/// Turns a value of the driver into one of the language.
pub struct ResultProcessor {
    ty: Type,
    way: ResultWay,
    /// What `Decorator` applies first.
    inner: Option<Box<ResultProcessor>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ResultWay {
    Decimal(usize),
    Boolean,
    Date,
    DateTime,
    Time,
    Interval,
    Enum,
    Json,
    Bytes,
    Uuid,
    Decorator,
    Pickle,
}

thread_local! {
    static DIALECT_OBJECT: Cell<Option<fn() -> Value>> = const { Cell::new(None) };
}

/// What is handed to `process_bind_param` as the dialect.
pub fn set_dialect_object(make: fn() -> Value) {
    DIALECT_OBJECT.with(|slot| slot.set(Some(make)));
}

pub(super) fn dialect_object() -> Value {
    DIALECT_OBJECT.with(Cell::get).map_or(Value::None, |make| make())
}

impl BindProcessor {
    /// None where values pass as they are.
    pub fn of(ty: &Type, dialect: &str) -> Option<BindProcessor> {
        let ty = ty.for_dialect(dialect);
        let way = match &ty.kind {
            TypeKind::Float { .. } | TypeKind::Numeric { .. } => BindWay::Float,
            TypeKind::Boolean { .. } => BindWay::Boolean,
            TypeKind::Date => BindWay::Date,
            TypeKind::DateTime { .. } => BindWay::DateTime,
            TypeKind::Time { .. } => BindWay::Time,
            TypeKind::Interval => BindWay::Interval,
            TypeKind::Enum(_) => BindWay::Enum,
            TypeKind::Json { .. } => BindWay::Json,
            TypeKind::JsonPath => BindWay::JsonPath,
            TypeKind::Binary { .. } => BindWay::Binary,
            TypeKind::Uuid { .. } => BindWay::Uuid,
            TypeKind::Decorator { .. } => BindWay::Decorator,
            TypeKind::Pickle => BindWay::Pickle,
            _ => return None,
        };
        Some(BindProcessor { ty: ty.clone(), way })
    }

    pub fn apply(&self, host: &mut dyn Host, value: &Value) -> R<Value> {
        if self.way == BindWay::Decorator {
            return self.decorated(host, value);
        }
        if value.is_none() && self.way != BindWay::Json {
            return Ok(Value::None);
        }
        match self.way {
            BindWay::Float => to_float(host, value),
            BindWay::Boolean => to_boolean(host, value),
            BindWay::Date => match date_of(value) {
                Some(date) => Ok(Value::str(temporal::date_text(date))),
                None => {
                    Err(errors::only_accepts("SQLite Date type only accepts Python date objects as input."))
                }
            },
            BindWay::DateTime => match moment_of(value) {
                Some((date, clock)) => Ok(Value::str(temporal::moment_text(date, clock))),
                None => Err(errors::only_accepts(
                    "SQLite DateTime type only accepts Python datetime and date objects as input.",
                )),
            },
            BindWay::Time => match value.payload::<TimeData>() {
                Some(time) => Ok(Value::str(temporal::clock_text(time.clock))),
                None => {
                    Err(errors::only_accepts("SQLite Time type only accepts Python time objects as input."))
                }
            },
            BindWay::Interval => match value.payload::<DeltaData>() {
                Some(delta) => {
                    let (date, clock) = temporal::after_epoch(*delta);
                    Ok(Value::str(temporal::moment_text(date, clock)))
                }
                None => match moment_of(value).filter(|_| value.payload::<DateTimeData>().is_some()) {
                    Some((date, clock)) => Ok(Value::str(temporal::moment_text(date, clock))),
                    None => {
                        let class = host.class_of(value).name.borrow().clone();
                        Err(errors::cannot_add_to_epoch(&class))
                    }
                },
            },
            BindWay::Enum => match &self.ty.kind {
                TypeKind::Enum(data) => enum_label(host, data, value),
                _ => Ok(value.clone()),
            },
            BindWay::Json => self.json(host, value),
            BindWay::JsonPath => Ok(Value::str(json_path(value))),
            BindWay::Binary => match value {
                Value::Bytes(_) => Ok(value.clone()),
                Value::Instance(_) => Ok(value.clone()),
                other => {
                    let class = host.class_of(other).name.borrow().clone();
                    Err(errors::type_error(format!(
                        "memoryview: a bytes-like object is required, not '{class}'"
                    )))
                }
            },
            BindWay::Uuid => match &self.ty.kind {
                TypeKind::Uuid { as_uuid: true, .. } => host.get_attr(value, &intern("hex")),
                _ => host.call_method(value, "replace", &[Value::str("-"), Value::str("")]),
            },
            BindWay::Pickle => Err(errors::pickle_refused()),
            BindWay::Decorator => Ok(value.clone()),
        }
    }

    fn json(&self, host: &mut dyn Host, value: &Value) -> R<Value> {
        if value.is_none() && matches!(self.ty.kind, TypeKind::Json { none_as_null: true }) {
            return Ok(Value::None);
        }
        let value = if is_json_null(value) { Value::None } else { value.clone() };
        let dumps = json_function(host, "dumps")?;
        host.call_values(&dumps, &[value])
    }

    fn decorated(&self, host: &mut dyn Host, value: &Value) -> R<Value> {
        let TypeKind::Decorator { object, implementation, .. } = &self.ty.kind else {
            return Ok(value.clone());
        };
        let value = match overridden(host, object, "process_bind_param")? {
            Some(method) => host.call_values(&method, &[value.clone(), dialect_object()])?,
            None => value.clone(),
        };
        let inner = implementation.borrow().clone();
        match BindProcessor::of(&inner, "sqlite") {
            Some(processor) => processor.apply(host, &value),
            None => Ok(value),
        }
    }
}

/// A method that a type written in the language has of its own.
pub(super) fn overridden(host: &mut dyn Host, object: &Value, name: &str) -> R<Option<Value>> {
    host.find_attr(object, &intern(name))
}

impl ResultProcessor {
    /// None where values pass as they are.
    pub fn of(ty: &Type, dialect: &str) -> Option<ResultProcessor> {
        let ty = ty.for_dialect(dialect);
        let scale = |scale: &Option<i64>, given: &Option<i64>| {
            given.or(*scale).map_or(10, |scale| usize::try_from(scale).unwrap_or(10))
        };
        let mut inner = None;
        let way = match &ty.kind {
            TypeKind::Numeric { scale: own, asdecimal: true, decimal_return_scale, .. } => {
                ResultWay::Decimal(scale(own, decimal_return_scale))
            }
            TypeKind::Float { asdecimal: true, decimal_return_scale, .. } => {
                ResultWay::Decimal(scale(&None, decimal_return_scale))
            }
            TypeKind::Boolean { .. } => ResultWay::Boolean,
            TypeKind::Date => ResultWay::Date,
            TypeKind::DateTime { .. } => ResultWay::DateTime,
            TypeKind::Time { .. } => ResultWay::Time,
            TypeKind::Interval => ResultWay::Interval,
            TypeKind::Enum(_) => ResultWay::Enum,
            TypeKind::Json { .. } => ResultWay::Json,
            TypeKind::Binary { .. } => ResultWay::Bytes,
            TypeKind::Uuid { .. } => ResultWay::Uuid,
            TypeKind::Pickle => ResultWay::Pickle,
            TypeKind::Decorator { implementation, .. } => {
                inner = ResultProcessor::of(&implementation.borrow(), dialect).map(Box::new);
                ResultWay::Decorator
            }
            _ => return None,
        };
        Some(ResultProcessor { ty: ty.clone(), way, inner })
    }

    pub fn apply(&self, host: &mut dyn Host, value: Value) -> R<Value> {
        if self.way == ResultWay::Decorator {
            let value = match &self.inner {
                Some(inner) => inner.apply(host, value)?,
                None => value,
            };
            let TypeKind::Decorator { object, .. } = &self.ty.kind else { return Ok(value) };
            return match overridden(host, object, "process_result_value")? {
                Some(method) => host.call_values(&method, &[value, dialect_object()]),
                None => Ok(value),
            };
        }
        if value.is_none() {
            return Ok(Value::None);
        }
        match self.way {
            ResultWay::Decimal(scale) => to_decimal(host, &value, scale),
            ResultWay::Boolean => match value {
                Value::Int(number) => Ok(Value::Bool(number != 0)),
                other => Ok(Value::Bool(host.truth(&other)?)),
            },
            ResultWay::Date => match value.as_str().and_then(temporal::parse_date) {
                Some(date) => Ok(date.into_value()),
                None => from_iso(host, Known::Date, value),
            },
            ResultWay::DateTime => match value.as_str().and_then(temporal::parse_moment) {
                Some((date, clock)) => Ok(clock.on(date)),
                None => from_iso(host, Known::DateTime, value),
            },
            ResultWay::Time => match value.as_str().and_then(temporal::parse_clock) {
                Some(clock) => Ok(clock.into_value()),
                None => from_iso(host, Known::Time, value),
            },
            ResultWay::Interval => match value.as_str().and_then(temporal::parse_moment) {
                Some((date, clock)) => Ok(temporal::since_epoch(date, clock).into_value()),
                None => from_iso(host, Known::DateTime, value),
            },
            ResultWay::Enum => match &self.ty.kind {
                TypeKind::Enum(data) => enum_object(data, &value),
                _ => Ok(value),
            },
            ResultWay::Json => {
                let loads = json_function(host, "loads")?;
                host.call_values(&loads, &[value])
            }
            ResultWay::Bytes => Ok(value),
            ResultWay::Uuid => match &self.ty.kind {
                TypeKind::Uuid { as_uuid: true, .. } => {
                    host.call_values(&Value::Class(Known::Uuid.class()), &[value])
                }
                _ => match &value {
                    Value::Str(hex) if hex.len() == 32 => {
                        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
                        Ok(Value::str(parts.join("-")))
                    }
                    _ => Ok(value),
                },
            },
            ResultWay::Pickle => Err(errors::pickle_refused()),
            ResultWay::Decorator => Ok(value),
        }
    }
}

fn from_iso(host: &mut dyn Host, known: Known, value: Value) -> R<Value> {
    let class: Gc<Class> = known.class();
    host.call_method(&Value::Class(class), "fromisoformat", &[value])
}

fn json_function(host: &mut dyn Host, name: &str) -> R<Value> {
    let module = host.import("json")?;
    match module.dict.get(name) {
        Some(function) => Ok(function),
        None => host.get_attr(&Value::Module(module), &intern(name)),
    }
}

/// `float(value)`.
pub fn to_float(host: &mut dyn Host, value: &Value) -> R<Value> {
    match value {
        Value::Float(_) => Ok(value.clone()),
        Value::Int(number) => Ok(Value::Float(*number as f64)),
        Value::Bool(truth) => Ok(Value::Float(f64::from(u8::from(*truth)))),
        other => {
            let builtins = host.import("builtins")?;
            let float = host.get_attr(&Value::Module(builtins), &intern("float"))?;
            host.call_values(&float, std::slice::from_ref(other))
        }
    }
}

fn to_decimal(host: &mut dyn Host, value: &Value, scale: usize) -> R<Value> {
    let text = match value {
        Value::Float(number) => format!("{number:.scale$}"),
        Value::Int(number) if scale == 0 => number.to_string(),
        Value::Int(number) => format!("{number}.{}", "0".repeat(scale)),
        other => {
            let number = to_float(host, other)?;
            match number {
                Value::Float(number) => format!("{number:.scale$}"),
                _ => String::new(),
            }
        }
    };
    host.call_values(&Value::Class(Known::Decimal.class()), &[Value::str(text)])
}

fn to_boolean(host: &mut dyn Host, value: &Value) -> R<Value> {
    match value {
        Value::Bool(truth) => Ok(Value::Int(i64::from(*truth))),
        Value::Int(number @ (0 | 1)) => Ok(Value::Int(*number)),
        Value::Float(number) if *number == 0.0 || *number == 1.0 => Ok(Value::Int(*number as i64)),
        Value::Int(_) | Value::BigInt(_) => {
            let shown = host.repr(value)?;
            Err(errors::value_error(format!("Value {shown} is not None, True, or False")))
        }
        other => {
            let shown = host.repr(other)?;
            Err(errors::type_error(format!("Not a boolean value: {shown}")))
        }
    }
}

pub(super) fn date_of(value: &Value) -> Option<DateData> {
    match value.payload::<DateData>() {
        Some(date) => Some(*date),
        None => value.payload::<DateTimeData>().map(|moment| moment.date),
    }
}

pub(super) fn moment_of(value: &Value) -> Option<(DateData, crate::python::value::Clock)> {
    match value.payload::<DateTimeData>() {
        Some(moment) => Some((moment.date, moment.clock)),
        None => value.payload::<DateData>().map(|date| (*date, Default::default())),
    }
}

/// The label that stands for a value of an enumeration.
pub(super) fn enum_label(host: &mut dyn Host, data: &EnumType, value: &Value) -> R<Value> {
    let place = data.objects.iter().position(|object| match (object, value) {
        (Value::Str(one), Value::Str(other)) => one == other,
        (one, other) => one.is(other),
    });
    if let Some(place) = place {
        return Ok(Value::Str(data.labels[place].clone()));
    }
    if let Value::Str(text) = value
        && (data.labels.contains(text) || !data.validate_strings)
    {
        return Ok(value.clone());
    }
    let shown = host.str(value)?;
    Err(errors::not_in_enum(&shown, data))
}

fn enum_object(data: &EnumType, value: &Value) -> R<Value> {
    let Value::Str(text) = value else { return Err(errors::not_in_enum(&format!("{value:?}"), data)) };
    match data.labels.iter().position(|label| label == text) {
        Some(place) => Ok(data.objects[place].clone()),
        None => Err(errors::not_in_enum(text, data)),
    }
}

/// `$."key"` or `$[0]`, or a path of several.
fn json_path(value: &Value) -> String {
    let part = |value: &Value| match value {
        Value::Int(index) => format!("[{index}]"),
        Value::Str(key) => format!(".\"{key}\""),
        other => format!(".\"{other:?}\""),
    };
    match value {
        Value::Tuple(parts) => format!("${}", parts.as_slice().iter().map(part).collect::<String>()),
        Value::List(parts) => format!("${}", parts.borrow().iter().map(part).collect::<String>()),
        one => format!("${}", part(one)),
    }
}

/// `JSON.NULL`: the JSON null, as against SQL's.
pub struct JsonNull;

impl crate::python::value::Native for JsonNull {}

fn is_json_null(value: &Value) -> bool {
    value.payload::<JsonNull>().is_some()
}

/// The text of an enumeration's possible values, as messages list them.
pub(crate) fn possible_values(labels: &[Str]) -> String {
    let all = |labels: &[Str]| labels.iter().map(|label| label.to_string()).collect::<Vec<_>>().join(", ");
    if labels.len() <= 4 {
        return all(labels);
    }
    format!("{}, ..., {}", all(&labels[..3]), labels[labels.len() - 1])
}
