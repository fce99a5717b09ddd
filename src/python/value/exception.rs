//! What every exception object does: its arguments, its text, its notes.
//!
//! Owns the native side of all exception classes, with the ways of its own that some of the builtin classes have
//! (a KeyError shows its key's repr, an OSError its number). Must not know raising, catching or chaining.

use super::rows::param::pos;
use super::{
    CallArgs, ExceptionData, Gc, Getter, Host, Instance, NativeType, R, Raised, Row, Slots, Str, Value,
    intern,
};
use crate::diag::ExcClass;
use crate::diag::builtin as exc;

/// The native side of every exception class.
pub static BASE_EXCEPTION: NativeType = NativeType {
    has_dict: true,
    doc: "Common base class for all exceptions",
    methods: METHODS,
    getters: GETTERS,
    slots: Slots {
        get_attr: Some(|_, this, name| Ok(default_attribute(this, name))),
        new: Some(|_, class, args| {
            let class = &numbered_class(class, args.positional);
            let data = ExceptionData::default();
            *data.args.borrow_mut() = args.positional.to_vec();
            let made = Value::Instance(Instance::with_payload(class.clone(), Box::new(data)));
            let instance = made.as_instance().expect("just made");
            special_attributes(instance, args)?;
            Ok(made)
        }),
        init: Some(init),
        repr: Some(repr),
        str: Some(text),
        ..Slots::NONE
    },
    ..NativeType::plain("BaseException", "builtins")
};

fn data(value: &Value) -> Option<&ExceptionData> {
    value.payload::<ExceptionData>()
}

/// The arguments of an exception object.
pub fn exception_args(exception: &Value) -> Vec<Value> {
    data(exception).map(|data| data.args.borrow().clone()).unwrap_or_default()
}

/// The nearest row that a class was made from.
fn row_of(instance: &Gc<Instance>) -> Option<&'static ExcClass> {
    super::Class::mro(&instance.class()).iter().find_map(|class| class.exception)
}

fn is(instance: &Gc<Instance>, row: &ExcClass) -> bool {
    row_of(instance).is_some_and(|own| own.is_a(row))
}

fn init(_host: &mut dyn Host, this: &Value, args: CallArgs<'_>) -> R<()> {
    let (Some(data), Some(instance)) = (data(this), this.as_instance()) else { return Ok(()) };
    let names: [(&ExcClass, &[&str]); 3] = [
        (&exc::IMPORT_ERROR, &["name", "path"]),
        (&exc::NAME_ERROR, &["name"]),
        (&exc::ATTRIBUTE_ERROR, &["name", "obj"]),
    ];
    let own = names.iter().find(|(row, _)| is(instance, row));
    let takes_names = own.is_some();
    if let Some((row, known)) = own
        && let Some(given) = args.names.iter().find(|given| !known.contains(&&***given))
    {
        let text = format!("'{given}' is an invalid keyword argument for {}()", row.name);
        return Err(Raised::new(&exc::TYPE_ERROR, text));
    }
    let counted = [
        (&exc::UNICODE_DECODE_ERROR, 5),
        (&exc::UNICODE_ENCODE_ERROR, 5),
        (&exc::UNICODE_TRANSLATE_ERROR, 4),
    ];
    let count = counted.iter().find(|(row, _)| is(instance, row)).map(|(_, count)| *count);
    if let Some(count) = count.filter(|count| *count != args.positional.len()) {
        let text = format!("function takes exactly {count} arguments ({} given)", args.positional.len());
        return Err(Raised::new(&exc::TYPE_ERROR, text));
    }
    if !args.names.is_empty() && !takes_names {
        let name = instance.class().name.borrow().clone();
        return Err(Raised::new(&exc::TYPE_ERROR, format!("{name}() takes no keyword arguments")));
    }
    let before = data.args.replace(args.positional.to_vec());
    drop(before);
    special_attributes(instance, args)
}

/// The attributes that some builtin classes take from their arguments.
fn special_attributes(instance: &Gc<Instance>, args: CallArgs<'_>) -> R<()> {
    let given = args.positional;
    let set = |name: &str, value: Value| instance.dict_or_new().set_str(&intern(name), value);
    let Some(row) = row_of(instance) else { return Ok(()) };
    if row.is_a(&exc::STOP_ITERATION) {
        set("value", given.first().cloned().unwrap_or_default());
    } else if row.is_a(&exc::SYSTEM_EXIT) {
        set(
            "code",
            match given {
                [] => Value::None,
                [one] => one.clone(),
                many => Value::tuple(many.to_vec()),
            },
        );
    } else if row.is_a(&exc::OS_ERROR) && (2..=5).contains(&given.len()) {
        set("errno", given[0].clone());
        set("strerror", given[1].clone());
        set("filename", given.get(2).cloned().unwrap_or_default());
        if let Some(data) = instance.payload::<ExceptionData>()
            && given.get(2).is_some_and(|file| !file.is_none())
        {
            drop(data.args.replace(given[..2].to_vec()));
        }
    } else if row.is_a(&exc::OS_ERROR) {
        for name in ["errno", "strerror", "filename"] {
            set(name, Value::None);
        }
    } else if row.is_a(&exc::IMPORT_ERROR) {
        set("msg", given.first().cloned().unwrap_or_default());
        for name in ["name", "path"] {
            set(name, args.keyword(name).cloned().unwrap_or_default());
        }
    } else if row.is_a(&exc::ATTRIBUTE_ERROR) {
        for name in ["name", "obj"] {
            set(name, args.keyword(name).cloned().unwrap_or_default());
        }
    } else if row.is_a(&exc::NAME_ERROR) {
        set("name", args.keyword("name").cloned().unwrap_or_default());
    } else if row.is_a(&exc::SYNTAX_ERROR) {
        set("msg", given.first().cloned().unwrap_or_default());
        let place = match given.get(1) {
            Some(Value::Tuple(place)) => place.as_slice().to_vec(),
            _ => Vec::new(),
        };
        for (at, name) in ["filename", "lineno", "offset", "text"].into_iter().enumerate() {
            set(name, place.get(at).cloned().unwrap_or_default());
        }
    } else if (row.is_a(&exc::UNICODE_DECODE_ERROR) || row.is_a(&exc::UNICODE_ENCODE_ERROR))
        && given.len() == 5
    {
        for (at, name) in ["encoding", "object", "start", "end", "reason"].into_iter().enumerate() {
            set(name, given[at].clone());
        }
    }
    Ok(())
}

fn repr(host: &mut dyn Host, this: &Value) -> R<Str> {
    let name = host.class_of(this).name.borrow().clone();
    let args = exception_args(this);
    let mut text = format!("{name}(");
    for (at, arg) in args.iter().enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        text.push_str(&host.repr(arg)?);
    }
    text.push(')');
    Ok(text.into())
}

fn text(host: &mut dyn Host, this: &Value) -> R<Str> {
    if let Some(whole) = whole_message(this) {
        return Ok(whole);
    }
    let args = exception_args(this);
    if let Some(instance) = this.as_instance() {
        if let ([key], true) = (
            &args[..],
            is(instance, &exc::KEY_ERROR) && row_of(instance).is_none_or(|row| row.also.is_none()),
        ) {
            // A native report is already text as it should be shown.
            let reported = data(this).is_some_and(|data| data.diagnosis.borrow().is_some());
            return if reported { host.str(key) } else { host.repr(key) };
        }
        if is(instance, &exc::SYNTAX_ERROR)
            && let Some(text) = syntax_text(host, instance)?
        {
            return Ok(text);
        }
        if is(instance, &exc::OS_ERROR)
            && let [number, reason] = &args[..]
        {
            let (number, reason) = (host.str(number)?, host.str(reason)?);
            let file = instance.dict().and_then(|dict| dict.get("filename")).unwrap_or_default();
            return Ok(match file {
                Value::None => format!("[Errno {number}] {reason}"),
                file => format!("[Errno {number}] {reason}: {}", host.repr(&file)?),
            }
            .into());
        }
    }
    match &args[..] {
        [] => Ok(Str::new("")),
        [one] => host.str(one),
        many => host.repr(&Value::tuple(many.to_vec())),
    }
}

/// What a native report says, where that is more than its argument.
fn whole_message(this: &Value) -> Option<Str> {
    let diagnosis = data(this)?.diagnosis.borrow();
    let error = diagnosis.as_ref()?;
    let longer = error.attributes.iter().any(|(name, _)| *name == "args");
    longer.then(|| Str::new(&error.message))
}

/// `invalid syntax (app.py, line 3)`
fn syntax_text(host: &mut dyn Host, instance: &Gc<Instance>) -> R<Option<Str>> {
    let Some(dict) = instance.dict() else { return Ok(None) };
    let text = host.str(&dict.get("msg").unwrap_or_default())?;
    Ok(match (dict.get("filename"), dict.get("lineno")) {
        (Some(Value::Str(file)), Some(Value::Int(line))) => {
            let file = file.rsplit('/').next().unwrap_or("").to_string();
            Some(format!("{text} ({file}, line {line})").into())
        }
        (_, Some(Value::Int(line))) => Some(format!("{text} (line {line})").into()),
        _ => Some(text),
    })
}

/// OSError makes the subclass that its number stands for.
fn numbered_class(class: &Gc<super::Class>, given: &[Value]) -> Gc<super::Class> {
    let is_plain = class.exception.is_some_and(|row| std::ptr::eq(row, &exc::OS_ERROR));
    let (true, [Value::Int(number), _, ..]) = (is_plain && given.len() <= 5, given) else {
        return class.clone();
    };
    let row = match number {
        1 | 13 => &exc::PERMISSION_ERROR,
        2 => &exc::FILE_NOT_FOUND_ERROR,
        3 => &exc::PROCESS_LOOKUP_ERROR,
        4 => &exc::INTERRUPTED_ERROR,
        10 => &exc::CHILD_PROCESS_ERROR,
        11 | 114 | 115 => &exc::BLOCKING_IOERROR,
        17 => &exc::FILE_EXISTS_ERROR,
        20 => &exc::NOT_A_DIRECTORY_ERROR,
        21 => &exc::IS_A_DIRECTORY_ERROR,
        32 | 108 => &exc::BROKEN_PIPE_ERROR,
        103 => &exc::CONNECTION_ABORTED_ERROR,
        104 => &exc::CONNECTION_RESET_ERROR,
        110 => &exc::TIMEOUT_ERROR,
        111 => &exc::CONNECTION_REFUSED_ERROR,
        _ => return class.clone(),
    };
    super::exception_class(row)
}

/// What the attributes of some classes are where nobody set them, as with errors that native code reports.
fn default_attribute(this: &Value, name: &str) -> Option<Value> {
    let instance = this.as_instance()?;
    match name {
        "value" if is(instance, &exc::STOP_ITERATION) => {
            Some(exception_args(this).first().cloned().unwrap_or_default())
        }
        "msg" if is(instance, &exc::IMPORT_ERROR) => {
            Some(exception_args(this).first().cloned().unwrap_or_default())
        }
        "name" | "path" if is(instance, &exc::IMPORT_ERROR) => Some(Value::None),
        "name" | "obj" if is(instance, &exc::ATTRIBUTE_ERROR) => Some(Value::None),
        "name" if is(instance, &exc::NAME_ERROR) => Some(Value::None),
        "code" if is(instance, &exc::SYSTEM_EXIT) => Some(Value::None),
        "errno" | "strerror" | "filename" | "filename2" if is(instance, &exc::OS_ERROR) => Some(Value::None),
        "print_file_and_line" | "end_lineno" | "end_offset" if is(instance, &exc::SYNTAX_ERROR) => {
            Some(Value::None)
        }
        _ => None,
    }
}

fn optional(cell: impl FnOnce(&ExceptionData) -> Option<Value>, this: &Value) -> R<Value> {
    Ok(data(this).and_then(cell).unwrap_or_default())
}

const GETTERS: &[Getter] = &[
    Getter {
        name: "args",
        doc: "The arguments that the exception was made with.",
        get: |_, this| Ok(Value::tuple(exception_args(this))),
        set: Some(|host, this, value| {
            let items = host.collect(&value)?;
            if let Some(data) = data(this) {
                let before = data.args.replace(items);
                drop(before);
            }
            Ok(())
        }),
    },
    Getter {
        name: "__cause__",
        doc: "exception cause",
        get: |_, this| optional(|data| data.cause.borrow().clone(), this),
        set: Some(|_, this, value| {
            if let Some(data) = data(this) {
                let before = data.cause.replace((!value.is_none()).then_some(value));
                data.suppress_context.set(true);
                drop(before);
            }
            Ok(())
        }),
    },
    Getter {
        name: "__context__",
        doc: "exception context",
        get: |_, this| optional(|data| data.context.borrow().clone(), this),
        set: Some(|_, this, value| {
            if let Some(data) = data(this) {
                let before = data.context.replace((!value.is_none()).then_some(value));
                drop(before);
            }
            Ok(())
        }),
    },
    Getter {
        name: "__suppress_context__",
        doc: "whether the context is left out of the traceback",
        get: |_, this| optional(|data| Some(Value::Bool(data.suppress_context.get())), this),
        set: Some(|host, this, value| {
            let suppress = host.truth(&value)?;
            if let Some(data) = data(this) {
                data.suppress_context.set(suppress);
            }
            Ok(())
        }),
    },
    Getter {
        name: "__traceback__",
        doc: "the frames that the exception came through",
        get: |_, this| {
            optional(
                |data| {
                    let own = data.traceback_value.borrow().clone();
                    own.or_else(|| super::traceback::of_frames(&data.traceback.borrow()))
                },
                this,
            )
        },
        set: Some(|_, this, value| {
            if let Some(data) = data(this) {
                let before = data.traceback_value.replace((!value.is_none()).then_some(value));
                drop(before);
            }
            Ok(())
        }),
    },
];

const METHODS: &[Row] = &[
    Row::method(
        "with_traceback",
        &[pos("tb")],
        "Exception.with_traceback(tb) -- set self.__traceback__ to tb and return self.",
        "",
        |_, args| Ok(args[0].clone()),
    ),
    Row::method(
        "add_note",
        &[pos("note")],
        "Exception.add_note(note) -- add a note to the exception",
        "",
        |host, args| {
            if args[1].as_str().is_none() {
                let name = host.class_of(&args[1]).name.borrow().clone();
                return Err(Raised::new(&exc::TYPE_ERROR, format!("note must be a str, not '{name}'")));
            }
            let Some(instance) = args[0].as_instance() else { return Ok(Value::None) };
            let dict = instance.dict_or_new();
            match dict.get("__notes__") {
                Some(Value::List(notes)) => notes.push(args[1].clone()),
                _ => dict.set("__notes__", Value::list(vec![args[1].clone()])),
            }
            Ok(Value::None)
        },
    ),
    Row::method("__reduce__", &[], "Helper for pickle.", "", |host, args| {
        let class = host.class_of(&args[0]);
        Ok(Value::tuple(vec![Value::Class(class), Value::tuple(exception_args(&args[0]))]))
    }),
];
