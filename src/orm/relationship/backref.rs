//! The other side of a relationship: made by `backref=`, or named by `back_populates=`.
//!
//! Owns making it and checking that the two sides fit. Must not know attribute events.

use std::rc::Rc;

use crate::python::value::{Host, R, Str, Value};

use super::join::{ColumnUse, JoinClause};
use super::options::{self, Given};
use super::{Direction, Relationship};
use crate::orm::errors;
use crate::orm::instrument;
use crate::orm::property::{Property, PropertyKind};

/// Makes the property that `backref=` asks for, then ties the two sides.
pub fn generate(host: &mut dyn Host, property: &Rc<Property>, relationship: &Relationship) -> R<()> {
    let backref = relationship.backref.borrow().clone();
    if let Some((key, keywords)) = backref
        && relationship.back_populates.borrow().is_none()
    {
        make(host, property, relationship, &key, keywords)?;
    }
    let other = relationship.back_populates.borrow().clone();
    match other {
        Some(key) => tie(property, relationship, &key),
        None => Ok(()),
    }
}

fn make(
    host: &mut dyn Host,
    property: &Rc<Property>,
    relationship: &Relationship,
    key: &Str,
    mut keywords: Vec<(Str, Value)>,
) -> R<()> {
    let setup = relationship.setup();
    let target = &setup.mapper;
    let mut relatives = target.iterate_to_root();
    relatives.extend(target.self_and_descendants());
    if let Some(known) = relatives.iter().find(|mapper| mapper.attribute(key).is_some()) {
        return Err(errors::backref_exists(property, key, known).into());
    }
    let mut take = |name: &str| {
        let at = keywords.iter().position(|(known, _)| &**known == name)?;
        Some(keywords.remove(at).1)
    };
    let primaryjoin = take("primaryjoin");
    let secondaryjoin = take("secondaryjoin");
    if secondaryjoin.is_some() && setup.secondary.is_none() {
        return Err(errors::secondaryjoin_on_backref().into());
    }
    let mut set_default = |name: &str, value: Value| {
        if !keywords.iter().any(|(known, _)| &**known == name) {
            keywords.push((Str::new(name), value));
        }
    };
    set_default("foreign_keys", relationship.foreign_keys_argument.clone());
    set_default("viewonly", Value::Bool(relationship.viewonly));
    set_default("post_update", Value::Bool(relationship.post_update));
    set_default("passive_updates", Value::Bool(relationship.passive_updates));
    set_default("sync_backref", relationship.sync_backref.map_or(Value::None, Value::Bool));
    set_default("back_populates", Value::Str(property.key.clone()));
    if let Some(value) = &primaryjoin {
        set_default("primaryjoin", value.clone());
    }
    if let Some(value) = &secondaryjoin {
        set_default("secondaryjoin", value.clone());
    }
    let parent = property.parent();
    let argument = Value::Class(parent.class.clone());
    let secondary = relationship.secondary_argument.borrow().clone();
    let mut other = options::relationship(host, argument, secondary, &Given(&keywords))?;
    other.is_backref = true;
    match &setup.secondaryjoin {
        Some(second) => {
            if primaryjoin.is_none() {
                *other.primaryjoin_clause.borrow_mut() = Some(without_local(second));
            }
            if secondaryjoin.is_none() {
                *other.secondaryjoin_clause.borrow_mut() = Some(without_local(&setup.primaryjoin));
            }
        }
        None if primaryjoin.is_none() => {
            *other.primaryjoin_clause.borrow_mut() = Some(reversed(&setup.primaryjoin));
        }
        None => {}
    }
    *relationship.back_populates.borrow_mut() = Some(key.clone());
    let made =
        Property::new(key.clone(), PropertyKind::Relationship(Box::new(other)), property.place.clone());
    instrument::add_property(host, target, &made)
}

/// The condition as the other side sees it: what was far is near.
fn reversed(clause: &JoinClause) -> JoinClause {
    let uses =
        clause.uses.iter().map(|one| ColumnUse { remote: one.local, local: one.remote, ..one.clone() });
    JoinClause { expr: clause.expr.clone(), uses: uses.collect() }
}

/// A condition with a secondary table: its columns are far for both sides, near is worked out anew.
fn without_local(clause: &JoinClause) -> JoinClause {
    let uses = clause.uses.iter().map(|one| ColumnUse { local: false, ..one.clone() });
    JoinClause { expr: clause.expr.clone(), uses: uses.collect() }
}

/// Notes that two relationships are each other's other side.
fn tie(property: &Rc<Property>, relationship: &Relationship, key: &Str) -> R<()> {
    let setup = relationship.setup();
    let Some(other) = setup.mapper.property(key) else {
        return Err(errors::no_such_property(&setup.mapper, key).into());
    };
    let Some(reverse) = other.as_relationship() else {
        return Err(errors::back_populates_no_relationship(property, &other).into());
    };
    let known = relationship.reverse_properties();
    if !known.iter().any(|known| Rc::ptr_eq(known, &other)) {
        relationship.reverse.borrow_mut().push(Rc::downgrade(&other));
    }
    if !reverse.reverse_properties().iter().any(|known| Rc::ptr_eq(known, property)) {
        reverse.reverse.borrow_mut().push(Rc::downgrade(property));
    }
    let Some(other_setup) = reverse.try_setup() else { return Ok(()) };
    let parent = property.parent();
    if !Rc::ptr_eq(&other_setup.mapper.base_mapper(), &parent.base_mapper()) {
        return Err(errors::reverse_refers_elsewhere(property, key, &other, &parent).into());
    }
    if setup.direction != Direction::ManyToMany && setup.direction == other_setup.direction {
        return Err(errors::same_direction(property, &other, setup.direction).into());
    }
    Ok(())
}
