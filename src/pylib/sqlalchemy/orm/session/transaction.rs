//! `SessionTransaction` as an object.
//!
//! Owns its methods and what leaving a `with` block does. Must not know connections.

use std::rc::Rc;

use super::object::session_value;
use crate::orm::session::{Session, SessionTransaction, TransactionState};
use crate::python::value::{
    Getter, Host, Instance, Native, NativeType, ParamDefault, R, Row, Slots, Value, param,
};

struct TransactionData {
    transaction: Rc<SessionTransaction>,
    session: Rc<Session>,
}

impl Native for TransactionData {}

impl Drop for TransactionData {
    fn drop(&mut self) {
        self.transaction.set_object(None);
    }
}

/// The object of a transaction, one while anybody holds it.
pub fn transaction_value(session: &Rc<Session>, transaction: &Rc<SessionTransaction>) -> Value {
    if let Some(object) = transaction.object() {
        return Value::Instance(object);
    }
    let data = TransactionData { transaction: transaction.clone(), session: session.clone() };
    let object = Instance::native(&SESSION_TRANSACTION, data);
    transaction.set_object(Some(&object));
    Value::Instance(object)
}

fn data(value: &Value) -> &TransactionData {
    value.payload::<TransactionData>().expect("methods of a transaction are called with transactions")
}

const fn getter(name: &'static str, doc: &'static str, get: fn(&mut dyn Host, &Value) -> R<Value>) -> Getter {
    Getter { name, doc, get, set: None }
}

pub static SESSION_TRANSACTION: NativeType = NativeType {
    doc: "A transaction or savepoint of a session.",
    methods: &[
        Row::method(
            "commit",
            &[param::opt("_to_root", ParamDefault::Bool(false))],
            "Commits.",
            "",
            |host, args| {
                let to_root = host.truth(&args[1])?;
                data(&args[0]).transaction.commit(host, to_root)?;
                Ok(Value::None)
            },
        ),
        Row::method("rollback", &[], "Rolls back.", "", |host, args| {
            data(&args[0]).transaction.rollback(host, None, false)?;
            Ok(Value::None)
        }),
        Row::method("close", &[], "Ends it; what is not committed is rolled back.", "", |host, args| {
            data(&args[0]).transaction.close(host)?;
            Ok(Value::None)
        }),
    ],
    getters: &[
        getter("is_active", "Whether it goes on.", |_, value| {
            Ok(Value::Bool(data(value).transaction.is_active()))
        }),
        getter("nested", "Whether it is a savepoint.", |_, value| {
            Ok(Value::Bool(data(value).transaction.is_nested()))
        }),
        getter("session", "The session.", |_, value| Ok(session_value(&data(value).session))),
        getter("parent", "The transaction around, or None.", |_, value| {
            let data = data(value);
            let parent = data.transaction.parent();
            Ok(parent.map_or(Value::None, |parent| transaction_value(&data.session, &parent)))
        }),
    ],
    slots: Slots {
        enter: Some(|_, value| Ok(value.clone())),
        exit: Some(exit),
        hash: Some(|_, value| Ok(value.id() as i64 >> 4)),
        ..Slots::NONE
    },
    ..NativeType::plain("SessionTransaction", "sqlalchemy.orm.session")
};

/// A block that ends well commits; one that raises, or whose commit fails, rolls back.
fn exit(host: &mut dyn Host, value: &Value, raised: Option<&Value>) -> R<bool> {
    let transaction = data(value).transaction.clone();
    let can_end = |transaction: &SessionTransaction| {
        !matches!(transaction.state(), TransactionState::Closed | TransactionState::Committed)
    };
    if raised.is_none() && transaction.is_active() {
        if let Err(failed) = transaction.commit(host, false) {
            if can_end(&transaction) {
                transaction.rollback(host, None, false)?;
            }
            return Err(failed);
        }
    } else if !transaction.is_active() {
        if transaction.state() != TransactionState::Closed {
            transaction.close(host)?;
        }
    } else if can_end(&transaction) {
        transaction.rollback(host, None, false)?;
    }
    Ok(false)
}
