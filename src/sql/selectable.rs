//! What a statement selects from: tables, aliases, subqueries, CTEs, joins.
//!
//! Owns the kinds, their columns by name, and which of them contain which. Must not know spelling or mapping.

use std::cell::OnceCell;
use std::rc::Rc;

use super::expr::{self, Expr, ExprKind, ExprNode, NameText, ProxyColumn, TextClause};
use super::schema::Table;
use super::statement::Statement;
use super::types::Type;
use crate::python::value::{Str, Value};

#[derive(Clone)]
pub enum FromClause {
    Table(Rc<Table>),
    /// `table("name", column("x"))`.
    Light(Rc<TableClause>),
    /// Anything under a name of its own.
    Alias(Rc<Alias>),
    Join(Rc<Join>),
    /// `values(column("a"), ...).data([...])`.
    Values(Rc<Values>),
    /// `select_from(func.json_each(...))`.
    Function(Expr),
    Text(Rc<TextClause>),
    /// A join in parentheses, on the right of another.
    Grouping(Rc<FromClause>),
}

/// A table of which only names are known.
pub struct TableClause {
    pub name: Str,
    pub schema: Option<Str>,
    pub columns: Vec<Expr>,
    pub object: OnceCell<Value>,
}

pub enum AliasKind {
    Alias,
    Subquery,
    Lateral,
    Cte(Cte),
    /// `func.json_each(x).table_valued("value")`.
    TableValued {
        columns: Vec<Expr>,
        render_derived: bool,
        with_types: bool,
    },
    TableSample {
        sampling: Expr,
        seed: Option<Expr>,
    },
}

pub struct Cte {
    pub recursive: bool,
    pub nesting: bool,
    /// The CTE that this one extends by a union: both are one when spelled.
    pub restates: Option<Rc<Alias>>,
    pub prefixes: Vec<Str>,
    pub suffixes: Vec<Str>,
    /// `cte.alias()`: another name for the same.
    pub alias_of: Option<Rc<Alias>>,
}

#[derive(Clone)]
pub enum AliasElement {
    From(FromClause),
    Statement(Statement),
    Function(Expr),
}

pub enum AliasName {
    Named(Str),
    /// `base_1`: numbered when the statement is compiled.
    Anonymous(Str),
}

pub struct Alias {
    pub kind: AliasKind,
    pub element: AliasElement,
    pub name: AliasName,
    columns: OnceCell<Vec<AliasColumn>>,
    pub object: OnceCell<Value>,
}

/// One column of an alias: the name it goes by and what it stands for.
#[derive(Clone)]
pub struct AliasColumn {
    pub key: Str,
    pub name: NameText,
    pub ty: Type,
    pub source: Expr,
}

pub struct Join {
    pub left: FromClause,
    pub right: FromClause,
    pub onclause: Option<Expr>,
    pub isouter: bool,
    pub full: bool,
    pub object: OnceCell<Value>,
}

pub struct Values {
    pub columns: Vec<Expr>,
    pub name: Option<AliasName>,
    pub rows: Vec<Vec<Vec<Expr>>>,
    pub literal_binds: bool,
}

impl FromClause {
    /// What tells one from another while either lives.
    pub fn id(&self) -> usize {
        match self {
            FromClause::Table(table) => Rc::as_ptr(table) as usize,
            FromClause::Light(table) => Rc::as_ptr(table) as usize,
            FromClause::Alias(alias) => Rc::as_ptr(alias) as usize,
            FromClause::Join(join) => Rc::as_ptr(join) as usize,
            FromClause::Values(values) => Rc::as_ptr(values) as usize,
            FromClause::Function(function) => Rc::as_ptr(function) as usize,
            FromClause::Text(text) => Rc::as_ptr(text) as usize,
            FromClause::Grouping(inner) => Rc::as_ptr(inner) as usize,
        }
    }

    pub fn same(left: &FromClause, right: &FromClause) -> bool {
        left.id() == right.id()
    }

    pub fn name(&self) -> Option<Str> {
        match self {
            FromClause::Table(table) => Some(table.name.clone()),
            FromClause::Light(table) => Some(table.name.clone()),
            FromClause::Alias(alias) => match &alias.name {
                AliasName::Named(name) => Some(name.clone()),
                AliasName::Anonymous(_) => None,
            },
            _ => None,
        }
    }

    /// The columns, in order, as expressions that belong to this clause.
    pub fn columns(&self) -> Vec<Expr> {
        match self {
            FromClause::Table(table) => table.columns.borrow().values().map(expr::column).collect(),
            FromClause::Light(table) => table.columns.clone(),
            FromClause::Alias(alias) => {
                (0..alias.columns().len()).map(|index| self.proxy(alias, index)).collect()
            }
            FromClause::Join(join) => {
                let mut columns = join.left.columns();
                columns.extend(join.right.columns());
                columns
            }
            FromClause::Values(values) => {
                let proxy = |(index, source): (usize, &Expr)| {
                    let name = source.name().unwrap_or_else(|| Str::new(""));
                    let proxy = ProxyColumn {
                        from: self.clone(),
                        index,
                        key: source.key().unwrap_or_else(|| name.clone()),
                        name: NameText::Plain(name),
                        source: source.clone(),
                    };
                    ExprNode::new(ExprKind::Proxy(proxy), source.ty())
                };
                values.columns.iter().enumerate().map(proxy).collect()
            }
            FromClause::Grouping(inner) => inner.columns(),
            FromClause::Function(_) | FromClause::Text(_) => Vec::new(),
        }
    }

    /// The column of that key (`alias.c.name`).
    pub fn column(&self, key: &str) -> Option<Expr> {
        match self {
            FromClause::Table(table) => table.c(key),
            FromClause::Alias(alias) => {
                let index = alias.columns().iter().position(|column| &*column.key == key)?;
                Some(self.proxy(alias, index))
            }
            FromClause::Join(join) => self
                .keyed_columns()
                .into_iter()
                .find(|(name, _)| &**name == key)
                .map(|(_, column)| column)
                .or_else(|| join.left.column(key))
                .or_else(|| join.right.column(key)),
            _ => self.columns().into_iter().find(|column| column.key().as_deref() == Some(key)),
        }
    }

    /// The columns with the keys that `.c` lists them under; a join's are `table_column`.
    pub fn keyed_columns(&self) -> Vec<(Str, Expr)> {
        let with_table = |column: Expr| -> (Str, Expr) {
            let key = column.key().unwrap_or_else(|| Str::new(""));
            match column.table().and_then(|table| table.name()) {
                Some(table) => (Str::new(&format!("{table}_{key}")), column),
                None => (key, column),
            }
        };
        match self {
            FromClause::Join(_) => self.columns().into_iter().map(with_table).collect(),
            FromClause::Grouping(inner) => inner.keyed_columns(),
            _ => self
                .columns()
                .into_iter()
                .map(|column| (column.key().unwrap_or_else(|| Str::new("")), column))
                .collect(),
        }
    }

    /// The column of this clause that stands for a column of what it is made from.
    pub fn corresponding_column(&self, wanted: &Expr) -> Option<Expr> {
        let columns = self.columns();
        if let Some(found) = columns.iter().find(|column| ExprNode::same(column, wanted)) {
            return Some(found.clone());
        }
        let mut lineage = wanted.clone();
        loop {
            let found = columns.iter().find(|column| derives_from(column, &lineage));
            if let Some(found) = found {
                return Some(found.clone());
            }
            lineage = match &lineage.kind {
                ExprKind::Proxy(proxy) => proxy.source.clone(),
                ExprKind::Label(label) => label.element.clone(),
                _ => return None,
            };
        }
    }

    fn proxy(&self, alias: &Rc<Alias>, index: usize) -> Expr {
        let column = &alias.columns()[index];
        let proxy = ProxyColumn {
            from: self.clone(),
            index,
            name: column.name.clone(),
            key: column.key.clone(),
            source: column.source.clone(),
        };
        ExprNode::new(ExprKind::Proxy(proxy), column.ty.clone())
    }

    /// The clause itself and what it joins, none looked into further.
    pub fn leaves(&self) -> Vec<FromClause> {
        match self {
            FromClause::Join(join) => {
                let mut leaves = join.left.leaves();
                leaves.extend(join.right.leaves());
                leaves
            }
            FromClause::Grouping(inner) => inner.leaves(),
            _ => vec![self.clone()],
        }
    }

    /// Itself and, for a join, everything within it: what a FROM list need not say again.
    pub fn from_objects(&self) -> Vec<FromClause> {
        match self {
            FromClause::Join(join) => {
                let mut all = vec![self.clone()];
                all.extend(join.left.from_objects());
                all.extend(join.right.from_objects());
                all
            }
            FromClause::Grouping(inner) => inner.from_objects(),
            _ => vec![self.clone()],
        }
    }

    pub fn primary_key(&self) -> Vec<Expr> {
        let is_key = |column: &Expr| column.base_column().is_some_and(|base| base.primary_key.get());
        self.columns().into_iter().filter(is_key).collect()
    }

    /// The table, also that behind an alias.
    pub fn base_table(&self) -> Option<Rc<Table>> {
        match self {
            FromClause::Table(table) => Some(table.clone()),
            FromClause::Alias(alias) => match &alias.element {
                AliasElement::From(from) => from.base_table(),
                _ => None,
            },
            FromClause::Grouping(inner) => inner.base_table(),
            _ => None,
        }
    }

    /// `table.alias()`; without a name it is `name_1`.
    pub fn alias(&self, name: Option<Str>) -> FromClause {
        let name = match name {
            Some(name) => AliasName::Named(name),
            None => AliasName::Anonymous(self.name().unwrap_or_else(|| Str::new("anon"))),
        };
        Alias::clause(AliasKind::Alias, AliasElement::From(self.clone()), name)
    }

    /// `left JOIN right ON ...`.
    pub fn join(&self, right: &FromClause, onclause: Option<Expr>, isouter: bool, full: bool) -> FromClause {
        let right = match right {
            FromClause::Join(_) => FromClause::Grouping(Rc::new(right.clone())),
            other => other.clone(),
        };
        let join = Join { left: self.clone(), right, onclause, isouter, full, object: OnceCell::new() };
        FromClause::Join(Rc::new(join))
    }
}

fn derives_from(column: &Expr, wanted: &Expr) -> bool {
    ExprNode::same(column, wanted)
        || match &column.kind {
            ExprKind::Proxy(proxy) => derives_from(&proxy.source, wanted),
            ExprKind::Label(label) => derives_from(&label.element, wanted),
            _ => false,
        }
}

impl Alias {
    pub fn clause(kind: AliasKind, element: AliasElement, name: AliasName) -> FromClause {
        FromClause::Alias(Alias::shared(kind, element, name))
    }

    pub fn shared(kind: AliasKind, element: AliasElement, name: AliasName) -> Rc<Alias> {
        Rc::new(Alias { kind, element, name, columns: OnceCell::new(), object: OnceCell::new() })
    }

    pub fn columns(&self) -> &[AliasColumn] {
        self.columns.get_or_init(|| match (&self.kind, &self.element) {
            (AliasKind::TableValued { columns, .. }, _) => columns.iter().map(AliasColumn::of).collect(),
            (_, AliasElement::From(FromClause::Join(join))) => {
                let all = FromClause::Join(join.clone()).keyed_columns();
                all.into_iter()
                    .map(|(key, source)| AliasColumn {
                        name: NameText::Plain(key.clone()),
                        key,
                        ty: source.ty(),
                        source,
                    })
                    .collect()
            }
            (_, AliasElement::From(from)) => from.columns().iter().map(AliasColumn::of).collect(),
            (_, AliasElement::Statement(statement)) => super::select::exported_columns(statement),
            (_, AliasElement::Function(function)) => {
                let name = match &self.name {
                    AliasName::Named(name) => name.clone(),
                    AliasName::Anonymous(name) => name.clone(),
                };
                vec![AliasColumn {
                    key: name.clone(),
                    name: NameText::Plain(name),
                    ty: function.ty(),
                    source: function.clone(),
                }]
            }
        })
    }

    pub fn cte(&self) -> Option<&Cte> {
        match &self.kind {
            AliasKind::Cte(cte) => Some(cte),
            _ => None,
        }
    }
}

impl AliasColumn {
    pub fn of(column: &Expr) -> AliasColumn {
        let name = match &column.kind {
            ExprKind::Proxy(proxy) => proxy.name.clone(),
            _ => NameText::Plain(column.name().unwrap_or_else(|| Str::new(""))),
        };
        let key = column.key().or_else(|| name.plain().cloned()).unwrap_or_else(|| Str::new(""));
        AliasColumn { key, name, ty: column.ty(), source: column.clone() }
    }
}

/// `table("name", column("x"), ...)`.
pub fn table_clause(name: Str, columns: Vec<(Str, Type)>) -> Rc<TableClause> {
    let columns: Vec<Expr> = columns.into_iter().map(|(name, ty)| expr::named_column(name, ty)).collect();
    let table =
        Rc::new(TableClause { name, schema: None, columns: columns.clone(), object: OnceCell::new() });
    for column in &columns {
        if let ExprKind::Named(named) = &column.kind {
            *named.table.borrow_mut() = Some(table.clone());
        }
    }
    table
}
