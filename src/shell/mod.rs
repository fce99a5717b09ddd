//! The session: text in, output out. Never colours.
