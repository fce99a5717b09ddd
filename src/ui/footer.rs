//! What follows an answer: how many statements it took, the notice about N+1, and the dim preview of rows.
//!
//! Owns the wording of both. Must not know how statements are counted or rows are read.

use super::table::{Mode, Table, render as render_table};
use super::text::{Label, Text};

/// One relation that was loaded again and again on the same line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// `Student.mentor`
    pub relation: String,
    pub times: usize,
    pub line: Option<u32>,
    /// `joinedload`, `selectinload`.
    pub cure: &'static str,
    /// The class that the query should start from: `Student`.
    pub entity: String,
}

/// What one input cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cost {
    pub selects: usize,
    pub writes: usize,
    pub others: usize,
    pub milliseconds: f64,
    pub repeated: Vec<Repeated>,
}

impl Cost {
    pub fn statements(&self) -> usize {
        self.selects + self.writes + self.others
    }
}

/// From how many loads of one relation on one line on the notice is given.
pub const N_PLUS_ONE_FROM: usize = 3;

/// The footer; empty where no statement ran.
pub fn footer(cost: &Cost) -> Text {
    let mut out = Text::new();
    if cost.statements() == 0 {
        return out;
    }
    let count = |number: usize, one: &str, many: &str| match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        number => Some(format!("{number} {many}")),
    };
    let kinds = [
        count(cost.selects, "SELECT", "SELECTs"),
        count(cost.writes, "write", "writes"),
        count(cost.others, "statement", "statements"),
    ];
    let kinds: Vec<String> = kinds.into_iter().flatten().collect();
    out.push(Label::Dim, format!("-- {} · {}", kinds.join(", "), duration(cost.milliseconds)));
    let repeated: Vec<&Repeated> =
        cost.repeated.iter().filter(|repeated| repeated.times >= N_PLUS_ONE_FROM).collect();
    if let Some(first) = repeated.first() {
        out.push(Label::Dim, ".  ").push(Label::Warning, "N+1");
        let line = first.line.map_or(String::new(), |line| format!(" (line {line})"));
        out.push(Label::Dim, format!(": {} loaded {} times, one by one{line}", first.relation, first.times));
    }
    out.line();
    for repeated in repeated {
        out.push(Label::Dim, "   all at once:  ");
        let code = format!("{}.query.options(db.{}({}))", repeated.entity, repeated.cure, repeated.relation);
        out.append(super::highlight::python(&code)).line();
    }
    out
}

/// A duration as people read it.
pub fn duration(milliseconds: f64) -> String {
    match milliseconds {
        ms if ms < 0.1 => "<0.1 ms".to_string(),
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.2} s", ms / 1000.0),
    }
}

/// Rows under a value, dim; `more` says how many rows there are beyond those shown, where that is known.
pub fn preview(table: &Table, more: Option<usize>, width: usize) -> Text {
    if table.columns.is_empty() || table.rows.is_empty() {
        return Text::of(Label::Dim, if table.columns.is_empty() { "" } else { "(no rows)\n" });
    }
    let mut out = render_table(table, Mode::Column, width, "").relabelled(Label::Dim);
    match more {
        Some(0) => {}
        Some(more) => drop(out.push(Label::Dim, format!("… {more} more\n"))),
        None => drop(out.push(Label::Dim, "… and more\n")),
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::table::Cell;
    use super::*;

    #[test]
    fn the_footer_counts_and_names_the_cure() {
        assert!(footer(&Cost::default()).is_empty());
        let mut cost = Cost { selects: 1, milliseconds: 0.04, ..Cost::default() };
        assert_eq!(footer(&cost).to_plain(), "-- 1 SELECT · <0.1 ms\n");
        cost.writes = 2;
        cost.selects = 41;
        cost.milliseconds = 6.1;
        cost.repeated.push(Repeated {
            relation: "Student.mentor".into(),
            times: 40,
            line: Some(1),
            cure: "joinedload",
            entity: "Student".into(),
        });
        insta::assert_snapshot!(footer(&cost).to_plain());
    }

    #[test]
    fn a_preview_is_dim_and_says_what_it_leaves_out() {
        let mut table = Table::new(["id", "name"]);
        table.row(vec![Cell::Int(1), Cell::Text("Ada".into())]).row(vec![Cell::Int(10), Cell::Null]);
        insta::assert_snapshot!(preview(&table, Some(7), 40).to_marked());
    }
}
