//! A migration thought through: renames, steps, and the way back, each tried on a copy of the schema.
//!
//! Owns the order renames - steps, the values that the way back makes up for what was lost, and the proof that both
//! ways arrive where they should. Must not know rows, files or who answers.

use super::compare::{Difference, Rename, Terms, compare};
use super::errors;
use super::operation::Operation;
use super::scratch::Scratch;
use super::spec::{Column, Schema, Table, mentions, same_name};
use crate::diag::Error;
use crate::engine::reflection::create_table::{TokenKind, tokens};

/// What the user answered, on the command line or at a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    pub renames: Vec<Rename>,
    /// Two names that are two things.
    pub different: Vec<Rename>,
    /// `table.column=value`, the value a literal of SQL.
    pub fills: Vec<(String, String, String)>,
    /// Tables that the models do not know are dropped.
    pub drop_unknown: bool,
    /// Nothing was renamed.
    pub no_rename: bool,
}

impl Answers {
    fn fill(&self, model: &Table, column: &Column) -> Option<String> {
        let said = self
            .fills
            .iter()
            .find(|(table, name, _)| same_name(table, &model.name) && same_name(name, &column.name));
        let own = || column.fill.clone().filter(|_| column.not_null && column.default.is_none());
        said.map(|(_, _, value)| value.clone()).or_else(own)
    }
}

/// Where the models are and the way there.
pub struct Plan {
    pub renames: Vec<Operation>,
    pub found: Difference,
    /// The schema between renames and steps.
    between: Schema,
}

impl Plan {
    /// Compares, with the answers that are known.
    pub fn of(models: &[Table], live: &Schema, answers: &Answers) -> Result<Plan, Error> {
        let renames = renames(models, live, answers)?;
        let between = if renames.is_empty() { live.clone() } else { Scratch::of(live)?.after(&renames)? };
        let are_different = |rename: &Rename| answers.no_rename || answers.different.contains(rename);
        let fill = |model: &Table, column: &Column| answers.fill(model, column);
        let terms = Terms { fill: &fill, drop_unknown: answers.drop_unknown, are_different: &are_different };
        let found = compare(models, &between, &terms);
        Ok(Plan { renames, found, between })
    }

    pub fn is_empty(&self) -> bool {
        self.renames.is_empty() && self.found.operations.is_empty()
    }

    /// Everything that the upgrade does, in its order.
    pub fn up(&self) -> Vec<Operation> {
        self.renames.iter().chain(&self.found.operations).cloned().collect()
    }

    /// Everything that the downgrade does. Both ways are gone on a copy of the schema first, and have to arrive.
    pub fn down(&self, models: &[Table], live: &Schema) -> Result<Vec<Operation>, Error> {
        let scratch = Scratch::of(live)?;
        let after = scratch.after(&self.up())?;
        let nothing = |_: &Table, _: &Column| None;
        let plain = Terms { fill: &nothing, drop_unknown: false, are_different: &|_| true };
        if let Some(left) = compare(models, &after, &plain).operations.first() {
            return Err(errors::unfaithful(&left.lines()));
        }
        let stand_in = |table: &Table, column: &Column| stand_in(&scratch, table, column);
        let terms = Terms { fill: &stand_in, drop_unknown: true, are_different: &|_| true };
        let mut down = compare(&self.between.tables, &after, &terms).operations;
        down.extend(self.renames.iter().rev().map(inverse));
        let back = scratch.after(&down)?;
        let whole = Terms { fill: &nothing, drop_unknown: true, are_different: &|_| true };
        match compare(&live.tables, &back, &whole).operations.first() {
            Some(left) => Err(errors::unfaithful(&left.lines())),
            None => Ok(down),
        }
    }
}

fn inverse(rename: &Operation) -> Operation {
    match rename.clone() {
        Operation::RenameTable { from, to } => Operation::RenameTable { from: to, to: from },
        Operation::RenameColumn { table, from, to } => Operation::RenameColumn { table, from: to, to: from },
        other => other,
    }
}

/// The steps of the renames that were answered; tables first, so that their columns are found under the new name.
fn renames(models: &[Table], live: &Schema, answers: &Answers) -> Result<Vec<Operation>, Error> {
    let model = |name: &str| models.iter().find(|table| same_name(&table.name, name));
    let mut steps = Vec::new();
    let mut moved: Vec<(&str, &str)> = Vec::new();
    for rename in answers.renames.iter().filter(|rename| rename.table.is_none()) {
        match (live.table(&rename.from), live.table(&rename.to), model(&rename.to)) {
            (Some(from), None, Some(to)) => {
                moved.push((&rename.from, &rename.to));
                steps.push(Operation::RenameTable { from: from.name.clone(), to: to.name.clone() });
            }
            (None, ..) => return Err(errors::bad_rename(rename, "there is no such table in the database")),
            (_, Some(_), _) => {
                return Err(errors::bad_rename(rename, "the database has a table of the new name already"));
            }
            (_, _, None) => return Err(errors::bad_rename(rename, "no model has the new name")),
        }
    }
    for rename in &answers.renames {
        let Some(said) = rename.table.as_deref() else { continue };
        // Under the new name and under the old one.
        let moved = moved.iter().find(|(old, new)| same_name(old, said) || same_name(new, said));
        let (old, new) = moved.copied().unwrap_or((said, said));
        let (Some(before), Some(after)) = (live.table(old), model(new)) else {
            return Err(errors::bad_rename(rename, "there is no such table"));
        };
        match (before.column(&rename.from), before.column(&rename.to), after.column(&rename.to)) {
            (Some(from), None, Some(to)) => steps.push(Operation::RenameColumn {
                table: after.name.clone(),
                from: from.name.clone(),
                to: to.name.clone(),
            }),
            (None, ..) => return Err(errors::bad_rename(rename, "the table has no such column")),
            (_, Some(_), _) => {
                return Err(errors::bad_rename(rename, "the table has a column of the new name already"));
            }
            (_, _, None) => {
                return Err(errors::bad_rename(rename, "the model has no column of the new name"));
            }
        }
    }
    Ok(steps)
}

/// A value for rows whose own was lost on the way up.
fn stand_in(scratch: &Scratch, table: &Table, column: &Column) -> Option<String> {
    if !column.not_null || column.default.is_some() || table.is_row_number(column) {
        return None;
    }
    let is_alone = |names: &[String]| matches!(names, [only] if same_name(only, &column.name));
    let kind = column.type_text.to_uppercase();
    let is_text =
        ["CHAR", "TEXT", "CLOB", "DATE", "TIME", "JSON", "UUID"].iter().any(|part| kind.contains(part));
    if let Some(key) = table.foreign_keys.iter().find(|key| is_alone(&key.columns)) {
        let referred = key.referred.first()?;
        let name = super::operation::name;
        return Some(format!("(SELECT min({}) FROM {})", name(referred), name(&key.table)));
    }
    let is_unique = is_alone(&table.primary_key)
        || table.uniques.iter().any(|one| is_alone(&one.columns))
        || table.indexes.iter().any(|index| index.unique && is_alone(&index.items));
    if is_unique && !table.without_rowid {
        return Some(if is_text { "'' || rowid".into() } else { "rowid".into() });
    }
    let mut candidates = vec![if is_text { "''".to_string() } else { "0".to_string() }];
    let conditions: Vec<&str> = table
        .checks
        .iter()
        .map(|check| check.condition.as_str())
        .filter(|condition| mentions(condition, &column.name))
        .collect();
    for condition in &conditions {
        for token in tokens(condition) {
            let piece = &condition[token.start..token.end];
            match token.kind {
                TokenKind::Text => candidates.push(piece.to_string()),
                TokenKind::Number => {
                    candidates.push(piece.to_string());
                    candidates.push(format!("{piece} + 1"));
                    candidates.push(format!("{piece} - 1"));
                }
                _ => {}
            }
        }
    }
    candidates.push("'?'".into());
    let name = super::operation::name(&column.name);
    let passes =
        |value: &&String| conditions.iter().all(|one| scratch.passes(one, &name, value) != Some(false));
    candidates.iter().find(passes).or(candidates.first()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(create: &str) -> Table {
        let name = create.split_whitespace().nth(2).unwrap_or("t").to_string();
        Table::read(&name, create, &[])
    }

    fn schema(tables: &[Table]) -> Schema {
        Schema { tables: tables.to_vec(), views: Vec::new() }
    }

    fn sql(operations: &[Operation]) -> Vec<String> {
        operations.iter().flat_map(Operation::sql).collect()
    }

    #[test]
    fn a_rename_keeps_its_data_and_a_question_is_asked_before() {
        let live =
            schema(&[table("CREATE TABLE raccoon (id INTEGER NOT NULL, age INTEGER, PRIMARY KEY (id))")]);
        let model = [table("CREATE TABLE raccoon (id INTEGER NOT NULL, years INTEGER, PRIMARY KEY (id))")];
        let asked = Plan::of(&model, &live, &Answers::default()).expect("a plan");
        assert_eq!(asked.found.questions.len(), 1);
        let answers = Answers { renames: asked.found.questions, ..Answers::default() };
        let plan = Plan::of(&model, &live, &answers).expect("a plan");
        assert_eq!(sql(&plan.up()), ["ALTER TABLE raccoon RENAME COLUMN age TO years"]);
        let down = plan.down(&model, &live).expect("a way back");
        assert_eq!(sql(&down), ["ALTER TABLE raccoon RENAME COLUMN years TO age"]);
        let same = Plan::of(&model, &schema(&model), &Answers::default()).expect("a plan");
        assert!(same.is_empty());
    }

    #[test]
    fn what_alter_table_cannot_do_is_a_rebuild() {
        let live =
            schema(&[table("CREATE TABLE pet (id INTEGER NOT NULL, name VARCHAR(40), PRIMARY KEY (id))")]);
        let model = [table(
            "CREATE TABLE pet (id INTEGER NOT NULL, name VARCHAR(60) NOT NULL, mood TEXT, PRIMARY KEY (id))",
        )];
        let answers =
            Answers { fills: vec![("pet".into(), "name".into(), "'?'".into())], ..Answers::default() };
        let plan = Plan::of(&model, &live, &answers).expect("a plan");
        assert_eq!(
            plan.found.operations[0].lines(),
            [
                "Detected added column 'pet.mood'",
                "Detected type change from VARCHAR(40) to VARCHAR(60) on 'pet.name'",
                "Detected NOT NULL on column 'pet.name'",
            ]
        );
        let statements = sql(&plan.up());
        assert!(statements[0].starts_with("CREATE TABLE _new_pet (id INTEGER"));
        assert_eq!(statements[1], "INSERT INTO _new_pet (id, name) SELECT id, coalesce(name, '?') FROM pet");
        assert_eq!(statements[2..], ["DROP TABLE pet", "ALTER TABLE _new_pet RENAME TO pet"]);
        let back = sql(&plan.down(&model, &live).expect("a way back"));
        assert_eq!(back[1], "INSERT INTO _new_pet (id, name) SELECT id, name FROM pet");
    }

    #[test]
    fn a_column_with_a_reference_is_added_in_place() {
        let live = schema(&[
            table("CREATE TABLE owner (id INTEGER NOT NULL, PRIMARY KEY (id))"),
            table("CREATE TABLE pet (id INTEGER NOT NULL, PRIMARY KEY (id))"),
        ]);
        let mut model = live.tables.clone();
        model[1] = table(
            "CREATE TABLE pet (id INTEGER NOT NULL, owner_id INTEGER, PRIMARY KEY (id), FOREIGN KEY(owner_id) \
             REFERENCES owner (id) ON DELETE CASCADE)",
        );
        let plan = Plan::of(&model, &live, &Answers::default()).expect("a plan");
        assert_eq!(
            sql(&plan.up()),
            ["ALTER TABLE pet ADD COLUMN owner_id INTEGER REFERENCES owner (id) ON DELETE CASCADE"]
        );
        assert!(plan.down(&model, &live).is_ok());
    }

    #[test]
    fn what_was_lost_comes_back_as_a_value_that_is_allowed() {
        let live = schema(&[table(
            "CREATE TABLE pet (id INTEGER NOT NULL, mood VARCHAR(5) NOT NULL, code TEXT NOT NULL UNIQUE, \
             CHECK (mood IN ('happy', 'sad')), PRIMARY KEY (id))",
        )]);
        let model = [table("CREATE TABLE pet (id INTEGER NOT NULL, PRIMARY KEY (id))")];
        let plan = Plan::of(&model, &live, &Answers::default()).expect("a plan");
        let back = sql(&plan.down(&model, &live).expect("a way back"));
        assert_eq!(back[1], "INSERT INTO _new_pet (id, mood, code) SELECT id, 'happy', '' || rowid FROM pet");
    }
}
