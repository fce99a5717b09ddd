//! Instances: of classes written in the language, and of native types by their payload.
//!
//! Owns the two places where attributes live: numbered slots and an optional dictionary.
//! Must not know descriptors or attribute lookup.
//!
//! A class numbers the attribute names that its instances use (`Class::slot_of`), so that an attribute that an
//! inline cache has seen is one index away. A mapped class numbers its columns and relationships first.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell, UnsafeCell};

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
///
/// The parts are plain cells: nothing below calls the language, or anything that could come back here, while it looks
/// at one, and what was in a cell is dropped only after the cell holds something else.
pub struct Instance {
    class: UnsafeCell<Gc<Class>>,
    /// By number; `Unset` where the attribute is not there (or, in a mapped class, not loaded).
    slots: UnsafeCell<Vec<Value>>,
    /// Attributes without a number, or all of them once somebody asked for `__dict__`.
    dict: UnsafeCell<Option<Gc<Dict>>>,
    payload: OnceCell<Payload>,
    /// Whether `__del__` has had its turn.
    finalized: Cell<bool>,
    /// Whether the collector does not know the object, which holds nothing yet that could be part of a cycle.
    plain: Cell<bool>,
}

impl Instance {
    fn bare(class: Gc<Class>, slots: Vec<Value>, payload: OnceCell<Payload>, plain: bool) -> Instance {
        Instance {
            class: UnsafeCell::new(class),
            slots: UnsafeCell::new(slots),
            dict: UnsafeCell::new(None),
            payload,
            finalized: Cell::new(false),
            plain: Cell::new(plain),
        }
    }

    /// An instance with nothing in it yet.
    pub fn new(class: Gc<Class>) -> Gc<Instance> {
        Gc::new(Self::bare(class, Vec::new(), OnceCell::new(), false))
    }

    /// An instance of a class that derives from a native type.
    pub fn with_payload(class: Gc<Class>, payload: Payload) -> Gc<Instance> {
        Gc::new(Self::bare(class, Vec::new(), OnceCell::from(payload), false))
    }

    /// An instance with all that it holds, which the collector need not know before it holds something that can be
    /// part of a cycle. The class must be one that stays, and the payload hold no such thing either.
    pub fn plain(class: Gc<Class>, slots: Vec<Value>, payload: Payload) -> Gc<Instance> {
        if slots.iter().any(Value::is_tracked) {
            return Gc::new(Self::bare(class, slots, OnceCell::from(payload), false));
        }
        Gc::new_untracked(Self::bare(class, slots, OnceCell::from(payload), true))
    }

    pub fn native<T: Native>(kind: &'static NativeType, payload: T) -> Gc<Instance> {
        Self::with_payload(native_class(kind), Box::new(payload))
    }

    #[inline(always)]
    fn parts(&self) -> (&Gc<Class>, &Vec<Value>, &Option<Gc<Dict>>) {
        // SAFETY: see the type; callers let go of the references before anything is replaced.
        unsafe { (&*self.class.get(), &*self.slots.get(), &*self.dict.get()) }
    }

    #[inline(always)]
    #[expect(
        clippy::mut_from_ref,
        reason = "a cell that is looked at in few places, none of which calls out"
    )]
    fn slots_mut(&self) -> &mut Vec<Value> {
        // SAFETY: as in `parts`.
        unsafe { &mut *self.slots.get() }
    }

    /// Tells the collector of the object, before something is put into it that can be part of a cycle.
    #[inline(always)]
    fn receives(&self, value: &Value) {
        if self.plain.get() && value.is_tracked() {
            self.become_tracked();
        }
    }

    /// Tells the collector of an object that it does not know yet.
    #[cold]
    #[inline(never)]
    fn become_tracked(&self) {
        self.plain.set(false);
        // SAFETY: every instance is made within a counted box (`bare` is private).
        unsafe { super::heap::track_late(self) };
    }

    /// For payloads that come to hold values: from now on the collector looks at the object.
    pub fn ensure_tracked(&self) {
        if self.plain.get() {
            self.become_tracked();
        }
    }

    #[inline(always)]
    pub fn class(&self) -> Gc<Class> {
        self.parts().0.clone()
    }

    #[inline(always)]
    pub fn has_class(&self, class: &Gc<Class>) -> bool {
        Gc::ptr_eq(self.parts().0, class)
    }

    pub fn set_class(&self, class: Gc<Class>) {
        self.ensure_tracked();
        // SAFETY: as in `parts`; the old class is dropped when the new one is in place.
        let before = unsafe { std::ptr::replace(self.class.get(), class) };
        drop(before);
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
        Gc::address(self.parts().0)
    }

    #[inline(always)]
    pub fn has_no_dict(&self) -> bool {
        self.parts().2.is_none()
    }

    /// Sets a numbered attribute of an instance that keeps its attributes in slots, if the order of the numbers
    /// stays the order in which they were set; else gives the value back.
    #[inline(always)]
    pub fn set_slot_in_order(&self, index: usize, value: Value) -> Result<Value, Value> {
        let slots = self.slots_mut();
        if let Some(slot) = slots.get_mut(index) {
            if slot.is_unset() {
                return Err(value);
            }
            self.receives(&value);
            return Ok(std::mem::replace(slot, value));
        }
        if !self.has_no_dict() {
            return Err(value);
        }
        self.receives(&value);
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
        self.parts().1.get(index).cloned().unwrap_or(Value::Unset)
    }

    #[inline(always)]
    pub fn slot_is_unset(&self, index: usize) -> bool {
        self.parts().1.get(index).is_none_or(Value::is_unset)
    }

    /// Puts a value into a slot and returns what was there.
    #[inline(always)]
    pub fn set_slot(&self, index: usize, value: Value) -> Value {
        self.receives(&value);
        let slots = self.slots_mut();
        if index >= slots.len() {
            slots.resize(index + 1, Value::Unset);
        }
        std::mem::replace(&mut slots[index], value)
    }

    /// Takes the first `count` slots, and gives back their memory if there are no others.
    pub fn take_slots(&self, count: usize) -> Vec<Value> {
        let slots = self.slots_mut();
        if slots.len() <= count {
            return std::mem::take(slots);
        }
        slots[..count].iter_mut().map(|slot| std::mem::replace(slot, Value::Unset)).collect()
    }

    pub fn dict(&self) -> Option<Gc<Dict>> {
        self.parts().2.clone()
    }

    /// The dictionary, made on first use.
    pub fn dict_or_new(&self) -> Gc<Dict> {
        if self.has_no_dict() {
            self.set_dict(Gc::new(Dict::new()));
        }
        self.dict().expect("just made")
    }

    pub fn set_dict(&self, dict: Gc<Dict>) {
        self.ensure_tracked();
        // SAFETY: as in `parts`; the old dictionary is dropped when the new one is in place.
        let before = unsafe { std::ptr::replace(self.dict.get(), Some(dict)) };
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
        *heir.slots_mut() = std::mem::take(self.slots.get_mut());
        if let Some(dict) = self.dict.get_mut().take() {
            heir.set_dict(dict);
        }
        super::put_off(Value::Instance(heir));
    }
}

impl Managed for Instance {
    const TRACKED: bool = true;
    fn trace(&self, visitor: &mut Visitor<'_>) {
        let (class, slots, dict) = self.parts();
        visitor.gc(class);
        slots.iter().for_each(|value| value.trace(visitor));
        dict.iter().for_each(|dict| visitor.gc(dict));
        if let Some(payload) = self.payload.get() {
            payload.trace(visitor);
        }
    }
    fn clear(&self) {
        let slots = std::mem::take(self.slots_mut());
        // SAFETY: as in `parts`; the dictionary is dropped at the end.
        let dict = unsafe { std::ptr::replace(self.dict.get(), None) };
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
