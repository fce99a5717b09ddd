//! What follows an answer: how many statements it took, the notice about N+1, and the dim preview of rows.
//!
//! Owns the wording of both. Must not know how statements are counted or rows are read.

use super::table::{Mode, Table, render as render_table};
use super::text::{Label, Text};

/// One thing that was read again and again on the same line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// `Student.mentor loaded`
    pub subject: String,
    /// N+1: else the program itself asked again and again.
    pub is_relation: bool,
    pub times: usize,
    /// `line 3`, `models.py:17`.
    pub place: Option<String>,
    /// Code that reads everything at once; the first line is the best.
    pub cure: Vec<String>,
}

/// What one input cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cost {
    pub selects: usize,
    pub writes: usize,
    pub others: usize,
    /// Rows read and changed.
    pub rows: u64,
    pub milliseconds: f64,
    pub repeated: Vec<Repeated>,
}

impl Cost {
    pub fn statements(&self) -> usize {
        self.selects + self.writes + self.others
    }
}

/// From how many objects of one relation on one line on the notice is given.
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
    for (number, repeated) in cost.repeated.iter().enumerate() {
        out.push(Label::Dim, if number == 0 { ".  " } else { "\n   " });
        match repeated.is_relation {
            true => drop(out.push(Label::Warning, "N+1").push(Label::Dim, ": ")),
            false => drop(out.push(Label::Dim, "again and again: ")),
        }
        let place = repeated.place.as_ref().map_or(String::new(), |place| format!(" ({place})"));
        let how = if repeated.is_relation { "one by one" } else { "with other values" };
        out.push(Label::Dim, format!("{} {} times, {how}{place}", repeated.subject, repeated.times));
        for (number, code) in repeated.cure.iter().enumerate() {
            out.push(Label::Dim, if number == 0 { "\n   all at once:  " } else { "\n            or:  " });
            out.append(super::highlight::python(code));
        }
    }
    out.line();
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
            subject: "Student.mentor loaded".into(),
            is_relation: true,
            times: 40,
            place: Some("line 1".into()),
            cure: vec!["Student.query.options(db.joinedload(Student.mentor))".into()],
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
