//! Subquery loads: the first statement once more, joined to what its objects are to have.
//!
//! Owns the statement and its rows. Must not know the rows loop. Mirrors `_SubqueryLoader` of `strategies.py`.
//!
//! ```text
//!   SELECT member..., anon_1.club_id FROM (SELECT club.id AS club_id FROM club WHERE ...) AS anon_1
//!     JOIN member ON anon_1.club_id = member.club_id
//! ```

use std::cell::RefCell;
use std::rc::Rc;

use super::keyed::KeyedRows;
use super::plan::{InstancePlan, PostPlan};
use super::rows::Context;
use crate::orm::attribute;
use crate::orm::property::Property;
use crate::orm::query::assemble;
use crate::orm::query::context::{CompileOptions, OrmExtras};
use crate::orm::query::entity::{AliasParts, AliasedEntity, OrmEntity};
use crate::orm::query::execute::{self, Execution, Why};
use crate::orm::query::joins::JoinAttribute;
use crate::orm::query::path::{Path, Step};
use crate::orm::query::{element::RelationshipElement, relate};
use crate::python::value::{Gc, Host, Instance, R, Value};
use crate::sql::compile::SlotSource;
use crate::sql::entity::Element;
use crate::sql::expr::{Expr, ExprKind, ExprNode};
use crate::sql::operate;
use crate::sql::schema::Column;
use crate::sql::select;
use crate::sql::statement::{Correlate, LabelStyle, Select, SelectItem, SetupJoin, Statement};
use crate::sql::traverse;

/// The statement that began a chain of subquery loads.
pub struct SubqueryRoot {
    pub select: Rc<Select>,
    pub path: Path,
}

/// What a subquery load has read.
pub struct SubqueryRows {
    rows: RefCell<KeyedRows>,
    columns: Vec<Rc<Column>>,
}

impl SubqueryRows {
    /// Gives an object its share.
    pub fn put(&self, host: &mut dyn Host, post: &PostPlan, instance: &Gc<Instance>) -> R<()> {
        let mapper = attribute::state_of(instance).mapper().clone();
        let mut key = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let slot = mapper.attribute_of_column(column).and_then(|attribute| attribute.slot());
            key.push(slot.map_or(Value::None, |slot| instance.slot(slot)));
        }
        let key = if key.len() == 1 { key.remove(0) } else { Value::tuple(key) };
        let members = self.rows.borrow().get(host, &key)?;
        super::post::put(host, post, instance, true, members)
    }
}

/// The properties along a path.
fn properties(path: &Path) -> Vec<Rc<Property>> {
    let along = path.steps().iter().filter_map(|step| match step {
        Step::Property(property) => Some(property.clone()),
        _ => None,
    });
    along.collect()
}

pub fn load(
    host: &mut dyn Host,
    context: &Context,
    plan: &Rc<InstancePlan>,
    post: &Rc<PostPlan>,
) -> R<SubqueryRows> {
    let inputs = &context.inputs;
    let property = &post.attribute.property;
    let (root, chain_path) = match &inputs.subquery_root {
        Some(root) => (root.select.clone(), root.path.join(&plan.path).through(property)),
        None => (original(inputs.cached.state.select.clone(), inputs), plan.path.through(property)),
    };
    let chain = properties(&chain_path);
    let first = chain.first().cloned().unwrap_or_else(|| property.clone());
    let root_entity = root_entity(host, &root, &first)?;
    let left = left_alias(&root, &root_entity, &first);
    let setup = relate::relationship(property).setup();
    let of_type = inputs.cached.state.strategies.of_type(&plan.path.through(property)).cloned();
    let target = of_type.unwrap_or_else(|| OrmEntity::Mapper(setup.mapper.clone()));
    // The chain of joins from the subquery to the target.
    let mut entities = vec![OrmEntity::Alias(left)];
    for step in &chain[..chain.len() - 1] {
        let mapper = relate::relationship(step).mapper();
        entities.push(OrmEntity::Alias(AliasedEntity::anonymous(mapper, true)));
    }
    let parent = entities.last().cloned().expect("the chain begins with the subquery");
    let local: Vec<Rc<Column>> = local_columns(property);
    let mut items = vec![SelectItem::Entity(target.into_dyn())];
    items.extend(local.iter().map(|column| SelectItem::Expr(relate::annotated(&parent, column))));
    let mut query = Select::new(items);
    query.label_style = LabelStyle::TablenamePlusCol;
    for (index, step) in chain.iter().enumerate() {
        let to = entities.get(index + 1).cloned().unwrap_or_else(|| target.clone());
        let attribute = JoinAttribute {
            property: step.clone(),
            entity: entities[index].clone(),
            of_type: Some(to),
            criteria: Vec::new(),
        };
        query.joins.push(SetupJoin {
            target: Element::Orm(Rc::new(RelationshipElement(attribute))),
            onclause: None,
            left: None,
            isouter: false,
            full: false,
        });
    }
    if let Some(option) = &post.option {
        query.where_.extend(option.criteria.iter().cloned());
    }
    query.options = inputs.options.to_vec();
    let compile = CompileOptions {
        legacy: true,
        single_criteria: false,
        current_path: plan.load_path.through(property),
        eager_order_by: setup.order_by.clone(),
        ..CompileOptions::default()
    };
    query.orm = Some(Rc::new(OrmExtras { compile, ..OrmExtras::default() }));
    let owner = property.parent();
    let mut execution =
        Execution::new(&context.session, Why::of("subquery load", &owner.class_name, &post.attribute.key));
    execution.load.populate_existing = context.populate_existing;
    execution.queue = Some(context.queue.clone());
    execution.autoflush = false;
    execution.subquery_root = Some(Rc::new(SubqueryRoot { select: root, path: chain_path }));
    let (cached, binds) = execute::prepare(host, &Rc::new(query))?;
    let mut rows = KeyedRows::default();
    execute::run(host, &cached, binds.as_deref(), execution, &mut |host, row| {
        let mut cells = row.drain(..);
        let member = cells.next().unwrap_or(Value::None);
        let mut key: Vec<Value> = cells.collect();
        let key = if key.len() == 1 { key.remove(0) } else { Value::tuple(key) };
        rows.push(host, key, member)
    })?;
    Ok(SubqueryRows { rows: RefCell::new(rows), columns: local })
}

/// The parent's columns that a relationship's condition compares.
fn local_columns(property: &Rc<Property>) -> Vec<Rc<Column>> {
    let setup = relate::relationship(property).setup();
    let mut columns: Vec<Rc<Column>> = Vec::new();
    for (local, _) in &setup.local_remote_pairs {
        let of_target = setup.secondary.is_some()
            && !setup.primaryjoin.uses.iter().any(|one| one.local && Rc::ptr_eq(&one.column, local));
        if !of_target && !columns.iter().any(|known| Rc::ptr_eq(known, local)) {
            columns.push(local.clone());
        }
    }
    columns
}

/// The statement as it ran: with its values in it, since it goes into another one.
fn original(select: Rc<Select>, inputs: &super::post::Inputs) -> Rc<Select> {
    let slots = &inputs.cached.compiled.slots;
    let mut swap = |part: &Expr| -> Option<Expr> {
        let ExprKind::Bind(bind) = &part.kind else { return None };
        let place = slots.iter().position(|slot| match &slot.source {
            SlotSource::Bind(known) => Rc::ptr_eq(known, bind),
            _ => false,
        })?;
        let mut copy = operate::copy_bind(bind);
        copy.value = inputs.raw.get(place)?.clone();
        copy.callable = None;
        copy.required = false;
        copy.unique = true;
        Some(ExprNode::new(ExprKind::Bind(Rc::new(copy)), part.ty()))
    };
    let mut copy = (*select).clone();
    for limit in [&mut copy.limit, &mut copy.offset].into_iter().flatten() {
        *limit = traverse::replace(limit, &mut swap);
    }
    match select::replace_in_statement(&Statement::Select(Rc::new(copy.clone())), &mut swap) {
        Some(Statement::Select(replaced)) => replaced,
        _ => Rc::new(copy),
    }
}

/// The entity of the first statement that the chain begins at.
fn root_entity(host: &mut dyn Host, root: &Rc<Select>, first: &Rc<Property>) -> R<OrmEntity> {
    let parent = first.parent();
    let items = assemble::entities_of(host, root)?;
    let found = items
        .iter()
        .filter_map(crate::orm::query::joins::entity_of)
        .find(|entity| entity.mapper().isa(&parent) || parent.isa(entity.mapper()));
    Ok(found.unwrap_or(OrmEntity::Mapper(parent)))
}

/// The first statement as a subquery that gives only the columns to join on.
fn left_alias(root: &Rc<Select>, entity: &OrmEntity, first: &Rc<Property>) -> Rc<AliasedEntity> {
    let columns: Vec<Expr> =
        local_columns(first).iter().map(|column| relate::annotated(entity, column)).collect();
    let mut inner = (**root).clone();
    inner.columns = columns.iter().cloned().map(SelectItem::Expr).collect();
    inner.label_style = LabelStyle::TablenamePlusCol;
    inner.options = Vec::new();
    inner.correlate = Correlate::None;
    if inner.limit.is_none() && inner.offset.is_none() {
        inner.order_by = Vec::new();
    }
    let mut extras = OrmExtras::of(root);
    extras.compile.legacy = true;
    extras.compile.toplevel = false;
    extras.compile.enable_eagerloads = false;
    extras.compile.only_load = None;
    if inner.from.is_empty() {
        inner.from = vec![assemble::selectable_of(entity)];
        extras.from_entities = vec![entity.clone()];
    }
    let setup = relate::relationship(first).setup();
    let distinct = match relate::relationship(first).distinct_target_key {
        Some(wanted) => wanted,
        None => {
            let mapper = entity.mapper();
            let is_key = |column: &Rc<Column>| mapper.primary_key.iter().any(|key| Rc::ptr_eq(key, column));
            let _ = setup;
            let local = local_columns(first);
            !mapper.primary_key.iter().all(|key| local.iter().any(|one| Rc::ptr_eq(one, key)))
                || !local.iter().any(is_key)
        }
    };
    if distinct {
        inner.distinct = true;
        // What a limited statement is ordered by must be among its distinct columns.
        let more = assemble::order_columns(&columns, &inner.order_by);
        inner.columns.extend(more.into_iter().map(SelectItem::Expr));
    }
    inner.orm = Some(Rc::new(extras));
    let subquery = inner.into_statement().subquery(None);
    AliasedEntity::new(AliasParts {
        mapper: first.parent(),
        selectable: subquery,
        name: None,
        with_polymorphic: Vec::new(),
        use_mapper_path: true,
        represents_outer_join: false,
        adapt_on_names: false,
    })
}
