//! `inspect()`.
//!
//! Owns the function. Each area that has something to look into adds an inspector for its own objects.
//! Must not know mapped things.

use super::connection::connection_of;
use super::engine::engine_of;
use super::inspector::{Target, inspector_value};
use crate::diag::Error;
use crate::python::value::{Host, ParamDefault, R, Row, Value, param};
use crate::sql::exc;

/// Looks into an object of its area; None for any other.
pub type Inspect = fn(&mut dyn Host, &Value) -> R<Option<Value>>;

/// The areas, in the order in which they are asked.
static INSPECTORS: &[Inspect] =
    &[super::orm::session::state::inspect, super::orm::inspection::inspect_class, inspect_engine];

pub static FUNCTIONS: &[Row] = &[Row::function(
    "inspect",
    &[param::req("subject"), param::opt("raiseerr", ParamDefault::Bool(true))],
    "What SQLAlchemy knows about an engine, a mapped class or an instance.",
    "",
    inspect,
)];

fn inspect(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    for inspector in INSPECTORS {
        if let Some(found) = inspector(host, &args[0])? {
            return Ok(found);
        }
    }
    if !host.truth(&args[1])? {
        return Ok(Value::None);
    }
    let class = Value::Class(host.class_of(&args[0]));
    let shown = host.repr(&class)?;
    Err(no_inspection(&shown).into())
}

/// `NoInspectionAvailable: No inspection system is available for object of type <class 'int'>`
fn no_inspection(kind: &str) -> Error {
    Error::new(
        &exc::NO_INSPECTION_AVAILABLE,
        format!("No inspection system is available for object of type {kind}"),
    )
}

fn inspect_engine(_host: &mut dyn Host, subject: &Value) -> R<Option<Value>> {
    if let Some(engine) = engine_of(subject) {
        return Ok(Some(inspector_value(Target::Engine(engine.clone()))));
    }
    Ok(connection_of(subject).map(|connection| inspector_value(Target::Connection(connection.clone()))))
}
