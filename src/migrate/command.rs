//! The words of `db ...`.
//!
//! Owns parsing them. Must not know what they do.

use std::path::PathBuf;

use super::compare::Rename;
use super::errors;
use super::plan::Answers;
use crate::diag::Error;

/// One command with its options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    Init,
    Migrate,
    Upgrade,
    Downgrade,
    Current,
    History,
    Heads,
    Show,
    Stamp,
    Revision,
    Check,
    Edit,
    Help,
}

#[derive(Clone, Debug)]
pub struct Command {
    pub verb: Verb,
    /// A number, `head`, `base`, `-1`, `+1`.
    pub target: Option<String>,
    pub directory: Option<PathBuf>,
    pub message: Option<String>,
    pub version: Option<i32>,
    /// Print the SQL instead of running it.
    pub sql: bool,
    pub verbose: bool,
    pub indicate_current: bool,
    /// Take over a database of Alembic's, or one that `create_all` made.
    pub adopt: bool,
    /// Rows may vanish.
    pub accept_loss: bool,
    pub answers: Answers,
}

/// The words that are commands.
pub const VERBS: [&str; 12] = [
    "init",
    "migrate",
    "upgrade",
    "downgrade",
    "current",
    "history",
    "heads",
    "show",
    "stamp",
    "revision",
    "check",
    "edit",
];

pub const USAGE: &str = "\
Usage: retort [TARGET] db COMMAND [OPTIONS]

  init                    make the folder for migrations
  migrate [-m MESSAGE]    write a migration from what differs between models and database
      --rename T.OLD:NEW    the column was renamed: its values stay
      --rename-table OLD:NEW  the table was renamed: its rows stay
      --no-rename           nothing was renamed
      --fill T.COLUMN=VALUE what existing rows get in a column that must not be NULL
      --drop-unknown        drop tables that no model describes
      --sql                 print the SQL, write no files
  upgrade [N]             apply what waits, all or up to number N
      --sql                 print the SQL, run nothing
      --adopt               take over a database that Alembic or create_all() made
      --accept-loss         go on although rows vanish that no statement deletes
  downgrade [N|-1|base]   undo, one by default
  current, history, heads where the database is, what there is
  show [N]                one migration's text
  stamp N|head|base       say where the database is without running anything
  revision -m MESSAGE     an empty migration to be written by hand
  edit [N]                open a migration in the editor
  check                   exit 1 if models and database differ

Options: -d, --directory DIR (migrations), -v (history)";

impl Command {
    pub fn parse(arguments: &[String]) -> Result<Command, Error> {
        let mut command = Command {
            verb: Verb::Help,
            target: None,
            directory: None,
            message: None,
            version: None,
            sql: false,
            verbose: false,
            indicate_current: false,
            adopt: false,
            accept_loss: false,
            answers: Answers::default(),
        };
        let mut verb: Option<String> = None;
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let (flag, inline) = match word.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag, Some(value.to_string())),
                _ => (word.as_str(), None),
            };
            let mut value = |what: &str| {
                inline
                    .clone()
                    .or_else(|| words.next().cloned())
                    .ok_or_else(|| errors::usage(format!("Option '{what}' requires an argument.")))
            };
            match flag {
                "-h" | "--help" => verb = Some("help".into()),
                "-m" | "--message" => command.message = Some(value("-m")?),
                "-d" | "--directory" => command.directory = Some(PathBuf::from(value("-d")?)),
                "--rev-id" | "--version" => {
                    let text = value("--version")?;
                    command.version = Some(text.parse().map_err(|_| errors::no_such_version(&text))?);
                }
                "--sql" => command.sql = true,
                "-v" | "--verbose" => command.verbose = true,
                "-i" | "--indicate-current" => command.indicate_current = true,
                "--adopt" => command.adopt = true,
                "--accept-loss" => command.accept_loss = true,
                "--rename" => command.answers.renames.push(rename(&value("--rename")?)?),
                "--rename-table" => command.answers.renames.push(rename_table(&value("--rename-table")?)?),
                "--fill" => command.answers.fills.push(fill(&value("--fill")?)?),
                "--drop-unknown" => command.answers.drop_unknown = true,
                "--no-rename" => command.answers.no_rename = true,
                "--autogenerate" | "--purge" => {}
                number if number.starts_with(['-', '+']) && number[1..].parse::<i64>().is_ok() => {
                    command.target = Some(number.to_string());
                }
                other if other.starts_with('-') => {
                    return Err(errors::usage(format!("No such option: {other}")));
                }
                other if verb.is_none() => verb = Some(other.to_string()),
                other if command.target.is_none() => command.target = Some(other.to_string()),
                other => {
                    return Err(errors::usage(format!("Got unexpected extra argument ({other})")));
                }
            }
        }
        command.verb = match verb.as_deref() {
            None | Some("help") => Verb::Help,
            Some("init") => Verb::Init,
            Some("migrate") => Verb::Migrate,
            Some("upgrade") => Verb::Upgrade,
            Some("downgrade") => Verb::Downgrade,
            Some("current") => Verb::Current,
            Some("history") => Verb::History,
            Some("heads") => Verb::Heads,
            Some("show") => Verb::Show,
            Some("stamp") => Verb::Stamp,
            Some("revision") => Verb::Revision,
            Some("check") => Verb::Check,
            Some("edit") => Verb::Edit,
            Some(name @ ("merge" | "branches" | "list-templates")) => return Err(errors::no_branches(name)),
            Some(other) => {
                let error = errors::usage(format!("No such command '{other}'."));
                return Err(match crate::util::near::nearest(other, VERBS) {
                    Some(near) => error.hint(format!("did you mean '{near}'?")),
                    None => error,
                });
            }
        };
        Ok(command)
    }
}

/// `table.old:new` or `table.old:table.new`; `old:new` for a table. An equals sign will do for the colon.
fn rename(text: &str) -> Result<Rename, Error> {
    let bad =
        || errors::usage(format!("--rename {text}: say TABLE.OLD:NEW (--rename-table OLD:NEW for a table)"));
    let (from, to) = text.split_once([':', '=']).ok_or_else(bad)?;
    let (from, to) = (from.trim(), to.trim());
    match from.split_once('.') {
        Some((table, from)) => {
            let to = to.rsplit_once('.').map_or(to, |(_, to)| to);
            Ok(Rename { table: Some(table.into()), from: from.into(), to: to.into() })
        }
        None => rename_table(text),
    }
}

/// `old:new`
fn rename_table(text: &str) -> Result<Rename, Error> {
    let bad = || errors::usage(format!("--rename-table {text}: say OLD:NEW"));
    let (from, to) = text.split_once([':', '=']).ok_or_else(bad)?;
    Ok(Rename { table: None, from: from.trim().into(), to: to.trim().into() })
}

/// `table.column=value`
fn fill(text: &str) -> Result<(String, String, String), Error> {
    let bad = || errors::usage(format!("--fill {text}: say TABLE.COLUMN=VALUE"));
    let (place, value) = text.split_once('=').ok_or_else(bad)?;
    let (table, column) = place.split_once('.').ok_or_else(bad)?;
    Ok((table.into(), column.into(), literal(value)))
}

/// A value that somebody typed, as a literal of SQL: numbers, NULL and what is quoted or in parentheses as they are,
/// anything else as text.
pub fn literal(value: &str) -> String {
    let is_number = value.parse::<f64>().is_ok_and(f64::is_finite)
        && value.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.'))
        && !(value.trim_start_matches('-').starts_with('0')
            && value.trim_start_matches(['-', '0']).starts_with(|c: char| c.is_ascii_digit()));
    let quoted = |mark: char| value.len() > 1 && value.starts_with(mark) && value.ends_with(mark);
    let as_it_is = is_number
        || quoted('\'')
        || (value.starts_with('(') && value.ends_with(')'))
        || ["NULL", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"]
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word));
    match value {
        "true" | "True" => "1".to_string(),
        "false" | "False" => "0".to_string(),
        "None" => "NULL".to_string(),
        value if as_it_is => value.to_string(),
        value if quoted('"') => format!("'{}'", value[1..value.len() - 1].replace('\'', "''")),
        value => format!("'{}'", value.replace('\'', "''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_renames_as_people_type_them() {
        let typed = [
            "5", "-1.5", "007", "0", "0.5", "grey", "O'Hara", "'x'", "\"x y\"", "True", "null", "nan",
            "(1+1)",
        ];
        let read: Vec<String> = typed.iter().map(|text| literal(text)).collect();
        assert_eq!(
            read,
            [
                "5",
                "-1.5",
                "'007'",
                "0",
                "0.5",
                "'grey'",
                "'O''Hara'",
                "'x'",
                "'x y'",
                "1",
                "null",
                "'nan'",
                "(1+1)"
            ]
        );
        let words = ["migrate", "--rename", "pet.age:years", "--rename-table", "pet:animal"];
        let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
        let command = Command::parse(&words).expect("good words");
        assert_eq!(command.answers.renames[0].table.as_deref(), Some("pet"));
        assert_eq!(
            command.answers.renames[1],
            Rename { table: None, from: "pet".into(), to: "animal".into() }
        );
    }
}
