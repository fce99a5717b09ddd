//! `sqlalchemy.orm.attributes`: reading and setting attributes past (or with) the usual events.
//!
//! Owns the functions and the symbols. Must not know sessions.

use std::rc::Rc;

use super::{history, state};
use crate::orm::attribute::{self, Attribute, Passive};
use crate::orm::history::get_history as history_of;
use crate::orm::identity::Mapped;
use crate::orm::session::{self, errors};
use crate::orm::state::Flag;
use crate::python::value::{
    Constant, Host, Native, NativeType, ParamDefault, R, Row, Slots, Str, Value, intern, param,
};

pub static FUNCTIONS: &[Row] = &[
    Row::function(
        "flag_modified",
        &[param::req("instance"), param::req("key")],
        "Has the next flush write an attribute that was changed within.",
        "",
        flag_modified,
    ),
    Row::function(
        "flag_dirty",
        &[param::req("instance")],
        "Has an instance count as changed.",
        "",
        flag_dirty,
    ),
    Row::function(
        "get_attribute",
        &[param::req("instance"), param::req("key")],
        "An attribute's value.",
        "",
        |host, args| {
            let (mapped, attribute) = find(host, &args[0], &args[1])?;
            attribute::get(host, mapped.instance(), &attribute)
        },
    ),
    Row::function(
        "set_attribute",
        &[
            param::req("instance"),
            param::req("key"),
            param::req("value"),
            param::opt("initiator", ParamDefault::None),
        ],
        "Sets an attribute, with events.",
        "",
        |host, args| {
            let (mapped, attribute) = find(host, &args[0], &args[1])?;
            attribute::set(host, mapped.instance(), &attribute, args[2].clone())?;
            Ok(Value::None)
        },
    ),
    Row::function(
        "set_committed_value",
        &[param::req("instance"), param::req("key"), param::req("value")],
        "Sets an attribute as if it had been loaded.",
        "",
        |host, args| {
            let (mapped, attribute) = find(host, &args[0], &args[1])?;
            attribute::set_committed_value(host, mapped.instance(), &attribute, args[2].clone())?;
            Ok(Value::None)
        },
    ),
    Row::function(
        "del_attribute",
        &[param::req("instance"), param::req("key")],
        "Deletes an attribute, with events.",
        "",
        |host, args| {
            let (mapped, attribute) = find(host, &args[0], &args[1])?;
            attribute::delete(host, mapped.instance(), &attribute)?;
            Ok(Value::None)
        },
    ),
    Row::function(
        "get_history",
        &[param::req("obj"), param::req("key"), param::opt("passive", ParamDefault::None)],
        "What an attribute gained, kept and lost.",
        "",
        |host, args| {
            let (mapped, attribute) = find(host, &args[0], &args[1])?;
            let found = history_of(host, mapped.instance(), &attribute, Passive::OFF)?;
            Ok(history::value(&mapped, &attribute, found))
        },
    ),
    Row::function("instance_state", &[param::req("instance")], "The state.", "", |host, args| {
        state::value_of(&args[0]).ok_or_else(|| errors::unmapped_instance(host, &args[0]))
    }),
    Row::function("instance_dict", &[param::req("instance")], "The values.", "", |host, args| {
        host.get_attr(&args[0], &intern("__dict__"))
    }),
];

/// Stands for a value that is not there.
struct Symbol(&'static str);

impl Native for Symbol {}

static SYMBOL: NativeType = NativeType {
    slots: Slots {
        repr: Some(|_, value| {
            let name = value.payload::<Symbol>().map_or("", |symbol| symbol.0);
            Ok(Str::new(&format!("<LoaderCallableStatus.{name}>")))
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("LoaderCallableStatus", "sqlalchemy.orm.base")
};

fn symbol(name: &'static str) -> Value {
    thread_local! {
        static MADE: std::cell::RefCell<Vec<(&'static str, Value)>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    MADE.with(|made| {
        let mut made = made.borrow_mut();
        if let Some((_, value)) = made.iter().find(|(known, _)| *known == name) {
            return value.clone();
        }
        let value = Value::native(&SYMBOL, Symbol(name));
        made.push((name, value.clone()));
        value
    })
}

pub static CONSTANTS: &[Constant] = &[
    ("NO_VALUE", |_| Ok(symbol("NO_VALUE"))),
    ("NEVER_SET", |_| Ok(symbol("NO_VALUE"))),
    ("PASSIVE_NO_RESULT", |_| Ok(symbol("PASSIVE_NO_RESULT"))),
];

/// The instance and the attribute that two arguments name.
fn find(host: &mut dyn Host, instance: &Value, key: &Value) -> R<(Mapped, Rc<Attribute>)> {
    let Some(mapped) = Mapped::of_value(instance) else {
        return Err(errors::unmapped_instance(host, instance));
    };
    let name = match key {
        Value::Str(name) => name.clone(),
        other => {
            let key = host.get_attr(other, &intern("key"))?;
            host.str(&key)?
        }
    };
    match mapped.mapper().attribute_named(&intern(&name)) {
        Some(attribute) => Ok((mapped, attribute)),
        None => Err(state::no_such_attribute(&mapped, &name)),
    }
}

/// The attribute counts as changed from "no value", so that any value differs.
fn flag_modified(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let (mapped, attribute) = find(host, &args[0], &args[1])?;
    if let Some(slot) = attribute.slot() {
        if mapped.instance().slot(slot).is_unset() {
            return Err(not_loaded(&attribute.key));
        }
        drop(mapped.state().forget(slot));
        mapped.state().remember(slot, Value::Unset);
    }
    mark_modified(host, &mapped)?;
    Ok(Value::None)
}

/// `InvalidRequestError: Can't flag attribute 'x' modified; it's not present in the object state`
fn not_loaded(key: &str) -> crate::python::value::Raised {
    crate::python::value::Raised::new(
        &crate::sql::exc::INVALID_REQUEST,
        format!("Can't flag attribute '{key}' modified; it's not present in the object state"),
    )
}

fn mark_modified(host: &mut dyn Host, mapped: &Mapped) -> R<()> {
    if !mapped.state().is_modified() {
        mapped.state().set_flag(Flag::MODIFIED);
        session::note_modified(host, mapped.instance(), mapped.state())?;
    }
    Ok(())
}

fn flag_dirty(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    match Mapped::of_value(&args[0]) {
        Some(mapped) => mark_modified(host, &mapped)?,
        None => return Err(errors::unmapped_instance(host, &args[0])),
    }
    Ok(Value::None)
}
