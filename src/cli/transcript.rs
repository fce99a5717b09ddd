//! `retort transcript`: replays console sessions in a private copy of their app's folder.
//!
//! Owns the copy, the order of what is said, and `--check` and `--write`. Must not know the format (that is
//! `project::session_text`) or how statements run.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::Ordering;

use super::streams::Collector;
use crate::diag::{Error, Source};
use crate::engine::policy::{self, Policy};
use crate::engine::{EchoRecord, Sink, set_sink};
use crate::project::session_text::{self, Session};
use crate::project::{Project, errors, target};
use crate::python::value::{Host, Raised};
use crate::python::vm::{Mode, last_line};

/// What to do with the answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Print,
    Check,
    Write,
}

/// The echo, where the real thing's handler puts it in a recorded session: between the values.
struct EchoToOutput;

impl Sink for EchoToOutput {
    fn echo(&self, host: &mut dyn Host, record: &EchoRecord<'_>) {
        host.write_out(&record.unstamped());
    }
}

/// Replays files one after another; the number of those that differ under `--check`.
pub fn run(files: &[PathBuf], app: Option<&Path>, action: Action) -> Result<usize, Error> {
    let mut differing = 0;
    for file in files {
        let bytes = std::fs::read(file).map_err(|why| errors::unreadable(file, &why))?;
        let text = String::from_utf8(bytes).map_err(|why| {
            let line =
                why.as_bytes()[..why.utf8_error().valid_up_to()].iter().filter(|&&b| b == b'\n').count();
            errors::not_utf8(&file.display().to_string(), line + 1)
        })?;
        let answered = replay(file, &text, app)?;
        match action {
            Action::Print => super::print(&answered),
            Action::Write => {
                std::fs::write(file, &answered).map_err(|why| errors::unreadable(file, &why))?;
            }
            Action::Check => {
                if answered.trim_end() != session_text::normalise(&text).trim_end() {
                    differing += 1;
                    super::print(&report(file, &text, &answered));
                }
            }
        }
    }
    Ok(differing)
}

/// The folder of the nearest app.py beside or above a session.
fn app_folder(file: &Path) -> Result<PathBuf, Error> {
    let whole = file.canonicalize().map_err(|why| errors::unreadable(file, &why))?;
    let found = whole.ancestors().skip(1).find(|folder| folder.join("app.py").is_file());
    found.map(Path::to_path_buf).ok_or_else(|| errors::no_app_beside(file))
}

/// Plays one session and returns it with its answers.
pub fn replay(file: &Path, text: &str, app: Option<&Path>) -> Result<String, Error> {
    let folder = match app {
        Some(app) if app.is_file() => app.parent().unwrap_or(Path::new(".")).to_path_buf(),
        Some(app) => app.to_path_buf(),
        None => app_folder(file)?,
    };
    let private =
        tempfile::tempdir().map_err(|why| errors::unreadable(Path::new("temporary folder"), &why))?;
    let private_path = private.path().canonicalize().unwrap_or_else(|_| private.path().to_path_buf());
    let home = private_path.join("app");
    copy_app(&folder, &home).map_err(|why| errors::unreadable(&folder, &why))?;
    let before = std::env::current_dir();
    let _ = std::env::set_current_dir(&home);
    let answered = play(&home, text);
    if let Ok(before) = before {
        let _ = std::env::set_current_dir(before);
    }
    answered
}

/// Copies an app without its sessions, caches and databases.
fn copy_app(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        let is_left_out = matches!(&*text, "__pycache__" | "instance" | "node_modules" | "venv" | "env")
            || text.starts_with('.')
            || text.ends_with(".pycon");
        // The private folder itself may lie below the app's.
        if is_left_out || to.starts_with(entry.path().canonicalize().unwrap_or_else(|_| entry.path())) {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type()?.is_dir() {
            copy_app(&entry.path(), &target)?;
        } else if entry.file_type()?.is_file() && !is_filled_database(&entry.path()) {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

fn is_filled_database(path: &Path) -> bool {
    path.metadata().is_ok_and(|about| about.len() > 0) && target::is_database(path)
}

fn play(home: &Path, text: &str) -> Result<String, Error> {
    let session = Session::parse(text);
    let said = Collector::default();
    // No database of the user is touched: whatever the app asks for lies in the private folder.
    let redirect = Some(home.to_path_buf());
    policy::set(Policy { redirect, stand_in: true, ..Policy::default() });
    set_sink(Rc::new(EchoToOutput));
    let app = target::app_ref("app.py", home)?;
    let loaded = Project::load(&app, Box::new(said.clone()));
    let mut out = String::new();
    for line in &session.header {
        out.push_str(line);
        out.push('\n');
    }
    let mut project = loaded.map_err(|mut failed| {
        let line = last_line(&mut failed.vm, &mut failed.raised);
        errors::app_failed(&line)
    })?;
    said.take();
    for statement in &session.statements {
        out.push_str(&session_text::prompted(&statement.source));
        if !session_text::says_nothing(&statement.source) {
            let left = run_statement(&mut project, &statement.source);
            if let Err(mut raised) = left {
                if raised.is_a(&crate::diag::builtin::SYSTEM_EXIT) {
                    break;
                }
                let line = last_line(&mut project.vm, &mut raised);
                said.0
                    .borrow_mut()
                    .push_str(&format!("Traceback (most recent call last):\n    ...\n{line}\n"));
            }
        }
        let answer = session_text::normalise(&said.take());
        if !answer.is_empty() {
            out.push_str(&answer);
            out.push('\n');
        }
    }
    Ok(out)
}

fn run_statement(project: &mut Project, source: &str) -> Result<(), Raised> {
    project.vm.interrupt_flag().store(false, Ordering::Relaxed);
    let source = Rc::new(Source::new("<console>", format!("{source}\n")));
    let names = project.names.clone();
    project.vm.run_source(&source, &names, Mode::Single).map(|_| ())
}

/// What `--check` says of a session that differs: the first statement whose answer is another.
fn report(file: &Path, wanted: &str, answered: &str) -> String {
    let wanted = Session::parse(&session_text::normalise(wanted));
    let got = Session::parse(answered);
    let first = wanted.statements.iter().enumerate().find(|(index, statement)| {
        got.statements.get(*index).is_none_or(|other| other.answer != statement.answer)
    });
    let Some((index, statement)) = first else { return format!("{}: differs\n", file.display()) };
    let answer = got.statements.get(index).map_or("(nothing)", |other| &other.answer);
    let indent = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    format!(
        "{}: differs at\n{}  expected\n{}  got\n{}",
        file.display(),
        session_text::prompted(&statement.source),
        indent(&statement.answer),
        indent(answer)
    )
}
