//! A statement's text with what can be known about it before it is prepared.
//!
//! Owns the kind of a statement as CPython's sqlite3 sees it. Must not know connections.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

/// What a statement does, as far as transactions go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// INSERT, UPDATE, DELETE or REPLACE: a transaction begins before it, and its changes are counted.
    Dml,
    /// Anything else, SELECT and DDL included.
    Other,
}

/// The text of a statement, made once and executed many times. Connections remember by it which of their prepared
/// statements is meant, so that no text is hashed on the way.
pub struct SqlText {
    text: Rc<str>,
    kind: Kind,
    made: Instant,
    /// The connection that saw the text last, and the place in its statement cache.
    pub(super) hint: Cell<(u32, u32)>,
}

impl SqlText {
    pub fn new(text: impl Into<Rc<str>>) -> Rc<SqlText> {
        let text = text.into();
        let kind = kind_of(&text);
        Rc::new(SqlText { text, kind, made: Instant::now(), hint: Cell::new((0, 0)) })
    }

    /// A further spelling of a statement that was compiled before (an `IN` list of another length).
    pub fn variant(&self, text: impl Into<Rc<str>>) -> Rc<SqlText> {
        let text = text.into();
        Rc::new(SqlText { text, kind: self.kind, made: self.made, hint: Cell::new((0, 0)) })
    }

    #[inline]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn shared(&self) -> &Rc<str> {
        &self.text
    }

    #[inline]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// When the text was compiled, which the echo tells.
    pub fn made(&self) -> Instant {
        self.made
    }
}

fn kind_of(text: &str) -> Kind {
    let start = skip_blanks(text).as_bytes();
    let begins =
        |word: &str| start.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()));
    if ["INSERT", "UPDATE", "DELETE", "REPLACE"].iter().any(|word| begins(word)) {
        Kind::Dml
    } else {
        Kind::Other
    }
}

/// The text behind leading blanks and comments.
pub(super) fn skip_blanks(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0c', ';']);
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
        } else {
            return rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, SqlText};

    #[test]
    fn only_statements_that_change_rows_begin_a_transaction() {
        let kind = |text: &str| SqlText::new(text).kind();
        assert_eq!(kind("  insert into t values (1)"), Kind::Dml);
        assert_eq!(kind("-- why\n/* and */ DELETE FROM t"), Kind::Dml);
        assert_eq!(kind("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x"), Kind::Other);
        assert_eq!(kind("CREATE TABLE t (a)"), Kind::Other);
    }
}
