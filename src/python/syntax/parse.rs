//! Text to tree.
//!
//! Owns calling the parser, the limit on nesting that keeps it off the stack's end, and whether an input is complete.
//! Must not know what is done with the tree.

use ruff_python_ast::{ModModule, PythonVersion, Stmt};
use ruff_python_parser::{
    InterpolatedStringErrorType, LexicalErrorType, Mode, ParseErrorType, ParseOptions, Parsed,
    parse_unchecked,
};
use ruff_text_size::{Ranged, TextRange};

use super::wording::{self, Fault};
use crate::diag::{Span, builtin};

/// How deep brackets may nest, as in CPython's tokenizer.
const MAX_NESTING: usize = 200;
/// How deep indentation may go, as in CPython's tokenizer.
const MAX_INDENTS: usize = 100;
/// A longer run of prefix operators or conditional keywords in one line could exhaust the parser's stack.
const MAX_PREFIXES: usize = 1000;

/// Parses a file or a console input.
pub fn parse(text: &str) -> Result<Parsed<ModModule>, Fault> {
    // A last line without its end would change what a soft keyword at the end is.
    if !text.is_empty() && !text.ends_with('\n') {
        return parse(&format!("{text}\n"));
    }
    if let Some(fault) = too_deep(text) {
        return Err(fault);
    }
    let parsed = parse_raw(text);
    match wording::first_fault(text, &parsed) {
        Some(fault) => match soft_names_spelled(text).map(|spelled| parse_raw(&spelled)) {
            Some(parsed) if !parsed.has_syntax_errors() => Ok(parsed),
            _ => Err(fault),
        },
        None => Ok(parsed),
    }
}

/// The parser takes `match` behind a semicolon for the keyword only: a spelling that normalises to the same name
/// cannot be one. None where there is no such place.
fn soft_names_spelled(text: &str) -> Option<String> {
    let mut spelled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(';') {
        let body = rest[at + 1..].trim_start_matches(' ');
        let start = rest.len() - body.len();
        spelled.push_str(&rest[..start]);
        rest = body;
        if let Some(after) = body.strip_prefix("match")
            && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_')
        {
            spelled.push_str("m\u{aa}tch");
            rest = after;
        }
    }
    spelled.push_str(rest);
    (spelled != text).then_some(spelled)
}

/// Parses a text that comes with Retort, which is known to be right and not too deep.
pub fn parse_own(text: &str) -> Result<Parsed<ModModule>, Fault> {
    let parsed = parse_raw(text);
    if parsed.errors().is_empty() { Ok(parsed) } else { parse(text) }
}

fn parse_raw(text: &str) -> Parsed<ModModule> {
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::PY311);
    parse_unchecked(text, options).try_into_module().expect("module mode makes a module")
}

/// What a console should do with an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Run it.
    Complete,
    /// Whole, but it ends inside a block, which an empty line closes.
    OpenBlock,
    /// It needs more lines: an open bracket, an open triple quote, a block to come.
    Incomplete,
    /// More lines would not help.
    Wrong,
}

/// Whether an input is complete, by its first error: only what ends at the end of the text can be mended by more.
pub fn completeness(text: &str) -> Completeness {
    with_room(text, || completeness_of(text))
}

/// Runs what walks or drops a tree on a stack that is deep enough for any tree the text can have.
pub fn with_room<T>(text: &str, act: impl FnOnce() -> T) -> T {
    let room = (text.len() * 1024).clamp(1 << 20, 1 << 29);
    stacker::maybe_grow(room, room, act)
}

fn completeness_of(text: &str) -> Completeness {
    if too_deep(text).is_some() {
        return Completeness::Wrong;
    }
    let parsed = parse_raw(text);
    if text.ends_with('\\') {
        return Completeness::Incomplete;
    }
    let Some(error) = parsed.errors().first() else {
        return match parsed.syntax().body.last() {
            Some(last) if is_block(last) && !text.ends_with("\n\n") && !ends_with_blank_line(text) => {
                Completeness::OpenBlock
            }
            _ => Completeness::Complete,
        };
    };
    let end = text.trim_end().len();
    let at_end = error.location.end().to_usize() >= end;
    let open_triple = |range: TextRange| {
        let body = text[range].trim_start_matches(|c: char| c.is_ascii_alphabetic());
        body.starts_with("\"\"\"") || body.starts_with("'''")
    };
    let mendable = match &error.error {
        ParseErrorType::Lexical(LexicalErrorType::Eof) => true,
        ParseErrorType::Lexical(LexicalErrorType::UnclosedStringError) => open_triple(error.location),
        ParseErrorType::Lexical(LexicalErrorType::FStringError(
            InterpolatedStringErrorType::UnterminatedTripleQuotedString,
        )) => true,
        ParseErrorType::OtherError(message) => {
            message.starts_with("Expected an indented block after")
                || message.starts_with("Expected `except` or `finally` after `try` block")
                || message
                    .starts_with("Expected class, function definition or async function definition after")
        }
        _ => inside_open_bracket(text, &parsed),
    };
    match (at_end && mendable, ends_with_blank_line(text)) {
        (true, true)
            if !matches!(error.error, ParseErrorType::Lexical(_)) && !inside_open_bracket(text, &parsed) =>
        {
            Completeness::Wrong
        }
        (true, _) => Completeness::Incomplete,
        (false, _) => Completeness::Wrong,
    }
}

fn ends_with_blank_line(text: &str) -> bool {
    let mut lines = text.split('\n').rev();
    let last = lines.next().unwrap_or("");
    last.trim().is_empty() && text.contains('\n')
}

/// Whether the text ends before a bracket was closed, and nothing else is wrong with its brackets.
fn inside_open_bracket(text: &str, parsed: &Parsed<ModModule>) -> bool {
    let words = super::tokens::words(text, parsed.tokens());
    super::tokens::mismatch(&words).is_none() && super::tokens::unclosed(&words).is_some()
}

fn is_block(statement: &Stmt) -> bool {
    matches!(
        statement,
        Stmt::FunctionDef(_)
            | Stmt::ClassDef(_)
            | Stmt::For(_)
            | Stmt::While(_)
            | Stmt::If(_)
            | Stmt::With(_)
            | Stmt::Match(_)
            | Stmt::Try(_)
    )
}

/// `SyntaxError: too many nested parentheses`, before the parser meets them.
///
/// Counts on characters, strings and comments skipped, so that it costs one pass.
fn too_deep(text: &str) -> Option<Fault> {
    let bytes = text.as_bytes();
    let (mut depth, mut prefixes, mut at) = (0usize, 0usize, 0usize);
    let mut indents: Vec<usize> = vec![0];
    let fault = |message: &str, at: usize| Fault {
        class: &builtin::SYNTAX_ERROR,
        message: message.to_string(),
        span: Span { start: at as u32, end: at as u32 + 1 },
    };
    let mut line_start = true;
    while at < bytes.len() {
        if line_start && depth == 0 {
            let width = bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let blank = matches!(bytes.get(at + width), None | Some(b'\n' | b'#' | b'\r'));
            if !blank {
                while indents.last().is_some_and(|&outer| outer > width) {
                    indents.pop();
                }
                if indents.last().is_none_or(|&outer| outer < width) {
                    indents.push(width);
                }
                if indents.len() > MAX_INDENTS {
                    let deep = fault("too many levels of indentation", at);
                    return Some(Fault { class: &builtin::INDENTATION_ERROR, ..deep });
                }
            }
        }
        line_start = false;
        match bytes[at] {
            b'(' | b'[' | b'{' => {
                depth += 1;
                if depth > MAX_NESTING {
                    return Some(fault("too many nested parentheses", at));
                }
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'#' => at += bytes[at..].iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len() - at) - 1,
            b'\'' | b'"' => at = skip_string(bytes, at),
            b'\n' => {
                line_start = true;
                prefixes = 0;
            }
            b'-' | b'+' | b'~' => {
                prefixes += 1;
                if prefixes > MAX_PREFIXES && only_prefixes(&bytes[..=at]) {
                    return Some(fault("too many nested parentheses", at));
                }
            }
            b'n' | b'l' | b'e' | b'a' if keyword_run(&bytes[at..]) => {
                prefixes += 1;
                if prefixes > MAX_PREFIXES {
                    return Some(fault("too many nested parentheses", at));
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Whether a text ends in a long run of nothing but prefix operators and blanks.
fn only_prefixes(text: &[u8]) -> bool {
    let tail = &text[text.len().saturating_sub(MAX_PREFIXES)..];
    tail.iter().all(|byte| matches!(byte, b'-' | b'+' | b'~' | b' '))
}

/// Whether a keyword that nests an expression in its right-hand side begins here.
fn keyword_run(text: &[u8]) -> bool {
    [&b"not "[..], b"lambda", b"else ", b"await "].iter().any(|word| text.starts_with(word))
}

/// The place of a string's last byte.
fn skip_string(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let triple = bytes[start..].starts_with(&[quote; 3]);
    let mut at = start + if triple { 3 } else { 1 };
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'\n' if !triple => return at - 1,
            byte if byte == quote && (!triple || bytes[at..].starts_with(&[quote; 3])) => {
                return if triple { at + 2 } else { at };
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len() - 1
}

/// The range of a statement in bytes, for callers that cut a text into its statements.
pub fn statement_range(statement: &Stmt) -> (usize, usize) {
    let range = statement.range();
    (range.start().to_usize(), range.end().to_usize())
}

#[cfg(test)]
mod tests {
    use super::Completeness::{Complete, Incomplete, OpenBlock, Wrong};
    use super::*;

    #[test]
    fn more_lines_are_asked_for_only_where_they_can_help() {
        let cases = [
            ("x = 1", Complete),
            ("x = (1,", Incomplete),
            ("x = (1,\n2)", Complete),
            ("f(a,\n  b=", Incomplete),
            ("s = '''abc", Incomplete),
            ("s = f'''abc {x}", Incomplete),
            ("s = 'abc", Wrong),
            ("if x:", Incomplete),
            ("if x:\n    y", OpenBlock),
            ("if x:\n    y\n", Complete),
            ("for s in q: print(s)", OpenBlock),
            ("try:\n    x", Incomplete),
            ("try:\n    x\nexcept A:\n    y\n\n", Complete),
            ("@decorator", Incomplete),
            ("class A:\n    x = 1\n    def f(self):", Incomplete),
            ("1 +", Wrong),
            (")", Wrong),
            ("x = [1, 2)", Wrong),
            ("x = \\", Incomplete),
            ("", Complete),
            ("# only a comment", Complete),
        ];
        for (text, expected) in cases {
            assert_eq!(completeness(text), expected, "{text:?}");
        }
    }

    #[test]
    fn nesting_is_refused_before_the_parser_sees_it() {
        let deep = |count: usize| format!("{}1{}", "(".repeat(count), ")".repeat(count));
        assert!(parse(&deep(200)).is_ok());
        assert_eq!(parse(&deep(10_000)).expect_err("refused").message, "too many nested parentheses");
        let in_text = format!("x = '{}'  # {}", "(".repeat(300), "[".repeat(300));
        assert!(parse(&in_text).is_ok());
        let _ = parse(&"-".repeat(100_000)).expect_err("refused");
        let _ = parse(&"not ".repeat(100_000)).expect_err("refused");
    }
}
