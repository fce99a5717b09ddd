//! `AppenderQuery` and `WriteOnlyCollection`: relationships that are never loaded whole.
//!
//! Owns both types and finding the session of their owner. Must not know how changes are kept (`orm::load::dynamic`).

use std::cell::RefCell;
use std::rc::Rc;

use super::object::{self, QUERY, QueryData};
use super::values;
use crate::orm::attribute::{self, Attribute, AttributeKind};
use crate::orm::load::{dynamic, lazy, state_text};
use crate::orm::query::context::OrmExtras;
use crate::orm::query::entity::OrmEntity;
use crate::orm::query::execute::Why;
use crate::orm::query::{assemble, errors, relate};
use crate::orm::session::{self, Session};
use crate::orm::state::InstanceState;
use crate::python::value::{
    Dict, Gc, Host, Instance, Native, NativeType, R, Row, Slots, Value, Visitor, intern, native_class, param,
};
use crate::sql::selectable::FromClause;
use crate::sql::statement::{Delete, Insert, Select, SelectItem, Statement, Update};

/// The collection that a query is.
#[derive(Clone)]
pub struct Owner {
    pub instance: Gc<Instance>,
    pub attribute: Rc<Attribute>,
}

pub static APPENDER_QUERY: NativeType = NativeType {
    doc: "A collection of related objects as a query.",
    bases: &[&QUERY],
    methods: &[
        Row::method("append", &[param::req("item")], "Adds an object.", "", add),
        Row::method("add", &[param::req("item")], "Adds an object.", "", add),
        Row::method("extend", &[param::req("iterator")], "Adds objects.", "", add_all),
        Row::method("add_all", &[param::req("iterator")], "Adds objects.", "", add_all),
        Row::method("remove", &[param::req("item")], "Takes an object out.", "", remove),
    ],
    has_dict: true,
    ..NativeType::plain("AppenderQuery", "sqlalchemy.orm.dynamic")
};

pub static WRITE_ONLY_COLLECTION: NativeType = NativeType {
    doc: "A collection of related objects that is added to and removed from.",
    methods: &[
        Row::method("select", &[], "The SELECT of its objects.", "", select),
        Row::method("insert", &[], "An INSERT of objects that belong to it.", "", insert),
        Row::method("update", &[], "An UPDATE of its objects.", "", update),
        Row::method("delete", &[], "A DELETE of its objects.", "", delete),
        Row::method("add", &[param::req("item")], "Adds an object.", "", add),
        Row::method("add_all", &[param::req("iterator")], "Adds objects.", "", add_all),
        Row::method("remove", &[param::req("item")], "Takes an object out.", "", remove),
    ],
    slots: Slots { iter: Some(|_, _| Err(errors::write_only_iteration())), ..Slots::NONE },
    ..NativeType::plain("WriteOnlyCollection", "sqlalchemy.orm.writeonly")
};

/// The payload of a write-only collection.
struct WriteOnly(Owner);

impl Native for WriteOnly {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.gc(&self.0.instance);
    }
}

thread_local! {
    static QUERY_CLASS: RefCell<Value> = const { RefCell::new(Value::Unset) };
    static APPENDER_CLASS: RefCell<Value> = const { RefCell::new(Value::Unset) };
}

/// The class of the queries that a dynamic collection gives: Flask-SQLAlchemy's, where that is in use.
pub fn query_class(host: &mut dyn Host) -> R<Gc<crate::python::value::Class>> {
    if let Value::Class(class) = QUERY_CLASS.with(|place| place.borrow().clone()) {
        return Ok(class);
    }
    let found = match host.import("flask_sqlalchemy.query") {
        Ok(module) => host.find_attr(&Value::Module(module), &intern("Query"))?,
        Err(_) => None,
    };
    let class = match found {
        Some(Value::Class(class)) => class,
        _ => native_class(&QUERY),
    };
    QUERY_CLASS.with(|place| *place.borrow_mut() = Value::Class(class.clone()));
    Ok(class)
}

fn appender_class(host: &mut dyn Host) -> R<Gc<crate::python::value::Class>> {
    if let Value::Class(class) = APPENDER_CLASS.with(|place| place.borrow().clone()) {
        return Ok(class);
    }
    let own = Value::Class(native_class(&APPENDER_QUERY));
    let query = Value::Class(query_class(host)?);
    let namespace = Dict::new();
    namespace.set("__module__", Value::str("sqlalchemy.orm.dynamic"));
    let made = host.make_class(&intern("AppenderQuery"), vec![own, query], Value::Dict(Gc::new(namespace)));
    let class = match made {
        Ok(Value::Class(class)) => class,
        _ => native_class(&APPENDER_QUERY),
    };
    APPENDER_CLASS.with(|place| *place.borrow_mut() = Value::Class(class.clone()));
    Ok(class)
}

/// What reading a dynamic attribute gives.
pub fn value(host: &mut dyn Host, instance: &Gc<Instance>, attribute: &Attribute) -> R<Value> {
    let mapper = attribute::state_of(instance).mapper().clone();
    let Some(attribute) = mapper.attribute_named(&attribute.key) else { return Ok(Value::None) };
    let owner = Owner { instance: instance.clone(), attribute };
    if owner.attribute.kind == AttributeKind::WriteOnly {
        return Ok(Value::native(&WRITE_ONLY_COLLECTION, WriteOnly(owner)));
    }
    let mut data = of_owner(&owner, None);
    data.owner = Some(owner);
    let class = appender_class(host)?;
    Ok(Value::Instance(Instance::with_payload(class, Box::new(data))))
}

/// The query of a collection's objects.
fn of_owner(owner: &Owner, session: Option<Rc<Session>>) -> QueryData {
    let setup = relate::relationship(&owner.attribute.property).setup();
    let target = OrmEntity::Mapper(setup.mapper.clone());
    let mut data = object::fresh(vec![SelectItem::Entity(target.into_dyn())], session);
    restrict(owner, &target, &mut data.select, &mut data.extras);
    let class = &owner.attribute.mapper().class_name;
    data.extras.why = Some(Why::of("dynamic load", class, &owner.attribute.key));
    data
}

/// The conditions, order and FROM of a collection.
fn restrict(owner: &Owner, target: &OrmEntity, select: &mut Select, extras: &mut OrmExtras) {
    let setup = relate::relationship(&owner.attribute.property).setup();
    if let Some(table) = &setup.secondary {
        select.from = vec![assemble::selectable_of(target), FromClause::Table(table.clone())];
        extras.from_entities = vec![target.clone()];
    }
    select.where_ = vec![lazy::criterion_for(&owner.instance, &owner.attribute, false)];
    select.order_by = setup.order_by.clone();
}

/// The plain query that a refined collection becomes.
pub fn plain_query(host: &mut dyn Host, _query: &Value, owner: &Owner) -> R<QueryData> {
    let _ = host;
    let state = attribute::state_of(&owner.instance);
    match session::session_of(state) {
        Some(session) => Ok(of_owner(owner, Some(session))),
        None => Err(errors::detached_dynamic(&state_text(&owner.instance), &owner.attribute.key)),
    }
}

/// The query to run, after a flush; None where the owner has no row yet.
pub fn bound(host: &mut dyn Host, _query: &Value, owner: &Owner) -> R<Option<QueryData>> {
    let state = attribute::state_of(&owner.instance);
    let session = session::session_of(state);
    if let Some(session) = &session
        && session.autoflush.get()
        && session.contains(state)
    {
        session.autoflush(host)?;
    }
    let state = attribute::state_of(&owner.instance);
    if !state.has_identity() {
        return Ok(None);
    }
    Ok(session.map(|session| of_owner(owner, Some(session))))
}

/// What a collection without a row holds.
pub fn pending(owner: &Owner) -> Vec<Value> {
    dynamic::pending_added(&owner.instance, &owner.attribute)
}

fn owner_of(value: &Value) -> R<Owner> {
    if let Some(collection) = value.payload::<WriteOnly>() {
        return Ok(collection.0.clone());
    }
    let owner = value.payload::<QueryData>().and_then(|data| data.owner.clone());
    owner.ok_or_else(errors::expected_attribute)
}

fn add(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let owner = owner_of(&args[0])?;
    attribute::check_mapped(host, &owner.attribute, &args[1])?;
    dynamic::dynamic_append(host, &owner.instance, &owner.attribute, args[1].clone(), None)?;
    Ok(Value::None)
}

fn add_all(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    for item in host.collect(&args[1])? {
        add(host, &[args[0].clone(), item])?;
    }
    Ok(Value::None)
}

fn remove(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let owner = owner_of(&args[0])?;
    dynamic::dynamic_remove(host, &owner.instance, &owner.attribute, &args[1], None)?;
    Ok(Value::None)
}

// Statements of a write-only collection.

fn target_of(owner: &Owner) -> OrmEntity {
    OrmEntity::Mapper(relate::relationship(&owner.attribute.property).mapper().clone())
}

fn select(_: &mut dyn Host, args: &[Value]) -> R<Value> {
    let owner = owner_of(&args[0])?;
    let target = target_of(&owner);
    let mut select = Select::new(vec![SelectItem::Entity(target.into_dyn())]);
    let mut extras = OrmExtras::default();
    restrict(&owner, &target, &mut select, &mut extras);
    select.orm = Some(Rc::new(extras));
    Ok(values::statement(Statement::Select(Rc::new(select))))
}

fn insert(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    use crate::sql::statement::{SetExpr, SetTarget, SetValue};
    let owner = owner_of(&args[0])?;
    let target = target_of(&owner);
    let mut insert = Insert::new(target.mapper().local_table.clone());
    insert.entity = Some(target.into_dyn());
    let setup = relate::relationship(&owner.attribute.property).setup();
    let mapper = match InstanceState::of(&owner.instance) {
        Some(state) => state.mapper().clone(),
        None => return Ok(Value::None),
    };
    for (source, destination) in &setup.synchronize_pairs {
        let value = match mapper.attribute_of_column(source) {
            Some(attribute) => attribute::get(host, &owner.instance, &attribute)?,
            None => Value::None,
        };
        insert
            .values
            .push(SetValue { column: SetTarget::Column(destination.clone()), value: SetExpr::Value(value) });
    }
    Ok(values::statement(Statement::Insert(Rc::new(insert))))
}

fn update(_: &mut dyn Host, args: &[Value]) -> R<Value> {
    let owner = owner_of(&args[0])?;
    let target = target_of(&owner);
    let mut update = Update::new(target.mapper().local_table.clone());
    update.entity = Some(target.into_dyn());
    update.where_ = vec![lazy::criterion_for(&owner.instance, &owner.attribute, false)];
    Ok(values::statement(Statement::Update(Rc::new(update))))
}

fn delete(_: &mut dyn Host, args: &[Value]) -> R<Value> {
    let owner = owner_of(&args[0])?;
    let target = target_of(&owner);
    let mut delete = Delete::new(target.mapper().local_table.clone());
    delete.entity = Some(target.into_dyn());
    delete.where_ = vec![lazy::criterion_for(&owner.instance, &owner.attribute, false)];
    Ok(values::statement(Statement::Delete(Rc::new(delete))))
}
