//! The built-in lessons' databases: their migrations, embedded by refinery and run in memory.
//!
//! Owns the list. Must not know what the lessons teach.

use std::path::PathBuf;
use std::rc::Rc;

use super::errors;
use super::files::File;
use super::runner;
use crate::diag::Error;
use crate::engine::DbapiConnection;

mod excuses {
    refinery::embed_migrations!("migrations/excuses");
}
mod raccoons {
    refinery::embed_migrations!("migrations/raccoons");
}
mod tasks {
    refinery::embed_migrations!("migrations/tasks");
}
mod hello_books {
    refinery::embed_migrations!("migrations/hello_books");
}
mod library {
    refinery::embed_migrations!("migrations/library");
}

/// Names of the lessons that have a database.
pub const NAMES: [&str; 5] = ["excuses", "raccoons", "tasks", "hello_books", "library"];

/// Fills a connection (to an empty database) with a lesson's tables and sample data.
pub fn fill(name: &str, connection: &Rc<DbapiConnection>) -> Result<(), Error> {
    let embedded = match name {
        "excuses" => excuses::migrations::runner(),
        "raccoons" => raccoons::migrations::runner(),
        "tasks" => tasks::migrations::runner(),
        "hello_books" => hello_books::migrations::runner(),
        "library" => library::migrations::runner(),
        _ => return Err(errors::usage(format!("there is no lesson '{name}'"))),
    };
    let mut files: Vec<File> = embedded
        .get_migrations()
        .iter()
        .map(|migration| File {
            version: migration.version(),
            slug: migration.name().to_string(),
            path: PathBuf::from(format!("V{}__{}.sql", migration.version(), migration.name())),
            sql: migration.sql().unwrap_or_default().to_string(),
            message: migration.name().replace('_', " "),
        })
        .collect();
    files.sort_by_key(|file| file.version);
    for file in &files {
        runner::apply(connection, &files, file, runner::Manner::default())?;
    }
    Ok(())
}
