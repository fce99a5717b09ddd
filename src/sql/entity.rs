//! What the mapping layer lends to expressions: entities, and elements that only it understands.
//!
//! Owns the traits and the registry that turns an object of the language into an element of SQL.
//! Must not know mappers, relationships or sessions.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use super::expr::Expr;
use super::selectable::FromClause;
use super::statement::Statement;
use crate::python::value::{Class, Gc, Host, NativeType, R, Str, Value};

/// A mapped class, or an alias of one, standing in a statement (`select(Student)`, `join(Student)`).
pub trait Entity: Any {
    /// The name that rows and messages give it (`Student`).
    fn name(&self) -> Str;
    /// The table, alias or join that it selects from.
    fn selectable(&self) -> FromClause;
    /// The columns that selecting it selects, in order, annotated with the entity.
    fn columns(&self) -> Vec<Expr>;
    /// What tells one entity from another while either lives.
    fn identity(&self) -> usize;
    /// The attribute of that name as an expression, for `filter_by`.
    fn attribute(&self, host: &mut dyn Host, name: &Str) -> R<Option<Value>>;
    /// The class or aliased object as the user holds it.
    fn value(&self) -> Value;
    fn as_any(&self) -> &dyn Any;
}

/// An element that the mapping layer alone understands: a relationship to join along, a bundle, an option.
pub trait OrmElement: Any {
    /// What tells it from another in a cached statement while either lives.
    fn identity(&self) -> usize;
    /// The entity that it starts from, so that the statement knows what it selects from.
    fn parent(&self) -> Option<Rc<dyn Entity>>;
    fn value(&self) -> Value;
    fn as_any(&self) -> &dyn Any;
}

/// Which entity an expression came from, and under which attribute.
#[derive(Clone)]
pub struct Annotation {
    pub entity: Rc<dyn Entity>,
    pub key: Str,
}

/// What an object of the language is in SQL.
#[derive(Clone)]
pub enum Element {
    Expr(Expr),
    From(FromClause),
    Statement(Statement),
    Entity(Rc<dyn Entity>),
    Orm(Rc<dyn OrmElement>),
}

/// Turns an instance of a registered native type into an element; None if this one is not SQL after all.
pub type ElementGetter = fn(&mut dyn Host, &Value) -> R<Option<Element>>;
/// Turns a class (a mapped one) into an element.
pub type ClassGetter = fn(&mut dyn Host, &Gc<Class>) -> R<Option<Element>>;
/// Rewrites a statement that holds entities into one of tables and columns; the bool says that it stands alone,
/// rather than within another.
pub type Rewriter = fn(&mut dyn Host, &Statement, bool) -> R<Statement>;

#[derive(Default)]
struct Registry {
    kinds: Vec<(&'static NativeType, ElementGetter)>,
    classes: Option<ClassGetter>,
    rewriter: Option<Rewriter>,
}

thread_local! {
    static REGISTRY: RefCell<Registry> = RefCell::new(Registry::default());
}

/// Instances of `kind` (and of types derived from it) take part in expressions.
pub fn register_element(kind: &'static NativeType, getter: ElementGetter) {
    REGISTRY.with(|registry| {
        let kinds = &mut registry.borrow_mut().kinds;
        if !kinds.iter().any(|(known, _)| std::ptr::eq(*known, kind)) {
            kinds.push((kind, getter));
        }
    });
}

/// Mapped classes take part in statements.
pub fn register_classes(getter: ClassGetter) {
    REGISTRY.with(|registry| registry.borrow_mut().classes = Some(getter));
}

/// Statements with entities are compiled by way of `rewriter`.
pub fn register_rewriter(rewriter: Rewriter) {
    REGISTRY.with(|registry| registry.borrow_mut().rewriter = Some(rewriter));
}

pub fn rewriter() -> Option<Rewriter> {
    REGISTRY.with(|registry| registry.borrow().rewriter)
}

/// What an object is in SQL, if anything.
pub fn element_of(host: &mut dyn Host, value: &Value) -> R<Option<Element>> {
    match value {
        Value::Instance(instance) => {
            let native = instance.class().native;
            let getter = REGISTRY.with(|registry| {
                let registry = registry.borrow();
                registry.kinds.iter().find(|(kind, _)| native.is_a(kind)).map(|(_, getter)| *getter)
            });
            if let Some(getter) = getter {
                return getter(host, value);
            }
            clause_element_method(host, value)
        }
        Value::Class(class) => {
            let getter = REGISTRY.with(|registry| registry.borrow().classes);
            getter.map_or(Ok(None), |getter| getter(host, class))
        }
        _ => Ok(None),
    }
}

/// An object written in the language may say what it is by `__clause_element__()`.
fn clause_element_method(host: &mut dyn Host, value: &Value) -> R<Option<Element>> {
    let name = crate::python::value::intern("__clause_element__");
    match host.find_attr(value, &name)? {
        Some(method) => {
            let answer = host.call_values(&method, &[])?;
            element_of(host, &answer)
        }
        None => Ok(None),
    }
}
