//! Frames as data, and the stack that holds their values.
//!
//! Owns allocation of slots and operand stacks in chunks that never move. Must not know instructions.
//!
//! ```text
//!   base                 base + n_slots                          base + n_slots + max_stack
//!    | params, locals, cells | operand stack -> sp                | next frame
//! ```

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};

use crate::python::compile::Code;
use crate::python::compile::op::Op;
use crate::python::value::{Dict, Function, Gc, Generator, GeneratorState, Value, Visitor, put_off};

/// What becomes of a frame's result.
pub enum Exit {
    /// Rust called: the run loop returns it.
    Entry,
    /// It goes onto the caller's stack.
    Return,
    /// `__init__` ran: the instance goes onto the caller's stack.
    Init(Value),
    /// A `for` loop resumed a generator.
    ForIter,
    /// `yield from` resumed a generator.
    Send,
}

pub struct Frame {
    pub function: Gc<Function>,
    pub code: *const Code,
    /// Behind the instruction that is being carried out.
    pub pc: *const Op,
    pub base: *mut Value,
    pub sp: *mut Value,
    /// The exception that this frame is handling.
    pub handled: Value,
    pub exit: Exit,
    /// Where the stack's top stood before.
    previous_top: *mut Value,
    /// What most frames do not have.
    pub rare: Option<Box<Rare>>,
}

/// What class bodies, generators and the first frame of a chunk of the stack have besides.
pub struct Rare {
    /// The namespace of a class body or of `exec` with its own locals.
    pub names: Option<Gc<Dict>>,
    /// A class body's namespace with a `__setitem__` of its own (from `__prepare__`), else unset.
    pub mapping: Value,
    /// The generator that runs here.
    pub generator: Option<Gc<Generator>>,
    /// Whether a chunk was added to the stack.
    new_chunk: bool,
    /// A generator's storage is its own.
    owned: Option<Region>,
}

impl Rare {
    fn new() -> Rare {
        Rare { names: None, mapping: Value::Unset, generator: None, new_chunk: false, owned: None }
    }
}

impl Frame {
    pub fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_with(|| Box::new(Rare::new()))
    }

    pub fn names(&self) -> Option<&Gc<Dict>> {
        self.rare.as_ref()?.names.as_ref()
    }

    pub fn generator(&self) -> Option<&Gc<Generator>> {
        self.rare.as_ref()?.generator.as_ref()
    }

    #[inline(always)]
    pub fn code(&self) -> &Code {
        // SAFETY: the function keeps its code alive.
        unsafe { &*self.code }
    }

    /// The index of the instruction being carried out.
    pub fn index(&self) -> usize {
        let first = self.code().ops.as_ptr();
        // SAFETY: `pc` points into the same vector, or one behind its end.
        let behind = unsafe { self.pc.offset_from(first) };
        (behind - 1).max(0) as usize
    }

    #[inline(always)]
    pub fn floor(&self) -> *mut Value {
        // SAFETY: the frame's storage begins with its slots.
        unsafe { self.base.add(self.code().n_slots as usize) }
    }

    /// Whether the frame stands inside a `try` or `with`.
    fn is_protected(&self) -> bool {
        let at = self.index() as u32;
        self.code().handlers.iter().any(|handler| {
            handler.start <= at
                && at < handler.end
                && matches!(handler.action, crate::python::compile::code::Action::Catch(_))
        })
    }

    /// Drops everything on the operand stack above a height.
    pub fn cut(&mut self, height: usize) {
        // SAFETY: values between the floor and `sp` are initialised.
        unsafe {
            let to = self.floor().add(height);
            while self.sp > to {
                self.sp = self.sp.sub(1);
                drop(self.sp.read());
            }
        }
    }

    /// Drops the slots.
    pub fn drop_slots(&mut self) {
        let count = self.code().n_slots as usize;
        for index in 0..count {
            // SAFETY: slots are always initialised.
            drop(unsafe { self.base.add(index).replace(Value::Unset) });
        }
    }
}

/// Storage for one generator's frame.
pub struct Region {
    start: *mut Value,
    len: usize,
}

impl Region {
    pub fn new(len: usize) -> Region {
        let layout = Layout::array::<Value>(len.max(1)).expect("a frame fits the address space");
        // SAFETY: the layout is not empty.
        let start = unsafe { alloc(layout) }.cast::<Value>();
        if start.is_null() {
            handle_alloc_error(layout);
        }
        Region { start, len: len.max(1) }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        let layout = Layout::array::<Value>(self.len).expect("it was allocated with this layout");
        // SAFETY: allocated in `new` with the same layout.
        unsafe { dealloc(self.start.cast(), layout) }
    }
}

const CHUNK: usize = 32 * 1024;

/// The value stack: chunks that never move.
pub struct Stack {
    chunks: Vec<Region>,
    spare: Option<Region>,
    top: *mut Value,
    end: *mut Value,
}

impl Stack {
    pub fn new() -> Self {
        let mut stack =
            Stack { chunks: Vec::new(), spare: None, top: std::ptr::null_mut(), end: std::ptr::null_mut() };
        stack.add_chunk(CHUNK);
        stack
    }

    fn add_chunk(&mut self, len: usize) {
        let chunk = match self.spare.take() {
            Some(chunk) if chunk.len >= len => chunk,
            _ => Region::new(len),
        };
        self.top = chunk.start;
        // SAFETY: the end of an allocation.
        self.end = unsafe { chunk.start.add(chunk.len) };
        self.chunks.push(chunk);
    }

    /// Room for a frame: its base, the top before, and whether a chunk was added.
    #[inline(always)]
    pub fn take(&mut self, len: usize) -> (*mut Value, *mut Value, bool) {
        let before = self.top;
        let room = (self.end as usize - self.top as usize) / std::mem::size_of::<Value>();
        let mut added = false;
        if len > room {
            self.add_chunk(len.max(CHUNK));
            added = true;
        }
        let base = self.top;
        // SAFETY: there is room.
        self.top = unsafe { base.add(len) };
        (base, before, added)
    }

    #[inline(always)]
    pub fn give_back(&mut self, frame: &Frame) {
        if let Some(rare) = &frame.rare {
            if rare.owned.is_some() {
                return;
            }
            if rare.new_chunk {
                self.spare = self.chunks.pop();
                let last = self.chunks.last().expect("the first chunk stays");
                // SAFETY: the end of an allocation.
                self.end = unsafe { last.start.add(last.len) };
            }
        }
        self.top = frame.previous_top;
    }

    /// `give_back` for a frame that has nothing rare.
    #[inline(always)]
    pub fn give_back_plain(&mut self, frame: &Frame) {
        self.top = frame.previous_top;
    }

    /// A frame with all slots unset, on this stack.
    #[inline(always)]
    pub fn frame(&mut self, function: Gc<Function>, code: *const Code, exit: Exit) -> Frame {
        // SAFETY: no slot is taken to be written already.
        unsafe { self.frame_behind(function, code, exit, 0) }
    }

    /// A frame whose slots are unset from a number on; the caller writes those before.
    ///
    /// # Safety
    /// The caller writes the first `given` slots before anything reads them.
    #[inline(always)]
    pub unsafe fn frame_behind(
        &mut self,
        function: Gc<Function>,
        code: *const Code,
        exit: Exit,
        given: usize,
    ) -> Frame {
        // SAFETY: the function keeps its code alive.
        let (n_slots, len, first) = unsafe {
            let code = &*code;
            (code.n_slots as usize, (code.n_slots + code.max_stack) as usize, code.ops.as_ptr())
        };
        let (base, previous_top, new_chunk) = self.take(len);
        for index in given..n_slots {
            // SAFETY: within the frame.
            unsafe { base.add(index).write(Value::Unset) };
        }
        Frame {
            function,
            code,
            pc: first,
            base,
            // SAFETY: within the frame.
            sp: unsafe { base.add(n_slots) },
            handled: Value::Unset,
            exit,
            previous_top,
            rare: if new_chunk { Some(Box::new(Rare { new_chunk, ..Rare::new() })) } else { None },
        }
    }

    /// Moves a frame off the stack into storage of its own.
    pub fn detach(&mut self, mut frame: Frame) -> Frame {
        let len = (frame.code().n_slots + frame.code().max_stack) as usize;
        let region = Region::new(len);
        // SAFETY: both regions hold `len` values; what is initialised is moved.
        unsafe {
            let used = frame.sp.offset_from(frame.base) as usize;
            std::ptr::copy_nonoverlapping(frame.base, region.start, used);
            self.give_back(&frame);
            frame.base = region.start;
            frame.sp = region.start.add(used);
        }
        let rare = frame.rare_mut();
        rare.owned = Some(region);
        rare.new_chunk = false;
        frame.previous_top = std::ptr::null_mut();
        frame
    }
}

/// A generator's frame between two steps.
pub struct Suspended {
    /// None while it runs.
    pub frame: Option<Frame>,
    pub started: bool,
}

// SAFETY: this is the machine's own type.
unsafe impl GeneratorState for Suspended {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        let Some(frame) = &self.frame else {
            visitor.busy();
            return;
        };
        visitor.gc(&frame.function);
        frame.handled.trace(visitor);
        if let Some(names) = frame.names() {
            visitor.gc(names);
        }
        let mut at = frame.base;
        while at < frame.sp {
            // SAFETY: slots and operands up to `sp` are initialised.
            unsafe {
                (*at).trace(visitor);
                at = at.add(1);
            }
        }
    }
}

impl Drop for Suspended {
    fn drop(&mut self) {
        if let Some(mut frame) = self.frame.take() {
            if self.started && frame.is_protected() {
                let name = frame.function.name.borrow().clone();
                let qualname = frame.function.qualname.borrow().clone();
                let state: Box<dyn GeneratorState> =
                    Box::new(Suspended { frame: Some(frame), started: true });
                put_off(Value::Generator(Gc::new(Generator {
                    name,
                    qualname,
                    state: std::cell::RefCell::new(Some(state)),
                    running: std::cell::Cell::new(false),
                })));
                return;
            }
            frame.cut(0);
            frame.drop_slots();
        }
    }
}
