//! Attributes of mapped classes: one `Attribute` a class and name, and reading, setting and deleting their values.
//!
//! Owns the three kinds that hold values (scalar, object, collection), their events and the loop checks of backrefs.
//! Must not know SQL; loading is asked of `load`, cascades of `cascade`, the session of `identity`.
//! Mirrors `sqlalchemy/orm/attributes.py`.

mod events;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use crate::python::value::{Gc, Host, Instance, Native, R, Raised, Str, Value, Visitor};
use crate::sql::entity::Entity;
use crate::sql::expr::Expr;

use crate::orm::collection;
use crate::orm::errors;
use crate::orm::events::UserListener;
use crate::orm::load::{self, Loaded};
use crate::orm::mapper::Mapper;
use crate::orm::property::Property;
use crate::orm::relationship::CollectionClass;
use crate::orm::state::{InstanceState, ParentLink};

pub use self::events::{fire_append, fire_bulk_replace, fire_collection_remove, fire_remove, fire_set};

/// How much may be done to get at a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passive(pub u16);

impl Passive {
    pub const CALLABLES_OK: u16 = 1;
    pub const SQL_OK: u16 = 1 << 1;
    pub const RELATED_OBJECT_OK: u16 = 1 << 2;
    pub const INIT_OK: u16 = 1 << 3;
    pub const NON_PERSISTENT_OK: u16 = 1 << 4;
    pub const LOAD_AGAINST_COMMITTED: u16 = 1 << 5;
    pub const NO_AUTOFLUSH: u16 = 1 << 6;
    pub const NO_RAISE: u16 = 1 << 7;
    pub const DEFERRED_HISTORY_LOAD: u16 = 1 << 8;
    pub const INCLUDE_PENDING_MUTATIONS: u16 = 1 << 9;

    /// Everything may be done.
    pub const OFF: Passive = Passive(31);
    pub const RETURN_NO_VALUE: Passive = Passive(31 ^ Self::INIT_OK);
    pub const NO_INITIALIZE: Passive = Passive(31 ^ Self::INIT_OK ^ Self::CALLABLES_OK);
    pub const NO_FETCH: Passive = Passive(31 ^ Self::SQL_OK);
    pub const NO_FETCH_RELATED: Passive = Passive(31 ^ Self::RELATED_OBJECT_OK);
    pub const ONLY_PERSISTENT: Passive = Passive(31 ^ Self::NON_PERSISTENT_OK);
    pub const MERGE: Passive = Passive(31 | Self::NO_RAISE);

    pub const fn with(self, bits: u16) -> Passive {
        Passive(self.0 | bits)
    }
    pub const fn without(self, bits: u16) -> Passive {
        Passive(self.0 & !bits)
    }
    pub const fn has(self, bits: u16) -> bool {
        self.0 & bits != 0
    }
}

/// "There is no value" (never set, never loaded).
pub const NO_VALUE: Value = Value::Unset;
/// "The value was not fetched, since that was not allowed".
pub const NO_RESULT: Value = Value::NotImplemented;

/// Whether a value is `NO_RESULT`.
pub fn is_no_result(value: &Value) -> bool {
    matches!(value, Value::NotImplemented)
}

/// Whether a value stands for the absence of one.
pub fn is_no_state(value: &Value) -> bool {
    matches!(value, Value::Unset | Value::NotImplemented)
}

/// What an attribute holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttributeKind {
    /// A plain value.
    Scalar,
    /// One mapped object.
    Object,
    /// A collection of mapped objects.
    Collection,
    /// A query over mapped objects (`lazy="dynamic"`).
    Dynamic,
    /// `lazy="write_only"`.
    WriteOnly,
    /// Computed from others: composite, synonym.
    Proxy,
}

/// What began a change, so that the two sides of a relationship do not go round in circles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Initiator {
    /// The property (`Property::token`) that began it.
    pub property: usize,
    pub op: Op,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    Append,
    Remove,
    Replace,
    BulkReplace,
}

/// Something that is told of changes.
pub enum Listener {
    /// `single_parent=True`.
    SingleParent,
    Validator {
        function: Value,
        include_removes: bool,
        include_backrefs: bool,
    },
    /// Changes go into the session.
    Cascade,
    /// The other side of a relationship, by its name on the target.
    Backref {
        key: Str,
        uselist: bool,
    },
    /// A function for one kind of event (`set`, `append`, `remove`, `bulk_replace`, `modified`, `init_scalar`).
    User {
        event: Str,
        listener: UserListener,
        active_history: bool,
    },
}

/// One attribute of one mapped class.
pub struct Attribute {
    pub key: Str,
    pub property: Rc<Property>,
    pub kind: AttributeKind,
    slot: Option<u16>,
    mapper: Weak<Mapper>,
    /// The old value is loaded before a new one is set.
    pub active_history: Cell<bool>,
    /// The old value is loaded when the flush asks for it.
    pub deferred_history: Cell<bool>,
    /// Remembers parents (`InstanceState::has_parent`).
    pub track_parent: Cell<bool>,
    /// Listeners for this class only; those of all its heirs stand on the property.
    pub listeners: RefCell<Vec<Rc<Listener>>>,
    /// Kept here since asking is much more frequent than listening.
    quiet: Cell<Option<bool>>,
    /// The descriptor in the class.
    pub descriptor: RefCell<Value>,
    /// The expression that the class attribute stands for, made on first use.
    pub expression: RefCell<Option<Expr>>,
}

/// The payload of `InstrumentedAttribute`: an attribute as the class shows it, perhaps of an alias.
pub struct QueryableAttribute {
    pub attribute: Rc<Attribute>,
    /// The alias it was taken from; None for the mapped class itself.
    pub entity: Option<Rc<dyn Entity>>,
    /// `of_type(...)`.
    pub of_type: Option<Rc<dyn Entity>>,
    /// `and_(...)`.
    pub criteria: Vec<Expr>,
}

impl Native for QueryableAttribute {
    fn trace(&self, _visitor: &mut Visitor<'_>) {}
}

/// The collection class of a relationship attribute.
pub fn collection_class(attribute: &Attribute) -> CollectionClass {
    match attribute.property.as_relationship() {
        Some(relationship) => relationship.collection_class.borrow().clone(),
        None => CollectionClass::List,
    }
}

impl Attribute {
    pub fn new(mapper: &Rc<Mapper>, property: &Rc<Property>, kind: AttributeKind) -> Rc<Attribute> {
        let key = property.key.clone();
        let slot = match kind {
            AttributeKind::Proxy => None,
            _ => Some(mapper.class.number(&key) as u16),
        };
        Rc::new(Attribute {
            key,
            property: property.clone(),
            kind,
            slot,
            mapper: Rc::downgrade(mapper),
            active_history: Cell::new(false),
            deferred_history: Cell::new(false),
            track_parent: Cell::new(false),
            listeners: RefCell::default(),
            quiet: Cell::new(None),
            descriptor: RefCell::new(Value::Unset),
            expression: RefCell::new(None),
        })
    }

    /// The slot of the instance that holds the value; None for attributes computed from others.
    #[inline(always)]
    pub fn slot(&self) -> Option<usize> {
        self.slot.map(usize::from)
    }

    /// The slot of an attribute that has one.
    #[inline(always)]
    fn place(&self) -> usize {
        usize::from(self.slot.expect("only attributes that hold values are read and set"))
    }

    /// The mapper of the class that the attribute belongs to.
    pub fn mapper(&self) -> Rc<Mapper> {
        self.mapper.upgrade().expect("an attribute lives with its mapper")
    }

    /// `Student.excuses`.
    pub fn description(&self) -> String {
        match self.mapper.upgrade() {
            Some(mapper) => format!("{}.{}", mapper.class_name, self.key),
            None => self.key.to_string(),
        }
    }

    pub fn is_collection(&self) -> bool {
        self.kind == AttributeKind::Collection
    }

    pub fn is_dynamic(&self) -> bool {
        matches!(self.kind, AttributeKind::Dynamic | AttributeKind::WriteOnly)
    }

    pub fn uses_objects(&self) -> bool {
        !matches!(self.kind, AttributeKind::Scalar | AttributeKind::Proxy)
    }

    pub fn token(&self, op: Op) -> Initiator {
        Initiator { property: self.property.token(), op }
    }

    /// What began a removal of one value: for objects a replacement and an append are the same.
    fn replace_token(&self) -> Initiator {
        self.token(Op::Replace)
    }

    /// The token with which a value is put in.
    pub fn append_token(&self) -> Initiator {
        match self.kind {
            AttributeKind::Scalar | AttributeKind::Object => self.token(Op::Replace),
            _ => self.token(Op::Append),
        }
    }

    pub fn remove_token(&self) -> Initiator {
        self.token(Op::Remove)
    }

    pub fn listen(&self, listener: Rc<Listener>) {
        if let Listener::User { active_history: true, .. } = &*listener {
            self.active_history.set(true);
        }
        self.listeners.borrow_mut().push(listener);
        self.quiet.set(None);
    }

    pub fn listeners_changed(&self) {
        self.quiet.set(None);
    }

    /// Nobody listens.
    #[inline]
    fn is_quiet(&self) -> bool {
        if let Some(quiet) = self.quiet.get() {
            return quiet;
        }
        let quiet = self.listeners.borrow().is_empty() && self.property.listeners.borrow().is_empty();
        self.quiet.set(Some(quiet));
        quiet
    }

    fn all_listeners(&self) -> Vec<Rc<Listener>> {
        let mut all = self.property.listeners.borrow().clone();
        all.extend(self.listeners.borrow().iter().cloned());
        all
    }
}

/// The state of an instance that is known to be mapped.
pub fn state_of(instance: &Gc<Instance>) -> &InstanceState {
    InstanceState::of(instance).expect("only mapped instances reach the attribute functions")
}

// Reading.

/// What the attribute says in the language: loads where need be; None or an empty collection where nothing is.
pub fn get(host: &mut dyn Host, instance: &Gc<Instance>, attribute: &Attribute) -> R<Value> {
    let value = instance.slot(attribute.place());
    if !value.is_unset() {
        return Ok(value);
    }
    fetch(host, instance, attribute, Passive::OFF)
}

/// The value, `NO_VALUE` or `NO_RESULT`, doing no more than `passive` allows.
pub fn fetch(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
) -> R<Value> {
    let slot = attribute.place();
    let value = instance.slot(slot);
    if !value.is_unset() {
        return Ok(value);
    }
    if attribute.is_dynamic() {
        return load::dynamic_value(host, instance, attribute, passive);
    }
    let state = state_of(instance);
    let committed = state.committed(slot);
    if committed.is_none_or(|value| value.is_unset()) {
        if !passive.has(Passive::CALLABLES_OK) {
            return Ok(NO_RESULT);
        }
        match run_loader(host, instance, attribute, passive)? {
            Loaded::NoResult => return Ok(NO_RESULT),
            Loaded::NoValue => return Ok(NO_VALUE),
            Loaded::WasSet => {
                let value = instance.slot(slot);
                if !value.is_unset() {
                    return Ok(value);
                }
            }
            Loaded::Value(value) => return set_committed_value(host, instance, attribute, value),
            Loaded::Empty => {}
        }
    }
    if !passive.has(Passive::INIT_OK) {
        return Ok(NO_VALUE);
    }
    default_value(host, instance, attribute)
}

/// Loads the value as it stands in the database, without looking at the slot.
fn run_loader(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
) -> R<Loaded> {
    let state = state_of(instance);
    if attribute.kind == AttributeKind::Scalar && state.is_expired(attribute.place()) {
        return load::load_expired(host, instance, passive);
    }
    load::load_attribute(host, instance, attribute, passive)
}

fn default_value(host: &mut dyn Host, instance: &Gc<Instance>, attribute: &Attribute) -> R<Value> {
    if attribute.is_collection() {
        return collection::empty(host, instance, attribute);
    }
    let mut value = Value::None;
    if !attribute.is_quiet() {
        for listener in attribute.all_listeners() {
            if let Listener::User { event, listener, .. } = &*listener
                && &**event == "init_scalar"
            {
                let target = Value::Instance(instance.clone());
                let dict = host.get_attr(&target, &crate::python::value::intern("__dict__"))?;
                let answer = host.call_values(&listener.function, &[target, value.clone(), dict])?;
                if listener.retval {
                    value = answer;
                }
            }
        }
    }
    Ok(value)
}

/// Puts a value there as if it had been loaded.
pub fn set_committed_value(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    value: Value,
) -> R<Value> {
    if attribute.is_collection() {
        return collection::set_committed(host, instance, attribute, value);
    }
    let slot = attribute.place();
    drop(instance.set_slot(slot, value.clone()));
    state_of(instance).commit_slots(&[slot]);
    Ok(value)
}

/// The value as the database has it, before changes that are not flushed.
pub fn committed_value(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    passive: Passive,
) -> R<Value> {
    match state_of(instance).committed(attribute.place()) {
        Some(value) if value.is_unset() => Ok(Value::None),
        Some(value) => Ok(value),
        None => fetch(host, instance, attribute, passive),
    }
}

// Changing.

/// Notes that the attribute changes from `previous`, and tells the session.
pub fn modified(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    previous: Value,
    is_collection: bool,
) -> R<()> {
    let state = state_of(instance);
    let slot = attribute.place();
    if !state.is_changed(slot) {
        let previous = if is_collection {
            let current = if previous.is_unset() { instance.slot(slot) } else { previous };
            if is_no_state(&current) { NO_VALUE } else { Value::list(collection::items(host, &current)?) }
        } else {
            previous
        };
        state.remember(slot, previous);
    }
    if !state.is_modified() {
        state.set_flag(super::state::Flag::MODIFIED);
        super::session::note_modified(host, instance, state)?;
    }
    Ok(())
}

/// Sets the attribute as an assignment in the language does.
pub fn set(host: &mut dyn Host, instance: &Gc<Instance>, attribute: &Attribute, value: Value) -> R<()> {
    match attribute.kind {
        AttributeKind::Scalar => set_scalar(host, instance, attribute, value, None),
        AttributeKind::Object => {
            set_object(host, instance, attribute, value, None, Passive::OFF, None, false)
        }
        AttributeKind::Collection => collection::set(host, instance, attribute, value, Passive::OFF, true),
        AttributeKind::Dynamic | AttributeKind::WriteOnly => {
            load::dynamic_set(host, instance, attribute, value)
        }
        AttributeKind::Proxy => Err(errors::cannot_set(attribute)),
    }
}

/// `AttributeError: 'X' object has no attribute '_sa_instance_state'` for what is no mapped object.
pub fn check_mapped(host: &mut dyn Host, _attribute: &Attribute, value: &Value) -> R<()> {
    if value.is_none() || InstanceState::of_value(value).is_some() {
        return Ok(());
    }
    Err(not_mapped(host, value))
}

/// What to say of a value that is no mapped object.
pub fn not_mapped(host: &mut dyn Host, value: &Value) -> Raised {
    if let Value::Class(class) = value {
        return errors::class_has_no_instance_state(&class.name.borrow());
    }
    let class = host.class_of(value).name.borrow().clone();
    errors::no_instance_state(&class)
}

fn set_scalar(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    mut value: Value,
    initiator: Option<Initiator>,
) -> R<()> {
    let slot = attribute.place();
    let old = if attribute.active_history.get() {
        fetch(host, instance, attribute, Passive::RETURN_NO_VALUE)?
    } else {
        instance.slot(slot)
    };
    if !attribute.is_quiet() {
        value =
            fire_set(host, instance, attribute, value, &old, initiator.unwrap_or(attribute.replace_token()))?;
    }
    modified(host, instance, attribute, old, false)?;
    drop(instance.set_slot(slot, value));
    Ok(())
}

/// Sets one object. With `check_old`, only if that is what stands there now; with `pop`, otherwise nothing happens.
#[expect(clippy::too_many_arguments, reason = "the arguments of the operation that this mirrors")]
pub fn set_object(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    value: Value,
    initiator: Option<Initiator>,
    _passive: Passive,
    check_old: Option<&Value>,
    pop: bool,
) -> R<()> {
    let old = fetch(host, instance, attribute, old_value_passive(attribute))?;
    if let Some(check) = check_old
        && !is_no_result(&old)
        && !check.is(&old)
    {
        if pop {
            return Ok(());
        }
        return Err(errors::object_not_associated(host, instance, attribute, check));
    }
    let initiator = initiator.unwrap_or(attribute.replace_token());
    if attribute.track_parent.get() && !old.is(&value) && !old.is_none() && !is_no_state(&old) {
        set_has_parent(host, &old, instance, attribute, false)?;
    }
    let value = fire_set(host, instance, attribute, value, &old, initiator)?;
    modified(host, instance, attribute, old, false)?;
    if attribute.track_parent.get() && !value.is_none() {
        set_has_parent(host, &value, instance, attribute, true)?;
    }
    drop(instance.set_slot(attribute.place(), value));
    Ok(())
}

fn old_value_passive(attribute: &Attribute) -> Passive {
    if attribute.active_history.get() {
        Passive::ONLY_PERSISTENT.with(Passive::NO_AUTOFLUSH | Passive::LOAD_AGAINST_COMMITTED)
    } else {
        Passive::NO_FETCH.without(Passive::INIT_OK).with(Passive::LOAD_AGAINST_COMMITTED | Passive::NO_RAISE)
    }
}

/// `del instance.attribute`.
pub fn delete(host: &mut dyn Host, instance: &Gc<Instance>, attribute: &Attribute) -> R<()> {
    let slot = attribute.place();
    let state = state_of(instance);
    match attribute.kind {
        AttributeKind::Scalar => {
            let old = if attribute.active_history.get() {
                fetch(host, instance, attribute, Passive::RETURN_NO_VALUE)?
            } else {
                instance.slot(slot)
            };
            if !attribute.is_quiet() {
                fire_remove(host, instance, attribute, &old, attribute.remove_token())?;
            }
            modified(host, instance, attribute, old.clone(), false)?;
            let existing = instance.set_slot(slot, Value::Unset);
            if existing.is_unset() && old.is_unset() && !state.is_expired(slot) {
                return Err(errors::no_value(attribute));
            }
            Ok(())
        }
        AttributeKind::Object => {
            let old = fetch(host, instance, attribute, old_value_passive(attribute))?;
            if attribute.track_parent.get() && !old.is_none() && !is_no_state(&old) {
                set_has_parent(host, &old, instance, attribute, false)?;
            }
            fire_remove(host, instance, attribute, &old, attribute.remove_token())?;
            modified(host, instance, attribute, old.clone(), false)?;
            let existing = instance.set_slot(slot, Value::Unset);
            if existing.is_unset() && !is_no_result(&old) && !state.has_identity() {
                return Err(errors::no_value(attribute));
            }
            Ok(())
        }
        AttributeKind::Collection => {
            if instance.slot(slot).is_unset() {
                return Ok(());
            }
            modified(host, instance, attribute, NO_VALUE, true)?;
            let current = instance.slot(slot);
            collection::clear_with_event(host, &current)?;
            drop(instance.set_slot(slot, Value::Unset));
            Ok(())
        }
        _ => Err(errors::cannot_delete(attribute)),
    }
}

/// Puts a value in, from the other side of a relationship or by a cascade.
pub fn append(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    value: Value,
    initiator: Option<Initiator>,
    passive: Passive,
) -> R<()> {
    match attribute.kind {
        AttributeKind::Collection => {
            collection::append_to(host, instance, attribute, value, initiator, passive)
        }
        AttributeKind::Dynamic | AttributeKind::WriteOnly => {
            load::dynamic_append(host, instance, attribute, value, initiator)
        }
        _ => set_object(host, instance, attribute, value, initiator, passive, None, false),
    }
}

/// Takes a value out; it must be there.
pub fn remove(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    value: &Value,
    initiator: Option<Initiator>,
    passive: Passive,
) -> R<()> {
    match attribute.kind {
        AttributeKind::Collection => {
            collection::remove_from(host, instance, attribute, value, initiator, passive)
        }
        AttributeKind::Dynamic | AttributeKind::WriteOnly => {
            load::dynamic_remove(host, instance, attribute, value, initiator)
        }
        _ => set_object(host, instance, attribute, Value::None, initiator, passive, Some(value), false),
    }
}

/// Takes a value out if it is there.
pub fn pop(
    host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    value: &Value,
    initiator: Option<Initiator>,
    passive: Passive,
) -> R<()> {
    use crate::diag::builtin::{INDEX_ERROR, KEY_ERROR, VALUE_ERROR};
    match attribute.kind {
        AttributeKind::Scalar | AttributeKind::Object => {
            set_object(host, instance, attribute, Value::None, initiator, passive, Some(value), true)
        }
        _ => match remove(host, instance, attribute, value, initiator, passive) {
            Err(raised)
                if raised.is_a(&VALUE_ERROR) || raised.is_a(&KEY_ERROR) || raised.is_a(&INDEX_ERROR) =>
            {
                Ok(())
            }
            other => other,
        },
    }
}

// Parents.

/// Notes whether `child` has `parent` as its parent along the attribute.
pub fn set_has_parent(
    host: &mut dyn Host,
    child: &Value,
    parent: &Gc<Instance>,
    attribute: &Attribute,
    value: bool,
) -> R<()> {
    let Some(child_state) = InstanceState::of_value(child) else {
        return Err(not_mapped(host, child));
    };
    let token = attribute.property.token();
    let parent_state = state_of(parent);
    if value {
        child_state.set_parent(token, ParentLink::Of(parent_state.handle()));
        return Ok(());
    }
    if let Some(ParentLink::Of(last)) = child_state.parent_link(token) {
        match last.upgrade() {
            Some(last) if Gc::ptr_eq(&last, parent) => {}
            Some(last) => {
                let (last_ident, ident) = (state_of(&last).ident(), parent_state.ident());
                let same_key = !last_ident.is_unset() && host.eq(&last_ident, &ident)?
                    || last_ident.is_unset() && ident.is_unset();
                if !same_key {
                    return Ok(());
                }
            }
            None => {}
        }
    }
    child_state.set_parent(token, ParentLink::Removed);
    Ok(())
}
