//! Which engine or connection serves what.
//!
//! Owns the binds of a session and choosing among them. Must not know URLs or configuration.

use std::rc::Rc;

use super::{Session, errors};
use crate::engine::{Connection, Engine};
use crate::orm::mapper::Mapper;
use crate::python::value::{Class, Gc, Host, R, Value};
use crate::sql::schema::Table;

/// What a session reaches a database by.
#[derive(Clone)]
pub enum Bind {
    Engine(Rc<Engine>),
    Connection(Rc<Connection>),
}

impl Bind {
    /// The same engine, or the same connection, or a connection and its engine.
    pub fn same(&self, other: &Bind) -> bool {
        match (self, other) {
            (Bind::Engine(left), Bind::Engine(right)) => Rc::ptr_eq(left, right),
            (Bind::Connection(left), Bind::Connection(right)) => Rc::ptr_eq(left, right),
            (Bind::Connection(connection), Bind::Engine(engine))
            | (Bind::Engine(engine), Bind::Connection(connection)) => Rc::ptr_eq(connection.engine(), engine),
        }
    }

    pub fn engine(&self) -> &Rc<Engine> {
        match self {
            Bind::Engine(engine) => engine,
            Bind::Connection(connection) => connection.engine(),
        }
    }
}

/// A key of `Session(binds={...})`.
#[derive(Clone)]
pub enum BindKey {
    /// A mapped class or any class that mapped classes derive from.
    Class(Gc<Class>),
    Table(Rc<Table>),
}

/// A way to choose that goes before the session's own (Flask-SQLAlchemy's bind keys, an overridden `get_bind`);
/// None means "as usual".
pub type Binder = Rc<dyn Fn(&mut dyn Host, Option<&Rc<Mapper>>, Option<&Rc<Table>>) -> R<Option<Bind>>>;

#[derive(Default)]
pub(super) struct Binding {
    bind: Option<Bind>,
    /// The bind as the language gave it.
    bind_value: Value,
    binds: Vec<(BindKey, Bind)>,
    binder: Option<Binder>,
}

impl Session {
    pub fn set_bind(&self, bind: Option<Bind>, value: Value) {
        let mut binding = self.binding.borrow_mut();
        binding.bind = bind;
        binding.bind_value = value;
    }

    pub fn bind_value(&self) -> Value {
        self.binding.borrow().bind_value.clone()
    }

    pub fn add_bind(&self, key: BindKey, bind: Bind) {
        self.binding.borrow_mut().binds.push((key, bind));
    }

    pub fn set_binder(&self, binder: Option<Binder>) {
        self.binding.borrow_mut().binder = binder;
    }

    /// `get_bind()`.
    pub fn get_bind(
        &self,
        host: &mut dyn Host,
        mapper: Option<&Rc<Mapper>>,
        table: Option<&Rc<Table>>,
    ) -> R<Bind> {
        let binder = self.binding.borrow().binder.clone();
        if let Some(binder) = binder
            && let Some(bind) = binder(host, mapper, table)?
        {
            return Ok(bind);
        }
        self.get_own_bind(mapper, table)
    }

    /// `get_bind()` without an override.
    pub fn get_own_bind(&self, mapper: Option<&Rc<Mapper>>, table: Option<&Rc<Table>>) -> R<Bind> {
        let binding = self.binding.borrow();
        if !binding.binds.is_empty() {
            let of_mapper = mapper.and_then(|mapper| {
                Class::mro(&mapper.class).into_iter().find_map(|class| binding.of_class(&class))
            });
            let own_table = mapper.and_then(|mapper| mapper.table());
            let of_table = table.or(own_table.as_ref()).and_then(|table| binding.of_table(table));
            if let Some(bind) = of_mapper.or(of_table) {
                return Ok(bind);
            }
        }
        match &binding.bind {
            Some(bind) => Ok(bind.clone()),
            None if mapper.is_none() && table.is_none() => Err(errors::unbound()),
            None => Err(errors::unbound_context(mapper, table.is_some())),
        }
    }

    /// The connection for a mapper's rows, within the running transaction.
    pub fn connection_for(&self, host: &mut dyn Host, mapper: Option<&Rc<Mapper>>) -> R<Rc<Connection>> {
        let bind = self.get_bind(host, mapper, None)?;
        self.connection_for_bind(host, &bind)
    }

    pub fn connection_for_bind(&self, host: &mut dyn Host, bind: &Bind) -> R<Rc<Connection>> {
        self.autobegin(host)?.connection_for_bind(host, bind)
    }
}

impl Binding {
    fn of_class(&self, class: &Gc<Class>) -> Option<Bind> {
        self.binds.iter().find_map(|(key, bind)| match key {
            BindKey::Class(known) if Gc::ptr_eq(known, class) => Some(bind.clone()),
            _ => None,
        })
    }

    fn of_table(&self, table: &Rc<Table>) -> Option<Bind> {
        self.binds.iter().find_map(|(key, bind)| match key {
            BindKey::Table(known) if Rc::ptr_eq(known, table) => Some(bind.clone()),
            _ => None,
        })
    }
}
