//! Source texts and byte spans.
//!
//! Owns the translation from byte offsets to lines. Must not know what language the text is in.

/// A range of bytes in one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

/// One text that was compiled: a file, or one input of a console.
#[derive(Debug)]
pub struct Source {
    pub name: String,
    pub text: String,
    line_starts: Vec<u32>,
    /// The whole text, where bodies of functions were left out of this one.
    pub whole: Option<&'static str>,
}

impl Source {
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(breaks.map(|(at, _)| at as u32 + 1)).collect();
        Source { name: name.into(), text, line_starts, whole: None }
    }

    /// A text from which parts of `whole` are left out, line for line.
    pub fn shortened(name: impl Into<String>, text: String, whole: &'static str) -> Self {
        Source { whole: Some(whole), ..Source::new(name, text) }
    }

    /// The 1-based line that holds a byte offset.
    pub fn line(&self, offset: u32) -> u32 {
        self.line_starts.partition_point(|&start| start <= offset) as u32
    }

    /// The text of a 1-based line, without its line break.
    pub fn line_text(&self, line: u32) -> &str {
        let start = self.line_starts.get(line as usize - 1).copied().unwrap_or(0) as usize;
        let rest = self.text.get(start..).unwrap_or("");
        rest.split('\n').next().unwrap_or("").trim_end_matches('\r')
    }

    /// The 0-based column of a byte offset, in characters.
    pub fn column(&self, offset: u32) -> u32 {
        let start = self.line_starts[self.line(offset) as usize - 1] as usize;
        self.text.get(start..offset as usize).map_or(0, |text| text.chars().count() as u32)
    }
}
