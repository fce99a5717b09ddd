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
use super::{errors, face};
use crate::orm::mapper::{Mapper, Validator};
use crate::orm::mapping::{self, ClassMapping};
use crate::orm::registry::Registry;
use crate::python::value::{Class, Dict, Gc, Host, R, Str, Value, intern};
use crate::sql::schema::{Column, KeyTarget};

mod properties;
mod table;

pub use properties::add_late;

/// The names with two underscores that mean something here.
const DIRECTIVES: [&str; 4] = ["__table_args__", "__tablename__", "__mapper_args__", "__table__"];

/// Maps a new class of a declarative base.
///
/// `keywords` are those of its class statement.
pub fn declare(
    host: &mut dyn Host,
    class: &Gc<Class>,
    registry: &Rc<Registry>,
    keywords: &[(Str, Value)],
) -> R<()> {
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
        fields: Vec::new(),
    };
    let allow = host.find_attr(&Value::Class(class.clone()), &intern("__allow_unmapped__"))?;
    if let Some(allow) = allow {
        scan.allow_unmapped = host.truth(&allow)?;
    }
    scan.collect(host)?;
    let (properties, declared) = scan.extract(host)?;
    scan.make_dataclass(host, keywords)?;
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
    // A mapped class's constructor is wrapped in a function of that bare name, which is what complaints show.
    if let Some(Value::Function(constructor)) = class.lookup(&intern("__init__")) {
        *constructor.qualname.borrow_mut() = intern("__init__");
    }
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
    /// For a dataclass: names, types and the keywords of `dataclasses.field`.
    fields: Vec<Value>,
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
}

fn check_foreign_keys(column: &Rc<Column>) -> R<()> {
    let loose = column.foreign_keys.borrow().iter().any(|key| match &key.target {
        KeyTarget::Column(target) => target.table().is_none(),
        KeyTarget::Text(_) => false,
    });
    if loose { Err(errors::foreign_key_on_mixin()) } else { Ok(()) }
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
