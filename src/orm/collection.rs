//! Collections of related objects: lists, sets and dictionaries that tell their owner what enters and leaves.
//!
//! Owns the adapter between a collection object and its owner's attribute, replacing a whole collection, and the
//! operations without events that loaders use. Must not know the methods that the language calls (those are rows of
//! `InstrumentedList` and its kin, which register themselves here).
//! Mirrors `CollectionAdapter` and `bulk_replace` of `sqlalchemy/orm/collections.py`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashSet;

use crate::python::value::{
    BaseValue, Dict, Gc, Host, Instance, List, Native, NativeType, R, Set, Str, Value, Visitor, intern,
    native_class,
};

use super::attribute::{self, Attribute, Initiator, NO_VALUE, Op, Passive, is_no_result};
use super::errors;
use super::relationship::CollectionClass;
use super::state::OwnerHandle;

/// The three shapes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    List,
    Set,
    Dict,
}

impl Shape {
    pub fn name(self) -> &'static str {
        ["list", "set", "dict"][self as usize]
    }
}

/// Who the operation that runs just now answers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Firing {
    /// As the user called it.
    Plain,
    /// On behalf of another change.
    By(Initiator),
    /// A loader's: no events.
    Silent,
}

/// Ties a collection to the attribute of its owner. Does not keep the owner alive.
pub struct CollectionAdapter {
    pub attribute: Rc<Attribute>,
    owner: Rc<OwnerHandle>,
    firing: Cell<Firing>,
    /// Handed out for reading; becomes the attribute's value with the first change.
    empty: Cell<bool>,
    invalidated: Cell<bool>,
}

impl Native for CollectionAdapter {
    fn trace(&self, _visitor: &mut Visitor<'_>) {}
}

pub static COLLECTION_ADAPTER: NativeType =
    NativeType::plain("CollectionAdapter", "sqlalchemy.orm.collections");

thread_local! {
    static KINDS: Cell<[Option<&'static NativeType>; 3]> = const { Cell::new([None; 3]) };
    static ADAPTER_NAME: RefCell<Option<Str>> = const { RefCell::new(None) };
}

/// The face's registration of `InstrumentedList`, `InstrumentedSet`, `InstrumentedDict`.
pub fn register_kind(shape: Shape, kind: &'static NativeType) {
    KINDS.with(|kinds| {
        let mut known = kinds.get();
        known[shape as usize] = Some(kind);
        kinds.set(known);
    });
}

pub fn kind_of(shape: Shape) -> Option<&'static NativeType> {
    KINDS.with(|kinds| kinds.get()[shape as usize])
}

fn adapter_name() -> Str {
    ADAPTER_NAME.with(|name| name.borrow_mut().get_or_insert_with(|| intern("_sa_adapter")).clone())
}

/// The adapter of a collection, while it belongs to an attribute.
pub fn adapter_value(collection: &Value) -> Option<Value> {
    let instance = collection.as_instance()?;
    let slot = instance.class().slot_of(&adapter_name())?;
    let adapter = instance.slot(slot);
    (!adapter.is_unset() && !adapter.is_none()).then_some(adapter)
}

fn set_adapter(collection: &Value, adapter: Value) {
    if let Some(instance) = collection.as_instance() {
        let slot = instance.class().number(&adapter_name());
        drop(instance.set_slot(slot, adapter));
    }
}

/// The builtin container that the object is or derives from.
pub fn base(collection: &Value) -> Option<Value> {
    match collection {
        Value::List(_) | Value::Set(_) | Value::Dict(_) => Some(collection.clone()),
        Value::Instance(instance) => instance.payload::<BaseValue>().map(|base| base.0.clone()),
        _ => None,
    }
}

/// What shape of collection an object is taken for.
pub fn shape_of(host: &mut dyn Host, value: &Value) -> R<Option<Shape>> {
    match base(value) {
        Some(Value::List(_)) => return Ok(Some(Shape::List)),
        Some(Value::Set(set)) if !set.frozen => return Ok(Some(Shape::Set)),
        Some(Value::Dict(_)) => return Ok(Some(Shape::Dict)),
        _ => {}
    }
    for (method, shape) in [("append", Shape::List), ("add", Shape::Set), ("set", Shape::Dict)] {
        if host.find_attr(value, &intern(method))?.is_some() {
            return Ok(Some(shape));
        }
    }
    Ok(None)
}

/// A new, empty collection of the attribute's class, tied to its owner.
pub fn make(host: &mut dyn Host, instance: &Gc<Instance>, attribute: &Attribute) -> R<Value> {
    let collection = match attribute::collection_class(attribute) {
        CollectionClass::List => plain(Shape::List)?,
        CollectionClass::Set => plain(Shape::Set)?,
        CollectionClass::Dict => plain(Shape::Dict)?,
        CollectionClass::Factory(factory) => {
            let made = host.call_values(&factory, &[])?;
            match made {
                // A function that answers a builtin container means the instrumented one.
                Value::List(_) => plain(Shape::List)?,
                Value::Set(_) => plain(Shape::Set)?,
                Value::Dict(_) => plain(Shape::Dict)?,
                made => made,
            }
        }
    };
    tie(instance, attribute, &collection);
    Ok(collection)
}

fn plain(shape: Shape) -> R<Value> {
    let kind = kind_of(shape).ok_or_else(errors::no_collections)?;
    let base = match shape {
        Shape::List => Value::list(Vec::new()),
        Shape::Set => Value::Set(Gc::new(Set::new(false))),
        Shape::Dict => Value::Dict(Gc::new(Dict::new())),
    };
    Ok(Value::Instance(Instance::with_payload(native_class(kind), Box::new(BaseValue(base)))))
}

fn tie(instance: &Gc<Instance>, attribute: &Attribute, collection: &Value) {
    let state = attribute::state_of(instance);
    let slot = attribute.slot().expect("collection attributes have slots");
    // The attribute of the instance's own class, which may be an heir of the one asked.
    let attribute = state.mapper().attribute_at(slot).expect("the slot belongs to a mapped attribute");
    let adapter = CollectionAdapter {
        attribute,
        owner: state.handle(),
        firing: Cell::new(Firing::Plain),
        empty: Cell::new(false),
        invalidated: Cell::new(false),
    };
    set_adapter(collection, Value::native(&COLLECTION_ADAPTER, adapter));
}

/// The empty collection that reading an unset attribute shows.
pub fn empty(host: &mut dyn Host, instance: &Gc<Instance>, attribute: &Attribute) -> R<Value> {
    let state = attribute::state_of(instance);
    let slot = attribute.slot().expect("collection attributes have slots");
    if let Some(known) = state.empty_collection(slot) {
        return Ok(known);
    }
    let collection = make(host, instance, attribute)?;
    if let Some(adapter) = adapter_value(&collection)
        && let Some(adapter) = adapter.payload::<CollectionAdapter>()
    {
        adapter.empty.set(true);
    }
    state.set_empty_collection(slot, collection.clone());
    Ok(collection)
}

/// The members of a collection: items of a list or set, values of a dictionary.
pub fn items(host: &mut dyn Host, collection: &Value) -> R<Vec<Value>> {
    match base(collection) {
        Some(Value::List(list)) => Ok(list.to_vec()),
        Some(Value::Set(set)) => Ok(set.to_vec()),
        Some(Value::Dict(dict)) => Ok(dict.values()),
        _ if collection.is_none() || attribute::is_no_state(collection) => Ok(Vec::new()),
        _ => host.collect(collection),
    }
}

/// Fills an attribute as a loader does: no events, then the changes that waited for the collection.
pub fn set_committed(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    value: Value,
) -> R<Value> {
    let state = attribute::state_of(instance);
    let slot = attribute.slot().expect("collection attributes have slots");
    let collection = make(host, instance, attribute)?;
    let members = items(host, &value)?;
    fill(host, &collection, members)?;
    drop(instance.set_slot(slot, collection.clone()));
    state.commit_slots(&[slot]);
    if let Some(pending) = state.take_pending(slot) {
        attribute::modified(host, instance, attribute, collection.clone(), true)?;
        for item in pending.added {
            insert(host, &collection, item, Firing::Silent)?;
        }
        for item in pending.deleted {
            take(host, &collection, &item, Firing::Silent)?;
        }
    }
    Ok(collection)
}

/// Puts members into a collection without events.
pub fn fill(host: &mut dyn Host, collection: &Value, members: Vec<Value>) -> R<()> {
    if let (true, Some(Value::List(list))) = (is_plain(collection), base(collection)) {
        list.borrow_mut().extend(members);
        return Ok(());
    }
    for member in members {
        insert(host, collection, member, Firing::Silent)?;
    }
    Ok(())
}

/// Adds one member without events, as a loader does.
pub fn append_without_event(host: &mut dyn Host, collection: &Value, item: Value) -> R<()> {
    insert(host, collection, item, Firing::Silent)
}

/// Takes one member out without events.
pub fn remove_without_event(host: &mut dyn Host, collection: &Value, item: &Value) -> R<()> {
    take(host, collection, item, Firing::Silent)
}

/// An instrumented list, set or dictionary whose methods nobody overrode.
fn is_plain(collection: &Value) -> bool {
    let Value::Instance(instance) = collection else { return false };
    let class = instance.class();
    [Shape::List, Shape::Set]
        .iter()
        .filter_map(|shape| kind_of(*shape))
        .any(|kind| Gc::ptr_eq(&class, &native_class(kind)))
}

fn with_firing<T>(collection: &Value, firing: Firing, run: impl FnOnce() -> R<T>) -> R<T> {
    let holder = adapter_value(collection);
    let adapter = holder.as_ref().and_then(|value| value.payload::<CollectionAdapter>());
    let before = adapter.map(|adapter| adapter.firing.replace(firing));
    let result = run();
    if let (Some(adapter), Some(before)) = (adapter, before) {
        adapter.firing.set(before);
    }
    result
}

/// Adds a member by the collection's own method.
fn insert(host: &mut dyn Host, collection: &Value, item: Value, firing: Firing) -> R<()> {
    if is_plain(collection) {
        let item = match firing {
            Firing::Silent => item,
            _ => with_firing(collection, firing, || entering(host, collection, item))?,
        };
        match base(collection) {
            Some(Value::List(list)) => list.push(item),
            Some(Value::Set(set)) => {
                host.set_add(&set, item)?;
            }
            _ => {}
        }
        return Ok(());
    }
    let method = match shape_of(host, collection)? {
        Some(Shape::Set) => "add",
        Some(Shape::Dict) => "set",
        _ => "append",
    };
    let method = role(host, collection, "_sa_appender", method)?;
    with_firing(collection, firing, || host.call_values(&method, &[item]).map(drop))
}

/// Takes a member out by the collection's own method.
fn take(host: &mut dyn Host, collection: &Value, item: &Value, firing: Firing) -> R<()> {
    let method = role(host, collection, "_sa_remover", "remove")?;
    with_firing(collection, firing, || host.call_values(&method, std::slice::from_ref(item)).map(drop))
}

/// The method that plays a role: the one so decorated, else the usual one.
fn role(host: &mut dyn Host, collection: &Value, role: &str, usual: &str) -> R<Value> {
    if let Some(name) = host.find_attr(collection, &intern(role))?
        && let Value::Str(name) = name
    {
        return host.get_attr(collection, &name);
    }
    host.get_attr(collection, &intern(usual))
}

// What the methods of the instrumented classes call.

/// An item is about to enter: tells the owner's attribute, which may replace it.
pub fn entering(host: &mut dyn Host, collection: &Value, item: Value) -> R<Value> {
    let Some(holder) = adapter_value(collection) else { return Ok(item) };
    let Some(adapter) = holder.payload::<CollectionAdapter>() else { return Ok(item) };
    let initiator = match adapter.firing.get() {
        Firing::Silent => return Ok(item),
        Firing::By(initiator) => initiator,
        Firing::Plain => adapter.attribute.token(Op::Append),
    };
    if adapter.invalidated.get() {
        host.warn(&crate::sql::exc::SA_WARNING, "This collection has been invalidated.")?;
    }
    let Some(owner) = adapter.owner.upgrade() else { return Ok(item) };
    adapter.wake(&owner, collection);
    attribute::check_mapped(host, &adapter.attribute, &item)?;
    attribute::fire_append(host, &owner, &adapter.attribute, item, initiator)
}

/// An item is about to leave.
pub fn leaving(host: &mut dyn Host, collection: &Value, item: &Value) -> R<()> {
    let Some(holder) = adapter_value(collection) else { return Ok(()) };
    let Some(adapter) = holder.payload::<CollectionAdapter>() else { return Ok(()) };
    let initiator = match adapter.firing.get() {
        Firing::Silent => return Ok(()),
        Firing::By(initiator) => initiator,
        Firing::Plain => adapter.attribute.token(Op::Remove),
    };
    if adapter.invalidated.get() {
        host.warn(&crate::sql::exc::SA_WARNING, "This collection has been invalidated.")?;
    }
    let Some(owner) = adapter.owner.upgrade() else { return Ok(()) };
    adapter.wake(&owner, collection);
    attribute::check_mapped(host, &adapter.attribute, item)?;
    attribute::fire_collection_remove(host, &owner, &adapter.attribute, item, initiator)
}

/// Something not yet known is about to leave (`pop()`): the state before is remembered.
pub fn before_pop(host: &mut dyn Host, collection: &Value) -> R<()> {
    let Some(holder) = adapter_value(collection) else { return Ok(()) };
    let Some(adapter) = holder.payload::<CollectionAdapter>() else { return Ok(()) };
    let Some(owner) = adapter.owner.upgrade() else { return Ok(()) };
    attribute::modified(host, &owner, &adapter.attribute, NO_VALUE, true)
}

impl CollectionAdapter {
    /// The empty collection that was shown becomes the attribute's value.
    fn wake(&self, owner: &Gc<Instance>, collection: &Value) {
        if self.empty.replace(false) {
            let slot = self.attribute.slot().expect("collection attributes have slots");
            drop(attribute::state_of(owner).take_empty_collection(slot));
            drop(owner.set_slot(slot, collection.clone()));
        }
    }
}

/// The loaded collection was thrown away by an expiry: changes to it go nowhere.
pub fn invalidate(collection: &Value) {
    if let Some(adapter) = adapter_value(collection)
        && let Some(adapter) = adapter.payload::<CollectionAdapter>()
    {
        adapter.invalidated.set(true);
    }
}

// What attributes call.

/// Assignment of a whole collection.
pub fn set(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    value: Value,
    passive: Passive,
    adapt: bool,
) -> R<()> {
    let slot = attribute.slot().expect("collection attributes have slots");
    let collection = make(host, instance, attribute)?;
    if adapt {
        let (given, wanted) = (shape_of(host, &value)?, shape_of(host, &collection)?);
        if given != wanted {
            let given = match &value {
                Value::None => "None".to_string(),
                other => host.class_of(other).name.borrow().to_string(),
            };
            return Err(errors::incompatible_collection(&given, wanted.map_or("None", Shape::name)));
        }
    }
    let mut members = items(host, &value)?;
    attribute::fire_bulk_replace(host, instance, attribute, &mut members)?;
    let get_passive = Passive(Passive::ONLY_PERSISTENT.0 ^ (passive.0 & Passive::NO_RAISE));
    let mut old = attribute::fetch(host, instance, attribute, get_passive)?;
    if is_no_result(&old) {
        old = empty(host, instance, attribute)?;
    } else if old.is(&value) {
        return Ok(());
    }
    attribute::modified(host, instance, attribute, old.clone(), true)?;
    drop(instance.set_slot(slot, collection.clone()));
    bulk_replace(host, instance, attribute, members, &old, &collection)?;
    set_adapter(&old, Value::Unset);
    drop(attribute::state_of(instance).take_empty_collection(slot));
    Ok(())
}

/// Fills the new collection, firing appends for what is new and removals for what went.
fn bulk_replace(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    members: Vec<Value>,
    old: &Value,
    collection: &Value,
) -> R<()> {
    let initiator = attribute.token(Op::BulkReplace);
    let before = items(host, old)?;
    let known: FxHashSet<usize> = before.iter().map(Value::id).collect();
    let wanted: FxHashSet<usize> = members.iter().map(Value::id).collect();
    for member in members {
        let firing = if known.contains(&member.id()) { Firing::Silent } else { Firing::By(initiator) };
        insert(host, collection, member, firing)?;
    }
    let mut seen = FxHashSet::default();
    for item in before {
        if !wanted.contains(&item.id()) && seen.insert(item.id()) {
            attribute::fire_collection_remove(host, instance, attribute, &item, initiator)?;
        }
    }
    Ok(())
}

/// Adds on behalf of the other side; a collection that is not loaded keeps the change for later.
pub fn append_to(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    value: Value,
    initiator: Option<Initiator>,
    passive: Passive,
) -> R<()> {
    let initiator = initiator.unwrap_or(attribute.token(Op::Append));
    let collection = attribute::fetch(host, instance, attribute, passive)?;
    if is_no_result(&collection) {
        let slot = attribute.slot().expect("collection attributes have slots");
        let value = attribute::fire_append(host, instance, attribute, value, initiator)?;
        attribute::state_of(instance).with_pending(slot, |pending| pending.append(value));
        return Ok(());
    }
    insert(host, &collection, value, Firing::By(initiator))
}

/// Removes on behalf of the other side.
pub fn remove_from(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    value: &Value,
    initiator: Option<Initiator>,
    passive: Passive,
) -> R<()> {
    let initiator = initiator.unwrap_or(attribute.token(Op::Remove));
    let collection = attribute::fetch(host, instance, attribute, passive)?;
    if is_no_result(&collection) {
        let slot = attribute.slot().expect("collection attributes have slots");
        attribute::fire_collection_remove(host, instance, attribute, value, initiator)?;
        attribute::state_of(instance).with_pending(slot, |pending| pending.remove(value));
        return Ok(());
    }
    take(host, &collection, value, Firing::By(initiator))
}

/// Empties a collection, one removal event a member.
pub fn clear_with_event(host: &mut dyn Host, collection: &Value) -> R<()> {
    for item in items(host, collection)? {
        take(host, collection, &item, Firing::Plain)?;
    }
    Ok(())
}

/// The list behind an instrumented list.
pub fn list_of(collection: &Value) -> Option<Gc<List>> {
    match base(collection) {
        Some(Value::List(list)) => Some(list),
        _ => None,
    }
}

/// Makes a class of the user's that derives from a builtin container tell its owner what enters and leaves: the
/// instrumented class takes the builtin's place in front of it, so that `super().append(x)` finds it too.
pub fn instrument_class(class: &Gc<crate::python::value::Class>) {
    use crate::python::value::Class;
    let order = Class::mro(class);
    let is_builtin = |class: &Gc<Class>, name: &str| {
        &**class.name.borrow() == name
            && class.dict.get("__module__").as_ref().and_then(Value::as_str) == Some("builtins")
    };
    for shape in [Shape::List, Shape::Set, Shape::Dict] {
        let Some(kind) = kind_of(shape) else { continue };
        let instrumented = native_class(kind);
        if order.iter().any(|known| Gc::ptr_eq(known, &instrumented)) {
            return;
        }
        let Some(at) = order.iter().position(|known| is_builtin(known, shape.name())) else { continue };
        if at == 0 {
            return;
        }
        // Every class between the user's and the builtin gets it, since each has an order of its own.
        for class in &order[..at] {
            let mut tail = Class::mro(class).split_off(1);
            if let Some(place) = tail.iter().position(|known| is_builtin(known, shape.name())) {
                tail.insert(place, instrumented.clone());
                class.set_mro_tail(tail);
            }
        }
        return;
    }
}
