//! Statements.
//!
//! Owns what each simple statement and each loop compiles to. Must not know definitions, `try` and patterns, which
//! stand beside it.

use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::Ranged;

use super::code::ImportSite;
use super::op::Op;
use super::{Block, C, CodeKind, Compiler, Mode, ScopeKind, errors};
use crate::python::syntax::reject;
use crate::python::value::{BinaryOp, Value, intern};

impl<'a> Compiler<'a> {
    pub(super) fn body(&mut self, body: &'a [Stmt]) -> C<()> {
        for stmt in body {
            self.stmt(stmt)?;
        }
        Ok(())
    }

    pub(super) fn stmt(&mut self, stmt: &'a Stmt) -> C<()> {
        self.enter()?;
        self.at(stmt.range());
        let done = self.stmt_inner(stmt);
        self.leave();
        done
    }

    fn stmt_inner(&mut self, stmt: &'a Stmt) -> C<()> {
        match stmt {
            Stmt::Expr(stmt) => self.expression_statement(stmt),
            Stmt::Assign(stmt) => self.assign(stmt),
            Stmt::AugAssign(stmt) => self.aug_assign(stmt),
            Stmt::AnnAssign(stmt) => self.ann_assign(stmt),
            Stmt::If(stmt) => self.if_statement(stmt),
            Stmt::While(stmt) => self.while_loop(stmt),
            Stmt::With(stmt) if stmt.is_async => Err(self.fail(reject::ASYNC_WITH.error(), stmt.range())),
            Stmt::For(stmt) if stmt.is_async => Err(self.fail(reject::ASYNC_FOR.error(), stmt.range())),
            Stmt::For(stmt) => self.for_loop(stmt),
            Stmt::FunctionDef(def) => self.function(def),
            Stmt::ClassDef(def) => self.class(def),
            Stmt::Return(stmt) => self.return_statement(stmt),
            Stmt::Raise(stmt) => self.raise(stmt),
            Stmt::Try(stmt) => self.try_statement(stmt),
            Stmt::With(stmt) => self.with_statement(&stmt.items, &stmt.body),
            Stmt::Match(stmt) => self.match_statement(stmt),
            Stmt::Assert(stmt) => self.assert(stmt),
            Stmt::Delete(stmt) => {
                for target in &stmt.targets {
                    self.delete(target)?;
                }
                Ok(())
            }
            Stmt::Import(stmt) => self.import(stmt),
            Stmt::ImportFrom(stmt) => self.import_from(stmt),
            Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::Pass(_) => Ok(()),
            Stmt::Break(stmt) => match self.innermost_loop() {
                Some(index) => self.leave_loop(index),
                None => Err(self.fail(errors::break_outside_loop(), stmt.range())),
            },
            Stmt::Continue(stmt) => match self.innermost_loop() {
                Some(index) => self.next_turn(index),
                None => Err(self.fail(errors::continue_outside_loop(), stmt.range())),
            },
            Stmt::TypeAlias(stmt) => Err(self.fail(errors::other("invalid syntax"), stmt.range())),
            Stmt::IpyEscapeCommand(stmt) => Err(self.fail(errors::other("invalid syntax"), stmt.range())),
        }
    }

    fn expression_statement(&mut self, stmt: &'a ast::StmtExpr) -> C<()> {
        let echoes = self.mode == Mode::Single && self.outer.is_empty();
        if !echoes
            && matches!(
                &*stmt.value,
                Expr::StringLiteral(_)
                    | Expr::NumberLiteral(_)
                    | Expr::NoneLiteral(_)
                    | Expr::EllipsisLiteral(_)
            )
        {
            return Ok(());
        }
        self.expr(&stmt.value)?;
        self.at(stmt.range());
        self.unit.emit(if echoes { Op::PrintExpr } else { Op::Pop });
        Ok(())
    }

    fn assign(&mut self, stmt: &'a ast::StmtAssign) -> C<()> {
        if let [Expr::Tuple(targets)] = &stmt.targets[..]
            && let Expr::Tuple(values) = &*stmt.value
            && targets.elts.len() == values.elts.len()
            && (2..=3).contains(&targets.elts.len())
            && !targets.elts.iter().chain(&values.elts).any(Expr::is_starred_expr)
        {
            // `a, b = b, a` needs no tuple. Targets are stored from the left.
            for value in &values.elts {
                self.expr(value)?;
            }
            if values.elts.len() == 3 {
                self.unit.emit(Op::Rot3);
            }
            self.unit.emit(Op::Rot2);
            for target in &targets.elts {
                self.store(target)?;
            }
            return Ok(());
        }
        self.expr(&stmt.value)?;
        for (index, target) in stmt.targets.iter().enumerate() {
            if index + 1 < stmt.targets.len() {
                self.unit.emit(Op::Dup);
            }
            self.store(target)?;
        }
        Ok(())
    }

    fn aug_assign(&mut self, stmt: &'a ast::StmtAugAssign) -> C<()> {
        let op = binary_op(stmt.op);
        match &*stmt.target {
            Expr::Name(name) => {
                let name = self.mangled(&name.id);
                self.at(stmt.target.range());
                self.load_name(&name);
                self.expr(&stmt.value)?;
                self.at(stmt.range());
                self.unit.emit(Op::InPlace(op));
                self.store_name(&name);
            }
            Expr::Attribute(target) => {
                self.expr(&target.value)?;
                self.unit.emit(Op::Dup);
                let name = self.mangled(&target.attr);
                self.at(target.range());
                let load = self.unit.attr(&name);
                self.unit.emit(Op::LoadAttr(load));
                self.expr(&stmt.value)?;
                self.at(stmt.range());
                self.unit.emit(Op::InPlace(op));
                self.unit.emit(Op::Rot2);
                self.at(target.range());
                let store = self.unit.attr(&name);
                self.unit.emit(Op::StoreAttr(store));
            }
            Expr::Subscript(target) => {
                self.expr(&target.value)?;
                self.expr(&target.slice)?;
                self.at(target.range());
                self.unit.emit(Op::Dup2);
                self.unit.emit(Op::LoadItem);
                self.expr(&stmt.value)?;
                self.at(stmt.range());
                self.unit.emit(Op::InPlace(op));
                self.unit.emit(Op::Rot3);
                self.at(target.range());
                self.unit.emit(Op::StoreItem);
            }
            other => {
                return Err(
                    self.fail(errors::other("illegal expression for augmented assignment"), other.range())
                );
            }
        }
        Ok(())
    }

    fn ann_assign(&mut self, stmt: &'a ast::StmtAnnAssign) -> C<()> {
        if let Some(value) = &stmt.value {
            self.expr(value)?;
            self.store(&stmt.target)?;
        }
        let keeps = matches!(self.scope_kind(), ScopeKind::Module | ScopeKind::Class);
        match &*stmt.target {
            Expr::Name(name) if stmt.simple => {
                if keeps {
                    self.annotation(&stmt.annotation)?;
                    self.load_annotations();
                    let name = self.mangled(&name.id);
                    self.unit.load_const(Value::Str(name));
                    self.unit.emit(Op::StoreItem);
                }
            }
            target => {
                if stmt.value.is_none() {
                    match target {
                        Expr::Attribute(target) => {
                            self.expr(&target.value)?;
                            self.unit.emit(Op::Pop);
                        }
                        Expr::Subscript(target) => {
                            self.expr(&target.value)?;
                            self.unit.emit(Op::Pop);
                            self.expr(&target.slice)?;
                            self.unit.emit(Op::Pop);
                        }
                        _ => {}
                    }
                }
                if keeps && !self.annotations_as_text {
                    self.expr(&stmt.annotation)?;
                    self.unit.emit(Op::Pop);
                }
            }
        }
        Ok(())
    }

    fn load_annotations(&mut self) {
        let index = self.unit.global(&intern("__annotations__"));
        match self.unit.kind {
            CodeKind::Module => self.unit.emit(Op::LoadGlobal(index)),
            _ => self.unit.emit(Op::LoadName(index)),
        }
    }

    fn if_statement(&mut self, stmt: &'a ast::StmtIf) -> C<()> {
        let end = self.unit.label();
        let mut next = self.unit.label();
        self.jump_unless(&stmt.test, next)?;
        self.body(&stmt.body)?;
        for clause in &stmt.elif_else_clauses {
            self.unit.jump(end);
            self.unit.place(next);
            next = self.unit.label();
            if let Some(test) = &clause.test {
                self.at(clause.range());
                self.jump_unless(test, next)?;
            }
            self.body(&clause.body)?;
        }
        self.unit.place(next);
        self.unit.place(end);
        Ok(())
    }

    fn while_loop(&mut self, stmt: &'a ast::StmtWhile) -> C<()> {
        let start = self.unit.label();
        let orelse = self.unit.label();
        let end = self.unit.label();
        self.unit.place(start);
        let forever = matches!(&*stmt.test, Expr::BooleanLiteral(literal) if literal.value);
        if !forever {
            self.jump_unless(&stmt.test, orelse)?;
        }
        self.push_block(Block::Loop { start, end, has_iterator: false });
        self.body(&stmt.body)?;
        self.pop_block();
        self.at(stmt.test.range());
        self.unit.jump_back(start);
        self.unit.place(orelse);
        self.body(&stmt.orelse)?;
        self.unit.place(end);
        Ok(())
    }

    fn for_loop(&mut self, stmt: &'a ast::StmtFor) -> C<()> {
        let start = self.unit.label();
        let orelse = self.unit.label();
        let end = self.unit.label();
        let floor = self.unit.height;
        self.expr(&stmt.iter)?;
        self.at(stmt.iter.range());
        self.unit.emit(Op::GetIter);
        self.unit.place(start);
        self.unit.for_iter(orelse);
        self.store(&stmt.target)?;
        self.push_block(Block::Loop { start, end, has_iterator: true });
        self.body(&stmt.body)?;
        self.pop_block();
        self.at(stmt.iter.range());
        self.unit.jump_back(start);
        self.unit.height = floor;
        self.unit.place(orelse);
        self.body(&stmt.orelse)?;
        self.unit.place(end);
        Ok(())
    }

    fn return_statement(&mut self, stmt: &'a ast::StmtReturn) -> C<()> {
        if !self.in_function() {
            return Err(self.fail(errors::outside_function("return"), stmt.range()));
        }
        match &stmt.value {
            Some(value) => self.expr(value)?,
            None => self.unit.load_const(Value::None),
        }
        self.at(stmt.range());
        self.leave_function()
    }

    fn raise(&mut self, stmt: &'a ast::StmtRaise) -> C<()> {
        let mut count = 0;
        for part in stmt.exc.iter().chain(&stmt.cause) {
            self.expr(part)?;
            count += 1;
        }
        self.at(stmt.range());
        self.unit.emit(Op::Raise(count));
        Ok(())
    }

    fn assert(&mut self, stmt: &'a ast::StmtAssert) -> C<()> {
        let fine = self.unit.label();
        self.jump_if(&stmt.test, fine)?;
        self.at(stmt.test.range());
        self.unit.emit(Op::LoadAssertionError);
        if let Some(message) = &stmt.msg {
            self.unit.emit(Op::PushUnset);
            self.expr(message)?;
            self.at(stmt.range());
            self.unit.emit(Op::Call(1));
        }
        self.at(stmt.test.range());
        self.unit.emit(Op::Raise(1));
        self.unit.place(fine);
        Ok(())
    }

    fn import(&mut self, stmt: &'a ast::StmtImport) -> C<()> {
        for alias in &stmt.names {
            self.at(stmt.range());
            let module = intern(&alias.name);
            let site = self.import_site(ImportSite { module, names: None, level: 0 });
            self.unit.emit(Op::ImportName(site));
            match &alias.asname {
                None => {
                    let top = alias.name.split('.').next().unwrap_or(&alias.name);
                    let name = self.mangled(top);
                    self.store_name(&name);
                }
                Some(asname) => {
                    // `import a.b.c as d` binds the innermost module.
                    for part in alias.name.split('.').skip(1) {
                        let index = self.unit.name(&intern(part));
                        self.unit.emit(Op::ImportFrom(index));
                        self.unit.emit(Op::Rot2);
                        self.unit.emit(Op::Pop);
                    }
                    let name = self.mangled(asname);
                    self.store_name(&name);
                }
            }
        }
        Ok(())
    }

    fn import_site(&mut self, site: ImportSite) -> u32 {
        self.unit.imports.push(site);
        self.unit.imports.len() as u32 - 1
    }

    fn import_from(&mut self, stmt: &'a ast::StmtImportFrom) -> C<()> {
        let module = intern(stmt.module.as_ref().map_or("", |module| module.as_str()));
        let names = stmt.names.iter().map(|alias| intern(&alias.name)).collect();
        let site = self.import_site(ImportSite { module, names: Some(names), level: stmt.level });
        self.unit.emit(Op::ImportName(site));
        for alias in &stmt.names {
            if alias.name.as_str() == "*" {
                self.unit.emit(Op::ImportStar);
                return Ok(());
            }
            let index = self.unit.name(&intern(&alias.name));
            self.unit.emit(Op::ImportFrom(index));
            let name = self.mangled(alias.asname.as_ref().unwrap_or(&alias.name));
            self.store_name(&name);
        }
        self.unit.emit(Op::Pop);
        Ok(())
    }

    pub(super) fn has_annotations(&self, body: &[Stmt]) -> bool {
        body.iter().any(|stmt| match stmt {
            Stmt::AnnAssign(_) => true,
            Stmt::If(stmt) => {
                self.has_annotations(&stmt.body)
                    || stmt.elif_else_clauses.iter().any(|clause| self.has_annotations(&clause.body))
            }
            Stmt::For(stmt) => self.has_annotations(&stmt.body) || self.has_annotations(&stmt.orelse),
            Stmt::While(stmt) => self.has_annotations(&stmt.body) || self.has_annotations(&stmt.orelse),
            Stmt::With(stmt) => self.has_annotations(&stmt.body),
            Stmt::Try(stmt) => {
                self.has_annotations(&stmt.body)
                    || self.has_annotations(&stmt.orelse)
                    || self.has_annotations(&stmt.finalbody)
                    || stmt
                        .handlers
                        .iter()
                        .any(|ast::ExceptHandler::ExceptHandler(handler)| self.has_annotations(&handler.body))
            }
            _ => false,
        })
    }
}

pub(super) fn binary_op(op: ast::Operator) -> BinaryOp {
    match op {
        ast::Operator::Add => BinaryOp::Add,
        ast::Operator::Sub => BinaryOp::Sub,
        ast::Operator::Mult => BinaryOp::Mul,
        ast::Operator::MatMult => BinaryOp::MatMul,
        ast::Operator::Div => BinaryOp::Div,
        ast::Operator::Mod => BinaryOp::Mod,
        ast::Operator::Pow => BinaryOp::Pow,
        ast::Operator::LShift => BinaryOp::LeftShift,
        ast::Operator::RShift => BinaryOp::RightShift,
        ast::Operator::BitOr => BinaryOp::Or,
        ast::Operator::BitXor => BinaryOp::Xor,
        ast::Operator::BitAnd => BinaryOp::And,
        ast::Operator::FloorDiv => BinaryOp::FloorDiv,
    }
}
