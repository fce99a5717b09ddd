//! What stands left of `=`, after `for`, `as` and `del`.
//!
//! Owns storing and deleting. Must not know where the value comes from: it is on top of the stack.

use ruff_python_ast::Expr;
use ruff_text_size::Ranged;

use super::op::Op;
use super::{C, Compiler, errors};

impl<'a> Compiler<'a> {
    /// Stores the value on top of the stack.
    pub(super) fn store(&mut self, target: &'a Expr) -> C<()> {
        match target {
            Expr::Name(name) => {
                self.at(target.range());
                if name.id.as_str() == "__debug__" {
                    return Err(self.fail(errors::other("cannot assign to __debug__"), target.range()));
                }
                let name = self.mangled(&name.id);
                self.store_name(&name);
            }
            Expr::Attribute(attribute) => {
                self.expr(&attribute.value)?;
                self.at(target.range());
                let name = self.mangled(&attribute.attr);
                let cache = self.unit.attr(&name);
                self.unit.emit(Op::StoreAttr(cache));
            }
            Expr::Subscript(subscript) => {
                self.expr(&subscript.value)?;
                self.expr(&subscript.slice)?;
                self.at(target.range());
                self.unit.emit(Op::StoreItem);
            }
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, target)?,
            Expr::List(list) => self.unpack(&list.elts, target)?,
            Expr::Starred(_) => return Err(self.fail(errors::starred_target(), target.range())),
            other => return Err(self.fail(errors::other("cannot assign to expression"), other.range())),
        }
        Ok(())
    }

    fn unpack(&mut self, targets: &'a [Expr], whole: &Expr) -> C<()> {
        let mut starred = None;
        for (index, target) in targets.iter().enumerate() {
            if target.is_starred_expr() && starred.replace(index).is_some() {
                return Err(self.fail(errors::multiple_starred(), whole.range()));
            }
        }
        self.at(whole.range());
        match starred {
            None => self.unit.emit(Op::UnpackSequence(targets.len() as u32)),
            Some(at) => {
                let after = targets.len() - at - 1;
                if at > 255 || after > 0xffff {
                    return Err(self.fail(
                        errors::other("too many expressions in star-unpacking assignment"),
                        whole.range(),
                    ));
                }
                self.unit.emit(Op::UnpackEx { before: at as u16, after: after as u16 });
            }
        }
        for target in targets {
            match target {
                Expr::Starred(starred) => self.store(&starred.value)?,
                target => self.store(target)?,
            }
        }
        Ok(())
    }

    pub(super) fn delete(&mut self, target: &'a Expr) -> C<()> {
        match target {
            Expr::Name(name) => {
                self.at(target.range());
                let name = self.mangled(&name.id);
                self.delete_name(&name);
            }
            Expr::Attribute(attribute) => {
                self.expr(&attribute.value)?;
                self.at(target.range());
                let name = self.mangled(&attribute.attr);
                let cache = self.unit.attr(&name);
                self.unit.emit(Op::DeleteAttr(cache));
            }
            Expr::Subscript(subscript) => {
                self.expr(&subscript.value)?;
                self.expr(&subscript.slice)?;
                self.at(target.range());
                self.unit.emit(Op::DeleteItem);
            }
            Expr::Tuple(tuple) => {
                for target in &tuple.elts {
                    self.delete(target)?;
                }
            }
            Expr::List(list) => {
                for target in &list.elts {
                    self.delete(target)?;
                }
            }
            other => return Err(self.fail(errors::other("cannot delete expression"), other.range())),
        }
        Ok(())
    }
}
