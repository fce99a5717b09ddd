//! Loaded objects by the key that says whose they are.
//!
//! Owns the table; integers are found without asking the language. Must not know statements.

use rustc_hash::FxHashMap;

use crate::python::value::{Host, R, Value, primitive_eq, primitive_hash};

/// Members by key, in the order of the rows.
#[derive(Default)]
pub struct KeyedRows {
    ints: FxHashMap<i64, Vec<Value>>,
    others: FxHashMap<i64, Vec<(Value, Vec<Value>)>>,
}

impl KeyedRows {
    pub fn push(&mut self, host: &mut dyn Host, key: Value, member: Value) -> R<()> {
        if let Value::Int(number) = key {
            self.ints.entry(number).or_default().push(member);
            return Ok(());
        }
        let hash = hash_of(host, &key)?;
        let bucket = self.others.entry(hash).or_default();
        for (known, members) in bucket.iter_mut() {
            let equal = match primitive_eq(known, &key) {
                Some(equal) => equal,
                None => host.eq(known, &key)?,
            };
            if equal {
                members.push(member);
                return Ok(());
            }
        }
        bucket.push((key, vec![member]));
        Ok(())
    }

    /// Takes the members of a key out.
    pub fn take(&mut self, host: &mut dyn Host, key: &Value) -> R<Vec<Value>> {
        if let Value::Int(number) = key {
            return Ok(self.ints.remove(number).unwrap_or_default());
        }
        let hash = hash_of(host, key)?;
        let Some(bucket) = self.others.get_mut(&hash) else { return Ok(Vec::new()) };
        for (known, members) in bucket.iter_mut() {
            if equal(host, known, key)? {
                return Ok(std::mem::take(members));
            }
        }
        Ok(Vec::new())
    }

    /// The members of a key.
    pub fn get(&self, host: &mut dyn Host, key: &Value) -> R<Vec<Value>> {
        if let Value::Int(number) = key {
            return Ok(self.ints.get(number).cloned().unwrap_or_default());
        }
        let hash = hash_of(host, key)?;
        let Some(bucket) = self.others.get(&hash) else { return Ok(Vec::new()) };
        for (known, members) in bucket {
            if equal(host, known, key)? {
                return Ok(members.clone());
            }
        }
        Ok(Vec::new())
    }

    pub fn first(&self, host: &mut dyn Host, key: &Value) -> R<Option<Value>> {
        Ok(self.get(host, key)?.into_iter().next())
    }
}

fn hash_of(host: &mut dyn Host, key: &Value) -> R<i64> {
    match primitive_hash(key) {
        Some(hash) => Ok(hash),
        None => host.hash(key),
    }
}

fn equal(host: &mut dyn Host, left: &Value, right: &Value) -> R<bool> {
    match primitive_eq(left, right) {
        Some(equal) => Ok(equal),
        None => host.eq(left, right),
    }
}
