//! Calls.
//!
//! Owns the three forms of a call and the method call that makes no bound method. Must not know callees.

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::Ranged;

use super::exprs::Display;
use super::op::Op;
use super::{C, Compiler, errors};
use crate::python::value::{Value, intern};

impl<'a> Compiler<'a> {
    pub(super) fn call(&mut self, call: &'a ast::ExprCall) -> C<()> {
        match &*call.func {
            Expr::Attribute(attribute) => {
                self.expr(&attribute.value)?;
                self.at(call.func.range());
                let name = self.mangled(&attribute.attr);
                let cache = self.unit.attr(&name);
                self.unit.emit(Op::LoadMethod(cache));
            }
            func => {
                self.expr(func)?;
                self.unit.emit(Op::PushUnset);
            }
        }
        self.arguments(&call.arguments, 0, call.range())
    }

    /// The arguments, and the call; `given` positional ones stand on the stack already.
    pub(super) fn arguments(
        &mut self,
        arguments: &'a ast::Arguments,
        given: usize,
        range: ruff_text_size::TextRange,
    ) -> C<()> {
        for (index, keyword) in arguments.keywords.iter().enumerate() {
            if let Some(name) = &keyword.arg
                && arguments.keywords[..index].iter().any(|other| other.arg.as_deref() == Some(name.as_str()))
            {
                return Err(self.fail(errors::keyword_repeated(name), keyword.range()));
            }
        }
        let spread = arguments.args.iter().any(Expr::is_starred_expr)
            || arguments.keywords.iter().any(|keyword| keyword.arg.is_none())
            || arguments.args.len() + arguments.keywords.len() + given > 0x7fff;
        if spread {
            return self.spread_call(arguments, given, range);
        }
        for arg in &arguments.args {
            self.expr(arg)?;
        }
        let count = given + arguments.args.len();
        if arguments.keywords.is_empty() {
            self.at(range);
            self.unit.emit(Op::Call(count as u32));
            return Ok(());
        }
        let mut names = Vec::with_capacity(arguments.keywords.len());
        for keyword in &arguments.keywords {
            self.expr(&keyword.value)?;
            let name = keyword.arg.as_ref().map_or("", |name| name.as_str());
            names.push(Value::Str(intern(name)));
        }
        let count = count + names.len();
        let names = self.unit.constant(Value::tuple(names));
        self.at(range);
        self.unit.emit(Op::CallKw { count: count as u16, names });
        Ok(())
    }

    fn spread_call(
        &mut self,
        arguments: &'a ast::Arguments,
        given: usize,
        range: ruff_text_size::TextRange,
    ) -> C<()> {
        if given > 0 {
            self.unit.emit(Op::BuildList(given as u32));
            for arg in &arguments.args {
                match arg {
                    Expr::Starred(starred) => {
                        self.expr(&starred.value)?;
                        self.unit.emit(Op::ListExtend);
                    }
                    arg => {
                        self.expr(arg)?;
                        self.unit.emit(Op::ListAppend(1));
                    }
                }
            }
            self.unit.emit(Op::ListToTuple);
        } else if let [Expr::Starred(only)] = &*arguments.args {
            // The call itself complains of what cannot be iterated.
            self.expr(&only.value)?;
        } else {
            self.sequence(&arguments.args, Display::Tuple)?;
        }
        let has_keywords = !arguments.keywords.is_empty();
        if has_keywords {
            self.unit.emit(Op::BuildMap(0));
            for keyword in &arguments.keywords {
                match &keyword.arg {
                    Some(name) => {
                        self.unit.load_const(Value::Str(intern(name)));
                        self.expr(&keyword.value)?;
                        self.unit.emit(Op::BuildMap(1));
                        self.at(keyword.range());
                        self.unit.emit(Op::DictMerge);
                    }
                    None => {
                        self.expr(&keyword.value)?;
                        self.at(keyword.value.range());
                        self.unit.emit(Op::DictMerge);
                    }
                }
            }
        }
        self.at(range);
        self.unit.emit(Op::CallEx { has_keywords });
        Ok(())
    }
}
