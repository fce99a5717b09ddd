//! Every integration test of Retort, as one binary.
//!
//! Owns the list of test modules; `tidy` checks that no file in this folder is left out of it.

mod command_line;
mod databases;
mod fuzz;
mod guide;
mod harness;
mod injection;
mod kill;
mod lessons;
mod migrations;
mod n_plus_one;
mod schema;
mod sessions;
mod terminal;
mod tidy;
