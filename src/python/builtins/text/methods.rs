//! The methods of `str`, as rows.
//!
//! Owns the table and the small methods. Must not know searching and splitting beyond their names.

use super::case::{self, capitalize, fold, swap_case, title};
use super::chars::{is_alpha, is_digit, is_numeric, is_printable, is_space};
use super::{codec, search, split, text};
use crate::python::builtins::convert::{base, int_arg, small, text_arg};
use crate::python::builtins::format::{Align, Spec, pad, str_format_map, str_format_method};
use crate::python::builtins::{errors, parse};
use crate::python::value::param::{args, kwargs, opt, pos, pos_opt};
use crate::python::value::{Dict, Gc, Host, Param, ParamDefault, R, Row, Value};

const RANGE: &[Param] =
    &[pos("sub"), pos_opt("start", ParamDefault::Parsed("0")), pos_opt("end", ParamDefault::Parsed("len"))];
const CHARS: &[Param] = &[pos_opt("chars", ParamDefault::None)];
const SPLIT: &[Param] = &[opt("sep", ParamDefault::None), opt("maxsplit", ParamDefault::Int(-1))];
const FILL: &[Param] = &[pos("width"), pos_opt("fillchar", ParamDefault::Str(" "))];

type Example = &'static str;

const fn plain(
    name: &'static str,
    doc: &'static str,
    example: Example,
    call: crate::python::value::NativeFn,
) -> Row {
    Row::method(name, &[], doc, example, call)
}

pub const METHODS: &[Row] = &[
    plain("capitalize", "Return a capitalized version of the string.", "'ada l'.capitalize()", |_, a| {
        Ok(Value::from(capitalize(text(&a[0]))))
    }),
    plain(
        "casefold",
        "Return a version of the string suitable for caseless comparisons.",
        "'Straße'.casefold()",
        |_, a| Ok(Value::from(fold(text(&a[0])))),
    ),
    plain("lower", "Return a copy of the string converted to lowercase.", "'Ada'.lower()", |_, a| {
        let text = text(&a[0]);
        if text.is_ascii() {
            return Ok(Value::Str(text.map_ascii(<[u8]>::make_ascii_lowercase)));
        }
        Ok(Value::from(text.to_lowercase()))
    }),
    plain("upper", "Return a copy of the string converted to uppercase.", "'Ada'.upper()", |_, a| {
        let text = text(&a[0]);
        if text.is_ascii() {
            return Ok(Value::Str(text.map_ascii(<[u8]>::make_ascii_uppercase)));
        }
        Ok(Value::from(text.to_uppercase()))
    }),
    plain(
        "title",
        "Return a version of the string where each word is titlecased.",
        "'ada lovelace'.title()",
        |_, a| Ok(Value::from(title(text(&a[0])))),
    ),
    plain(
        "swapcase",
        "Convert uppercase characters to lowercase and lowercase characters to uppercase.",
        "'Ada'.swapcase()",
        |_, a| Ok(Value::from(swap_case(text(&a[0])))),
    ),
    plain(
        "isalnum",
        "Return True if the string is an alpha-numeric string, False otherwise.",
        "'a1'.isalnum()",
        |_, a| all(&a[0], |c| is_alpha(c) || is_numeric(c)),
    ),
    plain(
        "isalpha",
        "Return True if the string is an alphabetic string, False otherwise.",
        "'a1'.isalpha()",
        |_, a| Ok(Value::Bool(case::is_alphabetic(text(&a[0])))),
    ),
    plain(
        "isascii",
        "Return True if all characters in the string are ASCII, False otherwise.",
        "'a1'.isascii()",
        |_, a| Ok(Value::Bool(text(&a[0]).is_ascii())),
    ),
    plain(
        "isdecimal",
        "Return True if the string is a decimal string, False otherwise.",
        "'12'.isdecimal()",
        |_, a| all(&a[0], |c| parse::digit_value(c).is_some()),
    ),
    plain(
        "isdigit",
        "Return True if the string is a digit string, False otherwise.",
        "'12'.isdigit()",
        |_, a| all(&a[0], is_digit),
    ),
    plain(
        "isidentifier",
        "Return True if the string is a valid Python identifier, False otherwise.",
        "'a1'.isidentifier()",
        |_, a| Ok(Value::Bool(case::is_identifier(text(&a[0])))),
    ),
    plain(
        "islower",
        "Return True if the string is a lowercase string, False otherwise.",
        "'a1'.islower()",
        |_, a| Ok(Value::Bool(case::is_lower(text(&a[0])))),
    ),
    plain(
        "isnumeric",
        "Return True if the string is a numeric string, False otherwise.",
        "'12'.isnumeric()",
        |_, a| all(&a[0], is_numeric),
    ),
    plain(
        "isprintable",
        "Return True if the string is printable, False otherwise.",
        "'a1'.isprintable()",
        |_, a| Ok(Value::Bool(text(&a[0]).chars().all(is_printable))),
    ),
    plain(
        "isspace",
        "Return True if the string is a whitespace string, False otherwise.",
        "' '.isspace()",
        |_, a| all(&a[0], is_space),
    ),
    plain(
        "istitle",
        "Return True if the string is a title-cased string, False otherwise.",
        "'Ada'.istitle()",
        |_, a| Ok(Value::Bool(case::is_titled(text(&a[0])))),
    ),
    plain(
        "isupper",
        "Return True if the string is an uppercase string, False otherwise.",
        "'ADA'.isupper()",
        |_, a| Ok(Value::Bool(case::is_upper(text(&a[0])))),
    ),
    Row::method(
        "find",
        RANGE,
        "Return the lowest index where the substring is found, or -1.",
        "'abcabc'.find('c')",
        search::find,
    ),
    Row::method(
        "rfind",
        RANGE,
        "Return the highest index where the substring is found, or -1.",
        "'abcabc'.rfind('c')",
        search::rfind,
    ),
    Row::method(
        "index",
        RANGE,
        "Return the lowest index where the substring is found; ValueError if it is not.",
        "'abcabc'.index('c')",
        search::index,
    ),
    Row::method(
        "rindex",
        RANGE,
        "Return the highest index where the substring is found; ValueError if it is not.",
        "'abcabc'.rindex('c')",
        search::rindex,
    ),
    Row::method(
        "count",
        RANGE,
        "Return the number of non-overlapping occurrences of the substring.",
        "'abcabc'.count('c')",
        search::count,
    ),
    Row::method(
        "startswith",
        &[
            pos("prefix"),
            pos_opt("start", ParamDefault::Omitted("0")),
            pos_opt("end", ParamDefault::Omitted("len")),
        ],
        "Return True if the string starts with the prefix.",
        "'abc'.startswith('a')",
        search::starts_with,
    ),
    Row::method(
        "endswith",
        &[
            pos("suffix"),
            pos_opt("start", ParamDefault::Omitted("0")),
            pos_opt("end", ParamDefault::Omitted("len")),
        ],
        "Return True if the string ends with the suffix.",
        "'abc'.endswith('c')",
        search::ends_with,
    ),
    Row::method(
        "replace",
        &[pos("old"), pos("new"), pos_opt("count", ParamDefault::Int(-1))],
        "Return a copy with all occurrences of substring old replaced by new.",
        "'abcabc'.replace('c', '-')",
        search::replace,
    ),
    Row::method(
        "removeprefix",
        &[pos("prefix")],
        "Return a str with the given prefix string removed if present.",
        "'abc'.removeprefix('a')",
        search::remove_prefix,
    ),
    Row::method(
        "removesuffix",
        &[pos("suffix")],
        "Return a str with the given suffix string removed if present.",
        "'abc'.removesuffix('c')",
        search::remove_suffix,
    ),
    Row::method(
        "split",
        SPLIT,
        "Return a list of the substrings in the string, using sep as the separator string.",
        "'a b c'.split()",
        split::split,
    ),
    Row::method(
        "rsplit",
        SPLIT,
        "Return a list of the substrings in the string, splitting from the end.",
        "'a b c'.rsplit(None, 1)",
        split::rsplit,
    ),
    Row::method(
        "splitlines",
        &[opt("keepends", ParamDefault::Bool(false))],
        "Return a list of the lines in the string, breaking at line boundaries.",
        "'a\\nb'.splitlines()",
        split::splitlines,
    ),
    Row::method(
        "partition",
        &[pos("sep")],
        "Partition the string into three parts using the given separator.",
        "'a=b'.partition('=')",
        split::partition,
    ),
    Row::method(
        "rpartition",
        &[pos("sep")],
        "Partition the string into three parts using the last separator.",
        "'a=b=c'.rpartition('=')",
        split::rpartition,
    ),
    Row::method(
        "strip",
        CHARS,
        "Return a copy of the string with leading and trailing whitespace removed.",
        "' a '.strip()",
        split::strip,
    ),
    Row::method(
        "lstrip",
        CHARS,
        "Return a copy of the string with leading whitespace removed.",
        "' a '.lstrip()",
        split::lstrip,
    ),
    Row::method(
        "rstrip",
        CHARS,
        "Return a copy of the string with trailing whitespace removed.",
        "' a '.rstrip()",
        split::rstrip,
    ),
    Row::method(
        "join",
        &[pos("iterable")],
        "Concatenate any number of strings.",
        "', '.join(['a', 'b'])",
        split::join,
    ),
    Row::method(
        "expandtabs",
        &[opt("tabsize", ParamDefault::Int(8))],
        "Return a copy where all tab characters are expanded using spaces.",
        "'a\\tb'.expandtabs(4)",
        split::expand_tabs,
    ),
    Row::method("center", FILL, "Return a centered string of length width.", "'a'.center(5, '*')", center),
    Row::method("ljust", FILL, "Return a left-justified string of length width.", "'a'.ljust(5)", |h, a| {
        justify(h, a, Align::Left)
    }),
    Row::method("rjust", FILL, "Return a right-justified string of length width.", "'a'.rjust(5)", |h, a| {
        justify(h, a, Align::Right)
    }),
    Row::method(
        "zfill",
        &[pos("width")],
        "Pad a numeric string with zeros on the left.",
        "'-42'.zfill(5)",
        zfill,
    ),
    Row::method(
        "encode",
        &[opt("encoding", ParamDefault::Str("utf-8")), opt("errors", ParamDefault::Str("strict"))],
        "Encode the string using the codec registered for encoding.",
        "'ä'.encode()",
        |h, a| {
            let encoding = text_arg(h, &a[1], "encode() argument 'encoding'")?;
            let handler = text_arg(h, &a[2], "encode() argument 'errors'")?;
            codec::encode(text(&a[0]), encoding, handler).map(Value::bytes)
        },
    ),
    Row::method(
        "format",
        &[args("args"), kwargs("kwargs")],
        "Return a formatted version of the string, using substitutions from args and kwargs.",
        "'{} {x}'.format(1, x=2)",
        |h, a| {
            let Value::Tuple(positional) = &a[1] else { return Ok(Value::None) };
            str_format_method(h, text(&a[0]), positional.as_slice(), &a[2]).map(Value::Str)
        },
    ),
    Row::method(
        "format_map",
        &[pos("mapping")],
        "Return a formatted version of the string, using substitutions from mapping.",
        "'{x}'.format_map({'x': 1})",
        |h, a| str_format_map(h, text(&a[0]), &a[1]).map(Value::Str),
    ),
    Row::static_method(
        "maketrans",
        &[pos("x"), pos_opt("y", ParamDefault::Omitted("")), pos_opt("z", ParamDefault::Omitted(""))],
        "Return a translation table usable for str.translate().",
        "str.maketrans('ab', 'xy')",
        make_trans,
    ),
    Row::method(
        "translate",
        &[pos("table")],
        "Replace each character in the string using the given translation table.",
        "'ab'.translate({97: 'x'})",
        translate,
    ),
    plain("__getnewargs__", "Arguments that make an equal string.", "", |_, a| {
        Ok(Value::tuple(vec![Value::Str(text(&a[0]).clone())]))
    }),
];

fn all(value: &Value, test: impl Fn(char) -> bool) -> R<Value> {
    let text = text(value);
    Ok(Value::Bool(!text.is_empty() && text.chars().all(test)))
}

fn fill_spec(host: &mut dyn Host, args: &[Value], align: Align) -> R<Spec> {
    let width = int_arg(host, &args[1])?.max(0) as usize;
    if width > super::MOST_BYTES {
        return Err(errors::memory());
    }
    let Value::Str(fill) = base(&args[2]) else {
        let name = errors::type_name(host, &args[2]);
        return Err(errors::type_error(format!(
            "The fill character must be a unicode character, not {name}"
        )));
    };
    let mut chars = fill.chars();
    let (Some(fill), None) = (chars.next(), chars.next()) else {
        return Err(errors::type_error("The fill character must be exactly one character long"));
    };
    Ok(Spec {
        fill,
        align: Some(align),
        sign: None,
        no_negative_zero: false,
        alternate: false,
        width,
        grouping: None,
        precision: None,
        code: None,
    })
}

fn justify(host: &mut dyn Host, args: &[Value], align: Align) -> R<Value> {
    let spec = fill_spec(host, args, align)?;
    Ok(Value::from(pad(&spec, text(&args[0]), align)))
}

/// `str.center` puts the odd blank on the left when the width is odd, other than `format` does.
fn center(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let spec = fill_spec(host, args, Align::Center)?;
    let this = text(&args[0]);
    let missing = spec.width.saturating_sub(this.chars_len());
    let left = missing / 2 + (missing & spec.width & 1);
    let mut centered: String = std::iter::repeat_n(spec.fill, left).collect();
    centered.push_str(this);
    centered.extend(std::iter::repeat_n(spec.fill, missing - left));
    Ok(Value::from(centered))
}

fn zfill(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let width = int_arg(host, &args[1])?.max(0) as usize;
    if width > super::MOST_BYTES {
        return Err(errors::memory());
    }
    let this = text(&args[0]);
    let zeros = "0".repeat(width.saturating_sub(this.chars_len()));
    let (sign, digits) = match this.strip_prefix(['+', '-']) {
        Some(rest) => (&this[..1], rest),
        None => ("", this.as_str()),
    };
    Ok(Value::from(format!("{sign}{zeros}{digits}")))
}

fn make_trans(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let table = Dict::new();
    if args[1].is_unset() {
        let Value::Dict(given) = base(&args[0]) else {
            return Err(errors::type_error("if you give only one argument to maketrans it must be a dict"));
        };
        for (key, value) in given.to_vec() {
            let key = match base(&key) {
                Value::Str(text) if text.chars_len() == 1 => {
                    Value::Int(text.chars().next().map_or(0, |c| c as i64))
                }
                Value::Str(_) => {
                    return Err(errors::value_error("string keys in translate table must be of length 1"));
                }
                Value::Int(code) => Value::Int(*code),
                _ => {
                    return Err(errors::type_error("keys in translate table must be strings or integers"));
                }
            };
            host.dict_set(&table, key, value)?;
        }
        return Ok(Value::Dict(Gc::new(table)));
    }
    let Value::Str(from) = base(&args[0]) else {
        let text = "first maketrans argument must be a string if there is a second argument";
        return Err(errors::type_error(text));
    };
    let to = text_arg(host, &args[1], "maketrans() argument 2")?;
    if from.chars_len() != to.chars_len() {
        return Err(errors::value_error("the first two maketrans arguments must have equal length"));
    }
    for (from, to) in from.chars().zip(to.chars()) {
        host.dict_set(&table, Value::Int(from as i64), Value::Int(to as i64))?;
    }
    if !args[2].is_unset() {
        for gone in text_arg(host, &args[2], "maketrans() argument 3")?.chars() {
            host.dict_set(&table, Value::Int(gone as i64), Value::None)?;
        }
    }
    Ok(Value::Dict(Gc::new(table)))
}

fn translate(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut translated = String::new();
    for c in text(&args[0]).chars() {
        let found = match host.get_item(&args[1], &Value::Int(c as i64)) {
            Ok(found) => found,
            Err(raised) if raised.is_a(&crate::diag::builtin::LOOKUP_ERROR) => {
                translated.push(c);
                continue;
            }
            Err(raised) => return Err(raised),
        };
        match base(&found) {
            Value::None => {}
            Value::Str(text) => translated.push_str(text),
            other => match small(other).and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32) {
                Some(c) => translated.push(c),
                None if small(other).is_some() => {
                    return Err(errors::value_error("character mapping must be in range(0x110000)"));
                }
                None => {
                    return Err(errors::type_error("character mapping must return integer, None or str"));
                }
            },
        }
    }
    Ok(Value::from(translated))
}
