//! Values and events into labelled text. Never reads.
