//! `match`.
//!
//! Owns patterns: each is tested against a slot and jumps away if it does not fit; names are bound only once the
//! whole pattern has fitted. Must not know classes' `__match_args__` (the machine asks for those).

use ruff_python_ast::{self as ast, Pattern, Singleton};
use ruff_text_size::Ranged;

use super::emit::Label;
use super::op::Op;
use super::{C, Compiler, errors};
use crate::python::value::{CompareOp, Str, Value, intern};

/// Names that a pattern captures, with the slots that hold them meanwhile.
type Captures = Vec<(Str, u32)>;

impl<'a> Compiler<'a> {
    pub(super) fn match_statement(&mut self, stmt: &'a ast::StmtMatch) -> C<()> {
        self.expr(&stmt.subject)?;
        let subject = self.unit.temporary();
        let first_temporary = subject;
        self.unit.emit(Op::StoreLocal(subject));
        let end = self.unit.label();
        let last = stmt.cases.len() - 1;
        for (index, case) in stmt.cases.iter().enumerate() {
            let next = self.unit.label();
            self.at(case.pattern.range());
            if index != last && case.guard.is_none() && irrefutable(&case.pattern) {
                let text = match &case.pattern {
                    Pattern::MatchAs(ast::PatternMatchAs { name: Some(name), .. }) => {
                        format!("name capture '{name}'")
                    }
                    _ => "wildcard".to_string(),
                };
                return Err(self.fail(errors::unreachable_pattern(&text), case.pattern.range()));
            }
            let mut captures = Captures::new();
            self.pattern(&case.pattern, subject, next, &mut captures)?;
            for (name, slot) in &captures {
                self.unit.emit(Op::LoadLocal(*slot));
                self.store_name(name);
            }
            if let Some(guard) = &case.guard {
                self.jump_unless(guard, next)?;
            }
            for slot in first_temporary..self.unit.n_slots.min(first_temporary + 64) {
                if self.is_temporary(slot) {
                    self.unit.emit(Op::ClearLocal(slot));
                }
            }
            self.body(&case.body)?;
            self.unit.jump(end);
            self.unit.place(next);
        }
        for slot in first_temporary..self.unit.n_slots.min(first_temporary + 64) {
            if self.is_temporary(slot) {
                self.unit.emit(Op::ClearLocal(slot));
            }
        }
        self.unit.place(end);
        Ok(())
    }

    fn is_temporary(&self, slot: u32) -> bool {
        !self.unit.slots.values().any(|used| *used == slot)
    }

    fn capture(&mut self, name: &ast::Identifier, captures: &mut Captures) -> C<u32> {
        let name_str = self.mangled(name);
        if captures.iter().any(|(known, _)| Str::ptr_eq(known, &name_str)) {
            return Err(self.fail(errors::pattern_name_twice(name), name.range()));
        }
        let slot = self.unit.temporary();
        captures.push((name_str, slot));
        Ok(slot)
    }

    fn pattern(&mut self, pattern: &'a Pattern, subject: u32, fail: Label, captures: &mut Captures) -> C<()> {
        self.enter()?;
        self.at(pattern.range());
        let done = self.pattern_inner(pattern, subject, fail, captures);
        self.leave();
        done
    }

    fn pattern_inner(
        &mut self,
        pattern: &'a Pattern,
        subject: u32,
        fail: Label,
        captures: &mut Captures,
    ) -> C<()> {
        match pattern {
            Pattern::MatchValue(value) => {
                self.unit.emit(Op::LoadLocal(subject));
                self.expr(&value.value)?;
                self.unit.emit(Op::Compare(CompareOp::Eq));
                self.unit.jump_if_false(fail);
            }
            Pattern::MatchSingleton(singleton) => {
                self.unit.emit(Op::LoadLocal(subject));
                self.unit.load_const(match singleton.value {
                    Singleton::None => Value::None,
                    Singleton::True => Value::Bool(true),
                    Singleton::False => Value::Bool(false),
                });
                self.unit.emit(Op::Is);
                self.unit.jump_if_false(fail);
            }
            Pattern::MatchAs(inner) => {
                if let Some(pattern) = &inner.pattern {
                    self.pattern(pattern, subject, fail, captures)?;
                }
                if let Some(name) = &inner.name {
                    let slot = self.capture(name, captures)?;
                    self.unit.emit(Op::LoadLocal(subject));
                    self.unit.emit(Op::StoreLocal(slot));
                }
            }
            Pattern::MatchOr(inner) => self.alternatives(&inner.patterns, subject, fail, captures)?,
            Pattern::MatchSequence(inner) => {
                self.sequence_pattern(&inner.patterns, subject, fail, captures)?;
            }
            Pattern::MatchStar(inner) => {
                if let Some(name) = &inner.name {
                    let slot = self.capture(name, captures)?;
                    self.unit.emit(Op::LoadLocal(subject));
                    self.unit.emit(Op::StoreLocal(slot));
                }
            }
            Pattern::MatchMapping(inner) => self.mapping_pattern(inner, subject, fail, captures)?,
            Pattern::MatchClass(inner) => self.class_pattern(inner, subject, fail, captures)?,
        }
        Ok(())
    }

    fn alternatives(
        &mut self,
        patterns: &'a [Pattern],
        subject: u32,
        fail: Label,
        captures: &mut Captures,
    ) -> C<()> {
        let fits = self.unit.label();
        let before = captures.len();
        let mut shared: Option<Captures> = None;
        let last = patterns.len() - 1;
        for (index, pattern) in patterns.iter().enumerate() {
            if index != last && irrefutable(pattern) {
                return Err(self.fail(errors::unreachable_pattern("wildcard"), pattern.range()));
            }
            let next = if index == last { fail } else { self.unit.label() };
            let mut own: Captures = captures[..before].to_vec();
            self.pattern(pattern, subject, next, &mut own)?;
            let own = own.split_off(before);
            match &shared {
                None => shared = Some(own),
                Some(shared) => {
                    let same = shared.len() == own.len()
                        && own
                            .iter()
                            .all(|(name, _)| shared.iter().any(|(other, _)| Str::ptr_eq(name, other)));
                    if !same {
                        return Err(self.fail(errors::or_patterns_differ(), pattern.range()));
                    }
                    for (name, slot) in &own {
                        let target = shared.iter().find(|(other, _)| Str::ptr_eq(name, other));
                        let target = target.expect("the names are the same").1;
                        self.unit.emit(Op::LoadLocal(*slot));
                        self.unit.emit(Op::StoreLocal(target));
                    }
                }
            }
            if index != last {
                self.unit.jump(fits);
                self.unit.place(next);
            }
        }
        self.unit.place(fits);
        captures.extend(shared.unwrap_or_default());
        Ok(())
    }

    fn sequence_pattern(
        &mut self,
        patterns: &'a [Pattern],
        subject: u32,
        fail: Label,
        captures: &mut Captures,
    ) -> C<()> {
        let star = patterns.iter().position(Pattern::is_match_star);
        if patterns.iter().filter(|pattern| pattern.is_match_star()).count() > 1 {
            let range = patterns[0].range();
            return Err(self.fail(errors::other("multiple starred expressions in sequence pattern"), range));
        }
        self.unit.emit(Op::LoadLocal(subject));
        self.unit.emit(Op::MatchSequence);
        self.unit.emit(Op::Rot2);
        self.unit.emit(Op::Pop);
        self.unit.jump_if_false(fail);
        self.unit.emit(Op::LoadLocal(subject));
        self.unit.emit(Op::GetLen);
        self.unit.emit(Op::Rot2);
        self.unit.emit(Op::Pop);
        let needed = patterns.len() - usize::from(star.is_some());
        self.unit.load_const(Value::Int(needed as i64));
        self.unit.emit(Op::Compare(if star.is_some() { CompareOp::Ge } else { CompareOp::Eq }));
        self.unit.jump_if_false(fail);
        self.unit.emit(Op::LoadLocal(subject));
        match star {
            None => self.unit.emit(Op::UnpackSequence(patterns.len() as u32)),
            Some(at) => {
                let after = patterns.len() - at - 1;
                self.unit.emit(Op::UnpackEx { before: at as u16, after: after as u16 });
            }
        }
        let slots: Vec<u32> = patterns.iter().map(|_| self.unit.temporary()).collect();
        for slot in &slots {
            self.unit.emit(Op::StoreLocal(*slot));
        }
        for (pattern, slot) in patterns.iter().zip(slots) {
            self.pattern(pattern, slot, fail, captures)?;
        }
        Ok(())
    }

    fn mapping_pattern(
        &mut self,
        inner: &'a ast::PatternMatchMapping,
        subject: u32,
        fail: Label,
        captures: &mut Captures,
    ) -> C<()> {
        self.unit.emit(Op::LoadLocal(subject));
        self.unit.emit(Op::MatchMapping);
        self.unit.emit(Op::Rot2);
        self.unit.emit(Op::Pop);
        self.unit.jump_if_false(fail);
        if inner.keys.is_empty() && inner.rest.is_none() {
            return Ok(());
        }
        let keys = self.unit.temporary();
        for key in &inner.keys {
            self.expr(key)?;
        }
        self.unit.emit(Op::BuildTuple(inner.keys.len() as u32));
        self.unit.emit(Op::StoreLocal(keys));
        self.unit.emit(Op::LoadLocal(subject));
        self.unit.emit(Op::LoadLocal(keys));
        self.match_parts(Op::MatchKeys, &inner.patterns.iter().collect::<Vec<_>>(), fail, captures)?;
        if let Some(rest) = &inner.rest {
            let slot = self.capture(rest, captures)?;
            self.unit.emit(Op::LoadLocal(subject));
            self.unit.emit(Op::LoadLocal(keys));
            self.unit.emit(Op::DictWithout);
            self.unit.emit(Op::StoreLocal(slot));
        }
        Ok(())
    }

    fn class_pattern(
        &mut self,
        inner: &'a ast::PatternMatchClass,
        subject: u32,
        fail: Label,
        captures: &mut Captures,
    ) -> C<()> {
        self.unit.emit(Op::LoadLocal(subject));
        self.expr(&inner.cls)?;
        let mut names: Vec<Value> = Vec::new();
        for keyword in &inner.arguments.keywords {
            let name = Value::Str(intern(&keyword.attr));
            if names.iter().any(|known| known.is(&name)) {
                let text = format!("attribute name repeated in class pattern: {}", keyword.attr);
                return Err(self.fail(errors::other(text), keyword.range()));
            }
            names.push(name);
        }
        self.unit.load_const(Value::tuple(names));
        let positional = inner.arguments.patterns.len() as u32;
        let mut parts: Vec<&'a Pattern> = inner.arguments.patterns.iter().collect();
        parts.extend(inner.arguments.keywords.iter().map(|keyword| &keyword.pattern));
        self.match_parts_of_class(positional, &parts, fail, captures)
    }

    fn match_parts_of_class(
        &mut self,
        positional: u32,
        parts: &[&'a Pattern],
        fail: Label,
        captures: &mut Captures,
    ) -> C<()> {
        self.unit.emit(Op::MatchClass(positional));
        self.after_match(parts, fail, captures)
    }

    fn match_parts(&mut self, op: Op, parts: &[&'a Pattern], fail: Label, captures: &mut Captures) -> C<()> {
        self.unit.emit(op);
        self.after_match(parts, fail, captures)
    }

    /// A tuple of matched values, or None, is on the stack.
    fn after_match(&mut self, parts: &[&'a Pattern], fail: Label, captures: &mut Captures) -> C<()> {
        let values = self.unit.temporary();
        self.unit.emit(Op::StoreLocal(values));
        self.unit.emit(Op::LoadLocal(values));
        self.unit.load_const(Value::None);
        self.unit.emit(Op::IsNot);
        self.unit.jump_if_false(fail);
        self.unit.emit(Op::LoadLocal(values));
        self.unit.emit(Op::UnpackSequence(parts.len() as u32));
        let slots: Vec<u32> = parts.iter().map(|_| self.unit.temporary()).collect();
        for slot in &slots {
            self.unit.emit(Op::StoreLocal(*slot));
        }
        for (pattern, slot) in parts.iter().zip(slots) {
            self.pattern(pattern, slot, fail, captures)?;
        }
        Ok(())
    }
}

fn irrefutable(pattern: &Pattern) -> bool {
    match pattern {
        Pattern::MatchAs(inner) => inner.pattern.as_deref().is_none_or(irrefutable),
        Pattern::MatchOr(inner) => inner.patterns.iter().any(irrefutable),
        _ => false,
    }
}
