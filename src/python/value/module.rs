//! Modules: as objects, and as rows of what `import` finds.
//!
//! Owns both shapes. Must not know where modules come from.

use super::{Dict, Gc, Host, Managed, NativeType, R, Row, Str, Value, Visitor};
use crate::diag::ExcClass;

/// A module object.
pub struct Module {
    pub name: Str,
    pub dict: Gc<Dict>,
    /// A stand-in for an import that Retort does not have: everything asked of it is accepted and does nothing.
    pub inert: bool,
}

impl Module {
    pub fn new(name: Str) -> Gc<Module> {
        let dict = Gc::new(Dict::new());
        dict.set("__name__", Value::Str(name.clone()));
        Gc::new(Module { name, dict, inert: false })
    }
}

impl Managed for Module {
    const TRACKED: bool = true;
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.gc(&self.dict);
    }
    fn clear(&self) {
        self.dict.clear();
    }
}

/// A named value of a native module, made when the module is first imported.
pub type Constant = (&'static str, fn(&mut dyn Host) -> R<Value>);

/// A module written in Rust, in the language, or both.
pub struct NativeModule {
    /// Dotted, as it is imported.
    pub name: &'static str,
    pub doc: &'static str,
    pub functions: &'static [Row],
    pub types: &'static [&'static NativeType],
    pub exceptions: &'static [&'static ExcClass],
    pub constants: &'static [Constant],
    /// Source in the language, run in the module's namespace after the above are in place.
    pub prelude: Option<&'static str>,
}

impl NativeModule {
    pub const fn new(name: &'static str, doc: &'static str) -> Self {
        NativeModule { name, doc, functions: &[], types: &[], exceptions: &[], constants: &[], prelude: None }
    }
}
