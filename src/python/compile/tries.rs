//! `try` and `with`.
//!
//! Owns their protected ranges and handlers. Must not know how the machine unwinds.
//!
//! An exception goes to the handler with two values pushed: what was handled before it, and itself. In the handler's
//! body a `Restore` range stands for "what was handled before is so again" on the way out.

use ruff_python_ast::{self as ast, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::op::Op;
use super::{Block, C, Compiler, errors};
use crate::python::syntax::reject;

impl<'a> Compiler<'a> {
    pub(super) fn try_statement(&mut self, stmt: &'a ast::StmtTry) -> C<()> {
        if stmt.is_star {
            return Err(self.fail(reject::EXCEPT_STAR.error(), stmt.range()));
        }
        if stmt.finalbody.is_empty() {
            return self.try_except(stmt);
        }
        let catch = self.new_catch();
        let end = self.unit.label();
        let depth = self.unit.height;
        self.push_catching(Block::Finally { body: &stmt.finalbody }, catch);
        if stmt.handlers.is_empty() {
            self.body(&stmt.body)?;
        } else {
            self.try_except(stmt)?;
        }
        self.pop_block();
        self.body(&stmt.finalbody)?;
        self.unit.jump(end);

        self.place_catch(catch, depth);
        self.push_restoring(Block::FinallyHandling, depth);
        self.body(&stmt.finalbody)?;
        self.unit.emit(Op::Reraise);
        self.pop_block();
        self.unit.height = depth;
        self.unit.place(end);
        Ok(())
    }

    fn try_except(&mut self, stmt: &'a ast::StmtTry) -> C<()> {
        let catch = self.new_catch();
        let end = self.unit.label();
        let depth = self.unit.height;
        self.push_catching(Block::Try, catch);
        self.body(&stmt.body)?;
        self.pop_block();
        self.body(&stmt.orelse)?;
        self.unit.jump(end);

        self.place_catch(catch, depth);
        let last = stmt.handlers.len() - 1;
        for (index, ast::ExceptHandler::ExceptHandler(handler)) in stmt.handlers.iter().enumerate() {
            let next = self.unit.label();
            self.at(handler.range());
            self.push_restoring(Block::Handling, depth);
            if let Some(kind) = &handler.type_ {
                self.expr(kind)?;
                self.at(kind.range());
                self.unit.jump_if_no_match(next);
            } else if index != last {
                return Err(self.fail(errors::bare_except_not_last(), handler.range()));
            }
            self.at(handler.range());
            match &handler.name {
                None => {
                    self.unit.emit(Op::Pop);
                    self.body(&handler.body)?;
                }
                Some(name) => {
                    let name = self.mangled(name);
                    self.store_name(&name);
                    self.named_handler(&name, &handler.body, handler.range())?;
                }
            }
            self.unit.emit(Op::PopExcept);
            self.pop_block();
            self.unit.jump(end);
            self.unit.height = depth + 2;
            self.unit.place(next);
            self.unit.height = depth + 2;
        }
        self.push_restoring(Block::Handling, depth);
        self.unit.emit(Op::Reraise);
        self.pop_block();
        self.unit.height = depth;
        self.unit.place(end);
        Ok(())
    }

    /// The body of `except ... as name`: the name goes however the body ends.
    fn named_handler(
        &mut self,
        name: &crate::python::value::Str,
        body: &'a [Stmt],
        range: TextRange,
    ) -> C<()> {
        let catch = self.new_catch();
        let end = self.unit.label();
        let depth = self.unit.height;
        self.push_catching(Block::HandlerName { name: name.clone(), range }, catch);
        self.body(body)?;
        self.pop_block();
        self.at(range);
        self.forget(name);
        self.unit.jump(end);
        self.place_catch(catch, depth);
        self.push_restoring(Block::FinallyHandling, depth);
        self.forget(name);
        self.unit.emit(Op::Reraise);
        self.pop_block();
        self.unit.height = depth;
        self.unit.place(end);
        Ok(())
    }

    pub(super) fn with_statement(&mut self, items: &'a [ast::WithItem], body: &'a [Stmt]) -> C<()> {
        let Some((item, rest)) = items.split_first() else { return self.body(body) };
        let end = self.unit.label();
        self.expr(&item.context_expr)?;
        self.at(item.context_expr.range());
        self.unit.emit(Op::BeforeWith);
        // Stack: exit, entered. The range starts with the exit alone below.
        let catch = self.new_catch();
        self.unit.adjust(-1);
        self.push_catching(Block::With, catch);
        let depth = self.unit.height;
        self.unit.adjust(1);
        match &item.optional_vars {
            Some(target) => self.store(target)?,
            None => self.unit.emit(Op::Pop),
        }
        self.with_statement(rest, body)?;
        self.pop_block();
        self.at(item.context_expr.range());
        self.unit.emit(Op::WithExit);
        self.unit.jump(end);

        self.place_catch(catch, depth);
        self.push_restoring(Block::FinallyHandling, depth);
        let swallowed = self.unit.label();
        self.unit.emit(Op::WithExceptStart);
        self.unit.jump_if_true(swallowed);
        self.unit.emit(Op::Reraise);
        self.pop_block();
        self.unit.height = depth + 2;
        self.unit.place(swallowed);
        self.unit.emit(Op::Pop);
        self.unit.emit(Op::PopExcept);
        self.unit.emit(Op::Pop);
        self.unit.place(end);
        Ok(())
    }
}
