//! What a hybrid attribute is on its class: its expression under the hybrid's name.
//!
//! Owns the object. Must not know how hybrids are declared (that is written in the language).

use super::face;
use crate::orm::mapper::Mapper;
use crate::python::value::{
    Getter, Host, Native, NativeModule, NativeType, R, Row, Slots, Str, Value, Visitor, intern, param,
};
use crate::sql::entity::{Annotation, Element, element_of, register_element};
use crate::sql::expr::{Expr, ExprNode};

/// The payload.
pub struct HybridExpression {
    expression: Expr,
    class: Str,
    name: Str,
}

impl Native for HybridExpression {
    fn trace(&self, _visitor: &mut Visitor<'_>) {}
}

pub static HYBRID_EXPRESSION: NativeType = NativeType {
    getters: &[
        Getter {
            name: "key",
            doc: "The hybrid's name.",
            get: |_, object| Ok(of(object).map_or(Value::None, |hybrid| Value::Str(hybrid.name.clone()))),
            set: None,
        },
        Getter { name: "expression", doc: "The expression.", get: |_, object| Ok(value(object)), set: None },
    ],
    slots: Slots {
        str: Some(|_, object| {
            Ok(of(object).map_or_else(
                || Str::new(""),
                |hybrid| Str::new(&format!("{}.{}", hybrid.class, hybrid.name)),
            ))
        }),
        repr: Some(|_, object| {
            Ok(Str::new(&format!(
                "<sqlalchemy.orm.attributes.hybrid_propertyProxy object at {:#x}>",
                object.id()
            )))
        }),
        hash: Some(|_, object| Ok((object.id() >> 4) as i64)),
        compare: Some(|host, op, object, other| host.compare(op, &value(object), other)),
        binary: Some(|host, op, object, other, reflected| {
            let own = value(object);
            if reflected { host.binary(op, other, &own) } else { host.binary(op, &own, other) }
        }),
        unary: Some(|host, op, object| host.unary(op, &value(object))),
        get_attr: Some(|host, object, name| host.find_attr(&value(object), name)),
        get_item: Some(|host, object, key| host.get_item(&value(object), key)),
        ..Slots::NONE
    },
    ..NativeType::plain("hybrid_propertyProxy", "sqlalchemy.orm.attributes")
};

fn of(object: &Value) -> Option<&HybridExpression> {
    object.payload::<HybridExpression>()
}

fn value(object: &Value) -> Value {
    of(object).map_or(Value::None, |hybrid| face::expr_value(&hybrid.expression))
}

/// Lets hybrids take part in statements.
pub fn register() {
    register_element(&HYBRID_EXPRESSION, |_, object| {
        Ok(of(object).map(|hybrid| Element::Expr(hybrid.expression.clone())))
    });
}

/// `hybrid_proxy(expression, class, name)`: the expression under the hybrid's name; anything else as it is.
fn proxy(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let (Some(Element::Expr(expression)), Value::Class(class), Some(name)) =
        (element_of(host, &args[0])?, &args[1], args[2].as_str())
    else {
        return Ok(args[0].clone());
    };
    let Some(mapper) = Mapper::of(class) else { return Ok(args[0].clone()) };
    let class = mapper.class_name.clone();
    let name = intern(name);
    let expression = ExprNode::annotated(&expression, Annotation { entity: mapper, key: name.clone() });
    Ok(Value::native(&HYBRID_EXPRESSION, HybridExpression { expression, class, name }))
}

pub static MODULE: NativeModule = NativeModule {
    functions: &[Row::function(
        "hybrid_proxy",
        &[param::pos("made"), param::pos("owner"), param::pos("name")],
        "An expression under a hybrid's name.",
        "",
        proxy,
    )],
    ..NativeModule::new("sqlalchemy.orm._hybrid", "Expressions of hybrids.")
};
