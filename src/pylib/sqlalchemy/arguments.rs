//! Reading Python arguments of engines and connections.
//!
//! Owns parameters in the shapes that `execute` takes. Must not know statements.

use crate::diag::Error;
use crate::diag::builtin::TYPE_ERROR;
use crate::python::value::{Dict, Gc, Host, R, Raised, Str, Value};
use crate::sql::exc;

/// `ArgumentError: List argument must consist only of dictionaries`
fn list_of_dictionaries() -> Raised {
    Error::new(&exc::ARGUMENT_ERROR, "List argument must consist only of dictionaries").into()
}

/// `ArgumentError: mapping or list expected for parameters`
fn mapping_expected() -> Raised {
    Error::new(&exc::ARGUMENT_ERROR, "mapping or list expected for parameters").into()
}

/// `ArgumentError: List argument must consist only of tuples or dictionaries`
fn list_of_tuples() -> Raised {
    Error::new(&exc::ARGUMENT_ERROR, "List argument must consist only of tuples or dictionaries").into()
}

/// `ArgumentError: mapping or sequence expected for parameters`
fn sequence_expected() -> Raised {
    Error::new(&exc::ARGUMENT_ERROR, "mapping or sequence expected for parameters").into()
}

/// One set of named parameters.
pub type Named = Vec<(Str, Value)>;

fn named(host: &mut dyn Host, dict: &Dict) -> R<Named> {
    let mut set = Vec::with_capacity(dict.len());
    for (key, value) in dict.to_vec() {
        let key = match key {
            Value::Str(key) => key,
            other => host.str(&other)?,
        };
        set.push((key, value));
    }
    Ok(set)
}

/// The parameters of `execute`: nothing, a dictionary, or a list of dictionaries.
pub fn parameter_sets(host: &mut dyn Host, given: &Value) -> R<Vec<Named>> {
    match given {
        Value::None | Value::Unset => Ok(Vec::new()),
        Value::Dict(dict) => Ok(vec![named(host, dict)?]),
        Value::List(_) | Value::Tuple(_) => {
            let items = host.collect(given)?;
            let mut sets = Vec::with_capacity(items.len());
            for item in &items {
                match as_dict(host, item)? {
                    Some(dict) => sets.push(named(host, &dict)?),
                    None => return Err(list_of_dictionaries()),
                }
            }
            Ok(sets)
        }
        other => match as_dict(host, other)? {
            Some(dict) => Ok(vec![named(host, &dict)?]),
            None => Err(mapping_expected()),
        },
    }
}

/// A dictionary, or what a mapping of another kind (`row._mapping`) holds.
fn as_dict(host: &mut dyn Host, value: &Value) -> R<Option<Gc<Dict>>> {
    if let Value::Dict(dict) = value {
        return Ok(Some(dict.clone()));
    }
    if !matches!(value, Value::Instance(_)) {
        return Ok(None);
    }
    let Some(keys) = host.find_attr(value, &crate::python::value::intern("keys"))? else { return Ok(None) };
    let keys = host.call_values(&keys, &[])?;
    let dict = Dict::new();
    for key in host.collect(&keys)? {
        let item = host.get_item(value, &key)?;
        host.dict_set(&dict, key, item)?;
    }
    Ok(Some(Gc::new(dict)))
}

/// Parameters of `exec_driver_sql` and of driver cursors.
pub enum Positional {
    One(Vec<Value>),
    Named(Named),
    Many(Vec<Vec<Value>>),
}

pub fn positional(host: &mut dyn Host, given: &Value) -> R<Positional> {
    Ok(match given {
        Value::None | Value::Unset => Positional::One(Vec::new()),
        Value::Tuple(items) => Positional::One(items.as_slice().to_vec()),
        Value::Dict(dict) => Positional::Named(named(host, dict)?),
        Value::List(items) => {
            let items = items.to_vec();
            match items.first() {
                None => Positional::One(Vec::new()),
                Some(Value::Tuple(_) | Value::List(_)) => {
                    let mut sets = Vec::with_capacity(items.len());
                    for item in &items {
                        sets.push(host.collect(item)?);
                    }
                    Positional::Many(sets)
                }
                Some(_) => return Err(list_of_tuples()),
            }
        }
        _ => return Err(sequence_expected()),
    })
}

/// `TypeError: expected str, got int`, for arguments that must be text.
pub fn text(host: &mut dyn Host, value: &Value, what: &str) -> R<Str> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        other => {
            let kind = host.class_of(other).name.borrow().clone();
            Err(Raised::new(&TYPE_ERROR, format!("{what} must be str, not {kind}")))
        }
    }
}
