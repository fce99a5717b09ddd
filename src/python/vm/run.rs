//! The run loop.
//!
//! Owns dispatch and the fast paths of instructions. Everything that is not fast is asked of the files beside it.
//! Must not know what objects mean beyond the few kinds that the fast paths name.
//!
//! SAFETY of this file: `sp` stays within the frame's operand stack, whose size the compiler has counted; slots are
//! always initialised; `pc` stays within the code, which ends in a return; the frame's function keeps the code alive.

use std::sync::atomic::Ordering;

use super::frame::Exit;
use super::{Frame, Vm, errors};
use crate::python::compile::code::{AttrKind, CodeKind};
use crate::python::compile::op::{Op, make};
use crate::python::value::{
    BinaryOp, BoundMethod, Cell, Dict, Gc, Host, Iter, List, R, Raised, Slice, Str, Value, class_epoch, heap,
};

impl Vm {
    /// Runs the frames above `floor`; `thrown` is raised where the innermost stands.
    pub(super) fn run(&mut self, floor: usize, thrown: Option<Raised>) -> R<Value> {
        let mut pending = thrown;
        let mut keep_place = false;
        loop {
            let mut frame: *mut Frame = self.frames.last_mut().expect("a frame is running");
            // SAFETY (whole function): see the head of the file.
            let (mut pc, mut sp, mut base) = unsafe { ((*frame).pc, (*frame).sp, (*frame).base) };
            let mut code = unsafe { &*(*frame).code };

            macro_rules! push {
                ($value:expr) => {{
                    let value = $value;
                    unsafe {
                        sp.write(value);
                        sp = sp.add(1);
                    }
                }};
            }
            macro_rules! pop {
                () => {
                    unsafe {
                        sp = sp.sub(1);
                        sp.read()
                    }
                };
            }
            macro_rules! peek {
                ($depth:expr) => {
                    unsafe { &mut *sp.sub($depth) }
                };
            }
            // Both operands are known to be plain data: there is nothing to drop.
            macro_rules! replace_two {
                ($value:expr) => {{
                    let value = $value;
                    unsafe {
                        sp = sp.sub(1);
                        sp.sub(1).write(value);
                    }
                }};
            }
            macro_rules! slot {
                ($index:expr) => {
                    unsafe { &mut *base.add($index as usize) }
                };
            }
            macro_rules! save {
                () => {
                    unsafe {
                        (*frame).pc = pc;
                        (*frame).sp = sp;
                    }
                };
            }
            macro_rules! running {
                () => {
                    unsafe { &*frame }
                };
            }
            // Where the frame on top stands; enough to unwind from there.
            macro_rules! load_place {
                () => {{
                    frame = self.frames.last_mut().expect("a frame is running");
                    unsafe {
                        pc = (*frame).pc;
                        sp = (*frame).sp;
                    }
                }};
            }
            macro_rules! load_frame {
                () => {{
                    load_place!();
                    unsafe {
                        base = (*frame).base;
                        code = &*(*frame).code;
                    }
                }};
            }
            macro_rules! jump {
                ($target:expr) => {
                    pc = unsafe { code.ops.as_ptr().add($target as usize) }
                };
            }

            let raised: Raised = 'ops: {
                if let Some(raised) = pending.take() {
                    break 'ops raised;
                }
                macro_rules! tri {
                    ($result:expr) => {
                        match $result {
                            Ok(value) => value,
                            Err(raised) => break 'ops raised,
                        }
                    };
                }
                macro_rules! attend {
                    () => {
                        if self.interrupt.load(Ordering::Relaxed) || heap::should_collect() {
                            save!();
                            tri!(self.attend());
                        }
                    };
                }
                macro_rules! binary {
                    ($op:expr, $left:expr, $right:expr, $in_place:expr) => {{
                        let (left, right) = ($left, $right);
                        save!();
                        let value = tri!(self.binary_slow($op, &left, &right, $in_place));
                        push!(value);
                    }};
                }
                loop {
                    let op = unsafe { *pc };
                    pc = unsafe { pc.add(1) };
                    match op {
                        Op::Nop => {}
                        Op::Realize => {
                            save!();
                            tri!(self.realize());
                            load_frame!();
                        }
                        Op::LoadConst(index) => {
                            push!(unsafe { code.consts.get_unchecked(index as usize) }.clone());
                        }
                        Op::LoadLocal(index) => {
                            let value = slot!(index).clone();
                            if value.is_unset() {
                                save!();
                                break 'ops self.unbound(index);
                            }
                            push!(value);
                        }
                        Op::LoadLocals2 { first, second } => {
                            let (one, two) = (slot!(first).clone(), slot!(second).clone());
                            if one.is_unset() || two.is_unset() {
                                save!();
                                let which = if one.is_unset() { first } else { second };
                                break 'ops self.unbound(u32::from(which));
                            }
                            push!(one);
                            push!(two);
                        }
                        Op::LoadLocalConst { local, constant } => {
                            let value = slot!(local).clone();
                            if value.is_unset() {
                                save!();
                                break 'ops self.unbound(u32::from(local));
                            }
                            push!(value);
                            push!(unsafe { code.consts.get_unchecked(constant as usize) }.clone());
                        }
                        Op::StoreLocal(index) => {
                            let value = pop!();
                            std::mem::replace(slot!(index), value).discard();
                        }
                        Op::DeleteLocal(index) => {
                            let before = std::mem::replace(slot!(index), Value::Unset);
                            if before.is_unset() {
                                save!();
                                break 'ops self.unbound(index);
                            }
                        }
                        Op::ClearLocal(index) => {
                            drop(std::mem::replace(slot!(index), Value::Unset));
                        }
                        Op::LoadCell(index) => {
                            let Value::Cell(cell) = slot!(index) else {
                                unreachable!("cell slots hold cells")
                            };
                            let value = cell.get();
                            if value.is_unset() {
                                save!();
                                break 'ops self.unbound(index);
                            }
                            push!(value);
                        }
                        Op::StoreCell(index) => {
                            let value = pop!();
                            let Value::Cell(cell) = slot!(index) else {
                                unreachable!("cell slots hold cells")
                            };
                            cell.set(value);
                        }
                        Op::DeleteCell(index) => {
                            let Value::Cell(cell) = slot!(index) else {
                                unreachable!("cell slots hold cells")
                            };
                            if cell.get().is_unset() {
                                save!();
                                break 'ops self.unbound(index);
                            }
                            cell.set(Value::Unset);
                        }
                        Op::LoadCellObject(index) => push!(slot!(index).clone()),
                        Op::MakeCell(index) => {
                            let value = std::mem::replace(slot!(index), Value::Unset);
                            *slot!(index) = Value::Cell(Gc::new(Cell::new(value)));
                        }
                        Op::CopyFree(first) => {
                            let closure = &running!().function.closure;
                            for (offset, cell) in closure.iter().enumerate() {
                                *slot!(first as usize + offset) = Value::Cell(cell.clone());
                            }
                        }
                        Op::LoadClassCell { cell, name } => {
                            let name = &code.globals[name as usize].name;
                            let names = unsafe { (&*frame).names().cloned() };
                            let found = match names {
                                Some(names) => names.get_str(name),
                                None => None,
                            };
                            match found {
                                Some(value) => push!(value),
                                None => {
                                    let Value::Cell(cell_object) = slot!(cell) else {
                                        unreachable!("cell slots hold cells")
                                    };
                                    let value = cell_object.get();
                                    if value.is_unset() {
                                        save!();
                                        break 'ops self.unbound(u32::from(cell));
                                    }
                                    push!(value);
                                }
                            }
                        }
                        Op::LoadName(index) => {
                            save!();
                            let value = tri!(self.load_name(index));
                            push!(value);
                        }
                        Op::StoreName(index) => {
                            let value = pop!();
                            save!();
                            tri!(self.store_name(index, value));
                        }
                        Op::DeleteName(index) => {
                            save!();
                            tri!(self.delete_name(index));
                        }
                        Op::LoadGlobal(index) => {
                            let cache = unsafe { code.globals.get_unchecked(index as usize) };
                            let globals = &running!().function.globals;
                            match globals.get_hinted(&cache.name, &cache.hint) {
                                Some(value) => push!(value),
                                None => match self.builtins.get_hinted(&cache.name, &cache.builtin_hint) {
                                    Some(value) => push!(value),
                                    None => {
                                        save!();
                                        break 'ops errors::name_not_defined(&cache.name);
                                    }
                                },
                            }
                        }
                        Op::StoreGlobal(index) => {
                            let value = pop!();
                            let cache = unsafe { code.globals.get_unchecked(index as usize) };
                            let globals = &running!().function.globals;
                            globals.set_hinted(&cache.name, value, &cache.hint);
                        }
                        Op::DeleteGlobal(index) => {
                            let name = &code.globals[index as usize].name;
                            let globals = &running!().function.globals;
                            if globals.remove_str(name).is_none() {
                                save!();
                                break 'ops errors::name_not_defined(name);
                            }
                        }
                        Op::PushUnset => push!(Value::Unset),
                        Op::Pop => pop!().discard(),
                        Op::Dup => {
                            let value = peek!(1).clone();
                            push!(value);
                        }
                        Op::Dup2 => {
                            let (one, two) = (peek!(2).clone(), peek!(1).clone());
                            push!(one);
                            push!(two);
                        }
                        Op::Rot2 => unsafe { std::ptr::swap(sp.sub(1), sp.sub(2)) },
                        Op::Rot3 => unsafe {
                            std::ptr::swap(sp.sub(1), sp.sub(2));
                            std::ptr::swap(sp.sub(2), sp.sub(3));
                        },
                        Op::Add => {
                            match (&*peek!(2), &*peek!(1)) {
                                (Value::Int(a), Value::Int(b)) => {
                                    if let Some(number) = a.checked_add(*b) {
                                        replace_two!(Value::Int(number));
                                        continue;
                                    }
                                }
                                (Value::Float(a), Value::Float(b)) => {
                                    replace_two!(Value::Float(a + b));
                                    continue;
                                }
                                _ => {}
                            }
                            let right = pop!();
                            let left = pop!();
                            match (&left, &right) {
                                (Value::Str(a), Value::Str(b)) => push!(Value::Str(Str::concat(a, b))),
                                _ => binary!(BinaryOp::Add, left, right, false),
                            }
                        }
                        Op::Sub => {
                            match (&*peek!(2), &*peek!(1)) {
                                (Value::Int(a), Value::Int(b)) => {
                                    if let Some(number) = a.checked_sub(*b) {
                                        replace_two!(Value::Int(number));
                                        continue;
                                    }
                                }
                                (Value::Float(a), Value::Float(b)) => {
                                    replace_two!(Value::Float(a - b));
                                    continue;
                                }
                                _ => {}
                            }
                            let right = pop!();
                            let left = pop!();
                            binary!(BinaryOp::Sub, left, right, false);
                        }
                        Op::Mul => {
                            match (&*peek!(2), &*peek!(1)) {
                                (Value::Int(a), Value::Int(b)) => {
                                    if let Some(number) = a.checked_mul(*b) {
                                        replace_two!(Value::Int(number));
                                        continue;
                                    }
                                }
                                (Value::Float(a), Value::Float(b)) => {
                                    replace_two!(Value::Float(a * b));
                                    continue;
                                }
                                _ => {}
                            }
                            let right = pop!();
                            let left = pop!();
                            binary!(BinaryOp::Mul, left, right, false);
                        }
                        Op::AddInt(number) => {
                            let number = i64::from(number);
                            if let Value::Int(left) = peek!(1)
                                && let Some(sum) = left.checked_add(number)
                            {
                                *left = sum;
                            } else {
                                let left = pop!();
                                binary!(BinaryOp::Add, left, Value::Int(number), false);
                            }
                        }
                        Op::SubInt(number) => {
                            let number = i64::from(number);
                            if let Value::Int(left) = peek!(1)
                                && let Some(difference) = left.checked_sub(number)
                            {
                                *left = difference;
                            } else {
                                let left = pop!();
                                binary!(BinaryOp::Sub, left, Value::Int(number), false);
                            }
                        }
                        Op::ModInt(number) => {
                            let number = i64::from(number);
                            if let Value::Int(left) = peek!(1) {
                                *left = left.rem_euclid(number);
                            } else {
                                let left = pop!();
                                binary!(BinaryOp::Mod, left, Value::Int(number), false);
                            }
                        }
                        Op::Binary(op) => {
                            if let (Value::Int(a), Value::Int(b)) = (&*peek!(2), &*peek!(1))
                                && let Some(number) = super::operate::quick_int(op, *a, *b)
                            {
                                replace_two!(Value::Int(number));
                                continue;
                            }
                            let right = pop!();
                            let left = pop!();
                            match super::operate::quick(op, &left, &right) {
                                Some(value) => push!(value),
                                None => binary!(op, left, right, false),
                            }
                        }
                        Op::InPlace(op) => {
                            if let (Value::Int(a), Value::Int(b)) = (&*peek!(2), &*peek!(1))
                                && let Some(number) = super::operate::quick_int(op, *a, *b)
                            {
                                replace_two!(Value::Int(number));
                                continue;
                            }
                            let right = pop!();
                            let mut left = pop!();
                            if let (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) =
                                (&left, &right)
                                && let Some(value) = super::operate::quick(op, &left, &right)
                            {
                                push!(value);
                            } else if let (BinaryOp::Add, Value::Str(text), Value::Str(tail)) =
                                (op, &mut left, &right)
                            {
                                // `s += t`: when the variable about to be overwritten is the only other holder, it
                                // lets go first, and the text grows in place.
                                let next = unsafe { *pc };
                                match next {
                                    Op::StoreLocal(index) => {
                                        if matches!(slot!(index), Value::Str(held) if Str::ptr_eq(held, text))
                                        {
                                            *slot!(index) = Value::Unset;
                                        }
                                    }
                                    Op::StoreGlobal(index) => {
                                        let cache = &code.globals[index as usize];
                                        let globals = &running!().function.globals;
                                        let held = globals.get_hinted(&cache.name, &cache.hint);
                                        if matches!(&held, Some(Value::Str(held)) if Str::ptr_eq(held, text))
                                        {
                                            drop(held);
                                            globals.set_hinted(&cache.name, Value::None, &cache.hint);
                                        }
                                    }
                                    _ => {}
                                }
                                text.append(tail);
                                push!(left);
                            } else {
                                binary!(op, left, right, true);
                            }
                        }
                        Op::Unary(op) => {
                            let operand = pop!();
                            save!();
                            let value = tri!(self.unary(op, &operand));
                            push!(value);
                        }
                        Op::Not => {
                            let operand = pop!();
                            let truth = match &operand {
                                Value::Bool(value) => *value,
                                operand => {
                                    save!();
                                    tri!(self.truth(operand))
                                }
                            };
                            push!(Value::Bool(!truth));
                        }
                        Op::Compare(op) => {
                            if let (Value::Int(a), Value::Int(b)) = (&*peek!(2), &*peek!(1)) {
                                let answer = super::operate::compare_ints(op, *a, *b);
                                replace_two!(Value::Bool(answer));
                                continue;
                            }
                            let right = pop!();
                            let left = pop!();
                            match super::operate::quick_compare(op, &left, &right) {
                                Some(answer) => push!(Value::Bool(answer)),
                                None => {
                                    save!();
                                    let value = tri!(self.compare(op, &left, &right));
                                    push!(value);
                                }
                            }
                        }
                        Op::CompareJump { op, target } => {
                            if let (Value::Int(a), Value::Int(b)) = (&*peek!(2), &*peek!(1)) {
                                let answer = super::operate::compare_ints(op, *a, *b);
                                sp = unsafe { sp.sub(2) };
                                if !answer {
                                    jump!(target);
                                }
                                continue;
                            }
                            let right = pop!();
                            let left = pop!();
                            let answer = match super::operate::quick_compare(op, &left, &right) {
                                Some(answer) => answer,
                                None => {
                                    save!();
                                    let value = tri!(self.compare(op, &left, &right));
                                    tri!(self.truth(&value))
                                }
                            };
                            if !answer {
                                jump!(target);
                            }
                        }
                        Op::Is => {
                            let right = pop!();
                            let left = pop!();
                            push!(Value::Bool(left.is(&right)));
                        }
                        Op::IsNot => {
                            let right = pop!();
                            let left = pop!();
                            push!(Value::Bool(!left.is(&right)));
                        }
                        Op::In => {
                            let container = pop!();
                            let item = pop!();
                            save!();
                            let answer = match &container {
                                Value::Dict(dict) => tri!(self.dict_find(dict, &item)).is_some(),
                                Value::Set(set) => tri!(self.contains_in_set(&container, set, &item)),
                                container => tri!(self.contains(container, &item)),
                            };
                            push!(Value::Bool(answer));
                        }
                        Op::NotIn => {
                            let container = pop!();
                            let item = pop!();
                            save!();
                            let answer = match &container {
                                Value::Dict(dict) => tri!(self.dict_find(dict, &item)).is_some(),
                                Value::Set(set) => tri!(self.contains_in_set(&container, set, &item)),
                                container => tri!(self.contains(container, &item)),
                            };
                            push!(Value::Bool(!answer));
                        }
                        Op::Jump(target) => jump!(target),
                        Op::JumpBack(target) => {
                            jump!(target);
                            attend!();
                        }
                        Op::JumpIfFalse(target) => {
                            if let Value::Bool(truth) = *peek!(1) {
                                sp = unsafe { sp.sub(1) };
                                if !truth {
                                    jump!(target);
                                }
                                continue;
                            }
                            let test = pop!();
                            let truth = match &test {
                                Value::Bool(value) => *value,
                                test => {
                                    save!();
                                    tri!(self.truth(test))
                                }
                            };
                            if !truth {
                                jump!(target);
                            }
                        }
                        Op::JumpIfTrue(target) => {
                            if let Value::Bool(truth) = *peek!(1) {
                                sp = unsafe { sp.sub(1) };
                                if truth {
                                    jump!(target);
                                }
                                continue;
                            }
                            let test = pop!();
                            let truth = match &test {
                                Value::Bool(value) => *value,
                                test => {
                                    save!();
                                    tri!(self.truth(test))
                                }
                            };
                            if truth {
                                jump!(target);
                            }
                        }
                        Op::JumpIfFalseOrPop(target) => {
                            save!();
                            let test = peek!(1).clone();
                            if tri!(self.truth(&test)) {
                                drop(pop!());
                            } else {
                                jump!(target);
                            }
                        }
                        Op::JumpIfTrueOrPop(target) => {
                            save!();
                            let test = peek!(1).clone();
                            if tri!(self.truth(&test)) {
                                jump!(target);
                            } else {
                                drop(pop!());
                            }
                        }
                        Op::GetIter => {
                            let iterable = pop!();
                            let iterator = match &iterable {
                                Value::List(list) => Value::Iter(Gc::new(Iter::List {
                                    list: std::cell::RefCell::new(Some(list.clone())),
                                    index: std::cell::Cell::new(0),
                                })),
                                Value::Range(range) => Value::Iter(Gc::new(Iter::Range {
                                    next: std::cell::Cell::new(range.start),
                                    stop: range.stop,
                                    step: range.step,
                                })),
                                Value::Tuple(tuple) => Value::Iter(Gc::new(Iter::Tuple {
                                    tuple: tuple.clone(),
                                    index: std::cell::Cell::new(0),
                                })),
                                Value::Generator(_) | Value::Iter(_) => iterable,
                                iterable => {
                                    save!();
                                    tri!(self.iter(iterable))
                                }
                            };
                            push!(iterator);
                        }
                        Op::ForIter(target) => {
                            let item = match peek!(1) {
                                Value::Iter(iterator) => match &**iterator {
                                    Iter::Range { next, stop, step } => {
                                        let value = next.get();
                                        if if *step > 0 { value >= *stop } else { value <= *stop } {
                                            None
                                        } else {
                                            next.set(value.saturating_add(*step));
                                            Some(Value::Int(value))
                                        }
                                    }
                                    Iter::List { list, index } => {
                                        let at = index.get();
                                        if let Some(list) = &*list.borrow()
                                            && let Some(item) = list.borrow().get(at)
                                        {
                                            index.set(at + 1);
                                            let item = item.clone();
                                            push!(item);
                                            continue;
                                        }
                                        drop(list.borrow_mut().take());
                                        None
                                    }
                                    Iter::Tuple { tuple, index } => {
                                        let at = index.get();
                                        index.set(at + 1);
                                        tuple.as_slice().get(at).cloned()
                                    }
                                    Iter::Native(_) => {
                                        save!();
                                        let iterator = iterator.clone();
                                        tri!(iterator.next(self))
                                    }
                                },
                                Value::Generator(generator) => {
                                    let generator = generator.clone();
                                    save!();
                                    if tri!(self.enter_generator(&generator, Exit::ForIter, Value::None)) {
                                        load_frame!();
                                        continue;
                                    }
                                    None
                                }
                                other => {
                                    let iterator = other.clone();
                                    save!();
                                    tri!(self.next(&iterator))
                                }
                            };
                            match item {
                                Some(item) => push!(item),
                                None => {
                                    drop(pop!());
                                    jump!(target);
                                }
                            }
                        }
                        Op::BuildTuple(count) => {
                            let items = unsafe { take_values(&mut sp, count as usize) };
                            push!(Value::tuple(items));
                        }
                        Op::BuildList(count) => {
                            let items = unsafe { take_values(&mut sp, count as usize) };
                            push!(Value::List(Gc::new(List::new(items))));
                        }
                        Op::BuildSet(count) => {
                            let items = unsafe { take_values(&mut sp, count as usize) };
                            save!();
                            let set = crate::python::value::Set::new(false);
                            for item in items {
                                tri!(self.set_add(&set, item));
                            }
                            push!(Value::Set(Gc::new(set)));
                        }
                        Op::BuildMap(count) => {
                            let items = unsafe { take_values(&mut sp, count as usize * 2) };
                            let dict = Dict::with_capacity(count as usize);
                            save!();
                            let mut items = items.into_iter();
                            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                                tri!(self.dict_set(&dict, key, value));
                            }
                            push!(Value::Dict(Gc::new(dict)));
                        }
                        Op::BuildString(count) => {
                            let count = count as usize;
                            if count == 1 {
                                continue;
                            }
                            let parts = unsafe { std::slice::from_raw_parts(sp.sub(count), count) };
                            let text = Str::join(parts.iter().filter_map(Value::as_str));
                            for _ in 0..count {
                                drop(pop!());
                            }
                            push!(Value::Str(text));
                        }
                        Op::BuildSlice(count) => {
                            let step = if count == 3 { pop!() } else { Value::None };
                            let stop = pop!();
                            let start = pop!();
                            push!(Value::Slice(Gc::new(Slice { start, stop, step })));
                        }
                        Op::ListAppend(depth) => {
                            let item = pop!();
                            if let Value::List(list) = peek!(depth as usize) {
                                list.push(item);
                            }
                        }
                        Op::SetAdd(depth) => {
                            let item = pop!();
                            if let Value::Set(set) = peek!(depth as usize) {
                                let set = set.clone();
                                save!();
                                tri!(self.set_add(&set, item));
                            }
                        }
                        Op::MapAdd(depth) => {
                            let value = pop!();
                            let key = pop!();
                            if let Value::Dict(dict) = peek!(depth as usize) {
                                let dict = dict.clone();
                                save!();
                                tri!(self.dict_set(&dict, key, value));
                            }
                        }
                        Op::ListExtend => {
                            let iterable = pop!();
                            save!();
                            let items = tri!(self.star_items(&iterable));
                            if let Value::List(list) = peek!(1) {
                                list.borrow_mut().extend(items);
                            }
                        }
                        Op::SetUpdate => {
                            let iterable = pop!();
                            save!();
                            if let Value::Set(set) = peek!(1) {
                                let set = set.clone();
                                tri!(crate::python::builtins::set::merge(self, &set, &iterable));
                            }
                        }
                        Op::DictUpdate => {
                            let mapping = pop!();
                            save!();
                            if let Value::Dict(dict) = peek!(1) {
                                let dict = dict.clone();
                                tri!(self.dict_update(&dict, &mapping));
                            }
                        }
                        Op::DictMerge => {
                            let mapping = pop!();
                            save!();
                            let callee = peek!(4).clone();
                            if let Value::Dict(dict) = peek!(1) {
                                let dict = dict.clone();
                                tri!(self.dict_merge(&dict, &mapping, &callee));
                            }
                        }
                        Op::ListToTuple => {
                            let list = pop!();
                            if let Value::List(list) = &list {
                                let items = std::mem::take(&mut *list.borrow_mut());
                                push!(Value::tuple(items));
                            }
                        }
                        Op::Format { conversion, has_spec } => {
                            let spec = if has_spec { pop!() } else { Value::Unset };
                            let value = pop!();
                            save!();
                            let text = tri!(self.format_value(value, conversion, &spec));
                            push!(Value::Str(text));
                        }
                        Op::LoadAttr(index) => {
                            let cache = unsafe { code.attrs.get_unchecked(index as usize) };
                            if let Value::Instance(instance) = peek!(1)
                                && cache.class.get() == instance.class_address()
                                && cache.epoch.get() == class_epoch()
                                && matches!(cache.kind.get(), AttrKind::Slot | AttrKind::MappedSlot)
                            {
                                let value = instance.slot(cache.slot.get() as usize);
                                if !value.is_unset() {
                                    drop(std::mem::replace(peek!(1), value));
                                    continue;
                                }
                            }
                            let object = pop!();
                            save!();
                            let value = tri!(self.load_attr_cached(&object, cache));
                            push!(value);
                        }
                        Op::LoadLocalAttr { local, cache } => {
                            let cache = unsafe { code.attrs.get_unchecked(cache as usize) };
                            let object = slot!(local);
                            if let Value::Instance(instance) = object
                                && cache.class.get() == instance.class_address()
                                && cache.epoch.get() == class_epoch()
                                && matches!(cache.kind.get(), AttrKind::Slot | AttrKind::MappedSlot)
                            {
                                let value = instance.slot(cache.slot.get() as usize);
                                if !value.is_unset() {
                                    push!(value);
                                    continue;
                                }
                            }
                            save!();
                            if object.is_unset() {
                                break 'ops self.unbound(u32::from(local));
                            }
                            let object = object.clone();
                            let value = tri!(self.load_attr_cached(&object, cache));
                            push!(value);
                        }
                        Op::StoreAttr(index) => {
                            let object = pop!();
                            let mut value = pop!();
                            let cache = unsafe { code.attrs.get_unchecked(index as usize) };
                            if let Value::Instance(instance) = &object
                                && cache.class.get() == instance.class_address()
                                && cache.epoch.get() == class_epoch()
                                && cache.kind.get() == AttrKind::Slot
                            {
                                match instance.set_slot_in_order(cache.slot.get() as usize, value) {
                                    Ok(before) => {
                                        drop(before);
                                        continue;
                                    }
                                    Err(back) => value = back,
                                }
                            }
                            save!();
                            tri!(self.store_attr_cached(&object, value, cache));
                        }
                        Op::DeleteAttr(index) => {
                            let object = pop!();
                            save!();
                            let name = &code.attrs[index as usize].name;
                            tri!(self.del_attr(&object, name));
                        }
                        Op::LoadMethod(index) => {
                            let cache = unsafe { code.attrs.get_unchecked(index as usize) };
                            if let Value::Instance(instance) = peek!(1)
                                && cache.class.get() == instance.class_address()
                                && cache.epoch.get() == class_epoch()
                            {
                                let kind = cache.kind.get();
                                let there = kind == AttrKind::Method
                                    || (kind == AttrKind::ShadowableMethod
                                        && instance.has_no_dict()
                                        && instance.slot(cache.slot.get() as usize).is_unset());
                                if there {
                                    let function = cache.value.borrow().clone();
                                    let receiver = std::mem::replace(peek!(1), function);
                                    push!(receiver);
                                    continue;
                                }
                            }
                            let object = pop!();
                            save!();
                            let (callable, receiver) = tri!(self.load_method(object, cache));
                            push!(callable);
                            push!(receiver);
                        }
                        Op::LoadItem => {
                            let key = pop!();
                            let object = pop!();
                            let quick = match (&object, &key) {
                                (Value::List(list), Value::Int(index)) => {
                                    let items = list.borrow();
                                    let at = if *index < 0 { index + items.len() as i64 } else { *index };
                                    usize::try_from(at).ok().and_then(|at| items.get(at).cloned())
                                }
                                (Value::Tuple(tuple), Value::Int(index)) => {
                                    let items = tuple.as_slice();
                                    let at = if *index < 0 { index + items.len() as i64 } else { *index };
                                    usize::try_from(at).ok().and_then(|at| items.get(at).cloned())
                                }
                                (Value::Dict(dict), Value::Str(name)) => dict.get_str(name),
                                (Value::Dict(dict), Value::Int(_) | Value::Tuple(_)) => {
                                    save!();
                                    tri!(self.dict_get(dict, &key))
                                }
                                _ => None,
                            };
                            match quick {
                                Some(value) => push!(value),
                                None => {
                                    save!();
                                    let value = tri!(self.get_item(&object, &key));
                                    push!(value);
                                }
                            }
                        }
                        Op::StoreItem => {
                            let key = pop!();
                            let object = pop!();
                            let value = pop!();
                            save!();
                            match (&object, &key) {
                                (Value::Dict(dict), Value::Str(name)) => dict.set_str(name, value),
                                (Value::Dict(dict), _) => tri!(self.dict_set(dict, key, value)),
                                _ => tri!(self.set_item(&object, &key, value)),
                            }
                        }
                        Op::DeleteItem => {
                            let key = pop!();
                            let object = pop!();
                            save!();
                            tri!(self.del_item(&object, &key));
                        }
                        Op::Call(count) => {
                            let count = count as usize;
                            attend!();
                            unsafe {
                                let callee = sp.sub(count + 2);
                                if let Value::Function(function) = &*callee {
                                    let target = super::call::code_of(function);
                                    let given = count + usize::from(!(*sp.sub(count + 1)).is_unset());
                                    if (*target).arity as usize == given
                                        && self.frames.len() + self.nested < self.limit
                                    {
                                        let Value::Function(function) = callee.read() else {
                                            unreachable!("just matched")
                                        };
                                        (*frame).pc = pc;
                                        (*frame).sp = callee;
                                        let new =
                                            self.stack.frame_behind(function, target, Exit::Return, given);
                                        std::ptr::copy_nonoverlapping(sp.sub(given), new.base, given);
                                        (pc, sp, base) = (new.pc, new.sp, new.base);
                                        code = &*target;
                                        let at = self.frames.len();
                                        frame = self.frames.as_mut_ptr().add(at);
                                        frame.write(new);
                                        self.frames.set_len(at + 1);
                                        continue;
                                    }
                                }
                            }
                            save!();
                            if tri!(self.call_from_stack(count)) {
                                load_frame!();
                            } else {
                                sp = unsafe { (*frame).sp };
                            }
                        }
                        Op::CallKw { count, names } => {
                            attend!();
                            save!();
                            let names = code.consts[names as usize].clone();
                            if tri!(self.call_kw_from_stack(count as usize, &names)) {
                                load_frame!();
                            } else {
                                sp = unsafe { (*frame).sp };
                            }
                        }
                        Op::CallEx { has_keywords } => {
                            let keywords = if has_keywords { pop!() } else { Value::Unset };
                            let positional = pop!();
                            let receiver = pop!();
                            let callee = pop!();
                            attend!();
                            save!();
                            if tri!(self.call_spread(callee, receiver, positional, &keywords)) {
                                load_frame!();
                            } else {
                                sp = unsafe { (*frame).sp };
                            }
                        }
                        Op::MakeFunction { code: index, flags } => {
                            let closure = if flags & make::CLOSURE != 0 { pop!() } else { Value::Unset };
                            let annotations =
                                if flags & make::ANNOTATIONS != 0 { pop!() } else { Value::Unset };
                            let kw = if flags & make::KW_DEFAULTS != 0 { pop!() } else { Value::Unset };
                            let defaults = if flags & make::DEFAULTS != 0 { pop!() } else { Value::Unset };
                            let inner = code.codes[index as usize].clone();
                            let globals = running!().function.globals.clone();
                            push!(self.make_function(&inner, globals, defaults, kw, annotations, closure));
                        }
                        Op::LoadBuildClass => {
                            let function = self.builtins.get("__build_class__").unwrap_or(Value::None);
                            push!(function);
                        }
                        Op::Return => {
                            let value = pop!();
                            save!();
                            match self.leave(value) {
                                Ok(Some(value)) => return Ok(value),
                                Ok(None) => load_frame!(),
                                Err(raised) => {
                                    load_place!();
                                    break 'ops raised;
                                }
                            }
                        }
                        Op::ReturnNone => {
                            save!();
                            match self.leave(Value::None) {
                                Ok(Some(value)) => return Ok(value),
                                Ok(None) => load_frame!(),
                                Err(raised) => {
                                    load_place!();
                                    break 'ops raised;
                                }
                            }
                        }
                        Op::MakeGenerator => {
                            save!();
                            let generator = self.detach_generator();
                            match self.deliver(generator.1, generator.0) {
                                Ok(Some(value)) => return Ok(value),
                                Ok(None) => load_frame!(),
                                Err(raised) => {
                                    load_place!();
                                    break 'ops raised;
                                }
                            }
                        }
                        Op::Yield => {
                            let value = pop!();
                            save!();
                            match self.suspend(value) {
                                Some(value) => return Ok(value),
                                None => load_frame!(),
                            }
                        }
                        Op::GetYieldIter => {
                            let iterable = pop!();
                            save!();
                            let iterator = match iterable {
                                Value::Generator(_) => iterable,
                                iterable => tri!(self.iter(&iterable)),
                            };
                            push!(iterator);
                        }
                        Op::Send(target) => {
                            let sent = pop!();
                            save!();
                            let iterator = peek!(1).clone();
                            if let Value::Generator(generator) = &iterator {
                                if tri!(self.enter_generator(generator, Exit::Send, sent)) {
                                    load_frame!();
                                } else {
                                    *peek!(1) = Value::None;
                                    jump!(target);
                                }
                                continue;
                            }
                            match tri!(self.send_to(&iterator, sent)) {
                                Ok(item) => push!(item),
                                Err(result) => {
                                    drop(std::mem::replace(peek!(1), result));
                                    jump!(target);
                                }
                            }
                        }
                        Op::Raise(count) => {
                            save!();
                            match count {
                                0 => {
                                    let Some(exception) = self.handled() else {
                                        break 'ops errors::nothing_to_reraise();
                                    };
                                    keep_place = true;
                                    break 'ops Raised::exception(exception);
                                }
                                1 => {
                                    let value = pop!();
                                    break 'ops self.raise(value, None);
                                }
                                _ => {
                                    let cause = pop!();
                                    let value = pop!();
                                    break 'ops self.raise(value, Some(cause));
                                }
                            }
                        }
                        Op::Reraise => {
                            let exception = pop!();
                            save!();
                            keep_place = true;
                            break 'ops Raised::exception(exception);
                        }
                        Op::PopExcept => {
                            let before = pop!();
                            if before.is_unset() {
                                self.handling -= 1;
                            }
                            let handled = unsafe { std::mem::replace(&mut (*frame).handled, before) };
                            drop(handled);
                        }
                        Op::JumpIfNoMatch(target) => {
                            let class = pop!();
                            save!();
                            let exception = peek!(1).clone();
                            if !tri!(self.exception_matches(&exception, &class)) {
                                jump!(target);
                            }
                        }
                        Op::BeforeWith => {
                            let manager = pop!();
                            save!();
                            let (exit, entered) = tri!(self.enter_with(&manager));
                            push!(exit);
                            push!(entered);
                        }
                        Op::WithExit => {
                            let exit = pop!();
                            save!();
                            tri!(self.call_values(&exit, &[Value::None, Value::None, Value::None]));
                        }
                        Op::WithExceptStart => {
                            save!();
                            let exception = peek!(1).clone();
                            let exit = peek!(3).clone();
                            let class = Value::Class(self.class_of(&exception));
                            let traceback = self.traceback_object(&exception);
                            let answer = tri!(self.call_values(&exit, &[class, exception, traceback]));
                            push!(answer);
                        }
                        Op::ImportName(index) => {
                            save!();
                            let site = &code.imports[index as usize];
                            let module = tri!(self.import_statement(site));
                            push!(module);
                        }
                        Op::ImportFrom(index) => {
                            save!();
                            let module = peek!(1).clone();
                            let value = tri!(self.import_from(&module, &code.names[index as usize]));
                            push!(value);
                        }
                        Op::ImportStar => {
                            let module = pop!();
                            save!();
                            tri!(self.import_star(&module));
                        }
                        Op::UnpackSequence(count) => {
                            let value = pop!();
                            let count = count as usize;
                            match &value {
                                Value::Tuple(tuple) if tuple.len() == count => {
                                    for item in tuple.as_slice().iter().rev() {
                                        push!(item.clone());
                                    }
                                }
                                Value::List(list) if list.len() == count => {
                                    for item in list.borrow().iter().rev() {
                                        push!(item.clone());
                                    }
                                }
                                value => match native_items(value) {
                                    Some(items) if items.len() == count => {
                                        for item in items.iter().rev() {
                                            push!(item.clone());
                                        }
                                    }
                                    _ => {
                                        save!();
                                        let items = tri!(self.unpack(value, count));
                                        for item in items.into_iter().rev() {
                                            push!(item);
                                        }
                                    }
                                },
                            }
                        }
                        Op::UnpackEx { before, after } => {
                            let value = pop!();
                            save!();
                            let items = tri!(self.unpack_star(&value, before as usize, after as usize));
                            for item in items.into_iter().rev() {
                                push!(item);
                            }
                        }
                        Op::PrintExpr => {
                            let value = pop!();
                            save!();
                            tri!(self.display(value));
                        }
                        Op::SetupAnnotations => {
                            save!();
                            tri!(self.setup_annotations(code.kind == CodeKind::Module));
                        }
                        Op::LoadAssertionError => {
                            let class =
                                crate::python::value::exception_class(&crate::diag::builtin::ASSERTION_ERROR);
                            push!(Value::Class(class));
                        }
                        Op::MatchSequence => {
                            let answer = self.is_sequence_pattern(&peek!(1).clone());
                            push!(Value::Bool(answer));
                        }
                        Op::MatchMapping => {
                            let answer = self.is_mapping_pattern(&peek!(1).clone());
                            push!(Value::Bool(answer));
                        }
                        Op::MatchKeys => {
                            let keys = pop!();
                            let subject = pop!();
                            save!();
                            let values = tri!(self.match_keys(&subject, &keys));
                            push!(values);
                        }
                        Op::MatchClass(positional) => {
                            let names = pop!();
                            let class = pop!();
                            let subject = pop!();
                            save!();
                            let values =
                                tri!(self.match_class(&subject, &class, positional as usize, &names));
                            push!(values);
                        }
                        Op::GetLen => {
                            save!();
                            let subject = peek!(1).clone();
                            let len = tri!(self.len(&subject));
                            push!(Value::from(len));
                        }
                        Op::DictWithout => {
                            let keys = pop!();
                            let subject = pop!();
                            save!();
                            let rest = tri!(self.dict_without(&subject, &keys));
                            push!(rest);
                        }
                    }
                }
            };
            // What was raised: the frame's own record of where it stands must be up to date.
            unsafe {
                (*frame).pc = pc;
                (*frame).sp = sp;
            }
            self.unwind(raised, floor, keep_place)?;
            keep_place = false;
        }
    }

    /// The value of a finished frame goes where the frame's exit says. Some(value) leaves the run loop.
    #[inline(always)]
    fn leave(&mut self, value: Value) -> R<Option<Value>> {
        let last = self.frames.len() - 1;
        // SAFETY: the frame on top is read once and given up; its values up to `sp` are initialised; where it was called
        // from the language its caller's frame stands below it.
        unsafe {
            let frame = self.frames.as_mut_ptr().add(last);
            if (*frame).rare.is_none() && (*frame).handled.is_unset() {
                self.frames.set_len(last);
                let (mut at, end) = ((*frame).base, (*frame).sp);
                while at < end {
                    at.read().discard();
                    at = at.add(1);
                }
                self.stack.give_back_plain(&*frame);
                drop(std::ptr::read(&(*frame).function));
                return match std::ptr::read(&(*frame).exit) {
                    Exit::Return => {
                        let caller = frame.sub(1);
                        (*caller).sp.write(value);
                        (*caller).sp = (*caller).sp.add(1);
                        Ok(None)
                    }
                    exit => self.deliver(exit, value),
                };
            }
        }
        self.leave_slowly(value)
    }

    #[inline(never)]
    fn leave_slowly(&mut self, value: Value) -> R<Option<Value>> {
        let mut frame = self.frames.pop().expect("a frame is running");
        frame.drop_slots();
        if !frame.handled.is_unset() {
            self.handling -= 1;
        }
        frame.cut(0);
        self.stack.give_back(&frame);
        if let Some(generator) = frame.rare.as_mut().and_then(|rare| rare.generator.take()) {
            generator.running.set(false);
            let state = generator.state.borrow_mut().take();
            drop(state);
            self.yielded = false;
            return Ok(self.finish_generator(frame.exit, value));
        }
        self.deliver(frame.exit, value)
    }

    /// Puts a result where an exit wants it.
    #[inline(always)]
    fn deliver(&mut self, exit: Exit, value: Value) -> R<Option<Value>> {
        match exit {
            Exit::Entry => return Ok(Some(value)),
            Exit::Return | Exit::ForIter | Exit::Send => {
                let frame = self.frames.last_mut().expect("a caller waits");
                // SAFETY: the compiler has counted the result of a call.
                unsafe {
                    frame.sp.write(value);
                    frame.sp = frame.sp.add(1);
                }
            }
            Exit::Init(instance) => {
                if !value.is_none() {
                    let kind = self.type_name(&value);
                    return Err(errors::init_returned(&kind));
                }
                let frame = self.frames.last_mut().expect("a caller waits");
                // SAFETY: as above.
                unsafe {
                    frame.sp.write(instance);
                    frame.sp = frame.sp.add(1);
                }
            }
        }
        Ok(None)
    }

    fn finish_generator(&mut self, exit: Exit, value: Value) -> Option<Value> {
        match exit {
            Exit::Entry => return Some(value),
            Exit::ForIter => {
                let frame = self.frames.last_mut().expect("a caller waits");
                // SAFETY: the caller stands behind its `ForIter`, with the iterator on top.
                unsafe {
                    frame.sp = frame.sp.sub(1);
                    drop(frame.sp.read());
                    if let Op::ForIter(target) = *frame.pc.sub(1) {
                        frame.pc = frame.code().ops.as_ptr().add(target as usize);
                    }
                }
            }
            Exit::Send => {
                let frame = self.frames.last_mut().expect("a caller waits");
                // SAFETY: the caller stands behind its `Send`, with the iterator on top.
                unsafe {
                    drop(std::mem::replace(&mut *frame.sp.sub(1), value));
                    if let Op::Send(target) = *frame.pc.sub(1) {
                        frame.pc = frame.code().ops.as_ptr().add(target as usize);
                    }
                }
            }
            Exit::Return | Exit::Init(_) => unreachable!("generators are resumed, not called"),
        }
        None
    }
}

/// Takes values off the stack, in order.
///
/// # Safety
/// At least `count` values stand below `sp`.
#[inline(always)]
unsafe fn take_values(sp: &mut *mut Value, count: usize) -> Vec<Value> {
    let mut items = Vec::with_capacity(count);
    // SAFETY: the caller's; the values are moved out and `sp` goes below them.
    unsafe {
        *sp = sp.sub(count);
        std::ptr::copy_nonoverlapping(*sp, items.as_mut_ptr(), count);
        items.set_len(count);
    }
    items
}

/// A bound method as a value.
pub(super) fn bound(function: Value, receiver: Value) -> Value {
    Value::Method(Gc::new(BoundMethod { function, receiver }))
}

/// The items of an instance of a native type that has them at hand.
fn native_items(value: &Value) -> Option<&[Value]> {
    let class = value.as_instance()?.class();
    let items = if class.is_native.get() { class.native.slots.items? } else { return None };
    Some(items(value))
}
