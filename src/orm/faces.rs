//! How the language shows what this layer knows as Rust types: mappers, connections.
//!
//! Owns the places; `pylib` fills them when it starts. Must not know the objects' types.

use std::cell::Cell;
use std::rc::Rc;

use super::mapper::Mapper;
use crate::engine::Connection;
use crate::python::value::{Host, R, Value};
use crate::sql::entity::{self, Element};
use crate::sql::expr::Expr;

type ConnectionFace = fn(&mut dyn Host, &Rc<Connection>) -> R<Value>;
type MapperFace = fn(&mut dyn Host, &Rc<Mapper>) -> R<Value>;

thread_local! {
    static CONNECTION: Cell<Option<ConnectionFace>> = const { Cell::new(None) };
    static MAPPER: Cell<Option<MapperFace>> = const { Cell::new(None) };
}

pub fn register_connection(face: ConnectionFace) {
    CONNECTION.with(|place| place.set(Some(face)));
}

pub fn register_mapper(face: MapperFace) {
    MAPPER.with(|place| place.set(Some(face)));
}

/// The connection as listeners receive it.
pub fn connection(host: &mut dyn Host, connection: &Rc<Connection>) -> R<Value> {
    match CONNECTION.with(Cell::get) {
        Some(face) => face(host, connection),
        None => Ok(Value::None),
    }
}

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
    if !matches!(value, Value::Instance(_)) {
        return Ok(None);
    }
    expression_of(host, value)
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
