//! Decimal contexts: precision and rounding.
//!
//! Owns the current context of the thread. Must not know arithmetic.

use std::cell::{Cell, RefCell};

use super::number::Rounding;
use crate::python::builtins::convert::{int_arg, text_arg};
use crate::python::builtins::errors;
use crate::python::value::param::{opt, pos};
use crate::python::value::{
    BinaryOp, CallArgs, Class, Gc, Getter, Host, Instance, Native, NativeType, Param, ParamDefault, R, Row,
    Slots, UnaryOp, Value, bind, native_class,
};

struct Context {
    precision: Cell<i64>,
    rounding: Cell<Rounding>,
    /// The context to go back to at the end of a `with` block.
    before: RefCell<Option<Value>>,
}
impl Native for Context {}

thread_local! {
    static CURRENT: RefCell<Option<Value>> = const { RefCell::new(None) };
}

fn make(precision: i64, rounding: Rounding) -> Value {
    Value::native(
        &CONTEXT,
        Context {
            precision: Cell::new(precision),
            rounding: Cell::new(rounding),
            before: RefCell::new(None),
        },
    )
}

fn current_value() -> Value {
    let known = CURRENT.with(|current| current.borrow().clone());
    known.unwrap_or_else(|| {
        let context = make(28, Rounding::HalfEven);
        set_current(context.clone());
        context
    })
}

fn set_current(context: Value) {
    let before = CURRENT.with(|current| current.replace(Some(context)));
    drop(before);
}

/// Precision and rounding that are in force.
pub fn current() -> (i64, Rounding) {
    CURRENT.with(|current| match &*current.borrow() {
        Some(value) => {
            let context = context(value);
            (context.precision.get(), context.rounding.get())
        }
        None => (28, Rounding::HalfEven),
    })
}

/// Whether a value is a context.
pub fn is_context(value: &Value) -> bool {
    value.payload::<Context>().is_some()
}

fn context(value: &Value) -> &Context {
    value.payload::<Context>().expect("slots of a context are called on contexts only")
}

/// A rounding mode by its name, or the current one.
pub fn rounding_arg(host: &mut dyn Host, value: &Value) -> R<Rounding> {
    if value.is_none() || value.is_unset() {
        return Ok(current().1);
    }
    let name = text_arg(host, value, "rounding")?;
    Rounding::by_name(name).ok_or_else(|| {
        errors::type_error("valid values for rounding are:\n  [ROUND_CEILING, ROUND_FLOOR, ROUND_UP, ROUND_DOWN,\n   ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN,\n   ROUND_05UP]")
    })
}

fn precision_arg(host: &mut dyn Host, value: &Value) -> R<i64> {
    let precision = int_arg(host, value)?;
    if !(1..=999_999_999).contains(&precision) {
        return Err(errors::value_error("valid range for prec is [1, MAX_PREC]"));
    }
    Ok(precision)
}

const PARAMS: &[Param] = &[
    opt("prec", ParamDefault::None),
    opt("rounding", ParamDefault::None),
    opt("Emin", ParamDefault::None),
    opt("Emax", ParamDefault::None),
    opt("capitals", ParamDefault::None),
    opt("clamp", ParamDefault::None),
    opt("flags", ParamDefault::None),
    opt("traps", ParamDefault::None),
];

const ONE: &[Param] = &[pos("x")];
const TWO: &[Param] = &[opt("a", ParamDefault::Required), opt("b", ParamDefault::Required)];
const THREE: &[Param] =
    &[opt("a", ParamDefault::Required), opt("b", ParamDefault::Required), opt("c", ParamDefault::Required)];

/// Runs an operation under a context, its operands as decimals.
fn within(args: &[Value], act: impl FnOnce(&[Value]) -> R<Value>) -> R<Value> {
    let mut given = Vec::with_capacity(args.len());
    for arg in &args[1..] {
        match super::operand(arg) {
            Some(number) => given.push(super::value(number)),
            None => {
                let name = match arg {
                    Value::None => "NoneType".to_string(),
                    other => crate::python::builtins::kind(other).name.to_string(),
                };
                let text = format!("conversion from {name} to Decimal is not supported");
                return Err(errors::type_error(text));
            }
        }
    }
    let before = current_value();
    set_current(args[0].clone());
    let done = act(&given);
    set_current(before);
    done
}

fn by_method(host: &mut dyn Host, args: &[Value], name: &str) -> R<Value> {
    within(args, |given| host.call_method(&given[0], name, &given[1..]))
}

fn by_operator(host: &mut dyn Host, args: &[Value], op: BinaryOp) -> R<Value> {
    within(args, |given| host.binary(op, &given[0], &given[1]))
}

pub static CONTEXT: NativeType = NativeType {
    doc: "The context affects almost all operations and controls rounding.",
    getters: &[
        Getter {
            name: "prec",
            doc: "",
            get: |_, this| Ok(Value::Int(context(this).precision.get())),
            set: Some(|host, this, value| {
                let precision = precision_arg(host, &value)?;
                context(this).precision.set(precision);
                Ok(())
            }),
        },
        Getter { name: "Emin", doc: "", get: |_, _| Ok(Value::Int(super::more::LEAST_EXPONENT)), set: None },
        Getter { name: "Emax", doc: "", get: |_, _| Ok(Value::Int(super::more::MOST_EXPONENT)), set: None },
        Getter { name: "capitals", doc: "", get: |_, _| Ok(Value::Int(1)), set: None },
        Getter { name: "clamp", doc: "", get: |_, _| Ok(Value::Int(0)), set: None },
        Getter {
            name: "rounding",
            doc: "",
            get: |_, this| Ok(Value::str(context(this).rounding.get().name())),
            set: Some(|host, this, value| {
                let rounding = rounding_arg(host, &value)?;
                context(this).rounding.set(rounding);
                Ok(())
            }),
        },
    ],
    methods: &[
        Row::method(
            "copy",
            &[],
            "Return a duplicate of the context with all flags cleared.",
            "",
            |_, args| {
                let this = context(&args[0]);
                Ok(make(this.precision.get(), this.rounding.get()))
            },
        ),
        Row::method("compare", TWO, "As Decimal.compare, in this context.", "", |host, args| {
            by_method(host, args, "compare")
        }),
        Row::method(
            "compare_signal",
            TWO,
            "As Decimal.compare_signal, in this context.",
            "",
            |host, args| by_method(host, args, "compare_signal"),
        ),
        Row::method("compare_total", TWO, "As Decimal.compare_total, in this context.", "", |host, args| {
            by_method(host, args, "compare_total")
        }),
        Row::method(
            "compare_total_mag",
            TWO,
            "As Decimal.compare_total_mag, in this context.",
            "",
            |host, args| by_method(host, args, "compare_total_mag"),
        ),
        Row::method("copy_abs", ONE, "As Decimal.copy_abs, in this context.", "", |host, args| {
            by_method(host, args, "copy_abs")
        }),
        Row::method("copy_negate", ONE, "As Decimal.copy_negate, in this context.", "", |host, args| {
            by_method(host, args, "copy_negate")
        }),
        Row::method("copy_sign", TWO, "As Decimal.copy_sign, in this context.", "", |host, args| {
            by_method(host, args, "copy_sign")
        }),
        Row::method("exp", ONE, "As Decimal.exp, in this context.", "", |host, args| {
            by_method(host, args, "exp")
        }),
        Row::method("fma", THREE, "As Decimal.fma, in this context.", "", |host, args| {
            by_method(host, args, "fma")
        }),
        Row::method("is_canonical", ONE, "As Decimal.is_canonical, in this context.", "", |host, args| {
            by_method(host, args, "is_canonical")
        }),
        Row::method("is_finite", ONE, "As Decimal.is_finite, in this context.", "", |host, args| {
            by_method(host, args, "is_finite")
        }),
        Row::method("is_infinite", ONE, "As Decimal.is_infinite, in this context.", "", |host, args| {
            by_method(host, args, "is_infinite")
        }),
        Row::method("is_nan", ONE, "As Decimal.is_nan, in this context.", "", |host, args| {
            by_method(host, args, "is_nan")
        }),
        Row::method("is_normal", ONE, "As Decimal.is_normal, in this context.", "", |host, args| {
            by_method(host, args, "is_normal")
        }),
        Row::method("is_qnan", ONE, "As Decimal.is_qnan, in this context.", "", |host, args| {
            by_method(host, args, "is_qnan")
        }),
        Row::method("is_signed", ONE, "As Decimal.is_signed, in this context.", "", |host, args| {
            by_method(host, args, "is_signed")
        }),
        Row::method("is_snan", ONE, "As Decimal.is_snan, in this context.", "", |host, args| {
            by_method(host, args, "is_snan")
        }),
        Row::method("is_subnormal", ONE, "As Decimal.is_subnormal, in this context.", "", |host, args| {
            by_method(host, args, "is_subnormal")
        }),
        Row::method("is_zero", ONE, "As Decimal.is_zero, in this context.", "", |host, args| {
            by_method(host, args, "is_zero")
        }),
        Row::method("ln", ONE, "As Decimal.ln, in this context.", "", |host, args| {
            by_method(host, args, "ln")
        }),
        Row::method("log10", ONE, "As Decimal.log10, in this context.", "", |host, args| {
            by_method(host, args, "log10")
        }),
        Row::method("logb", ONE, "As Decimal.logb, in this context.", "", |host, args| {
            by_method(host, args, "logb")
        }),
        Row::method("logical_and", TWO, "As Decimal.logical_and, in this context.", "", |host, args| {
            by_method(host, args, "logical_and")
        }),
        Row::method(
            "logical_invert",
            ONE,
            "As Decimal.logical_invert, in this context.",
            "",
            |host, args| by_method(host, args, "logical_invert"),
        ),
        Row::method("logical_or", TWO, "As Decimal.logical_or, in this context.", "", |host, args| {
            by_method(host, args, "logical_or")
        }),
        Row::method("logical_xor", TWO, "As Decimal.logical_xor, in this context.", "", |host, args| {
            by_method(host, args, "logical_xor")
        }),
        Row::method("max", TWO, "As Decimal.max, in this context.", "", |host, args| {
            by_method(host, args, "max")
        }),
        Row::method("max_mag", TWO, "As Decimal.max_mag, in this context.", "", |host, args| {
            by_method(host, args, "max_mag")
        }),
        Row::method("min", TWO, "As Decimal.min, in this context.", "", |host, args| {
            by_method(host, args, "min")
        }),
        Row::method("min_mag", TWO, "As Decimal.min_mag, in this context.", "", |host, args| {
            by_method(host, args, "min_mag")
        }),
        Row::method("next_minus", ONE, "As Decimal.next_minus, in this context.", "", |host, args| {
            by_method(host, args, "next_minus")
        }),
        Row::method("next_plus", ONE, "As Decimal.next_plus, in this context.", "", |host, args| {
            by_method(host, args, "next_plus")
        }),
        Row::method("next_toward", TWO, "As Decimal.next_toward, in this context.", "", |host, args| {
            by_method(host, args, "next_toward")
        }),
        Row::method("normalize", ONE, "As Decimal.normalize, in this context.", "", |host, args| {
            by_method(host, args, "normalize")
        }),
        Row::method("number_class", ONE, "As Decimal.number_class, in this context.", "", |host, args| {
            by_method(host, args, "number_class")
        }),
        Row::method("quantize", TWO, "As Decimal.quantize, in this context.", "", |host, args| {
            by_method(host, args, "quantize")
        }),
        Row::method("radix", &[], "Return Decimal(10).", "", |_, _| {
            Ok(super::value(super::Decimal::from_int(&num_bigint::BigInt::from(10))))
        }),
        Row::method(
            "remainder_near",
            TWO,
            "As Decimal.remainder_near, in this context.",
            "",
            |host, args| by_method(host, args, "remainder_near"),
        ),
        Row::method("rotate", TWO, "As Decimal.rotate, in this context.", "", |host, args| {
            by_method(host, args, "rotate")
        }),
        Row::method("same_quantum", TWO, "As Decimal.same_quantum, in this context.", "", |host, args| {
            by_method(host, args, "same_quantum")
        }),
        Row::method("scaleb", TWO, "As Decimal.scaleb, in this context.", "", |host, args| {
            by_method(host, args, "scaleb")
        }),
        Row::method("shift", TWO, "As Decimal.shift, in this context.", "", |host, args| {
            by_method(host, args, "shift")
        }),
        Row::method("sqrt", ONE, "As Decimal.sqrt, in this context.", "", |host, args| {
            by_method(host, args, "sqrt")
        }),
        Row::method("to_eng_string", ONE, "As Decimal.to_eng_string, in this context.", "", |host, args| {
            by_method(host, args, "to_eng_string")
        }),
        Row::method(
            "to_integral_exact",
            ONE,
            "As Decimal.to_integral_exact, in this context.",
            "",
            |host, args| by_method(host, args, "to_integral_exact"),
        ),
        Row::method(
            "to_integral_value",
            ONE,
            "As Decimal.to_integral_value, in this context.",
            "",
            |host, args| by_method(host, args, "to_integral_value"),
        ),
        Row::method("to_integral", ONE, "As Decimal.to_integral, in this context.", "", |host, args| {
            by_method(host, args, "to_integral")
        }),
        Row::method("canonical", ONE, "As Decimal.canonical, in this context.", "", |host, args| {
            by_method(host, args, "canonical")
        }),
        Row::method("add", TWO, "The operator, in this context.", "", |host, args| {
            by_operator(host, args, BinaryOp::Add)
        }),
        Row::method("subtract", TWO, "The operator, in this context.", "", |host, args| {
            by_operator(host, args, BinaryOp::Sub)
        }),
        Row::method("multiply", TWO, "The operator, in this context.", "", |host, args| {
            by_operator(host, args, BinaryOp::Mul)
        }),
        Row::method("divide", TWO, "The operator, in this context.", "", |host, args| {
            by_operator(host, args, BinaryOp::Div)
        }),
        Row::method("divide_int", TWO, "The operator, in this context.", "", |host, args| {
            by_operator(host, args, BinaryOp::FloorDiv)
        }),
        Row::method("remainder", TWO, "The operator, in this context.", "", |host, args| {
            by_operator(host, args, BinaryOp::Mod)
        }),
        Row::method(
            "power",
            &[
                opt("a", ParamDefault::Required),
                opt("b", ParamDefault::Required),
                opt("modulo", ParamDefault::None),
            ],
            "a**b, in this context.",
            "",
            |host, args| by_operator(host, &args[..3], BinaryOp::Pow),
        ),
        Row::method("divmod", TWO, "The whole quotient and the rest.", "", |host, args| {
            by_method(host, args, "__divmod__")
        }),
        Row::method("plus", ONE, "Unary plus, in this context.", "", |host, args| {
            within(args, |given| host.unary(UnaryOp::Positive, &given[0]))
        }),
        Row::method("minus", ONE, "Unary minus, in this context.", "", |host, args| {
            within(args, |given| host.unary(UnaryOp::Negative, &given[0]))
        }),
        Row::method("abs", ONE, "The absolute value, in this context.", "", |host, args| {
            by_method(host, args, "__abs__")
        }),
        Row::method("copy_decimal", ONE, "The number itself.", "", |_, args| {
            within(args, |given| Ok(given[0].clone()))
        }),
        Row::method("to_sci_string", ONE, "The number as text.", "", |host, args| {
            within(args, |given| host.str(&given[0]).map(Value::Str))
        }),
        Row::method(
            "create_decimal_from_float",
            &[pos("f")],
            "Create a new Decimal instance from float f, rounded to the context.",
            "",
            |host, args| {
                let class = Value::Class(native_class(&super::DECIMAL));
                let made = host.call_method(&class, "from_float", &args[1..2])?;
                let this = context(&args[0]);
                let (precision, rounding) = (this.precision.get(), this.rounding.get());
                Ok(super::value(super::number(&made).clone().round_to(precision, rounding)))
            },
        ),
        Row::method("Etiny", &[], "Emin - prec + 1", "", |_, args| {
            Ok(Value::Int(super::more::LEAST_EXPONENT - context(&args[0]).precision.get() + 1))
        }),
        Row::method("Etop", &[], "Emax - prec + 1", "", |_, args| {
            Ok(Value::Int(super::more::MOST_EXPONENT - context(&args[0]).precision.get() + 1))
        }),
        Row::method("clear_flags", &[], "Reset all flags to False.", "", |_, _| Ok(Value::None)),
        Row::method("clear_traps", &[], "Set all traps to False.", "", |_, _| Ok(Value::None)),
        Row::method(
            "create_decimal",
            &[pos("num")],
            "Create a new Decimal instance from num, rounded to the context.",
            "",
            |host, args| {
                let class = Value::Class(native_class(&super::DECIMAL));
                let made = host.call_values(&class, &args[1..2])?;
                let this = context(&args[0]);
                Ok(super::value(
                    super::number(&made).clone().round_to(this.precision.get(), this.rounding.get()),
                ))
            },
        ),
    ],
    slots: Slots {
        new: Some(new),
        repr: Some(|_, this| {
            let this = context(this);
            let (precision, rounding) = (this.precision.get(), this.rounding.get().name());
            Ok(format!("Context(prec={precision}, rounding={rounding}, Emin=-999999, Emax=999999, capitals=1, clamp=0, flags=[], traps=[InvalidOperation, DivisionByZero, Overflow])").into())
        }),
        enter: Some(|_, this| {
            *context(this).before.borrow_mut() = Some(current_value());
            set_current(this.clone());
            Ok(this.clone())
        }),
        exit: Some(|_, this, _| {
            if let Some(before) = context(this).before.take() {
                set_current(before);
            }
            Ok(false)
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("Context", "decimal")
};

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound = bind("Context", PARAMS, args)?;
    let precision = if bound[0].is_none() { 28 } else { precision_arg(host, &bound[0])? };
    let rounding = if bound[1].is_none() { Rounding::HalfEven } else { rounding_arg(host, &bound[1])? };
    let context = Context {
        precision: Cell::new(precision),
        rounding: Cell::new(rounding),
        before: RefCell::new(None),
    };
    Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(context))))
}

pub const FUNCTIONS: &[Row] = &[
    Row::function(
        "getcontext",
        &[],
        "Get the current default context.",
        "decimal.getcontext().prec",
        |_, _| Ok(current_value()),
    ),
    Row::function("setcontext", &[pos("context")], "Set a new default context.", "", |_, args| {
        if args[0].payload::<Context>().is_none() {
            return Err(errors::type_error("optional argument must be a context"));
        }
        set_current(args[0].clone());
        Ok(Value::None)
    }),
    Row::function(
        "localcontext",
        &[
            opt("ctx", ParamDefault::None),
            opt("prec", ParamDefault::None),
            opt("rounding", ParamDefault::None),
        ],
        "Return a context manager that sets the default context for its block.",
        "",
        |host, args| {
            let source = if args[0].is_none() { current_value() } else { args[0].clone() };
            let Some(source) = source.payload::<Context>() else {
                return Err(errors::type_error("optional argument must be a context"));
            };
            let precision =
                if args[1].is_none() { source.precision.get() } else { precision_arg(host, &args[1])? };
            let rounding =
                if args[2].is_none() { source.rounding.get() } else { rounding_arg(host, &args[2])? };
            Ok(make(precision, rounding))
        },
    ),
];
