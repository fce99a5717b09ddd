//! What a value is.
//!
//! Owns: `Value` (16 bytes), the heap and its cycle collector, the containers, classes and instances, native types
//! as rows, the argument binder, and `Host`, the door through which native code calls the language.
//! Evaluates nothing: equality, hashing, calls and attribute access of arbitrary objects are asked of a `Host`.
//! Must not know: syntax, bytecode, the machine, SQL, mapping.

mod args;
mod class;
mod code;
mod containers;
mod dict;
mod dunders;
mod exception;
mod finalize;
mod function;
mod hash;
pub mod heap;
mod host;
mod instance;
mod known;
mod module;
mod object;
mod raised;
mod rows;
mod set;
mod slots;
mod temporal;
mod text;
mod traceback;

pub use args::{
    CallArgs, bind, bind_row, bind_written, missing_arguments, multiple_values, only_argument,
    too_many_positional, unexpected_keyword,
};
pub use class::{Class, ClassHooks, class_epoch, exception_class, native_class};
pub use code::CodeHandle;
pub use containers::{Bytes, BytesObj, Cell, List, Range, Slice, Tuple};
pub use dict::{Dict, Entry, Lookup};
pub use dunders::is_slot_method;
pub use exception::{BASE_EXCEPTION, exception_args};
pub use finalize::{put_off, take_put_off};
pub use function::{BoundMethod, Function, Generator, GeneratorState, NativeFunction, home_of};
pub use hash::{hash_address, hash_float, hash_int, mix_tuple, primitive_eq, primitive_hash};
pub use heap::{Gc, Managed, Visitor, WeakPtr};
pub use host::{BinaryOp, CompareOp, Host, MOST_ITEMS, UnaryOp};
pub use instance::{BaseValue, ExceptionData, Instance, Native, Payload};
pub use known::{ComplexData, Known};
pub use module::{Constant, Module, NativeModule};
pub use object::{BigIntObj, Iter, NativeIter, Value};
pub use raised::{FrameInfo, R, Raised, RaisedKind};
pub use rows::{Getter, NativeFn, NativeType, OBJECT, Param, ParamDefault, ParamKind, Row, RowKind, param};
pub use set::Set;
pub use slots::{Slots, slot};
pub use temporal::{Clock, DateData, DateTimeData, DeltaData, TimeData};
pub use text::{Str, hash_bytes, intern};
