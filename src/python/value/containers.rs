//! The plain containers: bytes, tuple, list, range, slice, cell.
//!
//! Owns their storage. Must not know their methods (those are rows in `builtins`).

use std::cell::{Ref, RefCell, RefMut};

use super::{Managed, Value, Visitor};

/// Immutable bytes.
#[derive(Debug)]
pub struct BytesObj(Vec<u8>);
pub type Bytes = BytesObj;

impl BytesObj {
    pub fn new(bytes: Vec<u8>) -> Self {
        BytesObj(bytes)
    }
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl Managed for BytesObj {
    const TRACKED: bool = false;
}

/// An immutable sequence.
pub struct Tuple(Box<[Value]>);

impl Tuple {
    pub fn new(items: Vec<Value>) -> Self {
        Tuple(items.into_boxed_slice())
    }

    #[inline(always)]
    pub fn as_slice(&self) -> &[Value] {
        &self.0
    }

    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Managed for Tuple {
    const TRACKED: bool = true;
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.0.iter().for_each(|item| item.trace(visitor));
    }
    // A cycle through a tuple is broken at the other objects of the ring: a tuple alone cannot close one.
}

/// A mutable sequence.
pub struct List(RefCell<Vec<Value>>);

impl List {
    pub fn new(items: Vec<Value>) -> Self {
        List(RefCell::new(items))
    }

    #[inline(always)]
    pub fn borrow(&self) -> Ref<'_, Vec<Value>> {
        self.0.borrow()
    }

    #[inline(always)]
    pub fn borrow_mut(&self) -> RefMut<'_, Vec<Value>> {
        self.0.borrow_mut()
    }

    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value> {
        self.0.borrow().get(index).cloned()
    }

    #[inline(always)]
    pub fn push(&self, item: Value) {
        self.0.borrow_mut().push(item);
    }

    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A copy of the items, for walking while the language may change the list.
    pub fn to_vec(&self) -> Vec<Value> {
        self.0.borrow().clone()
    }
}

impl Managed for List {
    const TRACKED: bool = true;
    fn trace(&self, visitor: &mut Visitor<'_>) {
        match self.0.try_borrow() {
            Ok(items) => items.iter().for_each(|item| item.trace(visitor)),
            Err(_) => visitor.busy(),
        }
    }
    fn clear(&self) {
        let items = self.0.try_borrow_mut().map(|mut items| std::mem::take(&mut *items));
        drop(items);
    }
}

/// `range(start, stop, step)` within 64 bits.
#[derive(Debug)]
pub struct Range {
    pub start: i64,
    pub stop: i64,
    pub step: i64,
}

impl Range {
    pub fn len(&self) -> usize {
        let (low, high, step) = if self.step > 0 {
            (self.start, self.stop, self.step as i128)
        } else {
            (self.stop, self.start, -(self.step as i128))
        };
        let distance = high as i128 - low as i128;
        if distance <= 0 { 0 } else { ((distance - 1) / step + 1) as usize }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at an index in range.
    pub fn at(&self, index: usize) -> i64 {
        (self.start as i128 + index as i128 * self.step as i128) as i64
    }
}

impl Managed for Range {
    const TRACKED: bool = false;
}

/// `slice(start, stop, step)`.
pub struct Slice {
    pub start: Value,
    pub stop: Value,
    pub step: Value,
}

impl Managed for Slice {
    const TRACKED: bool = false;
}

/// A variable that closures share.
pub struct Cell(RefCell<Value>);

impl Cell {
    pub fn new(value: Value) -> Self {
        Cell(RefCell::new(value))
    }
    #[inline(always)]
    pub fn get(&self) -> Value {
        self.0.borrow().clone()
    }
    #[inline(always)]
    pub fn set(&self, value: Value) {
        let before = self.0.replace(value);
        drop(before);
    }
}

impl Managed for Cell {
    const TRACKED: bool = true;
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.0.borrow().trace(visitor);
    }
    fn clear(&self) {
        self.set(Value::Unset);
    }
}
