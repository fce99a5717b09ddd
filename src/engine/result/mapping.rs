//! `RowMapping`: a row as a mapping from names to values, and the views of keys, values and items.
//!
//! Owns both. Must not know results.

use std::rc::Rc;

use super::keys::RowKeys;
use super::row::{RowData, data};
use crate::python::value::{
    CompareOp, Dict, Gc, Host, Native, NativeType, ParamDefault, R, Row as FunctionRow, Slots, Str, Value,
    Visitor, param,
};

pub static ROW_MAPPING: NativeType = NativeType {
    doc: "A row as a mapping from names to values.",
    methods: &[
        FunctionRow::method("keys", &[], "The names of the columns.", "", keys),
        FunctionRow::method("values", &[], "The values.", "", values),
        FunctionRow::method("items", &[], "Pairs of name and value.", "", items),
        FunctionRow::method(
            "get",
            &[param::req("key"), param::opt("default", ParamDefault::None)],
            "The value of a name, or a default.",
            "",
            get,
        ),
    ],
    slots: Slots {
        repr: Some(|host, row| {
            let dict = as_dict(data(row));
            host.repr(&dict)
        }),
        truth: Some(|_, row| Ok(!data(row).values.is_empty())),
        compare: Some(compare),
        len: Some(|_, row| Ok(data(row).values.len())),
        get_item: Some(|host, row, key| {
            let row = data(row);
            let place = row.keys.key(host, key)?;
            Ok(row.values[place].clone())
        }),
        contains: Some(|host, row, key| Ok(data(row).keys.find(host, key)?.is_some())),
        iter: Some(|host, row| {
            let names = names(&data(row).keys);
            host.iter(&Value::list(names))
        }),
        ..Slots::NONE
    },
    is_base: false,
    ..NativeType::plain("RowMapping", "sqlalchemy.engine.row")
};

fn names(keys: &RowKeys) -> Vec<Value> {
    keys.names().iter().cloned().map(Value::Str).collect()
}

/// The row as a dictionary.
pub(super) fn as_dict(row: &RowData) -> Value {
    let dict = Dict::new();
    for (name, value) in row.keys.names().iter().zip(&row.values) {
        dict.set_str(name, value.clone());
    }
    Value::Dict(Gc::new(dict))
}

fn compare(host: &mut dyn Host, op: CompareOp, row: &Value, other: &Value) -> R<Value> {
    let left = as_dict(data(row));
    match other.payload::<RowData>() {
        Some(other) => host.compare(op, &left, &as_dict(other)),
        None => host.compare(op, &left, other),
    }
}

fn get(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let row = data(&args[0]);
    match row.keys.find(host, &args[1])? {
        Some(place) => Ok(row.values[place].clone()),
        None => Ok(args[2].clone()),
    }
}

fn keys(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(key_view(&data(&args[0]).keys))
}

fn values(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let items = data(&args[0]).values.to_vec();
    Ok(Value::native(&VALUES_VIEW, View { mapping: args[0].clone(), items }))
}

fn items(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let row = data(&args[0]);
    let pairs = row.keys.names().iter().zip(&row.values);
    let items =
        pairs.map(|(name, value)| Value::tuple(vec![Value::Str(name.clone()), value.clone()])).collect();
    Ok(Value::native(&ITEMS_VIEW, View { mapping: args[0].clone(), items }))
}

/// What `values()` and `items()` give.
struct View {
    mapping: Value,
    items: Vec<Value>,
}

impl Native for View {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.mapping.trace(visitor);
        self.items.iter().for_each(|item| item.trace(visitor));
    }
}

fn view(value: &Value) -> &View {
    value.payload::<View>().expect("slots of a view are called with views")
}

fn view_repr(host: &mut dyn Host, value: &Value) -> R<Str> {
    let name = host.class_of(value).name.borrow().clone();
    let shown = host.repr(&view(value).mapping)?;
    Ok(Str::new(&format!("{name}({shown})")))
}

const VIEW_SLOTS: Slots = Slots {
    repr: Some(view_repr),
    len: Some(|_, value| Ok(view(value).items.len())),
    iter: Some(|host, value| host.iter(&Value::list(view(value).items.clone()))),
    contains: Some(|host, value, item| host.contains(&Value::list(view(value).items.clone()), item)),
    compare: Some(|host, op, value, other| {
        let left = Value::list(view(value).items.clone());
        let right = Value::list(host.collect(other)?);
        host.compare(op, &left, &right)
    }),
    ..Slots::NONE
};

static VALUES_VIEW: NativeType = NativeType {
    slots: VIEW_SLOTS,
    is_base: false,
    ..NativeType::plain("ROMappingKeysValuesView", "sqlalchemy.engine.row")
};
static ITEMS_VIEW: NativeType = NativeType {
    slots: VIEW_SLOTS,
    is_base: false,
    ..NativeType::plain("ROMappingItemsView", "sqlalchemy.engine.row")
};

/// What `result.keys()` gives.
struct KeyView(Rc<RowKeys>);

impl Native for KeyView {}

pub(super) fn key_view(keys: &Rc<RowKeys>) -> Value {
    Value::native(&KEY_VIEW, KeyView(keys.clone()))
}

fn key_names(value: &Value) -> Value {
    Value::list(value.payload::<KeyView>().map(|view| names(&view.0)).unwrap_or_default())
}

pub static KEY_VIEW: NativeType = NativeType {
    doc: "The names of a result's columns.",
    slots: Slots {
        repr: Some(|host, value| {
            let shown = host.repr(&key_names(value))?;
            Ok(Str::new(&format!("RMKeyView({shown})")))
        }),
        len: Some(|_, value| Ok(value.payload::<KeyView>().map_or(0, |view| view.0.len()))),
        iter: Some(|host, value| host.iter(&key_names(value))),
        contains: Some(|host, value, key| match (value.payload::<KeyView>(), key) {
            (_, Value::Int(_) | Value::Bool(_)) | (None, _) => Ok(false),
            (Some(view), key) => Ok(view.0.find(host, key)?.is_some()),
        }),
        compare: Some(|host, op, value, other| {
            let right = Value::list(host.collect(other)?);
            host.compare(op, &key_names(value), &right)
        }),
        ..Slots::NONE
    },
    is_base: false,
    ..NativeType::plain("RMKeyView", "sqlalchemy.engine.result")
};
