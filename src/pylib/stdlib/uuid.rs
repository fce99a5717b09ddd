//! `uuid`.
//!
//! Owns the `UUID` type and its generators. Must not know columns.

use uuid::Uuid;

use crate::python::builtins::convert::{base, big, text_arg};
use crate::python::builtins::{bytes_of, errors, int::holds};
use crate::python::value::param::{opt, pos, pos_opt};
use crate::python::value::{
    CallArgs, Class, Gc, Getter, Host, Instance, Native, NativeModule, NativeType, Param, ParamDefault, R,
    Row, Slots, Value, bind, primitive_hash,
};
use num_bigint::BigInt;
use num_traits::ToPrimitive;

struct UuidData(Uuid);
impl Native for UuidData {}

const PARAMS: &[Param] = &[
    opt("hex", ParamDefault::None),
    opt("bytes", ParamDefault::None),
    opt("bytes_le", ParamDefault::None),
    opt("fields", ParamDefault::None),
    opt("int", ParamDefault::None),
    opt("version", ParamDefault::None),
];

pub static UUID: NativeType = NativeType {
    doc: "Instances of the UUID class represent UUIDs as specified in RFC 4122.",
    getters: &[
        Getter {
            name: "hex",
            doc: "",
            get: |_, this| Ok(Value::from(id(this).simple().to_string())),
            set: None,
        },
        Getter {
            name: "bytes",
            doc: "",
            get: |_, this| Ok(Value::bytes(id(this).as_bytes().to_vec())),
            set: None,
        },
        Getter {
            name: "bytes_le",
            doc: "",
            get: |_, this| Ok(Value::bytes(id(this).to_bytes_le().to_vec())),
            set: None,
        },
        Getter { name: "int", doc: "", get: |_, this| Ok(number(this)), set: None },
        Getter {
            name: "urn",
            doc: "",
            get: |_, this| Ok(Value::from(format!("urn:uuid:{}", id(this)))),
            set: None,
        },
        Getter {
            name: "version",
            doc: "",
            get: |_, this| {
                let version = id(this).get_version_num();
                let is_rfc = id(this).get_variant() == uuid::Variant::RFC4122;
                Ok(if is_rfc { Value::from(version) } else { Value::None })
            },
            set: None,
        },
        Getter {
            name: "variant",
            doc: "",
            get: |_, this| {
                Ok(Value::str(match id(this).get_variant() {
                    uuid::Variant::NCS => "reserved for NCS compatibility",
                    uuid::Variant::RFC4122 => "specified in RFC 4122",
                    uuid::Variant::Microsoft => "reserved for Microsoft compatibility",
                    _ => "reserved for future definition",
                }))
            },
            set: None,
        },
        Getter {
            name: "time_low",
            doc: "",
            get: |_, this| Ok(Value::Int(id(this).as_fields().0.into())),
            set: None,
        },
        Getter {
            name: "node",
            doc: "",
            get: |_, this| Ok(Value::Int((id(this).as_u128() & 0xffff_ffff_ffff) as i64)),
            set: None,
        },
        Getter {
            name: "fields",
            doc: "",
            get: |_, this| {
                let id = id(this);
                let (low, mid, high, rest) = id.as_fields();
                let node = id.as_u128() & 0xffff_ffff_ffff;
                let parts =
                    [i64::from(low), mid.into(), high.into(), rest[0].into(), rest[1].into(), node as i64];
                Ok(Value::tuple(parts.into_iter().map(Value::Int).collect()))
            },
            set: None,
        },
    ],
    methods: &[
        Row::method("__int__", &[], "int(self)", "", |_, args| Ok(number(&args[0]))),
        Row::method("__reduce__", &[], "Helper for copying.", "", |host, args| {
            let class = host.class_of(&args[0]);
            Ok(Value::tuple(vec![
                Value::Class(class),
                Value::tuple(vec![Value::from(id(&args[0]).to_string())]),
            ]))
        }),
    ],
    slots: Slots {
        new: Some(new),
        repr: Some(|host, this| {
            let name = host.class_of(this).name.borrow().clone();
            Ok(format!("{name}('{}')", id(this)).into())
        }),
        str: Some(|_, this| Ok(id(this).to_string().into())),
        hash: Some(|_, this| Ok(primitive_hash(&number(this)).unwrap_or(0))),
        compare: Some(|_, op, this, other| {
            Ok(match other.payload::<UuidData>() {
                Some(other) => Value::Bool(holds(op, id(this).cmp(&other.0))),
                None => Value::NotImplemented,
            })
        }),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("UUID", "uuid")
};

fn id(value: &Value) -> Uuid {
    value.payload::<UuidData>().map_or(Uuid::nil(), |data| data.0)
}

fn number(value: &Value) -> Value {
    Value::big(BigInt::from(id(value).as_u128()))
}

fn make(id: Uuid) -> Value {
    Value::native(&UUID, UuidData(id))
}

fn new(host: &mut dyn Host, class: &Gc<Class>, args: CallArgs<'_>) -> R<Value> {
    let bound = bind("UUID", PARAMS, args)?;
    let given = bound[..5].iter().filter(|value| !value.is_none()).count();
    if given != 1 {
        return Err(errors::type_error(
            "one of the hex, bytes, bytes_le, fields, or int arguments must be given",
        ));
    }
    let mut made = if !bound[0].is_none() {
        let Value::Str(text) = base(&bound[0]) else {
            let name = errors::type_name(host, &bound[0]);
            return Err(errors::attribute_error(format!("'{name}' object has no attribute 'replace'")));
        };
        let plain = text.replace("urn:", "").replace("uuid:", "");
        let plain = plain.trim_matches(['{', '}']).replace('-', "");
        if plain.chars().count() != 32 {
            return Err(errors::value_error("badly formed hexadecimal UUID string"));
        }
        let number = u128::from_str_radix(&plain, 16).map_err(|_| {
            errors::value_error(format!(
                "invalid literal for int() with base 16: {}",
                crate::python::builtins::text::quote(&plain)
            ))
        })?;
        Uuid::from_u128(number)
    } else if !bound[1].is_none() || !bound[2].is_none() {
        let little = bound[1].is_none();
        let bytes = bytes_of(&bound[if little { 2 } else { 1 }]).unwrap_or_default();
        let Ok(bytes) = <[u8; 16]>::try_from(bytes) else {
            return Err(errors::value_error(if little {
                "bytes_le is not a 16-char string"
            } else {
                "bytes is not a 16-char string"
            }));
        };
        if little { Uuid::from_bytes_le(bytes) } else { Uuid::from_bytes(bytes) }
    } else if !bound[3].is_none() {
        let fields = host.collect(&bound[3])?;
        if fields.len() != 6 {
            return Err(errors::value_error("fields is not a 6-tuple"));
        }
        let mut number: u128 = 0;
        for (field, bits) in fields.iter().zip([32, 16, 16, 8, 8, 48]) {
            let part = big(field).and_then(|part| part.to_u128()).unwrap_or(0);
            number = number << bits | part;
        }
        Uuid::from_u128(number)
    } else {
        match big(&bound[4]).and_then(|number| number.to_u128()) {
            Some(number) => Uuid::from_u128(number),
            None => return Err(errors::value_error("int is out of range (need a 128-bit value)")),
        }
    };
    if let Some(version) = big(&bound[5]).and_then(|number| number.to_u8()) {
        let mut bytes = made.into_bytes();
        bytes[6] = bytes[6] & 0x0f | version << 4;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        made = Uuid::from_bytes(bytes);
    }
    Ok(Value::Instance(Instance::with_payload(class.clone(), Box::new(UuidData(made)))))
}

fn namespace(host: &mut dyn Host, value: &Value) -> R<Uuid> {
    match value.payload::<UuidData>() {
        Some(data) => Ok(data.0),
        None => {
            let name = errors::type_name(host, value);
            Err(errors::attribute_error(format!("'{name}' object has no attribute 'bytes'")))
        }
    }
}

pub static MODULE: NativeModule = NativeModule {
    types: &[&UUID],
    functions: &[
        Row::function(
            "uuid1",
            &[pos_opt("node", ParamDefault::None), pos_opt("clock_seq", ParamDefault::None)],
            "Generate a UUID from a host ID, sequence number, and the current time.",
            "",
            |_, _| Ok(make(Uuid::now_v1(&[2, 0x52, 0x65, 0x74, 0x6f, 0x72]))),
        ),
        Row::function(
            "uuid3",
            &[pos("namespace"), pos("name")],
            "Generate a UUID from the MD5 hash of a namespace UUID and a name.",
            "uuid.uuid3(uuid.NAMESPACE_DNS, 'a.org')",
            |host, args| {
                let space = namespace(host, &args[0])?;
                Ok(make(Uuid::new_v3(&space, text_arg(host, &args[1], "name")?.as_bytes())))
            },
        ),
        Row::function("uuid4", &[], "Generate a random UUID.", "", |_, _| Ok(make(Uuid::new_v4()))),
        Row::function(
            "uuid5",
            &[pos("namespace"), pos("name")],
            "Generate a UUID from the SHA-1 hash of a namespace UUID and a name.",
            "uuid.uuid5(uuid.NAMESPACE_DNS, 'a.org')",
            |host, args| {
                let space = namespace(host, &args[0])?;
                Ok(make(Uuid::new_v5(&space, text_arg(host, &args[1], "name")?.as_bytes())))
            },
        ),
        Row::function(
            "getnode",
            &[],
            "The hardware address as a 48-bit positive integer; a made-up one.",
            "",
            |_, _| Ok(Value::Int(0x0252_6574_6f72)),
        ),
    ],
    constants: &[
        ("NAMESPACE_DNS", |_| Ok(make(Uuid::NAMESPACE_DNS))),
        ("NAMESPACE_URL", |_| Ok(make(Uuid::NAMESPACE_URL))),
        ("NAMESPACE_OID", |_| Ok(make(Uuid::NAMESPACE_OID))),
        ("NAMESPACE_X500", |_| Ok(make(Uuid::NAMESPACE_X500))),
    ],
    ..NativeModule::new("uuid", "UUID objects according to RFC 4122.")
};
