//! The schema of an app as plain data: its tables, and the classes mapped to them.
//!
//! Owns reading it off metadata and mappers, and its JSON. Must not know how a schema is drawn.

use std::rc::Rc;

use serde_json::{Value as Json, json};

use super::Project;
use crate::orm::configure::configure_mappers;
use crate::orm::mapper::Mapper;
use crate::orm::property::PropertyKind;
use crate::orm::registry::Registry;
use crate::orm::relationship::{Cascades, Relationship};
use crate::python::value::{Class, Host, R, Value};
use crate::sql::compile::{Options, SQLITE, compile_ddl, compile_expression, type_text};
use crate::sql::schema::{MetaData, ServerDefault};
use crate::sql::statement::Ddl;

/// Everything an app describes.
#[derive(Debug, Default)]
pub struct Schema {
    /// Those referred to before those that refer to them.
    pub tables: Vec<Table>,
    /// By class name.
    pub mappers: Vec<MappedClass>,
}

#[derive(Debug)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    pub indexes: Vec<Index>,
    /// CREATE TABLE as SQLAlchemy spells it.
    pub create: String,
    pub create_indexes: Vec<String>,
}

#[derive(Debug)]
pub struct Column {
    pub name: String,
    /// As SQLite spells it.
    pub type_text: String,
    pub nullable: bool,
    pub primary_key: bool,
    pub unique: bool,
    pub index: bool,
    pub server_default: Option<String>,
    pub foreign_keys: Vec<ForeignKey>,
}

#[derive(Debug)]
pub struct ForeignKey {
    pub table: String,
    pub column: String,
    pub ondelete: Option<String>,
}

#[derive(Debug)]
pub struct Index {
    pub name: Option<String>,
    pub unique: bool,
    pub columns: Vec<String>,
}

/// A mapped class.
#[derive(Debug)]
pub struct MappedClass {
    pub class: String,
    pub table: String,
    pub inherits: Option<String>,
    /// Keys of its columns.
    pub attributes: Vec<String>,
    pub relationships: Vec<Relation>,
    pub proxies: Vec<String>,
    pub hybrids: Vec<String>,
    pub synonyms: Vec<String>,
}

#[derive(Debug)]
pub struct Relation {
    pub key: String,
    /// The target's class.
    pub target: String,
    pub direction: &'static str,
    pub uselist: bool,
    pub lazy: &'static str,
    pub back_populates: Option<String>,
    pub backref: Option<String>,
    pub secondary: Option<String>,
    pub cascade: Vec<&'static str>,
    pub viewonly: bool,
    /// `table.column`
    pub remote_side: Vec<String>,
    /// Local and remote column.
    pub pairs: Vec<(String, String)>,
}

impl Table {
    /// Whether one column alone is the key or is declared unique: at most one row has each of its values.
    pub fn is_unique(&self, column: &Column) -> bool {
        let keys = self.columns.iter().filter(|column| column.primary_key).count();
        column.unique
            || (column.primary_key && keys == 1)
            || self.indexes.iter().any(|index| index.unique && index.columns == [column.name.clone()])
    }
}

/// Reads what a loaded project describes; mappers are configured first.
pub fn describe(project: &mut Project) -> R<Schema> {
    configure_mappers(&mut project.vm)?;
    let mut every: Vec<Rc<MetaData>> = project.metadata()?.into_iter().collect();
    for registry in Registry::all() {
        let metadata = registry.metadata.borrow().clone();
        every.push(metadata);
        // Models with a bind key have a metadata of their own.
        every.extend(registry.mappers().iter().filter_map(|mapper| Some(mapper.table()?.metadata.clone())));
    }
    let mut schema = Schema::default();
    let mut seen: Vec<*const MetaData> = Vec::new();
    for metadata in every {
        if seen.contains(&Rc::as_ptr(&metadata)) {
            continue;
        }
        seen.push(Rc::as_ptr(&metadata));
        for table in metadata.sorted_tables() {
            schema.tables.push(read_table(&mut project.vm, &table)?);
        }
    }
    for registry in Registry::all() {
        schema.mappers.extend(registry.mappers().iter().map(read_mapper));
    }
    schema.mappers.sort_by(|left, right| left.class.cmp(&right.class));
    Ok(schema)
}

fn read_table(host: &mut dyn Host, table: &Rc<crate::sql::schema::Table>) -> R<Table> {
    let create =
        compile_ddl(host, &Ddl::CreateTable { table: table.clone(), if_not_exists: false }, &SQLITE)?;
    let mut columns = Vec::new();
    for column in table.column_list() {
        let keys = column.foreign_keys.borrow().clone();
        let foreign_keys = keys.iter().map(|key| {
            let (table, name) = match key.find_column() {
                Some(found) => {
                    let table = found.table().map(|table| table.key.to_string()).unwrap_or_default();
                    (table, found.name().to_string())
                }
                // Its table is not described anywhere.
                None => {
                    let (table, name) = key.target_parts();
                    (table.to_string(), name.map(|name| name.to_string()).unwrap_or_default())
                }
            };
            ForeignKey { table, column: name, ondelete: key.ondelete.as_ref().map(ToString::to_string) }
        });
        columns.push(Column {
            name: column.name().to_string(),
            type_text: type_text(host, &column.ty(), &SQLITE)?,
            nullable: column.nullable.get(),
            primary_key: column.primary_key.get(),
            unique: column.unique.get().unwrap_or(false),
            index: column.index.get().unwrap_or(false),
            server_default: server_default(host, &column)?,
            foreign_keys: foreign_keys.collect(),
        });
    }
    let listed = table.indexes.borrow().clone();
    let (mut indexes, mut create_indexes) = (Vec::new(), Vec::new());
    for index in listed {
        let mut names: Vec<String> = index.columns().iter().map(|column| column.name().to_string()).collect();
        if names.is_empty() {
            let expressions = index.expressions.borrow().clone();
            for expression in expressions {
                names.push(spelled(host, &expression)?);
            }
        }
        let name = index.name.borrow().as_ref().map(ToString::to_string);
        indexes.push(Index { name, unique: index.unique, columns: names });
        create_indexes.push(compile_ddl(host, &Ddl::CreateIndex { index, if_not_exists: false }, &SQLITE)?);
    }
    indexes.sort_by(|left, right| left.name.cmp(&right.name));
    create_indexes.sort();
    Ok(Table { name: table.key.to_string(), columns, indexes, create, create_indexes })
}

fn spelled(host: &mut dyn Host, expression: &crate::sql::expr::Expr) -> R<String> {
    let options = Options { literal_binds: true, ..Options::default() };
    Ok(compile_expression(host, expression, &SQLITE, &options)?.text.to_string())
}

fn server_default(host: &mut dyn Host, column: &crate::sql::schema::Column) -> R<Option<String>> {
    let default = column.server_default.borrow().clone();
    match default {
        Some(ServerDefault::Text(text)) => Ok(Some(text.to_string())),
        Some(ServerDefault::Clause(clause)) => spelled(host, &clause).map(Some),
        _ => Ok(None),
    }
}

fn read_mapper(mapper: &Rc<Mapper>) -> MappedClass {
    let table = mapper.table().or_else(|| mapper.tables.first().cloned());
    let mut class = MappedClass {
        class: mapper.class_name.to_string(),
        table: table.map(|table| table.key.to_string()).unwrap_or_default(),
        inherits: mapper.inherits.as_ref().map(|parent| parent.class_name.to_string()),
        attributes: Vec::new(),
        relationships: Vec::new(),
        proxies: Vec::new(),
        hybrids: Vec::new(),
        synonyms: Vec::new(),
    };
    for attribute in mapper.attributes() {
        let key = attribute.key.to_string();
        match &attribute.property.kind {
            PropertyKind::Column(_) => class.attributes.push(key),
            PropertyKind::Relationship(relationship) => {
                class.relationships.extend(read_relation(key, relationship));
            }
            PropertyKind::Synonym(_) => class.synonyms.push(key),
            PropertyKind::Composite(_) | PropertyKind::Disabled => {}
        }
    }
    for base in Class::mro(&mapper.class) {
        for (key, value) in base.dict.to_vec() {
            let (Some(key), Value::Instance(instance)) = (key.as_str(), &value) else { continue };
            let list = match &**instance.class().name.borrow() {
                "AssociationProxy" => &mut class.proxies,
                "hybrid_property" | "hybrid_method" => &mut class.hybrids,
                _ => continue,
            };
            if !list.iter().any(|known| known == key) {
                list.push(key.to_string());
            }
        }
    }
    class
}

fn read_relation(key: String, relationship: &Relationship) -> Option<Relation> {
    let setup = relationship.try_setup()?;
    let name = |column: &Rc<crate::sql::schema::Column>| {
        let table = column.table().map(|table| table.key.to_string()).unwrap_or_default();
        format!("{table}.{}", column.name())
    };
    let mut remote_side: Vec<String> = setup.remote_columns.iter().map(name).collect();
    remote_side.sort();
    remote_side.dedup();
    Some(Relation {
        key,
        target: setup.mapper.class_name.to_string(),
        direction: setup.direction.name(),
        uselist: setup.uselist,
        lazy: relationship.lazy.get().name(),
        back_populates: relationship.back_populates.borrow().as_ref().map(ToString::to_string),
        backref: relationship.backref.borrow().as_ref().map(|(name, _)| name.to_string()),
        secondary: setup.secondary.as_ref().map(|table| table.key.to_string()),
        cascade: cascades(relationship.cascade.get()),
        viewonly: relationship.viewonly,
        remote_side,
        pairs: setup.local_remote_pairs.iter().map(|(local, remote)| (name(local), name(remote))).collect(),
    })
}

/// By name, sorted.
fn cascades(of: Cascades) -> Vec<&'static str> {
    let all = [
        ("delete", of.delete),
        ("delete-orphan", of.delete_orphan),
        ("expunge", of.expunge),
        ("merge", of.merge),
        ("refresh-expire", of.refresh_expire),
        ("save-update", of.save_update),
    ];
    all.into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect()
}

impl Schema {
    /// The schema as one JSON document.
    pub fn to_json(&self) -> String {
        let tables: Vec<Json> = self.tables.iter().map(table_json).collect();
        let mappers: Vec<Json> = self.mappers.iter().map(mapper_json).collect();
        let document = json!({ "tables": tables, "mappers": mappers });
        serde_json::to_string_pretty(&document).unwrap_or_default()
    }
}

fn table_json(table: &Table) -> Json {
    let columns = table.columns.iter().map(|column| {
        let keys = column.foreign_keys.iter().map(
            |key| json!({ "target": format!("{}.{}", key.table, key.column), "ondelete": key.ondelete }),
        );
        json!({
            "name": column.name,
            "type": column.type_text,
            "nullable": column.nullable,
            "primary_key": column.primary_key,
            "unique": column.unique,
            "index": column.index,
            "server_default": column.server_default,
            "foreign_keys": keys.collect::<Vec<_>>(),
        })
    });
    let indexes = table
        .indexes
        .iter()
        .map(|index| json!({ "name": index.name, "unique": index.unique, "columns": index.columns }));
    json!({
        "name": table.name,
        "columns": columns.collect::<Vec<_>>(),
        "indexes": indexes.collect::<Vec<_>>(),
        "create": table.create,
        "create_indexes": table.create_indexes,
    })
}

fn mapper_json(mapper: &MappedClass) -> Json {
    let relationships = mapper.relationships.iter().map(|relation| {
        json!({
            "key": relation.key,
            "target": relation.target,
            "direction": relation.direction,
            "uselist": relation.uselist,
            "lazy": relation.lazy,
            "back_populates": relation.back_populates,
            "backref": relation.backref,
            "secondary": relation.secondary,
            "cascade": relation.cascade,
            "viewonly": relation.viewonly,
            "remote_side": relation.remote_side,
            "pairs": relation.pairs,
        })
    });
    json!({
        "class": mapper.class,
        "table": mapper.table,
        "inherits": mapper.inherits,
        "attributes": mapper.attributes,
        "relationships": relationships.collect::<Vec<_>>(),
        "proxies": mapper.proxies,
        "hybrids": mapper.hybrids,
        "synonyms": mapper.synonyms,
    })
}
