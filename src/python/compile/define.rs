//! Functions, lambdas and classes.
//!
//! Owns their code units: parameters, defaults, annotations, closures, prologues. Must not know calls.

use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};
use std::cell::OnceCell;
use std::rc::Rc;

use super::code::{Code, CodeKind, Later, Params, Variable};
use super::op::{Op, make};
use super::{C, Compiler, ScopeKind};
use crate::python::syntax::reject;
use crate::python::value::{Str, Value, intern};

impl<'a> Compiler<'a> {
    pub(super) fn function(&mut self, def: &'a ast::StmtFunctionDef) -> C<()> {
        if def.is_async {
            return Err(self.fail(reject::ASYNC_FUNCTION.error(), def.range()));
        }
        for decorator in &def.decorator_list {
            self.expr(&decorator.expression)?;
            self.unit.emit(Op::PushUnset);
        }
        let name_range = def.name.range();
        let mut flags = self.defaults(Some(&*def.parameters))?;
        if self.annotations_of(def)? {
            flags |= make::ANNOTATIONS;
        }
        let scope = self.scopes.scope_of(def);
        let name = def.name.as_str();
        let line = self.source.line(def.range().start().into());
        let class = (self.unit.kind == CodeKind::Class).then(|| self.unit.name.clone());
        self.open(scope, name, CodeKind::Function);
        self.unit.first_line = line;
        self.at(name_range);
        if let Some(doc) = docstring(&def.body) {
            self.unit.doc = doc;
        }
        self.params(Some(&*def.parameters));
        if let Some(text) = self.later(&def.body) {
            let line = self.source.line(name_range.start().into());
            self.unit.later = Some(Box::new(Later { text, line, class, whole: OnceCell::new() }));
            self.unit.emit(Op::Realize);
        }
        self.prologue();
        if self.unit.is_generator {
            self.unit.emit(Op::MakeGenerator);
        }
        self.body(&def.body)?;
        self.unit.emit(Op::ReturnNone);
        let code = self.shut();
        self.at(def.range());
        self.make_function(code, flags)?;
        for decorator in def.decorator_list.iter().rev() {
            self.at(decorator.expression.range());
            self.unit.emit(Op::Call(1));
        }
        self.at(name_range);
        let name = self.mangled(name);
        self.store_name(&name);
        Ok(())
    }

    /// The text of a function whose body was left out of the source.
    fn later(&self, body: &[Stmt]) -> Option<&'static str> {
        let whole = self.source.whole?;
        let Some(Stmt::Expr(mark)) = body.last() else { return None };
        let Expr::Tuple(parts) = &*mark.value else { return None };
        let [Expr::Name(name), start, end] = &parts.elts[..] else { return None };
        let number = |part: &Expr| match part {
            Expr::NumberLiteral(number) => match &number.value {
                ast::Number::Int(number) => number.as_usize(),
                _ => None,
            },
            _ => None,
        };
        (name.id.as_str() == crate::python::syntax::later::MARK)
            .then(|| whole.get(number(start)?..number(end)?))
            .flatten()
    }

    pub(super) fn lambda(&mut self, lambda: &'a ast::ExprLambda) -> C<()> {
        let flags = self.defaults(lambda.parameters.as_deref())?;
        let scope = self.scopes.scope_of(lambda);
        let line = self.source.line(lambda.range().start().into());
        self.open(scope, "<lambda>", CodeKind::Function);
        self.unit.first_line = line;
        self.params(lambda.parameters.as_deref());
        self.prologue();
        if self.unit.is_generator {
            self.unit.emit(Op::MakeGenerator);
        }
        self.expr(&lambda.body)?;
        self.at(lambda.body.range());
        self.unit.emit(Op::Return);
        let code = self.shut();
        self.make_function(code, flags)
    }

    /// Pushes the tuple of defaults and the dictionary of keyword-only defaults, where there are any.
    fn defaults(&mut self, parameters: Option<&'a ast::Parameters>) -> C<u8> {
        let Some(parameters) = parameters else { return Ok(0) };
        let mut flags = 0;
        let positional = parameters.posonlyargs.iter().chain(&parameters.args);
        let defaults: Vec<&Expr> = positional.filter_map(|param| param.default.as_deref()).collect();
        if !defaults.is_empty() {
            for default in &defaults {
                self.expr(default)?;
            }
            self.unit.emit(Op::BuildTuple(defaults.len() as u32));
            flags |= make::DEFAULTS;
        }
        let mut count = 0;
        for param in &parameters.kwonlyargs {
            if let Some(default) = &param.default {
                let name = self.mangled(&param.parameter.name);
                self.unit.load_const(Value::Str(name));
                self.expr(default)?;
                count += 1;
            }
        }
        if count > 0 {
            self.unit.emit(Op::BuildMap(count));
            flags |= make::KW_DEFAULTS;
        }
        Ok(flags)
    }

    fn annotations_of(&mut self, def: &'a ast::StmtFunctionDef) -> C<bool> {
        let mut count = 0;
        let parameters = &def.parameters;
        // CPython's order: positional-only, positional, *args, keyword-only, **kwargs, return.
        let mut annotated: Vec<(&str, &'a Expr)> = Vec::new();
        let plain = |param: &'a ast::ParameterWithDefault| {
            param
                .parameter
                .annotation
                .as_deref()
                .map(|annotation| (param.parameter.name.as_str(), annotation))
        };
        let single = |param: &'a ast::Parameter| {
            param.annotation.as_deref().map(|annotation| (param.name.as_str(), annotation))
        };
        annotated.extend(parameters.posonlyargs.iter().chain(&parameters.args).filter_map(plain));
        annotated.extend(parameters.vararg.as_deref().and_then(single));
        annotated.extend(parameters.kwonlyargs.iter().filter_map(plain));
        annotated.extend(parameters.kwarg.as_deref().and_then(single));
        annotated.extend(def.returns.as_deref().map(|returns| ("return", returns)));
        for (name, annotation) in annotated {
            let name = self.mangled(name);
            self.unit.load_const(Value::Str(name));
            self.annotation(annotation)?;
            count += 1;
        }
        if count > 0 {
            self.unit.emit(Op::BuildMap(count));
        }
        Ok(count > 0)
    }

    /// An annotation's value, or its text under `from __future__ import annotations`.
    pub(super) fn annotation(&mut self, annotation: &'a Expr) -> C<()> {
        if self.annotations_as_text {
            let text = match annotation {
                Expr::StringLiteral(text) => format!("'{}'", text.value.to_str()),
                other => self.source.text[other.range()].to_string(),
            };
            self.unit.load_const(Value::str(text));
            return Ok(());
        }
        if let Expr::Starred(starred) = annotation {
            self.expr(&starred.value)?;
            self.unit.emit(Op::UnpackSequence(1));
            return Ok(());
        }
        self.expr(annotation)
    }

    fn params(&mut self, parameters: Option<&'a ast::Parameters>) {
        let Some(parameters) = parameters else { return };
        let mut params = Params {
            positional: (parameters.posonlyargs.len() + parameters.args.len()) as u32,
            positional_only: parameters.posonlyargs.len() as u32,
            keyword_only: parameters.kwonlyargs.len() as u32,
            var_args: parameters.vararg.is_some(),
            var_keywords: parameters.kwarg.is_some(),
            names: Vec::new(),
        };
        let plain = parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs);
        let rest = parameters.vararg.iter().chain(&parameters.kwarg).map(|param| &param.name);
        for name in plain.map(|param| &param.parameter.name).chain(rest) {
            params.names.push(self.mangled(name));
        }
        self.unit.params = params;
    }

    /// Gives every variable its slot, makes cells, brings in the closure.
    pub(super) fn prologue(&mut self) {
        let scope = self.unit.scope;
        let here = &self.scopes.scopes[scope];
        let is_class = here.kind == ScopeKind::Class;
        for name in self.unit.params.names.clone() {
            self.slot(scope, &name);
        }
        let mut cells: Vec<u32> = Vec::new();
        if is_class {
            if here.needs_class_cell {
                cells.push(self.slot(scope, &intern("__class__")));
            }
        } else {
            let symbols: Vec<(Str, bool)> = here
                .symbols
                .iter()
                .filter(|(_, symbol)| symbol.bound && !symbol.global && !symbol.nonlocal)
                .map(|(name, symbol)| (name.clone(), symbol.cell))
                .collect();
            for (name, is_cell) in symbols {
                let slot = self.slot(scope, &name);
                if is_cell {
                    cells.push(slot);
                }
                self.unit.variables.push(Variable { name, slot, is_cell, is_free: false });
            }
        }
        let free: Vec<Str> = here.free.iter().cloned().collect();
        let first_free = self.unit.n_slots;
        for name in &free {
            let slot = self.unit.temporary();
            self.unit.slots.insert((scope, name.clone()), slot);
            self.unit.variables.push(Variable { name: name.clone(), slot, is_cell: true, is_free: true });
        }
        self.unit.free = free;
        for slot in cells {
            self.unit.emit(Op::MakeCell(slot));
        }
        if !self.unit.free.is_empty() {
            self.unit.emit(Op::CopyFree(first_free));
        }
    }

    /// Makes a function of compiled code; what `flags` says stands on the stack.
    pub(super) fn make_function(&mut self, code: Rc<Code>, mut flags: u8) -> C<()> {
        if !code.free.is_empty() {
            for name in code.free.clone() {
                let slot = match self.scopes.place(self.scope, &name) {
                    super::Place::Cell(owner) => self.slot(owner, &name),
                    _ => self.slot(self.unit.scope, &name),
                };
                self.unit.emit(Op::LoadCellObject(slot));
            }
            self.unit.emit(Op::BuildTuple(code.free.len() as u32));
            flags |= make::CLOSURE;
        }
        self.unit.codes.push(code);
        let index = self.unit.codes.len() as u32 - 1;
        self.unit.emit(Op::MakeFunction { code: index, flags });
        Ok(())
    }

    pub(super) fn class(&mut self, def: &'a ast::StmtClassDef) -> C<()> {
        for decorator in &def.decorator_list {
            self.expr(&decorator.expression)?;
            self.unit.emit(Op::PushUnset);
        }
        let whole = def.range();
        self.at(whole);
        self.unit.emit(Op::LoadBuildClass);
        self.unit.emit(Op::PushUnset);
        let scope = self.scopes.scope_of(def);
        let code = self.class_body(def, scope, whole)?;
        self.make_function(code, 0)?;
        self.unit.load_const(Value::Str(intern(&def.name)));
        match &def.arguments {
            Some(arguments) => self.arguments(arguments, 2, whole)?,
            None => self.unit.emit(Op::Call(2)),
        }
        for decorator in def.decorator_list.iter().rev() {
            self.at(decorator.expression.range());
            self.unit.emit(Op::Call(1));
        }
        self.at(def.name.range());
        let name = self.mangled(&def.name);
        self.store_name(&name);
        Ok(())
    }

    fn class_body(&mut self, def: &'a ast::StmtClassDef, scope: usize, whole: TextRange) -> C<Rc<Code>> {
        let line = self.source.line(whole.start().into());
        self.open(scope, &def.name, CodeKind::Class);
        self.unit.first_line = line;
        self.at(def.name.range());
        self.prologue();
        let module = self.unit.global(&intern("__name__"));
        self.unit.emit(Op::LoadGlobal(module));
        self.store_global_or_name("__module__");
        let qualname = self.unit.qualname.clone();
        self.unit.load_const(Value::Str(qualname));
        self.store_global_or_name("__qualname__");
        if let Some(doc) = docstring(&def.body) {
            self.unit.load_const(doc);
            self.store_global_or_name("__doc__");
        }
        if self.has_annotations(&def.body) {
            self.unit.emit(Op::SetupAnnotations);
        }
        self.body(&def.body)?;
        if self.scopes.scopes[scope].needs_class_cell {
            let slot = self.slot(scope, &intern("__class__"));
            self.unit.emit(Op::LoadCellObject(slot));
            self.unit.emit(Op::Return);
        } else {
            self.unit.emit(Op::ReturnNone);
        }
        Ok(self.shut())
    }
}

fn docstring(body: &[Stmt]) -> Option<Value> {
    match body.first() {
        Some(Stmt::Expr(first)) => match &*first.value {
            Expr::StringLiteral(text) => Some(Value::str(text.value.to_str())),
            _ => None,
        },
        _ => None,
    }
}
