//! Which values SQLite takes as parameters besides its own five kinds.
//!
//! Owns what CPython's sqlite3 does with subclasses, dates and everything that it refuses.
//! Must not know column types: those have converted before.

use crate::diag::Error;
use crate::engine::errors;
use crate::python::value::{BaseValue, Clock, DateData, DateTimeData, Known, Str, Value, native_class};

/// A value in a form that SQLite takes.
pub enum Bindable {
    Int(i64),
    Float(f64),
    Text(Str),
    /// Holds a bytes value.
    Bytes(Value),
}

/// Converts what is none of int, float, str, bytes, bool and None; `place` counts from 1.
pub fn convert(value: &Value, place: usize) -> Result<Bindable, Error> {
    if let Some(BaseValue(base)) = value.payload::<BaseValue>() {
        match base {
            Value::Int(number) => return Ok(Bindable::Int(*number)),
            Value::Bool(truth) => return Ok(Bindable::Int(i64::from(*truth))),
            Value::Float(number) => return Ok(Bindable::Float(*number)),
            Value::Str(text) => return Ok(Bindable::Text(text.clone())),
            Value::Bytes(_) => return Ok(Bindable::Bytes(base.clone())),
            Value::BigInt(_) => return Err(errors::integer_too_large()),
            _ => {}
        }
    }
    if let Value::BigInt(_) = value {
        return Err(errors::integer_too_large());
    }
    // The adapters that the sqlite3 module registers; they hold for exactly these classes.
    if let Value::Instance(instance) = value {
        if let Some(day) = value.payload::<DateData>()
            && instance.has_class(&Known::Date.class())
        {
            return Ok(Bindable::Text(Str::new(&day_text(day))));
        }
        if let Some(moment) = value.payload::<DateTimeData>()
            && instance.has_class(&Known::DateTime.class())
            && moment.tzinfo.is_none()
        {
            let text = format!("{} {}", day_text(&moment.date), clock_text(&moment.clock));
            return Ok(Bindable::Text(Str::new(&text)));
        }
    }
    Err(errors::unsupported_parameter(place, &type_name(value)))
}

fn day_text(day: &DateData) -> String {
    format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
}

fn clock_text(clock: &Clock) -> String {
    let whole = format!("{:02}:{:02}:{:02}", clock.hour, clock.minute, clock.second);
    if clock.microsecond == 0 { whole } else { format!("{whole}.{:06}", clock.microsecond) }
}

/// The type's name as C code prints it: types written in C outside builtins carry their module.
fn type_name(value: &Value) -> String {
    match value {
        Value::Tuple(_) => "tuple".into(),
        Value::List(_) => "list".into(),
        Value::Dict(_) => "dict".into(),
        Value::Set(_) => "set".into(),
        Value::Range(_) => "range".into(),
        Value::Slice(_) => "slice".into(),
        Value::Iter(_) => "iterator".into(),
        Value::Function(_) => "function".into(),
        Value::Native(_) => "builtin_function_or_method".into(),
        Value::Method(_) => "method".into(),
        Value::Generator(_) => "generator".into(),
        Value::Class(class) => match &*class.metaclass.borrow() {
            Some(metaclass) => metaclass.name.borrow().to_string(),
            None => "type".into(),
        },
        Value::Module(_) => "module".into(),
        Value::Cell(_) => "cell".into(),
        Value::Ellipsis => "ellipsis".into(),
        Value::NotImplemented => "NotImplementedType".into(),
        Value::Instance(instance) => {
            let class = instance.class();
            let native = class.native;
            let name = class.name.borrow().to_string();
            let is_native = std::ptr::eq(&*native_class(native), &*class);
            if is_native && matches!(native.module, "datetime" | "decimal" | "collections" | "re") {
                format!("{}.{name}", native.module)
            } else {
                name
            }
        }
        _ => "object".into(),
    }
}
