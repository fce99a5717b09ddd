//! Opening a target: an app, a database file, a URI, a lesson.
//!
//! Owns what each kind of target becomes: a loaded project with a database behind it. Must not know scripts.

use std::io::IsTerminal;
use std::path::Path;

use super::args::{Options, SchemaForm};
use crate::diag::Error;
use crate::project::target::Target;
use crate::project::{Project, errors};
use crate::python::vm::{Output, render_traceback};
use crate::shell::{Screen, Shell, line, start};
use crate::ui::style::Theme;

/// A project over the target; the exit status where the app itself raised (already shown).
pub fn target(
    target: &Target,
    options: &Options,
    output: Box<dyn Output>,
) -> Result<Result<Project, u8>, Error> {
    match target {
        Target::App(app) => Ok(match Project::load(app, output) {
            Ok(project) => Ok(project),
            Err(mut failed) => {
                let exit = failed.raised.is_a(&crate::diag::builtin::SYSTEM_EXIT);
                if exit {
                    return Ok(Err(0));
                }
                let text =
                    render_traceback(&mut failed.vm, &mut failed.raised, &mut super::script::file_line);
                use crate::python::value::Host;
                failed.vm.write_err(&text);
                for hint in super::script::hints(&failed.raised) {
                    failed.vm.write_err(&format!("Hint: {hint}\n"));
                }
                Err(2)
            }
        }),
        Target::Lesson(name) => lesson(name, options, output),
        Target::Database(path) => database(path, options, output),
        Target::Uri(uri) => Err(errors::no_module(uri, Path::new("."))),
    }
}

fn lesson(name: &str, options: &Options, output: Box<dyn Output>) -> Result<Result<Project, u8>, Error> {
    let (app, folder) = super::lesson::open(name)?;
    let mut opened = target(&Target::App(app), options, output)?;
    if let Ok(project) = &mut opened {
        project.folder = Some(folder);
    }
    Ok(opened)
}

fn database(path: &Path, _options: &Options, _output: Box<dyn Output>) -> Result<Result<Project, u8>, Error> {
    Err(errors::no_such_file(path))
}

/// The interactive shell over a target.
pub fn shell(what: &Target, options: &Options) -> Result<u8, Error> {
    let theme = Theme::of_process(std::io::stdout().is_terminal());
    let screen = Screen::terminal(theme);
    let project = match target(what, options, Box::new(screen.clone()))? {
        Ok(project) => project,
        Err(status) => return Ok(status),
    };
    let mut shell = Shell::new(project, screen);
    let mut opening =
        start::Opening { readonly: options.readonly, sandbox: options.sandbox, remarks: Vec::new() };
    if let Target::Lesson(name) = what
        && let Some(lesson) = crate::project::lessons::find(name)
    {
        shell.follow(lesson.guided);
        opening
            .remarks
            .push(format!("Lesson: {name}. %next shows a line to try; nothing done here is kept."));
    }
    let banner = (!options.quiet).then(|| start::banner(&mut shell, opening));
    Ok(line::run(shell, theme, banner.as_ref()))
}

/// `retort TARGET schema`.
pub fn schema(_target: &Target, _form: SchemaForm, _options: &Options) -> Result<u8, Error> {
    Ok(0)
}

/// `retort TARGET db ...`.
pub fn migrations(_word: Option<&str>, _arguments: &[String], _options: &Options) -> Result<u8, Error> {
    Ok(0)
}
