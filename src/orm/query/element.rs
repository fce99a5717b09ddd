//! Relationships as elements of statements that the mapping layer itself makes.
//!
//! Owns the element. Must not know how attributes look to the language.

use std::any::Any;
use std::rc::Rc;

use super::entity::OrmEntity;
use super::joins::JoinAttribute;
use crate::orm::attribute::Attribute;
use crate::python::value::Value;
use crate::sql::entity::{Entity, OrmElement};

/// A relationship of an entity, to join along.
pub struct RelationshipElement(pub JoinAttribute);

impl OrmElement for RelationshipElement {
    fn identity(&self) -> usize {
        Rc::as_ptr(&self.0.property) as usize
    }
    fn parent(&self) -> Option<Rc<dyn Entity>> {
        Some(self.0.entity.into_dyn())
    }
    fn value(&self) -> Value {
        Value::None
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A relationship of an entity, perhaps to an alias of its target.
pub fn relationship_value(
    attribute: &Rc<Attribute>,
    entity: &OrmEntity,
    of_type: Option<&OrmEntity>,
) -> Rc<dyn OrmElement> {
    Rc::new(RelationshipElement(JoinAttribute {
        property: attribute.property.clone(),
        entity: entity.clone(),
        of_type: of_type.cloned(),
        criteria: Vec::new(),
    }))
}
