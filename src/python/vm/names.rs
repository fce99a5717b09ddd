//! Names that the machine itself asks for, interned once.
//!
//! Owns the list. Must not know what they are for.

use crate::python::value::{Str, intern};

macro_rules! names {
    ($($field:ident = $text:literal),* $(,)?) => {
        pub struct Names { $(pub $field: Str),* }
        impl Names {
            pub fn new() -> Self {
                Names { $($field: intern($text)),* }
            }
        }
    };
}

names! {
init = "__init__", new = "__new__", call = "__call__", repr = "__repr__", str = "__str__", format = "__format__",
hash = "__hash__", bool = "__bool__", len = "__len__", getitem = "__getitem__", setitem = "__setitem__",
delitem = "__delitem__", contains = "__contains__", iter = "__iter__", next = "__next__", get = "__get__",
set = "__set__", delete = "__delete__", getattr = "__getattr__", getattribute = "__getattribute__",
setattr = "__setattr__", delattr = "__delattr__", enter = "__enter__", exit = "__exit__", class = "__class__",
name = "__name__", qualname = "__qualname__", module = "__module__", doc = "__doc__",
annotations = "__annotations__", slots = "__slots__", set_name = "__set_name__",
init_subclass = "__init_subclass__", class_getitem = "__class_getitem__", prepare = "__prepare__",
mro_entries = "__mro_entries__", all = "__all__", path = "__path__",
file = "__file__", package = "__package__",     match_args = "__match_args__", abstract_methods = "__abstractmethods__", instancecheck = "__instancecheck__",
underscore = "_", builtins = "__builtins__",
neg = "__neg__", pos = "__pos__", invert = "__invert__", eq = "__eq__",         classcell = "__classcell__",             traceback = "__traceback__",
}
