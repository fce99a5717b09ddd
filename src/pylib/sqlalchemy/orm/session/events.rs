//! Session events for `event.listen`.
//!
//! Owns finding out whether a target is a session, a class of sessions, a maker or a scoped session.
//! Must not know when events are fired.

use super::object::{SESSION, plain_session};
use crate::orm::session::{SessionEvent, Target, listen, remove_listener};
use crate::pylib::sqlalchemy::event::Registration;
use crate::python::value::{Class, Gc, Host, R, Value, intern, native_class};

/// What a listener's target stands for, if it is a session's.
fn target_of(host: &mut dyn Host, value: &Value) -> R<Option<Target>> {
    if let Some(session) = plain_session(value) {
        return Ok(Some(Target::Session(session.id)));
    }
    if let Value::Class(class) = value {
        return Ok(session_class(class));
    }
    let Value::Instance(instance) = value else { return Ok(None) };
    let maker = match &*instance.class().name.borrow().clone() {
        "scoped_session" => host.get_attr(value, &intern("session_factory"))?,
        "sessionmaker" => value.clone(),
        _ => return Ok(None),
    };
    match host.find_attr(&maker, &intern("class_"))? {
        Some(Value::Class(class)) => Ok(session_class(&class)),
        _ => Ok(None),
    }
}

/// The class of sessions: `Session`, a subclass, or `scoped_session` and `sessionmaker`, which mean all sessions.
fn session_class(class: &Gc<Class>) -> Option<Target> {
    let all = native_class(&SESSION);
    if Class::is_subclass(class, &all) {
        return Some(Target::Class(class.clone()));
    }
    let name = class.name.borrow();
    matches!(&**name, "scoped_session" | "sessionmaker").then_some(Target::Class(all))
}

/// The handler of `event.listen`.
pub fn handle(host: &mut dyn Host, registration: &Registration<'_>) -> R<bool> {
    let Some(event) = SessionEvent::named(registration.name) else { return Ok(false) };
    let Some(target) = target_of(host, registration.target)? else { return Ok(false) };
    let once = registration.option(host, "once")?;
    listen(target, event, registration.function.clone(), once);
    Ok(true)
}

/// The remover of `event.remove`.
pub fn remove(host: &mut dyn Host, registration: &Registration<'_>) -> R<bool> {
    let Some(event) = SessionEvent::named(registration.name) else { return Ok(false) };
    if target_of(host, registration.target)?.is_none() {
        return Ok(false);
    }
    remove_listener(event, registration.function);
    Ok(true)
}
