//! How the binary is linked.
//!
//! On Linux at a fixed address: the tables of native types are then right in the file, and a start does not rewrite
//! and copy some three hundred pages of them, which is half of what an empty run costs. Owns nothing else.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is_linux = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux");
    let is_gnu = std::env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|environment| environment == "gnu");
    if is_linux && is_gnu {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
