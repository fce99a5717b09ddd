//! The methods of `Query` that refine it, and what makes statements of it.
//!
//! Owns the rows. Must not know how a query runs (`terminal.rs`).

use std::rc::Rc;

use super::object::{QueryData, data, refined, select_items};
use super::{loader, nested, terminal, values};
use crate::orm::query::context::QueryEntity;
use crate::orm::query::entity::OrmEntity;
use crate::orm::query::joins::{JoinAttribute, entity_of};
use crate::orm::query::{assemble, errors};
use crate::orm::session::session_of_id;
use crate::pylib::sqlalchemy::orm::session as session_face;
use crate::python::value::{
    CompareOp, Dict, Gc, Getter, Host, ParamDefault, R, Row, Str, Value, intern, param,
};
use crate::sql::entity::{Element, element_of};
use crate::sql::expr::{Expr, ExprKind};
use crate::sql::statement::{ForUpdate, LabelStyle, Select, SelectItem, SetOperator, SetupJoin, Statement};
use crate::sql::{coerce, operate};

use ParamDefault::{Bool, None as NoneDefault};

pub static METHODS: &[Row] = &[
    Row::method("all", &[], "All rows as a list.", "", terminal::all),
    Row::method("first", &[], "The first row, or None.", "", terminal::first),
    Row::method("one", &[], "The only row.", "", terminal::one),
    Row::method("one_or_none", &[], "The only row, or None.", "", terminal::one_or_none),
    Row::method("scalar", &[], "The first column of the only row.", "", terminal::scalar),
    Row::method("count", &[], "How many rows there are.", "", terminal::count),
    Row::method("get", &[param::req("ident")], "The object of a primary key, or None.", "", terminal::get),
    Row::method(
        "update",
        &[
            param::req("values"),
            param::opt("synchronize_session", ParamDefault::Str("auto")),
            param::opt("update_args", NoneDefault),
        ],
        "Changes all rows; gives how many.",
        "",
        terminal::update,
    ),
    Row::method(
        "delete",
        &[
            param::opt("synchronize_session", ParamDefault::Str("auto")),
            param::opt("delete_args", NoneDefault),
        ],
        "Deletes all rows; gives how many.",
        "",
        terminal::delete,
    ),
    Row::method("filter", &[param::args("criterion")], "Adds conditions.", "", filter),
    Row::method("where", &[param::args("criterion")], "Adds conditions.", "", filter),
    Row::method("filter_by", &[param::kwargs("kwargs")], "Adds conditions on attributes.", "", filter_by),
    Row::method("having", &[param::args("having")], "Adds conditions on groups.", "", having),
    Row::method("order_by", &[param::args("clauses")], "Orders the rows.", "", order_by),
    Row::method("group_by", &[param::args("clauses")], "Groups the rows.", "", group_by),
    Row::method("limit", &[param::req("limit")], "At most so many rows.", "", |host, args| {
        set_limit(host, args, true)
    }),
    Row::method("offset", &[param::req("offset")], "Leaves out the first rows.", "", |host, args| {
        set_limit(host, args, false)
    }),
    Row::method("slice", &[param::req("start"), param::req("stop")], "A part of the rows.", "", slice),
    Row::method("distinct", &[param::args("expr")], "Each row once.", "", distinct),
    Row::method("join", JOIN_PARAMS, "Joins a relationship or an entity.", "", |host, args| {
        join(host, args, false)
    }),
    Row::method(
        "outerjoin",
        &[param::req("target"), param::opt("onclause", NoneDefault), param::kw("full", Bool(false))],
        "Joins, keeping rows without a partner.",
        "",
        |host, args| join(host, args, true),
    ),
    Row::method("select_from", &[param::args("from_obj")], "Says what to select from.", "", select_from),
    Row::method("with_entities", &[param::args("entities")], "Selects something else.", "", with_entities),
    Row::method("add_columns", &[param::args("column")], "Selects more.", "", add_columns),
    Row::method("add_column", &[param::req("column")], "Selects more.", "", add_one),
    Row::method(
        "add_entity",
        &[param::req("entity"), param::opt("alias", NoneDefault)],
        "Selects another entity too.",
        "",
        add_one,
    ),
    Row::method("options", &[param::args("args")], "Says how attributes are loaded.", "", options),
    Row::method("union", &[param::args("q")], "Rows of either.", "", |host, args| {
        nested::set_op(host, args, SetOperator::Union)
    }),
    Row::method("union_all", &[param::args("q")], "Rows of both.", "", |host, args| {
        nested::set_op(host, args, SetOperator::UnionAll)
    }),
    Row::method("intersect", &[param::args("q")], "Rows of both.", "", |host, args| {
        nested::set_op(host, args, SetOperator::Intersect)
    }),
    Row::method("intersect_all", &[param::args("q")], "Rows of both.", "", |host, args| {
        nested::set_op(host, args, SetOperator::IntersectAll)
    }),
    Row::method("except_", &[param::args("q")], "Rows of the first alone.", "", |host, args| {
        nested::set_op(host, args, SetOperator::Except)
    }),
    Row::method("except_all", &[param::args("q")], "Rows of the first alone.", "", |host, args| {
        nested::set_op(host, args, SetOperator::ExceptAll)
    }),
    Row::method(
        "subquery",
        &[
            param::opt("name", NoneDefault),
            param::opt("with_labels", Bool(false)),
            param::opt("reduce_columns", Bool(false)),
        ],
        "The query as something to select from.",
        "",
        nested::subquery,
    ),
    Row::method(
        "cte",
        &[
            param::opt("name", NoneDefault),
            param::opt("recursive", Bool(false)),
            param::opt("nesting", Bool(false)),
        ],
        "The query as a common table expression.",
        "",
        nested::cte,
    ),
    Row::method(
        "prefix_with",
        &[param::args("prefixes"), param::kw("dialect", ParamDefault::Str("*"))],
        "With words behind SELECT.",
        "",
        |host, args| affixed(host, args, true),
    ),
    Row::method(
        "suffix_with",
        &[param::args("suffixes"), param::kw("dialect", ParamDefault::Str("*"))],
        "With words behind the statement.",
        "",
        |host, args| affixed(host, args, false),
    ),
    Row::method("exists", &[], "Whether there is a row, as a condition.", "", nested::exists),
    Row::method("scalar_subquery", &[], "The query as a value.", "", nested::scalar_subquery),
    Row::method("as_scalar", &[], "The query as a value.", "", nested::scalar_subquery),
    Row::method("label", &[param::req("name")], "The query as a named value.", "", nested::label),
    Row::method(
        "correlate",
        &[param::args("fromclauses")],
        "What the surrounding statement lends.",
        "",
        nested::correlate,
    ),
    Row::method(
        "from_statement",
        &[param::req("statement")],
        "Takes the rows of another statement.",
        "",
        from_statement,
    ),
    Row::method(
        "with_for_update",
        &[
            param::kw("nowait", Bool(false)),
            param::kw("read", Bool(false)),
            param::kw("of", NoneDefault),
            param::kw("skip_locked", Bool(false)),
            param::kw("key_share", Bool(false)),
        ],
        "Locks the rows.",
        "",
        with_for_update,
    ),
    Row::method(
        "execution_options",
        &[param::kwargs("kwargs")],
        "Options of the execution.",
        "",
        execution_options,
    ),
    Row::method(
        "params",
        &[param::pos_opt("params", NoneDefault), param::kwargs("kw")],
        "Values of parameters.",
        "",
        params,
    ),
    Row::method("populate_existing", &[], "Rows win over objects in memory.", "", |host, args| {
        refined(host, &args[0], |_, query| {
            query.extras.load.populate_existing = true;
            Ok(())
        })
    }),
    Row::method("yield_per", &[param::req("count")], "Loads so many rows at a time.", "", |host, args| {
        let count = if let Value::Int(count) = args[1] { usize::try_from(count).ok() } else { None };
        refined(host, &args[0], |_, query| {
            query.extras.load.yield_per = count;
            Ok(())
        })
    }),
    Row::method("autoflush", &[param::req("setting")], "Whether to flush first.", "", |host, args| {
        let on = host.truth(&args[1])?;
        refined(host, &args[0], |_, query| {
            query.extras.load.autoflush = Some(on);
            Ok(())
        })
    }),
    Row::method(
        "enable_eagerloads",
        &[param::req("value")],
        "Whether eager loads join in.",
        "",
        |host, args| {
            let on = host.truth(&args[1])?;
            refined(host, &args[0], |_, query| {
                query.extras.compile.enable_eagerloads = on;
                Ok(())
            })
        },
    ),
    Row::method(
        "enable_assertions",
        &[param::req("value")],
        "Whether wrong orders are refused.",
        "",
        |host, args| {
            let on = host.truth(&args[1])?;
            refined(host, &args[0], |_, query| {
                query.extras.compile.enable_assertions = on;
                Ok(())
            })
        },
    ),
    Row::method("only_return_tuples", &[param::req("value")], "Always rows.", "", |host, args| {
        let on = host.truth(&args[1])?;
        refined(host, &args[0], |_, query| {
            query.extras.load.only_return_tuples = on;
            Ok(())
        })
    }),
    Row::method("tuples", &[], "Always rows.", "", |host, args| {
        refined(host, &args[0], |_, query| {
            query.extras.load.only_return_tuples = true;
            Ok(())
        })
    }),
    Row::method("reset_joinpoint", &[], "Conditions mean the first entity again.", "", |host, args| {
        refined(host, &args[0], |_, _| Ok(()))
    }),
    Row::method("with_labels", &[], "Columns with their tables' names.", "", |host, args| {
        refined(host, &args[0], |_, query| {
            query.select.label_style = LabelStyle::TablenamePlusCol;
            Ok(())
        })
    }),
    Row::method("with_session", &[param::req("session")], "Runs in another session.", "", |host, args| {
        let session = session_face::session_of(host, &args[1])?;
        refined(host, &args[0], |_, query| {
            query.session = Some(session);
            Ok(())
        })
    }),
    Row::method(
        "with_transformation",
        &[param::req("fn")],
        "What a function makes of the query.",
        "",
        |host, args| host.call_values(&args[1], &args[..1]),
    ),
    Row::method(
        "with_parent",
        &[
            param::req("instance"),
            param::opt("property", NoneDefault),
            param::opt("from_entity", NoneDefault),
        ],
        "Rows that belong to an object.",
        "",
        with_parent,
    ),
];

const JOIN_PARAMS: &[crate::python::value::Param] = &[
    param::req("target"),
    param::opt("onclause", NoneDefault),
    param::kw("isouter", Bool(false)),
    param::kw("full", Bool(false)),
];

pub static GETTERS: &[Getter] = &[
    Getter {
        name: "session",
        doc: "The session.",
        get: |_, query| match &data(query).session {
            Some(session) => Ok(session_face::session_value(session)),
            None => Ok(Value::None),
        },
        set: None,
    },
    Getter {
        name: "statement",
        doc: "The SELECT.",
        get: |_, query| match &data(query).extras.statement {
            Some(statement) => Ok(values::statement(statement.clone())),
            None => Ok(values::statement(Statement::Select(plain_statement(data(query))))),
        },
        set: None,
    },
    Getter {
        name: "selectable",
        doc: "The SELECT.",
        get: |_, query| {
            let inner = data(query).inner_statement(Some(LabelStyle::TablenamePlusCol));
            Ok(values::statement(Statement::Select(inner)))
        },
        set: None,
    },
    Getter {
        name: "whereclause",
        doc: "The conditions.",
        get: |_, query| {
            let clause = operate::where_clause(&data(query).select.where_);
            Ok(clause.map_or(Value::None, |clause| values::expression(&clause)))
        },
        set: None,
    },
    Getter {
        name: "is_select",
        doc: "False: a query is more than its SELECT.",
        get: |_, _| Ok(Value::Bool(false)),
        set: None,
    },
    Getter { name: "is_dml", doc: "False.", get: |_, _| Ok(Value::Bool(false)), set: None },
    Getter { name: "is_text", doc: "False.", get: |_, _| Ok(Value::Bool(false)), set: None },
    Getter { name: "supports_execution", doc: "True.", get: |_, _| Ok(Value::Bool(true)), set: None },
    Getter { name: "column_descriptions", doc: "What is selected.", get: column_descriptions, set: None },
    Getter {
        name: "is_single_entity",
        doc: "Whether rows are objects.",
        get: |_, query| {
            let items = &data(query).select.columns;
            Ok(Value::Bool(matches!(items.as_slice(), [SelectItem::Entity(_)])))
        },
        set: None,
    },
];

/// `query.statement`: labels only where names meet.
fn plain_statement(query: &QueryData) -> Rc<Select> {
    let mut select = query.select.clone();
    let mut extras = query.extras.clone();
    if select.label_style == LabelStyle::TablenamePlusCol {
        select.label_style = LabelStyle::DisambiguateOnly;
    }
    extras.compile.toplevel = true;
    select.orm = Some(Rc::new(extras));
    Rc::new(select)
}

pub(super) fn items(value: &Value) -> Vec<Value> {
    match value {
        Value::Tuple(items) => items.as_slice().to_vec(),
        _ => Vec::new(),
    }
}

fn pairs(host: &mut dyn Host, value: &Value) -> R<Vec<(Str, Value)>> {
    let mut all = Vec::new();
    if let Value::Dict(dict) = value {
        for (key, value) in dict.to_vec() {
            all.push((host.str(&key)?, value));
        }
    }
    Ok(all)
}

/// Nothing may be added to a query that is limited, or that is a whole statement.
fn check(query: &QueryData, method: &str, limited: bool) -> R<()> {
    if !query.extras.compile.enable_assertions {
        return Ok(());
    }
    if query.extras.statement.is_some() {
        return Err(errors::existing_statement(method));
    }
    if limited && (query.select.limit.is_some() || query.select.offset.is_some()) {
        return Err(errors::existing_limit(method));
    }
    Ok(())
}

fn filter(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    refined(host, &args[0], |host, query| {
        check(query, "filter", true)?;
        for criterion in items(&args[1]) {
            let clause = coerce::where_(host, &criterion)?;
            query.select.where_.push(clause);
        }
        Ok(())
    })
}

/// What `filter_by` means: the entity joined last, else what is selected from, else the first entity.
fn filter_entity(host: &mut dyn Host, query: &QueryData) -> R<(Value, String)> {
    let of = |entity: OrmEntity| {
        let name = entity.selectable().name().unwrap_or_else(|| entity.label());
        (entity.into_dyn().value(), name.to_string())
    };
    if let Some(join) = query.select.joins.last() {
        let entity = match &join.target {
            Element::Entity(entity) => OrmEntity::of(entity),
            Element::Orm(element) => JoinAttribute::of(element).and_then(|attribute| {
                attribute.of_type.or_else(|| {
                    let relationship = attribute.property.as_relationship()?;
                    Some(OrmEntity::Mapper(relationship.mapper().clone()))
                })
            }),
            _ => None,
        };
        if let Some(entity) = entity {
            return Ok(of(entity));
        }
        if let Element::From(from) = &join.target {
            return Ok((
                values::columns(from),
                from.name().map_or_else(String::new, |name| name.to_string()),
            ));
        }
    }
    if !query.extras.compile.base_alias
        && let Some(entity) = query.extras.from_entities.first()
    {
        return Ok(of(entity.clone()));
    }
    Ok(match query.select.columns.first() {
        Some(SelectItem::Entity(entity)) => match OrmEntity::of(entity) {
            Some(entity) => of(entity),
            None => (entity.value(), entity.name().to_string()),
        },
        Some(SelectItem::Expr(expr)) => match entity_in(expr) {
            Some(entity) if !matches!(expr.kind, ExprKind::Column(_)) => of(entity),
            Some(entity) => {
                let (value, _) = of(entity);
                let shown = host.str(&values::expression(expr))?.to_string();
                (value, shown)
            }
            None => {
                let value = values::expression(expr);
                let name = host.str(&value)?.to_string();
                (value, name)
            }
        },
        Some(SelectItem::From(from)) => {
            (values::columns(from), from.name().map_or_else(String::new, |name| name.to_string()))
        }
        _ => (Value::None, String::new()),
    })
}

pub(super) fn entity_in(expr: &Expr) -> Option<OrmEntity> {
    let mut found = None;
    crate::sql::traverse::walk(expr, &mut |part| {
        if found.is_none()
            && let Some(annotation) = &part.annotation
        {
            found = OrmEntity::of(&annotation.entity);
        }
    });
    found
}

fn filter_by(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    refined(host, &args[0], |host, query| {
        let (entity, name) = filter_entity(host, query)?;
        let given = pairs(host, &args[1])?;
        let mut clauses = Vec::with_capacity(given.len());
        for (key, value) in given {
            let Some(attribute) = host.find_attr(&entity, &intern(&key))? else {
                return Err(errors::no_property(&name, &key));
            };
            let condition = host.compare(CompareOp::Eq, &attribute, &value)?;
            clauses.push(coerce::where_(host, &condition)?);
        }
        check(query, "filter", true)?;
        query.select.where_.extend(clauses);
        Ok(())
    })
}

/// Words of a database's own, behind SELECT or at the end.
fn affixed(host: &mut dyn Host, args: &[Value], before: bool) -> R<Value> {
    refined(host, &args[0], |host, query| {
        for word in items(&args[1]) {
            let word = crate::pylib::sqlalchemy::text::ddl_expression(host, &word)?;
            let list = if before { &mut query.select.prefixes } else { &mut query.select.suffixes };
            list.push(word);
        }
        Ok(())
    })
}

fn having(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    refined(host, &args[0], |host, query| {
        check(query, "having", true)?;
        for criterion in items(&args[1]) {
            let clause = coerce::where_(host, &criterion)?;
            query.select.having.push(clause);
        }
        Ok(())
    })
}

fn order_by(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    refined(host, &args[0], |host, query| {
        check(query, "order_by", true)?;
        let given = items(&args[1]);
        if let [Value::None | Value::Bool(false)] = given.as_slice() {
            query.select.order_by.clear();
            return Ok(());
        }
        for clause in given {
            let clause = coerce::order_by(host, &clause)?;
            query.select.order_by.push(clause);
        }
        Ok(())
    })
}

fn group_by(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    refined(host, &args[0], |host, query| {
        check(query, "group_by", true)?;
        let given = items(&args[1]);
        if let [Value::None | Value::Bool(false)] = given.as_slice() {
            query.select.group_by.clear();
            return Ok(());
        }
        for clause in given {
            let clause = coerce::group_by(host, &clause)?;
            query.select.group_by.push(clause);
        }
        Ok(())
    })
}

fn set_limit(host: &mut dyn Host, args: &[Value], is_limit: bool) -> R<Value> {
    refined(host, &args[0], |host, query| {
        check(query, if is_limit { "limit" } else { "offset" }, false)?;
        let clause = coerce::limit(host, &args[1])?;
        if is_limit {
            query.select.limit = clause;
        } else {
            query.select.offset = clause;
        }
        Ok(())
    })
}

fn slice(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let bound = |value: &Value| if let Value::Int(number) = value { Some(*number) } else { None };
    let (start, stop) = (bound(&args[1]), bound(&args[2]));
    refined(host, &args[0], |host, query| {
        check(query, "slice", false)?;
        terminal::sliced(host, &mut query.select, start, stop)
    })
}

fn distinct(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    refined(host, &args[0], |host, query| {
        check(query, "distinct", false)?;
        query.select.distinct = true;
        for item in items(&args[1]) {
            let clause = coerce::by_of(host, &item, "GROUP BY / OF / etc. expression")?;
            query.select.distinct_on.push(clause);
        }
        Ok(())
    })
}

fn join_element(host: &mut dyn Host, value: &Value) -> R<Element> {
    match element_of(host, value)? {
        Some(element @ (Element::From(_) | Element::Entity(_) | Element::Orm(_))) => Ok(element),
        Some(Element::Statement(statement)) => Ok(Element::From(statement.subquery(None))),
        Some(Element::Expr(expr)) if expr.annotation.is_some() => {
            let annotation = expr.annotation.as_ref().expect("just seen");
            let shown = format!("{}.{}", annotation.entity.name(), annotation.key);
            Err(errors::join_target_not_mapped(&shown))
        }
        _ => {
            let shown = host.repr(value)?;
            Err(errors::join_role(&shown))
        }
    }
}

fn join(host: &mut dyn Host, args: &[Value], outer: bool) -> R<Value> {
    let target = join_element(host, &args[1])?;
    let onclause = match &args[2] {
        Value::None => None,
        given => match element_of(host, given)? {
            Some(element @ Element::Orm(_)) => Some(element),
            _ => Some(Element::Expr(coerce::where_(host, given)?)),
        },
    };
    let (isouter, full) =
        if outer { (true, host.truth(&args[3])?) } else { (host.truth(&args[3])?, host.truth(&args[4])?) };
    refined(host, &args[0], |_, query| {
        check(query, "join", true)?;
        query.select.joins.push(SetupJoin { target, onclause, left: None, isouter, full });
        Ok(())
    })
}

fn select_from(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    refined(host, &args[0], |host, query| {
        query.select.from.clear();
        query.extras.from_entities.clear();
        query.extras.compile.base_alias = false;
        for given in items(&args[1]) {
            match coerce::from_element(host, &given)? {
                Element::Entity(entity) => {
                    query.select.from.push(entity.selectable());
                    query.extras.from_entities.extend(OrmEntity::of(&entity));
                }
                Element::From(from) => query.select.from.push(from),
                _ => {
                    let shown = host.repr(&given)?;
                    return Err(errors::join_role(&shown));
                }
            }
        }
        Ok(())
    })
}

fn with_entities(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    refined(host, &args[0], |host, query| {
        let entities = select_items(host, &args[1])?;
        if !query.select.joins.is_empty() {
            let earlier = Rc::new(query.select.clone());
            query.extras.earlier.push(earlier);
            query.select.joins.clear();
        }
        if !entities.iter().any(|item| matches!(item, SelectItem::Entity(_))) {
            // Options were about entities that are no longer there.
            query.select.options.clear();
        }
        query.select.columns = entities;
        Ok(())
    })
}

fn add_columns(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    refined(host, &args[0], |host, query| {
        let more = select_items(host, &args[1])?;
        query.select.columns.extend(more);
        Ok(())
    })
}

fn add_one(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let one = Value::tuple(vec![args[1].clone()]);
    add_columns(host, &[args[0].clone(), one])
}

fn options(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    refined(host, &args[0], |host, query| {
        let mut open: Vec<Value> = items(&args[1]);
        open.reverse();
        while let Some(option) = open.pop() {
            match &option {
                Value::Tuple(more) => open.extend(more.as_slice().iter().rev().cloned()),
                Value::List(more) => open.extend(more.to_vec().into_iter().rev()),
                one => {
                    loader::check_option(host, one)?;
                    query.select.options.push(one.clone());
                }
            }
        }
        Ok(())
    })
}

fn from_statement(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let Some(statement) = coerce::statement(host, &args[1])? else {
        let shown = host.repr(&args[1])?;
        return Err(errors::join_role(&shown));
    };
    refined(host, &args[0], |_, query| {
        query.extras.statement = Some(statement);
        Ok(())
    })
}

fn with_for_update(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let lock = ForUpdate {
        nowait: host.truth(&args[1])?,
        read: host.truth(&args[2])?,
        skip_locked: host.truth(&args[4])?,
        key_share: host.truth(&args[5])?,
    };
    refined(host, &args[0], |_, query| {
        query.select.for_update = Some(lock);
        query.extras.load.populate_existing = true;
        Ok(())
    })
}

fn execution_options(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    refined(host, &args[0], |host, query| {
        for (key, value) in pairs(host, &args[1])? {
            match &*key {
                "populate_existing" => query.extras.load.populate_existing = host.truth(&value)?,
                "autoflush" => query.extras.load.autoflush = Some(host.truth(&value)?),
                _ => {}
            }
            query.select.execution_options.push((key, value));
        }
        Ok(())
    })
}

fn params(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    refined(host, &args[0], |host, query| {
        let mut given = pairs(host, &args[1])?;
        given.extend(pairs(host, &args[2])?);
        for (key, value) in given {
            query.extras.params.retain(|(known, _)| *known != key);
            query.extras.params.push((key, value));
        }
        Ok(())
    })
}

fn with_parent(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    use crate::orm::state::InstanceState;
    let Some(state) = InstanceState::of_value(&args[1]) else {
        return Err(crate::orm::session::errors::unmapped_instance(host, &args[1]));
    };
    let _ = session_of_id(state.session_id());
    let mapper = state.mapper().clone();
    let attribute = match JoinAttribute::of_value(&args[2]) {
        Some(given) => mapper.attribute_named(&given.property.key),
        None => {
            let wanted = match data(&args[0]).select.columns.first() {
                Some(SelectItem::Entity(entity)) => OrmEntity::of(entity),
                _ => None,
            };
            let found = wanted.as_ref().and_then(|wanted| {
                mapper.relationships().into_iter().find(|attribute| {
                    let relationship = attribute.property.as_relationship();
                    relationship.is_some_and(|one| Rc::ptr_eq(one.mapper(), wanted.mapper()))
                })
            });
            if found.is_none() {
                let target =
                    wanted.map_or_else(|| Str::new("None"), |wanted| wanted.mapper().class_name.clone());
                return Err(errors::no_relating_property(&target, &mapper.class_name));
            }
            found
        }
    };
    let (Some(attribute), Value::Instance(instance)) = (attribute, &args[1]) else {
        return Err(errors::expected_attribute());
    };
    let criterion = crate::orm::load::lazy::criterion_for(instance, &attribute, true);
    refined(host, &args[0], |_, query| {
        check(query, "filter", true)?;
        query.select.where_.push(criterion);
        Ok(())
    })
}

fn column_descriptions(host: &mut dyn Host, query: &Value) -> R<Value> {
    let select = data(query).statement();
    let mut all = Vec::new();
    for item in assemble::entities_of(host, &select)? {
        let entity = entity_of(&item);
        let dict = Dict::new();
        let (name, ty, expr) = match &item {
            QueryEntity::Mapper { entity, label, .. } => {
                let value = entity.into_dyn().value();
                (label.clone(), Value::Class(entity.mapper().class.clone()), value)
            }
            QueryEntity::Column { expr, label, .. } => {
                (label.clone(), values::type_of(expr), values::expression(expr))
            }
            QueryEntity::Bundle { value, label, .. } => (Some(label.clone()), Value::None, value.clone()),
        };
        dict.set("name", name.map_or(Value::None, Value::Str));
        dict.set("type", ty);
        dict.set("aliased", Value::Bool(entity.as_ref().is_some_and(OrmEntity::is_alias)));
        dict.set("expr", expr);
        dict.set("entity", entity.map_or(Value::None, |entity| entity.into_dyn().value()));
        all.push(Value::Dict(Gc::new(dict)));
    }
    Ok(Value::list(all))
}
