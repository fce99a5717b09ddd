//! Expressions.
//!
//! Owns operators, displays, conditions and the jumps they fuse into. Must not know statements.

use num_bigint::BigInt;
use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::Ranged;

use super::emit::Label;
use super::op::Op;
use super::stmts::binary_op;
use super::{C, Compiler, errors};
use crate::python::syntax::reject;
use crate::python::value::{BinaryOp, CompareOp, ComplexData, Gc, Known, Set, UnaryOp, Value, intern};

impl<'a> Compiler<'a> {
    pub(super) fn expr(&mut self, expr: &'a Expr) -> C<()> {
        self.enter()?;
        let before = self.unit.span;
        self.at(expr.range());
        let done = self.expr_inner(expr);
        self.unit.span = before;
        self.leave();
        done
    }

    fn expr_inner(&mut self, expr: &'a Expr) -> C<()> {
        if let Some(value) = self.constant_of(expr)? {
            self.unit.load_const(value);
            return Ok(());
        }
        match expr {
            Expr::Name(name) => {
                let name = self.mangled(&name.id);
                self.load_name(&name);
            }
            Expr::BinOp(binary) => {
                self.expr(&binary.left)?;
                self.expr(&binary.right)?;
                self.at(expr.range());
                self.unit.emit(match binary_op(binary.op) {
                    BinaryOp::Add => Op::Add,
                    BinaryOp::Sub => Op::Sub,
                    BinaryOp::Mul => Op::Mul,
                    op => Op::Binary(op),
                });
            }
            Expr::UnaryOp(unary) => {
                self.expr(&unary.operand)?;
                self.at(expr.range());
                self.unit.emit(match unary.op {
                    ast::UnaryOp::Not => Op::Not,
                    ast::UnaryOp::Invert => Op::Unary(UnaryOp::Invert),
                    ast::UnaryOp::UAdd => Op::Unary(UnaryOp::Positive),
                    ast::UnaryOp::USub => Op::Unary(UnaryOp::Negative),
                });
            }
            Expr::BoolOp(bool_op) => {
                let end = self.unit.label();
                let last = bool_op.values.len() - 1;
                for (index, value) in bool_op.values.iter().enumerate() {
                    self.expr(value)?;
                    if index == last {
                        break;
                    }
                    match bool_op.op {
                        ast::BoolOp::And => self.unit.jump_if_false_or_pop(end),
                        ast::BoolOp::Or => self.unit.jump_if_true_or_pop(end),
                    }
                }
                self.unit.place(end);
            }
            Expr::Compare(compare) => self.compare(compare)?,
            Expr::Call(call) => self.call(call)?,
            Expr::Attribute(attribute) => {
                self.expr(&attribute.value)?;
                self.at(expr.range());
                let name = self.mangled(&attribute.attr);
                let cache = self.unit.attr(&name);
                self.unit.emit(Op::LoadAttr(cache));
            }
            Expr::Subscript(subscript) => {
                self.expr(&subscript.value)?;
                self.expr(&subscript.slice)?;
                self.at(expr.range());
                self.unit.emit(Op::LoadItem);
            }
            Expr::Slice(slice) => {
                for part in [&slice.lower, &slice.upper] {
                    match part {
                        Some(part) => self.expr(part)?,
                        None => self.unit.load_const(Value::None),
                    }
                }
                match &slice.step {
                    Some(step) => {
                        self.expr(step)?;
                        self.unit.emit(Op::BuildSlice(3));
                    }
                    None => self.unit.emit(Op::BuildSlice(2)),
                }
            }
            Expr::If(choice) => {
                let orelse = self.unit.label();
                let end = self.unit.label();
                self.jump_unless(&choice.test, orelse)?;
                self.expr(&choice.body)?;
                self.unit.jump(end);
                self.unit.adjust(-1);
                self.unit.place(orelse);
                self.expr(&choice.orelse)?;
                self.unit.place(end);
            }
            Expr::Tuple(tuple) => self.sequence(&tuple.elts, Display::Tuple)?,
            Expr::List(list) => self.sequence(&list.elts, Display::List)?,
            Expr::Set(set) => self.sequence(&set.elts, Display::Set)?,
            Expr::Dict(dict) => self.dict(dict)?,
            Expr::Lambda(lambda) => self.lambda(lambda)?,
            Expr::ListComp(comp) => self.list_comp(comp)?,
            Expr::SetComp(comp) => self.set_comp(comp)?,
            Expr::DictComp(comp) => self.dict_comp(comp)?,
            Expr::Generator(comp) => self.generator(comp)?,
            Expr::Named(named) => {
                self.expr(&named.value)?;
                self.unit.emit(Op::Dup);
                self.store(&named.target)?;
            }
            Expr::Yield(inner) => {
                match &inner.value {
                    Some(value) => self.expr(value)?,
                    None => self.unit.load_const(Value::None),
                }
                self.at(expr.range());
                self.unit.emit(Op::Yield);
            }
            Expr::YieldFrom(inner) => {
                self.expr(&inner.value)?;
                self.at(expr.range());
                self.unit.emit(Op::GetYieldIter);
                self.unit.load_const(Value::None);
                let again = self.unit.label();
                let end = self.unit.label();
                self.unit.place(again);
                self.unit.send(end);
                self.unit.emit(Op::Yield);
                self.unit.jump(again);
                self.unit.adjust(-1);
                self.unit.place(end);
            }
            Expr::FString(fstring) => self.fstring(fstring)?,
            Expr::Starred(_) => return Err(self.fail(errors::starred_here(), expr.range())),
            Expr::Await(_) => {
                return Err(self.fail(reject::AWAIT.error(), expr.range()));
            }
            Expr::TString(_) | Expr::IpyEscapeCommand(_) => {
                return Err(self.fail(errors::other("invalid syntax"), expr.range()));
            }
            _ => unreachable!("literals are constants"),
        }
        Ok(())
    }

    /// The value of a literal, of a negated number, of a tuple of constants.
    fn constant_of(&self, expr: &Expr) -> C<Option<Value>> {
        Ok(Some(match expr {
            Expr::NumberLiteral(number) => match &number.value {
                ast::Number::Int(int) => match int.as_i64() {
                    Some(small) => Value::Int(small),
                    None => self.big_literal(&int.to_string(), expr)?,
                },
                ast::Number::Float(float) => Value::Float(*float),
                ast::Number::Complex { real, imag } => {
                    Value::native(Known::Complex.native_type(), ComplexData(*real, *imag))
                }
            },
            Expr::StringLiteral(text) => {
                let text = text.value.to_str();
                if text.len() <= 64 { Value::Str(intern(text)) } else { Value::str(text) }
            }
            Expr::BytesLiteral(bytes) => Value::bytes(bytes.value.bytes().collect::<Vec<u8>>()),
            Expr::BooleanLiteral(literal) => Value::Bool(literal.value),
            Expr::NoneLiteral(_) => Value::None,
            Expr::EllipsisLiteral(_) => Value::Ellipsis,
            Expr::Name(name) if name.id.as_str() == "__debug__" => Value::Bool(true),
            Expr::UnaryOp(unary) if unary.op == ast::UnaryOp::USub => match &*unary.operand {
                Expr::NumberLiteral(_) => match self.constant_of(&unary.operand)? {
                    Some(Value::Int(number)) => match number.checked_neg() {
                        Some(negated) => Value::Int(negated),
                        None => return Ok(None),
                    },
                    Some(Value::Float(number)) => Value::Float(-number),
                    Some(Value::BigInt(number)) => Value::big(-number.0.clone()),
                    _ => return Ok(None),
                },
                _ => return Ok(None),
            },
            Expr::Tuple(tuple) if !tuple.elts.is_empty() && tuple.elts.iter().all(is_literal) => {
                let mut items = Vec::with_capacity(tuple.elts.len());
                for item in &tuple.elts {
                    match self.constant_of(item)? {
                        Some(value) => items.push(value),
                        None => return Ok(None),
                    }
                }
                Value::tuple(items)
            }
            _ => return Ok(None),
        }))
    }

    fn big_literal(&self, text: &str, expr: &Expr) -> C<Value> {
        let lower = text.to_ascii_lowercase().replace('_', "");
        let (digits, radix) = match lower.get(..2) {
            Some("0x") => (&lower[2..], 16),
            Some("0o") => (&lower[2..], 8),
            Some("0b") => (&lower[2..], 2),
            _ => (&*lower, 10),
        };
        if radix == 10 && digits.len() > 4300 {
            let text = format!(
                "Exceeds the limit (4300 digits) for integer string conversion: value has {} digits; use sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer literals to avoid decimal conversion limits.",
                digits.len()
            );
            return Err(self.fail(errors::other(text), expr.range()));
        }
        match BigInt::parse_bytes(digits.as_bytes(), radix) {
            Some(number) => Ok(Value::big(number)),
            None => Err(self.fail(errors::other("invalid decimal literal"), expr.range())),
        }
    }

    fn compare(&mut self, compare: &'a ast::ExprCompare) -> C<()> {
        self.expr(&compare.left)?;
        let last = compare.ops.len() - 1;
        if last == 0 {
            self.expr(&compare.comparators[0])?;
            self.at(compare.range());
            self.compare_op(compare.ops[0]);
            return Ok(());
        }
        let cleanup = self.unit.label();
        let end = self.unit.label();
        for (index, (op, right)) in compare.ops.iter().zip(&compare.comparators).enumerate() {
            self.expr(right)?;
            self.at(compare.range());
            if index == last {
                self.compare_op(*op);
                break;
            }
            self.unit.emit(Op::Dup);
            self.unit.emit(Op::Rot3);
            self.compare_op(*op);
            self.unit.jump_if_false_or_pop(cleanup);
        }
        self.unit.jump(end);
        self.unit.place(cleanup);
        self.unit.emit(Op::Rot2);
        self.unit.emit(Op::Pop);
        self.unit.place(end);
        Ok(())
    }

    fn compare_op(&mut self, op: ast::CmpOp) {
        self.unit.emit(match op {
            ast::CmpOp::Eq => Op::Compare(CompareOp::Eq),
            ast::CmpOp::NotEq => Op::Compare(CompareOp::Ne),
            ast::CmpOp::Lt => Op::Compare(CompareOp::Lt),
            ast::CmpOp::LtE => Op::Compare(CompareOp::Le),
            ast::CmpOp::Gt => Op::Compare(CompareOp::Gt),
            ast::CmpOp::GtE => Op::Compare(CompareOp::Ge),
            ast::CmpOp::Is => Op::Is,
            ast::CmpOp::IsNot => Op::IsNot,
            ast::CmpOp::In => Op::In,
            ast::CmpOp::NotIn => Op::NotIn,
        });
    }

    /// Jumps if the condition is false, else falls through; leaves nothing on the stack.
    pub(super) fn jump_unless(&mut self, test: &'a Expr, target: Label) -> C<()> {
        match test {
            Expr::UnaryOp(unary) if unary.op == ast::UnaryOp::Not => self.jump_if(&unary.operand, target),
            Expr::BoolOp(bool_op) if bool_op.op == ast::BoolOp::And => {
                for value in &bool_op.values {
                    self.jump_unless(value, target)?;
                }
                Ok(())
            }
            Expr::BoolOp(bool_op) => {
                let fine = self.unit.label();
                let (last, first) = bool_op.values.split_last().expect("`or` has sides");
                for value in first {
                    self.jump_if(value, fine)?;
                }
                self.jump_unless(last, target)?;
                self.unit.place(fine);
                Ok(())
            }
            test => {
                self.expr(test)?;
                self.at(test.range());
                self.unit.jump_if_false(target);
                Ok(())
            }
        }
    }

    /// Jumps if the condition is true.
    pub(super) fn jump_if(&mut self, test: &'a Expr, target: Label) -> C<()> {
        match test {
            Expr::UnaryOp(unary) if unary.op == ast::UnaryOp::Not => self.jump_unless(&unary.operand, target),
            Expr::BoolOp(bool_op) if bool_op.op == ast::BoolOp::Or => {
                for value in &bool_op.values {
                    self.jump_if(value, target)?;
                }
                Ok(())
            }
            Expr::BoolOp(bool_op) => {
                let out = self.unit.label();
                let (last, first) = bool_op.values.split_last().expect("`and` has sides");
                for value in first {
                    self.jump_unless(value, out)?;
                }
                self.jump_if(last, target)?;
                self.unit.place(out);
                Ok(())
            }
            test => {
                self.expr(test)?;
                self.at(test.range());
                self.unit.jump_if_true(target);
                Ok(())
            }
        }
    }

    /// A display, or the positional arguments of a call as a tuple.
    pub(super) fn sequence(&mut self, items: &'a [Expr], display: Display) -> C<()> {
        if matches!(display, Display::Set) && items.len() >= 3 && items.iter().all(is_literal) {
            return self.constant_set(items);
        }
        let plain = items.iter().take_while(|item| !item.is_starred_expr()).count();
        for item in &items[..plain] {
            self.expr(item)?;
        }
        if plain == items.len() {
            self.unit.emit(match display {
                Display::Tuple => Op::BuildTuple(plain as u32),
                Display::List => Op::BuildList(plain as u32),
                Display::Set => Op::BuildSet(plain as u32),
            });
            return Ok(());
        }
        let is_set = matches!(display, Display::Set);
        self.unit.emit(if is_set { Op::BuildSet(plain as u32) } else { Op::BuildList(plain as u32) });
        for item in &items[plain..] {
            match item {
                Expr::Starred(starred) => {
                    self.expr(&starred.value)?;
                    self.at(item.range());
                    self.unit.emit(if is_set { Op::SetUpdate } else { Op::ListExtend });
                }
                item => {
                    self.expr(item)?;
                    self.unit.emit(if is_set { Op::SetAdd(1) } else { Op::ListAppend(1) });
                }
            }
        }
        if matches!(display, Display::Tuple) {
            self.unit.emit(Op::ListToTuple);
        }
        Ok(())
    }

    /// A display of three or more constants: CPython keeps a frozen set, made twice on the way, and copies it. Its
    /// order shows that.
    fn constant_set(&mut self, items: &'a [Expr]) -> C<()> {
        let mut constants = Vec::with_capacity(items.len());
        for item in items {
            constants.extend(self.constant_of(item)?);
        }
        let kept = if constants.len() == items.len() { Set::of_constants(constants) } else { None };
        let kept = kept.and_then(|first| Set::of_constants(first.to_vec()));
        match kept {
            Some(kept) => {
                self.unit.emit(Op::BuildSet(0));
                self.unit.load_const(Value::Set(Gc::new(kept)));
                self.unit.emit(Op::SetUpdate);
            }
            None => {
                for item in items {
                    self.expr(item)?;
                }
                self.unit.emit(Op::BuildSet(items.len() as u32));
            }
        }
        Ok(())
    }

    fn dict(&mut self, dict: &'a ast::ExprDict) -> C<()> {
        let plain = dict.items.iter().take_while(|item| item.key.is_some()).count().min(0x7fff);
        for item in &dict.items[..plain] {
            if let Some(key) = &item.key {
                self.expr(key)?;
            }
            self.expr(&item.value)?;
        }
        self.unit.emit(Op::BuildMap(plain as u32));
        for item in &dict.items[plain..] {
            match &item.key {
                Some(key) => {
                    self.expr(key)?;
                    self.expr(&item.value)?;
                    self.unit.emit(Op::MapAdd(1));
                }
                None => {
                    self.expr(&item.value)?;
                    self.at(item.value.range());
                    self.unit.emit(Op::DictUpdate);
                }
            }
        }
        Ok(())
    }
}

fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::BytesLiteral(_)
        | Expr::BooleanLiteral(_)
        | Expr::NoneLiteral(_)
        | Expr::EllipsisLiteral(_) => true,
        Expr::UnaryOp(unary) => unary.op == ast::UnaryOp::USub && unary.operand.is_number_literal_expr(),
        Expr::Tuple(tuple) => !tuple.elts.is_empty() && tuple.elts.iter().all(is_literal),
        _ => false,
    }
}

#[derive(Clone, Copy)]
pub(super) enum Display {
    Tuple,
    List,
    Set,
}
