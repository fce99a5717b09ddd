//! Answers that are taller than the window, through a pager.
//!
//! Owns the choice of the pager and running it. Must not know what the answer is.

use std::io::Write;
use std::process::{Command, Stdio};

/// The pager's command: RETORT_PAGER, else PAGER, else less; None where it is switched off.
pub fn chosen(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let asked = variable("RETORT_PAGER").or_else(|| variable("PAGER"));
    match asked.as_deref().map(str::trim) {
        Some("" | "cat") => None,
        Some(command) => Some(command.to_string()),
        None => Some("less".to_string()),
    }
}

/// Shows a text in the pager; false where there is none or the text fits the window.
pub fn show(text: &str, height: usize) -> bool {
    if text.lines().count() + 1 < height {
        return false;
    }
    let Some(command) = chosen(|name| std::env::var(name).ok()) else { return false };
    let mut words = command.split_whitespace();
    let Some(program) = words.next() else { return false };
    let mut run = Command::new(program);
    run.args(words).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        run.env("LESS", "FRX");
    }
    let Ok(mut child) = run.spawn() else { return false };
    if let Some(stdin) = &mut child.stdin {
        // Left before the end: nothing is wrong.
        let _ = stdin.write_all(text.as_bytes());
    }
    drop(child.stdin.take());
    child.wait().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn the_environment_chooses() {
        let with = |pairs: &'static [(&str, &str)]| {
            chosen(|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string()))
        };
        assert_eq!(with(&[]).as_deref(), Some("less"));
        assert_eq!(with(&[("PAGER", "more")]).as_deref(), Some("more"));
        assert_eq!(with(&[("PAGER", "more"), ("RETORT_PAGER", "")]), None);
        assert_eq!(with(&[("PAGER", "cat")]), None);
    }
}
