//! Refining statements: `where`, `join`, `order_by` and their kin each give a new one.
//!
//! Owns those functions. Must not know spelling.

use std::rc::Rc;

use super::arguments::text;
use super::objects::{statement_of, statement_value};
use crate::orm::query::context::OrmExtras;
use crate::orm::query::entity::OrmEntity;
use crate::orm::query::joins::JoinAttribute;
use crate::python::value::{CallArgs, Class, Gc, Host, NativeType, R, Slots, Str, Value, intern};
use crate::sql::coerce;
use crate::sql::entity::{Element, element_of};
use crate::sql::errors;
use crate::sql::expr::Expr;
use crate::sql::operators::Op;
use crate::sql::selectable::FromClause;
use crate::sql::statement::{
    CompoundSelect, Correlate, ForUpdate, LabelStyle, Select, SelectItem, SetupJoin, Statement,
};
use crate::sql::{select as naming, traverse};

const MODULE: &str = "sqlalchemy.sql.selectable";

pub(super) fn own(host: &mut dyn Host, value: &Value) -> R<Statement> {
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
pub(super) fn update(
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

pub(super) fn change(host: &mut dyn Host, value: &Value, change: impl Fn(&mut Select)) -> R<Value> {
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

pub(super) fn conditions(host: &mut dyn Host, given: &Value) -> R<Vec<Expr>> {
    let given = host.collect(given)?;
    let mut conditions = Vec::with_capacity(given.len());
    for condition in &given {
        conditions.push(coerce::where_(host, condition)?);
    }
    Ok(conditions)
}

pub(super) fn where_(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let conditions = conditions(host, &args[1])?;
    change(host, &args[0], |select| select.where_.extend(conditions.iter().cloned()))
}

pub(super) fn having(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let conditions = conditions(host, &args[1])?;
    change(host, &args[0], |select| select.having.extend(conditions.iter().cloned()))
}

/// What `filter_by` looks for attributes in, each once: what is joined, selected from, and selected.
pub(super) fn namespaces(select: &Select) -> Vec<Element> {
    let mut found: Vec<Element> = Vec::new();
    let mut add = |element: Element| {
        let known = found.iter().any(|other| match (other, &element) {
            (Element::Entity(one), Element::Entity(other)) => one.identity() == other.identity(),
            (Element::From(one), Element::From(other)) => FromClause::same(one, other),
            _ => false,
        });
        if !known {
            found.push(element);
        }
    };
    for join in &select.joins {
        match &join.target {
            Element::Orm(element) => {
                if let Some(target) = JoinAttribute::of(element).and_then(|attribute| attribute.target()) {
                    add(Element::Entity(target.into_dyn()));
                }
            }
            other => add(other.clone()),
        }
    }
    let selected = |from: &FromClause| {
        select.columns.iter().find_map(|item| {
            let entity = match item {
                SelectItem::Entity(entity) => entity,
                SelectItem::Expr(expression) => &expression.annotation.as_ref()?.entity,
                _ => return None,
            };
            FromClause::same(&entity.selectable(), from).then(|| Element::Entity(entity.clone()))
        })
    };
    for from in &select.from {
        add(selected(from).unwrap_or_else(|| Element::From(from.clone())));
    }
    for item in &select.columns {
        match item {
            SelectItem::Entity(entity) => add(Element::Entity(entity.clone())),
            SelectItem::From(from) => add(Element::From(from.clone())),
            SelectItem::Expr(expression) => match &expression.annotation {
                Some(annotation) => add(Element::Entity(annotation.entity.clone())),
                None => {
                    let mut froms = Vec::new();
                    traverse::from_objects(expression, &mut froms);
                    froms.into_iter().map(Element::From).for_each(&mut add);
                }
            },
            SelectItem::Orm(element) => element.parent().map(Element::Entity).into_iter().for_each(&mut add),
        }
    }
    found
}

pub(super) fn filter_by(host: &mut dyn Host, args: &[Value]) -> R<Value> {
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

/// `attribute == value` of the one namespace that has the attribute.
pub(super) fn criterion(host: &mut dyn Host, namespaces: &[Element], key: &Str, value: &Value) -> R<Expr> {
    let mut found = None;
    for namespace in namespaces {
        let condition = match namespace {
            Element::Entity(entity) => match entity.attribute(host, key)? {
                Some(attribute) => {
                    let compared = host.compare(crate::python::value::CompareOp::Eq, &attribute, value)?;
                    Some(coerce::where_(host, &compared)?)
                }
                None => None,
            },
            Element::From(from) => match from.column(key) {
                Some(column) => Some(super::operators::compare_expr(host, Op::Eq, &column, value)?),
                None => None,
            },
            _ => None,
        };
        if condition.is_some() && found.is_some() {
            return Err(errors::ambiguous_attribute(key, &searched(namespaces)));
        }
        found = found.or(condition);
    }
    found.ok_or_else(|| errors::no_property_anywhere(key, &searched(namespaces)))
}

/// The first namespaces as messages list them.
fn searched(namespaces: &[Element]) -> String {
    let shown = |namespace: &Element| match namespace {
        Element::Entity(entity) => match OrmEntity::of(entity) {
            Some(OrmEntity::Mapper(mapper)) => mapper.description(),
            Some(entity) => format!("aliased({})", entity.mapper().class_name),
            None => entity.name().to_string(),
        },
        Element::From(from) => super::schema::described(from),
        _ => String::new(),
    };
    let mut listed: Vec<String> = namespaces.iter().take(3).map(shown).collect();
    if namespaces.len() > 3 {
        listed.push(format!("... ({} total)", namespaces.len()));
    }
    listed.join(", ")
}

pub(super) fn select_from(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut froms = Vec::new();
    for from in host.collect(&args[1])? {
        let element = coerce::from_element(host, &from)?;
        froms.push(naming::element_from(&element)?);
    }
    change(host, &args[0], |select| select.from.extend(froms.iter().cloned()))
}

pub(super) fn join(
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

pub(super) fn order_by(host: &mut dyn Host, args: &[Value]) -> R<Value> {
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

pub(super) fn group_by(host: &mut dyn Host, args: &[Value]) -> R<Value> {
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

pub(super) fn slice(host: &mut dyn Host, args: &[Value]) -> R<Value> {
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

pub(super) fn for_update(host: &mut dyn Host, args: &[Value]) -> R<Value> {
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

pub(super) fn distinct(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut on = Vec::new();
    for expression in host.collect(&args[1])? {
        on.push(coerce::by_of(host, &expression, "DISTINCT ON expression")?);
    }
    change(host, &args[0], |select| {
        select.distinct = true;
        select.distinct_on.extend(on.iter().cloned());
    })
}

pub(super) fn correlated(host: &mut dyn Host, given: &Value, except: bool) -> R<Correlate> {
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

pub(super) fn correlate(host: &mut dyn Host, args: &[Value], except: bool) -> R<Value> {
    let given = correlated(host, &args[1], except)?;
    change(host, &args[0], |select| select.correlate = joined_correlation(&select.correlate, &given))
}

pub(super) fn joined_correlation(before: &Correlate, given: &Correlate) -> Correlate {
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

pub(super) fn columns(host: &mut dyn Host, args: &[Value], add: bool) -> R<Value> {
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

pub(super) fn affixes(host: &mut dyn Host, args: &[Value], before: bool) -> R<Value> {
    let mut words = Vec::new();
    for word in host.collect(&args[1])? {
        words.push(super::text::ddl_expression(host, &word)?);
    }
    change(host, &args[0], |select| {
        let list = if before { &mut select.prefixes } else { &mut select.suffixes };
        list.extend(words.iter().cloned());
    })
}

pub(super) fn options(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let options = host.collect(&args[1])?;
    change(host, &args[0], |select| select.options.extend(options.iter().cloned()))
}

/// The rows of another statement as these entities, which the mapping layer reads.
pub(super) fn from_statement(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let statement = statement_operand(host, &args[1])?;
    change(host, &args[0], |select| {
        let mut extras = OrmExtras::of(select);
        extras.statement = Some(statement.clone());
        select.orm = Some(Rc::new(extras));
    })
}

pub(super) fn execution_options(host: &mut dyn Host, args: &[Value]) -> R<Value> {
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

pub(super) fn add_cte(host: &mut dyn Host, args: &[Value]) -> R<Value> {
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

pub(super) fn set_label_style(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let style = args[1].payload::<Style>().map_or(LabelStyle::DisambiguateOnly, |style| style.0);
    update(host, &args[0], |select| select.label_style = style, |compound| compound.label_style = style)
}
