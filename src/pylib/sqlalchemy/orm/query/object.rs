//! `Query` as an object: what it holds, making it, and refining it into another.
//!
//! Owns the payload and the type. Its methods stand in `methods.rs` and `terminal.rs`.
//! Must not know how a query is compiled.

use std::rc::Rc;

use super::{dynamic, methods, terminal};
use crate::orm::query::context::OrmExtras;
use crate::orm::session::Session;
use crate::pylib::sqlalchemy::orm::session as session_face;
use crate::python::value::{
    CallArgs, Class, Gc, Host, Instance, Native, NativeType, R, Slots, Value, Visitor,
};
use crate::sql::coerce;
use crate::sql::entity::Element;
use crate::sql::statement::{LabelStyle, Select, SelectItem, Statement};

/// The payload of a query.
pub struct QueryData {
    pub select: Select,
    pub extras: OrmExtras,
    pub session: Option<Rc<Session>>,
    /// The dynamic collection that the query is.
    pub owner: Option<dynamic::Owner>,
}

impl Native for QueryData {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        if let Some(owner) = &self.owner {
            visitor.gc(&owner.instance);
        }
    }
}

pub static QUERY: NativeType = NativeType {
    doc: "A SELECT over mapped classes that runs in its session.",
    methods: methods::METHODS,
    getters: methods::GETTERS,
    slots: Slots {
        new: Some(new),
        init: Some(|_, _, _| Ok(())),
        iter: Some(terminal::iter),
        get_item: Some(terminal::get_item),
        str: Some(terminal::text),
        truth: Some(|_, _| Ok(true)),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("Query", "sqlalchemy.orm.query")
};

pub fn data(value: &Value) -> &QueryData {
    value.payload::<QueryData>().expect("methods of a query are called with queries")
}

/// `Query(entities, session=None)`.
fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let entities =
        args.positional.first().or_else(|| args.keyword("entities")).cloned().unwrap_or(Value::None);
    let session = args.positional.get(1).or_else(|| args.keyword("session")).cloned().unwrap_or(Value::None);
    let session = if session.is_none() { None } else { Some(session_face::session_of(host, &session)?) };
    let items = match &entities {
        Value::Class(_) => vec![coerce::select_item(host, &entities)?],
        _ => select_items(host, &entities)?,
    };
    let data = fresh(items, session);
    Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(data))))
}

/// A query of these items.
pub fn fresh(items: Vec<SelectItem>, session: Option<Rc<Session>>) -> QueryData {
    let mut select = Select::new(items);
    select.label_style = LabelStyle::TablenamePlusCol;
    let mut extras = OrmExtras::default();
    extras.compile.legacy = true;
    extras.load.legacy_uniquing = true;
    QueryData { select, extras, session, owner: None }
}

/// One entity, or several.
pub fn select_items(host: &mut dyn Host, entities: &Value) -> R<Vec<SelectItem>> {
    let list = match entities {
        Value::Tuple(items) => items.as_slice().to_vec(),
        Value::List(items) => items.to_vec(),
        Value::None => Vec::new(),
        single => vec![single.clone()],
    };
    list.iter().map(|entity| select_item(host, entity)).collect()
}

/// One entity; a statement stands for its scalar.
pub fn select_item(host: &mut dyn Host, value: &Value) -> R<SelectItem> {
    coerce::select_item(host, value)
}

impl QueryData {
    /// The statement that the query stands for.
    pub fn statement(&self) -> Rc<Select> {
        let mut select = self.select.clone();
        select.orm = Some(Rc::new(self.extras.clone()));
        Rc::new(select)
    }

    /// The statement as it goes into others: without eager loads.
    pub fn inner_statement(&self, style: Option<LabelStyle>) -> Rc<Select> {
        let mut select = self.select.clone();
        let mut extras = self.extras.clone();
        extras.compile.enable_eagerloads = false;
        select.label_style = style.unwrap_or(match select.label_style {
            LabelStyle::TablenamePlusCol if !extras.compile.base_alias => LabelStyle::DisambiguateOnly,
            other => other,
        });
        select.orm = Some(Rc::new(extras));
        Rc::new(select)
    }

    fn copy(&self) -> QueryData {
        QueryData {
            select: self.select.clone(),
            extras: self.extras.clone(),
            session: self.session.clone(),
            owner: None,
        }
    }
}

/// Another query like this one, changed by `f`; a dynamic collection becomes a plain query.
pub fn refined(
    host: &mut dyn Host,
    query: &Value,
    f: impl FnOnce(&mut dyn Host, &mut QueryData) -> R<()>,
) -> R<Value> {
    let (mut copy, class) = match (&data(query).owner, query) {
        (Some(owner), _) => (dynamic::plain_query(host, query, owner)?, dynamic::query_class(host)?),
        (None, Value::Instance(instance)) => (data(query).copy(), instance.class()),
        (None, _) => (data(query).copy(), crate::python::value::native_class(&QUERY)),
    };
    f(host, &mut copy)?;
    Ok(Value::Instance(Instance::with_payload(class, Box::new(copy))))
}

/// A query within a statement: its SELECT, with labels.
pub fn element(_host: &mut dyn Host, value: &Value) -> R<Option<Element>> {
    Ok(value.payload::<QueryData>().map(|data| {
        Element::Statement(Statement::Select(data.inner_statement(Some(LabelStyle::TablenamePlusCol))))
    }))
}
