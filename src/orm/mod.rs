//! The object-relational mapper: classes to tables, instances to rows.
//!
//! Owns mapping, instance states, attribute events, the session, the flush, queries and loading, one file a concern.
//! Calls the language through `Host` only. Must not know the machine, connections' insides or terminals.

pub mod attribute;
pub mod backref_events;
pub mod cascade;
pub mod collection;
pub mod configure;
pub mod errors;
pub mod events;
pub mod faces;
pub mod flush;
pub mod history;
pub mod identity;
pub mod identity_key;
pub mod instrument;
pub mod load;
pub mod mapper;
pub mod mapper_entity;
pub mod mapping;
pub mod property;
pub mod query;
pub mod registry;
pub mod relationship;
pub mod session;
pub mod state;
