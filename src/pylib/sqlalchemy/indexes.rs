//! `Index` as an object.
//!
//! Owns reading its arguments and its attributes. Must not know spelling.

use std::rc::Rc;

use super::objects::{
    IndexObject, collection_value, expr_of, expr_value, instance_of, table_of, table_value,
};
use crate::python::value::{
    CallArgs, Class, Gc, Getter, Host, NativeType, ParamDefault, R, Row, Slots, Str, Value, param,
};
use crate::sql::errors;
use crate::sql::expr::{self, Expr, ExprKind};
use crate::sql::schema::{self, Index, PendingIndexItem};

use super::constraints::optional;
use super::schema::{SCHEMA_ITEM, known_dialect};

const MODULE: &str = "sqlalchemy.sql.schema";

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
