//! Column types as classes: `String(80)`, `db.Enum(Color)`, `class MyType(TypeDecorator)`.
//!
//! Owns the classes and reading their arguments. What types do stands in `sql::types`.

use std::cell::{OnceCell, RefCell};

use super::arguments::text;
use super::objects::{TypeObject, instance_of, type_value};
use crate::diag::builtin::TYPE_ERROR;
use crate::python::value::{
    CallArgs, Class, Gc, Getter, Host, Instance, NativeType, ParamDefault, R, Raised, Row, Slots, Str, Value,
    bind, intern, native_class, param,
};
use crate::sql::compile::{DEFAULT, Dialect, type_text};
use crate::sql::errors;
use crate::sql::types::{self, EnumType, IntegerSize, TextForm, Type, TypeKind, TypeNode};

const MODULE: &str = "sqlalchemy.sql.sqltypes";

pub static TYPE_ENGINE: NativeType = NativeType {
    doc: "What a column holds.",
    methods: &[
        Row::method(
            "with_variant",
            &[param::req("type_"), param::args("dialect_names")],
            "Another type for some databases.",
            "",
            with_variant,
        ),
        Row::method(
            "compile",
            &[param::opt("dialect", ParamDefault::None)],
            "The type as DDL writes it.",
            "",
            compile,
        ),
        Row::method("copy", &[param::kwargs("kw")], "The type again.", "", |_, args| Ok(args[0].clone())),
        Row::method(
            "adapt",
            &[param::req("cls"), param::kwargs("kw")],
            "The type as another class.",
            "",
            |host, args| host.call_values(&args[1], &[]),
        ),
        Row::method("evaluates_none", &[], "The type again.", "", |_, args| Ok(args[0].clone())),
        Row::method(
            "load_dialect_impl",
            &[param::req("dialect")],
            "The type that stands behind it.",
            "",
            |host, args| host.get_attr(&args[0], &intern("impl")),
        ),
        Row::method("dialect_impl", &[param::req("dialect")], "The type at a database.", "", |_, args| {
            Ok(args[0].clone())
        }),
    ],
    getters: &[
        Getter {
            name: "length",
            doc: "The length.",
            get: |_, value| {
                Ok(match &own(value)?.kind {
                    TypeKind::Text { length, .. } | TypeKind::Binary { length } => (*length).into(),
                    TypeKind::Enum(data) => Value::Int(data.length),
                    _ => return Err(missing(value, "length")),
                })
            },
            set: None,
        },
        Getter {
            name: "collation",
            doc: "The collation.",
            get: |_, value| {
                Ok(match &own(value)?.kind {
                    TypeKind::Text { collation, .. } => collation.clone().into(),
                    _ => Value::None,
                })
            },
            set: None,
        },
        Getter {
            name: "precision",
            doc: "The number of digits.",
            get: |_, value| {
                Ok(match &own(value)?.kind {
                    TypeKind::Numeric { precision, .. } | TypeKind::Float { precision, .. } => {
                        (*precision).into()
                    }
                    _ => return Err(missing(value, "precision")),
                })
            },
            set: None,
        },
        Getter {
            name: "scale",
            doc: "The number of places behind the point.",
            get: |_, value| {
                Ok(match &own(value)?.kind {
                    TypeKind::Numeric { scale, .. } => (*scale).into(),
                    TypeKind::Float { .. } => Value::None,
                    _ => return Err(missing(value, "scale")),
                })
            },
            set: None,
        },
        Getter {
            name: "asdecimal",
            doc: "Whether it gives Decimals.",
            get: |_, value| {
                Ok(match &own(value)?.kind {
                    TypeKind::Numeric { asdecimal, .. } | TypeKind::Float { asdecimal, .. } => {
                        Value::Bool(*asdecimal)
                    }
                    _ => return Err(missing(value, "asdecimal")),
                })
            },
            set: None,
        },
        Getter {
            name: "timezone",
            doc: "Whether it knows time zones.",
            get: |_, value| {
                Ok(match &own(value)?.kind {
                    TypeKind::DateTime { timezone } | TypeKind::Time { timezone } => Value::Bool(*timezone),
                    _ => return Err(missing(value, "timezone")),
                })
            },
            set: None,
        },
        Getter {
            name: "enums",
            doc: "The labels.",
            get: |_, value| {
                Ok(match &own(value)?.kind {
                    TypeKind::Enum(data) => {
                        Value::list(data.labels.iter().cloned().map(Value::Str).collect())
                    }
                    _ => return Err(missing(value, "enums")),
                })
            },
            set: None,
        },
        Getter {
            name: "enum_class",
            doc: "The Python class of the members.",
            get: |_, value| {
                Ok(match &own(value)?.kind {
                    TypeKind::Enum(data) => data.class.clone().unwrap_or(Value::None),
                    _ => return Err(missing(value, "enum_class")),
                })
            },
            set: None,
        },
        Getter {
            name: "name",
            doc: "The name.",
            get: |_, value| {
                Ok(match &own(value)?.kind {
                    TypeKind::Enum(data) => data.name.clone().into(),
                    TypeKind::Boolean { name, .. } => name.clone().into(),
                    _ => return Err(missing(value, "name")),
                })
            },
            set: None,
        },
        Getter {
            name: "as_uuid",
            doc: "Whether it gives UUID objects.",
            get: |_, value| {
                Ok(match &own(value)?.kind {
                    TypeKind::Uuid { as_uuid, .. } => Value::Bool(*as_uuid),
                    _ => return Err(missing(value, "as_uuid")),
                })
            },
            set: None,
        },
        Getter {
            name: "item_type",
            doc: "The type of the items.",
            get: |_, value| {
                Ok(match &own(value)?.kind {
                    TypeKind::Foreign { item: Some(item), .. } => type_value(item),
                    _ => return Err(missing(value, "item_type")),
                })
            },
            set: None,
        },
        Getter { name: "python_type", doc: "The Python class of its values.", get: python_type, set: None },
    ],
    slots: Slots { new: Some(new), str: Some(shown), repr: Some(repr), ..Slots::NONE },
    has_dict: true,
    ..NativeType::plain("TypeEngine", "sqlalchemy.sql.type_api")
};

macro_rules! type_classes {
    ($($name:ident $text:literal $base:ident;)*) => {
        $(pub static $name: NativeType =
            NativeType { bases: &[&$base], has_dict: true, ..NativeType::plain($text, MODULE) };)*
        /// Every class of types.
        pub static ALL: &[&NativeType] = &[&TYPE_ENGINE, $(&$name,)* &JSON, &TYPE_DECORATOR, &USER_DEFINED_TYPE];
    };
}

type_classes! {
    NULL_TYPE "NullType" TYPE_ENGINE;
    INTEGER "Integer" TYPE_ENGINE;
    SMALL_INTEGER "SmallInteger" INTEGER;
    BIG_INTEGER "BigInteger" INTEGER;
    SQL_INTEGER "INTEGER" INTEGER;
    SQL_SMALLINT "SMALLINT" SMALL_INTEGER;
    SQL_BIGINT "BIGINT" BIG_INTEGER;
    STRING "String" TYPE_ENGINE;
    TEXT "Text" STRING;
    UNICODE "Unicode" STRING;
    UNICODE_TEXT "UnicodeText" TEXT;
    SQL_VARCHAR "VARCHAR" STRING;
    SQL_NVARCHAR "NVARCHAR" UNICODE;
    SQL_CHAR "CHAR" STRING;
    SQL_NCHAR "NCHAR" UNICODE;
    SQL_TEXT "TEXT" TEXT;
    SQL_CLOB "CLOB" TEXT;
    ENUM "Enum" STRING;
    BOOLEAN "Boolean" TYPE_ENGINE;
    SQL_BOOLEAN "BOOLEAN" BOOLEAN;
    NUMERIC_COMMON "NumericCommon" TYPE_ENGINE;
    NUMERIC "Numeric" NUMERIC_COMMON;
    SQL_NUMERIC "NUMERIC" NUMERIC;
    SQL_DECIMAL "DECIMAL" NUMERIC;
    FLOAT "Float" NUMERIC_COMMON;
    DOUBLE "Double" FLOAT;
    SQL_FLOAT "FLOAT" FLOAT;
    SQL_REAL "REAL" FLOAT;
    SQL_DOUBLE "DOUBLE" DOUBLE;
    SQL_DOUBLE_PRECISION "DOUBLE_PRECISION" DOUBLE;
    DATE "Date" TYPE_ENGINE;
    SQL_DATE "DATE" DATE;
    DATE_TIME "DateTime" TYPE_ENGINE;
    SQL_DATETIME "DATETIME" DATE_TIME;
    SQL_TIMESTAMP "TIMESTAMP" DATE_TIME;
    TIME "Time" TYPE_ENGINE;
    SQL_TIME "TIME" TIME;
    INTERVAL "Interval" TYPE_ENGINE;
    JSON_PATH "JSONPathType" TYPE_ENGINE;
    BINARY_BASE "_Binary" TYPE_ENGINE;
    LARGE_BINARY "LargeBinary" BINARY_BASE;
    SQL_BLOB "BLOB" LARGE_BINARY;
    SQL_BINARY "BINARY" BINARY_BASE;
    SQL_VARBINARY "VARBINARY" BINARY_BASE;
    UUID "Uuid" TYPE_ENGINE;
    SQL_UUID "UUID" UUID;
    PICKLE_TYPE "PickleType" TYPE_ENGINE;
    MATCH_TYPE "MatchType" BOOLEAN;
    TUPLE_TYPE "TupleType" TYPE_ENGINE;
    ARRAY "ARRAY" TYPE_ENGINE;
}

pub static JSON: NativeType = NativeType {
    bases: &[&TYPE_ENGINE],
    constants: &[("NULL", json_null)],
    has_dict: true,
    ..NativeType::plain("JSON", MODULE)
};

pub static TYPE_DECORATOR: NativeType = NativeType {
    bases: &[&TYPE_ENGINE],
    doc: "A type of your own around another: process_bind_param, process_result_value.",
    getters: &[Getter {
        name: "impl_instance",
        doc: "The type within.",
        get: |_, value| {
            Ok(match &own(value)?.kind {
                TypeKind::Decorator { implementation, .. } => type_value(&implementation.borrow()),
                _ => Value::None,
            })
        },
        set: None,
    }],
    slots: Slots { init: Some(init_decorator), ..Slots::NONE },
    has_dict: true,
    ..NativeType::plain("TypeDecorator", "sqlalchemy.sql.type_api")
};

pub static USER_DEFINED_TYPE: NativeType = NativeType {
    bases: &[&TYPE_ENGINE],
    doc: "A type whose DDL you write: get_col_spec.",
    has_dict: true,
    ..NativeType::plain("UserDefinedType", "sqlalchemy.sql.type_api")
};

macro_rules! foreign_classes {
    ($($name:ident $text:literal;)*) => {
        $(pub static $name: NativeType =
            NativeType { bases: &[&TYPE_ENGINE], has_dict: true, ..NativeType::plain($text, "sqlalchemy.dialects.postgresql") };)*
        /// Types of PostgreSQL, which SQLite refuses to spell.
        pub static FOREIGN: &[&NativeType] = &[$(&$name),*];
    };
}

foreign_classes! {
    PG_JSONB "JSONB"; PG_INET "INET"; PG_CIDR "CIDR"; PG_MACADDR "MACADDR"; PG_HSTORE "HSTORE"; PG_TSVECTOR "TSVECTOR";
    PG_BYTEA "BYTEA"; PG_MONEY "MONEY"; PG_OID "OID"; PG_BIT "BIT"; PG_CITEXT "CITEXT"; PG_INTERVAL "INTERVAL";
}

/// The class of a type's name.
pub fn class_named(name: &str) -> &'static NativeType {
    ALL.iter().chain(FOREIGN).find(|class| class.name == name).copied().unwrap_or(&NULL_TYPE)
}

fn own(value: &Value) -> R<Type> {
    match value.payload::<TypeObject>() {
        Some(object) => Ok(object.0.clone()),
        None => Err(missing(value, "impl")),
    }
}

fn missing(value: &Value, name: &str) -> Raised {
    let class = match value {
        Value::Instance(instance) => instance.class().name.borrow().to_string(),
        _ => "type".to_string(),
    };
    Raised::new(&crate::diag::builtin::ATTRIBUTE_ERROR, format!("'{class}' object has no attribute '{name}'"))
}

/// The type that an object is: an instance, or a class to be called without arguments.
pub fn find_type(host: &mut dyn Host, value: &Value) -> R<Option<Type>> {
    match value {
        Value::Class(class) if class.native.is_a(&TYPE_ENGINE) => {
            let made = host.call_values(value, &[])?;
            Ok(made.payload::<TypeObject>().map(|object| object.0.clone()))
        }
        Value::Instance(_) => Ok(value.payload::<TypeObject>().map(|object| object.0.clone())),
        _ => Ok(None),
    }
}

/// As `find_type`, with a complaint.
pub fn type_of(host: &mut dyn Host, value: &Value) -> R<Type> {
    if value.is_none() {
        return Ok(types::null_type());
    }
    match find_type(host, value)? {
        Some(ty) => Ok(ty),
        None => {
            let shown = host.repr(value)?;
            Err(errors::argument_error(format!("Object {shown} is not a TypeEngine class or object")))
        }
    }
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    super::objects::register();
    let native = class.native;
    let written = !Gc::ptr_eq(class, &native_class(native));
    if native.is_a(&TYPE_DECORATOR) || native.is_a(&USER_DEFINED_TYPE) {
        return new_written(host, class, native.is_a(&TYPE_DECORATOR));
    }
    // A class written in the language passes what it likes; its own __init__ reads it.
    let attempt = kind_of(host, native.name, args);
    let kind = match attempt {
        Ok(kind) => kind,
        Err(_) if written => kind_of(host, native.name, CallArgs::NONE)?,
        Err(error) => return Err(error),
    };
    let ty = TypeNode::new(native.name, kind);
    let value = instance_of(class, TypeObject(ty.clone()));
    if written {
        let _ = ty.object.set(value.clone());
    }
    Ok(value)
}

/// An instance of a TypeDecorator or UserDefinedType that the language defines.
fn new_written(host: &mut dyn Host, class: &Gc<Class>, decorator: bool) -> R<Value> {
    let instance = Instance::new(class.clone());
    let value = Value::Instance(instance.clone());
    let kind = if decorator {
        let implementation = match class.lookup(&intern("impl")) {
            Some(implementation) => find_type(host, &implementation)?,
            None => None,
        };
        let Some(implementation) = implementation else {
            return Err(Raised::new(
                &crate::diag::builtin::ATTRIBUTE_ERROR,
                "TypeDecorator implementations require a class-level variable 'impl' which refers to the class of type \
                 being decorated",
            ));
        };
        let cache_ok = matches!(class.lookup(&intern("cache_ok")), Some(Value::Bool(true)));
        TypeKind::Decorator { object: value.clone(), implementation: RefCell::new(implementation), cache_ok }
    } else {
        TypeKind::UserDefined { object: value.clone() }
    };
    let class_name = if decorator { "TypeDecorator" } else { "UserDefinedType" };
    let ty = TypeNode::new(class_name, kind);
    let _ = ty.object.set(value.clone());
    instance.set_payload(Box::new(TypeObject(ty)));
    Ok(value)
}

/// `TypeDecorator.__init__`: the arguments are those of the type within.
fn init_decorator(host: &mut dyn Host, value: &Value, args: CallArgs<'_>) -> R<()> {
    if args.positional.is_empty() && args.names.is_empty() {
        return Ok(());
    }
    let ty = own(value)?;
    if let TypeKind::Decorator { implementation, .. } = &ty.kind {
        let class = host.class_of(value);
        if let Some(inner) = class.lookup(&intern("impl")) {
            let class = match &inner {
                Value::Class(_) => inner,
                other => Value::Class(host.class_of(other)),
            };
            let made = host.call(&class, args)?;
            if let Some(inner) = find_type(host, &made)? {
                implementation.replace(inner);
            }
        }
    }
    Ok(())
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}

fn truth(host: &mut dyn Host, value: &Value) -> R<bool> {
    host.truth(value)
}

fn optional_text(host: &mut dyn Host, value: &Value) -> R<Option<Str>> {
    match value {
        Value::None | Value::Unset => Ok(None),
        other => text(host, other, "name").map(Some),
    }
}

const LENGTH: &[crate::python::value::Param] =
    &[param::opt("length", ParamDefault::None), param::opt("collation", ParamDefault::None)];
const NUMBER: &[crate::python::value::Param] = &[
    param::opt("precision", ParamDefault::None),
    param::opt("scale", ParamDefault::None),
    param::opt("decimal_return_scale", ParamDefault::None),
    param::opt("asdecimal", ParamDefault::Bool(true)),
];
const REAL: &[crate::python::value::Param] = &[
    param::opt("precision", ParamDefault::None),
    param::opt("asdecimal", ParamDefault::Bool(false)),
    param::opt("decimal_return_scale", ParamDefault::None),
];
const TIMEZONE: &[crate::python::value::Param] =
    &[param::opt("timezone", ParamDefault::Bool(false)), param::kwargs("kw")];
const NAMED: &[crate::python::value::Param] = &[
    param::opt("create_constraint", ParamDefault::Bool(false)),
    param::opt("name", ParamDefault::None),
    param::kwargs("kw"),
];
const ANYTHING: &[crate::python::value::Param] = &[param::args("args"), param::kwargs("kwargs")];

/// What the arguments of a type's class make of it.
fn kind_of(host: &mut dyn Host, name: &'static str, args: CallArgs<'_>) -> R<TypeKind> {
    let init: &'static str = "__init__";
    let no_arguments = |kind: TypeKind| -> R<TypeKind> {
        if args.positional.is_empty() && args.names.is_empty() {
            Ok(kind)
        } else {
            Err(Raised::new(&TYPE_ERROR, format!("{name}() takes no arguments")))
        }
    };
    Ok(match name {
        "Integer" | "INTEGER" => no_arguments(TypeKind::Integer(IntegerSize::Plain))?,
        "SmallInteger" | "SMALLINT" => no_arguments(TypeKind::Integer(IntegerSize::Small))?,
        "BigInteger" | "BIGINT" => no_arguments(TypeKind::Integer(IntegerSize::Big))?,
        "String" | "VARCHAR" | "NVARCHAR" | "CHAR" | "NCHAR" | "Text" | "TEXT" | "CLOB" | "Unicode"
        | "UnicodeText" => {
            let bound = bind(init, LENGTH, args)?;
            if let Value::Str(_) | Value::Class(_) | Value::Instance(_) = &bound[0] {
                let shown = host.repr(&bound[0])?;
                return Err(errors::type_error(format!("invalid literal for int() with base 10: {shown}")));
            }
            let form = match name {
                "CHAR" => TextForm::Char,
                "NCHAR" => TextForm::NChar,
                "NVARCHAR" => TextForm::NVarchar,
                "Text" | "TEXT" | "UnicodeText" => TextForm::Text,
                "CLOB" => TextForm::Clob,
                _ => TextForm::Varchar,
            };
            let collation = optional_text(host, &bound[1])?;
            TypeKind::Text { form, length: whole(&bound[0]), collation, unicode: name.starts_with("Unicode") }
        }
        "Boolean" | "BOOLEAN" => {
            let bound = bind(init, NAMED, args)?;
            TypeKind::Boolean {
                create_constraint: truth(host, &bound[0])?,
                name: optional_text(host, &bound[1])?,
            }
        }
        "MatchType" => TypeKind::MatchType,
        "Numeric" | "NUMERIC" | "DECIMAL" => {
            let bound = bind(init, NUMBER, args)?;
            TypeKind::Numeric {
                precision: whole(&bound[0]),
                scale: whole(&bound[1]),
                decimal_return_scale: whole(&bound[2]),
                asdecimal: truth(host, &bound[3])?,
            }
        }
        "Float" | "FLOAT" | "REAL" | "Double" | "DOUBLE" | "DOUBLE_PRECISION" => {
            let bound = bind(init, REAL, args)?;
            TypeKind::Float {
                precision: whole(&bound[0]),
                asdecimal: truth(host, &bound[1])?,
                decimal_return_scale: whole(&bound[2]),
            }
        }
        "Date" | "DATE" => TypeKind::Date,
        "DateTime" | "DATETIME" | "TIMESTAMP" => {
            let bound = bind(init, TIMEZONE, args)?;
            TypeKind::DateTime { timezone: truth(host, &bound[0])? }
        }
        "Time" | "TIME" => {
            let bound = bind(init, TIMEZONE, args)?;
            TypeKind::Time { timezone: truth(host, &bound[0])? }
        }
        "Interval" => TypeKind::Interval,
        "Enum" => enum_of(host, args)?,
        "JSON" | "JSONB" => {
            const PARAMS: &[crate::python::value::Param] =
                &[param::opt("none_as_null", ParamDefault::Bool(false)), param::kwargs("kw")];
            let bound = bind(init, PARAMS, args)?;
            if name == "JSONB" {
                TypeKind::Foreign { visit: "JSONB", arguments: Vec::new(), item: None }
            } else {
                TypeKind::Json { none_as_null: truth(host, &bound[0])? }
            }
        }
        "LargeBinary" | "BLOB" | "BINARY" | "VARBINARY" | "_Binary" => {
            let bound = bind(init, &LENGTH[..1], args)?;
            TypeKind::Binary { length: whole(&bound[0]) }
        }
        "Uuid" | "UUID" => {
            const PARAMS: &[crate::python::value::Param] = &[
                param::opt("as_uuid", ParamDefault::Bool(true)),
                param::opt("native_uuid", ParamDefault::Bool(true)),
            ];
            let bound = bind(init, PARAMS, args)?;
            TypeKind::Uuid { as_uuid: truth(host, &bound[0])?, native: truth(host, &bound[1])? }
        }
        "PickleType" => TypeKind::Pickle,
        "TupleType" => TypeKind::Tuple(Vec::new()),
        "JSONPathType" => TypeKind::JsonPath,
        "ARRAY" => {
            let bound = bind(init, ANYTHING, args)?;
            let items = host.collect(&bound[0])?;
            let item = match items.first() {
                Some(item) => Some(type_of(host, item)?),
                None => {
                    return Err(errors::type_error(
                        "ARRAY.__init__() missing 1 required positional argument: 'item_type'",
                    ));
                }
            };
            TypeKind::Foreign { visit: "ARRAY", arguments: Vec::new(), item }
        }
        "NullType" | "TypeEngine" | "NumericCommon" => TypeKind::Null,
        other => TypeKind::Foreign { visit: other, arguments: args.positional.to_vec(), item: None },
    })
}

/// `Enum("a", "b", name="x")` or `Enum(Color)`.
fn enum_of(host: &mut dyn Host, args: CallArgs<'_>) -> R<TypeKind> {
    let keyword = |name: &str| args.keyword(name).cloned().unwrap_or(Value::None);
    let given_name = keyword("name");
    let name = optional_text(host, &given_name)?;
    let mut data = match args.positional {
        [class @ Value::Class(_)] => {
            let chosen = keyword("values_callable");
            let members_name = intern("__members__");
            let members = host.get_attr(class, &members_name)?;
            let items = host.call_method(&members, "items", &[])?;
            let mut labels = Vec::new();
            let mut objects: Vec<Value> = Vec::new();
            for pair in host.collect(&items)? {
                let parts = host.collect(&pair)?;
                let [label, member] = parts.as_slice() else { continue };
                if objects.iter().any(|known| known.is(member)) {
                    continue;
                }
                labels.push(host.str(label)?);
                objects.push(member.clone());
            }
            if !chosen.is_none() {
                let values = host.call_values(&chosen, std::slice::from_ref(class))?;
                labels = Vec::new();
                for value in host.collect(&values)? {
                    labels.push(host.str(&value)?);
                }
            }
            let name = match name {
                Some(name) => Some(name),
                None => {
                    let class_name = host.get_attr(class, &intern("__name__"))?;
                    Some(Str::new(&host.str(&class_name)?.to_lowercase()))
                }
            };
            EnumType::of_class(labels, objects, class.clone(), name)
        }
        given => {
            let mut labels = Vec::new();
            for label in given {
                match label {
                    Value::Str(label) => labels.push(label.clone()),
                    Value::List(_) | Value::Tuple(_) => {
                        for label in host.collect(label)? {
                            labels.push(host.str(&label)?);
                        }
                    }
                    other => labels.push(host.str(other)?),
                }
            }
            EnumType::of_strings(labels, name)
        }
    };
    if let Value::Int(length) = keyword("length") {
        data.length = length;
    }
    let create = keyword("create_constraint");
    data.create_constraint = host.truth(&create)?;
    let validate = keyword("validate_strings");
    data.validate_strings = host.truth(&validate)?;
    if let Some(native) = args.keyword("native_enum") {
        data.native_enum = host.truth(native)?;
    }
    Ok(TypeKind::Enum(data))
}

fn with_variant(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let ty = own(&args[0])?;
    let variant = type_of(host, &args[1])?;
    let mut dialects = Vec::new();
    for name in host.collect(&args[2])? {
        dialects.push(host.str(&name)?);
    }
    Ok(type_value(&TypeNode::with_variant(&ty, variant, &dialects)))
}

fn compile(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let ty = own(&args[0])?;
    let dialect = super::compiled::dialect_of(host, &args[1])?.unwrap_or(&DEFAULT);
    type_text(host, &ty, dialect).map(Value::str)
}

/// `str(type)`: as the default dialect writes it.
fn shown(host: &mut dyn Host, value: &Value) -> R<Str> {
    let ty = own(value)?;
    Ok(Str::new(&type_text(host, &ty, &DEFAULT as &dyn Dialect)?))
}

fn repr(host: &mut dyn Host, value: &Value) -> R<Str> {
    let ty = own(value)?;
    Ok(Str::new(&types::repr::type_repr(host, &ty)?))
}

fn python_type(host: &mut dyn Host, value: &Value) -> R<Value> {
    let ty = own(value)?;
    let (module, name) = match &ty.kind {
        TypeKind::Integer(_) => ("builtins", "int"),
        TypeKind::Text { .. } => ("builtins", "str"),
        TypeKind::Boolean { .. } | TypeKind::MatchType => ("builtins", "bool"),
        TypeKind::Float { asdecimal: false, .. } | TypeKind::Numeric { asdecimal: false, .. } => {
            ("builtins", "float")
        }
        TypeKind::Float { .. } | TypeKind::Numeric { .. } => ("decimal", "Decimal"),
        TypeKind::Date => ("datetime", "date"),
        TypeKind::DateTime { .. } => ("datetime", "datetime"),
        TypeKind::Time { .. } => ("datetime", "time"),
        TypeKind::Interval => ("datetime", "timedelta"),
        TypeKind::Enum(data) => match &data.class {
            Some(class) => return Ok(class.clone()),
            None => ("builtins", "str"),
        },
        TypeKind::Json { .. } => ("builtins", "object"),
        TypeKind::Binary { .. } => ("builtins", "bytes"),
        TypeKind::Uuid { as_uuid: true, .. } => ("uuid", "UUID"),
        TypeKind::Uuid { .. } => ("builtins", "str"),
        _ => return Err(Raised::new(&crate::diag::builtin::NOT_IMPLEMENTED_ERROR, "")),
    };
    let module = host.import(module)?;
    host.get_attr(&Value::Module(module), &intern(name))
}

thread_local! {
    static JSON_NULL: OnceCell<Value> = const { OnceCell::new() };
}

static JSON_NULL_TYPE: NativeType = NativeType {
    slots: Slots { repr: Some(|_, _| Ok(Str::new("symbol('JSON_NULL')"))), ..Slots::NONE },
    ..NativeType::plain("symbol", "sqlalchemy.util")
};

/// `JSON.NULL`, the JSON null.
pub fn json_null() -> Value {
    JSON_NULL.with(|one| one.get_or_init(|| Value::native(&JSON_NULL_TYPE, types::process::JsonNull)).clone())
}
