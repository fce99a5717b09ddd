//! `unicodedata`: names and normal forms.
//!
//! Owns its functions. Must not know strings' methods.

use unicode_normalization::UnicodeNormalization;

use crate::python::builtins::convert::text_arg;
use crate::python::builtins::{errors, key_error_of};
use crate::python::value::param::{pos, pos_opt};
use crate::python::value::{NativeModule, ParamDefault, Row, Value};

pub static MODULE: NativeModule = NativeModule {
    functions: &[
        Row::function(
            "normalize",
            &[pos("form"), pos("unistr")],
            "Return the normal form for the Unicode string.",
            "unicodedata.normalize('NFKD', 'é').encode('ascii', 'ignore')",
            |host, args| {
                let form = text_arg(host, &args[0], "normalize() argument 1")?;
                let text = text_arg(host, &args[1], "normalize() argument 2")?;
                Ok(Value::from(match form.as_str() {
                    "NFC" => text.nfc().collect::<String>(),
                    "NFD" => text.nfd().collect(),
                    "NFKC" => text.nfkc().collect(),
                    "NFKD" => text.nfkd().collect(),
                    _ => return Err(errors::value_error("invalid normalization form")),
                }))
            },
        ),
        Row::function(
            "name",
            &[pos("chr"), pos_opt("default", ParamDefault::Omitted(""))],
            "Returns the name assigned to the character.",
            "unicodedata.name('a')",
            |host, args| {
                let text = text_arg(host, &args[0], "name() argument 1")?;
                let name = text.chars().next().and_then(unicode_names2::name);
                match name {
                    Some(name) => Ok(Value::from(name.to_string())),
                    None if !args[1].is_unset() => Ok(args[1].clone()),
                    None => Err(errors::value_error("no such name")),
                }
            },
        ),
        Row::function(
            "lookup",
            &[pos("name")],
            "Look up character by name.",
            "unicodedata.lookup('LATIN SMALL LETTER A')",
            |host, args| {
                let name = text_arg(host, &args[0], "lookup() argument")?;
                match unicode_names2::character(name) {
                    Some(c) => Ok(Value::from(c.to_string())),
                    None => {
                        let text = Value::from(format!("undefined character name '{name}'"));
                        Err(key_error_of(host, &text))
                    }
                }
            },
        ),
        Row::function(
            "combining",
            &[pos("chr")],
            "Returns the canonical combining class assigned to the character.",
            "unicodedata.combining('a')",
            |host, args| {
                let text = text_arg(host, &args[0], "combining() argument")?;
                let class =
                    text.chars().next().map_or(0, unicode_normalization::char::canonical_combining_class);
                Ok(Value::Int(class.into()))
            },
        ),
    ],
    ..NativeModule::new("unicodedata", "Unicode database.")
};
