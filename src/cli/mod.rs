//! Arguments into what to do; exit codes.
