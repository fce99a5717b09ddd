//! Opening a built-in lesson: its app in a temporary folder, over a database that its migrations have filled.
//!
//! Owns the folder's making; it goes when the project goes, so nothing done in a lesson is kept. Must not know what
//! lessons teach.

use std::path::Path;

use crate::diag::Error;
use crate::engine::{DbapiConnection, OpenOptions};
use crate::migrate;
use crate::project::target::AppRef;
use crate::project::{errors, lessons};

/// The app of a lesson, and the folder that holds it.
pub fn open(name: &str) -> Result<(AppRef, tempfile::TempDir), Error> {
    let lesson = lessons::find(name).ok_or_else(|| errors::no_lesson(name))?;
    let folder = tempfile::Builder::new()
        .prefix("retort-lesson-")
        .tempdir()
        .map_err(|why| errors::unreadable(&std::env::temp_dir(), &why))?;
    write(&folder.path().join("app.py"), lesson.app)?;
    // Where Flask-SQLAlchemy looks for `sqlite:///NAME.db`.
    let instance = folder.path().join("instance");
    std::fs::create_dir(&instance).map_err(|why| errors::unreadable(&instance, &why))?;
    // The migrations run in memory, where nothing waits for a disk; the app finds what they made as its file.
    let memory = DbapiConnection::open(&OpenOptions::default())?;
    migrate::lessons::fill(name, &memory)?;
    let path = Some(instance.join(format!("{name}.db")));
    let file = DbapiConnection::open(&OpenOptions { path, ..OpenOptions::default() })?;
    file.run_script("PRAGMA synchronous=OFF")?;
    memory.backup_into(&file)?;
    file.close();
    memory.close();
    let app = AppRef { root: folder.path().to_path_buf(), module: "app".to_string(), attribute: None };
    Ok((app, folder))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|why| errors::unreadable(path, &why))
}
