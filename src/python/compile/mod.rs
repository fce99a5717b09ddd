//! Tree to bytecode: names resolved to slots, statements to instructions.
//!
//! Owns the compiler and the code it makes. Must not know frames, objects' behaviour or how code is run.

mod call;
pub mod code;
mod comprehension;
mod define;
mod emit;
pub mod errors;
mod exits;
mod exprs;
mod fstring;
pub mod op;
mod pattern;
mod scope;
mod stmts;
mod targets;
mod tries;

use std::rc::Rc;

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

pub use code::{Code, CodeKind};

use self::emit::{Label, Unit};
use self::op::Op;
use self::scope::{Place, ScopeKind, Scopes, mangle};
use crate::diag::{Error, Source, Span};
use crate::python::value::{Str, Value, intern};

/// How a text is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// A file: nothing is echoed.
    File,
    /// One console input: expression statements are echoed.
    Single,
    /// One expression, whose value is the result.
    Eval,
}

/// What encloses the statement being compiled, and must be undone when control leaves it early.
#[derive(Clone)]
enum Block<'a> {
    Loop {
        start: Label,
        end: Label,
        has_iterator: bool,
    },
    /// The body of `try ... finally`.
    Finally {
        body: &'a [Stmt],
    },
    /// The body of `try ... except`.
    Try,
    /// A finally body on the way out of a function: the value to return stands on the stack.
    HeldValue,
    /// The body of `with`; the exit stands on the stack.
    With,
    /// An except clause: what was handled before stands on the stack.
    Handling,
    /// The body of `except ... as name`.
    HandlerName {
        name: Str,
        range: TextRange,
    },
    /// A finally body that runs for an exception: handled-before and the exception stand on the stack.
    FinallyHandling,
}

struct OpenBlock<'a> {
    block: Block<'a>,
    /// A protected range that is open: where it started, and what it does.
    range: Option<OpenRange>,
}

#[derive(Clone, Copy)]
struct OpenRange {
    start: u32,
    level: usize,
    depth: i32,
    target: RangeTarget,
}

#[derive(Clone, Copy)]
enum RangeTarget {
    Catch(usize),
    Restore,
}

pub struct Compiler<'a> {
    source: &'a Rc<Source>,
    file: Rc<str>,
    scopes: &'a Scopes,
    mode: Mode,
    unit: Unit,
    /// The scope being compiled: the unit's, or a comprehension in it.
    scope: usize,
    blocks: Vec<OpenBlock<'a>>,
    /// Catch targets whose place is not yet known: index to place.
    catches: Vec<u32>,
    pending: Vec<(u32, u32, usize, i32, usize)>,
    outer: Vec<Saved<'a>>,
    depth: u32,
    annotations_as_text: bool,
    temporaries: Vec<u32>,
}

struct Saved<'a> {
    unit: Unit,
    scope: usize,
    blocks: Vec<OpenBlock<'a>>,
    catches: Vec<u32>,
    pending: Vec<(u32, u32, usize, i32, usize)>,
    temporaries: Vec<u32>,
}

type C<T> = Result<T, Error>;

/// How deep a tree may be, near where CPython's compiler gives up.
const DEEPEST: u32 = 3000;

fn span(range: TextRange) -> Span {
    Span { start: range.start().into(), end: range.end().into() }
}

/// Compiles a parsed body.
pub fn compile_body(source: &Rc<Source>, body: &[Stmt], mode: Mode, kind: CodeKind) -> C<Rc<Code>> {
    let scopes = Scopes::of_body(body, source)?;
    let mut compiler = Compiler::new(source, &scopes, mode, kind);
    compiler.module(body)?;
    Ok(compiler.close())
}

/// Compiles the one expression that a text for `eval` must be.
pub fn compile_eval(source: &Rc<Source>, stmt: &Stmt, kind: CodeKind) -> C<Rc<Code>> {
    let Stmt::Expr(stmt) = stmt else {
        return Err(errors::at(errors::other("invalid syntax"), source, stmt.range()));
    };
    let scopes = Scopes::of_expression(&stmt.value, source)?;
    let mut compiler = Compiler::new(source, &scopes, Mode::Eval, kind);
    compiler.expr(&stmt.value)?;
    compiler.unit.emit(Op::Return);
    Ok(compiler.close())
}

impl<'a> Compiler<'a> {
    fn new(source: &'a Rc<Source>, scopes: &'a Scopes, mode: Mode, kind: CodeKind) -> Self {
        let name = intern("<module>");
        Compiler {
            source,
            file: Rc::from(source.name.as_str()),
            scopes,
            mode,
            unit: Unit::new(0, name.clone(), name, kind),
            scope: 0,
            blocks: Vec::new(),
            catches: Vec::new(),
            pending: Vec::new(),
            outer: Vec::new(),
            depth: 0,
            annotations_as_text: false,
            temporaries: Vec::new(),
        }
    }

    fn module(&mut self, body: &'a [Stmt]) -> C<()> {
        self.future_imports(body)?;
        if self.mode == Mode::File {
            self.docstring(body);
        }
        if self.has_annotations(body) {
            self.unit.emit(Op::SetupAnnotations);
        }
        self.body(body)?;
        self.unit.emit(Op::ReturnNone);
        Ok(())
    }

    fn docstring(&mut self, body: &'a [Stmt]) {
        if let Some(Stmt::Expr(first)) = body.first()
            && let Expr::StringLiteral(text) = &*first.value
        {
            self.unit.load_const(Value::str(text.value.to_str()));
            self.store_global_or_name("__doc__");
        }
    }

    fn store_global_or_name(&mut self, name: &str) {
        let index = self.unit.global(&intern(name));
        match self.unit.kind {
            CodeKind::Module => self.unit.emit(Op::StoreGlobal(index)),
            _ => self.unit.emit(Op::StoreName(index)),
        }
    }

    fn future_imports(&mut self, body: &'a [Stmt]) -> C<()> {
        let mut allowed = true;
        for (index, stmt) in body.iter().enumerate() {
            match stmt {
                Stmt::ImportFrom(import)
                    if import.module.as_ref().is_some_and(|module| module.as_str() == "__future__") =>
                {
                    if !allowed {
                        let text = "from __future__ imports must occur at the beginning of the file";
                        return Err(self.fail(errors::other(text), stmt.range()));
                    }
                    for alias in &import.names {
                        match alias.name.as_str() {
                            "annotations" => self.annotations_as_text = true,
                            "nested_scopes" | "generators" | "division" | "absolute_import"
                            | "with_statement" | "print_function" | "unicode_literals" | "generator_stop"
                            | "barry_as_FLUFL" => {}
                            other => return Err(self.fail(errors::unknown_future(other), alias.range())),
                        }
                    }
                }
                Stmt::Expr(first) if index == 0 && first.value.is_string_literal_expr() => {}
                _ => allowed = false,
            }
        }
        Ok(())
    }

    fn fail(&self, error: Error, range: TextRange) -> Error {
        errors::at(error, self.source, range)
    }

    /// Starts the code unit of a scope.
    fn open(&mut self, scope: usize, name: &str, kind: CodeKind) {
        let name = intern(name);
        let qualname = self.qualname_of(&name, kind);
        let unit = Unit::new(scope, name, qualname, kind);
        let saved = Saved {
            unit: std::mem::replace(&mut self.unit, unit),
            scope: std::mem::replace(&mut self.scope, scope),
            blocks: std::mem::take(&mut self.blocks),
            catches: std::mem::take(&mut self.catches),
            pending: std::mem::take(&mut self.pending),
            temporaries: std::mem::take(&mut self.temporaries),
        };
        self.outer.push(saved);
        self.unit.is_generator = self.scopes.scopes[scope].is_generator;
    }

    fn qualname_of(&self, name: &Str, kind: CodeKind) -> Str {
        let declared_global = self.scopes.scopes[self.scope].symbols.get(name).is_some_and(|s| s.global);
        if declared_global && kind != CodeKind::Module {
            return name.clone();
        }
        match self.unit.kind {
            CodeKind::Module | CodeKind::Names => name.clone(),
            CodeKind::Class => intern(&format!("{}.{name}", self.unit.qualname)),
            CodeKind::Function => intern(&format!("{}.<locals>.{name}", self.unit.qualname)),
        }
    }

    /// Ends the innermost unit and goes back to the one around it.
    fn shut(&mut self) -> Rc<Code> {
        self.resolve_catches();
        let saved = self.outer.pop().expect("a unit is open");
        let unit = std::mem::replace(&mut self.unit, saved.unit);
        self.scope = saved.scope;
        self.blocks = saved.blocks;
        self.catches = saved.catches;
        self.pending = saved.pending;
        self.temporaries = saved.temporaries;
        Rc::new(unit.finish(self.source, &self.file, self.annotations_as_text))
    }

    fn close(mut self) -> Rc<Code> {
        self.resolve_catches();
        Rc::new(self.unit.finish(self.source, &self.file, self.annotations_as_text))
    }

    fn resolve_catches(&mut self) {
        for (start, end, level, depth, catch) in std::mem::take(&mut self.pending) {
            let target = self.catches[catch];
            self.unit.handler(start, end, level, depth, code::Action::Catch(target));
        }
    }

    fn mangled(&self, name: &str) -> Str {
        mangle(self.scopes.scopes[self.scope].class_name.as_ref(), name)
    }

    fn slot(&mut self, owner: usize, name: &Str) -> u32 {
        if let Some(&slot) = self.unit.slots.get(&(owner, name.clone())) {
            return slot;
        }
        let slot = self.unit.temporary();
        self.unit.slots.insert((owner, name.clone()), slot);
        slot
    }

    fn load_name(&mut self, name: &Str) {
        let op = match self.scopes.place(self.scope, name) {
            Place::Local(owner) => Op::LoadLocal(self.slot(owner, name)),
            Place::Cell(owner) => Op::LoadCell(self.slot(owner, name)),
            Place::Free => Op::LoadCell(self.slot(self.unit.scope, name)),
            Place::ClassFree => {
                let cell = self.slot(self.unit.scope, name);
                let index = self.unit.global(name);
                Op::LoadClassCell { cell: cell as u16, name: index }
            }
            Place::Global if self.unit.kind == CodeKind::Names => Op::LoadName(self.unit.global(name)),
            Place::Global => Op::LoadGlobal(self.unit.global(name)),
            Place::Name => Op::LoadName(self.unit.global(name)),
        };
        self.unit.emit(op);
    }

    fn store_name(&mut self, name: &Str) {
        let op = match self.scopes.place(self.scope, name) {
            Place::Local(owner) => Op::StoreLocal(self.slot(owner, name)),
            Place::Cell(owner) => Op::StoreCell(self.slot(owner, name)),
            Place::Free | Place::ClassFree => Op::StoreCell(self.slot(self.unit.scope, name)),
            Place::Global if self.unit.kind == CodeKind::Names => Op::StoreName(self.unit.global(name)),
            Place::Global => Op::StoreGlobal(self.unit.global(name)),
            Place::Name => Op::StoreName(self.unit.global(name)),
        };
        self.unit.emit(op);
    }

    fn delete_name(&mut self, name: &Str) {
        let op = match self.scopes.place(self.scope, name) {
            Place::Local(owner) => Op::DeleteLocal(self.slot(owner, name)),
            Place::Cell(owner) => Op::DeleteCell(self.slot(owner, name)),
            Place::Free | Place::ClassFree => Op::DeleteCell(self.slot(self.unit.scope, name)),
            Place::Global if self.unit.kind == CodeKind::Names => Op::DeleteName(self.unit.global(name)),
            Place::Global => Op::DeleteGlobal(self.unit.global(name)),
            Place::Name => Op::DeleteName(self.unit.global(name)),
        };
        self.unit.emit(op);
    }

    fn at(&mut self, range: TextRange) {
        self.unit.span = span(range);
    }

    /// Refuses to go deeper than CPython's compiler does.
    fn enter(&mut self) -> C<()> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(errors::too_deep()) } else { Ok(()) }
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    fn in_function(&self) -> bool {
        self.unit.kind == CodeKind::Function
    }

    fn scope_kind(&self) -> ScopeKind {
        self.scopes.scopes[self.scope].kind
    }
}
