//! What `match` asks of objects.
//!
//! Owns sequence and mapping tests, keys and attributes of class patterns. Must not know patterns' jumps.

use super::{Vm, errors};
use crate::python::value::{Dict, Gc, Host, R, Str, Value, intern};

/// Builtin classes whose one positional pattern is the subject itself.
const SELF_MATCHING: [&str; 11] =
    ["bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"];

impl Vm {
    pub(super) fn is_sequence_pattern(&mut self, subject: &Value) -> bool {
        match crate::python::builtins::convert::base(subject) {
            Value::List(_) | Value::Tuple(_) | Value::Range(_) => true,
            Value::Instance(_) => self.has_base_named(subject, &["Sequence", "MutableSequence", "deque"]),
            _ => false,
        }
    }

    pub(super) fn is_mapping_pattern(&mut self, subject: &Value) -> bool {
        match crate::python::builtins::convert::base(subject) {
            Value::Dict(_) => true,
            Value::Instance(_) => {
                self.has_base_named(subject, &["Mapping", "MutableMapping", "mappingproxy"])
            }
            _ => false,
        }
    }

    fn has_base_named(&mut self, subject: &Value, names: &[&str]) -> bool {
        let class = self.class_of(subject);
        crate::python::value::Class::mro(&class).iter().any(|base| names.contains(&&**base.name.borrow()))
    }

    pub(super) fn match_keys(&mut self, subject: &Value, keys: &Value) -> R<Value> {
        let Value::Tuple(keys) = keys else { return Ok(Value::None) };
        let mut values = Vec::with_capacity(keys.len());
        for key in keys.as_slice() {
            let found = match crate::python::builtins::convert::base(subject) {
                Value::Dict(dict) => {
                    let dict = dict.clone();
                    self.dict_get(&dict, key)?
                }
                _ => {
                    let sentinel = Value::list(Vec::new());
                    let found = self.call_method(subject, "get", &[key.clone(), sentinel.clone()])?;
                    (!found.is(&sentinel)).then_some(found)
                }
            };
            match found {
                Some(value) => values.push(value),
                None => return Ok(Value::None),
            }
        }
        Ok(Value::tuple(values))
    }

    pub(super) fn dict_without(&mut self, subject: &Value, keys: &Value) -> R<Value> {
        let rest = Gc::new(Dict::new());
        self.dict_update(&rest, subject)?;
        if let Value::Tuple(keys) = keys {
            for key in keys.as_slice() {
                self.dict_remove(&rest, key)?;
            }
        }
        Ok(Value::Dict(rest))
    }

    pub(super) fn match_class(
        &mut self,
        subject: &Value,
        class: &Value,
        positional: usize,
        names: &Value,
    ) -> R<Value> {
        let Value::Class(class_object) = class else {
            return Err(errors::type_error("called match pattern must be a class"));
        };
        if !self.is_instance(subject, class)? {
            return Ok(Value::None);
        }
        let mut values = Vec::new();
        let class_name = class_object.name.borrow().to_string();
        let mut seen: Vec<Str> = Vec::new();
        if positional > 0 {
            let match_args = self.names.match_args.clone();
            match self.find_attr(class, &match_args)? {
                Some(Value::Tuple(args)) => {
                    if args.len() < positional {
                        let plural = if args.len() == 1 { "" } else { "s" };
                        return Err(errors::type_error(format!(
                            "{class_name}() accepts {} positional sub-pattern{plural} ({positional} given)",
                            args.len()
                        )));
                    }
                    for name in &args.as_slice()[..positional] {
                        let Value::Str(name) = name else {
                            let kind = self.type_name(name);
                            return Err(errors::type_error(format!(
                                "__match_args__ elements must be strings (got {kind})"
                            )));
                        };
                        let name = intern(name);
                        match self.find_attr(subject, &name)? {
                            Some(value) => values.push(value),
                            None => return Ok(Value::None),
                        }
                        seen.push(name);
                    }
                }
                Some(other) => {
                    let kind = self.type_name(&other);
                    return Err(errors::type_error(format!(
                        "{class_name}.__match_args__ must be a tuple (got {kind})"
                    )));
                }
                None => {
                    let native = class_object.native;
                    let own = native.module == "builtins" && SELF_MATCHING.contains(&native.name);
                    let accepts = usize::from(own);
                    if positional > accepts {
                        let plural = if accepts == 1 { "" } else { "s" };
                        return Err(errors::type_error(format!(
                            "{class_name}() accepts {accepts} positional sub-pattern{plural} ({positional} given)"
                        )));
                    }
                    values.push(subject.clone());
                }
            }
        }
        if let Value::Tuple(names) = names {
            for name in names.as_slice() {
                let Value::Str(name) = name else { continue };
                if seen.contains(name) {
                    return Err(errors::type_error(format!(
                        "{class_name}() got multiple sub-patterns for attribute '{name}'"
                    )));
                }
                match self.find_attr(subject, name)? {
                    Some(value) => values.push(value),
                    None => return Ok(Value::None),
                }
            }
        }
        Ok(Value::tuple(values))
    }
}
