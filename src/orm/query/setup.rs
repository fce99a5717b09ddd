//! The columns that an entity puts into a statement, and the joins that eager attributes add.
//!
//! Owns walking a mapper's attributes with the strategy of each. Must not know rows.
//! Mirrors `_setup_entity_query` of `loading.py` and the `setup_query` methods of `strategies.py`.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::adapt::Adapter;
use super::alias;
use super::context::{CompileState, InstanceSpec, Setup, Which};
use super::eager::EagerJoin;
use super::entity::{AliasParts, AliasedEntity, OrmEntity};
use super::options::{EagerFrom, LoadElement};
use super::path::Path;
use super::polymorphic;
use super::strategy::undefers_group;
use crate::orm::attribute::Attribute;
use crate::orm::mapper::Mapper;
use crate::orm::property::{Property, PropertyKind};
use crate::orm::relationship::{Lazy, Relationship};
use crate::python::value::{R, Value};
use crate::sql::expr::Expr;

/// What one walk over a mapper's attributes is about.
pub struct EntitySetup<'a> {
    pub mapper: &'a Rc<Mapper>,
    /// The item of the columns clause that all this belongs to.
    pub root: usize,
    pub path: Path,
    pub adapter: Option<Rc<Adapter>>,
    pub which: Which,
    pub with_polymorphic: Vec<Rc<Mapper>>,
    /// The mapper that an eager join is made from, below the first level.
    pub parent: Option<Rc<Mapper>>,
    pub chained_from_outerjoin: bool,
    /// Columns that the adapter does not know are left out.
    pub check_adapted: bool,
    pub discriminator: Option<Expr>,
}

/// The attributes of a mapper in the order in which statements select them: what was declared as a relationship
/// comes first, what a backref added comes last.
pub fn ordered_attributes(mapper: &Rc<Mapper>, others: &[Rc<Mapper>]) -> Vec<Rc<Attribute>> {
    let mut all = polymorphic::attributes(mapper, others);
    let rank = |attribute: &Rc<Attribute>| match attribute.property.as_relationship() {
        Some(relationship) if relationship.is_backref => 2,
        Some(_) => 0,
        None => 1,
    };
    all.sort_by_key(rank);
    all
}

impl CompileState {
    pub fn setup_entity(&mut self, setup: EntitySetup<'_>) -> R<InstanceSpec> {
        let mut spec = InstanceSpec {
            mapper: setup.mapper.clone(),
            path: setup.path.clone(),
            adapter: setup.adapter.clone(),
            setups: FxHashMap::default(),
            joined: FxHashMap::default(),
            only_load: if setup.parent.is_none() { self.extras.compile.only_load.clone() } else { None },
            discriminator: None,
        };
        for attribute in ordered_attributes(setup.mapper, &setup.with_polymorphic) {
            let property = &attribute.property;
            // Attributes are told by their names, which those of subclasses may share.
            if let Some(only) = &spec.only_load
                && !setup
                    .mapper
                    .attribute_named(&property.key)
                    .is_some_and(|one| only.contains(&one.property.token()))
            {
                continue;
            }
            match &property.kind {
                PropertyKind::Column(_) => {
                    if let Some(found) = self.setup_column(&setup, property, spec.only_load.as_deref())? {
                        spec.setups.insert(property.token(), found);
                    }
                }
                PropertyKind::Relationship(relationship) => {
                    let (lazy, option) = self.strategies.relationship(&setup.path, property)?;
                    if lazy == Lazy::Joined
                        && let Some(joined) = self.setup_joined(&setup, property, relationship, option)?
                    {
                        spec.joined.insert(property.token(), Rc::new(joined));
                    }
                }
                _ => {}
            }
        }
        if let Some(discriminator) = &setup.discriminator {
            let column = match &setup.adapter {
                Some(adapter) => adapter.column_or_same(discriminator),
                None => discriminator.clone(),
            };
            self.columns.add(&column, setup.which);
            spec.discriminator = Some(column);
        }
        Ok(spec)
    }

    fn setup_column(
        &mut self,
        setup: &EntitySetup<'_>,
        property: &Rc<Property>,
        only: Option<&[usize]>,
    ) -> R<Option<Setup>> {
        let Some(column) = property.as_column() else { return Ok(None) };
        let strategy = self.strategies.column(&setup.path, property)?;
        if strategy.deferred && !strategy.is_expression {
            let parent = property.try_parent();
            let is_needed = |one: &Expr| {
                let Some(base) = one.base_column() else { return false };
                setup.mapper.primary_key.iter().any(|key| Rc::ptr_eq(key, &base))
                    || parent.as_ref().and_then(|mapper| mapper.polymorphic_on()).is_some_and(|on| {
                        on.expr.base_column().is_some_and(|discriminator| Rc::ptr_eq(&discriminator, &base))
                    })
            };
            let undeferred = !self.extras.compile.toplevel
                || (strategy.option.is_some() && column.columns.borrow().iter().any(is_needed))
                || undefers_group(strategy.option.as_ref(), column.group.as_ref())
                || only.is_some_and(|only| only.contains(&property.token()));
            if !undeferred {
                return Ok(Some(match (strategy.class_level, strategy.raiseload) {
                    (true, _) => Setup::Deferred,
                    (false, true) => Setup::RaisedHere,
                    (false, false) => Setup::DeferredHere,
                }));
            }
        }
        let expressions = match &strategy.option {
            Some(option) if strategy.is_expression => option.criteria.clone(),
            _ => column.columns.borrow().clone(),
        };
        let mut first = None;
        for expression in &expressions {
            let selected = match &setup.adapter {
                Some(adapter) if setup.check_adapted => match adapter.replacement(expression) {
                    Some(adapted) => adapted,
                    None if expression.base_column().is_some() => return Ok(None),
                    None => adapter.adapt(expression),
                },
                Some(adapter) => adapter.adapt(expression),
                None => expression.clone(),
            };
            let place = self.columns.add(&selected, setup.which);
            first.get_or_insert(place);
        }
        Ok(first.map(Setup::Column))
    }

    fn setup_joined(
        &mut self,
        setup: &EntitySetup<'_>,
        property: &Rc<Property>,
        relationship: &Relationship,
        option: Option<Rc<LoadElement>>,
    ) -> R<Option<InstanceSpec>> {
        if !self.extras.compile.enable_eagerloads {
            return Ok(None);
        }
        if relationship.uses_list() {
            self.multi_row = true;
        }
        let path = setup.path.through(property);
        let target = relationship.mapper().clone();
        let of_type = self.strategies.of_type(&path).cloned();
        if let Some(eager_from) = option.as_ref().and_then(|option| option.local.eager_from.clone()) {
            let clauses = self.user_adapter(setup, &path, &target, &eager_from, of_type.as_ref());
            return self
                .setup_target(
                    setup,
                    &path,
                    &target,
                    of_type.as_ref(),
                    clauses,
                    Which::Primary,
                    setup.chained_from_outerjoin,
                )
                .map(Some);
        }
        if self.strategies.exact(&path).is_none() {
            let too_deep = match relationship.join_depth {
                Some(depth) => path.len() / 2 > depth as usize,
                None => path.contains_mapper(&target),
            };
            if too_deep {
                return Ok(None);
            }
        }
        let entity = match &of_type {
            Some(OrmEntity::Alias(alias)) => alias.clone(),
            Some(OrmEntity::Mapper(mapper)) if mapper.inherits.is_some() => {
                let base = target.clone();
                let mappers = polymorphic::mappers_of(&base, &polymorphic::Spec::Some(vec![mapper.clone()]));
                let selectable = polymorphic::selectable_of(&base, &mappers, false);
                AliasedEntity::new(AliasParts {
                    mapper: base,
                    selectable: alias::anonymous(&selectable, true),
                    name: None,
                    with_polymorphic: mappers,
                    use_mapper_path: true,
                    represents_outer_join: true,
                    adapt_on_names: false,
                })
            }
            _ => AliasedEntity::new(AliasParts {
                mapper: target.clone(),
                selectable: alias::anonymous(&polymorphic::default_selectable(&target), true),
                name: None,
                with_polymorphic: polymorphic::default_mappers(&target),
                use_mapper_path: true,
                represents_outer_join: false,
                adapt_on_names: false,
            }),
        };
        let chosen = option.as_ref().and_then(|option| option.local.innerjoin);
        let (innerjoin, nested) = match (chosen, &relationship.innerjoin) {
            (Some(inner), _) => (inner, true),
            (None, Value::Bool(inner)) => (*inner, true),
            (None, Value::Str(word)) => (true, &**word != "unnested"),
            (None, _) => (false, true),
        };
        let chained = setup.chained_from_outerjoin || !innerjoin;
        self.eager_joins.push(EagerJoin {
            property: property.clone(),
            root: setup.root,
            path: path.clone(),
            adapter: setup.adapter.clone(),
            parent: setup.parent.clone(),
            target: entity.clone(),
            innerjoin,
            nested,
            chained_from_outerjoin: chained,
            criteria: option.map(|option| option.criteria.clone()).unwrap_or_default(),
        });
        self.adding_joins = true;
        let poly = OrmEntity::Alias(entity.clone());
        self.setup_target(
            setup,
            &path,
            &target,
            Some(&poly),
            Some(entity.adapter.clone()),
            Which::Secondary,
            chained,
        )
        .map(Some)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one eager load")]
    fn setup_target(
        &mut self,
        setup: &EntitySetup<'_>,
        path: &Path,
        target: &Rc<Mapper>,
        entity: Option<&OrmEntity>,
        adapter: Option<Rc<Adapter>>,
        which: Which,
        chained_from_outerjoin: bool,
    ) -> R<InstanceSpec> {
        let with_polymorphic = match entity {
            Some(entity) => entity.with_polymorphic(),
            None => polymorphic::default_mappers(target),
        };
        self.setup_entity(EntitySetup {
            mapper: target,
            root: setup.root,
            path: path.then(OrmEntity::Mapper(target.clone()).step()),
            adapter,
            which,
            with_polymorphic,
            parent: Some(target.clone()),
            chained_from_outerjoin,
            check_adapted: false,
            discriminator: None,
        })
    }

    /// The adapter of `contains_eager`.
    fn user_adapter(
        &mut self,
        setup: &EntitySetup<'_>,
        path: &Path,
        target: &Rc<Mapper>,
        from: &EagerFrom,
        of_type: Option<&OrmEntity>,
    ) -> Option<Rc<Adapter>> {
        let own = match from {
            EagerFrom::Plain => of_type.and_then(|entity| entity.adapter().cloned()),
            EagerFrom::From(from) => Some(Rc::new(Adapter::new(target, from.clone(), false))),
            EagerFrom::Entity(entity) => entity.adapter().cloned(),
        };
        let base = match (&self.entities.get(setup.root), &self.base_alias) {
            (Some(super::context::QueryEntity::Mapper { entity, .. }), _) => {
                let entity = entity.clone();
                self.entity_adapter(&entity)
            }
            (_, base) => base.clone(),
        };
        let adapter = match (own, base) {
            (Some(own), Some(base)) => Some(Rc::new(own.wrap(&base))),
            (own, base) => own.or(base),
        };
        self.user_adapters.insert(path.clone(), adapter.clone());
        adapter
    }
}
