//! Operators applied to expressions: which node comes out, of which type, with which parentheses.
//!
//! Owns comparisons, arithmetic, conjunctions, negation and grouping, all over expressions. What becomes of plain
//! values stands in `coerce.rs`. Must not know spelling.

use super::errors;
use super::expr::{self, Binary, Bind, ClauseList, Expr, ExprKind, ExprNode, Label, LabelName, Unary};
use super::operators::{Op, Operator, is_precedent};
use super::types::affinity::sanitized;
use super::types::{self, Affinity, Type, adapt_operator};
use crate::python::value::{R, Str, Value};

/// What `like(escape=)` and its kin add to a comparison.
#[derive(Clone, Default)]
pub struct Modifiers {
    pub escape: Option<Str>,
    pub flags: Option<Str>,
    pub autoescape: bool,
}

/// A comparison of two expressions; against NULL, true and false it becomes `IS` where SQL needs that.
pub fn compare(operator: Operator, left: &Expr, right: &Expr) -> R<Expr> {
    compare_with(operator, left, right, Modifiers::default())
}

pub fn compare_with(operator: Operator, left: &Expr, right: &Expr, modifiers: Modifiers) -> R<Expr> {
    let constant = matches!(right.kind, ExprKind::Null | ExprKind::True | ExprKind::False);
    let op = operator.op;
    if constant && operator.custom.is_none() && !is_collection(left) {
        let truth = !matches!(right.kind, ExprKind::Null);
        let (op, negate) = match op {
            Op::Eq | Op::Ne if truth => (op, op.negation()),
            Op::IsDistinctFrom | Op::IsNotDistinctFrom => (op, op.negation()),
            Op::Eq | Op::Is => (Op::Is, Some(Op::IsNot)),
            Op::Ne | Op::IsNot => (Op::IsNot, Some(Op::Is)),
            _ => return Err(errors::constant_comparison()),
        };
        return Ok(binary_node(
            left,
            op.into(),
            right,
            types::boolean(),
            negate.map(Operator::from),
            modifiers,
        ));
    }
    let ty = if matches!(op, Op::Match | Op::NotMatch) { types::match_type() } else { types::boolean() };
    let mut negate = op.negation().map(Operator::from);
    if is_collection(left) || is_collection(right) {
        negate = None;
    }
    Ok(binary_node(left, operator, right, ty, negate, modifiers))
}

/// `right op ANY (left)`: a collection stands on the right whichever side it was written on.
pub fn compare_mirrored(op: Op, left: &Expr, right: &Expr) -> R<Expr> {
    if op.negation().is_none() && !matches!(op, Op::Lt | Op::Le | Op::Gt | Op::Ge) {
        return Err(errors::only_comparisons());
    }
    let mirrored = match op {
        Op::Lt => Op::Gt,
        Op::Le => Op::Ge,
        Op::Gt => Op::Lt,
        Op::Ge => Op::Le,
        op => op,
    };
    Ok(binary_node(right, mirrored.into(), left, types::boolean(), None, Modifiers::default()))
}

/// `left = right`, for conditions that are built rather than written.
pub fn equals(left: &Expr, right: &Expr) -> Expr {
    binary_node(left, Op::Eq.into(), right, types::boolean(), Some(Op::Ne.into()), Modifiers::default())
}

/// `ANY (...)` or `ALL (...)`, which stand on the right of a comparison.
pub fn is_collection(expression: &Expr) -> bool {
    matches!(&expression.kind, ExprKind::Unary(Unary { operator: Some(operator), .. })
        if matches!(operator.op, Op::Any | Op::All))
}

/// A binary node, its sides grouped as the operator needs.
pub fn binary_node(
    left: &Expr,
    operator: Operator,
    right: &Expr,
    ty: Type,
    negate: Option<Operator>,
    modifiers: Modifiers,
) -> Expr {
    let binary = Binary {
        left: self_group(left, Some(&operator)),
        right: self_group(right, Some(&operator)),
        operator,
        negate,
        escape: modifiers.escape,
        flags: modifiers.flags,
        autoescape: modifiers.autoescape,
    };
    ExprNode::new(ExprKind::Binary(binary), ty)
}

/// Arithmetic, concatenation and custom operators: the types decide what the operator becomes.
pub fn arithmetic(operator: Operator, left: &Expr, right: &Expr) -> Expr {
    if let Some(custom) = &operator.custom {
        let ty = match (&custom.return_type, custom.is_comparison) {
            (Some(ty), _) => ty.clone(),
            (None, true) => types::boolean(),
            (None, false) => adapt_operator(&left.ty(), Op::Custom, &right.ty()).1,
        };
        return binary_node(left, operator, right, ty, None, Modifiers::default());
    }
    let (op, ty) = adapt_operator(&left.ty(), operator.op, &right.ty());
    typed_binary(op, left, right, ty)
}

/// `left op right` of a type that is known, associative chains made flat.
pub fn typed_binary(op: Op, left: &Expr, right: &Expr, ty: Type) -> Expr {
    if op.is_associative() {
        let flat = |side: &Expr| -> Option<Vec<Expr>> {
            if Affinity::of(&side.ty()) != Affinity::of(&ty) {
                return None;
            }
            match &side.kind {
                ExprKind::Binary(binary) if binary.operator.op == op => {
                    Some(vec![binary.left.clone(), binary.right.clone()])
                }
                ExprKind::List(list) if list.operator.op == op => Some(list.clauses.clone()),
                _ => None,
            }
        };
        let (lefts, rights) = (flat(left), flat(right));
        if lefts.is_some() || rights.is_some() {
            let operator = Operator::from(op);
            let mut clauses = lefts.unwrap_or_else(|| vec![left.clone()]);
            clauses.extend(rights.unwrap_or_else(|| vec![right.clone()]));
            let clauses = clauses.iter().map(|clause| self_group(clause, Some(&operator))).collect();
            let list = ClauseList { operator, clauses, group: true, boolean: true };
            return ExprNode::new(ExprKind::List(list), ty);
        }
    }
    let negate = op.negation().map(Operator::from);
    binary_node(left, op.into(), right, ty, negate, Modifiers::default())
}

/// `a AND b`, constants taken out, nested conjunctions made flat. None of nothing.
pub fn and_(clauses: Vec<Expr>) -> Option<Expr> {
    conjunction(Op::And, clauses, true)
}

pub fn or_(clauses: Vec<Expr>) -> Option<Expr> {
    conjunction(Op::Or, clauses, true)
}

/// What WHERE and HAVING make of their conditions: joined by AND, each grouped but not made flat.
pub fn where_clause(clauses: &[Expr]) -> Option<Expr> {
    conjunction(Op::And, clauses.to_vec(), false)
}

/// `a AND b` where constants stay: conditions that were given rather than written out.
pub fn and_whole(clauses: Vec<Expr>) -> Option<Expr> {
    if clauses.len() < 2 {
        return clauses.into_iter().next();
    }
    let operator = Operator::from(Op::And);
    let mut grouped = Vec::with_capacity(clauses.len());
    for clause in &clauses {
        let clause = self_group(clause, Some(&operator));
        match &clause.kind {
            ExprKind::List(list) if list.boolean && list.operator.same(&operator) => {
                grouped.extend(list.clauses.iter().cloned());
            }
            _ => grouped.push(clause),
        }
    }
    let list = ClauseList { operator, clauses: grouped, group: true, boolean: true };
    Some(ExprNode::new(ExprKind::List(list), types::boolean()))
}

fn conjunction(op: Op, clauses: Vec<Expr>, flatten: bool) -> Option<Expr> {
    let skip_true = op == Op::And;
    let mut kept: Vec<Expr> = Vec::with_capacity(clauses.len());
    let mut passed = None;
    for clause in clauses {
        match (&clause.kind, skip_true) {
            (ExprKind::True, true) | (ExprKind::False, false) => passed = Some(clause),
            (ExprKind::True, false) | (ExprKind::False, true) => {
                kept = vec![clause];
                break;
            }
            _ => kept.push(clause),
        }
    }
    if kept.is_empty() {
        kept.extend(passed);
    }
    let operator = Operator::from(op);
    match kept.len() {
        0 => None,
        1 => Some(self_group(&kept[0], Some(&Op::AsBool.into()))),
        _ => {
            let mut grouped = Vec::with_capacity(kept.len());
            for clause in &kept {
                let clause = self_group(clause, Some(&operator));
                match &clause.kind {
                    ExprKind::List(list) if flatten && list.boolean && list.operator.same(&operator) => {
                        grouped.extend(list.clauses.iter().cloned());
                    }
                    _ => grouped.push(clause),
                }
            }
            let list = ClauseList { operator, clauses: grouped, group: true, boolean: true };
            Some(ExprNode::new(ExprKind::List(list), types::boolean()))
        }
    }
}

/// A unary node, its element grouped as the operator needs.
pub fn unary(operator: Op, element: &Expr, ty: Type) -> Expr {
    expr::unary(operator, self_group(element, Some(&operator.into())), ty)
}

/// `x DESC` and its kin.
pub fn modified(modifier: Op, element: &Expr) -> Expr {
    let element = self_group(element, Some(&modifier.into()));
    let kind = Unary { element, operator: None, modifier: Some(modifier), wraps_column: false };
    ExprNode::new(ExprKind::Unary(kind), types::null_type())
}

fn as_boolean(element: &Expr, operator: Op) -> Expr {
    let kind = Unary {
        element: element.clone(),
        operator: Some(operator.into()),
        modifier: None,
        wraps_column: true,
    };
    ExprNode::new(ExprKind::Unary(kind), types::boolean())
}

/// `NOT x`, or the opposite operator where there is one.
pub fn negate(expression: &Expr) -> Expr {
    let boolean = Affinity::of(&expression.ty()) == Affinity::Boolean;
    match &expression.kind {
        ExprKind::True => return expr::false_(),
        ExprKind::False => return expr::true_(),
        ExprKind::Binary(binary) => {
            let Some(negated) = &binary.negate else {
                return negate(&self_group(expression, None));
            };
            let right = match &binary.right.kind {
                ExprKind::Bind(bind) if bind.expand_op == Some(binary.operator.op) => {
                    let mut flipped = copy_bind(bind);
                    flipped.expand_op = Some(negated.op);
                    flipped.into_expr(binary.right.ty())
                }
                _ => binary.right.clone(),
            };
            let opposite = Binary {
                left: binary.left.clone(),
                operator: negated.clone(),
                right,
                negate: Some(binary.operator.clone()),
                escape: binary.escape.clone(),
                flags: binary.flags.clone(),
                autoescape: binary.autoescape,
            };
            return ExprNode::new(ExprKind::Binary(opposite), expression.ty());
        }
        ExprKind::List(list) if list.boolean => {
            let grouped = self_group(expression, Some(&Op::Inv.into()));
            return expr::unary(Op::Inv, grouped, types::null_type());
        }
        ExprKind::Unary(Unary { wraps_column: true, element, operator: Some(operator), .. }) => {
            return match &element.kind {
                ExprKind::True | ExprKind::False => negate(element),
                _ => as_boolean(element, operator.op.negation().unwrap_or(Op::IsFalse)),
            };
        }
        ExprKind::Unary(_) if boolean => {
            let grouped = self_group(expression, Some(&Op::Inv.into()));
            return expr::unary(Op::Inv, grouped, types::boolean());
        }
        ExprKind::Label(label) => {
            return relabel(label, negate(&label.element), expression.ty());
        }
        _ => {}
    }
    if boolean {
        return as_boolean(expression, Op::IsFalse);
    }
    let grouped = self_group(expression, Some(&Op::Inv.into()));
    expr::unary(Op::Inv, grouped, types::null_type())
}

fn relabel(label: &Label, element: Expr, ty: Type) -> Expr {
    let name = match &label.name {
        LabelName::Named(name) => LabelName::Named(name.clone()),
        LabelName::Anonymous(base) => LabelName::Anonymous(base.clone()),
    };
    ExprNode::new(ExprKind::Label(Label { name, element }), ty)
}

pub fn copy_bind(bind: &Bind) -> Bind {
    Bind {
        key: bind.key.clone(),
        unique: bind.unique,
        value: bind.value.clone(),
        callable: bind.callable.clone(),
        required: bind.required,
        expanding: bind.expanding,
        literal_execute: bind.literal_execute,
        is_outparam: bind.is_outparam,
        expand_op: bind.expand_op,
        is_limit: bind.is_limit,
    }
}

/// The expression with the parentheses that it needs within `against`.
pub fn self_group(expression: &Expr, against: Option<&Operator>) -> Expr {
    let within = against.map(|operator| operator.op);
    match &expression.kind {
        ExprKind::Binary(binary) => operator_group(expression, &binary.operator, true, against),
        ExprKind::List(list) if list.clauses.is_empty() => expression.clone(),
        ExprKind::List(list) => {
            if list.boolean {
                operator_group(expression, &list.operator, list.group, against)
            } else if list.group && is_precedent(&list.operator, against) {
                expr::grouping(expression.clone())
            } else {
                expression.clone()
            }
        }
        ExprKind::Unary(unary) => match &unary.operator {
            Some(operator) if !unary.wraps_column && is_precedent(operator, against) => {
                expr::grouping(expression.clone())
            }
            _ => expression.clone(),
        },
        ExprKind::Grouping(_)
        | ExprKind::Tuple(_)
        | ExprKind::ScalarSelect(_)
        | ExprKind::SelectGrouping(_)
        | ExprKind::LabelReference(_)
        | ExprKind::TextualLabelReference(_)
        | ExprKind::Collation { .. } => expression.clone(),
        ExprKind::Label(label) => {
            let element = self_group(&label.element, against);
            if std::rc::Rc::ptr_eq(&element, &label.element) {
                expression.clone()
            } else {
                relabel(label, element, expression.ty())
            }
        }
        ExprKind::TypeCoerce(inner) => {
            let element = self_group(inner, against);
            if std::rc::Rc::ptr_eq(&element, inner) {
                expression.clone()
            } else {
                ExprNode::new(ExprKind::TypeCoerce(element), expression.ty())
            }
        }
        ExprKind::Text(_) if within == Some(Op::In) => expr::grouping(expression.clone()),
        ExprKind::Text(_) => expression.clone(),
        ExprKind::FunctionFilter { .. } if is_precedent(&Op::Filter.into(), against) => {
            expr::grouping(expression.clone())
        }
        ExprKind::Function(_) if matches!(within, Some(Op::GetItem)) => expr::grouping(expression.clone()),
        _ => match within {
            Some(Op::And | Op::Or | Op::AsBool) if Affinity::of(&expression.ty()) == Affinity::Boolean => {
                as_boolean(expression, Op::IsTrue)
            }
            Some(Op::Any | Op::All) => expr::grouping(expression.clone()),
            _ => expression.clone(),
        },
    }
}

fn operator_group(expression: &Expr, own: &Operator, group: bool, against: Option<&Operator>) -> Expr {
    let negated = against.is_some_and(|operator| operator.op == Op::Inv);
    let boolean = own.op.is_boolean() || own.is_comparison();
    if (group && is_precedent(own, against)) || (negated && !boolean) {
        expr::grouping(expression.clone())
    } else {
        expression.clone()
    }
}

/// `column IN (a, b)` over expressions, as constraints of types use it.
pub fn in_expressions(left: &Expr, items: Vec<Expr>) -> Expr {
    let list = ClauseList { operator: Op::Comma.into(), clauses: items, group: true, boolean: false };
    let list = ExprNode::new(ExprKind::List(list), types::null_type());
    expr::binary(left.clone(), Op::In.into(), expr::grouping(list), types::boolean())
}

/// Items separated by commas.
pub fn comma_list(clauses: Vec<Expr>) -> Expr {
    let list = ClauseList { operator: Op::Comma.into(), clauses, group: true, boolean: false };
    ExprNode::new(ExprKind::List(list), types::null_type())
}

/// `a BETWEEN b AND c`.
pub fn between(op: Op, left: &Expr, low: Expr, high: Expr, symmetric: bool) -> Expr {
    let range =
        ClauseList { operator: Op::And.into(), clauses: vec![low, high], group: false, boolean: true };
    let range = ExprNode::new(ExprKind::List(range), types::null_type());
    binary_node(
        left,
        op.into(),
        &range,
        types::null_type(),
        op.negation().map(Operator::from),
        Modifiers { flags: symmetric.then(|| Str::new(SYMMETRIC)), ..Modifiers::default() },
    )
}

/// The flag of a BETWEEN that takes its bounds in any order.
pub const SYMMETRIC: &str = "symmetric";

/// The parameter that a value becomes beside `left`, named after it and of its type unless the value has its own.
pub fn bind_beside(left: &Expr, op: Op, value: Value) -> Expr {
    let ty = types::affinity::compared_type(&bind_type(left), op, &value);
    Bind::anonymous(bind_base(left), value).into_expr(ty)
}

/// The parameter of an `IN` list.
pub fn bind_list_beside(left: &Expr, op: Op, values: Vec<Value>) -> Expr {
    let own = bind_type(left);
    let ty = match values.first() {
        Some(first) => types::affinity::compared_type(&own, op, first),
        None => own,
    };
    let mut bind = Bind::anonymous(bind_base(left), Value::list(values));
    bind.expanding = true;
    bind.expand_op = Some(op);
    bind.into_expr(ty)
}

fn bind_type(left: &Expr) -> Type {
    match &left.kind {
        ExprKind::Unary(unary) if is_collection(left) => unary.element.ty(),
        _ => left.ty(),
    }
}

/// What the name of a parameter beside an expression begins with.
pub fn bind_base(left: &Expr) -> Str {
    thread_local! { static PARAM: Str = crate::python::value::intern("param"); }
    match &left.kind {
        ExprKind::Column(column) => sanitized(&column.key()),
        ExprKind::Proxy(proxy) => sanitized(&proxy.key),
        ExprKind::Named(named) => sanitized(&named.name),
        ExprKind::Function(function) => function.name.clone(),
        ExprKind::ScalarSelect(_) | ExprKind::Label(_) => PARAM.with(Str::clone),
        _ => PARAM.with(Str::clone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Expr {
        expr::named_column(Str::new(name), types::integer())
    }

    fn is_grouped(expression: &Expr) -> bool {
        matches!(expression.kind, ExprKind::Grouping(_))
    }

    #[test]
    fn looser_operators_are_grouped_within_tighter_ones() {
        let sum = arithmetic(Op::Add.into(), &column("a"), &column("b"));
        let product = arithmetic(Op::Mul.into(), &sum, &column("c"));
        let ExprKind::Binary(product) = &product.kind else { panic!("a product is binary") };
        assert!(is_grouped(&product.left));
        let more = arithmetic(Op::Add.into(), &sum, &column("c"));
        let ExprKind::List(more) = &more.kind else { panic!("a chain of sums is flat") };
        assert_eq!(more.clauses.len(), 3);
    }

    #[test]
    fn negation_turns_the_operator_and_back() {
        let equal = equals(&column("a"), &column("b"));
        let other = negate(&equal);
        let ExprKind::Binary(binary) = &other.kind else { panic!("a comparison stays one") };
        assert_eq!(binary.operator.op, Op::Ne);
        let both = and_(vec![equal.clone(), negate(&equal)]).expect("two conditions");
        let ExprKind::Unary(not) = &negate(&both).kind else { panic!("a conjunction is negated as a whole") };
        assert!(is_grouped(&not.element));
    }

    #[test]
    fn constants_fall_out_of_conjunctions() {
        let equal = equals(&column("a"), &column("b"));
        let alone = and_(vec![expr::true_(), equal.clone()]).expect("one condition is left");
        assert!(ExprNode::same(&alone, &equal));
        let never = and_(vec![expr::false_(), equal]).expect("false is left");
        assert!(
            matches!(&never.kind, ExprKind::Unary(unary) if matches!(unary.element.kind, ExprKind::False))
        );
    }
}
