//! `retort TARGET db ...`: migrations at the command line.
//!
//! Owns loading what they work on, asking on the terminal, and the exit status. Must not know what a command does.

use std::path::{Path, PathBuf};

use super::args::Options;
use super::{ask, open};
use crate::diag::Error;
use crate::migrate::{self, Command, Context, Verb};
use crate::project::target::Target;
use crate::project::{Project, errors};
use crate::python::value::Raised;
use crate::python::vm::last_line;

/// Where migrations lie beside an app.
const DIRECTORY: &str = "migrations";

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
    let yes = options.yes;
    let mut ask = |question: &str| if yes { Some(true) } else { ask::yes(question) };
    let directory = directory(&what);
    let done = migrate::run(
        &command,
        &mut Context {
            host: &mut project.vm,
            engine,
            metadata,
            directory,
            date: chrono::Utc::now().format("%Y-%m-%d %H:%M UTC").to_string(),
            ask: Some(&mut ask),
        },
    );
    match done {
        Ok(output) => {
            for line in &output.lines {
                super::print(&format!("{line}\n"));
            }
            if !options.quiet {
                super::remark(&output.notes);
            }
            if let Some(path) = &output.edit {
                crate::shell::line::open_editor(path).map_err(|why| errors::unreadable(path, &why))?;
            }
            Ok(u8::from(output.failed))
        }
        Err(raised) => failed(&mut project, raised),
    }
}

/// `migrations` beside the app, named as short as can be.
fn directory(what: &Target) -> PathBuf {
    let root = match what {
        Target::App(app) => app.root.clone(),
        _ => PathBuf::from("."),
    };
    let whole = |path: &Path| path.canonicalize().ok();
    let is_here = std::env::current_dir().ok().and_then(|here| whole(&here)) == whole(&root);
    if is_here { PathBuf::from(DIRECTORY) } else { root.join(DIRECTORY) }
}
