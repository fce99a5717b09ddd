//! What declarative class bodies complain about, one constructor a message.
//!
//! Owns the texts. Must not know when they are raised.

use crate::diag::ExcClass;
use crate::diag::builtin::TYPE_ERROR;
use crate::python::value::{Class, Gc, Raised};
use crate::sql::exc::{ARGUMENT_ERROR, INVALID_REQUEST, MAPPED_ANNOTATION};

use crate::orm::errors::class_repr;

fn raised(class: &'static ExcClass, text: impl Into<String>) -> Raised {
    Raised::new(class, text)
}

/// `TypeError: relationship() got an unexpected keyword argument 'x'`.
pub fn unexpected_keyword(function: &str, name: &str) -> Raised {
    raised(&TYPE_ERROR, format!("{function}() got an unexpected keyword argument '{name}'"))
}

/// `MappedAnnotationError: Type annotation for "A.b" can't be correctly interpreted for Annotated Declarative Table
/// form. ...`.
pub fn not_mapped_annotation(class: &Gc<Class>, key: &str) -> Raised {
    raised(
        &MAPPED_ANNOTATION,
        format!(
            "Type annotation for \"{}.{key}\" can't be correctly interpreted for Annotated Declarative Table form.  \
             ORM annotations should normally make use of the ``Mapped[]`` generic type, or other ORM-compatible \
             generic type, as a container for the actual type, which indicates the intent that the attribute is \
             mapped. Class variables that are not intended to be mapped by the ORM should use ClassVar[].  To allow \
             Annotated Declarative to disregard legacy annotations which don't use Mapped[] to pass, set \
             \"__allow_unmapped__ = True\" on the class or a superclass this class. (Background on this error at: \
             https://sqlalche.me/e/21/zlpr)",
            class.name.borrow()
        ),
    )
}

/// `MappedAnnotationError: Could not interpret annotation Mapped[x].  Check that it uses names ...`.
pub fn could_not_interpret(annotation: &str) -> Raised {
    raised(
        &MAPPED_ANNOTATION,
        format!(
            "Could not interpret annotation {annotation}.  Check that it uses names that are correctly imported at \
             the module level. See chained stack trace for more hints."
        ),
    )
}

/// `MappedAnnotationError: Could not resolve all types within mapped annotation: "Mapped[x]".  ...`.
pub fn could_not_resolve(annotation: &str) -> Raised {
    raised(
        &MAPPED_ANNOTATION,
        format!(
            "Could not resolve all types within mapped annotation: \"{annotation}\".  Ensure all types are written \
             correctly and are imported within the module in use."
        ),
    )
}

/// `MappedAnnotationError: Could not locate SQLAlchemy Core type when resolving for Python type indicated by ...`.
pub fn no_core_type(shown: &str, key: &str) -> Raised {
    raised(
        &MAPPED_ANNOTATION,
        format!(
            "Could not locate SQLAlchemy Core type when resolving for Python type indicated by '{shown}' inside the \
             Mapped[] annotation for the '{key}' attribute; the type object is not resolvable by the registry"
        ),
    )
}

/// `MappedAnnotationError: Python typing annotation is required for attribute "A.b" when primary argument(s) ...`.
pub fn annotation_required(class: &Gc<Class>, key: &str, construct: &str) -> Raised {
    raised(
        &MAPPED_ANNOTATION,
        format!(
            "Python typing annotation is required for attribute \"{}.{key}\" when primary argument(s) for \
             \"{construct}\" construct are None or not present",
            class.name.borrow()
        ),
    )
}

/// `InvalidRequestError: Mapper properties ... must be declared as @declared_attr callables on ... mixin classes. ...`.
pub fn property_on_mixin() -> Raised {
    raised(
        &INVALID_REQUEST,
        "Mapper properties (i.e. deferred,column_property(), relationship(), etc.) must be declared as \
         @declared_attr callables on declarative mixin classes.  For dataclass field() objects, use a lambda:",
    )
}

/// `InvalidRequestError: Columns with foreign keys to non-table-bound columns must be declared as @declared_attr ...`.
pub fn foreign_key_on_mixin() -> Raised {
    raised(
        &INVALID_REQUEST,
        "Columns with foreign keys to non-table-bound columns must be declared as @declared_attr callables on \
         declarative mixin classes.  For dataclass field() objects, use a lambda:.",
    )
}

/// `InvalidRequestError: Class <class 'app.A'> has multiple mapped bases: [...]`.
pub fn multiple_bases(class: &Gc<Class>, bases: &[Gc<Class>]) -> Raised {
    let bases: Vec<String> = bases.iter().map(class_repr).collect();
    raised(
        &INVALID_REQUEST,
        format!("Class {} has multiple mapped bases: [{}]", class_repr(class), bases.join(", ")),
    )
}

/// `ArgumentError: __table_args__ value must be a tuple, dict, or None`.
pub fn bad_table_args() -> Raised {
    raised(&ARGUMENT_ERROR, "__table_args__ value must be a tuple, dict, or None")
}

/// `ArgumentError: Can't place __table_args__ on an inherited class with no table.`
pub fn table_args_without_table() -> Raised {
    raised(&ARGUMENT_ERROR, "Can't place __table_args__ on an inherited class with no table.")
}

/// `ArgumentError: Can't place primary key columns on an inherited class with no table.`
pub fn primary_key_without_table() -> Raised {
    raised(&ARGUMENT_ERROR, "Can't place primary key columns on an inherited class with no table.")
}

/// `ArgumentError: Column 'a' on class B conflicts with existing column 't.a'.  If using Declarative, ...`.
pub fn conflicting_column(column: &str, class: &Gc<Class>, existing: &str) -> Raised {
    raised(
        &ARGUMENT_ERROR,
        format!(
            "Column '{column}' on class {} conflicts with existing column '{existing}'.  If using Declarative, \
             consider using the use_existing_column parameter of mapped_column() to resolve conflicts.",
            class.name.borrow()
        ),
    )
}

/// `ArgumentError: Can't add additional column 'x' when specifying __table__`.
pub fn column_beside_table(key: &str) -> Raised {
    raised(&ARGUMENT_ERROR, format!("Can't add additional column '{key}' when specifying __table__"))
}

/// `TypeError: 'nam' is an invalid keyword argument for Student`.
pub fn invalid_keyword(host_repr: &str, class: &str) -> Raised {
    raised(&TYPE_ERROR, format!("{host_repr} is an invalid keyword argument for {class}"))
}
