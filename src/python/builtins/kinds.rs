//! The small kinds: None, NotImplemented, Ellipsis, functions, methods, modules, cells, generators, `type`.
//!
//! Owns their reprs and attributes. Must not know calling; what only the machine can answer it puts on top.

use super::alias::union_slot;
use super::errors;
use crate::python::value::{
    CallArgs, Class, CompareOp, Dict, Function, Gc, Getter, Host, Module, NativeFunction, NativeType,
    ParamKind, R, RowKind, Slots, Str, Value, hash_address, intern,
};

const HIDDEN: Slots = Slots {
    new: Some(|_, class, _| {
        Err(errors::type_error(format!("cannot create '{}' instances", class.name.borrow())))
    }),
    ..Slots::NONE
};

pub static NONE: NativeType = NativeType {
    is_base: false,
    slots: Slots {
        new: Some(|_, _, _| Ok(Value::None)),
        repr: Some(|_, _| Ok(Str::new("None"))),
        truth: Some(|_, _| Ok(false)),
        ..Slots::NONE
    },
    ..NativeType::plain("NoneType", "builtins")
};

pub static NOT_IMPLEMENTED: NativeType = NativeType {
    is_base: false,
    slots: Slots {
        new: Some(|_, _, _| Ok(Value::NotImplemented)),
        repr: Some(|_, _| Ok(Str::new("NotImplemented"))),
        ..Slots::NONE
    },
    ..NativeType::plain("NotImplementedType", "builtins")
};

pub static ELLIPSIS: NativeType = NativeType {
    is_base: false,
    slots: Slots {
        new: Some(|_, _, _| Ok(Value::Ellipsis)),
        repr: Some(|_, _| Ok(Str::new("Ellipsis"))),
        ..Slots::NONE
    },
    ..NativeType::plain("ellipsis", "builtins")
};

fn function(value: &Value) -> &Gc<Function> {
    match value {
        Value::Function(function) => function,
        _ => unreachable!("attributes of functions are asked of functions only"),
    }
}

fn text_of(host: &mut dyn Host, value: &Value, name: &str) -> R<Str> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        _ => {
            let _ = host;
            Err(errors::type_error(format!("{name} must be set to a string object")))
        }
    }
}

pub static FUNCTION: NativeType = NativeType {
    is_base: false,
    has_dict: true,
    getters: FUNCTION_GETTERS,
    slots: Slots {
        repr: Some(|_, this| {
            Ok(format!("<function {} at {:#x}>", function(this).qualname.borrow(), this.id()).into())
        }),
        hash: Some(|_, this| Ok(hash_address(this.id()))),
        ..HIDDEN
    },
    ..NativeType::plain("function", "builtins")
};

const FUNCTION_GETTERS: &[Getter] = &[
    Getter {
        name: "__name__",
        doc: "",
        get: |_, this| Ok(Value::Str(function(this).name.borrow().clone())),
        set: Some(|host, this, value| {
            let name = text_of(host, &value, "__name__")?;
            *function(this).name.borrow_mut() = name;
            Ok(())
        }),
    },
    Getter {
        name: "__qualname__",
        doc: "",
        get: |_, this| Ok(Value::Str(function(this).qualname.borrow().clone())),
        set: Some(|host, this, value| {
            let name = text_of(host, &value, "__qualname__")?;
            *function(this).qualname.borrow_mut() = name;
            Ok(())
        }),
    },
    Getter {
        name: "__doc__",
        doc: "",
        get: |_, this| Ok(function(this).doc.borrow().clone()),
        set: Some(|_, this, value| {
            let before = function(this).doc.replace(value);
            drop(before);
            Ok(())
        }),
    },
    Getter {
        name: "__module__",
        doc: "",
        get: |_, this| {
            let own = function(this).dict.borrow().as_ref().and_then(|dict| dict.get("__module__"));
            Ok(own.unwrap_or_else(|| function(this).module.clone()))
        },
        set: Some(|_, this, value| {
            let dict = function(this).dict.borrow_mut().get_or_insert_with(|| Gc::new(Dict::new())).clone();
            dict.set("__module__", value);
            Ok(())
        }),
    },
    Getter {
        name: "__dict__",
        doc: "",
        get: |_, this| {
            let dict = function(this).dict.borrow_mut().get_or_insert_with(|| Gc::new(Dict::new())).clone();
            Ok(Value::Dict(dict))
        },
        set: Some(|_, this, value| {
            if let Value::Dict(dict) = value {
                let before = function(this).dict.replace(Some(dict));
                drop(before);
            }
            Ok(())
        }),
    },
    Getter {
        name: "__annotations__",
        doc: "",
        get: |_, this| {
            let dict =
                function(this).annotations.borrow_mut().get_or_insert_with(|| Gc::new(Dict::new())).clone();
            Ok(Value::Dict(dict))
        },
        set: Some(|_, this, value| {
            if let Value::Dict(dict) = value {
                let before = function(this).annotations.replace(Some(dict));
                drop(before);
            }
            Ok(())
        }),
    },
    Getter {
        name: "__defaults__",
        doc: "",
        get: |_, this| {
            let defaults = function(this).defaults.borrow().clone();
            Ok(if defaults.is_empty() { Value::None } else { Value::tuple(defaults) })
        },
        set: Some(|host, this, value| {
            let items = if value.is_none() { Vec::new() } else { host.collect(&value)? };
            let before = function(this).defaults.replace(items);
            drop(before);
            Ok(())
        }),
    },
    Getter {
        name: "__kwdefaults__",
        doc: "",
        get: |_, this| {
            let defaults = function(this).kw_defaults.borrow().clone();
            if defaults.is_empty() {
                return Ok(Value::None);
            }
            let dict = Dict::new();
            defaults.iter().for_each(|(name, value)| dict.set_str(name, value.clone()));
            Ok(Value::Dict(Gc::new(dict)))
        },
        set: None,
    },
    Getter {
        name: "__globals__",
        doc: "",
        get: |_, this| Ok(Value::Dict(function(this).globals.clone())),
        set: None,
    },
    Getter {
        name: "__closure__",
        doc: "",
        get: |_, this| {
            let cells: Vec<Value> = function(this).closure.iter().cloned().map(Value::Cell).collect();
            Ok(if cells.is_empty() { Value::None } else { Value::tuple(cells) })
        },
        set: None,
    },
];

fn native(value: &Value) -> &Gc<NativeFunction> {
    match value {
        Value::Native(native) => native,
        _ => unreachable!("attributes of native functions are asked of those only"),
    }
}

fn native_repr(host: &mut dyn Host, this: &Value) -> R<Str> {
    let native = native(this);
    let name = native.row.name;
    if native.is_written() {
        return written_repr(host, native);
    }
    if !native.receiver.is_unset() {
        let class = match (&native.receiver, native.row.kind) {
            (Value::Class(class), RowKind::ClassMethod) => {
                let name = class.name.borrow();
                return Ok(format!("<built-in method {} of type object at {:#x}>", native.row.name, {
                    let _ = &name;
                    native.receiver.id()
                })
                .into());
            }
            (receiver, _) => errors::type_name(host, receiver),
        };
        let id = native.receiver.id();
        let what = if name.starts_with("__") { "method-wrapper" } else { "built-in method" };
        return Ok(if what == "method-wrapper" {
            format!("<method-wrapper '{name}' of {class} object at {id:#x}>")
        } else {
            format!("<built-in method {name} of {class} object at {id:#x}>")
        }
        .into());
    }
    Ok(match &native.owner {
        Value::Class(owner) if name.starts_with("__") => {
            format!("<slot wrapper '{name}' of '{}' objects>", owner.name.borrow())
        }
        Value::Class(owner) => format!("<method '{name}' of '{}' objects>", owner.name.borrow()),
        _ => format!("<built-in function {name}>"),
    }
    .into())
}

/// What is written in Python elsewhere shows itself as its functions do.
fn written_repr(host: &mut dyn Host, native: &Gc<NativeFunction>) -> R<Str> {
    let name = native.qualname();
    if native.receiver.is_unset() {
        let id = std::ptr::from_ref(native.row) as usize;
        return Ok(format!("<function {name} at {id:#x}>").into());
    }
    let receiver = host.repr(&native.receiver)?;
    Ok(format!("<bound method {name} of {receiver}>").into())
}

pub static BUILTIN_FUNCTION: NativeType = NativeType {
    is_base: false,
    getters: &[
        Getter { name: "__name__", doc: "", get: |_, this| Ok(Value::str(native(this).row.name)), set: None },
        Getter {
            name: "__qualname__",
            doc: "",
            get: |_, this| Ok(Value::Str(native(this).qualname())),
            set: None,
        },
        Getter { name: "__doc__", doc: "", get: |_, this| Ok(Value::str(native(this).row.doc)), set: None },
        Getter {
            name: "__module__",
            doc: "",
            get: |_, this| Ok(Value::from(native(this).module().to_string())),
            set: None,
        },
        Getter {
            name: "__self__",
            doc: "",
            get: |_, this| {
                let receiver = &native(this).receiver;
                Ok(if receiver.is_unset() { Value::None } else { receiver.clone() })
            },
            set: None,
        },
        Getter {
            name: "__text_signature__",
            doc: "",
            get: |_, this| {
                let params = native(this).row.params;
                let names: Vec<String> = params
                    .iter()
                    .map(|param| match param.kind {
                        ParamKind::VarArgs => format!("*{}", param.name),
                        ParamKind::VarKeywords => format!("**{}", param.name),
                        _ => param.name.to_string(),
                    })
                    .collect();
                Ok(Value::from(format!("({})", names.join(", "))))
            },
            set: None,
        },
    ],
    slots: Slots {
        repr: Some(native_repr),
        hash: Some(|_, this| {
            let native = native(this);
            let receiver = if native.receiver.is_unset() { 0 } else { native.receiver.id() };
            Ok(hash_address(std::ptr::from_ref(native.row) as usize ^ receiver))
        }),
        compare: Some(|_, op, this, other| {
            let Value::Native(other) = other else { return Ok(Value::NotImplemented) };
            let this = native(this);
            let same = std::ptr::eq(this.row, other.row)
                && this.receiver.is(&other.receiver)
                && this.data.is(&other.data);
            Ok(match op {
                CompareOp::Eq => Value::Bool(same),
                CompareOp::Ne => Value::Bool(!same),
                _ => Value::NotImplemented,
            })
        }),
        ..HIDDEN
    },
    ..NativeType::plain("builtin_function_or_method", "builtins")
};

/// A row found in its class: `list.append` itself, not yet bound.
pub static METHOD_DESCRIPTOR: NativeType = NativeType {
    getters: BUILTIN_FUNCTION.getters,
    slots: Slots { hash: Some(|_, this| Ok(hash_address(this.id()))), repr: Some(native_repr), ..HIDDEN },
    is_base: false,
    ..NativeType::plain("method_descriptor", "builtins")
};

pub static METHOD: NativeType = NativeType {
    is_base: false,
    getters: &[
        Getter { name: "__func__", doc: "", get: |_, this| Ok(bound(this).0.clone()), set: None },
        Getter { name: "__self__", doc: "", get: |_, this| Ok(bound(this).1.clone()), set: None },
    ],
    slots: Slots {
        new: Some(|_, _, args: CallArgs<'_>| match args.positional {
            [function, receiver] => Ok(Value::Method(Gc::new(crate::python::value::BoundMethod {
                function: function.clone(),
                receiver: receiver.clone(),
            }))),
            other => Err(errors::type_error(format!("method expected 2 arguments, got {}", other.len()))),
        }),
        repr: Some(|host, this| {
            let (function, receiver) = bound(this);
            let name = match host.find_attr(function, &intern("__qualname__"))? {
                Some(Value::Str(name)) => name,
                _ => Str::new("?"),
            };
            let receiver = host.repr(receiver)?;
            Ok(format!("<bound method {name} of {receiver}>").into())
        }),
        hash: Some(|host, this| {
            let (function, receiver) = bound(this);
            Ok(host.hash(function)? ^ hash_address(receiver.id()))
        }),
        compare: Some(|host, op, this, other| {
            let Value::Method(other) = other else { return Ok(Value::NotImplemented) };
            let (function, receiver) = bound(this);
            let same = receiver.is(&other.receiver) && host.eq(function, &other.function)?;
            Ok(match op {
                CompareOp::Eq => Value::Bool(same),
                CompareOp::Ne => Value::Bool(!same),
                _ => Value::NotImplemented,
            })
        }),
        get_attr: Some(|host, this, name| {
            let function = bound(this).0.clone();
            host.find_attr(&function, name)
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("method", "builtins")
};

fn bound(value: &Value) -> (&Value, &Value) {
    match value {
        Value::Method(method) => (&method.function, &method.receiver),
        _ => unreachable!("attributes of methods are asked of methods only"),
    }
}

fn generator(value: &Value) -> &crate::python::value::Generator {
    match value {
        Value::Generator(generator) => generator,
        _ => unreachable!("attributes of generators are asked of generators only"),
    }
}

pub static GENERATOR: NativeType = NativeType {
    is_base: false,
    getters: &[
        Getter {
            name: "__name__",
            doc: "name of the generator",
            get: |_, this| Ok(Value::Str(generator(this).name.clone())),
            set: None,
        },
        Getter {
            name: "__qualname__",
            doc: "qualified name of the generator",
            get: |_, this| Ok(Value::Str(generator(this).qualname.clone())),
            set: None,
        },
        Getter {
            name: "gi_running",
            doc: "",
            get: |_, this| Ok(Value::Bool(generator(this).running.get())),
            set: None,
        },
    ],
    slots: Slots {
        repr: Some(|_, this| {
            let Value::Generator(generator) = this else { return Ok(Str::new("<generator>")) };
            Ok(format!("<generator object {} at {:#x}>", generator.qualname, this.id()).into())
        }),
        iter: Some(|_, this| Ok(this.clone())),
        next: Some(|host, this| host.next(this)),
        ..HIDDEN
    },
    ..NativeType::plain("generator", "builtins")
};

fn module(value: &Value) -> &Gc<Module> {
    match value {
        Value::Module(module) => module,
        _ => unreachable!("attributes of modules are asked of modules only"),
    }
}

pub static MODULE: NativeType = NativeType {
    has_dict: true,
    getters: &[Getter {
        name: "__dict__",
        doc: "",
        get: |_, this| Ok(Value::Dict(module(this).dict.clone())),
        set: None,
    }],
    slots: Slots {
        new: Some(|_, _, args: CallArgs<'_>| match args.positional.first() {
            Some(Value::Str(name)) => {
                let module = Module::new(name.clone());
                module.dict.set("__doc__", args.positional.get(1).cloned().unwrap_or_default());
                Ok(Value::Module(module))
            }
            _ => Err(errors::type_error("module() missing required argument 'name' (pos 1)")),
        }),
        repr: Some(|_, this| {
            let module = module(this);
            let file = module.dict.get("__file__");
            Ok(match file.as_ref().and_then(Value::as_str) {
                Some(file) => format!("<module '{}' from '{file}'>", module.name),
                None => format!("<module '{}' (built-in)>", module.name),
            }
            .into())
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("module", "builtins")
};

pub static CELL: NativeType = NativeType {
    is_base: false,
    getters: &[Getter {
        name: "cell_contents",
        doc: "",
        get: |_, this| {
            let Value::Cell(cell) = this else { return Ok(Value::None) };
            match cell.get() {
                Value::Unset => Err(errors::value_error("Cell is empty")),
                value => Ok(value),
            }
        },
        set: Some(|_, this, value| {
            if let Value::Cell(cell) = this {
                cell.set(value);
            }
            Ok(())
        }),
    }],
    slots: Slots {
        repr: Some(|host, this| {
            let Value::Cell(cell) = this else { return Ok(Str::new("<cell>")) };
            Ok(match cell.get() {
                Value::Unset => format!("<cell at {:#x}: empty>", this.id()),
                value => {
                    let name = errors::type_name(host, &value);
                    format!("<cell at {:#x}: {name} object at {:#x}>", this.id(), value.id())
                }
            }
            .into())
        }),
        ..HIDDEN
    },
    ..NativeType::plain("cell", "builtins")
};

fn class(value: &Value) -> &Gc<Class> {
    match value {
        Value::Class(class) => class,
        _ => unreachable!("attributes of classes are asked of classes only"),
    }
}

/// `type`: with one argument the class of an object, with three a new class.
pub static TYPE: NativeType = NativeType {
    doc: "type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type",
    slots: Slots {
        new: Some(|host, _, args: CallArgs<'_>| match args.positional {
            [object] if args.names.is_empty() => Ok(Value::Class(host.class_of(object))),
            [name, bases, namespace] => {
                let Value::Str(name) = name else {
                    return Err(errors::bad_argument(host, "type.__new__() argument 1", "str", name));
                };
                let bases = host.collect(bases)?;
                host.make_class(&intern(name), bases, namespace.clone())
            }
            _ => Err(errors::type_error("type() takes 1 or 3 arguments")),
        }),
        repr: Some(|host, this| {
            let class = class(this);
            let module = host.find_attr(this, &intern("__module__"))?;
            let name = class.qualname.borrow();
            Ok(match module.as_ref().and_then(Value::as_str) {
                Some("builtins") | None => format!("<class '{name}'>"),
                Some(module) => format!("<class '{module}.{name}'>"),
            }
            .into())
        }),
        hash: Some(|_, this| Ok(hash_address(this.id()))),
        compare: Some(|_, op, this, other| {
            let same = this.is(other);
            Ok(match (op, same) {
                (CompareOp::Eq, true) => Value::Bool(true),
                (CompareOp::Ne, true) => Value::Bool(false),
                _ => Value::NotImplemented,
            })
        }),
        binary: Some(union_slot),
        ..Slots::NONE
    },
    ..NativeType::plain("type", "builtins")
};
