//! Calling a class.
//!
//! Owns `__new__`, `__init__`, payloads of native bases and of mapped classes. Must not know how classes are made.

use super::attr::is_native_slot;
use super::frame::Exit;
use super::{Vm, errors};
use crate::python::value::{BASE_EXCEPTION, CallArgs, Class, Gc, Host, Instance, OBJECT, R, Str, Value};

impl Vm {
    /// Makes an instance where the class is written in the language, takes no part in its own making, and has an
    /// `__init__` of plain parameters. None: the general way.
    pub(super) fn construct_from_stack(&mut self, class: &Gc<Class>, count: usize) -> R<Option<bool>> {
        if !std::ptr::eq(class.native, &OBJECT) || class.metaclass.borrow().is_some() {
            return Ok(None);
        }
        let names = self.names.clone();
        if class.lookup(&names.new).is_some_and(|new| !is_native_slot(&new)) {
            return Ok(None);
        }
        let Some(Value::Function(init)) = class.lookup(&names.init) else { return Ok(None) };
        if class.dict.contains_str(&names.abstract_methods) {
            self.check_abstract(class)?;
        }
        let instance = Value::Instance(Instance::new(class.clone()));
        self.give_payload(&instance, class);
        // The layout `class, Unset, arguments` becomes `__init__, instance, arguments`.
        let frame = self.frames.last_mut().expect("a frame is running");
        // SAFETY: the layout of a call stands on the stack.
        unsafe {
            let callee = frame.sp.sub(count + 2);
            let before = std::mem::replace(&mut *callee, Value::Function(init));
            frame.sp.sub(count + 1).write(instance.clone());
            drop(before);
        }
        let depth = self.frames.len();
        let pushed = self.call_from_stack(count)?;
        debug_assert!(
            pushed && self.frames.len() == depth + 1,
            "a function written in the language pushes a frame"
        );
        let frame = self.frames.last_mut().expect("a frame was pushed");
        frame.exit = Exit::Init(instance);
        Ok(Some(true))
    }

    fn check_abstract(&mut self, class: &Gc<Class>) -> R<()> {
        let Some(methods) = class.lookup(&self.names.abstract_methods.clone()) else { return Ok(()) };
        let methods = self.collect(&methods)?;
        if methods.is_empty() {
            return Ok(());
        }
        let mut names: Vec<String> =
            methods.iter().filter_map(|name| name.as_str().map(str::to_string)).collect();
        names.sort();
        Err(errors::abstract_class(&class.name.borrow(), &names))
    }

    /// What a mapper gives each instance.
    pub(super) fn give_payload(&mut self, instance: &Value, class: &Gc<Class>) {
        let Value::Instance(instance) = instance else { return };
        if instance.has_payload() {
            return;
        }
        let payload = match class.hooks.get() {
            Some(hooks) => hooks.new_payload(class),
            None => {
                let mut found = None;
                class.each_base(|base| {
                    if found.is_none()
                        && let Some(hooks) = base.hooks.get()
                    {
                        found = hooks.new_payload(class);
                    }
                });
                found
            }
        };
        if let Some(payload) = payload {
            instance.set_payload(payload);
        }
    }

    pub(super) fn begin_construct(&mut self, class: &Gc<Class>, args: CallArgs<'_>) -> R<Option<Value>> {
        if class.is_native.get()
            && class.metaclass.borrow().is_none()
            && !Gc::ptr_eq(class, &self.kinds.type_)
        {
            // A row's own class: its slots are all there is.
            let made = self.new_instance(class, args)?;
            if let Some(init) = class.native.slot(|slots| slots.init)
                && self.class_of(&made).native.is_a(class.native)
            {
                init(self, &made, args)?;
            }
            return Ok(Some(made));
        }
        let names = self.names.clone();
        let object = Value::Class(class.clone());
        let metaclass = self.class_of(&object);
        if let Some(call) = metaclass.lookup(&names.call)
            && !is_native_slot(&call)
        {
            let call = self.bind_special(&call, &object, &metaclass)?;
            return self.begin_call(&call, args);
        }
        self.construct(class, args).map(Some)
    }

    /// What `type.__call__` does.
    pub(super) fn construct(&mut self, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
        let names = self.names.clone();
        if Gc::ptr_eq(class, &self.kinds.type_) && args.positional.len() == 1 && args.names.is_empty() {
            return Ok(Value::Class(self.class_of(&args.positional[0])));
        }
        let made = match class.lookup(&names.new) {
            Some(new) if !is_native_slot(&new) => {
                let new = self.bind_attribute(&new, &Value::None, class)?;
                let mut positional = Vec::with_capacity(args.positional.len() + 1);
                positional.push(Value::Class(class.clone()));
                positional.extend_from_slice(args.positional);
                self.call_value(&new, CallArgs { positional: &positional, ..args })?
            }
            _ => self.new_instance(class, args)?,
        };
        let made_class = self.class_of(&made);
        if !Class::is_subclass(&made_class, class) {
            return Ok(made);
        }
        self.give_payload(&made, class);
        self.initialise(&made, &made_class, args)?;
        Ok(made)
    }

    /// What the native side of `__new__` does.
    pub(super) fn new_instance(&mut self, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
        if class.native.is_a(self.kinds.type_.native) {
            return self.new_class(class, args);
        }
        if class.dict.contains_str(&self.names.abstract_methods) {
            self.check_abstract(class)?;
        }
        if let Some(new) = class.native.slot(|slots| slots.new) {
            return new(self, class, args);
        }
        if class.native.is_a(&BASE_EXCEPTION) {
            return Ok(Self::bare_exception(class, args.positional.to_vec()));
        }
        if !args.positional.is_empty() || !args.names.is_empty() {
            let names = self.names.clone();
            let own_init = class.lookup(&names.init).is_some_and(|init| !is_native_slot(&init))
                || class.native.slot(|slots| slots.init).is_some();
            let own_new = class.lookup(&names.new).is_some_and(|new| !is_native_slot(&new));
            if !own_init && !own_new {
                return Err(errors::takes_no_arguments(&class.name.borrow()));
            }
        }
        let instance = Value::Instance(Instance::new(class.clone()));
        self.give_payload(&instance, class);
        Ok(instance)
    }

    /// `type(name, bases, namespace)` and `Meta(name, bases, namespace)`.
    fn new_class(&mut self, metaclass: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
        let [name, bases, namespace] = args.positional else {
            return Err(errors::type_error("type() takes 1 or 3 arguments"));
        };
        let wrong = |vm: &mut Vm, at: usize, wanted: &str, given: &Value| {
            let kind = vm.type_name(given);
            errors::type_error(format!("type.__new__() argument {at} must be {wanted}, not {kind}"))
        };
        let Value::Str(name) = name else { return Err(wrong(self, 1, "str", name)) };
        let Value::Tuple(bases) = bases else { return Err(wrong(self, 2, "tuple", bases)) };
        let keywords: Vec<(Str, Value)> =
            args.pairs().map(|(name, value)| (name.clone(), value.clone())).collect();
        let own = (!Gc::ptr_eq(metaclass, &self.kinds.type_)).then(|| metaclass.clone());
        self.make_class_from(name, bases.as_slice().to_vec(), namespace.clone(), own, keywords)
    }

    fn initialise(&mut self, made: &Value, class: &Gc<Class>, args: CallArgs<'_>) -> R<()> {
        let names = self.names.clone();
        match class.lookup(&names.init) {
            Some(init) if !is_native_slot(&init) => {
                let result = match &init {
                    Value::Function(_) => {
                        let mut positional = Vec::with_capacity(args.positional.len() + 1);
                        positional.push(made.clone());
                        positional.extend_from_slice(args.positional);
                        self.call_value(&init, CallArgs { positional: &positional, ..args })?
                    }
                    _ => {
                        let init = self.bind_special(&init, made, class)?;
                        self.call_value(&init, args)?
                    }
                };
                if !result.is_none() {
                    let kind = self.type_name(&result);
                    return Err(errors::init_returned(&kind));
                }
                Ok(())
            }
            _ => match class.native.slot(|slots| slots.init) {
                Some(init) => init(self, made, args),
                None => Ok(()),
            },
        }
    }
}
