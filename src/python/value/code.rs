//! Compiled code, as a function object holds it.
//!
//! Owns the handle. Must not know what bytecode looks like.

use std::any::Any;
use std::cell::UnsafeCell;
use std::rc::Rc;

/// Bytecode behind a function. The machine knows its type.
pub struct CodeHandle(UnsafeCell<Rc<dyn Any>>);

impl CodeHandle {
    pub fn new(code: Rc<dyn Any>) -> CodeHandle {
        CodeHandle(UnsafeCell::new(code))
    }

    pub fn get(&self) -> Rc<dyn Any> {
        // SAFETY: nobody replaces the code while it is copied.
        unsafe { &*self.0.get() }.clone()
    }

    /// Puts other code in its place and returns the former, which has to live on while a frame runs it.
    pub fn replace(&self, code: Rc<dyn Any>) -> Rc<dyn Any> {
        // SAFETY: references into the cell do not leave this file.
        unsafe { std::ptr::replace(self.0.get(), code) }
    }

    /// The address of the code, which the machine knows the type of.
    #[inline(always)]
    pub fn address(&self) -> *const () {
        // SAFETY: as in `get`.
        Rc::as_ptr(unsafe { &*self.0.get() }).cast()
    }
}

impl Clone for CodeHandle {
    fn clone(&self) -> Self {
        CodeHandle::new(self.get())
    }
}
