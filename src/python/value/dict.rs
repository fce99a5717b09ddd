//! Dictionaries in insertion order.
//!
//! Owns the table and its lookups without calls into the language; a lookup that would need `__eq__` says so and
//! names the candidates. Must not know `__hash__`, `__eq__` or the dictionary's methods.

use std::cell::{Cell, RefCell};

use hashbrown::HashTable;

use super::{Managed, Str, Value, Visitor, primitive_eq};

/// One key with its value; a deleted entry has an unset key until the table is packed.
#[derive(Clone)]
pub struct Entry {
    pub hash: i64,
    pub key: Value,
    pub value: Value,
}

#[derive(Default)]
struct Map {
    entries: Vec<Entry>,
    table: HashTable<u32>,
    live: usize,
}

/// A Python dictionary, also the namespace of modules, classes and instances.
#[derive(Default)]
pub struct Dict {
    map: RefCell<Map>,
    /// Grows with every insertion of a new key and every removal: tells an iterator that the dictionary changed.
    version: Cell<u32>,
}

/// What a lookup found.
pub enum Lookup {
    /// At this entry.
    Found(usize),
    Missing,
    /// These entries have the same hash; only `__eq__` can tell.
    Ask(Vec<(usize, Value)>),
}

const SMALL: usize = 8;

impl Map {
    fn find(&self, key: &Value, hash: i64) -> Lookup {
        let mut ask = Vec::new();
        let mut matches = |index: usize, entry: &Entry| -> bool {
            if entry.hash != hash || entry.key.is_unset() {
                return false;
            }
            match primitive_eq(&entry.key, key) {
                Some(equal) => equal,
                None => {
                    ask.push((index, entry.key.clone()));
                    false
                }
            }
        };
        let found = if self.entries.len() <= SMALL {
            self.entries
                .iter()
                .enumerate()
                .find(|(index, entry)| matches(*index, entry))
                .map(|(index, _)| index)
        } else {
            self.table
                .find(spread(hash), |&index| matches(index as usize, &self.entries[index as usize]))
                .map(|&index| index as usize)
        };
        match found {
            Some(index) => Lookup::Found(index),
            None if ask.is_empty() => Lookup::Missing,
            None => Lookup::Ask(ask),
        }
    }

    fn find_str(&self, key: &Str) -> Option<usize> {
        if self.entries.len() <= SMALL {
            if let Some(at) = self
                .entries
                .iter()
                .position(|entry| matches!(&entry.key, Value::Str(name) if Str::ptr_eq(name, key)))
            {
                return Some(at);
            }
            let hash = key.hash();
            return self.entries.iter().position(|entry| {
                entry.hash == hash && matches!(&entry.key, Value::Str(name) if name == key)
            });
        }
        let hash = key.hash();
        self.table
            .find(spread(hash), |&index| {
                let entry = &self.entries[index as usize];
                entry.hash == hash && matches!(&entry.key, Value::Str(name) if name == key)
            })
            .map(|&index| index as usize)
    }

    fn push(&mut self, entry: Entry) {
        if self.entries.len() == self.entries.capacity() && self.live * 2 < self.entries.len() {
            self.pack();
        }
        let index = self.entries.len() as u32;
        let hash = entry.hash;
        self.entries.push(entry);
        self.live += 1;
        if self.entries.len() == SMALL + 1 {
            self.index_all();
        } else if self.entries.len() > SMALL {
            let entries = &self.entries;
            self.table.insert_unique(spread(hash), index, |&other| spread(entries[other as usize].hash));
        }
    }

    fn index_all(&mut self) {
        self.table.clear();
        if self.entries.len() <= SMALL {
            return;
        }
        let entries = &self.entries;
        self.table.reserve(entries.len(), |&other| spread(entries[other as usize].hash));
        for (index, entry) in entries.iter().enumerate() {
            if !entry.key.is_unset() {
                self.table.insert_unique(spread(entry.hash), index as u32, |&other| {
                    spread(entries[other as usize].hash)
                });
            }
        }
    }

    fn pack(&mut self) {
        self.entries.retain(|entry| !entry.key.is_unset());
        self.index_all();
    }

    fn remove(&mut self, index: usize) -> Entry {
        let hash = self.entries[index].hash;
        if self.entries.len() > SMALL
            && let Ok(slot) = self.table.find_entry(spread(hash), |&other| other as usize == index)
        {
            slot.remove();
        }
        self.live -= 1;
        if index + 1 == self.entries.len() {
            let removed = self.entries.pop().expect("the index is in range");
            while self.entries.last().is_some_and(|entry| entry.key.is_unset()) {
                self.entries.pop();
            }
            if self.entries.len() <= SMALL {
                self.table.clear();
            }
            return removed;
        }
        let dead = Entry { hash: 0, key: Value::Unset, value: Value::Unset };
        std::mem::replace(&mut self.entries[index], dead)
    }
}

#[inline(always)]
fn spread(hash: i64) -> u64 {
    (hash as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Dict {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with_capacity(capacity: usize) -> Self {
        let dict = Self::default();
        dict.map.borrow_mut().entries.reserve(capacity);
        dict
    }

    pub fn len(&self) -> usize {
        self.map.borrow().live
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn version(&self) -> u32 {
        self.version.get()
    }

    fn changed(&self) {
        self.version.set(self.version.get().wrapping_add(1));
    }

    /// Finds a key whose hash is known.
    pub fn find(&self, key: &Value, hash: i64) -> Lookup {
        self.map.borrow().find(key, hash)
    }

    /// The entry at a place that `find` or `next_entry` gave.
    pub fn entry(&self, index: usize) -> Option<Entry> {
        self.map.borrow().entries.get(index).filter(|entry| !entry.key.is_unset()).cloned()
    }

    /// The first live entry at or behind `index`, with its place: the step of every iteration.
    pub fn next_entry(&self, index: usize) -> Option<(usize, Entry)> {
        let map = self.map.borrow();
        let (at, entry) =
            map.entries.iter().enumerate().skip(index).find(|(_, entry)| !entry.key.is_unset())?;
        Some((at, entry.clone()))
    }

    /// The last live entry before `index`.
    pub fn previous_entry(&self, index: usize) -> Option<(usize, Entry)> {
        let map = self.map.borrow();
        let end = index.min(map.entries.len());
        let (at, entry) =
            map.entries[..end].iter().enumerate().rev().find(|(_, entry)| !entry.key.is_unset())?;
        Some((at, entry.clone()))
    }

    /// Replaces the value at a place.
    pub fn set_at(&self, index: usize, value: Value) {
        let before = std::mem::replace(&mut self.map.borrow_mut().entries[index].value, value);
        drop(before);
    }

    /// Appends a key that is known to be absent.
    pub fn push(&self, key: Value, hash: i64, value: Value) {
        self.map.borrow_mut().push(Entry { hash, key, value });
        self.changed();
    }

    /// Removes the entry at a place.
    pub fn remove_at(&self, index: usize) -> Entry {
        let entry = self.map.borrow_mut().remove(index);
        self.changed();
        entry
    }

    pub fn clear(&self) {
        let before = std::mem::take(&mut *self.map.borrow_mut());
        self.changed();
        drop(before);
    }

    // Namespaces: keys are text, so nothing needs to be asked.

    #[inline]
    pub fn get_str(&self, key: &Str) -> Option<Value> {
        let map = self.map.borrow();
        map.find_str(key).map(|index| map.entries[index].value.clone())
    }

    pub fn contains_str(&self, key: &Str) -> bool {
        self.map.borrow().find_str(key).is_some()
    }

    /// `get_str` for a name that is not interned.
    pub fn get(&self, key: &str) -> Option<Value> {
        self.get_str(&super::intern(key))
    }

    /// The value of a key that is likely to stand at `hint`; the place it was found at goes back into `hint`.
    #[inline(always)]
    pub fn get_hinted(&self, key: &Str, hint: &Cell<u32>) -> Option<Value> {
        let map = self.map.borrow();
        if let Some(entry) = map.entries.get(hint.get() as usize)
            && let Value::Str(name) = &entry.key
            && Str::ptr_eq(name, key)
        {
            return Some(entry.value.clone());
        }
        let index = map.find_str(key)?;
        hint.set(index as u32);
        Some(map.entries[index].value.clone())
    }

    /// Sets a key that is likely to stand at `hint`.
    #[inline(always)]
    pub fn set_hinted(&self, key: &Str, value: Value, hint: &Cell<u32>) {
        let before;
        {
            let mut map = self.map.borrow_mut();
            let at = hint.get() as usize;
            let hit = map
                .entries
                .get(at)
                .is_some_and(|entry| matches!(&entry.key, Value::Str(name) if Str::ptr_eq(name, key)));
            let index = if hit { Some(at) } else { map.find_str(key) };
            match index {
                Some(index) => {
                    hint.set(index as u32);
                    before = std::mem::replace(&mut map.entries[index].value, value);
                }
                None => {
                    let hash = key.hash();
                    map.push(Entry { hash, key: Value::Str(key.clone()), value });
                    hint.set(map.entries.len() as u32 - 1);
                    before = Value::Unset;
                    self.changed();
                }
            }
        }
        drop(before);
    }

    pub fn set_str(&self, key: &Str, value: Value) {
        let before;
        {
            let mut map = self.map.borrow_mut();
            match map.find_str(key) {
                Some(index) => before = std::mem::replace(&mut map.entries[index].value, value),
                None => {
                    map.push(Entry { hash: key.hash(), key: Value::Str(key.clone()), value });
                    before = Value::Unset;
                    self.changed();
                }
            }
        }
        drop(before);
    }

    /// `set_str` for a name that is not interned.
    pub fn set(&self, key: &str, value: Value) {
        self.set_str(&super::intern(key), value);
    }

    pub fn remove_str(&self, key: &Str) -> Option<Value> {
        let index = self.map.borrow().find_str(key)?;
        Some(self.remove_at(index).value)
    }

    /// A copy of all entries in order, for walking while the language may change the dictionary.
    pub fn to_vec(&self) -> Vec<(Value, Value)> {
        let map = self.map.borrow();
        let live = map.entries.iter().filter(|entry| !entry.key.is_unset());
        live.map(|entry| (entry.key.clone(), entry.value.clone())).collect()
    }

    pub fn keys(&self) -> Vec<Value> {
        self.to_vec().into_iter().map(|(key, _)| key).collect()
    }

    pub fn values(&self) -> Vec<Value> {
        self.to_vec().into_iter().map(|(_, value)| value).collect()
    }

    /// A shallow copy.
    pub fn copy(&self) -> Dict {
        let map = self.map.borrow();
        let mut copy = Map::default();
        copy.entries = map.entries.iter().filter(|entry| !entry.key.is_unset()).cloned().collect();
        copy.live = copy.entries.len();
        copy.index_all();
        Dict { map: RefCell::new(copy), version: Cell::new(0) }
    }
}

impl Managed for Dict {
    const TRACKED: bool = true;
    fn trace(&self, visitor: &mut Visitor<'_>) {
        match self.map.try_borrow() {
            Ok(map) => {
                for entry in &map.entries {
                    entry.key.trace(visitor);
                    entry.value.trace(visitor);
                }
            }
            Err(_) => visitor.busy(),
        }
    }
    fn clear(&self) {
        Dict::clear(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_removal_and_growth() {
        let dict = Dict::new();
        for number in 0..40i64 {
            dict.set(&format!("k{number}"), Value::Int(number));
        }
        for number in (0..40i64).filter(|number| number % 3 == 0) {
            dict.remove_str(&super::super::intern(&format!("k{number}")));
        }
        for number in 40..60i64 {
            dict.set(&format!("k{number}"), Value::Int(number));
        }
        let kept: Vec<i64> = (0..60).filter(|number| number % 3 != 0 || *number >= 40).collect();
        let values: Vec<i64> = dict
            .values()
            .iter()
            .map(|value| if let Value::Int(number) = value { *number } else { -1 })
            .collect();
        assert_eq!(values, kept);
        assert!(dict.get("k3").is_none());
        assert!(matches!(dict.get("k59"), Some(Value::Int(59))));
    }
}
