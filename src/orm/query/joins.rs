//! `join()` over entities and relationships: which side is joined to which, on what condition.
//!
//! Owns resolving join targets, finding the left side, and the joins in FROM. Must not know rows or options.
//! Mirrors `_ORMSelectCompileState._join` of `sqlalchemy/orm/context.py` and `_ORMJoin` of `util.py`.

use std::rc::Rc;

use super::context::{CompileState, FromNode, QueryEntity};
use super::entity::OrmEntity;
use super::errors;
use super::relate::{self, JoinSides};
use crate::orm::attribute::QueryableAttribute;
use crate::orm::property::Property;
use crate::python::value::{R, Value};
use crate::sql::entity::{Element, OrmElement};
use crate::sql::expr::Expr;
use crate::sql::selectable::FromClause;
use crate::sql::statement::SetupJoin;
use crate::sql::{join, select, traverse};

/// A relationship attribute as a join is given it.
#[derive(Clone)]
pub struct JoinAttribute {
    pub property: Rc<Property>,
    pub entity: OrmEntity,
    pub of_type: Option<OrmEntity>,
    pub criteria: Vec<Expr>,
}

impl JoinAttribute {
    /// The relationship attribute behind an element of the mapping layer.
    pub fn of(element: &Rc<dyn OrmElement>) -> Option<JoinAttribute> {
        if let Some(own) = element.as_any().downcast_ref::<super::element::RelationshipElement>() {
            return Some(own.0.clone());
        }
        JoinAttribute::of_value(&element.value())
    }

    pub fn of_value(value: &Value) -> Option<JoinAttribute> {
        let attribute = value.payload::<QueryableAttribute>()?;
        let entity = match &attribute.entity {
            Some(entity) => OrmEntity::of(entity)?,
            None => OrmEntity::Mapper(attribute.attribute.mapper()),
        };
        Some(JoinAttribute {
            property: attribute.attribute.property.clone(),
            entity,
            of_type: attribute.of_type.as_ref().and_then(OrmEntity::of),
            criteria: attribute.criteria.clone(),
        })
    }

    /// What is joined: the related class, or what stands for it.
    pub fn target(&self) -> Option<OrmEntity> {
        self.of_type.clone().or_else(|| {
            let relationship = self.property.as_relationship()?;
            Some(OrmEntity::Mapper(relationship.mapper().clone()))
        })
    }

    fn text(&self) -> String {
        format!("{}.{}", self.entity.description(), self.property.key)
    }
}

/// The right side of a join.
#[derive(Clone)]
enum Right {
    Entity(OrmEntity),
    From(FromClause),
}

impl Right {
    fn clause(&self) -> FromClause {
        match self {
            Right::Entity(entity) => super::assemble::selectable_of(entity),
            Right::From(from) => from.clone(),
        }
    }

    fn entity(&self) -> Option<&OrmEntity> {
        match self {
            Right::Entity(entity) => Some(entity),
            Right::From(_) => None,
        }
    }

    fn identity(&self) -> usize {
        match self {
            Right::Entity(entity) => entity.identity(),
            Right::From(from) => from.id(),
        }
    }

    fn shown(&self) -> String {
        match self {
            Right::Entity(OrmEntity::Mapper(mapper)) => {
                format!("<Mapper at {:#x}; {}>", Rc::as_ptr(mapper) as usize, mapper.class_name)
            }
            Right::Entity(OrmEntity::Alias(alias)) => {
                format!("<AliasedInsp at {:#x}; {}>", Rc::as_ptr(alias) as usize, alias.mapper.class_name)
            }
            Right::From(from) => from.name().map_or_else(|| "anon".to_string(), |name| format!("'{name}'")),
        }
    }
}

/// The left side of a join.
#[derive(Clone)]
enum Left {
    Entity(OrmEntity),
    From(FromClause),
}

impl Left {
    fn clause(&self) -> FromClause {
        match self {
            Left::Entity(entity) => super::assemble::selectable_of(entity),
            Left::From(from) => from.clone(),
        }
    }
    fn entity(&self) -> Option<&OrmEntity> {
        match self {
            Left::Entity(entity) => Some(entity),
            Left::From(_) => None,
        }
    }
}

enum On {
    None,
    Attribute(JoinAttribute),
    Condition(Expr),
}

impl CompileState {
    /// Makes the joins of a statement; `entities` are those that it selected when they were written.
    pub fn setup_joins(&mut self, joins: &[SetupJoin], entities: &[QueryEntity]) -> R<()> {
        for setup in joins {
            self.setup_join(setup, entities)?;
        }
        Ok(())
    }

    fn setup_join(&mut self, setup: &SetupJoin, entities: &[QueryEntity]) -> R<()> {
        let mut on = match &setup.onclause {
            None => On::None,
            Some(Element::Expr(condition)) => On::Condition(condition.clone()),
            Some(Element::Orm(element)) => match JoinAttribute::of(element) {
                Some(attribute) => On::Attribute(attribute),
                None => return Err(errors::expected_join_target()),
            },
            Some(_) => return Err(errors::expected_join_target()),
        };
        let mut right = match &setup.target {
            Element::Entity(entity) => OrmEntity::of(entity).map(Right::Entity),
            Element::From(from) => Some(Right::From(from.clone())),
            Element::Statement(_) => Some(Right::From(select::element_from(&setup.target)?)),
            Element::Orm(element) => {
                if !matches!(on, On::None) {
                    return Err(errors::onclause_with_relationship());
                }
                match JoinAttribute::of(element) {
                    Some(attribute) => on = On::Attribute(attribute),
                    None => return Err(errors::expected_join_target()),
                }
                None
            }
            Element::Expr(_) => return Err(errors::expected_join_target()),
        };
        let given_left = match &setup.left {
            None => None,
            Some(Element::Entity(entity)) => OrmEntity::of(entity).map(Left::Entity),
            Some(other) => Some(Left::From(select::element_from(other)?)),
        };
        let mut left = given_left.clone();
        if let On::Attribute(attribute) = &on {
            let Some(relationship) = attribute.property.as_relationship() else {
                return Err(errors::join_target_not_mapped(&attribute.text()));
            };
            if right.is_none() {
                let target = attribute.of_type.clone();
                right = Some(Right::Entity(
                    target.unwrap_or_else(|| OrmEntity::Mapper(relationship.mapper().clone())),
                ));
            }
            let right_identity = right.as_ref().map_or(0, Right::identity);
            let edge = (attribute.entity.identity(), right_identity, attribute.property.token());
            if self.joined_edges.contains(&edge) {
                return Ok(());
            }
            if let Some(Left::Entity(entity)) = &given_left
                && !entity.same(&attribute.entity)
            {
                return Err(errors::left_mismatch(&entity.description(), &attribute.text()));
            }
            left = Some(Left::Entity(attribute.entity.clone()));
        }
        let Some(right) = right else { return Err(errors::expected_join_target()) };
        self.join_left_to_right(entities, left, right, on, setup.isouter, setup.full)
    }

    fn join_left_to_right(
        &mut self,
        entities: &[QueryEntity],
        left: Option<Left>,
        right: Right,
        on: On,
        isouter: bool,
        full: bool,
    ) -> R<()> {
        let (left, replaced) = match left {
            None => {
                let condition = match &on {
                    On::Condition(condition) => Some(condition),
                    _ => None,
                };
                self.implicit_left(entities, &right, condition)?
            }
            Some(left) => {
                let replaced = self.explicit_left(&left)?;
                (left, replaced)
            }
        };
        if let (Left::Entity(a), Right::Entity(b)) = (&left, &right)
            && a.same(b)
            && !matches!(on, On::Attribute(_))
        {
            return Err(errors::join_to_itself(&a.selectable().name().unwrap_or_else(|| a.label())));
        }
        if let (On::Attribute(attribute), Some(entity)) = (&on, right.entity())
            && let Some(relationship) = attribute.property.as_relationship()
            && !Rc::ptr_eq(&entity.mapper().base_mapper(), &relationship.mapper().base_mapper())
        {
            return Err(errors::join_target_mismatch(&right.shown(), &attribute.text()));
        }
        if let Some(entity) = right.entity() {
            self.join_entities.push(entity.clone());
        }
        if let On::Attribute(attribute) = &on {
            let edge = (attribute.entity.identity(), right.identity(), attribute.property.token());
            self.joined_edges.push(edge);
        }
        let base = match replaced {
            Some(index) => self.from[index].clause.clone(),
            None => left.clause(),
        };
        let clause = self.orm_join(&base, &right, &on, isouter, full)?;
        let entity = match replaced {
            Some(index) => self.from[index].entity.clone(),
            None => left.entity().cloned(),
        };
        let node = FromNode { clause, entity };
        match replaced {
            Some(index) => self.from[index] = node,
            None => self.from.push(node),
        }
        Ok(())
    }

    /// The JOIN itself.
    fn orm_join(
        &mut self,
        base: &FromClause,
        right: &Right,
        on: &On,
        isouter: bool,
        full: bool,
    ) -> R<FromClause> {
        let right_clause = right.clause();
        let mut criteria = match right.entity() {
            Some(entity) => self.criteria_for(entity),
            None => Vec::new(),
        };
        match on {
            On::Attribute(attribute) => {
                let relationship = relate::relationship(&attribute.property);
                criteria.extend(attribute.criteria.iter().cloned());
                let own = super::assemble::selectable_of(&attribute.entity);
                let source = if attribute.entity.is_alias() {
                    Some(own)
                } else if relate::is_derived_from(base, &own) || self.base_alias.is_none() {
                    None
                } else {
                    Some(base.clone())
                };
                let target_is_plain = match right.entity() {
                    Some(OrmEntity::Mapper(mapper)) => Rc::ptr_eq(mapper, relationship.mapper()),
                    _ => false,
                };
                let entity = right.entity().cloned();
                let targets = relate::join_targets(
                    &attribute.property,
                    JoinSides {
                        source: source.as_ref(),
                        dest: if target_is_plain { None } else { Some(&right_clause) },
                        target: entity.as_ref(),
                        alias_secondary: true,
                        criteria: &criteria,
                    },
                );
                self.last_target = targets.target.clone();
                let primaryjoin = self.adapt(&targets.primaryjoin);
                Ok(match (targets.secondary, targets.secondaryjoin) {
                    (Some(secondary), Some(secondaryjoin)) if isouter => {
                        let inner = secondary.join(&right_clause, Some(secondaryjoin), false, false);
                        base.join(&inner, Some(primaryjoin), true, full)
                    }
                    (Some(secondary), Some(secondaryjoin)) => {
                        let through = base.join(&secondary, Some(primaryjoin), isouter, full);
                        through.join(&right_clause, Some(secondaryjoin), isouter, full)
                    }
                    _ => base.join(&right_clause, Some(primaryjoin), isouter, full),
                })
            }
            _ => {
                let mut clauses = match on {
                    On::Condition(condition) => vec![self.adapt(condition)],
                    _ => vec![join::condition(base, &right_clause)?],
                };
                clauses.append(&mut criteria);
                if let Some(entity) = right.entity() {
                    clauses.extend(relate::single_criterion(entity));
                }
                let condition = relate::all_of(clauses);
                Ok(base.join(&right_clause, condition, isouter, full))
            }
        }
    }

    /// The left side of a join that does not name it.
    fn implicit_left(
        &self,
        entities: &[QueryEntity],
        right: &Right,
        onclause: Option<&Expr>,
    ) -> R<(Left, Option<usize>)> {
        let right_clause = right.clause();
        if !self.from.is_empty() {
            let clauses: Vec<FromClause> = self.from.iter().map(|node| node.clause.clone()).collect();
            let found = join::joinable(&clauses, &right_clause, onclause);
            return match found.as_slice() {
                [index] => Ok((Left::From(clauses[*index].clone()), Some(*index))),
                [] => Err(errors::cannot_join(&right.shown())),
                _ => Err(errors::ambiguous_left()),
            };
        }
        if entities.is_empty() {
            return Err(errors::nothing_to_join_from());
        }
        let mut candidates: Vec<(FromClause, Left)> = Vec::new();
        for item in entities {
            let left = match item {
                QueryEntity::Mapper { entity, .. } => Left::Entity(entity.clone()),
                QueryEntity::Column { entity: Some(entity), .. } => Left::Entity(entity.clone()),
                QueryEntity::Column { expr, .. } => {
                    let mut froms = Vec::new();
                    traverse::from_objects(expr, &mut froms);
                    match froms.into_iter().next() {
                        Some(from) => Left::From(from),
                        None => continue,
                    }
                }
                QueryEntity::Bundle { items, .. } => match items.iter().find_map(entity_of) {
                    Some(entity) => Left::Entity(entity),
                    None => continue,
                },
            };
            if let (Left::Entity(one), Right::Entity(other)) = (&left, right)
                && one.same(other)
            {
                continue;
            }
            let clause = left.clause();
            if !candidates.iter().any(|(known, _)| FromClause::same(known, &clause)) {
                candidates.push((clause, left));
            }
        }
        let clauses: Vec<FromClause> = candidates.iter().map(|(clause, _)| clause.clone()).collect();
        let found = join::joinable(&clauses, &right_clause, onclause);
        match found.as_slice() {
            [index] => Ok((candidates[*index].1.clone(), None)),
            [] => Err(errors::cannot_join(&right.shown())),
            _ => Err(errors::ambiguous_left()),
        }
    }

    /// Where a left side that is named stands in FROM already.
    fn explicit_left(&self, left: &Left) -> R<Option<usize>> {
        if self.from.is_empty() {
            return Ok(None);
        }
        match self.froms_matching(&left.clause()).as_slice() {
            [] => Ok(None),
            [index] => Ok(Some(*index)),
            _ => Err(errors::ambiguous_explicit_left()),
        }
    }
}

/// The entity behind an item of the columns clause.
pub fn entity_of(item: &QueryEntity) -> Option<OrmEntity> {
    match item {
        QueryEntity::Mapper { entity, .. } => Some(entity.clone()),
        QueryEntity::Column { entity, .. } => entity.clone(),
        QueryEntity::Bundle { items, .. } => items.iter().find_map(entity_of),
    }
}

/// The entity that a relationship attribute leads to.
pub fn target_entity(element: &Rc<dyn OrmElement>) -> Option<Rc<dyn crate::sql::entity::Entity>> {
    let attribute = JoinAttribute::of(element)?;
    let target = match attribute.of_type {
        Some(entity) => entity,
        None => OrmEntity::Mapper(attribute.property.as_relationship()?.mapper().clone()),
    };
    Some(target.into_dyn())
}
