//! The session at the prompt.
//!
//! Owns the commands, the completion, and `Shell`, which takes what was typed and answers. `line` alone knows the
//! terminal. Must not know the command line's arguments.

pub mod catalog;
pub mod commands;
pub mod complete;
pub mod config;
pub mod cure;
pub mod hints;
pub mod keys;
pub mod line;
pub mod pager;
pub mod paste;
pub mod preview;
pub mod progress;
pub mod reload;
pub mod screen;
pub mod session;
pub mod start;
pub mod state;
pub mod watch;

pub use screen::Screen;
pub use session::{Output, Shell};
