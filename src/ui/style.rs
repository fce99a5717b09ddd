//! Labels into colours.
//!
//! Owns the theme and the question whether to colour at all. The only file that knows nu_ansi_term.
//! Must not know what the labelled text is about.

use nu_ansi_term::{Color, Style};

use super::text::{Label, Text};

/// How labelled text is shown: plain, or in colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Theme {
    Plain,
    Colour,
}

impl Theme {
    /// What a stream gets: NO_COLOR wins, then FORCE_COLOR and CLICOLOR_FORCE, then whether it is a terminal that
    /// can show colours.
    pub fn detect(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Theme {
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let forced = |name: &str| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
        if set("NO_COLOR") {
            return Theme::Plain;
        }
        let able = is_terminal && variable("TERM").as_deref() != Some("dumb");
        if able || forced("FORCE_COLOR") || forced("CLICOLOR_FORCE") { Theme::Colour } else { Theme::Plain }
    }

    /// The same, of this process.
    pub fn of_process(is_terminal: bool) -> Theme {
        Theme::detect(is_terminal, |name| std::env::var(name).ok())
    }

    /// The text as it is written to the stream.
    pub fn render(self, text: &Text) -> String {
        if self == Theme::Plain {
            return text.to_plain();
        }
        let mut out = String::new();
        for (label, piece) in text.pieces() {
            match style(*label) {
                // Line by line, so that no line of a table ends in an open style.
                Some(style) => {
                    for (index, line) in piece.split('\n').enumerate() {
                        if index > 0 {
                            out.push('\n');
                        }
                        if !line.is_empty() {
                            out.push_str(&style.paint(line).to_string());
                        }
                    }
                }
                None => out.push_str(piece),
            }
        }
        out
    }
}

/// The look of a label; colours that read on dark and on light backgrounds.
fn style(label: Label) -> Option<Style> {
    let style = match label {
        Label::Plain | Label::Name => return None,
        Label::Dim | Label::Comment | Label::Null => Style::new().dimmed(),
        Label::Prompt => Style::new().bold(),
        Label::Heading => Style::new().bold(),
        Label::Keyword => Color::Blue.bold(),
        Label::Builtin => Color::Cyan.normal(),
        Label::String => Color::Green.normal(),
        Label::Number | Label::Parameter => Color::Magenta.normal(),
        Label::Entity => Color::Cyan.bold(),
        Label::Type => Color::Cyan.normal(),
        Label::Error => Color::Red.bold(),
        Label::Warning | Label::Changed => Color::Yellow.normal(),
        Label::Note => Color::Blue.normal(),
        Label::Hint => Color::Yellow.normal(),
        Label::Caret | Label::Removed => Color::Red.normal(),
        Label::Added => Color::Green.normal(),
    };
    Some(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &'static [(&str, &str)], is_terminal: bool) -> Theme {
        Theme::detect(is_terminal, |name| {
            pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string())
        })
    }

    #[test]
    fn the_environment_decides_about_colour() {
        assert_eq!(with(&[], true), Theme::Colour);
        assert_eq!(with(&[], false), Theme::Plain);
        assert_eq!(with(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], true), Theme::Plain);
        assert_eq!(with(&[("NO_COLOR", "")], true), Theme::Colour);
        assert_eq!(with(&[("FORCE_COLOR", "1")], false), Theme::Colour);
        assert_eq!(with(&[("TERM", "dumb")], true), Theme::Plain);
    }

    #[test]
    fn a_style_ends_with_its_line() {
        let text = Text::of(Label::Dim, "a\nb");
        assert_eq!(Theme::Colour.render(&text), "\u{1b}[2ma\u{1b}[0m\n\u{1b}[2mb\u{1b}[0m");
        assert_eq!(Theme::Plain.render(&text), "a\nb");
    }
}
