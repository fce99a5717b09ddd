//! The binary: hands its arguments to `cli`.

fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    std::process::exit(retort::python::vm::demo::run_file(&path));
}
