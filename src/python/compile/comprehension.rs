//! Comprehensions and generator expressions.
//!
//! Owns their loops. List, set and dictionary comprehensions are compiled into the unit around them, with slots of
//! their own; tracebacks show them as the frames they are in CPython. Must not know what is collected.

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::{Ranged, TextRange};
use std::rc::Rc;

use super::code::{CodeKind, Inlined, Params};
use super::op::{Op, make};
use super::scope::key;
use super::{Block, C, Compiler, errors, span};
use crate::python::syntax::reject;
use crate::python::value::intern;

enum Collect<'a> {
    List(&'a Expr),
    Set(&'a Expr),
    Dict(&'a Expr, &'a Expr),
    Yield(&'a Expr),
}

impl<'a> Compiler<'a> {
    pub(super) fn list_comp(&mut self, comp: &'a ast::ExprListComp) -> C<()> {
        let scope = self.scopes.scope_of(comp);
        self.inline(
            scope,
            &comp.generators,
            Op::BuildList(0),
            &Collect::List(&comp.elt),
            "<listcomp>",
            comp.range(),
        )
    }

    pub(super) fn set_comp(&mut self, comp: &'a ast::ExprSetComp) -> C<()> {
        let scope = self.scopes.scope_of(comp);
        self.inline(
            scope,
            &comp.generators,
            Op::BuildSet(0),
            &Collect::Set(&comp.elt),
            "<setcomp>",
            comp.range(),
        )
    }

    pub(super) fn dict_comp(&mut self, comp: &'a ast::ExprDictComp) -> C<()> {
        let scope = self.scopes.scope_of(comp);
        let Some(key) = &comp.key else {
            return Err(
                self.fail(errors::other("dict unpacking cannot be used in dict comprehension"), comp.range())
            );
        };
        let collect = Collect::Dict(key, &comp.value);
        self.inline(scope, &comp.generators, Op::BuildMap(0), &collect, "<dictcomp>", comp.range())
    }

    fn inline(
        &mut self,
        scope: usize,
        generators: &'a [ast::Comprehension],
        build: Op,
        collect: &Collect<'a>,
        name: &str,
        range: TextRange,
    ) -> C<()> {
        let first = &generators[0];
        self.expr(&first.iter)?;
        self.at(first.iter.range());
        self.unit.emit(Op::GetIter);
        self.unit.emit(build);
        self.unit.emit(Op::Rot2);
        let start = self.unit.here();
        let outer_scope = std::mem::replace(&mut self.scope, scope);
        let symbols = &self.scopes.scopes[scope].symbols;
        let own: Vec<_> = symbols
            .iter()
            .filter(|(_, symbol)| symbol.bound && !symbol.global && !symbol.nonlocal)
            .map(|(name, symbol)| (name.clone(), symbol.cell))
            .collect();
        let mut slots = Vec::new();
        for (name, is_cell) in &own {
            let slot = self.slot(scope, name);
            slots.push(slot);
            if *is_cell {
                self.unit.emit(Op::ClearLocal(slot));
                self.unit.emit(Op::MakeCell(slot));
            }
        }
        self.loops(generators, 0, collect, 1)?;
        self.scope = outer_scope;
        self.at(range);
        for slot in slots {
            self.unit.emit(Op::ClearLocal(slot));
        }
        let end = self.unit.here();
        self.unit.inlined.push(Inlined { start, end, name: Rc::from(name), outer: span(range) });
        Ok(())
    }

    /// One `for` with what is inside it. The iterator of the first is on the stack; `depth` collections' distance.
    fn loops(
        &mut self,
        generators: &'a [ast::Comprehension],
        index: usize,
        collect: &Collect<'a>,
        depth: u32,
    ) -> C<()> {
        let generator = &generators[index];
        if generator.is_async {
            return Err(self.fail(reject::ASYNC_COMPREHENSION.error(), generator.range()));
        }
        if index > 0 {
            self.expr(&generator.iter)?;
            self.at(generator.iter.range());
            self.unit.emit(Op::GetIter);
        }
        let again = self.unit.label();
        let end = self.unit.label();
        let skip = self.unit.label();
        let floor = self.unit.height - 1;
        self.unit.place(again);
        self.at(generator.iter.range());
        self.unit.for_iter(end);
        self.store(&generator.target)?;
        self.push_block(Block::Loop { start: again, end, has_iterator: true });
        for condition in &generator.ifs {
            self.jump_unless(condition, skip)?;
        }
        if index + 1 < generators.len() {
            self.loops(generators, index + 1, collect, depth + 1)?;
        } else {
            match collect {
                Collect::List(item) => {
                    self.expr(item)?;
                    self.unit.emit(Op::ListAppend(depth + 1));
                }
                Collect::Set(item) => {
                    self.expr(item)?;
                    self.at(item.range());
                    self.unit.emit(Op::SetAdd(depth + 1));
                }
                Collect::Dict(key, value) => {
                    self.expr(key)?;
                    self.expr(value)?;
                    self.at(key.range());
                    self.unit.emit(Op::MapAdd(depth + 1));
                }
                Collect::Yield(item) => {
                    self.expr(item)?;
                    self.at(item.range());
                    self.unit.emit(Op::Yield);
                    self.unit.emit(Op::Pop);
                }
            }
        }
        self.unit.place(skip);
        self.pop_block();
        self.unit.jump_back(again);
        self.unit.height = floor;
        self.unit.place(end);
        Ok(())
    }

    pub(super) fn generator(&mut self, comp: &'a ast::ExprGenerator) -> C<()> {
        let scope = self.scopes.nodes_of(key(comp));
        self.open(scope, "<genexpr>", CodeKind::Function);
        let argument = intern(".0");
        self.unit.params =
            Params { positional: 1, positional_only: 1, names: vec![argument.clone()], ..Params::default() };
        self.at(comp.range());
        self.prologue();
        let slot = self.slot(scope, &argument);
        self.unit.emit(Op::MakeGenerator);
        self.unit.emit(Op::LoadLocal(slot));
        self.loops(&comp.generators, 0, &Collect::Yield(&comp.elt), 0)?;
        self.unit.emit(Op::ReturnNone);
        let code = self.shut();
        self.make_function(code, 0)?;
        self.unit.emit(Op::PushUnset);
        let first = &comp.generators[0];
        self.expr(&first.iter)?;
        self.at(first.iter.range());
        self.unit.emit(Op::GetIter);
        self.at(comp.range());
        self.unit.emit(Op::Call(1));
        let _ = make::CLOSURE;
        Ok(())
    }
}
