//! The messages that this layer owns.
//!
//! Owns one function for each message. Must not know who raises them.

use super::exc::{
    ARGUMENT_ERROR, COMPILE_ERROR, CONSTRAINT_COLUMN_NOT_FOUND, INVALID_REQUEST, NO_REFERENCED_COLUMN,
    NO_REFERENCED_TABLE,
};
use crate::diag::builtin::{KEY_ERROR, NOT_IMPLEMENTED_ERROR, TYPE_ERROR, VALUE_ERROR};
use crate::diag::{Error, Extra};
use crate::python::value::{Raised, Str};

/// The attribute that holds an error's page in the documentation (`e3q8` of `sqlalche.me/e/21/e3q8`).
pub fn with_code(error: Error, code: &'static str) -> Error {
    error.attribute("code", Extra::Text(code.to_string()))
}

fn argument(text: impl Into<String>) -> Raised {
    Raised::new(&ARGUMENT_ERROR, text)
}

fn compile(text: impl Into<String>) -> Raised {
    Raised::new(&COMPILE_ERROR, text)
}

/// `TypeError: Boolean value of this clause is not defined`
pub fn no_boolean_value() -> Raised {
    Raised::new(&TYPE_ERROR, "Boolean value of this clause is not defined")
}

/// `ArgumentError: Column object 'x' already assigned to Table 't'`
pub fn column_assigned(key: &str, table: &str) -> Raised {
    argument(format!("Column object '{key}' already assigned to Table '{table}'"))
}

/// `ArgumentError: Column must be constructed with a non-blank name or assign a non-blank .name before adding to a Table.`
pub fn column_without_name() -> Raised {
    argument(
        "Column must be constructed with a non-blank name or assign a non-blank .name before adding to a Table.",
    )
}

/// `InvalidRequestError: This ForeignKey object does not yet have a parent Column associated with it.`
pub fn foreign_key_without_parent() -> Raised {
    Raised::new(
        &INVALID_REQUEST,
        "This ForeignKey object does not yet have a parent Column associated with it.",
    )
}

/// `NoReferencedTableError: Foreign key associated with column 'a.b' could not find table 't' with which to ...`
pub fn no_referenced_table(parent: &str, table: &str, column: &str) -> Raised {
    let text = format!(
        "Foreign key associated with column '{parent}' could not find table '{table}' with which to generate a \
         foreign key to target column '{column}'"
    );
    let error = Error::new(&NO_REFERENCED_TABLE, text);
    error.attribute("table_name", Extra::Text(table.to_string())).into()
}

/// `NoReferencedColumnError: Could not initialize target column for ForeignKey 't.c' on table 'a': table 't' has no ...`
pub fn no_referenced_column(target: &str, parent: &str, table: &str, column: &str) -> Raised {
    let parent_table = parent.split('.').next().unwrap_or(parent);
    let text = format!(
        "Could not initialize target column for ForeignKey '{target}' on table '{parent_table}': table '{table}' has \
         no column named '{column}'"
    );
    let error = Error::new(&NO_REFERENCED_COLUMN, text);
    error
        .attribute("table_name", Extra::Text(table.to_string()))
        .attribute("column_name", Extra::Text(column.to_string()))
        .into()
}

/// `ConstraintColumnNotFoundError: Can't create UniqueConstraint on table 't': no column named 'x' is present.`
pub fn no_column_for_constraint(class: &str, table: &str, column: &str) -> Raised {
    Raised::new(
        &CONSTRAINT_COLUMN_NOT_FOUND,
        format!("Can't create {class} on table '{table}': no column named '{column}' is present."),
    )
}

/// `ConstraintColumnNotFoundError: Can't create Index on table 't': no column named 'x' is present.`
pub fn no_column_for_index(_index: &str, table: &str, column: &str) -> Raised {
    no_column_for_constraint("Index", table, column)
}

/// `ArgumentError: Only '=', '!=', 'is_()', ... operators can be used with None/True/False`
pub fn constant_comparison() -> Raised {
    argument(
        "Only '=', '!=', 'is_()', 'is_not()', 'is_distinct_from()', 'is_not_distinct_from()' operators can be used \
         with None/True/False",
    )
}

/// `ArgumentError: IN expression list, SELECT construct, or bound parameter object expected, got 3.`
pub fn role_expected(role: &str, got: &str) -> Raised {
    argument(format!("{role} expected, got {got}."))
}

/// `ArgumentError: Textual SQL expression 'x' should be explicitly declared as text('x')`
pub fn textual_expression(text_repr: &str) -> Raised {
    argument(format!("Textual SQL expression {text_repr} should be explicitly declared as text({text_repr})"))
}

/// `ArgumentError: Textual column expression 'x' should be explicitly declared with text('x'), or use ...`
pub fn textual_column(text_repr: &str, declared: &str) -> Raised {
    argument(format!(
        "Textual column expression {text_repr} should be explicitly declared with text({text_repr}), or use \
         {declared}({text_repr}) for more specificity"
    ))
}

/// `ArgumentError: Only comparison operators may be used with ANY/ALL`
pub fn only_comparisons() -> Raised {
    argument("Only comparison operators may be used with ANY/ALL".to_string())
}

/// `NotImplementedError: Operator 'x' is not supported on this expression`
pub fn unsupported_operator(name: &str) -> Raised {
    Raised::new(&NOT_IMPLEMENTED_ERROR, format!("Operator '{name}' is not supported on this expression"))
}

/// `CompileError: No literal value renderer is available for literal value "..." with datatype JSON`
pub fn no_literal_renderer(value_repr: &str, datatype: &str) -> Raised {
    compile(format!(
        "No literal value renderer is available for literal value {value_repr} with datatype {datatype}"
    ))
}

/// `Backend does not support additional tables in the SET clause; cannot include columns from table(s) 'pet' ...`
pub fn tables_in_set(tables: &[Str]) -> Raised {
    let shown: Vec<String> = tables.iter().map(|name| format!("'{name}'")).collect();
    compile(format!(
        "Backend does not support additional tables in the SET clause; cannot include columns from table(s) {} in \
         SET clause",
        shown.join(", ")
    ))
}

/// `CompileError: Unconsumed column names: x`
pub fn unconsumed(names: &[Str]) -> Raised {
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    compile(format!("Unconsumed column names: {}", names.join(", ")))
}

/// `CompileError` with a text that the compiler gives.
pub fn compile_error(text: impl Into<String>) -> Raised {
    compile(text)
}

pub fn argument_error(text: impl Into<String>) -> Raised {
    argument(text)
}

pub fn invalid_request(text: impl Into<String>) -> Raised {
    Raised::new(&INVALID_REQUEST, text)
}

pub fn type_error(text: impl Into<String>) -> Raised {
    Raised::new(&TYPE_ERROR, text)
}

pub fn value_error(text: impl Into<String>) -> Raised {
    Raised::new(&VALUE_ERROR, text)
}

/// How messages call what a statement selects from.
fn described(from: &super::selectable::FromClause) -> String {
    use super::selectable::FromClause;
    match from {
        FromClause::Join(join) => format!(
            "Join object on {}({}) and {}({})",
            described(&join.left),
            join.left.id(),
            described(&join.right),
            join.right.id()
        ),
        other => other.name().map_or_else(|| "anon_1".to_string(), |name| name.to_string()),
    }
}

/// `NoForeignKeysError: Can't find any foreign key relationships between 'a' and 'b'.`
pub fn no_foreign_keys(
    left: &super::selectable::FromClause,
    right: &super::selectable::FromClause,
) -> Raised {
    Raised::new(
        &super::exc::NO_FOREIGN_KEYS,
        format!(
            "Can't find any foreign key relationships between '{}' and '{}'.",
            described(left),
            described(right)
        ),
    )
}

/// `AmbiguousForeignKeysError: Can't determine join between 'a' and 'b'; tables have more than one foreign key ...`
pub fn ambiguous_foreign_keys(
    left: &super::selectable::FromClause,
    right: &super::selectable::FromClause,
) -> Raised {
    Raised::new(
        &super::exc::AMBIGUOUS_FOREIGN_KEYS,
        format!(
            "Can't determine join between '{}' and '{}'; tables have more than one foreign key constraint \
             relationship between them. Please specify the 'onclause' of this join explicitly.",
            described(left),
            described(right)
        ),
    )
}

/// `InvalidRequestError: Don't know how to join to <...>. Please use the .select_from() method ...`
pub fn cannot_join(right: &super::selectable::FromClause) -> Raised {
    use super::selectable::FromClause;
    let shown = match right {
        FromClause::Table(table) => super::show::table_repr(table),
        FromClause::Alias(_) => "<sqlalchemy.sql.selectable.Alias object>".to_string(),
        other => described(other),
    };
    invalid_request(format!(
        "Don't know how to join to {shown}. Please use the .select_from() method to establish an explicit left side, \
         as well as providing an explicit ON clause if not present already to help resolve the ambiguity."
    ))
}

/// `InvalidRequestError: Can't determine which FROM clause to join from, ...`
pub fn ambiguous_join() -> Raised {
    invalid_request(
        "Can't determine which FROM clause to join from, there are multiple FROMS which can join to this entity. \
         Please use the .select_from() method to establish an explicit left side, as well as providing an explicit ON \
         clause if not present already to help resolve the ambiguity.",
    )
}

/// `InvalidRequestError: Select statement '...' returned no FROM clauses due to auto-correlation; ...`
pub fn correlated_away() -> Raised {
    invalid_request(
        "Select statement '<sqlalchemy.sql.selectable.Select object>' returned no FROM clauses due to \
         auto-correlation; specify correlate(<tables>) to control correlation manually.",
    )
}

/// `InvalidRequestError: A value is required for bind parameter 'b'`
pub fn value_required(name: &str) -> Raised {
    let text = format!("A value is required for bind parameter '{name}'");
    with_code(Error::new(&INVALID_REQUEST, text), "cd3x").into()
}

/// `RecursionError: maximum recursion depth exceeded`
pub fn too_deep() -> Raised {
    Raised::new(&crate::diag::builtin::RECURSION_ERROR, "maximum recursion depth exceeded")
}

/// `CompileError: Cannot compile Column object until its 'name' is assigned.`
pub fn column_name_missing() -> Raised {
    compile("Cannot compile Column object until its 'name' is assigned.")
}

/// `NotImplementedError: Dialect 'sqlite' does not support sequence increments.`
pub fn no_sequences(dialect: &str) -> Raised {
    Raised::new(&NOT_IMPLEMENTED_ERROR, format!("Dialect '{dialect}' does not support sequence increments."))
}

/// `CompileError: Can't resolve label reference for ORDER BY / GROUP BY / DISTINCT etc. Textual SQL expression ...`
pub fn unresolved_label(text: &str) -> Raised {
    compile(format!(
        "Can't resolve label reference for ORDER BY / GROUP BY / DISTINCT etc. Textual SQL expression '{text}' should \
         be explicitly declared as text('{text}')"
    ))
}

/// `CompileError: All selectables passed to CompoundSelect must have identical numbers of columns; select #1 has ...`
pub fn compound_width(first: usize, number: usize, count: usize) -> Raised {
    compile(format!(
        "All selectables passed to CompoundSelect must have identical numbers of columns; select #1 has {first} \
         columns, select #{number} has {count}"
    ))
}

/// `CompileError: Multiple, unrelated CTEs found with the same name: 'x'`
pub fn unrelated_ctes(name: &str) -> Raised {
    compile(format!("Multiple, unrelated CTEs found with the same name: '{name}'"))
}

/// `CompileError: INSERT value for column t.c is explicitly rendered as a boundparameter in the VALUES clause; ...`
pub fn multi_values_missing(column: &str, row: usize) -> Raised {
    let _ = row;
    compile(format!(
        "INSERT value for column {column} is explicitly rendered as a boundparameter in the VALUES clause; a Python-side \
         value or SQL expression is required"
    ))
}

/// `NotImplementedError: This backend does not support multiple-table criteria within DELETE`
pub fn delete_from_many() -> Raised {
    Raised::new(&NOT_IMPLEMENTED_ERROR, "This backend does not support multiple-table criteria within DELETE")
}

/// `CompileError: Can't generate DDL for NullType(); did you forget to specify a type on this Column?`
pub fn no_type_given(_ty: &super::types::Type) -> Raised {
    compile("Can't generate DDL for NullType(); did you forget to specify a type on this Column?")
}

/// `UnsupportedCompilationError: Compiler <...SQLiteTypeCompiler object> can't render element of type ARRAY`
pub fn cannot_render_type(dialect: &str, visit: &str) -> Raised {
    let compiler = match dialect {
        "sqlite" => "sqlalchemy.dialects.sqlite.base.SQLiteTypeCompiler",
        _ => "sqlalchemy.sql.compiler.GenericTypeCompiler",
    };
    let id = std::ptr::from_ref(&super::exc::UNSUPPORTED_COMPILATION) as usize;
    let text = format!("Compiler <{compiler} object at {id:#x}> can't render element of type {visit}");
    super::exc::coded(&super::exc::UNSUPPORTED_COMPILATION, &text, "l7de").into()
}

/// `CompileError: (in table 't', column 'c'): ...`
pub fn in_column(raised: Raised, table: &super::schema::Table, column: &super::schema::Column) -> Raised {
    use crate::python::value::RaisedKind;
    match *raised.0 {
        RaisedKind::Error { mut error, frames } if error.class.is_a(&COMPILE_ERROR) => {
            let inner = error.attributes.drain(..).find_map(|(name, value)| match (name, value) {
                ("args", Extra::Text(text)) => Some(text),
                _ => None,
            });
            let inner = inner.unwrap_or_else(|| std::mem::take(&mut error.message));
            error.message = format!("(in table '{}', column '{}'): {inner}", table.name, column.name());
            error.class = &COMPILE_ERROR;
            Raised(Box::new(RaisedKind::Error { error, frames }))
        }
        other => Raised(Box::new(other)),
    }
}

/// `CompileError: Can't emit ADD CONSTRAINT for constraint without a table`
pub fn constraint_without_table() -> Raised {
    invalid_request(
        "This constraint is not bound to a table.  Did you mean to call table.append_constraint(constraint) ?",
    )
}

/// `CompileError: Can't emit DROP CONSTRAINT for constraint ...; it has no name`
pub fn constraint_without_name() -> Raised {
    compile("Can't emit DROP CONSTRAINT for constraint; it has no name")
}

/// `CompileError: CREATE INDEX requires that the index have a name`
pub fn index_without_name() -> Raised {
    compile("CREATE INDEX requires that the index have a name")
}

/// `CompileError: Index is not associated with any table.`
pub fn index_without_table() -> Raised {
    compile("Index is not associated with any table.")
}

/// `CompileError: Could not render literal value "..." with datatype X; see parent stack trace for more detail.`
pub fn literal_failed(value_repr: &str, datatype: &str) -> Raised {
    compile(format!(
        "Could not render literal value \"{value_repr}\" with datatype {datatype}; see parent stack trace for more detail."
    ))
}

/// `TypeError: SQLite Date type only accepts Python date objects as input.` and its kin.
pub fn only_accepts(text: &'static str) -> Raised {
    type_error(text)
}

/// `TypeError: unsupported operand type(s) for +: 'datetime.datetime' and 'int'`
pub fn cannot_add_to_epoch(class: &str) -> Raised {
    type_error(format!("unsupported operand type(s) for +: 'datetime.datetime' and '{class}'"))
}

/// `LookupError: 'x' is not among the defined enum values. Enum name: size. Possible values: small, large`
pub fn not_in_enum(value: &str, data: &super::types::EnumType) -> Raised {
    let name = data.name.as_ref().map_or_else(|| "None".to_string(), |name| name.to_string());
    Raised::new(
        &crate::diag::builtin::LOOKUP_ERROR,
        format!(
            "'{value}' is not among the defined enum values. Enum name: {name}. Possible values: {}",
            super::types::process::possible_values(&data.labels)
        ),
    )
}

/// `NotImplementedError: PickleType is not supported: ...`
pub fn pickle_refused() -> Raised {
    Raised::new(
        &NOT_IMPLEMENTED_ERROR,
        "PickleType is not supported: unpickling runs whatever the data says; use JSON instead",
    )
}

/// `ArgumentError: FROM expression, such as a Table or alias() object expected, got <...>. To create a FROM clause ...`
pub fn select_is_not_from(role: &str, got: &str, class: &str) -> Raised {
    let text = format!(
        "{role} expected, got {got}. To create a FROM clause from a <class '{class}'> object, \
         use the .subquery() method."
    );
    super::exc::coded(&ARGUMENT_ERROR, &text, "89ve").into()
}

/// `ArgumentError: only one of 'rows', 'range_', or 'groups' may be provided`
pub fn one_frame() -> Raised {
    argument("only one of 'rows', 'range_', or 'groups' may be provided")
}

/// `KeyError: 'body'`
pub fn no_key(key: &str) -> Raised {
    Raised::new(&KEY_ERROR, format!("'{key}'"))
}

/// `AmbiguousColumnError: Attribute name "id" is ambiguous; it exists in multiple FROM clause entities (a, b). ...`
pub fn ambiguous_attribute(key: &str, searched: &str) -> Raised {
    Raised::new(
        &super::exc::AMBIGUOUS_COLUMN,
        format!(
            "Attribute name \"{key}\" is ambiguous; it exists in multiple FROM clause entities ({searched}). Use \
             filter() with explicit column references instead of filter_by()."
        ),
    )
}

/// `InvalidRequestError: None of the FROM clause entities have a property "x". Searched entities: a`
pub fn no_property_anywhere(key: &str, searched: &str) -> Raised {
    invalid_request(format!(
        "None of the FROM clause entities have a property \"{key}\". Searched entities: {searched}"
    ))
}

/// `InvalidRequestError: Entity namespace for "patient" has no property "nmae"`
pub fn no_property(entity: &str, key: &str) -> Raised {
    invalid_request(format!("Entity namespace for \"{entity}\" has no property \"{key}\""))
}

/// `ArgumentError: Join target, typically a FROM expression, or ORM relationship attribute expected, got 5.`
pub fn join_target(got: &str) -> Raised {
    argument(format!(
        "Join target, typically a FROM expression, or ORM relationship attribute expected, got {got}."
    ))
}
