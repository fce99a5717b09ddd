//! `InstrumentedAttribute`: what a mapped class shows under the name of a column or relationship.
//!
//! Owns the descriptor and its class side: operators go to the column's expression, a relationship's to its
//! comparator. Must not know loading or how values are set (`orm::attribute`).

use std::any::Any;
use std::rc::Rc;

use super::{comparator, composites, face};
use crate::orm::attribute::{self, Attribute, AttributeKind, QueryableAttribute};
use crate::orm::property::PropertyKind;
use crate::orm::{configure, instrument};
use crate::python::value::{
    Class, CompareOp, Gc, Getter, Host, Instance, NativeType, ParamDefault, R, Row, Slots, Str, Value,
    intern, param,
};
use crate::sql::entity::{Element, Entity, OrmElement, register_element};
use crate::sql::expr::Expr;

pub static INSTRUMENTED_ATTRIBUTE: NativeType = NativeType {
    doc: "An attribute of a mapped class.",
    has_dict: true,
    getters: &[
        Getter { name: "key", doc: "The attribute's name.", get: |_, object| Ok(key_of(object)), set: None },
        Getter { name: "property", doc: "What it is mapped as.", get: property, set: None },
        Getter { name: "prop", doc: "What it is mapped as.", get: property, set: None },
        Getter {
            name: "class_",
            doc: "The mapped class.",
            get: |_, object| Ok(Value::Class(of(object).attribute.mapper().class.clone())),
            set: None,
        },
        Getter {
            name: "parent",
            doc: "The mapper.",
            get: |_, object| Ok(super::mapper_object::value(&of(object).attribute.mapper())),
            set: None,
        },
        Getter {
            name: "expression",
            doc: "The column or expression.",
            get: |host, object| expression_value(host, object),
            set: None,
        },
        Getter { name: "comparator", doc: "Itself.", get: |_, object| Ok(object.clone()), set: None },
        Getter {
            name: "entity",
            doc: "The target mapper of a relationship.",
            get: |host, object| {
                configure::check_configured(host)?;
                match of(object).attribute.property.as_relationship() {
                    Some(relationship) => Ok(super::mapper_object::value(relationship.mapper())),
                    None => Ok(super::mapper_object::value(&of(object).attribute.mapper())),
                }
            },
            set: None,
        },
        Getter {
            name: "mapper",
            doc: "The target mapper of a relationship.",
            get: |host, object| {
                configure::check_configured(host)?;
                match of(object).attribute.property.as_relationship() {
                    Some(relationship) => Ok(super::mapper_object::value(relationship.mapper())),
                    None => Ok(Value::None),
                }
            },
            set: None,
        },
    ],
    methods: &[
        Row::method(
            "any",
            &[param::opt("criterion", ParamDefault::None), param::kwargs("kwargs")],
            "Whether some related object fits.",
            "",
            comparator::any,
        ),
        Row::method(
            "has",
            &[param::opt("criterion", ParamDefault::None), param::kwargs("kwargs")],
            "Whether the related object fits.",
            "",
            comparator::has,
        ),
        Row::method(
            "contains",
            &[param::pos("other"), param::kwargs("kwargs")],
            "Whether the collection holds an object, or the text a text.",
            "",
            comparator::contains,
        ),
        Row::method(
            "of_type",
            &[param::pos("entity")],
            "The relationship to a kind or alias.",
            "",
            comparator::of_type,
        ),
        Row::method(
            "and_",
            &[param::args("criteria")],
            "The relationship with more conditions.",
            "",
            comparator::and_,
        ),
        Row::method("in_", &[param::pos("other")], "Whether the value is in a list.", "", comparator::in_),
        Row::method("is_", &[param::pos("other")], "IS.", "", |host, args| comparator::is_(host, args, true)),
        Row::method("is_not", &[param::pos("other")], "IS NOT.", "", |host, args| {
            comparator::is_(host, args, false)
        }),
        Row::method("__clause_element__", &[], "The expression.", "", |host, args| {
            expression_value(host, &args[0])
        }),
        Row::method(
            "get_history",
            &[param::pos("instance"), param::opt("passive", ParamDefault::None)],
            "What changed.",
            "",
            |host, args| super::inspection::history(host, &args[1], &of(&args[0]).attribute),
        ),
    ],
    slots: Slots {
        repr: Some(|_, object| {
            Ok(Str::new(&format!(
                "<sqlalchemy.orm.attributes.InstrumentedAttribute object at {:#x}>",
                object.id()
            )))
        }),
        str: Some(|_, object| Ok(Str::new(&description(object)))),
        hash: Some(|_, object| Ok((object.id() >> 4) as i64)),
        compare: Some(compare),
        binary: Some(|host, op, object, other, reflected| {
            let value = expression_value(host, object)?;
            if reflected { host.binary(op, other, &value) } else { host.binary(op, &value, other) }
        }),
        unary: Some(|host, op, object| {
            if of(object).attribute.uses_objects() {
                let exists = comparator::exists_of(host, object)?;
                return host.unary(op, &exists);
            }
            let value = expression_value(host, object)?;
            host.unary(op, &value)
        }),
        get_item: Some(|host, object, key| {
            let value = expression_value(host, object)?;
            host.get_item(&value, key)
        }),
        get_attr: Some(get_attr),
        descr_get: Some(descr_get),
        descr_set: Some(descr_set),
        descr_delete: Some(descr_delete),
        descr_slot: Some(|descriptor| {
            let attribute = &descriptor.payload::<QueryableAttribute>()?.attribute;
            attribute.slot()
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("InstrumentedAttribute", "sqlalchemy.orm.attributes")
};

/// Tells the ORM and SQL about the type.
pub fn register() {
    instrument::register_descriptor(&INSTRUMENTED_ATTRIBUTE);
    super::hybrids::register();
    register_element(&INSTRUMENTED_ATTRIBUTE, element);
    register_element(&super::objects::MAPPED_COLUMN, |_, object| {
        let mapped = object.payload::<super::objects::MappedColumn>();
        Ok(mapped.map(|mapped| Element::Expr(crate::sql::expr::column(&mapped.column))))
    });
    register_element(&super::objects::COLUMN_PROPERTY, |_, object| {
        let property = object.payload::<super::objects::PendingColumnProperty>();
        Ok(property.map(|property| Element::Expr(property.columns[0].clone())))
    });
    crate::sql::entity::register_classes(|host, class| {
        let Some(mapper) = crate::orm::mapper::Mapper::of(class) else { return Ok(None) };
        configure::check_configured(host)?;
        Ok(Some(Element::Entity(mapper)))
    });
}

pub fn of(object: &Value) -> &QueryableAttribute {
    object.payload::<QueryableAttribute>().expect("the method table belongs to this type")
}

fn key_of(object: &Value) -> Value {
    Value::Str(of(object).attribute.key.clone())
}

fn property(host: &mut dyn Host, object: &Value) -> R<Value> {
    configure::check_configured(host)?;
    Ok(super::mapper_object::property_value(&of(object).attribute))
}

/// `Student.name`.
pub fn description(object: &Value) -> String {
    let attribute = of(object);
    match &attribute.entity {
        Some(entity) => format!("{}.{}", entity.name(), attribute.attribute.key),
        None => attribute.attribute.description(),
    }
}

/// A relationship or composite in a statement.
pub struct AttributeElement(pub Value);

impl OrmElement for AttributeElement {
    fn identity(&self) -> usize {
        Rc::as_ptr(&of(&self.0).attribute.property) as usize
    }
    fn parent(&self) -> Option<Rc<dyn Entity>> {
        let attribute = of(&self.0);
        match &attribute.entity {
            Some(entity) => Some(entity.clone()),
            None => Some(attribute.attribute.mapper()),
        }
    }
    fn value(&self) -> Value {
        self.0.clone()
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What an attribute is in SQL.
fn element(host: &mut dyn Host, object: &Value) -> R<Option<Element>> {
    let attribute = of(object);
    match &attribute.attribute.property.kind {
        PropertyKind::Column(_) => Ok(Some(Element::Expr(column_expression(attribute)))),
        PropertyKind::Synonym(_) => {
            let target = synonym_target(host, object)?;
            crate::sql::entity::element_of(host, &target)
        }
        PropertyKind::Composite(_) => Ok(Some(Element::Expr(composites::columns(host, object)?))),
        _ => Ok(Some(Element::Orm(Rc::new(AttributeElement(object.clone()))))),
    }
}

/// The annotated column of a column attribute, of the class or of an alias.
pub fn column_expression(attribute: &QueryableAttribute) -> Expr {
    match &attribute.entity {
        None => attribute.attribute.expr(),
        Some(entity) => match crate::orm::query::entity::OrmEntity::of(entity) {
            Some(entity) => {
                let property = attribute.attribute.property.as_column().expect("a column attribute");
                entity.annotate(&property.expression(), &attribute.attribute.key)
            }
            None => attribute.attribute.expr(),
        },
    }
}

/// The attribute that a synonym stands for, on the same class or alias.
fn synonym_target(host: &mut dyn Host, object: &Value) -> R<Value> {
    let attribute = of(object);
    let PropertyKind::Synonym(synonym) = &attribute.attribute.property.kind else {
        return Ok(object.clone());
    };
    let owner = match &attribute.entity {
        Some(entity) => entity.value(),
        None => Value::Class(attribute.attribute.mapper().class.clone()),
    };
    host.get_attr(&owner, &synonym.name)
}

/// What operators work on.
pub fn expression_value(host: &mut dyn Host, object: &Value) -> R<Value> {
    let attribute = of(object);
    match &attribute.attribute.property.kind {
        PropertyKind::Column(_) => Ok(face::expr_value(&column_expression(attribute))),
        PropertyKind::Synonym(_) => synonym_target(host, object),
        PropertyKind::Relationship(_) => comparator::exists_of(host, object),
        _ => Ok(Value::None),
    }
}

fn compare(host: &mut dyn Host, op: CompareOp, object: &Value, other: &Value) -> R<Value> {
    let attribute = of(object);
    match &attribute.attribute.property.kind {
        PropertyKind::Relationship(_) => comparator::compare(host, op, object, other),
        PropertyKind::Composite(_) => composites::compare(host, op, object, other),
        _ => {
            let value = expression_value(host, object)?;
            host.compare(op, &value, other)
        }
    }
}

fn get_attr(host: &mut dyn Host, object: &Value, name: &Str) -> R<Option<Value>> {
    let attribute = of(object);
    match &attribute.attribute.property.kind {
        PropertyKind::Column(_) | PropertyKind::Synonym(_) => {
            let value = expression_value(host, object)?;
            if let Some(found) = host.find_attr(&value, name)? {
                return Ok(Some(found));
            }
            Err(comparator::no_attribute(object, name))
        }
        PropertyKind::Relationship(_) => {
            configure::check_configured(host)?;
            let kind = attribute.attribute.property.as_relationship();
            let _ = kind;
            Err(comparator::no_attribute(object, name))
        }
        _ => Ok(None),
    }
}

// The instance side.

fn descr_get(host: &mut dyn Host, descriptor: &Value, instance: &Value, _owner: &Gc<Class>) -> R<Value> {
    let Value::Instance(object) = instance else { return Ok(descriptor.clone()) };
    let queryable = of(descriptor);
    read(host, object, &queryable.attribute)
}

/// Reads an attribute of an instance.
pub fn read(host: &mut dyn Host, object: &Gc<Instance>, attribute: &Rc<Attribute>) -> R<Value> {
    match &attribute.property.kind {
        PropertyKind::Synonym(synonym) => {
            if !synonym.descriptor.is_none() {
                let get = host.get_attr(&synonym.descriptor, &intern("__get__"))?;
                let owner = Value::Class(object.class());
                return host.call_values(&get, &[Value::Instance(object.clone()), owner]);
            }
            host.get_attr(&Value::Instance(object.clone()), &synonym.name)
        }
        PropertyKind::Composite(_) => composites::read(host, object, attribute),
        _ => attribute::get(host, object, attribute),
    }
}

fn descr_set(host: &mut dyn Host, descriptor: &Value, instance: &Value, value: Value) -> R<()> {
    let Value::Instance(object) = instance else { return Ok(()) };
    let queryable = of(descriptor);
    match &queryable.attribute.property.kind {
        PropertyKind::Synonym(synonym) => {
            if !synonym.descriptor.is_none() {
                let set = host.get_attr(&synonym.descriptor, &intern("__set__"))?;
                host.call_values(&set, &[instance.clone(), value])?;
                return Ok(());
            }
            host.set_attr(instance, &synonym.name, value)
        }
        PropertyKind::Composite(_) => composites::write(host, object, &queryable.attribute, &value),
        _ => attribute::set(host, object, &queryable.attribute, value),
    }
}

fn descr_delete(host: &mut dyn Host, descriptor: &Value, instance: &Value) -> R<()> {
    let Value::Instance(object) = instance else { return Ok(()) };
    let queryable = of(descriptor);
    match &queryable.attribute.property.kind {
        PropertyKind::Synonym(synonym) => host.del_attr(instance, &synonym.name),
        PropertyKind::Composite(_) => composites::write(host, object, &queryable.attribute, &Value::None),
        _ => attribute::delete(host, object, &queryable.attribute),
    }
}

/// The class attribute of an alias: `aliased(Student).name`.
pub fn for_entity(attribute: &Rc<Attribute>, entity: Rc<dyn Entity>) -> Value {
    Value::native(
        &INSTRUMENTED_ATTRIBUTE,
        QueryableAttribute {
            attribute: attribute.clone(),
            entity: Some(entity),
            of_type: None,
            criteria: Vec::new(),
        },
    )
}

/// Whether an attribute holds a collection, for messages.
pub fn is_many(attribute: &Attribute) -> bool {
    matches!(attribute.kind, AttributeKind::Collection | AttributeKind::Dynamic | AttributeKind::WriteOnly)
}
