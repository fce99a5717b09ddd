//! Class bodies of declarative models: what they say becomes a table and a mapper.
//!
//! Owns walking a class and its mixins in order, copying mixins' columns, annotations applied to columns and
//! relationships, table names and arguments. Must not know how mappers are made (`orm::mapping`).
//! Mirrors `_DeclarativeMapperConfig` of `sqlalchemy/orm/decl_base.py`.

use std::rc::Rc;

use indexmap::IndexMap;

use super::annotations::{self, Annotation, Container};
use super::objects::{
    self, DeclaredAttr, MappedColumn, PendingColumnProperty, PendingComposite, PendingRelationship,
    PendingSynonym,
};
use super::{errors, face, types};
use crate::orm::mapper::{Mapper, MapperArgs, Validator};
use crate::orm::mapping::{self, ClassMapping, Incoming};
use crate::orm::property::{ColumnProperty, Property, PropertyKind};
use crate::orm::registry::Registry;
use crate::orm::relationship::{CollectionClass, Lazy, options};
use crate::python::value::{Class, Dict, Gc, Host, R, Str, Value, intern};
use crate::sql::expr;
use crate::sql::schema::{Column, KeyTarget};
use crate::sql::selectable::FromClause;

/// The names with two underscores that mean something here.
const DIRECTIVES: [&str; 4] = ["__table_args__", "__tablename__", "__mapper_args__", "__table__"];

/// Maps a new class of a declarative base.
pub fn declare(host: &mut dyn Host, class: &Gc<Class>, registry: &Rc<Registry>) -> R<()> {
    let mut scan = Scan {
        class: class.clone(),
        registry: registry.clone(),
        globals: host.current_globals(),
        collected: IndexMap::new(),
        annotations: IndexMap::new(),
        copies: Vec::new(),
        sort_orders: Vec::new(),
        validators: IndexMap::new(),
        table_name: None,
        table_args: None,
        mapper_args: false,
        allow_unmapped: false,
    };
    let allow = host.find_attr(&Value::Class(class.clone()), &intern("__allow_unmapped__"))?;
    if let Some(allow) = allow {
        scan.allow_unmapped = host.truth(&allow)?;
    }
    scan.collect(host)?;
    let (properties, declared) = scan.extract(host)?;
    let inherits = scan.mapped_parent()?;
    let local_table = scan.table(host, &declared, inherits.as_ref())?;
    let args = scan.mapper_arguments(host)?;
    let place = host.current_place();
    let mapper = mapping::map_class(
        host,
        ClassMapping {
            class: class.clone(),
            registry: registry.clone(),
            inherits,
            local_table,
            properties,
            declared,
            args,
            validators: std::mem::take(&mut scan.validators),
            place,
        },
    )?;
    class.set_attribute(&intern("__mapper__"), super::mapper_object::value(&mapper));
    Ok(())
}

struct Scan {
    class: Gc<Class>,
    registry: Rc<Registry>,
    globals: Option<Gc<Dict>>,
    /// Attributes in the order in which they are mapped.
    collected: IndexMap<Str, Value>,
    annotations: IndexMap<Str, Annotation>,
    /// Columns of mixins and what they were copied to.
    copies: Vec<(Value, Value)>,
    sort_orders: Vec<(Rc<Column>, i64)>,
    validators: IndexMap<Str, Validator>,
    table_name: Option<Str>,
    table_args: Option<Value>,
    mapper_args: bool,
    allow_unmapped: bool,
}

/// One attribute of a class of the hierarchy.
struct Local {
    name: Str,
    object: Option<Value>,
    annotation: Option<Value>,
}

fn is_column_object(host: &mut dyn Host, value: &Value) -> R<bool> {
    if value.payload::<MappedColumn>().is_some() {
        return Ok(true);
    }
    Ok(is_plain_column(host, value)?.is_some())
}

/// The column that a `Column(...)` object is.
fn is_plain_column(host: &mut dyn Host, value: &Value) -> R<Option<Rc<Column>>> {
    let Value::Instance(instance) = value else { return Ok(None) };
    if instance.payload::<crate::orm::attribute::QueryableAttribute>().is_some()
        || instance.payload::<PendingColumnProperty>().is_some()
        || instance.payload::<MappedColumn>().is_some()
        || !face::is_column(value)
    {
        return Ok(None);
    }
    face::column_of(host, value)
}

fn is_property(value: &Value) -> bool {
    value.payload::<PendingRelationship>().is_some()
        || value.payload::<PendingColumnProperty>().is_some()
        || value.payload::<PendingComposite>().is_some()
        || value.payload::<PendingSynonym>().is_some()
}

impl Scan {
    fn class_value(&self) -> Value {
        Value::Class(self.class.clone())
    }

    /// The attributes of one class: of its dictionary and of its annotations, in the order of the body.
    fn locals(base: &Gc<Class>) -> Vec<Local> {
        let entries: Vec<(Str, Value)> = base
            .dict
            .to_vec()
            .into_iter()
            .filter_map(|(key, value)| match key {
                Value::Str(key) => Some((key, value)),
                _ => None,
            })
            .collect();
        let annotations: Vec<(Str, Value)> = match base.dict.get("__annotations__") {
            Some(Value::Dict(dict)) => dict
                .to_vec()
                .into_iter()
                .filter_map(|(key, value)| match key {
                    Value::Str(key) => Some((key, value)),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        let names = merge(
            &entries.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(),
            &annotations.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(),
        );
        let find = |list: &[(Str, Value)], name: &Str| {
            list.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        let locals = names.into_iter().filter(|name| {
            DIRECTIVES.contains(&&**name) || !(name.starts_with("__") || name.starts_with("_sa_"))
        });
        locals
            .map(|name| Local { object: find(&entries, &name), annotation: find(&annotations, &name), name })
            .collect()
    }

    fn collect(&mut self, host: &mut dyn Host) -> R<()> {
        let order: Vec<Gc<Class>> = Class::mro(&self.class);
        let mut bases = Vec::new();
        for base in order {
            let own = Gc::ptr_eq(&base, &self.class);
            if !own && face::is_native_class(&base) {
                continue;
            }
            let mapped = !own && Mapper::of(&base).is_some();
            let locals = Self::locals(&base);
            let columns = if !mapped && !own { self.copy_columns(host, &base, &locals)? } else { Vec::new() };
            bases.push((base, own, mapped, locals, columns));
        }
        for (base, own, mapped, locals, columns) in bases {
            for (name, value) in columns {
                self.collected.insert(name, value);
            }
            for local in locals {
                self.collect_one(host, &base, own, mapped, local)?;
            }
            if !mapped {
                self.collect_validators(host, &base)?;
            }
        }
        Ok(())
    }

    /// Validators are methods that `@validates` marked.
    fn collect_validators(&mut self, host: &mut dyn Host, base: &Gc<Class>) -> R<()> {
        for value in base.dict.values() {
            let Value::Function(function) = &value else { continue };
            let marked = function.dict.borrow().as_ref().and_then(|dict| dict.get("__sa_validators__"));
            let Some(marked) = marked else { continue };
            let parts = host.collect(&marked)?;
            let [names, removes, backrefs] = parts.as_slice() else { continue };
            let validator = Validator {
                function: value.clone(),
                include_removes: host.truth(removes)?,
                include_backrefs: host.truth(backrefs)?,
            };
            for name in host.collect(names)? {
                if let Value::Str(name) = name {
                    self.validators.entry(intern(&name)).or_insert(validator.clone());
                }
            }
        }
        Ok(())
    }

    /// A name that the class, or a class nearer to it, has given another meaning.
    fn is_overridden(&self, name: &Str, object: Option<&Value>) -> bool {
        match (self.class.lookup(&intern(name)), object) {
            (Some(found), Some(object)) => !found.is(object),
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    /// Copies of a mixin's columns, which become attributes of the class.
    fn copy_columns(
        &mut self,
        host: &mut dyn Host,
        base: &Gc<Class>,
        locals: &[Local],
    ) -> R<Vec<(Str, Value)>> {
        let mut found = Vec::new();
        let fixed_table = self.class.dict.get("__table__").is_some();
        for local in locals {
            if DIRECTIVES.contains(&&*local.name) {
                continue;
            }
            match &local.object {
                None if !fixed_table => {
                    let Some(annotation) = &local.annotation else { continue };
                    if self.is_overridden(&local.name, None) {
                        continue;
                    }
                    let globals = face::module_globals(host, base)?.or_else(|| self.globals.clone());
                    let read = annotations::read(host, annotation, globals.as_ref())?;
                    if read.container != Some(Container::Mapped) {
                        continue;
                    }
                    let made =
                        objects::mapped_column(host, &[Value::tuple(Vec::new()), objects::empty_dict()])?;
                    self.annotations.insert(local.name.clone(), read);
                    self.class.set_attribute(&intern(&local.name), made.clone());
                    found.push((local.name.clone(), made));
                }
                Some(object) if is_column_object(host, object)? => {
                    if self.is_overridden(&local.name, Some(object)) {
                        continue;
                    }
                    if let Some(annotation) = &local.annotation {
                        let globals = face::module_globals(host, base)?.or_else(|| self.globals.clone());
                        let read = annotations::read(host, annotation, globals.as_ref())?;
                        self.annotations.insert(local.name.clone(), read);
                    }
                    let copy = self.copy_column(host, object)?;
                    self.class.set_attribute(&intern(&local.name), copy.clone());
                    self.copies.push((object.clone(), copy.clone()));
                    found.push((local.name.clone(), copy));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    fn copy_column(&mut self, host: &mut dyn Host, object: &Value) -> R<Value> {
        if let Some(mapped) = object.payload::<MappedColumn>() {
            check_foreign_keys(&mapped.column)?;
            let copy = MappedColumn {
                column: mapped.column.copy(),
                deferred: mapped.deferred,
                group: mapped.group.clone(),
                raiseload: mapped.raiseload,
                active_history: mapped.active_history,
                sort_order: mapped.sort_order,
                use_existing: mapped.use_existing,
                has_default: mapped.has_default,
                dataclass: mapped.dataclass.clone(),
            };
            return Ok(Value::native(&objects::MAPPED_COLUMN, copy));
        }
        let column = face::column_of(host, object)?.expect("the object was found to be a column");
        check_foreign_keys(&column)?;
        Ok(face::column_value(&column.copy()))
    }

    fn collect_one(
        &mut self,
        host: &mut dyn Host,
        base: &Gc<Class>,
        own: bool,
        mapped: bool,
        local: Local,
    ) -> R<()> {
        let Local { name, object, annotation } = local;
        if DIRECTIVES.contains(&&*name) {
            return self.directive(host, &name, object.as_ref(), mapped);
        }
        if mapped {
            return Ok(());
        }
        if own {
            if let Some(annotation) = &annotation {
                let read = annotations::read(host, annotation, self.globals.as_ref())?;
                if read.container.is_none()
                    && !self.allow_unmapped
                    && object.as_ref().is_some_and(|object| {
                        is_property(object)
                            || object.payload::<MappedColumn>().is_some()
                            || face::is_column(object)
                    })
                {
                    return Err(errors::not_mapped_annotation(&self.class, &name));
                }
                let is_mapped = read.container.is_some();
                if is_mapped || self.allow_unmapped {
                    self.annotations.insert(name.clone(), read);
                }
                if object.is_none() && is_mapped {
                    let made = self.column_for_annotation(host, &name)?;
                    self.collected.entry(name).or_insert(made);
                    return Ok(());
                }
            }
            if let Some(object) = object {
                // The class's own meaning of a name wins over a copy that a mixin brought.
                self.collected.insert(name, object);
            }
            return Ok(());
        }
        let Some(object) = object else { return Ok(()) };
        if is_column_object(host, &object)? {
            return Ok(());
        }
        if is_property(&object) {
            return Err(errors::property_on_mixin());
        }
        if let Some(declared) = object.payload::<DeclaredAttr>() {
            let nearer = self.class.lookup(&intern(&name));
            let value = match nearer {
                Some(found) if !found.is(&object) && !declared.cascading.get() => found,
                _ => objects::call_declared(host, &declared.function, &self.class)?,
            };
            if !self.collected.contains_key(&name) {
                if let Some(returned) = self.return_annotation(host, &declared.function)? {
                    self.annotations.entry(name.clone()).or_insert(returned);
                }
                self.collected.insert(name.clone(), value.clone());
            }
            self.copies.push((object.clone(), value));
            return Ok(());
        }
        let _ = base;
        Ok(())
    }

    /// `-> Mapped[int]` of a declared attribute.
    fn return_annotation(&self, host: &mut dyn Host, function: &Value) -> R<Option<Annotation>> {
        let Value::Function(function) = function else { return Ok(None) };
        let returned = function.annotations.borrow().as_ref().and_then(|dict| dict.get("return"));
        match returned {
            Some(value) => {
                let read = annotations::read(host, &value, Some(&function.globals))?;
                Ok(read.container.is_some().then_some(read))
            }
            None => Ok(None),
        }
    }

    /// `name: Mapped[int]` alone: the column that an `Annotated` type brings, or a new one.
    fn column_for_annotation(&mut self, host: &mut dyn Host, name: &Str) -> R<Value> {
        let annotation = self.annotations.get(name).cloned();
        if let Some(annotation) = annotation
            && annotation.container != Some(Container::Mapped)
        {
            return objects::relationship(host, &[Value::None, Value::None, objects::empty_dict()]);
        }
        objects::mapped_column(host, &[Value::tuple(Vec::new()), objects::empty_dict()])
    }

    fn directive(&mut self, host: &mut dyn Host, name: &Str, object: Option<&Value>, mapped: bool) -> R<()> {
        let is_declared = object.is_some_and(|object| object.payload::<DeclaredAttr>().is_some());
        if mapped && !is_declared {
            return Ok(());
        }
        let class = self.class_value();
        match &**name {
            "__tablename__" if self.table_name.is_none() => {
                if let Value::Str(text) = host.get_attr(&class, name)? {
                    self.table_name = Some(text);
                }
            }
            "__table_args__" if self.table_args.is_none() => {
                let value = host.get_attr(&class, name)?;
                match &value {
                    Value::Tuple(_) | Value::Dict(_) => self.table_args = Some(value),
                    Value::None => {}
                    _ => return Err(errors::bad_table_args()),
                }
            }
            "__mapper_args__" => self.mapper_args = true,
            _ => {}
        }
        Ok(())
    }

    /// Turns what was collected into properties, and gathers the columns that the table gets.
    fn extract(&mut self, host: &mut dyn Host) -> R<(Vec<(Str, Incoming)>, Vec<Rc<Column>>)> {
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
            if &*key == "metadata" && (is_column_object(host, &value)? || is_property(&value)) {
                return Err(errors::reserved_name(&key).into());
            }
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

    /// The mapped class that this one inherits from.
    fn mapped_parent(&self) -> R<Option<Rc<Mapper>>> {
        let mut found: Vec<Rc<Mapper>> = Vec::new();
        let bases = self.class.bases.borrow().clone();
        for base in bases {
            let order = Class::mro(&base);
            let Some(mapper) = order.iter().find_map(|class| Mapper::of(class)) else { continue };
            if !found.iter().any(|known| Rc::ptr_eq(known, &mapper)) {
                found.push(mapper);
            }
        }
        if found.len() > 1 {
            let classes: Vec<Gc<Class>> = found.iter().map(|mapper| mapper.class.clone()).collect();
            return Err(errors::multiple_bases(&self.class, &classes));
        }
        Ok(found.pop())
    }

    /// Makes the table, or adds the columns to the parent's; None for a class in its parent's table.
    fn table(
        &mut self,
        host: &mut dyn Host,
        declared: &[Rc<Column>],
        inherits: Option<&Rc<Mapper>>,
    ) -> R<Option<FromClause>> {
        let class = self.class_value();
        let own_table = match self.class.dict.get("__table__") {
            Some(table) if !table.is_none() => Some(host.get_attr(&class, &intern("__table__"))?),
            _ => None,
        };
        let inherited_table = match (&own_table, inherits) {
            (None, None) if self.table_name.is_none() => host.find_attr(&class, &intern("__table__"))?,
            _ => None,
        };
        if let Some(table) = own_table.or(inherited_table) {
            let table_from = face::selectable_of(host, &table)?;
            for column in declared {
                let held = column.table().is_some();
                if !held {
                    return Err(errors::column_beside_table(&column.key()));
                }
            }
            self.class.set_attribute(&intern("__table__"), table);
            return Ok(table_from);
        }
        if let Some(name) = self.table_name.clone() {
            let table = self.make_table(host, &name, declared)?;
            self.class.set_attribute(&intern("__table__"), table.clone());
            return face::selectable_of(host, &table);
        }
        let Some(parent) = inherits else { return Ok(None) };
        if self.table_args.is_some() && self.class.dict.get("__table_args__").is_some() {
            return Err(errors::table_args_without_table());
        }
        let Some(table) = parent.table() else { return Ok(None) };
        for column in declared {
            if let Some(existing) = table.column(&column.key()) {
                if Rc::ptr_eq(&existing, column) {
                    continue;
                }
                let text = format!("{}.{}", table.name, existing.name());
                return Err(errors::conflicting_column(&column.name(), &self.class, &text));
            }
            if column.primary_key.get() {
                return Err(errors::primary_key_without_table());
            }
            crate::sql::schema::add_column(&table, column)?;
        }
        Ok(None)
    }

    fn make_table(&mut self, host: &mut dyn Host, name: &Str, declared: &[Rc<Column>]) -> R<Value> {
        let class = self.class_value();
        let metadata = match host.find_attr(&class, &intern("metadata"))? {
            Some(metadata) => metadata,
            None => face::metadata_value(&self.registry.metadata.borrow().clone()),
        };
        let mut positional = vec![Value::Str(name.clone()), metadata];
        positional.extend(declared.iter().map(face::column_value));
        let mut keywords = Vec::new();
        let mut take_options = |dict: &Gc<Dict>| {
            for (key, value) in dict.to_vec() {
                if let Value::Str(key) = key {
                    keywords.push((key, value));
                }
            }
        };
        match self.table_args.clone() {
            Some(Value::Dict(options)) => take_options(&options),
            Some(Value::Tuple(items)) => match items.as_slice().split_last() {
                Some((Value::Dict(options), rest)) => {
                    positional.extend(rest.iter().cloned());
                    take_options(options);
                }
                _ => positional.extend(items.as_slice().iter().cloned()),
            },
            _ => {}
        }
        face::make_table(host, &positional, &keywords)
    }

    /// Reads `__mapper_args__`, with copies of mixins' columns in the place of their originals.
    fn mapper_arguments(&mut self, host: &mut dyn Host) -> R<MapperArgs> {
        let mut args = MapperArgs {
            passive_updates: true,
            confirm_deleted_rows: true,
            batch: true,
            polymorphic_identity: Value::None,
            ..MapperArgs::default()
        };
        if !self.mapper_args {
            return Ok(args);
        }
        let class = self.class_value();
        let given = host.get_attr(&class, &intern("__mapper_args__"))?;
        let given = match &given {
            Value::Dict(dict) => dict.to_vec(),
            _ => Vec::new(),
        };
        for (key, value) in given {
            let Value::Str(key) = key else { continue };
            let copy =
                self.copies.iter().find(|(original, _)| original.is(&value)).map(|(_, copy)| copy.clone());
            set_argument(host, &mut args, &key, copy.unwrap_or(value))?;
        }
        Ok(args)
    }
}

fn set_argument(host: &mut dyn Host, args: &mut MapperArgs, key: &str, value: Value) -> R<()> {
    match key {
        "polymorphic_on" => args.polymorphic_on = value,
        "polymorphic_identity" => args.polymorphic_identity = value,
        "with_polymorphic" => args.with_polymorphic = value,
        "polymorphic_load" => args.polymorphic_load = value.as_str().map(Str::new),
        "polymorphic_abstract" => args.polymorphic_abstract = host.truth(&value)?,
        "concrete" => args.concrete = host.truth(&value)?,
        "version_id_col" => args.version_id_col = value,
        "version_id_generator" => args.version_id_generator = value,
        "eager_defaults" => args.eager_defaults = value,
        "confirm_deleted_rows" => args.confirm_deleted_rows = host.truth(&value)?,
        "passive_updates" => args.passive_updates = host.truth(&value)?,
        "passive_deletes" => args.passive_deletes = host.truth(&value)?,
        "include_properties" => args.include_properties = value,
        "exclude_properties" => args.exclude_properties = value,
        "order_by" => args.order_by = value,
        "inherit_condition" => args.inherit_condition = value,
        "primary_key" => args.primary_key = value,
        "batch" => args.batch = host.truth(&value)?,
        "legacy_is_orphan" => args.legacy_is_orphan = host.truth(&value)?,
        _ => {}
    }
    Ok(())
}

/// A column without a name is named after its attribute.
fn undefer(key: &Str, column: &Rc<Column>) {
    if !column.has_name() {
        column.set_name(key.clone());
        column.set_key(key.clone());
    }
}

fn check_foreign_keys(column: &Rc<Column>) -> R<()> {
    let loose = column.foreign_keys.borrow().iter().any(|key| match &key.target {
        KeyTarget::Column(target) => target.table().is_none(),
        KeyTarget::Text(_) => false,
    });
    if loose { Err(errors::foreign_key_on_mixin()) } else { Ok(()) }
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

/// Two lists of names as one, the order of both kept as far as that goes.
fn merge(first: &[Str], second: &[Str]) -> Vec<Str> {
    let mut overlap: Vec<Str> = first.iter().filter(|name| second.contains(name)).cloned().collect();
    let mut result = Vec::new();
    let (mut current, mut other) = (first.iter(), second.iter());
    loop {
        let mut switched = false;
        while let Some(name) = current.next() {
            if let Some(at) = overlap.iter().position(|known| known == name) {
                overlap.remove(at);
                std::mem::swap(&mut current, &mut other);
                switched = true;
                break;
            }
            result.push(name.clone());
        }
        if !switched {
            result.extend(other.cloned());
            return result;
        }
    }
}
