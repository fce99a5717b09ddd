//! Listeners of mappers and instances.
//!
//! Owns the lists and firing them. Must not know who fires them when (the unit of work, the loader).

use std::cell::RefCell;

use crate::python::value::{CallArgs, Class, Gc, Host, R, Value};

use super::mapper::Mapper;

/// A function given to `event.listen` or `@event.listens_for`.
#[derive(Clone)]
pub struct UserListener {
    pub function: Value,
    pub raw: bool,
    /// Its return value replaces the value in flight.
    pub retval: bool,
    pub once: bool,
    pub propagate: bool,
}

/// The names of the mapper and instance events that can be listened to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MapperEvent {
    BeforeInsert,
    AfterInsert,
    BeforeUpdate,
    AfterUpdate,
    BeforeDelete,
    AfterDelete,
    Load,
    Refresh,
    RefreshFlush,
    Expire,
    Init,
    InitFailure,
    FirstInit,
    InstrumentClass,
    MapperConfigured,
    BeforeMapperConfigured,
    AfterMapperConstructed,
    BeforeConfigured,
    AfterConfigured,
}

impl MapperEvent {
    pub fn named(name: &str) -> Option<MapperEvent> {
        use MapperEvent::*;
        Some(match name {
            "before_insert" => BeforeInsert,
            "after_insert" => AfterInsert,
            "before_update" => BeforeUpdate,
            "after_update" => AfterUpdate,
            "before_delete" => BeforeDelete,
            "after_delete" => AfterDelete,
            "load" => Load,
            "refresh" => Refresh,
            "refresh_flush" => RefreshFlush,
            "expire" => Expire,
            "init" => Init,
            "init_failure" => InitFailure,
            "first_init" => FirstInit,
            "instrument_class" => InstrumentClass,
            "mapper_configured" => MapperConfigured,
            "before_mapper_configured" => BeforeMapperConfigured,
            "after_mapper_constructed" => AfterMapperConstructed,
            "before_configured" => BeforeConfigured,
            "after_configured" => AfterConfigured,
            _ => return None,
        })
    }
}

/// The listeners of one mapper.
#[derive(Default)]
pub struct MapperEvents {
    listeners: Vec<(MapperEvent, UserListener)>,
}

impl MapperEvents {
    pub fn listen(&mut self, event: MapperEvent, listener: UserListener) {
        self.listeners.push((event, listener));
    }

    pub fn remove(&mut self, event: MapperEvent, function: &Value) {
        self.listeners.retain(|(known, listener)| *known != event || !listener.function.is(function));
    }
}

/// A listener for the heirs of a class, or (without one) for every mapper.
type Global = (Option<Gc<Class>>, MapperEvent, UserListener);

thread_local! {
    static EVERYWHERE: RefCell<Vec<Global>> = const { RefCell::new(Vec::new()) };
}

/// Listens to all mappers, or to those of a class's heirs, present and to come.
pub fn listen_everywhere(base: Option<Gc<Class>>, event: MapperEvent, listener: UserListener) {
    EVERYWHERE.with(|all| all.borrow_mut().push((base, event, listener)));
}

fn everywhere(mapper: &Mapper, event: MapperEvent) -> Vec<UserListener> {
    EVERYWHERE.with(|all| {
        let all = all.borrow();
        let fitting = all.iter().filter(|(base, known, _)| {
            *known == event && base.as_ref().is_none_or(|base| Class::is_subclass(&mapper.class, base))
        });
        fitting.map(|(_, _, listener)| listener.clone()).collect()
    })
}

/// The listeners of an event: of the mapper, those of its parents that propagate, those for all.
pub fn listeners(mapper: &Mapper, event: MapperEvent) -> Vec<UserListener> {
    let mut found = Vec::new();
    let mut here = Some(mapper);
    while let Some(above) = here {
        let own = std::ptr::eq(mapper, above);
        let events = above.events.borrow();
        let matching = events
            .listeners
            .iter()
            .filter(|(known, listener)| *known == event && (own || listener.propagate));
        found.extend(matching.map(|(_, listener)| listener.clone()));
        here = above.inherits.as_deref();
    }
    found.extend(everywhere(mapper, event));
    found
}

/// Whether anything listens; cheap enough for every row.
pub fn has_listeners(mapper: &Mapper, event: MapperEvent) -> bool {
    let mut here = Some(mapper);
    while let Some(above) = here {
        if above.events.borrow().listeners.iter().any(|(known, _)| *known == event) {
            return true;
        }
        here = above.inherits.as_deref();
    }
    let any = EVERYWHERE.with(|all| !all.borrow().is_empty());
    any && !everywhere(mapper, event).is_empty()
}

/// Calls the listeners of an event with positional arguments.
pub fn fire(host: &mut dyn Host, mapper: &Mapper, event: MapperEvent, args: &[Value]) -> R<()> {
    if !has_listeners(mapper, event) {
        return Ok(());
    }
    for listener in listeners(mapper, event) {
        host.call(&listener.function, CallArgs::positional(args))?;
    }
    Ok(())
}

/// Tells the listeners of `init` that an instance is about to be initialized.
pub fn fire_init(host: &mut dyn Host, mapper: &Mapper, instance: &Value) -> R<()> {
    if !has_listeners(mapper, MapperEvent::Init) {
        return Ok(());
    }
    let args = Value::tuple(Vec::new());
    let keywords = Value::Dict(crate::python::value::Gc::new(crate::python::value::Dict::new()));
    fire(host, mapper, MapperEvent::Init, &[instance.clone(), args, keywords])
}
