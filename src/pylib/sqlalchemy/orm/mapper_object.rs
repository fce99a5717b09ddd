//! `inspect(Student)`, `Student.__mapper__`: mappers and properties as objects.
//!
//! Owns their attributes. Must not change mappers.

use std::rc::Rc;

use super::face;
use crate::orm::attribute::Attribute;
use crate::orm::configure;
use crate::orm::mapper::{InheritanceKind, Mapper};
use crate::orm::property::PropertyKind;
use crate::orm::relationship::{CollectionClass, PassiveDeletes};
use crate::python::value::{
    Getter, Host, Native, NativeType, ParamDefault, R, Raised, Row, Slots, Str, Value, Visitor, intern, param,
};
use crate::sql::exc::INVALID_REQUEST;

/// The payload of a mapper object.
pub struct MapperObject(pub Rc<Mapper>);

impl Native for MapperObject {
    fn trace(&self, _visitor: &mut Visitor<'_>) {}
}

/// The payload of a property object.
pub struct PropertyObject(pub Rc<Attribute>);

impl Native for PropertyObject {}

/// The payload of `mapper.attrs`, `mapper.relationships` and their kin: names and objects.
pub struct Names(pub Vec<(Str, Value)>);

impl Native for Names {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.0.iter().for_each(|(_, value)| value.trace(visitor));
    }
}

/// The object of a mapper.
pub fn value(mapper: &Rc<Mapper>) -> Value {
    let known = mapper.object.borrow().clone();
    if !known.is_unset() {
        return known;
    }
    let made = Value::native(&MAPPER, MapperObject(mapper.clone()));
    *mapper.object.borrow_mut() = made.clone();
    made
}

/// The object of a property, as the class of the attribute has it.
pub fn property_value(attribute: &Rc<Attribute>) -> Value {
    let kind = match &attribute.property.kind {
        PropertyKind::Relationship(_) => &RELATIONSHIP_PROPERTY,
        PropertyKind::Composite(_) => &COMPOSITE_PROPERTY,
        PropertyKind::Synonym(_) => &SYNONYM_PROPERTY,
        _ => &COLUMN_PROPERTY_OBJECT,
    };
    Value::native(kind, PropertyObject(attribute.clone()))
}

/// The mapper behind an object: a mapper object or a mapped class.
pub fn mapper_of(object: &Value) -> Option<Rc<Mapper>> {
    match object.payload::<MapperObject>() {
        Some(mapper) => Some(mapper.0.clone()),
        None => Mapper::of_value(object),
    }
}

fn of(object: &Value) -> &Rc<Mapper> {
    &object.payload::<MapperObject>().expect("the table belongs to this type").0
}

fn attribute(object: &Value) -> &Rc<Attribute> {
    &object.payload::<PropertyObject>().expect("the table belongs to this type").0
}

const fn get(name: &'static str, doc: &'static str, get: fn(&mut dyn Host, &Value) -> R<Value>) -> Getter {
    Getter { name, doc, get, set: None }
}

fn names(items: Vec<(Str, Value)>) -> R<Value> {
    Ok(Value::native(&NAMES, Names(items)))
}

fn properties(host: &mut dyn Host, object: &Value, pick: fn(&PropertyKind) -> bool) -> R<Value> {
    configure::check_configured(host)?;
    let attributes = of(object).attributes();
    let picked = attributes.iter().filter(|attribute| pick(&attribute.property.kind));
    names(picked.map(|attribute| (attribute.key.clone(), property_value(attribute))).collect())
}

fn class_value(mapper: &Rc<Mapper>) -> Value {
    Value::Class(mapper.class.clone())
}

fn columns(object: &Value) -> R<Value> {
    let mut items = Vec::new();
    for attribute in of(object).column_attributes() {
        let property = attribute.property.as_column().expect("picked by kind");
        items.push((attribute.key.clone(), face::expr_value(&property.expression())));
    }
    names(items)
}

fn find_property(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    configure::check_configured(host)?;
    let mapper = of(&args[0]);
    let key = args[1].as_str().unwrap_or_default();
    match mapper.attribute(key) {
        Some(attribute) => Ok(property_value(&attribute)),
        None => Err(crate::orm::errors::no_such_property(mapper, key).into()),
    }
}

pub static MAPPER: NativeType = NativeType {
    doc: "The mapping of a class.",
    getters: &[
        get("class_", "The mapped class.", |_, object| Ok(class_value(of(object)))),
        get("entity", "The mapped class.", |_, object| Ok(class_value(of(object)))),
        get("mapper", "Itself.", |_, object| Ok(object.clone())),
        get("local_table", "The class's own table.", |_, object| {
            Ok(face::from_value(&of(object).local_table))
        }),
        get("selectable", "What rows come from.", |_, object| Ok(face::from_value(&of(object).selectable))),
        get("persist_selectable", "What rows come from.", |_, object| {
            Ok(face::from_value(&of(object).selectable))
        }),
        get("mapped_table", "What rows come from.", |_, object| Ok(face::from_value(&of(object).selectable))),
        get("tables", "All tables.", |_, object| {
            Ok(Value::list(of(object).tables.iter().map(face::table_value).collect()))
        }),
        get("primary_key", "The columns of the primary key.", |_, object| {
            Ok(Value::tuple(of(object).primary_key.iter().map(face::column_value).collect()))
        }),
        get("columns", "The mapped columns by attribute.", |_, object| columns(object)),
        get("c", "The mapped columns by attribute.", |_, object| columns(object)),
        get("attrs", "All properties.", |host, object| properties(host, object, |_| true)),
        get("column_attrs", "The properties that are columns.", |host, object| {
            properties(host, object, |kind| matches!(kind, PropertyKind::Column(_)))
        }),
        get("relationships", "The properties that are relationships.", |host, object| {
            properties(host, object, |kind| matches!(kind, PropertyKind::Relationship(_)))
        }),
        get("synonyms", "The properties that are synonyms.", |host, object| {
            properties(host, object, |kind| matches!(kind, PropertyKind::Synonym(_)))
        }),
        get("composites", "The properties that are composites.", |host, object| {
            properties(host, object, |kind| matches!(kind, PropertyKind::Composite(_)))
        }),
        get("all_orm_descriptors", "Every attribute, proxies and hybrids included.", descriptors),
        get("inherits", "The parent mapper.", |_, object| {
            Ok(of(object).inherits.as_ref().map_or(Value::None, value))
        }),
        get("base_mapper", "The mapper at the base.", |_, object| Ok(value(&of(object).base_mapper()))),
        get("single", "In the table of its parent.", |_, object| {
            Ok(Value::Bool(of(object).inheritance == InheritanceKind::Single))
        }),
        get("concrete", "In a table with everything.", |_, object| {
            Ok(Value::Bool(of(object).inheritance == InheritanceKind::Concrete))
        }),
        get("polymorphic_on", "The column that tells the kinds apart.", |_, object| {
            Ok(of(object).polymorphic_on().map_or(Value::None, |on| face::expr_value(&on.expr)))
        }),
        get("polymorphic_identity", "The value of this kind.", |_, object| {
            Ok(of(object).polymorphic_identity.borrow().clone())
        }),
        get("polymorphic_map", "The kinds by their values.", |host, object| {
            let dict = crate::python::value::Dict::new();
            let pairs = of(object).polymorphic_map.borrow().clone();
            for (identity, mapper) in pairs {
                if let Some(mapper) = mapper.upgrade() {
                    host.dict_set(&dict, identity, value(&mapper))?;
                }
            }
            Ok(Value::Dict(crate::python::value::Gc::new(dict)))
        }),
        get("self_and_descendants", "This mapper and its heirs.", |_, object| {
            Ok(Value::list(of(object).self_and_descendants().iter().map(value).collect()))
        }),
        get("registry", "The registry.", |_, object| Ok(super::base::registry_value(&of(object).registry))),
        get("configured", "Whether it is configured.", |_, object| {
            Ok(Value::Bool(of(object).configured.get()))
        }),
        get("is_mapper", "True.", |_, _| Ok(Value::Bool(true))),
        get("is_aliased_class", "False.", |_, _| Ok(Value::Bool(false))),
        get("version_id_col", "The version column.", |_, object| {
            let attribute = of(object).version_id.borrow().clone();
            let column = attribute.and_then(|attribute| attribute.property.as_column()?.column());
            Ok(column.as_ref().map_or(Value::None, face::column_value))
        }),
    ],
    methods: &[
        Row::method(
            "get_property",
            &[param::req("key"), param::opt("_configure_mappers", ParamDefault::Bool(true))],
            "A property by name.",
            "",
            find_property,
        ),
        Row::method(
            "has_property",
            &[param::req("key")],
            "Whether there is a property of that name.",
            "",
            |_, args| Ok(Value::Bool(of(&args[0]).attribute(args[1].as_str().unwrap_or_default()).is_some())),
        ),
        Row::method("isa", &[param::req("other")], "Whether it is a kind of another.", "", |_, args| {
            let other = mapper_of(&args[1]);
            Ok(Value::Bool(other.is_some_and(|other| of(&args[0]).isa(&other))))
        }),
        Row::method(
            "common_parent",
            &[param::req("other")],
            "Whether both are of one hierarchy.",
            "",
            |_, args| {
                let other = mapper_of(&args[1]);
                Ok(Value::Bool(
                    other.is_some_and(|other| Rc::ptr_eq(&other.base_mapper(), &of(&args[0]).base_mapper())),
                ))
            },
        ),
        Row::method("iterate_to_root", &[], "The mapper and its parents.", "", |host, args| {
            let all = Value::list(of(&args[0]).iterate_to_root().iter().map(value).collect());
            host.iter(&all)
        }),
        Row::method("polymorphic_iterator", &[], "The mapper and its heirs.", "", |host, args| {
            let all = Value::list(of(&args[0]).self_and_descendants().iter().map(value).collect());
            host.iter(&all)
        }),
        Row::method(
            "primary_key_from_instance",
            &[param::req("instance")],
            "The key values of an instance.",
            "",
            |host, args| {
                let mut values = Vec::new();
                for attribute in of(&args[0]).primary_key_attributes() {
                    values.push(host.get_attr(&args[1], &attribute.key)?);
                }
                Ok(Value::list(values))
            },
        ),
        Row::method(
            "get_property_by_column",
            &[param::req("column")],
            "The property of a column.",
            "",
            |host, args| {
                configure::check_configured(host)?;
                let column = face::column_of(host, &args[1])?;
                match column.and_then(|column| of(&args[0]).attribute_of_column(&column)) {
                    Some(attribute) => Ok(property_value(&attribute)),
                    None => Err(Raised::new(&INVALID_REQUEST, "No column is configured on mapper")),
                }
            },
        ),
        Row::method(
            "add_property",
            &[param::req("key"), param::req("prop")],
            "Adds a property.",
            "",
            |host, args| {
                let mapper = of(&args[0]).clone();
                let key = args[1].as_str().map(intern).unwrap_or_else(|| intern(""));
                super::scan::add_late(host, &mapper.class, &key, &args[2])?;
                Ok(Value::None)
            },
        ),
    ],
    slots: Slots {
        repr: Some(|_, object| {
            Ok(Str::new(&format!("<Mapper at {:#x}; {}>", object.id(), of(object).class_name)))
        }),
        str: Some(|_, object| Ok(Str::new(&of(object).description()))),
        ..Slots::NONE
    },
    ..NativeType::plain("Mapper", "sqlalchemy.orm.mapper")
};

fn descriptors(host: &mut dyn Host, object: &Value) -> R<Value> {
    configure::check_configured(host)?;
    let mapper = of(object).clone();
    let mut items: Vec<(Str, Value)> = mapper
        .attributes()
        .iter()
        .map(|attribute| (attribute.key.clone(), attribute.descriptor.borrow().clone()))
        .collect();
    for class in crate::python::value::Class::mro(&mapper.class) {
        for (key, found) in class.dict.to_vec() {
            let Value::Str(key) = key else { continue };
            if items.iter().any(|(known, _)| *known == key) || key.starts_with("__") {
                continue;
            }
            if let Value::Instance(instance) = &found {
                let class = Value::Class(instance.class());
                if host.find_attr(&class, &intern("is_orm_descriptor"))?.is_some() {
                    items.push((key, found));
                }
            }
        }
    }
    names(items)
}

fn names_of(object: &Value) -> &[(Str, Value)] {
    &object.payload::<Names>().expect("the table belongs to this type").0
}

fn keys(object: &Value) -> Vec<Value> {
    names_of(object).iter().map(|(key, _)| Value::Str(key.clone())).collect()
}

fn values(object: &Value) -> Vec<Value> {
    names_of(object).iter().map(|(_, value)| value.clone()).collect()
}

fn named(object: &Value, name: &str) -> Option<Value> {
    names_of(object).iter().find(|(key, _)| &**key == name).map(|(_, value)| value.clone())
}

pub static NAMES: NativeType = NativeType {
    methods: &[
        Row::method("keys", &[], "The names.", "", |_, args| Ok(Value::list(keys(&args[0])))),
        Row::method("values", &[], "The objects.", "", |_, args| Ok(Value::list(values(&args[0])))),
        Row::method("items", &[], "Pairs of both.", "", |_, args| {
            let pairs = names_of(&args[0]).iter();
            Ok(Value::list(
                pairs
                    .map(|(key, value)| Value::tuple(vec![Value::Str(key.clone()), value.clone()]))
                    .collect(),
            ))
        }),
        Row::method(
            "get",
            &[param::req("key"), param::opt("default", ParamDefault::None)],
            "An object by name.",
            "",
            |_, args| {
                Ok(named(&args[0], args[1].as_str().unwrap_or_default()).unwrap_or_else(|| args[2].clone()))
            },
        ),
    ],
    slots: Slots {
        get_attr: Some(|_, object, name| Ok(named(object, name))),
        get_item: Some(|host, object, key| match named(object, key.as_str().unwrap_or_default()) {
            Some(value) => Ok(value),
            None => {
                let shown = host.repr(key)?;
                Err(Raised::new(&crate::diag::builtin::KEY_ERROR, shown.to_string()))
            }
        }),
        contains: Some(|_, object, item| {
            Ok(match item {
                Value::Str(name) => named(object, name).is_some(),
                other => names_of(object).iter().any(|(_, value)| value.is(other)),
            })
        }),
        len: Some(|_, object| Ok(names_of(object).len())),
        iter: Some(|host, object| {
            let all = Value::list(values(object));
            host.iter(&all)
        }),
        dir: Some(|_, object| Ok(names_of(object).iter().map(|(key, _)| key.clone()).collect())),
        ..Slots::NONE
    },
    ..NativeType::plain("ReadOnlyProperties", "sqlalchemy.util._collections")
};

static PROPERTY: NativeType = NativeType {
    getters: &[
        get("key", "The attribute's name.", |_, object| Ok(Value::Str(attribute(object).key.clone()))),
        get("parent", "The mapper.", |_, object| Ok(value(&attribute(object).mapper()))),
        get("class_attribute", "The attribute of the class.", |_, object| {
            Ok(attribute(object).descriptor.borrow().clone())
        }),
        get("doc", "Its documentation.", |_, object| Ok(attribute(object).property.doc.borrow().clone())),
        get("info", "A dictionary for anything.", |_, object| {
            let property = &attribute(object).property;
            let mut info = property.info.borrow_mut();
            if info.is_unset() || info.is_none() {
                *info = super::objects::empty_dict();
            }
            Ok(info.clone())
        }),
    ],
    slots: Slots {
        str: Some(|_, object| Ok(Str::new(&attribute(object).description()))),
        hash: Some(|_, object| Ok((Rc::as_ptr(&attribute(object).property) as usize >> 4) as i64)),
        compare: Some(|_, op, object, other| {
            let same = other
                .payload::<PropertyObject>()
                .is_some_and(|other| Rc::ptr_eq(&other.0.property, &attribute(object).property));
            Ok(match op {
                crate::python::value::CompareOp::Eq => Value::Bool(same),
                crate::python::value::CompareOp::Ne => Value::Bool(!same),
                _ => Value::NotImplemented,
            })
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("MapperProperty", "sqlalchemy.orm.interfaces")
};

pub static COLUMN_PROPERTY_OBJECT: NativeType = NativeType {
    bases: &[&PROPERTY],
    getters: &[
        get("columns", "The columns.", |_, object| {
            let property = attribute(object).property.clone();
            let columns =
                property.as_column().map(|column| column.columns.borrow().clone()).unwrap_or_default();
            Ok(Value::list(columns.iter().map(face::expr_value).collect()))
        }),
        get("expression", "The first column.", |_, object| {
            let property = attribute(object).property.clone();
            Ok(property.as_column().map_or(Value::None, |column| face::expr_value(&column.expression())))
        }),
        get("deferred", "Whether it is loaded late.", |_, object| {
            Ok(Value::Bool(
                attribute(object).property.as_column().is_some_and(|column| column.deferred.get()),
            ))
        }),
    ],
    ..NativeType::plain("ColumnProperty", "sqlalchemy.orm.properties")
};

pub static COMPOSITE_PROPERTY: NativeType =
    NativeType { bases: &[&PROPERTY], ..NativeType::plain("Composite", "sqlalchemy.orm.descriptor_props") };

pub static SYNONYM_PROPERTY: NativeType = NativeType {
    bases: &[&PROPERTY],
    getters: &[get("name", "The name that it stands for.", |_, object| {
        match &attribute(object).property.kind {
            PropertyKind::Synonym(synonym) => Ok(Value::Str(synonym.name.clone())),
            _ => Ok(Value::None),
        }
    })],
    ..NativeType::plain("Synonym", "sqlalchemy.orm.descriptor_props")
};

/// What a relationship hands on, as a set of words.
pub static CASCADE_OPTIONS: NativeType = NativeType {
    bases: &[&crate::python::builtins::set::FROZENSET],
    getters: &[
        get("delete", "Whether deletions are handed on.", |_, object| has_word(object, "delete")),
        get("delete_orphan", "Whether orphans are deleted.", |_, object| has_word(object, "delete-orphan")),
        get("save_update", "Whether additions are handed on.", |_, object| has_word(object, "save-update")),
        get("merge", "Whether merges are handed on.", |_, object| has_word(object, "merge")),
        get("expunge", "Whether expunging is handed on.", |_, object| has_word(object, "expunge")),
        get("refresh_expire", "Whether expiry is handed on.", |_, object| has_word(object, "refresh-expire")),
    ],
    slots: Slots {
        repr: Some(|_, object| {
            let mut words = words_of(object);
            words.sort();
            Ok(Str::new(&format!("CascadeOptions('{}')", words.join(","))))
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("CascadeOptions", "sqlalchemy.orm.util")
};

fn words_of(object: &Value) -> Vec<String> {
    match object.payload::<crate::python::value::BaseValue>() {
        Some(crate::python::value::BaseValue(Value::Set(set))) => {
            set.to_vec().iter().filter_map(Value::as_str).map(str::to_string).collect()
        }
        _ => Vec::new(),
    }
}

fn has_word(object: &Value, word: &str) -> R<Value> {
    Ok(Value::Bool(words_of(object).iter().any(|known| known == word)))
}

fn relationship(object: &Value) -> &crate::orm::relationship::Relationship {
    attribute(object).property.as_relationship().expect("the table belongs to relationships")
}

/// `RelationshipDirection.ONETOMANY`, as an object that shows itself so.
pub struct DirectionObject(pub crate::orm::relationship::Direction);

impl Native for DirectionObject {}

pub static DIRECTION: NativeType = NativeType {
    getters: &[get("name", "The name.", |_, object| {
        let direction = object.payload::<DirectionObject>();
        Ok(direction.map_or(Value::None, |direction| Value::str(direction.0.name())))
    })],
    slots: Slots {
        repr: Some(|_, object| {
            let Some(direction) = object.payload::<DirectionObject>() else { return Ok(Str::new("")) };
            let number = direction.0 as usize + 1;
            Ok(Str::new(&format!("<RelationshipDirection.{}: {number}>", direction.0.name())))
        }),
        str: Some(|_, object| {
            let name = object.payload::<DirectionObject>().map_or("", |direction| direction.0.name());
            Ok(Str::new(&format!("RelationshipDirection.{name}")))
        }),
        compare: Some(|_, op, object, other| {
            let pair = (object.payload::<DirectionObject>(), other.payload::<DirectionObject>());
            let same = matches!(pair, (Some(a), Some(b)) if a.0 == b.0);
            Ok(match op {
                crate::python::value::CompareOp::Eq => Value::Bool(same),
                crate::python::value::CompareOp::Ne => Value::Bool(!same),
                _ => Value::NotImplemented,
            })
        }),
        hash: Some(|_, object| {
            Ok(object.payload::<DirectionObject>().map_or(0, |direction| direction.0 as i64))
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("RelationshipDirection", "sqlalchemy.orm.base")
};

pub static RELATIONSHIP_PROPERTY: NativeType = NativeType {
    bases: &[&PROPERTY],
    getters: &[
        get("mapper", "The target's mapper.", |_, object| Ok(value(relationship(object).mapper()))),
        get("entity", "The target's mapper.", |_, object| Ok(value(relationship(object).mapper()))),
        get("argument", "The target as it was given.", |_, object| {
            Ok(relationship(object).argument.borrow().clone())
        }),
        get("direction", "One to many, many to one, many to many.", |_, object| {
            Ok(Value::native(&DIRECTION, DirectionObject(relationship(object).direction())))
        }),
        get("uselist", "Whether it holds a collection.", |_, object| {
            Ok(Value::Bool(relationship(object).uses_list()))
        }),
        get("secondary", "The table in between.", |_, object| {
            Ok(relationship(object).setup().secondary.as_ref().map_or(Value::None, face::table_value))
        }),
        get("primaryjoin", "The condition.", |_, object| {
            Ok(face::expr_value(&relationship(object).setup().primaryjoin.expr))
        }),
        get("secondaryjoin", "The second condition.", |_, object| {
            let join = &relationship(object).setup().secondaryjoin;
            Ok(join.as_ref().map_or(Value::None, |join| face::expr_value(&join.expr)))
        }),
        get("target", "The target's table.", |_, object| {
            Ok(face::from_value(&relationship(object).mapper().selectable))
        }),
        get("back_populates", "The other side.", |_, object| {
            Ok(relationship(object).back_populates.borrow().clone().map_or(Value::None, Value::Str))
        }),
        get("backref", "The other side that it makes.", |_, object| {
            let backref = relationship(object).backref.borrow().clone();
            Ok(backref.map_or(Value::None, |(name, _)| Value::Str(name)))
        }),
        get("lazy", "How it is loaded.", |_, object| Ok(Value::str(relationship(object).lazy.get().name()))),
        get("viewonly", "Whether it is never written.", |_, object| {
            Ok(Value::Bool(relationship(object).viewonly))
        }),
        get("post_update", "Whether a second UPDATE sets it.", |_, object| {
            Ok(Value::Bool(relationship(object).post_update))
        }),
        get("single_parent", "Whether a child has one parent at most.", |_, object| {
            Ok(Value::Bool(relationship(object).single_parent))
        }),
        get("passive_deletes", "What a deletion loads.", |_, object| {
            Ok(match relationship(object).passive_deletes {
                PassiveDeletes::No => Value::Bool(false),
                PassiveDeletes::Yes => Value::Bool(true),
                PassiveDeletes::All => Value::str("all"),
            })
        }),
        get("cascade", "What is handed on.", |host, object| {
            let words = relationship(object).cascade.get().words();
            let set = crate::python::value::Set::new(true);
            for word in words {
                host.set_add(&set, Value::str(word))?;
            }
            let set = Value::Set(crate::python::value::Gc::new(set));
            Ok(Value::native(&CASCADE_OPTIONS, crate::python::value::BaseValue(set)))
        }),
        get("remote_side", "The columns of the far side.", |host, object| {
            column_set(host, &relationship(object).setup().remote_columns)
        }),
        get("local_columns", "The columns of the near side.", |host, object| {
            column_set(host, &relationship(object).setup().local_columns)
        }),
        get("local_remote_pairs", "Pairs of columns.", |_, object| {
            let pairs = relationship(object).setup().local_remote_pairs.iter();
            let pairs = pairs.map(|(a, b)| Value::tuple(vec![face::column_value(a), face::column_value(b)]));
            Ok(Value::list(pairs.collect()))
        }),
        get("synchronize_pairs", "Pairs of columns.", |_, object| {
            let pairs = relationship(object).setup().synchronize_pairs.iter();
            let pairs = pairs.map(|(a, b)| Value::tuple(vec![face::column_value(a), face::column_value(b)]));
            Ok(Value::list(pairs.collect()))
        }),
        get("order_by", "The order of the collection.", |_, object| {
            let order = &relationship(object).setup().order_by;
            Ok(if order.is_empty() {
                Value::Bool(false)
            } else {
                Value::list(order.iter().map(face::expr_value).collect())
            })
        }),
        get("collection_class", "The class of the collection.", |_, object| {
            Ok(match &*relationship(object).collection_class.borrow() {
                CollectionClass::Factory(factory) => factory.clone(),
                _ => Value::None,
            })
        }),
    ],
    ..NativeType::plain("_RelationshipDeclared", "sqlalchemy.orm.relationships")
};

fn column_set(host: &mut dyn Host, columns: &[Rc<crate::sql::schema::Column>]) -> R<Value> {
    let set = crate::python::value::Set::new(false);
    for column in columns {
        host.set_add(&set, face::column_value(column))?;
    }
    Ok(Value::Set(crate::python::value::Gc::new(set)))
}
