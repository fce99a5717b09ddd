//! `re`.
//!
//! Owns patterns and the module's functions. Must not know Python's pattern syntax (`translate`) or what a match
//! object answers (`matched`).

mod matched;
mod translate;

use std::cell::RefCell;
use std::rc::Rc;

use fancy_regex::Regex;
use rustc_hash::FxHashMap;

pub use self::matched::MATCH;
use self::matched::{Found, expand, found_value};
use self::translate::{ASCII, DOT_ALL, IGNORE_CASE, MULTILINE, UNICODE, VERBOSE, translate};
use crate::diag::builtin::EXCEPTION;
use crate::diag::{Error, ExcClass, Extra};
use crate::python::builtins::convert::{base, big, int_arg};
use crate::python::builtins::{errors, text};
use crate::python::value::param::{opt, req};
use crate::python::value::{
    CompareOp, Dict, Gc, Getter, Host, Native, NativeIter, NativeModule, NativeType, Param, ParamDefault, R,
    Raised, Row, Slots, Str, Value, Visitor, intern,
};
use num_traits::ToPrimitive;

pub static ERROR: ExcClass = ExcClass::new("error", "re", &EXCEPTION);

/// A compiled pattern.
pub struct Pattern {
    pub source: Str,
    flags: i64,
    regex: Regex,
    whole: Regex,
    /// Names of the groups by number; the first is the whole match.
    pub names: Vec<Option<String>>,
    is_bytes: bool,
}

struct PatternRef(Rc<Pattern>);
impl Native for PatternRef {}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c))
        && chars.all(unicode_ident::is_xid_continue)
}

thread_local! {
    static CACHE: RefCell<FxHashMap<(String, i64, bool), Rc<Pattern>>> = RefCell::new(FxHashMap::default());
}

/// `re.error: nothing to repeat at position 0`
fn bad_pattern(pattern: &str, message: &str, at: Option<usize>) -> Raised {
    let (text, place) = match at {
        Some(at) => {
            let before: String = pattern.chars().take(at).collect();
            let text = if pattern.contains('\n') {
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
                format!("{message} at position {at} (line {line}, column {column})")
            } else {
                format!("{message} at position {at}")
            };
            (text, Extra::Int(at as i64))
        }
        None => (message.to_string(), Extra::None),
    };
    Error::new(&ERROR, text)
        .attribute("msg", Extra::Text(message.into()))
        .attribute("pattern", Extra::Text(pattern.into()))
        .attribute("pos", place)
        .into()
}

fn compile(source: &str, flags: i64, is_bytes: bool) -> R<Rc<Pattern>> {
    let key = (source.to_string(), flags, is_bytes);
    if let Some(known) = CACHE.with(|cache| cache.borrow().get(&key).cloned()) {
        return Ok(known);
    }
    let (translated, flags) =
        translate(source, flags).map_err(|fault| bad_pattern(source, &fault.message, Some(fault.at)))?;
    let build = |text: &str| {
        fancy_regex::RegexBuilder::new(text)
            .backtrack_limit(6_000_000)
            .build()
            .map_err(|error| bad_pattern(source, &error.to_string(), None))
    };
    let regex = build(&translated)?;
    let whole = build(&format!("(?:{translated})\\z"))?;
    let names = regex.capture_names().map(|name| name.map(str::to_string)).collect();
    let flags = if is_bytes { flags & !UNICODE } else { flags };
    let pattern = Rc::new(Pattern { source: Str::new(source), flags, regex, whole, names, is_bytes });
    CACHE.with(|cache| {
        let mut cache = cache.borrow_mut();
        if cache.len() > 512 {
            cache.clear();
        }
        cache.insert(key, pattern.clone());
    });
    Ok(pattern)
}

/// A pattern from a compiled one or from text.
fn pattern_arg(host: &mut dyn Host, value: &Value, flags: &Value) -> R<Rc<Pattern>> {
    let flags = match flags {
        Value::Unset => 0,
        given => big(given).and_then(|flags| flags.to_i64()).unwrap_or(0),
    };
    if let Some(pattern) = value.payload::<PatternRef>() {
        if flags != 0 {
            return Err(errors::value_error("cannot process flags argument with a compiled pattern"));
        }
        return Ok(pattern.0.clone());
    }
    match base(value) {
        Value::Str(source) => compile(source, flags, false),
        Value::Bytes(bytes) => {
            compile(&text::decode(bytes.as_slice(), "latin-1", "strict")?, flags | ASCII, true)
        }
        _ => {
            let _ = host;
            Err(errors::type_error("first argument must be string or compiled pattern"))
        }
    }
}

/// The text to search.
fn subject(host: &mut dyn Host, pattern: &Pattern, value: &Value) -> R<Str> {
    match (base(value), pattern.is_bytes) {
        (Value::Str(text), false) => Ok(text.clone()),
        (Value::Str(_), true) => {
            Err(errors::type_error("cannot use a bytes pattern on a string-like object"))
        }
        (Value::Bytes(bytes), true) => Ok(text::decode(bytes.as_slice(), "latin-1", "strict")?.into()),
        (Value::Bytes(_), false) => {
            Err(errors::type_error("cannot use a string pattern on a bytes-like object"))
        }
        _ => {
            let name = errors::type_name(host, value);
            Err(errors::type_error(format!("expected string or bytes-like object, got '{name}'")))
        }
    }
}

/// A piece of text as the pattern's kind of string.
pub fn piece(pattern: &Pattern, part: &str) -> Value {
    if pattern.is_bytes {
        return Value::bytes(text::encode(part, "latin-1", "replace").unwrap_or_default());
    }
    Value::str(part)
}

/// Where a search runs.
#[derive(Clone)]
pub struct Run {
    pub pattern: Rc<Pattern>,
    pub text: Str,
    /// Bytes, from and to.
    start: usize,
    end: usize,
}

impl Run {
    fn new(host: &mut dyn Host, pattern: Rc<Pattern>, value: &Value, from: &Value, to: &Value) -> R<Run> {
        let text = subject(host, &pattern, value)?;
        let len = text.chars_len() as i64;
        let from = if from.is_unset() { 0 } else { int_arg(host, from)?.clamp(0, len) };
        let to = if to.is_unset() { len } else { int_arg(host, to)?.clamp(0, len) };
        let (start, end) = (text.byte_offset(from as usize), text.byte_offset(to.max(from) as usize));
        Ok(Run { pattern, text, start, end })
    }

    /// The first match at or behind a byte offset.
    fn find(&self, at: usize, whole: bool) -> R<Option<Found>> {
        let regex = if whole { &self.pattern.whole } else { &self.pattern.regex };
        let searched = &self.text.as_str()[..self.end];
        match regex.captures_from_pos(searched, at) {
            Ok(captures) => Ok(captures.map(|captures| Found {
                spans: (0..captures.len())
                    .map(|group| captures.get(group).map(|part| (part.start(), part.end())))
                    .collect(),
            })),
            Err(_) => Err(errors::runtime_error("the pattern needs too many steps on this text")),
        }
    }

    fn all(&self, host: &mut dyn Host, limit: usize) -> R<Vec<Found>> {
        let mut found = Vec::new();
        let mut at = self.start;
        while found.len() < limit && at <= self.end {
            if found.len() % 256 == 255 {
                host.check_interrupt()?;
            }
            let Some(next) = self.find(at, false)? else { break };
            at = self.behind(&next);
            found.push(next);
        }
        Ok(found)
    }

    /// Where the search goes on behind a match.
    fn behind(&self, found: &Found) -> usize {
        let (start, end) = found.span();
        if start < end {
            return end;
        }
        end + self.text[end..].chars().next().map_or(1, char::len_utf8)
    }
}

const FLAGS: Param = opt("flags", ParamDefault::Omitted("0"));
const STRING: &[Param] = &[req("pattern"), req("string"), FLAGS];
const BOUNDS: &[Param] =
    &[req("string"), opt("pos", ParamDefault::Omitted("0")), opt("endpos", ParamDefault::Omitted("len"))];

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Search,
    Match,
    Full,
}

fn one(run: &Run, mode: Mode) -> R<Value> {
    let found = run.find(run.start, mode == Mode::Full)?;
    let found = found.filter(|found| mode == Mode::Search || found.span().0 == run.start);
    Ok(found.map_or(Value::None, |found| found_value(run, found)))
}

fn find_all(host: &mut dyn Host, run: &Run) -> R<Value> {
    let mut items = Vec::new();
    for found in run.all(host, usize::MAX)? {
        let group = |number: usize| match found.spans.get(number).copied().flatten() {
            Some((start, end)) => piece(&run.pattern, &run.text[start..end]),
            None => piece(&run.pattern, ""),
        };
        items.push(match found.spans.len() {
            1 => group(0),
            2 => group(1),
            count => Value::tuple((1..count).map(group).collect()),
        });
    }
    Ok(Value::list(items))
}

struct FindIter {
    run: Run,
    at: usize,
}

impl NativeIter for FindIter {
    fn next(&mut self, _host: &mut dyn Host) -> R<Option<Value>> {
        if self.at > self.run.end {
            return Ok(None);
        }
        let Some(found) = self.run.find(self.at, false)? else { return Ok(None) };
        self.at = self.run.behind(&found);
        Ok(Some(found_value(&self.run, found)))
    }
    fn type_name(&self) -> &'static str {
        "callable_iterator"
    }
    fn trace(&self, _visitor: &mut Visitor<'_>) {}
}

fn substitute(host: &mut dyn Host, run: &Run, replacement: &Value, count: &Value) -> R<(Value, i64)> {
    let count = if count.is_unset() { 0 } else { int_arg(host, count)? };
    let limit = if count <= 0 { usize::MAX } else { count as usize };
    let template = match base(replacement) {
        Value::Str(text) => Some(text.clone()),
        Value::Bytes(bytes) => Some(Str::from(text::decode(bytes.as_slice(), "latin-1", "strict")?)),
        _ => None,
    };
    let mut made = String::new();
    let mut last = 0;
    let all = run.all(host, limit)?;
    let changes = all.len() as i64;
    for found in all {
        let (start, end) = found.span();
        made.push_str(&run.text[last..start]);
        match &template {
            Some(template) => made.push_str(&expand(run, &found, template)?),
            None => {
                let argument = found_value(run, found);
                let answer = host.call_values(replacement, &[argument])?;
                match base(&answer) {
                    Value::Str(text) => made.push_str(text),
                    Value::Bytes(bytes) => {
                        made.push_str(&text::decode(bytes.as_slice(), "latin-1", "strict")?)
                    }
                    _ => {
                        let name = errors::type_name(host, &answer);
                        return Err(errors::type_error(format!("expected str instance, {name} found")));
                    }
                }
            }
        }
        last = end;
    }
    made.push_str(&run.text[last..]);
    Ok((piece(&run.pattern, &made), changes))
}

fn split(host: &mut dyn Host, run: &Run, most: &Value) -> R<Value> {
    let most = if most.is_unset() { 0 } else { int_arg(host, most)? };
    let limit = if most <= 0 { usize::MAX } else { most as usize };
    let mut items = Vec::new();
    let mut last = 0;
    for found in run.all(host, limit)? {
        let (start, end) = found.span();
        items.push(piece(&run.pattern, &run.text[last..start]));
        for span in &found.spans[1..] {
            items.push(span.map_or(Value::None, |(start, end)| piece(&run.pattern, &run.text[start..end])));
        }
        last = end;
    }
    items.push(piece(&run.pattern, &run.text[last..]));
    Ok(Value::list(items))
}

fn run_of(host: &mut dyn Host, args: &[Value]) -> R<Run> {
    let pattern = pattern_arg(host, &args[0], args.get(2).unwrap_or(&Value::Unset))?;
    Run::new(host, pattern, &args[1], &Value::Unset, &Value::Unset)
}

fn method_run(host: &mut dyn Host, args: &[Value]) -> R<Run> {
    let pattern = pattern_arg(host, &args[0], &Value::Unset)?;
    Run::new(
        host,
        pattern,
        &args[1],
        args.get(2).unwrap_or(&Value::Unset),
        args.get(3).unwrap_or(&Value::Unset),
    )
}

fn pattern(value: &Value) -> &Rc<Pattern> {
    &value.payload::<PatternRef>().expect("slots of a pattern are called on patterns only").0
}

pub static PATTERN: NativeType = NativeType {
    doc: "Compiled regular expression object.",
    is_base: false,
    getters: &[
        Getter {
            name: "pattern",
            doc: "",
            get: |_, this| Ok(piece(pattern(this), &pattern(this).source)),
            set: None,
        },
        Getter { name: "flags", doc: "", get: |_, this| Ok(Value::Int(pattern(this).flags)), set: None },
        Getter {
            name: "groups",
            doc: "",
            get: |_, this| Ok(Value::from(pattern(this).names.len() - 1)),
            set: None,
        },
        Getter {
            name: "groupindex",
            doc: "",
            get: |_, this| {
                let dict = Dict::new();
                for (number, name) in pattern(this).names.iter().enumerate() {
                    if let Some(name) = name {
                        dict.set_str(&intern(name), Value::from(number));
                    }
                }
                Ok(Value::Dict(Gc::new(dict)))
            },
            set: None,
        },
    ],
    methods: &[
        Row::method("search", BOUNDS, "Scan through string looking for a match.", "", |host, args| {
            one(&method_run(host, args)?, Mode::Search)
        }),
        Row::method(
            "match",
            BOUNDS,
            "Matches zero or more characters at the beginning of the string.",
            "",
            |host, args| one(&method_run(host, args)?, Mode::Match),
        ),
        Row::method("fullmatch", BOUNDS, "Matches against all of the string.", "", |host, args| {
            one(&method_run(host, args)?, Mode::Full)
        }),
        Row::method(
            "findall",
            BOUNDS,
            "Return a list of all non-overlapping matches of pattern in string.",
            "",
            |host, args| {
                let run = method_run(host, args)?;
                find_all(host, &run)
            },
        ),
        Row::method(
            "finditer",
            BOUNDS,
            "Return an iterator over all non-overlapping matches.",
            "",
            |host, args| {
                let run = method_run(host, args)?;
                Ok(Value::iter(FindIter { at: run.start, run }))
            },
        ),
        Row::method(
            "sub",
            &[req("repl"), req("string"), opt("count", ParamDefault::Int(0))],
            "Return the string obtained by replacing the leftmost non-overlapping occurrences of pattern.",
            "",
            |host, args| {
                let run = method_run(host, &[args[0].clone(), args[2].clone()])?;
                substitute(host, &run, &args[1], &args[3]).map(|(made, _)| made)
            },
        ),
        Row::method(
            "subn",
            &[req("repl"), req("string"), opt("count", ParamDefault::Int(0))],
            "Return the tuple (new_string, number_of_subs_made).",
            "",
            |host, args| {
                let run = method_run(host, &[args[0].clone(), args[2].clone()])?;
                let (made, changes) = substitute(host, &run, &args[1], &args[3])?;
                Ok(Value::tuple(vec![made, Value::Int(changes)]))
            },
        ),
        Row::method(
            "split",
            &[req("string"), opt("maxsplit", ParamDefault::Int(0))],
            "Split string by the occurrences of pattern.",
            "",
            |host, args| {
                let run = method_run(host, &args[..2])?;
                split(host, &run, &args[2])
            },
        ),
    ],
    slots: Slots {
        repr: Some(|host, this| {
            let pattern = pattern(this);
            let source = host.repr(&piece(pattern, &pattern.source))?;
            let mut names = Vec::new();
            for (name, flag) in [
                ("re.IGNORECASE", IGNORE_CASE),
                ("re.MULTILINE", MULTILINE),
                ("re.DOTALL", DOT_ALL),
                ("re.VERBOSE", VERBOSE),
                ("re.ASCII", ASCII),
            ] {
                if pattern.flags & flag != 0 && !(flag == ASCII && pattern.is_bytes) {
                    names.push(name);
                }
            }
            let flags = if names.is_empty() { String::new() } else { format!(", {}", names.join("|")) };
            Ok(format!("re.compile({source}{flags})").into())
        }),
        hash: Some(|_, this| Ok(pattern(this).source.hash() ^ pattern(this).flags)),
        compare: Some(|_, op, this, other| {
            let Some(other) = other.payload::<PatternRef>() else { return Ok(Value::NotImplemented) };
            let this = pattern(this);
            let same = this.source == other.0.source && this.flags == other.0.flags;
            Ok(match op {
                CompareOp::Eq => Value::Bool(same),
                CompareOp::Ne => Value::Bool(!same),
                _ => Value::NotImplemented,
            })
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("Pattern", "re")
};

pub static MODULE: NativeModule = NativeModule {
    types: &[&PATTERN, &MATCH],
    exceptions: &[&ERROR],
    functions: &[
        Row::function(
            "compile",
            &[req("pattern"), FLAGS],
            "Compile a regular expression pattern, returning a Pattern object.",
            "re.compile('a+').findall('aab')",
            |host, args| Ok(Value::native(&PATTERN, PatternRef(pattern_arg(host, &args[0], &args[1])?))),
        ),
        Row::function(
            "search",
            STRING,
            "Scan through string looking for a match to the pattern.",
            "re.search('b+', 'abbc').group()",
            |host, args| one(&run_of(host, args)?, Mode::Search),
        ),
        Row::function(
            "match",
            STRING,
            "Try to apply the pattern at the start of the string.",
            "re.match('a', 'abc').group()",
            |host, args| one(&run_of(host, args)?, Mode::Match),
        ),
        Row::function(
            "fullmatch",
            STRING,
            "Try to apply the pattern to all of the string.",
            "re.fullmatch('[abc]+', 'abc').group()",
            |host, args| one(&run_of(host, args)?, Mode::Full),
        ),
        Row::function(
            "findall",
            STRING,
            "Return a list of all non-overlapping matches in the string.",
            "re.findall('[a-z]', 'a1b2')",
            |host, args| {
                let run = run_of(host, args)?;
                find_all(host, &run)
            },
        ),
        Row::function(
            "finditer",
            STRING,
            "Return an iterator over all non-overlapping matches in the string.",
            "len(list(re.finditer('a', 'aa')))",
            |host, args| {
                let run = run_of(host, args)?;
                Ok(Value::iter(FindIter { at: run.start, run }))
            },
        ),
        Row::function(
            "sub",
            &[req("pattern"), req("repl"), req("string"), opt("count", ParamDefault::Int(0)), FLAGS],
            "Return the string obtained by replacing the leftmost non-overlapping occurrences of the pattern.",
            "re.sub('a', 'b', 'aa')",
            |host, args| {
                let run = run_of(host, &[args[0].clone(), args[2].clone(), args[4].clone()])?;
                substitute(host, &run, &args[1], &args[3]).map(|(made, _)| made)
            },
        ),
        Row::function(
            "subn",
            &[req("pattern"), req("repl"), req("string"), opt("count", ParamDefault::Int(0)), FLAGS],
            "Return a 2-tuple containing (new_string, number).",
            "re.subn('a', 'b', 'aa')",
            |host, args| {
                let run = run_of(host, &[args[0].clone(), args[2].clone(), args[4].clone()])?;
                let (made, changes) = substitute(host, &run, &args[1], &args[3])?;
                Ok(Value::tuple(vec![made, Value::Int(changes)]))
            },
        ),
        Row::function(
            "split",
            &[req("pattern"), req("string"), opt("maxsplit", ParamDefault::Int(0)), FLAGS],
            "Split the source string by the occurrences of the pattern.",
            "re.split(',', 'a,b')",
            |host, args| {
                let run = run_of(host, &[args[0].clone(), args[1].clone(), args[3].clone()])?;
                split(host, &run, &args[2])
            },
        ),
        Row::function(
            "escape",
            &[req("pattern")],
            "Escape special characters in a string.",
            "re.escape('a.b')",
            |_, args| {
                let escape = |text: &str| -> String {
                    let mut made = String::new();
                    for c in text.chars() {
                        if "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".contains(c) {
                            made.push('\\');
                        }
                        made.push(c);
                    }
                    made
                };
                match base(&args[0]) {
                    Value::Bytes(bytes) => {
                        let text = text::decode(bytes.as_slice(), "latin-1", "strict")?;
                        Ok(Value::bytes(text::encode(&escape(&text), "latin-1", "strict")?))
                    }
                    Value::Str(text) => Ok(Value::from(escape(text))),
                    _ => Err(errors::type_error("expected a string or bytes")),
                }
            },
        ),
        Row::function("purge", &[], "Clear the regular expression caches.", "", |_, _| {
            CACHE.with(|cache| cache.borrow_mut().clear());
            Ok(Value::None)
        }),
    ],
    prelude: Some(include_str!("../../prelude/re.py")),
    ..NativeModule::new("re", "Support for regular expressions (RE).")
};
