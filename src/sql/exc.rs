//! The exception classes of `sqlalchemy.exc` and `sqlalchemy.orm.exc`, as rows, and the line that links to their page.
//!
//! Owns names and parents. Must not know the messages: those stand in the `errors.rs` of the module that raises them.

use crate::diag::builtin::{DEPRECATION_WARNING, EXCEPTION, KEY_ERROR, RUNTIME_WARNING};
use crate::diag::{Error, ExcClass, Extra};

const EXC: &str = "sqlalchemy.exc";
const ORM_EXC: &str = "sqlalchemy.orm.exc";

pub static SQLALCHEMY_ERROR: ExcClass = ExcClass::new("SQLAlchemyError", EXC, &EXCEPTION);
pub static ARGUMENT_ERROR: ExcClass = ExcClass::new("ArgumentError", EXC, &SQLALCHEMY_ERROR);
pub static DUPLICATE_COLUMN: ExcClass = ExcClass::new("DuplicateColumnError", EXC, &ARGUMENT_ERROR);
pub static OBJECT_NOT_EXECUTABLE: ExcClass = ExcClass::new("ObjectNotExecutableError", EXC, &ARGUMENT_ERROR);
pub static NO_SUCH_MODULE: ExcClass = ExcClass::new("NoSuchModuleError", EXC, &ARGUMENT_ERROR);
pub static NO_FOREIGN_KEYS: ExcClass = ExcClass::new("NoForeignKeysError", EXC, &ARGUMENT_ERROR);
pub static AMBIGUOUS_FOREIGN_KEYS: ExcClass =
    ExcClass::new("AmbiguousForeignKeysError", EXC, &ARGUMENT_ERROR);
pub static CONSTRAINT_COLUMN_NOT_FOUND: ExcClass =
    ExcClass::new("ConstraintColumnNotFoundError", EXC, &ARGUMENT_ERROR);
pub static CIRCULAR_DEPENDENCY: ExcClass = ExcClass::new("CircularDependencyError", EXC, &SQLALCHEMY_ERROR);
pub static COMPILE_ERROR: ExcClass = ExcClass::new("CompileError", EXC, &SQLALCHEMY_ERROR);
pub static UNSUPPORTED_COMPILATION: ExcClass =
    ExcClass::new("UnsupportedCompilationError", EXC, &COMPILE_ERROR);
pub static IDENTIFIER_ERROR: ExcClass = ExcClass::new("IdentifierError", EXC, &SQLALCHEMY_ERROR);
pub static DISCONNECTION_ERROR: ExcClass = ExcClass::new("DisconnectionError", EXC, &SQLALCHEMY_ERROR);
pub static TIMEOUT_ERROR: ExcClass = ExcClass::new("TimeoutError", EXC, &SQLALCHEMY_ERROR);
pub static INVALID_REQUEST: ExcClass = ExcClass::new("InvalidRequestError", EXC, &SQLALCHEMY_ERROR);
pub static ILLEGAL_STATE_CHANGE: ExcClass = ExcClass::new("IllegalStateChangeError", EXC, &INVALID_REQUEST);
pub static NO_INSPECTION_AVAILABLE: ExcClass = ExcClass::new("NoInspectionAvailable", EXC, &INVALID_REQUEST);
pub static PENDING_ROLLBACK: ExcClass = ExcClass::new("PendingRollbackError", EXC, &INVALID_REQUEST);
pub static RESOURCE_CLOSED: ExcClass = ExcClass::new("ResourceClosedError", EXC, &INVALID_REQUEST);
pub static NO_SUCH_COLUMN: ExcClass =
    ExcClass::new("NoSuchColumnError", EXC, &INVALID_REQUEST).also(&KEY_ERROR);
pub static AMBIGUOUS_COLUMN: ExcClass = ExcClass::new("AmbiguousColumnError", EXC, &INVALID_REQUEST);
pub static NO_RESULT_FOUND: ExcClass = ExcClass::new("NoResultFound", EXC, &INVALID_REQUEST);
pub static MULTIPLE_RESULTS_FOUND: ExcClass = ExcClass::new("MultipleResultsFound", EXC, &INVALID_REQUEST);
pub static NO_REFERENCE: ExcClass = ExcClass::new("NoReferenceError", EXC, &INVALID_REQUEST);
pub static NO_REFERENCED_TABLE: ExcClass = ExcClass::new("NoReferencedTableError", EXC, &NO_REFERENCE);
pub static NO_REFERENCED_COLUMN: ExcClass = ExcClass::new("NoReferencedColumnError", EXC, &NO_REFERENCE);
pub static NO_SUCH_TABLE: ExcClass = ExcClass::new("NoSuchTableError", EXC, &INVALID_REQUEST);
pub static UNREFLECTABLE_TABLE: ExcClass = ExcClass::new("UnreflectableTableError", EXC, &INVALID_REQUEST);
pub static UNBOUND_EXECUTION: ExcClass = ExcClass::new("UnboundExecutionError", EXC, &INVALID_REQUEST);
pub static STATEMENT_ERROR: ExcClass = ExcClass::new("StatementError", EXC, &SQLALCHEMY_ERROR);
pub static DBAPI_ERROR: ExcClass = ExcClass::new("DBAPIError", EXC, &STATEMENT_ERROR);
pub static INTERFACE_ERROR: ExcClass = ExcClass::new("InterfaceError", EXC, &DBAPI_ERROR);
pub static DATABASE_ERROR: ExcClass = ExcClass::new("DatabaseError", EXC, &DBAPI_ERROR);
pub static DATA_ERROR: ExcClass = ExcClass::new("DataError", EXC, &DATABASE_ERROR);
pub static OPERATIONAL_ERROR: ExcClass = ExcClass::new("OperationalError", EXC, &DATABASE_ERROR);
pub static INTEGRITY_ERROR: ExcClass = ExcClass::new("IntegrityError", EXC, &DATABASE_ERROR);
pub static INTERNAL_ERROR: ExcClass = ExcClass::new("InternalError", EXC, &DATABASE_ERROR);
pub static PROGRAMMING_ERROR: ExcClass = ExcClass::new("ProgrammingError", EXC, &DATABASE_ERROR);
pub static NOT_SUPPORTED_ERROR: ExcClass = ExcClass::new("NotSupportedError", EXC, &DATABASE_ERROR);
pub static SA_DEPRECATION_WARNING: ExcClass =
    ExcClass::new("SADeprecationWarning", EXC, &DEPRECATION_WARNING);
pub static BASE20_DEPRECATION_WARNING: ExcClass =
    ExcClass::new("Base20DeprecationWarning", EXC, &SA_DEPRECATION_WARNING);
pub static LEGACY_API_WARNING: ExcClass = ExcClass::new("LegacyAPIWarning", EXC, &BASE20_DEPRECATION_WARNING);
pub static MOVED_IN_20_WARNING: ExcClass =
    ExcClass::new("MovedIn20Warning", EXC, &BASE20_DEPRECATION_WARNING);
pub static SA_WARNING: ExcClass = ExcClass::new("SAWarning", EXC, &RUNTIME_WARNING);

pub static STALE_DATA: ExcClass = ExcClass::new("StaleDataError", ORM_EXC, &SQLALCHEMY_ERROR);
pub static FLUSH_ERROR: ExcClass = ExcClass::new("FlushError", ORM_EXC, &SQLALCHEMY_ERROR);
pub static MAPPED_ANNOTATION: ExcClass = ExcClass::new("MappedAnnotationError", ORM_EXC, &ARGUMENT_ERROR);
pub static OBJECT_DEREFERENCED: ExcClass =
    ExcClass::new("ObjectDereferencedError", ORM_EXC, &SQLALCHEMY_ERROR);
pub static UNMAPPED_ERROR: ExcClass = ExcClass::new("UnmappedError", ORM_EXC, &INVALID_REQUEST);
pub static DETACHED_INSTANCE: ExcClass = ExcClass::new("DetachedInstanceError", ORM_EXC, &SQLALCHEMY_ERROR);
pub static UNMAPPED_INSTANCE: ExcClass = ExcClass::new("UnmappedInstanceError", ORM_EXC, &UNMAPPED_ERROR);
pub static UNMAPPED_CLASS: ExcClass = ExcClass::new("UnmappedClassError", ORM_EXC, &UNMAPPED_ERROR);
pub static OBJECT_DELETED: ExcClass = ExcClass::new("ObjectDeletedError", ORM_EXC, &INVALID_REQUEST);
pub static UNMAPPED_COLUMN: ExcClass = ExcClass::new("UnmappedColumnError", ORM_EXC, &INVALID_REQUEST);
pub static LOADER_STRATEGY_EXCEPTION: ExcClass =
    ExcClass::new("LoaderStrategyException", ORM_EXC, &INVALID_REQUEST);

/// What `sqlalchemy.exc` exports, parents before children.
pub static ALL: &[&ExcClass] = &[
    &SQLALCHEMY_ERROR,
    &ARGUMENT_ERROR,
    &DUPLICATE_COLUMN,
    &OBJECT_NOT_EXECUTABLE,
    &NO_SUCH_MODULE,
    &NO_FOREIGN_KEYS,
    &AMBIGUOUS_FOREIGN_KEYS,
    &CONSTRAINT_COLUMN_NOT_FOUND,
    &CIRCULAR_DEPENDENCY,
    &COMPILE_ERROR,
    &UNSUPPORTED_COMPILATION,
    &IDENTIFIER_ERROR,
    &DISCONNECTION_ERROR,
    &TIMEOUT_ERROR,
    &INVALID_REQUEST,
    &ILLEGAL_STATE_CHANGE,
    &NO_INSPECTION_AVAILABLE,
    &PENDING_ROLLBACK,
    &RESOURCE_CLOSED,
    &NO_SUCH_COLUMN,
    &AMBIGUOUS_COLUMN,
    &NO_RESULT_FOUND,
    &MULTIPLE_RESULTS_FOUND,
    &NO_REFERENCE,
    &NO_REFERENCED_TABLE,
    &NO_REFERENCED_COLUMN,
    &NO_SUCH_TABLE,
    &UNREFLECTABLE_TABLE,
    &UNBOUND_EXECUTION,
    &STATEMENT_ERROR,
    &DBAPI_ERROR,
    &INTERFACE_ERROR,
    &DATABASE_ERROR,
    &DATA_ERROR,
    &OPERATIONAL_ERROR,
    &INTEGRITY_ERROR,
    &INTERNAL_ERROR,
    &PROGRAMMING_ERROR,
    &NOT_SUPPORTED_ERROR,
    &SA_DEPRECATION_WARNING,
    &BASE20_DEPRECATION_WARNING,
    &LEGACY_API_WARNING,
    &MOVED_IN_20_WARNING,
    &SA_WARNING,
];

/// What `sqlalchemy.orm.exc` exports besides names of `sqlalchemy.exc`.
pub static ALL_ORM: &[&ExcClass] = &[
    &STALE_DATA,
    &FLUSH_ERROR,
    &MAPPED_ANNOTATION,
    &OBJECT_DEREFERENCED,
    &UNMAPPED_ERROR,
    &DETACHED_INSTANCE,
    &UNMAPPED_INSTANCE,
    &UNMAPPED_CLASS,
    &OBJECT_DELETED,
    &UNMAPPED_COLUMN,
    &LOADER_STRATEGY_EXCEPTION,
];

/// An error with a page of its own: the link stands behind the message, not in the exception's argument.
pub fn coded(class: &'static ExcClass, message: &str, code: &'static str) -> Error {
    Error::new(class, format!("{message} {}", background(code)))
        .attribute("args", Extra::Text(message.to_string()))
        .attribute("code", Extra::Text(code.to_string()))
}

/// The line that SQLAlchemy puts (or appends, after a space) behind a message that has a page of its own.
pub fn background(code: &str) -> String {
    format!("(Background on this error at: https://sqlalche.me/e/21/{code})")
}
