//! The functions of `sqlalchemy.orm.session`.
//!
//! Owns the rows. `sessionmaker` is written in the language. Must not know sessions' insides.

use super::object::session_value;
use crate::orm::identity::Mapped;
use crate::orm::session::{self, errors};
use crate::python::value::{Host, R, Row, Value, param};

pub static FUNCTIONS: &[Row] = &[
    Row::function(
        "object_session",
        &[param::req("instance")],
        "The session that an object belongs to, or None.",
        "",
        object_session,
    ),
    Row::function(
        "make_transient",
        &[param::req("instance")],
        "Makes an object as if it had never been in a session.",
        "",
        |host, args| {
            session::make_transient(host, &args[0])?;
            Ok(Value::None)
        },
    ),
    Row::function(
        "make_transient_to_detached",
        &[param::req("instance")],
        "Makes a transient object as if it had been loaded.",
        "",
        |host, args| {
            session::make_transient_to_detached(host, &args[0])?;
            Ok(Value::None)
        },
    ),
    Row::function("close_all_sessions", &[], "Closes every session.", "", |host, _| {
        for session in session::all_sessions() {
            session.close(host, false)?;
        }
        Ok(Value::None)
    }),
];

pub fn object_session(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    match Mapped::of_value(&args[0]) {
        Some(mapped) => {
            Ok(session::session_of(mapped.state()).map_or(Value::None, |found| session_value(&found)))
        }
        None => Err(errors::unmapped_instance(host, &args[0])),
    }
}
