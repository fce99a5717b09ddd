//! Aliases of what entities select from.
//!
//! Owns giving a table a name of its own, and a join either a name or one for each of its tables.
//! Must not know entities. Mirrors `_anonymous_fromclause(flat=True)`.

use std::rc::Rc;

use super::adapt::{Adapter, Equivalents};
use crate::python::value::Str;
use crate::sql::selectable::FromClause;

/// An alias that the compiler numbers: `excuse_1`. A join is aliased table by table if `flat`.
pub fn anonymous(from: &FromClause, flat: bool) -> FromClause {
    match from {
        FromClause::Join(_) if flat => flattened(from, None),
        FromClause::Join(_) => subquery_of_join(from, None),
        FromClause::Grouping(inner) => anonymous(inner, flat),
        _ => from.alias(None),
    }
}

/// An alias of that name.
pub fn named(from: &FromClause, name: Str, flat: bool) -> FromClause {
    match from {
        FromClause::Join(_) if flat => flattened(from, Some(&name)),
        FromClause::Join(_) => subquery_of_join(from, Some(name)),
        _ => from.alias(Some(name)),
    }
}

fn subquery_of_join(from: &FromClause, name: Option<Str>) -> FromClause {
    use crate::sql::statement::{LabelStyle, Select, SelectItem};
    let mut select = Select::new(from.columns().into_iter().map(SelectItem::Expr).collect());
    select.from = vec![from.clone()];
    select.rewritten = true;
    select.label_style = LabelStyle::TablenamePlusCol;
    select.into_statement().subquery(name)
}

fn flattened(from: &FromClause, name: Option<&Str>) -> FromClause {
    match from {
        FromClause::Join(join) => {
            let left = flattened(&join.left, name);
            let right = flattened(&join.right, name);
            let none: Equivalents = Rc::from([]);
            let adapt_left = Adapter::over(left.clone(), none.clone(), false);
            let adapt_right = Adapter::over(right.clone(), none, false);
            let onclause = join.onclause.as_ref().map(|on| adapt_right.adapt(&adapt_left.adapt(on)));
            left.join(&right, onclause, join.isouter, join.full)
        }
        FromClause::Grouping(inner) => flattened(inner, name),
        other => match (name, other.name()) {
            (Some(name), Some(own)) => other.alias(Some(Str::new(&format!("{name}_{own}")))),
            (Some(name), None) => other.alias(Some(name.clone())),
            (None, _) => other.alias(None),
        },
    }
}
