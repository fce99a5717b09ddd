//! What stands in a class body before the class is mapped: `mapped_column()`, `relationship()`, `synonym()` and kin.
//!
//! Owns their payloads and constructors. Must not know how class bodies are read (`scan`) or mapped (`orm::mapping`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::face;
use crate::diag::Place;
use crate::orm::property::{Composite, Property, Synonym};
use crate::orm::relationship::Relationship;
use crate::orm::relationship::options::{self, Given};
use crate::python::value::{
    CallArgs, Dict, Gc, Host, Native, NativeType, ParamDefault, R, Row, Slots, Str, Value, Visitor, intern,
    param,
};
use crate::sql::expr::Expr;
use crate::sql::schema::Column;

/// Keywords that only a dataclass reads.
#[derive(Default, Clone)]
pub struct DataclassOptions {
    pub init: Option<Value>,
    pub repr: Option<Value>,
    pub default: Option<Value>,
    pub default_factory: Option<Value>,
    pub kw_only: Option<Value>,
    pub compare: Option<Value>,
    pub hash: Option<Value>,
}

impl DataclassOptions {
    const NAMES: [&'static str; 7] =
        ["init", "repr", "default", "default_factory", "kw_only", "compare", "hash"];

    /// The keywords that were given, by name.
    pub fn given(&self) -> Vec<(&'static str, Value)> {
        let all = [
            &self.init,
            &self.repr,
            &self.default,
            &self.default_factory,
            &self.kw_only,
            &self.compare,
            &self.hash,
        ];
        Self::NAMES
            .iter()
            .zip(all)
            .filter_map(|(name, value)| value.clone().map(|value| (*name, value)))
            .collect()
    }

    /// Takes the dataclass keywords out of a call's; `default` only where the construct has no default of its own.
    fn take(keywords: &mut Vec<(Str, Value)>, with_default: bool) -> DataclassOptions {
        let mut options = DataclassOptions::default();
        for name in Self::NAMES {
            if name == "default" && !with_default {
                continue;
            }
            let Some(at) = keywords.iter().position(|(known, _)| &**known == name) else { continue };
            let value = Some(keywords.remove(at).1);
            match name {
                "init" => options.init = value,
                "repr" => options.repr = value,
                "default" => options.default = value,
                "default_factory" => options.default_factory = value,
                "kw_only" => options.kw_only = value,
                "compare" => options.compare = value,
                _ => options.hash = value,
            }
        }
        options
    }
}

/// The payload of `mapped_column()`.
pub struct MappedColumn {
    pub column: Rc<Column>,
    pub deferred: bool,
    pub group: Option<Str>,
    pub raiseload: bool,
    pub active_history: bool,
    pub sort_order: i64,
    pub use_existing: bool,
    pub has_default: bool,
    pub dataclass: DataclassOptions,
}

impl Native for MappedColumn {}

/// The payload of `relationship()`.
pub struct PendingRelationship {
    pub relationship: RefCell<Option<Box<Relationship>>>,
    pub property: RefCell<Option<Rc<Property>>>,
    pub place: Option<Place>,
    pub doc: Value,
    pub info: Value,
    pub dataclass: DataclassOptions,
}

impl Native for PendingRelationship {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.info.trace(visitor);
    }
}

/// The payload of `column_property()` and `deferred()`.
pub struct PendingColumnProperty {
    pub columns: Vec<Expr>,
    pub deferred: bool,
    pub group: Option<Str>,
    pub raiseload: bool,
    pub active_history: bool,
    pub doc: Value,
    pub place: Option<Place>,
    pub dataclass: DataclassOptions,
}

impl Native for PendingColumnProperty {}

/// The payload of `composite()`.
pub struct PendingComposite {
    pub composite: RefCell<Option<Composite>>,
    pub arguments: Vec<Value>,
    pub place: Option<Place>,
}

impl Native for PendingComposite {}

/// The payload of `synonym()`.
pub struct PendingSynonym {
    pub name: Str,
    pub descriptor: Value,
    pub place: Option<Place>,
}

impl Native for PendingSynonym {}

/// The payload of `declared_attr`.
pub struct DeclaredAttr {
    pub function: Value,
    pub cascading: Cell<bool>,
    pub directive: Cell<bool>,
}

impl Native for DeclaredAttr {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.function.trace(visitor);
    }
}

const ORM: &str = "sqlalchemy.orm";

pub static MAPPED_COLUMN: NativeType = NativeType {
    slots: Slots {
        compare: Some(|host, op, object, other| {
            let column = column_value(object);
            host.compare(op, &column, other)
        }),
        binary: Some(|host, op, object, other, reflected| {
            let column = column_value(object);
            if reflected { host.binary(op, other, &column) } else { host.binary(op, &column, other) }
        }),
        unary: Some(|host, op, object| {
            let column = column_value(object);
            host.unary(op, &column)
        }),
        get_attr: Some(|host, object, name| {
            let column = column_value(object);
            host.find_attr(&column, name)
        }),
        hash: Some(|_, object| Ok((object.id() >> 4) as i64)),
        ..Slots::NONE
    },
    ..NativeType::plain("MappedColumn", "sqlalchemy.orm.properties")
};

fn column_value(object: &Value) -> Value {
    match object.payload::<MappedColumn>() {
        Some(mapped) => face::column_value(&mapped.column),
        None => Value::None,
    }
}

pub static RELATIONSHIP: NativeType =
    NativeType::plain("_RelationshipDeclared", "sqlalchemy.orm.relationships");

pub static COLUMN_PROPERTY: NativeType = NativeType {
    slots: Slots {
        compare: Some(|host, op, object, other| {
            let value = property_value(object);
            host.compare(op, &value, other)
        }),
        binary: Some(|host, op, object, other, reflected| {
            let value = property_value(object);
            if reflected { host.binary(op, other, &value) } else { host.binary(op, &value, other) }
        }),
        get_attr: Some(|host, object, name| {
            let value = property_value(object);
            if &**name == "expression" {
                return Ok(Some(value));
            }
            host.find_attr(&value, name)
        }),
        hash: Some(|_, object| Ok((object.id() >> 4) as i64)),
        ..Slots::NONE
    },
    ..NativeType::plain("MappedSQLExpression", "sqlalchemy.orm.properties")
};

fn property_value(object: &Value) -> Value {
    match object.payload::<PendingColumnProperty>() {
        Some(property) => face::expr_value(&property.columns[0]),
        None => Value::None,
    }
}

pub static COMPOSITE: NativeType = NativeType::plain("Composite", "sqlalchemy.orm.descriptor_props");
pub static SYNONYM: NativeType = NativeType::plain("Synonym", "sqlalchemy.orm.descriptor_props");

/// `@declared_attr`, `@declared_attr.directive`, `@declared_attr.cascading`.
pub static DECLARED_ATTR: NativeType = NativeType {
    doc: "A function of a mixin that makes an attribute for each mapped class.",
    constants: &[("directive", || make_variant("directive")), ("cascading", || make_variant("cascading"))],
    slots: Slots {
        new: Some(|_, class, args| {
            let function = args.positional.first().cloned().unwrap_or(Value::None);
            let payload = DeclaredAttr { function, cascading: Cell::new(false), directive: Cell::new(false) };
            Ok(Value::Instance(crate::python::value::Instance::with_payload(
                class.clone(),
                Box::new(payload),
            )))
        }),
        descr_get: Some(|host, descriptor, _instance, owner| {
            let Some(declared) = descriptor.payload::<DeclaredAttr>() else { return Ok(Value::None) };
            call_declared(host, &declared.function, owner)
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("declared_attr", "sqlalchemy.orm.decl_api")
};

/// Calls the function of a declared attribute for a class; a classmethod below it is looked through.
pub fn call_declared(
    host: &mut dyn Host,
    function: &Value,
    class: &Gc<crate::python::value::Class>,
) -> R<Value> {
    let target = match function {
        Value::Function(_) | Value::Native(_) => function.clone(),
        other => host.find_attr(other, &intern("__func__"))?.unwrap_or_else(|| other.clone()),
    };
    host.call(&target, CallArgs::positional(&[Value::Class(class.clone())]))
}

static VARIANT: Row =
    Row::function("declared_attr", &[param::pos("function")], "A declared attribute.", "", |_, args| {
        let declared = DeclaredAttr {
            function: args[0].clone(),
            cascading: Cell::new(false),
            directive: Cell::new(true),
        };
        Ok(Value::native(&DECLARED_ATTR, declared))
    });

static CASCADING: Row = Row::function(
    "declared_attr",
    &[param::pos("function")],
    "A declared attribute that every subclass gets anew.",
    "",
    |_, args| {
        let declared = DeclaredAttr {
            function: args[0].clone(),
            cascading: Cell::new(true),
            directive: Cell::new(false),
        };
        Ok(Value::native(&DECLARED_ATTR, declared))
    },
);

fn make_variant(name: &str) -> Value {
    let row = if name == "cascading" { &CASCADING } else { &VARIANT };
    crate::python::value::NativeFunction::plain(row)
}

// Constructors.

fn keywords_of(value: &Value) -> Vec<(Str, Value)> {
    let Value::Dict(dict) = value else { return Vec::new() };
    let pairs = dict.to_vec().into_iter().filter_map(|(key, value)| match key {
        Value::Str(key) => Some((key, value)),
        _ => None,
    });
    pairs.collect()
}

fn take(keywords: &mut Vec<(Str, Value)>, name: &str) -> Option<Value> {
    let at = keywords.iter().position(|(known, _)| &**known == name)?;
    Some(keywords.remove(at).1)
}

fn take_flag(host: &mut dyn Host, keywords: &mut Vec<(Str, Value)>, name: &str) -> R<bool> {
    match take(keywords, name) {
        Some(value) => host.truth(&value),
        None => Ok(false),
    }
}

fn take_text(keywords: &mut Vec<(Str, Value)>, name: &str) -> Option<Str> {
    match take(keywords, name) {
        Some(Value::Str(text)) => Some(text),
        _ => None,
    }
}

/// `mapped_column(...)`: the arguments of `Column`, and a few of its own.
pub fn mapped_column(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let positional = host.collect(&args[0])?;
    let mut keywords = keywords_of(&args[1]);
    let mut dataclass = DataclassOptions::take(&mut keywords, false);
    let insert_default = take(&mut keywords, "insert_default");
    if let Some(default) = keywords.iter().find(|(name, _)| &**name == "default") {
        dataclass.default = Some(default.1.clone());
    }
    let has_default = insert_default.is_some() || dataclass.default.is_some();
    if let Some(default) = insert_default {
        keywords.retain(|(name, _)| &**name != "default");
        keywords.push((intern("default"), default));
    }
    let deferred = take_flag(host, &mut keywords, "deferred")?;
    let group = take_text(&mut keywords, "deferred_group");
    let raiseload = take_flag(host, &mut keywords, "deferred_raiseload")?;
    let active_history = take_flag(host, &mut keywords, "active_history")?;
    let use_existing = take_flag(host, &mut keywords, "use_existing_column")?;
    let sort_order = match take(&mut keywords, "sort_order") {
        Some(Value::Int(order)) => order,
        _ => 0,
    };
    let column = face::make_column(host, &positional, &keywords)?;
    let is_deferred = deferred || group.is_some();
    let mapped = MappedColumn {
        column,
        deferred: is_deferred,
        group,
        raiseload,
        active_history,
        sort_order,
        use_existing,
        has_default,
        dataclass,
    };
    Ok(Value::native(&MAPPED_COLUMN, mapped))
}

const RELATIONSHIP_NAMES: &[&str] = &[
    "secondary",
    "uselist",
    "collection_class",
    "primaryjoin",
    "secondaryjoin",
    "back_populates",
    "order_by",
    "backref",
    "overlaps",
    "post_update",
    "cascade",
    "viewonly",
    "attribute_options",
    "lazy",
    "passive_deletes",
    "passive_updates",
    "active_history",
    "enable_typechecks",
    "foreign_keys",
    "remote_side",
    "join_depth",
    "comparator_factory",
    "single_parent",
    "innerjoin",
    "distinct_target_key",
    "load_on_pending",
    "query_class",
    "info",
    "omit_join",
    "sync_backref",
    "doc",
    "bake_queries",
    "cascade_backrefs",
];

/// `relationship(...)`.
pub fn relationship(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut keywords = keywords_of(&args[2]);
    let dataclass = DataclassOptions::take(&mut keywords, true);
    if let Some((unknown, _)) = keywords.iter().find(|(name, _)| !RELATIONSHIP_NAMES.contains(&&**name)) {
        return Err(super::errors::unexpected_keyword("relationship", unknown));
    }
    let place = host.current_place();
    let doc = take(&mut keywords, "doc").unwrap_or(Value::None);
    let info = take(&mut keywords, "info").unwrap_or(Value::Unset);
    let relationship = options::relationship(host, args[0].clone(), args[1].clone(), &Given(&keywords))?;
    let pending = PendingRelationship {
        relationship: RefCell::new(Some(Box::new(relationship))),
        property: RefCell::new(None),
        place,
        doc,
        info,
        dataclass,
    };
    Ok(Value::native(&RELATIONSHIP, pending))
}

/// `backref(name, **options)`: a pair, as SQLAlchemy has it.
fn backref(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(Value::tuple(vec![args[0].clone(), args[1].clone()]))
}

fn column_property_of(host: &mut dyn Host, args: &[Value], deferred: bool) -> R<Value> {
    let mut keywords = keywords_of(&args[1]);
    let dataclass = DataclassOptions::take(&mut keywords, true);
    let mut columns = Vec::new();
    for given in host.collect(&args[0])? {
        let expression = face::expression(host, &given)?;
        // A statement as an attribute is a value of its own.
        columns.push(expression);
    }
    let deferred = take_flag(host, &mut keywords, "deferred")? || deferred;
    let group = take_text(&mut keywords, "group");
    let property = PendingColumnProperty {
        columns,
        deferred: deferred || group.is_some(),
        group,
        raiseload: take_flag(host, &mut keywords, "raiseload")?,
        active_history: take_flag(host, &mut keywords, "active_history")?,
        doc: take(&mut keywords, "doc").unwrap_or(Value::None),
        place: host.current_place(),
        dataclass,
    };
    Ok(Value::native(&COLUMN_PROPERTY, property))
}

fn synonym(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut keywords = keywords_of(&args[1]);
    let pending = PendingSynonym {
        name: args[0].as_str().map(intern).unwrap_or_else(|| intern("")),
        descriptor: take(&mut keywords, "descriptor").unwrap_or(Value::None),
        place: host.current_place(),
    };
    Ok(Value::native(&SYNONYM, pending))
}

fn composite(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut arguments = host.collect(&args[1])?;
    let class = args[0].clone();
    let is_class = matches!(class, Value::Class(_) | Value::Function(_) | Value::None | Value::Unset);
    let class = if is_class {
        class
    } else {
        arguments.insert(0, class);
        Value::None
    };
    let composite = Composite {
        class: RefCell::new(class),
        keys: RefCell::new(Vec::new()),
        arguments: RefCell::new(arguments.clone()),
    };
    let pending =
        PendingComposite { composite: RefCell::new(Some(composite)), arguments, place: host.current_place() };
    Ok(Value::native(&COMPOSITE, pending))
}

/// `@validates("name", ...)`: remembers the names on the function.
fn validates(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let _ = host;
    let data = Value::tuple(vec![args[0].clone(), args[1].clone(), args[2].clone()]);
    Ok(face::closure(&VALIDATES_WRAP, data))
}

static VALIDATES_WRAP: Row =
    Row::function("wrap", &[param::pos("function")], "Marks a validator.", "", |host, args| {
        host.set_attr(&args[1], &intern("__sa_validators__"), args[0].clone())?;
        Ok(args[1].clone())
    });

/// A synonym as a property.
pub fn synonym_property(pending: &PendingSynonym) -> Synonym {
    Synonym { name: pending.name.clone(), descriptor: pending.descriptor.clone() }
}

/// The rows of these constructors, in `sqlalchemy.orm`.
pub static FUNCTIONS: &[Row] = &[
    Row::function(
        "mapped_column",
        &[param::args("arguments"), param::kwargs("options")],
        "A column of a mapped class.",
        "",
        mapped_column,
    ),
    Row::function(
        "relationship",
        &[
            param::opt("argument", ParamDefault::None),
            param::opt("secondary", ParamDefault::None),
            param::kwargs("options"),
        ],
        "A relationship to another mapped class.",
        "",
        relationship,
    ),
    Row::function(
        "dynamic_loader",
        &[
            param::opt("argument", ParamDefault::None),
            param::opt("secondary", ParamDefault::None),
            param::kwargs("options"),
        ],
        "A relationship that is a query.",
        "",
        |host, args| {
            if let Value::Dict(options) = &args[2] {
                options.set("lazy", Value::str("dynamic"));
            }
            relationship(host, args)
        },
    ),
    Row::function(
        "backref",
        &[param::req("name"), param::kwargs("options")],
        "The other side of a relationship, with options of its own.",
        "",
        backref,
    ),
    Row::function(
        "column_property",
        &[param::args("columns"), param::kwargs("options")],
        "An SQL expression as an attribute.",
        "",
        |host, args| column_property_of(host, args, false),
    ),
    Row::function(
        "deferred",
        &[param::args("columns"), param::kwargs("options")],
        "A column that is loaded when it is first read.",
        "",
        |host, args| column_property_of(host, args, true),
    ),
    Row::function(
        "query_expression",
        &[param::args("columns"), param::kwargs("options")],
        "An attribute that a query fills in.",
        "",
        |host, args| {
            let none = host.import("sqlalchemy")?;
            let null = host.get_attr(&Value::Module(none), &intern("null"))?;
            let null = host.call_values(&null, &[])?;
            column_property_of(host, &[Value::tuple(vec![null]), args[1].clone()], false)
        },
    ),
    Row::function(
        "synonym",
        &[param::req("name"), param::kwargs("options")],
        "Another name of an attribute.",
        "",
        synonym,
    ),
    Row::function(
        "composite",
        &[
            param::opt("_class_or_attr", ParamDefault::None),
            param::args("attributes"),
            param::kwargs("options"),
        ],
        "Several columns as one value.",
        "",
        composite,
    ),
    Row::function(
        "validates",
        &[
            param::args("names"),
            param::kw("include_removes", ParamDefault::Bool(false)),
            param::kw("include_backrefs", ParamDefault::Bool(true)),
        ],
        "Marks a method that checks the named attributes.",
        "",
        validates,
    ),
];

/// The native types of class bodies.
pub static TYPES: &[&NativeType] = &[&DECLARED_ATTR];

/// The module that they say they are from.
pub const MODULE: &str = ORM;

/// An empty dictionary value.
pub fn empty_dict() -> Value {
    Value::Dict(Gc::new(Dict::new()))
}
