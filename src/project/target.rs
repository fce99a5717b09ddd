//! What the command line's TARGET stands for.
//!
//! Owns the order in which an app is looked for and how a word is taken: file, folder, module, database, URI, lesson.
//! Must not know how an app is loaded.

use std::path::{Path, PathBuf};

use crate::diag::Error;

use super::errors;

/// What to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    App(AppRef),
    /// A SQLite file.
    Database(PathBuf),
    /// A database URI.
    Uri(String),
    /// A built-in lesson.
    Lesson(String),
}

/// Where an app's module is, and what in it is the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRef {
    /// The folder from which the app's modules are imported.
    pub root: PathBuf,
    /// Dotted.
    pub module: String,
    /// `app`, or a factory as `create_app` or `create_app('testing')`.
    pub attribute: Option<String>,
}

pub const LESSONS: [&str; 5] = ["excuses", "raccoons", "tasks", "hello_books", "library"];
const DEFAULT_MODULES: [&str; 3] = ["wsgi", "app", "models"];
const SQLITE_HEAD: &[u8] = b"SQLite format 3\0";

/// Decides what a TARGET word means; `None` means what the environment and the folder offer.
pub fn resolve(word: Option<&str>, flask_app: Option<&str>, folder: &Path) -> Result<Target, Error> {
    match (word, flask_app) {
        (Some(word), _) => resolve_word(word, folder),
        (None, Some(app)) => Ok(Target::App(app_ref(app, folder)?)),
        (None, None) => Ok(find_here(folder)?.map_or_else(|| Target::Lesson("excuses".into()), Target::App)),
    }
}

/// The app that lies in a folder without being named.
pub fn find_here(folder: &Path) -> Result<Option<AppRef>, Error> {
    for module in DEFAULT_MODULES {
        if folder.join(format!("{module}.py")).is_file() || folder.join(module).join("__init__.py").is_file()
        {
            return app_ref(module, folder).map(Some);
        }
    }
    Ok(None)
}

fn resolve_word(word: &str, folder: &Path) -> Result<Target, Error> {
    if word.contains("://") {
        return Ok(Target::Uri(word.to_string()));
    }
    if word.starts_with("sqlite:") || word.starts_with("file:") {
        return Err(errors::bad_uri(word));
    }
    let path = folder.join(word);
    if path.is_dir() {
        if path.join("__init__.py").is_file()
            && let (Some(parent), Some(name)) = (path.parent(), path.file_name())
        {
            return Ok(Target::App(app_ref(&name.to_string_lossy(), parent)?));
        }
        return match find_here(&path)? {
            Some(app) => Ok(Target::App(app)),
            None => Err(errors::no_app_in(&path)),
        };
    }
    if path.is_file() {
        if path.extension().is_some_and(|extension| extension == "py") {
            return Ok(Target::App(app_ref(word, folder)?));
        }
        return if is_database(&path) {
            Ok(Target::Database(path))
        } else {
            Err(errors::not_a_database(&path))
        };
    }
    let file_like = [".py", ".db", ".sqlite", ".sqlite3"].iter().any(|ending| word.ends_with(ending));
    if file_like || (word.contains('/') && !word.contains(':')) {
        return Err(errors::no_such_file(&path));
    }
    Ok(Target::App(app_ref(word, folder)?))
}

/// Whether a file begins as SQLite files do; an empty file is an empty database.
pub fn is_database(path: &Path) -> bool {
    use std::io::Read;
    let Ok(mut file) = std::fs::File::open(path) else { return false };
    let mut head = [0u8; 16];
    match file.read(&mut head) {
        Ok(0) => true,
        Ok(read) => head[..read] == SQLITE_HEAD[..read.min(16)] && read == 16,
        Err(_) => false,
    }
}

/// Reads `module`, `module:name`, `module:factory(...)`, `path/file.py` and `path/file.py:name`.
pub fn app_ref(spec: &str, folder: &Path) -> Result<AppRef, Error> {
    let (place, attribute) = match spec.split_once(':') {
        Some((place, attribute)) => (place, Some(attribute.trim().to_string())),
        None => (spec, None),
    };
    let path = folder.join(place);
    let from_path = |file: &Path| -> Option<AppRef> {
        let name = file.file_stem()?.to_string_lossy().into_owned();
        let (mut root, mut parts) = (file.parent()?.to_path_buf(), vec![name]);
        if parts[0] == "__init__" {
            parts.clear();
        }
        while root.join("__init__.py").is_file() {
            parts.insert(0, root.file_name()?.to_string_lossy().into_owned());
            root = root.parent()?.to_path_buf();
        }
        let root = if root.as_os_str().is_empty() { PathBuf::from(".") } else { root };
        Some(AppRef { root, module: parts.join("."), attribute: attribute.clone() })
    };
    if path.is_file() {
        return from_path(&path).ok_or_else(|| errors::no_such_file(&path));
    }
    let as_module = folder.join(place.replace('.', "/"));
    let found = [as_module.with_extension("py"), as_module.join("__init__.py")];
    if !found.iter().any(|file| file.is_file()) {
        return Err(errors::no_module(place, folder));
    }
    Ok(AppRef { root: folder.to_path_buf(), module: place.to_string(), attribute })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_as_what_they_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path();
        std::fs::write(root.join("app.py"), "").expect("written");
        std::fs::create_dir(root.join("shop")).expect("made");
        std::fs::write(root.join("shop/__init__.py"), "").expect("written");
        std::fs::write(root.join("shop/models.py"), "").expect("written");
        std::fs::write(root.join("notes.txt"), "hello there").expect("written");
        let app = |word: &str| match resolve(Some(word), None, root) {
            Ok(Target::App(app)) => (app.module, app.attribute),
            other => panic!("{word}: {other:?}"),
        };
        assert_eq!(app("app.py"), ("app".into(), None));
        assert_eq!(app("app:create_app('test')"), ("app".into(), Some("create_app('test')".into())));
        assert_eq!(app("shop"), ("shop".into(), None));
        assert_eq!(app("shop/models.py"), ("shop.models".into(), None));
        assert!(resolve(Some("notes.txt"), None, root).is_err());
        assert!(resolve(Some("missing.py"), None, root).is_err());
        assert!(matches!(resolve(Some("sqlite://"), None, root), Ok(Target::Uri(_))));
        assert!(matches!(resolve(None, None, root), Ok(Target::App(app)) if app.module == "app"));
        assert!(matches!(resolve(None, None, &root.join("nowhere")), Ok(Target::Lesson(_))));
    }
}
