//! The schema as text for reading: tables with their columns, classes with their relationships.
//!
//! Owns the lines. Must not know other forms.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use crate::project::schema::{Column, Relation, Schema, Table};

pub fn outline(schema: &Schema) -> String {
    let mut out = String::new();
    for table in &schema.tables {
        let classes: Vec<&str> = schema
            .mappers
            .iter()
            .filter(|mapper| mapper.table == table.name)
            .map(|mapper| mapper.class.as_str())
            .collect();
        let title = if classes.is_empty() {
            table.name.clone()
        } else {
            format!("{} ({})", table.name, classes.join(", "))
        };
        let _ = writeln!(out, "{title}");
        columns(&mut out, table);
        for mapper in schema.mappers.iter().filter(|mapper| mapper.table == table.name) {
            for relation in &mapper.relationships {
                let _ = writeln!(out, "  .{}", relationship(relation));
            }
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn columns(out: &mut String, table: &Table) {
    let width = |text: fn(&Column) -> &str| {
        table.columns.iter().map(|column| text(column).width()).max().unwrap_or(0)
    };
    let (names, types) = (width(|column| &column.name), width(|column| &column.type_text));
    let pad = |text: &str, width: usize| format!("{text}{}", " ".repeat(width.saturating_sub(text.width())));
    for column in &table.columns {
        let mut notes = Vec::new();
        if column.primary_key {
            notes.push("primary key".to_string());
        } else if !column.nullable {
            notes.push("not null".to_string());
        }
        if column.unique {
            notes.push("unique".to_string());
        }
        if column.index {
            notes.push("indexed".to_string());
        }
        notes.extend(column.server_default.iter().map(|default| format!("default {default}")));
        for key in &column.foreign_keys {
            let action = key.ondelete.as_ref().map_or(String::new(), |action| format!(" on delete {action}"));
            notes.push(format!("-> {}.{}{action}", key.table, key.column));
        }
        let line = format!(
            "  {}  {}  {}",
            pad(&column.name, names),
            pad(&column.type_text, types),
            notes.join(", ")
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// `excuses: many Excuse, lazy dynamic, back .student`
fn relationship(relation: &Relation) -> String {
    let count = if relation.uselist { "many" } else { "one" };
    let mut line = format!("{}: {count} {}", relation.key, relation.target);
    if let Some(table) = &relation.secondary {
        let _ = write!(line, " through {table}");
    }
    if relation.lazy != "select" {
        let _ = write!(line, ", lazy {}", relation.lazy);
    }
    if let Some(back) = relation.back_populates.as_ref().or(relation.backref.as_ref()) {
        let _ = write!(line, ", back .{back}");
    }
    line
}
