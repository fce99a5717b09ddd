//! Parameters in the text.
//!
//! Owns their names, their marks, and writing values instead where that was asked for. Must not know statements.

use std::rc::Rc;

use super::params::{Slot, SlotSource};
use super::{Compiler, Flags, ParamStyle};
use crate::python::value::{R, Str, Value};
use crate::sql::errors;
use crate::sql::expr::{Bind, Owner};
use crate::sql::operators::Op;
use crate::sql::schema::Column;
use crate::sql::types::{Type, TypeKind, literal};

impl Compiler<'_> {
    pub(super) fn bind(&mut self, bind: &Rc<Bind>, ty: &Type, flags: Flags<'_>) -> R<()> {
        if flags.literal {
            return self.literal_bind(bind, ty, flags);
        }
        let name = self.bind_name(bind);
        if let Some((_, other)) = self.binds.iter().find(|(known, _)| *known == name) {
            if !Rc::ptr_eq(other, bind) && (other.unique || bind.unique) {
                return Err(errors::compile_error(format!(
                    "Bind parameter '{name}' conflicts with unique bind parameter of the same name"
                )));
            }
        } else {
            self.binds.push((name.clone(), bind.clone()));
        }
        let slot = Slot::new(name.clone(), SlotSource::Bind(bind.clone()), ty.clone(), self.dialect);
        self.slots.push(slot);
        if bind.expanding {
            self.push("(__[POSTCOMPILE_");
            self.push(&name);
            self.push("])");
        } else if bind.literal_execute {
            self.push("__[POSTCOMPILE_");
            self.push(&name);
            self.push("]");
        } else {
            self.mark(&name);
        }
        Ok(())
    }

    /// A parameter named after a column, whose value comes with the execution or from a default.
    pub(super) fn column_bind(&mut self, name: Str, column: &Rc<Column>, source: SlotSource) {
        self.mark(&name);
        self.slots.push(Slot::new(name, source, column.ty(), self.dialect));
    }

    pub(super) fn mark(&mut self, name: &str) {
        match self.dialect.param_style() {
            ParamStyle::Qmark => self.out.push('?'),
            ParamStyle::Named => {
                self.out.push(':');
                for letter in name.chars() {
                    self.out.push(match letter {
                        '%' => 'P',
                        '(' => 'A',
                        ')' => 'Z',
                        ':' => 'C',
                        '.' | '[' | ']' | ' ' => '_',
                        other => other,
                    });
                }
            }
        }
    }

    pub(super) fn bind_name(&mut self, bind: &Rc<Bind>) -> Str {
        if bind.unique {
            let owner = Owner((Rc::as_ptr(bind) as usize, usize::MAX), 0);
            self.anonymous(owner, &bind.key)
        } else {
            bind.key.clone()
        }
    }

    fn literal_bind(&mut self, bind: &Rc<Bind>, ty: &Type, flags: Flags<'_>) -> R<()> {
        let value = match &bind.callable {
            Some(callable) => self.host.call_values(callable, &[])?,
            None => bind.value.clone(),
        };
        if value.is_none() {
            let _ = flags.beside;
            self.push("NULL");
            return Ok(());
        }
        if !bind.expanding {
            let text = literal::render(self.host, &value, ty, self.dialect)?;
            self.push(&text);
            return Ok(());
        }
        let items = self.host.collect(&value)?;
        self.push("(");
        if items.is_empty() {
            let width = if let TypeKind::Tuple(types) = &ty.kind { types.len() } else { 1 };
            let text = self.dialect.empty_set(bind.expand_op == Some(Op::NotIn), width);
            self.push(&text);
        }
        if matches!(&ty.kind, TypeKind::Tuple(_)) && !items.is_empty() && self.dialect.tuple_in_values() {
            self.push("VALUES ");
        }
        for (number, item) in items.iter().enumerate() {
            if number > 0 {
                self.push(", ");
            }
            match (&ty.kind, item) {
                (TypeKind::Tuple(types), Value::Tuple(parts)) => {
                    self.push("(");
                    for (place, (part, ty)) in parts.as_slice().iter().zip(types).enumerate() {
                        if place > 0 {
                            self.push(", ");
                        }
                        let text = literal::render(self.host, part, ty, self.dialect)?;
                        self.push(&text);
                    }
                    self.push(")");
                }
                _ => {
                    let text = literal::render(self.host, item, ty, self.dialect)?;
                    self.push(&text);
                }
            }
        }
        self.push(")");
        Ok(())
    }
}
