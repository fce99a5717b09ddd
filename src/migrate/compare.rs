//! What differs between the models and the database.
//!
//! Owns the comparison and its answer: a list of typed operations with the lines that tell them.
//! Must not know SQL text or files.

use super::operation::{Change, Copied, Operation};
use super::spec::{Column, Index, Table, normal_type, same_name, same_names, squeezed};

/// What the user answered before, on the command line or at a question.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// `table.old=new`, or `old=new` for tables.
    pub renames: Vec<Rename>,
    /// `table.column=value`, the value a literal of SQL.
    pub fills: Vec<(String, String, String)>,
    /// Tables that the models do not know are dropped.
    pub drop_unknown: bool,
    /// A column that is gone and one that is new are two columns.
    pub no_rename: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// None renames a table.
    pub table: Option<String>,
    pub from: String,
    pub to: String,
}

/// Something that only the user can know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub rename: Rename,
}

/// The outcome of a comparison.
#[derive(Debug, Default)]
pub struct Difference {
    pub operations: Vec<Operation>,
    /// Tables in the database that no model describes, and that stay.
    pub unknown: Vec<String>,
    pub questions: Vec<Question>,
    /// NOT NULL columns without a value for the rows that are there: `table.column`.
    pub unfilled: Vec<(String, String)>,
}

/// Compares tables in dependency order with those of the database.
pub fn compare(models: &[Table], database: &[Table], answers: &Answers) -> Difference {
    let mut found = Difference::default();
    let renamed_table = |name: &str| {
        let rename = answers.renames.iter().find(|one| one.table.is_none() && same_name(&one.to, name));
        rename.and_then(|one| database.iter().find(|table| same_name(&table.name, &one.from)))
    };
    let live = |name: &str| database.iter().find(|table| same_name(&table.name, name));
    for model in models {
        match (live(&model.name), renamed_table(&model.name)) {
            (None, Some(before)) => {
                found
                    .operations
                    .push(Operation::RenameTable { from: before.name.clone(), to: model.name.clone() });
                let moved = Table { name: model.name.clone(), ..before.clone() };
                compare_table(&mut found, model, &moved, answers);
            }
            (None, None) => found.operations.push(Operation::CreateTable(model.clone())),
            (Some(before), _) => compare_table(&mut found, model, before, answers),
        }
    }
    let wanted = |table: &Table| {
        models.iter().any(|model| same_name(&model.name, &table.name))
            || answers.renames.iter().any(|one| one.table.is_none() && same_name(&one.from, &table.name))
    };
    // Those that refer to others go first.
    for table in drop_order(database.iter().filter(|table| !wanted(table)).collect()) {
        if answers.drop_unknown {
            found.operations.push(Operation::DropTable(table.clone()));
        } else {
            found.unknown.push(table.name.clone());
        }
    }
    found
}

fn drop_order(tables: Vec<&Table>) -> Vec<&Table> {
    let mut edges = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        for key in &table.foreign_keys {
            if let Some(target) = tables.iter().position(|other| same_name(&other.name, &key.table)) {
                edges.push((index, target));
            }
        }
    }
    match crate::util::topological::sort(tables.len(), &edges) {
        Ok(order) => order.into_iter().map(|index| tables[index]).collect(),
        Err(_) => tables,
    }
}

fn compare_table(found: &mut Difference, model: &Table, before: &Table, answers: &Answers) {
    let renames: Vec<&Rename> = answers
        .renames
        .iter()
        .filter(|one| {
            one.table.as_deref().is_some_and(|table| same_name(table, &model.name))
                && before.column(&one.from).is_some()
                && model.column(&one.to).is_some()
                && before.column(&one.to).is_none()
        })
        .collect();
    let mut live = before.clone();
    for rename in &renames {
        found.operations.push(Operation::RenameColumn {
            table: model.name.clone(),
            from: rename.from.clone(),
            to: rename.to.clone(),
        });
        rename_in(&mut live, &rename.from, &rename.to);
    }
    let added: Vec<&Column> =
        model.columns.iter().filter(|column| live.column(&column.name).is_none()).collect();
    let removed: Vec<&Column> =
        live.columns.iter().filter(|column| model.column(&column.name).is_none()).collect();
    if !answers.no_rename {
        ask_about_renames(found, &model.name, &added, &removed);
    }
    let mut changes: Vec<Change> = Vec::new();
    changes.extend(added.iter().map(|column| Change::AddedColumn((*column).clone())));
    changes.extend(removed.iter().map(|column| Change::RemovedColumn((*column).clone())));
    for column in &model.columns {
        if let Some(before) = live.column(&column.name) {
            compare_column(&mut changes, model, column, before);
        }
    }
    compare_constraints(&mut changes, model, &live);
    let fill = |column: &Column| fill_of(model, column, answers);
    if changes.iter().all(|change| is_simple(change, model, &live, &fill)) {
        for change in changes {
            match change {
                Change::AddedColumn(column) => found.operations.push(Operation::AddColumn {
                    table: model.name.clone(),
                    column: with_reference(model, &column),
                }),
                Change::RemovedColumn(column) => {
                    let index = live.columns.iter().position(|one| one.name == column.name).unwrap_or(0);
                    found.operations.push(Operation::DropColumn { table: model.name.clone(), column, index });
                }
                _ => {}
            }
        }
        compare_indexes(&mut found.operations, model, &live);
        return;
    }
    let mut copy = Vec::new();
    for column in model.columns.iter().filter(|column| column.generated.is_none()) {
        let value = match live.column(&column.name) {
            Some(before) if column.not_null && !before.not_null && !model.is_key(&column.name) => {
                match fill(column) {
                    Some(value) => Copied::Filled(before.name.clone(), value),
                    None => Copied::Column(before.name.clone()),
                }
            }
            Some(before) => Copied::Column(before.name.clone()),
            None => match fill(column) {
                Some(value) => Copied::Value(value),
                None if column.not_null && column.default.is_none() => {
                    found.unfilled.push((model.name.clone(), column.name.clone()));
                    continue;
                }
                None => continue,
            },
        };
        copy.push((column.name.clone(), value));
    }
    found.operations.push(Operation::RebuildTable { from: live, to: model.clone(), changes, copy });
}

/// A column that vanished beside one of its type that appeared may be the same one.
fn ask_about_renames(found: &mut Difference, table: &str, added: &[&Column], removed: &[&Column]) {
    for gone in removed {
        for new in added {
            if normal_type(&gone.type_text) == normal_type(&new.type_text) && gone.not_null == new.not_null {
                let rename =
                    Rename { table: Some(table.into()), from: gone.name.clone(), to: new.name.clone() };
                found.questions.push(Question { rename });
                break;
            }
        }
    }
}

fn rename_in(table: &mut Table, from: &str, to: &str) {
    let swap = |name: &mut String| {
        if same_name(name, from) {
            *name = to.to_string();
        }
    };
    table.columns.iter_mut().for_each(|column| swap(&mut column.name));
    table.primary_key.iter_mut().for_each(swap);
    table.uniques.iter_mut().flat_map(|one| one.columns.iter_mut()).for_each(swap);
    table.foreign_keys.iter_mut().flat_map(|one| one.columns.iter_mut()).for_each(swap);
    table.indexes.iter_mut().flat_map(|one| one.items.iter_mut()).for_each(swap);
    let own = table.name.clone();
    for key in table.foreign_keys.iter_mut().filter(|key| same_name(&key.table, &own)) {
        key.referred.iter_mut().for_each(swap);
    }
}

fn fill_of(model: &Table, column: &Column, answers: &Answers) -> Option<String> {
    let said = answers
        .fills
        .iter()
        .find(|(table, name, _)| same_name(table, &model.name) && same_name(name, &column.name));
    said.map(|(_, _, value)| value.clone()).or_else(|| column.fill.clone().filter(|_| column.not_null))
}

fn compare_column(changes: &mut Vec<Change>, model: &Table, column: &Column, before: &Column) {
    let mut push = |change: Change| changes.push(change);
    if normal_type(&column.type_text) != normal_type(&before.type_text) {
        push(Change::Type { from: before.clone(), to: column.clone() });
    }
    // A primary key column is NOT NULL in what SQLAlchemy writes, and need not be in what others write.
    if column.not_null != before.not_null && !model.is_key(&column.name) {
        push(Change::Nullable { column: column.clone() });
    }
    let default = |column: &Column| column.default.as_deref().map(squeezed);
    if default(column) != default(before) {
        push(Change::Default { from: before.clone(), to: column.clone() });
    }
    let generated =
        |column: &Column| column.generated.as_ref().map(|(text, stored)| (squeezed(text), *stored));
    let collation = |column: &Column| column.collation.as_deref().map(str::to_uppercase);
    if generated(column) != generated(before) || collation(column) != collation(before) {
        push(Change::Type { from: before.clone(), to: column.clone() });
    }
}

fn compare_constraints(changes: &mut Vec<Change>, model: &Table, live: &Table) {
    if !same_names(&model.primary_key, &live.primary_key) {
        changes.push(Change::PrimaryKey { from: live.primary_key.clone(), to: model.primary_key.clone() });
    }
    let removed_column = |name: &String| model.column(name).is_none();
    let same_key = |a: &super::spec::ForeignKey, b: &super::spec::ForeignKey| {
        same_names(&a.columns, &b.columns)
            && same_name(&a.table, &b.table)
            && same_names(&a.referred, &b.referred)
            && a.ondelete == b.ondelete
            && a.onupdate == b.onupdate
            && a.deferrable.unwrap_or(false) == b.deferrable.unwrap_or(false)
    };
    for key in &model.foreign_keys {
        if !live.foreign_keys.iter().any(|other| same_key(key, other)) {
            changes.push(Change::AddedForeignKey(key.clone()));
        }
    }
    for key in &live.foreign_keys {
        if !model.foreign_keys.iter().any(|other| same_key(key, other)) {
            let goes = key.columns.iter().any(removed_column);
            changes.push(Change::RemovedForeignKey(key.clone(), goes));
        }
    }
    let same_unique = |a: &super::spec::Unique, b: &super::spec::Unique| same_names(&a.columns, &b.columns);
    for one in &model.uniques {
        if !live.uniques.iter().any(|other| same_unique(one, other)) {
            changes.push(Change::AddedUnique(one.clone()));
        }
    }
    for one in &live.uniques {
        if !model.uniques.iter().any(|other| same_unique(one, other)) {
            changes.push(Change::RemovedUnique(one.clone()));
        }
    }
    let same_check =
        |a: &super::spec::Check, b: &super::spec::Check| squeezed(&a.condition) == squeezed(&b.condition);
    for one in &model.checks {
        if !live.checks.iter().any(|other| same_check(one, other)) {
            changes.push(Change::AddedCheck(one.clone()));
        }
    }
    for one in &live.checks {
        if !model.checks.iter().any(|other| same_check(one, other)) {
            changes.push(Change::RemovedCheck(one.clone()));
        }
    }
}

/// Whether ALTER TABLE can do it.
fn is_simple(change: &Change, model: &Table, live: &Table, fill: &dyn Fn(&Column) -> Option<String>) -> bool {
    match change {
        Change::AddedColumn(column) => {
            let unique =
                model.uniques.iter().any(|one| one.columns.iter().any(|name| same_name(name, &column.name)));
            let constant = column.default.as_deref().is_none_or(is_constant);
            let keyed = model
                .foreign_keys
                .iter()
                .any(|key| key.columns.len() == 1 && same_name(&key.columns[0], &column.name));
            let many = model.foreign_keys.iter().any(|key| {
                key.columns.len() > 1 && key.columns.iter().any(|name| same_name(name, &column.name))
            });
            let bare_null = !column.not_null || column.default.is_some();
            !model.is_key(&column.name)
                && !unique
                && !many
                && constant
                && bare_null
                && (!keyed || column.default.is_none())
                && column.generated.as_ref().is_none_or(|(_, stored)| !stored)
                && fill(column).is_none()
        }
        Change::RemovedColumn(column) => {
            let name = &column.name;
            let mentions = |text: &str| squeezed(text).contains(&name.to_lowercase());
            let listed = |names: &[String]| names.iter().any(|one| same_name(one, name));
            !live.is_key(name)
                && !live.uniques.iter().any(|one| listed(&one.columns))
                && !live.foreign_keys.iter().any(|key| listed(&key.columns))
                && !live.checks.iter().any(|check| mentions(&check.condition))
                && !live.indexes.iter().any(|index| {
                    index.items.iter().any(|item| mentions(item))
                        || index.condition.as_deref().is_some_and(mentions)
                })
                && !live
                    .columns
                    .iter()
                    .any(|one| one.generated.as_ref().is_some_and(|(text, _)| mentions(text)))
                && live.triggers.is_empty()
        }
        // A single column's reference comes along with the column.
        Change::AddedForeignKey(key) => {
            key.columns.len() == 1 && live.column(&key.columns[0]).is_none() && key.name.is_none()
        }
        _ => false,
    }
}

/// A default that SQLite accepts for a column added to a table with rows.
fn is_constant(text: &str) -> bool {
    let plain = squeezed(text);
    !plain.contains('(') && !["current_time", "current_date", "current_timestamp"].contains(&plain.as_str())
        || plain.starts_with('\'')
}

/// The column's text with its reference, which the models' CREATE TABLE writes as a constraint of the table.
fn with_reference(model: &Table, column: &Column) -> Column {
    let mut column = column.clone();
    let key = model
        .foreign_keys
        .iter()
        .find(|key| key.columns.len() == 1 && same_name(&key.columns[0], &column.name));
    if let Some(key) = key
        && !column.text.to_uppercase().contains("REFERENCES")
    {
        column.text.push_str(&super::operation::reference_text(key));
    }
    column
}

fn compare_indexes(operations: &mut Vec<Operation>, model: &Table, live: &Table) {
    let by_name = |table: &Table, index: &Index| {
        table.indexes.iter().find(|other| same_name(&other.name, &index.name)).cloned()
    };
    for index in &live.indexes {
        match by_name(model, index) {
            Some(wanted) if wanted.same(index) => {}
            _ => operations.push(Operation::DropIndex { table: model.name.clone(), index: index.clone() }),
        }
    }
    for index in &model.indexes {
        match by_name(live, index) {
            Some(kept) if kept.same(index) => {}
            _ => operations.push(Operation::CreateIndex { table: model.name.clone(), index: index.clone() }),
        }
    }
}
