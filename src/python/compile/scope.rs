//! Which scope each name belongs to.
//!
//! Owns the walk over the tree that finds scopes, bindings, `global` and `nonlocal`, and decides what is a local, a
//! cell, a free variable or a global. Must not know instructions.
//!
//! List, set and dictionary comprehensions are scopes without a code unit: their variables live in slots of the unit
//! around them. Generator expressions, functions, lambdas and classes are units.

use indexmap::{IndexMap, IndexSet};
use ruff_python_ast as ast;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::FxHashMap;

use super::errors;
use crate::diag::Error;
use crate::python::value::{Str, intern};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScopeKind {
    Module,
    Class,
    Function,
    /// A comprehension compiled into its surroundings.
    Comprehension,
}

#[derive(Default, Clone, Debug)]
pub struct Symbol {
    pub bound: bool,
    pub used: bool,
    pub global: bool,
    pub nonlocal: bool,
    pub param: bool,
    pub annotated: bool,
    /// Captured by an inner unit.
    pub cell: bool,
}

pub struct Scope {
    pub kind: ScopeKind,
    pub parent: Option<usize>,
    /// The scope whose code unit this one's code is in.
    pub unit: usize,
    pub symbols: IndexMap<Str, Symbol>,
    /// Of a unit: the names that come in through its closure.
    pub free: IndexSet<Str>,
    pub is_generator: bool,
    /// The class whose name mangles private names.
    pub class_name: Option<Str>,
    /// A method refers to `__class__`.
    pub needs_class_cell: bool,
    nonlocals: Vec<(Str, TextRange)>,
}

/// Where a name lives, seen from one scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// A slot of the unit, by the scope that binds it.
    Local(usize),
    Cell(usize),
    Free,
    Global,
    /// A class body's or `exec`'s namespace.
    Name,
    /// Used in a class body, bound in a function around it.
    ClassFree,
}

pub struct Scopes {
    pub scopes: Vec<Scope>,
    nodes: FxHashMap<usize, usize>,
}

pub fn key<T>(node: &T) -> usize {
    std::ptr::from_ref(node) as usize
}

/// `__name` inside class `Excuse` is `_Excuse__name`.
pub fn mangle(class_name: Option<&Str>, name: &str) -> Str {
    match class_name {
        Some(class) if name.starts_with("__") && !name.ends_with("__") && !name.contains('.') => {
            let stem = class.trim_start_matches('_');
            if stem.is_empty() { intern(name) } else { intern(&format!("_{stem}{name}")) }
        }
        _ => intern(name),
    }
}

struct Walker<'a> {
    out: Scopes,
    current: usize,
    error: Option<Error>,
    depth: u32,
    source: &'a crate::diag::Source,
}

impl Scopes {
    pub fn of_body(body: &[Stmt], source: &crate::diag::Source) -> Result<Scopes, Error> {
        let mut walker = Walker::new(source);
        for stmt in body {
            walker.visit_stmt(stmt);
        }
        walker.finish()
    }

    pub fn of_expression(expr: &Expr, source: &crate::diag::Source) -> Result<Scopes, Error> {
        let mut walker = Walker::new(source);
        walker.visit_expr(expr);
        walker.finish()
    }

    pub fn nodes_of(&self, key: usize) -> usize {
        *self.nodes.get(&key).expect("the walker saw every scope")
    }

    pub fn scope_of<T>(&self, node: &T) -> usize {
        *self.nodes.get(&key(node)).expect("the walker saw every scope")
    }

    /// Whether a name that the scope mentions is one of its own variables.
    fn binds(&self, scope: usize, name: &Str) -> bool {
        self.scopes[scope]
            .symbols
            .get(name)
            .is_some_and(|symbol| symbol.bound && !symbol.global && !symbol.nonlocal)
    }

    /// The function or comprehension that binds a name seen from `scope`; None for globals.
    fn find(&self, scope: usize, name: &Str) -> Option<usize> {
        let mut at = scope;
        loop {
            let here = &self.scopes[at];
            if here.symbols.get(name).is_some_and(|symbol| symbol.global) {
                return None;
            }
            match here.kind {
                ScopeKind::Module => return None,
                ScopeKind::Class if at != scope && &**name == "__class__" => return Some(at),
                ScopeKind::Class => {}
                _ if self.binds(at, name) => return Some(at),
                _ => {}
            }
            at = here.parent?;
        }
    }

    pub fn place(&self, scope: usize, name: &Str) -> Place {
        let here = &self.scopes[scope];
        let unit = here.unit;
        if here.kind == ScopeKind::Class {
            let symbol = here.symbols.get(name);
            if symbol.is_some_and(|symbol| symbol.global) {
                return Place::Global;
            }
            let nonlocal = symbol.is_some_and(|symbol| symbol.nonlocal);
            if symbol.is_some_and(|symbol| symbol.bound) && !nonlocal {
                return Place::Name;
            }
            return match self.find(scope, name) {
                Some(_) if nonlocal => Place::Free,
                Some(_) => Place::ClassFree,
                None => Place::Name,
            };
        }
        match self.find(scope, name) {
            None => Place::Global,
            Some(owner) if self.scopes[owner].unit == unit => {
                if self.scopes[owner].kind == ScopeKind::Class
                    || self.scopes[owner].symbols.get(name).is_some_and(|symbol| symbol.cell)
                {
                    Place::Cell(owner)
                } else {
                    Place::Local(owner)
                }
            }
            Some(_) => Place::Free,
        }
    }

    fn resolve(&mut self) {
        for scope in 0..self.scopes.len() {
            let names: Vec<Str> = self.scopes[scope].symbols.keys().cloned().collect();
            for name in names {
                self.capture(scope, &name);
            }
        }
    }

    fn capture(&mut self, scope: usize, name: &Str) {
        let bound_in_class = self.scopes[scope].kind == ScopeKind::Class && self.binds(scope, name);
        if bound_in_class {
            return;
        }
        let Some(owner) = self.find(scope, name) else { return };
        let home = self.scopes[owner].unit;
        let mut unit = self.scopes[scope].unit;
        if unit == home {
            return;
        }
        if self.scopes[owner].kind == ScopeKind::Class {
            self.scopes[owner].needs_class_cell = true;
        } else if let Some(symbol) = self.scopes[owner].symbols.get_mut(name) {
            symbol.cell = true;
        }
        while unit != home {
            self.scopes[unit].free.insert(name.clone());
            let parent = self.scopes[unit].parent.expect("the owner is above");
            unit = self.scopes[parent].unit;
        }
    }
}

impl<'a> Walker<'a> {
    fn new(source: &'a crate::diag::Source) -> Self {
        let mut walker = Walker {
            out: Scopes { scopes: Vec::new(), nodes: FxHashMap::default() },
            current: 0,
            error: None,
            depth: 0,
            source,
        };
        walker.push(ScopeKind::Module, None);
        walker.current = 0;
        walker
    }

    fn finish(mut self) -> Result<Scopes, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        for scope in 0..self.out.scopes.len() {
            for (name, range) in std::mem::take(&mut self.out.scopes[scope].nonlocals) {
                let parent = self.out.scopes[scope].parent;
                let found = parent.and_then(|parent| {
                    let mut at = parent;
                    loop {
                        match self.out.scopes[at].kind {
                            ScopeKind::Function | ScopeKind::Comprehension if self.out.binds(at, &name) => {
                                return Some(at);
                            }
                            _ => {}
                        }
                        at = self.out.scopes[at].parent?;
                    }
                });
                if found.is_none() && &*name != "__class__" {
                    return Err(errors::at(errors::no_nonlocal_binding(&name), self.source, range));
                }
            }
        }
        self.out.resolve();
        Ok(self.out)
    }

    fn push(&mut self, kind: ScopeKind, key: Option<usize>) -> usize {
        let id = self.out.scopes.len();
        let parent = (id > 0).then_some(self.current);
        let unit = match (kind, parent) {
            (ScopeKind::Comprehension, Some(parent)) => self.out.scopes[parent].unit,
            _ => id,
        };
        let class_name = parent.and_then(|parent| self.out.scopes[parent].class_name.clone());
        self.out.scopes.push(Scope {
            kind,
            parent,
            unit,
            symbols: IndexMap::new(),
            free: IndexSet::new(),
            is_generator: false,
            class_name,
            needs_class_cell: false,
            nonlocals: Vec::new(),
        });
        if let Some(key) = key {
            self.out.nodes.insert(key, id);
        }
        id
    }

    fn scope(&mut self) -> &mut Scope {
        &mut self.out.scopes[self.current]
    }

    fn symbol(&mut self, name: &str) -> &mut Symbol {
        let name = mangle(self.scope().class_name.as_ref(), name);
        self.scope().symbols.entry(name).or_default()
    }

    fn fail(&mut self, error: Error, range: TextRange) {
        if self.error.is_none() {
            self.error = Some(errors::at(error, self.source, range));
        }
    }

    fn bind(&mut self, name: &str) {
        self.symbol(name).bound = true;
    }

    fn uses(&mut self, name: &str) {
        self.symbol(name).used = true;
        if name == "super" && self.scope().kind != ScopeKind::Class {
            self.symbol("__class__").used = true;
        }
    }

    fn params(&mut self, parameters: &ast::Parameters) {
        let mut seen: Vec<Str> = Vec::new();
        for param in parameters {
            let name = &param.as_parameter().name;
            let mangled = mangle(self.scope().class_name.as_ref(), name);
            if seen.contains(&mangled) {
                self.fail(errors::duplicate_argument(name), name.range());
            }
            seen.push(mangled);
        }
        // The order of slots: positional, keyword-only, *args, **kwargs.
        let plain = parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs);
        let names = plain.map(|param| &param.parameter.name);
        let rest = parameters.vararg.iter().chain(&parameters.kwarg).map(|param| &param.name);
        for name in names.chain(rest) {
            let symbol = self.symbol(name);
            symbol.bound = true;
            symbol.param = true;
        }
    }

    fn defaults(&mut self, parameters: &'a ast::Parameters) {
        for param in parameters.iter_non_variadic_params() {
            if let Some(default) = &param.default {
                self.visit_expr(default);
            }
        }
    }

    fn comprehension<T>(
        &mut self,
        node: &T,
        kind: ScopeKind,
        generators: &'a [ast::Comprehension],
        parts: &[&'a Expr],
    ) {
        let Some(first) = generators.first() else { return };
        self.visit_expr(&first.iter);
        let id = self.push(kind, Some(key(node)));
        let outer = std::mem::replace(&mut self.current, id);
        if kind == ScopeKind::Function {
            let symbol = self.symbol(".0");
            symbol.bound = true;
            symbol.param = true;
            self.scope().is_generator = true;
        }
        for (index, generator) in generators.iter().enumerate() {
            self.visit_expr(&generator.target);
            if index > 0 {
                self.visit_expr(&generator.iter);
            }
            for condition in &generator.ifs {
                self.visit_expr(condition);
            }
        }
        for part in parts {
            self.visit_expr(part);
        }
        self.current = outer;
    }

    fn mark_generator(&mut self, word: &str, range: TextRange) {
        let unit = self.current;
        match self.out.scopes[unit].kind {
            ScopeKind::Function => self.out.scopes[unit].is_generator = true,
            ScopeKind::Comprehension => self.fail(errors::yield_in_comprehension(), range),
            _ => self.fail(errors::outside_function(word), range),
        }
    }

    fn declare(&mut self, names: &[ast::Identifier], is_global: bool) {
        let word = if is_global { "global" } else { "nonlocal" };
        for name in names {
            let at_module = self.scope().kind == ScopeKind::Module;
            if at_module && !is_global {
                self.fail(errors::nonlocal_at_module(), name.range());
                continue;
            }
            let symbol = self.symbol(name).clone();
            let complaint = if symbol.param {
                Some(errors::param_and_declared(name, word))
            } else if (is_global && symbol.nonlocal) || (!is_global && symbol.global) {
                Some(errors::nonlocal_and_global(name))
            } else if symbol.annotated {
                Some(errors::annotated_declared(name, word))
            } else if symbol.bound && !(at_module && symbol.global) {
                Some(errors::assigned_before(name, word))
            } else if symbol.used {
                Some(errors::used_before(name, word))
            } else {
                None
            };
            if let Some(error) = complaint {
                self.fail(error, name.range());
            }
            let symbol = self.symbol(name);
            if is_global {
                symbol.global = true;
            } else {
                symbol.nonlocal = true;
                let mangled = mangle(self.scope().class_name.as_ref(), name);
                self.scope().nonlocals.push((mangled, name.range()));
            }
        }
    }

    fn walrus(&mut self, name: &str, range: TextRange) {
        // The name is bound in the nearest scope that is not a comprehension.
        let mut at = self.current;
        let mut in_comprehension = false;
        loop {
            let scope = &self.out.scopes[at];
            let is_comprehension =
                scope.kind == ScopeKind::Comprehension || scope.symbols.contains_key(&intern(".0"));
            if !is_comprehension {
                break;
            }
            in_comprehension = true;
            if scope.symbols.get(&intern(name)).is_some_and(|symbol| symbol.bound && !symbol.nonlocal) {
                self.fail(errors::walrus_rebinds(name), range);
                return;
            }
            let Some(parent) = scope.parent else { break };
            at = parent;
        }
        if in_comprehension && self.out.scopes[at].kind == ScopeKind::Class {
            self.fail(errors::walrus_in_class(), range);
            return;
        }
        let inner = std::mem::replace(&mut self.current, at);
        let declared = self.symbol(name).clone();
        self.bind(name);
        let at_module = self.scope().kind == ScopeKind::Module;
        self.current = inner;
        // Scopes between see it as a variable of that outer scope.
        let mut between = inner;
        while between != at {
            let scope = &mut self.out.scopes[between];
            let name = mangle(scope.class_name.as_ref(), name);
            let symbol = scope.symbols.entry(name).or_default();
            if at_module || declared.global {
                symbol.global = true;
            } else {
                symbol.used = true;
            }
            between = scope.parent.expect("the binding scope is above");
        }
    }

    fn pattern_name(&mut self, name: Option<&ast::Identifier>) {
        if let Some(name) = name {
            self.bind(name);
        }
    }
}

impl<'a> Visitor<'a> for Walker<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                for decorator in &def.decorator_list {
                    self.visit_expr(&decorator.expression);
                }
                self.defaults(&def.parameters);
                for param in &*def.parameters {
                    if let Some(annotation) = param.annotation() {
                        self.visit_expr(annotation);
                    }
                }
                if let Some(returns) = &def.returns {
                    self.visit_expr(returns);
                }
                self.bind(&def.name);
                let id = self.push(ScopeKind::Function, Some(key(def)));
                let outer = std::mem::replace(&mut self.current, id);
                self.params(&def.parameters);
                for stmt in &def.body {
                    self.visit_stmt(stmt);
                }
                self.current = outer;
            }
            Stmt::ClassDef(def) => {
                for decorator in &def.decorator_list {
                    self.visit_expr(&decorator.expression);
                }
                if let Some(arguments) = &def.arguments {
                    self.visit_arguments(arguments);
                }
                self.bind(&def.name);
                let id = self.push(ScopeKind::Class, Some(key(def)));
                self.out.scopes[id].class_name = Some(intern(&def.name));
                let outer = std::mem::replace(&mut self.current, id);
                for stmt in &def.body {
                    self.visit_stmt(stmt);
                }
                self.current = outer;
            }
            Stmt::Global(stmt) => self.declare(&stmt.names, true),
            Stmt::Nonlocal(stmt) => self.declare(&stmt.names, false),
            Stmt::Import(stmt) => {
                for alias in &stmt.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.bind(name.split('.').next().unwrap_or(name));
                }
            }
            Stmt::ImportFrom(stmt) => {
                for alias in &stmt.names {
                    if alias.name.as_str() == "*" {
                        if self.scope().kind != ScopeKind::Module {
                            self.fail(errors::star_import_inside(), alias.range());
                        }
                        continue;
                    }
                    self.bind(alias.asname.as_ref().unwrap_or(&alias.name));
                }
            }
            Stmt::AnnAssign(stmt) => {
                if let Some(value) = &stmt.value {
                    self.visit_expr(value);
                }
                self.visit_expr(&stmt.annotation);
                if let Expr::Name(name) = &*stmt.target
                    && stmt.simple
                {
                    let symbol = self.symbol(&name.id).clone();
                    if (symbol.global || symbol.nonlocal) && self.scope().kind != ScopeKind::Module {
                        let word = if symbol.global { "global" } else { "nonlocal" };
                        self.fail(errors::annotated_declared(&name.id, word), stmt.range());
                    }
                    let symbol = self.symbol(&name.id);
                    symbol.bound = true;
                    symbol.annotated = true;
                } else {
                    self.visit_expr(&stmt.target);
                }
            }
            Stmt::AugAssign(stmt) => {
                self.visit_expr(&stmt.target);
                if let Expr::Name(name) = &*stmt.target {
                    self.uses(&name.id);
                }
                self.visit_expr(&stmt.value);
            }
            Stmt::Assign(stmt) => {
                self.visit_expr(&stmt.value);
                stmt.targets.iter().for_each(|target| self.visit_expr(target));
            }
            Stmt::Try(stmt) => {
                stmt.body.iter().for_each(|stmt| self.visit_stmt(stmt));
                for ast::ExceptHandler::ExceptHandler(handler) in &stmt.handlers {
                    if let Some(kind) = &handler.type_ {
                        self.visit_expr(kind);
                    }
                    if let Some(name) = &handler.name {
                        self.bind(name);
                    }
                    handler.body.iter().for_each(|stmt| self.visit_stmt(stmt));
                }
                stmt.orelse.iter().chain(&stmt.finalbody).for_each(|stmt| self.visit_stmt(stmt));
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.depth += 1;
        if self.depth > super::DEEPEST {
            self.error.get_or_insert_with(errors::too_deep);
        } else {
            self.visit_expr_inner(expr);
        }
        self.depth -= 1;
    }

    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        match pattern {
            ast::Pattern::MatchAs(inner) => self.pattern_name(inner.name.as_ref()),
            ast::Pattern::MatchStar(inner) => self.pattern_name(inner.name.as_ref()),
            ast::Pattern::MatchMapping(inner) => self.pattern_name(inner.rest.as_ref()),
            _ => {}
        }
        visitor::walk_pattern(self, pattern);
    }
}

impl<'a> Walker<'a> {
    fn visit_expr_inner(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => match name.ctx {
                ast::ExprContext::Load => self.uses(&name.id),
                _ => self.bind(&name.id),
            },
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.defaults(parameters);
                }
                let id = self.push(ScopeKind::Function, Some(key(lambda)));
                let outer = std::mem::replace(&mut self.current, id);
                if let Some(parameters) = &lambda.parameters {
                    self.params(parameters);
                }
                self.visit_expr(&lambda.body);
                self.current = outer;
            }
            Expr::ListComp(comp) => {
                self.comprehension(comp, ScopeKind::Comprehension, &comp.generators, &[&comp.elt]);
            }
            Expr::SetComp(comp) => {
                self.comprehension(comp, ScopeKind::Comprehension, &comp.generators, &[&comp.elt]);
            }
            Expr::DictComp(comp) => {
                let mut parts: Vec<&Expr> = comp.key.iter().map(|key| &**key).collect();
                parts.push(&comp.value);
                self.comprehension(comp, ScopeKind::Comprehension, &comp.generators, &parts);
            }
            Expr::Generator(comp) => {
                self.comprehension(comp, ScopeKind::Function, &comp.generators, &[&comp.elt]);
            }
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                if let Expr::Name(name) = &*named.target {
                    self.walrus(&name.id, name.range());
                }
            }
            Expr::Yield(inner) => {
                self.mark_generator("yield", inner.range());
                visitor::walk_expr(self, expr);
            }
            Expr::YieldFrom(inner) => {
                self.mark_generator("yield", inner.range());
                visitor::walk_expr(self, expr);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }
}
