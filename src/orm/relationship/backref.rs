//! Placeholder header; see the module's text below.
