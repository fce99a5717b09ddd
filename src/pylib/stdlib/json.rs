//! `json`: writing and reading, the fast part.
//!
//! Owns the encoder and the decoder; the classes and the file functions stand in `prelude/json.py`.
//! Must not know Flask's own JSON.

use num_bigint::BigInt;

use crate::diag::builtin::VALUE_ERROR;
use crate::diag::{Error, ExcClass, Extra};
use crate::python::builtins::convert::{base, is_int};
use crate::python::builtins::{errors, int, parse};
use crate::python::value::param::pos;
use crate::python::value::{Dict, Gc, Host, NativeModule, R, Raised, Row, Value};

pub static DECODE_ERROR: ExcClass = ExcClass::new("JSONDecodeError", "json.decoder", &VALUE_ERROR);

struct Writer {
    out: String,
    skip_keys: bool,
    ascii: bool,
    allow_nan: bool,
    /// What one level of indentation is, if any.
    indent: Option<String>,
    item_separator: String,
    key_separator: String,
    default: Value,
    sort_keys: bool,
    open: Vec<usize>,
    /// Levels of indentation; a default's object is open, but no level.
    level: usize,
}

const ENCODING: &str = " while encoding a JSON object";

impl Writer {
    fn line(&mut self) {
        if let Some(indent) = &self.indent {
            self.out.push('\n');
            for _ in 0..self.level {
                self.out.push_str(indent);
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                c if (c as u32) < 0x20 => self.out.push_str(&format!("\\u{:04x}", c as u32)),
                c if self.ascii && !c.is_ascii() => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        self.out.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }

    fn float(&self, number: f64) -> R<String> {
        if number.is_finite() {
            return Ok(parse::float_repr(number));
        }
        if !self.allow_nan {
            let shown = parse::float_repr(number);
            let _ = shown;
            return Err(errors::value_error("Out of range float values are not JSON compliant"));
        }
        Ok(if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .into())
    }

    fn enter(&mut self, object: &Value) -> R<()> {
        let id = base(object).id();
        if self.open.contains(&id) {
            return Err(errors::value_error("Circular reference detected"));
        }
        self.open.push(id);
        self.level += 1;
        Ok(())
    }

    fn leave(&mut self) {
        self.open.pop();
        self.level -= 1;
    }

    fn items(&mut self, host: &mut dyn Host, object: &Value, items: &[Value]) -> R<()> {
        if items.is_empty() {
            self.out.push_str("[]");
            return Ok(());
        }
        self.enter(object)?;
        self.out.push('[');
        for (at, item) in items.iter().enumerate() {
            host.check_interrupt()?;
            if at > 0 {
                let separator = self.item_separator.clone();
                self.out.push_str(&separator);
            }
            self.line();
            self.value(host, item)?;
        }
        self.leave();
        self.line();
        self.out.push(']');
        Ok(())
    }

    fn pairs(&mut self, host: &mut dyn Host, object: &Value, dict: &Gc<Dict>) -> R<()> {
        let mut pairs = dict.to_vec();
        if pairs.is_empty() {
            self.out.push_str("{}");
            return Ok(());
        }
        self.enter(object)?;
        self.out.push('{');
        if self.sort_keys {
            let items = pairs.into_iter().map(|(key, value)| Value::tuple(vec![key, value])).collect();
            let sorted = crate::python::builtins::sort::sort(host, items, &Value::None, false)
                .map_err(|(_, raised)| raised)?;
            pairs = Vec::new();
            for pair in sorted {
                if let Value::Tuple(pair) = &pair {
                    pairs.push((pair.as_slice()[0].clone(), pair.as_slice()[1].clone()));
                }
            }
        }
        let mut first = true;
        for (key, value) in pairs {
            host.check_interrupt()?;
            let name = match base(&key) {
                Value::Str(text) => text.to_string(),
                Value::None => "null".into(),
                Value::Bool(true) => "true".into(),
                Value::Bool(false) => "false".into(),
                Value::Float(number) => self.float(*number)?,
                other if is_int(other) => int::decimal(other)?,
                _ if self.skip_keys => continue,
                _ => {
                    let name = host.class_of(&key).name.borrow().clone();
                    return Err(errors::type_error(format!(
                        "keys must be str, int, float, bool or None, not {name}"
                    )));
                }
            };
            if !first {
                let separator = self.item_separator.clone();
                self.out.push_str(&separator);
            }
            first = false;
            self.line();
            self.text(&name);
            let separator = self.key_separator.clone();
            self.out.push_str(&separator);
            self.value(host, &value)?;
        }
        self.leave();
        self.line();
        self.out.push('}');
        Ok(())
    }

    fn value(&mut self, host: &mut dyn Host, value: &Value) -> R<()> {
        match base(value) {
            Value::None => self.out.push_str("null"),
            Value::Bool(true) => self.out.push_str("true"),
            Value::Bool(false) => self.out.push_str("false"),
            Value::Str(text) => self.text(&text.clone()),
            Value::Float(number) => {
                let text = self.float(*number)?;
                self.out.push_str(&text);
            }
            Value::Int(_) | Value::BigInt(_) => self.out.push_str(&int::decimal(value)?),
            Value::List(list) => {
                let items = list.to_vec();
                host.deeper(ENCODING, &mut |host| self.items(host, value, &items))?;
            }
            Value::Tuple(tuple) => {
                let items = tuple.clone();
                host.deeper(ENCODING, &mut |host| self.items(host, value, items.as_slice()))?;
            }
            Value::Dict(dict) => {
                let dict = dict.clone();
                host.deeper(ENCODING, &mut |host| self.pairs(host, value, &dict))?;
            }
            _ if self.default.is_none() => {
                let name = host.class_of(value).name.borrow().clone();
                return Err(errors::type_error(format!("Object of type {name} is not JSON serializable")));
            }
            _ => {
                self.enter(value)?;
                let default = self.default.clone();
                let stand_in = host.call_values(&default, std::slice::from_ref(value))?;
                self.level -= 1;
                host.deeper(ENCODING, &mut |host| self.value(host, &stand_in))?;
                self.open.pop();
            }
        }
        Ok(())
    }
}

fn encode(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let indent = match base(&args[4]) {
        Value::None => None,
        Value::Str(text) => Some(text.to_string()),
        other => Some(" ".repeat(crate::python::builtins::convert::int_arg(host, other)?.max(0) as usize)),
    };
    let mut writer = Writer {
        out: String::new(),
        skip_keys: host.truth(&args[1])?,
        ascii: host.truth(&args[2])?,
        allow_nan: host.truth(&args[3])?,
        indent,
        item_separator: host.str(&args[5])?.to_string(),
        key_separator: host.str(&args[6])?.to_string(),
        default: args[7].clone(),
        sort_keys: host.truth(&args[8])?,
        open: Vec::new(),
        level: 0,
    };
    writer.value(host, &args[0])?;
    Ok(Value::from(writer.out))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    object_hook: Value,
    pairs_hook: Value,
    parse_float: Value,
    parse_int: Value,
    depth: u32,
}

impl Reader<'_> {
    /// `json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)`
    fn error(&self, message: &str, at: usize) -> Raised {
        let before = &self.text[..at.min(self.text.len())];
        let position = before.chars().count();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Error::new(&DECODE_ERROR, format!("{message}: line {line} column {column} (char {position})"))
            .attribute("msg", Extra::Text(message.into()))
            .attribute("doc", Extra::Text(self.text.into()))
            .attribute("pos", Extra::Int(position as i64))
            .attribute("lineno", Extra::Int(line as i64))
            .attribute("colno", Extra::Int(column as i64))
            .into()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, host: &mut dyn Host) -> R<Value> {
        if self.depth > 990 {
            let what = if self.peek() == Some(b'{') { "object" } else { "array" };
            return Err(Raised::new(
                &crate::diag::builtin::RECURSION_ERROR,
                format!(
                    "maximum recursion depth exceeded while decoding a JSON {what} from a unicode string"
                ),
            ));
        }
        let rest = &self.text[self.at..];
        for (word, value) in [
            ("null", Value::None),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
            ("-Infinity", Value::Float(f64::NEG_INFINITY)),
        ] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        match self.peek() {
            Some(b'"') => self.string().map(Value::from),
            Some(b'[') => self.array(host),
            Some(b'{') => self.object(host),
            Some(b'-' | b'0'..=b'9') => self.number(host),
            _ => Err(self.error("Expecting value", self.at)),
        }
    }

    fn number(&mut self, host: &mut dyn Host) -> R<Value> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut end = start + usize::from(bytes[start] == b'-');
        let digits = |mut at: usize| {
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        end = match bytes.get(end) {
            Some(b'0') => end + 1,
            Some(b'1'..=b'9') => digits(end),
            _ => return Err(self.error("Expecting value", start)),
        };
        let mut is_float = false;
        if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1);
            is_float = true;
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
                end = digits(end + 1 + sign);
                is_float = true;
            }
        }
        self.at = end;
        let text = &self.text[start..end];
        let hook = if is_float { &self.parse_float } else { &self.parse_int };
        if !hook.is_none() {
            return host.call_values(&hook.clone(), &[Value::str(text)]);
        }
        if is_float {
            return Ok(Value::Float(text.parse().unwrap_or(f64::NAN)));
        }
        match text.parse::<i64>() {
            Ok(number) => Ok(Value::Int(number)),
            Err(_) => Ok(Value::big(text.parse::<BigInt>().unwrap_or_default())),
        }
    }

    fn string(&mut self) -> R<String> {
        let start = self.at;
        self.at += 1;
        let mut made = String::new();
        loop {
            let Some(c) = self.text[self.at..].chars().next() else {
                return Err(self.error("Unterminated string starting at", start));
            };
            match c {
                '"' => {
                    self.at += 1;
                    return Ok(made);
                }
                '\\' => self.escape(start, &mut made)?,
                c if (c as u32) < 0x20 => return Err(self.error("Invalid control character at", self.at)),
                c => {
                    made.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    fn escape(&mut self, start: usize, made: &mut String) -> R<()> {
        let at = self.at;
        let Some(c) = self.text[at + 1..].chars().next() else {
            return Err(self.error("Unterminated string starting at", start));
        };
        self.at += 1 + c.len_utf8();
        made.push(match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = self.unit()?;
                if (0xd800..0xdc00).contains(&unit) && self.text[self.at..].starts_with("\\u") {
                    let back = self.at;
                    self.at += 2;
                    let low = self.unit()?;
                    if (0xdc00..0xe000).contains(&low) {
                        let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
                    } else {
                        self.at = back;
                        char::REPLACEMENT_CHARACTER
                    }
                } else {
                    char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
            }
            _ => return Err(self.error("Invalid \\escape", at)),
        });
        Ok(())
    }

    fn unit(&mut self) -> R<u32> {
        let digits = self.text.get(self.at..self.at + 4);
        let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match unit {
            Some(unit) => {
                self.at += 4;
                Ok(unit)
            }
            None => Err(self.error("Invalid \\uXXXX escape", self.at - 1)),
        }
    }

    fn array(&mut self, host: &mut dyn Host) -> R<Value> {
        self.at += 1;
        self.depth += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            self.depth -= 1;
            return Ok(Value::list(items));
        }
        loop {
            host.check_interrupt()?;
            items.push(self.value(host)?);
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.error("Expecting ',' delimiter", self.at)),
            }
            self.blanks();
        }
        self.at += 1;
        self.depth -= 1;
        Ok(Value::list(items))
    }

    fn object(&mut self, host: &mut dyn Host) -> R<Value> {
        self.at += 1;
        self.depth += 1;
        let mut pairs = Vec::new();
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
        } else {
            loop {
                if self.peek() != Some(b'"') {
                    return Err(self.error("Expecting property name enclosed in double quotes", self.at));
                }
                let key = self.string()?;
                self.blanks();
                if self.peek() != Some(b':') {
                    return Err(self.error("Expecting ':' delimiter", self.at));
                }
                self.at += 1;
                self.blanks();
                pairs.push((Value::from(key), self.value(host)?));
                self.blanks();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b'}') => break,
                    _ => return Err(self.error("Expecting ',' delimiter", self.at)),
                }
                self.blanks();
            }
            self.at += 1;
        }
        self.depth -= 1;
        if !self.pairs_hook.is_none() {
            let pairs = pairs.into_iter().map(|(key, value)| Value::tuple(vec![key, value])).collect();
            return host.call_values(&self.pairs_hook.clone(), &[Value::list(pairs)]);
        }
        let dict = Dict::with_capacity(pairs.len());
        for (key, value) in pairs {
            host.dict_set(&dict, key, value)?;
        }
        let dict = Value::Dict(Gc::new(dict));
        if self.object_hook.is_none() {
            Ok(dict)
        } else {
            host.call_values(&self.object_hook.clone(), &[dict])
        }
    }
}

fn decode(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let text = match base(&args[0]) {
        Value::Str(text) => text.to_string(),
        other => match crate::python::builtins::bytes_of(other) {
            Some(bytes) => crate::python::builtins::text::decode(&bytes, "utf-8", "strict")?,
            None => {
                let name = errors::type_name(host, &args[0]);
                return Err(errors::type_error(format!(
                    "the JSON object must be str, bytes or bytearray, not {name}"
                )));
            }
        },
    };
    let mut reader = Reader {
        text: &text,
        at: 0,
        object_hook: args[1].clone(),
        pairs_hook: args[2].clone(),
        parse_float: args[3].clone(),
        parse_int: args[4].clone(),
        depth: 0,
    };
    if text.starts_with('\u{feff}') {
        return Err(reader.error("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0));
    }
    reader.blanks();
    let value = reader.value(host)?;
    reader.blanks();
    if reader.at < text.len() {
        return Err(reader.error("Extra data", reader.at));
    }
    Ok(value)
}

/// The value that a text starts with, and how many characters it takes.
fn raw_decode(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let text = crate::python::builtins::convert::text_arg(host, &args[0], "raw_decode() argument")?.clone();
    let mut reader = Reader {
        text: &text,
        at: 0,
        object_hook: args[1].clone(),
        pairs_hook: args[2].clone(),
        parse_float: args[3].clone(),
        parse_int: args[4].clone(),
        depth: 0,
    };
    let value = reader.value(host)?;
    let end = text[..reader.at].chars().count();
    Ok(Value::tuple(vec![value, Value::from(end)]))
}

/// An object as JSON without blanks, for layers that store it.
pub fn to_text(host: &mut dyn Host, value: &Value) -> R<String> {
    let mut writer = Writer {
        out: String::new(),
        skip_keys: false,
        ascii: true,
        allow_nan: true,
        indent: None,
        item_separator: ", ".into(),
        key_separator: ": ".into(),
        default: Value::None,
        sort_keys: false,
        open: Vec::new(),
        level: 0,
    };
    writer.value(host, value)?;
    Ok(writer.out)
}

pub static MODULE: NativeModule = NativeModule {
    exceptions: &[&DECODE_ERROR],
    functions: &[
        Row::function(
            "_encode",
            &[
                pos("obj"),
                pos("skipkeys"),
                pos("ensure_ascii"),
                pos("allow_nan"),
                pos("indent"),
                pos("item_separator"),
                pos("key_separator"),
                pos("default"),
                pos("sort_keys"),
            ],
            "An object as JSON text.",
            "",
            encode,
        ),
        Row::function(
            "_decode",
            &[pos("s"), pos("object_hook"), pos("object_pairs_hook"), pos("parse_float"), pos("parse_int")],
            "JSON text as an object.",
            "",
            decode,
        ),
        Row::function(
            "_raw_decode",
            &[pos("s"), pos("object_hook"), pos("object_pairs_hook"), pos("parse_float"), pos("parse_int")],
            "JSON text as an object.",
            "",
            raw_decode,
        ),
    ],
    prelude: Some(include_str!("../prelude/json.py")),
    ..NativeModule::new("json", "JSON encoder and decoder.")
};
