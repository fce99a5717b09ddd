//! From rows to objects.
//!
//! Owns running a plan over the rows of a cursor: identity lookups, new objects, filling what is not loaded,
//! collections of joined loads. Must not know how statements are made. Mirrors `_instance` of `loading.py`.
//!
//! An object that is in the session already keeps what it holds; only what it has not loaded is taken from the row,
//! unless it is being refreshed.

use std::cell::RefCell;
use std::rc::Rc;

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::plan::{Cell, InstancePlan, ItemPlan, JoinedPlan, Plan, StateLoader};
use super::post::{Inputs, PostQueue};
use super::subquery::SubqueryRows;
use crate::engine::{Connection, Cursor};
use crate::orm::attribute::{self, Attribute};
use crate::orm::collection;
use crate::orm::events::{self, MapperEvent};
use crate::orm::query::errors;
use crate::orm::query::path::Path;
use crate::orm::session::Session;
use crate::orm::state::{Flag, InstanceState};
use crate::python::value::{Gc, Host, Instance, R, Value};

/// What objects remember of the statement that loaded them, for their own loads.
pub struct StateOptions {
    /// Loader options as the statement held them.
    pub options: Rc<[Value]>,
    pub path: Path,
}

/// What happened to an object in the running statement.
enum Run {
    /// It was made, or populated whole.
    Full,
    /// These joins fill what was not loaded.
    Partial(Vec<usize>),
}

/// A collection that joined rows add up to.
struct Gathered {
    parent: Gc<Instance>,
    attribute: Rc<Attribute>,
    members: Vec<Value>,
    seen: FxHashSet<usize>,
}

/// The state of one run.
pub struct Context {
    pub session: Rc<Session>,
    pub connection: Rc<Connection>,
    pub populate_existing: bool,
    pub refresh: Option<Gc<Instance>>,
    pub invoke_all_eagers: bool,
    pub inputs: Rc<Inputs>,
    pub queue: Rc<RefCell<PostQueue>>,
    tracks: bool,
    runs: FxHashMap<usize, Run>,
    gathered: IndexMap<(usize, usize), Gathered, FxBuildHasher>,
    subqueries: FxHashMap<usize, Rc<SubqueryRows>>,
    state_options: FxHashMap<usize, Rc<StateOptions>>,
    listened: FxHashMap<usize, (bool, bool)>,
}

impl Context {
    pub fn new(
        session: &Rc<Session>,
        connection: &Rc<Connection>,
        inputs: Rc<Inputs>,
        queue: Rc<RefCell<PostQueue>>,
        plan: &Plan,
    ) -> Context {
        let tracks = inputs.populate_existing || plan.items.iter().any(has_joined);
        Context {
            session: session.clone(),
            connection: connection.clone(),
            populate_existing: inputs.populate_existing,
            refresh: None,
            invoke_all_eagers: true,
            inputs,
            queue,
            tracks,
            runs: FxHashMap::default(),
            gathered: IndexMap::default(),
            subqueries: FxHashMap::default(),
            state_options: FxHashMap::default(),
            listened: FxHashMap::default(),
        }
    }

    /// Makes the loaders known that run behind the rows, in the order of the attributes.
    pub fn register_loaders(&mut self, plan: &Plan) {
        if plan.has_post {
            for item in &plan.items {
                self.register_item(item);
            }
        }
    }

    fn register_item(&mut self, item: &ItemPlan) {
        match item {
            ItemPlan::Instance(plan) => self.register(plan),
            ItemPlan::Bundle { items, .. } => items.iter().for_each(|item| self.register_item(item)),
            ItemPlan::Cell(_) => {}
        }
    }

    fn register(&mut self, plan: &Rc<InstancePlan>) {
        self.queue.borrow_mut().register(plan, &self.inputs);
        for joined in &plan.joined {
            self.register(&joined.plan);
        }
    }

    // Values.

    #[inline]
    fn cell(&self, host: &mut dyn Host, cursor: &Cursor, cell: &Cell) -> R<Value> {
        let value = match cursor.value(cell.index) {
            Ok(value) => value,
            Err(error) => return Err(self.connection.fetch_failed(host, error)),
        };
        match &cell.processor {
            None => Ok(value),
            Some(processor) => processor.apply(host, value),
        }
    }

    /// The value of one item of the columns clause.
    pub fn item(&mut self, host: &mut dyn Host, cursor: &Cursor, item: &ItemPlan) -> R<Value> {
        match item {
            ItemPlan::Instance(plan) => {
                Ok(self.instance(host, cursor, plan, true)?.map_or(Value::None, Value::Instance))
            }
            ItemPlan::Cell(cell) => self.cell(host, cursor, cell),
            ItemPlan::Bundle { value, names, single, items } => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.push(self.item(host, cursor, item)?);
                }
                let _ = single;
                super::bundle_row(host, value, names, values)
            }
        }
    }

    // Objects.

    /// The object of a row; None where the row has none (an outer join that found nothing).
    pub fn instance(
        &mut self,
        host: &mut dyn Host,
        cursor: &Cursor,
        plan: &Rc<InstancePlan>,
        root: bool,
    ) -> R<Option<Gc<Instance>>> {
        if plan.polymorphic.is_some() {
            return self.polymorphic(host, cursor, plan, root);
        }
        self.plain(host, cursor, plan, root)
    }

    fn polymorphic(
        &mut self,
        host: &mut dyn Host,
        cursor: &Cursor,
        plan: &Rc<InstancePlan>,
        root: bool,
    ) -> R<Option<Gc<Instance>>> {
        let Some(switch) = &plan.polymorphic else { return self.plain(host, cursor, plan, root) };
        let discriminator = self.cell(host, cursor, &switch.cell)?;
        if discriminator.is_none() {
            return match self.key(host, cursor, plan)? {
                Some(key) => {
                    let shown = self.key_text(host, plan, &key)?;
                    Err(errors::null_discriminator(&shown, &switch.column))
                }
                None => Ok(None),
            };
        }
        let Some(found) = plan.mapper.polymorphic_mapper(&discriminator) else {
            let shown = host.repr(&discriminator)?;
            return Err(errors::no_such_identity(&shown));
        };
        if Rc::ptr_eq(&found, &plan.mapper) {
            return self.plain(host, cursor, plan, root);
        }
        if let Some((_, sub)) = switch.plans.iter().find(|(mapper, _)| Rc::ptr_eq(mapper, &found)) {
            return self.plain(host, cursor, sub, root);
        }
        match self.key(host, cursor, plan)? {
            Some(key) => {
                let shown = self.key_text(host, plan, &key)?;
                Err(errors::foreign_discriminator(
                    &shown,
                    &switch.column,
                    &found.description(),
                    &plan.mapper.description(),
                ))
            }
            None => Ok(None),
        }
    }

    fn key_text(&self, host: &mut dyn Host, plan: &InstancePlan, key: &Value) -> R<String> {
        let class = host.repr(&Value::Class(plan.base.class.clone()))?;
        let ident = match key {
            Value::Tuple(_) => key.clone(),
            single => Value::tuple(vec![single.clone()]),
        };
        let ident = host.repr(&ident)?;
        Ok(format!("({class}, {ident}, None)"))
    }

    /// The primary key of a row: one value or a tuple; None where it is not whole.
    fn key(&self, host: &mut dyn Host, cursor: &Cursor, plan: &InstancePlan) -> R<Option<Value>> {
        if let [cell] = plan.key.as_slice() {
            let value = self.cell(host, cursor, cell)?;
            return Ok((!value.is_none()).then_some(value));
        }
        let mut values = Vec::with_capacity(plan.key.len());
        let mut known = false;
        for cell in &plan.key {
            let value = self.cell(host, cursor, cell)?;
            known |= !value.is_none();
            values.push(value);
        }
        // Partial keys are keys.
        Ok((known && !values.is_empty()).then(|| Value::tuple(values)))
    }

    fn plain(
        &mut self,
        host: &mut dyn Host,
        cursor: &Cursor,
        plan: &Rc<InstancePlan>,
        root: bool,
    ) -> R<Option<Gc<Instance>>> {
        if root && let Some(refresh) = self.refresh.clone() {
            self.populate_anew(host, cursor, plan, &refresh)?;
            return Ok(Some(refresh));
        }
        if let Some(index) = plan.int_key
            && let Some(key) = cursor.int(index)
        {
            return match self.session.identity_map.get_int(&plan.base, key) {
                Some(found) => self.existing(host, cursor, plan, &found).map(|()| Some(found)),
                None => {
                    let instance = self.new_object(host, cursor, plan, Value::Int(key))?;
                    if let Some(state) = InstanceState::of(&instance) {
                        self.session.identity_map.add_loaded_int(&plan.base, key, &instance, state);
                    }
                    self.finish_new(host, cursor, plan, &instance)?;
                    Ok(Some(instance))
                }
            };
        }
        let Some(key) = self.key(host, cursor, plan)? else { return Ok(None) };
        match self.session.identity_map.get(host, &plan.base, &key)? {
            Some(found) => self.existing(host, cursor, plan, &found).map(|()| Some(found)),
            None => {
                let instance = self.new_object(host, cursor, plan, key)?;
                self.session.identity_map.replace(host, &instance)?;
                self.finish_new(host, cursor, plan, &instance)?;
                Ok(Some(instance))
            }
        }
    }

    #[inline]
    fn new_object(
        &mut self,
        host: &mut dyn Host,
        cursor: &Cursor,
        plan: &InstancePlan,
        key: Value,
    ) -> R<Gc<Instance>> {
        let mut slots = Vec::with_capacity(plan.n_slots);
        for column in &plan.columns {
            let value = self.cell(host, cursor, &column.cell)?;
            while slots.len() < column.slot {
                slots.push(Value::Unset);
            }
            match slots.get_mut(column.slot) {
                Some(slot) => *slot = value,
                None => slots.push(value),
            }
        }
        Ok(InstanceState::loaded_instance(&plan.mapper, slots, key, self.session.id))
    }

    /// What comes after a new object is in the identity map.
    #[inline]
    fn finish_new(
        &mut self,
        host: &mut dyn Host,
        cursor: &Cursor,
        plan: &Rc<InstancePlan>,
        instance: &Gc<Instance>,
    ) -> R<()> {
        if self.tracks {
            self.runs.insert(Gc::address(instance), Run::Full);
        }
        let state = attribute::state_of(instance);
        for &slot in &plan.expire {
            state.expire(slot);
        }
        if self.inputs.propagates {
            self.remember_options(plan, state);
        }
        for (slot, loader) in &plan.loaders {
            keep_loader(state, *slot, loader);
        }
        for attribute in &plan.noload {
            set_empty(host, instance, attribute)?;
        }
        for joined in &plan.joined {
            self.joined(host, cursor, joined, instance, true)?;
        }
        for subquery in &plan.subqueries {
            self.put_subquery(host, cursor, plan, subquery, instance)?;
        }
        let (load, _) = self.listens(plan);
        if load {
            self.tell(host, plan, MapperEvent::Load, instance)?;
        }
        if !plan.post.is_empty() || !plan.selectin_subclasses.is_empty() {
            self.queue.borrow_mut().add(plan, &self.inputs, instance, true);
        }
        Ok(())
    }

    fn remember_options(&mut self, plan: &InstancePlan, state: &InstanceState) {
        let key = plan as *const InstancePlan as usize;
        let options = match self.state_options.get(&key) {
            Some(known) => known.clone(),
            None => {
                let made = Rc::new(StateOptions {
                    options: self.inputs.propagated.clone(),
                    path: plan.load_path.clone(),
                });
                self.state_options.insert(key, made.clone());
                made
            }
        };
        state.with_extra(|extra| extra.load_options = Some(options));
    }

    fn listens(&mut self, plan: &InstancePlan) -> (bool, bool) {
        let key = Rc::as_ptr(&plan.mapper) as usize;
        *self.listened.entry(key).or_insert_with(|| {
            (
                events::has_listeners(&plan.mapper, MapperEvent::Load),
                events::has_listeners(&plan.mapper, MapperEvent::Refresh),
            )
        })
    }

    fn tell(
        &self,
        host: &mut dyn Host,
        plan: &InstancePlan,
        event: MapperEvent,
        instance: &Gc<Instance>,
    ) -> R<()> {
        let mut arguments = vec![Value::Instance(instance.clone()), Value::None];
        if event == MapperEvent::Refresh {
            arguments.push(Value::None);
        }
        events::fire(host, &plan.mapper, event, &arguments)
    }

    /// The object is in the session already.
    fn existing(
        &mut self,
        host: &mut dyn Host,
        cursor: &Cursor,
        plan: &Rc<InstancePlan>,
        instance: &Gc<Instance>,
    ) -> R<()> {
        if self.tracks {
            match self.runs.get(&Gc::address(instance)) {
                Some(Run::Full) => {
                    for joined in &plan.joined {
                        self.joined(host, cursor, joined, instance, false)?;
                    }
                    return self.fill_unset(host, cursor, plan, instance);
                }
                Some(Run::Partial(wanted)) => {
                    let wanted = wanted.clone();
                    for joined in &plan.joined {
                        if wanted.contains(&joined.number) {
                            self.joined(host, cursor, joined, instance, false)?;
                        } else if self.invoke_all_eagers {
                            self.instance(host, cursor, &joined.plan, false)?;
                        }
                    }
                    return Ok(());
                }
                None => {}
            }
            if self.populate_existing {
                return self.populate_anew(host, cursor, plan, instance);
            }
        }
        self.populate_partial(host, cursor, plan, instance)
    }

    /// Columns that the object lacks, from another row of the same statement.
    fn fill_unset(
        &mut self,
        host: &mut dyn Host,
        cursor: &Cursor,
        plan: &InstancePlan,
        instance: &Gc<Instance>,
    ) -> R<()> {
        let state = attribute::state_of(instance);
        for column in &plan.columns {
            if instance.slot_is_unset(column.slot) && !state.is_changed(column.slot) {
                let value = self.cell(host, cursor, &column.cell)?;
                drop(instance.set_slot(column.slot, value));
                state.unexpire(column.slot);
            }
        }
        Ok(())
    }

    fn populate_partial(
        &mut self,
        host: &mut dyn Host,
        cursor: &Cursor,
        plan: &Rc<InstancePlan>,
        instance: &Gc<Instance>,
    ) -> R<()> {
        let state = attribute::state_of(instance);
        let expired = state.has(Flag::EXPIRED);
        let mut refreshed = false;
        for column in &plan.columns {
            if instance.slot_is_unset(column.slot) && !state.is_changed(column.slot) {
                let value = self.cell(host, cursor, &column.cell)?;
                drop(instance.set_slot(column.slot, value));
                refreshed = true;
                if expired && !plan.complete {
                    state.unexpire(column.slot);
                }
            }
        }
        if refreshed && expired && plan.complete {
            unexpire_columns(state, plan);
        }
        if refreshed && self.inputs.propagates {
            self.remember_options(plan, state);
        }
        for &slot in &plan.expire {
            if instance.slot_is_unset(slot) && !state.is_changed(slot) {
                state.expire(slot);
            }
        }
        for (slot, loader) in &plan.loaders {
            if instance.slot_is_unset(*slot) {
                keep_loader(state, *slot, loader);
            }
        }
        for attribute in &plan.noload {
            if attribute.slot().is_some_and(|slot| instance.slot_is_unset(slot)) {
                set_empty(host, instance, attribute)?;
            }
        }
        if !plan.joined.is_empty() {
            let mut wanted = Vec::new();
            for joined in &plan.joined {
                let unloaded = instance.slot_is_unset(joined.slot) && !state.is_changed(joined.slot);
                if unloaded {
                    wanted.push(joined.number);
                }
            }
            let taken = wanted.clone();
            self.runs.insert(Gc::address(instance), Run::Partial(wanted));
            for joined in &plan.joined {
                if taken.contains(&joined.number) {
                    self.joined(host, cursor, joined, instance, true)?;
                } else if self.invoke_all_eagers {
                    self.instance(host, cursor, &joined.plan, false)?;
                }
            }
        }
        let mut present = Vec::new();
        for subquery in &plan.subqueries {
            if subquery.attribute.slot().is_some_and(|slot| instance.slot_is_unset(slot)) {
                self.put_subquery(host, cursor, plan, subquery, instance)?;
            } else {
                present.push(subquery);
            }
        }
        if self.invoke_all_eagers {
            for subquery in present {
                self.subquery_rows(host, plan, subquery)?;
            }
        }
        if refreshed {
            let (_, refresh) = self.listens(plan);
            if refresh {
                self.tell(host, plan, MapperEvent::Refresh, instance)?;
            }
        }
        if (!plan.post.is_empty() || !plan.selectin_subclasses.is_empty()) && self.invoke_all_eagers {
            self.queue.borrow_mut().add(plan, &self.inputs, instance, false);
        }
        Ok(())
    }

    /// Refresh, `populate_existing`: the row wins over what the object holds.
    fn populate_anew(
        &mut self,
        host: &mut dyn Host,
        cursor: &Cursor,
        plan: &Rc<InstancePlan>,
        instance: &Gc<Instance>,
    ) -> R<()> {
        if self.tracks || self.refresh.is_some() {
            if matches!(self.runs.get(&Gc::address(instance)), Some(Run::Full)) {
                for joined in &plan.joined {
                    self.joined(host, cursor, joined, instance, false)?;
                }
                return Ok(());
            }
            self.runs.insert(Gc::address(instance), Run::Full);
        }
        let state = attribute::state_of(instance);
        let mut loaded: Vec<usize> = Vec::with_capacity(plan.columns.len());
        for column in &plan.columns {
            let value = self.cell(host, cursor, &column.cell)?;
            drop(instance.set_slot(column.slot, value));
            loaded.push(column.slot);
        }
        if !plan.only_load {
            for &slot in plan.deferred.iter().chain(&plan.lazy).chain(&plan.expire) {
                drop(instance.set_slot(slot, Value::Unset));
                drop(state.forget(slot));
            }
            for &slot in &plan.expire {
                state.expire(slot);
            }
        }
        if self.inputs.propagates {
            self.remember_options(plan, state);
        }
        for (slot, loader) in &plan.loaders {
            drop(instance.set_slot(*slot, Value::Unset));
            keep_loader(state, *slot, loader);
        }
        for attribute in &plan.noload {
            set_empty(host, instance, attribute)?;
        }
        for joined in &plan.joined {
            drop(instance.set_slot(joined.slot, Value::Unset));
            self.joined(host, cursor, joined, instance, true)?;
        }
        for subquery in &plan.subqueries {
            self.put_subquery(host, cursor, plan, subquery, instance)?;
        }
        if plan.only_load && self.refresh.is_some() {
            state.commit_slots(&loaded);
        } else {
            let was_modified = state.is_modified();
            state.commit_all();
            if was_modified {
                crate::orm::session::note_clean(instance, state);
            }
            for &slot in &plan.expire {
                state.expire(slot);
            }
        }
        let (_, refresh) = self.listens(plan);
        if refresh {
            self.tell(host, plan, MapperEvent::Refresh, instance)?;
        }
        if !plan.post.is_empty() || !plan.selectin_subclasses.is_empty() {
            self.queue.borrow_mut().add(plan, &self.inputs, instance, true);
        }
        Ok(())
    }

    // Joined loads.

    fn joined(
        &mut self,
        host: &mut dyn Host,
        cursor: &Cursor,
        joined: &JoinedPlan,
        parent: &Gc<Instance>,
        is_new: bool,
    ) -> R<()> {
        let child = self.instance(host, cursor, &joined.plan, false)?;
        if !joined.uselist {
            if is_new || parent.slot_is_unset(joined.slot) {
                let value = child.map_or(Value::None, Value::Instance);
                drop(parent.set_slot(joined.slot, value));
                attribute::state_of(parent).commit_slots(&[joined.slot]);
            }
            return Ok(());
        }
        let key = (Gc::address(parent), joined.number);
        let gathered = match self.gathered.last_mut() {
            Some((last, _)) if *last == key => self.gathered.last_mut().map(|(_, gathered)| gathered),
            _ => Some(self.gathered.entry(key).or_insert_with(|| Gathered {
                parent: parent.clone(),
                attribute: joined.attribute.clone(),
                members: Vec::new(),
                seen: FxHashSet::default(),
            })),
        };
        if let (Some(gathered), Some(child)) = (gathered, child)
            && gathered.seen.insert(Gc::address(&child))
        {
            gathered.members.push(Value::Instance(child));
        }
        Ok(())
    }

    /// Puts the collections of joined loads in place; called when all rows are read.
    pub fn finish_rows(&mut self, host: &mut dyn Host) -> R<()> {
        for (_, gathered) in std::mem::take(&mut self.gathered) {
            collection::set_committed(
                host,
                &gathered.parent,
                &gathered.attribute,
                Value::list(gathered.members),
            )?;
        }
        Ok(())
    }

    // Subquery loads.

    fn put_subquery(
        &mut self,
        host: &mut dyn Host,
        cursor: &Cursor,
        plan: &Rc<InstancePlan>,
        post: &Rc<super::plan::PostPlan>,
        instance: &Gc<Instance>,
    ) -> R<()> {
        let _ = cursor;
        let rows = self.subquery_rows(host, plan, post)?;
        rows.put(host, post, instance)
    }

    /// The rows of a subquery load, which runs once: even if nothing is missing, what it loads may lack something.
    fn subquery_rows(
        &mut self,
        host: &mut dyn Host,
        plan: &Rc<InstancePlan>,
        post: &Rc<super::plan::PostPlan>,
    ) -> R<Rc<SubqueryRows>> {
        let key = Rc::as_ptr(post) as usize;
        if let Some(rows) = self.subqueries.get(&key) {
            return Ok(rows.clone());
        }
        let rows = Rc::new(super::subquery::load(host, self, plan, post)?);
        self.subqueries.insert(key, rows.clone());
        Ok(rows)
    }
}

fn has_joined(item: &ItemPlan) -> bool {
    match item {
        ItemPlan::Instance(plan) => {
            !plan.joined.is_empty()
                || plan
                    .polymorphic
                    .as_ref()
                    .is_some_and(|switch| switch.plans.iter().any(|(_, sub)| !sub.joined.is_empty()))
        }
        ItemPlan::Bundle { items, .. } => items.iter().any(has_joined),
        ItemPlan::Cell(_) => false,
    }
}

/// Every column of the object was read anew.
fn unexpire_columns(state: &InstanceState, plan: &InstancePlan) {
    if state.has(Flag::EXPIRED_ALL) {
        state.clear_flag(Flag::EXPIRED | Flag::EXPIRED_ALL | Flag::ROW_EXPIRED);
        return;
    }
    for column in &plan.columns {
        state.unexpire(column.slot);
    }
}

fn keep_loader(state: &InstanceState, slot: usize, loader: &Rc<StateLoader>) {
    state.with_extra(|extra| {
        extra.loaders.retain(|(known, _)| usize::from(*known) != slot);
        extra.loaders.push((slot as u16, loader.clone()));
    });
}

fn set_empty(host: &mut dyn Host, instance: &Gc<Instance>, attribute: &Attribute) -> R<()> {
    let value = if attribute.is_collection() { Value::list(Vec::new()) } else { Value::None };
    attribute::set_committed_value(host, instance, attribute, value)?;
    Ok(())
}
