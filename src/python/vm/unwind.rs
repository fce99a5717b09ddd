//! Unwinding: from something raised to the handler that takes it.
//!
//! Owns the walk over frames and their tables of handlers, tracebacks on the way, and the chaining of exceptions.
//! Must not know instructions.

use super::errors;
use super::frame::Exit;
use super::{Frame, Vm};
use crate::diag::builtin::STOP_ITERATION;
use crate::python::compile::code::Action;
use crate::python::value::{Host, R, Raised, Value};

impl Vm {
    /// Finds the handler of what was raised in the innermost frame, among the frames above `floor`.
    ///
    /// On success the frame on top stands at its handler. Otherwise all frames above `floor` are gone.
    pub(super) fn unwind(&mut self, mut raised: Raised, floor: usize, mut keep_place: bool) -> R<()> {
        if self.handling > 0 {
            self.chain(&mut raised);
        }
        loop {
            let index = {
                let frame = self.frames.last().expect("a frame is running");
                let index = frame.index();
                if !keep_place {
                    raised.frames_mut().extend(frame.code().frames_at(index));
                }
                index
            };
            keep_place = false;
            if self.catch(index, &mut raised) {
                return Ok(());
            }
            let frame = self.drop_frame();
            if let Some(generator) = frame.generator() {
                raised = self.generator_failed(generator, raised);
            }
            let entry = matches!(frame.exit, Exit::Entry);
            drop(frame);
            if entry {
                debug_assert!(self.frames.len() == floor);
                return Err(raised);
            }
        }
    }

    fn catch(&mut self, index: usize, raised: &mut Raised) -> bool {
        let frame = self.frames.last_mut().expect("a frame is running");
        let handlers = &frame.code().handlers;
        let mut found = None;
        let covering =
            handlers.iter().filter(|handler| handler.start as usize <= index && index < handler.end as usize);
        for handler in covering.copied().collect::<Vec<_>>() {
            match handler.action {
                Action::Restore => {
                    // SAFETY: within a handler's body the value at its depth is what was handled before.
                    let before = unsafe { (*frame.floor().add(handler.depth as usize)).clone() };
                    let had = !frame.handled.is_unset();
                    self.handling = self.handling + usize::from(!before.is_unset()) - usize::from(had);
                    drop(std::mem::replace(&mut frame.handled, before));
                }
                Action::Catch(target) => {
                    found = Some((handler.depth, target));
                    break;
                }
            }
        }
        let Some((depth, target)) = found else { return false };
        let exception = self.exception_value(raised);
        let frame = self.frames.last_mut().expect("a frame is running");
        frame.cut(depth as usize);
        let before = std::mem::replace(&mut frame.handled, exception.clone());
        if before.is_unset() {
            self.handling += 1;
        }
        // SAFETY: the compiler has counted these two values.
        unsafe {
            frame.sp.write(before);
            frame.sp.add(1).write(exception);
            frame.sp = frame.sp.add(2);
            frame.pc = frame.code().ops.as_ptr().add(target as usize);
        }
        true
    }

    /// Takes the innermost frame off, with all its values.
    pub(super) fn drop_frame(&mut self) -> Frame {
        let mut frame = self.frames.pop().expect("a frame is running");
        frame.cut(0);
        frame.drop_slots();
        if !frame.handled.is_unset() {
            self.handling -= 1;
        }
        self.stack.give_back(&frame);
        frame
    }

    /// The exception that is being handled, looked for outwards.
    pub(super) fn handled(&self) -> Option<Value> {
        if self.handling == 0 {
            return None;
        }
        self.frames.iter().rev().map(|frame| &frame.handled).find(|value| !value.is_unset()).cloned()
    }

    /// What is raised while another exception is handled remembers it.
    fn chain(&mut self, raised: &mut Raised) {
        if !raised.frames_mut().is_empty() {
            return;
        }
        let Some(handled) = self.handled() else { return };
        let exception = self.exception_value(raised);
        super::exceptions::set_context(&exception, &handled);
    }

    fn generator_failed(
        &mut self,
        generator: &crate::python::value::Gc<crate::python::value::Generator>,
        mut raised: Raised,
    ) -> Raised {
        generator.running.set(false);
        let state = generator.state.borrow_mut().take();
        drop(state);
        if !raised.is_a(&STOP_ITERATION) {
            return raised;
        }
        let cause = self.exception_value(&mut raised);
        let frames = std::mem::take(raised.frames_mut());
        let mut converted = errors::generator_stop();
        let exception = self.exception_value(&mut converted);
        super::exceptions::set_cause(&exception, &cause);
        super::exceptions::set_context(&exception, &cause);
        let mut converted = Raised::exception(exception);
        *converted.frames_mut() = frames;
        converted
    }
}
