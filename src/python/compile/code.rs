//! Compiled code: instructions with their constants, names, caches and tables.
//!
//! Owns the data of one code unit and the way from an instruction to its line. Must not know frames.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use super::op::Op;
use crate::diag::{Source, Span};
use crate::python::value::{FrameInfo, Str, Value};

/// Room on each frame's stack beyond what its instructions need: for the defaults of a native callee.
pub const SLACK: u32 = 16;

/// One unit: a module, a function, a class body, a generator expression.
pub struct Code {
    pub name: Str,
    pub qualname: Str,
    pub ops: Vec<Op>,
    pub consts: Vec<Value>,
    pub names: Vec<Str>,
    pub globals: Vec<GlobalCache>,
    pub attrs: Vec<AttrCache>,
    pub codes: Vec<Rc<Code>>,
    /// `import` statements: module, names asked for, level.
    pub imports: Vec<ImportSite>,
    pub n_slots: u32,
    pub max_stack: u32,
    pub params: Params,
    /// The number of parameters where all of them are plain positional ones, else a number that no call has.
    pub arity: u32,
    /// Names of the slots that are variables, with their slot, whether it holds a cell, and whether it is free.
    pub variables: Vec<Variable>,
    /// Names of the closure's cells, in order.
    pub free: Vec<Str>,
    pub is_generator: bool,
    pub kind: CodeKind,
    pub handlers: Vec<Handler>,
    pub spans: Vec<(u32, Span)>,
    pub inlined: Vec<Inlined>,
    pub source: Rc<Source>,
    pub file: Rc<str>,
    pub frame_name: Rc<str>,
    pub first_line: u32,
    pub doc: Value,
    pub annotations_as_text: bool,
    /// The function's text, where its body waits to be compiled.
    pub later: Option<Box<Later>>,
}

/// A function whose body is compiled when it is called first.
pub struct Later {
    pub text: &'static str,
    pub line: u32,
    /// The class that it is a method of.
    pub class: Option<Str>,
    pub whole: OnceCell<Rc<Code>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeKind {
    Module,
    /// Module-level code whose names live in a separate namespace (`exec` with locals).
    Names,
    Class,
    Function,
}

#[derive(Clone)]
pub struct Variable {
    pub name: Str,
    pub slot: u32,
    pub is_cell: bool,
    pub is_free: bool,
}

/// The parameters of a function. Slots: positional, keyword-only, `*args`, `**kwargs`.
#[derive(Default, Clone)]
pub struct Params {
    pub positional: u32,
    pub positional_only: u32,
    pub keyword_only: u32,
    pub var_args: bool,
    pub var_keywords: bool,
    /// In slot order.
    pub names: Vec<Str>,
}

impl Params {
    /// Whether a call with exactly the positional parameters can be bound by moving values.
    #[inline(always)]
    pub fn is_simple(&self) -> bool {
        self.keyword_only == 0 && !self.var_args && !self.var_keywords
    }
}

pub struct GlobalCache {
    pub name: Str,
    pub hint: Cell<u32>,
    pub builtin_hint: Cell<u32>,
}

/// What an attribute instruction found the last time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttrKind {
    Empty,
    /// An instance slot; the class has nothing of that name, or only a plain attribute.
    Slot,
    /// A data descriptor that reads an instance slot unless that is unset.
    MappedSlot,
    /// A function of the class, with no instance attribute of that name possible.
    Method,
    /// A function of the class; the instance has a dictionary or slots to look into first.
    ShadowableMethod,
    /// A plain value of the class.
    ClassValue,
}

pub struct AttrCache {
    pub name: Str,
    pub class: Cell<usize>,
    pub epoch: Cell<u32>,
    pub kind: Cell<AttrKind>,
    pub slot: Cell<u32>,
    pub value: RefCell<Value>,
}

impl AttrCache {
    pub fn new(name: Str) -> Self {
        AttrCache {
            name,
            class: Cell::new(0),
            epoch: Cell::new(0),
            kind: Cell::new(AttrKind::Empty),
            slot: Cell::new(0),
            value: RefCell::new(Value::Unset),
        }
    }
}

pub struct ImportSite {
    pub module: Str,
    pub names: Option<Vec<Str>>,
    pub level: u32,
}

/// What happens when an instruction in a range raises.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    pub start: u32,
    pub end: u32,
    /// How deep the statement is nested: the deepest that covers an instruction is asked first.
    pub level: u32,
    /// Height of the stack to go back to.
    pub depth: u32,
    pub action: Action,
}

#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// Pushes the exception handled before and the new one, and goes on there.
    Catch(u32),
    /// Leaves a handler: what was handled before it (at `depth`) is so again; the search goes on outwards.
    Restore,
}

/// A comprehension compiled into its surroundings, which tracebacks still show as a frame.
pub struct Inlined {
    pub start: u32,
    pub end: u32,
    pub name: Rc<str>,
    pub outer: Span,
}

impl Code {
    pub fn span_at(&self, pc: usize) -> Span {
        let index = self.spans.partition_point(|(at, _)| *at as usize <= pc);
        if index == 0 { Span::default() } else { self.spans[index - 1].1 }
    }

    pub fn line_at(&self, pc: usize) -> u32 {
        self.source.line(self.span_at(pc).start)
    }

    fn info(&self, span: Span, name: Rc<str>) -> FrameInfo {
        let line = self.source.line(span.start);
        let start = self.source.column(span.start);
        let same_line = self.source.line(span.end) == line;
        let end = if same_line { self.source.column(span.end) } else { start + 1 };
        FrameInfo { file: self.file.clone(), line, name, columns: Some((start, end)) }
    }

    /// The traceback entries of an instruction, innermost first.
    pub fn frames_at(&self, pc: usize) -> Vec<FrameInfo> {
        let mut frames = Vec::new();
        let mut span = self.span_at(pc);
        let mut inside: Vec<&Inlined> = self
            .inlined
            .iter()
            .filter(|part| (part.start as usize) <= pc && pc < part.end as usize)
            .collect();
        inside.sort_by_key(|part| part.end - part.start);
        for part in inside {
            frames.push(self.info(span, part.name.clone()));
            span = part.outer;
        }
        frames.push(self.info(span, self.frame_name.clone()));
        frames
    }
}
