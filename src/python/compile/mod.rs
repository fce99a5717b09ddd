//! Tree to resolved bytecode.
