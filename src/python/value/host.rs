//! The door through which native code calls the language.
//!
//! Owns the trait. Must not know the machine behind it.

use super::{CallArgs, Class, Gc, Module, R, Raised, Str, Value};
use crate::diag::ExcClass;

/// Most items that one collection may come to have in one go; beyond it is a MemoryError.
pub const MOST_ITEMS: usize = 1 << 27;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl CompareOp {
    pub fn symbol(self) -> &'static str {
        ["==", "!=", "<", "<=", ">", ">="][self as usize]
    }
    pub fn method(self) -> &'static str {
        ["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"][self as usize]
    }
    /// The operator with its sides exchanged.
    pub fn reflected(self) -> Self {
        match self {
            CompareOp::Lt => CompareOp::Gt,
            CompareOp::Le => CompareOp::Ge,
            CompareOp::Gt => CompareOp::Lt,
            CompareOp::Ge => CompareOp::Le,
            same => same,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    MatMul,
    LeftShift,
    RightShift,
    And,
    Or,
    Xor,
}

impl BinaryOp {
    pub fn symbol(self) -> &'static str {
        ["+", "-", "*", "/", "//", "%", "**", "@", "<<", ">>", "&", "|", "^"][self as usize]
    }
    /// The dunder's stem: `add` of `__add__`, `__radd__`, `__iadd__`.
    pub fn stem(self) -> &'static str {
        [
            "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lshift", "rshift", "and",
            "or", "xor",
        ][self as usize]
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnaryOp {
    Negative,
    Positive,
    Invert,
}

/// The language, as native code sees it. No borrow of a container may be held across any of these.
pub trait Host {
    /// The machine itself, for the machine's own native functions. A host of tests has none.
    fn machine(&mut self) -> &mut dyn std::any::Any {
        unreachable!("only the machine calls the machine's own functions")
    }

    fn call(&mut self, callee: &Value, args: CallArgs<'_>) -> R<Value>;
    fn get_attr(&mut self, object: &Value, name: &Str) -> R<Value>;
    /// None instead of AttributeError.
    fn find_attr(&mut self, object: &Value, name: &Str) -> R<Option<Value>>;
    fn set_attr(&mut self, object: &Value, name: &Str, value: Value) -> R<()>;
    fn del_attr(&mut self, object: &Value, name: &Str) -> R<()>;

    fn repr(&mut self, object: &Value) -> R<Str>;
    fn str(&mut self, object: &Value) -> R<Str>;
    fn format(&mut self, object: &Value, spec: &str) -> R<Str>;
    fn hash(&mut self, object: &Value) -> R<i64>;
    fn truth(&mut self, object: &Value) -> R<bool>;
    fn compare(&mut self, op: CompareOp, left: &Value, right: &Value) -> R<Value>;
    fn binary(&mut self, op: BinaryOp, left: &Value, right: &Value) -> R<Value>;
    fn unary(&mut self, op: UnaryOp, operand: &Value) -> R<Value>;
    fn len(&mut self, object: &Value) -> R<usize>;
    fn get_item(&mut self, object: &Value, key: &Value) -> R<Value>;
    fn set_item(&mut self, object: &Value, key: &Value, value: Value) -> R<()>;
    fn del_item(&mut self, object: &Value, key: &Value) -> R<()>;
    fn contains(&mut self, container: &Value, item: &Value) -> R<bool>;
    fn iter(&mut self, object: &Value) -> R<Value>;
    /// The next item of an iterator, or None at the end.
    fn next(&mut self, iterator: &Value) -> R<Option<Value>>;

    /// The class of any value.
    fn class_of(&mut self, object: &Value) -> Gc<Class>;
    fn is_instance(&mut self, object: &Value, class: &Value) -> R<bool>;
    /// Makes a class as `type(name, bases, namespace)` does, keywords and all hooks included.
    fn make_class(&mut self, name: &Str, bases: Vec<Value>, namespace: Value) -> R<Value>;

    fn import(&mut self, name: &str) -> R<Gc<Module>>;
    /// The exception object of something raised.
    fn exception_value(&mut self, raised: &mut Raised) -> Value;
    /// Writes to the program's standard output.
    fn write_out(&mut self, text: &str);
    /// Writes to the program's standard error (logging, tracebacks printed by a program).
    fn write_err(&mut self, text: &str);
    /// A line of standard input without its end; None where there is no more.
    fn read_line(&mut self) -> Option<String> {
        None
    }
    fn warn(&mut self, category: &'static ExcClass, message: &str) -> R<()>;
    /// Raises KeyboardInterrupt if Ctrl-C was pressed; long native loops ask now and then.
    fn check_interrupt(&mut self) -> R<()>;
    /// Does something that may come back to itself: counted as a call, on more stack if little is left. `doing` ends
    /// the sentence of the error (` while encoding a JSON object`).
    fn deeper(&mut self, doing: &str, act: &mut dyn FnMut(&mut dyn Host) -> R<()>) -> R<()>;
    /// File and line of the innermost running statement of the language.
    fn current_place(&self) -> Option<crate::diag::Place>;
    /// The exception that is being handled.
    fn handled_exception(&self) -> Option<Value> {
        None
    }
    /// The namespace of the calling frame's module.
    fn current_globals(&self) -> Option<Gc<super::Dict>>;

    // Conveniences over the above.

    fn eq(&mut self, left: &Value, right: &Value) -> R<bool> {
        if let Some(equal) = super::primitive_eq(left, right) {
            return Ok(equal);
        }
        let answer = self.compare(CompareOp::Eq, left, right)?;
        self.truth(&answer)
    }

    fn lt(&mut self, left: &Value, right: &Value) -> R<bool> {
        let answer = self.compare(CompareOp::Lt, left, right)?;
        self.truth(&answer)
    }

    fn call_method(&mut self, object: &Value, name: &str, args: &[Value]) -> R<Value> {
        let method = self.get_attr(object, &super::intern(name))?;
        self.call(&method, CallArgs::positional(args))
    }

    fn call_values(&mut self, callee: &Value, args: &[Value]) -> R<Value> {
        self.call(callee, CallArgs::positional(args))
    }

    /// All items of an iterable.
    fn collect(&mut self, iterable: &Value) -> R<Vec<Value>> {
        match iterable {
            Value::List(list) => return Ok(list.to_vec()),
            Value::Tuple(tuple) => return Ok(tuple.as_slice().to_vec()),
            _ => {}
        }
        let iterator = self.iter(iterable)?;
        let expected = match &iterator {
            Value::Iter(iter) => iter.remaining().unwrap_or(0),
            _ => 0,
        };
        if expected > MOST_ITEMS {
            return Err(Raised::new(&crate::diag::builtin::MEMORY_ERROR, ""));
        }
        let mut items = Vec::with_capacity(expected);
        while let Some(item) = self.next(&iterator)? {
            if items.len() == items.capacity() && items.len() > MOST_ITEMS {
                return Err(Raised::new(&crate::diag::builtin::MEMORY_ERROR, ""));
            }
            items.push(item);
        }
        Ok(items)
    }

    /// The value of a dictionary key.
    fn dict_get(&mut self, dict: &super::Dict, key: &Value) -> R<Option<Value>> {
        Ok(self.dict_find(dict, key)?.and_then(|(index, _)| dict.entry(index)).map(|entry| entry.value))
    }

    fn dict_set(&mut self, dict: &super::Dict, key: Value, value: Value) -> R<()> {
        match self.dict_find(dict, &key)? {
            Some((index, _)) => dict.set_at(index, value),
            None => {
                let hash = self.hash(&key)?;
                dict.push(key, hash, value);
            }
        }
        Ok(())
    }

    fn dict_remove(&mut self, dict: &super::Dict, key: &Value) -> R<Option<Value>> {
        Ok(self.dict_find(dict, key)?.map(|(index, _)| dict.remove_at(index).value))
    }

    /// Where a key stands in a dictionary, asking `__eq__` where need be.
    fn dict_find(&mut self, dict: &super::Dict, key: &Value) -> R<Option<(usize, i64)>> {
        let hash = match super::primitive_hash(key) {
            Some(hash) => hash,
            None => self.hash(key)?,
        };
        match dict.find(key, hash) {
            super::Lookup::Found(index) => Ok(Some((index, hash))),
            super::Lookup::Missing => Ok(None),
            super::Lookup::Ask(candidates) => {
                for (index, candidate) in candidates {
                    if self.eq(&candidate, key)? {
                        return Ok(Some((index, hash)));
                    }
                }
                Ok(None)
            }
        }
    }

    /// Adds to a set; says whether the item was new.
    fn set_add(&mut self, set: &super::Set, item: Value) -> R<bool> {
        match self.set_find(set, &item)? {
            (Some(_), _) => Ok(false),
            (None, hash) => {
                set.push(item, hash);
                Ok(true)
            }
        }
    }

    /// Where an item stands in a set, and its hash.
    fn set_find(&mut self, set: &super::Set, item: &Value) -> R<(Option<usize>, i64)> {
        let hash = match super::primitive_hash(item) {
            Some(hash) => hash,
            None => self.hash(item)?,
        };
        match set.find(item, hash) {
            super::Lookup::Found(place) => Ok((Some(place), hash)),
            super::Lookup::Missing => Ok((None, hash)),
            super::Lookup::Ask(candidates) => {
                for (place, candidate) in candidates {
                    if self.eq(&candidate, item)? {
                        return Ok((Some(place), hash));
                    }
                }
                Ok((None, hash))
            }
        }
    }
}
