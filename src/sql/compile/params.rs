//! Slots of a compiled statement, and filling them for one execution.
//!
//! Owns where each parameter's value comes from, converting it, and expanding `IN` lists. Must not know drivers.

use std::rc::Rc;

use super::{Compiled, Dialect, ParamStyle};
use crate::python::value::{Host, R, Raised, Str, Value};
use crate::sql::errors;
use crate::sql::expr::Bind;
use crate::sql::operators::Op;
use crate::sql::schema::Column;
use crate::sql::types::{BindProcessor, Type, TypeKind};

/// Where a parameter's value comes from.
#[derive(Clone)]
pub enum SlotSource {
    /// A parameter of the statement: its value unless one is given under its name.
    Bind(Rc<Bind>),
    /// A value given under the column's key.
    Column(Rc<Column>),
    /// A client-side default, which the execution works out unless a value is given.
    Prefetch(Rc<Column>),
}

/// One parameter in the text.
pub struct Slot {
    pub name: Str,
    pub source: SlotSource,
    pub ty: Type,
    pub processor: Option<BindProcessor>,
    /// Which of the statement's parameters it is, in the order of its key (see `key.rs`).
    pub index: Option<usize>,
}

/// A statement ready to run: its text, and its values in order.
pub struct Filled {
    pub text: Str,
    pub values: Vec<Value>,
}

impl Slot {
    pub fn new(name: Str, source: SlotSource, ty: Type, dialect: &dyn Dialect) -> Slot {
        let processor = BindProcessor::of(&ty, dialect.name());
        Slot { name, source, ty, processor, index: None }
    }

    pub fn expands(&self) -> bool {
        matches!(&self.source, SlotSource::Bind(bind) if bind.expanding)
    }

    pub fn literal_execute(&self) -> bool {
        matches!(&self.source, SlotSource::Bind(bind) if bind.literal_execute && !bind.expanding)
    }

    fn width(&self) -> usize {
        match &self.ty.kind {
            TypeKind::Tuple(types) => types.len(),
            _ => 1,
        }
    }
}

impl Compiled {
    /// The values of one execution before conversion, slot by slot: `given` by name, else the statement's own.
    ///
    /// `binds` are the parameters of the statement that is executed, where this compiled form was made from another
    /// one of the same structure.
    pub fn raw_values(
        &self,
        host: &mut dyn Host,
        binds: Option<&[Rc<Bind>]>,
        given: &dyn Fn(&str) -> Option<Value>,
    ) -> R<Vec<Value>> {
        let mut values = Vec::with_capacity(self.slots.len());
        for slot in &self.slots {
            values.push(match &slot.source {
                SlotSource::Bind(bind) => {
                    let bind = match (binds, slot.index) {
                        (Some(binds), Some(index)) => binds.get(index).unwrap_or(bind),
                        _ => bind,
                    };
                    let by_name = if bind.unique { None } else { given(&slot.name) };
                    match by_name {
                        Some(value) => value,
                        None => match &bind.callable {
                            Some(callable) => host.call_values(callable, &[])?,
                            None if bind.required => return Err(errors::value_required(&slot.name)),
                            None => bind.value.clone(),
                        },
                    }
                }
                SlotSource::Column(column) => match given(&column.key()) {
                    Some(value) => value,
                    None => return Err(errors::value_required(&slot.name)),
                },
                SlotSource::Prefetch(column) => given(&column.key()).unwrap_or(Value::None),
            });
        }
        Ok(values)
    }

    /// Converts the values and expands the text where a list stands.
    pub fn fill(&self, host: &mut dyn Host, raw: Vec<Value>) -> R<Filled> {
        if !self.expands {
            let mut values = Vec::with_capacity(raw.len());
            for (slot, value) in self.slots.iter().zip(raw) {
                values.push(slot.convert(host, value)?);
            }
            return Ok(Filled { text: self.text.clone(), values });
        }
        let mut text = String::with_capacity(self.text.len() + 16);
        let mut values = Vec::with_capacity(raw.len());
        let mut rest: &str = &self.text;
        for (slot, value) in self.slots.iter().zip(raw) {
            if !slot.expands() && !slot.literal_execute() {
                values.push(slot.convert(host, value)?);
                continue;
            }
            let marker = format!("__[POSTCOMPILE_{}]", slot.name);
            let Some(at) = rest.find(&marker) else { continue };
            text.push_str(&rest[..at]);
            rest = &rest[at + marker.len()..];
            if slot.literal_execute() {
                text.push_str(&crate::sql::types::literal::render(host, &value, &slot.ty, self.dialect)?);
                continue;
            }
            self.expand(host, slot, &value, &mut text, &mut values)?;
        }
        text.push_str(rest);
        Ok(Filled { text: Str::new(&text), values })
    }

    fn expand(
        &self,
        host: &mut dyn Host,
        slot: &Slot,
        list: &Value,
        text: &mut String,
        values: &mut Vec<Value>,
    ) -> R<()> {
        let items = host.collect(list)?;
        if items.is_empty() {
            let negated = matches!(&slot.source, SlotSource::Bind(bind) if bind.expand_op == Some(Op::NotIn));
            text.push_str(&self.dialect.empty_set(negated, slot.width()));
            return Ok(());
        }
        let tuples = matches!(slot.ty.kind, TypeKind::Tuple(_)) || (slot.ty.is_null() && is_row(&items[0]));
        if tuples && self.dialect.tuple_in_values() {
            text.push_str("VALUES ");
        }
        for (number, item) in items.iter().enumerate() {
            if number > 0 {
                text.push_str(", ");
            }
            if !tuples {
                self.push_mark(text, &format!("{}_{}", slot.name, number + 1));
                values.push(slot.convert(host, item.clone())?);
                continue;
            }
            text.push('(');
            let parts = host.collect(item)?;
            for (place, part) in parts.into_iter().enumerate() {
                if place > 0 {
                    text.push_str(", ");
                }
                self.push_mark(text, &format!("{}_{}_{}", slot.name, number + 1, place + 1));
                let ty = match &slot.ty.kind {
                    TypeKind::Tuple(types) => types.get(place).cloned(),
                    _ => None,
                };
                let processor = ty.and_then(|ty| BindProcessor::of(&ty, self.dialect.name()));
                values.push(match processor {
                    Some(processor) => processor.apply(host, &part)?,
                    None => part,
                });
            }
            text.push(')');
        }
        Ok(())
    }

    fn push_mark(&self, text: &mut String, name: &str) {
        match self.dialect.param_style() {
            ParamStyle::Qmark => text.push('?'),
            ParamStyle::Named => {
                text.push(':');
                text.push_str(name);
            }
        }
    }
}

fn is_row(value: &Value) -> bool {
    matches!(value, Value::Tuple(_) | Value::List(_))
}

impl Slot {
    /// The value as the driver takes it.
    #[inline]
    pub fn convert(&self, host: &mut dyn Host, value: Value) -> Result<Value, Raised> {
        match &self.processor {
            Some(processor) => processor.apply(host, &value),
            None => Ok(value),
        }
    }
}
