//! What Enter, Tab and brackets do in the edit buffer, as plain functions over its text.
//!
//! Owns the indent of a new line, whether a buffer is done, and which bracket answers which. Must not know the
//! terminal.

use super::session::is_whole;

/// One step of indentation.
pub const INDENT: &str = "    ";

/// Whether Enter runs the buffer. A last line of blanks ends a block as an empty line does.
pub fn enter_runs(buffer: &str) -> bool {
    let last = buffer.rsplit('\n').next().unwrap_or("");
    if buffer.contains('\n') && last.trim().is_empty() {
        let kept = &buffer[..buffer.len() - last.len()];
        return is_whole(kept);
    }
    is_whole(buffer)
}

/// The blanks that a new line after `before` begins with: those of the line above, one step more after a colon,
/// one less after a statement that ends its block.
pub fn indent_after(before: &str) -> String {
    let line = before.rsplit('\n').next().unwrap_or("");
    let blanks: String = line.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let code = line.split(" #").next().unwrap_or("").trim();
    if code.ends_with(':') {
        return blanks + INDENT;
    }
    let first = code.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    let ends_block = matches!(first, "return" | "pass" | "break" | "continue" | "raise");
    if ends_block {
        return blanks.strip_suffix(INDENT).map(str::to_string).unwrap_or_default();
    }
    blanks
}

/// The bracket at or before the cursor and the one that answers it, as byte offsets. Brackets inside texts and
/// comments are none.
pub fn matching(text: &str, cursor: usize) -> Option<(usize, usize)> {
    const PAIRS: [(u8, u8); 3] = [(b'(', b')'), (b'[', b']'), (b'{', b'}')];
    let code = code_mask(text);
    let bytes = text.as_bytes();
    let is_bracket = |at: usize| {
        code.get(at) == Some(&true) && PAIRS.iter().any(|(open, close)| [open, close].contains(&&bytes[at]))
    };
    let at = [Some(cursor), cursor.checked_sub(1)].into_iter().flatten().find(|at| is_bracket(*at))?;
    let mut depth = 0_i32;
    let (open, close) = *PAIRS.iter().find(|(open, close)| [open, close].contains(&&bytes[at]))?;
    let step = |index: usize, depth: &mut i32| -> Option<usize> {
        if !code[index] {
            return None;
        }
        *depth += i32::from(bytes[index] == open) - i32::from(bytes[index] == close);
        (*depth == 0).then_some(index)
    };
    let other = match bytes[at] == open {
        true => (at..bytes.len()).find_map(|index| step(index, &mut depth)),
        false => (0..=at).rev().find_map(|index| step(index, &mut depth)),
    }?;
    Some((at, other))
}

/// Which bytes are code: neither in a text nor in a comment.
fn code_mask(text: &str) -> Vec<bool> {
    let mut mask = Vec::with_capacity(text.len());
    for (label, piece) in crate::ui::highlight::python(text).pieces() {
        use crate::ui::text::Label;
        let is_code = !matches!(label, Label::String | Label::Comment);
        mask.extend(std::iter::repeat_n(is_code, piece.len()));
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_with_a_line_of_blanks() {
        assert!(enter_runs("1 + 1"));
        assert!(!enter_runs("for n in x:"));
        assert!(!enter_runs("for n in x:\n    print(n)"));
        assert!(enter_runs("for n in x:\n    print(n)\n    "));
        assert!(!enter_runs("f(1,\n    "));
    }

    #[test]
    fn a_new_line_is_indented_as_its_block() {
        assert_eq!(indent_after("for n in x:"), "    ");
        assert_eq!(indent_after("for n in x:\n    if n:"), "        ");
        assert_eq!(indent_after("def f():\n    return 1"), "");
        assert_eq!(indent_after("x = 1"), "");
        assert_eq!(indent_after("class A:  # a comment"), "    ");
    }

    #[test]
    fn brackets_answer_each_other() {
        assert_eq!(matching("f(a[1])", 7), Some((6, 1)));
        assert_eq!(matching("f(a[1])", 1), Some((1, 6)));
        assert_eq!(matching("f(')')", 6), Some((5, 1)));
        assert_eq!(matching("f(", 2), None);
        assert_eq!(matching("abc", 1), None);
    }
}
