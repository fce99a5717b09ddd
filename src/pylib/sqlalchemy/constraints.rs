//! `ForeignKey` and constraints as objects.
//!
//! Owns reading their arguments and their attributes. Must not know spelling.

use std::cell::RefCell;
use std::rc::Rc;

use super::objects::{
    ConstraintObject, ForeignKeyObject, collection_value, column_of, column_value, constraint_value, expr_of,
    expr_value, foreign_key_value, instance_of, table_value,
};
use crate::python::value::{
    CallArgs, Class, Dict, Gc, Getter, Host, NativeType, Param, ParamDefault, R, Slots, Str, Value, bind,
    param,
};
use crate::sql::errors;
use crate::sql::expr::{self};
use crate::sql::schema::{
    self, Constraint, ConstraintKind, ForeignKey, ForeignKeyData, KeyTarget, Pending, Table,
};

use super::schema::{SCHEMA_ITEM, known_dialect};

const MODULE: &str = "sqlalchemy.sql.schema";

pub static FOREIGN_KEY: NativeType = NativeType {
    bases: &[&SCHEMA_ITEM],
    doc: "What a column refers to: ForeignKey('table.column').",
    getters: &[
        Getter {
            name: "column",
            doc: "The column referred to.",
            get: |_, value| Ok(column_value(&key_of(value).column()?)),
            set: None,
        },
        Getter {
            name: "parent",
            doc: "The column that refers.",
            get: |_, value| Ok(key_of(value).parent().map_or(Value::None, |column| column_value(&column))),
            set: None,
        },
        Getter {
            name: "target_fullname",
            doc: "What it was given.",
            get: |_, value| Ok(Value::Str(key_of(value).target_text())),
            set: None,
        },
        Getter {
            name: "ondelete",
            doc: "ON DELETE.",
            get: |_, value| Ok(key_of(value).ondelete.clone().into()),
            set: None,
        },
        Getter {
            name: "onupdate",
            doc: "ON UPDATE.",
            get: |_, value| Ok(key_of(value).onupdate.clone().into()),
            set: None,
        },
        Getter {
            name: "name",
            doc: "The constraint's name.",
            get: |_, value| Ok(key_of(value).name.clone().into()),
            set: None,
        },
        Getter {
            name: "constraint",
            doc: "The constraint.",
            get: |_, value| {
                Ok(key_of(value).constraint.borrow().as_ref().map_or(Value::None, constraint_value))
            },
            set: None,
        },
    ],
    slots: Slots {
        new: Some(new_foreign_key),
        repr: Some(|_, value| Ok(Str::new(&format!("ForeignKey('{}')", key_of(value).target_text())))),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("ForeignKey", MODULE)
};

fn key_of(value: &Value) -> Rc<ForeignKey> {
    match value.payload::<ForeignKeyObject>() {
        Some(object) => object.0.clone(),
        None => Rc::new(ForeignKey::new(KeyTarget::Text(Str::new("")))),
    }
}

const KEY_PARAMS: &[Param] = &[
    param::req("column"),
    param::opt("_constraint", ParamDefault::None),
    param::opt("use_alter", ParamDefault::Bool(false)),
    param::opt("name", ParamDefault::None),
    param::opt("onupdate", ParamDefault::None),
    param::opt("ondelete", ParamDefault::None),
    param::opt("deferrable", ParamDefault::None),
    param::opt("initially", ParamDefault::None),
    param::opt("link_to_name", ParamDefault::Bool(false)),
    param::opt("match", ParamDefault::None),
    param::opt("info", ParamDefault::None),
    param::opt("comment", ParamDefault::None),
    param::kwargs("dialect_kw"),
];

pub(super) fn optional(host: &mut dyn Host, value: &Value) -> R<Option<Str>> {
    match value {
        Value::None | Value::Unset => Ok(None),
        other => host.str(other).map(Some),
    }
}

fn key_target(host: &mut dyn Host, value: &Value) -> R<KeyTarget> {
    if let Value::Str(text) = value {
        return Ok(KeyTarget::Text(text.clone()));
    }
    let column = match expr_of(host, value)? {
        Some(expression) => expression.base_column(),
        None => None,
    };
    match column {
        Some(column) => Ok(KeyTarget::Column(column)),
        None => {
            let shown = host.repr(value)?;
            Err(errors::argument_error(format!(
                "String column name or Column object for DDL foreign key constraint expected, got {shown}."
            )))
        }
    }
}

fn new_foreign_key(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound = bind("ForeignKey", KEY_PARAMS, args)?;
    let mut key = ForeignKey::new(key_target(host, &bound[0])?);
    key.use_alter = host.truth(&bound[2])?;
    key.name = optional(host, &bound[3])?;
    key.onupdate = optional(host, &bound[4])?;
    key.ondelete = optional(host, &bound[5])?;
    key.deferrable = if let Value::Bool(flag) = bound[6] { Some(flag) } else { None };
    key.initially = optional(host, &bound[7])?;
    key.link_to_name = host.truth(&bound[8])?;
    key.match_ = optional(host, &bound[9])?;
    let key = Rc::new(key);
    let value = instance_of(class, ForeignKeyObject(key.clone()));
    let _ = key.object.set(value.clone());
    Ok(value)
}

// Constraints.

pub static CONSTRAINT: NativeType = NativeType {
    bases: &[&SCHEMA_ITEM],
    getters: &[
        Getter {
            name: "name",
            doc: "The name.",
            get: |_, value| Ok(constraint_of(value).and_then(|one| one.name.borrow().clone()).into()),
            set: Some(|host, value, name| {
                let name = optional(host, &name)?;
                if let Some(constraint) = constraint_of(value) {
                    *constraint.name.borrow_mut() = name;
                }
                Ok(())
            }),
        },
        Getter {
            name: "table",
            doc: "The table.",
            get: |_, value| {
                Ok(constraint_of(value)
                    .and_then(|one| one.table())
                    .map_or(Value::None, |table| table_value(&table)))
            },
            set: None,
        },
        Getter {
            name: "parent",
            doc: "The table.",
            get: |_, value| {
                Ok(constraint_of(value)
                    .and_then(|one| one.table())
                    .map_or(Value::None, |table| table_value(&table)))
            },
            set: None,
        },
        Getter { name: "columns", doc: "The columns.", get: constraint_columns, set: None },
        Getter { name: "c", doc: "The columns.", get: constraint_columns, set: None },
        Getter {
            name: "column_keys",
            doc: "The columns' keys.",
            get: |_, value| {
                let keys = constraint_of(value).map(|one| one.columns()).unwrap_or_default();
                Ok(Value::list(keys.iter().map(|column| Value::Str(column.key())).collect()))
            },
            set: None,
        },
        Getter {
            name: "elements",
            doc: "The foreign keys.",
            get: |_, value| {
                let keys = constraint_of(value)
                    .and_then(|one| one.foreign_key_data().map(|data| data.elements.borrow().clone()));
                Ok(Value::list(keys.unwrap_or_default().iter().map(foreign_key_value).collect()))
            },
            set: None,
        },
        Getter {
            name: "referred_table",
            doc: "The table referred to.",
            get: |_, value| {
                let key = constraint_of(value).and_then(|one| {
                    one.foreign_key_data().and_then(|data| data.elements.borrow().first().cloned())
                });
                match key {
                    Some(key) => Ok(key.column()?.table().map_or(Value::None, |table| table_value(&table))),
                    None => Ok(Value::None),
                }
            },
            set: None,
        },
        Getter {
            name: "ondelete",
            doc: "ON DELETE.",
            get: |_, value| {
                Ok(constraint_of(value)
                    .and_then(|one| one.foreign_key_data().and_then(|data| data.ondelete.clone()))
                    .into())
            },
            set: None,
        },
        Getter {
            name: "onupdate",
            doc: "ON UPDATE.",
            get: |_, value| {
                Ok(constraint_of(value)
                    .and_then(|one| one.foreign_key_data().and_then(|data| data.onupdate.clone()))
                    .into())
            },
            set: None,
        },
        Getter {
            name: "sqltext",
            doc: "The condition.",
            get: |_, value| {
                Ok(match constraint_of(value).as_deref() {
                    Some(Constraint { kind: ConstraintKind::Check { condition }, .. }) => {
                        expr_value(condition)
                    }
                    _ => Value::None,
                })
            },
            set: None,
        },
        Getter {
            name: "info",
            doc: "Anything that you keep with it.",
            get: |_, value| {
                let dict = constraint_of(value)
                    .map(|one| one.info.borrow_mut().get_or_insert_with(|| Gc::new(Dict::new())).clone());
                Ok(dict.map_or(Value::None, Value::Dict))
            },
            set: None,
        },
    ],
    slots: Slots {
        repr: Some(constraint_repr),
        iter: Some(|host, value| {
            let columns = constraint_columns(host, value)?;
            host.iter(&columns)
        }),
        len: Some(|_, value| Ok(constraint_of(value).map_or(0, |one| one.columns().len()))),
        truth: Some(|_, _| Ok(true)),
        contains: Some(|host, value, column| {
            let column = column_of(host, column)?;
            let own = constraint_of(value).map(|one| one.columns()).unwrap_or_default();
            Ok(column.is_some_and(|column| own.iter().any(|one| Rc::ptr_eq(one, &column))))
        }),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("Constraint", MODULE)
};

macro_rules! constraints {
    ($($name:ident $text:literal $new:expr;)*) => {
        $(pub static $name: NativeType = NativeType {
            bases: &[&CONSTRAINT],
            slots: Slots { new: Some($new), ..Slots::NONE },
            has_dict: true,
            ..NativeType::plain($text, MODULE)
        };)*
    };
}

constraints! {
    PRIMARY_KEY_CONSTRAINT "PrimaryKeyConstraint" |host, class, args| new_columns(host, class, args, ConstraintKind::PrimaryKey);
    UNIQUE_CONSTRAINT "UniqueConstraint" |host, class, args| new_columns(host, class, args, ConstraintKind::Unique);
    CHECK_CONSTRAINT "CheckConstraint" new_check;
    FOREIGN_KEY_CONSTRAINT "ForeignKeyConstraint" new_foreign_key_constraint;
}

/// The class that shows a constraint.
pub fn constraint_class(constraint: &Constraint) -> &'static NativeType {
    match constraint.kind {
        ConstraintKind::PrimaryKey => &PRIMARY_KEY_CONSTRAINT,
        ConstraintKind::Unique => &UNIQUE_CONSTRAINT,
        ConstraintKind::Check { .. } => &CHECK_CONSTRAINT,
        ConstraintKind::ForeignKey(_) => &FOREIGN_KEY_CONSTRAINT,
    }
}

fn constraint_of(value: &Value) -> Option<Rc<Constraint>> {
    value.payload::<ConstraintObject>().map(|object| object.0.clone())
}

fn constraint_columns(_host: &mut dyn Host, value: &Value) -> R<Value> {
    let columns = constraint_of(value).map(|one| one.columns()).unwrap_or_default();
    Ok(collection_value(columns.iter().map(|column| (column.key(), expr::column(column))).collect()))
}

fn constraint_repr(host: &mut dyn Host, value: &Value) -> R<Str> {
    let Some(constraint) = constraint_of(value) else { return Ok(Str::new("Constraint()")) };
    let class = host.class_of(value).name.borrow().clone();
    let mut parts = Vec::new();
    match &constraint.kind {
        ConstraintKind::PrimaryKey | ConstraintKind::Unique => {
            for column in constraint.columns() {
                parts.push(host.repr(&column_value(&column))?.to_string());
            }
        }
        ConstraintKind::Check { condition } => parts.push(host.repr(&expr_value(condition))?.to_string()),
        ConstraintKind::ForeignKey(_) => {
            let columns = constraint_columns(host, value)?;
            parts.push(format!(
                "<sqlalchemy.sql.base.ReadOnlyColumnCollection object at {:#x}>",
                columns.id()
            ));
            parts.push("None".to_string());
        }
    }
    if matches!(constraint.kind, ConstraintKind::Check { .. } | ConstraintKind::ForeignKey(_)) {
        let name = constraint.name.borrow().clone();
        if let Some(name) = name {
            parts.push(format!("name='{name}'"));
        }
        if let Some(table) = constraint.table() {
            let shown = host.repr(&table_value(&table))?;
            parts.push(format!("table={shown}"));
        }
    }
    Ok(Str::new(&format!("{class}({})", parts.join(", "))))
}

/// Keywords that every constraint takes.
struct Common {
    name: Option<Str>,
    deferrable: Option<bool>,
    initially: Option<Str>,
    comment: Option<Str>,
    dialect_options: Vec<(Str, Value)>,
}

fn common(host: &mut dyn Host, class: &str, args: &CallArgs<'_>, others: &[&str]) -> R<Common> {
    let mut common =
        Common { name: None, deferrable: None, initially: None, comment: None, dialect_options: Vec::new() };
    for (key, value) in args.pairs() {
        match &**key {
            "name" => common.name = optional(host, value)?,
            "deferrable" => {
                common.deferrable = if let Value::Bool(flag) = value { Some(*flag) } else { None }
            }
            "initially" => common.initially = optional(host, value)?,
            "comment" => common.comment = optional(host, value)?,
            "info" | "_column_flag" | "_implicit_generated" | "_create_rule" | "_type_bound" => {}
            other if others.contains(&other) => {}
            other if known_dialect(other) => common.dialect_options.push((key.clone(), value.clone())),
            other => {
                return Err(errors::type_error(format!(
                    "Additional arguments should be named <dialectname>_<argument>, got '{other}'"
                )));
            }
        }
    }
    let _ = class;
    Ok(common)
}

fn finish(class: &Gc<Class>, mut constraint: Constraint, common: Common) -> Value {
    constraint.deferrable = common.deferrable;
    constraint.initially = common.initially;
    constraint.comment = common.comment;
    constraint.dialect_options = common.dialect_options;
    let constraint = Rc::new(constraint);
    let value = instance_of(class, ConstraintObject(constraint.clone()));
    let _ = constraint.object.set(value.clone());
    value
}

fn pending(host: &mut dyn Host, items: &[Value]) -> R<Vec<Pending>> {
    let mut columns = Vec::with_capacity(items.len());
    for item in items {
        if let Value::Str(name) = item {
            columns.push(Pending::Name(name.clone()));
            continue;
        }
        let column = match expr_of(host, item)? {
            Some(expression) => expression.base_column(),
            None => None,
        };
        match column {
            Some(column) => columns.push(Pending::Column(column)),
            None => {
                let shown = host.repr(item)?;
                return Err(errors::argument_error(format!(
                    "String column name or column expression for DDL constraint expected, got {shown}."
                )));
            }
        }
    }
    Ok(columns)
}

fn new_columns(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>, kind: ConstraintKind) -> R<Value> {
    let columns = pending(host, args.positional)?;
    let common = common(host, "Constraint", &args, &[])?;
    let attached = only_columns_with_table(&columns);
    let constraint = Constraint::build(kind, common.name.clone(), columns);
    let value = finish(class, constraint, common);
    attach_if_known(&value, attached)?;
    Ok(value)
}

/// The table of constraints that are given columns which have one already.
fn only_columns_with_table(columns: &[Pending]) -> Option<Rc<Table>> {
    let mut found: Option<Rc<Table>> = None;
    for column in columns {
        let Pending::Column(column) = column else { return None };
        found = Some(column.table()?);
    }
    found
}

fn attach_if_known(value: &Value, table: Option<Rc<Table>>) -> R<()> {
    if let (Some(table), Some(constraint)) = (table, constraint_of(value)) {
        schema::add_constraint(&table, &constraint)?;
    }
    Ok(())
}

fn new_check(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let common = common(host, "CheckConstraint", &args, &["sqltext", "table"])?;
    let mut positional = args.positional.iter();
    let condition = match positional.next().or_else(|| args.keyword("sqltext")) {
        Some(condition) => super::text::ddl_expression(host, condition)?,
        None => {
            return Err(errors::type_error(
                "CheckConstraint.__init__() missing 1 required positional argument: 'sqltext'",
            ));
        }
    };
    let name = match positional.next() {
        Some(name) => optional(host, name)?,
        None => common.name.clone(),
    };
    let mut columns = Vec::new();
    crate::sql::traverse::columns_of(&condition, &mut columns);
    let constraint = Constraint::build(ConstraintKind::Check { condition }, name, Vec::new());
    Ok(finish(class, constraint, common))
}

fn new_foreign_key_constraint(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let own =
        ["columns", "refcolumns", "onupdate", "ondelete", "use_alter", "link_to_name", "match", "table"];
    let common = common(host, "ForeignKeyConstraint", &args, &own)?;
    let given = |place: usize, name: &str| args.positional.get(place).or_else(|| args.keyword(name)).cloned();
    let columns = given(0, "columns").unwrap_or(Value::None);
    let targets = given(1, "refcolumns").unwrap_or(Value::None);
    let columns = host.collect(&columns)?;
    let targets = host.collect(&targets)?;
    if columns.len() != targets.len() {
        return Err(errors::argument_error(
            "ForeignKeyConstraint number of constrained columns must match the number of referenced columns.",
        ));
    }
    let name = match args.positional.get(2) {
        Some(name) => optional(host, name)?,
        None => common.name.clone(),
    };
    let onupdate = given(3, "onupdate").unwrap_or(Value::None);
    let onupdate = optional(host, &onupdate)?;
    let ondelete = given(4, "ondelete").unwrap_or(Value::None);
    let ondelete = optional(host, &ondelete)?;
    let use_alter = given(7, "use_alter").unwrap_or(Value::None);
    let use_alter = host.truth(&use_alter)?;
    let mut elements = Vec::with_capacity(targets.len());
    for target in &targets {
        let mut key = ForeignKey::new(key_target(host, target)?);
        key.onupdate = onupdate.clone();
        key.ondelete = ondelete.clone();
        key.name = name.clone();
        key.of_constraint.set(true);
        elements.push(Rc::new(key));
    }
    let data = ForeignKeyData {
        elements: RefCell::new(elements),
        onupdate,
        ondelete,
        use_alter: std::cell::Cell::new(use_alter),
        match_: None,
    };
    let columns = pending(host, &columns)?;
    let attached = only_columns_with_table(&columns);
    let constraint = Constraint::build(ConstraintKind::ForeignKey(data), name, columns);
    let value = finish(class, constraint, common);
    attach_if_known(&value, attached)?;
    Ok(value)
}
