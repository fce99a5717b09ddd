//! The text of a models file from reflected tables.
//!
//! Owns which classes, columns and relationships are written, and in what order. Must not know where tables come from.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::names;
use crate::engine::reflection::{ReflectedColumn, ReflectedForeignKey, ReflectedTable};

/// A relationship to be written.
struct Relation {
    name: String,
    target: String,
    back: String,
    arguments: Vec<String>,
}

struct Model<'a> {
    table: &'a ReflectedTable,
    class: String,
    /// Attribute name of each column, in the order of the columns.
    attributes: Vec<String>,
    relations: Vec<Relation>,
}

/// A whole models file. `fits` says whether the values of a column can be read as its declared type.
pub fn models_source(
    tables: &[ReflectedTable],
    uri: &str,
    fits: &dyn Fn(&str, &ReflectedColumn) -> bool,
) -> String {
    let visible = visible(tables);
    let (joins, rest): (Vec<&ReflectedTable>, Vec<&ReflectedTable>) =
        visible.iter().partition(|table| is_join_table(table, &visible));
    let variables: Vec<String> = joins.iter().map(|join| join_variable(&join.name)).collect();
    let mut models = name_models(&rest, &variables);
    relate(&mut models, &visible, &variables);
    relate_many_to_many(&mut models, &joins, &variables);
    let mut text = String::from(
        "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\n",
    );
    let _ = writeln!(text, "app.config[\"SQLALCHEMY_DATABASE_URI\"] = {}", quoted(uri));
    text.push_str("db = SQLAlchemy(app)\n");
    for (join, variable) in joins.iter().zip(&variables) {
        write_join(&mut text, join, variable, &Written { fits, all: &visible });
    }
    for model in &models {
        write_model(&mut text, model, &Written { fits, all: &visible });
    }
    text
}

/// The names of the tables that people made.
pub fn made_by_people(tables: &[ReflectedTable]) -> Vec<&str> {
    visible(tables).into_iter().map(|table| table.name.as_str()).collect()
}

/// The names of the tables that vanish behind many-to-many relationships.
pub fn join_tables(tables: &[ReflectedTable]) -> Vec<String> {
    let all = visible(tables);
    let joins = all.iter().filter(|table| is_join_table(table, &all));
    joins.map(|table| table.name.clone()).collect()
}

/// The tables that people made: not SQLite's own, not those of migrations, not the shadows of virtual tables.
fn visible(tables: &[ReflectedTable]) -> Vec<&ReflectedTable> {
    const SHADOWS: [&str; 11] = [
        "content", "data", "docsize", "idx", "config", "segdir", "segments", "stat", "node", "parent",
        "rowid",
    ];
    let virtuals: Vec<&str> =
        tables.iter().filter(|table| table.is_virtual).map(|table| table.name.as_str()).collect();
    let is_shadow = |name: &str| {
        virtuals.iter().any(|owner| {
            let rest = name.strip_prefix(owner).and_then(|rest| rest.strip_prefix('_'));
            rest.is_some_and(|rest| SHADOWS.contains(&rest))
        })
    };
    let is_internal = |name: &str| {
        name.starts_with("sqlite_")
            || name.starts_with("_alembic_tmp_")
            || matches!(name, "alembic_version" | "refinery_schema_history")
            || is_shadow(name)
    };
    tables.iter().filter(|table| !is_internal(&table.name) && !table.columns.is_empty()).collect()
}

/// `table.column` of each column that a foreign key refers to, spelled as the tables spell themselves; None where the
/// target is not there, or where a dot in a name would be taken for the one between them.
fn targets(key: &ReflectedForeignKey, all: &[&ReflectedTable]) -> Option<Vec<String>> {
    let target = all.iter().find(|table| table.name.eq_ignore_ascii_case(&key.table) && !table.is_view)?;
    if key.referred_columns.is_empty() || key.referred_columns.len() != key.columns.len() {
        return None;
    }
    let spelled = key.referred_columns.iter().map(|name| {
        let column = target.column(name)?;
        let clear = !target.name.contains('.') && !column.name.contains('.');
        clear.then(|| format!("{}.{}", target.name, column.name))
    });
    spelled.collect()
}

/// Two foreign keys to mapped tables, which together are all the columns there are.
fn is_join_table(table: &ReflectedTable, all: &[&ReflectedTable]) -> bool {
    let [first, second] = &table.foreign_keys[..] else { return false };
    let single = first.columns.len() == 1 && second.columns.len() == 1;
    let known = |key: &ReflectedForeignKey| targets(key, all).is_some();
    single && table.columns.len() == 2 && first.columns != second.columns && known(first) && known(second)
}

fn name_models<'a>(tables: &[&'a ReflectedTable], variables: &[String]) -> Vec<Model<'a>> {
    let mut taken: BTreeSet<String> =
        ["db", "app", "g", "Flask", "SQLAlchemy"].iter().map(|name| (*name).to_string()).collect();
    taken.extend(variables.iter().cloned());
    tables
        .iter()
        .map(|table| {
            let mut class = names::class_name(&table.name);
            while !taken.insert(class.clone()) {
                class.push('_');
            }
            let mut used = BTreeSet::new();
            let attributes = table.columns.iter().map(|column| {
                let mut name = names::attribute(&column.name);
                while variables.contains(&name) || !used.insert(name.clone()) {
                    name.push('_');
                }
                name
            });
            Model { table, class, attributes: attributes.collect(), relations: Vec::new() }
        })
        .collect()
}

/// A name that no column or relationship of the class has yet, nor a table that its lines speak of.
fn free_name(model: &Model<'_>, wanted: &str, variables: &[String]) -> String {
    let mut name = names::attribute(wanted);
    let taken = |name: &str| {
        variables.iter().any(|known| known == name)
            || model.attributes.iter().any(|known| known == name)
            || model.relations.iter().any(|known| known.name == name)
    };
    while taken(&name) {
        name.push('_');
    }
    name
}

fn relate(models: &mut [Model<'_>], all: &[&ReflectedTable], variables: &[String]) {
    for child in 0..models.len() {
        let table = models[child].table;
        for key in &table.foreign_keys {
            let Some(parent) =
                models.iter().position(|model| model.table.name.eq_ignore_ascii_case(&key.table))
            else {
                continue;
            };
            if targets(key, all).is_none() {
                continue;
            }
            let rivals = table
                .foreign_keys
                .iter()
                .filter(|other| other.table.eq_ignore_ascii_case(&key.table))
                .count();
            let own = child == parent;
            // A key of several columns is called after its target.
            let column = if let [only] = &key.columns[..] { only.as_str() } else { "" };
            let mut forward = names::relation_of(column, &models[parent].class);
            if own && rivals == 1 && forward.starts_with("parent") {
                forward = "parent".into();
            }
            let forward = free_name(&models[child], &forward, variables);
            let plural = names::plural_snake(&models[child].class);
            let backward = match (own, rivals) {
                (true, 1) => "children".to_string(),
                (_, 1) => plural,
                _ => format!("{}_{plural}", forward.trim_end_matches('_')),
            };
            let unique = is_unique(table, &key.columns);
            let backward =
                if unique && !own { names::words(&models[child].class).join("_") } else { backward };
            let backward = free_name(&models[parent], &backward, variables);
            let attributes: Vec<String> =
                key.columns.iter().filter_map(|name| attribute_of(&models[child], name)).collect();
            let mut one = Vec::new();
            let mut many = Vec::new();
            let returns =
                models[parent].table.foreign_keys.iter().any(|other| {
                    other.table.eq_ignore_ascii_case(&table.name) && targets(other, all).is_some()
                });
            if rivals > 1 || own || returns {
                one.push(format!("foreign_keys=[{}]", attributes.join(", ")));
                let qualified: Vec<String> =
                    attributes.iter().map(|name| format!("{}.{name}", models[child].class)).collect();
                many.push(format!("foreign_keys={}", quoted(&format!("[{}]", qualified.join(", ")))));
            }
            if own {
                let remote: Vec<String> = key
                    .referred_columns
                    .iter()
                    .filter_map(|name| attribute_of(&models[parent], name))
                    .collect();
                one.push(format!("remote_side=[{}]", remote.join(", ")));
            }
            if unique {
                many.push("uselist=False".into());
            }
            let target = models[parent].class.clone();
            let source = models[child].class.clone();
            models[child].relations.push(Relation {
                name: forward.clone(),
                target,
                back: backward.clone(),
                arguments: one,
            });
            models[parent].relations.push(Relation {
                name: backward,
                target: source,
                back: forward,
                arguments: many,
            });
        }
    }
}

fn is_unique(table: &ReflectedTable, columns: &[String]) -> bool {
    let same = |other: &[String]| {
        other.len() == columns.len()
            && other.iter().all(|name| columns.iter().any(|own| own.eq_ignore_ascii_case(name)))
    };
    same(&table.primary_key.columns)
        || table.uniques.iter().any(|unique| same(&unique.columns))
        || table.indexes.iter().any(|index| {
            let names: Option<Vec<String>> = index.columns.iter().cloned().collect();
            index.unique && index.condition.is_none() && names.is_some_and(|names| same(&names))
        })
}

fn attribute_of(model: &Model<'_>, column: &str) -> Option<String> {
    let index = model.table.columns.iter().position(|known| known.name.eq_ignore_ascii_case(column))?;
    model.attributes.get(index).cloned()
}

fn relate_many_to_many(models: &mut [Model<'_>], joins: &[&ReflectedTable], variables: &[String]) {
    for (join, variable) in joins.iter().zip(variables) {
        let [first, second] = &join.foreign_keys[..] else { continue };
        let find = |name: &str| models.iter().position(|model| model.table.name.eq_ignore_ascii_case(name));
        let (Some(left), Some(right)) = (find(&first.table), find(&second.table)) else { continue };
        let condition = |own: &ReflectedForeignKey, class: &str, referred: Option<String>| {
            referred.map(|column| {
                quoted(&format!("{variable}.c.{} == {class}.{column}", names::attribute(&own.columns[0])))
            })
        };
        let mut forward_arguments = vec![format!("secondary={variable}")];
        let mut backward_arguments = forward_arguments.clone();
        let (forward, backward) = if left == right {
            let column = attribute_of(&models[left], &first.referred_columns[0]);
            let class = models[left].class.clone();
            if let (Some(own), Some(other)) =
                (condition(first, &class, column.clone()), condition(second, &class, column))
            {
                forward_arguments.push(format!("primaryjoin={own}"));
                forward_arguments.push(format!("secondaryjoin={other}"));
                backward_arguments.push(format!("primaryjoin={other}"));
                backward_arguments.push(format!("secondaryjoin={own}"));
            }
            let plural = |key: &ReflectedForeignKey| {
                names::plural_snake(&names::relation_of(&key.columns[0], &models[left].class))
            };
            (plural(second), plural(first))
        } else {
            (names::plural_snake(&models[right].class), names::plural_snake(&models[left].class))
        };
        let forward = free_name(&models[left], &forward, variables);
        let target = models[right].class.clone();
        models[left].relations.push(Relation {
            name: forward.clone(),
            target,
            back: String::new(),
            arguments: forward_arguments,
        });
        let backward = free_name(&models[right], &backward, variables);
        if let Some(relation) = models[left].relations.last_mut() {
            relation.back.clone_from(&backward);
        }
        let target = models[left].class.clone();
        models[right].relations.push(Relation {
            name: backward,
            target,
            back: forward,
            arguments: backward_arguments,
        });
    }
}

fn join_variable(table: &str) -> String {
    let mut name = names::attribute(table);
    if matches!(name.as_str(), "db" | "app") {
        name.push('_');
    }
    name
}

/// What the lines of columns are written from.
struct Written<'a> {
    fits: &'a dyn Fn(&str, &ReflectedColumn) -> bool,
    all: &'a [&'a ReflectedTable],
}

fn write_join(text: &mut String, join: &ReflectedTable, variable: &str, from: &Written<'_>) {
    let _ = writeln!(text, "\n{variable} = db.Table(\n    {},", quoted(&join.name));
    for column in &join.columns {
        let parts = column_arguments(join, column, from, false);
        let key = names::attribute(&column.name);
        let mut arguments = vec![quoted(&column.name)];
        arguments.extend(parts);
        if key != column.name {
            arguments.push(format!("key={}", quoted(&key)));
        }
        let _ = writeln!(text, "    db.Column({}),", arguments.join(", "));
    }
    text.push_str(")\n");
}

fn write_model(text: &mut String, model: &Model<'_>, from: &Written<'_>) {
    let table = model.table;
    let _ = writeln!(text, "\n\nclass {}(db.Model):", model.class);
    if table.is_view {
        let _ = writeln!(text, "    \"\"\"A view: read-only.\"\"\"\n");
    }
    let _ = writeln!(text, "    __tablename__ = {}", quoted(&table.name));
    let keyless = table.primary_key.columns.is_empty();
    let list = |names: &[String]| names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let composite: Vec<String> = table
        .foreign_keys
        .iter()
        .filter(|key| key.columns.len() > 1)
        .filter_map(|key| Some((key, targets(key, from.all)?)))
        .map(|(key, targets)| {
            format!("        db.ForeignKeyConstraint([{}], [{}]),\n", list(&key.columns), list(&targets))
        })
        .collect();
    if !composite.is_empty() {
        let _ = writeln!(text, "    __table_args__ = (\n{}    )", composite.concat());
    }
    if keyless && !table.is_view && !table.without_rowid {
        // One of the three names of the hidden key is free unless a column bears it.
        let free = ["rowid", "_rowid_", "oid"].into_iter().find(|name| table.column(name).is_none());
        let name = free.unwrap_or("rowid");
        let _ = writeln!(text, "    {name} = db.Column(db.Integer, primary_key=True)");
    }
    for (index, (column, attribute)) in table.columns.iter().zip(&model.attributes).enumerate() {
        let stands_in = keyless && (table.is_view || table.without_rowid) && index == 0;
        let mut arguments = Vec::new();
        if *attribute != column.name {
            arguments.push(quoted(&column.name));
        }
        arguments.extend(column_arguments(table, column, from, stands_in));
        let _ = writeln!(text, "    {attribute} = db.Column({})", arguments.join(", "));
    }
    for relation in &model.relations {
        let mut arguments = vec![quoted(&relation.target)];
        arguments.extend(relation.arguments.iter().cloned());
        arguments.push(format!("back_populates={}", quoted(&relation.back)));
        let _ = writeln!(text, "    {} = db.relationship({})", relation.name, arguments.join(", "));
    }
}

fn column_arguments(
    table: &ReflectedTable,
    column: &ReflectedColumn,
    from: &Written<'_>,
    stands_in: bool,
) -> Vec<String> {
    let mut arguments = vec![type_of(&column.type_text, (from.fits)(&table.name, column))];
    for key in table.foreign_keys.iter().filter(|key| key.columns.len() == 1) {
        if key.columns[0].eq_ignore_ascii_case(&column.name)
            && let Some(targets) = targets(key, from.all)
        {
            let mut foreign = quoted(&targets[0]);
            if let Some(action) = &key.ondelete {
                let _ = write!(foreign, ", ondelete={}", quoted(action));
            }
            arguments.push(format!("db.ForeignKey({foreign})"));
            break;
        }
    }
    let is_key = table.primary_key.columns.iter().any(|name| name == &column.name);
    if is_key || stands_in {
        arguments.push("primary_key=True".into());
    }
    if !column.nullable && !is_key {
        arguments.push("nullable=False".into());
    }
    if !is_key && is_unique(table, std::slice::from_ref(&column.name)) {
        arguments.push("unique=True".into());
    }
    if let Some(generated) = &column.generated {
        arguments.push(format!("db.Computed({})", quoted(&generated.expression)));
    } else if let Some(default) = &column.default {
        arguments.push(format!("server_default=db.text({})", quoted(default)));
    }
    arguments
}

/// The column type that a declared type stands for, by SQLite's words and affinities.
fn type_of(declared: &str, fits: bool) -> String {
    let upper = declared.to_uppercase();
    let (name, size) = match upper.split_once('(') {
        Some((name, rest)) => (name.trim(), rest.split(')').next().unwrap_or("").replace(' ', "")),
        None => (upper.trim(), String::new()),
    };
    let sized = |kind: &str| {
        let numbers = !size.is_empty() && size.split(',').all(|part| part.parse::<u32>().is_ok());
        if numbers { format!("db.{kind}({})", size.replace(',', ", ")) } else { format!("db.{kind}") }
    };
    let storage = |kind: &str| if fits { format!("db.{kind}") } else { "db.types.NullType".to_string() };
    match name {
        "" => "db.types.NullType".to_string(),
        "BOOLEAN" | "BOOL" => storage("Boolean"),
        "DATE" => storage("Date"),
        "DATETIME" | "TIMESTAMP" => storage("DateTime"),
        "TIME" => storage("Time"),
        "JSON" => storage("JSON"),
        "BIGINT" => "db.BigInteger".into(),
        "SMALLINT" => "db.SmallInteger".into(),
        "TEXT" | "CLOB" => "db.Text".into(),
        _ if name.contains("INT") => "db.Integer".into(),
        _ if name.contains("CHAR") => sized("String"),
        _ if name.contains("TEXT") || name.contains("CLOB") => "db.Text".into(),
        _ if name.contains("BLOB") || name.contains("BINARY") => storage("LargeBinary"),
        _ if name.contains("REAL") || name.contains("FLOA") || name.contains("DOUB") => storage("Float"),
        _ if name.contains("NUMERIC") || name.contains("DECIMAL") => {
            if fits {
                sized("Numeric")
            } else {
                "db.types.NullType".into()
            }
        }
        _ => "db.types.NullType".into(),
    }
}

/// A Python string literal.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
