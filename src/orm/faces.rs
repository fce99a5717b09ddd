//! How the language shows what this layer knows as Rust types: mappers, connections.
//!
//! Owns the places; `pylib` fills them when it starts. Must not know the objects' types.

use std::cell::Cell;
use std::rc::Rc;

use super::mapper::Mapper;
use crate::python::value::{Gc, Host, Instance, Known, R, Value};
use crate::sql::entity::{self, Element};
use crate::sql::expr::Expr;

type MapperFace = fn(&mut dyn Host, &Rc<Mapper>) -> R<Value>;

thread_local! {
    static MAPPER: Cell<Option<MapperFace>> = const { Cell::new(None) };
}

pub fn register_mapper(face: MapperFace) {
    MAPPER.with(|place| place.set(Some(face)));
}

pub use crate::engine::defaults::{
    connection_face as connection, register_connection_face as register_connection,
};

/// The mapper as listeners receive it.
pub fn mapper(host: &mut dyn Host, mapper: &Rc<Mapper>) -> R<Value> {
    match MAPPER.with(Cell::get) {
        Some(face) => face(host, mapper),
        None => Ok(Value::Class(mapper.class.clone())),
    }
}

/// The SQL expression that an attribute's value is (`student.score = Student.score + 1`), if it is one.
#[inline]
pub fn sql_expression(host: &mut dyn Host, value: &Value) -> R<Option<Expr>> {
    match value {
        Value::Instance(instance) if !is_plain_data(instance) => expression_of(host, value),
        _ => Ok(None),
    }
}

/// Dates, decimals and such, which are never SQL.
fn is_plain_data(instance: &Gc<Instance>) -> bool {
    const PLAIN: [Known; 6] =
        [Known::Date, Known::Time, Known::DateTime, Known::Timedelta, Known::Decimal, Known::Uuid];
    let native = instance.class().native;
    PLAIN.iter().any(|known| std::ptr::eq(known.native_type(), native))
        && !std::ptr::eq(native, &crate::python::value::OBJECT)
}

#[cold]
fn expression_of(host: &mut dyn Host, value: &Value) -> R<Option<Expr>> {
    Ok(match entity::element_of(host, value)? {
        Some(Element::Expr(expr)) => Some(expr),
        Some(Element::Statement(statement)) => Some(crate::sql::expr::ExprNode::new(
            crate::sql::expr::ExprKind::ScalarSelect(statement),
            crate::sql::types::null_type(),
        )),
        _ => None,
    })
}
