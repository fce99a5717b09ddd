//! A connection to SQLite as CPython's sqlite3 opens and runs it, in its legacy transaction mode.
//!
//! Owns opening and its settings, the statements kept prepared, BEGIN before changes, COMMIT and ROLLBACK.
//! Must not know pools, echo or events.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_int};
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{OpenFlags, ffi};
use rustc_hash::FxHashMap;

use super::functions;
use super::statement::{Cursor, Prepared};
use super::text::{Kind, SqlText, skip_blanks};
use crate::diag::Error;
use crate::engine::errors;
use crate::python::value::Value;

/// How a database is opened.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// None for a database in memory.
    pub path: Option<PathBuf>,
    /// The name is an SQLite URI (`file:x.db?mode=ro`).
    pub uri: bool,
    pub readonly: bool,
    /// Enforced from the beginning; a listener may say otherwise.
    pub foreign_keys: bool,
    /// How long another connection's lock is waited for.
    pub timeout: Duration,
    /// What follows BEGIN; None begins nothing by itself (`isolation_level=None`).
    pub isolation: Option<String>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        OpenOptions {
            path: None,
            uri: false,
            readonly: false,
            foreign_keys: false,
            timeout: Duration::from_secs(5),
            isolation: Some(String::new()),
        }
    }
}

/// Pages that a backup copies in one step.
const PAGES: c_int = 4096;

/// Statements kept prepared, at most.
const KEPT: usize = 512;

#[derive(Default)]
struct Statements {
    entries: Vec<Rc<Prepared>>,
    by_text: FxHashMap<Rc<str>, u32>,
}

/// One connection. Statements stand before the handle, so that they go first.
pub struct DbapiConnection {
    statements: RefCell<Statements>,
    raw: RefCell<rusqlite::Connection>,
    handle: NonNull<ffi::sqlite3>,
    /// Names this connection's present statement cache in the hints of `SqlText`.
    cache_id: Cell<u32>,
    isolation: RefCell<Option<String>>,
    closed: Cell<bool>,
    readonly: bool,
}

/// What a statement may do while it is prepared: everything but reach another file. ATTACH takes memory and
/// nameless temporary databases only, which leaves VACUUM (it attaches one of those) and stops VACUUM INTO.
unsafe extern "C" fn authorize(
    _: *mut std::ffi::c_void,
    action: c_int,
    name: *const c_char,
    _: *const c_char,
    _: *const c_char,
    _: *const c_char,
) -> c_int {
    if action != ffi::SQLITE_ATTACH {
        return ffi::SQLITE_OK;
    }
    // SAFETY: SQLite passes the file name as a string, or null where it is an expression.
    let harmless = !name.is_null() && matches!(unsafe { CStr::from_ptr(name) }.to_bytes(), b"" | b":memory:");
    if harmless { ffi::SQLITE_OK } else { ffi::SQLITE_DENY }
}

thread_local! {
    static NEXT_CACHE: Cell<u32> = const { Cell::new(1) };
    /// The connections of this thread that may still be open.
    static OPENED: RefCell<Vec<Weak<DbapiConnection>>> = const { RefCell::new(Vec::new()) };
}

/// Closes what is still open, for a process that ends without dropping its objects: transactions are rolled back, and
/// no file stays behind beside the database.
pub fn close_all() {
    for connection in OPENED.take().iter().filter_map(Weak::upgrade) {
        connection.close();
        // SAFETY: the handle is open; "main" is always there, and the name lives as long as the connection.
        let name = unsafe {
            let name = ffi::sqlite3_db_filename(connection.db(), c"main".as_ptr());
            if name.is_null() { String::new() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
        };
        // A write-ahead log is folded into the database by whoever closes it last.
        if !name.is_empty()
            && Path::new(&format!("{name}-wal")).exists()
            && let Ok(nothing) = rusqlite::Connection::open_in_memory()
        {
            drop(connection.raw.replace(nothing));
        }
    }
}

fn next_cache() -> u32 {
    NEXT_CACHE.with(|next| next.replace(next.get() + 1))
}

impl DbapiConnection {
    /// Opens a database. Foreign keys are off, as CPython's SQLite has them, and the planner is stable, so that
    /// statements with parameters stay prepared.
    pub fn open(options: &OpenOptions) -> Result<Rc<DbapiConnection>, Error> {
        let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags |= if options.readonly {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        };
        if options.uri {
            flags |= OpenFlags::SQLITE_OPEN_URI;
        }
        let name = options.path.as_deref().unwrap_or(Path::new(":memory:"));
        let raw = rusqlite::Connection::open_with_flags(name, flags)
            .map_err(|error| errors::from_rusqlite(&error))?;
        // SAFETY: the handle is used only while `raw` lives, which this struct sees to.
        let handle = unsafe { raw.handle() };
        let handle = NonNull::new(handle).expect("an open connection has a handle");
        let connection = DbapiConnection {
            statements: RefCell::new(Statements::default()),
            raw: RefCell::new(raw),
            handle,
            cache_id: Cell::new(next_cache()),
            isolation: RefCell::new(options.isolation.clone()),
            closed: Cell::new(false),
            readonly: options.readonly,
        };
        connection.set_up(options).map_err(|error| errors::from_rusqlite(&error))?;
        let connection = Rc::new(connection);
        OPENED.with(|opened| {
            let mut opened = opened.borrow_mut();
            opened.retain(|known| known.strong_count() > 0);
            opened.push(Rc::downgrade(&connection));
        });
        Ok(connection)
    }

    fn set_up(&self, options: &OpenOptions) -> rusqlite::Result<()> {
        let mut raw = self.raw.borrow_mut();
        raw.busy_timeout(options.timeout)?;
        raw.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, options.foreign_keys)?;
        raw.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // SAFETY: the callback takes no data of ours and does not call into SQLite.
        unsafe { ffi::sqlite3_set_authorizer(self.db(), Some(authorize), std::ptr::null_mut()) };
        functions::register(&mut raw)
    }

    fn db(&self) -> *mut ffi::sqlite3 {
        self.handle.as_ptr()
    }

    /// SQLite's own version.
    pub fn sqlite_version() -> &'static str {
        rusqlite::version()
    }

    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }

    pub fn is_readonly(&self) -> bool {
        self.readonly
    }

    /// Whether a transaction is under way.
    #[inline]
    pub fn in_transaction(&self) -> bool {
        // SAFETY: the handle lives as long as `self`.
        unsafe { ffi::sqlite3_get_autocommit(self.db()) == 0 }
    }

    #[inline]
    pub fn last_insert_rowid(&self) -> i64 {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_last_insert_rowid(self.db()) }
    }

    /// Rows that the last INSERT, UPDATE or DELETE changed, triggers left out.
    #[inline]
    pub fn changes(&self) -> i64 {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_changes64(self.db()) }
    }

    pub fn total_changes(&self) -> i64 {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_total_changes64(self.db()) }
    }

    pub fn isolation(&self) -> Option<String> {
        self.isolation.borrow().clone()
    }

    pub fn set_isolation(&self, level: Option<String>) -> Result<(), Error> {
        if level.is_none() {
            self.commit()?;
        }
        *self.isolation.borrow_mut() = level;
        Ok(())
    }

    /// The last error of the connection, as the exception that sqlite3 raises.
    #[cold]
    pub(super) fn error(&self, code: c_int) -> Error {
        // SAFETY: the message lives until the next call on the connection.
        let (code, message) = unsafe {
            let extended = ffi::sqlite3_extended_errcode(self.db());
            let code = if extended & 0xff == code & 0xff { extended } else { code };
            let message = if code == ffi::SQLITE_MISUSE && extended == ffi::SQLITE_OK {
                ffi::sqlite3_errstr(code)
            } else {
                ffi::sqlite3_errmsg(self.db())
            };
            (code, CStr::from_ptr(message).to_string_lossy().into_owned())
        };
        errors::from_code(code, &message)
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.closed.get() { Err(errors::closed_database()) } else { Ok(()) }
    }

    /// The prepared statement of a text; the one kept from before, where nobody is stepping it.
    pub fn prepare(&self, sql: &SqlText) -> Result<Rc<Prepared>, Error> {
        self.check_open()?;
        let (cache, place) = sql.hint.get();
        let statements = self.statements.borrow();
        if cache == self.cache_id.get()
            && let Some(kept) = statements.entries.get(place as usize)
            && !kept.busy.get()
        {
            return Ok(kept.clone());
        }
        if let Some(&place) = statements.by_text.get(sql.text()) {
            let kept = &statements.entries[place as usize];
            sql.hint.set((self.cache_id.get(), place));
            if !kept.busy.get() {
                return Ok(kept.clone());
            }
            drop(statements);
            return self.compile(sql.text()).map(Rc::new);
        }
        drop(statements);
        let prepared = Rc::new(self.compile(sql.text())?);
        let mut statements = self.statements.borrow_mut();
        if statements.entries.len() >= KEPT {
            *statements = Statements::default();
            self.cache_id.set(next_cache());
        }
        let place = statements.entries.len() as u32;
        statements.entries.push(prepared.clone());
        statements.by_text.insert(sql.shared().clone(), place);
        sql.hint.set((self.cache_id.get(), place));
        Ok(prepared)
    }

    fn compile(&self, text: &str) -> Result<Prepared, Error> {
        let text = if skip_blanks(text).is_empty() { NOTHING } else { text };
        let (prepared, used) = self.compile_first(text)?;
        if !skip_blanks(&text[used..]).is_empty() {
            return Err(errors::one_statement_at_a_time());
        }
        Ok(prepared)
    }

    /// Prepares the first statement of a text; says where the next one begins.
    fn compile_first(&self, text: &str) -> Result<(Prepared, usize), Error> {
        if text.contains('\0') {
            return Err(errors::null_character());
        }
        let mut raw = std::ptr::null_mut();
        let mut tail: *const c_char = std::ptr::null();
        let start = text.as_ptr().cast::<c_char>();
        // SAFETY: text and its length belong together; the out pointers are ours.
        let code = unsafe {
            ffi::sqlite3_prepare_v3(
                self.db(),
                start,
                text.len() as c_int,
                ffi::SQLITE_PREPARE_PERSISTENT,
                &mut raw,
                &mut tail,
            )
        };
        if code != ffi::SQLITE_OK {
            return Err(self.error(code));
        }
        let Some(raw) = NonNull::new(raw) else {
            return Err(self.error(ffi::SQLITE_MISUSE));
        };
        let prepared = Prepared::new(raw);
        // SAFETY: SQLite sets the tail to a place inside the text or to its end.
        let used = unsafe { tail.offset_from(start) } as usize;
        Ok((prepared, used))
    }

    /// Executes a statement: begins a transaction first if it changes rows and none is under way.
    pub fn execute(self: &Rc<Self>, sql: &Rc<SqlText>, values: &[Value]) -> Result<Cursor, Error> {
        let statement = self.prepare(sql)?;
        if sql.kind() == Kind::Dml && !self.in_transaction() {
            self.begin()?;
        }
        Cursor::start(self, statement, sql, values)
    }

    /// Executes a statement that changes rows once for each set of values; gives the number of rows changed.
    pub fn execute_many<'a>(
        self: &Rc<Self>,
        sql: &Rc<SqlText>,
        sets: impl Iterator<Item = &'a [Value]>,
    ) -> Result<i64, Error> {
        if sql.kind() != Kind::Dml {
            return Err(errors::executemany_needs_dml());
        }
        let mut changed = 0;
        for values in sets {
            let mut cursor = self.execute(sql, values)?;
            while cursor.next_row()? {}
            changed += cursor.rowcount().max(0);
        }
        Ok(changed)
    }

    /// Runs one statement for its effect.
    pub fn run(self: &Rc<Self>, text: &str) -> Result<(), Error> {
        let statement = Rc::new(self.compile(text)?);
        let mut cursor = Cursor::start(self, statement, &SqlText::new(text), &[])?;
        while cursor.next_row()? {}
        Ok(())
    }

    /// Runs a script of several statements, as `executescript` does, without committing first.
    pub fn run_script(&self, script: &str) -> Result<(), Error> {
        self.check_open()?;
        let raw = self.raw.borrow();
        raw.execute_batch(script).map_err(|error| errors::from_rusqlite(&error))
    }

    /// Runs the statements of a script one by one. At a failure the statement is given with the error.
    pub fn run_each(self: &Rc<Self>, script: &str) -> Result<usize, (String, Error)> {
        let mut rest = script;
        let mut count = 0;
        loop {
            rest = skip_blanks(rest);
            if rest.is_empty() {
                return Ok(count);
            }
            let (prepared, used) =
                self.compile_first(rest).map_err(|error| (first_line_of(rest).to_string(), error))?;
            let text = rest[..used].trim_end().trim_end_matches(';').to_string();
            let fail = |error| (text.clone(), error);
            if ends_transactions(&text) {
                return Err(fail(errors::own_transaction()));
            }
            let mut cursor =
                Cursor::start(self, Rc::new(prepared), &SqlText::new(&*text), &[]).map_err(fail)?;
            while cursor.next_row().map_err(fail)? {}
            count += 1;
            rest = &rest[used..];
        }
    }

    fn simple(&self, text: &str) -> Result<(), Error> {
        let prepared = self.compile(text)?;
        match prepared.step() {
            ffi::SQLITE_DONE | ffi::SQLITE_ROW => Ok(()),
            code => Err(self.error(code)),
        }
    }

    fn begin(&self) -> Result<(), Error> {
        match &*self.isolation.borrow() {
            None => Ok(()),
            Some(level) if level.is_empty() => self.simple("BEGIN "),
            Some(level) => self.simple(&format!("BEGIN {level}")),
        }
    }

    /// Commits, if there is anything to commit.
    pub fn commit(&self) -> Result<(), Error> {
        self.check_open()?;
        if self.in_transaction() { self.simple("COMMIT") } else { Ok(()) }
    }

    /// Rolls back, if there is anything to roll back.
    pub fn rollback(&self) -> Result<(), Error> {
        self.check_open()?;
        if self.in_transaction() { self.simple("ROLLBACK") } else { Ok(()) }
    }

    /// Closes the connection for its users; the file is let go when the last cursor is.
    pub fn close(&self) {
        if self.closed.replace(true) {
            return;
        }
        if self.in_transaction() {
            // A rollback that fails leaves nothing more to do: closing rolls back too.
            let _ = self.simple("ROLLBACK");
        }
        *self.statements.borrow_mut() = Statements::default();
        self.cache_id.set(next_cache());
    }

    /// Copies the whole database into another connection.
    pub fn backup_into(&self, target: &DbapiConnection) -> Result<(), Error> {
        self.check_open()?;
        target.check_open()?;
        *target.statements.borrow_mut() = Statements::default();
        target.cache_id.set(next_cache());
        let source = self.raw.borrow();
        let mut target = target.raw.borrow_mut();
        let backup = rusqlite::backup::Backup::new(&source, &mut target)
            .map_err(|error| errors::from_rusqlite(&error))?;
        loop {
            use rusqlite::backup::StepResult;
            match backup.step(PAGES).map_err(|error| errors::from_rusqlite(&error))? {
                StepResult::Done => return Ok(()),
                StepResult::More => {}
                // The lock was waited for already, as long as the connection waits for any.
                _ => return Err(errors::from_code(ffi::SQLITE_BUSY, "database is locked")),
            }
        }
    }

    /// Counts every row that is written from now on; None ends that.
    pub fn count_rows(&self, count: Option<Arc<AtomicU64>>) {
        let count = count.map(|count| {
            move |_: rusqlite::hooks::Action, _: &str, _: &str, _: i64| {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        // Only a connection that is not this one's own would be refused.
        let _ = self.raw.borrow_mut().update_hook(count);
    }

    /// Stops what is running, from within its progress callback or another thread's signal.
    pub fn interrupt(&self) {
        // SAFETY: the handle lives as long as `self`.
        unsafe { ffi::sqlite3_interrupt(self.db()) };
    }

    /// The file behind the main database; empty for one in memory.
    pub fn path(&self) -> Option<String> {
        self.raw.borrow().path().map(str::to_string)
    }
}

/// Stands for an empty text, which sqlite3 accepts and which does nothing: an unknown pragma.
const NOTHING: &str = "PRAGMA nothing_to_do";

fn first_line_of(text: &str) -> &str {
    text.lines().next().unwrap_or("")
}

/// Whether a statement would begin or end the transaction that a script runs in.
fn ends_transactions(text: &str) -> bool {
    let word = skip_blanks(text).split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    ["BEGIN", "COMMIT", "END", "ROLLBACK"].iter().any(|known| word.eq_ignore_ascii_case(known))
}
