//! What reflection finds, as data.
//!
//! Owns the records. Must not know where they come from.

/// A column as the database declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReflectedColumn {
    pub name: String,
    /// The declared type as it was written, empty if none was.
    pub type_text: String,
    pub nullable: bool,
    /// The text of the default, an expression of SQL.
    pub default: Option<String>,
    /// Place in the primary key from 1, or 0.
    pub primary_key: usize,
    pub generated: Option<Generated>,
    pub collation: Option<String>,
}

/// A column that the database computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    pub expression: String,
    pub stored: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReflectedPrimaryKey {
    pub name: Option<String>,
    pub columns: Vec<String>,
    pub autoincrement: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReflectedForeignKey {
    pub name: Option<String>,
    pub columns: Vec<String>,
    pub table: String,
    /// The target's primary key where the declaration names no columns.
    pub referred_columns: Vec<String>,
    /// None for NO ACTION.
    pub ondelete: Option<String>,
    pub onupdate: Option<String>,
    pub deferrable: Option<bool>,
    pub initially: Option<String>,
    /// Written as a constraint of the table rather than of a column.
    pub table_level: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReflectedIndex {
    pub name: String,
    pub unique: bool,
    /// None for an expression.
    pub columns: Vec<Option<String>>,
    pub condition: Option<String>,
    /// CREATE INDEX as it was written; None for indexes that constraints made.
    pub sql: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReflectedUnique {
    pub name: Option<String>,
    pub columns: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReflectedCheck {
    pub name: Option<String>,
    pub condition: String,
}

/// A whole table.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReflectedTable {
    pub name: String,
    /// CREATE TABLE as sqlite_master keeps it.
    pub sql: String,
    pub columns: Vec<ReflectedColumn>,
    pub primary_key: ReflectedPrimaryKey,
    pub foreign_keys: Vec<ReflectedForeignKey>,
    pub indexes: Vec<ReflectedIndex>,
    pub uniques: Vec<ReflectedUnique>,
    pub checks: Vec<ReflectedCheck>,
    pub without_rowid: bool,
    pub strict: bool,
    /// An FTS, R-tree or other virtual table.
    pub is_virtual: bool,
    pub is_view: bool,
}

impl ReflectedTable {
    pub fn column(&self, name: &str) -> Option<&ReflectedColumn> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }
}
