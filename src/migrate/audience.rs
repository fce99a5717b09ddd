//! Whom a command speaks to: a person at a terminal, a pipe, the shell, a test.
//!
//! Owns that door. Must not know terminals or what is said.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

pub trait Audience {
    /// A line of the command's answer.
    fn line(&mut self, text: &str);

    /// A remark of Retort's own.
    fn note(&mut self, text: &str);

    /// A question answered with yes or no; None where nobody can answer.
    fn yes(&mut self, _question: &str) -> Option<bool> {
        None
    }

    /// A question answered with a value; None where nobody can answer.
    fn value(&mut self, _question: &str) -> Option<String> {
        None
    }

    /// Whether somebody looks on while something runs.
    fn is_watching(&self) -> bool {
        false
    }

    /// Shows how many of so many rows are done, as long as what is returned lives.
    fn progress(&mut self, _what: &str, _rows: u64, _done: Arc<AtomicU64>) -> Option<Box<dyn Any>> {
        None
    }
}

/// Keeps what is said.
#[derive(Debug, Default)]
pub struct Output {
    pub lines: Vec<String>,
    pub notes: Vec<String>,
}

impl Audience for Output {
    fn line(&mut self, text: &str) {
        self.lines.push(text.to_string());
    }

    fn note(&mut self, text: &str) {
        self.notes.push(text.to_string());
    }
}
