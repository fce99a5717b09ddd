//! Formatting: the mini-language of format specs, `str.format` and `%`.
//!
//! Owns the three small languages and how numbers and text are laid out by them. Must not know types' own `__format__`.

mod number;
mod percent;
mod spec;
mod template;

pub use number::{float_format, float_text, group, int_format};
pub use percent::percent;
pub use spec::{Align, Spec, pad, parse, str_format, unknown_code};
pub use template::{field_value, split_template, str_format_map, str_format_method};
