//! What a select selects, from where, and under which labels.
//!
//! Owns the labelling of columns, the FROM list with its joins and correlation, and the columns that a statement
//! exports. Must not know spelling.

use std::rc::Rc;

use super::entity::Element;
use super::expr::{Expr, ExprKind, ExprNode, LabelName, NameText, Owner};
use super::selectable::{AliasColumn, AliasName, FromClause};
use super::statement::{CompoundSelect, Correlate, LabelStyle, Select, SelectItem, Statement};
use super::{errors, join, traverse};
use crate::python::value::{R, Str};

/// A selected column with the names that it may be given.
pub struct Labelled {
    /// The label that it must carry.
    pub required: Option<NameText>,
    /// The label that it carries if it has no name of its own.
    pub fallback: Option<NameText>,
    /// The name under which a row or a subquery lists it.
    pub key: Str,
    pub column: Expr,
    /// The same column stands there already.
    pub repeated: bool,
}

/// The single columns that a list of items selects.
pub fn selected_columns(items: &[SelectItem]) -> Vec<Expr> {
    let mut columns = Vec::with_capacity(items.len());
    for item in items {
        match item {
            SelectItem::Expr(expression) => match &expression.kind {
                // `select(and_list)` of a plain list stands for its parts.
                ExprKind::List(list) if !list.boolean => columns.extend(list.clauses.iter().cloned()),
                _ => columns.push(expression.clone()),
            },
            SelectItem::From(from) => columns.extend(from.columns()),
            SelectItem::Entity(entity) => columns.extend(entity.columns()),
            SelectItem::Orm(_) => {}
        }
    }
    columns
}

/// The selected columns of any statement that gives rows.
pub fn statement_columns(statement: &Statement) -> Vec<Expr> {
    match statement {
        Statement::Select(select) => selected_columns(&select.columns),
        Statement::Compound(compound) => match compound.selects.first() {
            Some(first) => statement_columns(first),
            None => Vec::new(),
        },
        Statement::Grouping(inner) => statement_columns(inner),
        Statement::TextualSelect(textual) => textual.columns.clone(),
        Statement::Values(from) => from.columns(),
        Statement::Insert(insert) => selected_columns(&insert.returning),
        Statement::Update(update) => selected_columns(&update.returning),
        Statement::Delete(delete) => selected_columns(&delete.returning),
        Statement::Function(function) => vec![function.clone()],
        Statement::Text(_) | Statement::Ddl(_) => Vec::new(),
    }
}

/// Names the columns of a columns clause, no two alike.
pub fn labelled(columns: &[Expr], style: LabelStyle, for_display: bool) -> Vec<Labelled> {
    let mut names: Vec<(NameText, (usize, usize))> = Vec::with_capacity(columns.len());
    let mut keys: Vec<Str> = Vec::with_capacity(columns.len());
    let mut dedupe = 0;
    let qualified = style == LabelStyle::TablenamePlusCol;
    let find = |names: &[(NameText, (usize, usize))], name: &NameText| {
        names.iter().find(|(known, _)| known.same(name)).map(|(_, identity)| *identity)
    };
    let mut result = Vec::with_capacity(columns.len());
    for column in columns {
        let identity = ExprNode::identity(column);
        let mut required = None;
        let mut fallback = None;
        let mut effective = None;
        let mut repeated = false;
        let again = |dedupe: &mut usize| {
            *dedupe += 1;
            dedupe_label(column, qualified, *dedupe)
        };
        if !renders_label(column) {
        } else if style == LabelStyle::None {
            fallback = own_name(column).or_else(|| Some(anonymous_name(column)));
        } else {
            if qualified {
                effective = qualified_label(column);
                required = effective.clone();
            } else {
                effective = own_name(column);
            }
            fallback = effective.clone();
            if effective.is_none() {
                match expression_label(column) {
                    Some(label) => {
                        required = Some(label.clone());
                        fallback = Some(label.clone());
                        effective = Some(label);
                    }
                    None => {
                        let name = anonymous_name(column);
                        repeated = find(&names, &name).is_some();
                        required = None;
                        fallback = Some(if repeated { again(&mut dedupe) } else { name.clone() });
                        if !repeated {
                            names.push((name, identity));
                        }
                    }
                }
            }
        }
        if let Some(name) = effective {
            match find(&names, &name) {
                None => names.push((name, identity)),
                Some(other) if other != identity => {
                    let mut label = if qualified {
                        anonymous_qualified(column)
                    } else {
                        anonymous_name_of_column(column)
                    };
                    if for_display && find(&names, &label).is_some() {
                        label = again(&mut dedupe);
                        repeated = true;
                    } else {
                        names.push((label.clone(), identity));
                    }
                    required = Some(label.clone());
                    fallback = Some(label);
                }
                Some(_) if for_display => {
                    let label = again(&mut dedupe);
                    required = Some(label.clone());
                    fallback = Some(label);
                    repeated = true;
                }
                Some(_) => {}
            }
        }
        let key = listed_key(column, style, &mut keys);
        result.push(Labelled { required, fallback, key, column: column.clone(), repeated });
    }
    result
}

/// The key under which a column is listed; a second one of the same name is numbered.
fn listed_key(column: &Expr, style: LabelStyle, keys: &mut Vec<Str>) -> Str {
    let own = if style == LabelStyle::TablenamePlusCol {
        match (qualified_label(column), proxy_key(column)) {
            (Some(NameText::Plain(label)), _) => Some(label),
            (_, key) => key,
        }
    } else {
        proxy_key(column)
    };
    let name = own.unwrap_or_else(|| Str::new("_no_label"));
    if style == LabelStyle::None || !keys.contains(&name) {
        keys.push(name.clone());
        return name;
    }
    let number = (1..).find(|number| !keys.iter().any(|key| **key == *format!("{name}_{number}")));
    let name = Str::new(&format!("{name}_{}", number.unwrap_or(1)));
    keys.push(name.clone());
    name
}

fn renders_label(column: &Expr) -> bool {
    match &column.kind {
        ExprKind::Text(_) => false,
        ExprKind::Named(named) => named.table.borrow().is_some(),
        _ => true,
    }
}

/// What an expression wraps whose name it takes over (`CAST(price AS ...) AS price`).
fn wrapped(column: &Expr) -> Option<&Expr> {
    match &column.kind {
        ExprKind::Cast { operand, .. } | ExprKind::TypeCoerce(operand) => Some(operand),
        ExprKind::WithinGroup { function, .. } => Some(function),
        ExprKind::Unary(unary) if unary.wraps_column => Some(&unary.element),
        _ => None,
    }
}

/// The name that the expression has in SQL by itself.
pub fn own_name(column: &Expr) -> Option<NameText> {
    match &column.kind {
        ExprKind::Label(label) => Some(label_text(column, &label.name)),
        ExprKind::Proxy(proxy) => Some(proxy.name.clone()),
        ExprKind::Grouping(inner) => own_name(inner),
        _ => column.name().map(NameText::Plain),
    }
}

/// A label's name as text.
pub fn label_text(node: &Expr, name: &LabelName) -> NameText {
    match name {
        LabelName::Named(name) => NameText::Plain(name.clone()),
        LabelName::Anonymous(base) => {
            NameText::Anonymous { owner: Owner(ExprNode::identity(node), 0), base: base.clone() }
        }
    }
}

fn anon() -> Str {
    thread_local! { static ANON: Str = crate::python::value::intern("anon"); }
    ANON.with(Str::clone)
}

/// The name that is made up for an expression: `count_1`, `anon_1`.
pub fn anonymous_name(column: &Expr) -> NameText {
    if let Some(inner) = wrapped(column)
        && !matches!(inner.kind, ExprKind::Text(_))
    {
        return own_name(inner).unwrap_or_else(|| anonymous_name(inner));
    }
    anonymous_name_of_column(column)
}

fn anonymous_name_of_column(column: &Expr) -> NameText {
    let owner = Owner(ExprNode::identity(column), 0);
    let base = match &column.kind {
        ExprKind::Function(function) => function.name.clone(),
        ExprKind::Proxy(proxy) => match &proxy.name {
            NameText::Plain(name) => name.clone(),
            NameText::Anonymous { base, .. } => base.clone(),
            NameText::OfAlias { suffix, .. } => suffix.clone(),
        },
        _ => column.name().unwrap_or_else(anon),
    };
    NameText::Anonymous { owner, base }
}

fn anonymous_qualified(column: &Expr) -> NameText {
    let owner = Owner(ExprNode::identity(column), 0);
    match qualified_label(column) {
        Some(NameText::Plain(label)) => NameText::Anonymous { owner, base: label },
        Some(NameText::OfAlias { base, suffix, .. }) => {
            NameText::Anonymous { owner, base: Str::new(&format!("{base}_1{suffix}")) }
        }
        _ => NameText::Anonymous { owner, base: anon() },
    }
}

/// A label that only tells a second appearance of a column from the first: `id__1`.
fn dedupe_label(column: &Expr, qualified: bool, number: usize) -> NameText {
    let base = if qualified {
        match qualified_label(column) {
            Some(NameText::Plain(label)) => label,
            Some(NameText::OfAlias { base, suffix, .. }) => Str::new(&format!("{base}_1{suffix}")),
            _ => anon(),
        }
    } else {
        match own_name(column).or_else(|| wrapped(column).and_then(own_name)) {
            Some(NameText::Plain(name)) => name,
            _ => match anonymous_name(column) {
                NameText::Anonymous { base, .. } if matches!(column.kind, ExprKind::Function(_)) => base,
                _ => anon(),
            },
        }
    };
    NameText::Anonymous {
        owner: Owner(ExprNode::identity(column), number),
        base: Str::new(&format!("{base}_")),
    }
}

/// `student_name` of a table's column, the name of a label, nothing of other expressions.
pub fn qualified_label(column: &Expr) -> Option<NameText> {
    if let Some(inner) = wrapped(column) {
        return qualified_label(inner);
    }
    let name = match &column.kind {
        ExprKind::Label(label) => return Some(label_text(column, &label.name)),
        ExprKind::Named(named) if named.is_literal => return None,
        ExprKind::Grouping(inner) => return qualified_label(inner).or_else(|| Some(anonymous_name(column))),
        _ => own_name(column)?,
    };
    let NameText::Plain(name) = name else { return Some(name) };
    let Some(table) = column.table() else { return Some(NameText::Plain(name)) };
    if let FromClause::Alias(alias) = &table
        && let AliasName::Anonymous(base) = &alias.name
    {
        let owner = Owner((table.id(), usize::MAX), 0);
        let suffix = Str::new(&format!("_{name}"));
        return Some(NameText::OfAlias { owner, base: base.clone(), suffix });
    }
    let Some(table_name) = table.name() else { return Some(NameText::Plain(name)) };
    let schema = match &table {
        FromClause::Table(table) => table.schema.clone(),
        _ => None,
    };
    let mut label = match schema {
        Some(schema) => format!("{}_{table_name}_{name}", schema.replace('.', "_")),
        None => format!("{table_name}_{name}"),
    };
    // The label must not be the name of another column of the table.
    if let FromClause::Table(table) = &table
        && table.column(&label).is_some()
    {
        let number = (1..).find(|number| table.column(&format!("{label}_{number}")).is_none());
        label = format!("{label}_{}", number.unwrap_or(1));
    }
    Some(NameText::Plain(Str::new(&label)))
}

/// The attribute that an expression without a name was reached through.
fn expression_label(column: &Expr) -> Option<NameText> {
    let annotation = column.annotation.as_ref()?;
    column.name().is_none().then(|| NameText::Plain(annotation.key.clone()))
}

/// The name under which a row lists a column.
pub fn proxy_key(column: &Expr) -> Option<Str> {
    if let Some(annotation) = &column.annotation {
        return Some(annotation.key.clone());
    }
    if let Some(inner) = wrapped(column)
        && !matches!(inner.kind, ExprKind::Text(_))
    {
        return proxy_key(inner);
    }
    column.key().or_else(|| own_name(column).and_then(|name| name.plain().cloned()))
}

/// The columns that a subquery of the statement has.
pub fn exported_columns(statement: &Statement) -> Vec<AliasColumn> {
    let style = match statement {
        Statement::Select(select) => select.label_style,
        Statement::Compound(compound) => match compound.selects.first() {
            Some(first) => return exported_columns(first),
            None => return Vec::new(),
        },
        Statement::Grouping(inner) => return exported_columns(inner),
        _ => LabelStyle::DisambiguateOnly,
    };
    let columns = statement_columns(statement);
    let mut exported = Vec::with_capacity(columns.len());
    for item in labelled(&columns, style, false) {
        if matches!(item.column.kind, ExprKind::Text(_)) {
            continue;
        }
        let name = match item.required {
            Some(name) => name,
            None => own_name(&item.column).unwrap_or_else(|| anonymous_name(&item.column)),
        };
        let key = match (&name, &item.key) {
            (NameText::Plain(name), key) if &**key == "_no_label" => name.clone(),
            (_, key) => key.clone(),
        };
        exported.push(AliasColumn { key, name, ty: item.column.ty(), source: item.column });
    }
    exported
}

/// The FROM list of a select, its joins in place, before correlation.
pub fn froms(select: &Select) -> R<Vec<FromClause>> {
    let mut listed = select.from.clone();
    for setup in &select.joins {
        add_join(select, &mut listed, setup)?;
    }
    let mut all = listed;
    item_froms(&select.columns, &mut all);
    for condition in &select.where_ {
        traverse::from_objects(condition, &mut all);
    }
    Ok(normalized(all))
}

/// What the items of a columns clause select from.
pub fn item_froms(items: &[SelectItem], found: &mut Vec<FromClause>) {
    for item in items {
        match item {
            SelectItem::Expr(expression) => traverse::from_objects(expression, found),
            SelectItem::From(from) => found.extend(from.from_objects()),
            SelectItem::Entity(entity) => found.extend(entity.selectable().from_objects()),
            SelectItem::Orm(element) => {
                found.extend(element.parent().map(|entity| entity.selectable()));
            }
        }
    }
}

/// Each once, and none that a join among them holds already.
fn normalized(all: Vec<FromClause>) -> Vec<FromClause> {
    let mut kept: Vec<FromClause> = Vec::with_capacity(all.len());
    for from in all {
        if !kept.iter().any(|one| FromClause::same(one, &from)) {
            kept.push(from);
        }
    }
    let mut hidden: Vec<usize> = Vec::new();
    for from in &kept {
        if matches!(from, FromClause::Join(_)) {
            hidden.extend(from.from_objects().iter().skip(1).map(FromClause::id));
        }
    }
    kept.retain(|from| !hidden.contains(&from.id()));
    kept
}

/// Takes out what an enclosing statement lends.
pub fn correlated(
    froms: Vec<FromClause>,
    correlate: &Correlate,
    explicit: &[FromClause],
    implicit: &[FromClause],
) -> R<Vec<FromClause>> {
    let within = |list: &[FromClause], from: &FromClause| list.iter().any(|one| FromClause::same(one, from));
    match correlate {
        Correlate::None => Ok(froms),
        Correlate::Only(only) => {
            Ok(froms.into_iter().filter(|from| !(within(explicit, from) && within(only, from))).collect())
        }
        Correlate::Except(except) => {
            Ok(froms.into_iter().filter(|from| !within(explicit, from) || within(except, from)).collect())
        }
        Correlate::Auto => {
            if implicit.is_empty() || froms.len() < 2 {
                return Ok(froms);
            }
            let left: Vec<FromClause> = froms.into_iter().filter(|from| !within(implicit, from)).collect();
            if left.is_empty() { Err(errors::correlated_away()) } else { Ok(left) }
        }
    }
}

fn add_join(select: &Select, listed: &mut Vec<FromClause>, setup: &super::statement::SetupJoin) -> R<()> {
    let right = element_from(&setup.target)?;
    let onclause = match &setup.onclause {
        Some(Element::Expr(condition)) => Some(condition.clone()),
        _ => None,
    };
    let left = match &setup.left {
        Some(left) => Some(element_from(left)?),
        None => None,
    };
    let place = match &left {
        Some(left) => {
            listed.iter().position(|from| from.from_objects().iter().any(|one| FromClause::same(one, left)))
        }
        None => None,
    };
    let (left, place) = match (left, place) {
        (Some(left), place) => (left, place),
        (None, _) => implicit_left(select, listed, &right, onclause.as_ref())?,
    };
    let condition = match onclause {
        Some(condition) => condition,
        None => join::condition(&left, &right)?,
    };
    let base = place.map_or_else(|| left.clone(), |place| listed[place].clone());
    let joined = base.join(&right, Some(condition), setup.isouter, setup.full);
    match place {
        Some(place) => listed[place] = joined,
        None => listed.push(joined),
    }
    Ok(())
}

/// What an element given to join() or select_from() is to select from.
pub fn element_from(element: &Element) -> R<FromClause> {
    match element {
        Element::From(from) => Ok(from.clone()),
        Element::Entity(entity) => Ok(entity.selectable()),
        Element::Statement(statement) => Ok(statement.subquery(None)),
        _ => Err(errors::argument_error("FROM expression, such as a Table or alias() object expected")),
    }
}

/// The left side of a join that names only its right: the one clause that can be joined.
fn implicit_left(
    select: &Select,
    listed: &[FromClause],
    right: &FromClause,
    onclause: Option<&Expr>,
) -> R<(FromClause, Option<usize>)> {
    let candidates = if listed.is_empty() {
        let mut all = Vec::new();
        item_froms(&select.columns, &mut all);
        for condition in &select.where_ {
            traverse::from_objects(condition, &mut all);
        }
        normalized(all)
    } else {
        listed.to_vec()
    };
    let found = join::joinable(&candidates, right, onclause);
    match found.as_slice() {
        [one] => Ok((candidates[*one].clone(), (!listed.is_empty()).then_some(*one))),
        [] => Err(errors::cannot_join(right)),
        _ => Err(errors::ambiguous_join()),
    }
}

/// The statement with parts of its expressions replaced, or None where nothing was.
pub fn replace_in_statement(
    statement: &Statement,
    swap: &mut dyn FnMut(&Expr) -> Option<Expr>,
) -> Option<Statement> {
    match statement {
        Statement::Select(select) => {
            let mut copy = (**select).clone();
            let mut changed = false;
            let mut again = |part: &mut Expr| {
                let new = traverse::replace(part, swap);
                changed |= !Rc::ptr_eq(&new, part);
                *part = new;
            };
            for item in &mut copy.columns {
                if let SelectItem::Expr(expression) = item {
                    again(expression);
                }
            }
            copy.where_.iter_mut().for_each(&mut again);
            copy.having.iter_mut().for_each(&mut again);
            copy.group_by.iter_mut().for_each(&mut again);
            copy.order_by.iter_mut().for_each(&mut again);
            changed.then(|| copy.into_statement())
        }
        Statement::Compound(compound) => {
            let mut copy: CompoundSelect = (**compound).clone();
            let mut changed = false;
            for select in &mut copy.selects {
                if let Some(new) = replace_in_statement(select, swap) {
                    *select = new;
                    changed = true;
                }
            }
            changed.then(|| Statement::Compound(Rc::new(copy)))
        }
        Statement::Grouping(inner) => {
            replace_in_statement(inner, swap).map(|new| Statement::Grouping(Rc::new(new)))
        }
        _ => None,
    }
}

/// The type of a statement used as a value: that of its first column.
pub fn scalar_type(statement: &Statement) -> super::types::Type {
    match statement_columns(statement).first() {
        Some(column) => column.ty(),
        None => super::types::null_type(),
    }
}
