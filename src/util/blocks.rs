//! The allocator of the binary: small blocks from lists of free ones, one list a size and thread.
//!
//! Owns blocks of up to 512 bytes; what is larger the system serves. Must not know what lives in them.
//!
//! Objects of the language are small, come and go by the million, and each operation makes some: taking one off a
//! list and putting it back costs a few instructions and no lock. A block that another thread frees joins that
//! thread's list. Blocks are never given back to the system, so a list is as long as it ever needed to be.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::null_mut;

/// Sizes are rounded up to a multiple of this, which is also the alignment of every block.
const STEP: usize = 16;
const LARGEST: usize = 512;
const CLASSES: usize = LARGEST / STEP;
const CHUNK: usize = 64 * 1024;
/// The first chunk: most processes of the shell are over soon.
const FIRST_CHUNK: usize = 16 * 1024;

struct Free {
    next: *mut Free,
}

struct Pool {
    free: [Cell<*mut Free>; CLASSES],
    /// The part of the newest chunk that was never handed out.
    fresh: Cell<*mut u8>,
    left: Cell<usize>,
    chunks: Cell<usize>,
}

thread_local! {
    static POOL: Pool = const {
        Pool {
            free: [const { Cell::new(null_mut()) }; CLASSES],
            fresh: Cell::new(null_mut()),
            left: Cell::new(0),
            chunks: Cell::new(0),
        }
    };
}

/// The allocator, for `#[global_allocator]`.
pub struct Blocks;

#[inline(always)]
fn is_small(layout: &Layout) -> bool {
    layout.size() <= LARGEST && layout.align() <= STEP
}

#[inline(always)]
fn class_of(size: usize) -> usize {
    size.saturating_sub(1) / STEP
}

impl Pool {
    #[inline(always)]
    fn take(&self, size: usize) -> *mut u8 {
        let class = class_of(size);
        let head = self.free[class].get();
        if head.is_null() {
            return self.carve(class);
        }
        // SAFETY: a block on the list is free, large enough for the link, and was written by `give`.
        self.free[class].set(unsafe { (*head).next });
        head.cast()
    }

    #[inline(always)]
    fn give(&self, block: *mut u8, size: usize) {
        let class = class_of(size);
        let block = block.cast::<Free>();
        // SAFETY: the block is at least 16 bytes and aligned to them, and its owner is done with it.
        unsafe { (*block).next = self.free[class].get() };
        self.free[class].set(block);
    }

    #[cold]
    #[inline(never)]
    fn carve(&self, class: usize) -> *mut u8 {
        let size = (class + 1) * STEP;
        if self.left.get() < size {
            // What is left of the old chunk serves smaller sizes.
            let left = self.left.get();
            if left >= STEP {
                self.give(self.fresh.get(), left);
            }
            let len = if self.chunks.get() == 0 { FIRST_CHUNK } else { CHUNK };
            let Ok(layout) = Layout::from_size_align(len, STEP) else { return null_mut() };
            // SAFETY: the layout is not empty.
            let chunk = unsafe { System.alloc(layout) };
            if chunk.is_null() {
                self.left.set(0);
                return null_mut();
            }
            self.chunks.set(self.chunks.get() + 1);
            self.fresh.set(chunk);
            self.left.set(len);
        }
        let block = self.fresh.get();
        // SAFETY: `size` bytes of the chunk are left.
        self.fresh.set(unsafe { block.add(size) });
        self.left.set(self.left.get() - size);
        block
    }
}

// SAFETY: blocks are disjoint parts of chunks that are never freed, aligned to 16 and at least as long as asked for;
// which of the two sources serves a layout depends on the layout alone, so a block returns to where it came from.
unsafe impl GlobalAlloc for Blocks {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_small(&layout) {
            return POOL.with(|pool| pool.take(layout.size()));
        }
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_small(&layout) {
            return POOL.with(|pool| pool.give(block, layout.size()));
        }
        // SAFETY: the caller's.
        unsafe { System.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !is_small(&layout) {
            // SAFETY: the caller's.
            return unsafe { System.alloc_zeroed(layout) };
        }
        let block = POOL.with(|pool| pool.take(layout.size()));
        if !block.is_null() {
            // SAFETY: the block is that long.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let small = is_small(&layout);
        if small && size <= LARGEST && class_of(size) == class_of(layout.size()) {
            return block;
        }
        if !small && size > LARGEST {
            // SAFETY: the caller's; both sizes are the system's.
            return unsafe { System.realloc(block, layout, size) };
        }
        // SAFETY: the new size is valid for the alignment, as the caller promises; both blocks hold `common` bytes.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                std::ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}
