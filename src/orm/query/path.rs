//! Paths through the mapped classes: where in a graph of objects a loader works.
//!
//! Owns the path value: entity, property, entity, property ... and the wildcard tokens that may end it.
//! Must not know options, strategies or statements. Mirrors `sqlalchemy/orm/path_registry.py`.
//!
//! ```text
//!   Form ── pupils ── Pupil ── marks          the path of `selectinload(Form.pupils).selectinload(Pupil.marks)`
//! ```

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use crate::orm::mapper::Mapper;
use crate::orm::property::Property;

/// What a wildcard stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Token {
    /// `Load(Form).lazyload("*")`: every relationship of that entity.
    Relationships,
    /// `load_only()`, `undefer_group()`: every column of that entity.
    Columns,
    /// `lazyload("*")`: every relationship of whatever the statement loads.
    AnyRelationship,
    /// `defer("*")`: every column of whatever the statement loads.
    AnyColumn,
}

/// One element of a path.
#[derive(Clone)]
pub enum Step {
    Mapper(Rc<Mapper>),
    /// An alias with a path of its own, by its identity.
    Alias(usize),
    Property(Rc<Property>),
    Token(Token),
}

impl Step {
    fn code(&self) -> (u8, usize) {
        match self {
            Step::Mapper(mapper) => (0, Rc::as_ptr(mapper) as usize),
            Step::Alias(identity) => (1, *identity),
            Step::Property(property) => (2, Rc::as_ptr(property) as usize),
            Step::Token(token) => (3, *token as usize),
        }
    }
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.code() == other.code()
    }
}
impl Eq for Step {}
impl Hash for Step {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.code().hash(state);
    }
}

/// A path; cheap to copy.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Path(Rc<[Step]>);

impl Path {
    pub fn root() -> Path {
        Path(Rc::from([]))
    }

    pub fn of(step: Step) -> Path {
        Path(Rc::from([step]))
    }

    pub fn from_steps(steps: &[Step]) -> Path {
        Path(Rc::from(steps))
    }

    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn last(&self) -> Option<&Step> {
        self.0.last()
    }

    pub fn then(&self, step: Step) -> Path {
        let mut steps = self.0.to_vec();
        steps.push(step);
        Path(steps.into())
    }

    /// The path through a property. A mapper before it gives way to the mapper that defines the property, so that
    /// a subclass and its parent share the path.
    pub fn through(&self, property: &Rc<Property>) -> Path {
        let mut steps = self.0.to_vec();
        if let Some(last @ Step::Mapper(_)) = steps.last_mut()
            && let Some(parent) = property.try_parent()
        {
            *last = Step::Mapper(parent);
        }
        steps.push(Step::Property(property.clone()));
        Path(steps.into())
    }

    /// The path without its last step.
    pub fn parent(&self) -> Path {
        Path(Rc::from(&self.0[..self.0.len().saturating_sub(1)]))
    }

    /// This path, then another one.
    pub fn join(&self, other: &Path) -> Path {
        let mut steps = self.0.to_vec();
        let doubled = match (steps.last(), other.0.first()) {
            (Some(left), Some(right)) => left == right,
            _ => false,
        };
        steps.extend(other.0[usize::from(doubled)..].iter().cloned());
        Path(steps.into())
    }

    /// Whether the mapper (or a relative of it) stands in the path already; what ends a circle of eager loaders.
    pub fn contains_mapper(&self, mapper: &Mapper) -> bool {
        self.0.iter().any(|step| matches!(step, Step::Mapper(known) if known.isa(mapper)))
    }

    /// What is left of `self` behind `current`, for options that a lazy load inherits; None if it leads elsewhere.
    pub fn chopped(&self, current: &Path) -> Option<Path> {
        if let Some(Step::Token(Token::AnyColumn | Token::AnyRelationship)) = self.0.first() {
            return Some(self.clone());
        }
        let mut common = 0;
        for (mine, theirs) in self.0.iter().zip(current.0.iter()) {
            let matches = match (mine, theirs) {
                (Step::Mapper(mine), Step::Mapper(theirs)) => mine.isa(theirs),
                (Step::Token(Token::Relationships), Step::Property(_)) => true,
                (mine, theirs) => mine == theirs,
            };
            if !matches {
                return None;
            }
            common += 1;
        }
        let rest = &self.0[common..];
        (!rest.is_empty()).then(|| Path(Rc::from(rest)))
    }
}

impl Path {
    /// This path followed by further steps as they are.
    pub fn join_steps(&self, steps: &[Step]) -> Path {
        let mut all = self.0.to_vec();
        all.extend(steps.iter().cloned());
        Path(all.into())
    }
}
