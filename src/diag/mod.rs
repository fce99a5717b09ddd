//! Errors before they are raised, sources and spans, warnings.
//!
//! Owns: the table shape of exception classes, messages with their places and hints, byte spans.
//! Must not know: values, the interpreter, SQL, terminals.

mod class;
mod source;

pub use class::{ExcClass, builtin};
pub use source::{Source, Span};

/// An error as plain data: the Python class it will be raised as, its text, its place and its cures.
///
/// One word, so that every `Result` stays small; its fields are those of [`Details`].
#[derive(Debug, Clone)]
pub struct Error(Box<Details>);

/// What an [`Error`] says.
#[derive(Debug, Clone)]
pub struct Details {
    pub class: &'static ExcClass,
    /// What `str(exception)` says.
    pub message: String,
    /// Where in a source it happened; the innermost place wins, so it is set once.
    pub place: Option<Place>,
    /// What Retort adds after the error: data, rendered once by `ui`.
    pub hints: Vec<String>,
    /// Further notes with a place of their own, e.g. the line of the relationship at fault.
    pub notes: Vec<Note>,
    /// Attributes that the exception object will carry (`orig`, `statement`, `name`, ...).
    pub attributes: Vec<(&'static str, Extra)>,
    /// The exception that caused this one (`raise ... from cause`).
    pub cause: Option<Error>,
}

impl std::ops::Deref for Error {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl std::ops::DerefMut for Error {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

/// A place in a file.
#[derive(Debug, Clone)]
pub struct Place {
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// Columns of the line, 0-based, in characters, if known.
    pub columns: Option<(u32, u32)>,
    /// The text of the line, if known.
    pub text: Option<String>,
}

/// A remark that belongs to an error, with its own place.
#[derive(Debug, Clone)]
pub struct Note {
    pub place: Place,
    pub text: String,
}

/// The value of an exception's extra attribute.
#[derive(Debug, Clone)]
pub enum Extra {
    None,
    Int(i64),
    Text(String),
    /// The exception object of the cause (`error.orig` of a wrapped database error).
    Cause,
    /// A value of the language, which this layer cannot name: `Rc<Value>` behind the scenes.
    Object(Opaque),
}

/// Something that a higher layer attached.
#[derive(Clone)]
pub struct Opaque(pub std::rc::Rc<dyn std::any::Any>);

impl std::fmt::Debug for Opaque {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<object>")
    }
}

impl Error {
    pub fn new(class: &'static ExcClass, message: impl Into<String>) -> Self {
        Error(Box::new(Details {
            class,
            message: message.into(),
            place: None,
            hints: Vec::new(),
            notes: Vec::new(),
            attributes: Vec::new(),
            cause: None,
        }))
    }

    /// The parts, to be taken one by one.
    pub fn into_details(self) -> Details {
        *self.0
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub fn note(mut self, place: Place, text: impl Into<String>) -> Self {
        self.notes.push(Note { place, text: text.into() });
        self
    }

    pub fn at(mut self, place: Place) -> Self {
        self.place.get_or_insert(place);
        self
    }

    pub fn attribute(mut self, name: &'static str, value: Extra) -> Self {
        self.attributes.push((name, value));
        self
    }

    pub fn caused_by(mut self, cause: Error) -> Self {
        self.cause = Some(cause);
        self
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.class.name, self.message)
    }
}
