//! What changed since the last flush: added, unchanged, deleted.
//!
//! Owns the rules by kind of attribute. Must not know the flush that asks.

use crate::python::value::{Gc, Host, Instance, R, Value};

use super::attribute::{
    self, Attribute, AttributeKind, NO_RESULT, NO_VALUE, Passive, is_no_result, is_no_state,
};
use super::collection;
use super::load::{self, Loaded};

/// The three parts.
#[derive(Clone, Default, Debug)]
pub struct History {
    pub added: Vec<Value>,
    pub unchanged: Vec<Value>,
    pub deleted: Vec<Value>,
}

impl History {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.unchanged.is_empty() && self.deleted.is_empty()
    }

    pub fn has_changes(&self) -> bool {
        !self.added.is_empty() || !self.deleted.is_empty()
    }

    /// Added, unchanged, deleted.
    pub fn sum(&self) -> Vec<Value> {
        [&self.added[..], &self.unchanged, &self.deleted].concat()
    }

    pub fn non_deleted(&self) -> Vec<Value> {
        [&self.added[..], &self.unchanged].concat()
    }

    pub fn non_added(&self) -> Vec<Value> {
        [&self.unchanged[..], &self.deleted].concat()
    }
}

/// The history of one attribute.
pub fn get_history(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
) -> R<History> {
    match attribute.kind {
        AttributeKind::Scalar => scalar(host, instance, attribute, passive),
        AttributeKind::Object => object(host, instance, attribute, passive),
        AttributeKind::Collection => of_collection(host, instance, attribute, passive),
        AttributeKind::Dynamic | AttributeKind::WriteOnly => {
            load::dynamic_history(host, instance, attribute, passive)
        }
        AttributeKind::Proxy => Ok(History::default()),
    }
}

fn scalar(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
) -> R<History> {
    let slot = attribute.slot().expect("scalar attributes have slots");
    let state = attribute::state_of(instance);
    let mut current = instance.slot(slot);
    if current.is_unset() && !state.is_changed(slot) {
        current = attribute::fetch(host, instance, attribute, passive.without(Passive::INIT_OK))?;
        if is_no_result(&current) {
            return Ok(History::default());
        }
    }
    let Some(original) = state.committed(slot) else {
        return Ok(match current {
            Value::Unset => History::default(),
            current => History { unchanged: vec![current], ..History::default() },
        });
    };
    if !is_no_state(&original) && !current.is_unset() && host.eq(&current, &original)? {
        return Ok(History { unchanged: vec![current], ..History::default() });
    }
    Ok(changed(current, original, false))
}

/// `[current], (), [original]`, with the conventions about missing values.
fn changed(current: Value, original: Value, drop_none: bool) -> History {
    let missing = is_no_state(&original) || (drop_none && original.is_none());
    let deleted = if missing { Vec::new() } else { vec![original] };
    let added = match current {
        current if is_no_state(&current) && missing => vec![Value::None],
        Value::Unset => Vec::new(),
        current => vec![current],
    };
    History { added, unchanged: Vec::new(), deleted }
}

fn object(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
) -> R<History> {
    let slot = attribute.slot().expect("object attributes have slots");
    let state = attribute::state_of(instance);
    let mut current = instance.slot(slot);
    if current.is_unset() {
        current = attribute::fetch(host, instance, attribute, passive.without(Passive::INIT_OK))?;
        if is_no_result(&current) {
            return Ok(History::default());
        }
    }
    let mut original = state.committed(slot);
    if attribute.deferred_history.get() && original.as_ref().is_some_and(is_no_result) {
        let passive = passive.with(
            Passive::ONLY_PERSISTENT.0
                | Passive::NO_AUTOFLUSH
                | Passive::LOAD_AGAINST_COMMITTED
                | Passive::NO_RAISE
                | Passive::DEFERRED_HISTORY_LOAD,
        );
        original = Some(match load::load_attribute(host, instance, attribute, passive)? {
            Loaded::Value(value) => value,
            Loaded::WasSet => instance.slot(slot),
            Loaded::NoResult => NO_RESULT,
            Loaded::Empty | Loaded::NoValue => NO_VALUE,
        });
    }
    Ok(match original {
        None if current.is_unset() => History::default(),
        None => History { unchanged: vec![current], ..History::default() },
        Some(original) if current.is(&original) && !current.is_unset() => {
            History { unchanged: vec![current], ..History::default() }
        }
        Some(original) => changed(current, original, true),
    })
}

fn of_collection(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
) -> R<History> {
    let slot = attribute.slot().expect("collection attributes have slots");
    let state = attribute::state_of(instance);
    let current = attribute::fetch(host, instance, attribute, passive)?;
    if is_no_result(&current) {
        if passive.has(Passive::INCLUDE_PENDING_MUTATIONS)
            && let Some(pending) = state.pending(slot)
        {
            return Ok(History { added: pending.added, unchanged: Vec::new(), deleted: pending.deleted });
        }
        return Ok(History::default());
    }
    if current.is_unset() {
        return Ok(History::default());
    }
    let current = collection::items(host, &current)?;
    let original = match state.committed(slot) {
        None => return Ok(History { unchanged: current, ..History::default() }),
        Some(Value::Unset) => return Ok(History { added: current, ..History::default() }),
        Some(original) => host.collect(&original)?,
    };
    let ids = |values: &[Value]| -> rustc_hash::FxHashSet<usize> { values.iter().map(Value::id).collect() };
    let (now, before) = (ids(&current), ids(&original));
    let deleted = original.into_iter().filter(|value| !now.contains(&value.id())).collect();
    let (unchanged, added) = current.into_iter().partition(|value| before.contains(&value.id()));
    Ok(History { added, unchanged, deleted })
}

/// Every object that the attribute holds or held since the last flush, for cascades and the order of a flush; None
/// stands for a reference to nothing. Loads nothing by default.
pub fn get_all_pending(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
) -> R<Vec<Value>> {
    let Some(slot) = attribute.slot() else { return Ok(Vec::new()) };
    let state = attribute::state_of(instance);
    match attribute.kind {
        AttributeKind::Object => {
            let mut current = instance.slot(slot);
            if current.is_unset() {
                if !passive.has(Passive::CALLABLES_OK) {
                    return Ok(Vec::new());
                }
                current = attribute::fetch(host, instance, attribute, passive)?;
            }
            // Nothing to refer to counts as something: the flush has to put the key back.
            let mut all = vec![if is_no_state(&current) { Value::None } else { current.clone() }];
            if let Some(original) = state.committed(slot)
                && !original.is_none()
                && !is_no_state(&original)
                && !original.is(&current)
            {
                all.push(original);
            }
            Ok(all)
        }
        AttributeKind::Collection => {
            let current = instance.slot(slot);
            if current.is_unset() {
                return Ok(Vec::new());
            }
            let current = collection::items(host, &current)?;
            let Some(original) = state.committed(slot).filter(|original| !original.is_unset()) else {
                return Ok(current);
            };
            let original = host.collect(&original)?;
            let has = |values: &[Value], item: &Value| values.iter().any(|value| value.is(item));
            let added = current.iter().filter(|item| !has(&original, item));
            let kept = current.iter().filter(|item| has(&original, item));
            let gone = original.iter().filter(|item| !has(&current, item));
            Ok(added.chain(kept).chain(gone).cloned().collect())
        }
        AttributeKind::Dynamic | AttributeKind::WriteOnly => {
            Ok(load::dynamic_history(host, instance, attribute, passive)?.sum())
        }
        _ => Ok(Vec::new()),
    }
}
