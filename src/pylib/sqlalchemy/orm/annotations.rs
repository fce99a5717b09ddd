//! `Mapped[...]` and what stands in it: optional, collections, names of classes that come later.
//!
//! Owns reading annotations, as objects or as text. Must not know class bodies or mappers.

use crate::diag::builtin::NAME_ERROR;
use crate::python::value::{Dict, Gc, Host, Native, NativeType, R, Slots, Str, Value, Visitor, intern};

use super::errors;

/// The container that an annotation was written with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Container {
    Mapped,
    Dynamic,
    WriteOnly,
}

impl Container {
    fn named(name: &str) -> Option<Container> {
        Some(match name.rsplit('.').next().unwrap_or(name) {
            "Mapped" => Container::Mapped,
            "DynamicMapped" => Container::Dynamic,
            "WriteOnlyMapped" => Container::WriteOnly,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        ["Mapped", "DynamicMapped", "WriteOnlyMapped"][self as usize]
    }
}

/// The payload of `Mapped[int]`.
pub struct MappedAlias {
    pub container: Container,
    pub argument: Value,
}

impl Native for MappedAlias {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.argument.trace(visitor);
    }
}

pub static MAPPED_ALIAS: NativeType = NativeType {
    slots: Slots {
        repr: Some(|host, object| {
            let Some(alias) = object.payload::<MappedAlias>() else { return Ok(Str::new("Mapped")) };
            let inner = match &alias.argument {
                Value::Class(class) => class.name.borrow().clone(),
                other => host.repr(other)?,
            };
            Ok(Str::new(&format!("sqlalchemy.orm.base.{}[{inner}]", alias.container.name())))
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("_GenericAlias", "typing")
};

const fn container(name: &'static str, class_get_item: GetItem) -> NativeType {
    NativeType {
        slots: Slots { class_get_item: Some(class_get_item), ..Slots::NONE },
        ..NativeType::plain(name, "sqlalchemy.orm.base")
    }
}

type GetItem = fn(&mut dyn Host, &Gc<crate::python::value::Class>, &Value) -> R<Value>;

fn alias(container: Container, argument: &Value) -> R<Value> {
    Ok(Value::native(&MAPPED_ALIAS, MappedAlias { container, argument: argument.clone() }))
}

pub static MAPPED: NativeType = container("Mapped", |_, _, item| alias(Container::Mapped, item));
pub static DYNAMIC_MAPPED: NativeType =
    container("DynamicMapped", |_, _, item| alias(Container::Dynamic, item));
pub static WRITE_ONLY_MAPPED: NativeType =
    container("WriteOnlyMapped", |_, _, item| alias(Container::WriteOnly, item));

/// An annotation taken apart.
#[derive(Clone)]
pub struct Annotation {
    /// None: not one of the ORM's containers.
    pub container: Option<Container>,
    /// What stands in the container: a type, or text.
    pub inner: Value,
    /// How it was written, for messages.
    pub text: String,
}

/// Reads an annotation; None where it is `ClassVar` or of some other kind that the ORM leaves alone.
pub fn read(host: &mut dyn Host, annotation: &Value, globals: Option<&Gc<Dict>>) -> R<Annotation> {
    if let Some(alias) = annotation.payload::<MappedAlias>() {
        let text = host.str(annotation)?.to_string();
        return Ok(Annotation { container: Some(alias.container), inner: alias.argument.clone(), text });
    }
    let Value::Str(text) = annotation else {
        return Ok(Annotation { container: None, inner: annotation.clone(), text: String::new() });
    };
    let trimmed = text.trim();
    if let Some((name, inner)) = subscript(trimmed)
        && let Some(container) = Container::named(name)
    {
        let inner = match evaluate(host, inner, globals)? {
            Some(value) => value,
            None => Value::str(inner),
        };
        return Ok(Annotation { container: Some(container), inner, text: trimmed.to_string() });
    }
    let inner = evaluate(host, trimmed, globals)?.unwrap_or_else(|| annotation.clone());
    if inner.payload::<MappedAlias>().is_some() {
        return read(host, &inner, globals);
    }
    Ok(Annotation { container: None, inner, text: trimmed.to_string() })
}

/// `Name[inside]`.
fn subscript(text: &str) -> Option<(&str, &str)> {
    let open = text.find('[')?;
    let inside = text.strip_suffix(']')?.get(open + 1..)?;
    Some((text[..open].trim(), inside.trim()))
}

/// The value of text in a module; None where a name is not there (yet).
pub fn evaluate(host: &mut dyn Host, text: &str, globals: Option<&Gc<Dict>>) -> R<Option<Value>> {
    let builtins = host.import("builtins")?;
    let eval = host.get_attr(&Value::Module(builtins), &intern("eval"))?;
    let namespace = globals.cloned().unwrap_or_else(|| Gc::new(Dict::new()));
    match host.call_values(&eval, &[Value::str(text), Value::Dict(namespace)]) {
        Ok(value) => Ok(Some(value)),
        Err(raised) if raised.is_a(&NAME_ERROR) || raised.is_a(&crate::diag::builtin::TYPE_ERROR) => Ok(None),
        Err(raised) => Err(raised),
    }
}

fn is_none_type(value: &Value) -> bool {
    match value {
        Value::None => true,
        Value::Class(class) => &**class.name.borrow() == "NoneType",
        _ => false,
    }
}

/// The members of a union, if the value is one.
fn union_members(host: &mut dyn Host, value: &Value) -> R<Option<Vec<Value>>> {
    if !matches!(value, Value::Instance(_)) {
        return Ok(None);
    }
    let class = host.class_of(value).name.borrow().clone();
    let is_union = &*class == "UnionType" || &*class == "_UnionGenericAlias" || {
        match host.find_attr(value, &intern("__origin__"))? {
            Some(origin) => {
                let shown = match &origin {
                    Value::Class(class) => class.name.borrow().clone(),
                    other => host.repr(other)?,
                };
                shown.ends_with("Union") || shown.ends_with("Optional")
            }
            None => false,
        }
    };
    if !is_union {
        return Ok(None);
    }
    match host.find_attr(value, &intern("__args__"))? {
        Some(args) => host.collect(&args).map(Some),
        None => Ok(None),
    }
}

/// The text of a forward reference.
fn forward(host: &mut dyn Host, value: &Value) -> R<Option<Str>> {
    match value {
        Value::Str(text) => Ok(Some(text.clone())),
        Value::Instance(_) => Ok(host
            .find_attr(value, &intern("__forward_arg__"))?
            .and_then(|text| text.as_str().map(Str::new))),
        _ => Ok(None),
    }
}

/// A column's type without `Optional`, and whether it may be None.
pub fn column_type(
    host: &mut dyn Host,
    annotation: &Annotation,
    globals: Option<&Gc<Dict>>,
) -> R<(Value, bool)> {
    let mut inner = annotation.inner.clone();
    if let Some(text) = forward(host, &inner)? {
        inner = match evaluate(host, &text, globals)? {
            Some(value) => value,
            None => return Err(errors::could_not_resolve(&annotation.text)),
        };
    }
    if is_none_type(&inner) {
        return Ok((inner, true));
    }
    let Some(members) = union_members(host, &inner)? else { return Ok((inner, false)) };
    let nullable = members.iter().any(is_none_type);
    let mut rest: Vec<Value> = members.into_iter().filter(|member| !is_none_type(member)).collect();
    if rest.len() == 1 {
        let single = rest.remove(0);
        let single = match forward(host, &single)? {
            Some(text) => evaluate(host, &text, globals)?.unwrap_or(single),
            None => single,
        };
        return Ok((single, nullable));
    }
    Ok((inner, nullable))
}

/// `Annotated[type, ...]`: the type and what comes with it.
pub fn annotated(host: &mut dyn Host, value: &Value) -> R<Option<(Value, Vec<Value>)>> {
    if !matches!(value, Value::Instance(_)) {
        return Ok(None);
    }
    let Some(metadata) = host.find_attr(value, &intern("__metadata__"))? else { return Ok(None) };
    let Some(origin) = host.find_attr(value, &intern("__origin__"))? else { return Ok(None) };
    Ok(Some((origin, host.collect(&metadata)?)))
}

/// What a relationship's annotation says.
pub struct Target {
    /// A class, or text that names one.
    pub argument: Value,
    /// `List["X"]`, `set["X"]`: the collection's class.
    pub collection: Option<Value>,
}

/// Reads what stands in the container of a relationship.
pub fn relationship_target(host: &mut dyn Host, inner: &Value, globals: Option<&Gc<Dict>>) -> R<Target> {
    if let Some(text) = forward(host, inner)? {
        return target_in_text(host, &text, globals);
    }
    if let Some(members) = union_members(host, inner)? {
        let rest = members.into_iter().find(|member| !is_none_type(member)).unwrap_or(Value::None);
        return relationship_target(host, &rest, globals);
    }
    if let Value::Instance(_) = inner
        && let Some(origin) = host.find_attr(inner, &intern("__origin__"))?
    {
        let args = match host.find_attr(inner, &intern("__args__"))? {
            Some(args) => host.collect(&args)?,
            None => Vec::new(),
        };
        let target = args.last().cloned().unwrap_or(Value::None);
        let target = match forward(host, &target)? {
            Some(text) => Value::str(last_name(&text)),
            None => target,
        };
        return Ok(Target { argument: target, collection: Some(origin) });
    }
    Ok(Target { argument: inner.clone(), collection: None })
}

/// The same from text: `Author | None`, `Optional[Author]`, `List[Author]`.
fn target_in_text(host: &mut dyn Host, text: &str, globals: Option<&Gc<Dict>>) -> R<Target> {
    let text = text.trim().trim_matches(['"', '\'']);
    let members: Vec<&str> = split_union(text).into_iter().filter(|member| *member != "None").collect();
    if let [single] = members.as_slice()
        && *single != text
    {
        return target_in_text(host, single, globals);
    }
    if let Some((name, inside)) = subscript(text) {
        let short = name.rsplit('.').next().unwrap_or(name);
        if short == "Optional" || short == "Union" {
            let first = inside.split(',').map(str::trim).find(|part| *part != "None").unwrap_or(inside);
            return target_in_text(host, first, globals);
        }
        let member = inside.rsplit(',').next().unwrap_or(inside).trim().trim_matches(['"', '\'']);
        let builtin = match short {
            "List" | "list" | "Sequence" | "Collection" => "list",
            "Set" | "set" => "set",
            "Dict" | "dict" => "dict",
            other => other,
        };
        let collection = evaluate(host, builtin, globals)?;
        return Ok(Target { argument: Value::str(last_name(member)), collection });
    }
    Ok(Target { argument: Value::str(text), collection: None })
}

fn split_union(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let mut start = 0;
    let mut members = Vec::new();
    for (at, letter) in text.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => depth -= 1,
            '|' if depth == 0 => {
                members.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    members.push(text[start..].trim());
    members
}

fn last_name(text: &str) -> &str {
    text.trim()
}
