//! `inspect(instance)`: an instance's state as an object, its attributes with their histories.
//!
//! Owns the objects. Must not know sessions' insides or loading.

use std::rc::Rc;

use super::history;
use super::object::session_value;
use crate::diag::builtin::ATTRIBUTE_ERROR;
use crate::orm::attribute::{self, Attribute, AttributeKind, Passive};
use crate::orm::faces;
use crate::orm::history::get_history;
use crate::orm::identity::Mapped;
use crate::orm::session;
use crate::orm::state::Flag;
use crate::python::value::{
    CompareOp, Dict, Gc, Getter, Host, Native, NativeType, R, Raised, Row, Set, Slots, Str, Value, Visitor,
    intern,
};

/// The payload of a state object: the instance that it is about.
struct StateData(Mapped);

impl Native for StateData {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.gc(self.0.instance());
    }
}

/// The state of a mapped instance as an object; None for anything else.
pub fn value_of(instance: &Value) -> Option<Value> {
    Mapped::of_value(instance).map(|mapped| Value::native(&INSTANCE_STATE, StateData(mapped)))
}

/// The instance that a state object is about.
pub fn mapped_of(value: &Value) -> Option<&Mapped> {
    value.payload::<StateData>().map(|data| &data.0)
}

fn data(value: &Value) -> &Mapped {
    mapped_of(value).expect("attributes of a state are read from states")
}

/// `inspect()`'s part.
pub fn inspect(_host: &mut dyn Host, subject: &Value) -> R<Option<Value>> {
    Ok(value_of(subject))
}

const fn getter(name: &'static str, doc: &'static str, get: fn(&mut dyn Host, &Value) -> R<Value>) -> Getter {
    Getter { name, doc, get, set: None }
}

/// Attributes that hold values, in the order of the mapping.
fn attributes(mapped: &Mapped) -> Vec<Rc<Attribute>> {
    let mut all = mapped.mapper().attributes();
    all.retain(|attribute| attribute.kind != AttributeKind::Proxy);
    all
}

fn unloaded(host: &mut dyn Host, mapped: &Mapped, pick: impl Fn(&Attribute) -> bool) -> R<Value> {
    let set = Set::new(false);
    for attribute in attributes(mapped) {
        let slot = attribute.slot();
        let is_unloaded = slot
            .is_some_and(|slot| mapped.instance().slot(slot).is_unset() && !mapped.state().is_changed(slot));
        if is_unloaded && pick(&attribute) {
            host.set_add(&set, Value::Str(attribute.key.clone()))?;
        }
    }
    Ok(Value::Set(Gc::new(set)))
}

pub static INSTANCE_STATE: NativeType = NativeType {
    doc: "What the ORM knows of an instance.",
    methods: &[Row::method("obj", &[], "The instance.", "", |_, args| Ok(data(&args[0]).value()))],
    getters: &[
        getter("transient", "Without a session and a row.", |_, value| {
            Ok(Value::Bool(data(value).state().is_transient()))
        }),
        getter("pending", "In a session, without a row yet.", |_, value| {
            Ok(Value::Bool(data(value).state().is_pending()))
        }),
        getter("persistent", "In a session, with a row.", |_, value| {
            Ok(Value::Bool(data(value).state().is_persistent()))
        }),
        getter("deleted", "Deleted, not committed yet.", |_, value| {
            Ok(Value::Bool(data(value).state().is_deleted()))
        }),
        getter("was_deleted", "Its row was deleted.", |_, value| {
            Ok(Value::Bool(data(value).state().has(Flag::DELETED)))
        }),
        getter("detached", "With a row, without a session.", |_, value| {
            Ok(Value::Bool(data(value).state().is_detached()))
        }),
        getter("modified", "Changed since the last flush.", |_, value| {
            Ok(Value::Bool(data(value).state().is_modified()))
        }),
        getter("expired", "To be loaded anew.", |_, value| {
            Ok(Value::Bool(data(value).state().has(Flag::ROW_EXPIRED)))
        }),
        getter("has_identity", "Whether it has a row.", |_, value| {
            Ok(Value::Bool(data(value).state().has_identity()))
        }),
        getter("identity", "The primary key, or None.", |_, value| {
            Ok(data(value).state().key().map_or(Value::None, |key| key.identity()))
        }),
        getter("identity_key", "Class, primary key and token, or None.", identity_key),
        getter("key", "Class, primary key and token, or None.", identity_key),
        getter("identity_token", "Nothing here.", |_, _| Ok(Value::None)),
        getter("session", "The session, or None.", |_, value| {
            let session = session::session_of(data(value).state());
            Ok(session.map_or(Value::None, |session| session_value(&session)))
        }),
        getter("session_id", "The number of the session, or None.", |_, value| {
            let id = data(value).state().session_id();
            Ok(if id == 0 { Value::None } else { Value::Int(i64::from(id)) })
        }),
        getter("object", "The instance.", |_, value| Ok(data(value).value())),
        getter("class_", "The class.", |_, value| Ok(Value::Class(data(value).mapper().class.clone()))),
        getter("mapper", "The mapper.", |host, value| {
            let mapper = data(value).mapper().clone();
            faces::mapper(host, &mapper)
        }),
        getter("dict", "The loaded values.", dict),
        getter("attrs", "The attributes with values and histories.", |_, value| {
            Ok(Value::native(&ATTRIBUTE_STATES, StateData(data(value).clone())))
        }),
        getter("unloaded", "Attributes without a value.", |host, value| {
            unloaded(host, data(value), |_| true)
        }),
        getter("unloaded_expirable", "Attributes without a value.", |host, value| {
            unloaded(host, data(value), |_| true)
        }),
        getter("unmodified", "Attributes without changes.", |host, value| {
            let set = Set::new(false);
            for attribute in attributes(data(value)) {
                if !attribute.slot().is_some_and(|slot| data(value).state().is_changed(slot)) {
                    host.set_add(&set, Value::Str(attribute.key.clone()))?;
                }
            }
            Ok(Value::Set(Gc::new(set)))
        }),
        getter("expired_attributes", "Attributes to be loaded anew.", |host, value| {
            let set = Set::new(false);
            for slot in data(value).state().expired_slots() {
                if let Some(attribute) = data(value).mapper().attribute_at(slot) {
                    host.set_add(&set, Value::Str(attribute.key.clone()))?;
                }
            }
            Ok(Value::Set(Gc::new(set)))
        }),
        getter("committed_state", "Values before their first change.", |_, value| {
            let committed = Dict::new();
            for slot in data(value).state().changed_slots() {
                if let Some(attribute) = data(value).mapper().attribute_at(slot)
                    && let Some(before) = data(value).state().committed(slot)
                {
                    committed.set_str(&attribute.key, if before.is_unset() { Value::None } else { before });
                }
            }
            Ok(Value::Dict(Gc::new(committed)))
        }),
        getter("is_instance", "It is one.", |_, _| Ok(Value::Bool(true))),
        getter("is_mapper", "It is none.", |_, _| Ok(Value::Bool(false))),
        getter("insert_order", "The place among the session's new ones.", |_, value| {
            Ok(Value::Int(i64::from(data(value).state().insert_order())))
        }),
    ],
    slots: Slots {
        compare: Some(|_, op, left, right| {
            let same = mapped_of(right).is_some_and(|right| right.same(data(left)));
            Ok(match op {
                CompareOp::Eq => Value::Bool(same),
                CompareOp::Ne => Value::Bool(!same),
                _ => Value::NotImplemented,
            })
        }),
        hash: Some(|_, value| Ok(data(value).address() as i64 >> 4)),
        ..Slots::NONE
    },
    ..NativeType::plain("InstanceState", "sqlalchemy.orm.state")
};

fn identity_key(_host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(match data(value).state().key() {
        Some(key) => Value::tuple(vec![Value::Class(key.mapper.class.clone()), key.identity(), Value::None]),
        None => Value::None,
    })
}

fn dict(_host: &mut dyn Host, value: &Value) -> R<Value> {
    let mapped = data(value);
    let loaded = Dict::new();
    for attribute in attributes(mapped) {
        if let Some(slot) = attribute.slot() {
            let value = mapped.instance().slot(slot);
            if !value.is_unset() {
                loaded.set_str(&attribute.key, value);
            }
        }
    }
    Ok(Value::Dict(Gc::new(loaded)))
}

// `state.attrs`.

static ATTRIBUTE_STATES: NativeType = NativeType {
    methods: &[
        Row::method("keys", &[], "The names.", "", |_, args| {
            let names = attributes(data(&args[0])).iter().map(|one| Value::Str(one.key.clone())).collect();
            Ok(Value::list(names))
        }),
        Row::method("values", &[], "The attributes.", "", |_, args| {
            Ok(Value::list(all_states(data(&args[0]))))
        }),
        Row::method("items", &[], "Names with attributes.", "", |_, args| {
            let mapped = data(&args[0]);
            let pairs = attributes(mapped).into_iter().map(|one| {
                let key = Value::Str(one.key.clone());
                Value::tuple(vec![key, attribute_state(mapped, one)])
            });
            Ok(Value::list(pairs.collect()))
        }),
    ],
    slots: Slots {
        get_attr: Some(|_, value, name| {
            let mapped = data(value);
            Ok(find(mapped, name).map(|attribute| attribute_state(mapped, attribute)))
        }),
        get_item: Some(|host, value, key| {
            let mapped = data(value);
            let name = host.str(key)?;
            match find(mapped, &intern(&name)) {
                Some(attribute) => Ok(attribute_state(mapped, attribute)),
                None => Err(Raised::new(&crate::diag::builtin::KEY_ERROR, format!("'{name}'"))),
            }
        }),
        contains: Some(|host, value, key| {
            let name = host.str(key)?;
            Ok(find(data(value), &intern(&name)).is_some())
        }),
        len: Some(|_, value| Ok(attributes(data(value)).len())),
        iter: Some(|host, value| host.iter(&Value::list(all_states(data(value))))),
        ..Slots::NONE
    },
    ..NativeType::plain("ReadOnlyProperties", "sqlalchemy.util._collections")
};

fn find(mapped: &Mapped, name: &Str) -> Option<Rc<Attribute>> {
    mapped.mapper().attribute_named(name).filter(|attribute| attribute.kind != AttributeKind::Proxy)
}

fn all_states(mapped: &Mapped) -> Vec<Value> {
    attributes(mapped).into_iter().map(|attribute| attribute_state(mapped, attribute)).collect()
}

/// One attribute of one instance.
struct AttributeData {
    mapped: Mapped,
    attribute: Rc<Attribute>,
}

impl Native for AttributeData {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.gc(self.mapped.instance());
    }
}

fn attribute_state(mapped: &Mapped, attribute: Rc<Attribute>) -> Value {
    Value::native(&ATTRIBUTE_STATE, AttributeData { mapped: mapped.clone(), attribute })
}

fn attribute_data(value: &Value) -> &AttributeData {
    value.payload::<AttributeData>().expect("attributes of an attribute state are read from one")
}

pub static ATTRIBUTE_STATE: NativeType = NativeType {
    doc: "One attribute of an instance.",
    methods: &[Row::method("load_history", &[], "The history, loaded if need be.", "", |host, args| {
        attribute_history(host, &args[0], Passive::OFF.without(Passive::INIT_OK))
    })],
    getters: &[
        getter("key", "The name.", |_, value| Ok(Value::Str(attribute_data(value).attribute.key.clone()))),
        getter("value", "The value.", |host, value| {
            let data = attribute_data(value);
            attribute::get(host, data.mapped.instance(), &data.attribute)
        }),
        getter("loaded_value", "The value, if it is there.", |host, value| {
            let data = attribute_data(value);
            let slot = data.attribute.slot().unwrap_or(usize::MAX);
            match data.mapped.instance().slot(slot) {
                Value::Unset => no_value(host),
                value => Ok(value),
            }
        }),
        getter("state", "The state.", |_, value| {
            Ok(Value::native(&INSTANCE_STATE, StateData(attribute_data(value).mapped.clone())))
        }),
        getter("history", "What changed, as far as it is loaded.", |host, value| {
            attribute_history(host, value, Passive::NO_INITIALIZE)
        }),
    ],
    ..NativeType::plain("AttributeState", "sqlalchemy.orm.state")
};

/// The symbol that stands for a value that is not there.
fn no_value(host: &mut dyn Host) -> R<Value> {
    let module = host.import("sqlalchemy.orm.attributes")?;
    host.get_attr(&Value::Module(module), &intern("NO_VALUE"))
}

fn attribute_history(host: &mut dyn Host, value: &Value, passive: Passive) -> R<Value> {
    let data = attribute_data(value);
    let found = get_history(host, data.mapped.instance(), &data.attribute, passive)?;
    Ok(history::value(&data.mapped, &data.attribute, found))
}

/// `AttributeError: type object 'X' has no attribute 'y'`, for functions that take an attribute's name.
pub fn no_such_attribute(mapped: &Mapped, name: &str) -> Raised {
    let class = &mapped.mapper().class_name;
    Raised::new(&ATTRIBUTE_ERROR, format!("'{class}' object has no attribute '{name}'"))
}
