//! `str`: its slots and where its methods stand.
//!
//! Owns the kind, indexing, comparison and repr of text. Must not know format specs (`format`).

mod case;
mod chars;
mod codec;
mod methods;
mod search;
mod split;

pub use chars::{is_printable, is_space};
pub use codec::{decode, encode};
pub use split::split_lines;

use super::convert::{MOST_BYTES, base, item_index, of_class, repeat_count, span};
use super::int::holds;
use super::{errors, format};
use crate::python::value::param::opt;
use crate::python::value::{
    BinaryOp, CallArgs, Class, CompareOp, Gc, Host, NativeIter, NativeType, ParamDefault, R, Slots, Str,
    Value, bind,
};

pub static STR: NativeType = NativeType {
    doc: "str(object='') -> str\nstr(bytes_or_buffer[, encoding[, errors]]) -> str",
    methods: methods::METHODS,
    slots: Slots {
        new: Some(new),
        repr: Some(|_, this| Ok(quote(text(this)).into())),
        str: Some(|_, this| Ok(text(this).clone())),
        format: Some(format_slot),
        hash: Some(|_, this| Ok(text(this).hash())),
        truth: Some(|_, this| Ok(!text(this).is_empty())),
        compare: Some(compare),
        binary: Some(binary),
        len: Some(|_, this| Ok(text(this).chars_len())),
        get_item: Some(get_item),
        contains: Some(contains),
        iter: Some(|_, this| Ok(Value::iter(Chars { text: text(this).clone(), at: 0 }))),
        ..Slots::NONE
    },
    ..NativeType::plain("str", "builtins")
};

/// The text of a receiver, which is a string or an instance of a subclass.
pub(super) fn text(value: &Value) -> &Str {
    match base(value) {
        Value::Str(text) => text,
        _ => unreachable!("methods of str are bound to strings only"),
    }
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound = bind(
        "str",
        const {
            &[
                opt("object", ParamDefault::Omitted("''")),
                opt("encoding", ParamDefault::Omitted("'utf-8'")),
                opt("errors", ParamDefault::Omitted("'strict'")),
            ]
        },
        args,
    )?;
    for (value, which) in bound[1..].iter().zip(["encoding", "errors"]) {
        if !value.is_unset() {
            super::convert::text_arg(host, value, &format!("str() argument '{which}'"))?;
        }
    }
    let made = if !bound[1].is_unset() || !bound[2].is_unset() {
        let Some(bytes) = super::bytes::slice_of(&bound[0]) else {
            if matches!(base(&bound[0]), Value::Str(_)) {
                return Err(errors::type_error("decoding str is not supported"));
            }
            let name = errors::type_name(host, &bound[0]);
            return Err(errors::type_error(format!(
                "decoding to str: need a bytes-like object, {name} found"
            )));
        };
        let encoding = if bound[1].is_unset() { "utf-8".into() } else { host.str(&bound[1])? };
        let handler = if bound[2].is_unset() { "strict".into() } else { host.str(&bound[2])? };
        Str::from(decode(&bytes, &encoding, &handler)?)
    } else if bound[0].is_unset() {
        Str::new("")
    } else {
        host.str(&bound[0])?
    };
    Ok(of_class(class, &STR, Value::Str(made)))
}

fn format_slot(_host: &mut dyn Host, this: &Value, spec: &str) -> R<Str> {
    if spec.is_empty() {
        return Ok(text(this).clone());
    }
    format::str_format(text(this), spec, "str")
}

fn compare(_host: &mut dyn Host, op: CompareOp, this: &Value, other: &Value) -> R<Value> {
    match base(other) {
        Value::Str(other) => Ok(Value::Bool(holds(op, text(this).cmp(other)))),
        _ => Ok(Value::NotImplemented),
    }
}

fn binary(host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    match op {
        BinaryOp::Add if !reflected => match base(other) {
            Value::Str(other) => {
                if text(this).len() + other.len() > MOST_BYTES {
                    return Err(errors::memory());
                }
                Ok(Value::Str(Str::concat(text(this), other)))
            }
            _ => {
                let reflects = matches!(other, Value::Instance(_))
                    && host.find_attr(other, &crate::python::value::intern("__radd__"))?.is_some();
                if reflects {
                    return Ok(Value::NotImplemented);
                }
                let name = errors::type_name(host, other);
                Err(errors::type_error(format!("can only concatenate str (not \"{name}\") to str")))
            }
        },
        BinaryOp::Mul => repeat(host, this, other),
        BinaryOp::Mod if !reflected => format::percent(host, text(this), other).map(Value::Str),
        _ => Ok(Value::NotImplemented),
    }
}

fn repeat(host: &mut dyn Host, this: &Value, other: &Value) -> R<Value> {
    let reflects = matches!(other, Value::Instance(_))
        && !super::convert::is_int(other)
        && host.find_attr(other, &crate::python::value::intern("__rmul__"))?.is_some();
    if reflects {
        return Ok(Value::NotImplemented);
    }
    let text = text(this);
    if !super::convert::is_int(other) && super::convert::index(host, other).is_err() {
        let name = errors::type_name(host, other);
        return Err(errors::type_error(format!("can't multiply sequence by non-int of type '{name}'")));
    }
    let count = repeat_count(host, other, text.len(), MOST_BYTES)?;
    Ok(Value::from(text.repeat(count)))
}

fn get_item(host: &mut dyn Host, this: &Value, key: &Value) -> R<Value> {
    let text = text(this);
    if let Value::Slice(slice) = key {
        let span = span(host, slice, text.chars_len())?;
        return Ok(Value::Str(cut(text, span)));
    }
    let at = match base(key) {
        Value::Int(_) | Value::Bool(_) => item_index(host, key, text.chars_len(), "string")?,
        _ => match item_index(host, key, text.chars_len(), "string") {
            Err(raised) if raised.is_a(&crate::diag::builtin::TYPE_ERROR) => {
                let name = errors::type_name(host, key);
                return Err(errors::type_error(format!("string indices must be integers, not '{name}'")));
            }
            other => other?,
        },
    };
    let Some(at) = at else { return Err(errors::index_error("string index out of range")) };
    if text.is_ascii() {
        return Ok(Value::Str(text.part(at..at + 1)));
    }
    let c = text.chars().nth(at).unwrap_or_default();
    Ok(Value::str(c.encode_utf8(&mut [0; 4])))
}

fn cut(text: &Str, span: super::convert::Span) -> Str {
    if span.count == 0 {
        return Str::new("");
    }
    if span.step == 1 {
        let start = text.byte_offset(span.start as usize);
        let end = if text.is_ascii() {
            start + span.count
        } else {
            text[start..].char_indices().nth(span.count).map_or(text.len(), |(at, _)| start + at)
        };
        return text.part(start..end);
    }
    let chars: Vec<char> = text.chars().collect();
    span.places().map(|at| chars[at]).collect::<String>().into()
}

fn contains(host: &mut dyn Host, this: &Value, item: &Value) -> R<bool> {
    match base(item) {
        Value::Str(item) => Ok(search::finds(text(this), item)),
        _ => {
            let name = errors::type_name(host, item);
            Err(errors::type_error(format!("'in <string>' requires string as left operand, not {name}")))
        }
    }
}

struct Chars {
    text: Str,
    at: usize,
}

impl NativeIter for Chars {
    fn next(&mut self, _host: &mut dyn Host) -> R<Option<Value>> {
        let Some(c) = self.text[self.at..].chars().next() else { return Ok(None) };
        self.at += c.len_utf8();
        Ok(Some(Value::str(&self.text[self.at - c.len_utf8()..self.at])))
    }
    fn remaining(&self) -> Option<usize> {
        Some(self.text[self.at..].chars().count())
    }
    fn type_name(&self) -> &'static str {
        if self.text.is_ascii() { "str_ascii_iterator" } else { "str_iterator" }
    }
}

/// `repr(str)`.
pub fn quote(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quote);
    for c in text.chars() {
        match c {
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c == quote => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if is_printable(c) => quoted.push(c),
            c => quoted.push_str(&escape(c)),
        }
    }
    quoted.push(quote);
    quoted
}

fn escape(c: char) -> String {
    match c as u32 {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

/// `ascii(object)` from its repr.
pub fn ascii(repr: &str) -> String {
    let mut text = String::with_capacity(repr.len());
    for c in repr.chars() {
        if c.is_ascii() { text.push(c) } else { text.push_str(&escape(c)) }
    }
    text
}
