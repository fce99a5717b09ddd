//! `event.listen` for mapped classes, mappers and attributes.
//!
//! Owns finding out what the target is. Must not know when events are fired.

use std::rc::Rc;

use super::mapper_object;
use crate::orm::attribute::{Listener, QueryableAttribute};
use crate::orm::events::{self, MapperEvent, UserListener};
use crate::orm::mapper::Mapper;
use crate::pylib::sqlalchemy::event::Registration;
use crate::python::value::{Host, R, Value};

/// The attribute events.
const ATTRIBUTE_EVENTS: &[&str] = &[
    "set",
    "append",
    "remove",
    "bulk_replace",
    "modified",
    "init_scalar",
    "init_collection",
    "dispose_collection",
    "append_wo_mutation",
];

fn listener(host: &mut dyn Host, registration: &Registration<'_>) -> R<UserListener> {
    Ok(UserListener {
        function: registration.function.clone(),
        raw: registration.option(host, "raw")?,
        retval: registration.option(host, "retval")?,
        once: registration.option(host, "once")?,
        propagate: registration.option(host, "propagate")?,
    })
}

/// Registers a listener of an attribute, a mapped class, a mapper, or all mappers.
pub fn listen(host: &mut dyn Host, registration: &Registration<'_>) -> R<bool> {
    if let Some(queryable) = registration.target.payload::<QueryableAttribute>() {
        if !ATTRIBUTE_EVENTS.contains(&&**registration.name) {
            return Ok(false);
        }
        let listener = listener(host, registration)?;
        let active_history = registration.option(host, "active_history")?;
        let propagate = listener.propagate;
        let entry = Rc::new(Listener::User { event: registration.name.clone(), listener, active_history });
        let attribute = &queryable.attribute;
        let mapper = attribute.mapper();
        let heirs = if propagate { mapper.self_and_descendants() } else { vec![mapper] };
        for heir in heirs {
            if let Some(attribute) = heir.attribute_named(&attribute.key) {
                attribute.listen(entry.clone());
            }
        }
        return Ok(true);
    }
    let Some(event) = MapperEvent::named(registration.name) else { return Ok(false) };
    match registration.target {
        Value::Class(class) => {
            let entry = listener(host, registration)?;
            match Mapper::of(class) {
                Some(mapper) => mapper.events.borrow_mut().listen(event, entry),
                None if std::ptr::eq(class.native, &mapper_object::MAPPER) => {
                    events::listen_everywhere(None, event, entry)
                }
                None if class.lookup(&crate::python::value::intern("_sa_registry")).is_some() => {
                    events::listen_everywhere(Some(class.clone()), event, entry);
                }
                None => return Ok(false),
            }
            Ok(true)
        }
        other => {
            if let Some(mapper) = mapper_object::mapper_of(other) {
                let entry = listener(host, registration)?;
                mapper.events.borrow_mut().listen(event, entry);
                return Ok(true);
            }
            // `event.listens_for(Mapper, ...)` written with the module's function `mapper`.
            Ok(false)
        }
    }
}

/// Takes a listener of a mapper back.
pub fn remove(_host: &mut dyn Host, registration: &Registration<'_>) -> R<bool> {
    if let Some(queryable) = registration.target.payload::<QueryableAttribute>() {
        let attribute = &queryable.attribute;
        attribute.listeners.borrow_mut().retain(|known| {
            !matches!(&**known, Listener::User { listener, .. } if listener.function.is(registration.function))
        });
        attribute.listeners_changed();
        return Ok(true);
    }
    let (Some(event), Some(mapper)) =
        (MapperEvent::named(registration.name), mapper_object::mapper_of(registration.target))
    else {
        return Ok(false);
    };
    mapper.events.borrow_mut().remove(event, registration.function);
    Ok(true)
}
