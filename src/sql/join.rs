//! Joining two clauses by their foreign keys.
//!
//! Owns finding the condition and finding what can be joined. Must not know spelling.

use std::rc::Rc;

use super::expr::{Expr, ExprNode};
use super::operate;
use super::schema::Constraint;
use super::selectable::FromClause;
use super::{errors, traverse};
use crate::python::value::R;

type Pairs = Vec<(Option<Rc<Constraint>>, Vec<(Expr, Expr)>)>;

/// The condition that the foreign keys between two clauses say.
pub fn condition(left: &FromClause, right: &FromClause) -> R<Expr> {
    let subset = match left {
        FromClause::Join(join) => Some(join.right.clone()),
        _ => None,
    };
    condition_within(left, right, subset.as_ref())
}

/// As `condition`, looking at a part of the left side first.
pub fn condition_within(left: &FromClause, right: &FromClause, subset: Option<&FromClause>) -> R<Expr> {
    let mut found = scan(left, right, subset);
    if found.len() > 1 {
        // A key that all others repeat is no ambiguity.
        let first: Vec<_> = identities(&found[0].1);
        if found.iter().all(|(_, pairs)| identities(pairs) == first) {
            found.truncate(1);
        } else {
            return Err(errors::ambiguous_foreign_keys(left, right));
        }
    }
    let Some((_, pairs)) = found.into_iter().next() else {
        return Err(errors::no_foreign_keys(left, right));
    };
    let conditions = pairs.iter().map(|(one, other)| operate::equals(one, other)).collect();
    Ok(operate::and_(conditions).expect("a foreign key has a column"))
}

fn identities(pairs: &[(Expr, Expr)]) -> Vec<((usize, usize), (usize, usize))> {
    pairs.iter().map(|(one, other)| (ExprNode::identity(one), ExprNode::identity(other))).collect()
}

/// The pairs of columns that foreign keys between the two sides make equal, by constraint.
fn scan(left: &FromClause, right: &FromClause, subset: Option<&FromClause>) -> Pairs {
    for side in [subset, Some(left)].into_iter().flatten() {
        let mut found: Pairs = Vec::new();
        collect(right, side, true, &mut found);
        if !FromClause::same(side, right) {
            collect(side, right, false, &mut found);
        }
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// Foreign keys of `from` that point into `to`.
fn collect(from: &FromClause, to: &FromClause, from_is_right: bool, found: &mut Pairs) {
    for column in from.columns() {
        let Some(base) = column.base_column() else { continue };
        let keys = base.foreign_keys.borrow().clone();
        for key in keys {
            let Some(target) = key.find_column() else { continue };
            let target = super::expr::column(&target);
            let Some(target) = to.corresponding_column(&target) else { continue };
            let _ = from_is_right;
            let pair = (target, column.clone());
            let owner = key.constraint.borrow().clone();
            let place = found.iter_mut().find(|(known, _)| match (known, &owner) {
                (Some(known), Some(owner)) => Rc::ptr_eq(known, owner),
                _ => false,
            });
            match place {
                Some((_, pairs)) => pairs.push(pair),
                None => found.push((owner, vec![pair])),
            }
        }
    }
}

pub fn can_join(left: &FromClause, right: &FromClause) -> bool {
    let subset = match left {
        FromClause::Join(join) => Some(&join.right),
        _ => None,
    };
    !scan(left, right, subset).is_empty()
}

/// Which of the clauses can be joined to `right`: by the condition's columns if it is given, else by foreign keys.
pub fn joinable(clauses: &[FromClause], right: &FromClause, onclause: Option<&Expr>) -> Vec<usize> {
    let mut named = Vec::new();
    if let Some(condition) = onclause {
        traverse::column_elements(condition, &mut named);
    }
    let mut found = Vec::new();
    for (index, clause) in clauses.iter().enumerate() {
        if FromClause::same(clause, right) {
            continue;
        }
        let fits = match onclause {
            Some(_) if clauses.len() > 1 => {
                let mut columns = clause.columns();
                columns.extend(right.columns());
                named.iter().all(|wanted| columns.iter().any(|column| ExprNode::same(column, wanted)))
            }
            Some(_) => true,
            None => can_join(clause, right),
        };
        if fits {
            found.push(index);
        }
    }
    if found.is_empty() && onclause.is_some() { (0..clauses.len()).collect() } else { found }
}
