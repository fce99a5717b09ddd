//! The relation card of a model (`Student?`) and the description of a table (`\d students`).
//!
//! Owns their layout. Must not know mappers or reflection: both are handed over as plain data.

use unicode_width::UnicodeWidthStr;

use super::text::{Label, Text};

/// A column of a card.
#[derive(Clone, Debug, Default)]
pub struct ColumnLine {
    pub name: String,
    pub kind: String,
    pub primary_key: bool,
    pub nullable: bool,
    pub unique: bool,
    /// `students.id`
    pub references: Option<String>,
    pub default: Option<String>,
}

/// A relationship of a card.
#[derive(Clone, Debug, Default)]
pub struct RelationLine {
    pub key: String,
    pub is_list: bool,
    pub target: String,
    /// `excuses.student_id = students.id`
    pub join: String,
    pub lazy: String,
    /// `Excuse.student`
    pub back: Option<String>,
}

/// A mapped class.
#[derive(Clone, Debug, Default)]
pub struct ModelCard {
    pub class: String,
    pub table: String,
    pub rows: Option<u64>,
    pub place: Option<String>,
    pub doc: Option<String>,
    pub columns: Vec<ColumnLine>,
    pub relations: Vec<RelationLine>,
    /// Proxies, hybrids, synonyms: name and kind.
    pub others: Vec<(String, String)>,
    pub remarks: Vec<String>,
}

/// A table of the database.
#[derive(Clone, Debug, Default)]
pub struct TableCard {
    pub table: String,
    pub rows: Option<u64>,
    pub columns: Vec<ColumnLine>,
    /// Name, uniqueness, columns.
    pub indexes: Vec<(String, bool, Vec<String>)>,
    /// `excuses.student_id -> students.id`
    pub referenced_by: Vec<String>,
}

pub fn model(card: &ModelCard) -> Text {
    let mut out = Text::new();
    out.push(Label::Entity, &card.class).plain("  table ").data(Label::Name, &card.table);
    append_rows(&mut out, card.rows);
    if let Some(place) = &card.place {
        out.push(Label::Dim, format!("  {place}"));
    }
    out.line();
    if let Some(doc) = &card.doc {
        out.plain("  ").data(Label::Comment, doc).line();
    }
    append_columns(&mut out, &card.columns);
    let key = card.relations.iter().map(|line| line.key.width()).max().unwrap_or(0);
    let target = card.relations.iter().map(|line| line.target.width()).max().unwrap_or(0);
    let join = card.relations.iter().map(|line| line.join.width()).max().unwrap_or(0);
    for line in &card.relations {
        out.plain("  .").data(Label::Name, &line.key).plain(" ".repeat(key - line.key.width()));
        out.push(Label::Dim, if line.is_list { "  many  " } else { "  one   " });
        out.push(Label::Entity, &line.target).plain(" ".repeat(target - line.target.width()));
        out.plain("  ").data(Label::Plain, &line.join).plain(" ".repeat(join - line.join.width()));
        out.push(Label::Dim, format!("  lazy {}", line.lazy));
        if let Some(back) = &line.back {
            out.push(Label::Dim, format!("  back: {back}"));
        }
        out.line();
    }
    for (name, kind) in &card.others {
        out.plain("  .").data(Label::Name, name).push(Label::Dim, format!("  {kind}")).line();
    }
    for remark in &card.remarks {
        out.push(Label::Warning, "  ! ").data(Label::Plain, remark).line();
    }
    out
}

pub fn table(card: &TableCard) -> Text {
    let mut out = Text::new();
    out.plain("table ").data(Label::Entity, &card.table);
    append_rows(&mut out, card.rows);
    out.line();
    append_columns(&mut out, &card.columns);
    if !card.indexes.is_empty() {
        out.plain("Indexes\n");
        for (name, unique, columns) in &card.indexes {
            out.plain("  ").data(Label::Name, name);
            out.plain(format!(" ({}){}\n", columns.join(", "), if *unique { " unique" } else { "" }));
        }
    }
    if !card.referenced_by.is_empty() {
        out.plain("Referenced by\n");
        for line in &card.referenced_by {
            out.plain("  ").data(Label::Plain, line).line();
        }
    }
    out
}

fn append_rows(out: &mut Text, rows: Option<u64>) {
    match rows {
        Some(1) => drop(out.push(Label::Dim, "  1 row")),
        Some(rows) => drop(out.push(Label::Dim, format!("  {rows} rows"))),
        None => {}
    }
}

fn append_columns(out: &mut Text, columns: &[ColumnLine]) {
    let name = columns.iter().map(|column| column.name.width()).max().unwrap_or(0);
    let kind = columns.iter().map(|column| column.kind.width()).max().unwrap_or(0);
    for column in columns {
        out.plain("  ").data(Label::Name, &column.name).plain(" ".repeat(name - column.name.width() + 2));
        out.data(Label::Type, &column.kind);
        let mut facts = Vec::new();
        if column.primary_key {
            facts.push("primary key".to_string());
        } else if !column.nullable {
            facts.push("not null".to_string());
        }
        if column.unique {
            facts.push("unique".to_string());
        }
        if let Some(target) = &column.references {
            facts.push(format!("-> {target}"));
        }
        if let Some(default) = &column.default {
            facts.push(format!("default {default}"));
        }
        if !facts.is_empty() {
            out.plain(" ".repeat(kind - column.kind.width() + 2)).data(Label::Plain, &facts.join(", "));
        }
        out.line();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_card() {
        let column = |name: &str, kind: &str| ColumnLine {
            name: name.into(),
            kind: kind.into(),
            nullable: true,
            ..ColumnLine::default()
        };
        let card = ModelCard {
            class: "Excuse".into(),
            table: "excuses".into(),
            rows: Some(27),
            place: Some("app.py:31".into()),
            columns: vec![
                ColumnLine { primary_key: true, ..column("id", "INTEGER") },
                ColumnLine { nullable: false, ..column("text", "VARCHAR(80)") },
                ColumnLine { references: Some("students.id".into()), ..column("student_id", "INTEGER") },
            ],
            relations: vec![RelationLine {
                key: "student".into(),
                target: "Student".into(),
                join: "students.id = excuses.student_id".into(),
                lazy: "select".into(),
                back: Some("Student.excuses".into()),
                ..RelationLine::default()
            }],
            remarks: vec!["no index on excuses.student_id: walking Student.excuses scans excuses".into()],
            ..ModelCard::default()
        };
        insta::assert_snapshot!(model(&card).to_plain());
    }
}
