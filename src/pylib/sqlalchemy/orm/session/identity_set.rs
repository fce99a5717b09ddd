//! `IdentitySet`: objects told apart by what they are, not by what they equal.
//!
//! Owns the type. Must not know sessions.

use std::cell::RefCell;

use crate::python::value::{
    CompareOp, Gc, Host, Instance, Native, NativeType, R, Row, Slots, Str, Value, Visitor, param,
};

/// The members in the order in which they came.
struct SetData(RefCell<Vec<Value>>);

impl Native for SetData {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        match self.0.try_borrow() {
            Ok(items) => items.iter().for_each(|item| item.trace(visitor)),
            Err(_) => visitor.busy(),
        }
    }
    fn clear(&self) {
        drop(self.0.take());
    }
}

pub fn value(instances: Vec<Gc<Instance>>) -> Value {
    of(instances.into_iter().map(Value::Instance).collect())
}

fn of(items: Vec<Value>) -> Value {
    let mut kept: Vec<Value> = Vec::with_capacity(items.len());
    let mut known = rustc_hash::FxHashSet::default();
    for item in items {
        if known.insert(item.id()) {
            kept.push(item);
        }
    }
    Value::native(&IDENTITY_SET, SetData(RefCell::new(kept)))
}

fn items(value: &Value) -> Vec<Value> {
    value.payload::<SetData>().map(|data| data.0.borrow().clone()).unwrap_or_default()
}

fn has(values: &[Value], item: &Value) -> bool {
    values.iter().any(|value| value.is(item))
}

/// The members of another set, or of anything that can be iterated.
fn others(host: &mut dyn Host, value: &Value) -> R<Vec<Value>> {
    if value.payload::<SetData>().is_some() { Ok(items(value)) } else { host.collect(value) }
}

static IDENTITY_SET: NativeType = NativeType {
    doc: "A set that tells its members apart by identity.",
    methods: &[
        Row::method("add", &[param::req("value")], "Adds a member.", "", |_, args| {
            if let Some(data) = args[0].payload::<SetData>() {
                let mut items = data.0.borrow_mut();
                if !has(&items, &args[1]) {
                    items.push(args[1].clone());
                }
            }
            Ok(Value::None)
        }),
        Row::method("discard", &[param::req("value")], "Takes a member out.", "", |_, args| {
            if let Some(data) = args[0].payload::<SetData>() {
                data.0.borrow_mut().retain(|item| !item.is(&args[1]));
            }
            Ok(Value::None)
        }),
        Row::method("union", &[param::req("iterable")], "Members of either.", "", |host, args| {
            let mut all = items(&args[0]);
            all.extend(others(host, &args[1])?);
            Ok(of(all))
        }),
        Row::method(
            "difference",
            &[param::req("iterable")],
            "Members of this one only.",
            "",
            |host, args| {
                let other = others(host, &args[1])?;
                Ok(of(items(&args[0]).into_iter().filter(|item| !has(&other, item)).collect()))
            },
        ),
        Row::method("intersection", &[param::req("iterable")], "Members of both.", "", |host, args| {
            let other = others(host, &args[1])?;
            Ok(of(items(&args[0]).into_iter().filter(|item| has(&other, item)).collect()))
        }),
        Row::method(
            "issubset",
            &[param::req("iterable")],
            "Whether the other has all members.",
            "",
            |host, args| {
                let other = others(host, &args[1])?;
                Ok(Value::Bool(items(&args[0]).iter().all(|item| has(&other, item))))
            },
        ),
        Row::method(
            "issuperset",
            &[param::req("iterable")],
            "Whether it has all of the other.",
            "",
            |host, args| {
                let mine = items(&args[0]);
                Ok(Value::Bool(others(host, &args[1])?.iter().all(|item| has(&mine, item))))
            },
        ),
        Row::method("copy", &[], "A copy.", "", |_, args| Ok(of(items(&args[0])))),
    ],
    slots: Slots {
        repr: Some(|host, value| {
            let mut parts = Vec::new();
            for item in items(value) {
                parts.push(host.repr(&item)?.to_string());
            }
            Ok(Str::new(&format!("IdentitySet([{}])", parts.join(", "))))
        }),
        len: Some(|_, value| Ok(items(value).len())),
        contains: Some(|_, value, item| Ok(has(&items(value), item))),
        iter: Some(|host, value| host.iter(&Value::list(items(value)))),
        compare: Some(|_, op, left, right| {
            if right.payload::<SetData>().is_none() {
                return Ok(match op {
                    CompareOp::Eq => Value::Bool(false),
                    CompareOp::Ne => Value::Bool(true),
                    _ => Value::NotImplemented,
                });
            }
            let (mine, theirs) = (items(left), items(right));
            let (within, around) =
                (mine.iter().all(|item| has(&theirs, item)), theirs.iter().all(|item| has(&mine, item)));
            Ok(Value::Bool(match op {
                CompareOp::Eq => within && around,
                CompareOp::Ne => !(within && around),
                CompareOp::Le => within,
                CompareOp::Lt => within && !around,
                CompareOp::Ge => around,
                CompareOp::Gt => around && !within,
            }))
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("IdentitySet", "sqlalchemy.util._collections")
};
