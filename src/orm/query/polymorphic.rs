//! Loading several classes of a hierarchy with one statement.
//!
//! Owns which mappers come along, the join of their tables, and their attributes in order. Must not know statements.
//! Mirrors the `_with_polymorphic` parts of `sqlalchemy/orm/mapper.py`.

use std::rc::Rc;

use super::entity::{AliasParts, AliasedEntity};
use crate::orm::attribute::Attribute;
use crate::orm::mapper::{InheritanceKind, Mapper};
use crate::python::value::{Host, R, Str, Value};
use crate::sql::selectable::FromClause;

/// Which classes `with_polymorphic` names.
pub enum Spec {
    /// `"*"`
    All,
    Some(Vec<Rc<Mapper>>),
}

/// Reads the classes that `with_polymorphic(base, classes)` was given.
pub fn spec_of(host: &mut dyn Host, classes: &Value) -> R<Spec> {
    if classes.as_str() == Some("*") {
        return Ok(Spec::All);
    }
    let given = host.collect(classes)?;
    Ok(Spec::Some(given.iter().filter_map(Mapper::of_value).collect()))
}

/// The mappers that a specification means, parents before children.
pub fn mappers_of(base: &Rc<Mapper>, spec: &Spec) -> Vec<Rc<Mapper>> {
    let wanted = |mapper: &Rc<Mapper>| match spec {
        Spec::All => true,
        Spec::Some(named) => named.iter().any(|one| one.isa(mapper) && one.isa(base)),
    };
    base.self_and_descendants().into_iter().filter(wanted).collect()
}

/// The mappers that selecting a class always takes along (`"with_polymorphic": "*"` in its arguments).
pub fn default_mappers(mapper: &Rc<Mapper>) -> Vec<Rc<Mapper>> {
    let inline = mapper
        .self_and_descendants()
        .into_iter()
        .any(|one| !Rc::ptr_eq(&one, mapper) && one.args.polymorphic_load.as_deref() == Some("inline"));
    match &mapper.args.with_polymorphic {
        Value::Str(word) if &**word == "*" => mappers_of(mapper, &Spec::All),
        Value::Tuple(items) => {
            let named = items.as_slice().iter().filter_map(Mapper::of_value).collect();
            mappers_of(mapper, &Spec::Some(named))
        }
        Value::List(items) => {
            let named = items.to_vec().iter().filter_map(Mapper::of_value).collect();
            mappers_of(mapper, &Spec::Some(named))
        }
        _ if inline => {
            let marked = mapper
                .self_and_descendants()
                .into_iter()
                .filter(|one| one.args.polymorphic_load.as_deref() == Some("inline"));
            mappers_of(mapper, &Spec::Some(marked.collect()))
        }
        _ => Vec::new(),
    }
}

/// The tables of these mappers, joined to the base's.
pub fn selectable_of(base: &Rc<Mapper>, mappers: &[Rc<Mapper>], innerjoin: bool) -> FromClause {
    let mut from = base.selectable.clone();
    for mapper in mappers {
        if Rc::ptr_eq(mapper, base) || mapper.inheritance != InheritanceKind::Joined {
            continue;
        }
        from = from.join(&mapper.local_table, mapper.inherit_condition.clone(), !innerjoin, false);
    }
    from
}

/// The selectable of a class together with what it always takes along.
pub fn default_selectable(mapper: &Rc<Mapper>) -> FromClause {
    match default_mappers(mapper) {
        mappers if mappers.is_empty() => mapper.selectable.clone(),
        mappers => selectable_of(mapper, &mappers, false),
    }
}

/// The attributes of a mapper, then those that the others add.
pub fn attributes(mapper: &Rc<Mapper>, others: &[Rc<Mapper>]) -> Vec<Rc<Attribute>> {
    let mut all = mapper.attributes();
    for other in others {
        if Rc::ptr_eq(other, mapper) {
            continue;
        }
        for attribute in other.attributes() {
            let known = all.iter().any(|one| {
                Rc::ptr_eq(&one.property, &attribute.property)
                    || (one.key == attribute.key && attribute.property.as_relationship().is_some())
            });
            if !known {
                all.push(attribute);
            }
        }
    }
    all
}

/// `with_polymorphic(base, classes)`.
pub fn with_polymorphic(
    base: &Rc<Mapper>,
    spec: &Spec,
    selectable: Option<FromClause>,
    flat: bool,
    innerjoin: bool,
    name: Option<Str>,
) -> Rc<AliasedEntity> {
    let mappers = mappers_of(base, spec);
    let mut from = selectable.unwrap_or_else(|| selectable_of(base, &mappers, innerjoin));
    if flat {
        from = super::alias::anonymous(&from, true);
    }
    AliasedEntity::new(AliasParts {
        mapper: base.clone(),
        selectable: from,
        name,
        with_polymorphic: mappers,
        use_mapper_path: false,
        represents_outer_join: !innerjoin,
        adapt_on_names: false,
    })
}

/// `default_selectable`, the same object at each call, so that clauses made of it can be recognised.
pub fn default_selectable_cached(mapper: &Rc<Mapper>) -> FromClause {
    if default_mappers(mapper).is_empty() {
        return mapper.selectable.clone();
    }
    super::cache::of_mapper(mapper).selectable.get_or_init(|| default_selectable(mapper)).clone()
}
