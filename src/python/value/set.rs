//! Sets in CPython's order.
//!
//! Owns the open-addressing table with CPython's probing and growth, since iteration order shows it.
//! Must not know `__hash__`, `__eq__` or the set's methods.

use std::cell::{Cell, RefCell};

use super::{Lookup, Managed, Value, Visitor, primitive_eq};

const MINIMUM: usize = 8;
const LINEAR_PROBES: usize = 9;

#[derive(Clone)]
enum Slot {
    Empty,
    Deleted,
    Full(i64, Value),
}

struct Table {
    slots: Vec<Slot>,
    /// Full and deleted slots.
    fill: usize,
    used: usize,
}

/// `set`, or `frozenset` when `frozen`.
pub struct Set {
    table: RefCell<Table>,
    pub frozen: bool,
    version: Cell<u32>,
}

impl Table {
    fn new() -> Self {
        Table { slots: vec![Slot::Empty; MINIMUM], fill: 0, used: 0 }
    }

    /// Visits the slots that a hash may stand in, in CPython's order, until `stop` says so.
    fn probe(&self, hash: i64, mut stop: impl FnMut(usize, &Slot) -> bool) {
        let mask = self.slots.len() - 1;
        let mut perturb = hash as u64;
        let mut index = hash as usize & mask;
        loop {
            let last = if index + LINEAR_PROBES <= mask { index + LINEAR_PROBES } else { index };
            for place in index..=last {
                if stop(place, &self.slots[place]) {
                    return;
                }
            }
            perturb >>= 5;
            index = (index.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb as usize)) & mask;
        }
    }

    fn find(&self, key: &Value, hash: i64) -> Lookup {
        let mut ask = Vec::new();
        let mut found = None;
        self.probe(hash, |place, slot| match slot {
            Slot::Empty => true,
            Slot::Full(other, value) if *other == hash => match primitive_eq(value, key) {
                Some(true) => {
                    found = Some(place);
                    true
                }
                Some(false) => false,
                None => {
                    ask.push((place, value.clone()));
                    false
                }
            },
            _ => false,
        });
        match found {
            Some(place) => Lookup::Found(place),
            None if ask.is_empty() => Lookup::Missing,
            None => Lookup::Ask(ask),
        }
    }

    fn insert(&mut self, hash: i64, value: Value) {
        let mut at = 0;
        let mut deleted = false;
        self.probe(hash, |place, slot| match slot {
            Slot::Empty => {
                at = place;
                true
            }
            _ => false,
        });
        // CPython reuses a deleted slot only when the table is rebuilt.
        if matches!(self.slots[at], Slot::Deleted) {
            deleted = true;
        }
        self.slots[at] = Slot::Full(hash, value);
        self.used += 1;
        if !deleted {
            self.fill += 1;
        }
        let mask = self.slots.len() - 1;
        if self.fill * 5 >= mask * 3 {
            let wanted = if self.used > 50_000 { self.used * 2 } else { self.used * 4 };
            self.resize(wanted);
        }
    }

    fn resize(&mut self, minimum: usize) {
        let mut size = MINIMUM;
        while size <= minimum {
            size <<= 1;
        }
        let before = std::mem::replace(&mut self.slots, vec![Slot::Empty; size]);
        self.fill = 0;
        self.used = 0;
        for slot in before {
            if let Slot::Full(hash, value) = slot {
                self.insert_clean(hash, value);
            }
        }
    }

    /// Inserts into a table that has room, without deleted slots.
    fn insert_clean(&mut self, hash: i64, value: Value) {
        let mut at = 0;
        self.probe(hash, |place, slot| {
            at = place;
            matches!(slot, Slot::Empty)
        });
        self.slots[at] = Slot::Full(hash, value);
        self.fill += 1;
        self.used += 1;
    }
}

impl Set {
    pub fn new(frozen: bool) -> Self {
        Set { table: RefCell::new(Table::new()), frozen, version: Cell::new(0) }
    }

    pub fn len(&self) -> usize {
        self.table.borrow().used
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
        self.table.borrow().find(key, hash)
    }

    /// Adds a key that is known to be absent.
    pub fn push(&self, key: Value, hash: i64) {
        self.table.borrow_mut().insert(hash, key);
        self.changed();
    }

    /// Removes the key at a place that `find` gave.
    pub fn remove_at(&self, place: usize) -> Value {
        let mut table = self.table.borrow_mut();
        table.used -= 1;
        let slot = std::mem::replace(&mut table.slots[place], Slot::Deleted);
        drop(table);
        self.changed();
        match slot {
            Slot::Full(_, value) => value,
            _ => Value::Unset,
        }
    }

    /// The first key at or behind a place, with its place and hash.
    pub fn next_key(&self, place: usize) -> Option<(usize, i64, Value)> {
        let table = self.table.borrow();
        table.slots.iter().enumerate().skip(place).find_map(|(at, slot)| match slot {
            Slot::Full(hash, value) => Some((at, *hash, value.clone())),
            _ => None,
        })
    }

    pub fn clear(&self) {
        let before = std::mem::replace(&mut *self.table.borrow_mut(), Table::new());
        self.changed();
        drop(before);
    }

    /// All keys with their hashes, in iteration order.
    pub fn entries(&self) -> Vec<(i64, Value)> {
        let table = self.table.borrow();
        let full = table.slots.iter().filter_map(|slot| match slot {
            Slot::Full(hash, value) => Some((*hash, value.clone())),
            _ => None,
        });
        full.collect()
    }

    pub fn to_vec(&self) -> Vec<Value> {
        self.entries().into_iter().map(|(_, value)| value).collect()
    }

    /// A copy as CPython makes it.
    pub fn copy(&self, frozen: bool) -> Set {
        let copy = Set::new(frozen);
        copy.fill_from(self);
        copy
    }

    /// Whether nothing was ever put in.
    pub fn is_untouched(&self) -> bool {
        let table = self.table.borrow();
        table.fill == 0 && table.slots.len() == MINIMUM
    }

    /// Takes over the table of a set that was made to replace this one.
    pub fn take_table(&self, other: &Set) {
        let before = self.table.replace(other.table.replace(Table::new()));
        drop(before);
        self.changed();
    }

    /// Room for another set's keys, as CPython makes it before it merges one in.
    pub fn make_room(&self, count: usize) {
        let mut table = self.table.borrow_mut();
        if (table.fill + count) * 5 >= (table.slots.len() - 1) * 3 {
            let wanted = (table.used + count) * 2;
            table.resize(wanted);
        }
    }

    /// A frozen set of constants, or None if one of them would need the language to be hashed or compared.
    pub fn of_constants(items: impl IntoIterator<Item = Value>) -> Option<Set> {
        let set = Set::new(true);
        for item in items {
            let hash = super::primitive_hash(&item)?;
            match set.find(&item, hash) {
                Lookup::Found(_) => {}
                Lookup::Missing => set.push(item, hash),
                Lookup::Ask(_) => return None,
            }
        }
        Some(set)
    }

    /// Fills an empty set from another: slot by slot where the tables are alike, else in order into a table that is
    /// sized for the keys.
    pub fn fill_from(&self, other: &Set) {
        let source = other.table.borrow();
        let mut table = self.table.borrow_mut();
        if source.used * 5 >= (table.slots.len() - 1) * 3 {
            let wanted = source.used * 2;
            table.resize(wanted);
        }
        if table.slots.len() == source.slots.len() && source.fill == source.used {
            table.slots = source.slots.clone();
            table.fill = source.fill;
            table.used = source.used;
        } else {
            for slot in &source.slots {
                if let Slot::Full(hash, value) = slot {
                    table.insert_clean(*hash, value.clone());
                }
            }
        }
        drop(table);
        self.changed();
    }
}

impl Managed for Set {
    const TRACKED: bool = true;
    fn trace(&self, visitor: &mut Visitor<'_>) {
        match self.table.try_borrow() {
            Ok(table) => {
                for slot in &table.slots {
                    if let Slot::Full(_, value) = slot {
                        value.trace(visitor);
                    }
                }
            }
            Err(_) => visitor.busy(),
        }
    }
    fn clear(&self) {
        Set::clear(self);
    }
}
