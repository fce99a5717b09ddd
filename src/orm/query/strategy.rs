//! What loader options mean for a statement: which strategy each attribute gets.
//!
//! Owns applying options to a statement's entities and looking up the strategy of an attribute along a path.
//! Must not know columns or rows. Mirrors `process_compile_state` of `sqlalchemy/orm/strategy_options.py`.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::context::CompileOptions;
use super::entity::OrmEntity;
use super::errors;
use super::options::{LoadElement, LoaderOption, Local, Strategy};
use super::path::{Path, Step, Token};
use crate::orm::property::Property;
use crate::orm::relationship::Lazy;
use crate::python::value::{R, Str};

/// The options of a statement by the path that each is for.
#[derive(Default, Clone)]
pub struct Strategies {
    by_path: FxHashMap<Path, Rc<LoadElement>>,
    /// `of_type` of an option: the entity that a path leads to.
    of_type: FxHashMap<Path, OrmEntity>,
}

/// How a column attribute is loaded.
pub struct ColumnStrategy {
    pub deferred: bool,
    pub raiseload: bool,
    /// The class has it so, without an option.
    pub class_level: bool,
    pub option: Option<Rc<LoadElement>>,
    pub is_expression: bool,
}

impl Strategies {
    pub fn exact(&self, path: &Path) -> Option<Rc<LoadElement>> {
        self.by_path.get(path).cloned()
    }

    pub fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    /// The entity that an option's `of_type` chose for a relationship.
    pub fn of_type(&self, path: &Path) -> Option<&OrmEntity> {
        self.of_type.get(path)
    }

    /// Applies the options of a statement to its entities.
    pub fn apply(
        &mut self,
        options: &[Rc<LoaderOption>],
        entities: &[OrmEntity],
        compile: &CompileOptions,
    ) -> R<()> {
        if !compile.enable_eagerloads {
            return Ok(());
        }
        let raise = compile.current_path.is_empty() && !compile.refresh;
        for option in options {
            match &**option {
                LoaderOption::Load(load) => {
                    let lead = entities.iter().find(|entity| entity.corresponds_to(&load.root));
                    for element in &load.elements {
                        if !compile.current_path.is_empty() && !element.propagate {
                            continue;
                        }
                        self.apply_element(element, load.root.clone(), lead, entities, compile, raise)?;
                    }
                }
                LoaderOption::Wildcard { token, strategy, local } => {
                    self.apply_wildcard(*token, strategy.clone(), local, entities, compile)?;
                }
                LoaderOption::Criteria(_) => {}
            }
        }
        Ok(())
    }

    fn apply_element(
        &mut self,
        element: &Rc<LoadElement>,
        root: OrmEntity,
        lead: Option<&OrmEntity>,
        entities: &[OrmEntity],
        compile: &CompileOptions,
        raise: bool,
    ) -> R<()> {
        if compile.refresh && !element.propagate {
            return Ok(());
        }
        let mut path = element.path.clone();
        if element.is_token()
            && let Some(lead) = lead
        {
            let mut steps = path.steps().to_vec();
            steps[0] = lead.step();
            path = Path::from_steps(&steps);
        }
        if !compile.current_path.is_empty() {
            match path.chopped(&compile.current_path) {
                Some(rest) => path = rest,
                None => return Ok(()),
            }
        }
        if let Some(entity) = &element.of_type {
            self.of_type.insert(path.clone(), entity.clone());
        }
        if element.strategy.is_none() && element.local.is_empty() {
            return Ok(());
        }
        if raise && lead.is_none() && !element.is_token() {
            return Err(errors::option_does_not_apply(&root.description(), &element.call_text(), entities));
        }
        for path in superclass_paths(&path) {
            self.put(path, element)?;
        }
        Ok(())
    }

    fn apply_wildcard(
        &mut self,
        token: Token,
        strategy: Option<Strategy>,
        local: &Local,
        entities: &[OrmEntity],
        compile: &CompileOptions,
    ) -> R<()> {
        if compile.refresh {
            return Ok(());
        }
        let path = match token {
            Token::AnyRelationship | Token::AnyColumn => Path::of(Step::Token(token)),
            _ => match entities {
                [entity] => entity.path().then(Step::Token(token)),
                _ => return Err(errors::wildcard_of_several(entities)),
            },
        };
        let element = Rc::new(LoadElement {
            path: path.clone(),
            strategy,
            local: local.clone(),
            propagate: true,
            reconcile: None,
            criteria: Vec::new(),
            of_type: None,
            text: "*".into(),
        });
        self.put(path, &element)
    }

    fn put(&mut self, path: Path, element: &Rc<LoadElement>) -> R<()> {
        let element = match self.by_path.get(&path) {
            Some(existing) => LoadElement::reconciled(element, existing)?,
            None => element.clone(),
        };
        self.by_path.insert(path, element);
        Ok(())
    }

    /// Sets a strategy for a path regardless of options.
    pub fn force(&mut self, path: Path, strategy: Strategy) {
        let element = LoadElement {
            path: path.clone(),
            strategy: Some(strategy),
            local: Local::default(),
            propagate: true,
            reconcile: None,
            criteria: Vec::new(),
            of_type: None,
            text: "".into(),
        };
        self.by_path.entry(path).or_insert_with(|| Rc::new(element));
    }

    /// The option for a property, by its own path or by a wildcard.
    fn find(&self, path: &Path, property: &Rc<Property>, own: Token, any: Token) -> Option<Rc<LoadElement>> {
        if self.by_path.is_empty() {
            return None;
        }
        let exact = path.through(property);
        if let Some(found) = self.by_path.get(&exact) {
            return Some(found.clone());
        }
        let wildcard = path.then(Step::Token(own));
        if let Some(found) = self.by_path.get(&wildcard) {
            return Some(found.clone());
        }
        // The property's own mapper may be a parent of the one that the wildcard was written for.
        if let (Some(Step::Mapper(_)), Some(parent)) = (path.last(), property.try_parent()) {
            let wildcard = path.parent().then(Step::Mapper(parent)).then(Step::Token(own));
            if let Some(found) = self.by_path.get(&wildcard) {
                return Some(found.clone());
            }
        }
        self.by_path.get(&Path::of(Step::Token(any))).cloned()
    }

    /// The strategy of a relationship, and the option that chose it.
    pub fn relationship(&self, path: &Path, property: &Rc<Property>) -> R<(Lazy, Option<Rc<LoadElement>>)> {
        let own = property.as_relationship().map_or(Lazy::Select, |relationship| relationship.lazy.get());
        let Some(option) = self.find(path, property, Token::Relationships, Token::AnyRelationship) else {
            return Ok((own, None));
        };
        match &option.strategy {
            Some(Strategy::Relationship(lazy)) => {
                // Collections that are never loaded stay so.
                let lazy = if matches!(own, Lazy::Dynamic | Lazy::WriteOnly) && option.is_token() {
                    own
                } else {
                    *lazy
                };
                Ok((lazy, Some(option)))
            }
            None => Ok((own, Some(option))),
            Some(other) => Err(errors::strategy_mismatch(other, property)),
        }
    }

    /// The strategy of a column attribute.
    pub fn column(&self, path: &Path, property: &Rc<Property>) -> R<ColumnStrategy> {
        let (deferred, raiseload) = match property.as_column() {
            Some(column) => (column.deferred.get(), column.raiseload),
            None => (false, false),
        };
        let own =
            ColumnStrategy { deferred, raiseload, class_level: true, option: None, is_expression: false };
        let Some(option) = self.find(path, property, Token::Columns, Token::AnyColumn) else {
            return Ok(own);
        };
        match &option.strategy {
            None => Ok(ColumnStrategy { option: Some(option), ..own }),
            Some(Strategy::Expression) => Ok(ColumnStrategy {
                deferred: false,
                raiseload: false,
                class_level: false,
                option: Some(option),
                is_expression: true,
            }),
            Some(Strategy::Column { deferred: wanted, raiseload: raise }) => Ok(ColumnStrategy {
                deferred: *wanted,
                raiseload: *raise,
                class_level: *wanted == deferred && *raise == raiseload,
                option: Some(option),
                is_expression: false,
            }),
            Some(other) => Err(errors::strategy_mismatch(other, property)),
        }
    }

    /// The classes that `selectin_polymorphic` names for an entity.
    pub fn selectin_polymorphic(&self, path: &Path) -> Option<Vec<Rc<crate::orm::mapper::Mapper>>> {
        match &self.by_path.get(path)?.strategy {
            Some(Strategy::SelectinPolymorphic(mappers)) => Some(mappers.clone()),
            _ => None,
        }
    }
}

/// Whether an option undefers the group of a deferred column.
pub fn undefers_group(option: Option<&Rc<LoadElement>>, group: Option<&Str>) -> bool {
    match (option, group) {
        (Some(option), Some(group)) => option.local.undefer_groups.contains(group),
        _ => false,
    }
}

/// A wildcard for a class holds for what its parents define too.
fn superclass_paths(path: &Path) -> Vec<Path> {
    let steps = path.steps();
    let mut paths = vec![path.clone()];
    if let [before @ .., Step::Mapper(mapper), token @ Step::Token(_)] = steps {
        let mut parent = mapper.inherits.clone();
        while let Some(here) = parent {
            let mut all = before.to_vec();
            all.push(Step::Mapper(here.clone()));
            all.push(token.clone());
            paths.push(Path::from_steps(&all));
            parent = here.inherits.clone();
        }
    }
    paths
}
