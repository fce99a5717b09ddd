//! What differs between the models and the database.
//!
//! Owns the comparison and its answer: a list of typed operations with the lines that tell them.
//! Must not know SQL text or files.

use super::operation::{Change, Copied, Operation, asides};
use super::spec::{Column, Index, Schema, Table, mentions, normal_type, same_name, same_names, squeezed};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// None renames a table.
    pub table: Option<String>,
    pub from: String,
    pub to: String,
}

/// A column in which rows have no value, and whether that is so because it is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfilled {
    pub table: String,
    pub column: String,
    pub is_new: bool,
}

/// The outcome of a comparison.
#[derive(Debug, Default)]
pub struct Difference {
    pub operations: Vec<Operation>,
    /// Tables in the database that no model describes, and that stay.
    pub unknown: Vec<String>,
    /// What may be one thing under two names; only the user can know.
    pub questions: Vec<Rename>,
    /// NOT NULL columns without a value for the rows that are there.
    pub unfilled: Vec<Unfilled>,
    /// Values that rows get.
    pub filled: Vec<(Unfilled, String)>,
}

/// What a comparison goes by besides the two schemas.
pub struct Terms<'a> {
    /// What rows get in a column that must not be NULL.
    pub fill: &'a dyn Fn(&Table, &Column) -> Option<String>,
    pub drop_unknown: bool,
    /// Whether two names were said to be two things.
    pub are_different: &'a dyn Fn(&Rename) -> bool,
}

/// Compares tables in dependency order with those of the database.
pub fn compare(target: &[Table], live: &Schema, terms: &Terms<'_>) -> Difference {
    let mut found = Difference::default();
    let is_wanted = |table: &&Table| target.iter().any(|model| same_name(&model.name, &table.name));
    let left: Vec<&Table> = live.tables.iter().filter(|table| !is_wanted(table)).collect();
    for model in target {
        match live.table(&model.name) {
            None => {
                found.operations.push(Operation::CreateTable(model.clone()));
                let question = left
                    .iter()
                    .map(|old| {
                        (
                            alike(model, old),
                            Rename { table: None, from: old.name.clone(), to: model.name.clone() },
                        )
                    })
                    .filter(|(alike, rename)| *alike > 0 && !(terms.are_different)(rename))
                    .max_by_key(|(alike, _)| *alike);
                found.questions.extend(question.map(|(_, rename)| rename));
            }
            Some(before) => Pair { model, before, live, terms }.compare(&mut found),
        }
    }
    // Those that refer to others go first.
    for table in drop_order(left) {
        if terms.drop_unknown {
            found.operations.push(Operation::DropTable(table.clone()));
        } else {
            found.unknown.push(table.name.clone());
        }
    }
    found
}

/// Whether two tables may be one under two names: the number of columns that they share, 0 for too few.
fn alike(model: &Table, old: &Table) -> usize {
    let shared = model
        .columns
        .iter()
        .filter(|column| {
            old.column(&column.name)
                .is_some_and(|other| normal_type(&other.type_text) == normal_type(&column.type_text))
        })
        .count();
    let all = model.columns.len().max(old.columns.len());
    if shared == all || (shared >= 2 && shared * 2 >= all) { shared } else { 0 }
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

/// A table as it shall be and as it is.
struct Pair<'a> {
    model: &'a Table,
    before: &'a Table,
    live: &'a Schema,
    terms: &'a Terms<'a>,
}

impl Pair<'_> {
    fn compare(&self, found: &mut Difference) {
        let (model, live) = (self.model, self.before);
        let added: Vec<&Column> =
            model.columns.iter().filter(|column| live.column(&column.name).is_none()).collect();
        let removed: Vec<&Column> =
            live.columns.iter().filter(|column| model.column(&column.name).is_none()).collect();
        self.ask_about_renames(found, &added, &removed);
        let mut changes: Vec<Change> = Vec::new();
        changes.extend(removed.iter().map(|column| Change::RemovedColumn((*column).clone())));
        changes.extend(added.iter().map(|column| Change::AddedColumn((*column).clone())));
        for column in &model.columns {
            if let Some(before) = live.column(&column.name) {
                compare_column(&mut changes, model, column, before);
            }
        }
        compare_options(&mut changes, model, live);
        compare_constraints(&mut changes, model, live);
        let last = &model.columns[model.columns.len() - added.len()..];
        let in_place = last.iter().zip(&added).all(|(last, added)| last.name == added.name);
        if in_place && changes.iter().all(|change| self.is_simple(change)) {
            self.alter(found, changes);
        } else {
            self.rebuild(found, changes);
        }
    }

    /// ALTER TABLE, and indexes around it: one that speaks of a column goes before the column does.
    fn alter(&self, found: &mut Difference, changes: Vec<Change>) {
        let (model, live) = (self.model, self.before);
        let table = || model.name.clone();
        let kept = |of: &Table, index: &Index| {
            of.indexes.iter().any(|other| same_name(&other.name, &index.name) && other.same(index))
        };
        for index in live.indexes.iter().filter(|index| !kept(model, index)) {
            found.operations.push(Operation::DropIndex { table: table(), index: index.clone() });
        }
        for change in changes {
            match change {
                Change::AddedColumn(column) => {
                    let column = with_reference(model, &column);
                    found.operations.push(Operation::AddColumn { table: table(), column });
                }
                Change::RemovedColumn(column) => {
                    found.operations.push(Operation::DropColumn { table: table(), column });
                }
                _ => {}
            }
        }
        for index in model.indexes.iter().filter(|index| !kept(live, index)) {
            found.operations.push(Operation::CreateIndex { table: table(), index: index.clone() });
        }
    }

    fn rebuild(&self, found: &mut Difference, changes: Vec<Change>) {
        let (model, live) = (self.model, self.before);
        let mut copy = Vec::new();
        let empty = |column: &Column| Unfilled {
            table: model.name.clone(),
            column: column.name.clone(),
            is_new: live.column(&column.name).is_none(),
        };
        for column in model.columns.iter().filter(|column| column.generated.is_none()) {
            let fill = || (self.terms.fill)(model, column);
            let value = match live.column(&column.name) {
                Some(before) if column.not_null && !before.not_null && !live.is_key(&column.name) => {
                    match fill().or_else(|| column.default.clone()) {
                        Some(value) => Copied::Filled(before.name.clone(), value),
                        None => {
                            found.unfilled.push(empty(column));
                            Copied::Column(before.name.clone())
                        }
                    }
                }
                Some(before) => Copied::Column(before.name.clone()),
                None if column.not_null => match fill() {
                    Some(value) => Copied::Value(value),
                    None if column.default.is_some() || model.is_row_number(column) => continue,
                    None => {
                        found.unfilled.push(empty(column));
                        continue;
                    }
                },
                None => match fill() {
                    Some(value) => Copied::Value(value),
                    None => continue,
                },
            };
            if let Copied::Filled(_, value) | Copied::Value(value) = &value {
                found.filled.push((empty(column), value.clone()));
            }
            copy.push((column.name.clone(), value));
        }
        let aside = asides(&live.name, self.live);
        let (from, to) = (Box::new(live.clone()), Box::new(model.clone()));
        found.operations.push(Operation::RebuildTable { from, to, changes, copy, aside });
    }

    /// A column that vanished beside one of its type that appeared may be the same one.
    fn ask_about_renames(&self, found: &mut Difference, added: &[&Column], removed: &[&Column]) {
        for gone in removed {
            let question = added
                .iter()
                .filter(|new| normal_type(&gone.type_text) == normal_type(&new.type_text))
                .map(|new| Rename {
                    table: Some(self.model.name.clone()),
                    from: gone.name.clone(),
                    to: new.name.clone(),
                })
                .find(|rename| !(self.terms.are_different)(rename));
            found.questions.extend(question);
        }
    }

    /// Whether ALTER TABLE can do it.
    fn is_simple(&self, change: &Change) -> bool {
        let (model, live) = (self.model, self.before);
        match change {
            Change::AddedColumn(column) => {
                let listed = |names: &[String]| names.iter().any(|one| same_name(one, &column.name));
                let reference = model.foreign_keys.iter().find(|key| listed(&key.columns));
                !model.is_key(&column.name)
                    && !model.uniques.iter().any(|one| listed(&one.columns))
                    && column.default.as_deref().is_none_or(is_constant)
                    && (!column.not_null
                        || column.default.as_deref().is_some_and(|text| squeezed(text) != "null"))
                    && reference.is_none_or(|key| key.columns.len() == 1 && column.default.is_none())
                    && column.generated.as_ref().is_none_or(|(_, stored)| !stored)
                    && (self.terms.fill)(model, column).is_none()
            }
            Change::RemovedColumn(column) => {
                let name = &column.name;
                let says = |text: &str| mentions(text, name);
                let listed = |names: &[String]| names.iter().any(|one| same_name(one, name));
                !live.is_key(name)
                    && !live.uniques.iter().any(|one| listed(&one.columns))
                    && !live.foreign_keys.iter().any(|key| listed(&key.columns))
                    && !live.checks.iter().any(|check| says(&check.condition))
                    && !model.indexes.iter().any(|index| says(&index.create))
                    && !live
                        .columns
                        .iter()
                        .any(|one| one.generated.as_ref().is_some_and(|(text, _)| says(text)))
                    && live.triggers.is_empty()
                    && asides(&live.name, self.live).is_empty()
            }
            // A single column's reference comes along with the column.
            Change::AddedForeignKey(key) => key.columns.len() == 1 && live.column(&key.columns[0]).is_none(),
            _ => false,
        }
    }
}

fn compare_column(changes: &mut Vec<Change>, model: &Table, column: &Column, before: &Column) {
    let mut push = |change: Change| changes.push(change);
    // `INT PRIMARY KEY` is no name for the row's number, `INTEGER PRIMARY KEY` is.
    let is_spelled = |ty: &str| !model.is_key(&column.name) || squeezed(ty) == squeezed(&before.type_text);
    if normal_type(&column.type_text) != normal_type(&before.type_text) || !is_spelled(&column.type_text) {
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
    if generated(column) != generated(before) {
        push(Change::Generated { column: column.clone() });
    }
    if collation(column) != collation(before) {
        push(Change::Collation { from: before.clone(), to: column.clone() });
    }
}

fn compare_options(changes: &mut Vec<Change>, model: &Table, live: &Table) {
    let pairs = [
        ("AUTOINCREMENT", model.autoincrement, live.autoincrement),
        ("WITHOUT ROWID", model.without_rowid, live.without_rowid),
        ("STRICT", model.strict, live.strict),
    ];
    changes.extend(
        pairs
            .into_iter()
            .filter(|(_, wanted, there)| wanted != there)
            .map(|(word, wanted, _)| Change::Option(word, wanted)),
    );
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
    for key in &live.foreign_keys {
        if !model.foreign_keys.iter().any(|other| same_key(key, other)) {
            let goes = key.columns.iter().any(removed_column);
            changes.push(Change::RemovedForeignKey(key.clone(), goes));
        }
    }
    for key in &model.foreign_keys {
        if !live.foreign_keys.iter().any(|other| same_key(key, other)) {
            changes.push(Change::AddedForeignKey(key.clone()));
        }
    }
    let same_unique = |a: &super::spec::Unique, b: &super::spec::Unique| same_names(&a.columns, &b.columns);
    for one in &live.uniques {
        if !model.uniques.iter().any(|other| same_unique(one, other)) {
            changes.push(Change::RemovedUnique(one.clone()));
        }
    }
    for one in &model.uniques {
        if !live.uniques.iter().any(|other| same_unique(one, other)) {
            changes.push(Change::AddedUnique(one.clone()));
        }
    }
    let same_check =
        |a: &super::spec::Check, b: &super::spec::Check| squeezed(&a.condition) == squeezed(&b.condition);
    for one in &live.checks {
        if !model.checks.iter().any(|other| same_check(one, other)) {
            changes.push(Change::RemovedCheck(one.clone()));
        }
    }
    for one in &model.checks {
        if !live.checks.iter().any(|other| same_check(one, other)) {
            changes.push(Change::AddedCheck(one.clone()));
        }
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
