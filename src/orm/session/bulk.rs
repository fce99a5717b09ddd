//! Saving many at once without the unit of work: `bulk_save_objects` and its kin.
//!
//! Owns grouping and the transaction around. Must not know statements (`orm::flush::bulk`).

use std::rc::Rc;

use super::{Session, errors};
use crate::orm::flush::bulk::{self, BulkRow};
use crate::orm::identity::Mapped;
use crate::orm::mapper::Mapper;
use crate::python::value::{Host, R, Value};

/// What a bulk operation is to do besides writing.
#[derive(Clone, Copy, Default)]
pub struct BulkSave {
    pub return_defaults: bool,
    /// UPDATE what has changed only.
    pub changed_only: bool,
    pub render_nulls: bool,
}

impl Session {
    /// `bulk_save_objects(objects)`.
    pub fn bulk_save_objects(
        &self,
        host: &mut dyn Host,
        objects: &[Value],
        how: BulkSave,
        preserve_order: bool,
    ) -> R<()> {
        let mut all = Vec::with_capacity(objects.len());
        for object in objects {
            match Mapped::of_value(object) {
                Some(mapped) => all.push(mapped),
                None => return Err(errors::unmapped_instance(host, object)),
            }
        }
        let group = |mapped: &Mapped| (Rc::as_ptr(mapped.mapper()) as usize, mapped.state().has_identity());
        if !preserve_order {
            all.sort_by_key(group);
        }
        let mut start = 0;
        while start < all.len() {
            let key = group(&all[start]);
            let end = all[start..]
                .iter()
                .position(|mapped| group(mapped) != key)
                .map_or(all.len(), |at| start + at);
            let mapper = all[start].mapper().clone();
            let rows = all[start..end].iter().map(|mapped| BulkRow::Object(mapped.clone())).collect();
            self.bulk_save(host, &mapper, rows, key.1, how)?;
            start = end;
        }
        Ok(())
    }

    /// `bulk_insert_mappings(mapper, mappings)` and `bulk_update_mappings(mapper, mappings)`.
    pub fn bulk_mappings(
        &self,
        host: &mut dyn Host,
        mapper: &Rc<Mapper>,
        mappings: &[Value],
        is_update: bool,
        how: BulkSave,
    ) -> R<()> {
        let rows = mappings.iter().map(|mapping| BulkRow::Mapping(mapping.clone())).collect();
        self.bulk_save(host, mapper, rows, is_update, how)
    }

    /// The same for a statement with several sets of parameters: a failure is the statement's own, and leaves the
    /// transaction as it is.
    pub fn execute_mappings(
        &self,
        host: &mut dyn Host,
        mapper: &Rc<Mapper>,
        mappings: &[Value],
        is_update: bool,
    ) -> R<()> {
        let rows = mappings.iter().map(|mapping| BulkRow::Mapping(mapping.clone())).collect();
        let transaction = self.autobegin(host)?;
        if is_update {
            bulk::update(host, self, &transaction, mapper, rows, BulkSave::default())
        } else {
            bulk::insert(host, self, &transaction, mapper, rows, BulkSave::default())
        }
    }

    fn bulk_save(
        &self,
        host: &mut dyn Host,
        mapper: &Rc<Mapper>,
        rows: Vec<BulkRow>,
        is_update: bool,
        how: BulkSave,
    ) -> R<()> {
        let transaction = self.begin_subtransaction(host)?;
        self.set_flushing(true);
        let done = if is_update {
            bulk::update(host, self, &transaction, mapper, rows, how)
        } else {
            bulk::insert(host, self, &transaction, mapper, rows, how)
        };
        let done = match done {
            Ok(()) => transaction.commit(host, false),
            Err(mut raised) => {
                let text = crate::orm::flush::exception_text(host, &mut raised);
                transaction.rollback(host, Some(text), false).and(Err(raised))
            }
        };
        self.set_flushing(false);
        done
    }
}
