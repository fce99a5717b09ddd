//! The expression tree: one node type, shared and never changed once made.
//!
//! Owns the kinds of node and their constructors. How operators build nodes stands in `operate.rs`, walking and
//! replacing in `traverse.rs`, spelling in `compile`. Must not know statements' insides, dialects or connections.

use std::cell::RefCell;
use std::rc::Rc;

use super::entity::Annotation;
use super::operators::{CustomOp, Op, Operator};
use super::schema::Column;
use super::selectable::{FromClause, TableClause};
use super::statement::Statement;
use super::types::{self, Type};
use crate::python::value::{Str, Value};

/// A shared node.
pub type Expr = Rc<ExprNode>;

pub struct ExprNode {
    pub kind: ExprKind,
    /// The node's own type; `ty()` asks a column instead, whose type may come later.
    ty: Type,
    /// The entity and attribute that the node was reached through.
    pub annotation: Option<Annotation>,
}

pub enum ExprKind {
    /// A column of a table.
    Column(Rc<Column>),
    /// A column of an alias, a subquery, a CTE: the n-th of what it selects from.
    Proxy(ProxyColumn),
    /// `column("x")`, `literal_column("1 + 1")`.
    Named(NamedColumn),
    Bind(Rc<Bind>),
    Null,
    True,
    False,
    Unary(Unary),
    Binary(Binary),
    /// Clauses joined by one operator: `a AND b AND c`, `x || y || z`, `a, b`.
    List(ClauseList),
    /// Parentheses.
    Grouping(Expr),
    Tuple(Vec<Expr>),
    Case {
        value: Option<Expr>,
        whens: Vec<(Expr, Expr)>,
        else_: Option<Expr>,
    },
    Cast {
        operand: Expr,
        try_cast: bool,
    },
    TypeCoerce(Expr),
    Extract {
        field: Str,
        operand: Expr,
    },
    Function(Function),
    Over(Over),
    FunctionFilter {
        function: Expr,
        criterion: Vec<Expr>,
    },
    WithinGroup {
        function: Expr,
        order_by: Vec<Expr>,
    },
    Label(Label),
    /// An ORDER BY or GROUP BY item that a label of the columns clause may stand for.
    LabelReference(Expr),
    /// A text that must name a label or column of the statement.
    TextualLabelReference(Str),
    Collation {
        name: Str,
    },
    /// A statement as a value: `(SELECT ...)`.
    ScalarSelect(Statement),
    /// A statement within `IN`, `EXISTS`, `ANY`: in parentheses, not a value of its own.
    SelectGrouping(Statement),
    Text(Rc<TextClause>),
    /// `json["a"]`-style slices.
    Slice {
        start: Expr,
        stop: Expr,
        step: Expr,
    },
    /// A table as a row value: `func.count(table.table_valued())`.
    TableValued(FromClause),
    /// `SEQUENCE.next_value()`.
    NextValue(Str),
}

/// A name as it stands in the text: known, or numbered when the statement is compiled.
#[derive(Clone, Debug)]
pub enum NameText {
    Plain(Str),
    /// `base_1`: one number for each owner.
    Anonymous {
        owner: Owner,
        base: Str,
    },
    /// The column of an alias without a name: `animals_1_tag`.
    OfAlias {
        owner: Owner,
        base: Str,
        suffix: Str,
    },
}

/// What a made-up name belongs to: the identity of an element, and a number for its further appearances.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Owner(pub (usize, usize), pub usize);

impl NameText {
    pub fn plain(&self) -> Option<&Str> {
        match self {
            NameText::Plain(name) => Some(name),
            _ => None,
        }
    }

    /// Whether both become the same text.
    pub fn same(&self, other: &NameText) -> bool {
        match (self, other) {
            (NameText::Plain(left), NameText::Plain(right)) => left == right,
            (
                NameText::Anonymous { owner, base },
                NameText::Anonymous { owner: other_owner, base: other_base },
            ) => owner == other_owner && base == other_base,
            (
                NameText::OfAlias { owner, base, suffix },
                NameText::OfAlias { owner: other_owner, base: other_base, suffix: other_suffix },
            ) => owner == other_owner && base == other_base && suffix == other_suffix,
            _ => false,
        }
    }
}

#[derive(Clone)]
pub struct ProxyColumn {
    pub from: FromClause,
    pub index: usize,
    pub name: NameText,
    pub key: Str,
    /// What it stands for within the alias.
    pub source: Expr,
}

pub struct NamedColumn {
    pub name: Str,
    /// `literal_column`: the name is SQL text as it stands.
    pub is_literal: bool,
    pub table: RefCell<Option<Rc<TableClause>>>,
}

/// A value that reaches SQL as a parameter.
pub struct Bind {
    /// The name, or what the made-up name begins with when `unique`.
    pub key: Str,
    pub unique: bool,
    pub value: Value,
    /// Called for the value at execution.
    pub callable: Option<Value>,
    pub required: bool,
    /// An `IN` list: the parameter becomes as many as it has values.
    pub expanding: bool,
    /// Written into the text when the statement is executed.
    pub literal_execute: bool,
    pub is_outparam: bool,
    /// What an empty `IN` list and a list of values know of the operator.
    pub expand_op: Option<Op>,
    /// Made by LIMIT or OFFSET.
    pub is_limit: bool,
}

pub struct Unary {
    pub element: Expr,
    pub operator: Option<Operator>,
    pub modifier: Option<Op>,
    /// `bool(column)` turned into SQL: `x IS true` or `x = 1` where booleans are not native.
    pub wraps_column: bool,
}

pub struct Binary {
    pub left: Expr,
    pub operator: Operator,
    pub right: Expr,
    /// What `~` makes of the operator.
    pub negate: Option<Operator>,
    pub escape: Option<Str>,
    pub flags: Option<Str>,
    /// `autoescape` was asked of `contains` and its kin.
    pub autoescape: bool,
}

pub struct ClauseList {
    pub operator: Operator,
    pub clauses: Vec<Expr>,
    /// Whether it groups itself within a tighter operator.
    pub group: bool,
    /// `AND`/`OR` lists, which negate as a whole.
    pub boolean: bool,
}

pub struct Function {
    pub name: Str,
    /// `func.a.b.name(...)`.
    pub packages: Vec<Str>,
    pub arguments: Vec<Expr>,
    /// The class that knows the function (`count`, `max`); empty for any other name.
    pub known: Option<&'static super::functions::KnownFunction>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrameUnit {
    Range,
    Rows,
    Groups,
}

#[derive(Clone)]
pub enum FrameBound {
    UnboundedPreceding,
    Preceding(Expr),
    CurrentRow,
    Following(Expr),
    UnboundedFollowing,
}

pub struct Over {
    pub element: Expr,
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<Expr>,
    pub frame: Option<(FrameUnit, FrameBound, FrameBound)>,
    pub exclude: Option<Str>,
}

pub enum LabelName {
    Named(Str),
    /// `base_1`: numbered when the statement is compiled.
    Anonymous(Str),
}

pub struct Label {
    pub name: LabelName,
    pub element: Expr,
}

/// `text("...")`: SQL as it stands, with `:name` parameters.
pub struct TextClause {
    pub text: Str,
    /// Parameters in the order in which they first appear.
    pub binds: Vec<(Str, Expr)>,
}

impl ExprNode {
    pub fn new(kind: ExprKind, ty: Type) -> Expr {
        Rc::new(ExprNode { kind, ty, annotation: None })
    }

    /// The same element, remembering the entity that it was reached through.
    pub fn annotated(this: &Expr, annotation: Annotation) -> Expr {
        Rc::new(ExprNode { kind: this.kind.share(), ty: this.ty.clone(), annotation: Some(annotation) })
    }

    /// The same element with another type.
    pub fn with_type(this: &Expr, ty: Type) -> Expr {
        Rc::new(ExprNode { kind: this.kind.share(), ty, annotation: this.annotation.clone() })
    }

    /// A node of another kind in the place of `this`: type and annotation stay.
    pub fn rebuilt(this: &Expr, kind: ExprKind) -> Expr {
        Rc::new(ExprNode { kind, ty: this.ty.clone(), annotation: this.annotation.clone() })
    }

    pub fn ty(&self) -> Type {
        match &self.kind {
            ExprKind::Column(column) => column.ty(),
            ExprKind::Proxy(proxy) if self.ty.is_null() => proxy.source.ty(),
            ExprKind::Label(label) if self.ty.is_null() => label.element.ty(),
            ExprKind::Grouping(element) if self.ty.is_null() => element.ty(),
            _ => self.ty.clone(),
        }
    }

    /// What two nodes share that are the same column or the same element.
    pub fn identity(this: &Expr) -> (usize, usize) {
        match &this.kind {
            ExprKind::Column(column) => (Rc::as_ptr(column) as usize, usize::MAX),
            ExprKind::Proxy(proxy) => (proxy.from.id(), proxy.index),
            ExprKind::Bind(bind) => (Rc::as_ptr(bind) as usize, usize::MAX),
            _ => (Rc::as_ptr(this) as usize, usize::MAX),
        }
    }

    /// `a is b` for elements: the same column, or the same node.
    pub fn same(left: &Expr, right: &Expr) -> bool {
        Rc::ptr_eq(left, right) || ExprNode::identity(left) == ExprNode::identity(right)
    }

    /// The table or alias that a column belongs to.
    pub fn table(&self) -> Option<FromClause> {
        match &self.kind {
            ExprKind::Column(column) => column.table().map(FromClause::Table),
            ExprKind::Proxy(proxy) => Some(proxy.from.clone()),
            ExprKind::Named(named) => named.table.borrow().clone().map(FromClause::Light),
            _ => None,
        }
    }

    /// The schema column behind a column, through however many aliases.
    pub fn base_column(&self) -> Option<Rc<Column>> {
        match &self.kind {
            ExprKind::Column(column) => Some(column.clone()),
            ExprKind::Proxy(proxy) => proxy.source.base_column(),
            ExprKind::Label(label) => label.element.base_column(),
            _ => None,
        }
    }

    /// The name of a column or label, as rows and labels use it.
    pub fn name(&self) -> Option<Str> {
        match &self.kind {
            ExprKind::Column(column) => Some(column.name()),
            ExprKind::Proxy(proxy) => proxy.name.plain().cloned(),
            ExprKind::Named(named) => Some(named.name.clone()),
            ExprKind::Label(Label { name: LabelName::Named(name), .. }) => Some(name.clone()),
            ExprKind::TableValued(from) => from.name(),
            _ => None,
        }
    }

    /// The key under which a selectable lists the column.
    pub fn key(&self) -> Option<Str> {
        match &self.kind {
            ExprKind::Column(column) => Some(column.key()),
            ExprKind::Proxy(proxy) => Some(proxy.key.clone()),
            _ => self.name(),
        }
    }
}

impl ExprKind {
    /// The same kind over the same parts.
    pub fn share(&self) -> ExprKind {
        match self {
            ExprKind::Column(column) => ExprKind::Column(column.clone()),
            ExprKind::Proxy(proxy) => ExprKind::Proxy(proxy.clone()),
            ExprKind::Named(named) => ExprKind::Named(NamedColumn {
                name: named.name.clone(),
                is_literal: named.is_literal,
                table: RefCell::new(named.table.borrow().clone()),
            }),
            ExprKind::Bind(bind) => ExprKind::Bind(bind.clone()),
            ExprKind::Null => ExprKind::Null,
            ExprKind::True => ExprKind::True,
            ExprKind::False => ExprKind::False,
            ExprKind::Unary(unary) => ExprKind::Unary(Unary {
                element: unary.element.clone(),
                operator: unary.operator.clone(),
                modifier: unary.modifier,
                wraps_column: unary.wraps_column,
            }),
            ExprKind::Binary(binary) => ExprKind::Binary(Binary {
                left: binary.left.clone(),
                operator: binary.operator.clone(),
                right: binary.right.clone(),
                negate: binary.negate.clone(),
                escape: binary.escape.clone(),
                flags: binary.flags.clone(),
                autoescape: binary.autoescape,
            }),
            ExprKind::List(list) => ExprKind::List(ClauseList {
                operator: list.operator.clone(),
                clauses: list.clauses.clone(),
                group: list.group,
                boolean: list.boolean,
            }),
            ExprKind::Grouping(element) => ExprKind::Grouping(element.clone()),
            ExprKind::Tuple(items) => ExprKind::Tuple(items.clone()),
            ExprKind::Case { value, whens, else_ } => {
                ExprKind::Case { value: value.clone(), whens: whens.clone(), else_: else_.clone() }
            }
            ExprKind::Cast { operand, try_cast } => {
                ExprKind::Cast { operand: operand.clone(), try_cast: *try_cast }
            }
            ExprKind::TypeCoerce(operand) => ExprKind::TypeCoerce(operand.clone()),
            ExprKind::Extract { field, operand } => {
                ExprKind::Extract { field: field.clone(), operand: operand.clone() }
            }
            ExprKind::Function(function) => ExprKind::Function(Function {
                name: function.name.clone(),
                packages: function.packages.clone(),
                arguments: function.arguments.clone(),
                known: function.known,
            }),
            ExprKind::Over(over) => ExprKind::Over(Over {
                element: over.element.clone(),
                partition_by: over.partition_by.clone(),
                order_by: over.order_by.clone(),
                frame: over.frame.clone(),
                exclude: over.exclude.clone(),
            }),
            ExprKind::FunctionFilter { function, criterion } => {
                ExprKind::FunctionFilter { function: function.clone(), criterion: criterion.clone() }
            }
            ExprKind::WithinGroup { function, order_by } => {
                ExprKind::WithinGroup { function: function.clone(), order_by: order_by.clone() }
            }
            ExprKind::Label(label) => ExprKind::Label(Label {
                name: match &label.name {
                    LabelName::Named(name) => LabelName::Named(name.clone()),
                    LabelName::Anonymous(base) => LabelName::Anonymous(base.clone()),
                },
                element: label.element.clone(),
            }),
            ExprKind::LabelReference(element) => ExprKind::LabelReference(element.clone()),
            ExprKind::TextualLabelReference(text) => ExprKind::TextualLabelReference(text.clone()),
            ExprKind::Collation { name } => ExprKind::Collation { name: name.clone() },
            ExprKind::ScalarSelect(statement) => ExprKind::ScalarSelect(statement.clone()),
            ExprKind::SelectGrouping(statement) => ExprKind::SelectGrouping(statement.clone()),
            ExprKind::Text(text) => ExprKind::Text(text.clone()),
            ExprKind::Slice { start, stop, step } => {
                ExprKind::Slice { start: start.clone(), stop: stop.clone(), step: step.clone() }
            }
            ExprKind::TableValued(from) => ExprKind::TableValued(from.clone()),
            ExprKind::NextValue(name) => ExprKind::NextValue(name.clone()),
        }
    }
}

impl Bind {
    /// A parameter whose name is made up when the statement is compiled: `base_1`.
    pub fn anonymous(base: Str, value: Value) -> Bind {
        Bind { unique: true, ..Bind::named(base, value) }
    }

    /// A parameter of that very name.
    pub fn named(key: Str, value: Value) -> Bind {
        Bind {
            key,
            unique: false,
            value,
            callable: None,
            required: false,
            expanding: false,
            literal_execute: false,
            is_outparam: false,
            expand_op: None,
            is_limit: false,
        }
    }

    pub fn into_expr(self, ty: Type) -> Expr {
        ExprNode::new(ExprKind::Bind(Rc::new(self)), ty)
    }
}

/// An expression over a schema column.
pub fn column(column: &Rc<Column>) -> Expr {
    ExprNode::new(ExprKind::Column(column.clone()), types::null_type())
}

pub fn null() -> Expr {
    thread_local! { static NULL: Expr = ExprNode::new(ExprKind::Null, types::null_type()); }
    NULL.with(Expr::clone)
}

pub fn true_() -> Expr {
    thread_local! { static TRUE: Expr = ExprNode::new(ExprKind::True, types::boolean()); }
    TRUE.with(Expr::clone)
}

pub fn false_() -> Expr {
    thread_local! { static FALSE: Expr = ExprNode::new(ExprKind::False, types::boolean()); }
    FALSE.with(Expr::clone)
}

/// A parameter named after what it is compared with.
pub fn bind(base: &str, value: Value, ty: Type) -> Expr {
    Bind::anonymous(Str::new(base), value).into_expr(ty)
}

/// `literal(value)`: a parameter called `param_1`.
pub fn literal(value: Value, ty: Type) -> Expr {
    thread_local! { static PARAM: Str = crate::python::value::intern("param"); }
    Bind::anonymous(PARAM.with(Str::clone), value).into_expr(ty)
}

/// `column("x")`.
pub fn named_column(name: Str, ty: Type) -> Expr {
    ExprNode::new(ExprKind::Named(NamedColumn { name, is_literal: false, table: RefCell::new(None) }), ty)
}

/// `literal_column("1 + 1")`.
pub fn literal_column(text: Str, ty: Type) -> Expr {
    let named = NamedColumn { name: text, is_literal: true, table: RefCell::new(None) };
    ExprNode::new(ExprKind::Named(named), ty)
}

pub fn label(name: Str, element: Expr) -> Expr {
    let ty = element.ty();
    ExprNode::new(ExprKind::Label(Label { name: LabelName::Named(name), element }), ty)
}

/// A label called `base_1`.
pub fn anonymous_label(base: Str, element: Expr) -> Expr {
    let ty = element.ty();
    ExprNode::new(ExprKind::Label(Label { name: LabelName::Anonymous(base), element }), ty)
}

pub fn unary(operator: Op, element: Expr, ty: Type) -> Expr {
    let kind = Unary { element, operator: Some(operator.into()), modifier: None, wraps_column: false };
    ExprNode::new(ExprKind::Unary(kind), ty)
}

/// `x DESC`, `x NULLS LAST`.
pub fn modified(modifier: Op, element: Expr) -> Expr {
    let ty = element.ty();
    let kind = Unary { element, operator: None, modifier: Some(modifier), wraps_column: false };
    ExprNode::new(ExprKind::Unary(kind), ty)
}

/// A binary node as it stands, its sides already grouped.
pub fn binary(left: Expr, operator: Operator, right: Expr, ty: Type) -> Expr {
    let negate = operator.op.negation().map(Operator::from);
    let binary = Binary { left, operator, right, negate, escape: None, flags: None, autoescape: false };
    ExprNode::new(ExprKind::Binary(binary), ty)
}

pub fn grouping(element: Expr) -> Expr {
    let ty = element.ty();
    ExprNode::new(ExprKind::Grouping(element), ty)
}

/// An operator of the user's own making.
pub fn custom_operator(custom: CustomOp) -> Operator {
    Operator { op: Op::Custom, custom: Some(Rc::new(custom)) }
}
