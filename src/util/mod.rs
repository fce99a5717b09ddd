//! Small, general pieces: a stable topological sort, near names, naming rules.
//!
//! Owns nothing of Retort's subject. Must not know Python, SQL or terminals.

pub mod blocks;
pub mod few;
pub mod interrupt;
pub mod near;
pub mod topological;
