//! A list that is empty most of the time.
//!
//! Owns a vector behind one pointer, which is null while there is nothing. Must not know what it holds.

use std::ops::Deref;

/// As a `Vec`, in a third of the room while it is empty.
#[expect(clippy::box_collection, reason = "an empty one is one word, which is what this type is for")]
pub struct Few<T>(Option<Box<Vec<T>>>);

impl<T> Default for Few<T> {
    fn default() -> Self {
        Few(None)
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.0.as_ref().map_or(&[], |items| items)
    }
}

impl<T> From<Vec<T>> for Few<T> {
    fn from(items: Vec<T>) -> Self {
        Few((!items.is_empty()).then(|| Box::new(items)))
    }
}

impl<T> Few<T> {
    pub fn push(&mut self, item: T) {
        self.0.get_or_insert_with(Box::default).push(item);
    }

    /// Takes out the item at a place that is there.
    pub fn remove(&mut self, at: usize) -> T {
        self.0.get_or_insert_with(Box::default).remove(at)
    }

    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        self.0.as_mut()?.get_mut(at)
    }

    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        if let Some(items) = &mut self.0 {
            items.retain(keep);
        }
    }

    pub fn clear(&mut self) {
        self.0 = None;
    }
}

impl<'a, T> IntoIterator for &'a Few<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
