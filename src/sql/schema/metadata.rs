//! `MetaData`: the tables by name, and the order in which they can be created.
//!
//! Owns the collection and its dependency order. Must not know spelling or connections.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use indexmap::IndexMap;

use super::{ConstraintKind, Table};
use crate::python::value::{Dict, Gc, Str, Value};
use crate::util::topological;

/// A collection of tables.
#[derive(Default)]
pub struct MetaData {
    pub schema: RefCell<Option<Str>>,
    /// By key: the name, or `schema.name`.
    pub tables: RefCell<IndexMap<Str, Rc<Table>>>,
    /// `"ix"`, `"uq"`, `"ck"`, `"fk"`, `"pk"` and further tokens, with their templates or functions.
    pub naming_convention: RefCell<Vec<(Str, Value)>>,
    pub sequences: RefCell<Vec<Rc<Sequence>>>,
    pub info: RefCell<Option<Gc<Dict>>>,
    pub object: OnceCell<Value>,
}

/// `Sequence("name")`: kept and shown, without effect at SQLite.
pub struct Sequence {
    pub name: Str,
    pub start: Option<i64>,
    pub increment: Option<i64>,
    pub schema: Option<Str>,
}

impl MetaData {
    pub fn new() -> Rc<MetaData> {
        Rc::new(MetaData::default())
    }

    pub fn table(&self, key: &str) -> Option<Rc<Table>> {
        self.tables.borrow().get(&Str::new(key)).cloned()
    }

    pub fn table_list(&self) -> Vec<Rc<Table>> {
        self.tables.borrow().values().cloned().collect()
    }

    pub fn remove(&self, table: &Rc<Table>) {
        self.tables.borrow_mut().shift_remove(&table.key);
    }

    /// The tables by name, those referred to before those that refer to them.
    pub fn sorted_tables(&self) -> Vec<Rc<Table>> {
        let mut tables = self.table_list();
        tables.sort_by(|left, right| left.key.cmp(&right.key));
        sort_tables(tables).0
    }
}

/// Orders tables so that the ones referred to come first. Foreign keys that lie on a cycle are left out of account
/// and returned: they must be added after the tables stand.
pub fn sort_tables(tables: Vec<Rc<Table>>) -> (Vec<Rc<Table>>, Vec<Rc<super::Constraint>>) {
    let place = |wanted: &Rc<Table>| tables.iter().position(|table| Rc::ptr_eq(table, wanted));
    let mut edges = Vec::new();
    let mut owners = Vec::new();
    for (after, table) in tables.iter().enumerate() {
        for constraint in table.constraints.borrow().iter() {
            let ConstraintKind::ForeignKey(data) = &constraint.kind else { continue };
            let Some(target) = data.elements.borrow().first().and_then(|key| key.target_table()) else {
                continue;
            };
            if let Some(before) = place(&target)
                && before != after
            {
                if data.use_alter.get() {
                    continue;
                }
                edges.push((before, after));
                owners.push(constraint.clone());
            }
        }
    }
    let order = match topological::sort(tables.len(), &edges) {
        Ok(order) => (order, Vec::new()),
        Err(cycle) => {
            let mut left = Vec::new();
            let mut broken = Vec::new();
            for (edge, owner) in edges.iter().zip(&owners) {
                if cycle.contains(&edge.0) && cycle.contains(&edge.1) {
                    broken.push(owner.clone());
                } else {
                    left.push(*edge);
                }
            }
            let order =
                topological::sort(tables.len(), &left).unwrap_or_else(|_| (0..tables.len()).collect());
            (order, broken)
        }
    };
    (order.0.iter().map(|&index| tables[index].clone()).collect(), order.1)
}
