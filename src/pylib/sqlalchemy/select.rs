//! `select()`, unions and what they become, as objects.
//!
//! Owns their methods: each gives a new statement. Must not know spelling.

use super::elements::{CLAUSE_ELEMENT, COLUMN_ELEMENT, UNARY_EXPRESSION};
use super::nested::*;
use super::objects::{expr_of, expr_value, from_value, statement_value};
use super::operators::labelled;
use super::refine::*;
use crate::python::value::{Dict, Gc, Getter, NativeType, Param, ParamDefault, Row, Value, param};
use crate::sql::coerce;
use crate::sql::expr::ExprKind;
use crate::sql::selectable::AliasKind;
use crate::sql::statement::{LabelStyle, Select, SetOperator, Statement};
use crate::sql::{operate, select as naming};

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
