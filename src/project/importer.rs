//! Where `import` looks: Retort's own modules, then the files below the app's folder.
//!
//! Owns the search and the rule that files are read only below the folder. Must not know what modules mean.

use std::path::{Path, PathBuf};

use super::errors;
use crate::pylib;
use crate::python::vm::{Found, Importer};

/// Imports for one app.
pub struct ProjectImporter {
    root: PathBuf,
    /// Modules that are not files: the app of a built-in lesson, models written from a database.
    texts: Vec<(String, String)>,
}

impl ProjectImporter {
    pub fn new(root: &Path) -> Self {
        ProjectImporter {
            root: root.canonicalize().unwrap_or_else(|_| root.to_path_buf()),
            texts: Vec::new(),
        }
    }

    /// Adds a module by its text; it comes before files and libraries.
    pub fn with_text(mut self, name: &str, text: &str) -> Self {
        self.texts.push((name.to_string(), text.to_string()));
        self
    }

    /// The file of a dotted name below the root, and whether it is a package.
    fn file_of(&self, name: &str) -> Option<(PathBuf, bool)> {
        let base = self.root.join(name.replace('.', "/"));
        let package = base.join("__init__.py");
        if package.is_file() {
            return Some((package, true));
        }
        let file = base.with_extension("py");
        if file.is_file() {
            return Some((file, false));
        }
        None
    }
}

impl Importer for ProjectImporter {
    fn find(&mut self, name: &str, _from: Option<&str>) -> Option<Found> {
        if let Some((name, text)) = self.texts.iter().find(|(known, _)| known == name) {
            let path = self.root.join(format!("{name}.py")).display().to_string();
            return Some(Found::Source { text: text.clone(), path, is_package: false });
        }
        // An app's own module shadows a module of the library, as the first entry of sys.path does.
        if let Some((path, is_package)) = self.file_of(name) {
            let bytes = match std::fs::read(&path) {
                Ok(bytes) => bytes,
                Err(why) => return Some(Found::Unreadable(errors::unreadable(&path, &why))),
            };
            let shown = path.display().to_string();
            return Some(match String::from_utf8(bytes) {
                Ok(text) => Found::Source { text, path: shown, is_package },
                Err(why) => {
                    let (at, bytes) = (why.utf8_error().valid_up_to(), why.as_bytes());
                    let line = bytes[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
                    Found::Unreadable(errors::module_not_utf8(&shown, bytes[at], line))
                }
            });
        }
        if let Some(module) = pylib::find(name) {
            return Some(Found::Native(module));
        }
        let folder = self.root.join(name.replace('.', "/"));
        if folder.is_dir() {
            // A package without `__init__.py`.
            let path = folder.join("__init__.py").display().to_string();
            return Some(Found::Source { text: String::new(), path, is_package: true });
        }
        if pylib::inert::is_inert(name) {
            return Some(Found::Inert(pylib::inert::module_getattr));
        }
        None
    }
}
