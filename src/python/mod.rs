//! The language: values, syntax, bytecode, builtins, machine.
//!
//! Owns everything that Python defines. Must not know SQL, mapping, files of a project or terminals.

pub mod value;

pub mod syntax;

pub mod compile;

pub mod builtins;

pub mod vm;
