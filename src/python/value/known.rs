//! Native types that lower layers must be able to make without knowing where their methods stand.
//!
//! Owns the places; `pylib` fills them when it starts. Must not know the types' behaviour.

use std::cell::Cell;

use super::{Class, Gc, NativeType, native_class};

/// A standard-library type that column types convert to and from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    Date,
    Time,
    DateTime,
    Timedelta,
    Decimal,
    Uuid,
    Complex,
}

/// `complex`, so that a compiler can make its literals.
pub struct ComplexData(pub f64, pub f64);
impl super::Native for ComplexData {}

thread_local! {
    static TYPES: Cell<[Option<&'static NativeType>; 7]> = const { Cell::new([None; 7]) };
}

impl Known {
    pub fn register(self, kind: &'static NativeType) {
        TYPES.with(|types| {
            let mut filled = types.get();
            filled[self as usize] = Some(kind);
            types.set(filled);
        });
    }

    /// The registered type; `object` where nothing was registered.
    pub fn native_type(self) -> &'static NativeType {
        TYPES.with(|types| types.get()[self as usize]).unwrap_or(&super::OBJECT)
    }

    pub fn class(self) -> Gc<Class> {
        native_class(self.native_type())
    }
}
