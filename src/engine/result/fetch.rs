//! Taking rows out of a result.
//!
//! Owns the order of filters: columns, uniqueness, shape; and what happens at the end. Must not know method names.

use super::errors;
use super::keys::RowKeys;
use super::row::{RowData, make_row};
use super::state::{ResultView, Shape, UniqueBy, Uniqueness};
use super::{mapping, methods};
use crate::python::value::{CallArgs, Host, R, Value};
use std::rc::Rc;

impl ResultView {
    fn check_open(&self) -> R<()> {
        if !self.state.returns_rows {
            return Err(errors::no_rows().into());
        }
        if self.state.hard_closed.get() {
            return Err(errors::closed().into());
        }
        Ok(())
    }

    /// The column names, if there are any rows at all.
    pub(super) fn row_keys(&self) -> R<Rc<RowKeys>> {
        if self.state.returns_rows { Ok(self.keys.borrow().clone()) } else { Err(errors::no_rows().into()) }
    }

    pub(super) fn close(&self, hard: bool) {
        let source = self.state.source.take();
        drop(source);
        self.state.soft_closed.set(true);
        if hard {
            self.state.hard_closed.set(true);
        }
    }

    /// The next row as the source gives it; at the end the result closes.
    fn next_raw(&self, host: &mut dyn Host, hard: bool) -> R<Option<Vec<Value>>> {
        self.check_open()?;
        // Taken out while it runs: it may call the language, which may come back to this result.
        let Some(mut source) = self.state.source.take() else {
            if hard {
                self.state.hard_closed.set(true);
            }
            return Ok(None);
        };
        if !self.state.started.replace(true) {
            source.check_unique(self.unique.borrow().is_some())?;
        }
        let row = source.next_row(host);
        match row {
            Ok(Some(row)) => {
                *self.state.source.borrow_mut() = Some(source);
                Ok(Some(row))
            }
            Ok(None) => {
                self.close(hard);
                Ok(None)
            }
            Err(raised) => {
                self.close(false);
                Err(raised)
            }
        }
    }

    fn filtered(&self, row: Vec<Value>) -> Vec<Value> {
        match &*self.columns.borrow() {
            Some(columns) => columns.iter().map(|&place| row[place].clone()).collect(),
            None => row,
        }
    }

    /// What `unique()` compares.
    fn unique_key(&self, host: &mut dyn Host, row: &[Value], strategy: Option<&Value>) -> R<Value> {
        if let Some(strategy) = strategy {
            let object = match self.shape {
                Shape::Scalars => row.first().cloned().unwrap_or_default(),
                _ => make_row(&self.keys.borrow().clone(), row.to_vec()),
            };
            return host.call(strategy, CallArgs::positional(&[object]));
        }
        let by = &self.state.unique_by;
        let columns = self.columns.borrow();
        let key = |(index, value): (usize, &Value)| {
            let place = columns.as_ref().map_or(index, |columns| columns[index]);
            match by.get(place) {
                Some(UniqueBy::Identity) => Value::Int(value.id() as i64),
                _ => value.clone(),
            }
        };
        if let [only] = row {
            return Ok(key((0, only)));
        }
        Ok(Value::tuple(row.iter().enumerate().map(key).collect()))
    }

    fn is_new(&self, host: &mut dyn Host, row: &[Value]) -> R<bool> {
        let unique = self.unique.borrow().clone();
        match unique {
            None => Ok(true),
            Some(Uniqueness { seen, strategy }) => {
                let key = self.unique_key(host, row, strategy.as_ref())?;
                host.set_add(&seen, key)
            }
        }
    }

    fn shaped(&self, keys: &Rc<RowKeys>, mut row: Vec<Value>) -> Value {
        match self.shape {
            Shape::Rows => make_row(keys, row),
            Shape::Scalars => {
                row.truncate(1);
                row.pop().unwrap_or_default()
            }
            Shape::Mappings => Value::native(
                &mapping::ROW_MAPPING,
                RowData { keys: keys.clone(), values: row.into_boxed_slice() },
            ),
        }
    }

    /// The next row as users see it.
    pub fn next_value(&self, host: &mut dyn Host) -> R<Option<Value>> {
        loop {
            let Some(row) = self.next_raw(host, false)? else { return Ok(None) };
            let row = self.filtered(row);
            if self.is_new(host, &row)? {
                let keys = self.keys.borrow().clone();
                return Ok(Some(self.shaped(&keys, row)));
            }
        }
    }

    /// All rows that are left.
    pub fn all(&self, host: &mut dyn Host) -> R<Vec<Value>> {
        self.check_open()?;
        let mut rows = Vec::new();
        while let Some(row) = self.next_value(host)? {
            rows.push(row);
        }
        Ok(rows)
    }

    /// At most `count` rows.
    pub fn many(&self, host: &mut dyn Host, count: Option<usize>) -> R<Vec<Value>> {
        let by_cursor = std::ptr::eq(self.state.kind, &methods::CURSOR_RESULT);
        let count = count.or(self.state.yield_per.get()).or(by_cursor.then_some(1));
        let Some(count) = count else { return self.all(host) };
        self.check_open()?;
        let mut rows = Vec::new();
        while rows.len() < count {
            match self.next_value(host)? {
                Some(row) => rows.push(row),
                None => break,
            }
        }
        Ok(rows)
    }

    /// `first`, `one`, `one_or_none` and their scalar forms.
    pub fn only(
        &self,
        host: &mut dyn Host,
        second_raises: bool,
        none_raises: bool,
        scalar: bool,
    ) -> R<Option<Value>> {
        let Some(row) = self.next_raw(host, true)? else {
            return if none_raises { Err(errors::none_found().into()) } else { Ok(None) };
        };
        let row = self.filtered(row);
        if second_raises {
            let unique = self.unique.borrow().clone();
            let first_key = match &unique {
                Some(unique) => Some(self.unique_key(host, &row, unique.strategy.as_ref())?),
                None => None,
            };
            while let Some(next) = self.next_raw(host, true)? {
                if let (Some(unique), Some(first)) = (&unique, &first_key) {
                    let next = self.filtered(next);
                    let key = self.unique_key(host, &next, unique.strategy.as_ref())?;
                    if host.eq(first, &key)? {
                        continue;
                    }
                }
                self.close(true);
                return Err(errors::many_found(none_raises).into());
            }
        } else {
            self.close(true);
        }
        if scalar {
            return Ok(row.into_iter().next());
        }
        let keys = self.keys.borrow().clone();
        Ok(Some(self.shaped(&keys, row)))
    }
}
