//! Relationships as conditions: joining along them, and the condition under which a parent's rows are loaded.
//!
//! Owns adapting a join condition to the two sides of a join, and lazy clauses. Must not know statements or loading.
//! Mirrors `JoinCondition.join_targets` and `create_lazy_clause` of `sqlalchemy/orm/relationships.py`.

use std::rc::Rc;

use super::adapt::{Adapter, derives_from, equivalents};
use super::alias;
use super::entity::OrmEntity;
use crate::orm::mapper::Mapper;
use crate::orm::property::Property;
use crate::orm::relationship::{ColumnUse, Direction, JoinClause, Relationship};
use crate::python::value::Value;
use crate::sql::expr::{self, Expr, ExprKind, ExprNode};
use crate::sql::operate;
use crate::sql::operators::Op;
use crate::sql::schema::Column;
use crate::sql::selectable::FromClause;
use crate::sql::{traverse, types};

/// The conditions of a join along a relationship, adapted to both sides.
pub struct JoinTargets {
    pub primaryjoin: Expr,
    pub secondaryjoin: Option<Expr>,
    pub secondary: Option<FromClause>,
    /// Adapts further expressions over the target (its order) to the joined side.
    pub target: Option<Rc<Adapter>>,
}

/// What the two sides are.
#[derive(Default)]
pub struct JoinSides<'a> {
    /// What stands for the parent's tables, unless they stand themselves.
    pub source: Option<&'a FromClause>,
    /// What stands for the target's tables, unless they stand themselves.
    pub dest: Option<&'a FromClause>,
    /// The target as an entity, for the condition of a single-table subclass.
    pub target: Option<&'a OrmEntity>,
    pub alias_secondary: bool,
    pub criteria: &'a [Expr],
}

/// Rewrites a join condition column by column; `f` sees each occurrence with its role.
pub fn rewrite(clause: &JoinClause, f: &mut dyn FnMut(&ColumnUse, &Expr) -> Option<Expr>) -> Expr {
    let mut next = 0;
    traverse::replace(&clause.expr, &mut |node| {
        let ExprKind::Column(column) = &node.kind else { return None };
        let at = clause.uses[next.min(clause.uses.len())..]
            .iter()
            .position(|one| Rc::ptr_eq(&one.column, column))
            .map(|offset| next + offset)?;
        next = at + 1;
        f(&clause.uses[at], node)
    })
}

pub fn relationship(property: &Property) -> &Relationship {
    property.as_relationship().expect("only relationships are joined along")
}

/// `a AND b AND c`; None for nothing.
pub fn all_of(mut clauses: Vec<Expr>) -> Option<Expr> {
    match clauses.len() {
        0 => None,
        1 => clauses.pop(),
        _ => operate::and_(clauses),
    }
}

/// The condition that a single-table subclass adds, over a selectable.
pub fn single_criterion(entity: &OrmEntity) -> Option<Expr> {
    let (on, identities) = entity.mapper().single_table_identities()?;
    let on = match entity.adapter() {
        Some(adapter) => adapter.adapt(&on),
        None => on,
    };
    Some(in_values(&on, identities))
}

/// `column IN (values)`, as one parameter that expands.
pub fn in_values(left: &Expr, values: Vec<Value>) -> Expr {
    expr::binary(
        left.clone(),
        Op::In.into(),
        operate::bind_list_beside(left, Op::In, values),
        types::boolean(),
    )
}

pub fn join_targets(property: &Rc<Property>, sides: JoinSides<'_>) -> JoinTargets {
    let relationship = relationship(property);
    let setup = relationship.setup();
    let source = sides.source.map(|from| Adapter::new(&property.parent(), from.clone(), false));
    let dest = sides.dest.map(|from| Rc::new(Adapter::new(&setup.mapper, from.clone(), false)));
    let mut extra: Vec<Expr> = Vec::new();
    let target_mapper = sides.target.map_or(&setup.mapper, OrmEntity::mapper);
    if let Some((on, identities)) = target_mapper.single_table_identities() {
        extra.push(in_values(&on, identities));
    }
    extra.extend(sides.criteria.iter().cloned());
    let extra: Vec<Expr> = match &dest {
        Some(dest) => dest.adapt_all(&extra),
        None => extra,
    };
    let adapt_source = |node: &Expr| source.as_ref().and_then(|source| source.column(node));
    let adapt_dest = |node: &Expr| dest.as_ref().and_then(|dest| dest.column(node));
    let with_extra = |join: Expr| {
        let mut all = vec![join];
        all.extend(extra.iter().cloned());
        all_of(all).expect("a join has a condition")
    };
    let Some(secondaryjoin) = &setup.secondaryjoin else {
        let primaryjoin = rewrite(&setup.primaryjoin, &mut |one, node| {
            let by_dest = if one.local { None } else { adapt_dest(node) };
            by_dest.or_else(|| if one.remote { None } else { adapt_source(node) })
        });
        return JoinTargets {
            primaryjoin: with_extra(primaryjoin),
            secondaryjoin: None,
            secondary: None,
            target: dest,
        };
    };
    let table = setup.secondary.clone().map(FromClause::Table).expect("a secondary join has its table");
    let (secondary, adapt) = if sides.alias_secondary {
        let secondary = alias::anonymous(&table, true);
        let adapter = Adapter::over(secondary.clone(), Rc::from([]), false);
        (secondary, Some(adapter))
    } else {
        (table, None)
    };
    let adapt_secondary = |node: &Expr| adapt.as_ref().and_then(|adapter| adapter.column(node));
    let primaryjoin = rewrite(&setup.primaryjoin, &mut |one, node| {
        let by_secondary = if one.local { None } else { adapt_secondary(node) };
        by_secondary.or_else(|| adapt_source(node))
    });
    let secondaryjoin =
        rewrite(secondaryjoin, &mut |_, node| adapt_dest(node).or_else(|| adapt_secondary(node)));
    let target = match (dest, adapt) {
        (Some(dest), Some(adapt)) => Some(Rc::new(dest.wrap(&adapt))),
        (Some(dest), None) => Some(dest),
        (None, adapt) => adapt.map(Rc::new),
    };
    JoinTargets {
        primaryjoin,
        secondaryjoin: Some(with_extra(secondaryjoin)),
        secondary: Some(secondary),
        target,
    }
}

/// The condition under which rows belong to one object: its columns have become parameters.
pub struct LazyClause {
    pub criterion: Expr,
    /// The parameters by the column whose value they take.
    pub binds: Vec<(Rc<Column>, Expr)>,
}

/// The condition that loads a relationship for a parent, or (`reverse`) the parents of a given child.
pub fn lazy_clause(property: &Rc<Property>, reverse: bool, secondary: Option<&Adapter>) -> LazyClause {
    let setup = relationship(property).setup();
    let has_secondary = setup.secondaryjoin.is_some();
    let mut binds: Vec<(Rc<Column>, Expr)> = Vec::new();
    let mut to_bind = |one: &ColumnUse| -> Expr {
        if let Some((_, known)) = binds.iter().find(|(column, _)| Rc::ptr_eq(column, &one.column)) {
            return known.clone();
        }
        let bind = expr::literal(Value::None, one.column.ty());
        binds.push((one.column.clone(), bind.clone()));
        bind
    };
    let is_bound = |one: &ColumnUse| {
        if !reverse {
            one.local
        } else if has_secondary {
            one.remote || !one.foreign
        } else {
            one.remote
        }
    };
    let adapt = |node: &Expr| secondary.and_then(|adapter| adapter.column(node));
    let mut clauses = vec![rewrite(&setup.primaryjoin, &mut |one, node| {
        let bound = is_bound(one) && (!has_secondary || !reverse);
        if bound { Some(to_bind(one)) } else { adapt(node) }
    })];
    if let Some(join) = &setup.secondaryjoin {
        clauses.push(rewrite(join, &mut |one, node| {
            let of_target = !setup
                .secondary
                .as_ref()
                .is_some_and(|table| one.column.table().is_some_and(|owner| Rc::ptr_eq(&owner, table)));
            if reverse && of_target { Some(to_bind(one)) } else { adapt(node) }
        }));
    }
    LazyClause { criterion: all_of(clauses).expect("a relationship has a condition"), binds }
}

/// Whether a many-to-one relationship is a lookup by the target's primary key; then the parent's columns in the
/// order of that key.
pub fn get_columns(property: &Rc<Property>) -> Option<Vec<Rc<Column>>> {
    let relationship = relationship(property);
    let setup = relationship.setup();
    if setup.uselist || setup.direction == Direction::OneToMany || setup.secondaryjoin.is_some() {
        return None;
    }
    let pairs = &setup.local_remote_pairs;
    if setup.primaryjoin.uses.len() != pairs.len() * 2 || pairs.len() != setup.mapper.primary_key.len() {
        return None;
    }
    let same = equivalents(&setup.mapper);
    let matches = |remote: &Rc<Column>, key: &Rc<Column>| {
        Rc::ptr_eq(remote, key)
            || same.iter().any(|(left, right)| {
                (Rc::ptr_eq(left, remote) && Rc::ptr_eq(right, key))
                    || (Rc::ptr_eq(right, remote) && Rc::ptr_eq(left, key))
            })
    };
    if !is_equalities(&setup.primaryjoin.expr) {
        return None;
    }
    let of_key = |key: &Rc<Column>| {
        pairs.iter().find(|(_, remote)| matches(remote, key)).map(|(local, _)| local.clone())
    };
    setup.mapper.primary_key.iter().map(of_key).collect()
}

fn is_equalities(criterion: &Expr) -> bool {
    match &criterion.kind {
        ExprKind::Binary(binary) => binary.operator.op == Op::Eq,
        ExprKind::List(list) => list.operator.op == Op::And && list.clauses.iter().all(is_equalities),
        ExprKind::Grouping(inner) => is_equalities(inner),
        _ => false,
    }
}

/// For selectin loading without a join: the columns of the target (or secondary) table that refer to the parent's
/// primary key, in its order.
pub fn referring_columns(property: &Rc<Property>, parent: &Mapper) -> Option<Vec<Rc<Column>>> {
    let setup = relationship(property).setup();
    if setup.secondaryjoin.is_none()
        && (setup.primaryjoin.uses.len() != setup.local_remote_pairs.len() * 2
            || !is_equalities(&setup.primaryjoin.expr))
    {
        return None;
    }
    let same = equivalents(parent);
    let of_key = |key: &Rc<Column>| {
        let matches = |local: &Rc<Column>| {
            Rc::ptr_eq(local, key)
                || same.iter().any(|(left, right)| {
                    (Rc::ptr_eq(left, local) && Rc::ptr_eq(right, key))
                        || (Rc::ptr_eq(right, local) && Rc::ptr_eq(left, key))
                })
        };
        let pair = setup.local_remote_pairs.iter().find(|(local, _)| matches(local));
        pair.map(|(_, remote)| remote.clone())
    };
    let columns: Option<Vec<Rc<Column>>> = parent.primary_key.iter().map(of_key).collect();
    let columns = columns?;
    let counts = setup.secondaryjoin.is_some() || columns.len() == setup.local_remote_pairs.len();
    counts.then_some(columns)
}

/// Whether a selectable is, or contains, what another is made of.
pub fn is_derived_from(from: &FromClause, other: &FromClause) -> bool {
    if FromClause::same(from, other) {
        return true;
    }
    match from {
        FromClause::Join(join) => is_derived_from(&join.left, other) || is_derived_from(&join.right, other),
        FromClause::Grouping(inner) => is_derived_from(inner, other),
        FromClause::Alias(alias) => match &alias.element {
            crate::sql::selectable::AliasElement::From(inner) => is_derived_from(inner, other),
            crate::sql::selectable::AliasElement::Statement(_) => {
                let columns = from.columns();
                other.columns().iter().any(|wanted| columns.iter().any(|own| derives_from(own, wanted)))
            }
            _ => false,
        },
        _ => false,
    }
}

/// A column annotated with the entity that it belongs to.
pub fn annotated(entity: &OrmEntity, column: &Rc<Column>) -> Expr {
    let plain = expr::column(column);
    match entity.mapper().attribute_of_column(column) {
        Some(attribute) => entity.annotate(&plain, &attribute.key),
        None => match entity.adapter() {
            Some(adapter) => adapter.column_or_same(&plain),
            None => plain,
        },
    }
}

/// Two expressions that are the same column.
pub fn same_column(left: &Expr, right: &Expr) -> bool {
    ExprNode::same(left, right)
}
