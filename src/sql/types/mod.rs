//! Column types: what they are, and what type an operator gives.
//!
//! Owns the type nodes, their constructors, affinities and operator results. Conversion of values stands in
//! `types/process.rs`, literals in `types/literal.rs`, DDL text in the compiler. Must not know columns or statements.

pub mod affinity;
pub mod literal;
pub mod process;
pub mod repr;
pub mod temporal;

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use crate::python::value::{Str, Value};

pub use affinity::{Affinity, adapt_operator, literal_type};
pub use process::{BindProcessor, ResultProcessor};

pub type Type = Rc<TypeNode>;

/// A type as it stands on a column or an expression.
pub struct TypeNode {
    pub kind: TypeKind,
    /// The class that it is an instance of (`Integer`, `INTEGER`, `VARCHAR`).
    pub class_name: &'static str,
    /// `with_variant`: dialect names and what stands in for the type there.
    pub variants: Vec<(Str, Type)>,
    /// The object of the language, if the type was made from a class written there.
    pub object: OnceCell<Value>,
}

/// How a text column is declared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextForm {
    /// `VARCHAR`, or what the generic `String` becomes.
    Varchar,
    Char,
    NChar,
    NVarchar,
    Text,
    Clob,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntegerSize {
    Small,
    Plain,
    Big,
}

pub enum TypeKind {
    Null,
    Integer(IntegerSize),
    Text {
        form: TextForm,
        length: Option<i64>,
        collation: Option<Str>,
        unicode: bool,
    },
    Boolean {
        create_constraint: bool,
        name: Option<Str>,
    },
    /// `Float`, `Double`, `REAL`: numbers that come back as floats unless `asdecimal`.
    Float {
        precision: Option<i64>,
        asdecimal: bool,
        decimal_return_scale: Option<i64>,
    },
    /// `Numeric`, `DECIMAL`: numbers that come back as Decimals unless told otherwise.
    Numeric {
        precision: Option<i64>,
        scale: Option<i64>,
        asdecimal: bool,
        decimal_return_scale: Option<i64>,
    },
    Date,
    DateTime {
        timezone: bool,
    },
    Time {
        timezone: bool,
    },
    /// A duration, kept as a moment after the epoch.
    Interval,
    Enum(EnumType),
    Json {
        none_as_null: bool,
    },
    /// The right side of `json["key"]`: spelled as a path when it is bound.
    JsonPath,
    Binary {
        length: Option<i64>,
    },
    Uuid {
        as_uuid: bool,
        native: bool,
    },
    /// A tuple of columns, as `tuple_()` makes it.
    Tuple(Vec<Type>),
    /// `TypeDecorator` written in the language: the object and the type that it decorates.
    Decorator {
        object: Value,
        implementation: RefCell<Type>,
        cache_ok: bool,
    },
    /// A type whose DDL the user wrote (`UserDefinedType`).
    UserDefined {
        object: Value,
    },
    /// A type of another database (`ARRAY`, `JSONB`, ...), refused when SQLite must spell it.
    Foreign {
        visit: &'static str,
        arguments: Vec<Value>,
        item: Option<Type>,
    },
    /// `PickleType`, which Retort refuses when values pass.
    Pickle,
    /// What `MATCH` gives: a boolean spelled otherwise elsewhere.
    MatchType,
}

/// `Enum`: text restricted to some labels, or to the names of a Python enumeration.
pub struct EnumType {
    /// The labels as the database stores them, in order.
    pub labels: Vec<Str>,
    /// The objects behind the labels, in order: the texts themselves, or the members.
    pub objects: Vec<Value>,
    /// The Python class, if the labels are members of one.
    pub class: Option<Value>,
    pub name: Option<Str>,
    pub length: i64,
    pub create_constraint: bool,
    pub validate_strings: bool,
    pub omit_aliases: bool,
    pub native_enum: bool,
}

impl TypeNode {
    pub fn new(class_name: &'static str, kind: TypeKind) -> Type {
        Rc::new(TypeNode { kind, class_name, variants: Vec::new(), object: OnceCell::new() })
    }

    /// The same type with another one standing in for it at a dialect.
    pub fn with_variant(this: &Type, variant: Type, dialects: &[Str]) -> Type {
        let mut variants = this.variants.clone();
        variants.extend(dialects.iter().map(|dialect| (dialect.clone(), variant.clone())));
        Rc::new(TypeNode {
            kind: this.kind.copy(),
            class_name: this.class_name,
            variants,
            object: OnceCell::new(),
        })
    }

    /// The type that a dialect uses in place of this one.
    pub fn for_dialect<'a>(self: &'a Rc<Self>, dialect: &str) -> &'a Type {
        self.variants.iter().find(|(name, _)| &**name == dialect).map_or(self, |(_, variant)| variant)
    }

    pub fn is_null(&self) -> bool {
        matches!(self.kind, TypeKind::Null)
    }

    pub fn is_boolean(&self) -> bool {
        matches!(self.kind, TypeKind::Boolean { .. })
    }

    pub fn is_integer(&self) -> bool {
        matches!(self.kind, TypeKind::Integer(_))
    }
}

impl TypeKind {
    pub fn copy(&self) -> TypeKind {
        match self {
            TypeKind::Null => TypeKind::Null,
            TypeKind::Integer(size) => TypeKind::Integer(*size),
            TypeKind::Text { form, length, collation, unicode } => TypeKind::Text {
                form: *form,
                length: *length,
                collation: collation.clone(),
                unicode: *unicode,
            },
            TypeKind::Boolean { create_constraint, name } => {
                TypeKind::Boolean { create_constraint: *create_constraint, name: name.clone() }
            }
            TypeKind::Float { precision, asdecimal, decimal_return_scale } => TypeKind::Float {
                precision: *precision,
                asdecimal: *asdecimal,
                decimal_return_scale: *decimal_return_scale,
            },
            TypeKind::Numeric { precision, scale, asdecimal, decimal_return_scale } => TypeKind::Numeric {
                precision: *precision,
                scale: *scale,
                asdecimal: *asdecimal,
                decimal_return_scale: *decimal_return_scale,
            },
            TypeKind::Date => TypeKind::Date,
            TypeKind::DateTime { timezone } => TypeKind::DateTime { timezone: *timezone },
            TypeKind::Time { timezone } => TypeKind::Time { timezone: *timezone },
            TypeKind::Interval => TypeKind::Interval,
            TypeKind::Enum(data) => TypeKind::Enum(data.copy()),
            TypeKind::Json { none_as_null } => TypeKind::Json { none_as_null: *none_as_null },
            TypeKind::JsonPath => TypeKind::JsonPath,
            TypeKind::Binary { length } => TypeKind::Binary { length: *length },
            TypeKind::Uuid { as_uuid, native } => TypeKind::Uuid { as_uuid: *as_uuid, native: *native },
            TypeKind::Tuple(types) => TypeKind::Tuple(types.clone()),
            TypeKind::Decorator { object, implementation, cache_ok } => TypeKind::Decorator {
                object: object.clone(),
                implementation: RefCell::new(implementation.borrow().clone()),
                cache_ok: *cache_ok,
            },
            TypeKind::UserDefined { object } => TypeKind::UserDefined { object: object.clone() },
            TypeKind::Foreign { visit, arguments, item } => {
                TypeKind::Foreign { visit, arguments: arguments.clone(), item: item.clone() }
            }
            TypeKind::Pickle => TypeKind::Pickle,
            TypeKind::MatchType => TypeKind::MatchType,
        }
    }
}

impl EnumType {
    /// An enumeration of plain texts.
    pub fn of_strings(labels: Vec<Str>, name: Option<Str>) -> EnumType {
        let objects = labels.iter().map(|label| Value::Str(label.clone())).collect();
        let length = longest(&labels);
        EnumType {
            labels,
            objects,
            class: None,
            name,
            length,
            create_constraint: false,
            validate_strings: false,
            omit_aliases: true,
            native_enum: true,
        }
    }

    /// An enumeration of a Python class's members: labels and members, and the class.
    pub fn of_class(labels: Vec<Str>, members: Vec<Value>, class: Value, name: Option<Str>) -> EnumType {
        let length = longest(&labels);
        EnumType {
            labels,
            objects: members,
            class: Some(class),
            name,
            length,
            create_constraint: false,
            validate_strings: false,
            omit_aliases: true,
            native_enum: true,
        }
    }

    pub fn copy(&self) -> EnumType {
        EnumType {
            labels: self.labels.clone(),
            objects: self.objects.clone(),
            class: self.class.clone(),
            name: self.name.clone(),
            length: self.length,
            create_constraint: self.create_constraint,
            validate_strings: self.validate_strings,
            omit_aliases: self.omit_aliases,
            native_enum: self.native_enum,
        }
    }
}

fn longest(labels: &[Str]) -> i64 {
    labels.iter().map(|label| label.chars_len() as i64).max().unwrap_or(0)
}

macro_rules! shared {
    ($($(#[$doc:meta])* $name:ident => $class:literal, $kind:expr;)*) => {
        $($(#[$doc])* pub fn $name() -> Type {
            thread_local! { static ONE: Type = TypeNode::new($class, $kind); }
            ONE.with(Type::clone)
        })*
    };
}

shared! {
    /// The type of an expression of which nothing is known.
    null_type => "NullType", TypeKind::Null;
    integer => "Integer", TypeKind::Integer(IntegerSize::Plain);
    big_integer => "BigInteger", TypeKind::Integer(IntegerSize::Big);
    boolean => "Boolean", TypeKind::Boolean { create_constraint: false, name: None };
    string => "String", TypeKind::Text { form: TextForm::Varchar, length: None, collation: None, unicode: false };
    text => "Text", TypeKind::Text { form: TextForm::Text, length: None, collation: None, unicode: false };
    float => "Float", TypeKind::Float { precision: None, asdecimal: false, decimal_return_scale: None };
    numeric => "Numeric", TypeKind::Numeric { precision: None, scale: None, asdecimal: true, decimal_return_scale: None };
    date => "Date", TypeKind::Date;
    date_time => "DateTime", TypeKind::DateTime { timezone: false };
    time => "Time", TypeKind::Time { timezone: false };
    interval => "Interval", TypeKind::Interval;
    json => "JSON", TypeKind::Json { none_as_null: false };
    json_path => "JSONPathType", TypeKind::JsonPath;
    double => "Double", TypeKind::Float { precision: None, asdecimal: false, decimal_return_scale: None };
    unicode => "Unicode", TypeKind::Text { form: TextForm::Varchar, length: None, collation: None, unicode: true };
    date_time_zoned => "DateTime", TypeKind::DateTime { timezone: true };
    time_zoned => "Time", TypeKind::Time { timezone: true };
    binary => "LargeBinary", TypeKind::Binary { length: None };
    uuid => "Uuid", TypeKind::Uuid { as_uuid: true, native: true };
    match_type => "MatchType", TypeKind::MatchType;
}

/// `String(length)`.
pub fn string_of(length: i64) -> Type {
    TypeNode::new(
        "String",
        TypeKind::Text { form: TextForm::Varchar, length: Some(length), collation: None, unicode: false },
    )
}
