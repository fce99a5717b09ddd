//! The methods of `bytes` and `bytearray`, as rows.
//!
//! Owns the tables. Must not know how the kinds are made, nor the longer of the methods (`bytes_text`).

use super::bytes::{byte_arg, bytes_arg, change, data, from_source, like};
use super::bytes_text::{
    affix, capitalize, count, expand_tabs, hex, is_blank, join, lines, not_found, or_minus_one, pad,
    partition, place, replace, split, strip, swap_case, title, translate, zfill,
};
use super::convert::int_arg;
use super::{errors, text};
use crate::python::value::param::{opt, pos, pos_opt};
use crate::python::value::{CallArgs, Param, ParamDefault, Row, Value};

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
