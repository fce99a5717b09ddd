//! Commands that read and write files, and the editor.
//!
//! Owns what a person may do with files from the prompt; an app's code has no part in it. Must not know how a
//! session runs code.

use super::super::session::{Output, Shell};

/// Runs a file in the session's names.
pub fn run(shell: &mut Shell, argument: &str) -> Output {
    if argument.is_empty() {
        return Output::remark("%run FILE");
    }
    match std::fs::read_to_string(argument) {
        Ok(text) => shell.run_text(argument, &text),
        Err(why) => Output::remark(format!("{argument}: {why}")),
    }
}

/// Writes what was typed into a file: `%save FILE`, `%save FILE 3-7`.
pub fn save(shell: &mut Shell, argument: &str) -> Output {
    let mut words = argument.split_whitespace();
    let Some(path) = words.next() else { return Output::remark("%save FILE [FIRST-LAST]") };
    // The command itself is the last input.
    let inputs = &shell.inputs[..shell.inputs.len().saturating_sub(1)];
    let (first, last) = match words.next().map(range) {
        None => (1, inputs.len()),
        Some(Some(range)) => range,
        Some(None) => return Output::remark("lines are counted from 1: %save FILE 3-7"),
    };
    if std::path::Path::new(path).exists() {
        return Output::remark(format!("{path} is there already; choose another name"));
    }
    let is_python = |input: &&String| super::recognise(input, &|_| false).is_none();
    let chosen: Vec<&String> = inputs
        .iter()
        .skip(first.saturating_sub(1))
        .take((last + 1).saturating_sub(first))
        .filter(is_python)
        .collect();
    let text: String = chosen.iter().map(|input| format!("{}\n", input.trim_end())).collect();
    match std::fs::write(path, text) {
        Ok(()) => Output::remark(format!("{} inputs written to {path}", chosen.len())),
        Err(why) => Output::remark(format!("{path}: {why}")),
    }
}

fn range(text: &str) -> Option<(usize, usize)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first > 0 && last >= first).then_some((first, last))
}

/// Opens the last input in the editor, and runs what comes back.
pub fn edit(shell: &mut Shell, _argument: &str) -> Output {
    let before = shell.inputs.iter().rev().nth(1).cloned().unwrap_or_default();
    Output { edit: Some(before), ..Output::default() }
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges_count_from_one() {
        assert_eq!(range("3-7"), Some((3, 7)));
        assert_eq!(range("4"), Some((4, 4)));
        assert_eq!(range("0-2"), None);
        assert_eq!(range("x"), None);
    }
}
