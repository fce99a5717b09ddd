//! The steps of a migration, typed, each with its inverse, its telling line and its SQL.
//!
//! Owns those. SQL text appears here and nowhere earlier. Must not know files or history.

use super::spec::{Check, Column, ForeignKey, Index, Table, Unique};
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
        index: usize,
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
    /// What ALTER TABLE cannot do: a new table takes the rows and the name of the old one.
    RebuildTable {
        from: Table,
        to: Table,
        changes: Vec<Change>,
        copy: Vec<(String, Copied)>,
    },
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
    let mut text = format!(" REFERENCES {}", name(&key.table));
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
            Change::Type { to, .. } | Change::Default { to, .. } => format!("change_{table}_{}", to.name),
            Change::Nullable { column } => format!("change_{table}_{}", column.name),
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
            Operation::DropColumn { table, column, .. } => {
                vec![format!("Detected removed column '{table}.{}'", column.name)]
            }
            Operation::RenameColumn { table, from, to } => {
                vec![format!("Renamed column '{table}.{from}' to '{table}.{to}'")]
            }
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
            Operation::CreateIndex { index, .. } => format!("add_{}", index.name),
            Operation::DropIndex { index, .. } => format!("drop_{}", index.name),
            Operation::RebuildTable { to, changes, .. } => {
                changes.first().map_or_else(|| format!("change_{}", to.name), |change| change.slug(&to.name))
            }
        }
    }

    /// The step that undoes this one.
    pub fn inverse(&self) -> Operation {
        match self.clone() {
            Operation::CreateTable(table) => Operation::DropTable(table),
            Operation::DropTable(table) => Operation::CreateTable(table),
            Operation::RenameTable { from, to } => Operation::RenameTable { from: to, to: from },
            Operation::AddColumn { table, column } => Operation::DropColumn { table, column, index: 0 },
            Operation::DropColumn { table, mut column, .. } => {
                if column.not_null && column.default.is_none() {
                    column.text.push_str(&format!(" DEFAULT {}", stand_in(&column)));
                }
                Operation::AddColumn { table, column }
            }
            Operation::RenameColumn { table, from, to } => {
                Operation::RenameColumn { table, from: to, to: from }
            }
            Operation::CreateIndex { table, index } => Operation::DropIndex { table, index },
            Operation::DropIndex { table, index } => Operation::CreateIndex { table, index },
            Operation::RebuildTable { from, to, changes, .. } => {
                let copy = from
                    .columns
                    .iter()
                    .filter(|column| column.generated.is_none())
                    .filter_map(|column| {
                        let value = match to.column(&column.name) {
                            Some(kept) if column.not_null && !kept.not_null && !to.is_key(&kept.name) => {
                                Copied::Filled(kept.name.clone(), stand_in(column))
                            }
                            Some(kept) => Copied::Column(kept.name.clone()),
                            None if column.not_null && column.default.is_none() => {
                                Copied::Value(stand_in(column))
                            }
                            None => return None,
                        };
                        Some((column.name.clone(), value))
                    })
                    .collect();
                let triggers = from.triggers.clone();
                let before = Table { triggers, ..from };
                Operation::RebuildTable { from: to, to: before, changes, copy }
            }
        }
    }

    /// The statements, each without its semicolon.
    pub fn sql(&self) -> Vec<String> {
        match self {
            Operation::CreateTable(table) => {
                let mut statements = vec![table.create.clone()];
                statements.extend(table.indexes.iter().map(|index| index.create.clone()));
                statements.extend(table.triggers.iter().cloned());
                statements
            }
            Operation::DropTable(table) => vec![format!("DROP TABLE {}", name(&table.name))],
            Operation::RenameTable { from, to } => {
                vec![format!("ALTER TABLE {} RENAME TO {}", name(from), name(to))]
            }
            Operation::AddColumn { table, column } => {
                vec![format!("ALTER TABLE {} ADD COLUMN {}", name(table), column.text)]
            }
            Operation::DropColumn { table, column, .. } => {
                vec![format!("ALTER TABLE {} DROP COLUMN {}", name(table), name(&column.name))]
            }
            Operation::RenameColumn { table, from, to } => {
                vec![format!("ALTER TABLE {} RENAME COLUMN {} TO {}", name(table), name(from), name(to))]
            }
            Operation::CreateIndex { index, .. } => vec![index.create.clone()],
            Operation::DropIndex { index, .. } => vec![format!("DROP INDEX {}", name(&index.name))],
            Operation::RebuildTable { to, copy, .. } => rebuild(to, copy),
        }
    }
}

/// A value for rows whose own is lost, by the column's type.
fn stand_in(column: &Column) -> String {
    if let Some(fill) = &column.fill {
        return fill.clone();
    }
    let kind = column.type_text.to_uppercase();
    let textual =
        ["CHAR", "TEXT", "CLOB", "DATE", "TIME", "JSON", "UUID"].iter().any(|part| kind.contains(part));
    if textual { "''".into() } else { "0".into() }
}

/// SQLite's own order for what ALTER TABLE cannot do: new table, copy, drop, rename, indexes, triggers. Foreign keys
/// are off while it runs, which the runner sees to.
fn rebuild(to: &Table, copy: &[(String, Copied)]) -> Vec<String> {
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
    statements.push(format!(
        "INSERT INTO {} ({}) SELECT {} FROM {}",
        name(&new),
        columns.join(", "),
        values.join(", "),
        name(&to.name)
    ));
    if to.autoincrement {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        statements.push(format!(
            "UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = {}) WHERE name = {}",
            quoted(&to.name),
            quoted(&new)
        ));
    }
    statements.push(format!("DROP TABLE {}", name(&to.name)));
    statements.push(format!("ALTER TABLE {} RENAME TO {}", name(&new), name(&to.name)));
    statements.extend(to.indexes.iter().map(|index| index.create.clone()));
    statements.extend(to.triggers.iter().cloned());
    statements
}

/// CREATE TABLE under another name.
fn renamed_create(create: &str, new: &str) -> String {
    let all = tokens(create);
    match all.iter().find(|token| token.kind == TokenKind::Open) {
        Some(open) => format!("CREATE TABLE {} {}", name(new), &create[open.start..]),
        None => create.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::compare::{Answers, Rename, compare};
    use super::super::spec::Table;

    fn table(create: &str) -> Table {
        let name = create.split_whitespace().nth(2).unwrap_or("t").to_string();
        Table::read(&name, create, &[])
    }

    fn sql(models: &[Table], live: &[Table], answers: &Answers) -> Vec<String> {
        compare(models, live, answers).operations.iter().flat_map(super::Operation::sql).collect()
    }

    #[test]
    fn a_rename_keeps_its_data_and_a_question_is_asked_before() {
        let live = [table("CREATE TABLE raccoon (id INTEGER NOT NULL, age INTEGER, PRIMARY KEY (id))")];
        let model = [table("CREATE TABLE raccoon (id INTEGER NOT NULL, years INTEGER, PRIMARY KEY (id))")];
        let asked = compare(&model, &live, &Answers::default());
        assert_eq!(asked.questions.len(), 1);
        let rename = Rename { table: Some("raccoon".into()), from: "age".into(), to: "years".into() };
        let answers = Answers { renames: vec![rename], ..Answers::default() };
        assert_eq!(sql(&model, &live, &answers), ["ALTER TABLE raccoon RENAME COLUMN age TO years"]);
        assert!(compare(&model, &model, &Answers::default()).operations.is_empty());
    }

    #[test]
    fn what_alter_table_cannot_do_is_a_rebuild() {
        let live = [table("CREATE TABLE pet (id INTEGER NOT NULL, name VARCHAR(40), PRIMARY KEY (id))")];
        let model = [table(
            "CREATE TABLE pet (id INTEGER NOT NULL, name VARCHAR(60) NOT NULL, mood TEXT, PRIMARY KEY (id))",
        )];
        let answers =
            Answers { fills: vec![("pet".into(), "name".into(), "'?'".into())], ..Answers::default() };
        let found = compare(&model, &live, &answers);
        assert_eq!(
            found.operations[0].lines(),
            [
                "Detected added column 'pet.mood'",
                "Detected type change from VARCHAR(40) to VARCHAR(60) on 'pet.name'",
                "Detected NOT NULL on column 'pet.name'",
            ]
        );
        let statements = found.operations[0].sql();
        assert!(statements[0].starts_with("CREATE TABLE _new_pet (id INTEGER"));
        assert_eq!(statements[1], "INSERT INTO _new_pet (id, name) SELECT id, coalesce(name, '?') FROM pet");
        assert_eq!(statements[2..], ["DROP TABLE pet", "ALTER TABLE _new_pet RENAME TO pet"]);
        let back = found.operations[0].inverse().sql();
        assert_eq!(back[1], "INSERT INTO _new_pet (id, name) SELECT id, name FROM pet");
    }

    #[test]
    fn a_column_with_a_reference_is_added_in_place() {
        let live = [table("CREATE TABLE pet (id INTEGER NOT NULL, PRIMARY KEY (id))")];
        let model = [table(
            "CREATE TABLE pet (id INTEGER NOT NULL, owner_id INTEGER, PRIMARY KEY (id), FOREIGN KEY(owner_id) \
             REFERENCES owner (id) ON DELETE CASCADE)",
        )];
        assert_eq!(
            sql(&model, &live, &Answers::default()),
            ["ALTER TABLE pet ADD COLUMN owner_id INTEGER REFERENCES owner (id) ON DELETE CASCADE"]
        );
    }
}
