//! INSERT, UPDATE and DELETE as objects.
//!
//! Owns their methods: each gives a new statement. Must not know spelling.

use std::rc::Rc;

use super::arguments::text;
use super::elements::CLAUSE_ELEMENT;
use super::objects::{StatementObject, column_of, expr_of, from_value, statement_of, statement_value};
use super::refine::same_class;
use crate::python::value::{
    Dict, Gc, Getter, Host, NativeType, Param, ParamDefault, R, Row, Str, Value, param,
};
use crate::sql::coerce;
use crate::sql::entity::{Element, Entity, element_of};
use crate::sql::errors;
use crate::sql::expr::Expr;
use crate::sql::operators::Op;
use crate::sql::schema::Column;
use crate::sql::selectable::FromClause;
use crate::sql::statement::{
    ConflictTarget, ConflictUpdate, Delete, Insert, OnConflict, SelectItem, SetExpr, SetTarget, SetValue,
    Statement, Update,
};

const MODULE: &str = "sqlalchemy.sql.dml";
const RETURNING: &[Param] =
    &[param::args("cols"), param::kw("sort_by_parameter_order", ParamDefault::Bool(false))];
const VALUES: &[Param] = &[param::args("args"), param::kwargs("kwargs")];

pub static UPDATE_BASE: NativeType = NativeType {
    bases: &[&CLAUSE_ELEMENT],
    methods: &[
        Row::method("returning", RETURNING, "With the rows that it changes.", "", returning),
        Row::method(
            "execution_options",
            &[param::kwargs("kw")],
            "With options for its execution.",
            "",
            execution_options,
        ),
        Row::method("options", &[param::args("options")], "With options of the mapping layer.", "", options),
        Row::method(
            "prefix_with",
            &[param::args("prefixes"), param::kwargs("kw")],
            "With words behind the verb.",
            "",
            prefix_with,
        ),
        Row::method("add_cte", &[param::args("ctes")], "With more common table expressions.", "", add_cte),
        Row::method("with_hint", &[param::args("args")], "Itself.", "", |_, args| Ok(args[0].clone())),
        Row::method(
            "cte",
            &[
                param::opt("name", ParamDefault::None),
                param::opt("recursive", ParamDefault::Bool(false)),
                param::opt("nesting", ParamDefault::Bool(false)),
            ],
            "As a common table expression.",
            "",
            super::nested::cte,
        ),
        Row::method("return_defaults", &[param::args("cols")], "Itself.", "", |_, args| Ok(args[0].clone())),
    ],
    getters: &[
        Getter { name: "table", doc: "The table.", get: table, set: None },
        Getter {
            name: "entity_description",
            doc: "What it changes.",
            get: |host, value| {
                let dict = Dict::new();
                dict.set("name", table(host, value)?);
                dict.set("table", table(host, value)?);
                Ok(Value::Dict(Gc::new(dict)))
            },
            set: None,
        },
        Getter {
            name: "whereclause",
            doc: "The condition.",
            get: |host, value| {
                let conditions = match own(host, value)? {
                    Statement::Update(update) => update.where_.clone(),
                    Statement::Delete(delete) => delete.where_.clone(),
                    _ => return Err(super::elements::no_attribute(host, value, &Str::new("whereclause"))?),
                };
                Ok(crate::sql::operate::where_clause(&conditions)
                    .map_or(Value::None, |condition| super::objects::expr_value(&condition)))
            },
            set: None,
        },
        Getter { name: "is_dml", doc: "True.", get: |_, _| Ok(Value::Bool(true)), set: None },
    ],
    has_dict: true,
    ..NativeType::plain("UpdateBase", MODULE)
};

pub static INSERT: NativeType = NativeType {
    bases: &[&UPDATE_BASE],
    doc: "An INSERT.",
    methods: &[
        Row::method("values", VALUES, "With these values.", "", values),
        Row::method(
            "from_select",
            &[
                param::req("names"),
                param::req("select"),
                param::opt("include_defaults", ParamDefault::Bool(true)),
            ],
            "With the rows of a select.",
            "",
            from_select,
        ),
        Row::method("inline", &[], "With its defaults within the statement.", "", |_, args| {
            Ok(args[0].clone())
        }),
    ],
    has_dict: true,
    ..NativeType::plain("Insert", MODULE)
};

const CONFLICT: &[Param] =
    &[param::opt("index_elements", ParamDefault::None), param::opt("index_where", ParamDefault::None)];
const CONFLICT_UPDATE: &[Param] = &[
    param::opt("index_elements", ParamDefault::None),
    param::opt("index_where", ParamDefault::None),
    param::opt("set_", ParamDefault::None),
    param::opt("where", ParamDefault::None),
];

pub static SQLITE_INSERT: NativeType = NativeType {
    bases: &[&INSERT],
    doc: "An INSERT of SQLite, with ON CONFLICT.",
    methods: &[
        Row::method(
            "on_conflict_do_nothing",
            CONFLICT,
            "Nothing where the row is there already.",
            "",
            |host, args| conflict(host, &args[0], &args[1], &args[2], None),
        ),
        Row::method(
            "on_conflict_do_update",
            CONFLICT_UPDATE,
            "An update where the row is there already.",
            "",
            |host, args| conflict(host, &args[0], &args[1], &args[2], Some((&args[3], &args[4]))),
        ),
    ],
    getters: &[Getter {
        name: "excluded",
        doc: "The row that was to be inserted.",
        get: |host, value| {
            let from = excluded(&own(host, value)?);
            let columns = from.keyed_columns();
            Ok(super::objects::collection_value(columns))
        },
        set: None,
    }],
    has_dict: true,
    ..NativeType::plain("Insert", "sqlalchemy.dialects.sqlite.dml")
};

pub static UPDATE: NativeType = NativeType {
    bases: &[&UPDATE_BASE],
    doc: "An UPDATE.",
    methods: &[
        Row::method("values", VALUES, "With these values.", "", values),
        Row::method(
            "ordered_values",
            &[param::args("args")],
            "With these values, in this order.",
            "",
            ordered_values,
        ),
        Row::method("where", &[param::args("whereclause")], "The rows that fit.", "", where_),
        Row::method("filter", &[param::args("criteria")], "The rows that fit.", "", where_),
        Row::method(
            "filter_by",
            &[param::kwargs("kwargs")],
            "The rows whose attributes have these values.",
            "",
            filter_by,
        ),
        Row::method("inline", &[], "Itself.", "", |_, args| Ok(args[0].clone())),
    ],
    has_dict: true,
    ..NativeType::plain("Update", MODULE)
};

pub static DELETE: NativeType = NativeType {
    bases: &[&UPDATE_BASE],
    doc: "A DELETE.",
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
    ],
    has_dict: true,
    ..NativeType::plain("Delete", MODULE)
};

fn own(host: &mut dyn Host, value: &Value) -> R<Statement> {
    match statement_of(value) {
        Some(statement) => Ok(statement),
        None => super::refine::statement_operand(host, value),
    }
}

type Target = (FromClause, Option<Rc<dyn Entity>>);

fn target(host: &mut dyn Host, value: &Value) -> R<Target> {
    Ok(match element_of(host, value)? {
        Some(Element::From(from)) => (from, None),
        Some(Element::Entity(entity)) => (entity.selectable(), Some(entity)),
        _ => {
            let shown = host.repr(value)?;
            return Err(errors::role_expected("subject table for an INSERT, UPDATE or DELETE", &shown));
        }
    })
}

/// `insert(table)`.
pub fn new_insert(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let (table, entity) = target(host, &args[0])?;
    Ok(statement_value(Statement::Insert(Rc::new(Insert { entity, ..Insert::new(table) }))))
}

/// `sqlalchemy.dialects.sqlite.insert(table)`.
pub fn new_sqlite_insert(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let (table, entity) = target(host, &args[0])?;
    let insert = Insert { entity, dialect: Some("sqlite"), ..Insert::new(table) };
    Ok(statement_value(Statement::Insert(Rc::new(insert))))
}

pub fn new_update(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let (table, entity) = target(host, &args[0])?;
    Ok(statement_value(Statement::Update(Rc::new(Update { entity, ..Update::new(table) }))))
}

pub fn new_delete(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let (table, entity) = target(host, &args[0])?;
    Ok(statement_value(Statement::Delete(Rc::new(Delete { entity, ..Delete::new(table) }))))
}

fn table(host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(match own(host, value)? {
        Statement::Insert(insert) => from_value(&insert.table),
        Statement::Update(update) => from_value(&update.table),
        Statement::Delete(delete) => from_value(&delete.table),
        _ => Value::None,
    })
}

/// A changed copy of the statement as an object of the same class.
fn change(
    host: &mut dyn Host,
    value: &Value,
    on_insert: impl FnOnce(&mut Insert),
    on_update: impl FnOnce(&mut Update),
    on_delete: impl FnOnce(&mut Delete),
) -> R<Value> {
    let changed = match own(host, value)? {
        Statement::Insert(insert) => {
            let mut copy = (*insert).clone();
            on_insert(&mut copy);
            Statement::Insert(Rc::new(copy))
        }
        Statement::Update(update) => {
            let mut copy = (*update).clone();
            on_update(&mut copy);
            Statement::Update(Rc::new(copy))
        }
        Statement::Delete(delete) => {
            let mut copy = (*delete).clone();
            on_delete(&mut copy);
            Statement::Delete(Rc::new(copy))
        }
        other => other,
    };
    Ok(if value.payload::<StatementObject>().is_some() {
        same_class(value, changed)
    } else {
        statement_value(changed)
    })
}

fn set_target(host: &mut dyn Host, entity: Option<&Rc<dyn Entity>>, key: &Value) -> R<SetTarget> {
    match key {
        Value::Str(name) => {
            // An attribute of the mapped class may be called otherwise than its column.
            if let Some(entity) = entity
                && let Some(attribute) = entity.attribute(host, &crate::python::value::intern(name))?
                && let Some(expression) = expr_of(host, &attribute)?
                && let Some(column) = expression.base_column()
            {
                return Ok(SetTarget::Column(column));
            }
            Ok(SetTarget::Name(name.clone()))
        }
        other => match expr_of(host, other)? {
            Some(expression) => Ok(match expression.base_column() {
                Some(column) => SetTarget::Column(column),
                None => SetTarget::Expr(expression),
            }),
            None => {
                let shown = host.repr(other)?;
                Err(errors::role_expected("SET/VALUES column expression or string key", &shown))
            }
        },
    }
}

fn set_value(host: &mut dyn Host, value: &Value) -> R<SetExpr> {
    Ok(match coerce::as_expression(host, value)? {
        Some(expression) => SetExpr::Expr(expression),
        None => SetExpr::Value(value.clone()),
    })
}

fn pairs(host: &mut dyn Host, entity: Option<&Rc<dyn Entity>>, dict: &Dict) -> R<Vec<SetValue>> {
    let mut set = Vec::with_capacity(dict.len());
    for (key, value) in dict.to_vec() {
        set.push(SetValue { column: set_target(host, entity, &key)?, value: set_value(host, &value)? });
    }
    Ok(set)
}

/// `values(name="x")`, `values({...})`, `values([{...}, {...}])`, `values((1, 2))`.
fn values(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let statement = own(host, &args[0])?;
    let (entity, columns) = match &statement {
        Statement::Insert(insert) => (insert.entity.clone(), columns_of(&insert.table)),
        Statement::Update(update) => (update.entity.clone(), columns_of(&update.table)),
        _ => (None, Vec::new()),
    };
    let mut set = Vec::new();
    let mut multi: Vec<Vec<SetValue>> = Vec::new();
    let given = host.collect(&args[1])?;
    if given.len() > 1 {
        return Err(errors::argument_error(
            "Only a single dictionary/tuple or list of dictionaries/tuples is accepted positionally.",
        ));
    }
    if let Some(first) = given.first() {
        match first {
            Value::Dict(dict) => set.extend(pairs(host, entity.as_ref(), dict)?),
            Value::List(rows) => {
                let rows = rows.to_vec();
                let row_like =
                    rows.iter().any(|row| matches!(row, Value::Dict(_) | Value::List(_) | Value::Tuple(_)));
                if row_like {
                    for row in rows {
                        multi.push(one_row(host, entity.as_ref(), &columns, &row)?);
                    }
                } else {
                    set.extend(by_position(host, &columns, &rows)?);
                }
            }
            Value::Tuple(_) => set.extend(one_row(host, entity.as_ref(), &columns, first)?),
            other => {
                let shown = host.repr(other)?;
                return Err(errors::argument_error(format!(
                    "dictionary or tuple expected for values(), got {shown}"
                )));
            }
        }
    }
    if let Value::Dict(keywords) = &args[2] {
        set.extend(pairs(host, entity.as_ref(), keywords)?);
    }
    let (multi_copy, set_copy) = (multi, set);
    let update_set = set_copy.clone();
    change(
        host,
        &args[0],
        move |insert| {
            insert.multi_values.extend(multi_copy);
            merge(&mut insert.values, set_copy);
        },
        move |update| merge(&mut update.values, update_set),
        |_| {},
    )
}

fn merge(values: &mut Vec<SetValue>, more: Vec<SetValue>) {
    for new in more {
        let same = |old: &SetValue| match (&old.column, &new.column) {
            (SetTarget::Name(one), SetTarget::Name(other)) => one == other,
            (SetTarget::Column(one), SetTarget::Column(other)) => Rc::ptr_eq(one, other),
            _ => false,
        };
        match values.iter().position(same) {
            Some(place) => values[place] = new,
            None => values.push(new),
        }
    }
}

fn columns_of(from: &FromClause) -> Vec<Rc<Column>> {
    from.columns().iter().filter_map(|column| column.base_column()).collect()
}

fn by_position(host: &mut dyn Host, columns: &[Rc<Column>], cells: &[Value]) -> R<Vec<SetValue>> {
    let mut set = Vec::with_capacity(cells.len());
    for (column, cell) in columns.iter().zip(cells) {
        set.push(SetValue { column: SetTarget::Column(column.clone()), value: set_value(host, cell)? });
    }
    Ok(set)
}

fn one_row(
    host: &mut dyn Host,
    entity: Option<&Rc<dyn Entity>>,
    columns: &[Rc<Column>],
    row: &Value,
) -> R<Vec<SetValue>> {
    match row {
        Value::Dict(dict) => pairs(host, entity, dict),
        other => {
            let cells = host.collect(other)?;
            by_position(host, columns, &cells)
        }
    }
}

fn ordered_values(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let statement = own(host, &args[0])?;
    let entity = match &statement {
        Statement::Update(update) => update.entity.clone(),
        _ => None,
    };
    let mut set = Vec::new();
    for pair in host.collect(&args[1])? {
        let parts = host.collect(&pair)?;
        if let [key, value] = parts.as_slice() {
            set.push(SetValue {
                column: set_target(host, entity.as_ref(), key)?,
                value: set_value(host, value)?,
            });
        }
    }
    change(
        host,
        &args[0],
        |_| {},
        move |update| {
            update.values = set;
            update.ordered = true;
        },
        |_| {},
    )
}

fn from_select(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let statement = own(host, &args[0])?;
    let entity = match &statement {
        Statement::Insert(insert) => insert.entity.clone(),
        _ => None,
    };
    let mut targets = Vec::new();
    for name in host.collect(&args[1])? {
        let target = set_target(host, entity.as_ref(), &name)?;
        if let (Value::Str(key), Statement::Insert(insert)) = (&name, &statement)
            && insert.table.column(key).is_none()
        {
            return Err(errors::no_key(key));
        }
        targets.push(target);
    }
    let select = super::refine::statement_operand(host, &args[2])?;
    let include_defaults = host.truth(&args[3])?;
    change(
        host,
        &args[0],
        move |insert| {
            insert.from_select = Some((targets, select));
            insert.include_defaults = include_defaults;
        },
        |_| {},
        |_| {},
    )
}

fn returning(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut items: Vec<SelectItem> = Vec::new();
    for item in host.collect(&args[1])? {
        items.push(coerce::select_item(host, &item)?);
    }
    let sorted = host.truth(&args[2])?;
    let (for_update, for_delete) = (items.clone(), items.clone());
    change(
        host,
        &args[0],
        move |insert| {
            insert.returning.extend(items);
            insert.sort_by_parameter_order = sorted;
        },
        move |update| update.returning.extend(for_update),
        move |delete| delete.returning.extend(for_delete),
    )
}

fn where_(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut conditions: Vec<Expr> = Vec::new();
    for condition in host.collect(&args[1])? {
        conditions.push(coerce::where_(host, &condition)?);
    }
    let more = conditions.clone();
    change(
        host,
        &args[0],
        |_| {},
        move |update| update.where_.extend(conditions),
        move |delete| delete.where_.extend(more),
    )
}

fn filter_by(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let (table, entity) = match own(host, &args[0])? {
        Statement::Update(update) => (update.table.clone(), update.entity.clone()),
        Statement::Delete(delete) => (delete.table.clone(), delete.entity.clone()),
        _ => return Ok(args[0].clone()),
    };
    let Value::Dict(given) = &args[1] else { return Ok(args[0].clone()) };
    let mut conditions = Vec::new();
    for (key, value) in given.to_vec() {
        let key = crate::python::value::intern(&text(host, &key, "keyword")?);
        let attribute = match &entity {
            Some(entity) => entity.attribute(host, &key)?,
            None => None,
        };
        let condition = match (attribute, table.column(&key)) {
            (Some(attribute), _) => {
                let compared = host.compare(crate::python::value::CompareOp::Eq, &attribute, &value)?;
                coerce::where_(host, &compared)?
            }
            (None, Some(column)) => super::operators::compare_expr(host, Op::Eq, &column, &value)?,
            (None, None) => {
                return Err(errors::no_property_anywhere(&key, &super::schema::described(&table)));
            }
        };
        conditions.push(condition);
    }
    where_(
        host,
        &[args[0].clone(), Value::tuple(conditions.iter().map(super::objects::expr_value).collect())],
    )
}

fn execution_options(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut options: Vec<(Str, Value)> = Vec::new();
    if let Value::Dict(given) = &args[1] {
        for (key, value) in given.to_vec() {
            options.push((text(host, &key, "option")?, value));
        }
    }
    let (for_update, for_delete) = (options.clone(), options.clone());
    change(
        host,
        &args[0],
        move |insert| insert.execution_options.extend(options),
        move |update| update.execution_options.extend(for_update),
        move |delete| delete.execution_options.extend(for_delete),
    )
}

fn options(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let options = host.collect(&args[1])?;
    let (for_update, for_delete) = (options.clone(), options.clone());
    change(
        host,
        &args[0],
        move |insert| insert.options.extend(options),
        move |update| update.options.extend(for_update),
        move |delete| delete.options.extend(for_delete),
    )
}

fn prefix_with(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut words: Vec<Expr> = Vec::new();
    for word in host.collect(&args[1])? {
        words.push(super::text::ddl_expression(host, &word)?);
    }
    let (for_update, for_delete) = (words.clone(), words.clone());
    change(
        host,
        &args[0],
        move |insert| insert.prefixes.extend(words),
        move |update| update.prefixes.extend(for_update),
        move |delete| delete.prefixes.extend(for_delete),
    )
}

fn add_cte(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut ctes = Vec::new();
    for cte in host.collect(&args[1])? {
        if let Some(FromClause::Alias(alias)) = super::objects::from_of(host, &cte)? {
            ctes.push(alias);
        }
    }
    let (for_update, for_delete) = (ctes.clone(), ctes.clone());
    change(
        host,
        &args[0],
        move |insert| insert.ctes.extend(ctes),
        move |update| update.ctes.extend(for_update),
        move |delete| delete.ctes.extend(for_delete),
    )
}

/// The row that was to be inserted, as an alias of the table.
fn excluded(statement: &Statement) -> FromClause {
    match statement {
        Statement::Insert(insert) => match &insert.on_conflict {
            Some(conflict) => conflict.excluded.clone(),
            None => insert.table.alias(Some(Str::new("excluded"))),
        },
        _ => FromClause::Light(crate::sql::selectable::table_clause(Str::new("excluded"), Vec::new())),
    }
}

fn conflict(
    host: &mut dyn Host,
    value: &Value,
    elements: &Value,
    condition: &Value,
    update: Option<(&Value, &Value)>,
) -> R<Value> {
    let statement = own(host, value)?;
    let entity = match &statement {
        Statement::Insert(insert) => insert.entity.clone(),
        _ => None,
    };
    let mut targets = Vec::new();
    if !elements.is_none() {
        for element in host.collect(elements)? {
            targets.push(match &element {
                Value::Str(name) => ConflictTarget::Name(name.clone()),
                other => match column_of(host, other)? {
                    Some(column) => ConflictTarget::Name(column.name()),
                    None => ConflictTarget::Expr(coerce::where_(host, other)?),
                },
            });
        }
    }
    let target_where = if condition.is_none() { None } else { Some(coerce::where_(host, condition)?) };
    let update = match update {
        None => None,
        Some((set, condition)) => {
            let set = match set {
                Value::Dict(dict) => pairs(host, entity.as_ref(), dict)?,
                _ => {
                    return Err(errors::value_error(
                        "set parameter must be a non-empty dictionary or a ColumnCollection such as the `.c.` collection of a Table object",
                    ));
                }
            };
            if set.is_empty() {
                return Err(errors::value_error("set parameter dictionary must not be empty"));
            }
            let where_ = if condition.is_none() { None } else { Some(coerce::where_(host, condition)?) };
            Some(ConflictUpdate { set, where_ })
        }
    };
    let excluded = excluded(&statement);
    let conflict = Rc::new(OnConflict { target: targets, target_where, update, excluded });
    change(host, value, move |insert| insert.on_conflict = Some(conflict), |_| {}, |_| {})
}
