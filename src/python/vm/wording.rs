//! Functions of the standard library that are written in the language here and in C in CPython.
//!
//! Owns which they are (a module's `__built_in__` names them) and how a wrong call of one is worded: by the rows'
//! binder, from a row made of the function's own parameters. Must not know any such module.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::python::compile::code::Code;
use crate::python::value::{
    CallArgs, Function, Param, ParamDefault, ParamKind, Raised, Value, bind, home_of,
};

thread_local! {
    /// Parameters live as long as the thread: there are only as many as functions in the library's own modules.
    static PARAMS: RefCell<FxHashMap<usize, &'static [Param]>> = RefCell::new(FxHashMap::default());
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
    let (name, takes_receiver) = name_of(function, args);
    let params = known_params(function, code, takes_receiver);
    let given = match args.positional.split_first() {
        Some((_, rest)) if takes_receiver => CallArgs { positional: rest, ..args },
        _ => args,
    };
    bind(&name, params, given).err()
}

/// The name that messages call a function by, and whether it is a method.
fn name_of(function: &Function, args: CallArgs<'_>) -> (String, bool) {
    let qualname = function.qualname.borrow();
    match qualname.rsplit_once('.') {
        Some((class, "__init__" | "__new__")) => (class.to_string(), true),
        Some((_, last)) if last.starts_with("__") && last.ends_with("__") => {
            (format!("wrapper {last}"), true)
        }
        Some((class, last)) => match args.positional.first() {
            // What several types share is each one's own.
            Some(Value::Instance(receiver)) if class.starts_with('_') => {
                (format!("{}.{last}", receiver.class().name.borrow()), true)
            }
            _ => (qualname.to_string(), true),
        },
        None => match function.module.as_str() {
            Some(module) => (format!("{}.{qualname}", home_of(module)), false),
            None => (qualname.to_string(), false),
        },
    }
}

fn known_params(function: &Function, code: &Code, takes_receiver: bool) -> &'static [Param] {
    let key = std::ptr::from_ref(code) as usize;
    if let Some(params) = PARAMS.with(|known| known.borrow().get(&key).copied()) {
        return params;
    }
    let params: &'static [Param] = params_of(function, code, usize::from(takes_receiver)).leak();
    PARAMS.with(|known| known.borrow_mut().insert(key, params));
    params
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
