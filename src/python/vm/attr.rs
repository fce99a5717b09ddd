//! Attributes.
//!
//! Owns the lookup of attributes on every kind of object, descriptors, and what inline caches remember.
//! Must not know calls' mechanics or classes' making.
//!
//! Order of a lookup on an instance: data descriptor of the class, the instance's slots and dictionary, any other
//! attribute of the class, `__getattr__`.

use super::run::bound;
use super::{Vm, errors};
use crate::python::compile::code::{AttrCache, AttrKind};
use crate::python::value::{
    Class, Dict, Gc, Host, Instance, Module, NativeFunction, R, RowKind, Slots, Str, Value, class_epoch,
    intern, native_class,
};

/// Whether a class attribute is the native method that stands for a slot.
pub(super) fn is_native_slot(value: &Value) -> bool {
    match value {
        Value::Native(native) => native.row.name.starts_with("__") && native.receiver.is_unset(),
        _ => false,
    }
}

/// The slots of a descriptor's native type.
fn descriptor_slot<T>(value: &Value, pick: impl Fn(&'static Slots) -> Option<T>) -> Option<T> {
    match value {
        Value::Instance(instance) => instance.class().native.slot(pick),
        _ => None,
    }
}

impl Vm {
    /// A class attribute, as it appears on an instance (or on the class itself when `instance` is None).
    pub(super) fn bind_attribute(&mut self, found: &Value, instance: &Value, owner: &Gc<Class>) -> R<Value> {
        match found {
            Value::Function(_) => Ok(match instance {
                Value::None | Value::Unset => found.clone(),
                instance => bound(found.clone(), instance.clone()),
            }),
            Value::Native(native) if native.receiver.is_unset() => {
                Ok(Self::bind_native(native, found, instance, owner))
            }
            Value::Instance(descriptor) => {
                let class = descriptor.class();
                if let Some(get) = class.lookup(&self.names.get.clone())
                    && !is_native_slot(&get)
                {
                    let getter = self.bind_special(&get, found, &class)?;
                    let instance = if instance.is_unset() { Value::None } else { instance.clone() };
                    return self.call_values(&getter, &[instance, Value::Class(owner.clone())]);
                }
                match class.native.slot(|slots| slots.descr_get) {
                    Some(get) => {
                        let instance = if instance.is_unset() { &Value::None } else { instance };
                        get(self, found, instance, owner)
                    }
                    None => Ok(found.clone()),
                }
            }
            _ => Ok(found.clone()),
        }
    }

    fn bind_native(native: &Gc<NativeFunction>, found: &Value, instance: &Value, owner: &Gc<Class>) -> Value {
        let receiver = match native.row.kind {
            RowKind::Method if !matches!(instance, Value::None | Value::Unset) => instance.clone(),
            // `None`'s own methods: the instance is None itself.
            RowKind::Method if matches!(instance, Value::None) && &**owner.name.borrow() == "NoneType" => {
                Value::None
            }
            RowKind::ClassMethod => Value::Class(owner.clone()),
            _ => return found.clone(),
        };
        Value::Native(Gc::new(NativeFunction {
            row: native.row,
            receiver,
            owner: native.owner.clone(),
            data: native.data.clone(),
        }))
    }

    /// A dunder method found on a class, ready to be called without its receiver.
    pub(super) fn bind_special(&mut self, found: &Value, receiver: &Value, class: &Gc<Class>) -> R<Value> {
        self.bind_attribute(found, receiver, class)
    }

    /// Whether a class attribute wins over the instance.
    pub(super) fn is_data_descriptor(&mut self, found: &Value) -> bool {
        let Value::Instance(descriptor) = found else { return false };
        let class = descriptor.class();
        if class.native.slot(|slots| slots.descr_set.map(|_| ()).or(slots.descr_delete.map(|_| ()))).is_some()
        {
            return true;
        }
        class.lookup(&self.names.set.clone()).is_some() || class.lookup(&self.names.delete.clone()).is_some()
    }

    pub(super) fn find_attribute(&mut self, object: &Value, name: &Str) -> R<Option<Value>> {
        let interned;
        let name = {
            interned = intern(name);
            &interned
        };
        match object {
            Value::Instance(instance) => self.instance_attribute(object, instance, name),
            Value::Class(class) => self.class_attribute(class, name),
            Value::Module(module) => self.module_attribute(module, name),
            _ => self.kind_attribute(object, name),
        }
    }

    fn instance_attribute(
        &mut self,
        object: &Value,
        instance: &Gc<Instance>,
        name: &Str,
    ) -> R<Option<Value>> {
        let class = instance.class();
        if let Some(hook) = class.lookup(&self.names.getattribute.clone())
            && !is_native_slot(&hook)
        {
            let hook = self.bind_special(&hook, object, &class)?;
            return match self.call_values(&hook, &[Value::Str(name.clone())]) {
                Ok(value) => Ok(Some(value)),
                Err(raised) if raised.is_a(&crate::diag::builtin::ATTRIBUTE_ERROR) => {
                    self.getattr_hook(object, &class, name, Some(raised))
                }
                Err(raised) => Err(raised),
            };
        }
        match self.plain_instance_attribute(object, instance, &class, name) {
            Ok(Some(value)) => Ok(Some(value)),
            Ok(None) => self.getattr_hook(object, &class, name, None),
            Err(raised)
                if raised.is_a(&crate::diag::builtin::ATTRIBUTE_ERROR)
                    && class.lookup(&self.names.getattr.clone()).is_some() =>
            {
                self.getattr_hook(object, &class, name, Some(raised))
            }
            Err(raised) => Err(raised),
        }
    }

    fn getattr_hook(
        &mut self,
        object: &Value,
        class: &Gc<Class>,
        name: &Str,
        failed: Option<crate::python::value::Raised>,
    ) -> R<Option<Value>> {
        if let Some(hook) = class.lookup(&self.names.getattr.clone())
            && !is_native_slot(&hook)
        {
            let hook = self.bind_special(&hook, object, class)?;
            return self.call_values(&hook, &[Value::Str(name.clone())]).map(Some);
        }
        if let Some(hook) = class.native.slot(|slots| slots.get_attr)
            && let Some(value) = hook(self, object, name)?
        {
            return Ok(Some(value));
        }
        match failed {
            Some(raised) => Err(raised),
            None => Ok(None),
        }
    }

    /// What `object.__getattribute__` does.
    pub(super) fn plain_instance_attribute(
        &mut self,
        object: &Value,
        instance: &Gc<Instance>,
        class: &Gc<Class>,
        name: &Str,
    ) -> R<Option<Value>> {
        if std::ptr::eq(class.native, &super::superobj::SUPER) {
            return match self.super_attribute(object, name)? {
                Some(value) => Ok(Some(value)),
                None => self.common_attribute(object, class, name),
            };
        }
        if let Some(getter) = class.native.getter(name)
            && !overridden(class, name)
        {
            return (getter.get)(self, object).map(Some);
        }
        let found = class.lookup(name);
        if let Some(found) = &found
            && self.is_data_descriptor(found)
        {
            if let Some(slot) = descriptor_slot(found, |slots| slots.descr_slot).and_then(|slot| slot(found))
            {
                let value = instance.slot(slot);
                if !value.is_unset() {
                    return Ok(Some(value));
                }
            }
            return self.bind_attribute(found, object, class).map(Some);
        }
        if let Some(value) = own_attribute(instance, class, name) {
            return Ok(Some(value));
        }
        if let Some(found) = found {
            return self.bind_attribute(&found, object, class).map(Some);
        }
        self.common_attribute(object, class, name)
    }

    /// `__class__`, `__dict__` and the few others that every object has.
    fn common_attribute(&mut self, object: &Value, class: &Gc<Class>, name: &Str) -> R<Option<Value>> {
        if !name.starts_with("__") {
            return Ok(None);
        }
        Ok(match &**name {
            "__class__" => Some(Value::Class(class.clone())),
            "__dict__" => match object {
                Value::Instance(instance) if class.has_dict.get() => {
                    Some(Value::Dict(self.instance_dict(instance)))
                }
                _ => None,
            },
            "__doc__" => Some(Value::None),
            "__weakref__" => Some(Value::None),
            _ => None,
        })
    }

    /// The live dictionary of an instance: from now on it holds the attributes that stood in slots.
    pub(super) fn instance_dict(&mut self, instance: &Gc<Instance>) -> Gc<Dict> {
        let class = instance.class();
        let dict = instance.dict_or_new();
        if keeps_slots(&class) {
            spill(instance, &class, &dict);
        }
        dict
    }

    fn kind_attribute(&mut self, object: &Value, name: &Str) -> R<Option<Value>> {
        if let Some(value) = self.callable_attribute(object, name)? {
            return Ok(Some(value));
        }
        let kind = crate::python::builtins::kind(object);
        let class = native_class(kind);
        if let Some(getter) = kind.getter(name) {
            return (getter.get)(self, object).map(Some);
        }
        if let Some(found) = class.lookup(name) {
            return self.bind_attribute(&found, object, &class).map(Some);
        }
        if let Some(hook) = kind.slot(|slots| slots.get_attr)
            && let Some(value) = hook(self, object, name)?
        {
            return Ok(Some(value));
        }
        self.common_attribute(object, &class, name)
    }

    fn module_attribute(&mut self, module: &Gc<Module>, name: &Str) -> R<Option<Value>> {
        if let Some(value) = module.dict.get_str(name) {
            return Ok(Some(value));
        }
        if &**name == "__dict__" {
            return Ok(Some(Value::Dict(module.dict.clone())));
        }
        if let Some(hook) = module.dict.get_str(&self.names.getattr.clone()) {
            return self.call_values(&hook, &[Value::Str(name.clone())]).map(Some);
        }
        self.kind_attribute(&Value::Module(module.clone()), name)
    }

    /// An attribute of a class object.
    pub(super) fn class_attribute(&mut self, class: &Gc<Class>, name: &Str) -> R<Option<Value>> {
        let object = Value::Class(class.clone());
        let metaclass = self.class_of(&object);
        let meta_found = metaclass.lookup(name);
        if let Some(found) = &meta_found
            && self.is_data_descriptor(found)
        {
            return self.bind_attribute(found, &object, &metaclass).map(Some);
        }
        if let Some(found) = class.lookup(name) {
            if &**name == "__hash__" && matches!(found, Value::None) {
                return Ok(Some(found));
            }
            return self.bind_attribute(&found, &Value::None, class).map(Some);
        }
        if let Some(value) = self.class_special(class, name)? {
            return Ok(Some(value));
        }
        if let Some(found) = meta_found {
            return self.bind_attribute(&found, &object, &metaclass).map(Some);
        }
        if let Some(getter) = metaclass.native.getter(name) {
            return (getter.get)(self, &object).map(Some);
        }
        if let Some(hook) = class.native.slot(|slots| slots.class_get_attr)
            && let Some(value) = hook(self, class, name)?
        {
            return Ok(Some(value));
        }
        if let Some(hook) = metaclass.lookup(&self.names.getattr.clone()) {
            let hook = self.bind_special(&hook, &object, &metaclass)?;
            return self.call_values(&hook, &[Value::Str(name.clone())]).map(Some);
        }
        if let Some(getter) = class.native.getter(name) {
            return Ok(Some(super::getset::object(class.native, getter)));
        }
        Ok(None)
    }

    pub(super) fn no_such_attribute(&mut self, object: &Value, name: &str) -> crate::python::value::Raised {
        match object {
            Value::Class(class) => errors::class_no_attribute(&class.name.borrow(), name),
            Value::Module(module) => {
                if self.is_loading(&module.name) {
                    return errors::circular_attribute(&module.name, name);
                }
                errors::module_no_attribute(&module.name, name)
            }
            object => errors::no_attribute(&self.type_name(object), name),
        }
    }

    pub(super) fn set_attribute(&mut self, object: &Value, name: &Str, value: Value) -> R<()> {
        let name = &intern(name);
        match object {
            Value::Instance(instance) => {
                let class = instance.class();
                if let Some(hook) = class.lookup(&self.names.setattr.clone())
                    && !is_native_slot(&hook)
                {
                    let hook = self.bind_special(&hook, object, &class)?;
                    self.call_values(&hook, &[Value::Str(name.clone()), value])?;
                    return Ok(());
                }
                self.plain_set_attribute(object, instance, name, value)
            }
            Value::Class(class) => self.set_class_attribute(class, name, value),
            Value::Module(module) => {
                if &**name == "stdout" && &*module.name == "sys" {
                    crate::python::builtins::redirect_print(&value);
                }
                module.dict.set_str(name, value);
                Ok(())
            }
            Value::Function(function) => self.set_function_attribute(function, name, value),
            other => {
                let kind = crate::python::builtins::kind(other);
                if let Some(getter) = kind.getter(name)
                    && let Some(set) = getter.set
                {
                    return set(self, other, value);
                }
                if let Some(set) = kind.slot(|slots| slots.set_attr)
                    && set(self, other, name, &value)?
                {
                    return Ok(());
                }
                if self.find_attribute(other, name)?.is_some() {
                    return Err(errors::read_only_attribute(kind.name, name));
                }
                Err(errors::no_attribute(kind.name, name))
            }
        }
    }

    /// What `object.__setattr__` does.
    pub(super) fn plain_set_attribute(
        &mut self,
        object: &Value,
        instance: &Gc<Instance>,
        name: &Str,
        value: Value,
    ) -> R<()> {
        let class = instance.class();
        if let Some(set) = class.native.slot(|slots| slots.set_attr)
            && set(self, object, name, &value)?
        {
            return Ok(());
        }
        if let Some(getter) = class.native.getter(name)
            && !overridden(&class, name)
        {
            return match getter.set {
                Some(set) => set(self, object, value),
                None => Err(errors::read_only_attribute(&class.name.borrow(), name)),
            };
        }
        if let Some(found) = class.lookup(name)
            && let Value::Instance(descriptor) = &found
        {
            let descriptor_class = descriptor.class();
            if let Some(set) = descriptor_class.lookup(&self.names.set.clone())
                && !is_native_slot(&set)
            {
                let setter = self.bind_special(&set, &found, &descriptor_class)?;
                self.call_values(&setter, &[object.clone(), value])?;
                return Ok(());
            }
            if let Some(set) = descriptor_class.native.slot(|slots| slots.descr_set) {
                return set(self, &found, object, value);
            }
        }
        match &**name {
            "__class__" => {
                let Value::Class(class) = &value else {
                    let kind = self.type_name(&value);
                    return Err(errors::type_error(format!(
                        "__class__ must be set to a class, not '{kind}' object"
                    )));
                };
                instance.set_class(class.clone());
                return Ok(());
            }
            "__dict__" => {
                let Value::Dict(dict) = &value else {
                    let kind = self.type_name(&value);
                    return Err(errors::type_error(format!(
                        "__dict__ must be set to a dictionary, not a '{kind}'"
                    )));
                };
                if keeps_slots(&class) {
                    drop(instance.take_slots(usize::MAX));
                }
                instance.set_dict(dict.clone());
                return Ok(());
            }
            _ => {}
        }
        if !class.has_dict.get() {
            if class.lookup(name).is_some() {
                return Err(errors::read_only_attribute(&class.name.borrow(), name));
            }
            return Err(errors::no_attribute(&class.name.borrow(), name));
        }
        store_own(instance, &class, name, value);
        Ok(())
    }

    pub(super) fn delete_attribute(&mut self, object: &Value, name: &Str) -> R<()> {
        let name = &intern(name);
        match object {
            Value::Instance(instance) => {
                let class = instance.class();
                if let Some(hook) = class.lookup(&self.names.delattr.clone())
                    && !is_native_slot(&hook)
                {
                    let hook = self.bind_special(&hook, object, &class)?;
                    self.call_values(&hook, &[Value::Str(name.clone())])?;
                    return Ok(());
                }
                self.plain_delete_attribute(object, instance, name)
            }
            Value::Class(class) => self.delete_class_attribute(class, name),
            Value::Module(module) => match module.dict.remove_str(name) {
                Some(_) => Ok(()),
                None => Err(errors::module_no_attribute(&module.name, name)),
            },
            Value::Function(function) => {
                let removed = function.dict.borrow().as_ref().and_then(|dict| dict.remove_str(name));
                match removed {
                    Some(_) => Ok(()),
                    None => Err(errors::no_attribute("function", name)),
                }
            }
            other => {
                let kind = self.type_name(other);
                Err(errors::no_attribute(&kind, name))
            }
        }
    }

    pub(super) fn plain_delete_attribute(
        &mut self,
        object: &Value,
        instance: &Gc<Instance>,
        name: &Str,
    ) -> R<()> {
        let class = instance.class();
        if let Some(delete) = class.native.slot(|slots| slots.del_attr)
            && delete(self, object, name)?
        {
            return Ok(());
        }
        if let Some(found) = class.lookup(name)
            && let Value::Instance(descriptor) = &found
        {
            let descriptor_class = descriptor.class();
            if let Some(delete) = descriptor_class.lookup(&self.names.delete.clone())
                && !is_native_slot(&delete)
            {
                let deleter = self.bind_special(&delete, &found, &descriptor_class)?;
                self.call_values(&deleter, std::slice::from_ref(object))?;
                return Ok(());
            }
            if let Some(delete) = descriptor_class.native.slot(|slots| slots.descr_delete) {
                return delete(self, &found, object);
            }
        }
        if keeps_slots(&class)
            && let Some(slot) = class.slot_of(name)
            && !instance.slot(slot).is_unset()
        {
            // The order of what stays is kept by moving to a dictionary.
            let dict = self.instance_dict(instance);
            dict.remove_str(name);
            return Ok(());
        }
        if instance.dict().is_some_and(|dict| dict.remove_str(name).is_some()) {
            return Ok(());
        }
        Err(errors::no_attribute(&class.name.borrow(), name))
    }

    /// `LoadAttr` where the cache did not answer.
    pub(super) fn load_attr_cached(&mut self, object: &Value, cache: &AttrCache) -> R<Value> {
        if let Value::Instance(instance) = object {
            let class = instance.class();
            let known = cache.class.get() == Gc::address(&class) && cache.epoch.get() == class_epoch();
            if known {
                match cache.kind.get() {
                    AttrKind::Method => return Ok(bound(cache.value.borrow().clone(), object.clone())),
                    AttrKind::ClassValue | AttrKind::ShadowableMethod
                        if instance.has_no_dict() && instance.slot(cache.slot.get() as usize).is_unset() =>
                    {
                        let found = cache.value.borrow().clone();
                        return match cache.kind.get() {
                            AttrKind::ClassValue => Ok(found),
                            _ => Ok(bound(found, object.clone())),
                        };
                    }
                    _ => {}
                }
            } else {
                self.fill_cache(&class, cache);
            }
        }
        self.get_attr(object, &cache.name)
    }

    /// Whether attributes of instances are not looked up in the usual way.
    fn has_own_lookup(&self, class: &Gc<Class>) -> bool {
        std::ptr::eq(class.native, &super::superobj::SUPER)
            || class.lookup(&self.names.getattribute).is_some_and(|hook| !is_native_slot(&hook))
    }

    /// Notes what a lookup of the name on instances of the class comes down to.
    fn fill_cache(&mut self, class: &Gc<Class>, cache: &AttrCache) {
        let name = &cache.name;
        let mut kind = AttrKind::Empty;
        let mut slot = u32::MAX;
        let mut value = Value::Unset;
        if !self.has_own_lookup(class) {
            let own_slot = if keeps_slots(class) { class.slot_of(name) } else { None };
            match class.lookup(name) {
                _ if class.native.getter(name).is_some() => {}
                None => {
                    if let Some(index) = own_slot {
                        kind = AttrKind::Slot;
                        slot = index as u32;
                    }
                }
                Some(found) => {
                    if self.is_data_descriptor(&found) {
                        if let Some(index) =
                            descriptor_slot(&found, |slots| slots.descr_slot).and_then(|slot| slot(&found))
                        {
                            kind = AttrKind::MappedSlot;
                            slot = index as u32;
                        }
                    } else {
                        slot = own_slot.map_or(u32::MAX, |index| index as u32);
                        kind = match &found {
                            Value::Function(_) if !class.has_dict.get() => AttrKind::Method,
                            Value::Function(_) => AttrKind::ShadowableMethod,
                            Value::Native(_) | Value::Instance(_) => AttrKind::Empty,
                            _ => AttrKind::ClassValue,
                        };
                        value = found;
                    }
                }
            }
        }
        cache.class.set(Gc::address(class));
        cache.epoch.set(class_epoch());
        cache.kind.set(kind);
        cache.slot.set(slot);
        let before = cache.value.replace(value);
        drop(before);
    }

    pub(super) fn load_method(&mut self, object: Value, cache: &AttrCache) -> R<(Value, Value)> {
        match &object {
            Value::Instance(instance) => {
                let class = instance.class();
                if cache.class.get() != Gc::address(&class) || cache.epoch.get() != class_epoch() {
                    self.fill_cache(&class, cache);
                    if matches!(cache.kind.get(), AttrKind::ShadowableMethod | AttrKind::Method)
                        && own_attribute(instance, &class, &cache.name).is_none()
                    {
                        let function = cache.value.borrow().clone();
                        return Ok((function, object));
                    }
                } else if cache.kind.get() == AttrKind::ShadowableMethod
                    && own_attribute(instance, &class, &cache.name).is_none()
                {
                    let function = cache.value.borrow().clone();
                    return Ok((function, object));
                }
                // A native method of a native type needs no bound object either.
                if let Some(found @ Value::Native(_)) = class.lookup(&cache.name)
                    && let Value::Native(native) = &found
                    && native.row.kind == RowKind::Method
                    && native.receiver.is_unset()
                    && !self.has_own_lookup(&class)
                    && own_attribute(instance, &class, &cache.name).is_none()
                {
                    return Ok((found, object));
                }
            }
            Value::Class(_) | Value::Module(_) | Value::Function(_) | Value::Native(_) => {}
            other => {
                let kind = crate::python::builtins::kind(other);
                let address = std::ptr::from_ref(kind) as usize;
                if cache.class.get() == address && cache.epoch.get() == class_epoch() {
                    let function = cache.value.borrow().clone();
                    return Ok((function, object));
                }
                let class = native_class(kind);
                if let Some(found @ Value::Native(_)) = class.lookup(&cache.name)
                    && let Value::Native(native) = &found
                    && native.row.kind == RowKind::Method
                {
                    cache.class.set(address);
                    cache.epoch.set(class_epoch());
                    cache.kind.set(AttrKind::Empty);
                    let before = cache.value.replace(found.clone());
                    drop(before);
                    return Ok((found, object));
                }
            }
        }
        let value = self.load_attr_cached(&object, cache)?;
        if let Value::Method(method) = &value {
            return Ok((method.function.clone(), method.receiver.clone()));
        }
        Ok((value, Value::Unset))
    }

    /// `StoreAttr` where the cache did not answer.
    pub(super) fn store_attr_cached(&mut self, object: &Value, value: Value, cache: &AttrCache) -> R<()> {
        if let Value::Instance(instance) = object {
            let class = instance.class();
            self.set_attribute(object, &cache.name, value)?;
            if cache.class.get() != Gc::address(&class) || cache.epoch.get() != class_epoch() {
                let name = &cache.name;
                let plain = keeps_slots(&class)
                    && class.has_dict.get()
                    && class.lookup(name).is_none_or(|found| !matches!(found, Value::Instance(_)))
                    && class.native.getter(name).is_none()
                    && class.native.slot(|slots| slots.set_attr).is_none()
                    && class.lookup(&self.names.setattr.clone()).is_none_or(|hook| is_native_slot(&hook));
                let slot = if plain { class.slot_of(name) } else { None };
                cache.class.set(Gc::address(&class));
                cache.epoch.set(class_epoch());
                cache.kind.set(if slot.is_some() { AttrKind::Slot } else { AttrKind::Empty });
                cache.slot.set(slot.map_or(u32::MAX, |slot| slot as u32));
            }
            return Ok(());
        }
        self.set_attribute(object, &cache.name, value)
    }
}

/// Whether instances of the class keep plain attributes in numbered slots: not where a mapper owns the slots.
pub(super) fn keeps_slots(class: &Gc<Class>) -> bool {
    class.keeps_slots(|| {
        let slots = intern("__slots__");
        let taken = |class: &Gc<Class>| class.hooks.get().is_some() || class.dict.contains_str(&slots);
        let mut found = taken(class);
        class.each_base(|base| found = found || taken(base));
        class.has_dict.get() && !found
    })
}

const MOST_SLOTS: usize = 40;

/// Puts an attribute where the instance keeps its own.
pub(super) fn store_own(instance: &Gc<Instance>, class: &Gc<Class>, name: &Str, value: Value) {
    if keeps_slots(class) && instance.has_no_dict() {
        let slot = match class.slot_of(name) {
            Some(slot) => slot,
            None => class.number(name),
        };
        let value = if slot < MOST_SLOTS {
            match instance.set_slot_in_order(slot, value) {
                Ok(before) => {
                    drop(before);
                    return;
                }
                Err(back) => back,
            }
        } else {
            value
        };
        let dict = instance.dict_or_new();
        spill(instance, class, &dict);
        dict.set_str(name, value);
        return;
    }
    instance.dict_or_new().set_str(name, value);
}

/// Moves what stands in slots into the instance's dictionary, in the order of the slots.
fn spill(instance: &Gc<Instance>, class: &Gc<Class>, dict: &Gc<Dict>) {
    let values = instance.take_slots(usize::MAX);
    if values.is_empty() {
        return;
    }
    let names = class.slot_names();
    for (name, value) in names.iter().zip(values) {
        if !value.is_unset() {
            dict.set_str(name, value);
        }
    }
}

/// An attribute of the instance itself.
pub(super) fn own_attribute(instance: &Gc<Instance>, class: &Gc<Class>, name: &Str) -> Option<Value> {
    if keeps_slots(class)
        && let Some(slot) = class.slot_of(name)
    {
        let value = instance.slot(slot);
        if !value.is_unset() {
            return Some(value);
        }
    }
    instance.dict()?.get_str(name)
}

/// Whether a class written in the language has an attribute of that name itself.
fn overridden(class: &Gc<Class>, name: &Str) -> bool {
    let own = |class: &Gc<Class>| !super::classes::is_native(class) && class.dict.contains_str(name);
    let mut found = own(class);
    class.each_base(|base| found = found || own(base));
    found
}
