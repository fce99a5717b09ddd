//! What the shell knows of the models: classes, columns, relationships, as plain data.
//!
//! Owns reading it off the mappers, without configuring them and without a statement. Completion, relation cards and
//! `\d` ask it. Must not know how any of it is shown.

use std::rc::Rc;

use crate::orm::mapper::Mapper;
use crate::orm::property::PropertyKind;
use crate::orm::registry::Registry;
use crate::orm::relationship::{Direction, Relationship};
use crate::python::value::{Class, Gc, Value};
use crate::sql::schema::{Column, Table};

/// A mapped class.
#[derive(Clone)]
pub struct Model {
    pub name: String,
    pub table: Option<Rc<Table>>,
    pub mapper: Rc<Mapper>,
    pub columns: Vec<ColumnAttribute>,
    pub relations: Vec<Relation>,
    /// Synonyms, composites, proxies, hybrids, properties and methods written in the class: name and kind.
    pub others: Vec<(String, &'static str)>,
}

/// A column under the name of its attribute.
#[derive(Clone)]
pub struct ColumnAttribute {
    pub key: String,
    /// None for an expression (`column_property(func...)`).
    pub column: Option<Rc<Column>>,
}

#[derive(Clone)]
pub struct Relation {
    pub key: String,
    /// The target's class name; empty where it cannot be told before the mappers are configured.
    pub target: String,
    pub is_list: bool,
    pub is_dynamic: bool,
    pub lazy: &'static str,
    /// Key of the other side.
    pub back: Option<String>,
    pub direction: Option<Direction>,
}

/// Every model of every registry, in the order of definition.
#[derive(Clone, Default)]
pub struct Catalog {
    pub models: Vec<Model>,
}

impl Catalog {
    pub fn read() -> Catalog {
        let mappers = Registry::all().into_iter().flat_map(|registry| registry.mappers());
        Catalog { models: mappers.map(read_model).collect() }
    }

    pub fn named(&self, name: &str) -> Option<usize> {
        self.models.iter().position(|model| model.name == name)
    }

    /// The model of a mapped class.
    pub fn of_class(&self, class: &Gc<Class>) -> Option<usize> {
        let mapper = Mapper::of(class)?;
        self.models.iter().position(|model| Rc::ptr_eq(&model.mapper, &mapper))
    }

    /// The model of a mapped instance.
    pub fn of_instance(&self, value: &Value) -> Option<usize> {
        let Value::Instance(_) = value else { return None };
        let mapper = Mapper::of_value(value)?;
        self.models.iter().position(|model| Rc::ptr_eq(&model.mapper, &mapper))
    }

    /// The tables of all models' metadata, association tables included, by name.
    pub fn tables(&self) -> Vec<Rc<Table>> {
        let mut tables: Vec<Rc<Table>> = Vec::new();
        for registry in Registry::all() {
            let metadata = registry.metadata.borrow().clone();
            for table in metadata.table_list() {
                if !tables.iter().any(|known| Rc::ptr_eq(known, &table)) {
                    tables.push(table);
                }
            }
        }
        tables.sort_by(|left, right| left.key.cmp(&right.key));
        tables
    }
}

impl Model {
    pub fn relation(&self, key: &str) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.key == key)
    }

    pub fn column(&self, key: &str) -> Option<&ColumnAttribute> {
        self.columns.iter().find(|column| column.key == key)
    }
}

fn read_model(mapper: Rc<Mapper>) -> Model {
    let mut model = Model {
        name: mapper.class_name.to_string(),
        table: mapper.table(),
        mapper: mapper.clone(),
        columns: Vec::new(),
        relations: Vec::new(),
        others: Vec::new(),
    };
    for attribute in mapper.attributes() {
        let key = attribute.key.to_string();
        match &attribute.property.kind {
            PropertyKind::Column(column) => {
                model.columns.push(ColumnAttribute { key, column: column.column() });
            }
            PropertyKind::Relationship(relationship) => {
                model.relations.push(read_relation(key, relationship));
            }
            PropertyKind::Composite(_) => model.others.push((key, "composite")),
            PropertyKind::Synonym(_) => model.others.push((key, "synonym")),
            PropertyKind::Disabled => {}
        }
    }
    for class in Class::mro(&mapper.class) {
        // Only what the app wrote: the classes above its own are the library's.
        let module = class.dict.get("__module__");
        let is_library = module.as_ref().and_then(Value::as_str).is_some_and(|module| {
            ["builtins", "flask_sqlalchemy", "sqlalchemy"]
                .iter()
                .any(|name| module == *name || module.starts_with(&format!("{name}.")))
        });
        if is_library {
            continue;
        }
        for (key, value) in class.dict.to_vec() {
            let Some(name) = key.as_str() else { continue };
            let known = model.columns.iter().any(|column| column.key == name)
                || model.relations.iter().any(|relation| relation.key == name)
                || model.others.iter().any(|(other, _)| other == name);
            if name.starts_with('_') || known {
                continue;
            }
            model.others.push((name.to_string(), kind_of(&value)));
        }
    }
    model
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Function(_) | Value::Native(_) | Value::Method(_) => "method",
        Value::Instance(instance) => match &**instance.class().name.borrow() {
            "property" => "property",
            "hybrid_property" => "hybrid",
            "AssociationProxy" => "proxy",
            "classmethod" | "staticmethod" => "method",
            _ => "attribute",
        },
        _ => "attribute",
    }
}

fn read_relation(key: String, relationship: &Relationship) -> Relation {
    let setup = relationship.try_setup();
    let target = match setup {
        Some(setup) => setup.mapper.class_name.to_string(),
        None => argument_name(&relationship.argument.borrow()),
    };
    let backref = relationship.backref.borrow().as_ref().map(|(name, _)| name.to_string());
    Relation {
        key,
        target,
        is_list: setup.map_or(relationship.uselist.get() != Some(false), |setup| setup.uselist),
        is_dynamic: relationship.is_dynamic(),
        lazy: relationship.lazy.get().name(),
        back: relationship.back_populates.borrow().as_ref().map(ToString::to_string).or(backref),
        direction: setup.map(|setup| setup.direction),
    }
}

/// `"Excuse"`, `"models.Excuse"` or the class itself.
fn argument_name(argument: &Value) -> String {
    match argument {
        Value::Str(name) => name.rsplit('.').next().unwrap_or("").trim_matches(['"', '\'']).to_string(),
        Value::Class(class) => class.name.borrow().to_string(),
        _ => String::new(),
    }
}
