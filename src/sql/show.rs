//! How schema objects show themselves: `Column('id', Integer(), ...)`.
//!
//! Owns those texts. Must not know statements.

use super::schema::Table;

/// `Table('name', MetaData(), Column(...), schema=None)`.
pub fn table_repr(table: &Table) -> String {
    format!("Table('{}')", table.name)
}
