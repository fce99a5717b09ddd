//! `dict`.
//!
//! Owns its slots and methods. Must not know its views (`views`).

use super::convert::{base, guard_repr, of_class};
use super::{errors, sequence, views};
use crate::python::value::param::{args as var_args, kwargs, pos, pos_opt};
use crate::python::value::{
    BinaryOp, CallArgs, CompareOp, Dict, Gc, Host, NativeType, Param, ParamDefault, R, Row, Slots, Str,
    Value, bind, intern,
};

pub static DICT: NativeType = NativeType {
    constants: &[("__hash__", || Value::None)],
    doc: "dict() -> new empty dictionary",
    methods: METHODS,
    slots: Slots {
        new: Some(|_, class, _| Ok(of_class(class, &DICT, Value::Dict(Gc::new(Dict::new()))))),
        init: Some(init),
        repr: Some(repr),
        hash: Some(|host, this| Err(errors::unhashable(host, this))),
        truth: Some(|_, this| Ok(!dict(this).is_empty())),
        compare: Some(compare),
        binary: Some(binary),
        len: Some(|_, this| Ok(dict(this).len())),
        get_item: Some(get_item),
        set_item: Some(|host, this, key, value| host.dict_set(&dict(this).clone(), key.clone(), value)),
        del_item: Some(del_item),
        contains: Some(|host, this, key| Ok(host.dict_find(&dict(this).clone(), key)?.is_some())),
        iter: Some(|_, this| Ok(views::iterate(dict(this), views::Part::Keys))),
        class_get_item: Some(super::alias::class_get_item),
        ..Slots::NONE
    },
    ..NativeType::plain("dict", "builtins")
};

/// The dictionary of a receiver, which is a dictionary or an instance of a subclass.
pub fn dict(value: &Value) -> &Gc<Dict> {
    match base(value) {
        Value::Dict(dict) => dict,
        _ => unreachable!("methods of dict are bound to dictionaries only"),
    }
}

const UPDATE: &[Param] = &[var_args("args"), kwargs("kwargs")];

fn init(host: &mut dyn Host, this: &Value, args: CallArgs<'_>) -> R<()> {
    if args.positional.len() > 1 {
        let given = args.positional.len();
        return Err(errors::type_error(format!("dict expected at most 1 argument, got {given}")));
    }
    let bound = bind("dict", UPDATE, args)?;
    update_from(host, &dict(this).clone(), &bound)
}

fn update_from(host: &mut dyn Host, target: &Dict, bound: &[Value]) -> R<()> {
    if let Value::Tuple(given) = &bound[0]
        && let Some(source) = given.as_slice().first()
    {
        merge(host, target, source)?;
    }
    if let Value::Dict(keywords) = &bound[1] {
        for (key, value) in keywords.to_vec() {
            host.dict_set(target, key, value)?;
        }
    }
    Ok(())
}

/// Puts the pairs of a mapping or of an iterable of pairs into a dictionary.
pub fn merge(host: &mut dyn Host, target: &Dict, source: &Value) -> R<()> {
    if let Value::Dict(source) = source {
        for (key, value) in source.to_vec() {
            host.dict_set(target, key, value)?;
        }
        return Ok(());
    }
    if let Some(keys) = host.find_attr(source, &intern("keys"))? {
        let keys = host.call_values(&keys, &[])?;
        for key in host.collect(&keys)? {
            let value = host.get_item(source, &key)?;
            host.dict_set(target, key, value)?;
        }
        return Ok(());
    }
    for (at, item) in host.collect(source)?.iter().enumerate() {
        if !super::iterable::is_iterable(host, item)? {
            return Err(errors::type_error(format!(
                "cannot convert dictionary update sequence element #{at} to a sequence"
            )));
        }
        let pair = host.collect(item)?;
        let [key, value] = &pair[..] else {
            return Err(errors::value_error(format!(
                "dictionary update sequence element #{at} has length {}; 2 is required",
                pair.len()
            )));
        };
        host.dict_set(target, key.clone(), value.clone())?;
    }
    Ok(())
}

fn repr(host: &mut dyn Host, this: &Value) -> R<Str> {
    guard_repr(this, "{...}", || {
        let mut text = String::from("{");
        for (at, (key, value)) in dict(this).to_vec().iter().enumerate() {
            if at > 0 {
                text.push_str(", ");
            }
            text.push_str(&host.repr(key)?);
            text.push_str(": ");
            text.push_str(&host.repr(value)?);
        }
        text.push('}');
        Ok(text.into())
    })
}

fn compare(host: &mut dyn Host, op: CompareOp, this: &Value, other: &Value) -> R<Value> {
    let Value::Dict(other) = base(other) else { return Ok(Value::NotImplemented) };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NotImplemented);
    }
    let equal = equal(host, dict(this), other)?;
    Ok(Value::Bool(equal == (op == CompareOp::Eq)))
}

fn equal(host: &mut dyn Host, left: &Gc<Dict>, right: &Gc<Dict>) -> R<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    let right = right.clone();
    for (key, value) in left.to_vec() {
        match host.dict_get(&right, &key)? {
            Some(other) if sequence::same(host, &value, &other)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn binary(host: &mut dyn Host, op: BinaryOp, this: &Value, other: &Value, reflected: bool) -> R<Value> {
    let (BinaryOp::Or, Value::Dict(other)) = (op, base(other)) else { return Ok(Value::NotImplemented) };
    let (left, right) = if reflected { (other, dict(this)) } else { (dict(this), other) };
    let merged = left.copy();
    for (key, value) in right.to_vec() {
        host.dict_set(&merged, key, value)?;
    }
    Ok(Value::Dict(Gc::new(merged)))
}

fn get_item(host: &mut dyn Host, this: &Value, key: &Value) -> R<Value> {
    let found = host.dict_get(&dict(this).clone(), key)?;
    match found {
        Some(value) => Ok(value),
        None => {
            if let Value::Instance(_) = this
                && let Some(missing) = host.find_attr(this, &intern("__missing__"))?
            {
                return host.call_values(&missing, std::slice::from_ref(key));
            }
            Err(errors::key_error(host, key))
        }
    }
}

fn del_item(host: &mut dyn Host, this: &Value, key: &Value) -> R<()> {
    match host.dict_remove(&dict(this).clone(), key)? {
        Some(_) => Ok(()),
        None => Err(errors::key_error(host, key)),
    }
}

const METHODS: &[Row] = &[
    Row::method(
        "get",
        &[pos("key"), pos_opt("default", ParamDefault::None)],
        "Return the value for key if key is in the dictionary, else default.",
        "{'a': 1}.get('b', 0)",
        |host, args| Ok(host.dict_get(&dict(&args[0]).clone(), &args[1])?.unwrap_or_else(|| args[2].clone())),
    ),
    Row::method(
        "keys",
        &[],
        "A set-like object providing a view on the dictionary's keys.",
        "{'a': 1}.keys()",
        |_, args| Ok(views::view(&args[0], views::Part::Keys)),
    ),
    Row::method(
        "values",
        &[],
        "An object providing a view on the dictionary's values.",
        "{'a': 1}.values()",
        |_, args| Ok(views::view(&args[0], views::Part::Values)),
    ),
    Row::method(
        "items",
        &[],
        "A set-like object providing a view on the dictionary's items.",
        "{'a': 1}.items()",
        |_, args| Ok(views::view(&args[0], views::Part::Items)),
    ),
    Row::method(
        "pop",
        &[pos("key"), pos_opt("default", ParamDefault::Omitted("KeyError"))],
        "Remove specified key and return the corresponding value.",
        "{'a': 1}.pop('a')",
        |host, args| match remove(host, &args[0], &args[1])? {
            Some(value) => Ok(value),
            None if !args[2].is_unset() => Ok(args[2].clone()),
            None => Err(errors::key_error(host, &args[1])),
        },
    ),
    Row::method(
        "popitem",
        &[],
        "Remove and return a (key, value) pair as a 2-tuple.",
        "{'a': 1}.popitem()",
        |_, args| {
            let dict = dict(&args[0]);
            let Some((at, _)) = dict.previous_entry(usize::MAX) else {
                return Err(errors::key_error_text("'popitem(): dictionary is empty'"));
            };
            let entry = dict.remove_at(at);
            Ok(Value::tuple(vec![entry.key, entry.value]))
        },
    ),
    Row::method(
        "setdefault",
        &[pos("key"), pos_opt("default", ParamDefault::None)],
        "Insert key with a value of default if key is not in the dictionary.",
        "{}.setdefault('a', [])",
        |host, args| {
            let dict = dict(&args[0]).clone();
            if let Some(value) = host.dict_get(&dict, &args[1])? {
                return Ok(value);
            }
            host.dict_set(&dict, args[1].clone(), args[2].clone())?;
            Ok(args[2].clone())
        },
    ),
    Row::method(
        "update",
        UPDATE,
        "Update the dictionary from a mapping, an iterable of pairs and keywords.",
        "",
        |host, args| {
            if let Value::Tuple(given) = &args[1]
                && given.len() > 1
            {
                return Err(errors::type_error(format!(
                    "update expected at most 1 argument, got {}",
                    given.len()
                )));
            }
            update_from(host, &dict(&args[0]).clone(), &args[1..])?;
            Ok(Value::None)
        },
    ),
    Row::method("clear", &[], "Remove all items from the dictionary.", "", |_, args| {
        dict(&args[0]).clear();
        Ok(Value::None)
    }),
    Row::method("copy", &[], "A shallow copy of the dictionary.", "{'a': 1}.copy()", |_, args| {
        Ok(Value::Dict(Gc::new(dict(&args[0]).copy())))
    }),
    Row::class_method(
        "fromkeys",
        &[pos("iterable"), pos_opt("value", ParamDefault::None)],
        "Create a new dictionary with keys from iterable and values set to value.",
        "dict.fromkeys('ab', 0)",
        |host, args| {
            let made = host.call_values(&args[0], &[])?;
            for key in host.collect(&args[1])? {
                match &made {
                    Value::Dict(dict) => host.dict_set(dict, key, args[2].clone())?,
                    other => host.set_item(other, &key, args[2].clone())?,
                }
            }
            Ok(made)
        },
    ),
    Row::method("__reversed__", &[], "Return a reverse iterator over the dictionary keys.", "", |_, args| {
        Ok(views::iterate_back(dict(&args[0]), views::Part::Keys))
    }),
    Row::method("__ior__", &[pos("value")], "Return self|=value.", "", |host, args| {
        merge(host, &dict(&args[0]).clone(), &args[1])?;
        Ok(args[0].clone())
    }),
];

/// Removes a key; an empty dictionary does not even ask for its hash.
fn remove(host: &mut dyn Host, this: &Value, key: &Value) -> R<Option<Value>> {
    let dict = dict(this).clone();
    if dict.is_empty() { Ok(None) } else { host.dict_remove(&dict, key) }
}
