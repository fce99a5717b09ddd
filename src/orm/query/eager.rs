//! Eager joins: LEFT OUTER JOINs that bring related objects along with their parents.
//!
//! Owns the tree of joins that hangs on an entity, splicing inner joins into it, and wrapping limited statements.
//! Must not know rows. Mirrors `_JoinedLoader._create_eager_join` of `sqlalchemy/orm/strategies.py`.
//!
//! ```text
//!   a LEFT OUTER JOIN b                then c, joined inside to b:     a LEFT OUTER JOIN (b JOIN c)
//! ```

use std::rc::Rc;

use super::adapt::Adapter;
use super::context::{CompileState, EagerKey, QueryEntity, Which};
use super::entity::{AliasedEntity, OrmEntity};
use super::errors;
use super::path::Path;
use super::relate::{self, JoinSides};
use crate::orm::mapper::Mapper;
use crate::orm::property::Property;
use crate::python::value::R;
use crate::sql::expr::{self, Expr};
use crate::sql::selectable::FromClause;

/// A join that is to be made once all columns are known.
pub struct EagerJoin {
    pub property: Rc<Property>,
    pub root: usize,
    pub path: Path,
    pub adapter: Option<Rc<Adapter>>,
    pub parent: Option<Rc<Mapper>>,
    pub target: Rc<AliasedEntity>,
    pub innerjoin: bool,
    /// An inner join within an outer one goes into its right side.
    pub nested: bool,
    pub chained_from_outerjoin: bool,
    pub criteria: Vec<Expr>,
}

/// Joins under way.
#[derive(Clone)]
pub enum EagerTree {
    Leaf(FromClause),
    Join(Box<EagerNode>),
}

#[derive(Clone)]
pub struct EagerNode {
    left: EagerTree,
    right: EagerTree,
    onclause: Expr,
    isouter: bool,
    /// The path of the relationship that the join was made for.
    path: Option<Path>,
}

impl EagerTree {
    fn join(
        left: EagerTree,
        right: EagerTree,
        onclause: Expr,
        isouter: bool,
        path: Option<Path>,
    ) -> EagerTree {
        EagerTree::Join(Box::new(EagerNode { left, right, onclause, isouter, path }))
    }

    fn is_join(&self) -> bool {
        matches!(self, EagerTree::Join(_)) || matches!(self, EagerTree::Leaf(FromClause::Join(_)))
    }

    /// As a FROM clause.
    pub fn clause(&self) -> FromClause {
        match self {
            EagerTree::Leaf(from) => from.clone(),
            EagerTree::Join(node) => node.left.clause().join(
                &node.right.clause(),
                Some(node.onclause.clone()),
                node.isouter,
                false,
            ),
        }
    }

    /// As a FROM clause in which the entity's tables have become a subquery.
    pub fn clause_over(&self, stop: &FromClause, inner: &FromClause, adapter: &Adapter) -> FromClause {
        match self {
            EagerTree::Leaf(from) if FromClause::same(from, stop) => inner.clone(),
            EagerTree::Leaf(from) => from.clone(),
            EagerTree::Join(node) => {
                let left = node.left.clause_over(stop, inner, adapter);
                let onclause = adapter.adapt(&node.onclause);
                left.join(&node.right.clause(), Some(onclause), node.isouter, false)
            }
        }
    }

    /// Puts an inner join beside what the join for `path` brought in; false if that is not here.
    fn splice(&mut self, path: &Path, right: &EagerTree, onclause: &Expr, new_path: &Path) -> bool {
        let EagerTree::Join(node) = self else { return false };
        if node.path.as_ref() == Some(path) {
            if node.isouter {
                let inner = std::mem::replace(&mut node.right, right.clone());
                node.right =
                    EagerTree::join(inner, right.clone(), onclause.clone(), false, Some(new_path.clone()));
            } else {
                let whole = self.clone();
                *self =
                    EagerTree::join(whole, right.clone(), onclause.clone(), false, Some(new_path.clone()));
            }
            return true;
        }
        node.right.splice(path, right, onclause, new_path)
            || node.left.splice(path, right, onclause, new_path)
    }
}

impl CompileState {
    /// Makes the eager joins that setting up the entities has asked for.
    pub fn create_eager_joins(&mut self) -> R<()> {
        for join in std::mem::take(&mut self.eager_joins) {
            self.create_eager_join(&join)?;
        }
        Ok(())
    }

    fn root_entity(&self, index: usize) -> OrmEntity {
        match &self.entities[index] {
            QueryEntity::Mapper { entity, .. } => entity.clone(),
            _ => unreachable!("eager joins hang on whole objects"),
        }
    }

    fn create_eager_join(&mut self, join: &EagerJoin) -> R<()> {
        let root = self.root_entity(join.root);
        let selectable = self.entity_selectable(&root);
        let mut key = EagerKey::Entity(join.root);
        let mut default = selectable.clone();
        if !self.eager_trees.contains_key(&key) && !self.should_nest() && !self.from.is_empty() {
            let found = self.froms_matching(&selectable);
            match found.as_slice() {
                [] => {}
                [index] => {
                    key = EagerKey::From(*index);
                    default = self.from[*index].clause.clone();
                }
                _ => return Err(errors::ambiguous_eager()),
            }
        }
        let mut tree =
            self.eager_trees.swap_remove_full(&key).map_or(EagerTree::Leaf(default), |(_, _, tree)| tree);
        let dest = join.target.selectable.clone();
        let source = join.adapter.as_ref().map(|adapter| adapter.selectable.clone());
        let mut criteria: Vec<Expr> =
            join.criteria.iter().map(|one| join.target.adapter.adapt(one)).collect();
        criteria.extend(self.criteria_for(&OrmEntity::Alias(join.target.clone())));
        let target = OrmEntity::Alias(join.target.clone());
        let targets = relate::join_targets(
            &join.property,
            JoinSides {
                source: source.as_ref(),
                dest: Some(&dest),
                target: Some(&target),
                alias_secondary: true,
                criteria: &criteria,
            },
        );
        let on_outside =
            !join.chained_from_outerjoin || !join.innerjoin || !join.nested || root.represents_outer_join();
        let isouter = !join.innerjoin
            || root.represents_outer_join()
            || (join.chained_from_outerjoin && tree.is_join() && on_outside);
        let right = EagerTree::Leaf(dest);
        let path = Some(join.path.clone());
        if on_outside {
            tree = match (targets.secondary, targets.secondaryjoin) {
                (Some(secondary), Some(secondaryjoin)) if isouter => {
                    let right =
                        EagerTree::join(EagerTree::Leaf(secondary), right, secondaryjoin, false, None);
                    EagerTree::join(tree, right, targets.primaryjoin, true, path)
                }
                (Some(secondary), Some(secondaryjoin)) => {
                    let left =
                        EagerTree::join(tree, EagerTree::Leaf(secondary), targets.primaryjoin, false, None);
                    EagerTree::join(left, right, secondaryjoin, false, path)
                }
                _ => EagerTree::join(tree, right, targets.primaryjoin, isouter, path),
            };
        } else {
            let parent_path = join.path.parent().parent();
            let spliced = tree.splice(&parent_path, &right, &targets.primaryjoin, &join.path);
            if !spliced {
                tree = EagerTree::join(tree, right, targets.primaryjoin, true, path);
            }
        }
        self.eager_trees.insert(key, tree);
        if join.parent.is_none() {
            self.select_local_columns(join);
        }
        let relationship = relate::relationship(&join.property);
        let order_by = relationship.setup().order_by.clone();
        for one in &order_by {
            let adapted = match &targets.target {
                Some(target) => target.adapt(one),
                None => one.clone(),
            };
            self.eager_order_by.push(adapted);
        }
        Ok(())
    }

    /// What a limited statement is joined on must be among its columns.
    fn select_local_columns(&mut self, join: &EagerJoin) {
        let setup = relate::relationship(&join.property).setup();
        let mapper = join.property.parent();
        for one in setup.primaryjoin.uses.iter() {
            let is_own = one.column.table().is_some_and(|table| {
                mapper.tables.iter().any(|known| Rc::ptr_eq(known, &table))
                    && (one.local || setup.secondary.as_ref().is_none_or(|other| !Rc::ptr_eq(other, &table)))
            });
            if !is_own || (one.remote && !one.local) {
                continue;
            }
            let column = expr::column(&one.column);
            let column = match &join.adapter {
                Some(adapter) => adapter.column_or_same(&column),
                None => column,
            };
            self.columns.add(&column, Which::Primary);
        }
    }

    /// What an entity of the columns clause is selected from.
    pub fn entity_selectable(&self, entity: &OrmEntity) -> FromClause {
        match entity {
            OrmEntity::Mapper(mapper) => super::polymorphic::default_selectable_cached(mapper),
            OrmEntity::Alias(alias) => alias.selectable.clone(),
        }
    }

    /// The FROM clauses that hold, or are made from, a selectable.
    pub fn froms_matching(&self, selectable: &FromClause) -> Vec<usize> {
        let leaves = selectable.from_objects();
        let matches = |node: &FromClause| leaves.iter().any(|leaf| relate::is_derived_from(node, leaf));
        let liberal: Vec<usize> =
            (0..self.from.len()).filter(|&index| matches(&self.from[index].clause)).collect();
        if liberal.len() > 1 {
            let strict: Vec<usize> = liberal
                .iter()
                .copied()
                .filter(|&index| {
                    let parts = self.from[index].clause.leaves();
                    selectable
                        .leaves()
                        .iter()
                        .any(|leaf| parts.iter().any(|part| FromClause::same(part, leaf)))
                })
                .collect();
            if !strict.is_empty() {
                return strict;
            }
        }
        liberal
    }
}
