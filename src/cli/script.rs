//! Scripts: piped, given with `-c`, or run from a file.
//!
//! Owns reading the text, what an uncaught exception does to the exit status, and `--keep-going`.
//! Must not know how statements run.

use std::io::Read;
use std::rc::Rc;

use crate::diag::{Error, Source, builtin};
use crate::project::session_text::Session;
use crate::project::{Project, errors};
use crate::python::syntax;
use crate::python::value::{Raised, RaisedKind, Value};
use crate::python::vm::{Mode, render_traceback};

/// The whole of standard input as text.
pub fn read_stdin() -> Result<String, Error> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|why| errors::unreadable(std::path::Path::new("standard input"), &why))?;
    decode(bytes, "standard input")
}

/// UTF-8 text, with or without a byte order mark.
pub fn decode(bytes: Vec<u8>, name: &str) -> Result<String, Error> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text)),
        Err(why) => {
            let line =
                why.as_bytes()[..why.utf8_error().valid_up_to()].iter().filter(|&&b| b == b'\n').count();
            Err(errors::not_utf8(name, line + 1))
        }
    }
}

/// How a script is run.
#[derive(Clone, Copy)]
pub struct Manner {
    pub mode: Mode,
    pub keep_going: bool,
}

/// Runs a script over a project and returns the exit status.
///
/// The text is parsed whole first, so that a syntax error changes nothing.
pub fn run(project: &mut Project, name: &str, text: &str, manner: Manner) -> u8 {
    let (pieces, name) = if Session::looks_like_one(text) {
        let statements = Session::parse(text).statements;
        (statements.into_iter().map(|statement| statement.source + "\n").collect(), "<console>")
    } else if manner.keep_going {
        match split(text) {
            Ok(pieces) => (pieces, name),
            Err(_) => (vec![text.to_string()], name),
        }
    } else {
        (vec![text.to_string()], name)
    };
    let mut status = 0;
    for piece in pieces {
        let source = Rc::new(Source::new(name, piece));
        let names = project.names.clone();
        if let Err(raised) = project.vm.run_source(&source, &names, manner.mode) {
            match settle(project, raised) {
                Left::Exit(code) => return code,
                Left::Failed(code) if manner.keep_going && code == 1 => status = 1,
                Left::Failed(code) => return code,
            }
        }
    }
    status
}

/// The statements of a text, each padded with line breaks so that its lines keep their numbers.
fn split(text: &str) -> Result<Vec<String>, Error> {
    let parsed = syntax::parse(text).map_err(|fault| Error::new(fault.class, fault.message))?;
    let pieces = parsed.syntax().body.iter().map(|statement| {
        let (start, end) = syntax::statement_range(statement);
        let lines = text[..start].matches('\n').count();
        format!("{}{}\n", "\n".repeat(lines), &text[start..end])
    });
    Ok(pieces.collect())
}

enum Left {
    /// `exit()` or SystemExit.
    Exit(u8),
    Failed(u8),
}

/// Shows an uncaught exception as CPython does and says how the process ends.
fn settle(project: &mut Project, mut raised: Raised) -> Left {
    use crate::python::value::Host;
    if raised.is_a(&builtin::SYSTEM_EXIT) {
        let value = project.vm.exception_value(&mut raised);
        let code = project.vm.find_attr(&value, &crate::python::value::intern("code"));
        return Left::Exit(match code {
            Ok(Some(Value::Int(code))) => (code & 0xff) as u8,
            Ok(None | Some(Value::None)) => 0,
            Ok(Some(other)) => {
                if let Ok(text) = project.vm.str(&other) {
                    project.vm.write_err(&format!("{text}\n"));
                }
                1
            }
            Err(_) => 1,
        });
    }
    let interrupted = raised.is_a(&builtin::KEYBOARD_INTERRUPT);
    let traceback = render_traceback(&mut project.vm, &mut raised, &mut file_line);
    project.vm.write_err(&traceback);
    for hint in hints(&raised) {
        project.vm.write_err(&format!("Hint: {hint}\n"));
    }
    Left::Failed(if interrupted { 130 } else { 1 })
}

/// A line of a file that a traceback names.
pub fn file_line(file: &str, line: u32) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    text.lines().nth(line as usize - 1).map(str::to_string)
}

/// The hints that an exception carries.
pub fn hints(raised: &Raised) -> Vec<String> {
    match &*raised.0 {
        RaisedKind::Error { error, .. } => error.hints.clone(),
        RaisedKind::Exception { value, .. } => value
            .payload::<crate::python::value::ExceptionData>()
            .and_then(|data| data.diagnosis.borrow().as_ref().map(|error| error.hints.clone()))
            .unwrap_or_default(),
    }
}
