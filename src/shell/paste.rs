//! Pasted console sessions: heads are stripped, answers dropped, what was typed comes out.
//!
//! Owns the heads of Python's and of IPython's console. Must not know how the result is run.

use crate::project::session_text::Session;

/// A statement of a pasted session.
pub struct Statement {
    pub source: String,
    /// The session goes on after an error here: it did so where it comes from.
    pub raises: bool,
}

/// The statements of a pasted session; None where the text is no session but plain code.
pub fn statements(text: &str) -> Option<Vec<Statement>> {
    if Session::looks_like_one(text) {
        let statements = Session::parse(text).statements.into_iter().map(|statement| Statement {
            raises: statement.answer.contains("Traceback (most recent call last):"),
            source: statement.source,
        });
        return Some(statements.collect());
    }
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    input_head(first)?;
    let mut statements: Vec<String> = Vec::new();
    let mut typing = false;
    for line in text.lines() {
        if let Some(rest) = input_head(line) {
            statements.push(rest.to_string());
            typing = true;
        } else if let Some(rest) = continuation_head(line).filter(|_| typing) {
            if let Some(statement) = statements.last_mut() {
                statement.push('\n');
                statement.push_str(rest);
            }
        } else {
            typing = false;
        }
    }
    Some(statements.into_iter().map(|source| Statement { source, raises: false }).collect())
}

/// What stands behind `In [3]: `.
fn input_head(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("In [")?;
    let (number, rest) = rest.split_once("]:")?;
    (!number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
        .then(|| rest.strip_prefix(' ').unwrap_or(rest))
}

/// What stands behind `   ...: `.
fn continuation_head(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("...:")?;
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}

/// Whether an input line may be the beginning of a pasted session.
pub fn begins_session(text: &str) -> bool {
    text.starts_with(">>> ") || input_head(text.lines().next().unwrap_or("")).is_some()
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_consoles_paste() {
        let statements = |text: &str| {
            super::statements(text).map(|all| all.into_iter().map(|one| one.source).collect::<Vec<_>>())
        };
        let python = ">>> for x in [1]:\n...     x\n...\n1\n>>> y = 2\n";
        assert_eq!(statements(python).expect("a session"), ["for x in [1]:\n    x\n", "y = 2"]);
        let ipython = "In [1]: x = 1\n\nIn [2]: for y in [x]:\n   ...:     y\n   ...: \nOut[2]: 1\n";
        assert_eq!(statements(ipython).expect("a session"), ["x = 1", "for y in [x]:\n    y\n"]);
        assert!(statements("x = 1\n").is_none());
        assert!(statements("").is_none());
    }
}
