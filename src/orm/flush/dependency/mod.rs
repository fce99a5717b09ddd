//! Dependency processors: what a relationship wants of a flush.
//!
//! Owns what all directions share: which instances, which order, the checks. The directions stand in files of their
//! own. Must not know statements, except for rows of secondary tables.
//! Mirrors `sqlalchemy/orm/dependency.py`.
//!
//! A processor looks at parents twice. While presorting it may bring children along (to be updated, or deleted as
//! orphans); as an action it copies keys between parents and children that are written before or after it.

mod key_switch;
mod many_to_many;
mod many_to_one;
mod one_to_many;

use std::cell::RefCell;
use std::rc::Rc;

use super::action::ActionId;
use super::unit_of_work::{StateHistory, UnitOfWork};
use super::{errors, mapping};
use crate::orm::attribute::{Attribute, Passive};
use crate::orm::cascade::{self as cascades, CascadeKind};
use crate::orm::history;
use crate::orm::identity::Mapped;
use crate::orm::mapper::Mapper;
use crate::orm::property::Property;
use crate::orm::relationship::{Direction, PassiveDeletes, Relationship};
use crate::python::value::{Host, R, Str, Value};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    OneToMany,
    ManyToOne,
    ManyToMany,
    /// Looks for referrers of instances whose key changed, where no collection lists them.
    KeySwitch,
}

pub struct Processor {
    property: Rc<Property>,
    parent: Rc<Mapper>,
    mapper: Rc<Mapper>,
    kind: Kind,
    /// The attribute of the mapper that was asked for last: instances come mapper by mapper.
    known: RefCell<Option<(usize, Rc<Attribute>)>>,
}

/// The actions that a processor is ordered among.
struct Around {
    parent_saves: ActionId,
    child_saves: ActionId,
    parent_deletes: ActionId,
    child_deletes: ActionId,
    after_save: ActionId,
    before_delete: ActionId,
}

/// The same for one parent and one child; None where there is no such action.
struct StateAround {
    save_parent: Option<ActionId>,
    delete_parent: Option<ActionId>,
    child: Option<ActionId>,
    after_save: Option<ActionId>,
    before_delete: Option<ActionId>,
    is_delete: bool,
    child_is_delete: bool,
}

struct ProcessorList(Vec<Rc<Processor>>);

impl Processor {
    fn new(property: &Rc<Property>, kind: Kind) -> Option<Rc<Processor>> {
        let setup = property.as_relationship()?.try_setup()?;
        let (parent, mapper) = (property.try_parent()?, setup.mapper.clone());
        Some(Rc::new(Processor {
            property: property.clone(),
            parent,
            mapper,
            kind,
            known: RefCell::default(),
        }))
    }

    /// The processors that look at instances of a mapper.
    pub fn of_mapper(mapper: &Rc<Mapper>) -> Vec<Rc<Processor>> {
        let mapping = mapping::of(mapper);
        let made = mapping.processors.get_or_init(|| Rc::new(ProcessorList(make(mapper))));
        match made.clone().downcast::<ProcessorList>() {
            Ok(list) => list.0.clone(),
            Err(_) => Vec::new(),
        }
    }

    fn relationship(&self) -> &Relationship {
        self.property.as_relationship().expect("processors are made of relationships")
    }

    pub fn same(&self, other: &Processor) -> bool {
        Rc::ptr_eq(&self.property, &other.property)
            && (self.kind == Kind::KeySwitch) == (other.kind == Kind::KeySwitch)
    }

    pub fn parent(&self) -> &Rc<Mapper> {
        &self.parent
    }

    pub fn from_parent(&self) -> bool {
        self.kind != Kind::KeySwitch
    }

    /// `Owner.pets`
    pub fn description(&self) -> String {
        self.property.description()
    }

    pub fn sort_key(&self) -> Str {
        Str::new(&format!("{}_{}", self.parent.sort_key, self.property.key))
    }

    /// Whether the relationship of that mapper is this one.
    pub fn acts_on(&self, mapper: &Mapper) -> bool {
        mapper
            .attribute_named(&self.property.key)
            .is_some_and(|one| Rc::ptr_eq(&one.property, &self.property))
    }

    /// The mappers whose instances it looks at.
    pub fn mappers(&self) -> Vec<Rc<Mapper>> {
        if !self.from_parent() {
            return self.mapper.self_and_descendants();
        }
        let mut all = self.parent.self_and_descendants();
        all.retain(|mapper| self.acts_on(mapper));
        all
    }

    fn attribute(&self, mapped: &Mapped) -> Option<Rc<Attribute>> {
        let token = Rc::as_ptr(mapped.mapper()) as usize;
        if let Some((mapper, attribute)) = &*self.known.borrow()
            && *mapper == token
        {
            return Some(attribute.clone());
        }
        let attribute = mapped.mapper().attribute_named(&self.property.key)?;
        *self.known.borrow_mut() = Some((token, attribute.clone()));
        Some(attribute)
    }

    fn history(
        &self,
        host: &mut dyn Host,
        uow: &mut UnitOfWork<'_>,
        mapped: &Mapped,
        passive: Passive,
    ) -> R<Rc<StateHistory>> {
        match self.attribute(mapped) {
            Some(attribute) => uow.history(host, mapped, &attribute, passive),
            None => Ok(Rc::default()),
        }
    }

    fn passive_delete(&self) -> Passive {
        if self.relationship().passive_deletes == PassiveDeletes::No {
            Passive::OFF
        } else {
            Passive::NO_INITIALIZE
        }
    }

    fn never_nulls(&self) -> bool {
        self.relationship().passive_deletes == PassiveDeletes::All
    }

    fn has_parent(&self, child: &Mapped) -> bool {
        child.state().has_parent(self.property.token(), false)
    }

    /// As error messages show it.
    pub fn text(&self) -> String {
        let kind = match self.kind {
            Kind::OneToMany => "_OneToManyDP",
            Kind::ManyToOne => "_ManyToOneDP",
            Kind::ManyToMany => "_ManyToManyDP",
            Kind::KeySwitch => "_DetectKeySwitch",
        };
        format!("{kind}({})", self.property.description())
    }

    pub fn wants_preprocessing(&self) -> bool {
        self.kind != Kind::KeySwitch || key_switch::wants_preprocessing(self)
    }

    pub fn presort_deletes(&self, host: &mut dyn Host, uow: &mut UnitOfWork<'_>, states: &[Mapped]) -> R<()> {
        match self.kind {
            Kind::OneToMany => one_to_many::presort_deletes(self, host, uow, states),
            Kind::ManyToOne => many_to_one::presort_deletes(self, host, uow, states),
            Kind::ManyToMany => many_to_many::presort_deletes(self, host, uow, states),
            Kind::KeySwitch => Ok(()),
        }
    }

    pub fn presort_saves(&self, host: &mut dyn Host, uow: &mut UnitOfWork<'_>, states: &[Mapped]) -> R<()> {
        match self.kind {
            Kind::OneToMany => one_to_many::presort_saves(self, host, uow, states),
            Kind::ManyToOne => many_to_one::presort_saves(self, host, uow, states),
            Kind::ManyToMany => many_to_many::presort_saves(self, host, uow, states),
            Kind::KeySwitch => key_switch::presort_saves(self, host, uow, states),
        }
    }

    pub fn process(
        &self,
        host: &mut dyn Host,
        uow: &mut UnitOfWork<'_>,
        states: &[Mapped],
        delete: bool,
    ) -> R<()> {
        match (self.kind, delete) {
            (Kind::OneToMany, false) => one_to_many::process_saves(self, host, uow, states),
            (Kind::OneToMany, true) => one_to_many::process_deletes(self, host, uow, states),
            (Kind::ManyToOne, false) => many_to_one::process_saves(self, host, uow, states),
            (Kind::ManyToOne, true) => many_to_one::process_deletes(self, host, uow, states),
            (Kind::ManyToMany, false) => many_to_many::process_saves(self, host, uow, states),
            (Kind::ManyToMany, true) => many_to_many::process_deletes(self, host, uow, states),
            (Kind::KeySwitch, false) => key_switch::process_saves(self, host, uow, states),
            (Kind::KeySwitch, true) => Ok(()),
        }
    }

    /// Whether anything is to be done for these instances, so that actions are needed.
    pub fn has_changes(
        &self,
        host: &mut dyn Host,
        uow: &mut UnitOfWork<'_>,
        states: &[Mapped],
        delete: bool,
    ) -> R<bool> {
        if self.kind == Kind::KeySwitch {
            return key_switch::has_changes(self, host, states, delete);
        }
        let passive = if !delete || self.relationship().passive_deletes != PassiveDeletes::No {
            Passive::NO_INITIALIZE.with(Passive::INCLUDE_PENDING_MUTATIONS)
        } else if self.kind == Kind::ManyToOne {
            Passive::NO_FETCH_RELATED
        } else {
            Passive::OFF.with(Passive::INCLUDE_PENDING_MUTATIONS)
        };
        for mapped in states {
            if !self.history(host, uow, mapped, passive)?.is_empty() {
                return Ok(true);
            }
        }
        let is_self_referential = self.relationship().setup().self_referential;
        Ok(!states.is_empty() && !is_self_referential && uow.has_mapper(&self.mapper))
    }

    /// The actions for all instances, and their order.
    pub fn flush_actions(&self, uow: &mut UnitOfWork<'_>) {
        if self.kind == Kind::KeySwitch {
            let parent_saves = uow.save_all(&self.parent);
            let after_save = uow.process_all(self, false);
            uow.actions.order_all(&[(parent_saves, after_save)]);
            return;
        }
        let around = Around {
            after_save: uow.process_all(self, false),
            before_delete: uow.process_all(self, true),
            parent_saves: uow.save_all(&self.parent),
            child_saves: uow.save_all(&self.mapper),
            parent_deletes: uow.delete_all(&self.parent),
            child_deletes: uow.delete_all(&self.mapper),
        };
        match self.kind {
            Kind::OneToMany => one_to_many::order(self, uow, &around),
            Kind::ManyToOne => many_to_one::order(self, uow, &around),
            Kind::ManyToMany | Kind::KeySwitch => many_to_many::order(uow, &around),
        }
    }

    /// The actions for single instances, where those for all go round in circles.
    pub fn state_flush_actions(
        &self,
        host: &mut dyn Host,
        uow: &mut UnitOfWork<'_>,
        states: &[Mapped],
        is_delete: bool,
    ) -> R<()> {
        if self.kind == Kind::KeySwitch {
            return Ok(());
        }
        let child_saves = uow.save_all(&self.mapper);
        let child_deletes = uow.delete_all(&self.mapper);
        let whole = uow.process_all(self, is_delete);
        uow.actions.disable(whole);
        let child_in_cycles = uow.cycles.contains(&child_saves);
        let parent_action = if is_delete { uow.delete_all(&self.parent) } else { uow.save_all(&self.parent) };
        let parent_in_cycles = uow.cycles.contains(&parent_action);
        let passive = if is_delete { self.passive_delete() } else { Passive::NO_INITIALIZE };
        for mapped in states {
            let Some(attribute) = self.attribute(mapped) else { continue };
            let children = history::get_all_pending(host, mapped.instance(), &attribute, passive)?;
            if children.is_empty() {
                continue;
            }
            let process = uow.process_state(self, is_delete, mapped);
            let parent = match (parent_in_cycles, is_delete) {
                (true, true) => uow.delete_state(mapped),
                (true, false) => uow.save_state(mapped),
                (false, _) => parent_action,
            };
            let actions = if child_in_cycles {
                self.child_actions(uow, &children)
            } else {
                vec![(Some(child_saves), false), (Some(child_deletes), true)]
            };
            for (child, child_is_delete) in actions {
                let around = StateAround {
                    save_parent: (!is_delete).then_some(parent),
                    delete_parent: is_delete.then_some(parent),
                    child,
                    after_save: (!is_delete).then_some(process),
                    before_delete: is_delete.then_some(process),
                    is_delete,
                    child_is_delete,
                };
                match self.kind {
                    Kind::OneToMany => one_to_many::order_states(self, uow, &around),
                    Kind::ManyToOne => many_to_one::order_states(self, uow, &around),
                    Kind::ManyToMany | Kind::KeySwitch => many_to_many::order_states(uow, &around),
                }
            }
        }
        Ok(())
    }

    fn child_actions(&self, uow: &mut UnitOfWork<'_>, children: &[Value]) -> Vec<(Option<ActionId>, bool)> {
        let mut actions = Vec::with_capacity(children.len());
        for child in children.iter().map(Mapped::of_value) {
            let known =
                child.as_ref().and_then(|child| uow.get(child)).map(|registered| registered.is_delete);
            actions.push(match (child, known) {
                (Some(child), Some(true)) => (Some(uow.delete_state(&child)), true),
                (Some(child), Some(false)) => (Some(uow.save_state(&child)), false),
                _ => (None, false),
            });
        }
        actions
    }

    /// Refuses an object that the relationship cannot hold.
    fn verify_can_load(&self, child: Option<&Mapped>) -> R<()> {
        let relationship = self.relationship();
        let Some(child) = child else {
            if relationship.uses_list() {
                return Err(errors::none_in_collection(&self.description()));
            }
            return Ok(());
        };
        let fits = |subtypes: bool| {
            if subtypes || self.mapper.polymorphic_on().is_some() {
                child.mapper().isa(&self.mapper)
            } else {
                Rc::ptr_eq(child.mapper(), &self.mapper)
            }
        };
        if fits(!relationship.enable_typechecks) {
            return Ok(());
        }
        Err(errors::wrong_type(child.mapper(), &self.description(), &self.mapper, fits(true)))
    }

    /// Deletes an orphan, and what hangs on it by the delete cascade.
    fn delete_orphan(&self, host: &mut dyn Host, uow: &mut UnitOfWork<'_>, child: &Mapped) -> R<()> {
        uow.register_object(host, child, true, false, false, Some(("delete", self)))?;
        for along in cascades::iterate(host, CascadeKind::Delete, child, None)? {
            uow.register_object(host, &along, true, false, false, None)?;
        }
        Ok(())
    }

    /// `post_update`: the row that refers is updated by itself, later.
    fn post_update<'a>(
        &self,
        uow: &mut UnitOfWork<'_>,
        mapped: &Mapped,
        related: impl IntoIterator<Item = &'a Option<Mapped>>,
        is_delete: bool,
    ) {
        if related.into_iter().any(|one| !is_delete || one.is_some()) {
            let setup = self.relationship().setup();
            uow.register_post_update(mapped, setup.synchronize_pairs.iter().map(|(_, right)| right.clone()));
        }
    }

    fn key_changed(&self, host: &mut dyn Host, mapped: &Mapped) -> R<bool> {
        super::sync::source_modified(host, mapped, &self.relationship().setup().synchronize_pairs)
    }
}

/// The key switches of relationships that lead to the mapper, then its own relationships.
fn make(mapper: &Rc<Mapper>) -> Vec<Rc<Processor>> {
    let mut all = Vec::new();
    for parent in mapper.registry.mappers() {
        for attribute in parent.relationships() {
            let property = &attribute.property;
            let Some(setup) = property.as_relationship().and_then(Relationship::try_setup) else { continue };
            let own = property.try_parent().is_some_and(|one| Rc::ptr_eq(&one, &parent));
            let is_viewonly = property.as_relationship().is_some_and(|one| one.viewonly);
            if own && !is_viewonly && setup.direction == Direction::ManyToOne && mapper.isa(&setup.mapper) {
                all.extend(Processor::new(property, Kind::KeySwitch));
            }
        }
    }
    for attribute in mapper.relationships() {
        let Some(relationship) = attribute.property.as_relationship().filter(|one| !one.viewonly) else {
            continue;
        };
        let Some(setup) = relationship.try_setup() else { continue };
        let kind = match setup.direction {
            Direction::OneToMany => Kind::OneToMany,
            Direction::ManyToOne => Kind::ManyToOne,
            Direction::ManyToMany => Kind::ManyToMany,
        };
        all.extend(Processor::new(&attribute.property, kind));
    }
    all
}

/// Whether an instance hangs on another by way of the session's cascade; used by the directions.
fn is_in_session(uow: &UnitOfWork<'_>, mapped: &Mapped) -> bool {
    uow.session.contains(mapped.state())
}
