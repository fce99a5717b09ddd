//! `hashlib`, and the password hashes behind `werkzeug.security` and `bcrypt`.
//!
//! Owns digests and key derivation. Must not know how their users store them.

use std::cell::RefCell;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use crate::python::builtins::convert::{int_arg, text_arg};
use crate::python::builtins::{bytes_of, errors};
use crate::python::value::param::{kw, opt, pos, pos_opt, req};
use crate::python::value::{
    Getter, Host, Native, NativeModule, NativeType, Param, ParamDefault, R, Row, Slots, Value,
};

/// The digests there are, with the length of a digest and of a block.
const KINDS: &[(&str, usize, usize)] = &[
    ("md5", 16, 64),
    ("sha1", 20, 64),
    ("sha224", 28, 64),
    ("sha256", 32, 64),
    ("sha384", 48, 128),
    ("sha512", 64, 128),
];

struct Hash {
    kind: usize,
    data: RefCell<Vec<u8>>,
}
impl Native for Hash {}

fn digest(kind: usize, data: &[u8]) -> Vec<u8> {
    match KINDS[kind].0 {
        "md5" => Md5::digest(data).to_vec(),
        "sha1" => Sha1::digest(data).to_vec(),
        "sha224" => Sha224::digest(data).to_vec(),
        "sha256" => Sha256::digest(data).to_vec(),
        "sha384" => Sha384::digest(data).to_vec(),
        _ => Sha512::digest(data).to_vec(),
    }
}

fn hash(value: &Value) -> &Hash {
    value.payload::<Hash>().expect("methods of a hash are bound to hashes only")
}

fn data_arg(host: &mut dyn Host, value: &Value) -> R<Vec<u8>> {
    if value.is_unset() {
        return Ok(Vec::new());
    }
    match bytes_of(value) {
        Some(bytes) => Ok(bytes),
        None if value.as_str().is_some() => Err(errors::type_error("Strings must be encoded before hashing")),
        None => {
            let _ = host;
            Err(errors::type_error("object supporting the buffer API required"))
        }
    }
}

pub static HASH: NativeType = NativeType {
    doc: "A hash is an object used to calculate a checksum of a string of information.",
    is_base: false,
    getters: &[
        Getter { name: "name", doc: "", get: |_, this| Ok(Value::str(KINDS[hash(this).kind].0)), set: None },
        Getter {
            name: "digest_size",
            doc: "",
            get: |_, this| Ok(Value::from(KINDS[hash(this).kind].1)),
            set: None,
        },
        Getter {
            name: "block_size",
            doc: "",
            get: |_, this| Ok(Value::from(KINDS[hash(this).kind].2)),
            set: None,
        },
    ],
    methods: &[
        Row::method(
            "update",
            &[pos("data")],
            "Update this hash object's state with the provided string.",
            "",
            |host, args| {
                let data = data_arg(host, &args[1])?;
                hash(&args[0]).data.borrow_mut().extend(data);
                Ok(Value::None)
            },
        ),
        Row::method("digest", &[], "Return the digest value as a bytes object.", "", |_, args| {
            let this = hash(&args[0]);
            Ok(Value::bytes(digest(this.kind, &this.data.borrow())))
        }),
        Row::method(
            "hexdigest",
            &[],
            "Return the digest value as a string of hexadecimal digits.",
            "",
            |_, args| {
                let this = hash(&args[0]);
                let bytes = digest(this.kind, &this.data.borrow());
                Ok(Value::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
            },
        ),
        Row::method("copy", &[], "Return a copy of the hash object.", "", |_, args| {
            let this = hash(&args[0]);
            Ok(Value::native(&HASH, Hash { kind: this.kind, data: RefCell::new(this.data.borrow().clone()) }))
        }),
    ],
    slots: Slots {
        repr: Some(|_, this| {
            Ok(format!("<{} _hashlib.HASH object @ {:#x}>", KINDS[hash(this).kind].0, this.id()).into())
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("HASH", "_hashlib")
};

fn kind_arg(host: &mut dyn Host, value: &Value) -> R<usize> {
    let name = text_arg(host, value, "name")?;
    let plain = name.to_ascii_lowercase().replace('-', "");
    KINDS
        .iter()
        .position(|(known, _, _)| *known == plain)
        .ok_or_else(|| errors::value_error(format!("unsupported hash type {name}")))
}

fn make(host: &mut dyn Host, kind: usize, data: &Value) -> R<Value> {
    let data = data_arg(host, data)?;
    Ok(Value::native(&HASH, Hash { kind, data: RefCell::new(data) }))
}

const DATA: &[Param] =
    &[pos_opt("string", ParamDefault::Omitted("b''")), kw("usedforsecurity", ParamDefault::Bool(true))];

const fn constructor(name: &'static str, call: crate::python::value::NativeFn) -> Row {
    Row::function(name, DATA, "Returns a hash object; optionally initialized with a string.", "", call)
}

fn count(host: &mut dyn Host, value: &Value, name: &str) -> R<u32> {
    let number = int_arg(host, value)?;
    u32::try_from(number)
        .ok()
        .filter(|&number| number > 0)
        .ok_or_else(|| errors::value_error(format!("{name} must be greater than 0.")))
}

fn pbkdf2(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let kind = kind_arg(host, &args[0])?;
    let (password, salt) = (data_arg(host, &args[1])?, data_arg(host, &args[2])?);
    let rounds = count(host, &args[3], "iteration value")?;
    let len = if args[4].is_none() { KINDS[kind].1 } else { count(host, &args[4], "key length")? as usize };
    let mut key = vec![0; len];
    match KINDS[kind].0 {
        "sha1" => ::pbkdf2::pbkdf2_hmac::<Sha1>(&password, &salt, rounds, &mut key),
        "sha224" => ::pbkdf2::pbkdf2_hmac::<Sha224>(&password, &salt, rounds, &mut key),
        "sha256" => ::pbkdf2::pbkdf2_hmac::<Sha256>(&password, &salt, rounds, &mut key),
        "sha384" => ::pbkdf2::pbkdf2_hmac::<Sha384>(&password, &salt, rounds, &mut key),
        "md5" => ::pbkdf2::pbkdf2_hmac::<Md5>(&password, &salt, rounds, &mut key),
        _ => ::pbkdf2::pbkdf2_hmac::<Sha512>(&password, &salt, rounds, &mut key),
    }
    Ok(Value::bytes(key))
}

fn scrypt(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let (password, salt) = (data_arg(host, &args[0])?, data_arg(host, &args[1])?);
    let n = count(host, &args[2], "n")?;
    if !n.is_power_of_two() || n < 2 {
        return Err(errors::value_error("n must be a power of 2."));
    }
    let (r, p) = (count(host, &args[3], "r")?, count(host, &args[4], "p")?);
    let len = count(host, &args[6], "dklen")? as usize;
    let params = ::scrypt::Params::new(n.trailing_zeros() as u8, r, p)
        .map_err(|_| errors::value_error("Invalid parameter combination for n, r, p, maxmem."))?;
    let mut key = vec![0; len];
    ::scrypt::scrypt(&password, &salt, &params, &mut key)
        .map_err(|_| errors::value_error("dklen is out of range"))?;
    Ok(Value::bytes(key))
}

fn bcrypt_hash(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let password = data_arg(host, &args[0])?;
    let rounds = count(host, &args[1], "rounds")?;
    let salt = <[u8; 16]>::try_from(super::random::random_bytes(16)).expect("as many bytes as asked for");
    let parts = ::bcrypt::hash_with_salt(&password, rounds, salt)
        .map_err(|error| errors::value_error(error.to_string()))?;
    Ok(Value::bytes(parts.format_for_version(::bcrypt::Version::TwoB).into_bytes()))
}

fn bcrypt_check(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let (password, hashed) = (data_arg(host, &args[0])?, data_arg(host, &args[1])?);
    let hashed = String::from_utf8_lossy(&hashed).into_owned();
    match ::bcrypt::verify(&password, &hashed) {
        Ok(same) => Ok(Value::Bool(same)),
        Err(_) => Err(errors::value_error("Invalid salt")),
    }
}

pub static MODULE: NativeModule = NativeModule {
    types: &[&HASH],
    functions: &[
        constructor("md5", |host, args| make(host, 0, &args[0])),
        constructor("sha1", |host, args| make(host, 1, &args[0])),
        constructor("sha224", |host, args| make(host, 2, &args[0])),
        constructor("sha256", |host, args| make(host, 3, &args[0])),
        constructor("sha384", |host, args| make(host, 4, &args[0])),
        constructor("sha512", |host, args| make(host, 5, &args[0])),
        Row::function(
            "new",
            &[
                req("name"),
                opt("data", ParamDefault::Omitted("b''")),
                kw("usedforsecurity", ParamDefault::Bool(true)),
            ],
            "Return a new hash object using the named algorithm.",
            "",
            |host, args| {
                let kind = kind_arg(host, &args[0])?;
                make(host, kind, &args[1])
            },
        ),
        Row::function(
            "pbkdf2_hmac",
            &[
                req("hash_name"),
                req("password"),
                req("salt"),
                req("iterations"),
                opt("dklen", ParamDefault::None),
            ],
            "Password based key derivation function 2 (PKCS #5 v2.0) with HMAC as pseudorandom function.",
            "",
            pbkdf2,
        ),
        Row::function(
            "scrypt",
            &[
                pos("password"),
                kw("salt", ParamDefault::Required),
                kw("n", ParamDefault::Required),
                kw("r", ParamDefault::Required),
                kw("p", ParamDefault::Required),
                kw("maxmem", ParamDefault::Int(0)),
                kw("dklen", ParamDefault::Int(64)),
            ],
            "scrypt password-based key derivation function.",
            "",
            scrypt,
        ),
        Row::function("_bcrypt_hash", &[pos("password"), pos("rounds")], "A bcrypt hash.", "", bcrypt_hash),
        Row::function(
            "_bcrypt_check",
            &[pos("password"), pos("hashed")],
            "Whether a password has that bcrypt hash.",
            "",
            bcrypt_check,
        ),
        Row::function(
            "_random_bytes",
            &[pos("count")],
            "Bytes that cannot be foretold.",
            "",
            |host, args| {
                let count = int_arg(host, &args[0])?.clamp(0, 1 << 24);
                Ok(Value::bytes(super::random::random_bytes(count as usize)))
            },
        ),
    ],
    constants: &[
        ("algorithms_available", |_| {
            Ok(Value::tuple(KINDS.iter().map(|(name, _, _)| Value::str(name)).collect()))
        }),
        ("algorithms_guaranteed", |_| {
            Ok(Value::tuple(KINDS.iter().map(|(name, _, _)| Value::str(name)).collect()))
        }),
    ],
    ..NativeModule::new("hashlib", "Hash functions.")
};
