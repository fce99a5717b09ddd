//! The table of a declarative class and the arguments of its mapper.
//!
//! Owns finding the mapped parent, making the table or adding to the parent's, reading `__mapper_args__`. Must not
//! know attributes.

use std::rc::Rc;

use super::super::{errors, face};
use super::Scan;
use crate::orm::mapper::{Mapper, MapperArgs};
use crate::python::value::{Class, Dict, Gc, Host, R, Str, Value, intern};
use crate::sql::schema::Column;
use crate::sql::selectable::FromClause;

impl Scan {
    /// The mapped class that this one inherits from.
    pub(super) fn mapped_parent(&self) -> R<Option<Rc<Mapper>>> {
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
    pub(super) fn table(
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
        // What a column under the name `metadata` comes to: it is asked for its tables.
        host.get_attr(&metadata, &intern("tables"))?;
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
    pub(super) fn mapper_arguments(&mut self, host: &mut dyn Host) -> R<MapperArgs> {
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
