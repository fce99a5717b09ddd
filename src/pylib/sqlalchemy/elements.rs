//! Expressions as objects: their classes and attributes.
//!
//! Owns the classes of `sqlalchemy.sql.elements`. Operators stand in `operators.rs`. Must not know statements.

use super::compiled;
use super::objects::{column_value, expr_value, foreign_key_value, from_value, type_value};
use super::operators::{COLUMN_OPERATORS, receiver};
use crate::diag::builtin::ATTRIBUTE_ERROR;
use crate::python::value::{
    Getter, Host, NativeType, ParamDefault, R, Raised, Row, Slots, Str, Value, intern, param,
};
use crate::sql::errors;
use crate::sql::expr::{Expr, ExprKind, ExprNode, LabelName, Unary};
use crate::sql::operators::{Op, Operator};
use crate::sql::{operate, select};

const MODULE: &str = "sqlalchemy.sql.elements";

/// What every part of SQL can do: be compiled and printed.
pub static CLAUSE_ELEMENT: NativeType = NativeType {
    doc: "A part of a SQL statement.",
    methods: &[
        Row::method(
            "compile",
            &[
                param::opt("bind", ParamDefault::None),
                param::opt("dialect", ParamDefault::None),
                param::kwargs("kw"),
            ],
            "The text and the parameters, for a database or in general.",
            "",
            compiled::compile_method,
        ),
        Row::method(
            "self_group",
            &[param::opt("against", ParamDefault::None)],
            "With parentheses if needed.",
            "",
            |host, args| match super::objects::expr_of(host, &args[0])? {
                Some(expression) => Ok(expr_value(&operate::self_group(&expression, None))),
                None => Ok(args[0].clone()),
            },
        ),
        Row::method("__clause_element__", &[], "Itself.", "", |_, args| Ok(args[0].clone())),
        Row::method(
            "params",
            &[param::args("values"), param::kwargs("kwargs")],
            "With other values for its parameters.",
            "",
            compiled::params_method,
        ),
        Row::method(
            "unique_params",
            &[param::kwargs("kwargs")],
            "With other values for its parameters.",
            "",
            compiled::params_method,
        ),
        Row::method(
            "compare",
            &[param::req("other")],
            "Whether both mean the same.",
            "",
            compiled::compare_method,
        ),
    ],
    slots: Slots { str: Some(compiled::to_str), truth: Some(no_truth), ..Slots::NONE },
    has_dict: true,
    ..NativeType::plain("ClauseElement", MODULE)
};

/// An expression: it has a type and takes operators.
pub static COLUMN_ELEMENT: NativeType = NativeType {
    bases: &[&COLUMN_OPERATORS, &CLAUSE_ELEMENT],
    getters: &[
        Getter {
            name: "type",
            doc: "Its type.",
            get: |host, value| Ok(type_value(&receiver(host, value)?.ty())),
            set: None,
        },
        Getter { name: "expression", doc: "Itself.", get: |_, value| Ok(value.clone()), set: None },
        Getter {
            name: "key",
            doc: "The key under which it is listed.",
            get: |host, value| Ok(receiver(host, value)?.key().map_or(Value::None, Value::Str)),
            set: None,
        },
        Getter {
            name: "primary_key",
            doc: "Whether it is part of a primary key.",
            get: |host, value| {
                Ok(Value::Bool(
                    receiver(host, value)?.base_column().is_some_and(|column| column.primary_key.get()),
                ))
            },
            set: None,
        },
        Getter { name: "foreign_keys", doc: "What it refers to.", get: foreign_keys, set: None },
        Getter {
            name: "base_columns",
            doc: "The columns that it comes from.",
            get: |host, value| {
                let expression = receiver(host, value)?;
                let set = crate::python::value::Set::new(false);
                let base =
                    expression.base_column().map_or_else(|| value.clone(), |column| column_value(&column));
                host.set_add(&set, base)?;
                Ok(Value::Set(crate::python::value::Gc::new(set)))
            },
            set: None,
        },
        Getter { name: "comparator", doc: "Itself.", get: |_, value| Ok(value.clone()), set: None },
        Getter {
            name: "_annotations",
            doc: "What the mapping layer noted.",
            get: |_, _| Ok(Value::Dict(crate::python::value::Gc::new(crate::python::value::Dict::new()))),
            set: None,
        },
        Getter { name: "is_clause_element", doc: "True.", get: |_, _| Ok(Value::Bool(true)), set: None },
    ],
    slots: Slots {
        truth: Some(truth),
        hash: COLUMN_OPERATORS.slots.hash,
        str: Some(compiled::to_str),
        get_attr: Some(missing),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("ColumnElement", MODULE)
};

macro_rules! kinds {
    ($($name:ident, $text:literal, $base:expr, $getters:expr;)*) => {
        $(pub static $name: NativeType = NativeType {
            bases: &[$base],
            getters: $getters,
            has_dict: true,
            ..NativeType::plain($text, MODULE)
        };)*
        /// Every class of this file.
        pub static ALL: &[&NativeType] = &[&CLAUSE_ELEMENT, &COLUMN_ELEMENT, $(&$name),*];
    };
}

const NAME: Getter = Getter { name: "name", doc: "The name.", get: name, set: None };
const TABLE: Getter = Getter { name: "table", doc: "What it belongs to.", get: table, set: None };
const ELEMENT: Getter = Getter { name: "element", doc: "What it stands around.", get: element, set: None };
const CLAUSE: Getter = Getter { name: "clause", doc: "What it stands around.", get: element, set: None };
const OPERATOR: Getter =
    Getter { name: "operator", doc: "The operator, as a function.", get: operator, set: None };
const CLAUSES: Getter = Getter { name: "clauses", doc: "The parts.", get: clauses, set: None };

kinds! {
    NAMED_COLUMN, "NamedColumn", &COLUMN_ELEMENT, &[NAME, TABLE, Getter { name: "description", doc: "The name.", get: name, set: None }];
    COLUMN_CLAUSE, "ColumnClause", &NAMED_COLUMN, &[Getter { name: "is_literal", doc: "Whether the name is SQL as it stands.", get: |host, value| {
        Ok(Value::Bool(matches!(&receiver(host, value)?.kind, ExprKind::Named(named) if named.is_literal)))
    }, set: None }];
    LABEL, "Label", &NAMED_COLUMN, &[ELEMENT];
    BIND_PARAMETER, "BindParameter", &COLUMN_ELEMENT, &[
        Getter { name: "value", doc: "The value.", get: |host, value| bind(host, value, |bind| bind.value.clone()), set: None },
        Getter { name: "effective_value", doc: "The value, or what the callable gives.", get: effective_value, set: None },
        Getter { name: "callable", doc: "What is called for the value.", get: |host, value| bind(host, value, |bind| bind.callable.clone().unwrap_or(Value::None)), set: None },
        Getter { name: "required", doc: "Whether a value must be given.", get: |host, value| bind(host, value, |bind| Value::Bool(bind.required)), set: None },
        Getter { name: "unique", doc: "Whether the name is made up.", get: |host, value| bind(host, value, |bind| Value::Bool(bind.unique)), set: None },
        Getter { name: "expanding", doc: "Whether it stands for a list.", get: |host, value| bind(host, value, |bind| Value::Bool(bind.expanding)), set: None },
        Getter { name: "key", doc: "The name.", get: bind_key, set: None },
    ];
    NULL, "Null", &COLUMN_ELEMENT, &[];
    TRUE, "True_", &COLUMN_ELEMENT, &[];
    FALSE, "False_", &COLUMN_ELEMENT, &[];
    UNARY_EXPRESSION, "UnaryExpression", &COLUMN_ELEMENT, &[ELEMENT, OPERATOR, Getter { name: "modifier", doc: "What stands behind it.", get: modifier, set: None }];
    AS_BOOLEAN, "AsBoolean", &UNARY_EXPRESSION, &[];
    COLLECTION_AGGREGATE, "CollectionAggregate", &UNARY_EXPRESSION, &[];
    EXISTS, "Exists", &UNARY_EXPRESSION, &[];
    OPERATOR_EXPRESSION, "OperatorExpression", &COLUMN_ELEMENT, &[OPERATOR];
    BINARY_EXPRESSION, "BinaryExpression", &OPERATOR_EXPRESSION, &[
        Getter { name: "left", doc: "The left side.", get: |host, value| side(host, value, true), set: None },
        Getter { name: "right", doc: "The right side.", get: |host, value| side(host, value, false), set: None },
        Getter { name: "negate", doc: "The opposite operator.", get: negated, set: None },
        Getter { name: "modifiers", doc: "What was said besides.", get: |_, _| Ok(Value::Dict(crate::python::value::Gc::new(crate::python::value::Dict::new()))), set: None },
    ];
    EXPRESSION_CLAUSE_LIST, "ExpressionClauseList", &OPERATOR_EXPRESSION, &[CLAUSES];
    BOOLEAN_CLAUSE_LIST, "BooleanClauseList", &EXPRESSION_CLAUSE_LIST, &[];
    CLAUSE_LIST, "ClauseList", &COLUMN_ELEMENT, &[CLAUSES];
    TUPLE, "Tuple", &CLAUSE_LIST, &[];
    GROUPING, "Grouping", &COLUMN_ELEMENT, &[ELEMENT];
    CASE, "Case", &COLUMN_ELEMENT, &[];
    CAST, "Cast", &COLUMN_ELEMENT, &[CLAUSE];
    TRY_CAST, "TryCast", &CAST, &[];
    TYPE_COERCE, "TypeCoerce", &COLUMN_ELEMENT, &[CLAUSE];
    EXTRACT, "Extract", &COLUMN_ELEMENT, &[];
    OVER, "Over", &COLUMN_ELEMENT, &[ELEMENT];
    WITHIN_GROUP, "WithinGroup", &COLUMN_ELEMENT, &[ELEMENT];
    LABEL_REFERENCE, "_label_reference", &COLUMN_ELEMENT, &[ELEMENT];
    TEXTUAL_LABEL_REFERENCE, "_textual_label_reference", &COLUMN_ELEMENT, &[];
    COLLATION_CLAUSE, "CollationClause", &COLUMN_ELEMENT, &[];
    SLICE, "Slice", &COLUMN_ELEMENT, &[];
    TABLE_VALUED_COLUMN, "TableValuedColumn", &NAMED_COLUMN, &[];
}

/// What `FILTER (WHERE ...)` still takes: a window.
pub static FUNCTION_FILTER: NativeType = NativeType {
    bases: &[&COLUMN_ELEMENT],
    methods: super::functions::FILTERED_METHODS,
    has_dict: true,
    ..NativeType::plain("FunctionFilter", MODULE)
};

/// The class that shows an expression (functions and schema columns have their own).
pub fn class_of(expression: &Expr) -> &'static NativeType {
    match &expression.kind {
        ExprKind::Column(_) => &super::schema::COLUMN,
        ExprKind::Proxy(proxy) if proxy.source.base_column().is_some() => &super::schema::ANNOTATED_COLUMN,
        ExprKind::Proxy(_) | ExprKind::Named(_) => &COLUMN_CLAUSE,
        ExprKind::Bind(_) => &BIND_PARAMETER,
        ExprKind::Null => &NULL,
        ExprKind::True => &TRUE,
        ExprKind::False => &FALSE,
        ExprKind::Unary(unary) => unary_class(unary),
        ExprKind::Binary(_) => &BINARY_EXPRESSION,
        ExprKind::List(list) if matches!(list.operator.op, Op::And | Op::Or) => &BOOLEAN_CLAUSE_LIST,
        ExprKind::List(list) if list.boolean => &EXPRESSION_CLAUSE_LIST,
        ExprKind::List(_) => &CLAUSE_LIST,
        ExprKind::Grouping(_) => &GROUPING,
        ExprKind::Tuple(_) => &TUPLE,
        ExprKind::Case { .. } => &CASE,
        ExprKind::Cast { try_cast: true, .. } => &TRY_CAST,
        ExprKind::Cast { .. } => &CAST,
        ExprKind::TypeCoerce(_) => &TYPE_COERCE,
        ExprKind::Extract { .. } => &EXTRACT,
        ExprKind::Function(_) => &super::functions::FUNCTION,
        ExprKind::Over(_) => &OVER,
        ExprKind::FunctionFilter { .. } => &FUNCTION_FILTER,
        ExprKind::WithinGroup { .. } => &WITHIN_GROUP,
        ExprKind::Label(_) => &LABEL,
        ExprKind::LabelReference(_) => &LABEL_REFERENCE,
        ExprKind::TextualLabelReference(_) => &TEXTUAL_LABEL_REFERENCE,
        ExprKind::Collation { .. } => &COLLATION_CLAUSE,
        ExprKind::ScalarSelect(_) => &super::select::SCALAR_SELECT,
        ExprKind::SelectGrouping(_) => &super::select::SCALAR_SELECT,
        ExprKind::Text(_) => &super::text::TEXT_CLAUSE,
        ExprKind::Slice { .. } => &SLICE,
        ExprKind::TableValued(_) => &TABLE_VALUED_COLUMN,
        ExprKind::NextValue(_) => &super::functions::FUNCTION,
    }
}

fn unary_class(unary: &Unary) -> &'static NativeType {
    if unary.wraps_column {
        return &AS_BOOLEAN;
    }
    match unary.operator.as_ref().map(|operator| operator.op) {
        Some(Op::Exists) => &super::select::EXISTS_OBJECT,
        Some(Op::Any | Op::All) => &COLLECTION_AGGREGATE,
        _ => &UNARY_EXPRESSION,
    }
}

fn no_truth(_host: &mut dyn Host, _value: &Value) -> R<bool> {
    Err(errors::no_boolean_value())
}

/// `a == b` is true of the very same element, so that elements can be found in sets.
fn truth(host: &mut dyn Host, value: &Value) -> R<bool> {
    if let ExprKind::Binary(binary) = &receiver(host, value)?.kind {
        match binary.operator.op {
            Op::Eq => return Ok(ExprNode::same(&binary.left, &binary.right)),
            Op::Ne => return Ok(!ExprNode::same(&binary.left, &binary.right)),
            _ => {}
        }
    }
    Err(errors::no_boolean_value())
}

/// `AttributeError: Neither 'Column' object nor 'Comparator' object has an attribute 'x'`
pub fn no_attribute(host: &mut dyn Host, value: &Value, name: &Str) -> R<Raised> {
    let class = host.class_of(value).name.borrow().clone();
    Ok(Raised::new(
        &ATTRIBUTE_ERROR,
        format!("Neither '{class}' object nor 'Comparator' object has an attribute '{name}'"),
    ))
}

fn missing(host: &mut dyn Host, value: &Value, name: &Str) -> R<Option<Value>> {
    if name.starts_with("__") {
        return Ok(None);
    }
    Err(no_attribute(host, value, name)?)
}

fn foreign_keys(host: &mut dyn Host, value: &Value) -> R<Value> {
    let set = crate::python::value::Set::new(false);
    if let Some(column) = receiver(host, value)?.base_column() {
        let keys = column.foreign_keys.borrow().clone();
        for key in &keys {
            let key = foreign_key_value(key);
            host.set_add(&set, key)?;
        }
    }
    Ok(Value::Set(crate::python::value::Gc::new(set)))
}

fn name(host: &mut dyn Host, value: &Value) -> R<Value> {
    let expression = receiver(host, value)?;
    Ok(match select::own_name(&expression) {
        Some(crate::sql::expr::NameText::Plain(name)) => Value::Str(name),
        Some(_) => match &expression.kind {
            ExprKind::Label(label) => match &label.name {
                LabelName::Anonymous(base) => Value::str(format!("%({} {base})s", value.id())),
                LabelName::Named(name) => Value::Str(name.clone()),
            },
            _ => Value::None,
        },
        None => Value::None,
    })
}

fn table(host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(receiver(host, value)?.table().map_or(Value::None, |table| from_value(&table)))
}

fn element(host: &mut dyn Host, value: &Value) -> R<Value> {
    let expression = receiver(host, value)?;
    Ok(match &expression.kind {
        ExprKind::Label(label) => expr_value(&label.element),
        ExprKind::Unary(unary) => expr_value(&unary.element),
        ExprKind::Grouping(inner) | ExprKind::TypeCoerce(inner) | ExprKind::LabelReference(inner) => {
            expr_value(inner)
        }
        ExprKind::Cast { operand, .. } => expr_value(operand),
        ExprKind::Over(over) => expr_value(&over.element),
        ExprKind::WithinGroup { function, .. } => expr_value(function),
        _ => Value::None,
    })
}

fn side(host: &mut dyn Host, value: &Value, left: bool) -> R<Value> {
    let expression = receiver(host, value)?;
    let ExprKind::Binary(binary) = &expression.kind else { return Ok(Value::None) };
    Ok(expr_value(if left { &binary.left } else { &binary.right }))
}

fn clauses(host: &mut dyn Host, value: &Value) -> R<Value> {
    let expression = receiver(host, value)?;
    Ok(match &expression.kind {
        ExprKind::List(list) => Value::tuple(list.clauses.iter().map(expr_value).collect()),
        ExprKind::Tuple(items) => Value::tuple(items.iter().map(expr_value).collect()),
        _ => Value::tuple(Vec::new()),
    })
}

/// An operator as the function that stands for it.
fn operator_value(host: &mut dyn Host, operator: &Operator) -> R<Value> {
    let name = operator.op.name();
    if let Ok(module) = host.import("sqlalchemy.sql.operators")
        && let Some(found) = host.find_attr(&Value::Module(module), &intern(name))?
    {
        return Ok(found);
    }
    Ok(Value::str(name))
}

fn operator(host: &mut dyn Host, value: &Value) -> R<Value> {
    let expression = receiver(host, value)?;
    match &expression.kind {
        ExprKind::Binary(binary) => operator_value(host, &binary.operator),
        ExprKind::List(list) => operator_value(host, &list.operator),
        ExprKind::Unary(Unary { operator: Some(operator), .. }) => operator_value(host, operator),
        _ => Ok(Value::None),
    }
}

fn negated(host: &mut dyn Host, value: &Value) -> R<Value> {
    let expression = receiver(host, value)?;
    match &expression.kind {
        ExprKind::Binary(binary) => match &binary.negate {
            Some(operator) => operator_value(host, operator),
            None => Ok(Value::None),
        },
        _ => Ok(Value::None),
    }
}

fn modifier(host: &mut dyn Host, value: &Value) -> R<Value> {
    let expression = receiver(host, value)?;
    match &expression.kind {
        ExprKind::Unary(Unary { modifier: Some(modifier), .. }) => operator_value(host, &(*modifier).into()),
        _ => Ok(Value::None),
    }
}

fn bind(host: &mut dyn Host, value: &Value, read: impl Fn(&crate::sql::expr::Bind) -> Value) -> R<Value> {
    let expression = receiver(host, value)?;
    match &expression.kind {
        ExprKind::Bind(bind) => Ok(read(bind)),
        _ => Ok(Value::None),
    }
}

fn effective_value(host: &mut dyn Host, value: &Value) -> R<Value> {
    let expression = receiver(host, value)?;
    match &expression.kind {
        ExprKind::Bind(bind) => match &bind.callable {
            Some(callable) => host.call_values(callable, &[]),
            None => Ok(bind.value.clone()),
        },
        _ => Ok(Value::None),
    }
}

fn bind_key(host: &mut dyn Host, value: &Value) -> R<Value> {
    let id = value.id();
    bind(host, value, |bind| {
        if bind.unique { Value::str(format!("%({id} {})s", bind.key)) } else { Value::Str(bind.key.clone()) }
    })
}
