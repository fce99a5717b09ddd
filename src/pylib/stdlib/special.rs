//! Special functions of real numbers: the error function, gamma, the IEEE remainder.
//!
//! Owns their approximations. Must not know values.

#![expect(clippy::excessive_precision, reason = "the coefficients as they are published")]

/// Lanczos' coefficients for g = 6.0246..., numerator and denominator, lowest power first.
const LANCZOS_G: f64 = 6.024_680_040_776_729_583_740_234_375;
const LANCZOS_TOP: [f64; 13] = [
    23_531_376_880.410_759_688_572_007_674_451_636_754_734_846_804_940,
    42_919_803_642.649_098_768_957_899_047_001_988_850_926_355_848_959,
    35_711_959_237.355_668_049_440_185_451_547_166_705_960_488_635_843,
    17_921_034_426.037_209_699_919_755_754_458_931_112_671_403_265_390,
    6_039_542_586.352_028_005_064_291_644_307_297_921_069_938_842_3,
    1_439_720_407.311_721_673_663_223_072_794_912_393_971_548_573_9,
    248_874_557.862_054_156_511_460_384_172_909_649_310_598_3,
    31_426_415.585_400_194_380_614_231_628_318_205_362_874_684_987_8,
    2_876_370.628_935_372_441_225_409_051_620_849_613_599_112_6,
    186_056.265_395_223_494_026_992_177_640_297_283_494_083_4,
    8_071.672_002_365_816_210_638_029_022_722_506_138,
    210.824_277_751_579_345_872_509_733_920_713_362_711_669_695_8,
    2.506_628_274_631_000_270_164_908_177_133_837_338_626_431_079_4,
];
const LANCZOS_BOTTOM: [f64; 13] = [
    0.0,
    39_916_800.0,
    120_543_840.0,
    150_917_976.0,
    105_258_076.0,
    45_995_730.0,
    13_339_535.0,
    2_637_558.0,
    357_423.0,
    32_670.0,
    1_925.0,
    66.0,
    1.0,
];

fn lanczos_sum(x: f64) -> f64 {
    let (mut top, mut bottom) = (0.0, 0.0);
    if x < 5.0 {
        for at in (0..13).rev() {
            top = top * x + LANCZOS_TOP[at];
            bottom = bottom * x + LANCZOS_BOTTOM[at];
        }
    } else {
        for at in 0..13 {
            top = top / x + LANCZOS_TOP[at];
            bottom = bottom / x + LANCZOS_BOTTOM[at];
        }
    }
    top / bottom
}

/// sin(pi x), exact at the integers.
fn sin_pi(x: f64) -> f64 {
    let y = x.abs() % 2.0;
    let pi = std::f64::consts::PI;
    let made = match (2.0 * y).round() as i64 {
        0 => (pi * y).sin(),
        1 => (pi * (y - 0.5)).cos(),
        2 => (pi * (1.0 - y)).sin(),
        3 => -(pi * (y - 1.5)).cos(),
        _ => (pi * (y - 2.0)).sin(),
    };
    if x.is_sign_negative() { -made } else { made }
}

/// The gamma function; None where it has none.
pub fn gamma(x: f64) -> Option<f64> {
    if x.is_nan() || x == f64::INFINITY {
        return Some(x);
    }
    if x == f64::NEG_INFINITY || x == 0.0 {
        return None;
    }
    if x == x.floor() {
        if x < 0.0 {
            return None;
        }
        if x <= 23.0 {
            return Some((1..x as u64).fold(1.0, |product, factor| product * factor as f64));
        }
    }
    let size = x.abs();
    if size < 1e-20 {
        return Some(1.0 / x);
    }
    if size > 200.0 {
        return Some(if x < 0.0 { 0.0 / sin_pi(x) } else { f64::INFINITY });
    }
    let y = size + LANCZOS_G - 0.5;
    let z = if size > LANCZOS_G - 0.5 {
        let q = y - size;
        q - (LANCZOS_G - 0.5)
    } else {
        let q = y - (LANCZOS_G - 0.5);
        q - size
    } * LANCZOS_G
        / y;
    let half_power = |r: f64| {
        if size < 140.0 {
            r * y.powf(size - 0.5)
        } else {
            r * y.powf(size / 2.0 - 0.25) * y.powf(size / 2.0 - 0.25)
        }
    };
    if x < 0.0 {
        let mut r = -std::f64::consts::PI / sin_pi(size) / size * y.exp() / lanczos_sum(size);
        r -= z * r;
        return Some(if size < 140.0 {
            r / y.powf(size - 0.5)
        } else {
            r / y.powf(size / 2.0 - 0.25) / y.powf(size / 2.0 - 0.25)
        });
    }
    let mut r = lanczos_sum(size) / y.exp();
    r += z * r;
    Some(half_power(r))
}

/// The logarithm of gamma's absolute value; None at its poles.
pub fn log_gamma(x: f64) -> Option<f64> {
    if x.is_nan() {
        return Some(x);
    }
    if x.is_infinite() {
        return Some(f64::INFINITY);
    }
    if x == x.floor() && x <= 2.0 {
        return if x <= 0.0 { None } else { Some(0.0) };
    }
    let size = x.abs();
    if size < 1e-20 {
        return Some(-size.ln());
    }
    let scaled = {
        let (mut top, mut bottom) = (0.0, 0.0);
        let _ = (&mut top, &mut bottom);
        lanczos_sum(size)
    };
    let mut r = scaled.ln() - LANCZOS_G;
    r += (size - 0.5) * ((size + LANCZOS_G - 0.5).ln() - 1.0);
    if x < 0.0 {
        r = std::f64::consts::PI.ln() - sin_pi(size).abs().ln() - size.ln() - r;
    }
    Some(r)
}

/// The series of erf, for small arguments.
fn erf_series(x: f64) -> f64 {
    let x2 = x * x;
    let mut sum = 0.0;
    let mut term = 25.5;
    for _ in 0..25 {
        sum = 2.0 + x2 * sum / term;
        term -= 1.0;
    }
    sum * x * (-x2).exp() / std::f64::consts::PI.sqrt()
}

/// The continued fraction of erfc, for large arguments.
fn erfc_fraction(x: f64) -> f64 {
    if x >= 30.0 {
        return 0.0;
    }
    let x2 = x * x;
    let mut a = 0.0;
    let mut da = 0.5;
    let (mut p, mut p_last) = (1.0, 0.0);
    let (mut q, mut q_last) = (da + x2, 1.0);
    for _ in 0..50 {
        a += da;
        da += 2.0;
        let b = da + x2;
        let (p_next, q_next) = (b * p - a * p_last, b * q - a * q_last);
        (p_last, p) = (p, p_next);
        (q_last, q) = (q, q_next);
    }
    p / q * x * (-x2).exp() / std::f64::consts::PI.sqrt()
}

pub fn erf(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x.abs() < 1.5 {
        return erf_series(x);
    }
    let tail = erfc_fraction(x.abs());
    if x > 0.0 { 1.0 - tail } else { tail - 1.0 }
}

pub fn erfc(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x.abs() < 1.5 {
        return 1.0 - erf_series(x);
    }
    let tail = erfc_fraction(x.abs());
    if x > 0.0 { tail } else { 2.0 - tail }
}

/// What is left of `x` after taking away the nearest multiple of `y`, the even one of two.
pub fn remainder(x: f64, y: f64) -> f64 {
    if y.is_infinite() {
        return x;
    }
    let (size, step) = (x.abs(), y.abs());
    let m = size % step;
    let c = step - m;
    let r = if m < c {
        m
    } else if m > c {
        -c
    } else {
        m - 2.0 * ((0.5 * (size - m)) % step)
    };
    if x.is_sign_negative() { -r } else { r }
}
