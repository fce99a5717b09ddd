//! Objects of the language for what `sql` describes, and the way back.
//!
//! Owns the payloads and which class shows which kind. Must not know methods.

use std::cell::Cell;
use std::rc::Rc;

use super::{
    collection, constraints, dml, elements, indexes, metadata, schema, select, selectable, table, typeface,
};
use crate::python::value::{Class, Gc, Host, Instance, Native, NativeType, R, Value, native_class};
use crate::sql::entity::{Element, element_of, register_element};
use crate::sql::expr::{self, Expr, ExprKind};
use crate::sql::schema::{Column, Constraint, Default, ForeignKey, Index, MetaData, Table};
use crate::sql::selectable::{AliasKind, FromClause};
use crate::sql::statement::{Ddl, Statement};
use crate::sql::types::Type;

/// An expression.
pub struct ExprObject(pub Expr);
/// Something to select from.
pub struct FromObject(pub FromClause);
/// A statement.
pub struct StatementObject(pub Statement);
pub struct TypeObject(pub Type);
pub struct MetaDataObject(pub Rc<MetaData>);
pub struct ConstraintObject(pub Rc<Constraint>);
pub struct ForeignKeyObject(pub Rc<ForeignKey>);
pub struct IndexObject(pub Rc<Index>);
pub struct DefaultObject(pub Rc<Default>);

impl Native for ExprObject {}
impl Native for FromObject {}
impl Native for StatementObject {}
impl Native for TypeObject {}
impl Native for MetaDataObject {}
impl Native for ConstraintObject {}
impl Native for ForeignKeyObject {}
impl Native for IndexObject {}
impl Native for DefaultObject {}

/// Makes the types of this package known to the coercions; done when the first object is made.
pub fn register() {
    thread_local! { static DONE: Cell<bool> = const { Cell::new(false) }; }
    if DONE.with(|done| done.replace(true)) {
        return;
    }
    register_element(&elements::CLAUSE_ELEMENT, element);
    register_element(&elements::COLUMN_ELEMENT, element);
}

fn element(_host: &mut dyn Host, value: &Value) -> R<Option<Element>> {
    if let Some(object) = value.payload::<ExprObject>() {
        return Ok(Some(Element::Expr(object.0.clone())));
    }
    if let Some(object) = value.payload::<FromObject>() {
        return Ok(Some(Element::From(object.0.clone())));
    }
    Ok(value.payload::<StatementObject>().map(|object| Element::Statement(object.0.clone())))
}

/// An instance of `class` (a subclass of a type of this package) with its payload.
pub fn instance_of<T: Native>(class: &Gc<Class>, payload: T) -> Value {
    register();
    Value::Instance(Instance::with_payload(class.clone(), Box::new(payload)))
}

fn make<T: Native>(kind: &'static NativeType, payload: T) -> Value {
    instance_of(&native_class(kind), payload)
}

/// The language's object for an expression.
pub fn expr_value(expression: &Expr) -> Value {
    if let ExprKind::Column(column) = &expression.kind
        && expression.annotation.is_none()
    {
        return column_value(column);
    }
    if let ExprKind::Function(function) = &expression.kind {
        return make(super::functions::class_of(function), ExprObject(expression.clone()));
    }
    make(elements::class_of(expression), ExprObject(expression.clone()))
}

/// The one object of a column.
pub fn column_value(column: &Rc<Column>) -> Value {
    column.object.get_or_init(|| make(&schema::COLUMN, ExprObject(expr::column(column)))).clone()
}

pub fn table_value(table: &Rc<Table>) -> Value {
    table.object.get_or_init(|| make(&table::TABLE, FromObject(FromClause::Table(table.clone())))).clone()
}

pub fn metadata_value(metadata: &Rc<MetaData>) -> Value {
    metadata.object.get_or_init(|| make(&metadata::META_DATA, MetaDataObject(metadata.clone()))).clone()
}

pub fn from_value(from: &FromClause) -> Value {
    let kind = match from {
        FromClause::Table(table) => return table_value(table),
        FromClause::Light(light) => {
            return light
                .object
                .get_or_init(|| make(&selectable::TABLE_CLAUSE, FromObject(from.clone())))
                .clone();
        }
        FromClause::Alias(alias) => {
            let kind = match &alias.kind {
                AliasKind::Alias => &selectable::ALIAS,
                AliasKind::Subquery => &selectable::SUBQUERY,
                AliasKind::Lateral => &selectable::LATERAL,
                AliasKind::Cte(_) => &selectable::CTE,
                AliasKind::TableValued { .. } => &selectable::TABLE_VALUED_ALIAS,
                AliasKind::TableSample { .. } => &selectable::TABLE_SAMPLE,
            };
            return make(kind, FromObject(from.clone()));
        }
        FromClause::Join(_) => &selectable::JOIN,
        FromClause::Values(_) => &selectable::VALUES,
        FromClause::Grouping(_) => &selectable::FROM_GROUPING,
        FromClause::Function(function) => return expr_value(function),
        FromClause::Text(_) => &selectable::FROM_GROUPING,
    };
    make(kind, FromObject(from.clone()))
}

pub fn statement_value(statement: Statement) -> Value {
    let kind: &'static NativeType = match &statement {
        Statement::Select(_) => &select::SELECT,
        Statement::Compound(_) => &select::COMPOUND_SELECT,
        Statement::Insert(insert) if insert.dialect == Some("sqlite") => &dml::SQLITE_INSERT,
        Statement::Insert(_) => &dml::INSERT,
        Statement::Update(_) => &dml::UPDATE,
        Statement::Delete(_) => &dml::DELETE,
        Statement::TextualSelect(_) => &select::TEXTUAL_SELECT,
        Statement::Grouping(_) => &select::STATEMENT_GROUPING,
        Statement::Ddl(ddl) => super::ddl::class_of(ddl),
        Statement::Text(text) => {
            let ty = crate::sql::types::null_type();
            return expr_value(&expr::ExprNode::new(ExprKind::Text(text.clone()), ty));
        }
        Statement::Function(function) => return expr_value(function),
        Statement::Values(from) => return from_value(from),
    };
    make(kind, StatementObject(statement))
}

pub fn ddl_value(ddl: Ddl) -> Value {
    statement_value(Statement::Ddl(Rc::new(ddl)))
}

pub fn type_value(ty: &Type) -> Value {
    if let Some(object) = ty.object.get() {
        return object.clone();
    }
    make(typeface::class_named(ty.class_name), TypeObject(ty.clone()))
}

pub fn constraint_value(constraint: &Rc<Constraint>) -> Value {
    constraint
        .object
        .get_or_init(|| make(constraints::constraint_class(constraint), ConstraintObject(constraint.clone())))
        .clone()
}

pub fn foreign_key_value(key: &Rc<ForeignKey>) -> Value {
    key.object.get_or_init(|| make(&constraints::FOREIGN_KEY, ForeignKeyObject(key.clone()))).clone()
}

pub fn index_value(index: &Rc<Index>) -> Value {
    index.object.get_or_init(|| make(&indexes::INDEX, IndexObject(index.clone()))).clone()
}

pub fn default_value(default: &Rc<Default>) -> Value {
    default
        .object
        .get_or_init(|| make(super::defaults::class_of(default), DefaultObject(default.clone())))
        .clone()
}

/// Columns by key, as `.c` shows them.
pub fn collection_value(columns: Vec<(crate::python::value::Str, Expr)>) -> Value {
    make(&collection::COLUMN_COLLECTION, collection::Columns(columns))
}

/// The expression that an object is, also one of the mapping layer.
pub fn expr_of(host: &mut dyn Host, value: &Value) -> R<Option<Expr>> {
    if let Some(object) = value.payload::<ExprObject>() {
        return Ok(Some(object.0.clone()));
    }
    Ok(match element_of(host, value)? {
        Some(Element::Expr(expression)) => Some(expression),
        _ => None,
    })
}

/// What an object can be selected from as.
pub fn from_of(host: &mut dyn Host, value: &Value) -> R<Option<FromClause>> {
    Ok(match element_of(host, value)? {
        Some(Element::From(from)) => Some(from),
        Some(Element::Entity(entity)) => Some(entity.selectable()),
        _ => None,
    })
}

pub fn table_of(host: &mut dyn Host, value: &Value) -> R<Option<Rc<Table>>> {
    Ok(match from_of(host, value)? {
        Some(FromClause::Table(table)) => Some(table),
        _ => None,
    })
}

/// The column that an object is.
pub fn column_of(host: &mut dyn Host, value: &Value) -> R<Option<Rc<Column>>> {
    Ok(match expr_of(host, value)?.map(|expression| expression.kind.share()) {
        Some(ExprKind::Column(column)) => Some(column),
        _ => None,
    })
}

pub fn statement_of(value: &Value) -> Option<Statement> {
    value.payload::<StatementObject>().map(|object| object.0.clone())
}

pub fn metadata_of(value: &Value) -> Option<Rc<MetaData>> {
    value.payload::<MetaDataObject>().map(|object| object.0.clone())
}
