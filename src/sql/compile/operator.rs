//! Operators in the text.
//!
//! Owns the marks of operators and the forms of LIKE. Must not know statements.

use super::{Compiler, Flags};
use crate::python::value::{R, Value};
use crate::sql::errors;
use crate::sql::expr::{Binary, Expr, ExprKind, Unary};
use crate::sql::operators::Op;
use crate::sql::types::{self, Affinity, literal};

/// The mark of an operator that stands between or before its operands.
pub(super) fn mark(op: Op) -> Option<&'static str> {
    use Op::*;
    Some(match op {
        And => " AND ",
        Or => " OR ",
        Add => " + ",
        Mul => " * ",
        Sub => " - ",
        Mod => " % ",
        Neg => "-",
        Lt => " < ",
        Le => " <= ",
        Ne => " != ",
        Gt => " > ",
        Ge => " >= ",
        Eq => " = ",
        IsDistinctFrom => " IS DISTINCT FROM ",
        IsNotDistinctFrom => " IS NOT DISTINCT FROM ",
        Concat => " || ",
        Match => " MATCH ",
        NotMatch => " NOT MATCH ",
        In => " IN ",
        NotIn => " NOT IN ",
        Comma => ", ",
        From => " FROM ",
        As => " AS ",
        Is => " IS ",
        IsNot => " IS NOT ",
        Collate => " COLLATE ",
        Exists => "EXISTS ",
        Distinct => "DISTINCT ",
        Inv => "NOT ",
        Any => "ANY ",
        All => "ALL ",
        Desc => " DESC",
        Asc => " ASC",
        NullsFirst => " NULLS FIRST",
        NullsLast => " NULLS LAST",
        BitwiseXor => " ^ ",
        BitwiseOr => " | ",
        BitwiseAnd => " & ",
        BitwiseNot => "~",
        BitwiseLshift => " << ",
        BitwiseRshift => " >> ",
        Between => " BETWEEN ",
        NotBetween => " NOT BETWEEN ",
        _ => return None,
    })
}

impl Compiler<'_> {
    pub(super) fn unary(&mut self, unary: &Unary, flags: Flags<'_>) -> R<()> {
        if let Some(operator) = &unary.operator {
            match operator.op {
                Op::IsTrue | Op::IsFalse => return self.truth(unary, operator.op, flags),
                Op::Custom => {
                    let text = operator.custom.as_ref().map(|custom| custom.text.clone());
                    self.push(text.as_deref().unwrap_or(""));
                    self.push(" ");
                }
                op => self.push(mark(op).unwrap_or("")),
            }
        }
        self.element(&unary.element, flags)?;
        if let Some(modifier) = unary.modifier {
            self.push(mark(modifier).unwrap_or(""));
        }
        Ok(())
    }

    /// A boolean column as a condition.
    fn truth(&mut self, unary: &Unary, op: Op, flags: Flags<'_>) -> R<()> {
        let native = self.dialect.native_boolean() || implicitly_boolean(&unary.element);
        if op == Op::IsFalse && native {
            self.push("NOT ");
        }
        self.element(&unary.element, flags)?;
        if !native {
            self.push(if op == Op::IsTrue { " = 1" } else { " = 0" });
        }
        Ok(())
    }

    pub(super) fn binary(&mut self, node: &Expr, binary: &Binary, flags: Flags<'_>) -> R<()> {
        use Op::*;
        let inner = Flags { in_operator: true, beside: Some(binary.operator.op), in_columns: false, ..flags };
        let (left, right) = (&binary.left, &binary.right);
        match binary.operator.op {
            Custom => {
                let custom = binary.operator.custom.clone().expect("a custom operator says what it is");
                let grouped = flags.in_operator && custom.eager_grouping;
                if grouped {
                    self.push("(");
                }
                self.element(left, inner)?;
                self.push(" ");
                self.push(&custom.text);
                self.push(" ");
                self.element(right, inner)?;
                if grouped {
                    self.push(")");
                }
                Ok(())
            }
            TrueDiv => {
                if self.dialect.truediv(self, left, right, inner)? {
                    return Ok(());
                }
                self.element(left, inner)?;
                self.push(" / ");
                let whole = Affinity::of(&right.ty()) == Affinity::Integer;
                if whole {
                    self.push("CAST(");
                }
                self.element(right, inner)?;
                if whole {
                    self.push(" AS NUMERIC)");
                }
                Ok(())
            }
            FloorDiv => {
                let whole = [left, right].iter().all(|side| Affinity::of(&side.ty()) == Affinity::Integer);
                self.push(if whole { "" } else { "FLOOR(" });
                self.between(left, " / ", right, inner)?;
                self.push(if whole { "" } else { ")" });
                Ok(())
            }
            NotIn => {
                self.push("(");
                self.between(left, " NOT IN ", right, inner)?;
                self.push(")");
                Ok(())
            }
            NotMatch => {
                self.push("NOT ");
                self.between(left, " MATCH ", right, inner)
            }
            IsDistinctFrom => {
                let mark = self.dialect.is_distinct_text().0;
                let inner = Flags { literal: inner.literal && self.dialect.is_default(), ..inner };
                self.between(left, mark, right, inner)
            }
            IsNotDistinctFrom => {
                let mark = self.dialect.is_distinct_text().1;
                let inner = Flags { literal: inner.literal && self.dialect.is_default(), ..inner };
                self.between(left, mark, right, inner)
            }
            RegexpMatch | NotRegexpMatch => {
                let negated = binary.operator.op == NotRegexpMatch;
                match self.dialect.regexp_text() {
                    Some((plain, not)) => self.between(left, if negated { not } else { plain }, right, inner),
                    None if self.dialect.is_default() => self.between(
                        left,
                        if negated { " <not regexp> " } else { " <regexp> " },
                        right,
                        inner,
                    ),
                    None => Err(errors::compile_error(format!(
                        "{} dialect does not support regular expressions",
                        self.dialect.name()
                    ))),
                }
            }
            RegexpReplace => {
                if !self.dialect.is_default() {
                    return Err(errors::compile_error(format!(
                        "{} dialect does not support regular expression replacements",
                        self.dialect.name()
                    )));
                }
                self.push("<regexp replace>(");
                self.element(left, inner)?;
                self.push(", ");
                self.element(right, inner)?;
                self.push(")");
                Ok(())
            }
            BitwiseXor => {
                if self.dialect.bitwise_xor(self, left, right, inner)? {
                    return Ok(());
                }
                self.between(left, " ^ ", right, inner)
            }
            GetItem | JsonGetItem | JsonPathGetItem => {
                if self.dialect.json_item(self, node, inner)? {
                    return Ok(());
                }
                self.element(left, inner)?;
                self.push("[");
                self.element(right, inner)?;
                self.push("]");
                Ok(())
            }
            Like | NotLike | ILike | NotILike | StartsWith | NotStartsWith | IStartsWith | NotIStartsWith
            | EndsWith | NotEndsWith | IEndsWith | NotIEndsWith | Contains | NotContains | IContains
            | NotIContains => self.like(binary, inner),
            Between if binary.flags.is_some() => self.between(left, " BETWEEN SYMMETRIC ", right, inner),
            NotBetween if binary.flags.is_some() => {
                self.between(left, " NOT BETWEEN SYMMETRIC ", right, inner)
            }
            op => match mark(op) {
                Some(mark) => self.between(left, mark, right, inner),
                None => Err(errors::compile_error(format!(
                    "Compiler {} can't render element of type <function {}>",
                    self.dialect.name(),
                    op.name()
                ))),
            },
        }
    }

    pub(super) fn between(&mut self, left: &Expr, mark: &str, right: &Expr, flags: Flags<'_>) -> R<()> {
        self.element(left, flags)?;
        self.push(mark);
        self.element(right, flags)
    }

    /// LIKE and what is spelled by it.
    fn like(&mut self, binary: &Binary, flags: Flags<'_>) -> R<()> {
        use Op::*;
        let op = binary.operator.op;
        let lower = matches!(
            op,
            ILike
                | NotILike
                | IStartsWith
                | NotIStartsWith
                | IEndsWith
                | NotIEndsWith
                | IContains
                | NotIContains
        );
        let negated = matches!(
            op,
            NotLike
                | NotILike
                | NotStartsWith
                | NotIStartsWith
                | NotEndsWith
                | NotIEndsWith
                | NotContains
                | NotIContains
        );
        let percent_before = matches!(
            op,
            EndsWith
                | NotEndsWith
                | IEndsWith
                | NotIEndsWith
                | Contains
                | NotContains
                | IContains
                | NotIContains
        );
        let percent_behind = matches!(
            op,
            StartsWith
                | NotStartsWith
                | IStartsWith
                | NotIStartsWith
                | Contains
                | NotContains
                | IContains
                | NotIContains
        );
        self.lowered(&binary.left, lower, flags)?;
        self.push(if negated { " NOT LIKE " } else { " LIKE " });
        if percent_before {
            self.push("'%' || ");
        }
        self.lowered(&binary.right, lower, flags)?;
        if percent_behind {
            self.push(" || '%'");
        }
        if let Some(escape) = &binary.escape {
            let value = Value::Str(escape.clone());
            let text = literal::render(self.host, &value, &types::string(), self.dialect)?;
            self.push(" ESCAPE ");
            self.push(&text);
        }
        Ok(())
    }

    fn lowered(&mut self, operand: &Expr, lower: bool, flags: Flags<'_>) -> R<()> {
        if lower {
            self.push("lower(");
        }
        self.element(operand, flags)?;
        if lower {
            self.push(")");
        }
        Ok(())
    }
}

/// Whether any database takes the expression as a condition.
fn implicitly_boolean(expression: &Expr) -> bool {
    match &expression.kind {
        ExprKind::Binary(binary) => binary.operator.op.is_boolean() || binary.operator.is_comparison(),
        ExprKind::List(list) => list.operator.op.is_boolean(),
        ExprKind::Grouping(inner) => implicitly_boolean(inner),
        ExprKind::Label(label) => implicitly_boolean(&label.element),
        ExprKind::Unary(unary) => unary.wraps_column && implicitly_boolean(&unary.element),
        _ => false,
    }
}
