//! Text: immutable, counted, with its hash and its length in characters kept beside the bytes.
//!
//! Owns the one-block layout of a string and growing in place when nobody else looks.
//! Must not know values or the language's string methods.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error, realloc};
use std::cell::Cell;
use std::hash::Hasher;
use std::ptr::NonNull;

use siphasher::sip::SipHasher13;

/// The block: this head, then `capacity` bytes of UTF-8. `count` stands first, as in `heap::Header`.
#[repr(C)]
struct Head {
    count: Cell<u32>,
    capacity: u32,
    len: u32,
    /// Characters; equal to `len` exactly for ASCII.
    chars: u32,
    hash: Cell<i64>,
}

const HEAD: usize = std::mem::size_of::<Head>();

/// A counted string of at most 4 GiB.
#[repr(transparent)]
pub struct Str {
    head: NonNull<Head>,
}

fn layout(capacity: usize) -> Layout {
    Layout::from_size_align(HEAD + capacity, std::mem::align_of::<Head>())
        .expect("a string fits the address space")
}

#[inline]
fn count_chars(text: &str) -> u32 {
    if text.is_ascii() { text.len() as u32 } else { text.chars().count() as u32 }
}

impl Str {
    pub fn new(text: &str) -> Self {
        Self::with_count(text, count_chars(text))
    }

    /// Bytes that ought to be UTF-8; None where they are not.
    #[inline]
    pub fn from_utf8(bytes: &[u8]) -> Option<Self> {
        if bytes.is_ascii() {
            // SAFETY: ASCII is UTF-8.
            let text = unsafe { std::str::from_utf8_unchecked(bytes) };
            return Some(Self::with_count(text, bytes.len() as u32));
        }
        let text = std::str::from_utf8(bytes).ok()?;
        Some(Self::with_count(text, text.chars().count() as u32))
    }

    /// A string whose number of characters is known.
    #[inline]
    fn with_count(text: &str, chars: u32) -> Self {
        let len = text.len();
        assert!(len < u32::MAX as usize, "strings end at 4 GiB");
        let layout = layout(len);
        // SAFETY: the layout is not empty; all bytes of head and text are written before use.
        unsafe {
            let block = alloc(layout);
            let Some(head) = NonNull::new(block.cast::<Head>()) else { handle_alloc_error(layout) };
            head.as_ptr().write(Head {
                count: Cell::new(1),
                capacity: len as u32,
                len: len as u32,
                chars,
                hash: Cell::new(-1),
            });
            std::ptr::copy_nonoverlapping(text.as_ptr(), block.add(HEAD), len);
            Str { head }
        }
    }

    /// A part of this string, by bytes; the range lies on the borders of characters.
    #[inline]
    pub fn part(&self, range: std::ops::Range<usize>) -> Self {
        let part = &self.as_str()[range];
        if self.is_ascii() { Self::with_count(part, part.len() as u32) } else { Self::new(part) }
    }

    /// A part of this string that borrows from it.
    #[inline]
    pub fn part_of(&self, part: &str) -> Self {
        if self.is_ascii() { Self::with_count(part, part.len() as u32) } else { Self::new(part) }
    }

    /// An ASCII string with each byte changed to another ASCII byte.
    #[inline]
    pub fn map_ascii(&self, change: impl Fn(&mut [u8])) -> Self {
        debug_assert!(self.is_ascii());
        let copy = Self::with_count(self.as_str(), self.head().chars);
        // SAFETY: nobody else holds the copy yet, and its `len` bytes are behind its head.
        let bytes = unsafe {
            let start = copy.head.as_ptr().cast::<u8>().add(HEAD);
            std::slice::from_raw_parts_mut(start, copy.head().len as usize)
        };
        change(bytes);
        assert!(bytes.is_ascii(), "ASCII is changed to ASCII");
        copy
    }

    /// `left` followed by `right`, in one block with room for `extra` more bytes.
    pub fn concat(left: &str, right: &str) -> Self {
        Self::with_parts(left, right, 0)
    }

    /// All parts, one behind the other, in one block.
    pub fn join<'a>(parts: impl Iterator<Item = &'a str> + Clone) -> Self {
        let len = parts.clone().map(str::len).sum();
        let mut joined = Self::with_parts("", "", len);
        parts.for_each(|part| joined.append(part));
        joined
    }

    #[inline]
    fn with_parts(left: &str, right: &str, extra: usize) -> Self {
        let len = left.len() + right.len();
        assert!(len + extra < u32::MAX as usize, "strings end at 4 GiB");
        let layout = layout(len + extra);
        // SAFETY: the layout is not empty; all bytes of head and text are written before use.
        unsafe {
            let block = alloc(layout);
            let Some(head) = NonNull::new(block.cast::<Head>()) else { handle_alloc_error(layout) };
            head.as_ptr().write(Head {
                count: Cell::new(1),
                capacity: (len + extra) as u32,
                len: len as u32,
                chars: count_chars(left) + count_chars(right),
                hash: Cell::new(-1),
            });
            std::ptr::copy_nonoverlapping(left.as_ptr(), block.add(HEAD), left.len());
            std::ptr::copy_nonoverlapping(right.as_ptr(), block.add(HEAD + left.len()), right.len());
            Str { head }
        }
    }

    #[inline(always)]
    fn head(&self) -> &Head {
        // SAFETY: the count that this Str holds keeps the block alive.
        unsafe { self.head.as_ref() }
    }

    #[inline(always)]
    pub fn as_str(&self) -> &str {
        // SAFETY: `len` bytes behind the head were copied from a str.
        unsafe {
            let bytes = self.head.as_ptr().cast::<u8>().add(HEAD);
            std::str::from_utf8_unchecked(std::slice::from_raw_parts(bytes, self.head().len as usize))
        }
    }

    /// Length in characters, which is what `len()` says.
    #[inline(always)]
    pub fn chars_len(&self) -> usize {
        self.head().chars as usize
    }

    #[inline(always)]
    pub fn is_ascii(&self) -> bool {
        self.head().chars == self.head().len
    }

    #[inline(always)]
    pub fn ptr_eq(left: &Self, right: &Self) -> bool {
        left.head == right.head
    }

    #[inline(always)]
    pub fn address(&self) -> usize {
        self.head.as_ptr() as usize
    }

    #[inline(always)]
    pub fn is_unique(&self) -> bool {
        self.head().count.get() == 1
    }

    /// CPython's hash under PYTHONHASHSEED=0: SipHash-1-3 with a zero key; 0 for the empty string.
    #[inline]
    pub fn hash(&self) -> i64 {
        let known = self.head().hash.get();
        if known != -1 { known } else { self.compute_hash() }
    }

    #[cold]
    fn compute_hash(&self) -> i64 {
        let hash = hash_bytes(self.stored_form().as_ref());
        self.head().hash.set(hash);
        hash
    }

    /// The bytes that CPython hashes: one, two or four bytes a character, by the widest of them.
    fn stored_form(&self) -> std::borrow::Cow<'_, [u8]> {
        let text = self.as_str();
        if self.is_ascii() {
            return std::borrow::Cow::Borrowed(text.as_bytes());
        }
        let widest = text.chars().max().map_or(0, |c| c as u32);
        let bytes = match widest {
            0..=0xff => text.chars().map(|c| c as u32 as u8).collect(),
            0x100..=0xffff => text.chars().flat_map(|c| (c as u32 as u16).to_le_bytes()).collect(),
            _ => text.chars().flat_map(|c| (c as u32).to_le_bytes()).collect::<Vec<u8>>(),
        };
        std::borrow::Cow::Owned(bytes)
    }

    /// Appends in place if nobody else holds the string; otherwise makes a new one.
    pub fn append(&mut self, tail: &str) {
        if !self.is_unique() {
            *self = Self::with_parts(self.as_str(), tail, 0);
            return;
        }
        let len = self.head().len as usize;
        let wanted = len + tail.len();
        assert!(wanted < u32::MAX as usize / 2, "strings end at 4 GiB");
        // SAFETY: unique, so nobody reads the block while it moves; the new bytes are written before `len` grows.
        unsafe {
            if wanted > self.head().capacity as usize {
                let capacity = wanted + wanted / 2 + 16;
                let old = layout(self.head().capacity as usize);
                let block = realloc(self.head.as_ptr().cast(), old, HEAD + capacity);
                let Some(head) = NonNull::new(block.cast::<Head>()) else {
                    handle_alloc_error(layout(capacity))
                };
                self.head = head;
                self.head.as_mut().capacity = capacity as u32;
            }
            let start = self.head.as_ptr().cast::<u8>().add(HEAD + len);
            std::ptr::copy_nonoverlapping(tail.as_ptr(), start, tail.len());
            let head = self.head.as_mut();
            head.len = wanted as u32;
            head.chars += count_chars(tail);
            head.hash.set(-1);
        }
    }

    /// The byte offset of a character index that is in range (or the end).
    pub fn byte_offset(&self, index: usize) -> usize {
        if self.is_ascii() {
            return index;
        }
        self.as_str().char_indices().nth(index).map_or(self.as_str().len(), |(at, _)| at)
    }
}

/// CPython's hash of a byte string under PYTHONHASHSEED=0.
pub fn hash_bytes(bytes: &[u8]) -> i64 {
    if bytes.is_empty() {
        return 0;
    }
    match SipHasher13::new_with_keys(0, 0).hash(bytes) as i64 {
        -1 => -2,
        hash => hash,
    }
}

impl Clone for Str {
    #[inline(always)]
    fn clone(&self) -> Self {
        let count = &self.head().count;
        count.set(count.get() + 1);
        Str { head: self.head }
    }
}

impl Drop for Str {
    #[inline(always)]
    fn drop(&mut self) {
        let count = &self.head().count;
        let left = count.get() - 1;
        count.set(left);
        if left == 0 {
            free(self.head);
        }
    }
}

#[inline(never)]
fn free(head: NonNull<Head>) {
    // SAFETY: the last count is gone; the block was allocated with this layout.
    unsafe {
        let capacity = head.as_ref().capacity as usize;
        dealloc(head.as_ptr().cast(), layout(capacity));
    }
}

impl std::ops::Deref for Str {
    type Target = str;
    #[inline(always)]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Str {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        Str::ptr_eq(self, other) || self.as_str() == other.as_str()
    }
}
impl Eq for Str {}

impl PartialOrd for Str {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Str {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}
impl std::hash::Hash for Str {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_i64(Str::hash(self));
    }
}
impl From<&str> for Str {
    fn from(text: &str) -> Self {
        Str::new(text)
    }
}
impl From<String> for Str {
    fn from(text: String) -> Self {
        Str::new(&text)
    }
}
impl From<&String> for Str {
    fn from(text: &String) -> Self {
        Str::new(text)
    }
}
impl std::fmt::Debug for Str {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_str().fmt(f)
    }
}
impl std::fmt::Display for Str {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The one `Str` of a name on this thread: names compare by address first.
pub fn intern(text: &str) -> Str {
    thread_local! {
        static NAMES: std::cell::RefCell<hashbrown::HashMap<Box<str>, Str, rustc_hash::FxBuildHasher>> =
            const { std::cell::RefCell::new(hashbrown::HashMap::with_hasher(rustc_hash::FxBuildHasher)) };
    }
    NAMES.with(|names| {
        let mut names = names.borrow_mut();
        if let Some(name) = names.get(text) {
            return name.clone();
        }
        let name = Str::new(text);
        names.insert(text.into(), name.clone());
        name
    })
}
