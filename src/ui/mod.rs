//! Screens: values and events as labelled text.
//!
//! Owns tables, error screens, cards, the banner, footers and the colouring of source text. Reads nothing itself: it
//! is handed plain data. Must not know the interpreter, sessions or the terminal; `style` alone knows colours.

pub mod banner;
pub mod card;
pub mod diagram;
pub mod error;
pub mod footer;
pub mod highlight;
pub mod style;
pub mod table;
pub mod text;
