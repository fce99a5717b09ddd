//! Values written into the text of a statement.
//!
//! Owns the renderers. Must not know statements.
