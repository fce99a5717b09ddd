//! Finding an app, its configuration, running its files.
//!
//! Owns the way from a word on the command line to a loaded app with its names in scope, the importer of an app's
//! own modules, and console sessions as text. Must not know terminals, colours or commands.

pub mod app;
pub mod database;
pub mod environment;
pub mod errors;
pub mod importer;
pub mod lessons;
pub mod reflect;
pub mod schema;
pub mod session_text;
pub mod target;

pub use app::{Failed, Project};
