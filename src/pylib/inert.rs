//! Imports that Retort does not have, and what they give.
//!
//! Owns the inert value: attributes, calls, decorators and base classes are accepted and do nothing, using one as data
//! is an error that names the import. Owns too the lists of who is inert and who is refused, with what to write
//! instead. Must not know projects; who is told about inert imports is decided above.

use std::cell::{Cell, RefCell};

use crate::diag::Error;
use crate::diag::builtin::MODULE_NOT_FOUND_ERROR;
use crate::python::value::param::pos;
use crate::python::value::{
    Gc, Host, Native, NativeFunction, NativeType, R, Raised, Row, Slots, Str, Value, intern, native_class,
};

/// Third-party packages that model files import for what is no data; whatever begins with `flask_` counts as well.
const THIRD_PARTY: &[&str] = &[
    "alembic",
    "apispec",
    "apscheduler",
    "arrow",
    "authlib",
    "babel",
    "bleach",
    "boto3",
    "celery",
    "click",
    "cloudinary",
    "cryptography",
    "dateutil",
    "dotenv",
    "elasticsearch",
    "email_validator",
    "eventlet",
    "factory",
    "faker",
    "gevent",
    "graphene",
    "graphene_sqlalchemy",
    "gunicorn",
    "itsdangerous",
    "jinja2",
    "jose",
    "jwt",
    "markdown",
    "markdown2",
    "markupsafe",
    "marshmallow",
    "marshmallow_sqlalchemy",
    "mistune",
    "numpy",
    "openai",
    "pandas",
    "passlib",
    "phonenumbers",
    "PIL",
    "psycopg2",
    "pydantic",
    "pymysql",
    "pyotp",
    "pytest",
    "pytz",
    "qrcode",
    "redis",
    "requests",
    "rich",
    "rq",
    "safrs",
    "sendgrid",
    "sentry_sdk",
    "slugify",
    "sqlalchemy_continuum",
    "sqlalchemy_imageattach",
    "sqlalchemy_searchable",
    "sqlalchemy_utils",
    "stripe",
    "twilio",
    "tzlocal",
    "werkzeug",
    "whoosh",
    "wtforms",
    "wtforms_alchemy",
    "wtforms_sqlalchemy",
    "yaml",
];

/// Modules of the standard library that do what Retort does not: only importing them is accepted.
const ACCEPTED: &[&str] = &["asyncio", "concurrent", "queue", "sched", "threading"];

/// Modules of the standard library that reach out of the app: using one is an error that says what to do instead.
const REFUSED: &[(&str, &str)] = &[
    ("ctypes", "Retort runs no native code."),
    ("ftplib", "Retort has no network."),
    ("http", "Retort has no network; read a file of the app's folder instead."),
    ("imaplib", "Retort has no network."),
    ("mmap", "Retort maps no files."),
    ("multiprocessing", "Retort has no processes; call the function itself."),
    ("pickle", "Retort does not pickle; use json."),
    ("poplib", "Retort has no network."),
    ("selectors", "Retort has no network."),
    ("shelve", "Retort writes no files; use the database."),
    ("shutil", "Retort writes no files."),
    ("signal", "Retort handles Ctrl-C itself."),
    ("smtplib", "Retort has no network; print the message instead."),
    ("socket", "Retort has no network."),
    ("socketserver", "Retort has no network."),
    ("ssl", "Retort has no network."),
    ("subprocess", "Retort runs no other programs."),
    ("tempfile", "Retort writes no files; keep the data in a variable."),
    ("urllib.request", "Retort has no network; read a file of the app's folder instead."),
    ("webbrowser", "Retort opens no browser."),
];

/// Whether an import may stand though Retort does not have it.
pub fn is_inert(name: &str) -> bool {
    if REFUSING.get() {
        return false;
    }
    let top = name.split('.').next().unwrap_or(name);
    top.starts_with("flask_")
        || THIRD_PARTY.contains(&top)
        || ACCEPTED.contains(&top)
        || refusal(name).is_some()
}

/// What to write instead of a refused module.
pub fn refusal(name: &str) -> Option<&'static str> {
    let matches =
        |known: &str| name == known || name.strip_prefix(known).is_some_and(|rest| rest.starts_with('.'));
    REFUSED.iter().find(|(known, _)| matches(known)).map(|(_, cure)| *cure)
}

/// The refused modules with their cures, for the compatibility page.
pub fn refused() -> &'static [(&'static str, &'static str)] {
    REFUSED
}

thread_local! {
    static MET: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static REFUSING: Cell<bool> = const { Cell::new(false) };
}

/// Whether no import stands that the real interpreter would not find (`--strict`).
pub fn refuse_all(on: bool) {
    REFUSING.set(on);
}

/// The inert packages that were imported so far, in order, each once.
pub fn met() -> Vec<String> {
    MET.with(|met| met.borrow().clone())
}

/// What an inert module answers for a name that is not in it: its `__getattr__`.
pub fn module_getattr(module: &Str) -> Value {
    let top = module.split('.').next().unwrap_or(module).to_string();
    MET.with(|met| {
        let mut met = met.borrow_mut();
        if !met.contains(&top) {
            met.push(top);
        }
    });
    Value::Native(Gc::new(NativeFunction {
        row: &GETATTR,
        receiver: Value::Str(module.clone()),
        owner: Value::Unset,
        data: Value::Unset,
    }))
}

static GETATTR: Row = Row::method(
    "__getattr__",
    &[pos("name")],
    "A name of an import that Retort does not have.",
    "",
    |_, args| {
        let (Some(module), Some(name)) = (args[0].as_str(), args[1].as_str()) else { return Ok(Value::None) };
        if name.starts_with("__") && name != "__version__" {
            return Err(Raised::new(
                &crate::diag::builtin::ATTRIBUTE_ERROR,
                format!("module '{module}' has no attribute '{name}'"),
            ));
        }
        Ok(inert(format!("{module}.{name}")))
    },
);

struct Inert(Str);
impl Native for Inert {}

fn inert(path: impl Into<String>) -> Value {
    Value::native(&INERT, Inert(path.into().into()))
}

fn path(value: &Value) -> Str {
    value.payload::<Inert>().map_or_else(|| intern("an inert import"), |inert| inert.0.clone())
}

/// `ModuleNotFoundError: No module named 'flask_mail'`, with what was tried.
fn used(value: &Value) -> Raised {
    let path = path(value);
    let top = path.split('.').next().unwrap_or(&path).to_string();
    Error::new(&MODULE_NOT_FOUND_ERROR, format!("No module named '{top}'"))
        .hint(format!("Retort lets the import of {top} stand, but '{path}' has no value to use."))
        .into()
}

fn refuse(value: &Value) -> Option<Raised> {
    let path = path(value);
    let cure = refusal(&path)?;
    let module =
        REFUSED.iter().map(|(known, _)| *known).find(|known| path.starts_with(known)).unwrap_or(&path);
    let error = Error::new(&MODULE_NOT_FOUND_ERROR, format!("No module named '{module}'")).hint(cure);
    Some(error.into())
}

/// Attributes of inert values that must not seem to be there, since their being there means something.
const ABSENT: &[&str] = &[
    "__origin__",
    "__args__",
    "__clause_element__",
    "__iter__",
    "__len__",
    "__index__",
    "__float__",
    "__html__",
    "keys",
];

/// A value out of an inert import.
pub static INERT: NativeType = NativeType {
    doc: "Something out of an import that Retort does not have.",
    is_base: false,
    slots: Slots {
        repr: Some(|_, this| Ok(format!("<inert {}>", path(this)).into())),
        str: Some(|_, this| Err(used(this))),
        format: Some(|_, this, _| Err(used(this))),
        truth: Some(|_, _| Ok(false)),
        binary: Some(|_, _, this, _, _| Err(used(this))),
        unary: Some(|_, _, this| Err(used(this))),
        len: Some(|_, this| Err(used(this))),
        iter: Some(|_, this| Err(used(this))),
        next: Some(|_, this| Err(used(this))),
        contains: Some(|_, this, _| Err(used(this))),
        get_item: Some(|_, this, _| Ok(inert(format!("{}[...]", path(this))))),
        set_item: Some(|_, _, _, _| Ok(())),
        del_item: Some(|_, _, _| Ok(())),
        call: Some(|_, this, args| {
            if let Some(raised) = refuse(this) {
                return Err(raised);
            }
            // A decorator gives back what it decorates.
            if let ([decorated @ (Value::Function(_) | Value::Class(_) | Value::Method(_))], []) =
                (args.positional, args.names)
            {
                return Ok(decorated.clone());
            }
            let path = path(this);
            Ok(inert(if path.ends_with("()") { path.to_string() } else { format!("{path}()") }))
        }),
        get_attr: Some(|_, this, name| {
            if &**name == "__mro_entries__" {
                return Ok(Some(Value::Native(Gc::new(NativeFunction {
                    row: &MRO_ENTRIES,
                    receiver: this.clone(),
                    owner: Value::Unset,
                    data: Value::Unset,
                }))));
            }
            if name.starts_with("__") && name.ends_with("__") || ABSENT.contains(&&**name) {
                return Ok(None);
            }
            Ok(Some(inert(format!("{}.{name}", path(this)))))
        }),
        set_attr: Some(|_, _, _, _| Ok(true)),
        del_attr: Some(|_, _, _| Ok(true)),
        enter: Some(|_, this| Ok(this.clone())),
        exit: Some(|_, _, _| Ok(false)),
        ..Slots::NONE
    },
    ..NativeType::plain("inert", "builtins")
};

static MRO_ENTRIES: Row = Row::method(
    "__mro_entries__",
    &[pos("bases")],
    "What stands in for an inert base.",
    "",
    |host: &mut dyn Host, args: &[Value]| -> R<Value> {
        let bases = host.collect(&args[1])?;
        let all_inert = bases.iter().all(|base| base.payload::<Inert>().is_some());
        // Beside a real base an inert one adds nothing; alone it must take any argument and any attribute.
        let first = bases.first().is_some_and(|base| base.is(&args[0]));
        Ok(Value::tuple(if all_inert && first {
            vec![Value::Class(native_class(&INERT_BASE))]
        } else {
            Vec::new()
        }))
    },
);

/// The base of classes that derive from inert values only.
static INERT_BASE: NativeType = NativeType {
    doc: "Base of classes whose real base Retort does not have.",
    has_dict: true,
    slots: Slots {
        new: Some(|_, class, _| Ok(Value::Instance(crate::python::value::Instance::new(class.clone())))),
        init: Some(|_, _, _| Ok(())),
        get_attr: Some(|host, this, name| {
            if name.starts_with("__") && name.ends_with("__") || ABSENT.contains(&&**name) {
                return Ok(None);
            }
            let class = host.class_of(this).name.borrow().clone();
            Ok(Some(inert(format!("{class}.{name}"))))
        }),
        class_get_attr: Some(|_, class, name| {
            if name.starts_with("__") && name.ends_with("__") || ABSENT.contains(&&**name) {
                return Ok(None);
            }
            Ok(Some(inert(format!("{}.{name}", class.name.borrow()))))
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("InertBase", "builtins")
};
