//! What a migration would do to the rows that are there, counted before it is written.
//!
//! Owns those questions to the database and their wording. Must not know files or who reads it.

use std::rc::Rc;

use super::database::{number, query};
use super::operation::{Change, Operation, name};
use super::spec::{Column, Table, normal_type};
use crate::engine::DbapiConnection;

/// One line for each loss or obstacle. The database is asked under the names that it has now.
pub fn lines(connection: &Rc<DbapiConnection>, operations: &[Operation]) -> Vec<String> {
    let mut teller = Teller { connection, renamed: Vec::new(), lines: Vec::new() };
    for operation in operations {
        teller.operation(operation);
    }
    teller.lines
}

struct Teller<'a> {
    connection: &'a Rc<DbapiConnection>,
    /// Tables and columns under their new and old names.
    renamed: Vec<(Option<String>, String, String)>,
    lines: Vec<String>,
}

fn rows(count: i64) -> String {
    if count == 1 { "1 row".into() } else { format!("{count} rows") }
}

fn verb<'a>(count: i64, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

impl Teller<'_> {
    fn old_table<'n>(&'n self, table: &'n str) -> &'n str {
        let known = self.renamed.iter().find(|(of, new, _)| of.is_none() && new == table);
        known.map_or(table, |(_, _, old)| old)
    }

    fn old_column<'n>(&'n self, table: &str, column: &'n str) -> &'n str {
        let known = self.renamed.iter().find(|(of, new, _)| of.as_deref() == Some(table) && new == column);
        known.map_or(column, |(_, _, old)| old)
    }

    /// How many rows of a table meet a condition; 0 where that cannot be asked.
    fn count(&self, table: &str, condition: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {} WHERE {condition}", name(self.old_table(table)));
        let counted = query(self.connection, &sql);
        counted.ok().and_then(|rows| rows.first().map(|row| number(&row[0]))).unwrap_or(0)
    }

    fn say(&mut self, line: String) {
        self.lines.push(line);
    }

    fn operation(&mut self, operation: &Operation) {
        match operation {
            Operation::RenameTable { from, to } => {
                self.renamed.push((None, to.clone(), from.clone()));
            }
            Operation::RenameColumn { table, from, to } => {
                self.renamed.push((Some(table.clone()), to.clone(), from.clone()));
            }
            Operation::DropTable(table) => {
                let count = self.count(&table.name, "1");
                if count > 0 {
                    self.say(format!(
                        "{}: {} {} with the table",
                        table.name,
                        rows(count),
                        verb(count, "goes", "go")
                    ));
                }
            }
            Operation::DropColumn { table, column } => self.lost_column(table, column),
            Operation::CreateIndex { table, index } if index.unique => {
                self.duplicates(table, &index.items, index.condition.as_deref());
            }
            Operation::RebuildTable { from, to, changes, .. } => {
                for change in changes {
                    self.change(from, to, change);
                }
                for index in to
                    .indexes
                    .iter()
                    .filter(|index| index.unique && !from.indexes.iter().any(|other| other.same(index)))
                {
                    self.duplicates(&to.name, &index.items, index.condition.as_deref());
                }
            }
            _ => {}
        }
    }

    fn lost_column(&mut self, table: &str, column: &Column) {
        let column = self.old_column(table, &column.name).to_string();
        let count = self.count(table, &format!("{} IS NOT NULL", name(&column)));
        if count > 0 {
            let verb = verb(count, "loses its", "lose their");
            self.say(format!("{table}.{column}: {} {verb} value", rows(count)));
        }
    }

    fn change(&mut self, from: &Table, to: &Table, change: &Change) {
        let table = &to.name;
        match change {
            Change::RemovedColumn(column) => self.lost_column(table, column),
            Change::Type { from: before, to: column } => self.retyped(table, before, column),
            Change::AddedUnique(unique) => self.duplicates(table, &unique.columns, None),
            Change::AddedCheck(check) => {
                let count = self.count(table, &format!("NOT ({})", check.condition));
                if count > 0 {
                    let verb = verb(count, "does", "do");
                    self.say(format!("{table}: {} {verb} not meet CHECK ({})", rows(count), check.condition));
                }
            }
            Change::AddedForeignKey(key) => {
                let own: Vec<String> = key.columns.iter().map(|one| self.column_of(table, one)).collect();
                if key.columns.iter().any(|column| from.column(column).is_none()) {
                    return;
                }
                let alias = name(self.old_table(table));
                let pairs: Vec<String> = own
                    .iter()
                    .zip(&key.referred)
                    .map(|(own, other)| format!("p.{} = {alias}.{own}", name(other)))
                    .collect();
                let there: Vec<String> = own.iter().map(|own| format!("{own} IS NOT NULL")).collect();
                let count = self.count(
                    table,
                    &format!(
                        "{} AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})",
                        there.join(" AND "),
                        name(self.old_table(&key.table)),
                        pairs.join(" AND ")
                    ),
                );
                if count > 0 {
                    let verb = verb(count, "refers", "refer");
                    self.say(format!(
                        "{table}: {} {verb} to a row of {} that is not there",
                        rows(count),
                        key.table
                    ));
                }
            }
            _ => {}
        }
    }

    fn column_of(&self, table: &str, column: &str) -> String {
        name(self.old_column(table, column))
    }

    fn retyped(&mut self, table: &str, before: &Column, column: &Column) {
        let own = self.column_of(table, &column.name);
        let target = normal_type(&column.type_text);
        let kind = target.split('(').next().unwrap_or("").trim().to_string();
        let place = format!("{table}.{}", column.name);
        let length = |ty: &str| -> Option<i64> {
            let text = normal_type(ty);
            text.contains("CHAR").then(|| text.split_once('(')?.1.trim_end_matches(')').parse().ok())?
        };
        if let Some(most) = length(&column.type_text) {
            let count = self.count(table, &format!("length({own}) > {most}"));
            if count > 0 {
                let verb = verb(count, "is", "are");
                self.say(format!(
                    "{place}: {} {verb} longer than {most}; SQLite keeps them whole",
                    rows(count)
                ));
            }
            return;
        }
        let misfit = if ["DATE", "DATETIME", "TIMESTAMP", "TIME"].contains(&kind.as_str()) {
            format!("{own} IS NOT NULL AND (typeof({own}) <> 'text' OR julianday({own}) IS NULL)")
        } else if kind.contains("CHAR")
            || kind.contains("TEXT")
            || kind.contains("CLOB")
            || kind.contains("BLOB")
        {
            return;
        } else {
            format!("typeof({own}) = 'text' AND (trim({own}) = '' OR trim({own}) GLOB '*[^-+0-9.eE]*')")
        };
        let count = self.count(table, &misfit);
        if count > 0 {
            let verb = verb(count, "holds a value that is", "hold values that are");
            self.say(format!(
                "{place}: {} {verb} no {target} (it was {}); kept as written",
                rows(count),
                before.type_text
            ));
        }
    }

    fn duplicates(&mut self, table: &str, columns: &[String], condition: Option<&str>) {
        let own: Vec<String> = columns.iter().map(|column| self.column_of(table, column)).collect();
        let there: Vec<String> = own.iter().map(|column| format!("{column} IS NOT NULL")).collect();
        let restricted = condition.map_or(String::new(), |condition| format!(" AND ({condition})"));
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM {} WHERE {}{restricted} GROUP BY {} HAVING count(*) > 1)",
            name(self.old_table(table)),
            there.join(" AND "),
            own.join(", ")
        );
        let counted = query(self.connection, &sql);
        let count = counted.ok().and_then(|rows| rows.first().map(|row| number(&row[0]))).unwrap_or(0);
        if count > 0 {
            let values = if count == 1 { "1 value stands".into() } else { format!("{count} values stand") };
            self.say(format!(
                "{table}.{}: {values} in more than one row; the upgrade refuses until that is mended",
                columns.join(", ")
            ));
        }
    }
}
