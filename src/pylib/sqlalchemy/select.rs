//! `select()`, unions and what they become, as objects.
//!
//! Owns their methods: each gives a new statement. Must not know spelling.

use std::rc::Rc;

use super::arguments::text;
use super::elements::{CLAUSE_ELEMENT, COLUMN_ELEMENT, UNARY_EXPRESSION};
use super::objects::{
    collection_value, expr_of, expr_value, from_value, statement_of, statement_value, type_value,
};
use super::operators::labelled;
use crate::orm::query::context::OrmExtras;
use crate::python::value::{
    CallArgs, Class, Dict, Gc, Getter, Host, NativeType, Param, ParamDefault, R, Row, Slots, Str, Value,
    intern, param,
};
use crate::sql::coerce;
use crate::sql::entity::{Element, element_of};
use crate::sql::errors;
use crate::sql::expr::{Expr, ExprKind, ExprNode, Unary};
use crate::sql::operators::Op;
use crate::sql::selectable::{Alias, AliasElement, AliasKind, AliasName, Cte, FromClause};
use crate::sql::statement::{
    CompoundSelect, Correlate, ForUpdate, LabelStyle, Select, SelectItem, SetOperator, SetupJoin, Statement,
};
use crate::sql::{operate, select as naming, types};

const MODULE: &str = "sqlalchemy.sql.selectable";
const NAME: &[Param] = &[param::opt("name", ParamDefault::None)];
const MANY: &[Param] = &[param::args("clauses")];
const LIMIT: &[Param] = &[param::req("limit")];
const JOIN: &[Param] = &[
    param::req("target"),
    param::opt("onclause", ParamDefault::None),
    param::kw("isouter", ParamDefault::Bool(false)),
    param::kw("full", ParamDefault::Bool(false)),
];
const OUTERJOIN: &[Param] = &[
    param::req("target"),
    param::opt("onclause", ParamDefault::None),
    param::kw("full", ParamDefault::Bool(false)),
];
const JOIN_FROM: &[Param] = &[
    param::req("from_"),
    param::req("target"),
    param::opt("onclause", ParamDefault::None),
    param::kw("isouter", ParamDefault::Bool(false)),
    param::kw("full", ParamDefault::Bool(false)),
];

/// What every statement that gives rows can become.
pub static SELECT_BASE: NativeType = NativeType {
    bases: &[&CLAUSE_ELEMENT],
    methods: &[
        Row::method("subquery", NAME, "As something to select from.", "", subquery),
        Row::method(
            "alias",
            &[param::opt("name", ParamDefault::None), param::opt("flat", ParamDefault::Bool(false))],
            "As something to select from.",
            "",
            subquery,
        ),
        Row::method("lateral", NAME, "As something that sees what stands beside it.", "", |host, args| {
            derived(host, args, AliasKind::Lateral)
        }),
        Row::method(
            "cte",
            &[
                param::opt("name", ParamDefault::None),
                param::opt("recursive", ParamDefault::Bool(false)),
                param::opt("nesting", ParamDefault::Bool(false)),
            ],
            "As a common table expression.",
            "",
            cte,
        ),
        Row::method("scalar_subquery", &[], "As a value.", "", scalar_subquery),
        Row::method("as_scalar", &[], "As a value.", "", scalar_subquery),
        Row::method("label", &[param::req("name")], "As a value under a name.", "", |host, args| {
            let scalar = coerce::scalar(&own(host, &args[0])?);
            Ok(expr_value(&labelled(host, scalar, &args[1])?))
        }),
        Row::method("exists", &[], "Whether it gives a row.", "", |host, args| {
            Ok(expr_value(&exists_of(&own(host, &args[0])?)))
        }),
        Row::method(
            "execution_options",
            &[param::kwargs("kw")],
            "With options for its execution.",
            "",
            execution_options,
        ),
        Row::method("get_execution_options", &[], "The options for its execution.", "", |host, args| {
            let dict = Dict::new();
            for (name, option) in own(host, &args[0])?.execution_options() {
                dict.set_str(name, option.clone());
            }
            Ok(Value::Dict(Gc::new(dict)))
        }),
        Row::method("union", MANY, "The rows of both, each once.", "", |host, args| {
            combine(host, SetOperator::Union, args)
        }),
        Row::method("union_all", MANY, "The rows of both.", "", |host, args| {
            combine(host, SetOperator::UnionAll, args)
        }),
        Row::method("intersect", MANY, "The rows in both.", "", |host, args| {
            combine(host, SetOperator::Intersect, args)
        }),
        Row::method("intersect_all", MANY, "The rows in both.", "", |host, args| {
            combine(host, SetOperator::IntersectAll, args)
        }),
        Row::method("except_", MANY, "The rows in the first alone.", "", |host, args| {
            combine(host, SetOperator::Except, args)
        }),
        Row::method("except_all", MANY, "The rows in the first alone.", "", |host, args| {
            combine(host, SetOperator::ExceptAll, args)
        }),
    ],
    getters: &[
        Getter {
            name: "selected_columns",
            doc: "The columns that it selects.",
            get: selected_columns,
            set: None,
        },
        Getter {
            name: "exported_columns",
            doc: "The columns that it selects.",
            get: selected_columns,
            set: None,
        },
        Getter { name: "column_descriptions", doc: "What it selects.", get: descriptions, set: None },
        Getter { name: "is_select", doc: "True.", get: |_, _| Ok(Value::Bool(true)), set: None },
    ],
    has_dict: true,
    ..NativeType::plain("SelectBase", MODULE)
};

pub static GENERATIVE_SELECT: NativeType = NativeType {
    bases: &[&SELECT_BASE],
    methods: &[
        Row::method("order_by", MANY, "In this order.", "", order_by),
        Row::method("group_by", MANY, "In these groups.", "", group_by),
        Row::method("limit", LIMIT, "At most so many rows.", "", |host, args| {
            let limit = coerce::limit(host, &args[1])?;
            update(
                host,
                &args[0],
                |select| select.limit = limit.clone(),
                |compound| compound.limit = limit.clone(),
            )
        }),
        Row::method("offset", LIMIT, "Behind so many rows.", "", |host, args| {
            let offset = coerce::limit(host, &args[1])?;
            update(
                host,
                &args[0],
                |select| select.offset = offset.clone(),
                |compound| compound.offset = offset.clone(),
            )
        }),
        Row::method(
            "fetch",
            &[
                param::req("count"),
                param::opt("with_ties", ParamDefault::Bool(false)),
                param::opt("percent", ParamDefault::Bool(false)),
            ],
            "At most so many rows.",
            "",
            |host, args| {
                let fetch = coerce::limit(host, &args[1])?;
                update(
                    host,
                    &args[0],
                    |select| select.fetch = fetch.clone(),
                    |compound| compound.limit = fetch.clone(),
                )
            },
        ),
        Row::method(
            "slice",
            &[param::req("start"), param::req("stop")],
            "The rows from start to stop.",
            "",
            slice,
        ),
        Row::method(
            "with_for_update",
            &[
                param::kw("nowait", ParamDefault::Bool(false)),
                param::kw("read", ParamDefault::Bool(false)),
                param::kw("of", ParamDefault::None),
                param::kw("skip_locked", ParamDefault::Bool(false)),
                param::kw("key_share", ParamDefault::Bool(false)),
            ],
            "Locking its rows, where the database can.",
            "",
            for_update,
        ),
        Row::method(
            "set_label_style",
            &[param::req("style")],
            "With labels of another style.",
            "",
            set_label_style,
        ),
        Row::method("get_label_style", &[], "The style of its labels.", "", |host, args| {
            let style = match own(host, &args[0])? {
                Statement::Select(select) => select.label_style,
                Statement::Compound(compound) => compound.label_style,
                _ => LabelStyle::DisambiguateOnly,
            };
            Ok(label_style_value(style))
        }),
        Row::method("add_cte", &[param::args("ctes")], "With more common table expressions.", "", add_cte),
    ],
    has_dict: true,
    ..NativeType::plain("GenerativeSelect", MODULE)
};

pub static SELECT: NativeType = NativeType {
    bases: &[&GENERATIVE_SELECT],
    doc: "A SELECT.",
    methods: &[
        Row::method("where", &[param::args("whereclause")], "The rows that fit.", "", where_),
        Row::method("filter", &[param::args("criteria")], "The rows that fit.", "", where_),
        Row::method(
            "filter_by",
            &[param::kwargs("kwargs")],
            "The rows whose attributes have these values.",
            "",
            filter_by,
        ),
        Row::method("having", &[param::args("having")], "The groups that fit.", "", having),
        Row::method("select_from", &[param::args("froms")], "From these.", "", select_from),
        Row::method("join", JOIN, "Joined with a target.", "", |host, args| {
            let (outer, full) = (host.truth(&args[3])?, host.truth(&args[4])?);
            join(host, &args[0], &Value::None, &args[1], &args[2], outer, full)
        }),
        Row::method(
            "outerjoin",
            OUTERJOIN,
            "Joined with a target, rows without a partner kept.",
            "",
            |host, args| {
                let full = host.truth(&args[3])?;
                join(host, &args[0], &Value::None, &args[1], &args[2], true, full)
            },
        ),
        Row::method("join_from", JOIN_FROM, "Joined, from a left side to a target.", "", |host, args| {
            let (outer, full) = (host.truth(&args[4])?, host.truth(&args[5])?);
            join(host, &args[0], &args[1], &args[2], &args[3], outer, full)
        }),
        Row::method(
            "outerjoin_from",
            JOIN_FROM,
            "Joined, from a left side to a target, rows without a partner kept.",
            "",
            |host, args| {
                let full = host.truth(&args[5])?;
                join(host, &args[0], &args[1], &args[2], &args[3], true, full)
            },
        ),
        Row::method("distinct", &[param::args("expr")], "Each row once.", "", distinct),
        Row::method(
            "correlate",
            &[param::args("fromclauses")],
            "Lent these by the statement around.",
            "",
            |host, args| correlate(host, args, false),
        ),
        Row::method(
            "correlate_except",
            &[param::args("fromclauses")],
            "Lent all but these by the statement around.",
            "",
            |host, args| correlate(host, args, true),
        ),
        Row::method("add_columns", &[param::args("entities")], "With more columns.", "", |host, args| {
            columns(host, args, true)
        }),
        Row::method("column", &[param::req("column")], "With one more column.", "", |host, args| {
            let wrapped = [args[0].clone(), Value::tuple(vec![args[1].clone()])];
            columns(host, &wrapped, true)
        }),
        Row::method(
            "with_only_columns",
            &[param::args("entities"), param::kw("maintain_column_froms", ParamDefault::Bool(false))],
            "With these columns instead.",
            "",
            |host, args| columns(host, args, false),
        ),
        Row::method(
            "prefix_with",
            &[param::args("prefixes"), param::kwargs("kw")],
            "With words behind SELECT.",
            "",
            |host, args| affixes(host, args, true),
        ),
        Row::method(
            "suffix_with",
            &[param::args("suffixes"), param::kwargs("kw")],
            "With words behind the statement.",
            "",
            |host, args| affixes(host, args, false),
        ),
        Row::method("options", &[param::args("options")], "With options of the mapping layer.", "", options),
        Row::method(
            "from_statement",
            &[param::req("statement")],
            "The rows of another statement as these entities.",
            "",
            from_statement,
        ),
        Row::method("get_final_froms", &[], "What it selects from.", "", |host, args| {
            let Statement::Select(select) = own(host, &args[0])? else { return Ok(Value::list(Vec::new())) };
            Ok(Value::list(naming::froms(&select)?.iter().map(from_value).collect()))
        }),
        Row::method(
            "reduce_columns",
            &[param::opt("only_synonyms", ParamDefault::Bool(true))],
            "Itself.",
            "",
            |_, args| Ok(args[0].clone()),
        ),
        Row::method("with_hint", &[param::args("args")], "Itself.", "", |_, args| Ok(args[0].clone())),
        Row::method("with_statement_hint", &[param::args("args")], "Itself.", "", |_, args| {
            Ok(args[0].clone())
        }),
    ],
    getters: &[
        Getter {
            name: "whereclause",
            doc: "The condition.",
            get: |host, value| {
                let Statement::Select(select) = own(host, value)? else { return Ok(Value::None) };
                Ok(operate::where_clause(&select.where_)
                    .map_or(Value::None, |condition| expr_value(&condition)))
            },
            set: None,
        },
        Getter {
            name: "froms",
            doc: "What it selects from.",
            get: |host, value| {
                let Statement::Select(select) = own(host, value)? else { return Ok(Value::list(Vec::new())) };
                Ok(Value::list(naming::froms(&select)?.iter().map(from_value).collect()))
            },
            set: None,
        },
        Getter {
            name: "columns_clause_froms",
            doc: "What its columns come from.",
            get: |host, value| {
                let Statement::Select(select) = own(host, value)? else { return Ok(Value::list(Vec::new())) };
                let mut found = Vec::new();
                naming::item_froms(&select.columns, &mut found);
                Ok(Value::list(found.iter().map(from_value).collect()))
            },
            set: None,
        },
    ],
    has_dict: true,
    ..NativeType::plain("Select", MODULE)
};

macro_rules! kinds {
    ($($name:ident $text:literal $base:ident;)*) => {
        $(pub static $name: NativeType =
            NativeType { bases: &[&$base], has_dict: true, ..NativeType::plain($text, MODULE) };)*
    };
}

kinds! {
    COMPOUND_SELECT "CompoundSelect" GENERATIVE_SELECT;
    TEXTUAL_SELECT "TextualSelect" SELECT_BASE;
    STATEMENT_GROUPING "SelectStatementGrouping" SELECT_BASE;
}

pub static SCALAR_SELECT: NativeType = NativeType {
    bases: &[&COLUMN_ELEMENT],
    methods: &[
        Row::method("where", &[param::args("crit")], "The rows that fit.", "", |host, args| {
            inner_where(host, args)
        }),
        Row::method(
            "correlate",
            &[param::args("fromclauses")],
            "Lent these by the statement around.",
            "",
            |host, args| inner_correlate(host, args, false),
        ),
        Row::method(
            "correlate_except",
            &[param::args("fromclauses")],
            "Lent all but these by the statement around.",
            "",
            |host, args| inner_correlate(host, args, true),
        ),
    ],
    getters: &[Getter {
        name: "element",
        doc: "The statement.",
        get: |host, value| match expr_of(host, value)?.map(|expression| expression.kind.share()) {
            Some(ExprKind::ScalarSelect(statement) | ExprKind::SelectGrouping(statement)) => {
                Ok(statement_value(statement))
            }
            _ => Ok(Value::None),
        },
        set: None,
    }],
    has_dict: true,
    ..NativeType::plain("ScalarSelect", MODULE)
};

pub static EXISTS_OBJECT: NativeType = NativeType {
    bases: &[&UNARY_EXPRESSION],
    methods: &[
        Row::method("where", &[param::args("clause")], "The rows that fit.", "", |host, args| {
            inner_where(host, args)
        }),
        Row::method("select_from", &[param::args("froms")], "From these.", "", inner_select_from),
        Row::method(
            "correlate",
            &[param::args("fromclauses")],
            "Lent these by the statement around.",
            "",
            |host, args| inner_correlate(host, args, false),
        ),
        Row::method(
            "correlate_except",
            &[param::args("fromclauses")],
            "Lent all but these by the statement around.",
            "",
            |host, args| inner_correlate(host, args, true),
        ),
        Row::method("select", &[], "As a statement.", "", |host, args| {
            let expression = super::operators::receiver(host, &args[0])?;
            Ok(statement_value(Select::of(vec![expression]).into_statement()))
        }),
    ],
    has_dict: true,
    ..NativeType::plain("Exists", MODULE)
};

fn own(host: &mut dyn Host, value: &Value) -> R<Statement> {
    if let Some(statement) = statement_of(value) {
        return Ok(statement);
    }
    statement_operand(host, value)
}

/// A statement to be combined or selected from.
pub fn statement_operand(host: &mut dyn Host, value: &Value) -> R<Statement> {
    match coerce::statement(host, value)? {
        Some(statement) => Ok(statement),
        None => {
            let shown = host.repr(value)?;
            Err(errors::role_expected("SELECT construct or equivalent text() construct", &shown))
        }
    }
}

/// The statement changed, as a new object of the same class.
fn update(
    host: &mut dyn Host,
    value: &Value,
    change_select: impl Fn(&mut Select),
    change_compound: impl Fn(&mut CompoundSelect),
) -> R<Value> {
    Ok(match own(host, value)? {
        Statement::Select(select) => {
            let mut copy = (*select).clone();
            change_select(&mut copy);
            same_class(value, copy.into_statement())
        }
        Statement::Compound(compound) => {
            let mut copy = (*compound).clone();
            change_compound(&mut copy);
            same_class(value, Statement::Compound(Rc::new(copy)))
        }
        other => statement_value(other),
    })
}

/// A statement as an object of the class that `value` has.
pub fn same_class(value: &Value, statement: Statement) -> Value {
    match value {
        Value::Instance(instance) if value.payload::<super::objects::StatementObject>().is_some() => {
            super::objects::instance_of(&instance.class(), super::objects::StatementObject(statement))
        }
        _ => statement_value(statement),
    }
}

fn change(host: &mut dyn Host, value: &Value, change: impl Fn(&mut Select)) -> R<Value> {
    update(host, value, change, |_| {})
}

/// `select(...)`.
pub fn new_select(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut items = Vec::new();
    for entity in host.collect(&args[0])? {
        items.push(coerce::select_item(host, &entity)?);
    }
    Ok(statement_value(Select::new(items).into_statement()))
}

/// Calling `Select` itself.
pub fn new_object(host: &mut dyn Host, _class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    new_select(host, &[Value::tuple(args.positional.to_vec())])
}

fn conditions(host: &mut dyn Host, given: &Value) -> R<Vec<Expr>> {
    let given = host.collect(given)?;
    let mut conditions = Vec::with_capacity(given.len());
    for condition in &given {
        conditions.push(coerce::where_(host, condition)?);
    }
    Ok(conditions)
}

fn where_(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let conditions = conditions(host, &args[1])?;
    change(host, &args[0], |select| select.where_.extend(conditions.iter().cloned()))
}

fn having(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let conditions = conditions(host, &args[1])?;
    change(host, &args[0], |select| select.having.extend(conditions.iter().cloned()))
}

/// The entities whose attributes `filter_by` may name: the last joined first.
fn namespaces(select: &Select) -> Vec<Element> {
    let mut found = Vec::new();
    for join in select.joins.iter().rev() {
        match &join.target {
            // The target of a relationship comes before the class that has it.
            Element::Orm(element) => {
                found.extend(crate::orm::query::joins::target_entity(element).map(Element::Entity));
                found.extend(element.parent().map(Element::Entity));
            }
            other => found.push(other.clone()),
        }
    }
    found.extend(select.from.iter().cloned().map(Element::From));
    for item in &select.columns {
        match item {
            SelectItem::Entity(entity) => found.push(Element::Entity(entity.clone())),
            SelectItem::From(from) => found.push(Element::From(from.clone())),
            SelectItem::Expr(expression) => match &expression.annotation {
                Some(annotation) => found.push(Element::Entity(annotation.entity.clone())),
                None => crate::sql::traverse::walk(expression, &mut |part| match &part.annotation {
                    Some(annotation) => found.push(Element::Entity(annotation.entity.clone())),
                    None => found.extend(part.table().map(Element::From)),
                }),
            },
            SelectItem::Orm(element) => found.extend(element.parent().map(Element::Entity)),
        }
    }
    found
}

fn filter_by(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let Statement::Select(select) = own(host, &args[0])? else { return Ok(args[0].clone()) };
    let Value::Dict(given) = &args[1] else { return Ok(args[0].clone()) };
    let namespaces = namespaces(&select);
    let mut criteria = Vec::new();
    for (key, value) in given.to_vec() {
        let key = text(host, &key, "keyword")?;
        let key = intern(&key);
        criteria.push(criterion(host, &namespaces, &key, &value)?);
    }
    change(host, &args[0], |select| select.where_.extend(criteria.iter().cloned()))
}

/// `attribute == value` of the first namespace that has the attribute.
fn criterion(host: &mut dyn Host, namespaces: &[Element], key: &Str, value: &Value) -> R<Expr> {
    for namespace in namespaces {
        match namespace {
            Element::Entity(entity) => {
                if let Some(attribute) = entity.attribute(host, key)? {
                    let compared = host.compare(crate::python::value::CompareOp::Eq, &attribute, value)?;
                    return coerce::where_(host, &compared);
                }
            }
            Element::From(from) => {
                if let Some(column) = from.column(key) {
                    return super::operators::compare_expr(host, Op::Eq, &column, value);
                }
            }
            _ => {}
        }
    }
    let name = match namespaces.first() {
        Some(Element::Entity(entity)) => match entity.selectable().name() {
            Some(name) => name.to_string(),
            None => entity.name().to_string(),
        },
        Some(Element::From(from)) => super::schema::described(from),
        _ => String::new(),
    };
    Err(errors::no_property(&name, key))
}

fn select_from(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut froms = Vec::new();
    for from in host.collect(&args[1])? {
        let element = coerce::from_element(host, &from)?;
        froms.push(naming::element_from(&element)?);
    }
    change(host, &args[0], |select| select.from.extend(froms.iter().cloned()))
}

fn join(
    host: &mut dyn Host,
    value: &Value,
    left: &Value,
    target: &Value,
    onclause: &Value,
    isouter: bool,
    full: bool,
) -> R<Value> {
    let left = match left {
        Value::None => None,
        other => Some(coerce::from_element(host, other)?),
    };
    let target = match coerce::from_element(host, target) {
        Ok(target) => target,
        Err(_) => {
            let shown = host.repr(target)?;
            return Err(errors::join_target(&shown));
        }
    };
    let onclause = match onclause {
        Value::None | Value::Unset => None,
        other => match element_of(host, other)? {
            Some(element @ (Element::Expr(_) | Element::Orm(_))) => Some(element),
            _ => Some(Element::Expr(coerce::where_(host, other)?)),
        },
    };
    let setup = SetupJoin { target, onclause, left, isouter, full };
    change(host, value, |select| select.joins.push(setup.clone()))
}

fn order_by(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let given = host.collect(&args[1])?;
    if matches!(given.as_slice(), [Value::None]) {
        return update(
            host,
            &args[0],
            |select| select.order_by.clear(),
            |compound| compound.order_by.clear(),
        );
    }
    let mut items = Vec::with_capacity(given.len());
    for item in &given {
        if let Value::Bool(false) = item {
            return update(
                host,
                &args[0],
                |select| select.order_by.clear(),
                |compound| compound.order_by.clear(),
            );
        }
        items.push(coerce::order_by(host, item)?);
    }
    update(
        host,
        &args[0],
        |select| select.order_by.extend(items.iter().cloned()),
        |compound| compound.order_by.extend(items.iter().cloned()),
    )
}

fn group_by(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let given = host.collect(&args[1])?;
    if matches!(given.as_slice(), [Value::None]) {
        return update(
            host,
            &args[0],
            |select| select.group_by.clear(),
            |compound| compound.group_by.clear(),
        );
    }
    let mut items = Vec::with_capacity(given.len());
    for item in &given {
        items.push(coerce::group_by(host, item)?);
    }
    update(
        host,
        &args[0],
        |select| select.group_by.extend(items.iter().cloned()),
        |compound| compound.group_by.extend(items.iter().cloned()),
    )
}

fn slice(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let (start, stop) = match (&args[1], &args[2]) {
        (Value::Int(start), Value::Int(stop)) => (*start, *stop),
        _ => return Err(errors::type_error("slice indices must be integers")),
    };
    let limit = coerce::limit(host, &Value::Int(stop - start))?;
    let offset = if start == 0 { None } else { coerce::limit(host, &Value::Int(start))? };
    update(
        host,
        &args[0],
        |select| {
            select.limit = limit.clone();
            select.offset = offset.clone();
        },
        |compound| {
            compound.limit = limit.clone();
            compound.offset = offset.clone();
        },
    )
}

fn for_update(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let lock = ForUpdate {
        nowait: host.truth(&args[1])?,
        read: host.truth(&args[2])?,
        skip_locked: host.truth(&args[4])?,
        key_share: host.truth(&args[5])?,
    };
    update(
        host,
        &args[0],
        |select| select.for_update = Some(lock.clone()),
        |compound| compound.for_update = Some(lock.clone()),
    )
}

fn distinct(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut on = Vec::new();
    for expression in host.collect(&args[1])? {
        on.push(coerce::by_of(host, &expression, "DISTINCT ON expression")?);
    }
    change(host, &args[0], |select| {
        select.distinct = true;
        select.distinct_on.extend(on.iter().cloned());
    })
}

fn correlated(host: &mut dyn Host, given: &Value, except: bool) -> R<Correlate> {
    let given = host.collect(given)?;
    if matches!(given.as_slice(), [Value::None]) {
        return Ok(Correlate::None);
    }
    let mut froms = Vec::new();
    for from in &given {
        let element = coerce::from_element(host, from)?;
        froms.push(naming::element_from(&element)?);
    }
    Ok(if except { Correlate::Except(froms) } else { Correlate::Only(froms) })
}

fn correlate(host: &mut dyn Host, args: &[Value], except: bool) -> R<Value> {
    let given = correlated(host, &args[1], except)?;
    change(host, &args[0], |select| select.correlate = joined_correlation(&select.correlate, &given))
}

fn joined_correlation(before: &Correlate, given: &Correlate) -> Correlate {
    match (before, given) {
        (Correlate::Only(one), Correlate::Only(more)) => {
            Correlate::Only(one.iter().chain(more).cloned().collect())
        }
        (Correlate::Except(one), Correlate::Except(more)) => {
            Correlate::Except(one.iter().chain(more).cloned().collect())
        }
        _ => given.clone(),
    }
}

fn columns(host: &mut dyn Host, args: &[Value], add: bool) -> R<Value> {
    let mut items = Vec::new();
    for entity in host.collect(&args[1])? {
        items.push(coerce::select_item(host, &entity)?);
    }
    change(host, &args[0], |select| {
        if add {
            select.columns.extend(items.iter().cloned());
        } else {
            select.columns = items.clone();
        }
    })
}

fn affixes(host: &mut dyn Host, args: &[Value], before: bool) -> R<Value> {
    let mut words = Vec::new();
    for word in host.collect(&args[1])? {
        words.push(super::text::ddl_expression(host, &word)?);
    }
    change(host, &args[0], |select| {
        let list = if before { &mut select.prefixes } else { &mut select.suffixes };
        list.extend(words.iter().cloned());
    })
}

fn options(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let options = host.collect(&args[1])?;
    change(host, &args[0], |select| select.options.extend(options.iter().cloned()))
}

/// The mapping layer reads such a statement.
fn from_statement(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let Some(statement) = coerce::statement(host, &args[1])? else {
        return Err(errors::invalid_request("select().from_statement() needs a statement"));
    };
    change(host, &args[0], |select| {
        let mut extras = OrmExtras::of(select);
        extras.statement = Some(statement.clone());
        select.orm = Some(Rc::new(extras));
    })
}

fn execution_options(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut options = Vec::new();
    if let Value::Dict(given) = &args[1] {
        for (key, value) in given.to_vec() {
            options.push((text(host, &key, "option")?, value));
        }
    }
    update(
        host,
        &args[0],
        |select| select.execution_options.extend(options.iter().cloned()),
        |compound| compound.execution_options.extend(options.iter().cloned()),
    )
}

fn subquery(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    derived(host, args, AliasKind::Subquery)
}

fn derived(host: &mut dyn Host, args: &[Value], kind: AliasKind) -> R<Value> {
    let statement = own(host, &args[0])?;
    let name = match &args[1] {
        Value::None | Value::Unset => AliasName::Anonymous(Str::new("anon")),
        other => AliasName::Named(text(host, other, "name")?),
    };
    Ok(from_value(&Alias::new(kind, AliasElement::Statement(statement), name)))
}

pub fn cte(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let cte = Cte {
        recursive: host.truth(&args[2])?,
        nesting: host.truth(&args[3])?,
        restates: None,
        prefixes: Vec::new(),
        suffixes: Vec::new(),
        alias_of: None,
    };
    derived(host, args, AliasKind::Cte(cte))
}

fn scalar_subquery(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let statement = own(host, &args[0])?;
    Ok(expr_value(&coerce::scalar(&statement)))
}

/// `EXISTS (SELECT ...)`.
pub fn exists_of(statement: &Statement) -> Expr {
    let element = ExprNode::new(ExprKind::SelectGrouping(statement.clone()), types::null_type());
    let unary = Unary { element, operator: Some(Op::Exists.into()), modifier: None, wraps_column: false };
    ExprNode::new(ExprKind::Unary(unary), types::boolean())
}

/// `exists(...)`.
pub fn new_exists(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let given = host.collect(&args[0])?;
    if given.is_empty() {
        let star = crate::sql::expr::literal_column(Str::new("*"), types::null_type());
        return Ok(expr_value(&exists_of(&Select::of(vec![star]).into_statement())));
    }
    if let Some(statement) = coerce::statement(host, &given[0])? {
        return Ok(expr_value(&exists_of(&statement)));
    }
    let mut items = Vec::new();
    for entity in &given {
        items.push(coerce::select_item(host, entity)?);
    }
    Ok(expr_value(&exists_of(&Select::new(items).into_statement())))
}

/// The select within EXISTS or a scalar subquery, changed.
fn inner(host: &mut dyn Host, value: &Value, change: impl Fn(&mut Select)) -> R<Value> {
    let expression = super::operators::receiver(host, value)?;
    let changed = |statement: &Statement| -> Statement {
        match statement {
            Statement::Select(select) => {
                let mut copy = (**select).clone();
                change(&mut copy);
                copy.into_statement()
            }
            other => other.clone(),
        }
    };
    Ok(match &expression.kind {
        ExprKind::ScalarSelect(statement) => expr_value(&coerce::scalar(&changed(statement))),
        ExprKind::Unary(unary) => match &unary.element.kind {
            ExprKind::SelectGrouping(statement) | ExprKind::ScalarSelect(statement) => {
                expr_value(&exists_of(&changed(statement)))
            }
            _ => value.clone(),
        },
        _ => value.clone(),
    })
}

fn inner_where(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let conditions = conditions(host, &args[1])?;
    inner(host, &args[0], |select| select.where_.extend(conditions.iter().cloned()))
}

fn inner_select_from(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut froms = Vec::new();
    for from in host.collect(&args[1])? {
        let element = coerce::from_element(host, &from)?;
        froms.push(naming::element_from(&element)?);
    }
    inner(host, &args[0], |select| select.from.extend(froms.iter().cloned()))
}

fn inner_correlate(host: &mut dyn Host, args: &[Value], except: bool) -> R<Value> {
    let given = correlated(host, &args[1], except)?;
    inner(host, &args[0], |select| select.correlate = joined_correlation(&select.correlate, &given))
}

/// A member of a union stands in parentheses if it has an order or a limit of its own.
pub fn grouped_for_union(statement: Statement) -> Statement {
    let groups = match &statement {
        Statement::Select(select) => {
            select.limit.is_some()
                || select.offset.is_some()
                || select.fetch.is_some()
                || !select.order_by.is_empty()
        }
        Statement::Compound(_) => true,
        _ => false,
    };
    if groups { Statement::Grouping(Rc::new(statement)) } else { statement }
}

fn combine(host: &mut dyn Host, operator: SetOperator, args: &[Value]) -> R<Value> {
    let mut all = vec![args[0].clone()];
    all.extend(host.collect(&args[1])?);
    compound(host, operator, &all)
}

/// `union(...)` and its kin.
pub fn compound(host: &mut dyn Host, operator: SetOperator, members: &[Value]) -> R<Value> {
    let mut selects = Vec::with_capacity(members.len());
    for member in members {
        let statement = match coerce::statement(host, member)? {
            Some(statement) => statement,
            None => {
                let shown = host.repr(member)?;
                return Err(errors::role_expected(
                    "SELECT construct for inclusion in a UNION or other set construct",
                    &shown,
                ));
            }
        };
        selects.push(grouped_for_union(statement));
    }
    Ok(statement_value(Statement::Compound(Rc::new(CompoundSelect::new(operator, selects)))))
}

fn selected_columns(host: &mut dyn Host, value: &Value) -> R<Value> {
    let statement = own(host, value)?;
    let columns = naming::statement_columns(&statement);
    let style = match &statement {
        Statement::Select(select) => select.label_style,
        _ => LabelStyle::DisambiguateOnly,
    };
    let listed = naming::labelled(&columns, style, false);
    Ok(collection_value(listed.into_iter().map(|item| (item.key, item.column)).collect()))
}

fn descriptions(host: &mut dyn Host, value: &Value) -> R<Value> {
    let statement = own(host, value)?;
    let mut described = Vec::new();
    let mut describe = |name: Value, ty: Value, expression: Value, entity: Value| {
        let dict = Dict::new();
        dict.set("name", name);
        dict.set("type", ty);
        dict.set("aliased", Value::Bool(false));
        dict.set("expr", expression);
        dict.set("entity", entity);
        described.push(Value::Dict(Gc::new(dict)));
    };
    let items = match &statement {
        Statement::Select(select) => select.columns.clone(),
        other => naming::statement_columns(other).into_iter().map(SelectItem::Expr).collect(),
    };
    for item in &items {
        match item {
            SelectItem::Entity(entity) => {
                describe(Value::Str(entity.name()), entity.value(), entity.value(), entity.value());
            }
            SelectItem::Expr(expression) => {
                let entity = expression.annotation.as_ref().map_or(Value::None, |note| note.entity.value());
                let name: Value = naming::proxy_key(expression).into();
                describe(name, type_value(&expression.ty()), expr_value(expression), entity);
            }
            SelectItem::From(from) => {
                for column in from.columns() {
                    let name: Value = column.key().into();
                    describe(name, type_value(&column.ty()), expr_value(&column), Value::None);
                }
            }
            SelectItem::Orm(element) => {
                let entity = element.parent().map_or(Value::None, |entity| entity.value());
                describe(Value::None, Value::None, element.value(), entity);
            }
        }
    }
    Ok(Value::list(described))
}

fn add_cte(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut ctes = Vec::new();
    for cte in host.collect(&args[1])? {
        if let Some(FromClause::Alias(alias)) = super::objects::from_of(host, &cte)? {
            ctes.push(alias);
        }
    }
    update(
        host,
        &args[0],
        |select| select.ctes.extend(ctes.iter().cloned()),
        |compound| compound.ctes.extend(ctes.iter().cloned()),
    )
}

// Label styles.

struct Style(LabelStyle);

impl crate::python::value::Native for Style {}

static LABEL_STYLE: NativeType = NativeType {
    slots: Slots {
        repr: Some(|_, value| {
            let (name, number) = match value.payload::<Style>().map(|style| style.0) {
                Some(LabelStyle::None) => ("LABEL_STYLE_NONE", 0),
                Some(LabelStyle::TablenamePlusCol) => ("LABEL_STYLE_TABLENAME_PLUS_COL", 1),
                _ => ("LABEL_STYLE_DISAMBIGUATE_ONLY", 2),
            };
            Ok(Str::new(&format!("<SelectLabelStyle.{name}: {number}>")))
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("SelectLabelStyle", MODULE)
};

pub fn label_style_value(style: LabelStyle) -> Value {
    thread_local! {
        static STYLES: [Value; 3] = [
            Value::native(&LABEL_STYLE, Style(LabelStyle::None)),
            Value::native(&LABEL_STYLE, Style(LabelStyle::TablenamePlusCol)),
            Value::native(&LABEL_STYLE, Style(LabelStyle::DisambiguateOnly)),
        ];
    }
    STYLES.with(|styles| styles[style as usize].clone())
}

fn set_label_style(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let style = args[1].payload::<Style>().map_or(LabelStyle::DisambiguateOnly, |style| style.0);
    update(host, &args[0], |select| select.label_style = style, |compound| compound.label_style = style)
}
