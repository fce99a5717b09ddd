//! Spelling: expressions and statements as text with parameters.
//!
//! Owns the compiler's state, what compiling gives, and how values meet the slots of a compiled statement.
//! Must not know connections. What SQLite spells its own way stands in `sqlite.rs`.

mod bind;
mod ddl;
mod dialect;
mod dml;
mod element;
mod operator;
mod params;
mod quote;
mod select;
mod sqlite;
mod typename;

use std::rc::Rc;

pub use dialect::{DEFAULT, Dialect, ParamStyle};
pub use params::{Filled, Slot, SlotSource};
pub use quote::quote_identifier;
pub use sqlite::SQLITE;
pub use typename::{type_text, type_text_of};

use super::expr::{Bind, Expr, NameText, Owner};
use super::schema::Column;
use super::selectable::{Alias, FromClause};
use super::statement::{Ddl, Statement};
use super::types::{ResultProcessor, Type};
use crate::python::value::{Host, R, Str};

/// What to compile for.
#[derive(Clone, Default)]
pub struct Options<'a> {
    /// The names of the parameters that will be given at execution, for INSERT and UPDATE.
    pub column_keys: Option<&'a [Str]>,
    /// Values are written into the text.
    pub literal_binds: bool,
    /// `IN` lists are expanded in the text.
    pub render_postcompile: bool,
}

/// One column of the result.
#[derive(Clone)]
pub struct ResultColumn {
    /// The name in the text (`student_id`, `count_1`).
    pub name: Str,
    /// The name under which a row lists it (`id`).
    pub key: Str,
    pub ty: Type,
    /// What was selected.
    pub element: Option<Expr>,
}

impl ResultColumn {
    /// The conversion of this column's values, chosen once per statement.
    pub fn processor(&self, dialect: &dyn Dialect) -> Option<ResultProcessor> {
        ResultProcessor::of(&self.ty, dialect.name())
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    Select,
    Insert,
    Update,
    Delete,
    Text,
    Ddl,
    /// An expression by itself.
    Element,
}

/// A statement as text, its parameters as slots in the order of the text.
pub struct Compiled {
    pub statement: Option<Statement>,
    pub purpose: Purpose,
    pub dialect: &'static dyn Dialect,
    /// With `__[POSTCOMPILE_name]` where an `IN` list will stand.
    pub text: Str,
    /// In the order of the text.
    pub slots: Vec<Slot>,
    /// Whether the text must be expanded at each execution.
    pub expands: bool,
    pub columns: Vec<ResultColumn>,
    /// INSERT, UPDATE: columns filled by client-side defaults.
    pub prefetch: Vec<Rc<Column>>,
    /// INSERT, UPDATE: columns that the database fills.
    pub postfetch: Vec<Rc<Column>>,
    /// INSERT, UPDATE, DELETE: the table.
    pub table: Option<FromClause>,
    pub returning: bool,
    /// INSERT from values within the statement: several rows.
    pub multi_values: bool,
    pub from_select: bool,
}

/// Compiles a statement.
pub fn compile(
    host: &mut dyn Host,
    statement: &Statement,
    dialect: &'static dyn Dialect,
    options: &Options<'_>,
) -> R<Compiled> {
    let purpose = match statement {
        Statement::Insert(_) => Purpose::Insert,
        Statement::Update(_) => Purpose::Update,
        Statement::Delete(_) => Purpose::Delete,
        Statement::Text(_) => Purpose::Text,
        Statement::Ddl(_) => Purpose::Ddl,
        _ => Purpose::Select,
    };
    let mut compiler = Compiler::new(host, dialect, options);
    compiler.statement(statement)?;
    Ok(compiler.finish(Some(statement.clone()), purpose))
}

/// Compiles an expression by itself.
pub fn compile_expression(
    host: &mut dyn Host,
    expression: &Expr,
    dialect: &'static dyn Dialect,
    options: &Options<'_>,
) -> R<Compiled> {
    let mut compiler = Compiler::new(host, dialect, options);
    let flags = Flags { literal: options.literal_binds, ..Flags::default() };
    compiler.element(expression, flags)?;
    Ok(compiler.finish(None, Purpose::Element))
}

/// Compiles something that is selected from, by itself.
pub fn compile_from(
    host: &mut dyn Host,
    from: &FromClause,
    dialect: &'static dyn Dialect,
    options: &Options<'_>,
) -> R<Compiled> {
    let mut compiler = Compiler::new(host, dialect, options);
    compiler.source_alone(from)?;
    Ok(compiler.finish(None, Purpose::Element))
}

/// The text of DDL.
pub fn compile_ddl(host: &mut dyn Host, ddl: &Ddl, dialect: &'static dyn Dialect) -> R<String> {
    let options = Options { literal_binds: true, ..Options::default() };
    let mut compiler = Compiler::new(host, dialect, &options);
    compiler.ddl(ddl)?;
    Ok(compiler.out)
}

/// What holds for the part being spelled.
#[derive(Clone, Copy)]
pub struct Flags<'a> {
    pub include_table: bool,
    pub literal: bool,
    /// In the columns clause, not yet behind a label.
    pub in_columns: bool,
    pub within_label: bool,
    /// Results of this part are columns of the statement.
    pub result: bool,
    pub in_operator: bool,
    /// The label that stands for itself in ORDER BY.
    pub as_label: Option<&'a Expr>,
    /// The operator that the part stands beside.
    pub beside: Option<super::operators::Op>,
}

impl Default for Flags<'_> {
    fn default() -> Self {
        Flags {
            include_table: true,
            literal: false,
            in_columns: false,
            within_label: false,
            result: false,
            in_operator: false,
            as_label: None,
            beside: None,
        }
    }
}

/// What the statement around a part selects from and under which labels.
pub struct Level {
    /// What the statement itself selects from.
    pub own: Vec<FromClause>,
    /// That and what all statements around it do.
    pub all: Vec<FromClause>,
    /// The selected columns, for labels in ORDER BY.
    pub columns: Vec<Expr>,
    pub froms: Vec<FromClause>,
    pub result_for_compound: bool,
}

pub struct CteText {
    pub alias: Rc<Alias>,
    pub name: Str,
    pub text: String,
    pub slots: Vec<Slot>,
}

pub struct Compiler<'a> {
    pub host: &'a mut dyn Host,
    pub dialect: &'static dyn Dialect,
    pub options: Options<'a>,
    pub out: String,
    pub slots: Vec<Slot>,
    pub columns: Vec<ResultColumn>,
    pub stack: Vec<Level>,
    pub ctes: Vec<CteText>,
    /// Made-up names: to whom, from what, which number.
    names: Vec<(Owner, Str, Str)>,
    counters: Vec<(Str, usize)>,
    pub binds: Vec<(Str, Rc<Bind>)>,
    pub prefetch: Vec<Rc<Column>>,
    pub postfetch: Vec<Rc<Column>>,
    pub table: Option<FromClause>,
    pub returning: bool,
    pub multi_values: bool,
    pub from_select: bool,
    /// The recursion of nested statements, which deep trees must not exhaust.
    pub depth: usize,
    /// The CTEs being spelled, outermost first.
    pub within_cte: Vec<Rc<Alias>>,
}

impl<'a> Compiler<'a> {
    fn new(host: &'a mut dyn Host, dialect: &'static dyn Dialect, options: &Options<'a>) -> Self {
        Compiler {
            host,
            dialect,
            options: options.clone(),
            out: String::with_capacity(128),
            slots: Vec::new(),
            columns: Vec::new(),
            stack: Vec::new(),
            ctes: Vec::new(),
            names: Vec::new(),
            counters: Vec::new(),
            binds: Vec::new(),
            prefetch: Vec::new(),
            postfetch: Vec::new(),
            table: None,
            returning: false,
            multi_values: false,
            from_select: false,
            depth: 0,
            within_cte: Vec::new(),
        }
    }

    fn finish(self, statement: Option<Statement>, purpose: Purpose) -> Compiled {
        let expands = self.slots.iter().any(|slot| slot.expands());
        Compiled {
            statement,
            purpose,
            dialect: self.dialect,
            text: Str::new(&self.out),
            slots: self.slots,
            expands,
            columns: self.columns,
            prefetch: self.prefetch,
            postfetch: self.postfetch,
            table: self.table,
            returning: self.returning,
            multi_values: self.multi_values,
            from_select: self.from_select,
        }
    }

    pub fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// What `write` spells, apart from the text so far.
    pub fn aside(&mut self, write: impl FnOnce(&mut Self) -> R<()>) -> R<String> {
        let before = std::mem::take(&mut self.out);
        let outcome = write(self);
        let text = std::mem::replace(&mut self.out, before);
        outcome.map(|()| text)
    }

    /// The number of a made-up name: one for each owner, counted for each base.
    pub fn anonymous(&mut self, owner: Owner, base: &Str) -> Str {
        if let Some((_, _, name)) = self.names.iter().find(|(known, of, _)| *known == owner && of == base) {
            return name.clone();
        }
        let number = match self.counters.iter_mut().find(|(known, _)| known == base) {
            Some((_, counter)) => {
                *counter += 1;
                *counter
            }
            None => {
                self.counters.push((base.clone(), 1));
                1
            }
        };
        let name = Str::new(&format!("{base}_{number}"));
        self.names.push((owner, base.clone(), name.clone()));
        name
    }

    pub fn name_text(&mut self, name: &NameText) -> Str {
        match name {
            NameText::Plain(name) => name.clone(),
            NameText::Anonymous { owner, base } => self.anonymous(*owner, base),
            NameText::OfAlias { owner, base, suffix } => {
                let alias = self.anonymous(*owner, base);
                Str::concat(&alias, suffix)
            }
        }
    }

    /// Appends an identifier, quoted if it needs to be.
    pub fn identifier(&mut self, name: &str, quote: Option<bool>) {
        quote::push_identifier(&mut self.out, name, quote, self.dialect.reserved());
    }
}

/// The dialect of that name, where Retort can spell it.
pub fn dialect_named(name: &str) -> Option<&'static dyn Dialect> {
    match name {
        "sqlite" => Some(&SQLITE),
        "default" => Some(&DEFAULT),
        _ => None,
    }
}
