//! f-strings.
//!
//! Owns splitting them into texts and formatted values. Must not know formatting.

use ruff_python_ast::{self as ast, FStringPart, InterpolatedStringElement};
use ruff_text_size::Ranged;

use super::op::Op;
use super::{C, Compiler};
use crate::python::value::Value;

impl<'a> Compiler<'a> {
    pub(super) fn fstring(&mut self, fstring: &'a ast::ExprFString) -> C<()> {
        let mut count = 0;
        let mut text = String::new();
        for part in fstring.value.as_slice() {
            match part {
                FStringPart::Literal(literal) => text.push_str(&literal.value),
                FStringPart::FString(inner) => {
                    count += self.elements(&inner.elements, &mut text)?;
                }
            }
        }
        count += self.flush_text(&mut text);
        self.at(fstring.range());
        self.join(count);
        Ok(())
    }

    fn join(&mut self, count: u32) {
        match count {
            0 => self.unit.load_const(Value::str("")),
            1 => self.unit.emit(Op::BuildString(1)),
            count => self.unit.emit(Op::BuildString(count)),
        }
    }

    fn flush_text(&mut self, text: &mut String) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let text = std::mem::take(text);
        self.unit.load_const(Value::str(text));
        1
    }

    fn elements(&mut self, elements: &'a [InterpolatedStringElement], text: &mut String) -> C<u32> {
        let mut count = 0;
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => text.push_str(&literal.value),
                InterpolatedStringElement::Interpolation(inner) => {
                    if let Some(debug) = &inner.debug_text {
                        text.push_str(debug.leading());
                        text.push_str(debug.expression());
                        text.push_str(debug.trailing());
                    }
                    count += self.flush_text(text);
                    self.expr(&inner.expression)?;
                    let has_spec = inner.format_spec.is_some();
                    if let Some(spec) = &inner.format_spec {
                        let mut inner_text = String::new();
                        let mut parts = self.elements(&spec.elements, &mut inner_text)?;
                        parts += self.flush_text(&mut inner_text);
                        self.join(parts);
                    }
                    let conversion = match inner.conversion {
                        ast::ConversionFlag::None if inner.debug_text.is_some() && !has_spec => b'r',
                        ast::ConversionFlag::None => 0,
                        ast::ConversionFlag::Str => b's',
                        ast::ConversionFlag::Ascii => b'a',
                        ast::ConversionFlag::Repr => b'r',
                    };
                    self.at(inner.range());
                    self.unit.emit(Op::Format { conversion, has_spec });
                    count += 1;
                }
            }
        }
        Ok(count)
    }
}
