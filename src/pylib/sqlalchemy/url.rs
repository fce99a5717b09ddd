//! `URL` and `make_url`.
//!
//! Owns the object. Must not know drivers.

use super::arguments;
use crate::engine::Url;
use crate::python::value::{
    CompareOp, Dict, Gc, Getter, Host, Native, NativeType, Param, ParamDefault, R, Row, Slots, Str, Value,
    param,
};

/// The payload of URL objects.
pub struct UrlData(pub Url);

impl Native for UrlData {}

pub fn url_value(url: Url) -> Value {
    Value::native(&URL, UrlData(url))
}

fn data(value: &Value) -> &Url {
    &value.payload::<UrlData>().expect("getters of a URL are called with URLs").0
}

/// The URL that an argument means: a URL object or text.
pub fn url_of(host: &mut dyn Host, value: &Value) -> R<Url> {
    if let Some(UrlData(url)) = value.payload::<UrlData>() {
        return Ok(url.clone());
    }
    let text = match value {
        Value::Str(text) => text.clone(),
        other => match other.payload::<crate::python::value::BaseValue>() {
            Some(crate::python::value::BaseValue(Value::Str(text))) => text.clone(),
            _ => arguments::text(host, other, "Expected string or URL object, got")?,
        },
    };
    Ok(Url::parse(&text)?)
}

const fn getter(name: &'static str, doc: &'static str, get: fn(&mut dyn Host, &Value) -> R<Value>) -> Getter {
    Getter { name, doc, get, set: None }
}

const CREATE: &[Param] = &[
    param::req("drivername"),
    param::opt("username", ParamDefault::None),
    param::opt("password", ParamDefault::None),
    param::opt("host", ParamDefault::None),
    param::opt("port", ParamDefault::None),
    param::opt("database", ParamDefault::None),
    param::opt("query", ParamDefault::Omitted("{}")),
];

const SET: &[Param] = &[
    param::opt("drivername", ParamDefault::None),
    param::opt("username", ParamDefault::None),
    param::opt("password", ParamDefault::None),
    param::opt("host", ParamDefault::None),
    param::opt("port", ParamDefault::None),
    param::opt("database", ParamDefault::None),
    param::opt("query", ParamDefault::None),
];

pub static URL: NativeType = NativeType {
    doc: "Where a database is.",
    methods: &[
        Row::class_method("create", CREATE, "A URL of its parts.", "", create),
        Row::method("set", SET, "A URL with some parts changed.", "", set),
        Row::method(
            "render_as_string",
            &[param::opt("hide_password", ParamDefault::Bool(true))],
            "The URL as text.",
            "",
            render,
        ),
        Row::method("get_backend_name", &[], "The database's kind.", "", |_, args| {
            Ok(Value::str(data(&args[0]).backend_name()))
        }),
        Row::method("get_driver_name", &[], "The driver's name.", "", |_, args| {
            let url = data(&args[0]);
            let driver = url.drivername.split_once('+').map(|(_, driver)| driver);
            Ok(Value::str(driver.unwrap_or(if url.is_sqlite() { "pysqlite" } else { "" })))
        }),
    ],
    getters: &[
        getter("drivername", "Dialect and driver.", |_, url| Ok(Value::str(&data(url).drivername))),
        getter("username", "The user.", |_, url| Ok(Value::from(data(url).username.as_deref()))),
        getter("password", "The password.", |_, url| Ok(Value::from(data(url).password.as_deref()))),
        getter("host", "The server.", |_, url| Ok(Value::from(data(url).host.as_deref()))),
        getter("port", "The server's port.", |_, url| Ok(Value::from(data(url).port.map(i64::from)))),
        getter("database", "The database's name or file.", |_, url| {
            Ok(Value::from(data(url).database.as_deref()))
        }),
        getter("query", "What stands behind the question mark.", query),
    ],
    slots: Slots {
        repr: Some(|_, url| Ok(Str::new(&data(url).render(true)))),
        str: Some(|_, url| Ok(Str::new(&data(url).render(false)))),
        hash: Some(|_, url| Ok(Str::new(&data(url).render(false)).hash())),
        compare: Some(compare),
        ..Slots::NONE
    },
    is_base: false,
    ..NativeType::plain("URL", "sqlalchemy.engine.url")
};

fn compare(_host: &mut dyn Host, op: CompareOp, left: &Value, right: &Value) -> R<Value> {
    let Some(UrlData(right)) = right.payload::<UrlData>() else { return Ok(Value::NotImplemented) };
    Ok(match op {
        CompareOp::Eq => Value::Bool(data(left) == right),
        CompareOp::Ne => Value::Bool(data(left) != right),
        _ => Value::NotImplemented,
    })
}

fn query(_host: &mut dyn Host, url: &Value) -> R<Value> {
    let dict = Dict::new();
    for (key, value) in &data(url).query {
        dict.set(key, Value::str(value));
    }
    Ok(Value::Dict(Gc::new(dict)))
}

fn change(host: &mut dyn Host, url: &mut Url, parts: &[Value]) -> R<()> {
    let mut texts = Vec::new();
    for part in parts {
        texts.push(match part {
            Value::None | Value::Unset => None,
            Value::Dict(_) => None,
            other => Some(host.str(other)?.to_string()),
        });
    }
    let mut place = |at: usize| texts.get_mut(at).and_then(Option::take);
    if let Some(drivername) = place(0) {
        url.drivername = drivername;
    }
    url.username = place(1).or_else(|| url.username.take());
    url.password = place(2).or_else(|| url.password.take());
    url.host = place(3).or_else(|| url.host.take());
    url.port = place(4).and_then(|port| port.parse().ok()).or(url.port);
    url.database = place(5).or_else(|| url.database.take());
    if let Some(Value::Dict(query)) = parts.get(6) {
        url.query.clear();
        for (key, value) in query.to_vec() {
            let pair = (host.str(&key)?.to_string(), host.str(&value)?.to_string());
            url.query.push(pair);
        }
    }
    Ok(())
}

fn create(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut url = Url::default();
    change(host, &mut url, &args[1..])?;
    Ok(url_value(url))
}

fn set(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut url = data(&args[0]).clone();
    change(host, &mut url, &args[1..])?;
    Ok(url_value(url))
}

fn render(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let hide = host.truth(&args[1])?;
    Ok(Value::str(data(&args[0]).render(hide)))
}

pub(super) fn make_url(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(url_value(url_of(host, &args[0])?))
}
