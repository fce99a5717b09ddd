//! The arguments of `relationship()` and `backref()`, read into a `Relationship`.
//!
//! Owns their names, defaults and the words that `lazy` and `cascade` take. Must not know when they are resolved.

use std::cell::{Cell, OnceCell, RefCell};

use crate::python::value::{Class, Gc, Host, R, Str, Value, intern};

use super::{Cascades, CollectionClass, Lazy, PassiveDeletes, Relationship};
use crate::orm::{collection, errors};

impl Cascades {
    /// `"save-update, merge"`, the default.
    pub const DEFAULT: Cascades = Cascades {
        save_update: true,
        merge: true,
        expunge: false,
        refresh_expire: false,
        delete: false,
        delete_orphan: false,
    };

    /// Reads `cascade="all, delete-orphan"`.
    pub fn parse(text: &str) -> R<Cascades> {
        let mut cascades = Cascades::default();
        let mut unknown: Vec<String> = Vec::new();
        let mut none = false;
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word {
                "save-update" => cascades.save_update = true,
                "merge" => cascades.merge = true,
                "expunge" => cascades.expunge = true,
                "refresh-expire" => cascades.refresh_expire = true,
                "delete" => cascades.delete = true,
                "delete-orphan" => cascades.delete_orphan = true,
                "all" => {
                    let orphan = cascades.delete_orphan;
                    cascades = Cascades {
                        save_update: true,
                        merge: true,
                        expunge: true,
                        refresh_expire: true,
                        delete: true,
                        delete_orphan: orphan,
                    };
                }
                "none" => none = true,
                other => unknown.push(other.to_string()),
            }
        }
        if !unknown.is_empty() {
            unknown.sort();
            return Err(errors::invalid_cascade(&unknown).into());
        }
        if none {
            return Ok(Cascades::default());
        }
        Ok(cascades)
    }

    /// What a view may keep.
    fn viewonly(self) -> Cascades {
        Cascades {
            expunge: self.expunge,
            merge: self.merge,
            refresh_expire: self.refresh_expire,
            ..Cascades::default()
        }
    }

    /// The words, sorted, as `CascadeOptions` shows them.
    pub fn words(self) -> Vec<&'static str> {
        let words = [
            (self.delete, "delete"),
            (self.delete_orphan, "delete-orphan"),
            (self.expunge, "expunge"),
            (self.merge, "merge"),
            (self.refresh_expire, "refresh-expire"),
            (self.save_update, "save-update"),
        ];
        words.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect()
    }
}

impl Lazy {
    /// Reads `lazy=`.
    pub fn parse(value: &Value) -> Option<Lazy> {
        Some(match value {
            Value::Bool(true) => Lazy::Select,
            Value::Bool(false) => Lazy::Joined,
            Value::None => Lazy::NoLoad,
            Value::Str(word) => match &**word {
                "select" | "true" => Lazy::Select,
                "joined" => Lazy::Joined,
                "subquery" => Lazy::Subquery,
                "selectin" => Lazy::SelectIn,
                "immediate" => Lazy::Immediate,
                "noload" => Lazy::NoLoad,
                "raise" => Lazy::Raise,
                "raise_on_sql" => Lazy::RaiseOnSql,
                "dynamic" => Lazy::Dynamic,
                "write_only" => Lazy::WriteOnly,
                _ => return None,
            },
            _ => return None,
        })
    }
}

/// The named arguments of a call, as they were given.
pub struct Given<'a>(pub &'a [(Str, Value)]);

impl Given<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.iter().find(|(known, _)| &**known == name).map(|(_, value)| value.clone())
    }

    fn value(&self, name: &str) -> Value {
        self.get(name).unwrap_or(Value::None)
    }

    fn flag(&self, host: &mut dyn Host, name: &str, default: bool) -> R<bool> {
        match self.get(name) {
            None | Some(Value::Unset) => Ok(default),
            Some(value) => host.truth(&value),
        }
    }
}

/// What `collection_class=` (or an annotation) asks for.
pub fn collection_class(host: &mut dyn Host, value: &Value) -> R<CollectionClass> {
    let _ = host;
    if let Value::Class(class) = value {
        let builtin = |name: &str| &**class.name.borrow() == name && is_builtin(class);
        if builtin("list") {
            return Ok(CollectionClass::List);
        }
        if builtin("set") {
            return Ok(CollectionClass::Set);
        }
        if builtin("dict") {
            return Ok(CollectionClass::Dict);
        }
        collection::instrument_class(class);
    }
    Ok(CollectionClass::Factory(value.clone()))
}

fn is_builtin(class: &Gc<Class>) -> bool {
    class.dict.get("__module__").as_ref().and_then(Value::as_str) == Some("builtins")
}

/// Reads the arguments of `relationship()`; the first two by position.
pub fn relationship(
    host: &mut dyn Host,
    argument: Value,
    secondary: Value,
    given: &Given<'_>,
) -> R<Relationship> {
    let viewonly = given.flag(host, "viewonly", false)?;
    let lazy = match given.get("lazy") {
        None => Lazy::Select,
        Some(value) => match Lazy::parse(&value) {
            Some(lazy) => lazy,
            None => return Err(errors::unknown_lazy(&host.repr(&value)?).into()),
        },
    };
    let cascade_given =
        given.get("cascade").filter(|value| !matches!(value, Value::None | Value::Bool(false)));
    let cascade = match &cascade_given {
        Some(Value::Str(text)) => Cascades::parse(text)?,
        Some(other) => {
            let words = host.collect(other)?;
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            Cascades::parse(&words.join(","))?
        }
        None => Cascades::DEFAULT,
    };
    let cascade = if viewonly { cascade.viewonly() } else { cascade };
    let passive_deletes = match given.value("passive_deletes") {
        Value::Str(word) if &*word == "all" => PassiveDeletes::All,
        Value::None => PassiveDeletes::No,
        value if host.truth(&value)? => PassiveDeletes::Yes,
        _ => PassiveDeletes::No,
    };
    let backref = match given.value("backref") {
        Value::None => None,
        Value::Str(name) => Some((name, Vec::new())),
        other => {
            let parts = host.collect(&other)?;
            match parts.as_slice() {
                [Value::Str(name), Value::Dict(keywords)] => {
                    let keywords = keywords.to_vec().into_iter().filter_map(|(key, value)| match key {
                        Value::Str(key) => Some((key, value)),
                        _ => None,
                    });
                    Some((name.clone(), keywords.collect()))
                }
                _ => None,
            }
        }
    };
    let back_populates = match given.value("back_populates") {
        Value::Str(name) => Some(name),
        Value::None => None,
        Value::Instance(attribute) => {
            let key = host.get_attr(&Value::Instance(attribute), &intern("key"))?;
            key.as_str().map(Str::new)
        }
        other => {
            // A function that names the attribute, called when mappers are configured.
            let made = host.call_values(&other, &[])?;
            made.as_str().map(Str::new)
        }
    };
    if backref.is_some() && back_populates.is_some() {
        return Err(errors::backref_and_back_populates().into());
    }
    let uselist = match given.value("uselist") {
        Value::None => None,
        value => Some(host.truth(&value)?),
    };
    let collection_class = match given.value("collection_class") {
        Value::None => None,
        value => Some(collection_class(host, &value)?),
    };
    let overlaps = match given.value("overlaps") {
        Value::Str(text) => text.split(',').map(|word| Str::new(word.trim())).collect(),
        _ => Vec::new(),
    };
    Ok(Relationship {
        argument: RefCell::new(argument),
        secondary_argument: RefCell::new(secondary),
        primaryjoin_argument: given.value("primaryjoin"),
        secondaryjoin_argument: given.value("secondaryjoin"),
        primaryjoin_clause: RefCell::new(None),
        secondaryjoin_clause: RefCell::new(None),
        foreign_keys_argument: given.value("foreign_keys"),
        remote_side_argument: given.value("remote_side"),
        order_by_argument: RefCell::new(given.value("order_by")),
        uselist: Cell::new(uselist),
        lazy: Cell::new(lazy),
        cascade: Cell::new(cascade),
        cascade_given: cascade_given.is_some(),
        back_populates: RefCell::new(back_populates),
        backref: RefCell::new(backref),
        viewonly,
        sync_backref: match given.value("sync_backref") {
            Value::None => None,
            value => Some(host.truth(&value)?),
        },
        passive_deletes,
        passive_updates: given.flag(host, "passive_updates", true)?,
        post_update: given.flag(host, "post_update", false)?,
        single_parent: given.flag(host, "single_parent", false)?,
        active_history: given.flag(host, "active_history", false)?,
        load_on_pending: given.flag(host, "load_on_pending", false)?,
        enable_typechecks: given.flag(host, "enable_typechecks", true)?,
        innerjoin: given.value("innerjoin"),
        join_depth: match given.value("join_depth") {
            Value::Int(depth) => u32::try_from(depth).ok(),
            _ => None,
        },
        omit_join: match given.value("omit_join") {
            Value::Bool(omit) => Some(omit),
            _ => None,
        },
        distinct_target_key: match given.value("distinct_target_key") {
            Value::Bool(distinct) => Some(distinct),
            _ => None,
        },
        overlaps,
        collection_class: RefCell::new(collection_class.clone().unwrap_or(CollectionClass::List)),
        collection_class_given: Cell::new(collection_class.is_some()),
        query_class: given.value("query_class"),
        is_backref: false,
        reverse: RefCell::default(),
        setup: OnceCell::new(),
    })
}
