//! `random`: the core of CPython's generator.
//!
//! Owns the Mersenne Twister with its seeding and the bits that come out of it, so that seeded sequences are those of
//! CPython. The distributions stand in `prelude/random.py`. Must not know them.

use std::cell::RefCell;

use num_bigint::{BigInt, BigUint, Sign};
use sha2::{Digest, Sha512};

use crate::python::builtins::convert::{base, big, int_arg};
use crate::python::builtins::{bytes_of, errors};
use crate::python::value::param::{pos, pos_opt};
use crate::python::value::{
    Host, Instance, Native, NativeModule, NativeType, ParamDefault, R, Row, Slots, Value, primitive_hash,
};

const SIZE: usize = 624;

struct Twister {
    state: [u32; SIZE],
    at: usize,
}

impl Twister {
    fn seeded(key: &[u32]) -> Self {
        let mut state = [0u32; SIZE];
        state[0] = 19_650_218;
        for at in 1..SIZE {
            let before = state[at - 1];
            state[at] = (before ^ before >> 30).wrapping_mul(1_812_433_253).wrapping_add(at as u32);
        }
        let (mut i, mut j) = (1, 0);
        for _ in 0..SIZE.max(key.len()) {
            let before = state[i - 1];
            state[i] = (state[i] ^ (before ^ before >> 30).wrapping_mul(1_664_525))
                .wrapping_add(key[j])
                .wrapping_add(j as u32);
            i += 1;
            j = (j + 1) % key.len();
            if i >= SIZE {
                state[0] = state[SIZE - 1];
                i = 1;
            }
        }
        for _ in 0..SIZE - 1 {
            let before = state[i - 1];
            state[i] =
                (state[i] ^ (before ^ before >> 30).wrapping_mul(1_566_083_941)).wrapping_sub(i as u32);
            i += 1;
            if i >= SIZE {
                state[0] = state[SIZE - 1];
                i = 1;
            }
        }
        state[0] = 0x8000_0000;
        Twister { state, at: SIZE }
    }

    fn next(&mut self) -> u32 {
        if self.at >= SIZE {
            for at in 0..SIZE {
                let bits = (self.state[at] & 0x8000_0000) | (self.state[(at + 1) % SIZE] & 0x7fff_ffff);
                let twist = if bits & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[at] = self.state[(at + 397) % SIZE] ^ bits >> 1 ^ twist;
            }
            self.at = 0;
        }
        let mut y = self.state[self.at];
        self.at += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ y >> 18
    }

    fn float(&mut self) -> f64 {
        let (a, b) = (self.next() >> 5, self.next() >> 6);
        (f64::from(a) * 67_108_864.0 + f64::from(b)) / 9_007_199_254_740_992.0
    }
}

struct Generator(RefCell<Twister>);
impl Native for Generator {}

fn entropy() -> Vec<u32> {
    let mut key = Vec::new();
    for _ in 0..2 {
        let bits = uuid::Uuid::new_v4().as_u128();
        key.extend([bits as u32, (bits >> 32) as u32, (bits >> 96) as u32]);
    }
    key
}

/// The key that a seed stands for, as CPython works it out.
fn key_of(host: &mut dyn Host, seed: &Value) -> R<Vec<u32>> {
    let number: BigUint = match base(seed) {
        Value::None | Value::Unset => return Ok(entropy()),
        Value::Str(_) | Value::Bytes(_) => {
            let bytes = match base(seed) {
                Value::Str(text) => text.as_bytes().to_vec(),
                other => bytes_of(other).unwrap_or_default(),
            };
            let digest = Sha512::digest(&bytes);
            BigUint::from_bytes_be(&[&bytes[..], &digest[..]].concat())
        }
        Value::Float(_) => BigUint::from(primitive_hash(seed).unwrap_or(0).unsigned_abs()),
        other => match big(other) {
            Some(number) => number.magnitude().clone(),
            None => {
                let _ = host;
                return Err(errors::type_error(
                    "The only supported seed types are: None,\nint, float, str, bytes, and bytearray.",
                ));
            }
        },
    };
    let digits = number.to_u32_digits();
    Ok(if digits.is_empty() { vec![0] } else { digits })
}

fn generator(value: &Value) -> &RefCell<Twister> {
    &value.payload::<Generator>().expect("methods of the generator are bound to generators only").0
}

pub static BASE: NativeType = NativeType {
    doc: "The core generator.",
    has_dict: true,
    methods: &[
        Row::method("random", &[], "random() -> x in the interval [0, 1).", "", |_, args| {
            Ok(Value::Float(generator(&args[0]).borrow_mut().float()))
        }),
        Row::method(
            "_seed",
            &[pos_opt("a", ParamDefault::None)],
            "Initialize internal state from a seed.",
            "",
            |host, args| {
                let key = key_of(host, &args[1])?;
                *generator(&args[0]).borrow_mut() = Twister::seeded(&key);
                Ok(Value::None)
            },
        ),
        Row::method(
            "getrandbits",
            &[pos("k")],
            "getrandbits(k) -> x.  Generates an int with k random bits.",
            "",
            |host, args| {
                let bits = int_arg(host, &args[1])?;
                if bits < 0 {
                    return Err(errors::value_error("number of bits must be non-negative"));
                }
                if bits == 0 {
                    return Ok(Value::Int(0));
                }
                let mut twister = generator(&args[0]).borrow_mut();
                if bits <= 32 {
                    return Ok(Value::Int(i64::from(twister.next() >> (32 - bits))));
                }
                let mut words = Vec::new();
                let mut left = bits;
                while left > 0 {
                    let word = twister.next();
                    words.push(if left < 32 { word >> (32 - left) } else { word });
                    left -= 32;
                }
                Ok(Value::big(BigInt::from_slice(Sign::Plus, &words)))
            },
        ),
        Row::method(
            "getstate",
            &[],
            "Return internal state; can be passed to setstate() later.",
            "",
            |_, args| {
                let twister = generator(&args[0]).borrow();
                let mut words: Vec<Value> =
                    twister.state.iter().map(|&word| Value::Int(word.into())).collect();
                words.push(Value::from(twister.at));
                Ok(Value::tuple(vec![Value::Int(3), Value::tuple(words), Value::None]))
            },
        ),
        Row::method(
            "setstate",
            &[pos("state")],
            "Restore internal state from object returned by getstate().",
            "",
            |host, args| {
                let parts = host.collect(&args[1])?;
                let words = match parts.get(1) {
                    Some(words) => host.collect(words)?,
                    None => Vec::new(),
                };
                if words.len() != SIZE + 1 {
                    return Err(errors::value_error("state vector is the wrong size"));
                }
                let mut state = [0u32; SIZE];
                for (place, word) in state.iter_mut().zip(&words) {
                    *place = int_arg(host, word)? as u32;
                }
                let at = int_arg(host, &words[SIZE])? as usize;
                *generator(&args[0]).borrow_mut() = Twister { state, at };
                Ok(Value::None)
            },
        ),
    ],
    slots: Slots {
        new: Some(|_, class, _| {
            let twister = Twister::seeded(&entropy());
            Ok(Value::Instance(Instance::with_payload(
                class.clone(),
                Box::new(Generator(RefCell::new(twister))),
            )))
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("_Random", "random")
};

/// Bytes that cannot be foretold, for `secrets` and `os.urandom`.
pub fn random_bytes(count: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(count + 16);
    while bytes.len() < count {
        // The fixed version and variant bits of a UUID are left out.
        let id = uuid::Uuid::new_v4().into_bytes();
        bytes.extend_from_slice(&id[..6]);
        bytes.extend_from_slice(&id[9..]);
    }
    bytes.truncate(count);
    bytes
}

pub static MODULE: NativeModule = NativeModule {
    types: &[&BASE],
    functions: &[Row::function("_urandom", &[pos("size")], "Bytes from the system.", "", |host, args| {
        let count = int_arg(host, &args[0])?;
        Ok(Value::bytes(random_bytes(count.clamp(0, 1 << 24) as usize)))
    })],
    prelude: Some(include_str!("../prelude/random.py")),
    ..NativeModule::new("random", "Random variable generators.")
};
