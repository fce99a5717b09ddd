//! The engine: one database, its pool, its echo flag, its listeners.
//!
//! Owns what `create_engine` makes. Must not know statements or transactions.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use super::connection::Connection;
use super::driver::OpenOptions;
use super::events::{self, EngineEvent, EventKind, Listener, ListenerId};
use super::policy;
use super::pool::{Pool, PoolKind};
use super::url::{self, Url};
use crate::diag::Error;
use crate::python::value::{Host, R};

/// What `create_engine` takes besides the URL.
#[derive(Clone, Debug, Default)]
pub struct EngineOptions {
    pub echo: bool,
    /// `echo="debug"`: columns and rows, too.
    pub echo_rows: bool,
    pub logging_name: Option<String>,
    pub hide_parameters: bool,
    /// None chooses by the URL.
    pub pool: Option<PoolKind>,
    pub pool_size: Option<usize>,
    pub max_overflow: Option<usize>,
    pub readonly: bool,
    /// `connect_args={"timeout": ...}`, in seconds.
    pub timeout: Option<f64>,
    /// `isolation_level="AUTOCOMMIT"`.
    pub autocommit: bool,
}

/// A database that connections are made to.
pub struct Engine {
    pub url: Url,
    pub pool: Pool,
    pub hide_parameters: bool,
    pub autocommit: bool,
    echo: Cell<bool>,
    echo_rows: Cell<bool>,
    logger: String,
    open: OpenOptions,
    listeners: RefCell<Vec<Listener>>,
    /// The object that stands for the engine in the language, and whatever else a higher layer keeps by it (the
    /// cache of compiled statements).
    attachments: RefCell<Vec<Rc<dyn Any>>>,
}

impl Engine {
    pub fn new(mut url: Url, mut options: EngineOptions) -> Result<Rc<Engine>, Error> {
        if let Some(error) = url::other_database(&url) {
            match policy::stand_in(&url) {
                Some(other) => url = other,
                None => return Err(error),
            }
            options.pool = (!url.is_file()).then_some(PoolKind::Static);
        }
        let policy = policy::current();
        if url.username.is_some() || url.password.is_some() || url.host.is_some() || url.port.is_some() {
            return Err(url::invalid_sqlite(&url));
        }
        let file = url.is_file();
        let kind = options.pool.unwrap_or(if file { PoolKind::Queue } else { PoolKind::SingletonThread });
        let mut pool = Pool::new(kind);
        pool.size = options.pool_size.unwrap_or(pool.size);
        pool.overflow = options.max_overflow.unwrap_or(pool.overflow);
        let logger = match &options.logging_name {
            Some(name) => format!("sqlalchemy.engine.Engine.{name}"),
            None => "sqlalchemy.engine.Engine".to_string(),
        };
        let timeout = options.timeout.or_else(|| url.query_value("timeout")?.parse().ok());
        let uri = url.query_value("uri").is_some_and(|value| matches!(value, "true" | "True" | "1"));
        let (path, uri) = match file.then(|| policy::place(&location(&url, uri), uri)).transpose()? {
            Some((path, uri)) => (Some(path), uri),
            None => (None, uri),
        };
        let open = OpenOptions {
            path,
            uri,
            readonly: options.readonly || (policy.readonly && file),
            foreign_keys: policy.foreign_keys,
            timeout: Duration::from_secs_f64(timeout.unwrap_or(5.0).max(0.0)),
            isolation: (!options.autocommit).then(String::new),
        };
        Ok(Rc::new(Engine {
            pool,
            hide_parameters: options.hide_parameters,
            autocommit: options.autocommit,
            echo: Cell::new(options.echo || options.echo_rows || policy.echo),
            echo_rows: Cell::new(options.echo_rows),
            logger,
            open,
            listeners: RefCell::new(Vec::new()),
            attachments: RefCell::new(Vec::new()),
            url,
        }))
    }

    pub fn echo(&self) -> bool {
        self.echo.get()
    }

    /// Reaches connections made from now on; one that a session holds keeps what it had.
    pub fn set_echo(&self, on: bool) {
        self.echo.set(on);
        self.echo_rows.set(false);
    }

    pub fn echo_rows(&self) -> bool {
        self.echo_rows.get()
    }

    pub fn logger(&self) -> &str {
        &self.logger
    }

    pub fn open_options(&self) -> OpenOptions {
        self.open.clone()
    }

    /// The file, if the database is one.
    pub fn path(&self) -> Option<&std::path::Path> {
        self.open.path.as_deref()
    }

    pub fn dialect_name(&self) -> &'static str {
        "sqlite"
    }

    pub fn driver(&self) -> &'static str {
        "pysqlite"
    }

    /// Takes a connection from the pool.
    pub fn connect(self: &Rc<Self>, host: &mut dyn Host) -> R<Rc<Connection>> {
        Connection::open(host, self)
    }

    pub fn dispose(&self) {
        self.pool.dispose();
    }

    pub fn listen(&self, listener: Listener) {
        self.listeners.borrow_mut().push(listener);
    }

    pub fn forget(&self, id: ListenerId) -> bool {
        let mut listeners = self.listeners.borrow_mut();
        let before = listeners.len();
        listeners.retain(|listener| listener.id != id);
        listeners.len() < before
    }

    #[inline]
    pub(super) fn has_listeners(&self) -> bool {
        events::somebody_listens() || !self.listeners.borrow().is_empty()
    }

    pub(super) fn dispatch(&self, host: &mut dyn Host, kind: EventKind, event: &EngineEvent<'_>) -> R<()> {
        if !self.has_listeners() {
            return Ok(());
        }
        events::dispatch(host, &self.listeners, kind, event)
    }

    /// Something that a higher layer keeps by the engine, made on first use.
    pub fn attachment<T: Any>(&self, make: impl FnOnce() -> T) -> Rc<T> {
        let found = self.attachments.borrow().iter().find_map(|kept| kept.clone().downcast::<T>().ok());
        match found {
            Some(found) => found,
            None => {
                let made = Rc::new(make());
                self.attachments.borrow_mut().push(made.clone());
                made
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.pool.dispose();
    }
}

fn location(url: &Url, uri: bool) -> PathBuf {
    let name = url.database.as_deref().unwrap_or(":memory:");
    if uri {
        let own =
            ["uri", "timeout", "isolation_level", "detect_types", "check_same_thread", "cached_statements"];
        let mut rest: Vec<String> = url
            .query
            .iter()
            .filter(|(key, _)| !own.contains(&key.as_str()))
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        rest.sort();
        let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
        return PathBuf::from(format!("{name}{query}"));
    }
    let path = PathBuf::from(name);
    if path.is_absolute() {
        path
    } else {
        std::env::current_dir().map(|here| here.join(&path)).unwrap_or(path)
    }
}
