//! `.c`: columns by key, in order.
//!
//! Owns the collection. Must not know what it belongs to.

use super::objects::expr_value;
use crate::diag::builtin::{ATTRIBUTE_ERROR, INDEX_ERROR, KEY_ERROR, TYPE_ERROR};
use crate::python::value::{
    CompareOp, Host, Native, NativeType, ParamDefault, R, Raised, Row, Slots, Str, Value, param,
};
use crate::sql::expr::{Expr, ExprNode};

pub struct Columns(pub Vec<(Str, Expr)>);

impl Native for Columns {}

pub static COLUMN_COLLECTION: NativeType = NativeType {
    doc: "Columns by key, in order.",
    methods: &[
        Row::method("keys", &[], "The keys.", "", |_, args| {
            Ok(Value::list(columns(&args[0]).iter().map(|(key, _)| Value::Str(key.clone())).collect()))
        }),
        Row::method("values", &[], "The columns.", "", |_, args| Ok(Value::list(all(&args[0])))),
        Row::method("items", &[], "Keys with their columns.", "", |_, args| {
            let pair =
                |(key, column): &(Str, Expr)| Value::tuple(vec![Value::Str(key.clone()), expr_value(column)]);
            Ok(Value::list(columns(&args[0]).iter().map(pair).collect()))
        }),
        Row::method(
            "get",
            &[param::req("key"), param::opt("default", ParamDefault::None)],
            "The column of a key, or the default.",
            "",
            |_, args| Ok(find(&args[0], &args[1]).unwrap_or_else(|| args[2].clone())),
        ),
        Row::method(
            "contains_column",
            &[param::req("col")],
            "Whether the column is among them.",
            "",
            |host, args| {
                let wanted = super::objects::expr_of(host, &args[1])?;
                let found = wanted.is_some_and(|wanted| {
                    columns(&args[0]).iter().any(|(_, one)| ExprNode::same(one, &wanted))
                });
                Ok(Value::Bool(found))
            },
        ),
        Row::method(
            "corresponding_column",
            &[param::req("column"), param::opt("require_embedded", ParamDefault::Bool(false))],
            "The column that stands for another.",
            "",
            |host, args| {
                let Some(wanted) = super::objects::expr_of(host, &args[1])? else { return Ok(Value::None) };
                let lineage = |one: &Expr| {
                    ExprNode::same(one, &wanted)
                        || match (one.base_column(), wanted.base_column()) {
                            (Some(one), Some(other)) => std::rc::Rc::ptr_eq(&one, &other),
                            _ => false,
                        }
                };
                let found = columns(&args[0]).iter().find(|(_, one)| lineage(one));
                Ok(found.map_or(Value::None, |(_, one)| expr_value(one)))
            },
        ),
        Row::method("as_readonly", &[], "Itself.", "", |_, args| Ok(args[0].clone())),
    ],
    slots: Slots {
        len: Some(|_, value| Ok(columns(value).len())),
        iter: Some(|host, value| host.iter(&Value::list(all(value)))),
        contains: Some(contains),
        get_item: Some(get_item),
        get_attr: Some(get_attr),
        str: Some(shown),
        truth: Some(|_, _| Ok(true)),
        compare: Some(compare),
        hash: Some(|_, value| Ok((value.id() >> 4) as i64)),
        dir: Some(|_, value| Ok(columns(value).iter().map(|(key, _)| key.clone()).collect())),
        ..Slots::NONE
    },
    ..NativeType::plain("ReadOnlyColumnCollection", "sqlalchemy.sql.base")
};

fn columns(value: &Value) -> &[(Str, Expr)] {
    value.payload::<Columns>().map_or(&[], |columns| &columns.0)
}

fn all(value: &Value) -> Vec<Value> {
    columns(value).iter().map(|(_, column)| expr_value(column)).collect()
}

fn find(value: &Value, key: &Value) -> Option<Value> {
    let columns = columns(value);
    match key {
        Value::Str(key) => {
            columns.iter().find(|(known, _)| known == key).map(|(_, column)| expr_value(column))
        }
        Value::Int(index) => {
            let place = if *index < 0 { index + columns.len() as i64 } else { *index };
            columns.get(usize::try_from(place).ok()?).map(|(_, column)| expr_value(column))
        }
        _ => None,
    }
}

fn get_item(host: &mut dyn Host, value: &Value, key: &Value) -> R<Value> {
    match key {
        Value::Tuple(keys) => {
            let columns = columns(value);
            let mut picked = Vec::new();
            for key in keys.as_slice() {
                let Value::Str(key) = key else { continue };
                match columns.iter().find(|(known, _)| known == key) {
                    Some(found) => picked.push(found.clone()),
                    None => return Err(Raised::new(&KEY_ERROR, format!("'{key}'"))),
                }
            }
            Ok(super::objects::collection_value(picked))
        }
        Value::Str(_) | Value::Int(_) => match find(value, key) {
            Some(column) => Ok(column),
            None if matches!(key, Value::Int(_)) => {
                let shown = host.repr(key)?;
                Err(Raised::new(&INDEX_ERROR, shown.to_string()))
            }
            None => {
                let shown = host.repr(key)?;
                Err(Raised::new(&KEY_ERROR, shown.to_string()))
            }
        },
        other => {
            let shown = host.repr(other)?;
            Err(Raised::new(&KEY_ERROR, shown.to_string()))
        }
    }
}

fn get_attr(_host: &mut dyn Host, value: &Value, name: &Str) -> R<Option<Value>> {
    if name.starts_with("__") {
        return Ok(None);
    }
    match find(value, &Value::Str(name.clone())) {
        Some(column) => Ok(Some(column)),
        None => Err(Raised::new(&ATTRIBUTE_ERROR, name.to_string())),
    }
}

fn contains(_host: &mut dyn Host, value: &Value, key: &Value) -> R<bool> {
    match key {
        Value::Str(key) => Ok(columns(value).iter().any(|(known, _)| known == key)),
        _ => Err(Raised::new(&TYPE_ERROR, "__contains__ requires a string argument")),
    }
}

fn compare(_host: &mut dyn Host, op: CompareOp, value: &Value, other: &Value) -> R<Value> {
    let Some(others) = other.payload::<Columns>() else { return Ok(Value::NotImplemented) };
    let mine = columns(value);
    let same = mine.len() == others.0.len()
        && mine.iter().zip(&others.0).all(|((_, one), (_, other))| ExprNode::same(one, other));
    match op {
        CompareOp::Eq => Ok(Value::Bool(same)),
        CompareOp::Ne => Ok(Value::Bool(!same)),
        _ => Ok(Value::NotImplemented),
    }
}

fn shown(host: &mut dyn Host, value: &Value) -> R<Str> {
    let mut shown = Vec::new();
    for column in all(value) {
        shown.push(host.str(&column)?.to_string());
    }
    Ok(Str::new(&format!("ReadOnlyColumnCollection({})", shown.join(", "))))
}
