//! Each form over one small schema, as snapshots; the layout over a large one.

use super::layout::{Size, place};
use super::{dot, mermaid, outline, svg};
use crate::project::schema::{Column, ForeignKey, MappedClass, Relation, Schema, Table};

fn column(name: &str, type_text: &str) -> Column {
    Column {
        name: name.into(),
        type_text: type_text.into(),
        nullable: true,
        primary_key: false,
        unique: false,
        index: false,
        server_default: None,
        foreign_keys: Vec::new(),
    }
}

fn table(name: &str, mut columns: Vec<Column>) -> Table {
    columns.insert(0, Column { primary_key: true, nullable: false, ..column("id", "INTEGER") });
    Table {
        name: name.into(),
        columns,
        indexes: Vec::new(),
        create: String::new(),
        create_indexes: Vec::new(),
    }
}

fn key(name: &str, table: &str) -> Column {
    let key = ForeignKey { table: table.into(), column: "id".into(), ondelete: Some("CASCADE".into()) };
    Column { nullable: false, foreign_keys: vec![key], ..column(name, "INTEGER") }
}

fn school() -> Schema {
    let relation = Relation {
        key: "excuses".into(),
        target: "Excuse".into(),
        direction: "ONETOMANY",
        uselist: true,
        lazy: "dynamic",
        back_populates: Some("student".into()),
        backref: None,
        secondary: None,
        cascade: vec!["merge", "save-update"],
        viewonly: false,
        remote_side: vec!["excuses.student_id".into()],
        pairs: vec![("students.id".into(), "excuses.student_id".into())],
    };
    let mapper = MappedClass {
        class: "Student".into(),
        table: "students".into(),
        inherits: None,
        attributes: vec!["id".into(), "name".into()],
        relationships: vec![relation],
        proxies: Vec::new(),
        hybrids: Vec::new(),
        synonyms: Vec::new(),
    };
    let unique = Column { unique: true, nullable: false, ..column("name", "VARCHAR(80)") };
    Schema {
        tables: vec![
            table("students", vec![unique, column("mentor <1>", "NUMERIC(10, 2)")]),
            table("excuses", vec![column("text", "TEXT"), key("student_id", "students")]),
            table("hall passes", vec![Column { unique: true, ..key("student_id", "students") }]),
            table("settings", vec![]),
        ],
        mappers: vec![mapper],
    }
}

#[test]
fn every_form() {
    let schema = school();
    insta::assert_snapshot!("outline", outline(&schema));
    insta::assert_snapshot!("mermaid", mermaid(&schema));
    insta::assert_snapshot!("dot", dot(&schema));
    insta::assert_snapshot!("svg", svg(&schema));
    insta::assert_snapshot!("json", schema.to_json());
}

#[test]
fn no_two_of_thirty_boxes_overlap() {
    let sizes: Vec<Size> = (0..30)
        .map(|n| Size { width: 120.0 + f64::from(n % 5) * 30.0, height: 60.0 + f64::from(n % 7) * 40.0 })
        .collect();
    let mut edges: Vec<(usize, usize)> = (1..24).map(|n| (n, n / 3)).collect();
    edges.extend([(0, 7), (5, 5), (20, 2), (23, 1)]);
    let (corners, (width, height)) = place(&sizes, &edges);
    for (one, (a, size)) in corners.iter().zip(&sizes).enumerate() {
        assert!(a.0 >= 0.0 && a.1 >= 0.0 && a.0 + size.width <= width && a.1 + size.height <= height);
        for (b, other) in corners.iter().zip(&sizes).skip(one + 1) {
            let apart = a.0 + size.width <= b.0
                || b.0 + other.width <= a.0
                || a.1 + size.height <= b.1
                || b.1 + other.height <= a.1;
            assert!(apart, "{a:?} {b:?}");
        }
    }
    assert!(width / height < 4.0 && height / width < 3.0, "{width} x {height}");
}
