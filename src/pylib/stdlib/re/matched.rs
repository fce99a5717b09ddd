//! Match objects.
//!
//! Owns what a match answers, and templates of replacements. Must not know searching.

use super::{Run, bad_pattern, piece};
use crate::diag::builtin::INDEX_ERROR;
use crate::python::builtins::convert::{base, small};
use crate::python::value::param::{args as var_args, opt, pos, pos_opt};
use crate::python::value::{
    Dict, Gc, Getter, Native, NativeType, Param, ParamDefault, R, Raised, Row, Slots, Str, Value, intern,
};

/// One match: byte ranges by group.
#[derive(Clone)]
pub struct Found {
    pub spans: Vec<Option<(usize, usize)>>,
}

impl Found {
    pub fn span(&self) -> (usize, usize) {
        self.spans[0].unwrap_or((0, 0))
    }
}

struct MatchData {
    run: Run,
    found: Found,
}
impl Native for MatchData {}

/// A match object.
pub fn found_value(run: &Run, found: Found) -> Value {
    Value::native(&MATCH, MatchData { run: run.clone(), found })
}

fn data(value: &Value) -> &MatchData {
    value.payload::<MatchData>().expect("slots of a match are called on matches only")
}

/// `IndexError: no such group`
fn no_group() -> Raised {
    Raised::new(&INDEX_ERROR, "no such group")
}

fn number(data: &MatchData, group: &Value) -> R<usize> {
    let found = match base(group) {
        Value::Str(name) => {
            data.run.pattern.names.iter().position(|known| known.as_deref() == Some(name.as_str()))
        }
        other => small(other).and_then(|number| usize::try_from(number).ok()),
    };
    found.filter(|&number| number < data.found.spans.len()).ok_or_else(no_group)
}

fn text_of(data: &MatchData, group: usize) -> Option<Value> {
    let (start, end) = data.found.spans[group]?;
    Some(piece(&data.run.pattern, &data.run.text[start..end]))
}

fn chars(data: &MatchData, at: usize) -> i64 {
    let text = &data.run.text;
    if text.is_ascii() { at as i64 } else { text[..at].chars().count() as i64 }
}

fn span(data: &MatchData, group: usize) -> (i64, i64) {
    data.found.spans[group].map_or((-1, -1), |(start, end)| (chars(data, start), chars(data, end)))
}

fn last_group(data: &MatchData) -> Option<usize> {
    // The group that closed last: the one with the furthest end, the outermost of equals.
    let ends = data
        .found
        .spans
        .iter()
        .enumerate()
        .skip(1)
        .filter_map(|(group, span)| span.map(|(_, end)| (group, end)));
    ends.max_by_key(|(group, end)| (*end, std::cmp::Reverse(*group))).map(|(group, _)| group)
}

const GROUP: &[Param] = &[pos_opt("group", ParamDefault::Int(0))];

pub static MATCH: NativeType = NativeType {
    doc: "The result of re.match() and re.search().",
    is_base: false,
    getters: &[
        Getter {
            name: "string",
            doc: "",
            get: |_, this| Ok(piece(&data(this).run.pattern, &data(this).run.text)),
            set: None,
        },
        Getter {
            name: "re",
            doc: "",
            get: |_, this| {
                Ok(Value::native(&super::PATTERN, super::PatternRef(data(this).run.pattern.clone())))
            },
            set: None,
        },
        Getter {
            name: "pos",
            doc: "",
            get: |_, this| Ok(Value::Int(chars(data(this), data(this).run.start))),
            set: None,
        },
        Getter {
            name: "endpos",
            doc: "",
            get: |_, this| Ok(Value::Int(chars(data(this), data(this).run.end))),
            set: None,
        },
        Getter {
            name: "lastindex",
            doc: "",
            get: |_, this| Ok(last_group(data(this)).map_or(Value::None, Value::from)),
            set: None,
        },
        Getter {
            name: "lastgroup",
            doc: "",
            get: |_, this| {
                let data = data(this);
                let name = last_group(data).and_then(|group| data.run.pattern.names[group].clone());
                Ok(name.map_or(Value::None, Value::from))
            },
            set: None,
        },
    ],
    methods: &[
        Row::method(
            "group",
            &[var_args("groups")],
            "Return one or more subgroups of the match.",
            "",
            |_, args| {
                let data = data(&args[0]);
                let Value::Tuple(groups) = &args[1] else { return Ok(Value::None) };
                match groups.as_slice() {
                    [] => Ok(text_of(data, 0).unwrap_or_default()),
                    [one] => Ok(text_of(data, number(data, one)?).unwrap_or_default()),
                    many => {
                        let mut items = Vec::with_capacity(many.len());
                        for group in many {
                            items.push(text_of(data, number(data, group)?).unwrap_or_default());
                        }
                        Ok(Value::tuple(items))
                    }
                }
            },
        ),
        Row::method(
            "groups",
            &[opt("default", ParamDefault::None)],
            "Return a tuple containing all the subgroups of the match, from 1.",
            "",
            |_, args| {
                let data = data(&args[0]);
                let items = (1..data.found.spans.len())
                    .map(|group| text_of(data, group).unwrap_or_else(|| args[1].clone()));
                Ok(Value::tuple(items.collect()))
            },
        ),
        Row::method(
            "groupdict",
            &[opt("default", ParamDefault::None)],
            "Return a dictionary containing all the named subgroups of the match.",
            "",
            |_, args| {
                let data = data(&args[0]);
                let dict = Dict::new();
                for (group, name) in data.run.pattern.names.iter().enumerate() {
                    if let Some(name) = name {
                        dict.set_str(&intern(name), text_of(data, group).unwrap_or_else(|| args[1].clone()));
                    }
                }
                Ok(Value::Dict(Gc::new(dict)))
            },
        ),
        Row::method(
            "start",
            GROUP,
            "Return index of the start of the substring matched by group.",
            "",
            |_, args| {
                let data = data(&args[0]);
                Ok(Value::Int(span(data, number(data, &args[1])?).0))
            },
        ),
        Row::method(
            "end",
            GROUP,
            "Return index of the end of the substring matched by group.",
            "",
            |_, args| {
                let data = data(&args[0]);
                Ok(Value::Int(span(data, number(data, &args[1])?).1))
            },
        ),
        Row::method(
            "span",
            GROUP,
            "For match object m, return the 2-tuple (m.start(group), m.end(group)).",
            "",
            |_, args| {
                let data = data(&args[0]);
                let (start, end) = span(data, number(data, &args[1])?);
                Ok(Value::tuple(vec![Value::Int(start), Value::Int(end)]))
            },
        ),
        Row::method(
            "expand",
            &[pos("template")],
            "Return the string obtained by doing backslash substitution on the string template.",
            "",
            |host, args| {
                let data = data(&args[0]);
                let template = host.str(&args[1])?;
                let made = expand(&data.run, &data.found, &template)?;
                Ok(piece(&data.run.pattern, &made))
            },
        ),
    ],
    slots: Slots {
        repr: Some(|host, this| {
            let data = data(this);
            let (start, end) = span(data, 0);
            let shown = host.repr(&text_of(data, 0).unwrap_or_default())?;
            Ok(format!("<re.Match object; span=({start}, {end}), match={shown}>").into())
        }),
        get_item: Some(|_, this, key| {
            let data = data(this);
            Ok(text_of(data, number(data, key)?).unwrap_or_default())
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("Match", "re")
};

/// A replacement template with its groups filled in.
pub fn expand(run: &Run, found: &Found, template: &Str) -> R<String> {
    if !template.contains('\\') {
        return Ok(template.to_string());
    }
    let chars: Vec<char> = template.chars().collect();
    let mut made = String::new();
    let mut at = 0;
    let group = |made: &mut String, number: usize, at: usize| -> R<()> {
        match found.spans.get(number) {
            Some(Some((start, end))) => made.push_str(&run.text[*start..*end]),
            Some(None) => {}
            None => {
                return Err(bad_pattern(template, &format!("invalid group reference {number}"), Some(at)));
            }
        }
        Ok(())
    };
    while at < chars.len() {
        let c = chars[at];
        at += 1;
        if c != '\\' {
            made.push(c);
            continue;
        }
        let Some(&code) = chars.get(at) else {
            return Err(bad_pattern(template, "bad escape (end of pattern)", Some(at - 1)));
        };
        at += 1;
        match code {
            'g' => {
                let name: String = match chars.get(at) {
                    Some('<') => chars[at + 1..].iter().take_while(|c| **c != '>').collect(),
                    _ => return Err(bad_pattern(template, "missing <", Some(at))),
                };
                let number = match name.parse::<usize>() {
                    Ok(number) => number,
                    Err(_) => {
                        let known =
                            run.pattern.names.iter().position(|known| known.as_deref() == Some(&name));
                        match known {
                            Some(number) => number,
                            None => {
                                let shown = crate::python::builtins::text::quote(&name);
                                return Err(Raised::new(&INDEX_ERROR, format!("unknown group name {shown}")));
                            }
                        }
                    }
                };
                group(&mut made, number, at + 1)?;
                at += name.chars().count() + 2;
            }
            '1'..='9' => {
                let mut number = code as usize - '0' as usize;
                if let Some(next) = chars.get(at).and_then(|c| c.to_digit(10)) {
                    number = number * 10 + next as usize;
                    at += 1;
                }
                group(&mut made, number, at - 1)?;
            }
            '0' => made.push('\0'),
            'n' => made.push('\n'),
            't' => made.push('\t'),
            'r' => made.push('\r'),
            'f' => made.push('\u{c}'),
            'v' => made.push('\u{b}'),
            'a' => made.push('\u{7}'),
            'b' => made.push('\u{8}'),
            '\\' => made.push('\\'),
            c if c.is_ascii_alphabetic() => {
                return Err(bad_pattern(template, &format!("bad escape \\{c}"), Some(at - 2)));
            }
            c => {
                made.push('\\');
                made.push(c);
            }
        }
    }
    Ok(made)
}
