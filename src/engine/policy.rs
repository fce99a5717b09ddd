//! What whoever opened the app decided about every engine that is made from then on.
//!
//! Owns read-only opening, foreign keys, the copies of a sandbox, which files may be opened at all, and what stands
//! in for a server that there is no driver for. Must not know command lines or how a question is asked.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::driver::{DbapiConnection, OpenOptions};
use super::url::Url;
use crate::diag::Error;
use crate::diag::builtin::PERMISSION_ERROR;

/// Asks whether a file may be opened.
pub type Ask = Rc<dyn Fn(&Path) -> bool>;

/// The rules of this thread's engines.
#[derive(Clone, Default)]
pub struct Policy {
    pub readonly: bool,
    /// Every new connection enforces foreign keys.
    pub foreign_keys: bool,
    pub echo: bool,
    /// A folder for copies: what is opened is a copy of the file, made when it is first asked for.
    pub sandbox: Option<PathBuf>,
    /// Files below these folders are opened without a question; None asks nothing about any file.
    pub folders: Option<Vec<PathBuf>>,
    /// Files that the user named.
    pub named: Vec<PathBuf>,
    /// A folder that takes the place of every other: a file elsewhere becomes one of the same name in it.
    pub redirect: Option<PathBuf>,
    /// Whether an app that asks for a server gets a database in memory.
    pub stand_in: bool,
    pub ask: Option<Ask>,
}

thread_local! {
    static POLICY: RefCell<Rc<Policy>> = RefCell::default();
    static LOADING: Cell<bool> = const { Cell::new(false) };
    static STOOD_IN: RefCell<Vec<Url>> = const { RefCell::new(Vec::new()) };
    static COPIES: RefCell<Vec<(PathBuf, PathBuf)>> = const { RefCell::new(Vec::new()) };
}

/// Sets the rules for engines made from now on.
pub fn set(policy: Policy) {
    POLICY.with(|held| *held.borrow_mut() = Rc::new(policy));
}

pub fn current() -> Rc<Policy> {
    POLICY.with(|held| held.borrow().clone())
}

/// While an app is loaded, a server's URL gets a stand-in; what a session makes later is as it asks for.
pub fn loading(on: bool) {
    LOADING.set(on);
}

/// The servers in whose place a database in memory was opened.
pub fn stood_in() -> Vec<Url> {
    STOOD_IN.with(|held| held.borrow().clone())
}

/// The original and the copy of each file that the sandbox holds.
pub fn copies() -> Vec<(PathBuf, PathBuf)> {
    COPIES.with(|held| held.borrow().clone())
}

/// What is opened in place of a server without a driver, if anything may be.
pub(super) fn stand_in(url: &Url) -> Option<Url> {
    let policy = current();
    if !policy.stand_in || !LOADING.get() || url.is_sqlite() {
        return None;
    }
    STOOD_IN.with(|held| held.borrow_mut().push(url.clone()));
    let file = policy.redirect.as_ref().map(|folder| {
        let name = url.database.as_deref().unwrap_or("server").replace(['/', '\\'], "_");
        folder.join(format!("{name}.db")).to_string_lossy().into_owned()
    });
    Some(Url::sqlite(file.as_deref()))
}

/// Where a file is opened: itself, its copy, or one in the folder that stands for all others.
pub(super) fn place(path: &Path, uri: bool) -> Result<(PathBuf, bool), Error> {
    let policy = current();
    let file = if uri { path_of_uri(path) } else { path.to_path_buf() };
    let whole = whole(&file);
    if let Some(folder) = &policy.redirect {
        let inside = whole.starts_with(self::whole(folder));
        return Ok(match whole.file_name() {
            Some(name) if !inside => (folder.join(name), false),
            _ => (path.to_path_buf(), uri),
        });
    }
    if let Some(folders) = &policy.folders {
        let allowed = folders.iter().any(|folder| whole.starts_with(self::whole(folder)))
            || policy.named.iter().any(|named| self::whole(named) == whole);
        if !allowed && !policy.ask.as_ref().is_some_and(|ask| ask(&whole)) {
            return Err(elsewhere(&whole));
        }
    }
    match &policy.sandbox {
        Some(folder) => Ok((copy(&whole, folder)?, false)),
        None if policy.readonly && !uri && is_quiet_wal(&whole) => Ok((immutable(&whole), true)),
        None => Ok((path.to_path_buf(), uri)),
    }
}

/// A path without links and dots, as far as it exists.
fn whole(path: &Path) -> PathBuf {
    if let Ok(found) = path.canonicalize() {
        return found;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => whole(parent).join(name),
        _ => path.to_path_buf(),
    }
}

/// The file of `file:x.db?mode=ro`.
fn path_of_uri(path: &Path) -> PathBuf {
    let text = path.to_string_lossy();
    let text = text.strip_prefix("file:").unwrap_or(&text);
    let text = text.split(['?', '#']).next().unwrap_or(text);
    let text = match text.strip_prefix("//") {
        Some(rest) => rest.find('/').map_or("", |at| &rest[at..]),
        None => text,
    };
    let path = PathBuf::from(super::url::unquote(text, false));
    std::env::current_dir().map(|here| here.join(&path)).unwrap_or(path)
}

/// The copy of a file in a sandbox, made when it is first asked for; a file that does not exist yet begins empty.
fn copy(original: &Path, folder: &Path) -> Result<PathBuf, Error> {
    let known = COPIES
        .with(|held| held.borrow().iter().find(|(known, _)| known == original).map(|(_, copy)| copy.clone()));
    if let Some(known) = known {
        return Ok(known);
    }
    let count = COPIES.with(|held| held.borrow().len());
    let name = original.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let copy = folder.join(format!("{count}-{name}"));
    if original.is_file() {
        let open = |path: &Path, readonly: bool| {
            let path = Some(path.to_path_buf());
            DbapiConnection::open(&OpenOptions { path, readonly, ..OpenOptions::default() })
        };
        let source = open(original, true)?;
        let target = open(&copy, false)?;
        source.backup_into(&target)?;
        source.close();
        target.close();
    }
    COPIES.with(|held| held.borrow_mut().push((original.to_path_buf(), copy.clone())));
    Ok(copy)
}

/// A file in WAL mode that nobody has open: reading it the usual way would leave `-shm` and `-wal` beside it.
fn is_quiet_wal(path: &Path) -> bool {
    use std::io::Read;
    let mut head = [0u8; 20];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    let mut log = path.as_os_str().to_os_string();
    log.push("-wal");
    read.is_ok() && head[18] == 2 && !Path::new(&log).exists()
}

fn immutable(path: &Path) -> PathBuf {
    let text = path.to_string_lossy();
    let text = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    PathBuf::from(format!("file:{text}?immutable=1"))
}

/// `PermissionError: the app asks for the database /x/y.db, which lies outside its own folder`
fn elsewhere(path: &Path) -> Error {
    let shown = path.display();
    Error::new(
        &PERMISSION_ERROR,
        format!("the app asks for the database {shown}, which lies outside its folder and this one"),
    )
    .hint(format!("if that is meant: --db {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_elsewhere_are_refused_unless_named() {
        let own = tempfile::tempdir().expect("a temporary folder");
        let other = tempfile::tempdir().expect("a temporary folder");
        let (inside, outside) = (own.path().join("x.db"), other.path().join("y.db"));
        let folders = Some(vec![own.path().to_path_buf()]);
        set(Policy { folders: folders.clone(), ..Policy::default() });
        assert_eq!(place(&inside, false).expect("its own folder").0, inside);
        assert!(place(&outside, false).is_err());
        assert!(
            place(&own.path().join("../").join(other.path().file_name().expect("named")).join("y.db"), false)
                .is_err()
        );
        set(Policy { folders, named: vec![outside.clone()], ..Policy::default() });
        assert_eq!(place(&outside, false).expect("named").0, outside);
        set(Policy { redirect: Some(own.path().to_path_buf()), ..Policy::default() });
        assert_eq!(place(&outside, false).expect("redirected").0, own.path().join("y.db"));
        set(Policy::default());
    }

    #[test]
    fn the_file_of_a_uri() {
        assert_eq!(path_of_uri(Path::new("file:/a/b%20c.db?mode=ro")), Path::new("/a/b c.db"));
        assert_eq!(path_of_uri(Path::new("file:///a/b.db")), Path::new("/a/b.db"));
    }
}
