//! `sqlalchemy.orm`: declarative classes, relationships, attributes.
//!
//! Owns the rows of the module and of `sqlalchemy.ext`'s parts; what is not worth Rust stands in preludes. Must not
//! know how mapping works (`orm`).

pub mod annotations;
pub mod attributes;
pub mod base;
pub mod collections;
pub mod comparator;
pub mod composites;
pub mod errors;
pub mod events;
pub mod face;
pub mod hybrids;
pub mod imperative;
pub mod inspection;
pub mod mapper_object;
pub mod objects;
pub mod query;
pub mod scan;
pub mod session;
pub mod types;

use crate::python::value::{Host, NativeModule, ParamDefault, R, Row, Value, param};

fn register(_host: &mut dyn Host) -> R<Value> {
    attributes::register();
    collections::register();
    Ok(Value::Bool(true))
}

fn marked(host: &mut dyn Host, args: &[Value], remote: bool, foreign: bool) -> R<Value> {
    let expression = face::expression(host, &args[0])?;
    let expression = crate::orm::relationship::target::plain(&expression);
    Ok(face::expr_value(&crate::orm::relationship::join::mark(&expression, remote, foreign)))
}

static FUNCTIONS: &[Row] = &[
    Row::function(
        "foreign",
        &[param::pos("expr")],
        "Marks the referring columns of a join.",
        "",
        |host, args| marked(host, args, false, true),
    ),
    Row::function("remote", &[param::pos("expr")], "Marks the far columns of a join.", "", |host, args| {
        marked(host, args, true, false)
    }),
    Row::function(
        "class_mapper",
        &[param::req("class_"), param::opt("configure", ParamDefault::Bool(true))],
        "The mapper of a class.",
        "",
        |host, args| match inspection::inspect_class(host, &args[0])? {
            Some(mapper) => Ok(mapper),
            None => match &args[0] {
                Value::Class(class) => Err(crate::orm::errors::unmapped_class(class)),
                other => {
                    let shown = host.repr(other)?;
                    Err(crate::orm::errors::argument(format!("Class object expected, got '{shown}'.")).into())
                }
            },
        },
    ),
];

/// The core of `sqlalchemy.orm`, in one module of its own so that other parts of the package can be added beside it.
pub static MAPPING: NativeModule = NativeModule {
    functions: FUNCTIONS,
    types: &[
        &objects::DECLARED_ATTR,
        &base::DECLARATIVE_BASE,
        &base::REGISTRY,
        &annotations::MAPPED,
        &annotations::DYNAMIC_MAPPED,
        &annotations::WRITE_ONLY_MAPPED,
        &attributes::INSTRUMENTED_ATTRIBUTE,
        &collections::INSTRUMENTED_LIST,
        &collections::INSTRUMENTED_SET,
        &collections::INSTRUMENTED_DICT,
        &mapper_object::MAPPER,
        &mapper_object::RELATIONSHIP_PROPERTY,
        &mapper_object::COLUMN_PROPERTY_OBJECT,
        &mapper_object::DIRECTION,
    ],
    constants: &[
        ("_registered", register),
        ("ONETOMANY", |_| Ok(direction(crate::orm::relationship::Direction::OneToMany))),
        ("MANYTOONE", |_| Ok(direction(crate::orm::relationship::Direction::ManyToOne))),
        ("MANYTOMANY", |_| Ok(direction(crate::orm::relationship::Direction::ManyToMany))),
    ],
    ..NativeModule::new("sqlalchemy.orm._mapping", "Mapping classes to tables.")
};

fn direction(direction: crate::orm::relationship::Direction) -> Value {
    Value::native(&mapper_object::DIRECTION, mapper_object::DirectionObject(direction))
}

pub static OBJECTS: NativeModule = NativeModule {
    functions: objects::FUNCTIONS,
    ..NativeModule::new("sqlalchemy.orm._objects", "What stands in class bodies.")
};

pub static BASES: NativeModule = NativeModule {
    functions: base::FUNCTIONS,
    ..NativeModule::new("sqlalchemy.orm._bases", "Declarative bases.")
};

pub static ORM: NativeModule = NativeModule {
    prelude: Some(include_str!("../../prelude/sqlalchemy_orm.py")),
    ..NativeModule::new("sqlalchemy.orm", "The object-relational mapper.")
};

const fn prelude(name: &'static str, doc: &'static str, text: &'static str) -> NativeModule {
    NativeModule { prelude: Some(text), ..NativeModule::new(name, doc) }
}

const FROM_ORM: &str = "from sqlalchemy.orm import *\n";

pub static MODULES: &[&NativeModule] = &[
    &MAPPING,
    &OBJECTS,
    &hybrids::MODULE,
    &BASES,
    &ORM,
    &const {
        prelude(
            "sqlalchemy.ext.hybrid",
            "Attributes for instances and for SQL.",
            include_str!("../../prelude/sqlalchemy_hybrid.py"),
        )
    },
    &const {
        prelude(
            "sqlalchemy.ext.associationproxy",
            "Attributes of related objects as one's own.",
            include_str!("../../prelude/sqlalchemy_associationproxy.py"),
        )
    },
    &const {
        prelude(
            "sqlalchemy.ext.orderinglist",
            "Lists that number their items.",
            include_str!("../../prelude/sqlalchemy_orderinglist.py"),
        )
    },
    &const {
        prelude(
            "sqlalchemy.ext.mutable",
            "Values that tell of changes.",
            include_str!("../../prelude/sqlalchemy_mutable.py"),
        )
    },
    &const {
        prelude(
            "sqlalchemy.orm.collections",
            "Collections of related objects.",
            include_str!("../../prelude/sqlalchemy_collections.py"),
        )
    },
    &const {
        prelude(
            "sqlalchemy.ext.declarative",
            "Declarative classes.",
            "from sqlalchemy.orm import declarative_base, declared_attr, registry, DeclarativeBase\n",
        )
    },
    &const {
        prelude(
            "sqlalchemy.orm._dataclass",
            "Mapped classes as dataclasses.",
            include_str!("../../prelude/sqlalchemy_dataclass.py"),
        )
    },
    &const { prelude("sqlalchemy.ext", "Extensions.", "") },
    &const { prelude("sqlalchemy.orm.relationships", "Relationships.", FROM_ORM) },
    &const { prelude("sqlalchemy.orm.properties", "Properties.", FROM_ORM) },
    &const { prelude("sqlalchemy.orm.mapper", "Mappers.", FROM_ORM) },
    &const { prelude("sqlalchemy.orm.decl_api", "Declarative classes.", FROM_ORM) },
    &const { prelude("sqlalchemy.orm.interfaces", "Mappers.", FROM_ORM) },
];
