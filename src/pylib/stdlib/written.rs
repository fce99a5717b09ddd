//! Modules of the standard library that are written in the language itself; they cost nothing until imported.
//!
//! Owns their list. Must not know what they do.

use crate::python::value::NativeModule;

const fn module(name: &'static str, doc: &'static str, prelude: &'static str) -> NativeModule {
    NativeModule { prelude: Some(prelude), ..NativeModule::new(name, doc) }
}

static TYPING: NativeModule = module("typing", "Type hints.", include_str!("../prelude/typing.py"));
static FUNCTOOLS: NativeModule =
    module("functools", "Functions about functions.", include_str!("../prelude/functools.py"));
static ITERTOOLS: NativeModule =
    module("itertools", "Iterators about iterators.", include_str!("../prelude/itertools.py"));
static OPERATOR: NativeModule =
    module("operator", "Operators as functions.", include_str!("../prelude/operator.py"));
static CONTEXTLIB: NativeModule =
    module("contextlib", "Context managers.", include_str!("../prelude/contextlib.py"));

pub static MODULES: &[&NativeModule] = &[&TYPING, &FUNCTOOLS, &ITERTOOLS, &OPERATOR, &CONTEXTLIB];
