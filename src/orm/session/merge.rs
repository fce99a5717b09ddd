//! `merge`: the state of an object from elsewhere, copied onto the one in the session.
//!
//! Owns finding or making the target and copying columns and relationships. Must not know SQL.
//! Mirrors `Session._merge` and the `merge` methods of the properties.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{GetArgs, Identifier, Session, errors};
use crate::orm::attribute::{self, Attribute, Passive, is_no_state};
use crate::orm::collection;
use crate::orm::events::{self, MapperEvent};
use crate::orm::flush::identity_key_from_state;
use crate::orm::history;
use crate::orm::identity::Mapped;
use crate::orm::identity_key::IdentityKey;
use crate::orm::state::{Flag, InstanceState};
use crate::python::value::{Host, R, Value};

/// What one call of `merge` remembers.
#[derive(Default)]
struct Merging {
    /// Merged copies by the address of their originals.
    done: FxHashMap<usize, Mapped>,
    /// Originals that were reached by way of a relationship: `(address, property)`.
    reached: FxHashSet<(usize, usize)>,
    /// Copies by key, for two originals of one key.
    by_key: Vec<(IdentityKey, Mapped)>,
}

impl Session {
    pub fn merge(&self, host: &mut dyn Host, value: &Value, load: bool, options: &[Value]) -> R<Value> {
        self.warn_if_flushing(host, "Session.merge()")?;
        let Some(mapped) = Mapped::of_value(value) else {
            return Err(errors::unmapped_instance(host, value));
        };
        if load {
            self.autoflush(host)?;
        }
        let before = self.autoflush.replace(false);
        let merged = self.merge_one(host, &mapped, load, options, &mut Merging::default());
        self.autoflush.set(before);
        merged.map(|merged| merged.value())
    }

    fn merge_one(
        &self,
        host: &mut dyn Host,
        source: &Mapped,
        load: bool,
        options: &[Value],
        merging: &mut Merging,
    ) -> R<Mapped> {
        if let Some(merged) = merging.done.get(&source.address()) {
            return Ok(merged.clone());
        }
        let (key, is_persistent) = self.merge_key(host, source, load)?;
        let (merged, is_new) =
            match self.merge_target(host, source, &key, is_persistent, load, options, merging)? {
                Some(found) => found,
                None => {
                    let instance = InstanceState::new_instance(source.mapper());
                    let merged = Mapped::new(&instance).expect("a new instance of a mapper is mapped");
                    self.save_or_update(host, &merged)?;
                    (merged, true)
                }
            };
        merging.done.insert(source.address(), merged.clone());
        merging.by_key.push((key, merged.clone()));
        if !merged.same(source) {
            self.check_version(host, source, &merged)?;
            let load_options = source.state().peek_extra(|extra| extra.load_options.clone()).flatten();
            if load_options.is_some() {
                merged.state().with_extra(|extra| extra.load_options = load_options);
            }
            for attribute in source.mapper().attributes() {
                if attribute.property.as_relationship().is_some() {
                    self.merge_relationship(host, source, &merged, &attribute, load, options, merging)?;
                } else if attribute.property.as_column().is_some() {
                    merge_column(host, source, &merged, &attribute, load)?;
                }
            }
        }
        if !load {
            merged.state().commit_all();
        }
        if is_new {
            events::fire(host, merged.mapper(), MapperEvent::Load, &[merged.value(), Value::None])?;
        }
        Ok(merged)
    }

    /// The key to look for, and whether a row may have it.
    fn merge_key(&self, host: &mut dyn Host, source: &Mapped, load: bool) -> R<(IdentityKey, bool)> {
        if let Some(key) = source.state().key() {
            return Ok((key, true));
        }
        if self.is_new(source.state()) {
            errors::warn_merging_pending(host, source)?;
        }
        if !load {
            return Err(errors::merge_transient_without_load());
        }
        let key = identity_key_from_state(source);
        let is_whole = key.values().iter().all(|value| !value.is_none() && !value.is_unset());
        Ok((key, is_whole))
    }

    /// The object in the session, or the one that its row gives.
    #[expect(clippy::too_many_arguments, reason = "one step of a recursive walk with its whole context")]
    fn merge_target(
        &self,
        host: &mut dyn Host,
        source: &Mapped,
        key: &IdentityKey,
        is_persistent: bool,
        load: bool,
        options: &[Value],
        merging: &Merging,
    ) -> R<Option<(Mapped, bool)>> {
        if is_persistent && let Some(found) = self.identity_map.get_key(host, key)? {
            return Ok(Mapped::new(&found).map(|found| (found, false)));
        }
        if !is_persistent {
            return Ok(None);
        }
        for (known, merged) in &merging.by_key {
            if known.eq(host, key)? {
                return Ok(Some((merged.clone(), false)));
            }
        }
        if !load {
            if source.state().is_modified() {
                return Err(errors::merge_dirty_without_load());
            }
            let instance = InstanceState::new_instance(source.mapper());
            let merged = Mapped::new(&instance).expect("a new instance of a mapper is mapped");
            merged.state().set_ident(key.ident.clone());
            self.update(host, &merged, false)?;
            return Ok(Some((merged, true)));
        }
        let args = GetArgs { options: options.to_vec(), ..GetArgs::default() };
        let found = self.get(host, source.mapper(), Identifier::Values(key.values()), &args)?;
        Ok(found.and_then(|found| Mapped::new(&found)).map(|found| (found, false)))
    }

    fn check_version(&self, host: &mut dyn Host, source: &Mapped, merged: &Mapped) -> R<()> {
        let version = source.mapper().version_id.borrow().clone();
        let Some(version) = version.and_then(|one| source.mapper().attribute_named(&one.key)) else {
            return Ok(());
        };
        let theirs = attribute::fetch(host, source.instance(), &version, Passive::NO_INITIALIZE)?;
        let ours = attribute::fetch(host, merged.instance(), &version, Passive::NO_INITIALIZE)?;
        if is_no_state(&theirs) || is_no_state(&ours) || host.eq(&theirs, &ours)? {
            return Ok(());
        }
        let (theirs, ours) = (host.str(&theirs)?, host.str(&ours)?);
        Err(errors::merge_version(&theirs, merged, &ours))
    }

    #[expect(clippy::too_many_arguments, reason = "one step of a recursive walk with its whole context")]
    fn merge_relationship(
        &self,
        host: &mut dyn Host,
        source: &Mapped,
        merged: &Mapped,
        attribute: &Attribute,
        load: bool,
        options: &[Value],
        merging: &mut Merging,
    ) -> R<()> {
        let Some(relationship) = attribute.property.as_relationship() else { return Ok(()) };
        if load {
            let came_back = relationship
                .reverse_properties()
                .iter()
                .any(|other| merging.reached.contains(&(source.address(), other.token())));
            if came_back {
                return Ok(());
            }
        }
        let Some(slot) = attribute.slot() else { return Ok(()) };
        if !relationship.cascade.get().merge {
            return Ok(());
        }
        let current = source.instance().slot(slot);
        if attribute.is_dynamic() {
            let history =
                history::get_all_pending(host, source.instance(), attribute, Passive::NO_INITIALIZE)?;
            for item in history {
                if let Some(item) = self.merge_item(host, &item, attribute, load, options, merging)? {
                    attribute::append(host, merged.instance(), attribute, item, None, Passive::OFF)?;
                }
            }
            return Ok(());
        }
        if current.is_unset() {
            return Ok(());
        }
        if attribute.is_collection() {
            if load {
                attribute::fetch(host, merged.instance(), attribute, Passive::MERGE)?;
            }
            let mut items = Vec::new();
            for item in collection::items(host, &current)? {
                items.extend(self.merge_item(host, &item, attribute, load, options, merging)?);
            }
            if load {
                return collection::set(
                    host,
                    merged.instance(),
                    attribute,
                    Value::list(items),
                    Passive::MERGE,
                    false,
                );
            }
            collection::set_committed(host, merged.instance(), attribute, Value::list(items))?;
            return Ok(());
        }
        let item = match self.merge_item(host, &current, attribute, load, options, merging)? {
            Some(item) => item,
            None => Value::None,
        };
        if load {
            attribute::set(host, merged.instance(), attribute, item)
        } else {
            attribute::set_committed_value(host, merged.instance(), attribute, item).map(drop)
        }
    }

    fn merge_item(
        &self,
        host: &mut dyn Host,
        item: &Value,
        attribute: &Attribute,
        load: bool,
        options: &[Value],
        merging: &mut Merging,
    ) -> R<Option<Value>> {
        let Some(item) = Mapped::of_value(item) else { return Ok(None) };
        merging.reached.insert((item.address(), attribute.property.token()));
        self.merge_one(host, &item, load, options, merging).map(|merged| Some(merged.value()))
    }
}

fn merge_column(
    host: &mut dyn Host,
    source: &Mapped,
    merged: &Mapped,
    attribute: &Attribute,
    load: bool,
) -> R<()> {
    let Some(slot) = attribute.slot() else { return Ok(()) };
    let value = source.instance().slot(slot);
    let target = merged.instance();
    if !value.is_unset() {
        if load {
            return attribute::set(host, target, attribute, value);
        }
        drop(target.set_slot(slot, value));
        return Ok(());
    }
    if merged.state().has_identity() && target.slot(slot).is_unset() && !merged.state().has(Flag::EXPIRED_ALL)
    {
        merged.state().expire(slot);
    }
    Ok(())
}
