//! The beginning of a session: what the banner tells.
//!
//! Owns finding it out without changing anything: a database that does not exist yet is not made by looking at it.
//! Must not know how the banner looks.

use crate::python::value::{Host, Value, intern};
use crate::ui::banner::Banner;
use crate::ui::table::Cell;

use super::session::Shell;

/// What only the opener knows.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    pub readonly: bool,
    pub sandbox: bool,
    /// Told in a line each.
    pub remarks: Vec<String>,
}

/// What stands above the first prompt.
pub fn banner(shell: &mut Shell, opening: Opening) -> Banner {
    let mut banner = Banner {
        version: env!("CARGO_PKG_VERSION").to_string(),
        readonly: opening.readonly,
        sandbox: opening.sandbox,
        remarks: opening.remarks,
        ..Banner::default()
    };
    let app = shell.project.app.clone();
    match &app {
        Some(_) if shell.project.source.is_none() => banner.app = "models made from the tables".to_string(),
        Some(app) => {
            banner.app = text(shell, app, "import_name").unwrap_or_default();
            banner.instance = text(shell, app, "instance_path");
        }
        None => banner.app = shell.project.root.display().to_string(),
    }
    if let Some((uri, path)) = database(shell) {
        let is_there = path.as_ref().is_none_or(|path| std::path::Path::new(path).is_file());
        banner.database = Some(uri);
        banner.tables = match (is_there, path) {
            (true, Some(_)) => count(
                shell,
                "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT IN ('refinery_schema_history', 'alembic_version')",
            ),
            _ => None,
        };
        // Only a connection can tell, and in memory it would be the session's own.
        banner.foreign_keys = is_there && count(shell, "PRAGMA foreign_keys") == Some(1);
    }
    banner
}

/// The database's URI, its password masked, and the file that it is.
fn database(shell: &mut Shell) -> Option<(String, Option<String>)> {
    let db = shell.database()?;
    let vm = &mut shell.project.vm;
    let engine = vm.get_attr(&db, &intern("engine")).ok()?;
    let url = vm.get_attr(&engine, &intern("url")).ok()?;
    let uri = vm.call_method(&url, "render_as_string", &[]).ok()?;
    let path = vm.get_attr(&url, &intern("database")).ok()?;
    let path = path.as_str().filter(|path| !path.is_empty() && *path != ":memory:").map(str::to_string);
    Some((uri.as_str()?.to_string(), path))
}

fn count(shell: &mut Shell, sql: &str) -> Option<usize> {
    match shell.own_rows(sql).ok()?.rows.first()?.first()? {
        Cell::Int(count) => usize::try_from(*count).ok(),
        _ => None,
    }
}

fn text(shell: &mut Shell, object: &Value, name: &str) -> Option<String> {
    let value = shell.project.vm.get_attr(object, &intern(name)).ok()?;
    value.as_str().map(str::to_string)
}
