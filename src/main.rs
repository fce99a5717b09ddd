//! The binary: hands its arguments to `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(retort::cli::main())
}
