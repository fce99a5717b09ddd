//! Declarative bases: `DeclarativeBase`, `declarative_base()`, `registry`.
//!
//! Owns the native type that every mapped class derives from: its constructor, what happens when a subclass appears,
//! late assignments to classes. Must not know how bodies are read (`scan`).

use std::rc::Rc;

use super::{errors, face, scan};
use crate::orm::attribute::{self, AttributeKind};
use crate::orm::configure;
use crate::orm::mapper::Mapper;
use crate::orm::registry::Registry;
use crate::orm::state::InstanceState;
use crate::python::value::{
    CallArgs, Class, Dict, Gc, Getter, Host, Instance, Native, NativeType, ParamDefault, R, Row, Slots, Str,
    Value, Visitor, intern, native_class, param,
};
use crate::sql::schema::MetaData;

/// The payload of a registry object.
pub struct RegistryObject(pub Rc<Registry>);

impl Native for RegistryObject {
    fn trace(&self, _visitor: &mut Visitor<'_>) {}
}

/// What every declarative base stands on. It has no name, since the real thing does this by a metaclass: the class
/// does not show among anyone's bases.
pub static MAPPED_BASE: NativeType = NativeType {
    has_dict: true,
    getters: &[
        Getter {
            name: "_sa_instance_state",
            doc: "The state of the instance.",
            get: |host, object| super::inspection::instance_view(host, object),
            set: None,
        },
        Getter { name: "__dict__", doc: "The loaded attributes.", get: instance_dict, set: None },
    ],
    slots: Slots {
        new: Some(new_instance),
        init: Some(initialize),
        init_subclass: Some(subclass),
        class_set_attr: Some(set_on_class),
        ..Slots::NONE
    },
    ..NativeType::plain("", "sqlalchemy.orm.decl_api")
};

pub static DECLARATIVE_BASE: NativeType = NativeType {
    doc: "Base class used for declarative class definitions.",
    bases: &[&MAPPED_BASE],
    has_dict: true,
    ..NativeType::plain("DeclarativeBase", "sqlalchemy.orm.decl_api")
};

pub static REGISTRY: NativeType = NativeType {
    doc: "A registry of mapped classes.",
    getters: &[
        Getter {
            name: "metadata",
            doc: "The metadata.",
            get: |_, object| Ok(face::metadata_value(&registry_of(object).metadata.borrow().clone())),
            set: None,
        },
        Getter {
            name: "mappers",
            doc: "All mappers.",
            get: |_, object| {
                let mappers = registry_of(object).mappers();
                Ok(Value::list(mappers.iter().map(super::mapper_object::value).collect()))
            },
            set: None,
        },
        Getter {
            name: "type_annotation_map",
            doc: "Python types and their column types.",
            get: |_, object| Ok(registry_of(object).type_annotation_map.borrow().clone()),
            set: None,
        },
    ],
    methods: &[
        Row::method(
            "configure",
            &[param::opt("cascade", ParamDefault::Bool(false))],
            "Configures all mappers.",
            "",
            |host, _| {
                configure::configure_mappers(host)?;
                Ok(Value::None)
            },
        ),
        Row::method(
            "dispose",
            &[param::opt("cascade", ParamDefault::Bool(false))],
            "Forgets all mappers.",
            "",
            |_, args| {
                registry_of(&args[0]).dispose();
                Ok(Value::None)
            },
        ),
        Row::method(
            "generate_base",
            &[
                param::opt("mapper", ParamDefault::None),
                param::opt("cls", ParamDefault::None),
                param::opt("name", ParamDefault::Str("Base")),
                param::opt("metaclass", ParamDefault::None),
            ],
            "A base class of this registry.",
            "",
            |host, args| {
                let registry = registry_of(&args[0]).clone();
                let name = args[3].as_str().map(intern).unwrap_or_else(|| intern("Base"));
                make_base(host, &registry, &args[0], &args[2], &name, &args[4])
            },
        ),
        Row::method("mapped", &[param::pos("cls")], "Maps a class by its body.", "", |host, args| {
            let registry = registry_of(&args[0]).clone();
            map_plain_class(host, &registry, &args[1], |host, class, registry| {
                scan::declare(host, class, registry, &[])
            })
        }),
        Row::method(
            "mapped_as_dataclass",
            &[param::pos_opt("cls", ParamDefault::None), param::kwargs("options")],
            "Maps a class as a dataclass.",
            "",
            |host, args| {
                let registry = registry_of(&args[0]).clone();
                map_plain_class(host, &registry, &args[1], |host, class, registry| {
                    scan::declare(host, class, registry, &[])
                })
            },
        ),
        Row::method(
            "map_imperatively",
            &[param::pos("class_"), param::opt("local_table", ParamDefault::None), param::kwargs("options")],
            "Maps a class to a table.",
            "",
            |host, args| {
                let registry = registry_of(&args[0]).clone();
                super::imperative::map(host, &registry, &args[1], &args[2], &args[3])
            },
        ),
    ],
    slots: Slots {
        new: Some(|host, _, args| {
            let metadata = args.keyword("metadata").cloned().unwrap_or(Value::None);
            let map = args.keyword("type_annotation_map").cloned().unwrap_or(Value::None);
            let registry = make_registry(host, &metadata, &map)?;
            Ok(registry_value(&registry))
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("registry", "sqlalchemy.orm.decl_api")
};

fn registry_of(object: &Value) -> &Rc<Registry> {
    &object.payload::<RegistryObject>().expect("the method table belongs to this type").0
}

fn make_registry(host: &mut dyn Host, metadata: &Value, map: &Value) -> R<Rc<Registry>> {
    let metadata = match face::metadata_of(host, metadata)? {
        Some(metadata) => metadata,
        None => MetaData::new(),
    };
    let registry = Registry::new(metadata);
    *registry.type_annotation_map.borrow_mut() = map.clone();
    Ok(registry)
}

/// The language's object for a registry.
pub fn registry_value(registry: &Rc<Registry>) -> Value {
    let known = registry.object.borrow().clone();
    if !known.is_unset() {
        return known;
    }
    let made = Value::native(&REGISTRY, RegistryObject(registry.clone()));
    *registry.object.borrow_mut() = made.clone();
    made
}

/// `declarative_base(...)`.
pub fn declarative_base(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let registry = make_registry(host, &args[0], &args[4])?;
    let object = registry_value(&registry);
    let name = args[3].as_str().map(intern).unwrap_or_else(|| intern("Base"));
    make_base(host, &registry, &object, &args[2], &name, &args[7])
}

pub static FUNCTIONS: &[Row] = &[
    Row::function(
        "declarative_base",
        &[
            param::kw("metadata", ParamDefault::None),
            param::kw("mapper", ParamDefault::None),
            param::kw("cls", ParamDefault::None),
            param::kw("name", ParamDefault::Str("Base")),
            param::kw("type_annotation_map", ParamDefault::None),
            param::kw("constructor", ParamDefault::None),
            param::kw("class_registry", ParamDefault::None),
            param::kw("metaclass", ParamDefault::None),
        ],
        "A base class for models.",
        "",
        declarative_base,
    ),
    Row::function("configure_mappers", &[], "Configures all mappers now.", "", |host, _| {
        configure::configure_mappers(host)?;
        Ok(Value::None)
    }),
    Row::function("clear_mappers", &[], "Forgets all mappers.", "", |_, _| {
        for registry in Registry::all() {
            registry.dispose();
        }
        Ok(Value::None)
    }),
];

/// Makes a base class: of the user's class (or classes) and the native base.
fn make_base(
    host: &mut dyn Host,
    registry: &Rc<Registry>,
    object: &Value,
    cls: &Value,
    name: &Str,
    metaclass: &Value,
) -> R<Value> {
    let mut bases = match cls {
        Value::None | Value::Unset => Vec::new(),
        Value::Tuple(items) => items.as_slice().to_vec(),
        Value::Class(class) if &**class.name.borrow() == "object" => Vec::new(),
        single => vec![single.clone()],
    };
    bases.push(Value::Class(native_class(&MAPPED_BASE)));
    let namespace = Dict::new();
    fill_base(&namespace, registry, object);
    namespace.set("__module__", Value::str("sqlalchemy.orm.decl_api"));
    let made = host.make_class(name, bases, Value::Dict(Gc::new(namespace)))?;
    if let (Value::Class(class), Value::Class(metaclass)) = (&made, metaclass) {
        *class.metaclass.borrow_mut() = Some(metaclass.clone());
    }
    Ok(made)
}

/// What makes a class a base: its registry and metadata.
fn fill_base(namespace: &Dict, registry: &Rc<Registry>, object: &Value) {
    namespace.set("registry", object.clone());
    namespace.set("_sa_registry", object.clone());
    namespace.set("metadata", face::metadata_value(&registry.metadata.borrow().clone()));
}

fn map_plain_class(
    host: &mut dyn Host,
    registry: &Rc<Registry>,
    class: &Value,
    map: fn(&mut dyn Host, &Gc<Class>, &Rc<Registry>) -> R<()>,
) -> R<Value> {
    let Value::Class(found) = class else { return Ok(class.clone()) };
    if found.dict.get("__init__").is_none() {
        found.set_attribute(&intern("__init__"), super::imperative::constructor());
    }
    if found.dict.get("metadata").is_none() {
        let metadata = face::metadata_value(&registry.metadata.borrow().clone());
        found.set_attribute(&intern("metadata"), metadata);
    }
    map(host, found, registry)?;
    Ok(class.clone())
}

/// A class appeared below the native base: a base of models, an abstract class, or a model.
fn subclass(host: &mut dyn Host, class: &Gc<Class>, keywords: &[(Str, Value)]) -> R<()> {
    if class.dict.get("_sa_registry").is_some() || class.dict.get("registry").is_some() {
        if let Some(object) = class.dict.get("registry")
            && class.dict.get("_sa_registry").is_none()
        {
            let registry = registry_of(&object).clone();
            let metadata = face::metadata_value(&registry.metadata.borrow().clone());
            class.set_attribute(&intern("_sa_registry"), object);
            if class.dict.get("metadata").is_none() {
                class.set_attribute(&intern("metadata"), metadata);
            }
        }
        return Ok(());
    }
    let direct = class.bases.borrow().iter().any(|base| Gc::ptr_eq(base, &native_class(&DECLARATIVE_BASE)));
    let known = class.lookup(&intern("_sa_registry"));
    if direct && known.is_none() {
        let metadata = class.lookup(&intern("metadata")).unwrap_or(Value::None);
        let map = class.lookup(&intern("type_annotation_map")).unwrap_or(Value::None);
        let registry = make_registry(host, &metadata, &map)?;
        let object = registry_value(&registry);
        class.set_attribute(&intern("registry"), object.clone());
        class.set_attribute(&intern("_sa_registry"), object);
        let metadata = face::metadata_value(&registry.metadata.borrow().clone());
        class.set_attribute(&intern("metadata"), metadata);
        return Ok(());
    }
    if let Some(flag) = class.dict.get("__abstract__")
        && host.truth(&flag)?
    {
        return Ok(());
    }
    match known {
        Some(object) if object.payload::<RegistryObject>().is_some() => {
            let registry = registry_of(&object).clone();
            scan::declare(host, class, &registry, keywords)
        }
        _ => Ok(()),
    }
}

fn set_on_class(host: &mut dyn Host, class: &Gc<Class>, key: &Str, value: &Value) -> R<bool> {
    scan::add_late(host, class, key, value)
}

// Instances.

/// A new instance: mappers are configured, the state is there before `__init__` runs.
fn new_instance(host: &mut dyn Host, class: &Gc<Class>, _args: CallArgs<'_>) -> R<Value> {
    configure::check_configured(host)?;
    let Some(mapper) = Mapper::of(class) else {
        return Ok(Value::Instance(Instance::new(class.clone())));
    };
    prepare(host, &mapper)
}

/// `instance.__dict__`: the state, the mapped attributes that are loaded, then what else was set. A picture of the
/// moment: mapped values live in slots.
fn instance_dict(host: &mut dyn Host, object: &Value) -> R<Value> {
    let dict = Dict::new();
    let Value::Instance(instance) = object else { return Ok(Value::Dict(Gc::new(dict))) };
    if let Some(state) = InstanceState::of(instance) {
        dict.set("_sa_instance_state", super::inspection::instance_view(host, object)?);
        for slot in 0..state.mapper().n_slots() {
            let value = instance.slot(slot);
            if let (Some(attribute), false) = (state.mapper().attribute_at(slot), value.is_unset()) {
                dict.set_str(&attribute.key, value);
            }
        }
    }
    for (key, value) in instance.dict().map(|own| own.to_vec()).unwrap_or_default() {
        if let Value::Str(key) = key {
            dict.set_str(&key, value);
        }
    }
    Ok(Value::Dict(Gc::new(dict)))
}

/// An instance of a mapper with its polymorphic identity set.
pub fn prepare(host: &mut dyn Host, mapper: &Rc<Mapper>) -> R<Value> {
    let instance = InstanceState::new_instance(mapper);
    if let Some(on) = mapper.polymorphic_on()
        && let Some(key) = &on.key
        && let Some(attribute) = mapper.attribute_named(key)
        && attribute.kind == AttributeKind::Scalar
    {
        let identity = mapper.polymorphic_identity.borrow().clone();
        if identity.is_none() && mapper.args.polymorphic_abstract {
            return Err(crate::orm::errors::abstract_instance(mapper).into());
        }
        attribute::set(host, &instance, &attribute, identity)?;
    }
    let value = Value::Instance(instance);
    crate::orm::events::fire_init(host, mapper, &value)?;
    Ok(value)
}

/// The constructor that models have unless they write one: attributes by keyword.
pub fn initialize(host: &mut dyn Host, object: &Value, args: CallArgs<'_>) -> R<()> {
    let class = host.class_of(object);
    if !args.positional.is_empty() {
        return Err(super::imperative::too_many_positional(args.positional.len() + 1));
    }
    for (name, value) in args.pairs() {
        let name = intern(name);
        if class.lookup(&name).is_none() {
            let shown = host.repr(&Value::Str(name.clone()))?;
            return Err(errors::invalid_keyword(&shown, &class.name.borrow()));
        }
        host.set_attr(object, &name, value.clone())?;
    }
    Ok(())
}
