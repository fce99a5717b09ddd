//! What the query layer says when something is wrong.
//!
//! Owns the messages of statements over entities, loader options and loading. Must not know how they are shown.

use std::rc::Rc;

use super::entity::OrmEntity;
use super::options::Strategy;
use crate::diag::builtin::{ASSERTION_ERROR, ATTRIBUTE_ERROR, INDEX_ERROR, TYPE_ERROR};
use crate::orm::property::{Property, PropertyKind};
use crate::orm::relationship::Lazy;
use crate::python::value::Raised;
use crate::sql::exc;

fn argument(text: impl Into<String>) -> Raised {
    Raised::new(&exc::ARGUMENT_ERROR, text)
}

fn invalid(text: impl Into<String>) -> Raised {
    Raised::new(&exc::INVALID_REQUEST, text)
}

/// `Please flush pending primary key changes on attributes {'id'} for mapper ... before proceeding with a refresh`
pub fn key_changes_before_refresh(changed: &str, mapper: &str) -> Raised {
    let text = format!(
        "Please flush pending primary key changes on attributes {changed} for mapper {mapper} before proceeding with \
         a refresh"
    );
    Raised::new(&exc::INVALID_REQUEST, text)
}

/// `Instance <Excuse at 0x...> cannot be refreshed - it's not  persistent ...`
pub fn no_key_to_refresh(shown: &str) -> Raised {
    let text = format!(
        "Instance {shown} cannot be refreshed - it's not  persistent and does not contain a full primary key."
    );
    Raised::new(&exc::INVALID_REQUEST, text)
}

/// Errors of detached instances link to their page.
fn detached(text: String) -> Raised {
    exc::coded(&exc::DETACHED_INSTANCE, &text, "bhk3").into()
}

/// `Strings are not accepted for attribute names in loader options; please use class-bound attributes directly.`
pub fn string_in_option() -> Raised {
    argument(
        "Strings are not accepted for attribute names in loader options; please use class-bound attributes directly.",
    )
}

/// `expected ORM mapped attribute for loader strategy argument`
pub fn expected_attribute() -> Raised {
    argument("expected ORM mapped attribute for loader strategy argument")
}

/// `Wildcard token cannot be followed by another entity`
pub fn wildcard_followed() -> Raised {
    argument("Wildcard token cannot be followed by another entity")
}

/// `Mapped attribute 'X.y' does not refer to a mapped entity`
pub fn not_an_entity(property: &Property) -> Raised {
    argument(format!("Mapped attribute '{}' does not refer to a mapped entity", property.description()))
}

/// `Can't apply "select in loader" strategy to property "Form.name", which is a "column property"; ...`
pub fn strategy_mismatch(strategy: &Strategy, property: &Property) -> Raised {
    let name = match strategy {
        Strategy::Relationship(lazy) => match lazy {
            Lazy::Joined => "joined loader",
            Lazy::Subquery => "subquery loader",
            Lazy::SelectIn => "select in loader",
            Lazy::Immediate => "immediate loader",
            Lazy::NoLoad => "no loader",
            _ => "lazy loader",
        },
        Strategy::Column { deferred: true, .. } => "deferred column loader",
        Strategy::Column { .. } => "column loader",
        Strategy::Expression => "expression column loader",
        Strategy::SelectinPolymorphic(_) => "selectin polymorphic loader",
    };
    let kind = match &property.kind {
        PropertyKind::Column(_) => "column property",
        PropertyKind::Relationship(_) => "relationship property",
        PropertyKind::Composite(_) => "composite property",
        PropertyKind::Synonym(_) => "synonym property",
        PropertyKind::Disabled => "concrete inherited property",
    };
    let intended = match strategy {
        Strategy::Relationship(_) => "relationship property",
        _ => "column property",
    };
    Raised::new(
        &exc::LOADER_STRATEGY_EXCEPTION,
        format!(
            "Can't apply \"{name}\" strategy to property \"{}\", which is a \"{kind}\"; this loader strategy is \
             intended to be used with a \"{intended}\".",
            property.description()
        ),
    )
}

/// `Loader strategy replacement A is in conflict with existing strategy B`
pub fn conflicting_options(replacement: &str, existing: &str) -> Raised {
    invalid(format!(
        "Loader strategy replacement {replacement} is in conflict with existing strategy {existing}"
    ))
}

/// `Can't apply wildcard ('*') or load_only() loader option to multiple entities in the same option. ...`
pub fn several_entities_in_one_option() -> Raised {
    argument(
        "Can't apply wildcard ('*') or load_only() loader option to multiple entities in the same option. Use \
         separate options per entity.",
    )
}

/// `Can't apply wildcard ('*') or load_only() loader option to multiple entities A, B. ...`
pub fn wildcard_of_several(entities: &[OrmEntity]) -> Raised {
    let names: Vec<String> = entities.iter().map(OrmEntity::description).collect();
    let loads: Vec<String> = names.iter().map(|name| format!("Load({name}).some_option('*')")).collect();
    argument(format!(
        "Can't apply wildcard ('*') or load_only() loader option to multiple entities {}. Specify loader options \
         for each entity individually, such as {}.",
        names.join(", "),
        loads.join(", ")
    ))
}

/// `ORM mapped attribute "A.x" does not link mapped class "B"`
pub fn does_not_link_class(attribute: &str, class: &str) -> Raised {
    argument(format!("ORM mapped attribute \"{attribute}\" does not link mapped class \"{class}\""))
}

/// `ORM mapped entity or attribute "A.x" does not link from relationship "B.y".`
pub fn does_not_link_from(
    attribute: &str,
    through: &Rc<Property>,
    of_type: Option<&str>,
    sub: Option<&OrmEntity>,
) -> Raised {
    let relationship = through.description();
    let shown = of_type.map_or(String::new(), |entity| format!(".of_type({entity})"));
    let hint = match (sub, of_type) {
        (Some(sub), None) => {
            let sub = sub.description();
            let target =
                through.as_relationship().map_or(String::new(), |r| r.mapper().class_name.to_string());
            format!(
                "  Did you mean to use \"{relationship}.of_type({sub})\" or \
                 \"loadopt.options(selectin_polymorphic({target}, [{sub}]), ...)\" ?"
            )
        }
        _ => String::new(),
    };
    argument(format!(
        "ORM mapped entity or attribute \"{attribute}\" does not link from relationship \
         \"{relationship}{shown}\".{hint}"
    ))
}

/// `Mapped class X referenced in option selectinload(X.y) does not apply to any of the root entities ...`
pub fn option_does_not_apply(class: &str, option: &str, entities: &[OrmEntity]) -> Raised {
    if entities.is_empty() {
        return argument(format!(
            "Query has only expression-based entities; attribute loader option {option} can't be applied here."
        ));
    }
    let names: Vec<String> = entities.iter().map(OrmEntity::description).collect();
    argument(format!(
        "Mapped class {class} referenced in option {option} does not apply to any of the root entities in this \
         query, e.g. {}. Please specify the full path from one of the root entities to the target attribute. ",
        names.join(", ")
    ))
}

/// `Query contains no columns with which to SELECT from.`
pub fn no_columns() -> Raised {
    invalid("Query contains no columns with which to SELECT from.")
}

/// `No 'on clause' argument may be passed when joining to a relationship path as a target`
pub fn onclause_with_relationship() -> Raised {
    invalid("No 'on clause' argument may be passed when joining to a relationship path as a target")
}

/// `Join target X does not refer to a mapped entity`
pub fn join_target_not_mapped(target: &str) -> Raised {
    argument(format!("Join target {target} does not refer to a mapped entity"))
}

/// `Join target X does not correspond to the right side of join condition Y`
pub fn join_target_mismatch(target: &str, onclause: &str) -> Raised {
    invalid(format!(
        "Join target {target} does not correspond to the right side of join condition {onclause}"
    ))
}

const USE_SELECT_FROM: &str = "Please use the .select_from() method to establish an explicit left side, as well as \
                               providing an explicit ON clause if not present already to help resolve the ambiguity.";

/// `Can't determine which FROM clause to join from, there are multiple FROMS which can join to this entity. ...`
pub fn ambiguous_left() -> Raised {
    invalid(format!(
        "Can't determine which FROM clause to join from, there are multiple FROMS which can join to this entity. \
         {USE_SELECT_FROM}"
    ))
}

/// `Don't know how to join to <Mapper at 0x...; Author>. ...`
pub fn cannot_join(target: &str) -> Raised {
    invalid(format!("Don't know how to join to {target}. {USE_SELECT_FROM}"))
}

/// `No entities to join from; please use select_from() ...`
pub fn nothing_to_join_from() -> Raised {
    invalid(
        "No entities to join from; please use select_from() to establish the left entity/selectable of this join",
    )
}

/// `Can't join table/selectable 'x' to itself`
pub fn join_to_itself(name: &str) -> Raised {
    invalid(format!("Can't join table/selectable '{name}' to itself"))
}

/// `explicit from clause X does not match left side of relationship attribute Y`
pub fn left_mismatch(from: &str, attribute: &str) -> Raised {
    invalid(format!(
        "explicit from clause {from} does not match left side of relationship attribute {attribute}"
    ))
}

/// `Can't identify which entity in which to assign the left side of this join.   ...`
pub fn ambiguous_explicit_left() -> Raised {
    invalid(
        "Can't identify which entity in which to assign the left side of this join.   Please use a more specific \
         ON clause.",
    )
}

/// `Can't identify which query entity in which to joined eager load from.   ...`
pub fn ambiguous_eager() -> Raised {
    invalid(
        "Can't identify which query entity in which to joined eager load from.   Please use an exact match when \
         specifying the join path.",
    )
}

/// `Expected mapped entity or selectable/table as join target`
pub fn expected_join_target() -> Raised {
    argument("Expected mapped entity or selectable/table as join target")
}

/// `Join target, typically a FROM expression, or ORM relationship attribute expected, got 'author'.`
pub fn join_role(shown: &str) -> Raised {
    argument(format!(
        "Join target, typically a FROM expression, or ORM relationship attribute expected, got {shown}."
    ))
}

/// `'X.y' does not support object population - eager loading cannot be applied.`
pub fn no_population(attribute: &str) -> Raised {
    invalid(format!("'{attribute}' does not support object population - eager loading cannot be applied."))
}

/// `'Safe.keys' is not available due to lazy='raise'`
pub fn raise_load(attribute: &str, lazy: &str) -> Raised {
    invalid(format!("'{attribute}' is not available due to lazy='{lazy}'"))
}

/// `'Pupil.diary' is not available due to raiseload=True`
pub fn raise_column(attribute: &str) -> Raised {
    invalid(format!("'{attribute}' is not available due to raiseload=True"))
}

/// `Parent instance <X at 0x..> is not bound to a Session; lazy load operation of attribute 'y' cannot proceed`
pub fn detached_lazy_load(instance: &str, key: &str) -> Raised {
    detached(format!(
        "Parent instance {instance} is not bound to a Session; lazy load operation of attribute '{key}' cannot \
             proceed"
    ))
}

/// `Parent instance <X at 0x..> is not bound to a Session; deferred load operation of attribute 'y' cannot proceed`
pub fn detached_deferred_load(instance: &str, key: &str) -> Raised {
    detached(format!(
        "Parent instance {instance} is not bound to a Session; deferred load operation of attribute '{key}' \
             cannot proceed"
    ))
}

/// `Parent instance <X at 0x..> is not bound to a Session, and no contextual session is established; ...`
pub fn detached_dynamic(instance: &str, key: &str) -> Raised {
    detached(format!(
        "Parent instance {instance} is not bound to a Session, and no contextual session is established; lazy \
             load operation of attribute '{key}' cannot proceed"
    ))
}

/// `Instance <X at 0x..> is not bound to a Session; attribute refresh operation cannot proceed`
pub fn detached_refresh(instance: &str) -> Raised {
    detached(format!(
        "Instance {instance} is not bound to a Session; attribute refresh operation cannot proceed"
    ))
}

/// `Instance '<X at 0x..>' has been deleted, or its row is otherwise not present.`
pub fn object_deleted(instance: &str) -> Raised {
    Raised::new(
        &exc::OBJECT_DELETED,
        format!("Instance '{instance}' has been deleted, or its row is otherwise not present."),
    )
}

/// `No such polymorphic_identity 'tram' is defined`
pub fn no_such_identity(shown: &str) -> Raised {
    Raised::new(&ASSERTION_ERROR, format!("No such polymorphic_identity {shown} is defined"))
}

/// `Row with identity key (..) can't be loaded into an object; the polymorphic discriminator column 'x' is NULL`
pub fn null_discriminator(key: &str, column: &str) -> Raised {
    invalid(format!(
        "Row with identity key {key} can't be loaded into an object; the polymorphic discriminator column '{column}' \
         is NULL"
    ))
}

/// `Row with identity key (..) can't be loaded into an object; ... is not a sub-mapper of the requested ...`
pub fn foreign_discriminator(key: &str, column: &str, found: &str, wanted: &str) -> Raised {
    invalid(format!(
        "Row with identity key {key} can't be loaded into an object; the polymorphic discriminator column '{column}' \
         refers to {found}, which is not a sub-mapper of the requested {wanted}"
    ))
}

/// `The unique() method must be invoked on this Result, ...`
pub fn unique_required() -> Raised {
    invalid(
        "The unique() method must be invoked on this Result, as it contains results that include joined eager loads \
         against collections",
    )
}

/// `Can't use yield_per with eager loaders that require uniquing or row buffering, ...`
pub fn yield_per_with_eager() -> Raised {
    invalid(
        "Can't use yield_per with eager loaders that require uniquing or row buffering, e.g. joinedload() against \
         collections or subqueryload().  Consider the selectinload() strategy for better flexibility in loading \
         objects.",
    )
}

/// `Query.get() being called on a Query with existing criterion. `
pub fn existing_criterion(method: &str) -> Raised {
    invalid(format!("Query.{method}() being called on a Query with existing criterion. "))
}

/// `Query.filter() being called on a Query with an existing full statement - can't apply criterion.`
pub fn existing_statement(method: &str) -> Raised {
    invalid(format!(
        "Query.{method}() being called on a Query with an existing full statement - can't apply criterion."
    ))
}

/// `Query.filter() being called on a Query which already has LIMIT or OFFSET applied.  ...`
pub fn existing_limit(method: &str) -> Raised {
    invalid(format!(
        "Query.{method}() being called on a Query which already has LIMIT or OFFSET applied.  Call {method}() \
         before limit() or offset() are applied."
    ))
}

/// `get() can only be used against a single mapped class.`
pub fn single_class_only(method: &str) -> Raised {
    invalid(format!("{method}() can only be used against a single mapped class."))
}

/// `Can't call this method on a Query that uses from_statement()`
pub fn uses_from_statement() -> Raised {
    invalid("Can't call this method on a Query that uses from_statement()")
}

/// `Can't call Query.update() or Query.delete() when limit() has been called`
pub fn bulk_not_allowed(method: &str) -> Raised {
    invalid(format!("Can't call Query.update() or Query.delete() when {method} has been called"))
}

/// `Entity namespace for "book" has no property "nope"`
pub fn no_property(entity: &str, key: &str) -> Raised {
    invalid(format!("Entity namespace for \"{entity}\" has no property \"{key}\""))
}

/// `Could not locate a property which relates instances of class 'X' to instances of class 'Y'`
pub fn no_relating_property(target: &str, class: &str) -> Raised {
    invalid(format!(
        "Could not locate a property which relates instances of class '{target}' to instances of class '{class}'"
    ))
}

/// `negative indexes are not accepted by SQL index / slice operators`
pub fn negative_index() -> Raised {
    Raised::new(&INDEX_ERROR, "negative indexes are not accepted by SQL index / slice operators")
}

/// `list index out of range`
pub fn index_out_of_range() -> Raised {
    Raised::new(&INDEX_ERROR, "list index out of range")
}

/// `Valid strategies for session synchronization are 'auto', 'evaluate', 'fetch', False`
pub fn synchronization_strategies() -> Raised {
    argument("Valid strategies for session synchronization are 'auto', 'evaluate', 'fetch', False")
}

/// `Could not evaluate current criteria in Python: "..." ...`
pub fn not_evaluable(reason: &str) -> Raised {
    invalid(format!(
        "Could not evaluate current criteria in Python: \"{reason}\". Specify 'fetch' or False for the \
         synchronize_session execution option."
    ))
}

/// `WriteOnly collections don't support iteration in-place; ...`
pub fn write_only_iteration() -> Raised {
    Raised::new(
        &TYPE_ERROR,
        "WriteOnly collections don't support iteration in-place; to query for collection items, use the select() \
         method to produce a SQL statement and execute it with session.scalars().",
    )
}

/// `Collection "X.y" does not support implicit iteration; collection replacement operations can't be used`
pub fn no_replacement(attribute: &str) -> Raised {
    invalid(format!(
        "Collection \"{attribute}\" does not support implicit iteration; collection replacement operations can't be \
         used"
    ))
}

/// `AttributeError: 'str' object has no attribute '_is_core'`
pub fn not_an_option(class: &str) -> Raised {
    Raised::new(&ATTRIBUTE_ERROR, format!("'{class}' object has no attribute '_is_core'"))
}

/// `Star option does not support sub-options`
pub fn star_sub_options() -> Raised {
    Raised::new(&crate::diag::builtin::NOT_IMPLEMENTED_ERROR, "Star option does not support sub-options")
}
