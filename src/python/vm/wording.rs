//! Functions of the standard library that are written in the language here and in C in CPython.
//!
//! Owns which they are (a module's `__built_in__` names them) and how a wrong call of one is worded: by the rows'
//! binder, from a row made of the function's own parameters. Must not know any such module.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::python::compile::code::Code;
use crate::python::value::{CallArgs, Function, Param, ParamDefault, ParamKind, Raised, Value, bind};

/// A function's parameters, its own receiver left out, and the name that messages call it by.
#[derive(Clone, Copy)]
struct Face {
    name: &'static str,
    params: &'static [Param],
    takes_receiver: bool,
}

thread_local! {
    /// Faces live as long as the thread: there are only as many as functions in the library's own modules.
    static FACES: RefCell<FxHashMap<usize, Face>> = RefCell::new(FxHashMap::default());
}

/// Whether a function stands for one that CPython has in C.
pub fn is_native(function: &Function) -> bool {
    let Some(Value::Tuple(names)) = function.globals.get("__built_in__") else { return false };
    let qualname = function.qualname.borrow();
    let first = qualname.split('.').next().unwrap_or("");
    names.as_slice().iter().any(|name| matches!(name.as_str(), Some("*")) || name.as_str() == Some(first))
}

/// The error of a call that does not fit, if the function stands for one in C.
pub fn native_error(function: &Function, code: &Code, args: CallArgs<'_>) -> Option<Raised> {
    if !is_native(function) {
        return None;
    }
    let face = face_of(function, code);
    let given = match args.positional.split_first() {
        Some((_, rest)) if face.takes_receiver => CallArgs { positional: rest, ..args },
        _ => args,
    };
    bind(face.name, face.params, given).err()
}

fn face_of(function: &Function, code: &Code) -> Face {
    let key = std::ptr::from_ref(code) as usize;
    if let Some(face) = FACES.with(|faces| faces.borrow().get(&key).copied()) {
        return face;
    }
    let qualname = function.qualname.borrow().to_string();
    let (name, takes_receiver) = match qualname.rsplit_once('.') {
        Some((class, "__init__" | "__new__")) => (class.to_string(), true),
        Some((_, last)) if last.starts_with("__") && last.ends_with("__") => {
            (format!("wrapper {last}"), true)
        }
        Some(_) => (qualname, true),
        None => match function.module.as_str() {
            Some(module) => (format!("{module}.{qualname}"), false),
            None => (qualname, false),
        },
    };
    let params = params_of(function, code, usize::from(takes_receiver));
    let face = Face { name: name.leak(), params: params.leak(), takes_receiver };
    FACES.with(|faces| faces.borrow_mut().insert(key, face));
    face
}

fn params_of(function: &Function, code: &Code, skip: usize) -> Vec<Param> {
    let own = &code.params;
    let positional = own.positional as usize;
    let named = positional + own.keyword_only as usize;
    let first_default = positional - function.defaults.borrow().len().min(positional);
    let name = |index: usize| -> &'static str { own.names[index].to_string().leak() };
    let optional = ParamDefault::Omitted("");
    let mut params = Vec::new();
    for index in skip..positional {
        let only = index < own.positional_only as usize;
        let kind = if only { ParamKind::Positional } else { ParamKind::PositionalOrKeyword };
        let default = if index < first_default { ParamDefault::Required } else { optional };
        params.push(Param { name: name(index), kind, default });
    }
    if own.var_args {
        params.push(Param { name: "args", kind: ParamKind::VarArgs, default: ParamDefault::Required });
    }
    let kw_defaults = function.kw_defaults.borrow();
    for index in positional..named {
        let has_default = kw_defaults.iter().any(|(known, _)| *known == own.names[index]);
        let default = if has_default { optional } else { ParamDefault::Required };
        params.push(Param { name: name(index), kind: ParamKind::Keyword, default });
    }
    if own.var_keywords {
        params.push(Param { name: "kwargs", kind: ParamKind::VarKeywords, default: ParamDefault::Required });
    }
    params
}
