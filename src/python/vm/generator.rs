//! Generators: suspended frames.
//!
//! Owns suspending and resuming, `send`, `throw`, `close`. Must not know instructions.

use super::frame::{Exit, Suspended};
use super::{Vm, errors, machine};
use crate::diag::builtin::{GENERATOR_EXIT, STOP_ITERATION};
use crate::python::compile::op::Op;
use crate::python::value::param::{pos, pos_opt};
use crate::python::value::{
    Gc, Generator, GeneratorState, Host, ParamDefault, R, Raised, Row, Value, exception_class, intern,
};

impl Vm {
    /// Takes the running frame off the stack as a fresh generator; also says where its caller wants it.
    pub(super) fn detach_generator(&mut self) -> (Value, Exit) {
        let frame = self.frames.pop().expect("a frame is running");
        let mut frame = self.stack.detach(frame);
        let exit = std::mem::replace(&mut frame.exit, Exit::Entry);
        let name = frame.function.name.borrow().clone();
        let qualname = frame.function.qualname.borrow().clone();
        let generator = Gc::new(Generator {
            name,
            qualname,
            state: std::cell::RefCell::new(Some(Box::new(Suspended { frame: Some(frame), started: false }))),
            running: std::cell::Cell::new(false),
        });
        (Value::Generator(generator), exit)
    }

    /// Puts a generator's frame on top. False: it has ended.
    pub(super) fn enter_generator(&mut self, generator: &Gc<Generator>, exit: Exit, sent: Value) -> R<bool> {
        if generator.running.get() {
            return Err(errors::generator_running());
        }
        let mut state = generator.state.borrow_mut();
        let Some(suspended) = state.as_mut().map(suspended) else { return Ok(false) };
        if !suspended.started && !sent.is_none() {
            return Err(errors::send_to_fresh());
        }
        if self.frames.len() + self.nested >= self.limit {
            return Err(errors::recursion(""));
        }
        let Some(frame) = &mut suspended.frame else { return Err(errors::generator_running()) };
        if suspended.started {
            // SAFETY: the place that the yielded value left is free for the sent one.
            unsafe {
                frame.sp.write(sent);
                frame.sp = frame.sp.add(1);
            }
        }
        suspended.started = true;
        frame.exit = exit;
        frame.rare_mut().generator = Some(generator.clone());
        if !frame.handled.is_unset() {
            self.handling += 1;
        }
        // SAFETY: the frame moves: it is read once, and its old place is overwritten without a drop. There is room
        // for as many frames as the depth that was just checked.
        unsafe {
            let at = self.frames.len();
            self.frames.as_mut_ptr().add(at).write(std::ptr::read(frame));
            self.frames.set_len(at + 1);
            std::ptr::write(&mut suspended.frame, None);
        }
        drop(state);
        generator.running.set(true);
        Ok(true)
    }

    /// The running generator yields. Some: the value goes to Rust.
    pub(super) fn suspend(&mut self, value: Value) -> Option<Value> {
        let frame = self.frames.last_mut().expect("a frame is running");
        if !frame.handled.is_unset() {
            self.handling -= 1;
        }
        let exit = std::mem::replace(&mut frame.exit, Exit::Entry);
        let rare = frame.rare.as_mut().expect("a generator's frame has storage of its own");
        let generator = rare.generator.take().expect("only generators yield");
        generator.running.set(false);
        if let Some(state) = generator.state.borrow_mut().as_mut() {
            // SAFETY: the frame moves back: its place on the list of frames is given up without a drop, and the place
            // that it comes to holds nothing while it runs.
            unsafe {
                let at = self.frames.len() - 1;
                self.frames.set_len(at);
                let frame = std::ptr::read(self.frames.as_ptr().add(at));
                std::ptr::write(&mut suspended(state).frame, Some(frame));
            }
        } else {
            drop(self.frames.pop());
        }
        match exit {
            Exit::Entry => {
                self.yielded = true;
                Some(value)
            }
            _ => {
                self.push_value(value);
                None
            }
        }
    }

    /// Resumes from Rust: the yielded value, or Err with the returned one.
    pub(super) fn resume(&mut self, generator: &Gc<Generator>, sent: Value) -> R<Result<Value, Value>> {
        let floor = self.frames.len();
        if !self.enter_generator(generator, Exit::Entry, sent)? {
            return Ok(Err(Value::None));
        }
        self.yielded = false;
        let value = self.nested_run(floor)?;
        Ok(if std::mem::take(&mut self.yielded) { Ok(value) } else { Err(value) })
    }

    /// Raises inside a suspended generator.
    fn throw_into(&mut self, generator: &Gc<Generator>, raised: Raised) -> R<Result<Value, Value>> {
        if let Some(inner) = delegate(generator) {
            let result = self.throw_to(&inner, raised);
            match result {
                Ok(Ok(item)) => return Ok(Ok(item)),
                Ok(Err(result)) => {
                    // The inner iterator ended: the outer goes on behind its `yield from`.
                    skip_delegation(generator, result);
                    return self.resume_as_is(generator, None);
                }
                Err(raised) => return self.resume_as_is(generator, Some(raised)),
            }
        }
        self.resume_as_is(generator, Some(raised))
    }

    fn resume_as_is(&mut self, generator: &Gc<Generator>, thrown: Option<Raised>) -> R<Result<Value, Value>> {
        if generator.running.get() {
            return Err(errors::generator_running());
        }
        let floor = self.frames.len();
        {
            let mut state = generator.state.borrow_mut();
            let suspended = state.as_mut().map(suspended);
            let Some(suspended) = suspended else {
                return match thrown {
                    Some(raised) => Err(raised),
                    None => Ok(Err(Value::None)),
                };
            };
            let Some(mut frame) = suspended.frame.take() else { return Err(errors::generator_running()) };
            suspended.started = true;
            frame.exit = Exit::Entry;
            frame.rare_mut().generator = Some(generator.clone());
            if !frame.handled.is_unset() {
                self.handling += 1;
            }
            drop(state);
            generator.running.set(true);
            self.frames.push(frame);
        }
        self.yielded = false;
        let value = stacker::maybe_grow(256 * 1024, 2 * 1024 * 1024, || self.run(floor, thrown))?;
        Ok(if std::mem::take(&mut self.yielded) { Ok(value) } else { Err(value) })
    }

    fn throw_to(&mut self, iterator: &Value, mut raised: Raised) -> R<Result<Value, Value>> {
        if let Value::Generator(inner) = iterator {
            if raised.is_a(&GENERATOR_EXIT) {
                self.close_generator(inner)?;
                return Err(raised);
            }
            return self.throw_into(inner, raised);
        }
        match self.find_attr(iterator, &intern("throw"))? {
            Some(throw) => {
                let exception = self.exception_value(&mut raised);
                match self.call_values(&throw, &[exception]) {
                    Ok(item) => Ok(Ok(item)),
                    Err(raised) if raised.is_a(&STOP_ITERATION) => Ok(Err(self.stop_value(raised))),
                    Err(raised) => Err(raised),
                }
            }
            None => Err(raised),
        }
    }

    pub(super) fn close_generator(&mut self, generator: &Gc<Generator>) -> R<()> {
        let fresh = {
            let mut state = generator.state.borrow_mut();
            match state.as_mut().map(suspended) {
                None => return Ok(()),
                Some(suspended) => !suspended.started,
            }
        };
        if fresh {
            let state = generator.state.borrow_mut().take();
            drop(state);
            return Ok(());
        }
        let exit = Raised::new(&GENERATOR_EXIT, "");
        match self.throw_into(generator, exit) {
            Ok(Ok(_)) => Err(errors::ignored_exit()),
            Ok(Err(_)) => Ok(()),
            Err(raised) if raised.is_a(&GENERATOR_EXIT) || raised.is_a(&STOP_ITERATION) => Ok(()),
            Err(raised) => Err(raised),
        }
    }

    /// `yield from` an iterator that is not a generator: Ok is the next item, Err the value at the end.
    pub(super) fn send_to(&mut self, iterator: &Value, sent: Value) -> R<Result<Value, Value>> {
        let result = if sent.is_none() {
            let name = self.names.next.clone();
            match self.special(iterator, &name)? {
                Some(method) => self.call_values(&method, &[]),
                None => match self.step(iterator)? {
                    Some(item) => return Ok(Ok(item)),
                    None => return Ok(Err(Value::None)),
                },
            }
        } else {
            self.call_method(iterator, "send", &[sent])
        };
        match result {
            Ok(item) => Ok(Ok(item)),
            Err(raised) if raised.is_a(&STOP_ITERATION) => Ok(Err(self.stop_value(raised))),
            Err(raised) => Err(raised),
        }
    }

    /// What a StopIteration carries.
    pub(super) fn stop_value(&mut self, mut raised: Raised) -> Value {
        let exception = self.exception_value(&mut raised);
        super::exceptions::data(&exception)
            .and_then(|data| data.args.borrow().first().cloned())
            .unwrap_or(Value::None)
    }

    pub(super) fn stop_iteration(&mut self, value: Value) -> Raised {
        let args = if value.is_none() { Vec::new() } else { vec![value] };
        Raised::exception(Self::bare_exception(&exception_class(&STOP_ITERATION), args))
    }
}

/// The machine's side of a generator.
#[inline(always)]
fn suspended(state: &mut Box<dyn GeneratorState>) -> &mut Suspended {
    let state: *mut dyn GeneratorState = &mut **state;
    // SAFETY: `Suspended` is the only implementation of the trait.
    unsafe { &mut *state.cast::<Suspended>() }
}

/// The iterator that a suspended generator delegates to.
fn delegate(generator: &Gc<Generator>) -> Option<Value> {
    let mut state = generator.state.borrow_mut();
    let suspended = suspended(state.as_mut()?);
    let frame = suspended.frame.as_ref()?;
    let at = frame.index();
    let ops = &frame.code().ops;
    if suspended.started && at > 0 && matches!(ops[at], Op::Yield) && matches!(ops[at - 1], Op::Send(_)) {
        // SAFETY: while `yield from` waits, the inner iterator is on top of the stack.
        return Some(unsafe { (*frame.sp.sub(1)).clone() });
    }
    None
}

/// Puts a delegating generator behind its `yield from`, with the result on the stack.
fn skip_delegation(generator: &Gc<Generator>, result: Value) {
    let mut state = generator.state.borrow_mut();
    let Some(suspended) = state.as_mut().map(suspended) else {
        return;
    };
    let Some(frame) = suspended.frame.as_mut() else { return };
    let at = frame.index();
    if let Op::Send(target) = frame.code().ops[at - 1] {
        // SAFETY: as in `delegate`; the target is within the code.
        unsafe {
            drop(std::mem::replace(&mut *frame.sp.sub(1), result));
            frame.pc = frame.code().ops.as_ptr().add(target as usize);
        }
    }
}

fn own(args: &[Value]) -> R<Gc<Generator>> {
    match args.first() {
        Some(Value::Generator(generator)) => Ok(generator.clone()),
        _ => Err(errors::type_error("a generator is needed")),
    }
}

/// The methods of generators, which need the machine.
pub(super) static METHODS: &[Row] = &[
    Row::method("__iter__", &[], "The generator itself.", "", |_, args| Ok(args[0].clone())),
    Row::method("__next__", &[], "The next item.", "", |host, args| {
        let generator = own(args)?;
        let vm = machine(host);
        match vm.resume(&generator, Value::None)? {
            Ok(item) => Ok(item),
            Err(result) => Err(vm.stop_iteration(result)),
        }
    }),
    Row::method(
        "send",
        &[pos("value")],
        "Resumes the generator with a value for its yield.",
        "",
        |host, args| {
            let generator = own(args)?;
            let vm = machine(host);
            match vm.resume(&generator, args[1].clone())? {
                Ok(item) => Ok(item),
                Err(result) => Err(vm.stop_iteration(result)),
            }
        },
    ),
    Row::method(
        "throw",
        &[pos("type"), pos_opt("value", ParamDefault::None), pos_opt("traceback", ParamDefault::None)],
        "Raises inside the generator, where it waits.",
        "",
        |host, args| {
            let generator = own(args)?;
            let vm = machine(host);
            let raised = match (&args[1], &args[2]) {
                (class @ Value::Class(_), value) if !value.is_none() => {
                    let exception = match super::exceptions::data(value) {
                        Some(_) => value.clone(),
                        None => vm.call_values(class, std::slice::from_ref(value))?,
                    };
                    vm.raise(exception, None)
                }
                (exception, _) => vm.raise(exception.clone(), None),
            };
            match vm.throw_into(&generator, raised)? {
                Ok(item) => Ok(item),
                Err(result) => Err(vm.stop_iteration(result)),
            }
        },
    ),
    Row::method("close", &[], "Ends the generator.", "", |host, args| {
        let generator = own(args)?;
        machine(host).close_generator(&generator)?;
        Ok(Value::None)
    }),
];
