//! Arguments into what to do; exit codes.
//!
//! Owns the command line's grammar, which stream gets what, and the exit status. Must not know how the language or
//! the ORM work: it asks `project`, `shell`, `migrate` and `ui`.

pub mod args;
mod ask;
mod db;
pub mod lesson;
mod open;
mod schema;
mod script;
mod streams;
pub mod transcript;

use std::io::{IsTerminal, Write};
use std::path::Path;

use clap::{CommandFactory, Parser};

use self::args::{Cli, Command, Options};
use self::script::Manner;
use self::streams::Streams;
use crate::diag::Error;
use crate::project::target::{self, Target};
use crate::project::{Project, errors};
use crate::python::vm::Mode;

/// Bad usage, or no app.
const USAGE: u8 = 2;

/// Runs the command line and returns the exit status.
pub fn main() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { USAGE } else { 0 };
        }
    };
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| dispatch(cli)));
    match outcome {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => {
            complain(&error);
            USAGE
        }
        Err(_) => {
            complain_text("internal error: this is a fault in Retort, not in your code");
            1
        }
    }
}

fn dispatch(cli: Cli) -> Result<u8, Error> {
    let (mut options, mut command) = (cli.options, cli.command);
    if let Some(Command::Db { arguments }) = &mut command {
        match options.take_from(arguments) {
            Ok(rest) => *arguments = rest,
            Err(error) => {
                let _ = error.print();
                return Ok(USAGE);
            }
        }
    }
    if options.code.is_some() && !matches!(command, None | Some(Command::Lesson { .. })) {
        return Err(errors::code_without_app());
    }
    database_of(cli.target.as_deref(), &mut options);
    match command {
        None => over(&what(cli.target.as_deref(), &options)?, &options),
        Some(Command::Lesson { name }) => {
            let name = name.unwrap_or_else(|| "excuses".into());
            if let Some(word) = &cli.target {
                return Err(errors::lesson_with_target(word));
            }
            over(&Target::Lesson(name), &options)
        }
        Some(Command::Run { file, arguments }) => run_file(&file, &arguments, &options),
        Some(Command::Transcript { check, write, files }) => {
            let action = match (check, write) {
                (true, _) => transcript::Action::Check,
                (_, true) => transcript::Action::Write,
                _ => transcript::Action::Print,
            };
            let app = options.app.as_deref().or(cli.target.as_deref()).map(Path::new);
            let differing = transcript::run(&files, app, action)?;
            Ok(if differing > 0 { 1 } else { 0 })
        }
        Some(Command::Schema { form }) => {
            schema::run(&what(cli.target.as_deref(), &options)?, form, &options)
        }
        Some(Command::Db { arguments }) => {
            db::run(|| what(cli.target.as_deref(), &options), &arguments, &options)
        }
        Some(Command::Completions { shell }) => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "retort", &mut out);
            print(&String::from_utf8_lossy(&out));
            Ok(0)
        }
        Some(Command::Man) => {
            let mut out = Vec::new();
            let _ = clap_mangen::Man::new(Cli::command()).render(&mut out);
            print(&String::from_utf8_lossy(&out));
            Ok(0)
        }
    }
}

/// What the target word, `--app`, the environment and the folder say is to be opened.
fn what(word: Option<&str>, options: &Options) -> Result<Target, Error> {
    let folder = std::env::current_dir().unwrap_or_else(|_| Path::new(".").to_path_buf());
    let environment = crate::project::environment::load(&folder, options.env_file.as_deref());
    let flask_app =
        options.app.clone().or_else(|| std::env::var("FLASK_APP").ok()).or_else(|| {
            environment.iter().find(|(name, _)| name == "FLASK_APP").map(|(_, value)| value.clone())
        });
    crate::project::environment::apply(environment);
    let database = |db: &str| {
        if db.contains("://") { Target::Uri(db.into()) } else { Target::Database(folder.join(db)) }
    };
    match (word, &options.db) {
        (None, Some(db)) if flask_app.is_none() && target::find_here(&folder)?.is_none() => Ok(database(db)),
        (Some(word), db) => {
            let found = target::resolve(Some(word), None, &folder)?;
            let is_database = matches!(found, Target::Database(_) | Target::Uri(_));
            match (db, &options.app) {
                (Some(db), Some(app)) if is_database && db == word => {
                    Ok(Target::App(target::app_ref(app, &folder)?))
                }
                (Some(db), _) if is_database => Err(errors::two_databases(word, db)),
                (_, Some(app)) => Err(errors::two_apps(word, app)),
                _ => Ok(found),
            }
        }
        _ => target::resolve(None, flask_app.as_deref(), &folder),
    }
}

/// The database that `retort FILE.db --app APP` names.
fn database_of(word: Option<&str>, options: &mut Options) {
    if let (Some(word), Some(_), None) = (word, &options.app, &options.db) {
        let is_file = Path::new(word).is_file() && !word.ends_with(".py");
        options.db = (word.contains("://") || is_file).then(|| word.to_string());
    }
}

/// Opens the target: the shell on a terminal, a script otherwise.
fn over(target: &Target, options: &Options) -> Result<u8, Error> {
    let script = match &options.code {
        Some(code) => Some(("<string>", code.clone())),
        None if std::io::stdin().is_terminal() => None,
        None => Some(("<stdin>", script::read_stdin()?)),
    };
    match script {
        Some((name, text)) => {
            let (opened, remarks) = open::target(target, options, Box::new(Streams::new(true)))?;
            let mut project = match opened {
                Ok(project) => project,
                Err(status) => return Ok(status),
            };
            if matches!(target, Target::App(_)) && !options.quiet {
                remark(&remarks);
            }
            interruptible(&project);
            let manner = Manner { mode: Mode::Single, keep_going: options.keep_going };
            let status = script::run(&mut project, name, &text, manner);
            project.leave();
            Ok(status)
        }
        None => open::shell(target, options),
    }
}

/// `retort run FILE`: like `python FILE`.
fn run_file(file: &Path, arguments: &[String], options: &Options) -> Result<u8, Error> {
    let bytes = std::fs::read(file).map_err(|why| crate::project::errors::unreadable(file, &why))?;
    let name = file.display().to_string();
    let text = script::decode(bytes, &name)?;
    let root = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let sandbox = open::program_rules(root, options)?;
    let mut project = Project::empty(root, Box::new(Streams::new(false)));
    project.folders.extend(sandbox);
    let main = project.vm.new_main();
    main.dict.set("__file__", crate::python::value::Value::str(&name));
    project.names = main.dict.clone();
    project.set_arguments(std::iter::once(name.clone()).chain(arguments.iter().cloned()).collect());
    interruptible(&project);
    let manner = Manner { mode: Mode::File, keep_going: options.keep_going };
    let status = script::run(&mut project, &name, &text, manner);
    project.leave();
    Ok(status)
}

/// Ctrl-C sets the machine's flag; a second one that finds it still set ends the process.
fn interruptible(project: &Project) {
    let flag = project.vm.interrupt_flag();
    #[cfg(unix)]
    {
        let _ =
            signal_hook::flag::register_conditional_shutdown(signal_hook::consts::SIGINT, 130, flag.clone());
        let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, flag);
        // SAFETY: the handler stores into an atomic and does nothing else.
        let _ = unsafe {
            signal_hook::low_level::register(signal_hook::consts::SIGINT, crate::util::interrupt::request)
        };
    }
}

/// Writes to standard output; a closed pipe ends the process silently.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

fn complain_text(text: &str) {
    let _ = std::io::stderr().write_all(format!("Error: {text}\n").as_bytes());
}

/// An error of the command line itself.
fn complain(error: &Error) {
    complain_text(&error.message);
    for hint in &error.hints {
        let _ = std::io::stderr().write_all(format!("  {hint}\n").as_bytes());
    }
}

/// What Retort itself has to say, beside the output.
fn remark(lines: &[String]) {
    for line in lines {
        let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
    }
}
