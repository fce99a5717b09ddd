//! Retort: a Flask-SQLAlchemy shell without Python. The crate's map, from the ground up; each layer imports only
//! what stands above it.

pub mod util;

pub mod diag;

pub mod python;

pub mod sql;

pub mod engine;

pub mod orm;

pub mod pylib;

pub mod project;

pub mod migrate;

pub mod ui;

pub mod shell;

pub mod cli;
