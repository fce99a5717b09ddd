//! What a person set for every session, in `config.toml`.
//!
//! Owns the keys, their defaults and their errors. Must not know what a key changes.

use std::path::{Path, PathBuf};

use crate::diag::{Error, Place};
use crate::ui::table;
use crate::util::near;

/// How `echo` starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Echo {
    #[default]
    Off,
    /// As SQLAlchemy writes it.
    On,
    /// One line each, with the reason.
    Short,
}

/// The settings of `config.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub mode: table::Mode,
    pub echo: Echo,
    /// The keys of vi instead of those of emacs.
    pub vi: bool,
    pub preview: bool,
    pub footer: bool,
    pub n_plus_one: bool,
    pub autoreload: bool,
    pub pager: bool,
    pub colour: bool,
    /// Inputs that are remembered; 0 for none.
    pub history: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            mode: table::Mode::Box,
            echo: Echo::Off,
            vi: false,
            preview: true,
            footer: true,
            n_plus_one: true,
            autoreload: false,
            pager: true,
            colour: true,
            history: 5000,
        }
    }
}

/// Every key with what it takes, as the documentation lists them.
pub const KEYS: &[(&str, &str)] = &[
    ("mode", "box, table, column, line, list, csv, json, markdown or insert"),
    ("echo", "off, on or short"),
    ("editing", "emacs or vi"),
    ("preview", "true or false"),
    ("footer", "true or false"),
    ("n_plus_one", "true or false"),
    ("autoreload", "true or false"),
    ("pager", "true or false"),
    ("theme", "auto or plain"),
    ("history", "a number of inputs, 0 for none"),
];

/// `$XDG_CONFIG_HOME/retort/config.toml`, else below `~/.config`.
pub fn path() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = match folder {
        Some(folder) => folder,
        None => PathBuf::from(std::env::var_os("HOME").filter(|home| !home.is_empty())?).join(".config"),
    };
    Some(folder.join("retort").join("config.toml"))
}

/// The settings of this person; the defaults where there is no file.
pub fn load() -> Result<Config, Error> {
    let Some(path) = path() else { return Ok(Config::default()) };
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(&text, &path),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(Config::default()),
        Err(why) => Err(Error::new(&crate::diag::builtin::OS_ERROR, format!("{}: {why}", path.display()))),
    }
}

pub fn parse(text: &str, path: &Path) -> Result<Config, Error> {
    let found: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line =
            error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        wrong(path, text, line, error.message().to_string(), "a line reads: key = value".to_string())
    })?;
    let mut config = Config::default();
    for (key, value) in &found {
        let line = line_of(text, key);
        let Some((_, takes)) = KEYS.iter().find(|(known, _)| known == key) else {
            let near = near::nearest(key, KEYS.iter().map(|(known, _)| *known));
            let hint = match near {
                Some(near) => format!("did you mean {near}?"),
                None => {
                    let all: Vec<&str> = KEYS.iter().map(|(known, _)| *known).collect();
                    format!("the keys are {}", all.join(", "))
                }
            };
            return Err(wrong(path, text, line, format!("there is no setting {key}"), hint));
        };
        if set(&mut config, key, value).is_none() {
            let message = format!("{key} cannot be {value}");
            return Err(wrong(path, text, line, message, format!("{key} takes {takes}")));
        }
    }
    Ok(config)
}

/// Sets one key; None where the value does not fit.
fn set(config: &mut Config, key: &str, value: &toml::Value) -> Option<()> {
    match key {
        "mode" => config.mode = table::Mode::parse(value.as_str()?)?,
        "echo" => {
            config.echo = match value {
                toml::Value::Boolean(on) => {
                    if *on {
                        Echo::On
                    } else {
                        Echo::Off
                    }
                }
                other => match other.as_str()? {
                    "off" => Echo::Off,
                    "on" => Echo::On,
                    "short" => Echo::Short,
                    _ => return None,
                },
            }
        }
        "editing" => {
            config.vi = match value.as_str()? {
                "emacs" => false,
                "vi" => true,
                _ => return None,
            }
        }
        "theme" => {
            config.colour = match value.as_str()? {
                "auto" => true,
                "plain" => false,
                _ => return None,
            }
        }
        "history" => config.history = usize::try_from(value.as_integer()?).ok()?,
        "preview" => config.preview = value.as_bool()?,
        "footer" => config.footer = value.as_bool()?,
        "n_plus_one" => config.n_plus_one = value.as_bool()?,
        "autoreload" => config.autoreload = value.as_bool()?,
        "pager" => config.pager = value.as_bool()?,
        _ => return None,
    }
    Some(())
}

fn line_of(text: &str, key: &str) -> usize {
    let is_key = |line: &&str| line.trim_start().trim_start_matches('"').starts_with(key);
    text.lines().position(|line| is_key(&line)).map_or(1, |index| index + 1)
}

fn wrong(path: &Path, text: &str, line: usize, message: String, hint: String) -> Error {
    let mut error = Error::new(&crate::diag::builtin::VALUE_ERROR, message).hint(hint);
    error.place = Some(Place {
        file: path.display().to_string(),
        line: u32::try_from(line).unwrap_or(u32::MAX),
        columns: None,
        text: text.lines().nth(line - 1).map(str::to_string),
    });
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        parse(text, Path::new("config.toml")).map_err(|error| {
            let line = error.place.as_ref().map_or(0, |place| place.line);
            format!("{line}: {} | {}", error.message, error.hints.join(" "))
        })
    }

    #[test]
    fn keys_are_read() {
        let config =
            read("mode = 'json'\necho = \"short\"\nediting = 'vi'\nhistory = 10\n").expect("a config");
        assert_eq!(config.mode, table::Mode::Json);
        assert_eq!((config.echo, config.vi, config.history), (Echo::Short, true, 10));
        assert_eq!(read(""), Ok(Config::default()));
    }

    #[test]
    fn a_wrong_key_is_named_with_its_line() {
        assert_eq!(
            read("mode = 'box'\nprevew = true\n"),
            Err("2: there is no setting prevew | did you mean preview?".to_string())
        );
        assert_eq!(
            read("editing = 'nano'\n"),
            Err("1: editing cannot be \"nano\" | editing takes emacs or vi".to_string())
        );
        assert!(read("mode = \n").is_err());
    }

    #[test]
    fn every_key_is_known_to_set() {
        for (key, takes) in KEYS {
            assert!(!takes.is_empty());
            assert!(set(&mut Config::default(), key, &toml::Value::Array(Vec::new())).is_none());
        }
    }
}
