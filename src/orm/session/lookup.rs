//! Finding one object: by key, anew from its row.
//!
//! Owns `get`, `get_one`, `refresh` and `expire`. Must not know how a row is read (`orm::load`).

use std::rc::Rc;

use super::loading::{self, IdentLoad};
use super::{Session, SessionEvent, errors};
use crate::diag::ExcClass;
use crate::orm::attribute::Passive;
use crate::orm::cascade::{self, CascadeKind};
use crate::orm::identity::Mapped;
use crate::orm::identity_key::IdentityKey;
use crate::orm::load;
use crate::orm::mapper::Mapper;
use crate::orm::state::{Flag, InstanceState};
use crate::python::value::{Gc, Host, Instance, R, Str, Value, intern};
use crate::sql::exc::OBJECT_DELETED;

static ROW_IS_GONE: &ExcClass = &OBJECT_DELETED;

/// A primary key as `get` was given it.
pub enum Identifier {
    /// In the order of the primary key.
    Values(Vec<Value>),
    /// By attribute.
    Named(Vec<(Str, Value)>),
}

/// The keywords of `get`.
#[derive(Default)]
pub struct GetArgs {
    pub options: Vec<Value>,
    pub populate_existing: bool,
    /// `with_for_update=`, None when it was not given.
    pub with_for_update: Option<Value>,
    pub execution_options: Option<Value>,
}

impl Session {
    /// `get(entity, identifier)` where nothing else was given and the key is one value; the hit takes no allocation.
    #[inline]
    pub fn get_simple(
        &self,
        host: &mut dyn Host,
        mapper: &Rc<Mapper>,
        key: &Value,
    ) -> R<Option<Gc<Instance>>> {
        if let Value::Int(number) = key
            && mapper.primary_key.len() == 1
            && mapper.inherits.is_none()
            && let Some(found) = self.identity_map.get_int(mapper, *number)
            && InstanceState::of(&found).is_some_and(|state| !state.has(Flag::EXPIRED))
        {
            return Ok(Some(found));
        }
        self.get(host, mapper, Identifier::Values(vec![key.clone()]), &GetArgs::default())
    }

    pub fn get(
        &self,
        host: &mut dyn Host,
        mapper: &Rc<Mapper>,
        identifier: Identifier,
        args: &GetArgs,
    ) -> R<Option<Gc<Instance>>> {
        let values = key_values(host, mapper, identifier)?;
        if !args.populate_existing && args.with_for_update.is_none() {
            match self.lookup(host, mapper, &values, Passive::OFF)? {
                Looked::Found(instance) => {
                    let fits = InstanceState::of(&instance).is_some_and(|state| state.mapper().isa(mapper));
                    return Ok(fits.then_some(instance));
                }
                Looked::Gone | Looked::Missing | Looked::NotAllowed => {}
            }
        }
        let mut load = IdentLoad::new(self, mapper, &values);
        load.options = &args.options;
        load.populate_existing = args.populate_existing;
        load.with_for_update = args.with_for_update.as_ref();
        load.execution_options = args.execution_options.as_ref();
        loading::load_on_pk_identity(host, load)
    }

    pub fn get_one(
        &self,
        host: &mut dyn Host,
        mapper: &Rc<Mapper>,
        identifier: Identifier,
        args: &GetArgs,
    ) -> R<Gc<Instance>> {
        self.get(host, mapper, identifier, args)?.ok_or_else(errors::no_row_found)
    }

    /// Looks a key up in the identity map alone. An expired object is loaded anew where `passive` allows, so that one
    /// whose row is gone is not found.
    pub fn lookup(
        &self,
        host: &mut dyn Host,
        mapper: &Rc<Mapper>,
        values: &[Value],
        passive: Passive,
    ) -> R<Looked> {
        let found = match values {
            [single] => self.identity_map.get(host, &mapper.base_mapper(), single)?,
            several => {
                let key = IdentityKey::new(mapper, several.to_vec());
                self.identity_map.get_key(host, &key)?
            }
        };
        let Some(instance) = found else { return Ok(Looked::Missing) };
        let Some(mapped) = Mapped::new(&instance) else { return Ok(Looked::Missing) };
        if mapped.state().has(Flag::EXPIRED) {
            if !passive.has(Passive::SQL_OK) {
                return Ok(Looked::NotAllowed);
            }
            if !passive.has(Passive::RELATED_OBJECT_OK) {
                return Ok(Looked::Found(instance));
            }
            if !self.load_expired(host, &mapped, passive)? {
                return Ok(Looked::Gone);
            }
        }
        Ok(Looked::Found(instance))
    }

    /// Loads an expired instance; false (and out of the session) when its row is gone.
    pub(in crate::orm) fn load_expired(
        &self,
        host: &mut dyn Host,
        mapped: &Mapped,
        passive: Passive,
    ) -> R<bool> {
        match load::load_expired(host, mapped.instance(), passive) {
            Ok(_) => Ok(true),
            Err(raised) if raised.is_a(ROW_IS_GONE) => {
                self.remove_newly_deleted(host, std::slice::from_ref(mapped))?;
                Ok(false)
            }
            Err(raised) => Err(raised),
        }
    }

    /// The rows of these instances are gone.
    pub(in crate::orm) fn remove_newly_deleted(&self, host: &mut dyn Host, all: &[Mapped]) -> R<()> {
        let transaction = self.current_transaction();
        for mapped in all {
            if let Some(transaction) = &transaction {
                transaction.snapshot().note_deleted(mapped);
            }
            self.identity_map.discard(mapped.instance());
            self.unmark_deleted(mapped);
            if mapped.state().has(Flag::MODIFIED) && !self.is_flushing() {
                self.drop_modified(mapped.instance());
            }
            mapped.state().set_flag(Flag::DELETED);
            self.fire_instance(host, SessionEvent::PersistentToDeleted, mapped)?;
        }
        Ok(())
    }

    fn validate_persistent(&self, mapped: &Mapped) -> R<()> {
        let state = mapped.state();
        if state.session_id() == self.id && state.has(Flag::IN_IDENTITY_MAP) {
            return Ok(());
        }
        Err(errors::not_persistent(mapped))
    }

    /// `refresh(instance, attribute_names)`.
    pub fn refresh(
        &self,
        host: &mut dyn Host,
        value: &Value,
        names: Option<&[Str]>,
        with_for_update: Option<&Value>,
    ) -> R<()> {
        let Some(mapped) = Mapped::of_value(value) else {
            return Err(errors::unmapped_instance(host, value));
        };
        self.expire_state(host, &mapped, names)?;
        self.autoflush(host)?;
        let mapper = mapped.mapper().clone();
        let values = mapped.state().key().map(|key| key.values()).unwrap_or_default();
        let mut load = IdentLoad::new(self, &mapper, &values);
        load.refresh = Some(mapped.instance());
        load.only = names;
        load.with_for_update = with_for_update;
        load.is_user_refresh = true;
        match loading::load_on_ident(host, load)? {
            Some(_) => Ok(()),
            None => Err(errors::could_not_refresh(&mapped)),
        }
    }

    /// `expire(instance, attribute_names)`.
    pub fn expire(&self, host: &mut dyn Host, value: &Value, names: Option<&[Str]>) -> R<()> {
        let Some(mapped) = Mapped::of_value(value) else {
            return Err(errors::unmapped_instance(host, value));
        };
        self.expire_state(host, &mapped, names)
    }

    fn expire_state(&self, host: &mut dyn Host, mapped: &Mapped, names: Option<&[Str]>) -> R<()> {
        self.validate_persistent(mapped)?;
        if let Some(names) = names.filter(|names| !names.is_empty()) {
            for name in names {
                if let Some(attribute) = mapped.mapper().attribute_named(&intern(name))
                    && let Some(slot) = attribute.slot()
                {
                    expire_attribute(mapped, slot, !attribute.uses_objects());
                }
            }
            return Ok(());
        }
        let along = cascade::iterate(host, CascadeKind::RefreshExpire, mapped, None)?;
        for mapped in std::iter::once(mapped).chain(&along) {
            if mapped.state().has_identity() {
                self.expire_instance(mapped.instance());
            } else if self.is_new(mapped.state()) {
                self.take_from_new(mapped);
                self.detach(host, std::slice::from_ref(mapped), false)?;
            }
        }
        Ok(())
    }
}

/// What a look into the identity map gave.
pub enum Looked {
    Found(Gc<Instance>),
    Missing,
    /// It was there, but its row is gone.
    Gone,
    /// It is expired, and loading was not allowed.
    NotAllowed,
}

/// Expires one attribute: its value, change and pending mutations go.
pub fn expire_attribute(mapped: &Mapped, slot: usize, is_column: bool) {
    let state = mapped.state();
    if is_column {
        state.expire(slot);
    }
    let dropped = (
        mapped.instance().set_slot(slot, Value::Unset),
        state.forget(slot),
        state.take_pending(slot).is_some(),
    );
    drop(dropped);
}

/// The key values in the order of the primary key, or the refusal of what cannot be a key.
fn key_values(host: &mut dyn Host, mapper: &Rc<Mapper>, identifier: Identifier) -> R<Vec<Value>> {
    let wanted = mapper.primary_key.len();
    let count = match &identifier {
        Identifier::Values(values) => values.len(),
        Identifier::Named(values) => values.len(),
    };
    if count != wanted {
        let columns: Vec<String> = mapper.primary_key.iter().map(|column| column_text(column)).collect();
        return Err(errors::identifier_count(&columns));
    }
    let named = match identifier {
        Identifier::Values(values) => {
            return values.into_iter().map(|value| clause_value(host, value)).collect();
        }
        Identifier::Named(named) => named,
    };
    let attributes = mapper.primary_key_attributes();
    let mut values = Vec::with_capacity(wanted);
    for attribute in attributes {
        let found = named.iter().find(|(name, _)| {
            **name == *attribute.key
                || mapper.property(name).is_some_and(|one| is_synonym_of(&one, &attribute.key))
        });
        match found {
            Some((_, value)) => values.push(value.clone()),
            None => {
                let names: Vec<String> =
                    attributes.iter().map(|attribute| attribute.key.to_string()).collect();
                return Err(errors::identifier_names(&names));
            }
        }
    }
    Ok(values)
}

fn is_synonym_of(property: &crate::orm::property::Property, key: &Str) -> bool {
    matches!(&property.kind, crate::orm::property::PropertyKind::Synonym(synonym) if *synonym.name == **key)
}

fn clause_value(_host: &mut dyn Host, value: Value) -> R<Value> {
    Ok(value)
}

/// `order_line.order_id`
fn column_text(column: &crate::sql::schema::Column) -> String {
    match column.table() {
        Some(table) => format!("{}.{}", table.name, column.name()),
        None => column.name().to_string(),
    }
}
