//! `retort TARGET db ...`: migrations at the command line.
//!
//! Owns loading what they work on, asking on the terminal, and the exit status. Must not know what a command does.

use std::any::Any;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::Options;
use super::{ask, open};
use crate::diag::Error;
use crate::migrate::{self, Audience, Command, Context, Verb};
use crate::project::target::Target;
use crate::project::{Project, errors};
use crate::python::value::Raised;
use crate::python::vm::last_line;

pub fn run(
    what: impl FnOnce() -> Result<Target, Error>,
    arguments: &[String],
    options: &Options,
) -> Result<u8, Error> {
    let command = Command::parse(arguments)?;
    if matches!(command.verb, Verb::Help) {
        super::print(&format!("{}\n", migrate::USAGE));
        return Ok(0);
    }
    let what = what()?;
    if matches!(what, Target::Lesson(_)) {
        return Err(errors::no_app_in(&std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."))));
    }
    let streams = Box::new(super::streams::Streams::new(false));
    let (opened, remarks) = open::target(&what, options, streams)?;
    let mut project = match opened {
        Ok(project) => project,
        Err(status) => return Ok(status),
    };
    if matches!(what, Target::App(_)) && !options.quiet {
        super::remark(&remarks);
    }
    let failed = |project: &mut Project, mut raised: Raised| {
        let error = match raised.error() {
            Some(error) => error.clone(),
            None => Error::new(&errors::NO_APP, last_line(&mut project.vm, &mut raised)),
        };
        super::complain(&error);
        Ok(1)
    };
    let parts = project.engine().and_then(|engine| Ok((engine, project.metadata()?)));
    let (engine, metadata) = match parts {
        Ok((Some(engine), metadata)) => (engine, metadata),
        Ok((None, _)) => return Err(errors::no_database()),
        Err(raised) => return failed(&mut project, raised),
    };
    let metadata = metadata.filter(|_| matches!(what, Target::App(_)));
    let mut audience = Terminal { yes: options.yes, quiet: options.quiet };
    let directory = directory(&what);
    let done = migrate::run(
        &command,
        &mut Context {
            host: &mut project.vm,
            engine,
            metadata,
            directory,
            date: chrono::Utc::now().format("%Y-%m-%d %H:%M UTC").to_string(),
            audience: &mut audience,
        },
    );
    match done {
        Ok(outcome) => {
            if let Some(path) = &outcome.edit {
                crate::shell::line::open_editor(path).map_err(|why| errors::unreadable(path, &why))?;
            }
            Ok(u8::from(outcome.failed))
        }
        Err(raised) => failed(&mut project, raised),
    }
}

/// Answers to standard output, remarks, questions and progress on the terminal.
struct Terminal {
    yes: bool,
    quiet: bool,
}

impl Audience for Terminal {
    fn line(&mut self, text: &str) {
        super::print(&format!("{text}\n"));
    }

    fn note(&mut self, text: &str) {
        if !self.quiet {
            super::remark(&[text.to_string()]);
        }
    }

    fn yes(&mut self, question: &str) -> Option<bool> {
        if self.yes { Some(true) } else { ask::yes(question) }
    }

    fn value(&mut self, question: &str) -> Option<String> {
        ask::line(question)
    }

    fn is_watching(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    fn progress(&mut self, what: &str, rows: u64, done: Arc<AtomicU64>) -> Option<Box<dyn Any>> {
        Some(Box::new(Bar::new(what, rows, done)))
    }
}

/// A progress bar that another thread draws, since the one that works is inside SQLite.
struct Bar {
    bar: ProgressBar,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    fn new(what: &str, rows: u64, done: Arc<AtomicU64>) -> Bar {
        let bar = ProgressBar::new(rows);
        let style =
            ProgressStyle::with_template("{msg} [{bar:30}] {human_pos} of {human_len} rows, {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what.to_string());
        let over = Arc::new(AtomicBool::new(false));
        let (shown, ends) = (bar.clone(), over.clone());
        let thread = std::thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                shown.set_position(done.load(Ordering::Relaxed).min(rows));
                std::thread::park_timeout(Duration::from_millis(80));
            }
        });
        Bar { bar, over, thread: Some(thread) }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A thread that draws has nothing to say about how it ended.
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}

/// `migrations` beside the app.
fn directory(what: &Target) -> PathBuf {
    match what {
        Target::App(app) => migrate::directory_beside(&app.root),
        _ => migrate::directory_beside(Path::new(".")),
    }
}

/// What stands above the first prompt where models and database differ.
pub fn remark(project: &mut Project, what: &Target) -> Option<String> {
    let Target::App(_) = what else { return None };
    let engine = project.engine().ok()??;
    let metadata = project.metadata().ok()??;
    migrate::at_start(&mut project.vm, &engine, &metadata, &directory(what))
}
