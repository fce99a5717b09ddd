//! The models' tables as migrations compare them.
//!
//! Owns the way from metadata to text: what the compiler would create is what is compared. Must not know classes.

use super::spec::Table;
use crate::python::value::{Host, R};
use crate::sql::compile::{SQLITE, compile_ddl};
use crate::sql::schema::{ColumnDefault, MetaData};
use crate::sql::statement::Ddl;
use crate::sql::types::literal;

/// The tables in the order in which they can be created.
pub fn tables(host: &mut dyn Host, metadata: &MetaData) -> R<Vec<Table>> {
    let mut found = Vec::new();
    for table in metadata.sorted_tables() {
        let create =
            compile_ddl(host, &Ddl::CreateTable { table: table.clone(), if_not_exists: false }, &SQLITE)?;
        let mut indexes = Vec::new();
        let listed = table.indexes.borrow().clone();
        for index in listed {
            let name = index.name.borrow().as_ref().map(ToString::to_string).unwrap_or_default();
            let sql = compile_ddl(host, &Ddl::CreateIndex { index, if_not_exists: false }, &SQLITE)?;
            indexes.push((name, sql));
        }
        let mut read = Table::read(&table.name, &create, &indexes);
        for column in table.column_list() {
            let default = column.default.borrow().clone();
            if let Some(default) = default
                && let ColumnDefault::Scalar(value) = &default.kind
                && let Ok(text) = literal::render(host, value, &column.ty(), &SQLITE)
                && let Some(place) = read.columns.iter().position(|one| one.name == *column.name())
            {
                read.columns[place].fill = Some(text);
            }
        }
        found.push(read);
    }
    Table::resolve_references(&mut found);
    Ok(found)
}
