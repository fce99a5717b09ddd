//! What an expression would be, worked out without running it.
//!
//! Owns the shapes and what each method of a query, a session or a collection gives back. Must not know the cursor
//! or how items are shown. Reading a name is a dictionary lookup; no descriptor, property or statement is ever run.

use crate::python::value::{Class, Gc, Value};

use super::super::catalog::Catalog;
use super::context::Step;

/// What is known of an expression. Numbers are places in the catalogue.
#[derive(Clone)]
pub enum Shape {
    /// An object at hand.
    Value(Value),
    Model(usize),
    Instance(usize),
    /// `Model.query`, `db.session.query(Model)`, a dynamic relationship.
    Query(usize),
    /// A list of something.
    List(Box<Shape>),
    /// `db.session`
    Session,
    /// The result of `session.execute` or `scalars`.
    Result(Option<usize>),
    /// `Student.name`, as an expression.
    Column(usize, String),
    /// `Student.excuses`, as an expression.
    Relation(usize, String),
    /// An instance of a class.
    Of(Gc<Class>),
    Text,
    Number,
}

/// What calling a method gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// The object itself, or one like it.
    Same,
    One,
    Many,
    Text,
    Number,
    Nothing,
}

/// A method that completion offers, in the order in which it is offered.
pub type Method = (&'static str, Gives);

pub const QUERY: &[Method] = &[
    ("all", Gives::Many),
    ("first", Gives::One),
    ("get", Gives::One),
    ("filter", Gives::Same),
    ("filter_by", Gives::Same),
    ("where", Gives::Same),
    ("order_by", Gives::Same),
    ("limit", Gives::Same),
    ("offset", Gives::Same),
    ("count", Gives::Number),
    ("one", Gives::One),
    ("one_or_none", Gives::One),
    ("scalar", Gives::Nothing),
    ("join", Gives::Same),
    ("outerjoin", Gives::Same),
    ("group_by", Gives::Same),
    ("having", Gives::Same),
    ("distinct", Gives::Same),
    ("options", Gives::Same),
    ("with_entities", Gives::Nothing),
    ("add_columns", Gives::Nothing),
    ("update", Gives::Number),
    ("delete", Gives::Number),
    ("exists", Gives::Nothing),
    ("subquery", Gives::Nothing),
    ("union", Gives::Same),
    ("slice", Gives::Same),
    ("paginate", Gives::Nothing),
    ("first_or_404", Gives::One),
    ("get_or_404", Gives::One),
    ("one_or_404", Gives::One),
    ("yield_per", Gives::Same),
    ("populate_existing", Gives::Same),
    ("execution_options", Gives::Same),
    ("statement", Gives::Nothing),
    ("session", Gives::Nothing),
];

/// What a dynamic relationship has besides.
pub const DYNAMIC: &[Method] =
    &[("append", Gives::Nothing), ("extend", Gives::Nothing), ("remove", Gives::Nothing)];

pub const SESSION: &[Method] = &[
    ("add", Gives::Nothing),
    ("add_all", Gives::Nothing),
    ("commit", Gives::Nothing),
    ("rollback", Gives::Nothing),
    ("flush", Gives::Nothing),
    ("delete", Gives::Nothing),
    ("query", Gives::Nothing),
    ("execute", Gives::Nothing),
    ("scalars", Gives::Nothing),
    ("scalar", Gives::Nothing),
    ("get", Gives::Nothing),
    ("get_one", Gives::Nothing),
    ("refresh", Gives::Nothing),
    ("expire", Gives::Nothing),
    ("expire_all", Gives::Nothing),
    ("expunge", Gives::Nothing),
    ("expunge_all", Gives::Nothing),
    ("merge", Gives::Nothing),
    ("begin_nested", Gives::Nothing),
    ("new", Gives::Nothing),
    ("dirty", Gives::Nothing),
    ("deleted", Gives::Nothing),
    ("is_modified", Gives::Nothing),
    ("no_autoflush", Gives::Nothing),
    ("identity_map", Gives::Nothing),
    ("bulk_save_objects", Gives::Nothing),
    ("bulk_insert_mappings", Gives::Nothing),
    ("close", Gives::Nothing),
    ("remove", Gives::Nothing),
];

pub const RESULT: &[Method] = &[
    ("all", Gives::Many),
    ("first", Gives::One),
    ("one", Gives::One),
    ("one_or_none", Gives::One),
    ("scalars", Gives::Same),
    ("scalar", Gives::One),
    ("scalar_one", Gives::One),
    ("scalar_one_or_none", Gives::One),
    ("unique", Gives::Same),
    ("mappings", Gives::Nothing),
    ("fetchall", Gives::Many),
    ("fetchone", Gives::One),
    ("fetchmany", Gives::Many),
    ("keys", Gives::Nothing),
    ("partitions", Gives::Nothing),
];

pub const COLUMN: &[Method] = &[
    ("asc", Gives::Same),
    ("desc", Gives::Same),
    ("in_", Gives::Nothing),
    ("not_in", Gives::Nothing),
    ("is_", Gives::Nothing),
    ("is_not", Gives::Nothing),
    ("like", Gives::Nothing),
    ("ilike", Gives::Nothing),
    ("contains", Gives::Nothing),
    ("startswith", Gives::Nothing),
    ("endswith", Gives::Nothing),
    ("between", Gives::Nothing),
    ("label", Gives::Same),
    ("nulls_first", Gives::Same),
    ("nulls_last", Gives::Same),
    ("cast", Gives::Nothing),
    ("distinct", Gives::Same),
    ("collate", Gives::Same),
    ("regexp_match", Gives::Nothing),
];

pub const RELATION: &[Method] = &[
    ("any", Gives::Nothing),
    ("has", Gives::Nothing),
    ("contains", Gives::Nothing),
    ("of_type", Gives::Same),
    ("and_", Gives::Same),
    ("property", Gives::Nothing),
];

pub const LIST: &[Method] = &[
    ("append", Gives::Nothing),
    ("extend", Gives::Nothing),
    ("insert", Gives::Nothing),
    ("remove", Gives::Nothing),
    ("pop", Gives::One),
    ("clear", Gives::Nothing),
    ("index", Gives::Number),
    ("count", Gives::Number),
    ("sort", Gives::Nothing),
    ("reverse", Gives::Nothing),
    ("copy", Gives::Same),
];

/// The shape of a chain of steps. `names` looks a name up in the session.
pub fn of_steps(steps: &[Step], catalog: &Catalog, names: &dyn Fn(&str) -> Option<Value>) -> Option<Shape> {
    let mut shape = match steps.first()? {
        Step::Name(name) => of_value(names(name)?, catalog),
        Step::Text => Shape::Text,
        _ => return None,
    };
    let mut rest = &steps[1..];
    while let Some((step, after)) = rest.split_first() {
        (shape, rest) = match (step, after) {
            (Step::Attribute(name), [Step::Call, after @ ..]) => (called(&shape, name, catalog)?, after),
            (Step::Attribute(name), _) => (attribute(&shape, name, catalog)?, after),
            (Step::Call, _) => (call(&shape)?, after),
            (Step::Index, _) => (item(&shape)?, after),
            (Step::Slice, _) => match shape {
                Shape::Query(model) => (Shape::List(Box::new(Shape::Instance(model))), after),
                same => (same, after),
            },
            _ => return None,
        };
    }
    Some(shape)
}

/// The shape of an object at hand.
pub fn of_value(value: Value, catalog: &Catalog) -> Shape {
    if let Value::Class(class) = &value
        && let Some(model) = catalog.of_class(class)
    {
        return Shape::Model(model);
    }
    if let Some(model) = catalog.of_instance(&value) {
        return Shape::Instance(model);
    }
    match &value {
        Value::Str(_) => Shape::Text,
        Value::Int(_) | Value::Float(_) => Shape::Number,
        Value::List(list) => match list.to_vec().first() {
            Some(first) => Shape::List(Box::new(of_value(first.clone(), catalog))),
            None => Shape::Value(value),
        },
        Value::Instance(instance) if &**instance.class().name.borrow() == "scoped_session" => Shape::Session,
        _ => Shape::Value(value),
    }
}

/// `shape.name`, not called.
pub fn attribute(shape: &Shape, name: &str, catalog: &Catalog) -> Option<Shape> {
    match shape {
        Shape::Model(model) => {
            let known = &catalog.models[*model];
            if name == "query" {
                Some(Shape::Query(*model))
            } else if known.column(name).is_some() {
                Some(Shape::Column(*model, name.to_string()))
            } else if known.relation(name).is_some() {
                Some(Shape::Relation(*model, name.to_string()))
            } else {
                None
            }
        }
        Shape::Instance(model) => {
            let known = &catalog.models[*model];
            if let Some(relation) = known.relation(name) {
                let target = catalog.named(&relation.target)?;
                return Some(match (relation.is_dynamic, relation.is_list) {
                    (true, _) => Shape::Query(target),
                    (false, true) => Shape::List(Box::new(Shape::Instance(target))),
                    (false, false) => Shape::Instance(target),
                });
            }
            known.column(name).and_then(|column| column.column.as_ref()).and_then(|column| {
                use crate::sql::types::TypeKind;
                match &column.ty().kind {
                    TypeKind::Text { .. } | TypeKind::Enum(_) => Some(Shape::Text),
                    TypeKind::Integer(_) | TypeKind::Float { .. } => Some(Shape::Number),
                    _ => None,
                }
            })
        }
        Shape::Value(value) => {
            if is_database(value) && name == "session" {
                return Some(Shape::Session);
            }
            stored(value, name).map(|found| of_value(found, catalog))
        }
        _ => None,
    }
}

/// `shape.name(...)`
fn called(shape: &Shape, name: &str, catalog: &Catalog) -> Option<Shape> {
    let gives =
        |methods: &[Method]| methods.iter().find(|(known, _)| *known == name).map(|(_, gives)| *gives);
    let give = |gives: Option<Gives>, one: Option<Shape>| match gives? {
        Gives::Same => Some(shape.clone()),
        Gives::One => one,
        Gives::Many => one.map(|one| Shape::List(Box::new(one))),
        Gives::Text => Some(Shape::Text),
        Gives::Number => Some(Shape::Number),
        Gives::Nothing => None,
    };
    match shape {
        Shape::Query(model) => give(gives(QUERY), Some(Shape::Instance(*model))),
        Shape::Result(model) => give(gives(RESULT), model.map(Shape::Instance)),
        Shape::Column(..) => give(gives(COLUMN), None),
        Shape::List(item) => give(gives(LIST), Some((**item).clone())),
        Shape::Session => matches!(name, "execute" | "scalars").then_some(Shape::Result(None)),
        Shape::Text => ["strip", "lower", "upper", "title", "replace", "format", "join"]
            .contains(&name)
            .then_some(Shape::Text),
        _ => attribute(shape, name, catalog).and_then(|found| call(&found)),
    }
}

/// `shape(...)`
fn call(shape: &Shape) -> Option<Shape> {
    match shape {
        Shape::Model(model) => Some(Shape::Instance(*model)),
        Shape::Session => Some(Shape::Session),
        Shape::Value(Value::Class(class)) => Some(Shape::Of(class.clone())),
        _ => None,
    }
}

/// `shape[...]`
fn item(shape: &Shape) -> Option<Shape> {
    match shape {
        Shape::List(item) => Some((**item).clone()),
        Shape::Query(model) => Some(Shape::Instance(*model)),
        Shape::Text => Some(Shape::Text),
        _ => None,
    }
}

/// Whether an object is the `db` of an app.
pub fn is_database(value: &Value) -> bool {
    matches!(value, Value::Instance(instance)
        if Class::mro(&instance.class()).iter().any(|class| &**class.name.borrow() == "SQLAlchemy"))
}

/// An attribute that lies in a dictionary or a slot, read without asking any descriptor.
pub fn stored(value: &Value, name: &str) -> Option<Value> {
    let interned = crate::python::value::intern(name);
    match value {
        Value::Module(module) => module.dict.get(name),
        Value::Class(class) => class.lookup(&interned),
        Value::Instance(instance) => {
            let class = instance.class();
            let slot =
                class.slot_of(&interned).map(|slot| instance.slot(slot)).filter(|found| !found.is_unset());
            slot.or_else(|| instance.dict().and_then(|dict| dict.get(name)))
                .or_else(|| class.lookup(&interned).filter(|found| !matches!(found, Value::Instance(_))))
        }
        _ => None,
    }
}
