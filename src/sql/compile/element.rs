//! Expressions in the text.
//!
//! Owns one form for each kind of node but operators, parameters and statements. Must not know joins.

use super::operator::mark;
use super::{Compiler, Flags, ResultColumn, typename};
use crate::python::value::{R, Str};
use crate::sql::errors;
use crate::sql::expr::{Expr, ExprKind, ExprNode, FrameBound, FrameUnit, Function, Label, NameText, Over};
use crate::sql::operators::Op;
use crate::sql::select::{label_text, own_name};
use crate::sql::selectable::{AliasName, FromClause};

/// Deeper than any statement that a person writes, shallower than the stack.
const DEEPEST: usize = 400;

impl Compiler<'_> {
    pub(super) fn element(&mut self, node: &Expr, flags: Flags<'_>) -> R<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            self.depth = 0;
            return Err(errors::too_deep());
        }
        let outcome = self.element_of_kind(node, flags);
        self.depth = self.depth.saturating_sub(1);
        outcome
    }

    fn element_of_kind(&mut self, node: &Expr, flags: Flags<'_>) -> R<()> {
        let inner = Flags { in_columns: false, result: false, within_label: flags.within_label, ..flags };
        match &node.kind {
            ExprKind::Column(_) | ExprKind::Proxy(_) | ExprKind::Named(_) => self.column(node, flags),
            ExprKind::Bind(bind) => self.bind(bind, &node.ty(), flags),
            ExprKind::Null => {
                self.push("NULL");
                Ok(())
            }
            ExprKind::True => {
                self.push(self.dialect.true_text());
                Ok(())
            }
            ExprKind::False => {
                self.push(self.dialect.false_text());
                Ok(())
            }
            ExprKind::Unary(unary) => self.unary(unary, Flags { in_columns: false, ..flags }),
            ExprKind::Binary(binary) => self.binary(node, binary, inner),
            ExprKind::List(list) => {
                let mark = mark(list.operator.op).unwrap_or(" ");
                let inner = if list.boolean { Flags { in_operator: true, ..inner } } else { inner };
                self.delimited(&list.clauses, mark, inner)
            }
            ExprKind::Grouping(element) => {
                self.push("(");
                self.element(element, inner)?;
                self.push(")");
                Ok(())
            }
            ExprKind::Tuple(items) => {
                self.push("(");
                self.delimited(items, ", ", inner)?;
                self.push(")");
                Ok(())
            }
            ExprKind::Case { value, whens, else_ } => {
                self.push("CASE ");
                if let Some(value) = value {
                    self.element(value, inner)?;
                    self.push(" ");
                }
                for (condition, result) in whens {
                    self.push("WHEN ");
                    self.element(condition, inner)?;
                    self.push(" THEN ");
                    self.element(result, inner)?;
                    self.push(" ");
                }
                if let Some(else_) = else_ {
                    self.push("ELSE ");
                    self.element(else_, inner)?;
                    self.push(" ");
                }
                self.push("END");
                Ok(())
            }
            ExprKind::Cast { operand, .. } => {
                let ty = typename::type_text(self.host, &node.ty(), self.dialect)?;
                self.push("CAST(");
                self.element(operand, inner)?;
                self.push(" AS ");
                let (name, collation) = match ty.find(" COLLATE ") {
                    Some(at) => ty.split_at(at),
                    None => (ty.as_str(), ""),
                };
                self.push(name);
                self.push(")");
                self.push(collation);
                Ok(())
            }
            ExprKind::TypeCoerce(operand) => match &operand.kind {
                ExprKind::Bind(bind) => self.bind(bind, &node.ty(), inner),
                _ => self.element(operand, inner),
            },
            ExprKind::Extract { field, operand } => {
                if self.dialect.extract(self, field, operand, inner)? {
                    return Ok(());
                }
                self.push("EXTRACT(");
                self.push(field);
                self.push(" FROM ");
                self.element(operand, inner)?;
                self.push(")");
                Ok(())
            }
            ExprKind::Function(function) => self.function(function, inner),
            ExprKind::Over(over) => self.over(over, inner),
            ExprKind::FunctionFilter { function, criterion } => {
                self.element(function, inner)?;
                self.push(" FILTER (WHERE ");
                if let [condition] = criterion.as_slice() {
                    self.element(condition, inner)?;
                } else if let Some(condition) = crate::sql::operate::where_clause(criterion) {
                    self.element(&condition, inner)?;
                }
                self.push(")");
                Ok(())
            }
            ExprKind::WithinGroup { function, order_by } => {
                self.element(function, inner)?;
                self.push(" WITHIN GROUP (ORDER BY ");
                self.delimited(order_by, ", ", inner)?;
                self.push(")");
                Ok(())
            }
            ExprKind::Label(label) => self.label(node, label, flags),
            ExprKind::LabelReference(element) => self.label_reference(element, inner),
            ExprKind::TextualLabelReference(text) => self.textual_label(text, inner),
            ExprKind::Collation { name } => {
                self.identifier(name, None);
                Ok(())
            }
            ExprKind::ScalarSelect(statement) | ExprKind::SelectGrouping(statement) => {
                self.push("(");
                self.nested(statement, false)?;
                self.push(")");
                Ok(())
            }
            ExprKind::Text(text) => self.text_clause(text, flags),
            ExprKind::Slice { start, stop, step } => {
                self.element(start, inner)?;
                self.push(":");
                self.element(stop, inner)?;
                if !matches!(step.kind, ExprKind::Null) {
                    self.push(":");
                    self.element(step, inner)?;
                }
                Ok(())
            }
            ExprKind::TableValued(from) => {
                self.table_name(from)?;
                Ok(())
            }
            ExprKind::NextValue(_) => Err(errors::no_sequences(self.dialect.name())),
        }
    }

    pub(super) fn delimited(&mut self, items: &[Expr], mark: &str, flags: Flags<'_>) -> R<()> {
        for (number, item) in items.iter().enumerate() {
            if number > 0 {
                self.push(mark);
            }
            self.element(item, flags)?;
        }
        Ok(())
    }

    fn column(&mut self, node: &Expr, flags: Flags<'_>) -> R<()> {
        let Some(name) = own_name(node) else { return Err(errors::column_name_missing()) };
        let name = self.name_text(&name);
        if name.is_empty() {
            return Err(errors::column_name_missing());
        }
        if flags.result {
            let key = crate::sql::select::proxy_key(node).unwrap_or_else(|| name.clone());
            self.columns.push(ResultColumn {
                name: name.clone(),
                key,
                ty: node.ty(),
                element: Some(node.clone()),
            });
        }
        let mut quote = None;
        let table = match &node.kind {
            ExprKind::Named(named) if named.is_literal => {
                self.push(&name);
                return Ok(());
            }
            ExprKind::Column(column) => {
                quote = column.quote.get();
                column.table().map(FromClause::Table)
            }
            _ => node.table(),
        };
        if let (Some(table), true) = (table, flags.include_table) {
            self.table_prefix(&table)?;
        }
        self.identifier(&name, quote);
        Ok(())
    }

    /// `schema.table.` before a column.
    fn table_prefix(&mut self, table: &FromClause) -> R<()> {
        if self.table_name(table)? {
            self.push(".");
        }
        Ok(())
    }

    /// The name that a clause goes by; whether it has one.
    pub(super) fn table_name(&mut self, table: &FromClause) -> R<bool> {
        match table {
            FromClause::Table(table) => {
                if let Some(schema) = &table.schema {
                    self.identifier(schema, None);
                    self.push(".");
                }
                self.identifier(&table.name, table.quote);
            }
            FromClause::Light(table) => {
                if let Some(schema) = &table.schema {
                    self.identifier(schema, None);
                    self.push(".");
                }
                self.identifier(&table.name, None);
            }
            FromClause::Alias(alias) => {
                let name = self.alias_name(table, &alias.name);
                self.identifier(&name, None);
            }
            FromClause::Values(values) => match &values.name {
                Some(name) => {
                    let name = self.alias_name(table, name);
                    self.identifier(&name, None);
                }
                None => return Ok(false),
            },
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn alias_name(&mut self, from: &FromClause, name: &AliasName) -> Str {
        match name {
            AliasName::Named(name) => name.clone(),
            AliasName::Anonymous(base) => {
                // Further names of a CTE that is extended by a union are one with its first.
                let mut owner = from.id();
                if let FromClause::Alias(alias) = from {
                    let mut first = alias.clone();
                    while let Some(before) = first.cte().and_then(|cte| cte.restates.clone()) {
                        first = before;
                    }
                    owner = std::rc::Rc::as_ptr(&first) as usize;
                }
                let owner = crate::sql::expr::Owner((owner, usize::MAX), 0);
                self.anonymous(owner, base)
            }
        }
    }

    fn function(&mut self, function: &Function, flags: Flags<'_>) -> R<()> {
        if self.dialect.function(self, function, flags)? {
            return Ok(());
        }
        for package in &function.packages {
            self.identifier(package, None);
            self.push(".");
        }
        match function.known {
            Some(known) if known.ansi => {
                self.push(&known.name.to_uppercase());
                if function.arguments.is_empty() {
                    return Ok(());
                }
            }
            Some(known) if matches!(known.name, "cube" | "rollup" | "grouping_sets") => {
                self.push(&known.name.to_uppercase().replace('_', " "));
            }
            Some(known) if matches!(known.name, "coalesce" | "random" | "sysdate") => self.push(known.name),
            _ => {
                let odd = function.name.bytes().any(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_'));
                self.identifier(&function.name, Some(odd));
            }
        }
        self.arguments(function, flags)
    }

    /// `(a, b)`.
    pub(super) fn arguments(&mut self, function: &Function, flags: Flags<'_>) -> R<()> {
        self.push("(");
        self.delimited(&function.arguments, ", ", flags)?;
        self.push(")");
        Ok(())
    }

    fn over(&mut self, over: &Over, flags: Flags<'_>) -> R<()> {
        self.element(&over.element, flags)?;
        self.push(" OVER (");
        let mut gap = "";
        if !over.partition_by.is_empty() {
            self.push("PARTITION BY ");
            self.delimited(&over.partition_by, ", ", flags)?;
            gap = " ";
        }
        if !over.order_by.is_empty() {
            self.push(gap);
            self.push("ORDER BY ");
            self.delimited(&over.order_by, ", ", flags)?;
            gap = " ";
        }
        if let Some((unit, start, end)) = &over.frame {
            self.push(gap);
            self.push(match unit {
                FrameUnit::Range => "RANGE BETWEEN ",
                FrameUnit::Rows => "ROWS BETWEEN ",
                FrameUnit::Groups => "GROUPS BETWEEN ",
            });
            self.bound(start, flags)?;
            self.push(" AND ");
            self.bound(end, flags)?;
            if let Some(exclude) = &over.exclude {
                self.push(" EXCLUDE ");
                self.push(exclude);
            }
        }
        self.push(")");
        Ok(())
    }

    fn bound(&mut self, bound: &FrameBound, flags: Flags<'_>) -> R<()> {
        match bound {
            FrameBound::UnboundedPreceding => self.push("UNBOUNDED PRECEDING"),
            FrameBound::UnboundedFollowing => self.push("UNBOUNDED FOLLOWING"),
            FrameBound::CurrentRow => self.push("CURRENT ROW"),
            FrameBound::Preceding(offset) => {
                self.element(offset, flags)?;
                self.push(" PRECEDING");
            }
            FrameBound::Following(offset) => {
                self.element(offset, flags)?;
                self.push(" FOLLOWING");
            }
        }
        Ok(())
    }

    fn label(&mut self, node: &Expr, label: &Label, flags: Flags<'_>) -> R<()> {
        let with_as = flags.in_columns && !flags.within_label;
        let alone = flags.as_label.is_some_and(|wanted| same_label(wanted, node));
        let element = crate::sql::operate::self_group(&label.element, Some(&Op::As.into()));
        if with_as {
            let name = label_text(node, &label.name);
            return self.labelled(&element, &name, node, flags);
        }
        if alone {
            let name = self.name_text(&label_text(node, &label.name));
            self.identifier(&name, None);
            return Ok(());
        }
        self.element(&element, Flags { in_columns: false, ..flags })
    }

    /// `element AS name`, which becomes a column of the result.
    pub(super) fn labelled(
        &mut self,
        element: &Expr,
        name: &NameText,
        target: &Expr,
        flags: Flags<'_>,
    ) -> R<()> {
        let name = self.name_text(name);
        if flags.result {
            let key = match &target.kind {
                ExprKind::Label(_) => name.clone(),
                _ => crate::sql::select::proxy_key(target).unwrap_or_else(|| name.clone()),
            };
            let ty = target.ty();
            self.columns.push(ResultColumn { name: name.clone(), key, ty, element: Some(target.clone()) });
        }
        let inner = Flags { in_columns: false, within_label: true, result: false, ..flags };
        self.element(element, inner)?;
        self.push(" AS ");
        self.identifier(&name, None);
        Ok(())
    }

    /// An item of ORDER BY that is a label, or a modifier around one: the label's name if it is selected.
    fn label_reference(&mut self, element: &Expr, flags: Flags<'_>) -> R<()> {
        let label = ordered_label(element);
        let selected = match (&label, self.stack.last()) {
            (Some(label), Some(level)) => level.columns.iter().any(|column| same_label(column, label)),
            _ => false,
        };
        let as_label = if selected { label.as_ref() } else { None };
        self.element(element, Flags { as_label, ..flags })
    }

    /// A text in ORDER BY or GROUP BY: a label, a selected column or a column of what is selected from.
    fn textual_label(&mut self, text: &Str, flags: Flags<'_>) -> R<()> {
        let Some(level) = self.stack.last() else { return Err(errors::unresolved_label(text)) };
        let named = |column: &&Expr| {
            let label = crate::sql::select::qualified_label(column);
            match label {
                Some(NameText::Plain(label)) if label == *text => true,
                Some(NameText::Plain(_)) => false,
                _ => column.key().as_deref() == Some(&**text),
            }
        };
        let found = level.columns.iter().find(named).cloned().or_else(|| {
            let mut columns = level.froms.iter().flat_map(FromClause::columns);
            columns.find(|column| column.key().as_deref() == Some(&**text))
        });
        let found = found.or_else(|| {
            level.columns.iter().find(|column| column.key().as_deref() == Some(&**text)).cloned()
        });
        match found {
            Some(column) => {
                let own = column.clone();
                self.element(&column, Flags { as_label: Some(&own), ..flags })
            }
            None => Err(errors::unresolved_label(text)),
        }
    }

    /// `text("...")`, its `:name` parameters in place.
    pub(super) fn text_clause(&mut self, text: &crate::sql::expr::TextClause, flags: Flags<'_>) -> R<()> {
        let pieces = crate::sql::text::pieces(&text.text);
        for piece in pieces {
            match piece {
                crate::sql::text::Piece::Sql(sql) => self.push(&sql),
                crate::sql::text::Piece::Bind(name) => {
                    let bind =
                        text.binds.iter().find(|(known, _)| **known == *name).map(|(_, bind)| bind.clone());
                    match bind {
                        Some(bind) => self.element(&bind, Flags { in_columns: false, ..flags })?,
                        None => {
                            self.push(":");
                            self.push(&name);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// The label within an ORDER BY item, through its modifiers.
fn ordered_label(element: &Expr) -> Option<Expr> {
    match &element.kind {
        ExprKind::Label(_) => Some(element.clone()),
        ExprKind::Unary(unary) if unary.modifier.is_some() => ordered_label(&unary.element),
        ExprKind::Grouping(inner) => ordered_label(inner),
        _ => None,
    }
}

fn same_label(left: &Expr, right: &Expr) -> bool {
    if ExprNode::same(left, right) {
        return true;
    }
    match (&left.kind, &right.kind) {
        (ExprKind::Label(one), ExprKind::Label(other)) => {
            label_text(left, &one.name).same(&label_text(right, &other.name))
                && ExprNode::same(&one.element, &other.element)
        }
        _ => false,
    }
}
