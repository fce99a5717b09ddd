//! How a type shows itself: `String(length=80)`.
//!
//! Owns the texts. Must not know columns.
