//! `str.format`: templates with replacement fields.
//!
//! Owns the template language: fields, attributes, indexes, conversions, nested specs. Must not know specs.

use crate::python::builtins::errors;
use crate::python::value::{Host, R, Raised, Str, Value, intern};

/// One part of a template: literal text, then perhaps a field.
pub struct Part {
    pub literal: String,
    pub field: Option<Field>,
}

/// `{name!conversion:spec}`.
pub struct Field {
    pub name: String,
    pub spec: String,
    pub conversion: Option<char>,
}

/// Where values come from: by position, and by name.
enum Source<'a> {
    Arguments { positional: &'a [Value], keywords: &'a Value },
    Mapping(&'a Value),
}

enum Numbering {
    Unknown,
    Automatic(usize),
    Manual,
}

/// Splits a template into its parts.
pub fn split_template(template: &str) -> R<Vec<Part>> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let chars: Vec<char> = template.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        at += 1;
        match c {
            '{' | '}' if chars.get(at) == Some(&c) => {
                literal.push(c);
                at += 1;
            }
            '}' => return Err(errors::value_error("Single '}' encountered in format string")),
            '{' if at >= chars.len() => {
                return Err(errors::value_error("Single '{' encountered in format string"));
            }
            '{' => {
                let field = read_field(&chars, &mut at)?;
                parts.push(Part { literal: std::mem::take(&mut literal), field: Some(field) });
            }
            c => literal.push(c),
        }
    }
    if !literal.is_empty() || parts.is_empty() {
        parts.push(Part { literal, field: None });
    }
    Ok(parts)
}

fn read_field(chars: &[char], at: &mut usize) -> R<Field> {
    let unclosed = || errors::value_error("expected '}' before end of string");
    let mut name = String::new();
    let mut in_bracket = false;
    let stop = loop {
        let Some(&c) = chars.get(*at) else { return Err(unclosed()) };
        *at += 1;
        match c {
            '[' => in_bracket = true,
            ']' => in_bracket = false,
            '{' if !in_bracket => return Err(errors::value_error("unexpected '{' in field name")),
            ':' | '!' | '}' if !in_bracket => break c,
            _ => {}
        }
        name.push(c);
    };
    let mut field = Field { name, spec: String::new(), conversion: None };
    let mut stop = stop;
    if stop == '!' {
        let unmatched = || errors::value_error("unmatched '{' in format spec");
        let Some(&conversion) = chars.get(*at) else {
            return Err(errors::value_error("end of string while looking for conversion specifier"));
        };
        if conversion == '}' {
            return Err(unmatched());
        }
        field.conversion = Some(conversion);
        *at += 1;
        stop = match chars.get(*at) {
            Some(&c @ (':' | '}')) => c,
            Some(_) => return Err(errors::value_error("expected ':' after conversion specifier")),
            None => return Err(unmatched()),
        };
        *at += 1;
    }
    if stop == ':' {
        let mut depth = 1;
        loop {
            let Some(&c) = chars.get(*at) else { return Err(unclosed()) };
            *at += 1;
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(field);
            }
            field.spec.push(c);
        }
    }
    Ok(field)
}

/// `template.format(*positional, **keywords)`.
pub fn str_format_method(
    host: &mut dyn Host,
    template: &str,
    positional: &[Value],
    keywords: &Value,
) -> R<Str> {
    let source = Source::Arguments { positional, keywords };
    render(host, template, &source, &mut Numbering::Unknown, 2).map(Str::from)
}

/// `template.format_map(mapping)`.
pub fn str_format_map(host: &mut dyn Host, template: &str, mapping: &Value) -> R<Str> {
    render(host, template, &Source::Mapping(mapping), &mut Numbering::Unknown, 2).map(Str::from)
}

fn render(
    host: &mut dyn Host,
    template: &str,
    source: &Source<'_>,
    numbering: &mut Numbering,
    depth: u32,
) -> R<String> {
    if depth == 0 {
        return Err(errors::value_error("Max string recursion exceeded"));
    }
    let mut text = String::new();
    for part in split_template(template)? {
        text.push_str(&part.literal);
        let Some(field) = part.field else { continue };
        let value = lookup(host, &field.name, source, numbering)?;
        let value = match field.conversion {
            None => value,
            Some('r') => Value::Str(host.repr(&value)?),
            Some('s') => Value::Str(host.str(&value)?),
            Some('a') => {
                let text = host.repr(&value)?;
                Value::from(crate::python::builtins::text::ascii(&text))
            }
            Some(other) => return Err(unknown_conversion(other)),
        };
        let spec = if field.spec.contains(['{', '}']) {
            render(host, &field.spec, source, numbering, depth - 1)?
        } else {
            field.spec
        };
        text.push_str(&host.format(&value, &spec)?);
    }
    Ok(text)
}

/// `ValueError: Unknown conversion specifier x`
fn unknown_conversion(conversion: char) -> Raised {
    if conversion > ' ' && conversion < '\u{7f}' {
        return errors::value_error(format!("Unknown conversion specifier {conversion}"));
    }
    errors::value_error(format!("Unknown conversion specifier \\x{:x}", conversion as u32))
}

fn lookup(host: &mut dyn Host, name: &str, source: &Source<'_>, numbering: &mut Numbering) -> R<Value> {
    let end = name.find(['.', '[']).unwrap_or(name.len());
    let (first, path) = name.split_at(end);
    let is_number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    let index = if first.is_empty() {
        match numbering {
            Numbering::Manual => {
                return Err(errors::value_error(
                    "cannot switch from manual field specification to automatic field numbering",
                ));
            }
            Numbering::Unknown => {
                *numbering = Numbering::Automatic(1);
                Some(0)
            }
            Numbering::Automatic(next) => {
                *next += 1;
                Some(*next - 1)
            }
        }
    } else if is_number {
        if let Numbering::Automatic(_) = numbering {
            return Err(errors::value_error(
                "cannot switch from automatic field numbering to manual field specification",
            ));
        }
        *numbering = Numbering::Manual;
        match first.parse::<usize>() {
            Ok(index) => Some(index),
            Err(_) => return Err(errors::value_error("Too many decimal digits in format string")),
        }
    } else {
        None
    };
    let value = match (index, source) {
        (Some(index), Source::Arguments { positional, .. }) => match positional.get(index) {
            Some(value) => value.clone(),
            None => {
                return Err(errors::index_error(format!(
                    "Replacement index {index} out of range for positional args tuple"
                )));
            }
        },
        (Some(_), Source::Mapping(_)) => {
            return Err(errors::value_error("Format string contains positional fields"));
        }
        (None, Source::Arguments { keywords, .. }) => {
            let found = match keywords {
                Value::Dict(keywords) => keywords.get(first),
                _ => None,
            };
            match found {
                Some(value) => value,
                None => return Err(errors::key_error(host, &Value::str(first))),
            }
        }
        (None, Source::Mapping(mapping)) => host.get_item(mapping, &Value::str(first))?,
    };
    field_value(host, value, path)
}

/// Follows `.attribute` and `[index]` behind a field's first name.
pub fn field_value(host: &mut dyn Host, value: Value, path: &str) -> R<Value> {
    let mut value = value;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            if end == 0 {
                return Err(errors::value_error("Empty attribute in format string"));
            }
            value = host.get_attr(&value, &intern(&after[..end]))?;
            rest = &after[end..];
        } else if let Some(after) = rest.strip_prefix('[') {
            let Some(end) = after.find(']') else {
                return Err(errors::value_error("Missing ']' in format string"));
            };
            let key = &after[..end];
            if key.is_empty() {
                return Err(errors::value_error("Empty attribute in format string"));
            }
            let key = match key.parse::<i64>() {
                Ok(index) if key.bytes().all(|byte| byte.is_ascii_digit()) => Value::Int(index),
                _ => Value::str(key),
            };
            value = host.get_item(&value, &key)?;
            rest = &after[end + 1..];
        } else {
            return Err(errors::value_error("Only '.' or '[' may follow ']' in format field specifier"));
        }
    }
    Ok(value)
}
