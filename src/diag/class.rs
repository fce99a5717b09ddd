//! The shape of an exception class as a row, and the rows of CPython's builtin classes.
//!
//! Owns names, modules and parents. Other modules keep rows of their own beside the code that raises them
//! (`sqlalchemy.exc`, `sqlite3`, `werkzeug.exceptions`). Must not know exception objects.

/// An exception class: its name, the module that it says it is from, its parent.
#[derive(Debug)]
pub struct ExcClass {
    pub name: &'static str,
    pub module: &'static str,
    pub parent: Option<&'static ExcClass>,
    /// A second parent, as `NoSuchColumnError` is a `KeyError` too.
    pub also: Option<&'static ExcClass>,
}

impl ExcClass {
    pub const fn new(name: &'static str, module: &'static str, parent: &'static ExcClass) -> Self {
        ExcClass { name, module, parent: Some(parent), also: None }
    }

    /// The same class with a second parent.
    pub const fn also(self, other: &'static ExcClass) -> Self {
        ExcClass { also: Some(other), ..self }
    }

    /// The name as a traceback prints it: with its module, unless that is `builtins`.
    pub fn qualified(&self) -> String {
        if self.module == "builtins" {
            self.name.to_string()
        } else {
            format!("{}.{}", self.module, self.name)
        }
    }

    /// Whether this class is `other` or derives from it.
    pub fn is_a(&self, other: &ExcClass) -> bool {
        std::ptr::eq(self, other)
            || self.parent.is_some_and(|parent| parent.is_a(other))
            || self.also.is_some_and(|parent| parent.is_a(other))
    }
}

/// CPython's builtin exception classes.
pub mod builtin {
    use super::ExcClass;

    const fn row(name: &'static str, parent: &'static ExcClass) -> ExcClass {
        ExcClass { name, module: "builtins", parent: Some(parent), also: None }
    }

    pub static BASE_EXCEPTION: ExcClass =
        ExcClass { name: "BaseException", module: "builtins", parent: None, also: None };
    pub static EXCEPTION: ExcClass = row("Exception", &BASE_EXCEPTION);
    pub static GENERATOR_EXIT: ExcClass = row("GeneratorExit", &BASE_EXCEPTION);
    pub static KEYBOARD_INTERRUPT: ExcClass = row("KeyboardInterrupt", &BASE_EXCEPTION);
    pub static SYSTEM_EXIT: ExcClass = row("SystemExit", &BASE_EXCEPTION);
    pub static ARITHMETIC_ERROR: ExcClass = row("ArithmeticError", &EXCEPTION);
    pub static FLOATING_POINT_ERROR: ExcClass = row("FloatingPointError", &ARITHMETIC_ERROR);
    pub static OVERFLOW_ERROR: ExcClass = row("OverflowError", &ARITHMETIC_ERROR);
    pub static ZERO_DIVISION_ERROR: ExcClass = row("ZeroDivisionError", &ARITHMETIC_ERROR);
    pub static ASSERTION_ERROR: ExcClass = row("AssertionError", &EXCEPTION);
    pub static ATTRIBUTE_ERROR: ExcClass = row("AttributeError", &EXCEPTION);
    pub static BUFFER_ERROR: ExcClass = row("BufferError", &EXCEPTION);
    pub static EOF_ERROR: ExcClass = row("EOFError", &EXCEPTION);
    pub static IMPORT_ERROR: ExcClass = row("ImportError", &EXCEPTION);
    pub static MODULE_NOT_FOUND_ERROR: ExcClass = row("ModuleNotFoundError", &IMPORT_ERROR);
    pub static LOOKUP_ERROR: ExcClass = row("LookupError", &EXCEPTION);
    pub static INDEX_ERROR: ExcClass = row("IndexError", &LOOKUP_ERROR);
    pub static KEY_ERROR: ExcClass = row("KeyError", &LOOKUP_ERROR);
    pub static MEMORY_ERROR: ExcClass = row("MemoryError", &EXCEPTION);
    pub static NAME_ERROR: ExcClass = row("NameError", &EXCEPTION);
    pub static UNBOUND_LOCAL_ERROR: ExcClass = row("UnboundLocalError", &NAME_ERROR);
    pub static OS_ERROR: ExcClass = row("OSError", &EXCEPTION);
    pub static BLOCKING_IOERROR: ExcClass = row("BlockingIOError", &OS_ERROR);
    pub static CHILD_PROCESS_ERROR: ExcClass = row("ChildProcessError", &OS_ERROR);
    pub static CONNECTION_ERROR: ExcClass = row("ConnectionError", &OS_ERROR);
    pub static BROKEN_PIPE_ERROR: ExcClass = row("BrokenPipeError", &CONNECTION_ERROR);
    pub static CONNECTION_ABORTED_ERROR: ExcClass = row("ConnectionAbortedError", &CONNECTION_ERROR);
    pub static CONNECTION_REFUSED_ERROR: ExcClass = row("ConnectionRefusedError", &CONNECTION_ERROR);
    pub static CONNECTION_RESET_ERROR: ExcClass = row("ConnectionResetError", &CONNECTION_ERROR);
    pub static FILE_EXISTS_ERROR: ExcClass = row("FileExistsError", &OS_ERROR);
    pub static FILE_NOT_FOUND_ERROR: ExcClass = row("FileNotFoundError", &OS_ERROR);
    pub static INTERRUPTED_ERROR: ExcClass = row("InterruptedError", &OS_ERROR);
    pub static IS_A_DIRECTORY_ERROR: ExcClass = row("IsADirectoryError", &OS_ERROR);
    pub static NOT_A_DIRECTORY_ERROR: ExcClass = row("NotADirectoryError", &OS_ERROR);
    pub static PERMISSION_ERROR: ExcClass = row("PermissionError", &OS_ERROR);
    pub static PROCESS_LOOKUP_ERROR: ExcClass = row("ProcessLookupError", &OS_ERROR);
    pub static TIMEOUT_ERROR: ExcClass = row("TimeoutError", &OS_ERROR);
    pub static REFERENCE_ERROR: ExcClass = row("ReferenceError", &EXCEPTION);
    pub static RUNTIME_ERROR: ExcClass = row("RuntimeError", &EXCEPTION);
    pub static NOT_IMPLEMENTED_ERROR: ExcClass = row("NotImplementedError", &RUNTIME_ERROR);
    pub static RECURSION_ERROR: ExcClass = row("RecursionError", &RUNTIME_ERROR);
    pub static STOP_ITERATION: ExcClass = row("StopIteration", &EXCEPTION);
    pub static STOP_ASYNC_ITERATION: ExcClass = row("StopAsyncIteration", &EXCEPTION);
    pub static SYNTAX_ERROR: ExcClass = row("SyntaxError", &EXCEPTION);
    pub static INDENTATION_ERROR: ExcClass = row("IndentationError", &SYNTAX_ERROR);
    pub static TAB_ERROR: ExcClass = row("TabError", &INDENTATION_ERROR);
    pub static SYSTEM_ERROR: ExcClass = row("SystemError", &EXCEPTION);
    pub static TYPE_ERROR: ExcClass = row("TypeError", &EXCEPTION);
    pub static VALUE_ERROR: ExcClass = row("ValueError", &EXCEPTION);
    pub static UNICODE_ERROR: ExcClass = row("UnicodeError", &VALUE_ERROR);
    pub static UNICODE_DECODE_ERROR: ExcClass = row("UnicodeDecodeError", &UNICODE_ERROR);
    pub static UNICODE_ENCODE_ERROR: ExcClass = row("UnicodeEncodeError", &UNICODE_ERROR);
    pub static UNICODE_TRANSLATE_ERROR: ExcClass = row("UnicodeTranslateError", &UNICODE_ERROR);
    pub static WARNING: ExcClass = row("Warning", &EXCEPTION);
    pub static BYTES_WARNING: ExcClass = row("BytesWarning", &WARNING);
    pub static DEPRECATION_WARNING: ExcClass = row("DeprecationWarning", &WARNING);
    pub static ENCODING_WARNING: ExcClass = row("EncodingWarning", &WARNING);
    pub static FUTURE_WARNING: ExcClass = row("FutureWarning", &WARNING);
    pub static IMPORT_WARNING: ExcClass = row("ImportWarning", &WARNING);
    pub static PENDING_DEPRECATION_WARNING: ExcClass = row("PendingDeprecationWarning", &WARNING);
    pub static RESOURCE_WARNING: ExcClass = row("ResourceWarning", &WARNING);
    pub static RUNTIME_WARNING: ExcClass = row("RuntimeWarning", &WARNING);
    pub static SYNTAX_WARNING: ExcClass = row("SyntaxWarning", &WARNING);
    pub static UNICODE_WARNING: ExcClass = row("UnicodeWarning", &WARNING);
    pub static USER_WARNING: ExcClass = row("UserWarning", &WARNING);

    /// Every row above, parents before children.
    pub static ALL: &[&ExcClass] = &[
        &BASE_EXCEPTION,
        &EXCEPTION,
        &GENERATOR_EXIT,
        &KEYBOARD_INTERRUPT,
        &SYSTEM_EXIT,
        &ARITHMETIC_ERROR,
        &FLOATING_POINT_ERROR,
        &OVERFLOW_ERROR,
        &ZERO_DIVISION_ERROR,
        &ASSERTION_ERROR,
        &ATTRIBUTE_ERROR,
        &BUFFER_ERROR,
        &EOF_ERROR,
        &IMPORT_ERROR,
        &MODULE_NOT_FOUND_ERROR,
        &LOOKUP_ERROR,
        &INDEX_ERROR,
        &KEY_ERROR,
        &MEMORY_ERROR,
        &NAME_ERROR,
        &UNBOUND_LOCAL_ERROR,
        &OS_ERROR,
        &BLOCKING_IOERROR,
        &CHILD_PROCESS_ERROR,
        &CONNECTION_ERROR,
        &BROKEN_PIPE_ERROR,
        &CONNECTION_ABORTED_ERROR,
        &CONNECTION_REFUSED_ERROR,
        &CONNECTION_RESET_ERROR,
        &FILE_EXISTS_ERROR,
        &FILE_NOT_FOUND_ERROR,
        &INTERRUPTED_ERROR,
        &IS_A_DIRECTORY_ERROR,
        &NOT_A_DIRECTORY_ERROR,
        &PERMISSION_ERROR,
        &PROCESS_LOOKUP_ERROR,
        &TIMEOUT_ERROR,
        &REFERENCE_ERROR,
        &RUNTIME_ERROR,
        &NOT_IMPLEMENTED_ERROR,
        &RECURSION_ERROR,
        &STOP_ITERATION,
        &STOP_ASYNC_ITERATION,
        &SYNTAX_ERROR,
        &INDENTATION_ERROR,
        &TAB_ERROR,
        &SYSTEM_ERROR,
        &TYPE_ERROR,
        &VALUE_ERROR,
        &UNICODE_ERROR,
        &UNICODE_DECODE_ERROR,
        &UNICODE_ENCODE_ERROR,
        &UNICODE_TRANSLATE_ERROR,
        &WARNING,
        &BYTES_WARNING,
        &DEPRECATION_WARNING,
        &ENCODING_WARNING,
        &FUTURE_WARNING,
        &IMPORT_WARNING,
        &PENDING_DEPRECATION_WARNING,
        &RESOURCE_WARNING,
        &RUNTIME_WARNING,
        &SYNTAX_WARNING,
        &UNICODE_WARNING,
        &USER_WARNING,
    ];
}
