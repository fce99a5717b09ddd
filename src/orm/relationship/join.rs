//! Join conditions: which columns of which side they compare, and in which direction values flow.
//!
//! Owns the condition as it is used later (`JoinClause`) and working it out: from foreign keys, or from what the user
//! wrote. Must not know statements, loading or the arguments as they were written (`target` resolves those).
//! Mirrors `_JoinCondition` of `sqlalchemy/orm/relationships.py`.

use std::any::Any;
use std::rc::Rc;

use crate::diag::Error;
use crate::python::value::{Host, R, Str, Value};
use crate::sql::entity::{Annotation, Entity};
use crate::sql::expr::{self, Expr, ExprKind, ExprNode};
use crate::sql::operators::Op;
use crate::sql::schema::{Column, Constraint, ForeignKey, Table};
use crate::sql::selectable::FromClause;
use crate::sql::{operate, traverse};

use super::{Direction, Setup};
use crate::orm::errors;
use crate::orm::mapper::Mapper;
use crate::orm::property::{Property, table_column};

/// One occurrence of a column in a join condition.
#[derive(Clone)]
pub struct ColumnUse {
    pub column: Rc<Column>,
    /// Belongs to the far side.
    pub remote: bool,
    /// Is the one that refers.
    pub foreign: bool,
    /// Belongs to the parent.
    pub local: bool,
}

/// A condition with its columns in the order in which a walk over it meets them.
#[derive(Clone)]
pub struct JoinClause {
    pub expr: Expr,
    pub uses: Rc<[ColumnUse]>,
}

/// What `foreign()` and `remote()` leave on a column.
pub struct Mark {
    pub remote: bool,
    pub foreign: bool,
}

impl Entity for Mark {
    fn name(&self) -> Str {
        Str::new("mark")
    }
    fn selectable(&self) -> FromClause {
        FromClause::Text(Rc::new(expr::TextClause { text: Str::new(""), binds: Vec::new() }))
    }
    fn columns(&self) -> Vec<Expr> {
        Vec::new()
    }
    fn identity(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }
    fn attribute(&self, _host: &mut dyn Host, _name: &Str) -> R<Option<Value>> {
        Ok(None)
    }
    fn value(&self) -> Value {
        Value::None
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `foreign(expression)` and `remote(expression)`: marks every column in it.
pub fn mark(expression: &Expr, remote: bool, foreign: bool) -> Expr {
    traverse::replace(expression, &mut |node| {
        let ExprKind::Column(column) = &node.kind else { return None };
        let before = mark_of(node);
        let mark = Mark {
            remote: remote || before.is_some_and(|mark| mark.remote),
            foreign: foreign || before.is_some_and(|mark| mark.foreign),
        };
        let annotation = Annotation { entity: Rc::new(mark), key: column.key() };
        Some(ExprNode::annotated(&expr::column(column), annotation))
    })
}

fn mark_of(node: &Expr) -> Option<&Mark> {
    node.annotation.as_ref().and_then(|annotation| annotation.entity.as_any().downcast_ref::<Mark>())
}

/// What a relationship's condition is worked out from.
pub struct JoinParts {
    pub parent: Rc<Mapper>,
    pub target: Rc<Mapper>,
    pub secondary: Option<Rc<Table>>,
    pub primaryjoin: Option<Given>,
    pub secondaryjoin: Option<Given>,
    pub foreign_keys: Option<Vec<Rc<Column>>>,
    pub remote_side: Option<Vec<Rc<Column>>>,
    pub viewonly: bool,
}

/// A condition that was given.
pub enum Given {
    /// Written by the user, perhaps with `foreign()` and `remote()` in it.
    Expr(Expr),
    /// Handed over by the other side, its columns' roles known.
    Clause(JoinClause),
}

/// A condition being worked out.
#[derive(Clone)]
struct Draft {
    expr: Expr,
    uses: Vec<ColumnUse>,
    has_foreign: bool,
    has_remote: bool,
    has_local: bool,
}

impl Draft {
    fn new(given: &Given) -> Draft {
        match given {
            Given::Clause(clause) => {
                let uses = clause.uses.to_vec();
                Draft {
                    expr: clause.expr.clone(),
                    has_foreign: uses.iter().any(|one| one.foreign),
                    has_remote: uses.iter().any(|one| one.remote),
                    has_local: uses.iter().any(|one| one.local),
                    uses,
                }
            }
            Given::Expr(given) => {
                let mut uses = Vec::new();
                let expr = traverse::replace(given, &mut |node| {
                    let ExprKind::Column(column) = &node.kind else { return None };
                    let mark = mark_of(node);
                    uses.push(ColumnUse {
                        column: column.clone(),
                        remote: mark.is_some_and(|mark| mark.remote),
                        foreign: mark.is_some_and(|mark| mark.foreign),
                        local: false,
                    });
                    Some(expr::column(column))
                });
                let has_foreign = uses.iter().any(|one| one.foreign);
                let has_remote = uses.iter().any(|one| one.remote);
                Draft { expr, uses, has_foreign, has_remote, has_local: false }
            }
        }
    }

    fn finish(self) -> JoinClause {
        JoinClause { expr: self.expr, uses: self.uses.into() }
    }

    /// Calls `f` for each comparison of two columns, with their places among the uses.
    fn comparisons(&self) -> Vec<(usize, usize, bool)> {
        let mut found = Vec::new();
        let mut next = 0;
        compare_columns(&self.expr, &mut next, &mut found);
        found
    }

    fn columns(&self, pick: impl Fn(&ColumnUse) -> bool) -> Vec<Rc<Column>> {
        let mut columns: Vec<Rc<Column>> = Vec::new();
        for one in self.uses.iter().filter(|one| pick(one)) {
            if !columns.iter().any(|known| Rc::ptr_eq(known, &one.column)) {
                columns.push(one.column.clone());
            }
        }
        columns
    }
}

/// Finds comparisons of two plain columns: `(left use, right use, is equality)`. `next` counts columns as the walk
/// of `traverse::replace` meets them.
fn compare_columns(expression: &Expr, next: &mut usize, found: &mut Vec<(usize, usize, bool)>) {
    match &expression.kind {
        ExprKind::Binary(binary) => {
            let left = *next;
            compare_columns(&binary.left, next, found);
            let right = *next;
            compare_columns(&binary.right, next, found);
            if is_column(&binary.left) && is_column(&binary.right) {
                found.push((left, right, binary.operator.op == Op::Eq));
            }
        }
        ExprKind::List(list) => list.clauses.iter().for_each(|clause| compare_columns(clause, next, found)),
        ExprKind::Grouping(inner) => compare_columns(inner, next, found),
        ExprKind::Unary(unary) => compare_columns(&unary.element, next, found),
        ExprKind::Column(_) => *next += 1,
        _ => {
            let mut count = 0;
            traverse::replace(expression, &mut |node| {
                if matches!(node.kind, ExprKind::Column(_)) {
                    count += 1;
                    return Some(node.clone());
                }
                None
            });
            *next += count;
        }
    }
}

fn is_column(expression: &Expr) -> bool {
    matches!(expression.kind, ExprKind::Column(_))
}

fn contains(from: &FromClause, column: &Rc<Column>) -> bool {
    from.columns().iter().filter_map(table_column).any(|known| Rc::ptr_eq(&known, column))
}

fn holds(columns: &[Rc<Column>], column: &Rc<Column>) -> bool {
    columns.iter().any(|known| Rc::ptr_eq(known, column))
}

/// Works out everything about a relationship's condition.
pub fn determine(host: &mut dyn Host, property: &Property, parts: JoinParts) -> R<Setup> {
    let join = JoinCondition { property, parts };
    let (mut primary, mut secondary) = join.determine_joins(host)?;
    join.mark_foreign(&mut primary, secondary.as_mut());
    join.mark_remote(&mut primary, secondary.as_mut());
    join.mark_local(&mut primary);
    join.finish(host, primary, secondary)
}

struct JoinCondition<'a> {
    property: &'a Property,
    parts: JoinParts,
}

impl JoinCondition<'_> {
    fn determine_joins(&self, host: &mut dyn Host) -> R<(Draft, Option<Draft>)> {
        let parts = &self.parts;
        let (parent, target) = (&parts.parent, &parts.target);
        let consider = parts.foreign_keys.as_deref();
        if parts.secondaryjoin.is_some() && parts.secondary.is_none() {
            return Err(errors::secondaryjoin_without_secondary(self.property).into());
        }
        let Some(secondary) = &parts.secondary else {
            let primary = match &parts.primaryjoin {
                Some(given) => Draft::new(given),
                None => {
                    let found = join_condition(
                        host,
                        &parent.selectable,
                        &target.selectable,
                        Some(&parent.local_table),
                        consider,
                    );
                    Draft::new(&Given::Expr(self.explain(found)?))
                }
            };
            return Ok((primary, None));
        };
        let secondary = FromClause::Table(secondary.clone());
        let second = match &parts.secondaryjoin {
            Some(given) => Draft::new(given),
            None => {
                let found =
                    join_condition(host, &target.selectable, &secondary, Some(&target.local_table), consider);
                Draft::new(&Given::Expr(self.explain(found)?))
            }
        };
        let primary = match &parts.primaryjoin {
            Some(given) => Draft::new(given),
            None => {
                let found =
                    join_condition(host, &parent.selectable, &secondary, Some(&parent.local_table), consider);
                Draft::new(&Given::Expr(self.explain(found)?))
            }
        };
        Ok((primary, Some(second)))
    }

    fn explain(&self, found: Result<Expr, JoinError>) -> R<Expr> {
        found.map_err(|error| match error {
            JoinError::NoForeignKeys(_) => {
                errors::no_join_condition(self.property, self.parts.secondary.as_deref()).into()
            }
            JoinError::Ambiguous(_) => {
                errors::ambiguous_join_condition(self.property, self.parts.secondary.as_deref()).into()
            }
            JoinError::Raised(raised) => raised,
        })
    }

    fn mark_foreign(&self, primary: &mut Draft, secondary: Option<&mut Draft>) {
        if primary.has_foreign {
            return;
        }
        let drafts = std::iter::once(primary).chain(secondary);
        for draft in drafts {
            if let Some(keys) = &self.parts.foreign_keys {
                draft.uses.iter_mut().for_each(|one| one.foreign = holds(keys, &one.column));
                continue;
            }
            for (left, right, _) in draft.comparisons() {
                if let Some(at) = self.foreign_of(draft, left, right) {
                    draft.uses[at].foreign = true;
                }
            }
        }
    }

    /// Which of two compared columns refers to the other.
    fn foreign_of(&self, draft: &Draft, left: usize, right: usize) -> Option<usize> {
        let (a, b) = (&draft.uses[left].column, &draft.uses[right].column);
        if references(a, b) {
            return Some(left);
        }
        if references(b, a) {
            return Some(right);
        }
        let secondary = self.parts.secondary.as_ref()?;
        let within = |column: &Rc<Column>| column.table().is_some_and(|table| Rc::ptr_eq(&table, secondary));
        match (within(a), within(b)) {
            (true, false) => Some(left),
            (false, true) => Some(right),
            _ => None,
        }
    }

    /// Both sides of some comparison are columns of the parent's table that is the target's too.
    fn refers_to_parent_table(&self, draft: &Draft) -> bool {
        let (parent, target) = (&self.parts.parent.selectable, &self.parts.target.selectable);
        draft.comparisons().into_iter().any(|(left, right, _)| {
            let (a, b) = (&draft.uses[left].column, &draft.uses[right].column);
            let same_table = match (a.table(), b.table()) {
                (Some(a), Some(b)) => Rc::ptr_eq(&a, &b),
                _ => false,
            };
            contains(parent, a) && contains(parent, b) && same_table
                || FromClause::same(parent, target) && contains(parent, a) && contains(target, b)
        })
    }

    fn tables_overlap(&self) -> bool {
        let tables = |mapper: &Mapper| mapper.tables.clone();
        let target = tables(&self.parts.target);
        tables(&self.parts.parent).iter().any(|table| target.iter().any(|other| Rc::ptr_eq(table, other)))
    }

    fn mark_remote(&self, primary: &mut Draft, secondary: Option<&mut Draft>) {
        if primary.has_remote {
            return;
        }
        let parts = &self.parts;
        if let (Some(table), Some(secondary)) = (&parts.secondary, secondary) {
            for draft in [primary, secondary] {
                for one in &mut draft.uses {
                    one.remote = one.column.table().is_some_and(|found| Rc::ptr_eq(&found, table));
                }
            }
            return;
        }
        let (parent, target) = (&parts.parent, &parts.target);
        if let Some(side) = &parts.remote_side {
            if self.refers_to_parent_table(primary) {
                self.mark_self_referential(primary, |one| holds(side, &one.column));
            } else {
                primary.uses.iter_mut().for_each(|one| one.remote = holds(side, &one.column));
            }
        } else if self.refers_to_parent_table(primary) {
            self.mark_self_referential(primary, |one| one.foreign);
        } else if self.tables_overlap() {
            for (left, right, _) in primary.comparisons() {
                let (a, b) = (primary.uses[left].column.clone(), primary.uses[right].column.clone());
                if contains(&target.selectable, &b) && contains(&parent.selectable, &a) {
                    primary.uses[right].remote = true;
                } else if contains(&target.selectable, &a) && contains(&parent.selectable, &b) {
                    primary.uses[left].remote = true;
                }
            }
        } else {
            for one in &mut primary.uses {
                one.remote = contains(&target.selectable, &one.column)
                    && (!contains(&parent.local_table, &one.column)
                        || contains(&target.local_table, &one.column));
            }
        }
    }

    fn mark_self_referential(&self, draft: &mut Draft, is_remote: impl Fn(&ColumnUse) -> bool) {
        for (left, right, _) in draft.comparisons() {
            let equated = Rc::ptr_eq(&draft.uses[left].column, &draft.uses[right].column);
            if is_remote(&draft.uses[left]) {
                draft.uses[left].remote = true;
            }
            if is_remote(&draft.uses[right]) && !equated {
                draft.uses[right].remote = true;
            }
        }
    }

    fn mark_local(&self, primary: &mut Draft) {
        if primary.has_local {
            return;
        }
        let parent = &self.parts.parent.selectable;
        for one in &mut primary.uses {
            one.local = !one.remote && contains(parent, &one.column);
        }
    }

    fn finish(&self, host: &mut dyn Host, primary: Draft, secondary: Option<Draft>) -> R<Setup> {
        let _ = host;
        let parts = &self.parts;
        let mut local_remote_pairs = Vec::new();
        let synchronize_pairs = self.pairs(&primary, &mut local_remote_pairs);
        let secondary_synchronize_pairs = match &secondary {
            Some(secondary) => self.pairs(secondary, &mut local_remote_pairs),
            None => Vec::new(),
        };
        self.check_foreign_columns(&primary, true, !synchronize_pairs.is_empty())?;
        if let Some(secondary) = &secondary {
            self.check_foreign_columns(secondary, false, !secondary_synchronize_pairs.is_empty())?;
        }
        let foreign_key_columns = primary.columns(|one| one.foreign);
        let direction = self.direction(&primary, &foreign_key_columns)?;
        let local_columns = primary.columns(|one| one.local);
        let mut remote_columns = primary.columns(|one| one.remote);
        if let Some(secondary) = &secondary {
            for column in secondary.columns(|one| one.remote) {
                if !holds(&remote_columns, &column) {
                    remote_columns.push(column);
                }
            }
        }
        if local_remote_pairs.is_empty() || remote_columns.is_empty() {
            return Err(errors::no_remote_columns(self.property, &self.text(&primary)).into());
        }
        let self_referential = Rc::ptr_eq(&parts.parent.base_mapper(), &parts.target.base_mapper());
        Ok(Setup {
            mapper: parts.target.clone(),
            direction,
            uselist: direction != Direction::ManyToOne,
            secondary: parts.secondary.clone(),
            primaryjoin: primary.clone().finish(),
            secondaryjoin: secondary.map(Draft::finish),
            synchronize_pairs,
            secondary_synchronize_pairs,
            local_remote_pairs,
            local_columns,
            remote_columns,
            foreign_key_columns,
            order_by: Vec::new(),
            use_get: direction == Direction::ManyToOne && is_get(&primary, &parts.target),
            self_referential,
        })
    }

    fn text(&self, draft: &Draft) -> String {
        errors::condition_text(&draft.expr)
    }

    fn pairs(
        &self,
        draft: &Draft,
        local_remote: &mut Vec<(Rc<Column>, Rc<Column>)>,
    ) -> Vec<(Rc<Column>, Rc<Column>)> {
        let mut synchronize = Vec::new();
        for (left, right, is_equality) in draft.comparisons() {
            let (a, b) = (&draft.uses[left], &draft.uses[right]);
            let pair = if b.remote && !a.remote && self.can_be_synced(&a.column) {
                Some((a.column.clone(), b.column.clone()))
            } else if a.remote && !b.remote && self.can_be_synced(&b.column) {
                Some((b.column.clone(), a.column.clone()))
            } else {
                None
            };
            if let Some(pair) = pair
                && !local_remote.iter().any(|(x, y)| Rc::ptr_eq(x, &pair.0) && Rc::ptr_eq(y, &pair.1))
            {
                local_remote.push(pair);
            }
            if is_equality && self.can_be_synced(&a.column) && self.can_be_synced(&b.column) {
                if b.foreign {
                    synchronize.push((a.column.clone(), b.column.clone()));
                } else if a.foreign {
                    synchronize.push((b.column.clone(), a.column.clone()));
                }
            }
        }
        synchronize
    }

    fn can_be_synced(&self, column: &Rc<Column>) -> bool {
        let parts = &self.parts;
        let in_secondary = parts
            .secondary
            .as_ref()
            .is_some_and(|table| column.table().is_some_and(|found| Rc::ptr_eq(&found, table)));
        in_secondary
            || contains(&parts.parent.selectable, column)
            || contains(&parts.target.selectable, column)
    }

    fn check_foreign_columns(&self, draft: &Draft, primary: bool, can_sync: bool) -> R<()> {
        let has_foreign = draft.uses.iter().any(|one| one.foreign);
        let support_sync = !self.parts.viewonly;
        if support_sync && can_sync || !support_sync && has_foreign {
            return Ok(());
        }
        let text = self.text(draft);
        Err(if support_sync && has_foreign {
            errors::no_simple_equality(self.property, primary, &text)
        } else {
            errors::no_foreign_columns(self.property, primary, &text)
        }
        .into())
    }

    fn direction(&self, primary: &Draft, foreign: &[Rc<Column>]) -> R<Direction> {
        let parts = &self.parts;
        if parts.secondary.is_some() {
            return Ok(Direction::ManyToMany);
        }
        let any_in = |from: &FromClause| foreign.iter().any(|column| contains(from, column));
        match (any_in(&parts.target.selectable), any_in(&parts.parent.selectable)) {
            (true, true) => {
                let both = |remote: bool| primary.columns(|one| one.foreign && one.remote == remote);
                let (mut one_to_many, mut many_to_one) = (both(true), both(false));
                if !one_to_many.is_empty() && !many_to_one.is_empty() {
                    let remote = primary.columns(|one| one.remote);
                    let local = primary.columns(|one| one.local);
                    let equated = |column: &Rc<Column>| holds(&remote, column) && holds(&local, column);
                    one_to_many.retain(|column| !equated(column));
                    many_to_one.retain(|column| !equated(column));
                }
                match (one_to_many.is_empty(), many_to_one.is_empty()) {
                    (false, true) => Ok(Direction::OneToMany),
                    (true, false) => Ok(Direction::ManyToOne),
                    _ => Err(errors::direction_both(self.property).into()),
                }
            }
            (true, false) => Ok(Direction::OneToMany),
            (false, true) => Ok(Direction::ManyToOne),
            (false, false) => Err(errors::direction_neither(self.property).into()),
        }
    }
}

/// Whether the condition compares the target's primary key, each column once, and nothing else.
fn is_get(draft: &Draft, target: &Mapper) -> bool {
    let comparisons = draft.comparisons();
    if draft.uses.len() != comparisons.len() * 2 || comparisons.len() != target.primary_key.len() {
        return false;
    }
    let only_equal = |expression: &Expr| match &expression.kind {
        ExprKind::Binary(_) => comparisons.len() == 1,
        ExprKind::List(list) => list.operator.op == Op::And,
        _ => false,
    };
    only_equal(&draft.expr)
        && comparisons.iter().all(|(left, right, is_equality)| {
            let far = [left, right].into_iter().find(|at| draft.uses[**at].remote);
            *is_equality && far.is_some_and(|at| holds(&target.primary_key, &draft.uses[*at].column))
        })
}

/// Whether a column has a foreign key to another.
pub fn references(column: &Rc<Column>, other: &Rc<Column>) -> bool {
    let keys = column.foreign_keys.borrow();
    keys.iter().any(|key| key.column().is_ok_and(|target| Rc::ptr_eq(&target, other)))
}

/// Why two selectables cannot be joined by their foreign keys.
pub enum JoinError {
    NoForeignKeys(Error),
    Ambiguous(Error),
    Raised(crate::python::value::Raised),
}

/// A foreign key constraint between two selectables, with the columns that it makes equal.
type ForeignPairs = (Rc<Constraint>, Vec<(Expr, Expr)>);

/// The condition that the foreign keys between two selectables make. `subset` is the part of the left side that
/// counts first; `consider` narrows the foreign key columns.
pub fn join_condition(
    _host: &mut dyn Host,
    left: &FromClause,
    right: &FromClause,
    subset: Option<&FromClause>,
    consider: Option<&[Rc<Column>]>,
) -> Result<Expr, JoinError> {
    let mut found: Vec<ForeignPairs> = Vec::new();
    for side in [subset, Some(left)].into_iter().flatten() {
        scan(side, right, consider, &mut found)?;
        if !FromClause::same(side, right) {
            scan(right, side, consider, &mut found)?;
        }
        if !found.is_empty() {
            break;
        }
    }
    if found.len() > 1 {
        if let Some(consider) = consider {
            found.retain(|(constraint, _)| {
                let columns = constraint.columns();
                columns.len() == consider.len() && columns.iter().all(|column| holds(consider, column))
            });
        }
        let first = found.first().map(|(_, pairs)| pairs.clone()).unwrap_or_default();
        let same = found.iter().all(|(_, pairs)| {
            pairs.len() == first.len()
                && pairs
                    .iter()
                    .zip(&first)
                    .all(|(a, b)| ExprNode::same(&a.0, &b.0) && ExprNode::same(&a.1, &b.1))
        });
        if !same || found.is_empty() {
            return Err(JoinError::Ambiguous(errors::ambiguous_foreign_keys(left, right)));
        }
    }
    let Some((_, pairs)) = found.into_iter().next() else {
        return Err(JoinError::NoForeignKeys(errors::no_foreign_keys(left, right)));
    };
    let mut equal: Vec<Expr> = pairs.into_iter().map(|(a, b)| operate::equals(&a, &b)).collect();
    Ok(if equal.len() == 1 {
        equal.remove(0)
    } else {
        operate::and_(equal).expect("there are several clauses")
    })
}

/// Collects, by constraint, the pairs `(referred column in a, referring column in b)`.
fn scan(
    a: &FromClause,
    b: &FromClause,
    consider: Option<&[Rc<Column>]>,
    found: &mut Vec<ForeignPairs>,
) -> Result<(), JoinError> {
    for column in b.columns() {
        let Some(base) = column.base_column() else { continue };
        if consider.is_some_and(|consider| !holds(consider, &base)) {
            continue;
        }
        let keys: Vec<Rc<ForeignKey>> = base.foreign_keys.borrow().clone();
        for key in keys {
            let target = match key.column() {
                Ok(target) => target,
                Err(raised) => {
                    let (wanted, _) = key.target_parts();
                    let tables = a.leaves();
                    let named =
                        tables.iter().any(|from| from.base_table().is_some_and(|table| table.key == wanted));
                    if named {
                        return Err(JoinError::Raised(raised));
                    }
                    continue;
                }
            };
            let Some(referred) = a.corresponding_column(&expr::column(&target)) else { continue };
            let Some(constraint) = key.constraint.borrow().clone() else { continue };
            let pair = (referred, column.clone());
            match found.iter_mut().find(|(known, _)| Rc::ptr_eq(known, &constraint)) {
                Some((_, pairs)) => pairs.push(pair),
                None => found.push((constraint, vec![pair])),
            }
        }
    }
    Ok(())
}
