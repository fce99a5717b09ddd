//! What is selected from, as objects: tables, aliases, subqueries, CTEs, joins.
//!
//! Owns their methods and attributes. Must not know statements' parts.

use std::cell::OnceCell;
use std::rc::Rc;

use super::arguments::text;
use super::elements::CLAUSE_ELEMENT;
use super::objects::{
    FromObject, collection_value, expr_of, expr_value, from_of, from_value, statement_value,
};
use super::refine::statement_operand;
use super::schema::described;
use crate::python::value::{Getter, Host, NativeType, Param, ParamDefault, R, Row, Slots, Str, Value, param};
use crate::sql::coerce;
use crate::sql::errors;
use crate::sql::expr::Expr;
use crate::sql::selectable::{Alias, AliasElement, AliasKind, AliasName, Cte, FromClause};
use crate::sql::statement::{CompoundSelect, Select, SelectItem, SetOperator, Statement};

const MODULE: &str = "sqlalchemy.sql.selectable";

const JOIN_ARGS: &[Param] = &[
    param::req("right"),
    param::opt("onclause", ParamDefault::None),
    param::opt("isouter", ParamDefault::Bool(false)),
    param::opt("full", ParamDefault::Bool(false)),
];
const OUTER_ARGS: &[Param] = &[
    param::req("right"),
    param::opt("onclause", ParamDefault::None),
    param::opt("full", ParamDefault::Bool(false)),
];
const NAME: &[Param] =
    &[param::opt("name", ParamDefault::None), param::opt("flat", ParamDefault::Bool(false))];

pub static FROM_CLAUSE: NativeType = NativeType {
    bases: &[&CLAUSE_ELEMENT],
    doc: "Something to select from.",
    methods: &[
        Row::method("alias", NAME, "Under another name.", "", alias),
        Row::method("join", JOIN_ARGS, "Joined with another.", "", |host, args| {
            let outer = host.truth(&args[3])?;
            let full = host.truth(&args[4])?;
            join(host, &args[0], &args[1], &args[2], outer, full)
        }),
        Row::method(
            "outerjoin",
            OUTER_ARGS,
            "Joined with another, rows without a partner kept.",
            "",
            |host, args| {
                let full = host.truth(&args[3])?;
                join(host, &args[0], &args[1], &args[2], true, full)
            },
        ),
        Row::method("select", &[], "All of its columns.", "", |host, args| {
            let from = own(host, &args[0])?;
            Ok(statement_value(Select::new(vec![SelectItem::From(from)]).into_statement()))
        }),
        Row::method("insert", &[], "An INSERT into it.", "", |host, args| {
            let from = own(host, &args[0])?;
            Ok(statement_value(Statement::Insert(Rc::new(crate::sql::statement::Insert::new(from)))))
        }),
        Row::method("update", &[], "An UPDATE of it.", "", |host, args| {
            let from = own(host, &args[0])?;
            Ok(statement_value(Statement::Update(Rc::new(crate::sql::statement::Update::new(from)))))
        }),
        Row::method("delete", &[], "A DELETE from it.", "", |host, args| {
            let from = own(host, &args[0])?;
            Ok(statement_value(Statement::Delete(Rc::new(crate::sql::statement::Delete::new(from)))))
        }),
        Row::method(
            "corresponding_column",
            &[param::req("column"), param::opt("require_embedded", ParamDefault::Bool(false))],
            "The column that stands for another.",
            "",
            |host, args| {
                let from = own(host, &args[0])?;
                let Some(wanted) = expr_of(host, &args[1])? else { return Ok(Value::None) };
                Ok(from.corresponding_column(&wanted).map_or(Value::None, |column| expr_value(&column)))
            },
        ),
        Row::method(
            "is_derived_from",
            &[param::req("fromclause")],
            "Whether it comes from the other.",
            "",
            |host, args| {
                let from = own(host, &args[0])?;
                let other = from_of(host, &args[1])?;
                let base = |from: &FromClause| from.base_table().map(|table| Rc::as_ptr(&table) as usize);
                Ok(Value::Bool(
                    other.is_some_and(|other| base(&from).is_some() && base(&from) == base(&other)),
                ))
            },
        ),
        Row::method(
            "tablesample",
            &[
                param::req("sampling"),
                param::opt("name", ParamDefault::None),
                param::opt("seed", ParamDefault::None),
            ],
            "A sample of its rows.",
            "",
            |host, args| {
                let from = own(host, &args[0])?;
                let sampling = coerce::expression(host, &args[1], None, None)?;
                let name = alias_name(host, &args[2], &from)?;
                Ok(from_value(&Alias::clause(
                    AliasKind::TableSample { sampling, seed: None },
                    AliasElement::From(from),
                    name,
                )))
            },
        ),
        Row::method("table_valued", &[], "The row as one value.", "", |host, args| {
            let from = own(host, &args[0])?;
            let ty = crate::sql::types::null_type();
            Ok(expr_value(&crate::sql::expr::ExprNode::new(
                crate::sql::expr::ExprKind::TableValued(from),
                ty,
            )))
        }),
    ],
    getters: &[
        Getter { name: "c", doc: "Its columns.", get: columns, set: None },
        Getter { name: "columns", doc: "Its columns.", get: columns, set: None },
        Getter { name: "exported_columns", doc: "Its columns.", get: columns, set: None },
        Getter {
            name: "primary_key",
            doc: "The columns of the primary key.",
            get: |host, value| {
                let from = own(host, value)?;
                Ok(collection_value(
                    from.primary_key()
                        .into_iter()
                        .map(|column| (column.key().unwrap_or_else(|| Str::new("")), column))
                        .collect(),
                ))
            },
            set: None,
        },
        Getter {
            name: "description",
            doc: "What messages call it.",
            get: |host, value| {
                let from = own(host, value)?;
                Ok(Value::str(described(&from)))
            },
            set: None,
        },
        Getter { name: "selectable", doc: "Itself.", get: |_, value| Ok(value.clone()), set: None },
        Getter { name: "entity_namespace", doc: "Its columns.", get: columns, set: None },
    ],
    slots: Slots {
        compare: None,
        truth: Some(|_, _| Err(errors::no_boolean_value())),
        hash: Some(|host, value| Ok(own(host, value).map_or(value.id(), |from| from.id()) as i64 >> 4)),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("FromClause", MODULE)
};

macro_rules! kinds {
    ($($name:ident $text:literal $base:ident $getters:expr, $methods:expr, $repr:expr;)*) => {
        $(pub static $name: NativeType = NativeType {
            bases: &[&$base],
            getters: $getters,
            methods: $methods,
            slots: Slots { repr: $repr, ..Slots::NONE },
            has_dict: true,
            ..NativeType::plain($text, MODULE)
        };)*
        /// Every class of this file.
        pub static ALL: &[&NativeType] = &[&FROM_CLAUSE, $(&$name),*];
    };
}

const NAME_GETTER: Getter = Getter {
    name: "name",
    doc: "The name.",
    get: |host, value| {
        let from = own(host, value)?;
        Ok(Value::str(match &from {
            FromClause::Alias(alias) => match &alias.name {
                AliasName::Named(name) => name.to_string(),
                AliasName::Anonymous(base) => format!("%({} {base})s", from.id()),
            },
            other => other.name().map_or_else(String::new, |name| name.to_string()),
        }))
    },
    set: None,
};
const ELEMENT: Getter = Getter {
    name: "element",
    doc: "What it stands for.",
    get: |host, value| {
        Ok(match own(host, value)? {
            FromClause::Alias(alias) => match &alias.element {
                AliasElement::From(from) => from_value(from),
                AliasElement::Statement(statement) => statement_value(statement.clone()),
                AliasElement::Function(function) => expr_value(function),
            },
            FromClause::Grouping(inner) => from_value(&inner),
            _ => Value::None,
        })
    },
    set: None,
};
const UNION: &[Row] = &[
    Row::method("union", &[param::args("other")], "Extended by a union.", "", |host, args| {
        extend(host, args, SetOperator::Union)
    }),
    Row::method(
        "union_all",
        &[param::args("other")],
        "Extended by a union of all rows.",
        "",
        |host, args| extend(host, args, SetOperator::UnionAll),
    ),
    Row::method("alias", NAME, "Under another name.", "", cte_alias),
];

kinds! {
    TABLE_CLAUSE "TableClause" FROM_CLAUSE &[NAME_GETTER, Getter { name: "fullname", doc: "The name with its schema.", get: |host, value| Ok(own(host, value)?.name().into()), set: None }], &[], None;
    ALIASED_RETURNS_ROWS "AliasedReturnsRows" FROM_CLAUSE &[NAME_GETTER, ELEMENT], &[], Some(alias_repr);
    ALIAS "Alias" ALIASED_RETURNS_ROWS &[], &[], None;
    SUBQUERY "Subquery" ALIASED_RETURNS_ROWS &[], &[], None;
    LATERAL "Lateral" ALIASED_RETURNS_ROWS &[], &[], None;
    CTE "CTE" ALIASED_RETURNS_ROWS &[], UNION, None;
    TABLE_VALUED_ALIAS "TableValuedAlias" ALIAS &[], &[Row::method("render_derived", &[param::opt("name", ParamDefault::None), param::opt("with_types", ParamDefault::Bool(false))], "With its columns named.", "", render_derived)], None;
    TABLE_SAMPLE "TableSample" ALIASED_RETURNS_ROWS &[], &[], None;
    JOIN "Join" FROM_CLAUSE &[
        Getter { name: "left", doc: "The left side.", get: |host, value| Ok(match own(host, value)? { FromClause::Join(join) => from_value(&join.left), _ => Value::None }), set: None },
        Getter { name: "right", doc: "The right side.", get: |host, value| Ok(match own(host, value)? { FromClause::Join(join) => from_value(&join.right), _ => Value::None }), set: None },
        Getter { name: "onclause", doc: "The condition.", get: |host, value| Ok(match own(host, value)? { FromClause::Join(join) => join.onclause.as_ref().map_or(Value::None, expr_value), _ => Value::None }), set: None },
        Getter { name: "isouter", doc: "Whether it is an outer join.", get: |host, value| Ok(Value::Bool(matches!(own(host, value)?, FromClause::Join(join) if join.isouter))), set: None },
        Getter { name: "full", doc: "Whether it is a full join.", get: |host, value| Ok(Value::Bool(matches!(own(host, value)?, FromClause::Join(join) if join.full))), set: None },
    ], &[], Some(join_repr);
    VALUES "Values" FROM_CLAUSE &[NAME_GETTER], &[
        Row::method("data", &[param::req("values")], "Rows.", "", values_data),
        Row::method("alias", NAME, "Under a name.", "", values_alias),
    ], None;
    FROM_GROUPING "FromGrouping" FROM_CLAUSE &[ELEMENT], &[], None;
}

fn own(host: &mut dyn Host, value: &Value) -> R<FromClause> {
    if let Some(object) = value.payload::<FromObject>() {
        return Ok(object.0.clone());
    }
    match from_of(host, value)? {
        Some(from) => Ok(from),
        None => {
            let shown = host.repr(value)?;
            Err(errors::role_expected("FROM expression, such as a Table or alias() object", &shown))
        }
    }
}

fn columns(host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(collection_value(own(host, value)?.keyed_columns()))
}

fn address_and(value: &Value, class: &str, what: &str) -> Str {
    Str::new(&format!("<sqlalchemy.sql.selectable.{class} at {:#x}; {what}>", value.id()))
}

fn alias_repr(host: &mut dyn Host, value: &Value) -> R<Str> {
    let class = host.class_of(value).name.borrow().clone();
    let from = own(host, value)?;
    Ok(address_and(value, &class, &described(&from)))
}

fn join_repr(host: &mut dyn Host, value: &Value) -> R<Str> {
    let FromClause::Join(join) = own(host, value)? else { return Ok(Str::new("")) };
    let what = format!(
        "Join object on {}({}) and {}({})",
        described(&join.left),
        join.left.id(),
        described(&join.right),
        join.right.id()
    );
    Ok(address_and(value, "Join", &what))
}

fn alias_name(host: &mut dyn Host, name: &Value, from: &FromClause) -> R<AliasName> {
    Ok(match name {
        Value::None | Value::Unset => AliasName::Anonymous(match from {
            FromClause::Alias(alias) => match &alias.name {
                AliasName::Named(name) => name.clone(),
                AliasName::Anonymous(base) => base.clone(),
            },
            other => other.name().unwrap_or_else(|| Str::new("anon")),
        }),
        other => AliasName::Named(text(host, other, "name")?),
    })
}

/// `from.alias(name)`.
pub fn alias(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let from = own(host, &args[0])?;
    let name = alias_name(host, args.get(1).unwrap_or(&Value::None), &from)?;
    Ok(from_value(&Alias::clause(AliasKind::Alias, AliasElement::From(from), name)))
}

fn cte_alias(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let from = own(host, &args[0])?;
    let name = alias_name(host, &args[1], &from)?;
    let FromClause::Alias(original) = &from else { return Ok(args[0].clone()) };
    let cte = Cte {
        recursive: original.cte().is_some_and(|cte| cte.recursive),
        nesting: false,
        restates: None,
        prefixes: Vec::new(),
        suffixes: Vec::new(),
        alias_of: Some(original.clone()),
    };
    Ok(from_value(&Alias::clause(AliasKind::Cte(cte), original.element.clone(), name)))
}

/// `cte.union_all(select)`: the same CTE, extended.
fn extend(host: &mut dyn Host, args: &[Value], operator: SetOperator) -> R<Value> {
    let FromClause::Alias(original) = own(host, &args[0])? else { return Ok(args[0].clone()) };
    let AliasElement::Statement(first) = &original.element else { return Ok(args[0].clone()) };
    let mut selects = vec![super::nested::grouped_for_union(first.clone())];
    for other in host.collect(&args[1])? {
        selects.push(super::nested::grouped_for_union(statement_operand(host, &other)?));
    }
    let compound = CompoundSelect::new(operator, selects);
    let cte = Cte {
        recursive: original.cte().is_some_and(|cte| cte.recursive),
        nesting: original.cte().is_some_and(|cte| cte.nesting),
        restates: Some(original.clone()),
        prefixes: original.cte().map(|cte| cte.prefixes.clone()).unwrap_or_default(),
        suffixes: Vec::new(),
        alias_of: None,
    };
    let name = match &original.name {
        AliasName::Named(name) => AliasName::Named(name.clone()),
        AliasName::Anonymous(base) => AliasName::Anonymous(base.clone()),
    };
    let statement = Statement::Compound(Rc::new(compound));
    Ok(from_value(&Alias::clause(AliasKind::Cte(cte), AliasElement::Statement(statement), name)))
}

fn render_derived(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let FromClause::Alias(original) = own(host, &args[0])? else { return Ok(args[0].clone()) };
    let AliasKind::TableValued { columns, .. } = &original.kind else { return Ok(args[0].clone()) };
    let with_types = host.truth(&args[2])?;
    let name = match (&args[1], &original.name) {
        (Value::Str(name), _) => AliasName::Named(name.clone()),
        (_, AliasName::Named(name)) => AliasName::Named(name.clone()),
        (_, AliasName::Anonymous(base)) => AliasName::Anonymous(base.clone()),
    };
    let kind = AliasKind::TableValued { columns: columns.clone(), render_derived: true, with_types };
    Ok(from_value(&Alias::clause(kind, original.element.clone(), name)))
}

/// `left.join(right, onclause)`.
pub fn join(
    host: &mut dyn Host,
    left: &Value,
    right: &Value,
    onclause: &Value,
    isouter: bool,
    full: bool,
) -> R<Value> {
    let left = own(host, left)?;
    let right = own(host, right)?;
    let onclause = match onclause {
        Value::None | Value::Unset => crate::sql::join::condition(&left, &right)?,
        other => coerce::where_(host, other)?,
    };
    Ok(from_value(&left.join(&right, Some(onclause), isouter, full)))
}

fn values_data(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let FromClause::Values(values) = own(host, &args[0])? else { return Ok(args[0].clone()) };
    let mut rows: Vec<Vec<Expr>> = Vec::new();
    for row in host.collect(&args[1])? {
        let mut cells = Vec::new();
        for (place, cell) in host.collect(&row)?.into_iter().enumerate() {
            let ty = values.columns.get(place).map(|column| column.ty()).filter(|ty| !ty.is_null());
            cells.push(coerce::expression(host, &cell, None, ty.as_ref())?);
        }
        rows.push(cells);
    }
    let mut chunks = values.rows.clone();
    chunks.push(rows);
    let copy = crate::sql::selectable::Values {
        columns: values.columns.clone(),
        name: copied_name(values.name.as_ref()),
        rows: chunks,
        literal_binds: values.literal_binds,
    };
    Ok(from_value(&FromClause::Values(Rc::new(copy))))
}

fn copied_name(name: Option<&AliasName>) -> Option<AliasName> {
    name.map(|name| match name {
        AliasName::Named(name) => AliasName::Named(name.clone()),
        AliasName::Anonymous(base) => AliasName::Anonymous(base.clone()),
    })
}

fn values_alias(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let FromClause::Values(values) = own(host, &args[0])? else { return Ok(args[0].clone()) };
    let name = match &args[1] {
        Value::Str(name) => AliasName::Named(name.clone()),
        _ => AliasName::Anonymous(Str::new("anon")),
    };
    let copy = crate::sql::selectable::Values {
        columns: values.columns.clone(),
        name: Some(name),
        rows: values.rows.clone(),
        literal_binds: values.literal_binds,
    };
    let _ = host;
    Ok(from_value(&FromClause::Values(Rc::new(copy))))
}

/// `table("name", column("x"))`.
pub fn new_table(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let name = text(host, &args[0], "name")?;
    let mut columns = Vec::new();
    for column in host.collect(&args[1])? {
        if let Some(expression) = expr_of(host, &column)? {
            columns.push((expression.name().unwrap_or_else(|| Str::new("")), expression.ty()));
        }
    }
    let schema = match args.get(2) {
        Some(Value::Dict(keywords)) => keywords.get("schema").filter(|value| !value.is_none()),
        _ => None,
    };
    let table = crate::sql::selectable::table_clause(name, columns);
    let _: (Option<Value>, OnceCell<()>) = (schema, OnceCell::new());
    Ok(from_value(&FromClause::Light(table)))
}
