//! Protected ranges, and leaving blocks early.
//!
//! Owns the stack of open blocks and what `return`, `break` and `continue` undo on their way out.
//! Must not know how statements are compiled otherwise.
//!
//! When control leaves a `try` early, the code that undoes it (a finally body, an exit call) stands outside the
//! range that the `try` protects: the range is closed before it and opened again behind it.

use ruff_python_ast::Stmt;

use super::code::Action;
use super::op::Op;
use super::{Block, C, Compiler, OpenBlock, OpenRange, RangeTarget};
use crate::python::value::Value;

impl<'a> Compiler<'a> {
    /// A place that exceptions go to, not yet known.
    pub(super) fn new_catch(&mut self) -> usize {
        self.catches.push(u32::MAX);
        self.catches.len() - 1
    }

    /// The handler starts here, with the two values that the unwinding pushes on a stack of this height.
    pub(super) fn place_catch(&mut self, catch: usize, depth: i32) {
        self.unit.seal();
        self.catches[catch] = self.unit.here();
        self.unit.height = depth;
        self.unit.adjust(2);
    }

    pub(super) fn push_block(&mut self, block: Block<'a>) {
        self.blocks.push(OpenBlock { block, range: None });
    }

    /// Opens a block whose code, from here to `pop_block`, is protected.
    pub(super) fn push_catching(&mut self, block: Block<'a>, catch: usize) {
        self.unit.seal();
        let depth = self.unit.height;
        self.push_range(block, RangeTarget::Catch(catch), depth);
    }

    /// Opens a block inside a handler: leaving it by an exception restores what was handled before, at `depth`.
    pub(super) fn push_restoring(&mut self, block: Block<'a>, depth: i32) {
        self.unit.seal();
        self.push_range(block, RangeTarget::Restore, depth);
    }

    fn push_range(&mut self, block: Block<'a>, target: RangeTarget, depth: i32) {
        let level = self.blocks.len();
        let range = OpenRange { start: self.unit.here(), level, depth, target };
        self.blocks.push(OpenBlock { block, range: Some(range) });
    }

    pub(super) fn pop_block(&mut self) {
        self.unit.seal();
        let open = self.blocks.pop().expect("a block is open");
        if let Some(range) = open.range {
            self.close_range(range);
        }
    }

    fn close_range(&mut self, range: OpenRange) {
        let end = self.unit.here();
        match range.target {
            RangeTarget::Catch(catch) => {
                if range.start < end {
                    self.pending.push((range.start, end, range.level, range.depth, catch));
                }
            }
            RangeTarget::Restore => {
                self.unit.handler(range.start, end, range.level, range.depth, Action::Restore);
            }
        }
    }

    /// Undoes the blocks above `keep`, innermost first. `with_value`: a value on top of the stack is kept.
    fn unwind(&mut self, keep: usize, with_value: bool) -> C<()> {
        let mut taken: Vec<OpenBlock<'a>> = Vec::new();
        while self.blocks.len() > keep {
            self.unit.seal();
            let mut open = self.blocks.pop().expect("the length was looked at");
            if let Some(range) = open.range.take() {
                self.close_range(range);
                open.range = Some(range);
            }
            let block = open.block.clone();
            taken.push(open);
            self.undo(&block, with_value)?;
        }
        self.unit.seal();
        let here = self.unit.here();
        while let Some(mut open) = taken.pop() {
            if let Some(range) = &mut open.range {
                range.start = here;
            }
            self.blocks.push(open);
        }
        Ok(())
    }

    fn undo(&mut self, block: &Block<'a>, with_value: bool) -> C<()> {
        let keep = |this: &mut Self| {
            if with_value {
                this.unit.emit(Op::Rot2);
            }
        };
        match block {
            Block::Loop { has_iterator, .. } => {
                if *has_iterator {
                    keep(self);
                    self.unit.emit(Op::Pop);
                }
            }
            Block::Try => {}
            Block::HeldValue => {
                keep(self);
                self.unit.emit(Op::Pop);
            }
            Block::Finally { body } => {
                let body: &'a [Stmt] = body;
                if with_value {
                    // The body may leave a loop of its own accord: then the value is dropped.
                    self.push_block(Block::HeldValue);
                }
                self.body(body)?;
                if with_value {
                    self.pop_block();
                }
            }
            Block::With => {
                keep(self);
                self.unit.emit(Op::WithExit);
            }
            Block::Handling => {
                keep(self);
                self.unit.emit(Op::PopExcept);
            }
            Block::HandlerName { name, range } => {
                self.at(*range);
                self.forget(&name.clone());
            }
            Block::FinallyHandling => {
                keep(self);
                self.unit.emit(Op::Pop);
                keep(self);
                self.unit.emit(Op::PopExcept);
            }
        }
        Ok(())
    }

    /// `name = None; del name`, as the end of an except clause does.
    pub(super) fn forget(&mut self, name: &crate::python::value::Str) {
        self.unit.load_const(Value::None);
        self.store_name(name);
        self.delete_name(name);
    }

    /// `return` with its value on the stack.
    pub(super) fn leave_function(&mut self) -> C<()> {
        let height = self.unit.height;
        self.unwind(0, true)?;
        self.unit.emit(Op::Return);
        self.unit.height = height - 1;
        Ok(())
    }

    /// The innermost loop, by its place among the blocks.
    pub(super) fn innermost_loop(&self) -> Option<usize> {
        self.blocks.iter().rposition(|open| matches!(open.block, Block::Loop { .. }))
    }

    pub(super) fn leave_loop(&mut self, index: usize) -> C<()> {
        let Block::Loop { end, has_iterator, .. } = self.blocks[index].block else {
            unreachable!("the index is of a loop")
        };
        let height = self.unit.height;
        self.unwind(index + 1, false)?;
        if has_iterator {
            self.unit.emit(Op::Pop);
        }
        self.unit.jump(end);
        self.unit.height = height;
        Ok(())
    }

    pub(super) fn next_turn(&mut self, index: usize) -> C<()> {
        let Block::Loop { start, .. } = self.blocks[index].block else {
            unreachable!("the index is of a loop")
        };
        let height = self.unit.height;
        self.unwind(index + 1, false)?;
        self.unit.jump_back(start);
        self.unit.height = height;
        Ok(())
    }
}
