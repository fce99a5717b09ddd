//! Identity maps (a stand-in until the session's own is in place).
//!
//! Owns the calls that instance states make. Must not know SQL.

use crate::python::value::{Gc, Host, Instance, R};

use super::state::InstanceState;

/// The instance goes: it leaves the identity map of its session. Called by the state's `Drop`.
pub fn forget(_state: &InstanceState) {}

/// The first change since the last flush: the session holds the instance from now on.
pub fn became_modified(_host: &mut dyn Host, _instance: &Gc<Instance>) -> R<()> {
    Ok(())
}
