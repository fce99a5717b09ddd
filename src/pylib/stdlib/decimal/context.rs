//! Decimal contexts: precision and rounding.
//!
//! Owns the current context of the thread. Must not know arithmetic.

use std::cell::{Cell, RefCell};

use super::number::Rounding;
use crate::python::builtins::convert::{int_arg, text_arg};
use crate::python::builtins::errors;
use crate::python::value::param::{opt, pos};
use crate::python::value::{
    CallArgs, Class, Gc, Getter, Host, Instance, Native, NativeType, Param, ParamDefault, R, Row, Slots,
    Value, bind, native_class,
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
