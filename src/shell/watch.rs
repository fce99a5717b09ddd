//! The shell's ear at the engines: what statements an input runs, why, and how long they take.
//!
//! Owns the counts behind the footer, the loads that the N+1 notice is drawn from, and the short echo. Must not know
//! what the cure of a repeated load is (`cure`), nor how any of it is shown.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use indexmap::{IndexMap, IndexSet};

use crate::engine::{EchoRecord, Reason, Sink, StatementEvent};
use crate::python::value::{Host, Value};
use crate::ui::footer::{Cost, duration};
use crate::ui::highlight;
use crate::ui::text::{Label, Text, escape_line};

use super::progress::Progress;
use super::screen::Screen;

/// Counts statements; one for the whole session.
pub struct Watch {
    screen: Screen,
    state: RefCell<State>,
    /// The shell's own statements are neither counted nor echoed.
    quiet: Cell<bool>,
    /// What runs now is measured, not shown: neither echoed nor explained.
    unseen: Cell<bool>,
    pub short_echo: Cell<bool>,
    pub progress: Arc<Progress>,
    /// Questions are answered with yes.
    pub yes: Cell<bool>,
}

/// Where and why a statement ran: loads of one spot are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spot {
    /// `lazy load`, `dynamic load`, `deferred load`, `refresh`, `query`, ...
    pub what: &'static str,
    pub class: String,
    pub key: String,
    pub file: String,
    pub line: u32,
    /// For a query, which one; empty for loads.
    pub text: String,
}

/// What ran at one spot.
#[derive(Clone, Debug, Default)]
pub struct Loads {
    pub times: usize,
    /// The values that the statements ran with: the same object loaded again is not another object.
    distinct: IndexSet<String>,
}

impl Loads {
    pub fn objects(&self) -> usize {
        self.distinct.len()
    }
}

#[derive(Default)]
struct State {
    selects: usize,
    writes: usize,
    others: usize,
    rows: u64,
    elapsed: Duration,
    loads: IndexMap<Spot, Loads>,
}

impl Watch {
    pub fn new(screen: Screen) -> Rc<Watch> {
        Rc::new(Watch {
            screen,
            state: RefCell::default(),
            quiet: Cell::new(false),
            unseen: Cell::new(false),
            short_echo: Cell::new(false),
            progress: Arc::default(),
            yes: Cell::new(false),
        })
    }

    /// Begins a new input.
    pub fn begin(&self) {
        *self.state.borrow_mut() = State::default();
    }

    /// What the input cost so far.
    pub fn cost(&self) -> Cost {
        let state = self.state.borrow();
        Cost {
            selects: state.selects,
            writes: state.writes,
            others: state.others,
            rows: state.rows,
            milliseconds: state.elapsed.as_secs_f64() * 1000.0,
            repeated: Vec::new(),
        }
    }

    /// What ran at each spot, in the order in which the spots were met.
    pub fn loads(&self) -> Vec<(Spot, Loads)> {
        let state = self.state.borrow();
        state.loads.iter().map(|(spot, loads)| (spot.clone(), loads.clone())).collect()
    }

    /// Keeps the shell's own statements out of echo and counts until the guard is dropped.
    pub fn quietly(self: &Rc<Self>) -> Quiet {
        Quiet { before: self.quiet.replace(true), watch: self.clone() }
    }

    /// Runs `f` with its statements counted and not shown.
    pub fn unseen<T>(&self, f: impl FnOnce() -> T) -> T {
        let before = self.unseen.replace(true);
        let result = f();
        self.unseen.set(before);
        result
    }

    fn show_short(&self, event: &StatementEvent<'_>) {
        let mut line = Text::new();
        let sql: Vec<&str> = event.text.split_whitespace().collect();
        line.plain(" ").append(highlight::sql(&escape_line(&with_values(&sql.join(" "), event.values))));
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
        if event.executions > 1 {
            note.push_str(&format!("{} times, ", event.executions));
        }
        let rows = if event.rows == 1 { "1 row".to_string() } else { format!("{} rows", event.rows) };
        let took = duration(event.elapsed.as_secs_f64() * 1000.0);
        line.push(Label::Dim, format!("{note}{rows}, {took}")).line();
        self.screen.fresh_line();
        self.screen.show(&line);
    }
}

/// Which counter a statement belongs to, by its first word.
fn counter<'s>(state: &'s mut State, text: &str) -> &'s mut usize {
    let first = text.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    match first.to_ascii_uppercase().as_str() {
        "SELECT" | "WITH" => &mut state.selects,
        "INSERT" | "UPDATE" | "DELETE" | "REPLACE" => &mut state.writes,
        _ => &mut state.others,
    }
}

/// The spot of a statement that reads; writes are no loads.
fn spot(event: &StatementEvent<'_>, reason: &Reason) -> Option<Spot> {
    let is_query = matches!(reason.what, "query" | "get");
    let is_load = matches!(reason.what, "lazy load" | "dynamic load" | "deferred load" | "refresh");
    if !is_query && !is_load {
        return None;
    }
    let text = |part: &Option<crate::python::value::Str>| part.as_ref().map(ToString::to_string);
    Some(Spot {
        what: reason.what,
        class: text(&reason.class).unwrap_or_default(),
        key: text(&reason.key).unwrap_or_default(),
        file: event.place.as_ref().map(|place| place.file.clone()).unwrap_or_default(),
        line: event.place.as_ref().map_or(0, |place| place.line),
        text: if is_query { event.text.to_string() } else { String::new() },
    })
}

/// The statement with its values in place of the marks; marks inside texts stay.
fn with_values(sql: &str, values: &[Value]) -> String {
    let mut values = values.iter();
    let text = highlight::sql(sql);
    let pieces = text.pieces().iter().map(|(label, piece)| match label {
        Label::Parameter => values.next().map_or_else(|| piece.clone(), literal),
        _ => piece.clone(),
    });
    pieces.collect()
}

/// What a DELETE or UPDATE without WHERE does, in words; None for every other statement.
fn whole_table_change(sql: &str) -> Option<String> {
    let words: Vec<String> = highlight::sql(sql)
        .pieces()
        .iter()
        .filter(|(label, _)| !matches!(label, Label::String | Label::Comment))
        .flat_map(|(_, piece)| piece.split_whitespace().map(str::to_string).collect::<Vec<_>>())
        .collect();
    let is =
        |index: usize, word: &str| words.get(index).is_some_and(|found| found.eq_ignore_ascii_case(word));
    if words.iter().any(|word| word.eq_ignore_ascii_case("where")) {
        return None;
    }
    let table = |index: usize| words.get(index).cloned().unwrap_or_default();
    match () {
        () if is(0, "delete") && is(1, "from") => {
            Some(format!("DELETE without WHERE: every row of {} goes", table(2)))
        }
        () if is(0, "update") => Some(format!("UPDATE without WHERE: every row of {} changes", table(1))),
        () => None,
    }
}

/// A value as SQL writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::None => "NULL".to_string(),
        Value::Int(number) => number.to_string(),
        Value::Bool(truth) => u8::from(*truth).to_string(),
        Value::Float(number) => number.to_string(),
        Value::Str(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Bytes(bytes) => format!("x'… {} bytes'", bytes.as_slice().len()),
        _ => "?".to_string(),
    }
}

impl Sink for Watch {
    fn echo(&self, _host: &mut dyn Host, record: &EchoRecord<'_>) {
        if self.quiet.get() || self.unseen.get() {
            return;
        }
        self.screen.fresh_line();
        let record = record.stamped();
        self.screen.show(&Text::of(Label::Dim, crate::ui::text::escape_block(&record)));
    }

    fn wants_statements(&self) -> bool {
        !self.quiet.get()
    }

    fn permits(&self, text: &str) -> bool {
        if self.quiet.get() || self.yes.get() || !self.screen.is_terminal() {
            return true;
        }
        let Some(what) = whole_table_change(text) else { return true };
        self.screen.fresh_line();
        self.screen.show(&Text::of(Label::Warning, format!("{what}.  Go on? [y/N] ")));
        let answer = self.screen.ask();
        matches!(answer.trim(), "y" | "Y" | "yes")
    }

    fn statement(&self, event: &StatementEvent<'_>) {
        self.progress.step();
        if self.quiet.get() {
            return;
        }
        {
            let mut state = self.state.borrow_mut();
            *counter(&mut state, event.text) += event.executions;
            state.elapsed += event.elapsed;
            state.rows += event.rows;
            if let Some(spot) = event.reason.as_ref().and_then(|reason| spot(event, reason)) {
                let loads = state.loads.entry(spot).or_default();
                loads.times += 1;
                let values: Vec<String> = event.values.iter().map(literal).collect();
                loads.distinct.insert(values.join(", "));
            }
        }
        if self.short_echo.get() && !self.unseen.get() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_a_whole_table_is_told_from_others() {
        let told = |sql| whole_table_change(sql).is_some();
        assert!(told("DELETE FROM students"));
        assert!(told("UPDATE students SET grade=?"));
        assert!(told("DELETE FROM t -- where"));
        assert!(!told("DELETE FROM students WHERE students.id = ?"));
        assert!(!told("UPDATE t SET a = 'x' where b = 1"));
        assert!(!told("SELECT 1"));
        assert!(!told("INSERT INTO t VALUES (1)"));
    }

    #[test]
    fn values_stand_in_place_of_the_marks() {
        let values = [Value::Int(3), Value::from("it's"), Value::None];
        assert_eq!(
            with_values("SELECT '?' WHERE a = ? AND b = ? AND c IS ?", &values),
            "SELECT '?' WHERE a = 3 AND b = 'it''s' AND c IS NULL"
        );
    }
}
