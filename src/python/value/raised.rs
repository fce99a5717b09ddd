//! An exception on its way up.
//!
//! Owns the two forms it has: an error not yet made into an object, and an exception object with its frames.
//! Must not know how exceptions are caught; the machine alone turns the first form into the second.

use super::Value;
use crate::diag::{Error, ExcClass};

pub type R<T> = Result<T, Raised>;

/// What unwinds. One pointer wide, so that results stay small.
pub struct Raised(pub Box<RaisedKind>);

pub enum RaisedKind {
    /// Native code reported this; nobody has looked at it as an object yet.
    Error { error: Error, frames: Vec<FrameInfo> },
    /// An exception object.
    Exception { value: Value, frames: Vec<FrameInfo> },
}

/// One frame of a traceback.
#[derive(Clone, Debug)]
pub struct FrameInfo {
    pub file: std::rc::Rc<str>,
    pub line: u32,
    pub name: std::rc::Rc<str>,
    /// Columns of the failing expression, in characters, if known.
    pub columns: Option<(u32, u32)>,
}

impl Raised {
    pub fn new(class: &'static ExcClass, message: impl Into<String>) -> Self {
        Error::new(class, message).into()
    }

    pub fn exception(value: Value) -> Self {
        Raised(Box::new(RaisedKind::Exception { value, frames: Vec::new() }))
    }

    /// What native code reported, if nobody has looked at it as an object yet.
    pub fn error(&self) -> Option<&Error> {
        match &*self.0 {
            RaisedKind::Error { error, .. } => Some(error),
            RaisedKind::Exception { .. } => None,
        }
    }

    pub fn frames_mut(&mut self) -> &mut Vec<FrameInfo> {
        match &mut *self.0 {
            RaisedKind::Error { frames, .. } | RaisedKind::Exception { frames, .. } => frames,
        }
    }

    /// Whether the exception is of this class or one derived from it.
    pub fn is_a(&self, class: &'static ExcClass) -> bool {
        match &*self.0 {
            RaisedKind::Error { error, .. } => error.class.is_a(class),
            RaisedKind::Exception { value, .. } => match value {
                Value::Instance(instance) => {
                    super::Class::is_subclass(&instance.class(), &super::exception_class(class))
                }
                _ => false,
            },
        }
    }
}

impl From<Error> for Raised {
    fn from(error: Error) -> Self {
        Raised(Box::new(RaisedKind::Error { error, frames: Vec::new() }))
    }
}

impl std::fmt::Debug for Raised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &*self.0 {
            RaisedKind::Error { error, .. } => write!(f, "{error}"),
            RaisedKind::Exception { value, .. } => write!(f, "exception {value:?}"),
        }
    }
}
