//! CREATE, DROP and ALTER in the text.
//!
//! Owns the layout of tables, columns, constraints and indexes. Must not know who runs them.

use std::rc::Rc;

use super::{Compiler, Flags, typename};
use crate::python::value::{R, Value};
use crate::sql::errors;
use crate::sql::operate;
use crate::sql::schema::{Column, Constraint, ConstraintKind, Index, ServerDefault, Table};
use crate::sql::statement::Ddl;
use crate::sql::types::{self, literal};

impl Compiler<'_> {
    pub(super) fn ddl(&mut self, ddl: &Ddl) -> R<()> {
        match ddl {
            Ddl::CreateTable { table, if_not_exists } => self.create_table(table, *if_not_exists),
            Ddl::DropTable { table, if_exists } => {
                self.push("\nDROP TABLE ");
                self.push(if *if_exists { "IF EXISTS " } else { "" });
                self.ddl_table(table, true);
                Ok(())
            }
            Ddl::CreateIndex { index, if_not_exists } => self.create_index(index, *if_not_exists),
            Ddl::DropIndex { index, if_exists } => {
                self.push("\nDROP INDEX ");
                self.push(if *if_exists { "IF EXISTS " } else { "" });
                self.index_name(index)
            }
            Ddl::AddConstraint { constraint } => {
                let Some(table) = constraint.table() else { return Err(errors::constraint_without_table()) };
                self.push("ALTER TABLE ");
                self.ddl_table(&table, true);
                self.push(" ADD ");
                self.constraint(constraint)
            }
            Ddl::DropConstraint { constraint, cascade } => {
                let Some(table) = constraint.table() else { return Err(errors::constraint_without_table()) };
                let name = constraint.name.borrow().clone();
                let Some(name) = name else { return Err(errors::constraint_without_name()) };
                self.push("ALTER TABLE ");
                self.ddl_table(&table, true);
                self.push(" DROP CONSTRAINT ");
                self.identifier(&name, None);
                self.push(if *cascade { " CASCADE" } else { "" });
                Ok(())
            }
            Ddl::CreateSchema { name } => {
                self.push("CREATE SCHEMA ");
                self.identifier(name, None);
                Ok(())
            }
            Ddl::DropSchema { name } => {
                self.push("DROP SCHEMA ");
                self.identifier(name, None);
                Ok(())
            }
            Ddl::CreateView { name, select, if_not_exists, temporary } => {
                self.push("CREATE ");
                self.push(if *temporary { "TEMPORARY " } else { "" });
                self.push("VIEW ");
                self.push(if *if_not_exists { "IF NOT EXISTS " } else { "" });
                self.identifier(name, None);
                self.push(" AS ");
                self.options.literal_binds = true;
                self.statement(select)
            }
            Ddl::Text { text } => {
                self.push(text);
                Ok(())
            }
        }
    }

    fn ddl_table(&mut self, table: &Rc<Table>, with_schema: bool) {
        if let Some(schema) = table.schema.as_ref().filter(|_| with_schema) {
            self.identifier(schema, None);
            self.push(".");
        }
        self.identifier(&table.name, table.quote);
    }

    fn create_table(&mut self, table: &Rc<Table>, if_not_exists: bool) -> R<()> {
        self.push("\nCREATE ");
        let prefixes = table.prefixes.borrow().clone();
        for prefix in &prefixes {
            self.push(prefix);
            self.push(" ");
        }
        self.push("TABLE ");
        self.push(if if_not_exists { "IF NOT EXISTS " } else { "" });
        self.ddl_table(table, true);
        self.push(" (");
        let mut gap = "\n";
        for column in table.column_list() {
            if column.system.get() {
                continue;
            }
            self.push(gap);
            gap = ", \n";
            self.push("\t");
            self.column_spec(&column).map_err(|raised| errors::in_column(raised, table, &column))?;
            let own: Vec<Rc<Constraint>> = column.constraints.borrow().clone();
            for constraint in own.iter().filter(|one| matches!(one.kind, ConstraintKind::Check { .. })) {
                self.push(" ");
                self.constraint(constraint)?;
            }
        }
        let on_columns: Vec<usize> = table
            .column_list()
            .iter()
            .flat_map(|column| {
                column.constraints.borrow().iter().map(|one| Rc::as_ptr(one) as usize).collect::<Vec<_>>()
            })
            .collect();
        let mut constraints = table.constraints.borrow().clone();
        constraints.sort_by_key(|one| (!matches!(one.kind, ConstraintKind::PrimaryKey), one.order));
        for constraint in &constraints {
            let empty = matches!(constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
                && constraint.columns().is_empty();
            let inline = on_columns.contains(&(Rc::as_ptr(constraint) as usize));
            let later = constraint.foreign_key_data().is_some_and(|data| data.use_alter.get())
                && self.dialect.name() != "sqlite";
            if empty || inline || later || self.dialect.skips_constraint(constraint) {
                continue;
            }
            self.push(", \n\t");
            self.constraint(constraint)?;
        }
        self.push("\n)");
        let dialect = self.dialect;
        dialect.after_table(self, table);
        self.push("\n\n");
        Ok(())
    }

    fn column_spec(&mut self, column: &Rc<Column>) -> R<()> {
        let dialect = self.dialect;
        if dialect.column_spec(self, column)? {
            return Ok(());
        }
        self.identifier(&column.name(), column.quote.get());
        self.push(" ");
        let ty = typename::type_text(self.host, &column.ty(), self.dialect)?;
        self.push(&ty);
        if let Some(default) = self.default_text(column)? {
            self.push(" DEFAULT ");
            self.push(&default);
        }
        self.computed_text(column)?;
        if !column.nullable.get() {
            self.push(" NOT NULL");
        }
        Ok(())
    }

    pub(super) fn computed_text(&mut self, column: &Column) -> R<()> {
        let computed = column.computed.borrow().clone();
        let Some(computed) = computed else { return Ok(()) };
        self.push(" GENERATED ALWAYS AS (");
        let flags = Flags { include_table: false, literal: true, ..Flags::default() };
        self.element(&computed.text, flags)?;
        self.push(")");
        match computed.persisted {
            Some(true) => self.push(" STORED"),
            Some(false) => self.push(" VIRTUAL"),
            None => {}
        }
        Ok(())
    }

    /// What stands behind DEFAULT.
    pub(super) fn default_text(&mut self, column: &Column) -> R<Option<String>> {
        let default = column.server_default.borrow().clone();
        match default {
            Some(ServerDefault::Text(text)) => {
                let value = Value::Str(text);
                literal::render(self.host, &value, &types::string(), self.dialect).map(Some)
            }
            Some(ServerDefault::Clause(clause)) => {
                let flags = Flags { literal: true, ..Flags::default() };
                self.aside(|compiler| compiler.element(&clause, flags)).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn constraint(&mut self, constraint: &Rc<Constraint>) -> R<()> {
        let name = constraint.name.borrow().clone();
        if let Some(name) = name {
            self.push("CONSTRAINT ");
            self.identifier(&name, None);
            self.push(" ");
        }
        match &constraint.kind {
            ConstraintKind::PrimaryKey => {
                self.push("PRIMARY KEY (");
                let mut columns = constraint.columns();
                // A key that the columns' flags make lists the numbered column first.
                if let Some(first) = constraint.table().and_then(|table| table.autoincrement_column())
                    && let Some(place) = columns.iter().position(|column| Rc::ptr_eq(column, &first))
                    && columns.len() > 1
                    && constraint.pending.borrow().is_empty()
                {
                    let first = columns.remove(place);
                    columns.insert(0, first);
                }
                self.column_names(&columns);
                self.push(")");
            }
            ConstraintKind::Unique => {
                self.push("UNIQUE (");
                self.column_names(&constraint.columns());
                self.push(")");
            }
            ConstraintKind::Check { condition } => {
                self.push("CHECK (");
                let flags = Flags { include_table: false, literal: true, ..Flags::default() };
                let condition =
                    operate::self_group(condition, Some(&crate::sql::operators::Op::AsBool.into()));
                self.element(&condition, flags)?;
                self.push(")");
            }
            ConstraintKind::ForeignKey(data) => {
                let elements = data.elements.borrow().clone();
                self.push("FOREIGN KEY(");
                let parents: Vec<Rc<Column>> = elements.iter().filter_map(|key| key.parent()).collect();
                self.column_names(&parents);
                self.push(") REFERENCES ");
                let mut targets = Vec::new();
                for key in &elements {
                    targets.push(key.column()?);
                }
                if let Some(table) = targets.first().and_then(|column| column.table()) {
                    let with_schema = !self.dialect.local_names();
                    self.ddl_table(&table, with_schema);
                }
                self.push(" (");
                self.column_names(&targets);
                self.push(")");
                for (word, action) in [
                    (" MATCH ", &data.match_),
                    (" ON DELETE ", &data.ondelete),
                    (" ON UPDATE ", &data.onupdate),
                ] {
                    if let Some(action) = action {
                        self.push(word);
                        self.push(action);
                    }
                }
            }
        }
        match constraint.deferrable {
            Some(true) => self.push(" DEFERRABLE"),
            Some(false) => self.push(" NOT DEFERRABLE"),
            None => {}
        }
        if let Some(initially) = &constraint.initially {
            self.push(" INITIALLY ");
            self.push(initially);
        }
        let dialect = self.dialect;
        dialect.after_constraint(self, constraint);
        Ok(())
    }

    fn column_names(&mut self, columns: &[Rc<Column>]) {
        for (number, column) in columns.iter().enumerate() {
            if number > 0 {
                self.push(", ");
            }
            self.identifier(&column.name(), column.quote.get());
        }
    }

    fn index_name(&mut self, index: &Index) -> R<()> {
        let name = index.name.borrow().clone();
        let Some(name) = name else { return Err(errors::index_without_name()) };
        if let Some(schema) = index.table().and_then(|table| table.schema.clone()) {
            self.identifier(&schema, None);
            self.push(".");
        }
        self.identifier(&name, None);
        Ok(())
    }

    fn create_index(&mut self, index: &Rc<Index>, if_not_exists: bool) -> R<()> {
        let Some(table) = index.table() else { return Err(errors::index_without_table()) };
        self.push("CREATE ");
        self.push(if index.unique { "UNIQUE " } else { "" });
        self.push("INDEX ");
        self.push(if if_not_exists { "IF NOT EXISTS " } else { "" });
        self.index_name(index)?;
        self.push(" ON ");
        let with_schema = !self.dialect.local_names();
        self.ddl_table(&table, with_schema);
        self.push(" (");
        let flags = Flags { include_table: false, literal: true, ..Flags::default() };
        let expressions = index.expressions.borrow().clone();
        for (number, expression) in expressions.iter().enumerate() {
            if number > 0 {
                self.push(", ");
            }
            self.element(&operate::self_group(expression, None), flags)?;
        }
        self.push(")");
        let condition = index.dialect_options.iter().find(|(name, _)| &**name == "sqlite_where");
        if self.dialect.name() == "sqlite"
            && let Some((_, condition)) = condition
        {
            let condition = crate::sql::coerce::where_(self.host, condition)?;
            self.push(" WHERE ");
            self.element(&condition, flags)?;
        }
        Ok(())
    }
}
