//! `math`.
//!
//! Owns its functions. Must not know statistics or random numbers.

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::special;
use crate::python::builtins::bigint;
use crate::python::builtins::convert::{base, big, float_arg, index, int_arg, is_int};
use crate::python::builtins::{errors, float::integer_ratio, int::from_float};
use crate::python::value::param::{args as var_args, kw, pos, pos_opt, req};
use crate::python::value::{BinaryOp, Host, NativeModule, Param, ParamDefault, R, Row, Value, intern};

const X: &[Param] = &[pos("x")];

/// `ValueError: math domain error`
fn domain() -> crate::python::value::Raised {
    errors::value_error("math domain error")
}

/// `OverflowError: math range error`
fn range() -> crate::python::value::Raised {
    errors::overflow("math range error")
}

fn checked(host: &mut dyn Host, value: &Value, f: fn(f64) -> f64) -> R<Value> {
    let x = float_arg(host, value)?;
    let y = f(x);
    if y.is_nan() && !x.is_nan() {
        return Err(domain());
    }
    if y.is_infinite() && x.is_finite() {
        return Err(range());
    }
    Ok(Value::Float(y))
}

/// One floating-point function as a row.
macro_rules! real {
    ($name:literal, $doc:literal, $f:expr) => {
        Row::function($name, X, $doc, concat!("math.", $name, "(0.5)"), |host, args| {
            checked(host, &args[0], $f)
        })
    };
}

fn rounded(host: &mut dyn Host, value: &Value, dunder: &str, f: fn(f64) -> f64) -> R<Value> {
    if is_int(value) {
        return index(host, value);
    }
    if let Value::Float(number) = base(value) {
        return from_float(f(*number));
    }
    let name = intern(dunder);
    if host.class_of(value).lookup(&name).is_some() {
        return host.call_method(value, dunder, &[]);
    }
    if dunder == "__trunc__" {
        let name = errors::type_name(host, value);
        return Err(errors::type_error(format!("type {name} doesn't define __trunc__ method")));
    }
    let number = float_arg(host, value)?;
    from_float(f(number))
}

fn logarithm(host: &mut dyn Host, value: &Value, f: fn(f64) -> f64) -> R<f64> {
    if let Value::BigInt(number) = base(value) {
        if number.0.is_negative() {
            return Err(domain());
        }
        // Beyond a float's range: split off powers of two.
        let shift = number.0.bits().saturating_sub(60);
        let top = (&number.0 >> shift).to_f64().unwrap_or(1.0);
        return Ok(f(top) + shift as f64 * f(2.0));
    }
    let x = float_arg(host, value)?;
    if x <= 0.0 {
        return Err(domain());
    }
    Ok(f(x))
}

fn integer(host: &mut dyn Host, value: &Value) -> R<BigInt> {
    Ok(big(&index(host, value)?).unwrap_or_default())
}

fn given(value: &Value) -> &[Value] {
    match value {
        Value::Tuple(items) => items.as_slice(),
        _ => &[],
    }
}

pub static MODULE: NativeModule = NativeModule {
    constants: &[
        ("pi", |_| Ok(Value::Float(std::f64::consts::PI))),
        ("e", |_| Ok(Value::Float(std::f64::consts::E))),
        ("tau", |_| Ok(Value::Float(std::f64::consts::TAU))),
        ("inf", |_| Ok(Value::Float(f64::INFINITY))),
        ("nan", |_| Ok(Value::Float(f64::NAN))),
    ],
    functions: FUNCTIONS,
    ..NativeModule::new("math", "Mathematical functions defined by the C standard.")
};

const FUNCTIONS: &[Row] = &[
    real!("erf", "Error function at x.", special::erf),
    real!("erfc", "Complementary error function at x.", special::erfc),
    Row::function("gamma", X, "Gamma function at x.", "math.gamma(0.5)", |host, args| {
        let x = float_arg(host, &args[0])?;
        match special::gamma(x) {
            None => Err(domain()),
            Some(y) if y.is_infinite() && x.is_finite() => Err(range()),
            Some(y) => Ok(Value::Float(y)),
        }
    }),
    Row::function(
        "lgamma",
        X,
        "Natural logarithm of absolute value of Gamma function at x.",
        "math.lgamma(0.5)",
        |host, args| {
            let x = float_arg(host, &args[0])?;
            match special::log_gamma(x) {
                None => Err(domain()),
                Some(y) if y.is_infinite() && x.is_finite() => Err(range()),
                Some(y) => Ok(Value::Float(y)),
            }
        },
    ),
    Row::function(
        "remainder",
        &[pos("x"), pos("y")],
        "Difference between x and the closest integer multiple of y.",
        "math.remainder(5, 3)",
        |host, args| {
            let (x, y) = (float_arg(host, &args[0])?, float_arg(host, &args[1])?);
            if x.is_nan() || y.is_nan() {
                return Ok(Value::Float(f64::NAN));
            }
            if x.is_infinite() || y == 0.0 {
                return Err(domain());
            }
            Ok(Value::Float(special::remainder(x, y)))
        },
    ),
    real!("sqrt", "Return the square root of x.", f64::sqrt),
    real!("cbrt", "Return the cube root of x.", f64::cbrt),
    real!("exp", "Return e raised to the power of x.", f64::exp),
    real!("exp2", "Return 2 raised to the power of x.", f64::exp2),
    real!("expm1", "Return exp(x)-1.", f64::exp_m1),
    real!("log1p", "Return the natural logarithm of 1+x (base e).", f64::ln_1p),
    real!("sin", "Return the sine of x (measured in radians).", f64::sin),
    real!("cos", "Return the cosine of x (measured in radians).", f64::cos),
    real!("tan", "Return the tangent of x (measured in radians).", f64::tan),
    real!("asin", "Return the arc sine (measured in radians) of x.", f64::asin),
    real!("acos", "Return the arc cosine (measured in radians) of x.", f64::acos),
    real!("atan", "Return the arc tangent (measured in radians) of x.", f64::atan),
    real!("sinh", "Return the hyperbolic sine of x.", f64::sinh),
    real!("cosh", "Return the hyperbolic cosine of x.", f64::cosh),
    real!("tanh", "Return the hyperbolic tangent of x.", f64::tanh),
    real!("asinh", "Return the inverse hyperbolic sine of x.", f64::asinh),
    real!("acosh", "Return the inverse hyperbolic cosine of x.", f64::acosh),
    real!("atanh", "Return the inverse hyperbolic tangent of x.", f64::atanh),
    real!("degrees", "Convert angle x from radians to degrees.", |x| x * (180.0 / std::f64::consts::PI)),
    real!("radians", "Convert angle x from degrees to radians.", |x| x * (std::f64::consts::PI / 180.0)),
    real!("fabs", "Return the absolute value of the float x.", f64::abs),
    Row::function(
        "atan2",
        &[pos("y"), pos("x")],
        "Return the arc tangent (measured in radians) of y/x.",
        "math.atan2(1, 1)",
        |host, args| Ok(Value::Float(float_arg(host, &args[0])?.atan2(float_arg(host, &args[1])?))),
    ),
    Row::function("ceil", X, "Return the ceiling of x as an Integral.", "math.ceil(2.1)", |host, args| {
        rounded(host, &args[0], "__ceil__", f64::ceil)
    }),
    Row::function("floor", X, "Return the floor of x as an Integral.", "math.floor(2.7)", |host, args| {
        rounded(host, &args[0], "__floor__", f64::floor)
    }),
    Row::function(
        "trunc",
        X,
        "Truncates the Real x to the nearest Integral toward 0.",
        "math.trunc(-2.7)",
        |host, args| rounded(host, &args[0], "__trunc__", f64::trunc),
    ),
    Row::function(
        "log",
        &[pos("x"), pos_opt("base", ParamDefault::Omitted("math.e"))],
        "Return the logarithm of x to the given base.",
        "math.log(8, 2)",
        |host, args| {
            let top = logarithm(host, &args[0], f64::ln)?;
            if args[1].is_unset() {
                return Ok(Value::Float(top));
            }
            let bottom = logarithm(host, &args[1], f64::ln)?;
            if bottom == 0.0 {
                return Err(errors::zero_division("float division by zero"));
            }
            Ok(Value::Float(top / bottom))
        },
    ),
    Row::function("log2", X, "Return the base 2 logarithm of x.", "math.log2(8)", |host, args| {
        logarithm(host, &args[0], f64::log2).map(Value::Float)
    }),
    Row::function("log10", X, "Return the base 10 logarithm of x.", "math.log10(1000)", |host, args| {
        logarithm(host, &args[0], f64::log10).map(Value::Float)
    }),
    Row::function(
        "pow",
        &[pos("x"), pos("y")],
        "Return x**y (x to the power of y).",
        "math.pow(2, 3)",
        |host, args| {
            let (x, y) = (float_arg(host, &args[0])?, float_arg(host, &args[1])?);
            let answer = x.powf(y);
            if answer.is_nan() && !x.is_nan() && !y.is_nan() || (x == 0.0 && y < 0.0) {
                return Err(domain());
            }
            if answer.is_infinite() && x.is_finite() && y.is_finite() {
                return Err(range());
            }
            Ok(Value::Float(answer))
        },
    ),
    Row::function(
        "fmod",
        &[pos("x"), pos("y")],
        "Return fmod(x, y), according to platform C.",
        "math.fmod(7, 3)",
        |host, args| {
            let (x, y) = (float_arg(host, &args[0])?, float_arg(host, &args[1])?);
            if y == 0.0 || x.is_infinite() { Err(domain()) } else { Ok(Value::Float(x % y)) }
        },
    ),
    Row::function(
        "modf",
        X,
        "Return the fractional and integer parts of x.",
        "math.modf(2.5)",
        |host, args| {
            let x = float_arg(host, &args[0])?;
            let whole = x.trunc();
            let part = if x.is_infinite() { 0f64.copysign(x) } else { (x - whole).copysign(x) };
            Ok(Value::tuple(vec![Value::Float(part), Value::Float(whole)]))
        },
    ),
    Row::function(
        "copysign",
        &[pos("x"), pos("y")],
        "Return a float with the magnitude of x but the sign of y.",
        "math.copysign(1, -0.0)",
        |host, args| Ok(Value::Float(float_arg(host, &args[0])?.copysign(float_arg(host, &args[1])?))),
    ),
    Row::function(
        "hypot",
        &[var_args("coordinates")],
        "Multidimensional Euclidean distance from the origin to a point.",
        "math.hypot(3, 4)",
        |host, args| {
            let mut total = 0f64;
            for part in given(&args[0]) {
                total = total.hypot(float_arg(host, part)?);
            }
            Ok(Value::Float(total))
        },
    ),
    Row::function(
        "dist",
        &[pos("p"), pos("q")],
        "Return the Euclidean distance between two points p and q.",
        "math.dist([0, 0], [3, 4])",
        |host, args| {
            let (p, q) = (host.collect(&args[0])?, host.collect(&args[1])?);
            if p.len() != q.len() {
                return Err(errors::value_error("both points must have the same number of dimensions"));
            }
            let mut total = 0f64;
            for (p, q) in p.iter().zip(&q) {
                total = total.hypot(float_arg(host, p)? - float_arg(host, q)?);
            }
            Ok(Value::Float(total))
        },
    ),
    Row::function(
        "isnan",
        X,
        "Return True if x is a NaN (not a number), and False otherwise.",
        "math.isnan(math.nan)",
        |host, args| Ok(Value::Bool(float_arg(host, &args[0])?.is_nan())),
    ),
    Row::function(
        "isinf",
        X,
        "Return True if x is a positive or negative infinity, and False otherwise.",
        "math.isinf(math.inf)",
        |host, args| Ok(Value::Bool(float_arg(host, &args[0])?.is_infinite())),
    ),
    Row::function(
        "isfinite",
        X,
        "Return True if x is neither an infinity nor a NaN, and False otherwise.",
        "math.isfinite(1)",
        |host, args| Ok(Value::Bool(float_arg(host, &args[0])?.is_finite())),
    ),
    Row::function(
        "isclose",
        &[
            req("a"),
            req("b"),
            kw("rel_tol", ParamDefault::Omitted("1e-09")),
            kw("abs_tol", ParamDefault::Omitted("0.0")),
        ],
        "Determine whether two floating-point numbers are close in value.",
        "math.isclose(0.1 + 0.2, 0.3)",
        |host, args| {
            let (a, b) = (float_arg(host, &args[0])?, float_arg(host, &args[1])?);
            let relative = if args[2].is_unset() { 1e-9 } else { float_arg(host, &args[2])? };
            let absolute = if args[3].is_unset() { 0.0 } else { float_arg(host, &args[3])? };
            if relative < 0.0 || absolute < 0.0 {
                return Err(errors::value_error("tolerances must be non-negative"));
            }
            let difference = (a - b).abs();
            let close = a == b
                || (a.is_finite()
                    && b.is_finite()
                    && (difference <= relative * a.abs().max(b.abs()) || difference <= absolute));
            Ok(Value::Bool(close))
        },
    ),
    Row::function(
        "gcd",
        &[var_args("integers")],
        "Greatest Common Divisor.",
        "math.gcd(12, 18)",
        |host, args| {
            let mut result = BigInt::zero();
            for value in given(&args[0]) {
                let value = integer(host, value)?;
                result = bigint::common_divisor(host, &result, &value)?;
            }
            Ok(Value::big(result))
        },
    ),
    Row::function(
        "lcm",
        &[var_args("integers")],
        "Least Common Multiple.",
        "math.lcm(4, 6)",
        |host, args| {
            let mut result = BigInt::one();
            for value in given(&args[0]) {
                let value = integer(host, value)?;
                let divisor = bigint::common_divisor(host, &result, &value)?;
                if divisor.is_zero() {
                    continue;
                }
                let (part, _) = bigint::divide_floor(host, &result, &divisor)?;
                result = bigint::multiply(host, &part, &value)?.abs();
            }
            Ok(Value::big(result))
        },
    ),
    Row::function("factorial", &[pos("n")], "Find n!.", "math.factorial(10)", |host, args| {
        if let Value::Float(_) = base(&args[0]) {
            return Err(errors::type_error("'float' object cannot be interpreted as an integer"));
        }
        let count = int_arg(host, &args[0])?;
        if count < 0 {
            return Err(errors::value_error("factorial() not defined for negative values"));
        }
        bigint::product_of_range(host, 2, count).map(Value::big)
    }),
    Row::function(
        "comb",
        &[pos("n"), pos("k")],
        "Number of ways to choose k items from n items without repetition and without order.",
        "math.comb(5, 2)",
        |host, args| {
            let (n, k) = (integer(host, &args[0])?, integer(host, &args[1])?);
            counted(host, n, k, true)
        },
    ),
    Row::function(
        "perm",
        &[pos("n"), pos_opt("k", ParamDefault::None)],
        "Number of ways to choose k items from n items without repetition and with order.",
        "math.perm(5, 2)",
        |host, args| {
            let n = integer(host, &args[0])?;
            let k = if args[1].is_none() { n.clone() } else { integer(host, &args[1])? };
            counted(host, n, k, false)
        },
    ),
    Row::function(
        "isqrt",
        &[pos("n")],
        "Return the integer part of the square root of the input.",
        "math.isqrt(17)",
        |host, args| {
            let number = integer(host, &args[0])?;
            if number.is_negative() {
                return Err(errors::value_error("isqrt() argument must be nonnegative"));
            }
            bigint::root(host, &number).map(Value::big)
        },
    ),
    Row::function(
        "prod",
        &[pos("iterable"), kw("start", ParamDefault::Int(1))],
        "Calculate the product of all the elements in the input iterable.",
        "math.prod([2, 3, 4])",
        |host, args| {
            let mut product = args[1].clone();
            for item in host.collect(&args[0])? {
                product = host.binary(BinaryOp::Mul, &product, &item)?;
            }
            Ok(product)
        },
    ),
    Row::function(
        "fsum",
        &[pos("seq")],
        "Return an accurate floating-point sum of values in the iterable seq.",
        "math.fsum([0.1] * 10)",
        fsum,
    ),
    Row::function(
        "frexp",
        X,
        "Return the mantissa and exponent of x, as pair (m, e).",
        "math.frexp(8)",
        |host, args| {
            let x = float_arg(host, &args[0])?;
            if x == 0.0 || !x.is_finite() {
                return Ok(Value::tuple(vec![Value::Float(x), Value::Int(0)]));
            }
            let mut exponent = x.abs().log2().floor() as i32 + 1;
            let mut mantissa = x / 2f64.powi(exponent);
            if mantissa.abs() >= 1.0 {
                mantissa /= 2.0;
                exponent += 1;
            } else if mantissa.abs() < 0.5 {
                mantissa *= 2.0;
                exponent -= 1;
            }
            Ok(Value::tuple(vec![Value::Float(mantissa), Value::Int(exponent.into())]))
        },
    ),
    Row::function(
        "ldexp",
        &[pos("x"), pos("i")],
        "Return x * (2**i).",
        "math.ldexp(0.5, 4)",
        |host, args| {
            let (x, power) = (float_arg(host, &args[0])?, int_arg(host, &args[1])?);
            let power = power.clamp(-2200, 2200) as i32;
            let answer = x * 2f64.powi(power / 2) * 2f64.powi(power - power / 2);
            if answer.is_infinite() && x.is_finite() { Err(range()) } else { Ok(Value::Float(answer)) }
        },
    ),
    Row::function(
        "ulp",
        X,
        "Return the value of the least significant bit of the float x.",
        "math.ulp(1.0)",
        |host, args| {
            let x = float_arg(host, &args[0])?.abs();
            Ok(Value::Float(if x.is_finite() { f64::from_bits(x.to_bits() + 1) - x } else { x }))
        },
    ),
    Row::function(
        "nextafter",
        &[pos("x"), pos("y")],
        "Return the next floating-point value after x towards y.",
        "math.nextafter(1.0, 2.0)",
        |host, args| {
            let (x, y) = (float_arg(host, &args[0])?, float_arg(host, &args[1])?);
            Ok(Value::Float(if x == y {
                y
            } else if y > x {
                x.next_up()
            } else {
                x.next_down()
            }))
        },
    ),
];

fn counted(host: &mut dyn Host, n: BigInt, k: BigInt, unordered: bool) -> R<Value> {
    if n.is_negative() {
        return Err(errors::value_error("n must be a non-negative integer"));
    }
    if k.is_negative() {
        return Err(errors::value_error("k must be a non-negative integer"));
    }
    if k > n {
        return Ok(Value::Int(0));
    }
    let k = if unordered { k.clone().min(&n - &k) } else { k };
    let Some(k) = k.to_u64() else { return Err(errors::overflow("k is too large")) };
    let mut result = BigInt::one();
    for step in 0..k {
        if step % 4096 == 0 {
            host.check_interrupt()?;
        }
        result *= &n - step;
        if unordered {
            result /= step + 1;
        }
    }
    Ok(Value::big(result))
}

/// Sums exactly as fractions with a power of two below, then rounds once.
fn fsum(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut total = BigInt::zero();
    let mut special = 0.0;
    const SCALE: u64 = 1074;
    for item in host.collect(&args[0])? {
        let number = float_arg(host, &item)?;
        if !number.is_finite() {
            special += number;
            continue;
        }
        let (top, bottom) = integer_ratio(number);
        total += top << (SCALE - (bottom.bits() - 1));
    }
    if special != 0.0 || f64::is_nan(special) {
        return Ok(Value::Float(special));
    }
    host.binary(BinaryOp::Div, &Value::big(total), &Value::big(BigInt::one() << SCALE))
}
