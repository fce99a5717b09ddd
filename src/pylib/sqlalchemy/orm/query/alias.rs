//! `aliased()`, `with_polymorphic()`, `with_parent()`: entities under names of their own.
//!
//! Owns the alias object, whose attributes are the class's, adapted. Must not know statements.

use std::rc::Rc;

use super::values;
use crate::orm::attribute::QueryableAttribute;
use crate::orm::query::entity::{AliasHandle, AliasParts, AliasedEntity, OrmEntity};
use crate::orm::query::polymorphic;
use crate::orm::query::{alias as naming, errors};
use crate::python::value::{
    Class, Gc, Host, Instance, Native, NativeType, ParamDefault, R, Row, Slots, Str, Value, intern, param,
};
use crate::sql::entity::{Element, Entity, element_of};
use crate::sql::selectable::FromClause;

use ParamDefault::{Bool, None as NoneDefault};

/// The payload of an alias.
pub struct AliasObject(pub Rc<AliasedEntity>);

impl Native for AliasObject {}

pub static ALIASED_CLASS: NativeType = NativeType {
    doc: "A mapped class under another name.",
    slots: Slots {
        get_attr: Some(get_attr),
        repr: Some(repr),
        str: Some(|_, value| {
            let alias = of(value);
            Ok(Str::new(&OrmEntity::Alias(alias.clone()).description()))
        }),
        hash: Some(|_, value| Ok((value.id() >> 4) as i64)),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("AliasedClass", "sqlalchemy.orm.util")
};

pub static FUNCTIONS: &[Row] = &[
    Row::function(
        "aliased",
        &[
            param::req("element"),
            param::opt("alias", NoneDefault),
            param::opt("name", NoneDefault),
            param::opt("flat", Bool(false)),
            param::opt("adapt_on_names", Bool(false)),
        ],
        "A class or selectable under another name.",
        "",
        aliased,
    ),
    Row::function(
        "with_polymorphic",
        &[
            param::req("base"),
            param::req("classes"),
            param::opt("selectable", Bool(false)),
            param::opt("flat", Bool(false)),
            param::opt("polymorphic_on", NoneDefault),
            param::opt("aliased", Bool(false)),
            param::opt("innerjoin", Bool(false)),
            param::opt("adapt_on_names", Bool(false)),
            param::opt("name", NoneDefault),
        ],
        "A class together with its subclasses' columns.",
        "",
        with_polymorphic,
    ),
    Row::function(
        "with_parent",
        &[param::req("instance"), param::req("prop"), param::opt("from_entity", NoneDefault)],
        "The condition of belonging to an object.",
        "",
        with_parent,
    ),
];

fn of(value: &Value) -> &Rc<AliasedEntity> {
    &value.payload::<AliasObject>().expect("slots of an alias are called with aliases").0
}

/// The object of an alias, and those of its parts.
pub fn value_of(alias: &Rc<AliasedEntity>) -> Value {
    if let Some(known) = alias.object.get() {
        return known.clone();
    }
    let made = Value::native(&ALIASED_CLASS, AliasObject(alias.clone()));
    let _ = alias.object.set(made.clone());
    for part in alias.parts.borrow().iter() {
        value_of(part);
    }
    made
}

pub fn element(_host: &mut dyn Host, value: &Value) -> R<Option<Element>> {
    Ok(value.payload::<AliasObject>().map(|object| Element::Entity(Rc::new(AliasHandle(object.0.clone())))))
}

fn repr(_host: &mut dyn Host, value: &Value) -> R<Str> {
    let alias = of(value);
    Ok(Str::new(&format!("<AliasedClass at {:#x}; {}>", value.id(), alias.mapper.class_name)))
}

/// An attribute of the class, belonging to the alias.
fn get_attr(host: &mut dyn Host, value: &Value, name: &Str) -> R<Option<Value>> {
    let alias = of(value);
    if let Some(part) = alias.part(name) {
        return Ok(Some(value_of(&part)));
    }
    let mapper = alias.mapper.clone();
    let found = mapper.attribute_named(name).filter(|attribute| {
        attribute.property.as_column().is_some() || attribute.property.as_relationship().is_some()
    });
    let class_value = Value::Class(mapper.class.clone());
    match found {
        Some(attribute) => {
            let shown = host.get_attr(&class_value, name)?;
            let Value::Instance(shown) = &shown else { return Ok(None) };
            let entity: Rc<dyn Entity> = Rc::new(AliasHandle(alias.clone()));
            let payload =
                QueryableAttribute { attribute, entity: Some(entity), of_type: None, criteria: Vec::new() };
            Ok(Some(Value::Instance(Instance::with_payload(shown.class(), Box::new(payload)))))
        }
        None => plain_attribute(host, value, &mapper.class, name),
    }
}

/// What the class has under a name that is not mapped: a method or hybrid works with the alias for its class.
fn plain_attribute(host: &mut dyn Host, alias: &Value, class: &Gc<Class>, name: &Str) -> R<Option<Value>> {
    let Some(found) = class.lookup(name) else { return Ok(None) };
    match &found {
        Value::Instance(descriptor) => {
            if let Some(getter) = descriptor.class().lookup(&intern("__get__")) {
                let answer = host.call_values(&getter, &[found.clone(), Value::None, alias.clone()])?;
                return Ok(Some(answer));
            }
            host.find_attr(&Value::Class(class.clone()), name)
        }
        Value::Function(_) => Ok(Some(Value::Method(Gc::new(crate::python::value::BoundMethod {
            function: found.clone(),
            receiver: alias.clone(),
        })))),
        _ => host.find_attr(&Value::Class(class.clone()), name),
    }
}

fn from_argument(host: &mut dyn Host, value: &Value) -> R<Option<FromClause>> {
    if value.is_none() || matches!(value, Value::Bool(false)) {
        return Ok(None);
    }
    Ok(match element_of(host, value)? {
        Some(Element::From(from)) => Some(from),
        Some(Element::Entity(entity)) => Some(entity.selectable()),
        Some(Element::Statement(statement)) => Some(statement.subquery(None)),
        _ => None,
    })
}

fn aliased(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let name = args[2].as_str().map(Str::new);
    let flat = host.truth(&args[3])?;
    let on_names = host.truth(&args[4])?;
    let entity = match element_of(host, &args[0])? {
        Some(Element::Entity(entity)) => OrmEntity::of(&entity),
        Some(Element::From(from)) => {
            let alias = match name {
                Some(name) => naming::named(&from, name, flat),
                None => naming::anonymous(&from, flat),
            };
            return Ok(values::from(&alias));
        }
        Some(Element::Statement(statement)) => return Ok(values::from(&statement.subquery(name))),
        _ => None,
    };
    let Some(entity) = entity else { return Err(errors::expected_attribute()) };
    crate::orm::configure::check_configured(host)?;
    let mapper = entity.mapper().clone();
    let base = crate::orm::query::assemble::selectable_of(&OrmEntity::Mapper(mapper.clone()));
    let selectable = match from_argument(host, &args[1])? {
        Some(given) => given,
        None => match &name {
            Some(name) => naming::named(&base, name.clone(), flat),
            None => naming::anonymous(&base, flat),
        },
    };
    let with_polymorphic = polymorphic::default_mappers(&mapper);
    let alias = AliasedEntity::new(AliasParts {
        mapper,
        selectable,
        name,
        with_polymorphic,
        use_mapper_path: false,
        represents_outer_join: false,
        adapt_on_names: on_names,
    });
    Ok(value_of(&alias))
}

fn with_polymorphic(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    crate::orm::configure::check_configured(host)?;
    let base = match element_of(host, &args[0])? {
        Some(Element::Entity(entity)) => OrmEntity::of(&entity).map(|entity| entity.mapper().clone()),
        _ => None,
    };
    let Some(base) = base else { return Err(errors::expected_attribute()) };
    let spec = polymorphic::spec_of(host, &args[1])?;
    let selectable = from_argument(host, &args[2])?;
    let flat = host.truth(&args[3])? || host.truth(&args[5])?;
    let innerjoin = host.truth(&args[6])?;
    let name = args[8].as_str().map(Str::new);
    let alias = polymorphic::with_polymorphic(&base, &spec, selectable, flat, innerjoin, name);
    Ok(value_of(&alias))
}

fn with_parent(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    use crate::orm::query::joins::JoinAttribute;
    use crate::orm::state::InstanceState;
    let Some(state) = InstanceState::of_value(&args[0]) else {
        return Err(crate::orm::session::errors::unmapped_instance(host, &args[0]));
    };
    let found = JoinAttribute::of_value(&args[1])
        .and_then(|given| state.mapper().attribute_named(&given.property.key));
    match (found, &args[0]) {
        (Some(attribute), Value::Instance(instance)) => {
            let criterion = crate::orm::load::lazy::criterion_for(instance, &attribute, true);
            Ok(values::expression(&criterion))
        }
        _ => Err(errors::expected_attribute()),
    }
}
