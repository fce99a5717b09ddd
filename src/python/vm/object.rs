//! `object` and `type` as classes: the methods that every object and every class has.
//!
//! Owns `object.__init__` and its kin, slot members of `__slots__`, the read-only view of a class dictionary.
//! Must not know attribute caches.

use super::{Vm, errors, machine};
use crate::python::value::param::{args, kwargs, pos};
use crate::python::value::{
    CallArgs, Class, CompareOp, Dict, Gc, Host, Native, NativeType, R, Row, Slots, Str, Value, Visitor,
    intern,
};

fn keywords(value: &Value) -> (Vec<Str>, Vec<Value>) {
    match value {
        Value::Dict(dict) => dict
            .to_vec()
            .into_iter()
            .filter_map(|(name, value)| match name {
                Value::Str(name) => Some((intern(&name), value)),
                _ => None,
            })
            .unzip(),
        _ => (Vec::new(), Vec::new()),
    }
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::Tuple(items) => items.as_slice(),
        _ => &[],
    }
}

pub(super) static OBJECT_METHODS: &[Row] = &[
    Row::method(
        "__init__",
        &[args("args"), kwargs("kwargs")],
        "Initialize self.  See help(type(self)) for accurate signature.",
        "",
        |host, given| {
            let vm = machine(host);
            let class = vm.class_of(&given[0]);
            let (names, values) = keywords(&given[2]);
            if let Some(init) = class.native.slot(|slots| slots.init) {
                let call = CallArgs { positional: items(&given[1]), names: &names, keywords: &values };
                init(vm, &given[0], call)?;
                return Ok(Value::None);
            }
            let extra = !items(&given[1]).is_empty() || !names.is_empty();
            if extra && class.native.slot(|slots| slots.new).is_none() && class.native.name == "object" {
                let own_init = class
                    .lookup(&vm.names.init.clone())
                    .is_some_and(|init| !super::attr::is_native_slot(&init));
                if own_init {
                    return Err(errors::type_error(
                        "object.__init__() takes exactly one argument (the instance to initialize)",
                    ));
                }
                let own_new =
                    class.lookup(&vm.names.new.clone()).is_some_and(|new| !super::attr::is_native_slot(&new));
                if !own_new {
                    return Err(errors::takes_no_arguments(&class.name.borrow()));
                }
            }
            Ok(Value::None)
        },
    ),
    Row::static_method(
        "__new__",
        &[args("args"), kwargs("kwargs")],
        "Create and return a new object.  See help(type) for accurate signature.",
        "",
        |host, given| {
            let vm = machine(host);
            let Some((Value::Class(class), rest)) = items(&given[0]).split_first() else {
                return Err(errors::type_error("object.__new__(X): X is not a type object"));
            };
            let (names, values) = keywords(&given[1]);
            vm.new_instance(class, CallArgs { positional: rest, names: &names, keywords: &values })
        },
    ),
    Row::method("__repr__", &[], "Return repr(self).", "", |host, given| {
        let vm = machine(host);
        match vm.native_of(&given[0]).slot(|slots| slots.repr) {
            Some(repr) => repr(vm, &given[0]).map(Value::Str),
            None => vm.default_repr(&given[0]).map(Value::Str),
        }
    }),
    Row::method("__str__", &[], "Return str(self).", "", |host, given| {
        let vm = machine(host);
        match vm.native_of(&given[0]).slot(|slots| slots.str) {
            Some(str) => str(vm, &given[0]).map(Value::Str),
            None => vm.repr(&given[0]).map(Value::Str),
        }
    }),
    Row::method("__format__", &[pos("format_spec")], "Default object formatter.", "", |host, given| {
        let vm = machine(host);
        let spec = given[1].as_str().unwrap_or("").to_string();
        if spec.is_empty() {
            return vm.str(&given[0]).map(Value::Str);
        }
        let kind = vm.type_name(&given[0]);
        Err(errors::type_error(format!("unsupported format string passed to {kind}.__format__")))
    }),
    Row::method("__eq__", &[pos("value")], "Return self==value.", "", |host, given| {
        let vm = machine(host);
        match vm.native_of(&given[0]).slot(|slots| slots.compare) {
            Some(compare) => compare(vm, CompareOp::Eq, &given[0], &given[1]),
            None if given[0].is(&given[1]) => Ok(Value::Bool(true)),
            None => Ok(Value::NotImplemented),
        }
    }),
    Row::method("__ne__", &[pos("value")], "Return self!=value.", "", |host, given| {
        match host.call_method(&given[0], "__eq__", &given[1..])? {
            Value::NotImplemented => Ok(Value::NotImplemented),
            answer => Ok(Value::Bool(!host.truth(&answer)?)),
        }
    }),
    Row::method("__lt__", &[pos("value")], "Return self<value.", "", |_, _| Ok(Value::NotImplemented)),
    Row::method("__le__", &[pos("value")], "Return self<=value.", "", |_, _| Ok(Value::NotImplemented)),
    Row::method("__gt__", &[pos("value")], "Return self>value.", "", |_, _| Ok(Value::NotImplemented)),
    Row::method("__ge__", &[pos("value")], "Return self>=value.", "", |_, _| Ok(Value::NotImplemented)),
    Row::method("__hash__", &[], "Return hash(self).", "", |_, given| {
        Ok(Value::Int(crate::python::value::hash_address(given[0].id())))
    }),
    Row::method("__getattribute__", &[pos("name")], "Return getattr(self, name).", "", |host, given| {
        let vm = machine(host);
        let Value::Str(name) = &given[1] else {
            let kind = vm.type_name(&given[1]);
            return Err(errors::type_error(format!("attribute name must be string, not '{kind}'")));
        };
        let name = intern(name);
        let found = match &given[0] {
            Value::Instance(instance) => {
                let class = instance.class();
                vm.plain_instance_attribute(&given[0], instance, &class, &name)?
            }
            other => vm.find_attribute(other, &name)?,
        };
        match found {
            Some(value) => Ok(value),
            None => Err(vm.no_such_attribute(&given[0], &name)),
        }
    }),
    Row::method(
        "__setattr__",
        &[pos("name"), pos("value")],
        "Implement setattr(self, name, value).",
        "",
        |host, given| {
            let vm = machine(host);
            let Value::Str(name) = &given[1] else {
                let kind = vm.type_name(&given[1]);
                return Err(errors::type_error(format!("attribute name must be string, not '{kind}'")));
            };
            let name = intern(name);
            match &given[0] {
                Value::Instance(instance) => {
                    vm.plain_set_attribute(&given[0], instance, &name, given[2].clone())?
                }
                Value::Class(class) => vm.plain_set_class_attribute(class, &name, given[2].clone())?,
                other => vm.set_attribute(other, &name, given[2].clone())?,
            }
            Ok(Value::None)
        },
    ),
    Row::method("__delattr__", &[pos("name")], "Implement delattr(self, name).", "", |host, given| {
        let vm = machine(host);
        let Value::Str(name) = &given[1] else { return Ok(Value::None) };
        let name = intern(name);
        match &given[0] {
            Value::Instance(instance) => vm.plain_delete_attribute(&given[0], instance, &name)?,
            other => vm.delete_attribute(other, &name)?,
        }
        Ok(Value::None)
    }),
    Row::class_method(
        "__init_subclass__",
        &[kwargs("kwargs")],
        "This method is called when a class is subclassed.",
        "",
        |host, given| {
            let vm = machine(host);
            let (names, values) = keywords(&given[1]);
            if let Value::Class(class) = &given[0]
                && let Some(hook) = class.native.slot(|slots| slots.init_subclass)
            {
                let pairs: Vec<(Str, Value)> = names.into_iter().zip(values).collect();
                hook(vm, class, &pairs)?;
                return Ok(Value::None);
            }
            if names.is_empty() {
                return Ok(Value::None);
            }
            let name = match &given[0] {
                Value::Class(class) => class.name.borrow().to_string(),
                _ => "object".to_string(),
            };
            Err(errors::type_error(format!("{name}.__init_subclass__() takes no keyword arguments")))
        },
    ),
    Row::class_method(
        "__subclasshook__",
        &[pos("class")],
        "Abstract classes can override this.",
        "",
        |_, _| Ok(Value::NotImplemented),
    ),
    Row::method("__dir__", &[], "Default dir() implementation.", "", |host, given| {
        let vm = machine(host);
        vm.dir_names(&given[0]).map(|names| Value::list(names.into_iter().map(Value::Str).collect()))
    }),
    Row::method("__sizeof__", &[], "Size of object in memory, in bytes.", "", |_, _| Ok(Value::Int(48))),
    Row::method("__reduce__", &[], "Helper for pickle.", "", |host, given| {
        let kind = machine(host).type_name(&given[0]);
        Err(errors::type_error(format!("cannot pickle '{kind}' object")))
    }),
];

pub(super) static TYPE_METHODS: &[Row] = &[
    Row::method(
        "__call__",
        &[args("args"), kwargs("kwargs")],
        "Call self as a function.",
        "",
        |host, given| {
            let vm = machine(host);
            let Value::Class(class) = &given[0] else { return Ok(Value::None) };
            let (names, values) = keywords(&given[2]);
            vm.construct(class, CallArgs { positional: items(&given[1]), names: &names, keywords: &values })
        },
    ),
    Row::method("mro", &[], "Return a type's method resolution order.", "", |_, given| match &given[0] {
        Value::Class(class) => Ok(Value::list(Class::mro(class).into_iter().map(Value::Class).collect())),
        _ => Ok(Value::None),
    }),
    Row::method("__subclasses__", &[], "Return a list of immediate subclasses.", "", |_, given| match &given
        [0]
    {
        Value::Class(class) => Ok(Value::list(class.subclasses().into_iter().map(Value::Class).collect())),
        _ => Ok(Value::None),
    }),
    Row::method(
        "__instancecheck__",
        &[pos("instance")],
        "Check if an object is an instance.",
        "",
        |host, given| {
            let vm = machine(host);
            let Value::Class(class) = &given[0] else { return Ok(Value::Bool(false)) };
            let own = vm.class_of(&given[1]);
            Ok(Value::Bool(Class::is_subclass(&own, class)))
        },
    ),
    Row::method(
        "__subclasscheck__",
        &[pos("subclass")],
        "Check if a class is a subclass.",
        "",
        |_, given| match (&given[0], &given[1]) {
            (Value::Class(of), Value::Class(class)) => Ok(Value::Bool(Class::is_subclass(class, of))),
            _ => Err(errors::type_error("issubclass() arg 1 must be a class")),
        },
    ),
    Row::class_method(
        "__prepare__",
        &[args("args"), kwargs("kwargs")],
        "Create the namespace for the class statement.",
        "",
        |_, _| Ok(Value::Dict(Gc::new(Dict::new()))),
    ),
    Row::method("__init__", &[args("args"), kwargs("kwargs")], "Initialize self.", "", |_, _| {
        Ok(Value::None)
    }),
    Row::static_method("__new__", &[args("args"), kwargs("kwargs")], "Create a class.", "", |host, given| {
        let vm = machine(host);
        let Some((Value::Class(class), rest)) = items(&given[0]).split_first() else {
            return Err(errors::type_error("type.__new__(X): X is not a type object"));
        };
        let (names, values) = keywords(&given[1]);
        vm.new_instance(class, CallArgs { positional: rest, names: &names, keywords: &values })
    }),
];

/// A name of `__slots__`, as a descriptor over a numbered slot.
struct Member {
    name: Str,
    owner: Str,
    slot: usize,
}

impl Native for Member {}

static MEMBER: NativeType = NativeType {
    slots: Slots {
        repr: Some(|_, value| {
            let member = value.payload::<Member>().expect("the payload is a member");
            Ok(Str::new(&format!("<member '{}' of '{}' objects>", member.name, member.owner)))
        }),
        descr_get: Some(|_, value, instance, _| {
            let member = value.payload::<Member>().expect("the payload is a member");
            match instance {
                Value::Instance(instance) => match instance.slot(member.slot) {
                    Value::Unset => Err(errors::no_attribute(&instance.class().name.borrow(), &member.name)),
                    found => Ok(found),
                },
                _ => Ok(value.clone()),
            }
        }),
        descr_set: Some(|_, value, instance, new| {
            let member = value.payload::<Member>().expect("the payload is a member");
            if let Value::Instance(instance) = instance {
                let before = instance.set_slot(member.slot, new);
                drop(before);
            }
            Ok(())
        }),
        descr_delete: Some(|_, value, instance| {
            let member = value.payload::<Member>().expect("the payload is a member");
            match instance {
                Value::Instance(instance) => match instance.set_slot(member.slot, Value::Unset) {
                    Value::Unset => Err(errors::no_attribute(&instance.class().name.borrow(), &member.name)),
                    _ => Ok(()),
                },
                _ => Ok(()),
            }
        }),
        descr_slot: Some(|value| value.payload::<Member>().map(|member| member.slot)),
        ..Slots::NONE
    },
    ..NativeType::plain("member_descriptor", "builtins")
};

/// Slots that `__slots__` names take numbers of the class and of its bases' members.
pub(super) fn member(name: &Str, class: &Gc<Class>) -> Value {
    let mut taken = 0;
    let mut count = |dict: &Gc<Dict>| {
        for value in dict.values() {
            if let Some(member) = value.payload::<Member>() {
                taken = taken.max(member.slot + 1);
            }
        }
    };
    count(&class.dict);
    class.each_base(|base| count(&base.dict));
    // Plain attributes of classes that also have a dictionary are numbered from behind the members on.
    Value::native(&MEMBER, Member { name: name.clone(), owner: class.name.borrow().clone(), slot: taken })
}

/// `cls.__dict__`: a view of the class dictionary that cannot be written through.
pub(super) struct MappingProxy(pub Gc<Dict>);

impl Native for MappingProxy {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.gc(&self.0);
    }
}

static MAPPING_PROXY: NativeType = NativeType {
    slots: Slots {
        repr: Some(|host, value| {
            let text = host.repr(&inner(value))?;
            Ok(Str::new(&format!("mappingproxy({text})")))
        }),
        len: Some(|host, value| host.len(&inner(value))),
        get_item: Some(|host, value, key| host.get_item(&inner(value), key)),
        contains: Some(|host, value, key| host.contains(&inner(value), key)),
        iter: Some(|host, value| host.iter(&inner(value))),
        compare: Some(|host, op, value, other| host.compare(op, &inner(value), other)),
        get_attr: Some(|host, value, name| match &**name {
            "get" | "keys" | "values" | "items" | "copy" => host.find_attr(&inner(value), name),
            _ => Ok(None),
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("mappingproxy", "builtins")
};

fn inner(value: &Value) -> Value {
    value.payload::<MappingProxy>().map_or(Value::None, |proxy| Value::Dict(proxy.0.clone()))
}

pub(super) fn mapping_proxy(_vm: &mut Vm, dict: &Gc<Dict>) -> R<Value> {
    Ok(Value::native(&MAPPING_PROXY, MappingProxy(dict.clone())))
}

impl Vm {
    /// `<module.Class object at 0x...>`
    pub(super) fn default_repr(&mut self, object: &Value) -> R<Str> {
        if let Value::Class(class) = object {
            let module = match class.dict.get_str(&self.names.module) {
                Some(Value::Str(module)) => module.to_string(),
                _ => "builtins".to_string(),
            };
            let qualname = class.qualname.borrow();
            return Ok(Str::new(&match module.as_str() {
                "builtins" => format!("<class '{qualname}'>"),
                module => format!("<class '{module}.{qualname}'>"),
            }));
        }
        let class = self.class_of(object);
        let module = match class.lookup(&self.names.module) {
            Some(Value::Str(module)) if &*module != "builtins" => format!("{module}."),
            _ => String::new(),
        };
        Ok(Str::new(&format!("<{module}{} object at {:#x}>", class.qualname.borrow(), object.id())))
    }
}
