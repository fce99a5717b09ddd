//! Statements as data: SELECT, unions, INSERT, UPDATE, DELETE, text, DDL.
//!
//! Owns their parts. A statement is copied when it is refined (`stmt.where(...)` leaves `stmt` as it was).
//! What a select selects, from where and under which labels stands in `select.rs`; spelling in `compile`.

use std::cell::OnceCell;
use std::rc::Rc;

use super::entity::{Element, Entity, OrmElement};
use super::expr::{Expr, TextClause};
use super::schema::{Column, Constraint, Index, Table};
use super::selectable::{Alias, FromClause};
use crate::python::value::{Str, Value};

#[derive(Clone)]
pub enum Statement {
    Select(Rc<Select>),
    Compound(Rc<CompoundSelect>),
    Insert(Rc<Insert>),
    Update(Rc<Update>),
    Delete(Rc<Delete>),
    Text(Rc<TextClause>),
    /// `text("...").columns(...)`.
    TextualSelect(Rc<TextualSelect>),
    Values(FromClause),
    /// A statement in parentheses, within a union.
    Grouping(Rc<Statement>),
    /// A function as a statement (`session.execute(func.now())`).
    Function(Expr),
    Ddl(Rc<Ddl>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum LabelStyle {
    None,
    /// `student.id AS student_id`
    TablenamePlusCol,
    /// `student.id, excuse.id AS id_1`
    DisambiguateOnly,
}

/// One item of a columns clause as it was given.
#[derive(Clone)]
pub enum SelectItem {
    Expr(Expr),
    From(FromClause),
    Entity(Rc<dyn Entity>),
    Orm(Rc<dyn OrmElement>),
}

/// `select.join(target, onclause)` as it was given.
#[derive(Clone)]
pub struct SetupJoin {
    pub target: Element,
    pub onclause: Option<Element>,
    /// `join_from`.
    pub left: Option<Element>,
    pub isouter: bool,
    pub full: bool,
}

#[derive(Clone, Default)]
pub struct ForUpdate {
    pub read: bool,
    pub nowait: bool,
    pub skip_locked: bool,
    pub key_share: bool,
}

/// What an enclosing statement lends to a nested one.
#[derive(Clone, Default)]
pub enum Correlate {
    /// Whatever the enclosing statement selects from.
    #[default]
    Auto,
    Only(Vec<FromClause>),
    Except(Vec<FromClause>),
    None,
}

#[derive(Clone)]
pub struct Select {
    pub columns: Vec<SelectItem>,
    pub from: Vec<FromClause>,
    pub joins: Vec<SetupJoin>,
    pub where_: Vec<Expr>,
    pub group_by: Vec<Expr>,
    pub having: Vec<Expr>,
    pub order_by: Vec<Expr>,
    pub limit: Option<Expr>,
    pub offset: Option<Expr>,
    pub fetch: Option<Expr>,
    pub distinct: bool,
    pub distinct_on: Vec<Expr>,
    pub for_update: Option<ForUpdate>,
    pub correlate: Correlate,
    pub prefixes: Vec<Expr>,
    pub suffixes: Vec<Expr>,
    pub label_style: LabelStyle,
    pub ctes: Vec<Rc<Alias>>,
    /// Loader options, which the mapping layer reads.
    pub options: Vec<Value>,
    pub execution_options: Vec<(Str, Value)>,
    /// What the mapping layer keeps with the statement; takes no part in spelling.
    pub orm: Option<Rc<dyn std::any::Any>>,
    /// The mapping layer is done with the statement: it is one of tables and columns.
    pub rewritten: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum SetOperator {
    Union,
    UnionAll,
    Intersect,
    IntersectAll,
    Except,
    ExceptAll,
}

impl SetOperator {
    pub fn text(self) -> &'static str {
        ["UNION", "UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"][self as usize]
    }
}

#[derive(Clone)]
pub struct CompoundSelect {
    pub operator: SetOperator,
    pub selects: Vec<Statement>,
    pub group_by: Vec<Expr>,
    pub order_by: Vec<Expr>,
    pub limit: Option<Expr>,
    pub offset: Option<Expr>,
    pub for_update: Option<ForUpdate>,
    pub label_style: LabelStyle,
    pub ctes: Vec<Rc<Alias>>,
    pub options: Vec<Value>,
    pub execution_options: Vec<(Str, Value)>,
}

pub struct TextualSelect {
    pub text: Rc<TextClause>,
    pub columns: Vec<Expr>,
    /// The columns were given in the order of the text's.
    pub positional: bool,
}

/// The values of an INSERT or UPDATE: what is set, and what to.
#[derive(Clone)]
pub struct SetValue {
    pub column: SetTarget,
    pub value: SetExpr,
}

#[derive(Clone)]
pub enum SetTarget {
    Column(Rc<Column>),
    /// A name that is looked for among the table's keys when the statement is compiled.
    Name(Str),
    /// A column of something that is not a Table.
    Expr(Expr),
}

#[derive(Clone)]
pub enum SetExpr {
    /// A value, which becomes a parameter named after the column.
    Value(Value),
    Expr(Expr),
}

#[derive(Clone)]
pub struct Insert {
    pub table: FromClause,
    /// What `insert(Student)` was given, if it was not the table itself.
    pub entity: Option<Rc<dyn Entity>>,
    pub values: Vec<SetValue>,
    /// `values([{...}, {...}])`, all in one statement.
    pub multi_values: Vec<Vec<SetValue>>,
    pub from_select: Option<(Vec<SetTarget>, Statement)>,
    pub include_defaults: bool,
    pub returning: Vec<SelectItem>,
    pub sort_by_parameter_order: bool,
    pub inline: bool,
    pub on_conflict: Option<Rc<OnConflict>>,
    pub prefixes: Vec<Expr>,
    pub ctes: Vec<Rc<Alias>>,
    pub options: Vec<Value>,
    pub execution_options: Vec<(Str, Value)>,
    /// `sqlalchemy.dialects.sqlite.insert`: the statement's own dialect when printed.
    pub dialect: Option<&'static str>,
}

/// `ON CONFLICT` of SQLite (and PostgreSQL).
pub struct OnConflict {
    pub target: Vec<ConflictTarget>,
    pub target_where: Option<Expr>,
    /// None: `DO NOTHING`.
    pub update: Option<ConflictUpdate>,
    /// The alias `excluded` of the table.
    pub excluded: FromClause,
}

pub enum ConflictTarget {
    Name(Str),
    Expr(Expr),
}

pub struct ConflictUpdate {
    pub set: Vec<SetValue>,
    pub where_: Option<Expr>,
}

#[derive(Clone)]
pub struct Update {
    pub table: FromClause,
    pub entity: Option<Rc<dyn Entity>>,
    pub values: Vec<SetValue>,
    /// `ordered_values`.
    pub ordered: bool,
    pub where_: Vec<Expr>,
    pub returning: Vec<SelectItem>,
    pub prefixes: Vec<Expr>,
    pub ctes: Vec<Rc<Alias>>,
    pub options: Vec<Value>,
    pub execution_options: Vec<(Str, Value)>,
    /// Take parameters although `values` are given too (the flush's statements).
    pub inline: bool,
}

#[derive(Clone)]
pub struct Delete {
    pub table: FromClause,
    pub entity: Option<Rc<dyn Entity>>,
    pub where_: Vec<Expr>,
    pub returning: Vec<SelectItem>,
    pub prefixes: Vec<Expr>,
    pub ctes: Vec<Rc<Alias>>,
    pub options: Vec<Value>,
    pub execution_options: Vec<(Str, Value)>,
}

/// Statements that shape the database.
pub enum Ddl {
    CreateTable {
        table: Rc<Table>,
        if_not_exists: bool,
    },
    DropTable {
        table: Rc<Table>,
        if_exists: bool,
    },
    CreateIndex {
        index: Rc<Index>,
        if_not_exists: bool,
    },
    DropIndex {
        index: Rc<Index>,
        if_exists: bool,
    },
    AddConstraint {
        constraint: Rc<Constraint>,
    },
    DropConstraint {
        constraint: Rc<Constraint>,
        cascade: bool,
    },
    CreateSchema {
        name: Str,
    },
    DropSchema {
        name: Str,
    },
    CreateView {
        name: Str,
        select: Statement,
        if_not_exists: bool,
        temporary: bool,
    },
    /// `DDL("...")`: text as it stands.
    Text {
        text: Str,
    },
}

impl Select {
    pub fn new(columns: Vec<SelectItem>) -> Select {
        Select {
            columns,
            from: Vec::new(),
            joins: Vec::new(),
            where_: Vec::new(),
            group_by: Vec::new(),
            having: Vec::new(),
            order_by: Vec::new(),
            limit: None,
            offset: None,
            fetch: None,
            distinct: false,
            distinct_on: Vec::new(),
            for_update: None,
            correlate: Correlate::Auto,
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            label_style: LabelStyle::DisambiguateOnly,
            ctes: Vec::new(),
            options: Vec::new(),
            execution_options: Vec::new(),
            orm: None,
            rewritten: false,
        }
    }

    pub fn of(columns: Vec<Expr>) -> Select {
        Select::new(columns.into_iter().map(SelectItem::Expr).collect())
    }

    pub fn into_statement(self) -> Statement {
        Statement::Select(Rc::new(self))
    }
}

impl CompoundSelect {
    pub fn new(operator: SetOperator, selects: Vec<Statement>) -> CompoundSelect {
        CompoundSelect {
            operator,
            selects,
            group_by: Vec::new(),
            order_by: Vec::new(),
            limit: None,
            offset: None,
            for_update: None,
            label_style: LabelStyle::DisambiguateOnly,
            ctes: Vec::new(),
            options: Vec::new(),
            execution_options: Vec::new(),
        }
    }
}

impl Insert {
    pub fn new(table: FromClause) -> Insert {
        Insert {
            table,
            entity: None,
            values: Vec::new(),
            multi_values: Vec::new(),
            from_select: None,
            include_defaults: true,
            returning: Vec::new(),
            sort_by_parameter_order: false,
            inline: false,
            on_conflict: None,
            prefixes: Vec::new(),
            ctes: Vec::new(),
            options: Vec::new(),
            execution_options: Vec::new(),
            dialect: None,
        }
    }
}

impl Update {
    pub fn new(table: FromClause) -> Update {
        Update {
            table,
            entity: None,
            values: Vec::new(),
            ordered: false,
            where_: Vec::new(),
            returning: Vec::new(),
            prefixes: Vec::new(),
            ctes: Vec::new(),
            options: Vec::new(),
            execution_options: Vec::new(),
            inline: false,
        }
    }
}

impl Delete {
    pub fn new(table: FromClause) -> Delete {
        Delete {
            table,
            entity: None,
            where_: Vec::new(),
            returning: Vec::new(),
            prefixes: Vec::new(),
            ctes: Vec::new(),
            options: Vec::new(),
            execution_options: Vec::new(),
        }
    }
}

impl Statement {
    /// Whether it gives rows of its own accord (SELECT and its kin).
    pub fn is_select(&self) -> bool {
        matches!(
            self,
            Statement::Select(_)
                | Statement::Compound(_)
                | Statement::TextualSelect(_)
                | Statement::Values(_)
                | Statement::Grouping(_)
                | Statement::Function(_)
        )
    }

    /// The class whose object the statement is.
    pub fn class_path(&self) -> &'static str {
        match self {
            Statement::Compound(_) => "sqlalchemy.sql.selectable.CompoundSelect",
            Statement::TextualSelect(_) => "sqlalchemy.sql.selectable.TextualSelect",
            Statement::Grouping(_) => "sqlalchemy.sql.selectable.SelectStatementGrouping",
            _ => "sqlalchemy.sql.selectable.Select",
        }
    }

    /// `statement.subquery()`; without a name it is `anon_1`.
    pub fn subquery(&self, name: Option<Str>) -> FromClause {
        use super::selectable::{AliasElement, AliasKind, AliasName};
        let name = name.map_or_else(|| AliasName::Anonymous(Str::new("anon")), AliasName::Named);
        Alias::clause(AliasKind::Subquery, AliasElement::Statement(self.clone()), name)
    }

    pub fn execution_options(&self) -> &[(Str, Value)] {
        match self {
            Statement::Select(select) => &select.execution_options,
            Statement::Compound(select) => &select.execution_options,
            Statement::Insert(insert) => &insert.execution_options,
            Statement::Update(update) => &update.execution_options,
            Statement::Delete(delete) => &delete.execution_options,
            _ => &[],
        }
    }
}

impl std::default::Default for SetExpr {
    fn default() -> Self {
        SetExpr::Value(Value::None)
    }
}

/// The object of the language that shows a statement, made once.
pub type ShownAs = OnceCell<Value>;
