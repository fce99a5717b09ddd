//! Loader options: `joinedload(Form.pupils).selectinload(Pupil.marks)` as data.
//!
//! Owns the option values, how they are built and chained, and the errors of building them. What they mean for a
//! statement stands in `strategy.rs`. Must not know rows. Mirrors `sqlalchemy/orm/strategy_options.py`.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHasher};

use super::entity::OrmEntity;
use super::errors;
use super::path::{Path, Step, Token};
use crate::orm::mapper::Mapper;
use crate::orm::property::Property;
use crate::orm::relationship::Lazy;
use crate::python::value::{Native, R, Str, Value, Visitor};
use crate::sql::expr::Expr;
use crate::sql::selectable::FromClause;

/// How an attribute is to be loaded.
#[derive(Clone)]
pub enum Strategy {
    Relationship(Lazy),
    Column {
        deferred: bool,
        raiseload: bool,
    },
    /// `with_expression(Model.attribute, expression)`.
    Expression,
    /// `selectin_polymorphic(Base, [A, B])`.
    SelectinPolymorphic(Vec<Rc<Mapper>>),
}

impl Strategy {
    fn code(&self) -> (u8, usize) {
        match self {
            Strategy::Relationship(lazy) => (0, *lazy as usize),
            Strategy::Column { deferred, raiseload } => {
                (1, usize::from(*deferred) * 2 + usize::from(*raiseload))
            }
            Strategy::Expression => (2, 0),
            Strategy::SelectinPolymorphic(mappers) => {
                (3, mappers.iter().map(|mapper| Rc::as_ptr(mapper) as usize).fold(0, usize::wrapping_add))
            }
        }
    }
}

impl PartialEq for Strategy {
    fn eq(&self, other: &Self) -> bool {
        self.code() == other.code()
    }
}

/// What `contains_eager` reads the rows from.
#[derive(Clone)]
pub enum EagerFrom {
    /// The target's own tables.
    Plain,
    From(FromClause),
    Entity(OrmEntity),
}

/// Keywords of an option.
#[derive(Clone, Default)]
pub struct Local {
    pub innerjoin: Option<bool>,
    pub eager_from: Option<EagerFrom>,
    pub undefer_groups: Vec<Str>,
    pub recursion_depth: Option<i64>,
    pub chunksize: Option<i64>,
}

impl Local {
    pub fn is_empty(&self) -> bool {
        self.innerjoin.is_none()
            && self.eager_from.is_none()
            && self.undefer_groups.is_empty()
            && self.recursion_depth.is_none()
            && self.chunksize.is_none()
    }

    fn union(&self, other: &Local) -> Local {
        let mut groups = self.undefer_groups.clone();
        groups
            .extend(other.undefer_groups.iter().filter(|name| !self.undefer_groups.contains(name)).cloned());
        Local {
            innerjoin: other.innerjoin.or(self.innerjoin),
            eager_from: other.eager_from.clone().or_else(|| self.eager_from.clone()),
            undefer_groups: groups,
            recursion_depth: other.recursion_depth.or(self.recursion_depth),
            chunksize: other.chunksize.or(self.chunksize),
        }
    }
}

/// One step of an option: what happens to one attribute, or to all that a wildcard stands for.
#[derive(Clone)]
pub struct LoadElement {
    pub path: Path,
    /// None: `defaultload`.
    pub strategy: Option<Strategy>,
    pub local: Local,
    /// Goes along with the loaded objects, for their lazy loads.
    pub propagate: bool,
    /// Gives way to (true) or replaces (false) another option for the same attribute.
    pub reconcile: Option<bool>,
    pub criteria: Vec<Expr>,
    pub of_type: Option<OrmEntity>,
    /// What messages call the attribute: `Pupil.marks`.
    pub text: Rc<str>,
}

impl LoadElement {
    pub fn is_token(&self) -> bool {
        matches!(self.path.last(), Some(Step::Token(_)))
    }

    fn is_opts_only(&self) -> bool {
        self.strategy.is_none() && !self.local.is_empty()
    }

    /// `selectinload(Pupil.marks)`.
    pub fn call_text(&self) -> String {
        let function = match &self.strategy {
            Some(Strategy::Relationship(lazy)) => match lazy {
                Lazy::Joined if self.local.eager_from.is_some() => "contains_eager",
                Lazy::Joined => "joinedload",
                Lazy::Subquery => "subqueryload",
                Lazy::SelectIn => "selectinload",
                Lazy::Immediate => "immediateload",
                Lazy::NoLoad => "noload",
                Lazy::Raise | Lazy::RaiseOnSql => "raiseload",
                _ => "lazyload",
            },
            Some(Strategy::Column { deferred: true, .. }) => "defer",
            Some(Strategy::Column { .. }) => "undefer",
            Some(Strategy::Expression) => "with_expression",
            Some(Strategy::SelectinPolymorphic(_)) => "selectin_polymorphic",
            None => "defaultload",
        };
        format!("{function}({})", self.text)
    }

    /// What becomes of two options for one attribute.
    pub fn reconciled(replacement: &Rc<LoadElement>, existing: &Rc<LoadElement>) -> R<Rc<LoadElement>> {
        match (replacement.reconcile, existing.reconcile) {
            (Some(true), _) => return Ok(existing.clone()),
            (Some(false), _) | (_, Some(true)) => return Ok(replacement.clone()),
            (_, Some(false)) => return Ok(existing.clone()),
            _ => {}
        }
        if replacement.strategy == existing.strategy && replacement.local.same(&existing.local) {
            return Ok(replacement.clone());
        }
        let merged = |main: &LoadElement, extra: &LoadElement| {
            let mut merged = main.clone();
            merged.local = merged.local.union(&extra.local);
            merged.criteria.extend(extra.criteria.iter().cloned());
            Rc::new(merged)
        };
        if replacement.is_opts_only() {
            return Ok(merged(existing, replacement));
        }
        if existing.is_opts_only() {
            return Ok(merged(replacement, existing));
        }
        if replacement.is_token() {
            return Ok(replacement.clone());
        }
        Err(errors::conflicting_options(&replacement.call_text(), &existing.call_text()))
    }

    fn hash_into(&self, hasher: &mut FxHasher) {
        self.path.hash(hasher);
        self.strategy.as_ref().map(Strategy::code).hash(hasher);
        self.local.innerjoin.hash(hasher);
        for group in &self.local.undefer_groups {
            group.as_str().hash(hasher);
        }
        self.local.recursion_depth.hash(hasher);
        self.local.chunksize.hash(hasher);
        match &self.local.eager_from {
            None => 0usize.hash(hasher),
            Some(EagerFrom::Plain) => 1usize.hash(hasher),
            Some(EagerFrom::From(from)) => from.id().hash(hasher),
            Some(EagerFrom::Entity(entity)) => entity.identity().hash(hasher),
        }
        (self.propagate, self.reconcile).hash(hasher);
        self.of_type.as_ref().map(OrmEntity::identity).hash(hasher);
    }
}

impl Local {
    fn same(&self, other: &Local) -> bool {
        self.innerjoin == other.innerjoin
            && self.eager_from.is_none() == other.eager_from.is_none()
            && self.undefer_groups == other.undefer_groups
            && self.recursion_depth == other.recursion_depth
            && self.chunksize == other.chunksize
    }
}

/// `Load(Form)...`, or what `joinedload(...)` gives.
#[derive(Clone)]
pub struct Load {
    pub root: OrmEntity,
    /// Where the chain stands: the entity that the next attribute must belong to.
    pub current: OrmEntity,
    pub path: Path,
    pub elements: Vec<Rc<LoadElement>>,
    pub propagate: bool,
    /// Classes that `selectin_polymorphic` named: options may start from them too.
    pub sources: Vec<OrmEntity>,
    /// The attribute that the chain came through, for messages.
    pub through: Option<Rc<Property>>,
}

/// Criteria that `with_loader_criteria` adds wherever an entity is selected.
#[derive(Clone)]
pub struct LoaderCriteria {
    /// None: every mapper whose class derives from `root`.
    pub entity: Option<OrmEntity>,
    pub root: Value,
    /// An expression, or a function of the class that gives one.
    pub criteria: Value,
    pub include_aliases: bool,
    pub propagate: bool,
}

/// Anything that `options()` takes.
#[derive(Clone)]
pub enum LoaderOption {
    Load(Load),
    /// `lazyload("*")` on its own.
    Wildcard {
        token: Token,
        strategy: Option<Strategy>,
        local: Local,
    },
    Criteria(LoaderCriteria),
}

/// The payload of an option object.
pub struct OptionObject {
    pub option: Rc<LoaderOption>,
    identity: std::cell::Cell<usize>,
}

impl Native for OptionObject {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        if let LoaderOption::Criteria(criteria) = &*self.option {
            criteria.root.trace(visitor);
            criteria.criteria.trace(visitor);
        }
    }
}

thread_local! {
    /// Options that say the same have the same number, so that statements with them share their compiled form.
    static KNOWN: RefCell<FxHashMap<u64, (usize, Rc<LoaderOption>)>> = RefCell::new(FxHashMap::default());
}

impl OptionObject {
    pub fn new(option: LoaderOption) -> OptionObject {
        OptionObject { option: Rc::new(option), identity: std::cell::Cell::new(0) }
    }

    /// A number that options share which say the same.
    pub fn identity(&self) -> usize {
        if self.identity.get() != 0 {
            return self.identity.get();
        }
        let number = match option_hash(&self.option) {
            Some(hash) => KNOWN.with(|known| {
                let mut known = known.borrow_mut();
                let next = known.len() + 1;
                known.entry(hash).or_insert_with(|| (next * 2 + 1, self.option.clone())).0
            }),
            None => Rc::as_ptr(&self.option) as *const () as usize,
        };
        self.identity.set(number);
        number
    }

    /// The option behind a value, if it is one.
    pub fn of(value: &Value) -> Option<Rc<LoaderOption>> {
        value.payload::<OptionObject>().map(|object| object.option.clone())
    }
}

/// A hash that stands for the option's meaning; None where expressions take part.
fn option_hash(option: &LoaderOption) -> Option<u64> {
    let mut hasher = FxHasher::default();
    match option {
        LoaderOption::Load(load) => {
            if load.elements.iter().any(|element| !element.criteria.is_empty()) {
                return None;
            }
            load.root.identity().hash(&mut hasher);
            load.propagate.hash(&mut hasher);
            load.elements.iter().for_each(|element| element.hash_into(&mut hasher));
        }
        LoaderOption::Wildcard { token, strategy, local } => {
            token.hash(&mut hasher);
            strategy.as_ref().map(Strategy::code).hash(&mut hasher);
            for group in &local.undefer_groups {
                group.as_str().hash(&mut hasher);
            }
        }
        LoaderOption::Criteria(_) => return None,
    }
    Some(hasher.finish())
}

/// A class-bound attribute as an option was given it.
#[derive(Clone)]
pub struct AttributeArgument {
    pub entity: OrmEntity,
    pub property: Rc<Property>,
    pub of_type: Option<OrmEntity>,
    pub criteria: Vec<Expr>,
}

impl AttributeArgument {
    /// `Pupil.marks`.
    pub fn text(&self) -> String {
        format!("{}.{}", self.entity.description(), self.property.key)
    }
}

impl Load {
    pub fn new(root: OrmEntity) -> Load {
        Load {
            current: root.clone(),
            path: root.path(),
            root,
            elements: Vec::new(),
            propagate: false,
            sources: Vec::new(),
            through: None,
        }
    }

    /// The chain may go on only from an entity.
    fn check_continues(&self, strategy: Option<&Strategy>) -> R<()> {
        match self.path.last() {
            Some(Step::Token(_)) => Err(errors::wildcard_followed()),
            Some(Step::Property(property)) => match strategy {
                Some(strategy) => Err(errors::strategy_mismatch(strategy, property)),
                None => Err(errors::not_an_entity(property)),
            },
            _ => Ok(()),
        }
    }

    /// Adds a relationship; the chain moves on to its target.
    pub fn relationship(
        &self,
        argument: &AttributeArgument,
        strategy: Option<Lazy>,
        local: Local,
        propagate: bool,
        reconcile: Option<bool>,
    ) -> R<Load> {
        let strategy = strategy.map(Strategy::Relationship);
        self.check_continues(strategy.as_ref())?;
        let mut load = self.clone();
        let element = load.element(argument, strategy, local, propagate, reconcile, false)?;
        load.path = element.path.clone();
        load.through = Some(argument.property.clone());
        if let Some(relationship) = argument.property.as_relationship() {
            load.current = match &argument.of_type {
                Some(entity) => entity.clone(),
                None => OrmEntity::Mapper(relationship.mapper().clone()),
            };
            load.path = load.path.then(load.current.step());
        }
        load.elements.push(Rc::new(element));
        Ok(load)
    }

    /// Adds columns.
    pub fn columns(&self, arguments: &[AttributeArgument], deferred: bool, raiseload: bool) -> R<Load> {
        let strategy = Strategy::Column { deferred, raiseload };
        self.check_continues(Some(&strategy))?;
        let mut load = self.clone();
        for (index, argument) in arguments.iter().enumerate() {
            let element =
                load.element(argument, Some(strategy.clone()), Local::default(), true, None, index > 0)?;
            load.elements.push(Rc::new(element));
        }
        Ok(load)
    }

    /// `with_expression(Model.attribute, expression)`.
    pub fn expression(&self, argument: &AttributeArgument, expression: Expr) -> R<Load> {
        self.check_continues(Some(&Strategy::Expression))?;
        let mut load = self.clone();
        let mut element =
            load.element(argument, Some(Strategy::Expression), Local::default(), true, None, false)?;
        element.criteria = vec![expression];
        load.elements.push(Rc::new(element));
        Ok(load)
    }

    /// Every relationship or column of the entity where the chain stands.
    pub fn wildcard(&self, token: Token, strategy: Option<Strategy>, local: Local) -> R<Load> {
        self.check_continues(strategy.as_ref())?;
        let mut load = self.clone();
        load.propagate = true;
        let reconcile = (strategy.is_none() && local.is_empty()).then_some(true);
        let element = LoadElement {
            path: load.path.then(Step::Token(token)),
            strategy,
            local,
            propagate: true,
            reconcile,
            criteria: Vec::new(),
            of_type: None,
            text: format!("{}.*", load.current.description()).into(),
        };
        if token == Token::Relationships {
            load.path = element.path.clone();
        }
        load.elements.push(Rc::new(element));
        Ok(load)
    }

    /// `selectin_polymorphic(Base, [A, B])`.
    pub fn selectin_polymorphic(&self, mappers: Vec<Rc<Mapper>>) -> R<Load> {
        let mut load = self.clone();
        load.propagate = true;
        load.sources.extend(mappers.iter().map(|mapper| OrmEntity::Mapper(mapper.clone())));
        load.elements.push(Rc::new(LoadElement {
            path: load.path.clone(),
            strategy: Some(Strategy::SelectinPolymorphic(mappers)),
            local: Local::default(),
            propagate: true,
            reconcile: None,
            criteria: Vec::new(),
            of_type: None,
            text: load.current.description().into(),
        }));
        Ok(load)
    }

    fn element(
        &mut self,
        argument: &AttributeArgument,
        strategy: Option<Strategy>,
        local: Local,
        propagate: bool,
        reconcile: Option<bool>,
        follows_others: bool,
    ) -> R<LoadElement> {
        if propagate {
            self.propagate = true;
        }
        let links = self.current.links_to(&argument.entity)
            || self.sources.iter().any(|source| source.links_to(&argument.entity));
        if !links {
            if follows_others {
                return Err(errors::several_entities_in_one_option());
            }
            return Err(match &self.through {
                Some(through) => {
                    let of_type = match (&self.current, through.as_relationship()) {
                        (OrmEntity::Mapper(mapper), Some(relationship)) => {
                            (!Rc::ptr_eq(mapper, relationship.mapper())).then(|| self.current.description())
                        }
                        (alias, _) => Some(alias.description()),
                    };
                    let sub = self.current.corresponds_to(&argument.entity).then_some(&argument.entity);
                    errors::does_not_link_from(&argument.text(), through, of_type.as_deref(), sub)
                }
                None => errors::does_not_link_class(&argument.text(), &self.current.description()),
            });
        }
        let reconcile = reconcile.or((strategy.is_none() && local.is_empty()).then_some(true));
        Ok(LoadElement {
            path: self.path.through(&argument.property),
            strategy,
            local,
            propagate,
            reconcile,
            criteria: argument.criteria.clone(),
            of_type: argument.of_type.clone(),
            text: argument.text().into(),
        })
    }

    /// `load.options(other, ...)`: the others as continuations of this chain.
    pub fn with_options(&self, others: &[Rc<LoaderOption>]) -> R<Load> {
        let mut load = self.clone();
        for other in others {
            match &**other {
                LoaderOption::Load(other) => {
                    let links = load.current.links_to(&other.root)
                        || load.sources.iter().any(|source| source.links_to(&other.root));
                    if !links {
                        let first = other.elements.first();
                        let text = first.map_or_else(|| other.root.description(), |one| one.text.to_string());
                        return Err(match &load.through {
                            Some(through) => errors::does_not_link_from(&text, through, None, None),
                            None => errors::does_not_link_class(&text, &load.current.description()),
                        });
                    }
                    for element in &other.elements {
                        let mut element = (**element).clone();
                        element.path = load.path.parent().join_steps(element.path.steps());
                        load.elements.push(Rc::new(element));
                    }
                    load.propagate |= other.propagate;
                    load.sources.extend(other.sources.iter().cloned());
                }
                LoaderOption::Wildcard { token, strategy, local } => {
                    let token = match token {
                        Token::AnyRelationship | Token::Relationships => Token::Relationships,
                        Token::AnyColumn | Token::Columns => Token::Columns,
                    };
                    let position = load.path.clone();
                    load = load.wildcard(token, strategy.clone(), local.clone())?;
                    load.path = position;
                }
                LoaderOption::Criteria(_) => {}
            }
        }
        Ok(load)
    }
}
