//! Labelled text: what a screen says, and what each piece of it is.
//!
//! Owns the labels and the escaping of control characters that come from data. Must not know colours (`style` maps
//! labels to them) or where the text goes.

use std::borrow::Cow;

/// What a piece of text is. A theme gives each a look; a plain sink ignores them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Label {
    Plain,
    /// Remarks that Retort adds: footers, previews, counts.
    Dim,
    Prompt,
    Heading,
    Keyword,
    /// A builtin name, a SQL function.
    Builtin,
    String,
    Number,
    Comment,
    /// A parameter: `?`, `:name_1`.
    Parameter,
    Null,
    /// A table, a class.
    Entity,
    /// A column, an attribute, a file name.
    Name,
    Type,
    /// The class of an error.
    Error,
    Warning,
    Note,
    Hint,
    Caret,
    Added,
    Removed,
    Changed,
}

/// A text in labelled pieces.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Text {
    pieces: Vec<(Label, String)>,
}

impl Text {
    pub fn new() -> Text {
        Text::default()
    }

    /// A text of one piece.
    pub fn of(label: Label, text: impl AsRef<str>) -> Text {
        let mut all = Text::new();
        all.push(label, text);
        all
    }

    /// Adds a piece; neighbours of one label are joined.
    pub fn push(&mut self, label: Label, text: impl AsRef<str>) -> &mut Text {
        let text = text.as_ref();
        match self.pieces.last_mut() {
            _ if text.is_empty() => {}
            Some((last, before)) if *last == label => before.push_str(text),
            _ => self.pieces.push((label, text.to_string())),
        }
        self
    }

    pub fn plain(&mut self, text: impl AsRef<str>) -> &mut Text {
        self.push(Label::Plain, text)
    }

    /// Adds what came from a database or a program: on one line, its control characters shown as escapes.
    pub fn data(&mut self, label: Label, text: &str) -> &mut Text {
        self.push(label, escape_line(text))
    }

    pub fn line(&mut self) -> &mut Text {
        self.plain("\n")
    }

    pub fn append(&mut self, other: Text) -> &mut Text {
        for (label, text) in other.pieces {
            self.push(label, text);
        }
        self
    }

    pub fn pieces(&self) -> &[(Label, String)] {
        &self.pieces
    }

    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Without the labels.
    pub fn to_plain(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// Every piece under one label.
    pub fn relabelled(self, label: Label) -> Text {
        Text::of(label, self.to_plain())
    }

    /// The labels that are not plain, written around their text, for snapshots: `[Error:NameError]: name ..`.
    /// The same text with the characters at these byte offsets under another label.
    pub fn marked(self, places: &[usize], label: Label) -> Text {
        let mut out = Text::new();
        let mut start = 0;
        for (own, piece) in self.pieces {
            let mut done = 0;
            for (at, character) in piece.char_indices() {
                if places.contains(&(start + at)) {
                    out.push(own, &piece[done..at]).push(label, character.to_string());
                    done = at + character.len_utf8();
                }
            }
            out.push(own, &piece[done..]);
            start += piece.len();
        }
        out
    }

    pub fn to_marked(&self) -> String {
        let piece = |(label, text): &(Label, String)| match label {
            Label::Plain => text.clone(),
            _ => text
                .split('\n')
                .map(|line| if line.is_empty() { String::new() } else { format!("[{label:?}:{line}]") })
                .collect::<Vec<_>>()
                .join("\n"),
        };
        self.pieces.iter().map(piece).collect()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text::of(Label::Plain, text)
    }
}

/// Shows control characters as escapes, line breaks and tabs included: for one line of a screen.
pub fn escape_line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// Shows control characters as escapes, but keeps line breaks and tabs.
pub fn escape_block(text: &str) -> Cow<'_, str> {
    escape(text, |c| c == '\n' || c == '\t')
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|c| is_unsafe(c) && !keep(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) && !keep(c) { push_escaped(&mut out, c) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// What a program prints, made fit for a terminal: colours pass, every other control sequence is shown escaped.
pub fn terminal_safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_unsafe(c) && c != '\n' && c != '\t') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(length) = colour_sequence(rest) {
            out.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        let keep = c == '\n' || c == '\t' || (c == '\r' && rest.starts_with('\n'));
        if is_unsafe(c) && !keep { push_escaped(&mut out, c) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// The length of a colour sequence (`ESC [ 1 ; 31 m`) at the beginning of a text.
fn colour_sequence(text: &str) -> Option<usize> {
    let body = text.strip_prefix("\u{1b}[")?;
    let end = body.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == ':'))?;
    body[end..].starts_with('m').then_some(2 + end + 1)
}

/// Controls, and the marks that turn the direction of what follows them.
fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if (c as u32) < 0x100 => out.push_str(&format!("\\x{:02x}", c as u32)),
        c => out.push_str(&format!("\\u{:04x}", c as u32)),
    }
}

/// Cuts a text to a display width; the last column of a cut text is `…`.
pub fn cut(text: &str, width: usize) -> Cow<'_, str> {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let mut out = String::new();
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        used += wide;
        out.push(c);
    }
    out.push('…');
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colours_reach_the_terminal() {
        assert_eq!(terminal_safe("a\u{1b}[1;31mred\u{1b}[0m\n"), "a\u{1b}[1;31mred\u{1b}[0m\n");
        assert_eq!(terminal_safe("\u{1b}]0;title\u{7}x"), "\\x1b]0;title\\x07x");
        assert_eq!(terminal_safe("\u{1b}[2J"), "\\x1b[2J");
        assert_eq!(terminal_safe("ab\rc\r\n"), "ab\\rc\r\n");
        assert_eq!(terminal_safe("\u{9b}31m"), "\\x9b31m");
    }

    #[test]
    fn data_stays_on_its_line() {
        assert_eq!(escape_line("two\nlines\tand \u{202e}more"), "two\\nlines\\tand \\u202emore");
        assert_eq!(escape_block("two\nlines"), "two\nlines");
    }

    #[test]
    fn cutting_counts_columns() {
        assert_eq!(cut("raccoon", 7), "raccoon");
        assert_eq!(cut("raccoons", 7), "raccoo…");
        assert_eq!(cut("漢字漢字", 5), "漢字…");
    }
}
