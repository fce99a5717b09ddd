//! The mapper, relationships, state, session, flush, query and loading. Never names the machine.
