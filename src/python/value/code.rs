//! Compiled code, as a function object holds it.
//!
//! Owns the handle. Must not know what bytecode looks like.

use std::any::Any;
use std::rc::Rc;

/// Bytecode behind a function. The machine knows its type.
#[derive(Clone)]
pub struct CodeHandle(pub Rc<dyn Any>);
