//! Calls.
//!
//! Owns how arguments reach a callee: moved on the stack where it can be, bound by name where it must be, and CPython's
//! complaints. A call of a function written in the language pushes a frame and takes no Rust stack.

use super::frame::{Exit, Frame};
use super::{Vm, errors};
use crate::python::compile::Code;
use crate::python::compile::code::SLACK;
use crate::python::value::{
    CallArgs, Dict, Function, Gc, Host, NativeFunction, ParamDefault, ParamKind, R, RowKind, Str, Tuple,
    Value, bind_row, intern, missing_arguments, multiple_values, too_many_positional, unexpected_keyword,
};

/// A native function of more parameters takes the general way.
const MOST_QUICK: usize = 12;

const _: () = assert!(MOST_QUICK <= SLACK as usize - 4);

#[inline(always)]
pub(super) fn code_of(function: &Function) -> *const Code {
    function.code.address().cast()
}

impl Vm {
    /// Calls what stands on the stack: `callable, receiver-or-Unset, arguments`. True: a frame was pushed.
    pub(super) fn call_from_stack(&mut self, count: usize) -> R<bool> {
        let frame: *mut Frame = self.frames.last_mut().expect("a frame is running");
        // SAFETY: the layout of a call stands on the stack; values are moved or dropped exactly once.
        unsafe {
            let sp = (*frame).sp;
            let callee = sp.sub(count + 2);
            let receiver = sp.sub(count + 1);
            if let Value::Method(method) = &*callee
                && (*receiver).is_unset()
            {
                receiver.write(method.receiver.clone());
                let function = method.function.clone();
                drop(std::mem::replace(&mut *callee, function));
            }
            let (first, given) =
                if (*receiver).is_unset() { (receiver.add(1), count) } else { (receiver, count + 1) };
            match &*callee {
                Value::Function(function) => {
                    let code = code_of(function);
                    let params = &(*code).params;
                    let wanted = params.positional as usize;
                    if params.is_simple() && given <= wanted {
                        let missing = wanted - given;
                        if missing > 0 && function.defaults.borrow().len() < missing {
                            return self.call_generic(count);
                        }
                        self.check_depth_for_call()?;
                        let Value::Function(function) = callee.read() else { unreachable!("just matched") };
                        let new = self.stack.frame_behind(function, code, Exit::Return, given);
                        std::ptr::copy_nonoverlapping(first, new.base, given);
                        if missing > 0 {
                            let defaults = new.function.defaults.borrow();
                            let from = defaults.len() - missing;
                            for (offset, value) in defaults[from..].iter().enumerate() {
                                new.base.add(given + offset).write(value.clone());
                            }
                        }
                        (*frame).sp = callee;
                        self.frames.push(new);
                        return Ok(true);
                    }
                }
                Value::Native(native) => {
                    let native = native.clone();
                    if native.data.is_unset()
                        && let Some(result) =
                            self.call_native_quickly(&native, first, given, !(*receiver).is_unset())
                    {
                        let value = result?;
                        self.drop_call(count);
                        self.push_value(value);
                        return Ok(false);
                    }
                }
                Value::Class(class) if (*receiver).is_unset() => {
                    if count == 1
                        && class.is_native.get()
                        && std::ptr::eq(class.native, &crate::python::builtins::text::STR)
                    {
                        let text = self.str(&*first)?;
                        self.drop_call(count);
                        self.push_value(Value::Str(text));
                        return Ok(false);
                    }
                    let class = class.clone();
                    if let Some(pushed) = self.construct_from_stack(&class, count)? {
                        return Ok(pushed);
                    }
                }
                _ => {}
            }
        }
        self.call_generic(count)
    }

    #[inline(always)]
    pub(super) fn check_depth_for_call(&mut self) -> R<()> {
        if self.frames.len() + self.nested >= self.limit {
            return Err(errors::recursion(""));
        }
        Ok(())
    }

    pub(super) fn push_value(&mut self, value: Value) {
        let frame = self.frames.last_mut().expect("a frame is running");
        // SAFETY: the compiler has counted the result of a call.
        unsafe {
            frame.sp.write(value);
            frame.sp = frame.sp.add(1);
        }
    }

    /// Drops a call's layout off the stack.
    pub(super) fn drop_call(&mut self, count: usize) {
        let frame = self.frames.last_mut().expect("a frame is running");
        for _ in 0..count + 2 {
            // SAFETY: the layout of a call stands on the stack.
            unsafe {
                frame.sp = frame.sp.sub(1);
                drop(frame.sp.read());
            }
        }
    }

    /// A native function whose parameters are all positional: arguments are passed where they stand.
    ///
    /// # Safety
    /// `given` values stand from `first` on, and nothing is above them on the stack.
    unsafe fn call_native_quickly(
        &mut self,
        native: &NativeFunction,
        first: *mut Value,
        given: usize,
        fits: bool,
    ) -> Option<R<Value>> {
        let row = native.row;
        let own = usize::from(matches!(row.kind, RowKind::Method | RowKind::ClassMethod));
        let bound = usize::from(own == 1 && !native.receiver.is_unset());
        let params = row.params;
        if own + params.len() > MOST_QUICK || given + bound < own {
            return None;
        }
        if own == 1 && bound == 0 && !fits && !self.receiver_fits(native, unsafe { &*first }) {
            return None;
        }
        // Keywords come last; all of them have defaults, or the general way complains.
        let mut positional = 0;
        for param in params {
            match param.kind {
                ParamKind::Positional | ParamKind::PositionalOrKeyword => positional += 1,
                ParamKind::Keyword => {}
                ParamKind::VarArgs | ParamKind::VarKeywords => return None,
            }
        }
        if given + bound > own + positional {
            return None;
        }
        let missing = own + params.len() - given - bound;
        if missing == 0 && bound == 0 {
            // SAFETY: the caller's; the callee cannot reach this part of the stack.
            let args = unsafe { std::slice::from_raw_parts(first, given) };
            return Some(self.run_native(row, args));
        }
        if bound == 0 {
            // The defaults go behind the arguments, into the slack that every frame has. The frame does not count
            // them as its own: they are dropped here.
            let behind = unsafe { first.add(given) };
            for (offset, param) in params[params.len() - missing..].iter().enumerate() {
                let Some(value) = default_of(&param.default) else {
                    for back in 0..offset {
                        // SAFETY: written just before.
                        drop(unsafe { behind.add(back).read() });
                    }
                    return None;
                };
                // SAFETY: within the slack; nothing lives above the arguments.
                unsafe { behind.add(offset).write(value) };
            }
            // SAFETY: all written; the callee cannot reach this part of the stack.
            let args = unsafe { std::slice::from_raw_parts(first, given + missing) };
            let done = self.run_native(row, args);
            for offset in 0..missing {
                // SAFETY: written above, and still there.
                drop(unsafe { behind.add(offset).read() });
            }
            return Some(done);
        }
        let mut args: [Value; MOST_QUICK] = [const { Value::Unset }; MOST_QUICK];
        args[0] = native.receiver.clone();
        let mut at = 1;
        for index in 0..given {
            // SAFETY: the caller's.
            args[at] = unsafe { (*first.add(index)).clone() };
            at += 1;
        }
        for param in &params[params.len() - missing..] {
            args[at] = default_of(&param.default)?;
            at += 1;
        }
        Some(self.run_native(row, &args[..at]))
    }

    /// Runs a row. As in CPython, functions of one argument count as calls, others do not.
    #[inline]
    fn run_native(&mut self, row: &'static crate::python::value::Row, args: &[Value]) -> R<Value> {
        if row.params.len() > 1 {
            return (row.call)(self, args);
        }
        if self.frames.len() + self.nested >= self.limit {
            return Err(errors::recursion(" while calling a Python object"));
        }
        self.nested += 1;
        let done = (row.call)(self, args);
        self.nested -= 1;
        done
    }

    fn call_generic(&mut self, count: usize) -> R<bool> {
        let frame: *mut Frame = self.frames.last_mut().expect("a frame is running");
        // SAFETY: the layout of a call stands on the stack below `sp`; it stays there while the callee runs.
        let (callee, args) = unsafe {
            let sp = (*frame).sp;
            let receiver = sp.sub(count + 1);
            let (first, given) =
                if (*receiver).is_unset() { (receiver.add(1), count) } else { (receiver, count + 1) };
            ((*sp.sub(count + 2)).clone(), std::slice::from_raw_parts(first, given))
        };
        let pushed = self.begin_call(&callee, CallArgs::positional(args));
        self.end_call(pushed, count)
    }

    fn end_call(&mut self, begun: R<Option<Value>>, count: usize) -> R<bool> {
        match begun {
            Ok(Some(value)) => {
                self.drop_call(count);
                self.push_value(value);
                Ok(false)
            }
            Ok(None) => {
                // The callee's frame is on top: the call's layout is in the frame below.
                let below = self.frames.len() - 2;
                let frame = &mut self.frames[below];
                for _ in 0..count + 2 {
                    // SAFETY: the layout of a call stands on the stack.
                    unsafe {
                        frame.sp = frame.sp.sub(1);
                        drop(frame.sp.read());
                    }
                }
                Ok(true)
            }
            Err(raised) => Err(raised),
        }
    }

    pub(super) fn call_kw_from_stack(&mut self, count: usize, names: &Value) -> R<bool> {
        let Value::Tuple(names) = names else { unreachable!("keyword names are a tuple") };
        if let Some(pushed) = self.call_kw_quickly(count, names.as_slice())? {
            return Ok(pushed);
        }
        let names: Vec<Str> = names
            .as_slice()
            .iter()
            .filter_map(|name| if let Value::Str(name) = name { Some(name.clone()) } else { None })
            .collect();
        let frame: *mut Frame = self.frames.last_mut().expect("a frame is running");
        // SAFETY: as in `call_generic`.
        let (callee, all) = unsafe {
            let sp = (*frame).sp;
            let receiver = sp.sub(count + 1);
            let (first, given) =
                if (*receiver).is_unset() { (receiver.add(1), count) } else { (receiver, count + 1) };
            ((*sp.sub(count + 2)).clone(), std::slice::from_raw_parts(first, given))
        };
        let (positional, keywords) = all.split_at(all.len() - names.len());
        let begun = self.begin_call(&callee, CallArgs { positional, names: &names, keywords });
        self.end_call(begun, count)
    }

    /// A call with keywords of a function whose parameters are plain and all get a value: the values move from the
    /// stack into the new frame. None: the general way, which also knows what to complain about.
    fn call_kw_quickly(&mut self, count: usize, names: &[Value]) -> R<Option<bool>> {
        let frame: *mut Frame = self.frames.last_mut().expect("a frame is running");
        // SAFETY: the layout of a call stands on the stack; values are moved exactly once, after all checks.
        unsafe {
            let sp = (*frame).sp;
            let callee = sp.sub(count + 2);
            let receiver = sp.sub(count + 1);
            let Value::Function(function) = &*callee else { return Ok(None) };
            let code = code_of(function);
            let params = &(*code).params;
            let wanted = params.positional as usize;
            let (first, given) =
                if (*receiver).is_unset() { (receiver.add(1), count) } else { (receiver, count + 1) };
            let positional = given - names.len();
            if !params.is_simple() || wanted > 64 || names.len() > MOST_QUICK || positional > wanted {
                return Ok(None);
            }
            let mut places = [0usize; MOST_QUICK];
            let mut filled: u64 = if positional == 64 { u64::MAX } else { (1 << positional) - 1 };
            for (name, place) in names.iter().zip(&mut places) {
                let Value::Str(name) = name else { return Ok(None) };
                let Some(at) = params.names[..wanted].iter().position(|param| param == name) else {
                    return Ok(None);
                };
                if at < params.positional_only as usize || filled & (1 << at) != 0 {
                    return Ok(None);
                }
                filled |= 1 << at;
                *place = at;
            }
            let from = {
                let defaults = function.defaults.borrow();
                let from = wanted - defaults.len().min(wanted);
                if (0..from).any(|at| filled & (1 << at) == 0) || defaults.len() > wanted {
                    return Ok(None);
                }
                from
            };
            self.check_depth_for_call()?;
            let Value::Function(function) = callee.read() else { unreachable!("just matched") };
            let new = self.stack.frame_behind(function, code, Exit::Return, wanted);
            std::ptr::copy_nonoverlapping(first, new.base, positional);
            for (at, place) in places[..names.len()].iter().enumerate() {
                std::ptr::copy_nonoverlapping(first.add(positional + at), new.base.add(*place), 1);
            }
            {
                let defaults = new.function.defaults.borrow();
                for at in from..wanted {
                    if filled & (1 << at) == 0 {
                        new.base.add(at).write(defaults[at - from].clone());
                    }
                }
            }
            (*frame).sp = callee;
            self.frames.push(new);
        }
        Ok(Some(true))
    }

    /// `f(*args, **kwargs)`.
    pub(super) fn call_spread(
        &mut self,
        callee: Value,
        receiver: Value,
        positional: Value,
        keywords: &Value,
    ) -> R<bool> {
        let mut args: Vec<Value> = Vec::new();
        if !receiver.is_unset() {
            args.push(receiver);
        }
        match &positional {
            Value::Tuple(items) => args.extend_from_slice(items.as_slice()),
            Value::List(items) => args.extend(items.to_vec()),
            iterable => args.extend(self.spread_items(iterable, &callee)?),
        }
        let mut names = Vec::new();
        let mut values = Vec::new();
        if let Value::Dict(dict) = keywords {
            for (name, value) in dict.to_vec() {
                let Value::Str(name) = name else { return Err(errors::keywords_must_be_strings()) };
                names.push(intern(&name));
                values.push(value);
            }
        }
        let begun =
            self.begin_call(&callee, CallArgs { positional: &args, names: &names, keywords: &values })?;
        match begun {
            Some(value) => {
                self.push_value(value);
                Ok(false)
            }
            None => Ok(true),
        }
    }

    /// Begins a call: pushes a frame (None) where the callee is written in the language, else gives its result.
    pub(super) fn begin_call(&mut self, callee: &Value, args: CallArgs<'_>) -> R<Option<Value>> {
        match callee {
            Value::Function(function) => {
                self.push_call(function, args, Exit::Return)?;
                Ok(None)
            }
            Value::Method(method) => {
                let mut positional = Vec::with_capacity(args.positional.len() + 1);
                positional.push(method.receiver.clone());
                positional.extend_from_slice(args.positional);
                self.begin_call(&method.function.clone(), CallArgs { positional: &positional, ..args })
            }
            Value::Native(native) => self.call_native(&native.clone(), args).map(Some),
            Value::Class(class) => self.begin_construct(&class.clone(), args),
            Value::Instance(instance) => {
                let class = instance.class();
                match class.lookup(&self.names.call.clone()) {
                    Some(method) if !super::attr::is_native_slot(&method) => {
                        let method = self.bind_special(&method, callee, &class)?;
                        self.begin_call(&method, args)
                    }
                    _ => match class.native.slot(|slots| slots.call) {
                        Some(call) => call(self, callee, args).map(Some),
                        None => Err(errors::not_callable(&class.name.borrow())),
                    },
                }
            }
            other => {
                let kind = crate::python::builtins::kind(other);
                match kind.slot(|slots| slots.call) {
                    Some(call) => call(self, other, args).map(Some),
                    None => Err(errors::not_callable(kind.name)),
                }
            }
        }
    }

    /// Calls from Rust, to the end.
    pub(super) fn call_value(&mut self, callee: &Value, args: CallArgs<'_>) -> R<Value> {
        let floor = self.frames.len();
        if let Value::Function(function) = callee
            && args.names.is_empty()
        {
            let code = code_of(function);
            let given = args.positional.len();
            // SAFETY: the function keeps its code alive; the slots that are left out are written at once.
            unsafe {
                if (*code).arity as usize == given {
                    self.check_depth_for_call()?;
                    let new = self.stack.frame_behind(function.clone(), code, Exit::Entry, given);
                    for (at, value) in args.positional.iter().enumerate() {
                        new.base.add(at).write(value.clone());
                    }
                    self.frames.push(new);
                    return self.nested_run(floor);
                }
            }
        }
        match callee {
            Value::Native(native) => self.call_native(&native.clone(), args),
            _ => match self.begin_call(callee, args)? {
                Some(value) => Ok(value),
                None => {
                    let frame = self.frames.last_mut().expect("a frame was pushed");
                    let exit = std::mem::replace(&mut frame.exit, Exit::Entry);
                    let result = self.nested_run(floor)?;
                    match exit {
                        Exit::Init(instance) => {
                            if !result.is_none() {
                                let kind = self.type_name(&result);
                                return Err(errors::init_returned(&kind));
                            }
                            Ok(instance)
                        }
                        _ => Ok(result),
                    }
                }
            },
        }
    }

    fn receiver_fits(&mut self, native: &NativeFunction, receiver: &Value) -> bool {
        let Value::Class(owner) = &native.owner else { return true };
        let class = self.class_of(receiver);
        crate::python::value::Class::is_subclass(&class, owner)
    }

    pub(super) fn call_native(&mut self, native: &Gc<NativeFunction>, args: CallArgs<'_>) -> R<Value> {
        let row = native.row;
        if self.nested + self.frames.len() > self.limit + 64 {
            return Err(errors::recursion(" while calling a Python object"));
        }
        let takes_receiver = matches!(row.kind, RowKind::Method | RowKind::ClassMethod);
        let mut bound = Vec::with_capacity(args.positional.len() + 2);
        if !native.data.is_unset() {
            bound.push(native.data.clone());
        }
        let mut given = args;
        if takes_receiver {
            if !native.receiver.is_unset() {
                bound.push(native.receiver.clone());
            } else {
                let Some((receiver, rest)) = args.positional.split_first() else {
                    return Err(self.no_receiver(native));
                };
                if !self.receiver_fits(native, receiver) {
                    return Err(self.wrong_receiver(native, receiver));
                }
                bound.push(receiver.clone());
                given.positional = rest;
            }
        }
        let receiver = bound.last().unwrap_or(&Value::Unset).clone();
        bound.extend(bind_row(native, &receiver, given)?);
        self.run_native(row, &bound)
    }

    fn no_receiver(&mut self, native: &NativeFunction) -> crate::python::value::Raised {
        let owner = match &native.owner {
            Value::Class(owner) => owner.display_name().to_string(),
            _ => "object".to_string(),
        };
        errors::type_error(format!("unbound method {owner}.{}() needs an argument", native.row.name))
    }

    fn wrong_receiver(&mut self, native: &NativeFunction, receiver: &Value) -> crate::python::value::Raised {
        let owner = match &native.owner {
            Value::Class(owner) => owner.display_name().to_string(),
            _ => "object".to_string(),
        };
        let kind = self.type_name(receiver);
        if native.row.name.starts_with("__") {
            errors::type_error(format!(
                "descriptor '{}' requires a '{owner}' object but received a '{kind}'",
                native.row.name
            ))
        } else {
            errors::type_error(format!(
                "descriptor '{}' for '{owner}' objects doesn't apply to a '{kind}' object",
                native.row.name
            ))
        }
    }

    /// Pushes the frame of a function with its arguments bound.
    pub(super) fn push_call(&mut self, function: &Gc<Function>, args: CallArgs<'_>, exit: Exit) -> R<()> {
        self.check_depth_for_call()?;
        let code = code_of(function);
        // SAFETY: the function keeps its code alive.
        let slots = self.bind_arguments(function, unsafe { &*code }, args)?;
        let frame = self.stack.frame(function.clone(), code, exit);
        for (index, value) in slots.into_iter().enumerate() {
            // SAFETY: parameters are the first slots.
            unsafe { frame.base.add(index).write(value) };
        }
        self.frames.push(frame);
        Ok(())
    }

    fn bind_arguments(&mut self, function: &Function, code: &Code, args: CallArgs<'_>) -> R<Vec<Value>> {
        match self.bind_written(function, code, args) {
            Ok(slots) => Ok(slots),
            Err(raised) => Err(super::wording::native_error(function, code, args).unwrap_or(raised)),
        }
    }

    fn bind_written(&mut self, function: &Function, code: &Code, args: CallArgs<'_>) -> R<Vec<Value>> {
        let params = &code.params;
        let positional = params.positional as usize;
        let named = positional + params.keyword_only as usize;
        let total = named + usize::from(params.var_args) + usize::from(params.var_keywords);
        let mut slots = vec![Value::Unset; total];
        let given = args.positional.len();
        for (slot, value) in slots.iter_mut().zip(args.positional.iter().take(positional)) {
            *slot = value.clone();
        }
        if params.var_args {
            let rest = args.positional.get(positional..).unwrap_or(&[]).to_vec();
            slots[named] = Value::Tuple(Gc::new(Tuple::new(rest)));
        }
        let extra = params.var_keywords.then(Dict::new);
        let mut wrongly_named: Vec<&str> = Vec::new();
        for (name, value) in args.pairs() {
            let place = params.names[..named].iter().position(|param| param == name);
            match place {
                Some(index) if index >= params.positional_only as usize => {
                    if !slots[index].is_unset() {
                        return Err(multiple_values(&function.qualname.borrow(), name));
                    }
                    slots[index] = value.clone();
                }
                Some(_) if extra.is_none() => wrongly_named.push(name),
                _ => match &extra {
                    Some(extra) => extra.set_str(name, value.clone()),
                    None => {
                        return Err(unexpected_keyword(&function.qualname.borrow(), name));
                    }
                },
            }
        }
        if !wrongly_named.is_empty() {
            let names = wrongly_named.join(", ");
            return Err(errors::positional_only_as_keywords(&function.qualname.borrow(), &names));
        }
        if given > positional && !params.var_args {
            let kw_given = (positional..named).filter(|index| !slots[*index].is_unset()).count();
            return Err(too_many_positional(
                &function.qualname.borrow(),
                positional,
                function.defaults.borrow().len(),
                given,
                kw_given,
            ));
        }
        self.fill_defaults(function, code, &mut slots)?;
        if let Some(extra) = extra {
            slots[total - 1] = Value::Dict(Gc::new(extra));
        }
        Ok(slots)
    }

    fn fill_defaults(&mut self, function: &Function, code: &Code, slots: &mut [Value]) -> R<()> {
        let params = &code.params;
        let positional = params.positional as usize;
        let named = positional + params.keyword_only as usize;
        let defaults = function.defaults.borrow();
        let first = positional - defaults.len().min(positional);
        let mut missing: Vec<&str> = Vec::new();
        for (index, slot) in slots[..positional].iter_mut().enumerate() {
            if !slot.is_unset() {
                continue;
            }
            match index.checked_sub(first).and_then(|at| defaults.get(at)) {
                Some(value) => *slot = value.clone(),
                None => missing.push(&params.names[index]),
            }
        }
        if !missing.is_empty() {
            return Err(missing_arguments(&function.qualname.borrow(), "positional", &missing));
        }
        let kw_defaults = function.kw_defaults.borrow();
        for (slot, name) in slots[positional..named].iter_mut().zip(&params.names[positional..named]) {
            if !slot.is_unset() {
                continue;
            }
            match kw_defaults.iter().find(|(known, _)| known == name) {
                Some((_, value)) => *slot = value.clone(),
                None => missing.push(name),
            }
        }
        if !missing.is_empty() {
            return Err(missing_arguments(&function.qualname.borrow(), "keyword-only", &missing));
        }
        Ok(())
    }
}

fn default_of(default: &ParamDefault) -> Option<Value> {
    Some(match default {
        ParamDefault::Required => return None,
        ParamDefault::Omitted(_) | ParamDefault::Parsed(_) => Value::Unset,
        ParamDefault::None => Value::None,
        ParamDefault::Bool(value) => Value::Bool(*value),
        ParamDefault::Int(value) => Value::Int(*value),
        ParamDefault::Str(value) => Value::Str(intern(value)),
    })
}
