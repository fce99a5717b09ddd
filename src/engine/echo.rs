//! How the echo and error messages write statements and parameters down.
//!
//! Owns SQLAlchemy's spelling: the note in brackets, parameters with their cuts. Must not know where it goes.

use std::fmt::Write as _;

use super::driver::SqlText;
use crate::python::value::{Dict, Gc, Host, R, Str, Value};

/// Parameters of a statement, in the form in which they are to be shown.
#[derive(Clone, Copy)]
pub enum Params<'a> {
    /// One set, by position.
    One(&'a [Value]),
    /// One set for each execution.
    Many(&'a [Vec<Value>]),
    /// As they were given, before they were put in their places.
    Given(&'a [Vec<(Str, Value)>]),
}

impl Params<'_> {
    /// As a value of the language: a tuple, or a list of tuples or dictionaries.
    pub fn value(&self) -> Value {
        match self {
            Params::One(values) => Value::tuple(values.to_vec()),
            Params::Many(sets) => Value::list(sets.iter().map(|set| Value::tuple(set.clone())).collect()),
            Params::Given(sets) => {
                let dictionary = |set: &Vec<(Str, Value)>| {
                    let dict = Dict::new();
                    for (key, value) in set {
                        dict.set_str(key, value.clone());
                    }
                    Value::Dict(Gc::new(dict))
                };
                Value::list(sets.iter().map(dictionary).collect())
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Params::One(values) => values.is_empty(),
            Params::Many(sets) => sets.is_empty(),
            Params::Given(sets) => sets.is_empty(),
        }
    }
}

/// Where the compiled statement came from, which the echo tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CacheNote {
    /// Never compiled: text as given to `exec_driver_sql`.
    Raw,
    /// Compiled just now and kept.
    Generated,
    /// Compiled before.
    Cached,
    /// Compiled just now; cannot be kept.
    NoKey,
    /// Kept by nobody.
    Disabled,
}

/// One statement of an INSERT that was taken apart.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// From 1.
    pub number: usize,
    pub total: usize,
    /// Whether the rows come back in the order of the parameters.
    pub sorted: bool,
    /// One row a statement, since the dialect cannot tell which is which otherwise.
    pub downgraded: bool,
}

impl CacheNote {
    pub fn text(self, sql: &SqlText, batch: Option<Batch>) -> String {
        let seconds = sql.made().elapsed().as_secs_f64();
        let mut text = match self {
            CacheNote::Raw => "raw sql".to_string(),
            CacheNote::Generated => format!("generated in {seconds:.5}s"),
            CacheNote::Cached => format!("cached since {}s ago", significant(seconds)),
            CacheNote::NoKey => format!("no key {seconds:.5}s"),
            CacheNote::Disabled => format!("caching disabled {seconds:.5}s"),
        };
        if let Some(batch) = batch {
            if batch.number == 1 {
                text.push_str(" (insertmanyvalues)");
            } else {
                text = "insertmanyvalues".to_string();
            }
            let order = if batch.sorted { "ordered" } else { "unordered" };
            let note = if batch.downgraded { "; batch not supported" } else { "" };
            let _ = write!(text, " {}/{} ({order}{note})", batch.number, batch.total);
        }
        text
    }
}

/// Four significant digits, as `%.4g` writes them.
fn significant(number: f64) -> String {
    if number == 0.0 {
        return "0".into();
    }
    let exponent = number.abs().log10().floor() as i32;
    if !(-4..4).contains(&exponent) {
        let mantissa = number / 10f64.powi(exponent);
        let digits = trimmed(format!("{mantissa:.3}"));
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    trimmed(format!("{number:.*}", (3 - exponent).max(0) as usize))
}

fn trimmed(digits: String) -> String {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.').to_string() } else { digits }
}

const MOST_CHARACTERS: usize = 300;
const MOST_PARAMETERS: usize = 100;
const MOST_SETS: usize = 10;

/// A statement of an INSERT that was taken apart is cut in the middle.
pub fn long_statement(text: &str) -> String {
    let count = text.chars().count();
    if count <= 500 {
        return text.to_string();
    }
    let left: String = text.chars().take(250).collect();
    let right: String = text.chars().skip(count - 100).collect();
    format!("{left} ... {} characters truncated ... {right}", count - 350)
}

/// Parameters as the echo and errors show them.
pub fn repr_params(host: &mut dyn Host, params: Params<'_>) -> R<String> {
    match params {
        Params::One(values) => repr_tuple(host, values),
        Params::Many(sets) if sets.len() > MOST_SETS => {
            let first = repr_sets(host, &sets[..MOST_SETS - 2])?;
            let last = repr_sets(host, &sets[sets.len() - 2..])?;
            Ok(format!(
                "[{first}  ... displaying {MOST_SETS} of {} total bound parameter sets ...  {last}]",
                sets.len()
            ))
        }
        Params::Many(sets) => Ok(format!("[{}]", repr_sets(host, sets)?)),
        Params::Given(sets) => {
            let mut parts = Vec::with_capacity(sets.len());
            for set in sets {
                let mut text = String::from("{");
                for (index, (key, value)) in set.iter().enumerate() {
                    let key = host.repr(&Value::Str(key.clone()))?;
                    let value = host.repr(value)?;
                    let comma = if index == 0 { "" } else { ", " };
                    let _ = write!(text, "{comma}{}: {}", key.as_str(), value.as_str());
                }
                text.push('}');
                parts.push(cut(&text));
            }
            Ok(format!("[{}]", shorten(parts).join(", ")))
        }
    }
}

fn repr_sets(host: &mut dyn Host, sets: &[Vec<Value>]) -> R<String> {
    let mut parts = Vec::with_capacity(sets.len());
    for set in sets {
        parts.push(repr_tuple(host, set)?);
    }
    Ok(parts.join(", "))
}

fn repr_tuple(host: &mut dyn Host, values: &[Value]) -> R<String> {
    let mut out = String::from("(");
    let half = MOST_PARAMETERS / 2;
    let long = values.len() > MOST_PARAMETERS;
    for (index, value) in values.iter().enumerate() {
        if long && index == half {
            let _ = write!(out, " ... {} parameters truncated ... ", values.len() - MOST_PARAMETERS);
        }
        if long && (half..values.len() - half).contains(&index) {
            continue;
        }
        if index > 0 && !(long && index == values.len() - half) {
            out.push_str(", ");
        }
        let text = host.repr(value)?;
        out.push_str(&cut(text.as_str()));
    }
    out.push_str(if values.len() == 1 { ",)" } else { ")" });
    Ok(out)
}

fn shorten(parts: Vec<String>) -> Vec<String> {
    if parts.len() <= MOST_PARAMETERS {
        return parts;
    }
    let half = MOST_PARAMETERS / 2;
    let cut = parts.len() - MOST_PARAMETERS;
    let mut kept: Vec<String> = parts[..half - 1].to_vec();
    let last = parts.len() - half;
    kept.push(format!("{} ... {cut} parameters truncated ... {}", parts[half - 1], parts[last]));
    kept.extend_from_slice(&parts[last + 1..]);
    kept
}

/// One value's text, cut in the middle where it is long.
fn cut(text: &str) -> String {
    if text.len() <= MOST_CHARACTERS {
        return text.to_string();
    }
    let count = text.chars().count();
    if count <= MOST_CHARACTERS {
        return text.to_string();
    }
    let half = MOST_CHARACTERS / 2;
    let left: String = text.chars().take(half).collect();
    let right: String = text.chars().skip(count - half).collect();
    format!("{left} ... ({} characters truncated) ... {right}", count - MOST_CHARACTERS)
}

#[cfg(test)]
mod tests {
    use super::significant;

    #[test]
    fn seconds_are_written_with_four_digits() {
        assert_eq!(significant(0.001008), "0.001008");
        assert_eq!(significant(12.3456), "12.35");
        assert_eq!(significant(0.00004406), "4.406e-05");
        assert_eq!(significant(123456.0), "1.235e+05");
    }
}
