//! The identity map: within a session, one object for one row.
//!
//! Owns the map from primary keys to instances, which it does not keep alive, and the hook by which an instance that
//! goes takes its entries along. Must not know SQL, transactions or how instances are made.
//! Mirrors `sqlalchemy/orm/identity.py`.
//!
//! Integer keys, as good as all keys of tables, are found without hashing and without allocation: an array is
//! indexed by the key itself as long as the keys lie densely enough, a hash table takes the stragglers. The table
//! holds keys inline, so that its growth never touches an instance.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use hashbrown::HashTable;
use rustc_hash::FxHashMap;

use super::identity_key::IdentityKey;
use super::mapper::Mapper;
use super::session;
use super::state::{Flag, InstanceState};
use crate::python::value::{Gc, Host, Instance, R, Value, WeakPtr, primitive_eq, primitive_hash};

/// The instances of one session by mapper and primary key.
#[derive(Default)]
pub struct IdentityMap {
    maps: RefCell<Maps>,
    /// The place of the next instance in the order of arrival.
    next_place: Cell<u32>,
}

#[derive(Default)]
struct Maps {
    by_mapper: FxHashMap<usize, usize>,
    maps: Vec<KeyMap>,
}

/// The instances of one base mapper.
#[derive(Default)]
struct KeyMap {
    /// By the key itself.
    dense: Vec<Option<WeakPtr<Instance>>>,
    sparse: HashTable<(i64, WeakPtr<Instance>)>,
    others: HashTable<OtherKey>,
    count: usize,
}

struct OtherKey {
    hash: u64,
    ident: Value,
    instance: WeakPtr<Instance>,
}

/// Keys below this always fit the array.
const DENSE_MINIMUM: usize = 1024;

fn spread(key: i64) -> u64 {
    (key as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// `1`, `True` and `1.0` are the same key.
fn as_int(ident: &Value) -> Option<i64> {
    match ident {
        Value::Int(number) => Some(*number),
        Value::Bool(truth) => Some(i64::from(*truth)),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(*number as i64),
        _ => None,
    }
}

impl KeyMap {
    #[inline]
    fn get_int(&self, key: i64) -> Option<WeakPtr<Instance>> {
        if let Some(Some(found)) = self.dense.get(key as usize) {
            return Some(*found);
        }
        if self.sparse.is_empty() {
            return None;
        }
        self.sparse.find(spread(key), |entry| entry.0 == key).map(|entry| entry.1)
    }

    /// Puts an instance under a key; returns the one that was there.
    fn put_int(&mut self, key: i64, instance: WeakPtr<Instance>) -> Option<WeakPtr<Instance>> {
        let index = key as usize;
        if index >= self.dense.len() && index < (self.count * 2).max(DENSE_MINIMUM) {
            self.dense.resize((index + 1).next_power_of_two(), None);
        }
        if !self.sparse.is_empty()
            && let Ok(entry) = self.sparse.find_entry(spread(key), |entry| entry.0 == key)
        {
            return Some(std::mem::replace(&mut entry.into_mut().1, instance));
        }
        if let Some(place) = self.dense.get_mut(index) {
            let before = place.replace(instance);
            self.count += usize::from(before.is_none());
            return before;
        }
        self.count += 1;
        self.sparse.insert_unique(spread(key), (key, instance), |entry| spread(entry.0));
        None
    }

    fn remove_int(&mut self, key: i64, address: usize) -> bool {
        if let Some(place) = self.dense.get_mut(key as usize)
            && place.is_some_and(|instance| instance.address() == address)
        {
            *place = None;
            self.count -= 1;
            return true;
        }
        let found =
            self.sparse.find_entry(spread(key), |entry| entry.0 == key && entry.1.address() == address);
        match found {
            Ok(entry) => {
                entry.remove();
                self.count -= 1;
                true
            }
            Err(_) => false,
        }
    }

    fn remove_other(&mut self, address: usize, hash: Option<u64>) -> Option<Value> {
        let removed = match hash {
            Some(hash) => {
                let found = self.others.find_entry(hash, |entry| entry.instance.address() == address);
                found.ok().map(|entry| entry.remove().0.ident)
            }
            // The key's hash needs the language, which cannot be asked while an object goes: look at all.
            None => {
                let found = self.others.iter().find(|entry| entry.instance.address() == address);
                let hash = found.map(|entry| entry.hash)?;
                let entry = self.others.find_entry(hash, |entry| entry.instance.address() == address).ok()?;
                Some(entry.remove().0.ident)
            }
        };
        self.count -= usize::from(removed.is_some());
        removed
    }

    fn instances(&self) -> impl Iterator<Item = WeakPtr<Instance>> + '_ {
        let ints = self.dense.iter().flatten().copied().chain(self.sparse.iter().map(|entry| entry.1));
        ints.chain(self.others.iter().map(|entry| entry.instance))
    }
}

impl Maps {
    fn of(&mut self, base: usize) -> &mut KeyMap {
        let index = *self.by_mapper.entry(base).or_insert_with(|| {
            self.maps.push(KeyMap::default());
            self.maps.len() - 1
        });
        &mut self.maps[index]
    }

    fn peek(&self, base: usize) -> Option<&KeyMap> {
        self.by_mapper.get(&base).map(|&index| &self.maps[index])
    }
}

fn token(mapper: &Mapper) -> usize {
    mapper as *const Mapper as usize
}

/// The hash of a key that is no integer, if it can be had without the language.
fn plain_hash(ident: &Value) -> Option<u64> {
    primitive_hash(ident).map(spread)
}

impl IdentityMap {
    /// The instance of an integer key. `base` is the base mapper.
    #[inline]
    pub fn get_int(&self, base: &Mapper, key: i64) -> Option<Gc<Instance>> {
        self.maps.borrow().peek(token(base))?.get_int(key)?.upgrade()
    }

    /// The instance of a key: one value, or a tuple of several. `base` is the base mapper.
    pub fn get(&self, host: &mut dyn Host, base: &Mapper, ident: &Value) -> R<Option<Gc<Instance>>> {
        if let Some(key) = as_int(ident) {
            return Ok(self.get_int(base, key));
        }
        let hash = match plain_hash(ident) {
            Some(hash) => hash,
            None => spread(host.hash(ident)?),
        };
        let candidates: Vec<(Value, WeakPtr<Instance>)> = match self.maps.borrow().peek(token(base)) {
            Some(map) => {
                let same_hash = map.others.iter_hash(hash).filter(|entry| entry.hash == hash);
                same_hash.map(|entry| (entry.ident.clone(), entry.instance)).collect()
            }
            None => return Ok(None),
        };
        for (known, instance) in candidates {
            let equal = match primitive_eq(&known, ident) {
                Some(equal) => equal,
                None => host.eq(&known, ident)?,
            };
            if equal {
                return Ok(instance.upgrade());
            }
        }
        Ok(None)
    }

    pub fn get_key(&self, host: &mut dyn Host, key: &IdentityKey) -> R<Option<Gc<Instance>>> {
        self.get(host, &key.mapper, &key.ident)
    }

    /// Whether the instance itself is in the map.
    pub fn contains(&self, state: &InstanceState) -> bool {
        state.has(Flag::IN_IDENTITY_MAP)
    }

    /// Puts a persistent instance into the map and returns another that was there under its key.
    pub fn replace(&self, host: &mut dyn Host, instance: &Gc<Instance>) -> R<Option<Gc<Instance>>> {
        let Some(state) = InstanceState::of(instance) else { return Ok(None) };
        let ident = state.ident();
        let base = state.mapper().base_mapper();
        let weak = Gc::downgrade(instance);
        let before = match as_int(&ident) {
            Some(key) => self.maps.borrow_mut().of(token(&base)).put_int(key, weak),
            None => {
                let known = self.get(host, &base, &ident)?;
                let hash = match plain_hash(&ident) {
                    Some(hash) => hash,
                    None => spread(host.hash(&ident)?),
                };
                let mut maps = self.maps.borrow_mut();
                let map = maps.of(token(&base));
                let old = known.as_ref().and_then(|known| map.remove_other(Gc::address(known), Some(hash)));
                map.count += 1;
                map.others.insert_unique(hash, OtherKey { hash, ident, instance: weak }, |entry| entry.hash);
                drop(maps);
                drop(old);
                known.map(|known| Gc::downgrade(&known))
            }
        };
        self.arrived(state);
        let before =
            before.and_then(|before| before.upgrade()).filter(|before| !Gc::ptr_eq(before, instance));
        if let Some(state) = before.as_ref().and_then(InstanceState::of) {
            state.clear_flag(Flag::IN_IDENTITY_MAP);
        }
        Ok(before)
    }

    /// Puts an instance that was just made from a row under its integer key; nothing may be there.
    #[inline]
    pub fn add_loaded_int(&self, base: &Mapper, key: i64, instance: &Gc<Instance>, state: &InstanceState) {
        self.maps.borrow_mut().of(token(base)).put_int(key, Gc::downgrade(instance));
        self.arrived(state);
    }

    #[inline]
    fn arrived(&self, state: &InstanceState) {
        let place = self.next_place.get();
        self.next_place.set(place.wrapping_add(1));
        state.set_insert_order(place);
        state.set_flag(Flag::IN_IDENTITY_MAP);
    }

    /// Takes an instance out, if it is in.
    pub fn discard(&self, instance: &Gc<Instance>) {
        if let Some(state) = InstanceState::of(instance) {
            self.remove(state, Gc::address(instance));
        }
    }

    fn remove(&self, state: &InstanceState, address: usize) {
        if !state.has(Flag::IN_IDENTITY_MAP) {
            return;
        }
        state.clear_flag(Flag::IN_IDENTITY_MAP);
        let ident = state.ident();
        let base = state.mapper().base_mapper();
        let mut maps = self.maps.borrow_mut();
        let map = maps.of(token(&base));
        let removed = match as_int(&ident) {
            Some(key) => {
                map.remove_int(key, address);
                None
            }
            None => map.remove_other(address, plain_hash(&ident)),
        };
        drop(maps);
        drop(removed);
    }

    /// All instances in the order in which they came.
    pub fn instances(&self) -> Vec<Gc<Instance>> {
        let mut all: Vec<Gc<Instance>> = {
            let maps = self.maps.borrow();
            maps.maps.iter().flat_map(KeyMap::instances).filter_map(|instance| instance.upgrade()).collect()
        };
        all.sort_by_key(|instance| InstanceState::of(instance).map_or(0, InstanceState::insert_order));
        all
    }

    /// All instances, in no order.
    pub fn all(&self) -> Vec<Gc<Instance>> {
        let maps = self.maps.borrow();
        let mut all = Vec::with_capacity(maps.maps.iter().map(|map| map.count).sum());
        all.extend(maps.maps.iter().flat_map(KeyMap::instances).filter_map(|instance| instance.upgrade()));
        all
    }

    pub fn len(&self) -> usize {
        self.maps.borrow().maps.iter().map(|map| map.count).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets everything. The flags of the instances are the caller's affair.
    pub fn clear(&self) {
        let before = self.maps.take();
        self.next_place.set(0);
        drop(before);
    }
}

/// Called when a mapped instance goes that belongs to a session: nothing may point at it any more.
pub fn forget(state: &InstanceState, address: usize) {
    session::with_session(state.session_id(), |session| {
        session.identity_map.remove(state, address);
        if state.has(Flag::IN_SNAPSHOT) {
            session.forget_in_snapshots(address);
        }
    });
}

/// The map's key of an instance's present attribute values, if it has an identity.
pub fn key_of(instance: &Gc<Instance>) -> Option<IdentityKey> {
    InstanceState::of(instance).and_then(InstanceState::key)
}

/// What a session and its states share: an instance with its state at hand.
#[derive(Clone)]
pub struct Mapped(Gc<Instance>);

impl Mapped {
    /// None where the instance is not mapped.
    pub fn new(instance: &Gc<Instance>) -> Option<Mapped> {
        InstanceState::of(instance).map(|_| Mapped(instance.clone()))
    }

    pub fn of_value(value: &Value) -> Option<Mapped> {
        value.as_instance().and_then(Mapped::new)
    }

    #[inline]
    pub fn state(&self) -> &InstanceState {
        InstanceState::of(&self.0).expect("a mapped instance has its state as payload")
    }

    #[inline]
    pub fn instance(&self) -> &Gc<Instance> {
        &self.0
    }

    #[inline]
    pub fn address(&self) -> usize {
        Gc::address(&self.0)
    }

    pub fn mapper(&self) -> &Rc<Mapper> {
        self.state().mapper()
    }

    pub fn value(&self) -> Value {
        Value::Instance(self.0.clone())
    }

    pub fn same(&self, other: &Mapped) -> bool {
        Gc::ptr_eq(&self.0, &other.0)
    }
}
