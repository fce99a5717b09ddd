//! The dim table under a value: rows of a query, columns of entities whose class has no `__repr__` of its own.
//!
//! Owns the choice of what is previewed and reading it without loading anything into the session: loaded attributes
//! are read from their slots, a query's rows as plain columns. Must not know how the table looks.

use crate::orm::mapper::Mapper;
use crate::python::value::{Class, Gc, Host, Instance, R, Value, intern};
use crate::ui::footer;
use crate::ui::table::{Cell, Table};
use crate::ui::text::Text;

use super::session::Shell;

/// Rows shown at most.
const MOST: usize = 20;

/// The preview of a displayed value; empty where it would say nothing new.
pub fn of_value(shell: &mut Shell, value: &Value) -> Text {
    let width = shell.settings.width;
    if is_query(value) {
        let watch = shell.watch.clone();
        let _quiet = watch.quietly();
        // A query that cannot run has said nothing wrong by being shown.
        return match query_rows(shell, value) {
            Ok((table, is_cut)) => footer::preview(&table, if is_cut { None } else { Some(0) }, width),
            Err(_) => Text::new(),
        };
    }
    let items = match value {
        Value::Instance(_) => vec![value.clone()],
        Value::List(list) => list.to_vec(),
        _ => return Text::new(),
    };
    let Some(mapper) = common_mapper(&items) else { return Text::new() };
    if has_own_repr(&mapper.class) {
        return Text::new();
    }
    let columns: Vec<_> = mapper
        .column_attributes()
        .into_iter()
        .filter_map(|one| Some((one.key.clone(), one.slot()?)))
        .collect();
    let mut table = Table::new(columns.iter().map(|(key, _)| key.to_string()));
    for item in items.iter().take(MOST) {
        let Value::Instance(instance) = item else { continue };
        let instance: &Gc<Instance> = instance;
        let cells = columns.iter().map(|(_, slot)| match instance.slot(*slot) {
            // Expired or not loaded: a preview does not load it.
            Value::Unset => Cell::Text("…".to_string()),
            value => cell(&mut shell.project.vm, &value),
        });
        table.row(cells.collect());
    }
    // Expired rows hold nothing to show.
    let is_blank = |row: &Vec<Cell>| row.iter().all(|cell| *cell == Cell::Text("…".to_string()));
    if table.rows.iter().all(is_blank) {
        return Text::new();
    }
    footer::preview(&table, Some(items.len().saturating_sub(MOST)), width)
}

/// The one mapper of all items.
fn common_mapper(items: &[Value]) -> Option<std::rc::Rc<Mapper>> {
    let first = Mapper::of_value(items.first().filter(|item| matches!(item, Value::Instance(_)))?)?;
    items
        .iter()
        .all(|item| {
            matches!(item, Value::Instance(_))
                && Mapper::of_value(item).is_some_and(|mapper| std::rc::Rc::ptr_eq(&mapper, &first))
        })
        .then_some(first)
}

/// Whether a class or one of its written bases says how its instances read.
fn has_own_repr(class: &Gc<Class>) -> bool {
    let name = intern("__repr__");
    Class::mro(class).iter().any(|class| {
        matches!(class.dict.get_str(&name), Some(Value::Function(function))
        if function.module.as_str().is_none_or(|module| !module.starts_with("flask_sqlalchemy")))
    })
}

fn is_query(value: &Value) -> bool {
    let Value::Instance(instance) = value else { return false };
    Class::mro(&instance.class()).iter().any(|class| {
        class.native.module.starts_with("sqlalchemy")
            && matches!(&**class.name.borrow(), "Query" | "AppenderQuery")
    })
}

/// The first rows of a query, as columns: no object enters the session.
fn query_rows(shell: &mut Shell, query: &Value) -> R<(Table, bool)> {
    let vm = &mut shell.project.vm;
    let few = vm.call_method(query, "limit", &[Value::Int(MOST as i64 + 1)])?;
    let few = vm.call_method(&few, "enable_eagerloads", &[Value::Bool(false)])?;
    let statement = vm.get_attr(&few, &intern("statement"))?;
    let Some(reader) = shell.reader()? else { return Ok((Table::default(), false)) };
    let vm = &mut shell.project.vm;
    let result = vm.call_method(&reader.connection, "execute", &[statement]);
    let rows = result.and_then(|result| read_result(vm, &result, MOST));
    shell.finish(reader)?;
    rows
}

/// Up to `most` rows of a result; says whether there were more.
pub fn read_result(host: &mut dyn Host, result: &Value, most: usize) -> R<(Table, bool)> {
    let keys = host.call_method(result, "keys", &[])?;
    let keys = host.collect(&keys)?;
    let mut table = Table::new(keys.iter().map(|key| key.as_str().unwrap_or("?").to_string()));
    let rows = host.call_method(result, "fetchall", &[])?;
    let rows = host.collect(&rows)?;
    let is_cut = rows.len() > most;
    for row in rows.iter().take(most) {
        let values = host.collect(row)?;
        let cells = values.iter().map(|value| cell(host, value)).collect();
        table.row(cells);
    }
    Ok((table, is_cut))
}

/// A value as a cell; what is no plain value is shown as its text.
pub fn cell(host: &mut dyn Host, value: &Value) -> Cell {
    match value {
        Value::None => Cell::Null,
        Value::Int(number) => Cell::Int(*number),
        Value::Float(number) => Cell::Real(*number),
        Value::Str(text) => Cell::Text(text.to_string()),
        Value::Bytes(bytes) => Cell::Blob(bytes.as_slice().to_vec()),
        other => host.str(other).map_or(Cell::Text("?".to_string()), |text| Cell::Text(text.to_string())),
    }
}
