//! The command line: its words, their help, and nothing of what they do.
//!
//! Owns the grammar of `retort`; the man page and the shell completions come from it. Must not know how a command
//! is carried out.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A Flask-SQLAlchemy shell without Python.
///
/// Opens a shell over the models of an app, any SQLite file as models, or a built-in lesson.
#[derive(Parser, Debug)]
#[command(
    name = "retort",
    version,
    subcommand_precedence_over_arg = true,
    disable_help_subcommand = true,
    after_help = "Without TARGET: FLASK_APP, else wsgi.py, app.py or models.py here, else the built-in lesson.\n\
                  A script comes on standard input or with -c; its values are shown as `flask shell` shows them.\n\
                  Exit status: 0 fine, 1 an error in a script or a migration, 2 bad usage or no app, 130 interrupted."
)]
pub struct Cli {
    /// An app (file.py, a folder, module:name), a database file, or a database URI.
    pub target: Option<String>,

    #[command(flatten)]
    pub options: Options,

    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options that every command takes.
#[derive(Args, Debug, Clone, Default)]
pub struct Options {
    /// The app, as FLASK_APP names it: module, module:name or module:factory().
    #[arg(short = 'A', long = "app", global = true, value_name = "APP")]
    pub app: Option<String>,

    /// The database to use instead of the app's: a path or a URI.
    #[arg(long, global = true, value_name = "URI|PATH")]
    pub db: Option<String>,

    /// Run this code instead of opening the shell.
    #[arg(short = 'c', global = true, value_name = "CODE")]
    pub code: Option<String>,

    /// Open the database for reading only.
    #[arg(long, global = true)]
    pub readonly: bool,

    /// Work on a copy of the database that is thrown away at the end.
    #[arg(short = 's', long, global = true)]
    pub sandbox: bool,

    /// Show every statement, as SQLALCHEMY_ECHO does.
    #[arg(long, visible_alias = "print-sql", global = true)]
    pub echo: bool,

    /// Switch foreign key enforcement on for every connection.
    #[arg(long, global = true)]
    pub foreign_keys: bool,

    /// Give the real thing's errors where Retort would find a way round them.
    #[arg(long, global = true)]
    pub strict: bool,

    /// Say nothing that was not asked for.
    #[arg(short = 'q', long, global = true)]
    pub quiet: bool,

    /// Go on after an error in a script; the exit status is 1 all the same.
    #[arg(long, global = true)]
    pub keep_going: bool,

    /// Never page long output.
    #[arg(long, global = true)]
    pub no_pager: bool,

    /// Answer every question with yes.
    #[arg(short = 'y', long, global = true)]
    pub yes: bool,

    /// Read environment variables from this file first.
    #[arg(short = 'e', long, global = true, value_name = "FILE")]
    pub env_file: Option<PathBuf>,
}

/// Options alone, as they stand among the words of `db`.
#[derive(Parser, Debug)]
#[command(name = "retort", disable_help_flag = true)]
struct OptionsOnly {
    #[command(flatten)]
    options: Options,
}

impl Options {
    /// Takes the options of the command line out of the words of `db`, where they may stand as well.
    pub fn take_from(&mut self, words: &[String]) -> Result<Vec<String>, clap::Error> {
        const FLAGS: [&str; 11] = [
            "--readonly",
            "--sandbox",
            "-s",
            "--echo",
            "--print-sql",
            "--foreign-keys",
            "--strict",
            "-q",
            "--quiet",
            "-y",
            "--yes",
        ];
        const VALUED: [&str; 5] = ["--db", "--app", "-A", "--env-file", "-e"];
        // What follows these is theirs, whatever it looks like.
        const OF_DB: [&str; 4] = ["-m", "--message", "-d", "--directory"];
        let (mut own, mut rest) = (vec!["retort".to_string()], Vec::new());
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let flag = word.split('=').next().unwrap_or(word);
            if FLAGS.contains(&word.as_str()) || (VALUED.contains(&flag) && word.contains('=')) {
                own.push(word.clone());
            } else if VALUED.contains(&word.as_str()) {
                own.push(word.clone());
                own.extend(words.next().cloned());
            } else {
                rest.push(word.clone());
                if OF_DB.contains(&word.as_str()) {
                    rest.extend(words.next().cloned());
                }
            }
        }
        let found = OptionsOnly::try_parse_from(own)?.options;
        self.app = found.app.or(self.app.take());
        self.db = found.db.or(self.db.take());
        self.env_file = found.env_file.or(self.env_file.take());
        self.readonly |= found.readonly;
        self.sandbox |= found.sandbox;
        self.echo |= found.echo;
        self.foreign_keys |= found.foreign_keys;
        self.strict |= found.strict;
        self.quiet |= found.quiet;
        self.yes |= found.yes;
        Ok(rest)
    }
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a file as `python FILE` does: only what print prints is shown.
    Run {
        file: PathBuf,
        /// What the program finds in sys.argv.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Replay console sessions and print them with their answers.
    Transcript {
        /// Compare with the answers in the file; exit 1 where they differ.
        #[arg(long, conflicts_with = "write")]
        check: bool,
        /// Write the answers into the file.
        #[arg(long)]
        write: bool,
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Show the schema of the models or of the database.
    Schema {
        #[command(flatten)]
        form: SchemaForm,
    },
    /// Migrations, in Flask-Migrate's words.
    #[command(disable_help_flag = true)]
    Db {
        /// The command and its options; `retort db --help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Open a built-in lesson: excuses, raccoons, tasks, hello_books or library.
    Lesson { name: Option<String> },
    /// Print shell completions (bash, zsh, fish, ...).
    #[command(hide = true)]
    Completions { shell: clap_complete::Shell },
    /// Print the manual page.
    #[command(hide = true)]
    Man,
}

/// What `schema` prints; a table outline when nothing is chosen.
#[derive(Args, Debug, Clone, Copy)]
#[group(multiple = false)]
pub struct SchemaForm {
    /// CREATE statements.
    #[arg(long)]
    pub sql: bool,
    /// Tables and mappers as JSON.
    #[arg(long)]
    pub json: bool,
    /// Flask-SQLAlchemy models.
    #[arg(long)]
    pub models: bool,
    /// A Mermaid entity diagram.
    #[arg(long)]
    pub mermaid: bool,
    /// A Graphviz graph.
    #[arg(long)]
    pub dot: bool,
    /// An SVG picture.
    #[arg(long)]
    pub svg: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Cli {
        Cli::try_parse_from(std::iter::once(&"retort").chain(words)).expect("valid usage")
    }

    #[test]
    fn the_target_stands_before_the_command() {
        let cli = parse(&["app.py", "schema", "--sql"]);
        assert_eq!(cli.target.as_deref(), Some("app.py"));
        assert!(matches!(cli.command, Some(Command::Schema { form: SchemaForm { sql: true, .. } })));
    }

    #[test]
    fn a_first_word_that_is_a_command_is_the_command() {
        let cli = parse(&["db", "upgrade", "--sql"]);
        assert_eq!(cli.target, None);
        assert!(
            matches!(&cli.command, Some(Command::Db { arguments }) if arguments == &["upgrade", "--sql"])
        );
        assert_eq!(parse(&["./db"]).target.as_deref(), Some("./db"));
    }

    #[test]
    fn options_may_stand_among_the_words_of_db() {
        let words = ["upgrade", "--db", "x.db", "-y", "-m", "-q", "--sql", "--sandbox"].map(String::from);
        let mut options = Options::default();
        assert_eq!(options.take_from(&words).expect("good usage"), ["upgrade", "-m", "-q", "--sql"]);
        assert!(options.yes && options.sandbox && !options.quiet);
        assert_eq!(options.db.as_deref(), Some("x.db"));
    }
}
