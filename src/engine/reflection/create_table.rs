//! Reading CREATE TABLE: names of constraints, checks, options that no pragma tells.
//!
//! Owns a tokenizer for SQLite's SQL and a reader of table bodies. Must not know databases.
//!
//! ```text
//! CREATE TABLE t ( id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT CHECK (a > ''), CONSTRAINT u UNIQUE (a) ) STRICT
//!                  └── part ─────────────────────────┘  └── part ───────────┘  └── part ───────────┘   └ options
//! ```

/// A piece of SQL text: where it stands and what kind it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub start: usize,
    pub end: usize,
    pub kind: TokenKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Word,
    /// `"x"`, `` `x` `` or `[x]`.
    Quoted,
    /// `'x'`
    Text,
    Number,
    Open,
    Close,
    Comma,
    Other,
}

/// The tokens of a text, comments and blanks left out.
pub fn tokens(sql: &str) -> Vec<Token> {
    let bytes = sql.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let kind = match bytes[at] {
            b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' => {
                at += 1;
                continue;
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                at = sql[at..].find('\n').map_or(bytes.len(), |line| at + line + 1);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = sql[at + 2..].find("*/").map_or(bytes.len(), |end| at + 2 + end + 2);
                continue;
            }
            quote @ (b'"' | b'`' | b'\'') => {
                at = quoted_end(bytes, at, quote);
                if quote == b'\'' { TokenKind::Text } else { TokenKind::Quoted }
            }
            b'[' => {
                at = sql[at..].find(']').map_or(bytes.len(), |end| at + end + 1);
                TokenKind::Quoted
            }
            b'(' => {
                at += 1;
                TokenKind::Open
            }
            b')' => {
                at += 1;
                TokenKind::Close
            }
            b',' => {
                at += 1;
                TokenKind::Comma
            }
            b'0'..=b'9' => {
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'.') {
                    at += 1;
                }
                TokenKind::Number
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => {
                while at < bytes.len()
                    && (bytes[at].is_ascii_alphanumeric()
                        || matches!(bytes[at], b'_' | b'$')
                        || bytes[at] >= 0x80)
                {
                    at += 1;
                }
                TokenKind::Word
            }
            _ => {
                at += 1;
                TokenKind::Other
            }
        };
        out.push(Token { start, end: at, kind });
    }
    out
}

fn quoted_end(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    bytes.len()
}

/// A name without its quotes.
pub fn unquote(text: &str) -> String {
    let inner = |open: char, close: char| -> Option<&str> { text.strip_prefix(open)?.strip_suffix(close) };
    if let Some(name) = inner('"', '"') {
        return name.replace("\"\"", "\"");
    }
    if let Some(name) = inner('`', '`') {
        return name.replace("``", "`");
    }
    if let Some(name) = inner('\'', '\'') {
        return name.replace("''", "'");
    }
    inner('[', ']').unwrap_or(text).to_string()
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSql {
    pub columns: Vec<ColumnSql>,
    /// Constraints in the order written, those of columns among them.
    pub constraints: Vec<ConstraintSql>,
    pub without_rowid: bool,
    pub strict: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnSql {
    pub name: String,
    pub type_text: String,
    pub collation: Option<String>,
    pub default: Option<String>,
    pub generated: Option<(String, bool)>,
    pub autoincrement: bool,
    pub not_null: bool,
    /// The whole definition as it was written.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConstraintSql {
    pub name: Option<String>,
    pub kind: ConstraintSqlKind,
    /// The column that it was written at, None for a constraint of the table.
    pub column: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstraintSqlKind {
    PrimaryKey { columns: Vec<String>, autoincrement: bool },
    Unique { columns: Vec<String> },
    Check { condition: String },
    ForeignKey { columns: Vec<String>, table: String, referred: Vec<String>, actions: ActionsSql },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionsSql {
    pub ondelete: Option<String>,
    pub onupdate: Option<String>,
    pub deferrable: Option<bool>,
    pub initially: Option<String>,
}

/// Reads the text of CREATE TABLE; what is not understood is left out.
pub fn parse(sql: &str) -> TableSql {
    let all = tokens(sql);
    let mut table = TableSql::default();
    let Some(open) = all.iter().position(|token| token.kind == TokenKind::Open) else { return table };
    let close = matching(&all, open);
    for part in split(&all[open + 1..close]) {
        Reader { sql, tokens: part, at: 0 }.part(&mut table);
    }
    let options: Vec<String> = all[(close + 1).min(all.len())..]
        .iter()
        .map(|token| sql[token.start..token.end].to_uppercase())
        .collect();
    table.strict = options.iter().any(|word| word == "STRICT");
    table.without_rowid = options.windows(2).any(|pair| pair[0] == "WITHOUT" && pair[1] == "ROWID");
    table
}

/// The closing parenthesis of an opening one, or the end.
fn matching(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => {
                depth -= 1;
                if depth == 0 {
                    return index;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

fn split(tokens: &[Token]) -> Vec<&[Token]> {
    let mut parts = Vec::new();
    let mut depth = 0i32;
    let mut start = 0;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth -= 1,
            TokenKind::Comma if depth == 0 => {
                parts.push(&tokens[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    if start < tokens.len() {
        parts.push(&tokens[start..]);
    }
    parts
}

/// Words at which a column's type ends.
const COLUMN_WORDS: [&str; 12] = [
    "CONSTRAINT",
    "PRIMARY",
    "NOT",
    "NULL",
    "UNIQUE",
    "CHECK",
    "DEFAULT",
    "COLLATE",
    "REFERENCES",
    "GENERATED",
    "AS",
    "AUTOINCREMENT",
];

struct Reader<'a> {
    sql: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl<'a> Reader<'a> {
    fn text(&self, index: usize) -> &'a str {
        self.tokens.get(index).map_or("", |token| &self.sql[token.start..token.end])
    }

    fn is(&self, word: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.kind == TokenKind::Word)
            && self.text(self.at).eq_ignore_ascii_case(word)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    fn name(&mut self) -> String {
        let name = unquote(self.text(self.at));
        self.at += 1;
        name
    }

    fn at_open(&self) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.kind == TokenKind::Open)
    }

    /// What stands in the parentheses that begin here, as text.
    fn group(&mut self) -> String {
        if !self.at_open() {
            return String::new();
        }
        let close = matching(self.tokens, self.at);
        let start = self.tokens[self.at].end;
        let end = self.tokens.get(close).map_or(self.sql.len(), |token| token.start);
        self.at = (close + 1).min(self.tokens.len());
        self.sql[start..end.max(start)].trim().to_string()
    }

    /// The names in the parentheses that begin here; orders and collations are left out.
    fn names(&mut self) -> Vec<String> {
        if !self.at_open() {
            return Vec::new();
        }
        let close = matching(self.tokens, self.at);
        let inner = &self.tokens[self.at + 1..close];
        self.at = (close + 1).min(self.tokens.len());
        let first = |part: &&[Token]| unquote(&self.sql[part[0].start..part[0].end]);
        split(inner).iter().filter(|part| !part.is_empty()).map(first).collect()
    }

    fn part(&mut self, table: &mut TableSql) {
        if self.tokens.is_empty() {
            return;
        }
        let begins = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].iter().any(|word| self.is(word));
        if begins && (!self.is("CONSTRAINT") || self.tokens.len() > 2) {
            let name = self.take("CONSTRAINT").then(|| self.name());
            if let Some(kind) = self.table_constraint() {
                table.constraints.push(ConstraintSql { name, kind, column: None });
            }
            return;
        }
        self.column(table);
    }

    fn table_constraint(&mut self) -> Option<ConstraintSqlKind> {
        if self.take("PRIMARY") {
            self.take("KEY");
            return Some(ConstraintSqlKind::PrimaryKey { columns: self.names(), autoincrement: false });
        }
        if self.take("UNIQUE") {
            return Some(ConstraintSqlKind::Unique { columns: self.names() });
        }
        if self.take("CHECK") {
            return Some(ConstraintSqlKind::Check { condition: self.group() });
        }
        if self.take("FOREIGN") {
            self.take("KEY");
            let columns = self.names();
            self.take("REFERENCES");
            return Some(self.reference(columns));
        }
        None
    }

    fn reference(&mut self, columns: Vec<String>) -> ConstraintSqlKind {
        let table = self.name();
        let referred = self.names();
        let mut actions = ActionsSql::default();
        loop {
            if self.take("ON") {
                let delete = self.is("DELETE");
                self.at += 1;
                let mut words = vec![self.text(self.at).to_uppercase()];
                self.at += 1;
                if matches!(words[0].as_str(), "SET" | "NO") {
                    words.push(self.text(self.at).to_uppercase());
                    self.at += 1;
                }
                let action = Some(words.join(" ")).filter(|action| action != "NO ACTION");
                if delete {
                    actions.ondelete = action;
                } else {
                    actions.onupdate = action;
                }
            } else if self.take("MATCH") {
                self.at += 1;
            } else if self.is("NOT") && self.text(self.at + 1).eq_ignore_ascii_case("DEFERRABLE") {
                self.at += 2;
                actions.deferrable = Some(false);
            } else if self.take("DEFERRABLE") {
                actions.deferrable = Some(true);
            } else if self.take("INITIALLY") {
                actions.initially = Some(self.text(self.at).to_uppercase());
                self.at += 1;
            } else {
                return ConstraintSqlKind::ForeignKey { columns, table, referred, actions };
            }
        }
    }

    fn column(&mut self, table: &mut TableSql) {
        let mut column = ColumnSql { name: self.name(), ..ColumnSql::default() };
        let start = self.at;
        while self.at < self.tokens.len() && !COLUMN_WORDS.iter().any(|word| self.is(word)) {
            if self.at_open() {
                self.group();
            } else {
                self.at += 1;
            }
        }
        if self.at > start {
            let (first, last) = (self.tokens[start].start, self.tokens[self.at - 1].end);
            column.type_text = self.sql[first..last].to_string();
        }
        if let (Some(first), Some(last)) = (self.tokens.first(), self.tokens.last()) {
            column.text = self.sql[first.start..last.end].to_string();
        }
        let mut name = None;
        while self.at < self.tokens.len() {
            let before = self.at;
            if self.take("CONSTRAINT") {
                name = Some(self.name());
                continue;
            }
            let kind = self.column_constraint(&mut column);
            if let Some(kind) = kind {
                let at = Some(column.name.clone());
                table.constraints.push(ConstraintSql { name: name.take(), kind, column: at });
            }
            if self.at == before {
                self.at += 1;
            }
        }
        table.columns.push(column);
    }

    fn column_constraint(&mut self, column: &mut ColumnSql) -> Option<ConstraintSqlKind> {
        let own = || vec![column.name.clone()];
        if self.take("PRIMARY") {
            self.take("KEY");
            while self.take("ASC") || self.take("DESC") {}
            self.conflict();
            column.autoincrement = self.take("AUTOINCREMENT");
            let autoincrement = column.autoincrement;
            return Some(ConstraintSqlKind::PrimaryKey { columns: vec![column.name.clone()], autoincrement });
        }
        if self.take("UNIQUE") {
            self.conflict();
            return Some(ConstraintSqlKind::Unique { columns: own() });
        }
        if self.take("CHECK") {
            return Some(ConstraintSqlKind::Check { condition: self.group() });
        }
        if self.take("REFERENCES") {
            return Some(self.reference(own()));
        }
        if self.is("NOT") && self.text(self.at + 1).eq_ignore_ascii_case("NULL") {
            self.at += 2;
            column.not_null = true;
            self.conflict();
        } else if self.take("COLLATE") {
            column.collation = Some(self.name());
        } else if self.take("DEFAULT") {
            let start = self.tokens.get(self.at).map_or(0, |token| token.start);
            if self.at_open() {
                self.group();
            } else {
                let sign = matches!(self.text(self.at), "+" | "-");
                self.at += 1 + usize::from(sign);
            }
            let end = self.tokens.get(self.at.saturating_sub(1)).map_or(start, |token| token.end);
            column.default = Some(self.sql[start..end.max(start)].to_string());
        } else if self.is("GENERATED") || self.is("AS") {
            self.take("GENERATED");
            self.take("ALWAYS");
            self.take("AS");
            let expression = self.group();
            let stored = self.take("STORED");
            self.take("VIRTUAL");
            column.generated = Some((expression, stored));
        }
        None
    }

    fn conflict(&mut self) {
        if self.take("ON") {
            self.take("CONFLICT");
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ConstraintSqlKind, parse, unquote};

    #[test]
    fn names_checks_and_options_are_read() {
        let table = parse(
            "CREATE TABLE \"my t\" (\n id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key, of course\n \
             \"na me\" VARCHAR(40) NOT NULL DEFAULT 'a, b' COLLATE NOCASE CHECK (length(\"na me\") > 0),\n \
             owner_id INTEGER REFERENCES owner ON DELETE SET NULL,\n twice INTEGER GENERATED ALWAYS AS (id * 2) STORED,\n \
             CONSTRAINT uq UNIQUE (\"na me\", id), CONSTRAINT fk FOREIGN KEY(owner_id) REFERENCES owner (id) \
             ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED\n) WITHOUT ROWID, STRICT",
        );
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "na me", "owner_id", "twice"]);
        assert_eq!(table.columns[1].type_text, "VARCHAR(40)");
        assert_eq!(table.columns[1].default.as_deref(), Some("'a, b'"));
        assert_eq!(table.columns[1].collation.as_deref(), Some("NOCASE"));
        assert_eq!(table.columns[3].generated, Some(("id * 2".to_string(), true)));
        assert!(table.strict && table.without_rowid && table.columns[0].autoincrement);
        let kinds: Vec<Option<&str>> = table.constraints.iter().map(|one| one.name.as_deref()).collect();
        assert_eq!(kinds, [None, None, None, Some("uq"), Some("fk")]);
        let ConstraintSqlKind::ForeignKey { actions, referred, .. } = &table.constraints[2].kind else {
            panic!("a reference was expected");
        };
        assert_eq!((actions.ondelete.as_deref(), referred.len()), (Some("SET NULL"), 0));
        assert_eq!(unquote("\"a\"\"b\""), "a\"b");
    }
}
