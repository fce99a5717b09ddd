//! Names by convention: `MetaData(naming_convention={...})`.
//!
//! Owns filling in the templates. Must not know spelling. Functions among the tokens need the language and are
//! called before, by whoever makes the constraint.

use std::rc::Rc;

use super::{Constraint, ConstraintKind, Index, Table};
use crate::python::value::{Str, Value};

/// Names a constraint that has no name of its own, if the metadata has a convention for its kind.
pub(super) fn name_by_convention(table: &Rc<Table>, constraint: &Rc<Constraint>) {
    let kind = match constraint.kind {
        ConstraintKind::PrimaryKey => "pk",
        ConstraintKind::Unique => "uq",
        ConstraintKind::Check { .. } => "ck",
        ConstraintKind::ForeignKey(_) => "fk",
    };
    let Some(template) = template(table, kind) else { return };
    let own = constraint.name.borrow().clone();
    let named = own.is_some() && !constraint.name_from_convention.get();
    if named && !template.contains("constraint_name") {
        return;
    }
    if matches!(constraint.kind, ConstraintKind::PrimaryKey) && constraint.columns().is_empty() {
        return;
    }
    let parts = Parts {
        table,
        columns: constraint.columns().iter().map(|column| (column.name(), column.key())).collect(),
        own: own.filter(|_| named),
        referred: constraint.foreign_key_data().map(|data| {
            let keys = data.elements.borrow();
            keys.iter().map(|key| key.target_parts()).collect()
        }),
    };
    if let Some(name) = conventional_name(&template, &parts) {
        *constraint.name.borrow_mut() = Some(name);
        constraint.name_from_convention.set(true);
    }
}

/// An index without a name is `ix_table_column` unless the convention says otherwise.
pub(super) fn name_index(table: &Rc<Table>, index: &Rc<Index>) {
    if index.name.borrow().is_some() {
        return;
    }
    let template = template(table, "ix").unwrap_or_else(|| Str::new("ix_%(column_0_label)s"));
    let parts = Parts {
        table,
        columns: index.columns().iter().map(|column| (column.name(), column.key())).collect(),
        own: None,
        referred: None,
    };
    if !parts.columns.is_empty() {
        *index.name.borrow_mut() = conventional_name(&template, &parts);
    }
}

fn template(table: &Rc<Table>, kind: &str) -> Option<Str> {
    let convention = table.metadata.naming_convention.borrow();
    let found = convention.iter().find(|(key, _)| &**key == kind);
    match found {
        Some((_, Value::Str(text))) => Some(text.clone()),
        _ => None,
    }
}

/// What a template may speak of.
pub struct Parts<'a> {
    table: &'a Rc<Table>,
    columns: Vec<(Str, Str)>,
    own: Option<Str>,
    referred: Option<Vec<(Str, Option<Str>)>>,
}

/// Fills in a template of the convention; None where a token has nothing to stand for.
pub fn conventional_name(template: &str, parts: &Parts<'_>) -> Option<Str> {
    let mut name = String::new();
    let mut rest = template;
    while let Some(start) = rest.find("%(") {
        name.push_str(&rest[..start]);
        let end = rest[start..].find(")s")? + start;
        name.push_str(&token(&rest[start + 2..end], parts)?);
        rest = &rest[end + 2..];
    }
    name.push_str(rest);
    Some(Str::new(&name))
}

fn token(token: &str, parts: &Parts<'_>) -> Option<String> {
    match token {
        "table_name" => return Some(parts.table.name.to_string()),
        "constraint_name" => return parts.own.as_ref().map(Str::to_string),
        "referred_table_name" => {
            let (table, _) = parts.referred.as_ref()?.first()?;
            return Some(table.rsplit('.').next().unwrap_or(table).to_string());
        }
        _ => {}
    }
    let (referred, token) = match token.strip_prefix("referred_") {
        Some(rest) => (true, rest),
        None => (false, token),
    };
    let token = token.strip_prefix("column_")?;
    let digits: String = token.chars().take_while(char::is_ascii_digit).collect();
    let index: usize = digits.parse().ok()?;
    let rest = &token[digits.len()..];
    let (separator, rest) = if let Some(rest) = rest.strip_prefix("_N") {
        (Some("_"), rest)
    } else if let Some(rest) = rest.strip_prefix('N') {
        (Some(""), rest)
    } else {
        (None, rest)
    };
    let one = |index: usize| -> Option<String> {
        if referred {
            let (_, column) = parts.referred.as_ref()?.get(index)?;
            return column.as_ref().map(Str::to_string);
        }
        let Some((name, key)) = parts.columns.get(index) else { return Some(String::new()) };
        Some(match rest {
            "_key" => key.to_string(),
            "_label" => format!("{}_{}", parts.table.name, name),
            _ => name.to_string(),
        })
    };
    match separator {
        None => one(index),
        Some(separator) => {
            let all: Option<Vec<String>> = (0..parts.columns.len()).map(one).collect();
            Some(all?.join(separator))
        }
    }
}
