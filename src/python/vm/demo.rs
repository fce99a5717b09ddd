//! Runs one file, until the command line does.
//!
//! Owns nothing else.

use std::io::Write;
use std::rc::Rc;

use super::{Mode, NoModules, Output, Vm, render_traceback};
use crate::diag::Source;

struct Standard;

impl Output for Standard {
    fn out(&mut self, text: &str) {
        let _ = std::io::stdout().write_all(text.as_bytes());
    }
    fn err(&mut self, text: &str) {
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}

/// Runs a file as `python FILE` does; the exit code.
pub fn run_file(path: &str) -> i32 {
    let Ok(text) = std::fs::read_to_string(path) else { return 2 };
    let mut vm = Vm::new(Box::new(NoModules), Box::new(Standard));
    let main = vm.new_main();
    let source = Rc::new(Source::new(path, text));
    match vm.run_source(&source, &main.dict, Mode::File) {
        Ok(_) => 0,
        Err(mut raised) => {
            let text = render_traceback(&mut vm, &mut raised, &mut |_, line| {
                Some(source.line_text(line).to_string())
            });
            let _ = std::io::stderr().write_all(text.as_bytes());
            1
        }
    }
}
