//! Callables and generators as objects.
//!
//! Owns what a function object carries. Must not know how a call is made.

use std::any::Any;
use std::cell::RefCell;

use super::{Cell, CodeHandle, Dict, Gc, Managed, Row, Str, Value, Visitor};

/// A function written in the language.
pub struct Function {
    pub code: CodeHandle,
    pub name: RefCell<Str>,
    pub qualname: RefCell<Str>,
    pub module: Value,
    pub doc: RefCell<Value>,
    pub globals: Gc<Dict>,
    /// Defaults of the last positional parameters.
    pub defaults: RefCell<Vec<Value>>,
    /// Defaults of keyword-only parameters, by name.
    pub kw_defaults: RefCell<Vec<(Str, Value)>>,
    pub closure: Vec<Gc<Cell>>,
    pub annotations: RefCell<Option<Gc<Dict>>>,
    /// `__dict__`, made on first use.
    pub dict: RefCell<Option<Gc<Dict>>>,
}

impl Managed for Function {
    const TRACKED: bool = true;
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.gc(&self.globals);
        self.module.trace(visitor);
        self.closure.iter().for_each(|cell| visitor.gc(cell));
        match (self.defaults.try_borrow(), self.kw_defaults.try_borrow(), self.dict.try_borrow()) {
            (Ok(defaults), Ok(kw_defaults), Ok(dict)) => {
                defaults.iter().for_each(|value| value.trace(visitor));
                kw_defaults.iter().for_each(|(_, value)| value.trace(visitor));
                dict.iter().for_each(|dict| visitor.gc(dict));
            }
            _ => visitor.busy(),
        }
        if let Ok(annotations) = self.annotations.try_borrow() {
            annotations.iter().for_each(|dict| visitor.gc(dict));
        }
    }
    fn clear(&self) {
        let defaults = self.defaults.take();
        let kw_defaults = self.kw_defaults.take();
        let dict = self.dict.take();
        let annotations = self.annotations.take();
        drop((defaults, kw_defaults, dict, annotations));
    }
}

/// A function written in Rust: its row, and the object it is bound to, if any.
pub struct NativeFunction {
    pub row: &'static Row,
    /// Bound receiver (an instance, or the class of a classmethod), else unset.
    pub receiver: Value,
    /// The type that the row belongs to (`list` for `list.append`), for its repr; unset for plain functions.
    pub owner: Value,
    /// Data that the function closes over, else unset. It is passed before all other values.
    pub data: Value,
}

impl NativeFunction {
    pub fn plain(row: &'static Row) -> Value {
        Value::Native(Gc::new(NativeFunction {
            row,
            receiver: Value::Unset,
            owner: Value::Unset,
            data: Value::Unset,
        }))
    }
}

impl NativeFunction {
    /// A function of a module.
    pub fn of_module(row: &'static Row, module: &Value) -> Value {
        Value::Native(Gc::new(NativeFunction {
            row,
            receiver: Value::Unset,
            owner: module.clone(),
            data: Value::Unset,
        }))
    }

    /// The module that the function belongs to.
    pub fn module(&self) -> &str {
        match &self.owner {
            Value::Class(owner) => owner.native.module,
            Value::Module(module) => &module.name,
            _ => "builtins",
        }
    }

    /// Whether the function is written in Python where it comes from, and shows itself as such.
    pub fn is_written(&self) -> bool {
        let module = self.module();
        let package = module.split('.').next().unwrap_or(module);
        let in_package = WRITTEN_PACKAGES.contains(&package)
            || matches!(self.owner, Value::Module(_)) && WRITTEN_MODULES.contains(&module);
        in_package && !self.row.name.starts_with("__")
    }

    /// Whether it stands for a slot of its type.
    pub fn is_wrapped_slot(&self) -> bool {
        matches!(&self.owner, Value::Class(owner) if is_wrapped_slot(&owner.name.borrow(), self.row.name))
    }

    /// Whether messages about a wrong call leave its name out.
    pub fn is_nameless(&self) -> bool {
        matches!(&self.owner, Value::Class(owner) if owner.native.module == "decimal")
            && !self.row.params.is_empty()
    }

    /// The name with that of its class or module, as in CPython's messages about a wrong call.
    pub fn full_name(&self) -> Str {
        match self.module() {
            "builtins" => self.qualname(),
            _ if matches!(self.owner, Value::Class(_)) => self.qualname(),
            module => format!("{}.{}", home_of(module), self.row.name).into(),
        }
    }

    /// The name with that of its class: `Query.all`.
    pub fn qualname(&self) -> Str {
        self.qualname_for(&self.receiver)
    }

    /// The name when it is called on `receiver`.
    pub fn qualname_for(&self, receiver: &Value) -> Str {
        match &self.owner {
            Value::Class(owner) => {
                let owner = owner.name.borrow();
                match receiver {
                    // What two types share is each one's own.
                    Value::Instance(receiver) if owner.starts_with('_') => {
                        let name = receiver.class().native.name;
                        format!("{name}.{}", self.row.name).into()
                    }
                    _ => format!("{owner}.{}", self.row.name).into(),
                }
            }
            _ => self.row.name.into(),
        }
    }
}

/// Where the functions of a module in C come from, which is what messages name.
pub fn home_of(module: &str) -> &str {
    match module {
        "functools" => "_functools",
        "hashlib" => "_hashlib",
        "operator" => "_operator",
        module => module,
    }
}

/// Modules whose functions are written in Python, though their types are not.
const WRITTEN_MODULES: &[&str] = &["json", "re", "statistics", "uuid"];

/// Packages whose functions and types are.
const WRITTEN_PACKAGES: &[&str] = &["flask", "flask_migrate", "flask_sqlalchemy", "sqlalchemy", "werkzeug"];

/// Whether a dunder method of a native type stands for a slot, and is not a method that merely has such a name.
fn is_wrapped_slot(owner: &str, name: &str) -> bool {
    let is_dunder = name.starts_with("__") && name.ends_with("__");
    let method = match name {
        "__getitem__" => matches!(owner, "list" | "dict"),
        "__contains__" => matches!(owner, "dict" | "set" | "frozenset"),
        "__format__" | "__reduce__" | "__reduce_ex__" | "__round__" | "__floor__" | "__ceil__"
        | "__trunc__" | "__sizeof__" | "__dir__" | "__reversed__" | "__length_hint__" | "__enter__"
        | "__exit__" | "__missing__" | "__copy__" | "__deepcopy__" | "__class_getitem__"
        | "__init_subclass__" | "__subclasshook__" | "__getnewargs__" | "__instancecheck__"
        | "__subclasscheck__" | "__bytes__" | "__complex__" | "__prepare__" | "__subclasses__"
        | "__getstate__" | "__setstate__" => true,
        _ => false,
    };
    is_dunder && !method
}

impl Managed for NativeFunction {
    const TRACKED: bool = true;
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.receiver.trace(visitor);
        self.owner.trace(visitor);
        self.data.trace(visitor);
    }
}

/// A callable with its first argument.
pub struct BoundMethod {
    pub function: Value,
    pub receiver: Value,
}

impl Managed for BoundMethod {
    const TRACKED: bool = true;
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.function.trace(visitor);
        self.receiver.trace(visitor);
    }
}

/// The machine's side of a generator: a suspended frame.
///
/// # Safety
/// The machine's own type alone implements it: the machine takes every state to be that type.
pub unsafe trait GeneratorState: Any {
    fn trace(&self, visitor: &mut Visitor<'_>);
}

/// A generator object.
pub struct Generator {
    pub name: Str,
    pub qualname: Str,
    /// None once it has ended.
    pub state: RefCell<Option<Box<dyn GeneratorState>>>,
    pub running: std::cell::Cell<bool>,
}

impl Managed for Generator {
    const TRACKED: bool = true;
    fn trace(&self, visitor: &mut Visitor<'_>) {
        match self.state.try_borrow() {
            Ok(state) => state.iter().for_each(|state| state.trace(visitor)),
            Err(_) => visitor.busy(),
        }
    }
    fn clear(&self) {
        let state = self.state.try_borrow_mut().map(|mut state| state.take());
        drop(state);
    }
}
