//! A mapper as an entity of SQL statements.
//!
//! Owns the annotated column expressions of a mapped class. Must not know aliases or statements.

use std::any::Any;
use std::rc::Rc;

use crate::python::value::{Host, R, Str, Value};
use crate::sql::entity::{Annotation, Entity};
use crate::sql::expr::{Expr, ExprNode};
use crate::sql::selectable::FromClause;

use super::attribute::Attribute;
use super::mapper::Mapper;

impl Entity for Mapper {
    fn name(&self) -> Str {
        self.class_name.clone()
    }

    fn selectable(&self) -> FromClause {
        self.selectable.clone()
    }

    fn columns(&self) -> Vec<Expr> {
        super::query::entity::OrmEntity::Mapper(self.rc()).columns()
    }

    fn identity(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    fn attribute(&self, host: &mut dyn Host, name: &Str) -> R<Option<Value>> {
        host.find_attr(&Value::Class(self.class.clone()), name)
    }

    fn value(&self) -> Value {
        Value::Class(self.class.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Attribute {
    /// The column (or expression) of a column attribute, annotated with the class's entity.
    pub fn expr(&self) -> Expr {
        if let Some(known) = &*self.expression.borrow() {
            return known.clone();
        }
        let property = self.property.as_column().expect("only column attributes are expressions");
        let mapper: Rc<Mapper> = self.mapper();
        let annotation = Annotation { entity: mapper, key: self.key.clone() };
        let made = ExprNode::annotated(&property.expression(), annotation);
        *self.expression.borrow_mut() = Some(made.clone());
        made
    }
}
