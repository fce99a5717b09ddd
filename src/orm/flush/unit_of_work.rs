//! One flush: which instances take part, which actions that makes, and running them in order.
//!
//! Owns registration, presorting, actions with their edges, breaking cycles up, the order. Must not know what a
//! relationship wants (`dependency`) or how rows are written (`persist`).
//! Mirrors `UOWTransaction` in `sqlalchemy/orm/unitofwork.py`.
//!
//! Presorting runs until nothing new joins: a deleted parent may bring children along, which bring theirs. Then the
//! actions of whole mappers are ordered. If their order is a circle (a table that refers to itself), those on the
//! circle are taken apart into actions for single instances, whose order is not.

use std::rc::Rc;

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::action::{ActionId, ActionKey, Actions};
use super::dependency::Processor;
use super::{errors, mapping, persist};
use crate::orm::attribute::{Attribute, Passive};
use crate::orm::history::{self, History};
use crate::orm::identity::Mapped;
use crate::orm::mapper::Mapper;
use crate::orm::session::{Session, SessionTransaction};
use crate::python::value::{Host, R, Value};
use crate::sql::schema::Column;
use crate::util::topological;

/// An instance that takes part in the flush.
pub struct Registered {
    pub mapped: Mapped,
    pub is_delete: bool,
    /// Takes part in relationships only: its own row is not written.
    pub list_only: bool,
}

/// Why an instance is registered, for the warning when it is not in the session.
pub type Along<'a> = Option<(&'static str, &'a Processor)>;

/// History of a relationship, its objects with their states at hand; None where None stands for an object.
#[derive(Default)]
pub struct StateHistory {
    pub added: Vec<Option<Mapped>>,
    pub unchanged: Vec<Option<Mapped>>,
    pub deleted: Vec<Option<Mapped>>,
}

impl StateHistory {
    fn new(history: &History) -> StateHistory {
        let states = |values: &[Value]| values.iter().map(Mapped::of_value).collect();
        StateHistory {
            added: states(&history.added),
            unchanged: states(&history.unchanged),
            deleted: states(&history.deleted),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.unchanged.is_empty() && self.deleted.is_empty()
    }

    pub fn sum(&self) -> impl Iterator<Item = &Option<Mapped>> {
        self.added.iter().chain(&self.unchanged).chain(&self.deleted)
    }

    pub fn non_deleted(&self) -> impl Iterator<Item = &Option<Mapped>> {
        self.added.iter().chain(&self.unchanged)
    }

    pub fn non_added(&self) -> impl Iterator<Item = &Option<Mapped>> {
        self.unchanged.iter().chain(&self.deleted)
    }
}

/// A relationship's turn to look at the instances that take part.
#[derive(Default)]
struct Presort {
    /// By mapper: how many of its instances were looked at, and those passed over so far.
    seen: FxHashMap<usize, (usize, Vec<usize>)>,
    has_actions: bool,
}

/// `post_update` of one base mapper.
#[derive(Default)]
pub struct PostUpdate {
    pub instances: IndexMap<usize, Mapped, FxBuildHasher>,
    pub columns: Vec<Rc<Column>>,
}

pub struct UnitOfWork<'s> {
    pub session: &'s Session,
    pub transaction: Option<Rc<SessionTransaction>>,
    states: IndexMap<usize, Registered, FxBuildHasher>,
    /// Instances by mapper, as places in `states`.
    mappers: IndexMap<usize, (Rc<Mapper>, Vec<usize>), FxBuildHasher>,
    processors: Vec<Rc<Processor>>,
    presorts: IndexMap<(usize, bool), Presort, FxBuildHasher>,
    pub actions: Actions,
    bases: FxHashMap<usize, Rc<Mapper>>,
    /// Processors that act on the instances of a base mapper.
    deps: FxHashMap<usize, Vec<usize>>,
    pub cycles: FxHashSet<ActionId>,
    histories: FxHashMap<(usize, usize), (Rc<StateHistory>, Passive)>,
    /// Children that a one-to-many relationship adds in this flush, by processor.
    pub children_added: FxHashMap<usize, FxHashSet<usize>>,
    /// Pairs of a many-to-many relationship and its reverse that have been written already.
    pub processed_pairs: FxHashMap<Vec<usize>, FxHashSet<(usize, usize)>>,
    pub post_updates: FxHashMap<usize, PostUpdate>,
    cascaded_keys: FxHashSet<(usize, usize)>,
}

fn token(mapper: &Rc<Mapper>) -> usize {
    Rc::as_ptr(mapper) as usize
}

impl<'s> UnitOfWork<'s> {
    pub fn new(session: &'s Session) -> Self {
        UnitOfWork {
            session,
            transaction: None,
            states: IndexMap::default(),
            mappers: IndexMap::default(),
            processors: Vec::new(),
            presorts: IndexMap::default(),
            actions: Actions::default(),
            bases: FxHashMap::default(),
            deps: FxHashMap::default(),
            cycles: FxHashSet::default(),
            histories: FxHashMap::default(),
            children_added: FxHashMap::default(),
            processed_pairs: FxHashMap::default(),
            post_updates: FxHashMap::default(),
            cascaded_keys: FxHashSet::default(),
        }
    }

    pub fn has_work(&self) -> bool {
        !self.states.is_empty()
    }

    pub fn registered(&self) -> impl Iterator<Item = &Registered> {
        self.states.values()
    }

    pub fn is_registered(&self, mapped: &Mapped) -> bool {
        self.states.contains_key(&mapped.address())
    }

    pub fn get(&self, mapped: &Mapped) -> Option<&Registered> {
        self.states.get(&mapped.address())
    }

    /// Whether the flush deletes the instance.
    pub fn is_deleted(&self, mapped: &Mapped) -> bool {
        self.get(mapped).is_some_and(|registered| registered.is_delete)
    }

    /// Leaves an instance out of what is written.
    pub fn remove_state_actions(&mut self, mapped: &Mapped) {
        if let Some(registered) = self.states.get_mut(&mapped.address()) {
            registered.list_only = true;
        }
    }

    pub fn note_cascaded_key(&mut self, mapped: &Mapped, column: &Rc<Column>) {
        self.cascaded_keys.insert((mapped.address(), Rc::as_ptr(column) as usize));
    }

    pub fn is_cascaded_key(&self, mapped: &Mapped, column: &Rc<Column>) -> bool {
        self.cascaded_keys.contains(&(mapped.address(), Rc::as_ptr(column) as usize))
    }

    // Registration.

    pub fn register(&mut self, host: &mut dyn Host, mapped: &Mapped, is_delete: bool) -> R<()> {
        if self.register_object(host, mapped, is_delete, false, false, None)? {
            return Ok(());
        }
        Err(errors::not_in_flush())
    }

    pub fn register_object(
        &mut self,
        host: &mut dyn Host,
        mapped: &Mapped,
        is_delete: bool,
        list_only: bool,
        cancel_delete: bool,
        along: Along<'_>,
    ) -> R<bool> {
        if !self.session.contains(mapped.state()) {
            if let Some((operation, processor)) = along
                && !mapped.state().has(crate::orm::state::Flag::DELETED)
            {
                let relationship = processor.description();
                errors::warn_not_in_session(host, mapped, operation, &relationship, "will not")?;
            }
            return Ok(false);
        }
        if let Some(registered) = self.states.get_mut(&mapped.address()) {
            if !list_only && (is_delete || cancel_delete) {
                registered.is_delete = is_delete;
                registered.list_only = false;
            }
            return Ok(true);
        }
        let mapper = mapped.mapper();
        if !self.mappers.contains_key(&token(mapper)) {
            self.mappers.insert(token(mapper), (mapper.clone(), Vec::new()));
            self.flush_actions_of(mapper);
        }
        let registered = Registered { mapped: mapped.clone(), is_delete, list_only };
        let (place, _) = self.states.insert_full(mapped.address(), registered);
        if let Some((_, places)) = self.mappers.get_mut(&token(mapper)) {
            places.push(place);
        }
        Ok(true)
    }

    /// Whether instances of this very mapper take part.
    pub fn has_mapper(&self, mapper: &Rc<Mapper>) -> bool {
        self.mappers.get(&token(mapper)).is_some_and(|(_, places)| !places.is_empty())
    }

    fn flush_actions_of(&mut self, mapper: &Rc<Mapper>) {
        let base = mapper.base_mapper();
        let saves = self.save_all(&base);
        let deletes = self.delete_all(&base);
        self.actions.order_all(&[(saves, deletes)]);
        for processor in Processor::of_mapper(mapper).iter() {
            if processor.wants_preprocessing() {
                let id = self.processor_id(processor);
                self.presorts.entry((id, processor.from_parent())).or_default();
            }
        }
    }

    fn processor_id(&mut self, processor: &Rc<Processor>) -> usize {
        let known = self.processors.iter().position(|known| known.same(processor));
        known.unwrap_or_else(|| {
            self.processors.push(processor.clone());
            self.processors.len() - 1
        })
    }

    pub fn id_of(&self, processor: &Processor) -> usize {
        self.processors.iter().position(|known| known.same(processor)).unwrap_or(usize::MAX)
    }

    // Actions.

    fn base(&mut self, mapper: &Rc<Mapper>) -> (usize, Rc<Mapper>) {
        let base = mapper.base_mapper();
        self.bases.entry(token(&base)).or_insert_with(|| base.clone());
        (token(&base), base)
    }

    pub fn save_all(&mut self, mapper: &Rc<Mapper>) -> ActionId {
        let (id, base) = self.base(mapper);
        self.actions.get(ActionKey::SaveAll(id), || base.sort_key.clone())
    }

    pub fn delete_all(&mut self, mapper: &Rc<Mapper>) -> ActionId {
        let (id, base) = self.base(mapper);
        self.actions.get(ActionKey::DeleteAll(id), || base.sort_key.clone())
    }

    pub fn post_update_all(&mut self, mapper: &Rc<Mapper>, delete: bool) -> ActionId {
        let (id, base) = self.base(mapper);
        self.actions.get(ActionKey::PostUpdateAll { mapper: id, delete }, || base.sort_key.clone())
    }

    pub fn process_all(&mut self, processor: &Processor, delete: bool) -> ActionId {
        let id = self.id_of(processor);
        let (base, _) = self.base(processor.parent());
        let deps = self.deps.entry(base).or_default();
        if !deps.contains(&id) {
            deps.push(id);
        }
        let key = ActionKey::ProcessAll { processor: id, delete, from_parent: processor.from_parent() };
        self.actions.get(key, || processor.sort_key())
    }

    pub fn save_state(&mut self, mapped: &Mapped) -> ActionId {
        self.actions
            .get(ActionKey::SaveState(mapped.address()), || mapped.mapper().base_mapper().sort_key.clone())
    }

    pub fn delete_state(&mut self, mapped: &Mapped) -> ActionId {
        self.actions
            .get(ActionKey::DeleteState(mapped.address()), || mapped.mapper().base_mapper().sort_key.clone())
    }

    pub fn process_state(&mut self, processor: &Processor, delete: bool, mapped: &Mapped) -> ActionId {
        let id = self.id_of(processor);
        let key = ActionKey::ProcessState { processor: id, delete, instance: mapped.address() };
        self.actions.get(key, || processor.sort_key())
    }

    pub fn register_post_update(&mut self, mapped: &Mapped, columns: impl Iterator<Item = Rc<Column>>) {
        let (base, _) = self.base(mapped.mapper());
        let post_update = self.post_updates.entry(base).or_default();
        post_update.instances.insert(mapped.address(), mapped.clone());
        for column in columns {
            if !post_update.columns.iter().any(|known| Rc::ptr_eq(known, &column)) {
                post_update.columns.push(column);
            }
        }
    }

    // Histories.

    /// The history of a relationship, kept for the whole flush, its objects with it.
    pub fn history(
        &mut self,
        host: &mut dyn Host,
        mapped: &Mapped,
        attribute: &Attribute,
        passive: Passive,
    ) -> R<Rc<StateHistory>> {
        thread_local! { static EMPTY: Rc<StateHistory> = Rc::default(); }
        let Some(slot) = attribute.slot() else { return Ok(EMPTY.with(Rc::clone)) };
        if let Some((known, with)) = self.histories.get(&(mapped.address(), slot))
            && (with.has(Passive::SQL_OK) || !passive.has(Passive::SQL_OK))
        {
            return Ok(known.clone());
        }
        // Nothing is there, nothing was, nothing waits: as good as always, so it is told apart early.
        let is_untouched = || {
            let place = slot as u16;
            let touched = mapped.state().peek_extra(|extra| {
                extra.committed.iter().any(|(at, _)| *at == place)
                    || extra.pending.iter().any(|(at, _)| *at == place)
            });
            touched != Some(true)
        };
        if !passive.has(Passive::CALLABLES_OK)
            && !attribute.is_dynamic()
            && mapped.instance().slot(slot).is_unset()
            && is_untouched()
        {
            return Ok(EMPTY.with(Rc::clone));
        }
        let passive_now = passive.with(Passive::LOAD_AGAINST_COMMITTED | Passive::NO_RAISE);
        let history = history::get_history(host, mapped.instance(), attribute, passive_now)?;
        let history = Rc::new(StateHistory::new(&history));
        self.histories.insert((mapped.address(), slot), (history.clone(), passive));
        Ok(history)
    }

    // Presorting.

    /// Lets every relationship look at what takes part, until nothing new joins.
    fn presort(&mut self, host: &mut dyn Host) -> R<()> {
        loop {
            let mut again = false;
            let keys: Vec<(usize, bool)> = self.presorts.keys().copied().collect();
            for key in keys {
                again |= self.presort_one(host, key)?;
            }
            if !again {
                return Ok(());
            }
        }
    }

    fn presort_one(&mut self, host: &mut dyn Host, key: (usize, bool)) -> R<bool> {
        let processor = self.processors[key.0].clone();
        let (mut deletes, mut saves) = (Vec::new(), Vec::new());
        for mapper in processor.mappers() {
            let Some((_, places)) = self.mappers.get(&token(&mapper)) else { continue };
            let Some(presort) = self.presorts.get_mut(&key) else { continue };
            let (seen, passed) = presort.seen.entry(token(&mapper)).or_default();
            if *seen == places.len() && passed.is_empty() {
                continue;
            }
            let open: Vec<usize> = passed.drain(..).chain(places[*seen..].iter().copied()).collect();
            *seen = places.len();
            for place in open {
                let registered = &self.states[place];
                if registered.list_only {
                    passed.push(place);
                } else if registered.is_delete {
                    deletes.push(registered.mapped.clone());
                } else {
                    saves.push(registered.mapped.clone());
                }
            }
        }
        if deletes.is_empty() && saves.is_empty() {
            return Ok(false);
        }
        if !deletes.is_empty() {
            processor.presort_deletes(host, self, &deletes)?;
        }
        if !saves.is_empty() {
            processor.presort_saves(host, self, &saves)?;
        }
        let has_actions = self.presorts.get(&key).is_some_and(|presort| presort.has_actions);
        if !has_actions
            && (processor.has_changes(host, self, &deletes, true)?
                || processor.has_changes(host, self, &saves, false)?)
        {
            processor.flush_actions(self);
            if let Some(presort) = self.presorts.get_mut(&key) {
                presort.has_actions = true;
            }
        }
        Ok(true)
    }

    // Running.

    pub fn execute(&mut self, host: &mut dyn Host) -> R<()> {
        self.presort(host)?;
        let actions = self.generate(host)?;
        let places: FxHashMap<ActionId, usize> =
            actions.iter().enumerate().map(|(place, &action)| (action, place)).collect();
        let edges: Vec<(usize, usize)> = self
            .actions
            .edges
            .iter()
            .filter_map(|(before, after)| Some((*places.get(before)?, *places.get(after)?)))
            .collect();
        let (waves, stuck) = topological::waves_until_stuck(actions.len(), &edges);
        for wave in waves {
            let wave: Vec<ActionId> = wave.into_iter().map(|place| actions[place]).collect();
            self.run_wave(host, &wave)?;
        }
        if stuck.is_empty() {
            return Ok(());
        }
        let cycle = topological::cycles_as_found(&self.actions.edge_list());
        let shown: Vec<String> = cycle.into_iter().map(|action| self.action_text(action)).collect();
        Err(errors::circular(&shown.join(", ")))
    }

    /// An action as an error message shows it.
    fn action_text(&self, action: ActionId) -> String {
        let mapper = |token: usize| self.bases.get(&token).map_or_else(String::new, |one| one.description());
        let instance = |address: usize| match self.states.get(&address) {
            Some(one) => super::super::load::state_text(one.mapped.instance()),
            None => String::new(),
        };
        let word = |delete: bool| if delete { "True" } else { "False" };
        match self.actions.key(action) {
            ActionKey::SaveAll(base) => format!("_SaveUpdateAll({})", mapper(base)),
            ActionKey::DeleteAll(base) => format!("_DeleteAll({})", mapper(base)),
            ActionKey::PostUpdateAll { mapper: base, .. } => format!("_PostUpdateAll({})", mapper(base)),
            ActionKey::ProcessAll { processor, delete, .. } => {
                format!("_ProcessAll({}, isdelete={})", self.processors[processor].text(), word(delete))
            }
            ActionKey::SaveState(address) => format!("_SaveUpdateState({})", instance(address)),
            ActionKey::DeleteState(address) => format!("_DeleteState({})", instance(address)),
            ActionKey::ProcessState { processor, delete, instance: address } => format!(
                "_ProcessState({}, {}, delete={})",
                self.processors[processor].text(),
                instance(address),
                word(delete)
            ),
        }
    }

    /// All actions in the order of their sort keys, those on circles taken apart.
    fn generate(&mut self, host: &mut dyn Host) -> R<Vec<ActionId>> {
        let on_cycles = topological::cycles(self.actions.len(), &self.actions.edge_list());
        self.cycles = on_cycles.iter().copied().collect();
        let mut converted: FxHashMap<ActionId, Vec<ActionId>> = FxHashMap::default();
        for &action in &on_cycles {
            let parts = self.take_apart(host, action)?;
            converted.insert(action, parts);
        }
        if !on_cycles.is_empty() {
            self.rewire(&converted);
        }
        let mut actions: Vec<ActionId> = (0..self.actions.len())
            .filter(|id| !self.cycles.contains(id) && !self.actions.action(*id).disabled)
            .collect();
        let all = &self.actions;
        actions.sort_by(|&left, &right| {
            let key = |id: ActionId| {
                (all.key(id).kind(), all.action(id).sort_key.as_str(), all.key(id).is_delete())
            };
            key(left).cmp(&key(right))
        });
        Ok(actions)
    }

    /// Edges of actions that were taken apart go to their parts.
    fn rewire(&mut self, converted: &FxHashMap<ActionId, Vec<ActionId>>) {
        for edge in self.actions.edge_list() {
            let (before, after) = edge;
            let disabled = self.actions.action(before).disabled || self.actions.action(after).disabled;
            let (from_cycle, to_cycle) = (self.cycles.contains(&before), self.cycles.contains(&after));
            if !disabled && !from_cycle && !to_cycle {
                continue;
            }
            self.actions.edges.shift_remove(&edge);
            if disabled || (from_cycle && to_cycle) {
                continue;
            }
            if let (true, Some(parts)) = (from_cycle, converted.get(&before)) {
                parts.iter().for_each(|&part| self.actions.order(Some(part), Some(after)));
            } else if let Some(parts) = converted.get(&after) {
                parts.iter().for_each(|&part| self.actions.order(Some(before), Some(part)));
            }
        }
    }

    /// The actions for single instances in place of one for all.
    fn take_apart(&mut self, host: &mut dyn Host, action: ActionId) -> R<Vec<ActionId>> {
        let (base, delete) = match self.actions.key(action) {
            ActionKey::SaveAll(base) => (base, false),
            ActionKey::DeleteAll(base) => (base, true),
            _ => return Ok(Vec::new()),
        };
        let Some(mapper) = self.bases.get(&base).cloned() else { return Ok(Vec::new()) };
        let instances = self.states_for_hierarchy(&mapper, delete);
        let mut parts = Vec::with_capacity(instances.len());
        // Saves stay before deletes, so that a row can be switched from one instance to another.
        let (save_all, delete_all) = (self.save_all(&mapper), self.delete_all(&mapper));
        for mapped in &instances {
            let part = if delete {
                let part = self.delete_state(mapped);
                self.actions.order(Some(save_all), Some(part));
                part
            } else {
                let part = self.save_state(mapped);
                self.actions.order(Some(part), Some(delete_all));
                part
            };
            parts.push(part);
        }
        for id in self.deps.get(&base).cloned().unwrap_or_default() {
            let processor = self.processors[id].clone();
            let mine: Vec<Mapped> =
                instances.iter().filter(|mapped| processor.acts_on(mapped.mapper())).cloned().collect();
            processor.state_flush_actions(host, self, &mine, delete)?;
        }
        Ok(parts)
    }

    /// The instances of a hierarchy that are saved (or deleted), in the order of registration by mapper.
    pub fn states_for_hierarchy(&self, base: &Rc<Mapper>, delete: bool) -> Vec<Mapped> {
        let mut found = Vec::new();
        for mapper in base.self_and_descendants() {
            let Some((_, places)) = self.mappers.get(&token(&mapper)) else { continue };
            let mine = places.iter().map(|&place| &self.states[place]);
            found.extend(
                mine.filter(|one| one.is_delete == delete && !one.list_only).map(|one| one.mapped.clone()),
            );
        }
        found
    }

    fn elements(&self, processor: &Processor, delete: bool) -> Vec<Mapped> {
        let mut found = Vec::new();
        for mapper in processor.mappers() {
            let Some((_, places)) = self.mappers.get(&token(&mapper)) else { continue };
            let mine = places.iter().map(|&place| &self.states[place]);
            found.extend(
                mine.filter(|one| one.is_delete == delete && !one.list_only).map(|one| one.mapped.clone()),
            );
        }
        found
    }

    /// Actions that may run at the same time; those for single instances of one kind run as one.
    fn run_wave(&mut self, host: &mut dyn Host, wave: &[ActionId]) -> R<()> {
        let mut done: FxHashSet<ActionId> = FxHashSet::default();
        for &action in wave {
            if !done.insert(action) {
                continue;
            }
            match self.actions.key(action) {
                ActionKey::SaveAll(base) => {
                    let Some(mapper) = self.bases.get(&base).cloned() else { continue };
                    let instances = self.states_for_hierarchy(&mapper, false);
                    persist::save_obj(host, self, &mapper, instances)?;
                }
                ActionKey::DeleteAll(base) => {
                    let Some(mapper) = self.bases.get(&base).cloned() else { continue };
                    let instances = self.states_for_hierarchy(&mapper, true);
                    persist::delete_obj(host, self, &mapper, instances)?;
                }
                ActionKey::ProcessAll { processor, delete, .. } => {
                    let processor = self.processors[processor].clone();
                    let instances = self.elements(&processor, delete);
                    processor.process(host, self, &instances, delete)?;
                }
                ActionKey::PostUpdateAll { mapper, delete } => {
                    let Some(base) = self.bases.get(&mapper).cloned() else { continue };
                    persist::post_update(host, self, &base, delete)?;
                }
                ActionKey::ProcessState { processor, delete, .. } => {
                    let instances = self.same_kind(wave, &mut done, action, |key| {
                        matches!(key, ActionKey::ProcessState { processor: other, delete: too, .. }
                            if other == processor && too == delete)
                    });
                    let processor = self.processors[processor].clone();
                    processor.process(host, self, &instances, delete)?;
                }
                ActionKey::SaveState(_) | ActionKey::DeleteState(_) => {
                    self.run_states(host, wave, &mut done, action)?;
                }
            }
        }
        Ok(())
    }

    fn run_states(
        &mut self,
        host: &mut dyn Host,
        wave: &[ActionId],
        done: &mut FxHashSet<ActionId>,
        action: ActionId,
    ) -> R<()> {
        let key = self.actions.key(action);
        let (ActionKey::SaveState(address) | ActionKey::DeleteState(address)) = key else { return Ok(()) };
        let Some(registered) = self.states.get(&address) else { return Ok(()) };
        let base = registered.mapped.mapper().base_mapper();
        let states = &self.states;
        let is_mine = |address: &usize| {
            states.get(address).is_some_and(|one| Rc::ptr_eq(&one.mapped.mapper().base_mapper(), &base))
        };
        let mine: Vec<ActionId> = wave
            .iter()
            .copied()
            .filter(|&other| match (self.actions.key(other), key) {
                (ActionKey::SaveState(address), ActionKey::SaveState(_)) => is_mine(&address),
                (ActionKey::DeleteState(address), ActionKey::DeleteState(_)) => is_mine(&address),
                _ => false,
            })
            .collect();
        done.extend(mine.iter().copied());
        let mut instances: Vec<Mapped> = mine.iter().filter_map(|&action| self.instance_of(action)).collect();
        if matches!(key, ActionKey::SaveState(_)) {
            return persist::save_obj(host, self, &base, instances);
        }
        instances.retain(|mapped| self.is_deleted(mapped));
        persist::delete_obj(host, self, &base, instances)
    }

    fn instance_of(&self, action: ActionId) -> Option<Mapped> {
        let address = match self.actions.key(action) {
            ActionKey::SaveState(address) | ActionKey::DeleteState(address) => address,
            ActionKey::ProcessState { instance, .. } => instance,
            _ => return None,
        };
        self.states.get(&address).map(|one| one.mapped.clone())
    }

    fn same_kind(
        &self,
        wave: &[ActionId],
        done: &mut FxHashSet<ActionId>,
        action: ActionId,
        is_same: impl Fn(ActionKey) -> bool,
    ) -> Vec<Mapped> {
        let mine: Vec<ActionId> = wave
            .iter()
            .copied()
            .filter(|&other| other == action || is_same(self.actions.key(other)))
            .collect();
        done.extend(mine.iter().copied());
        mine.into_iter().filter_map(|action| self.instance_of(action)).collect()
    }

    /// The lists that a mapper keeps for flushes.
    pub fn mapping(&self, mapped: &Mapped) -> Rc<mapping::FlushMapping> {
        mapping::of(mapped.mapper())
    }
}
