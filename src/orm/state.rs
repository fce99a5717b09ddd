//! The state of one mapped instance: what it is in a session, what was changed, what must be loaded again.
//!
//! Owns `InstanceState`, the payload of every mapped instance, and nothing else per entity, so its size matters.
//! Must not know sessions (their number is enough), SQL, or how attributes are set.
//!
//! The mapped values themselves stand in the slots of the `Instance`; `Unset` there means "not loaded, or expired".

use std::any::Any;
use std::cell::{Cell, RefCell, UnsafeCell};
use std::rc::Rc;

use crate::python::value::{Gc, Instance, Native, Value, Visitor, WeakPtr};

use super::identity_key::IdentityKey;
use super::mapper::Mapper;
use crate::util::few::Few;

/// The owner of a collection or the parent of a child, held without keeping it alive; emptied when the owner goes.
#[derive(Default)]
pub struct OwnerHandle(Cell<Option<WeakPtr<Instance>>>);

impl OwnerHandle {
    pub fn upgrade(&self) -> Option<Gc<Instance>> {
        self.0.get().and_then(|pointer| pointer.upgrade())
    }

    pub fn address(&self) -> usize {
        self.0.get().map_or(0, |pointer| pointer.address())
    }
}

/// What `hasparent` remembers of one relationship that refers to the instance.
#[derive(Clone)]
pub enum ParentLink {
    /// The parent that holds the instance.
    Of(Rc<OwnerHandle>),
    /// It was taken from its parent.
    Removed,
}

/// Changes to a collection that is not loaded yet, applied when it is.
#[derive(Default, Clone)]
pub struct PendingCollection {
    pub added: Vec<Value>,
    pub deleted: Vec<Value>,
}

impl PendingCollection {
    pub fn append(&mut self, value: Value) {
        match self.deleted.iter().position(|known| known.is(&value)) {
            Some(at) => drop(self.deleted.remove(at)),
            None => self.added.push(value),
        }
    }

    pub fn remove(&mut self, value: &Value) {
        match self.added.iter().position(|known| known.is(value)) {
            Some(at) => drop(self.added.remove(at)),
            None if self.deleted.iter().any(|known| known.is(value)) => {}
            None => self.deleted.push(value.clone()),
        }
    }
}

/// What few instances need.
#[derive(Default)]
pub struct StateExtra {
    /// The value before the first change since the last flush, by slot; `Unset` where there was none.
    pub committed: Vec<(u16, Value)>,
    pub pending: Few<(u16, PendingCollection)>,
    /// Empty collections that were shown and not yet changed.
    pub empty: Few<(u16, Value)>,
    /// Slots that are expired one by one (see `Flag::EXPIRED_ALL`).
    pub expired: Few<u16>,
    /// By the address of the relationship's property.
    pub parents: Vec<(usize, ParentLink)>,
    pub handle: Option<Rc<OwnerHandle>>,
    /// Loader options and path with which the instance was loaded; the query layer knows their type.
    pub load_options: Option<Rc<dyn Any>>,
    /// Per attribute: a loader of its own (deferred by an option, `raiseload`); the query layer knows the type.
    pub loaders: Few<(u16, Rc<dyn Any>)>,
}

impl StateExtra {
    /// Nothing in it outlives a commit of the instance's changes.
    fn is_idle(&self) -> bool {
        self.empty.is_empty()
            && self.parents.is_empty()
            && self.handle.as_ref().is_none_or(|handle| Rc::strong_count(handle) == 1)
            && self.load_options.is_none()
            && self.loaders.is_empty()
    }
}

/// Bits of `InstanceState::flags`.
pub struct Flag;

impl Flag {
    /// Changed since the last flush.
    pub const MODIFIED: u16 = 1;
    /// Every column attribute is to be loaded anew on its next use.
    pub const EXPIRED_ALL: u16 = 1 << 1;
    /// `expired`: at least one attribute is expired.
    pub const EXPIRED: u16 = 1 << 2;
    /// The row was deleted in a flush of the running transaction.
    pub const DELETED: u16 = 1 << 3;
    /// Read from a row in the running statement.
    pub const LOADING: u16 = 1 << 4;
    /// Found an orphan by the running flush.
    pub const ORPHANED_OUTSIDE: u16 = 1 << 5;
    /// Is in the identity map of its session.
    pub const IN_IDENTITY_MAP: u16 = 1 << 6;
    /// Waits in `session.new`.
    pub const PENDING: u16 = 1 << 7;
    /// Waits in `session.deleted`.
    pub const MARKED_DELETED: u16 = 1 << 8;
    /// The session is changing it; a load must not autoflush.
    pub const BUSY: u16 = 1 << 9;
    /// Made by `Query.populate_existing` or a refresh.
    pub const REFRESHING: u16 = 1 << 10;
    /// The running transaction would have to put it back.
    pub const IN_SNAPSHOT: u16 = 1 << 11;
    /// The whole row was expired (`inspect(obj).expired`), and not loaded anew since.
    pub const ROW_EXPIRED: u16 = 1 << 12;

    /// What goes when the instance leaves its session.
    pub const OF_SESSION: u16 =
        Self::IN_IDENTITY_MAP | Self::PENDING | Self::MARKED_DELETED | Self::IN_SNAPSHOT;
}

/// A value that is looked at and replaced, never lent out.
struct Ident(UnsafeCell<Value>);

impl Default for Ident {
    fn default() -> Self {
        Ident(UnsafeCell::new(Value::Unset))
    }
}

impl Ident {
    /// `look` only reads the value.
    #[inline(always)]
    fn look<T>(&self, look: impl FnOnce(&Value) -> T) -> T {
        // SAFETY: the cell is private to this file, and nothing that is called here replaces its value.
        look(unsafe { &*self.0.get() })
    }

    #[inline(always)]
    fn get(&self) -> Value {
        self.look(Value::clone)
    }

    /// Returns what was there, which the caller drops when the cell holds the new value.
    #[inline(always)]
    fn replace(&self, value: Value) -> Value {
        // SAFETY: nobody looks at the value just now.
        unsafe { std::ptr::replace(self.0.get(), value) }
    }
}

/// The payload of a mapped instance.
pub struct InstanceState {
    mapper: Rc<Mapper>,
    /// The identity within the base mapper: one primary key value, or a tuple of several. `Unset`: not persistent.
    ident: Ident,
    /// The number of the session that holds the instance, 0 for none.
    session: Cell<u32>,
    /// The place among the instances that were added to the session.
    insert_order: Cell<u32>,
    flags: Cell<u16>,
    object: Cell<Option<WeakPtr<Instance>>>,
    extra: RefCell<Option<Box<StateExtra>>>,
}

impl InstanceState {
    pub fn new(mapper: Rc<Mapper>) -> Self {
        InstanceState {
            mapper,
            ident: Ident::default(),
            session: Cell::new(0),
            insert_order: Cell::new(0),
            flags: Cell::new(0),
            object: Cell::new(None),
            extra: RefCell::new(None),
        }
    }

    /// The state of a mapped instance.
    #[inline]
    pub fn of(instance: &Gc<Instance>) -> Option<&InstanceState> {
        instance.payload::<InstanceState>()
    }

    /// The state behind any value, if it is a mapped instance.
    #[inline]
    pub fn of_value(value: &Value) -> Option<&InstanceState> {
        value.payload::<InstanceState>()
    }

    /// A mapped instance without calling `__init__`, as rows make it.
    pub fn new_instance(mapper: &Rc<Mapper>) -> Gc<Instance> {
        let state = InstanceState::new(mapper.clone());
        let instance = Instance::with_payload(mapper.class.clone(), Box::new(state));
        if let Some(state) = Self::of(&instance) {
            state.object.set(Some(Gc::downgrade(&instance)));
        }
        instance
    }

    /// An instance as a row makes it: persistent, with its columns in their slots.
    #[inline]
    pub fn loaded_instance(
        mapper: &Rc<Mapper>,
        slots: Vec<Value>,
        ident: Value,
        session: u32,
    ) -> Gc<Instance> {
        let state = InstanceState::new(mapper.clone());
        state.ident.replace(ident);
        state.session.set(session);
        let instance = Instance::plain(mapper.class.clone(), slots, Box::new(state));
        if let Some(state) = Self::of(&instance) {
            state.object.set(Some(Gc::downgrade(&instance)));
        }
        instance
    }

    /// The state comes to hold values: the collector has to look at the object.
    fn holds_values(&self) {
        if let Some(object) = self.object() {
            object.ensure_tracked();
        }
    }

    /// Tells the state which object it belongs to; needed where the machine made the instance.
    pub fn bind(instance: &Gc<Instance>) {
        if let Some(state) = Self::of(instance)
            && state.object.get().is_none()
        {
            state.object.set(Some(Gc::downgrade(instance)));
        }
    }

    #[inline(always)]
    pub fn mapper(&self) -> &Rc<Mapper> {
        &self.mapper
    }

    /// The object, unless it is on its way out.
    pub fn object(&self) -> Option<Gc<Instance>> {
        self.object.get().and_then(|pointer| pointer.upgrade())
    }

    #[inline(always)]
    pub fn has(&self, flag: u16) -> bool {
        self.flags.get() & flag != 0
    }

    #[inline(always)]
    pub fn set_flag(&self, flag: u16) {
        self.flags.set(self.flags.get() | flag);
    }

    #[inline(always)]
    pub fn clear_flag(&self, flag: u16) {
        self.flags.set(self.flags.get() & !flag);
    }

    // Identity.

    pub fn key(&self) -> Option<IdentityKey> {
        let ident = self.ident.get();
        (!ident.is_unset()).then(|| IdentityKey { mapper: self.mapper.base_mapper(), ident })
    }

    pub fn has_identity(&self) -> bool {
        !self.ident.look(Value::is_unset)
    }

    /// One primary key value, or a tuple of several; `Unset` without a key.
    pub fn ident(&self) -> Value {
        self.ident.get()
    }

    /// Sets or (`Unset`) removes the identity.
    pub fn set_ident(&self, ident: Value) {
        let before = self.ident.replace(ident);
        drop(before);
    }

    #[inline(always)]
    pub fn session_id(&self) -> u32 {
        self.session.get()
    }

    pub fn set_session_id(&self, session: u32) {
        self.session.set(session);
    }

    pub fn insert_order(&self) -> u32 {
        self.insert_order.get()
    }

    pub fn set_insert_order(&self, order: u32) {
        self.insert_order.set(order);
    }

    // The five states of an instance, as `inspect(obj)` names them.

    pub fn is_transient(&self) -> bool {
        !self.has_identity() && self.session.get() == 0
    }
    pub fn is_pending(&self) -> bool {
        !self.has_identity() && self.session.get() != 0
    }
    pub fn is_persistent(&self) -> bool {
        self.has_identity() && self.session.get() != 0 && !self.has(Flag::DELETED)
    }
    pub fn is_deleted(&self) -> bool {
        self.has_identity() && self.session.get() != 0 && self.has(Flag::DELETED)
    }
    pub fn is_detached(&self) -> bool {
        self.has_identity() && self.session.get() == 0
    }

    pub fn is_modified(&self) -> bool {
        self.has(Flag::MODIFIED)
    }

    /// Runs over the rarely needed part; `f` must not call the language.
    pub fn with_extra<T>(&self, f: impl FnOnce(&mut StateExtra) -> T) -> T {
        f(self.extra.borrow_mut().get_or_insert_with(Box::default))
    }

    /// As `with_extra`, without making it; None where there is none.
    pub fn peek_extra<T>(&self, f: impl FnOnce(&StateExtra) -> T) -> Option<T> {
        self.extra.borrow().as_deref().map(f)
    }

    // Changes.

    /// What stood in a slot before the first change; None where it was not changed.
    pub fn committed(&self, slot: usize) -> Option<Value> {
        self.peek_extra(|extra| {
            let entry = extra.committed.iter().find(|(at, _)| usize::from(*at) == slot);
            entry.map(|(_, value)| value.clone())
        })
        .flatten()
    }

    /// The changed slots, in the order of their first change.
    pub fn changed_slots(&self) -> Vec<usize> {
        self.peek_extra(|extra| extra.committed.iter().map(|(at, _)| usize::from(*at)).collect())
            .unwrap_or_default()
    }

    pub fn is_changed(&self, slot: usize) -> bool {
        self.peek_extra(|extra| extra.committed.iter().any(|(at, _)| usize::from(*at) == slot))
            .unwrap_or(false)
    }

    /// Remembers what stood in a slot, unless something is remembered already.
    pub fn remember(&self, slot: usize, before: Value) {
        if before.is_tracked() {
            self.holds_values();
        }
        let kept = self.with_extra(|extra| {
            if extra.committed.iter().any(|(at, _)| usize::from(*at) == slot) {
                return Some(before);
            }
            extra.committed.push((slot as u16, before));
            None
        });
        drop(kept);
    }

    /// Forgets the change of one slot.
    pub fn forget(&self, slot: usize) -> Option<Value> {
        self.extra.borrow_mut().as_deref_mut().and_then(|extra| {
            let at = extra.committed.iter().position(|(at, _)| usize::from(*at) == slot)?;
            Some(extra.committed.remove(at).1)
        })
    }

    /// What a flush or a load leaves: no changes, nothing expired, nothing pending. An instance that needs nothing
    /// more than that gives the memory of its rare part back.
    pub fn commit_all(&self) {
        // What a flush expired (the database computes it) stays to be loaded.
        let unloaded = if self.has(Flag::EXPIRED) { self.unloaded_expired() } else { Vec::new() };
        self.clear_flag(Flag::MODIFIED | Flag::EXPIRED | Flag::EXPIRED_ALL | Flag::ROW_EXPIRED);
        let dropped = {
            let mut slot = self.extra.borrow_mut();
            match slot.as_deref_mut() {
                Some(extra) if extra.is_idle() => (slot.take(), Vec::new(), Few::default()),
                Some(extra) => {
                    extra.expired.clear();
                    (None, std::mem::take(&mut extra.committed), std::mem::take(&mut extra.pending))
                }
                None => (None, Vec::new(), Few::default()),
            }
        };
        for slot in unloaded {
            self.expire(slot);
        }
        drop(dropped);
    }

    /// Expired slots that have no value.
    fn unloaded_expired(&self) -> Vec<usize> {
        let Some(object) = self.object() else { return Vec::new() };
        let mut slots = self.expired_slots();
        slots.retain(|&slot| object.slot(slot).is_unset());
        slots
    }

    /// Nothing is to be loaded anew.
    pub fn forget_expired(&self) {
        if let Some(extra) = self.extra.borrow_mut().as_deref_mut() {
            extra.expired.clear();
        }
        self.clear_flag(Flag::EXPIRED | Flag::EXPIRED_ALL | Flag::ROW_EXPIRED);
    }

    /// Forgets the changes of these slots only.
    pub fn commit_slots(&self, slots: &[usize]) {
        for &slot in slots {
            drop(self.forget(slot));
            self.unexpire(slot);
        }
    }

    // Expiry.

    /// Whether the attribute in this slot is to be loaded anew (column attributes only).
    pub fn is_expired(&self, slot: usize) -> bool {
        self.has(Flag::EXPIRED_ALL)
            || (self.has(Flag::EXPIRED)
                && self.peek_extra(|extra| extra.expired.contains(&(slot as u16))).unwrap_or(false))
    }

    pub fn expire(&self, slot: usize) {
        self.set_flag(Flag::EXPIRED);
        if self.has(Flag::EXPIRED_ALL) {
            return;
        }
        self.with_extra(|extra| {
            if !extra.expired.contains(&(slot as u16)) {
                extra.expired.push(slot as u16);
            }
        });
    }

    /// The slot got a value. While everything is expired, the other column attributes stay so one by one.
    pub fn unexpire(&self, slot: usize) {
        if !self.has(Flag::EXPIRED) {
            return;
        }
        self.clear_flag(Flag::ROW_EXPIRED);
        if self.has(Flag::EXPIRED_ALL) {
            self.clear_flag(Flag::EXPIRED_ALL);
            let all = self.mapper.attributes();
            let slots: Vec<u16> =
                all.iter().filter_map(|attribute| attribute.slot()).map(|slot| slot as u16).collect();
            self.with_extra(|extra| extra.expired = slots.into());
        }
        let empty = self.with_extra(|extra| {
            extra.expired.retain(|&at| usize::from(at) != slot);
            extra.expired.is_empty()
        });
        if empty {
            self.clear_flag(Flag::EXPIRED);
        }
    }

    /// The expired column slots.
    pub fn expired_slots(&self) -> Vec<usize> {
        if self.has(Flag::EXPIRED_ALL) {
            return self.mapper.column_slots().into_iter().map(usize::from).collect();
        }
        self.peek_extra(|extra| extra.expired.iter().map(|&at| usize::from(at)).collect()).unwrap_or_default()
    }

    /// Expires the whole instance: values, changes and pending collections go. The session is told by the caller.
    pub fn expire_all(&self, instance: &Gc<Instance>) {
        let dropped = self.extra.borrow_mut().as_deref_mut().map(|extra| {
            extra.expired.clear();
            extra.loaders.clear();
            extra.parents = Vec::new();
            (std::mem::take(&mut extra.committed), std::mem::take(&mut extra.pending))
        });
        self.clear_flag(Flag::MODIFIED);
        self.set_flag(Flag::EXPIRED | Flag::EXPIRED_ALL | Flag::ROW_EXPIRED);
        let values = instance.take_slots(self.mapper.n_slots());
        drop((dropped, values));
    }

    // Parents, for delete-orphan.

    /// `relationship` is the address of the property whose collection or attribute refers here.
    pub fn has_parent(&self, relationship: usize, optimistic: bool) -> bool {
        let link = self.peek_extra(|extra| {
            extra.parents.iter().find(|(known, _)| *known == relationship).map(|(_, link)| link.clone())
        });
        match link.flatten() {
            Some(ParentLink::Of(_)) => true,
            Some(ParentLink::Removed) => false,
            None => optimistic,
        }
    }

    pub fn set_parent(&self, relationship: usize, link: ParentLink) {
        let before = self.with_extra(|extra| {
            match extra.parents.iter_mut().find(|(known, _)| *known == relationship) {
                Some((_, known)) => Some(std::mem::replace(known, link)),
                None => {
                    // Most have one parent, and there are many of them.
                    extra.parents.reserve_exact(1);
                    extra.parents.push((relationship, link));
                    None
                }
            }
        });
        drop(before);
    }

    pub fn parent_link(&self, relationship: usize) -> Option<ParentLink> {
        self.peek_extra(|extra| {
            extra.parents.iter().find(|(known, _)| *known == relationship).map(|(_, link)| link.clone())
        })
        .flatten()
    }

    /// A reference to the object that does not keep it alive.
    pub fn handle(&self) -> Rc<OwnerHandle> {
        let object = self.object.get();
        self.with_extra(|extra| {
            extra
                .handle
                .get_or_insert_with(|| {
                    let handle = OwnerHandle::default();
                    handle.0.set(object);
                    Rc::new(handle)
                })
                .clone()
        })
    }

    pub fn empty_collection(&self, slot: usize) -> Option<Value> {
        self.peek_extra(|extra| {
            extra.empty.iter().find(|(at, _)| usize::from(*at) == slot).map(|(_, value)| value.clone())
        })
        .flatten()
    }

    pub fn set_empty_collection(&self, slot: usize, collection: Value) {
        self.holds_values();
        self.with_extra(|extra| extra.empty.push((slot as u16, collection)));
    }

    pub fn take_empty_collection(&self, slot: usize) -> Option<Value> {
        self.extra.borrow_mut().as_deref_mut().and_then(|extra| {
            let at = extra.empty.iter().position(|(at, _)| usize::from(*at) == slot)?;
            Some(extra.empty.remove(at).1)
        })
    }

    // Pending changes of collections that are not loaded.

    pub fn take_pending(&self, slot: usize) -> Option<PendingCollection> {
        self.extra.borrow_mut().as_deref_mut().and_then(|extra| {
            let at = extra.pending.iter().position(|(at, _)| usize::from(*at) == slot)?;
            Some(extra.pending.remove(at).1)
        })
    }

    pub fn pending(&self, slot: usize) -> Option<PendingCollection> {
        self.peek_extra(|extra| {
            extra.pending.iter().find(|(at, _)| usize::from(*at) == slot).map(|(_, pending)| pending.clone())
        })
        .flatten()
    }

    pub fn with_pending<T>(&self, slot: usize, f: impl FnOnce(&mut PendingCollection) -> T) -> T {
        self.holds_values();
        self.with_extra(|extra| {
            let at = extra.pending.iter().position(|(at, _)| usize::from(*at) == slot);
            let at = at.unwrap_or_else(|| {
                extra.pending.push((slot as u16, PendingCollection::default()));
                extra.pending.len() - 1
            });
            f(&mut extra.pending.get_mut(at).expect("found, or just pushed").1)
        })
    }
}

impl Native for InstanceState {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        let Ok(extra) = self.extra.try_borrow() else {
            visitor.busy();
            return;
        };
        self.ident.look(|ident| ident.trace(visitor));
        if let Some(extra) = &*extra {
            extra.committed.iter().for_each(|(_, value)| value.trace(visitor));
            for (_, pending) in &extra.pending {
                pending.added.iter().chain(&pending.deleted).for_each(|value| value.trace(visitor));
            }
            extra.empty.iter().for_each(|(_, value)| value.trace(visitor));
        }
    }

    fn clear(&self) {
        let extra = self.extra.borrow_mut().as_deref_mut().map(|extra| {
            (
                std::mem::take(&mut extra.committed),
                std::mem::take(&mut extra.pending),
                std::mem::take(&mut extra.empty),
            )
        });
        drop(extra);
    }
}

impl Drop for InstanceState {
    fn drop(&mut self) {
        if let Some(extra) = self.extra.get_mut()
            && let Some(handle) = &extra.handle
        {
            handle.0.set(None);
        }
        if self.session.get() != 0 {
            let address = self.object.get().map_or(0, |object| object.address());
            super::identity::forget(self, address);
        }
    }
}

const _: () = assert!(std::mem::size_of::<InstanceState>() <= 64);
