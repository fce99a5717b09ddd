//! A sign of life while an input runs for long: seconds, statements so far, and how to stop it.
//!
//! Owns the line that comes and goes on the terminal. Must not know what runs.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::ui::style::Theme;
use crate::ui::text::{Label, Text};

/// Nothing is shown before this.
const PATIENCE: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(250);

/// Shared by the shell, its screen and the thread that draws.
#[derive(Default)]
pub struct Progress {
    state: Mutex<State>,
    changed: Condvar,
    statements: AtomicU64,
}

#[derive(Default)]
struct State {
    since: Option<Instant>,
    is_shown: bool,
    is_over: bool,
}

impl Progress {
    /// Begins to draw on the terminal, from a thread of its own, until `end`.
    pub fn draw(self: &Arc<Progress>, theme: Theme) {
        let own = self.clone();
        // Without the thread nothing is lost but the sign.
        let _ = std::thread::Builder::new().name("progress".to_string()).spawn(move || own.run(theme));
    }

    fn run(&self, theme: Theme) {
        let mut state = self.lock();
        while !state.is_over {
            let Some(since) = state.since else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let (next, _) = self.changed.wait_timeout(state, STEP).unwrap_or_else(PoisonError::into_inner);
            state = next;
            if state.since == Some(since) && since.elapsed() >= PATIENCE {
                state.is_shown = true;
                let line = line(since.elapsed(), self.statements.load(Ordering::Relaxed));
                let mut stderr = std::io::stderr().lock();
                let _ = write!(stderr, "\r\u{1b}[K{}", theme.render(&Text::of(Label::Dim, line)));
                let _ = stderr.flush();
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn begin(&self) {
        self.statements.store(0, Ordering::Relaxed);
        self.lock().since = Some(Instant::now());
        self.changed.notify_all();
    }

    /// One more statement has run.
    pub fn step(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes the line away, for something else is about to be written; it comes again after a while.
    pub fn give_way(&self) {
        self.clear(&mut self.lock());
    }

    pub fn end(&self) {
        let mut state = self.lock();
        state.since = None;
        self.clear(&mut state);
    }

    /// The thread ends.
    pub fn close(&self) {
        self.end();
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    fn clear(&self, state: &mut State) {
        if std::mem::take(&mut state.is_shown) {
            let mut stderr = std::io::stderr().lock();
            let _ = stderr.write_all(b"\r\x1b[K");
            let _ = stderr.flush();
        }
    }
}

fn line(elapsed: Duration, statements: u64) -> String {
    let count = match statements {
        0 => String::new(),
        1 => ", 1 statement".to_string(),
        count => format!(", {count} statements"),
    };
    format!("… {} s{count}  (Ctrl-C stops it)", elapsed.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_there_is() {
        assert_eq!(line(Duration::from_millis(1300), 0), "… 1 s  (Ctrl-C stops it)");
        assert_eq!(line(Duration::from_secs(12), 40), "… 12 s, 40 statements  (Ctrl-C stops it)");
    }
}
