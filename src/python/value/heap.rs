//! Reference-counted memory with a collector for cycles.
//!
//! Owns: the header of every heap object, `Gc<T>`, dropping without deep recursion, the young and the old
//! generation, finding and breaking cycles. Must not know what the objects mean.
//!
//! Counting is observable (an identity map that holds its objects weakly must see them go at once), so every
//! object goes when its last reference does. What is left over are cycles:
//!
//! ```text
//!   parent.children ──> list ──> child          each is referenced only from within the ring:
//!        ^──────────── child.parent ──┘         the collector subtracts inner references and finds none left
//! ```
//!
//! A collection never runs inside an allocation: the machine asks `should_collect` where it may stop anyway.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

/// What stands in front of every heap object.
#[repr(C)]
pub struct Header {
    count: Cell<u32>,
    /// Place in a generation: 0 for none, else index + 1; the top bit says old.
    place: Cell<u32>,
    table: &'static Table,
}

const OLD: u32 = 1 << 31;

struct Table {
    drop: unsafe fn(NonNull<Header>),
    trace: unsafe fn(NonNull<Header>, &mut Visitor<'_>),
    clear: unsafe fn(NonNull<Header>),
}

#[repr(C)]
struct GcBox<T> {
    header: Header,
    value: T,
}

/// A type that lives on the heap.
pub trait Managed: 'static + Sized {
    /// Whether objects of this type can be part of a cycle.
    const TRACKED: bool;

    /// Shows the visitor every heap reference that the object owns.
    ///
    /// An object that is busy (borrowed) calls `visitor.busy()`: it is then taken to be alive.
    fn trace(&self, _visitor: &mut Visitor<'_>) {}

    /// Drops every reference that the object owns; called on garbage only.
    fn clear(&self) {}
}

/// Receives the references of one object.
pub struct Visitor<'a> {
    see: &'a mut dyn FnMut(NonNull<Header>),
    busy: bool,
}

impl Visitor<'_> {
    pub fn gc<T: Managed>(&mut self, object: &Gc<T>) {
        (self.see)(object.ptr.cast());
    }

    pub(super) fn header(&mut self, header: NonNull<Header>) {
        (self.see)(header);
    }

    /// The object being traced cannot be read just now.
    pub fn busy(&mut self) {
        self.busy = true;
    }
}

/// A counted reference to a heap object.
#[repr(transparent)]
pub struct Gc<T: Managed> {
    ptr: NonNull<GcBox<T>>,
    owns: PhantomData<GcBox<T>>,
}

impl<T: Managed> Gc<T> {
    const TABLE: &'static Table =
        &Table { drop: drop_box::<T>, trace: trace_box::<T>, clear: clear_box::<T> };

    pub fn new(value: T) -> Self {
        let header = Header { count: Cell::new(1), place: Cell::new(0), table: Self::TABLE };
        let boxed = Box::new(GcBox { header, value });
        let ptr = NonNull::from(Box::leak(boxed));
        if T::TRACKED {
            track(ptr.cast());
        }
        Gc { ptr, owns: PhantomData }
    }

    /// An object that the collector does not look at until `track_late` says so.
    pub(super) fn new_untracked(value: T) -> Self {
        let header = Header { count: Cell::new(1), place: Cell::new(0), table: Self::TABLE };
        Gc { ptr: NonNull::from(Box::leak(Box::new(GcBox { header, value }))), owns: PhantomData }
    }

    #[inline(always)]
    pub fn ptr_eq(left: &Self, right: &Self) -> bool {
        left.ptr == right.ptr
    }

    /// The object's address, which is what `id()` says.
    #[inline(always)]
    pub fn address(this: &Self) -> usize {
        this.ptr.as_ptr() as usize
    }

    #[inline(always)]
    pub fn count(this: &Self) -> u32 {
        // SAFETY: a Gc always points at a live box.
        unsafe { this.ptr.as_ref() }.header.count.get()
    }

    /// A reference that does not keep the object alive. See `WeakPtr` for what the holder owes.
    pub fn downgrade(this: &Self) -> WeakPtr<T> {
        WeakPtr { ptr: this.ptr }
    }
}

impl<T: Managed> Deref for Gc<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the count that this Gc holds keeps the box alive.
        unsafe { &self.ptr.as_ref().value }
    }
}

impl<T: Managed> Clone for Gc<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        // SAFETY: as in `deref`.
        let count = unsafe { &self.ptr.as_ref().header.count };
        count.set(count.get() + 1);
        Gc { ptr: self.ptr, owns: PhantomData }
    }
}

impl<T: Managed> Drop for Gc<T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: as in `deref`; the box is released only when the last count goes.
        unsafe { release(self.ptr.cast()) }
    }
}

impl<T: Managed + std::fmt::Debug> std::fmt::Debug for Gc<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

/// A weak reference without bookkeeping of its own.
///
/// The holder must forget it before the object's memory goes: whoever keeps a `WeakPtr` is told by the `Drop` of
/// something that the object owns (an instance's payload), which runs first. Used by identity maps.
pub struct WeakPtr<T: Managed> {
    ptr: NonNull<GcBox<T>>,
}

impl<T: Managed> Clone for WeakPtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Managed> Copy for WeakPtr<T> {}

impl<T: Managed> WeakPtr<T> {
    /// The object, unless it is on its way out.
    #[inline]
    pub fn upgrade(&self) -> Option<Gc<T>> {
        // SAFETY: the holder's duty (see the type) is that the box is still there.
        let count = unsafe { &self.ptr.as_ref().header.count };
        if count.get() == 0 {
            return None;
        }
        count.set(count.get() + 1);
        Some(Gc { ptr: self.ptr, owns: PhantomData })
    }

    pub fn address(&self) -> usize {
        self.ptr.as_ptr() as usize
    }
}

/// Takes one more count on an object.
///
/// # Safety
/// `header` points at a live object.
#[inline(always)]
pub(super) unsafe fn retain(header: NonNull<Header>) {
    // SAFETY: the caller's.
    let count = unsafe { &header.as_ref().count };
    count.set(count.get() + 1);
}

/// Gives one count back.
///
/// # Safety
/// `header` points at a live object, of which the caller owns a count.
#[inline(always)]
pub(super) unsafe fn release(header: NonNull<Header>) {
    // SAFETY: the caller's.
    let count = unsafe { &header.as_ref().count };
    let left = count.get() - 1;
    count.set(left);
    if left == 0 {
        drop_last(header);
    }
}

const DEPTH_LIMIT: u32 = 64;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static LATER: RefCell<Vec<NonNull<Header>>> = const { RefCell::new(Vec::new()) };
    static HEAP: Heap = const { Heap::new() };
    /// Whether the young generation has outgrown its limit since the last collection.
    static WANTED: Cell<bool> = const { Cell::new(false) };
}

/// Drops an object whose count is zero. A chain of objects deeper than a few dozen is put off and dropped in a
/// loop, so that no chain can exhaust the stack.
#[cold]
#[inline(never)]
fn drop_last(header: NonNull<Header>) {
    let depth = DEPTH.try_with(Cell::get).unwrap_or(0);
    if depth >= DEPTH_LIMIT {
        let kept = LATER.try_with(|later| later.borrow_mut().push(header));
        if kept.is_ok() {
            return;
        }
    }
    let _ = DEPTH.try_with(|cell| cell.set(depth + 1));
    // SAFETY: the count is zero, so nobody else can reach the object.
    unsafe { (header.as_ref().table.drop)(header) };
    let _ = DEPTH.try_with(|cell| cell.set(depth));
    if depth == 0 {
        while let Ok(Some(next)) = LATER.try_with(|later| later.borrow_mut().pop()) {
            let _ = DEPTH.try_with(|cell| cell.set(1));
            // SAFETY: as above.
            unsafe { (next.as_ref().table.drop)(next) };
            let _ = DEPTH.try_with(|cell| cell.set(0));
        }
    }
}

unsafe fn drop_box<T: Managed>(header: NonNull<Header>) {
    if T::TRACKED {
        untrack(header);
    }
    // SAFETY: `header` is the first field of a leaked `Box<GcBox<T>>` that nobody references any more.
    drop(unsafe { Box::from_raw(header.cast::<GcBox<T>>().as_ptr()) });
}

unsafe fn trace_box<T: Managed>(header: NonNull<Header>, visitor: &mut Visitor<'_>) {
    // SAFETY: the caller passes a live object of this table.
    unsafe { header.cast::<GcBox<T>>().as_ref() }.value.trace(visitor);
}

unsafe fn clear_box<T: Managed>(header: NonNull<Header>) {
    // SAFETY: the caller passes a live object of this table.
    unsafe { header.cast::<GcBox<T>>().as_ref() }.value.clear();
}

/// The two generations of one thread.
struct Heap {
    young: RefCell<Vec<NonNull<Header>>>,
    old: RefCell<Vec<NonNull<Header>>>,
    old_limit: Cell<usize>,
    disabled: Cell<bool>,
}

const YOUNG_LIMIT: usize = 10_000;
const OLD_MINIMUM: usize = 100_000;

impl Heap {
    const fn new() -> Self {
        Heap {
            young: RefCell::new(Vec::new()),
            old: RefCell::new(Vec::new()),
            old_limit: Cell::new(OLD_MINIMUM),
            disabled: Cell::new(false),
        }
    }
}

#[inline]
fn track(header: NonNull<Header>) {
    HEAP.with(|heap| {
        let mut young = heap.young.borrow_mut();
        young.push(header);
        if young.len() > YOUNG_LIMIT {
            WANTED.set(true);
        }
        // SAFETY: just allocated.
        unsafe { header.as_ref() }.place.set(young.len() as u32);
    });
}

/// Tells the collector of an object that was made by `new_untracked`.
///
/// # Safety
/// `value` lies within a counted box, and no generation knows it.
pub(super) unsafe fn track_late<T: Managed>(value: &T) {
    // SAFETY: the caller's; the header stands before the value, at the distance that the box's layout says.
    let header =
        unsafe { NonNull::from(value).byte_sub(std::mem::offset_of!(GcBox<T>, value)).cast::<Header>() };
    track(header);
}

fn untrack(header: NonNull<Header>) {
    // SAFETY: the object is being dropped and still whole.
    let place = unsafe { header.as_ref() }.place.replace(0);
    if place == 0 {
        return;
    }
    let _ = HEAP.try_with(|heap| {
        let generation = if place & OLD != 0 { &heap.old } else { &heap.young };
        let mut objects = generation.borrow_mut();
        let index = (place & !OLD) as usize - 1;
        objects.swap_remove(index);
        if let Some(moved) = objects.get(index) {
            // SAFETY: every object in a generation is alive.
            unsafe { moved.as_ref() }.place.set(place);
        }
    });
}

/// Whether enough objects came since the last collection for another to be worth it.
#[inline]
pub fn should_collect() -> bool {
    WANTED.get()
}

/// Makes the machine look at what was put off, at the place where it would also collect.
pub fn ask_attention() {
    let _ = WANTED.try_with(|wanted| wanted.set(true));
}

/// Turns automatic collection off or on (`gc.disable()`, `gc.enable()`).
pub fn set_enabled(enabled: bool) {
    HEAP.with(|heap| heap.disabled.set(!enabled));
}

/// Whether collections happen by themselves.
pub fn is_enabled() -> bool {
    HEAP.with(|heap| !heap.disabled.get())
}

/// Collects the young generation, and the old one too when it has doubled since it was last looked at.
pub fn collect() -> usize {
    WANTED.set(false);
    HEAP.with(|heap| {
        if heap.disabled.get() || heap.young.borrow().len() <= YOUNG_LIMIT {
            return 0;
        }
        let full = heap.old.borrow().len() > heap.old_limit.get();
        if full { collect_all() } else { collect_young(heap) }
    })
}

/// Collects both generations. Returns how many objects were unreachable.
pub fn collect_all() -> usize {
    HEAP.with(|heap| {
        let mut young = heap.young.borrow_mut();
        for (index, object) in heap.old.borrow_mut().drain(..).chain(std::iter::empty()).enumerate() {
            let _ = index;
            young.push(object);
        }
        for (index, object) in young.iter().enumerate() {
            // SAFETY: every object in a generation is alive.
            unsafe { object.as_ref() }.place.set(index as u32 + 1);
        }
        drop(young);
        let found = collect_young(heap);
        heap.old_limit.set((heap.old.borrow().len() * 2).max(OLD_MINIMUM));
        found
    })
}

/// The algorithm: subtract, from each object's count, the references that other young objects hold to it. What
/// still has a count is held from outside; all that it reaches lives. The rest is garbage.
fn collect_young(heap: &Heap) -> usize {
    let objects = heap.young.borrow().clone();
    if objects.is_empty() {
        return 0;
    }
    // SAFETY (all uses below): every object in a generation is alive, and nothing is dropped before `clear`.
    let mut outside: Vec<i64> =
        objects.iter().map(|object| i64::from(unsafe { object.as_ref() }.count.get())).collect();
    let index_of = |header: NonNull<Header>| -> Option<usize> {
        let place = unsafe { header.as_ref() }.place.get();
        (place != 0 && place & OLD == 0).then(|| place as usize - 1)
    };
    for (index, object) in objects.iter().enumerate() {
        let mut see = |child: NonNull<Header>| {
            if let Some(child) = index_of(child) {
                outside[child] -= 1;
            }
        };
        let mut visitor = Visitor { see: &mut see, busy: false };
        unsafe { (object.as_ref().table.trace)(*object, &mut visitor) };
        if visitor.busy {
            outside[index] += 1 << 32;
        }
    }
    let mut alive = vec![false; objects.len()];
    let mut open: Vec<usize> = (0..objects.len()).filter(|&index| outside[index] > 0).collect();
    for &index in &open {
        alive[index] = true;
    }
    while let Some(index) = open.pop() {
        let mut see = |child: NonNull<Header>| {
            if let Some(child) = index_of(child)
                && !alive[child]
            {
                alive[child] = true;
                open.push(child);
            }
        };
        let mut visitor = Visitor { see: &mut see, busy: false };
        unsafe { (objects[index].as_ref().table.trace)(objects[index], &mut visitor) };
    }
    let mut garbage = Vec::new();
    {
        let mut old = heap.old.borrow_mut();
        for (index, object) in objects.iter().enumerate() {
            if alive[index] {
                old.push(*object);
                unsafe { object.as_ref() }.place.set(old.len() as u32 | OLD);
            } else {
                unsafe { retain(*object) };
                unsafe { object.as_ref() }.place.set(0);
                garbage.push(*object);
            }
        }
        heap.young.borrow_mut().clear();
    }
    for object in &garbage {
        unsafe { (object.as_ref().table.clear)(*object) };
    }
    for object in &garbage {
        unsafe { release(*object) };
    }
    garbage.len()
}
