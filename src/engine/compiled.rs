//! Running statements that the compiler spells.
//!
//! Owns the cache of compiled statements of an engine, filling parameters and defaults, and the result's columns.
//! Must not know mapping: statements over mapped classes are rewritten by whoever registered for it.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::connection::Connection;
use super::defaults;
use super::driver::{Cursor, SqlText};
use super::echo::{self, Batch, CacheNote, Params};
use super::engine::Engine;
use super::errors;
use super::result::{
    BufferedRows, CURSOR_RESULT, CursorInfo, KeyResolver, KeyStyle, ResultBuilder, RowKeys, RowSource,
    make_row,
};
use crate::diag::Extra;
use crate::python::value::{Dict, Gc, Host, R, Raised, RaisedKind, Str, Value, Visitor};
use crate::sql::compile::{self, Compiled, Options, Purpose};
use crate::sql::entity::{self, Element};
use crate::sql::exc;
use crate::sql::expr::{Bind, Expr, ExprKind};
use crate::sql::key::Key;
use crate::sql::schema::{Column, Table};
use crate::sql::selectable::FromClause;
use crate::sql::statement::Statement;
use crate::sql::types::ResultProcessor;

/// One set of parameters as it was given.
pub type Given = Vec<(Str, Value)>;

/// A compiled statement as an engine keeps it.
pub struct CachedStatement {
    pub compiled: Compiled,
    pub sql: Rc<SqlText>,
    /// The conversion of each result column, chosen once.
    pub processors: Vec<Option<ResultProcessor>>,
    keys: RefCell<Option<Rc<RowKeys>>>,
    /// Spellings with `IN` lists of different lengths.
    variants: RefCell<FxHashMap<Str, Rc<SqlText>>>,
}

/// Statements kept by an engine, by structure.
#[derive(Default)]
struct Cache {
    statements: RefCell<FxHashMap<Box<[u64]>, Rc<CachedStatement>>>,
}

/// Statements kept at most, as `query_cache_size`.
const KEPT: usize = 500;

/// Forgets every compiled statement of an engine.
pub fn forget_compiled(engine: &Rc<Engine>) {
    engine.attachment(Cache::default).statements.borrow_mut().clear();
}

/// Compiles a statement, or finds the compiled form of one with the same structure. Gives the statement's own
/// parameters too, which take the place of those that the compiled form was made with.
pub fn compile_cached(
    host: &mut dyn Host,
    engine: &Rc<Engine>,
    statement: &Statement,
    column_keys: Option<&[Str]>,
) -> R<(Rc<CachedStatement>, Vec<Rc<Bind>>, CacheNote)> {
    let mut key = Key::of(statement);
    match column_keys {
        None => key.push(u64::MAX),
        Some(names) => {
            key.push(names.len() as u64);
            names.iter().for_each(|name| key.name(name));
        }
    }
    let cache = engine.attachment(Cache::default);
    if !key.uncacheable
        && let Some(kept) = cache.statements.borrow().get(&key.tokens[..])
    {
        return Ok((kept.clone(), key.binds, CacheNote::Cached));
    }
    let dialect = compile::dialect_named(engine.dialect_name()).unwrap_or(&compile::SQLITE);
    let options = Options { column_keys, ..Options::default() };
    let mut compiled = compile::compile(host, statement, dialect, &options)?;
    key.index_slots(&mut compiled.slots);
    let entry = Rc::new(CachedStatement::new(compiled));
    if key.uncacheable {
        return Ok((entry, key.binds, CacheNote::NoKey));
    }
    let mut statements = cache.statements.borrow_mut();
    if statements.len() >= KEPT {
        statements.clear();
    }
    statements.insert(key.tokens.into_boxed_slice(), entry.clone());
    Ok((entry, key.binds, CacheNote::Generated))
}

impl CachedStatement {
    fn new(compiled: Compiled) -> CachedStatement {
        let processors = compiled.columns.iter().map(|column| column.processor(compiled.dialect)).collect();
        CachedStatement {
            sql: SqlText::new(compiled.text.as_str()),
            processors,
            compiled,
            keys: RefCell::new(None),
            variants: RefCell::new(FxHashMap::default()),
        }
    }

    /// The text and the values of one execution.
    pub fn fill(
        &self,
        host: &mut dyn Host,
        binds: &[Rc<Bind>],
        given: &dyn Fn(&str) -> Option<Value>,
    ) -> R<(Rc<SqlText>, Vec<Value>)> {
        let raw = self.compiled.raw_values(host, Some(binds), given)?;
        let filled = self.compiled.fill(host, raw)?;
        if !self.compiled.expands && *filled.text == *self.compiled.text {
            return Ok((self.sql.clone(), filled.values));
        }
        let mut variants = self.variants.borrow_mut();
        if variants.len() > 64 {
            variants.clear();
        }
        let sql =
            variants.entry(filled.text.clone()).or_insert_with(|| self.sql.variant(filled.text.as_str()));
        Ok((sql.clone(), filled.values))
    }

    /// Runs the statement with one set of parameters.
    pub fn run(
        &self,
        host: &mut dyn Host,
        connection: &Rc<Connection>,
        note: CacheNote,
        binds: &[Rc<Bind>],
        given: &[Given],
    ) -> R<Cursor> {
        let set = given.first();
        let lookup = |name: &str| {
            set.and_then(|set| set.iter().find(|(key, _)| &**key == name)).map(|(_, value)| value.clone())
        };
        let (sql, values) = self
            .fill(host, binds, &lookup)
            .map_err(|raised| wrap_bind_error(host, raised, self.sql.text(), given))?;
        connection.execute(host, &sql, note, &values)
    }

    /// The names of the result's columns.
    fn row_keys(&self) -> Rc<RowKeys> {
        self.keys
            .borrow_mut()
            .get_or_insert_with(|| {
                let names = self.compiled.columns.iter().map(|column| column.key.clone()).collect();
                let elements = self.compiled.columns.iter().map(|column| column.element.clone()).collect();
                let resolver = Rc::new(ColumnResolver(elements));
                RowKeys::with_resolver(names, KeyStyle::Cursor, Some(resolver))
            })
            .clone()
    }
}

/// Wraps what was raised while parameters were made ready: `StatementError` with the statement and the parameters as
/// they were given.
pub fn wrap_bind_error(host: &mut dyn Host, raised: Raised, statement: &str, given: &[Given]) -> Raised {
    if !raised.is_a(&crate::diag::builtin::EXCEPTION) || raised.is_a(&exc::STATEMENT_ERROR) {
        return raised;
    }
    let shown = if given.is_empty() {
        None
    } else {
        match echo::repr_params(host, Params::Given(given)) {
            Ok(shown) => Some(shown),
            Err(other) => return other,
        }
    };
    match *raised.0 {
        RaisedKind::Error { error, .. } => {
            let code = error.attributes.iter().find_map(|(name, value)| match (name, value) {
                (&"code", Extra::Text(code)) => Some(code.clone()),
                _ => None,
            });
            let wrapped =
                errors::wrap_in_statement_error(error, code.as_deref(), statement, shown.as_deref());
            errors::with_params(wrapped, Params::Given(given).value()).into()
        }
        RaisedKind::Exception { value, .. } => {
            let class = host.class_of(&value);
            let module = match class.dict.get("__module__") {
                Some(Value::Str(module)) => module.to_string(),
                _ => "builtins".to_string(),
            };
            let name = class.name.borrow().to_string();
            let text = match host.str(&value) {
                Ok(text) => text.to_string(),
                Err(other) => return other,
            };
            let message = format!("({module}.{name}) {text}");
            let error = errors::statement_error_text(&message, statement, shown.as_deref());
            let opaque = crate::diag::Opaque(Rc::new(value));
            errors::with_params(error.attribute("orig", Extra::Object(opaque)), Params::Given(given).value())
                .into()
        }
    }
}

/// Finds the column that an expression stands for.
struct ColumnResolver(Vec<Option<Expr>>);

impl KeyResolver for ColumnResolver {
    fn index(&self, host: &mut dyn Host, key: &Value) -> R<Option<usize>> {
        let Some(Element::Expr(wanted)) = entity::element_of(host, key)? else { return Ok(None) };
        Ok(self.0.iter().position(|element| element.as_ref().is_some_and(|element| same(element, &wanted))))
    }
}

fn same(left: &Expr, right: &Expr) -> bool {
    if Rc::ptr_eq(left, right) {
        return true;
    }
    match (&left.kind, &right.kind) {
        (ExprKind::Column(left), ExprKind::Column(right)) => Rc::ptr_eq(left, right),
        (ExprKind::Label(left), _) => same(&left.element, right),
        (_, ExprKind::Label(right)) => same(left, &right.element),
        (ExprKind::Proxy(left), ExprKind::Proxy(right)) => {
            left.index == right.index && FromClause::same(&left.from, &right.from)
        }
        _ => false,
    }
}

/// Fetched cells that are converted when their row is asked for.
struct ConvertedRows {
    rows: BufferedRows,
    statement: Rc<CachedStatement>,
}

impl RowSource for ConvertedRows {
    fn next_row(&mut self, host: &mut dyn Host) -> R<Option<Vec<Value>>> {
        let Some(mut row) = self.rows.next_row(host)? else { return Ok(None) };
        for (value, processor) in row.iter_mut().zip(&self.statement.processors) {
            if let Some(processor) = processor {
                *value = processor.apply(host, std::mem::take(value))?;
            }
        }
        Ok(Some(row))
    }

    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.rows.trace(visitor);
    }
}

/// Runs a statement with sets of named parameters and gives its `CursorResult`.
pub fn execute_statement(
    host: &mut dyn Host,
    connection: &Rc<Connection>,
    statement: &Statement,
    sets: &[Given],
) -> R<Value> {
    connection.dbapi()?;
    let rewritten = match entity::rewriter() {
        Some(rewrite) => Some(rewrite(host, statement, true)?),
        None => None,
    };
    let statement = rewritten.as_ref().unwrap_or(statement);
    if let Statement::Ddl(ddl) = statement {
        let text = compile::compile_ddl(host, ddl, &compile::SQLITE)?;
        connection.execute(host, &SqlText::new(text), CacheNote::NoKey, &[])?;
        return Ok(ResultBuilder::without_rows(&CURSOR_RESULT).info(CursorInfo::default()).build());
    }
    let takes_columns = matches!(statement, Statement::Insert(_) | Statement::Update(_));
    let mut names: Vec<Str> =
        sets.first().map_or_else(Vec::new, |set| set.iter().map(|(key, _)| key.clone()).collect());
    names.sort();
    let column_keys = (takes_columns && !names.is_empty()).then_some(&names[..]);
    let (cached, binds, note) = compile_cached(host, connection.engine(), statement, column_keys)?;
    Execution { connection, cached, binds, note, sets }.run(host)
}

/// One execution under way.
struct Execution<'a> {
    connection: &'a Rc<Connection>,
    cached: Rc<CachedStatement>,
    binds: Vec<Rc<Bind>>,
    note: CacheNote,
    sets: &'a [Given],
}

impl Execution<'_> {
    fn run(&self, host: &mut dyn Host) -> R<Value> {
        let compiled = &self.cached.compiled;
        let none = [Given::new()];
        let sets: &[Given] = if self.sets.is_empty() { &none } else { self.sets };
        let mut filled = Vec::with_capacity(sets.len());
        for (group, set) in sets.iter().enumerate() {
            match self.fill(host, set) {
                Ok(one) => filled.push(one),
                Err(raised) => {
                    let raised = if group > 0 { in_group(raised, group) } else { raised };
                    return Err(wrap_bind_error(host, raised, self.cached.sql.text(), self.sets));
                }
            }
        }
        let mut info = CursorInfo {
            compiled: true,
            is_insert: compiled.purpose == Purpose::Insert,
            is_update: compiled.purpose == Purpose::Update,
            explicit_returning: compiled.returning,
            executemany: sets.len() > 1,
            ..CursorInfo::default()
        };
        if info.is_insert || info.is_update {
            info.compiled_parameters = filled.iter().map(|one| dictionary(&one.parameters)).collect();
        }
        if sets.len() > 1 {
            return if compiled.returning && info.is_insert {
                self.insert_many_values(host, &filled, info)
            } else {
                let values: Vec<Vec<Value>> = filled.iter().map(|one| one.values.clone()).collect();
                info.rowcount =
                    Some(self.connection.execute_many(host, &filled[0].sql, self.note, &values)?);
                Ok(ResultBuilder::without_rows(&CURSOR_RESULT).info(info).build())
            };
        }
        let one = &filled[0];
        let mut cursor = self.connection.execute(host, &one.sql, self.note, &one.values)?;
        let width = cursor.width();
        let cells = cursor.fetch_all().map_err(|error| self.connection.fetch_failed(host, error))?;
        info.rowcount = Some(cursor.rowcount());
        info.lastrowid = cursor.lastrowid();
        if info.is_insert && !info.explicit_returning && !compiled.multi_values && !compiled.from_select {
            info.inserted_primary_keys = self.inserted_key(one, cursor.lastrowid());
        }
        if width == 0 {
            return Ok(ResultBuilder::without_rows(&CURSOR_RESULT).info(info).build());
        }
        let keys = if compiled.columns.len() == width {
            self.cached.row_keys()
        } else {
            // Text without declared columns: the names are the driver's.
            let names = cursor.column_names().iter().map(|name| Str::new(name)).collect();
            RowKeys::of_text(names)
        };
        self.result(keys, width, cells, info)
    }

    fn result(&self, keys: Rc<RowKeys>, width: usize, cells: Vec<Value>, info: CursorInfo) -> R<Value> {
        let rows = BufferedRows::new(width, cells);
        let source: Box<dyn RowSource> = if self.cached.processors.iter().any(Option::is_some) {
            Box::new(ConvertedRows { rows, statement: self.cached.clone() })
        } else {
            Box::new(rows)
        };
        Ok(ResultBuilder::new(&CURSOR_RESULT, keys, source).info(info).build())
    }

    /// The values of one set: given ones, then defaults, in the order of the text.
    fn fill(&self, host: &mut dyn Host, set: &Given) -> R<Filled> {
        let compiled = &self.cached.compiled;
        let mut parameters = set.clone();
        let is_update = compiled.purpose == Purpose::Update;
        let missing: Vec<Rc<Column>> = compiled
            .prefetch
            .iter()
            .filter(|column| !set.iter().any(|(key, _)| *key == column.key()))
            .cloned()
            .collect();
        if !missing.is_empty() {
            let made = defaults::evaluate(host, self.connection, &missing, is_update, set.clone())?;
            parameters.extend(missing.iter().map(|column| column.key()).zip(made));
        }
        let lookup =
            |name: &str| parameters.iter().find(|(key, _)| &**key == name).map(|(_, value)| value.clone());
        let raw = compiled.raw_values(host, Some(&self.binds), &lookup)?;
        let shown = compiled.slots.iter().map(|slot| slot.name.clone()).zip(raw.iter().cloned()).collect();
        let (sql, values) = self.cached.fill(host, &self.binds, &lookup)?;
        Ok(Filled { sql, values, parameters: shown })
    }

    /// The primary key of the row that was inserted: what was given for it, or the number that SQLite made.
    fn inserted_key(&self, one: &Filled, lastrowid: Option<i64>) -> Vec<Value> {
        let Some(FromClause::Table(table)) = &self.cached.compiled.table else { return Vec::new() };
        let columns = table.primary_key_columns();
        if columns.is_empty() {
            return Vec::new();
        }
        let numbered = numbered_column(table);
        let value = |column: &Rc<Column>| {
            let given =
                one.parameters.iter().find(|(key, _)| *key == column.key()).map(|(_, value)| value.clone());
            match given {
                Some(value) if !value.is_none() => value,
                _ if numbered.as_ref().is_some_and(|numbered| Rc::ptr_eq(numbered, column)) => {
                    Value::from(lastrowid)
                }
                other => other.unwrap_or_default(),
            }
        };
        let keys = RowKeys::new(columns.iter().map(|column| column.key()).collect(), KeyStyle::Simple);
        vec![make_row(&keys, columns.iter().map(value).collect())]
    }

    /// An INSERT of several rows with RETURNING: as many rows as fit in one statement.
    fn insert_many_values(&self, host: &mut dyn Host, filled: &[Filled], info: CursorInfo) -> R<Value> {
        const MOST_ROWS: usize = 1000;
        const MOST_PARAMETERS: usize = 32_766;
        let sorted = matches!(
            &self.cached.compiled.statement,
            Some(Statement::Insert(insert)) if insert.sort_by_parameter_order
        );
        let parts = values_clause(self.cached.sql.text());
        let width = filled[0].values.len().max(1);
        let size = match parts {
            Some(_) if !sorted => MOST_ROWS.min(MOST_PARAMETERS / width).max(1),
            _ => 1,
        };
        let total = filled.len().div_ceil(size);
        let mut cells = Vec::new();
        let mut columns = 0;
        for (number, rows) in filled.chunks(size).enumerate() {
            let sql = match parts {
                Some((start, end)) if rows.len() > 1 => {
                    let text = self.cached.sql.text();
                    let repeated = vec![&text[start..end]; rows.len()].join(", ");
                    self.cached.sql.variant(format!("{}{repeated}{}", &text[..start], &text[end..]))
                }
                _ => rows[0].sql.clone(),
            };
            let values: Vec<Value> = rows.iter().flat_map(|row| row.values.iter().cloned()).collect();
            let batch = Batch { number: number + 1, total, sorted, downgraded: sorted };
            let mut cursor = self.connection.execute_batch(host, &sql, self.note, Some(batch), &values)?;
            columns = cursor.width();
            cells.extend(cursor.fetch_all().map_err(|error| self.connection.fetch_failed(host, error))?);
        }
        self.result(self.cached.row_keys(), columns, cells, info)
    }
}

struct Filled {
    sql: Rc<SqlText>,
    values: Vec<Value>,
    /// By name, before conversion.
    parameters: Given,
}

fn dictionary(parameters: &Given) -> Value {
    let dict = Dict::new();
    for (key, value) in parameters {
        dict.set_str(key, value.clone());
    }
    Value::Dict(Gc::new(dict))
}

/// The column whose value SQLite makes up.
fn numbered_column(table: &Rc<Table>) -> Option<Rc<Column>> {
    table.autoincrement_column()
}

/// `A value is required for bind parameter 'a', in parameter group 1`
fn in_group(mut raised: Raised, group: usize) -> Raised {
    if let RaisedKind::Error { error, .. } = &mut *raised.0
        && error.message.starts_with("A value is required for bind parameter")
    {
        error.message.push_str(&format!(", in parameter group {group}"));
    }
    raised
}

/// Where the parentheses behind VALUES begin and end.
fn values_clause(text: &str) -> Option<(usize, usize)> {
    let start = text.find(" VALUES (")? + " VALUES ".len();
    let mut depth = 0usize;
    for (place, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return Some((start, place + 1));
                }
            }
            _ => {}
        }
    }
    None
}
