//! The actions of a flush and the order between them.
//!
//! Owns what an action is, that there is one of each, and the edges. Must not know what actions do.
//! Mirrors the `_PostSortRec` classes of `sqlalchemy/orm/unitofwork.py`.

use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;

use crate::python::value::Str;

/// What tells one action from another. Mappers and instances stand for themselves by address, processors by number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ActionKey {
    /// INSERT and UPDATE of all instances of a base mapper.
    SaveAll(usize),
    DeleteAll(usize),
    /// A relationship's work for all parents (or, for key switches, all children).
    ProcessAll {
        processor: usize,
        delete: bool,
        from_parent: bool,
    },
    /// UPDATEs that `post_update` puts off, of a base mapper.
    PostUpdateAll {
        mapper: usize,
        delete: bool,
    },
    /// The same for single instances, where the whole would go round in circles.
    SaveState(usize),
    DeleteState(usize),
    ProcessState {
        processor: usize,
        delete: bool,
        instance: usize,
    },
}

impl ActionKey {
    /// The kind's name, by which actions that may go at the same time are ordered.
    pub fn kind(self) -> &'static str {
        match self {
            ActionKey::SaveAll(_) => "SaveUpdateAll",
            ActionKey::DeleteAll(_) => "DeleteAll",
            ActionKey::ProcessAll { .. } => "ProcessAll",
            ActionKey::PostUpdateAll { .. } => "PostUpdateAll",
            ActionKey::SaveState(_) | ActionKey::ProcessState { .. } => "ProcessState",
            ActionKey::DeleteState(_) => "DeleteState",
        }
    }

    pub fn is_delete(self) -> bool {
        match self {
            ActionKey::ProcessAll { delete, .. } | ActionKey::PostUpdateAll { delete, .. } => delete,
            _ => false,
        }
    }
}

pub struct Action {
    pub sort_key: Str,
    /// Replaced by actions for single instances.
    pub disabled: bool,
}

/// An action's number.
pub type ActionId = usize;

#[derive(Default)]
pub struct Actions {
    all: IndexMap<ActionKey, Action, FxBuildHasher>,
    pub edges: IndexSet<(ActionId, ActionId), FxBuildHasher>,
}

impl Actions {
    /// The action of that key, made on first use with the sort key of its mapper or relationship.
    pub fn get(&mut self, key: ActionKey, sort_key: impl FnOnce() -> Str) -> ActionId {
        if let Some(known) = self.all.get_index_of(&key) {
            return known;
        }
        self.all.insert_full(key, Action { sort_key: sort_key(), disabled: false }).0
    }

    pub fn find(&self, key: ActionKey) -> Option<ActionId> {
        self.all.get_index_of(&key)
    }

    pub fn key(&self, id: ActionId) -> ActionKey {
        *self.all.get_index(id).expect("an action's number is its place").0
    }

    pub fn action(&self, id: ActionId) -> &Action {
        self.all.get_index(id).expect("an action's number is its place").1
    }

    pub fn disable(&mut self, id: ActionId) {
        if let Some((_, action)) = self.all.get_index_mut(id) {
            action.disabled = true;
        }
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// `before` goes before `after`, where both are there.
    pub fn order(&mut self, before: Option<ActionId>, after: Option<ActionId>) {
        if let (Some(before), Some(after)) = (before, after) {
            self.edges.insert((before, after));
        }
    }

    pub fn order_all(&mut self, edges: &[(ActionId, ActionId)]) {
        self.edges.extend(edges.iter().copied());
    }

    pub fn edge_list(&self) -> Vec<(ActionId, ActionId)> {
        self.edges.iter().copied().collect()
    }
}
