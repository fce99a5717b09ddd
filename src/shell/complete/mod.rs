//! Completion in three steps: where the cursor stands, who knows something about that place, and neutral items.
//!
//! Owns the sources and the order of items. Runs no code and no statement: it reads dictionaries, classes and the
//! catalogue. Must not know how items are drawn.

pub mod context;
pub mod shape;

use crate::python::value::{Class, Gc, NativeType, Value};

use super::catalog::{Catalog, Model};
use context::{Context, KEYWORDS, Step};
use shape::{Method, Shape};

/// One suggestion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// What takes the place of the prefix.
    pub text: String,
    pub kind: Kind,
    /// A word or two beside it: a column's type, a relation's target.
    pub detail: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Column,
    Relation,
    Method,
    Attribute,
    Keyword,
    Name,
    Module,
    Table,
    Command,
    /// A value of a column, a key of a dictionary.
    Value,
}

/// What the sources may look at.
pub struct World<'a> {
    pub catalog: &'a Catalog,
    /// The value of a name in the session or among the builtins.
    pub lookup: &'a dyn Fn(&str) -> Option<Value>,
    /// The names of the session, then those of the builtins.
    pub names: &'a dyn Fn() -> Vec<String>,
    /// Modules that can be imported.
    pub modules: &'a dyn Fn() -> Vec<String>,
    /// The names of a module, if it is loaded or built in.
    pub module_names: &'a dyn Fn(&str) -> Vec<String>,
    /// The class of a value that is no instance of a written class.
    pub class_of: &'a dyn Fn(&Value) -> Option<Gc<Class>>,
    /// Words of commands, and the words that may follow one.
    pub commands: &'a dyn Fn() -> Vec<(String, String)>,
    pub arguments: &'a dyn Fn(&str) -> Vec<String>,
    /// The values of a column, where they may be asked for now: the only source that reads the database.
    pub values: &'a dyn Fn(&crate::sql::schema::Column) -> Vec<String>,
}

/// The suggestions for the end of `before`, and the length of what they replace.
pub fn complete(before: &str, world: &World<'_>) -> (usize, Vec<Item>) {
    let context = context::classify(before);
    let prefix = context.prefix().to_string();
    let mut items = sources(&context, world);
    let wants_hidden = prefix.rsplit('.').next().unwrap_or("").starts_with('_');
    let hidden = |text: &str| text.rsplit('.').next().unwrap_or("").starts_with('_');
    items.retain(|item| item.text.starts_with(&prefix) && (wants_hidden || !hidden(&item.text)));
    let mut seen: Vec<String> = Vec::new();
    items.retain(|item| {
        let is_new = !seen.contains(&item.text);
        seen.push(item.text.clone());
        is_new
    });
    (prefix.len(), items)
}

fn sources(context: &Context, world: &World<'_>) -> Vec<Item> {
    match context {
        Context::Command { .. } => {
            let commands = (world.commands)().into_iter();
            commands.map(|(text, detail)| Item { text, kind: Kind::Command, detail }).collect()
        }
        Context::Argument { command, .. } => plain((world.arguments)(command), Kind::Name),
        Context::Attribute { object, .. } => shape::of_steps(object, world.catalog, world.lookup)
            .map(|shape| attributes(&shape, world))
            .unwrap_or_default(),
        Context::Keyword { callee, given, prefix } => {
            let mut items = keywords(callee, world);
            items.retain(|item| !given.iter().any(|name| item.text == format!("{name}=")));
            // A call of a query's filter_by takes keywords only; anywhere else an expression may begin.
            let only_keywords = matches!(callee.last(), Some(Step::Attribute(name)) if name == "filter_by");
            if !only_keywords && (items.is_empty() || !prefix.is_empty()) {
                items.extend(names(world));
            }
            items
        }
        Context::Reference { .. } => {
            let tables = world.catalog.tables();
            let keys = tables.iter().flat_map(|table| {
                let columns = table.column_list();
                columns.into_iter().filter(|column| column.primary_key.get()).map(|column| Item {
                    text: format!("{}.{}", table.key, column.name()),
                    kind: Kind::Table,
                    detail: type_name(&column),
                })
            });
            keys.collect()
        }
        Context::ClassName { .. } => {
            let names = world.catalog.models.iter().map(|model| model.name.clone());
            plain(names.collect(), Kind::Name)
        }
        Context::ColumnValue { owner, keyword, .. } => match column_of(owner, keyword.as_deref(), world) {
            Some(column) => plain((world.values)(&column), Kind::Value),
            None => Vec::new(),
        },
        Context::Key { object, .. } => match shape::of_steps(object, world.catalog, world.lookup) {
            Some(Shape::Value(Value::Dict(dict))) => {
                let keys = dict.keys().into_iter();
                plain(keys.filter_map(|key| key.as_str().map(str::to_string)).collect(), Kind::Value)
            }
            _ => Vec::new(),
        },
        Context::Module { .. } => plain((world.modules)(), Kind::Module),
        Context::FromModule { module, .. } => plain((world.module_names)(module), Kind::Name),
        Context::Name { .. } => names(world),
        Context::Nothing => Vec::new(),
    }
}

/// The column that a text is compared with.
fn column_of(
    owner: &[Step],
    keyword: Option<&str>,
    world: &World<'_>,
) -> Option<std::rc::Rc<crate::sql::schema::Column>> {
    let model = |shape: Shape| match shape {
        Shape::Query(model) | Shape::Model(model) => Some(&world.catalog.models[model]),
        _ => None,
    };
    let (model, key) = match (keyword, owner.split_last()?) {
        (Some(key), (Step::Attribute(method), object)) if method == "filter_by" => {
            (model(shape::of_steps(object, world.catalog, world.lookup)?)?, key)
        }
        (Some(key), _) => (model(shape::of_steps(owner, world.catalog, world.lookup)?)?, key),
        (None, (Step::Attribute(key), object)) => {
            (model(shape::of_steps(object, world.catalog, world.lookup)?)?, key.as_str())
        }
        _ => return None,
    };
    model.column(key)?.column.clone()
}

fn plain(texts: Vec<String>, kind: Kind) -> Vec<Item> {
    texts.into_iter().map(|text| Item { text, kind, detail: String::new() }).collect()
}

fn names(world: &World<'_>) -> Vec<Item> {
    let mut items = plain((world.names)(), Kind::Name);
    items.extend(plain(KEYWORDS.iter().map(ToString::to_string).collect(), Kind::Keyword));
    items
}

fn methods(methods: &[Method]) -> Vec<Item> {
    plain(methods.iter().map(|(name, _)| name.to_string()).collect(), Kind::Method)
}

fn attributes(shape: &Shape, world: &World<'_>) -> Vec<Item> {
    let catalog = world.catalog;
    match shape {
        Shape::Model(model) => {
            let model = &catalog.models[*model];
            let mut items =
                vec![Item { text: "query".into(), kind: Kind::Attribute, detail: "Query".into() }];
            items.extend(mapped(model));
            items
        }
        Shape::Instance(model) => mapped(&catalog.models[*model]),
        Shape::Query(_) => {
            let mut items = methods(shape::QUERY);
            items.extend(methods(shape::DYNAMIC));
            items
        }
        Shape::Session => methods(shape::SESSION),
        Shape::Result(_) => methods(shape::RESULT),
        Shape::Column(..) => methods(shape::COLUMN),
        Shape::Relation(..) => methods(shape::RELATION),
        Shape::List(_) => methods(shape::LIST),
        Shape::Of(class) => class_names(class),
        Shape::Text => (world.class_of)(&Value::str("")).map(|class| class_names(&class)).unwrap_or_default(),
        Shape::Number => {
            (world.class_of)(&Value::Int(0)).map(|class| class_names(&class)).unwrap_or_default()
        }
        Shape::Value(value) => value_names(value, world),
    }
}

/// Columns, then relations, then whatever else the class has.
fn mapped(model: &Model) -> Vec<Item> {
    let columns = model.columns.iter().map(|column| Item {
        text: column.key.clone(),
        kind: Kind::Column,
        detail: column.column.as_ref().map(|column| type_name(column)).unwrap_or_default(),
    });
    let relations = model.relations.iter().map(|relation| Item {
        text: relation.key.clone(),
        kind: Kind::Relation,
        detail: if relation.is_list { format!("[{}]", relation.target) } else { relation.target.clone() },
    });
    let others = model.others.iter().map(|(name, kind)| Item {
        text: name.clone(),
        kind: if *kind == "method" { Kind::Method } else { Kind::Attribute },
        detail: (*kind).to_string(),
    });
    columns.chain(relations).chain(others).collect()
}

/// The attributes that an object shows without being asked anything.
fn value_names(value: &Value, world: &World<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    let from_dict = |items: &mut Vec<Item>, dict: &crate::python::value::Dict| {
        for key in dict.keys() {
            if let Some(name) = key.as_str() {
                items.push(Item { text: name.to_string(), kind: Kind::Attribute, detail: String::new() });
            }
        }
    };
    match value {
        Value::Module(module) => from_dict(&mut items, &module.dict),
        Value::Class(class) => items = class_names(class),
        Value::Instance(instance) => {
            if shape::is_database(value) {
                items.push(Item { text: "session".into(), kind: Kind::Attribute, detail: "Session".into() });
                items.push(Item { text: "Model".into(), kind: Kind::Attribute, detail: String::new() });
            }
            let class = instance.class();
            for (slot, name) in class.slot_names().iter().enumerate() {
                if !instance.slot(slot).is_unset() {
                    items.push(Item { text: name.to_string(), kind: Kind::Attribute, detail: String::new() });
                }
            }
            if let Some(dict) = instance.dict() {
                from_dict(&mut items, &dict);
            }
            items.extend(class_names(&class));
        }
        other => items = (world.class_of)(other).map(|class| class_names(&class)).unwrap_or_default(),
    }
    items.sort_by(|left, right| left.text.cmp(&right.text));
    items
}

/// The names of a class and its bases, those of native tables included, sorted.
fn class_names(class: &Gc<Class>) -> Vec<Item> {
    let mut items = Vec::new();
    for class in Class::mro(class) {
        for (key, value) in class.dict.to_vec() {
            let Some(name) = key.as_str() else { continue };
            let kind = match value {
                Value::Function(_) | Value::Native(_) => Kind::Method,
                _ => Kind::Attribute,
            };
            items.push(Item { text: name.to_string(), kind, detail: String::new() });
        }
        native_getters(class.native, &mut items);
    }
    items.sort_by(|left, right| left.text.cmp(&right.text));
    items
}

fn native_getters(kind: &'static NativeType, items: &mut Vec<Item>) {
    for getter in kind.getters {
        items.push(Item { text: getter.name.to_string(), kind: Kind::Attribute, detail: String::new() });
    }
    kind.bases.iter().for_each(|base| native_getters(base, items));
}

/// The keywords that a call takes: columns for a model and for filter_by, parameters for functions.
fn keywords(callee: &[Step], world: &World<'_>) -> Vec<Item> {
    let catalog = world.catalog;
    let keyword = |text: &str, detail: String| Item { text: format!("{text}="), kind: Kind::Keyword, detail };
    if let Some((Step::Attribute(name), object)) = callee.split_last()
        && matches!(name.as_str(), "filter_by" | "update")
    {
        let model = match shape::of_steps(object, catalog, world.lookup) {
            Some(Shape::Query(model)) if name == "filter_by" => &catalog.models[model],
            _ => return Vec::new(),
        };
        return mapped(model)
            .into_iter()
            .filter(|item| matches!(item.kind, Kind::Column | Kind::Relation))
            .map(|item| keyword(&item.text, item.detail))
            .collect();
    }
    match shape::of_steps(callee, catalog, world.lookup) {
        Some(Shape::Model(model)) => mapped(&catalog.models[model])
            .into_iter()
            .filter(|item| matches!(item.kind, Kind::Column | Kind::Relation))
            .map(|item| keyword(&item.text, item.detail))
            .collect(),
        Some(Shape::Value(Value::Native(native))) => {
            use crate::python::value::ParamKind;
            let named = |kind| matches!(kind, ParamKind::Keyword | ParamKind::PositionalOrKeyword);
            let params = native.row.params.iter().filter(|param| named(param.kind));
            params.map(|param| keyword(param.name, String::new())).collect()
        }
        _ => Vec::new(),
    }
}

/// A column's type as SQLite spells it.
pub fn type_name(column: &crate::sql::schema::Column) -> String {
    use crate::sql::compile;
    let ty = column.ty();
    let spelled =
        compile::dialect_named("sqlite").and_then(|dialect| compile::type_text_of(&ty, dialect).ok());
    spelled.unwrap_or_else(|| ty.class_name.to_uppercase())
}
