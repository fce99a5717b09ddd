//! The machine: frames, calls, exceptions, generators, imports; it implements `Host`.
//!
//! Owns running code. Must not know SQL, mapping, projects or terminals: modules come through `Importer`, output goes
//! through `Output`.

mod attr;
mod call;
mod classes;
mod construct;
mod errors;
mod exceptions;
mod frame;
mod generator;
mod getset;
mod host;
mod import;
mod intrinsics;
mod iterate;
mod matching;
mod names;
mod object;
mod operate;
mod run;
mod superobj;
#[cfg(test)]
mod tests;
mod traceback;
mod unwind;
pub(crate) mod wording;

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use self::frame::{Exit, Frame, Stack};
use self::names::Names;
use crate::diag::{Error, Source};
use crate::python::compile::{self, Code, CodeKind};
use crate::python::syntax;
use crate::python::value::{
    Class, CodeHandle, Dict, Function, Gc, Host, Module, R, Str, Value, intern, native_class, take_put_off,
};

pub use self::import::{Found, Importer, NoModules};
pub use self::traceback::{last_line, render_traceback};
pub use crate::python::compile::Mode;

/// Where a program's output goes.
pub trait Output {
    fn out(&mut self, text: &str);
    fn err(&mut self, text: &str);
    /// The value of an expression statement at the console, already known not to be None.
    fn display(&mut self, repr: &str) {
        self.out(repr);
        self.out("\n");
    }
    /// A line from standard input, for `input()`; None at the end.
    fn read_line(&mut self) -> Option<String> {
        None
    }
}

/// Frames never move: run loops hold pointers to theirs. Untouched memory costs nothing.
const MOST_FRAMES: usize = 10_100;

/// How deep calls may nest.
pub const RECURSION_LIMIT: usize = 1000;

pub struct Vm {
    frames: Vec<Frame>,
    stack: Stack,
    /// Operations under way that may come back to the language and that count as calls.
    nested: usize,
    limit: usize,
    /// How many frames are handling an exception.
    handling: usize,
    names: Rc<Names>,
    modules: Gc<Dict>,
    builtins: Gc<Dict>,
    builtins_module: Gc<Module>,
    importer: Box<dyn Importer>,
    output: Box<dyn Output>,
    interrupt: Arc<AtomicBool>,
    kinds: Kinds,
    /// Whether the frame that last left `run` yielded rather than returned.
    yielded: bool,
    /// Packages and files of the modules being run, innermost last.
    loading: Vec<Str>,
    warned: Vec<(String, u32, String)>,
    /// Data that a layer above keeps with the machine.
    pub extension: Option<Box<dyn Any>>,
}

/// Classes that the machine meets all the time.
struct Kinds {
    object: Gc<Class>,
    type_: Gc<Class>,
}

impl Vm {
    pub fn new(importer: Box<dyn Importer>, output: Box<dyn Output>) -> Vm {
        let builtins_module = Module::new(intern("builtins"));
        let modules = Gc::new(Dict::new());
        modules.set("builtins", Value::Module(builtins_module.clone()));
        let kinds = Kinds {
            object: native_class(&crate::python::value::OBJECT),
            type_: native_class(crate::python::builtins::kind(&Value::Class(native_class(
                &crate::python::value::OBJECT,
            )))),
        };
        let mut vm = Vm {
            frames: Vec::with_capacity(MOST_FRAMES),
            stack: Stack::new(),
            nested: 0,
            limit: RECURSION_LIMIT,
            handling: 0,
            names: Rc::new(Names::new()),
            modules,
            builtins: builtins_module.dict.clone(),
            builtins_module,
            importer,
            output,
            interrupt: Arc::new(AtomicBool::new(false)),
            kinds,
            yielded: false,
            loading: Vec::new(),
            warned: Vec::new(),
            extension: None,
        };
        vm.fill_builtins();
        vm
    }

    /// The flag that Ctrl-C sets; the machine looks at it on back-edges and calls.
    pub fn interrupt_flag(&self) -> Arc<AtomicBool> {
        self.interrupt.clone()
    }

    /// Listens to another machine's flag from now on.
    pub fn share_interrupt_flag(&mut self, flag: Arc<AtomicBool>) {
        self.interrupt = flag;
    }

    /// Puts another output in the place of the present one.
    pub fn set_output(&mut self, output: Box<dyn Output>) -> Box<dyn Output> {
        std::mem::replace(&mut self.output, output)
    }

    pub fn output(&mut self) -> &mut dyn Output {
        &mut *self.output
    }

    pub fn builtins(&self) -> &Gc<Dict> {
        &self.builtins
    }

    pub fn modules(&self) -> &Gc<Dict> {
        &self.modules
    }

    /// An empty module that is not in the table of modules.
    pub fn new_module(&mut self, name: &str) -> Gc<Module> {
        let module = Module::new(intern(name));
        let dict = &module.dict;
        dict.set("__doc__", Value::None);
        dict.set("__package__", Value::None);
        dict.set("__loader__", Value::None);
        dict.set("__spec__", Value::None);
        dict.set("__builtins__", Value::Module(self.builtins_module.clone()));
        module
    }

    /// The `__main__` module, made anew.
    pub fn new_main(&mut self) -> Gc<Module> {
        let module = self.new_module("__main__");
        self.modules.set("__main__", Value::Module(module.clone()));
        module
    }

    /// Parses and compiles a text.
    pub fn compile(&mut self, source: &Rc<Source>, mode: Mode, kind: CodeKind) -> Result<Rc<Code>, Error> {
        syntax::with_room(&source.text, || {
            let is_own = source.whole.is_some();
            let parsed = if is_own { syntax::parse_own(&source.text) } else { syntax::parse(&source.text) };
            let parsed = parsed.map_err(|fault| {
                compile::errors::at_span(Error::new(fault.class, fault.message), source, fault.span)
            })?;
            match mode {
                Mode::Eval => match &parsed.syntax().body[..] {
                    [statement] => compile::compile_eval(source, statement, kind),
                    _ => Err(compile::errors::not_an_expression(source)),
                },
                mode => compile::compile_body(source, &parsed.syntax().body, mode, kind),
            }
        })
    }

    /// Runs a text in a module's namespace. The value is that of the expression in `Eval` mode, else None.
    pub fn run_source(&mut self, source: &Rc<Source>, globals: &Gc<Dict>, mode: Mode) -> R<Value> {
        let code = self.compile(source, mode, CodeKind::Module)?;
        self.run_code(&code, globals.clone(), None)
    }

    /// Runs compiled module-level code.
    pub fn run_code(&mut self, code: &Rc<Code>, globals: Gc<Dict>, names: Option<Gc<Dict>>) -> R<Value> {
        if !globals.contains_str(&self.names.builtins) {
            globals.set_str(&self.names.builtins, Value::Module(self.builtins_module.clone()));
        }
        let function = self.function_of(code, globals, Vec::new());
        let floor = self.frames.len();
        self.check_depth_for_call()?;
        let mut frame = self.stack.frame(function, Rc::as_ptr(code), Exit::Entry);
        if names.is_some() {
            frame.rare_mut().names = names;
        }
        self.frames.push(frame);
        let done = self.nested_run(floor);
        self.finalize();
        done
    }

    fn function_of(
        &mut self,
        code: &Rc<Code>,
        globals: Gc<Dict>,
        closure: Vec<Gc<crate::python::value::Cell>>,
    ) -> Gc<Function> {
        let module = globals.get_str(&self.names.name).unwrap_or(Value::None);
        Gc::new(Function {
            code: CodeHandle::new(code.clone()),
            name: std::cell::RefCell::new(code.name.clone()),
            qualname: std::cell::RefCell::new(code.qualname.clone()),
            module,
            doc: std::cell::RefCell::new(code.doc.clone()),
            globals,
            defaults: std::cell::RefCell::new(Vec::new()),
            kw_defaults: std::cell::RefCell::new(Vec::new()),
            closure,
            annotations: std::cell::RefCell::new(None),
            dict: std::cell::RefCell::new(None),
        })
    }

    /// Runs the frames above `floor` from Rust, on more stack if little is left.
    fn nested_run(&mut self, floor: usize) -> R<Value> {
        stacker::maybe_grow(256 * 1024, 2 * 1024 * 1024, || self.run(floor, None))
    }

    /// What wants attention on a back-edge or a call.
    #[inline(always)]
    fn attend(&mut self) -> R<()> {
        if self.interrupt.load(Ordering::Relaxed) {
            self.interrupt.store(false, Ordering::Relaxed);
            // What works for long outside the machine (SQLite) has an ear of its own.
            crate::util::interrupt::take();
            return Err(errors::keyboard_interrupt());
        }
        if crate::python::value::heap::should_collect() {
            crate::python::value::heap::collect();
            self.finalize();
        }
        Ok(())
    }

    /// Lets generators that nobody holds any more run to their end, and calls `__del__`.
    fn finalize(&mut self) {
        for object in take_put_off() {
            let done = match &object {
                Value::Generator(generator) => self.close_generator(generator),
                object => self.call_method(object, "__del__", &[]).map(drop),
            };
            if let Err(mut raised) = done {
                let line = last_line(self, &mut raised);
                let shown = self.repr(&object).unwrap_or_else(|_| intern("<object>"));
                self.output.err(&format!("Exception ignored in: {shown}\n{line}\n"));
            }
        }
    }

    pub fn import_module(&mut self, name: &str) -> R<Gc<Module>> {
        self.import(name)
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        while let Some(mut frame) = self.frames.pop() {
            frame.cut(0);
            frame.drop_slots();
        }
    }
}

/// The machine behind a host.
fn machine(host: &mut dyn Host) -> &mut Vm {
    host.machine().downcast_mut::<Vm>().expect("the machine's own functions are called by the machine")
}
