//! The steps of a migration, typed, each with its inverse, its telling line and its SQL.
//!
//! Owns those. SQL text appears here and nowhere earlier. Must not know files or history.

use super::spec::{Check, Column, ForeignKey, Index, Schema, Table, Unique, mentions};
use crate::engine::reflection::create_table::{TokenKind, tokens};

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    CreateTable(Table),
    DropTable(Table),
    RenameTable {
        from: String,
        to: String,
    },
    AddColumn {
        table: String,
        column: Column,
    },
    DropColumn {
        table: String,
        column: Column,
    },
    RenameColumn {
        table: String,
        from: String,
        to: String,
    },
    CreateIndex {
        table: String,
        index: Index,
    },
    DropIndex {
        table: String,
        index: Index,
    },
    CreateView {
        name: String,
        statements: Vec<String>,
    },
    /// What ALTER TABLE cannot do: a new table takes the rows and the name of the old one.
    RebuildTable {
        from: Box<Table>,
        to: Box<Table>,
        changes: Vec<Change>,
        copy: Vec<(String, Copied)>,
        aside: Vec<Aside>,
    },
}

/// A view or a trigger that speaks of a table from outside: SQLite refuses to rename a table under it, so it is taken
/// away while the table is rebuilt.
#[derive(Clone, Debug, PartialEq)]
pub struct Aside {
    pub drop: String,
    pub create: Vec<String>,
}

/// Everything that speaks of a table without belonging to it, views over such views among them.
pub fn asides(table: &str, schema: &Schema) -> Vec<Aside> {
    let mut spoken_of = vec![table.to_string()];
    let mut views = Vec::new();
    loop {
        let next = schema.views.iter().find(|view| {
            !views.contains(&view.name) && spoken_of.iter().any(|name| mentions(&view.create, name))
        });
        let Some(next) = next else { break };
        views.push(next.name.clone());
        spoken_of.push(next.name.clone());
    }
    let speaks = |sql: &str| spoken_of.iter().any(|name| mentions(sql, name));
    let mut out = Vec::new();
    let others = schema.tables.iter().filter(|other| !other.name.eq_ignore_ascii_case(table));
    for trigger in others.flat_map(|other| &other.triggers) {
        if speaks(&trigger.create) {
            out.push(Aside {
                drop: format!("DROP TRIGGER {}", name(&trigger.name)),
                create: vec![trigger.create.clone()],
            });
        }
    }
    for view in &schema.views {
        if views.contains(&view.name) {
            let mut create = vec![view.create.clone()];
            create.extend(view.triggers.iter().map(|trigger| trigger.create.clone()));
            out.push(Aside { drop: format!("DROP VIEW {}", name(&view.name)), create });
        } else {
            out.extend(view.triggers.iter().filter(|trigger| speaks(&trigger.create)).map(|trigger| Aside {
                drop: format!("DROP TRIGGER {}", name(&trigger.name)),
                create: vec![trigger.create.clone()],
            }));
        }
    }
    out
}

/// A difference within one table.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    AddedColumn(Column),
    RemovedColumn(Column),
    Type {
        from: Column,
        to: Column,
    },
    Nullable {
        column: Column,
    },
    Default {
        from: Column,
        to: Column,
    },
    Collation {
        from: Column,
        to: Column,
    },
    Generated {
        column: Column,
    },
    /// AUTOINCREMENT, WITHOUT ROWID, STRICT: what the table gets or loses.
    Option(&'static str, bool),
    PrimaryKey {
        from: Vec<String>,
        to: Vec<String>,
    },
    AddedForeignKey(ForeignKey),
    /// The flag says that it goes with its column.
    RemovedForeignKey(ForeignKey, bool),
    AddedUnique(Unique),
    RemovedUnique(Unique),
    AddedCheck(Check),
    RemovedCheck(Check),
}

/// Where a column of the new table gets its values.
#[derive(Clone, Debug, PartialEq)]
pub enum Copied {
    Column(String),
    /// A column whose NULLs become a value.
    Filled(String, String),
    Value(String),
}

/// Names that cannot stand bare.
const RESERVED: &[&str] = &[
    "add",
    "all",
    "alter",
    "and",
    "as",
    "between",
    "by",
    "case",
    "check",
    "collate",
    "column",
    "commit",
    "constraint",
    "create",
    "cross",
    "current_date",
    "current_time",
    "current_timestamp",
    "default",
    "delete",
    "desc",
    "distinct",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "exists",
    "foreign",
    "from",
    "full",
    "group",
    "having",
    "if",
    "in",
    "index",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "key",
    "left",
    "like",
    "limit",
    "match",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "primary",
    "references",
    "right",
    "rollback",
    "select",
    "set",
    "table",
    "then",
    "to",
    "transaction",
    "trigger",
    "union",
    "unique",
    "update",
    "using",
    "values",
    "view",
    "when",
    "where",
    "with",
];

/// A name for SQL, in quotes where it needs them.
pub fn name(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && !RESERVED.contains(&text) {
        text.to_string()
    } else {
        crate::engine::reflection::quote_identifier(text)
    }
}

fn names(list: &[String]) -> String {
    list.iter().map(|one| name(one)).collect::<Vec<_>>().join(", ")
}

/// ` REFERENCES owner (id) ON DELETE CASCADE`
pub fn reference_text(key: &ForeignKey) -> String {
    let constraint = key.name.as_ref().map(|own| format!(" CONSTRAINT {}", name(own)));
    let mut text = format!("{} REFERENCES {}", constraint.unwrap_or_default(), name(&key.table));
    if !key.referred.is_empty() {
        text.push_str(&format!(" ({})", names(&key.referred)));
    }
    if let Some(action) = &key.ondelete {
        text.push_str(&format!(" ON DELETE {action}"));
    }
    if let Some(action) = &key.onupdate {
        text.push_str(&format!(" ON UPDATE {action}"));
    }
    match key.deferrable {
        Some(true) => text.push_str(" DEFERRABLE"),
        Some(false) => text.push_str(" NOT DEFERRABLE"),
        None => {}
    }
    if let Some(initially) = &key.initially {
        text.push_str(&format!(" INITIALLY {initially}"));
    }
    text
}

/// `('a', 'b')`, as Python writes a tuple.
fn tuple(items: &[String]) -> String {
    let quoted: Vec<String> = items.iter().map(|item| format!("'{item}'")).collect();
    format!("({}{})", quoted.join(", "), if items.len() == 1 { "," } else { "" })
}

fn optional(name: &Option<String>) -> String {
    name.as_ref().map_or("None".to_string(), |name| format!("'{name}'"))
}

impl Change {
    fn line(&self, table: &str) -> Option<String> {
        Some(match self {
            Change::AddedColumn(column) => format!("Detected added column '{table}.{}'", column.name),
            Change::RemovedColumn(column) => format!("Detected removed column '{table}.{}'", column.name),
            Change::Type { from, to } => format!(
                "Detected type change from {} to {} on '{table}.{}'",
                from.type_text, to.type_text, to.name
            ),
            Change::Nullable { column } => {
                let what = if column.not_null { "NOT NULL" } else { "NULL" };
                format!("Detected {what} on column '{table}.{}'", column.name)
            }
            Change::Default { to, .. } => format!("Detected server default on column '{table}.{}'", to.name),
            Change::Collation { to, .. } => format!(
                "Detected collation {} on column '{table}.{}'",
                to.collation.as_deref().unwrap_or("BINARY"),
                to.name
            ),
            Change::Generated { column } => {
                format!("Detected computed value change on column '{table}.{}'", column.name)
            }
            Change::Option(word, true) => format!("Detected added {word} on table '{table}'"),
            Change::Option(word, false) => format!("Detected removed {word} on table '{table}'"),
            Change::PrimaryKey { from, to } => {
                format!("Detected primary key change from {} to {} on '{table}'", tuple(from), tuple(to))
            }
            Change::AddedForeignKey(key) => format!(
                "Detected added foreign key ({})({}) on table {table}",
                key.columns.join(","),
                key.referred.join(",")
            ),
            Change::RemovedForeignKey(_, true) => return None,
            Change::RemovedForeignKey(key, false) => format!(
                "Detected removed foreign key ({})({}) on table {table}",
                key.columns.join(","),
                key.referred.join(",")
            ),
            Change::AddedUnique(one) => format!(
                "Detected added unique constraint {} on '{}'",
                optional(&one.name),
                tuple(&one.columns)
            ),
            Change::RemovedUnique(one) => {
                format!("Detected removed unique constraint {} on '{table}'", optional(&one.name))
            }
            Change::AddedCheck(one) => {
                format!("Detected added check constraint ({}) on '{table}'", one.condition)
            }
            Change::RemovedCheck(one) => {
                format!("Detected removed check constraint ({}) on '{table}'", one.condition)
            }
        })
    }

    /// A word or two for a migration without a message.
    fn slug(&self, table: &str) -> String {
        match self {
            Change::AddedColumn(column) => format!("add_{table}_{}", column.name),
            Change::RemovedColumn(column) => format!("drop_{table}_{}", column.name),
            Change::Type { to, .. } | Change::Default { to, .. } | Change::Collation { to, .. } => {
                format!("change_{table}_{}", to.name)
            }
            Change::Nullable { column } | Change::Generated { column } => {
                format!("change_{table}_{}", column.name)
            }
            _ => format!("change_{table}"),
        }
    }
}

fn index_line(verb: &str, index: &Index, table: &str) -> String {
    if verb == "removed" {
        return format!("Detected removed index '{}' on '{table}'", index.name);
    }
    format!("Detected {verb} index '{}' on '{}'", index.name, tuple(&index.items))
}

impl Operation {
    /// What is told when the migration is made, in Alembic's words where it has some.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Operation::CreateTable(table) => {
                let mut lines = vec![format!("Detected added table '{}'", table.name)];
                lines.extend(table.indexes.iter().map(|index| index_line("added", index, &table.name)));
                lines
            }
            Operation::DropTable(table) => vec![format!("Detected removed table '{}'", table.name)],
            Operation::RenameTable { from, to } => vec![format!("Renamed table '{from}' to '{to}'")],
            Operation::AddColumn { table, column } => {
                vec![format!("Detected added column '{table}.{}'", column.name)]
            }
            Operation::DropColumn { table, column } => {
                vec![format!("Detected removed column '{table}.{}'", column.name)]
            }
            Operation::RenameColumn { table, from, to } => {
                vec![format!("Renamed column '{table}.{from}' to '{table}.{to}'")]
            }
            Operation::CreateView { name, .. } => vec![format!("Detected added view '{name}'")],
            Operation::CreateIndex { table, index } => vec![index_line("added", index, table)],
            Operation::DropIndex { table, index } => vec![index_line("removed", index, table)],
            Operation::RebuildTable { to, from, changes, .. } => {
                let mut lines: Vec<String> =
                    changes.iter().filter_map(|change| change.line(&to.name)).collect();
                let kept = |table: &Table, index: &Index| {
                    table.indexes.iter().any(|other| other.name == index.name && other.same(index))
                };
                let gone = from.indexes.iter().filter(|index| !kept(to, index));
                lines.extend(gone.map(|index| index_line("removed", index, &to.name)));
                let new = to.indexes.iter().filter(|index| !kept(from, index));
                lines.extend(new.map(|index| index_line("added", index, &to.name)));
                lines
            }
        }
    }

    pub fn slug(&self) -> String {
        match self {
            Operation::CreateTable(table) => format!("create_{}", table.name),
            Operation::DropTable(table) => format!("drop_{}", table.name),
            Operation::RenameTable { from, to } => format!("{from}_becomes_{to}"),
            Operation::AddColumn { table, column } => format!("add_{table}_{}", column.name),
            Operation::DropColumn { table, column, .. } => format!("drop_{table}_{}", column.name),
            Operation::RenameColumn { from, to, .. } => format!("{from}_becomes_{to}"),
            Operation::CreateView { name, .. } => format!("create_{name}"),
            Operation::CreateIndex { index, .. } => format!("add_{}", index.name),
            Operation::DropIndex { index, .. } => format!("drop_{}", index.name),
            Operation::RebuildTable { to, changes, .. } => {
                changes.first().map_or_else(|| format!("change_{}", to.name), |change| change.slug(&to.name))
            }
        }
    }

    /// The statements, each without its semicolon.
    pub fn sql(&self) -> Vec<String> {
        match self {
            Operation::CreateTable(table) => {
                let mut statements = vec![table.create.clone()];
                statements.extend(table.indexes.iter().map(|index| index.create.clone()));
                statements.extend(table.triggers.iter().map(|trigger| trigger.create.clone()));
                statements
            }
            Operation::CreateView { statements, .. } => statements.clone(),
            Operation::DropTable(table) => vec![format!("DROP TABLE {}", name(&table.name))],
            Operation::RenameTable { from, to } => {
                vec![format!("ALTER TABLE {} RENAME TO {}", name(from), name(to))]
            }
            Operation::AddColumn { table, column } => {
                vec![format!("ALTER TABLE {} ADD COLUMN {}", name(table), column.text)]
            }
            Operation::DropColumn { table, column } => {
                vec![format!("ALTER TABLE {} DROP COLUMN {}", name(table), name(&column.name))]
            }
            Operation::RenameColumn { table, from, to } => {
                vec![format!("ALTER TABLE {} RENAME COLUMN {} TO {}", name(table), name(from), name(to))]
            }
            Operation::CreateIndex { index, .. } => vec![index.create.clone()],
            Operation::DropIndex { index, .. } => vec![format!("DROP INDEX {}", name(&index.name))],
            Operation::RebuildTable { from, to, copy, aside, .. } => {
                let mut statements: Vec<String> = aside.iter().map(|one| one.drop.clone()).collect();
                statements.extend(rebuild(from, to, copy));
                statements.extend(aside.iter().flat_map(|one| one.create.iter().cloned()));
                statements
            }
        }
    }
}

/// SQLite's own order for what ALTER TABLE cannot do: new table, copy, drop, rename, indexes, triggers. Foreign keys
/// are off while it runs, which the runner sees to.
fn rebuild(from: &Table, to: &Table, copy: &[(String, Copied)]) -> Vec<String> {
    let new = format!("_new_{}", to.name);
    let mut statements = vec![renamed_create(&to.create, &new)];
    let columns: Vec<String> = copy.iter().map(|(column, _)| name(column)).collect();
    let values: Vec<String> = copy
        .iter()
        .map(|(_, value)| match value {
            Copied::Column(column) => name(column),
            Copied::Filled(column, value) => format!("coalesce({}, {value})", name(column)),
            Copied::Value(value) => value.clone(),
        })
        .collect();
    if !copy.is_empty() {
        statements.push(format!(
            "INSERT INTO {} ({}) SELECT {} FROM {}",
            name(&new),
            columns.join(", "),
            values.join(", "),
            name(&from.name)
        ));
    }
    if to.autoincrement && from.autoincrement {
        // Numbers of rows that were deleted are not given again.
        statements.push(format!("DELETE FROM sqlite_sequence WHERE name = {}", quoted(&new)));
        statements.push(format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT {}, seq FROM sqlite_sequence WHERE name = {}",
            quoted(&new),
            quoted(&from.name)
        ));
    }
    statements.push(format!("DROP TABLE {}", name(&from.name)));
    statements.push(format!("ALTER TABLE {} RENAME TO {}", name(&new), name(&to.name)));
    statements.extend(to.indexes.iter().map(|index| index.create.clone()));
    statements.extend(from.triggers.iter().map(|trigger| trigger.create.clone()));
    statements
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// CREATE TABLE under another name.
fn renamed_create(create: &str, new: &str) -> String {
    let all = tokens(create);
    match all.iter().find(|token| token.kind == TokenKind::Open) {
        Some(open) => format!("CREATE TABLE {} {}", name(new), &create[open.start..]),
        None => create.to_string(),
    }
}
