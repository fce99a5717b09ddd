//! The operators of SQL expressions and what binds tighter than what.
//!
//! Owns the list, the precedence table, negation and mirroring. Must not know nodes, types or spelling.

use std::rc::Rc;

use super::types::Type;
use crate::python::value::Str;

/// An operator that a user made with `column.op("...")`.
#[derive(Clone)]
pub struct CustomOp {
    pub text: Str,
    pub precedence: i32,
    pub is_comparison: bool,
    pub return_type: Option<Type>,
    pub natural_self_precedent: bool,
    pub eager_grouping: bool,
}

/// An operator, of any number of operands, or a modifier (`DESC`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Op {
    And,
    Or,
    Inv,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Is,
    IsNot,
    IsDistinctFrom,
    IsNotDistinctFrom,
    Add,
    Sub,
    Mul,
    TrueDiv,
    FloorDiv,
    Mod,
    Neg,
    Concat,
    Pow,
    Like,
    NotLike,
    ILike,
    NotILike,
    StartsWith,
    NotStartsWith,
    IStartsWith,
    NotIStartsWith,
    EndsWith,
    NotEndsWith,
    IEndsWith,
    NotIEndsWith,
    Contains,
    NotContains,
    IContains,
    NotIContains,
    Match,
    NotMatch,
    RegexpMatch,
    NotRegexpMatch,
    RegexpReplace,
    In,
    NotIn,
    Between,
    NotBetween,
    Collate,
    Comma,
    Exists,
    Distinct,
    Any,
    All,
    Desc,
    Asc,
    NullsFirst,
    NullsLast,
    BitwiseAnd,
    BitwiseOr,
    BitwiseXor,
    BitwiseNot,
    BitwiseLshift,
    BitwiseRshift,
    GetItem,
    JsonGetItem,
    JsonPathGetItem,
    IsTrue,
    IsFalse,
    As,
    From,
    Filter,
    AsBool,
    /// Stands for a `CustomOp` that the node holds beside it.
    Custom,
}

const SMALLEST: i32 = -100;
const LARGEST: i32 = 100;

impl Op {
    /// The entry of the precedence table, if the operator has one.
    pub fn precedence(self) -> Option<i32> {
        use Op::*;
        Some(match self {
            From | Any | All | GetItem | JsonGetItem | JsonPathGetItem | Pow => 15,
            Mul | TrueDiv | FloorDiv | Mod | Neg | BitwiseNot => 8,
            Add | Sub | BitwiseXor | BitwiseOr | BitwiseAnd | BitwiseLshift | BitwiseRshift => 7,
            Filter => 6,
            Concat | Match | NotMatch | RegexpMatch | NotRegexpMatch | RegexpReplace | ILike | NotILike
            | Like | NotLike | In | NotIn | Is | IsNot | Eq | Ne | IsDistinctFrom | IsNotDistinctFrom
            | Gt | Lt | Ge | Le | Between | NotBetween | Distinct | Inv | IsTrue | IsFalse => 5,
            Collate => 4,
            And | Desc | Asc => 3,
            Or => 2,
            Exists => 0,
            Comma | As => -1,
            AsBool => -10,
            _ => return None,
        })
    }

    pub fn is_comparison(self) -> bool {
        use Op::*;
        matches!(
            self,
            Eq | Ne
                | Lt
                | Gt
                | Ge
                | Le
                | Is
                | IsNot
                | IsDistinctFrom
                | IsNotDistinctFrom
                | Like
                | NotLike
                | ILike
                | NotILike
                | Between
                | NotBetween
                | In
                | NotIn
                | StartsWith
                | NotStartsWith
                | IStartsWith
                | NotIStartsWith
                | EndsWith
                | NotEndsWith
                | IEndsWith
                | NotIEndsWith
                | Contains
                | NotContains
                | IContains
                | NotIContains
                | Match
                | NotMatch
                | RegexpMatch
                | NotRegexpMatch
                | IsTrue
                | IsFalse
        )
    }

    pub fn is_boolean(self) -> bool {
        self.is_comparison() || matches!(self, Op::Inv | Op::IsTrue | Op::IsFalse | Op::And | Op::Or)
    }

    pub fn is_associative(self) -> bool {
        matches!(self, Op::Add | Op::Mul | Op::Concat | Op::And | Op::Or)
    }

    pub fn is_natural_self_precedent(self) -> bool {
        self.is_associative() || matches!(self, Op::GetItem | Op::JsonGetItem | Op::JsonPathGetItem)
    }

    pub fn is_order_by_modifier(self) -> bool {
        matches!(self, Op::Desc | Op::Asc | Op::NullsFirst | Op::NullsLast)
    }

    /// The operator that says the opposite, where `~` turns one into the other.
    pub fn negation(self) -> Option<Op> {
        use Op::*;
        Some(match self {
            Eq => Ne,
            Ne => Eq,
            Lt => Ge,
            Ge => Lt,
            Gt => Le,
            Le => Gt,
            Is => IsNot,
            IsNot => Is,
            IsDistinctFrom => IsNotDistinctFrom,
            IsNotDistinctFrom => IsDistinctFrom,
            In => NotIn,
            NotIn => In,
            Like => NotLike,
            NotLike => Like,
            ILike => NotILike,
            NotILike => ILike,
            StartsWith => NotStartsWith,
            NotStartsWith => StartsWith,
            IStartsWith => NotIStartsWith,
            NotIStartsWith => IStartsWith,
            EndsWith => NotEndsWith,
            NotEndsWith => EndsWith,
            IEndsWith => NotIEndsWith,
            NotIEndsWith => IEndsWith,
            Contains => NotContains,
            NotContains => Contains,
            IContains => NotIContains,
            NotIContains => IContains,
            Match => NotMatch,
            NotMatch => Match,
            RegexpMatch => NotRegexpMatch,
            NotRegexpMatch => RegexpMatch,
            Between => NotBetween,
            NotBetween => Between,
            IsTrue => IsFalse,
            IsFalse => IsTrue,
            _ => return None,
        })
    }

    /// The name of the function that stands for the operator in messages (`add`, `like_op`).
    pub fn name(self) -> &'static str {
        use Op::*;
        match self {
            And => "and_",
            Or => "or_",
            Inv => "inv",
            Eq => "eq",
            Ne => "ne",
            Lt => "lt",
            Le => "le",
            Gt => "gt",
            Ge => "ge",
            Is => "is_",
            IsNot => "is_not",
            IsDistinctFrom => "is_distinct_from",
            IsNotDistinctFrom => "is_not_distinct_from",
            Add => "add",
            Sub => "sub",
            Mul => "mul",
            TrueDiv => "truediv",
            FloorDiv => "floordiv",
            Mod => "mod",
            Neg => "neg",
            Concat => "concat_op",
            Pow => "pow",
            Like => "like_op",
            NotLike => "not_like_op",
            ILike => "ilike_op",
            NotILike => "not_ilike_op",
            StartsWith => "startswith_op",
            NotStartsWith => "not_startswith_op",
            IStartsWith => "istartswith_op",
            NotIStartsWith => "not_istartswith_op",
            EndsWith => "endswith_op",
            NotEndsWith => "not_endswith_op",
            IEndsWith => "iendswith_op",
            NotIEndsWith => "not_iendswith_op",
            Contains => "contains_op",
            NotContains => "not_contains_op",
            IContains => "icontains_op",
            NotIContains => "not_icontains_op",
            Match => "match_op",
            NotMatch => "not_match_op",
            RegexpMatch => "regexp_match_op",
            NotRegexpMatch => "not_regexp_match_op",
            RegexpReplace => "regexp_replace_op",
            In => "in_op",
            NotIn => "not_in_op",
            Between => "between_op",
            NotBetween => "not_between_op",
            Collate => "collate",
            Comma => "comma_op",
            Exists => "exists",
            Distinct => "distinct_op",
            Any => "any_op",
            All => "all_op",
            Desc => "desc_op",
            Asc => "asc_op",
            NullsFirst => "nulls_first_op",
            NullsLast => "nulls_last_op",
            BitwiseAnd => "bitwise_and_op",
            BitwiseOr => "bitwise_or_op",
            BitwiseXor => "bitwise_xor_op",
            BitwiseNot => "bitwise_not_op",
            BitwiseLshift => "bitwise_lshift_op",
            BitwiseRshift => "bitwise_rshift_op",
            GetItem => "getitem",
            JsonGetItem => "json_getitem_op",
            JsonPathGetItem => "json_path_getitem_op",
            IsTrue => "is_true",
            IsFalse => "is_false",
            As => "as_",
            From => "from_",
            Filter => "filter_op",
            AsBool => "_asbool",
            Custom => "custom_op",
        }
    }
}

/// An operator together with what a custom one says of itself.
#[derive(Clone)]
pub struct Operator {
    pub op: Op,
    pub custom: Option<Rc<CustomOp>>,
}

impl Operator {
    pub fn same(&self, other: &Operator) -> bool {
        match (&self.custom, &other.custom) {
            (Some(left), Some(right)) => Rc::ptr_eq(left, right),
            (None, None) => self.op == other.op,
            _ => false,
        }
    }
    pub fn is_comparison(&self) -> bool {
        self.custom.as_ref().map_or(self.op.is_comparison(), |custom| custom.is_comparison)
    }
    fn natural_self_precedent(&self) -> bool {
        self.custom
            .as_ref()
            .map_or(self.op.is_natural_self_precedent(), |custom| custom.natural_self_precedent)
    }
    fn own_precedence(&self) -> Option<i32> {
        self.custom.as_ref().map_or(self.op.precedence(), |custom| Some(custom.precedence))
    }
}

impl From<Op> for Operator {
    fn from(op: Op) -> Self {
        Operator { op, custom: None }
    }
}

/// Whether an expression of `operator` needs parentheses within one of `against`.
pub fn is_precedent(operator: &Operator, against: Option<&Operator>) -> bool {
    let Some(against) = against else { return true };
    if operator.same(against) && operator.natural_self_precedent() {
        return false;
    }
    operator.own_precedence().unwrap_or(SMALLEST) <= against.own_precedence().unwrap_or(LARGEST)
}
