//! Loading: rows become objects, and attributes that are not there are read.
//!
//! Owns plans, the rows loop, the loaders behind rows, lazy loads, refreshing, dynamic collections. How a statement
//! over entities is compiled stands in `orm::query`. Must not know Python names or terminals.
//!
//! ```text
//!   plan (once a statement) ── rows ──> objects ── post ──> selectin, immediate      subquery: along with the rows
//!   obj.attribute not there ── lazy / refresh ──> one more statement
//! ```

pub mod dynamic;
pub mod keyed;
pub mod lazy;
pub mod plan;
pub mod post;
pub mod refresh;
pub mod rows;
pub mod state_value;
pub mod subquery;

use std::cell::Cell;

use super::attribute::{self, Attribute, Passive};
use super::state::InstanceState;
use crate::python::value::{Gc, Host, Instance, R, Str, Value};

pub use dynamic::{dynamic_append, dynamic_history, dynamic_remove, dynamic_set, dynamic_value};
pub use refresh::load_expired;

/// What a loader answers.
pub enum Loaded {
    /// Put this there, as loaded.
    Value(Value),
    /// The loader has put it there itself.
    WasSet,
    /// Nothing to load: the attribute takes its default.
    Empty,
    /// Loading was not allowed.
    NoResult,
    NoValue,
}

/// Loads an attribute that is not there: a relationship, a deferred column.
pub fn load_attribute(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
) -> R<Loaded> {
    if attribute.property.as_relationship().is_some() {
        return lazy::load_relationship(host, instance, attribute, passive);
    }
    refresh::load_deferred(host, instance, attribute, passive)
}

/// `<Student at 0x7f...>`, as messages show an instance.
pub fn state_text(instance: &Gc<Instance>) -> String {
    let name = match InstanceState::of(instance) {
        Some(state) => state.mapper().class_name.to_string(),
        None => instance.class().name.borrow().to_string(),
    };
    format!("<{name} at {:#x}>", Gc::address(instance))
}

/// Makes a row of a bundle: its class, the names, the values.
pub type BundleRow = fn(&mut dyn Host, &Value, &[Str], Vec<Value>) -> R<Value>;
/// Makes the query that a dynamic collection is.
pub type DynamicQuery = fn(&mut dyn Host, &Gc<Instance>, &Attribute) -> R<Value>;

/// What the language's side gives the loaders: making rows of bundles, and queries of dynamic collections.
#[derive(Clone, Copy)]
pub struct Faces {
    pub bundle_row: BundleRow,
    pub dynamic: DynamicQuery,
}

thread_local! {
    static FACES: Cell<Option<Faces>> = const { Cell::new(None) };
}

pub fn register_faces(faces: Faces) {
    FACES.with(|place| place.set(Some(faces)));
}

fn faces() -> Option<Faces> {
    FACES.with(Cell::get)
}

/// One bundle of a row.
pub fn bundle_row(host: &mut dyn Host, bundle: &Value, names: &[Str], values: Vec<Value>) -> R<Value> {
    match faces() {
        Some(faces) => (faces.bundle_row)(host, bundle, names, values),
        None => Ok(Value::tuple(values)),
    }
}

/// Whether the attribute holds something, without loading it.
pub fn is_loaded(instance: &Gc<Instance>, attribute: &Attribute) -> bool {
    attribute.slot().is_some_and(|slot| !instance.slot(slot).is_unset())
        || attribute::state_of(instance).is_changed(attribute.slot().unwrap_or(usize::MAX))
}
