//! Configuring mappers on first use, when all models that name each other exist.
//!
//! Owns the order, relationships' initialization and remembering failures. Must not know class bodies.
//! Mirrors `configure_mappers` of `sqlalchemy/orm/mapper.py` and `RelationshipProperty.do_init`.

use std::cell::Cell;
use std::rc::Rc;

use crate::diag::Error;
use crate::python::value::{Host, R, Raised, RaisedKind, Value, intern};

use super::errors;
use super::events::{self, MapperEvent};
use super::instrument;
use super::mapper::Mapper;
use super::property::{Property, PropertyKind};
use super::registry::Registry;
use super::relationship::join::{self, Given, JoinParts};
use super::relationship::{Direction, Lazy, PassiveDeletes, Relationship, Setup, backref, target};

thread_local! {
    static NEW: Cell<bool> = const { Cell::new(false) };
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// A mapper or property came that may need configuring.
pub fn note_new() {
    NEW.with(|new| new.set(true));
}

/// Configures all mappers if any is new; costs one look otherwise.
#[inline]
pub fn check_configured(host: &mut dyn Host) -> R<()> {
    if NEW.with(Cell::get) { configure_mappers(host) } else { Ok(()) }
}

/// `configure_mappers()`.
pub fn configure_mappers(host: &mut dyn Host) -> R<()> {
    if RUNNING.with(|running| running.replace(true)) {
        return Ok(());
    }
    let result = configure_all(host);
    RUNNING.with(|running| running.set(false));
    if result.is_ok() {
        NEW.with(|new| new.set(false));
    }
    result
}

fn configure_all(host: &mut dyn Host) -> R<()> {
    for registry in Registry::all() {
        let fresh: Vec<Rc<Mapper>> =
            registry.mappers().into_iter().filter(|mapper| !mapper.configured.get()).collect();
        for mapper in &fresh {
            call_hook(host, mapper, "__declare_first__")?;
        }
        let mut next = 0;
        loop {
            let mappers = registry.mappers();
            let Some(mapper) = mappers.get(next) else { break };
            next += 1;
            if mapper.configured.get() {
                continue;
            }
            mapper.check_failure()?;
            let class = Value::Class(mapper.class.clone());
            events::fire(host, mapper, MapperEvent::BeforeMapperConfigured, &[Value::None, class.clone()])?;
            if let Err(raised) = initialize_properties(host, mapper) {
                let (error, raised) = as_error(host, raised)?;
                if mapper.failure.borrow().is_none() {
                    *mapper.failure.borrow_mut() = Some(error);
                }
                return Err(raised);
            }
            mapper.configured.set(true);
            events::fire(host, mapper, MapperEvent::MapperConfigured, &[Value::None, class])?;
        }
        registry.stale.set(false);
        for mapper in &fresh {
            call_hook(host, mapper, "__declare_last__")?;
        }
    }
    Ok(())
}

fn call_hook(host: &mut dyn Host, mapper: &Rc<Mapper>, name: &str) -> R<()> {
    let class = Value::Class(mapper.class.clone());
    if let Some(hook) = host.find_attr(&class, &intern(name))? {
        host.call_values(&hook, &[])?;
    }
    Ok(())
}

/// The error as data, to be told again, and as it goes on.
fn as_error(host: &mut dyn Host, mut raised: Raised) -> R<(Error, Raised)> {
    if let RaisedKind::Error { error, .. } = &*raised.0 {
        return Ok((error.clone(), raised));
    }
    let value = host.exception_value(&mut raised);
    let message = host.str(&value)?;
    Ok((errors::argument(message.to_string()), raised))
}

fn initialize_properties(host: &mut dyn Host, mapper: &Rc<Mapper>) -> R<()> {
    // A backref to the same class adds to the attributes while they are walked.
    let mut next = 0;
    loop {
        let attributes = mapper.attributes();
        let Some(attribute) = attributes.get(next) else { return Ok(()) };
        next += 1;
        let own = attribute.property.try_parent().is_some_and(|parent| Rc::ptr_eq(&parent, mapper));
        if own {
            initialize_property(host, &attribute.property)?;
        }
    }
}

/// Works out a property; nothing where that was done.
pub fn initialize_property(host: &mut dyn Host, property: &Rc<Property>) -> R<()> {
    match &property.kind {
        PropertyKind::Relationship(relationship) => {
            if relationship.try_setup().is_some() {
                return Ok(());
            }
            initialize_relationship(host, property, relationship)
                .map_err(|raised| note_place(raised, property))
        }
        PropertyKind::Column(_) => {
            instrument::listen(property);
            for mapper in property.parent().self_and_descendants() {
                if let Some(attribute) = mapper.attribute_named(&property.key) {
                    attribute.listeners_changed();
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Adds the line of the attribute to an error.
fn note_place(mut raised: Raised, property: &Property) -> Raised {
    if let (RaisedKind::Error { error, .. }, Some(place)) = (&mut *raised.0, &property.place)
        && error.notes.is_empty()
    {
        let text = property.description();
        error.notes.push(crate::diag::Note { place: place.clone(), text });
    }
    raised
}

fn initialize_relationship(
    host: &mut dyn Host,
    property: &Rc<Property>,
    relationship: &Relationship,
) -> R<()> {
    let argument = relationship.argument.borrow().clone();
    let target = target::target_mapper(host, property, &argument)?;
    let mut setup = join_conditions(host, property, relationship, target)?;
    let order_by = relationship.order_by_argument.borrow().clone();
    setup.order_by = target::expressions(host, property, &order_by)?;
    setup.uselist = relationship.uselist.get().unwrap_or(setup.direction != Direction::ManyToOne);
    if matches!(relationship.lazy.get(), Lazy::Dynamic | Lazy::WriteOnly) && !setup.uselist {
        return Err(errors::dynamic_scalar(property, relationship.lazy.get().name()).into());
    }
    check_cascades(property, relationship, &setup)?;
    if relationship.cascade.get().delete_orphan {
        setup.mapper.delete_orphans.borrow_mut().push(property.clone());
    }
    relationship.set_setup(setup);
    backref::generate(host, property, relationship)?;
    instrument::listen(property);
    for mapper in property.parent().self_and_descendants() {
        let same = mapper
            .attribute_named(&property.key)
            .is_some_and(|attribute| Rc::ptr_eq(&attribute.property, property));
        if same {
            instrument::place(&mapper, property);
        }
    }
    Ok(())
}

fn join_conditions(
    host: &mut dyn Host,
    property: &Rc<Property>,
    relationship: &Relationship,
    target: Rc<Mapper>,
) -> R<Setup> {
    let secondary_argument = relationship.secondary_argument.borrow().clone();
    let secondary = target::table(host, property, &secondary_argument)?;
    let handed = relationship.primaryjoin_clause.borrow().clone();
    let primaryjoin = match handed {
        Some(clause) => Some(Given::Clause(clause)),
        None => target::condition(host, property, &relationship.primaryjoin_argument)?.map(Given::Expr),
    };
    let handed = relationship.secondaryjoin_clause.borrow().clone();
    let secondaryjoin = match handed {
        Some(clause) => Some(Given::Clause(clause)),
        None => target::condition(host, property, &relationship.secondaryjoin_argument)?.map(Given::Expr),
    };
    let foreign_keys = target::columns(host, property, &relationship.foreign_keys_argument)?;
    let remote_side = target::columns(host, property, &relationship.remote_side_argument)?;
    let parts = JoinParts {
        parent: property.parent(),
        target,
        secondary,
        primaryjoin,
        secondaryjoin,
        foreign_keys,
        remote_side,
        viewonly: relationship.viewonly,
    };
    join::determine(host, property, parts)
}

fn check_cascades(property: &Property, relationship: &Relationship, setup: &Setup) -> R<()> {
    let cascade = relationship.cascade.get();
    if cascade.delete_orphan && !relationship.single_parent && setup.direction != Direction::OneToMany {
        return Err(errors::delete_orphan_on_many(property, setup).into());
    }
    if relationship.passive_deletes == PassiveDeletes::All && (cascade.delete || cascade.delete_orphan) {
        return Err(errors::passive_deletes_all(property).into());
    }
    Ok(())
}
