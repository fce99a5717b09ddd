//! `sys` and `os`: what a program may know of the process and the file system, read-only.
//!
//! Owns the native half; the rest is written in the language. Files are only looked at, never made or changed.
//! Must not know projects.

use std::cell::RefCell;

use crate::diag::{Error, Extra, builtin};
use crate::python::value::{Dict, Gc, Host, NativeModule, ParamDefault, R, Row, Value, param};
use crate::python::vm::Vm;

pub static SYS: NativeModule = NativeModule {
    functions: &[
        Row::function("_write_out", &[param::pos("text")], "Writes to the output.", "", write_out),
        Row::function("_write_err", &[param::pos("text")], "Writes to the error stream.", "", write_err),
        Row::function(
            "intern",
            &[param::pos("string")],
            "The one object of that text.",
            "sys.intern('a')",
            same,
        ),
        Row::function("_handled", &[], "The exception that is being handled.", "", |host, _| {
            Ok(host.handled_exception().unwrap_or_default())
        }),
        Row::function("getrefcount", &[param::pos("object")], "A count of references.", "", ref_count),
    ],
    constants: &[("modules", modules)],
    prelude: Some(include_str!("../prelude/sys.py")),
    ..NativeModule::new("sys", "The interpreter.")
};

pub static OS: NativeModule = NativeModule {
    functions: &[
        Row::function("getcwd", &[], "The current folder.", "", current_folder),
        Row::function("getpid", &[], "The number of the process.", "", process_id),
        Row::function("_variables", &[], "The environment.", "", variables),
        Row::function(
            "_kind",
            &[param::pos("path")],
            "What lies at a path: file, folder or nothing.",
            "",
            path_kind,
        ),
        Row::function("_size", &[param::pos("path")], "The size of a file in bytes.", "", file_size),
        Row::function(
            "_modified",
            &[param::pos("path")],
            "Seconds since 1970 of the last change.",
            "",
            modified,
        ),
        Row::function(
            "listdir",
            &[param::opt("path", ParamDefault::Str("."))],
            "The names in a folder.",
            "",
            list_folder,
        ),
        Row::function("_random", &[param::pos("count")], "Random bytes.", "", random_bytes),
    ],
    prelude: Some(include_str!("../prelude/os.py")),
    ..NativeModule::new("os", "The file system and the environment, to look at.")
};

pub static OS_PATH: NativeModule = NativeModule {
    prelude: Some(include_str!("../prelude/os_path.py")),
    ..NativeModule::new("os.path", "Paths as text.")
};

pub static POSIXPATH: NativeModule = NativeModule {
    prelude: Some("from os.path import *\n"),
    ..NativeModule::new("posixpath", "Paths as text.")
};

pub static MODULES: &[&NativeModule] = &[&SYS, &OS, &OS_PATH, &POSIXPATH];

thread_local! {
    static EXTRA: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
}

/// Variables that `os.environ` shows besides the process's own.
pub fn add_variables(found: Vec<(String, String)>) {
    EXTRA.with(|extra| *extra.borrow_mut() = found);
}

fn text(value: &Value) -> R<String> {
    match value {
        Value::Str(text) => Ok(text.to_string()),
        _ => Err(Error::new(&builtin::TYPE_ERROR, "expected str, bytes or os.PathLike object").into()),
    }
}

fn write_out(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let text = text(&args[0])?;
    host.write_out(&text);
    Ok(Value::Int(text.chars().count() as i64))
}

fn write_err(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let text = text(&args[0])?;
    host.write_err(&text);
    Ok(Value::Int(text.chars().count() as i64))
}

fn same(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(args[0].clone())
}

fn ref_count(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(Value::Int(match &args[0] {
        Value::Instance(object) => i64::from(Gc::count(object)),
        Value::List(object) => i64::from(Gc::count(object)),
        Value::Dict(object) => i64::from(Gc::count(object)),
        _ => 2,
    }))
}

fn modules(host: &mut dyn Host) -> R<Value> {
    let found = host.machine().downcast_mut::<Vm>().map(|vm| vm.modules().clone());
    Ok(Value::Dict(found.unwrap_or_else(|| Gc::new(Dict::new()))))
}

fn current_folder(_host: &mut dyn Host, _args: &[Value]) -> R<Value> {
    let folder = std::env::current_dir().unwrap_or_else(|_| "/".into());
    Ok(Value::str(folder.to_string_lossy()))
}

fn process_id(_host: &mut dyn Host, _args: &[Value]) -> R<Value> {
    Ok(Value::Int(i64::from(std::process::id())))
}

fn variables(_host: &mut dyn Host, _args: &[Value]) -> R<Value> {
    let dict = Dict::new();
    let mut own: Vec<(String, String)> = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .collect();
    own.sort();
    for (name, value) in own {
        dict.set(&name, Value::str(value));
    }
    EXTRA.with(|extra| {
        for (name, value) in extra.borrow().iter() {
            if dict.get(name).is_none() {
                dict.set(name, Value::str(value));
            }
        }
    });
    Ok(Value::Dict(Gc::new(dict)))
}

fn path_kind(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(match std::fs::metadata(text(&args[0])?) {
        Ok(found) if found.is_dir() => Value::str("folder"),
        Ok(_) => Value::str("file"),
        Err(_) => Value::None,
    })
}

fn metadata(path: &Value) -> R<std::fs::Metadata> {
    let name = text(path)?;
    std::fs::metadata(&name).map_err(|_| missing(&name).into())
}

/// `FileNotFoundError: [Errno 2] No such file or directory: 'x'`
fn missing(path: &str) -> Error {
    Error::new(&builtin::FILE_NOT_FOUND_ERROR, format!("[Errno 2] No such file or directory: '{path}'"))
        .attribute("errno", Extra::Int(2))
        .attribute("strerror", Extra::Text("No such file or directory".into()))
        .attribute("filename", Extra::Text(path.into()))
}

fn file_size(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(Value::Int(metadata(&args[0])?.len() as i64))
}

fn modified(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let time = metadata(&args[0])?.modified().ok();
    let since = time.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    Ok(Value::Float(since.map_or(0.0, |since| since.as_secs_f64())))
}

fn list_folder(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let name = text(&args[0])?;
    let entries = std::fs::read_dir(&name).map_err(|_| missing(&name))?;
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    Ok(Value::list(names.into_iter().map(Value::from).collect()))
}

fn random_bytes(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let Value::Int(count @ 0..=1_000_000) = args[0] else {
        return Err(Error::new(&builtin::VALUE_ERROR, "negative argument not allowed").into());
    };
    let mut bytes = Vec::with_capacity(count as usize + 16);
    while bytes.len() < count as usize {
        bytes.extend_from_slice(uuid::Uuid::new_v4().as_bytes());
    }
    bytes.truncate(count as usize);
    Ok(Value::bytes(bytes))
}
