//! What of Python's grammar is refused.
//!
//! Owns the list: each construct with what to write instead. Must not know the tree.

use crate::diag::Error;
use crate::diag::builtin::SYNTAX_ERROR;

/// A construct that Retort does not run.
pub struct Refused {
    pub construct: &'static str,
    pub instead: &'static str,
}

pub static ASYNC_FUNCTION: Refused =
    Refused { construct: "async def", instead: "write def, and call what it awaits directly" };
pub static ASYNC_FOR: Refused =
    Refused { construct: "async for", instead: "write for over a list or a generator" };
pub static ASYNC_WITH: Refused =
    Refused { construct: "async with", instead: "write with and an ordinary context manager" };
pub static ASYNC_COMPREHENSION: Refused =
    Refused { construct: "async comprehensions", instead: "write the comprehension without async" };
pub static AWAIT: Refused = Refused { construct: "await", instead: "call the function directly" };
pub static EXCEPT_STAR: Refused =
    Refused { construct: "except*", instead: "write except, and look into the exceptions of the group" };

/// The whole list, for the page that tells of it.
pub static REFUSED: &[&Refused] =
    &[&ASYNC_FUNCTION, &ASYNC_FOR, &ASYNC_WITH, &ASYNC_COMPREHENSION, &AWAIT, &EXCEPT_STAR];

impl Refused {
    /// `SyntaxError: async def is not supported by Retort`, with what to write instead as a hint.
    pub fn error(&self) -> Error {
        let verb = if self.construct.ends_with("comprehensions") { "are" } else { "is" };
        Error::new(&SYNTAX_ERROR, format!("{} {verb} not supported by Retort", self.construct))
            .hint(self.instead)
    }
}

#[cfg(test)]
mod tests {
    use super::REFUSED;

    #[test]
    fn every_refusal_says_what_to_write_instead() {
        for refused in REFUSED {
            assert!(refused.error().message.contains(refused.construct));
            assert_eq!(refused.error().hints, [refused.instead]);
        }
    }
}
