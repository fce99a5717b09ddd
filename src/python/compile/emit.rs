//! The assembler of one code unit.
//!
//! Owns labels, the height of the stack, the tables of constants, names, handlers and places.
//! Must not know the tree.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::code::{
    Action, AttrCache, Code, CodeKind, GlobalCache, Handler, ImportSite, Inlined, Params, Variable,
};
use super::op::Op;
use crate::diag::{Source, Span};
use crate::python::value::{Str, Value};

/// A place to jump to, which may come later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(usize);

struct LabelState {
    at: Option<u32>,
    height: Option<i32>,
    waiting: Vec<u32>,
}

#[derive(PartialEq, Eq, Hash)]
enum ConstKey {
    Int(i64),
    Float(u64),
    Str(usize),
    Bool(bool),
    None,
}

/// One code unit under construction.
pub struct Unit {
    pub scope: usize,
    pub name: Str,
    pub qualname: Str,
    pub kind: CodeKind,
    pub params: Params,
    pub ops: Vec<Op>,
    consts: Vec<Value>,
    const_index: FxHashMap<ConstKey, u32>,
    names: Vec<Str>,
    globals: Vec<GlobalCache>,
    global_index: FxHashMap<Str, u32>,
    attrs: Vec<AttrCache>,
    pub codes: Vec<Rc<Code>>,
    pub imports: Vec<ImportSite>,
    labels: Vec<LabelState>,
    pub height: i32,
    max: i32,
    pub slots: FxHashMap<(usize, Str), u32>,
    pub n_slots: u32,
    pub variables: Vec<Variable>,
    pub free: Vec<Str>,
    handlers: Vec<Handler>,
    spans: Vec<(u32, Span)>,
    pub span: Span,
    pub inlined: Vec<Inlined>,
    pub is_generator: bool,
    pub later: Option<Box<super::code::Later>>,
    pub doc: Value,
    pub first_line: u32,
    /// Where fusing with the instruction before must stop: the last label.
    barrier: usize,
}

impl Unit {
    pub fn new(scope: usize, name: Str, qualname: Str, kind: CodeKind) -> Self {
        Unit {
            scope,
            name,
            qualname,
            kind,
            params: Params::default(),
            ops: Vec::new(),
            consts: Vec::new(),
            const_index: FxHashMap::default(),
            names: Vec::new(),
            globals: Vec::new(),
            global_index: FxHashMap::default(),
            attrs: Vec::new(),
            codes: Vec::new(),
            imports: Vec::new(),
            labels: Vec::new(),
            height: 0,
            max: 0,
            slots: FxHashMap::default(),
            n_slots: 0,
            variables: Vec::new(),
            free: Vec::new(),
            handlers: Vec::new(),
            spans: Vec::new(),
            span: Span::default(),
            inlined: Vec::new(),
            is_generator: false,
            later: None,
            doc: Value::None,
            first_line: 1,
            barrier: 0,
        }
    }

    pub fn here(&self) -> u32 {
        self.ops.len() as u32
    }

    pub fn emit(&mut self, op: Op) {
        if let Some(fused) = self.fuse(op) {
            self.ops.pop();
            self.height -= 0;
            self.push_op(fused);
            self.adjust(op.effect());
            return;
        }
        self.push_op(op);
        self.adjust(op.effect());
    }

    fn push_op(&mut self, op: Op) {
        if self.spans.last().is_none_or(|(at, span)| *span != self.span || *at > self.here()) {
            while self.spans.last().is_some_and(|(at, _)| *at >= self.here()) {
                self.spans.pop();
            }
            self.spans.push((self.here(), self.span));
        }
        self.ops.push(op);
    }

    /// Two instructions that often stand together, as one.
    fn fuse(&self, op: Op) -> Option<Op> {
        if self.ops.len() <= self.barrier {
            return None;
        }
        let small = |index: u32| u16::try_from(index).ok();
        let small_int = |index: u32| match self.consts[index as usize] {
            Value::Int(number) => i32::try_from(number).ok(),
            _ => None,
        };
        match (*self.ops.last()?, op) {
            (Op::LoadLocal(first), Op::LoadLocal(second)) => {
                Some(Op::LoadLocals2 { first: small(first)?, second: small(second)? })
            }
            (Op::LoadLocal(local), Op::LoadAttr(cache)) => {
                Some(Op::LoadLocalAttr { local: small(local)?, cache })
            }
            (Op::LoadConst(index), Op::Add) => small_int(index).map(Op::AddInt),
            (Op::LoadConst(index), Op::Sub) => small_int(index).map(Op::SubInt),
            (Op::LoadConst(index), Op::Binary(crate::python::value::BinaryOp::Mod)) => {
                small_int(index).filter(|divisor| *divisor > 0).map(Op::ModInt)
            }
            (Op::Compare(op), Op::JumpIfFalse(target)) => Some(Op::CompareJump { op, target }),
            _ => None,
        }
    }

    pub fn adjust(&mut self, by: i32) {
        self.height += by;
        debug_assert!(self.height >= 0, "the stack of {} falls below its floor", &*self.qualname);
        self.max = self.max.max(self.height);
    }

    pub fn label(&mut self) -> Label {
        self.labels.push(LabelState { at: None, height: None, waiting: Vec::new() });
        Label(self.labels.len() - 1)
    }

    /// Emits a jump; `height` is the height of the stack where it lands, relative to now before the jump.
    fn jump_op(&mut self, op: Op, label: Label, landing: i32) {
        self.emit(op);
        let at = self.here() - 1;
        let state = &mut self.labels[label.0];
        debug_assert!(
            state.height.is_none_or(|height| height == landing),
            "a label is reached with two heights: {:?} and {landing} in {}",
            state.height,
            &*self.qualname
        );
        state.height = Some(landing);
        match state.at {
            Some(target) => self.patch(at, target),
            None => state.waiting.push(at),
        }
    }

    pub fn jump(&mut self, label: Label) {
        let height = self.height;
        self.jump_op(Op::Jump(u32::MAX), label, height);
    }

    pub fn jump_back(&mut self, label: Label) {
        let height = self.height;
        self.jump_op(Op::JumpBack(u32::MAX), label, height);
    }

    pub fn jump_if_false(&mut self, label: Label) {
        let height = self.height - 1;
        self.jump_op(Op::JumpIfFalse(u32::MAX), label, height);
    }

    pub fn jump_if_true(&mut self, label: Label) {
        let height = self.height - 1;
        self.jump_op(Op::JumpIfTrue(u32::MAX), label, height);
    }

    pub fn jump_if_false_or_pop(&mut self, label: Label) {
        let height = self.height;
        self.jump_op(Op::JumpIfFalseOrPop(u32::MAX), label, height);
    }

    pub fn jump_if_true_or_pop(&mut self, label: Label) {
        let height = self.height;
        self.jump_op(Op::JumpIfTrueOrPop(u32::MAX), label, height);
    }

    pub fn for_iter(&mut self, label: Label) {
        let height = self.height - 1;
        self.jump_op(Op::ForIter(u32::MAX), label, height);
    }

    pub fn send(&mut self, label: Label) {
        let height = self.height - 1;
        self.jump_op(Op::Send(u32::MAX), label, height);
    }

    pub fn jump_if_no_match(&mut self, label: Label) {
        let height = self.height - 1;
        self.jump_op(Op::JumpIfNoMatch(u32::MAX), label, height);
    }

    fn patch(&mut self, at: u32, target: u32) {
        let op = &mut self.ops[at as usize];
        match op {
            Op::Jump(to)
            | Op::JumpBack(to)
            | Op::JumpIfFalse(to)
            | Op::JumpIfTrue(to)
            | Op::JumpIfFalseOrPop(to)
            | Op::JumpIfTrueOrPop(to)
            | Op::ForIter(to)
            | Op::Send(to)
            | Op::JumpIfNoMatch(to)
            | Op::CompareJump { target: to, .. } => *to = target,
            _ => unreachable!("only jumps wait for labels"),
        }
    }

    /// The label stands here. After an unconditional jump the height is the label's.
    pub fn place(&mut self, label: Label) {
        let here = self.here();
        self.barrier = self.ops.len();
        let state = &mut self.labels[label.0];
        state.at = Some(here);
        match state.height {
            Some(height) => self.height = height,
            None => state.height = Some(self.height),
        }
        for at in std::mem::take(&mut self.labels[label.0].waiting) {
            self.patch(at, here);
        }
    }

    /// Stops fusing across this point (the start or end of a protected range).
    pub fn seal(&mut self) {
        self.barrier = self.ops.len();
    }

    pub fn handler(&mut self, start: u32, end: u32, level: usize, depth: i32, action: Action) {
        if start < end {
            self.handlers.push(Handler { start, end, level: level as u32, depth: depth as u32, action });
        }
    }

    pub fn constant(&mut self, value: Value) -> u32 {
        let key = match &value {
            Value::Int(number) => Some(ConstKey::Int(*number)),
            Value::Float(number) => Some(ConstKey::Float(number.to_bits())),
            Value::Str(text) => Some(ConstKey::Str(text.address())),
            Value::Bool(value) => Some(ConstKey::Bool(*value)),
            Value::None => Some(ConstKey::None),
            _ => None,
        };
        if let Some(key) = &key
            && let Some(&index) = self.const_index.get(key)
        {
            return index;
        }
        let index = self.consts.len() as u32;
        self.consts.push(value);
        if let Some(key) = key {
            self.const_index.insert(key, index);
        }
        index
    }

    pub fn load_const(&mut self, value: Value) {
        let index = self.constant(value);
        self.emit(Op::LoadConst(index));
    }

    pub fn name(&mut self, name: &Str) -> u32 {
        if let Some(index) = self.names.iter().position(|known| Str::ptr_eq(known, name)) {
            return index as u32;
        }
        self.names.push(name.clone());
        self.names.len() as u32 - 1
    }

    pub fn global(&mut self, name: &Str) -> u32 {
        if let Some(&index) = self.global_index.get(name) {
            return index;
        }
        let index = self.globals.len() as u32;
        self.globals.push(GlobalCache {
            name: name.clone(),
            hint: std::cell::Cell::new(0),
            builtin_hint: std::cell::Cell::new(0),
        });
        self.global_index.insert(name.clone(), index);
        index
    }

    pub fn attr(&mut self, name: &Str) -> u32 {
        self.attrs.push(AttrCache::new(name.clone()));
        self.attrs.len() as u32 - 1
    }

    /// A slot without a name.
    pub fn temporary(&mut self) -> u32 {
        self.n_slots += 1;
        self.n_slots - 1
    }

    pub fn finish(mut self, source: &Rc<Source>, file: &Rc<str>, annotations_as_text: bool) -> Code {
        self.handlers.sort_by_key(|handler| std::cmp::Reverse(handler.level));
        Code {
            frame_name: Rc::from(&*self.name),
            name: self.name,
            qualname: self.qualname,
            ops: self.ops,
            consts: self.consts,
            names: self.names,
            globals: self.globals,
            attrs: self.attrs,
            codes: self.codes,
            imports: self.imports,
            n_slots: self.n_slots,
            max_stack: self.max as u32 + super::code::SLACK,
            arity: if self.params.is_simple() { self.params.positional } else { u32::MAX },
            params: self.params,
            variables: self.variables,
            free: self.free,
            is_generator: self.is_generator,
            kind: self.kind,
            handlers: self.handlers,
            spans: self.spans,
            inlined: self.inlined,
            source: source.clone(),
            file: file.clone(),
            first_line: self.first_line,
            doc: self.doc,
            annotations_as_text,
            later: self.later,
        }
    }
}
