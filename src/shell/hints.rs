//! What to do next after an error: near names, a transaction on hold, tables that were never made.
//!
//! Owns these hints. Works from the error's class and text and from the names in scope; runs nothing.
//! Must not know how they are shown.

use crate::util::near::nearest;

use super::catalog::Catalog;

/// Hints for an error. `kind` is the class's bare name, `message` its text, `names` what is in scope.
pub fn for_error(kind: &str, message: &str, catalog: &Catalog, names: &[String]) -> Vec<String> {
    let mut hints = Vec::new();
    match kind {
        "NameError" => {
            if let Some(wanted) = quoted(message, "name '") {
                let candidates = names.iter().map(String::as_str);
                hints.extend(nearest(wanted, candidates).map(did_you_mean));
                if hints.is_empty()
                    && let Some(module) = IMPORTABLE.iter().find(|(name, _)| *name == wanted)
                {
                    hints.push(module.1.to_string());
                }
            }
        }
        "AttributeError" => hints.extend(attribute(message, catalog)),
        "InvalidRequestError" if message.starts_with("Entity namespace for") => {
            if let (Some(wanted), Some(model)) =
                (quoted(message, "has no property \""), quoted(message, "Entity namespace for \""))
            {
                hints.extend(near_attribute(model, wanted, catalog));
            }
        }
        "TypeError" => {
            if let Some(model) = quoted_after(message, "' is an invalid keyword argument for ")
                && let Some(wanted) = quoted(message, "'")
            {
                hints.extend(near_attribute(model.trim_end_matches('.'), wanted, catalog));
            }
        }
        "IntegrityError" | "PendingRollbackError" => {
            hints.push("the transaction is on hold until you say db.session.rollback()".to_string());
        }
        "OperationalError" if message.contains("no such table") => {
            hints.push("db.create_all() makes the tables that are missing".to_string());
        }
        "OperationalError"
            if message.contains("no such column") || message.contains("has no column named") =>
        {
            hints.push(
                "the table is older than the model: db migrate, then db upgrade, brings it up to date".into(),
            );
        }
        "OperationalError" if message.contains("database is locked") => {
            hints.push("another program has changed the database and not committed yet".to_string());
        }
        "DetachedInstanceError" => {
            hints.push(
                "db.session.add(the object) or db.session.merge(it) brings it back into the session".into(),
            );
        }
        "UnmappedInstanceError" => {
            hints.push("only instances of models can be added to a session".to_string())
        }
        _ => {}
    }
    hints
}

const IMPORTABLE: &[(&str, &str)] = &[
    ("datetime", "from datetime import datetime"),
    ("date", "from datetime import date"),
    ("timedelta", "from datetime import timedelta"),
    ("func", "db.func, or: from sqlalchemy import func"),
    ("select", "db.select, or: from sqlalchemy import select"),
    ("text", "db.text, or: from sqlalchemy import text"),
    ("or_", "db.or_, or: from sqlalchemy import or_"),
    ("and_", "db.and_, or: from sqlalchemy import and_"),
    ("desc", "db.desc, or: from sqlalchemy import desc"),
    ("joinedload", "db.joinedload, or: from sqlalchemy.orm import joinedload"),
    ("selectinload", "db.selectinload, or: from sqlalchemy.orm import selectinload"),
    ("json", "import json"),
    ("os", "import os"),
    ("random", "import random"),
    ("re", "import re"),
    ("math", "import math"),
];

fn did_you_mean(name: &str) -> String {
    format!("did you mean '{name}'?")
}

/// `'Student' object has no attribute 'mentr'`, `type object 'Student' has no attribute 'querry'`.
fn attribute(message: &str, catalog: &Catalog) -> Option<String> {
    let wanted = message.rsplit("has no attribute '").next()?.trim_end_matches('\'');
    let owner = quoted(message, "type object '").or_else(|| quoted(message, "'"))?;
    match catalog.named(owner) {
        Some(_) => near_attribute(owner, wanted, catalog),
        None if owner == "list" || owner == "InstrumentedList" => {
            let query = ["filter", "filter_by", "count", "all", "first", "order_by"];
            query.contains(&wanted).then(|| {
                "this is a list that is loaded already, not a query; lazy='dynamic' would make it one"
                    .to_string()
            })
        }
        None if owner == "NoneType" => Some("the value is None: first() or get() found no row".to_string()),
        None => None,
    }
}

fn near_attribute(owner: &str, wanted: &str, catalog: &Catalog) -> Option<String> {
    let model = &catalog.models[catalog.named(owner)?];
    let columns = model.columns.iter().map(|column| column.key.as_str());
    let relations = model.relations.iter().map(|relation| relation.key.as_str());
    let others = model.others.iter().map(|(name, _)| name.as_str());
    let all: Vec<&str> = columns.chain(relations).chain(others).chain(["query"]).collect();
    let near = nearest(wanted, all.iter().copied())?;
    let detail = match (model.column(near), model.relation(near)) {
        (Some(column), _) => {
            let kind = column.column.as_ref().map(|column| super::complete::type_name(column));
            kind.map_or(String::new(), |kind| format!("  ({kind})"))
        }
        (_, Some(relation)) => {
            format!("  ({} -> {})", if relation.is_list { "many" } else { "one" }, relation.target)
        }
        _ => String::new(),
    };
    Some(did_you_mean(near) + &detail)
}

/// The text between `before` and the next quote of the same kind.
fn quoted<'a>(message: &'a str, before: &str) -> Option<&'a str> {
    let rest = &message[message.find(before)? + before.len()..];
    let quote = before.chars().next_back()?;
    rest.split(quote).next()
}

fn quoted_after<'a>(message: &'a str, before: &str) -> Option<&'a str> {
    let rest = &message[message.find(before)? + before.len()..];
    rest.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_and_next_steps() {
        let catalog = Catalog::default();
        let hints =
            |kind, message| for_error(kind, message, &catalog, &["Student".to_string(), "print".to_string()]);
        assert_eq!(hints("NameError", "name 'Studnt' is not defined"), ["did you mean 'Student'?"]);
        assert_eq!(hints("NameError", "name 'date' is not defined"), ["from datetime import date"]);
        assert!(hints("NameError", "name 'zzz' is not defined").is_empty());
        assert!(hints("IntegrityError", "x")[0].contains("rollback()"));
        assert!(hints("AttributeError", "'NoneType' object has no attribute 'name'")[0].contains("None"));
        assert!(hints("ValueError", "no").is_empty());
    }
}
