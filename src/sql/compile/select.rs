//! Statements that give rows, and what they select from, in the text.
//!
//! Owns SELECT, unions, CTEs, joins, aliases. Must not know how columns are named (`sql::select`).

use std::rc::Rc;

use super::{Compiler, CteText, Flags, Level, ResultColumn, typename};
use crate::python::value::{R, Str};
use crate::sql::entity;
use crate::sql::errors;
use crate::sql::expr::{Expr, ExprKind, NameText, Unary};
use crate::sql::operate;
use crate::sql::select::{self, Labelled};
use crate::sql::selectable::{Alias, AliasElement, AliasKind, FromClause, Join, Values};
use crate::sql::statement::{CompoundSelect, Select, SelectItem, Statement};

/// Where a statement stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    /// A value within an expression.
    Scalar,
    /// Something to select from.
    From,
    /// The n-th of a union.
    Compound(usize),
    /// What INSERT inserts.
    InsertFrom,
}

impl Compiler<'_> {
    pub(super) fn statement(&mut self, statement: &Statement) -> R<()> {
        self.statement_at(statement, Place::Top, false)
    }

    /// A statement within another: as a value, or as something to select from.
    pub(super) fn nested(&mut self, statement: &Statement, as_from: bool) -> R<()> {
        self.statement_at(statement, if as_from { Place::From } else { Place::Scalar }, as_from)
    }

    pub(super) fn insert_select(&mut self, statement: &Statement) -> R<()> {
        self.statement_at(statement, Place::InsertFrom, false)
    }

    fn statement_at(&mut self, statement: &Statement, place: Place, as_from: bool) -> R<()> {
        let rewritten;
        let statement = match rewrite(self, statement)? {
            Some(other) => {
                rewritten = other;
                &rewritten
            }
            None => statement,
        };
        match statement {
            Statement::Select(select) => self.select(select, place, as_from),
            Statement::Compound(compound) => self.compound(compound, place, as_from),
            Statement::Grouping(inner) => {
                self.push("(");
                self.statement_at(inner, place, as_from)?;
                self.push(")");
                Ok(())
            }
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            Statement::Text(text) => self.text_clause(text, self.base_flags()),
            Statement::TextualSelect(textual) => {
                if self.stack.is_empty() {
                    for column in &textual.columns {
                        let name = column.name().unwrap_or_else(|| Str::new(""));
                        let key = select::proxy_key(column).unwrap_or_else(|| name.clone());
                        let element = Some(column.clone());
                        self.columns.push(ResultColumn { name, key, ty: column.ty(), element });
                    }
                }
                self.text_clause(&textual.text, self.base_flags())
            }
            Statement::Values(from) => match from {
                FromClause::Values(values) => self.values_rows(values),
                other => self.select_source(other),
            },
            Statement::Function(function) => {
                let select = Select::of(vec![function.clone()]);
                self.select(&select, place, as_from)
            }
            Statement::Ddl(ddl) => self.ddl(ddl),
        }
    }

    pub(super) fn base_flags(&self) -> Flags<'static> {
        Flags { literal: self.options.literal_binds, ..Flags::default() }
    }

    fn select(&mut self, select: &Select, place: Place, as_from: bool) -> R<()> {
        let top = self.stack.is_empty();
        let start = self.out.len();
        let (explicit, implicit) = self.enclosing(as_from);
        let all_froms = select::froms(select)?;
        let froms = select::correlated(all_froms.clone(), &select.correlate, &explicit, &implicit)?;
        let mut own = Vec::new();
        froms.iter().for_each(|from| own.extend(from.from_objects()));
        let mut all = own.clone();
        if let Some(level) = self.stack.last() {
            all.extend(level.all.iter().cloned());
        }
        let results = match place {
            Place::Compound(number) => {
                number == 0 && self.stack.last().is_none_or(|level| level.result_for_compound)
            }
            _ => top,
        };
        let columns = select::selected_columns(&select.columns);
        let labels = select::labelled(&columns, select.label_style, true);
        self.stack.push(Level { own, all, columns, froms: all_froms, result_for_compound: false });
        let outcome = self.select_body(select, &labels, &froms, results, as_from);
        self.stack.pop();
        outcome?;
        if top {
            self.prepend_ctes(start);
        }
        Ok(())
    }

    /// What the statements around lend: to an explicit correlate(), and of itself.
    fn enclosing(&self, as_from: bool) -> (Vec<FromClause>, Vec<FromClause>) {
        let Some(level) = self.stack.last() else { return (Vec::new(), Vec::new()) };
        if as_from {
            let outside = |from: &&FromClause| !level.own.iter().any(|own| FromClause::same(own, from));
            (level.all.iter().filter(outside).cloned().collect(), Vec::new())
        } else {
            (level.all.clone(), level.own.clone())
        }
    }

    fn select_body(
        &mut self,
        select: &Select,
        labels: &[Labelled],
        froms: &[FromClause],
        results: bool,
        as_from: bool,
    ) -> R<()> {
        let flags = self.base_flags();
        for cte in &select.ctes {
            self.cte(&FromClause::Alias(cte.clone()), cte)?;
        }
        self.push("SELECT ");
        for prefix in &select.prefixes {
            self.element(prefix, flags)?;
            self.push(" ");
        }
        if select.distinct {
            self.push("DISTINCT ");
        }
        for (number, item) in labels.iter().enumerate() {
            if number > 0 {
                self.push(", ");
            }
            self.select_column(item, results, as_from, true)?;
        }
        if labels.is_empty() {
            while self.out.ends_with(' ') {
                self.out.pop();
            }
        }
        if !froms.is_empty() {
            self.push(" \nFROM ");
            for (number, from) in froms.iter().enumerate() {
                if number > 0 {
                    self.push(", ");
                }
                self.select_source(from)?;
            }
        }
        self.conditions(" \nWHERE ", &select.where_, flags)?;
        if !select.group_by.is_empty() {
            self.push(" GROUP BY ");
            self.delimited(&select.group_by, ", ", flags)?;
        }
        self.conditions(" \nHAVING ", &select.having, flags)?;
        if !select.order_by.is_empty() {
            self.push(" ORDER BY ");
            self.delimited(&select.order_by, ", ", flags)?;
        }
        self.row_limit(select.limit.as_ref(), select.offset.as_ref(), select.fetch.as_ref(), flags)?;
        if select.for_update.is_some() {
            self.push(self.dialect.for_update());
        }
        for suffix in &select.suffixes {
            self.push(" ");
            self.element(suffix, flags)?;
        }
        Ok(())
    }

    fn row_limit(
        &mut self,
        limit: Option<&Expr>,
        offset: Option<&Expr>,
        fetch: Option<&Expr>,
        flags: Flags<'_>,
    ) -> R<()> {
        if let Some(fetch) = fetch {
            if let Some(offset) = offset {
                self.push("\n OFFSET ");
                self.element(offset, flags)?;
                self.push(" ROWS");
            }
            self.push("\n FETCH FIRST ");
            self.element(fetch, flags)?;
            self.push(" ROWS ONLY");
            return Ok(());
        }
        if limit.is_some() || offset.is_some() {
            let dialect = self.dialect;
            dialect.limit(self, limit, offset, flags)?;
        }
        Ok(())
    }

    pub(super) fn conditions(&mut self, word: &str, conditions: &[Expr], flags: Flags<'_>) -> R<()> {
        if let Some(condition) = operate::where_clause(conditions) {
            self.push(word);
            self.element(&condition, flags)?;
        }
        Ok(())
    }

    /// One item of the columns clause, labelled if it must or should be.
    pub(super) fn select_column(
        &mut self,
        item: &Labelled,
        results: bool,
        as_from: bool,
        include_table: bool,
    ) -> R<()> {
        let flags = Flags { in_columns: true, result: results, include_table, ..self.base_flags() };
        let column = &item.column;
        let before = self.columns.len();
        if matches!(column.kind, ExprKind::Label(_)) {
            self.element(column, flags)?;
        } else if let Some(name) = &item.required {
            self.labelled(column, name, column, flags)?;
        } else if self.labels_itself(column, as_from) {
            let name = item.fallback.clone().unwrap_or_else(|| select::anonymous_name(column));
            self.labelled(column, &name, column, flags)?;
        } else {
            self.element(column, flags)?;
        }
        if results && self.columns.len() == before {
            // A text, or DISTINCT around a column: the inner column says what it is.
            let inner = inner_column(column);
            let name = match inner.name() {
                Some(name) => name,
                None => Str::new(&self.out[self.out.len().saturating_sub(64)..]),
            };
            let key = select::proxy_key(&inner).unwrap_or_else(|| name.clone());
            self.columns.push(ResultColumn { name, key, ty: column.ty(), element: Some(inner) });
        }
        if results
            && let Some(result) = self.columns.last_mut()
            && item.required.is_some()
            && !matches!(column.kind, ExprKind::Label(_))
            && !item.repeated
        {
            result.key = item.key.clone();
            if let Some(NameText::Plain(_)) = &item.required
                && let Some(key) = select::proxy_key(column)
            {
                result.key = key;
            }
        }
        Ok(())
    }

    fn labels_itself(&self, column: &Expr, as_from: bool) -> bool {
        match &column.kind {
            ExprKind::Column(_) | ExprKind::Proxy(_) => as_from,
            ExprKind::Named(named) => as_from && !named.is_literal && named.table.borrow().is_some(),
            ExprKind::Text(_) => false,
            ExprKind::Unary(unary) => {
                let truth = unary.wraps_column && !self.dialect.native_boolean();
                truth || unnamed_inside(unary) || as_from
            }
            ExprKind::TableValued(_) => false,
            _ => true,
        }
    }

    fn compound(&mut self, compound: &CompoundSelect, place: Place, as_from: bool) -> R<()> {
        let top = self.stack.is_empty();
        let start = self.out.len();
        let flags = self.base_flags();
        let results = match place {
            Place::Compound(number) => {
                number == 0 && self.stack.last().is_none_or(|level| level.result_for_compound)
            }
            _ => top,
        };
        let (own, all) = match self.stack.last() {
            Some(level) => (level.own.clone(), level.all.clone()),
            None => (Vec::new(), Vec::new()),
        };
        let first = compound.selects.first();
        let columns = first.map(select::statement_columns).unwrap_or_default();
        let width = columns.len();
        for (number, other) in compound.selects.iter().enumerate().skip(1) {
            let count = select::statement_columns(other).len();
            if count != width {
                return Err(errors::compound_width(width, number + 1, count));
            }
        }
        self.stack.push(Level { own, all, columns, froms: Vec::new(), result_for_compound: results });
        let mut outcome = Ok(());
        for (number, part) in compound.selects.iter().enumerate() {
            if number > 0 {
                self.push(" ");
                self.push(compound.operator.text());
                self.push(" ");
            }
            outcome = self.statement_at(part, Place::Compound(number), as_from);
            if outcome.is_err() {
                break;
            }
        }
        let outcome = outcome.and_then(|()| {
            let bare = Flags { include_table: false, ..flags };
            if !compound.group_by.is_empty() {
                self.push(" GROUP BY ");
                self.delimited(&compound.group_by, ", ", bare)?;
            }
            if !compound.order_by.is_empty() {
                self.push(" ORDER BY ");
                self.delimited(&compound.order_by, ", ", bare)?;
            }
            self.row_limit(compound.limit.as_ref(), compound.offset.as_ref(), None, flags)
        });
        self.stack.pop();
        outcome?;
        if top {
            self.prepend_ctes(start);
        }
        Ok(())
    }

    /// `WITH ...` before the statement that was spelled from `start` on.
    pub(super) fn prepend_ctes(&mut self, start: usize) {
        if self.ctes.is_empty() {
            return;
        }
        let ctes = std::mem::take(&mut self.ctes);
        let recursive = ctes.iter().any(|one| one.alias.cte().is_some_and(|cte| cte.recursive));
        let mut text = String::from(if recursive { "WITH RECURSIVE " } else { "WITH " });
        let mut slots = Vec::new();
        for (number, one) in ctes.into_iter().enumerate() {
            if number > 0 {
                text.push_str(", \n");
            }
            text.push_str(&one.text);
            slots.extend(one.slots);
        }
        text.push_str("\n ");
        self.out.insert_str(start, &text);
        slots.append(&mut self.slots);
        self.slots = slots;
    }

    /// Something to select from, in a FROM list.
    pub(super) fn select_source(&mut self, from: &FromClause) -> R<()> {
        match from {
            FromClause::Table(_) | FromClause::Light(_) => self.table_name(from).map(|_| ()),
            FromClause::Alias(alias) => self.alias(from, alias),
            FromClause::Join(join) => self.join(join),
            FromClause::Values(values) => self.values(from, values),
            FromClause::Function(function) => self.element(function, self.base_flags()),
            FromClause::Text(text) => self.text_clause(text, self.base_flags()),
            FromClause::Grouping(inner) => {
                self.push("(");
                self.select_source(inner)?;
                self.push(")");
                Ok(())
            }
        }
    }

    /// Something to select from, printed by itself.
    pub(super) fn source_alone(&mut self, from: &FromClause) -> R<()> {
        match from {
            FromClause::Alias(alias) => match &alias.element {
                AliasElement::Statement(statement) => self.statement(statement),
                AliasElement::From(inner) => self.source_alone(inner),
                AliasElement::Function(function) => self.element(function, self.base_flags()),
            },
            // A table by itself is nothing to be executed.
            FromClause::Table(_) | FromClause::Light(_) => Ok(()),
            other => self.select_source(other),
        }
    }

    fn join(&mut self, join: &Rc<Join>) -> R<()> {
        self.select_source(&join.left)?;
        self.push(match (join.full, join.isouter) {
            (true, _) => " FULL OUTER JOIN ",
            (false, true) => " LEFT OUTER JOIN ",
            (false, false) => " JOIN ",
        });
        self.select_source(&join.right)?;
        self.push(" ON ");
        let condition = match &join.onclause {
            Some(condition) => {
                operate::self_group(condition, Some(&crate::sql::operators::Op::AsBool.into()))
            }
            None => crate::sql::join::condition(&join.left, &join.right)?,
        };
        self.element(&condition, self.base_flags())
    }

    fn alias(&mut self, from: &FromClause, alias: &Rc<Alias>) -> R<()> {
        match &alias.kind {
            AliasKind::Cte(cte) => {
                if let Some(original) = &cte.alias_of {
                    self.cte(&FromClause::Alias(original.clone()), original)?;
                    self.table_name(&FromClause::Alias(original.clone()))?;
                    self.push(" AS ");
                    return self.table_name(from).map(|_| ());
                }
                self.cte(from, alias)?;
                return self.table_name(from).map(|_| ());
            }
            AliasKind::Lateral => self.push("LATERAL "),
            _ => {}
        }
        // The alias of an alias is one of what that stands for.
        let mut element = &alias.element;
        while let AliasElement::From(FromClause::Alias(inner)) = element
            && matches!(inner.kind, AliasKind::Subquery | AliasKind::Alias)
        {
            element = &inner.element;
        }
        match element {
            AliasElement::From(inner) => {
                let join = matches!(inner, FromClause::Join(_));
                if join {
                    self.push("(");
                }
                self.select_source(inner)?;
                if join {
                    self.push(")");
                }
            }
            AliasElement::Statement(statement) => {
                self.push("(");
                self.nested(statement, !matches!(alias.kind, AliasKind::Lateral))?;
                self.push(")");
            }
            AliasElement::Function(function) => self.element(function, self.base_flags())?,
        }
        self.push(" AS ");
        self.table_name(from)?;
        match &alias.kind {
            AliasKind::TableValued { render_derived: true, with_types, .. } => {
                self.push("(");
                for (number, column) in alias.columns().iter().enumerate() {
                    if number > 0 {
                        self.push(", ");
                    }
                    self.identifier(&column.key, None);
                    if *with_types {
                        let ty = typename::type_text(self.host, &column.ty, self.dialect)?;
                        self.push(" ");
                        self.push(&ty);
                    }
                }
                self.push(")");
            }
            AliasKind::TableSample { sampling, seed } => {
                self.push(" TABLESAMPLE ");
                self.element(sampling, self.base_flags())?;
                if let Some(seed) = seed {
                    self.push(" REPEATABLE (");
                    self.element(seed, self.base_flags())?;
                    self.push(")");
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Spells a CTE once, to stand before the statement.
    fn cte(&mut self, from: &FromClause, alias: &Rc<Alias>) -> R<()> {
        let Some(cte) = alias.cte() else { return Ok(()) };
        let name = self.alias_name(from, &alias.name);
        if self.within_cte.iter().any(|one| Rc::ptr_eq(one, alias) || restates(one, alias)) {
            return Ok(());
        }
        if let Some(place) = self.ctes.iter().position(|one| one.name == name) {
            let known = &self.ctes[place].alias;
            if Rc::ptr_eq(known, alias) || restates(known, alias) {
                return Ok(());
            }
            if restates(alias, known) {
                self.ctes.remove(place);
            } else {
                return Err(errors::unrelated_ctes(&name));
            }
        }
        let slots_before = std::mem::take(&mut self.slots);
        self.within_cte.push(alias.clone());
        let place = self.ctes.len();
        let outcome = self.aside(|compiler| {
            compiler.identifier(&name, None);
            if cte.recursive {
                compiler.cte_columns(&alias.element)?;
            }
            compiler.push(" AS ");
            for prefix in &cte.prefixes {
                compiler.push(prefix);
                compiler.push(" ");
            }
            compiler.push("\n(");
            match &alias.element {
                AliasElement::Statement(statement) => {
                    // A CTE sees nothing of the statement that it stands in.
                    let outer = std::mem::take(&mut compiler.stack);
                    compiler.stack.push(Level {
                        own: Vec::new(),
                        all: Vec::new(),
                        columns: Vec::new(),
                        froms: Vec::new(),
                        result_for_compound: false,
                    });
                    let outcome = compiler.nested(statement, true);
                    compiler.stack = outer;
                    outcome?;
                }
                AliasElement::From(inner) => compiler.select_source(inner)?,
                AliasElement::Function(function) => compiler.element(function, compiler.base_flags())?,
            }
            compiler.push(")");
            for suffix in &cte.suffixes {
                compiler.push(" ");
                compiler.push(suffix);
            }
            Ok(())
        });
        self.within_cte.pop();
        let slots = std::mem::replace(&mut self.slots, slots_before);
        let text = outcome?;
        let _ = place;
        self.ctes.push(CteText { alias: alias.clone(), name, text, slots });
        Ok(())
    }

    fn cte_columns(&mut self, element: &AliasElement) -> R<()> {
        let AliasElement::Statement(statement) = element else { return Ok(()) };
        let mut first = statement.clone();
        loop {
            first = match &first {
                Statement::Compound(compound) => match compound.selects.first() {
                    Some(inner) => inner.clone(),
                    None => break,
                },
                Statement::Grouping(inner) => (**inner).clone(),
                _ => break,
            };
        }
        let columns = select::statement_columns(&first);
        let style = match &first {
            Statement::Select(select) => select.label_style,
            _ => crate::sql::statement::LabelStyle::DisambiguateOnly,
        };
        self.push("(");
        let mut gap = "";
        for item in select::labelled(&columns, style, true) {
            if item.repeated {
                continue;
            }
            self.push(gap);
            gap = ", ";
            let name = match &item.fallback {
                Some(name) => self.name_text(name),
                None => item.key.clone(),
            };
            self.identifier(&name, None);
        }
        self.push(")");
        Ok(())
    }

    fn values(&mut self, from: &FromClause, values: &Rc<Values>) -> R<()> {
        self.push("(");
        self.values_rows(values)?;
        self.push(")");
        if let Some(name) = &values.name {
            let name = self.alias_name(from, name);
            self.push(" AS ");
            self.identifier(&name, None);
            self.push(" (");
            let flags = Flags { include_table: false, ..self.base_flags() };
            self.delimited(&values.columns, ", ", flags)?;
            self.push(")");
        }
        Ok(())
    }

    fn values_rows(&mut self, values: &Rc<Values>) -> R<()> {
        self.push("VALUES ");
        let flags = Flags { literal: values.literal_binds || self.options.literal_binds, ..Flags::default() };
        for (number, row) in values.rows.iter().flatten().enumerate() {
            if number > 0 {
                self.push(", ");
            }
            self.push("(");
            self.delimited(row, ", ", flags)?;
            self.push(")");
        }
        Ok(())
    }
}

fn restates(newer: &Rc<Alias>, older: &Rc<Alias>) -> bool {
    let mut current = newer.cte().and_then(|cte| cte.restates.clone());
    while let Some(before) = current {
        if Rc::ptr_eq(&before, older) {
            return true;
        }
        current = before.cte().and_then(|cte| cte.restates.clone());
    }
    false
}

/// Whether what stands behind a unary operator has no name of its own.
fn unnamed_inside(unary: &Unary) -> bool {
    let mut element = &unary.element;
    while let ExprKind::Grouping(inner) = &element.kind {
        element = inner;
    }
    !matches!(
        element.kind,
        ExprKind::Column(_) | ExprKind::Proxy(_) | ExprKind::Named(_) | ExprKind::Label(_)
    )
}

fn inner_column(column: &Expr) -> Expr {
    match &column.kind {
        ExprKind::Unary(unary) => inner_column(&unary.element),
        ExprKind::Grouping(inner) => inner_column(inner),
        _ => column.clone(),
    }
}

/// A statement that holds entities, as the mapping layer would have it.
fn rewrite(compiler: &mut Compiler<'_>, statement: &Statement) -> R<Option<Statement>> {
    if !has_entities(statement) {
        return Ok(None);
    }
    match entity::rewriter() {
        Some(rewriter) => {
            let toplevel = compiler.stack.is_empty();
            rewriter(compiler.host, statement, toplevel).map(Some)
        }
        None => Ok(None),
    }
}

/// Whether the mapping layer has a say in how a statement is compiled.
pub fn has_entities(statement: &Statement) -> bool {
    let items = |items: &[SelectItem]| {
        items.iter().any(|item| match item {
            SelectItem::Entity(_) | SelectItem::Orm(_) => true,
            SelectItem::Expr(expression) => annotated(expression),
            SelectItem::From(_) => false,
        })
    };
    match statement {
        Statement::Select(select) => {
            !select.rewritten
                && (select.orm.is_some()
                    || items(&select.columns)
                    || select.joins.iter().any(|join| {
                        matches!(join.target, entity::Element::Entity(_) | entity::Element::Orm(_))
                            || matches!(join.onclause, Some(entity::Element::Orm(_)))
                    }))
        }
        Statement::Insert(insert) => insert.entity.is_some() && items(&insert.returning),
        Statement::Update(update) => update.entity.is_some() && items(&update.returning),
        Statement::Delete(delete) => delete.entity.is_some() && items(&delete.returning),
        _ => false,
    }
}

fn annotated(expression: &Expr) -> bool {
    let mut found = expression.annotation.is_some();
    if !found {
        crate::sql::traverse::children(expression, &mut |child| found = found || annotated(child));
    }
    found
}
