//! What a native type does in the language's own way: calling, comparing, indexing, iterating and the rest.
//!
//! Owns the table of slots and the types of the functions in it. Must not know any particular type.

/// The types of the functions, one for each slot.
pub mod slot {
    use crate::python::value::{BinaryOp, CallArgs, Class, CompareOp, Gc, Host, R, Str, UnaryOp, Value};

    pub type New = fn(&mut dyn Host, &Gc<Class>, CallArgs<'_>) -> R<Value>;
    pub type Init = fn(&mut dyn Host, &Value, CallArgs<'_>) -> R<()>;
    pub type Repr = fn(&mut dyn Host, &Value) -> R<Str>;
    pub type Format = fn(&mut dyn Host, &Value, &str) -> R<Str>;
    pub type Hash = fn(&mut dyn Host, &Value) -> R<i64>;
    pub type Truth = fn(&mut dyn Host, &Value) -> R<bool>;
    pub type Compare = fn(&mut dyn Host, CompareOp, &Value, &Value) -> R<Value>;
    pub type Binary = fn(&mut dyn Host, BinaryOp, &Value, &Value, bool) -> R<Value>;
    pub type Unary = fn(&mut dyn Host, UnaryOp, &Value) -> R<Value>;
    pub type Len = fn(&mut dyn Host, &Value) -> R<usize>;
    pub type GetItem = fn(&mut dyn Host, &Value, &Value) -> R<Value>;
    pub type SetItem = fn(&mut dyn Host, &Value, &Value, Value) -> R<()>;
    pub type DelItem = fn(&mut dyn Host, &Value, &Value) -> R<()>;
    pub type Contains = fn(&mut dyn Host, &Value, &Value) -> R<bool>;
    pub type Iter = fn(&mut dyn Host, &Value) -> R<Value>;
    pub type Next = fn(&mut dyn Host, &Value) -> R<Option<Value>>;
    pub type Call = fn(&mut dyn Host, &Value, CallArgs<'_>) -> R<Value>;
    pub type GetAttr = fn(&mut dyn Host, &Value, &Str) -> R<Option<Value>>;
    pub type SetAttr = fn(&mut dyn Host, &Value, &Str, &Value) -> R<bool>;
    pub type DelAttr = fn(&mut dyn Host, &Value, &Str) -> R<bool>;
    pub type DescrGet = fn(&mut dyn Host, &Value, &Value, &Gc<Class>) -> R<Value>;
    pub type DescrSet = fn(&mut dyn Host, &Value, &Value, Value) -> R<()>;
    pub type DescrDelete = fn(&mut dyn Host, &Value, &Value) -> R<()>;
    pub type DescrSlot = fn(&Value) -> Option<usize>;
    pub type SetName = fn(&mut dyn Host, &Value, &Gc<Class>, &Str) -> R<()>;
    pub type InitSubclass = fn(&mut dyn Host, &Gc<Class>, &[(Str, Value)]) -> R<()>;
    pub type ClassGetItem = fn(&mut dyn Host, &Gc<Class>, &Value) -> R<Value>;
    pub type ClassGetAttr = fn(&mut dyn Host, &Gc<Class>, &Str) -> R<Option<Value>>;
    pub type ClassSetAttr = fn(&mut dyn Host, &Gc<Class>, &Str, &Value) -> R<bool>;
    pub type Enter = fn(&mut dyn Host, &Value) -> R<Value>;
    pub type Exit = fn(&mut dyn Host, &Value, Option<&Value>) -> R<bool>;
    pub type Items = for<'a> fn(&'a Value) -> &'a [Value];
    pub type Dir = fn(&mut dyn Host, &Value) -> R<Vec<Str>>;
}

/// What the language does with an object, where the type has its own way; None means what the base does.
/// A class written in the language overrides each by its dunder method.
pub struct Slots {
    /// Calling the class: makes an instance of `class` (this type or a subclass) from bound arguments.
    /// `__init__` runs afterwards if the class (or a subclass in the language) has one.
    pub new: Option<slot::New>,
    pub init: Option<slot::Init>,
    pub repr: Option<slot::Repr>,
    pub str: Option<slot::Repr>,
    pub format: Option<slot::Format>,
    pub hash: Option<slot::Hash>,
    pub truth: Option<slot::Truth>,
    /// Rich comparison; answers `NotImplemented` where it does not know the other side.
    pub compare: Option<slot::Compare>,
    /// Binary operators, also in place. The bool says that the object is the right-hand side (reflected).
    /// Arguments: host, operator, the object, the other, reflected.
    pub binary: Option<slot::Binary>,
    pub unary: Option<slot::Unary>,
    pub len: Option<slot::Len>,
    pub get_item: Option<slot::GetItem>,
    pub set_item: Option<slot::SetItem>,
    pub del_item: Option<slot::DelItem>,
    pub contains: Option<slot::Contains>,
    pub iter: Option<slot::Iter>,
    /// The items of an object that never changes, for unpacking it without an iterator.
    pub items: Option<slot::Items>,
    /// None at the end.
    pub next: Option<slot::Next>,
    pub call: Option<slot::Call>,
    /// Asked after the usual lookup found nothing (`__getattr__`); None means AttributeError.
    pub get_attr: Option<slot::GetAttr>,
    /// Asked before the usual assignment; false means "not mine".
    pub set_attr: Option<slot::SetAttr>,
    pub del_attr: Option<slot::DelAttr>,
    /// As a descriptor found in a class: (descriptor, instance or None, owner).
    pub descr_get: Option<slot::DescrGet>,
    /// A descriptor with this (or `descr_delete`) is a data descriptor: it wins over the instance.
    pub descr_set: Option<slot::DescrSet>,
    pub descr_delete: Option<slot::DescrDelete>,
    /// Reading this descriptor is reading the instance's slot of this number, unless the slot is `Unset`.
    pub descr_slot: Option<slot::DescrSlot>,
    /// `__set_name__(owner, name)`.
    pub set_name: Option<slot::SetName>,
    /// Called with each new subclass and the keywords of its class statement, after `__set_name__`.
    pub init_subclass: Option<slot::InitSubclass>,
    /// `Type[item]` on the class itself.
    pub class_get_item: Option<slot::ClassGetItem>,
    /// Attribute of the class itself that its dictionaries do not have (`Model.query`, an Enum's members).
    pub class_get_attr: Option<slot::ClassGetAttr>,
    /// Assignment to an attribute of the class itself; false means "the usual way".
    pub class_set_attr: Option<slot::ClassSetAttr>,
    pub enter: Option<slot::Enter>,
    /// With the exception in flight, or None; true swallows it.
    pub exit: Option<slot::Exit>,
    /// Names that `dir()` shows besides the tables'.
    pub dir: Option<slot::Dir>,
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
        items: None,
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
