//! Where the cursor stands.
//!
//! Owns a scanner of half-typed Python and the classes of places that completion knows. Must not know names, models
//! or values: it sees text only.

/// What is being typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Context {
    /// The word of a command: `%ec`, `\d`, `.ta`.
    Command {
        prefix: String,
    },
    /// What follows a command's word.
    Argument {
        command: String,
        prefix: String,
    },
    /// `object.pre`
    Attribute {
        object: Vec<Step>,
        prefix: String,
    },
    /// At the beginning of an argument of a call: a keyword, or any name.
    Keyword {
        callee: Vec<Step>,
        given: Vec<String>,
        prefix: String,
    },
    /// Inside `ForeignKey("`.
    Reference {
        prefix: String,
    },
    /// Inside `relationship("`.
    ClassName {
        prefix: String,
    },
    /// A text that a column is compared with or set to: `filter_by(name="`, `Student.name == "`.
    ColumnValue {
        /// What the column belongs to: the query of filter_by, or the column itself.
        owner: Vec<Step>,
        /// The keyword, where there is one.
        keyword: Option<String>,
        prefix: String,
    },
    /// `mapping["pre`
    Key {
        object: Vec<Step>,
        prefix: String,
    },
    /// `import pre`, `from pre`
    Module {
        prefix: String,
    },
    /// `from module import pre`
    FromModule {
        module: String,
        prefix: String,
    },
    Name {
        prefix: String,
    },
    /// Inside other text or a comment, or behind something unknown.
    Nothing,
}

impl Context {
    /// What the completed word replaces.
    pub fn prefix(&self) -> &str {
        match self {
            Context::Command { prefix }
            | Context::Argument { prefix, .. }
            | Context::Attribute { prefix, .. }
            | Context::Keyword { prefix, .. }
            | Context::Reference { prefix }
            | Context::ClassName { prefix }
            | Context::ColumnValue { prefix, .. }
            | Context::Key { prefix, .. }
            | Context::Module { prefix }
            | Context::FromModule { prefix, .. }
            | Context::Name { prefix } => prefix,
            Context::Nothing => "",
        }
    }
}

/// One step of a primary expression, from left to right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    Name(String),
    Attribute(String),
    /// Called with anything.
    Call,
    /// Indexed with something.
    Index,
    /// Sliced.
    Slice,
    /// A text.
    Text,
}

#[derive(Clone, PartialEq, Debug)]
enum Token<'a> {
    Word(&'a str),
    Number,
    Text,
    /// A text that is not closed yet, and what it holds so far.
    OpenText(&'a str),
    Comment,
    Sign(char),
    /// A line break outside brackets, or a semicolon.
    End,
}

struct Placed<'a> {
    token: Token<'a>,
    end: usize,
}

/// Classifies the end of `before`, which is all that stands before the cursor.
pub fn classify(before: &str) -> Context {
    if let Some(context) = command(before) {
        return context;
    }
    let tokens = scan(before);
    let mut index = tokens.len();
    let mut prefix = "";
    if let Some(last) = tokens.last() {
        match &last.token {
            Token::OpenText(inside) => return open_text(&tokens, inside),
            Token::Comment => return Context::Nothing,
            Token::Number if last.end == before.len() => return Context::Nothing,
            Token::Word(word) if last.end == before.len() => {
                prefix = word;
                index -= 1;
            }
            _ => {}
        }
    }
    let left = &tokens[..index];
    if let Some(context) = import(left, prefix) {
        return context;
    }
    let prefix = prefix.to_string();
    match left.last().map(|placed| &placed.token) {
        Some(Token::Sign('.')) => match primary(left, index - 1) {
            Some(object) => Context::Attribute { object, prefix },
            None => Context::Nothing,
        },
        // Two words in a row: behind a keyword anything may follow, behind a name nothing.
        Some(Token::Word(word)) if !is_keyword(word) => Context::Nothing,
        Some(Token::Number | Token::Text) => Context::Nothing,
        Some(Token::Sign('(' | ',')) => match call(left) {
            Some((callee, given)) => Context::Keyword { callee, given, prefix },
            None => Context::Name { prefix },
        },
        _ => Context::Name { prefix },
    }
}

/// A line that begins as no Python statement does.
fn command(before: &str) -> Option<Context> {
    let line = before.trim_start();
    if line.contains('\n') || !line.starts_with(['%', '\\', '.']) {
        return None;
    }
    Some(match line.split_once(char::is_whitespace) {
        None => Context::Command { prefix: line.to_string() },
        Some((word, rest)) => {
            let prefix = rest.rsplit(char::is_whitespace).next().unwrap_or("");
            Context::Argument { command: word.to_string(), prefix: prefix.to_string() }
        }
    })
}

fn open_text(tokens: &[Placed<'_>], inside: &str) -> Context {
    let prefix = inside.to_string();
    let behind_call = |names: &[&str]| match tokens {
        [.., name, open, _] => {
            open.token == Token::Sign('(') && matches!(name.token, Token::Word(word) if names.contains(&word))
        }
        _ => false,
    };
    if behind_call(&["ForeignKey"]) {
        Context::Reference { prefix }
    } else if behind_call(&["relationship"]) {
        Context::ClassName { prefix }
    } else {
        value_text(tokens, prefix).unwrap_or(Context::Nothing)
    }
}

/// A text behind `name=` in a call, behind `==` or in square brackets.
fn value_text(tokens: &[Placed<'_>], prefix: String) -> Option<Context> {
    let left = &tokens[..tokens.len() - 1];
    match left {
        [.., equal] if equal.token == Token::Sign('~') => {
            let owner = primary(left, left.len() - 1)?;
            Some(Context::ColumnValue { owner, keyword: None, prefix })
        }
        [before @ .., name, equal] if equal.token == Token::Sign('=') => {
            let Token::Word(keyword) = name.token else { return None };
            let (owner, _) = call(before)?;
            Some(Context::ColumnValue { owner, keyword: Some(keyword.to_string()), prefix })
        }
        [.., open] if open.token == Token::Sign('[') => {
            let object = primary(left, left.len() - 1)?;
            Some(Context::Key { object, prefix })
        }
        _ => None,
    }
}

fn import(left: &[Placed<'_>], prefix: &str) -> Option<Context> {
    let start = left.iter().rposition(|placed| placed.token == Token::End).map_or(0, |end| end + 1);
    let words: Vec<String> = left[start..]
        .iter()
        .map(|placed| match &placed.token {
            Token::Word(word) => (*word).to_string(),
            Token::Sign(sign) => sign.to_string(),
            _ => "?".to_string(),
        })
        .collect();
    let first = words.first()?;
    let prefix = |dotted: &[String]| dotted.concat() + prefix;
    match first.as_str() {
        "import" => {
            let last = words.iter().rposition(|word| word == "," || word == "import").unwrap_or(0);
            let is_alias = words[last..].iter().any(|word| word == "as");
            Some(if is_alias {
                Context::Nothing
            } else {
                Context::Module { prefix: prefix(&words[last + 1..]) }
            })
        }
        "from" => match words.iter().position(|word| word == "import") {
            None => Some(Context::Module { prefix: prefix(&words[1..]) }),
            Some(at) => {
                let names_now = matches!(words.last().map(String::as_str), Some("import" | "," | "("));
                Some(match names_now {
                    true => Context::FromModule { module: words[1..at].concat(), prefix: prefix(&[]) },
                    false => Context::Nothing,
                })
            }
        },
        _ => None,
    }
}

/// The primary expression that ends before the token `end`, read from right to left.
fn primary(tokens: &[Placed<'_>], end: usize) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut at = end;
    loop {
        at = at.checked_sub(1)?;
        match &tokens[at].token {
            Token::Sign(')') => {
                let open = opening(tokens, at)?;
                match open.checked_sub(1).map(|before| &tokens[before].token) {
                    Some(Token::Word(word)) if !is_keyword(word) => steps.push(Step::Call),
                    Some(Token::Sign(')' | ']')) => steps.push(Step::Call),
                    // Parentheses around a primary: `(a.b).c`.
                    _ => {
                        let mut inside = primary(tokens, at)?;
                        inside.extend(steps.into_iter().rev());
                        return Some(inside);
                    }
                }
                at = open;
            }
            Token::Sign(']') => {
                let open = opening(tokens, at)?;
                open.checked_sub(1)?;
                let slices = tokens[open..at].iter().any(|placed| placed.token == Token::Sign(':'));
                steps.push(if slices { Step::Slice } else { Step::Index });
                at = open;
            }
            Token::Text => {
                steps.push(Step::Text);
                break;
            }
            Token::Word(word) if is_keyword(word) => return None,
            Token::Word(word) => {
                if at > 0 && tokens[at - 1].token == Token::Sign('.') {
                    steps.push(Step::Attribute((*word).to_string()));
                    at -= 1;
                    continue;
                }
                steps.push(Step::Name((*word).to_string()));
                break;
            }
            _ => return None,
        }
        // What was called or indexed ends right before the bracket.
    }
    steps.reverse();
    Some(steps)
}

/// The bracket that the one at `close` closes.
fn opening(tokens: &[Placed<'_>], close: usize) -> Option<usize> {
    let mut depth = 0usize;
    for at in (0..=close).rev() {
        match tokens[at].token {
            Token::Sign(')' | ']' | '}') => depth += 1,
            Token::Sign('(' | '[' | '{') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The call whose parentheses are open at the end, with the keywords it has been given.
fn call(tokens: &[Placed<'_>]) -> Option<(Vec<Step>, Vec<String>)> {
    let mut depth = 0usize;
    let mut given = Vec::new();
    for at in (0..tokens.len()).rev() {
        match tokens[at].token {
            Token::Sign(')' | ']' | '}') => depth += 1,
            Token::Sign('=') if depth == 0 => {
                if let Some(Token::Word(word)) = at.checked_sub(1).map(|before| &tokens[before].token) {
                    given.push((*word).to_string());
                }
            }
            Token::Sign(open @ ('(' | '[' | '{')) => {
                if depth > 0 {
                    depth -= 1;
                    continue;
                }
                if open != '(' {
                    return None;
                }
                given.reverse();
                return primary(tokens, at).map(|callee| (callee, given));
            }
            _ => {}
        }
    }
    None
}

fn scan(text: &str) -> Vec<Placed<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut depth = 0usize;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let run = |stop: &dyn Fn(char) -> bool| rest.find(stop).unwrap_or(rest.len());
        let (token, length) = if c == '#' {
            (Token::Comment, run(&|c| c == '\n'))
        } else if c == '\n' || c == ';' {
            if c == '\n' && depth > 0 {
                at += 1;
                continue;
            }
            (Token::End, 1)
        } else if c == '\\' && rest[1..].starts_with('\n') {
            at += 2;
            continue;
        } else if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        } else if c.is_ascii_digit() {
            (Token::Number, run(&|c| !(c.is_alphanumeric() || c == '_' || c == '.')))
        } else if c.is_alphabetic() || c == '_' {
            let length = run(&|c| !(c.is_alphanumeric() || c == '_'));
            let word = &rest[..length];
            let is_prefix = length <= 2 && word.chars().all(|c| "rbfuRBFU".contains(c));
            if is_prefix && rest[length..].starts_with(['"', '\'']) {
                let (token, text_length) = string(&rest[length..]);
                (token, length + text_length)
            } else {
                (Token::Word(word), length)
            }
        } else if c == '"' || c == '\'' {
            string(rest)
        } else {
            match c {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            // `==` and its kin are no keyword's sign.
            let doubled =
                rest.len() > 1 && matches!(&rest.as_bytes()[..2], b"==" | b"!=" | b"<=" | b">=" | b":=");
            (Token::Sign(if doubled { '~' } else { c }), if doubled { 2 } else { c.len_utf8() })
        };
        at += length;
        tokens.push(Placed { token, end: at });
    }
    tokens
}

/// A string from its quote on, and its length.
fn string(rest: &str) -> (Token<'_>, usize) {
    let triple = rest.starts_with("\"\"\"") || rest.starts_with("'''");
    let quote = &rest[..if triple { 3 } else { 1 }];
    let mut at = quote.len();
    while let Some(c) = rest[at..].chars().next() {
        if rest[at..].starts_with(quote) {
            return (Token::Text, at + quote.len());
        }
        if c == '\n' && !triple {
            return (Token::Text, at);
        }
        at += c.len_utf8();
        if c == '\\' {
            at += rest[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    (Token::OpenText(&rest[quote.len()..]), rest.len())
}

pub const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "break", "class", "continue", "def", "del", "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word) && !matches!(word, "None" | "True" | "False")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Vec<Step> {
        match classify(text) {
            Context::Attribute { object, .. } => object,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_object_before_a_dot() {
        use Step::{Attribute, Call, Index, Name, Slice};
        let name = |text: &str| Name(text.into());
        let attribute = |text: &str| Attribute(text.into());
        assert_eq!(steps("Student."), [name("Student")]);
        assert_eq!(
            steps("x = Student.query.filter_by(name='a)').first().me"),
            [name("Student"), attribute("query"), attribute("filter_by"), Call, attribute("first"), Call]
        );
        assert_eq!(steps("print(rows[0]."), [name("rows"), Index]);
        assert_eq!(steps("rows[1:]."), [name("rows"), Slice]);
        assert_eq!(steps("(a.b)."), [name("a"), attribute("b")]);
        assert_eq!(steps("for s in a.b:\n    s."), [name("s")]);
        assert_eq!(steps("''."), [Step::Text]);
        assert_eq!(classify("1."), Context::Nothing);
        assert_eq!(classify("in."), Context::Nothing);
    }

    #[test]
    fn the_other_places() {
        let prefix = String::new;
        let callee = || {
            vec![
                Step::Name("Student".into()),
                Step::Attribute("query".into()),
                Step::Attribute("filter_by".into()),
            ]
        };
        assert_eq!(
            classify("Student.query.filter_by("),
            Context::Keyword { callee: callee(), given: vec![], prefix: prefix() }
        );
        assert_eq!(
            classify("Student.query.filter_by(a=f(b=1), na"),
            Context::Keyword { callee: callee(), given: vec!["a".into()], prefix: "na".into() }
        );
        assert_eq!(classify("Student.query.filter_by(a="), Context::Name { prefix: prefix() });
        assert_eq!(classify("print(1 == "), Context::Name { prefix: prefix() });
        assert_eq!(classify("db.ForeignKey('stu"), Context::Reference { prefix: "stu".into() });
        assert_eq!(classify("db.relationship('"), Context::ClassName { prefix: prefix() });
        assert_eq!(classify("print('Stu"), Context::Nothing);
        assert_eq!(classify("# Stu"), Context::Nothing);
        assert_eq!(classify("import sql"), Context::Module { prefix: "sql".into() });
        assert_eq!(classify("import a, sqlalchemy.o"), Context::Module { prefix: "sqlalchemy.o".into() });
        assert_eq!(classify("from sqlalchemy."), Context::Module { prefix: "sqlalchemy.".into() });
        assert_eq!(
            classify("from sqlalchemy.orm import joinedload, se"),
            Context::FromModule { module: "sqlalchemy.orm".into(), prefix: "se".into() }
        );
        assert_eq!(classify("x = St"), Context::Name { prefix: "St".into() });
        assert_eq!(classify("[St"), Context::Name { prefix: "St".into() });
        assert_eq!(classify("%ec"), Context::Command { prefix: "%ec".into() });
        assert_eq!(classify("\\d stu"), Context::Argument { command: "\\d".into(), prefix: "stu".into() });
        assert_eq!(classify("a b"), Context::Nothing);
        assert_eq!(classify("return St"), Context::Name { prefix: "St".into() });
    }

    #[test]
    fn texts_of_columns_and_keys_are_known() {
        let name = |text: &str| vec![Step::Name(text.to_string())];
        assert_eq!(
            classify("Student.query.filter_by(name='R"),
            Context::ColumnValue {
                owner: vec![
                    Step::Name("Student".into()),
                    Step::Attribute("query".into()),
                    Step::Attribute("filter_by".into())
                ],
                keyword: Some("name".into()),
                prefix: "R".into()
            }
        );
        assert_eq!(
            classify("q.filter(Student.name == \""),
            Context::ColumnValue {
                owner: vec![Step::Name("Student".into()), Step::Attribute("name".into())],
                keyword: None,
                prefix: String::new()
            }
        );
        assert_eq!(classify("d['k"), Context::Key { object: name("d"), prefix: "k".into() });
        assert_eq!(classify("print('hello"), Context::Nothing);
        assert_eq!(classify("x = 'hello"), Context::Nothing);
    }
}
