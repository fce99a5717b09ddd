//! The names of a result's columns, and finding a column by one of them.
//!
//! Owns names, duplicates among them, and what a miss says. Must not know rows.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::errors;
use crate::python::value::{Host, R, Raised, Str, Value, Visitor};

/// Finds the column that an object stands for (`row._mapping[Student.name]`).
pub trait KeyResolver {
    fn index(&self, host: &mut dyn Host, key: &Value) -> R<Option<usize>>;
    fn trace(&self, _visitor: &mut Visitor<'_>) {}
}

/// Whose rows: it decides what a missing name says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyStyle {
    /// Rows straight from a cursor.
    Cursor,
    /// Rows that the ORM put together, and rows of no statement.
    Simple,
}

/// Names of the columns of one result. Shared by its rows.
pub struct RowKeys {
    names: Vec<Str>,
    style: KeyStyle,
    /// The place of each name; None where two columns share it.
    places: FxHashMap<Str, Option<usize>>,
    resolver: Option<Rc<dyn KeyResolver>>,
    /// Where this result's columns stand in the one that it was reduced from.
    from: Option<Vec<usize>>,
}

impl RowKeys {
    pub fn new(names: Vec<Str>, style: KeyStyle) -> Rc<RowKeys> {
        Self::with_resolver(names, style, None)
    }

    /// The names of a text's columns: where two share one, the last is meant.
    pub fn of_text(names: Vec<Str>) -> Rc<RowKeys> {
        Self::build(names, KeyStyle::Cursor, None, false)
    }

    pub fn with_resolver(
        names: Vec<Str>,
        style: KeyStyle,
        resolver: Option<Rc<dyn KeyResolver>>,
    ) -> Rc<RowKeys> {
        // A compiled statement's row refuses a name that two columns have, any other takes the last.
        Self::build(names, style, resolver, style == KeyStyle::Cursor)
    }

    fn build(
        names: Vec<Str>,
        style: KeyStyle,
        resolver: Option<Rc<dyn KeyResolver>>,
        refuses: bool,
    ) -> Rc<RowKeys> {
        let mut places: FxHashMap<Str, Option<usize>> = FxHashMap::default();
        for (index, name) in names.iter().enumerate() {
            let place = places.entry(name.clone()).or_insert(Some(index));
            if *place != Some(index) {
                *place = if refuses { None } else { Some(index) };
            }
        }
        Rc::new(RowKeys { names, style, places, resolver, from: None })
    }

    pub fn names(&self) -> &[Str] {
        &self.names
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub fn style(&self) -> KeyStyle {
        self.style
    }

    /// The column of a name, for `row.name`.
    pub fn attribute(&self, name: &Str) -> R<usize> {
        match self.places.get(name) {
            Some(Some(place)) => Ok(*place),
            Some(None) => Err(errors::ambiguous(name).into()),
            None => Err(errors::no_such_attribute(name, self.style == KeyStyle::Cursor).into()),
        }
    }

    pub fn has_name(&self, name: &str) -> bool {
        self.names.iter().any(|known| &**known == name)
    }

    /// The column of a key of any kind, if there is one.
    pub fn find(&self, host: &mut dyn Host, key: &Value) -> R<Option<usize>> {
        if let Value::Str(name) = key {
            return match self.places.get(name) {
                Some(Some(place)) => Ok(Some(*place)),
                Some(None) => Err(errors::ambiguous(name).into()),
                None => Ok(None),
            };
        }
        let Some(resolver) = &self.resolver else { return Ok(None) };
        let Some(found) = resolver.index(host, key)? else { return Ok(None) };
        Ok(match &self.from {
            Some(from) => from.iter().position(|&place| place == found),
            None => Some(found),
        })
    }

    /// The column of a key, for `row._mapping[key]`.
    pub fn key(&self, host: &mut dyn Host, key: &Value) -> R<usize> {
        match self.find(host, key)? {
            Some(place) => Ok(place),
            None => Err(self.missing(host, key)),
        }
    }

    /// The column of a key or of a place, for `columns(...)` and `scalars(...)`.
    pub fn index(&self, host: &mut dyn Host, key: &Value) -> R<usize> {
        if let Value::Int(number) = key {
            let len = self.len() as i64;
            let place = if *number < 0 { number + len } else { *number };
            return if (0..len).contains(&place) { Ok(place as usize) } else { Err(list_range()) };
        }
        self.key(host, key)
    }

    fn missing(&self, host: &mut dyn Host, key: &Value) -> Raised {
        let text = match (self.style, key) {
            (KeyStyle::Cursor, Value::Str(name)) => return errors::no_such_column(name).into(),
            (KeyStyle::Cursor, _) => host.str(key),
            (KeyStyle::Simple, _) => host.repr(key),
        };
        match text {
            Ok(text) if self.style == KeyStyle::Cursor => errors::no_such_column(&text).into(),
            Ok(text) => errors::no_such_key(&text).into(),
            Err(raised) => raised,
        }
    }

    /// The keys of some of the columns.
    pub fn reduce(self: &Rc<Self>, places: &[usize]) -> Rc<RowKeys> {
        let names = places.iter().map(|&place| self.names[place].clone()).collect();
        let mut reduced = RowKeys::with_resolver(names, self.style, self.resolver.clone());
        let from = match &self.from {
            Some(from) => places.iter().map(|&place| from[place]).collect(),
            None => places.to_vec(),
        };
        if let Some(keys) = Rc::get_mut(&mut reduced) {
            keys.from = Some(from);
        }
        reduced
    }

    pub fn trace(&self, visitor: &mut Visitor<'_>) {
        if let Some(resolver) = &self.resolver {
            resolver.trace(visitor);
        }
    }
}

fn list_range() -> Raised {
    crate::diag::Error::new(&crate::diag::builtin::INDEX_ERROR, "list index out of range").into()
}
