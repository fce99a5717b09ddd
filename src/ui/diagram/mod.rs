//! Schemas as pictures and outlines: Mermaid, Graphviz, SVG, plain text.
//!
//! Owns how each looks; all are drawn from `project::schema`. Must not know where a schema came from.

mod dot;
mod layout;
mod mermaid;
mod outline;
mod svg;

pub use dot::dot;
pub use mermaid::mermaid;
pub use outline::outline;
pub use svg::svg;

use crate::project::schema::{Column, Schema, Table};

/// How many rows of one side belong to a row of the other, read off a foreign key.
struct Link<'a> {
    /// The table that refers, and its column.
    from: &'a Table,
    column: &'a Column,
    /// The table referred to, and its column's name.
    to: &'a Table,
    target: &'a str,
    /// At most one row refers to each.
    unique: bool,
}

/// Every foreign key whose target is part of the schema, in the order of the tables.
fn links(schema: &Schema) -> Vec<Link<'_>> {
    let mut links = Vec::new();
    for from in &schema.tables {
        for column in &from.columns {
            for key in &column.foreign_keys {
                let Some(to) = schema.tables.iter().find(|table| table.name == key.table) else { continue };
                links.push(Link { from, column, to, target: &key.column, unique: from.is_unique(column) });
            }
        }
    }
    links
}

/// `PK`, `FK`, `UK`, as they apply.
fn marks(column: &Column) -> Vec<&'static str> {
    let all = [
        ("PK", column.primary_key),
        ("FK", !column.foreign_keys.is_empty()),
        ("UK", column.unique && !column.primary_key),
    ];
    all.into_iter().filter(|(_, on)| *on).map(|(mark, _)| mark).collect()
}

#[cfg(test)]
mod tests;
