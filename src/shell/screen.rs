//! Where a program's output goes: straight to the terminal, or into a buffer.
//!
//! Owns escaping what a program prints before it reaches a terminal. Must not know what is printed.

use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;

use crate::python::vm::Output;
use crate::ui::style::Theme;
use crate::ui::text::{Text, terminal_safe};

use super::progress::Progress;

/// A handle; all clones write to the same place.
#[derive(Clone)]
pub struct Screen {
    state: Rc<RefCell<State>>,
}

struct State {
    sink: Sink,
    /// An expression statement showed a value since this was last asked.
    displayed: bool,
    /// The last character written was no line break.
    mid_line: bool,
    progress: Option<Arc<Progress>>,
}

impl State {
    fn give_way(&self) {
        if let Some(progress) = &self.progress {
            progress.give_way();
        }
    }
}

enum Sink {
    Terminal(Theme),
    Buffer(String),
}

impl Screen {
    pub fn terminal(theme: Theme) -> Screen {
        Screen::with(Sink::Terminal(theme))
    }

    pub fn buffer() -> Screen {
        Screen::with(Sink::Buffer(String::new()))
    }

    fn with(sink: Sink) -> Screen {
        Screen {
            state: Rc::new(RefCell::new(State { sink, displayed: false, mid_line: false, progress: None })),
        }
    }

    /// What must give way whenever something is written.
    pub fn share(&self, progress: &Arc<Progress>) {
        self.state.borrow_mut().progress = Some(progress.clone());
    }

    /// Writes what the shell itself says.
    pub fn show(&self, text: &Text) {
        let mut state = self.state.borrow_mut();
        if text.is_empty() {
            return;
        }
        state.give_way();
        match &mut state.sink {
            Sink::Terminal(theme) => to_stdout(&theme.render(text)),
            Sink::Buffer(buffer) => buffer.push_str(&text.to_plain()),
        }
        state.mid_line = false;
    }

    /// Ends a line that a program left open, so that what follows begins at the margin.
    pub fn fresh_line(&self) {
        if self.state.borrow().mid_line {
            self.write("\n");
        }
    }

    /// Whether a value was displayed since the last call.
    pub fn take_displayed(&self) -> bool {
        std::mem::take(&mut self.state.borrow_mut().displayed)
    }

    /// What a buffer holds; it is empty afterwards.
    pub fn take(&self) -> String {
        match &mut self.state.borrow_mut().sink {
            Sink::Terminal(_) => String::new(),
            Sink::Buffer(buffer) => std::mem::take(buffer),
        }
    }

    pub fn is_terminal(&self) -> bool {
        matches!(self.state.borrow().sink, Sink::Terminal(_))
    }

    /// A line that the person at the terminal types; empty at its end.
    pub fn ask(&self) -> String {
        let mut line = String::new();
        // A terminal that has gone away answers nothing.
        let _ = std::io::stdin().read_line(&mut line);
        line
    }

    fn write(&self, text: &str) {
        if text.is_empty() {
            return;
        }
        let mut state = self.state.borrow_mut();
        state.give_way();
        match &mut state.sink {
            Sink::Terminal(_) => to_stdout(&terminal_safe(text)),
            Sink::Buffer(buffer) => buffer.push_str(text),
        }
        state.mid_line = !text.ends_with('\n');
    }
}

/// A terminal that has gone away is noticed when the next line is read.
fn to_stdout(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    let _ = stdout.flush();
}

impl Output for Screen {
    fn out(&mut self, text: &str) {
        self.write(text);
    }

    fn err(&mut self, text: &str) {
        self.write(text);
    }

    fn display(&mut self, repr: &str) {
        self.state.borrow_mut().displayed = true;
        self.write(repr);
        self.write("\n");
    }

    fn read_line(&mut self) -> Option<String> {
        let line = Some(self.ask()).filter(|line| !line.is_empty())?;
        // The Enter that ended it ended the line on the screen, too.
        self.state.borrow_mut().mid_line = false;
        Some(line.trim_end_matches(['\n', '\r']).to_string())
    }
}
