//! `Bundle`: several columns as one item of a row.
//!
//! Owns the type and its rows. Must not know statements.

use std::rc::Rc;

use crate::engine::result::{KeyStyle, RowKeys, make_row};
use crate::orm::query::bundle::{BundleData, BundleElement};
use crate::python::value::{CallArgs, Class, Gc, Host, Instance, NativeType, R, Slots, Str, Value, intern};
use crate::sql::entity::Element;

pub static BUNDLE: NativeType = NativeType {
    doc: "Several columns under one name.",
    slots: Slots { new: Some(new), init: Some(|_, _, _| Ok(())), get_attr: Some(get_attr), ..Slots::NONE },
    has_dict: true,
    ..NativeType::plain("Bundle", "sqlalchemy.orm.util")
};

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let name = args.positional.first().and_then(Value::as_str).map_or_else(|| Str::new("bundle"), Str::new);
    let single_entity = match args.keyword("single_entity") {
        Some(value) => host.truth(value)?,
        None => false,
    };
    let items = args.positional.get(1..).unwrap_or(&[]).to_vec();
    let data = BundleData { name, items, single_entity };
    Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(data))))
}

pub fn element(_host: &mut dyn Host, value: &Value) -> R<Option<Element>> {
    Ok(Some(Element::Orm(Rc::new(BundleElement(value.clone())))))
}

/// `bundle.c`: the bundle itself, whose attributes are its columns.
fn get_attr(host: &mut dyn Host, value: &Value, name: &Str) -> R<Option<Value>> {
    let Some(data) = value.payload::<BundleData>() else { return Ok(None) };
    match &**name {
        "c" | "columns" => return Ok(Some(value.clone())),
        "name" => return Ok(Some(Value::Str(data.name.clone()))),
        _ => {}
    }
    for item in &data.items {
        if let Some(nested) = item.payload::<BundleData>() {
            if nested.name == *name {
                return Ok(Some(item.clone()));
            }
            continue;
        }
        let key = host.find_attr(item, &intern("key"))?;
        if key.as_ref().and_then(Value::as_str) == Some(&**name) {
            return Ok(Some(item.clone()));
        }
    }
    Ok(None)
}

/// One bundle of a row: a row of its own, or what a subclass makes of it.
pub fn row(_host: &mut dyn Host, _bundle: &Value, names: &[Str], values: Vec<Value>) -> R<Value> {
    let keys = RowKeys::new(names.to_vec(), KeyStyle::Simple);
    Ok(make_row(&keys, values))
}
