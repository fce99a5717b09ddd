//! What CPython 3.11 says about text that does not parse.
//!
//! Owns the sentences of syntax errors and the order in which CPython finds them: errors of its tokenizer anywhere in
//! the text come before errors of its grammar, and brackets left open before the bare "invalid syntax".
//! Must not know scopes and functions: what a compiler refuses is said by `compile`.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, ModModule};
use ruff_python_parser::{
    InterpolatedStringErrorType, LexicalErrorType, ParseError, ParseErrorType, Parsed,
    UnsupportedSyntaxErrorKind,
};
use ruff_text_size::{Ranged, TextRange};

use super::tokens::{self, Word};
use crate::diag::{ExcClass, Span, builtin};

/// A syntax error in CPython's words.
#[derive(Debug, Clone)]
pub struct Fault {
    pub class: &'static ExcClass,
    pub message: String,
    pub span: Span,
}

const GENERIC: &str = "invalid syntax";

fn fault(message: impl Into<String>, range: TextRange) -> Fault {
    Fault { class: &builtin::SYNTAX_ERROR, message: message.into(), span: span(range) }
}

fn indentation(message: impl Into<String>, range: TextRange) -> Fault {
    Fault { class: &builtin::INDENTATION_ERROR, ..fault(message, range) }
}

fn span(range: TextRange) -> Span {
    Span { start: range.start().to_u32(), end: range.end().to_u32() }
}

/// The error that CPython would report first, if the text has one.
pub fn first_fault(text: &str, parsed: &Parsed<ModModule>) -> Option<Fault> {
    let words = tokens::words(text, parsed.tokens());
    let unsupported = parsed.unsupported_syntax_errors().iter().min_by_key(|error| error.range.start());
    let Some(error) = parsed.errors().first() else {
        return unsupported.and_then(|error| too_new(&error.kind, error.range, &words));
    };
    let grammar = match unsupported {
        Some(newer) if newer.range.start() < error.location.start() => {
            too_new(&newer.kind, newer.range, &words)
                .unwrap_or_else(|| grammar_fault(text, parsed, &words, error))
        }
        _ => grammar_fault(text, parsed, &words, error),
    };
    if let Some(found) = tokenizer_fault(text, parsed, &words, error) {
        return Some(found);
    }
    // CPython names the open bracket only if it got as far as a later line.
    let line_of = |offset: u32| text.bytes().take(offset as usize).filter(|byte| *byte == b'\n').count();
    if grammar.message == GENERIC
        && let Some(open) = tokens::unclosed(&words)
        && line_of(grammar.span.start.max(error.location.start().to_u32()))
            > line_of(open.range.start().to_u32())
    {
        return Some(fault(format!("'{}' was never closed", open.text), open.range));
    }
    Some(grammar)
}

/// Errors of CPython's tokenizer, in the order of the text.
fn tokenizer_fault(
    text: &str,
    parsed: &Parsed<ModModule>,
    words: &[Word<'_>],
    first: &ParseError,
) -> Option<Fault> {
    let lexical = parsed.errors().iter().filter_map(|error| match &error.error {
        ParseErrorType::Lexical(kind) => lexical_fault(text, words, kind, error.location),
        _ => None,
    });
    let number = words.windows(2).find_map(|pair| number_fault(&pair[0], &pair[1]));
    let bracket = tokens::mismatch(words).map(|(open, close)| match open {
        Some(open) => fault(
            format!(
                "closing parenthesis '{}' does not match opening parenthesis '{}'",
                close.text, open.text
            ),
            close.range,
        ),
        None => fault(format!("unmatched '{}'", close.text), close.range),
    });
    // An unexpected indent is met by the grammar before the tokenizer goes on.
    let stop = match &first.error {
        ParseErrorType::UnexpectedIndentation => first.location.start().to_u32(),
        _ => u32::MAX,
    };
    lexical
        .chain(number)
        .chain(bracket)
        .filter(|found| found.span.start < stop)
        .min_by_key(|found| found.span.start)
}

fn lexical_fault(text: &str, words: &[Word<'_>], kind: &LexicalErrorType, range: TextRange) -> Option<Fault> {
    let line_of = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
    let start = range.start().to_usize();
    let slice = &text[range];
    Some(match kind {
        LexicalErrorType::UnclosedStringError => {
            let body = slice.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            if body.starts_with("\"\"\"") || body.starts_with("'''") {
                let last = line_of(text.trim_end_matches('\n').len());
                fault(format!("unterminated triple-quoted string literal (detected at line {last})"), range)
            } else {
                fault(format!("unterminated string literal (detected at line {})", line_of(start)), range)
            }
        }
        LexicalErrorType::FStringError(InterpolatedStringErrorType::UnterminatedString) => {
            fault(format!("unterminated string literal (detected at line {})", line_of(start)), range)
        }
        LexicalErrorType::FStringError(InterpolatedStringErrorType::UnterminatedTripleQuotedString) => {
            let last = line_of(text.trim_end_matches('\n').len());
            fault(format!("unterminated triple-quoted string literal (detected at line {last})"), range)
        }
        LexicalErrorType::IndentationError => {
            indentation("unindent does not match any outer indentation level", range)
        }
        LexicalErrorType::FStringError(InterpolatedStringErrorType::SingleRbrace) => {
            fault("f-string: single '}' is not allowed", range)
        }
        LexicalErrorType::LineContinuationError => {
            fault("unexpected character after line continuation character", range)
        }
        LexicalErrorType::UnrecognizedToken { tok } if !tok.is_ascii() => {
            fault(format!("invalid character '{tok}' (U+{:04X})", *tok as u32), range)
        }
        LexicalErrorType::InvalidByteLiteral => {
            fault("bytes can only contain ASCII literal characters", range)
        }
        LexicalErrorType::Eof if text.trim_end().ends_with('\\') => {
            fault("unexpected EOF while parsing", range)
        }
        LexicalErrorType::UnicodeError => fault(bad_escape(text, range), range),
        LexicalErrorType::OtherError(_) => bad_number(slice, words, range)?,
        _ => return None,
    })
}

/// A number that the lexer itself refuses: leading zeros, an empty or wrong digit after a radix prefix.
/// The first escape of a text that means no character, counted in bytes from behind the opening quote.
fn bad_escape(text: &str, range: TextRange) -> String {
    let line_start = text[..range.start().to_usize()].rfind('\n').map_or(0, |at| at + 1);
    let line = &text[line_start..];
    let mut at = 0;
    let mut opened = None;
    while let Some(c) = line[at..].chars().next() {
        match (c, opened) {
            ('\'' | '"', None) => opened = Some((c, at + 1)),
            (c, Some((quote, _))) if c == quote => opened = None,
            ('\\', Some((_, start))) => {
                if let Some((len, problem)) = escape_problem(&line[at..]) {
                    let first = at - start;
                    return format!(
                        "(unicode error) 'unicodeescape' codec can't decode bytes in position {first}-{}: {problem}",
                        first + len - 1
                    );
                }
                at += line[at + 1..].chars().next().map_or(0, char::len_utf8);
            }
            _ => {}
        }
        at += c.len_utf8();
    }
    "(unicode error) 'unicodeescape' codec can't decode bytes: malformed \\N character escape".to_string()
}

/// How long a bad escape is, and what is wrong with it.
fn escape_problem(escape: &str) -> Option<(usize, &'static str)> {
    let hex = |wanted: usize| escape[2..].chars().take(wanted).take_while(char::is_ascii_hexdigit).count();
    let (wanted, problem) = match escape[1..].chars().next()? {
        'x' => (2, "truncated \\xXX escape"),
        'u' => (4, "truncated \\uXXXX escape"),
        'U' => (8, "truncated \\UXXXXXXXX escape"),
        'N' => {
            let Some(end) = escape[2..].strip_prefix('{').and_then(|name| name.find('}')) else {
                return Some((2, "malformed \\N character escape"));
            };
            return Some((end + 4, "unknown Unicode character name"));
        }
        _ => return None,
    };
    let found = hex(wanted);
    if found < wanted {
        return Some((2 + found, problem));
    }
    let code = u32::from_str_radix(&escape[2..2 + wanted], 16).unwrap_or(0);
    (code > 0x10_ffff).then_some((2 + wanted, "illegal Unicode character"))
}

fn bad_number(slice: &str, words: &[Word<'_>], range: TextRange) -> Option<Fault> {
    let lower = slice.to_ascii_lowercase();
    let next = words.iter().find(|word| word.range.start() == range.end());
    for (prefix, name, digits) in RADIXES {
        if lower.starts_with(prefix) {
            return Some(match next.and_then(|word| word.text.chars().next()) {
                Some(digit) if digit.is_ascii_digit() && digits != 16 => {
                    fault(format!("invalid digit '{digit}' in {name} literal"), range)
                }
                _ => fault(format!("invalid {name} literal"), range),
            });
        }
    }
    if lower.starts_with('0') && lower.len() > 1 {
        return Some(fault(
            "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
            range,
        ));
    }
    Some(fault("invalid decimal literal", range))
}

const RADIXES: [(&str, &str, u32); 3] = [("0x", "hexadecimal", 16), ("0o", "octal", 8), ("0b", "binary", 2)];

/// A number with something stuck to it: `5x`, `1__0`, `0b102`.
fn number_fault(number: &Word<'_>, next: &Word<'_>) -> Option<Fault> {
    if !matches!(number.kind, TokenKind::Int | TokenKind::Float | TokenKind::Complex)
        || number.range.end() != next.range.start()
    {
        return None;
    }
    let first = next.text.chars().next()?;
    let wordlike = first.is_alphanumeric() || first == '_';
    let joins = ["and", "else", "for", "if", "in", "is", "or", "not"];
    if !wordlike || joins.contains(&next.text) {
        return None;
    }
    let lower = number.text.to_ascii_lowercase();
    for (prefix, name, radix) in RADIXES {
        if lower.starts_with(prefix) {
            return Some(if first.is_ascii_digit() && radix != 16 {
                fault(format!("invalid digit '{first}' in {name} literal"), next.range)
            } else {
                fault(format!("invalid {name} literal"), number.range)
            });
        }
    }
    Some(fault("invalid decimal literal", number.range))
}

/// Syntax of later versions, in the words of the one that does not have it.
fn too_new(kind: &UnsupportedSyntaxErrorKind, range: TextRange, words: &[Word<'_>]) -> Option<Fault> {
    let text = format!("{kind:?}");
    let at = words.iter().position(|word| word.range.start() >= range.start()).unwrap_or(0);
    let message = match text.split(['(', ' ']).next().unwrap_or("") {
        "UnparenthesizedExceptionTypes" => "multiple exception types must be parenthesized",
        "UnpackingInComprehension" if text.contains("Dict") => {
            "dict unpacking cannot be used in dict comprehension"
        }
        "UnpackingInComprehension" => "iterable unpacking cannot be used in comprehension",
        "Pep701FString" if text.contains("Backslash") => {
            "f-string expression part cannot include a backslash"
        }
        "Pep701FString" if text.contains("Comment") => "f-string expression part cannot include '#'",
        "Pep701FString" => "f-string: expecting '}'",
        "TypeParameterList" if tokens::statement_head(words, at) == Some("def") => "expected '('",
        _ => GENERIC,
    };
    Some(fault(message, range))
}

fn grammar_fault(text: &str, parsed: &Parsed<ModModule>, words: &[Word<'_>], error: &ParseError) -> Fault {
    let range = error.location;
    let at = words.iter().position(|word| word.range.start() >= range.start()).unwrap_or(words.len());
    let before = at.checked_sub(1).map(|index| &words[index]);
    let here = words.get(at);
    let in_fstring = tokens::in_fstring(words, at);
    let generic = || fault(if in_fstring { "f-string: invalid syntax" } else { GENERIC }, range);
    match &error.error {
        ParseErrorType::UnexpectedIndentation => indentation("unexpected indent", range),
        ParseErrorType::InvalidAssignmentTarget => assignment_fault(parsed, words, range),
        ParseErrorType::InvalidAugmentedAssignmentTarget => {
            let name = expression_name(parsed, range);
            fault(format!("'{name}' is an illegal expression for augmented assignment"), range)
        }
        ParseErrorType::InvalidDeleteTarget => {
            fault(format!("cannot delete {}", expression_name(parsed, range)), range)
        }
        ParseErrorType::InvalidAnnotatedAssignmentTarget => fault("illegal target for annotation", range),
        ParseErrorType::InvalidNamedAssignmentTarget => {
            let name = expression_name(parsed, range);
            fault(format!("cannot use assignment expressions with {name}"), range)
        }
        ParseErrorType::NonDefaultParamAfterDefaultParam => {
            fault("non-default argument follows default argument", range)
        }
        ParseErrorType::ExpectedKeywordParam => fault("named arguments must follow bare *", range),
        ParseErrorType::ParamAfterVarKeywordParam => {
            fault("arguments cannot follow var-keyword argument", range)
        }
        ParseErrorType::VarParameterWithDefault => {
            let doubled = before.is_some_and(|word| text[..word.range.start().to_usize()].ends_with("**"));
            let which = if doubled { "var-keyword" } else { "var-positional" };
            fault(format!("{which} argument cannot have default value"), range)
        }
        ParseErrorType::PositionalAfterKeywordArgument => {
            fault("positional argument follows keyword argument", range)
        }
        ParseErrorType::PositionalAfterKeywordUnpacking => {
            fault("positional argument follows keyword argument unpacking", range)
        }
        ParseErrorType::InvalidArgumentUnpackingOrder => {
            fault("iterable argument unpacking follows keyword argument unpacking", range)
        }
        ParseErrorType::UnparenthesizedGeneratorExpression if !tokens::in_class_header(words, at) => {
            fault("Generator expression must be parenthesized", range)
        }
        ParseErrorType::InvalidMatchPatternTarget => fault("cannot use '_' as a target", range),
        ParseErrorType::SimpleStatementsOnSameLine => match before {
            Some(word) if matches!(word.text, "print" | "exec") => fault(
                format!("Missing parentheses in call to '{0}'. Did you mean {0}(...)?", word.text),
                word.range,
            ),
            _ => generic(),
        },
        ParseErrorType::FStringError(kind) => {
            fstring_fault(*kind == InterpolatedStringErrorType::UnclosedLbrace, words, at, kind, range)
        }
        ParseErrorType::ExpectedExpression => match (before, here) {
            (Some(before), Some(here))
                if before.text == ":"
                    && matches!(here.text, "}" | ",")
                    && tokens::enclosing(words, at) == Some("{") =>
            {
                if in_fstring {
                    generic()
                } else {
                    fault("expression expected after dictionary key and ':'", before.range)
                }
            }
            (Some(before), Some(here)) if in_fstring && before.text == "{" && here.text == "}" => {
                fault("f-string: empty expression not allowed", range)
            }
            (Some(before), Some(_)) if in_fstring && before.text == "{" => {
                fault("f-string: expecting '}'", range)
            }
            _ => generic(),
        },
        ParseErrorType::ExpectedToken { expected, found } => {
            expected_token(words, at, *expected, *found, parsed, range).unwrap_or_else(generic)
        }
        ParseErrorType::OtherError(message) => {
            other_fault(text, words, at, message, range).unwrap_or_else(generic)
        }
        _ => generic(),
    }
}

fn fstring_fault(
    unclosed: bool,
    words: &[Word<'_>],
    at: usize,
    kind: &InterpolatedStringErrorType,
    range: TextRange,
) -> Fault {
    let message = match kind {
        InterpolatedStringErrorType::InvalidConversionFlag
        | InterpolatedStringErrorType::ConversionFlagNotImmediatelyAfterExclamation => {
            "f-string: invalid conversion character: expected 's', 'r', or 'a'"
        }
        InterpolatedStringErrorType::SingleRbrace => "f-string: single '}' is not allowed",
        InterpolatedStringErrorType::UnclosedLbrace
            if unclosed && words.get(at).is_some_and(|word| tokens::starts_expression(word.kind)) =>
        {
            "f-string: invalid syntax. Perhaps you forgot a comma?"
        }
        InterpolatedStringErrorType::UnclosedLbrace => "f-string: expecting '}'",
        _ => "f-string: invalid syntax",
    };
    fault(message, range)
}

fn expected_token(
    words: &[Word<'_>],
    at: usize,
    expected: TokenKind,
    found: TokenKind,
    parsed: &Parsed<ModModule>,
    range: TextRange,
) -> Option<Fault> {
    let before = at.checked_sub(1).map(|index| &words[index])?;
    let head = tokens::statement_head(words, at);
    if found == TokenKind::For && matches!(expected, TokenKind::Rsqb | TokenKind::Rbrace) {
        return Some(fault("did you forget parentheses around the comprehension target?", range));
    }
    if found == TokenKind::Equal && expected == TokenKind::Colon {
        let target = expression_ending_at(parsed, before.range.end())?;
        return Some(match target {
            Expr::Name(_) => {
                fault("invalid syntax. Maybe you meant '==' or ':=' instead of '='?", target.range())
            }
            other => fault(
                format!("cannot assign to {} here. Maybe you meant '==' instead of '='?", name_of(other)),
                other.range(),
            ),
        });
    }
    if expected == TokenKind::Colon {
        let forced = matches!(head, Some("def" | "try" | "else" | "finally"));
        if tokens::enclosing(words, at).is_none() && (found == TokenKind::Newline || forced) {
            return Some(fault("expected ':'", range));
        }
        if tokens::enclosing(words, at) == Some("{") && matches!(found, TokenKind::Rbrace | TokenKind::Comma)
        {
            return Some(fault("':' expected after dictionary key", before.range));
        }
    }
    if expected == TokenKind::Lpar && head == Some("def") {
        return Some(fault("expected '('", range));
    }
    if matches!(head, Some("def")) && tokens::in_parameters(words, at) {
        return (found == TokenKind::Lpar)
            .then(|| fault("Function parameters cannot be parenthesized", range));
    }
    if found == TokenKind::PlusEqual || is_augmented(found) {
        let target = expression_ending_at(parsed, before.range.end());
        if expected == TokenKind::Comma && target.is_some() {
            return Some(fault("'tuple' is an illegal expression for augmented assignment", range));
        }
    }
    let adjacent = tokens::starts_expression(found)
        && tokens::ends_expression(before)
        && tokens::enclosing(words, at).is_some()
        && !(before.kind == TokenKind::Name && found == TokenKind::String)
        && !matches!(head, Some("from" | "import"));
    if adjacent {
        let legacy = matches!(before.text, "print" | "exec");
        return (!legacy)
            .then(|| fault("invalid syntax. Perhaps you forgot a comma?", before.range.cover(range)));
    }
    None
}

fn is_augmented(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(
        kind,
        PlusEqual
            | MinusEqual
            | StarEqual
            | SlashEqual
            | PercentEqual
            | AmperEqual
            | VbarEqual
            | DoubleSlashEqual
    )
}

fn other_fault(text: &str, words: &[Word<'_>], at: usize, message: &str, range: TextRange) -> Option<Fault> {
    if let Some(rest) = message.strip_prefix("Expected an indented block after ") {
        return Some(missing_block(text, words, at, rest, range));
    }
    Some(match message {
        "Expected `except` or `finally` after `try` block" => {
            fault("expected 'except' or 'finally' block", range)
        }
        "Expected a parameter name" => match &text[range] {
            constant @ ("True" | "False" | "None") => fault(format!("cannot assign to {constant}"), range),
            _ => fault("expression cannot contain assignment, perhaps you meant \"==\"?", range),
        },
        "Only one '*' parameter allowed" => fault("* argument may appear only once", range),
        "Only one '/' separator allowed" => fault("/ may appear only once", range),
        "Position-only parameter separator not allowed as first parameter" => {
            let alone = at.checked_sub(1).is_some_and(|index| words[index].text == "(");
            let message = if alone { "at least one argument must precede /" } else { "/ must be ahead of *" };
            fault(message, range)
        }
        "'/' parameter must appear before '*' parameter" => fault("/ must be ahead of *", range),
        "Trailing comma not allowed" if tokens::statement_head(words, at) == Some("from") => {
            fault("trailing comma not allowed without surrounding parentheses", range)
        }
        "Bytes literal cannot be mixed with non-bytes literals" => {
            fault("cannot mix bytes and nonbytes literals", range)
        }
        "Positional patterns cannot follow keyword patterns" => {
            fault("positional patterns follow keyword patterns", range)
        }
        only if only.starts_with("Only single target (not ") => fault(format!("o{}", &only[1..]), range),
        _ => return None,
    })
}

/// `IndentationError: expected an indented block after 'if' statement on line 1`
fn missing_block(text: &str, words: &[Word<'_>], at: usize, what: &str, range: TextRange) -> Fault {
    let keyword = what.split('`').nth(1).unwrap_or("");
    let colon = words[..at.min(words.len())].iter().rposition(|word| word.text == ":").unwrap_or(0);
    let head = words[..=colon.min(words.len().saturating_sub(1))]
        .iter()
        .rposition(|word| word.text == keyword || (keyword.is_empty() && word.text == "def"))
        .unwrap_or(0);
    let start = words.get(head).map_or(0, |word| word.range.start().to_usize());
    let line = text[..start].matches('\n').count() + 1;
    let subject = match keyword {
        "" => "function definition".to_string(),
        "class" => "class definition".to_string(),
        keyword => format!("'{keyword}' statement"),
    };
    indentation(format!("expected an indented block after {subject} on line {line}"), range)
}

/// `cannot assign to X`, with the cure where the whole statement is `X = value`.
fn assignment_fault(parsed: &Parsed<ModModule>, words: &[Word<'_>], range: TextRange) -> Fault {
    let Some(target) = expression_at(parsed, range) else { return fault(GENERIC, range) };
    let name = name_of(target);
    let first = words.iter().position(|word| word.range.start() >= range.start()).unwrap_or(0);
    let mut next = words.iter().position(|word| word.range.start() >= range.end()).unwrap_or(words.len());
    let grouped = first > 0
        && words[first - 1].text == "("
        && words.get(next).is_some_and(|word| word.text == ")")
        && !matches!(target, Expr::Generator(_));
    let mut begins = first;
    if grouped {
        next += 1;
        begins -= 1;
    }
    let equals = words.get(next).is_some_and(|word| word.kind == TokenKind::Equal);
    if matches!(target, Expr::Yield(_) | Expr::YieldFrom(_)) && !grouped {
        return fault("assignment to yield expression not possible", range);
    }
    let low = matches!(
        target,
        Expr::Compare(_)
            | Expr::BoolOp(_)
            | Expr::Lambda(_)
            | Expr::If(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::Generator(_)
            | Expr::List(_)
            | Expr::Tuple(_)
    ) || matches!(target, Expr::UnaryOp(unary) if unary.op == ruff_python_ast::UnaryOp::Not);
    let alone = tokens::equals_in_statement(words, begins) == 1;
    if equals && alone && (!low || (grouped && !matches!(target, Expr::Generator(_)))) {
        return fault(format!("cannot assign to {name} here. Maybe you meant '==' instead of '='?"), range);
    }
    fault(format!("cannot assign to {name}"), range)
}

struct Finder<'a> {
    wanted: TextRange,
    by_end: bool,
    found: Option<&'a Expr>,
}

impl<'a> Visitor<'a> for Finder<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        let hit = if self.by_end {
            expr.range().end() == self.wanted.end() && self.found.is_none()
        } else {
            expr.range() == self.wanted && self.found.is_none()
        };
        if hit {
            self.found = Some(expr);
        }
        walk_expr(self, expr);
    }
}

fn find(parsed: &Parsed<ModModule>, wanted: TextRange, by_end: bool) -> Option<&Expr> {
    let mut finder = Finder { wanted, by_end, found: None };
    finder.visit_body(&parsed.syntax().body);
    finder.found
}

fn expression_at(parsed: &Parsed<ModModule>, range: TextRange) -> Option<&Expr> {
    find(parsed, range, false)
}

fn expression_ending_at(parsed: &Parsed<ModModule>, end: ruff_text_size::TextSize) -> Option<&Expr> {
    find(parsed, TextRange::empty(end), true)
}

fn expression_name(parsed: &Parsed<ModModule>, range: TextRange) -> &'static str {
    expression_at(parsed, range).map_or("expression", name_of)
}

/// CPython's name for a kind of expression in "cannot assign to ...".
fn name_of(expr: &Expr) -> &'static str {
    match expr {
        Expr::Attribute(_) => "attribute",
        Expr::Subscript(_) => "subscript",
        Expr::Starred(_) => "starred",
        Expr::Name(_) => "name",
        Expr::List(_) => "list",
        Expr::Tuple(_) => "tuple",
        Expr::Lambda(_) => "lambda",
        Expr::Call(_) => "function call",
        Expr::Generator(_) => "generator expression",
        Expr::Yield(_) | Expr::YieldFrom(_) => "yield expression",
        Expr::Await(_) => "await expression",
        Expr::ListComp(_) => "list comprehension",
        Expr::SetComp(_) => "set comprehension",
        Expr::DictComp(_) => "dict comprehension",
        Expr::Dict(_) => "dict literal",
        Expr::Set(_) => "set display",
        Expr::FString(_) => "f-string expression",
        Expr::BooleanLiteral(literal) => {
            if literal.value {
                "True"
            } else {
                "False"
            }
        }
        Expr::NoneLiteral(_) => "None",
        Expr::EllipsisLiteral(_) => "ellipsis",
        Expr::StringLiteral(_) | Expr::BytesLiteral(_) | Expr::NumberLiteral(_) => "literal",
        Expr::Compare(_) => "comparison",
        Expr::If(_) => "conditional expression",
        Expr::Named(_) => "named expression",
        _ => "expression",
    }
}
