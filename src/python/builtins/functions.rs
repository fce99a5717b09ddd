//! The builtin functions, as rows.
//!
//! Owns `len`, `print`, `sorted` and their like. Must not know the kinds that they work on beyond plain numbers.

use super::convert::{base, big, float_arg, index, small};
use super::iterable::{ByIndex, Until};
use super::{arith, errors, float, int, sort, text};
use crate::python::value::param::{args as var_args, kw, opt, pos, pos_opt, req};
use crate::python::value::{
    BinaryOp, Class, CompareOp, Host, Param, ParamDefault, R, Row, Str, Value, intern,
};

const OBJECT: &[Param] = &[pos("obj")];
const ITERABLE: &[Param] = &[pos("iterable")];
const NUMBER: &[Param] = &[pos("number")];
const NAMED: &[Param] = &[pos("obj"), pos("name")];
const EXTREME: &[Param] =
    &[var_args("args"), kw("key", ParamDefault::None), kw("default", ParamDefault::Omitted("ValueError"))];

pub const FUNCTIONS: &[Row] = &[
    Row::function("abs", &[pos("x")], "Return the absolute value of the argument.", "abs(-5)", abs),
    Row::function(
        "all",
        ITERABLE,
        "Return True if bool(x) is True for all values x in the iterable.",
        "all([1, 2])",
        |host, args| {
            let items = host.iter(&args[0])?;
            while let Some(item) = host.next(&items)? {
                if !host.truth(&item)? {
                    return Ok(Value::Bool(false));
                }
            }
            Ok(Value::Bool(true))
        },
    ),
    Row::function(
        "any",
        ITERABLE,
        "Return True if bool(x) is True for any x in the iterable.",
        "any([0, 2])",
        |host, args| {
            let items = host.iter(&args[0])?;
            while let Some(item) = host.next(&items)? {
                if host.truth(&item)? {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        },
    ),
    Row::function(
        "ascii",
        OBJECT,
        "Return an ASCII-only representation of an object.",
        "ascii('ä')",
        |host, args| {
            let shown = host.repr(&args[0])?;
            Ok(Value::from(text::ascii(&shown)))
        },
    ),
    Row::function(
        "bin",
        NUMBER,
        "Return the binary representation of an integer.",
        "bin(10)",
        |host, args| radix(host, &args[0], 2, "0b"),
    ),
    Row::function("oct", NUMBER, "Return the octal representation of an integer.", "oct(8)", |host, args| {
        radix(host, &args[0], 8, "0o")
    }),
    Row::function(
        "hex",
        NUMBER,
        "Return the hexadecimal representation of an integer.",
        "hex(255)",
        |host, args| radix(host, &args[0], 16, "0x"),
    ),
    Row::function(
        "callable",
        OBJECT,
        "Return whether the object is callable (i.e., some kind of function).",
        "callable(len)",
        |host, args| Ok(Value::Bool(is_callable(host, &args[0]))),
    ),
    Row::function(
        "chr",
        &[pos("i")],
        "Return a Unicode string of one character with ordinal i.",
        "chr(97)",
        |host, args| {
            let code = match index(host, &args[0])? {
                Value::Int(code) if i32::try_from(code).is_err() => None,
                Value::Int(code) => Some(code),
                _ => None,
            };
            let Some(code) = code else {
                return Err(errors::overflow("Python int too large to convert to C int"));
            };
            match u32::try_from(code).ok().filter(|&code| code < 0x11_0000) {
                Some(code) => {
                    Ok(Value::from(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER).to_string()))
                }
                None => Err(errors::value_error("chr() arg not in range(0x110000)")),
            }
        },
    ),
    Row::function(
        "ord",
        &[pos("c")],
        "Return the Unicode code point for a one-character string.",
        "ord('a')",
        ord,
    ),
    Row::function(
        "delattr",
        NAMED,
        "Deletes the named attribute from the given object.",
        "",
        |host, args| {
            let name = attribute_name(host, &args[1])?;
            host.del_attr(&args[0], &name)?;
            Ok(Value::None)
        },
    ),
    Row::function(
        "getattr",
        &[pos("object"), pos("name"), pos_opt("default", ParamDefault::Omitted("AttributeError"))],
        "Get a named attribute from an object.",
        "getattr('a', 'upper')()",
        |host, args| {
            let name = attribute_name(host, &args[1])?;
            if args[2].is_unset() {
                return host.get_attr(&args[0], &name);
            }
            Ok(host.find_attr(&args[0], &name)?.unwrap_or_else(|| args[2].clone()))
        },
    ),
    Row::function(
        "hasattr",
        NAMED,
        "Return whether the object has an attribute with the given name.",
        "hasattr('a', 'upper')",
        |host, args| {
            let name = attribute_name(host, &args[1])?;
            Ok(Value::Bool(host.find_attr(&args[0], &name)?.is_some()))
        },
    ),
    Row::function(
        "setattr",
        &[pos("obj"), pos("name"), pos("value")],
        "Sets the named attribute on the given object to the specified value.",
        "",
        |host, args| {
            let name = attribute_name(host, &args[1])?;
            host.set_attr(&args[0], &name, args[2].clone())?;
            Ok(Value::None)
        },
    ),
    Row::function(
        "dir",
        &[pos_opt("object", ParamDefault::Omitted(""))],
        "Names of the object's attributes, or of the current scope.",
        "",
        super::inspect::dir,
    ),
    Row::function(
        "vars",
        &[pos_opt("object", ParamDefault::Omitted(""))],
        "The __dict__ of an object, or the names of the current scope.",
        "",
        |host, args| {
            if args[0].is_unset() {
                return Ok(host.current_globals().map_or(Value::None, Value::Dict));
            }
            match host.find_attr(&args[0], &intern("__dict__"))? {
                Some(dict) => Ok(dict),
                None => Err(errors::type_error("vars() argument must have __dict__ attribute")),
            }
        },
    ),
    Row::function(
        "help",
        &[pos_opt("object", ParamDefault::Omitted(""))],
        "Show what an object is and how it is called.",
        "",
        super::inspect::help,
    ),
    Row::function("divmod", &[pos("x"), pos("y")], "Return the tuple (x//y, x%y).", "divmod(17, 5)", divmod),
    Row::function(
        "pow",
        &[req("base"), req("exp"), opt("mod", ParamDefault::None)],
        "Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments.",
        "pow(3, 4, 5)",
        pow,
    ),
    Row::function(
        "round",
        &[req("number"), opt("ndigits", ParamDefault::None)],
        "Round a number to a given precision in decimal digits.",
        "round(2.675, 2)",
        round,
    ),
    Row::function(
        "format",
        &[pos("value"), pos_opt("format_spec", ParamDefault::Str(""))],
        "Return type(value).__format__(value, format_spec).",
        "format(1234.5, ',.2f')",
        |host, args| {
            let Value::Str(spec) = base(&args[1]) else {
                return Err(errors::bad_argument(host, "format() argument 2", "str", &args[1]));
            };
            host.format(&args[0], spec).map(Value::Str)
        },
    ),
    Row::function("hash", OBJECT, "Return the hash value for the given object.", "hash(1)", |host, args| {
        host.hash(&args[0]).map(Value::Int)
    }),
    Row::function("id", OBJECT, "Return the identity of an object.", "", |_, args| {
        Ok(Value::from(args[0].id()))
    }),
    Row::function(
        "isinstance",
        &[pos("obj"), pos("class_or_tuple")],
        "Return whether an object is an instance of a class or of a subclass thereof.",
        "isinstance(1, int)",
        |host, args| is_instance(host, &args[0], &args[1]).map(Value::Bool),
    ),
    Row::function(
        "issubclass",
        &[pos("cls"), pos("class_or_tuple")],
        "Return whether 'cls' is derived from another class or is the same class.",
        "issubclass(bool, int)",
        |host, args| is_subclass(host, &args[0], &args[1]).map(Value::Bool),
    ),
    Row::function(
        "iter",
        &[pos("object"), pos_opt("sentinel", ParamDefault::Omitted(""))],
        "Get an iterator from an object.",
        "list(iter([1, 2]))",
        |host, args| {
            if args[1].is_unset() {
                return host.iter(&args[0]);
            }
            if !is_callable(host, &args[0]) {
                return Err(errors::type_error("iter(v, w): v must be callable"));
            }
            Ok(Value::iter(Until { callable: args[0].clone(), sentinel: args[1].clone() }))
        },
    ),
    Row::function(
        "next",
        &[pos("iterator"), pos_opt("default", ParamDefault::Omitted("StopIteration"))],
        "Return the next item from the iterator.",
        "next(iter([1]))",
        |host, args| match host.next(&args[0])? {
            Some(item) => Ok(item),
            None if !args[1].is_unset() => Ok(args[1].clone()),
            None => Err(errors::stop_iteration()),
        },
    ),
    Row::function(
        "len",
        OBJECT,
        "Return the number of items in a container.",
        "len([1, 2])",
        |host, args| host.len(&args[0]).map(Value::from),
    ),
    Row::function(
        "max",
        EXTREME,
        "With a single iterable argument, return its biggest item; with several, the largest.",
        "max(1, 3, 2)",
        |host, args| extreme(host, args, "max", CompareOp::Gt),
    ),
    Row::function(
        "min",
        EXTREME,
        "With a single iterable argument, return its smallest item; with several, the smallest.",
        "min(1, 3, 2)",
        |host, args| extreme(host, args, "min", CompareOp::Lt),
    ),
    Row::function(
        "input",
        &[pos_opt("prompt", ParamDefault::Str(""))],
        "Read a string from standard input; the trailing newline is stripped.",
        "",
        input,
    ),
    Row::function(
        "print",
        &[
            var_args("args"),
            kw("sep", ParamDefault::None),
            kw("end", ParamDefault::None),
            kw("file", ParamDefault::None),
            kw("flush", ParamDefault::Bool(false)),
        ],
        "Prints the values to a stream, or to sys.stdout by default.",
        "",
        print,
    ),
    Row::function(
        "repr",
        OBJECT,
        "Return the canonical string representation of the object.",
        "repr('a')",
        |host, args| host.repr(&args[0]).map(Value::Str),
    ),
    Row::function(
        "sorted",
        &[pos("iterable"), kw("key", ParamDefault::Parsed("None")), kw("reverse", ParamDefault::Bool(false))],
        "Return a new list containing all items from the iterable in ascending order.",
        "sorted([3, 1, 2])",
        |host, args| {
            let mut items = host.collect(&args[0])?;
            let reverse = host.truth(&args[2])?;
            let key = if args[1].is_unset() { Value::None } else { args[1].clone() };
            host.deeper(" while calling a Python object", &mut |host| {
                match sort::sort(host, std::mem::take(&mut items), &key, reverse) {
                    Ok(sorted) => items = sorted,
                    Err((_, raised)) => return Err(raised),
                }
                Ok(())
            })?;
            Ok(Value::list(items))
        },
    ),
    Row::function(
        "sum",
        &[pos("iterable"), opt("start", ParamDefault::Int(0))],
        "Return the sum of a 'start' value (default: 0) plus an iterable of numbers",
        "sum([1, 2, 3])",
        sum,
    ),
];

fn attribute_name(host: &mut dyn Host, value: &Value) -> R<Str> {
    match base(value) {
        Value::Str(name) => Ok(intern(name)),
        _ => {
            let name = errors::type_name(host, value);
            Err(errors::type_error(format!("attribute name must be string, not '{name}'")))
        }
    }
}

/// Whether a value can be called.
pub fn is_callable(host: &mut dyn Host, value: &Value) -> bool {
    match value {
        Value::Function(_) | Value::Native(_) | Value::Method(_) | Value::Class(_) => true,
        Value::Instance(_) => {
            let class = host.class_of(value);
            class.lookup(&intern("__call__")).is_some() || class.native.slot(|slots| slots.call).is_some()
        }
        _ => false,
    }
}

/// A special method that the value's class has, bound.
fn special(host: &mut dyn Host, value: &Value, name: &str) -> R<Option<Value>> {
    let name = intern(name);
    if host.class_of(value).lookup(&name).is_none() {
        return Ok(None);
    }
    host.find_attr(value, &name)
}

fn abs(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    match &args[0] {
        Value::Int(_) | Value::Bool(_) | Value::BigInt(_) => Ok(int::absolute(&args[0])),
        Value::Float(number) => Ok(Value::Float(number.abs())),
        other => match special(host, other, "__abs__")? {
            Some(method) => host.call_values(&method, &[]),
            None => {
                let name = errors::type_name(host, other);
                Err(errors::type_error(format!("bad operand type for abs(): '{name}'")))
            }
        },
    }
}

fn radix(host: &mut dyn Host, value: &Value, radix: u32, prefix: &str) -> R<Value> {
    let number = big(&index(host, value)?).unwrap_or_default();
    let sign = if number.sign() == num_bigint::Sign::Minus { "-" } else { "" };
    Ok(Value::from(format!("{sign}{prefix}{}", number.magnitude().to_str_radix(radix))))
}

fn ord(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    if let Some(bytes) = super::bytes::slice_of(&args[0]) {
        return match bytes[..] {
            [byte] => Ok(Value::Int(i64::from(byte))),
            _ => Err(errors::type_error(format!(
                "ord() expected a character, but string of length {} found",
                bytes.len()
            ))),
        };
    }
    let Value::Str(text) = base(&args[0]) else {
        let name = errors::type_name(host, &args[0]);
        return Err(errors::type_error(format!("ord() expected string of length 1, but {name} found")));
    };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(Value::Int(c as i64)),
        _ => Err(errors::type_error(format!(
            "ord() expected a character, but string of length {} found",
            text.chars_len()
        ))),
    }
}

fn divmod(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let (left, right) = (&args[0], &args[1]);
    let plain =
        |value: &Value| matches!(value, Value::Int(_) | Value::Bool(_) | Value::BigInt(_) | Value::Float(_));
    if plain(left) && plain(right) {
        return match (left, right) {
            (Value::Float(_), _) | (_, Value::Float(_)) => float::divmod(host, left, right),
            _ => int::divmod(host, left, right),
        };
    }
    for (this, other, name) in [(left, right, "__divmod__"), (right, left, "__rdivmod__")] {
        if let Some(method) = special(host, this, name)? {
            let answer = host.call_values(&method, std::slice::from_ref(other))?;
            if !matches!(answer, Value::NotImplemented) {
                return Ok(answer);
            }
        }
    }
    let (left, right) = (errors::type_name(host, left), errors::type_name(host, right));
    Err(errors::type_error(format!("unsupported operand type(s) for divmod(): '{left}' and '{right}'")))
}

fn pow(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    if args[2].is_none() {
        return host.binary(BinaryOp::Pow, &args[0], &args[1]);
    }
    match (big(&args[0]), big(&args[1]), big(&args[2])) {
        (Some(a), Some(b), Some(modulus)) => arith::power_mod(host, &a, &b, &modulus),
        _ => {
            if let Some(method) = special(host, &args[0], "__pow__")?
                && matches!(args[0], Value::Instance(_))
            {
                return host.call_values(&method, &args[1..3]);
            }
            Err(errors::type_error("pow() 3rd argument not allowed unless all arguments are integers"))
        }
    }
}

fn round(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    match &args[0] {
        Value::Float(number) => float::round(host, *number, &args[1]),
        Value::Int(_) | Value::Bool(_) | Value::BigInt(_) => int::round(host, &args[0], &args[1]),
        other => match special(host, other, "__round__")? {
            Some(method) if args[1].is_none() => host.call_values(&method, &[]),
            Some(method) => host.call_values(&method, &args[1..2]),
            None => {
                let name = errors::type_name(host, other);
                Err(errors::type_error(format!("type {name} doesn't define __round__ method")))
            }
        },
    }
}

/// `isinstance` with tuples and unions of classes.
pub fn is_instance(host: &mut dyn Host, object: &Value, class: &Value) -> R<bool> {
    let choices = match class {
        Value::Tuple(choices) => choices.as_slice().to_vec(),
        union => super::alias::union_args(union).to_vec(),
    };
    if choices.is_empty() && !matches!(class, Value::Tuple(_)) {
        return host.is_instance(object, class);
    }
    for choice in choices {
        if is_instance(host, object, &choice)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `issubclass` with tuples and unions of classes.
pub fn is_subclass(host: &mut dyn Host, class: &Value, of: &Value) -> R<bool> {
    let choices = match of {
        Value::Tuple(choices) => choices.as_slice().to_vec(),
        union => super::alias::union_args(union).to_vec(),
    };
    for choice in &choices {
        if is_subclass(host, class, choice)? {
            return Ok(true);
        }
    }
    if !choices.is_empty() || matches!(of, Value::Tuple(_)) {
        return Ok(false);
    }
    let meta = host.class_of(of);
    if let Some(check) = meta.lookup(&intern("__subclasscheck__"))
        && let Value::Function(_) = check
    {
        let answer = host.call_values(&check, &[of.clone(), class.clone()])?;
        return host.truth(&answer);
    }
    let Value::Class(this) = class else {
        return Err(errors::type_error("issubclass() arg 1 must be a class"));
    };
    match of {
        Value::Class(of) => Ok(Class::is_subclass(this, of)),
        Value::Instance(_) => match host.find_attr(of, &intern("__origin__"))? {
            Some(Value::Class(origin)) => Ok(Class::is_subclass(this, &origin)),
            _ => Err(not_classes()),
        },
        _ => Err(not_classes()),
    }
}

/// `TypeError: issubclass() arg 2 must be a class, a tuple of classes, or a union`
fn not_classes() -> crate::python::value::Raised {
    errors::type_error("issubclass() arg 2 must be a class, a tuple of classes, or a union")
}

fn extreme(host: &mut dyn Host, args: &[Value], name: &str, op: CompareOp) -> R<Value> {
    let Value::Tuple(given) = &args[0] else { return Ok(Value::None) };
    let items = match given.as_slice() {
        [] => return Err(errors::type_error(format!("{name} expected at least 1 argument, got 0"))),
        [iterable] => host.iter(iterable)?,
        _ => {
            if !args[2].is_unset() {
                return Err(errors::type_error(format!(
                    "Cannot specify a default for {name}() with multiple positional arguments"
                )));
            }
            host.iter(&args[0])?
        }
    };
    let mut best: Option<(Value, Value)> = None;
    while let Some(item) = host.next(&items)? {
        let by = if args[1].is_none() {
            item.clone()
        } else {
            host.call_values(&args[1], std::slice::from_ref(&item))?
        };
        let better = match &best {
            None => true,
            Some((_, Value::Int(record))) if let Value::Int(number) = &by => {
                if op == CompareOp::Gt {
                    number > record
                } else {
                    number < record
                }
            }
            Some((_, record)) => {
                let answer = host.compare(op, &by, record)?;
                host.truth(&answer)?
            }
        };
        if better {
            best = Some((item, by));
        }
    }
    match best {
        Some((item, _)) => Ok(item),
        None if !args[2].is_unset() => Ok(args[2].clone()),
        None => Err(errors::value_error(format!("{name}() arg is an empty sequence"))),
    }
}

fn input(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let prompt = host.str(&args[0])?;
    host.write_out(&prompt);
    match host.read_line() {
        Some(line) => Ok(Value::str(line)),
        None => Err(crate::python::value::Raised::new(
            &crate::diag::builtin::EOF_ERROR,
            "EOF when reading a line",
        )),
    }
}

thread_local! {
    /// What `sys.stdout` was set to, if it is not the program's own output.
    static PRINT_TARGET: std::cell::RefCell<Option<Value>> = const { std::cell::RefCell::new(None) };
}

/// `sys.stdout = target`: what `print` writes to from now on.
pub fn redirect_print(target: &Value) {
    let own = match target {
        Value::Instance(instance) => &**instance.class().name.borrow() == "_Stream",
        _ => target.is_none(),
    };
    let before = PRINT_TARGET.with(|known| known.replace((!own).then(|| target.clone())));
    drop(before);
}

fn print(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let part = |host: &mut dyn Host, value: &Value, name: &str, default: &str| -> R<Str> {
        match base(value) {
            Value::None => Ok(Str::new(default)),
            Value::Str(text) => Ok(text.clone()),
            _ => {
                let given = errors::type_name(host, value);
                Err(errors::type_error(format!("{name} must be None or a string, not {given}")))
            }
        }
    };
    let separator = part(host, &args[1], "sep", " ")?;
    let end = part(host, &args[2], "end", "\n")?;
    let mut line = String::new();
    if let Value::Tuple(items) = &args[0] {
        for (at, item) in items.as_slice().iter().enumerate() {
            if at > 0 {
                line.push_str(&separator);
            }
            match item {
                Value::Str(text) => line.push_str(text),
                other => line.push_str(&host.str(other)?),
            }
        }
    }
    line.push_str(&end);
    if args[3].is_none() {
        match PRINT_TARGET.with(|target| target.borrow().clone()) {
            None => host.write_out(&line),
            Some(target) => drop(host.call_method(&target, "write", &[Value::from(line)])?),
        }
    } else {
        host.call_method(&args[3], "write", &[Value::from(line)])?;
    }
    Ok(Value::None)
}

fn sum(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut total = args[1].clone();
    let what = match base(&total) {
        Value::Str(_) => Some("strings [use ''.join(seq) instead]"),
        Value::Bytes(_) => Some("bytes [use b''.join(seq) instead]"),
        _ => None,
    };
    if let Some(what) = what {
        return Err(errors::type_error(format!("sum() can't sum {what}")));
    }
    if let Value::List(list) = &args[0]
        && let Value::Int(start) = total
    {
        // A list of small integers whose sum is one, in one go.
        let sum = list.borrow().iter().try_fold(start, |sum, item| match item {
            Value::Int(number) => sum.checked_add(*number),
            _ => None,
        });
        if let Some(sum) = sum {
            return Ok(Value::Int(sum));
        }
    }
    let items = host.iter(&args[0])?;
    while let Some(item) = host.next(&items)? {
        total = match (&total, &item) {
            (Value::Int(a), Value::Int(b)) if a.checked_add(*b).is_some() => Value::Int(a + b),
            (Value::Float(a), Value::Float(b)) => Value::Float(a + b),
            (Value::Float(a), Value::Int(_)) if small(&item).is_some() => {
                Value::Float(a + float_arg(host, &item)?)
            }
            _ => host.binary(BinaryOp::Add, &total, &item)?,
        };
    }
    Ok(total)
}

/// Iterating a value that has no iterator slot: by `__getitem__`, if its class has one.
pub fn iterate_by_index(host: &mut dyn Host, value: &Value) -> R<Value> {
    if host.class_of(value).lookup(&intern("__getitem__")).is_some() {
        return Ok(Value::iter(ByIndex { sequence: value.clone(), at: 0 }));
    }
    Err(errors::not_iterable(host, value))
}
