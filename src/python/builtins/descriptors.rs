//! `property`, `classmethod` and `staticmethod`.
//!
//! Owns the three descriptors. Must not know how attributes are looked up.

use std::cell::RefCell;

use super::errors;
use crate::python::value::param::{opt, pos};
use crate::python::value::{
    BoundMethod, CallArgs, Class, Gc, Getter, Host, Instance, Native, NativeType, Param, ParamDefault, R,
    Row, Slots, Str, Value, Visitor, bind, intern,
};

struct Property {
    get: Value,
    set: Value,
    delete: Value,
    doc: RefCell<Value>,
    name: RefCell<Option<Str>>,
}

impl Native for Property {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.get.trace(visitor);
        self.set.trace(visitor);
        self.delete.trace(visitor);
        if let Ok(doc) = self.doc.try_borrow() {
            doc.trace(visitor);
        }
    }
}

const PARAMS: &[Param] = &[
    opt("fget", ParamDefault::None),
    opt("fset", ParamDefault::None),
    opt("fdel", ParamDefault::None),
    opt("doc", ParamDefault::None),
];

pub static PROPERTY: NativeType = NativeType {
    doc: "Property attribute.",
    has_dict: true,
    methods: &[
        Row::method(
            "getter",
            &[pos("fget")],
            "Descriptor to obtain a copy of the property with a different getter.",
            "",
            |host, args| with(host, args, 0),
        ),
        Row::method(
            "setter",
            &[pos("fset")],
            "Descriptor to obtain a copy of the property with a different setter.",
            "",
            |host, args| with(host, args, 1),
        ),
        Row::method(
            "deleter",
            &[pos("fdel")],
            "Descriptor to obtain a copy of the property with a different deleter.",
            "",
            |host, args| with(host, args, 2),
        ),
    ],
    getters: &[
        Getter { name: "fget", doc: "", get: |_, this| Ok(property(this).get.clone()), set: None },
        Getter { name: "fset", doc: "", get: |_, this| Ok(property(this).set.clone()), set: None },
        Getter { name: "fdel", doc: "", get: |_, this| Ok(property(this).delete.clone()), set: None },
        Getter {
            name: "__doc__",
            doc: "",
            get: |host, this| {
                let own = property(this).doc.borrow().clone();
                if !own.is_none() || property(this).get.is_none() {
                    return Ok(own);
                }
                let get = property(this).get.clone();
                Ok(host.find_attr(&get, &intern("__doc__"))?.unwrap_or_default())
            },
            set: Some(|_, this, value| {
                let before = property(this).doc.replace(value);
                drop(before);
                Ok(())
            }),
        },
    ],
    slots: Slots {
        new: Some(new),
        descr_get: Some(get),
        descr_set: Some(|host, this, instance, value| {
            let set = property(this).set.clone();
            if set.is_none() {
                return Err(refused(host, this, instance, "setter"));
            }
            host.call_values(&set, &[instance.clone(), value])?;
            Ok(())
        }),
        descr_delete: Some(|host, this, instance| {
            let delete = property(this).delete.clone();
            if delete.is_none() {
                return Err(refused(host, this, instance, "deleter"));
            }
            host.call_values(&delete, std::slice::from_ref(instance))?;
            Ok(())
        }),
        set_name: Some(|_, this, _, name| {
            *property(this).name.borrow_mut() = Some(name.clone());
            Ok(())
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("property", "builtins")
};

fn property(value: &Value) -> &Property {
    value.payload::<Property>().expect("slots of a property are called on properties only")
}

fn new(_host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let mut bound = bind("property", PARAMS, args)?.into_iter();
    let mut next = || bound.next().unwrap_or_default();
    let property = Property {
        get: next(),
        set: next(),
        delete: next(),
        doc: RefCell::new(next()),
        name: RefCell::new(None),
    };
    Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(property))))
}

fn with(host: &mut dyn Host, args: &[Value], place: usize) -> R<Value> {
    let this = property(&args[0]);
    let mut parts = [this.get.clone(), this.set.clone(), this.delete.clone()];
    parts[place] = args[1].clone();
    let [get, set, delete] = parts;
    let name = RefCell::new(this.name.borrow().clone());
    let doc = RefCell::new(this.doc.borrow().clone());
    let copy = Property { get, set, delete, doc, name };
    let class = host.class_of(&args[0]);
    Ok(Value::Instance(Instance::with_payload(class, Box::new(copy))))
}

fn get(host: &mut dyn Host, this: &Value, instance: &Value, _owner: &Gc<Class>) -> R<Value> {
    if instance.is_none() || instance.is_unset() {
        return Ok(this.clone());
    }
    let get = property(this).get.clone();
    if get.is_none() {
        return Err(refused(host, this, instance, "getter"));
    }
    host.call_values(&get, std::slice::from_ref(instance))
}

/// `AttributeError: property 'name' of 'Student' object has no setter`
fn refused(host: &mut dyn Host, this: &Value, instance: &Value, what: &str) -> crate::python::value::Raised {
    let owner = host.class_of(instance).qualname.borrow().clone();
    let name = property(this).name.borrow().clone();
    errors::attribute_error(match name {
        Some(name) => format!("property '{name}' of '{owner}' object has no {what}"),
        None => format!("property of '{owner}' object has no {what}"),
    })
}

struct Wrapped(Value);

impl Native for Wrapped {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.0.trace(visitor);
    }
}

fn wrapped(value: &Value) -> &Value {
    &value.payload::<Wrapped>().expect("slots of a wrapper are called on wrappers only").0
}

const FUNC: &[Getter] = &[
    Getter { name: "__func__", doc: "", get: |_, this| Ok(wrapped(this).clone()), set: None },
    Getter { name: "__wrapped__", doc: "", get: |_, this| Ok(wrapped(this).clone()), set: None },
    Getter {
        name: "__isabstractmethod__",
        doc: "",
        get: |host, this| {
            let inner = wrapped(this).clone();
            Ok(host.find_attr(&inner, &intern("__isabstractmethod__"))?.unwrap_or(Value::Bool(false)))
        },
        set: None,
    },
];

fn wrap(class: &Gc<Class>, name: &str, args: CallArgs<'_>) -> R<Value> {
    let [function] = args.positional else {
        let given = args.positional.len();
        return Err(errors::type_error(format!("{name} expected 1 argument, got {given}")));
    };
    Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(Wrapped(function.clone())))))
}

const WRAPPER: Slots = Slots {
    get_attr: Some(|host, this, name| {
        if !name.starts_with("__") || &**name == "__get__" {
            return Ok(None);
        }
        let inner = wrapped(this).clone();
        host.find_attr(&inner, name)
    }),
    ..Slots::NONE
};

pub static CLASSMETHOD: NativeType = NativeType {
    doc: "Convert a function to be a class method.",
    has_dict: true,
    getters: FUNC,
    slots: Slots {
        new: Some(|_, class, args| wrap(class, "classmethod", args)),
        descr_get: Some(|host, this, instance, owner| {
            let function = wrapped(this).clone();
            let receiver = Value::Class(owner.clone());
            let _ = instance;
            // A property below a class method is computed for the class.
            if function.payload::<Property>().is_some() {
                return get(host, &function, &receiver, owner);
            }
            Ok(Value::Method(Gc::new(BoundMethod { function, receiver })))
        }),
        repr: Some(|host, this| {
            let inner = wrapped(this).clone();
            Ok(format!("<classmethod({})>", host.repr(&inner)?).into())
        }),
        ..WRAPPER
    },
    ..NativeType::plain("classmethod", "builtins")
};

pub static STATICMETHOD: NativeType = NativeType {
    doc: "Convert a function to be a static method.",
    has_dict: true,
    getters: FUNC,
    slots: Slots {
        new: Some(|_, class, args| wrap(class, "staticmethod", args)),
        descr_get: Some(|_, this, _, _| Ok(wrapped(this).clone())),
        call: Some(|host, this, args| {
            let inner = wrapped(this).clone();
            host.call(&inner, args)
        }),
        repr: Some(|host, this| {
            let inner = wrapped(this).clone();
            Ok(format!("<staticmethod({})>", host.repr(&inner)?).into())
        }),
        ..WRAPPER
    },
    ..NativeType::plain("staticmethod", "builtins")
};

/// The function inside a class method or static method.
pub fn unwrapped(value: &Value) -> Option<&Value> {
    value.payload::<Wrapped>().map(|inner| &inner.0)
}
