//! Loader options as functions and as methods of `Load`: `joinedload`, `selectinload`, `load_only`, `defer` ...
//!
//! Owns reading their arguments. What an option means stands in `orm::query::options`. Must not know statements.

use std::rc::Rc;

use crate::orm::configure;
use crate::orm::mapper::Mapper;
use crate::orm::property::PropertyKind;
use crate::orm::query::entity::OrmEntity;
use crate::orm::query::errors;
use crate::orm::query::joins::JoinAttribute;
use crate::orm::query::options::{
    AttributeArgument, EagerFrom, Load, LoaderCriteria, LoaderOption, Local, OptionObject, Strategy,
};
use crate::orm::query::path::Token;
use crate::orm::relationship::Lazy;
use crate::python::value::{
    CallArgs, Host, NativeType, Param, ParamDefault, R, Row, Slots, Str, Value, param,
};
use crate::sql::coerce;
use crate::sql::entity::{Element, element_of};

use ParamDefault::{Bool, None as NoneDefault};

const KEYS: &[Param] = &[param::args("keys")];
const KEY: &[Param] = &[param::req("attr")];
const SELECTIN_KEYS: &[Param] =
    &[param::args("keys"), param::kw("recursion_depth", NoneDefault), param::kw("chunksize", NoneDefault)];
const SELECTIN_KEY: &[Param] =
    &[param::req("attr"), param::opt("recursion_depth", NoneDefault), param::opt("chunksize", NoneDefault)];
const RAISE_KEYS: &[Param] = &[param::args("keys"), param::kw("sql_only", Bool(false))];
const JOINED_KEYS: &[Param] = &[param::args("keys"), param::kw("innerjoin", NoneDefault)];
const EAGER_KEYS: &[Param] = &[param::args("keys"), param::kw("alias", NoneDefault)];
const ONLY: &[Param] = &[param::args("attrs"), param::kw("raiseload", Bool(false))];

pub static FUNCTIONS: &[Row] = &[
    Row::function("joinedload", JOINED_KEYS, "Loads along, by a join.", "", |host, args| {
        let local = joined_local(host, &args[1])?;
        chain(host, &args[0], Some(Lazy::Joined), local, false)
    }),
    Row::function(
        "subqueryload",
        KEYS,
        "Loads along, by a second statement over the first.",
        "",
        |host, args| chain(host, &args[0], Some(Lazy::Subquery), Local::default(), false),
    ),
    Row::function(
        "selectinload",
        SELECTIN_KEYS,
        "Loads along, by a second statement with keys.",
        "",
        |host, args| chain(host, &args[0], Some(Lazy::SelectIn), selectin_local(&args[1], &args[2]), false),
    ),
    Row::function("immediateload", SELECTIN_KEYS, "Loads at once, one by one.", "", |host, args| {
        chain(host, &args[0], Some(Lazy::Immediate), selectin_local(&args[1], &Value::None), false)
    }),
    Row::function("lazyload", KEYS, "Loads when touched.", "", |host, args| {
        chain(host, &args[0], Some(Lazy::Select), Local::default(), false)
    }),
    Row::function("noload", KEYS, "Never loads.", "", |host, args| {
        chain(host, &args[0], Some(Lazy::NoLoad), Local::default(), false)
    }),
    Row::function("raiseload", RAISE_KEYS, "Refuses to load.", "", |host, args| {
        let lazy = raise_kind(host, &args[1])?;
        chain(host, &args[0], Some(lazy), Local::default(), false)
    }),
    Row::function("defaultload", KEYS, "Loads as the class says.", "", |host, args| {
        chain(host, &args[0], None, Local::default(), false)
    }),
    Row::function(
        "contains_eager",
        EAGER_KEYS,
        "Loads from a join that the query makes.",
        "",
        |host, args| {
            let local = eager_local(host, &args[1])?;
            chain(host, &args[0], Some(Lazy::Joined), local, true)
        },
    ),
    Row::function("load_only", ONLY, "Loads some columns only.", "", |host, args| {
        let given = host.collect(&args[0])?;
        let first = match given.first() {
            Some(first) => attribute(host, first)?,
            None => return Err(errors::expected_attribute()),
        };
        let load = Load::new(first.entity);
        load_only(host, &load, &given, &args[1])
    }),
    Row::function(
        "defer",
        &[param::req("key"), param::kw("raiseload", Bool(false))],
        "Leaves a column out until it is touched.",
        "",
        |host, args| {
            let raise = host.truth(&args[1])?;
            column_option(host, None, &args[0], true, raise)
        },
    ),
    Row::function("undefer", &[param::req("key")], "Loads a deferred column.", "", |host, args| {
        column_option(host, None, &args[0], false, false)
    }),
    Row::function(
        "undefer_group",
        &[param::req("name")],
        "Loads a group of deferred columns.",
        "",
        |_, args| {
            let local = group_local(&args[0]);
            Ok(option(LoaderOption::Wildcard { token: Token::Columns, strategy: None, local }))
        },
    ),
    Row::function(
        "with_expression",
        &[param::req("key"), param::req("expression")],
        "Loads an expression into an attribute.",
        "",
        |host, args| {
            let argument = attribute(host, &args[0])?;
            let expression = coerce::expression(host, &args[1], None, None)?;
            let load = Load::new(argument.entity.clone()).expression(&argument, expression)?;
            Ok(option(LoaderOption::Load(load)))
        },
    ),
    Row::function(
        "selectin_polymorphic",
        &[param::req("base_cls"), param::req("classes")],
        "Loads the columns of subclasses by further statements.",
        "",
        |host, args| {
            let entity = entity(host, &args[0])?;
            let mappers = mappers(host, &args[1])?;
            Ok(option(LoaderOption::Load(Load::new(entity).selectin_polymorphic(mappers)?)))
        },
    ),
    Row::function(
        "with_loader_criteria",
        &[
            param::req("entity_or_base"),
            param::req("where_criteria"),
            param::opt("loader_only", Bool(false)),
            param::opt("include_aliases", Bool(false)),
            param::opt("propagate_to_loaders", Bool(true)),
            param::opt("track_closure_variables", Bool(true)),
        ],
        "Adds a condition wherever an entity is selected.",
        "",
        |host, args| {
            let entity = match element_of(host, &args[0])? {
                Some(Element::Entity(entity)) => OrmEntity::of(&entity),
                _ => None,
            };
            let criteria = LoaderCriteria {
                entity,
                root: args[0].clone(),
                criteria: args[1].clone(),
                include_aliases: host.truth(&args[3])?,
                propagate: host.truth(&args[4])?,
            };
            Ok(option(LoaderOption::Criteria(criteria)))
        },
    ),
];

pub static LOAD: NativeType = NativeType {
    doc: "Loader options along a path.",
    methods: &[
        Row::method(
            "joinedload",
            &[param::req("attr"), param::opt("innerjoin", NoneDefault)],
            "Loads along, by a join.",
            "",
            |host, args| {
                let local = joined_local(host, &args[2])?;
                go_on(host, &args[0], &args[1], Some(Lazy::Joined), local, true)
            },
        ),
        Row::method(
            "subqueryload",
            KEY,
            "Loads along, by a second statement over the first.",
            "",
            |host, args| go_on(host, &args[0], &args[1], Some(Lazy::Subquery), Local::default(), true),
        ),
        Row::method(
            "selectinload",
            SELECTIN_KEY,
            "Loads along, by a second statement with keys.",
            "",
            |host, args| {
                go_on(
                    host,
                    &args[0],
                    &args[1],
                    Some(Lazy::SelectIn),
                    selectin_local(&args[2], &args[3]),
                    true,
                )
            },
        ),
        Row::method("immediateload", SELECTIN_KEY, "Loads at once, one by one.", "", |host, args| {
            go_on(
                host,
                &args[0],
                &args[1],
                Some(Lazy::Immediate),
                selectin_local(&args[2], &Value::None),
                true,
            )
        }),
        Row::method("lazyload", KEY, "Loads when touched.", "", |host, args| {
            go_on(host, &args[0], &args[1], Some(Lazy::Select), Local::default(), true)
        }),
        Row::method("noload", KEY, "Never loads.", "", |host, args| {
            go_on(host, &args[0], &args[1], Some(Lazy::NoLoad), Local::default(), true)
        }),
        Row::method(
            "raiseload",
            &[param::req("attr"), param::opt("sql_only", Bool(false))],
            "Refuses to load.",
            "",
            |host, args| {
                let lazy = raise_kind(host, &args[2])?;
                go_on(host, &args[0], &args[1], Some(lazy), Local::default(), true)
            },
        ),
        Row::method("defaultload", KEY, "Loads as the class says.", "", |host, args| {
            go_on(host, &args[0], &args[1], None, Local::default(), true)
        }),
        Row::method(
            "contains_eager",
            &[param::req("attr"), param::opt("alias", NoneDefault)],
            "Loads from a join that the query makes.",
            "",
            |host, args| {
                let local = eager_local(host, &args[2])?;
                go_on(host, &args[0], &args[1], Some(Lazy::Joined), local, false)
            },
        ),
        Row::method("load_only", ONLY, "Loads some columns only.", "", |host, args| {
            let load = load_of(&args[0])?;
            let given = host.collect(&args[1])?;
            load_only(host, &load, &given, &args[2])
        }),
        Row::method(
            "defer",
            &[param::req("key"), param::opt("raiseload", Bool(false))],
            "Leaves a column out until it is touched.",
            "",
            |host, args| {
                let raise = host.truth(&args[2])?;
                let load = load_of(&args[0])?;
                column_option(host, Some(load), &args[1], true, raise)
            },
        ),
        Row::method("undefer", &[param::req("key")], "Loads a deferred column.", "", |host, args| {
            let load = load_of(&args[0])?;
            column_option(host, Some(load), &args[1], false, false)
        }),
        Row::method(
            "undefer_group",
            &[param::req("name")],
            "Loads a group of deferred columns.",
            "",
            |_, args| {
                let load = load_of(&args[0])?.wildcard(Token::Columns, None, group_local(&args[1]))?;
                Ok(option(LoaderOption::Load(load)))
            },
        ),
        Row::method(
            "with_expression",
            &[param::req("key"), param::req("expression")],
            "Loads an expression into an attribute.",
            "",
            |host, args| {
                let argument = attribute(host, &args[1])?;
                let expression = coerce::expression(host, &args[2], None, None)?;
                Ok(option(LoaderOption::Load(load_of(&args[0])?.expression(&argument, expression)?)))
            },
        ),
        Row::method(
            "selectin_polymorphic",
            &[param::req("classes")],
            "Loads the columns of subclasses by further statements.",
            "",
            |host, args| {
                let mappers = mappers(host, &args[1])?;
                Ok(option(LoaderOption::Load(load_of(&args[0])?.selectin_polymorphic(mappers)?)))
            },
        ),
        Row::method(
            "options",
            &[param::args("opts")],
            "Further options behind this one.",
            "",
            |host, args| {
                let mut others = Vec::new();
                for other in host.collect(&args[1])? {
                    match OptionObject::of(&other) {
                        Some(other) => others.push(other),
                        None => {
                            let class = host.class_of(&other).name.borrow().clone();
                            return Err(errors::not_an_option(&class));
                        }
                    }
                }
                Ok(option(LoaderOption::Load(load_of(&args[0])?.with_options(&others)?)))
            },
        ),
    ],
    slots: Slots { new: Some(new), init: Some(|_, _, _| Ok(())), ..Slots::NONE },
    ..NativeType::plain("Load", "sqlalchemy.orm.strategy_options")
};

fn new(
    host: &mut dyn Host,
    _class: &crate::python::value::Gc<crate::python::value::Class>,
    args: CallArgs<'_>,
) -> R<Value> {
    let given = args.positional.first().or_else(|| args.keyword("entity")).cloned().unwrap_or(Value::None);
    let entity = entity(host, &given)?;
    Ok(option(LoaderOption::Load(Load::new(entity))))
}

fn option(option: LoaderOption) -> Value {
    Value::native(&LOAD, OptionObject::new(option))
}

/// `AttributeError` for what is no option.
pub fn check_option(host: &mut dyn Host, value: &Value) -> R<()> {
    if OptionObject::of(value).is_some() {
        return Ok(());
    }
    let class = host.class_of(value).name.borrow().clone();
    Err(errors::not_an_option(&class))
}

fn entity(host: &mut dyn Host, value: &Value) -> R<OrmEntity> {
    configure::check_configured(host)?;
    match element_of(host, value)? {
        Some(Element::Entity(entity)) => OrmEntity::of(&entity).ok_or_else(errors::expected_attribute),
        _ => Err(errors::expected_attribute()),
    }
}

fn mappers(host: &mut dyn Host, value: &Value) -> R<Vec<Rc<Mapper>>> {
    Ok(host.collect(value)?.iter().filter_map(Mapper::of_value).collect())
}

/// A class-bound attribute; a synonym stands for what it names.
fn attribute(host: &mut dyn Host, value: &Value) -> R<AttributeArgument> {
    configure::check_configured(host)?;
    if matches!(value, Value::Str(_)) {
        return Err(errors::string_in_option());
    }
    let Some(found) = JoinAttribute::of_value(value) else { return Err(errors::expected_attribute()) };
    let mut property = found.property;
    if let PropertyKind::Synonym(synonym) = &property.kind
        && let Some(target) = found.entity.mapper().property(&synonym.name)
    {
        property = target;
    }
    Ok(AttributeArgument { entity: found.entity, property, of_type: found.of_type, criteria: found.criteria })
}

fn joined_local(host: &mut dyn Host, innerjoin: &Value) -> R<Local> {
    let innerjoin = if innerjoin.is_none() { None } else { Some(host.truth(innerjoin)?) };
    Ok(Local { innerjoin, ..Local::default() })
}

fn selectin_local(depth: &Value, chunk: &Value) -> Local {
    let number = |value: &Value| if let Value::Int(number) = value { Some(*number) } else { None };
    Local { recursion_depth: number(depth), chunksize: number(chunk), ..Local::default() }
}

fn raise_kind(host: &mut dyn Host, sql_only: &Value) -> R<Lazy> {
    Ok(if host.truth(sql_only)? { Lazy::RaiseOnSql } else { Lazy::Raise })
}

fn eager_local(host: &mut dyn Host, alias: &Value) -> R<Local> {
    let eager_from = match alias {
        Value::None => EagerFrom::Plain,
        given => match element_of(host, given)? {
            Some(Element::From(from)) => EagerFrom::From(from),
            Some(Element::Entity(entity)) => match OrmEntity::of(&entity) {
                Some(entity) => EagerFrom::Entity(entity),
                None => EagerFrom::Plain,
            },
            _ => EagerFrom::Plain,
        },
    };
    Ok(Local { eager_from: Some(eager_from), ..Local::default() })
}

fn group_local(name: &Value) -> Local {
    let group = name.as_str().map(Str::new);
    Local { undefer_groups: group.into_iter().collect(), ..Local::default() }
}

/// `joinedload(A.b, B.c)`: the last with the strategy, those before as they are (`contains_eager`: all with it).
fn chain(host: &mut dyn Host, keys: &Value, lazy: Option<Lazy>, local: Local, chained: bool) -> R<Value> {
    let keys = host.collect(keys)?;
    let mut load: Option<Load> = None;
    for (index, key) in keys.iter().enumerate() {
        let last = index + 1 == keys.len();
        if let Value::Str(text) = key {
            if &**text != "*" {
                return Err(errors::string_in_option());
            }
            if !last {
                return Err(errors::wildcard_followed());
            }
            let strategy = lazy.map(Strategy::Relationship);
            return Ok(match load {
                Some(load) => {
                    option(LoaderOption::Load(load.wildcard(Token::Relationships, strategy, local)?))
                }
                None => option(LoaderOption::Wildcard { token: Token::AnyRelationship, strategy, local }),
            });
        }
        let argument = attribute(host, key)?;
        let base = load.take().unwrap_or_else(|| Load::new(argument.entity.clone()));
        load = Some(match (last, chained) {
            (true, _) => base.relationship(&argument, lazy, local.clone(), !chained, None)?,
            (false, true) => base.relationship(&argument, lazy, local.clone(), false, Some(true))?,
            (false, false) => base.relationship(&argument, None, Local::default(), true, None)?,
        });
    }
    match load {
        Some(load) => Ok(option(LoaderOption::Load(load))),
        None => Err(errors::expected_attribute()),
    }
}

fn load_of(value: &Value) -> R<Load> {
    match value.payload::<OptionObject>().map(|object| object.option.clone()).as_deref() {
        Some(LoaderOption::Load(load)) => Ok(load.clone()),
        _ => Err(errors::star_sub_options()),
    }
}

fn go_on(
    host: &mut dyn Host,
    value: &Value,
    key: &Value,
    lazy: Option<Lazy>,
    local: Local,
    propagate: bool,
) -> R<Value> {
    let load = load_of(value)?;
    if let Value::Str(text) = key {
        if &**text != "*" {
            return Err(errors::string_in_option());
        }
        let strategy = lazy.map(Strategy::Relationship);
        return Ok(option(LoaderOption::Load(load.wildcard(Token::Relationships, strategy, local)?)));
    }
    let argument = attribute(host, key)?;
    Ok(option(LoaderOption::Load(load.relationship(&argument, lazy, local, propagate, None)?)))
}

fn load_only(host: &mut dyn Host, load: &Load, given: &[Value], raiseload: &Value) -> R<Value> {
    let raiseload = host.truth(raiseload)?;
    let mut arguments = Vec::with_capacity(given.len());
    for one in given {
        arguments.push(attribute(host, one)?);
    }
    let wanted = load.columns(&arguments, false, false)?;
    let rest = Strategy::Column { deferred: true, raiseload };
    Ok(option(LoaderOption::Load(wanted.wildcard(Token::Columns, Some(rest), Local::default())?)))
}

fn column_option(
    host: &mut dyn Host,
    load: Option<Load>,
    key: &Value,
    deferred: bool,
    raiseload: bool,
) -> R<Value> {
    if let Value::Str(text) = key {
        if &**text != "*" {
            return Err(errors::string_in_option());
        }
        let strategy = Some(Strategy::Column { deferred, raiseload });
        return Ok(match load {
            Some(load) => {
                option(LoaderOption::Load(load.wildcard(Token::Columns, strategy, Local::default())?))
            }
            None => {
                option(LoaderOption::Wildcard { token: Token::AnyColumn, strategy, local: Local::default() })
            }
        });
    }
    let argument = attribute(host, key)?;
    let load = load.unwrap_or_else(|| Load::new(argument.entity.clone()));
    Ok(option(LoaderOption::Load(load.columns(std::slice::from_ref(&argument), deferred, raiseload)?)))
}
