//! The methods of `bytes` and `bytearray`, as rows.
//!
//! Owns the tables and what the methods do; only ASCII letters have case here, and only ASCII blanks are blanks.
//! Must not know how the kinds are made.

use super::bytes::{byte_arg, bytes_arg, change, data, find_in, from_source, like, slice_of};
use super::convert::{int_arg, int_or, is_int, slice_bound};
use super::{errors, text};
use crate::python::value::param::{opt, pos, pos_opt};
use crate::python::value::{CallArgs, Host, Param, ParamDefault, R, Row, Str, Value};

const RANGE: &[Param] =
    &[pos("sub"), pos_opt("start", ParamDefault::Parsed("0")), pos_opt("end", ParamDefault::Parsed("len"))];
const FILL: &[Param] = &[pos("width"), pos_opt("fillchar", ParamDefault::Omitted("b' '"))];
const SPLIT: &[Param] = &[opt("sep", ParamDefault::None), opt("maxsplit", ParamDefault::Int(-1))];
const CHARS: &[Param] = &[pos_opt("bytes", ParamDefault::None)];

/// The methods of both kinds.
pub const METHODS: &[Row] = &[
    DECODE, FROM_HEX, BYTES_ROW, UPPER, LOWER, TITLE, CAPITALIZE, SWAPCASE, ISALNUM, ISALPHA, ISDIGIT,
    ISSPACE, ISASCII, ISUPPER, ISLOWER, ISTITLE, FIND, RFIND, INDEX, RINDEX, COUNT, STARTS, ENDS, STRIP,
    LSTRIP, RSTRIP, SPLIT_ROW, RSPLIT, LINES, PARTITION, RPARTITION, REPLACE, CENTER, LJUST, RJUST, ZFILL,
    TABS, PREFIX, SUFFIX, TRANSLATE, MAKETRANS, JOIN, HEX,
];
pub const MUTABLE: &[Row] = &[
    DECODE,
    FROM_HEX,
    BYTES_ROW,
    UPPER,
    LOWER,
    TITLE,
    CAPITALIZE,
    SWAPCASE,
    ISALNUM,
    ISALPHA,
    ISDIGIT,
    ISSPACE,
    ISASCII,
    ISUPPER,
    ISLOWER,
    ISTITLE,
    FIND,
    RFIND,
    INDEX,
    RINDEX,
    COUNT,
    STARTS,
    ENDS,
    STRIP,
    LSTRIP,
    RSTRIP,
    SPLIT_ROW,
    RSPLIT,
    LINES,
    PARTITION,
    RPARTITION,
    REPLACE,
    CENTER,
    LJUST,
    RJUST,
    ZFILL,
    TABS,
    PREFIX,
    SUFFIX,
    TRANSLATE,
    MAKETRANS,
    JOIN,
    HEX,
    Row::method(
        "append",
        &[pos("item")],
        "Append a single item to the end of the bytearray.",
        "",
        |host, args| {
            let byte = byte_arg(host, &args[1])?;
            change(&args[0], |bytes| bytes.push(byte))
        },
    ),
    Row::method(
        "extend",
        &[pos("iterable")],
        "Append all the items from the iterable to the end of the bytearray.",
        "",
        |host, args| {
            let more = from_source(host, "bytearray", CallArgs::positional(&args[1..2]))?;
            change(&args[0], |bytes| bytes.extend(more))
        },
    ),
    Row::method("__iadd__", &[pos("value")], "Implement self+=value.", "", |host, args| {
        let more = bytes_arg(host, &args[1])?;
        change(&args[0], |bytes| bytes.extend(more))?;
        Ok(args[0].clone())
    }),
    Row::method("clear", &[], "Remove all items from the bytearray.", "", |_, args| {
        change(&args[0], Vec::clear)
    }),
    Row::method("reverse", &[], "Reverse the order of the values in place.", "", |_, args| {
        change(&args[0], |bytes| bytes.reverse())
    }),
    Row::method("copy", &[], "Return a copy.", "", |_, args| Ok(like(&args[0], data(&args[0])))),
    Row::method(
        "pop",
        &[pos_opt("index", ParamDefault::Int(-1))],
        "Remove and return a single item.",
        "bytearray(b'ab').pop()",
        |host, args| {
            let at = int_arg(host, &args[1])?;
            let len = data(&args[0]).len() as i64;
            let at = if at < 0 { at + len } else { at };
            if !(0..len).contains(&at) {
                return Err(errors::index_error(if len == 0 {
                    "pop from empty bytearray"
                } else {
                    "pop index out of range"
                }));
            }
            let mut gone = 0;
            change(&args[0], |bytes| gone = bytes.remove(at as usize))?;
            Ok(Value::Int(i64::from(gone)))
        },
    ),
];

const UPPER: Row = Row::method(
    "upper",
    &[],
    "Return a copy with all ASCII characters uppercase.",
    "b'aB c'.upper()",
    |_, args| Ok(like(&args[0], data(&args[0]).to_ascii_uppercase())),
);
const LOWER: Row = Row::method(
    "lower",
    &[],
    "Return a copy with all ASCII characters lowercase.",
    "b'aB c'.lower()",
    |_, args| Ok(like(&args[0], data(&args[0]).to_ascii_lowercase())),
);
const TITLE: Row =
    Row::method("title", &[], "Return a titlecased version of the bytes.", "b'aB c'.title()", |_, args| {
        Ok(like(&args[0], title(&data(&args[0]))))
    });
const CAPITALIZE: Row = Row::method(
    "capitalize",
    &[],
    "Return a copy with only its first character capitalized.",
    "b'aB c'.capitalize()",
    |_, args| Ok(like(&args[0], capitalize(&data(&args[0])))),
);
const SWAPCASE: Row = Row::method(
    "swapcase",
    &[],
    "Return a copy with uppercase ASCII characters made lowercase and the other way round.",
    "b'aB c'.swapcase()",
    |_, args| Ok(like(&args[0], swap_case(&data(&args[0])))),
);
const ISALNUM: Row = Row::method(
    "isalnum",
    &[],
    "Return True if all bytes are of that kind and there is at least one.",
    "b'a1'.isalnum()",
    |_, args| {
        let bytes = data(&args[0]);
        Ok(Value::Bool(!bytes.is_empty() && bytes.iter().all(u8::is_ascii_alphanumeric)))
    },
);
const ISALPHA: Row = Row::method(
    "isalpha",
    &[],
    "Return True if all bytes are of that kind and there is at least one.",
    "b'a1'.isalpha()",
    |_, args| {
        let bytes = data(&args[0]);
        Ok(Value::Bool(!bytes.is_empty() && bytes.iter().all(u8::is_ascii_alphabetic)))
    },
);
const ISDIGIT: Row = Row::method(
    "isdigit",
    &[],
    "Return True if all bytes are of that kind and there is at least one.",
    "b'a1'.isdigit()",
    |_, args| {
        let bytes = data(&args[0]);
        Ok(Value::Bool(!bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit)))
    },
);
const ISSPACE: Row = Row::method(
    "isspace",
    &[],
    "Return True if all bytes are of that kind and there is at least one.",
    "b'a1'.isspace()",
    |_, args| {
        let bytes = data(&args[0]);
        Ok(Value::Bool(!bytes.is_empty() && bytes.iter().all(is_blank)))
    },
);
const ISASCII: Row =
    Row::method("isascii", &[], "Return True if all bytes are ASCII.", "b'a1'.isascii()", |_, args| {
        Ok(Value::Bool(data(&args[0]).is_ascii()))
    });
const ISUPPER: Row = Row::method(
    "isupper",
    &[],
    "Return True if there are cased characters and all of them are uppercase.",
    "b'A1'.isupper()",
    |_, args| {
        let bytes = data(&args[0]);
        Ok(Value::Bool(bytes.iter().any(u8::is_ascii_uppercase) && !bytes.iter().any(u8::is_ascii_lowercase)))
    },
);
const ISLOWER: Row = Row::method(
    "islower",
    &[],
    "Return True if there are cased characters and all of them are lowercase.",
    "b'a1'.islower()",
    |_, args| {
        let bytes = data(&args[0]);
        Ok(Value::Bool(bytes.iter().any(u8::is_ascii_lowercase) && !bytes.iter().any(u8::is_ascii_uppercase)))
    },
);
const ISTITLE: Row = Row::method(
    "istitle",
    &[],
    "Return True if the bytes are titlecased.",
    "b'Ab Cd'.istitle()",
    |_, args| {
        let bytes = data(&args[0]);
        Ok(Value::Bool(bytes.iter().any(u8::is_ascii_alphabetic) && title(&bytes) == bytes))
    },
);
const FIND: Row = Row::method(
    "find",
    RANGE,
    "Return the lowest index where the subsection is found, or -1.",
    "b'ab'.find(b'b')",
    |host, args| place(host, args, false).map(or_minus_one),
);
const RFIND: Row = Row::method(
    "rfind",
    RANGE,
    "Return the highest index where the subsection is found, or -1.",
    "b'abab'.rfind(b'b')",
    |host, args| place(host, args, true).map(or_minus_one),
);
const INDEX: Row = Row::method(
    "index",
    RANGE,
    "Return the lowest index where the subsection is found.",
    "b'ab'.index(b'b')",
    |host, args| place(host, args, false)?.map(Value::from).ok_or_else(not_found),
);
const RINDEX: Row = Row::method(
    "rindex",
    RANGE,
    "Return the highest index where the subsection is found.",
    "b'abab'.rindex(b'b')",
    |host, args| place(host, args, true)?.map(Value::from).ok_or_else(not_found),
);
const COUNT: Row = Row::method(
    "count",
    RANGE,
    "Return the number of non-overlapping occurrences of the subsection.",
    "b'abab'.count(b'b')",
    count,
);
const STARTS: Row = Row::method(
    "startswith",
    RANGE,
    "Return True if the bytes start with the given prefix.",
    "b'ab'.startswith(b'a')",
    |host, args| affix(host, args, "startswith", |part, wanted| part.starts_with(wanted)),
);
const ENDS: Row = Row::method(
    "endswith",
    RANGE,
    "Return True if the bytes end with the given suffix.",
    "b'ab'.endswith(b'b')",
    |host, args| affix(host, args, "endswith", |part, wanted| part.ends_with(wanted)),
);
const STRIP: Row = Row::method(
    "strip",
    CHARS,
    "Strip leading or trailing bytes contained in the argument.",
    "b' a '.strip()",
    |host, args| strip(host, args, true, true),
);
const LSTRIP: Row = Row::method(
    "lstrip",
    CHARS,
    "Strip leading or trailing bytes contained in the argument.",
    "b' a '.lstrip()",
    |host, args| strip(host, args, true, false),
);
const RSTRIP: Row = Row::method(
    "rstrip",
    CHARS,
    "Strip leading or trailing bytes contained in the argument.",
    "b' a '.rstrip()",
    |host, args| strip(host, args, false, true),
);
const SPLIT_ROW: Row = Row::method(
    "split",
    SPLIT,
    "Return a list of the sections in the bytes, using sep as the delimiter.",
    "b'a b'.split()",
    |host, args| split(host, args, false),
);
const RSPLIT: Row = Row::method(
    "rsplit",
    SPLIT,
    "Return a list of the sections in the bytes, split from the end.",
    "b'a b'.rsplit()",
    |host, args| split(host, args, true),
);
const LINES: Row = Row::method(
    "splitlines",
    &[opt("keepends", ParamDefault::Bool(false))],
    "Return a list of the lines in the bytes.",
    "b'a\\nb'.splitlines()",
    lines,
);
const PARTITION: Row = Row::method(
    "partition",
    &[pos("sep")],
    "Partition the bytes into three parts using the given separator.",
    "b'a-b'.partition(b'-')",
    |host, args| partition(host, args, false),
);
const RPARTITION: Row = Row::method(
    "rpartition",
    &[pos("sep")],
    "Partition the bytes into three parts at the last separator.",
    "b'a-b'.rpartition(b'-')",
    |host, args| partition(host, args, true),
);
const REPLACE: Row = Row::method(
    "replace",
    &[pos("old"), pos("new"), pos_opt("count", ParamDefault::Int(-1))],
    "Return a copy with all occurrences of old replaced by new.",
    "b'ab'.replace(b'a', b'c')",
    replace,
);
const CENTER: Row = Row::method(
    "center",
    FILL,
    "Return centered bytes of the given length.",
    "b'a'.center(3)",
    |host, args| pad(host, args, "center", |left, width| left / 2 + (left & width & 1)),
);
const LJUST: Row = Row::method(
    "ljust",
    FILL,
    "Return left-justified bytes of the given length.",
    "b'a'.ljust(3)",
    |host, args| pad(host, args, "ljust", |_, _| 0),
);
const RJUST: Row = Row::method(
    "rjust",
    FILL,
    "Return right-justified bytes of the given length.",
    "b'a'.rjust(3)",
    |host, args| pad(host, args, "rjust", |left, _| left),
);
const ZFILL: Row = Row::method(
    "zfill",
    &[pos("width")],
    "Pad with zeros on the left to the given width.",
    "b'-1'.zfill(4)",
    zfill,
);
const TABS: Row = Row::method(
    "expandtabs",
    &[opt("tabsize", ParamDefault::Int(8))],
    "Return a copy where all tab characters are expanded using spaces.",
    "b'a\\tb'.expandtabs(4)",
    expand_tabs,
);
const PREFIX: Row = Row::method(
    "removeprefix",
    &[pos("prefix")],
    "Return the bytes without the prefix, if there.",
    "b'ab'.removeprefix(b'a')",
    |host, args| {
        let bytes = data(&args[0]);
        let prefix = bytes_arg(host, &args[1])?;
        let kept = bytes.strip_prefix(&prefix[..]).unwrap_or(&bytes).to_vec();
        Ok(like(&args[0], kept))
    },
);
const SUFFIX: Row = Row::method(
    "removesuffix",
    &[pos("suffix")],
    "Return the bytes without the suffix, if there.",
    "b'ab'.removesuffix(b'b')",
    |host, args| {
        let bytes = data(&args[0]);
        let suffix = bytes_arg(host, &args[1])?;
        let kept = bytes.strip_suffix(&suffix[..]).unwrap_or(&bytes).to_vec();
        Ok(like(&args[0], kept))
    },
);
const TRANSLATE: Row = Row::method(
    "translate",
    &[pos("table"), opt("delete", ParamDefault::Omitted("b''"))],
    "Return a copy with each byte mapped by the table, those in delete left out.",
    "b'ab'.translate(None, b'a')",
    translate,
);
const MAKETRANS: Row = Row::static_method(
    "maketrans",
    &[pos("frm"), pos("to")],
    "Return a translation table for translate().",
    "bytes.maketrans(b'a', b'b')[97]",
    |host, args| {
        let (from, to) = (bytes_arg(host, &args[0])?, bytes_arg(host, &args[1])?);
        if from.len() != to.len() {
            return Err(errors::value_error("maketrans arguments must have same length"));
        }
        let mut table: Vec<u8> = (0..=255).collect();
        for (from, to) in from.iter().zip(to) {
            table[usize::from(*from)] = to;
        }
        Ok(Value::bytes(table))
    },
);
const JOIN: Row = Row::method(
    "join",
    &[pos("iterable_of_bytes")],
    "Concatenate any number of bytes objects.",
    "b','.join([b'a', b'b'])",
    join,
);
const HEX: Row = Row::method(
    "hex",
    &[opt("sep", ParamDefault::Omitted("")), opt("bytes_per_sep", ParamDefault::Int(1))],
    "Create a string of hexadecimal numbers.",
    "b'ab'.hex()",
    hex,
);
const DECODE: Row = Row::method(
    "decode",
    &[opt("encoding", ParamDefault::Str("utf-8")), opt("errors", ParamDefault::Str("strict"))],
    "Decode the bytes using the codec registered for encoding.",
    "b'a'.decode()",
    |host, args| {
        let encoding = super::convert::text_arg(host, &args[1], "decode() argument 'encoding'")?;
        let handler = super::convert::text_arg(host, &args[2], "decode() argument 'errors'")?;
        let bytes = data(&args[0]);
        if bytes.is_empty() {
            return Ok(Value::str(""));
        }
        text::decode(&bytes, encoding, handler).map(Value::from)
    },
);
const FROM_HEX: Row = Row::class_method(
    "fromhex",
    &[pos("string")],
    "Create bytes from a string of hexadecimal numbers.",
    "bytes.fromhex('6162')",
    |host, args| {
        let text = super::convert::text_arg(host, &args[1], "fromhex() argument")?;
        let digits: Vec<(usize, char)> =
            text.chars().enumerate().filter(|(_, c)| !c.is_ascii_whitespace()).collect();
        let mut bytes = Vec::new();
        for pair in digits.chunks(2) {
            let mut byte = 0;
            for place in 0..2 {
                let bad = pair.get(place).map_or(text.chars_len(), |(at, _)| *at);
                let digit = pair.get(place).and_then(|(_, c)| c.to_digit(16));
                let Some(digit) = digit else {
                    return Err(errors::value_error(format!(
                        "non-hexadecimal number found in fromhex() arg at position {bad}"
                    )));
                };
                byte = byte * 16 + digit;
            }
            bytes.push(byte as u8);
        }
        host.call_values(&args[0], &[Value::bytes(bytes)])
    },
);
const BYTES_ROW: Row =
    Row::method("__bytes__", &[], "Convert this value to exact type bytes.", "", |_, args| {
        Ok(Value::bytes(data(&args[0])))
    });

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn capitalize(bytes: &[u8]) -> Vec<u8> {
    let mut made = bytes.to_ascii_lowercase();
    if let Some(first) = made.first_mut() {
        first.make_ascii_uppercase();
    }
    made
}

fn title(bytes: &[u8]) -> Vec<u8> {
    let mut inside = false;
    let each = bytes.iter().map(|byte| {
        let made = if inside { byte.to_ascii_lowercase() } else { byte.to_ascii_uppercase() };
        inside = byte.is_ascii_alphabetic();
        made
    });
    each.collect()
}

fn swap_case(bytes: &[u8]) -> Vec<u8> {
    let swap = |byte: &u8| match byte.is_ascii_uppercase() {
        true => byte.to_ascii_lowercase(),
        false => byte.to_ascii_uppercase(),
    };
    bytes.iter().map(swap).collect()
}

/// What is looked for: bytes, or the number of one byte.
fn wanted(host: &mut dyn Host, value: &Value) -> R<Vec<u8>> {
    if let Some(bytes) = slice_of(value) {
        return Ok(bytes);
    }
    if is_int(value) {
        return match int_arg(host, value).ok().and_then(|number| u8::try_from(number).ok()) {
            Some(byte) => Ok(vec![byte]),
            None => Err(errors::value_error("byte must be in range(0, 256)")),
        };
    }
    let name = errors::type_name(host, value);
    Err(errors::type_error(format!("argument should be integer or bytes-like object, not '{name}'")))
}

/// The bounds of a search; None where nothing, not even nothing itself, can be found.
fn window(host: &mut dyn Host, len: usize, start: &Value, end: &Value) -> R<Option<(usize, usize)>> {
    let len = len as i64;
    let mut bound = |value: &Value, default: i64| -> R<i64> {
        if value.is_unset() {
            return Ok(default);
        }
        let at = slice_bound(host, value)?.unwrap_or(default);
        Ok(if at < 0 { at.saturating_add(len).max(0) } else { at })
    };
    let start = bound(start, 0)?;
    let end = bound(end, len)?.min(len);
    Ok((start <= end).then_some((start as usize, end as usize)))
}

fn place(host: &mut dyn Host, args: &[Value], last: bool) -> R<Option<usize>> {
    let bytes = data(&args[0]);
    let range = window(host, bytes.len(), &args[2], &args[3])?;
    let wanted = wanted(host, &args[1])?;
    let Some((start, end)) = range else { return Ok(None) };
    let part = &bytes[start..end];
    let found = if last { find_last(part, &wanted) } else { find_in(part, &wanted) };
    Ok(found.map(|at| start + at))
}

fn find_last(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    if wanted.is_empty() {
        return Some(bytes.len());
    }
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}

fn or_minus_one(found: Option<usize>) -> Value {
    found.map_or(Value::Int(-1), Value::from)
}

/// `ValueError: subsection not found`
fn not_found() -> crate::python::value::Raised {
    errors::value_error("subsection not found")
}

fn count(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let bytes = data(&args[0]);
    let range = window(host, bytes.len(), &args[2], &args[3])?;
    let wanted = wanted(host, &args[1])?;
    let Some((start, end)) = range else { return Ok(Value::Int(0)) };
    let mut part = &bytes[start..end];
    if wanted.is_empty() {
        return Ok(Value::from(part.len() + 1));
    }
    let mut count = 0usize;
    while let Some(at) = find_in(part, &wanted) {
        count += 1;
        part = &part[at + wanted.len()..];
    }
    Ok(Value::from(count))
}

fn affix(host: &mut dyn Host, args: &[Value], name: &str, test: fn(&[u8], &[u8]) -> bool) -> R<Value> {
    let bytes = data(&args[0]);
    let range = window(host, bytes.len(), &args[2], &args[3])?;
    let part = range.map(|(start, end)| &bytes[start..end]);
    if let Value::Tuple(choices) = super::convert::base(&args[1]) {
        for choice in choices.as_slice() {
            let wanted = bytes_arg(host, choice)?;
            if part.is_some_and(|part| test(part, &wanted)) {
                return Ok(Value::Bool(true));
            }
        }
        return Ok(Value::Bool(false));
    }
    let Some(wanted) = slice_of(&args[1]) else {
        let given = errors::type_name(host, &args[1]);
        let text = format!("{name} first arg must be bytes or a tuple of bytes, not {given}");
        return Err(errors::type_error(text));
    };
    Ok(Value::Bool(part.is_some_and(|part| test(part, &wanted))))
}

fn strip(host: &mut dyn Host, args: &[Value], left: bool, right: bool) -> R<Value> {
    let set = if args[1].is_none() { b" \t\n\r\x0b\x0c".to_vec() } else { bytes_arg(host, &args[1])? };
    let bytes = data(&args[0]);
    let mut kept = &bytes[..];
    while let [first, rest @ ..] = kept
        && left
        && set.contains(first)
    {
        kept = rest;
    }
    while let [rest @ .., last] = kept
        && right
        && set.contains(last)
    {
        kept = rest;
    }
    Ok(like(&args[0], kept.to_vec()))
}

fn split(host: &mut dyn Host, args: &[Value], from_end: bool) -> R<Value> {
    let most = int_or(host, &args[2], -1)?;
    let most = if most < 0 { usize::MAX } else { most as usize };
    let mut bytes = data(&args[0]);
    let mut parts: Vec<Vec<u8>> = Vec::new();
    if from_end {
        bytes.reverse();
    }
    if args[1].is_none() {
        let skip = |rest: &[u8]| rest.iter().position(|byte| !is_blank(byte)).unwrap_or(rest.len());
        let mut rest = &bytes[skip(&bytes)..];
        while !rest.is_empty() {
            if parts.len() == most {
                let end = rest.iter().rposition(|byte| !is_blank(byte)).map_or(0, |at| at + 1);
                parts.push(rest[..end].to_vec());
                break;
            }
            let end = rest.iter().position(is_blank).unwrap_or(rest.len());
            parts.push(rest[..end].to_vec());
            rest = &rest[end..];
            rest = &rest[skip(rest)..];
        }
    } else {
        let mut separator = bytes_arg(host, &args[1])?;
        if separator.is_empty() {
            return Err(errors::value_error("empty separator"));
        }
        if from_end {
            separator.reverse();
        }
        let mut rest = &bytes[..];
        while parts.len() < most
            && let Some(at) = find_in(rest, &separator)
        {
            parts.push(rest[..at].to_vec());
            rest = &rest[at + separator.len()..];
        }
        parts.push(rest.to_vec());
    }
    if from_end {
        parts.reverse();
        parts.iter_mut().for_each(|part| part.reverse());
    }
    Ok(Value::list(parts.into_iter().map(|part| like(&args[0], part)).collect()))
}

fn lines(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let keep = int_arg(host, &args[1])? != 0;
    let bytes = data(&args[0]);
    let mut rest = &bytes[..];
    let mut made = Vec::new();
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let mark = match &rest[end..] {
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => 1,
        };
        made.push(like(&args[0], rest[..if keep { end + mark } else { end }].to_vec()));
        rest = &rest[end + mark..];
    }
    Ok(Value::list(made))
}

fn partition(host: &mut dyn Host, args: &[Value], last: bool) -> R<Value> {
    let separator = bytes_arg(host, &args[1])?;
    if separator.is_empty() {
        return Err(errors::value_error("empty separator"));
    }
    let bytes = data(&args[0]);
    let found = if last { find_last(&bytes, &separator) } else { find_in(&bytes, &separator) };
    let parts = match found {
        Some(at) => [bytes[..at].to_vec(), separator.clone(), bytes[at + separator.len()..].to_vec()],
        None if last => [Vec::new(), Vec::new(), bytes],
        None => [bytes, Vec::new(), Vec::new()],
    };
    Ok(Value::tuple(parts.into_iter().map(|part| like(&args[0], part)).collect()))
}

fn replace(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let (old, new) = (bytes_arg(host, &args[1])?, bytes_arg(host, &args[2])?);
    let most = int_or(host, &args[3], -1)?;
    let mut left = if most < 0 { usize::MAX } else { most as usize };
    let bytes = data(&args[0]);
    let mut rest = &bytes[..];
    let mut made = Vec::new();
    while left > 0
        && let Some(at) = find_in(rest, &old)
    {
        left -= 1;
        made.extend_from_slice(&rest[..at]);
        made.extend_from_slice(&new);
        rest = &rest[at + old.len()..];
        if made.len() > super::convert::MOST_BYTES {
            return Err(errors::memory());
        }
        if old.is_empty() {
            let Some((first, others)) = rest.split_first() else { break };
            made.push(*first);
            rest = others;
            if rest.is_empty() && left > 0 {
                made.extend_from_slice(&new);
                left = 0;
            }
        }
    }
    made.extend_from_slice(rest);
    Ok(like(&args[0], made))
}

/// `center`, `ljust`, `rjust`: `before` says how much of the padding stands on the left.
fn pad(host: &mut dyn Host, args: &[Value], name: &str, before: fn(usize, usize) -> usize) -> R<Value> {
    let width = int_arg(host, &args[1])?.max(0) as usize;
    let fill = match slice_of(&args[2]).as_deref() {
        None if args[2].is_unset() => b' ',
        Some([fill]) => *fill,
        _ => {
            let given = errors::type_name(host, &args[2]);
            let text = format!("{name}() argument 2 must be a byte string of length 1, not {given}");
            return Err(errors::type_error(text));
        }
    };
    let bytes = data(&args[0]);
    let more = width.saturating_sub(bytes.len());
    if more > super::convert::MOST_BYTES {
        return Err(errors::memory());
    }
    let left = before(more, width);
    let made = [vec![fill; left], bytes, vec![fill; more - left]].concat();
    Ok(like(&args[0], made))
}

fn zfill(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let width = int_arg(host, &args[1])?.max(0) as usize;
    let mut bytes = data(&args[0]);
    let more = width.saturating_sub(bytes.len());
    if more > super::convert::MOST_BYTES {
        return Err(errors::memory());
    }
    let at = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    bytes.splice(at..at, std::iter::repeat_n(b'0', more));
    Ok(like(&args[0], bytes))
}

fn expand_tabs(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let size = int_arg(host, &args[1])?.max(0) as usize;
    let mut made = Vec::new();
    let mut column = 0;
    for byte in data(&args[0]) {
        match byte {
            b'\t' => {
                let more = if size == 0 { 0 } else { size - column % size };
                made.extend(std::iter::repeat_n(b' ', more));
                column += more;
            }
            byte => {
                made.push(byte);
                column = if matches!(byte, b'\n' | b'\r') { 0 } else { column + 1 };
            }
        }
    }
    Ok(like(&args[0], made))
}

fn translate(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let table = if args[1].is_none() { None } else { Some(bytes_arg(host, &args[1])?) };
    if table.as_ref().is_some_and(|table| table.len() != 256) {
        return Err(errors::value_error("translation table must be 256 characters long"));
    }
    let gone = if args[2].is_unset() { Vec::new() } else { bytes_arg(host, &args[2])? };
    let kept = data(&args[0]).into_iter().filter(|byte| !gone.contains(byte));
    let made = kept.map(|byte| table.as_ref().map_or(byte, |table| table[usize::from(byte)])).collect();
    Ok(like(&args[0], made))
}

fn join(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    if !super::iterable::is_iterable(host, &args[1])? {
        return Err(errors::type_error("can only join an iterable"));
    }
    let separator = data(&args[0]);
    let mut joined = Vec::new();
    for (at, item) in host.collect(&args[1])?.iter().enumerate() {
        let Some(part) = slice_of(item) else {
            let name = errors::type_name(host, item);
            let text = format!("sequence item {at}: expected a bytes-like object, {name} found");
            return Err(errors::type_error(text));
        };
        if at > 0 {
            joined.extend_from_slice(&separator);
        }
        joined.extend(part);
    }
    Ok(like(&args[0], joined))
}

fn hex(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let bytes = data(&args[0]);
    let separator = match &args[1] {
        Value::Unset => Str::new(""),
        value => {
            if host.len(value)? != 1 {
                return Err(errors::value_error("sep must be length 1."));
            }
            match slice_of(value) {
                Some(bytes) => text::decode(&bytes, "latin-1", "strict")?.into(),
                None if value.as_str().is_some() => host.str(value)?,
                None => return Err(errors::type_error("sep must be str or bytes.")),
            }
        }
    };
    if !separator.is_ascii() {
        return Err(errors::value_error("sep must be ASCII."));
    }
    let every = int_or(host, &args[2], 1)?;
    let mut shown = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        let edge = if every >= 0 { (bytes.len() - at) as i64 } else { at as i64 };
        if at > 0 && every != 0 && edge % every.abs() == 0 {
            shown.push_str(&separator);
        }
        shown.push_str(&format!("{byte:02x}"));
    }
    Ok(Value::from(shown))
}
