//! Classes, whether written in the language or native.
//!
//! Owns: names, bases, the method resolution order, the class dictionary, the numbering of instance attributes, and
//! the one `Class` of each native type and exception row. Must not know descriptors, metaclass calls or mapping.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{Dict, Gc, Managed, NativeFunction, NativeType, Payload, Str, Value, Visitor, intern};
use crate::diag::ExcClass;

/// What a layer above attaches to a class (the ORM its mapper).
pub trait ClassHooks: Any {
    /// The payload of a new instance, made before `__init__` runs.
    fn new_payload(&self, _class: &Gc<Class>) -> Option<Payload> {
        None
    }
    fn trace(&self, _visitor: &mut Visitor<'_>) {}
}

/// A class object.
pub struct Class {
    pub name: RefCell<Str>,
    pub qualname: RefCell<Str>,
    pub bases: RefCell<Vec<Gc<Class>>>,
    /// The method resolution order, from the class itself to `object`; the first entry is left out.
    mro_tail: RefCell<Vec<Gc<Class>>>,
    pub dict: Gc<Dict>,
    pub metaclass: RefCell<Option<Gc<Class>>>,
    /// The nearest native type among the bases, `object` at the last.
    pub native: &'static NativeType,
    /// The exception row that this class was made from.
    pub exception: Option<&'static ExcClass>,
    pub hooks: OnceCell<Rc<dyn ClassHooks>>,
    /// Addresses of the classes derived from this one directly, with a weak hold on them.
    subclasses: RefCell<Vec<WeakClass>>,
    /// Whether the class is a row's own, not one written in the language.
    pub is_native: Cell<bool>,
    /// Whether the class or a base has `__del__`.
    pub finalizes: Cell<bool>,
    /// Whether instances take attributes of their own (no `__slots__`, not a builtin).
    pub has_dict: Cell<bool>,
    names: RefCell<Vec<Str>>,
    numbers: RefCell<FxHashMap<usize, u32>>,
    lookups: RefCell<(u32, FxHashMap<usize, Option<Value>>)>,
    /// Whether instances keep plain attributes in numbered slots, with the epoch in which that was found out.
    slot_mode: Cell<(u32, bool)>,
}

type WeakClass = super::WeakPtr<Class>;

thread_local! {
    static EPOCH: Cell<u32> = const { Cell::new(1) };
    static NATIVE: RefCell<FxHashMap<usize, Gc<Class>>> = RefCell::new(FxHashMap::default());
}

/// Grows whenever any class changes: inline caches that saw an older number look again.
#[inline(always)]
pub fn class_epoch() -> u32 {
    EPOCH.with(Cell::get)
}

impl Class {
    /// A class with its resolution order (without the class itself) already worked out.
    pub fn new(
        name: Str,
        bases: Vec<Gc<Class>>,
        mro_tail: Vec<Gc<Class>>,
        dict: Gc<Dict>,
        native: &'static NativeType,
    ) -> Gc<Class> {
        // A new class may stand where a dropped one stood: caches that know classes by address must not mix them up.
        EPOCH.with(|epoch| epoch.set(epoch.get() + 1));
        Gc::new(Class {
            qualname: RefCell::new(name.clone()),
            name: RefCell::new(name),
            bases: RefCell::new(bases),
            mro_tail: RefCell::new(mro_tail),
            dict,
            metaclass: RefCell::new(None),
            native,
            exception: None,
            hooks: OnceCell::new(),
            subclasses: RefCell::new(Vec::new()),
            is_native: Cell::new(false),
            finalizes: Cell::new(false),
            has_dict: Cell::new(true),
            names: RefCell::new(Vec::new()),
            numbers: RefCell::new(FxHashMap::default()),
            lookups: RefCell::new((0, FxHashMap::default())),
            slot_mode: Cell::new((0, false)),
        })
    }

    /// The whole resolution order, the class itself first.
    pub fn mro(this: &Gc<Class>) -> Vec<Gc<Class>> {
        let mut order = vec![this.clone()];
        order.extend(this.mro_tail.borrow().iter().cloned());
        order
    }

    /// Whether instances keep plain attributes in numbered slots; `find_out` is asked once an epoch.
    #[inline]
    pub fn keeps_slots(&self, find_out: impl FnOnce() -> bool) -> bool {
        let (epoch, keeps) = self.slot_mode.get();
        if epoch == class_epoch() {
            return keeps;
        }
        let keeps = find_out();
        self.slot_mode.set((class_epoch(), keeps));
        keeps
    }

    /// Notes a class derived from this one. The derived class takes itself off when it goes.
    pub fn add_subclass(&self, class: &Gc<Class>) {
        self.subclasses.borrow_mut().push(Gc::downgrade(class));
    }

    pub fn subclasses(&self) -> Vec<Gc<Class>> {
        self.subclasses.borrow().iter().filter_map(super::WeakPtr::upgrade).collect()
    }

    /// Visits the classes behind this one in its resolution order.
    pub fn each_base(&self, visit: impl FnMut(&Gc<Class>)) {
        self.mro_tail.borrow().iter().for_each(visit);
    }

    pub fn set_mro_tail(&self, tail: Vec<Gc<Class>>) {
        *self.mro_tail.borrow_mut() = tail;
        EPOCH.with(|epoch| epoch.set(epoch.get() + 1));
    }

    /// The name as CPython's messages about operands and attributes show it: types that CPython writes in C carry
    /// their module, classes written in the language do not.
    pub fn display_name(&self) -> Str {
        const IN_C: &[&str] = &["datetime", "decimal", "re", "time", "types"];
        if self.is_native.get() && IN_C.contains(&self.native.module) {
            return format!("{}.{}", self.native.module, self.native.name).into();
        }
        self.name.borrow().clone()
    }

    pub fn is_subclass(this: &Gc<Class>, other: &Gc<Class>) -> bool {
        Gc::ptr_eq(this, other) || this.mro_tail.borrow().iter().any(|class| Gc::ptr_eq(class, other))
    }

    /// The attribute as it stands in the dictionaries along the resolution order, no descriptor asked.
    /// `name` must be interned.
    pub fn lookup(&self, name: &Str) -> Option<Value> {
        let epoch = class_epoch();
        {
            let lookups = self.lookups.borrow();
            if lookups.0 == epoch
                && let Some(found) = lookups.1.get(&name.address())
            {
                return found.clone();
            }
        }
        let found = self
            .dict
            .get_str(name)
            .or_else(|| self.mro_tail.borrow().iter().find_map(|class| class.dict.get_str(name)));
        let mut lookups = self.lookups.borrow_mut();
        if lookups.0 != epoch {
            lookups.0 = epoch;
            lookups.1.clear();
        }
        lookups.1.insert(name.address(), found.clone());
        found
    }

    /// The lookup that `super()` makes: along this class's order, behind `after`.
    pub fn lookup_after(this: &Gc<Class>, after: &Gc<Class>, name: &Str) -> Option<Value> {
        let order = Class::mro(this);
        let rest = order.iter().skip_while(|class| !Gc::ptr_eq(class, after)).skip(1);
        rest.into_iter().find_map(|class| class.dict.get_str(name))
    }

    pub fn set_attribute(&self, name: &Str, value: Value) {
        self.dict.set_str(name, value);
        EPOCH.with(|epoch| epoch.set(epoch.get() + 1));
    }

    pub fn remove_attribute(&self, name: &Str) -> Option<Value> {
        EPOCH.with(|epoch| epoch.set(epoch.get() + 1));
        self.dict.remove_str(name)
    }

    /// The number of an instance attribute, if the class has one for it. `name` must be interned.
    #[inline]
    pub fn slot_of(&self, name: &Str) -> Option<usize> {
        self.numbers.borrow().get(&name.address()).map(|&number| number as usize)
    }

    /// The number of an instance attribute, given one if need be. `name` must be interned.
    pub fn number(&self, name: &Str) -> usize {
        if let Some(number) = self.slot_of(name) {
            return number;
        }
        let mut names = self.names.borrow_mut();
        let number = names.len();
        names.push(name.clone());
        self.numbers.borrow_mut().insert(name.address(), number as u32);
        // Caches may have noted that instances have no place for this name.
        EPOCH.with(|epoch| epoch.set(epoch.get() + 1));
        number
    }

    /// The numbered attribute names, in the order of their numbers.
    pub fn slot_names(&self) -> Vec<Str> {
        self.names.borrow().clone()
    }

    /// The attachment of a layer above, as its own type.
    pub fn hooks_as<T: ClassHooks>(&self) -> Option<&T> {
        let hooks: &dyn Any = &**self.hooks.get()?;
        hooks.downcast_ref::<T>()
    }
}

impl Drop for Class {
    fn drop(&mut self) {
        for base in self.bases.borrow().iter() {
            // Only classes that are on their way out answer None: this one among them.
            base.subclasses.borrow_mut().retain(|class| class.upgrade().is_some());
        }
    }
}

impl Managed for Class {
    const TRACKED: bool = true;
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.gc(&self.dict);
        self.bases.borrow().iter().for_each(|class| visitor.gc(class));
        self.mro_tail.borrow().iter().for_each(|class| visitor.gc(class));
        if let Some(metaclass) = &*self.metaclass.borrow() {
            visitor.gc(metaclass);
        }
        let lookups = self.lookups.borrow();
        lookups.1.values().flatten().for_each(|value| value.trace(visitor));
        if let Some(hooks) = self.hooks.get() {
            hooks.trace(visitor);
        }
    }
    fn clear(&self) {
        let lookups = std::mem::take(&mut self.lookups.borrow_mut().1);
        self.dict.clear();
        drop(lookups);
    }
}

/// The class object of a native type on this thread; made on first use, its rows put into its dictionary.
pub fn native_class(kind: &'static NativeType) -> Gc<Class> {
    let key = kind as *const NativeType as usize;
    if let Some(class) = NATIVE.with(|classes| classes.borrow().get(&key).cloned()) {
        return class;
    }
    let bases: Vec<Gc<Class>> = kind.bases.iter().map(|base| native_class(base)).collect();
    let mut tail: Vec<Gc<Class>> = Vec::new();
    for base in &bases {
        for class in Class::mro(base) {
            tail.retain(|known| !Gc::ptr_eq(known, &class));
            tail.push(class);
        }
    }
    let class = Class::new(intern(kind.name), bases, tail, Gc::new(Dict::new()), kind);
    class.is_native.set(true);
    class.has_dict.set(kind.has_dict);
    NATIVE.with(|classes| classes.borrow_mut().insert(key, class.clone()));
    class.dict.set("__module__", Value::str(kind.module));
    if !kind.doc.is_empty() {
        class.dict.set("__doc__", Value::str(kind.doc));
    }
    let owner = Value::Class(class.clone());
    for row in super::dunders::dunder_rows(kind) {
        class.dict.set(row.name, super::dunders::slot_method(row, &owner));
    }
    for row in kind.methods {
        let function =
            NativeFunction { row, receiver: Value::Unset, owner: owner.clone(), data: Value::Unset };
        class.dict.set(row.name, Value::Native(Gc::new(function)));
    }
    for (name, constant) in kind.constants {
        class.dict.set(name, constant());
    }
    class
}

/// The class object of an exception row on this thread.
pub fn exception_class(row: &'static ExcClass) -> Gc<Class> {
    let key = row as *const ExcClass as usize;
    if let Some(class) = NATIVE.with(|classes| classes.borrow().get(&key).cloned()) {
        return class;
    }
    let base = match row.parent {
        Some(parent) => exception_class(parent),
        None => native_class(&super::rows::OBJECT),
    };
    let native = if row.parent.is_some() { base.native } else { &super::BASE_EXCEPTION };
    let mut tail = Class::mro(&base);
    let mut bases = vec![base];
    if let Some(also) = row.also {
        let also = exception_class(also);
        let second = Class::mro(&also);
        tail.retain(|class| !second.iter().any(|other| Gc::ptr_eq(class, other)));
        tail.extend(second);
        bases.push(also);
    }
    let class = Gc::new(Class {
        qualname: RefCell::new(intern(row.name)),
        name: RefCell::new(intern(row.name)),
        bases: RefCell::new(bases),
        mro_tail: RefCell::new(tail),
        dict: Gc::new(Dict::new()),
        metaclass: RefCell::new(None),
        native,
        exception: Some(row),
        hooks: OnceCell::new(),
        subclasses: RefCell::new(Vec::new()),
        is_native: Cell::new(true),
        finalizes: Cell::new(false),
        has_dict: Cell::new(true),
        names: RefCell::new(Vec::new()),
        numbers: RefCell::new(FxHashMap::default()),
        lookups: RefCell::new((0, FxHashMap::default())),
        slot_mode: Cell::new((0, false)),
    });
    class.dict.set("__module__", Value::str(row.module));
    if row.parent.is_none() {
        let owner = Value::Class(class.clone());
        for row in super::dunders::dunder_rows(native).into_iter().chain(native.methods) {
            class.dict.set(row.name, super::dunders::slot_method(row, &owner));
        }
    }
    NATIVE.with(|classes| classes.borrow_mut().insert(key, class.clone()));
    class
}
