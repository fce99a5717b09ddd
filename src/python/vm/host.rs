//! `Host` for the machine: the language's operations on any object.
//!
//! Owns the order in which an operation is looked for: a dunder of a class written in the language, then the native
//! slot of its kind. Must not know instructions.

use super::attr::is_native_slot;
use super::{Vm, errors};
use crate::diag::{ExcClass, Place};
use crate::python::value::{
    BinaryOp, CallArgs, Class, CompareOp, Dict, Gc, Host, Module, R, Raised, Str, UnaryOp, Value, intern,
    native_class, primitive_hash,
};

impl Vm {
    /// The name of an object's class, as messages show it.
    pub(super) fn type_name(&mut self, object: &Value) -> String {
        match object {
            Value::Instance(instance) => instance.class().display_name().to_string(),
            Value::Class(_) => self.class_of(object).name.borrow().to_string(),
            other => crate::python::builtins::kind(other).name.to_string(),
        }
    }

    /// A dunder method that a class written in the language gives an instance, bound; None where the native slot
    /// is to be asked.
    pub(super) fn special(&mut self, object: &Value, name: &Str) -> R<Option<Value>> {
        let class = match object {
            Value::Instance(instance) => instance.class(),
            Value::Class(class) => match &*class.metaclass.borrow() {
                Some(metaclass) => metaclass.clone(),
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        match class.lookup(name) {
            Some(found) if !is_native_slot(&found) => self.bind_special(&found, object, &class).map(Some),
            _ => Ok(None),
        }
    }

    /// The native type whose slots serve an object.
    pub(super) fn native_of(&mut self, object: &Value) -> &'static crate::python::value::NativeType {
        match object {
            Value::Instance(instance) => instance.class().native,
            Value::Class(_) => self.class_of(object).native,
            other => crate::python::builtins::kind(other),
        }
    }

    fn guard<T>(&mut self, doing: &str, act: impl FnOnce(&mut Vm) -> R<T>) -> R<T> {
        if self.frames.len() + self.nested >= self.limit {
            return Err(errors::recursion(doing));
        }
        self.nested += 1;
        let done = stacker::maybe_grow(128 * 1024, 1024 * 1024, || act(self));
        self.nested -= 1;
        done
    }

    fn text_of(&mut self, method: &Value, name: &str) -> R<Str> {
        match self.call_values(method, &[])? {
            Value::Str(text) => Ok(text),
            other => match crate::python::builtins::convert::base(&other) {
                Value::Str(text) => Ok(text.clone()),
                _ => {
                    let kind = self.type_name(&other);
                    Err(errors::returned_non_string(name, &kind))
                }
            },
        }
    }
}

impl Host for Vm {
    fn machine(&mut self) -> &mut dyn std::any::Any {
        self
    }

    fn call(&mut self, callee: &Value, args: CallArgs<'_>) -> R<Value> {
        self.call_value(callee, args)
    }

    fn get_attr(&mut self, object: &Value, name: &Str) -> R<Value> {
        match self.find_attribute(object, name)? {
            Some(value) => Ok(value),
            None => Err(self.no_such_attribute(object, name)),
        }
    }

    fn find_attr(&mut self, object: &Value, name: &Str) -> R<Option<Value>> {
        match self.find_attribute(object, name) {
            Err(raised) if raised.is_a(&crate::diag::builtin::ATTRIBUTE_ERROR) => Ok(None),
            other => other,
        }
    }

    fn handled_exception(&self) -> Option<Value> {
        self.handled()
    }

    fn set_attr(&mut self, object: &Value, name: &Str, value: Value) -> R<()> {
        self.set_attribute(object, name, value)
    }

    fn del_attr(&mut self, object: &Value, name: &Str) -> R<()> {
        self.delete_attribute(object, name)
    }

    fn repr(&mut self, object: &Value) -> R<Str> {
        if let Value::Int(number) = object {
            return Ok(super::intrinsics::decimal(*number));
        }
        self.guard(" while getting the repr of an object", |vm| {
            let name = vm.names.repr.clone();
            if let Some(method) = vm.special(object, &name)? {
                return vm.text_of(&method, "__repr__");
            }
            match vm.native_of(object).slot(|slots| slots.repr) {
                Some(repr) => repr(vm, object),
                None => vm.default_repr(object),
            }
        })
    }

    fn str(&mut self, object: &Value) -> R<Str> {
        match object {
            Value::Str(text) => return Ok(text.clone()),
            Value::Int(number) => return Ok(super::intrinsics::decimal(*number)),
            _ => {}
        }
        self.guard(" while getting the str of an object", |vm| {
            let name = vm.names.str.clone();
            if let Some(method) = vm.special(object, &name)? {
                return vm.text_of(&method, "__str__");
            }
            let repr = vm.names.repr.clone();
            let native = vm.native_of(object);
            // A `__repr__` written in the language serves `str` too, unless the native type has its own `str`.
            match native.slot(|slots| slots.str) {
                Some(str) => str(vm, object),
                None => match vm.special(object, &repr)? {
                    Some(method) => vm.text_of(&method, "__repr__"),
                    None => vm.repr(object),
                },
            }
        })
    }

    fn format(&mut self, object: &Value, spec: &str) -> R<Str> {
        let name = self.names.format.clone();
        if let Some(method) = self.special(object, &name)? {
            return match self.call_values(&method, &[Value::str(spec)])? {
                Value::Str(text) => Ok(text),
                other => {
                    let kind = self.type_name(&other);
                    Err(errors::type_error(format!("__format__ must return a str, not {kind}")))
                }
            };
        }
        match self.native_of(object).slot(|slots| slots.format) {
            Some(format) => format(self, object, spec),
            None if spec.is_empty() => self.str(object),
            None => {
                let kind = self.type_name(object);
                Err(errors::type_error(format!("unsupported format string passed to {kind}.__format__")))
            }
        }
    }

    fn hash(&mut self, object: &Value) -> R<i64> {
        if let Some(hash) = primitive_hash(object) {
            return Ok(hash);
        }
        if let Value::Instance(instance) = object {
            let class = instance.class();
            let hash_name = self.names.hash.clone();
            if let Some(found) = class.lookup(&hash_name) {
                if found.is_none() {
                    return Err(errors::unhashable(&class.name.borrow()));
                }
                if !is_native_slot(&found) {
                    let method = self.bind_special(&found, object, &class)?;
                    return match self.call_values(&method, &[])? {
                        Value::Int(-1) => Ok(-2),
                        Value::Int(number) => Ok(number),
                        Value::Bool(value) => Ok(i64::from(value)),
                        other => match primitive_hash(crate::python::builtins::convert::base(&other)) {
                            Some(hash)
                                if matches!(
                                    crate::python::builtins::convert::base(&other),
                                    Value::BigInt(_) | Value::Int(_)
                                ) =>
                            {
                                Ok(hash)
                            }
                            _ => Err(errors::bad_hash()),
                        },
                    };
                }
            }
            return match class.native.slot(|slots| slots.hash) {
                Some(hash) => hash(self, object),
                None => Ok(crate::python::value::hash_address(object.id())),
            };
        }
        match crate::python::builtins::kind(object).slot(|slots| slots.hash) {
            Some(hash) => hash(self, object),
            None => match object {
                Value::List(_) | Value::Dict(_) | Value::Set(_) => {
                    let kind = self.type_name(object);
                    Err(errors::unhashable(&kind))
                }
                _ => Ok(crate::python::value::hash_address(object.id())),
            },
        }
    }

    fn truth(&mut self, object: &Value) -> R<bool> {
        Ok(match object {
            Value::Bool(value) => *value,
            Value::None => false,
            Value::Int(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Str(text) => !text.is_empty(),
            Value::List(list) => !list.is_empty(),
            Value::Tuple(tuple) => !tuple.is_empty(),
            Value::Dict(dict) => !dict.is_empty(),
            Value::Instance(_) | Value::Class(_) => {
                let (bool_name, len_name) = (self.names.bool.clone(), self.names.len.clone());
                if let Some(method) = self.special(object, &bool_name)? {
                    return match self.call_values(&method, &[])? {
                        Value::Bool(value) => Ok(value),
                        other => {
                            let kind = self.type_name(&other);
                            Err(errors::bad_bool(&kind))
                        }
                    };
                }
                let native = self.native_of(object);
                if let Some(truth) = native.slot(|slots| slots.truth) {
                    return truth(self, object);
                }
                if self.special(object, &len_name)?.is_some() || native.slot(|slots| slots.len).is_some() {
                    return Ok(self.len(object)? != 0);
                }
                true
            }
            other => {
                let kind = crate::python::builtins::kind(other);
                if let Some(truth) = kind.slot(|slots| slots.truth) {
                    return truth(self, other);
                }
                match kind.slot(|slots| slots.len) {
                    Some(len) => len(self, other)? != 0,
                    None => true,
                }
            }
        })
    }

    fn compare(&mut self, op: CompareOp, left: &Value, right: &Value) -> R<Value> {
        self.guard(" in comparison", |vm| vm.rich_compare(op, left, right))
    }

    fn binary(&mut self, op: BinaryOp, left: &Value, right: &Value) -> R<Value> {
        self.binary_slow(op, left, right, false)
    }

    fn unary(&mut self, op: UnaryOp, operand: &Value) -> R<Value> {
        self.unary_operation(op, operand)
    }

    fn len(&mut self, object: &Value) -> R<usize> {
        let name = self.names.len.clone();
        if let Some(method) = self.special(object, &name)? {
            let value = self.call_values(&method, &[])?;
            return match crate::python::builtins::convert::base(&value) {
                Value::Int(number) if *number < 0 => Err(errors::value_error("__len__() should return >= 0")),
                Value::Int(number) => Ok(*number as usize),
                Value::Bool(value) => Ok(usize::from(*value)),
                other => {
                    let kind = self.type_name(&other.clone());
                    Err(errors::no_index(&kind))
                }
            };
        }
        match self.native_of(object).slot(|slots| slots.len) {
            Some(len) => len(self, object),
            None => {
                let kind = self.type_name(object);
                Err(errors::no_len(&kind))
            }
        }
    }

    fn get_item(&mut self, object: &Value, key: &Value) -> R<Value> {
        let name = self.names.getitem.clone();
        if let Some(method) = self.special(object, &name)? {
            return self.call_values(&method, std::slice::from_ref(key));
        }
        if let Value::Class(class) = object {
            return self.class_item(&class.clone(), key);
        }
        match self.native_of(object).slot(|slots| slots.get_item) {
            Some(get) => get(self, object, key),
            None => {
                let kind = self.type_name(object);
                Err(errors::not_subscriptable(&kind))
            }
        }
    }

    fn set_item(&mut self, object: &Value, key: &Value, value: Value) -> R<()> {
        let name = self.names.setitem.clone();
        if let Some(method) = self.special(object, &name)? {
            return self.call_values(&method, &[key.clone(), value]).map(drop);
        }
        match self.native_of(object).slot(|slots| slots.set_item) {
            Some(set) => set(self, object, key, value),
            None => {
                let kind = self.type_name(object);
                Err(errors::no_item_assignment(&kind))
            }
        }
    }

    fn del_item(&mut self, object: &Value, key: &Value) -> R<()> {
        let name = self.names.delitem.clone();
        if let Some(method) = self.special(object, &name)? {
            return self.call_values(&method, std::slice::from_ref(key)).map(drop);
        }
        match self.native_of(object).slot(|slots| slots.del_item) {
            Some(delete) => delete(self, object, key),
            None => {
                let kind = self.type_name(object);
                Err(errors::no_item_deletion(&kind))
            }
        }
    }

    fn contains(&mut self, container: &Value, item: &Value) -> R<bool> {
        let name = self.names.contains.clone();
        if let Value::Instance(instance) = container {
            let class = instance.class();
            if matches!(class.lookup(&name), Some(Value::None)) {
                return Err(errors::type_error(format!(
                    "'{}' object is not a container",
                    class.name.borrow()
                )));
            }
        }
        if let Some(method) = self.special(container, &name)? {
            let answer = self.call_values(&method, std::slice::from_ref(item))?;
            return self.truth(&answer);
        }
        if let Some(contains) = self.native_of(container).slot(|slots| slots.contains) {
            return contains(self, container, item);
        }
        let iterator = match self.iter(container) {
            Ok(iterator) => iterator,
            Err(raised) if raised.is_a(&crate::diag::builtin::TYPE_ERROR) => {
                let kind = self.type_name(container);
                return Err(errors::no_contains(&kind));
            }
            Err(raised) => return Err(raised),
        };
        while let Some(candidate) = self.next(&iterator)? {
            if candidate.is(item) || self.eq(&candidate, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn iter(&mut self, object: &Value) -> R<Value> {
        self.iterator_of(object)
    }

    fn next(&mut self, iterator: &Value) -> R<Option<Value>> {
        // Native code that runs over an endless iterator stops here.
        if self.interrupt.load(std::sync::atomic::Ordering::Relaxed) {
            self.attend()?;
        }
        self.step(iterator)
    }

    fn class_of(&mut self, object: &Value) -> Gc<Class> {
        match object {
            Value::Instance(instance) => instance.class(),
            Value::Class(class) => match &*class.metaclass.borrow() {
                Some(metaclass) => metaclass.clone(),
                None => self.kinds.type_.clone(),
            },
            other => native_class(crate::python::builtins::kind(other)),
        }
    }

    fn is_instance(&mut self, object: &Value, class: &Value) -> R<bool> {
        self.instance_check(object, class)
    }

    fn make_class(&mut self, name: &Str, bases: Vec<Value>, namespace: Value) -> R<Value> {
        self.make_class_from(name, bases, namespace, None, Vec::new())
    }

    fn import(&mut self, name: &str) -> R<Gc<Module>> {
        match self.import_path(&intern(name))? {
            Value::Module(module) => Ok(module),
            _ => Err(errors::no_module(name)),
        }
    }

    fn exception_value(&mut self, raised: &mut Raised) -> Value {
        self.materialise(raised)
    }

    fn write_out(&mut self, text: &str) {
        self.output.out(text);
    }

    fn write_err(&mut self, text: &str) {
        self.output.err(text);
    }

    fn read_line(&mut self) -> Option<String> {
        self.output.read_line()
    }

    fn warn(&mut self, category: &'static ExcClass, message: &str) -> R<()> {
        self.show_warning(category, message);
        Ok(())
    }

    fn deeper(&mut self, doing: &str, act: &mut dyn FnMut(&mut dyn Host) -> R<()>) -> R<()> {
        self.guard(doing, |vm| act(vm))
    }

    fn check_interrupt(&mut self) -> R<()> {
        self.attend()
    }

    fn current_place(&self) -> Option<Place> {
        // What the person wrote: modules of the library that are written in the language are passed over.
        let is_library = |name: &str| {
            name.starts_with('<') && !matches!(name, "<console>" | "<stdin>" | "<string>" | "<app>")
        };
        let written = self.frames.iter().rev().find(|frame| !is_library(&frame.code().source.name));
        let frame = written.or(self.frames.last())?;
        let span = frame.code().span_at(frame.index());
        let source = &frame.code().source;
        let line = source.line(span.start);
        let same = source.line(span.end) == line;
        Some(Place {
            file: source.name.clone(),
            line,
            columns: Some((
                source.column(span.start),
                if same { source.column(span.end) } else { source.column(span.start) + 1 },
            )),
            text: Some(source.line_text(line).to_string()),
        })
    }

    fn current_globals(&self) -> Option<Gc<Dict>> {
        self.frames.last().map(|frame| frame.function.globals.clone())
    }
}
