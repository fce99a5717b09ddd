//! Importing.
//!
//! Owns the table of modules, dotted and relative names, packages, modules that are still being run, native modules'
//! rows. Must not know where sources come from: an `Importer` does.

use std::rc::Rc;

use super::frame::{Exit, Frame};
use super::{Vm, errors};
use crate::diag::{Error, Source};
use crate::python::compile::code::{Code, ImportSite};
use crate::python::compile::{CodeKind, Mode};
use crate::python::syntax;
use crate::python::value::{
    Gc, Host, Module, NativeFunction, NativeModule, R, Str, Value, exception_class, intern, native_class,
};

/// What an importer found.
pub enum Found {
    /// A module of the app: its text, its path, and whether it is a package's `__init__.py`.
    Source {
        text: String,
        path: String,
        is_package: bool,
    },
    Native(&'static NativeModule),
    /// A module that is there and cannot be read: what importing it raises.
    Unreadable(Error),
    /// An import that Retort does not have, which must not stop the app; the function makes its `__getattr__`.
    Inert(fn(&Str) -> Value),
}

/// Where modules come from.
pub trait Importer {
    /// A module by its dotted name; `from` is the module that imports it.
    fn find(&mut self, name: &str, from: Option<&str>) -> Option<Found>;
}

/// An importer that has nothing.
pub struct NoModules;

impl Importer for NoModules {
    fn find(&mut self, _name: &str, _from: Option<&str>) -> Option<Found> {
        None
    }
}

impl Vm {
    pub(super) fn is_loading(&self, name: &Str) -> bool {
        self.loading.iter().any(|known| known == name)
    }

    pub(super) fn import_statement(&mut self, site: &ImportSite) -> R<Value> {
        let globals = self.current_globals();
        self.import_with(
            &site.module,
            site.names.is_some(),
            site.names.as_deref(),
            site.level,
            globals.as_deref(),
        )
    }

    /// What `__import__` does: the top package, or the innermost module where names are asked for.
    pub(super) fn import_with(
        &mut self,
        name: &Str,
        innermost: bool,
        names: Option<&[Str]>,
        level: u32,
        globals: Option<&crate::python::value::Dict>,
    ) -> R<Value> {
        let full = if level > 0 { self.absolute_name(name, level, globals)? } else { name.clone() };
        let module = self.import_path(&intern(&full))?;
        if let Some(names) = names {
            // Submodules that `from package import name` names are imported.
            let is_package = self.find_attr(&module, &self.names.path.clone())?.is_some();
            if is_package {
                for wanted in names {
                    if &**wanted == "*" || self.find_attr(&module, wanted)?.is_some() {
                        continue;
                    }
                    let sub = intern(&format!("{full}.{wanted}"));
                    match self.import_path(&sub) {
                        Ok(_) => {}
                        Err(raised) if self.is_missing(&raised, &sub) => {}
                        Err(raised) => return Err(raised),
                    }
                }
            }
        }
        if innermost || level > 0 {
            return Ok(module);
        }
        match full.split_once('.') {
            Some((top, _)) => self.import_path(&intern(top)),
            None => Ok(module),
        }
    }

    fn is_missing(&self, raised: &crate::python::value::Raised, name: &str) -> bool {
        match &*raised.0 {
            crate::python::value::RaisedKind::Error { error, .. } => {
                error.message == format!("No module named '{name}'")
            }
            _ => false,
        }
    }

    fn absolute_name(
        &mut self,
        name: &Str,
        level: u32,
        globals: Option<&crate::python::value::Dict>,
    ) -> R<Str> {
        let text = |value: Option<Value>| match value {
            Some(Value::Str(text)) => Some(text),
            _ => None,
        };
        let globals = globals.ok_or_else(errors::no_parent_package)?;
        let package = match text(globals.get_str(&self.names.package)) {
            Some(package) => package.to_string(),
            None => {
                let name = text(globals.get_str(&self.names.name)).unwrap_or_else(|| intern(""));
                match globals.contains_str(&self.names.path) {
                    true => name.to_string(),
                    false => name.rsplit_once('.').map_or(String::new(), |(package, _)| package.to_string()),
                }
            }
        };
        if package.is_empty() {
            return Err(errors::no_parent_package());
        }
        let mut base = &*package;
        for _ in 1..level {
            base = base.rsplit_once('.').ok_or_else(errors::beyond_top_level)?.0;
        }
        Ok(intern(&if name.is_empty() { base.to_string() } else { format!("{base}.{name}") }))
    }

    /// Imports `a.b.c`, package by package; the innermost module.
    pub(super) fn import_path(&mut self, name: &Str) -> R<Value> {
        if let Some(module) = self.modules.get_str(name) {
            if module.is_none() {
                return Err(errors::no_module(name));
            }
            return Ok(module);
        }
        let mut parent = None;
        if let Some((package, _)) = name.rsplit_once('.') {
            let package_module = self.import_path(&intern(package))?;
            if let Some(module) = self.modules.get_str(name) {
                return Ok(module);
            }
            if let Value::Module(found) = &package_module
                && !found.inert
                && !found.dict.contains_str(&self.names.path)
            {
                return Err(errors::not_a_package(name, package));
            }
            parent = Some(package_module);
        }
        let from = self.current_globals().and_then(|globals| globals.get_str(&self.names.name));
        let from = from.as_ref().and_then(Value::as_str);
        let module = match self.importer.find(name, from) {
            Some(Found::Source { text, path, is_package }) => {
                self.load_source(name, text, path, is_package)?
            }
            Some(Found::Native(native)) => self.load_native(native)?,
            Some(Found::Unreadable(error)) => return Err(error.into()),
            Some(Found::Inert(getattr)) => self.load_inert(name, getattr(name)),
            None => match &parent {
                Some(Value::Module(module)) if module.inert => {
                    let getattr = module.dict.get("__getattr__").unwrap_or_default();
                    self.load_inert(name, getattr)
                }
                _ => return Err(errors::no_module(name)),
            },
        };
        // What the module left in the table under its name counts.
        let module = self.modules.get_str(name).unwrap_or(module);
        if let (Some(parent), Some((_, last))) = (parent, name.rsplit_once('.')) {
            self.set_attr(&parent, &intern(last), module.clone())?;
        }
        Ok(module)
    }

    fn load_inert(&mut self, name: &Str, getattr: Value) -> Value {
        let dict = Gc::new(crate::python::value::Dict::new());
        dict.set_str(&self.names.name, Value::Str(name.clone()));
        dict.set_str(&self.names.getattr, getattr);
        let module = Value::Module(Gc::new(Module { name: name.clone(), dict, inert: true }));
        self.modules.set_str(name, module.clone());
        module
    }

    fn load_source(&mut self, name: &Str, text: String, path: String, is_package: bool) -> R<Value> {
        let module = self.new_module(name);
        let dict = module.dict.clone();
        dict.set("__file__", Value::str(&path));
        let package = match (is_package, name.rsplit_once('.')) {
            (true, _) => name.to_string(),
            (false, Some((package, _))) => package.to_string(),
            (false, None) => String::new(),
        };
        dict.set("__package__", Value::str(&package));
        if is_package {
            let folder = std::path::Path::new(&path).parent().map(|folder| folder.display().to_string());
            dict.set("__path__", Value::list(vec![Value::str(folder.unwrap_or_default())]));
        }
        let value = Value::Module(module);
        self.modules.set_str(name, value.clone());
        self.loading.push(name.clone());
        let source = Rc::new(Source::new(path, text));
        let done = self.run_source(&source, &dict, Mode::File);
        self.loading.pop();
        if let Err(raised) = done {
            self.modules.remove_str(name);
            return Err(raised);
        }
        Ok(value)
    }

    /// Makes a native module: rows, types, exceptions, constants, then its prelude.
    pub(super) fn load_native(&mut self, native: &'static NativeModule) -> R<Value> {
        let name = intern(native.name);
        if let Some(module) = self.modules.get_str(&name) {
            return Ok(module);
        }
        let module = self.new_module(native.name);
        let dict = module.dict.clone();
        let package = native.name.rsplit_once('.').map_or(native.name, |(package, _)| package);
        dict.set("__package__", Value::str(package));
        dict.set("__path__", Value::list(Vec::new()));
        if !native.doc.is_empty() {
            dict.set("__doc__", Value::str(native.doc));
        }
        let value = Value::Module(module);
        self.modules.set_str(&name, value.clone());
        for row in native.functions {
            dict.set(row.name, NativeFunction::of_module(row, &value));
        }
        for kind in native.types {
            dict.set(kind.name, Value::Class(native_class(kind)));
        }
        for class in native.exceptions {
            dict.set(class.name, Value::Class(exception_class(class)));
        }
        let filled = self.fill_native(native, &name, &dict);
        if let Err(raised) = filled {
            self.modules.remove_str(&name);
            return Err(raised);
        }
        Ok(value)
    }

    fn fill_native(
        &mut self,
        native: &'static NativeModule,
        name: &Str,
        dict: &Gc<crate::python::value::Dict>,
    ) -> R<()> {
        for (constant, make) in native.constants {
            let value = make(self)?;
            dict.set(constant, value);
        }
        if let Some(prelude) = native.prelude {
            self.loading.push(name.clone());
            let text = syntax::later::shorten(prelude);
            let source = Rc::new(Source::shortened(format!("<{}>", native.name), text, prelude));
            let done = self
                .compile(&source, Mode::File, CodeKind::Module)
                .map_err(Into::into)
                .and_then(|code| self.run_code(&code, dict.clone(), None));
            self.loading.pop();
            done?;
        }
        Ok(())
    }

    /// Compiles the body of the function that is being entered, and enters it instead.
    pub(super) fn realize(&mut self) -> R<()> {
        let frame: *const Frame = self.frames.last().expect("a frame is running");
        // SAFETY: frames do not move while their list is left alone, and the function keeps its code alive.
        let stub = unsafe { &*(*frame).code };
        let Some(later) = &stub.later else { return Ok(()) };
        let whole = match later.whole.get() {
            Some(whole) => whole.clone(),
            None => {
                let whole = self.compile_later(stub)?;
                later.whole.get_or_init(|| whole).clone()
            }
        };
        let mut old = self.frames.pop().expect("a frame is running");
        let parameters = stub.n_slots as usize;
        // SAFETY: the slots of the stub are its parameters, all of them written; they are moved out.
        let values: Vec<Value> =
            (0..parameters).map(|at| unsafe { old.base.add(at).replace(Value::Unset) }).collect();
        self.stack.give_back(&old);
        let exit = std::mem::replace(&mut old.exit, Exit::Entry);
        let function = old.function.clone();
        let new = self.stack.frame(function.clone(), Rc::as_ptr(&whole), exit);
        for (at, value) in values.into_iter().enumerate() {
            // SAFETY: parameters are the first slots of both.
            unsafe { new.base.add(at).write(value) };
        }
        let before = function.code.replace(whole);
        self.frames.push(new);
        drop(old);
        drop(before);
        Ok(())
    }

    fn compile_later(&mut self, stub: &Code) -> R<Rc<Code>> {
        let later = stub.later.as_ref().expect("the caller has seen it");
        let before = "\n".repeat(later.line as usize - 1 - usize::from(later.class.is_some()));
        let text = match &later.class {
            Some(class) => format!("{before}class {class}:\n{}", later.text),
            None => format!("{before}{}", later.text),
        };
        let source = Rc::new(Source::new(stub.source.name.clone(), text));
        let module = self.compile(&source, Mode::File, CodeKind::Module)?;
        let within = match &later.class {
            Some(_) => module.codes.last().cloned().unwrap_or(module),
            None => module,
        };
        let found = within.codes.iter().rev().find(|code| code.name == stub.name);
        Ok(found.cloned().expect("the text defines the function"))
    }

    pub(super) fn import_from(&mut self, module: &Value, name: &Str) -> R<Value> {
        if let Some(value) = self.find_attr(module, name)? {
            return Ok(value);
        }
        let Value::Module(object) = module else {
            return Err(errors::cannot_import_name(name, "<unknown module name>", "unknown location"));
        };
        let module_name = match object.dict.get_str(&self.names.name) {
            Some(Value::Str(name)) => name,
            _ => object.name.clone(),
        };
        // A submodule that is in the table already, as in a circular import.
        if let Some(value) = self.modules.get_str(&intern(&format!("{module_name}.{name}"))) {
            return Ok(value);
        }
        let place = match object.dict.get_str(&self.names.file) {
            Some(Value::Str(file)) => file.to_string(),
            _ => "unknown location".to_string(),
        };
        if self.is_loading(&object.name) {
            return Err(errors::circular_import_name(name, &module_name, &place));
        }
        Err(errors::cannot_import_name(name, &module_name, &place))
    }

    pub(super) fn import_star(&mut self, module: &Value) -> R<()> {
        let Value::Module(object) = module else { return Ok(()) };
        let target = self.current_namespace();
        match object.dict.get_str(&self.names.all) {
            Some(names) => {
                for name in self.collect(&names)? {
                    let Value::Str(name) = name else { continue };
                    let name = intern(&name);
                    let value = match self.find_attr(module, &name)? {
                        Some(value) => value,
                        None => {
                            let sub = intern(&format!("{}.{name}", object.name));
                            match self.import_path(&sub) {
                                Ok(value) => value,
                                Err(_) => return Err(errors::module_no_attribute(&object.name, &name)),
                            }
                        }
                    };
                    target.set_str(&name, value);
                }
            }
            None => {
                for (name, value) in object.dict.to_vec() {
                    if let Value::Str(name) = name
                        && !name.starts_with('_')
                    {
                        target.set_str(&intern(&name), value);
                    }
                }
            }
        }
        Ok(())
    }
}
