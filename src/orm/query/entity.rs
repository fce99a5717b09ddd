//! Entities: a mapper, or an alias of one, as something that statements select from.
//!
//! Owns `OrmEntity`, aliases and what differs between the two. Must not know statements or how rows become objects.
//! Mirrors `AliasedInsp` of `sqlalchemy/orm/util.py`.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use super::adapt::Adapter;
use super::path::{Path, Step};
use crate::orm::mapper::Mapper;
use crate::orm::property::Property;
use crate::python::value::{Host, R, Str, Value};
use crate::sql::entity::{Annotation, Entity};
use crate::sql::expr::{Expr, ExprNode};
use crate::sql::selectable::FromClause;

/// A mapped class or an alias of one.
#[derive(Clone)]
pub enum OrmEntity {
    Mapper(Rc<Mapper>),
    Alias(Rc<AliasedEntity>),
}

/// `aliased(Student)`, `with_polymorphic(Worker, "*")`, and the aliases that eager joins make.
pub struct AliasedEntity {
    pub mapper: Rc<Mapper>,
    pub selectable: FromClause,
    /// What rows call it, where it has a name.
    pub name: Option<Str>,
    pub adapter: Rc<Adapter>,
    /// Of `with_polymorphic`: the mappers whose columns come along; else the mapper alone.
    pub with_polymorphic: Vec<Rc<Mapper>>,
    pub is_with_polymorphic: bool,
    /// Stands on the path of its mapper instead of one of its own.
    pub use_mapper_path: bool,
    pub represents_outer_join: bool,
    /// The alias that this one is part of (`anyone.Driver`).
    pub base: RefCell<Option<Rc<AliasedEntity>>>,
    /// The aliases of the single classes of a `with_polymorphic`.
    pub parts: RefCell<Vec<Rc<AliasedEntity>>>,
    /// The object that the language holds.
    pub object: OnceCell<Value>,
    number: usize,
}

thread_local! {
    static NEXT: Cell<usize> = const { Cell::new(1) };
}

/// What an alias is made of.
pub struct AliasParts {
    pub mapper: Rc<Mapper>,
    pub selectable: FromClause,
    pub name: Option<Str>,
    pub with_polymorphic: Vec<Rc<Mapper>>,
    pub use_mapper_path: bool,
    pub represents_outer_join: bool,
    pub adapt_on_names: bool,
}

impl AliasedEntity {
    pub fn new(parts: AliasParts) -> Rc<AliasedEntity> {
        let is_with_polymorphic = !parts.with_polymorphic.is_empty();
        let with_polymorphic =
            if is_with_polymorphic { parts.with_polymorphic } else { vec![parts.mapper.clone()] };
        let adapter = Rc::new(Adapter::new(&parts.mapper, parts.selectable.clone(), parts.adapt_on_names));
        let alias = Rc::new(AliasedEntity {
            mapper: parts.mapper,
            selectable: parts.selectable,
            name: parts.name,
            adapter,
            with_polymorphic,
            is_with_polymorphic,
            use_mapper_path: parts.use_mapper_path,
            represents_outer_join: parts.represents_outer_join,
            base: RefCell::new(None),
            parts: RefCell::new(Vec::new()),
            object: OnceCell::new(),
            number: NEXT.with(|next| next.replace(next.get() + 1)),
        });
        if is_with_polymorphic {
            for mapper in &alias.with_polymorphic {
                if Rc::ptr_eq(mapper, &alias.mapper) {
                    continue;
                }
                let part = AliasedEntity::new(AliasParts {
                    mapper: mapper.clone(),
                    selectable: alias.selectable.clone(),
                    name: Some(mapper.class_name.clone()),
                    with_polymorphic: Vec::new(),
                    use_mapper_path: alias.use_mapper_path,
                    represents_outer_join: alias.represents_outer_join,
                    adapt_on_names: parts.adapt_on_names,
                });
                *part.base.borrow_mut() = Some(alias.clone());
                alias.parts.borrow_mut().push(part);
            }
        }
        alias
    }

    /// An anonymous alias of a mapper, as eager joins use it: `excuse_1`.
    pub fn anonymous(mapper: &Rc<Mapper>, use_mapper_path: bool) -> Rc<AliasedEntity> {
        AliasedEntity::new(AliasParts {
            mapper: mapper.clone(),
            selectable: super::alias::anonymous(&mapper.selectable, true),
            name: None,
            with_polymorphic: Vec::new(),
            use_mapper_path,
            represents_outer_join: false,
            adapt_on_names: false,
        })
    }

    /// The part of a `with_polymorphic` that stands for a class.
    pub fn part(&self, class_name: &str) -> Option<Rc<AliasedEntity>> {
        self.parts.borrow().iter().find(|part| &*part.mapper.class_name == class_name).cloned()
    }
}

impl OrmEntity {
    /// The entity behind what a statement holds, if the mapping layer made it.
    pub fn of(entity: &Rc<dyn Entity>) -> Option<OrmEntity> {
        let any = entity.as_any();
        if let Some(mapper) = any.downcast_ref::<Mapper>() {
            return Some(OrmEntity::Mapper(mapper.rc()));
        }
        any.downcast_ref::<AliasHandle>().map(|handle| OrmEntity::Alias(handle.0.clone()))
    }

    pub fn into_dyn(&self) -> Rc<dyn Entity> {
        match self {
            OrmEntity::Mapper(mapper) => mapper.clone(),
            OrmEntity::Alias(alias) => Rc::new(AliasHandle(alias.clone())),
        }
    }

    pub fn mapper(&self) -> &Rc<Mapper> {
        match self {
            OrmEntity::Mapper(mapper) => mapper,
            OrmEntity::Alias(alias) => &alias.mapper,
        }
    }

    pub fn selectable(&self) -> FromClause {
        match self {
            OrmEntity::Mapper(mapper) => mapper.selectable.clone(),
            OrmEntity::Alias(alias) => alias.selectable.clone(),
        }
    }

    pub fn alias(&self) -> Option<&Rc<AliasedEntity>> {
        match self {
            OrmEntity::Mapper(_) => None,
            OrmEntity::Alias(alias) => Some(alias),
        }
    }

    pub fn is_alias(&self) -> bool {
        matches!(self, OrmEntity::Alias(_))
    }

    pub fn adapter(&self) -> Option<&Rc<Adapter>> {
        self.alias().map(|alias| &alias.adapter)
    }

    pub fn identity(&self) -> usize {
        match self {
            OrmEntity::Mapper(mapper) => Rc::as_ptr(mapper) as usize,
            OrmEntity::Alias(alias) => alias.number,
        }
    }

    pub fn same(&self, other: &OrmEntity) -> bool {
        self.identity() == other.identity() && self.is_alias() == other.is_alias()
    }

    /// The element that the entity begins a path with.
    pub fn step(&self) -> Step {
        match self {
            OrmEntity::Mapper(mapper) => Step::Mapper(mapper.clone()),
            OrmEntity::Alias(alias) if alias.use_mapper_path => Step::Mapper(alias.mapper.clone()),
            OrmEntity::Alias(alias) => Step::Alias(alias.number),
        }
    }

    pub fn path(&self) -> Path {
        Path::of(self.step())
    }

    /// What rows and messages call it.
    pub fn label(&self) -> Str {
        match self {
            OrmEntity::Alias(alias) => alias.name.clone().unwrap_or_else(|| alias.mapper.class_name.clone()),
            OrmEntity::Mapper(mapper) => mapper.class_name.clone(),
        }
    }

    /// `Student`, or `aliased(Student)`, as messages about loader options spell it.
    pub fn description(&self) -> String {
        match self {
            OrmEntity::Mapper(mapper) => mapper.class_name.to_string(),
            OrmEntity::Alias(alias) if alias.is_with_polymorphic => {
                let parts = alias.with_polymorphic.iter().filter(|part| !Rc::ptr_eq(part, &alias.mapper));
                let names: Vec<&str> = parts.map(|part| &*part.class_name).collect();
                format!("with_polymorphic({}, [{}])", alias.mapper.class_name, names.join(", "))
            }
            OrmEntity::Alias(alias) => format!("aliased({})", alias.mapper.class_name),
        }
    }

    /// The mappers that come along when the entity is selected; empty where it is the mapper alone.
    pub fn with_polymorphic(&self) -> Vec<Rc<Mapper>> {
        match self {
            OrmEntity::Alias(alias) if alias.is_with_polymorphic => alias.with_polymorphic.clone(),
            OrmEntity::Alias(_) => Vec::new(),
            OrmEntity::Mapper(mapper) => super::polymorphic::default_mappers(mapper),
        }
    }

    pub fn represents_outer_join(&self) -> bool {
        self.alias().is_some_and(|alias| alias.represents_outer_join)
    }

    /// Whether loader options and joins written for `wanted` mean this entity.
    pub fn corresponds_to(&self, wanted: &OrmEntity) -> bool {
        match (self, wanted) {
            (OrmEntity::Alias(given), OrmEntity::Alias(wanted)) => base_of(given) == base_of(wanted),
            (_, OrmEntity::Alias(_)) => false,
            (OrmEntity::Alias(given), OrmEntity::Mapper(wanted)) => {
                given.use_mapper_path && given.with_polymorphic.iter().any(|one| Rc::ptr_eq(one, wanted))
            }
            (OrmEntity::Mapper(given), OrmEntity::Mapper(wanted)) => {
                Rc::ptr_eq(&given.base_mapper(), &wanted.base_mapper())
            }
        }
    }

    /// `corresponds_to` as paths of loader options see it.
    pub fn links_to(&self, wanted: &OrmEntity) -> bool {
        match (self, wanted) {
            (OrmEntity::Alias(given), OrmEntity::Alias(wanted)) => {
                !wanted.use_mapper_path
                    && (given.number == wanted.number
                        || given.parts.borrow().iter().any(|part| part.number == wanted.number))
            }
            (OrmEntity::Alias(_), OrmEntity::Mapper(_)) => false,
            (OrmEntity::Mapper(given), OrmEntity::Mapper(wanted)) => given.isa(wanted),
            (OrmEntity::Mapper(given), OrmEntity::Alias(wanted)) => {
                wanted.use_mapper_path && wanted.with_polymorphic.iter().any(|one| Rc::ptr_eq(one, given))
            }
        }
    }

    /// An attribute's column as this entity selects it, remembering where it came from.
    pub fn annotate(&self, expr: &Expr, key: &Str) -> Expr {
        let adapted = match self.adapter() {
            Some(adapter) => adapter.adapt(expr),
            None => expr.clone(),
        };
        ExprNode::annotated(&adapted, Annotation { entity: self.into_dyn(), key: key.clone() })
    }

    /// The property of that name, on the entity or on a class that a `with_polymorphic` takes along.
    pub fn property(&self, key: &str) -> Option<Rc<Property>> {
        self.mapper().property(key)
    }

    /// The columns that selecting the entity within a subquery selects.
    pub fn columns(&self) -> Vec<Expr> {
        let mapper = self.mapper();
        let attributes = super::polymorphic::attributes(mapper, &self.with_polymorphic());
        let mut columns = Vec::new();
        for attribute in attributes {
            let Some(property) = attribute.property.as_column() else { continue };
            for column in property.columns.borrow().iter() {
                columns.push(self.annotate(column, &attribute.key));
            }
        }
        columns
    }
}

fn base_of(alias: &Rc<AliasedEntity>) -> usize {
    alias.base.borrow().as_ref().map_or(alias.number, |base| base.number)
}

/// An alias as statements hold it.
pub struct AliasHandle(pub Rc<AliasedEntity>);

impl Entity for AliasHandle {
    fn name(&self) -> Str {
        OrmEntity::Alias(self.0.clone()).label()
    }
    fn selectable(&self) -> FromClause {
        self.0.selectable.clone()
    }
    fn columns(&self) -> Vec<Expr> {
        OrmEntity::Alias(self.0.clone()).columns()
    }
    fn identity(&self) -> usize {
        self.0.number
    }
    fn attribute(&self, host: &mut dyn Host, name: &Str) -> R<Option<Value>> {
        match self.0.object.get() {
            Some(object) => {
                let object = object.clone();
                host.find_attr(&object, name)
            }
            None => Ok(None),
        }
    }
    fn value(&self) -> Value {
        self.0.object.get().cloned().unwrap_or(Value::None)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}
