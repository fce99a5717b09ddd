//! Arguments of a call, and binding them to the parameters of a row.
//!
//! Owns the binder and CPython's sentences about wrong arguments of native functions.
//! Must not know functions written in the language (the machine binds those).

use super::{Dict, Gc, Param, ParamDefault, ParamKind, R, Raised, Str, Tuple, Value};
use crate::diag::builtin::TYPE_ERROR;

/// Positional values, then keyword names with their values.
#[derive(Clone, Copy)]
pub struct CallArgs<'a> {
    pub positional: &'a [Value],
    pub names: &'a [Str],
    /// One value a name.
    pub keywords: &'a [Value],
}

impl<'a> CallArgs<'a> {
    pub const NONE: CallArgs<'static> = CallArgs { positional: &[], names: &[], keywords: &[] };

    pub fn positional(positional: &'a [Value]) -> Self {
        CallArgs { positional, names: &[], keywords: &[] }
    }

    pub fn keyword(&self, name: &str) -> Option<&'a Value> {
        self.names.iter().position(|given| &**given == name).map(|index| &self.keywords[index])
    }

    /// Keyword names with their values, in the order given.
    pub fn pairs(&self) -> impl Iterator<Item = (&'a Str, &'a Value)> {
        self.names.iter().zip(self.keywords)
    }
}

/// Binds a call's arguments to parameters: one value each, `Unset` for what is left out.
/// `name` is the function as CPython's messages call it (`sorted`, `str.split`).
pub fn bind(name: &str, params: &'static [Param], args: CallArgs<'_>) -> R<Vec<Value>> {
    let mut bound: Vec<Value> = vec![Value::Unset; params.len()];
    let mut next = 0;
    let mut rest: Option<usize> = None;
    for (index, param) in params.iter().enumerate() {
        match param.kind {
            ParamKind::Positional | ParamKind::PositionalOrKeyword if next < args.positional.len() => {
                bound[index] = args.positional[next].clone();
                next += 1;
            }
            ParamKind::VarArgs => {
                let items = args.positional.get(next..).unwrap_or(&[]).to_vec();
                next = args.positional.len().max(next);
                bound[index] = Value::Tuple(Gc::new(Tuple::new(items)));
            }
            ParamKind::VarKeywords => rest = Some(index),
            _ => {}
        }
    }
    if next < args.positional.len() {
        return Err(too_many(name, params, args));
    }
    let extra = rest.map(|_| Dict::new());
    for (given, value) in args.pairs() {
        let place = params.iter().position(|param| {
            param.name == &**given
                && matches!(param.kind, ParamKind::PositionalOrKeyword | ParamKind::Keyword)
        });
        match (place, &extra) {
            (Some(index), _) if !bound[index].is_unset() => return Err(twice(name, given, index + 1)),
            (Some(index), _) => bound[index] = value.clone(),
            (None, Some(extra)) => extra.set_str(given, value.clone()),
            (None, None) => return Err(unexpected(name, params, given)),
        }
    }
    if let (Some(index), Some(extra)) = (rest, extra) {
        bound[index] = Value::Dict(Gc::new(extra));
    }
    for (index, param) in params.iter().enumerate() {
        if bound[index].is_unset() {
            bound[index] = match param.default {
                ParamDefault::Required => return Err(missing(name, params, index, args)),
                ParamDefault::Omitted(_) => Value::Unset,
                ParamDefault::None => Value::None,
                ParamDefault::Bool(value) => Value::Bool(value),
                ParamDefault::Int(value) => Value::Int(value),
                ParamDefault::Str(value) => Value::str(value),
            };
        }
    }
    Ok(bound)
}

fn counts(params: &[Param]) -> (usize, usize) {
    let positional = params
        .iter()
        .filter(|param| matches!(param.kind, ParamKind::Positional | ParamKind::PositionalOrKeyword));
    let required = positional.clone().filter(|param| matches!(param.default, ParamDefault::Required)).count();
    (required, positional.count())
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// `TypeError: len() takes exactly one argument (2 given)` and its kin.
fn too_many(name: &str, params: &[Param], args: CallArgs<'_>) -> Raised {
    let (required, most) = counts(params);
    let given = args.positional.len() + args.names.len();
    let only_positional = params.iter().all(|param| param.kind == ParamKind::Positional);
    let text = match (required, most) {
        (0, 0) if params.is_empty() => format!("{name}() takes no arguments ({given} given)"),
        (1, 1) if only_positional => format!("{name}() takes exactly one argument ({given} given)"),
        (least, most) if least == most && only_positional => {
            format!("{name} expected {most} argument{}, got {given}", plural(most))
        }
        (_, most) if only_positional => {
            format!("{name} expected at most {most} argument{}, got {given}", plural(most))
        }
        (_, most) => format!("{name}() takes at most {most} argument{} ({given} given)", plural(most)),
    };
    Raised::new(&TYPE_ERROR, text)
}

/// `TypeError: argument for sorted() given by name ('x') and position (1)`.
fn twice(name: &str, given: &str, position: usize) -> Raised {
    Raised::new(
        &TYPE_ERROR,
        format!("argument for {name}() given by name ('{given}') and position ({position})"),
    )
}

/// `TypeError: len() takes no keyword arguments`, or `TypeError: 'x' is an invalid keyword argument for f()`.
fn unexpected(name: &str, params: &[Param], given: &str) -> Raised {
    let takes_names =
        params.iter().any(|param| matches!(param.kind, ParamKind::PositionalOrKeyword | ParamKind::Keyword));
    let text = if takes_names {
        format!("'{given}' is an invalid keyword argument for {name}()")
    } else {
        format!("{name}() takes no keyword arguments")
    };
    Raised::new(&TYPE_ERROR, text)
}

/// `TypeError: len() takes exactly one argument (0 given)` and its kin.
fn missing(name: &str, params: &[Param], index: usize, args: CallArgs<'_>) -> Raised {
    let (required, most) = counts(params);
    let given = args.positional.len();
    let param = &params[index];
    let only_positional = params.iter().all(|param| param.kind == ParamKind::Positional);
    let by_position = params.iter().all(|param| param.kind != ParamKind::PositionalOrKeyword);
    let text = if only_positional && required == 1 && most == 1 {
        format!("{name}() takes exactly one argument ({given} given)")
    } else if by_position && param.kind == ParamKind::Positional && required == most {
        format!("{name} expected {most} argument{}, got {given}", plural(most))
    } else if only_positional {
        format!("{name} expected at least {required} argument{}, got {given}", plural(required))
    } else {
        format!("{name}() missing required argument '{}' (pos {})", param.name, index + 1)
    };
    Raised::new(&TYPE_ERROR, text)
}
