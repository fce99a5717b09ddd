//! A table as migrations compare it: by content, whoever wrote it down.
//!
//! Owns reading CREATE TABLE and CREATE INDEX, from the models' compiler and from sqlite_master alike, into one form.
//! Must not know files, history or how differences become SQL.

use crate::engine::reflection::create_table::{self, ConstraintSqlKind, TokenKind, parse, unquote};

/// One table.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    pub primary_key: Vec<String>,
    pub autoincrement: bool,
    pub foreign_keys: Vec<ForeignKey>,
    pub uniques: Vec<Unique>,
    pub checks: Vec<Check>,
    pub indexes: Vec<Index>,
    pub without_rowid: bool,
    pub strict: bool,
    /// CREATE TABLE, without a semicolon.
    pub create: String,
    /// Those that fire for this table; they go with it when it is rebuilt.
    pub triggers: Vec<Trigger>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    pub name: String,
    pub create: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub name: String,
    pub create: String,
    /// INSTEAD OF triggers.
    pub triggers: Vec<Trigger>,
}

/// A whole database: tables that models may describe, and what reads them.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    pub tables: Vec<Table>,
    pub views: Vec<View>,
}

impl Schema {
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| same_name(&table.name, name))
    }

    /// The statements that make it anew, in an order in which they can run.
    pub fn statements(&self) -> Vec<String> {
        let mut out: Vec<String> = self.tables.iter().map(|table| table.create.clone()).collect();
        out.extend(self.tables.iter().flat_map(|table| &table.indexes).map(|index| index.create.clone()));
        out.extend(self.views.iter().map(|view| view.create.clone()));
        let of_views = self.views.iter().flat_map(|view| &view.triggers);
        out.extend(
            self.tables
                .iter()
                .flat_map(|table| &table.triggers)
                .chain(of_views)
                .map(|trigger| trigger.create.clone()),
        );
        out
    }
}

/// Whether a name stands in a text of SQL as a word of its own.
pub fn mentions(sql: &str, name: &str) -> bool {
    create_table::tokens(sql).iter().any(|token| {
        let piece = &sql[token.start..token.end];
        match token.kind {
            TokenKind::Word => same_name(piece, name),
            TokenKind::Quoted => same_name(&unquote(piece), name),
            _ => false,
        }
    })
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub type_text: String,
    pub not_null: bool,
    pub default: Option<String>,
    pub collation: Option<String>,
    pub generated: Option<(String, bool)>,
    /// What stands behind ADD COLUMN, without constraints of the table.
    pub text: String,
    /// A value for rows that are there already, as a literal of SQL, if the model has a plain default.
    pub fill: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    pub name: Option<String>,
    pub columns: Vec<String>,
    pub table: String,
    pub referred: Vec<String>,
    pub ondelete: Option<String>,
    pub onupdate: Option<String>,
    pub deferrable: Option<bool>,
    pub initially: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unique {
    pub name: Option<String>,
    pub columns: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: Option<String>,
    pub condition: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    pub name: String,
    pub unique: bool,
    /// What stands between the parentheses, item by item.
    pub items: Vec<String>,
    pub condition: Option<String>,
    pub create: String,
}

impl Table {
    /// Reads CREATE TABLE and its CREATE INDEX statements.
    pub fn read(name: &str, create: &str, indexes: &[(String, String)]) -> Table {
        let create = create.trim().trim_end_matches(';').trim_end().to_string();
        let parts = parse(&create);
        let mut table = Table {
            name: name.to_string(),
            without_rowid: parts.without_rowid,
            strict: parts.strict,
            ..Table::default()
        };
        for column in &parts.columns {
            table.columns.push(Column {
                name: column.name.clone(),
                type_text: column.type_text.clone(),
                not_null: column.not_null,
                default: column.default.clone(),
                collation: column.collation.clone(),
                generated: column.generated.clone(),
                text: column.text.clone(),
                fill: None,
            });
        }
        for one in parts.constraints {
            let name = one.name;
            match one.kind {
                ConstraintSqlKind::PrimaryKey { columns, autoincrement } => {
                    table.primary_key = columns;
                    table.autoincrement = autoincrement;
                }
                ConstraintSqlKind::Unique { columns } => table.uniques.push(Unique { name, columns }),
                ConstraintSqlKind::Check { condition } => table.checks.push(Check { name, condition }),
                ConstraintSqlKind::ForeignKey { columns, table: target, referred, actions } => {
                    table.foreign_keys.push(ForeignKey {
                        name,
                        columns,
                        table: target,
                        referred,
                        ondelete: actions.ondelete,
                        onupdate: actions.onupdate,
                        deferrable: actions.deferrable,
                        initially: actions.initially,
                    });
                }
            }
        }
        table.indexes = indexes.iter().map(|(name, sql)| Index::read(name, sql)).collect();
        table.create = create;
        table
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| same_name(&column.name, name))
    }

    pub fn is_key(&self, column: &str) -> bool {
        self.primary_key.iter().any(|name| same_name(name, column))
    }

    /// Whether a column is another name of the row's number, which SQLite gives by itself.
    pub fn is_row_number(&self, column: &Column) -> bool {
        !self.without_rowid
            && matches!(&self.primary_key[..], [only] if same_name(only, &column.name))
            && column.type_text.eq_ignore_ascii_case("INTEGER")
    }

    /// Foreign keys whose target columns are left out mean the target's primary key.
    pub fn resolve_references(tables: &mut [Table]) {
        let keys: Vec<(String, Vec<String>)> =
            tables.iter().map(|table| (table.name.clone(), table.primary_key.clone())).collect();
        for key in tables.iter_mut().flat_map(|table| table.foreign_keys.iter_mut()) {
            if key.referred.is_empty()
                && let Some((_, columns)) = keys.iter().find(|(name, _)| same_name(name, &key.table))
            {
                key.referred = columns.clone();
            }
        }
    }
}

impl Index {
    fn read(name: &str, sql: &str) -> Index {
        let tokens = create_table::tokens(sql);
        let word = |index: usize| tokens.get(index).map_or("", |token| &sql[token.start..token.end]);
        let unique = word(1).eq_ignore_ascii_case("UNIQUE");
        let open = tokens.iter().position(|token| token.kind == TokenKind::Open).unwrap_or(tokens.len());
        let mut items = Vec::new();
        let mut depth = 0;
        let mut start = 0;
        let mut end = tokens.len();
        for (index, token) in tokens.iter().enumerate().skip(open) {
            match token.kind {
                TokenKind::Open => {
                    depth += 1;
                    if depth == 1 {
                        start = token.end;
                    }
                }
                TokenKind::Comma if depth == 1 => {
                    items.push(item(&sql[start..token.start]));
                    start = token.end;
                }
                TokenKind::Close => {
                    depth -= 1;
                    if depth == 0 {
                        items.push(item(&sql[start..token.start]));
                        end = index;
                        break;
                    }
                }
                _ => {}
            }
        }
        let condition = tokens[(end + 1).min(tokens.len())..]
            .iter()
            .find(|token| sql[token.start..token.end].eq_ignore_ascii_case("WHERE"))
            .map(|token| sql[token.end..].trim().trim_end_matches(';').trim().to_string());
        Index {
            name: name.to_string(),
            unique,
            items,
            condition,
            create: sql.trim().trim_end_matches(';').trim_end().to_string(),
        }
    }

    /// Whether two indexes are the same apart from their text.
    pub fn same(&self, other: &Index) -> bool {
        self.unique == other.unique
            && self.items.len() == other.items.len()
            && self.items.iter().zip(&other.items).all(|(left, right)| squeezed(left) == squeezed(right))
            && self.condition.as_deref().map(squeezed) == other.condition.as_deref().map(squeezed)
    }
}

fn item(text: &str) -> String {
    let text = text.trim();
    if create_table::tokens(text).len() == 1 { unquote(text) } else { text.to_string() }
}

pub fn same_name(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}

pub fn same_names(left: &[String], right: &[String]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same_name(left, right))
}

/// An expression without blanks, quotes around names and capitals, so that only its content is compared.
pub fn squeezed(text: &str) -> String {
    let mut text = text.trim();
    // One pair of parentheses around the whole is a matter of spelling.
    while let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        let mut depth = 0i32;
        if inner.chars().any(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth < 0
        }) {
            break;
        }
        text = inner.trim();
    }
    let mut out = String::new();
    for token in create_table::tokens(text) {
        let piece = &text[token.start..token.end];
        match token.kind {
            TokenKind::Word => {
                if out.ends_with(|c: char| c.is_alphanumeric()) {
                    out.push(' ');
                }
                out.push_str(&piece.to_lowercase());
            }
            TokenKind::Quoted => out.push_str(&unquote(piece).to_lowercase()),
            _ => out.push_str(piece),
        }
    }
    out
}

/// A type's name for comparison.
pub fn normal_type(text: &str) -> String {
    let text: String = squeezed(text).to_uppercase();
    let (name, rest) = text.split_at(text.find('(').unwrap_or(text.len()));
    let name = match name.trim() {
        "INT" => "INTEGER",
        "BOOL" => "BOOLEAN",
        "DEC" => "DECIMAL",
        "CHARACTER VARYING" => "VARCHAR",
        other => other,
    };
    format!("{name}{rest}")
}

#[cfg(test)]
mod tests {
    use super::{Table, normal_type, squeezed};

    #[test]
    fn spelling_is_no_difference() {
        assert_eq!(squeezed("( \"A\" > 0 )"), squeezed("a>0"));
        assert_eq!(squeezed("(a) + (b)"), "(a)+(b)");
        assert_eq!(normal_type("varchar ( 40 )"), normal_type("VARCHAR(40)"));
        let index =
            ("ix".to_string(), "CREATE UNIQUE INDEX ix ON t (\"a\", lower(b)) WHERE a > 0".to_string());
        let table = Table::read("t", "CREATE TABLE t (a INT, b TEXT);", &[index]);
        assert_eq!(table.indexes[0].items, ["a", "lower(b)"]);
        assert!(table.indexes[0].unique);
        assert_eq!(table.indexes[0].condition.as_deref(), Some("a > 0"));
    }
}
