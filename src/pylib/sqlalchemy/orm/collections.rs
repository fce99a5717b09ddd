//! `InstrumentedList`, `InstrumentedSet`, `InstrumentedDict`: builtin containers that tell their owner of changes.
//!
//! Owns their changing methods; everything else is the builtin's. Must not know what owners do (`orm::collection`).

use crate::diag::builtin::{INDEX_ERROR, KEY_ERROR, VALUE_ERROR};
use crate::orm::collection::{self, Shape, base, before_pop, entering, leaving};
use crate::python::builtins::{dict::DICT, list::LIST, set::SET};
use crate::python::value::{
    BaseValue, Dict, Gc, Host, Instance, List, NativeType, ParamDefault, R, Raised, Row, Set, Slots, Value,
    param,
};

/// Tells the ORM which types its collections are.
pub fn register() {
    collection::register_kind(Shape::List, &INSTRUMENTED_LIST);
    collection::register_kind(Shape::Set, &INSTRUMENTED_SET);
    collection::register_kind(Shape::Dict, &INSTRUMENTED_DICT);
}

fn list_of(object: &Value) -> Gc<List> {
    match base(object) {
        Some(Value::List(list)) => list,
        _ => Gc::new(List::new(Vec::new())),
    }
}

fn set_of(object: &Value) -> Gc<Set> {
    match base(object) {
        Some(Value::Set(set)) => set,
        _ => Gc::new(Set::new(false)),
    }
}

fn dict_of(object: &Value) -> Gc<Dict> {
    match base(object) {
        Some(Value::Dict(dict)) => dict,
        _ => Gc::new(Dict::new()),
    }
}

fn make(class: &Gc<crate::python::value::Class>, value: Value) -> Value {
    Value::Instance(Instance::with_payload(class.clone(), Box::new(BaseValue(value))))
}

// Lists.

pub static INSTRUMENTED_LIST: NativeType = NativeType {
    bases: &[&LIST],
    doc: "An instrumented version of the built-in list.",
    has_dict: true,
    methods: &[
        Row::method("append", &[param::pos("item")], "Puts an item at the end.", "", |host, args| {
            let item = entering(host, &args[0], args[1].clone())?;
            list_of(&args[0]).push(item);
            Ok(Value::None)
        }),
        Row::method("remove", &[param::pos("item")], "Takes the first equal item out.", "", |host, args| {
            leaving(host, &args[0], &args[1])?;
            let list = list_of(&args[0]);
            for (index, item) in list.to_vec().iter().enumerate() {
                if host.eq(item, &args[1])? {
                    drop(list.borrow_mut().remove(index));
                    return Ok(Value::None);
                }
            }
            Err(Raised::new(&VALUE_ERROR, "list.remove(x): x not in list"))
        }),
        Row::method(
            "insert",
            &[param::pos("index"), param::pos("item")],
            "Puts an item before an index.",
            "",
            |host, args| {
                let item = entering(host, &args[0], args[2].clone())?;
                let list = list_of(&args[0]);
                let length = list.len() as i64;
                let index = match &args[1] {
                    Value::Int(index) if *index < 0 => (index + length).max(0),
                    Value::Int(index) => (*index).min(length),
                    _ => length,
                };
                list.borrow_mut().insert(index as usize, item);
                Ok(Value::None)
            },
        ),
        Row::method("extend", &[param::pos("items")], "Puts items at the end.", "", |host, args| {
            extend(host, &args[0], &args[1])?;
            Ok(Value::None)
        }),
        Row::method(
            "pop",
            &[param::pos_opt("index", ParamDefault::Int(-1))],
            "Takes the item at an index out.",
            "",
            |host, args| {
                before_pop(host, &args[0])?;
                let list = list_of(&args[0]);
                let Value::Int(index) = &args[1] else { return Ok(Value::None) };
                let length = list.len() as i64;
                if length == 0 {
                    return Err(Raised::new(&INDEX_ERROR, "pop from empty list"));
                }
                let at = if *index < 0 { index + length } else { *index };
                if at < 0 || at >= length {
                    return Err(Raised::new(&INDEX_ERROR, "pop index out of range"));
                }
                let item = list.borrow_mut().remove(at as usize);
                leaving(host, &args[0], &item)?;
                Ok(item)
            },
        ),
        Row::method("__iadd__", &[param::pos("items")], "Puts items at the end.", "", |host, args| {
            extend(host, &args[0], &args[1])?;
            Ok(args[0].clone())
        }),
        Row::method("clear", &[], "Takes all items out.", "", |host, args| {
            let list = list_of(&args[0]);
            for item in list.to_vec() {
                leaving(host, &args[0], &item)?;
            }
            let items = std::mem::take(&mut *list.borrow_mut());
            drop(items);
            Ok(Value::None)
        }),
    ],
    slots: Slots {
        new: Some(|_, class, _| Ok(make(class, Value::list(Vec::new())))),
        init: Some(|host, object, args| {
            if let Some(items) = args.positional.first() {
                let items = host.collect(items)?;
                list_of(object).borrow_mut().extend(items);
            }
            Ok(())
        }),
        set_item: Some(set_list_item),
        del_item: Some(delete_list_item),
        ..Slots::NONE
    },
    ..NativeType::plain("InstrumentedList", "sqlalchemy.orm.collections")
};

fn extend(host: &mut dyn Host, object: &Value, items: &Value) -> R<()> {
    for item in host.collect(items)? {
        host.call_method(object, "append", &[item])?;
    }
    Ok(())
}

fn set_list_item(host: &mut dyn Host, object: &Value, key: &Value, value: Value) -> R<()> {
    let list = list_of(object);
    if let Value::Slice(slice) = key {
        return set_list_slice(host, object, [&slice.start, &slice.stop, &slice.step], &value);
    }
    let current = Value::List(list.clone());
    let existing = host.get_item(&current, key)?;
    if !existing.is_none() {
        leaving(host, object, &existing)?;
    }
    let value = entering(host, object, value)?;
    host.set_item(&current, key, value)
}

/// Slice assignment: what the slice covers is deleted one by one, what is assigned is inserted one by one.
fn set_list_slice(host: &mut dyn Host, object: &Value, parts: [&Value; 3], value: &Value) -> R<()> {
    let length = |object: &Value| list_of(object).len() as i64;
    let number = |part: &Value, missing: i64| match part {
        Value::Int(number) => *number,
        Value::Bool(number) => i64::from(*number),
        _ => missing,
    };
    let [start, stop, step] = parts;
    let step = match number(step, 1) {
        0 => 1,
        step => step,
    };
    let mut start = number(start, 0);
    if start < 0 {
        start += length(object);
    }
    let mut stop = number(stop, length(object));
    if stop < 0 {
        stop += length(object);
    }
    let places: Vec<i64> = if step > 0 {
        (start..stop).step_by(step as usize).collect()
    } else {
        std::iter::successors(Some(start), |at| Some(at + step)).take_while(|at| *at > stop).collect()
    };
    if step == 1 {
        if value.is(object) {
            return Ok(());
        }
        for _ in places {
            if length(object) > start {
                host.del_item(object, &Value::Int(start))?;
            }
        }
        for (offset, item) in host.collect(value)?.into_iter().enumerate() {
            host.call_method(object, "insert", &[Value::Int(offset as i64 + start), item])?;
        }
        return Ok(());
    }
    let items = host.collect(value)?;
    if items.len() != places.len() {
        let text = format!(
            "attempt to assign sequence of size {} to extended slice of size {}",
            items.len(),
            places.len()
        );
        return Err(Raised::new(&VALUE_ERROR, text));
    }
    for (place, item) in places.into_iter().zip(items) {
        set_list_item(host, object, &Value::Int(place), item)?;
    }
    Ok(())
}

fn delete_list_item(host: &mut dyn Host, object: &Value, key: &Value) -> R<()> {
    let current = Value::List(list_of(object));
    let covered = host.get_item(&current, key)?;
    let items = if matches!(key, Value::Slice(_)) { host.collect(&covered)? } else { vec![covered] };
    for item in &items {
        leaving(host, object, item)?;
    }
    host.del_item(&current, key)
}

// Sets.

fn set_remove(host: &mut dyn Host, object: &Value, item: &Value) -> R<bool> {
    let set = set_of(object);
    if host.set_find(&set, item)?.0.is_none() {
        return Ok(false);
    }
    leaving(host, object, item)?;
    if let (Some(place), _) = host.set_find(&set, item)? {
        drop(set.remove_at(place));
    }
    Ok(true)
}

fn set_add(host: &mut dyn Host, object: &Value, item: Value) -> R<()> {
    let set = set_of(object);
    if host.set_find(&set, &item)?.0.is_some() {
        return Ok(());
    }
    let item = entering(host, object, item)?;
    host.set_add(&set, item)?;
    Ok(())
}

/// What both have goes, what only the other has comes.
fn set_xor(host: &mut dyn Host, object: &Value, other: &Value) -> R<()> {
    let have = Value::Set(set_of(object));
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for item in host.collect(other)? {
        if host.contains(&have, &item)? { gone.push(item) } else { new.push(item) }
    }
    for item in gone {
        set_remove(host, object, &item)?;
    }
    for item in new {
        set_add(host, object, item)?;
    }
    Ok(())
}

pub static INSTRUMENTED_SET: NativeType = NativeType {
    bases: &[&SET],
    doc: "An instrumented version of the built-in set.",
    has_dict: true,
    methods: &[
        Row::method("add", &[param::pos("item")], "Adds an item.", "", |host, args| {
            set_add(host, &args[0], args[1].clone())?;
            Ok(Value::None)
        }),
        Row::method(
            "discard",
            &[param::pos("item")],
            "Takes an item out if it is there.",
            "",
            |host, args| {
                set_remove(host, &args[0], &args[1])?;
                Ok(Value::None)
            },
        ),
        Row::method("remove", &[param::pos("item")], "Takes an item out.", "", |host, args| {
            if set_remove(host, &args[0], &args[1])? {
                return Ok(Value::None);
            }
            let shown = host.repr(&args[1])?;
            Err(Raised::new(&KEY_ERROR, shown.to_string()))
        }),
        Row::method("pop", &[], "Takes some item out.", "", |host, args| {
            before_pop(host, &args[0])?;
            let set = set_of(&args[0]);
            let Some((place, _, item)) = set.next_key(0) else {
                return Err(Raised::new(&KEY_ERROR, "'pop from an empty set'"));
            };
            drop(set.remove_at(place));
            leaving(host, &args[0], &item)?;
            Ok(item)
        }),
        Row::method("clear", &[], "Takes all items out.", "", |host, args| {
            for item in set_of(&args[0]).to_vec() {
                set_remove(host, &args[0], &item)?;
            }
            Ok(Value::None)
        }),
        Row::method("__ior__", &[param::pos("other")], "Adds all items of another set.", "", |host, args| {
            for item in host.collect(&args[1])? {
                set_add(host, &args[0], item)?;
            }
            Ok(args[0].clone())
        }),
        Row::method(
            "__isub__",
            &[param::pos("other")],
            "Takes out what another set has.",
            "",
            |host, args| {
                for item in host.collect(&args[1])? {
                    set_remove(host, &args[0], &item)?;
                }
                Ok(args[0].clone())
            },
        ),
        Row::method(
            "__iand__",
            &[param::pos("other")],
            "Keeps what another set has too.",
            "",
            |host, args| {
                for item in set_of(&args[0]).to_vec() {
                    if !host.contains(&args[1], &item)? {
                        set_remove(host, &args[0], &item)?;
                    }
                }
                Ok(args[0].clone())
            },
        ),
        Row::method(
            "__ixor__",
            &[param::pos("other")],
            "Keeps and adds what is in one of two sets only.",
            "",
            |host, args| {
                set_xor(host, &args[0], &args[1])?;
                Ok(args[0].clone())
            },
        ),
        Row::method(
            "symmetric_difference_update",
            &[param::pos("other")],
            "Keeps and adds what is in one of two sets only.",
            "",
            |host, args| {
                set_xor(host, &args[0], &args[1])?;
                Ok(Value::None)
            },
        ),
        Row::method("update", &[param::args("others")], "Adds all items of others.", "", |host, args| {
            for other in host.collect(&args[1])? {
                for item in host.collect(&other)? {
                    set_add(host, &args[0], item)?;
                }
            }
            Ok(Value::None)
        }),
        Row::method(
            "difference_update",
            &[param::args("others")],
            "Takes out what others have.",
            "",
            |host, args| {
                for other in host.collect(&args[1])? {
                    for item in host.collect(&other)? {
                        set_remove(host, &args[0], &item)?;
                    }
                }
                Ok(Value::None)
            },
        ),
        Row::method(
            "intersection_update",
            &[param::args("others")],
            "Keeps what others have too.",
            "",
            |host, args| {
                let others = host.collect(&args[1])?;
                for item in set_of(&args[0]).to_vec() {
                    for other in &others {
                        if !host.contains(other, &item)? {
                            set_remove(host, &args[0], &item)?;
                            break;
                        }
                    }
                }
                Ok(Value::None)
            },
        ),
    ],
    slots: Slots {
        new: Some(|_, class, _| Ok(make(class, Value::Set(Gc::new(Set::new(false)))))),
        init: Some(|host, object, args| {
            if let Some(items) = args.positional.first() {
                let set = set_of(object);
                for item in host.collect(items)? {
                    host.set_add(&set, item)?;
                }
            }
            Ok(())
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("InstrumentedSet", "sqlalchemy.orm.collections")
};

// Dictionaries.

fn put(host: &mut dyn Host, object: &Value, key: &Value, value: Value) -> R<()> {
    let dict = dict_of(object);
    if let Some(existing) = host.dict_get(&dict, key)? {
        leaving(host, object, &existing)?;
    }
    let value = entering(host, object, value)?;
    host.dict_set(&dict, key.clone(), value)
}

fn take(host: &mut dyn Host, object: &Value, key: &Value) -> R<Option<Value>> {
    let dict = dict_of(object);
    let Some(existing) = host.dict_get(&dict, key)? else { return Ok(None) };
    leaving(host, object, &existing)?;
    host.dict_remove(&dict, key)?;
    Ok(Some(existing))
}

fn missing(host: &mut dyn Host, key: &Value) -> R<Raised> {
    let shown = host.repr(key)?;
    Ok(Raised::new(&KEY_ERROR, shown.to_string()))
}

pub static INSTRUMENTED_DICT: NativeType = NativeType {
    bases: &[&DICT],
    doc: "An instrumented version of the built-in dict.",
    has_dict: true,
    methods: &[
        Row::method(
            "pop",
            &[param::pos("key"), param::pos_opt("default", ParamDefault::Omitted("..."))],
            "Takes the value of a key out.",
            "",
            |host, args| {
                before_pop(host, &args[0])?;
                match take(host, &args[0], &args[1])? {
                    Some(value) => Ok(value),
                    None if !args[2].is_unset() => Ok(args[2].clone()),
                    None => Err(missing(host, &args[1])?),
                }
            },
        ),
        Row::method("popitem", &[], "Takes the last pair out.", "", |host, args| {
            before_pop(host, &args[0])?;
            let dict = dict_of(&args[0]);
            let Some((_, entry)) = dict.previous_entry(usize::MAX) else {
                return Err(Raised::new(&KEY_ERROR, "'popitem(): dictionary is empty'"));
            };
            take(host, &args[0], &entry.key)?;
            Ok(Value::tuple(vec![entry.key, entry.value]))
        }),
        Row::method(
            "setdefault",
            &[param::pos("key"), param::pos_opt("default", ParamDefault::None)],
            "The value of a key, put there if it is missing.",
            "",
            |host, args| {
                if let Some(value) = host.dict_get(&dict_of(&args[0]), &args[1])? {
                    return Ok(value);
                }
                host.set_item(&args[0], &args[1], args[2].clone())?;
                Ok(args[2].clone())
            },
        ),
        Row::method("clear", &[], "Takes all pairs out.", "", |host, args| {
            for key in dict_of(&args[0]).keys() {
                take(host, &args[0], &key)?;
            }
            Ok(Value::None)
        }),
        Row::method(
            "update",
            &[param::pos_opt("other", ParamDefault::Omitted("()")), param::kwargs("pairs")],
            "Puts pairs in.",
            "",
            |host, args| {
                let mut pairs = Vec::new();
                match base(&args[1]) {
                    Some(Value::Dict(dict)) => pairs.extend(dict.to_vec()),
                    _ if !args[1].is_unset() => {
                        for pair in host.collect(&args[1])? {
                            let pair = host.collect(&pair)?;
                            if let [key, value] = pair.as_slice() {
                                pairs.push((key.clone(), value.clone()));
                            }
                        }
                    }
                    _ => {}
                }
                if let Value::Dict(named) = &args[2] {
                    pairs.extend(named.to_vec());
                }
                for (key, value) in pairs {
                    host.set_item(&args[0], &key, value)?;
                }
                Ok(Value::None)
            },
        ),
    ],
    slots: Slots {
        new: Some(|_, class, _| Ok(make(class, Value::Dict(Gc::new(Dict::new()))))),
        init: Some(|_, _, _| Ok(())),
        set_item: Some(|host, object, key, value| put(host, object, key, value)),
        del_item: Some(|host, object, key| match take(host, object, key)? {
            Some(_) => Ok(()),
            None => Err(missing(host, key)?),
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("InstrumentedDict", "sqlalchemy.orm.collections")
};
