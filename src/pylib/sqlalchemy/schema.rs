//! `Column` as an object.
//!
//! Owns reading its arguments and its attributes. Constraints stand in `constraints.rs`, tables in `table.rs`.
//! Must not know spelling.

use std::rc::Rc;

use super::arguments::text;
use super::defaults::{self, ComputedObject, IdentityObject, SequenceObject, ServerObject};
use super::elements::COLUMN_CLAUSE;
use super::objects::{
    ConstraintObject, ExprObject, ForeignKeyObject, column_of, column_value, constraint_value, default_value,
    foreign_key_value, instance_of, table_value,
};
use super::operators::receiver;
use super::typeface::{find_type, type_of};
use crate::python::value::{
    CallArgs, Class, Dict, Gc, Getter, Host, NativeType, Param, ParamDefault, R, Row, Set, Slots, Str, Value,
    bind, param,
};
use crate::sql::errors;
use crate::sql::expr::{self, ExprKind};
use crate::sql::schema::{self, Autoincrement, Column, ServerDefault, Table};
use crate::sql::types;

const MODULE: &str = "sqlalchemy.sql.schema";

pub static SCHEMA_ITEM: NativeType = NativeType { has_dict: true, ..NativeType::plain("SchemaItem", MODULE) };

pub static COLUMN: NativeType = NativeType {
    bases: &[&COLUMN_CLAUSE, &SCHEMA_ITEM],
    doc: "A column of a table: Column('name', String(80), nullable=False).",
    methods: &[
        Row::method("copy", &[param::kwargs("kw")], "The same column, without a table.", "", |host, args| {
            copy(host, &args[0])
        }),
        Row::method(
            "_copy",
            &[param::kwargs("kw")],
            "The same column, without a table.",
            "",
            |host, args| copy(host, &args[0]),
        ),
        Row::method(
            "references",
            &[param::req("column")],
            "Whether it refers to the other column.",
            "",
            |host, args| {
                let other = column_of(host, &args[1])?;
                let keys = own(host, &args[0])?.foreign_keys.borrow().clone();
                let hit = keys.iter().any(|key| match (key.find_column(), &other) {
                    (Some(found), Some(other)) => Rc::ptr_eq(&found, other),
                    _ => false,
                });
                Ok(Value::Bool(hit))
            },
        ),
        Row::method(
            "append_foreign_key",
            &[param::req("fk")],
            "One more thing that it refers to.",
            "",
            |host, args| {
                let column = own(host, &args[0])?;
                if let Some(key) = args[1].payload::<ForeignKeyObject>() {
                    key.0.set_parent(&column);
                    column.foreign_keys.borrow_mut().push(key.0.clone());
                }
                Ok(Value::None)
            },
        ),
    ],
    getters: &[
        Getter {
            name: "name",
            doc: "The name.",
            get: |host, value| {
                let column = own(host, value)?;
                Ok(if column.has_name() { Value::Str(column.name()) } else { Value::None })
            },
            set: Some(|host, value, name| {
                let column = own(host, value)?;
                let name = text(host, &name, "name")?;
                column.set_name(name);
                Ok(())
            }),
        },
        Getter {
            name: "key",
            doc: "The key.",
            get: |host, value| {
                let key = own(host, value)?.key();
                Ok(if key.is_empty() { Value::None } else { Value::Str(key) })
            },
            set: Some(|host, value, key| {
                let column = own(host, value)?;
                let key = text(host, &key, "key")?;
                column.set_key(key);
                Ok(())
            }),
        },
        Getter {
            name: "type",
            doc: "Its type.",
            get: |host, value| Ok(super::objects::type_value(&own(host, value)?.ty())),
            set: Some(|host, value, ty| {
                let ty = type_of(host, &ty)?;
                own(host, value)?.set_type(ty);
                Ok(())
            }),
        },
        Getter {
            name: "table",
            doc: "Its table.",
            get: |host, value| Ok(own(host, value)?.table().map_or(Value::None, |table| table_value(&table))),
            set: None,
        },
        Getter {
            name: "nullable",
            doc: "Whether NULL may stand there.",
            get: |host, value| Ok(Value::Bool(own(host, value)?.nullable.get())),
            set: Some(|host, value, flag| {
                let flag = host.truth(&flag)?;
                own(host, value)?.nullable.set(flag);
                Ok(())
            }),
        },
        Getter {
            name: "primary_key",
            doc: "Whether it is part of the primary key.",
            get: |host, value| Ok(Value::Bool(own(host, value)?.primary_key.get())),
            set: Some(|host, value, flag| {
                let flag = host.truth(&flag)?;
                own(host, value)?.primary_key.set(flag);
                Ok(())
            }),
        },
        Getter {
            name: "unique",
            doc: "Whether its values differ.",
            get: |host, value| Ok(own(host, value)?.unique.get().into()),
            set: None,
        },
        Getter {
            name: "index",
            doc: "Whether it has an index.",
            get: |host, value| Ok(own(host, value)?.index.get().into()),
            set: None,
        },
        Getter {
            name: "autoincrement",
            doc: "Whether the database numbers it.",
            get: |host, value| {
                Ok(match own(host, value)?.autoincrement.get() {
                    Autoincrement::Auto => Value::str("auto"),
                    Autoincrement::On => Value::Bool(true),
                    Autoincrement::Off => Value::Bool(false),
                    Autoincrement::IgnoreForeignKey => Value::str("ignore_fk"),
                })
            },
            set: None,
        },
        Getter {
            name: "default",
            doc: "What fills it when nothing is given.",
            get: |host, value| {
                Ok(own(host, value)?.default.borrow().as_ref().map_or(Value::None, default_value))
            },
            set: Some(|host, value, default| {
                let column = own(host, value)?;
                let default = if default.is_none() {
                    None
                } else {
                    Some(defaults::read_default(host, &default, false)?)
                };
                *column.default.borrow_mut() = default;
                Ok(())
            }),
        },
        Getter {
            name: "onupdate",
            doc: "What fills it when the row changes.",
            get: |host, value| {
                Ok(own(host, value)?.onupdate.borrow().as_ref().map_or(Value::None, default_value))
            },
            set: None,
        },
        Getter {
            name: "server_default",
            doc: "What the database fills in.",
            get: |host, value| {
                Ok(own(host, value)?
                    .server_default
                    .borrow()
                    .as_ref()
                    .map_or(Value::None, defaults::server_value))
            },
            set: None,
        },
        Getter {
            name: "server_onupdate",
            doc: "What the database fills in when the row changes.",
            get: |host, value| {
                Ok(own(host, value)?
                    .server_onupdate
                    .borrow()
                    .as_ref()
                    .map_or(Value::None, defaults::server_value))
            },
            set: None,
        },
        Getter {
            name: "comment",
            doc: "The comment.",
            get: |host, value| Ok(own(host, value)?.comment.borrow().clone().into()),
            set: None,
        },
        Getter {
            name: "doc",
            doc: "The documentation.",
            get: |host, value| Ok(own(host, value)?.doc.borrow().clone().into()),
            set: None,
        },
        Getter {
            name: "info",
            doc: "Anything that you keep with it.",
            get: |host, value| {
                let column = own(host, value)?;
                let dict = column.info.borrow_mut().get_or_insert_with(|| Gc::new(Dict::new())).clone();
                Ok(Value::Dict(dict))
            },
            set: None,
        },
        Getter {
            name: "foreign_keys",
            doc: "What it refers to.",
            get: |host, value| {
                let keys = own(host, value)?.foreign_keys.borrow().clone();
                let set = Set::new(false);
                for key in &keys {
                    host.set_add(&set, foreign_key_value(key))?;
                }
                Ok(Value::Set(Gc::new(set)))
            },
            set: None,
        },
        Getter {
            name: "constraints",
            doc: "Its own constraints.",
            get: |host, value| {
                let constraints = own(host, value)?.constraints.borrow().clone();
                let set = Set::new(false);
                for constraint in &constraints {
                    host.set_add(&set, constraint_value(constraint))?;
                }
                Ok(Value::Set(Gc::new(set)))
            },
            set: None,
        },
        Getter {
            name: "computed",
            doc: "What it is computed from.",
            get: |host, value| {
                let computed = own(host, value)?.computed.borrow().clone();
                Ok(computed.map_or(Value::None, |computed| {
                    Value::native(&defaults::COMPUTED, ComputedObject(computed))
                }))
            },
            set: None,
        },
        Getter {
            name: "identity",
            doc: "How the database numbers it.",
            get: |host, value| {
                let identity = own(host, value)?.identity.borrow().clone();
                Ok(identity.map_or(Value::None, |identity| {
                    Value::native(&defaults::IDENTITY, IdentityObject(identity))
                }))
            },
            set: None,
        },
        Getter {
            name: "description",
            doc: "The name.",
            get: |host, value| Ok(Value::Str(own(host, value)?.name())),
            set: None,
        },
        Getter {
            name: "system",
            doc: "Whether the database provides it.",
            get: |host, value| Ok(Value::Bool(own(host, value)?.system.get())),
            set: None,
        },
    ],
    slots: Slots { new: Some(new_column), repr: Some(column_repr), str: Some(column_str), ..Slots::NONE },
    has_dict: true,
    ..NativeType::plain("Column", MODULE)
};

/// A table's column as an alias or a subquery shows it.
pub static ANNOTATED_COLUMN: NativeType = NativeType {
    bases: &[&COLUMN_CLAUSE],
    getters: &[Getter {
        name: "nullable",
        doc: "Whether NULL may stand there.",
        get: |host, value| {
            Ok(Value::Bool(receiver(host, value)?.base_column().is_none_or(|column| column.nullable.get())))
        },
        set: None,
    }],
    slots: Slots { repr: Some(column_repr), ..Slots::NONE },
    has_dict: true,
    ..NativeType::plain("Column", MODULE)
};

fn own(host: &mut dyn Host, value: &Value) -> R<Rc<Column>> {
    let expression = receiver(host, value)?;
    match expression.base_column() {
        Some(column) => Ok(column),
        None => Err(errors::argument_error("a Column is needed")),
    }
}

fn copy(host: &mut dyn Host, value: &Value) -> R<Value> {
    let column = own(host, value)?;
    Ok(column_value(&column.copy()))
}

/// What `Column(...)` takes by name.
const COLUMN_KEYWORDS: &[Param] = &[
    param::args("args"),
    param::kw("name", ParamDefault::None),
    param::kw("type_", ParamDefault::None),
    param::kw("autoincrement", ParamDefault::Str("auto")),
    param::kw("default", ParamDefault::Omitted("_NoArg.NO_ARG")),
    param::kw("insert_default", ParamDefault::Omitted("_NoArg.NO_ARG")),
    param::kw("doc", ParamDefault::None),
    param::kw("key", ParamDefault::None),
    param::kw("index", ParamDefault::None),
    param::kw("unique", ParamDefault::None),
    param::kw("info", ParamDefault::None),
    param::kw("nullable", ParamDefault::Omitted("SchemaConst.NULL_UNSPECIFIED")),
    param::kw("onupdate", ParamDefault::None),
    param::kw("primary_key", ParamDefault::Bool(false)),
    param::kw("server_default", ParamDefault::None),
    param::kw("server_onupdate", ParamDefault::None),
    param::kw("quote", ParamDefault::None),
    param::kw("system", ParamDefault::Bool(false)),
    param::kw("comment", ParamDefault::None),
    param::kw("insert_sentinel", ParamDefault::Bool(false)),
    param::kwargs("dialect_kwargs"),
];

fn place(name: &str) -> usize {
    COLUMN_KEYWORDS.iter().position(|known| known.name == name).expect("the keyword is listed")
}

fn new_column(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound = bind("Column", COLUMN_KEYWORDS, args)?;
    let given = |name: &str| &bound[place(name)];
    if let Value::Dict(rest) = given("dialect_kwargs") {
        for (key, _) in rest.to_vec() {
            let key = host.str(&key)?;
            if !key.contains('_') || !known_dialect(&key) {
                return Err(errors::type_error(format!(
                    "Additional arguments should be named <dialectname>_<argument>, got '{key}'"
                )));
            }
        }
    }
    let column = Column::unnamed(types::null_type());
    let items = host.collect(&bound[0])?;
    let mut items = items.as_slice();
    let mut typed = false;
    if let Some(Value::Str(name)) = items.first() {
        if !given("name").is_none() {
            return Err(errors::argument_error("May not pass name positionally and as a keyword."));
        }
        column.set_name(name.clone());
        items = &items[1..];
    } else if let Value::Str(name) = given("name") {
        column.set_name(name.clone());
    }
    if let Some(Value::None) = items.first() {
        items = &items[1..];
    }
    if let Some(first) = items.first()
        && let Some(ty) = find_type(host, first)?
    {
        column.set_type(ty);
        typed = true;
        items = &items[1..];
    }
    if !given("type_").is_none() {
        if typed {
            return Err(errors::argument_error("May not pass type_ positionally and as a keyword."));
        }
        let ty = type_of(host, given("type_"))?;
        column.set_type(ty);
    }
    column.set_key(match given("key") {
        Value::Str(key) => key.clone(),
        _ => column.name(),
    });
    let primary_key = host.truth(given("primary_key"))?;
    column.primary_key.set(primary_key);
    column.nullable.set(!primary_key);
    if !matches!(given("nullable"), Value::Unset) {
        let nullable = host.truth(given("nullable"))?;
        column.nullable.set(nullable);
        column.nullable_given.set(true);
    }
    let flag = |host: &mut dyn Host, value: &Value| -> R<Option<bool>> {
        if value.is_none() { Ok(None) } else { host.truth(value).map(Some) }
    };
    column.index.set(flag(host, given("index"))?);
    column.unique.set(flag(host, given("unique"))?);
    let quote = flag(host, given("quote"))?;
    column.quote.set(quote);
    let system = host.truth(given("system"))?;
    column.system.set(system);
    column.autoincrement.set(match given("autoincrement") {
        Value::Bool(true) => Autoincrement::On,
        Value::Bool(false) => Autoincrement::Off,
        Value::Str(word) if &**word == "ignore_fk" => Autoincrement::IgnoreForeignKey,
        _ => Autoincrement::Auto,
    });
    let default = if matches!(given("insert_default"), Value::Unset) {
        given("default")
    } else {
        given("insert_default")
    };
    if !matches!(default, Value::Unset | Value::None) {
        let default = defaults::read_default(host, default, false)?;
        *column.default.borrow_mut() = Some(default);
    }
    if !given("onupdate").is_none() {
        let default = defaults::read_default(host, given("onupdate"), true)?;
        *column.onupdate.borrow_mut() = Some(default);
    }
    if !given("server_default").is_none() {
        let default = defaults::read_server_default(host, given("server_default"))?;
        *column.server_default.borrow_mut() = Some(default);
    }
    if !given("server_onupdate").is_none() {
        let default = defaults::read_server_default(host, given("server_onupdate"))?;
        *column.server_onupdate.borrow_mut() = Some(default);
    }
    for (name, slot) in [("doc", &column.doc), ("comment", &column.comment)] {
        if let Value::Str(text) = given(name) {
            *slot.borrow_mut() = Some(text.clone());
        }
    }
    if let Value::Dict(info) = given("info") {
        *column.info.borrow_mut() = Some(Gc::new(info.copy()));
    }
    for item in items {
        add_item(host, &column, item)?;
    }
    let value = instance_of(class, ExprObject(expr::column(&column)));
    let _ = column.object.set(value.clone());
    Ok(value)
}

pub(super) fn known_dialect(key: &str) -> bool {
    ["sqlite_", "postgresql_", "mysql_", "mariadb_", "mssql_", "oracle_"]
        .iter()
        .any(|name| key.starts_with(name))
}

/// A positional argument of `Column` behind its name and type.
fn add_item(host: &mut dyn Host, column: &Rc<Column>, item: &Value) -> R<()> {
    if let Some(key) = item.payload::<ForeignKeyObject>() {
        key.0.set_parent(column);
        column.foreign_keys.borrow_mut().push(key.0.clone());
    } else if let Some(constraint) = item.payload::<ConstraintObject>() {
        column.constraints.borrow_mut().push(constraint.0.clone());
    } else if let Some(sequence) = item.payload::<SequenceObject>() {
        let default = schema::Default::new(schema::ColumnDefault::Sequence(sequence.0.clone()), false);
        *column.default.borrow_mut() = Some(default);
    } else if let Some(computed) = item.payload::<ComputedObject>() {
        *column.computed.borrow_mut() = Some(computed.0.clone());
        *column.server_default.borrow_mut() = Some(ServerDefault::Computed);
        *column.server_onupdate.borrow_mut() = Some(ServerDefault::Computed);
    } else if let Some(identity) = item.payload::<IdentityObject>() {
        *column.identity.borrow_mut() = Some(identity.0.clone());
        *column.server_default.borrow_mut() = Some(ServerDefault::Identity);
    } else if let Some(server) = item.payload::<ServerObject>() {
        *column.server_default.borrow_mut() = Some(server.0.clone());
    } else if let Some(default) = item.payload::<super::objects::DefaultObject>() {
        *column.default.borrow_mut() = Some(default.0.clone());
    } else if let Some(ty) = find_type(host, item)? {
        column.set_type(ty);
    } else {
        let shown = host.repr(item)?;
        return Err(errors::argument_error(format!(
            "'SchemaItem' object, such as a 'Column' or a 'Constraint' expected, got {shown}"
        )));
    }
    Ok(())
}

fn column_str(host: &mut dyn Host, value: &Value) -> R<Str> {
    let expression = receiver(host, value)?;
    let column = own(host, value)?;
    let name = if column.has_name() { column.name() } else { Str::new("(no name)") };
    match &expression.kind {
        ExprKind::Column(_) => Ok(match column.table() {
            Some(table) => Str::new(&format!("{}.{name}", table.key)),
            None => name,
        }),
        _ => super::compiled::to_str(host, value),
    }
}

fn column_repr(host: &mut dyn Host, value: &Value) -> R<Str> {
    let expression = receiver(host, value)?;
    let column = own(host, value)?;
    let table = match &expression.kind {
        ExprKind::Column(_) => column.table().map(|table| described_table(&table)),
        _ => expression.table().map(|from| described(&from)),
    };
    let own_name = match &expression.kind {
        ExprKind::Column(_) => column.name(),
        _ => expression.name().unwrap_or_else(|| column.name()),
    };
    let name = if own_name.is_empty() { Value::None } else { Value::Str(own_name.clone()) };
    let mut parts = vec![host.repr(&name)?.to_string()];
    parts.push(types::repr::type_repr(host, &column.ty())?);
    let keys = column.foreign_keys.borrow().clone();
    parts.extend(keys.iter().map(|key| format!("ForeignKey('{}')", key.target_text())));
    for constraint in column.constraints.borrow().clone() {
        let shown = constraint_value(&constraint);
        parts.push(host.repr(&shown)?.to_string());
    }
    parts.push(match table {
        Some(table) => format!("table=<{table}>"),
        None => "table=None".to_string(),
    });
    let key = column.key();
    if key != column.name() {
        parts.push(format!("key='{key}'"));
    }
    if column.primary_key.get() {
        parts.push("primary_key=True".to_string());
    }
    if !column.nullable.get() {
        parts.push("nullable=False".to_string());
    }
    let onupdate = column.onupdate.borrow().clone();
    if let Some(default) = onupdate {
        let shown = host.repr(&default_value(&default))?;
        parts.push(format!("onupdate={shown}"));
    }
    let default = column.default.borrow().clone();
    if let Some(default) = default {
        let shown = host.repr(&default_value(&default))?;
        parts.push(format!("default={shown}"));
    }
    let server = column.server_default.borrow().clone();
    if let Some(server) = server {
        let shown = host.repr(&defaults::server_value(&server))?;
        parts.push(format!("server_default={shown}"));
    }
    let comment = column.comment.borrow().clone();
    if let Some(comment) = comment {
        let shown = host.repr(&Value::Str(comment))?;
        parts.push(format!("comment={shown}"));
    }
    Ok(Str::new(&format!("Column({})", parts.join(", "))))
}

fn described_table(table: &Rc<Table>) -> String {
    table.name.to_string()
}

/// How messages and reprs call what a column belongs to.
pub fn described(from: &crate::sql::selectable::FromClause) -> String {
    use crate::sql::selectable::{AliasName, FromClause};
    match from {
        FromClause::Alias(alias) => match &alias.name {
            AliasName::Named(name) => name.to_string(),
            AliasName::Anonymous(base) if &**base == "anon" => "anon_1".to_string(),
            AliasName::Anonymous(base) => format!("Anonymous alias of {base}"),
        },
        other => other.name().map_or_else(|| "anon_1".to_string(), |name| name.to_string()),
    }
}
