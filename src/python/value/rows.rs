//! Everything that can be called, as rows of static tables; native types likewise.
//!
//! Owns the shape of a row: name, parameters, one line of documentation, an example, the function. The argument
//! binder, `help()`, `dir()`, completion and the compatibility page read rows; each example runs as a test.
//! Must not know any particular type.

use super::{Host, R, Slots, Value};

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
    /// The same, of a function whose arguments CPython reads with a format string: it counts them in other words.
    Parsed(&'static str),
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

/// Reads a computed attribute of an object.
pub type Get = fn(&mut dyn Host, &Value) -> R<Value>;
/// Writes one.
pub type Set = fn(&mut dyn Host, &Value, Value) -> R<()>;

/// An attribute that native code computes.
pub struct Getter {
    pub name: &'static str,
    pub doc: &'static str,
    pub get: Get,
    pub set: Option<Set>,
}

/// An attribute of a class, made when the class is.
pub type ClassConstant = (&'static str, fn() -> Value);

/// A type written in Rust.
pub struct NativeType {
    pub name: &'static str,
    pub module: &'static str,
    pub doc: &'static str,
    /// Empty for `object` only.
    pub bases: &'static [&'static NativeType],
    pub methods: &'static [Row],
    pub getters: &'static [Getter],
    pub constants: &'static [ClassConstant],
    pub slots: Slots,
    /// Whether instances take attributes of their own.
    pub has_dict: bool,
    /// Whether a class may derive from it.
    pub is_base: bool,
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
