//! The builtin kinds and functions, as rows. Reaches the language through `Host` only.
