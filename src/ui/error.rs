//! The error screen: the last line as Python prints it, the place with a caret, notes and hints; and CPython's whole
//! traceback for those who ask for it.
//!
//! Owns the layout. Must not know how an error came about: it is handed plain data.

use crate::diag::{Note, Place};

use super::text::{Label, Text, escape_block, escape_line};

/// What is shown of one error.
#[derive(Clone, Debug, Default)]
pub struct ErrorView {
    /// `NameError: name 'x' is not defined`, as long as it may be.
    pub message: String,
    pub place: Option<Place>,
    pub notes: Vec<Note>,
    pub hints: Vec<String>,
    /// The whole traceback, as CPython writes it.
    pub traceback: String,
}

/// The error on one screen.
pub fn screen(view: &ErrorView) -> Text {
    let mut out = message(&view.message);
    if let Some(place) = &view.place {
        append_place(&mut out, place);
    }
    for note in &view.notes {
        out.push(Label::Note, "Note: ").data(Label::Name, &note.place.file);
        out.plain(format!(":{}", note.place.line));
        if let Some(text) = &note.place.text {
            out.plain("  ").append(super::highlight::python(escape_line(text.trim()).as_ref()));
        }
        out.line();
        if !note.text.is_empty() {
            out.plain("      ").data(Label::Plain, &note.text).line();
        }
    }
    for hint in &view.hints {
        out.push(Label::Hint, "Hint: ").data(Label::Plain, hint).line();
    }
    out
}

/// The last lines of a traceback: the class in its colour, SQL in its own.
fn message(text: &str) -> Text {
    let text = escape_block(text);
    let mut out = Text::new();
    for (number, line) in text.lines().enumerate() {
        let class = line.split(':').next().unwrap_or("");
        let is_class = number == 0 && !class.is_empty() && !class.contains(char::is_whitespace);
        if is_class {
            out.push(Label::Error, class).plain(&line[class.len()..]);
        } else if let Some(sql) = line.strip_prefix("[SQL: ") {
            let (sql, end) = sql.strip_suffix(']').map_or((sql, ""), |sql| (sql, "]"));
            out.push(Label::Dim, "[SQL: ").append(super::highlight::sql(sql)).push(Label::Dim, end);
        } else if line.starts_with("[parameters: ") || line.starts_with("(Background on this error") {
            out.push(Label::Dim, line);
        } else {
            out.plain(line);
        }
        out.line();
    }
    out
}

/// The line of the source, with carets under the columns at fault.
fn append_place(out: &mut Text, place: &Place) {
    let mut head = Text::new();
    head.push(Label::Dim, "  ").data(Label::Dim, &place.file).push(Label::Dim, format!(":{}", place.line));
    out.append(head).line();
    let Some(text) = &place.text else { return };
    let indent = text.chars().take_while(|c| c.is_whitespace()).count();
    let shown = escape_line(text.trim());
    out.plain("    ").append(super::highlight::python(&shown)).line();
    let Some((start, end)) = place.columns else { return };
    let (start, end) = ((start as usize).max(indent), end as usize);
    let length = text.chars().count();
    if start >= length || end <= start {
        return;
    }
    let width = |from: usize, to: usize| {
        let part: String = text.chars().skip(from).take(to - from).collect();
        unicode_width::UnicodeWidthStr::width(escape_line(&part).as_ref())
    };
    let carets = "^".repeat(width(start, end.min(length)).max(1));
    out.plain(format!("    {}", " ".repeat(width(indent, start)))).push(Label::Caret, carets).line();
}

/// The whole traceback: the files named in their colour, the lines of code in theirs.
pub fn traceback(view: &ErrorView) -> Text {
    let text = escape_block(&view.traceback);
    let end =
        text.len() - view.message.len().min(text.trim_end().len()) - (text.len() - text.trim_end().len());
    let is_last = text.get(end..).is_some_and(|rest| rest.trim_end() == escape_block(&view.message));
    let frames = if is_last { &text[..end] } else { &text };
    let mut out = Text::new();
    for line in frames.lines() {
        let is_code = line.starts_with("    ") && !line.trim_start().starts_with(['^', '~']);
        if line.starts_with("  File ") {
            out.push(Label::Note, line);
        } else if is_code {
            out.append(super::highlight::python(line));
        } else if line.starts_with("    ") {
            out.push(Label::Caret, line);
        } else {
            out.plain(line);
        }
        out.line();
    }
    if is_last {
        out.append(message(&view.message));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, columns: (u32, u32)) -> Place {
        Place { file: "<console>".into(), line: 1, columns: Some(columns), text: Some(text.into()) }
    }

    #[test]
    fn an_error_fits_one_screen() {
        let view = ErrorView {
            message: "NameError: name 'Studnt' is not defined".into(),
            place: Some(place("    print(Studnt)", (10, 16))),
            notes: vec![Note {
                place: Place {
                    file: "app.py".into(),
                    line: 14,
                    columns: None,
                    text: Some("    posts = 1".into()),
                },
                text: String::new(),
            }],
            hints: vec!["did you mean 'Student'?".into()],
            traceback: String::new(),
        };
        insta::assert_snapshot!(screen(&view).to_marked());
    }

    #[test]
    fn a_database_error_keeps_its_lines() {
        let view = ErrorView {
            message: "sqlalchemy.exc.IntegrityError: (sqlite3.IntegrityError) UNIQUE constraint failed: users.email\n\
                      [SQL: INSERT INTO users (name) VALUES (?)]\n[parameters: ('\u{1b}[2J',)]"
                .into(),
            hints: vec!["the transaction is on hold: db.session.rollback()".into()],
            ..ErrorView::default()
        };
        insta::assert_snapshot!(screen(&view).to_marked());
    }

    #[test]
    fn the_caret_stands_under_wide_characters() {
        let mut out = Text::new();
        append_place(&mut out, &place("f('漢字', x)", (8, 9)));
        assert_eq!(out.to_plain(), "  <console>:1\n    f('漢字', x)\n              ^\n");
    }

    #[test]
    fn a_traceback_keeps_its_text() {
        let traceback = "Traceback (most recent call last):\n  File \"<console>\", line 1, in <module>\n  File \"app.py\", \
                         line 3, in f\n    raise ValueError('no')\nValueError: no\n";
        let view = ErrorView {
            message: "ValueError: no".into(),
            traceback: traceback.into(),
            ..ErrorView::default()
        };
        let text = super::traceback(&view);
        assert_eq!(text.to_plain(), traceback);
        assert!(text.to_marked().contains("[Error:ValueError]: no"));
    }
}
