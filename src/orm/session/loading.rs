//! What a session asks of the loaders.
//!
//! Owns the request: which row, into which object, with what options. How it is read stands in `orm::load`.

use std::rc::Rc;

use super::Session;
use crate::orm::mapper::Mapper;
use crate::python::value::{Gc, Host, Instance, R, Str, Value};

/// A request for the row of one primary key.
pub struct IdentLoad<'a> {
    pub session: &'a Session,
    pub mapper: &'a Rc<Mapper>,
    /// The key in the order of the mapper's primary key.
    pub values: &'a [Value],
    /// The object to be filled anew.
    pub refresh: Option<&'a Gc<Instance>>,
    /// Only these attributes.
    pub only: Option<&'a [Str]>,
    /// Loader options.
    pub options: &'a [Value],
    pub populate_existing: bool,
    pub with_for_update: Option<&'a Value>,
    pub execution_options: Option<&'a Value>,
    /// `session.refresh(...)` was called, so relationships load as their own strategies say.
    pub is_user_refresh: bool,
}

impl<'a> IdentLoad<'a> {
    pub fn new(session: &'a Session, mapper: &'a Rc<Mapper>, values: &'a [Value]) -> Self {
        IdentLoad {
            session,
            mapper,
            values,
            refresh: None,
            only: None,
            options: &[],
            populate_existing: false,
            with_for_update: None,
            execution_options: None,
            is_user_refresh: false,
        }
    }
}

/// Loads the object of a key for `get`; None when there is no row. The session is flushed first.
pub fn load_on_pk_identity(host: &mut dyn Host, load: IdentLoad<'_>) -> R<Option<Gc<Instance>>> {
    load.session.autoflush(host)?;
    load_on_ident(host, load)
}

/// As `load_on_pk_identity`, without a flush.
pub fn load_on_ident(host: &mut dyn Host, load: IdentLoad<'_>) -> R<Option<Gc<Instance>>> {
    crate::orm::load::refresh::load_on_ident(host, load)
}
