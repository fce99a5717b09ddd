//! Everything that can be called, as rows of static tables; native types likewise.
//!
//! Owns the shape of a row: name, parameters, one line of documentation, an example, the function. The argument
//! binder, `help()`, `dir()`, completion and the compatibility page read rows; each example runs as a test.
//! Must not know any particular type.

use super::{BinaryOp, Class, CompareOp, Gc, Host, R, Str, UnaryOp, Value};

/// A native function after binding: one value a parameter, in order; `Unset` where an optional one was left out.
/// A `*args` parameter holds a tuple, a `**kwargs` parameter a dictionary. A method's first value is its receiver.
pub type NativeFn = fn(&mut dyn Host, &[Value]) -> R<Value>;

/// One callable.
pub struct Row {
    pub name: &'static str,
    /// Without the receiver.
    pub params: &'static [Param],
    pub doc: &'static str,
    /// A line that runs and shows a value, or empty where none can stand alone.
    pub example: &'static str,
    pub call: NativeFn,
    pub kind: RowKind,
}

/// How a row in a type's table binds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RowKind {
    /// A plain function of a module.
    Function,
    /// Receives the instance first.
    Method,
    /// Receives the class first.
    ClassMethod,
    /// Receives nothing.
    StaticMethod,
}

impl Row {
    pub const fn function(
        name: &'static str,
        params: &'static [Param],
        doc: &'static str,
        example: &'static str,
        call: NativeFn,
    ) -> Row {
        Row { name, params, doc, example, call, kind: RowKind::Function }
    }

    pub const fn method(
        name: &'static str,
        params: &'static [Param],
        doc: &'static str,
        example: &'static str,
        call: NativeFn,
    ) -> Row {
        Row { name, params, doc, example, call, kind: RowKind::Method }
    }

    pub const fn class_method(
        name: &'static str,
        params: &'static [Param],
        doc: &'static str,
        example: &'static str,
        call: NativeFn,
    ) -> Row {
        Row { name, params, doc, example, call, kind: RowKind::ClassMethod }
    }

    pub const fn static_method(
        name: &'static str,
        params: &'static [Param],
        doc: &'static str,
        example: &'static str,
        call: NativeFn,
    ) -> Row {
        Row { name, params, doc, example, call, kind: RowKind::StaticMethod }
    }
}

/// How an argument may be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamKind {
    Positional,
    PositionalOrKeyword,
    Keyword,
    VarArgs,
    VarKeywords,
}

/// What a parameter is when it is left out, as the signature shows it.
#[derive(Clone, Copy, Debug)]
pub enum ParamDefault {
    Required,
    /// Optional; the function sees `Unset`, the signature shows this text.
    Omitted(&'static str),
    None,
    Bool(bool),
    Int(i64),
    Str(&'static str),
}

/// One parameter of a row.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    pub name: &'static str,
    pub kind: ParamKind,
    pub default: ParamDefault,
}

/// Constructors of parameters: `&[pos("object"), kw("key", ParamDefault::None)]`.
pub mod param {
    use super::{Param, ParamDefault, ParamKind};

    /// Required, by position only.
    pub const fn pos(name: &'static str) -> Param {
        Param { name, kind: ParamKind::Positional, default: ParamDefault::Required }
    }
    /// Optional, by position only.
    pub const fn pos_opt(name: &'static str, default: ParamDefault) -> Param {
        Param { name, kind: ParamKind::Positional, default }
    }
    /// Required, by position or name.
    pub const fn req(name: &'static str) -> Param {
        Param { name, kind: ParamKind::PositionalOrKeyword, default: ParamDefault::Required }
    }
    /// Optional, by position or name.
    pub const fn opt(name: &'static str, default: ParamDefault) -> Param {
        Param { name, kind: ParamKind::PositionalOrKeyword, default }
    }
    /// By name only.
    pub const fn kw(name: &'static str, default: ParamDefault) -> Param {
        Param { name, kind: ParamKind::Keyword, default }
    }
    /// `*name`.
    pub const fn args(name: &'static str) -> Param {
        Param { name, kind: ParamKind::VarArgs, default: ParamDefault::Required }
    }
    /// `**name`.
    pub const fn kwargs(name: &'static str) -> Param {
        Param { name, kind: ParamKind::VarKeywords, default: ParamDefault::Required }
    }
}

/// An attribute that native code computes.
pub struct Getter {
    pub name: &'static str,
    pub doc: &'static str,
    pub get: fn(&mut dyn Host, &Value) -> R<Value>,
    pub set: Option<fn(&mut dyn Host, &Value, Value) -> R<()>>,
}

/// A type written in Rust.
pub struct NativeType {
    pub name: &'static str,
    pub module: &'static str,
    pub doc: &'static str,
    /// Empty for `object` only.
    pub bases: &'static [&'static NativeType],
    pub methods: &'static [Row],
    pub getters: &'static [Getter],
    /// Class attributes.
    pub constants: &'static [(&'static str, fn() -> Value)],
    pub slots: Slots,
    /// Whether instances take attributes of their own.
    pub has_dict: bool,
    /// Whether a class may derive from it.
    pub is_base: bool,
}

/// What the language does with an object, where the type has its own way; None means what the base does.
/// A class written in the language overrides each by its dunder method.
pub struct Slots {
    /// Calling the class: makes an instance of `class` (this type or a subclass) from bound arguments.
    /// `__init__` runs afterwards if the class (or a subclass in the language) has one.
    pub new: Option<fn(&mut dyn Host, &Gc<Class>, super::CallArgs<'_>) -> R<Value>>,
    pub init: Option<fn(&mut dyn Host, &Value, super::CallArgs<'_>) -> R<()>>,
    pub repr: Option<fn(&mut dyn Host, &Value) -> R<Str>>,
    pub str: Option<fn(&mut dyn Host, &Value) -> R<Str>>,
    pub format: Option<fn(&mut dyn Host, &Value, &str) -> R<Str>>,
    pub hash: Option<fn(&mut dyn Host, &Value) -> R<i64>>,
    pub truth: Option<fn(&mut dyn Host, &Value) -> R<bool>>,
    /// Rich comparison; answers `NotImplemented` where it does not know the other side.
    pub compare: Option<fn(&mut dyn Host, CompareOp, &Value, &Value) -> R<Value>>,
    /// Binary operators, also in place. The bool says that the object is the right-hand side (reflected).
    /// Arguments: host, operator, the object, the other, reflected.
    pub binary: Option<fn(&mut dyn Host, BinaryOp, &Value, &Value, bool) -> R<Value>>,
    pub unary: Option<fn(&mut dyn Host, UnaryOp, &Value) -> R<Value>>,
    pub len: Option<fn(&mut dyn Host, &Value) -> R<usize>>,
    pub get_item: Option<fn(&mut dyn Host, &Value, &Value) -> R<Value>>,
    pub set_item: Option<fn(&mut dyn Host, &Value, &Value, Value) -> R<()>>,
    pub del_item: Option<fn(&mut dyn Host, &Value, &Value) -> R<()>>,
    pub contains: Option<fn(&mut dyn Host, &Value, &Value) -> R<bool>>,
    pub iter: Option<fn(&mut dyn Host, &Value) -> R<Value>>,
    /// None at the end.
    pub next: Option<fn(&mut dyn Host, &Value) -> R<Option<Value>>>,
    pub call: Option<fn(&mut dyn Host, &Value, super::CallArgs<'_>) -> R<Value>>,
    /// Asked after the usual lookup found nothing (`__getattr__`); None means AttributeError.
    pub get_attr: Option<fn(&mut dyn Host, &Value, &Str) -> R<Option<Value>>>,
    /// Asked before the usual assignment; false means "not mine".
    pub set_attr: Option<fn(&mut dyn Host, &Value, &Str, &Value) -> R<bool>>,
    pub del_attr: Option<fn(&mut dyn Host, &Value, &Str) -> R<bool>>,
    /// As a descriptor found in a class: (descriptor, instance or None, owner).
    pub descr_get: Option<fn(&mut dyn Host, &Value, &Value, &Gc<Class>) -> R<Value>>,
    /// A descriptor with this (or `descr_delete`) is a data descriptor: it wins over the instance.
    pub descr_set: Option<fn(&mut dyn Host, &Value, &Value, Value) -> R<()>>,
    pub descr_delete: Option<fn(&mut dyn Host, &Value, &Value) -> R<()>>,
    /// Reading this descriptor is reading the instance's slot of this number, unless the slot is `Unset`.
    pub descr_slot: Option<fn(&Value) -> Option<usize>>,
    /// `__set_name__(owner, name)`.
    pub set_name: Option<fn(&mut dyn Host, &Value, &Gc<Class>, &Str) -> R<()>>,
    /// Called with each new subclass and the keywords of its class statement, after `__set_name__`.
    pub init_subclass: Option<fn(&mut dyn Host, &Gc<Class>, &[(Str, Value)]) -> R<()>>,
    /// `Type[item]` on the class itself.
    pub class_get_item: Option<fn(&mut dyn Host, &Gc<Class>, &Value) -> R<Value>>,
    /// Attribute of the class itself that its dictionaries do not have (`Model.query`, an Enum's members).
    pub class_get_attr: Option<fn(&mut dyn Host, &Gc<Class>, &Str) -> R<Option<Value>>>,
    /// Assignment to an attribute of the class itself; false means "the usual way".
    pub class_set_attr: Option<fn(&mut dyn Host, &Gc<Class>, &Str, &Value) -> R<bool>>,
    pub enter: Option<fn(&mut dyn Host, &Value) -> R<Value>>,
    /// With the exception in flight, or None; true swallows it.
    pub exit: Option<fn(&mut dyn Host, &Value, Option<&Value>) -> R<bool>>,
    /// Names that `dir()` shows besides the tables'.
    pub dir: Option<fn(&mut dyn Host, &Value) -> R<Vec<Str>>>,
}

impl Slots {
    pub const NONE: Slots = Slots {
        new: None,
        init: None,
        repr: None,
        str: None,
        format: None,
        hash: None,
        truth: None,
        compare: None,
        binary: None,
        unary: None,
        len: None,
        get_item: None,
        set_item: None,
        del_item: None,
        contains: None,
        iter: None,
        next: None,
        call: None,
        get_attr: None,
        set_attr: None,
        del_attr: None,
        descr_get: None,
        descr_set: None,
        descr_delete: None,
        descr_slot: None,
        set_name: None,
        init_subclass: None,
        class_get_item: None,
        class_get_attr: None,
        class_set_attr: None,
        enter: None,
        exit: None,
        dir: None,
    };
}

impl NativeType {
    /// A type derived from `object`, with nothing in it: `NativeType { slots: .., ..NativeType::plain("x", "m") }`.
    pub const fn plain(name: &'static str, module: &'static str) -> NativeType {
        NativeType { bases: FROM_OBJECT, ..NativeType::root(name, module) }
    }

    const fn root(name: &'static str, module: &'static str) -> NativeType {
        NativeType {
            name,
            module,
            doc: "",
            bases: &[],
            methods: &[],
            getters: &[],
            constants: &[],
            slots: Slots::NONE,
            has_dict: false,
            is_base: true,
        }
    }

    /// The first type along the bases whose table has what `pick` looks for.
    #[inline]
    pub fn slot<T>(&'static self, pick: impl Fn(&'static Slots) -> Option<T>) -> Option<T> {
        match pick(&self.slots) {
            Some(found) => Some(found),
            None => self.inherited_slot(&pick),
        }
    }

    fn inherited_slot<T>(&'static self, pick: &dyn Fn(&'static Slots) -> Option<T>) -> Option<T> {
        self.bases.iter().find_map(|base| pick(&base.slots).or_else(|| base.inherited_slot(pick)))
    }

    /// The computed attribute of that name, of this type or a base.
    pub fn getter(&'static self, name: &str) -> Option<&'static Getter> {
        let own = self.getters.iter().find(|getter| getter.name == name);
        own.or_else(|| self.bases.iter().find_map(|base| base.getter(name)))
    }

    pub fn is_a(&'static self, other: &'static NativeType) -> bool {
        std::ptr::eq(self, other) || self.bases.iter().any(|base| base.is_a(other))
    }
}

const FROM_OBJECT: &[&NativeType] = &[&OBJECT];

/// `object`, the root of all classes. Its behaviour is the machine's default.
pub static OBJECT: NativeType = NativeType::root("object", "builtins");
