//! The registry of a declarative base: its classes by name, its mappers, its metadata.
//!
//! Owns looking classes up by (dotted) name. Must not know how mappers are made or configured.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use indexmap::IndexMap;

use crate::python::value::{Class, Gc, Str, Value};
use crate::sql::schema::MetaData;

use super::mapper::Mapper;

thread_local! {
    static REGISTRIES: RefCell<Vec<Weak<Registry>>> = const { RefCell::new(Vec::new()) };
}

/// One declarative registry.
pub struct Registry {
    pub metadata: RefCell<Rc<MetaData>>,
    /// Annotated Python types to column types, as the user gave them; a dictionary or None.
    pub type_annotation_map: RefCell<Value>,
    /// Mapped classes by their bare names, in the order of definition.
    classes: RefCell<IndexMap<Str, Vec<Gc<Class>>>>,
    mappers: RefCell<Vec<Rc<Mapper>>>,
    /// A mapper was added since everything was configured.
    pub stale: Cell<bool>,
    /// The object that the language holds.
    pub object: RefCell<Value>,
}

impl Registry {
    pub fn new(metadata: Rc<MetaData>) -> Rc<Registry> {
        let registry = Rc::new(Registry {
            metadata: RefCell::new(metadata),
            type_annotation_map: RefCell::new(Value::None),
            classes: RefCell::default(),
            mappers: RefCell::default(),
            stale: Cell::new(false),
            object: RefCell::new(Value::Unset),
        });
        REGISTRIES.with(|all| all.borrow_mut().push(Rc::downgrade(&registry)));
        registry
    }

    /// Every registry that is alive, in the order in which they were made.
    pub fn all() -> Vec<Rc<Registry>> {
        REGISTRIES.with(|all| all.borrow().iter().filter_map(Weak::upgrade).collect())
    }

    /// Puts other registries in the place of those that are known, and gives these: a program that is read anew
    /// begins with none.
    pub fn exchange(others: Vec<Rc<Registry>>) -> Vec<Rc<Registry>> {
        let before = Registry::all();
        REGISTRIES.with(|all| *all.borrow_mut() = others.iter().map(Rc::downgrade).collect());
        before
    }

    pub fn add_class(&self, class: &Gc<Class>) {
        let name = class.name.borrow().clone();
        self.classes.borrow_mut().entry(name).or_default().push(class.clone());
    }

    pub(super) fn add_mapper(&self, mapper: &Rc<Mapper>) {
        self.mappers.borrow_mut().push(mapper.clone());
        self.stale.set(true);
    }

    pub fn n_mappers(&self) -> usize {
        self.mappers.borrow().len()
    }

    /// The mappers in the order of definition.
    pub fn mappers(&self) -> Vec<Rc<Mapper>> {
        self.mappers.borrow().clone()
    }

    /// The classes that have this bare name.
    pub fn classes_named(&self, name: &str) -> Vec<Gc<Class>> {
        let classes = self.classes.borrow();
        classes
            .iter()
            .find(|(known, _)| &***known == name)
            .map(|(_, found)| found.clone())
            .unwrap_or_default()
    }

    /// The names of all classes, in the order of definition.
    pub fn class_names(&self) -> Vec<Str> {
        self.classes.borrow().keys().cloned().collect()
    }

    /// The mapper of each table-mapped class whose class has this bare name.
    pub fn mappers_named(&self, name: &str) -> Vec<Rc<Mapper>> {
        self.classes_named(name).iter().filter_map(|class| Mapper::of(class)).collect()
    }

    /// Forgets all mappers and classes (`clear_mappers()`).
    pub fn dispose(&self) {
        let classes = self.classes.take();
        let mappers = self.mappers.take();
        drop((classes, mappers));
    }
}
