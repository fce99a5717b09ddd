//! `History`: the named tuple of what an attribute gained, kept and lost.
//!
//! Owns the type and which of its parts are lists. Must not know how history is worked out.

use crate::orm::attribute::{Attribute, AttributeKind};
use crate::orm::history::History;
use crate::orm::identity::Mapped;
use crate::python::value::{
    BinaryOp, CompareOp, Getter, Host, Native, NativeType, R, Row, Slots, Str, Value, Visitor,
};

struct HistoryData {
    added: Value,
    unchanged: Value,
    deleted: Value,
}

impl Native for HistoryData {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.parts().iter().for_each(|part| part.trace(visitor));
    }
}

impl HistoryData {
    fn parts(&self) -> [Value; 3] {
        [self.added.clone(), self.unchanged.clone(), self.deleted.clone()]
    }
}

/// A collection with changes has three lists; everywhere else an empty part is an empty tuple.
pub fn value(mapped: &Mapped, attribute: &Attribute, history: History) -> Value {
    let slot = attribute.slot();
    let compared = attribute.kind == AttributeKind::Collection
        && slot.and_then(|slot| mapped.state().committed(slot)).is_some_and(|before| !before.is_unset());
    let loaded = attribute.kind == AttributeKind::Collection
        && slot.is_some_and(|slot| !mapped.instance().slot(slot).is_unset());
    let changed = slot.is_some_and(|slot| mapped.state().is_changed(slot));
    let part = |values: Vec<Value>, is_list: bool| {
        if values.is_empty() && !is_list { Value::tuple(values) } else { Value::list(values) }
    };
    let data = HistoryData {
        added: part(history.added, compared || (loaded && changed)),
        unchanged: part(history.unchanged, compared || (loaded && !changed)),
        deleted: part(history.deleted, compared),
    };
    Value::native(&HISTORY, data)
}

fn data(value: &Value) -> &HistoryData {
    value.payload::<HistoryData>().expect("methods of a history are called with histories")
}

fn length(host: &mut dyn Host, part: &Value) -> R<usize> {
    host.len(part)
}

fn joined(host: &mut dyn Host, parts: &[&Value]) -> R<Value> {
    let mut all = Vec::new();
    for part in parts {
        all.extend(host.collect(part)?);
    }
    Ok(Value::list(all))
}

fn as_tuple(value: &Value) -> Value {
    Value::tuple(data(value).parts().to_vec())
}

const fn getter(name: &'static str, doc: &'static str, get: fn(&mut dyn Host, &Value) -> R<Value>) -> Getter {
    Getter { name, doc, get, set: None }
}

pub static HISTORY: NativeType = NativeType {
    doc: "What an attribute gained, kept and lost since the last flush.",
    methods: &[
        Row::method("empty", &[], "Whether there is nothing at all.", "", |host, args| {
            let [added, unchanged, deleted] = data(&args[0]).parts();
            let total = length(host, &added)? + length(host, &unchanged)? + length(host, &deleted)?;
            Ok(Value::Bool(total == 0))
        }),
        Row::method("has_changes", &[], "Whether anything came or went.", "", |host, args| {
            let [added, _, deleted] = data(&args[0]).parts();
            Ok(Value::Bool(length(host, &added)? + length(host, &deleted)? > 0))
        }),
        Row::method("sum", &[], "All parts as one list.", "", |host, args| {
            let [added, unchanged, deleted] = data(&args[0]).parts();
            joined(host, &[&added, &unchanged, &deleted])
        }),
        Row::method("non_deleted", &[], "What is there.", "", |host, args| {
            let [added, unchanged, _] = data(&args[0]).parts();
            joined(host, &[&added, &unchanged])
        }),
        Row::method("non_added", &[], "What was there.", "", |host, args| {
            let [_, unchanged, deleted] = data(&args[0]).parts();
            joined(host, &[&unchanged, &deleted])
        }),
    ],
    getters: &[
        getter("added", "What came.", |_, value| Ok(data(value).added.clone())),
        getter("unchanged", "What stayed.", |_, value| Ok(data(value).unchanged.clone())),
        getter("deleted", "What went.", |_, value| Ok(data(value).deleted.clone())),
    ],
    slots: Slots {
        repr: Some(|host, value| {
            let [added, unchanged, deleted] = data(value).parts();
            let (added, unchanged, deleted) =
                (host.repr(&added)?, host.repr(&unchanged)?, host.repr(&deleted)?);
            Ok(Str::new(&format!("History(added={added}, unchanged={unchanged}, deleted={deleted})")))
        }),
        truth: Some(|host, value| {
            for part in data(value).parts() {
                if length(host, &part)? > 0 {
                    return Ok(true);
                }
            }
            Ok(false)
        }),
        len: Some(|_, _| Ok(3)),
        iter: Some(|host, value| host.iter(&as_tuple(value))),
        get_item: Some(|host, value, key| host.get_item(&as_tuple(value), key)),
        contains: Some(|host, value, item| host.contains(&as_tuple(value), item)),
        hash: Some(|host, value| host.hash(&as_tuple(value))),
        binary: Some(|host, op, value, other, reflected| {
            let mine = as_tuple(value);
            match (op, reflected) {
                (BinaryOp::Add, false) => host.binary(op, &mine, other),
                (BinaryOp::Add, true) => host.binary(op, other, &mine),
                _ => Ok(Value::NotImplemented),
            }
        }),
        compare: Some(|host, op, value, other| {
            let mine = as_tuple(value);
            let theirs =
                if other.payload::<HistoryData>().is_some() { as_tuple(other) } else { other.clone() };
            match (op, &theirs) {
                (_, Value::Tuple(_)) => host.compare(op, &mine, &theirs),
                (CompareOp::Eq, _) => Ok(Value::Bool(false)),
                (CompareOp::Ne, _) => Ok(Value::Bool(true)),
                _ => Ok(Value::NotImplemented),
            }
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("History", "sqlalchemy.orm.attributes")
};
