//! Objects whose last reference went but that have something to run first.
//!
//! Owns the queue between dropping (which cannot call the language) and the machine (which can): generators stopped
//! inside a `try`, instances of classes with `__del__`. Must not know how they are run.

use std::cell::RefCell;

use super::{Value, heap};

thread_local! {
    static QUEUE: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
}

/// Puts an object off until the machine next looks. At the end of a thread nobody does.
pub fn put_off(object: Value) {
    let kept = QUEUE.try_with(|queue| match queue.try_borrow_mut() {
        Ok(mut queue) => {
            queue.push(object);
            Ok(())
        }
        Err(_) => Err(object),
    });
    if let Ok(Ok(())) = kept {
        heap::ask_attention();
    }
}

/// The objects put off since the last time, in the order in which they went.
pub fn take_put_off() -> Vec<Value> {
    QUEUE.with(|queue| std::mem::take(&mut *queue.borrow_mut()))
}
