//! Help: the list of commands, what a name is, relation cards.
//!
//! Owns these screens' contents. Must not know how they are drawn.

use crate::orm::relationship::Relationship;
use crate::python::value::{Host, Value};
use crate::ui::card::{self, ColumnLine, ModelCard, RelationLine};
use crate::ui::text::{Label, Text};

use super::super::catalog::{Catalog, Model};
use super::super::complete::type_name;
use super::super::session::{Output, Shell};
use super::{COMMANDS, Command};

pub fn leave(_shell: &mut Shell, _argument: &str) -> Output {
    Output::leave(0)
}

pub fn help(shell: &mut Shell, argument: &str) -> Output {
    if argument.is_empty() {
        return Output::text(list());
    }
    let named = |command: &&Command| command.name == argument || command.aliases.contains(&argument);
    match COMMANDS.iter().find(named) {
        Some(command) => {
            let mut out = Text::new();
            out.push(Label::Heading, format!("{} {}", command.name, command.params).trim_end()).line();
            out.plain(format!("  {}\n", command.doc));
            if !command.aliases.is_empty() {
                out.push(Label::Dim, format!("  also {}\n", command.aliases.join(", ")));
            }
            out.push(Label::Dim, format!("  {}\n", command.example));
            Output::text(out)
        }
        None => card(shell, argument),
    }
}

fn list() -> Text {
    let mut out = Text::new();
    out.plain(
        "Type Python, as in flask shell; Tab completes, Ctrl-R searches, an empty line ends a block.\n\n",
    );
    let head = |command: &Command| format!("{} {}", command.name, command.params).trim_end().to_string();
    let width = COMMANDS.iter().map(|command| head(command).chars().count()).max().unwrap_or(0);
    for command in COMMANDS {
        let head = head(command);
        let gap = " ".repeat(width + 2 - head.chars().count());
        out.push(Label::Name, format!("  {head}{gap}")).plain(format!("{}\n", command.doc));
    }
    out
}

/// `Student?`
pub fn card(shell: &mut Shell, argument: &str) -> Output {
    let name = argument.trim();
    let catalog = Catalog::read();
    let found = shell.project.names.get(name.split('.').next().unwrap_or(name));
    let found = found.or_else(|| shell.project.vm.builtins().get(name));
    let model = match &found {
        Some(Value::Class(class)) => catalog.of_class(class),
        Some(value) => catalog.of_instance(value),
        None => catalog.named(name),
    };
    if let Some(model) = model {
        let model = catalog.models[model].clone();
        return Output::text(card::model(&model_card(shell, &model, &catalog)));
    }
    match found {
        Some(value) if !name.contains('.') => describe(shell, name, &value),
        _ => Output::remark(format!("there is no {name} in this session")),
    }
}

/// What a name is: its class, its value in short, its documentation.
fn describe(shell: &mut Shell, name: &str, value: &Value) -> Output {
    let class = shell.project.vm.class_of(value).name.borrow().to_string();
    let mut out = Text::new();
    out.data(Label::Entity, name).plain("  ").push(Label::Type, class).line();
    if let Value::Native(native) = value {
        out.plain("  ").data(Label::Plain, native.row.doc).line();
        if !native.row.example.is_empty() {
            out.push(Label::Dim, format!("  {}\n", native.row.example));
        }
        return Output::text(out);
    }
    let doc = match value {
        Value::Function(function) => function.doc.borrow().clone(),
        Value::Class(class) => class.dict.get("__doc__").unwrap_or(Value::None),
        Value::Module(module) => module.dict.get("__doc__").unwrap_or(Value::None),
        _ => Value::None,
    };
    if let Some(doc) = doc.as_str() {
        for line in doc.trim().lines() {
            out.plain("  ").data(Label::Plain, line.trim()).line();
        }
    } else if let Ok(repr) = shell.project.vm.repr(value) {
        out.plain("  ").data(Label::Plain, &crate::ui::text::cut(&repr, shell.settings.width)).line();
    }
    Output::text(out)
}

fn model_card(shell: &mut Shell, model: &Model, catalog: &Catalog) -> ModelCard {
    // How a relation joins is known once the mappers are configured; a fault of theirs is told when they are used.
    let _ = crate::orm::configure::configure_mappers(&mut shell.project.vm);
    let table = model.table.as_ref().map(|table| table.key.to_string()).unwrap_or_default();
    let count = format!("SELECT count(*) FROM \"{}\"", table.replace('"', "\"\""));
    let rows = shell.own_rows(&count).ok().and_then(|rows| match rows.rows.first()?.first()? {
        crate::ui::table::Cell::Int(count) => u64::try_from(*count).ok(),
        _ => None,
    });
    let place = model.mapper.place.as_ref().map(|place| {
        let file = place.file.rsplit('/').next().unwrap_or(&place.file);
        format!("{file}:{}", place.line)
    });
    let doc = model.mapper.class.dict.get("__doc__");
    let columns = model.columns.iter().filter_map(|attribute| {
        let column = attribute.column.as_ref()?;
        Some(column_line(&attribute.key, column))
    });
    let relations = model.relations.iter().map(|relation| {
        let property = model.mapper.property(&relation.key);
        let setup = property
            .as_ref()
            .and_then(|property| property.as_relationship())
            .and_then(Relationship::try_setup);
        let name = |column: &crate::sql::schema::Column| match column.table() {
            Some(table) => format!("{}.{}", table.key, column.name()),
            None => column.name().to_string(),
        };
        let join = setup.map(|setup| match &setup.secondary {
            Some(secondary) => format!("through {}", secondary.key),
            None => {
                let pairs = setup.local_remote_pairs.iter();
                let pairs: Vec<String> =
                    pairs.map(|(local, remote)| format!("{} = {}", name(local), name(remote))).collect();
                pairs.join(" and ")
            }
        });
        RelationLine {
            key: relation.key.clone(),
            is_list: relation.is_list,
            target: relation.target.clone(),
            join: join.unwrap_or_default(),
            lazy: relation.lazy.to_string(),
            back: relation.back.as_ref().map(|back| format!("{}.{back}", relation.target)),
        }
    });
    let remarks = missing_indexes(model, catalog);
    ModelCard {
        class: model.name.clone(),
        table,
        rows,
        place,
        doc: doc
            .as_ref()
            .and_then(Value::as_str)
            .and_then(|doc| doc.trim().lines().next().map(str::to_string)),
        columns: columns.collect(),
        relations: relations.collect(),
        others: model
            .others
            .iter()
            .filter(|(_, kind)| *kind != "attribute")
            .map(|(name, kind)| (name.clone(), (*kind).to_string()))
            .collect(),
        remarks,
    }
}

fn column_line(key: &str, column: &crate::sql::schema::Column) -> ColumnLine {
    let references = column.foreign_keys.borrow().first().map(|key| key.target_text().to_string());
    ColumnLine {
        name: if key == &*column.name() { key.to_string() } else { format!("{key} ({})", column.name()) },
        kind: type_name(column),
        primary_key: column.primary_key.get(),
        nullable: column.nullable.get(),
        unique: column.unique.get() == Some(true),
        references,
        default: None,
    }
}

/// Foreign keys that no index covers: walking the relation from the other side reads the whole table.
fn missing_indexes(model: &Model, catalog: &Catalog) -> Vec<String> {
    let Some(table) = &model.table else { return Vec::new() };
    let covered = |column: &std::rc::Rc<crate::sql::schema::Column>| {
        let leads = |columns: &[std::rc::Rc<crate::sql::schema::Column>]| {
            columns.first().is_some_and(|first| std::rc::Rc::ptr_eq(first, column))
        };
        column.index.get() == Some(true)
            || column.unique.get() == Some(true)
            || leads(&table.primary_key_columns())
            || table.indexes.borrow().iter().any(|index| leads(&index.columns()))
    };
    let mut remarks = Vec::new();
    for column in table.column_list() {
        let Some(target) = column.foreign_keys.borrow().first().and_then(|key| key.target_table()) else {
            continue;
        };
        if covered(&column) {
            continue;
        }
        // Only where somebody walks it: a list on the far side that leads here.
        let walker = catalog.models.iter().find_map(|other| {
            let is_target = other.table.as_ref().is_some_and(|table| std::rc::Rc::ptr_eq(table, &target));
            let relation =
                other.relations.iter().find(|relation| relation.target == model.name && relation.is_list)?;
            is_target.then(|| format!("{}.{}", other.name, relation.key))
        });
        if let Some(walker) = walker {
            remarks.push(format!(
                "no index on {}.{}: walking {walker} reads all of {}",
                table.key,
                column.name(),
                table.key
            ));
        }
    }
    remarks
}

/// `%models`
pub fn models(_shell: &mut Shell, _argument: &str) -> Output {
    let catalog = Catalog::read();
    if catalog.models.is_empty() {
        return Output::remark("no models");
    }
    let mut out = Text::new();
    let width = catalog.models.iter().map(|model| model.name.chars().count()).max().unwrap_or(0);
    for model in &catalog.models {
        out.push(Label::Entity, format!("{:<width$}", model.name));
        let table = model.table.as_ref().map(|table| table.key.to_string()).unwrap_or_default();
        out.plain("  ").data(Label::Name, &table);
        let relations: Vec<String> = model
            .relations
            .iter()
            .map(|relation| match relation.is_list {
                true => format!(".{} -> [{}]", relation.key, relation.target),
                false => format!(".{} -> {}", relation.key, relation.target),
            })
            .collect();
        if !relations.is_empty() {
            out.push(Label::Dim, format!("  {}", relations.join("  ")));
        }
        out.line();
    }
    Output::text(out)
}
