//! Prepared statements and the rows that they step through.
//!
//! Owns the raw statement handle, binding into it and reading columns out of it, straight into values.
//! Must not know which statements a connection keeps.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_int};
use std::ptr::NonNull;
use std::rc::Rc;

use rusqlite::ffi;

use super::bind::{self, Bindable};
use super::connection::DbapiConnection;
use super::text::{Kind, SqlText};
use crate::diag::Error;
use crate::engine::errors;
use crate::python::value::{Str, Value};

/// One prepared statement. It goes before its connection does: whoever holds one holds the connection too.
pub struct Prepared {
    raw: NonNull<ffi::sqlite3_stmt>,
    /// May change when the schema does and SQLite prepares the text anew.
    columns: Cell<usize>,
    parameters: usize,
    /// Whether a cursor is stepping it.
    pub(super) busy: Cell<bool>,
    /// What is bound without a copy, kept alive until other values are bound.
    bound: RefCell<Vec<Value>>,
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: the handle is valid and nobody else owns it.
        unsafe { ffi::sqlite3_finalize(self.raw.as_ptr()) };
    }
}

impl Prepared {
    /// Takes over a handle that was just prepared.
    pub(super) fn new(raw: NonNull<ffi::sqlite3_stmt>) -> Prepared {
        // SAFETY: the handle is valid.
        let (columns, parameters) = unsafe {
            (ffi::sqlite3_column_count(raw.as_ptr()), ffi::sqlite3_bind_parameter_count(raw.as_ptr()))
        };
        Prepared {
            raw,
            columns: Cell::new(columns as usize),
            parameters: parameters as usize,
            busy: Cell::new(false),
            bound: RefCell::new(Vec::new()),
        }
    }

    pub(super) fn raw(&self) -> *mut ffi::sqlite3_stmt {
        self.raw.as_ptr()
    }

    #[inline]
    pub fn columns(&self) -> usize {
        self.columns.get()
    }

    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// The name of a parameter without its colon, None for `?`.
    pub fn parameter_name(&self, index: usize) -> Option<String> {
        // SAFETY: the handle is valid; SQLite answers null where there is no name.
        let name = unsafe { ffi::sqlite3_bind_parameter_name(self.raw(), index as c_int + 1) };
        if name.is_null() {
            return None;
        }
        // SAFETY: a zero-terminated text that lives as long as the statement.
        let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
        Some(name[1..].to_string())
    }

    pub fn column_name(&self, index: usize) -> String {
        // SAFETY: as above; null only when memory ran out.
        let name = unsafe { ffi::sqlite3_column_name(self.raw(), index as c_int) };
        if name.is_null() {
            return String::new();
        }
        // SAFETY: as above.
        unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned()
    }

    /// The declared type of a column, if it comes straight from a table.
    pub fn declared_type(&self, index: usize) -> Option<String> {
        // SAFETY: as above.
        let name = unsafe { ffi::sqlite3_column_decltype(self.raw(), index as c_int) };
        // SAFETY: as above.
        (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned())
    }

    /// Whether the statement writes nothing.
    pub fn readonly(&self) -> bool {
        // SAFETY: the handle is valid.
        unsafe { ffi::sqlite3_stmt_readonly(self.raw()) != 0 }
    }

    fn refresh_columns(&self) {
        // SAFETY: the handle is valid.
        self.columns.set(unsafe { ffi::sqlite3_column_count(self.raw()) } as usize);
    }

    /// Binds values by position.
    pub(super) fn bind(&self, connection: &DbapiConnection, values: &[Value]) -> Result<(), Error> {
        if values.len() != self.parameters {
            return Err(errors::binding_count(self.parameters, values.len()));
        }
        let mut bound = self.bound.borrow_mut();
        bound.clear();
        for (index, value) in values.iter().enumerate() {
            let place = index as c_int + 1;
            let code = match value {
                // SAFETY (this block): the handle is valid; text and bytes are kept alive in `bound`.
                Value::Int(number) => unsafe { ffi::sqlite3_bind_int64(self.raw(), place, *number) },
                Value::Str(text) => {
                    bound.push(value.clone());
                    self.bind_text(place, text.as_str())
                }
                Value::None => unsafe { ffi::sqlite3_bind_null(self.raw(), place) },
                Value::Float(number) => unsafe { ffi::sqlite3_bind_double(self.raw(), place, *number) },
                Value::Bool(truth) => unsafe {
                    ffi::sqlite3_bind_int64(self.raw(), place, i64::from(*truth))
                },
                Value::Bytes(bytes) => {
                    bound.push(value.clone());
                    self.bind_blob(place, bytes.as_slice())
                }
                other => match bind::convert(other, index + 1)? {
                    Bindable::Int(number) => unsafe { ffi::sqlite3_bind_int64(self.raw(), place, number) },
                    Bindable::Float(number) => unsafe { ffi::sqlite3_bind_double(self.raw(), place, number) },
                    Bindable::Text(text) => {
                        let code = self.bind_text(place, text.as_str());
                        bound.push(Value::Str(text));
                        code
                    }
                    Bindable::Bytes(bytes) => {
                        let code = match &bytes {
                            Value::Bytes(inner) => self.bind_blob(place, inner.as_slice()),
                            _ => ffi::SQLITE_MISUSE,
                        };
                        bound.push(bytes);
                        code
                    }
                },
            };
            if code != ffi::SQLITE_OK {
                return Err(connection.error(code));
            }
        }
        Ok(())
    }

    fn bind_text(&self, place: c_int, text: &str) -> c_int {
        // SAFETY: the caller keeps the text alive until other values are bound.
        unsafe {
            ffi::sqlite3_bind_text64(
                self.raw(),
                place,
                text.as_ptr().cast(),
                text.len() as u64,
                ffi::SQLITE_STATIC(),
                ffi::SQLITE_UTF8 as u8,
            )
        }
    }

    fn bind_blob(&self, place: c_int, bytes: &[u8]) -> c_int {
        // SAFETY: as above. A null pointer would bind NULL, so an empty blob has its own call.
        unsafe {
            if bytes.is_empty() {
                ffi::sqlite3_bind_zeroblob(self.raw(), place, 0)
            } else {
                ffi::sqlite3_bind_blob64(
                    self.raw(),
                    place,
                    bytes.as_ptr().cast(),
                    bytes.len() as u64,
                    ffi::SQLITE_STATIC(),
                )
            }
        }
    }

    #[inline]
    pub(super) fn step(&self) -> c_int {
        // SAFETY: the handle is valid.
        unsafe { ffi::sqlite3_step(self.raw()) }
    }

    #[inline]
    pub(super) fn reset(&self) -> c_int {
        // SAFETY: the handle is valid.
        unsafe { ffi::sqlite3_reset(self.raw()) }
    }

    #[inline]
    fn kind_of(&self, index: usize) -> c_int {
        debug_assert!(index < self.columns.get());
        // SAFETY: the handle is valid; an index out of range reads as NULL.
        unsafe { ffi::sqlite3_column_type(self.raw(), index as c_int) }
    }

    fn blob(&self, index: usize) -> &[u8] {
        // SAFETY: the pointer is good until the next step; the slice borrows the statement, and `Cursor` hands it
        // out no longer than that.
        unsafe {
            let bytes = ffi::sqlite3_column_blob(self.raw(), index as c_int).cast::<u8>();
            let len = ffi::sqlite3_column_bytes(self.raw(), index as c_int) as usize;
            if bytes.is_null() { &[] } else { std::slice::from_raw_parts(bytes, len) }
        }
    }

    fn text_bytes(&self, index: usize) -> &[u8] {
        // SAFETY: as in `blob`.
        unsafe {
            let bytes = ffi::sqlite3_column_text(self.raw(), index as c_int);
            let len = ffi::sqlite3_column_bytes(self.raw(), index as c_int) as usize;
            if bytes.is_null() { &[] } else { std::slice::from_raw_parts(bytes, len) }
        }
    }
}

/// A statement under way: the row it stands on, and what is known when it ends.
pub struct Cursor {
    statement: Rc<Prepared>,
    connection: Rc<DbapiConnection>,
    sql: Rc<SqlText>,
    /// Whether the statement stands on a row.
    on_row: bool,
    done: bool,
    /// The first row was stepped to by `execute` and not handed out yet.
    fresh: bool,
    rowcount: i64,
    lastrowid: Option<i64>,
    rows: u64,
    on_end: Option<OnEnd>,
}

/// Told how many rows a statement gave, or changed, when it ends.
pub type OnEnd = Box<dyn FnOnce(u64)>;

impl Cursor {
    pub(super) fn start(
        connection: &Rc<DbapiConnection>,
        statement: Rc<Prepared>,
        sql: &Rc<SqlText>,
        values: &[Value],
    ) -> Result<Cursor, Error> {
        statement.bind(connection, values)?;
        statement.busy.set(true);
        let mut cursor = Cursor {
            statement,
            sql: sql.clone(),
            connection: connection.clone(),
            on_row: false,
            done: false,
            fresh: true,
            rowcount: -1,
            lastrowid: None,
            rows: 0,
            on_end: None,
        };
        cursor.advance()?;
        cursor.statement.refresh_columns();
        cursor.lastrowid = Some(connection.last_insert_rowid());
        Ok(cursor)
    }

    fn advance(&mut self) -> Result<(), Error> {
        match self.statement.step() {
            ffi::SQLITE_ROW => {
                self.on_row = true;
                Ok(())
            }
            ffi::SQLITE_DONE => {
                self.finish();
                Ok(())
            }
            code => {
                let error = self.connection.error(code);
                self.finish();
                Err(error)
            }
        }
    }

    fn finish(&mut self) {
        if self.done {
            return;
        }
        self.done = true;
        self.on_row = false;
        if self.sql.kind() == Kind::Dml {
            self.rowcount = self.connection.changes();
        }
        self.statement.reset();
        self.statement.busy.set(false);
        if let Some(tell) = self.on_end.take() {
            tell(if self.rowcount >= 0 { self.rowcount as u64 } else { self.rows });
        }
    }

    /// Has somebody told when the statement ends; at once if it has.
    pub fn on_end(&mut self, tell: OnEnd) {
        if self.done && !self.on_row {
            tell(self.rowcount.max(0) as u64);
        } else {
            self.on_end = Some(tell);
        }
    }

    /// Goes to the next row; false at the end.
    #[inline]
    pub fn next_row(&mut self) -> Result<bool, Error> {
        if self.fresh {
            self.fresh = false;
        } else if !self.done {
            self.advance()?;
        }
        self.rows += u64::from(self.on_row);
        Ok(self.on_row)
    }

    /// Whether the statement gives rows at all (a SELECT, a PRAGMA, RETURNING).
    pub fn returns_rows(&self) -> bool {
        self.statement.columns() > 0
    }

    #[inline]
    pub fn width(&self) -> usize {
        self.statement.columns()
    }

    pub fn statement(&self) -> &Rc<Prepared> {
        &self.statement
    }

    /// Names of the result columns.
    pub fn column_names(&self) -> Vec<String> {
        (0..self.width()).map(|index| self.statement.column_name(index)).collect()
    }

    /// Rows changed, for INSERT, UPDATE, DELETE and REPLACE that have ended; else -1.
    pub fn rowcount(&self) -> i64 {
        self.rowcount
    }

    pub fn lastrowid(&self) -> Option<i64> {
        self.lastrowid
    }

    /// How many rows were handed out so far.
    pub fn rows_seen(&self) -> u64 {
        self.rows
    }

    #[inline]
    pub fn is_null(&self, index: usize) -> bool {
        self.statement.kind_of(index) == ffi::SQLITE_NULL
    }

    /// The column as an integer, if it is one.
    #[inline]
    pub fn int(&self, index: usize) -> Option<i64> {
        (self.statement.kind_of(index) == ffi::SQLITE_INTEGER)
            // SAFETY: the handle is valid and stands on a row.
            .then(|| unsafe { ffi::sqlite3_column_int64(self.statement.raw(), index as c_int) })
    }

    /// The bytes of a text or blob column, without a copy, until the next row.
    #[inline]
    pub fn bytes(&self, index: usize) -> Option<&[u8]> {
        match self.statement.kind_of(index) {
            ffi::SQLITE_TEXT => Some(self.statement.text_bytes(index)),
            ffi::SQLITE_BLOB => Some(self.statement.blob(index)),
            _ => None,
        }
    }

    /// The column as a value: int, float, str, bytes or None.
    #[inline]
    pub fn value(&self, index: usize) -> Result<Value, Error> {
        // SAFETY (this block): the handle is valid and stands on a row.
        Ok(match self.statement.kind_of(index) {
            ffi::SQLITE_INTEGER => {
                Value::Int(unsafe { ffi::sqlite3_column_int64(self.statement.raw(), index as c_int) })
            }
            ffi::SQLITE_TEXT => {
                let bytes = self.statement.text_bytes(index);
                match Str::from_utf8(bytes) {
                    Some(text) => Value::Str(text),
                    None => {
                        let name = self.statement.column_name(index);
                        return Err(errors::not_utf8(&name, bytes));
                    }
                }
            }
            ffi::SQLITE_NULL => Value::None,
            ffi::SQLITE_FLOAT => {
                Value::Float(unsafe { ffi::sqlite3_column_double(self.statement.raw(), index as c_int) })
            }
            _ => Value::bytes(self.statement.blob(index)),
        })
    }

    /// All rows that are left, cell after cell.
    pub fn fetch_all(&mut self) -> Result<Vec<Value>, Error> {
        let width = self.width();
        let mut cells = Vec::new();
        while self.next_row()? {
            cells.reserve(width);
            for index in 0..width {
                cells.push(self.value(index)?);
            }
        }
        Ok(cells)
    }

    /// Lets the statement go before its rows are used up.
    pub fn close(&mut self) {
        self.finish();
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.finish();
    }
}
