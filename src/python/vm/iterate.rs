//! Iteration and unpacking.
//!
//! Owns `iter`, the step of any iterator, and how sequences come apart. Must not know loops.

use super::attr::is_native_slot;
use super::{Vm, errors};
use crate::diag::builtin::{INDEX_ERROR, STOP_ITERATION, TYPE_ERROR};
use crate::python::value::{Dict, Gc, Host, Iter, NativeIter, R, Value, Visitor, intern};

/// Iterates an object that has `__getitem__` alone.
struct ByIndex {
    object: Value,
    index: i64,
}

impl NativeIter for ByIndex {
    fn next(&mut self, host: &mut dyn Host) -> R<Option<Value>> {
        match host.get_item(&self.object, &Value::Int(self.index)) {
            Ok(item) => {
                self.index += 1;
                Ok(Some(item))
            }
            Err(raised) if raised.is_a(&INDEX_ERROR) || raised.is_a(&STOP_ITERATION) => Ok(None),
            Err(raised) => Err(raised),
        }
    }
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.object.trace(visitor);
    }
}

impl Vm {
    pub(super) fn iterator_of(&mut self, object: &Value) -> R<Value> {
        match object {
            Value::Iter(_) | Value::Generator(_) => return Ok(object.clone()),
            Value::List(list) => {
                return Ok(Value::Iter(Gc::new(Iter::List {
                    list: std::cell::RefCell::new(Some(list.clone())),
                    index: std::cell::Cell::new(0),
                })));
            }
            Value::Tuple(tuple) => {
                return Ok(Value::Iter(Gc::new(Iter::Tuple {
                    tuple: tuple.clone(),
                    index: std::cell::Cell::new(0),
                })));
            }
            _ => {}
        }
        let names = self.names.clone();
        let class = match object {
            Value::Instance(instance) => Some(instance.class()),
            Value::Class(_) => Some(self.class_of(object)),
            _ => None,
        };
        if let Some(class) = &class {
            match class.lookup(&names.iter) {
                Some(Value::None) => return Err(errors::not_iterable(&class.name.borrow())),
                Some(found) if !is_native_slot(&found) => {
                    let method = self.bind_special(&found, object, class)?;
                    let iterator = self.call_values(&method, &[])?;
                    if !self.is_iterator(&iterator) {
                        let kind = self.type_name(&iterator);
                        return Err(errors::iter_returned(&kind));
                    }
                    return Ok(iterator);
                }
                _ => {}
            }
        }
        let native = self.native_of(object);
        if let Some(iter) = native.slot(|slots| slots.iter) {
            return iter(self, object);
        }
        if native.slot(|slots| slots.next).is_some() && class.is_none() {
            return Ok(object.clone());
        }
        let by_index = match &class {
            Some(class) => class.lookup(&names.getitem).is_some() && !matches!(object, Value::Class(_)),
            None => false,
        };
        if by_index {
            return Ok(Value::iter(ByIndex { object: object.clone(), index: 0 }));
        }
        let kind = self.type_name(object);
        Err(errors::not_iterable(&kind))
    }

    fn is_iterator(&mut self, object: &Value) -> bool {
        match object {
            Value::Iter(_) | Value::Generator(_) => true,
            Value::Instance(instance) => {
                let class = instance.class();
                class.lookup(&self.names.next.clone()).is_some()
                    || class.native.slot(|slots| slots.next).is_some()
            }
            other => crate::python::builtins::kind(other).slot(|slots| slots.next).is_some(),
        }
    }

    pub(super) fn step(&mut self, iterator: &Value) -> R<Option<Value>> {
        match iterator {
            Value::Iter(iter) => {
                let iter = iter.clone();
                iter.next(self)
            }
            Value::Generator(generator) => Ok(self.resume(&generator.clone(), Value::None)?.ok()),
            object => {
                let name = self.names.next.clone();
                if let Some(method) = self.special(object, &name)? {
                    return match self.call_values(&method, &[]) {
                        Ok(item) => Ok(Some(item)),
                        Err(raised) if raised.is_a(&STOP_ITERATION) => Ok(None),
                        Err(raised) => Err(raised),
                    };
                }
                match self.native_of(object).slot(|slots| slots.next) {
                    Some(next) => next(self, object),
                    None => {
                        let kind = self.type_name(object);
                        Err(errors::not_iterator(&kind))
                    }
                }
            }
        }
    }

    /// `item in set`, quickly where the item's hash is plain.
    pub(super) fn contains_in_set(
        &mut self,
        container: &Value,
        set: &crate::python::value::Set,
        item: &Value,
    ) -> R<bool> {
        match item {
            Value::Int(_) | Value::Str(_) => Ok(self.set_find(set, item)?.0.is_some()),
            _ => self.contains(container, item),
        }
    }

    /// `next(iterator)`: what ends the iteration keeps the value that it carries.
    pub(super) fn next_item(&mut self, iterator: &Value, default: &Value) -> R<Value> {
        let ended = match iterator {
            Value::Generator(generator) => match self.resume(&generator.clone(), Value::None)? {
                Ok(item) => return Ok(item),
                Err(result) => self.stop_iteration(result),
            },
            object => {
                let name = self.names.next.clone();
                match self.special(object, &name)? {
                    Some(method) => match self.call_values(&method, &[]) {
                        Err(raised) if raised.is_a(&STOP_ITERATION) => raised,
                        other => return other,
                    },
                    None => match self.step(object)? {
                        Some(item) => return Ok(item),
                        None => self.stop_iteration(Value::None),
                    },
                }
            }
        };
        if default.is_unset() { Err(ended) } else { Ok(default.clone()) }
    }

    /// The items of `*iterable` in a display or a call.
    pub(super) fn star_items(&mut self, iterable: &Value) -> R<Vec<Value>> {
        match iterable {
            Value::List(_) | Value::Tuple(_) => return self.collect(iterable),
            _ => {}
        }
        let iterator = match self.iter(iterable) {
            Ok(iterator) => iterator,
            Err(raised) if raised.is_a(&TYPE_ERROR) && !self.has_iter(iterable) => {
                let kind = self.type_name(iterable);
                return Err(errors::value_after_star(&kind));
            }
            Err(raised) => return Err(raised),
        };
        let mut items = Vec::new();
        while let Some(item) = self.next(&iterator)? {
            items.push(item);
        }
        Ok(items)
    }

    /// The items of `f(*iterable)`.
    pub(super) fn spread_items(&mut self, iterable: &Value, callee: &Value) -> R<Vec<Value>> {
        let iterator = match self.iter(iterable) {
            Err(raised) if raised.is_a(&TYPE_ERROR) && !self.has_iter(iterable) => {
                let kind = self.type_name(iterable);
                let function = self.callee_name(callee);
                return Err(errors::star_not_iterable(&function, &kind));
            }
            other => other?,
        };
        let mut items = Vec::new();
        while let Some(item) = self.next(&iterator)? {
            items.push(item);
        }
        Ok(items)
    }

    fn has_iter(&mut self, object: &Value) -> bool {
        let class = self.class_of(object);
        class.lookup(&self.names.iter.clone()).is_some()
    }

    pub(super) fn unpack(&mut self, value: &Value, count: usize) -> R<Vec<Value>> {
        let known = match value {
            Value::List(list) => Some(list.to_vec()),
            Value::Tuple(tuple) => Some(tuple.as_slice().to_vec()),
            _ => None,
        };
        if let Some(items) = known {
            return match items.len() {
                len if len > count => Err(errors::too_many_values(count)),
                len if len < count => Err(errors::not_enough_values(count, len)),
                _ => Ok(items),
            };
        }
        let iterator = self.iter_to_unpack(value)?;
        let mut items = Vec::with_capacity(count);
        while let Some(item) = self.next(&iterator)? {
            if items.len() == count {
                return Err(errors::too_many_values(count));
            }
            items.push(item);
        }
        if items.len() < count {
            return Err(errors::not_enough_values(count, items.len()));
        }
        Ok(items)
    }

    fn iter_to_unpack(&mut self, value: &Value) -> R<Value> {
        match self.iter(value) {
            Err(raised) if raised.is_a(&TYPE_ERROR) && !self.has_iter(value) => {
                let kind = self.type_name(value);
                Err(errors::cannot_unpack(&kind))
            }
            other => other,
        }
    }

    pub(super) fn unpack_star(&mut self, value: &Value, before: usize, after: usize) -> R<Vec<Value>> {
        let iterator = self.iter_to_unpack(value)?;
        let mut items = Vec::new();
        while let Some(item) = self.next(&iterator)? {
            items.push(item);
        }
        if items.len() < before + after {
            return Err(errors::not_enough_for_star(before + after, items.len()));
        }
        let tail = items.split_off(items.len() - after);
        let middle = items.split_off(before);
        items.push(Value::list(middle));
        items.extend(tail);
        Ok(items)
    }

    /// `dict.update(mapping)` of a display's `**mapping`.
    pub(super) fn dict_update(&mut self, dict: &Gc<Dict>, mapping: &Value) -> R<()> {
        if let Value::Dict(other) = crate::python::builtins::convert::base(mapping) {
            for (key, value) in other.to_vec() {
                self.dict_set(dict, key, value)?;
            }
            return Ok(());
        }
        let Some(keys) = self.find_attr(mapping, &intern("keys"))? else {
            let kind = self.type_name(mapping);
            return Err(errors::not_mapping(&kind));
        };
        let keys = self.call_values(&keys, &[])?;
        for key in self.collect(&keys)? {
            let value = self.get_item(mapping, &key)?;
            self.dict_set(dict, key, value)?;
        }
        Ok(())
    }

    /// `**keywords` of a call.
    pub(super) fn dict_merge(&mut self, dict: &Gc<Dict>, mapping: &Value, callee: &Value) -> R<()> {
        let found = Gc::new(Dict::new());
        if self.dict_update(&found, mapping).is_err() && self.find_attr(mapping, &intern("keys"))?.is_none() {
            let kind = self.type_name(mapping);
            let function = self.callee_name(callee);
            return Err(errors::not_a_mapping(&function, &kind));
        }
        if !matches!(mapping, Value::Dict(_)) && found.is_empty() {
            self.dict_update(&found, mapping)?;
        }
        for (key, value) in found.to_vec() {
            let Value::Str(name) = &key else { return Err(errors::keywords_must_be_strings()) };
            let name = intern(name);
            if dict.contains_str(&name) {
                let function = self.callee_name(callee);
                return Err(errors::repeated_keyword(&function, &name));
            }
            dict.set_str(&name, value);
        }
        Ok(())
    }

    /// A callee as messages about its arguments call it: `__main__.f()`.
    fn callee_name(&mut self, callee: &Value) -> String {
        let names = self.names.clone();
        let qualname = match self.find_attr(callee, &names.qualname) {
            Ok(Some(Value::Str(name))) => name.to_string(),
            _ => return self.str(callee).map_or_else(|_| "object".into(), |text| text.to_string()),
        };
        match self.find_attr(callee, &names.module) {
            Ok(Some(Value::Str(module))) if &*module != "builtins" => format!("{module}.{qualname}()"),
            _ => format!("{qualname}()"),
        }
    }
}
