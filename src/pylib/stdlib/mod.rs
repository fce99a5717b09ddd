//! The standard library: one file a module, or a folder where it is large.
//!
//! Owns the list of its modules. What is not worth Rust is written in the language, in `pylib/prelude`.
//! Must not know columns, models or projects.

pub mod datetime;
pub mod decimal;
mod gc;
mod hashlib;
pub mod json;
mod math;
mod operator;
mod random;
mod re;
mod special;
pub mod system;
pub mod time;
mod unicodedata;
pub mod uuid;
pub mod written;

use crate::python::value::{Known, NativeModule};

pub static MODULES: &[&NativeModule] = &[
    &datetime::MODULE,
    &decimal::MODULE,
    &gc::MODULE,
    &hashlib::MODULE,
    &json::MODULE,
    &math::MODULE,
    &random::MODULE,
    &re::MODULE,
    &time::MODULE,
    &unicodedata::MODULE,
    &uuid::MODULE,
];

/// Tells the lower layers where the types stand that columns convert to; once a thread, before anything runs.
pub fn register() {
    Known::Date.register(&datetime::DATE);
    Known::Time.register(&datetime::TIME);
    Known::DateTime.register(&datetime::DATETIME);
    Known::Timedelta.register(&datetime::TIMEDELTA);
    Known::Decimal.register(&decimal::DECIMAL);
    Known::Uuid.register(&uuid::UUID);
}
