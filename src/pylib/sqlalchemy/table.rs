//! `Table` as an object.
//!
//! Owns reading its arguments and its attributes. Must not know spelling.

use std::rc::Rc;

use super::arguments::text;
use super::indexes::index_of;
use super::objects::{
    ConstraintObject, FromObject, column_of, column_value, constraint_value, foreign_key_value, index_value,
    instance_of, metadata_of, metadata_value, table_of, table_value,
};
use super::schema::SCHEMA_ITEM;
use super::selectable::TABLE_CLAUSE;
use crate::python::value::{
    CallArgs, Class, Dict, Gc, Getter, Host, NativeType, ParamDefault, R, Row, Set, Slots, Str, Value, param,
};
use crate::sql::errors;
use crate::sql::schema::{self, Constraint, Table};
use crate::sql::selectable::FromClause;

pub static TABLE: NativeType = NativeType {
    bases: &[&TABLE_CLAUSE, &SCHEMA_ITEM],
    doc: "A table: Table('name', metadata, Column(...), ...).",
    methods: &[
        Row::method(
            "append_column",
            &[param::req("column"), param::kw("replace_existing", ParamDefault::Bool(false))],
            "One more column.",
            "",
            |host, args| {
                let table = own(&args[0]);
                if let Some(column) = column_of(host, &args[1])? {
                    schema::add_column(&table, &column)?;
                }
                Ok(Value::None)
            },
        ),
        Row::method(
            "append_constraint",
            &[param::req("constraint")],
            "One more constraint.",
            "",
            |_, args| {
                let table = own(&args[0]);
                if let Some(constraint) = args[1].payload::<ConstraintObject>() {
                    schema::add_constraint(&table, &constraint.0)?;
                }
                Ok(Value::None)
            },
        ),
        Row::method(
            "to_metadata",
            &[
                param::req("metadata"),
                param::kw("schema", ParamDefault::None),
                param::kw("name", ParamDefault::None),
            ],
            "A copy in other metadata.",
            "",
            to_metadata,
        ),
        Row::method("tometadata", &[param::req("metadata")], "A copy in other metadata.", "", to_metadata),
        Row::method(
            "create",
            &[param::req("bind"), param::opt("checkfirst", ParamDefault::Bool(false))],
            "Creates it.",
            "",
            super::metadata::create_table,
        ),
        Row::method(
            "drop",
            &[param::req("bind"), param::opt("checkfirst", ParamDefault::Bool(false))],
            "Drops it.",
            "",
            super::metadata::drop_table,
        ),
    ],
    getters: &[
        Getter {
            name: "name",
            doc: "The name.",
            get: |_, value| Ok(Value::Str(own(value).name.clone())),
            set: None,
        },
        Getter {
            name: "key",
            doc: "The key in its metadata.",
            get: |_, value| Ok(Value::Str(own(value).key.clone())),
            set: None,
        },
        Getter {
            name: "fullname",
            doc: "The name with its schema.",
            get: |_, value| Ok(Value::Str(own(value).key.clone())),
            set: None,
        },
        Getter {
            name: "schema",
            doc: "The schema.",
            get: |_, value| Ok(own(value).schema.clone().into()),
            set: None,
        },
        Getter {
            name: "metadata",
            doc: "The metadata.",
            get: |_, value| Ok(metadata_value(&own(value).metadata)),
            set: None,
        },
        Getter {
            name: "primary_key",
            doc: "The primary key.",
            get: |_, value| Ok(constraint_value(&own(value).primary_key())),
            set: None,
        },
        Getter {
            name: "constraints",
            doc: "The constraints.",
            get: |host, value| {
                let constraints = own(value).constraints.borrow().clone();
                collected(host, constraints.iter().map(constraint_value).collect())
            },
            set: None,
        },
        Getter {
            name: "foreign_key_constraints",
            doc: "The constraints of foreign keys.",
            get: |host, value| {
                let constraints = own(value).constraints.borrow().clone();
                let keys = constraints.iter().filter(|one| one.foreign_key_data().is_some());
                collected(host, keys.map(constraint_value).collect())
            },
            set: None,
        },
        Getter {
            name: "foreign_keys",
            doc: "What it refers to.",
            get: |host, value| {
                let keys = own(value).foreign_keys();
                collected(host, keys.iter().map(foreign_key_value).collect())
            },
            set: None,
        },
        Getter {
            name: "indexes",
            doc: "The indexes.",
            get: |host, value| {
                let indexes = own(value).indexes.borrow().clone();
                collected(host, indexes.iter().map(index_value).collect())
            },
            set: None,
        },
        Getter {
            name: "comment",
            doc: "The comment.",
            get: |_, value| Ok(own(value).comment.borrow().clone().into()),
            set: None,
        },
        Getter {
            name: "autoincrement_column",
            doc: "The column that the database numbers.",
            get: |_, value| {
                Ok(own(value).autoincrement_column().map_or(Value::None, |column| column_value(&column)))
            },
            set: None,
        },
        Getter {
            name: "info",
            doc: "Anything that you keep with it.",
            get: |_, value| {
                let table = own(value);
                let dict = table.info.borrow_mut().get_or_insert_with(|| Gc::new(Dict::new())).clone();
                Ok(Value::Dict(dict))
            },
            set: None,
        },
        Getter {
            name: "kwargs",
            doc: "Options of databases.",
            get: |_, value| {
                let dict = Dict::new();
                for (name, option) in own(value).dialect_options.borrow().iter() {
                    dict.set_str(name, option.clone());
                }
                Ok(Value::Dict(Gc::new(dict)))
            },
            set: None,
        },
    ],
    slots: Slots {
        new: Some(new),
        repr: Some(repr),
        str: Some(|_, value| Ok(own(value).key.clone())),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("Table", "sqlalchemy.sql.schema")
};

fn own(value: &Value) -> Rc<Table> {
    match value.payload::<FromObject>().map(|object| object.0.clone()) {
        Some(FromClause::Table(table)) => table,
        _ => Table::detached(Str::new(""), &schema::MetaData::new(), None),
    }
}

fn collected(host: &mut dyn Host, items: Vec<Value>) -> R<Value> {
    let set = Set::new(false);
    for item in items {
        host.set_add(&set, item)?;
    }
    Ok(Value::Set(Gc::new(set)))
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let (name, metadata, items) = match args.positional {
        [name, metadata, items @ ..] => (name, metadata, items),
        [_] if args.keyword("metadata").is_none() => {
            return Err(errors::type_error(
                "Table() takes at least two positional-only arguments 'name', and 'metadata'",
            ));
        }
        _ => {
            return Err(errors::type_error(
                "Table() takes at least two positional-only arguments 'name', and 'metadata'",
            ));
        }
    };
    let name = text(host, name, "name")?;
    let Some(metadata) = metadata_of(metadata) else {
        let shown = host.repr(metadata)?;
        return Err(errors::argument_error(format!(
            "MetaData object expected for argument 'metadata', got {shown}."
        )));
    };
    let mut schema_name = None;
    let mut extend = false;
    let mut keep = false;
    let mut listed = true;
    let mut options = Vec::new();
    let mut comment = None;
    let mut info = None;
    let mut prefixes = Vec::new();
    for (key, value) in args.pairs() {
        match &**key {
            "schema" => schema_name = if value.is_none() { None } else { Some(host.str(value)?) },
            "extend_existing" => extend = host.truth(value)?,
            "keep_existing" => keep = host.truth(value)?,
            "_no_init" | "must_exist" | "quote" | "quote_schema" | "listeners" | "autoload"
            | "autoload_with" | "autoload_replace" | "resolve_fks" | "include_columns"
            | "implicit_returning" | "bind_key" => {}
            "_detached" => listed = !host.truth(value)?,
            "comment" => comment = if value.is_none() { None } else { Some(host.str(value)?) },
            "info" => {
                if let Value::Dict(dict) = value {
                    info = Some(Gc::new(dict.copy()));
                }
            }
            "prefixes" => {
                for prefix in host.collect(value)? {
                    prefixes.push(host.str(&prefix)?);
                }
            }
            other if other.contains('_') => options.push((key.clone(), value.clone())),
            other => {
                return Err(errors::type_error(format!(
                    "Additional arguments should be named <dialectname>_<argument>, got '{other}'"
                )));
            }
        }
    }
    let key = match schema_name.as_ref().or(metadata.schema.borrow().as_ref()) {
        Some(schema_name) => Str::new(&format!("{schema_name}.{name}")),
        None => name.clone(),
    };
    let existing = metadata.table(&key);
    let table = match existing {
        Some(table) => {
            if !keep && !extend && !items.is_empty() {
                return Err(errors::invalid_request(format!(
                    "Table '{key}' is already defined for this MetaData instance.  Specify 'extend_existing=True' to \
                     redefine options and columns on an existing Table object."
                )));
            }
            if keep {
                return Ok(table_value(&table));
            }
            table
        }
        None if listed => Table::new(name, &metadata, schema_name),
        None => Table::detached(name, &metadata, schema_name),
    };
    *table.comment.borrow_mut() = comment;
    if info.is_some() {
        *table.info.borrow_mut() = info;
    }
    *table.prefixes.borrow_mut() = prefixes;
    table.dialect_options.borrow_mut().extend(options);
    if table.object.get().is_none() {
        let value = instance_of(class, FromObject(FromClause::Table(table.clone())));
        let _ = table.object.set(value);
    }
    let attached = attach(host, &table, items);
    if let Err(error) = attached {
        metadata.remove(&table);
        return Err(error);
    }
    if let Some(bind) = args.keyword("autoload_with") {
        super::metadata::reflect_table(host, &table, bind)?;
    }
    Ok(table_value(&table))
}

/// Columns, constraints and indexes, in the order in which they were given.
fn attach(host: &mut dyn Host, table: &Rc<Table>, items: &[Value]) -> R<()> {
    let mut later: Vec<Rc<Constraint>> = Vec::new();
    for item in items {
        if let Some(constraint) = item.payload::<ConstraintObject>() {
            // Constraints are attached behind the columns that they name.
            later.push(constraint.0.clone());
        } else if index_of(item).is_some() {
            continue;
        } else if let Some(column) = column_of(host, item)? {
            schema::add_column(table, &column)?;
        } else if let Value::List(_) | Value::Tuple(_) = item {
            let inner = host.collect(item)?;
            attach(host, table, &inner)?;
        } else {
            let shown = host.repr(item)?;
            return Err(errors::argument_error(format!(
                "'SchemaItem' object, such as a 'Column' or a 'Constraint' expected, got {shown}"
            )));
        }
    }
    for constraint in later {
        schema::add_constraint(table, &constraint)?;
    }
    for item in items {
        if let Some(index) = index_of(item) {
            schema::add_index(table, &index)?;
        }
    }
    Ok(())
}

fn repr(host: &mut dyn Host, value: &Value) -> R<Str> {
    let table = own(value);
    let mut parts = vec![host.repr(&Value::Str(table.name.clone()))?.to_string()];
    parts.push(host.repr(&metadata_value(&table.metadata))?.to_string());
    for column in table.column_list() {
        parts.push(host.repr(&column_value(&column))?.to_string());
    }
    let schema_name: Value = table.schema.clone().into();
    parts.push(format!("schema={}", host.repr(&schema_name)?));
    Ok(Str::new(&format!("Table({})", parts.join(", "))))
}

fn to_metadata(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let table = own(&args[0]);
    let Some(metadata) = metadata_of(&args[1]) else {
        return Err(errors::argument_error("MetaData object expected"));
    };
    let name = match args.get(3) {
        Some(Value::Str(name)) => name.clone(),
        _ => table.name.clone(),
    };
    let copy = Table::new(name, &metadata, table.schema.clone());
    for column in table.column_list() {
        schema::add_column(&copy, &column.copy())?;
    }
    for constraint in table.constraints.borrow().iter().filter(|one| !one.from_column.get()) {
        if !constraint.columns().is_empty() || matches!(constraint.kind, schema::ConstraintKind::Check { .. })
        {
            schema::add_constraint(&copy, &constraint.copy())?;
        }
    }
    let _ = host;
    Ok(table_value(&copy))
}

/// Only for tables: the table that an object is.
pub fn required(host: &mut dyn Host, value: &Value) -> R<Rc<Table>> {
    match table_of(host, value)? {
        Some(table) => Ok(table),
        None => {
            let shown = host.repr(value)?;
            Err(errors::argument_error(format!("Table object expected, got {shown}.")))
        }
    }
}
