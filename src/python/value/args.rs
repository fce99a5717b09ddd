//! Arguments of a call, and binding them to the parameters of a row.
//!
//! Owns the binder and CPython's sentences about wrong arguments. Functions of the language are bound by the machine,
//! which takes the sentences from here. Must not know calls.

use super::{
    Dict, Gc, NativeFunction, Param, ParamDefault, ParamKind, R, Raised, RowKind, Str, Tuple, Value,
};
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

/// Why arguments do not fit parameters.
enum Misfit {
    TooMany,
    /// A keyword whose parameter, of this index, has a value by position.
    Twice(Str, usize),
    Unexpected(Str),
    /// The parameter of this index has no value.
    Missing(usize),
}

/// Binds a call's arguments to parameters: one value each, `Unset` for what is left out.
/// `name` is the function as CPython's messages call it in full (`sorted`, `str.split`, `math.hypot`); a slot's
/// wrapper is called `wrapper __add__`. Some of the messages leave out all but the last part.
pub fn bind(name: &str, params: &'static [Param], args: CallArgs<'_>) -> R<Vec<Value>> {
    fit(params, args).map_err(|misfit| native_misfit(name, params, args, misfit))
}

/// The same of a function that is written in Python elsewhere: the sentences are those about such functions.
/// `receivers` says how many values stand before the arguments (`self`).
pub fn bind_written(
    qualname: &str,
    params: &'static [Param],
    args: CallArgs<'_>,
    receivers: usize,
) -> R<Vec<Value>> {
    fit(params, args).map_err(|_| written_misfit(qualname, params, args, receivers))
}

/// Binds to a row's parameters; only a misfit asks what the function is called.
pub fn bind_row(native: &NativeFunction, receiver: &Value, args: CallArgs<'_>) -> R<Vec<Value>> {
    let params = native.row.params;
    match fit(params, args) {
        Ok(bound) => Ok(bound),
        Err(_) if native.is_written() => {
            let receivers =
                usize::from(!matches!(native.row.kind, RowKind::Function | RowKind::StaticMethod));
            bind_written(&native.qualname_for(receiver), params, args, receivers)
        }
        Err(_) if native.is_wrapped_slot() => bind(&format!("wrapper {}", native.row.name), params, args),
        Err(_) if native.is_nameless() => bind(NAMELESS, params, args),
        Err(_) => bind(&native.full_name(), params, args),
    }
}

fn fit(params: &'static [Param], args: CallArgs<'_>) -> Result<Vec<Value>, Misfit> {
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
        return Err(Misfit::TooMany);
    }
    let extra = rest.map(|_| Dict::new());
    let mut unknown: Option<&Str> = None;
    for (given, value) in args.pairs() {
        let place = params.iter().position(|param| {
            param.name == &**given
                && matches!(param.kind, ParamKind::PositionalOrKeyword | ParamKind::Keyword)
        });
        match (place, &extra) {
            (Some(index), _) if !bound[index].is_unset() => return Err(Misfit::Twice(given.clone(), index)),
            (Some(index), _) => bound[index] = value.clone(),
            (None, Some(extra)) => extra.set_str(given, value.clone()),
            (None, None) => unknown = unknown.or(Some(given)),
        }
    }
    if let (Some(index), Some(extra)) = (rest, extra) {
        bound[index] = Value::Dict(Gc::new(extra));
    }
    for (index, param) in params.iter().enumerate() {
        if bound[index].is_unset() {
            bound[index] = match param.default {
                ParamDefault::Required => return Err(Misfit::Missing(index)),
                ParamDefault::Omitted(_) | ParamDefault::Parsed(_) => Value::Unset,
                ParamDefault::None => Value::None,
                ParamDefault::Bool(value) => Value::Bool(value),
                ParamDefault::Int(value) => Value::Int(value),
                ParamDefault::Str(value) => Value::str(value),
            };
        }
    }
    match unknown {
        Some(given) => Err(Misfit::Unexpected(given.clone())),
        None => Ok(bound),
    }
}

/// What CPython says of a call that does not fit a function in C, in the order in which it looks.
fn native_misfit(name: &str, params: &[Param], args: CallArgs<'_>, misfit: Misfit) -> Raised {
    let has = |kind: ParamKind| params.iter().any(|param| param.kind == kind);
    let by_name = has(ParamKind::PositionalOrKeyword) || has(ParamKind::Keyword);
    let any_name = has(ParamKind::VarKeywords);
    if !args.names.is_empty() && !by_name && !any_name {
        return no_keywords(name);
    }
    // Functions that hand their keywords on count the rest alone.
    let hands_on = params
        .iter()
        .any(|param| param.kind == ParamKind::Keyword && matches!(param.default, ParamDefault::Parsed(_)));
    if hands_on && matches!(misfit, Misfit::TooMany | Misfit::Missing(_)) {
        let (_, most) = counts(params);
        let given = args.positional.len();
        let text = format!("{} expected {most} argument{}, got {given}", short(name), plural(most));
        return Raised::new(&TYPE_ERROR, text);
    }
    let given = args.positional.len() + args.names.len();
    if by_name && !any_name && !has(ParamKind::VarArgs) && given > params.len() {
        return too_many_in_all(name, params.len(), args);
    }
    match misfit {
        Misfit::TooMany if by_name => too_many_by_position(name, params, args.positional.len()),
        Misfit::TooMany => wrong_count(name, params, args.positional.len()),
        Misfit::Twice(given, index) => twice(name, &given, index + 1),
        Misfit::Unexpected(given) => unexpected(name, &given),
        Misfit::Missing(index) => missing(name, params, index, args),
    }
}

/// What CPython says of a call that does not fit a function of the language, in the order in which it looks.
fn written_misfit(name: &str, params: &[Param], args: CallArgs<'_>, receivers: usize) -> Raised {
    let positional: Vec<&Param> = params
        .iter()
        .filter(|param| matches!(param.kind, ParamKind::Positional | ParamKind::PositionalOrKeyword))
        .collect();
    let is = |kind: ParamKind| params.iter().any(|param| param.kind == kind);
    for given in args.names {
        let place = positional
            .iter()
            .position(|param| param.name == &**given && param.kind == ParamKind::PositionalOrKeyword);
        match place {
            Some(index) if index < args.positional.len() => return multiple_values(name, given),
            Some(_) => {}
            None if params.iter().any(|param| param.kind == ParamKind::Keyword && param.name == &**given) => {
            }
            None if is(ParamKind::VarKeywords) => {}
            None => return unexpected_keyword(name, given),
        }
    }
    let required = |param: &&Param| matches!(param.default, ParamDefault::Required);
    if args.positional.len() > positional.len() && !is(ParamKind::VarArgs) {
        let defaults = positional.iter().filter(|param| !required(param)).count();
        let named = args.names.iter().filter(|given| {
            params.iter().any(|param| param.kind == ParamKind::Keyword && param.name == &***given)
        });
        return too_many_positional(
            name,
            positional.len() + receivers,
            defaults,
            args.positional.len() + receivers,
            named.count(),
        );
    }
    let missing_of = |kept: &[&Param]| -> Vec<&'static str> {
        let left_out = kept.iter().filter(|param| required(param));
        left_out.filter(|param| args.keyword(param.name).is_none()).map(|param| param.name).collect()
    };
    let missing = missing_of(positional.get(args.positional.len()..).unwrap_or(&[]));
    if !missing.is_empty() {
        return missing_arguments(name, "positional", &missing);
    }
    let by_name: Vec<&Param> = params.iter().filter(|param| param.kind == ParamKind::Keyword).collect();
    missing_arguments(name, "keyword-only", &missing_of(&by_name))
}

/// `TypeError: f() got an unexpected keyword argument 'x'`
pub fn unexpected_keyword(function: &str, given: &str) -> Raised {
    Raised::new(&TYPE_ERROR, format!("{function}() got an unexpected keyword argument '{given}'"))
}

/// `TypeError: f() got multiple values for argument 'x'`
pub fn multiple_values(function: &str, given: &str) -> Raised {
    Raised::new(&TYPE_ERROR, format!("{function}() got multiple values for argument '{given}'"))
}

/// `TypeError: f() missing 2 required positional arguments: 'a' and 'b'`
pub fn missing_arguments(function: &str, kind: &str, names: &[&str]) -> Raised {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    let listed = match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first, second] => format!("{first} and {second}"),
        [first @ .., last] => format!("{}, and {last}", first.join(", ")),
    };
    let plural = plural(names.len());
    Raised::new(
        &TYPE_ERROR,
        format!("{function}() missing {} required {kind} argument{plural}: {listed}", names.len()),
    )
}

/// `TypeError: f() takes 1 positional argument but 2 were given`
pub fn too_many_positional(
    function: &str,
    most: usize,
    defaults: usize,
    given: usize,
    keyword_only_given: usize,
) -> Raised {
    let (takes, plural_of) = if defaults > 0 {
        (format!("from {} to {most}", most - defaults), 2)
    } else {
        (most.to_string(), most)
    };
    let verb = if given == 1 && keyword_only_given == 0 { "was" } else { "were" };
    let extra = match keyword_only_given {
        0 => String::new(),
        n => {
            format!(" positional argument{} (and {n} keyword-only argument{})", plural(given), plural(n))
        }
    };
    let arguments = plural(plural_of);
    Raised::new(
        &TYPE_ERROR,
        format!("{function}() takes {takes} positional argument{arguments} but {given}{extra} {verb} given"),
    )
}

/// The argument of a type's constructor that takes exactly one, by position.
pub fn only_argument<'a>(name: &str, args: CallArgs<'a>) -> R<&'a Value> {
    if !args.names.is_empty() {
        return Err(no_keywords(name));
    }
    match args.positional {
        [argument] => Ok(argument),
        given => Err(Raised::new(&TYPE_ERROR, format!("{name} expected 1 argument, got {}", given.len()))),
    }
}

/// How many positional arguments must be given, and how many may be.
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

/// What stands for the name of functions in C that do not tell theirs when they read their arguments.
pub const NAMELESS: &str = "function";

/// The function as the subject of a sentence: `split()`.
fn called(name: &str) -> String {
    if name == NAMELESS { name.to_string() } else { format!("{}()", short(name)) }
}

/// The last part of a dotted name.
fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// `TypeError: str.upper() takes no keyword arguments`
fn no_keywords(name: &str) -> Raised {
    Raised::new(&TYPE_ERROR, format!("{name}() takes no keyword arguments"))
}

/// `TypeError: split() takes at most 2 arguments (3 given)`
fn too_many_in_all(name: &str, most: usize, args: CallArgs<'_>) -> Raised {
    let kind = if args.positional.is_empty() { "keyword " } else { "" };
    let given = args.positional.len() + args.names.len();
    let text =
        format!("{} takes at most {most} {kind}argument{} ({given} given)", called(name), plural(most));
    Raised::new(&TYPE_ERROR, text)
}

/// `TypeError: sort() takes no positional arguments` and its kin.
fn too_many_by_position(name: &str, params: &[Param], given: usize) -> Raised {
    let name = short(name);
    let (least, most) = counts(params);
    if most == 0 {
        return Raised::new(&TYPE_ERROR, format!("{name}() takes no positional arguments"));
    }
    let bound = if least < most { "at most" } else { "exactly" };
    let text = format!("{name}() takes {bound} {most} positional argument{} ({given} given)", plural(most));
    Raised::new(&TYPE_ERROR, text)
}

/// `TypeError: len() takes exactly one argument (2 given)` and its kin: functions that take no names.
fn wrong_count(name: &str, params: &[Param], given: usize) -> Raised {
    let (least, most) = counts(params);
    let open = params.iter().any(|param| param.kind == ParamKind::VarArgs);
    let exact = least == most && !open;
    let parsed = params.iter().any(|param| matches!(param.default, ParamDefault::Parsed(_)));
    let (word, count) = match (exact, given < least) {
        (true, _) => ("", most),
        (false, true) => ("at least ", least),
        (false, false) => ("at most ", most),
    };
    let s = plural(count);
    let text = if name.starts_with("wrapper ") {
        format!("expected {word}{count} argument{s}, got {given}")
    } else if parsed {
        let word = if exact { "exactly " } else { word };
        format!("{}() takes {word}{count} argument{s} ({given} given)", short(name))
    } else if params.is_empty() {
        format!("{name}() takes no arguments ({given} given)")
    } else if exact && most == 1 {
        format!("{name}() takes exactly one argument ({given} given)")
    } else {
        format!("{} expected {word}{count} argument{s}, got {given}", short(name))
    };
    Raised::new(&TYPE_ERROR, text)
}

/// `TypeError: argument for sorted() given by name ('x') and position (1)`.
fn twice(name: &str, given: &str, position: usize) -> Raised {
    let name = called(name);
    Raised::new(
        &TYPE_ERROR,
        format!("argument for {name} given by name ('{given}') and position ({position})"),
    )
}

/// `TypeError: 'x' is an invalid keyword argument for f()`.
fn unexpected(name: &str, given: &str) -> Raised {
    let name = if name == NAMELESS { "this function".to_string() } else { called(name) };
    Raised::new(&TYPE_ERROR, format!("'{given}' is an invalid keyword argument for {name}"))
}

/// A required argument that is not there.
fn missing(name: &str, params: &[Param], index: usize, args: CallArgs<'_>) -> Raised {
    let given = args.positional.len();
    let param = &params[index];
    let by_name =
        params.iter().any(|param| matches!(param.kind, ParamKind::PositionalOrKeyword | ParamKind::Keyword));
    if param.kind != ParamKind::Positional {
        let text = format!("{} missing required argument '{}' (pos {})", called(name), param.name, index + 1);
        return Raised::new(&TYPE_ERROR, text);
    }
    if !by_name {
        return wrong_count(name, params, given);
    }
    let (_, most) = counts(params);
    let least = params
        .iter()
        .filter(|param| {
            param.kind == ParamKind::Positional && matches!(param.default, ParamDefault::Required)
        })
        .count();
    let bound = if least < most { "at least" } else { "exactly" };
    let text = format!(
        "{}() takes {bound} {least} positional argument{} ({given} given)",
        short(name),
        plural(least)
    );
    Raised::new(&TYPE_ERROR, text)
}
