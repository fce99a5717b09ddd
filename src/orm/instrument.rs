//! Properties put on classes: the descriptor that the language sees, and the attribute behind it.
//!
//! Owns adding a property to a mapper and its heirs. Must not know what class bodies look like.

use std::cell::Cell;
use std::rc::Rc;

use crate::python::value::{Host, NativeType, R, Value};

use super::attribute::{Attribute, AttributeKind, Listener, QueryableAttribute};
use super::configure;
use super::mapper::Mapper;
use super::property::{Property, PropertyKind};
use super::relationship::{Direction, Lazy};

thread_local! {
    static DESCRIPTOR: Cell<Option<&'static NativeType>> = const { Cell::new(None) };
}

/// The face's registration of `InstrumentedAttribute`.
pub fn register_descriptor(kind: &'static NativeType) {
    DESCRIPTOR.with(|descriptor| descriptor.set(Some(kind)));
}

/// Adds a property to a mapper and all that inherit from it; configures it if the mapper is configured already.
pub fn add_property(host: &mut dyn Host, mapper: &Rc<Mapper>, property: &Rc<Property>) -> R<()> {
    property.set_parent(mapper);
    place(mapper, property);
    for heir in mapper.self_and_descendants().into_iter().skip(1) {
        let own = heir.attribute(&property.key).is_some_and(|known| !Rc::ptr_eq(&known.property, property));
        if !own {
            place(&heir, property);
        }
    }
    if mapper.configured.get() {
        configure::initialize_property(host, property)?;
    } else {
        mapper.registry.stale.set(true);
    }
    configure::note_new();
    Ok(())
}

/// Makes the attribute of one class and its descriptor.
pub fn place(mapper: &Rc<Mapper>, property: &Rc<Property>) -> Rc<Attribute> {
    let kind = match &property.kind {
        PropertyKind::Column(_) | PropertyKind::Disabled => AttributeKind::Scalar,
        PropertyKind::Composite(_) | PropertyKind::Synonym(_) => AttributeKind::Proxy,
        PropertyKind::Relationship(relationship) => match (relationship.lazy.get(), relationship.try_setup())
        {
            (Lazy::Dynamic, _) => AttributeKind::Dynamic,
            (Lazy::WriteOnly, _) => AttributeKind::WriteOnly,
            (_, Some(setup)) if setup.uselist => AttributeKind::Collection,
            _ => AttributeKind::Object,
        },
    };
    let attribute = Attribute::new(mapper, property, kind);
    match &property.kind {
        PropertyKind::Column(column) => {
            let is_key = column.columns.borrow().first().is_some_and(|expression| {
                super::property::table_column(expression).is_some_and(|column| column.primary_key.get())
            });
            attribute.active_history.set(is_key || column.active_history.get());
        }
        PropertyKind::Relationship(relationship) => {
            if let Some(setup) = relationship.try_setup() {
                let simple = setup.use_get;
                attribute.active_history.set(relationship.active_history || relationship.single_parent);
                attribute.deferred_history.set(!relationship.active_history && !simple);
                let to_many = setup.direction == Direction::OneToMany;
                attribute.track_parent.set(relationship.single_parent || to_many);
            }
        }
        _ => {}
    }
    if let Some(before) = mapper.attribute_named(&property.key) {
        attribute.listeners.borrow_mut().extend(before.listeners.borrow().iter().cloned());
    }
    if let Some(kind) = DESCRIPTOR.with(Cell::get) {
        let payload = QueryableAttribute {
            attribute: attribute.clone(),
            entity: None,
            of_type: None,
            criteria: Vec::new(),
        };
        let descriptor = Value::native(kind, payload);
        *attribute.descriptor.borrow_mut() = descriptor.clone();
        mapper.class.set_attribute(&crate::python::value::intern(&property.key), descriptor);
    }
    mapper.add_attribute(attribute.clone());
    attribute
}

/// The listeners that a property itself brings, in their order.
pub fn listen(property: &Rc<Property>) {
    let parent = property.parent();
    let mut listeners = Vec::new();
    let relationship = property.as_relationship();
    if relationship.is_some_and(|relationship| relationship.single_parent) {
        listeners.push(Rc::new(Listener::SingleParent));
    }
    if let Some(validator) = parent.validators.borrow().get(&property.key) {
        listeners.push(Rc::new(Listener::Validator {
            function: validator.function.clone(),
            include_removes: validator.include_removes,
            include_backrefs: validator.include_backrefs,
        }));
    }
    if let Some(relationship) = relationship {
        listeners.push(Rc::new(Listener::Cascade));
        let back_populates = relationship.back_populates.borrow().clone();
        if let Some(key) = back_populates
            && !relationship.viewonly
            && relationship.sync_backref != Some(false)
        {
            let key = crate::python::value::intern(&key);
            listeners.push(Rc::new(Listener::Backref { key, uselist: relationship.uses_list() }));
        }
    }
    *property.listeners.borrow_mut() = listeners;
}
