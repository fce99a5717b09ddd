//! `Value`: one tag and eight bytes, cloned and dropped by counting.
//!
//! Owns the list of kinds. Must not know what operations on them mean.

use std::cell::{Cell as StdCell, RefCell};
use std::ptr::NonNull;

use num_bigint::BigInt;

use super::heap::{self, Gc, Header, Managed, Visitor};
use super::*;

/// Any Python object. `Unset` stands for "no value": an unbound local, an unloaded slot, an omitted argument.
///
/// Kinds from `Str` on are heap objects whose payload is one pointer to a counted block. The tag fills
/// the first half, so that a value moves as two whole words.
#[derive(Default)]
#[repr(u64)]
pub enum Value {
    Unset = 0,
    #[default]
    None,
    NotImplemented,
    Ellipsis,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Str),
    /// Only ever holds what does not fit `Int`.
    BigInt(Gc<BigIntObj>),
    Bytes(Gc<BytesObj>),
    Tuple(Gc<Tuple>),
    List(Gc<List>),
    Dict(Gc<Dict>),
    /// `set` and `frozenset`.
    Set(Gc<Set>),
    Range(Gc<Range>),
    Slice(Gc<Slice>),
    /// A native iterator.
    Iter(Gc<Iter>),
    Function(Gc<Function>),
    Native(Gc<NativeFunction>),
    Method(Gc<BoundMethod>),
    Generator(Gc<Generator>),
    Class(Gc<Class>),
    Module(Gc<Module>),
    /// A closure's cell.
    Cell(Gc<Cell>),
    /// Everything else: instances of Python classes, and of native types by their payload.
    Instance(Gc<Instance>),
}

const FIRST_HEAP: u8 = 7;
/// Kinds after this one can hold others.
const LAST_ATOMIC: u8 = 9;

impl Value {
    #[inline(always)]
    fn tag(&self) -> u8 {
        // SAFETY: `repr(u64)` puts the tag into the first half.
        unsafe { *(self as *const Value).cast::<u64>() as u8 }
    }

    /// The counted block of a heap kind.
    #[inline(always)]
    fn block(&self) -> NonNull<Header> {
        // SAFETY: `repr(u64)` lays each variant out as a C struct of tag and payload; the payload of a heap kind is
        // one pointer. Called on heap kinds only.
        unsafe { *(self as *const Value).cast::<NonNull<Header>>().add(1) }
    }

    /// A string value.
    pub fn str(text: impl AsRef<str>) -> Value {
        Value::Str(Str::new(text.as_ref()))
    }

    pub fn tuple(items: Vec<Value>) -> Value {
        Value::Tuple(Gc::new(Tuple::new(items)))
    }

    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Gc::new(List::new(items)))
    }

    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Value {
        Value::Bytes(Gc::new(BytesObj::new(bytes.into())))
    }

    /// An integer of any size; small ones become `Int`.
    pub fn big(number: BigInt) -> Value {
        match i64::try_from(&number) {
            Ok(small) => Value::Int(small),
            Err(_) => Value::BigInt(Gc::new(BigIntObj(number))),
        }
    }

    /// An instance of a native type.
    pub fn native<T: Native>(kind: &'static NativeType, payload: T) -> Value {
        Value::Instance(Instance::native(kind, payload))
    }

    /// An iterator that native code steps.
    pub fn iter(iter: impl NativeIter) -> Value {
        Value::Iter(Gc::new(Iter::native(Box::new(iter))))
    }

    /// Drops the value, looking first whether there is anything to drop.
    #[inline(always)]
    pub fn discard(self) {
        if self.tag() >= FIRST_HEAP { drop(self) } else { std::mem::forget(self) }
    }

    #[inline(always)]
    pub fn is_unset(&self) -> bool {
        matches!(self, Value::Unset)
    }

    #[inline(always)]
    pub fn is_none(&self) -> bool {
        matches!(self, Value::None)
    }

    /// `a is b`. Numbers compare by value and kind, heap objects by address.
    #[inline]
    pub fn is(&self, other: &Value) -> bool {
        if self.tag() != other.tag() {
            return false;
        }
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            _ if self.tag() >= FIRST_HEAP => self.block() == other.block(),
            _ => true,
        }
    }

    /// What `id()` says of a heap object; a made-up stable number for the others.
    pub fn id(&self) -> usize {
        match self {
            Value::Int(number) => 0x7000_0000_0000usize.wrapping_add((*number as usize).wrapping_mul(32)),
            Value::Float(number) => number.to_bits() as usize,
            Value::Bool(value) => 0x7f00_0000_1000 + usize::from(*value) * 32,
            _ if self.tag() >= FIRST_HEAP => self.block().as_ptr() as usize,
            _ => 0x7f00_0000_0000 + usize::from(self.tag()) * 64,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The payload of an instance of a native type (or of a subclass of it).
    #[inline]
    pub fn payload<T: Native>(&self) -> Option<&T> {
        match self {
            Value::Instance(instance) => instance.payload::<T>(),
            _ => None,
        }
    }

    pub fn as_instance(&self) -> Option<&Gc<Instance>> {
        match self {
            Value::Instance(instance) => Some(instance),
            _ => None,
        }
    }

    /// Whether the value is of a kind that can be part of a cycle.
    #[inline(always)]
    pub fn is_tracked(&self) -> bool {
        self.tag() > LAST_ATOMIC
    }

    /// Shows the collector the reference that this value is.
    #[inline]
    pub fn trace(&self, visitor: &mut Visitor<'_>) {
        if self.tag() > 7 {
            visitor.header(self.block());
        }
    }
}

impl Clone for Value {
    #[inline(always)]
    fn clone(&self) -> Value {
        // SAFETY: a bitwise copy of a heap kind is made good by one more count; all blocks, strings included,
        // begin with their count. Other kinds are plain data.
        unsafe {
            if self.tag() >= FIRST_HEAP {
                heap::retain(self.block());
            }
            std::ptr::read(self)
        }
    }
}

/// For Rust code and its tests only: shallow, without calling the language.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Unset => f.write_str("<unset>"),
            Value::None => f.write_str("None"),
            Value::NotImplemented => f.write_str("NotImplemented"),
            Value::Ellipsis => f.write_str("Ellipsis"),
            Value::Bool(value) => f.write_str(if *value { "True" } else { "False" }),
            Value::Int(value) => value.fmt(f),
            Value::Float(value) => value.fmt(f),
            Value::Str(value) => value.fmt(f),
            Value::BigInt(value) => value.0.fmt(f),
            Value::Bytes(value) => value.as_slice().fmt(f),
            Value::Tuple(items) => f.debug_list().entries(items.as_slice()).finish(),
            Value::List(items) => f.debug_list().entries(items.borrow().iter()).finish(),
            other => write!(f, "<object at {:#x}>", other.id()),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}
impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Value::Int(value as i64)
    }
}
impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Float(value)
    }
}
impl From<Str> for Value {
    fn from(value: Str) -> Self {
        Value::Str(value)
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::str(value)
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::str(value)
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::None, Into::into)
    }
}

/// An integer beyond 64 bits.
#[derive(Debug)]
pub struct BigIntObj(pub BigInt);

impl Managed for BigIntObj {
    const TRACKED: bool = false;
}

/// What a native iterator steps over.
pub trait NativeIter: 'static {
    /// The next item, or None at the end.
    fn next(&mut self, host: &mut dyn Host) -> R<Option<Value>>;

    /// `__length_hint__`, where it is known.
    fn remaining(&self) -> Option<usize> {
        None
    }

    /// The name that `type(it)` shows.
    fn type_name(&self) -> &'static str {
        "iterator"
    }

    fn trace(&self, _visitor: &mut Visitor<'_>) {}
}

/// An iterator object. The kinds that loops meet most have a form of their own, which the machine steps itself.
pub enum Iter {
    Range { next: StdCell<i64>, stop: i64, step: i64 },
    List { list: RefCell<Option<Gc<List>>>, index: StdCell<usize> },
    Tuple { tuple: Gc<Tuple>, index: StdCell<usize> },
    Native(RefCell<Option<Box<dyn NativeIter>>>),
}

impl Iter {
    pub fn native(iter: Box<dyn NativeIter>) -> Self {
        Iter::Native(RefCell::new(Some(iter)))
    }

    /// How many items are still to come, if that is known.
    pub fn remaining(&self) -> Option<usize> {
        match self {
            Iter::Range { next, stop, step } => {
                Some(Range { start: next.get(), stop: *stop, step: *step }.len())
            }
            Iter::List { list, index } => {
                Some(list.borrow().as_ref().map_or(0, |list| list.len().saturating_sub(index.get())))
            }
            Iter::Tuple { tuple, index } => Some(tuple.len().saturating_sub(index.get())),
            Iter::Native(iter) => {
                iter.try_borrow().ok().and_then(|iter| iter.as_ref().map_or(Some(0), |iter| iter.remaining()))
            }
        }
    }

    /// The next item, or None at the end; an iterator that has ended stays ended.
    #[inline]
    pub fn next(&self, host: &mut dyn Host) -> R<Option<Value>> {
        match self {
            Iter::Range { next, stop, step } => {
                let value = next.get();
                if if *step > 0 { value >= *stop } else { value <= *stop } {
                    return Ok(None);
                }
                next.set(value.saturating_add(*step));
                Ok(Some(Value::Int(value)))
            }
            Iter::List { list, index } => {
                let at = index.get();
                let item = list.borrow().as_ref().and_then(|list| list.get(at));
                if item.is_some() {
                    index.set(at + 1);
                } else {
                    list.borrow_mut().take();
                }
                Ok(item)
            }
            Iter::Tuple { tuple, index } => {
                let at = index.get();
                index.set(at + 1);
                Ok(tuple.as_slice().get(at).cloned())
            }
            Iter::Native(slot) => {
                // Taken out while it runs: it may call the language, which may come back to this iterator.
                let Some(mut iter) = slot.borrow_mut().take() else { return Ok(None) };
                let item = iter.next(host)?;
                if item.is_some() {
                    *slot.borrow_mut() = Some(iter);
                }
                Ok(item)
            }
        }
    }
}

impl Managed for Iter {
    const TRACKED: bool = true;

    fn trace(&self, visitor: &mut Visitor<'_>) {
        match self {
            Iter::Range { .. } => {}
            Iter::List { list, .. } => match list.try_borrow() {
                Ok(list) => list.iter().for_each(|list| visitor.gc(list)),
                Err(_) => visitor.busy(),
            },
            Iter::Tuple { tuple, .. } => visitor.gc(tuple),
            Iter::Native(iter) => match iter.try_borrow() {
                Ok(iter) => iter.iter().for_each(|iter| iter.trace(visitor)),
                Err(_) => visitor.busy(),
            },
        }
    }
}

const _: () = assert!(std::mem::size_of::<Value>() == 16);
const _: () = assert!(std::mem::size_of::<Option<Value>>() == 16);
