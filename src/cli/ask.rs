//! A question on the terminal, before there is a shell.
//!
//! Owns asking it where somebody can answer. Must not know what is asked.

use std::io::{BufRead, IsTerminal, Write};

/// A line of text; None where nobody can answer.
pub fn line(question: &str) -> Option<String> {
    let (stdin, mut stderr) = (std::io::stdin(), std::io::stderr());
    if !stdin.is_terminal() || !stderr.is_terminal() {
        return None;
    }
    write!(stderr, "{question} ").ok()?;
    stderr.flush().ok()?;
    let mut line = String::new();
    stdin.lock().read_line(&mut line).ok()?;
    Some(line.trim_end_matches(['\n', '\r']).to_string())
}

/// Yes or no; None where nobody can answer.
pub fn yes(question: &str) -> Option<bool> {
    let (stdin, mut stderr) = (std::io::stdin(), std::io::stderr());
    if !stdin.is_terminal() || !stderr.is_terminal() {
        return None;
    }
    write!(stderr, "{question} [y/N] ").ok()?;
    stderr.flush().ok()?;
    let mut line = String::new();
    stdin.lock().read_line(&mut line).ok()?;
    Some(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}
