//! Modules written in the language that come with Retort, with most of their functions left for later.
//!
//! Owns finding the functions of such a text whose bodies can wait, and what stands there meanwhile. The texts are our
//! own, so that lines and indentation say enough. Must not know how a body is compiled when its turn comes.
//!
//! A session uses few of the functions that its imports define. A body that waits costs neither parsing nor compiling:
//!
//! ```text
//!   def route(self, rule, **options):            def route(self, rule, **options):
//!       def decorator(function):          ─▶         __later__, 4711, 4960
//!       ...
//! ```

/// The name that stands in the place of a body, before the range of bytes where the whole function is.
pub const MARK: &str = "__later__";

const QUOTES: &str = "\"\"\"";

/// The text with the bodies of functions replaced that can wait; lines keep their numbers.
pub fn shorten(text: &str) -> String {
    let lines: Vec<Line<'_>> = lines_of(text);
    let mut out = String::with_capacity(text.len() / 2);
    let (mut at, mut in_class, mut in_quotes) = (0, false, false);
    while at < lines.len() {
        let line = &lines[at];
        if !in_quotes {
            let indent = line.indent();
            if indent == 0 && !line.text.trim().is_empty() {
                in_class = line.text.starts_with("class ");
            }
            let at_home = indent == 0 || (indent == 4 && in_class);
            if at_home
                && line.text[indent..].starts_with("def ")
                && let Some(function) = Function::at(&lines, at, indent)
                && function.can_wait(text, &lines)
            {
                function.write(&lines, &mut out);
                at = function.end;
                continue;
            }
        }
        in_quotes ^= line.toggles();
        out.push_str(line.text);
        at += 1;
    }
    out
}

struct Line<'a> {
    start: usize,
    /// With its line break.
    text: &'a str,
}

impl Line<'_> {
    fn indent(&self) -> usize {
        self.text.len() - self.text.trim_start_matches(' ').len()
    }

    /// Whether a triple quote opens or closes here.
    fn toggles(&self) -> bool {
        self.text.matches(QUOTES).count() % 2 == 1
    }
}

fn lines_of(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .map(|text| {
            let line = Line { start, text };
            start += text.len();
            line
        })
        .collect()
}

/// Lines of a function: `def` up to its colon, the docstring, the rest of the body.
struct Function {
    first: usize,
    indent: usize,
    doc: usize,
    body: usize,
    end: usize,
}

impl Function {
    fn at(lines: &[Line<'_>], first: usize, indent: usize) -> Option<Function> {
        let mut depth = 0i32;
        let mut doc = first;
        loop {
            let text = lines.get(doc)?.text;
            depth += text.matches(['(', '[', '{']).count() as i32;
            depth -= text.matches([')', ']', '}']).count() as i32;
            doc += 1;
            if depth == 0 {
                // A body on the same line is short anyway.
                if !text.trim_end().ends_with(':') {
                    return None;
                }
                break;
            }
        }
        let mut body = doc;
        if lines.get(body)?.text.trim_start().starts_with(QUOTES) {
            let mut open = false;
            loop {
                open ^= lines.get(body)?.toggles();
                body += 1;
                if !open {
                    break;
                }
            }
        }
        let (mut end, mut at, mut open) = (body, body, false);
        while let Some(line) = lines.get(at) {
            let blank = line.text.trim().is_empty();
            if !open && !blank && line.indent() <= indent {
                break;
            }
            open ^= line.toggles();
            at += 1;
            if !blank {
                end = at;
            }
        }
        Some(Function { first, indent, doc, body, end })
    }

    fn range(&self, lines: &[Line<'_>]) -> (usize, usize) {
        let last = &lines[self.end - 1];
        (lines[self.first].start, last.start + last.text.len())
    }

    /// What needs the class around it, or is as short as what would stand for it, cannot wait.
    fn can_wait(&self, text: &str, lines: &[Line<'_>]) -> bool {
        let (start, end) = self.range(lines);
        let whole = &text[start..end];
        self.end > self.body + 1 && !whole.contains("super(") && !whole.contains("__class__")
    }

    fn write(&self, lines: &[Line<'_>], out: &mut String) {
        use std::fmt::Write;
        for line in &lines[self.first..self.body] {
            out.push_str(line.text);
        }
        debug_assert!(self.doc <= self.body);
        let (start, end) = self.range(lines);
        let _ = writeln!(out, "{:indent$}{MARK}, {start}, {end}", "", indent = self.indent + 4);
        for _ in self.body + 1..self.end {
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_bodies_wait_and_lines_keep_their_numbers() {
        let text = "import os\n\ndef f(a,\n      b=1):\n    \"\"\"Doc.\"\"\"\n    x = a\n    return x\n\nclass A:\n    def g(self):\n        y = 1\n\n        return y\n\n    def h(self):\n        super().h()\n        return 1\n";
        let short = shorten(text);
        assert_eq!(short.matches('\n').count(), text.matches('\n').count());
        assert!(short.contains("    \"\"\"Doc.\"\"\"\n    __later__, 11, 70\n"), "{short}");
        assert!(short.contains("    def g(self):\n        __later__, "), "{short}");
        assert!(short.contains("super().h()"));
        assert!(!short.contains("x = a"));
    }

    #[test]
    fn text_in_quotes_is_no_code() {
        let text = "\"\"\"\ndef f():\n    one\n    two\n\"\"\"\n";
        assert_eq!(shorten(text), text);
    }
}
