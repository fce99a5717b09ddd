//! Ctrl-C as a flag that whoever works for long looks at.
//!
//! Owns the flag. Must not know signals' handlers or what an interruption does.

use std::sync::atomic::{AtomicBool, Ordering};

static PENDING: AtomicBool = AtomicBool::new(false);

/// Asks what is running to stop. Safe to call from a signal handler.
pub fn request() {
    PENDING.store(true, Ordering::Relaxed);
}

/// Whether somebody asked.
#[inline]
pub fn pending() -> bool {
    PENDING.load(Ordering::Relaxed)
}

/// Whether somebody asked; the request is thereby taken.
#[inline]
pub fn take() -> bool {
    pending() && PENDING.swap(false, Ordering::Relaxed)
}
