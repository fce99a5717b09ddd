//! What mapping, attributes and collections complain about, one constructor a message.
//!
//! Owns the texts. Must not know when they are raised.

use crate::diag::builtin::{ATTRIBUTE_ERROR, KEY_ERROR, RUNTIME_ERROR, TYPE_ERROR, VALUE_ERROR};
use crate::diag::{Error, ExcClass};
use crate::python::value::{Gc, Host, Instance, Raised, Str, Value};
use crate::sql::exc::{ARGUMENT_ERROR, INVALID_REQUEST};

use super::attribute::{Attribute, Initiator, Op};
use crate::python::value::Class;
use crate::sql::exc::{AMBIGUOUS_FOREIGN_KEYS, NO_FOREIGN_KEYS, UNMAPPED_CLASS};
use crate::sql::expr::Expr;
use crate::sql::schema::Table;
use crate::sql::selectable::FromClause;

use super::mapper::Mapper;
use super::property::Property;
use super::relationship::{Direction, Setup};
use super::state::InstanceState;

fn raised(class: &'static ExcClass, text: impl Into<String>) -> Raised {
    Raised::new(class, text)
}

/// `<Student at 0x7f...>`, as messages show an instance.
pub fn instance_text(value: &Value) -> String {
    match (value, InstanceState::of_value(value)) {
        (Value::None, _) => "None".to_string(),
        (_, Some(state)) => format!("<{} at {:#x}>", state.mapper().class_name, value.id()),
        _ => format!("<object at {:#x}>", value.id()),
    }
}

fn object_text(instance: &Gc<Instance>) -> String {
    instance_text(&Value::Instance(instance.clone()))
}

/// `AttributeError: 'str' object has no attribute '_sa_instance_state'`.
pub fn no_instance_state(class: &str) -> Raised {
    raised(&ATTRIBUTE_ERROR, format!("'{class}' object has no attribute '_sa_instance_state'"))
}

/// `KeyError: 'students'`: the other side has no attribute of that name.
pub fn no_such_key(key: &Str) -> Raised {
    raised(&KEY_ERROR, format!("'{key}'"))
}

/// `AttributeError: Student.name object does not have a value`.
pub fn no_value(attribute: &Attribute) -> Raised {
    raised(&ATTRIBUTE_ERROR, format!("{} object does not have a value", attribute.description()))
}

/// `AttributeError: can't set attribute`.
pub fn cannot_set(_attribute: &Attribute) -> Raised {
    raised(&ATTRIBUTE_ERROR, "can't set attribute")
}

/// `AttributeError: can't delete attribute`.
pub fn cannot_delete(_attribute: &Attribute) -> Raised {
    raised(&ATTRIBUTE_ERROR, "can't delete attribute")
}

/// `ValueError: Object <A at 0x..> not associated with <B at 0x..> on attribute 'x'`.
pub fn object_not_associated(
    _host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    object: &Value,
) -> Raised {
    raised(
        &VALUE_ERROR,
        format!(
            "Object {} not associated with {} on attribute '{}'",
            instance_text(object),
            object_text(instance),
            attribute.key
        ),
    )
}

/// `TypeError: Incompatible collection type: str is not list-like`.
pub fn incompatible_collection(given: &str, wanted: &str) -> Raised {
    raised(&TYPE_ERROR, format!("Incompatible collection type: {given} is not {wanted}-like"))
}

/// `RuntimeError`: the collection classes were not registered; only a test without the face meets it.
pub fn no_collections() -> Raised {
    raised(&RUNTIME_ERROR, "the instrumented collection classes are not registered")
}

/// `ValueError: Bidirectional attribute conflict detected: ...`.
pub fn bidirectional_conflict(
    _host: &mut dyn Host,
    instance: &Gc<Instance>,
    attribute: &Attribute,
    other: &Attribute,
    initiator: Initiator,
) -> Raised {
    let began = attribute
        .mapper()
        .registry
        .mappers()
        .iter()
        .flat_map(|mapper| mapper.attributes())
        .find_map(|known| (known.property.token() == initiator.property).then(|| known.description()));
    raised(
        &VALUE_ERROR,
        format!(
            "Bidirectional attribute conflict detected: Passing object {} to attribute \"{}\" triggers a modify \
             event on attribute \"{}\" via the backref \"{}\".",
            object_text(instance),
            began.unwrap_or_default(),
            other.description(),
            attribute.description()
        ),
    )
}

/// `InvalidRequestError: Instance <X at 0x..> is already associated with an instance of ...`.
pub fn single_parent(_host: &mut dyn Host, attribute: &Attribute, value: &Value) -> Raised {
    raised(
        &INVALID_REQUEST,
        format!(
            "Instance {} is already associated with an instance of {} via its {} attribute, and is only allowed a \
             single parent.",
            instance_text(value),
            class_text(&attribute.mapper()),
            attribute.description(),
        ),
    )
}

/// `<class 'app.Student'>`.
pub fn class_text(mapper: &Mapper) -> String {
    format!("<class '{}'>", mapper.sort_key)
}

/// `InvalidRequestError: One or more mappers failed to initialize - can't proceed with initialization of other
/// mappers. Triggering mapper: 'Mapper[A(a)]'. Original exception was: ...`.
pub fn initialization_failed_before(mapper: &Mapper, original: &Error) -> Error {
    Error::new(
        &INVALID_REQUEST,
        format!(
            "One or more mappers failed to initialize - can't proceed with initialization of other mappers. \
             Triggering mapper: '{}'. Original exception was: {}",
            mapper.description(),
            original.message
        ),
    )
}

/// What listeners receive as initiator: text that names the attribute and the operation.
pub fn initiator_value(attribute: &Attribute, initiator: Initiator) -> Value {
    let op = match initiator.op {
        Op::Append => "APPEND",
        Op::Remove => "REMOVE",
        Op::Replace => "REPLACE",
        Op::BulkReplace => "BULK_REPLACE",
    };
    Value::str(format!("{} {op}", attribute.description()))
}

/// `TypeError: 'nam' is an invalid keyword argument for Student`.
pub fn invalid_keyword(key: &str, class: &str) -> Raised {
    raised(&TYPE_ERROR, format!("{key:?} is an invalid keyword argument for {class}").replace('"', "'"))
}

/// `ArgumentError` with any text of the relationship configuration, which is made where the facts are.
pub fn argument(text: impl Into<String>) -> Error {
    Error::new(&ARGUMENT_ERROR, text)
}

// Join conditions.

/// The condition as SQL, for messages.
pub fn condition_text(condition: &Expr) -> String {
    use crate::sql::expr::ExprKind;
    match &condition.kind {
        ExprKind::Binary(binary) => {
            format!("{} = {}", condition_text(&binary.left), condition_text(&binary.right))
        }
        ExprKind::List(list) => list.clauses.iter().map(condition_text).collect::<Vec<_>>().join(" AND "),
        ExprKind::Grouping(inner) => format!("({})", condition_text(inner)),
        ExprKind::Column(column) => match column.table() {
            Some(table) => format!("{}.{}", table.name, column.name()),
            None => column.name().to_string(),
        },
        _ => "...".to_string(),
    }
}

/// The name of a selectable in messages.
fn from_text(from: &FromClause) -> String {
    from.name().map_or_else(|| "join".to_string(), |name| name.to_string())
}

/// `NoForeignKeysError: Can't find any foreign key relationships between 'a' and 'b'.`
pub fn no_foreign_keys(left: &FromClause, right: &FromClause) -> Error {
    Error::new(
        &NO_FOREIGN_KEYS,
        format!(
            "Can't find any foreign key relationships between '{}' and '{}'.",
            from_text(left),
            from_text(right)
        ),
    )
}

/// `AmbiguousForeignKeysError: Can't determine join between 'a' and 'b'; ...`.
pub fn ambiguous_foreign_keys(left: &FromClause, right: &FromClause) -> Error {
    Error::new(
        &AMBIGUOUS_FOREIGN_KEYS,
        format!(
            "Can't determine join between '{}' and '{}'; tables have more than one foreign key constraint \
             relationship between them. Please specify the 'onclause' of this join explicitly.",
            from_text(left),
            from_text(right)
        ),
    )
}

/// `NoForeignKeysError: Could not determine join condition between parent/child tables on relationship A.b - ...`.
pub fn no_join_condition(property: &Property, secondary: Option<&Table>) -> Error {
    let relationship = property.description();
    Error::new(
        &NO_FOREIGN_KEYS,
        match secondary {
            Some(table) => format!(
                "Could not determine join condition between parent/child tables on relationship {relationship} - \
                 there are no foreign keys linking these tables via secondary table '{}'.  Ensure that referencing \
                 columns are associated with a ForeignKey or ForeignKeyConstraint, or specify 'primaryjoin' and \
                 'secondaryjoin' expressions.",
                table.name
            ),
            None => format!(
                "Could not determine join condition between parent/child tables on relationship {relationship} - \
                 there are no foreign keys linking these tables.  Ensure that referencing columns are associated \
                 with a ForeignKey or ForeignKeyConstraint, or specify a 'primaryjoin' expression."
            ),
        },
    )
}

/// `AmbiguousForeignKeysError: Could not determine join condition between parent/child tables ...`.
pub fn ambiguous_join_condition(property: &Property, secondary: Option<&Table>) -> Error {
    let relationship = property.description();
    Error::new(
        &AMBIGUOUS_FOREIGN_KEYS,
        match secondary {
            Some(table) => format!(
                "Could not determine join condition between parent/child tables on relationship {relationship} - \
                 there are multiple foreign key paths linking the tables via secondary table '{}'.  Specify the \
                 'foreign_keys' argument, providing a list of those columns which should be counted as containing \
                 a foreign key reference from the secondary table to each of the parent and child tables.",
                table.name
            ),
            None => format!(
                "Could not determine join condition between parent/child tables on relationship {relationship} - \
                 there are multiple foreign key paths linking the tables.  Specify the 'foreign_keys' argument, \
                 providing a list of those columns which should be counted as containing a foreign key reference \
                 to the parent table."
            ),
        },
    )
}

/// `ArgumentError: Property 'A.b' specified with secondary join condition but no secondary argument`.
pub fn secondaryjoin_without_secondary(property: &Property) -> Error {
    argument(format!(
        "Property {} specified with secondary join condition but no secondary argument",
        property.description()
    ))
}

/// `ArgumentError: Could not locate any simple equality expressions ...`.
pub fn no_simple_equality(property: &Property, primary: bool, condition: &str) -> Error {
    argument(format!(
        "Could not locate any simple equality expressions involving locally mapped foreign key columns for {} join \
         condition '{condition}' on relationship {}.  Ensure that referencing columns are associated with a \
         ForeignKey or ForeignKeyConstraint, or are annotated in the join condition with the foreign() annotation. \
         To allow comparison operators other than '==', the relationship can be marked as viewonly=True.",
        if primary { "primary" } else { "secondary" },
        property.description()
    ))
}

/// `ArgumentError: Could not locate any relevant foreign key columns ...`.
pub fn no_foreign_columns(property: &Property, primary: bool, condition: &str) -> Error {
    argument(format!(
        "Could not locate any relevant foreign key columns for {} join condition '{condition}' on relationship {}.  \
         Ensure that referencing columns are associated with a ForeignKey or ForeignKeyConstraint, or are \
         annotated in the join condition with the foreign() annotation.",
        if primary { "primary" } else { "secondary" },
        property.description()
    ))
}

/// `ArgumentError: Relationship A.b could not determine any unambiguous local/remote column pairs ...`.
pub fn no_remote_columns(property: &Property, condition: &str) -> Error {
    argument(format!(
        "Relationship {} could not determine any unambiguous local/remote column pairs based on join condition and \
         remote_side arguments.  Consider using the remote() annotation to accurately mark those elements of the \
         join condition that are on the remote side of the relationship.",
        property.description()
    ))
    .hint(format!("the condition is {condition}"))
}

/// `ArgumentError: Can't determine relationship direction for relationship 'A.b' - ... present in both ...`.
pub fn direction_both(property: &Property) -> Error {
    argument(format!(
        "Can't determine relationship direction for relationship '{}' - foreign key columns within the join \
         condition are present in both the parent and the child's mapped tables.  Ensure that only those columns \
         referring to a parent column are marked as foreign, either via the foreign() annotation or via the \
         foreign_keys argument.",
        property.description()
    ))
}

/// `ArgumentError: Can't determine relationship direction for relationship 'A.b' - ... present in neither ...`.
pub fn direction_neither(property: &Property) -> Error {
    argument(format!(
        "Can't determine relationship direction for relationship '{}' - foreign key columns are present in neither \
         the parent nor the child's mapped tables",
        property.description()
    ))
}

// Relationship arguments.

/// `InvalidRequestError: When initializing mapper Mapper[A(a)], expression 'B' failed to locate a name ('B'). ...`.
pub fn failed_to_locate(property: &Property, expression: &str, name: &str) -> Error {
    let parent = property.parent();
    let names = parent.registry.class_names();
    let near = crate::util::near::nearest(name, names.iter().map(|name| &**name)).map(str::to_string);
    let error = Error::new(
        &INVALID_REQUEST,
        format!(
            "When initializing mapper {}, expression {} failed to locate a name ({}). If this is a class name, \
             consider adding this relationship() to the {} class after both dependent classes have been defined.",
            parent.description(),
            quoted(expression),
            quoted(name),
            class_text(&parent)
        ),
    );
    match near {
        Some(near) => error.hint(format!("did you mean {near:?}?")),
        None => error,
    }
}

/// Text as `repr` shows it.
fn quoted(text: &str) -> String {
    if text.contains('\'') && !text.contains('"') {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "\\'"))
    }
}

/// `InvalidRequestError: Multiple classes found for path "A" in the registry of this declarative base. ...`.
pub fn multiple_classes(name: &str) -> Error {
    Error::new(
        &INVALID_REQUEST,
        format!(
            "Multiple classes found for path \"{name}\" in the registry of this declarative base. Please use a \
             fully module-qualified path."
        ),
    )
}

/// `AttributeError: Class <class 'app.A'> does not have a mapped column named 'x'`.
pub fn no_mapped_column(class: &str, name: &str) -> Error {
    Error::new(&ATTRIBUTE_ERROR, format!("Class {class} does not have a mapped column named '{name}'"))
}

/// `UnmappedClassError: Class 'builtins.int' is not mapped`.
pub fn unmapped_class(class: &Gc<Class>) -> Raised {
    let module = class.dict.get("__module__");
    let module = module.as_ref().and_then(Value::as_str).unwrap_or("builtins").to_string();
    raised(&UNMAPPED_CLASS, format!("Class '{module}.{}' is not mapped", class.name.borrow()))
}

/// `ArgumentError: relationship 'x' expects a class or a mapper argument (received: <class 'int'>)`.
pub fn expects_class(property: &Property, class: &str) -> Error {
    argument(format!(
        "relationship '{}' expects a class or a mapper argument (received: {class})",
        property.key
    ))
}

/// `ArgumentError: secondary argument <class ..> passed to to relationship() A.b must be a Table object ...`.
pub fn secondary_is_class(property: &Property, class: &str) -> Error {
    argument(format!(
        "secondary argument {class} passed to to relationship() {} must be a Table object or other FROM clause; \
         can't send a mapped class directly as rows in 'secondary' are persisted independently of a class that is \
         mapped to that same table.",
        property.description()
    ))
}

/// `ArgumentError: secondary argument ... must be a Table object or other FROM clause`.
pub fn invalid_secondary(property: &Property, shown: &str) -> Error {
    argument(format!(
        "secondary argument {shown} passed to to relationship() {} must be a Table object or other FROM clause",
        property.description()
    ))
}

/// `ArgumentError: Column-based expression object expected for argument 'x'; got: ...`.
pub fn not_a_column(property: &Property, shown: &str) -> Error {
    argument(format!("Column expression expected for relationship {}; got {shown}.", property.description()))
}

/// `ArgumentError: Column expression expected ...`.
pub fn not_an_expression(property: &Property, shown: &str) -> Error {
    not_a_column(property, shown)
}

/// `ArgumentError: Invalid cascade option(s): 'x', 'y'`.
pub fn invalid_cascade(words: &[String]) -> Error {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    argument(format!("Invalid cascade option(s): {}", words.join(", ")))
}

/// `ArgumentError: Can't find strategy ... lazy='x'`.
pub fn unknown_lazy(shown: &str) -> Error {
    argument(format!("Unknown value {shown} for the 'lazy' parameter of relationship()")).hint(
        "select, joined, subquery, selectin, immediate, raise, raise_on_sql, dynamic and write_only exist",
    )
}

/// `ArgumentError: backref and back_populates keyword arguments are mutually exclusive`.
pub fn backref_and_back_populates() -> Error {
    argument("backref and back_populates keyword arguments are mutually exclusive")
}

/// `ArgumentError: Error creating backref 'x' on relationship 'A.b': property of that name exists on mapper '...'`.
pub fn backref_exists(property: &Property, key: &str, mapper: &Mapper) -> Error {
    argument(format!(
        "Error creating backref '{key}' on relationship '{}': property of that name exists on mapper '{}'",
        property.description(),
        mapper.description()
    ))
}

/// `InvalidRequestError: Can't assign 'secondaryjoin' on a backref against a non-secondary relationship.`
pub fn secondaryjoin_on_backref() -> Error {
    Error::new(
        &INVALID_REQUEST,
        "Can't assign 'secondaryjoin' on a backref against a non-secondary relationship.",
    )
}

/// `InvalidRequestError: Mapper 'Mapper[A(a)]' has no property 'x'.  If this property was indicated ...`.
pub fn no_such_property(mapper: &Mapper, key: &str) -> Error {
    let keys: Vec<_> = mapper.attributes().iter().map(|attribute| attribute.key.clone()).collect();
    let near = crate::util::near::nearest(key, keys.iter().map(|key| &**key)).map(str::to_string);
    let error = Error::new(
        &INVALID_REQUEST,
        format!(
            "Mapper '{}' has no property '{key}'.  If this property was indicated from other mappers or configure \
             events, ensure registry.configure() has been called.",
            mapper.description()
        ),
    );
    match near {
        Some(near) => error.hint(format!("did you mean {near:?}?")),
        None => error,
    }
}

/// `InvalidRequestError: back_populates on relationship 'A.b' refers to attribute 'B.x' that is not a relationship. ...`.
pub fn back_populates_no_relationship(property: &Property, other: &Property) -> Error {
    Error::new(
        &INVALID_REQUEST,
        format!(
            "back_populates on relationship '{}' refers to attribute '{}' that is not a relationship.  The \
             back_populates parameter should refer to the name of a relationship on the target class.",
            property.description(),
            other.description()
        ),
    )
}

/// `ArgumentError: reverse_property 'x' on relationship A.b references relationship B.x, which does not reference
/// mapper Mapper[A(a)]`.
pub fn reverse_refers_elsewhere(property: &Property, key: &str, other: &Property, parent: &Mapper) -> Error {
    argument(format!(
        "reverse_property '{key}' on relationship {} references relationship {}, which does not reference mapper {}",
        property.description(),
        other.description(),
        parent.description()
    ))
}

/// `ArgumentError: A.b and back-reference B.a are both of the same direction ...`.
pub fn same_direction(property: &Property, other: &Property, direction: Direction) -> Error {
    let name = direction.name();
    argument(format!(
        "{} and back-reference {} are both of the same direction <RelationshipDirection.{name}: {}>.  Did you mean \
         to set remote_side on the many-to-one side ?",
        other.description(),
        property.description(),
        match direction {
            Direction::OneToMany => 1,
            Direction::ManyToOne => 2,
            Direction::ManyToMany => 3,
        }
    ))
}

/// `InvalidRequestError: On relationship A.b, 'dynamic' loaders cannot be used with many-to-one/one-to-one ...`.
pub fn dynamic_scalar(property: &Property, lazy: &str) -> Error {
    Error::new(
        &INVALID_REQUEST,
        format!(
            "On relationship {}, '{lazy}' loaders cannot be used with many-to-one/one-to-one relationships and/or \
             uselist=False.",
            property.description()
        ),
    )
}

/// `ArgumentError: For many-to-one relationship A.b, delete-orphan cascade is normally configured only on the "one"
/// side ...`.
pub fn delete_orphan_on_many(property: &Property, setup: &Setup) -> Error {
    let direction = if setup.direction == Direction::ManyToOne { "many-to-one" } else { "many-to-many" };
    let relationship = property.description();
    argument(format!(
        "For {direction} relationship {relationship}, delete-orphan cascade is normally configured only on the \
         \"one\" side of a one-to-many relationship, and not on the \"many\" side of a many-to-one or many-to-many \
         relationship.  To force this relationship to allow a particular \"{}\" object to be referenced by only a \
         single \"{}\" object at a time via the {relationship} relationship, which would allow delete-orphan \
         cascade to take place in this direction, set the single_parent=True flag. (Background on this error at: \
         https://sqlalche.me/e/21/bbf0)",
        setup.mapper.class_name,
        property.parent().class_name,
    ))
}

/// `ArgumentError: On A.b, can't set passive_deletes='all' in conjunction with 'delete' ...`.
pub fn passive_deletes_all(property: &Property) -> Error {
    argument(format!(
        "On {}, can't set passive_deletes='all' in conjunction with 'delete' or 'delete-orphan' cascade",
        property.description()
    ))
}

// Mapping.

/// `ArgumentError: Mapper Mapper[A(a)] could not assemble any primary key columns for mapped table 'a'`.
pub fn no_primary_key(class: &Gc<Class>, table: &str) -> Error {
    let name = class.name.borrow();
    argument(format!(
        "Mapper Mapper[{name}({table})] could not assemble any primary key columns for mapped table '{table}'"
    ))
}

/// `InvalidRequestError: Class <class 'app.A'> does not have a __table__ or __tablename__ specified and does not
/// inherit from an existing table-mapped class.`
pub fn no_table(class: &Gc<Class>) -> Error {
    Error::new(
        &INVALID_REQUEST,
        format!(
            "Class {} does not have a __table__ or __tablename__ specified and does not inherit from an existing \
             table-mapped class.",
            class_repr(class)
        ),
    )
}

/// `<class 'app.Student'>` of any class.
pub fn class_repr(class: &Gc<Class>) -> String {
    let module = class.dict.get("__module__");
    let module = module.as_ref().and_then(Value::as_str).unwrap_or("builtins").to_string();
    format!("<class '{module}.{}'>", class.qualname.borrow())
}

/// `ArgumentError: Can't determine the inherit condition between inherited table 'a' and inheriting table 'b'; ...`.
pub fn no_inherit_condition(parent: &Mapper, table: &FromClause) -> Error {
    argument(format!(
        "Can't determine the inherit condition between inherited table '{}' and inheriting table '{}'; tables have \
         no foreign key relationships established.  Please ensure the inheriting table has a foreign key \
         relationship to the inherited table, or provide an 'on clause' using the 'inherit_condition' mapper \
         argument.",
        from_text(&parent.local_table),
        from_text(table)
    ))
}

/// `ArgumentError: Can't determine the inherit condition ...; tables have more than one foreign key ...`.
pub fn ambiguous_inherit_condition(parent: &Mapper, table: &FromClause) -> Error {
    argument(format!(
        "Can't determine the inherit condition between inherited table '{}' and inheriting table '{}'; tables have \
         more than one foreign key constraint relationship between them. Please specify the 'onclause' of this join \
         explicitly using the 'inherit_condition' mapper argument.",
        from_text(&parent.local_table),
        from_text(table)
    ))
}

/// `ArgumentError: Can't determine polymorphic_on value 'x' - no attribute is mapped to this name.`
pub fn unknown_polymorphic_on(key: &str) -> Error {
    argument(format!("Can't determine polymorphic_on value '{key}' - no attribute is mapped to this name."))
}

/// `ArgumentError: polymorphic_on ... is not a column`.
pub fn bad_polymorphic_on(shown: &str) -> Error {
    argument(format!(
        "Only direct column-mapped property or SQL expression can be passed for polymorphic_on; got {shown}"
    ))
}

/// The warning about a polymorphic identity used twice.
pub fn identity_taken(identity: &str, known: &Mapper, mapper: &Mapper) -> String {
    format!(
        "Reassigning polymorphic association for identity {identity} from {} to {}: Check for duplicate use of \
         {identity} as value for polymorphic_identity.",
        known.description(),
        mapper.description()
    )
}

/// `InvalidRequestError: Can't instantiate class for Mapper[A(a)]; mapper is marked polymorphic_abstract=True`.
pub fn abstract_instance(mapper: &Mapper) -> Error {
    Error::new(
        &INVALID_REQUEST,
        format!(
            "Can't instantiate class for {}; mapper is marked polymorphic_abstract=True",
            mapper.description()
        ),
    )
}

/// `ArgumentError: Object of another class in a comparison`.
pub fn not_the_target(property: &Property, mapper: &Mapper) -> Error {
    argument(format!(
        "Mapped instance expected for relationship comparison to object of {}; got one of {}",
        property.description(),
        mapper.description()
    ))
}

/// `AttributeError: type object 'Doctor' has no attribute '_sa_instance_state'`.
pub fn class_has_no_instance_state(class: &str) -> Raised {
    raised(&ATTRIBUTE_ERROR, format!("type object '{class}' has no attribute '_sa_instance_state'"))
}
