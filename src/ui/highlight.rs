//! Colouring of source text: Python as it is typed, SQL as it is shown.
//!
//! Owns two small scanners that never fail: whatever they do not know is plain, and the text comes out unchanged.
//! Must not know grammars; a wrong guess costs a colour only.

use super::text::{Label, Text};

const PYTHON_KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

const PYTHON_BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "bytes",
    "callable",
    "chr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "hasattr",
    "hash",
    "help",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "min",
    "next",
    "object",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
];

const SQL_KEYWORDS: &[&str] = &[
    "ABORT",
    "ADD",
    "ALL",
    "ALTER",
    "ANALYZE",
    "AND",
    "AS",
    "ASC",
    "AUTOINCREMENT",
    "BEGIN",
    "BETWEEN",
    "BY",
    "CASCADE",
    "CASE",
    "CAST",
    "CHECK",
    "COLLATE",
    "COLUMN",
    "COMMIT",
    "CONFLICT",
    "CONSTRAINT",
    "CREATE",
    "CROSS",
    "DEFAULT",
    "DELETE",
    "DESC",
    "DISTINCT",
    "DO",
    "DROP",
    "ELSE",
    "END",
    "ESCAPE",
    "EXCEPT",
    "EXISTS",
    "EXPLAIN",
    "FOREIGN",
    "FROM",
    "FULL",
    "GLOB",
    "GROUP",
    "HAVING",
    "IF",
    "IN",
    "INDEX",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTO",
    "IS",
    "ISNULL",
    "JOIN",
    "KEY",
    "LEFT",
    "LIKE",
    "LIMIT",
    "NATURAL",
    "NOT",
    "NOTHING",
    "NOTNULL",
    "NULL",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PARTITION",
    "PLAN",
    "PRAGMA",
    "PRIMARY",
    "QUERY",
    "RECURSIVE",
    "REFERENCES",
    "RELEASE",
    "RENAME",
    "REPLACE",
    "RETURNING",
    "RIGHT",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SET",
    "TABLE",
    "THEN",
    "TO",
    "TRANSACTION",
    "TRIGGER",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "USING",
    "VALUES",
    "VIEW",
    "WHEN",
    "WHERE",
    "WITH",
];

/// Python as it stands in an edit line: half-typed, perhaps wrong.
pub fn python(source: &str) -> Text {
    let mut scan = Scan::new(source);
    while let Some(c) = scan.peek() {
        let start = scan.at;
        let label = match c {
            '#' => {
                scan.until(|c| c == '\n');
                Label::Comment
            }
            '\'' | '"' => {
                scan.python_string();
                Label::String
            }
            c if c.is_ascii_digit() => {
                scan.number();
                Label::Number
            }
            c if is_word_start(c) => {
                scan.until(|c| !is_word(c));
                let word = &source[start..scan.at];
                let prefix = word.len() <= 2 && word.chars().all(|c| "rbfuRBFU".contains(c));
                if prefix && matches!(scan.peek(), Some('\'' | '"')) {
                    scan.python_string();
                    Label::String
                } else if source[..start].trim_end().ends_with('.') {
                    Label::Plain
                } else if PYTHON_KEYWORDS.contains(&word) {
                    Label::Keyword
                } else if PYTHON_BUILTINS.contains(&word) {
                    Label::Builtin
                } else {
                    Label::Plain
                }
            }
            '@' if source[..start].trim_end_matches([' ', '\t']).ends_with('\n') || start == 0 => {
                scan.step();
                scan.until(|c| !is_word(c) && c != '.');
                Label::Builtin
            }
            _ => {
                scan.step();
                Label::Plain
            }
        };
        scan.out.push(label, &source[start..scan.at]);
    }
    scan.out
}

/// SQL, as SQLAlchemy or a person spelled it.
pub fn sql(source: &str) -> Text {
    let mut scan = Scan::new(source);
    while let Some(c) = scan.peek() {
        let start = scan.at;
        let label = match c {
            '-' if source[start..].starts_with("--") => {
                scan.until(|c| c == '\n');
                Label::Comment
            }
            '\'' => {
                scan.quoted('\'');
                Label::String
            }
            '"' | '`' => {
                scan.quoted(c);
                Label::Name
            }
            '?' => {
                scan.step();
                Label::Parameter
            }
            ':' if source[start + 1..].starts_with(is_word_start) => {
                scan.step();
                scan.until(|c| !is_word(c));
                Label::Parameter
            }
            c if c.is_ascii_digit() => {
                scan.number();
                Label::Number
            }
            c if is_word_start(c) => {
                scan.until(|c| !is_word(c));
                let word = source[start..scan.at].to_ascii_uppercase();
                if word == "NULL" {
                    Label::Null
                } else if SQL_KEYWORDS.binary_search(&word.as_str()).is_ok() {
                    Label::Keyword
                } else if scan.peek() == Some('(') {
                    Label::Builtin
                } else {
                    Label::Name
                }
            }
            _ => {
                scan.step();
                Label::Plain
            }
        };
        scan.out.push(label, &source[start..scan.at]);
    }
    scan.out
}

fn is_word_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

struct Scan<'a> {
    source: &'a str,
    at: usize,
    out: Text,
}

impl<'a> Scan<'a> {
    fn new(source: &'a str) -> Self {
        Scan { source, at: 0, out: Text::new() }
    }

    fn peek(&self) -> Option<char> {
        self.source[self.at..].chars().next()
    }

    fn step(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    fn until(&mut self, stop: impl Fn(char) -> bool) {
        let rest = &self.source[self.at..];
        self.at += rest.find(stop).unwrap_or(rest.len());
    }

    fn number(&mut self) {
        self.until(|c| !is_word(c) && c != '.');
    }

    /// A quoted name or text whose quote is doubled inside.
    fn quoted(&mut self, quote: char) {
        self.step();
        while let Some(c) = self.peek() {
            self.step();
            if c == quote {
                if self.peek() != Some(quote) {
                    return;
                }
                self.step();
            }
        }
    }

    /// A string of Python from its quote on; one that is not closed ends with the line, a triple one with the text.
    fn python_string(&mut self) {
        let rest = &self.source[self.at..];
        let quote = &rest[..1];
        let triple = quote.repeat(3);
        let (end, is_triple) =
            if rest.starts_with(&triple) { (triple.as_str(), true) } else { (quote, false) };
        self.at += end.len();
        while let Some(c) = self.peek() {
            if self.source[self.at..].starts_with(end) {
                self.at += end.len();
                return;
            }
            if c == '\n' && !is_triple {
                return;
            }
            self.step();
            if c == '\\' {
                self.step();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_is_coloured_and_unchanged() {
        let source = "for s in Student.query.all():  # all\n    print(f'{s.name}', 12)\n";
        let text = python(source);
        assert_eq!(text.to_plain(), source);
        assert_eq!(
            text.to_marked(),
            "[Keyword:for] s [Keyword:in] Student.query.all():  [Comment:# all]\n    [Builtin:print]\
             ([String:f'{s.name}'], [Number:12])\n"
        );
        for half in ["'open", "\"\"\"open\n'", "x = 'a\\", "f", "é = 'ü", "@"] {
            assert_eq!(python(half).to_plain(), half);
        }
    }

    #[test]
    fn sql_is_coloured_and_unchanged() {
        let source = "SELECT count(*) AS n, 'it''s' \nFROM t WHERE t.id = ? AND x IS NULL -- end";
        let text = sql(source);
        assert_eq!(text.to_plain(), source);
        assert!(text.to_marked().starts_with("[Keyword:SELECT] [Builtin:count](*) [Keyword:AS]"));
        assert!(text.to_marked().contains("[String:'it''s']"));
        assert!(SQL_KEYWORDS.is_sorted());
    }
}
