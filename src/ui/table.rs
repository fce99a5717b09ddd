//! Rows as tables, in the forms that SQL shells have: box, table, column, line, list, csv, json, markdown, insert.
//!
//! Owns cells, column alignment, the fitting of a table into a width. Must not know where rows come from.

use comfy_table::{CellAlignment, ContentArrangement, presets};

use super::text::{Label, Text, cut, escape_block, escape_line};

/// One value of a row.
#[derive(Clone, PartialEq, Debug)]
pub enum Cell {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl Cell {
    /// As a person reads it, on one line.
    fn shown(&self) -> String {
        match self {
            Cell::Null => "NULL".to_string(),
            Cell::Int(number) => number.to_string(),
            Cell::Real(number) => format!("{number:?}"),
            Cell::Text(text) => escape_line(text).into_owned(),
            Cell::Blob(bytes) if bytes.len() <= 16 => hex(bytes),
            Cell::Blob(bytes) => format!("{}… ({} bytes)", hex(&bytes[..12]), bytes.len()),
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Cell::Int(_) | Cell::Real(_))
    }

    /// As a SQL literal.
    pub fn literal(&self) -> String {
        match self {
            Cell::Null => "NULL".to_string(),
            Cell::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Cell::Blob(bytes) => format!("X'{}'", &hex(bytes)[2..]),
            other => other.shown(),
        }
    }

    fn json(&self) -> serde_json::Value {
        match self {
            Cell::Null => serde_json::Value::Null,
            Cell::Int(number) => (*number).into(),
            Cell::Real(number) => (*number).into(),
            Cell::Text(text) => text.as_str().into(),
            Cell::Blob(bytes) => hex(bytes).into(),
        }
    }

    /// As a field of a file: text as it is, nothing for NULL.
    fn field(&self) -> String {
        match self {
            Cell::Null => String::new(),
            Cell::Text(text) => text.clone(),
            other => other.shown(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}

/// Named columns and their rows, possibly the first few of more.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    pub fn new<T: Into<String>>(columns: impl IntoIterator<Item = T>) -> Table {
        Table { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    pub fn row(&mut self, cells: Vec<Cell>) -> &mut Table {
        self.rows.push(cells);
        self
    }

    /// A column is set to the right if it holds numbers and nothing but numbers and NULL.
    fn is_numeric(&self, column: usize) -> bool {
        let cells = || self.rows.iter().filter_map(|row| row.get(column));
        cells().any(Cell::is_number) && cells().all(|cell| cell.is_number() || *cell == Cell::Null)
    }
}

/// How rows are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Box,
    Table,
    Column,
    Line,
    List,
    Csv,
    Json,
    Markdown,
    Insert,
}

impl Mode {
    pub const NAMES: [&str; 9] =
        ["box", "table", "column", "line", "list", "csv", "json", "markdown", "insert"];

    pub fn parse(name: &str) -> Option<Mode> {
        let all = [
            Mode::Box,
            Mode::Table,
            Mode::Column,
            Mode::Line,
            Mode::List,
            Mode::Csv,
            Mode::Json,
            Mode::Markdown,
            Mode::Insert,
        ];
        Mode::NAMES.iter().position(|known| *known == name).map(|index| all[index])
    }

    pub fn name(self) -> &'static str {
        Mode::NAMES[self as usize]
    }
}

/// A table in a mode, at most `width` columns wide where the mode can be fitted; `name` is what `insert` inserts into.
pub fn render(table: &Table, mode: Mode, width: usize, name: &str) -> Text {
    match mode {
        Mode::Box => drawn(table, presets::UTF8_FULL_CONDENSED, width),
        Mode::Table => drawn(table, presets::ASCII_FULL_CONDENSED, width),
        Mode::Markdown => drawn(table, presets::ASCII_MARKDOWN, usize::MAX),
        Mode::Column => columns(table, width),
        Mode::Line => lines(table),
        Mode::List => list(table),
        Mode::Csv => csv(table),
        Mode::Json => json(table),
        Mode::Insert => insert(table, name),
    }
}

/// How wide a table is where nothing is cut.
pub fn natural_width(table: &Table) -> usize {
    use unicode_width::UnicodeWidthStr;
    let column = |index: usize| {
        let cells = table.rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.shown().width());
        cells.chain([table.columns[index].width()]).max().unwrap_or(0)
    };
    (0..table.columns.len()).map(|index| column(index) + 3).sum::<usize>() + 1
}

fn drawn(table: &Table, style: comfy_table::TableStyle, width: usize) -> Text {
    let is_markdown = width == usize::MAX;
    let shown = |cell: &Cell| match is_markdown {
        true => cell.shown().replace('|', "\\|"),
        false => cut(&cell.shown(), width.saturating_sub(4).max(8)).into_owned(),
    };
    let mut drawing = comfy_table::Table::new();
    drawing.load_style(style);
    if !is_markdown {
        drawing.set_content_arrangement(ContentArrangement::Dynamic);
        drawing.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    }
    drawing.set_header(table.columns.iter().map(|name| escape_line(name).into_owned()).collect::<Vec<_>>());
    for row in &table.rows {
        drawing.add_row(row.iter().map(shown).collect::<Vec<_>>());
    }
    for index in 0..table.columns.len() {
        if table.is_numeric(index)
            && let Some(column) = drawing.column_mut(index)
        {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut out = Text::new();
    for line in drawing.lines() {
        out.plain(line.trim_end()).line();
    }
    out
}

/// Columns under their names, two blanks between them, each cut to its share of the width.
fn columns(table: &Table, width: usize) -> Text {
    use unicode_width::UnicodeWidthStr;
    let count = table.columns.len().max(1);
    let share = (width.saturating_sub(2 * (count - 1)) / count).max(6);
    let shown: Vec<Vec<String>> =
        table.rows.iter().map(|row| row.iter().map(Cell::shown).collect()).collect();
    let natural = |index: usize| {
        let cells = shown.iter().filter_map(|row| row.get(index)).map(|cell| cell.width());
        cells.chain([escape_line(&table.columns[index]).width()]).max().unwrap_or(0)
    };
    let naturals: Vec<usize> = (0..table.columns.len()).map(natural).collect();
    // What narrow columns leave over goes to the wide ones.
    let spare: usize = naturals.iter().map(|natural| share.saturating_sub(*natural)).sum();
    let wide = naturals.iter().filter(|natural| **natural > share).count().max(1);
    let widths: Vec<usize> = naturals.iter().map(|natural| (*natural).min(share + spare / wide)).collect();
    let mut out = Text::new();
    let mut put = |cells: &[String], label: Label| {
        let mut line = String::new();
        for (index, cell) in cells.iter().enumerate() {
            let cell = cut(cell, widths[index]);
            let gap = " ".repeat(widths[index].saturating_sub(cell.width()));
            let separator = if index == 0 { "" } else { "  " };
            match label == Label::Plain && table.is_numeric(index) {
                true => line.push_str(&format!("{separator}{gap}{cell}")),
                false => line.push_str(&format!("{separator}{cell}{gap}")),
            }
        }
        out.push(label, line.trim_end()).line();
    };
    put(&table.columns.iter().map(|name| escape_line(name).into_owned()).collect::<Vec<_>>(), Label::Heading);
    for row in &shown {
        put(row, Label::Plain);
    }
    out
}

fn lines(table: &Table) -> Text {
    use unicode_width::UnicodeWidthStr;
    let widest = table.columns.iter().map(|name| name.width()).max().unwrap_or(0);
    let mut out = Text::new();
    for (number, row) in table.rows.iter().enumerate() {
        if number > 0 {
            out.line();
        }
        for (name, cell) in table.columns.iter().zip(row) {
            out.plain(" ".repeat(widest - name.width())).data(Label::Heading, name).plain(" = ");
            let label = if *cell == Cell::Null { Label::Null } else { Label::Plain };
            out.push(label, cell.shown()).line();
        }
    }
    out
}

fn list(table: &Table) -> Text {
    let mut out = Text::new();
    for row in &table.rows {
        out.plain(row.iter().map(Cell::shown).collect::<Vec<_>>().join("|")).line();
    }
    out
}

fn csv(table: &Table) -> Text {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(&table.columns).and_then(|()| {
        table.rows.iter().try_for_each(|row| writer.write_record(row.iter().map(Cell::field)))
    });
    let bytes = written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default();
    Text::of(Label::Plain, escape_block(&String::from_utf8_lossy(&bytes)))
}

fn json(table: &Table) -> Text {
    let object = |row: &Vec<Cell>| {
        let pairs = table.columns.iter().cloned().zip(row.iter().map(Cell::json));
        serde_json::Value::Object(pairs.collect())
    };
    let rows: Vec<String> = table.rows.iter().map(|row| object(row).to_string()).collect();
    Text::of(Label::Plain, format!("[{}]\n", rows.join(",\n ")))
}

fn insert(table: &Table, name: &str) -> Text {
    let quoted = |name: &str| match name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        true => name.to_string(),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    };
    let columns: Vec<String> = table.columns.iter().map(|column| quoted(column)).collect();
    let mut out = Text::new();
    for row in &table.rows {
        let values: Vec<String> = row.iter().map(Cell::literal).collect();
        let statement =
            format!("INSERT INTO {} ({}) VALUES ({});", quoted(name), columns.join(", "), values.join(", "));
        out.append(super::highlight::sql(&escape_block(&statement))).line();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut table = Table::new(["id", "name", "weight"]);
        table.row(vec![Cell::Int(1), Cell::Text("Bandit".into()), Cell::Real(4.0)]);
        table.row(vec![Cell::Int(12), Cell::Text("It's\n\u{1b}[2J | new".into()), Cell::Null]);
        table
    }

    #[test]
    fn every_mode() {
        let all: Vec<String> = Mode::NAMES
            .iter()
            .map(|name| {
                let mode = Mode::parse(name).expect("each name is a mode");
                assert_eq!(mode.name(), *name);
                format!("{name}\n{}", render(&sample(), mode, 40, "raccoons").to_plain())
            })
            .collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn a_wide_table_is_fitted() {
        let mut table = Table::new(["id", "text"]);
        table.row(vec![Cell::Int(1), Cell::Text("a long excuse about a bus that never came ".repeat(4))]);
        for mode in [Mode::Box, Mode::Table, Mode::Column] {
            let text = render(&table, mode, 40, "").to_plain();
            assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
        }
    }
}
