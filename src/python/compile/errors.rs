//! CPython's sentences for what the compiler refuses.
//!
//! Owns one constructor a message. Must not know where in the tree they are found.

use ruff_text_size::TextRange;

use crate::diag::builtin::SYNTAX_ERROR;
use crate::diag::{Error, Place, Source};

fn syntax(text: impl Into<String>) -> Error {
    Error::new(&SYNTAX_ERROR, text)
}

/// The error with its place in the source.
pub fn at(error: Error, source: &Source, range: TextRange) -> Error {
    let start = u32::from(range.start());
    let end = u32::from(range.end());
    let line = source.line(start);
    let last = if source.line(end) == line { source.column(end) } else { source.column(start) + 1 };
    error.at(Place {
        file: source.name.clone(),
        line,
        columns: Some((source.column(start), last)),
        text: Some(source.line_text(line).to_string()),
    })
}

/// The error with its place, by a span.
pub fn at_span(error: Error, source: &Source, span: crate::diag::Span) -> Error {
    at(error, source, TextRange::new(span.start.into(), span.end.max(span.start).into()))
}

/// `SyntaxError: invalid syntax`, of an `eval` that is not one expression.
pub fn not_an_expression(source: &Source) -> Error {
    at_span(syntax("invalid syntax"), source, crate::diag::Span::default())
}

/// `SyntaxError: 'return' outside function`
pub fn outside_function(word: &str) -> Error {
    syntax(format!("'{word}' outside function"))
}
/// `SyntaxError: 'break' outside loop`
pub fn break_outside_loop() -> Error {
    syntax("'break' outside loop")
}
/// `SyntaxError: 'continue' not properly in loop`
pub fn continue_outside_loop() -> Error {
    syntax("'continue' not properly in loop")
}
/// `SyntaxError: no binding for nonlocal 'x' found`
pub fn no_nonlocal_binding(name: &str) -> Error {
    syntax(format!("no binding for nonlocal '{name}' found"))
}
/// `SyntaxError: duplicate argument 'x' in function definition`
pub fn duplicate_argument(name: &str) -> Error {
    syntax(format!("duplicate argument '{name}' in function definition"))
}
/// `SyntaxError: 'yield' inside list comprehension`
pub fn yield_in_comprehension() -> Error {
    syntax("'yield' inside list comprehension")
}
/// `SyntaxError: nonlocal declaration not allowed at module level`
pub fn nonlocal_at_module() -> Error {
    syntax("nonlocal declaration not allowed at module level")
}
/// `SyntaxError: name 'x' is parameter and global`
pub fn param_and_declared(name: &str, word: &str) -> Error {
    syntax(format!("name '{name}' is parameter and {word}"))
}
/// `SyntaxError: name 'x' is nonlocal and global`
pub fn nonlocal_and_global(name: &str) -> Error {
    syntax(format!("name '{name}' is nonlocal and global"))
}
/// `SyntaxError: annotated name 'x' can't be global`
pub fn annotated_declared(name: &str, word: &str) -> Error {
    syntax(format!("annotated name '{name}' can't be {word}"))
}
/// `SyntaxError: name 'x' is assigned to before global declaration`
pub fn assigned_before(name: &str, word: &str) -> Error {
    syntax(format!("name '{name}' is assigned to before {word} declaration"))
}
/// `SyntaxError: name 'x' is used prior to global declaration`
pub fn used_before(name: &str, word: &str) -> Error {
    syntax(format!("name '{name}' is used prior to {word} declaration"))
}
/// `SyntaxError: assignment expression cannot rebind comprehension iteration variable 'x'`
pub fn walrus_rebinds(name: &str) -> Error {
    syntax(format!("assignment expression cannot rebind comprehension iteration variable '{name}'"))
}
/// `SyntaxError: assignment expression within a comprehension cannot be used in a class body`
pub fn walrus_in_class() -> Error {
    syntax("assignment expression within a comprehension cannot be used in a class body")
}
/// `SyntaxError: import * only allowed at module level`
pub fn star_import_inside() -> Error {
    syntax("import * only allowed at module level")
}
/// `SyntaxError: keyword argument repeated: x`
pub fn keyword_repeated(name: &str) -> Error {
    syntax(format!("keyword argument repeated: {name}"))
}
/// `SyntaxError: default 'except:' must be last`
pub fn bare_except_not_last() -> Error {
    syntax("default 'except:' must be last")
}
/// `SyntaxError: multiple starred expressions in assignment`
pub fn multiple_starred() -> Error {
    syntax("multiple starred expressions in assignment")
}
/// `SyntaxError: starred assignment target must be in a list or tuple`
pub fn starred_target() -> Error {
    syntax("starred assignment target must be in a list or tuple")
}
/// `SyntaxError: can't use starred expression here`
pub fn starred_here() -> Error {
    syntax("can't use starred expression here")
}
/// `SyntaxError: f-string: ...` and others that the tree shows.
pub fn other(text: impl Into<String>) -> Error {
    syntax(text)
}
/// `SyntaxError: multiple assignments to name 'x' in pattern`
pub fn pattern_name_twice(name: &str) -> Error {
    syntax(format!("multiple assignments to name '{name}' in pattern"))
}
/// `SyntaxError: alternative patterns bind different names`
pub fn or_patterns_differ() -> Error {
    syntax("alternative patterns bind different names")
}
/// `SyntaxError: wildcard makes remaining patterns unreachable`
pub fn unreachable_pattern(text: &str) -> Error {
    syntax(format!("{text} makes remaining patterns unreachable"))
}
/// `SyntaxError: future feature braces is not defined`
pub fn unknown_future(name: &str) -> Error {
    if name == "braces" {
        return syntax("not a chance");
    }
    syntax(format!("future feature {name} is not defined"))
}
/// `RecursionError: maximum recursion depth exceeded during compilation`
pub fn too_deep() -> Error {
    Error::new(&crate::diag::builtin::RECURSION_ERROR, "maximum recursion depth exceeded during compilation")
}
