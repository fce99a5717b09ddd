//! `dir` and `help`: what an object has and what it says about itself.
//!
//! Owns gathering names and laying out help. Must not know terminals.

use super::errors;
use crate::python::value::{Class, Gc, Host, Param, ParamDefault, ParamKind, R, Str, Value, intern};

/// The names of an object's attributes, sorted.
pub fn dir(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut names: Vec<Str> = Vec::new();
    if args[0].is_unset() {
        if let Some(globals) = host.current_globals() {
            names.extend(globals.keys().into_iter().filter_map(text));
        }
    } else {
        let object = &args[0];
        if let Value::Instance(_) | Value::Module(_) = object
            && let Some(method) = own_dir(host, object)?
        {
            let listed = host.call_values(&method, &[])?;
            names.extend(host.collect(&listed)?.into_iter().filter_map(text));
        } else {
            names = attribute_names(host, object)?;
        }
    }
    names.sort();
    names.dedup();
    Ok(Value::list(names.into_iter().map(Value::Str).collect()))
}

fn text(value: Value) -> Option<Str> {
    match value {
        Value::Str(text) => Some(text),
        _ => None,
    }
}

fn own_dir(host: &mut dyn Host, object: &Value) -> R<Option<Value>> {
    let name = intern("__dir__");
    match host.class_of(object).lookup(&name) {
        Some(Value::Function(_)) => host.find_attr(object, &name),
        _ => Ok(None),
    }
}

/// The names that `dir` shows of an object without a way of its own, in no order.
pub fn attribute_names(host: &mut dyn Host, object: &Value) -> R<Vec<Str>> {
    let mut names = Vec::new();
    match object {
        Value::Module(module) => {
            names.extend(module.dict.keys().into_iter().filter_map(text));
            return Ok(names);
        }
        Value::Class(class) => {
            class_names(class, &mut names);
            return Ok(names);
        }
        Value::Instance(instance) => {
            if let Some(dict) = instance.dict() {
                names.extend(dict.keys().into_iter().filter_map(text));
            }
            let numbered = instance.class().slot_names();
            for (at, name) in numbered.into_iter().enumerate() {
                if !instance.slot(at).is_unset() {
                    names.push(name);
                }
            }
        }
        Value::Function(function) => {
            if let Some(dict) = &*function.dict.borrow() {
                names.extend(dict.keys().into_iter().filter_map(text));
            }
        }
        _ => {}
    }
    let class = host.class_of(object);
    class_names(&class, &mut names);
    if let Some(more) = class.native.slot(|slots| slots.dir) {
        names.extend(more(host, object)?);
    }
    Ok(names)
}

fn class_names(class: &Gc<Class>, names: &mut Vec<Str>) {
    for class in Class::mro(class) {
        names.extend(class.dict.keys().into_iter().filter_map(text));
    }
    let mut kinds = vec![class.native];
    while let Some(kind) = kinds.pop() {
        names.extend(kind.getters.iter().map(|getter| intern(getter.name)));
        kinds.extend(kind.bases);
    }
}

/// The parameters of a row as a signature shows them.
pub fn signature(params: &[Param]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut starred = false;
    for (at, param) in params.iter().enumerate() {
        let default = match param.default {
            ParamDefault::Required | ParamDefault::Omitted("") => String::new(),
            ParamDefault::Omitted(text) | ParamDefault::Parsed(text) => format!("={text}"),
            ParamDefault::None => "=None".into(),
            ParamDefault::Bool(value) => if value { "=True" } else { "=False" }.into(),
            ParamDefault::Int(value) => format!("={value}"),
            ParamDefault::Str(value) => format!("={}", super::text::quote(value)),
        };
        match param.kind {
            ParamKind::VarArgs => {
                starred = true;
                parts.push(format!("*{}", param.name));
            }
            ParamKind::VarKeywords => parts.push(format!("**{}", param.name)),
            ParamKind::Keyword => {
                if !starred {
                    starred = true;
                    parts.push("*".into());
                }
                parts.push(format!("{}{default}", param.name));
            }
            _ => parts.push(format!("{}{default}", param.name)),
        }
        let last_positional = param.kind == ParamKind::Positional
            && params.get(at + 1).is_none_or(|next| next.kind != ParamKind::Positional);
        if last_positional {
            parts.push("/".into());
        }
    }
    format!("({})", parts.join(", "))
}

/// `help(object)`.
pub fn help(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    if args[0].is_unset() {
        host.write_out("Type help(object) for help about object.\n");
        return Ok(Value::None);
    }
    let object = &args[0];
    let mut lines = String::new();
    let doc = match host.find_attr(object, &intern("__doc__"))? {
        Some(Value::Str(doc)) => doc.to_string(),
        _ => String::new(),
    };
    match object {
        Value::Native(native) => {
            let name = native.row.name;
            let what = if matches!(native.owner, Value::Class(_)) { "method" } else { "built-in function" };
            lines.push_str(&format!("Help on {what} {name}:\n\n{name}{}\n", signature(native.row.params)));
            lines.push_str(&indented(&doc));
            if !native.row.example.is_empty() {
                lines.push_str(&format!("\n    Example: {}\n", native.row.example));
            }
        }
        Value::Class(class) => {
            let name = class.name.borrow().clone();
            lines.push_str(&format!("Help on class {name}:\n\nclass {name}\n"));
            lines.push_str(&indented(&doc));
            lines.push_str("\nMethods:\n");
            for (name, value) in class.dict.to_vec() {
                let Some(name) = text(name).filter(|name| !name.starts_with('_')) else { continue };
                match &value {
                    Value::Native(native) => {
                        lines.push_str(&format!(
                            "    {name}{}  {}\n",
                            signature(native.row.params),
                            native.row.doc
                        ));
                    }
                    _ => lines.push_str(&format!("    {name}\n")),
                }
            }
        }
        other => {
            let name = match host.find_attr(other, &intern("__name__"))? {
                Some(Value::Str(name)) => name.to_string(),
                _ => errors::type_name(host, other),
            };
            lines.push_str(&format!("Help on {name}:\n\n"));
            lines.push_str(&indented(&doc));
        }
    }
    host.write_out(&lines);
    Ok(Value::None)
}

fn indented(doc: &str) -> String {
    doc.lines().map(|line| format!("    {line}\n")).collect()
}
