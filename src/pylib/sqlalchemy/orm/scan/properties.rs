//! What a class body collected becomes properties and columns.
//!
//! Owns applying annotations to columns, relationships and composites, and properties added after mapping. Must not
//! know the walk over classes.

use std::rc::Rc;

use super::super::annotations::{self, Annotation, Container};
use super::super::objects::{
    self, DeclaredAttr, MappedColumn, PendingColumnProperty, PendingComposite, PendingRelationship,
    PendingSynonym,
};
use super::super::{errors, face, types};
use super::{Scan, is_plain_column};
use crate::orm::mapper::Mapper;
use crate::orm::mapping::Incoming;
use crate::orm::property::{ColumnProperty, Property, PropertyKind};
use crate::orm::relationship::{CollectionClass, Lazy, options};
use crate::python::value::{Class, Gc, Host, R, Str, Value, intern};
use crate::sql::expr;
use crate::sql::schema::Column;

/// The properties of a class by name, and the columns that it declares.
pub(super) type Extracted = (Vec<(Str, Incoming)>, Vec<Rc<Column>>);

impl Scan {
    /// Turns what was collected into properties, and gathers the columns that the table gets.
    pub(super) fn extract(&mut self, host: &mut dyn Host) -> R<Extracted> {
        let mut properties = Vec::new();
        let mut declared: Vec<Rc<Column>> = Vec::new();
        let declare = |declared: &mut Vec<Rc<Column>>, column: &Rc<Column>| {
            if !declared.iter().any(|known| Rc::ptr_eq(known, column)) {
                declared.push(column.clone());
            }
        };
        for (name, value) in std::mem::take(&mut self.collected) {
            let value = match value.payload::<DeclaredAttr>() {
                Some(attr) => {
                    if !self.annotations.contains_key(&name)
                        && let Some(returned) = self.return_annotation(host, &attr.function)?
                    {
                        self.annotations.insert(name.clone(), returned);
                    }
                    objects::call_declared(host, &attr.function, &self.class)?
                }
                None => value,
            };
            let key = intern(&name);
            self.note_field(&key, &value);
            if let Some(mapped) = value.payload::<MappedColumn>() {
                let column = mapped.column.clone();
                let column = self.annotate_column(host, &key, mapped, column)?;
                undefer(&key, &column);
                self.sort_orders.push((column.clone(), mapped.sort_order));
                declare(&mut declared, &column);
                properties.push((key.clone(), self.mapped_column_property(&key, mapped, column)));
            } else if let Some(column) = is_plain_column(host, &value)? {
                undefer(&key, &column);
                declare(&mut declared, &column);
                if column.key() != key {
                    properties.push((key, Incoming::Column(column)));
                }
            } else if let Some(pending) = value.payload::<PendingRelationship>() {
                if let Some(property) = self.relationship(host, &key, pending)? {
                    properties.push((key, Incoming::Property(property)));
                }
            } else if let Some(pending) = value.payload::<PendingColumnProperty>() {
                for expression in &pending.columns {
                    if let Some(column) = crate::orm::property::table_column(expression)
                        && column.table().is_none()
                    {
                        undefer(&key, &column);
                        declare(&mut declared, &column);
                    }
                }
                properties.push((key.clone(), Incoming::Property(column_property(&key, pending))));
            } else if let Some(pending) = value.payload::<PendingSynonym>() {
                let synonym = objects::synonym_property(pending);
                let property =
                    Property::new(key.clone(), PropertyKind::Synonym(synonym), pending.place.clone());
                properties.push((key, Incoming::Property(property)));
            } else if let Some(pending) = value.payload::<PendingComposite>() {
                self.composite(host, &key, pending, &mut declared, &mut properties)?;
            } else if self.copies.iter().any(|(_, copy)| copy.is(&value)) {
                // What a declared attribute returned that is not mapped stands on the class as it is.
                if value.payload::<crate::orm::attribute::QueryableAttribute>().is_none() {
                    self.class.set_attribute(&key, value);
                }
            }
        }
        let orders = std::mem::take(&mut self.sort_orders);
        let order_of = |column: &Rc<Column>| {
            orders.iter().find(|(known, _)| Rc::ptr_eq(known, column)).map_or(0, |(_, order)| *order)
        };
        declared.sort_by_key(order_of);
        Ok((properties, declared))
    }

    /// Remembers an annotated attribute as a field, should the class be a dataclass.
    fn note_field(&mut self, key: &Str, value: &Value) {
        let Some(annotation) = self.annotations.get(key) else { return };
        let options = if let Some(mapped) = value.payload::<MappedColumn>() {
            &mapped.dataclass
        } else if let Some(pending) = value.payload::<PendingRelationship>() {
            &pending.dataclass
        } else if let Some(pending) = value.payload::<PendingColumnProperty>() {
            &pending.dataclass
        } else {
            return;
        };
        let keywords = crate::python::value::Dict::new();
        for (name, value) in options.given() {
            keywords.set(name, value);
        }
        let keywords = Value::Dict(Gc::new(keywords));
        self.fields.push(Value::tuple(vec![Value::Str(key.clone()), annotation.inner.clone(), keywords]));
    }

    /// Makes the class a dataclass if a base says so.
    pub(super) fn make_dataclass(&mut self, host: &mut dyn Host, keywords: &[(Str, Value)]) -> R<()> {
        let class = Value::Class(self.class.clone());
        if host.find_attr(&class, &intern("_sa_as_dataclass"))?.is_none() {
            return Ok(());
        }
        let options = crate::python::value::Dict::new();
        for (name, value) in keywords {
            options.set(name, value.clone());
        }
        let module = host.import("sqlalchemy.orm._dataclass")?;
        let apply = host.get_attr(&Value::Module(module), &intern("apply"))?;
        let fields = Value::list(std::mem::take(&mut self.fields));
        host.call_values(&apply, &[class, fields, Value::Dict(Gc::new(options))])?;
        Ok(())
    }

    fn mapped_column_property(&self, key: &Str, mapped: &MappedColumn, column: Rc<Column>) -> Incoming {
        let plain = !mapped.deferred && !mapped.active_history && !mapped.raiseload;
        if plain {
            return Incoming::Column(column);
        }
        let property = ColumnProperty {
            group: mapped.group.clone(),
            raiseload: mapped.raiseload,
            ..ColumnProperty::new(vec![expr::column(&column)])
        };
        property.deferred.set(mapped.deferred);
        property.active_history.set(mapped.active_history);
        Incoming::Property(Property::new(key.clone(), PropertyKind::Column(property), None))
    }

    /// Lets the annotation decide type and nullability.
    fn annotate_column(
        &mut self,
        host: &mut dyn Host,
        key: &Str,
        mapped: &MappedColumn,
        column: Rc<Column>,
    ) -> R<Rc<Column>> {
        let Some(annotation) = self.annotations.get(key).cloned() else { return Ok(column) };
        if annotation.container.is_none() && self.allow_unmapped {
            return Ok(column);
        }
        let (python_type, mut nullable) = annotations::column_type(host, &annotation, self.globals.as_ref())?;
        let mut python_type = python_type;
        let mut lookup = python_type.clone();
        if let Some((origin, extras)) = annotations::annotated(host, &python_type)? {
            let known = types::in_map(host, &self.registry, &python_type)?;
            lookup = python_type.clone();
            let inner =
                Annotation { container: annotation.container, inner: origin, text: annotation.text.clone() };
            let (origin, inner_nullable) = annotations::column_type(host, &inner, self.globals.as_ref())?;
            nullable |= inner_nullable;
            if known.is_none() {
                lookup = origin.clone();
            }
            python_type = origin;
            if let Some(template) = extras.iter().find(|extra| extra.payload::<MappedColumn>().is_some()) {
                let template = template.payload::<MappedColumn>().expect("just found");
                types::merge(&template.column, &column, mapped.has_default);
            }
        }
        let _ = python_type;
        if !column.nullable_given.get() && !column.primary_key.get() {
            column.nullable.set(nullable);
        }
        if column.ty().is_null() && column.foreign_keys.borrow().is_empty() {
            let ty = types::resolve(host, &self.registry, &lookup, key)?;
            column.set_type(ty);
        }
        Ok(column)
    }

    fn relationship(
        &mut self,
        host: &mut dyn Host,
        key: &Str,
        pending: &PendingRelationship,
    ) -> R<Option<Rc<Property>>> {
        let Some(relationship) = pending.relationship.borrow_mut().take() else {
            return Ok(pending.property.borrow().clone());
        };
        let annotation =
            self.annotations.get(key).cloned().filter(|annotation| annotation.container.is_some());
        if let Some(annotation) = annotation {
            match annotation.container {
                Some(Container::Dynamic) => relationship.lazy.set(Lazy::Dynamic),
                Some(Container::WriteOnly) => relationship.lazy.set(Lazy::WriteOnly),
                _ => {}
            }
            let target = annotations::relationship_target(host, &annotation.inner, self.globals.as_ref())?;
            match &target.collection {
                Some(collection) if !relationship.collection_class_given.get() => {
                    let class = collection_of(host, collection)?;
                    *relationship.collection_class.borrow_mut() = class;
                    if relationship.uselist.get().is_none() {
                        relationship.uselist.set(Some(true));
                    }
                }
                None if !relationship.collection_class_given.get()
                    && annotation.container == Some(Container::Mapped) =>
                {
                    relationship.uselist.set(Some(false));
                }
                _ => {}
            }
            let argument = relationship.argument.borrow().clone();
            if argument.is_none() || argument.is_unset() {
                *relationship.argument.borrow_mut() = target.argument;
            }
        }
        let argument = relationship.argument.borrow().clone();
        if argument.is_none() || argument.is_unset() {
            return Err(errors::annotation_required(&self.class, key, "relationship"));
        }
        let property =
            Property::new(key.clone(), PropertyKind::Relationship(relationship), pending.place.clone());
        *property.doc.borrow_mut() = pending.doc.clone();
        *property.info.borrow_mut() = pending.info.clone();
        *pending.property.borrow_mut() = Some(property.clone());
        Ok(Some(property))
    }

    fn composite(
        &mut self,
        host: &mut dyn Host,
        key: &Str,
        pending: &PendingComposite,
        declared: &mut Vec<Rc<Column>>,
        properties: &mut Vec<(Str, Incoming)>,
    ) -> R<()> {
        let Some(composite) = pending.composite.borrow_mut().take() else { return Ok(()) };
        let annotation = self.annotations.get(key).cloned();
        if composite.class.borrow().is_none()
            && let Some(annotation) = &annotation
        {
            let (class, _) = annotations::column_type(host, annotation, self.globals.as_ref())?;
            *composite.class.borrow_mut() = class;
        }
        let class = composite.class.borrow().clone();
        let fields = face::dataclass_fields(host, &class)?;
        let mut arguments = pending.arguments.clone();
        if arguments.is_empty() {
            for _ in &fields {
                arguments
                    .push(objects::mapped_column(host, &[Value::tuple(Vec::new()), objects::empty_dict()])?);
            }
            *composite.arguments.borrow_mut() = arguments.clone();
        }
        for (index, argument) in arguments.iter().enumerate() {
            let (column, mapped) = match argument.payload::<MappedColumn>() {
                Some(mapped) => (mapped.column.clone(), true),
                None => match is_plain_column(host, argument)? {
                    Some(column) => (column, false),
                    None => continue,
                },
            };
            let field = fields.get(index);
            if !column.has_name()
                && let Some((name, _)) = field
            {
                undefer(name, &column);
            }
            if mapped && let Some((name, python_type)) = field {
                let read = annotations::read(host, python_type, self.globals.as_ref())?;
                let read = Annotation { container: Some(Container::Mapped), ..read };
                self.annotations.insert(name.clone(), read);
                let payload = argument.payload::<MappedColumn>().expect("just found");
                self.annotate_column(host, name, payload, column.clone())?;
            }
            if column.table().is_none() && !declared.iter().any(|known| Rc::ptr_eq(known, &column)) {
                declared.push(column);
            }
        }
        let property = Property::new(key.clone(), PropertyKind::Composite(composite), pending.place.clone());
        properties.push((key.clone(), Incoming::Property(property)));
        Ok(())
    }
}

/// A column without a name is named after its attribute.
fn undefer(key: &Str, column: &Rc<Column>) {
    if !column.has_name() {
        column.set_name(key.clone());
        column.set_key(key.clone());
    }
}

fn column_property(key: &Str, pending: &PendingColumnProperty) -> Rc<Property> {
    let property = ColumnProperty {
        group: pending.group.clone(),
        raiseload: pending.raiseload,
        ..ColumnProperty::new(pending.columns.clone())
    };
    property.deferred.set(pending.deferred);
    property.active_history.set(pending.active_history);
    let property = Property::new(key.clone(), PropertyKind::Column(property), pending.place.clone());
    *property.doc.borrow_mut() = pending.doc.clone();
    property
}

fn collection_of(host: &mut dyn Host, class: &Value) -> R<CollectionClass> {
    if let Value::Class(builtin) = class {
        return match &**builtin.name.borrow() {
            "Sequence" | "Collection" | "Iterable" => Ok(CollectionClass::List),
            _ => options::collection_class(host, class),
        };
    }
    let shown = host.repr(class)?;
    let name = shown.rsplit('.').next().unwrap_or("").to_lowercase();
    Ok(match name.as_str() {
        name if name.starts_with("set") => CollectionClass::Set,
        name if name.starts_with("dict") => CollectionClass::Dict,
        _ => CollectionClass::List,
    })
}

/// Adds a property to a class that is mapped already: `Model.name = relationship(...)`. False: not a property.
pub fn add_late(host: &mut dyn Host, class: &Gc<Class>, key: &Str, value: &Value) -> R<bool> {
    let Some(mapper) = Mapper::of(class) else { return Ok(false) };
    let key = intern(key);
    let property = if let Some(pending) = value.payload::<PendingRelationship>() {
        let Some(relationship) = pending.relationship.borrow_mut().take() else { return Ok(false) };
        Property::new(key.clone(), PropertyKind::Relationship(relationship), pending.place.clone())
    } else if let Some(pending) = value.payload::<PendingColumnProperty>() {
        column_property(&key, pending)
    } else if let Some(pending) = value.payload::<PendingSynonym>() {
        Property::new(
            key.clone(),
            PropertyKind::Synonym(objects::synonym_property(pending)),
            pending.place.clone(),
        )
    } else if let Some(attribute) = value.payload::<crate::orm::attribute::QueryableAttribute>()
        && attribute.attribute.key != key
    {
        let name = attribute.attribute.key.clone();
        let synonym = crate::orm::property::Synonym { name, descriptor: Value::None };
        Property::new(key.clone(), PropertyKind::Synonym(synonym), None)
    } else {
        let column = match value.payload::<MappedColumn>() {
            Some(mapped) => Some(mapped.column.clone()),
            None => is_plain_column(host, value)?,
        };
        let Some(column) = column else { return Ok(false) };
        undefer(&key, &column);
        if let Some(table) = mapper.table() {
            crate::sql::schema::add_column(&table, &column)?;
        }
        let property = ColumnProperty::new(vec![expr::column(&column)]);
        Property::new(key.clone(), PropertyKind::Column(property), None)
    };
    crate::orm::instrument::add_property(host, &mapper, &property)?;
    Ok(true)
}
