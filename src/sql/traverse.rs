//! Walking expressions and statements, and replacing parts of them.
//!
//! Owns the walk over children, the tables that an expression names and replacement. The structural key of a
//! statement stands in `key.rs`. Must not know spelling.

use std::rc::Rc;

use super::expr::{
    Binary, ClauseList, Expr, ExprKind, ExprNode, FrameBound, Function, Label, LabelName, Over, Unary,
};
use super::schema::Column;
use super::selectable::FromClause;

/// Visits the direct parts of an expression; statements within it are not entered.
pub fn children(expression: &Expr, visit: &mut dyn FnMut(&Expr)) {
    match &expression.kind {
        ExprKind::Unary(unary) => visit(&unary.element),
        ExprKind::Binary(binary) => {
            visit(&binary.left);
            visit(&binary.right);
        }
        ExprKind::List(list) => list.clauses.iter().for_each(visit),
        ExprKind::Grouping(element) | ExprKind::TypeCoerce(element) | ExprKind::LabelReference(element) => {
            visit(element)
        }
        ExprKind::Tuple(items) => items.iter().for_each(visit),
        ExprKind::Case { value, whens, else_ } => {
            value.iter().for_each(&mut *visit);
            for (condition, result) in whens {
                visit(condition);
                visit(result);
            }
            else_.iter().for_each(visit);
        }
        ExprKind::Cast { operand, .. } | ExprKind::Extract { operand, .. } => visit(operand),
        ExprKind::Function(function) => function.arguments.iter().for_each(visit),
        ExprKind::Over(over) => {
            visit(&over.element);
            over.partition_by.iter().for_each(&mut *visit);
            over.order_by.iter().for_each(&mut *visit);
            if let Some((_, start, end)) = &over.frame {
                for bound in [start, end] {
                    if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
                        visit(offset);
                    }
                }
            }
        }
        ExprKind::FunctionFilter { function, criterion } => {
            visit(function);
            criterion.iter().for_each(visit);
        }
        ExprKind::WithinGroup { function, order_by } => {
            visit(function);
            order_by.iter().for_each(visit);
        }
        ExprKind::Label(label) => visit(&label.element),
        ExprKind::Text(text) => text.binds.iter().for_each(|(_, bind)| visit(bind)),
        ExprKind::Slice { start, stop, step } => {
            visit(start);
            visit(stop);
            visit(step);
        }
        _ => {}
    }
}

/// Visits an expression and all within it, statements excepted.
pub fn walk(expression: &Expr, visit: &mut dyn FnMut(&Expr)) {
    visit(expression);
    children(expression, &mut |child| walk(child, visit));
}

/// The tables, aliases and joins that an expression names, in the order of their appearance.
pub fn from_objects(expression: &Expr, found: &mut Vec<FromClause>) {
    match &expression.kind {
        ExprKind::LabelReference(_) | ExprKind::TextualLabelReference(_) => {}
        ExprKind::TableValued(from) => found.extend(from.from_objects()),
        ExprKind::Column(_) | ExprKind::Proxy(_) | ExprKind::Named(_) => {
            found.extend(expression.table());
        }
        _ => children(expression, &mut |child| from_objects(child, found)),
    }
}

/// Collects the schema columns that an expression names.
pub fn columns_of(expression: &Expr, columns: &mut Vec<Rc<Column>>) {
    walk(expression, &mut |part| {
        if let ExprKind::Column(column) = &part.kind {
            columns.push(column.clone());
        }
    });
}

/// Collects the columns, of tables or aliases, that an expression names.
pub fn column_elements(expression: &Expr, columns: &mut Vec<Expr>) {
    walk(expression, &mut |part| {
        if matches!(part.kind, ExprKind::Column(_) | ExprKind::Proxy(_) | ExprKind::Named(_)) {
            columns.push(part.clone());
        }
    });
}

/// The expression with every part replaced for which `swap` has something else; the rest is shared.
pub fn replace(expression: &Expr, swap: &mut dyn FnMut(&Expr) -> Option<Expr>) -> Expr {
    if let Some(other) = swap(expression) {
        return other;
    }
    let mut changed = false;
    let mut again = |part: &Expr| -> Expr {
        let new = replace(part, swap);
        changed |= !Rc::ptr_eq(&new, part);
        new
    };
    let kind = match &expression.kind {
        ExprKind::Unary(unary) => ExprKind::Unary(Unary {
            element: again(&unary.element),
            operator: unary.operator.clone(),
            modifier: unary.modifier,
            wraps_column: unary.wraps_column,
        }),
        ExprKind::Binary(binary) => ExprKind::Binary(Binary {
            left: again(&binary.left),
            operator: binary.operator.clone(),
            right: again(&binary.right),
            negate: binary.negate.clone(),
            escape: binary.escape.clone(),
            flags: binary.flags.clone(),
            autoescape: binary.autoescape,
        }),
        ExprKind::List(list) => ExprKind::List(ClauseList {
            operator: list.operator.clone(),
            clauses: list.clauses.iter().map(again).collect(),
            group: list.group,
            boolean: list.boolean,
        }),
        ExprKind::Grouping(element) => ExprKind::Grouping(again(element)),
        ExprKind::TypeCoerce(element) => ExprKind::TypeCoerce(again(element)),
        ExprKind::LabelReference(element) => ExprKind::LabelReference(again(element)),
        ExprKind::Tuple(items) => ExprKind::Tuple(items.iter().map(again).collect()),
        ExprKind::Case { value, whens, else_ } => ExprKind::Case {
            value: value.as_ref().map(&mut again),
            whens: whens.iter().map(|(condition, result)| (again(condition), again(result))).collect(),
            else_: else_.as_ref().map(&mut again),
        },
        ExprKind::Cast { operand, try_cast } => {
            ExprKind::Cast { operand: again(operand), try_cast: *try_cast }
        }
        ExprKind::Extract { field, operand } => {
            ExprKind::Extract { field: field.clone(), operand: again(operand) }
        }
        ExprKind::Function(function) => ExprKind::Function(Function {
            name: function.name.clone(),
            packages: function.packages.clone(),
            arguments: function.arguments.iter().map(again).collect(),
            known: function.known,
        }),
        ExprKind::Over(over) => ExprKind::Over(Over {
            element: again(&over.element),
            partition_by: over.partition_by.iter().map(&mut again).collect(),
            order_by: over.order_by.iter().map(&mut again).collect(),
            frame: over.frame.clone(),
            exclude: over.exclude.clone(),
        }),
        ExprKind::FunctionFilter { function, criterion } => ExprKind::FunctionFilter {
            function: again(function),
            criterion: criterion.iter().map(&mut again).collect(),
        },
        ExprKind::WithinGroup { function, order_by } => ExprKind::WithinGroup {
            function: again(function),
            order_by: order_by.iter().map(&mut again).collect(),
        },
        ExprKind::Label(label) => ExprKind::Label(Label {
            name: match &label.name {
                LabelName::Named(name) => LabelName::Named(name.clone()),
                LabelName::Anonymous(base) => LabelName::Anonymous(base.clone()),
            },
            element: again(&label.element),
        }),
        ExprKind::ScalarSelect(statement) => {
            let new = super::select::replace_in_statement(statement, swap);
            match new {
                Some(new) => return ExprNode::rebuilt(expression, ExprKind::ScalarSelect(new)),
                None => return expression.clone(),
            }
        }
        ExprKind::SelectGrouping(statement) => {
            let new = super::select::replace_in_statement(statement, swap);
            match new {
                Some(new) => return ExprNode::rebuilt(expression, ExprKind::SelectGrouping(new)),
                None => return expression.clone(),
            }
        }
        _ => return expression.clone(),
    };
    if changed { ExprNode::rebuilt(expression, kind) } else { expression.clone() }
}

/// Replaces columns of some tables by the columns of aliases that stand for them.
pub fn adapt(expression: &Expr, aliases: &[FromClause]) -> Expr {
    replace(expression, &mut |part| match &part.kind {
        ExprKind::Column(_) | ExprKind::Proxy(_) => aliases.iter().find_map(|alias| {
            if part.table().is_some_and(|table| FromClause::same(&table, alias)) {
                return Some(part.clone());
            }
            alias.corresponding_column(part)
        }),
        _ => None,
    })
}
