//! The identity of a row: the mapper at the base of its hierarchy and its primary key.
//!
//! Owns the key and its equality. Must not know identity maps or sessions.

use std::rc::Rc;

use crate::python::value::{Host, R, Value, primitive_eq, primitive_hash};

use super::mapper::Mapper;

/// What `inspect(obj).identity_key` shows as `(class, (1,), None)`.
#[derive(Clone)]
pub struct IdentityKey {
    /// The base mapper of the hierarchy.
    pub mapper: Rc<Mapper>,
    /// One primary key value, or a tuple of several.
    pub ident: Value,
}

impl IdentityKey {
    /// From primary key values in the order of the mapper's primary key.
    pub fn new(mapper: &Rc<Mapper>, mut values: Vec<Value>) -> Self {
        let ident = if values.len() == 1 { values.remove(0) } else { Value::tuple(values) };
        IdentityKey { mapper: mapper.base_mapper(), ident }
    }

    /// The primary key as the language shows it: always a tuple.
    pub fn identity(&self) -> Value {
        match &self.ident {
            Value::Tuple(_) => self.ident.clone(),
            single => Value::tuple(vec![single.clone()]),
        }
    }

    /// The primary key values.
    pub fn values(&self) -> Vec<Value> {
        match &self.ident {
            Value::Tuple(values) => values.as_slice().to_vec(),
            single => vec![single.clone()],
        }
    }

    /// A hash that never calls the language for the usual key types (numbers, text, bytes).
    pub fn hash(&self, host: &mut dyn Host) -> R<u64> {
        let ident = match primitive_hash(&self.ident) {
            Some(hash) => hash,
            None => host.hash(&self.ident)?,
        };
        let mapper = Rc::as_ptr(&self.mapper) as usize as u64;
        Ok((ident as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ mapper.rotate_left(20))
    }

    pub fn eq(&self, host: &mut dyn Host, other: &IdentityKey) -> R<bool> {
        if !Rc::ptr_eq(&self.mapper, &other.mapper) {
            return Ok(false);
        }
        match primitive_eq(&self.ident, &other.ident) {
            Some(equal) => Ok(equal),
            None => host.eq(&self.ident, &other.ident),
        }
    }
}
