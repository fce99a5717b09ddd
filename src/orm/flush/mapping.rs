//! What the unit of work needs of a mapper again and again, worked out once.
//!
//! Owns `FlushMapping`: relationships, orphan rules, which columns of which table hold what. It is kept by the mapper
//! and made anew when an attribute is added. Must not know instances.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use crate::orm::attribute::Attribute;
use crate::orm::cascade::CascadeKind;
use crate::orm::mapper::{InheritanceKind, Mapper};
use crate::python::value::{Host, R, Str, Value};
use crate::sql::schema::{Column, ColumnDefault, Table};
use crate::sql::types::TypeKind;

/// A column of a table with the attribute that holds its value.
pub struct MappedColumn {
    pub column: Rc<Column>,
    /// The place in the table.
    pub index: usize,
    pub key: Str,
    pub slot: usize,
    pub attribute: Rc<Attribute>,
    pub primary_key: bool,
    /// An explicit None is written (JSON with `none_as_null=False`), not taken for "not given".
    pub evaluates_none: bool,
    /// Left out of an INSERT when there is no value: it is a key or has a default.
    pub omitted_without_value: bool,
    /// The database (or an SQL default) fills it in.
    pub has_server_default: bool,
    pub has_server_onupdate: bool,
}

/// One table of a mapper.
pub struct TableMapping {
    pub table: Rc<Table>,
    /// Mapped columns in the order of the table.
    pub columns: Vec<MappedColumn>,
    /// Places in `columns` of the table's primary key, in its order.
    pub primary_key: Vec<usize>,
    /// Places of columns with server defaults.
    pub server_defaults: Vec<usize>,
    /// Place of the version counter.
    pub version: Option<usize>,
    /// Pairs of slots, from this table's columns to those of a heir's table, to be kept equal after an INSERT.
    pub equated: Vec<(usize, usize)>,
    /// Statements by what they write; the modules that write know their types.
    pub statements: RefCell<Vec<Rc<dyn std::any::Any>>>,
}

impl TableMapping {
    pub fn place_of(&self, column: &Rc<Column>) -> Option<usize> {
        self.columns.iter().position(|known| Rc::ptr_eq(&known.column, column))
    }

    pub fn pk_columns(&self) -> impl Iterator<Item = &MappedColumn> {
        self.primary_key.iter().map(|&place| &self.columns[place])
    }
}

pub struct FlushMapping {
    pub relationships: Vec<Rc<Attribute>>,
    /// Attributes that hold SQL expressions.
    pub expressions: Vec<Rc<Attribute>>,
    /// How many mappers there were when this was made: a later one may refer to this mapper.
    n_mappers: usize,
    /// One bit a cascade that any relationship has.
    cascade_bits: u8,
    orphan_of: OnceCell<Vec<usize>>,
    tables: OnceCell<Vec<Rc<TableMapping>>>,
    /// What the unit of work keeps; it knows the type.
    pub processors: OnceCell<Rc<dyn std::any::Any>>,
    mapper: std::rc::Weak<Mapper>,
}

/// The mapping of a mapper for flushes.
pub fn of(mapper: &Mapper) -> Rc<FlushMapping> {
    if let Some(known) = mapper.flush_cache.borrow().as_ref()
        && let Ok(known) = known.clone().downcast::<FlushMapping>()
        && known.n_mappers == mapper.registry.n_mappers()
    {
        return known;
    }
    let made = Rc::new(FlushMapping::new(mapper));
    *mapper.flush_cache.borrow_mut() = Some(made.clone());
    made
}

impl FlushMapping {
    fn new(mapper: &Mapper) -> FlushMapping {
        let relationships = mapper.relationships();
        let mut cascade_bits = 0;
        for attribute in &relationships {
            let Some(relationship) = attribute.property.as_relationship() else { continue };
            for kind in [
                CascadeKind::SaveUpdate,
                CascadeKind::Merge,
                CascadeKind::Expunge,
                CascadeKind::RefreshExpire,
                CascadeKind::Delete,
            ] {
                if kind.is_in(relationship.cascade.get()) {
                    cascade_bits |= 1 << kind as u8;
                }
            }
        }
        let is_expression = |attribute: &Rc<Attribute>| {
            attribute
                .property
                .as_column()
                .is_some_and(|property| property.expire_on_flush && property.column().is_none())
        };
        let expressions = mapper.column_attributes().into_iter().filter(is_expression).collect();
        FlushMapping {
            relationships,
            expressions,
            n_mappers: mapper.registry.n_mappers(),
            cascade_bits,
            orphan_of: OnceCell::new(),
            tables: OnceCell::new(),
            processors: OnceCell::new(),
            mapper: Rc::downgrade(&mapper.rc()),
        }
    }

    fn mapper(&self) -> Rc<Mapper> {
        self.mapper.upgrade().expect("a mapper outlives what is kept with it")
    }

    /// Whether any relationship has the cascade.
    pub fn cascades(&self, kind: CascadeKind) -> bool {
        self.cascade_bits & (1 << kind as u8) != 0
    }

    /// Tokens of the relationships with delete-orphan that lead to the mapper or one it inherits from.
    pub fn orphan_of(&self) -> &[usize] {
        self.orphan_of.get_or_init(|| {
            let mappers = self.mapper().iterate_to_root();
            let properties = mappers.iter().flat_map(|mapper| mapper.delete_orphans.borrow().clone());
            properties.map(|property| property.token()).collect()
        })
    }

    /// The tables that hold rows of the mapper, parents first.
    pub fn tables(&self) -> &[Rc<TableMapping>] {
        self.tables.get_or_init(|| {
            let mapper = self.mapper();
            mapper.tables.iter().filter_map(|table| table_mapping(&mapper, table)).map(Rc::new).collect()
        })
    }

    /// The mapping of one table.
    pub fn table(&self, table: &Rc<Table>) -> Option<&Rc<TableMapping>> {
        self.tables().iter().find(|known| Rc::ptr_eq(&known.table, table))
    }
}

/// None where the mapper does not map the table's whole primary key: it writes no rows there.
fn table_mapping(mapper: &Rc<Mapper>, table: &Rc<Table>) -> Option<TableMapping> {
    let mut columns = Vec::new();
    for (index, column) in table.column_list().into_iter().enumerate() {
        let Some(attribute) = mapper.attribute_of_column(&column) else { continue };
        let Some(slot) = attribute.slot() else { continue };
        let has_default = column.default.borrow().is_some();
        let has_server_default = column.has_server_default();
        let is_sql_default =
            column.default.borrow().as_ref().is_some_and(|default| computes_in_sql(&default.kind));
        let is_sql_onupdate =
            column.onupdate.borrow().as_ref().is_some_and(|default| computes_in_sql(&default.kind));
        let evaluates_none = evaluates_none(&column);
        let primary_key = column.primary_key.get();
        columns.push(MappedColumn {
            key: column.key(),
            slot,
            attribute,
            primary_key,
            evaluates_none,
            omitted_without_value: primary_key || has_default || has_server_default || evaluates_none,
            has_server_default: has_server_default || is_sql_default,
            has_server_onupdate: column.server_onupdate.borrow().is_some()
                || column.computed.borrow().is_some()
                || is_sql_onupdate,
            index,
            column,
        });
    }
    let mut primary_key = Vec::new();
    for column in table.primary_key_columns() {
        primary_key.push(columns.iter().position(|known| Rc::ptr_eq(&known.column, &column))?);
    }
    if primary_key.is_empty() {
        return None;
    }
    let server_defaults = places(&columns, |column| column.has_server_default);
    let version = mapper.version_id.borrow().as_ref().and_then(|version| {
        columns.iter().position(|known| Rc::ptr_eq(&known.attribute.property, &version.property))
    });
    let equated = equated(mapper, table);
    Some(TableMapping {
        table: table.clone(),
        columns,
        primary_key,
        server_defaults,
        version,
        equated,
        statements: RefCell::default(),
    })
}

fn places(columns: &[MappedColumn], pick: impl Fn(&MappedColumn) -> bool) -> Vec<usize> {
    (0..columns.len()).filter(|&place| pick(&columns[place])).collect()
}

/// JSON columns write None as JSON's null, unless told to write SQL's.
fn evaluates_none(column: &Column) -> bool {
    matches!(column.ty().kind, TypeKind::Json { none_as_null: false })
}

/// With joined inheritance the key of a heir's row follows that of its parent's.
fn equated(mapper: &Rc<Mapper>, table: &Rc<Table>) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for here in mapper.iterate_to_root().into_iter().rev() {
        if here.inheritance != InheritanceKind::Joined {
            continue;
        }
        for (source, target) in &here.inherits_sync_pairs {
            if !source.table().is_some_and(|one| Rc::ptr_eq(&one, table)) {
                continue;
            }
            let slots = (mapper.attribute_of_column(source), mapper.attribute_of_column(target));
            if let (Some(source), Some(target)) = slots
                && let (Some(source), Some(target)) = (source.slot(), target.slot())
                && source != target
            {
                pairs.push((source, target));
            }
        }
    }
    pairs
}

/// Whether the default of a column is computed by SQL.
fn computes_in_sql(default: &ColumnDefault) -> bool {
    matches!(default, ColumnDefault::Clause(_))
}

/// `version_id_generator=False`: the version comes from elsewhere.
pub fn has_server_version(mapper: &Mapper) -> bool {
    matches!(mapper.args.version_id_generator, Value::Bool(false))
}

/// The version that follows one, as the mapper's generator says.
pub fn next_version(host: &mut dyn Host, mapper: &Mapper, current: &Value) -> R<Value> {
    match &mapper.args.version_id_generator {
        Value::Unset | Value::None => Ok(match current {
            Value::Int(number) => Value::Int(number + 1),
            _ => Value::Int(1),
        }),
        generator => host.call_values(generator, std::slice::from_ref(current)),
    }
}
