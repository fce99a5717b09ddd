//! Computed attributes as objects: what `datetime.year` is on the class.
//!
//! Owns their look, and reading one by its `__get__`. Must not know any type.

use crate::python::value::{Getter, Native, NativeType, R, Raised, Slots, Str, Value, native_class};

struct GetSet {
    owner: &'static NativeType,
    getter: &'static Getter,
}
impl Native for GetSet {}

fn parts(value: &Value) -> &GetSet {
    value.payload::<GetSet>().expect("slots of a computed attribute are called on such only")
}

/// The type along the bases whose table has the attribute.
fn owner_of(kind: &'static NativeType, name: &str) -> Option<&'static NativeType> {
    if kind.getters.iter().any(|getter| getter.name == name) {
        return Some(kind);
    }
    kind.bases.iter().find_map(|base| owner_of(base, name))
}

/// A computed attribute of a type; the text of a class is a plain value.
pub(super) fn object(kind: &'static NativeType, getter: &'static Getter) -> Value {
    if getter.name == "__doc__" {
        return Value::str(kind.doc);
    }
    let owner = owner_of(kind, getter.name).unwrap_or(kind);
    Value::native(&GETSET, GetSet { owner, getter })
}

static GETSET: NativeType = NativeType {
    is_base: false,
    getters: &[
        Getter {
            name: "__name__",
            doc: "",
            get: |_, this| Ok(Value::str(parts(this).getter.name)),
            set: None,
        },
        Getter { name: "__doc__", doc: "", get: |_, this| Ok(Value::str(parts(this).getter.doc)), set: None },
        Getter {
            name: "__objclass__",
            doc: "",
            get: |_, this| Ok(Value::Class(native_class(parts(this).owner))),
            set: None,
        },
    ],
    slots: Slots {
        repr: Some(|_, this| {
            let GetSet { owner, getter } = parts(this);
            Ok(Str::from(match owner.module {
                "builtins" => format!("<attribute '{}' of '{}' objects>", getter.name, owner.name),
                module if module.starts_with("sqlalchemy") || module.starts_with("flask") => {
                    format!("<property object at {:#x}>", this.id())
                }
                module => format!("<attribute '{}' of '{module}.{}' objects>", getter.name, owner.name),
            }))
        }),
        descr_get: Some(|host, this, instance, _| -> R<Value> {
            let GetSet { owner, getter } = parts(this);
            if instance.is_none() {
                return Ok(this.clone());
            }
            let class = host.class_of(instance);
            if !class.native.is_a(owner) {
                let text = format!(
                    "descriptor '{}' for '{}' objects doesn't apply to a '{}' object",
                    getter.name,
                    owner.name,
                    class.display_name()
                );
                return Err(Raised::new(&crate::diag::builtin::TYPE_ERROR, text));
            }
            (getter.get)(host, instance)
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("getset_descriptor", "builtins")
};
