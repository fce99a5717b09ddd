//! `func`: functions of SQL by name.
//!
//! Owns the generator, the function objects and their classes. Which names are known stands in `sql::functions`.

use super::elements::COLUMN_ELEMENT;
use super::objects::{expr_value, from_value};
use super::operators::receiver;
use super::typeface::type_of;
use crate::python::value::{
    CallArgs, Getter, Host, Native, NativeType, ParamDefault, R, Row, Slots, Str, Value, param,
};
use crate::sql::coerce;
use crate::sql::expr::{self, Expr, ExprKind, ExprNode, FrameBound, FrameUnit, Function, Over};
use crate::sql::functions::{KnownFunction, ResultType, known};
use crate::sql::selectable::{Alias, AliasElement, AliasKind, AliasName};
use crate::sql::types::{self, Type};

const OVER: &[crate::python::value::Param] = &[
    param::kw("partition_by", ParamDefault::None),
    param::kw("order_by", ParamDefault::None),
    param::kw("range_", ParamDefault::None),
    param::kw("rows", ParamDefault::None),
    param::kw("groups", ParamDefault::None),
    param::kw("exclude", ParamDefault::None),
];

/// The methods of a function over the rows that fit.
pub static FILTERED_METHODS: &[Row] = &[
    Row::method("over", OVER, "Over a window.", "", |host, args| {
        let element = receiver(host, &args[0])?;
        over(host, element, &args[1..])
    }),
    Row::method("filter", &[param::args("criterion")], "Over the rows that fit.", "", filter),
    Row::method("within_group", &[param::args("order_by")], "Over an ordered group.", "", within_group),
];

pub static FUNCTION_ELEMENT: NativeType = NativeType {
    bases: &[&COLUMN_ELEMENT],
    methods: &[
        Row::method("over", OVER, "Over a window.", "", |host, args| {
            let element = receiver(host, &args[0])?;
            over(host, element, &args[1..])
        }),
        Row::method("filter", &[param::args("criterion")], "Over the rows that fit.", "", filter),
        Row::method("within_group", &[param::args("order_by")], "Over an ordered group.", "", within_group),
        Row::method(
            "alias",
            &[
                param::opt("name", ParamDefault::None),
                param::opt("joins_implicitly", ParamDefault::Bool(false)),
            ],
            "As something to select from.",
            "",
            alias,
        ),
        Row::method(
            "table_valued",
            &[
                param::args("expr"),
                param::kw("with_ordinality", ParamDefault::None),
                param::kw("name", ParamDefault::None),
                param::kw("joins_implicitly", ParamDefault::None),
            ],
            "As something to select columns from.",
            "",
            table_valued,
        ),
        Row::method(
            "column_valued",
            &[param::opt("name", ParamDefault::None)],
            "As one column to select.",
            "",
            column_valued,
        ),
        Row::method("select", &[], "As a statement.", "", |host, args| {
            let element = receiver(host, &args[0])?;
            Ok(super::objects::statement_value(
                crate::sql::statement::Select::of(vec![element]).into_statement(),
            ))
        }),
        Row::method(
            "scalar_table_valued",
            &[param::req("name"), param::opt("type_", ParamDefault::None)],
            "One column of what it gives.",
            "",
            |_, args| Ok(args[0].clone()),
        ),
    ],
    getters: &[
        Getter { name: "clauses", doc: "The arguments.", get: arguments, set: None },
        Getter {
            name: "name",
            doc: "The name.",
            get: |host, value| {
                Ok(match &receiver(host, value)?.kind {
                    ExprKind::Function(function) => Value::Str(function.name.clone()),
                    _ => Value::None,
                })
            },
            set: None,
        },
    ],
    has_dict: true,
    ..NativeType::plain("FunctionElement", "sqlalchemy.sql.functions")
};

pub static FUNCTION: NativeType = NativeType {
    bases: &[&FUNCTION_ELEMENT],
    slots: Slots { repr: Some(repr), ..Slots::NONE },
    has_dict: true,
    ..NativeType::plain("Function", "sqlalchemy.sql.functions")
};

pub static GENERIC_FUNCTION: NativeType = NativeType {
    bases: &[&FUNCTION],
    has_dict: true,
    ..NativeType::plain("GenericFunction", "sqlalchemy.sql.functions")
};

macro_rules! known_classes {
    ($($name:ident $text:literal),* $(,)?) => {
        $(static $name: NativeType = NativeType {
            bases: &[&GENERIC_FUNCTION],
            slots: Slots { new: Some(new_known), ..Slots::NONE },
            has_dict: true,
            ..NativeType::plain($text, "sqlalchemy.sql.functions")
        };)*
        /// The classes of functions that are known by name.
        pub static KNOWN: &[&NativeType] = &[$(&$name),*];
    };
}

known_classes! {
    COALESCE "coalesce", MAX "max", MIN "min", SUM "sum", POW "pow", NOW "now", CONCAT "concat",
    CHAR_LENGTH "char_length", COUNT "count", RANDOM "random", SYSDATE "sysdate", CURRENT_DATE "current_date",
    CURRENT_TIME "current_time", CURRENT_TIMESTAMP "current_timestamp", CURRENT_USER "current_user",
    LOCALTIME "localtime", LOCALTIMESTAMP "localtimestamp", SESSION_USER "session_user", USER "user",
    RANK "rank", DENSE_RANK "dense_rank", PERCENT_RANK "percent_rank", CUME_DIST "cume_dist",
    AGGREGATE_STRINGS "aggregate_strings", MODE "mode", PERCENTILE_CONT "percentile_cont",
    PERCENTILE_DISC "percentile_disc", CUBE "cube", ROLLUP "rollup", GROUPING_SETS "grouping_sets",
    ANY "any_", ALL_OF "all_", SOME "some",
}

/// The class that shows a function.
pub fn class_of(function: &Function) -> &'static NativeType {
    match function.known {
        Some(row) => KNOWN.iter().find(|class| class.name == row.name).copied().unwrap_or(&FUNCTION),
        None => &FUNCTION,
    }
}

/// `func`, or a name within it on the way to being called.
struct Generator {
    names: Vec<Str>,
}

impl Native for Generator {}

pub static GENERATOR: NativeType = NativeType {
    doc: "Functions of SQL by name: func.lower(column).",
    slots: Slots { get_attr: Some(further), call: Some(call), ..Slots::NONE },
    ..NativeType::plain("_FunctionGenerator", "sqlalchemy.sql.functions")
};

pub fn func(_host: &mut dyn Host) -> R<Value> {
    super::objects::register();
    Ok(Value::native(&GENERATOR, Generator { names: Vec::new() }))
}

fn further(_host: &mut dyn Host, value: &Value, name: &Str) -> R<Option<Value>> {
    if name.starts_with("__") {
        return Ok(None);
    }
    let name = match name.strip_suffix('_') {
        Some(plain) => Str::new(plain),
        None => name.clone(),
    };
    let mut names = value.payload::<Generator>().map(|generator| generator.names.clone()).unwrap_or_default();
    names.push(name);
    Ok(Some(Value::native(&GENERATOR, Generator { names })))
}

fn call(host: &mut dyn Host, value: &Value, args: CallArgs<'_>) -> R<Value> {
    let mut names = value.payload::<Generator>().map(|generator| generator.names.clone()).unwrap_or_default();
    let Some(name) = names.pop() else {
        return Err(crate::sql::errors::type_error("'_FunctionGenerator' object is not callable"));
    };
    let ty = match args.keyword("type_") {
        Some(ty) => Some(type_of(host, ty)?),
        None => None,
    };
    build(host, name, names, args.positional, ty)
}

fn new_known(
    host: &mut dyn Host,
    class: &crate::python::value::Gc<crate::python::value::Class>,
    args: CallArgs<'_>,
) -> R<Value> {
    build(host, Str::new(class.native.name), Vec::new(), args.positional, None)
}

fn build(host: &mut dyn Host, name: Str, packages: Vec<Str>, given: &[Value], ty: Option<Type>) -> R<Value> {
    let mut arguments = Vec::with_capacity(given.len());
    for argument in given {
        arguments.push(coerce::expression(host, argument, Some(&name), None)?);
    }
    Ok(expr_value(&function(name, packages, arguments, ty)))
}

/// A call of a function, its type worked out.
pub fn function(name: Str, packages: Vec<Str>, mut arguments: Vec<Expr>, ty: Option<Type>) -> Expr {
    let row: Option<&'static KnownFunction> = if packages.is_empty() { known(&name) } else { None };
    if arguments.is_empty() && row.is_some_and(|row| row.name == "count") {
        arguments.push(expr::literal_column(Str::new("*"), types::null_type()));
    }
    let ty = ty.unwrap_or_else(|| match row.map(|row| row.result) {
        Some(ResultType::Fixed(make)) => make(),
        Some(ResultType::FirstArgument) => {
            arguments.first().map_or_else(types::null_type, |first| first.ty())
        }
        Some(ResultType::AnyArgument) => {
            let known = arguments.iter().map(|argument| argument.ty()).find(|ty| !ty.is_null());
            known.unwrap_or_else(types::null_type)
        }
        _ => types::null_type(),
    });
    // A known name keeps the spelling of its class.
    let name = match row {
        Some(row) if row.ansi => Str::new(row.name),
        _ => name,
    };
    ExprNode::new(ExprKind::Function(Function { name, packages, arguments, known: row }), ty)
}

fn repr(host: &mut dyn Host, value: &Value) -> R<Str> {
    let class = host.class_of(value);
    let name = match &receiver(host, value)?.kind {
        ExprKind::Function(function) => function.name.clone(),
        _ => Str::new(""),
    };
    let class_name = class.name.borrow().clone();
    Ok(Str::new(&format!("<sqlalchemy.sql.functions.{class_name} at {:#x}; {name}>", value.id())))
}

fn arguments(host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(match &receiver(host, value)?.kind {
        ExprKind::Function(function) => Value::tuple(function.arguments.iter().map(expr_value).collect()),
        _ => Value::tuple(Vec::new()),
    })
}

/// One expression or several.
pub fn several(host: &mut dyn Host, value: &Value) -> R<Vec<Value>> {
    match value {
        Value::None | Value::Unset => Ok(Vec::new()),
        Value::List(_) | Value::Tuple(_) => host.collect(value),
        one => Ok(vec![one.clone()]),
    }
}

/// `element OVER (...)` from the arguments of `over`.
pub fn over(host: &mut dyn Host, element: Expr, args: &[Value]) -> R<Value> {
    let mut partition_by = Vec::new();
    for item in several(host, &args[0])? {
        partition_by.push(coerce::by_of(host, &item, "PARTITION BY expression")?);
    }
    let mut order_by = Vec::new();
    for item in several(host, &args[1])? {
        order_by.push(coerce::order_by(host, &item)?);
    }
    if args[2..5].iter().filter(|given| !matches!(given, Value::None | Value::Unset)).count() > 1 {
        return Err(crate::sql::errors::one_frame());
    }
    let mut frame = None;
    for (unit, given) in
        [(FrameUnit::Range, &args[2]), (FrameUnit::Rows, &args[3]), (FrameUnit::Groups, &args[4])]
    {
        if let Value::Tuple(bounds) = given
            && let [start, end] = bounds.as_slice()
        {
            frame = Some((unit, bound(start, true), bound(end, false)));
        }
    }
    let exclude = args.get(5).and_then(|value| value.as_str()).map(Str::new);
    let ty = element.ty();
    Ok(expr_value(&ExprNode::new(
        ExprKind::Over(Over { element, partition_by, order_by, frame, exclude }),
        ty,
    )))
}

fn bound(value: &Value, lower: bool) -> FrameBound {
    let literal = |number: i64| expr::literal(Value::Int(number), types::integer());
    match value {
        Value::Int(0) => FrameBound::CurrentRow,
        Value::Int(number) if *number < 0 => FrameBound::Preceding(literal(-number)),
        Value::Int(number) => FrameBound::Following(literal(*number)),
        _ if lower => FrameBound::UnboundedPreceding,
        _ => FrameBound::UnboundedFollowing,
    }
}

fn filter(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let function = receiver(host, &args[0])?;
    let mut criterion = Vec::new();
    for condition in several(host, &args[1])? {
        criterion.push(coerce::where_(host, &condition)?);
    }
    if criterion.is_empty() {
        return Ok(args[0].clone());
    }
    let ty = function.ty();
    Ok(expr_value(&ExprNode::new(ExprKind::FunctionFilter { function, criterion }, ty)))
}

pub fn within_group(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let function = receiver(host, &args[0])?;
    let mut order_by = Vec::new();
    for item in several(host, &args[1])? {
        order_by.push(coerce::order_by(host, &item)?);
    }
    let ty = match (&function.kind, order_by.first()) {
        (ExprKind::Function(Function { known: Some(row), .. }), Some(first))
            if matches!(row.result, ResultType::WithinGroup) =>
        {
            first.ty()
        }
        _ => function.ty(),
    };
    Ok(expr_value(&ExprNode::new(ExprKind::WithinGroup { function, order_by }, ty)))
}

fn alias_name(host: &mut dyn Host, name: &Value, fallback: &str) -> R<AliasName> {
    Ok(match name {
        Value::None | Value::Unset => AliasName::Anonymous(Str::new(fallback)),
        other => AliasName::Named(super::arguments::text(host, other, "name")?),
    })
}

fn alias(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let function = receiver(host, &args[0])?;
    let base = match &function.kind {
        ExprKind::Function(function) => function.name.clone(),
        _ => Str::new("anon"),
    };
    let name = alias_name(host, &args[1], &base)?;
    Ok(from_value(&Alias::clause(AliasKind::Alias, AliasElement::Function(function), name)))
}

fn table_valued(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let function = receiver(host, &args[0])?;
    let mut columns = Vec::new();
    for item in several(host, &args[1])? {
        columns.push(match &item {
            Value::Str(name) => expr::named_column(name.clone(), types::null_type()),
            other => receiver(host, other)?,
        });
    }
    let name = alias_name(host, &args[3], "anon")?;
    let kind = AliasKind::TableValued { columns, render_derived: false, with_types: false };
    Ok(from_value(&Alias::clause(kind, AliasElement::Function(function), name)))
}

fn column_valued(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let function = receiver(host, &args[0])?;
    let name = alias_name(host, &args[1], "anon")?;
    let ty = function.ty();
    let from = Alias::clause(AliasKind::Alias, AliasElement::Function(function), name);
    Ok(expr_value(&ExprNode::new(ExprKind::TableValued(from), ty)))
}
