//! Exception objects: made from errors, raised, matched, chained.
//!
//! Owns the turn from `diag::Error` to an object. Must not know frames' instructions.

use super::{Vm, errors};
use crate::diag::{Error, Extra};
use crate::python::value::{
    BASE_EXCEPTION, Class, ExceptionData, Gc, Host, Instance, R, Raised, RaisedKind, Value, exception_class,
    intern,
};

pub(super) fn data(exception: &Value) -> Option<&ExceptionData> {
    exception.payload::<ExceptionData>()
}

pub(super) fn set_context(exception: &Value, context: &Value) {
    if exception.is(context) {
        return;
    }
    // A chain that would come back to the exception is cut there.
    let mut at = context.clone();
    while let Some(here) = data(&at) {
        let next = here.context.borrow().clone();
        match next {
            Some(next) if next.is(exception) => {
                let cut = here.context.replace(None);
                drop(cut);
                break;
            }
            Some(next) => at = next,
            None => break,
        }
    }
    if let Some(data) = data(exception) {
        let before = data.context.replace(Some(context.clone()));
        drop(before);
    }
}

pub(super) fn set_cause(exception: &Value, cause: &Value) {
    if let Some(data) = data(exception) {
        let before = data.cause.replace((!cause.is_none()).then(|| cause.clone()));
        data.suppress_context.set(true);
        drop(before);
    }
}

impl Vm {
    /// An instance of an exception class with these arguments, without running `__init__`.
    pub(super) fn bare_exception(class: &Gc<Class>, args: Vec<Value>) -> Value {
        let data = ExceptionData::default();
        *data.args.borrow_mut() = args;
        Value::Instance(Instance::with_payload(class.clone(), Box::new(data)))
    }

    fn exception_of(&mut self, error: Error) -> Value {
        let class = exception_class(error.class);
        let args = match error.message.is_empty() {
            true => Vec::new(),
            false => vec![Value::str(&error.message)],
        };
        let exception = Self::bare_exception(&class, args);
        let cause = error.cause.as_ref().map(|cause| self.exception_of(cause.clone()));
        if let Value::Instance(instance) = &exception {
            for (name, extra) in &error.attributes {
                let value = match extra {
                    Extra::None => Value::None,
                    Extra::Int(number) => Value::Int(*number),
                    Extra::Text(text) => Value::str(text),
                    Extra::Cause => cause.clone().unwrap_or_default(),
                    Extra::Object(object) => object.0.downcast_ref::<Value>().cloned().unwrap_or_default(),
                };
                match (*name, data(&exception)) {
                    // A message may be more than the argument it came from.
                    ("args", Some(data)) => drop(data.args.replace(vec![value])),
                    _ => instance.dict_or_new().set_str(&intern(name), value),
                }
            }
            self.special_arguments(instance, &error);
        }
        if let Some(data) = data(&exception) {
            if let Some(cause) = cause {
                *data.context.borrow_mut() = Some(cause.clone());
                *data.cause.borrow_mut() = Some(cause);
                data.suppress_context.set(true);
            }
            *data.diagnosis.borrow_mut() = Some(Box::new(error));
        }
        exception
    }

    /// KeyError and StopIteration carry values, SyntaxError its place, though natives report them as text.
    fn special_arguments(&mut self, instance: &Gc<Instance>, error: &Error) {
        use crate::diag::builtin::SYNTAX_ERROR;
        if error.class.is_a(&SYNTAX_ERROR) {
            let dict = instance.dict_or_new();
            dict.set("msg", Value::str(&error.message));
            if let Some(place) = &error.place {
                dict.set("filename", Value::str(&place.file));
                dict.set("lineno", Value::Int(i64::from(place.line)));
                dict.set(
                    "offset",
                    place.columns.map_or(Value::None, |(start, _)| Value::Int(i64::from(start) + 1)),
                );
                dict.set("text", Value::from(place.text.clone()));
            }
        }
    }

    /// The object of something raised; afterwards the raised thing holds it.
    pub(super) fn materialise(&mut self, raised: &mut Raised) -> Value {
        let placeholder = RaisedKind::Exception { value: Value::None, frames: Vec::new() };
        let kind = std::mem::replace(&mut *raised.0, placeholder);
        let (value, frames) = match kind {
            RaisedKind::Error { error, frames } => (self.exception_of(error), frames),
            RaisedKind::Exception { value, frames } => (value, frames),
        };
        if let Some(data) = data(&value) {
            data.traceback.borrow_mut().extend(frames);
        }
        *raised.0 = RaisedKind::Exception { value: value.clone(), frames: Vec::new() };
        value
    }

    /// `raise value` and `raise value from cause`.
    pub(super) fn raise(&mut self, value: Value, cause: Option<Value>) -> Raised {
        let exception = match self.exception_from(value) {
            Ok(exception) => exception,
            Err(raised) => return raised,
        };
        if let Some(cause) = cause {
            let cause = match &cause {
                Value::None => cause,
                Value::Class(class) if class.native.is_a(&BASE_EXCEPTION) => {
                    match self.call_values(&cause, &[]) {
                        Ok(cause) => cause,
                        Err(raised) => return raised,
                    }
                }
                other if data(other).is_some() => cause,
                _ => return errors::bad_cause(),
            };
            set_cause(&exception, &cause);
        }
        Raised::exception(exception)
    }

    fn exception_from(&mut self, value: Value) -> R<Value> {
        match &value {
            Value::Class(class) if class.native.is_a(&BASE_EXCEPTION) => {
                let made = self.call_values(&value, &[])?;
                if data(&made).is_none() {
                    return Err(errors::type_error(format!(
                        "calling {} should have returned an instance of BaseException, not {}",
                        self.repr(&value)?,
                        self.repr(&made)?
                    )));
                }
                Ok(made)
            }
            other if data(other).is_some() => Ok(value),
            _ => Err(errors::not_an_exception()),
        }
    }

    /// Whether an exception is caught by `except class:`.
    pub(super) fn exception_matches(&mut self, exception: &Value, class: &Value) -> R<bool> {
        match class {
            Value::Class(class) if class.native.is_a(&BASE_EXCEPTION) => {
                let Value::Instance(instance) = exception else { return Ok(false) };
                Ok(Class::is_subclass(&instance.class(), class))
            }
            Value::Tuple(classes) => {
                let mut found = false;
                for class in classes.as_slice() {
                    if !matches!(class, Value::Class(class) if class.native.is_a(&BASE_EXCEPTION)) {
                        return Err(errors::bad_except_class());
                    }
                    found = found || self.exception_matches(exception, class)?;
                }
                Ok(found)
            }
            _ => Err(errors::bad_except_class()),
        }
    }
}
