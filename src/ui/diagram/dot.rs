//! A Graphviz graph: a table each, foreign keys from column to column.
//!
//! Owns its words. Must not know other forms.

use std::fmt::Write;

use super::{links, marks};
use crate::project::schema::Schema;

pub fn dot(schema: &Schema) -> String {
    let mut out = String::from(
        "digraph schema {\n    rankdir=LR;\n    node [shape=plain, fontname=\"Helvetica\", fontsize=11];\n    edge [arrowsize=0.8];\n",
    );
    for table in &schema.tables {
        let _ = writeln!(out, "    {} [label=<", id(&table.name));
        out.push_str("        <table border=\"0\" cellborder=\"1\" cellspacing=\"0\" cellpadding=\"4\">\n");
        let _ = writeln!(
            out,
            "        <tr><td bgcolor=\"#dfe7f5\" colspan=\"3\"><b>{}</b></td></tr>",
            escape(&table.name)
        );
        for (number, column) in table.columns.iter().enumerate() {
            let null = if column.nullable { "null" } else { "" };
            let mut notes = marks(column);
            notes.extend(Some(null).filter(|null| !null.is_empty()));
            let _ = writeln!(
                out,
                "        <tr><td port=\"c{number}\" align=\"left\">{}</td><td align=\"left\">{}</td><td align=\"left\">{}</td></tr>",
                escape(&column.name),
                escape(&column.type_text),
                notes.join(" ")
            );
        }
        out.push_str("        </table>>];\n");
    }
    for link in links(schema) {
        let place = |table: &crate::project::schema::Table, name: &str| {
            table.columns.iter().position(|column| column.name == name).unwrap_or(0)
        };
        let tail = if link.unique { "teeodot" } else { "crowodot" };
        let head = if link.column.nullable { "teeodot" } else { "teetee" };
        let _ = writeln!(
            out,
            "    {}:c{} -> {}:c{} [dir=both, arrowtail={tail}, arrowhead={head}];",
            id(&link.from.name),
            place(link.from, &link.column.name),
            id(&link.to.name),
            place(link.to, link.target)
        );
    }
    out.push_str("}\n");
    out
}

fn id(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
