//! What the session at the prompt holds: changes that wait, a transaction on hold, and how a query reads as SQL.
//!
//! Owns finding that out without a statement. Must not know how it is shown.

use std::rc::Rc;

use crate::orm::session::Session;
use crate::project::Project;
use crate::pylib::sqlalchemy::orm::query::object::QUERY;
use crate::pylib::sqlalchemy::orm::session::object::session_of;
use crate::pylib::sqlalchemy::select::SELECT_BASE;
use crate::python::value::{
    CallArgs, Dict, Gc, Host, Native, NativeFunction, NativeType, R, Row, Slots, Str, Value, Visitor, intern,
    native_class, param,
};

use super::session::Shell;

/// The state of the session's transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Objects that the next flush would write.
    pub waiting: usize,
    /// The database holds changes that are not committed.
    pub open_writes: bool,
    /// An error put the transaction on hold.
    pub failed: bool,
}

impl Standing {
    pub fn is_uncommitted(self) -> bool {
        self.waiting > 0 || self.open_writes
    }

    /// What stands before the prompt: `*` for work that is not committed, `!` for a transaction on hold.
    pub fn mark(self) -> &'static str {
        match (self.failed, self.is_uncommitted()) {
            (true, _) => "!",
            (false, true) => "*",
            (false, false) => "",
        }
    }
}

impl Shell {
    /// The session of `db`, where there is one already.
    pub fn orm_session(&mut self) -> Option<Rc<Session>> {
        let db = self.database()?;
        let vm = &mut self.project.vm;
        let session = vm.get_attr(&db, &intern("session")).ok()?;
        if let Ok(registry) = vm.get_attr(&session, &intern("registry"))
            && let Ok(Value::Bool(false)) = vm.call_method(&registry, "has", &[])
        {
            return None;
        }
        session_of(vm, &session).ok()
    }

    pub fn standing(&mut self) -> Standing {
        let Some(session) = self.orm_session() else { return Standing::default() };
        Standing {
            waiting: session.new_instances().len()
                + session.dirty_instances().len()
                + session.deleted_instances().len(),
            open_writes: session.has_open_writes(),
            failed: !session.is_active(),
        }
    }
}

/// The text of a query, with its values in it; its repr is the text itself.
struct SqlText(Str);

impl Native for SqlText {
    fn trace(&self, _visitor: &mut Visitor<'_>) {}
}

fn shown(_host: &mut dyn Host, value: &Value) -> R<Str> {
    Ok(value.payload::<SqlText>().map_or_else(|| Str::new(""), |text| text.0.clone()))
}

static SQL: NativeType = NativeType {
    doc: "The SQL of a query.",
    slots: Slots { repr: Some(shown), str: Some(shown), ..Slots::NONE },
    ..NativeType::plain("sql", "retort")
};

static SQL_OF: Row = Row::function(
    "sql",
    &[param::req("query")],
    "The SQL of a query, with its values in place.",
    "Student.query.filter_by(id=1).sql",
    |host, args| {
        let statement = match host.find_attr(&args[0], &intern("statement"))? {
            Some(statement) => statement,
            None => args[0].clone(),
        };
        let options = Dict::new();
        options.set("literal_binds", Value::Bool(true));
        let compile = host.get_attr(&statement, &intern("compile"))?;
        let call = CallArgs {
            positional: &[],
            names: &[intern("compile_kwargs")],
            keywords: &[Value::Dict(Gc::new(options))],
        };
        let text = match host.call(&compile, call) {
            Ok(compiled) => host.str(&compiled)?,
            // Values without a literal form stay marks.
            Err(_) => host.str(&statement)?,
        };
        Ok(Value::native(&SQL, SqlText(text)))
    },
);

/// Gives queries `.sql` at the prompt; scripts see the classes as SQLAlchemy has them.
pub fn give_queries_their_sql(project: &mut Project) {
    let Some(property) = project.vm.builtins().get("property") else { return };
    for kind in [&QUERY, &SELECT_BASE] {
        if let Ok(getter) = project.vm.call_values(&property, &[NativeFunction::plain(&SQL_OF)]) {
            native_class(kind).dict.set("sql", getter);
        }
    }
}
