//! The binary: hands its arguments to `cli`.

fn main() {}
