//! Where the operator of an expression stands, for the carets of a traceback.
//!
//! Owns finding it in the text of one expression. Must not know tracebacks.

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

/// For `a + b` the place of the operator, for `a[b]` that of the brackets, in characters from the text's start.
pub fn anchors(text: &str) -> Option<(usize, usize)> {
    let inside = format!("(\n{text}\n)");
    let parsed = super::parse(&inside).ok()?;
    let [Stmt::Expr(statement)] = &parsed.syntax().body[..] else { return None };
    let offset = 2;
    let chars = |byte: usize| text.get(..byte).map(|before| before.chars().count());
    match &*statement.value {
        Expr::BinOp(binary) => {
            let mut start = binary.left.end().to_usize() - offset;
            let bytes = text.as_bytes();
            while bytes.get(start).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b')') {
                start += 1;
            }
            let operator = |at: usize| {
                bytes.get(at).is_some_and(|byte| !byte.is_ascii_whitespace() && !byte.is_ascii_alphanumeric())
            };
            let next = start + 1 < binary.right.start().to_usize() - offset && operator(start + 1);
            let end = start + 1 + usize::from(next && bytes[start + 1] == bytes[start]);
            Some((chars(start)?, chars(end)?))
        }
        Expr::Subscript(subscript) => {
            let start = subscript.value.end().to_usize() - offset;
            let end = subscript.end().to_usize() - offset;
            Some((chars(start)?, chars(end)?))
        }
        _ => None,
    }
}
