//! Sessions and flushes on a database in memory, without a machine.
//!
//! Owns a small mapping made by hand. Must not be compiled into the program.

use std::cell::RefCell;
use std::rc::Rc;

use indexmap::IndexMap;

use crate::engine::tests::Bare;
use crate::engine::{CacheNote, EchoRecord, Engine, EngineOptions, Sink, SqlText, Url, set_sink};
use crate::orm::identity::Mapped;
use crate::orm::mapper::{Mapper, MapperArgs};
use crate::orm::mapping::{ClassMapping, Incoming, map_class};
use crate::orm::registry::Registry;
use crate::orm::session::{Bind, Session, SessionOptions};
use crate::orm::state::InstanceState;
use crate::orm::{attribute, session};
use crate::python::value::{Class, Dict, Gc, Host, Instance, OBJECT, Str, Value, intern, native_class};
use crate::sql::schema::{Column, ColumnDefault, Default as SchemaDefault, MetaData, Table, add_column};
use crate::sql::selectable::FromClause;
use crate::sql::types;

#[derive(Default)]
struct Kept(RefCell<Vec<String>>);

impl Sink for Kept {
    fn echo(&self, _host: &mut dyn Host, record: &EchoRecord<'_>) {
        let message = record.message;
        match message.split_once("] ") {
            Some((note, parameters)) if note.starts_with('[') => self.0.borrow_mut().push(parameters.into()),
            _ => self.0.borrow_mut().push(message.into()),
        }
    }
}

struct World {
    echo: Rc<Kept>,
    session: Rc<Session>,
    pet: Rc<Mapper>,
}

fn column(table: &Rc<Table>, name: &str, ty: types::Type) -> Rc<Column> {
    let column = Column::new(intern(name), ty);
    if name == "id" {
        column.primary_key.set(true);
        column.nullable.set(false);
    }
    if name == "kind" {
        let default = SchemaDefault::new(ColumnDefault::Scalar(Value::str("cat")), false);
        *column.default.borrow_mut() = Some(default);
    }
    add_column(table, &column).expect("a new column");
    column
}

fn world() -> World {
    let echo = Rc::new(Kept::default());
    set_sink(echo.clone());
    let options = EngineOptions { echo: true, ..EngineOptions::default() };
    let engine = Engine::new(Url::sqlite(None), options).expect("a good URL");
    let metadata = MetaData::new();
    let table = Table::new(intern("pet"), &metadata, None);
    let columns = [("id", types::integer()), ("name", types::string()), ("kind", types::string())]
        .map(|(name, ty)| (intern(name), Incoming::Column(column(&table, name, ty))));
    let object = native_class(&OBJECT);
    let class = Class::new(intern("Pet"), vec![object.clone()], vec![object], Gc::new(Dict::new()), &OBJECT);
    class.dict.set("__module__", Value::str("app"));
    let mapping = ClassMapping {
        class,
        registry: Registry::new(metadata),
        inherits: None,
        local_table: Some(FromClause::Table(table)),
        properties: columns.to_vec(),
        declared: Vec::new(),
        args: MapperArgs { batch: true, confirm_deleted_rows: true, ..MapperArgs::default() },
        validators: IndexMap::default(),
        place: None,
    };
    let pet = map_class(&mut Bare, mapping).expect("a mapper");
    let session = Session::new(SessionOptions::default());
    session.set_bind(Some(Bind::Engine(engine)), Value::None);
    let connection = session.connection_for(&mut Bare, None).expect("a connection");
    let create =
        SqlText::new("CREATE TABLE pet (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT)");
    connection.execute(&mut Bare, &create, CacheNote::Raw, &[]).expect("a table").close();
    session.commit(&mut Bare).expect("committed");
    echo.0.borrow_mut().clear();
    World { echo, session, pet }
}

impl World {
    fn make(&self, values: &[(&str, Value)]) -> Mapped {
        let instance = InstanceState::new_instance(&self.pet);
        for (name, value) in values {
            self.set(&instance, name, value.clone());
        }
        Mapped::new(&instance).expect("a pet is mapped")
    }

    fn set(&self, instance: &Gc<Instance>, name: &str, value: Value) {
        let attribute = self.pet.attribute(name).expect("an attribute");
        attribute::set(&mut Bare, instance, &attribute, value).expect("set");
    }

    fn get(&self, mapped: &Mapped, name: &str) -> String {
        let slot = self.pet.attribute(name).and_then(|one| one.slot()).expect("a slot");
        format!("{:?}", mapped.instance().slot(slot))
    }

    fn add(&self, mapped: &Mapped) {
        self.session.add(&mut Bare, &mapped.value()).expect("added");
    }

    fn flush(&self) -> Vec<String> {
        self.session.flush(&mut Bare).expect("flushed");
        self.echo.0.take()
    }
}

fn name(text: &str) -> (&'static str, Value) {
    ("name", Value::Str(Str::new(text)))
}

#[test]
fn rows_are_inserted_updated_and_deleted_with_few_words() {
    let world = world();
    let tom = world.make(&[name("Tom")]);
    world.add(&tom);
    assert!(tom.state().is_pending());
    assert_eq!(
        world.flush(),
        ["BEGIN (implicit)", "INSERT INTO pet (name, kind) VALUES (?, ?)", "('Tom', 'cat')"]
    );
    assert!(tom.state().is_persistent());
    assert_eq!((world.get(&tom, "id"), world.get(&tom, "kind")), ("1".into(), "\"cat\"".into()));
    let more = [world.make(&[name("Rex")]), world.make(&[name("Kit")])];
    more.iter().for_each(|pet| world.add(pet));
    let insert = "INSERT INTO pet (name, kind) VALUES (?, ?) RETURNING id";
    assert_eq!(world.flush(), [insert, "('Rex', 'cat')", insert, "('Kit', 'cat')"]);
    assert_eq!(world.get(&more[1], "id"), "3");
    let given = [("id", Value::Int(7)), name("Hal")];
    let also = [("id", Value::Int(8)), name("Ivo")];
    [world.make(&given), world.make(&also)].iter().for_each(|pet| world.add(pet));
    assert_eq!(
        world.flush(),
        ["INSERT INTO pet (id, name, kind) VALUES (?, ?, ?)", "[(7, 'Hal', 'cat'), (8, 'Ivo', 'cat')]"]
    );
    world.set(tom.instance(), "name", Value::str("Tim"));
    world.set(more[0].instance(), "name", Value::str("Max"));
    let update = "UPDATE pet SET name=? WHERE pet.id = ?";
    assert_eq!(world.flush(), [update, "[('Tim', 1), ('Max', 2)]"]);
    world.session.delete(&mut Bare, &tom.value()).expect("marked");
    assert_eq!(world.flush(), ["DELETE FROM pet WHERE pet.id = ?", "(1,)"]);
    assert!(tom.state().is_deleted());
}

#[test]
fn a_rollback_puts_every_instance_back() {
    let world = world();
    let tom = world.make(&[name("Tom")]);
    world.add(&tom);
    world.session.commit(&mut Bare).expect("committed");
    let rex = world.make(&[name("Rex")]);
    world.add(&rex);
    world.session.flush(&mut Bare).expect("flushed");
    world.session.rollback(&mut Bare).expect("rolled back");
    assert!(rex.state().is_transient());
    assert_eq!(world.get(&rex, "id"), "2");
    assert!(tom.state().is_persistent());
    assert_eq!(world.get(&tom, "name"), "<unset>");
}

#[test]
fn what_nobody_holds_leaves_the_identity_map() {
    let world = world();
    let tom = world.make(&[name("Tom")]);
    let address = tom.address();
    world.add(&tom);
    world.session.flush(&mut Bare).expect("flushed");
    let found = world.session.identity_map.get_int(&world.pet, 1).expect("it is held");
    assert_eq!(Gc::address(&found), address);
    drop((found, tom));
    assert!(world.session.identity_map.get_int(&world.pet, 1).is_none());
    assert!(world.session.identity_map.is_empty());
}

#[test]
fn a_failed_flush_leaves_an_inactive_transaction() {
    let world = world();
    world.add(&world.make(&[name("Tom")]));
    world.session.commit(&mut Bare).expect("committed");
    world.add(&world.make(&[name("Tom")]));
    assert!(world.session.commit(&mut Bare).is_err());
    let refused = world.session.connection_for(&mut Bare, None).err().expect("inactive");
    assert!(format!("{refused:?}").starts_with("PendingRollbackError: This Session's transaction"));
    world.session.rollback(&mut Bare).expect("rolled back");
    assert!(world.session.connection_for(&mut Bare, None).is_ok());
    assert!(session::all_sessions().iter().any(|one| one.id == world.session.id));
}
