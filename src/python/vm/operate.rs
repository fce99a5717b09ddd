//! Operators.
//!
//! Owns the fast arithmetic of small numbers, the order in which both sides of an operator are asked, comparison.
//! Must not know what any kind answers.

use super::attr::is_native_slot;
use super::{Vm, errors};
use crate::python::value::{BinaryOp, Class, CompareOp, Host, R, UnaryOp, Value, intern, primitive_eq};

/// The result on small integers, where it is a small integer.
#[inline(always)]
pub(super) fn quick_int(op: BinaryOp, a: i64, b: i64) -> Option<i64> {
    Some(match op {
        BinaryOp::Add => a.checked_add(b)?,
        BinaryOp::Sub => a.checked_sub(b)?,
        BinaryOp::Mul => a.checked_mul(b)?,
        BinaryOp::Mod if b > 0 => a.rem_euclid(b),
        BinaryOp::FloorDiv if b > 0 => a.div_euclid(b),
        BinaryOp::And => a & b,
        BinaryOp::Or => a | b,
        BinaryOp::Xor => a ^ b,
        BinaryOp::LeftShift if (0..62).contains(&b) && a.unsigned_abs() < (1 << (62 - b)) => a << b,
        BinaryOp::RightShift if (0..64).contains(&b) => a >> b,
        _ => return None,
    })
}

#[inline(always)]
pub(super) fn compare_ints(op: CompareOp, a: i64, b: i64) -> bool {
    match op {
        CompareOp::Eq => a == b,
        CompareOp::Ne => a != b,
        CompareOp::Lt => a < b,
        CompareOp::Le => a <= b,
        CompareOp::Gt => a > b,
        CompareOp::Ge => a >= b,
    }
}

/// The result on small integers and floats, where it needs no big integer and raises nothing.
#[inline(always)]
pub(super) fn quick(op: BinaryOp, left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => {
            let (a, b) = (*a, *b);
            match op {
                BinaryOp::Div if b != 0 && a.unsigned_abs() < (1 << 53) && b.unsigned_abs() < (1 << 53) => {
                    Some(Value::Float(a as f64 / b as f64))
                }
                BinaryOp::Pow if (0..64).contains(&b) => a.checked_pow(b as u32).map(Value::Int),
                op => quick_int(op, a, b).map(Value::Int),
            }
        }
        (Value::Float(a), Value::Float(b)) => quick_float(op, *a, *b),
        (Value::Float(a), Value::Int(b)) if b.unsigned_abs() < (1 << 53) => quick_float(op, *a, *b as f64),
        (Value::Int(a), Value::Float(b)) if a.unsigned_abs() < (1 << 53) => quick_float(op, *a as f64, *b),
        _ => None,
    }
}

#[inline(always)]
fn quick_float(op: BinaryOp, a: f64, b: f64) -> Option<Value> {
    Some(Value::Float(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div if b != 0.0 => a / b,
        _ => return None,
    }))
}

/// The answer on values of the same simple kind.
#[inline(always)]
pub(super) fn quick_compare(op: CompareOp, left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(compare_ints(op, *a, *b)),
        (Value::Float(a), Value::Float(b)) => Some(match op {
            CompareOp::Eq => a == b,
            CompareOp::Ne => a != b,
            CompareOp::Lt => a < b,
            CompareOp::Le => a <= b,
            CompareOp::Gt => a > b,
            CompareOp::Ge => a >= b,
        }),
        (Value::Str(a), Value::Str(b)) => Some(match op {
            CompareOp::Eq => a == b,
            CompareOp::Ne => a != b,
            CompareOp::Lt => a.as_str() < b.as_str(),
            CompareOp::Le => a.as_str() <= b.as_str(),
            CompareOp::Gt => a.as_str() > b.as_str(),
            CompareOp::Ge => a.as_str() >= b.as_str(),
        }),
        (Value::None, Value::None) => match op {
            CompareOp::Eq => Some(true),
            CompareOp::Ne => Some(false),
            _ => None,
        },
        _ => None,
    }
}

impl Vm {
    /// A binary operator on any two values.
    pub(super) fn binary_slow(
        &mut self,
        op: BinaryOp,
        left: &Value,
        right: &Value,
        in_place: bool,
    ) -> R<Value> {
        if let Some(value) = quick(op, left, right) {
            return Ok(value);
        }
        if in_place {
            let answer = self.in_place(op, left, right)?;
            if !matches!(answer, Value::NotImplemented) {
                return Ok(answer);
            }
        }
        let answer = self.binary_sides(op, left, right)?;
        if !matches!(answer, Value::NotImplemented) {
            return Ok(answer);
        }
        let (left, right) = (self.type_name(left), self.type_name(right));
        let symbol = match (op, in_place) {
            (BinaryOp::Pow, true) => "** or pow()=".to_string(),
            (BinaryOp::Pow, false) => "** or pow()".to_string(),
            (op, true) => format!("{}=", op.symbol()),
            (op, false) => op.symbol().to_string(),
        };
        let symbol = if symbol == "** or pow()=" { "**=".to_string() } else { symbol };
        Err(errors::unsupported(&symbol, &left, &right))
    }

    fn in_place(&mut self, op: BinaryOp, left: &Value, right: &Value) -> R<Value> {
        if let Value::Instance(instance) = left {
            let class = instance.class();
            let name = intern(&format!("__i{}__", op.stem()));
            if let Some(found) = class.lookup(&name) {
                let method = self.bind_special(&found, left, &class)?;
                return self.call_values(&method, std::slice::from_ref(right));
            }
            return Ok(Value::NotImplemented);
        }
        // Builtin containers change themselves.
        let mutable = matches!(left, Value::List(_) | Value::Dict(_) | Value::Set(_));
        if !mutable {
            return Ok(Value::NotImplemented);
        }
        let class = self.class_of(left);
        let name = intern(&format!("__i{}__", op.stem()));
        match class.lookup(&name) {
            Some(found) => {
                let method = self.bind_special(&found, left, &class)?;
                self.call_values(&method, std::slice::from_ref(right))
            }
            None => Ok(Value::NotImplemented),
        }
    }

    fn binary_sides(&mut self, op: BinaryOp, left: &Value, right: &Value) -> R<Value> {
        // A proper subclass on the right that overrides the reflected method is asked first.
        let right_first = match (left, right) {
            (_, Value::Instance(instance)) => {
                let (left_class, right_class) = (self.class_of(left), instance.class());
                !crate::python::value::Gc::ptr_eq(&left_class, &right_class)
                    && Class::is_subclass(&right_class, &left_class)
            }
            _ => false,
        };
        if right_first {
            let answer = self.one_side(op, right, left, true)?;
            if !matches!(answer, Value::NotImplemented) {
                return Ok(answer);
            }
        }
        let answer = self.one_side(op, left, right, false)?;
        if !matches!(answer, Value::NotImplemented) || right_first {
            return Ok(answer);
        }
        let same = matches!((left, right), (Value::Instance(a), Value::Instance(b))
            if crate::python::value::Gc::ptr_eq(&a.class(), &b.class())
                && std::ptr::eq(a.class().native, &crate::python::value::OBJECT));
        if same {
            return Ok(Value::NotImplemented);
        }
        self.one_side(op, right, left, true)
    }

    fn one_side(&mut self, op: BinaryOp, object: &Value, other: &Value, reflected: bool) -> R<Value> {
        let class = match object {
            Value::Instance(instance) => Some(instance.class()),
            Value::Class(class) => class.metaclass.borrow().clone(),
            _ => None,
        };
        if let Some(class) = class {
            let name = if reflected {
                intern(&format!("__r{}__", op.stem()))
            } else {
                intern(&format!("__{}__", op.stem()))
            };
            if let Some(found) = class.lookup(&name)
                && !is_native_slot(&found)
            {
                let method = self.bind_special(&found, object, &class)?;
                return self.call_values(&method, std::slice::from_ref(other));
            }
        }
        match self.native_of(object).slot(|slots| slots.binary) {
            Some(binary) => binary(self, op, object, other, reflected),
            None => Ok(Value::NotImplemented),
        }
    }

    pub(super) fn unary_operation(&mut self, op: UnaryOp, operand: &Value) -> R<Value> {
        match (op, operand) {
            (UnaryOp::Negative, Value::Int(number)) if *number != i64::MIN => return Ok(Value::Int(-number)),
            (UnaryOp::Negative, Value::Float(number)) => return Ok(Value::Float(-number)),
            _ => {}
        }
        let names = self.names.clone();
        let (name, symbol) = match op {
            UnaryOp::Negative => (&names.neg, "-"),
            UnaryOp::Positive => (&names.pos, "+"),
            UnaryOp::Invert => (&names.invert, "~"),
        };
        if let Some(method) = self.special(operand, name)? {
            return self.call_values(&method, &[]);
        }
        if let Some(unary) = self.native_of(operand).slot(|slots| slots.unary) {
            let answer = unary(self, op, operand)?;
            if !matches!(answer, Value::NotImplemented) {
                return Ok(answer);
            }
        }
        let kind = self.type_name(operand);
        Err(errors::bad_operand(symbol, &kind))
    }

    pub(super) fn rich_compare(&mut self, op: CompareOp, left: &Value, right: &Value) -> R<Value> {
        if let Some(answer) = quick_compare(op, left, right) {
            return Ok(Value::Bool(answer));
        }
        if matches!(op, CompareOp::Eq | CompareOp::Ne)
            && !matches!(left, Value::Instance(_))
            && !matches!(right, Value::Instance(_))
            && let Some(equal) = primitive_eq(left, right)
        {
            return Ok(Value::Bool(equal == (op == CompareOp::Eq)));
        }
        let right_first = match right {
            Value::Instance(instance) => {
                let (left_class, right_class) = (self.class_of(left), instance.class());
                !crate::python::value::Gc::ptr_eq(&left_class, &right_class)
                    && Class::is_subclass(&right_class, &left_class)
            }
            _ => false,
        };
        if right_first {
            let answer = self.compare_side(op.reflected(), right, left)?;
            if !matches!(answer, Value::NotImplemented) {
                return Ok(answer);
            }
        }
        let answer = self.compare_side(op, left, right)?;
        if !matches!(answer, Value::NotImplemented) {
            return Ok(answer);
        }
        if !right_first {
            let answer = self.compare_side(op.reflected(), right, left)?;
            if !matches!(answer, Value::NotImplemented) {
                return Ok(answer);
            }
        }
        match op {
            CompareOp::Eq => Ok(Value::Bool(left.is(right))),
            CompareOp::Ne => Ok(Value::Bool(!left.is(right))),
            op => {
                let (left, right) = (self.type_name(left), self.type_name(right));
                Err(errors::not_comparable(op.symbol(), &left, &right))
            }
        }
    }

    fn compare_side(&mut self, op: CompareOp, object: &Value, other: &Value) -> R<Value> {
        let class = match object {
            Value::Instance(instance) => Some(instance.class()),
            Value::Class(class) => class.metaclass.borrow().clone(),
            _ => None,
        };
        if let Some(class) = class {
            let name = intern(op.method());
            if let Some(found) = class.lookup(&name)
                && !is_native_slot(&found)
            {
                let method = self.bind_special(&found, object, &class)?;
                return self.call_values(&method, std::slice::from_ref(other));
            }
            // `!=` is the opposite of `==` unless the class says otherwise.
            if op == CompareOp::Ne
                && let Some(found) = class.lookup(&self.names.eq.clone())
                && !is_native_slot(&found)
            {
                let method = self.bind_special(&found, object, &class)?;
                let answer = self.call_values(&method, std::slice::from_ref(other))?;
                if matches!(answer, Value::NotImplemented) {
                    return Ok(answer);
                }
                return Ok(Value::Bool(!self.truth(&answer)?));
            }
        }
        match self.native_of(object).slot(|slots| slots.compare) {
            Some(compare) => compare(self, op, object, other),
            None => Ok(Value::NotImplemented),
        }
    }
}
