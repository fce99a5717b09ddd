//! Arguments of a relationship as they were written: classes, names, functions, text to be evaluated.
//!
//! Owns resolving them to classes, tables, columns and expressions once all models are known. Must not know what
//! conditions mean (`join`).
//! Mirrors `sqlalchemy/orm/clsregistry.py`.

use std::rc::Rc;

use crate::diag::builtin::NAME_ERROR;
use crate::python::value::{CallArgs, Dict, Gc, Host, R, Raised, RaisedKind, Value, intern};
use crate::sql::entity::{Element, element_of};
use crate::sql::expr::{self, Expr, ExprKind, ExprNode};
use crate::sql::schema::{Column, Table};
use crate::sql::selectable::FromClause;
use crate::sql::traverse;

use crate::orm::errors;
use crate::orm::mapper::Mapper;
use crate::orm::property::Property;

/// The target mapper that an argument names.
pub fn target_mapper(host: &mut dyn Host, property: &Property, argument: &Value) -> R<Rc<Mapper>> {
    let resolved = resolve(host, property, argument, false)?;
    match &resolved {
        Value::Class(class) => match Mapper::of(class) {
            Some(mapper) => Ok(mapper),
            None => Err(errors::unmapped_class(class)),
        },
        other => {
            if let Some(Element::Entity(entity)) = element_of(host, other)?
                && let Some(mapper) = entity.as_any().downcast_ref::<Mapper>()
            {
                return Ok(mapper.rc());
            }
            let class = host.class_of(other);
            let shown = host.repr(&Value::Class(class))?;
            Err(errors::expects_class(property, &shown).into())
        }
    }
}

/// The value of an argument: text is evaluated, a function called.
pub fn resolve(host: &mut dyn Host, property: &Property, argument: &Value, tables_first: bool) -> R<Value> {
    match argument {
        Value::Str(text) => evaluate(host, property, text, tables_first),
        Value::Function(_) | Value::Method(_) | Value::Native(_) => host.call(argument, CallArgs::NONE),
        other => Ok(other.clone()),
    }
}

/// The table that `secondary=` names.
pub fn table(host: &mut dyn Host, property: &Property, argument: &Value) -> R<Option<Rc<Table>>> {
    if argument.is_none() || argument.is_unset() {
        return Ok(None);
    }
    let resolved = resolve(host, property, argument, true)?;
    if let Value::Class(class) = &resolved
        && let Some(mapper) = Mapper::of(class)
    {
        let _ = mapper;
        return Err(errors::secondary_is_class(property, &errors::class_text(&mapper)).into());
    }
    match element_of(host, &resolved)? {
        Some(Element::From(FromClause::Table(table))) => Ok(Some(table)),
        Some(Element::From(from)) => Ok(from.base_table()),
        _ => {
            let shown = host.repr(&resolved)?;
            Err(errors::invalid_secondary(property, &shown).into())
        }
    }
}

/// A condition (`primaryjoin=`), without the annotations of the classes that it was written with.
pub fn condition(host: &mut dyn Host, property: &Property, argument: &Value) -> R<Option<Expr>> {
    if argument.is_none() || argument.is_unset() {
        return Ok(None);
    }
    let resolved = resolve(host, property, argument, false)?;
    expression(host, property, &resolved).map(Some)
}

/// Columns (`foreign_keys=`, `remote_side=`): one, a list, or text of either.
pub fn columns(host: &mut dyn Host, property: &Property, argument: &Value) -> R<Option<Vec<Rc<Column>>>> {
    if argument.is_none() || argument.is_unset() {
        return Ok(None);
    }
    let resolved = resolve(host, property, argument, false)?;
    let mut columns = Vec::new();
    for item in members(host, &resolved)? {
        let item = resolve(host, property, &item, false)?;
        let expression = expression(host, property, &item)?;
        match expression.base_column() {
            Some(column) => columns.push(column),
            None => return Err(errors::not_a_column(property, &host.repr(&item)?).into()),
        }
    }
    Ok((!columns.is_empty()).then_some(columns))
}

/// Expressions (`order_by=`).
pub fn expressions(host: &mut dyn Host, property: &Property, argument: &Value) -> R<Vec<Expr>> {
    if matches!(argument, Value::None | Value::Unset | Value::Bool(false)) {
        return Ok(Vec::new());
    }
    let resolved = resolve(host, property, argument, false)?;
    let mut found = Vec::new();
    for item in members(host, &resolved)? {
        let item = resolve(host, property, &item, false)?;
        found.push(expression(host, property, &item)?);
    }
    Ok(found)
}

fn members(host: &mut dyn Host, value: &Value) -> R<Vec<Value>> {
    match value {
        Value::List(_) | Value::Tuple(_) | Value::Set(_) => host.collect(value),
        single => Ok(vec![single.clone()]),
    }
}

fn expression(host: &mut dyn Host, property: &Property, value: &Value) -> R<Expr> {
    match element_of(host, value)? {
        Some(Element::Expr(found)) => Ok(plain(&found)),
        _ => {
            let shown = host.repr(value)?;
            Err(errors::not_an_expression(property, &shown).into())
        }
    }
}

/// The expression without the entities that its columns were reached through; marks stay.
pub fn plain(expression: &Expr) -> Expr {
    traverse::replace(expression, &mut |node| {
        let annotation = node.annotation.as_ref()?;
        if annotation.entity.as_any().is::<super::join::Mark>() {
            return Some(node.clone());
        }
        match &node.kind {
            ExprKind::Column(column) => Some(expr::column(column)),
            _ => Some(ExprNode::new(node.kind.share(), node.ty())),
        }
    })
}

// Text.

/// A chain of names: `Parcel.origin_id`.
fn dotted(text: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = text.trim().split('.').collect();
    let is_name = |part: &&str| {
        let mut chars = part.chars();
        chars.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && chars.all(|next| next.is_alphanumeric() || next == '_')
    };
    parts.iter().all(is_name).then_some(parts)
}

fn evaluate(host: &mut dyn Host, property: &Property, text: &str, tables_first: bool) -> R<Value> {
    if let Some(parts) = dotted(text) {
        return walk(host, property, text, &parts, tables_first);
    }
    let namespace = namespace(host, property, text)?;
    let builtins = host.import("builtins")?;
    let eval = host.get_attr(&Value::Module(builtins), &intern("eval"))?;
    match host.call_values(&eval, &[Value::str(text), Value::Dict(namespace)]) {
        Err(raised) if raised.is_a(&NAME_ERROR) => {
            let message = message_of(host, raised)?;
            Err(errors::failed_to_locate(property, text, &message).into())
        }
        other => other,
    }
}

/// The text of an exception.
pub fn message_of(host: &mut dyn Host, raised: Raised) -> R<String> {
    if let RaisedKind::Error { error, .. } = &*raised.0 {
        return Ok(error.message.clone());
    }
    let mut raised = raised;
    let value = host.exception_value(&mut raised);
    Ok(host.str(&value)?.to_string())
}

fn walk(
    host: &mut dyn Host,
    property: &Property,
    text: &str,
    parts: &[&str],
    tables_first: bool,
) -> R<Value> {
    let Some(mut value) = lookup(host, property, parts, tables_first)? else {
        // A path whose first name stands for nothing is reported by that name.
        let name = parts.first().copied().unwrap_or(text);
        return Err(errors::failed_to_locate(property, text, name).into());
    };
    let (skip, found) = value;
    value = (skip, found);
    let mut here = value.1;
    for part in &parts[value.0..] {
        if let Value::Class(class) = &here
            && let Some(mapper) = Mapper::of(class)
            && mapper.attribute(part).is_none()
            && host.find_attr(&here, &intern(part))?.is_none()
        {
            return Err(errors::no_mapped_column(&errors::class_text(&mapper), part).into());
        }
        here = host.get_attr(&here, &intern(part))?;
    }
    Ok(here)
}

/// The first names of a path as a class or table, with how many of them it took.
fn lookup(
    host: &mut dyn Host,
    property: &Property,
    parts: &[&str],
    tables_first: bool,
) -> R<Option<(usize, Value)>> {
    let parent = property.parent();
    let registry = &parent.registry;
    let metadata = registry.metadata.borrow().clone();
    let table_named = |host: &mut dyn Host, name: &str| -> R<Option<Value>> {
        let parent_metadata = parent.table().map(|table| table.metadata.clone());
        let table = metadata
            .table(&crate::python::value::Str::new(name))
            .or_else(|| parent_metadata.and_then(|other| other.table(&crate::python::value::Str::new(name))));
        match table {
            Some(table) => table_value(host, &table),
            None => Ok(None),
        }
    };
    if tables_first && let Some(table) = table_named(host, &parts.join("."))? {
        return Ok(Some((parts.len(), table)));
    }
    let classes = registry.classes_named(parts[0]);
    match classes.as_slice() {
        [] => {}
        [single] => return Ok(Some((1, Value::Class(single.clone())))),
        _ => return Err(errors::multiple_classes(parts[0]).into()),
    }
    // `package.module.Student`: the last name that is a class decides.
    for (index, part) in parts.iter().enumerate().skip(1) {
        let module = parts[..index].join(".");
        let found = registry.classes_named(part).into_iter().find(|class| {
            let known = class.dict.get("__module__");
            known
                .as_ref()
                .and_then(Value::as_str)
                .is_some_and(|known| known == module || known.ends_with(&format!(".{module}")))
        });
        if let Some(class) = found {
            return Ok(Some((index + 1, Value::Class(class))));
        }
    }
    if let Some(table) = table_named(host, parts[0])? {
        return Ok(Some((1, table)));
    }
    let sqlalchemy = host.import("sqlalchemy")?;
    Ok(sqlalchemy.dict.get(parts[0]).map(|value| (1, value)))
}

/// The language's object for a table.
fn table_value(host: &mut dyn Host, table: &Rc<Table>) -> R<Option<Value>> {
    let _ = host;
    Ok(table.object.get().cloned())
}

/// What text may name: every class and table, what `sqlalchemy` exports, `foreign` and `remote`.
fn namespace(host: &mut dyn Host, property: &Property, text: &str) -> R<Gc<Dict>> {
    let sqlalchemy = host.import("sqlalchemy")?;
    let orm = host.import("sqlalchemy.orm")?;
    let namespace = sqlalchemy.dict.copy();
    for name in ["foreign", "remote"] {
        if let Some(value) = orm.dict.get(name) {
            namespace.set(name, value);
        }
    }
    let registry = property.parent().registry.clone();
    let metadata = registry.metadata.borrow().clone();
    let tables: Vec<Rc<Table>> = metadata.tables.borrow().values().cloned().collect();
    for table in tables {
        if let Some(value) = table_value(host, &table)? {
            namespace.set(&table.key, value);
        }
    }
    for name in registry.class_names() {
        let classes = registry.classes_named(&name);
        if classes.len() > 1 && text.contains(&*name) {
            return Err(errors::multiple_classes(&name).into());
        }
        if let Some(class) = classes.into_iter().next() {
            namespace.set_str(&name, Value::Class(class));
        }
    }
    Ok(Gc::new(namespace))
}
