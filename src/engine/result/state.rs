//! What a result is made of: a source of rows, the names of its columns, how it is looked at.
//!
//! Owns the states of closing, uniqueness and shape. Must not know the methods that users call.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::keys::RowKeys;
use super::methods;
use crate::python::value::{Gc, Host, Native, NativeType, R, Set, Value, Visitor};

/// Gives rows one by one.
pub trait RowSource {
    /// The next row's values, or None at the end.
    fn next_row(&mut self, host: &mut dyn Host) -> R<Option<Vec<Value>>>;

    /// `yield_per(count)` was asked for.
    fn set_chunk(&mut self, _count: usize) {}

    /// Told before the first row whether rows will be made unique; a source that cannot do without says so.
    fn check_unique(&self, _unique: bool) -> R<()> {
        Ok(())
    }

    fn trace(&self, _visitor: &mut Visitor<'_>) {}
}

/// Rows that were fetched already, cell after cell.
pub struct BufferedRows {
    width: usize,
    cells: std::vec::IntoIter<Value>,
}

impl BufferedRows {
    pub fn new(width: usize, cells: Vec<Value>) -> BufferedRows {
        BufferedRows { width, cells: cells.into_iter() }
    }
}

impl RowSource for BufferedRows {
    fn next_row(&mut self, _host: &mut dyn Host) -> R<Option<Vec<Value>>> {
        if self.cells.len() == 0 {
            return Ok(None);
        }
        Ok(Some(self.cells.by_ref().take(self.width.max(1)).collect()))
    }

    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.cells.as_slice().iter().for_each(|value| value.trace(visitor));
    }
}

/// How two values of a column are told apart by `unique()`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UniqueBy {
    /// By hash and equality.
    Value,
    /// By being the same object: entities.
    Identity,
}

/// What a cursor's result knows beyond its rows.
#[derive(Clone, Default)]
pub struct CursorInfo {
    pub compiled: bool,
    pub is_insert: bool,
    pub is_update: bool,
    /// RETURNING was written by the user.
    pub explicit_returning: bool,
    pub executemany: bool,
    pub rowcount: Option<i64>,
    pub lastrowid: Option<i64>,
    /// One row a row inserted; None where it is not known.
    pub inserted_primary_keys: Vec<Value>,
    pub returned_defaults: Vec<Value>,
    /// The parameters as they were compiled, one dictionary a set.
    pub compiled_parameters: Vec<Value>,
}

/// The result behind every object that looks at it.
pub struct ResultState {
    pub(super) source: RefCell<Option<Box<dyn RowSource>>>,
    pub(super) keys: Rc<RowKeys>,
    pub(super) kind: &'static NativeType,
    pub(super) returns_rows: bool,
    pub(super) soft_closed: Cell<bool>,
    pub(super) hard_closed: Cell<bool>,
    pub(super) started: Cell<bool>,
    pub(super) yield_per: Cell<Option<usize>>,
    pub(super) unique_by: Vec<UniqueBy>,
    pub(super) info: CursorInfo,
}

/// What rows become on their way out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    Rows,
    Scalars,
    Mappings,
}

/// `unique()` and what has been seen so far.
#[derive(Clone)]
pub(super) struct Uniqueness {
    pub seen: Gc<Set>,
    pub strategy: Option<Value>,
}

/// The payload of result objects.
pub struct ResultView {
    pub(super) state: Rc<ResultState>,
    pub(super) shape: Shape,
    pub(super) keys: RefCell<Rc<RowKeys>>,
    /// The columns that are looked at, if not all.
    pub(super) columns: RefCell<Option<Vec<usize>>>,
    pub(super) unique: RefCell<Option<Uniqueness>>,
}

impl Native for ResultView {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        // The state may be shared by several views; a source is shown by one of them only.
        if Rc::strong_count(&self.state) == 1 {
            match self.state.source.try_borrow() {
                Ok(source) => source.iter().for_each(|source| source.trace(visitor)),
                Err(_) => visitor.busy(),
            }
            let info = &self.state.info;
            info.inserted_primary_keys.iter().for_each(|value| value.trace(visitor));
            info.returned_defaults.iter().for_each(|value| value.trace(visitor));
            info.compiled_parameters.iter().for_each(|value| value.trace(visitor));
        }
        match self.unique.try_borrow() {
            Ok(unique) => {
                if let Some(unique) = &*unique {
                    visitor.gc(&unique.seen);
                    unique.strategy.iter().for_each(|value| value.trace(visitor));
                }
            }
            Err(_) => visitor.busy(),
        }
    }
}

/// Puts a result together.
pub struct ResultBuilder {
    kind: &'static NativeType,
    keys: Rc<RowKeys>,
    source: Option<Box<dyn RowSource>>,
    returns_rows: bool,
    unique_by: Vec<UniqueBy>,
    info: CursorInfo,
}

impl ResultBuilder {
    /// A result of that class (`CURSOR_RESULT`, `CHUNKED_ITERATOR_RESULT`, `ITERATOR_RESULT`).
    pub fn new(kind: &'static NativeType, keys: Rc<RowKeys>, source: Box<dyn RowSource>) -> ResultBuilder {
        ResultBuilder {
            kind,
            keys,
            source: Some(source),
            returns_rows: true,
            unique_by: Vec::new(),
            info: CursorInfo::default(),
        }
    }

    /// The result of a statement that gives no rows.
    pub fn without_rows(kind: &'static NativeType) -> ResultBuilder {
        let keys = RowKeys::new(Vec::new(), super::KeyStyle::Cursor);
        let builder = ResultBuilder::new(kind, keys, Box::new(BufferedRows::new(0, Vec::new())));
        ResultBuilder { returns_rows: false, source: None, ..builder }
    }

    /// One entry a column; values where left out.
    pub fn unique_by(mut self, unique_by: Vec<UniqueBy>) -> Self {
        self.unique_by = unique_by;
        self
    }

    pub fn info(mut self, info: CursorInfo) -> Self {
        self.info = info;
        self
    }

    pub fn state(self) -> Rc<ResultState> {
        Rc::new(ResultState {
            soft_closed: Cell::new(self.source.is_none()),
            hard_closed: Cell::new(false),
            source: RefCell::new(self.source),
            keys: self.keys,
            kind: self.kind,
            returns_rows: self.returns_rows,
            started: Cell::new(false),
            yield_per: Cell::new(None),
            unique_by: self.unique_by,
            info: self.info,
        })
    }

    pub fn build(self) -> Value {
        let kind = self.kind;
        Value::native(kind, ResultView::whole(self.state()))
    }

    /// The result's scalars, as `session.scalars()` gives them.
    pub fn build_scalars(self) -> Value {
        Value::native(&methods::SCALAR_RESULT, ResultView::whole(self.state()).scalars_at(0))
    }
}

impl ResultView {
    /// All columns of a result, as rows.
    pub fn whole(state: Rc<ResultState>) -> ResultView {
        let keys = RefCell::new(state.keys.clone());
        ResultView {
            state,
            shape: Shape::Rows,
            keys,
            columns: RefCell::new(None),
            unique: RefCell::new(None),
        }
    }

    pub(super) fn scalars_at(&self, place: usize) -> ResultView {
        let view = self.reshaped(Shape::Scalars);
        view.narrow(&[place]);
        view
    }

    pub(super) fn reshaped(&self, shape: Shape) -> ResultView {
        ResultView {
            state: self.state.clone(),
            shape,
            keys: RefCell::new(self.keys.borrow().clone()),
            columns: RefCell::new(self.columns.borrow().clone()),
            unique: RefCell::new(self.unique.borrow().clone()),
        }
    }

    /// Leaves some of the columns.
    pub(super) fn narrow(&self, places: &[usize]) {
        let keys = self.keys.borrow().reduce(places);
        let columns = match &*self.columns.borrow() {
            Some(columns) => places.iter().map(|&place| columns[place]).collect(),
            None => places.to_vec(),
        };
        *self.keys.borrow_mut() = keys;
        *self.columns.borrow_mut() = Some(columns);
    }

    pub fn info(&self) -> &CursorInfo {
        &self.state.info
    }
}
