//! Migration files: names, headers, reading and writing them.
//!
//! Owns the folder. Must not know the database.
//!
//! ```text
//! migrations/V0002__add_raccoon_mood.sql        what upgrade runs
//! migrations/V0002__add_raccoon_mood.down.sql   what downgrade runs
//! ```

use std::path::{Path, PathBuf};

use refinery_core::Migration;

use super::errors;
use super::operation::Operation;
use crate::diag::Error;
use crate::engine::reflection::create_table::{Token, TokenKind, tokens};

/// One migration file.
#[derive(Clone, Debug)]
pub struct File {
    pub version: i32,
    pub slug: String,
    pub path: PathBuf,
    pub sql: String,
    /// From the header; else the slug as words.
    pub message: String,
}

impl File {
    pub fn file_name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    pub fn down_path(&self) -> PathBuf {
        self.path.with_extension("down.sql")
    }

    /// As refinery sees it.
    pub fn migration(&self) -> Result<Migration, Error> {
        Migration::unapplied(&self.file_name(), &self.sql).map_err(|cause| errors::usage(cause.to_string()))
    }

    pub fn checksum(&self) -> Result<u64, Error> {
        Ok(self.migration()?.checksum())
    }
}

/// The number and slug of a file name, if it is a migration's.
fn parse_name(name: &str) -> Option<(i32, String)> {
    let stem = name.strip_prefix('V')?.strip_suffix(".sql")?;
    let (number, slug) = stem.split_once("__")?;
    let word = |c: char| c.is_alphanumeric() || c == '_';
    if slug.is_empty() || !slug.chars().all(word) {
        return None;
    }
    Some((number.parse().ok()?, slug.to_string()))
}

/// The migrations of a folder in the order of their numbers; two with one number are refused.
pub fn scan(folder: &Path) -> Result<Vec<File>, Error> {
    let shown = folder.display().to_string();
    if !folder.is_dir() {
        return Err(errors::no_folder(&shown));
    }
    let mut files = Vec::new();
    let entries = std::fs::read_dir(folder).map_err(|cause| errors::io(&shown, &cause))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some((version, slug)) = parse_name(&name) else { continue };
        let sql = std::fs::read_to_string(&path).map_err(|cause| errors::io(&name, &cause))?;
        // What a version control system does to line ends is no change of the file.
        let sql = sql.replace("\r\n", "\n");
        let message = message_of(&sql).unwrap_or_else(|| slug.replace('_', " "));
        files.push(File { version, slug, path, sql, message });
    }
    files.sort_by(|left, right| (left.version, &left.slug).cmp(&(right.version, &right.slug)));
    for pair in files.windows(2) {
        if pair[0].version == pair[1].version {
            return Err(errors::duplicate(pair[0].version, &pair[0].file_name(), &pair[1].file_name()));
        }
    }
    Ok(files)
}

/// Whether a folder is Alembic's.
pub fn is_alembic(folder: &Path) -> bool {
    folder.join("env.py").exists() || folder.join("versions").is_dir()
}

fn message_of(sql: &str) -> Option<String> {
    let line = sql
        .lines()
        .take_while(|line| line.starts_with("--"))
        .find(|line| line.starts_with("-- message: "))?;
    Some(line.trim_start_matches("-- message: ").trim().to_string())
}

/// Lower case, other characters as underscores, forty at most.
pub fn slug(message: &str) -> String {
    let mut out = String::new();
    for c in message.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
        if out.len() >= 40 {
            break;
        }
    }
    let out = out.trim_end_matches('_').to_string();
    if out.is_empty() { "migration".into() } else { out }
}

/// A slug that says what changes, for a migration without a message.
pub fn slug_of(operations: &[Operation]) -> String {
    match operations {
        [] => "empty".into(),
        [only] => slug(&only.slug()),
        [first, rest @ ..] => {
            let creates: Vec<&str> = operations
                .iter()
                .filter_map(|operation| match operation {
                    Operation::CreateTable(table) => Some(table.name.as_str()),
                    _ => None,
                })
                .collect();
            if creates.len() == operations.len() && creates.len() <= 3 {
                return slug(&format!("create_{}", creates.join("_and_")));
            }
            slug(&format!("{}_and_{}_more", first.slug(), rest.len()))
        }
    }
}

/// What a new pair of files holds.
pub struct Draft<'a> {
    pub version: i32,
    pub slug: String,
    pub message: Option<&'a str>,
    /// `2026-11-20 09:12 UTC`
    pub date: String,
    pub up: &'a [Operation],
    /// None for a migration that cannot be undone.
    pub down: Option<&'a [Operation]>,
    /// Answers that were given, as remarks.
    pub remarks: Vec<String>,
}

impl Draft<'_> {
    pub fn file_name(&self) -> String {
        format!("V{:04}__{}.sql", self.version, self.slug)
    }

    pub fn up(&self) -> String {
        let mut text = format!(
            "-- {}   Retort, {}.   Please read before `db upgrade`; do not edit after.\n",
            self.file_name(),
            self.date
        );
        if let Some(message) = self.message {
            text.push_str(&format!("-- message: {}\n", message.replace('\n', " ")));
        }
        for line in self.up.iter().flat_map(Operation::lines).chain(self.remarks.iter().cloned()) {
            text.push_str(&format!("-- {}\n", line.replace('\n', " ")));
        }
        let statements: Vec<String> = self.up.iter().flat_map(Operation::sql).collect();
        push_statements(&mut text, &statements);
        text
    }

    pub fn down(&self) -> Option<String> {
        let mut text = format!("-- Undoes {}   Retort, {}.\n", self.file_name(), self.date);
        let statements: Vec<String> = self.down?.iter().flat_map(Operation::sql).collect();
        push_statements(&mut text, &statements);
        Some(text)
    }
}

fn push_statements(text: &mut String, statements: &[String]) {
    if statements.is_empty() {
        text.push_str("-- Nothing yet: write the statements here.\n");
    }
    for statement in statements {
        text.push('\n');
        text.push_str(&trimmed(statement.trim()));
        text.push_str(";\n");
    }
}

/// Without blanks at the ends of lines, which an editor may take away and so change the file's checksum.
fn trimmed(statement: &str) -> String {
    let is_text = |token: &Token| matches!(token.kind, TokenKind::Text | TokenKind::Quoted);
    let long =
        tokens(statement).iter().any(|one| is_text(one) && statement[one.start..one.end].contains('\n'));
    if long {
        return statement.to_string();
    }
    statement.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Writes both files; neither may exist.
pub fn write(folder: &Path, draft: &Draft<'_>) -> Result<PathBuf, Error> {
    let path = folder.join(draft.file_name());
    let put = |path: &Path, text: String| {
        let shown = path.display().to_string();
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create_new(true).open(path);
        file.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
            .map_err(|cause| errors::io(&shown, &cause))
    };
    put(&path, draft.up())?;
    if let Some(down) = draft.down() {
        put(&path.with_extension("down.sql"), down)?;
    }
    Ok(path)
}

/// The revisions of an Alembic folder that no other follows; none where there is no such folder.
pub fn alembic_heads(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder.join("versions")) else { return Vec::new() };
    let mut revisions = Vec::new();
    let mut followed = Vec::new();
    for entry in entries.flatten().filter(|entry| entry.path().extension().is_some_and(|end| end == "py")) {
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        for line in text.lines() {
            // `revision = '98317cd3299a'`, or with a type: `down_revision: Union[str, None] = None`.
            let Some((name, value)) = line.split_once('=') else { continue };
            let name = name.split(':').next().unwrap_or(name).trim();
            let quoted = value.split(['\'', '"']).skip(1).step_by(2).map(str::to_string);
            match name {
                "revision" => revisions.extend(quoted),
                "down_revision" => followed.extend(quoted),
                _ => {}
            }
        }
    }
    revisions.retain(|revision| !followed.contains(revision));
    revisions.sort();
    revisions
}

#[cfg(test)]
mod tests {
    use super::{parse_name, slug};

    #[test]
    fn names_sort_and_slugs_are_short() {
        assert_eq!(parse_name("V0002__add_mood.sql"), Some((2, "add_mood".into())));
        assert_eq!(parse_name("V0002__add_mood.down.sql"), None);
        assert_eq!(parse_name("notes.sql"), None);
        assert_eq!(slug("Initial migration: raccoons & students!"), "initial_migration_raccoons_students");
        assert_eq!(slug("***"), "migration");
    }
}
