//! What a session refuses or warns of, in SQLAlchemy's words.
//!
//! Owns one constructor a message. Must not know when they are raised.

use std::rc::Rc;

use super::TransactionState;
use crate::diag::{Error, Extra};
use crate::orm::identity::Mapped;
use crate::orm::identity_key::IdentityKey;
use crate::orm::mapper::Mapper;
use crate::orm::state::InstanceState;
use crate::python::value::{Class, Gc, Host, R, Raised, Value};
use crate::sql::exc::{self, INVALID_REQUEST, SA_WARNING};

fn invalid(message: impl Into<String>) -> Raised {
    Raised::new(&INVALID_REQUEST, message)
}

fn with_page(message: String, code: &str) -> String {
    format!("{message} {}", exc::background(code))
}

/// `<Student at 0x7f...>`
pub fn state_text(mapped: &Mapped) -> String {
    format!("<{} at {:#x}>", mapped.mapper().class_name, mapped.address())
}

/// `<Student>`
pub fn class_text(state: &InstanceState) -> String {
    format!("<{}>", state.mapper().class_name)
}

/// `app.Student`, or the bare name of a class without a module.
pub fn class_path(class: &Gc<Class>) -> String {
    let name = class.name.borrow().clone();
    match class.dict.get("__module__").as_ref().and_then(Value::as_str) {
        Some(module) => format!("{module}.{name}"),
        None => name.to_string(),
    }
}

/// `Class 'builtins.str' is not mapped`, and what it adds when a class was given in place of an instance.
pub fn unmapped_instance(host: &mut dyn Host, value: &Value) -> Raised {
    let class = host.class_of(value);
    let mut message = format!("Class '{}' is not mapped", class_path(&class));
    if let Value::Class(given) = value {
        message.push_str(&format!(
            "; was a class ({}) supplied where an instance was required?",
            class_path(given)
        ));
    }
    Raised::new(&exc::UNMAPPED_INSTANCE, message)
}

/// `Class 'app.Thing' is not mapped`
pub fn unmapped_class(class: &Gc<Class>) -> Raised {
    Raised::new(&exc::UNMAPPED_CLASS, format!("Class '{}' is not mapped", class_path(class)))
}

/// `NoInspectionAvailable: No inspection system is available for object of type <class 'str'>`
pub fn no_inspection(class: &str) -> Raised {
    Raised::new(
        &exc::NO_INSPECTION_AVAILABLE,
        format!("No inspection system is available for object of type {class}"),
    )
}

/// `Expected mapped class or mapper, got: 5`
pub fn expected_mapped_class(shown: &str) -> Raised {
    Raised::new(&exc::ARGUMENT_ERROR, format!("Expected mapped class or mapper, got: {shown}"))
}

/// `Instance '<Pet at 0x...>' is not persisted`
pub fn not_persisted(_state: &InstanceState, mapped: &Mapped) -> Raised {
    invalid(format!("Instance '{}' is not persisted", state_text(mapped)))
}

/// `Instance '<Pet at 0x...>' has been deleted.  Use the make_transient() function ...`
pub fn has_been_deleted(mapped: &Mapped) -> Raised {
    invalid(format!(
        "Instance '{}' has been deleted.  Use the make_transient() function to send this object back to the \
         transient state.",
        state_text(mapped)
    ))
}

/// `Object '<Pet at 0x...>' is already attached to session '1' (this is '2')`
pub fn already_attached(mapped: &Mapped, theirs: u32, mine: u32) -> Raised {
    invalid(format!(
        "Object '{}' is already attached to session '{theirs}' (this is '{mine}')",
        state_text(mapped)
    ))
}

/// `Can't attach instance <Pet at 0x...>; another instance with key (...) is already present in this session.`
pub fn another_instance_present(host: &mut dyn Host, mapped: &Mapped, key: &IdentityKey) -> R<Raised> {
    let shown = key_text(host, key)?;
    Ok(invalid(format!(
        "Can't attach instance {}; another instance with key {shown} is already present in this session.",
        state_text(mapped)
    )))
}

/// `(<class 'app.Pet'>, (1,), None)`
pub fn key_text(host: &mut dyn Host, key: &IdentityKey) -> R<String> {
    let shown = [Value::Class(key.mapper.class.clone()), key.identity(), Value::None];
    Ok(host.repr(&Value::tuple(shown.to_vec()))?.to_string())
}

/// `Instance <Pet at 0x...> is not present in this Session`
pub fn not_present(mapped: &Mapped) -> Raised {
    invalid(format!("Instance {} is not present in this Session", state_text(mapped)))
}

/// `Instance '<Pet at 0x...>' is not persistent within this Session`
pub fn not_persistent(mapped: &Mapped) -> Raised {
    invalid(format!("Instance '{}' is not persistent within this Session", state_text(mapped)))
}

/// `Could not refresh instance '<Pet at 0x...>'`
pub fn could_not_refresh(mapped: &Mapped) -> Raised {
    invalid(format!("Could not refresh instance '{}'", state_text(mapped)))
}

/// `Given object must be transient`
pub fn must_be_transient() -> Raised {
    invalid("Given object must be transient")
}

/// `Session is already flushing`
pub fn already_flushing() -> Raised {
    invalid("Session is already flushing")
}

/// `A transaction is already begun on this Session.`
pub fn already_begun() -> Raised {
    invalid("A transaction is already begun on this Session.")
}

/// `Autobegin is disabled on this Session; please call session.begin() to start a new transaction`
pub fn autobegin_disabled() -> Raised {
    invalid("Autobegin is disabled on this Session; please call session.begin() to start a new transaction")
}

/// `This Session has been permanently closed and is unable to handle any more transaction requests.`
pub fn closed_for_good() -> Raised {
    invalid("This Session has been permanently closed and is unable to handle any more transaction requests.")
}

/// `This Session's transaction has been rolled back due to a previous exception during flush. ...`
pub fn pending_rollback(original: &str) -> Raised {
    let message = format!(
        "This Session's transaction has been rolled back due to a previous exception during flush. To begin a new \
         transaction with this Session, first issue Session.rollback(). Original exception was: {original}"
    );
    let error = Error::new(&exc::PENDING_ROLLBACK, with_page(message, "7s2a"));
    error.attribute("code", Extra::Text("7s2a".into())).into()
}

/// `This session is in 'inactive' state, due to the SQL transaction being rolled back; ...`
pub fn inactive_transaction() -> Raised {
    invalid(
        "This session is in 'inactive' state, due to the SQL transaction being rolled back; no further SQL can be \
         emitted within this transaction.",
    )
}

/// `This transaction is closed`
pub fn transaction_closed() -> Raised {
    Raised::new(&exc::RESOURCE_CLOSED, "This transaction is closed")
}

/// `This session is provisioning a new connection; concurrent operations are not permitted`
pub fn provisioning() -> Raised {
    let message = "This session is provisioning a new connection; concurrent operations are not permitted";
    invalid(with_page(message.into(), "isce"))
}

/// `This session is in 'committed' state; no further SQL can be emitted within this transaction.`
pub fn wrong_state(_operation: &str, state: TransactionState) -> Raised {
    let name = match state {
        TransactionState::Active => "active",
        TransactionState::Prepared => "prepared",
        TransactionState::Committed => "committed",
        TransactionState::Deactive => "deactive",
        TransactionState::Closed => "closed",
        TransactionState::ProvisioningConnection => "provisioning_connection",
    };
    invalid(format!(
        "This session is in '{name}' state; no further SQL can be emitted within this transaction."
    ))
}

/// `Transaction ... is not on the active transaction list`
pub fn not_on_active_list() -> Raised {
    invalid("Transaction is not on the active transaction list")
}

/// `Over 100 subsequent flushes have occurred within session.commit() - is an after_flush() hook ...`
pub fn too_many_flushes() -> Raised {
    Raised::new(
        &exc::FLUSH_ERROR,
        "Over 100 subsequent flushes have occurred within session.commit() - is an after_flush() hook creating new \
         objects?",
    )
}

/// `This session is not bound to a single Engine or Connection, and no context was provided to locate a binding.`
pub fn unbound() -> Raised {
    Raised::new(
        &exc::UNBOUND_EXECUTION,
        "This session is not bound to a single Engine or Connection, and no context was provided to locate a \
         binding.",
    )
}

/// `Could not locate a bind configured on mapper Mapper[Pet(pet)] or this Session.`
pub fn unbound_context(mapper: Option<&Rc<Mapper>>, clause: bool) -> Raised {
    let mut context: Vec<String> = Vec::new();
    context.extend(mapper.map(|mapper| format!("mapper {}", mapper.description())));
    if clause {
        context.push("SQL expression".into());
    }
    let message = format!("Could not locate a bind configured on {} or this Session.", context.join(", "));
    Raised::new(&exc::UNBOUND_EXECUTION, message)
}

/// `Incorrect number of values in identifier to formulate primary key for session.get(); ...`
pub fn identifier_count(columns: &[String]) -> Raised {
    let columns: Vec<String> = columns.iter().map(|column| format!("'{column}'")).collect();
    invalid(format!(
        "Incorrect number of values in identifier to formulate primary key for session.get(); primary key columns \
         are {}",
        columns.join(",")
    ))
}

/// `Incorrect names of values in identifier to formulate primary key for session.get(); ...`
pub fn identifier_names(names: &[String]) -> Raised {
    let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    invalid(format!(
        "Incorrect names of values in identifier to formulate primary key for session.get(); primary key attribute \
         names are {} (synonym names are also accepted)",
        names.join(",")
    ))
}

/// `No row was found when one was required`
pub fn no_row_found() -> Raised {
    Raised::new(&exc::NO_RESULT_FOUND, "No row was found when one was required")
}

/// `merge() with load=False option does not support objects transient ...`
pub fn merge_transient_without_load() -> Raised {
    invalid(
        "merge() with load=False option does not support objects transient (i.e. unpersisted) objects.  flush() all \
         changes on mapped instances before merging with load=False.",
    )
}

/// `merge() with load=False option does not support objects marked as 'dirty'. ...`
pub fn merge_dirty_without_load() -> Raised {
    invalid(
        "merge() with load=False option does not support objects marked as 'dirty'.  flush() all changes on mapped \
         instances before merging with load=False.",
    )
}

/// `Version id '1' on merged state <Pet at 0x...> does not match existing version '2'. ...`
pub fn merge_version(existing: &str, mapped: &Mapped, merged: &str) -> Raised {
    Raised::new(
        &exc::STALE_DATA,
        format!(
            "Version id '{existing}' on merged state {} does not match existing version '{merged}'. Leave the \
             version attribute unset when merging to update the most recent version.",
            state_text(mapped)
        ),
    )
}

/// What an autoflush puts before the message of the error that it met.
pub const AUTOFLUSH_DETAIL: &str = "(raised as a result of Query-invoked autoflush; consider using a \
                                    session.no_autoflush block if this flush is occurring prematurely)";

// Warnings.

pub fn warn_flush_operation(host: &mut dyn Host, operation: &str) -> R<()> {
    host.warn(
        &SA_WARNING,
        &format!(
            "Usage of the '{operation}' operation is not currently supported within the execution stage of the flush \
             process. Results may not be consistent.  Consider using alternative event listeners or connection-level \
             operations instead."
        ),
    )
}

pub fn warn_state_changed_inactive(host: &mut dyn Host) -> R<()> {
    host.warn(
        &SA_WARNING,
        "Session's state has been changed on a non-active transaction - this state will be discarded.",
    )
}

pub fn warn_identity_replaced(host: &mut dyn Host, key: &IdentityKey) -> R<()> {
    let shown = key_text(host, key)?;
    host.warn(
        &SA_WARNING,
        &format!(
            "Identity map already had an identity for {shown}, replacing it with newly flushed object.   Are there \
             load operations occurring inside of an event handler within the flush?"
        ),
    )
}

pub fn warn_merging_pending(host: &mut dyn Host, mapped: &Mapped) -> R<()> {
    host.warn(
        &SA_WARNING,
        &format!(
            "Instance {} is already pending in this Session yet is being merged again; this is probably not what \
             you want to do",
            state_text(mapped)
        ),
    )
}
