//! Bundles (several columns as one value) and the criteria of `with_loader_criteria`.
//!
//! Owns both payloads and reading them in a statement. Must not know rows.

use std::any::Any;
use std::rc::Rc;

use super::assemble::bundle_item;
use super::context::QueryEntity;
use super::errors;
use super::joins::JoinAttribute;
use super::relate::{self, JoinSides};
use crate::python::value::{Host, Native, OBJECT, R, Str, Value, Visitor};
use crate::sql::entity::{Element, Entity, OrmElement, element_of};
use crate::sql::expr::Expr;

/// The payload of `Bundle("name", column, ...)`.
pub struct BundleData {
    pub name: Str,
    /// Columns and other bundles.
    pub items: Vec<Value>,
    pub single_entity: bool,
}

impl Native for BundleData {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.items.iter().for_each(|item| item.trace(visitor));
    }
}

/// A bundle as an element of a statement.
pub struct BundleElement(pub Value);

impl OrmElement for BundleElement {
    fn identity(&self) -> usize {
        self.0.id()
    }
    fn parent(&self) -> Option<Rc<dyn Entity>> {
        None
    }
    fn value(&self) -> Value {
        self.0.clone()
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// An item of the columns clause that only the mapping layer understands: a bundle, or a relationship as a condition.
pub fn read(host: &mut dyn Host, element: &Rc<dyn OrmElement>, _labelled: bool) -> R<QueryEntity> {
    let value = element.value();
    if value.payload::<BundleData>().is_some() {
        return read_bundle(host, &value);
    }
    if let Some(attribute) = JoinAttribute::of(element) {
        let targets = relate::join_targets(&attribute.property, JoinSides::default());
        let condition =
            relate::all_of(std::iter::once(targets.primaryjoin).chain(targets.secondaryjoin).collect());
        if let Some(condition) = condition {
            return Ok(bundle_item(&condition));
        }
    }
    Err(errors::expected_attribute())
}

fn read_bundle(host: &mut dyn Host, value: &Value) -> R<QueryEntity> {
    let Some(data) = value.payload::<BundleData>() else { return Err(errors::expected_attribute()) };
    let mut items = Vec::with_capacity(data.items.len());
    for item in &data.items {
        if item.payload::<BundleData>().is_some() {
            items.push(read_bundle(host, item)?);
            continue;
        }
        match element_of(host, item)? {
            Some(Element::Expr(expr)) => items.push(bundle_item(&expr)),
            _ => return Err(errors::expected_attribute()),
        }
    }
    Ok(QueryEntity::Bundle {
        value: value.clone(),
        label: data.name.clone(),
        single: data.single_entity,
        items,
    })
}

/// Criteria whose function was called.
pub struct ResolvedCriteria(pub Expr);

impl Native for ResolvedCriteria {}

/// The expression that criteria are: themselves, or what they give for a class.
pub fn resolve_criteria(host: &mut dyn Host, criteria: &Value, class: &Value) -> R<Value> {
    if criteria.payload::<ResolvedCriteria>().is_some() {
        return Ok(criteria.clone());
    }
    let mut value = criteria.clone();
    if matches!(value, Value::Function(_) | Value::Method(_) | Value::Native(_)) {
        value = host.call_values(&value, std::slice::from_ref(class))?;
    }
    match element_of(host, &value)? {
        Some(Element::Expr(expr)) => Ok(Value::native(&OBJECT, ResolvedCriteria(expr))),
        _ => Err(errors::expected_attribute()),
    }
}
