//! Creating and dropping tables.
//!
//! Owns the order and the questions of `create_all` and `drop_all`. Must not know models; spelling is the compiler's.

use std::rc::Rc;

use super::connection::Connection;
use super::driver::SqlText;
use super::echo::CacheNote;
use super::reflection::Inspector;
use crate::python::value::{Host, R};
use crate::sql::compile::{self, SQLITE};
use crate::sql::schema::{MetaData, Table, sort_tables};
use crate::sql::statement::Ddl;

fn run(host: &mut dyn Host, connection: &Rc<Connection>, ddl: &Ddl) -> R<()> {
    let text = compile::compile_ddl(host, ddl, &SQLITE)?;
    connection.execute(host, &SqlText::new(text), CacheNote::NoKey, &[]).map(drop)
}

/// Creates a table and its indexes.
pub fn create_table(host: &mut dyn Host, connection: &Rc<Connection>, table: &Rc<Table>) -> R<()> {
    run(host, connection, &Ddl::CreateTable { table: table.clone(), if_not_exists: false })?;
    let indexes = table.indexes.borrow().clone();
    for index in indexes {
        run(host, connection, &Ddl::CreateIndex { index, if_not_exists: false })?;
    }
    Ok(())
}

pub fn drop_table(host: &mut dyn Host, connection: &Rc<Connection>, table: &Rc<Table>) -> R<()> {
    run(host, connection, &Ddl::DropTable { table: table.clone(), if_exists: false })
}

/// Leaves the tables that are there, or those that are not.
fn existing(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    tables: &[Rc<Table>],
    wanted: bool,
) -> R<Vec<Rc<Table>>> {
    let inspector = Inspector::new(connection);
    let mut left = Vec::new();
    for table in tables {
        if inspector.has_table(host, &table.name)? == wanted {
            left.push(table.clone());
        }
    }
    Ok(left)
}

/// `metadata.create_all(bind, tables, checkfirst)`; begins and ends nothing.
pub fn create_all(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    metadata: &MetaData,
    tables: Option<Vec<Rc<Table>>>,
    checkfirst: bool,
) -> R<()> {
    // The questions come in the order in which tables were declared, the answers in that of their dependencies.
    let mut asked = tables.unwrap_or_else(|| metadata.table_list());
    if checkfirst {
        asked = existing(host, connection, &asked, false)?;
    }
    let (sorted, _) = sort_tables(asked);
    for table in &sorted {
        create_table(host, connection, table)?;
    }
    Ok(())
}

/// `metadata.drop_all(bind, tables, checkfirst)`.
pub fn drop_all(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    metadata: &MetaData,
    tables: Option<Vec<Rc<Table>>>,
    checkfirst: bool,
) -> R<()> {
    let mut asked = tables.unwrap_or_else(|| metadata.table_list());
    if checkfirst {
        asked = existing(host, connection, &asked, true)?;
    }
    let (sorted, _) = sort_tables(asked);
    for table in sorted.iter().rev() {
        drop_table(host, connection, table)?;
    }
    Ok(())
}
