//! The shell's ear at the engines: what statements an input runs, why, and how long they take.
//!
//! Owns the counts behind the footer, the N+1 notice and the short echo. Must not know how they are shown.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use crate::engine::{EchoRecord, Sink, StatementEvent};
use crate::python::value::Host;
use crate::ui::footer::{Cost, Repeated};
use crate::ui::highlight;
use crate::ui::text::{Label, Text, escape_line};

use super::screen::Screen;

/// Counts statements; one for the whole session.
pub struct Watch {
    screen: Screen,
    state: RefCell<State>,
    /// The shell's own statements are neither counted nor echoed.
    quiet: Cell<bool>,
    pub short_echo: Cell<bool>,
}

#[derive(Default)]
struct State {
    selects: usize,
    writes: usize,
    others: usize,
    elapsed: Duration,
    /// Lazy loads by relation.
    loads: BTreeMap<(String, String), usize>,
}

impl Watch {
    pub fn new(screen: Screen) -> Rc<Watch> {
        Rc::new(Watch {
            screen,
            state: RefCell::default(),
            quiet: Cell::new(false),
            short_echo: Cell::new(false),
        })
    }

    /// Begins a new input.
    pub fn begin(&self) {
        *self.state.borrow_mut() = State::default();
    }

    /// What the input cost so far.
    pub fn cost(&self) -> Cost {
        let state = self.state.borrow();
        let repeated = state.loads.iter().map(|((class, key), times)| Repeated {
            relation: format!("{class}.{key}"),
            times: *times,
            line: None,
            cure: "selectinload",
            entity: class.clone(),
        });
        Cost {
            selects: state.selects,
            writes: state.writes,
            others: state.others,
            milliseconds: state.elapsed.as_secs_f64() * 1000.0,
            repeated: repeated.collect(),
        }
    }

    /// Keeps the shell's own statements out of echo and counts until the guard is dropped.
    pub fn quietly(self: &Rc<Self>) -> Quiet {
        Quiet { before: self.quiet.replace(true), watch: self.clone() }
    }

    fn show_short(&self, event: &StatementEvent<'_>) {
        let mut line = Text::new();
        let sql: Vec<&str> = event.text.split_whitespace().collect();
        line.plain(" ").append(highlight::sql(&escape_line(&sql.join(" "))));
        let mut note = String::from("   -- ");
        if let Some(reason) = &event.reason {
            note.push_str(reason.what);
            match (&reason.class, &reason.key) {
                (Some(class), Some(key)) => note.push_str(&format!(" of {class}.{key}")),
                (Some(class), None) => note.push_str(&format!(" of {class}")),
                _ => {}
            }
            note.push_str(", ");
        }
        let rows = if event.rows == 1 { "1 row".to_string() } else { format!("{} rows", event.rows) };
        let took = crate::ui::footer::duration(event.elapsed.as_secs_f64() * 1000.0);
        line.push(Label::Dim, format!("{note}{rows}, {took}")).line();
        self.screen.fresh_line();
        self.screen.show(&line);
    }
}

impl Sink for Watch {
    fn echo(&self, _host: &mut dyn Host, record: &EchoRecord<'_>) {
        if self.quiet.get() {
            return;
        }
        self.screen.fresh_line();
        let record = record.stamped();
        self.screen.show(&Text::of(Label::Dim, crate::ui::text::escape_block(&record)));
    }

    fn wants_statements(&self) -> bool {
        !self.quiet.get()
    }

    fn statement(&self, event: &StatementEvent<'_>) {
        if self.quiet.get() {
            return;
        }
        {
            let mut state = self.state.borrow_mut();
            let first =
                event.text.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
            match first.to_ascii_uppercase().as_str() {
                "SELECT" | "WITH" => state.selects += event.executions,
                "INSERT" | "UPDATE" | "DELETE" | "REPLACE" => state.writes += event.executions,
                _ => state.others += event.executions,
            }
            state.elapsed += event.elapsed;
            if let Some(reason) = &event.reason
                && reason.what == "lazy load"
                && let (Some(class), Some(key)) = (&reason.class, &reason.key)
            {
                *state.loads.entry((class.to_string(), key.to_string())).or_default() += 1;
            }
        }
        if self.short_echo.get() {
            self.show_short(event);
        }
    }
}

/// Ends the quiet when it is dropped.
pub struct Quiet {
    watch: Rc<Watch>,
    before: bool,
}

impl Drop for Quiet {
    fn drop(&mut self) {
        self.watch.quiet.set(self.before);
    }
}
