//! `CreateTable(table)` and its kin as objects.
//!
//! Owns their classes. Spelling stands in `sql::compile`.

use std::rc::Rc;

use super::arguments::text;
use super::elements::CLAUSE_ELEMENT;
use super::indexes::index_of;
use super::objects::{
    ConstraintObject, StatementObject, constraint_value, index_value, instance_of, table_value,
};
use super::table::required;
use crate::python::value::{
    CallArgs, Class, Gc, Getter, Host, NativeType, ParamDefault, R, Slots, Str, Value, bind, param,
};
use crate::sql::errors;
use crate::sql::statement::{Ddl, Statement};

const MODULE: &str = "sqlalchemy.sql.ddl";

pub static DDL_ELEMENT: NativeType = NativeType {
    bases: &[&CLAUSE_ELEMENT],
    getters: &[Getter { name: "element", doc: "What it is about.", get: element, set: None }],
    has_dict: true,
    ..NativeType::plain("ExecutableDDLElement", MODULE)
};

macro_rules! kinds {
    ($($name:ident $text:literal $new:expr;)*) => {
        $(pub static $name: NativeType = NativeType {
            bases: &[&DDL_ELEMENT],
            slots: Slots { new: Some($new), ..Slots::NONE },
            has_dict: true,
            ..NativeType::plain($text, MODULE)
        };)*
        /// Every class of this file.
        pub static ALL: &[&NativeType] = &[&DDL_ELEMENT, $(&$name),*];
    };
}

kinds! {
    CREATE_TABLE "CreateTable" |host, class, args| {
        let (table, flag) = table_and_flag(host, args, "if_not_exists")?;
        made(class, Ddl::CreateTable { table, if_not_exists: flag })
    };
    DROP_TABLE "DropTable" |host, class, args| {
        let (table, flag) = table_and_flag(host, args, "if_exists")?;
        made(class, Ddl::DropTable { table, if_exists: flag })
    };
    CREATE_INDEX "CreateIndex" |host, class, args| {
        let (index, flag) = index_and_flag(host, args, "if_not_exists")?;
        made(class, Ddl::CreateIndex { index, if_not_exists: flag })
    };
    DROP_INDEX "DropIndex" |host, class, args| {
        let (index, flag) = index_and_flag(host, args, "if_exists")?;
        made(class, Ddl::DropIndex { index, if_exists: flag })
    };
    ADD_CONSTRAINT "AddConstraint" |host, class, args| {
        let constraint = constraint(host, args)?;
        made(class, Ddl::AddConstraint { constraint })
    };
    DROP_CONSTRAINT "DropConstraint" |host, class, args| {
        let constraint = constraint(host, args)?;
        let cascade = match args.keyword("cascade") { Some(flag) => host.truth(flag)?, None => false };
        made(class, Ddl::DropConstraint { constraint, cascade })
    };
    CREATE_SCHEMA "CreateSchema" |host, class, args| { let name = name(host, args)?; made(class, Ddl::CreateSchema { name }) };
    DROP_SCHEMA "DropSchema" |host, class, args| { let name = name(host, args)?; made(class, Ddl::DropSchema { name }) };
    DDL_TEXT "DDL" |host, class, args| { let text = name(host, args)?; made(class, Ddl::Text { text }) };
    CREATE_VIEW "CreateView" |_, _, _| Err(errors::compile_error("CreateView is written as text here: DDL('CREATE VIEW ...')"));
}

/// The class that shows a statement of DDL.
pub fn class_of(ddl: &Ddl) -> &'static NativeType {
    match ddl {
        Ddl::CreateTable { .. } => &CREATE_TABLE,
        Ddl::DropTable { .. } => &DROP_TABLE,
        Ddl::CreateIndex { .. } => &CREATE_INDEX,
        Ddl::DropIndex { .. } => &DROP_INDEX,
        Ddl::AddConstraint { .. } => &ADD_CONSTRAINT,
        Ddl::DropConstraint { .. } => &DROP_CONSTRAINT,
        Ddl::CreateSchema { .. } => &CREATE_SCHEMA,
        Ddl::DropSchema { .. } => &DROP_SCHEMA,
        Ddl::CreateView { .. } => &CREATE_VIEW,
        Ddl::Text { .. } => &DDL_TEXT,
    }
}

fn made(class: &Gc<Class>, ddl: Ddl) -> R<Value> {
    Ok(instance_of(class, StatementObject(Statement::Ddl(Rc::new(ddl)))))
}

const ONE: &[crate::python::value::Param] = &[
    param::req("element"),
    param::kw("if_not_exists", ParamDefault::Bool(false)),
    param::kw("if_exists", ParamDefault::Bool(false)),
    param::kwargs("kw"),
];

fn table_and_flag(
    host: &mut dyn Host,
    args: CallArgs<'_>,
    flag: &str,
) -> R<(Rc<crate::sql::schema::Table>, bool)> {
    let bound = bind("CreateTable", ONE, args)?;
    let table = required(host, &bound[0])?;
    let flag = host.truth(&bound[if flag == "if_exists" { 2 } else { 1 }])?;
    Ok((table, flag))
}

fn index_and_flag(
    host: &mut dyn Host,
    args: CallArgs<'_>,
    flag: &str,
) -> R<(Rc<crate::sql::schema::Index>, bool)> {
    let bound = bind("CreateIndex", ONE, args)?;
    let flag = host.truth(&bound[if flag == "if_exists" { 2 } else { 1 }])?;
    match index_of(&bound[0]) {
        Some(index) => Ok((index, flag)),
        None => {
            let shown = host.repr(&bound[0])?;
            Err(errors::argument_error(format!("Index object expected, got {shown}.")))
        }
    }
}

fn constraint(host: &mut dyn Host, args: CallArgs<'_>) -> R<Rc<crate::sql::schema::Constraint>> {
    let given = args.positional.first().cloned().unwrap_or(Value::None);
    match given.payload::<ConstraintObject>() {
        Some(constraint) => Ok(constraint.0.clone()),
        None => {
            let shown = host.repr(&given)?;
            Err(errors::argument_error(format!("Constraint object expected, got {shown}.")))
        }
    }
}

fn name(host: &mut dyn Host, args: CallArgs<'_>) -> R<Str> {
    let given = args.positional.first().cloned().unwrap_or(Value::None);
    text(host, &given, "name")
}

fn element(_host: &mut dyn Host, value: &Value) -> R<Value> {
    let Some(StatementObject(Statement::Ddl(ddl))) = value.payload::<StatementObject>() else {
        return Ok(Value::None);
    };
    Ok(match &**ddl {
        Ddl::CreateTable { table, .. } | Ddl::DropTable { table, .. } => table_value(table),
        Ddl::CreateIndex { index, .. } | Ddl::DropIndex { index, .. } => index_value(index),
        Ddl::AddConstraint { constraint } | Ddl::DropConstraint { constraint, .. } => {
            constraint_value(constraint)
        }
        _ => Value::None,
    })
}
