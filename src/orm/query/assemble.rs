//! From a statement over entities to one over tables: the order of the steps.
//!
//! Owns the pipeline, the items of the columns clause, added conditions, and the finished statement.
//! Must not know connections or rows. Mirrors `_ORMSelectCompileState` of `sqlalchemy/orm/context.py`.

use std::rc::Rc;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use super::adapt::{Adapter, equivalents};
use super::context::{
    ColumnSet, CompileState, CompiledState, EagerKey, FromNode, OrmExtras, QueryEntity, Which,
};
use super::entity::OrmEntity;
use super::errors;
use super::joins::entity_of;
use super::options::{LoaderCriteria, LoaderOption, OptionObject, Strategy};
use super::path::Path;
use super::setup::EntitySetup;
use super::strategy::Strategies;
use super::{bundle, polymorphic, relate};
use crate::orm::mapper::{InheritanceKind, Mapper};
use crate::orm::relationship::{Direction, Lazy};
use crate::python::value::{Host, R, Str, Value};
use crate::sql::expr::{Expr, ExprKind, ExprNode};
use crate::sql::selectable::FromClause;
use crate::sql::statement::{Correlate, LabelStyle, Select, SelectItem};
use crate::sql::{select, traverse};

/// What an entity is selected from.
pub fn selectable_of(entity: &OrmEntity) -> FromClause {
    match entity {
        OrmEntity::Mapper(mapper) => polymorphic::default_selectable_cached(mapper),
        OrmEntity::Alias(alias) => alias.selectable.clone(),
    }
}

/// Compiles a select over entities.
pub fn compile(host: &mut dyn Host, select: &Rc<Select>, toplevel: bool) -> R<CompiledState> {
    crate::orm::configure::check_configured(host)?;
    let mut state = begin(select, toplevel);
    state.read_items(host)?;
    state.apply_options(host)?;
    state.setup_from(host)?;
    state.adapt_clauses();
    state.setup_entities()?;
    state.create_eager_joins()?;
    state.add_criteria(host)?;
    state.finish()
}

/// The entities of a select, without anything else of it.
pub fn entities_of(host: &mut dyn Host, select: &Rc<Select>) -> R<Vec<QueryEntity>> {
    let mut state = begin(select, true);
    state.read_items(host)?;
    Ok(state.entities)
}

fn begin(select: &Rc<Select>, toplevel: bool) -> CompileState {
    let mut extras = OrmExtras::of(select);
    extras.compile.toplevel = toplevel;
    if !toplevel {
        extras.compile.enable_eagerloads = false;
    }
    CompileState {
        select: select.clone(),
        entities: Vec::new(),
        columns: ColumnSet::default(),
        strategies: Strategies::default(),
        from: Vec::new(),
        fallback: Vec::new(),
        eager_trees: IndexMap::new(),
        eager_joins: Vec::new(),
        eager_order_by: extras.compile.eager_order_by.clone(),
        criteria_entities: Vec::new(),
        join_entities: Vec::new(),
        joined_edges: Vec::new(),
        base_alias: None,
        user_adapters: FxHashMap::default(),
        where_: Vec::new(),
        multi_row: false,
        adding_joins: false,
        loader_criteria: Vec::new(),
        last_target: None,
        extras,
    }
}

impl CompileState {
    // The items of the columns clause.

    fn read_items(&mut self, host: &mut dyn Host) -> R<()> {
        let items = self.select.columns.clone();
        let labels = Labels::new(&self.select, self.extras.compile.legacy);
        self.entities = read_items(host, &items, Some(labels))?;
        Ok(())
    }

    fn apply_options(&mut self, host: &mut dyn Host) -> R<()> {
        let mut options: Vec<Rc<LoaderOption>> = Vec::new();
        for value in &self.select.options {
            match OptionObject::of(value) {
                Some(option) => options.push(option),
                None => {
                    let class = host.class_of(value).name.borrow().clone();
                    return Err(errors::not_an_option(&class));
                }
            }
        }
        for option in &options {
            if let LoaderOption::Criteria(criteria) = &**option {
                self.loader_criteria.push(criteria.clone());
            }
        }
        let lead = self.lead_entities();
        let compile = self.extras.compile.clone();
        self.strategies.apply(&options, &lead, &compile)?;
        if let Some(property) = &self.extras.compile.lazy_reverse {
            self.skip_reverse(property.clone());
        }
        Ok(())
    }

    /// The other side of a lazy load is there already: it is not loaded eagerly again.
    fn skip_reverse(&mut self, property: Rc<crate::orm::property::Property>) {
        let Some(relationship) = property.as_relationship() else { return };
        for reverse in relationship.reverse_properties() {
            let Some(other) = reverse.as_relationship() else { continue };
            let eager = !matches!(other.lazy.get(), Lazy::Select | Lazy::Raise | Lazy::RaiseOnSql);
            let direction = other.try_setup().map(|setup| setup.direction);
            if direction == Some(Direction::ManyToOne) && eager && relate::get_columns(&reverse).is_some() {
                let path = OrmEntity::Mapper(reverse.parent()).path().through(&reverse);
                self.strategies.force(path, Strategy::Relationship(Lazy::Select));
            }
        }
    }

    // FROM.

    fn setup_from(&mut self, host: &mut dyn Host) -> R<()> {
        let select = self.select.clone();
        for clause in &select.from {
            let entity = self.extras.from_entities.iter().find(|entity| {
                FromClause::same(&selectable_of(entity), clause)
                    || FromClause::same(&entity.selectable(), clause)
            });
            let node = match entity {
                Some(entity) => FromNode { clause: selectable_of(entity), entity: Some(entity.clone()) },
                None => FromNode { clause: clause.clone(), entity: None },
            };
            self.from.push(node);
        }
        if self.extras.compile.base_alias
            && let Some(node) = self.from.first()
        {
            let same = self.equivalents();
            self.base_alias = Some(Rc::new(Adapter::over(node.clause.clone(), same, false)));
            self.extras.compile.single_criteria = false;
        }
        for earlier in self.extras.earlier.clone() {
            let entities = read_items(host, &earlier.columns, None)?;
            self.setup_joins(&earlier.joins, &entities)?;
        }
        let entities = std::mem::take(&mut self.entities);
        let joined = self.setup_joins(&select.joins, &entities);
        self.entities = entities;
        joined
    }

    fn equivalents(&self) -> super::adapt::Equivalents {
        let mut all = Vec::new();
        for entity in self.entities.iter().filter_map(entity_of) {
            all.extend(equivalents(entity.mapper()).iter().cloned());
        }
        all.into()
    }

    fn adapt_clauses(&mut self) {
        self.where_ = self.adapt_all(&self.select.where_);
        if let Some(target) = &self.last_target
            && !self.eager_order_by.is_empty()
        {
            self.eager_order_by = target.adapt_all(&self.eager_order_by);
        }
    }

    // Columns.

    fn setup_entities(&mut self) -> R<()> {
        for index in 0..self.entities.len() {
            let mut entity = std::mem::replace(&mut self.entities[index], placeholder());
            let done = self.setup_item(index, &mut entity);
            self.entities[index] = entity;
            done?;
        }
        if self.columns.primary.is_empty() {
            return Err(errors::no_columns());
        }
        Ok(())
    }

    fn setup_item(&mut self, index: usize, item: &mut QueryEntity) -> R<()> {
        match item {
            QueryEntity::Mapper { entity, spec, .. } => {
                let entity = entity.clone();
                self.entities[index] =
                    QueryEntity::Mapper { entity: entity.clone(), label: None, spec: None };
                let discriminator = match &entity {
                    OrmEntity::Alias(alias) if alias.is_with_polymorphic => {
                        alias.mapper.polymorphic_on().map(|on| on.expr)
                    }
                    _ => None,
                };
                let adapter = self.entity_adapter(&entity);
                self.note_criteria(&entity);
                let built = self.setup_entity(EntitySetup {
                    mapper: entity.mapper(),
                    root: index,
                    path: entity.path(),
                    check_adapted: entity.is_alias(),
                    adapter,
                    which: Which::Primary,
                    with_polymorphic: entity.with_polymorphic(),
                    parent: None,
                    chained_from_outerjoin: false,
                    discriminator,
                })?;
                *spec = Some(Rc::new(built));
                self.fallback.push(selectable_of(&entity));
            }
            QueryEntity::Column { expr, entity, place, .. } => {
                let column = self.adapt(expr);
                if let Some(entity) = entity {
                    self.note_criteria(entity);
                    let mut froms = Vec::new();
                    traverse::from_objects(expr, &mut froms);
                    let clause = selectable_of(entity);
                    let own = clause.from_objects();
                    if froms.iter().any(|from| own.iter().any(|one| FromClause::same(one, from))) {
                        self.fallback.push(clause);
                    }
                }
                *place = Some(self.columns.push(&column, Which::Primary));
            }
            QueryEntity::Bundle { items, .. } => {
                let mut taken = std::mem::take(items);
                for one in &mut taken {
                    self.setup_item(index, one)?;
                }
                *items = taken;
            }
        }
        Ok(())
    }

    // Conditions that entities bring along.

    fn note_criteria(&mut self, entity: &OrmEntity) {
        let wanted =
            entity.mapper().inheritance == InheritanceKind::Single || !self.loader_criteria.is_empty();
        if wanted && !self.criteria_entities.iter().any(|known| known.same(entity)) {
            self.criteria_entities.push(entity.clone());
        }
    }

    /// What `with_loader_criteria` adds for an entity; expressions only, functions are called before.
    pub fn criteria_for(&self, entity: &OrmEntity) -> Vec<Expr> {
        let mut found = Vec::new();
        for criteria in &self.loader_criteria {
            let applies = match &criteria.entity {
                Some(wanted) => {
                    entity.mapper().isa(wanted.mapper())
                        && (!entity.is_alias() || criteria.include_aliases || wanted.same(entity))
                }
                None => is_class_of(entity.mapper(), &criteria.root),
            };
            if !applies {
                continue;
            }
            if let Some(expr) = resolved_criteria(criteria, entity.mapper()) {
                found.push(match entity.adapter() {
                    Some(adapter) => adapter.adapt(&expr),
                    None => expr,
                });
            }
        }
        found
    }

    fn add_criteria(&mut self, host: &mut dyn Host) -> R<()> {
        if !self.extras.compile.single_criteria {
            return Ok(());
        }
        resolve_lambdas(host, &mut self.loader_criteria)?;
        let mut entities = Vec::new();
        entities.extend(self.from.iter().filter_map(|node| node.entity.clone()));
        for condition in &self.select.where_ {
            surface_entities(condition, &mut entities);
        }
        for entity in entities {
            self.note_criteria(&entity);
        }
        let mut added: Vec<(usize, Expr, Vec<Value>)> = Vec::new();
        let mut others = Vec::new();
        for entity in self.criteria_entities.clone() {
            if self.join_entities.iter().any(|joined| joined.same(&entity)) {
                continue;
            }
            if let Some((on, identities)) = entity.mapper().single_table_identities() {
                let on = match entity.adapter() {
                    Some(adapter) => adapter.adapt(&on),
                    None => on,
                };
                added.push((entity.identity(), on, identities));
            }
            if !self.extras.compile.refresh {
                others.extend(self.criteria_for(&entity));
            }
        }
        let conditions =
            others.into_iter().chain(added.into_iter().map(|(_, on, values)| relate::in_values(&on, values)));
        for condition in conditions.collect::<Vec<_>>() {
            let condition = self.adapt(&condition);
            self.where_.push(condition);
        }
        Ok(())
    }

    // The statement.

    fn finish(mut self) -> R<CompiledState> {
        if self.from.is_empty() {
            let fallback = std::mem::take(&mut self.fallback);
            self.from.extend(fallback.into_iter().map(|clause| FromNode { clause, entity: None }));
        }
        let nest = self.should_nest();
        let (statement, primary_width) = if nest {
            self.compound_statement()
        } else {
            (self.simple_statement(), self.columns.primary.len())
        };
        Ok(CompiledState {
            statement,
            entities: self.entities,
            columns: self.columns,
            strategies: self.strategies,
            options: self.extras.compile,
            primary_width,
            select: self.select,
        })
    }

    /// The parts that a finished statement takes over as they are.
    fn plain_select(&self, columns: Vec<Expr>) -> Select {
        let source = &self.select;
        let mut select = Select::of(columns);
        select.rewritten = true;
        select.where_ = self.where_.clone();
        select.having = self.adapt_all(&source.having);
        select.group_by = self.adapt_all(&source.group_by);
        select.order_by = self.adapt_all(&source.order_by);
        select.limit = source.limit.clone();
        select.offset = source.offset.clone();
        select.fetch = source.fetch.clone();
        select.distinct = source.distinct;
        select.distinct_on = self.adapt_all(&source.distinct_on);
        select.for_update = source.for_update.clone();
        select.prefixes = source.prefixes.clone();
        select.suffixes = source.suffixes.clone();
        select.label_style = source.label_style;
        select.ctes = source.ctes.clone();
        select.execution_options = source.execution_options.clone();
        select.correlate = match &source.correlate {
            Correlate::Only(froms) => Correlate::Only(froms.iter().flat_map(FromClause::leaves).collect()),
            Correlate::Except(froms) => {
                Correlate::Except(froms.iter().flat_map(FromClause::leaves).collect())
            }
            other => other.clone(),
        };
        select
    }

    fn sources(&self) -> Vec<FromClause> {
        self.from.iter().map(|node| node.clause.clone()).collect()
    }

    fn simple_statement(&self) -> Select {
        let mut columns = self.columns.primary.clone();
        columns.extend(self.columns.secondary.iter().cloned());
        let mut select = self.plain_select(columns);
        let mut from = Vec::new();
        for (index, clause) in self.sources().into_iter().enumerate() {
            if !self.eager_trees.contains_key(&EagerKey::From(index)) {
                from.push(clause);
            }
        }
        // Eager joins stand last; what they are made from is seen in them alone.
        from.extend(self.eager_trees.values().map(|tree| tree.clause()));
        select.from = from;
        select.order_by.extend(self.eager_order_by.iter().cloned());
        select
    }

    /// A limited statement becomes a subquery, and the eager joins hang on that.
    fn compound_statement(&mut self) -> (Select, usize) {
        let order_by: Vec<Expr> = self.adapt_all(&self.select.order_by);
        let unwrapped: Vec<Expr> = order_by.iter().map(|one| self.unlabelled(one)).collect();
        let mut columns = self.columns.primary.clone();
        for wanted in order_columns(&columns, &unwrapped) {
            if self.columns.place(&wanted).is_none() {
                columns.push(wanted);
            }
        }
        let mut inner = self.plain_select(columns.clone());
        inner.from = self.sources();
        let width = columns.len();
        let style = inner.label_style;
        let subquery = inner.into_statement().subquery(None);
        let adapter = Adapter::over(subquery.clone(), self.equivalents(), false);
        let mut outer_columns: Vec<SelectItem> =
            subquery.columns().into_iter().map(SelectItem::Expr).collect();
        outer_columns.extend(self.columns.secondary.iter().cloned().map(SelectItem::Expr));
        let mut outer = Select::new(outer_columns);
        outer.rewritten = true;
        outer.label_style = style;
        let mut from = subquery.clone();
        for (key, tree) in &self.eager_trees {
            let stop = match key {
                EagerKey::Entity(index) => match &self.entities[*index] {
                    QueryEntity::Mapper { entity, .. } => selectable_of(entity),
                    _ => continue,
                },
                EagerKey::From(index) => self.from[*index].clause.clone(),
            };
            from = tree.clause_over(&stop, &from, &adapter);
        }
        outer.from = vec![from];
        outer.order_by = unwrapped.iter().map(|one| adapter.adapt(one)).collect();
        outer.order_by.extend(self.eager_order_by.iter().cloned());
        outer.for_update = self.select.for_update.clone();
        outer.execution_options = self.select.execution_options.clone();
        (outer, width)
    }

    /// An ORDER BY item itself, rather than a reference to a label.
    fn unlabelled(&self, item: &Expr) -> Expr {
        match &item.kind {
            ExprKind::LabelReference(inner) => inner.clone(),
            ExprKind::TextualLabelReference(name) => {
                let found = self.columns.primary.iter().find(|column| column.name().as_ref() == Some(name));
                found.cloned().unwrap_or_else(|| item.clone())
            }
            _ => item.clone(),
        }
    }
}

fn placeholder() -> QueryEntity {
    QueryEntity::Bundle { value: Value::None, label: Str::new(""), single: false, items: Vec::new() }
}

/// The expressions of an ORDER BY that the columns do not have yet.
pub fn order_columns(columns: &[Expr], order_by: &[Expr]) -> Vec<Expr> {
    let mut wanted = Vec::new();
    for item in order_by {
        let bare = unmodified(item);
        let known = columns.iter().any(|column| {
            ExprNode::same(column, &bare)
                || matches!(&column.kind, ExprKind::Label(label) if ExprNode::same(&label.element, &bare))
                || matches!(&bare.kind, ExprKind::Label(label) if ExprNode::same(&label.element, column))
        });
        if !known && !matches!(bare.kind, ExprKind::TextualLabelReference(_) | ExprKind::Text(_)) {
            wanted.push(bare);
        }
    }
    wanted
}

/// Without DESC, NULLS LAST and the like.
fn unmodified(item: &Expr) -> Expr {
    match &item.kind {
        ExprKind::Unary(unary) if unary.modifier.is_some() => unmodified(&unary.element),
        ExprKind::LabelReference(inner) => unmodified(inner),
        _ => item.clone(),
    }
}

/// The entities that an expression names, subqueries not looked into.
fn surface_entities(expression: &Expr, found: &mut Vec<OrmEntity>) {
    traverse::walk(expression, &mut |part| {
        if let Some(annotation) = &part.annotation
            && let Some(entity) = OrmEntity::of(&annotation.entity)
            && entity.mapper().inheritance == InheritanceKind::Single
        {
            found.push(entity);
        }
    });
}

fn is_class_of(mapper: &Mapper, root: &Value) -> bool {
    match root {
        Value::Class(class) => crate::python::value::Class::is_subclass(&mapper.class, class),
        _ => false,
    }
}

fn resolved_criteria(criteria: &LoaderCriteria, _mapper: &Mapper) -> Option<Expr> {
    criteria.criteria.payload::<bundle::ResolvedCriteria>().map(|resolved| resolved.0.clone())
}

/// Calls the functions among the criteria.
fn resolve_lambdas(host: &mut dyn Host, all: &mut [LoaderCriteria]) -> R<()> {
    for criteria in all {
        let argument = match (&criteria.entity, &criteria.root) {
            (Some(entity), _) => entity.into_dyn().value(),
            (None, root) => root.clone(),
        };
        criteria.criteria = bundle::resolve_criteria(host, &criteria.criteria, &argument)?;
    }
    Ok(())
}

// Items and labels.

/// How rows name their columns.
struct Labels {
    legacy: bool,
    names: Vec<Str>,
    next: usize,
}

impl Labels {
    fn new(select: &Select, legacy: bool) -> Labels {
        let names = if legacy {
            Vec::new()
        } else {
            let plain: Vec<Expr> = select
                .columns
                .iter()
                .flat_map(|item| match item {
                    SelectItem::Expr(expr) => vec![expr.clone()],
                    SelectItem::From(from) => from.columns(),
                    SelectItem::Entity(_) | SelectItem::Orm(_) => Vec::new(),
                })
                .collect();
            let labelled = select::labelled(&plain, LabelStyle::DisambiguateOnly, false);
            labelled.into_iter().map(|label| label.key).collect()
        };
        Labels { legacy, names, next: 0 }
    }

    fn of(&mut self, expr: &Expr) -> Option<Str> {
        if self.legacy {
            return match &expr.annotation {
                Some(annotation) => Some(annotation.key.clone()),
                None => expr.key(),
            };
        }
        let name = self.names.get(self.next).cloned();
        self.next += 1;
        name
    }
}

fn read_items(host: &mut dyn Host, items: &[SelectItem], mut labels: Option<Labels>) -> R<Vec<QueryEntity>> {
    let mut entities = Vec::with_capacity(items.len());
    for item in items {
        match item {
            SelectItem::Entity(entity) => match OrmEntity::of(entity) {
                Some(entity) => {
                    let label = match &entity {
                        OrmEntity::Alias(alias) => alias.name.clone(),
                        OrmEntity::Mapper(mapper) => Some(mapper.class_name.clone()),
                    };
                    entities.push(QueryEntity::Mapper { entity, label, spec: None });
                }
                None => {
                    let columns = entity.columns();
                    entities.extend(columns.iter().map(|column| column_item(column, labels.as_mut())));
                }
            },
            SelectItem::From(from) => {
                let columns = from.columns();
                entities.extend(columns.iter().map(|column| column_item(column, labels.as_mut())));
            }
            SelectItem::Expr(expr) => entities.push(column_item(expr, labels.as_mut())),
            SelectItem::Orm(element) => entities.push(bundle::read(host, element, labels.is_some())?),
        }
    }
    Ok(entities)
}

fn column_item(expr: &Expr, labels: Option<&mut Labels>) -> QueryEntity {
    let label = labels.and_then(|labels| labels.of(expr));
    let mut entity = None;
    traverse::walk(expr, &mut |part| {
        if entity.is_none()
            && let Some(annotation) = &part.annotation
        {
            entity = OrmEntity::of(&annotation.entity);
        }
    });
    let key = expr.annotation.as_ref().map(|annotation| annotation.key.clone());
    QueryEntity::Column { expr: expr.clone(), entity, label, place: None, key }
}

/// An item for a column of a bundle.
pub fn bundle_item(expr: &Expr) -> QueryEntity {
    let mut item = column_item(expr, None);
    if let QueryEntity::Column { label, key, expr, .. } = &mut item {
        *label = key.clone().or_else(|| select::proxy_key(expr));
    }
    item
}

/// The path of a statement's first entity.
pub fn first_path(entities: &[QueryEntity]) -> Path {
    entities.iter().find_map(entity_of).map_or_else(Path::root, |entity| entity.path())
}
