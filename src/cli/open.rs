//! Opening a target: an app, a database file, a URI, a lesson.
//!
//! Owns what each kind of target becomes: a loaded project with a database behind it, under the rules that the
//! options set. Must not know scripts.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::args::Options;
use super::ask;
use crate::diag::Error;
use crate::engine::Url;
use crate::engine::policy::{self, Policy};
use crate::project::target::{self, Target};
use crate::project::{Project, database, errors};
use crate::pylib::{flask_sqlalchemy, inert};
use crate::python::value::Host;
use crate::python::vm::{Output, render_traceback};
use crate::shell::{Screen, Shell, config, line, start};
use crate::ui::style::Theme;

/// A copy of more than this is asked about.
const LARGE: u64 = 500 << 20;

/// A loaded project, or the exit status where the app itself raised (already shown).
pub type Opened = Result<Project, u8>;

/// A project over the target.
pub fn target(
    what: &Target,
    options: &Options,
    output: Box<dyn Output>,
) -> Result<(Opened, Vec<String>), Error> {
    let mut remarks = Vec::new();
    let sandbox = rules(what, options)?;
    if !matches!(what, Target::Database(_) | Target::Uri(_)) {
        choose_database(options)?;
    }
    let mut opened = match what {
        Target::App(app) => load(|| Project::load(app, output)),
        Target::Lesson(name) => {
            let (app, folder) = super::lesson::open(name)?;
            let mut opened = load(|| Project::load(&app, output))?;
            if let Ok(project) = &mut opened {
                project.folders.push(folder);
            }
            Ok(opened)
        }
        Target::Database(path) => over_database(file_url(path)?, output, &mut remarks),
        Target::Uri(uri) => over_database(uri_url(uri)?, output, &mut remarks),
    }?;
    if let Ok(project) = &mut opened {
        project.folders.extend(sandbox);
        stand_in(project, options, &mut remarks);
        let unknown = inert::met();
        if !unknown.is_empty() {
            remarks.push(format!("Not here, and without effect: {}.", unknown.join(", ")));
        }
    }
    Ok((opened, remarks))
}

/// Loads an app and shows what it raised; that there is no app in it is the command line's own error.
fn load(app: impl FnOnce() -> Result<Project, Box<crate::project::Failed>>) -> Result<Opened, Error> {
    let mut failed = match app() {
        Ok(project) => return Ok(Ok(project)),
        Err(failed) => failed,
    };
    if let Some(error) = failed.raised.error()
        && error.class.is_a(&errors::NO_APP)
    {
        return Err(error.clone());
    }
    if failed.raised.is_a(&crate::diag::builtin::SYSTEM_EXIT) {
        return Ok(Err(0));
    }
    let text = render_traceback(&mut failed.vm, &mut failed.raised, &mut super::script::file_line);
    failed.vm.write_err(&text);
    for hint in super::script::hints(&failed.raised) {
        failed.vm.write_err(&format!("Hint: {hint}\n"));
    }
    Ok(Err(2))
}

/// Sets the rules for the engines to come; the folder that holds the copies of a sandbox.
fn rules(what: &Target, options: &Options) -> Result<Option<tempfile::TempDir>, Error> {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    match what {
        Target::App(app) => set_rules(Some(&app.root), None, options),
        Target::Database(path) => set_rules(None, Some(path.clone()), options),
        Target::Uri(uri) => set_rules(None, file_of(uri, &here), options),
        Target::Lesson(_) => set_rules(None, None, options),
    }
}

/// The same for a program: its folder is an app's folder.
pub fn program_rules(root: &Path, options: &Options) -> Result<Option<tempfile::TempDir>, Error> {
    choose_database(options)?;
    set_rules(Some(root), None, options)
}

fn set_rules(
    root: Option<&Path>,
    named: Option<PathBuf>,
    options: &Options,
) -> Result<Option<tempfile::TempDir>, Error> {
    inert::refuse_all(options.strict);
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let mut named: Vec<PathBuf> = named.into_iter().collect();
    let mut folders = vec![here.clone(), std::env::temp_dir()];
    folders.extend(root.map(Path::to_path_buf));
    if let Some(db) = &options.db {
        named.extend(if db.contains("://") { file_of(db, &here) } else { Some(here.join(db)) });
    }
    let sandbox = if options.sandbox {
        for file in &named {
            let size = std::fs::metadata(file).map_or(0, |about| about.len());
            let question =
                format!("{} has {} MB, and --sandbox copies it. Go on?", file.display(), size >> 20);
            if size > LARGE && !options.yes && ask::yes(&question) != Some(true) {
                return Err(errors::large_copy(file, size >> 20));
            }
        }
        let folder = tempfile::Builder::new().prefix("retort-sandbox-").tempdir();
        Some(folder.map_err(|why| errors::unreadable(&std::env::temp_dir(), &why))?)
    } else {
        None
    };
    let yes = options.yes;
    policy::set(Policy {
        readonly: options.readonly,
        foreign_keys: options.foreign_keys,
        echo: options.echo,
        sandbox: sandbox.as_ref().map(|folder| folder.path().to_path_buf()),
        folders: Some(folders),
        named,
        redirect: None,
        stand_in: !options.strict,
        ask: Some(Rc::new(move |path: &Path| {
            let question =
                format!("The app asks for {}, which lies outside its folder. Open it?", path.display());
            yes || ask::yes(&question) == Some(true)
        })),
    });
    Ok(sandbox)
}

/// The file that a SQLite URI names.
fn file_of(uri: &str, here: &Path) -> Option<PathBuf> {
    let url = Url::parse(uri).ok().filter(|url| url.is_sqlite() && url.is_file())?;
    url.database.map(|name| here.join(name))
}

/// Hands `--db` to the app.
fn choose_database(options: &Options) -> Result<(), Error> {
    let Some(db) = &options.db else { return Ok(()) };
    let uri = if db.contains("://") {
        let url = Url::parse(db).map_err(|_| errors::bad_uri(db))?;
        if !url.is_sqlite() {
            return Err(errors::other_database(&url.render(true), url.backend_name()));
        }
        db.clone()
    } else {
        let path = std::env::current_dir().map(|here| here.join(db)).unwrap_or_else(|_| PathBuf::from(db));
        if path.exists() {
            check_file(&path)?;
        } else if !path.parent().is_some_and(Path::is_dir) {
            return Err(errors::no_folder_for(&path));
        }
        Url::sqlite(Some(&path.to_string_lossy())).render(false)
    };
    flask_sqlalchemy::choose_database(Some(uri));
    Ok(())
}

/// That a file can be read and is SQLite's.
fn check_file(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Err(errors::is_folder(path));
    }
    if !path.exists() {
        return Err(errors::no_such_file(path));
    }
    std::fs::File::open(path).map_err(|why| errors::unreadable(path, &why))?;
    if target::is_database(path) { Ok(()) } else { Err(errors::not_a_database(path)) }
}

fn file_url(path: &Path) -> Result<Url, Error> {
    check_file(path)?;
    let whole = path.canonicalize().map_err(|why| errors::unreadable(path, &why))?;
    Ok(Url::sqlite(Some(&whole.to_string_lossy())))
}

/// The URL of a database named on the command line: a relative file lies in the current folder, else in `instance`.
fn uri_url(uri: &str) -> Result<Url, Error> {
    let mut url = Url::parse(uri).map_err(|_| errors::bad_uri(uri))?;
    if !url.is_sqlite() {
        return Err(errors::other_database(&url.render(true), url.backend_name()));
    }
    let is_plain = url.is_file() && url.query_value("uri").is_none();
    if let Some(name) = url.database.clone().filter(|_| is_plain) {
        let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let (beside, inside) = (here.join(&name), here.join("instance").join(&name));
        let path = if !beside.exists() && inside.exists() { inside } else { beside };
        let found = file_url(&path)?;
        url.database = found.database;
    }
    Ok(url)
}

/// A database without an app: its tables become models.
fn over_database(url: Url, output: Box<dyn Output>, remarks: &mut Vec<String>) -> Result<Opened, Error> {
    let name = url.database.clone().unwrap_or_else(|| url.render(true));
    let found = database::read(url).map_err(|error| errors::cannot_open(&name, &error))?;
    remarks.extend(found.summary());
    load(|| Project::load_text(&found.models, output))
}

/// What reflection finds in a target that is a database; None for an app.
pub fn reflected(what: &Target, options: &Options) -> Result<Option<database::Found>, Error> {
    let url = match what {
        Target::Database(path) => file_url(path)?,
        Target::Uri(uri) => uri_url(uri)?,
        Target::App(_) | Target::Lesson(_) => return Ok(None),
    };
    let _sandbox = rules(what, options)?;
    let name = url.database.clone().unwrap_or_else(|| url.render(true));
    database::read(url).map(Some).map_err(|error| errors::cannot_open(&name, &error))
}

/// Makes the tables of an app whose server was replaced by memory, and says so.
fn stand_in(project: &mut Project, options: &Options, remarks: &mut Vec<String>) {
    let servers = policy::stood_in();
    if (!servers.is_empty() || options.db.is_some())
        && !options.strict
        && let Ok(Some(metadata)) = project.metadata()
    {
        database::adapt(&metadata);
    }
    let Some(first) = servers.first() else { return };
    remarks.push(format!(
        "{} is not supported yet: working on an empty SQLite copy of its schema, in memory (--db FILE chooses another).",
        first.render(true)
    ));
    let Ok(Some(engine)) = project.engine() else { return };
    let Ok(Some(metadata)) = project.metadata() else { return };
    let echo = engine.echo();
    engine.set_echo(false);
    for (table, why) in database::create_missing(&mut project.vm, &engine, &metadata) {
        remarks.push(format!("Table {table} could not be made: {why}"));
    }
    engine.set_echo(echo);
}

/// The interactive shell over a target.
pub fn shell(what: &Target, options: &Options) -> Result<u8, Error> {
    let config = config::load()?;
    let colour = config.colour && std::io::stdout().is_terminal();
    let theme = Theme::of_process(colour);
    let screen = Screen::terminal(theme);
    let (opened, remarks) = target(what, options, Box::new(screen.clone()))?;
    let mut project = match opened {
        Ok(project) => project,
        Err(status) => return Ok(status),
    };
    let differs = if options.quiet { None } else { super::db::remark(&mut project, what) };
    let mut shell = Shell::new(project, screen);
    shell.settings.footer = !options.quiet;
    shell.settings.preview = !options.quiet;
    let mut opening = start::Opening { readonly: options.readonly, sandbox: options.sandbox, remarks };
    opening.remarks.extend(differs);
    if let Target::Lesson(name) = what
        && let Some(lesson) = crate::project::lessons::find(name)
    {
        shell.follow(lesson.guided);
        opening
            .remarks
            .push(format!("Lesson: {name}. %next shows a line to try; nothing done here is kept."));
    }
    let banner = (!options.quiet).then(|| start::banner(&mut shell, opening));
    Ok(line::run(shell, theme, &config, banner.as_ref()))
}
