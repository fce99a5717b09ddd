//! The binary: hands its arguments to `cli`.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: retort::util::blocks::Blocks = retort::util::blocks::Blocks;

fn main() -> ExitCode {
    ExitCode::from(retort::cli::main())
}
