//! Adapting expressions to another selectable: the columns of a table become those of an alias or a subquery.
//!
//! Owns the adapter. Must not know entities, options or rows. Mirrors `ClauseAdapter` and `ORMAdapter`.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::orm::mapper::Mapper;
use crate::sql::expr::{self, Expr, ExprKind, ExprNode};
use crate::sql::schema::Column;
use crate::sql::selectable::FromClause;
use crate::sql::traverse;

/// Columns that hold the same value, by the joins of a hierarchy: `worker.id` and `driver.id`.
pub type Equivalents = Rc<[(Rc<Column>, Rc<Column>)]>;

/// Replaces columns by the corresponding ones of a selectable.
pub struct Adapter {
    pub selectable: FromClause,
    equivalents: Equivalents,
    adapt_on_names: bool,
    /// Applied first (an alias within the subquery of a limited query).
    inner: Option<Rc<Adapter>>,
    columns: OnceCell<Vec<Expr>>,
    known: RefCell<FxHashMap<(usize, usize), Option<Expr>>>,
}

/// The equivalents of a mapper's hierarchy.
pub fn equivalents(mapper: &Mapper) -> Equivalents {
    let mut pairs = Vec::new();
    for one in mapper.base_mapper().self_and_descendants() {
        pairs.extend(one.inherits_sync_pairs.iter().cloned());
    }
    pairs.into()
}

/// Whether `column` is made from `wanted`, through however many aliases.
pub fn derives_from(column: &Expr, wanted: &Expr) -> bool {
    if ExprNode::same(column, wanted) {
        return true;
    }
    match &column.kind {
        ExprKind::Proxy(proxy) => derives_from(&proxy.source, wanted),
        ExprKind::Label(label) => derives_from(&label.element, wanted),
        _ => match &wanted.kind {
            ExprKind::Label(label) => ExprNode::same(column, &label.element),
            _ => false,
        },
    }
}

impl Adapter {
    pub fn new(mapper: &Mapper, selectable: FromClause, adapt_on_names: bool) -> Adapter {
        Adapter::over(selectable, equivalents(mapper), adapt_on_names)
    }

    pub fn over(selectable: FromClause, equivalents: Equivalents, adapt_on_names: bool) -> Adapter {
        Adapter {
            selectable,
            equivalents,
            adapt_on_names,
            inner: None,
            columns: OnceCell::new(),
            known: RefCell::default(),
        }
    }

    /// An adapter that applies `self` and then `outer`.
    pub fn wrap(self: &Rc<Self>, outer: &Adapter) -> Adapter {
        Adapter {
            selectable: outer.selectable.clone(),
            equivalents: outer.equivalents.clone(),
            adapt_on_names: outer.adapt_on_names,
            inner: Some(self.clone()),
            columns: OnceCell::new(),
            known: RefCell::default(),
        }
    }

    fn own_columns(&self) -> &[Expr] {
        self.columns.get_or_init(|| self.selectable.columns())
    }

    fn find(&self, wanted: &Expr) -> Option<Expr> {
        self.own_columns().iter().find(|column| derives_from(column, wanted)).cloned()
    }

    /// The selectable's column for this one, if it has one.
    pub fn column(&self, wanted: &Expr) -> Option<Expr> {
        let key = ExprNode::identity(wanted);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let inner = self.inner.as_ref().and_then(|inner| inner.column(wanted));
        let start = inner.as_ref().unwrap_or(wanted);
        let mut found = self.find(start);
        if found.is_none()
            && let ExprKind::Column(column) = &start.kind
        {
            found = self.equivalent(column, &mut Vec::new());
        }
        if found.is_none()
            && self.adapt_on_names
            && let Some(name) = start.name()
        {
            found = self.own_columns().iter().find(|column| column.name().as_ref() == Some(&name)).cloned();
        }
        let found = found.or(inner);
        self.known.borrow_mut().insert(key, found.clone());
        found
    }

    fn equivalent(&self, column: &Rc<Column>, seen: &mut Vec<usize>) -> Option<Expr> {
        seen.push(Rc::as_ptr(column) as usize);
        for (left, right) in self.equivalents.iter() {
            let other = match (Rc::ptr_eq(left, column), Rc::ptr_eq(right, column)) {
                (true, _) => right,
                (_, true) => left,
                _ => continue,
            };
            if seen.contains(&(Rc::as_ptr(other) as usize)) {
                continue;
            }
            if let Some(found) = self.find(&expr::column(other)).or_else(|| self.equivalent(other, seen)) {
                return Some(found);
            }
        }
        None
    }

    /// The selectable's column, or the one given.
    pub fn column_or_same(&self, wanted: &Expr) -> Expr {
        self.column(wanted).unwrap_or_else(|| wanted.clone())
    }

    /// What stands for a node of an expression, if it is to be replaced.
    pub fn replacement(&self, node: &Expr) -> Option<Expr> {
        match &node.kind {
            ExprKind::Column(_) | ExprKind::Proxy(_) => self.column(node),
            ExprKind::Label(_) | ExprKind::Function(_) | ExprKind::ScalarSelect(_) => self.find(node),
            _ => None,
        }
    }

    /// The expression with its columns replaced.
    pub fn adapt(&self, expression: &Expr) -> Expr {
        if let Some(column) = self.replacement(expression) {
            return column;
        }
        traverse::replace(expression, &mut |node| self.replacement(node))
    }

    pub fn adapt_all(&self, expressions: &[Expr]) -> Vec<Expr> {
        expressions.iter().map(|expression| self.adapt(expression)).collect()
    }
}
