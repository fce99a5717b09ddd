//! The session at the prompt.
//!
//! Owns the commands, the completion, and `Shell`, which takes what was typed and answers. `line` alone knows the
//! terminal. Must not know the command line's arguments.

pub mod catalog;
pub mod complete;
