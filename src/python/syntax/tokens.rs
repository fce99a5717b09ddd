//! Questions about a text's tokens: brackets, the statement around a place, what may stand side by side.
//!
//! Owns reading the token list. Must not know what is said about the answers.

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_text_size::{Ranged, TextRange};

/// A token that counts: no comment, no line break inside brackets.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    pub kind: TokenKind,
    pub text: &'a str,
    pub range: TextRange,
}

pub fn words<'a>(text: &'a str, tokens: &Tokens) -> Vec<Word<'a>> {
    tokens
        .iter()
        .filter(|token| !matches!(token.kind(), TokenKind::Comment | TokenKind::NonLogicalNewline))
        .map(|token| Word { kind: token.kind(), text: &text[token.range()], range: token.range() })
        .collect()
}

fn is_open(word: &Word<'_>) -> bool {
    matches!(word.kind, TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace)
}

fn is_close(word: &Word<'_>) -> bool {
    matches!(word.kind, TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace)
}

fn matches_pair(open: &Word<'_>, close: &Word<'_>) -> bool {
    matches!((open.text, close.text), ("(", ")") | ("[", "]") | ("{", "}"))
}

/// The brackets that are open before a place, innermost last.
fn open_before<'w, 'a>(words: &'w [Word<'a>], at: usize) -> Vec<&'w Word<'a>> {
    let mut open: Vec<&Word<'_>> = Vec::new();
    for word in &words[..at.min(words.len())] {
        if is_open(word) {
            open.push(word);
        } else if is_close(word) {
            open.pop();
        }
    }
    open
}

/// The innermost open bracket before a place.
pub fn enclosing<'a>(words: &[Word<'a>], at: usize) -> Option<&'a str> {
    open_before(words, at).last().map(|word| word.text)
}

/// The last bracket that is still open at the end.
pub fn unclosed<'w, 'a>(words: &'w [Word<'a>]) -> Option<&'w Word<'a>> {
    open_before(words, words.len()).last().copied()
}

/// The first closing bracket that closes nothing, or not what is open.
pub fn mismatch<'w, 'a>(words: &'w [Word<'a>]) -> Option<(Option<&'w Word<'a>>, &'w Word<'a>)> {
    let mut open: Vec<&Word<'_>> = Vec::new();
    for word in words {
        if is_open(word) {
            open.push(word);
        } else if is_close(word) {
            match open.pop() {
                Some(before) if matches_pair(before, word) => {}
                before => return Some((before, word)),
            }
        }
    }
    None
}

/// Where the statement around a place begins.
fn statement_start(words: &[Word<'_>], at: usize) -> usize {
    let breaks = |word: &Word<'_>| {
        matches!(word.kind, TokenKind::Newline | TokenKind::Semi | TokenKind::Indent | TokenKind::Dedent)
    };
    words[..at.min(words.len())].iter().rposition(breaks).map_or(0, |index| index + 1)
}

/// The first word of the statement around a place.
pub fn statement_head<'a>(words: &[Word<'a>], at: usize) -> Option<&'a str> {
    words.get(statement_start(words, at)).map(|word| word.text)
}

/// How many `=` stand outside brackets in the statement around a place.
pub fn equals_in_statement(words: &[Word<'_>], at: usize) -> usize {
    let mut depth = 0i32;
    let mut count = 0;
    for word in &words[statement_start(words, at)..] {
        match word.kind {
            TokenKind::Newline | TokenKind::Semi if depth == 0 => break,
            TokenKind::Equal if depth == 0 => count += 1,
            _ if is_open(word) => depth += 1,
            _ if is_close(word) => depth -= 1,
            _ => {}
        }
    }
    count
}

/// Whether a place is inside the braces of an f-string.
pub fn in_fstring(words: &[Word<'_>], at: usize) -> bool {
    let depth = words[..at.min(words.len())].iter().fold(0i32, |depth, word| match word.kind {
        TokenKind::FStringStart => depth + 1,
        TokenKind::FStringEnd => depth - 1,
        _ => depth,
    });
    depth > 0
}

/// Whether a place is between the brackets of a `def`.
pub fn in_parameters(words: &[Word<'_>], at: usize) -> bool {
    open_before(words, at).len() == 1
}

/// Whether a place is between the brackets of a `class` statement.
pub fn in_class_header(words: &[Word<'_>], at: usize) -> bool {
    statement_head(words, at) == Some("class") && open_before(words, at).len() == 1
}

pub fn starts_expression(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(
        kind,
        Name | Int
            | Float
            | Complex
            | String
            | FStringStart
            | Lambda
            | Not
            | True
            | False
            | None
            | Lbrace
            | Ellipsis
            | Tilde
            | Match
            | Case
            | Type
    )
}

pub fn ends_expression(word: &Word<'_>) -> bool {
    use TokenKind::*;
    matches!(
        word.kind,
        Name | Int
            | Float
            | Complex
            | String
            | FStringEnd
            | Rpar
            | Rsqb
            | Rbrace
            | True
            | False
            | None
            | Ellipsis
            | Match
            | Case
            | Type
    )
}
