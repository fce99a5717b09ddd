//! Functions of SQL that are known by name: their result types and spelling.
//!
//! Owns the table. Any other name is a function whose type nobody knows. Must not know the compiler.

use super::types::{self, Type};

/// How a known function's type comes about.
#[derive(Clone, Copy)]
pub enum ResultType {
    Fixed(fn() -> Type),
    /// The type of its first argument.
    FirstArgument,
    /// The type of its first argument that has one.
    AnyArgument,
    /// The type of what an ordered set function is ordered by.
    WithinGroup,
    Null,
}

/// A row of the table.
pub struct KnownFunction {
    pub name: &'static str,
    pub result: ResultType,
    /// Written without parentheses and in upper case: `CURRENT_DATE`.
    pub ansi: bool,
}

const fn fixed(name: &'static str, ty: fn() -> Type) -> KnownFunction {
    KnownFunction { name, result: ResultType::Fixed(ty), ansi: false }
}
const fn ansi(name: &'static str, ty: fn() -> Type) -> KnownFunction {
    KnownFunction { name, result: ResultType::Fixed(ty), ansi: true }
}
const fn by(name: &'static str, result: ResultType) -> KnownFunction {
    KnownFunction { name, result, ansi: false }
}

static KNOWN: &[KnownFunction] = &[
    by("coalesce", ResultType::AnyArgument),
    by("max", ResultType::FirstArgument),
    by("min", ResultType::FirstArgument),
    by("sum", ResultType::FirstArgument),
    by("pow", ResultType::FirstArgument),
    fixed("now", types::date_time),
    fixed("concat", types::string),
    fixed("char_length", types::integer),
    fixed("count", types::integer),
    fixed("random", types::null_type),
    fixed("sysdate", types::date_time),
    ansi("current_date", types::date),
    ansi("current_time", types::time),
    ansi("current_timestamp", types::date_time),
    ansi("current_user", types::string),
    ansi("localtime", types::date_time),
    ansi("localtimestamp", types::date_time),
    ansi("session_user", types::string),
    ansi("user", types::string),
    fixed("rank", types::integer),
    fixed("dense_rank", types::integer),
    fixed("percent_rank", types::numeric),
    fixed("cume_dist", types::numeric),
    fixed("aggregate_strings", types::string),
    by("mode", ResultType::WithinGroup),
    by("percentile_cont", ResultType::WithinGroup),
    by("percentile_disc", ResultType::WithinGroup),
    by("cube", ResultType::Null),
    by("rollup", ResultType::Null),
    by("grouping_sets", ResultType::Null),
    fixed("any_", types::boolean),
    fixed("all_", types::boolean),
    fixed("some", types::boolean),
];

/// The row of a name, in whatever case it was written.
pub fn known(name: &str) -> Option<&'static KnownFunction> {
    KNOWN.iter().find(|row| row.name.eq_ignore_ascii_case(name))
}
