//! The structure of a statement as a key: equal keys compile to equal texts.
//!
//! Owns the walk that makes the key and collects the parameters, whose values are no part of it.
//! Must not know spelling.
//!
//! A key is a list of numbers: kinds of nodes, addresses of tables, columns and types, hashes of names. Addresses
//! are good for as long as the statement that they came from lives, so whoever keeps a key keeps the statement too.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::entity::Element;
use super::expr::{Bind, Expr, ExprKind, FrameBound, LabelName};
use super::selectable::{AliasElement, AliasKind, AliasName, FromClause};
use super::statement::{
    ConflictTarget, Correlate, OnConflict, Select, SelectItem, SetExpr, SetTarget, SetValue, Statement,
};
use super::types::Type;
use crate::python::value::Str;

/// The structure of a statement, and its parameters in the order of the walk.
#[derive(Default)]
pub struct Key {
    pub tokens: Vec<u64>,
    pub binds: Vec<Rc<Bind>>,
    /// Made-up identities (aliases, repeated parameters) are numbered, so that they may differ between statements.
    seen: FxHashMap<usize, u64>,
    /// Something in the statement cannot be compared: it must be compiled anew.
    pub uncacheable: bool,
}

impl Key {
    pub fn of(statement: &Statement) -> Key {
        let mut key = Key { tokens: Vec::with_capacity(64), ..Key::default() };
        key.statement(statement);
        key
    }

    pub fn of_expression(expression: &Expr) -> Key {
        let mut key = Key::default();
        key.expr(expression);
        key
    }

    #[inline]
    pub fn push(&mut self, token: u64) {
        self.tokens.push(token);
    }

    fn address<T: ?Sized>(&mut self, shared: &Rc<T>) {
        self.push(Rc::as_ptr(shared).cast::<u8>() as usize as u64);
    }

    pub fn name(&mut self, name: &Str) {
        self.push(name.hash() as u64);
    }

    fn ty(&mut self, ty: &Type) {
        self.address(ty);
    }

    fn list(&mut self, items: &[Expr]) {
        self.push(items.len() as u64);
        for item in items {
            self.expr(item);
        }
    }

    fn option(&mut self, item: Option<&Expr>) {
        match item {
            Some(item) => self.expr(item),
            None => self.push(0),
        }
    }

    pub fn expr(&mut self, node: &Expr) {
        if let Some(annotation) = &node.annotation {
            self.push(annotation.entity.identity() as u64);
            self.name(&annotation.key);
        }
        match &node.kind {
            ExprKind::Column(column) => {
                self.push(1);
                self.address(column);
            }
            ExprKind::Proxy(proxy) => {
                self.push(2);
                self.from(&proxy.from);
                self.push(proxy.index as u64);
            }
            ExprKind::Named(named) => {
                self.push(3 + u64::from(named.is_literal) * 256);
                self.name(&named.name);
                self.ty(&node.ty());
                if let Some(table) = &*named.table.borrow() {
                    self.address(table);
                }
            }
            ExprKind::Bind(bind) => self.bind(bind, &node.ty()),
            ExprKind::Null => self.push(5),
            ExprKind::True => self.push(6),
            ExprKind::False => self.push(7),
            ExprKind::Unary(unary) => {
                let operator = unary.operator.as_ref().map_or(255, |operator| operator.op as u64);
                let modifier = unary.modifier.map_or(255, |modifier| modifier as u64);
                self.push(8 | operator << 8 | modifier << 16 | u64::from(unary.wraps_column) << 24);
                if let Some(custom) = unary.operator.as_ref().and_then(|operator| operator.custom.as_ref()) {
                    self.name(&custom.text);
                }
                self.expr(&unary.element);
            }
            ExprKind::Binary(binary) => {
                self.push(9 | (binary.operator.op as u64) << 8);
                if let Some(custom) = &binary.operator.custom {
                    self.name(&custom.text);
                }
                if let Some(escape) = &binary.escape {
                    self.name(escape);
                }
                self.expr(&binary.left);
                self.expr(&binary.right);
                if matches!(
                    binary.operator.op,
                    super::operators::Op::JsonGetItem | super::operators::Op::JsonPathGetItem
                ) {
                    self.ty(&node.ty());
                }
            }
            ExprKind::List(list) => {
                self.push(10 | (list.operator.op as u64) << 8);
                self.list(&list.clauses);
            }
            ExprKind::Grouping(element) => {
                self.push(11);
                self.expr(element);
            }
            ExprKind::Tuple(items) => {
                self.push(12);
                self.list(items);
            }
            ExprKind::Case { value, whens, else_ } => {
                self.push(13);
                self.option(value.as_ref());
                self.push(whens.len() as u64);
                for (condition, result) in whens {
                    self.expr(condition);
                    self.expr(result);
                }
                self.option(else_.as_ref());
            }
            ExprKind::Cast { operand, .. } => {
                self.push(14);
                self.ty(&node.ty());
                self.expr(operand);
            }
            ExprKind::TypeCoerce(operand) => {
                self.push(15);
                self.ty(&node.ty());
                self.expr(operand);
            }
            ExprKind::Extract { field, operand } => {
                self.push(16);
                self.name(field);
                self.expr(operand);
            }
            ExprKind::Function(function) => {
                self.push(17);
                self.name(&function.name);
                function.packages.iter().for_each(|package| self.name(package));
                self.ty(&node.ty());
                self.list(&function.arguments);
            }
            ExprKind::Over(over) => {
                self.push(18);
                self.expr(&over.element);
                self.list(&over.partition_by);
                self.list(&over.order_by);
                if let Some((unit, start, end)) = &over.frame {
                    self.push(*unit as u64);
                    self.bound(start);
                    self.bound(end);
                }
                if let Some(exclude) = &over.exclude {
                    self.name(exclude);
                }
            }
            ExprKind::FunctionFilter { function, criterion } => {
                self.push(19);
                self.expr(function);
                self.list(criterion);
            }
            ExprKind::WithinGroup { function, order_by } => {
                self.push(20);
                self.expr(function);
                self.list(order_by);
            }
            ExprKind::Label(label) => {
                self.push(21);
                match &label.name {
                    LabelName::Named(name) => self.name(name),
                    LabelName::Anonymous(base) => {
                        self.number(Rc::as_ptr(node) as usize);
                        self.name(base);
                    }
                }
                self.expr(&label.element);
            }
            ExprKind::LabelReference(element) => {
                self.push(22);
                self.expr(element);
            }
            ExprKind::TextualLabelReference(text) => {
                self.push(23);
                self.name(text);
            }
            ExprKind::Collation { name } => {
                self.push(24);
                self.name(name);
            }
            ExprKind::ScalarSelect(statement) => {
                self.push(25);
                self.statement(statement);
            }
            ExprKind::SelectGrouping(statement) => {
                self.push(26);
                self.statement(statement);
            }
            ExprKind::Text(text) => {
                self.push(27);
                self.text(text);
            }
            ExprKind::Slice { start, stop, step } => {
                self.push(28);
                self.expr(start);
                self.expr(stop);
                self.expr(step);
            }
            ExprKind::TableValued(from) => {
                self.push(29);
                self.from(from);
            }
            ExprKind::NextValue(name) => {
                self.push(30);
                self.name(name);
            }
        }
    }

    fn text(&mut self, text: &super::expr::TextClause) {
        self.name(&text.text);
        for (_, bind) in &text.binds {
            self.expr(bind);
        }
    }

    /// A number for something whose address means nothing beyond this statement.
    fn number(&mut self, address: usize) -> bool {
        let next = self.seen.len() as u64;
        let (number, fresh) = match self.seen.get(&address) {
            Some(number) => (*number, false),
            None => {
                self.seen.insert(address, next);
                (next, true)
            }
        };
        self.push(number);
        fresh
    }

    fn bind(&mut self, bind: &Rc<Bind>, ty: &Type) {
        let flags =
            u64::from(bind.unique) | u64::from(bind.expanding) << 1 | u64::from(bind.literal_execute) << 2;
        self.push(4 | flags << 8 | bind.expand_op.map_or(255, |op| op as u64) << 16);
        self.name(&bind.key);
        self.ty(ty);
        let address = Rc::as_ptr(bind) as usize;
        let known = self.binds.iter().position(|one| Rc::as_ptr(one) as usize == address);
        match known {
            Some(place) => self.push(place as u64),
            None => {
                self.push(u64::MAX);
                self.binds.push(bind.clone());
            }
        }
        if bind.literal_execute && !bind.expanding {
            self.uncacheable = true;
        }
    }

    fn bound(&mut self, bound: &FrameBound) {
        match bound {
            FrameBound::UnboundedPreceding => self.push(1),
            FrameBound::CurrentRow => self.push(2),
            FrameBound::UnboundedFollowing => self.push(3),
            FrameBound::Preceding(offset) => {
                self.push(4);
                self.expr(offset);
            }
            FrameBound::Following(offset) => {
                self.push(5);
                self.expr(offset);
            }
        }
    }

    pub fn from(&mut self, from: &FromClause) {
        match from {
            FromClause::Table(table) => self.address(table),
            FromClause::Light(table) => self.address(table),
            FromClause::Alias(alias) => {
                self.push(40);
                // Its insides once; then its number.
                if !self.number(Rc::as_ptr(alias) as usize) {
                    return;
                }
                match &alias.name {
                    AliasName::Named(name) => self.name(name),
                    AliasName::Anonymous(base) => {
                        self.push(1);
                        self.name(base);
                    }
                }
                match &alias.kind {
                    AliasKind::Alias => self.push(1),
                    AliasKind::Subquery => self.push(2),
                    AliasKind::Lateral => self.push(3),
                    AliasKind::Cte(cte) => {
                        self.push(4 | u64::from(cte.recursive) << 8 | u64::from(cte.nesting) << 9);
                        for other in [&cte.restates, &cte.alias_of].into_iter().flatten() {
                            self.from(&FromClause::Alias(other.clone()));
                        }
                        cte.prefixes.iter().chain(&cte.suffixes).for_each(|text| self.name(text));
                    }
                    AliasKind::TableValued { columns, render_derived, with_types } => {
                        self.push(5 | u64::from(*render_derived) << 8 | u64::from(*with_types) << 9);
                        self.list(columns);
                    }
                    AliasKind::TableSample { sampling, seed } => {
                        self.push(6);
                        self.expr(sampling);
                        self.option(seed.as_ref());
                    }
                }
                match &alias.element {
                    AliasElement::From(inner) => self.from(inner),
                    AliasElement::Statement(statement) => self.statement(statement),
                    AliasElement::Function(function) => self.expr(function),
                }
            }
            FromClause::Join(join) => {
                self.push(41 | u64::from(join.isouter) << 8 | u64::from(join.full) << 9);
                self.from(&join.left);
                self.from(&join.right);
                self.option(join.onclause.as_ref());
            }
            FromClause::Values(values) => {
                self.push(42);
                self.list(&values.columns);
                for row in values.rows.iter().flatten() {
                    self.list(row);
                }
            }
            FromClause::Function(function) => {
                self.push(43);
                self.expr(function);
            }
            FromClause::Text(text) => {
                self.push(44);
                self.text(text);
            }
            FromClause::Grouping(inner) => {
                self.push(45);
                self.from(inner);
            }
        }
    }

    fn items(&mut self, items: &[SelectItem]) {
        self.push(items.len() as u64);
        for item in items {
            match item {
                SelectItem::Expr(expression) => self.expr(expression),
                SelectItem::From(from) => {
                    self.push(50);
                    self.from(from);
                }
                SelectItem::Entity(entity) => {
                    self.push(51);
                    self.push(entity.identity() as u64);
                }
                SelectItem::Orm(element) => {
                    self.push(52);
                    self.push(element.identity() as u64);
                }
            }
        }
    }

    fn element(&mut self, element: &Element) {
        match element {
            Element::Expr(expression) => self.expr(expression),
            Element::From(from) => self.from(from),
            Element::Statement(statement) => self.statement(statement),
            Element::Entity(entity) => {
                self.push(51);
                self.push(entity.identity() as u64);
            }
            Element::Orm(element) => {
                self.push(52);
                self.push(element.identity() as u64);
            }
        }
    }

    fn select(&mut self, select: &Select) {
        self.push(60 | (select.label_style as u64) << 8 | u64::from(select.distinct) << 16);
        self.items(&select.columns);
        for from in &select.from {
            self.push(61);
            self.from(from);
        }
        for join in &select.joins {
            self.push(62 | u64::from(join.isouter) << 8 | u64::from(join.full) << 9);
            self.element(&join.target);
            match &join.onclause {
                Some(onclause) => self.element(onclause),
                None => self.push(0),
            }
            if let Some(left) = &join.left {
                self.push(63);
                self.element(left);
            }
        }
        self.list(&select.where_);
        self.list(&select.group_by);
        self.list(&select.having);
        self.list(&select.order_by);
        self.option(select.limit.as_ref());
        self.option(select.offset.as_ref());
        self.option(select.fetch.as_ref());
        if let Some(update) = &select.for_update {
            self.push(64 | u64::from(update.read) << 8 | u64::from(update.nowait) << 9);
        }
        match &select.correlate {
            Correlate::Auto => {}
            Correlate::None => self.push(65),
            Correlate::Only(froms) => {
                self.push(66);
                froms.iter().for_each(|from| self.from(from));
            }
            Correlate::Except(froms) => {
                self.push(67);
                froms.iter().for_each(|from| self.from(from));
            }
        }
        if !select.prefixes.is_empty() || !select.suffixes.is_empty() {
            self.push(68);
            self.list(&select.prefixes);
            self.list(&select.suffixes);
        }
        for cte in &select.ctes {
            self.from(&FromClause::Alias(cte.clone()));
        }
    }

    pub fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Select(select) => self.select(select),
            Statement::Compound(compound) => {
                self.push(70 | (compound.operator as u64) << 8);
                self.push(compound.selects.len() as u64);
                compound.selects.iter().for_each(|select| self.statement(select));
                self.list(&compound.group_by);
                self.list(&compound.order_by);
                self.option(compound.limit.as_ref());
                self.option(compound.offset.as_ref());
            }
            Statement::Grouping(inner) => {
                self.push(71);
                self.statement(inner);
            }
            Statement::Text(text) => {
                self.push(72);
                self.text(text);
            }
            Statement::TextualSelect(textual) => {
                self.push(73);
                self.text(&textual.text);
                self.list(&textual.columns);
            }
            Statement::Values(from) => {
                self.push(74);
                self.from(from);
            }
            Statement::Function(function) => {
                self.push(75);
                self.expr(function);
            }
            Statement::Insert(insert) => {
                self.push(76 | u64::from(insert.inline) << 8);
                self.from(&insert.table);
                self.set(&insert.values);
                self.push(insert.multi_values.len() as u64);
                insert.multi_values.iter().for_each(|row| self.set(row));
                if let Some((targets, statement)) = &insert.from_select {
                    targets.iter().for_each(|target| self.target(target));
                    self.statement(statement);
                }
                self.items(&insert.returning);
                if let Some(conflict) = &insert.on_conflict {
                    self.conflict(conflict);
                }
                self.list(&insert.prefixes);
                insert.ctes.iter().for_each(|cte| self.from(&FromClause::Alias(cte.clone())));
            }
            Statement::Update(update) => {
                self.push(77 | u64::from(update.ordered) << 8);
                self.from(&update.table);
                self.set(&update.values);
                self.list(&update.where_);
                self.items(&update.returning);
                self.list(&update.prefixes);
                update.ctes.iter().for_each(|cte| self.from(&FromClause::Alias(cte.clone())));
            }
            Statement::Delete(delete) => {
                self.push(78);
                self.from(&delete.table);
                self.list(&delete.where_);
                self.items(&delete.returning);
                self.list(&delete.prefixes);
                delete.ctes.iter().for_each(|cte| self.from(&FromClause::Alias(cte.clone())));
            }
            Statement::Ddl(_) => self.uncacheable = true,
        }
    }

    fn target(&mut self, target: &SetTarget) {
        match target {
            SetTarget::Column(column) => self.address(column),
            SetTarget::Name(name) => self.name(name),
            SetTarget::Expr(expression) => self.expr(expression),
        }
    }

    fn set(&mut self, values: &[SetValue]) {
        self.push(values.len() as u64);
        for value in values {
            self.target(&value.column);
            match &value.value {
                // Values written into the statement are parameters of their own; their place is their name.
                SetExpr::Value(_) => self.uncacheable = true,
                SetExpr::Expr(expression) => self.expr(expression),
            }
        }
    }

    fn conflict(&mut self, conflict: &OnConflict) {
        self.push(80);
        for target in &conflict.target {
            match target {
                ConflictTarget::Name(name) => self.name(name),
                ConflictTarget::Expr(expression) => self.expr(expression),
            }
        }
        self.option(conflict.target_where.as_ref());
        if let Some(update) = &conflict.update {
            self.set(&update.set);
            self.option(update.where_.as_ref());
        }
    }

    /// Relates the slots of a compiled statement to this key's parameters.
    pub fn index_slots(&self, slots: &mut [super::compile::Slot]) {
        for slot in slots {
            if let super::compile::SlotSource::Bind(bind) = &slot.source {
                slot.index = self.binds.iter().position(|one| Rc::ptr_eq(one, bind));
            }
        }
    }
}
