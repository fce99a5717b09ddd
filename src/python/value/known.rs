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
}

thread_local! {
    static TYPES: Cell<[Option<&'static NativeType>; 6]> = const { Cell::new([None; 6]) };
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
