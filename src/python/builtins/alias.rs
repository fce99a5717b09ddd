//! Types with arguments and unions of types: `list[int]`, `int | None`.
//!
//! Owns `types.GenericAlias` and `types.UnionType`. Must not know `typing`'s own forms.

use super::{errors, sequence};
use crate::python::value::{
    BinaryOp, Class, CompareOp, Gc, Getter, Host, Native, NativeType, R, Slots, Str, Value, Visitor, intern,
    mix_tuple,
};

struct Alias {
    origin: Value,
    args: Vec<Value>,
}

impl Native for Alias {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.origin.trace(visitor);
        self.args.iter().for_each(|arg| arg.trace(visitor));
    }
}

pub static GENERIC_ALIAS: NativeType = NativeType {
    doc: "Represent a PEP 585 generic type",
    getters: &[
        Getter { name: "__origin__", doc: "", get: |_, this| Ok(alias(this).origin.clone()), set: None },
        Getter {
            name: "__args__",
            doc: "",
            get: |_, this| Ok(Value::tuple(alias(this).args.clone())),
            set: None,
        },
        Getter {
            name: "__parameters__",
            doc: "",
            get: |host, this| parameters(host, &alias(this).args.clone()),
            set: None,
        },
    ],
    slots: Slots {
        repr: Some(|host, this| {
            let alias = alias(this);
            let origin = spell(host, &alias.origin)?;
            let mut parts = Vec::new();
            for arg in &alias.args {
                parts.push(spell(host, arg)?.to_string());
            }
            if parts.is_empty() {
                parts.push("()".into());
            }
            Ok(format!("{origin}[{}]", parts.join(", ")).into())
        }),
        hash: Some(|host, this| {
            let alias = alias(this);
            let mut hashes = vec![host.hash(&alias.origin)?];
            for arg in &alias.args {
                hashes.push(host.hash(arg)?);
            }
            Ok(mix_tuple(hashes.into_iter()))
        }),
        compare: Some(|host, op, this, other| {
            let Some(other) = other.payload::<Alias>() else { return Ok(Value::NotImplemented) };
            let this = alias(this);
            if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
                return Ok(Value::NotImplemented);
            }
            let same = host.eq(&this.origin, &other.origin)?;
            let same = same
                && sequence::compare(host, CompareOp::Eq, &this.args, &other.args)?.is(&Value::Bool(true));
            Ok(Value::Bool(same == (op == CompareOp::Eq)))
        }),
        binary: Some(|host, op, this, other, reflected| union_slot(host, op, this, other, reflected)),
        call: Some(|host, this, args| {
            let origin = alias(this).origin.clone();
            let made = host.call(&origin, args)?;
            if let Value::Instance(_) = &made {
                // As CPython: where the object takes attributes, it remembers how it was made.
                let _ = host.set_attr(&made, &intern("__orig_class__"), this.clone());
            }
            Ok(made)
        }),
        get_attr: Some(|host, this, name| {
            if name.starts_with("__")
                && name.ends_with("__")
                && &**name != "__name__"
                && &**name != "__qualname__"
                && &**name != "__module__"
                && &**name != "__doc__"
            {
                return Ok(None);
            }
            let origin = alias(this).origin.clone();
            host.find_attr(&origin, name)
        }),
        get_item: Some(|host, this, key| {
            let alias = alias(this);
            let given = items_of(key);
            let free = parameters(host, &alias.args.clone())?;
            let free = host.collect(&free)?;
            if free.is_empty() {
                let shown = host.repr(this)?;
                return Err(errors::type_error(format!("{shown} is not a generic class")));
            }
            let mut args = Vec::new();
            for arg in &alias.args {
                let at = free.iter().position(|parameter| parameter.is(arg));
                args.push(at.and_then(|at| given.get(at)).unwrap_or(arg).clone());
            }
            Ok(generic(alias.origin.clone(), args))
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("GenericAlias", "types")
};

fn alias(value: &Value) -> &Alias {
    value.payload::<Alias>().expect("slots of an alias are called on aliases only")
}

/// The type variables among arguments, in order, each once.
fn parameters(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut found: Vec<Value> = Vec::new();
    for arg in args {
        if errors::type_name(host, arg) == "TypeVar" {
            if !found.iter().any(|known| known.is(arg)) {
                found.push(arg.clone());
            }
        } else if let Value::Instance(_) = arg
            && let Some(inner) = host.find_attr(arg, &intern("__parameters__"))?
        {
            for parameter in host.collect(&inner)? {
                if !found.iter().any(|known| known.is(&parameter)) {
                    found.push(parameter);
                }
            }
        }
    }
    Ok(Value::tuple(found))
}

fn items_of(key: &Value) -> Vec<Value> {
    match key {
        Value::Tuple(items) => items.as_slice().to_vec(),
        one => vec![one.clone()],
    }
}

/// `origin[args]`.
pub fn generic(origin: Value, args: Vec<Value>) -> Value {
    Value::native(&GENERIC_ALIAS, Alias { origin, args })
}

/// The slot of builtin classes that take arguments: `list[int]`.
pub fn class_get_item(_host: &mut dyn Host, class: &Gc<Class>, key: &Value) -> R<Value> {
    Ok(generic(Value::Class(class.clone()), items_of(key)))
}

/// A type as it stands inside `list[...]`: its name, with its module unless that is builtins.
pub fn spell(host: &mut dyn Host, value: &Value) -> R<Str> {
    match value {
        Value::Class(class) => {
            let name = class.qualname.borrow().clone();
            let module = host.find_attr(value, &intern("__module__"))?;
            Ok(match module.as_ref().and_then(Value::as_str) {
                Some("builtins") | None => name,
                Some(module) => format!("{module}.{name}").into(),
            })
        }
        Value::Ellipsis => Ok(Str::new("...")),
        other => host.repr(other),
    }
}

/// `types.UnionType`: `int | None`.
pub static UNION_TYPE: NativeType = NativeType {
    doc: "Represent a PEP 604 union type",
    getters: &[
        Getter {
            name: "__args__",
            doc: "",
            get: |_, this| Ok(Value::tuple(union_args(this).to_vec())),
            set: None,
        },
        Getter {
            name: "__parameters__",
            doc: "",
            get: |host, this| parameters(host, union_args(this)),
            set: None,
        },
    ],
    slots: Slots {
        repr: Some(|host, this| {
            let mut parts = Vec::new();
            for arg in union_args(this).to_vec() {
                let is_none = matches!(&arg, Value::Class(class) if &**class.name.borrow() == "NoneType");
                parts.push(if is_none { "None".to_string() } else { spell(host, &arg)?.to_string() });
            }
            Ok(parts.join(" | ").into())
        }),
        hash: Some(|host, this| {
            let mut hash = 0;
            for arg in union_args(this).to_vec() {
                hash ^= host.hash(&arg)?;
            }
            Ok(hash)
        }),
        compare: Some(|host, op, this, other| {
            let Some(other) = other.payload::<Union>() else { return Ok(Value::NotImplemented) };
            if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
                return Ok(Value::NotImplemented);
            }
            let (this, other) = (union_args(this).to_vec(), other.0.clone());
            let mut same = this.len() == other.len();
            for arg in &this {
                let mut found = false;
                for candidate in &other {
                    found = found || sequence::same(host, arg, candidate)?;
                }
                same = same && found;
            }
            Ok(Value::Bool(same == (op == CompareOp::Eq)))
        }),
        binary: Some(|host, op, this, other, reflected| union_slot(host, op, this, other, reflected)),
        ..Slots::NONE
    },
    ..NativeType::plain("UnionType", "types")
};

struct Union(Vec<Value>);

impl Native for Union {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.0.iter().for_each(|arg| arg.trace(visitor));
    }
}

/// The members of a union.
pub fn union_args(value: &Value) -> &[Value] {
    value.payload::<Union>().map_or(&[], |union| &union.0)
}

fn is_type_like(host: &mut dyn Host, value: &Value) -> R<bool> {
    Ok(match value {
        Value::None | Value::Class(_) => true,
        Value::Instance(_) => {
            value.payload::<Union>().is_some()
                || value.payload::<Alias>().is_some()
                || host.class_of(value).native.module == "typing"
                || host.find_attr(value, &intern("__origin__"))?.is_some()
        }
        _ => false,
    })
}

/// `|` between types: the operator of `type`, of aliases and of unions themselves.
pub fn union_slot(
    host: &mut dyn Host,
    op: BinaryOp,
    this: &Value,
    other: &Value,
    reflected: bool,
) -> R<Value> {
    if op != BinaryOp::Or || !is_type_like(host, other)? {
        return Ok(Value::NotImplemented);
    }
    let (left, right) = if reflected { (other, this) } else { (this, other) };
    let mut members: Vec<Value> = Vec::new();
    for side in [left, right] {
        let parts = match side {
            Value::None => vec![Value::Class(crate::python::value::native_class(&super::kinds::NONE))],
            side if side.payload::<Union>().is_some() => union_args(side).to_vec(),
            side => vec![side.clone()],
        };
        for part in parts {
            let mut known = false;
            for member in &members {
                known = known || sequence::same(host, member, &part)?;
            }
            if !known {
                members.push(part);
            }
        }
    }
    if let [one] = &members[..] {
        return Ok(one.clone());
    }
    Ok(Value::native(&UNION_TYPE, Union(members)))
}
