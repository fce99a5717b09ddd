//! `super()`.
//!
//! Owns the lookup behind a class in an object's resolution order. Must not know frames beyond the calling one.

use super::{Vm, errors, machine};
use crate::python::value::param::pos_opt;
use crate::python::value::{
    Class, Gc, Host, Native, NativeType, ParamDefault, R, Slots, Str, Value, Visitor, bind, intern,
};

pub(super) struct Super {
    /// The class behind which the search starts.
    after: Gc<Class>,
    object: Value,
    /// Whose resolution order is searched.
    owner: Gc<Class>,
}

impl Native for Super {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.gc(&self.after);
        visitor.gc(&self.owner);
        self.object.trace(visitor);
    }
}

pub(super) static SUPER: NativeType = NativeType {
    doc: "super() -> same as super(__class__, <first argument>)",
    slots: Slots {
        new: Some(|host, _, args| {
            let params = const {
                &[pos_opt("type", ParamDefault::Omitted("")), pos_opt("object", ParamDefault::Omitted(""))]
            };
            let bound = bind("super", params, args)?;
            let vm = machine(host);
            match (&bound[0], &bound[1]) {
                (Value::Unset, _) => vm.implicit_super(),
                (Value::Class(after), object) if !object.is_unset() => vm.make_super(after, object),
                (Value::Class(_), _) => Err(errors::type_error("super() with one argument is not supported")),
                (other, _) => {
                    let kind = vm.type_name(other);
                    Err(errors::type_error(format!("super() argument 1 must be a type, not {kind}")))
                }
            }
        }),
        repr: Some(|host, value| {
            let found = value.payload::<Super>().expect("the payload is a super");
            let after = found.after.name.borrow().clone();
            let kind = machine(host).type_name(&found.object.clone());
            Ok(Str::new(&format!("<super: <class '{after}'>, <{kind} object>>")))
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("super", "builtins")
};

impl Vm {
    fn implicit_super(&mut self) -> R<Value> {
        let class_name = self.names.class.clone();
        let frame = self.frames.last().ok_or_else(errors::super_without_arguments)?;
        let code = frame.code();
        if code.params.positional == 0 {
            return Err(errors::super_without_arguments());
        }
        // SAFETY: parameters are the first slots of the frame.
        let first = match unsafe { &*frame.base } {
            Value::Cell(cell) => cell.get(),
            value => value.clone(),
        };
        if first.is_unset() {
            return Err(errors::super_without_arguments());
        }
        let at =
            code.free.iter().position(|name| *name == class_name).ok_or_else(errors::super_without_class)?;
        let Some(cell) = frame.function.closure.get(at) else { return Err(errors::super_without_class()) };
        match cell.get() {
            Value::Class(after) => self.make_super(&after, &first),
            _ => Err(errors::super_without_class()),
        }
    }

    fn make_super(&mut self, after: &Gc<Class>, object: &Value) -> R<Value> {
        let owner = match object {
            Value::Class(class) if Class::is_subclass(class, after) => class.clone(),
            object => {
                let class = self.class_of(object);
                if !Class::is_subclass(&class, after) {
                    return Err(errors::super_wrong_object());
                }
                class
            }
        };
        Ok(Value::native(&SUPER, Super { after: after.clone(), object: object.clone(), owner }))
    }

    /// An attribute looked up through `super()`.
    pub(super) fn super_attribute(&mut self, proxy: &Value, name: &Str) -> R<Option<Value>> {
        let Some(found) = proxy.payload::<Super>() else { return Ok(None) };
        let name = intern(name);
        if &*name == "__class__" {
            return Ok(None);
        }
        let (owner, object) = (found.owner.clone(), found.object.clone());
        match Class::lookup_after(&owner, &found.after, &name) {
            Some(value) => {
                let bound_to_class =
                    matches!(&object, Value::Class(class) if Class::is_subclass(class, &owner));
                if bound_to_class {
                    // Through a class: functions stay plain, class methods bind to it.
                    return self.bind_attribute(&value, &Value::None, &owner).map(Some);
                }
                self.bind_attribute(&value, &object, &owner).map(Some)
            }
            None => {
                if let Some(getter) = owner.native.getter(&name) {
                    return (getter.get)(self, &object).map(Some);
                }
                Ok(None)
            }
        }
    }
}
