//! Classes as the language makes and changes them.
//!
//! Owns `class` statements, the resolution order, metaclasses, hooks on subclasses, attributes of class objects as they
//! are set and deleted, `isinstance` and `issubclass`. Must not know instances' attributes.

use super::attr::is_native_slot;
use super::{Vm, errors};
use crate::python::value::{Class, Dict, Gc, Host, NativeType, OBJECT, R, Str, Value, intern};

impl Vm {
    /// `__build_class__(body, name, *bases, metaclass=None, **keywords)`.
    pub(super) fn build_class(
        &mut self,
        body: &Value,
        name: &Str,
        bases: &[Value],
        mut keywords: Vec<(Str, Value)>,
    ) -> R<Value> {
        let (resolved, changed) = self.resolve_bases(bases)?;
        let explicit =
            keywords.iter().position(|(name, _)| &**name == "metaclass").map(|at| keywords.remove(at).1);
        let metaclass = match explicit {
            Some(Value::Class(class)) => Some(self.winning_metaclass(Some(class), &resolved)?),
            Some(other) => {
                // A metaclass may be any callable.
                let namespace = Gc::new(Dict::new());
                self.run_class_body(body, &namespace)?;
                let args = [Value::Str(name.clone()), Value::tuple(resolved), Value::Dict(namespace)];
                let (names, values): (Vec<Str>, Vec<Value>) = keywords.into_iter().unzip();
                return self.call_value(
                    &other,
                    crate::python::value::CallArgs { positional: &args, names: &names, keywords: &values },
                );
            }
            None => Some(self.winning_metaclass(None, &resolved)?),
        };
        let metaclass = metaclass.unwrap_or_else(|| self.kinds.type_.clone());
        let mut namespace = Value::Dict(Gc::new(Dict::new()));
        if let Some(prepare) = metaclass.lookup(&self.names.prepare.clone())
            && !Gc::ptr_eq(&metaclass, &self.kinds.type_)
        {
            let prepare = self.bind_attribute(&prepare, &Value::None, &metaclass)?;
            let (names, values): (Vec<Str>, Vec<Value>) = keywords.iter().cloned().unzip();
            let args = [Value::Str(name.clone()), Value::tuple(resolved.clone())];
            namespace = self.call_value(
                &prepare,
                crate::python::value::CallArgs { positional: &args, names: &names, keywords: &values },
            )?;
        }
        let dict = match crate::python::builtins::convert::base(&namespace) {
            Value::Dict(dict) => dict.clone(),
            _ => Gc::new(Dict::new()),
        };
        let cell = self.run_class_body_in(body, &dict, &namespace)?;
        if changed {
            dict.set("__orig_bases__", Value::tuple(bases.to_vec()));
        }
        let own_meta = !Gc::ptr_eq(&metaclass, &self.kinds.type_);
        let class = if own_meta {
            if let Value::Cell(_) = &cell {
                dict.set_str(&self.names.classcell, cell.clone());
            }
            let args = [Value::Str(name.clone()), Value::tuple(resolved), namespace];
            let (names, values): (Vec<Str>, Vec<Value>) = keywords.into_iter().unzip();
            self.call_value(
                &Value::Class(metaclass),
                crate::python::value::CallArgs { positional: &args, names: &names, keywords: &values },
            )?
        } else {
            if let Value::Cell(_) = &cell {
                dict.set_str(&self.names.classcell, cell.clone());
            }
            self.make_class_from(name, resolved, namespace, None, keywords)?
        };
        if let Value::Cell(cell) = &cell
            && cell.get().is_unset()
        {
            cell.set(class.clone());
        }
        Ok(class)
    }

    fn run_class_body(&mut self, body: &Value, namespace: &Gc<Dict>) -> R<Value> {
        self.run_class_body_in(body, namespace, &Value::None)
    }

    fn run_class_body_in(&mut self, body: &Value, namespace: &Gc<Dict>, mapping: &Value) -> R<Value> {
        let Value::Function(function) = body else {
            return Err(errors::type_error("__build_class__: func must be a function"));
        };
        let floor = self.frames.len();
        self.check_depth_for_call()?;
        let code = super::call::code_of(function);
        let mut frame = self.stack.frame(function.clone(), code, super::Exit::Entry);
        let rare = frame.rare_mut();
        rare.names = Some(namespace.clone());
        if let Value::Instance(_) = mapping {
            rare.mapping = mapping.clone();
        }
        self.frames.push(frame);
        self.nested_run(floor)
    }

    /// Bases that are not classes are asked for theirs.
    fn resolve_bases(&mut self, bases: &[Value]) -> R<(Vec<Value>, bool)> {
        let mut resolved = Vec::with_capacity(bases.len());
        let mut changed = false;
        for base in bases {
            if matches!(base, Value::Class(_)) {
                resolved.push(base.clone());
                continue;
            }
            let name = self.names.mro_entries.clone();
            match self.find_attribute(base, &name)? {
                Some(entries) => {
                    changed = true;
                    let found = self.call_values(&entries, &[Value::tuple(bases.to_vec())])?;
                    resolved.extend(self.collect(&found)?);
                }
                None => resolved.push(base.clone()),
            }
        }
        Ok((resolved, changed))
    }

    fn winning_metaclass(&mut self, explicit: Option<Gc<Class>>, bases: &[Value]) -> R<Gc<Class>> {
        let mut winner = match (explicit, bases.first()) {
            (Some(explicit), _) => explicit,
            // A base that is an object: its class stands for the metaclass, as CPython has it.
            (None, Some(first)) => self.class_of(first),
            (None, None) => self.kinds.type_.clone(),
        };
        for base in bases {
            let candidate = self.class_of(base);
            if Class::is_subclass(&winner, &candidate) {
                continue;
            }
            if Class::is_subclass(&candidate, &winner) {
                winner = candidate;
                continue;
            }
            return Err(errors::metaclass_conflict());
        }
        Ok(winner)
    }

    /// `type(name, bases, namespace)`, with the hooks that follow.
    pub(super) fn make_class_from(
        &mut self,
        name: &Str,
        bases: Vec<Value>,
        namespace: Value,
        metaclass: Option<Gc<Class>>,
        keywords: Vec<(Str, Value)>,
    ) -> R<Value> {
        let name = &intern(name);
        let (resolved, _) = self.resolve_bases(&bases)?;
        let mut base_classes: Vec<Gc<Class>> = Vec::with_capacity(resolved.len());
        for base in &resolved {
            let Value::Class(class) = base else {
                let kind = self.type_name(base);
                return Err(errors::type_error(format!("bases must be types, not '{kind}'")));
            };
            if !class.native.is_base || is_final(class) {
                return Err(errors::not_a_base(&class.name.borrow()));
            }
            if base_classes.iter().any(|known| Gc::ptr_eq(known, class)) {
                return Err(errors::duplicate_base(&class.name.borrow()));
            }
            base_classes.push(class.clone());
        }
        if base_classes.is_empty() {
            base_classes.push(self.kinds.object.clone());
        }
        let metaclass = self.winning_metaclass(metaclass, &resolved)?;
        let tail = linearise(&base_classes)?;
        let native = best_native(&base_classes)?;
        let source = match crate::python::builtins::convert::base(&namespace) {
            Value::Dict(dict) => dict.clone(),
            other => {
                let items = other.clone();
                let dict = Gc::new(Dict::new());
                self.dict_update(&dict, &items)?;
                dict
            }
        };
        let dict = Gc::new(source.copy());
        let cell = dict.remove_str(&self.names.classcell);
        let class = Class::new(name.clone(), base_classes.clone(), tail, dict.clone(), native);
        if let Some(Value::Str(qualname)) = dict.remove_str(&self.names.qualname) {
            *class.qualname.borrow_mut() = qualname;
        }
        if !dict.contains_str(&self.names.module)
            && let Some(globals) = self.current_globals()
            && let Some(module) = globals.get_str(&self.names.name)
        {
            dict.set_str(&self.names.module, module);
        }
        if !dict.contains_str(&self.names.doc) {
            dict.set_str(&self.names.doc, Value::None);
        }
        if !Gc::ptr_eq(&metaclass, &self.kinds.type_) {
            *class.metaclass.borrow_mut() = Some(metaclass);
        }
        // `__eq__` without `__hash__` makes instances unhashable.
        if dict.contains_str(&self.names.eq) && !dict.contains_str(&self.names.hash) {
            dict.set_str(&self.names.hash, Value::None);
        }
        let names = self.names.clone();
        for special in [&names.new, &names.init_subclass, &names.class_getitem] {
            if let Some(function @ Value::Function(_)) = dict.get_str(special) {
                let is_new = Str::ptr_eq(special, &self.names.new);
                let wrapped = self.wrap_method(is_new, function)?;
                dict.set_str(special, wrapped);
            }
        }
        let finalizes = dict.contains_str(&intern("__del__"));
        class.finalizes.set(finalizes || base_classes.iter().any(|base| base.finalizes.get()));
        self.declare_slots(&class, &base_classes)?;
        if let Some(Value::Cell(cell)) = &cell {
            cell.set(Value::Class(class.clone()));
        }
        self.names_were_set(&class)?;
        for base in &base_classes {
            base.add_subclass(&class);
        }
        self.subclass_was_made(&class, keywords)?;
        Ok(Value::Class(class))
    }

    /// `__slots__`: names without a dictionary.
    fn declare_slots(&mut self, class: &Gc<Class>, bases: &[Gc<Class>]) -> R<()> {
        let inherits_dict = bases.iter().any(|base| {
            base.has_dict.get() && !std::ptr::eq(base.native, &OBJECT)
                || (base.has_dict.get() && !is_native(base))
        });
        let Some(slots) = class.dict.get_str(&self.names.slots) else {
            class.has_dict.set(true);
            return Ok(());
        };
        let names = match &slots {
            Value::Str(_) => vec![slots.clone()],
            slots => self.collect(slots)?,
        };
        let mut has_dict = inherits_dict;
        for slot in names {
            let Value::Str(slot) = &slot else {
                let kind = self.type_name(&slot);
                return Err(errors::type_error(format!("__slots__ items must be strings, not '{kind}'")));
            };
            if &**slot == "__dict__" {
                has_dict = true;
                continue;
            }
            if class.dict.contains_str(&intern(slot)) && &**slot != "__weakref__" {
                return Err(errors::value_error(format!(
                    "'{slot}' in __slots__ conflicts with class variable"
                )));
            }
            let name = mangled(&class.name.borrow(), slot);
            class.dict.set_str(&name, super::object::member(&name, class));
        }
        class.has_dict.set(has_dict);
        Ok(())
    }

    fn names_were_set(&mut self, class: &Gc<Class>) -> R<()> {
        for (name, value) in class.dict.to_vec() {
            let (Value::Str(name), Value::Instance(instance)) = (&name, &value) else { continue };
            let value_class = instance.class();
            let set_name = self.names.set_name.clone();
            match value_class.lookup(&set_name) {
                Some(hook) if !is_native_slot(&hook) => {
                    let hook = self.bind_special(&hook, &value, &value_class)?;
                    let args = [Value::Class(class.clone()), Value::Str(name.clone())];
                    if let Err(mut raised) = self.call_values(&hook, &args) {
                        // CPython 3.11 wraps what `__set_name__` raises.
                        let cause = self.exception_value(&mut raised);
                        let text = format!(
                            "Error calling __set_name__ on '{}' instance '{name}' in '{}'",
                            value_class.name.borrow(),
                            class.name.borrow()
                        );
                        let mut wrapped =
                            crate::python::value::Raised::new(&crate::diag::builtin::RUNTIME_ERROR, text);
                        let exception = self.exception_value(&mut wrapped);
                        super::exceptions::set_cause(&exception, &cause);
                        super::exceptions::set_context(&exception, &cause);
                        return Err(wrapped);
                    }
                }
                _ => {
                    if let Some(hook) = value_class.native.slot(|slots| slots.set_name) {
                        hook(self, &value, class, name)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn subclass_was_made(&mut self, class: &Gc<Class>, keywords: Vec<(Str, Value)>) -> R<()> {
        // As `super(cls, cls).__init_subclass__(**keywords)`: the nearest hook of the bases, whichever side it is on.
        let name = self.names.init_subclass.clone();
        let mut nearest = None;
        class.each_base(|base| {
            if nearest.is_some() {
                return;
            }
            match base.dict.get_str(&name) {
                Some(hook) if !is_native_slot(&hook) => nearest = Some(Err(hook)),
                _ if is_native(base) => {
                    if let Some(hook) = base.native.slots.init_subclass {
                        nearest = Some(Ok(hook));
                    }
                }
                _ => {}
            }
        });
        match nearest {
            Some(Ok(hook)) => hook(self, class, &keywords),
            Some(Err(hook)) => {
                let hook = self.bind_attribute(&hook, &Value::None, class)?;
                let (names, values): (Vec<Str>, Vec<Value>) = keywords.into_iter().unzip();
                let args =
                    crate::python::value::CallArgs { positional: &[], names: &names, keywords: &values };
                self.call_value(&hook, args).map(drop)
            }
            None if keywords.is_empty() => Ok(()),
            None => Err(errors::type_error(format!(
                "{}.__init_subclass__() takes no keyword arguments",
                class.name.borrow()
            ))),
        }
    }

    pub(super) fn set_class_attribute(&mut self, class: &Gc<Class>, name: &Str, value: Value) -> R<()> {
        let object = Value::Class(class.clone());
        let metaclass = self.class_of(&object);
        if let Some(hook) = metaclass.lookup(&self.names.setattr.clone())
            && !is_native_slot(&hook)
        {
            let hook = self.bind_special(&hook, &object, &metaclass)?;
            self.call_values(&hook, &[Value::Str(name.clone()), value])?;
            return Ok(());
        }
        self.plain_set_class_attribute(class, name, value)
    }

    /// What `type.__setattr__` does.
    pub(super) fn plain_set_class_attribute(&mut self, class: &Gc<Class>, name: &Str, value: Value) -> R<()> {
        let object = Value::Class(class.clone());
        let metaclass = self.class_of(&object);
        if let Some(found) = metaclass.lookup(name)
            && let Value::Instance(descriptor) = &found
        {
            let descriptor_class = descriptor.class();
            if let Some(set) = descriptor_class.lookup(&self.names.set.clone())
                && !is_native_slot(&set)
            {
                let setter = self.bind_special(&set, &found, &descriptor_class)?;
                return self.call_values(&setter, &[object, value]).map(drop);
            }
            if let Some(set) = descriptor_class.native.slot(|slots| slots.descr_set) {
                return set(self, &found, &object, value);
            }
        }
        if is_native(class) {
            return Err(errors::immutable_type(&class.name.borrow(), name));
        }
        if let Some(hook) = class.native.slot(|slots| slots.class_set_attr)
            && hook(self, class, name, &value)?
        {
            return Ok(());
        }
        match (&**name, &value) {
            ("__name__", Value::Str(text)) => {
                *class.name.borrow_mut() = text.clone();
                return Ok(());
            }
            ("__qualname__", Value::Str(text)) => {
                *class.qualname.borrow_mut() = text.clone();
                return Ok(());
            }
            ("__bases__", Value::Tuple(bases)) => {
                let mut classes = Vec::new();
                for base in bases.as_slice() {
                    let Value::Class(base) = base else {
                        let kind = self.type_name(base);
                        return Err(errors::type_error(format!(
                            "{}.__bases__ must be tuple of classes, not '{kind}'",
                            class.name.borrow()
                        )));
                    };
                    classes.push(base.clone());
                }
                let tail = linearise(&classes)?;
                // Its old bases know it by a weak reference: it must outlive them.
                std::mem::forget(class.clone());
                for base in &classes {
                    base.add_subclass(class);
                }
                *class.bases.borrow_mut() = classes;
                class.set_mro_tail(tail);
                return Ok(());
            }
            _ => {}
        }
        class.set_attribute(name, value);
        Ok(())
    }

    pub(super) fn delete_class_attribute(&mut self, class: &Gc<Class>, name: &Str) -> R<()> {
        if is_native(class) {
            return Err(errors::immutable_type(&class.name.borrow(), name));
        }
        match class.remove_attribute(name) {
            Some(_) => Ok(()),
            None => Err(errors::class_no_attribute(&class.name.borrow(), name)),
        }
    }

    /// `__name__`, `__mro__` and the others that a class object computes.
    pub(super) fn class_special(&mut self, class: &Gc<Class>, name: &Str) -> R<Option<Value>> {
        if !name.starts_with("__") && &**name != "mro" {
            return Ok(None);
        }
        // A native class without a name does not show: what stands on it has a metaclass in CPython.
        let shows = |class: &Gc<Class>| !class.name.borrow().is_empty();
        let classes =
            |list: Vec<Gc<Class>>| list.into_iter().filter(shows).map(Value::Class).collect::<Vec<_>>();
        Ok(Some(match &**name {
            "__name__" => Value::Str(class.name.borrow().clone()),
            "__qualname__" => Value::Str(class.qualname.borrow().clone()),
            "__mro__" => Value::tuple(classes(Class::mro(class))),
            "__bases__" => Value::tuple(classes(class.bases.borrow().clone())),
            "__base__" => match class.bases.borrow().first() {
                Some(base) => Value::Class(base.clone()),
                None => Value::None,
            },
            "__dict__" => super::object::mapping_proxy(self, &class.dict)?,
            "__class__" => Value::Class(self.class_of(&Value::Class(class.clone()))),
            "__doc__" => Value::None,
            "__annotations__" if !is_native(class) => {
                let dict = Value::Dict(Gc::new(Dict::new()));
                class.dict.set_str(name, dict.clone());
                dict
            }
            _ => return Ok(None),
        }))
    }

    pub(super) fn class_item(&mut self, class: &Gc<Class>, key: &Value) -> R<Value> {
        let name = self.names.class_getitem.clone();
        if let Some(found) = class.lookup(&name)
            && !is_native_slot(&found)
        {
            let method = self.bind_attribute(&found, &Value::None, class)?;
            return self.call_values(&method, std::slice::from_ref(key));
        }
        if let Some(get) = class.native.slot(|slots| slots.class_get_item) {
            return get(self, class, key);
        }
        if let Some(found) = class.lookup(&name) {
            let method = self.bind_attribute(&found, &Value::None, class)?;
            return self.call_values(&method, std::slice::from_ref(key));
        }
        Err(errors::class_not_subscriptable(&class.name.borrow()))
    }

    pub(super) fn instance_check(&mut self, object: &Value, class: &Value) -> R<bool> {
        match class {
            Value::Class(class) => {
                let own = self.class_of(object);
                if Gc::ptr_eq(&own, class) {
                    return Ok(true);
                }
                let name = self.names.instancecheck.clone();
                let target = Value::Class(class.clone());
                if let Some(hook) = self.special(&target, &name)? {
                    let answer = self.call_values(&hook, std::slice::from_ref(object))?;
                    return self.truth(&answer);
                }
                Ok(Class::is_subclass(&own, class))
            }
            Value::Tuple(classes) => {
                for class in classes.as_slice() {
                    if self.instance_check(object, class)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            other => {
                let name = self.names.instancecheck.clone();
                if let Some(hook) = self.special(other, &name)? {
                    let answer = self.call_values(&hook, std::slice::from_ref(object))?;
                    return self.truth(&answer);
                }
                if let Some(members) = self.union_members(other)? {
                    return self.instance_check(object, &Value::tuple(members));
                }
                Err(errors::type_error("isinstance() arg 2 must be a type, a tuple of types, or a union"))
            }
        }
    }

    /// The members of `X | Y`, with None as its class.
    fn union_members(&mut self, object: &Value) -> R<Option<Vec<Value>>> {
        if self.type_name(object) != "UnionType" && self.type_name(object) != "_UnionGenericAlias" {
            return Ok(None);
        }
        let Some(args) = self.find_attr(object, &intern("__args__"))? else { return Ok(None) };
        let mut members = self.collect(&args)?;
        for member in &mut members {
            if member.is_none() {
                *member = Value::Class(self.class_of(&Value::None));
            }
        }
        Ok(Some(members))
    }
}

/// Whether a class is a row's own, not one written in the language.
pub(super) fn is_native(class: &Gc<Class>) -> bool {
    class.is_native.get()
}

fn is_final(class: &Gc<Class>) -> bool {
    is_native(class) && class.exception.is_none() && !class.native.is_base
}

fn mangled(class: &str, name: &Str) -> Str {
    if name.starts_with("__") && !name.ends_with("__") {
        return intern(&format!("_{}{name}", class.trim_start_matches('_')));
    }
    intern(name)
}

/// C3: each class stands before its bases, and bases in the order they were named.
///
/// ```text
///   merge([B's order], [C's order], [B, C]): take the first head that no tail holds, again and again
/// ```
pub(super) fn linearise(bases: &[Gc<Class>]) -> R<Vec<Gc<Class>>> {
    let mut lists: Vec<Vec<Gc<Class>>> = bases.iter().map(Class::mro).collect();
    lists.push(bases.to_vec());
    let mut order = Vec::new();
    loop {
        lists.retain(|list| !list.is_empty());
        if lists.is_empty() {
            return Ok(order);
        }
        let head = lists
            .iter()
            .map(|list| &list[0])
            .find(|head| !lists.iter().any(|list| list[1..].iter().any(|class| Gc::ptr_eq(class, head))));
        let Some(head) = head.cloned() else {
            let names: Vec<String> = bases.iter().map(|base| base.name.borrow().to_string()).collect();
            return Err(errors::no_consistent_mro(&names.join(", ")));
        };
        for list in &mut lists {
            if Gc::ptr_eq(&list[0], &head) {
                list.remove(0);
            }
        }
        order.push(head);
    }
}

/// The native type whose payload instances will have.
fn best_native(bases: &[Gc<Class>]) -> R<&'static NativeType> {
    let mut best: &'static NativeType = bases[0].native;
    for base in &bases[1..] {
        let native = base.native;
        if native.is_a(best) {
            best = native;
        } else if !best.is_a(native) && has_layout(native) && has_layout(best) {
            return Err(errors::layout_conflict());
        } else if !best.is_a(native) && !has_layout(best) && has_layout(native) {
            best = native;
        }
    }
    Ok(best)
}

/// Whether instances of a native type carry something of their own.
fn has_layout(native: &'static NativeType) -> bool {
    native.slot(|slots| slots.new.map(|_| ())).is_some()
}
