//! Instances: of classes written in the language, and of native types by their payload.
//!
//! Owns the two places where attributes live: numbered slots and an optional dictionary.
//! Must not know descriptors or attribute lookup.
//!
//! A class numbers the attribute names that its instances use (`Class::slot_of`), so that an attribute that an
//! inline cache has seen is one index away. A mapped class numbers its columns and relationships first.

use std::any::Any;
use std::cell::{OnceCell, RefCell};

use super::{Class, Dict, Gc, Managed, NativeType, Value, Visitor, native_class};

/// Native data inside an instance. Interior mutability is the payload's own affair.
pub trait Native: Any {
    /// Shows the collector every value that the payload owns.
    fn trace(&self, _visitor: &mut Visitor<'_>) {}
    /// Drops those values; called on garbage only.
    fn clear(&self) {}
}

pub type Payload = Box<dyn Native>;

/// An object with a class.
pub struct Instance {
    class: RefCell<Gc<Class>>,
    /// By number; `Unset` where the attribute is not there (or, in a mapped class, not loaded).
    slots: RefCell<Vec<Value>>,
    /// Attributes without a number, or all of them once somebody asked for `__dict__`.
    dict: RefCell<Option<Gc<Dict>>>,
    payload: OnceCell<Payload>,
    /// Whether `__del__` has had its turn.
    finalized: std::cell::Cell<bool>,
}

impl Instance {
    /// An instance with nothing in it yet.
    pub fn new(class: Gc<Class>) -> Gc<Instance> {
        Gc::new(Instance {
            class: RefCell::new(class),
            slots: RefCell::new(Vec::new()),
            dict: RefCell::new(None),
            payload: OnceCell::new(),
            finalized: std::cell::Cell::new(false),
        })
    }

    /// An instance of a class that derives from a native type.
    pub fn with_payload(class: Gc<Class>, payload: Payload) -> Gc<Instance> {
        let instance = Self::new(class);
        let _ = instance.payload.set(payload);
        instance
    }

    pub fn native<T: Native>(kind: &'static NativeType, payload: T) -> Gc<Instance> {
        Self::with_payload(native_class(kind), Box::new(payload))
    }

    #[inline(always)]
    pub fn class(&self) -> Gc<Class> {
        self.class.borrow().clone()
    }

    #[inline(always)]
    pub fn has_class(&self, class: &Gc<Class>) -> bool {
        Gc::ptr_eq(&self.class.borrow(), class)
    }

    pub fn set_class(&self, class: Gc<Class>) {
        self.class.replace(class);
    }

    /// The payload as `T`, if it is one.
    #[inline]
    pub fn payload<T: Native>(&self) -> Option<&T> {
        let payload: &dyn Any = &**self.payload.get()?;
        payload.downcast_ref::<T>()
    }

    /// Puts the payload of an instance that was made without one; says whether there was room.
    pub fn set_payload(&self, payload: Payload) -> bool {
        self.payload.set(payload).is_ok()
    }

    pub fn has_payload(&self) -> bool {
        self.payload.get().is_some()
    }

    /// The address of the class, for caches.
    #[inline(always)]
    pub fn class_address(&self) -> usize {
        Gc::address(&self.class.borrow())
    }

    #[inline(always)]
    pub fn has_no_dict(&self) -> bool {
        self.dict.borrow().is_none()
    }

    /// Sets a numbered attribute of an instance that keeps its attributes in slots, if the order of the numbers
    /// stays the order in which they were set; else gives the value back.
    #[inline(always)]
    pub fn set_slot_in_order(&self, index: usize, value: Value) -> Result<Value, Value> {
        let mut slots = self.slots.borrow_mut();
        if let Some(slot) = slots.get_mut(index) {
            if slot.is_unset() {
                return Err(value);
            }
            return Ok(std::mem::replace(slot, value));
        }
        if self.dict.borrow().is_some() {
            return Err(value);
        }
        if slots.capacity() == 0 {
            slots.reserve_exact(4.max(index + 1));
        }
        while slots.len() < index {
            slots.push(Value::Unset);
        }
        slots.push(value);
        Ok(Value::Unset)
    }

    #[inline(always)]
    pub fn slot(&self, index: usize) -> Value {
        self.slots.borrow().get(index).cloned().unwrap_or(Value::Unset)
    }

    /// Puts a value into a slot and returns what was there.
    #[inline(always)]
    pub fn set_slot(&self, index: usize, value: Value) -> Value {
        let mut slots = self.slots.borrow_mut();
        if index >= slots.len() {
            slots.resize(index + 1, Value::Unset);
        }
        std::mem::replace(&mut slots[index], value)
    }

    /// All slots at once, for an instance made from a row.
    pub fn fill_slots(&self, slots: Vec<Value>) {
        let before = self.slots.replace(slots);
        drop(before);
    }

    /// Runs over the slots without copying them; `f` must not call the language.
    pub fn with_slots<T>(&self, f: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        f(&mut self.slots.borrow_mut())
    }

    pub fn dict(&self) -> Option<Gc<Dict>> {
        self.dict.borrow().clone()
    }

    /// The dictionary, made on first use.
    pub fn dict_or_new(&self) -> Gc<Dict> {
        self.dict.borrow_mut().get_or_insert_with(|| Gc::new(Dict::new())).clone()
    }

    pub fn set_dict(&self, dict: Gc<Dict>) {
        let before = self.dict.replace(Some(dict));
        drop(before);
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if !self.class.get_mut().finalizes.get() || self.finalized.get() {
            return;
        }
        // Whoever attached a payload may know this object by its address, which an heir does not have.
        if self.payload.get().is_some() {
            return;
        }
        // `__del__` sees an object with all that this one had.
        let heir = Instance::new(self.class());
        heir.finalized.set(true);
        heir.slots.replace(self.slots.take());
        heir.dict.replace(self.dict.take());
        super::put_off(Value::Instance(heir));
    }
}

impl Managed for Instance {
    const TRACKED: bool = true;
    fn trace(&self, visitor: &mut Visitor<'_>) {
        match (self.class.try_borrow(), self.slots.try_borrow(), self.dict.try_borrow()) {
            (Ok(class), Ok(slots), Ok(dict)) => {
                visitor.gc(&*class);
                slots.iter().for_each(|value| value.trace(visitor));
                dict.iter().for_each(|dict| visitor.gc(dict));
            }
            _ => visitor.busy(),
        }
        if let Some(payload) = self.payload.get() {
            payload.trace(visitor);
        }
    }
    fn clear(&self) {
        let slots = self.slots.take();
        let dict = self.dict.take();
        if let Some(payload) = self.payload.get() {
            payload.clear();
        }
        drop((slots, dict));
    }
}

/// The payload of an instance of a subclass of a builtin kind (`class Names(list)`, `class Color(str, Enum)`):
/// the builtin value that it is.
pub struct BaseValue(pub Value);

impl Native for BaseValue {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.0.trace(visitor);
    }
}

/// The payload of every exception object.
#[derive(Default)]
pub struct ExceptionData {
    pub args: RefCell<Vec<Value>>,
    pub cause: RefCell<Option<Value>>,
    pub context: RefCell<Option<Value>>,
    pub suppress_context: std::cell::Cell<bool>,
    pub traceback: RefCell<Vec<super::FrameInfo>>,
    /// The traceback as an object, once somebody asked for one.
    pub traceback_value: RefCell<Option<Value>>,
    /// What Retort shows after the error (place, notes, hints), carried over from `diag::Error`.
    pub diagnosis: RefCell<Option<Box<crate::diag::Error>>>,
}

impl Native for ExceptionData {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        match (self.args.try_borrow(), self.cause.try_borrow(), self.context.try_borrow()) {
            (Ok(args), Ok(cause), Ok(context)) => {
                args.iter().for_each(|value| value.trace(visitor));
                cause.iter().for_each(|value| value.trace(visitor));
                context.iter().for_each(|value| value.trace(visitor));
            }
            _ => visitor.busy(),
        }
    }
    fn clear(&self) {
        drop((self.args.take(), self.cause.take(), self.context.take()));
    }
}
