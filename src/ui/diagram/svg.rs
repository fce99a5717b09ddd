//! An SVG picture of a schema: boxes with rows, lines from each foreign key to the column it names.
//!
//! Owns shapes and colours of the picture, which reads on light and dark pages. Must not know where boxes stand.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::dot::escape;
use super::layout::{Size, place};
use super::{links, marks};
use crate::project::schema::{Schema, Table};

const ROW: f64 = 20.0;
const HEAD: f64 = 26.0;
const PAD: f64 = 10.0;
/// The width of a character of 12 pixels in a fixed-width face.
const LETTER: f64 = 7.25;

const STYLE: &str = "\
  .page { fill: #fbfbfd } .box { fill: #ffffff; stroke: #8a94a6; stroke-width: 1 } .head { fill: #dfe7f5; stroke: #8a94a6 }
  text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #1d2433 } .title { font-weight: bold }
  .type { fill: #5a6577 } .mark { fill: #8a4b08 } .line { fill: none; stroke: #55627a; stroke-width: 1.3 }
  .rule { stroke: #e6e9f0 }
";

struct Widths {
    name: f64,
    kind: f64,
    marks: f64,
}

fn text_width(text: &str) -> f64 {
    text.width() as f64 * LETTER
}

fn widths(table: &Table) -> Widths {
    let most = |width: &dyn Fn(&crate::project::schema::Column) -> f64| {
        table.columns.iter().map(width).fold(0.0, f64::max)
    };
    Widths {
        name: most(&|column| text_width(&column.name)),
        kind: most(&|column| text_width(&type_of(column))),
        marks: most(&|column| text_width(&marks(column).join(" "))),
    }
}

/// A question mark says that NULL is allowed.
fn type_of(column: &crate::project::schema::Column) -> String {
    format!("{}{}", column.type_text, if column.nullable { "?" } else { "" })
}

pub fn svg(schema: &Schema) -> String {
    let sizes: Vec<Size> = schema
        .tables
        .iter()
        .map(|table| {
            let widths = widths(table);
            let rows = 4.0 * PAD + widths.name + widths.kind + widths.marks;
            Size {
                width: rows.max(text_width(&table.name) + 2.0 * PAD),
                height: HEAD + ROW * table.columns.len() as f64,
            }
        })
        .collect();
    let links = links(schema);
    let number = |table: &Table| {
        schema
            .tables
            .iter()
            .position(|one| std::ptr::eq(one, table))
            .expect("links join tables of the schema")
    };
    let edges: Vec<(usize, usize)> = links.iter().map(|link| (number(link.from), number(link.to))).collect();
    let (corners, (width, height)) = place(&sizes, &edges);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\">"
    );
    let _ = write!(out, "<style>\n{STYLE}</style>\n<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n");
    for (link, &(from, to)) in links.iter().zip(&edges) {
        let row = |table: &Table, name: &str| {
            let place = table.columns.iter().position(|column| column.name == name).unwrap_or(0);
            HEAD + ROW * (place as f64 + 0.5)
        };
        let start = (corners[from].0, corners[from].1 + row(link.from, &link.column.name));
        let end = (corners[to].0, corners[to].1 + row(link.to, link.target));
        let ends = Ends { start, end, widths: (sizes[from].width, sizes[to].width) };
        line(&mut out, &ends, link.unique, link.column.nullable);
    }
    for (table, (corner, size)) in schema.tables.iter().zip(corners.iter().zip(&sizes)) {
        draw(&mut out, table, *corner, size);
    }
    out.push_str("</svg>\n");
    out
}

fn draw(out: &mut String, table: &Table, (x, y): (f64, f64), size: &Size) {
    let (width, height) = (size.width, size.height);
    let _ = writeln!(out, "<g transform=\"translate({x:.1} {y:.1})\">");
    let _ = writeln!(out, "<rect class=\"box\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"4\"/>");
    let _ = writeln!(out, "<rect class=\"head\" width=\"{width:.1}\" height=\"{HEAD}\" rx=\"4\"/>");
    let _ = writeln!(
        out,
        "<text class=\"title\" x=\"{:.1}\" y=\"17.5\" text-anchor=\"middle\">{}</text>",
        width / 2.0,
        escape(&table.name)
    );
    let widths = widths(table);
    let kind_at = 2.0 * PAD + widths.name;
    for (number, column) in table.columns.iter().enumerate() {
        let top = HEAD + ROW * number as f64;
        if number > 0 {
            let _ = writeln!(
                out,
                "<line class=\"rule\" x1=\"1\" x2=\"{:.1}\" y1=\"{top}\" y2=\"{top}\"/>",
                width - 1.0
            );
        }
        let base = top + 14.0;
        let _ = writeln!(out, "<text x=\"{PAD}\" y=\"{base}\">{}</text>", escape(&column.name));
        let _ = writeln!(
            out,
            "<text class=\"type\" x=\"{kind_at:.1}\" y=\"{base}\">{}</text>",
            escape(&type_of(column))
        );
        let marks = marks(column).join(" ");
        if !marks.is_empty() {
            let _ = writeln!(
                out,
                "<text class=\"mark\" x=\"{:.1}\" y=\"{base}\" text-anchor=\"end\">{marks}</text>",
                width - PAD
            );
        }
    }
    out.push_str("</g>\n");
}

/// The rows at which a line begins and ends: left edges of their boxes, and the boxes' widths.
struct Ends {
    start: (f64, f64),
    end: (f64, f64),
    widths: (f64, f64),
}

/// A line from the row that refers to the row referred to, with a crow's foot at the many side.
fn line(out: &mut String, ends: &Ends, unique: bool, nullable: bool) {
    let (mut start, mut end) = (ends.start, ends.end);
    // Each end leaves its box at the side that faces the other; a box that refers to itself, at its right.
    let (mut away, mut toward) = (-1.0, 1.0);
    if ends.start.0 + ends.widths.0 <= ends.end.0 {
        start.0 += ends.widths.0;
        (away, toward) = (1.0, -1.0);
    } else if ends.end.0 + ends.widths.1 <= ends.start.0 {
        end.0 += ends.widths.1;
    } else {
        start.0 += ends.widths.0;
        end.0 += ends.widths.1;
        (away, toward) = (1.0, 1.0);
    }
    let bend = ((start.0 - end.0).abs() / 2.0).clamp(36.0, 120.0);
    let (sx, sy) = start;
    let (ex, ey) = end;
    let _ = writeln!(
        out,
        "<path class=\"line\" d=\"M{sx:.1} {sy:.1} C{:.1} {sy:.1} {:.1} {ey:.1} {ex:.1} {ey:.1}\"/>",
        sx + away * bend,
        ex + toward * bend
    );
    if unique {
        let at = sx + away * 6.0;
        let _ = writeln!(out, "<path class=\"line\" d=\"M{at:.1} {:.1} V{:.1}\"/>", sy - 5.0, sy + 5.0);
    } else {
        let tip = sx + away * 10.0;
        let _ = writeln!(
            out,
            "<path class=\"line\" d=\"M{sx:.1} {:.1} L{tip:.1} {sy:.1} L{sx:.1} {:.1}\"/>",
            sy - 5.0,
            sy + 5.0
        );
    }
    let at = ex + toward * 6.0;
    if nullable {
        let _ = writeln!(out, "<circle class=\"line\" cx=\"{at:.1}\" cy=\"{ey:.1}\" r=\"3.5\"/>");
    } else {
        let _ = writeln!(out, "<path class=\"line\" d=\"M{at:.1} {:.1} V{:.1}\"/>", ey - 5.0, ey + 5.0);
    }
}
