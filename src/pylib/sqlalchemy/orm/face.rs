//! What this face needs of the faces of SQL: objects for columns and expressions, and making them by their classes.
//!
//! Owns the calls. Must not know mappers.

use std::rc::Rc;

use crate::python::value::{
    CallArgs, Class, Dict, Gc, Host, NativeFunction, R, Row, Str, Value, intern, native_class,
};
use crate::sql::entity::{Element, element_of};
use crate::sql::expr::Expr;
use crate::sql::schema::{Column, MetaData};
use crate::sql::selectable::FromClause;
use crate::sql::types::Type;

pub use crate::pylib::sqlalchemy::objects::{
    column_value, expr_value, from_value, metadata_of as metadata_object, metadata_value, table_value,
};

/// The metadata that an object is.
pub fn metadata_of(_host: &mut dyn Host, value: &Value) -> R<Option<Rc<MetaData>>> {
    Ok(metadata_object(value))
}

/// An expression, from anything that stands for one.
pub fn expression(host: &mut dyn Host, value: &Value) -> R<Expr> {
    match element_of(host, value)? {
        Some(Element::Expr(expression)) => Ok(expression),
        _ => {
            let shown = host.repr(value)?;
            Err(crate::orm::errors::argument(format!("Column expression expected; got {shown}.")).into())
        }
    }
}

/// The column that an object is or holds.
pub fn column_of(host: &mut dyn Host, value: &Value) -> R<Option<Rc<Column>>> {
    match element_of(host, value)? {
        Some(Element::Expr(expression)) => Ok(crate::orm::property::table_column(&expression)),
        _ => Ok(None),
    }
}

/// The selectable that an object is.
pub fn selectable_of(host: &mut dyn Host, value: &Value) -> R<Option<FromClause>> {
    match element_of(host, value)? {
        Some(Element::From(from)) => Ok(Some(from)),
        _ => Ok(None),
    }
}

fn exported(host: &mut dyn Host, name: &str) -> R<Value> {
    let sqlalchemy = host.import("sqlalchemy")?;
    host.get_attr(&Value::Module(sqlalchemy), &intern(name))
}

/// `Column(*positional, **keywords)`.
pub fn make_column(host: &mut dyn Host, positional: &[Value], keywords: &[(Str, Value)]) -> R<Rc<Column>> {
    let class = exported(host, "Column")?;
    let names: Vec<Str> = keywords.iter().map(|(name, _)| name.clone()).collect();
    let values: Vec<Value> = keywords.iter().map(|(_, value)| value.clone()).collect();
    let made = host.call(&class, CallArgs { positional, names: &names, keywords: &values })?;
    let column = column_of(host, &made)?;
    Ok(column.expect("Column() makes a column"))
}

/// The column type that an object of the language stands for (`String`, `String(30)`).
pub fn type_of(host: &mut dyn Host, value: &Value) -> R<Type> {
    Ok(make_column(host, std::slice::from_ref(value), &[])?.ty())
}

/// A type class that `sqlalchemy` exports.
pub fn type_class(host: &mut dyn Host, name: &str) -> R<Value> {
    exported(host, name)
}

/// `Table(name, metadata, *arguments, **keywords)`.
pub fn make_table(host: &mut dyn Host, positional: &[Value], keywords: &[(Str, Value)]) -> R<Value> {
    let class = exported(host, "Table")?;
    let names: Vec<Str> = keywords.iter().map(|(name, _)| name.clone()).collect();
    let values: Vec<Value> = keywords.iter().map(|(_, value)| value.clone()).collect();
    host.call(&class, CallArgs { positional, names: &names, keywords: &values })
}

/// A native function that closes over data; the data comes before its arguments.
pub fn closure(row: &'static Row, data: Value) -> Value {
    Value::Native(Gc::new(NativeFunction { row, receiver: Value::Unset, owner: Value::Unset, data }))
}

/// Whether an object is a `Column`.
pub fn is_column(value: &Value) -> bool {
    value.as_instance().is_some_and(|instance| instance.class().native.name == "Column")
}

/// A class that native code made: nothing of it is mapped.
pub fn is_native_class(class: &Gc<Class>) -> bool {
    std::ptr::eq(&*native_class(class.native), &**class)
}

/// The namespace of the module that a class was written in.
pub fn module_globals(host: &mut dyn Host, class: &Gc<Class>) -> R<Option<Gc<Dict>>> {
    let Some(Value::Str(name)) = class.dict.get("__module__") else { return Ok(None) };
    let sys = host.import("sys")?;
    let modules = host.get_attr(&Value::Module(sys), &intern("modules"))?;
    let Value::Dict(modules) = modules else { return Ok(None) };
    Ok(match modules.get(&name) {
        Some(Value::Module(module)) => Some(module.dict.clone()),
        _ => None,
    })
}

/// The fields of a dataclass, with their annotations.
pub fn dataclass_fields(host: &mut dyn Host, class: &Value) -> R<Vec<(Str, Value)>> {
    let Some(fields) = host.find_attr(class, &intern("__dataclass_fields__"))? else { return Ok(Vec::new()) };
    let Value::Dict(fields) = fields else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (name, field) in fields.to_vec() {
        if let Value::Str(name) = name {
            let python_type = host.find_attr(&field, &intern("type"))?.unwrap_or(Value::None);
            found.push((intern(&name), python_type));
        }
    }
    Ok(found)
}
