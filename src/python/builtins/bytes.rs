//! `bytes` and `bytearray`.
//!
//! Owns both kinds: slots, shared methods, repr. Must not know encodings (`text::codec`).

use std::cell::RefCell;

use super::convert::{MOST_BYTES, base, int_arg, int_or, item_index, of_class, repeat_count, span};
use super::int::holds;
use super::{errors, text};
use crate::python::value::param::{opt, pos, pos_opt};
use crate::python::value::{
    BinaryOp, CallArgs, Class, CompareOp, Gc, Host, Instance, Native, NativeType, Param, ParamDefault, R,
    Row, Slots, Str, Value, bind, hash_bytes, intern,
};

const SLOTS: Slots = Slots {
    repr: Some(repr),
    truth: Some(|_, this| Ok(!data(this).is_empty())),
    compare: Some(|_, op: CompareOp, this, other| {
        Ok(slice_of(other)
            .map_or(Value::NotImplemented, |other| Value::Bool(holds(op, data(this).cmp(&other)))))
    }),
    binary: Some(binary),
    len: Some(|_, this| Ok(data(this).len())),
    get_item: Some(get_item),
    contains: Some(contains),
    iter: Some(|_, this| {
        let items: Vec<Value> = data(this).iter().map(|&byte| Value::Int(i64::from(byte))).collect();
        Ok(Value::iter(super::iterable::Items { items: items.into_iter(), name: "bytes_iterator" }))
    }),
    ..Slots::NONE
};

pub static BYTES: NativeType = NativeType {
    doc: "bytes(iterable_of_ints) -> bytes",
    methods: METHODS,
    slots: Slots { new: Some(new), hash: Some(|_, this| Ok(hash_bytes(&data(this)))), ..SLOTS },
    ..NativeType::plain("bytes", "builtins")
};

pub static BYTEARRAY: NativeType = NativeType {
    doc: "bytearray(iterable_of_ints) -> bytearray",
    methods: MUTABLE,
    slots: Slots {
        new: Some(new_array),
        hash: Some(|host, this| Err(errors::unhashable(host, this))),
        set_item: Some(set_item),
        ..SLOTS
    },
    ..NativeType::plain("bytearray", "builtins")
};

struct ByteArray(RefCell<Vec<u8>>);
impl Native for ByteArray {}

/// The bytes of a bytes-like value.
pub fn slice_of(value: &Value) -> Option<Vec<u8>> {
    match base(value) {
        Value::Bytes(bytes) => Some(bytes.as_slice().to_vec()),
        other => other.payload::<ByteArray>().map(|array| array.0.borrow().clone()),
    }
}

fn data(value: &Value) -> Vec<u8> {
    slice_of(value).unwrap_or_default()
}

/// An item of bytes.
pub fn byte_arg(host: &mut dyn Host, value: &Value) -> R<u8> {
    let number = int_arg(host, value)?;
    u8::try_from(number).map_err(|_| errors::value_error("bytes must be in range(0, 256)"))
}

/// A value like the receiver, with other bytes.
fn like(this: &Value, bytes: Vec<u8>) -> Value {
    match base(this) {
        Value::Bytes(_) => Value::bytes(bytes),
        _ => Value::native(&BYTEARRAY, ByteArray(RefCell::new(bytes))),
    }
}

const NEW: &[Param] = &[
    opt("source", ParamDefault::Omitted("b''")),
    opt("encoding", ParamDefault::Omitted("'utf-8'")),
    opt("errors", ParamDefault::Omitted("'strict'")),
];

fn from_source(host: &mut dyn Host, name: &str, args: CallArgs<'_>) -> R<Vec<u8>> {
    let bound = bind(name, NEW, args)?;
    if bound[0].is_unset() {
        return Ok(Vec::new());
    }
    if let Value::Str(source) = base(&bound[0]) {
        if bound[1].is_unset() {
            return Err(errors::type_error("string argument without an encoding"));
        }
        let encoding = host.str(&bound[1])?;
        let handler = if bound[2].is_unset() { Str::new("strict") } else { host.str(&bound[2])? };
        return text::encode(source, &encoding, &handler);
    }
    if let Some(bytes) = slice_of(&bound[0]) {
        return Ok(bytes);
    }
    if let Value::Instance(_) = &bound[0]
        && let Some(method) = host.find_attr(&bound[0], &intern("__bytes__"))?
    {
        let made = host.call_values(&method, &[])?;
        return slice_of(&made).ok_or_else(|| errors::type_error("__bytes__ returned non-bytes"));
    }
    if super::convert::is_int(&bound[0]) {
        let count = int_arg(host, &bound[0])?;
        if count < 0 {
            return Err(errors::value_error("negative count"));
        }
        if count as usize > MOST_BYTES {
            return Err(errors::memory());
        }
        return Ok(vec![0; count as usize]);
    }
    if !super::iterable::is_iterable(host, &bound[0])? {
        let given = errors::type_name(host, &bound[0]);
        return Err(errors::type_error(format!("cannot convert '{given}' object to {name}")));
    }
    let mut bytes = Vec::new();
    for item in host.collect(&bound[0])? {
        bytes.push(byte_arg(host, &item)?);
    }
    Ok(bytes)
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bytes = from_source(host, "bytes", args)?;
    Ok(of_class(class, &BYTES, Value::bytes(bytes)))
}

fn new_array(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bytes = from_source(host, "bytearray", args)?;
    Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(ByteArray(RefCell::new(bytes))))))
}

/// `repr(bytes)`.
pub fn quote(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut quoted = format!("b{quote}");
    for &byte in bytes {
        match byte {
            b'\\' => quoted.push_str("\\\\"),
            b'\n' => quoted.push_str("\\n"),
            b'\r' => quoted.push_str("\\r"),
            b'\t' => quoted.push_str("\\t"),
            byte if byte as char == quote => {
                quoted.push('\\');
                quoted.push(quote);
            }
            b' '..=b'~' => quoted.push(byte as char),
            byte => quoted.push_str(&format!("\\x{byte:02x}")),
        }
    }
    quoted.push(quote);
    quoted
}

fn repr(_host: &mut dyn Host, this: &Value) -> R<Str> {
    let quoted = quote(&data(this));
    Ok(match base(this) {
        Value::Bytes(_) => quoted.into(),
        _ => format!("bytearray({quoted})").into(),
    })
}

fn binary(host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    match op {
        BinaryOp::Add if !reflected => match slice_of(other) {
            Some(other) => Ok(like(this, [data(this), other].concat())),
            None => {
                let (given, name) = (errors::type_name(host, other), errors::type_name(host, this));
                Err(errors::type_error(format!("can't concat {given} to {name}")))
            }
        },
        BinaryOp::Mul => {
            let bytes = data(this);
            let count = repeat_count(host, other, bytes.len(), MOST_BYTES)?;
            Ok(like(this, bytes.repeat(count)))
        }
        BinaryOp::Mod if !reflected => {
            let template = text::decode(&data(this), "latin-1", "strict")?;
            let made = super::format::percent(host, &template, other)?;
            Ok(like(this, text::encode(&made, "latin-1", "strict")?))
        }
        _ => Ok(Value::NotImplemented),
    }
}

fn get_item(host: &mut dyn Host, this: &Value, key: &Value) -> R<Value> {
    let bytes = data(this);
    if let Value::Slice(slice) = key {
        let span = span(host, slice, bytes.len())?;
        return Ok(like(this, span.places().map(|at| bytes[at]).collect()));
    }
    let kind = if matches!(base(this), Value::Bytes(_)) { "byte" } else { "bytearray" };
    match item_index(host, key, bytes.len(), kind)? {
        Some(at) => Ok(Value::Int(i64::from(bytes[at]))),
        None => Err(errors::index_error(if kind == "byte" {
            "index out of range"
        } else {
            "bytearray index out of range"
        })),
    }
}

fn set_item(host: &mut dyn Host, this: &Value, key: &Value, value: Value) -> R<()> {
    let Some(array) = this.payload::<ByteArray>() else { return Ok(()) };
    let len = array.0.borrow().len();
    if let Value::Slice(slice) = key {
        let span = span(host, slice, len)?;
        let items = slice_of(&value).ok_or_else(|| {
            errors::type_error("can assign only bytes, buffers, or iterables of ints in range(0, 256)")
        })?;
        let start = span.start as usize;
        array.0.borrow_mut().splice(start..start + span.count, items);
        return Ok(());
    }
    let byte = byte_arg(host, &value)?;
    match item_index(host, key, len, "bytearray")? {
        Some(at) => array.0.borrow_mut()[at] = byte,
        None => return Err(errors::index_error("bytearray index out of range")),
    }
    Ok(())
}

fn find_in(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    if wanted.is_empty() {
        return Some(0);
    }
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn contains(host: &mut dyn Host, this: &Value, item: &Value) -> R<bool> {
    let bytes = data(this);
    if let Some(wanted) = slice_of(item) {
        return Ok(find_in(&bytes, &wanted).is_some());
    }
    if !super::convert::is_int(item) {
        let name = errors::type_name(host, item);
        return Err(errors::type_error(format!("a bytes-like object is required, not '{name}'")));
    }
    let byte = int_arg(host, item)?;
    match u8::try_from(byte) {
        Ok(byte) => Ok(bytes.contains(&byte)),
        Err(_) => Err(errors::value_error("byte must be in range(0, 256)")),
    }
}

fn bytes_arg(host: &mut dyn Host, value: &Value) -> R<Vec<u8>> {
    match slice_of(value) {
        Some(bytes) => Ok(bytes),
        None => {
            let name = errors::type_name(host, value);
            Err(errors::type_error(format!("a bytes-like object is required, not '{name}'")))
        }
    }
}

/// Methods that mean the same for text run on it, each byte as one character, and come back.
fn as_text(host: &mut dyn Host, args: &[Value], name: &str) -> R<Value> {
    let this = Value::from(text::decode(&data(&args[0]), "latin-1", "strict")?);
    let mut given = Vec::new();
    for arg in &args[1..] {
        given.push(match slice_of(arg) {
            Some(bytes) => Value::from(text::decode(&bytes, "latin-1", "strict")?),
            None => match arg {
                Value::Unset => continue,
                Value::Str(_) => {
                    return Err(errors::type_error("a bytes-like object is required, not 'str'"));
                }
                other => other.clone(),
            },
        });
    }
    let answer = host.call_method(&this, name, &given)?;
    back(&args[0], answer)
}

fn back(this: &Value, answer: Value) -> R<Value> {
    Ok(match answer {
        Value::Str(text) => like(this, text::encode(&text, "latin-1", "strict")?),
        Value::List(items) => {
            let items = items.to_vec().into_iter().map(|item| back(this, item)).collect::<R<Vec<_>>>()?;
            Value::list(items)
        }
        Value::Tuple(items) => {
            let items =
                items.as_slice().iter().map(|item| back(this, item.clone())).collect::<R<Vec<_>>>()?;
            Value::tuple(items)
        }
        other => other,
    })
}

const RANGE: &[Param] =
    &[pos("sub"), pos_opt("start", ParamDefault::Omitted("0")), pos_opt("end", ParamDefault::Omitted("len"))];
const FILL: &[Param] = &[pos("width"), pos_opt("fillchar", ParamDefault::Omitted("b' '"))];
const SPLIT: &[Param] = &[opt("sep", ParamDefault::None), opt("maxsplit", ParamDefault::Int(-1))];
const CHARS: &[Param] = &[pos_opt("chars", ParamDefault::None)];

const METHODS: &[Row] = &[
    DECODE, HEX, FROM_HEX, JOIN, FIND, INDEX, COUNT, STARTS, ENDS, REPLACE, SPLIT_ROW, RSPLIT, LINES,
    PARTITION, RPARTITION, STRIP, LSTRIP, RSTRIP, UPPER, LOWER, TITLE, CAPITALIZE, SWAPCASE, IS_DIGIT,
    IS_ALPHA, IS_ALNUM, IS_SPACE, IS_UPPER, IS_LOWER, IS_ASCII, CENTER, LJUST, RJUST, ZFILL, PREFIX, SUFFIX,
    BYTES_ROW,
];

const MUTABLE: &[Row] = &[
    DECODE,
    HEX,
    FROM_HEX,
    JOIN,
    FIND,
    INDEX,
    COUNT,
    STARTS,
    ENDS,
    REPLACE,
    SPLIT_ROW,
    RSPLIT,
    LINES,
    PARTITION,
    RPARTITION,
    STRIP,
    LSTRIP,
    RSTRIP,
    UPPER,
    LOWER,
    TITLE,
    CAPITALIZE,
    SWAPCASE,
    IS_DIGIT,
    IS_ALPHA,
    IS_ALNUM,
    IS_SPACE,
    IS_UPPER,
    IS_LOWER,
    IS_ASCII,
    CENTER,
    LJUST,
    RJUST,
    ZFILL,
    PREFIX,
    SUFFIX,
    BYTES_ROW,
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

fn change(this: &Value, f: impl FnOnce(&mut Vec<u8>)) -> R<Value> {
    if let Some(array) = this.payload::<ByteArray>() {
        f(&mut array.0.borrow_mut());
    }
    Ok(Value::None)
}

const DECODE: Row = Row::method(
    "decode",
    &[opt("encoding", ParamDefault::Str("utf-8")), opt("errors", ParamDefault::Str("strict"))],
    "Decode the bytes using the codec registered for encoding.",
    "b'a'.decode()",
    |host, args| {
        let (encoding, handler) = (host.str(&args[1])?, host.str(&args[2])?);
        text::decode(&data(&args[0]), &encoding, &handler).map(Value::from)
    },
);
const HEX: Row = Row::method(
    "hex",
    &[pos_opt("sep", ParamDefault::Omitted("")), pos_opt("bytes_per_sep", ParamDefault::Int(1))],
    "Create a string of hexadecimal numbers.",
    "b'ab'.hex()",
    |host, args| {
        let bytes = data(&args[0]);
        let separator = if args[1].is_unset() { Str::new("") } else { host.str(&args[1])? };
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
const JOIN: Row = Row::method(
    "join",
    &[pos("iterable")],
    "Concatenate any number of bytes objects.",
    "b','.join([b'a', b'b'])",
    |host, args| {
        let separator = data(&args[0]);
        let mut joined = Vec::new();
        for (at, item) in host.collect(&args[1])?.iter().enumerate() {
            let Some(part) = slice_of(item) else {
                let name = errors::type_name(host, item);
                return Err(errors::type_error(format!(
                    "sequence item {at}: expected a bytes-like object, {name} found"
                )));
            };
            if at > 0 {
                joined.extend_from_slice(&separator);
            }
            joined.extend(part);
        }
        Ok(like(&args[0], joined))
    },
);

macro_rules! by_text {
    ($($constant:ident $name:literal $params:expr;)*) => {
        $(const $constant: Row = Row::method($name, $params, concat!("As str.", $name, ", on bytes."), "", |host, args| as_text(host, args, $name));)*
    };
}

by_text! {
    FIND "find" RANGE; COUNT "count" RANGE; STARTS "startswith" RANGE; ENDS "endswith" RANGE;
    REPLACE "replace" &[pos("old"), pos("new"), pos_opt("count", ParamDefault::Int(-1))];
    SPLIT_ROW "split" SPLIT; RSPLIT "rsplit" SPLIT; LINES "splitlines" &[opt("keepends", ParamDefault::Bool(false))];
    PARTITION "partition" &[pos("sep")]; RPARTITION "rpartition" &[pos("sep")];
    STRIP "strip" CHARS; LSTRIP "lstrip" CHARS; RSTRIP "rstrip" CHARS;
    UPPER "upper" &[]; LOWER "lower" &[]; TITLE "title" &[]; CAPITALIZE "capitalize" &[]; SWAPCASE "swapcase" &[];
    IS_DIGIT "isdigit" &[]; IS_ALPHA "isalpha" &[]; IS_ALNUM "isalnum" &[]; IS_SPACE "isspace" &[];
    IS_UPPER "isupper" &[]; IS_LOWER "islower" &[]; IS_ASCII "isascii" &[];
    CENTER "center" FILL; LJUST "ljust" FILL; RJUST "rjust" FILL; ZFILL "zfill" &[pos("width")];
    PREFIX "removeprefix" &[pos("prefix")]; SUFFIX "removesuffix" &[pos("suffix")];
}

const INDEX: Row = Row::method(
    "index",
    RANGE,
    "Return the lowest index where the subsection is found.",
    "b'ab'.index(b'b')",
    |host, args| match as_text(host, args, "find")? {
        Value::Int(-1) => Err(errors::value_error("subsection not found")),
        found => Ok(found),
    },
);
const BYTES_ROW: Row =
    Row::method("__bytes__", &[], "Convert this value to exact type bytes.", "", |_, args| {
        Ok(Value::bytes(data(&args[0])))
    });
