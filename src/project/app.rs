//! An app loaded into a machine, with the names that `flask shell` puts into scope.
//!
//! Owns: making the machine, importing the app's module, finding the app object in it, pushing its context.
//! Must not know commands, terminals or how results are shown.

use std::path::{Path, PathBuf};

use super::errors;
use super::importer::ProjectImporter;
use super::target::AppRef;
use crate::diag::Error;
use crate::engine::policy;
use crate::python::value::{CallArgs, Dict, Gc, Host, Instance, Module, R, Raised, Value, intern};
use crate::python::vm::{Output, Vm};

/// A machine with an app in it.
pub struct Project {
    pub vm: Vm,
    /// The console's namespace.
    pub names: Gc<Dict>,
    /// The Flask app, if the module has one.
    pub app: Option<Value>,
    pub root: PathBuf,
    /// Where the app came from; None for one that is not a file.
    pub source: Option<AppRef>,
    /// Temporary folders that go when the project goes: of a lesson's app, of a sandbox's copies.
    pub folders: Vec<tempfile::TempDir>,
}

/// The output of a machine that has ended.
struct Nowhere;

impl Output for Nowhere {
    fn out(&mut self, _text: &str) {}
    fn err(&mut self, _text: &str) {}
}

/// What a failed start leaves behind: the machine is still needed to show the exception.
pub struct Failed {
    pub vm: Box<Vm>,
    pub raised: Raised,
}

impl Project {
    /// A machine without an app, whose imports look below `root`.
    pub fn empty(root: &Path, output: Box<dyn Output>) -> Project {
        Project::importing(root, ProjectImporter::new(root), output)
    }

    /// Ends the work of a process: connections are closed and the output is flushed, but no object is taken apart,
    /// since the memory goes all at once.
    pub fn leave(mut self) {
        drop(self.vm.set_output(Box::new(Nowhere)));
        crate::engine::close_all();
        self.folders.clear();
        std::mem::forget(self);
    }

    fn importing(root: &Path, importer: ProjectImporter, output: Box<dyn Output>) -> Project {
        crate::pylib::register();
        let vm = Vm::new(Box::new(importer), output);
        let mut project = Project {
            vm,
            names: Gc::new(Dict::new()),
            app: None,
            root: root.to_path_buf(),
            source: None,
            folders: Vec::new(),
        };
        // A console and a program find `exit` and `quit` among the builtins.
        if let (Some(Value::Module(builtins)), Ok(site)) =
            (project.vm.modules().get("builtins"), project.vm.import("_sitebuiltins"))
        {
            for name in ["exit", "quit"] {
                if let Some(value) = site.dict.get(name) {
                    builtins.dict.set(name, value);
                }
            }
        }
        project
    }

    /// Imports an app and puts the names of `flask shell` into scope.
    pub fn load(app: &AppRef, output: Box<dyn Output>) -> Result<Project, Box<Failed>> {
        let importer = ProjectImporter::new(&app.root);
        let mut project = Project::load_with(app, importer, output)?;
        project.source = Some(app.clone());
        Ok(project)
    }

    /// The same for an app that is not a file but a text.
    pub fn load_text(text: &str, output: Box<dyn Output>) -> Result<Project, Box<Failed>> {
        let root = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let importer = ProjectImporter::new(&root).with_text("app", text);
        let mut project =
            Project::load_with(&AppRef { root, module: "app".into(), attribute: None }, importer, output)?;
        // There is no file to be read again.
        project.source = None;
        Ok(project)
    }

    fn load_with(
        app: &AppRef,
        importer: ProjectImporter,
        output: Box<dyn Output>,
    ) -> Result<Project, Box<Failed>> {
        let mut project = Project::importing(&app.root, importer, output);
        policy::loading(true);
        let done = project.bring_up(app);
        policy::loading(false);
        match done {
            Ok(()) => Ok(project),
            Err(raised) => Err(Box::new(Failed { vm: Box::new(project.vm), raised })),
        }
    }

    fn bring_up(&mut self, app: &AppRef) -> R<()> {
        let module = self.import(&app.module)?;
        if let Some(builtins) = self.vm.modules().get("builtins") {
            self.names.set("__builtins__", builtins);
        }
        match self.find_app(&module, app)? {
            Some(found) => {
                self.push_context(&found)?;
                let names = self.vm.call_method(&found, "make_shell_context", &[])?;
                if let Value::Dict(names) = names {
                    for (name, value) in names.to_vec() {
                        if let Value::Str(name) = name {
                            self.names.set(&name, value);
                        }
                    }
                }
                self.app = Some(found);
            }
            // A file of plain SQLAlchemy models: everything it defines is in scope.
            None => {
                for (name, value) in module.dict.to_vec() {
                    if let Value::Str(name) = name
                        && !name.starts_with("__")
                    {
                        self.names.set(&name, value);
                    }
                }
            }
        }
        Ok(())
    }

    fn import(&mut self, name: &str) -> R<Gc<Module>> {
        self.vm.import(name)
    }

    /// The app object as Flask finds it: the name asked for, `app` or `application`, the only Flask instance, or what
    /// `create_app` or `make_app` makes. None for a module without Flask.
    fn find_app(&mut self, module: &Gc<Module>, app: &AppRef) -> R<Option<Value>> {
        if let Some(attribute) = &app.attribute {
            return self.named_app(module, attribute).map(Some);
        }
        for name in ["app", "application"] {
            if let Some(value) = module.dict.get(name)
                && self.is_flask(&value)
            {
                return Ok(Some(value));
            }
        }
        let instances: Vec<Value> =
            module.dict.values().into_iter().filter(|value| self.is_flask(value)).collect();
        if let [only] = &instances[..] {
            return Ok(Some(only.clone()));
        }
        for name in ["create_app", "make_app"] {
            if let Some(factory @ Value::Function(_)) = module.dict.get(name) {
                let made = self.vm.call(&factory, CallArgs::NONE)?;
                if self.is_flask(&made) {
                    return Ok(Some(made));
                }
            }
        }
        let speaks_flask = module.dict.values().iter().any(|value| match value {
            Value::Class(class) => &**class.name.borrow() == "Flask",
            _ => false,
        });
        if speaks_flask && instances.is_empty() {
            return Err(errors::no_app_object(&app.module).into());
        }
        Ok(None)
    }

    /// `name` or `factory(arguments)`.
    fn named_app(&mut self, module: &Gc<Module>, attribute: &str) -> R<Value> {
        let (name, is_call) = match attribute.split_once('(') {
            Some((name, _)) => (name.trim(), true),
            None => (attribute, false),
        };
        let found = module.dict.get(name);
        let Some(found) = found else {
            let missing: Error = errors::no_attribute(name, &module.name);
            return Err(missing.into());
        };
        if is_call {
            let source = std::rc::Rc::new(crate::diag::Source::new("<app>", attribute));
            return self.vm.run_source(&source, &module.dict, crate::python::vm::Mode::Eval);
        }
        if self.is_flask(&found) { Ok(found) } else { self.vm.call(&found, CallArgs::NONE) }
    }

    fn is_flask(&mut self, value: &Value) -> bool {
        let Value::Instance(instance) = value else { return false };
        let instance: &Gc<Instance> = instance;
        crate::python::value::Class::mro(&instance.class())
            .iter()
            .any(|class| &**class.name.borrow() == "Flask")
    }

    fn push_context(&mut self, app: &Value) -> R<()> {
        let context = self.vm.call_method(app, "app_context", &[])?;
        self.vm.call_method(&context, "push", &[])?;
        Ok(())
    }

    /// What the program finds in `sys.argv`.
    pub fn set_arguments(&mut self, arguments: Vec<String>) {
        if let Ok(sys) = self.vm.import("sys") {
            sys.dict.set("argv", Value::list(arguments.into_iter().map(Value::from).collect()));
        }
    }

    /// Puts a name into scope.
    pub fn define(&mut self, name: &str, value: Value) {
        self.names.set_str(&intern(name), value);
    }
}
