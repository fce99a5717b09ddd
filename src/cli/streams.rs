//! Where a script's output goes: values and print to stdout, everything else to stderr.
//!
//! Owns the process's streams: buffered, flushed before anything is read and at the end; a closed pipe ends the
//! process silently. Must not know what is written.

use std::cell::RefCell;
use std::io::{BufWriter, Stdout, Write};
use std::rc::Rc;

use crate::python::vm::Output;

/// The process's own streams.
pub struct Streams {
    out: BufWriter<Stdout>,
    /// Whether expression values are shown.
    pub shows_values: bool,
}

impl Streams {
    pub fn new(shows_values: bool) -> Self {
        Streams { out: BufWriter::with_capacity(64 * 1024, std::io::stdout()), shows_values }
    }

    fn leave_on_closed_pipe(result: std::io::Result<()>) {
        if let Err(error) = result
            && error.kind() == std::io::ErrorKind::BrokenPipe
        {
            std::process::exit(0);
        }
    }
}

impl Output for Streams {
    fn out(&mut self, text: &str) {
        Self::leave_on_closed_pipe(self.out.write_all(text.as_bytes()));
    }

    fn err(&mut self, text: &str) {
        Self::leave_on_closed_pipe(self.out.flush());
        Self::leave_on_closed_pipe(std::io::stderr().write_all(text.as_bytes()));
    }

    fn display(&mut self, repr: &str) {
        if self.shows_values {
            self.out(repr);
            self.out("\n");
        }
    }

    fn read_line(&mut self) -> Option<String> {
        Self::leave_on_closed_pipe(self.out.flush());
        let mut line = String::new();
        match std::io::stdin().read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end_matches(['\n', '\r']).to_string()),
        }
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        let _ = self.out.flush();
    }
}

/// Collects what a session says, in the order in which it came.
#[derive(Clone, Default)]
pub struct Collector(pub Rc<RefCell<String>>);

impl Collector {
    pub fn take(&self) -> String {
        std::mem::take(&mut self.0.borrow_mut())
    }
}

impl Output for Collector {
    fn out(&mut self, text: &str) {
        self.0.borrow_mut().push_str(text);
    }
    // Warnings and logging are left out of a transcript.
    fn err(&mut self, _text: &str) {}
}
