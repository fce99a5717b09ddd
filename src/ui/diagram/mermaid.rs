//! A Mermaid entity diagram.
//!
//! Owns its words and what its grammar does not take. Must not know other forms.

use std::fmt::Write;

use super::{links, marks};
use crate::project::schema::Schema;

pub fn mermaid(schema: &Schema) -> String {
    let mut out = String::from("erDiagram\n");
    for table in &schema.tables {
        let _ = writeln!(out, "    {} {{", entity(&table.name));
        for column in &table.columns {
            let marks = marks(column).join(", ");
            let note = if column.nullable || column.primary_key { "" } else { " \"not null\"" };
            let gap = if marks.is_empty() { "" } else { " " };
            let _ =
                writeln!(out, "        {} {}{gap}{marks}{note}", word(&column.type_text), word(&column.name));
        }
        out.push_str("    }\n");
    }
    for link in links(schema) {
        let one = if link.column.nullable { "|o" } else { "||" };
        let many = if link.unique { "o|" } else { "o{" };
        let (to, from) = (entity(&link.to.name), entity(&link.from.name));
        let _ = writeln!(out, "    {to} {one}--{many} {from} : \"{}\"", link.column.name.replace('"', "'"));
    }
    out
}

/// A table's name; in quotes unless it is a plain word.
fn entity(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if plain { name.to_string() } else { format!("\"{}\"", name.replace('"', "'")) }
}

/// A type or a column: letters, digits, underscores and brackets, a letter in front.
fn word(text: &str) -> String {
    let text = text.replace(", ", ",");
    let mut word: String = text
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '_' | '(' | ')') { c } else { '_' })
        .collect();
    if !word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        word.insert(0, '_');
    }
    word
}
