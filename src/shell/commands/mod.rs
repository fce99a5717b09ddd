//! The words that are commands at the prompt, as rows.
//!
//! Owns recognising them before the parser does, and the table that help and completion read. What each does stands
//! in the files beside this one. Must not know the terminal.

mod database;
mod display;
mod explain;
mod files;
mod help;
mod loading;
mod migrations;
mod session;
mod tree;

use super::catalog::Catalog;
use super::session::{Output, Shell};

/// One command.
pub struct Command {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    /// As the help shows them.
    pub params: &'static str,
    pub doc: &'static str,
    pub example: &'static str,
    pub call: fn(&mut Shell, &str) -> Output,
    /// What completes its argument.
    pub takes: Takes,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Nothing,
    Words(&'static [&'static str]),
    Table,
    Model,
    Code,
    /// A path below the current folder.
    File,
}

const fn row(
    name: &'static str,
    aliases: &'static [&'static str],
    params: &'static str,
    doc: &'static str,
    example: &'static str,
    call: fn(&mut Shell, &str) -> Output,
    takes: Takes,
) -> Command {
    Command { name, aliases, params, doc, example, call, takes }
}

const ON_OFF: Takes = Takes::Words(&["on", "off"]);

pub static COMMANDS: &[Command] = &[
    row(
        "help",
        &["\\?", ".help", "%lsmagic", "%quickref"],
        "[COMMAND]",
        "This list, or one command.",
        "help %echo",
        help::help,
        Takes::Nothing,
    ),
    row(
        "?",
        &[],
        "NAME",
        "What a name is; for a model its columns, keys and relations. Also NAME?",
        "Student?",
        help::card,
        Takes::Model,
    ),
    row(
        "\\dt",
        &[".tables", "%tables", "\\d"],
        "",
        "The tables of the database.",
        "\\dt",
        database::tables,
        Takes::Nothing,
    ),
    row(
        "\\d",
        &["\\d+", "%describe"],
        "TABLE",
        "The columns, indexes and references of a table.",
        "\\d students",
        database::describe,
        Takes::Table,
    ),
    row(
        ".schema",
        &["%schema"],
        "[TABLE]",
        "The CREATE statements of the database.",
        ".schema students",
        database::schema,
        Takes::Table,
    ),
    row(
        ".indexes",
        &["\\di"],
        "[TABLE]",
        "The indexes of the database.",
        ".indexes",
        database::indexes,
        Takes::Table,
    ),
    row(
        "%models",
        &[],
        "",
        "The models, their tables and relations.",
        "%models",
        help::models,
        Takes::Nothing,
    ),
    row(
        "%sql",
        &[],
        "STATEMENT",
        "Run SQL in the session's transaction. Also SELECT ...; by itself",
        "%sql SELECT count(*) FROM students",
        database::sql,
        Takes::Code,
    ),
    row(
        "%echo",
        &[],
        "[on|off|short]",
        "Show the SQL that runs; short: one line each, with the reason.",
        "%echo short",
        display::echo,
        Takes::Words(&["on", "off", "short"]),
    ),
    row(
        "%session",
        &[],
        "",
        "What the session would write: new, changed and deleted objects.",
        "%session",
        session::pending,
        Takes::Nothing,
    ),
    row(
        "%fk",
        &[],
        "[on|off]",
        "Whether SQLite enforces foreign keys.",
        "%fk on",
        database::foreign_keys,
        ON_OFF,
    ),
    row(
        "%mode",
        &[".mode"],
        "[MODE]",
        "How rows of SQL are shown: box, table, column, line, list, csv, json, markdown, insert.",
        "%mode json",
        display::mode,
        Takes::Words(&crate::ui::table::Mode::NAMES),
    ),
    row(
        "\\x",
        &[],
        "[on|off|auto]",
        "Rows one below the other; auto: where a table is wider than the window.",
        "\\x auto",
        display::expanded,
        Takes::Words(&["on", "off", "auto"]),
    ),
    row(
        "%last",
        &[".last"],
        "[MODE]",
        "The last rows again, in another form.",
        "%last json",
        display::last,
        Takes::Words(&crate::ui::table::Mode::NAMES),
    ),
    row(
        ".once",
        &["\\g"],
        "FILE",
        "Write the rows of the next SQL into a file.",
        ".once students.csv",
        display::once,
        Takes::File,
    ),
    row(
        ".output",
        &["\\o"],
        "[FILE]",
        "Write the rows of SQL into a file from now on; alone: to the screen.",
        ".output students.csv",
        display::output,
        Takes::File,
    ),
    row(
        "%preview",
        &[],
        "[on|off]",
        "The dim rows under a query or an entity.",
        "%preview off",
        display::preview,
        ON_OFF,
    ),
    row(
        "%timing",
        &["\\timing", ".timer"],
        "[on|off]",
        "The line that counts statements and time.",
        "%timing off",
        display::timing,
        ON_OFF,
    ),
    row(
        "%next",
        &["%lesson"],
        "",
        "The next line to try, in a built-in lesson.",
        "%next",
        session::next,
        Takes::Nothing,
    ),
    row(
        "%time",
        &[],
        "CODE",
        "Run code and say how long it took.",
        "%time Student.query.all()",
        session::time,
        Takes::Code,
    ),
    row(
        "%timeit",
        &[],
        "CODE",
        "Run code many times and say how long one run takes.",
        "%timeit Student.query.count()",
        loading::timeit,
        Takes::Code,
    ),
    row(
        "%n1",
        &[],
        "[on|off]",
        "What was read one by one so far, and what reads it at once.",
        "%n1",
        loading::n_plus_one,
        ON_OFF,
    ),
    row(
        "%compare",
        &[],
        "CODE",
        "The loading strategies side by side on the same code.",
        "%compare [e.student.grade for e in Excuse.query]",
        loading::compare,
        Takes::Code,
    ),
    row(
        "%reload",
        &["reload!"],
        "",
        "Read the app's files anew and keep the database.",
        "%reload",
        session::reload,
        Takes::Nothing,
    ),
    row(
        "%autoreload",
        &[],
        "[on|off]",
        "Read the app's files anew whenever they change.",
        "%autoreload on",
        session::autoreload,
        ON_OFF,
    ),
    row("%tb", &[], "", "The whole traceback of the last error.", "%tb", session::traceback, Takes::Nothing),
    row(
        "%history",
        &["%hist", ".history"],
        "[N]",
        "What was typed, the last N inputs.",
        "%history 10",
        session::history,
        Takes::Nothing,
    ),
    row(".dump", &[], "[TABLE]", "The database as SQL.", ".dump students", database::dump, Takes::Table),
    row(
        "\\conninfo",
        &[".databases"],
        "",
        "Which database this is.",
        "\\conninfo",
        database::connection,
        Takes::Nothing,
    ),
    row(
        "%tree",
        &[],
        "OBJECT PATH",
        "Walk several relations at once.",
        "%tree Student.query.first() excuses",
        tree::tree,
        Takes::Code,
    ),
    row(
        "%explain",
        &[".eqp"],
        "QUERY",
        "How SQLite would run a query or a SELECT.",
        "%explain Student.query.filter_by(grade=9)",
        explain::explain,
        Takes::Code,
    ),
    row(
        "%erd",
        &[],
        "[mermaid|dot|svg|outline]",
        "How the models hang together; with a word, as Mermaid, Graphviz, SVG or an outline.",
        "%erd mermaid",
        explain::relations,
        Takes::Words(explain::PICTURES),
    ),
    row(
        "%save_models",
        &[],
        "FILE",
        "Write the models of this session as Flask-SQLAlchemy code.",
        "%save_models models.py",
        explain::save_models,
        Takes::File,
    ),
    row(
        "db",
        &[],
        "COMMAND",
        "Migrations: db init, db migrate, db upgrade and the rest; db --help lists them.",
        "db --help",
        migrations::db,
        Takes::Words(&crate::migrate::VERBS),
    ),
    row(
        "%run",
        &["\\i", ".read", "%load"],
        "FILE",
        "Run a file in this session's names.",
        "%run report.py",
        files::run,
        Takes::File,
    ),
    row(
        "%save",
        &[],
        "FILE [FIRST-LAST]",
        "Write what was typed into a file.",
        "%save report.py 3-7",
        files::save,
        Takes::File,
    ),
    row(
        "%edit",
        &["\\e", ".edit"],
        "",
        "Change the last input in the editor and run it.",
        "%edit",
        files::edit,
        Takes::Nothing,
    ),
    row("%who", &[], "", "The names that this session made.", "%who", session::who, Takes::Nothing),
    row("%whos", &[], "", "The same, with what they are.", "%whos", session::whos, Takes::Nothing),
    row(
        "exit",
        &["quit", "\\q", ".quit", ".exit", "%quit", "%exit"],
        "",
        "Leave. So does Ctrl-D on an empty line.",
        "exit",
        help::leave,
        Takes::Nothing,
    ),
];

/// Words of other shells that Retort answers without doing them.
const REFUSED: &[(&str, &str)] =
    &[("!", "no shell escape: an app's file must not be able to touch the machine")];

pub use display::echo as set_echo;

/// A command that was typed.
pub struct Call {
    pub command: &'static Command,
    pub argument: String,
}

fn by_name(name: &str) -> Option<&'static Command> {
    COMMANDS
        .iter()
        .find(|command| command.name == name)
        .or_else(|| COMMANDS.iter().find(|command| command.aliases.contains(&name)))
}

const SQL_HEADS: &[&str] = &[
    "select", "with", "insert", "update", "delete", "replace", "create", "drop", "alter", "explain",
    "pragma", "values",
];

/// Whether a line is SQL by its first word: followed by a blank, that word begins no Python statement.
pub fn begins_sql(input: &str) -> bool {
    let mut words = input.split_whitespace();
    let (Some(first), Some(second)) = (words.next(), words.next()) else { return false };
    let first = first.to_ascii_lowercase();
    if !SQL_HEADS.contains(&first.as_str()) {
        return false;
    }
    let is_name = |c: char| {
        c.is_alphabetic() || matches!(c, '_' | '"' | '*' | '\'' | '[' | '?' | '`') || c.is_ascii_digit()
    };
    match first.as_str() {
        // `with` begins a statement of Python, too; only SQL goes on with AS and a bracket.
        "with" => {
            let rest = input.to_ascii_lowercase();
            rest.contains(" as (") || rest.contains(" as(")
        }
        _ => second.starts_with(is_name) && !matches!(second, "in" | "is" | "if" | "and" | "or" | "not"),
    }
}

/// Whether a line begins as no Python statement does.
pub fn begins_command(input: &str) -> bool {
    let mut chars = input.chars();
    match chars.next() {
        Some('%' | '\\' | '?' | '!') => true,
        Some('.') => chars.next().is_some_and(|c| c.is_ascii_alphabetic()),
        _ => is_question(input),
    }
}

/// `Student?`, `Student.excuses??`
fn is_question(input: &str) -> bool {
    let line = input.trim_end();
    let name = line.trim_end_matches('?');
    line.len() > name.len()
        && !name.is_empty()
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
}

/// The command that an input is, if it is one. `is_taken` says whether a bare name has a value of its own.
pub fn recognise(input: &str, is_taken: &dyn Fn(&str) -> bool) -> Option<Call> {
    let line = input.trim();
    let plain = |name: &str, argument: &str| {
        by_name(name).map(|command| Call { command, argument: argument.trim().to_string() })
    };
    if is_question(line) {
        return plain("?", line.trim_end_matches('?'));
    }
    if let Some(rest) = line.strip_prefix('?') {
        return if rest.trim().is_empty() {
            plain("help", "")
        } else {
            plain("?", rest.trim_start_matches('?'))
        };
    }
    if begins_sql(line) && line.ends_with(';') {
        return plain("%sql", line);
    }
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    if line == "reload!" {
        return plain("%reload", "");
    }
    if line.starts_with('!') {
        return Some(Call { command: &REFUSAL, argument: line.to_string() });
    }
    if matches!(word, "exit" | "quit" | "help") {
        let is_command =
            (rest.is_empty() || word == "help") && !is_taken(word) && !rest.starts_with(['=', '(', '.', ',']);
        return if is_command { plain(word, rest) } else { None };
    }
    // No statement of Python goes on from `db` with one of these words.
    if word == "db" {
        let verb = rest.split_whitespace().next().unwrap_or("");
        let is_command = crate::migrate::VERBS.contains(&verb) || matches!(verb, "--help" | "-h");
        return if is_command { plain(word, rest) } else { None };
    }
    if !begins_command(line) || line.starts_with('?') {
        return None;
    }
    // `%time` may go on for several lines; a dot command may not.
    let found = match word {
        "\\d" if !rest.trim().is_empty() => COMMANDS.iter().find(|command| command.name == "\\d"),
        "\\d" => by_name("\\dt"),
        _ => by_name(word.trim_end_matches(';')),
    };
    Some(match found {
        Some(command) => Call { command, argument: rest.trim().to_string() },
        None => Call { command: &REFUSAL, argument: line.to_string() },
    })
}

/// Stands for whatever is no command: says so, with the nearest one.
static REFUSAL: Command = row("", &[], "", "", "", |_, line| Output::text(refuse(line)), Takes::Nothing);

fn refuse(line: &str) -> crate::ui::text::Text {
    use crate::ui::text::{Label, Text};
    let word = line.split_whitespace().next().unwrap_or("");
    let mut out = Text::new();
    if let Some((_, why)) =
        REFUSED.iter().find(|(name, _)| *name == word || (*name == "!" && word.starts_with('!')))
    {
        out.push(Label::Hint, format!("{why}\n"));
        return out;
    }
    out.plain("there is no command ").data(Label::Name, word).line();
    let all = COMMANDS
        .iter()
        .flat_map(|command| std::iter::once(command.name).chain(command.aliases.iter().copied()));
    if let Some(near) = crate::util::near::nearest(word, all) {
        out.push(Label::Hint, "Hint: ").plain(format!("did you mean {near}?\n"));
    } else {
        out.push(Label::Hint, "Hint: ").plain("help lists them\n");
    }
    out
}

/// Every word with its line of help, for completion.
pub fn words() -> Vec<(String, String)> {
    let rows = COMMANDS.iter().flat_map(|command| {
        let names = std::iter::once(command.name).chain(command.aliases.iter().copied());
        names.map(|name| (name.to_string(), command.doc.to_string()))
    });
    rows.collect()
}

/// What may follow a command.
pub fn arguments(word: &str, catalog: &Catalog) -> Vec<String> {
    let command = match word {
        "\\d" => COMMANDS.iter().find(|command| command.name == "\\d"),
        word => by_name(word),
    };
    match command.map(|command| command.takes) {
        Some(Takes::Words(words)) => words.iter().map(ToString::to_string).collect(),
        Some(Takes::Table) => catalog.tables().iter().map(|table| table.key.to_string()).collect(),
        Some(Takes::File) => files_here(),
        Some(Takes::Model) => catalog.models.iter().map(|model| model.name.clone()).collect(),
        _ => Vec::new(),
    }
}

/// The files of the current folder and of those in it.
fn files_here() -> Vec<String> {
    const MOST: usize = 500;
    let mut found = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(".")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if name.to_string_lossy().starts_with('.') || found.len() >= MOST {
                continue;
            }
            match path.is_dir() {
                true if folder.as_os_str() == "." => folders.push(path),
                true => {}
                false => found.push(path.strip_prefix(".").unwrap_or(&path).display().to_string()),
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(input: &str) -> Option<String> {
        recognise(input, &|_| false).map(|call| format!("{} {}", call.command.name, call.argument))
    }

    #[test]
    fn commands_are_told_from_python() {
        assert_eq!(name("%echo short").as_deref(), Some("%echo short"));
        assert_eq!(name("\\d").as_deref(), Some("\\dt "));
        assert_eq!(name("\\d students").as_deref(), Some("\\d students"));
        assert_eq!(name(".tables").as_deref(), Some("\\dt "));
        assert_eq!(name("Student?").as_deref(), Some("? Student"));
        assert_eq!(name("?Student").as_deref(), Some("? Student"));
        assert_eq!(name("Student.excuses??").as_deref(), Some("? Student.excuses"));
        assert_eq!(name("exit").as_deref(), Some("exit "));
        assert_eq!(name("exit()"), None);
        assert_eq!(name("help(Student)"), None);
        assert_eq!(name("help = 3"), None);
        assert_eq!(name("SELECT * FROM students;").as_deref(), Some("%sql SELECT * FROM students;"));
        assert_eq!(name("select = 3;"), None);
        assert_eq!(name("select in x;"), None);
        assert_eq!(name("with open('x') as f: pass;"), None);
        assert_eq!(name("Student.query.all()"), None);
        assert_eq!(name("x = '?'"), None);
        assert!(recognise("quit", &|name| name == "quit").is_none());
    }

    #[test]
    fn every_row_has_its_line_and_example() {
        for command in COMMANDS {
            assert!(command.doc.ends_with('.') || command.doc.contains("Also"), "{}", command.name);
            assert!(!command.example.is_empty(), "{}", command.name);
        }
    }
}
