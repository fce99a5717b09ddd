//! Compiled code, as a function object holds it.
//!
//! Owns the handle. Must not know what bytecode looks like.

use std::any::Any;
use std::rc::Rc;

/// Bytecode behind a function. The machine knows its type.
#[derive(Clone)]
pub struct CodeHandle(pub Rc<dyn Any>);

impl CodeHandle {
    /// The address of the code, which the machine knows the type of.
    #[inline(always)]
    pub fn address(&self) -> *const () {
        Rc::as_ptr(&self.0).cast()
    }
}
