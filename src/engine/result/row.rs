//! `Row`: a named tuple of a result.
//!
//! Owns its attributes, comparison and repr. Must not know results.

use std::fmt::Write as _;
use std::rc::Rc;

use super::errors;
use super::keys::RowKeys;
use super::mapping;
use crate::python::value::{
    Class, CompareOp, Gc, Getter, Host, Instance, Native, NativeFunction, NativeType, ParamDefault, R,
    Row as FunctionRow, Slots, Str, Value, Visitor, native_class, param,
};

/// The payload of rows and of their mappings.
pub struct RowData {
    pub keys: Rc<RowKeys>,
    pub values: Box<[Value]>,
}

impl Native for RowData {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.values.iter().for_each(|value| value.trace(visitor));
    }
}

/// A row of those values.
pub fn make_row(keys: &Rc<RowKeys>, values: Vec<Value>) -> Value {
    make_row_of(&row_class(), keys, values.into_boxed_slice())
}

/// The class of rows, for whoever makes many.
pub fn row_class() -> Gc<Class> {
    native_class(&ROW)
}

/// A row of those values; `class` is `row_class()`. Rows of plain values are no business of the collector's.
#[inline]
pub fn make_row_of(class: &Gc<Class>, keys: &Rc<RowKeys>, values: Box<[Value]>) -> Value {
    let tracked = values.iter().any(Value::is_tracked);
    let data = Box::new(RowData { keys: keys.clone(), values });
    Value::Instance(match tracked {
        true => Instance::with_payload(class.clone(), data),
        false => Instance::plain(class.clone(), Vec::new(), data),
    })
}

pub(super) fn data(row: &Value) -> &RowData {
    row.payload::<RowData>().expect("methods of a row are called with rows")
}

fn tuple(row: &Value) -> Value {
    Value::tuple(data(row).values.to_vec())
}

pub static ROW: NativeType = NativeType {
    doc: "One row of a result: a named tuple.",
    methods: &[
        FunctionRow::method("_asdict", &[], "The row as a dictionary.", "", asdict),
        FunctionRow::method("_tuple", &[], "The row itself, typed as a tuple.", "", itself),
        FunctionRow::method("tuple", &[], "The row itself, typed as a tuple.", "", itself),
        FunctionRow::method("_to_tuple_instance", &[], "The row as a plain tuple.", "", to_tuple),
    ],
    getters: &[
        Getter {
            name: "_mapping",
            doc: "The row as a mapping from names to values.",
            get: get_mapping,
            set: None,
        },
        Getter { name: "_fields", doc: "The names of the columns.", get: get_fields, set: None },
        Getter { name: "_data", doc: "The values.", get: |_, row| Ok(tuple(row)), set: None },
        Getter { name: "_t", doc: "The row itself.", get: |_, row| Ok(row.clone()), set: None },
        Getter { name: "t", doc: "The row itself.", get: get_t, set: None },
        Getter { name: "count", doc: "How often a value occurs.", get: get_count, set: None },
        Getter { name: "index", doc: "Where a value occurs first.", get: get_index, set: None },
    ],
    slots: Slots {
        repr: Some(repr),
        hash: Some(|host, row| host.hash(&tuple(row))),
        truth: Some(|_, row| Ok(!data(row).values.is_empty())),
        compare: Some(compare),
        len: Some(|_, row| Ok(data(row).values.len())),
        get_item: Some(get_item),
        contains: Some(|host, row, item| host.contains(&tuple(row), item)),
        iter: Some(|host, row| host.iter(&tuple(row))),
        items: Some(|row| &data(row).values),
        get_attr: Some(get_attr),
        set_attr: Some(|_, _, _, _| Err(errors::cannot_set().into())),
        del_attr: Some(|_, _, _| Err(errors::cannot_delete().into())),
        dir: Some(|_, row| Ok(data(row).keys.names().to_vec())),
        ..Slots::NONE
    },
    is_base: false,
    ..NativeType::plain("Row", "sqlalchemy.engine.row")
};

fn repr(host: &mut dyn Host, row: &Value) -> R<Str> {
    const MOST: usize = 300;
    let values = &data(row).values;
    let mut out = String::from("(");
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        let text = host.repr(value)?;
        let count = text.chars_len();
        if count > MOST {
            let left: String = text.chars().take(MOST / 2).collect();
            let right: String = text.chars().skip(count - MOST / 2).collect();
            let _ = write!(out, "{left} ... ({} characters truncated) ... {right}", count - MOST);
        } else {
            out.push_str(&text);
        }
    }
    out.push_str(if values.len() == 1 { ",)" } else { ")" });
    Ok(Str::new(&out))
}

fn compare(host: &mut dyn Host, op: CompareOp, row: &Value, other: &Value) -> R<Value> {
    let left = tuple(row);
    match other.payload::<RowData>() {
        Some(_) => host.compare(op, &left, &tuple(other)),
        None => host.compare(op, &left, other),
    }
}

fn get_item(host: &mut dyn Host, row: &Value, key: &Value) -> R<Value> {
    let values = &data(row).values;
    match key {
        Value::Int(number) => {
            let place = if *number < 0 { number + values.len() as i64 } else { *number };
            let found = usize::try_from(place).ok().and_then(|place| values.get(place));
            found.cloned().ok_or_else(|| errors::index_range().into())
        }
        Value::Bool(_) | Value::Slice(_) | Value::Instance(_) => host.get_item(&tuple(row), key),
        _ => {
            let kind = host.class_of(key).name.borrow().clone();
            Err(errors::index_type(&kind).into())
        }
    }
}

fn get_attr(_host: &mut dyn Host, row: &Value, name: &Str) -> R<Option<Value>> {
    let row = data(row);
    if name.starts_with("__") {
        return Ok(None);
    }
    let place = row.keys.attribute(name)?;
    Ok(Some(row.values[place].clone()))
}

fn get_mapping(_host: &mut dyn Host, row: &Value) -> R<Value> {
    let row = data(row);
    let data = RowData { keys: row.keys.clone(), values: row.values.clone() };
    Ok(Value::native(&mapping::ROW_MAPPING, data))
}

fn get_fields(_host: &mut dyn Host, row: &Value) -> R<Value> {
    Ok(Value::tuple(data(row).keys.names().iter().cloned().map(Value::Str).collect()))
}

/// Names that a column may have, too: the column goes first.
fn special(row: &Value, name: &str, method: &'static FunctionRow) -> R<Value> {
    let payload = data(row);
    if payload.keys.has_name(name) {
        let place = payload.keys.attribute(&crate::python::value::intern(name))?;
        return Ok(payload.values[place].clone());
    }
    let owner = Value::Class(crate::python::value::native_class(&ROW));
    let bound = NativeFunction { row: method, receiver: Value::Unset, owner, data: row.clone() };
    Ok(Value::Native(crate::python::value::Gc::new(bound)))
}

fn get_t(_host: &mut dyn Host, row: &Value) -> R<Value> {
    let payload = data(row);
    if payload.keys.has_name("t") {
        let place = payload.keys.attribute(&crate::python::value::intern("t"))?;
        return Ok(payload.values[place].clone());
    }
    Ok(row.clone())
}

fn get_count(_host: &mut dyn Host, row: &Value) -> R<Value> {
    special(row, "count", &COUNT)
}

fn get_index(_host: &mut dyn Host, row: &Value) -> R<Value> {
    special(row, "index", &INDEX)
}

/// What both methods are called; the name that was asked for does not show.
const METHOD_NAME: &str = "_special_name_accessor.<locals>.go.<locals>.meth";

static COUNT: FunctionRow =
    FunctionRow::function(METHOD_NAME, &[param::pos("value")], "How often a value occurs.", "", count);
static INDEX: FunctionRow = FunctionRow::function(
    METHOD_NAME,
    &[
        param::pos("value"),
        param::pos_opt("start", ParamDefault::Int(0)),
        param::pos_opt("stop", ParamDefault::None),
    ],
    "Where a value occurs first.",
    "",
    index,
);

fn count(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut found = 0;
    for value in &data(&args[0]).values {
        found += i64::from(host.eq(value, &args[1])?);
    }
    Ok(Value::Int(found))
}

fn index(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let whole = tuple(&args[0]);
    if let Value::Tuple(items) = &whole {
        for (place, value) in items.as_slice().iter().enumerate() {
            if host.eq(value, &args[1])? {
                return Ok(Value::Int(place as i64));
            }
        }
    }
    Err(errors::not_in_row().into())
}

fn itself(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(args[0].clone())
}

fn to_tuple(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(tuple(&args[0]))
}

fn asdict(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(mapping::as_dict(data(&args[0])))
}
