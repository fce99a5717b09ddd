//! The mapper: which class stands for which table, and what its attributes are.
//!
//! Owns `Mapper` and its indexes (attribute by name, by slot, by column) and the walks over a hierarchy.
//! Must not know how mappers are made from class bodies (`declarative`), sessions or loading.
//! Mirrors `sqlalchemy/orm/mapper.py`.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use crate::diag::{Error, Place};
use crate::python::value::{Class, ClassHooks, Gc, Payload, R, Str, Value, intern};
use crate::sql::expr::Expr;
use crate::sql::schema::{Column, Table};
use crate::sql::selectable::FromClause;

use super::attribute::Attribute;
use super::events::MapperEvents;
use super::property::{Property, PropertyKind};
use super::registry::Registry;
use super::state::InstanceState;

/// How a class that inherits is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InheritanceKind {
    /// The mapper has no parent.
    None,
    /// In the table of its parent.
    Single,
    /// In a table of its own joined to that of its parent.
    Joined,
    /// In a table that has everything.
    Concrete,
}

/// Options of `__mapper_args__`.
#[derive(Default)]
pub struct MapperArgs {
    pub polymorphic_on: Value,
    pub polymorphic_identity: Value,
    pub with_polymorphic: Value,
    pub polymorphic_load: Option<Str>,
    pub polymorphic_abstract: bool,
    pub concrete: bool,
    pub version_id_col: Value,
    pub version_id_generator: Value,
    pub eager_defaults: Value,
    pub confirm_deleted_rows: bool,
    pub passive_updates: bool,
    pub passive_deletes: bool,
    pub include_properties: Value,
    pub exclude_properties: Value,
    pub order_by: Value,
    pub inherit_condition: Value,
    pub primary_key: Value,
    pub batch: bool,
    pub legacy_is_orphan: bool,
}

/// A mapped class's mapping.
pub struct Mapper {
    pub class: Gc<Class>,
    /// `Student`.
    pub class_name: Str,
    /// `app.Student`: flushes of unrelated classes run in this order.
    pub sort_key: Str,
    pub registry: Rc<Registry>,
    /// The parent in the hierarchy.
    pub inherits: Option<Rc<Mapper>>,
    pub inheritance: InheritanceKind,
    /// The class's own table, or its parent's for single-table inheritance.
    pub local_table: FromClause,
    /// What a row of the class is selected from: the table, or the join of the tables of the hierarchy.
    pub selectable: FromClause,
    /// For joined inheritance, the condition that joins the own table to the parent's selectable.
    pub inherit_condition: Option<Expr>,
    /// `(parent column, own column)` of that condition.
    pub inherits_sync_pairs: Vec<(Rc<Column>, Rc<Column>)>,
    /// All tables, parents first.
    pub tables: Vec<Rc<Table>>,
    /// Of the base table.
    pub primary_key: Vec<Rc<Column>>,
    pub args: MapperArgs,
    /// Where the class stands in its file.
    pub place: Option<Place>,

    attributes: RefCell<IndexMap<Str, Rc<Attribute>>>,
    by_slot: RefCell<Vec<Option<Rc<Attribute>>>>,
    by_column: RefCell<FxHashMap<usize, Rc<Attribute>>>,
    column_slots: RefCell<Option<Rc<[u16]>>>,
    pk_attributes: OnceCell<Vec<Rc<Attribute>>>,
    sub_mappers: RefCell<Vec<Weak<Mapper>>>,
    /// Shared by a whole hierarchy: identity to mapper, in the order of definition.
    pub polymorphic_map: Rc<RefCell<PolymorphicMap>>,
    polymorphic_on: RefCell<Option<PolymorphicOn>>,
    pub polymorphic_identity: RefCell<Value>,
    pub version_id: RefCell<Option<Rc<Attribute>>>,
    pub validators: RefCell<IndexMap<Str, Validator>>,
    pub events: RefCell<MapperEvents>,
    /// Relationships with delete-orphan whose target is this mapper.
    pub delete_orphans: RefCell<Vec<Rc<Property>>>,
    pub configured: Cell<bool>,
    /// The error with which configuration failed, raised again on every later use.
    pub failure: RefCell<Option<Error>>,
    /// What the query layer keeps per mapper (compiled loads, lazy clauses); it knows the type.
    pub query_cache: RefCell<Option<Rc<dyn Any>>>,
    /// What the flush keeps per mapper (statements, column lists); it knows the type.
    pub flush_cache: RefCell<Option<Rc<dyn Any>>>,
    /// The object that the language holds.
    pub object: RefCell<Value>,
    me: RefCell<Weak<Mapper>>,
}

/// The mappers of a hierarchy, each with the identity that rows name it by.
pub type PolymorphicMap = Vec<(Value, Weak<Mapper>)>;

/// What tells the classes of a hierarchy apart in a row.
#[derive(Clone)]
pub struct PolymorphicOn {
    pub expr: Expr,
    /// The attribute that holds it, where it is a plain mapped column.
    pub key: Option<Str>,
}

/// A function given to `@validates`.
#[derive(Clone)]
pub struct Validator {
    pub function: Value,
    pub include_removes: bool,
    pub include_backrefs: bool,
}

/// What hangs on the class object.
pub struct MapperHook(pub Rc<Mapper>);

impl ClassHooks for MapperHook {
    fn new_payload(&self, class: &Gc<Class>) -> Option<Payload> {
        let mapper = Mapper::of(class).unwrap_or_else(|| self.0.clone());
        Some(Box::new(InstanceState::new(mapper)))
    }
}

/// The parts that the maker of a mapper works out first.
pub struct MapperParts {
    pub class: Gc<Class>,
    pub registry: Rc<Registry>,
    pub inherits: Option<Rc<Mapper>>,
    pub inheritance: InheritanceKind,
    pub local_table: FromClause,
    pub selectable: FromClause,
    pub inherit_condition: Option<Expr>,
    pub inherits_sync_pairs: Vec<(Rc<Column>, Rc<Column>)>,
    pub tables: Vec<Rc<Table>>,
    pub primary_key: Vec<Rc<Column>>,
    pub args: MapperArgs,
    pub place: Option<Place>,
}

impl Mapper {
    /// Makes a mapper without attributes and puts it on its class.
    pub fn new(parts: MapperParts) -> Rc<Mapper> {
        let class_name = parts.class.name.borrow().clone();
        let module = parts.class.dict.get("__module__");
        let module = module.as_ref().and_then(Value::as_str).unwrap_or("builtins");
        let sort_key = Str::new(&format!("{module}.{class_name}"));
        let polymorphic_map = match &parts.inherits {
            Some(parent) if parts.inheritance != InheritanceKind::Concrete => parent.polymorphic_map.clone(),
            _ => Rc::default(),
        };
        let validators = parts.inherits.as_ref().map(|parent| parent.validators.borrow().clone());
        let polymorphic_on =
            parts.inherits.as_ref().and_then(|parent| parent.polymorphic_on.borrow().clone());
        let version_id = parts.inherits.as_ref().and_then(|parent| parent.version_id.borrow().clone());
        let polymorphic_identity = parts.args.polymorphic_identity.clone();
        let mapper = Rc::new(Mapper {
            class_name,
            sort_key,
            class: parts.class,
            registry: parts.registry,
            inherits: parts.inherits,
            inheritance: parts.inheritance,
            local_table: parts.local_table,
            selectable: parts.selectable,
            inherit_condition: parts.inherit_condition,
            inherits_sync_pairs: parts.inherits_sync_pairs,
            tables: parts.tables,
            primary_key: parts.primary_key,
            args: parts.args,
            place: parts.place,
            attributes: RefCell::default(),
            by_slot: RefCell::default(),
            by_column: RefCell::default(),
            column_slots: RefCell::default(),
            pk_attributes: OnceCell::new(),
            sub_mappers: RefCell::default(),
            polymorphic_map,
            polymorphic_on: RefCell::new(polymorphic_on),
            polymorphic_identity: RefCell::new(polymorphic_identity),
            version_id: RefCell::new(version_id),
            validators: RefCell::new(validators.unwrap_or_default()),
            events: RefCell::default(),
            delete_orphans: RefCell::default(),
            configured: Cell::new(false),
            failure: RefCell::new(None),
            query_cache: RefCell::new(None),
            flush_cache: RefCell::new(None),
            object: RefCell::new(Value::Unset),
            me: RefCell::new(Weak::new()),
        });
        *mapper.me.borrow_mut() = Rc::downgrade(&mapper);
        if let Some(parent) = &mapper.inherits {
            parent.sub_mappers.borrow_mut().push(Rc::downgrade(&mapper));
        }
        let identity = mapper.polymorphic_identity.borrow().clone();
        if !identity.is_none() && !identity.is_unset() {
            mapper.polymorphic_map.borrow_mut().push((identity, Rc::downgrade(&mapper)));
        }
        let _ = mapper.class.hooks.set(Rc::new(MapperHook(mapper.clone())));
        rename_constructor(&mapper.class);
        mapper.registry.add_mapper(&mapper);
        super::configure::note_new();
        mapper
    }

    /// The mapper of a class, if it is mapped itself.
    #[inline]
    pub fn of(class: &Class) -> Option<Rc<Mapper>> {
        class.hooks_as::<MapperHook>().map(|hook| hook.0.clone())
    }

    /// The mapper of a class or of an instance's class.
    pub fn of_value(value: &Value) -> Option<Rc<Mapper>> {
        match value {
            Value::Class(class) => Mapper::of(class),
            Value::Instance(_) => InstanceState::of_value(value).map(|state| state.mapper().clone()),
            _ => None,
        }
    }

    pub fn rc(&self) -> Rc<Mapper> {
        self.me.borrow().upgrade().expect("a mapper is always held by an Rc")
    }

    /// What `str(mapper)` says: `Mapper[Student(students)]`.
    pub fn description(&self) -> String {
        match table_of(&self.local_table) {
            Some(table) => format!("Mapper[{}({})]", self.class_name, table.name),
            None => format!("Mapper[{}]", self.class_name),
        }
    }

    // The hierarchy.

    pub fn base_mapper(&self) -> Rc<Mapper> {
        let mut mapper = self.rc();
        while let Some(parent) = mapper.inherits.clone() {
            mapper = parent;
        }
        mapper
    }

    pub fn isa(&self, other: &Mapper) -> bool {
        let mut mapper = Some(self);
        while let Some(here) = mapper {
            if std::ptr::eq(here, other) {
                return true;
            }
            mapper = here.inherits.as_deref();
        }
        false
    }

    /// From the mapper itself up to the base.
    pub fn iterate_to_root(&self) -> Vec<Rc<Mapper>> {
        let mut mappers = vec![self.rc()];
        while let Some(parent) = mappers.last().and_then(|mapper| mapper.inherits.clone()) {
            mappers.push(parent);
        }
        mappers
    }

    /// The mapper and all that inherit from it, breadth first.
    pub fn self_and_descendants(&self) -> Vec<Rc<Mapper>> {
        let mut all = vec![self.rc()];
        let mut next = 0;
        while next < all.len() {
            let children: Vec<_> = all[next].sub_mappers.borrow().iter().filter_map(Weak::upgrade).collect();
            all.extend(children);
            next += 1;
        }
        all
    }

    pub fn sub_mappers(&self) -> Vec<Rc<Mapper>> {
        self.sub_mappers.borrow().iter().filter_map(Weak::upgrade).collect()
    }

    pub fn polymorphic_on(&self) -> Option<PolymorphicOn> {
        self.polymorphic_on.borrow().clone()
    }

    pub fn set_polymorphic_on(&self, on: Option<PolymorphicOn>) {
        *self.polymorphic_on.borrow_mut() = on;
    }

    /// The mapper of a polymorphic identity that a row shows.
    pub fn polymorphic_mapper(&self, identity: &Value) -> Option<Rc<Mapper>> {
        let map = self.polymorphic_map.borrow();
        let found = map.iter().find(|(known, _)| {
            crate::python::value::primitive_eq(known, identity).unwrap_or_else(|| known.is(identity))
        });
        found.and_then(|(_, mapper)| mapper.upgrade())
    }

    // Attributes.

    /// Adds or replaces an attribute; called while mapping, and for backrefs and late assignments.
    pub fn add_attribute(&self, attribute: Rc<Attribute>) {
        if let Some(slot) = attribute.slot() {
            let mut by_slot = self.by_slot.borrow_mut();
            if slot >= by_slot.len() {
                by_slot.resize(slot + 1, None);
            }
            by_slot[slot] = Some(attribute.clone());
        }
        if let PropertyKind::Column(column_property) = &attribute.property.kind {
            let mut by_column = self.by_column.borrow_mut();
            for column in column_property.table_columns() {
                by_column.insert(Rc::as_ptr(&column) as usize, attribute.clone());
            }
        }
        *self.column_slots.borrow_mut() = None;
        *self.query_cache.borrow_mut() = None;
        *self.flush_cache.borrow_mut() = None;
        self.attributes.borrow_mut().insert(attribute.key.clone(), attribute);
    }

    pub fn attribute(&self, key: &str) -> Option<Rc<Attribute>> {
        let attributes = self.attributes.borrow();
        attributes.iter().find(|(name, _)| &***name == key).map(|(_, attribute)| attribute.clone())
    }

    /// `attribute` for an interned name.
    pub fn attribute_named(&self, key: &Str) -> Option<Rc<Attribute>> {
        self.attributes.borrow().get(key).cloned()
    }

    pub fn attributes(&self) -> Vec<Rc<Attribute>> {
        self.attributes.borrow().values().cloned().collect()
    }

    #[inline]
    pub fn attribute_at(&self, slot: usize) -> Option<Rc<Attribute>> {
        self.by_slot.borrow().get(slot).cloned().flatten()
    }

    pub fn property(&self, key: &str) -> Option<Rc<Property>> {
        self.attribute(key).map(|attribute| attribute.property.clone())
    }

    /// The attribute that a column is mapped under.
    pub fn attribute_of_column(&self, column: &Rc<Column>) -> Option<Rc<Attribute>> {
        self.by_column.borrow().get(&(Rc::as_ptr(column) as usize)).cloned()
    }

    /// Attributes that hold a column or an expression, in mapping order.
    pub fn column_attributes(&self) -> Vec<Rc<Attribute>> {
        self.attributes().into_iter().filter(|attribute| attribute.property.as_column().is_some()).collect()
    }

    /// Attributes that are relationships, in mapping order.
    pub fn relationships(&self) -> Vec<Rc<Attribute>> {
        self.attributes()
            .into_iter()
            .filter(|attribute| attribute.property.as_relationship().is_some())
            .collect()
    }

    /// The attributes of the primary key, in its order.
    pub fn primary_key_attributes(&self) -> &[Rc<Attribute>] {
        self.pk_attributes.get_or_init(|| {
            self.primary_key.iter().filter_map(|column| self.attribute_of_column(column)).collect()
        })
    }

    /// The slots of all column attributes.
    pub fn column_slots(&self) -> Vec<u16> {
        if let Some(slots) = &*self.column_slots.borrow() {
            return slots.to_vec();
        }
        let attributes = self.column_attributes();
        let slots: Rc<[u16]> =
            attributes.iter().filter_map(|attribute| attribute.slot().map(|slot| slot as u16)).collect();
        *self.column_slots.borrow_mut() = Some(slots.clone());
        slots.to_vec()
    }

    /// One more than the highest slot of an attribute.
    pub fn n_slots(&self) -> usize {
        self.by_slot.borrow().len()
    }

    /// The one table of the mapper, where it has one.
    pub fn table(&self) -> Option<Rc<Table>> {
        table_of(&self.local_table)
    }

    /// The condition that a single-table subclass adds to what selects it: the identities of it and its descendants.
    pub fn single_table_identities(&self) -> Option<(Expr, Vec<Value>)> {
        if self.inheritance != InheritanceKind::Single {
            return None;
        }
        let on = self.polymorphic_on()?;
        let identities = self.self_and_descendants().into_iter().filter_map(|mapper| {
            let identity = mapper.polymorphic_identity.borrow().clone();
            (!identity.is_unset() && !identity.is_none()).then_some(identity)
        });
        Some((on.expr, identities.collect()))
    }

    /// The error of a mapper that cannot be configured, if it is known.
    pub fn check_failure(&self) -> R<()> {
        match &*self.failure.borrow() {
            Some(error) => Err(super::errors::initialization_failed_before(self, error).into()),
            None => Ok(()),
        }
    }
}

/// The table that a selectable is, if it is one.
pub fn table_of(from: &FromClause) -> Option<Rc<Table>> {
    match from {
        FromClause::Table(table) => Some(table.clone()),
        _ => None,
    }
}

/// Instrumentation replaces a class's own constructor by one whose qualified name is bare, which its complaints show:
/// `__init__() missing 1 required positional argument: 'name'`.
fn rename_constructor(class: &Class) {
    if let Some(Value::Function(constructor)) = class.dict.get("__init__") {
        *constructor.qualname.borrow_mut() = intern("__init__");
    }
}
