//! `Column`, `ForeignKey`, constraints and indexes as objects.
//!
//! Owns reading their arguments and their attributes. Tables stand in `table.rs`. Must not know spelling.

use std::cell::RefCell;
use std::rc::Rc;

use super::arguments::text;
use super::defaults::{self, ComputedObject, IdentityObject, SequenceObject, ServerObject};
use super::elements::COLUMN_CLAUSE;
use super::objects::{
    ConstraintObject, ExprObject, ForeignKeyObject, IndexObject, collection_value, column_of, column_value,
    constraint_value, default_value, expr_of, expr_value, foreign_key_value, instance_of, table_of,
    table_value,
};
use super::operators::receiver;
use super::typeface::{find_type, type_of};
use crate::python::value::{
    CallArgs, Class, Dict, Gc, Getter, Host, NativeType, Param, ParamDefault, R, Row, Set, Slots, Str, Value,
    bind, param,
};
use crate::sql::errors;
use crate::sql::expr::{self, Expr, ExprKind};
use crate::sql::schema::{
    self, Autoincrement, Column, Constraint, ConstraintKind, ForeignKey, ForeignKeyData, Index, KeyTarget,
    Pending, PendingIndexItem, ServerDefault, Table,
};
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

fn known_dialect(key: &str) -> bool {
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

// Foreign keys.

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

fn optional(host: &mut dyn Host, value: &Value) -> R<Option<Str>> {
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

// Indexes.

pub static INDEX: NativeType = NativeType {
    bases: &[&SCHEMA_ITEM],
    doc: "An index: Index('name', 'column', unique=True).",
    methods: &[
        Row::method(
            "create",
            &[param::req("bind"), param::opt("checkfirst", ParamDefault::Bool(false))],
            "Creates it.",
            "",
            super::metadata::create_index,
        ),
        Row::method(
            "drop",
            &[param::req("bind"), param::opt("checkfirst", ParamDefault::Bool(false))],
            "Drops it.",
            "",
            super::metadata::drop_index,
        ),
    ],
    getters: &[
        Getter {
            name: "name",
            doc: "The name.",
            get: |_, value| Ok(index_of(value).and_then(|index| index.name.borrow().clone()).into()),
            set: None,
        },
        Getter {
            name: "unique",
            doc: "Whether its values differ.",
            get: |_, value| Ok(Value::Bool(index_of(value).is_some_and(|index| index.unique))),
            set: None,
        },
        Getter {
            name: "table",
            doc: "The table.",
            get: |_, value| {
                Ok(index_of(value)
                    .and_then(|index| index.table())
                    .map_or(Value::None, |table| table_value(&table)))
            },
            set: None,
        },
        Getter { name: "columns", doc: "The columns.", get: index_columns, set: None },
        Getter {
            name: "expressions",
            doc: "What is indexed.",
            get: |_, value| {
                let expressions =
                    index_of(value).map(|index| index.expressions.borrow().clone()).unwrap_or_default();
                Ok(Value::list(expressions.iter().map(expr_value).collect()))
            },
            set: None,
        },
    ],
    slots: Slots { new: Some(new_index), repr: Some(index_repr), ..Slots::NONE },
    has_dict: true,
    ..NativeType::plain("Index", MODULE)
};

/// The index that an object is.
pub fn index_of(value: &Value) -> Option<Rc<Index>> {
    value.payload::<IndexObject>().map(|object| object.0.clone())
}

fn index_columns(_host: &mut dyn Host, value: &Value) -> R<Value> {
    let columns = index_of(value).map(|index| index.columns()).unwrap_or_default();
    Ok(collection_value(columns.iter().map(|column| (column.key(), expr::column(column))).collect()))
}

fn index_repr(host: &mut dyn Host, value: &Value) -> R<Str> {
    let Some(index) = index_of(value) else { return Ok(Str::new("Index()")) };
    let name: Value = index.name.borrow().clone().into();
    let mut parts = vec![host.repr(&name)?.to_string()];
    let expressions: Vec<Expr> = index.expressions.borrow().clone();
    for expression in &expressions {
        parts.push(host.repr(&expr_value(expression))?.to_string());
    }
    if index.unique {
        parts.push("unique=True".to_string());
    }
    Ok(Str::new(&format!("Index({})", parts.join(", "))))
}

fn new_index(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let Some((name, items)) = args.positional.split_first() else {
        return Err(errors::type_error("Index.__init__() missing 1 required positional argument: 'name'"));
    };
    let name = optional(host, name)?;
    let mut unique = false;
    let mut options = Vec::new();
    let mut table = None;
    for (key, value) in args.pairs() {
        match &**key {
            "unique" => unique = host.truth(value)?,
            "_table" => table = table_of(host, value)?,
            "quote" | "info" | "_column_flag" => {}
            other if known_dialect(other) => options.push((key.clone(), value.clone())),
            other => {
                return Err(errors::type_error(format!(
                    "Additional arguments should be named <dialectname>_<argument>, got '{other}'"
                )));
            }
        }
    }
    let mut pending = Vec::with_capacity(items.len());
    for item in items {
        if let Value::Str(name) = item {
            pending.push(PendingIndexItem::Name(name.clone()));
            continue;
        }
        let Some(expression) = expr_of(host, item)? else {
            let shown = host.repr(item)?;
            return Err(errors::argument_error(format!(
                "String column name or column expression for DDL constraint expected, got {shown}."
            )));
        };
        // A mapped attribute stands for its column here.
        let plain = match &expression.kind {
            ExprKind::Column(column) => expr::column(column),
            _ => expression,
        };
        let mut columns = Vec::new();
        crate::sql::traverse::columns_of(&plain, &mut columns);
        table = table.or_else(|| columns.iter().find_map(|column| column.table()));
        pending.push(PendingIndexItem::Expr(plain));
    }
    let mut index = Index::new(name, unique, pending);
    index.dialect_options = options;
    let index = Rc::new(index);
    let value = instance_of(class, IndexObject(index.clone()));
    let _ = index.object.set(value.clone());
    if let Some(table) = table {
        schema::add_index(&table, &index)?;
    }
    Ok(value)
}
