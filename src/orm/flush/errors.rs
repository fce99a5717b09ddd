//! What a flush refuses or warns of, in SQLAlchemy's words.
//!
//! Owns one constructor a message. Must not know when they are raised.

use crate::diag::builtin::ASSERTION_ERROR;
use crate::orm::identity::Mapped;
use crate::orm::identity_key::IdentityKey;
use crate::orm::mapper::Mapper;
use crate::orm::session::errors::{class_text, key_text, state_text};
use crate::python::value::{Host, R, Raised};
use crate::sql::exc::{FLUSH_ERROR, INVALID_REQUEST, SA_WARNING, STALE_DATA, UNMAPPED_COLUMN, background};
use crate::sql::schema::Column;

fn flush_error(message: impl Into<String>) -> Raised {
    Raised::new(&FLUSH_ERROR, message)
}

/// `pet.owner_id`
pub fn column_text(column: &Column) -> String {
    match column.table() {
        Some(table) => format!("{}.{}", table.key, column.name()),
        None => column.name().to_string(),
    }
}

/// `Instance <Pet at 0x...> has a NULL identity key.  If this is an auto-generated value, ...`
pub fn null_identity(mapped: &Mapped) -> Raised {
    flush_error(format!(
        "Instance {} has a NULL identity key.  If this is an auto-generated value, check that the database table \
         allows generation of new primary key values, and that the mapped Column object is configured to expect \
         these generated values.  Ensure also that this flush() is not occurring at an inappropriate time, such as \
         within a load() event.",
        state_text(mapped)
    ))
}

/// `Can't update table pet using NULL for primary key value on column pet.id`
pub fn update_null_key(table: &str, column: &Column) -> Raised {
    flush_error(format!(
        "Can't update table {table} using NULL for primary key value on column {}",
        column_text(column)
    ))
}

/// `Can't delete from table pet using NULL for primary key value on column pet.id`
pub fn delete_null_key(table: &str, column: &Column) -> Raised {
    flush_error(format!(
        "Can't delete from table {table} using NULL for primary key value on column {}",
        column_text(column)
    ))
}

/// `UPDATE statement on table 'pet' expected to update 1 row(s); 0 were matched.`
pub fn stale_update(table: &str, expected: usize, matched: i64) -> Raised {
    Raised::new(
        &STALE_DATA,
        format!(
            "UPDATE statement on table '{table}' expected to update {expected} row(s); {matched} were matched."
        ),
    )
}

fn deleted_text(table: &str, expected: usize, matched: i64) -> String {
    format!(
        "DELETE statement on table '{table}' expected to delete {expected} row(s); {matched} were matched.  Please \
         set confirm_deleted_rows=False within the mapper configuration to prevent this warning."
    )
}

/// `DELETE statement on table 'pet' expected to delete 1 row(s); 0 were matched. ...`
pub fn stale_delete(table: &str, expected: usize, matched: i64) -> Raised {
    Raised::new(&STALE_DATA, deleted_text(table, expected, matched))
}

pub fn warn_stale_delete(host: &mut dyn Host, table: &str, expected: usize, matched: i64) -> R<()> {
    host.warn(&SA_WARNING, &deleted_text(table, expected, matched))
}

/// `DELETE statement on table 'a_b' expected to delete 1 row(s); Only 0 were matched.`
pub fn stale_secondary(verb: &str, table: &str, expected: usize, matched: i64) -> Raised {
    let what = verb.to_lowercase();
    Raised::new(
        &STALE_DATA,
        format!(
            "{verb} statement on table '{table}' expected to {what} {expected} row(s); Only {matched} were matched."
        ),
    )
}

/// `Can't flush None value found in collection Owner.pets`
pub fn none_in_collection(relationship: &str) -> Raised {
    flush_error(format!("Can't flush None value found in collection {relationship}"))
}

/// `Attempting to flush an item of type <class 'app.A'> as a member of collection "B.items". ...`
pub fn wrong_type(item: &Mapper, relationship: &str, wanted: &Mapper, subtype: bool) -> Raised {
    let head = format!(
        "Attempting to flush an item of type <class '{}'> as a member of collection \"{relationship}\". Expected an \
         object of type <class '{}'> or a polymorphic subclass of this type.",
        item.sort_key, wanted.sort_key
    );
    if !subtype {
        return flush_error(head);
    }
    flush_error(format!(
        "{head} If <class '{}'> is a subclass of <class '{}'>, configure mapper \"{}\" to load this subtype \
         polymorphically, or set enable_typechecks=False to allow any subtype to be accepted for flush. ",
        item.sort_key,
        wanted.sort_key,
        wanted.description()
    ))
}

/// `Dependency rule on column 'owner.id' tried to blank-out primary key column 'pet.owner_id' on instance ...`
pub fn blank_out_key(source: &Column, target: &Column, mapped: &Mapped) -> Raised {
    Raised::new(
        &ASSERTION_ERROR,
        format!(
            "Dependency rule on column '{}' tried to blank-out primary key column '{}' on instance '{}'",
            column_text(source),
            column_text(target),
            state_text(mapped)
        ),
    )
}

/// `Can't execute sync rule for source column 'a.id'; mapper 'Mapper[A(a)]' does not map this column. ...`
pub fn unmapped_source(mapper: &Mapper, source: &Column, target: &Column) -> Raised {
    Raised::new(
        &UNMAPPED_COLUMN,
        format!(
            "Can't execute sync rule for source column '{}'; mapper '{}' does not map this column.  Try using an \
             explicit `foreign_keys` collection which does not include destination column '{}' (or use a \
             viewonly=True relation).",
            column_text(source),
            mapper.description(),
            column_text(target)
        ),
    )
}

/// `Can't execute sync rule for destination column 'a.id'; mapper 'Mapper[A(a)]' does not map this column. ...`
pub fn unmapped_destination(mapper: &Mapper, target: &Column) -> Raised {
    Raised::new(
        &UNMAPPED_COLUMN,
        format!(
            "Can't execute sync rule for destination column '{}'; mapper '{}' does not map this column.  Try using an \
             explicit `foreign_keys` collection which does not include this column (or use a viewonly=True relation).",
            column_text(target),
            mapper.description()
        ),
    )
}

/// `Could not sort objects by primary key; primary key values must be sortable in Python (was: ...)`
pub fn unsortable_keys(original: &str) -> Raised {
    Raised::new(
        &INVALID_REQUEST,
        format!(
            "Could not sort objects by primary key; primary key values must be sortable in Python (was: {original})"
        ),
    )
}

/// `Single-row INSERT statement for Mapper[A(a)] did not produce a new primary key result being invoked. ...`
pub fn no_new_key(mapper: &Mapper) -> Raised {
    flush_error(format!(
        "Single-row INSERT statement for {} did not produce a new primary key result being invoked.  Ensure there are \
         no triggers or special driver issues preventing INSERT from functioning properly.",
        mapper.description()
    ))
}

/// `Instance does not contain a non-NULL version value`
pub fn null_version() -> Raised {
    flush_error("Instance does not contain a non-NULL version value")
}

/// `No primary key value supplied for column(s) pet.id; per-row ORM Bulk UPDATE by Primary Key requires ...`
pub fn bulk_without_key(columns: &[String]) -> Raised {
    Raised::new(
        &INVALID_REQUEST,
        format!(
            "No primary key value supplied for column(s) {}; per-row ORM Bulk UPDATE by Primary Key requires that \
             records contain primary key values {}",
            columns.join(", "),
            background("bupq")
        ),
    )
}

/// `Circular dependency detected.`
pub fn circular(what: &str) -> Raised {
    Raised::new(&crate::sql::exc::CIRCULAR_DEPENDENCY, format!("Circular dependency detected. ({what})"))
}

/// An instance that is to be written whose place in the session another one took.
pub fn not_in_flush() -> Raised {
    Raised::new(&crate::diag::builtin::ASSERTION_ERROR, "Failed to add object to the flush context!")
}

// Warnings.

/// `Object of type <Pet> not in session, add operation along 'Owner.pets' will not proceed`
pub fn warn_not_in_session(
    host: &mut dyn Host,
    mapped: &Mapped,
    operation: &str,
    relationship: &str,
    will: &str,
) -> R<()> {
    host.warn(
        &SA_WARNING,
        &format!(
            "Object of type {} not in session, {operation} operation along '{relationship}' {will} proceed",
            class_text(mapped.state())
        ),
    )
}

/// `New instance <Pet at 0x...> with identity key (...) conflicts with persistent instance <Pet at 0x...>`
pub fn warn_key_conflict(host: &mut dyn Host, new: &Mapped, key: &IdentityKey, known: &Mapped) -> R<()> {
    let shown = key_text(host, key)?;
    host.warn(
        &SA_WARNING,
        &format!(
            "New instance {} with identity key {shown} conflicts with persistent instance {}",
            state_text(new),
            state_text(known)
        ),
    )
}

pub fn warn_late_changes(host: &mut dyn Host, count: usize) -> R<()> {
    host.warn(
        &SA_WARNING,
        &format!(
            "Attribute history events accumulated on {count} previously clean instances within inner-flush event \
             handlers have been reset, and will not result in database updates. Consider using \
             set_committed_value() within inner-flush event handlers to avoid this warning."
        ),
    )
}
