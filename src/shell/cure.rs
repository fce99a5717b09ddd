//! N+1: loads that an input repeated for object after object, and what would load them at once.
//!
//! Owns telling a repetition from several loads that differ, and the code of the cure. Must not know how either is
//! shown, nor run anything.

use super::catalog::{Catalog, Model, Relation};
use super::watch::{Loads, Spot};
use crate::ui::footer::{N_PLUS_ONE_FROM, Repeated};

/// How the program writes queries, which the cure follows.
pub struct Style {
    /// `db.select(Student)` instead of `Student.query`.
    pub select: bool,
    /// What stands before a loader's name: `db.`, or nothing where it was imported.
    pub prefix: &'static str,
}

/// What an input loaded again and again.
pub fn repeated(loads: &[(Spot, Loads)], catalog: &Catalog, style: &Style) -> Vec<Repeated> {
    let many = loads.iter().filter(|(_, found)| found.objects() >= N_PLUS_ONE_FROM);
    many.filter_map(|(spot, found)| one(spot, found, loads, catalog, style)).collect()
}

fn one(
    spot: &Spot,
    found: &Loads,
    all: &[(Spot, Loads)],
    catalog: &Catalog,
    style: &Style,
) -> Option<Repeated> {
    let model = catalog.named(&spot.class).map(|index| &catalog.models[index]);
    let (subject, is_relation, cure) = match spot.what {
        "lazy load" => {
            (format!("{}.{} loaded", spot.class, spot.key), true, eager(spot, model?, all, catalog, style))
        }
        "dynamic load" => {
            (format!("{}.{} queried", spot.class, spot.key), true, aggregate(spot, model?, catalog))
        }
        "deferred load" => {
            let cure = match model.is_some_and(|model| is_of_subclass_table(model, &spot.key)) {
                true => subclass_columns(spot, catalog, style)?,
                false => {
                    let option = format!("{}undefer({}.{})", style.prefix, spot.class, spot.key);
                    vec![with_options(&spot.class, &option, style)]
                }
            };
            (format!("{}.{} loaded", spot.class, spot.key), true, cure)
        }
        "refresh" => {
            let again = match style.select {
                true => format!("db.session.scalars(db.select({})).all()", spot.class),
                false => format!("{}.query.all()", spot.class),
            };
            (format!("{} refreshed", spot.class), true, vec![format!("{again}   # before the loop")])
        }
        "query" | "get" => ("the same query ran".to_string(), false, Vec::new()),
        _ => return None,
    };
    Some(Repeated { subject, is_relation, times: found.times, place: place_of(spot), cure })
}

fn place_of(spot: &Spot) -> Option<String> {
    match (spot.file.as_str(), spot.line) {
        (_, 0) => None,
        (super::session::CONSOLE, line) => Some(format!("line {line}")),
        (file, line) => {
            let name = std::path::Path::new(file).file_name().map(|name| name.to_string_lossy().into_owned());
            Some(format!("{}:{line}", name.unwrap_or_else(|| file.to_string())))
        }
    }
}

fn with_options(class: &str, option: &str, style: &Style) -> String {
    match style.select {
        true => format!("db.select({class}).options({option})"),
        false => format!("{class}.query.options({option})"),
    }
}

/// The loader that reads a relation for many objects at once.
fn loader(relation: &Relation) -> &'static str {
    if relation.is_list { "selectinload" } else { "joinedload" }
}

/// The options of the query that the walk began with: from the loaded relation up through those that led to it.
fn eager(spot: &Spot, model: &Model, all: &[(Spot, Loads)], catalog: &Catalog, style: &Style) -> Vec<String> {
    let Some(relation) = relation_of(model, &spot.key, catalog) else { return Vec::new() };
    let mut option = format!("{}({}.{})", loader(&relation), spot.class, spot.key);
    let mut class = spot.class.clone();
    let mut seen = vec![(spot.class.clone(), spot.key.clone())];
    loop {
        let led_here = all.iter().find(|(other, _)| {
            let known = seen.contains(&(other.class.clone(), other.key.clone()));
            let target = catalog.named(&other.class).and_then(|index| {
                relation_of(&catalog.models[index], &other.key, catalog).map(|relation| relation.target)
            });
            matches!(other.what, "lazy load" | "dynamic load") && !known && target.as_deref() == Some(&class)
        });
        let Some((other, _)) = led_here else { break };
        if other.what == "dynamic load" {
            // The collection is a query itself and takes the options.
            let owner = other.class.to_lowercase();
            return vec![format!("{owner}.{}.options({}{option})", other.key, style.prefix)];
        }
        let Some(step) = catalog
            .named(&other.class)
            .and_then(|index| relation_of(&catalog.models[index], &other.key, catalog))
        else {
            break;
        };
        option = format!("{}({}.{}).{option}", loader(&step), other.class, other.key);
        class.clone_from(&other.class);
        seen.push((other.class.clone(), other.key.clone()));
    }
    vec![with_options(&class, &format!("{}{option}", style.prefix), style)]
}

/// A relation of the model or of one that it inherits from.
fn relation_of(model: &Model, key: &str, catalog: &Catalog) -> Option<Relation> {
    if let Some(relation) = model.relation(key) {
        return Some(relation.clone());
    }
    let parent = model.mapper.inherits.as_ref()?;
    let index = catalog.named(&parent.class_name)?;
    relation_of(&catalog.models[index], key, catalog)
}

/// A dynamic relation takes no loader option: a join counts, and another `lazy=` lets it be loaded.
fn aggregate(spot: &Spot, model: &Model, catalog: &Catalog) -> Vec<String> {
    let Some(relation) = model.relation(&spot.key) else { return Vec::new() };
    let key_of = |model: &Model| {
        let is_key = |column: &&super::catalog::ColumnAttribute| {
            column.column.as_ref().is_some_and(|column| column.primary_key.get())
        };
        model.columns.iter().find(is_key).map_or("id".to_string(), |column| column.key.clone())
    };
    let (class, own) = (&spot.class, key_of(model));
    let target = &relation.target;
    let far = catalog.named(target).map_or("id".to_string(), |index| key_of(&catalog.models[index]));
    vec![
        format!(
            "db.session.query({class}, db.func.count({target}.{far})).outerjoin({class}.{}).group_by({class}.{own})",
            spot.key
        ),
        format!("lazy='select' instead of 'dynamic', then db.selectinload({class}.{})", spot.key),
    ]
}

fn is_of_subclass_table(model: &Model, key: &str) -> bool {
    let own = model.column(key).and_then(|column| column.column.as_ref().and_then(|column| column.table()));
    match (&model.mapper.inherits, own) {
        (Some(parent), Some(own)) => parent.table().is_some_and(|table| !std::rc::Rc::ptr_eq(&table, &own)),
        _ => false,
    }
}

/// Columns of a subclass's table: the query of the base class reads them along.
fn subclass_columns(spot: &Spot, catalog: &Catalog, style: &Style) -> Option<Vec<String>> {
    let model = &catalog.models[catalog.named(&spot.class)?];
    let mut base = model.mapper.clone();
    while let Some(parent) = base.inherits.clone() {
        base = parent;
    }
    let option = format!("selectin_polymorphic({}, [{}])", base.class_name, spot.class);
    Some(vec![with_options(&base.class_name, &option, style)])
}
