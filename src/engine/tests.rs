//! The engine on a database in memory, without a machine.
//!
//! Owns a host that knows only what echo and errors ask for. Must not be compiled into the program.

use std::cell::RefCell;
use std::rc::Rc;

use super::{
    CacheNote, Connection, EchoRecord, Engine, EngineOptions, Sink, SqlText, Url, reflection::Inspector,
    set_sink,
};
use crate::diag::builtin::NOT_IMPLEMENTED_ERROR;
use crate::python::value::{
    BinaryOp, CallArgs, Class, CompareOp, Dict, Gc, Host, Module, R, Raised, RaisedKind, Str, UnaryOp, Value,
};

pub struct Bare;

fn no<T>() -> R<T> {
    Err(Raised::new(&NOT_IMPLEMENTED_ERROR, "a bare host"))
}

#[rustfmt::skip]
impl Host for Bare {
    fn call(&mut self, _: &Value, _: CallArgs<'_>) -> R<Value> { no() }
    fn get_attr(&mut self, _: &Value, _: &Str) -> R<Value> { no() }
    fn find_attr(&mut self, _: &Value, _: &Str) -> R<Option<Value>> { no() }
    fn set_attr(&mut self, _: &Value, _: &Str, _: Value) -> R<()> { no() }
    fn del_attr(&mut self, _: &Value, _: &Str) -> R<()> { no() }
    fn repr(&mut self, object: &Value) -> R<Str> {
        Ok(Str::new(&match object {
            Value::Str(text) => format!("'{}'", text.as_str()),
            other => format!("{other:?}"),
        }))
    }
    fn str(&mut self, _: &Value) -> R<Str> { no() }
    fn format(&mut self, _: &Value, _: &str) -> R<Str> { no() }
    fn hash(&mut self, _: &Value) -> R<i64> { no() }
    fn truth(&mut self, _: &Value) -> R<bool> { no() }
    fn compare(&mut self, _: CompareOp, _: &Value, _: &Value) -> R<Value> { no() }
    fn binary(&mut self, _: BinaryOp, _: &Value, _: &Value) -> R<Value> { no() }
    fn unary(&mut self, _: UnaryOp, _: &Value) -> R<Value> { no() }
    fn len(&mut self, _: &Value) -> R<usize> { no() }
    fn get_item(&mut self, _: &Value, _: &Value) -> R<Value> { no() }
    fn set_item(&mut self, _: &Value, _: &Value, _: Value) -> R<()> { no() }
    fn del_item(&mut self, _: &Value, _: &Value) -> R<()> { no() }
    fn contains(&mut self, _: &Value, _: &Value) -> R<bool> { no() }
    fn iter(&mut self, _: &Value) -> R<Value> { no() }
    fn next(&mut self, _: &Value) -> R<Option<Value>> { no() }
    fn class_of(&mut self, _: &Value) -> Gc<Class> { crate::python::value::native_class(&crate::python::value::OBJECT) }
    fn is_instance(&mut self, _: &Value, _: &Value) -> R<bool> { no() }
    fn make_class(&mut self, _: &Str, _: Vec<Value>, _: Value) -> R<Value> { no() }
    fn import(&mut self, _: &str) -> R<Gc<Module>> { no() }
    fn exception_value(&mut self, _: &mut Raised) -> Value { Value::None }
    fn write_out(&mut self, _: &str) {}
    fn write_err(&mut self, _: &str) {}
    fn warn(&mut self, _: &'static crate::diag::ExcClass, _: &str) -> R<()> { Ok(()) }
    fn deeper(&mut self, _doing: &str, act: &mut dyn FnMut(&mut dyn Host) -> R<()>) -> R<()> {
        act(self)
    }
    fn check_interrupt(&mut self) -> R<()> { Ok(()) }
    fn current_place(&self) -> Option<crate::diag::Place> { None }
    fn current_globals(&self) -> Option<Gc<Dict>> { None }
}

#[derive(Default)]
struct Kept(RefCell<String>);

impl Sink for Kept {
    fn echo(&self, _host: &mut dyn Host, record: &EchoRecord<'_>) {
        let mut kept = self.0.borrow_mut();
        kept.push_str(record.message);
        kept.push('\n');
    }
}

fn memory(echo: bool) -> Rc<Engine> {
    Engine::new(Url::sqlite(None), EngineOptions { echo, ..EngineOptions::default() }).expect("a good URL")
}

fn run(connection: &Rc<Connection>, text: &str, values: &[Value]) -> Vec<Value> {
    let mut cursor = connection.execute(&mut Bare, &SqlText::new(text), CacheNote::Raw, values).expect(text);
    cursor.fetch_all().expect("rows")
}

fn message(raised: &Raised) -> &str {
    match &*raised.0 {
        RaisedKind::Error { error, .. } => &error.message,
        RaisedKind::Exception { .. } => "an exception object",
    }
}

#[test]
fn a_statement_is_echoed_begun_and_committed() {
    let kept = Rc::new(Kept::default());
    set_sink(kept.clone());
    let engine = memory(true);
    let connection = engine.connect(&mut Bare).expect("a connection");
    run(&connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)", &[]);
    let dbapi = connection.dbapi().expect("open");
    assert!(!dbapi.in_transaction(), "DDL begins nothing");
    let long = Value::str("x".repeat(400));
    run(&connection, "INSERT INTO t (name) VALUES (?)", &[long]);
    assert!(dbapi.in_transaction());
    let savepoint = connection.begin_nested(&mut Bare).expect("a savepoint");
    run(&connection, "INSERT INTO t (name) VALUES (?)", &[Value::str("b")]);
    savepoint.rollback(&mut Bare).expect("rolled back");
    let rows = run(&connection, "SELECT id, length(name), 1.5, NULL, x'01' FROM t", &[]);
    assert_eq!(format!("{rows:?}"), "[1, 400, 1.5, None, [1]]");
    connection.commit(&mut Bare).expect("committed");
    assert!(!dbapi.in_transaction());
    let echo = kept.0.borrow().clone();
    let cut = format!("'{}", "x".repeat(149));
    assert!(echo.starts_with("BEGIN (implicit)\nCREATE TABLE"), "{echo}");
    assert!(echo.contains(&format!("[raw sql] ({cut} ... (102 characters truncated) ... ")), "{echo}");
    assert!(echo.contains("SAVEPOINT sa_savepoint_1\n[no key "), "{echo}");
    assert!(echo.ends_with("COMMIT\n"), "{echo}");
}

#[test]
fn errors_are_wrapped_as_sqlalchemy_does() {
    let engine = memory(false);
    let connection = engine.connect(&mut Bare).expect("a connection");
    run(&connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)", &[]);
    run(&connection, "INSERT INTO t (name) VALUES (?)", &[Value::str("a")]);
    let fail = |text: &str, values: &[Value]| {
        let failed = connection.execute(&mut Bare, &SqlText::new(text), CacheNote::Raw, values);
        message(&failed.err().expect("a failure")).to_string()
    };
    assert_eq!(
        fail("INSERT INTO t (name) VALUES (?)", &[Value::str("a")]),
        "(sqlite3.IntegrityError) UNIQUE constraint failed: t.name\n[SQL: INSERT INTO t (name) VALUES (?)]\n\
         [parameters: ('a',)]\n(Background on this error at: https://sqlalche.me/e/21/gkpj)"
    );
    assert!(fail("SELECT ?", &[Value::list(vec![])]).starts_with(
        "(sqlite3.ProgrammingError) Error binding parameter 1: type 'list' is not supported\n[SQL: SELECT ?]"
    ));
    assert!(
        fail("selec", &[])
            .starts_with("(sqlite3.OperationalError) near \"selec\": syntax error\n[SQL: selec]\n(")
    );
    assert!(fail("SELECT 1; SELECT 2", &[]).contains("You can only execute one statement at a time."));
    assert!(fail("ATTACH '/tmp/x.db' AS x", &[]).contains("not authorized"));
    assert!(fail("VACUUM INTO '/tmp/x.db'", &[]).starts_with("(sqlite3."));
    assert!(fail("SELECT load_extension('x')", &[]).contains("not authorized"));
}

#[test]
fn statements_stay_prepared_and_a_busy_one_is_not_disturbed() {
    let engine = memory(false);
    let connection = engine.connect(&mut Bare).expect("a connection");
    run(&connection, "CREATE TABLE t (a)", &[]);
    for number in 0..3 {
        run(&connection, "INSERT INTO t VALUES (?)", &[Value::Int(number)]);
    }
    let sql = SqlText::new("SELECT a FROM t ORDER BY a");
    let mut outer = connection.execute(&mut Bare, &sql, CacheNote::Raw, &[]).expect("a cursor");
    assert!(outer.next_row().expect("a row"));
    let mut inner = connection.execute(&mut Bare, &sql, CacheNote::Raw, &[]).expect("a cursor");
    assert!(inner.next_row().expect("a row"));
    assert!(inner.next_row().expect("a row"));
    assert_eq!((outer.int(0), inner.int(0)), (Some(0), Some(1)));
    drop((outer, inner));
    run(&connection, "ALTER TABLE t ADD COLUMN b DEFAULT 7", &[]);
    let cells = run(&connection, "SELECT * FROM t LIMIT ?", &[Value::Int(1)]);
    assert_eq!(format!("{cells:?}"), "[0, 7]");
    let foreign_keys = run(&connection, "PRAGMA foreign_keys", &[]);
    assert_eq!(format!("{foreign_keys:?}"), "[0]");
    let found = run(&connection, "SELECT 'abc' REGEXP 'b.', floor(1.5)", &[]);
    assert_eq!(format!("{found:?}"), "[1, 1]");
}

#[test]
fn a_schema_is_read_back() {
    let engine = memory(false);
    let connection = engine.connect(&mut Bare).expect("a connection");
    run(&connection, "CREATE TABLE owner (id INTEGER PRIMARY KEY)", &[]);
    run(
        &connection,
        "CREATE TABLE pet (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, owner_id INTEGER REFERENCES owner, \
         CONSTRAINT uq UNIQUE (name), CHECK (id > 0))",
        &[],
    );
    run(&connection, "CREATE INDEX ix_pet ON pet (name) WHERE id > 5", &[]);
    let inspector = Inspector::new(&connection);
    assert_eq!(inspector.table_names(&mut Bare).expect("names"), ["owner", "pet"]);
    let table = inspector.table(&mut Bare, "pet").expect("a table");
    assert_eq!(table.columns[1].type_text, "VARCHAR(40)");
    assert_eq!(table.foreign_keys[0].referred_columns, ["id"]);
    assert_eq!(table.uniques[0].name.as_deref(), Some("uq"));
    assert_eq!(table.checks[0].condition, "id > 0");
    assert_eq!(table.indexes[0].condition.as_deref(), Some("id > 5"));
    let missing = inspector.columns(&mut Bare, "nothing").expect_err("no such table");
    assert_eq!(message(&missing), "nothing");
}
