//! Making a mapper: the class, its table, its place in a hierarchy, its properties.
//!
//! Owns inheritance, primary keys and the order in which attributes are mapped. Must not know class bodies or
//! annotations; those are read above and arrive as `ClassMapping`.
//! Mirrors `Mapper._configure_inheritance` and `_configure_properties` of `sqlalchemy/orm/mapper.py`.

use std::rc::Rc;

use indexmap::IndexMap;

use crate::diag::Place;
use crate::python::value::{Class, Gc, Host, R, Str, Value, intern};
use crate::sql::entity::{Element, element_of};
use crate::sql::expr::{self, Expr};
use crate::sql::schema::{Column, Table};
use crate::sql::selectable::FromClause;

use super::attribute::Attribute;
use super::instrument;
use super::mapper::{InheritanceKind, Mapper, MapperArgs, MapperParts, PolymorphicOn, Validator, table_of};
use super::property::{ColumnProperty, Property, PropertyKind, table_column};
use super::registry::Registry;
use super::relationship::join::{self, JoinError};
use super::{errors, events};

/// A class that is to be mapped, with everything that its body said.
pub struct ClassMapping {
    pub class: Gc<Class>,
    pub registry: Rc<Registry>,
    pub inherits: Option<Rc<Mapper>>,
    /// None: the class lives in its parent's table.
    pub local_table: Option<FromClause>,
    /// Attributes in the order of the body.
    pub properties: Vec<(Str, Incoming)>,
    /// Columns that the body declares.
    pub declared: Vec<Rc<Column>>,
    pub args: MapperArgs,
    pub validators: IndexMap<Str, Validator>,
    pub place: Option<Place>,
}

/// One attribute of a body.
#[derive(Clone)]
pub enum Incoming {
    Column(Rc<Column>),
    Property(Rc<Property>),
}

/// Maps a class.
pub fn map_class(host: &mut dyn Host, mapping: ClassMapping) -> R<Rc<Mapper>> {
    let ClassMapping {
        class,
        registry,
        inherits,
        local_table,
        properties,
        declared,
        args,
        validators,
        place,
    } = mapping;
    let concrete = args.concrete;
    let (inheritance, local_table) = match (&inherits, local_table) {
        (None, Some(table)) => (InheritanceKind::None, table),
        (Some(_), Some(table)) if concrete => (InheritanceKind::Concrete, table),
        (Some(parent), Some(table)) if !FromClause::same(&table, &parent.local_table) => {
            (InheritanceKind::Joined, table)
        }
        (Some(parent), _) => (InheritanceKind::Single, parent.local_table.clone()),
        (None, None) => return Err(errors::no_table(&class).into()),
    };
    let mut selectable = local_table.clone();
    let mut inherit_condition = None;
    let mut inherits_sync_pairs = Vec::new();
    let mut tables = tables_of(&local_table);
    if let Some(parent) = &inherits {
        match inheritance {
            InheritanceKind::Joined => {
                let condition = inherit_condition_of(host, parent, &local_table, &args)?;
                inherits_sync_pairs = sync_pairs(&condition, parent, &local_table);
                selectable = parent.selectable.join(&local_table, Some(condition.clone()), false, false);
                inherit_condition = Some(condition);
                let own = std::mem::replace(&mut tables, parent.tables.clone());
                tables.extend(own);
            }
            InheritanceKind::Single => {
                selectable = parent.selectable.clone();
                tables = parent.tables.clone();
            }
            _ => {}
        }
    }
    let primary_key = primary_key_of(host, &class, &inherits, inheritance, &local_table, &args)?;
    let mapper = Mapper::new(MapperParts {
        class,
        registry,
        inherits,
        inheritance,
        local_table,
        selectable,
        inherit_condition,
        inherits_sync_pairs,
        tables,
        primary_key,
        args,
        place,
    });
    mapper.validators.borrow_mut().extend(validators);
    mapper.registry.add_class(&mapper.class);
    map_properties(&mapper, properties, &declared)?;
    set_polymorphic_on(host, &mapper)?;
    set_version_id(host, &mapper)?;
    note_identity(host, &mapper)?;
    let class = Value::Class(mapper.class.clone());
    events::fire(host, &mapper, events::MapperEvent::AfterMapperConstructed, &[Value::None, class])?;
    Ok(mapper)
}

fn tables_of(from: &FromClause) -> Vec<Rc<Table>> {
    from.leaves().iter().filter_map(table_of).collect()
}

fn inherit_condition_of(
    host: &mut dyn Host,
    parent: &Rc<Mapper>,
    local_table: &FromClause,
    args: &MapperArgs,
) -> R<Expr> {
    if let Some(Element::Expr(given)) = element_of(host, &args.inherit_condition)? {
        return Ok(super::relationship::target::plain(&given));
    }
    join::join_condition(host, &parent.local_table, local_table, None, None).map_err(|error| match error {
        JoinError::NoForeignKeys(_) => errors::no_inherit_condition(parent, local_table).into(),
        JoinError::Ambiguous(_) => errors::ambiguous_inherit_condition(parent, local_table).into(),
        JoinError::Raised(raised) => raised,
    })
}

/// The columns that the condition equates: the parent's first.
fn sync_pairs(condition: &Expr, parent: &Rc<Mapper>, local: &FromClause) -> Vec<(Rc<Column>, Rc<Column>)> {
    let own: Vec<Rc<Column>> = local.columns().iter().filter_map(table_column).collect();
    let is_own = |column: &Rc<Column>| own.iter().any(|known| Rc::ptr_eq(known, column));
    let mut columns = Vec::new();
    crate::sql::traverse::columns_of(condition, &mut columns);
    let _ = parent;
    let pairs = columns.chunks(2).filter_map(|pair| match pair {
        [a, b] if is_own(b) => Some((a.clone(), b.clone())),
        [a, b] if is_own(a) => Some((b.clone(), a.clone())),
        _ => None,
    });
    pairs.collect()
}

fn primary_key_of(
    host: &mut dyn Host,
    class: &Gc<Class>,
    inherits: &Option<Rc<Mapper>>,
    inheritance: InheritanceKind,
    local_table: &FromClause,
    args: &MapperArgs,
) -> R<Vec<Rc<Column>>> {
    if let Some(parent) = inherits
        && inheritance != InheritanceKind::Concrete
    {
        return Ok(parent.primary_key.clone());
    }
    let mut given = Vec::new();
    if !args.primary_key.is_unset() && !args.primary_key.is_none() {
        let items = match &args.primary_key {
            Value::List(_) | Value::Tuple(_) => host.collect(&args.primary_key)?,
            single => vec![single.clone()],
        };
        for item in items {
            let column = match &item {
                Value::Str(name) => local_table.column(name),
                other => match element_of(host, other)? {
                    Some(Element::Expr(expression)) => Some(expression),
                    _ => None,
                },
            };
            given.extend(column.and_then(|column| column.base_column()));
        }
    }
    if !given.is_empty() {
        return Ok(given);
    }
    let columns: Vec<Rc<Column>> =
        local_table.primary_key().iter().filter_map(|column| column.base_column()).collect();
    if columns.is_empty() {
        let name = local_table.name().unwrap_or_else(|| Str::new("join"));
        return Err(errors::no_primary_key(class, &name).into());
    }
    Ok(columns)
}

/// Maps attributes in SQLAlchemy's order: what the body says beyond plain columns, what is inherited, then the
/// columns of the table in their order.
fn map_properties(mapper: &Rc<Mapper>, properties: Vec<(Str, Incoming)>, declared: &[Rc<Column>]) -> R<()> {
    let local: Vec<Rc<Column>> = mapper.local_table.columns().iter().filter_map(table_column).collect();
    let is_local = |column: &Rc<Column>| local.iter().any(|known| Rc::ptr_eq(known, column));
    let mut by_column: Vec<(Rc<Column>, Str, Rc<Property>)> = Vec::new();
    for (key, incoming) in properties {
        let property = match incoming {
            Incoming::Property(property) => property,
            Incoming::Column(column) => column_property(&key, &column),
        };
        let columns = property.as_column().map(ColumnProperty::table_columns).unwrap_or_default();
        match columns.into_iter().find(|column| is_local(column)) {
            Some(column) => by_column.push((column, key, property)),
            None => place(mapper, &property),
        }
    }
    if let Some(parent) = mapper.inherits.clone() {
        for attribute in parent.attributes() {
            inherit(mapper, &attribute, &mut by_column);
        }
    }
    let excluded = excluded_keys(mapper, declared);
    for expression in mapper.selectable.columns() {
        let Some(column) = table_column(&expression) else { continue };
        if let Some((_, _, property)) = by_column.iter().find(|(known, _, _)| Rc::ptr_eq(known, &column)) {
            place(mapper, property);
            continue;
        }
        if mapper.attribute_of_column(&column).is_some() {
            continue;
        }
        let mut key = column.key();
        if excluded.contains(&key) || is_excluded(mapper, &key) {
            continue;
        }
        for above in mapper.iterate_to_root() {
            if let Some(attribute) = above.attribute_of_column(&column) {
                key = attribute.key.clone();
            }
        }
        map_column(mapper, &key, &column);
    }
    Ok(())
}

fn place(mapper: &Rc<Mapper>, property: &Rc<Property>) {
    property.set_parent(mapper);
    instrument::place(mapper, property);
}

fn column_property(key: &Str, column: &Rc<Column>) -> Rc<Property> {
    let property = ColumnProperty::new(vec![expr::column(column)]);
    let place = None;
    let property = Property::new(intern(key), PropertyKind::Column(property), place);
    if let Some(doc) = &*column.doc.borrow() {
        *property.doc.borrow_mut() = Value::Str(doc.clone());
    }
    property
}

/// Maps a column under a key; where a parent has the key for a column of its own, the attribute holds both.
fn map_column(mapper: &Rc<Mapper>, key: &Str, column: &Rc<Column>) {
    let above = mapper.attribute(key).filter(|_| mapper.inheritance == InheritanceKind::Joined);
    let property = match above.as_ref().and_then(|attribute| attribute.property.as_column()) {
        Some(inherited) => {
            let mut columns = vec![expr::column(column)];
            columns.extend(inherited.columns.borrow().iter().cloned());
            Property::new(intern(key), PropertyKind::Column(copy_of(inherited, columns)), None)
        }
        None => column_property(key, column),
    };
    place(mapper, &property);
}

fn copy_of(property: &ColumnProperty, columns: Vec<Expr>) -> ColumnProperty {
    let copy = ColumnProperty { group: property.group.clone(), ..ColumnProperty::new(columns) };
    copy.deferred.set(property.deferred.get());
    copy.active_history.set(property.active_history.get());
    copy
}

/// Takes an attribute of the parent over.
fn inherit(
    mapper: &Rc<Mapper>,
    attribute: &Rc<Attribute>,
    by_column: &mut [(Rc<Column>, Str, Rc<Property>)],
) {
    let key = &attribute.key;
    if mapper.attribute(key).is_some() || is_overridden(mapper, key) {
        return;
    }
    if mapper.inheritance == InheritanceKind::Concrete {
        let local = mapper.local_table.columns();
        let has = local.iter().any(|column| column.key().as_ref() == Some(key));
        if !has && attribute.property.as_relationship().is_none() {
            let property = Property::new(key.clone(), PropertyKind::Disabled, None);
            property.set_parent(mapper);
        }
        return;
    }
    if let Some((_, _, incoming)) = by_column.iter_mut().find(|(_, known, _)| known == key) {
        if let (Some(own), Some(inherited)) = (incoming.as_column(), attribute.property.as_column()) {
            let mut columns = own.columns.borrow().clone();
            columns.extend(inherited.columns.borrow().iter().cloned());
            *incoming = Property::new(key.clone(), PropertyKind::Column(copy_of(own, columns)), None);
        }
        return;
    }
    instrument::place(mapper, &attribute.property);
}

/// Whether the class has something of its own under the name that is not mapped: a method, a property.
fn is_overridden(mapper: &Rc<Mapper>, key: &Str) -> bool {
    match mapper.class.dict.get(key) {
        None => false,
        Some(Value::Function(_) | Value::Method(_)) => true,
        Some(Value::Instance(instance)) => {
            let native = instance.class().native.name;
            matches!(native, "property" | "classmethod" | "staticmethod")
        }
        Some(_) => false,
    }
}

/// Columns of a parent's table that belong to its other heirs.
fn excluded_keys(mapper: &Rc<Mapper>, declared: &[Rc<Column>]) -> Vec<Str> {
    let Some(parent) = &mapper.inherits else { return Vec::new() };
    if mapper.inheritance == InheritanceKind::Concrete {
        return Vec::new();
    }
    let columns = parent.local_table.columns();
    let foreign = columns.iter().filter_map(table_column).filter(|column| {
        parent.attribute_of_column(column).is_none()
            && !declared.iter().any(|own| Rc::ptr_eq(own, column) || own.key() == column.key())
    });
    foreign.map(|column| column.key()).collect()
}

fn is_excluded(mapper: &Rc<Mapper>, key: &Str) -> bool {
    let listed = |value: &Value| -> Option<bool> {
        let items = match value {
            Value::List(items) => items.to_vec(),
            Value::Tuple(items) => items.as_slice().to_vec(),
            Value::Set(items) => items.to_vec(),
            _ => return None,
        };
        Some(items.iter().any(|item| item.as_str() == Some(key)))
    };
    if listed(&mapper.args.include_properties) == Some(false) {
        return true;
    }
    listed(&mapper.args.exclude_properties) == Some(true) || is_overridden(mapper, key)
}

fn set_polymorphic_on(host: &mut dyn Host, mapper: &Rc<Mapper>) -> R<()> {
    let given = mapper.args.polymorphic_on.clone();
    if given.is_none() || given.is_unset() {
        // A joined subclass without a condition of its own follows its parent, over its own attribute.
        return Ok(());
    }
    let on = match &given {
        Value::Str(key) => match mapper.attribute(key) {
            Some(attribute) => {
                let column = attribute.property.as_column().ok_or_else(|| errors::bad_polymorphic_on(key))?;
                PolymorphicOn { expr: column.expression(), key: Some(attribute.key.clone()) }
            }
            None => return Err(errors::unknown_polymorphic_on(key).into()),
        },
        other => match element_of(host, other)? {
            Some(Element::Expr(expression)) => {
                let expression = super::relationship::target::plain(&expression);
                let key = table_column(&expression)
                    .and_then(|column| mapper.attribute_of_column(&column))
                    .map(|attribute| attribute.key.clone());
                PolymorphicOn { expr: expression, key }
            }
            _ => {
                let shown = host.repr(other)?;
                return Err(errors::bad_polymorphic_on(&shown).into());
            }
        },
    };
    mapper.set_polymorphic_on(Some(on));
    Ok(())
}

fn set_version_id(host: &mut dyn Host, mapper: &Rc<Mapper>) -> R<()> {
    let given = mapper.args.version_id_col.clone();
    if given.is_none() || given.is_unset() {
        return Ok(());
    }
    if let Some(Element::Expr(expression)) = element_of(host, &given)?
        && let Some(column) = expression.base_column()
        && let Some(attribute) = mapper.attribute_of_column(&column)
    {
        attribute.active_history.set(true);
        *mapper.version_id.borrow_mut() = Some(attribute);
    }
    Ok(())
}

/// Enters the class under its polymorphic identity.
fn note_identity(host: &mut dyn Host, mapper: &Rc<Mapper>) -> R<()> {
    let identity = mapper.polymorphic_identity.borrow().clone();
    if identity.is_unset() || identity.is_none() {
        return Ok(());
    }
    let known = mapper.polymorphic_mapper(&identity);
    if let Some(known) = known
        && !Rc::ptr_eq(&known, mapper)
    {
        let shown = host.repr(&identity)?;
        let text = errors::identity_taken(&shown, &known, mapper);
        host.warn(&crate::sql::exc::SA_WARNING, &text)?;
    }
    Ok(())
}
