//! Builtin functions that need frames, the compiler or the machine's tables.
//!
//! Owns `__build_class__`, `__import__`, `exec`, `eval`, `compile`, `globals`, `locals`, `vars`, `dir` without
//! arguments, `super`. Must not know the other builtins, which stand in `builtins`.

use std::rc::Rc;

use super::{Vm, errors, machine};
use crate::diag::Source;
use crate::python::builtins;
use crate::python::compile::{Code, CodeKind, Mode};
use crate::python::value::param::{args, kwargs, opt, pos, pos_opt};
use crate::python::value::{
    BASE_EXCEPTION, CodeHandle, Dict, Gc, Host, Native, NativeFunction, NativeType, OBJECT, ParamDefault, R,
    Row, Slots, Str, Value, Visitor, intern, native_class,
};

/// A compiled text, as `compile()` gives it.
pub(super) struct CodeObject(CodeHandle);

impl Native for CodeObject {
    fn trace(&self, _visitor: &mut Visitor<'_>) {}
}

fn code_object(value: &Value) -> Option<Rc<Code>> {
    value.payload::<CodeObject>().and_then(|code| code.0.get().downcast::<Code>().ok())
}

pub(super) static CODE: NativeType = NativeType {
    getters: &[
        crate::python::value::Getter {
            name: "co_name",
            doc: "",
            get: |_, this| Ok(code_object(this).map_or(Value::None, |code| Value::Str(code.name.clone()))),
            set: None,
        },
        crate::python::value::Getter {
            name: "co_qualname",
            doc: "",
            get: |_, this| Ok(code_object(this).map_or(Value::None, |code| Value::Str(code.qualname.clone()))),
            set: None,
        },
        crate::python::value::Getter {
            name: "co_filename",
            doc: "",
            get: |_, this| Ok(code_object(this).map_or(Value::None, |code| Value::str(&code.source.name))),
            set: None,
        },
        crate::python::value::Getter {
            name: "co_firstlineno",
            doc: "",
            get: |_, this| {
                Ok(code_object(this).map_or(Value::None, |code| Value::Int(i64::from(code.first_line))))
            },
            set: None,
        },
        crate::python::value::Getter {
            name: "co_argcount",
            doc: "",
            get: |_, this| {
                Ok(code_object(this)
                    .map_or(Value::None, |code| Value::Int(i64::from(code.params.positional))))
            },
            set: None,
        },
        crate::python::value::Getter {
            name: "co_kwonlyargcount",
            doc: "",
            get: |_, this| {
                Ok(code_object(this)
                    .map_or(Value::None, |code| Value::Int(i64::from(code.params.keyword_only))))
            },
            set: None,
        },
        crate::python::value::Getter {
            name: "co_posonlyargcount",
            doc: "",
            get: |_, this| {
                Ok(code_object(this)
                    .map_or(Value::None, |code| Value::Int(i64::from(code.params.positional_only))))
            },
            set: None,
        },
        crate::python::value::Getter {
            name: "co_flags",
            doc: "",
            get: |_, this| {
                Ok(code_object(this).map_or(Value::None, |code| {
                    let flags = i64::from(code.params.var_args) * 4
                        + i64::from(code.params.var_keywords) * 8
                        + i64::from(code.is_generator) * 32;
                    Value::Int(flags + 3)
                }))
            },
            set: None,
        },
        crate::python::value::Getter {
            name: "co_freevars",
            doc: "",
            get: |_, this| {
                let Some(code) = code_object(this) else { return Ok(Value::None) };
                Ok(Value::tuple(code.free.iter().cloned().map(Value::Str).collect()))
            },
            set: None,
        },
        crate::python::value::Getter {
            name: "co_cellvars",
            doc: "",
            get: |_, this| {
                let Some(code) = code_object(this) else { return Ok(Value::None) };
                let cells = code.variables.iter().filter(|variable| variable.is_cell && !variable.is_free);
                Ok(Value::tuple(cells.map(|variable| Value::Str(variable.name.clone())).collect()))
            },
            set: None,
        },
        crate::python::value::Getter {
            name: "co_varnames",
            doc: "",
            get: |_, this| {
                let Some(code) = code_object(this) else { return Ok(Value::None) };
                let mut names: Vec<Str> = code.params.names.clone();
                for variable in &code.variables {
                    if !variable.is_free && !names.contains(&variable.name) {
                        names.push(variable.name.clone());
                    }
                }
                Ok(Value::tuple(names.into_iter().map(Value::Str).collect()))
            },
            set: None,
        },
    ],
    slots: Slots {
        repr: Some(|_, value| {
            let Some(code) = code_object(value) else { return Ok(Str::new("<code object>")) };
            Ok(Str::new(&format!(
                "<code object {} at {:#x}, file \"{}\", line {}>",
                code.name,
                value.id(),
                code.source.name,
                code.first_line
            )))
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("code", "builtins")
};

pub(super) fn code_value(handle: &CodeHandle) -> Value {
    Value::native(&CODE, CodeObject(handle.clone()))
}

static FUNCTIONS: &[Row] = &[
    Row::function(
        "__build_class__",
        &[pos("func"), pos("name"), args("bases"), kwargs("kwds")],
        "Internal helper function used by the class statement.",
        "",
        |host, given| {
            let vm = machine(host);
            let Value::Str(name) = &given[1] else {
                return Err(errors::type_error("__build_class__: name is not a string"));
            };
            let bases = match &given[2] {
                Value::Tuple(bases) => bases.as_slice().to_vec(),
                _ => Vec::new(),
            };
            let keywords = match &given[3] {
                Value::Dict(dict) => dict
                    .to_vec()
                    .into_iter()
                    .filter_map(|(name, value)| match name {
                        Value::Str(name) => Some((intern(&name), value)),
                        _ => None,
                    })
                    .collect(),
                _ => Vec::new(),
            };
            vm.build_class(&given[0], name, &bases, keywords)
        },
    ),
    Row::function(
        "__import__",
        &[
            opt("name", ParamDefault::Required),
            opt("globals", ParamDefault::None),
            opt("locals", ParamDefault::None),
            opt("fromlist", ParamDefault::None),
            opt("level", ParamDefault::Int(0)),
        ],
        "Import a module.",
        "",
        |host, given| {
            let vm = machine(host);
            let Value::Str(name) = &given[0] else {
                return Err(errors::type_error("__import__() argument 1 must be str"));
            };
            let names: Vec<Str> = match &given[3] {
                Value::None => Vec::new(),
                names => vm
                    .collect(names)?
                    .into_iter()
                    .filter_map(|name| if let Value::Str(name) = name { Some(intern(&name)) } else { None })
                    .collect(),
            };
            let level = if let Value::Int(level) = given[4] { level.max(0) as u32 } else { 0 };
            let globals = match &given[1] {
                Value::Dict(dict) => Some(dict.clone()),
                _ => vm.current_globals(),
            };
            let wanted = (!names.is_empty()).then_some(&names[..]);
            vm.import_with(&intern(name), wanted.is_some(), wanted, level, globals.as_deref())
        },
    ),
    Row::function(
        "exec",
        &[pos("source"), pos_opt("globals", ParamDefault::None), pos_opt("locals", ParamDefault::None)],
        "Execute the given source in the context of globals and locals.",
        "",
        |host, given| machine(host).execute(&given[0], &given[1], &given[2], Mode::File).map(|_| Value::None),
    ),
    Row::function(
        "eval",
        &[pos("source"), pos_opt("globals", ParamDefault::None), pos_opt("locals", ParamDefault::None)],
        "Evaluate the given source in the context of globals and locals.",
        "eval('1 + 2')",
        |host, given| machine(host).execute(&given[0], &given[1], &given[2], Mode::Eval),
    ),
    Row::function(
        "compile",
        &[
            opt("source", ParamDefault::Required),
            opt("filename", ParamDefault::Required),
            opt("mode", ParamDefault::Required),
            opt("flags", ParamDefault::Int(0)),
            opt("dont_inherit", ParamDefault::Bool(false)),
            opt("optimize", ParamDefault::Int(-1)),
        ],
        "Compile source into a code object that can be executed by exec() or eval().",
        "",
        |host, given| {
            let vm = machine(host);
            let (Value::Str(text), Value::Str(file), Value::Str(mode)) = (&given[0], &given[1], &given[2])
            else {
                return Err(errors::type_error("compile() arg 1 must be a string, bytes or AST object"));
            };
            let mode = match &**mode {
                "exec" => Mode::File,
                "eval" => Mode::Eval,
                "single" => Mode::Single,
                _ => return Err(errors::value_error("compile() mode must be 'exec', 'eval' or 'single'")),
            };
            let source = Rc::new(Source::new(file.to_string(), text.to_string()));
            let code = vm.compile(&source, mode, CodeKind::Names)?;
            Ok(Value::native(&CODE, CodeObject(CodeHandle::new(code))))
        },
    ),
    Row::function(
        "globals",
        &[],
        "Return the dictionary of the current scope's global variables.",
        "",
        |host, _| Ok(host.current_globals().map_or(Value::None, Value::Dict)),
    ),
    Row::function(
        "locals",
        &[],
        "Return a dictionary of the current scope's local variables.",
        "",
        |host, _| Ok(Value::Dict(machine(host).locals())),
    ),
    Row::function(
        "next",
        &[pos("iterator"), pos_opt("default", ParamDefault::Omitted("StopIteration"))],
        "Return the next item from the iterator.",
        "next(iter([1, 2]))",
        |host, given| machine(host).next_item(&given[0], &given[1]),
    ),
    Row::function(
        "vars",
        &[pos_opt("object", ParamDefault::Omitted(""))],
        "Without arguments, equivalent to locals(). With an argument, equivalent to object.__dict__.",
        "",
        |host, given| {
            if given[0].is_unset() {
                return Ok(Value::Dict(machine(host).locals()));
            }
            match host.find_attr(&given[0], &intern("__dict__"))? {
                Some(dict) => Ok(dict),
                None => Err(errors::type_error("vars() argument must have __dict__ attribute")),
            }
        },
    ),
    Row::function(
        "dir",
        &[pos_opt("object", ParamDefault::Omitted(""))],
        "Show attributes of an object.",
        "",
        |host, given| {
            if given[0].is_unset() {
                let mut names: Vec<Str> = machine(host)
                    .locals()
                    .keys()
                    .into_iter()
                    .filter_map(|name| if let Value::Str(name) = name { Some(name) } else { None })
                    .collect();
                names.sort();
                return Ok(Value::list(names.into_iter().map(Value::Str).collect()));
            }
            builtins::inspect::dir(host, given)
        },
    ),
];

impl Vm {
    /// `def __new__` is a static method, `def __init_subclass__` a class method, without being said so.
    pub(super) fn wrap_method(&mut self, is_static: bool, function: Value) -> R<Value> {
        let kind = if is_static {
            &builtins::descriptors::STATICMETHOD
        } else {
            &builtins::descriptors::CLASSMETHOD
        };
        self.call_values(&Value::Class(native_class(kind)), &[function])
    }

    pub(super) fn fill_builtins(&mut self) {
        let namespace = self.builtins.clone();
        builtins::install(&namespace);
        for row in FUNCTIONS {
            namespace.set(row.name, NativeFunction::plain(row));
        }
        namespace.set("super", Value::Class(native_class(&super::superobj::SUPER)));
        namespace.set("__name__", Value::str("builtins"));
        let add = |kind: &'static NativeType, rows: &'static [Row], replace: bool| {
            let class = native_class(kind);
            for row in rows {
                if !replace && class.dict.get(row.name).is_some() {
                    continue;
                }
                class.dict.set(
                    row.name,
                    Value::Native(Gc::new(NativeFunction {
                        row,
                        receiver: Value::Unset,
                        owner: Value::Class(class.clone()),
                        data: Value::Unset,
                    })),
                );
            }
        };
        add(&OBJECT, super::object::OBJECT_METHODS, true);
        add(&builtins::kinds::TYPE, super::object::TYPE_METHODS, true);
        add(&builtins::kinds::GENERATOR, super::generator::METHODS, true);
        let object = native_class(&OBJECT);
        object.dict.set("__doc__", Value::str("The base class of the class hierarchy.\n\nWhen called, it accepts no arguments and returns a new featureless\ninstance that has no instance attributes and cannot be given any.\n"));
        object.has_dict.set(false);
        native_class(&BASE_EXCEPTION).has_dict.set(true);
    }

    /// The namespace that names are stored in just now.
    pub(super) fn current_namespace(&self) -> Gc<Dict> {
        let frame = self.frames.last().expect("a frame is running");
        match frame.names() {
            Some(names) => names.clone(),
            None => frame.function.globals.clone(),
        }
    }

    fn locals(&mut self) -> Gc<Dict> {
        let Some(frame) = self.frames.last() else { return Gc::new(Dict::new()) };
        if let Some(names) = frame.names() {
            return names.clone();
        }
        let code = frame.code();
        if code.kind != CodeKind::Function {
            return frame.function.globals.clone();
        }
        let dict = Gc::new(Dict::new());
        for variable in &code.variables {
            if variable.name.starts_with('.') {
                continue;
            }
            // SAFETY: variables' slots are within the frame.
            let value = match unsafe { &*frame.base.add(variable.slot as usize) } {
                Value::Cell(cell) if variable.is_cell => cell.get(),
                value => value.clone(),
            };
            if !value.is_unset() {
                dict.set_str(&variable.name, value);
            }
        }
        dict
    }

    fn execute(&mut self, text: &Value, globals: &Value, locals: &Value, mode: Mode) -> R<Value> {
        let word = if mode == Mode::Eval { "eval" } else { "exec" };
        let (namespace, names) = match (globals, locals) {
            (Value::None, Value::None) => {
                let globals = self.current_globals().unwrap_or_else(|| Gc::new(Dict::new()));
                (globals, Some(self.locals()))
            }
            (Value::Dict(globals), Value::None) => (globals.clone(), None),
            (globals, locals) => {
                let namespace = match globals {
                    Value::Dict(globals) => globals.clone(),
                    Value::None => self.current_globals().unwrap_or_else(|| Gc::new(Dict::new())),
                    other => {
                        let kind = self.type_name(other);
                        return Err(errors::type_error(format!(
                            "{word}() globals must be a dict, not {kind}"
                        )));
                    }
                };
                let names = match builtins::convert::base(locals) {
                    Value::Dict(names) => names.clone(),
                    _ => return Err(errors::type_error("locals must be a mapping")),
                };
                (namespace, Some(names))
            }
        };
        if !namespace.contains_str(&self.names.builtins) {
            namespace.set_str(&self.names.builtins.clone(), Value::Module(self.builtins_module.clone()));
        }
        let names = names.filter(|names| !Gc::ptr_eq(names, &namespace));
        if let Some(code) = code_object(text) {
            return self.run_code(&code, namespace.clone(), Some(names.unwrap_or(namespace)));
        }
        let text = match builtins::convert::base(text) {
            Value::Str(text) => text.to_string(),
            Value::Bytes(bytes) => String::from_utf8_lossy(bytes.as_slice()).into_owned(),
            _ => {
                return Err(errors::type_error(format!(
                    "{word}() arg 1 must be a string, bytes or code object"
                )));
            }
        };
        let text = if mode == Mode::Eval { text.trim_start_matches([' ', '\t']).to_string() } else { text };
        let source = Rc::new(Source::new("<string>", text));
        let kind = if names.is_some() { CodeKind::Names } else { CodeKind::Module };
        let code = self.compile(&source, mode, kind)?;
        self.run_code(&code, namespace, names)
    }

    /// The names that `object.__dir__` gives.
    pub(super) fn dir_names(&mut self, object: &Value) -> R<Vec<Str>> {
        builtins::inspect::attribute_names(self, object)
    }

    /// The value of an expression statement at the console.
    pub(super) fn display(&mut self, value: Value) -> R<()> {
        if value.is_none() {
            return Ok(());
        }
        self.builtins.set_str(&self.names.underscore.clone(), Value::None);
        let text = self.repr(&value)?;
        self.output.display(&text);
        self.builtins.set_str(&self.names.underscore.clone(), value);
        Ok(())
    }

    pub(super) fn setup_annotations(&mut self, _at_module: bool) -> R<()> {
        let namespace = self.current_namespace();
        if !namespace.contains_str(&self.names.annotations) {
            namespace.set_str(&self.names.annotations.clone(), Value::Dict(Gc::new(Dict::new())));
        }
        Ok(())
    }

    pub(super) fn format_value(&mut self, value: Value, conversion: u8, spec: &Value) -> R<Str> {
        let value = match conversion {
            b's' => Value::Str(self.str(&value)?),
            b'r' => Value::Str(self.repr(&value)?),
            b'a' => {
                let text = self.repr(&value)?;
                Value::Str(Str::new(&builtins::text::ascii(&text)))
            }
            _ => value,
        };
        match spec {
            Value::Str(spec) if !spec.is_empty() => self.format(&value, spec),
            _ => match &value {
                Value::Str(text) => Ok(text.clone()),
                Value::Int(number) => Ok(decimal(*number)),
                value => self.format(value, ""),
            },
        }
    }

    pub(super) fn enter_with(&mut self, manager: &Value) -> R<(Value, Value)> {
        let names = self.names.clone();
        let class = self.class_of(manager);
        let Some(enter) = class.lookup(&names.enter) else {
            return Err(errors::no_context_manager(&class.name.borrow()));
        };
        let Some(exit) = class.lookup(&names.exit) else {
            return Err(errors::no_exit(&class.name.borrow()));
        };
        let enter = self.bind_special(&enter, manager, &class)?;
        let exit = self.bind_special(&exit, manager, &class)?;
        let entered = self.call_values(&enter, &[])?;
        Ok((exit, entered))
    }

    /// The name of an unbound variable's error.
    #[cold]
    pub(super) fn unbound(&self, slot: u32) -> crate::python::value::Raised {
        let frame = self.frames.last().expect("a frame is running");
        let variable = frame.code().variables.iter().find(|variable| variable.slot == slot);
        match variable {
            Some(variable) if variable.is_free => errors::unbound_free(&variable.name),
            Some(variable) => errors::unbound_local(&variable.name),
            None => errors::unbound_local("?"),
        }
    }

    pub(super) fn load_name(&mut self, index: u32) -> R<Value> {
        let frame = self.frames.last().expect("a frame is running");
        let cache = &frame.code().globals[index as usize];
        if let Some(names) = frame.names()
            && let Some(value) = names.get_str(&cache.name)
        {
            return Ok(value);
        }
        if let Some(value) = frame.function.globals.get_hinted(&cache.name, &cache.hint) {
            return Ok(value);
        }
        match self.builtins.get_hinted(&cache.name, &cache.builtin_hint) {
            Some(value) => Ok(value),
            None => Err(errors::name_not_defined(&cache.name)),
        }
    }

    pub(super) fn store_name(&mut self, index: u32, value: Value) -> R<()> {
        let namespace = self.current_namespace();
        let frame = self.frames.last().expect("a frame is running");
        let name = frame.code().globals[index as usize].name.clone();
        let mapping = frame.rare.as_ref().map_or(Value::Unset, |rare| rare.mapping.clone());
        if mapping.is_unset() {
            namespace.set_str(&name, value);
            return Ok(());
        }
        self.set_item(&mapping, &Value::Str(name), value)
    }

    pub(super) fn delete_name(&mut self, index: u32) -> R<()> {
        let namespace = self.current_namespace();
        let frame = self.frames.last().expect("a frame is running");
        let name = &frame.code().globals[index as usize].name;
        match namespace.remove_str(name) {
            Some(_) => Ok(()),
            None => Err(errors::name_not_defined(name)),
        }
    }

    pub(super) fn make_function(
        &mut self,
        code: &Rc<Code>,
        globals: Gc<Dict>,
        defaults: Value,
        kw_defaults: Value,
        annotations: Value,
        closure: Value,
    ) -> Value {
        let cells = match &closure {
            Value::Tuple(cells) => cells
                .as_slice()
                .iter()
                .filter_map(|cell| if let Value::Cell(cell) = cell { Some(cell.clone()) } else { None })
                .collect(),
            _ => Vec::new(),
        };
        let function = self.function_of(code, globals, cells);
        if let Value::Tuple(values) = &defaults {
            *function.defaults.borrow_mut() = values.as_slice().to_vec();
        }
        if let Value::Dict(values) = &kw_defaults {
            *function.kw_defaults.borrow_mut() = values
                .to_vec()
                .into_iter()
                .filter_map(
                    |(name, value)| if let Value::Str(name) = name { Some((name, value)) } else { None },
                )
                .collect();
        }
        if let Value::Dict(annotations) = annotations {
            *function.annotations.borrow_mut() = Some(annotations);
        }
        Value::Function(function)
    }

    pub(super) fn callable_attribute(&mut self, object: &Value, name: &Str) -> R<Option<Value>> {
        match object {
            Value::Function(function) => {
                if &**name == "__code__" {
                    return Ok(Some(code_value(&function.code)));
                }
                let found = function.dict.borrow().as_ref().and_then(|dict| dict.get_str(name));
                if found.is_some() {
                    return Ok(found);
                }
                if &**name == "__get__" {
                    return Ok(Some(Value::Native(Gc::new(NativeFunction {
                        row: &FUNCTION_GET,
                        receiver: object.clone(),
                        owner: Value::Unset,
                        data: Value::Unset,
                    }))));
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    pub(super) fn set_function_attribute(
        &mut self,
        function: &Gc<crate::python::value::Function>,
        name: &Str,
        value: Value,
    ) -> R<()> {
        let object = Value::Function(function.clone());
        if let Some(getter) = builtins::kind(&object).getter(name)
            && let Some(set) = getter.set
        {
            return set(self, &object, value);
        }
        let dict = function.dict.borrow_mut().get_or_insert_with(|| Gc::new(Dict::new())).clone();
        dict.set_str(name, value);
        Ok(())
    }

    pub(super) fn traceback_object(&mut self, exception: &Value) -> Value {
        let name = self.names.traceback.clone();
        self.find_attr(exception, &name).ok().flatten().unwrap_or(Value::None)
    }

    pub(super) fn show_warning(&mut self, category: &'static crate::diag::ExcClass, message: &str) {
        let place = self.current_place();
        let (file, line, text) = match &place {
            Some(place) => (place.file.clone(), place.line, place.text.clone()),
            None => ("<stdin>".to_string(), 1, None),
        };
        // As with CPython's default filter, each place warns of the same thing once.
        let key = (file.clone(), line, message.to_string());
        if self.warned.contains(&key) {
            return;
        }
        self.warned.push(key);
        let mut shown = format!("{file}:{line}: {}: {message}\n", category.name);
        if let Some(text) = text.map(|text| text.trim().to_string()).filter(|text| !text.is_empty()) {
            shown.push_str(&format!("  {text}\n"));
        }
        self.output.err(&shown);
    }
}

static FUNCTION_GET: Row = Row::method(
    "__get__",
    &[pos("instance"), pos_opt("owner", ParamDefault::None)],
    "Bind the function.",
    "",
    |_, given| {
        Ok(match &given[1] {
            Value::None => given[0].clone(),
            instance => super::run::bound(given[0].clone(), instance.clone()),
        })
    },
);

/// A small integer as text.
pub(super) fn decimal(number: i64) -> Str {
    let mut buffer = [0u8; 24];
    let mut at = buffer.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    Str::new(std::str::from_utf8(&buffer[at..]).unwrap_or(""))
}
